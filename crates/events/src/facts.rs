//! What a staged event says about itself: the few columns that decide whether it is taken.

use auditlake_model::{EventCategory, Resource, Timestamp};

use crate::plan::{Plan, Value};
use crate::stage::{Cell, Staged};

/// Slots of the columns that decide; `None` where the category class has no such column.
#[derive(Debug)]
pub(crate) struct FactSlots {
    pub(crate) time: Option<usize>,
    pub(crate) id: Option<usize>,
    pub(crate) category: Option<usize>,
    pub(crate) event_type: Option<usize>,
    pub(crate) name: Option<usize>,
    pub(crate) source: Option<usize>,
    pub(crate) management: Option<usize>,
    pub(crate) read_only: Option<usize>,
    pub(crate) from_console: Option<usize>,
    pub(crate) error_code: Option<usize>,
    pub(crate) vpc_endpoint: Option<usize>,
    pub(crate) identity_arn: Option<usize>,
    resources: Option<ResourceSlots>,
}

/// Where the members of `resources` lie.
#[derive(Debug, Clone, Copy)]
struct ResourceSlots {
    column: usize,
    list: usize,
    item_width: usize,
    resource_type: usize,
    arn: usize,
    arn_prefix: usize,
}

impl FactSlots {
    pub(crate) fn new(plan: &Plan) -> Self {
        let slot = |path: &[&str]| plan.root.member_at(path).map(|member| member.slot);
        Self {
            time: slot(&["eventTime"]),
            id: slot(&["eventID"]),
            category: slot(&["eventCategory"]),
            event_type: slot(&["eventType"]),
            name: slot(&["eventName"]),
            source: slot(&["eventSource"]),
            management: slot(&["managementEvent"]),
            read_only: slot(&["readOnly"]),
            from_console: slot(&["sessionCredentialFromConsole"]),
            error_code: slot(&["errorCode"]),
            vpc_endpoint: slot(&["vpcEndpointId"]),
            identity_arn: slot(&["userIdentity", "arn"]),
            resources: ResourceSlots::new(plan),
        }
    }
}

impl ResourceSlots {
    fn new(plan: &Plan) -> Option<Self> {
        let member = plan.root.member_at(&["resources"])?;
        let Value::List(list, item) = &member.value else { return None };
        Some(Self {
            column: member.slot,
            list: *list,
            item_width: item.members.len() + 1,
            resource_type: item.member_at(&["type"])?.slot,
            arn: item.member_at(&["ARN"])?.slot,
            arn_prefix: item.member_at(&["ARNPrefix"])?.slot,
        })
    }
}

/// The last of the staged rows, to be asked about.
#[derive(Clone, Copy)]
pub(crate) struct Facts<'a> {
    pub(crate) staged: &'a Staged,
    pub(crate) source: &'a str,
    pub(crate) slots: &'a FactSlots,
}

impl<'a> Facts<'a> {
    fn cell(&self, slot: Option<usize>) -> Option<Cell> {
        slot.map(|slot| self.staged.last(slot)).filter(|cell| !cell.is_null())
    }

    pub(crate) fn text(&self, slot: Option<usize>) -> Option<&'a str> {
        self.staged.text_of(self.source, self.cell(slot)?)
    }

    pub(crate) fn flag(&self, slot: Option<usize>) -> Option<bool> {
        self.cell(slot).map(Cell::as_bool)
    }

    /// Returns the time of the event if it can be read.
    pub(crate) fn time(&self) -> Option<Timestamp> {
        self.cell(self.slots.time).map(Cell::as_time)
    }

    /// Returns the id of the event; an empty one identifies nothing.
    pub(crate) fn id(&self) -> Option<&'a str> {
        self.text(self.slots.id).filter(|id| !id.is_empty())
    }

    /// Returns the category as the event tells it.
    pub(crate) fn told_category(&self) -> Option<&'a str> {
        self.text(self.slots.category)
    }

    /// Derives the category of an event that does not tell it.
    ///
    /// Trails wrote none before eventVersion 1.07.
    pub(crate) fn derive_category(&self) -> EventCategory {
        match self.flag(self.slots.management) {
            Some(true) => return EventCategory::Management,
            Some(false) => return EventCategory::Data,
            None => {}
        }
        match self.text(self.slots.event_type) {
            Some("AwsCloudTrailInsight") => EventCategory::Insight,
            Some("AwsVpceEvent") => EventCategory::NetworkActivity,
            _ if self.is_data_operation() => EventCategory::Data,
            _ => EventCategory::Management,
        }
    }

    /// Tells whether the operation is one of those that were data events already then.
    fn is_data_operation(&self) -> bool {
        let Some(name) = self.text(self.slots.name) else { return false };
        match self.text(self.slots.source) {
            Some("s3.amazonaws.com") => S3_OBJECT_OPERATIONS.contains(&name),
            Some("lambda.amazonaws.com") => name == "Invoke",
            _ => false,
        }
    }

    /// Returns the resources of the event.
    pub(crate) fn resources(&self) -> Vec<Resource<'a>> {
        let Some(slots) = self.slots.resources else { return Vec::new() };
        let Some(cell) = self.cell(Some(slots.column)) else { return Vec::new() };
        let text = |cell| self.staged.text_of(self.source, cell);
        self.staged
            .items_of(slots.list, slots.item_width, cell.as_items())
            .groups()
            .map(|item| Resource {
                resource_type: text(item[slots.resource_type]),
                arn: text(item[slots.arn]).or_else(|| text(item[slots.arn_prefix])),
            })
            .collect()
    }
}

/// Object-level operations of S3.
///
/// # Source
/// Amazon S3 user guide, "Amazon S3 object-level actions tracked by CloudTrail logging".
const S3_OBJECT_OPERATIONS: [&str; 24] = [
    "AbortMultipartUpload",
    "CompleteMultipartUpload",
    "CopyObject",
    "CreateMultipartUpload",
    "DeleteObject",
    "DeleteObjectTagging",
    "DeleteObjects",
    "GetObject",
    "GetObjectAcl",
    "GetObjectAttributes",
    "GetObjectTagging",
    "GetObjectTorrent",
    "HeadObject",
    "ListMultipartUploads",
    "ListObjectVersions",
    "ListObjects",
    "ListParts",
    "PutObject",
    "PutObjectAcl",
    "PutObjectTagging",
    "RestoreObject",
    "SelectObjectContent",
    "UploadPart",
    "UploadPartCopy",
];
