//! The built binary, run as a user runs it, with a home and a lake of its own.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "tests"
)]

mod access;
mod answers;
mod bad_input;
mod check;
mod connect;
mod control;
mod dashboards;
mod environment;
mod evidence;
mod examples;
mod exit_codes;
mod export;
mod flight;
mod kill;
mod output;
mod rules;
mod saved;
mod serve;
mod tidy;
mod tour;
