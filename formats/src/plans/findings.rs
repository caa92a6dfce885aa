//! Collects what a reader finds wrong, so that one bad file gives one readable list and never a flood.

use std::collections::BTreeMap;

use guatu_kernel::diagnose::{Diagnostic, Severity};

/// Diagnostics of one code beyond this number are counted, not listed.
const LISTED_PER_CODE: usize = 50;

/// The findings of one reading, in the order met.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    list: Vec<Diagnostic>,
    met: BTreeMap<&'static str, (Severity, usize)>,
}

impl Findings {
    /// Adds a finding. `params` are the variable parts of `message`, in order, for other languages.
    pub(crate) fn add(
        &mut self,
        code: &'static str,
        severity: Severity,
        activity: Option<&str>,
        at: Option<String>,
        params: Vec<String>,
        message: String,
    ) {
        let met = self.met.entry(code).or_insert((severity, 0));
        met.1 += 1;
        if met.1 <= LISTED_PER_CODE {
            self.list.push(Diagnostic { code, severity, activity: activity.map(shortened), at, params, message });
        }
    }

    /// Adds an error at a place of the file; the file is refused.
    pub(crate) fn error(&mut self, code: &'static str, at: impl Into<String>, message: impl Into<String>) {
        self.push(fault(code, at, message));
    }

    /// Adds a warning about one activity.
    pub(crate) fn warn(&mut self, code: &'static str, activity: &str, message: impl Into<String>) {
        let params = vec![shortened(activity)];
        self.add(code, Severity::Warning, Some(activity), None, params, message.into());
    }

    /// Adds a warning about the file.
    pub(crate) fn warn_at(&mut self, code: &'static str, at: impl Into<String>, message: impl Into<String>) {
        self.add(code, Severity::Warning, None, Some(at.into()), Vec::new(), message.into());
    }

    /// Adds a ready diagnostic.
    pub(crate) fn push(&mut self, diagnostic: Diagnostic) {
        let Diagnostic { code, severity, activity, at, params, message } = diagnostic;
        self.add(code, severity, activity.as_deref(), at, params, message);
    }

    /// Adds what was found beside these, behind them.
    pub(crate) fn append(&mut self, other: Findings) {
        for diagnostic in other.list {
            self.push(diagnostic);
        }
        for (code, (_, count)) in other.met {
            if let Some(met) = self.met.get_mut(code) {
                met.1 += count.saturating_sub(LISTED_PER_CODE);
            }
        }
    }

    /// Whether the file must be refused.
    pub(crate) fn has_errors(&self) -> bool {
        self.met.values().any(|(severity, _)| *severity == Severity::Error)
    }

    /// The list, with one line per code that had more than the list shows.
    pub(crate) fn finish(mut self) -> Vec<Diagnostic> {
        for (code, (severity, count)) in self.met {
            if count > LISTED_PER_CODE {
                let more = (count - LISTED_PER_CODE).to_string();
                let message = format!("{more} more findings of the kind {code}");
                let params = vec![more];
                self.list.push(Diagnostic { code, severity, activity: None, at: None, params, message });
            }
        }
        self.list
    }
}

/// An error diagnostic at a place of the file.
pub(crate) fn fault(code: &'static str, at: impl Into<String>, message: impl Into<String>) -> Diagnostic {
    let at = at.into();
    let params = vec![at.clone()];
    Diagnostic { code, severity: Severity::Error, activity: None, at: Some(at), params, message: message.into() }
}

/// A line of the file as a place. Every task and link has one, so that it is written without a formatter.
pub(crate) fn at_line(line: usize) -> String {
    let mut digits = [0; 20];
    let (mut first, mut rest) = (digits.len(), line);
    while first == digits.len() || rest > 0 {
        first -= 1;
        digits[first] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    let mut place = String::with_capacity("line ".len() + digits.len() - first);
    place.push_str("line ");
    place.extend(digits[first..].iter().map(|digit| char::from(*digit)));
    place
}

/// At most 60 characters of a text from the file, so that a hostile name cannot fill a message.
pub(crate) fn shortened(text: &str) -> String {
    let mut kept: String = text.chars().take(60).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(60).is_some() {
        kept.push('…');
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::at_line;

    #[test]
    fn lines_are_places() {
        for line in [0, 1, 9, 10, 102_030, usize::MAX] {
            assert_eq!(at_line(line), format!("line {line}"));
        }
    }
}
