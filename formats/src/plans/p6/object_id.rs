//! Object ids: what objects of a P6 file name each other by.

use std::borrow::Cow;
use std::fmt;

/// An object id. P6 writes numbers, so that finding an object compares numbers; what is no number is told by its text. There
/// are half a million in a large file, so it is small: a text stands elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum ObjectId {
    #[default]
    Nothing,
    Number(u64),
    Text(Box<str>),
}

impl From<&str> for ObjectId {
    fn from(text: &str) -> ObjectId {
        match number(text) {
            _ if text.is_empty() => ObjectId::Nothing,
            Some(number) => ObjectId::Number(number),
            None => ObjectId::Text(text.into()),
        }
    }
}

impl From<Cow<'_, str>> for ObjectId {
    fn from(text: Cow<'_, str>) -> ObjectId {
        text.as_ref().into()
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ObjectId::Nothing => Ok(()),
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
