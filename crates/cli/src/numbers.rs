//! Numbers as people write and read them.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use auditlake_model::{Error, Timestamp, format_event_time};
pub(crate) use auditlake_shell::numbers::{counted, human_bytes, thousands};

/// Units of sizes; the longest name first where one ends another.
const UNITS: &[(&str, u64)] = &[
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("tib", 1 << 40),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("tb", 1_000_000_000_000),
    ("k", 1 << 10),
    ("m", 1 << 20),
    ("g", 1 << 30),
    ("t", 1 << 40),
    ("b", 1),
];

/// A number of bytes, written `512 MiB`, `2GB` or `1048576`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ByteSize(pub(crate) u64);

impl FromStr for ByteSize {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let refused = || {
            Error::invalid(format!("`{text}` is no size"))
                .with_hint("Write for example 512MiB, 2GB, or bytes.")
        };
        let lower = text.trim().to_ascii_lowercase();
        let unit = UNITS.iter().find(|(name, _)| lower.ends_with(name));
        let (digits, factor) = unit.map_or((lower.as_str(), 1), |(name, factor)| {
            (lower.strip_suffix(name).unwrap_or_default(), *factor)
        });
        let digits = digits.trim();
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit() || b == b'_') {
            return Err(refused());
        }
        let count: u64 = digits.replace('_', "").parse().map_err(|_| refused())?;
        count.checked_mul(factor).map(Self).ok_or_else(refused)
    }
}

impl Display for ByteSize {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&human_bytes(self.0))
    }
}

/// Writes an instant to the second.
pub(crate) fn seconds(instant: Timestamp) -> String {
    format_event_time(Timestamp::from_micros(instant.as_micros().div_euclid(1_000_000) * 1_000_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_in_any_spelling() {
        for (text, bytes) in [
            ("0", 0),
            ("1024", 1024),
            ("12 B", 12),
            ("1k", 1024),
            ("1kB", 1000),
            ("512 MiB", 512 << 20),
            ("2GB", 2_000_000_000),
            ("1_000_000", 1_000_000),
        ] {
            assert_eq!(text.parse::<ByteSize>().unwrap().0, bytes, "{text}");
        }
        for text in ["", "MiB", "-1", "1.5 GB", "12 parsecs", "99999999999 TiB"] {
            assert!(text.parse::<ByteSize>().is_err(), "{text}");
        }
    }
}
