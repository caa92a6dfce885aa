//! Pages of hazards: the register, the form that opens one, one hazard with what was done about it.

use super::model::{Command, Fact, Grade, Known, Posts, Recipient, Remedy, Stage};
use super::rules::{self, HAZARDS};
use super::store::{self, Hazard, Step};
use super::{posts, safety};
use crate::journal::course::fact_name;
use crate::features::authority::{Verb, missing};
use crate::features::places::model::Kind;
use crate::features::places::store::Place;
use crate::features::plan::amounts::yuan;
use crate::features::reports::model::Photo;
use crate::features::reports::{copies, photos};
use crate::features::{identity, places, plan, reports};
use crate::refusal::Refusal;
use crate::web::Site;
use crate::web::attempt::{Attempt, act_section};
use crate::web::extract::{Files, Query, SentWithFiles};
use crate::web::forms::{Form, Values, error_summary, form_response, refusal};
use crate::web::layout::{happened, page, photographs};
use crate::web::problem::{Problem, form_urlencoded};
use crate::web::registers::{Asked, Cell, Register};
use crate::web::visitor::Visitor;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use jiff::ToSpan;
use jiff::civil::Date;
use maud::{Markup, html};

/// Hazards that ended stay in the register this long.
const ENDED_DAYS: i64 = 92;
/// Reports that a page names of those filed while work should have stood.
const MOST_WORKED: usize = 10;
/// Kinds of files that are taken for photographs.
const PICTURES: &str = "image/jpeg,image/png,image/webp";

/// Routes of this feature.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/hazards", get(list))
        .route("/hazards/new", get(find_form).post(find))
        .route("/hazards/{id}", get(show))
        .route("/hazards/{id}/{act}", post(act))
        .route("/hazards/{id}/photos/{copy}", get(photo))
        .merge(safety::routes())
}

fn state_text(visitor: &Visitor, hazard: &Hazard, today: Date) -> String {
    let stage = visitor.t(&format!("hazard_stage.{}", hazard.known.stage.name()));
    if hazard.is_overdue(today) { visitor.tf("hazards.overdue", &[("days", (today - hazard.remedy.due).get_days().to_string())]) } else { stage }
}

/// Where a hazard stands, as a lamp.
pub(super) fn hazard_lamp(visitor: &Visitor, hazard: &Hazard, today: Date) -> Markup {
    let is_closed = hazard.known.stage == Stage::Closed;
    html! { span.lamp.bad[hazard.is_overdue(today)].good[is_closed].idle[!is_closed && !hazard.is_overdue(today)] { (state_text(visitor, hazard, today)) } }
}

