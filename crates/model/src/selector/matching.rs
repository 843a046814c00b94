//! Testing an event against selectors, without allocation.

use super::fields::SelectorField;
use super::{AdvancedEventSelector, FieldSelector, validate};
use crate::category::EventCategory;
use crate::error::{Error, Result};

/// One entry of an event's `resources`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Resource<'a> {
    /// `type`
    pub resource_type: Option<&'a str>,
    /// `ARN`
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

    /// Returns the values of a field: several for `resources`.
    fn values(&self, field: SelectorField) -> impl Iterator<Item = &'a str> + Clone {
        let resources = match field {
            SelectorField::ResourcesType | SelectorField::ResourcesArn => self.resources,
            _ => &[],
        };
        let of_resources = resources.iter().filter_map(move |resource| match field {
            SelectorField::ResourcesType => resource.resource_type,
            _ => resource.arn,
        });
        self.text(field).into_iter().chain(of_resources)
    }
}

/// A checked selector with its field names resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Compiled {
    pub(super) category: EventCategory,
    fields: Vec<(SelectorField, FieldSelector)>,
}

impl Compiled {
    pub(super) fn try_new(selector: &AdvancedEventSelector) -> Result<Self> {
        let resolve = |field: &FieldSelector| {
            SelectorField::from_name(&field.field)
                .map(|name| (name, field.clone()))
                .ok_or_else(|| Error::internal("a checked selector names an unlisted field"))
        };
        Ok(Self {
            category: validate::category_of(selector, "the selector")?,
            fields: selector.field_selectors.iter().map(resolve).collect::<Result<_>>()?,
        })
    }

    pub(super) fn matches(&self, event: &SelectorEvent<'_>) -> bool {
        self.category == event.event_category
            && self.fields.iter().all(|(field, conditions)| conditions.hold(event.values(*field)))
    }
}

impl FieldSelector {
    /// Tells whether the conditions hold for a field that has `values`.
    fn hold<'a>(&self, values: impl Iterator<Item = &'a str> + Clone) -> bool {
        let selects = !(self.equals.is_empty() && self.starts_with.is_empty() && self.ends_with.is_empty());
        let is_selected = |value: &str| hits(value, &self.equals, &self.starts_with, &self.ends_with);
        let is_deselected =
            |value: &str| hits(value, &self.not_equals, &self.not_starts_with, &self.not_ends_with);
        (!selects || values.clone().any(is_selected)) && !values.clone().any(is_deselected)
    }
}

fn hits(value: &str, equals: &[String], starts: &[String], ends: &[String]) -> bool {
    equals.iter().any(|text| value == text)
        || starts.iter().any(|text| value.starts_with(text.as_str()))
        || ends.iter().any(|text| value.ends_with(text.as_str()))
}
