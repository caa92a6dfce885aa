//! The forms of one instruction, who is offered which, and what they ask.

use super::Sight;
use super::model::{Command, Kind, MOST_SEATS, Presence, Seat, Stage, Standing};
use super::pages::{Readable, governed, readable, show_page, to};
use crate::features::authority::missing;
use crate::refusal::Refusal;
use crate::web::Site;
use crate::web::attempt::{Attempt, act_section};
use crate::web::extract::Sent;
use crate::web::forms::{Form, Values, error_summary, seal_with};
use crate::web::problem::{Problem, sentence};
use crate::web::visitor::Visitor;
use axum::extract::{Path, State};
use axum::response::Response;
use maud::{Markup, html};

/// Empty rows that a roster offers below those that are filled, and rows it has at least.
const MORE_SEATS: usize = 4;
const LEAST_SEATS: usize = 8;

/// Something that is done with an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Acknowledge,
    Assign,
    Convey,
    Roster,
    Report,
    Enter,
    Drop,
    Withdraw,
}

impl Act {
    /// Every act with its name in addresses and the key of its heading, in the order in which a page offers them.
    const ALL: [(Act, &'static str, &'static str); 8] = [
        (Act::Acknowledge, "acknowledge", "instructions.acknowledge"),
        (Act::Report, "report", "instructions.report"),
        (Act::Assign, "assign", "instructions.assign"),
        (Act::Convey, "convey", "instructions.convey"),
        (Act::Roster, "roster", "instructions.take_roster"),
        (Act::Enter, "enter", "instructions.enter"),
        (Act::Drop, "drop", "instructions.drop"),
        (Act::Withdraw, "withdraw", "instructions.withdraw"),
    ];

    fn from_name(wanted: &str) -> Option<Act> {
        Act::ALL.iter().find(|(_, name, _)| *name == wanted).map(|(act, ..)| *act)
    }

    /// Whether a person is offered it; the rule asks again.
    fn is_offered(self, found: &Readable) -> bool {
        let Readable { one, may_govern, .. } = found;
        let (stage, has) = (one.stage(), |standing| one.items.iter().any(|item| item.known.standing() == standing));
        if stage == Stage::Withdrawn {
            return false;
        }
        match self {
            Act::Acknowledge => !waiting(found, true).is_empty(),
            Act::Enter => *may_govern && !waiting(found, false).is_empty(),
            Act::Roster => *may_govern && one.kind == Kind::Meeting,
            Act::Report => *may_govern && (has(Standing::Open) || has(Standing::Closed)),
            Act::Drop => *may_govern && (has(Standing::Open) || has(Standing::Closed)),
            Act::Assign | Act::Convey => *may_govern,
            Act::Withdraw => *may_govern && !has(Standing::Reported) && !has(Standing::Ordered) && !has(Standing::Closed),
        }
    }
}

/// Units that have not acknowledged it: the visitor's own, or all others.
fn waiting(found: &Readable, is_own: bool) -> Vec<String> {
    let units = found.one.told.iter().filter(|told| told.acknowledged.is_none()).map(|told| &told.unit);
    units.filter(|unit| (found.names.own_unit.as_ref() == Some(unit)) == is_own).cloned().collect()
}

/// Items that may be reported or taken back, as the choices of a form.
fn free_items(found: &Readable) -> Vec<(String, String)> {
    let is_free = |standing| matches!(standing, Standing::Open | Standing::Closed);
    let items = found.one.items.iter().filter(|item| is_free(item.known.standing()));
    items.map(|item| (item.known.number.to_string(), format!("{} · {}", item.known.number, first_line(&item.content)))).collect()
}

/// A line of a text, short enough for a choice.
fn first_line(content: &str) -> String {
    const MOST_CHARS: usize = 40;
    content.lines().next().unwrap_or_default().chars().take(MOST_CHARS).collect()
}

/// Units as the choices of a form.
fn units(found: &Readable) -> Vec<(String, String)> {
    let mut units: Vec<(String, String)> = found.names.units.iter().map(|(id, name)| (id.clone(), name.clone())).collect();
    units.sort_by(|one, other| one.1.cmp(&other.1).then_with(|| one.0.cmp(&other.0)));
    units
}

/// What waits for this person before all else: their unit has been told.
pub(super) fn acknowledgement(visitor: &Visitor, found: &Readable, attempt: &Attempt) -> Markup {
    html! { div.columns.no-print { @for one in Act::ALL { @if one.0 == Act::Acknowledge && one.0.is_offered(found) { (section(visitor, found, one, attempt)) } } } }
}

