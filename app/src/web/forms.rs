//! Forms: what a person typed, and the form again with everything still filled when the rules say no.

use super::problem::{self, Problem};
use super::visitor::Visitor;
use crate::refusal::{Reason, Refusal};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use guatu_formats::plans::{begins_formula, is_unsafe};
use guatu_formats::wide::narrow;
use guatu_ledger::hash::sha256;
use jiff::civil::{Date, DateTime};
use maud::{Markup, html};
use std::collections::HashMap;

/// Years that a form takes: a date outside is a slip of the finger, and the calendars end there too.
const YEARS: std::ops::RangeInclusive<i16> = 1949..=2150;

/// Longest line a form takes, in characters: a name, a document number, a title.
const LINE_CHARS: usize = 200;
/// Longest text of a field that takes several lines: a reason, a remark.
const TEXT_CHARS: usize = 2_000;
/// Fields that take several lines.
const TEXT_FIELDS: [&str; 11] = [
    "opening",
    "closing",
    "reason",
    "remark",
    "content",
    "minutes",
    "evidence",
    "finding",
    "progress",
    "outcome",
    "lead_text",
];

/// Fields that no sheet ever shows: a password, a key or what is sealed may begin as it likes.
const NOT_LINES: [&str; 5] = ["password", "new_password", "secret", "lead_key", "lead_text"];

/// Characters of a text that is too long by which it is named.
const SHOWN_CHARS: usize = 12;

/// Longest text of a field, in characters.
fn limit_chars(name: &str) -> usize {
    if TEXT_FIELDS.contains(&name) { TEXT_CHARS } else { LINE_CHARS }
}

/// Field that says from which session's pages a form came.
const TOKEN_FIELD: &str = "form_token";

/// What a person typed, all of it: what cannot be accepted is shown again in the form, not thrown away.
#[derive(Clone, Debug, Default)]
pub struct Values {
    fields: HashMap<String, String>,
    /// Why nothing may be done with these values, found before any rule is asked.
    flaw: Option<Refusal>,
}

impl Values {
    /// From the pairs of a form body. `form_token` is what the pages of the sender's session carry; `None` for whoever
    /// has no session.
    pub fn received(pairs: Vec<(String, String)>, form_token: Option<&str>) -> Values {
        // A text may have several lines; where a name may not, its rule says so.
        let is_unsafe = |letter: char| is_unsafe(letter) && !"\r\n\t".contains(letter);
        let has_unsafe = pairs.iter().any(|(_, value)| value.contains(is_unsafe));
        // What shows nothing, or turns the direction of what follows, is shown as a mark in its place; a database takes no NUL.
        let shown =
            |value: String| if value.contains(is_unsafe) { value.replace(is_unsafe, "\u{fffd}") } else { value };
        let fields: HashMap<String, String> =
            pairs.into_iter().map(|(name, value)| (name.replace('\0', "\u{fffd}"), shown(value))).collect();
        let flaw = |code, params| Some(Refusal { code, reason: Reason::Rule, params, field: None });
        let formula = fields.iter().find(|(name, value)| !NOT_LINES.contains(&name.as_str()) && begins_formula(value));
        let too_long = fields.iter().find(|(name, value)| value.chars().count() > limit_chars(name));
        let flaw = if form_token.is_some() && fields.get(TOKEN_FIELD).map(String::as_str) != form_token {
            flaw("G-116", Vec::new())
        } else if has_unsafe {
            flaw("G-118", Vec::new())
        } else if formula.is_some() {
            flaw("G-117", Vec::new())
        } else {
            let begin = |value: &str| value.chars().take(SHOWN_CHARS).collect::<String>();
            too_long.and_then(|(name, value)| {
                flaw("G-111", vec![("limit", limit_chars(name).to_string()), ("begin", begin(value))])
            })
        };
        Values { fields, flaw }
    }

    /// Sets a value, for forms that begin filled.
    pub fn with(mut self, name: &str, value: impl ToString) -> Values {
        self.fields.insert(name.to_owned(), value.to_string());
        self
    }

    /// Whether anything may be done with these values: every field within its length, sent from a page of the sender's
    /// own session. Every handler that writes asks, most of them through [`Values::request_id`].
    pub fn check(&self) -> Result<(), Refusal> {
        self.flaw.clone().map_or(Ok(()), Err)
    }

