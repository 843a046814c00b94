//! Finding a store that the caller may see: what is not granted is not there.

use auditlake_model::access::{Action, Principal, Resource};
use auditlake_model::{Error, ErrorKind, Result, StoreRef};
use auditlake_store::{EventDataStore, Lake};

/// Finds the store that `text` names (name, id or ARN) and checks that `principal` may do `action` to it.
///
/// # Errors
///
/// `NotFound` (`EventDataStoreNotFoundException`) when there is none, or `principal` may not read it: both look the
/// same. `PermissionDenied` (`AccessDeniedException`) when they may read it and not do `action`. `Invalid` when
/// `text` is none of the three.
pub(super) async fn find_store(
    lake: &Lake,
    principal: &Principal,
    text: &str,
    action: Action,
) -> Result<EventDataStore> {
    let reference = StoreRef::parse(text)?;
    match lake.find_store(&reference).await {
        Ok(store) if principal.may(Action::Read, Resource::Store(store.id())) => {
            principal.authorise(action, Resource::Store(store.id()))?;
            Ok(store)
        }
        Ok(_) => Err(absent(&reference)),
        // The hint of the lake names the nearest store, which may be one that is not granted.
        Err(error) if error.kind() == ErrorKind::NotFound && !sees_all(principal) => Err(absent(&reference)),
        Err(error) => Err(error),
    }
}

fn sees_all(principal: &Principal) -> bool {
    principal.may(Action::Read, Resource::Lake)
}

fn absent(reference: &StoreRef) -> Error {
    Error::not_found(format!("there is no event data store `{reference}`"))
        .with_code("EventDataStoreNotFoundException")
        .with_hint("List the stores with `auditlake store list`.")
}
