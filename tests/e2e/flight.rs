//! `auditlake serve` as clients of Flight SQL meet it: what drivers send, byte for byte, and what they stumble over.
//!
//! Drivers that cannot be installed are replayed (JDBC, ODBC): they log in with a ready token too, prepare every
//! query, send parameters under names of their own, forward unknown properties as headers, ask for all of SqlInfo
//! and cast its values without looking, and keep cookies.

mod access;
mod client;
mod commands;
mod prepared;
mod refusals;
mod results;
mod server;
mod sessions;
mod sql_info;
mod statements;
