//! Numbers as people write and read them.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use auditlake_model::{Error, Timestamp, format_event_time};

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

/// Writes a count with commas: `1,234,567`.
pub(crate) fn thousands(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Writes a number of bytes with three digits or so: `980 B`, `1.2 MB`.
pub(crate) fn human_bytes(bytes: u64) -> String {
    let units = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if bytes < 1_000 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64;
    let mut unit = "B";
    for next in units {
        if value < 999.5 {
            break;
        }
        value /= 1_000.0;
        unit = next;
    }
    if value < 9.95 { format!("{value:.1} {unit}") } else { format!("{value:.0} {unit}") }
}

/// Writes a number with its noun: `1 file`, `12,000 files`.
pub(crate) fn counted(count: u64, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        _ if noun.ends_with('y') => format!("{} {}ies", thousands(count), noun.trim_end_matches('y')),
        _ => format!("{} {noun}s", thousands(count)),
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

    #[test]
    fn counts_and_bytes_are_short() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(human_bytes(999), "999 B");
        assert_eq!(human_bytes(1_234), "1.2 kB");
        assert_eq!(human_bytes(999_600), "1.0 MB");
        assert_eq!(human_bytes(175_000_000), "175 MB");
        assert_eq!(counted(1, "file"), "1 file");
        assert_eq!(counted(2_000, "query"), "2,000 queries");
    }
}
