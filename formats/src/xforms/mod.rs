//! OpenRosa: forms that programs such as ODK Collect fill in without a signal, and what they send back.
//!
//! A form is an XForm in the ODK dialect, small on purpose: one level of groups and repeats, choices written into the form,
//! nothing to be fetched beside it. What comes back is read as a tree of names and texts; a DTD, and with it every entity but
//! the five predefined ones, is refused before anything is read.

mod list;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use list::{form_list, response, settings_code};
pub use read::{Answer, Filled, NotAForm, filled};
pub use write::Written;

/// A form to be filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// Identifier; what is sent back names it.
    pub id: String,
    /// What a person chooses it by.
    pub title: String,
    /// Its questions, in order.
    pub questions: Vec<Question>,
}

/// A question of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The name of its answer: an XML name without a colon.
    pub name: String,
    /// What is asked.
    pub label: String,
    /// More about it.
    pub hint: Option<String>,
    /// Whether the form cannot be finished without an answer.
    pub is_needed: bool,
    /// What is an answer.
    pub kind: Kind,
}

/// What is an answer to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// When the form was begun: the program says it, nobody is asked.
    Begun,
    /// Where the phone is.
    Position,
    /// Some lines.
    Text,
    /// A whole number from zero.
    Whole {
        /// The largest.
        most: u32,
    },
    /// One of these: value and name.
    Choice(Vec<(String, String)>),
    /// A photograph.
    Photo,
    /// Questions on one screen.
    Group(Vec<Question>),
    /// Questions that are asked as often as an earlier whole number says.
    Repeat {
        /// The name of that number.
        count: String,
        /// The questions.
        questions: Vec<Question>,
    },
}