/// All other forms that this person is offered; the roster needs the whole width.
pub(super) fn forms(visitor: &Visitor, found: &Readable, attempt: &Attempt) -> Markup {
    let offered = Act::ALL.into_iter().filter(|(act, ..)| *act != Act::Acknowledge && act.is_offered(found));
    let (wide, narrow): (Vec<_>, Vec<_>) = offered.partition(|(act, ..)| *act == Act::Roster);
    html! {
        @if found.sight == Sight::Whole && wide.len() + narrow.len() > 0 {
            div.masonry.no-print { @for one in narrow { (section(visitor, found, one, attempt)) } }
            @for one in wide { div.columns.no-print { (section(visitor, found, one, attempt)) } }
        }
    }
}

fn section(
    visitor: &Visitor,
    found: &Readable,
    (act, name, key): (Act, &'static str, &'static str),
    attempt: &Attempt,
) -> Markup {
    let blank = Values::default().with("about", &found.one.place);
    let (values, refused) = (attempt.values(name, &blank), attempt.refusal_of(name));
    let address = format!("/instructions/{}/{name}", found.one.id);
    let form = || Form::new(visitor, address.clone(), key, values).named(name);
    let content = match act {
        Act::Acknowledge => form().refused(refused).render(),
        Act::Report => {
            form().choice("item", free_items(found), true).lines("outcome", true).lines("evidence", false).opt_text("paper_number").refused(refused).render()
        }
        Act::Assign => {
            let place = found.names.tree.get(&found.one.place);
            let places = place.map_or_else(Vec::new, |place| governed(visitor, &found.names.tree, place));
            form()
                .lines("content", true)
                .choice("owner", units(found), true)
                .opt_text("post")
                .date("due", true)
                .choice("about", places, true)
                .refused(refused)
                .render()
        }
        Act::Convey => convey_form(visitor, found, &address, values, refused),
        Act::Roster => roster_form(visitor, found, &address, values, refused),
        Act::Enter => {
            let waits = waiting(found, false);
            let units = units(found).into_iter().filter(|(id, _)| waits.contains(id)).collect();
            form().choice("unit", units, true).text("paper").refused(refused).render()
        }
        Act::Drop => form().choice("item", free_items(found), true).lines("reason", true).refused(refused).render(),
        Act::Withdraw => form().lines("reason", true).refused(refused).render(),
    };
    let hint = format!("instructions.{name}_hint");
    let hint = visitor.language.has(&hint).then(|| visitor.t(&hint));
    // What the instruction needs next stands open.
    let is_next = match act {
        Act::Acknowledge => true,
        Act::Report => found.one.items.iter().any(|item| item.known.standing() == Standing::Closed),
        Act::Assign => found.one.stage() == Stage::Received,
        _ => false,
    };
    act_section(visitor, name, key, hint.as_deref(), is_next || attempt.is(name), &content)
}

/// Why a form of its own making was refused, at its field.
fn error(visitor: &Visitor, refused: Option<&Refusal>, field: &str) -> Markup {
    html! { @if let Some(refused) = refused.filter(|refused| refused.field == Some(field)) { p.error id={ "field-" (field) "-error" } { (sentence(visitor, refused)) } } }
}

fn convey_form(visitor: &Visitor, found: &Readable, address: &str, values: &Values, refused: Option<&Refusal>) -> Markup {
    let untold: Vec<(String, String)> =
        units(found).into_iter().filter(|(id, _)| !found.one.told.iter().any(|told| told.unit == *id)).collect();
    html! {
        (error_summary(visitor, refused))
        form.fields method="post" action=(address) {
            (seal_with(visitor, values))
            fieldset id="field-units" { legend { (visitor.t("instructions.units")) }
                (error(visitor, refused, "units"))
                @for (id, name) in &untold {
                    @let field = format!("unit.{id}");
                    label.inline { input type="checkbox" name=(field) value="yes" checked[values.text(&field) == "yes"]; " " (name) }
                }
            }
            div.field {
                label for="field-due" { (visitor.t("instructions.acknowledge_due")) span.quiet { " " (visitor.t("shell.optional")) } }
                (error(visitor, refused, "due"))
                input id="field-due" name="due" type="date" value=(values.text("due"));
            }
            div.actions { button type="submit" { (visitor.t("instructions.convey")) } }
        }
    }
}

/// Names of the fields of a row of the roster.
const SEAT_FIELDS: [&str; 4] = ["seat_unit", "seat_post", "seat_presence", "seat_note"];

