//! Users as records, and grants as words.

use std::collections::HashMap;

use auditlake_access::User;
use auditlake_model::{ErrorKind, EventDataStoreId, Grant, Result, Scope};
use auditlake_store::Access;
use serde_json::{Value, json};

use crate::context::Context;
use crate::numbers::seconds;
use crate::records::Record;

/// Properties that a list shows.
pub(super) const COLUMNS: &[&str] = &["name", "grants", "password", "tokens", "createdAt"];

/// The names of stores by their ids.
#[derive(Debug, Default)]
pub(super) struct StoreNames(HashMap<EventDataStoreId, String>);

impl StoreNames {
    /// Reads the names that some grants need; a store that is gone has only its id.
    ///
    /// # Errors
    /// Those of opening the lake, but for a lake that is not there.
    pub(super) async fn of(users: &[User], ctx: &Context) -> Result<Self> {
        if users.iter().flat_map(User::grants).all(|grant| grant.scope == Scope::All) {
            return Ok(Self::default());
        }
        let lake = match ctx.open_lake(Access::Read).await {
            Ok(lake) => lake,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(error),
        };
        let stores = lake.list_stores().await?;
        Ok(Self(stores.iter().map(|store| (store.id(), store.name().to_string())).collect()))
    }

    fn name(&self, scope: Scope) -> String {
        match scope {
            Scope::All => "*".to_owned(),
            Scope::Store(id) => self.0.get(&id).cloned().unwrap_or_else(|| id.to_string()),
        }
    }

    /// Returns grants in words, `reader of trail, operator of everything`.
    pub(super) fn words(&self, grants: &[Grant]) -> String {
        if grants.is_empty() {
            return "nothing".to_owned();
        }
        let word = |grant: &Grant| match grant.scope {
            Scope::All => format!("{} of everything", grant.role),
            scope => format!("{} of {}", grant.role, self.name(scope)),
        };
        grants.iter().map(word).collect::<Vec<_>>().join(", ")
    }

    fn json(&self, grants: &[Grant]) -> Value {
        let object = |grant: &Grant| match grant.scope {
            Scope::All => json!({ "role": grant.role, "store": "*" }),
            Scope::Store(id) => json!({ "role": grant.role, "store": self.name(grant.scope), "storeId": id }),
        };
        grants.iter().map(object).collect()
    }
}

/// Describes a user.
pub(super) fn record(user: &User, tokens: usize, stores: &StoreNames) -> Record {
    let grants = user.grants();
    let password = user.has_password();
    Record::default()
        .with("name", user.name().as_str())
        .with_shown("grants", stores.json(grants), stores.words(grants))
        .with_shown("password", password, if password { "yes" } else { "no" })
        .with("tokens", tokens)
        .with_shown("createdAt", user.created_at().to_string(), seconds(user.created_at()))
}

/// Tells what a user may do now.
///
/// # Errors
/// As [`StoreNames::of`].
pub(super) async fn say(what: &str, user: &User, ctx: &Context) -> Result<()> {
    let stores = StoreNames::of(std::slice::from_ref(user), ctx).await?;
    ctx.output.say(&format!("{what} user `{}`: {}", user.name(), stores.words(user.grants())));
    Ok(())
}
