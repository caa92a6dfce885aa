//! A page of several forms, each an act: which of them was tried, what was typed into it, and why it was refused.

use super::forms::{Values, form_response, refusal};
use super::problem::Problem;
use super::visitor::Visitor;
use crate::refusal::Refusal;
use axum::response::Response;
use maud::{Markup, html};

/// What was tried on a page; nothing, where it is only looked at.
#[derive(Debug, Default)]
pub struct Attempt {
    act: String,
    values: Values,
    refusal: Option<Refusal>,
}

impl Attempt {
    /// An act that was refused.
    ///
    /// # Errors
    /// Whatever is no refusal.
    pub fn refused(act: &str, values: Values, problem: Problem) -> Result<Attempt, Problem> {
        Ok(Attempt::new(act, values, refusal(problem)?))
    }

    /// An act that was refused for this reason.
    pub fn new(act: &str, values: Values, refusal: Refusal) -> Attempt {
        // A refusal without a field of the form is the page's.
        let act = if refusal.field.is_some() { act.to_owned() } else { String::new() };
        Attempt { act, values, refusal: Some(refusal) }
    }

    /// Whether this act was tried.
    pub fn is(&self, act: &str) -> bool {
        self.refusal.is_some() && self.act == act
    }

    /// What the form of an act is filled with: what was typed into it, else what it begins with.
    pub fn values<'a>(&'a self, act: &str, blank: &'a Values) -> &'a Values {
        if self.is(act) { &self.values } else { blank }
    }

    /// Why this act was refused.
    pub fn refusal_of(&self, act: &str) -> Option<&Refusal> {
        self.refusal.as_ref().filter(|_| self.act == act)
    }

    /// Why an act was refused that no field of a form can mend.
    pub fn of_page(&self) -> Option<&Refusal> {
        self.refusal_of("")
    }

    /// The page, with the status of the refusal it shows.
    pub fn respond(&self, page: Markup) -> Response {
        form_response(self.refusal.as_ref(), page)
    }
}

/// The form of an act under its title, open or folded.
pub fn act_section(
    visitor: &Visitor,
    act: &str,
    title: &str,
    hint: Option<&str>,
    is_open: bool,
    form: &Markup,
) -> Markup {
    let content = html! { @if let Some(hint) = hint { p.hint { (hint) } } (form) };
    html! {
        @if is_open { section.sheet id=(act) { h2 { (visitor.t(title)) } (content) } }
        @else { details.sheet id=(act) { summary { (visitor.t(title)) } (content) } }
    }
}
