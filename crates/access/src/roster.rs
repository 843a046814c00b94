//! Who there is: users with their grants, and tokens. Pure values; the changes of them are pure too.

use std::collections::HashSet;

use auditlake_model::{Error, Grant, Result, Role, Scope, Timestamp};

use crate::name::UserName;
use crate::password::PasswordHash;
use crate::token::{TokenHash, TokenId};

/// The most users of a lake.
const MAX_USERS: usize = 10_000;
/// The most tokens of a lake.
const MAX_TOKENS: usize = 20_000;
/// The most grants of a user.
const MAX_GRANTS: usize = 1_000;
/// How long an expired token is still listed, in days.
const EXPIRED_TOKEN_DAYS: u32 = 30;
/// Changes whose ids are kept, so that a writer can tell whether its own took effect.
const MAX_CHANGES: usize = 64;

/// A user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub(crate) name: UserName,
    pub(crate) password: Option<PasswordHash>,
    /// Drawn anew with each password, so that sessions opened with an older one, or by a removed user of the same
    /// name, are told apart.
    pub(crate) generation: String,
    pub(crate) grants: Vec<Grant>,
    pub(crate) created_at: Timestamp,
}

impl User {
    /// Returns the name as it was given.
    pub fn name(&self) -> &UserName {
        &self.name
    }

    /// Tells whether the user can log in by a password; without one, only by tokens.
    pub fn has_password(&self) -> bool {
        self.password.is_some()
    }

    /// Returns the rights, in order, each once.
    pub fn grants(&self) -> &[Grant] {
        &self.grants
    }

    /// Returns when the user was added.
    pub fn created_at(&self) -> Timestamp {
        self.created_at
    }
}

/// An API token, without the token itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub(crate) id: TokenId,
    pub(crate) user: UserName,
    pub(crate) hash: TokenHash,
    pub(crate) label: Option<String>,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Option<Timestamp>,
}

impl Token {
    /// Returns the id.
    pub fn id(&self) -> &TokenId {
        &self.id
    }

    /// Returns whose it is.
    pub fn user(&self) -> &UserName {
        &self.user
    }

    /// Returns what it is for, as its maker wrote.
    pub fn label(&self) -> Option<&str> {
        self.label.as_deref()
    }

    /// Returns when it was made.
    pub fn created_at(&self) -> Timestamp {
        self.created_at
    }

    /// Returns the first instant at which it is worth nothing; never when `None`.
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }

    /// Tells whether it is worth nothing any more.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }
}

/// All users and tokens of a lake, as of one version of the document.
///
/// - Names of users are unique without regard to case, ids and hashes of tokens are unique.
/// - Every token is of a user of the roster.
/// - The role admin is over the whole lake only.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roster {
    pub(crate) users: Vec<User>,
    pub(crate) tokens: Vec<Token>,
    /// Ids of the latest changes, oldest first.
    pub(crate) changes: Vec<String>,
}

impl Roster {
    /// Returns the users by name.
    pub fn users(&self) -> &[User] {
        &self.users
    }