/// The roster as a table to be filled in: what was taken before, or what was typed.
fn roster_form(visitor: &Visitor, found: &Readable, address: &str, values: &Values, refused: Option<&Refusal>) -> Markup {
    let known = if refused.is_some() { seats_typed(values) } else { found.one.roster.iter().map(row_of).collect() };
    let rows = (known.len() + MORE_SEATS).clamp(LEAST_SEATS, MOST_SEATS);
    let units = units(found);
    let label = |key: &str, at: usize| format!("{} {}", visitor.t(key), at + 1);
    html! {
        (error_summary(visitor, refused))
        form.fields method="post" action=(address) {
            (seal_with(visitor, values))
            fieldset id="field-roster" { legend { (visitor.t("instructions.roster")) }
                (error(visitor, refused, "roster"))
                div.scroll tabindex="0" { table {
                    thead { tr { th { (visitor.t("field.unit")) } th { (visitor.t("field.post")) } th { (visitor.t("instructions.attendance")) } th { (visitor.t("instructions.note")) } } }
                    tbody { @for at in 0..rows {
                        @let [unit, post, presence, note] = known.get(at).cloned().unwrap_or_default();
                        tr {
                            td { select name={ "seat_unit." (at) } aria-label=(label("field.unit", at)) { option value="" { "—" } @for (id, name) in &units { option value=(id) selected[*id == unit] { (name) } } } }
                            td { input type="text" name={ "seat_post." (at) } value=(post) maxlength="100" aria-label=(label("field.post", at)); }
                            td { select name={ "seat_presence." (at) } aria-label=(label("instructions.attendance", at)) { @for name in Presence::NAMES { option value=(name) selected[name == presence] { (visitor.t(&format!("attendance.{name}"))) } } } }
                            td { input type="text" name={ "seat_note." (at) } value=(note) maxlength="100" aria-label=(label("instructions.note", at)); }
                        }
                    } }
                } }
            }
            div.actions { button type="submit" { (visitor.t("instructions.take_roster")) } }
        }
    }
}

/// A seat as its row shows it.
fn row_of(seat: &Seat) -> [String; 4] {
    [seat.unit.clone(), seat.post.clone(), seat.presence.name().to_owned(), seat.presence.note().to_owned()]
}

/// Rows of the roster in which something was typed.
fn seats_typed(values: &Values) -> Vec<[String; 4]> {
    let row = |at: usize| SEAT_FIELDS.map(|field| values.text(&format!("{field}.{at}")).to_owned());
    (0..MOST_SEATS).map(row).filter(|[unit, post, _, note]| !(unit.is_empty() && post.is_empty() && note.is_empty())).collect()
}

/// The roster as it was typed; a post is present where the form says nothing else.
fn roster(values: &Values) -> Vec<Seat> {
    let seat = |[unit, post, presence, note]: [String; 4]| {
        let presence = Presence::from_name(&presence, &note).unwrap_or(Presence::Present);
        Seat { unit, post, presence }
    };
    seats_typed(values).into_iter().map(seat).collect()
}

/// The command that a form of an instruction asks.
fn command_of(act: Act, found: &Readable, values: &Values) -> Result<Command, Refusal> {
    let instruction = found.one.id.clone();
    let text = |name: &str| values.text(name).to_owned();
    let item = || values.choice("item", |number| number.parse().ok());
    Ok(match act {
        Act::Acknowledge => Command::Acknowledge { instruction, unit: found.names.own_unit.clone().unwrap_or_default(), paper: String::new() },
        Act::Enter => Command::Acknowledge { instruction, unit: text("unit"), paper: text("paper") },
        Act::Assign => Command::Assign {
            instruction,
            place: text("about"),
            content: text("content"),
            unit: text("owner"),
            post: text("post"),
            due: values.date("due")?,
        },
        Act::Convey => {
            let units = values.under("unit.").filter(|(_, value)| *value == "yes").map(|(unit, _)| unit.to_owned()).collect();
            Command::Convey { instruction, units, due: values.opt_date("due")? }
        }
        Act::Roster => Command::TakeRoster { instruction, roster: roster(values) },
        Act::Report => Command::Report { instruction, item: item()?, content: text("outcome"), evidence: text("evidence"), paper: text("paper_number") },
        Act::Drop => Command::Drop { instruction, item: item()?, reason: text("reason") },
        Act::Withdraw => Command::Withdraw { instruction, reason: text("reason") },
    })
}

/// Does what a form of an instruction asks.
pub(super) async fn act(
    State(site): State<Site>,
    visitor: Visitor,
    Path((id, name)): Path<(String, String)>,
    Sent(values): Sent,
) -> Result<Response, Problem> {
    let found = readable(&site, &visitor, &id).await?;
    let act = Act::from_name(&name).ok_or(missing())?;
    let done = async {
        let request = values.request_id()?;
        site.submit(&visitor, request, command_of(act, &found, &values)?).await
    };
    match done.await {
        Ok(_) => Ok(to(&id)),
        Err(problem) => {
            let attempt = Attempt::refused(&name, values, problem)?;
            // Read again: somebody may have been faster, and the page says who.
            show_page(&site, &visitor, &readable(&site, &visitor, &id).await?, &attempt).await
        }
    }
}
