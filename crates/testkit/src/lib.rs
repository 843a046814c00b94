//! What tests put in the place of time, chance and storage, so that a run can be repeated.
//!
//! | outside world | stand-in |
//! |---|---|
//! | the system clock | [`ManualClock`]: moves only when told to |
//! | random ids | [`SeededIds`]: the same ids for the same seed |
//! | storage that fails, or a process that dies | [`FaultStore`]: logs every call, fails or crashes at a chosen one |
//!
//! Only tests may depend on this crate.

mod clock;
mod fault;
mod ids;
mod json;
mod path_class;

pub use clock::ManualClock;
pub use fault::{Call, CallKind, Failure, FaultStore, Outcome, When, is_crash, is_injected};
pub use ids::SeededIds;
pub use json::json_object;
pub use path_class::PathClass;
