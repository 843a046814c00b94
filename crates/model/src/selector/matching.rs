//! Testing an event against selectors, without allocation.

use super::fields::SelectorField;
use super::{AdvancedEventSelector, FieldSelector};
use crate::category::EventCategory;

/// One entry of an event's `resources`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Resource<'a> {
    /// `type`
    pub resource_type: Option<&'a str>,
    /// `ARN`; for an entry that has `ARNPrefix` only (`ListObjects`), that prefix.
    pub arn: Option<&'a str>,
}

/// The fields of an event that selectors test; `None` where the event lacks one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SelectorEvent<'a> {
    /// Category, derived where the event has none.
    pub event_category: EventCategory,
    /// `readOnly`
    pub read_only: Option<bool>,
    /// `eventSource`
    pub event_source: Option<&'a str>,
    /// `eventName`
    pub event_name: Option<&'a str>,
    /// `eventType`
    pub event_type: Option<&'a str>,
    /// `sessionCredentialFromConsole`, which is text in events
    pub session_credential_from_console: Option<&'a str>,
    /// `userIdentity.arn`
    pub user_identity_arn: Option<&'a str>,
    /// `errorCode`
    pub error_code: Option<&'a str>,
    /// `vpcEndpointId`
    pub vpc_endpoint_id: Option<&'a str>,
    /// `resources`
    pub resources: &'a [Resource<'a>],
}

impl<'a> SelectorEvent<'a> {
    /// Returns an event of a category that lacks every other field.
    pub fn new(event_category: EventCategory) -> Self {
        Self {
            event_category,
            read_only: None,
            event_source: None,
            event_name: None,
            event_type: None,
            session_credential_from_console: None,
            user_identity_arn: None,
            error_code: None,
            vpc_endpoint_id: None,
            resources: &[],
        }
    }

    /// Returns the text of a field of one value; the values of `resources` are tested on their own.
    fn text(&self, field: SelectorField) -> Option<&'a str> {
        match field {
            SelectorField::EventCategory => Some(self.event_category.as_str()),
            SelectorField::ReadOnly => self.read_only.map(|flag| if flag { "true" } else { "false" }),
            SelectorField::EventSource => self.event_source,
            SelectorField::EventName => self.event_name,
            SelectorField::EventType => self.event_type,
            SelectorField::SessionCredentialFromConsole => self.session_credential_from_console,
            SelectorField::UserIdentityArn => self.user_identity_arn,
            SelectorField::ErrorCode => self.error_code,
            SelectorField::VpcEndpointId => self.vpc_endpoint_id,
            SelectorField::ResourcesType | SelectorField::ResourcesArn => None,
        }
    }
}

/// A checked selector, its field names resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Compiled {
    pub(super) category: EventCategory,
    fields: Vec<(SelectorField, FieldSelector)>,
    resources: Option<ResourceConditions>,
}

/// What a selector of data events asks of the event's resources.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ResourceConditions {
    resource_type: String,
    arn: FieldSelector,
}

impl Compiled {
    /// Compiles a selector that was checked, whose category is known.
    pub(super) fn new(selector: &AdvancedEventSelector, category: EventCategory) -> Self {
        let mut fields = Vec::new();
        let mut resource_type = None;
        let mut arn = FieldSelector::default();
        for conditions in &selector.field_selectors {
            match SelectorField::from_name(&conditions.field) {
                Some(SelectorField::ResourcesType) => resource_type = conditions.equals.first().cloned(),
                Some(SelectorField::ResourcesArn) => arn = conditions.clone(),
                // Tested through `category`.
                Some(SelectorField::EventCategory) => {}
                Some(field) => fields.push((field, conditions.clone())),
                None => debug_assert!(false, "a checked selector names listed fields"),
            }
        }
        let resources = resource_type.map(|resource_type| ResourceConditions { resource_type, arn });
        Self { category, fields, resources }
    }

    pub(super) fn matches(&self, event: &SelectorEvent<'_>) -> bool {
        self.category == event.event_category
            && self.fields.iter().all(|(field, conditions)| conditions.hold(event.text(*field).into_iter()))
            && self.resources.as_ref().is_none_or(|conditions| conditions.hold(event.resources))
    }
}

impl ResourceConditions {
    /// Tells whether an entry has the type, and the ARNs of the entries of that type hold.
    ///
    /// Entries of other types do not count: an S3 object event names its bucket too, and a condition
    /// on objects must neither be met nor be broken by the bucket.
    fn hold(&self, resources: &[Resource<'_>]) -> bool {
        let mut of_type =
            resources.iter().filter(|resource| resource.resource_type == Some(self.resource_type.as_str()));
        let arns = of_type.clone().filter_map(|resource| resource.arn);
        of_type.next().is_some() && self.arn.hold(arns)
    }
}

impl FieldSelector {
    /// Tells whether the conditions hold for a field that has `values`: none if the event lacks it.
    fn hold<'a>(&self, mut values: impl Iterator<Item = &'a str> + Clone) -> bool {
        let has_select =
            !(self.equals.is_empty() && self.starts_with.is_empty() && self.ends_with.is_empty());
        let is_selected = |value: &str| hits(value, &self.equals, &self.starts_with, &self.ends_with);
        let is_deselected =
            |value: &str| hits(value, &self.not_equals, &self.not_starts_with, &self.not_ends_with);
        (!has_select || values.clone().any(is_selected)) && !values.any(is_deselected)
    }
}

/// Tells whether `value` meets any of the conditions.
fn hits(value: &str, equals: &[String], starts: &[String], ends: &[String]) -> bool {
    equals.iter().any(|text| value == text)
        || starts.iter().any(|text| value.starts_with(text.as_str()))
        || ends.iter().any(|text| value.ends_with(text.as_str()))
}
