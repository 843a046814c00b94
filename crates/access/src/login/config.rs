//! How logins are judged.

use std::time::Duration;

use crate::accounts::Accounts;

/// How logins are judged.
#[derive(Debug, Clone)]
pub struct LoginConfig {
    /// Lets everybody in, with all rights, as long as there has been no user since the start.
    pub anonymous: bool,
    /// How long a bearer token of a handshake is good for. What runs when it ends goes on.
    pub session_ttl: Duration,
    /// How old the users that are gone by may be.
    pub refresh: Duration,
    /// How much older they may get while their place cannot be reached. Damaged ones are never gone by.
    pub grace: Duration,
}

impl LoginConfig {
    /// Returns the defaults for users at this place, with credentials required.
    pub fn for_accounts(accounts: &Accounts) -> Self {
        Self { refresh: accounts.refresh_interval(), ..Self::default() }
    }
}

impl Default for LoginConfig {
    fn default() -> Self {
        Self {
            anonymous: false,
            session_ttl: Duration::from_hours(24),
            refresh: Duration::from_secs(1),
            grace: Duration::from_mins(1),
        }
    }
}
