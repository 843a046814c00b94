//! The kinds of events that CloudTrail writes, and which of them one store may hold together.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The `eventCategory` of an event, in CloudTrail's spelling.
///
/// # Source
///
/// CloudTrail record contents, `eventCategory`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum EventCategory {
    /// Operations on the resources of an account (the control plane).
    Management,
    /// Operations on or inside a resource (the data plane).
    Data,
    /// Calls through a VPC endpoint.
    NetworkActivity,
    /// Unusual call or error rates that CloudTrail found.
    Insight,
}

impl EventCategory {
    /// Every category, in the order CloudTrail Lake lists them.
    pub const ALL: [Self; 4] = [Self::Management, Self::Data, Self::NetworkActivity, Self::Insight];

    /// Returns the category in CloudTrail's spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Management => "Management",
            Self::Data => "Data",
            Self::NetworkActivity => "NetworkActivity",
            Self::Insight => "Insight",
        }
    }

    /// Returns the class of stores that take events of this category.
    pub fn class(self) -> CategoryClass {
        match self {
            Self::Management | Self::Data | Self::NetworkActivity => CategoryClass::Activity,
            Self::Insight => CategoryClass::Insight,
        }
    }

    /// Returns the category that `text` names exactly, without building an error.
    ///
    /// For the hot path of decoding; [`EventCategory::parse`] tells the user what is valid.
    pub fn from_name(text: &str) -> Option<Self> {
        match text {
            "Management" => Some(Self::Management),
            "Data" => Some(Self::Data),
            "NetworkActivity" => Some(Self::NetworkActivity),
            "Insight" => Some(Self::Insight),
            _ => None,
        }
    }

    /// Parses CloudTrail's spelling of a category.
    ///
    /// # Errors
    ///
    /// `Invalid` when `text` is no category; the hint lists the valid ones.
    pub fn parse(text: &str) -> Result<Self> {
        Self::from_name(text).ok_or_else(|| {
            Error::invalid(format!("`{text}` is no event category"))
                .with_hint("Use Management, Data, NetworkActivity or Insight.")
        })
    }
}

impl Display for EventCategory {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for EventCategory {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

/// The class of an event data store: which categories it holds, and so which schema it has.
///
/// # Source
///
/// Spec section 1a, "Category class": categories of different classes do not mix in one store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub enum CategoryClass {
    /// Management, Data and NetworkActivity events.
    #[default]
    Activity,
    /// Insight events.
    Insight,
}

impl CategoryClass {
    /// Returns the class by name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Activity => "Activity",
            Self::Insight => "Insight",
        }
    }

    /// Returns the categories that a store of this class holds.
    pub fn categories(self) -> &'static [EventCategory] {
        match self {
            Self::Activity => {
                &[EventCategory::Management, EventCategory::Data, EventCategory::NetworkActivity]
            }
            Self::Insight => &[EventCategory::Insight],
        }
    }

    /// Parses the name of a class, ignoring case.
    ///
    /// # Errors
    ///
    /// `Invalid` when `text` is no class; the hint lists the valid ones.
    pub fn parse(text: &str) -> Result<Self> {
        if text.eq_ignore_ascii_case("activity") {
            return Ok(Self::Activity);
        }
        if text.eq_ignore_ascii_case("insight") {
            return Ok(Self::Insight);
        }
        Err(Error::invalid(format!("`{text}` is no category class")).with_hint(
            "Use Activity (Management, Data and NetworkActivity events) or Insight (Insight events).",
        ))
    }
}

impl Display for CategoryClass {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for CategoryClass {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn categories_parse_what_they_print_and_nothing_else() {
        for category in EventCategory::ALL {
            assert_eq!(EventCategory::parse(category.as_str()).unwrap(), category);
            assert!(category.class().categories().contains(&category));
        }
        let error = EventCategory::parse("management").unwrap_err();
        assert!(error.hint().unwrap().contains("Management"));
    }

    #[test]
    fn classes_parse_in_any_case() {
        assert_eq!(CategoryClass::parse("insight").unwrap(), CategoryClass::Insight);
        assert_eq!(CategoryClass::parse("Activity").unwrap(), CategoryClass::Activity);
        assert!(CategoryClass::parse("Evidence").is_err());
    }
}
