//! Times on the wire: UTC with six digits, `2026-11-28T07:12:35.357479Z`. The widget and the reference's models parse this form, and
//! the reference writes it again as it is.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use time::{Date, Month, OffsetDateTime, Time};

/// A time, in microseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    /// A time from Unix microseconds.
    #[must_use]
    pub fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// A time from Unix milliseconds.
    #[must_use]
    pub fn from_millis(ms: u64) -> Self {
        Self(ms.saturating_mul(1000))
    }

    /// Unix microseconds.
    #[must_use]
    pub fn micros(self) -> u64 {
        self.0
    }

    /// Whole seconds from an earlier time to this one; 0 for a later one.
    #[must_use]
    pub fn seconds_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0) / 1_000_000
    }

    /// The UTC date as `2026-11-28`.
    #[must_use]
    pub fn date(self) -> String {
        self.to_string().chars().take(10).collect()
    }

    /// Parses the form that this type writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (date, rest) = text.strip_suffix('Z')?.split_once('T')?;
        let (clock, micros) = rest.split_once('.')?;
        let [year, month, day] = numbers(date, '-')?;
        let [hour, minute, second] = numbers(clock, ':')?;
        let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
        let date =
            Date::from_calendar_date(i32::try_from(year).ok()?, month, u8::try_from(day).ok()?)
                .ok()?;
        let time = Time::from_hms_micro(
            u8::try_from(hour).ok()?,
            u8::try_from(minute).ok()?,
            u8::try_from(second).ok()?,
            micros.parse().ok().filter(|_| micros.len() == 6)?,
        )
        .ok()?;
        let seconds = OffsetDateTime::new_utc(date, time).unix_timestamp();
        let micros = u64::try_from(seconds).ok()?.checked_mul(1_000_000)?;
        micros.checked_add(time.microsecond().into()).map(Self)
    }
}

/// Three numbers between separators.
fn numbers(text: &str, separator: char) -> Option<[u32; 3]> {
    let mut parts = text.split(separator).map(|part| part.parse().ok());
    let found = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(found)
}

impl std::fmt::Display for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (seconds, micros) = (self.0 / 1_000_000, self.0 % 1_000_000);
        // The year 9999 is the last that the form can show.
        let time = i64::try_from(seconds)
            .ok()
            .map(OffsetDateTime::from_unix_timestamp);
        let time = time
            .and_then(Result::ok)
            .unwrap_or(OffsetDateTime::UNIX_EPOCH);
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z",
            time.year(),
            u8::from(time.month()),
            time.day(),
            time.hour(),
            time.minute(),
            time.second(),
            micros
        )
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Self::parse(&text)
            .ok_or_else(|| D::Error::custom("not a time like 2026-11-28T07:12:35.357479Z"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_six_digits_and_a_zone() {
        let time = Timestamp::from_micros(1_795_849_955_357_479);
        assert_eq!(time.to_string(), "2026-11-28T07:12:35.357479Z");
        assert_eq!(time.date(), "2026-11-28");
        assert_eq!(
            Timestamp::from_millis(0).to_string(),
            "1970-01-01T00:00:00.000000Z"
        );
    }

    #[test]
    fn what_is_written_is_read_again() {
        for micros in [
            0,
            1,
            951_782_400_000_000,
            1_795_849_955_357_479,
            253_402_300_799_999_999,
        ] {
            let time = Timestamp::from_micros(micros);
            assert_eq!(Timestamp::parse(&time.to_string()), Some(time));
        }
        for wrong in [
            "",
            "2026-11-28",
            "2026-13-01T00:00:00.000000Z",
            "2026-11-28T07:12:35.35Z",
            "2026-11-28T07:12:35.357479",
        ] {
            assert_eq!(Timestamp::parse(wrong), None, "{wrong}");
        }
    }
}
