//! The states of stores, imports and queries, in the spelling of the CloudTrail Lake API.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// Defines an enum whose values print, parse and serialise in AWS's upper-case spelling.
macro_rules! states {
    (
        $(#[$meta:meta])*
        $name:ident ($noun:literal) {
            $($(#[$variant_meta:meta])* $variant:ident = $text:literal,)+
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$variant_meta])* #[serde(rename = $text)] $variant,)+
        }

        impl $name {
            /// Every state, in the order a life passes through them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Returns the state in AWS's spelling.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }

            /// Parses AWS's spelling of a state, ignoring case.
            ///
            /// # Errors
            ///
            /// `Invalid` when `text` is no such state; the hint lists the valid ones.
            pub fn parse(text: &str) -> Result<Self> {
                let found = Self::ALL.iter().find(|state| state.as_str().eq_ignore_ascii_case(text));
                found.copied().ok_or_else(|| {
                    let valid = [$($text,)+].join(", ");
                    Error::invalid(format!(concat!("`{}` is no state of ", $noun), text))
                        .with_hint(format!("Use one of {valid}."))
                })
            }
        }

        impl Display for $name {
            fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self> {
                Self::parse(text)
            }
        }
    };
}

states! {
    /// The state of an event data store.
    ///
    /// # Source
    ///
    /// CloudTrail API, `EventDataStoreStatus`.
    StoreState ("an event data store") {
        /// Made, and not yet taking events.
        Created = "CREATED",
        /// Takes imports and answers queries.
        Enabled = "ENABLED",
        /// About to take events again.
        StartingIngestion = "STARTING_INGESTION",
        /// About to stop taking events.
        StoppingIngestion = "STOPPING_INGESTION",
        /// Answers queries, and takes no events.
        StoppedIngestion = "STOPPED_INGESTION",
        /// Deleted: not queryable, and purged seven days later unless restored.
        PendingDeletion = "PENDING_DELETION",
    }
}

impl StoreState {
    /// Tells whether queries may read a store in this state.
    pub fn is_queryable(self) -> bool {
        self != Self::PendingDeletion
    }
}

states! {
    /// The state of an import.
    ///
    /// # Source
    ///
    /// CloudTrail API, `ImportStatus`.
    ImportState ("an import") {
        /// Looking for source objects.
        Initializing = "INITIALIZING",
        /// Reading and storing events.
        InProgress = "IN_PROGRESS",
        /// Every source object was read.
        Completed = "COMPLETED",
        /// Ended with at least one source object unread.
        Failed = "FAILED",
        /// Stopped by the user; what was committed stays.
        Stopped = "STOPPED",
    }
}

impl ImportState {
    /// Tells whether an import in this state has ended.
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Stopped)
    }
}

states! {
    /// The state of a query.
    ///
    /// # Source
    ///
    /// CloudTrail API, `QueryStatus`.
    QueryState ("a query") {
        /// Waits for a free slot.
        Queued = "QUEUED",
        /// Runs.
        Running = "RUNNING",
        /// Gave all its rows.
        Finished = "FINISHED",
        /// Ended by an error.
        Failed = "FAILED",
        /// Ended by its user.
        Cancelled = "CANCELLED",
        /// Ended by the time limit.
        TimedOut = "TIMED_OUT",
    }
}

impl QueryState {
    /// Tells whether a query in this state has ended.
    pub fn is_terminal(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn states_parse_and_serialise_as_they_print() {
        for state in StoreState::ALL {
            assert_eq!(StoreState::parse(state.as_str()).unwrap(), *state);
        }
        for state in ImportState::ALL {
            assert_eq!(ImportState::parse(&state.to_string()).unwrap(), *state);
        }
        for state in QueryState::ALL {
            let json = serde_json::to_string(state).unwrap();
            assert_eq!(json, format!("\"{state}\""));
            assert_eq!(serde_json::from_str::<QueryState>(&json).unwrap(), *state);
        }
    }

    #[test]
    fn an_error_lists_the_valid_states() {
        let error = QueryState::parse("DONE").unwrap_err();
        assert_eq!(error.message(), "`DONE` is no state of a query");
        assert_eq!(
            error.hint().unwrap(),
            "Use one of QUEUED, RUNNING, FINISHED, FAILED, CANCELLED, TIMED_OUT."
        );
    }
}
