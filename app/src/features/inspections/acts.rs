//! One inspection: who may see it, what this person may do in it, and its papers.

use super::checklists::{self, Checklist};
use super::draw::RULES;
use super::known::{Act, Known, Person, Step, Unopened, may};
use super::model::{Command, Consequence, Datum, Fact, Moment, Position, Refused, Source, Verdict};
use super::pages::{Names, hour_text, may_know, outcomes, rule_key};
use super::plans::named;
use super::sealing::Basis;
use super::showing::{clocks, draw_proof, finding, plan_facts, proof, said, scores, stage_lamp};
use super::{print, store};
use crate::journal::course::fact_name;
use crate::clock::civil;
use crate::db::Conn;
use crate::features::authority::{Verb, missing};
use crate::features::orders::model::Stage as OrderStage;
use crate::features::places::store::Place;
use crate::features::reports::model::Photo;
use crate::features::reports::{copies, photos};
use crate::features::task_force::model::{Holder, Seat};
use crate::features::{identity, orders, organisations, places, task_force};
use crate::journal::Receipt;
use guatu_formats::wide::narrow;
use crate::refusal::Refusal;
use crate::web::Site;
use crate::web::attempt::{Attempt, act_section};
use crate::web::extract::{Files, Query, SentWithFiles};
use crate::web::forms::{Form, Values, error_summary, form_response, refusal, seal_with};
use crate::web::layout::{crumbs, happened, page};
use crate::web::papers;
use crate::web::problem::{Problem, form_urlencoded};
use crate::web::visitor::Visitor;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use maud::html;
use std::collections::BTreeMap;

pub(super) async fn of_finding(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let (inspection, _) = store::finding(&mut site.reader().await?, &id).await?.ok_or(missing())?;
    readable(&site, &visitor, &inspection).await?;
    Ok(Redirect::to(&format!("/inspections/{inspection}#findings")).into_response())
}

fn to(id: &str) -> Response {
    Redirect::to(&format!("/inspections/{id}")).into_response()
}

pub(super) async fn readable(site: &Site, visitor: &Visitor, id: &str) -> Result<(Known, u64, Place), Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let mut conn = site.reader().await?;
    let (known, number) = store::inspection(&mut conn, id).await?.ok_or(missing())?;
    let place = visitor.place(&mut conn, &known.stop().place).await?;
    Ok((known, number, place))
}

/// A stop that is sealed, for whoever may know of it.
pub(super) async fn knowable(site: &Site, visitor: &Visitor, id: &str) -> Result<Option<Unopened>, Problem> {
    let mut conn = site.reader().await?;
    let Some(unopened) = store::unopened(&mut conn, id).await? else { return Ok(None) };
    let is_known = may_know(&mut conn, visitor, &unopened.stop, site.clock.today()).await?;
    Ok(is_known.then_some(unopened))
}

pub(super) async fn show(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    if let Some(unopened) = knowable(&site, &visitor, &id).await? {
        return sealed_page(&site, &visitor, &unopened, &Values::default(), None).await;
    }
    let (known, number, place) = readable(&site, &visitor, &id).await?;
    show_page(&site, &visitor, &known, number, &place, &Attempt::default()).await
}

/// The page of a stop that is sealed.
async fn sealed_page(site: &Site, visitor: &Visitor, unopened: &Unopened, values: &Values, refused: Option<&Refusal>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let names = Names::read(&mut conn, site).await?;
    drop(conn);
    let stop = &unopened.stop;
    let goes = visitor.account.as_ref().is_some_and(|account| stop.inspectors.contains(account));
    let refused = refused.map(|refusal| named(visitor, refusal, &names));
    let body = html! {
        (crumbs(visitor, &[("/inspections".to_owned(), visitor.t("nav.inspections"))]))
        div.bar { h1 { (names.place(&stop.place)) } span.lamp.idle { (visitor.t("inspections.sealed_state")) } }
        aside.notice { p { (visitor.t("inspections.secret")) } }
        dl.facts {
            (plan_facts(visitor, &names, stop, &unopened.successions))
            dt { (visitor.t("inspections.seal")) } dd { @match &unopened.opening { Some(opening) => (visitor.tf("inspections.sealed_in", &[("hour", hour_text(&opening.hour))])), None => (visitor.t("inspections.not_sealed")) } }
        }
        @if goes { section.sheet {
            h2 { (visitor.t("inspection_act.check_in")) }
            p.hint { (visitor.t("inspections.check_in_hint")) }
            (Form::new(visitor, format!("/inspections/{}/check_in", stop.id), "inspection_act.check_in", values).opt_text("position").number("accuracy_m").refused(refused.as_ref()).render())
        } }
    };
    Ok(form_response(refused.as_ref(), page(site, visitor, &visitor.t("inspections.sealed_state"), body)))
}

