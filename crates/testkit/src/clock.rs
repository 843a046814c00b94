//! A clock that moves only when told to.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use auditlake_model::{Clock, Timestamp};

/// A [`Clock`] that shows one instant until a test sets or advances it.
///
/// Starts at [`ManualClock::START`] unless told otherwise. Shared by reference: every holder of the same
/// clock sees a change at once.
#[derive(Debug)]
pub struct ManualClock {
    micros: AtomicI64,
}

impl ManualClock {
    /// 2026-02-01T00:00:00Z, where a default clock stands: a whole day, later than the events of tests.
    pub const START: Timestamp = Timestamp::from_secs(1_769_904_000);

    /// Creates a clock that shows `now`.
    pub const fn new(now: Timestamp) -> Self {
        Self { micros: AtomicI64::new(now.as_micros()) }
    }

    /// Makes the clock show `now`, which may lie before what it shows.
    pub fn set(&self, now: Timestamp) {
        self.micros.store(now.as_micros(), Ordering::SeqCst);
    }

    /// Moves the clock on by `duration` and returns the new instant. Stops at [`Timestamp::MAX`].
    pub fn advance(&self, duration: Duration) -> Timestamp {
        let mut before = self.micros.load(Ordering::SeqCst);
        loop {
            let after = Timestamp::from_micros(before).saturating_add(duration);
            match self.micros.compare_exchange(before, after.as_micros(), Ordering::SeqCst, Ordering::SeqCst)
            {
                Ok(_) => return after,
                Err(current) => before = current,
            }
        }
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new(Self::START)
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.micros.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use auditlake_model::format_event_time;

    use super::*;

    #[test]
    fn it_stands_still_until_told() {
        let clock = ManualClock::default();
        assert_eq!(format_event_time(clock.now()), "2026-02-01T00:00:00Z");
        assert_eq!(clock.now(), ManualClock::START);
        assert_eq!(clock.advance(Duration::from_millis(1500)), clock.now());
        assert_eq!(clock.now().saturating_duration_since(ManualClock::START), Duration::from_millis(1500));
        clock.set(Timestamp::EPOCH);
        assert_eq!(clock.now(), Timestamp::EPOCH);
    }

    #[test]
    fn it_stops_at_the_end_of_time() {
        let clock = ManualClock::new(Timestamp::MAX);
        assert_eq!(clock.advance(Duration::MAX), Timestamp::MAX);
    }

    #[test]
    fn no_advance_is_lost_between_threads() {
        let clock = ManualClock::new(Timestamp::EPOCH);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..500 {
                        clock.advance(Duration::from_micros(1));
                    }
                });
            }
        });
        assert_eq!(clock.now(), Timestamp::from_micros(2000));
    }
}
