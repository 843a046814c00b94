//! The shape of an event of each category class, as one table that schema, decoder and encoder share.
//!
//! A field is listed once, here, in CloudTrail's own spelling and in the column order of CloudTrail
//! Lake. What a field may hold is its [`Kind`]; a value of any other JSON type is kept in the
//! remainder of the event.
//!
//! | kind | JSON value it holds | Arrow type |
//! |---|---|---|
//! | `Text` | string | Utf8View |
//! | `Bool` | true, false | Boolean |
//! | `Time` | string in canonical time form | Timestamp(us, UTC) |
//! | `Json` | object, kept as the producer wrote it | Utf8View marked `arrow.json` |
//! | `Struct` | object of known members | Struct |
//! | `List` | array of objects of known members (`Text` or `Json`) | List of Struct |
//! | `Insight` | `insightContext` | Struct |
//!
//! # Source
//! CloudTrail Lake's event schemas (shared/spec/cloudtrail-lake.md, sections 2a and 2b).

use auditlake_model::CategoryClass;

/// Tells which JSON values a field takes and how Arrow holds them.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Text,
    Bool,
    Time,
    Json,
    Struct(&'static [Field]),
    List(&'static [Field]),
    Insight,
}

/// One field of an event, or one member of a struct.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
}

/// Returns the top-level fields of a category class in column order.
pub(crate) fn fields_of(class: CategoryClass) -> &'static [Field] {
    match class {
        CategoryClass::Activity => ACTIVITY,
        CategoryClass::Insight => INSIGHT,
    }
}

const fn text(name: &'static str) -> Field {
    Field { name, kind: Kind::Text }
}

const fn bool(name: &'static str) -> Field {
    Field { name, kind: Kind::Bool }
}

const fn time(name: &'static str) -> Field {
    Field { name, kind: Kind::Time }
}

const fn json(name: &'static str) -> Field {
    Field { name, kind: Kind::Json }
}

const fn object(name: &'static str, members: &'static [Field]) -> Field {
    Field { name, kind: Kind::Struct(members) }
}

const fn list(name: &'static str, members: &'static [Field]) -> Field {
    Field { name, kind: Kind::List(members) }
}

/// Management, Data and NetworkActivity events.
const ACTIVITY: &[Field] = &[
    text("eventVersion"),
    object("userIdentity", USER_IDENTITY),
    time("eventTime"),
    text("eventSource"),
    text("eventName"),
    text("awsRegion"),
    text("sourceIPAddress"),
    text("userAgent"),
    text("errorCode"),
    text("errorMessage"),
    json("requestParameters"),
    json("responseElements"),
    json("additionalEventData"),
    text("requestID"),
    text("eventID"),
    bool("readOnly"),
    list("resources", RESOURCE),
    text("eventType"),
    text("apiVersion"),
    bool("managementEvent"),
    text("recipientAccountId"),
    text("sharedEventID"),
    text("annotation"),
    text("vpcEndpointId"),
    text("vpcEndpointAccountId"),
    json("serviceEventDetails"),
    json("addendum"),
    json("edgeDeviceDetails"),
    json("insightDetails"),
    text("eventCategory"),
    object("tlsDetails", TLS_DETAILS),
    text("sessionCredentialFromConsole"),
    object("eventContext", EVENT_CONTEXT),
];

/// Insight events, in the form of an Insight event data store and in that of a trail.
const INSIGHT: &[Field] = &[
    text("eventVersion"),
    text("eventCategory"),
    text("eventType"),
    text("eventID"),
    time("eventTime"),
    text("awsRegion"),
    text("recipientAccountId"),
    json("addendum"),
    text("sharedEventID"),
    text("insightSource"),
    text("insightState"),
    text("insightEventSource"),
    text("insightEventName"),
    text("insightErrorCode"),
    text("insightType"),
    Field { name: "insightContext", kind: Kind::Insight },
    json("insightDetails"),
];

const USER_IDENTITY: &[Field] = &[
    text("type"),
    text("principalId"),
    text("arn"),
    text("accountId"),
    text("accessKeyId"),
    text("userName"),
    object("sessionContext", SESSION_CONTEXT),
    object("onBehalfOf", &[text("userId"), text("identityStoreArn")]),
    object("inScopeOf", IN_SCOPE_OF),
    text("invokedBy"),
    text("identityProvider"),
];

const SESSION_CONTEXT: &[Field] = &[
    object("attributes", &[time("creationDate"), text("mfaAuthenticated")]),
    object("sessionIssuer", SESSION_ISSUER),
    object("webIdFederationData", &[text("federatedProvider"), json("attributes")]),
    text("sourceIdentity"),
    text("ec2RoleDelivery"),
    text("ec2IssuedInVpc"),
];

const SESSION_ISSUER: &[Field] =
    &[text("type"), text("principalId"), text("arn"), text("accountId"), text("userName")];

const IN_SCOPE_OF: &[Field] =
    &[text("sourceArn"), text("sourceAccount"), text("issuerType"), text("credentialsIssuedTo")];

const RESOURCE: &[Field] = &[text("accountId"), text("type"), text("ARN"), text("ARNPrefix")];

const TLS_DETAILS: &[Field] = &[text("tlsVersion"), text("cipherSuite"), text("clientProvidedHostHeader")];

const EVENT_CONTEXT: &[Field] = &[json("requestContext"), object("tagContext", TAG_CONTEXT)];

const TAG_CONTEXT: &[Field] = &[list("resourceTags", &[text("arn"), json("tags")]), json("principalTags")];