async fn list(State(site): State<Site>, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let mut conn = site.reader().await?;
    let tree = site.domain.places.tree(&mut conn).await?;
    let names = identity::names(&mut conn).await?;
    let today = site.clock.today();
    let mut hazards = store::hazards(&mut conn, today.saturating_sub(ENDED_DAYS.days())).await?;
    drop(conn);
    hazards.retain(|hazard| tree.get(&hazard.known.place).is_some_and(|place| visitor.may(Verb::Read, &place.path)));
    let mut register = Register::new(&visitor, "/hazards", "nav.hazards", &asked)
        .column("content", "hazards.content")
        .column("place", "field.place")
        .column("grade", "field.hazard_grade")
        .column("state", "field.state")
        .column("due", "field.due")
        .column("person", "field.assignee")
        .column("kind", "field.hazard_kind")
        .column("found", "hazards.found_on")
        .column("reports", "hazards.reports")
        .column("listed", "hazards.listed");
    for hazard in &hazards {
        let Some(place) = tree.get(&hazard.known.place) else { continue };
        let is_major = hazard.known.grade == Grade::Major;
        let grade = visitor.t(&format!("hazard_grade.{}", hazard.known.grade.name()));
        let unreported = hazard.known.unreported().count();
        let reports = match (is_major, unreported) {
            (false, _) => Cell::Empty,
            (true, 0) => Cell::Text(visitor.t("hazards.both_reported")),
            (true, left) => Cell::Text(visitor.tf("hazards.unreported", &[("count", left.to_string())])),
        };
        register.row(vec![
            (Cell::Text(hazard.content.clone()), Some(html! { a href={ "/hazards/" (hazard.id) } { (hazard.content) } })),
            (Cell::Text(tree.full_name(place)), None),
            (Cell::Text(grade.clone()), Some(html! { @if is_major { strong.major { (grade) } } @else { (grade) } })),
            (Cell::Text(state_text(&visitor, hazard, today)), Some(hazard_lamp(&visitor, hazard, today))),
            (Cell::Date(hazard.remedy.due), None),
            (names.get(&hazard.remedy.person).map_or(Cell::Empty, |name| Cell::Text(name.clone())), None),
            (Cell::Text(visitor.t(&format!("hazard_kind.{}", hazard.kind))), None),
            (Cell::Date(hazard.known.found_on), None),
            (reports, None),
            (hazard.known.listed_on.map_or(Cell::Empty, Cell::Date), None),
        ]);
    }
    let may_find = [Verb::Report, Verb::Plan, Verb::Confirm, Verb::Inspect, Verb::Govern].into_iter().any(|verb| visitor.rights.may_somewhere(verb));
    let count = |is: &dyn Fn(&Hazard) -> bool| hazards.iter().filter(|hazard| is(hazard)).count();
    let is_timely = |hazard: &Hazard| hazard.closed_on.is_some_and(|on| on <= hazard.remedy.due);
    let counts = [
        ("hazards.count_open", count(&|one| one.closed_on.is_none())),
        ("hazards.count_overdue", count(&|one| one.is_overdue(today))),
        ("hazards.count_major", count(&|one| one.closed_on.is_none() && one.known.grade == Grade::Major)),
        ("hazards.count_closed", count(&|one| one.closed_on.is_some())),
        ("hazards.count_timely", count(&is_timely)),
    ];
    let standing: Vec<&Hazard> = hazards.iter().filter(|hazard| hazard.known.stops_work()).collect();
    register.respond(&site, "hazards.none", |table| {
        let body = html! {
            div.bar { h1 { (visitor.t("nav.hazards")) } span.end {} @if may_find { a.button.no-print href="/hazards/new" { (visitor.t("hazards.find")) } } a.button.second.no-print href="/risks" { (visitor.t("nav.risks")) } a.button.second.no-print href="/contingencies" { (visitor.t("contingencies.title")) } }
            p.lead { (visitor.t("hazards.lead")) }
            ul.counts { @for (key, count) in &counts { li { b { (count) } (visitor.t(key)) } } }
            @if !standing.is_empty() { aside.notice #stopped {
                strong { (visitor.tf("hazards.standing", &[("count", standing.len().to_string())])) }
                ul { @for hazard in &standing { @if let Some(place) = tree.get(&hazard.known.place) { li { a href={ "/hazards/" (hazard.id) } { (tree.full_name(place)) } " · " (hazard.content) " · " (visitor.tf("hazards.stands_since", &[("date", hazard.major_on().to_string())])) } } } }
            } }
            (table)
        };
        page(&site, &visitor, &visitor.t("nav.hazards"), body).into_response()
    })
}

/// What an address fills a new hazard with.
#[derive(Debug, Default, serde::Deserialize)]
struct New {
    place: Option<String>,
    kind: Option<String>,
}

async fn find_form(State(site): State<Site>, visitor: Visitor, Query(new): Query<New>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let place = visitor.place_or_highest(&mut conn, &site.domain, new.place.as_deref()).await?;
    drop(conn);
    let mut values = Values::default().with("due", site.clock.today().saturating_add(3.days()));
    if let Some(kind) = new.kind.as_deref().and_then(rules::kind) {
        values = values.with("hazard_kind", &kind.id).with("hazard_grade", if kind.is_major { Grade::Major } else { Grade::Ordinary }.name());
    }
    find_page(&site, &visitor, &place, &values, None).await
}

