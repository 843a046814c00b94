#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use proptest::prelude::*;

use super::*;

fn micros(text: &str) -> Option<i64> {
    parse_event_time(text.as_bytes()).map(Timestamp::as_micros)
}

#[test]
fn canonical_times_are_read() {
    assert_eq!(micros("1970-01-01T00:00:00Z"), Some(0));
    assert_eq!(micros("2000-02-29T23:59:59Z"), Some(951_868_799_000_000));
    assert_eq!(micros("2024-02-29T00:00:00Z"), Some(1_709_164_800_000_000));
    assert_eq!(micros("1969-12-31T23:59:59Z"), Some(-1_000_000));
    assert_eq!(micros("0000-01-01T00:00:00Z"), Some(-62_167_219_200_000_000));
    assert_eq!(micros("9999-12-31T23:59:59Z"), Some(253_402_300_799_000_000));
}

#[test]
fn odd_forms_are_read() {
    let base = micros("2022-02-07T22:23:37Z").unwrap();
    for (text, offset_micros) in [
        ("2022-02-08T09:23:37+11:00", 0),
        ("2022-02-08 09:23:37+11:00", 0),
        ("2022-02-08T09:23:37+1100", 0),
        ("2022-02-07 22:23:37", 0),
        ("2022-02-07T22:23:37", 0),
        ("2022-02-07t22:23:37z", 0),
        ("2022-02-07 22:23:37.5", 500_000),
        ("2022-02-07 22:23:37.123", 123_000),
        ("2022-02-07T22:23:37.123456Z", 123_456),
        ("2022-02-07T22:23:37.123456789Z", 123_456),
        ("2022-02-07T17:23:37.001-05:00", 1000),
    ] {
        assert_eq!(micros(text), Some(base + offset_micros), "{text}");
    }
}

#[test]
fn a_leap_second_is_the_first_second_of_the_next_minute() {
    assert_eq!(micros("2016-12-31T23:59:60Z"), micros("2017-01-01T00:00:00Z"));
}

#[test]
fn what_is_no_instant_is_refused() {
    for text in [
        "",
        "Z",
        "2022-02-07",
        "2022-02-30T00:00:00Z",
        "2023-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2022-00-01T00:00:00Z",
        "2022-13-01T00:00:00Z",
        "2022-01-00T00:00:00Z",
        "2022-01-01T24:00:00Z",
        "2022-01-01T00:60:00Z",
        "2022-01-01T00:00:61Z",
        "2022-01-01T0a:00:00Z",
        "2022-01-01X00:00:00Z",
        "2022/01/01T00:00:00Z",
        "+022-01-01T00:00:00Z",
        "12022-01-01T00:00:00Z",
        " 2022-01-01T00:00:00Z",
        "2022-01-01T00:00:00Z ",
        "2022-01-01T 0:00:00Z",
        "2022-01-01T00:00:00 +0100",
        "0000-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "2022-01-01T00:00:00.00000000000000000000000000000000000001Z",
        "２022-01-01T00:00:00Z",
        "Feb 7, 2022 10:23:37 PM",
        "1644272617",
    ] {
        assert_eq!(micros(text), None, "{text}");
    }
    assert_eq!(parse_event_time(b"2022-01-01\xff00:00:00Z"), None);
    assert_eq!(parse_event_time(b"2022-01-01T00:00:00\xffZ"), None);
}

#[test]
fn the_fraction_is_printed_only_where_there_is_one() {
    for (micros, text) in [
        (0, "1970-01-01T00:00:00Z"),
        (1, "1970-01-01T00:00:00.000001Z"),
        (1000, "1970-01-01T00:00:00.001Z"),
        (-1, "1969-12-31T23:59:59.999999Z"),
        (-500_000, "1969-12-31T23:59:59.500Z"),
    ] {
        assert_eq!(format_event_time(Timestamp(micros)), text);
    }
}

#[test]
fn days_before_1970_are_floored() {
    for (micros, date) in [
        (0, "1970-01-01"),
        (-1, "1969-12-31"),
        (-MICROS_PER_DAY, "1969-12-31"),
        (-MICROS_PER_DAY - 1, "1969-12-30"),
        (MICROS_PER_DAY - 1, "1970-01-01"),
        (MICROS_PER_DAY, "1970-01-02"),
    ] {
        assert_eq!(Timestamp(micros).event_date().to_string(), date, "{micros}");
    }
}

#[test]
fn the_ends_of_the_range_do_not_overflow() {
    for instant in [Timestamp::MIN, Timestamp::MAX] {
        let date = instant.event_date();
        assert!(date.start() <= instant && instant <= date.end());
        assert_eq!(micros(&format_event_time(instant)), None);
        assert!(serde_json::to_string(&instant).is_err());
        assert!(serde_json::to_string(&date).is_err());
    }
    assert_eq!(Timestamp::MAX.saturating_duration_since(Timestamp::MIN), Duration::from_micros(u64::MAX));
    assert_eq!(Timestamp::MIN.saturating_duration_since(Timestamp::MAX), Duration::ZERO);
    EventDate(i32::MIN).year_month_day();
    EventDate(i32::MAX).year_month_day();
}

