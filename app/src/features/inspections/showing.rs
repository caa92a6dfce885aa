//! What an inspection shows: its plan and the proof of it, scores, findings, clocks and its course as facts in order.

use super::checklists::{self, Checklist, Outcome};
use super::draw::Drawing;
use super::known::{Known, Step};
use super::model::{Datum, Fact, Moment, Position, Stage, Verdict};
use crate::web::layout::{happened, photographs};
use crate::clock::{civil, civil_time, instant};
use super::pages::{Names, basis_key, scored_of, tenths};
use super::sealing::{Basis, Opening, Stop, Succession};
use crate::features::reports::model::Photo;
use crate::features::authority::Verb;
use crate::features::orders;
use crate::features::orders::model::Stage as OrderStage;
use crate::web::visitor::Visitor;
use jiff::civil::DateTime;
use maud::{Markup, html};

pub(super) fn stage_lamp(visitor: &Visitor, known: &Known) -> Markup {
    let text = visitor.t(&format!("inspection_stage.{}", known.stage.name()));
    let verdict = known.concluded().and_then(|step| match &step.fact {
        Fact::Concluded { verdict, .. } => Some(*verdict),
        _ => None,
    });
    html! { span.lamp.bad[verdict == Some(Verdict::Grave)].warn[verdict == Some(Verdict::Defects)].good[verdict == Some(Verdict::Sound)].idle[verdict.is_none()] {
        (text) @if let Some(verdict) = verdict { " · " (visitor.t(&format!("inspection_verdict.{}", verdict.name()))) }
    } }
}

pub(super) fn plan_facts(visitor: &Visitor, names: &Names, stop: &Stop, successions: &[Succession]) -> Markup {
    let handed = |one: &Succession| visitor.tf("handing.from_to", &[("leaving", names.person(&one.leaving).to_owned()), ("coming", names.person(&one.coming).to_owned())]);
    html! {
        dt { (visitor.t("field.place")) } dd { a href={ "/places/" (stop.place) } { (names.place(&stop.place)) } }
        dt { (visitor.t("inspections.people")) } dd { (visitor.list(stop.inspectors.iter().map(|one| names.person(one)))) }
        @for one in successions { dt { (visitor.t("handing.handed")) } dd { (handed(one)) " · " (civil_time(&one.taken_at)) } }
        dt { (visitor.t("inspections.basis")) } dd { (visitor.t(basis_key(&stop.basis))) @if let Basis::Directed { reason } = &stop.basis { " · " (reason) } }
        @if !stop.again.is_empty() { dt { (visitor.t("field.again")) } dd { (stop.again) } }
        @if stop.days > 1 { dt { (visitor.t("field.visit_days")) } dd { (stop.days) } }
        @if !stop.beyond.is_empty() { dt { (visitor.t("field.beyond")) } dd { (stop.beyond) } }
        dt { (visitor.t("inspections.made_by")) } dd { (names.person(&stop.made_by)) }
        dt { (visitor.t("inspections.last_day")) } dd { (stop.until) }
    }
}

pub(super) fn proof_mark(visitor: &Visitor, is_proved: bool) -> Markup {
    html! { span.lamp.good[is_proved].bad[!is_proved] { (visitor.t(if is_proved { "inspections.proved" } else { "inspections.unproved" })) } }
}

/// Until when the target may object, and until when that is answered.
pub(super) fn clocks(visitor: &Visitor, known: &Known, now: DateTime) -> Markup {
    let objection = known.objection_clock().filter(|_| known.stage == Stage::Delivered);
    let answer = known.answer_clock().filter(|_| known.stage == Stage::Objected);
    let clock = |key: &str, clock: &orders::budget::Budget| visitor.tf(key, &[("date", clock.last_due().map_or_else(String::new, |due| due.text()))]);
    html! {
        @if known.stage == Stage::Concluded { p { (visitor.t("inspections.not_received")) } }
        @if let Some(one) = &objection { p { (clock(if one.is_over(now) { "inspections.objection_over" } else { "inspections.objection_until" }, one)) } }
        @if let Some(one) = &answer { p { (clock("inspections.answer_until", one)) @if one.is_over(now) { " " span.lamp.bad { (visitor.t("orders.is_over")) } } } }
    }
}

