//! The server of a lake: Arrow Flight SQL for BI tools, gRPC for programs, HTTP for probes.
//!
//! ```text
//! TCP, TLS (listen) --> request id, who asks (auth) --> flight   --> query service --> batches
//!                                                   `-> control  --> lake, import, query service
//! HTTP (ops) --> /metrics /healthz /readyz
//! ```
//!
//! | module | its one idea |
//! |---|---|
//! | [`caller`] | who asks, as every service sees it |
//! | [`status`] | errors of ours as gRPC statuses |
//! | [`control`] | the gRPC services for programs |

pub mod caller;
pub mod control;
pub mod status;

pub use self::caller::Caller;