/// Kinds of files that are taken for photographs.
const PICTURES: &str = "image/jpeg,image/png,image/webp";

fn act_key(act: Act) -> &'static str {
    match act {
        Act::CheckIn => "inspection_act.check_in",
        Act::Score => "inspection_act.score",
        Act::Find => "inspection_act.find",
        Act::Sign => "inspection_act.sign",
        Act::Acknowledge => "inspection_act.acknowledge",
        Act::Conclude => "inspection_act.conclude",
        Act::Receive => "inspection_act.receive",
        Act::Object => "inspection_act.object",
        Act::Answer => "inspection_act.answer",
        Act::Propose => "inspection_act.propose",
        Act::Settle => "inspection_act.settle",
        Act::Reinspect => "inspection_act.reinspect",
    }
}

/// What forms of an inspection choose from.
struct Choices {
    units: Vec<(String, String)>,
    /// Findings that wait for somebody to look again.
    reported: Vec<(String, String)>,
}

fn act_form<'a>(visitor: &'a Visitor, id: &str, person: &Person, act: Act, values: &'a Values, choices: &Choices) -> Form<'a> {
    let form = Form::new(visitor, format!("/inspections/{id}/{}", act.name()), act_key(act), values);
    let named = |names: &[&str], table: &str| names.iter().map(|name| ((*name).to_owned(), visitor.t(&format!("{table}.{name}")))).collect::<Vec<_>>();
    let yes_no = |yes: &str, no: &str| vec![("yes".to_owned(), visitor.t(yes)), ("no".to_owned(), visitor.t(no))];
    match act {
        Act::CheckIn | Act::Score => form,
        Act::Find => {
            let severities: Vec<&str> = RULES.severity.iter().map(|one| one.id.as_str()).collect();
            form.lines("finding", true).choice("severity", named(&severities, "finding_severity"), true).choice("lead", choices.units.clone(), true).files("photos", PICTURES)
        }
        Act::Sign => form.opt_text("own_name").files("signature", PICTURES),
        Act::Acknowledge => form.text("own_name").lines("remark", false),
        Act::Conclude => form.choice("verdict", named(&Verdict::ALL.map(|(_, name)| name), "inspection_verdict"), true).lines("conclusion", true),
        Act::Receive if person.is_target => form,
        Act::Receive => form.text("paper"),
        Act::Object => form.lines("objection", true),
        Act::Answer => form.choice("upheld", yes_no("inspections.upheld", "inspections.changed"), true).lines("reason", true),
        Act::Propose => form.choice("consequence", named(&Consequence::ALL.map(|(_, name)| name), "consequence"), true).lines("reason", true),
        Act::Settle => form.choice("approved", yes_no("inspections.approved", "inspections.refused"), true).lines("reason", true),
        Act::Reinspect => form.choice("found", choices.reported.clone(), true).choice("done", yes_no("inspections.done", "inspections.not_done"), true).lines("finding", true).files("photos", PICTURES),
    }
}

/// Units by how likely one puts things right: who builds, who else sits in the task force of the place's project, all others.
pub(super) async fn units(conn: &mut Conn, place: &Place) -> Result<Vec<(String, String)>, Problem> {
    let mut seated = Vec::new();
    for above in place.path.trim_matches('/').split('/') {
        for member in task_force::store::members(conn, above).await?.into_iter().filter(|member| member.to.is_none()) {
            if let Holder::Organisation(unit) = member.holder {
                seated.push((member.seat != Seat::Contractor, unit));
            }
        }
    }
    seated.sort_by_key(|(is_other, _)| *is_other);
    let mut all: Vec<(String, String)> = organisations::all(conn).await?.into_iter().map(|one| (one.id, one.name)).collect();
    all.sort_by_key(|(id, _)| seated.iter().position(|(_, unit)| unit == id).unwrap_or(usize::MAX));
    Ok(all)
}

