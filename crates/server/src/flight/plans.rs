//! Plans that wait for their client: between prepare, describe and fetch, a statement is planned once.
//!
//! A cache and nothing more: what is not here is planned again from the handle or ticket.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use auditlake_query::PreparedQuery;
use parking_lot::Mutex;

/// Plans that wait at most; each may hold the file list of a large store.
const MAX_PLANS: usize = 64;
/// How long a plan waits. A client that was given a ticket comes at once or not at all, and `now()` is that old.
const MAX_AGE: Duration = Duration::from_secs(10);

/// Plans by the handle or ticket that they were made for, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Plans {
    waiting: Mutex<VecDeque<Waiting>>,
}

#[derive(Debug)]
struct Waiting {
    nonce: String,
    since: Instant,
    plan: PreparedQuery,
}

impl Plans {
    /// Keeps a plan; old ones and, if there are too many, the oldest are dropped.
    pub(crate) fn put(&self, nonce: &str, plan: PreparedQuery) {
        let waiting = Waiting { nonce: nonce.to_owned(), since: Instant::now(), plan };
        let mut dropped = Vec::new();
        {
            let mut plans = self.waiting.lock();
            dropped.extend(expired(&mut plans));
            if plans.len() >= MAX_PLANS {
                dropped.extend(plans.pop_front());
            }
            plans.push_back(waiting);
        }
        // Plans are large: they are freed outside of the lock.
        drop(dropped);
    }

    /// Takes a plan out.
    pub(crate) fn take(&self, nonce: &str) -> Option<PreparedQuery> {
        let mut plans = self.waiting.lock();
        let index =
            plans.iter().position(|waiting| waiting.nonce == nonce && waiting.since.elapsed() < MAX_AGE)?;
        plans.remove(index).map(|waiting| waiting.plan)
    }

    /// Drops what waited too long.
    pub(crate) fn sweep(&self) {
        let dropped: Vec<Waiting> = expired(&mut self.waiting.lock());
        drop(dropped);
    }
}

fn expired(plans: &mut VecDeque<Waiting>) -> Vec<Waiting> {
    let count = plans.iter().take_while(|waiting| waiting.since.elapsed() >= MAX_AGE).count();
    plans.drain(..count).collect()
}