    /// Fields whose names begin with a prefix: the rest of the name, and what was typed.
    pub fn under<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.fields.iter().filter_map(move |(name, value)| Some((name.strip_prefix(prefix)?, value.trim())))
    }

    /// A field, trimmed; empty when absent.
    pub fn text(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", |value| value.trim())
    }

    /// A field exactly as typed (passwords).
    pub fn raw(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }

    /// A field, if anything was typed.
    pub fn opt(&self, name: &str) -> Option<String> {
        Some(self.text(name)).filter(|value| !value.is_empty()).map(str::to_owned)
    }

    /// A date.
    pub fn date(&self, name: &'static str) -> Result<Date, Refusal> {
        let text = self.text(name);
        let read = (text.len() == "YYYY-MM-DD".len()).then(|| text.parse::<Date>().ok()).flatten();
        read.filter(|date| YEARS.contains(&date.year())).ok_or_else(|| unreadable("G-106", name))
    }

    /// A date with a time, as a browser sends it.
    pub fn date_time(&self, name: &'static str) -> Result<DateTime, Refusal> {
        let read = self.text(name).parse::<DateTime>().ok();
        read.filter(|at| YEARS.contains(&at.year())).ok_or_else(|| unreadable("G-106", name))
    }

    /// A date with a time, if anything was typed.
    pub fn opt_date_time(&self, name: &'static str) -> Result<Option<DateTime>, Refusal> {
        if self.text(name).is_empty() { Ok(None) } else { self.date_time(name).map(Some) }
    }

    /// A date, if anything was typed.
    pub fn opt_date(&self, name: &'static str) -> Result<Option<Date>, Refusal> {
        if self.text(name).is_empty() { Ok(None) } else { self.date(name).map(Some) }
    }

    /// A whole number, if anything was typed.
    pub fn opt_number<T: std::str::FromStr>(&self, name: &'static str) -> Result<Option<T>, Refusal> {
        match self.text(name) {
            "" => Ok(None),
            text => narrow(text).parse().map(Some).map_err(|_| unreadable("G-107", name)),
        }
    }

    /// One of a closed list.
    pub fn choice<T>(&self, name: &'static str, read: impl Fn(&str) -> Option<T>) -> Result<T, Refusal> {
        read(self.text(name)).ok_or_else(|| unreadable("G-108", name))
    }

    /// The client-made id of this request, once the values are fit to be used at all.
    pub fn request_id(&self) -> Result<String, Refusal> {
        self.check()?;
        let id = self.text("request_id");
        let is_sound =
            (8..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if is_sound { Ok(id.to_owned()) } else { Err(unreadable("G-109", "request_id")) }
    }
}

/// The refusal of a field that cannot be read.
pub fn unreadable(code: &'static str, field: &'static str) -> Refusal {
    Refusal { code, reason: Reason::Rule, params: Vec::new(), field: Some(field) }
}

/// The hidden fields of every form that writes: a fresh id, and the token of this person's session.
pub fn seal(visitor: &Visitor) -> Markup {
    seal_with(visitor, &Values::default())
}

/// The hidden fields of a form that is shown again: it keeps its id, so that a resend is harmless.
pub fn seal_with(visitor: &Visitor, values: &Values) -> Markup {
    html! {
        input type="hidden" name="request_id" value=(values.opt("request_id").unwrap_or_else(new_id));
        (token(visitor))
    }
}

/// The token alone, for forms whose id is made elsewhere.
pub fn token(visitor: &Visitor) -> Markup {
    html! { @if let Some(token) = visitor.form_token() { input type="hidden" name=(TOKEN_FIELD) value=(token); } }
}

