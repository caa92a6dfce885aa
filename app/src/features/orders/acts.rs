//! One order: its clock, what this person may do with it, its course as facts in order, and its papers.

use super::budget::{Budget, Unit};
use super::drafts::{choice_of, limit_name, limits, source_link};
use super::known::{Act, Known, Person, Step, duty, may};
use super::model::{Command, Fact, SourceKind, Stage};
use super::pages::{Names, clock_notice, left_text, rung_mark, stage_lamp, standing, units_text};
use super::rules::told_at;
use super::store::{self, Order};
use super::{drawing, print};
use crate::journal::course::fact_name;
use crate::clock::civil;
use crate::db::Conn;
use crate::features::authority::{Verb, missing};
use crate::features::places::store::Place;
use crate::features::reports::model::Photo;
use crate::features::reports::{copies, photos};
use crate::features::{identity, instructions, organisations, places};
use crate::refusal::Refusal;
use crate::web::Site;
use crate::web::attempt::{Attempt, act_section};
use crate::web::extract::{Files, SentWithFiles};
use crate::web::forms::{Form, Values, error_summary};
use crate::web::layout::{happened, page, photographs};
use crate::web::papers;
use crate::web::problem::{Problem, form_urlencoded};
use crate::web::visitor::Visitor;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::civil::{Date, DateTime};
use maud::{Markup, html};

/// Back to an order.
pub(super) fn to(id: &str) -> Response {
    Redirect::to(&format!("/orders/{id}")).into_response()
}

async fn readable(site: &Site, visitor: &Visitor, id: &str) -> Result<(Order, Place), Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let mut conn = site.reader().await?;
    let order = store::order(&mut conn, id).await?.ok_or(missing())?;
    let place = visitor.place(&mut conn, &order.known.place).await?;
    Ok((order, place))
}

pub(super) async fn show(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    let (order, place) = readable(&site, &visitor, &id).await?;
    show_page(&site, &visitor, &order, &place, &Attempt::default()).await
}

/// Kinds of files that are taken for photographs.
const PICTURES: &str = "image/jpeg,image/png,image/webp";

/// The form of an act.
fn act_form<'a>(visitor: &'a Visitor, known: &Known, person: &Person, act: Act, values: &'a Values, today: Date) -> Form<'a> {
    let form = Form::new(visitor, format!("/orders/{}/{}", known.id, act.name()), act_key(act), values).named(act.name());
    let yes_no = |yes: &str, no: &str| vec![("yes".to_owned(), visitor.t(yes)), ("no".to_owned(), visitor.t(no))];
    match act {
        Act::Approve | Act::Issue => form,
        Act::Sign if person.leads(known) => form,
        Act::Sign => form.text("paper"),
        Act::Report if person.leads(known) => form.lines("outcome", true).lines("evidence", true).files("photos", PICTURES),
        Act::Report => form.lines("outcome", true).lines("evidence", true).files("photos", PICTURES).text("paper"),
        Act::Note | Act::Urge => form.lines("remark", true),
        Act::AskExtension => form.date("until", true).lines("reason", true).lines("progress", true),
        Act::AnswerExtension => form.choice("granted", yes_no("orders.grant", "orders.refuse"), true).date("until", false).lines("reason", true),
        Act::Close => form.lines("evidence", true).files("photos", PICTURES),
        Act::LookBack => form.choice("sound", yes_no("orders.sound", "orders.unsound"), true).lines("finding", true).choice("limit", limits(visitor, today), false),
        Act::Return | Act::Pause | Act::Resume | Act::Withdraw => form.lines("reason", true),
    }
}

/// The key of an act's name.
pub fn act_key(act: Act) -> &'static str {
    match act {
        Act::Approve => "orders.approve",
        Act::Issue => "orders.issue",
        Act::Sign => "orders.sign",
        Act::Report => "orders.report",
        Act::Note => "orders.note",
        Act::AskExtension => "orders.ask",
        Act::AnswerExtension => "orders.answer",
        Act::Urge => "orders.urge",
        Act::Pause => "orders.pause",
        Act::Resume => "orders.resume",
        Act::Close => "orders.close",
        Act::Return => "orders.return",
        Act::LookBack => "orders.look_back",
        Act::Withdraw => "orders.withdraw",
    }
}

/// Whether an act stands open on the page: what is this person's duty now. The rest is folded.
fn is_open(act: Act, duty: Option<Act>) -> bool {
    duty == Some(act) || (act == Act::Return && duty == Some(Act::Close))
}

