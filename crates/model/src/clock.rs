//! Where time and randomness enter: two traits, so that tests decide both.
//!
//! No other file of the workspace may read the system clock or draw random bytes.

use std::fmt::Debug;
use std::time::{SystemTime, UNIX_EPOCH};

use uuid::Uuid;

use crate::time::Timestamp;

/// Tells the time.
pub trait Clock: Send + Sync + Debug {
    /// Returns the present instant.
    fn now(&self) -> Timestamp;
}

/// The clock of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the system clock")]
    fn now(&self) -> Timestamp {
        let now = SystemTime::now();
        match now.duration_since(UNIX_EPOCH) {
            Ok(since) => Timestamp::EPOCH.saturating_add(since),
            Err(before) => Timestamp::EPOCH.saturating_sub(before.duration()),
        }
    }
}

/// Makes ids that nobody has used before.
pub trait IdGenerator: Send + Sync + Debug {
    /// Returns a fresh UUID.
    fn uuid(&self) -> Uuid;
}

/// Version 4 UUIDs from the operating system's random source.
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomIds;

impl IdGenerator for RandomIds {
    #[expect(clippy::disallowed_methods, reason = "the one place that draws random ids")]
    fn uuid(&self) -> Uuid {
        Uuid::new_v4()
    }
}
