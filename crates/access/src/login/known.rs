//! The users that logins are judged by: looked up fast, and reread when they may have changed.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use auditlake_model::{Clock, Error, ErrorKind, Principal, Result, Timestamp};
use parking_lot::RwLock;
use tracing::{error, info, warn};

use crate::accounts::{Accounts, Stamp};
use crate::password::PasswordHash;
use crate::roster::{Roster, Token, User};
use crate::token::TokenHash;

/// How long a reread may take.
const LONGEST_READ: Duration = Duration::from_secs(10);

/// Rereads in a refresh interval that strangers can cause.
const READS_FOR_STRANGERS: u32 = 20;

/// The users of one version of the document.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// By folded name.
    users: HashMap<String, KnownUser>,
    tokens: HashMap<TokenHash, Token>,
    token_hashes: HashMap<String, TokenHash>,
}

/// A user, ready to be let in.
#[derive(Debug)]
pub(super) struct KnownUser {
    pub(super) principal: Arc<Principal>,
    pub(super) password: Option<PasswordHash>,
    pub(super) generation: String,
}

impl Known {
    fn new(roster: Roster) -> Self {
        let Roster { users, tokens, .. } = roster;
        let token_hashes = tokens.iter().map(|token| (token.id.to_string(), token.hash)).collect();
        Self {
            users: users.into_iter().map(|user| (user.name.fold(), KnownUser::from(user))).collect(),
            tokens: tokens.into_iter().map(|token| (token.hash, token)).collect(),
            token_hashes,
        }
    }

    pub(super) fn has_users(&self) -> bool {
        !self.users.is_empty()
    }

    /// Finds a user, ignoring case.
    pub(super) fn user(&self, name: &str) -> Option<&KnownUser> {
        self.users.get(&name.to_ascii_lowercase())
    }

    /// Finds a token by its hash; that takes no longer for one that is nearly right.
    pub(super) fn token(&self, hash: &TokenHash) -> Option<&Token> {
        self.tokens.get(hash)
    }

    pub(super) fn token_by_id(&self, id: &str) -> Option<&Token> {
        self.tokens.get(self.token_hashes.get(id)?)
    }
}

impl From<User> for KnownUser {
    fn from(user: User) -> Self {
        let User { name, password, generation, grants, .. } = user;
        Self { principal: Arc::new(Principal::new(name.as_str(), grants)), password, generation }
    }
}

/// The users, reread at most every refresh interval, when somebody asks.
#[derive(Debug)]
pub(super) struct Cache {
    accounts: Accounts,
    clock: Arc<dyn Clock>,
    refresh: Duration,
    grace: Duration,
    state: RwLock<State>,
    /// Held by the one who rereads.
    rereading: tokio::sync::Mutex<()>,
    had_users: AtomicBool,
}

#[derive(Debug)]
struct State {
    stamp: Option<Stamp>,
    known: Arc<Known>,
    /// When the users were last known to be these.
    checked_at: Timestamp,
    /// How the last look failed.
    failure: Option<ErrorKind>,
}

impl Cache {
    /// Reads the users for the first time.
    ///
    /// # Errors
    /// As [`Accounts::load`].
    pub(super) async fn open(
        accounts: Accounts,
        clock: Arc<dyn Clock>,
        refresh: Duration,
        grace: Duration,
    ) -> Result<Self> {
        let checked_at = clock.now();
        let (stamp, roster) = accounts.read_unless(None).await?.unwrap_or_default();
        let known = Arc::new(Known::new(roster));
        let had_users = AtomicBool::new(known.has_users());
        let state = RwLock::new(State { stamp, known, checked_at, failure: None });
        Ok(Self {
            accounts,
            clock,
            refresh,
            grace,
            state,
            rereading: tokio::sync::Mutex::default(),
            had_users,
        })
    }

    /// Tells whether there has been a user since the start. Once there was, credentials stay required: users that
    /// vanish are more likely a lost disk than a wish to let everybody in.
    pub(super) fn had_users(&self) -> bool {
        self.had_users.load(Ordering::Relaxed)
    }

    /// Returns the users, at most a refresh interval old.
    ///
    /// # Errors
    /// As [`Accounts::load`]; those that pass are bridged for the time of grace.
    pub(super) async fn current(&self) -> Result<Arc<Known>> {
        self.within(self.refresh).await
    }

    /// Returns the users for somebody who is none of those known: they may have been added a moment ago, and people try
    /// a new token at once. Guessing makes no more reads than so many in a refresh interval.
    ///
    /// # Errors
    /// As [`Accounts::load`].
    pub(super) async fn newest(&self) -> Result<Arc<Known>> {
        self.within(self.refresh / READS_FOR_STRANGERS).await
    }

    async fn within(&self, age: Duration) -> Result<Arc<Known>> {
        if let Some(known) = self.not_older_than(age) {
            return Ok(known);
        }
        let _rereading = match self.rereading.try_lock() {
            Ok(rereading) => rereading,
            Err(_) => match self.bridged() {
                // Somebody else is waiting for a place that does not answer.
                Some(known) => return Ok(known),
                None => self.rereading.lock().await,
            },
        };
        if let Some(known) = self.not_older_than(age) {
            return Ok(known);
        }
        self.reread().await
    }

    async fn reread(&self) -> Result<Arc<Known>> {
        let stamp = self.state.read().stamp.clone();
        let began_at = self.clock.now();
        let read = tokio::time::timeout(LONGEST_READ, self.accounts.read_unless(stamp.as_ref())).await;
        match read
            .unwrap_or_else(|_| Err(Error::unavailable("read users").with_detail("There was no answer.")))
        {
            Ok(changed) => Ok(self.take(changed, began_at)),
            Err(error) => self.bridge(error),
        }
    }

    fn not_older_than(&self, age: Duration) -> Option<Arc<Known>> {
        let state = self.state.read();
        let now = self.clock.now();
        // A clock that was set back must not make the users last for ever.
        let is_fresh = now >= state.checked_at && now.saturating_duration_since(state.checked_at) < age;
        is_fresh.then(|| Arc::clone(&state.known))
    }

    /// Returns the users while their place cannot be reached.
    fn bridged(&self) -> Option<Arc<Known>> {
        let passes = self.state.read().failure.is_some_and(passes);
        if passes { self.not_older_than(self.refresh + self.grace) } else { None }
    }

    fn take(&self, changed: Option<(Option<Stamp>, Roster)>, at: Timestamp) -> Arc<Known> {
        let mut state = self.state.write();
        if let Some((stamp, roster)) = changed {
            state.stamp = stamp;
            state.known = Arc::new(Known::new(roster));
            info!(users = state.known.users.len(), tokens = state.known.tokens.len(), "reread users");
        }
        if state.known.has_users() {
            self.had_users.store(true, Ordering::Relaxed);
        }
        state.checked_at = at;
        state.failure = None;
        Arc::clone(&state.known)
    }

    /// Goes on with the users of before, if that may be. Logs a failure when it begins.
    fn bridge(&self, error: Error) -> Result<Arc<Known>> {
        let before = self.state.write().failure.replace(error.kind());
        let bridged = self.bridged();
        match (&bridged, before == Some(error.kind())) {
            (_, true) => {}
            (Some(_), false) => warn!(error = error.report(), "going on with the users of before"),
            (None, false) => error!(error = error.report(), "users cannot be read; nobody is let in"),
        }
        bridged.ok_or(error)
    }
}

/// Tells whether a failure to read may pass by itself, and says nothing against the users of before.
fn passes(kind: ErrorKind) -> bool {
    !matches!(kind, ErrorKind::Corrupt | ErrorKind::Unsupported)
}
