//! The words and rules of the field: ids, names, event categories, selectors, time, retention, states
//! and the grammar of S3 log keys.
//!
//! Everything here is a value or a pure function. There is no I/O, no async and no Arrow: what depends
//! on time or chance takes a [`Clock`] or an [`IdGenerator`].

pub mod access;
mod category;
mod clock;
mod error;
mod id;
pub mod log_key;
mod name;
mod retention;
mod selector;
mod settings;
mod state;
mod time;

pub use access::{Action, Grant, Principal, Role, Scope};
pub use category::{CategoryClass, EventCategory};
pub use clock::{Clock, IdGenerator, RandomIds, SystemClock};
pub use error::{Error, ErrorKind, Result};
pub use id::{EventDataStoreArn, EventDataStoreId, ImportId, LakeId, QueryId, StoreRef};
pub use log_key::{LogKey, ObjectKind};
pub use name::StoreName;
pub use retention::{Retention, RetentionDays};
pub use selector::{
    AdvancedEventSelector, EventSelectors, FieldSelector, Resource, SelectorEvent, SelectorField,
};
pub use settings::{EventDataStoreSettings, PENDING_DELETION_DAYS, PromotedPath, default_promoted};
pub use state::{ImportState, QueryState, StoreState};
pub use time::{EventDate, TimeBound, TimeRange, Timestamp, format_event_time, parse_event_time};
pub use uuid::Uuid;
