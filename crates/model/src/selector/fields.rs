//! The fields that selectors may name, and the operators that each takes in each category.
//!
//! # Source
//!
//! Spec section 6, the table of categories and fields (event data stores, not trails).

use crate::category::EventCategory;

/// A field of an event that a selector can test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SelectorField {
    /// `eventCategory`
    EventCategory,
    /// `readOnly`
    ReadOnly,
    /// `eventSource`
    EventSource,
    /// `eventName`
    EventName,
    /// `eventType`
    EventType,
    /// `sessionCredentialFromConsole`
    SessionCredentialFromConsole,
    /// `userIdentity.arn`
    UserIdentityArn,
    /// `resources.type`
    ResourcesType,
    /// `resources.ARN`
    ResourcesArn,
    /// `errorCode`
    ErrorCode,
    /// `vpcEndpointId`
    VpcEndpointId,
}

/// What one field may be asked in one category.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    pub(super) field: SelectorField,
    /// The operators that it takes.
    pub(super) operators: &'static [&'static str],
    /// The values that it takes; empty for any.
    pub(super) values: &'static [&'static str],
    /// Whether each selector must name it.
    pub(super) required: bool,
    /// Whether an operator takes one value and not a list.
    pub(super) single: bool,
}

const ANY: &[&str] = &["Equals", "StartsWith", "EndsWith", "NotEquals", "NotStartsWith", "NotEndsWith"];
const EQUALS: &[&str] = &["Equals"];
const EQUALS_OR_NOT: &[&str] = &["Equals", "NotEquals"];

/// A field that takes every operator and value.
const fn any(field: SelectorField) -> Rule {
    Rule { field, operators: ANY, values: &[], required: false, single: false }
}

/// A field that each selector must name, with Equals and one value.
const fn required(field: SelectorField) -> Rule {
    Rule { field, operators: EQUALS, values: &[], required: true, single: true }
}

const CATEGORY: Rule = required(SelectorField::EventCategory);
const READ_ONLY: Rule =
    Rule { operators: EQUALS, values: &["true", "false"], ..any(SelectorField::ReadOnly) };
const FROM_CONSOLE: Rule =
    Rule { operators: EQUALS_OR_NOT, values: &["true"], ..any(SelectorField::SessionCredentialFromConsole) };
const DENIED_BY_ENDPOINT: Rule =
    Rule { operators: EQUALS, values: &["VpceAccessDenied"], ..any(SelectorField::ErrorCode) };

const MANAGEMENT: &[Rule] = &[
    CATEGORY,
    READ_ONLY,
    any(SelectorField::EventSource),
    any(SelectorField::EventName),
    any(SelectorField::EventType),
    FROM_CONSOLE,
    any(SelectorField::UserIdentityArn),
];

const DATA: &[Rule] = &[
    CATEGORY,
    required(SelectorField::ResourcesType),
    any(SelectorField::EventName),
    READ_ONLY,
    any(SelectorField::ResourcesArn),
    any(SelectorField::EventSource),
    any(SelectorField::EventType),
    FROM_CONSOLE,
    any(SelectorField::UserIdentityArn),
];

const NETWORK_ACTIVITY: &[Rule] = &[
    CATEGORY,
    required(SelectorField::EventSource),
    any(SelectorField::EventName),
    DENIED_BY_ENDPOINT,
    any(SelectorField::VpcEndpointId),
];

const INSIGHT: &[Rule] = &[CATEGORY];

/// Returns the rules of a category.
pub(super) fn rules_of(category: EventCategory) -> &'static [Rule] {
    match category {
        EventCategory::Management => MANAGEMENT,
        EventCategory::Data => DATA,
        EventCategory::NetworkActivity => NETWORK_ACTIVITY,
        EventCategory::Insight => INSIGHT,
    }
}

impl SelectorField {
    /// Every field.
    pub const ALL: &'static [Self] = &[
        Self::EventCategory,
        Self::ReadOnly,
        Self::EventSource,
        Self::EventName,
        Self::EventType,
        Self::SessionCredentialFromConsole,
        Self::UserIdentityArn,
        Self::ResourcesType,
        Self::ResourcesArn,
        Self::ErrorCode,
        Self::VpcEndpointId,
    ];

    /// Returns the field's name in the AWS form.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EventCategory => "eventCategory",
            Self::ReadOnly => "readOnly",
            Self::EventSource => "eventSource",
            Self::EventName => "eventName",
            Self::EventType => "eventType",
            Self::SessionCredentialFromConsole => "sessionCredentialFromConsole",
            Self::UserIdentityArn => "userIdentity.arn",
            Self::ResourcesType => "resources.type",
            Self::ResourcesArn => "resources.ARN",
            Self::ErrorCode => "errorCode",
            Self::VpcEndpointId => "vpcEndpointId",
        }
    }

    /// Returns the field of a name; the spelling is exact, as in AWS.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|field| field.as_str() == name)
    }
}