/// An order.
async fn show_page(site: &Site, visitor: &Visitor, order: &Order, place: &Place, attempt: &Attempt) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let (now, today) = (civil(site.clock.now()), site.clock.today());
    let names = Names::read(&mut conn, site).await?;
    let known = &order.known;
    let account = visitor.account.clone().unwrap_or_default();
    let person = store::person(&mut conn, &account, &visitor.rights, &place.path).await?;
    let acts: Vec<Act> = Act::ALL.iter().map(|(act, _)| *act).filter(|act| may(*act, known, &person, now).is_ok()).collect();
    let parts = store::parts(&mut conn, &known.id).await?;
    let item = match order.source.kind {
        SourceKind::Item => instructions::store::item(&mut conn, &order.source.reference).await?,
        _ => None,
    };
    let parent = match &order.parent {
        Some(parent) => store::order(&mut conn, parent).await?.filter(|found| names.tree.get(&found.known.place).is_some_and(|at| visitor.may(Verb::Read, &at.path))),
        None => None,
    };
    let crumb = places::pages::crumbs_of(&mut conn, visitor, place).await?;
    let is_alone = person.may_govern && known.stage.is_open() && !store::is_somebody_there(&mut conn, &known.lead, &place.path, today).await?;
    drop(conn);
    let budget = known.budget(known.round);
    let duty = duty(known, &person, now);
    let blank = Values::default();
    let form = |act: Act| {
        let name = act.name();
        let form = act_form(visitor, known, &person, act, attempt.values(name, &blank), today).refused(attempt.refusal_of(name));
        act_section(visitor, name, act_key(act), act_hint(visitor, act).as_deref(), is_open(act, duty) || attempt.is(name), &form.render())
    };
    let body = html! {
        (crumb)
        (error_summary(visitor, attempt.of_page()))
        (clock_notice(site, visitor).await)
        div.bar {
            h1 { (order.title) } (stage_lamp(visitor, known, now))
            @if let Some(rung) = standing(known, now) { (rung_mark(visitor, rung)) }
            span.end {}
            @if known.stage.is_open() { span.no-print { (visitor.t("orders.letter")) @for (format, name) in [("pdf", "PDF"), ("docx", "DOCX")] { " " a href={ "/orders/" (known.id) "/letter/" (format) } { (name) } } } }
        }
        @if let Some(budget) = budget.as_ref().filter(|_| known.stage != Stage::Withdrawn) { (clock(visitor, known, budget, now)) }
        dl.facts {
            dt { (visitor.t("field.content")) } dd { (order.content) }
            dt { (visitor.t("field.lead")) } dd { a href={ "/orders?unit=" (form_urlencoded(&known.lead)) "&show=all" } { (names.unit(&known.lead)) } }
            @if !known.supporting.is_empty() { dt { (visitor.t("orders.supporting")) } dd { (visitor.list(known.supporting.iter().map(|one| names.unit(one)))) } }
            dt { (visitor.t("field.place")) } dd { a href={ "/places/" (place.id) } { (names.place(&place.id)) } }
            dt { (visitor.t("orders.source")) } dd {
                (source_link(visitor, &names, &order.source, &known.place))
                @if let Some((whole, item)) = &item { " · " (visitor.tf("instructions.item_of", &[("name", whole.name()), ("item", item.known.number.to_string())])) }
            }
            dt { (visitor.t("orders.rule")) } dd { (rule_text(visitor, known, today)) " " a href="/orders/rules" { (visitor.t("orders.rules")) } }
            @if let Some(parent) = &parent { dt { (visitor.t("orders.part_of")) } dd { a href={ "/orders/" (parent.known.id) } { (parent.title) } } }
            dt { (visitor.t("orders.registered")) } dd { (known.registered()) }
            dt { (visitor.t("shell.last_fact")) } dd { a href={ "/facts?subject=" (known.id) } { "№ " (order.number) } }
        }
        @if is_alone { p.notice.no-print { (visitor.t("orders.nobody_there")) } }
        @if known.is_of_finding() && known.stage == Stage::Reported { p.notice.no-print #by-reinspection { (visitor.t("orders.by_reinspection")) } }
        @if !acts.is_empty() { div.masonry.no-print { @for act in acts { (form(act)) } } }
        @if !parts.is_empty() || (person.may_govern && known.stage.is_open()) {
            h2.no-print[parts.is_empty()] { (visitor.t("orders.parts")) }
            ul.rows { @for part in &parts { li {
                a href={ "/orders/" (part.known.id) } { (part.title) } span { (names.unit(&part.known.lead)) } (stage_lamp(visitor, &part.known, now))
                @if let Some(due) = part.known.budget(part.known.round).and_then(|budget| budget.last_due()) { span.quiet { (visitor.tf("round.due_on", &[("date", due.text())])) } }
            } } }
            @if person.may_govern && known.stage.is_open() { p.no-print { a href={ "/orders/new?parent=" (known.id) } { (visitor.t("orders.add_part")) } } }
        }
        h2 { (visitor.t("orders.course")) }
        (course(visitor, &names, known))
    };
    Ok(attempt.respond(page(site, visitor, &order.title, body)))
}

