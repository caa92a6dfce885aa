//! Quantities and money as people write them, kept as thousandths of a unit and as fen, so that tables hold no floating
//! point. Pure.

use guatu_formats::wide::narrow;

/// Thousandths as people write them: `12`, `12.5`.
pub fn text(amount_e3: i64) -> String {
    let sign = if amount_e3 < 0 { "-" } else { "" };
    let (whole, rest) = (amount_e3.abs() / 1000, amount_e3.abs() % 1000);
    if rest == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{rest:03}").trim_end_matches('0').to_owned() }
}

/// Thousandths from what people write, in figures of either width; `None` when it is no quantity.
pub fn read(text: &str) -> Option<i64> {
    let text = &narrow(text);
    let (whole, rest) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 9 || rest.len() > 3 || !is_digits(whole) || !is_digits(rest) {
        return None;
    }
    Some(whole.parse::<i64>().ok()? * 1000 + format!("{rest:0<3}").parse::<i64>().ok()?)
}

/// Money in yuan, of an amount in fen: `12.50`.
pub fn yuan(amount_fen: i64) -> String {
    let sign = if amount_fen < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", amount_fen.abs() / 100, amount_fen.abs() % 100)
}

#[cfg(test)]
mod tests {
    use super::{read, text, yuan};

    #[test]
    fn amounts_as_people_write_them() {
        for (typed, amount) in [("12", 12_000), ("12.5", 12_500), (" 0.001 ", 1), ("3.25", 3_250), ("\u{ff11}\u{ff12}\u{ff0e}5", 12_500)] {
            assert_eq!(read(typed), Some(amount), "{typed}");
        }
        for typed in ["", "-1", "1,000", "1.2345", "1e9", "9999999999", "一", ".5"] {
            assert_eq!(read(typed), None, "{typed}");
        }
        assert_eq!([12_000, 12_500, 1, -250].map(text), ["12", "12.5", "0.001", "-0.25"].map(str::to_owned));
        assert_eq!([1_250, 5, -1, 0].map(yuan), ["12.50", "0.05", "-0.01", "0.00"].map(str::to_owned));
    }
}
