//! Numbers as people read them.

use std::time::Duration;

/// Writes a count with commas: `1,234,567`.
pub fn thousands(count: u64) -> String {
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
pub fn human_bytes(bytes: u64) -> String {
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
pub fn counted(count: u64, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        _ if noun.ends_with('y') => format!("{} {}ies", thousands(count), noun.trim_end_matches('y')),
        _ => format!("{} {noun}s", thousands(count)),
    }
}

/// Writes how long something took: `12 ms`, `1.5 s`, `3 min 20 s`.
pub fn human_time(time: Duration) -> String {
    match time.as_secs() {
        0 => format!("{} ms", time.as_millis()),
        1..60 => format!("{:.1} s", time.as_secs_f64()),
        seconds => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(human_time(Duration::from_millis(12)), "12 ms");
        assert_eq!(human_time(Duration::from_millis(1_500)), "1.5 s");
        assert_eq!(human_time(Duration::from_secs(200)), "3 min 20 s");
    }
}
