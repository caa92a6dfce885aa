//! One JSON object while it is read: every field taken is ticked off, what is left over is named in a warning.

use guatu_kernel::plan::{Moment, Span};
use serde_json::{Map, Value};

use super::vocabulary::{Words, listed, value_of};
use crate::plans::findings::{Findings, shortened};
use crate::plans::{codes, moment, span};

/// An object with its path. A field is taken at most once; a wrong type is an error that names the field's path.
pub(crate) struct Fields<'a, 'f> {
    object: &'a Map<String, Value>,
    path: String,
    taken: Vec<&'static str>,
    pub(crate) findings: &'f mut Findings,
}

impl<'a, 'f> Fields<'a, 'f> {
    /// Opens an object; anything else is an error.
    pub(crate) fn open(value: &'a Value, path: String, findings: &'f mut Findings) -> Option<Fields<'a, 'f>> {
        match value {
            Value::Object(object) => Some(Fields { object, path, taken: Vec::with_capacity(24), findings }),
            other => {
                wrong(findings, path, "an object", other);
                None
            }
        }
    }

    /// The path of a field: `activities[3].duration`, or the field alone at the top.
    pub(crate) fn path_of(&self, field: &str) -> String {
        if self.path.is_empty() { field.to_owned() } else { format!("{}.{field}", self.path) }
    }

    /// The path of the object itself.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Takes a field as it is; `null` counts as absent.
    pub(crate) fn take(&mut self, field: &'static str) -> Option<&'a Value> {
        self.taken.push(field);
        self.object.get(field).filter(|value| !value.is_null())
    }

    /// Says that a required field is absent.
    pub(crate) fn missing(&mut self, field: &str) {
        let at = self.path_of(field);
        self.findings.error(codes::MISSING, at, format!("the field `{field}` is required"));
    }

    /// Refuses the value of a field.
    pub(crate) fn refuse(&mut self, field: &str, message: impl Into<String>) {
        let at = self.path_of(field);
        self.findings.error(codes::BAD_VALUE, at, message);
    }

    /// A text.
    pub(crate) fn text(&mut self, field: &'static str) -> Option<&'a str> {
        match self.take(field)? {
            Value::String(text) => Some(text),
            other => self.wrong_type(field, "a text", other),
        }
    }

    /// A text, owned.
    pub(crate) fn string(&mut self, field: &'static str) -> Option<String> {
        self.text(field).map(str::to_owned)
    }

    /// True or false.
    pub(crate) fn boolean(&mut self, field: &'static str) -> Option<bool> {
        match self.take(field)? {
            Value::Bool(value) => Some(*value),
            other => self.wrong_type(field, "true or false", other),
        }
    }

    /// A finite number within bounds.
    pub(crate) fn number(&mut self, field: &'static str, least: f64, most: f64) -> Option<f64> {
        let value = self.take(field)?;
        let Some(number) = value.as_f64() else { return self.wrong_type(field, "a number", value) };
        if (least..=most).contains(&number) {
            return Some(number);
        }
        self.refuse(field, format!("{number} is not between {least} and {most}"));
        None
    }

    /// A whole number from 0 to `most`.
    pub(crate) fn count(&mut self, field: &'static str, most: u32) -> Option<u32> {
        let value = self.take(field)?;
        match value.as_u64().and_then(|number| u32::try_from(number).ok()).filter(|number| *number <= most) {
            Some(number) => Some(number),
            None => self.wrong_type(field, &format!("a whole number from 0 to {most}"), value),
        }
    }

    /// A number with up to three decimals, times 1000.
    pub(crate) fn thousandths(&mut self, field: &'static str, least: f64, most: f64) -> Option<i64> {
        self.number(field, least, most).map(|number| (number * 1000.0).round() as i64)
    }

    /// A length of time.
    pub(crate) fn span(&mut self, field: &'static str) -> Option<Span> {
        let text = self.text(field)?;
        match span::parse(text) {
            Ok(span) => Some(span),
            Err(message) => {
                self.refuse(field, message);
                None
            }
        }
    }

    /// A date or an instant.
    pub(crate) fn moment(&mut self, field: &'static str) -> Option<Moment> {
        let text = self.text(field)?;
        match moment::parse(text) {
            Ok(moment) => Some(moment),
            Err(moment::Refused::Shape) => {
                self.refuse(
                    field,
                    format!("`{}` is not a date; write 2026-06-01 or 2026-06-01T08:00", shortened(text)),
                );
                None
            }
            Err(moment::Refused::Year) => {
                let at = self.path_of(field);
                let message = format!("{} is outside the years 1900 to 2200", shortened(text));
                self.findings.error(codes::DATE_RANGE, at, message);
                None
            }
        }
    }

    /// One of a list of words.
    pub(crate) fn word<T: Copy>(&mut self, field: &'static str, words: Words<T>) -> Option<T> {
        let text = self.text(field)?;
        let found = value_of(words, text);
        if found.is_none() {
            self.refuse(field, format!("`{}` is not one of {}", shortened(text), listed(words)));
        }
        found
    }

    /// The elements of a list, empty where absent.
    pub(crate) fn list(&mut self, field: &'static str) -> &'a [Value] {
        match self.take(field) {
            None => &[],
            Some(Value::Array(values)) => values,
            Some(other) => {
                self.wrong_type::<()>(field, "a list", other);
                &[]
            }
        }
    }

    /// Names the fields nobody took.
    pub(crate) fn close(self) {
        if self.taken.len() < self.object.len() || self.object.keys().any(|key| !self.taken.contains(&key.as_str())) {
            for key in self.object.keys().filter(|key| !self.taken.contains(&key.as_str())) {
                let at =
                    if self.path.is_empty() { shortened(key) } else { format!("{}.{}", self.path, shortened(key)) };
                let message = format!("the field `{}` is not part of guatu-plan/1 and was ignored", shortened(key));
                self.findings.warn_at(codes::UNKNOWN_FIELD, at, message);
            }
        }
    }

    fn wrong_type<T>(&mut self, field: &str, expected: &str, found: &Value) -> Option<T> {
        let at = self.path_of(field);
        wrong(self.findings, at, expected, found);
        None
    }
}

/// Says that a value has the wrong type.
pub(crate) fn wrong(findings: &mut Findings, path: String, expected: &str, found: &Value) {
    let found = match found {
        Value::Null => "nothing".to_owned(),
        Value::Bool(value) => format!("{value}"),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) => format!("the text `{}`", shortened(text)),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    };
    let at = if path.is_empty() { "file".to_owned() } else { path };
    findings.error(codes::BAD_VALUE, at, format!("expected {expected}, found {found}"));
}