fn act_hint(visitor: &Visitor, act: Act) -> Option<String> {
    let key = format!("order_hint.{}", act.name());
    visitor.language.has(&key).then(|| visitor.t(&key))
}

fn rule_text(visitor: &Visitor, known: &Known, today: Date) -> String {
    let choice = &known.choice;
    let limit = limit_name(visitor, &choice.preset, &choice.limit, today);
    visitor.tf("orders.rule_text", &[("limit", limit), ("ladder", visitor.t(&format!("order_ladder.{}", choice.ladder)))])
}

/// The clock of the order's round: in words and as a picture.
fn clock(visitor: &Visitor, known: &Known, budget: &Budget, now: DateTime) -> Markup {
    let due = budget.last_due();
    let total = units_text(visitor, budget, budget.total());
    let used = budget.used(now).min(budget.total()).to_string();
    let told = known.told();
    html! {
        section.sheet.clock {
            ul.counts {
                li { b { @match &due { Some(due) => (due.text()), None => "—" } } span { (visitor.t(if budget.is_running() || known.stage == Stage::Closed { "orders.due" } else { "orders.due_before" })) } }
                @if known.stage.is_open() {
                    li { b { (left_text(visitor, known, budget, now)) } span { (visitor.tf("orders.used", &[("used", used), ("total", total)])) } }
                }
                @if let Some(is_on_time) = known.was_on_time(known.round) { li { b { (visitor.t(if is_on_time { "orders.was_on_time" } else { "orders.was_late" })) } span { (visitor.t("orders.on_time")) } } }
                @if known.round > 1 { li { b { (known.round) } span { (visitor.t("orders.round")) } } }
                @if let Some((until, _)) = known.asked() { li { b { (until) } span { (visitor.t("orders.asked")) } } }
            }
            (drawing::clock(visitor, known, budget, now))
            @if let Some(due) = due.as_ref().filter(|due| known.stage.is_open() && !due.missing.is_empty()) {
                p.quiet { (visitor.tf("orders.provisional_why", &[("years", visitor.list(due.missing.iter().map(ToString::to_string)))])) }
            }
            @if let (Some(told), Some(due)) = (told, budget.due()) { @if told != due.on() { p.quiet { (visitor.tf("orders.told", &[("date", told.to_string())])) } } }
        }
    }
}

/// What happened, in order.
fn course(visitor: &Visitor, names: &Names, known: &Known) -> Markup {
    html! {
        ol.course { @for step in &known.steps {
            @let heading = html! { strong { (step_name(visitor, step)) } " " @if let Fact::Rung { rung, .. } = &step.fact { (rung_line(visitor, known, step.round, rung)) } " " span.quiet { (names.person(visitor, known.asked_by(step))) } };
            @let content = html! {
                @for (label, text) in said(visitor, known, step) { p { @if !label.is_empty() { span.quiet { (label) } " " } (text) } }
                (photographs(visitor, &format!("/orders/{}/photos/", known.id), photos_of(&step.fact).iter().map(Photo::name)))
            };
            (happened(step.at, step.number, &heading, &content))
        } }
    }
}

fn step_name(visitor: &Visitor, step: &Step) -> String {
    visitor.t(&format!("fact.orders_{}", fact_name(&step.fact)))
}

/// A rung that was noted, with its paper.
fn rung_line(visitor: &Visitor, known: &Known, round: u32, rung: &str) -> Markup {
    html! { @if let Some(rung) = known.ladder(round).and_then(|ladder| ladder.rung(rung)) {
        (rung_mark(visitor, rung)) " "
        span.no-print { (visitor.t("orders.slip_paper")) @for (format, name) in [("pdf", "PDF"), ("docx", "DOCX")] { " " a href={ "/orders/" (known.id) "/slip/" (rung.id) "/" (format) } { (name) } } }
    } }
}

