//! Failed logins slow the next ones down: per address and user name, and more patiently per address.
//!
//! | wrong passwords | of one address for one user name | of one address |
//! |---|---|---|
//! | free | 4 | 50 |
//! | then each makes wait | 1 s, 2 s, 4 s, ... at most 30 s | the same |
//! | forgotten | by a right one, or after 15 minutes | after 15 minutes |
//!
//! While one has to wait, passwords are not even looked at, right ones neither. Whoever has logged in lately is known
//! without ([`super::verified`]), so that guessing for a name does not lock its owner out of their tools.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use auditlake_model::Timestamp;
use parking_lot::Mutex;

/// The most entries; beyond them the oldest go.
const MAX_ENTRIES: usize = 4096;
const FORGOTTEN_AFTER: Duration = Duration::from_mins(15);
const LONGEST_WAIT: Duration = Duration::from_secs(30);
const FREE_OF_USER: u32 = 4;
const FREE_OF_ADDRESS: u32 = 50;
/// Characters of a user name that are told apart.
const MAX_NAME_CHARS: usize = 64;

/// Stands for the user name where a token was shown. No Basic credentials hold a colon there.
const TOKEN: &str = ":token";

/// The table of failures.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    entries: Mutex<HashMap<Key, Entry>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    network: Option<IpAddr>,
    /// Folded name; `None` counts for the whole address.
    user: Option<String>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    failures: u32,
    last_at: Timestamp,
}

impl Throttle {
    /// Returns how long a login has to wait, if it has to.
    pub(super) fn wait(&self, address: Option<IpAddr>, user: &str, now: Timestamp) -> Option<Duration> {
        let entries = self.entries.lock();
        let keys = keys(address, user);
        keys.iter().filter_map(|(key, free)| entries.get(key)?.wait(*free, now)).max()
    }

    /// Counts a failure; returns how many there were of this address for this name.
    pub(super) fn failed(&self, address: Option<IpAddr>, user: &str, now: Timestamp) -> u32 {
        let mut entries = self.entries.lock();
        let mut failures = 0;
        for (key, _) in keys(address, user).into_iter().rev() {
            failures = count(&mut entries, key, now);
        }
        failures
    }

    /// Counts a wrong token; returns how many there were of this address. Nobody waits for that: tokens cannot be
    /// guessed, and looking one up costs nothing.
    pub(super) fn failed_token(&self, address: Option<IpAddr>, now: Timestamp) -> u32 {
        let key = Key { network: address.map(network), user: Some(TOKEN.to_owned()) };
        count(&mut self.entries.lock(), key, now)
    }

    /// Forgets the failures of this address for this name.
    pub(super) fn succeeded(&self, address: Option<IpAddr>, user: &str) {
        let [(key, _), _] = keys(address, user);
        self.entries.lock().remove(&key);
    }
}

impl Entry {
    fn is_forgotten(self, now: Timestamp) -> bool {
        now.saturating_duration_since(self.last_at) >= FORGOTTEN_AFTER
    }

    fn wait(self, free: u32, now: Timestamp) -> Option<Duration> {
        let beyond = self.failures.checked_sub(free + 1)?;
        let wait =
            Duration::from_secs(1_u64.checked_shl(beyond.min(32)).unwrap_or(u64::MAX)).min(LONGEST_WAIT);
        let left = wait.checked_sub(now.saturating_duration_since(self.last_at))?;
        (!left.is_zero()).then_some(left)
    }
}

/// Returns the keys of an attempt with their free failures: of the name, and of the address.
fn keys(address: Option<IpAddr>, user: &str) -> [(Key, u32); 2] {
    let network = address.map(network);
    let user = user.chars().take(MAX_NAME_CHARS).collect::<String>().to_ascii_lowercase();
    [(Key { network, user: Some(user) }, FREE_OF_USER), (Key { network, user: None }, FREE_OF_ADDRESS)]
}

/// Who has one IPv6 address has 2^64 of them.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        v4 => v4,
    }
}

fn count(entries: &mut HashMap<Key, Entry>, key: Key, now: Timestamp) -> u32 {
    if entries.len() >= MAX_ENTRIES && !entries.contains_key(&key) {
        make_room(entries, now);
    }
    let entry = entries.entry(key).or_insert(Entry { failures: 0, last_at: now });
    if entry.is_forgotten(now) {
        entry.failures = 0;
    }
    entry.failures = entry.failures.saturating_add(1);
    entry.last_at = now;
    entry.failures
}

