//! Civil dates and times as text, read without allocation: `2026-06-01`, `2026-06-01T08:00`, `2026-06-01T08:00:00`.

use guatu_kernel::plan::{Band, Moment};
use jiff::civil::{Date, DateTime, Time};

/// First and last year a plan may name. A date outside is a typing error or an attack on day counting.
const YEARS: std::ops::RangeInclusive<i16> = 1900..=2200;

/// Why a text is not a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Not a date at all.
    Shape,
    /// A date outside 1900–2200.
    Year,
}

/// Reads a date, or a date with a time separated by `T` or a space. Seconds are dropped.
pub(crate) fn parse(text: &str) -> Result<Moment, Refused> {
    let text = text.trim();
    let bytes = text.as_bytes();
    if bytes.len() < 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        // A year of five digits is a date out of range rather than no date at all.
        let long_year = bytes.iter().take_while(|b| b.is_ascii_digit()).count() > 4 && text.contains('-');
        return Err(if long_year { Refused::Year } else { Refused::Shape });
    }
    let year = digits(&bytes[..4]).ok_or(Refused::Shape)?;
    let month = digits(&bytes[5..7]).ok_or(Refused::Shape)?;
    let day = digits(&bytes[8..10]).ok_or(Refused::Shape)?;
    let date = Date::new(year, month as i8, day as i8).map_err(|_| Refused::Shape)?;
    if !YEARS.contains(&year) {
        return Err(Refused::Year);
    }
    if bytes.len() == 10 {
        return Ok(Moment::Day(date));
    }
    if !matches!(bytes[10], b'T' | b' ') {
        return Err(Refused::Shape);
    }
    let minute = clock(&text[11..]).filter(|minute| *minute < 1440).ok_or(Refused::Shape)?;
    Ok(Moment::Instant(at_minute(date, minute)))
}

/// Reads a moment and gives it a time of day, midnight for a date alone.
pub(crate) fn parse_instant(text: &str) -> Result<DateTime, Refused> {
    parse(text).map(|moment| match moment {
        Moment::Day(date) => date.to_datetime(Time::midnight()),
        Moment::Instant(instant) => instant,
    })
}

/// Minutes from midnight of `H:MM`, `HH:MM` or `HH:MM:SS`; hours up to 47 for bands that pass midnight.
pub(crate) fn clock(text: &str) -> Option<u16> {
    let bytes = text.as_bytes();
    let colon = bytes.iter().take(3).position(|b| *b == b':')?;
    let hours = digits(&bytes[..colon])?;
    let minutes = digits(bytes.get(colon + 1..colon + 3)?)?;
    let tail = &bytes[colon + 3..];
    // A fraction of a second or an offset would be silently lost otherwise.
    let tail_is_seconds = tail.is_empty()
        || (tail.len() >= 3
            && tail[0] == b':'
            && tail[1..].iter().all(|b| b.is_ascii_digit() || *b == b'.')
            && digits(&tail[1..3])? < 60);
    (tail_is_seconds && hours < 48 && minutes < 60).then_some((hours * 60 + minutes) as u16)
}

/// Reads a band `08:00-12:00`.
pub(crate) fn parse_band(text: &str) -> Option<Band> {
    let (from, to) = text.trim().split_once('-')?;
    let band = Band { from_minute: clock(from.trim())?, to_minute: clock(to.trim())? };
    (band.from_minute < 1440 && band.from_minute < band.to_minute && band.to_minute <= band.from_minute + 1440)
        .then_some(band)
}

/// Writes a band so that [`parse_band`] reads it back.
pub(crate) fn print_band(band: &Band) -> String {
    let (from, to) = (band.from_minute, band.to_minute);
    format!("{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60)
}

/// A date alone as `YYYY-MM-DD`, an instant as `YYYY-MM-DDTHH:MM`.
pub(crate) fn print(moment: Moment) -> String {
    match moment {
        Moment::Day(date) => date.to_string(),
        Moment::Instant(instant) => print_instant(instant),
    }
}

/// `YYYY-MM-DDTHH:MM`.
pub(crate) fn print_instant(instant: DateTime) -> String {
    format!("{}T{:02}:{:02}", instant.date(), instant.hour(), instant.minute())
}

/// The instant at a minute from midnight below 1440.
pub(crate) fn at_minute(date: Date, minute: u16) -> DateTime {
    date.at((minute / 60).min(23) as i8, (minute % 60) as i8, 0, 0)
}

fn digits(bytes: &[u8]) -> Option<i16> {
    if bytes.is_empty() || bytes.len() > 4 {
        return None;
    }
    bytes.iter().try_fold(0_i16, |value, b| b.is_ascii_digit().then(|| value * 10 + i16::from(b - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn moments() {
        assert_eq!(parse("2026-06-01"), Ok(Moment::Day(date(2026, 6, 1))));
        assert_eq!(parse("2026-06-01T08:30:59"), Ok(Moment::Instant(date(2026, 6, 1).at(8, 30, 0, 0))));
        assert_eq!(parse("2026-06-01 8:30"), Ok(Moment::Instant(date(2026, 6, 1).at(8, 30, 0, 0))));
        for (text, refused) in [
            ("2026-02-30", Refused::Shape),
            ("9999-01-01", Refused::Year),
            ("12026-01-01", Refused::Year),
            ("2026-06-01T24:00", Refused::Shape),
            ("2026-06-01T08", Refused::Shape),
            ("2026/06/01", Refused::Shape),
            ("", Refused::Shape),
            ("\u{4e8c}026-06-01", Refused::Shape),
        ] {
            assert_eq!(parse(text), Err(refused), "{text}");
        }
    }

    #[test]
    fn bands() {
        for text in ["08:00-12:00", "22:00-30:00", "00:00-24:00"] {
            assert_eq!(parse_band(text).map(|band| print_band(&band)).as_deref(), Some(text));
        }
        for text in ["12:00-08:00", "08:00", "8-12", "25:00-26:00", "08:00-08:00", "08:60-09:00"] {
            assert_eq!(parse_band(text), None, "{text}");
        }
    }
}
