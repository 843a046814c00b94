//! How an import gives way to work that somebody waits for.
//!
//! A lower priority alone does not do it: what an import does beside a query on another processor still takes memory
//! bandwidth and caches from it. So while others need the machine, one step of all imports that share a pace runs at
//! a time, and a rest follows it that is several times as long.

use std::fmt::{self, Debug, Formatter};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

/// How many times as long as a step its rest is.
const REST: u32 = 6;
/// How often a rest looks whether others still need the machine.
const LOOK: Duration = Duration::from_millis(100);

/// The pace of imports in a process that also answers queries.
pub struct Pace {
    is_busy: Box<dyn Fn() -> bool + Send + Sync>,
    turn: tokio::sync::Mutex<()>,
}

impl Pace {
    /// Creates a pace; `is_busy` tells whether others need the machine.
    pub fn new(is_busy: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self { is_busy: Box::new(is_busy), turn: tokio::sync::Mutex::default() }
    }

    fn is_busy(&self) -> bool {
        (self.is_busy)()
    }

    /// Does one step; while others need the machine, in turn, and with a rest behind it that `cancel` ends.
    ///
    /// # Cancel safety
    ///
    /// As that of `step`.
    pub(crate) async fn step<T>(&self, cancel: &CancellationToken, step: impl Future<Output = T>) -> T {
        if !self.is_busy() {
            return step.await;
        }
        let _turn = self.turn.lock().await;
        let began = Instant::now();
        let done = step.await;
        let until = Instant::now() + began.elapsed() * REST;
        while self.is_busy() && !cancel.is_cancelled() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            tokio::time::sleep(left.min(LOOK)).await;
        }
        done
    }
}

impl Default for Pace {
    /// A pace that never gives way.
    fn default() -> Self {
        Self::new(|| false)
    }
}

impl Debug for Pace {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pace").field("is_busy", &self.is_busy()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_step_rests_only_while_others_need_the_machine() {
        let (busy, cancel) = (Arc::new(AtomicBool::new(false)), CancellationToken::new());
        let seen = Arc::clone(&busy);
        let pace = Pace::new(move || seen.load(Ordering::Relaxed));
        let step = || async { tokio::time::sleep(Duration::from_millis(20)).await };
        let began = Instant::now();
        pace.step(&cancel, step()).await;
        let alone = began.elapsed();
        busy.store(true, Ordering::Relaxed);
        let began = Instant::now();
        pace.step(&cancel, step()).await;
        assert!(began.elapsed() >= Duration::from_millis(20 * 6), "{:?} after {alone:?}", began.elapsed());
        cancel.cancel();
        pace.step(&cancel, step()).await;
    }
}
