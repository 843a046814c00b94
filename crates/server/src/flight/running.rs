//! Results that are being fetched, so that their tickets can cancel them.

use std::collections::HashMap;
use std::sync::Arc;

use auditlake_query::QueryCanceller;
use parking_lot::Mutex;

/// Running fetches by the nonce of their ticket; one ticket may be fetched several times at once.
#[derive(Debug, Default)]
pub(crate) struct Running {
    fetches: Mutex<HashMap<String, Vec<(u64, QueryCanceller)>>>,
    next: std::sync::atomic::AtomicU64,
}

/// One running fetch; dropping it takes it off the list.
#[derive(Debug)]
pub(crate) struct Fetch {
    running: Arc<Running>,
    nonce: String,
    number: u64,
}

impl Running {
    /// Puts a fetch on the list.
    pub(crate) fn add(self: &Arc<Self>, nonce: &str, canceller: QueryCanceller) -> Fetch {
        let number = self.next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        self.fetches.lock().entry(nonce.to_owned()).or_default().push((number, canceller));
        Fetch { running: Arc::clone(self), nonce: nonce.to_owned(), number }
    }

    /// Cancels all fetches of a ticket; tells whether there was one.
    pub(crate) fn cancel(&self, nonce: &str) -> bool {
        let fetches = self.fetches.lock().remove(nonce).unwrap_or_default();
        for (_, canceller) in &fetches {
            canceller.cancel();
        }
        !fetches.is_empty()
    }
}

impl Drop for Fetch {
    fn drop(&mut self) {
        let mut fetches = self.running.fetches.lock();
        if let Some(list) = fetches.get_mut(&self.nonce) {
            list.retain(|(number, _)| *number != self.number);
            if list.is_empty() {
                fetches.remove(&self.nonce);
            }
        }
    }
}
