//! Arrow Flight SQL: what goes over the wire, and how.
//!
//! | module | its one idea |
//! |---|---|
//! | [`wire`] | the one schema of a result, and batches in it |
//! | [`encode`] | batches as messages that every client takes |
//! | [`sql_info`] | what the server says it can do |
//! | [`type_info`] | the types of Lake SQL |
//! | [`tables`] | catalogs, schemas, tables and keys |

pub mod encode;
mod like;
pub mod sql_info;
pub mod tables;
pub mod type_info;
pub mod wire;