    /// Returns the tokens, oldest first.
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// Finds a user.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn user(&self, name: &UserName) -> Result<&User> {
        let place = self.place(name)?;
        self.users.get(place).ok_or_else(|| no_user(name))
    }

    /// Checks what holds of every roster, and puts it in order.
    ///
    /// # Errors
    /// `Corrupt`.
    pub(crate) fn checked(mut self) -> Result<Self> {
        self.users.sort_by_cached_key(|user| user.name.fold());
        if self.users.windows(2).any(|pair| matches!(pair, [a, b] if a.name.fold() == b.name.fold())) {
            return Err(Error::corrupt("a user is listed twice"));
        }
        if self.users.iter().flat_map(|user| &user.grants).any(|grant| check_grant(*grant).is_err()) {
            return Err(Error::corrupt("a user is admin over a single event data store"));
        }
        if self.tokens.iter().any(|token| self.place(&token.user).is_err()) {
            return Err(Error::corrupt("a token is of no user"));
        }
        let ids: HashSet<_> = self.tokens.iter().map(|token| &token.id).collect();
        let hashes: HashSet<_> = self.tokens.iter().map(|token| token.hash).collect();
        if ids.len() < self.tokens.len() || hashes.len() < self.tokens.len() {
            return Err(Error::corrupt("a token is listed twice"));
        }
        Ok(self)
    }

    pub(crate) fn add_user(&mut self, user: User) -> Result<()> {
        if self.place(&user.name).is_ok() {
            return Err(Error::already_exists(format!("there is a user `{}` already", user.name))
                .with_hint("`auditlake user grant` and `auditlake user passwd` change a user."));
        }
        if self.users.len() >= MAX_USERS {
            return Err(full("users", MAX_USERS));
        }
        user.grants.iter().try_for_each(|grant| check_grant(*grant))?;
        let place = self.users.partition_point(|other| other.name.fold() < user.name.fold());
        self.users.insert(place, user);
        Ok(())
    }

    pub(crate) fn set_password(
        &mut self,
        name: &UserName,
        password: Option<PasswordHash>,
        generation: &str,
    ) -> Result<User> {
        let user = self.user_mut(name)?;
        user.password = password;
        user.generation = generation.to_owned();
        Ok(user.clone())
    }

    /// Removes a user and their tokens.
    pub(crate) fn remove_user(&mut self, name: &UserName) -> Result<User> {
        let user = self.users.remove(self.place(name)?);
        self.tokens.retain(|token| token.user.fold() != user.name.fold());
        Ok(user)
    }

    /// Adds a grant; one that the user has already changes nothing.
    pub(crate) fn grant(&mut self, name: &UserName, grant: Grant) -> Result<User> {
        check_grant(grant)?;
        let user = self.user_mut(name)?;
        if !user.grants.contains(&grant) {
            if user.grants.len() >= MAX_GRANTS {
                return Err(full("grants of a user", MAX_GRANTS));
            }
            user.grants.push(grant);
            user.grants.sort_unstable();
        }
        Ok(user.clone())
    }

    /// Removes the grants of `role` over `scope`; `None` stands for any.
    pub(crate) fn ungrant(
        &mut self,
        name: &UserName,
        role: Option<Role>,
        scope: Option<Scope>,
    ) -> Result<User> {
        let user = self.user_mut(name)?;
        let before = user.grants.len();
        user.grants.retain(|grant| {
            role.is_some_and(|role| grant.role != role) || scope.is_some_and(|scope| grant.scope != scope)
        });
        match user.grants.len() < before {
            true => Ok(user.clone()),
            false => Err(Error::not_found(format!("`{}` has no such grant", user.name))
                .with_hint("`auditlake user list` shows the grants.")),
        }
    }

    pub(crate) fn add_token(&mut self, mut token: Token) -> Result<Token> {
        token.user = self.user(&token.user)?.name.clone();
        if self.tokens.len() >= MAX_TOKENS {
            return Err(full("tokens", MAX_TOKENS));
        }
        if self.tokens.iter().any(|other| other.id == token.id) {
            return Err(Error::conflict("the id of the new token is taken").with_retryable(true));
        }
        self.tokens.push(token.clone());
        Ok(token)
    }

    pub(crate) fn revoke_token(&mut self, id: &TokenId) -> Result<Token> {
        let place = self.tokens.iter().position(|token| token.id == *id).ok_or_else(|| {
            Error::not_found(format!("there is no token `{id}`"))
                .with_hint("`auditlake token list` shows the ids.")
        })?;
        Ok(self.tokens.remove(place))
    }

    /// Forgets tokens that expired long ago.
    pub(crate) fn prune(&mut self, now: Timestamp) {
        let limit = now.saturating_sub_days(EXPIRED_TOKEN_DAYS);
        self.tokens.retain(|token| !token.is_expired(limit));
    }

    /// Notes the id of a change.
    pub(crate) fn note_change(&mut self, id: &str) {
        let too_many = (self.changes.len() + 1).saturating_sub(MAX_CHANGES);
        self.changes.drain(..too_many);
        self.changes.push(id.to_owned());
    }

    pub(crate) fn has_change(&self, id: &str) -> bool {
        self.changes.iter().any(|change| change == id)
    }

    fn user_mut(&mut self, name: &UserName) -> Result<&mut User> {
        let place = self.place(name)?;
        self.users.get_mut(place).ok_or_else(|| no_user(name))
    }

    fn place(&self, name: &UserName) -> Result<usize> {
        let name_folded = name.fold();
        self.users.binary_search_by_key(&name_folded, |user| user.name.fold()).map_err(|_| no_user(name))
    }
}

/// Checks that a grant means something.
///
/// # Errors
/// `Invalid` for an admin over one store: users are the lake's.
pub(crate) fn check_grant(grant: Grant) -> Result<()> {
    match grant {
        Grant { role: Role::Admin, scope: Scope::Store(_) } => {
            Err(Error::invalid("an admin is admin over the whole lake, not over one event data store")
                .with_hint("Grant `operator` over the store, or `admin` without a store."))
        }
        _ => Ok(()),
    }
}

fn no_user(name: &UserName) -> Error {
    Error::not_found(format!("there is no user `{name}`"))
        .with_hint("`auditlake user list` shows who there is.")
}

