//! Instants and durations on the wire.

use std::time::Duration;

use auditlake_model::{Error, Result, Timestamp};

/// An instant as the wire has it.
pub type WireInstant = prost_types::Timestamp;
/// A duration as the wire has it.
pub type WireDuration = prost_types::Duration;

const NANOS_PER_SECOND: i32 = 1_000_000_000;

/// Returns an instant as the wire has it.
pub fn to_wire(instant: Timestamp) -> prost_types::Timestamp {
    let micros = instant.as_micros().rem_euclid(1_000_000);
    // Below a million, so the product fits.
    prost_types::Timestamp { seconds: instant.as_secs(), nanos: (micros * 1_000) as i32 }
}

/// Reads an instant; what is finer than a microsecond is cut off.
///
/// # Errors
///
/// `Invalid` (`InvalidParameterException`) when it is outside of what can be held.
pub fn from_wire(field: &str, instant: &prost_types::Timestamp) -> Result<Timestamp> {
    let whole = instant.seconds.checked_mul(1_000_000);
    let nanos = (0..NANOS_PER_SECOND).contains(&instant.nanos).then(|| i64::from(instant.nanos / 1_000));
    let micros = whole.zip(nanos).and_then(|(whole, part)| whole.checked_add(part));
    micros.map(Timestamp::from_micros).ok_or_else(|| invalid(field, "is no instant"))
}

/// Reads an instant that may be absent.
///
/// # Errors
///
/// As [`from_wire`].
pub fn maybe_from_wire(field: &str, instant: Option<&prost_types::Timestamp>) -> Result<Option<Timestamp>> {
    instant.map(|instant| from_wire(field, instant)).transpose()
}

/// Returns a duration as the wire has it.
pub fn duration_to_wire(duration: Duration) -> prost_types::Duration {
    let seconds = i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
    // Below a billion always.
    prost_types::Duration { seconds, nanos: duration.subsec_nanos() as i32 }
}

/// Reads a duration that is not negative.
///
/// # Errors
///
/// `Invalid` (`InvalidParameterException`).
pub fn duration_from_wire(field: &str, duration: &prost_types::Duration) -> Result<Duration> {
    let seconds = u64::try_from(duration.seconds).ok();
    let nanos = u32::try_from(duration.nanos).ok().filter(|nanos| *nanos < NANOS_PER_SECOND as u32);
    let both = seconds.zip(nanos).map(|(seconds, nanos)| Duration::new(seconds, nanos));
    both.ok_or_else(|| invalid(field, "is no length of time"))
}

fn invalid(field: &str, what: &str) -> Error {
    Error::invalid(format!("`{field}` {what}")).with_code("InvalidParameterException")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_survive_the_wire() {
        for micros in [0, 1, -1, 1_767_225_599_123_456, -62_135_596_800_000_000, i64::MAX, i64::MIN] {
            let instant = Timestamp::from_micros(micros);
            let wire = to_wire(instant);
            assert!((0..NANOS_PER_SECOND).contains(&wire.nanos), "{wire:?}");
            let back = from_wire("at", &wire);
            if micros != i64::MIN {
                assert_eq!(back.unwrap(), instant);
            }
        }
    }

    #[test]
    fn odd_instants_and_durations_are_refused() {
        for (seconds, nanos) in [(i64::MAX, 0), (i64::MIN, 0), (0, -1), (0, i32::MAX), (0, i32::MIN)] {
            let error = from_wire("start_time", &prost_types::Timestamp { seconds, nanos }).unwrap_err();
            assert_eq!(error.message(), "`start_time` is no instant");
        }
        for (seconds, nanos) in [(-1, 0), (0, -1), (i64::MIN, i32::MIN), (0, NANOS_PER_SECOND)] {
            assert!(duration_from_wire("wait", &prost_types::Duration { seconds, nanos }).is_err());
        }
        let half = Duration::from_millis(1_500);
        assert_eq!(duration_from_wire("wait", &duration_to_wire(half)).unwrap(), half);
    }
}