/// That the plan stood before it was opened.
pub(super) fn proof(visitor: &Visitor, known: &Known, seal: Option<&(String, u64, DateTime)>) -> Markup {
    let opened = known.steps.first();
    html! {
        @match (seal, opened) {
            (Some((root, number, at)), Some(opened)) => {
                (proof_mark(visitor, known.opening.is_proved_by(root) && *number < opened.number)) " "
                (visitor.tf("inspections.sealed_then", &[("sealed", at.strftime("%Y-%m-%d %H:%M").to_string()), ("number", number.to_string()), ("opened", opened.at.strftime("%Y-%m-%d %H:%M").to_string())]))
            }
            _ => (proof_mark(visitor, false)),
        }
    }
}

/// That the seed gives the place and the people.
pub(super) fn draw_proof(visitor: &Visitor, stop: &Stop, drawing: Option<&(Opening<Drawing>, u64)>, seal: Option<&(String, u64, DateTime)>) -> Markup {
    html! {
        @match drawing {
            Some((opening, number)) => {
                (proof_mark(visitor, opening.gives(stop) && seal.is_some_and(|(root, ..)| opening.is_proved_by(root))))
                @if visitor.may(Verb::Read, "/") { " " a href={ "/inspections/draws/" (stop.plan) } { "№ " (number) } } @else { " № " (number) }
            }
            None => (visitor.t("inspections.draw_sealed")),
        }
    }
}