#[test]
fn bounds_are_read() {
    let now: Timestamp = "2026-01-31T12:00:00Z".parse().unwrap();
    for (text, expect) in [
        ("2026-01-30T11:00:00Z", "2026-01-30T11:00:00Z"),
        ("2026-01-30T11:00:00+02:00", "2026-01-30T09:00:00Z"),
        ("2026-01-30", "2026-01-30T00:00:00Z"),
        ("0s", "2026-01-31T12:00:00Z"),
        ("90m", "2026-01-31T10:30:00Z"),
        ("24h", "2026-01-30T12:00:00Z"),
        ("7d", "2026-01-24T12:00:00Z"),
        ("2w", "2026-01-17T12:00:00Z"),
    ] {
        assert_eq!(TimeBound::parse(text, now).unwrap().to_string(), expect, "{text}");
    }
    for text in
        ["", "d", "-1d", "1.5h", "7 d", "7x", "yesterday", "2026-02-30", "99999999999999999999d", "7é"]
    {
        assert!(TimeBound::parse(text, now).is_err(), "{text}");
    }
}

#[test]
fn ranges_are_half_open() {
    let range = TimeRange::try_new(Some(Timestamp(10)), Some(Timestamp(20))).unwrap();
    assert!(range.contains(Timestamp(10)) && range.contains(Timestamp(19)));
    assert!(!range.contains(Timestamp(9)) && !range.contains(Timestamp(20)));
    assert!(TimeRange::ALL.contains(Timestamp::MIN) && TimeRange::ALL.contains(Timestamp::MAX));
    let error = TimeRange::try_new(Some(Timestamp(5)), Some(Timestamp(5))).unwrap_err();
    assert_eq!(error.code(), Some("InvalidDateRangeException"));
}

#[test]
fn a_range_that_ends_at_midnight_does_not_touch_the_next_day() {
    let day = EventDate::parse("2026-01-31").unwrap();
    let range = TimeRange { start: Some(day.start()), end: Some(day.end()) };
    assert_eq!((range.first_date(), range.last_date()), (Some(day), Some(day)));
    assert!(range.overlaps_date(day));
    assert!(!range.overlaps_date(day.saturating_add_days(1)));
    assert!(!range.overlaps_date(day.saturating_add_days(-1)));
    assert!(range.widened(Duration::from_secs(1)).overlaps_date(day.saturating_add_days(1)));
}

/// Instants whose year has four digits.
fn printable() -> impl Strategy<Value = i64> {
    -62_167_219_200_000_000..=253_402_300_799_999_999_i64
}

proptest! {
    #[test]
    fn instants_read_back_as_they_were_printed(micros in printable()) {
        let text = format_event_time(Timestamp(micros));
        prop_assert_eq!(parse_event_time(text.as_bytes()), Some(Timestamp(micros)));
        let json = serde_json::to_string(&Timestamp(micros)).unwrap();
        prop_assert_eq!(serde_json::from_str::<Timestamp>(&json).unwrap(), Timestamp(micros));
    }

    #[test]
    fn the_fast_path_agrees_with_chrono(seconds in -62_167_219_200..=253_402_300_799_i64) {
        let text = format_event_time(Timestamp::from_secs(seconds));
        let chrono = chrono::DateTime::parse_from_rfc3339(&text).unwrap();
        prop_assert_eq!(chrono.timestamp(), seconds);
        prop_assert_eq!(parse_event_time(text.as_bytes()), Some(Timestamp::from_secs(seconds)));
    }

    #[test]
    fn text_of_almost_the_right_form_agrees_with_chrono(
        text in "[0-9]{4}-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9]Z"
    ) {
        let chrono = chrono::DateTime::parse_from_rfc3339(&text).ok();
        prop_assert_eq!(
            parse_event_time(text.as_bytes()).map(Timestamp::as_micros),
            chrono.map(|time| time.timestamp_micros())
        );
    }

    #[test]
    fn parsing_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..45), text in "\\PC{0,30}") {
        let _ = parse_event_time(&bytes);
        let _ = parse_event_time(text.as_bytes());
        let _ = TimeBound::parse(&text, Timestamp::EPOCH);
    }

    #[test]
    fn days_and_civil_dates_are_inverse(days in any::<i32>()) {
        let (year, month, day) = EventDate(days).year_month_day();
        prop_assert_eq!(calendar::days_from_civil(year, month, day), Some(days));
    }

    #[test]
    fn a_day_holds_exactly_its_instants(micros in any::<i64>()) {
        let date = Timestamp(micros).event_date();
        prop_assert!(date.start() <= Timestamp(micros));
        prop_assert!(Timestamp(micros) < date.end() || date.end() == Timestamp::MAX);
    }

    #[test]
    fn intersecting_ranges_keeps_what_both_contain(
        a in any::<(Option<i8>, Option<i8>)>(), b in any::<(Option<i8>, Option<i8>)>(), at in any::<i8>()
    ) {
        let range = |(start, end): (Option<i8>, Option<i8>)| TimeRange {
            start: start.map(|s| Timestamp(s.into())),
            end: end.map(|e| Timestamp(e.into())),
        };
        let (a, b, at) = (range(a), range(b), Timestamp(at.into()));
        prop_assert_eq!(a.intersect(&b).contains(at), a.contains(at) && b.contains(at));
    }
}
