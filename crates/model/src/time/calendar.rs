//! Days since 1970 to year, month and day, and back, in the proleptic Gregorian calendar.
//!
//! Both ways count in eras of 400 years (146,097 days) that begin on 1 March, so that the leap day
//! is the last day of a year.
//!
//! # Source
//!
//! Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".

const DAYS_PER_ERA: i64 = 146_097;
/// Days from 0000-03-01 to 1970-01-01.
const EPOCH_OFFSET_DAYS: i64 = 719_468;

/// Returns the days from 1970-01-01, or `None` if the month or the day does not exist.
pub(super) fn days_from_civil(year: i32, month: u32, day: u32) -> Option<i32> {
    if day == 0 || day > days_in_month(year, month)? {
        return None;
    }
    let (month, day) = (i64::from(month), i64::from(day));
    // January and February belong to the year that began last March.
    let march_year = i64::from(year) - i64::from(month <= 2);
    let era = march_year.div_euclid(400);
    let year_of_era = march_year.rem_euclid(400);
    let march_month = (month + 9) % 12;
    let day_of_year = (153 * march_month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    i32::try_from(era * DAYS_PER_ERA + day_of_era - EPOCH_OFFSET_DAYS).ok()
}

/// Returns the year, month and day of a day counted from 1970-01-01.
pub(super) fn civil_from_days(days: i32) -> (i32, u32, u32) {
    let shifted = i64::from(days) + EPOCH_OFFSET_DAYS;
    let era = shifted.div_euclid(DAYS_PER_ERA);
    let day_of_era = shifted.rem_euclid(DAYS_PER_ERA);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    // An i32 of days spans fewer than six million years, so all three fit.
    (year as i32, month as u32, day as u32)
}

/// Returns the number of days of a month, or `None` if there is no such month.
fn days_in_month(year: i32, month: u32) -> Option<u32> {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => Some(31),
        4 | 6 | 9 | 11 => Some(30),
        2 if is_leap_year(year) => Some(29),
        2 => Some(28),
        _ => None,
    }
}

fn is_leap_year(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}
