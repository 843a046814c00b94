//! Talks to an Auditlake server: queries over Flight SQL, and a way to the gRPC control services.
//!
//! ```text
//! ConnectOptions --connect--> Connection --service()--> stubs of `auditlake_proto`, authorised
//!                                        `-session()--> Session --start--> Query: schema, batches, progress
//! ```
//!
//! | module | its one idea |
//! |---|---|
//! | [`address`] | where a server is, as users write it |
//! | [`connect`] | from options to a connection that was tried |
//! | [`connection`] | one connection: authorised calls, tokens renewed |
//! | [`secret`] | text that is never printed |
//! | [`imports`] | imports that a server runs |
//! | [`session`], [`query`] | questions, and the one query behind each |
//! | [`parameters`] | values for `:name`, as they travel |
//! | [`progress`] | what the server says it has read |
//! | [`tables`] | the names that a server offers |
//! | [`status`] | gRPC statuses as errors of ours |
//!
//! It must not know the lake or the engine: what it hands out is Arrow and plain values.

pub mod address;
pub mod connect;
pub mod connection;
mod diagnose;
mod flight;
pub mod imports;
mod login;
pub mod parameters;
pub mod progress;
pub mod query;
pub mod secret;
pub mod session;
pub mod status;
pub mod tables;
#[cfg(test)]
mod testing;

pub use self::address::ServerAddress;
pub use self::connect::{ConnectOptions, connect};
pub use self::connection::{Connection, Service};
pub use self::imports::ImportEvents;
pub use self::parameters::Value;
pub use self::progress::RemoteProgress;
pub use self::query::Query;
pub use self::secret::Secret;
pub use self::session::{Question, Session};
pub use self::tables::RemoteTable;