async fn find_page(site: &Site, visitor: &Visitor, place: &Place, values: &Values, refused: Option<&Refusal>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let tree = site.domain.places.tree(&mut conn).await?;
    // A district's list would be too long for a hand: there one chooses the project.
    let is_offered = |other: &&Place| other.kind.is_site() && posts(&visitor.rights, &other.path).any();
    let near = |other: &&Place| !matches!(place.kind, Kind::District | Kind::Zone) || other.kind == Kind::Project;
    let places = tree.under(place).iter().filter(is_offered).filter(near).map(|other| (other.id.clone(), tree.full_name(other))).collect();
    let owners = identity::pages::owners(&mut conn, visitor, &tree, place, site.clock.today()).await?;
    let kinds = HAZARDS.kind.iter().map(|kind| (kind.id.clone(), visitor.t(&format!("hazard_kind.{}", kind.id)))).collect();
    let grades = Grade::ALL.iter().map(|(_, name)| ((*name).to_owned(), visitor.t(&format!("hazard_grade.{name}")))).collect();
    let values = if values.text("about").is_empty() { values.clone().with("about", &place.id) } else { values.clone() };
    let body = html! {
        (places::pages::crumbs_of(&mut conn, visitor, place).await?)
        h1 { (visitor.t("hazards.find")) }
        p.lead { (visitor.t("hazards.find_lead")) }
        (Form::new(visitor, format!("/hazards/new?place={}", form_urlencoded(&place.id)), "hazards.find", &values)
            .choice("about", places, true).choice("hazard_kind", kinds, true).choice("hazard_grade", grades, true).lines("remark", true).files("photos", PICTURES)
            .text("measure").choice("assignee", owners, true).date("due", true).number("amount_yuan").opt_text("contingency")
            .refused(refused).render())
    };
    Ok(form_response(refused, page(site, visitor, &visitor.t("hazards.find"), body)))
}

async fn find(State(site): State<Site>, visitor: Visitor, Query(new): Query<New>, sent: SentWithFiles) -> Result<Response, Problem> {
    let SentWithFiles { values, files } = sent;
    let mut conn = site.reader().await?;
    let shown = visitor.place_or_highest(&mut conn, &site.domain, new.place.as_deref()).await?;
    let about = visitor.place(&mut conn, values.text("about")).await?;
    drop(conn);
    let done = async {
        let id = values.request_id()?;
        // Pictures are drawn for nobody who may not do this: drawing costs.
        let files = if posts(&visitor.rights, &about.path).any() { files } else { Files::default() };
        let amount_yuan: Option<u32> = values.opt_number("amount_yuan")?;
        let remedy = Remedy {
            measure: values.text("measure").into(),
            amount_fen: amount_yuan.map(|yuan| i64::from(yuan) * 100),
            person: values.text("assignee").into(),
            due: values.date("due")?,
            contingency: values.text("contingency").into(),
        };
        let grade = values.choice("hazard_grade", Grade::from_name)?;
        let (photos, documents) = photos::take(&site, files).await??;
        let command = Command::Find {
            hazard: id.clone(),
            place: about.id.clone(),
            kind: values.text("hazard_kind").into(),
            grade,
            content: values.text("remark").into(),
            remedy: Box::new(remedy),
            photos,
        };
        site.submit_with(&visitor, id.clone(), command, documents).await?;
        Ok(id)
    };
    match done.await {
        Ok(id) => Ok(to(&id)),
        Err(problem) => find_page(&site, &visitor, &shown, &values, Some(&refusal(problem)?)).await,
    }
}

fn to(id: &str) -> Response {
    Redirect::to(&format!("/hazards/{id}")).into_response()
}

