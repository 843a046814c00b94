//! The fields that selectors may name, and the operators that each takes in each category.

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

/// Operators that a field takes, and values, if they are limited.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    pub(super) field: SelectorField,
    pub(super) operators: &'static [&'static str],
    /// Allowed values; empty for any.
    pub(super) values: &'static [&'static str],
    pub(super) required: bool,
}

const ANY: &[&str] = &["Equals", "StartsWith", "EndsWith", "NotEquals", "NotStartsWith", "NotEndsWith"];
const EQUALS: &[&str] = &["Equals"];
const EQUALS_OR_NOT: &[&str] = &["Equals", "NotEquals"];
const BOOLEAN: &[&str] = &["true", "false"];

const fn any(field: SelectorField) -> Rule {
    Rule { field, operators: ANY, values: &[], required: false }
}

const CATEGORY: Rule =
    Rule { field: SelectorField::EventCategory, operators: EQUALS, values: &[], required: true };
const READ_ONLY: Rule =
    Rule { field: SelectorField::ReadOnly, operators: EQUALS, values: BOOLEAN, required: false };
const FROM_CONSOLE: Rule = Rule {
    field: SelectorField::SessionCredentialFromConsole,
    operators: EQUALS_OR_NOT,
    values: &["true"],
    required: false,
};

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
    Rule { field: SelectorField::ResourcesType, operators: EQUALS, values: &[], required: true },
    any(SelectorField::EventName),
    READ_ONLY,
    any(SelectorField::ResourcesArn),
    any(SelectorField::EventSource),
    any(SelectorField::EventType),
    FROM_CONSOLE,
    any(SelectorField::UserIdentityArn),
];

const NETWORK: &[Rule] = &[
    CATEGORY,
    Rule { field: SelectorField::EventSource, operators: EQUALS, values: &[], required: true },
    any(SelectorField::EventName),
    Rule {
        field: SelectorField::ErrorCode,
        operators: EQUALS,
        values: &["VpceAccessDenied"],
        required: false,
    },
    any(SelectorField::VpcEndpointId),
];

/// Returns the rules of a category.
pub(super) fn rules_of(category: EventCategory) -> &'static [Rule] {
    match category {
        EventCategory::Management => MANAGEMENT,
        EventCategory::Data => DATA,
        EventCategory::NetworkActivity => NETWORK,
        EventCategory::Insight => &[CATEGORY],
    }
}

impl SelectorField {
    const ALL: &'static [Self] = &[
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
