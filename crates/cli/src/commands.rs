//! The subcommands, one file each.

pub(crate) mod completion;
pub(crate) mod exit_codes;
pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod lake;
pub(crate) mod quickstart;
pub(crate) mod reference;
pub(crate) mod saved;
pub(crate) mod serve;
pub(crate) mod shell;
pub(crate) mod sql;
pub(crate) mod store;
pub(crate) mod synth;
pub(crate) mod token;
pub(crate) mod user;
pub(crate) mod view;
