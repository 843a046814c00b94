//! What the owner of a server sees: metrics, probes, a line for each request.
//!
//! ```text
//! RPC ----layer----> counters, log line          query ends --log--> counters --> system.queries
//! HTTP: /metrics <-- registry <-- figures of stores (read every 15 s), of queries (at the scrape)
//!       /healthz /readyz
//! ```
//! Labels are names of states, ports, methods and stores, never anything that a client can make up.
//!
//! | module | its one idea |
//! |---|---|
//! | [`metrics`] | every metric, its name and its labels |
//! | [`stores`] | figures of event data stores, read beside the requests |
//! | [`history`] | queries that ended, counted on their way to the history |
//! | [`rpc`] | the layer that every RPC passes |
//! | [`http`] | metrics and probes over HTTP |

pub mod history;
pub mod http;
pub mod metrics;
pub mod rpc;
pub mod stores;
