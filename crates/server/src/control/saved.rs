//! What people keep beside events: saved queries, and reference tables, over gRPC.

mod convert;
mod references;
mod views;

#[cfg(test)]
mod tests;

use auditlake_model::access::{Action, Principal, Resource};
use auditlake_model::{Error, Result};
use auditlake_store::{Lake, Saved};

pub use self::convert::{reference_from_wire, view_from_wire};
pub(super) use self::references::ReferenceTablesService;
pub(super) use self::views::ViewsService;

/// Reads what is kept, as `principal` may see it: whoever may read any store sees all of it, others nothing.
async fn visible(lake: &Lake, principal: &Principal) -> Result<Saved> {
    match principal.grants().is_empty() {
        true => Ok(Saved::default()),
        false => lake.saved().await,
    }
}

/// Checks that `principal` may change what is kept. Names are the whole lake's.
fn authorise(principal: &Principal) -> Result<()> {
    principal.authorise(Action::Manage, Resource::Lake)
}

/// Returns the place of a thing in a list, which ignores case.
fn position(name: &str) -> String {
    name.to_lowercase()
}

fn absent(kind: &str, name: &str) -> Error {
    Error::not_found(format!("no {kind} `{name}`")).with_hint(format!(
        "Run `auditlake {} list` to see the names.",
        kind.split(' ').next().unwrap_or(kind)
    ))
}
