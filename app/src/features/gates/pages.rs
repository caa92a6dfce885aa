//! Pages of gates: which milestones wait for evidence or were met without, and the ladder of one place.

use super::model::{Before, Command, Evidence, Standing, WHOLE_PERCENT};
use super::store::{self, Filed};
use super::may;
use crate::features::authority::{Verb, missing};
use crate::features::places::model::Kind;
use crate::features::places::store::Place;
use crate::features::plan::binding::{self, GATES, Gate};
use crate::features::plan::store::Bar;
use crate::features::reports::model::Photo;
use crate::features::reports::{copies, photos};
use crate::features::{identity, places, plan};
use crate::refusal::Refusal;
use crate::web::Site;
use crate::web::attempt::Attempt;
use crate::web::extract::{Files, Query, SentWithFiles};
use crate::web::forms::{Form, Values, error_summary, seal_with};
use crate::web::layout::{crumbs, page, photographs, shell};
use crate::web::problem::{Problem, form_urlencoded, sentence};
use crate::web::registers::{Asked, Cell, Register};
use crate::web::visitor::Visitor;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use jiff::ToSpan;
use jiff::civil::Date;
use maud::{Markup, html};
use std::collections::{BTreeMap, HashMap, HashSet};

/// A milestone is listed as waiting for its gates so many days before its forecast.
const AHEAD_DAYS: i64 = 30;
/// Kinds of files that are taken for photographs.
const PICTURES: &str = "image/jpeg,image/png,image/webp";

/// Routes of this feature.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/gates", get(list))
        .route("/gates/rules", get(rule_page))
        .route("/gates/{place}", get(show))
        .route("/gates/{place}/{gate}/{act}", post(act))
        .route("/gates/{place}/{gate}/photos/{copy}", get(photo))
}

fn gate_name(visitor: &Visitor, gate: &Gate) -> String {
    visitor.t(&format!("value.gate_{}", gate.id))
}

/// Of which place.
#[derive(Debug, Default, serde::Deserialize)]
struct Within {
    place: Option<String>,
}

