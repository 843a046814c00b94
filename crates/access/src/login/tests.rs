//! Logins of every kind, what ends them, and servers without users.

use std::time::{Duration, Instant};

use auditlake_model::access::Resource;
use auditlake_model::{Action, ErrorKind, Grant, Role, Scope};
use auditlake_testkit::{FaultStore, ManualClock, When};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};

use super::*;
use crate::accounts::{NewToken, NewUser};
use crate::roster::tests::name;

const PASSWORD: &str = "correct horse battery";

/// A server's logins over users in memory, at a time that the test sets.
struct Place {
    memory: Arc<InMemory>,
    clock: Arc<ManualClock>,
    accounts: Accounts,
    login: Authenticator,
}

impl Place {
    async fn new(anonymous: bool, with_ann: bool) -> Self {
        let (memory, clock) = (Arc::new(InMemory::new()), Arc::new(ManualClock::default()));
        let store: Arc<dyn ObjectStore> = Arc::<InMemory>::clone(&memory);
        let accounts = Accounts::with_object_store(store, Arc::<ManualClock>::clone(&clock));
        if with_ann {
            add(&accounts, "ann").await;
        }
        let login = open(&accounts, &clock, anonymous).await;
        Self { memory, clock, accounts, login }
    }

    fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    async fn may(&self, header: &str) -> Result<Authenticated> {
        self.login.authenticate(Some(header), None).await
    }

    async fn refused(&self, header: &str) -> Error {
        let error = self.may(header).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error:?}");
        error
    }

    async fn session(&self, header: &str) -> String {
        let (who, token) = self.login.handshake(Some(header), None).await.unwrap();
        assert!(who.session.is_some());
        format!("Bearer {token}")
    }

    async fn token(&self, user: &str, seconds: u64) -> crate::IssuedToken {
        let expires_at = Some(self.clock.now().saturating_add(Duration::from_secs(seconds)));
        self.accounts.create_token(NewToken { user: name(user), label: None, expires_at }).await.unwrap()
    }
}

async fn add(accounts: &Accounts, text: &str) {
    let grants = vec![Grant { role: Role::Reader, scope: Scope::All }];
    let password = Some(Secret::new(PASSWORD));
    accounts.add_user(NewUser { name: name(text), password, grants }).await.unwrap();
}