/// Photographs of a report or of who closed it.
fn photos_of(fact: &Fact) -> &[Photo] {
    match fact {
        Fact::Reported { photos, .. } | Fact::Closed { photos, .. } => photos,
        _ => &[],
    }
}

/// The copy of a photograph.
pub(super) async fn photo(State(site): State<Site>, visitor: Visitor, Path((id, copy)): Path<(String, String)>) -> Result<Response, Problem> {
    let (order, _) = readable(&site, &visitor, &id).await?;
    if !order.known.steps.iter().flat_map(|step| photos_of(&step.fact)).any(|photo| photo.name() == copy) {
        return Err(missing().into());
    }
    copies::answer(&site, &copy).await
}

/// What a fact says: labels and texts.
fn said(visitor: &Visitor, known: &Known, step: &Step) -> Vec<(String, String)> {
    let field = |key: &str, text: &str| (visitor.t(&format!("field.{key}")), text.to_owned());
    let due = |on: &Date| (visitor.t("orders.due"), known.minute_due(step, *on).unwrap_or_else(|| on.to_string()));
    let counts_hours = known.terms(step.round).is_some_and(|terms| terms.unit == Unit::WorkingHours);
    let lines = match &step.fact {
        Fact::Drafted { .. } | Fact::Approved {} => Vec::new(),
        Fact::Issued { terms, due_on } => vec![due(due_on), (String::new(), visitor.tf(&format!("order_unit.{}", terms.unit.name()), &[("count", terms.amount.to_string())]))],
        Fact::Signed { paper } => vec![field("paper", paper)],
        Fact::Noted { content } | Fact::Urged { content } => vec![(String::new(), content.clone())],
        Fact::ExtensionAsked { until, reason, progress } => vec![field("until", &until.to_string()), field("reason", reason), field("progress", progress)],
        Fact::Extended { until, reason } => vec![field("until", &until.to_string()), field("reason", reason)],
        Fact::ExtensionRefused { reason } | Fact::Paused { reason } | Fact::Withdrawn { reason } | Fact::ClockTrusted { reason } => vec![field("reason", reason)],
        Fact::Resumed { reason, due_on } | Fact::Returned { reason, due_on } => vec![field("reason", reason), due(due_on)],
        Fact::Reported { content, evidence, paper, .. } => vec![(String::new(), content.clone()), field("evidence", evidence), field("paper", paper)],
        Fact::Closed { evidence, .. } => vec![field("evidence", evidence)],
        Fact::LookedBack { finding } => vec![field("finding", finding)],
        Fact::Reopened { finding, due_on, .. } => vec![field("finding", finding), due(due_on)],
        Fact::Rung { reached_at, .. } => {
            let is_urgent = known.terms(step.round).is_some_and(|terms| terms.is_urgent);
            // Noted later than it was reached: nothing ran, or somebody had to look at the clock first.
            let told = told_at(step.at.max(*reached_at), is_urgent);
            let text = |at: DateTime| at.strftime("%Y-%m-%d %H:%M").to_string();
            vec![(visitor.t("orders.reached"), if counts_hours { text(*reached_at) } else { reached_at.date().to_string() }), (visitor.t("orders.told_at"), text(told))]
        }
        Fact::Redated { due_on } => vec![due(due_on)],
    };
    lines.into_iter().filter(|(_, text)| !text.is_empty()).collect()
}