async fn readable(site: &Site, visitor: &Visitor, id: &str) -> Result<(Hazard, Place, Vec<Step>), Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let mut conn = site.reader().await?;
    let hazard = store::hazard(&mut conn, id).await?.ok_or(missing())?;
    let place = visitor.place(&mut conn, &hazard.known.place).await?;
    let steps = store::steps(&mut conn, id).await?;
    Ok((hazard, place, steps))
}

async fn show(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    let (hazard, place, steps) = readable(&site, &visitor, &id).await?;
    show_page(&site, &visitor, &hazard, &place, &steps, &Attempt::default()).await
}

/// What can be done with a hazard.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Act {
    Repair,
    Recheck,
    Report,
    List,
    Ask,
    Review,
    Raise,
    Lower,
    Close,
}

impl Act {
    const ALL: [(Act, &'static str, &'static str); 9] = [
        (Act::Repair, "repair", "hazard_act.repair"),
        (Act::Recheck, "recheck", "hazard_act.recheck"),
        (Act::Review, "review", "hazard_act.review"),
        (Act::Ask, "ask", "hazard_act.ask"),
        (Act::Report, "report", "hazard_act.report"),
        (Act::List, "list", "hazard_act.list"),
        (Act::Close, "close", "hazard_act.close"),
        (Act::Raise, "raise", "hazard_act.raise"),
        (Act::Lower, "lower", "hazard_act.lower"),
    ];

    /// Whether a person is offered it: the rule decides again.
    fn is_offered(self, known: &Known, posts: Posts, me: Option<&String>) -> bool {
        let is_mine = |one: &Option<String>| one.is_some() && one.as_ref() == me;
        let is_major = known.grade == Grade::Major && known.stage != Stage::Closed;
        match self {
            Act::Repair => known.stage == Stage::Open && posts.works,
            Act::Recheck => known.stage == Stage::Repaired && posts.judges() && !is_mine(&known.repaired_by),
            Act::Report => known.stage != Stage::Closed && posts.any() && known.unreported().next().is_some(),
            Act::List => is_major && posts.governs && known.listed_on.is_none(),
            Act::Ask => is_major && known.stage == Stage::Rechecked && posts.works,
            Act::Review => is_major && known.stage == Stage::Asked && posts.judges() && !is_mine(&known.repaired_by) && !is_mine(&known.asked_by),
            Act::Raise => known.grade == Grade::Ordinary && known.stage != Stage::Closed && posts.any(),
            Act::Lower => {
                let is_named = known.major.as_ref().is_some_and(|(_, by)| Some(by) == me);
                let is_early = matches!(known.stage, Stage::Open | Stage::Repaired);
                is_major && is_early && !known.is_major_kind && posts.judges() && !is_named && !is_mine(&known.repaired_by)
            }
            Act::Close => is_major && known.stage == Stage::Resumed && posts.judges() && !is_mine(&known.repaired_by),
        }
    }
}

fn act_form<'a>(visitor: &'a Visitor, hazard: &Hazard, (act, name, key): (Act, &'static str, &'static str), values: &'a Values) -> Form<'a> {
    let form = Form::new(visitor, format!("/hazards/{}/{name}", hazard.id), key, values).named(name);
    let yes_no = |yes: &str, no: &str| vec![("yes".to_owned(), visitor.t(yes)), ("no".to_owned(), visitor.t(no))];
    match act {
        Act::Repair => form.lines("remark", true).files("photos", PICTURES),
        Act::Recheck => form.choice("done", yes_no("hazards.is_done", "hazards.is_not_done"), true).lines("remark", true).files("photos", PICTURES),
        Act::Report => {
            let recipients = hazard.known.unreported().map(|one| (one.name().to_owned(), visitor.t(&format!("hazard_recipient.{}", one.name())))).collect();
            form.choice("recipient", recipients, true).date("on", true).text("document")
        }
        Act::List => form.text("document"),
        Act::Ask | Act::Close => form.lines("remark", true),
        Act::Raise => form.lines("reason", true).files("photos", PICTURES).text("amount_yuan").text("contingency"),
        Act::Lower => form.lines("reason", true),
        Act::Review => form.choice("done", yes_no("hazards.is_fit", "hazards.is_not_fit"), true).lines("remark", true),
    }
}