/// Drops what is forgotten; if that is nothing, the entry that failed least lately.
fn make_room(entries: &mut HashMap<Key, Entry>, now: Timestamp) {
    entries.retain(|_, entry| !entry.is_forgotten(now));
    if entries.len() < MAX_ENTRIES {
        return;
    }
    let oldest = entries.iter().min_by_key(|(_, entry)| entry.last_at).map(|(key, _)| key.clone());
    if let Some(key) = oldest {
        entries.remove(&key);
    }
}

#[cfg(test)]
mod tests {
    use auditlake_model::Clock as _;
    use auditlake_testkit::ManualClock;

    use super::*;

    fn address(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn waits_double_up_to_a_bound_and_pass() {
        let (throttle, clock) = (Throttle::default(), ManualClock::default());
        let here = address("192.0.2.1");
        for _ in 0..FREE_OF_USER {
            throttle.failed(here, "ann", clock.now());
            assert_eq!(throttle.wait(here, "ann", clock.now()), None);
        }
        for seconds in [1, 2, 4, 8, 16, 30, 30] {
            throttle.failed(here, "Ann", clock.now());
            assert_eq!(throttle.wait(here, "ANN", clock.now()), Some(Duration::from_secs(seconds)));
            clock.advance(Duration::from_secs(seconds - 1));
            assert_eq!(throttle.wait(here, "ann", clock.now()), Some(Duration::from_secs(1)));
            clock.advance(Duration::from_secs(1));
            assert_eq!(throttle.wait(here, "ann", clock.now()), None);
        }
        assert_eq!(throttle.wait(address("192.0.2.2"), "ann", clock.now()), None, "another address");
        assert_eq!(throttle.wait(here, "bob", clock.now()), None, "another name");
        throttle.succeeded(here, "ann");
        assert_eq!(throttle.failed(here, "ann", clock.now()), 1);
    }

    #[test]
    fn failures_are_forgotten() {
        let (throttle, clock) = (Throttle::default(), ManualClock::default());
        assert_eq!((1..=20).map(|_| throttle.failed(None, "ann", clock.now())).last(), Some(20));
        clock.advance(FORGOTTEN_AFTER);
        assert_eq!(throttle.failed(None, "ann", clock.now()), 1);
    }

    #[test]
    fn an_address_that_tries_many_names_waits_too() {
        let (throttle, clock) = (Throttle::default(), ManualClock::default());
        for number in 0..=FREE_OF_ADDRESS {
            let network = format!("2001:db8:0:1::{number:x}");
            throttle.failed(address(&network), &format!("user-{number}"), clock.now());
        }
        assert!(throttle.wait(address("2001:db8:0:1:ffff::1"), "somebody", clock.now()).is_some());
        assert!(throttle.wait(address("2001:db8:0:2::1"), "somebody", clock.now()).is_none());
        assert_eq!((1..=200).map(|_| throttle.failed_token(None, clock.now())).last(), Some(200));
        assert!(throttle.wait(None, "somebody", clock.now()).is_none(), "wrong tokens slow no password down");
    }

    #[test]
    fn the_table_is_bounded_and_the_latest_stay() {
        let (throttle, clock) = (Throttle::default(), ManualClock::default());
        for number in 0..10_000_u32 {
            throttle.failed(Some(IpAddr::V4(number.into())), "ann", clock.now());
            clock.advance(Duration::from_micros(1));
        }
        assert_eq!(throttle.entries.lock().len(), MAX_ENTRIES);
        assert_eq!(throttle.failed(Some(IpAddr::V4(9_999.into())), "ann", clock.now()), 2);
    }

    #[test]
    fn a_clock_that_is_set_back_locks_nobody_out_for_long() {
        let (throttle, clock) = (Throttle::default(), ManualClock::default());
        assert_eq!((1..=50).map(|_| throttle.failed(None, "ann", clock.now())).last(), Some(50));
        clock.set(Timestamp::EPOCH);
        assert_eq!(throttle.wait(None, "ann", clock.now()), Some(LONGEST_WAIT));
    }
}