/// Milestones with open gates: those met without, and those that come next.
async fn list(State(site): State<Site>, visitor: Visitor, Query(within): Query<Within>, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let whole = visitor.place_or_highest(&mut conn, &site.domain, within.place.as_deref()).await?;
    let tree = site.domain.places.tree(&mut conn).await?;
    let today = site.clock.today();
    let passed = plan::heard::gates_passed(&mut conn).await?;
    let mut waiting = store::waiting(&mut conn).await?;
    let schedules = site.domain.networks.all_scheduled(&mut conn).await?;
    let crumb = places::pages::crumbs_of(&mut conn, &visitor, &whole).await?;
    drop(conn);
    waiting.retain(|filed| tree.get(&filed.place).is_some_and(|place| visitor.may(Verb::Read, &place.path) && place.path.starts_with(&whole.path)));
    let mut register = Register::new(&visitor, "/gates", "nav.gates", &asked)
        .keep("place", &whole.id)
        .column("place", "field.place")
        .column("milestone", "gates.milestone")
        .column("state", "field.state")
        .column("day", "gates.day")
        .column("gates", "gates.open");
    let horizon = today.saturating_add(AHEAD_DAYS.days());
    let mut met_without = 0;
    for (project, scheduled) in &schedules {
        let mut planned: HashMap<&str, HashSet<&str>> = HashMap::new();
        for bar in &scheduled.bars {
            if let Some(stage) = bar.stage.as_deref() {
                planned.entry(bar.place.as_deref().unwrap_or(project)).or_default().insert(stage);
            }
        }
        for bar in scheduled.bars.iter().filter(|bar| bar.kind != "summary" && bar.stage.as_deref().is_some_and(binding::is_bound)) {
            let Some(place) = tree.get(bar.place.as_deref().unwrap_or(project)) else { continue };
            let is_near = bar.actual_finish.is_some() || bar.early.is_some_and(|(_, finish)| finish <= horizon);
            if !is_near || !visitor.may(Verb::Read, &place.path) || !place.path.starts_with(&whole.path) {
                continue;
            }
            let here = passed_at(&passed, place);
            let open: Vec<String> = binding::open(bar, &planned[place.id.as_str()], &here).map(|gate| gate_name(&visitor, gate)).collect();
            if open.is_empty() {
                continue;
            }
            met_without += usize::from(bar.actual_finish.is_some());
            let name = tree.full_name(place);
            let state = visitor.t(state_key(bar, today));
            let lamp = html! { span.lamp.bad[bar.actual_finish.is_some()].idle[bar.actual_finish.is_none()] { (state) } };
            register.row(vec![
                (Cell::Text(name.clone()), Some(html! { a href={ "/gates/" (place.id) } { (name) } })),
                (Cell::Text(visitor.shown(&bar.name).into_owned()), None),
                (Cell::Text(state.clone()), Some(lamp)),
                (bar.actual_finish.or(bar.early.map(|(_, finish)| finish)).map_or(Cell::Empty, Cell::Date), None),
                (Cell::Text(visitor.list(&open)), None),
            ]);
        }
    }
    register.respond(&site, "gates.none", |table| {
        let body = html! {
            (crumb)
            div.bar { h1 { (visitor.t("nav.gates")) " · " (whole.attributes.name) } span.end {} a.button.second.no-print href="/gates/rules" { (visitor.t("gates.rules")) } }
            p.lead { (visitor.t("gates.lead")) }
            @if met_without > 0 { aside.notice { p { (visitor.tf("gates.met_without_count", &[("count", met_without.to_string())])) } } }
            @if !waiting.is_empty() { section.sheet #waiting { h2 { (visitor.t("gates.waiting")) " " span.tag { (waiting.len()) } }
                ul.rows { @for filed in &waiting { @if let (Some(place), Some(gate)) = (tree.get(&filed.place), binding::gate(&filed.gate)) {
                    li { a href={ "/gates/" (place.id) "#" (gate.id) } { (tree.full_name(place)) } span { (gate_name(&visitor, gate)) } span.quiet { (filed.known.evidence.document) " · " (filed.known.evidence.on) } }
                } } }
            } }
            (table)
        };
        shell(&site, &visitor, &visitor.t("nav.gates"), "wide", body).into_response()
    })
}

fn state_key(bar: &Bar, today: Date) -> &'static str {
    match bar.actual_finish {
        Some(_) => "gates.met_without",
        None if bar.early.is_some_and(|(_, finish)| finish < today) => "gates.held",
        None => "gates.coming",
    }
}

/// Gates confirmed at a place or above it.
fn passed_at(passed: &HashSet<(String, String)>, place: &Place) -> HashSet<String> {
    let above: HashSet<&str> = place.path.trim_matches('/').split('/').collect();
    passed.iter().filter(|(at, _)| above.contains(at.as_str())).map(|(_, gate)| gate.clone()).collect()
}

/// A place with what its ladder needs.
struct Shown {
    place: Place,
    title: String,
    bars: Vec<Bar>,
    filed: BTreeMap<String, Filed>,
    /// Gates confirmed above it, and where.
    above: HashMap<String, String>,
    passed: HashSet<String>,
    /// Of gates that have some: those that come first.
    before: HashMap<&'static str, Vec<Before>>,
    people: HashMap<String, String>,
}

async fn read(site: &Site, visitor: &Visitor, id: &str) -> Result<Shown, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let mut conn = site.reader().await?;
    let place = visitor.place(&mut conn, id).await?;
    if !place.kind.is_site() {
        return Err(missing().into());
    }
    let tree = site.domain.places.tree(&mut conn).await?;
    let all = plan::heard::gates_passed(&mut conn).await?;
    let passed = passed_at(&all, &place);
    let mut above = HashMap::new();
    for (at, gate) in all.iter().filter(|(at, gate)| *at != place.id && passed.contains(gate)) {
        if let Some(at) = tree.get(at).filter(|at| place.path.starts_with(&at.path)) {
            above.insert(gate.clone(), at.attributes.name.clone());
        }
    }
    let mut before = HashMap::new();
    for gate in GATES.iter().filter(|gate| !gate.after.is_empty()) {
        before.insert(gate.id.as_str(), store::before(&mut conn, &place.path, gate).await?);
    }
    Ok(Shown {
        before,
        title: tree.full_name(&place),
        bars: plan::store::bars_at(&mut conn, id).await?,
        filed: store::of_place(&mut conn, id).await?,
        people: identity::names(&mut conn).await?,
        above,
        passed,
        place,
    })
}