/// A hazard.
async fn show_page(site: &Site, visitor: &Visitor, hazard: &Hazard, place: &Place, steps: &[Step], attempt: &Attempt) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let tree = site.domain.places.tree(&mut conn).await?;
    let names = identity::names(&mut conn).await?;
    let today = site.clock.today();
    let (known, remedy) = (&hazard.known, &hazard.remedy);
    let stops = plan::store::plan_over(&mut conn, &place.path).await?;
    // Work that was reported while it should have stood: said, not refused, since the ledger must hold what a site did.
    let mut worked = Vec::new();
    if known.grade == Grade::Major {
        let until = hazard.resumed_on.unwrap_or(today.saturating_add(1.days()));
        worked = reports::store::worked(&mut conn, hazard.major_on(), until).await?;
        worked.retain(|(building, ..)| tree.get(building).is_some_and(|at| at.path.starts_with(&place.path)));
    }
    let crumb = places::pages::crumbs_of(&mut conn, visitor, place).await?;
    drop(conn);
    let name = |account: &str| if account == "system" { visitor.t("ledger.system") } else { names.get(account).cloned().unwrap_or_else(|| "—".into()) };
    let held = posts(&visitor.rights, &place.path);
    let is_major = known.grade == Grade::Major;
    let blank = Values::default().with("on", today);
    let form = |one: (Act, &'static str, &'static str)| {
        let form = act_form(visitor, hazard, one, attempt.values(one.1, &blank)).refused(attempt.refusal_of(one.1));
        // A grade is seldom changed: its form is there for whoever looks for it.
        let is_folded = matches!(one.0, Act::Raise | Act::Lower) && !attempt.is(one.1);
        act_section(visitor, one.1, one.2, None, !is_folded, &form.render())
    };
    let offered: Vec<_> = Act::ALL.into_iter().filter(|(act, ..)| act.is_offered(known, held, visitor.account.as_ref())).collect();
    let ended = |on: Option<Date>| on.map_or_else(|| visitor.t("hazards.not_yet"), |on| on.to_string());
    let body = html! {
        (crumb)
        (error_summary(visitor, attempt.of_page()))
        div.bar { h1 { (hazard.content) } @if is_major { strong.major { (visitor.t("hazard_grade.major")) } } (hazard_lamp(visitor, hazard, today)) }
        @if known.stops_work() {
            aside.notice #stopped { p { strong { (visitor.tf("hazards.work_stands", &[("place", tree.full_name(place)), ("date", hazard.major_on().to_string())])) } }
                p { (visitor.t(if stops.is_some() { "hazards.plan_moves" } else { "hazards.no_plan" })) @if let Some(plan) = &stops { " " a href={ "/wall?place=" (form_urlencoded(&plan.project)) } { (visitor.t("nav.wall")) } } }
                p { (visitor.t("hazards.who_reviews")) } }
        }
        @if !worked.is_empty() {
            p #worked { span.lamp.bad { (visitor.t("hazards.worked")) } @for (_, on, report) in worked.iter().take(MOST_WORKED) { " " a href={ "/reports/" (report) } { (on) } } @if worked.len() > MOST_WORKED { " " (visitor.tf("round.more", &[("count", (worked.len() - MOST_WORKED).to_string())])) } }
        }
        div.columns.no-print { @for one in &offered { (form(*one)) } }
        dl.facts {
            dt { (visitor.t("field.place")) } dd { a href={ "/risks/" (place.id) } { (tree.full_name(place)) } }
            dt { (visitor.t("field.hazard_kind")) } dd { (visitor.t(&format!("hazard_kind.{}", hazard.kind))) }
            dt { (visitor.t("field.hazard_grade")) } dd { (visitor.t(&format!("hazard_grade.{}", known.grade.name()))) @if let Some((on, by)) = &known.major { @if *on != known.found_on || *by != hazard.found_by { " · " (on) " · " (name(by)) } } }
            dt { (visitor.t("hazards.found_on")) } dd { (known.found_on) " · " (name(&hazard.found_by)) }
            dt { (visitor.t("field.measure")) } dd { (remedy.measure) }
            dt { (visitor.t("field.amount_yuan")) } dd { @match remedy.amount_fen { Some(amount_fen) => (yuan(amount_fen)), None => "—" } }
            dt { (visitor.t("field.assignee")) } dd { (name(&remedy.person)) }
            dt { (visitor.t("field.due")) } dd { (remedy.due) }
            dt { (visitor.t("field.contingency")) } dd { @if remedy.contingency.is_empty() { "—" } @else { (remedy.contingency) } }
            @if is_major {
                @for (recipient, _) in Recipient::ALL {
                    @let on = known.reported.iter().find(|(to, _)| *to == recipient).map(|(_, on)| *on);
                    dt { (visitor.t(&format!("hazard_recipient.{}", recipient.name()))) } dd { @if on.is_none() && hazard.is_report_late(today) { span.lamp.bad { (visitor.t("hazards.report_late")) } } @else { (ended(on)) } }
                }
                dt { (visitor.t("hazards.listed")) } dd { (ended(known.listed_on)) }
                dt { (visitor.t("hazards.resumed")) } dd { (ended(hazard.resumed_on)) }
            }
            @if let Some(on) = hazard.closed_on { dt { (visitor.t("hazard_stage.closed")) } dd { (on) } }
            dt.no-print { (visitor.t("nav.orders")) } dd.no-print { a href={ "/orders/of?kind=hazard&id=" (form_urlencoded(&hazard.id)) } { (visitor.t("orders.of_this")) } }
            dt { (visitor.t("shell.last_fact")) } dd { a href={ "/facts?subject=" (hazard.id) } { "№ " (hazard.number) } }
        }
        h2 { (visitor.t("hazards.course")) }
        ol.course { @for step in steps {
            @let heading = html! { strong { (visitor.t(&format!("fact.hazards_{}", fact_name(&step.fact)))) } " " span.quiet { (name(&step.by)) } };
            @let content = html! {
                @if let Fact::Disregarded { building, report, on, .. } = &step.fact { p {
                    @if let Some(at) = tree.get(building) { (tree.full_name(at)) " " } a href={ "/reports/" (report) } { (visitor.tf("hazards.report_of", &[("date", on.to_string())])) }
                    " " a href={ "/problems/of/" (report) "?hazard=" (form_urlencoded(&hazard.id)) } { (visitor.t("hazards.its_problem")) }
                } }
                @for line in said(visitor, &step.fact) { p { (line) } }
                (photographs(visitor, &format!("/hazards/{}/photos/", hazard.id), photos_of(&step.fact)))
            };
            (happened(step.at, step.number, &heading, &content))
        } }
    };
    Ok(attempt.respond(page(site, visitor, &hazard.content, body)))
}

