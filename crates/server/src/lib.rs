//! The server of a lake: Arrow Flight SQL for BI tools, gRPC for programs, HTTP for probes.
//!
//! ```text
//! TCP, TLS (listen) --> count, log (ops::rpc) --> who asks (auth) --> flight   --> query service --> batches
//!                                                                 `-> control  --> lake, import, query service
//! HTTP (ops::http) --> /metrics /healthz /readyz
//! ```
//!
//! | module | its one idea |
//! |---|---|
//! | [`config`] | what a server is told |
//! | [`state`] | what every service shares |
//! | [`server`] | putting together, start, stop |
//! | [`background`] | threads that give way to queries |
//! | `imports` | imports that the server runs by itself |
//! | [`listen`] | from a port to connections that are worth serving |
//! | [`auth`] | says who asks, before anything is parsed |
//! | [`caller`] | who asks, as every service sees it |
//! | [`flight`] | Arrow Flight SQL |
//! | [`status`] | errors of ours as gRPC statuses |
//! | [`ops`] | metrics, probes, a line for each request |
//! | [`control`] | the gRPC services for programs |

pub mod auth;
pub mod background;
pub mod caller;
pub mod config;
pub mod control;
pub mod flight;
mod imports;
pub mod listen;
pub mod ops;
pub mod server;
pub mod state;
pub mod status;

pub use self::caller::Caller;
pub use self::config::{ScheduledImport, Secrets, ServerConfig, TlsFiles};
pub use self::server::Server;
pub use self::state::ServerState;
