//! Arrow Flight SQL: what BI tools and database drivers speak.
//!
//! | module | its one idea |
//! |---|---|
//! | [`service`] | the RPCs, each a few lines |
//! | `statements` | prepare, bind, describe, fetch |
//! | `metadata` | catalogs, tables, types, what the server can do |
//! | `actions` | cancel, sessions, prepared statements |
//! | `handle`, `plans`, `running` | signed handles and tickets; plans that wait; results that run |
//! | `recent` | a bounded map that forgets the oldest |
//! | `options`, `session` | what a client set: schema, types, time bound |
//! | `stream` | a result on its way to a client that sets the pace |
//! | [`wire`], [`encode`] | the one schema of a result; batches as messages that every client takes |
//! | [`sql_info`], [`type_info`], [`tables`] | the answers of metadata commands |
//!
//! arrow-flight has a `FlightSqlService` to implement. It answers GetSchema, PollFlightInfo and ListFlights with
//! UNIMPLEMENTED and decodes commands before anybody has asked who sends them, so [`service`] implements the
//! protocol below it.

mod actions;
pub mod encode;
mod handle;
mod like;
mod metadata;
mod options;
mod plans;
mod recent;
mod running;
pub mod service;
mod session;
mod session_proto;
pub mod sql_info;
mod statements;
mod stream;
pub mod tables;
pub mod type_info;
pub mod wire;

pub use self::service::FlightSql;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

fn base64_encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn base64_decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}