fn command_of(act: Act, known: &Known, values: &Values, photos: Vec<Photo>) -> Result<Command, Refusal> {
    let order = known.id.clone();
    let text = |name: &str| values.text(name).to_owned();
    let is_yes = |name: &'static str| values.choice(name, |said| matches!(said, "yes" | "no").then_some(said == "yes"));
    Ok(match act {
        Act::Approve => Command::Approve { order },
        Act::Issue => Command::Issue { order },
        Act::Sign => Command::Sign { order, paper: text("paper") },
        Act::Report => Command::Report { order, content: text("outcome"), evidence: text("evidence"), photos, paper: text("paper") },
        Act::Note => Command::Note { order, content: text("remark") },
        Act::Urge => Command::Urge { order, content: text("remark") },
        Act::AskExtension => Command::AskExtension { order, until: values.date("until")?, reason: text("reason"), progress: text("progress") },
        Act::AnswerExtension => Command::AnswerExtension { order, is_granted: is_yes("granted")?, until: values.opt_date("until")?, reason: text("reason") },
        Act::Pause => Command::Pause { order, reason: text("reason") },
        Act::Resume => Command::Resume { order, reason: text("reason") },
        Act::Return => Command::Return { order, reason: text("reason") },
        Act::Close => Command::Close { order, evidence: text("evidence"), photos },
        Act::LookBack => Command::LookBack { order, is_sound: is_yes("sound")?, finding: text("finding"), choice: choice_of(&values.clone().with("ladder", &known.choice.ladder)) },
        Act::Withdraw => Command::Withdraw { order, reason: text("reason") },
    })
}

/// Does what a form of an order asks.
pub(super) async fn act(State(site): State<Site>, visitor: Visitor, Path((id, name)): Path<(String, String)>, sent: SentWithFiles) -> Result<Response, Problem> {
    let (order, place) = readable(&site, &visitor, &id).await?;
    let act = Act::from_name(&name).ok_or(missing())?;
    let SentWithFiles { values, files } = sent;
    let done = async {
        let request = values.request_id()?;
        // Pictures are drawn for nobody who may not do this: drawing costs.
        let person = store::person(&mut site.reader().await?, visitor.account.as_deref().unwrap_or_default(), &visitor.rights, &place.path).await?;
        let files = if may(act, &order.known, &person, civil(site.clock.now())).is_ok() { files } else { Files::default() };
        let (photos, documents) = photos::take(&site, files).await??;
        site.submit_with(&visitor, request, command_of(act, &order.known, &values, photos)?, documents).await
    };
    match done.await {
        Ok(_) => Ok(to(&id)),
        Err(problem) => {
            let attempt = Attempt::refused(act.name(), values, problem)?;
            // Read again: somebody may have been faster, and the page says who.
            let (order, place) = readable(&site, &visitor, &id).await?;
            show_page(&site, &visitor, &order, &place, &attempt).await
        }
    }
}

/// The letter by which an open order is issued.
pub(super) async fn letter(State(site): State<Site>, visitor: Visitor, Path((id, format)): Path<(String, String)>) -> Result<Response, Problem> {
    let (order, _) = readable(&site, &visitor, &id).await?;
    if !order.known.stage.is_open() {
        return Err(missing().into());
    }
    let mut conn = site.reader().await?;
    let names = Names::read(&mut conn, &site).await?;
    let issuer = issuer(&mut conn, &visitor, &order.known).await?;
    drop(conn);
    let paper = print::letter(&site, &visitor, &names, &order, &issuer);
    papers::download(&visitor, paper, &format, &format!("guatu-order-{}", site.clock.today())).await
}

/// The slip of a rung that was reached.
pub(super) async fn slip(State(site): State<Site>, visitor: Visitor, Path((id, rung, format)): Path<(String, String, String)>) -> Result<Response, Problem> {
    let (order, _) = readable(&site, &visitor, &id).await?;
    let known = &order.known;
    let step = known.steps.iter().rev().find(|step| matches!(&step.fact, Fact::Rung { rung: noted, .. } if *noted == rung)).ok_or(missing())?;
    let rung = known.ladder(step.round).and_then(|ladder| ladder.rung(&rung)).ok_or(missing())?;
    let mut conn = site.reader().await?;
    let names = Names::read(&mut conn, &site).await?;
    let issuer = issuer(&mut conn, &visitor, known).await?;
    drop(conn);
    let paper = print::slip(&site, &visitor, &names, &order, &issuer, (rung, step));
    papers::download(&visitor, paper, &format, &format!("guatu-slip-{}", step.at.date())).await
}

/// The body that issues: where whoever issued it works.
async fn issuer(conn: &mut Conn, visitor: &Visitor, known: &Known) -> Result<String, Problem> {
    let by = known.steps.iter().find(|step| matches!(step.fact, Fact::Issued { .. })).map(|step| known.asked_by(step).to_owned()).unwrap_or_default();
    let organisation = match identity::store::account(conn, &by).await?.and_then(|account| account.organisation) {
        Some(organisation) => organisations::get(conn, &organisation).await?.map(|one| one.name),
        None => None,
    };
    Ok(organisation.unwrap_or_else(|| visitor.t("bulletin.office")))
}