async fn open(accounts: &Accounts, clock: &Arc<ManualClock>, anonymous: bool) -> Authenticator {
    let config = LoginConfig { anonymous, ..LoginConfig::for_accounts(accounts) };
    let clock: Arc<dyn Clock> = Arc::<ManualClock>::clone(clock);
    let keys = Arc::new(SigningKeys::random().unwrap());
    Authenticator::open(accounts.clone(), keys, clock, config).await.unwrap()
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

#[tokio::test]
async fn every_way_in_leads_to_the_same_principal() {
    let place = Place::new(false, true).await;
    let issued = place.token("ann", 3600).await;
    place.pass(1);
    let token = issued.secret.expose();
    let password = basic("ANN", PASSWORD);
    let session = place.session(&password).await;
    for header in [
        &password,
        &basic("", token),
        &basic("whoever", token),
        &format!("Bearer {token}"),
        &format!("bEARER   {token}"),
        &session,
        &place.session(&format!("Bearer {token}")).await,
        &place.session(&session).await,
    ] {
        let who = place.may(header).await.unwrap();
        assert_eq!(who.principal.name(), "ann", "{header}");
        assert!(
            who.principal.may(Action::Read, Resource::Lake)
                && !who.principal.may(Action::Manage, Resource::Lake)
        );
    }
    let id = |who: Authenticated| who.session.unwrap();
    let again = place.session(&session).await;
    assert_eq!(id(place.may(&again).await.unwrap()), id(place.may(&session).await.unwrap()));
    assert_eq!(place.login.failed_logins(), 0);
}

#[tokio::test]
async fn whatever_is_wrong_is_unauthenticated_and_tells_nothing() {
    let place = Place::new(true, true).await;
    let session = place.session(&basic("ann", PASSWORD)).await;
    let wrong = place.refused(&basic("ann", "incorrect horse")).await;
    let unknown = place.refused(&basic("eve", PASSWORD)).await;
    assert_eq!(wrong.message(), unknown.message());
    let mut altered = session.clone();
    altered.replace_range(40..41, if &session[40..41] == "A" { "B" } else { "A" });
    let stranger = SigningKeys::random().unwrap().sign("session", b"{}");
    for header in ["", "Basic", "Basic %%%", "Bearer x", "Bearer al_1", "Negotiate abc", &altered] {
        place.refused(header).await;
    }
    place.refused(&format!("Bearer {}", STANDARD.encode(stranger))).await;
    assert_eq!(place.login.failed_logins(), 10);
    let missing = place.login.authenticate(None, None).await.unwrap_err();
    assert_eq!((missing.kind(), place.login.failed_logins()), (ErrorKind::Unauthenticated, 10));
    let shown = format!("{:?} {wrong:?}", place.login);
    assert!(!shown.contains("horse") && !shown.contains("argon2"), "{shown}");
}

#[tokio::test]
async fn sessions_end_with_what_opened_them() {
    let place = Place::new(false, true).await;
    add(&place.accounts, "bob").await;
    place.pass(1);
    let ann = place.session(&basic("ann", PASSWORD)).await;
    let bob = place.session(&basic("bob", PASSWORD)).await;
    let issued = place.token("ann", 3600).await;
    place.pass(1);
    let by_token = place.session(&format!("Bearer {}", issued.secret.expose())).await;

    place.accounts.set_password(&name("ann"), Some(Secret::new("another password"))).await.unwrap();
    place.pass(1);
    assert_eq!(place.refused(&ann).await.message(), "the session has ended");
    place.refused(&basic("ann", PASSWORD)).await;
    place.may(&basic("ann", "another password")).await.unwrap();
    place.may(&by_token).await.unwrap();

    place.accounts.revoke_token(issued.token.id()).await.unwrap();
    place.pass(1);
    place.refused(&by_token).await;
    place.refused(&basic("ann", issued.secret.expose())).await;

    place.accounts.remove_user(&name("bob")).await.unwrap();
    add(&place.accounts, "bob").await;
    place.pass(1);
    assert_eq!(place.refused(&bob).await.message(), "the session has ended", "another bob");
    place.may(&basic("bob", PASSWORD)).await.unwrap();
}

#[tokio::test]
async fn rights_are_those_of_now_and_time_ends_tokens_and_sessions() {
    let place = Place::new(false, true).await;
    let session = place.session(&basic("ann", PASSWORD)).await;
    let issued = place.token("ann", 60).await;
    place.pass(1);
    let by_token = place.session(&format!("Bearer {}", issued.secret.expose())).await;
    place.accounts.ungrant(&name("ann"), None, None).await.unwrap();
    place.pass(1);
    assert!(!place.may(&session).await.unwrap().principal.may(Action::Read, Resource::Lake));
    place.pass(57);
    place.may(&by_token).await.unwrap();
    place.pass(1);
    place.refused(&by_token).await;
    assert_eq!(
        place.refused(&format!("Bearer {}", issued.secret.expose())).await.message(),
        "the token has expired"
    );
    place.pass(24 * 3600 - 61);
    place.may(&session).await.unwrap();
    place.pass(1);
    assert_eq!(place.refused(&session).await.message(), "the session has ended");
}

#[tokio::test]
async fn wrong_passwords_slow_the_next_ones_down_but_not_who_is_known() {
    let place = Place::new(false, true).await;
    for number in 0..5 {
        place.refused(&basic("ann", &format!("wrong password {number}"))).await;
    }
    let error = place.refused(&basic("ann", PASSWORD)).await;
    assert_eq!((error.message(), error.hint()), ("too many failed logins", Some("Try again in 1 s.")));
    let elsewhere = Some("192.0.2.7".parse().unwrap());
    place.login.authenticate(Some(&basic("ann", PASSWORD)), elsewhere).await.unwrap();
    place.may(&basic("ann", PASSWORD)).await.unwrap();
    place.refused(&basic("ann", "wrong password")).await;
    assert_eq!(place.login.failed_logins(), 7);
    place.pass(1);
    place.may(&basic("ann", PASSWORD)).await.unwrap();
}

#[tokio::test]
async fn a_server_without_users_lets_everybody_in_until_there_is_one() {
    let place = Place::new(true, false).await;
    assert!(!place.login.has_users().await.unwrap());
    let nobody = place.login.authenticate(None, None).await.unwrap();
    assert_eq!(nobody.principal.name(), "anonymous");
    assert!(nobody.principal.may(Action::Administer, Resource::Lake));
    let session = place.session(&basic("whoever", "whatever")).await;
    assert!(place.may(&session).await.unwrap().session.is_some());
    place.may("utter garbage").await.unwrap();

    add(&place.accounts, "ann").await;
    place.pass(1);
    assert!(place.login.has_users().await.unwrap());
    place.refused(&session).await;
    place.may(&basic("ann", PASSWORD)).await.unwrap();

    place.accounts.remove_user(&name("ann")).await.unwrap();
    place.pass(1);
    let error = place.login.authenticate(None, None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated, "a server that had users stays shut");
}

#[tokio::test]
async fn a_server_without_users_that_was_not_told_so_lets_nobody_in() {
    let place = Place::new(false, false).await;
    let error = place.login.authenticate(None, None).await.unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Unauthenticated, "this server has no users"));
    place.refused(&basic("ann", PASSWORD)).await;
}