async fn show(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    let shown = read(&site, &visitor, &id).await?;
    show_page(&site, &visitor, &shown, &Attempt::default()).await
}

async fn show_page(site: &Site, visitor: &Visitor, shown: &Shown, attempt: &Attempt) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let crumb = places::pages::crumbs_of(&mut conn, visitor, &shown.place).await?;
    drop(conn);
    let today = site.clock.today();
    let planned: HashSet<&str> = shown.bars.iter().filter_map(|bar| bar.stage.as_deref()).collect();
    // Of a project or parcel without work of its own every gate may hold for what stands in it.
    let is_whole = !matches!(shown.place.kind, Kind::Building | Kind::Facility);
    let exists = |gate: &&Gate| is_whole || shown.filed.contains_key(&gate.id) || gate.binds.iter().any(|stage| planned.contains(stage.as_str()) && binding::of_stage(stage, &planned).any(|one| one.id == gate.id));
    let gates: Vec<&Gate> = GATES.iter().filter(exists).collect();
    let milestones: Vec<&Bar> = shown.bars.iter().filter(|bar| bar.kind != "summary" && bar.stage.as_deref().is_some_and(binding::is_bound)).collect();
    let body = html! {
        (crumb)
        (error_summary(visitor, attempt.of_page()))
        h1 { (visitor.t("gates.of")) " · " (shown.title) }
        p.lead { (visitor.t("gates.ladder_lead")) }
        @if !milestones.is_empty() {
            h2 { (visitor.t("gates.milestones")) }
            div.scroll tabindex="0" role="region" aria-label=(visitor.t("gates.milestones")) { table {
                thead { tr { th { (visitor.t("gates.milestone")) } th { (visitor.t("field.state")) } th { (visitor.t("gates.day")) } th { (visitor.t("gates.open")) } } }
                tbody { @for bar in &milestones {
                    @let open: Vec<&Gate> = binding::open(bar, &planned, &shown.passed).collect();
                    tr { td { a href={ "/wall/bar?project=" (form_urlencoded(&bar.project)) "&activity=" (form_urlencoded(&bar.activity)) } { (visitor.shown(&bar.name)) } }
                        td { @match (bar.actual_finish, open.is_empty()) {
                            (Some(_), true) => span.lamp.done { (visitor.t("gates.met")) },
                            (Some(_), false) => span.lamp.bad { (visitor.t("gates.met_without")) },
                            (None, true) => span.lamp.good { (visitor.t("gates.free")) },
                            (None, false) => span.lamp.idle { (visitor.t(state_key(bar, today))) },
                        } }
                        td.dates { @match bar.actual_finish.or(bar.early.map(|(_, finish)| finish)) { Some(on) => (on), None => "—" } }
                        td { @if open.is_empty() { "—" } @for gate in open { a href={ "#" (gate.id) } { (gate_name(visitor, gate)) } " " } } }
                } }
            } }
        }
        @if gates.is_empty() { p.empty { (visitor.t("gates.none_here")) } }
        @for group in groups(&gates) {
            h2 { (visitor.t(&format!("gate_group.{group}"))) }
            @for gate in gates.iter().filter(|gate| gate.group == group) { (gate_section(visitor, shown, gate, today, attempt)) }
        }
        p { a href="/gates/rules" { (visitor.t("gates.rules")) } }
    };
    Ok(attempt.respond(page(site, visitor, &shown.title, body)))
}

