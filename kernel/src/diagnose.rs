//! Diagnostics: what is imperfect in a plan, said beside the result and never thrown.
//!
//! A code names one kind of fault for ever; `docs/spec/kernel.md` lists them. The English sentence is here; other
//! languages render the same code with the same parameters.

use std::fmt;

use crate::plan::Place;

/// How much a diagnostic matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing, nothing is wrong.
    Notice,
    /// A date may not be what the author meant.
    Warning,
    /// What it touches has no dates; the command line exits with 2.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Notice => "notice",
            Severity::Warning => "warning",
            Severity::Error => "error",
        })
    }
}

/// One finding about a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable code: `K-…` from the kernel, `F-…` from a reader of an outside format.
    pub code: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// The activity it is about.
    pub activity: Option<String>,
    /// Line, cell or path in the file it came from.
    pub at: Option<String>,
    /// Parameters of the sentence, in order, for rendering in another language.
    pub params: Vec<String>,
    /// The sentence in English; says what to do.
    pub message: String,
}

impl Diagnostic {
    /// A finding that touches no activity in particular. The severity is the first digit of the code.
    pub(crate) fn new(code: &'static str, message: String, params: Vec<String>) -> Diagnostic {
        let severity = match code.as_bytes().get(2) {
            Some(b'1') => Severity::Error,
            Some(b'2') => Severity::Warning,
            _ => Severity::Notice,
        };
        Diagnostic { code, severity, activity: None, at: None, params, message }
    }

    /// The same finding about an activity.
    pub(crate) fn about(mut self, id: &str, at: Option<&Place>) -> Diagnostic {
        self.activity = Some(id.to_owned());
        self.at = at.map(Place::to_string);
        self
    }
}
