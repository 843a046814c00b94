//! How an import gives way to work that somebody waits for.
//!
//! A lower priority alone does not do it: what an import does beside a query on another processor still takes memory
//! bandwidth and caches from it. So while others need the machine, one step of all imports that share a pace runs at
//! a time, and a rest follows it that is several times as long.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

/// How many times as long as a step its rest is.
const REST: u32 = 6;
/// How often a rest looks whether others still need the machine.
const LOOK: Duration = Duration::from_millis(100);

/// The pace of imports in a process that also answers queries.
#[derive(Debug, Default)]
pub struct Pace {
    busy: AtomicBool,
    turn: tokio::sync::Mutex<()>,
}

impl Pace {
    /// Says whether others need the machine.
    pub fn set_busy(&self, busy: bool) {
        self.busy.store(busy, Ordering::Relaxed);
    }

    fn is_busy(&self) -> bool {
        self.busy.load(Ordering::Relaxed)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_step_rests_only_while_others_need_the_machine() {
        let (pace, cancel) = (Pace::default(), CancellationToken::new());
        let step = || async { tokio::time::sleep(Duration::from_millis(20)).await };
        let began = Instant::now();
        pace.step(&cancel, step()).await;
        let alone = began.elapsed();
        pace.set_busy(true);
        let began = Instant::now();
        pace.step(&cancel, step()).await;
        assert!(began.elapsed() >= Duration::from_millis(20 * 6), "{:?} after {alone:?}", began.elapsed());
        cancel.cancel();
        pace.step(&cancel, step()).await;
    }
}
