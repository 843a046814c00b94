//! What a grant is about, as the command line names it.

use auditlake_model::{Result, Scope, StoreRef};
use auditlake_store::Access;

use crate::args::ArgError;
use crate::context::Context;

/// How the whole lake is written.
const EVERY_STORE: &str = "*";

/// A store, or the whole lake.
#[derive(Debug, Clone)]
pub(super) enum ScopeArg {
    /// The whole lake.
    All,
    /// One store.
    Store(StoreRef),
}

impl ScopeArg {
    /// Parses a name, id or ARN, or `*`.
    pub(super) fn parse(text: &str) -> std::result::Result<Self, ArgError> {
        match text {
            EVERY_STORE => Ok(Self::All),
            _ => Ok(Self::Store(StoreRef::parse(text)?)),
        }
    }

    /// Finds the store. An id is taken as it is, so that a grant over a store that is gone can be taken away.
    ///
    /// # Errors
    /// Those of opening the lake and finding the store.
    pub(super) async fn find(&self, ctx: &Context) -> Result<Scope> {
        match self {
            Self::All => Ok(Scope::All),
            Self::Store(StoreRef::Id(id)) => Ok(Scope::Store(*id)),
            Self::Store(store) => Ok(Scope::Store(ctx.open_store(store, Access::Read).await?.1.id())),
        }
    }
}
