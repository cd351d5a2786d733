//! Times as a person reads them, in the time zone of their system.

use jiff::{Timestamp, ZonedDateTime, tz::TimeZone};

/// A moment in a time zone.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Moment(ZonedDateTime);

impl Moment {
    /// A moment given in milliseconds since 1970, in the system's time zone.
    pub(crate) fn at_ms(at_ms: u64) -> Self {
        Self::in_zone(at_ms, TimeZone::system())
    }

    fn in_zone(at_ms: u64, zone: TimeZone) -> Self {
        let timestamp = i64::try_from(at_ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
        Self(timestamp.unwrap_or(Timestamp::MAX).to_zoned_datetime(zone))
    }

    /// `09:05`.
    pub(crate) fn minute(&self) -> String {
        self.0.strftime("%H:%M").to_string()
    }

    /// `09:05:07`.
    pub(crate) fn second(&self) -> String {
        self.0.strftime("%H:%M:%S").to_string()
    }

    /// `09:05:07.123`.
    pub(crate) fn millisecond(&self) -> String {
        self.0.strftime("%H:%M:%S.%3f").to_string()
    }

    /// `2026-11-24`, which reads the same in every language.
    pub(crate) fn day(&self) -> String {
        self.0.strftime("%Y-%m-%d").to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_reads_as_day_minute_and_millisecond() {
        let moment = Moment::in_zone(951_782_400_123, TimeZone::UTC);
        assert_eq!(
            (moment.day(), moment.minute(), moment.millisecond()),
            ("2000-02-29".into(), "00:00".into(), "00:00:00.123".into())
        );
    }

    #[test]
    fn a_time_beyond_the_calendar_does_not_panic() {
        assert!(!Moment::in_zone(u64::MAX, TimeZone::UTC).day().is_empty());
    }
}