async fn show_page(site: &Site, visitor: &Visitor, known: &Known, number: u64, place: &Place, attempt: &Attempt) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let (now, today) = (civil(site.clock.now()), site.clock.today());
    let names = Names::read(&mut conn, site).await?;
    let stop = known.stop();
    let account = visitor.account.clone().unwrap_or_default();
    let person = store::person(&mut conn, &account, &visitor.rights, &place.path, today).await?;
    let mut ordered: BTreeMap<&str, (String, OrderStage)> = BTreeMap::new();
    for (id, _) in known.findings() {
        if let Some((_, order)) = store::finding(&mut conn, id).await?
            && let Some(found) = orders::store::order(&mut conn, &order).await?
        {
            ordered.insert(id, (order, found.known.stage));
        }
    }
    let mut choices = Choices { units: Vec::new(), reported: Vec::new() };
    for (id, step) in known.findings() {
        if let Fact::Found { content, .. } = &step.fact
            && ordered.get(id).is_some_and(|(_, stage)| *stage == OrderStage::Reported)
            && step.by != account
        {
            choices.reported.push((id.to_owned(), content.chars().take(40).collect()));
        }
    }
    let is_offered = |act: &Act| may(*act, known, &person, now).is_ok() && (*act != Act::Reinspect || !choices.reported.is_empty());
    let acts: Vec<Act> = Act::ALL.iter().map(|(act, _)| *act).filter(is_offered).collect();
    choices.units = units(&mut conn, place).await?;
    let seal = store::seal_of(&mut conn, &known.opening.hour).await?;
    let drawing = store::drawing(&mut conn, &stop.plan).await?;
    let drawing_seal = match &drawing {
        Some((opening, _)) => store::seal_of(&mut conn, &opening.hour).await?,
        None => None,
    };
    let crumb = places::pages::crumbs_of(&mut conn, visitor, place).await?;
    drop(conn);
    let blank = Values::default();
    let form = |act: Act| {
        let name = act.name();
        let form = act_form(visitor, &stop.id, &person, act, attempt.values(name, &blank), &choices).refused(attempt.refusal_of(name));
        let is_next = matches!(act, Act::Receive | Act::Answer | Act::Settle | Act::Reinspect);
        act_section(visitor, name, act_key(act), None, is_next || attempt.is(name), &form.render())
    };
    let checklists: Vec<&Checklist> = checklists::checklists().iter().filter(|list| list.holds(today)).collect();
    let results = outcomes(known);
    let conclusion = known.concluded().and_then(|step| match &step.fact {
        Fact::Concluded { content, .. } => Some((step, content)),
        _ => None,
    });
    let body = html! {
        (crumb)
        (error_summary(visitor, attempt.of_page()))
        div.bar {
            h1 { (visitor.t("inspections.one")) " · " (names.place(&place.id)) } (stage_lamp(visitor, known)) span.end {}
            @if conclusion.is_some() { span.no-print { (visitor.t("inspections.paper")) @for (format, name) in [("pdf", "PDF"), ("docx", "DOCX")] { " " a href={ "/inspections/" (stop.id) "/paper/" (format) } { (name) } } } }
        }
        @if let Some((step, content)) = conclusion { section.sheet { h2 { (visitor.t("inspections.conclusion")) } p { (content) } p.quiet { (names.person(&step.by)) " · " (step.at.date()) " · № " (step.number) } (clocks(visitor, known, now)) } }
        dl.facts {
            (plan_facts(visitor, &names, stop, known.successions()))
            dt { (visitor.t("inspections.seal")) } dd { (proof(visitor, known, seal.as_ref())) }
            @if let Basis::Drawn { .. } = &stop.basis { dt { (visitor.t("inspections.the_draw")) } dd { (draw_proof(visitor, stop, drawing.as_ref(), drawing_seal.as_ref())) } }
            dt { (visitor.t("shell.last_fact")) } dd { a href={ "/facts?subject=" (stop.id) } { "№ " (number) } }
        }
        @if acts.contains(&Act::Score) { section.sheet.no-print {
            h2 { (visitor.t("inspection_act.score")) }
            p.bar.choices { @for list in checklists { a.button.second href={ "/inspections/" (stop.id) "/score?checklist=" (list.id) } { (visitor.t(&format!("checklist.{}", list.id))) } } }
            p.hint { (visitor.t("inspections.verify_hint")) " " a href={ "/reports?place=" (form_urlencoded(&place.id)) } { (visitor.t("nav.reports")) } }
        } }
        @if acts.iter().any(|act| *act != Act::Score) { div.masonry.no-print { @for act in acts.iter().filter(|act| **act != Act::Score) { (form(*act)) } } }
        @if !results.is_empty() { h2 { (visitor.t("inspections.scores")) } (scores(visitor, &results)) p { a href="/inspections/rules" { (visitor.t("inspections.rules")) } } }
        h2 #findings { (visitor.t("inspections.findings")) }
        @if ordered.is_empty() { p.empty { (visitor.t("inspections.no_findings")) } }
        ol.course { @for (id, step) in known.findings() { (finding(visitor, &names, stop, step, ordered.get(id))) } }
        h2 { (visitor.t("orders.course")) }
        ol.course { @for step in &known.steps {
            @let heading = html! { strong { (visitor.t(&format!("fact.inspections_{}", fact_name(&step.fact)))) } " " span.quiet { @if step.by == "system" { (visitor.t("ledger.system")) } @else { (names.person(&step.by)) } } };
            (happened(step.at, step.number, &heading, &html! { @for line in said(visitor, step) { p { (line) } } }))
        } }
    };
    Ok(attempt.respond(page(site, visitor, &names.place(&place.id), body)))
}