fn full(what: &'static str, limit: usize) -> Error {
    Error::resources_exhausted(format!("there are {limit} {what} already, the most there can be"))
        .with_hint("Remove some that nobody needs.")
}

#[cfg(test)]
pub(crate) mod tests {
    use auditlake_model::{ErrorKind, EventDataStoreId, Uuid};

    use super::*;
    use crate::secret::Secret;

    pub(crate) fn name(text: &str) -> UserName {
        UserName::parse(text).unwrap()
    }

    pub(crate) fn store(byte: u8) -> Scope {
        Scope::Store(EventDataStoreId::new(Uuid::from_bytes([byte; 16])))
    }

    fn user(text: &str) -> User {
        User {
            name: name(text),
            password: None,
            generation: "g1".to_owned(),
            grants: vec![],
            created_at: Timestamp::EPOCH,
        }
    }

    fn token(user: &str, text: &str) -> Token {
        Token {
            id: TokenId::generate().unwrap(),
            user: name(user),
            hash: TokenHash::of(&Secret::new(text)),
            label: None,
            created_at: Timestamp::EPOCH,
            expires_at: Some(Timestamp::from_secs(100)),
        }
    }

    fn roster(names: &[&str]) -> Roster {
        let mut roster = Roster::default();
        names.iter().for_each(|name| roster.add_user(user(name)).unwrap());
        roster
    }

    #[test]
    fn names_are_unique_without_regard_to_case() {
        let mut roster = roster(&["zoe", "Ann", "bob"]);
        assert_eq!(roster.add_user(user("ANN")).unwrap_err().kind(), ErrorKind::AlreadyExists);
        let names: Vec<_> = roster.users().iter().map(|user| user.name().as_str()).collect();
        assert_eq!(names, ["Ann", "bob", "zoe"]);
        assert_eq!(roster.user(&name("aNN")).unwrap().name().as_str(), "Ann");
        assert_eq!(roster.user(&name("eve")).unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[test]
    fn grants_are_added_once_and_removed_by_role_and_scope() {
        let mut roster = roster(&["ann"]);
        let ann = name("ann");
        let grant = |role, scope| Grant { role, scope };
        for given in [
            grant(Role::Reader, store(1)),
            grant(Role::Reader, store(1)),
            grant(Role::Operator, store(1)),
            grant(Role::Reader, Scope::All),
        ] {
            roster.grant(&ann, given).unwrap();
        }
        assert_eq!(roster.user(&ann).unwrap().grants().len(), 3);
        assert!(roster.grant(&ann, grant(Role::Admin, store(1))).is_err());
        let left = roster.ungrant(&ann, None, Some(store(1))).unwrap();
        assert_eq!(left.grants(), [grant(Role::Reader, Scope::All)]);
        assert_eq!(roster.ungrant(&ann, Some(Role::Operator), None).unwrap_err().kind(), ErrorKind::NotFound);
        assert!(roster.ungrant(&ann, None, None).unwrap().grants().is_empty());
    }

    #[test]
    fn a_removed_user_takes_their_tokens_along() {
        let mut roster = roster(&["ann", "bob"]);
        roster.add_token(token("ANN", "a")).unwrap();
        let kept = roster.add_token(token("bob", "b")).unwrap();
        assert_eq!(roster.add_token(token("eve", "c")).unwrap_err().kind(), ErrorKind::NotFound);
        assert_eq!(roster.tokens()[0].user().as_str(), "ann", "as the user is written");
        roster.remove_user(&name("Ann")).unwrap();
        assert_eq!(roster.tokens(), std::slice::from_ref(&kept));
        roster.revoke_token(kept.id()).unwrap();
        assert_eq!(roster.revoke_token(kept.id()).unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[test]
    fn expired_tokens_are_listed_for_a_month() {
        let mut roster = roster(&["ann"]);
        let token = roster.add_token(token("ann", "a")).unwrap();
        let expiry = Timestamp::from_secs(100);
        assert!(token.is_expired(expiry) && !token.is_expired(Timestamp::from_secs(99)));
        roster.prune(expiry.saturating_add_days(29));
        assert_eq!(roster.tokens().len(), 1);
        roster.prune(expiry.saturating_add_days(30));
        assert_eq!(roster.tokens().len(), 0);
    }

    #[test]
    fn the_latest_changes_are_remembered() {
        let mut roster = Roster::default();
        (0..200).for_each(|number| roster.note_change(&number.to_string()));
        assert!(roster.has_change("199") && roster.has_change("136") && !roster.has_change("135"));
    }
}