#[tokio::test]
async fn damaged_users_let_nobody_in_and_mended_ones_do() {
    for (anonymous, with_ann) in [(true, true), (true, false)] {
        let place = Place::new(anonymous, with_ann).await;
        let header = basic("ann", PASSWORD);
        place.may(&header).await.unwrap();
        let path = Path::from("0000000009.json");
        place.memory.put(&path, "{\"formatVersion\":1".into()).await.unwrap();
        place.pass(1);
        assert_eq!(place.may(&header).await.unwrap_err().kind(), ErrorKind::Corrupt);
        assert_eq!(place.login.authenticate(None, None).await.unwrap_err().kind(), ErrorKind::Corrupt);
        place.memory.delete(&path).await.unwrap();
        place.may(&header).await.unwrap();
    }
}

#[tokio::test]
async fn a_place_that_cannot_be_reached_is_bridged_for_a_minute() {
    let place = Place::new(false, true).await;
    let store = FaultStore::new(Arc::<InMemory>::clone(&place.memory));
    let accounts = Accounts::with_object_store(store.as_dyn(), Arc::<ManualClock>::clone(&place.clock));
    let login = open(&accounts, &place.clock, false).await;
    let header = basic("ann", PASSWORD);
    login.authenticate(Some(&header), None).await.unwrap();
    store.crash_when(|_| true, When::Before);
    place.pass(60);
    login.authenticate(Some(&header), None).await.unwrap();
    place.pass(1);
    let error = login.authenticate(Some(&header), None).await.unwrap_err();
    assert_ne!(error.kind(), ErrorKind::Unauthenticated);
}

#[tokio::test]
async fn unknown_users_take_as_long_as_wrong_passwords() {
    let place = Place::new(false, true).await;
    let mut shortest = [Duration::MAX; 2];
    for round in 0..3 {
        for (index, user) in ["ann", "eve"].into_iter().enumerate() {
            let began = Instant::now();
            place.refused(&basic(user, &format!("wrong password {round}"))).await;
            shortest[index] = shortest[index].min(began.elapsed());
        }
    }
    let [known, unknown] = shortest;
    assert!(unknown * 10 > known && known * 10 > unknown, "{shortest:?}");
}

#[tokio::test]
async fn whoever_was_added_a_moment_ago_is_known() {
    let place = Place::new(false, true).await;
    place.session(&basic("ann", PASSWORD)).await;
    let issued = place.token("ann", 3600).await;
    add(&place.accounts, "bob").await;
    let (token, bob) = (format!("Bearer {}", issued.secret.expose()), basic("bob", PASSWORD));
    place.clock.advance(Duration::from_millis(60));
    assert_eq!(place.may(&token).await.unwrap().principal.name(), "ann");
    assert_eq!(place.may(&bob).await.unwrap().principal.name(), "bob");
}