/// Groups in the order of the file.
fn groups<'a>(gates: &[&'a Gate]) -> Vec<&'a str> {
    let mut groups: Vec<&str> = Vec::new();
    for gate in gates {
        if !groups.contains(&gate.group.as_str()) {
            groups.push(&gate.group);
        }
    }
    groups
}

/// An act at one of a place's gates.
fn at_gate(gate: &str, act: &str) -> String {
    format!("{gate}/{act}")
}

fn gate_section(visitor: &Visitor, shown: &Shown, gate: &Gate, today: Date, attempt: &Attempt) -> Markup {
    let filed = shown.filed.get(&gate.id);
    let standing = filed.map(|filed| filed.known.standing);
    let above = shown.above.get(&gate.id);
    let (may_file, may_judge) = may(&visitor.rights, &shown.place.path);
    let is_mine = filed.is_some_and(|filed| Some(&filed.known.filed_by) == visitor.account.as_ref());
    let name = |account: &str| shown.people.get(account).cloned().unwrap_or_else(|| visitor.t("ledger.system"));
    let blank = Values::default().with("on", today);
    let act = |act: &str| attempt.values(&at_gate(&gate.id, act), &blank);
    let of_act = |act: &str| attempt.refusal_of(&at_gate(&gate.id, act));
    let address = |act: &str| format!("/gates/{}/{}/{act}", shown.place.id, gate.id);
    html! { section.sheet id=(gate.id) {
        h3 { (gate_name(visitor, gate)) " "
            @match standing {
                Some(standing) => span.lamp.good[standing == Standing::Confirmed].warn[standing == Standing::Filed].bad[matches!(standing, Standing::Returned | Standing::Withdrawn)] { (visitor.t(&format!("gate_standing.{}", standing.name()))) },
                None => @match above {
                    Some(place) => span.lamp.good { (visitor.tf("gates.passed_above", &[("place", place.clone())])) },
                    None => span.lamp.idle { (visitor.t("gate_standing.open")) },
                },
            }
        }
        @if let Some(before) = shown.before.get(gate.id.as_str()).filter(|before| !before.is_empty()) { (comes_first(visitor, gate, before)) }
        @if let (None, Some(place)) = (standing, above) { p.quiet { (visitor.tf("gates.only_above", &[("place", place.clone())])) } }
        @if standing == Some(Standing::Confirmed) && !matches!(shown.place.kind, Kind::Building | Kind::Facility) { p.quiet { (visitor.t("gates.for_all_within")) } }
        @if let Some(filed) = filed { (evidence(visitor, shown, gate, filed, &name)) }
        @if may_judge && !is_mine && standing == Some(Standing::Filed) { div.bar.no-print {
            form method="post" action=(address("confirm")) { (seal_with(visitor, &Values::default())) button type="submit" { (visitor.t("gate_act.confirm")) } }
        }
            details.no-print open[of_act("return").is_some()] { summary { (visitor.t("gate_act.return")) } (Form::new(visitor, address("return"), "gate_act.return", act("return")).named(&format!("{}-return", gate.id)).lines("reason", true).refused(of_act("return")).render()) }
        }
        @if may_judge && standing == Some(Standing::Confirmed) {
            details.no-print open[of_act("withdraw").is_some()] { summary { (visitor.t("gate_act.withdraw")) } (Form::new(visitor, address("withdraw"), "gate_act.withdraw", act("withdraw")).named(&format!("{}-withdraw", gate.id)).lines("reason", true).refused(of_act("withdraw")).render()) }
        }
        @if may_file && above.is_none() && standing != Some(Standing::Confirmed) {
            details.no-print open[of_act("file").is_some()] { summary { (visitor.t("gate_act.file")) } (file_form(visitor, gate, &address("file"), act("file"), of_act("file"))) }
        }
    } }
}

