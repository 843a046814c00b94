//! Ids: UUIDs that cannot be mistaken for one another, ARNs, and references to stores.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::clock::IdGenerator;
use crate::error::{Error, Result};
use crate::name::StoreName;

/// Defines a newtype over [`Uuid`].
macro_rules! uuid_id {
    ($(#[$meta:meta])* $name:ident, $noun:literal) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Creates the id from a UUID.
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// Creates an id that nobody has used before.
            pub fn generate(ids: &dyn IdGenerator) -> Self {
                Self(ids.uuid())
            }

            /// Returns the UUID.
            pub const fn as_uuid(&self) -> Uuid {
                self.0
            }

            /// Parses a UUID, with or without hyphens, in any case.
            ///
            /// # Errors
            ///
            /// `Invalid` when `text` is no UUID.
            pub fn parse(text: &str) -> Result<Self> {
                parse_uuid(text)
                    .map(Self)
                    .ok_or_else(|| Error::invalid(format!(concat!("`{}` is no ", $noun), text)))
            }
        }

        impl Display for $name {
            /// Prints 36 lower-case characters with hyphens.
            fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
                let mut buffer = Uuid::encode_buffer();
                f.pad(self.0.hyphenated().encode_lower(&mut buffer))
            }
        }

        impl FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self> {
                Self::parse(text)
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }
    };
}

uuid_id!(
    /// The id of an event data store: its folder in the lake and the end of its ARN.
    EventDataStoreId,
    "event data store id"
);
uuid_id!(
    /// The id of a lake.
    LakeId,
    "lake id"
);
uuid_id!(
    /// The id of one import.
    ImportId,
    "import id"
);
uuid_id!(
    /// The id of one query.
    QueryId,
    "query id"
);

/// Parses the two plain forms of a UUID; braces and `urn:uuid:` are not for names in SQL.
fn parse_uuid(text: &str) -> Option<Uuid> {
    if !matches!(text.len(), 32 | 36) {
        return None;
    }
    Uuid::try_parse(text).ok()
}

/// The ARN of an event data store: `arn:aws:cloudtrail:REGION:ACCOUNT:eventdatastore/UUID`.
///
/// # Source
///
/// Spec section 1a, "Identity".
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EventDataStoreArn {
    partition: String,
    region: String,
    account_id: String,
    id: EventDataStoreId,
}

impl EventDataStoreArn {
    /// Creates the ARN of a store in the partition `aws`.
    pub fn new(region: impl Into<String>, account_id: impl Into<String>, id: EventDataStoreId) -> Self {
        let partition = "aws".to_string();
        Self { partition, region: region.into(), account_id: account_id.into(), id }
    }

    /// Returns the region.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// Returns the account id.
    pub fn account_id(&self) -> &str {
        &self.account_id
    }

    /// Returns the id of the store.
    pub fn id(&self) -> EventDataStoreId {
        self.id
    }

    /// Parses an ARN of any AWS partition.
    ///
    /// # Errors
    ///
    /// `Invalid` (`EventDataStoreARNInvalidException`) when `text` has another form.
    pub fn parse(text: &str) -> Result<Self> {
        Self::split(text).ok_or_else(|| {
            Error::invalid(format!("`{text}` is no ARN of an event data store"))
                .with_code("EventDataStoreARNInvalidException")
                .with_hint("The form is arn:aws:cloudtrail:REGION:ACCOUNT:eventdatastore/UUID.")
        })
    }

    fn split(text: &str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        let (prefix, partition, service) = (parts.next()?, parts.next()?, parts.next()?);
        let (region, account_id, resource) = (parts.next()?, parts.next()?, parts.next()?);
        let is_aws = partition == "aws" || partition.starts_with("aws-");
        let is_account = account_id.len() == 12 && account_id.bytes().all(|b| b.is_ascii_digit());
        if prefix != "arn" || !is_aws || service != "cloudtrail" || region.is_empty() || !is_account {
            return None;
        }
        let id = parse_uuid(resource.strip_prefix("eventdatastore/")?)?;
        Some(Self {
            partition: partition.to_string(),
            region: region.to_string(),
            account_id: account_id.to_string(),
            id: EventDataStoreId(id),
        })
    }
}