fn photos_of(fact: &Fact) -> Vec<String> {
    match fact {
        Fact::Found { photos, .. } | Fact::Repaired { photos, .. } | Fact::Rechecked { photos, .. } | Fact::Raised { photos, .. } => photos.iter().map(Photo::name).collect(),
        _ => Vec::new(),
    }
}

/// What a fact says, in lines.
fn said(visitor: &Visitor, fact: &Fact) -> Vec<String> {
    match fact {
        Fact::Found { content, .. } | Fact::Repaired { content, .. } | Fact::Asked { content } | Fact::Closed { content } => vec![content.clone()],
        Fact::WorkStopped { until } => vec![visitor.tf("hazards.until", &[("date", until.to_string())])],
        Fact::Rechecked { is_done, content, .. } => vec![visitor.t(if *is_done { "hazards.is_done" } else { "hazards.is_not_done" }), content.clone()],
        Fact::Reviewed { is_fit, content } => vec![visitor.t(if *is_fit { "hazards.is_fit" } else { "hazards.is_not_fit" }), content.clone()],
        Fact::Reported { recipient, on, document } => vec![format!("{} · {on} · {document}", visitor.t(&format!("hazard_recipient.{}", recipient.name())))],
        Fact::Listed { document } => vec![document.clone()],
        Fact::Raised { reason, amount_fen, contingency, .. } => {
            let labelled = |field: &str, text: &str| visitor.labelled(visitor.t(field), text);
            vec![reason.clone(), labelled("field.amount_yuan", &yuan(*amount_fen)), labelled("field.contingency", contingency)]
        }
        Fact::Lowered { reason } => vec![reason.clone()],
        _ => Vec::new(),
    }
}