/// The gates that come before one, and how far they are: of a project or parcel, at how many of its buildings.
fn comes_first(visitor: &Visitor, gate: &Gate, before: &[Before]) -> Markup {
    html! { p.before { (visitor.t("gates.comes_first")) @for first in gate.before() {
        @let (passed, open): (Vec<&Before>, Vec<&Before>) = before.iter().filter(|one| one.gate == first.id).partition(|one| one.confirmed.is_some());
        @if !(passed.is_empty() && open.is_empty()) {
            " " a href={ "#" (first.id) } { (gate_name(visitor, first)) } " "
            span.lamp.good[open.is_empty()].idle[!open.is_empty()] { @if passed.len() + open.len() > 1 { (passed.len()) " / " (passed.len() + open.len()) } @else { (visitor.t(if open.is_empty() { "gate_standing.confirmed" } else { "gate_standing.open" })) } }
        }
    } } }
}

fn evidence(visitor: &Visitor, shown: &Shown, gate: &Gate, filed: &Filed, name: &dyn Fn(&str) -> String) -> Markup {
    let evidence = &filed.known.evidence;
    html! {
        dl.facts {
            dt { (visitor.t("field.document")) } dd { (evidence.document) " · " (evidence.on) " · " (name(&filed.known.filed_by)) }
            @for (measure, percent) in &evidence.measures { dt { (visitor.t(&format!("value.measure_{measure}"))) } dd { @if *percent < WHOLE_PERCENT { span.lamp.bad { (percent) " %" } } @else { (percent) " %" } } }
            @if !evidence.remark.is_empty() { dt { (visitor.t("field.remark")) } dd { (evidence.remark) } }
            @if let (Some(by), Some(on)) = (&filed.judged_by, filed.known.judged_on) { dt { (visitor.t(&format!("gate_standing.{}", filed.known.standing.name()))) } dd { (on) " · " (name(by)) @if let Some(reason) = &filed.reason { " · " (reason) } } }
            dt { (visitor.t("shell.last_fact")) } dd { a href={ "/facts?subject=" (form_urlencoded(&format!("{}#{}", shown.place.id, gate.id))) } { "№ " (filed.number) } }
        }
        (photographs(visitor, &format!("/gates/{}/{}/photos/", shown.place.id, gate.id), evidence.photos.iter().map(Photo::name)))
    }
}

/// The form of evidence: a gate with measures asks for each of them.
fn file_form(visitor: &Visitor, gate: &Gate, address: &str, values: &Values, refused: Option<&Refusal>) -> Markup {
    let id = |field: &str| format!("field-{}-{field}", gate.id);
    html! {
        @if let Some(refusal) = refused { div.summary role="alert" { ul { li { (sentence(visitor, refusal)) " " span.quiet { (refusal.code) } } } } }
        form.fields method="post" action=(address) enctype="multipart/form-data" {
            (seal_with(visitor, values))
            div.field { label for=(id("document")) { (visitor.t("field.document")) } input id=(id("document")) name="document" type="text" maxlength="200" required value=(values.text("document")); }
            div.field { label for=(id("on")) { (visitor.t("field.on")) } input id=(id("on")) name="on" type="date" required value=(values.text("on")); }
            @if !gate.measures.is_empty() { div.pairs { @for measure in &gate.measures { @let field = format!("measure.{measure}");
                label { span { (visitor.t(&format!("value.measure_{measure}"))) " %" } input name=(field) inputmode="numeric" required value=(values.text(&field)); } } } }
            div.field { label for=(id("remark")) { (visitor.t("field.remark")) " " span.quiet { (visitor.t("shell.optional")) } } textarea id=(id("remark")) name="remark" rows="2" maxlength="2000" { (values.text("remark")) } }
            div.field { label for=(id("photos")) { (visitor.t("field.photos")) " " span.quiet { (visitor.t("shell.optional")) } } input id=(id("photos")) name="photos" type="file" accept=(PICTURES) multiple; }
            div.actions { button type="submit" { (visitor.t("gate_act.file")) } }
        }
    }
}

