//! Who may do what: the one rule that every door asks.
//!
//! A principal holds grants; a grant is a role over one event data store or over the whole lake. A higher role
//! includes the lower ones.
//!
//! | role | may, within its scope |
//! |---|---|
//! | `reader` | see event data stores and query them |
//! | `operator` | also change them, import into them and run jobs; over the whole lake also make new ones and see and stop everybody's queries |
//! | `admin` | also manage users and tokens; only over the whole lake |
//!
//! Everybody sees and stops queries of their own.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::id::EventDataStoreId;

/// What a grant allows, weakest first; see the [module](self).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sees and queries.
    Reader,
    /// Also changes stores, imports, runs jobs.
    Operator,
    /// Also manages users.
    Admin,
}

impl Role {
    /// Every role, weakest first.
    pub const ALL: &'static [Self] = &[Self::Reader, Self::Operator, Self::Admin];

    /// Returns the role's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }
}

impl Display for Role {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Role {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let found = Self::ALL.iter().find(|role| role.as_str().eq_ignore_ascii_case(text));
        found.copied().ok_or_else(|| {
            Error::invalid(format!("`{text}` is no role")).with_hint("Use one of reader, operator, admin.")
        })
    }
}

/// What a grant is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// The whole lake, later stores included.
    All,
    /// One event data store, whatever it is called.
    Store(EventDataStoreId),
}

/// A role over a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Grant {
    /// What it allows.
    pub role: Role,
    /// What it is about.
    pub scope: Scope,
}

/// Somebody who asks, with their rights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    name: String,
    grants: Vec<Grant>,
}

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Read events and descriptions, and see that the thing exists.
    Read,
    /// Make, change, delete and maintain event data stores.
    Manage,
    /// Import, retry and stop imports.
    Import,
    /// Cancel a query.
    Cancel,
    /// Add, change and remove users and tokens.
    Administer,
}

/// What somebody wants to do it to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Resource<'a> {
    /// The lake as a whole: its list of stores, its users, everybody's records.
    Lake,
    /// One event data store, with its imports.
    Store(EventDataStoreId),
    /// A query of this principal.
    QueryOf(&'a str),
}

impl Principal {
    /// Creates somebody with rights.
    pub fn new(name: impl Into<String>, grants: Vec<Grant>) -> Self {
        Self { name: name.into(), grants }
    }

    /// Creates the one who may do everything: whoever has the files of the lake at hand.
    pub fn owner(name: impl Into<String>) -> Self {
        Self::new(name, vec![Grant { role: Role::Admin, scope: Scope::All }])
    }

    /// Returns the name, as the history of queries keeps it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the rights.
    pub fn grants(&self) -> &[Grant] {
        &self.grants
    }

    /// Tells whether the principal may do `action` to `resource`.
    pub fn may(&self, action: Action, resource: Resource<'_>) -> bool {
        let role = match (action, resource) {
            (Action::Read | Action::Cancel, Resource::QueryOf(owner)) if owner == self.name => return true,
            (_, Resource::QueryOf(_)) => Role::Operator,
            (Action::Read, _) => Role::Reader,
            (Action::Manage | Action::Import | Action::Cancel, _) => Role::Operator,
            (Action::Administer, _) => Role::Admin,
        };
        self.grants.iter().any(|grant| {
            let covers = match (grant.scope, resource) {
                (Scope::All, _) => true,
                (Scope::Store(granted), Resource::Store(id)) => granted == id,
                (Scope::Store(_), Resource::Lake | Resource::QueryOf(_)) => false,
            };
            covers && grant.role >= role
        })
    }

    /// Checks that the principal may do `action` to `resource`.
    ///
    /// # Errors
    ///
    /// `PermissionDenied` (`AccessDeniedException`), naming principal, action and the role that is missing.
    pub fn authorise(&self, action: Action, resource: Resource<'_>) -> Result<()> {
        if self.may(action, resource) {
            return Ok(());
        }
        let what = match resource {
            Resource::Lake => "the lake".to_owned(),
            Resource::Store(id) => format!("event data store `{id}`"),
            Resource::QueryOf(_) => "other people's queries".to_owned(),
        };
        let doing = match action {
            Action::Read => "read",
            Action::Manage => "manage",
            Action::Import => "import into",
            Action::Cancel => "cancel",
            Action::Administer => "manage the users of",
        };
        let role = match (action, resource) {
            (Action::Administer, _) => Role::Admin,
            (Action::Read, Resource::Lake | Resource::Store(_)) => Role::Reader,
            _ => Role::Operator,
        };
        Err(Error::permission_denied(format!("`{}` may not {doing} {what}", self.name))
            .with_code("AccessDeniedException")
            .with_hint(format!("An admin can grant it: `auditlake user grant {} --role {role}`.", self.name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(byte: u8) -> EventDataStoreId {
        EventDataStoreId::new(uuid::Uuid::from_bytes([byte; 16]))
    }

    #[test]
    fn a_role_includes_the_lower_ones_within_its_scope() {
        let trail = Scope::Store(store(1));
        let reader = Principal::new("ann", vec![Grant { role: Role::Reader, scope: trail }]);
        assert!(reader.may(Action::Read, Resource::Store(store(1))));
        assert!(!reader.may(Action::Read, Resource::Store(store(2))));
        assert!(!reader.may(Action::Read, Resource::Lake));
        assert!(!reader.may(Action::Import, Resource::Store(store(1))));
        let operator = Principal::new("bob", vec![Grant { role: Role::Operator, scope: trail }]);
        assert!(operator.may(Action::Read, Resource::Store(store(1))));
        assert!(operator.may(Action::Import, Resource::Store(store(1))));
        assert!(!operator.may(Action::Manage, Resource::Lake));
        assert!(!operator.may(Action::Administer, Resource::Lake));
        assert!(Principal::owner("me").may(Action::Administer, Resource::Lake));
    }

    #[test]
    fn own_queries_are_ones_own() {
        let reader = Principal::new("ann", vec![]);
        assert!(reader.may(Action::Cancel, Resource::QueryOf("ann")));
        assert!(!reader.may(Action::Read, Resource::QueryOf("bob")));
        let all = Grant { role: Role::Operator, scope: Scope::All };
        assert!(Principal::new("eve", vec![all]).may(Action::Cancel, Resource::QueryOf("bob")));
    }

    #[test]
    fn a_refusal_names_who_what_and_the_way_out() {
        let error = Principal::new("ann", vec![]).authorise(Action::Manage, Resource::Lake).unwrap_err();
        assert_eq!(error.report(), "AccessDeniedException: `ann` may not manage the lake");
        assert_eq!(error.hint(), Some("An admin can grant it: `auditlake user grant ann --role operator`."));
    }
}
