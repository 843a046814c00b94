//! Turns for reading Delta logs.
//!
//! The Delta library reads a log on a blocking thread of the runtime, and waits there for file reads that need
//! blocking threads themselves. As many readers as there are threads would wait for each other for ever, so readers
//! take turns, and leave threads to the reads.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Semaphore, SemaphorePermit};

/// Turns at the start: right for a runtime with four blocking threads.
const FEW: usize = 2;

static TURNS: Semaphore = Semaphore::const_new(FEW);
static GIVEN: AtomicUsize = AtomicUsize::new(FEW);

/// Lets as many Delta logs be read at once as fit a runtime with so many blocking threads; they only become more.
pub fn allow_log_readers(blocking_threads: usize) {
    let wanted = (blocking_threads / 2).max(1);
    let before = GIVEN.fetch_max(wanted, Ordering::Relaxed);
    TURNS.add_permits(wanted.saturating_sub(before));
}

/// Waits for a turn; nobody who has one may ask for another.
pub(crate) async fn turn() -> Option<SemaphorePermit<'static>> {
    // It is never closed, and without a turn the read is still right.
    TURNS.acquire().await.ok()
}
