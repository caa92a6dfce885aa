//! Object ids: what objects of a P6 file name each other by.

use std::borrow::Cow;
use std::fmt;

/// An object id. P6 writes numbers, so that finding an object compares numbers; what is no number is told by its text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ObjectId<'a> {
    Number(u64),
    Text(Cow<'a, str>),
}

impl Default for ObjectId<'_> {
    fn default() -> Self {
        ObjectId::Text(Cow::Borrowed(""))
    }
}

impl<'a> From<Cow<'a, str>> for ObjectId<'a> {
    fn from(text: Cow<'a, str>) -> ObjectId<'a> {
        number(&text).map_or(ObjectId::Text(text), ObjectId::Number)
    }
}

impl<'a> From<&'a str> for ObjectId<'a> {
    fn from(text: &'a str) -> ObjectId<'a> {
        Cow::Borrowed(text).into()
    }
}

impl fmt::Display for ObjectId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ObjectId::Number(number) => number.fmt(f),
            ObjectId::Text(text) => text.fmt(f),
        }
    }
}

/// The number that is written just as the text is, so that `7` and `07` stay two ids.
fn number(text: &str) -> Option<u64> {
    let is_canonical = text == "0" || matches!(text.as_bytes(), [b'1'..=b'9', ..]);
    text.parse().ok().filter(|_| is_canonical)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_written_as_it_was_read() {
        for text in ["0", "7", "07", "+7", "-7", "", "258000001", "18446744073709551615", "18446744073709551616", "T-1"]
        {
            let id = ObjectId::from(text);
            assert_eq!(id.to_string(), text);
        }
        assert_ne!(ObjectId::from("7"), ObjectId::from("07"));
    }
}