pub(super) fn scores(visitor: &Visitor, results: &[(&'static Checklist, Outcome)]) -> Markup {
    html! { div.scroll tabindex="0" role="region" aria-label=(visitor.t("inspections.scores")) { table {
        thead { tr { th { (visitor.t("inspections.subject")) } th.number { (visitor.t("inspections.points")) } th { (visitor.t("inspections.scored")) } th { (visitor.t("inspections.grade")) } th { (visitor.t("inspections.rule")) } } }
        tbody { @for (list, outcome) in results {
            tr { th scope="row" { (visitor.t(&format!("checklist.{}", list.id))) } td.number { (tenths(outcome.total_e1)) } td { (scored_of(visitor, outcome)) } td { (visitor.t(&format!("checklist_grade.{}", outcome.grade.name()))) } td { (visitor.t(match list.rule { checklists::Rule::Jgj59 => "inspections.short_jgj59", checklists::Rule::Own => "inspections.short_own" })) } }
            @if list.tables.len() > 1 || outcome.tables.iter().any(|table| table.zero.is_some()) { @for table in &outcome.tables { tr {
                td.quiet { (visitor.t(&format!("checklist_table.{}", table.id))) } td.number { (tenths(table.score_e1)) } td colspan="3" { @if let Some(zero) = table.zero { (visitor.t(match zero { checklists::Zero::Item => "inspections.zero_item", checklists::Zero::Sum => "inspections.zero_sum", checklists::Zero::Nothing => "inspections.zero_nothing" })) } }
            } } }
        } }
    } } }
}

pub(super) fn finding(visitor: &Visitor, names: &Names, stop: &Stop, step: &Step, order: Option<&(String, OrderStage)>) -> Markup {
    let Fact::Found { content, severity, lead, photos, moment, taken, .. } = &step.fact else { return html! {} };
    let heading = html! { strong { (visitor.t(&format!("finding_severity.{severity}"))) } " " (content) };
    let content = html! {
        p { (names.unit(lead)) @if let Some((order, stage)) = order { " · " a href={ "/orders/" (order) } { (visitor.t("nav.orders")) } " " (visitor.t(&format!("order_stage.{}", stage.name()))) } }
        @for line in moment.iter().flat_map(|moment| moment_text(visitor, moment, step.at)) { p.quiet { (line) } }
        (photographs(visitor, &format!("/inspections/{}/photos/", stop.id), photos.iter().map(Photo::name)))
        @if !taken.is_empty() { details { summary { (visitor.t("inspections.taken")) } ol { @for one in taken { li.quiet { (moment_text(visitor, one, step.at).join(" ")) } } } } }
    };
    happened(step.at, step.number, &heading, &content)
}

/// Digits of a fingerprint that a page shows.
const SHORT_PRINT: usize = 12;

/// What a fact says, in lines.
pub(super) fn said(visitor: &Visitor, step: &Step) -> Vec<String> {
    let at_phone = |moment: &Moment| moment_text(visitor, moment, step.at);
    match &step.fact {
        Fact::Opened { position, moment, .. } => position.iter().map(|position| position_text(visitor, position)).chain(moment.iter().flat_map(at_phone)).collect(),
        Fact::Arrived { moment } => at_phone(moment),
        Fact::Signed { signature, moment } => {
            let line = match signature {
                Some(signature) => visitor.tf("inspections.signature", &[("print", signature.chars().take(SHORT_PRINT).collect())]),
                None => visitor.t("inspections.typed_name"),
            };
            std::iter::once(line).chain(moment.iter().flat_map(at_phone)).collect()
        }
        Fact::Filled { form } => vec![visitor.tf("inspections.form", &[("print", form.chars().take(SHORT_PRINT).collect())])],
        Fact::Scored { checklist, moment, .. } => std::iter::once(visitor.t(&format!("checklist.{checklist}"))).chain(moment.iter().flat_map(at_phone)).collect(),
        Fact::Found { content, .. } | Fact::Objected { content } | Fact::Concluded { content, .. } => vec![content.clone()],
        Fact::Acknowledged { content } if !content.is_empty() => vec![content.clone()],
        Fact::Received { paper } if !paper.is_empty() => vec![paper.clone()],
        Fact::Answered { is_upheld, content } => vec![visitor.t(if *is_upheld { "inspections.upheld" } else { "inspections.changed" }), content.clone()],
        Fact::Proposed { consequence, content } => vec![visitor.t(&format!("consequence.{}", consequence.name())), content.clone()],
        Fact::Settled { is_approved, reason } => vec![visitor.t(if *is_approved { "inspections.approved" } else { "inspections.refused" }), reason.clone()],
        Fact::Reinspected { is_done, content, .. } => vec![visitor.t(if *is_done { "inspections.done" } else { "inspections.not_done" }), content.clone()],
        _ => Vec::new(),
    }
}

/// When and where something was captured, as the phone said; a clock that went wrong is called so.
fn moment_text(visitor: &Visitor, moment: &Moment, recorded_at: DateTime) -> Vec<String> {
    let at = civil(moment.phone_at).strftime("%Y-%m-%d %H:%M:%S").to_string();
    let key = if instant(recorded_at).is_some_and(|recorded_at| moment.is_doubtful(recorded_at)) { "inspections.phone_doubtful" } else { "inspections.phone_at" };
    let minutes = |seconds: i64| (seconds / 60).to_string();
    let mut lines = vec![visitor.tf(key, &[("at", at), ("behind", minutes(moment.behind_s)), ("set_back", minutes(i64::from(moment.set_back_s)))])];
    lines.extend(moment.position.iter().map(|position| position_text(visitor, position)));
    lines
}

fn position_text(visitor: &Visitor, position: &Position) -> String {
    let degrees = |value_e6: i64| format!("{}{}.{:06}", if value_e6 < 0 { "-" } else { "" }, value_e6.abs() / 1_000_000, value_e6.abs() % 1_000_000);
    let accuracy = position.accuracy_m.map_or_else(|| "—".to_owned(), |metres| metres.to_string());
    visitor.tf(if position.datum == Datum::Wgs84 { "inspections.position" } else { "inspections.position_gcj02" }, &[("latitude", degrees(position.latitude_e6)), ("longitude", degrees(position.longitude_e6)), ("accuracy", accuracy)])
}