/// What an address asks of the form of a checklist.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Scoring {
    checklist: Option<String>,
}

pub(super) async fn score_form(State(site): State<Site>, visitor: Visitor, Path((id, name)): Path<(String, String)>, Query(scoring): Query<Scoring>) -> Result<Response, Problem> {
    let (known, _, place) = readable(&site, &visitor, &id).await?;
    if name != Act::Score.name() {
        return Err(missing().into());
    }
    let list = checklists::checklist(scoring.checklist.as_deref().unwrap_or_default()).ok_or(missing())?;
    let mut values = Values::default().with("checklist", &list.id);
    if let Some(points) = known.scores().get(list.id.as_str()) {
        for (item, points) in *points {
            values = values.with(&format!("item-{item}"), points);
        }
    }
    score_page(&site, &visitor, &known, &place, list, &values, None).await
}

async fn score_page(site: &Site, visitor: &Visitor, known: &Known, place: &Place, list: &'static Checklist, values: &Values, refused: Option<&Refusal>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let account = visitor.account.clone().unwrap_or_default();
    let person = store::person(&mut conn, &account, &visitor.rights, &place.path, site.clock.today()).await?;
    let crumb = places::pages::crumbs_of(&mut conn, visitor, place).await?;
    drop(conn);
    may(Act::Score, known, &person, civil(site.clock.now())).map_err(Refusal::from)?;
    let id = &known.stop().id;
    let title = visitor.t(&format!("checklist.{}", list.id));
    let body = html! {
        (crumb)
        h1 { (title) }
        p { a href={ "/inspections/" (id) } { (visitor.t("inspections.back")) } }
        p.hint { (visitor.tf("inspections.scored_of", &[("scored", list.items().filter(|item| !values.text(&format!("item-{}", item.id)).trim().is_empty()).count().to_string()), ("items", list.items().count().to_string())])) " " (visitor.t("inspections.score_hint")) " " (visitor.t(rule_key(list))) }
        (error_summary(visitor, refused))
        form.fields #field-checklist method="post" action={ "/inspections/" (id) "/score" } {
            (seal_with(visitor, values))
            input type="hidden" name="checklist" value=(list.id);
            @for table in &list.tables {
                fieldset {
                    legend { (visitor.t(&format!("checklist_table.{}", table.id))) }
                    @for item in &table.items {
                        @let field = format!("item-{}", item.id);
                        div.field {
                            label for=(field) { (visitor.t(&format!("checklist_item.{}", item.id))) " " span.quiet { "0–" (item.points) } @if item.is_guarantee { " " span.tag { (visitor.t("inspections.guarantee")) } } }
                            input id=(field) name=(field) type="number" min="0" max=(item.points) inputmode="numeric" value=(values.text(&field));
                        }
                    }
                }
            }
            div.actions { button type="submit" { (visitor.t("inspections.keep_score")) } }
        }
    };
    Ok(form_response(refused, page(site, visitor, &title, body)))
}