/// A fresh client-made id.
pub fn new_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// An id made from what it is for and from content, so that a resend is the same request.
pub fn derived_id(of: &str, content: &[u8]) -> String {
    // The length keeps the two apart.
    let length = (of.len() as u64).to_le_bytes();
    let hash = sha256(&[&length, of.as_bytes(), content]);
    hash.0.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

enum Kind {
    Text,
    Password,
    Date,
    DateTime,
    Number,
    Lines,
    File(&'static str),
    Files(&'static str),
    Choice(Vec<(String, String)>),
    Hidden,
}

struct Field {
    name: &'static str,
    kind: Kind,
    is_needed: bool,
}

/// A form: fields in order, one button that names the act.
pub struct Form<'a> {
    visitor: &'a Visitor,
    action: String,
    button: &'static str,
    fields: Vec<Field>,
    values: &'a Values,
    refusal: Option<&'a Refusal>,
    has_file: bool,
    /// What stands between the fields and the button.
    extra: Option<Markup>,
    /// What the ids of its fields begin with, where a page has several forms.
    prefix: String,
}

impl<'a> Form<'a> {
    /// A form that posts to `action`; `button` is the key of the act.
    pub fn new(visitor: &'a Visitor, action: impl Into<String>, button: &'static str, values: &'a Values) -> Form<'a> {
        Form {
            visitor,
            action: action.into(),
            button,
            fields: Vec::new(),
            values,
            refusal: None,
            has_file: false,
            extra: None,
            prefix: "field-".to_owned(),
        }
    }

    /// Shows why the last attempt was refused.
    pub fn refused(mut self, refusal: Option<&'a Refusal>) -> Self {
        self.refusal = refusal;
        self
    }

    /// Something between the fields and the button that is no field of these: boxes to tick.
    pub fn extra(mut self, extra: Markup) -> Self {
        self.extra = Some(extra);
        self
    }

    /// Names the form among several of a page that ask for the same, so that each label leads to its own field.
    pub fn named(mut self, name: &str) -> Self {
        self.prefix = format!("field-{name}-");
        self
    }

    fn field(mut self, name: &'static str, kind: Kind, is_needed: bool) -> Self {
        self.has_file |= matches!(kind, Kind::File(_) | Kind::Files(_));
        self.fields.push(Field { name, kind, is_needed });
        self
    }

    /// A line of text that is needed.
    pub fn text(self, name: &'static str) -> Self {
        self.field(name, Kind::Text, true)
    }

    /// A line of text that may stay empty.
    pub fn opt_text(self, name: &'static str) -> Self {
        self.field(name, Kind::Text, false)
    }

    /// Several lines.
    pub fn lines(self, name: &'static str, is_needed: bool) -> Self {
        self.field(name, Kind::Lines, is_needed)
    }

    /// A password.
    pub fn password(self, name: &'static str) -> Self {
        self.field(name, Kind::Password, true)
    }

    /// A date.
    pub fn date(self, name: &'static str, is_needed: bool) -> Self {
        self.field(name, Kind::Date, is_needed)
    }

    /// A date with a time.
    pub fn date_time(self, name: &'static str, is_needed: bool) -> Self {
        self.field(name, Kind::DateTime, is_needed)
    }

    /// A whole number that may stay empty.
    pub fn number(self, name: &'static str) -> Self {
        self.field(name, Kind::Number, false)
    }

    /// A file of certain kinds.
    pub fn file(self, name: &'static str, accept: &'static str) -> Self {
        self.field(name, Kind::File(accept), true)
    }

    /// Several files of certain kinds, or none.
    pub fn files(self, name: &'static str, accept: &'static str) -> Self {
        self.field(name, Kind::Files(accept), false)
    }

    /// A value that the form carries unseen: what it was filled over.
    pub fn hidden(self, name: &'static str) -> Self {
        self.field(name, Kind::Hidden, false)
    }

    /// One of a list of (value, name).
    pub fn choice(self, name: &'static str, options: Vec<(String, String)>, is_needed: bool) -> Self {
        self.field(name, Kind::Choice(options), is_needed)
    }

    /// The form as markup, with the error summary above it.
    pub fn render(&self) -> Markup {
        let visitor = self.visitor;
        html! {
            (summary(visitor, self.refusal, &self.prefix))
            form.fields method="post" action=(self.action) enctype=[self.has_file.then_some("multipart/form-data")] {
                (seal_with(visitor, self.values))
                @for field in &self.fields { (self.render_field(field)) }
                @if let Some(extra) = &self.extra { (extra) }
                div.actions { button type="submit" { (visitor.t(self.button)) } }
            }
        }
    }

    fn render_field(&self, field: &Field) -> Markup {
        let visitor = self.visitor;
        let name = field.name;
        if matches!(field.kind, Kind::Hidden) {
            return html! { input type="hidden" name=(name) value=(self.values.text(name)); };
        }
        let id = format!("{}{name}", self.prefix);
        let value = self.values.text(name);
        let refusal = self.refusal.filter(|refusal| {
            refusal.field == Some(name) || (refusal.code == "G-111" && value.chars().count() > limit_chars(name))
        });
        let hint_key = format!("hint.{name}");
        let has_hint = visitor.language.has(&hint_key);
        let described = match (refusal.is_some(), has_hint) {
            (true, _) => Some(format!("{id}-error")),
            (false, true) => Some(format!("{id}-hint")),
            (false, false) => None,
        };
        let limit = limit_chars(name);
        let (needed, invalid) = (field.is_needed, refusal.map(|_| "true"));
        let input_type = match field.kind {
            Kind::Password => "password",
            Kind::Date => "date",
            Kind::DateTime => "datetime-local",
            _ => "text",
        };
        html! {
            div.field.is-wrong[refusal.is_some()] {
                label for=(id) {
                    (visitor.t(&format!("field.{name}")))
                    @if !needed { span.quiet { " " (visitor.t("shell.optional")) } }
                }
                @if has_hint { p.hint id={ (id) "-hint" } { (visitor.t(&hint_key)) } }
                @if let Some(refusal) = refusal { p.error id={ (id) "-error" } { (problem::sentence(visitor, refusal)) } }
                @match &field.kind {
                    Kind::Choice(options) => {
                        select id=(id) name=(name) required[needed] aria-describedby=[described] aria-invalid=[invalid] {
                            @if !needed || value.is_empty() { option value="" { "—" } }
                            @for (option, text) in options { option value=(option) selected[option == value] { (text) } }
                        }
                    }
                    Kind::Lines => {
                        textarea id=(id) name=(name) rows="3" maxlength=(limit) required[needed] aria-describedby=[described] aria-invalid=[invalid] { (value) }
                    }
                    Kind::File(accept) => {
                        input id=(id) name=(name) type="file" accept=(accept) required[needed] aria-describedby=[described] aria-invalid=[invalid];
                    }
                    Kind::Files(accept) => {
                        input id=(id) name=(name) type="file" accept=(accept) multiple aria-describedby=[described] aria-invalid=[invalid];
                    }
                    Kind::Number => {
                        input id=(id) name=(name) type="text" inputmode="numeric" value=(value) required[needed] aria-describedby=[described] aria-invalid=[invalid];
                    }
                    Kind::Password => {
                        input id=(id) name=(name) type="password" required[needed] autocomplete=(if name == "password" { "current-password" } else { "new-password" }) aria-describedby=[described] aria-invalid=[invalid];
                    }
                    _ => {
                        input id=(id) name=(name) type=(input_type) value=(value) maxlength=[(input_type == "text").then_some(limit)] required[needed] aria-describedby=[described] aria-invalid=[invalid];
                    }
                }
            }
        }
    }
}

/// What must be mended, above the form: each line leads to its field.
pub fn error_summary(visitor: &Visitor, refusal: Option<&Refusal>) -> Markup {
    summary(visitor, refusal, "field-")
}

fn summary(visitor: &Visitor, refusal: Option<&Refusal>, prefix: &str) -> Markup {
    html! {
        @if let Some(refusal) = refusal {
            div.summary role="alert" tabindex="-1" id="summary" {
                h2 { (visitor.t("shell.to_mend")) }
                ul {
                    li {
                        @if let Some(field) = refusal.field { a href={ "#" (prefix) (field) } { (problem::sentence(visitor, refusal)) } }
                        @else { (problem::sentence(visitor, refusal)) }
                        " " span.quiet { (refusal.code) }
                    }
                }
            }
        }
    }
}

/// A page with a form on it: 200, or the status of the refusal it shows.
pub fn form_response(refused: Option<&Refusal>, page: Markup) -> Response {
    (refused.map_or(StatusCode::OK, |refusal| Problem::status(refusal.reason)), page).into_response()
}

/// A refusal goes back into the form; anything else goes on.
pub fn refusal(problem: Problem) -> Result<Refusal, Problem> {
    match problem {
        Problem::Refused(refusal) if matches!(refusal.reason, Reason::Rule | Reason::Conflict | Reason::Full) => {
            Ok(refusal)
        }
        other => Err(other),
    }
}