async fn act(State(site): State<Site>, visitor: Visitor, Path((id, name)): Path<(String, String)>, sent: SentWithFiles) -> Result<Response, Problem> {
    let (hazard, place, _) = readable(&site, &visitor, &id).await?;
    let SentWithFiles { values, files } = sent;
    let (act, ..) = Act::ALL.into_iter().find(|(_, known, _)| *known == name).ok_or(missing())?;
    let done = async {
        let request = values.request_id()?;
        // Pictures are drawn for nobody who may not do this: drawing costs.
        let is_offered = act.is_offered(&hazard.known, posts(&visitor.rights, &place.path), visitor.account.as_ref());
        let (photos, documents) = photos::take(&site, if is_offered { files } else { Files::default() }).await??;
        let (hazard, content, document) = (id.clone(), values.text("remark").to_owned(), values.text("document").to_owned());
        let is_yes = || values.choice("done", |said| matches!(said, "yes" | "no").then_some(said == "yes"));
        let command = match act {
            Act::Repair => Command::Repair { hazard, content, photos },
            Act::Recheck => Command::Recheck { hazard, is_done: is_yes()?, content, photos },
            Act::Report => Command::Report { hazard, recipient: values.choice("recipient", Recipient::from_name)?, on: values.date("on")?, document },
            Act::List => Command::List { hazard, document },
            Act::Ask => Command::Ask { hazard, content },
            Act::Review => Command::Review { hazard, is_fit: is_yes()?, content },
            Act::Raise => {
                let amount_yuan: Option<u32> = values.opt_number("amount_yuan")?;
                let (reason, contingency) = (values.text("reason").to_owned(), values.text("contingency").to_owned());
                Command::Raise { hazard, reason, amount_fen: amount_yuan.map(|yuan| i64::from(yuan) * 100), contingency, photos }
            }
            Act::Lower => Command::Lower { hazard, reason: values.text("reason").to_owned() },
            Act::Close => Command::Close { hazard, content },
        };
        site.submit_with(&visitor, request, command, documents).await
    };
    match done.await {
        Ok(_) => Ok(to(&id)),
        Err(problem) => {
            let attempt = Attempt::refused(&name, values, problem)?;
            // Read again: somebody may have been faster, and the page says who.
            let (hazard, place, steps) = readable(&site, &visitor, &id).await?;
            show_page(&site, &visitor, &hazard, &place, &steps, &attempt).await
        }
    }
}

async fn photo(State(site): State<Site>, visitor: Visitor, Path((id, copy)): Path<(String, String)>) -> Result<Response, Problem> {
    let (_, _, steps) = readable(&site, &visitor, &id).await?;
    if !steps.iter().any(|step| photos_of(&step.fact).contains(&copy)) {
        return Err(missing().into());
    }
    copies::answer(&site, &copy).await
}
