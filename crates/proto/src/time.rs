//! The time format of <https://ircv3.net/specs/extensions/server-time>, by arithmetic alone.

const DAY_MS: u64 = 86_400_000;

/// How many bytes it takes, up to the year 9999.
const SERVER_TIME_BYTES: usize = "0000-00-00T00:00:00.000Z".len();

/// Appends `YYYY-MM-DDThh:mm:ss.sssZ`. Years have four digits up to 9999 and more from there on.
pub fn server_time(ms_since_epoch: u64, buf: &mut String) {
    let (year, month, day) = civil_from_days(ms_since_epoch / DAY_MS);
    let ms = ms_since_epoch % DAY_MS;
    let (hour, minute, second) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
    let fields =
        [(month, 2, '-'), (day, 2, 'T'), (hour, 2, ':'), (minute, 2, ':'), (second, 2, '.'), (ms % 1000, 3, 'Z')];
    buf.reserve(SERVER_TIME_BYTES);
    let year_digits = year.checked_ilog10().map_or(4, |log| (log as usize + 1).max(4));
    push_digits(year, year_digits, buf);
    buf.push('-');
    for (value, digits, end) in fields {
        push_digits(value, digits, buf);
        buf.push(end);
    }
}

/// A number by its last decimal digits, of which a year has the most. Each message is told with its time, and a formatter
/// takes far longer.
fn push_digits(mut value: u64, digits: usize, buf: &mut String) {
    let mut text = [b'0'; 20];
    let text = &mut text[..digits];
    for digit in text.iter_mut().rev() {
        *digit = b'0' + u8::try_from(value % 10).unwrap_or_default();
        value /= 10;
    }
    buf.push_str(std::str::from_utf8(text).unwrap_or_default());
}

/// Reads the same format back into milliseconds; `None` if it is not exactly that, or a date that
/// does not exist. A leap second is read as the second after it.
pub fn parse_server_time(text: &str) -> Option<u64> {
    let bytes = text.as_bytes();
    let shape = b"0000-00-00T00:00:00.000Z";
    let same_shape = bytes.len() == shape.len()
        && bytes.iter().zip(shape).all(
            |(&byte, &want)| {
                if want == b'0' { byte.is_ascii_digit() } else { byte == want }
            },
        );
    if !same_shape {
        return None;
    }
    let number = |from: usize, to: usize| text[from..to].parse::<u64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second, milli) = (number(11, 13)?, number(14, 16)?, number(17, 19)?, number(20, 23)?);
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let days = days_from_civil(year, month, day)?;
    Some(days * DAY_MS + hour * 3_600_000 + minute * 60_000 + second * 1000 + milli)
}

/// Days of 400 years, after which the calendar repeats.
const ERA_DAYS: u64 = 146_097;

/// Days between 0000-03-01, where the reckoning begins, and 1970-01-01.
const EPOCH_DAYS: u64 = 719_468;

/// Year, month and day of a day since 1970. Years are reckoned from March, so that the leap day is the last.
fn civil_from_days(days: u64) -> (u64, u64, u64) {
    let days = days + EPOCH_DAYS;
    let (era, of_era) = (days / ERA_DAYS, days % ERA_DAYS);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day)
}

/// The reverse; `None` before 1970 or when the day does not exist.
fn days_from_civil(year: u64, month: u64, day: u64) -> Option<u64> {
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let march_year = year.checked_sub(u64::from(month <= 2))?;
    let (era, year_of_era) = (march_year / 400, march_year % 400);
    let march_month = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * march_month + 2) / 5 + day - 1;
    let of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year;
    let days = (era * ERA_DAYS + of_era).checked_sub(EPOCH_DAYS)?;
    (civil_from_days(days) == (year, month, day)).then_some(days)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times_are_written_and_read_back() {
        for (ms, want) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (951_868_800_000, "2000-03-01T00:00:00.000Z"),
            (1_709_164_800_000, "2024-02-29T00:00:00.000Z"),
            (1_767_225_599_999, "2025-12-31T23:59:59.999Z"),
            (1_767_225_600_000, "2026-01-01T00:00:00.000Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        ] {
            let mut text = String::new();
            server_time(ms, &mut text);
            assert_eq!(text, want);
            assert_eq!(parse_server_time(want), Some(ms));
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "now",
            "2026-01-01",
            "2026-01-01T00:00:00Z",
            "2026-01-01 00:00:00.000Z",
            "2026-01-01T00:00:00.000+",
            "2026-13-01T00:00:00.000Z",
            "2026-00-01T00:00:00.000Z",
            "2026-02-29T00:00:00.000Z",
            "2100-02-29T00:00:00.000Z",
            "2026-04-31T00:00:00.000Z",
            "2026-01-01T24:00:00.000Z",
            "2026-01-01T00:60:00.000Z",
            "1969-12-31T23:59:59.999Z",
            "0000-01-01T00:00:00.000Z",
            "２026-01-01T00:00:00.00Z",
        ] {
            assert_eq!(parse_server_time(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn every_moment_comes_back(ms in 0..253_402_300_800_000_u64) {
            let mut text = String::new();
            server_time(ms, &mut text);
            prop_assert_eq!(parse_server_time(&text), Some(ms));
        }

        #[test]
        fn no_text_panics(text in ".{0,30}") {
            let _ = parse_server_time(&text);
        }
    }
}