/// Points of the items that have some.
fn points(values: &Values) -> Result<BTreeMap<String, u32>, Refusal> {
    let mut points = BTreeMap::new();
    for (item, text) in values.under("item-").filter(|(_, text)| !text.trim().is_empty()) {
        let number = narrow(text).trim().parse().map_err(|_| Refused::NotPoints { item: format!("checklist_item.{item}") })?;
        points.insert(item.to_owned(), number);
    }
    Ok(points)
}

/// `34.746600, 113.625300` as a position.
fn position(values: &Values) -> Result<Option<Position>, Refusal> {
    let Some(text) = values.opt("position") else { return Ok(None) };
    let unreadable = || Refusal::from(Refused::BadPosition);
    let text = narrow(&text);
    let (latitude, longitude) = text.split_once(',').ok_or_else(unreadable)?;
    let read = |text: &str, most: f64| text.trim().parse::<f64>().ok().filter(|degrees| degrees.abs() <= most).map(|degrees| (degrees * 1e6).round() as i64);
    let (latitude_e6, longitude_e6) = read(latitude, 90.0).zip(read(longitude, 180.0)).ok_or_else(unreadable)?;
    Ok(Some(Position { latitude_e6, longitude_e6, accuracy_m: values.opt_number("accuracy_m")?, datum: Datum::Wgs84, source: Source::Typed }))
}

/// What comes with an act beside its fields: files, and what a phone without a signal noted.
#[derive(Debug, Default)]
pub(super) struct Brought {
    /// Pictures, as they were taken.
    pub files: Files,
    /// When the act was.
    pub moment: Option<Moment>,
    /// When each picture was taken.
    pub taken: Vec<Moment>,
}

pub(super) fn command_of(act: Act, id: &str, values: &Values, photos: Vec<Photo>, (moment, taken): (Option<Moment>, Vec<Moment>)) -> Result<Command, Refusal> {
    let inspection = id.to_owned();
    let text = |name: &str| values.text(name).to_owned();
    let is_yes = |name: &'static str| values.choice(name, |said| matches!(said, "yes" | "no").then_some(said == "yes"));
    Ok(match act {
        Act::CheckIn => Command::CheckIn { inspection, position: position(values)?, moment },
        Act::Score => Command::Score { inspection, checklist: text("checklist"), points: points(values)?, moment },
        Act::Find => Command::Find { inspection, finding: values.request_id()?, content: text("finding"), severity: text("severity"), lead: text("lead"), photos, moment, taken },
        Act::Sign => match photos.as_slice() {
            [signature] => Command::Sign { inspection, signature: Some(signature.original.clone()), moment },
            [] if values.opt("own_name").is_some() => Command::Sign { inspection, signature: None, moment },
            _ => return Err(Refused::NoSignature.into()),
        },
        Act::Acknowledge => Command::Acknowledge { inspection, content: text("remark") },
        Act::Conclude => Command::Conclude { inspection, verdict: values.choice("verdict", Verdict::from_name)?, content: text("conclusion") },
        Act::Receive => Command::Receive { inspection, paper: text("paper") },
        Act::Object => Command::Object { inspection, content: text("objection") },
        Act::Answer => Command::Answer { inspection, is_upheld: is_yes("upheld")?, content: text("reason") },
        Act::Propose => Command::Propose { inspection, consequence: values.choice("consequence", Consequence::from_name)?, content: text("reason") },
        Act::Settle => Command::Settle { inspection, is_approved: is_yes("approved")?, reason: text("reason") },
        Act::Reinspect => Command::Reinspect { inspection, finding: text("found"), is_done: is_yes("done")?, content: text("finding"), photos },
    })
}

