//! Lengths of time as text: `3d`, `2d4h`, `1.5d`, `e2d`, `e-2d`, `50%`.
//!
//! A leading `e` means elapsed time, 24 hours a day. A sign holds for every part after it until the next sign, so
//! `-2d4h` is minus two days and minus four hours.

use guatu_kernel::plan::Span;

const MINUTES_PER_DAY: i64 = 1440;
const MINUTES_PER_HOUR: i64 = 60;

/// Reads a span.
///
/// # Errors
/// A sentence that says what is wrong with the text, without naming its place.
pub fn parse(text: &str) -> Result<Span, String> {
    let refuse = || {
        let shown: String = text.chars().take(40).collect();
        format!("`{shown}` is not a length of time; write for example 3d, 12h, 90m, 2d4h, e2d or 50%")
    };
    let trimmed = text.trim();
    if let Some(percent) = trimmed.strip_suffix('%') {
        let (value, rest) = number(percent.trim_end()).ok_or_else(refuse)?;
        return if rest.is_empty() { Ok(Span::Percent { percent_e3: value }) } else { Err(refuse()) };
    }
    let (elapsed, mut rest) = match trimmed.strip_prefix('e') {
        Some(rest) => (true, rest),
        None => (false, trimmed),
    };
    let (mut days_e3, mut minutes_e3, mut sign, mut parts) = (0_i64, 0_i64, 1_i64, 0);
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('-') {
            (sign, rest) = (-1, after);
        } else if let Some(after) = rest.strip_prefix('+') {
            (sign, rest) = (1, after);
        }
        if rest.starts_with(['-', '+']) {
            return Err(refuse());
        }
        let (value, after) = number(rest).ok_or_else(refuse)?;
        let unit = after.chars().next().ok_or_else(refuse)?;
        rest = &after[unit.len_utf8()..];
        parts += 1;
        // At most 12 digits of value in thousandths and at most 8 parts stay far below the range of i64.
        match unit {
            'd' if elapsed => minutes_e3 += sign * value * MINUTES_PER_DAY,
            'd' => days_e3 += sign * value,
            'h' => minutes_e3 += sign * value * MINUTES_PER_HOUR,
            'm' => minutes_e3 += sign * value,
            _ => return Err(refuse()),
        }
        if parts > 8 {
            return Err(refuse());
        }
    }
    if parts == 0 {
        return Err(refuse());
    }
    if minutes_e3 % 1000 != 0 {
        let shown: String = text.chars().take(40).collect();
        return Err(format!("`{shown}` is not a whole number of minutes"));
    }
    let minutes = minutes_e3 / 1000;
    Ok(if elapsed { Span::Elapsed { minutes } } else { Span::Working { days_e3, minutes } })
}

/// An optional sign, up to nine digits and up to three decimals; the value in thousandths and what follows.
fn number(text: &str) -> Option<(i64, &str)> {
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 || digits > 9 {
        return None;
    }
    let mut value: i64 = text[..digits].parse().ok()?;
    value *= 1000;
    let mut rest = &text[digits..];
    if let Some(decimals) = rest.strip_prefix('.') {
        let count = decimals.bytes().take_while(u8::is_ascii_digit).count();
        if count == 0 || count > 3 {
            return None;
        }
        let fraction: i64 = decimals[..count].parse().ok()?;
        value += fraction * [100, 10, 1][count - 1];
        rest = &decimals[count..];
    }
    Some((sign * value, rest))
}

/// Writes a span so that [`parse`] gives the same value back.
pub fn print(span: Span) -> String {
    match span {
        Span::Percent { percent_e3 } => format!("{}%", thousandths(percent_e3)),
        Span::Elapsed { minutes } if minutes != 0 && minutes % MINUTES_PER_DAY == 0 => {
            format!("e{}d", minutes / MINUTES_PER_DAY)
        }
        Span::Elapsed { minutes } => format!("e{}", clock(minutes)),
        Span::Working { days_e3, minutes: 0 } => format!("{}d", thousandths(days_e3)),
        Span::Working { days_e3: 0, minutes } => clock(minutes),
        Span::Working { days_e3, minutes } => {
            let sign = match (days_e3 < 0, minutes < 0) {
                (false, true) => "-",
                (true, false) => "+",
                _ => "",
            };
            format!("{}d{sign}{}", thousandths(days_e3), clock(minutes.abs()))
        }
    }
}

/// Minutes as hours and minutes: `90` is `1h30m`.
fn clock(minutes: i64) -> String {
    let sign = if minutes < 0 { "-" } else { "" };
    let minutes = minutes.unsigned_abs();
    match (minutes / 60, minutes % 60) {
        (0, rest) => format!("{sign}{rest}m"),
        (hours, 0) => format!("{sign}{hours}h"),
        (hours, rest) => format!("{sign}{hours}h{rest}m"),
    }
}

/// A value in thousandths as a decimal without trailing zeros.
fn thousandths(value_e3: i64) -> String {
    let sign = if value_e3 < 0 { "-" } else { "" };
    let value = value_e3.unsigned_abs();
    if value.is_multiple_of(1000) {
        return format!("{sign}{}", value / 1000);
    }
    let fraction = format!("{:03}", value % 1000);
    format!("{sign}{}.{}", value / 1000, fraction.trim_end_matches('0'))
}

/// Working minutes of a span when a day is `minutes_per_day` long; elapsed minutes as they are; `None` for a percent.
pub(crate) fn in_minutes(span: Span, minutes_per_day: u32) -> Option<i64> {
    match span {
        Span::Working { days_e3, minutes } => {
            Some(days_e3.saturating_mul(i64::from(minutes_per_day)).div_euclid(1000).saturating_add(minutes))
        }
        Span::Elapsed { minutes } => Some(minutes),
        Span::Percent { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_their_meaning() {
        let working = |days_e3, minutes| Span::Working { days_e3, minutes };
        for (text, span, printed) in [
            ("3d", working(3000, 0), "3d"),
            ("1.5d", working(1500, 0), "1.5d"),
            ("12h", working(0, 720), "12h"),
            ("90m", working(0, 90), "1h30m"),
            ("2d4h", working(2000, 240), "2d4h"),
            ("-2d4h", working(-2000, -240), "-2d4h"),
            ("2d-30m", working(2000, -30), "2d-30m"),
            ("-2d+30m", working(-2000, 30), "-2d+30m"),
            ("e2d", Span::Elapsed { minutes: 2880 }, "e2d"),
            ("e-2d", Span::Elapsed { minutes: -2880 }, "e-2d"),
            ("e36h", Span::Elapsed { minutes: 2160 }, "e36h"),
            ("0.5h", working(0, 30), "30m"),
            ("50%", Span::Percent { percent_e3: 50_000 }, "50%"),
            ("-12.5%", Span::Percent { percent_e3: -12_500 }, "-12.5%"),
            ("0d", Span::ZERO, "0d"),
        ] {
            assert_eq!(parse(text).as_ref(), Ok(&span), "{text}");
            assert_eq!(print(span), printed, "{text}");
            assert_eq!(parse(&print(span)), Ok(span), "{text}");
        }
    }

    #[test]
    fn texts_that_are_no_span() {
        for text in
            ["", "d", "3", "3x", "--3d", "3d 4h x", "e", "e50%", "1.2345d", "99999999999d", "0.01m", "٣d", "3d\u{0}"]
        {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }
}