impl Display for EventDataStoreArn {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { partition, region, account_id, id } = self;
        write!(f, "arn:{partition}:cloudtrail:{region}:{account_id}:eventdatastore/{id}")
    }
}

impl FromStr for EventDataStoreArn {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

impl Serialize for EventDataStoreArn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for EventDataStoreArn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// How a user names a store: by its name, or by its id (bare or at the end of an ARN).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum StoreRef {
    /// By name, ignoring case.
    Name(StoreName),
    /// By id.
    Id(EventDataStoreId),
}

impl StoreRef {
    /// Parses a name, a UUID or an ARN.
    ///
    /// # Errors
    ///
    /// `Invalid` when `text` starts like an ARN and is none (`EventDataStoreARNInvalidException`),
    /// or is neither a UUID nor a name (`InvalidParameterException`).
    pub fn parse(text: &str) -> Result<Self> {
        if text.starts_with("arn:") {
            return Ok(Self::Id(EventDataStoreArn::parse(text)?.id()));
        }
        if let Some(uuid) = parse_uuid(text) {
            return Ok(Self::Id(EventDataStoreId(uuid)));
        }
        Ok(Self::Name(StoreName::parse(text)?))
    }
}

impl Display for StoreRef {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => Display::fmt(name, f),
            Self::Id(id) => Display::fmt(id, f),
        }
    }
}

impl FromStr for StoreRef {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

impl From<EventDataStoreId> for StoreRef {
    fn from(id: EventDataStoreId) -> Self {
        Self::Id(id)
    }
}

impl From<StoreName> for StoreRef {
    fn from(name: StoreName) -> Self {
        Self::Name(name)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    const ID: &str = "9f1c2d3e-0000-4000-8000-0123456789ab";

    #[test]
    fn ids_print_with_hyphens_in_lower_case() {
        let id = EventDataStoreId::parse("9F1C2D3E0000400080000123456789AB").unwrap();
        assert_eq!(id.to_string(), ID);
        assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{ID}\""));
        assert_eq!(EventDataStoreId::parse(ID).unwrap(), id);
        let error = QueryId::parse("{9f1c2d3e-0000-4000-8000-0123456789ab}").unwrap_err();
        assert!(error.message().ends_with("is no query id"));
    }

    #[test]
    fn arns_print_as_they_parse() {
        for partition in ["aws", "aws-cn", "aws-us-gov"] {
            let text = format!("arn:{partition}:cloudtrail:eu-west-1:123456789012:eventdatastore/{ID}");
            let arn = EventDataStoreArn::parse(&text).unwrap();
            assert_eq!(arn.to_string(), text);
            assert_eq!((arn.region(), arn.account_id()), ("eu-west-1", "123456789012"));
        }
    }

    #[test]
    fn other_arns_are_refused() {
        for text in [
            "arn:aws:cloudtrail:eu-west-1:123456789012:trail/mine".to_string(),
            format!("arn:aws:s3:eu-west-1:123456789012:eventdatastore/{ID}"),
            format!("arn:aws:cloudtrail::123456789012:eventdatastore/{ID}"),
            format!("arn:aws:cloudtrail:eu-west-1:1234:eventdatastore/{ID}"),
            format!("arn:azure:cloudtrail:eu-west-1:123456789012:eventdatastore/{ID}"),
            format!("arn:aws:cloudtrail:eu-west-1:123456789012:eventdatastore/{ID}x"),
            "arn:aws".to_string(),
        ] {
            let error = StoreRef::parse(&text).unwrap_err();
            assert_eq!(error.code(), Some("EventDataStoreARNInvalidException"), "{text}");
        }
    }

    #[test]
    fn a_reference_is_an_arn_then_an_id_then_a_name() {
        let id = EventDataStoreId::parse(ID).unwrap();
        let arn = EventDataStoreArn::new("eu-west-1", "123456789012", id);
        assert_eq!(StoreRef::parse(&arn.to_string()).unwrap(), StoreRef::Id(id));
        assert_eq!(StoreRef::parse(ID).unwrap(), StoreRef::Id(id));
        assert_eq!(StoreRef::parse("trail").unwrap(), StoreRef::Name(StoreName::parse("trail").unwrap()));
        assert!(StoreRef::parse("no such name").is_err());
    }
}