/// Does an act in an inspection that the person may know of. Forms and phones come through here: there is one way in.
pub(super) async fn perform(site: &Site, visitor: &Visitor, id: &str, act: Act, values: &Values, brought: Brought) -> Result<Receipt, Problem> {
    let Brought { files, moment, taken } = brought;
    if knowable(site, visitor, id).await?.is_some() {
        if act != Act::CheckIn {
            return Err(missing().into());
        }
        let command = command_of(act, id, values, Vec::new(), (moment, taken))?;
        return site.submit(visitor, values.request_id()?, command).await;
    }
    let (known, _, place) = readable(site, visitor, id).await?;
    let request = values.request_id()?;
    // Names are no facts, so the rule cannot compare them: what is kept is that this account signed.
    let is_typed = act == Act::Acknowledge || (act == Act::Sign && values.opt("own_name").is_some());
    if is_typed && values.text("own_name") != visitor.name {
        return Err(Refusal::from(Refused::OtherName).into());
    }
    // Pictures are decoded for nobody who may not do this: decoding costs.
    let account = visitor.account.clone().unwrap_or_default();
    let person = store::person(&mut site.reader().await?, &account, &visitor.rights, &place.path, site.clock.today()).await?;
    let files = if may(act, &known, &person, civil(site.clock.now())).is_ok() { files } else { Files::default() };
    // Nobody is shown a copy of a signature.
    let (photos, documents) = if act == Act::Sign { photos::examine(files).await?? } else { photos::take(site, files).await?? };
    site.submit_with(visitor, request, command_of(act, id, values, photos, (moment, taken))?, documents).await
}

pub(super) async fn act(State(site): State<Site>, visitor: Visitor, Path((id, name)): Path<(String, String)>, sent: SentWithFiles) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let act = Act::from_name(&name).ok_or(missing())?;
    let SentWithFiles { values, files } = sent;
    let refused = match perform(&site, &visitor, &id, act, &values, Brought { files, ..Brought::default() }).await {
        Ok(_) => return Ok(to(&id)),
        Err(problem) => refusal(problem)?,
    };
    if let Some(unopened) = knowable(&site, &visitor, &id).await? {
        return sealed_page(&site, &visitor, &unopened, &values, Some(&refused)).await;
    }
    let (known, number, place) = readable(&site, &visitor, &id).await?;
    match checklists::checklist(values.text("checklist")).filter(|_| act == Act::Score) {
        Some(list) => score_page(&site, &visitor, &known, &place, list, &values, Some(&refused)).await,
        None => show_page(&site, &visitor, &known, number, &place, &Attempt::new(act.name(), values, refused)).await,
    }
}

pub(super) async fn photo(State(site): State<Site>, visitor: Visitor, Path((id, copy)): Path<(String, String)>) -> Result<Response, Problem> {
    let (known, ..) = readable(&site, &visitor, &id).await?;
    let shows = |step: &Step| match &step.fact {
        Fact::Found { photos, .. } | Fact::Reinspected { photos, .. } => photos.iter().any(|photo| photo.name() == copy),
        _ => false,
    };
    if !known.steps.iter().any(shows) {
        return Err(missing().into());
    }
    copies::answer(&site, &copy).await
}

/// The conclusion as an official letter.
pub(super) async fn paper(State(site): State<Site>, visitor: Visitor, Path((id, format)): Path<(String, String)>) -> Result<Response, Problem> {
    let (known, number, _) = readable(&site, &visitor, &id).await?;
    let concluded = known.concluded().ok_or(missing())?;
    let mut conn = site.reader().await?;
    let names = Names::read(&mut conn, &site).await?;
    let organisation = identity::store::account(&mut conn, &concluded.by).await?.and_then(|account| account.organisation);
    drop(conn);
    let issuer = organisation.map_or_else(|| visitor.t("bulletin.office"), |unit| names.unit(&unit).to_owned());
    let paper = print::conclusion(&site, &visitor, &names, &known, number, &issuer);
    papers::download(&visitor, paper, &format, &format!("guatu-inspection-{}", concluded.at.date())).await
}