async fn act(State(site): State<Site>, visitor: Visitor, Path((id, gate, name)): Path<(String, String, String)>, sent: SentWithFiles) -> Result<Response, Problem> {
    let shown = read(&site, &visitor, &id).await?;
    let known = binding::gate(&gate).ok_or(missing())?;
    let SentWithFiles { values, files } = sent;
    let done = async {
        let request = values.request_id()?;
        let (may_file, _) = may(&visitor.rights, &shown.place.path);
        let (place, reason) = (id.clone(), values.text("reason").to_owned());
        let mut documents = Vec::new();
        let command = match name.as_str() {
            "file" => {
                // Pictures are drawn for nobody who may not do this: drawing costs.
                let (photos, papers) = photos::take(&site, if may_file { files } else { Files::default() }).await??;
                documents = papers;
                let measures = values.under("measure.").filter_map(|(measure, percent)| Some((measure.to_owned(), percent.parse().ok()?))).collect();
                let evidence = Evidence { document: values.text("document").into(), on: values.date("on")?, remark: values.text("remark").into(), measures, photos };
                Command::File { place, gate: known.id.clone(), evidence: Box::new(evidence) }
            }
            "confirm" => Command::Confirm { place, gate: known.id.clone() },
            "return" => Command::Return { place, gate: known.id.clone(), reason },
            "withdraw" => Command::Withdraw { place, gate: known.id.clone(), reason },
            _ => return Err(missing().into()),
        };
        site.submit_with(&visitor, request, command, documents).await
    };
    match done.await {
        Ok(_) => Ok(Redirect::to(&format!("/gates/{id}#{gate}")).into_response()),
        Err(problem) => {
            let attempt = Attempt::refused(&at_gate(&gate, &name), values, problem)?;
            // Read again: somebody may have been faster, and the page says who.
            show_page(&site, &visitor, &read(&site, &visitor, &id).await?, &attempt).await
        }
    }
}

async fn photo(State(site): State<Site>, visitor: Visitor, Path((id, gate, copy)): Path<(String, String, String)>) -> Result<Response, Problem> {
    let shown = read(&site, &visitor, &id).await?;
    let filed = shown.filed.get(&gate).ok_or(missing())?;
    if !filed.known.evidence.photos.iter().any(|photo| photo.name() == copy) {
        return Err(missing().into());
    }
    copies::answer(&site, &copy).await
}

/// Which gates there are, what each binds, and where that comes from.
async fn rule_page(State(site): State<Site>, visitor: Visitor) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let stage = |stage: &String| visitor.t(&format!("stage.{stage}"));
    let body = html! {
        (crumbs(&visitor, &[("/gates".to_owned(), visitor.t("nav.gates"))]))
        h1 { (visitor.t("gates.rules")) }
        p.lead { (visitor.t("gates.rules_lead")) }
        div.scroll tabindex="0" { table {
            thead { tr { th { (visitor.t("gates.gate")) } th { (visitor.t("gates.group")) } th { (visitor.t("gates.binds")) } th { (visitor.t("gates.comes_first")) } th { (visitor.t("gates.where")) } th { (visitor.t("risks.source")) } } }
            tbody { @for gate in GATES.iter() { tr {
                td { (gate_name(&visitor, gate)) @if !gate.measures.is_empty() { br; span.quiet { (visitor.list(gate.measures.iter().map(|measure| visitor.t(&format!("value.measure_{measure}"))))) } } }
                td { (visitor.t(&format!("gate_group.{}", gate.group))) }
                td { (visitor.list(gate.binds.iter().map(stage))) }
                td { @if gate.after.is_empty() { "—" } @else { (visitor.list(gate.before().map(|first| gate_name(&visitor, first)))) } }
                td { @match &gate.stage { Some(needed) => (visitor.tf("gates.where_planned", &[("stage", stage(needed))])), None => (visitor.t("gates.everywhere")) } }
                td lang="en" { (gate.source) " " span.tag { (visitor.t(&format!("order_mark.{}", gate.mark.to_lowercase()))) } }
            } } }
        } }
    };
    Ok(page(&site, &visitor, &visitor.t("gates.rules"), body).into_response())
}
