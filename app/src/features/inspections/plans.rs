//! Pages of plans: a leader's choice, a draw, and a draw that is open, drawn again.

use super::draw::{self, Candidate, Drawing, RULES};
use super::pages::{Names, hour_text};
use super::planning::{self, Ground, MOST_STOPS, Route};
use super::showing::proof_mark;
use super::store::{self, Plan};
use super::{gather, yearly};
use crate::clock::civil;
use crate::features::authority::{Verb, missing};
use crate::features::places::model::Kind;
use crate::features::places::store::Place;
use crate::refusal::Refusal;
use crate::web::Site;
use crate::web::extract::Sent;
use crate::web::forms::{Form, Values, form_response, refusal};
use crate::web::layout::{crumbs, page};
use crate::web::problem::Problem;
use crate::web::visitor::Visitor;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::ToSpan;
use maud::{Markup, html};

const PLACES: [&str; MOST_STOPS] = ["site1", "site2", "site3"];
/// What becomes of places in a draw that would be visited again soon: they cannot be drawn, or can for a reason.
const LEAVE_OUT: &str = "leave_out";
const KEEP: &str = "keep";
const PEOPLE: [&str; 3] = ["inspector1", "inspector2", "inspector3"];

pub(super) async fn new_form(State(site): State<Site>, visitor: Visitor) -> Result<Response, Problem> {
    let until = site.clock.today().saturating_add(7.days());
    new_page(&site, &visitor, &Values::default().with("last_day", until).with("visit_days", 1), None).await
}

async fn new_page(site: &Site, visitor: &Visitor, values: &Values, refused: Option<&Refusal>) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Approve)?;
    let mut conn = site.reader().await?;
    let today = site.clock.today();
    let names = Names::read(&mut conn, site).await?;
    let at = |place: &&Place| matches!(place.kind, Kind::Project | Kind::Building | Kind::Facility) && visitor.may(Verb::Approve, &place.path);
    let places: Vec<(String, String)> = names.tree.places().iter().filter(at).map(|place| (place.id.clone(), names.place(&place.id))).collect();
    let ids: Vec<String> = names.tree.places().iter().filter(|place| place.kind == Kind::Project).map(|place| place.id.clone()).collect();
    let account = visitor.account.as_deref().unwrap_or_default();
    let ground = store::ground(&mut conn, &ids, account, today).await?;
    drop(conn);
    let mut people: Vec<(String, String)> = ground.inspect.values().flatten().map(|account| (account.clone(), names.person(account).to_owned())).collect();
    people.sort();
    people.dedup();
    let mut form = Form::new(visitor, "/inspections/new", "inspections.direct", values);
    for (at, field) in PLACES.into_iter().enumerate() {
        form = form.choice(field, places.clone(), at == 0);
    }
    for (at, field) in PEOPLE.into_iter().enumerate() {
        form = form.choice(field, people.clone(), at < RULES.team.value as usize);
    }
    let refused = refused.map(|refusal| named(visitor, refusal, &names));
    let body = html! {
        (crumbs(visitor, &[("/inspections".to_owned(), visitor.t("nav.inspections"))]))
        h1 { (visitor.t("inspections.direct")) }
        p.lead { (visitor.t("inspections.direct_lead")) }
        (form.lines("reason", true).date("last_day", true).number("visit_days").opt_text("again").opt_text("beyond").refused(refused.as_ref()).render())
        (yearly::counts(visitor, &names, &ground))
    };
    Ok(form_response(refused.as_ref(), page(site, visitor, &visitor.t("inspections.direct"), body)))
}

/// A refusal whose places are called by their names.
pub(super) fn named(visitor: &Visitor, refusal: &Refusal, names: &Names) -> Refusal {
    let mut refusal = refusal.clone();
    for (name, value) in &mut refusal.params {
        match *name {
            "place" => *value = names.place(value),
            "places" => *value = visitor.list(value.split(' ').map(|place| names.place(place))),
            _ => {}
        }
    }
    refusal
}

pub(super) async fn direct(State(site): State<Site>, visitor: Visitor, Sent(values): Sent) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Approve)?;
    let mut conn = site.reader().await?;
    let chosen: Vec<String> = PLACES.iter().filter_map(|field| values.opt(field)).collect();
    for place in &chosen {
        visitor.place_for(&mut conn, place, Verb::Approve).await?;
    }
    let account = visitor.account.clone().ok_or(Problem::LoginNeeded)?;
    let ground = store::ground(&mut conn, &chosen, &account, site.clock.today()).await?;
    drop(conn);
    let done = async {
        let route = Route {
            plan: values.request_id()?,
            places: chosen,
            inspectors: PEOPLE.iter().filter_map(|field| values.opt(field)).collect(),
            reason: values.text("reason").to_owned(),
            again: values.text("again").to_owned(),
            until: values.date("last_day")?,
            days: values.opt_number("visit_days")?.unwrap_or(1),
            beyond: values.text("beyond").to_owned(),
            made_by: account,
        };
        let stops = planning::directed(&route, &ground).map_err(Refusal::from)?;
        keep(&site, &Plan::Directed(stops)).await
    };
    match done.await {
        Ok(()) => Ok(Redirect::to("/inspections#sealed").into_response()),
        Err(problem) => new_page(&site, &visitor, &values, Some(&refusal(problem)?)).await,
    }
}

/// Writes a plan beside the ledger. No fact tells of it before it is opened, not even that there is one.
async fn keep(site: &Site, plan: &Plan) -> Result<(), Problem> {
    Ok(store::keep_plan(&mut site.db.writer().await?, plan).await?)
}

pub(super) async fn draw_form(State(site): State<Site>, visitor: Visitor) -> Result<Response, Problem> {
    let until = site.clock.today().saturating_add(7.days());
    draw_page(&site, &visitor, &Values::default().with("last_day", until).with("count", 2), None).await
}

async fn draw_page(site: &Site, visitor: &Visitor, values: &Values, refused: Option<&Refusal>) -> Result<Response, Problem> {
    visitor.need(Verb::Govern, "/")?;
    let mut conn = site.reader().await?;
    let names = Names::read(&mut conn, site).await?;
    let candidates = gather::candidates(&mut conn, &site.domain, civil(site.clock.now())).await?;
    let ids: Vec<String> = candidates.iter().map(|one| one.place.clone()).collect();
    let account = visitor.account.as_deref().unwrap_or_default();
    let ground = store::ground(&mut conn, &ids, account, site.clock.today()).await?;
    drop(conn);
    let candidates = store::weighed(candidates, &ground);
    let mut form = Form::new(visitor, "/inspections/draw", "inspections.draw", values).text("count").date("last_day", true);
    let repeats = planning::repeats(&candidates, &ground);
    if !repeats.is_empty() {
        let ways = [LEAVE_OUT, KEEP].map(|way| (way.to_owned(), visitor.t(&format!("inspections.repeats_{way}"))));
        form = form.choice("repeats", ways.to_vec(), true).opt_text("again");
    }
    let refused = refused.map(|refusal| named(visitor, refusal, &names));
    let refused = refused.as_ref();
    let body = html! {
        (crumbs(visitor, &[("/inspections".to_owned(), visitor.t("nav.inspections"))]))
        h1 { (visitor.t("inspections.draw")) }
        p.lead { (visitor.t("inspections.draw_lead")) }
        @if !repeats.is_empty() { aside.notice #repeats {
            p { (visitor.tf("inspections.repeats", &[("days", RULES.duplicate.value.to_string())])) }
            ul { @for place in &repeats { li { (names.place(place)) " · " (repeat_why(visitor, &ground, place)) } } }
        } }
        (form.refused(refused).render())
        h2 { (visitor.t("inspections.weights")) }
        (weights(visitor, &names, &candidates))
        p { a href="/inspections/rules" { (visitor.t("inspections.rules")) } }
        p { (yearly::allowed_text(visitor, ground.allowed)) " " a href="/inspections/year" { (visitor.t("inspections.year")) } }
    };
    Ok(form_response(refused, page(site, visitor, &visitor.t("inspections.draw"), body)))
}

/// Why a visit of a place would be another one soon.
fn repeat_why(visitor: &Visitor, ground: &Ground, place: &str) -> String {
    let visited = planning::duplicate(ground, place).map(|on| visitor.tf("inspections.repeat_visited", &[("date", on.to_string())]));
    let planned = ground.planned.contains(place).then(|| visitor.t("inspections.repeat_planned"));
    visitor.list([visited, planned].into_iter().flatten())
}

/// Candidates with the figures that make their weights, the heaviest first.
fn weights(visitor: &Visitor, names: &Names, candidates: &[Candidate]) -> Markup {
    let total: u32 = candidates.iter().map(|one| one.weight).sum();
    let mut sorted: Vec<&Candidate> = candidates.iter().collect();
    sorted.sort_by_key(|one| std::cmp::Reverse(one.weight));
    html! { div.scroll tabindex="0" role="region" aria-label=(visitor.t("inspections.weights")) { table {
        thead { tr { th { (visitor.t("field.place")) } @for key in ["late_dates", "overdue_orders", "disputes", "problems", "visited", "weight", "chance"] { th.number { (visitor.t(&format!("inspections.{key}"))) } } } }
        tbody { @for one in sorted { tr {
            td { (names.place(&one.place)) }
            td.number { (one.late_dates) } td.number { (one.overdue_orders) } td.number { (one.disputes) } td.number { (one.problems) }
            td.number { @match one.visited_on { Some(on) => (on), None => "—" } }
            td.number { (one.weight) }
            td.number { (u64::from(one.weight) * 100 / u64::from(total.max(1))) " %" }
        } } }
    } } }
}

pub(super) async fn draw_lots(State(site): State<Site>, visitor: Visitor, Sent(values): Sent) -> Result<Response, Problem> {
    visitor.need(Verb::Govern, "/")?;
    let account = visitor.account.clone().ok_or(Problem::LoginNeeded)?;
    let done = async {
        let plan = values.request_id()?;
        let (count, until) = (values.opt_number::<u32>("count")?.unwrap_or(0), values.date("last_day")?);
        let mut conn = site.reader().await?;
        // A form that is sent twice draws once.
        if store::is_kept(&mut conn, &plan).await? {
            return Ok(());
        }
        let (today, candidates) = (site.clock.today(), gather::candidates(&mut conn, &site.domain, civil(site.clock.now())).await?);
        let ids: Vec<String> = candidates.iter().map(|one| one.place.clone()).collect();
        let ground = store::ground(&mut conn, &ids, &account, today).await?;
        drop(conn);
        let seed = store::new_salt().iter().map(|byte| format!("{byte:02x}")).collect();
        let mut candidates = store::weighed(candidates, &ground);
        if values.text("repeats") == LEAVE_OUT {
            candidates = planning::without_repeats(candidates, &ground);
        }
        // A reason counts for whoever says that they are to be drawn all the same.
        let again = if values.text("repeats") == KEEP { values.text("again") } else { "" };
        let drawing = Drawing { plan, seed, count, team: RULES.team.value, candidates, inspectors: store::eligible(&ground) };
        let salt = store::new_salt();
        let commitment = store::drawing_commitment(&drawing, &salt)?;
        let stops = planning::drawn(&drawing, &commitment, until, (&account, again), &ground).map_err(Refusal::from)?;
        keep(&site, &Plan::Drawn(stops, Box::new(drawing), salt)).await
    };
    match done.await {
        Ok(()) => Ok(Redirect::to("/inspections#sealed").into_response()),
        Err(problem) => draw_page(&site, &visitor, &values, Some(&refusal(problem)?)).await,
    }
}

/// A draw that is open, drawn again.
pub(super) async fn show_draw(State(site): State<Site>, visitor: Visitor, Path(plan): Path<String>) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let mut conn = site.reader().await?;
    let (opening, number) = store::drawing(&mut conn, &plan).await?.ok_or(missing())?;
    // A draw speaks of every project: whoever reads some of them alone is told whether it holds, on the inspection's page.
    if !visitor.may(Verb::Read, "/") && !visitor.rights.may_somewhere(Verb::Audit) {
        return Err(missing().into());
    }
    let names = Names::read(&mut conn, &site).await?;
    let proof = store::seal_of(&mut conn, &opening.hour).await?.is_some_and(|(root, ..)| opening.is_proved_by(&root));
    drop(conn);
    let drawing = &opening.content;
    let body = html! {
        (crumbs(&visitor, &[("/inspections".to_owned(), visitor.t("nav.inspections"))]))
        h1 { (visitor.t("inspections.the_draw")) }
        p { (proof_mark(&visitor, proof)) " " a href={ "/facts?subject=" (plan) } { "№ " (number) } }
        dl.facts {
            dt { (visitor.t("inspections.seed")) } dd { code { (drawing.seed) } }
            dt { (visitor.t("inspections.hour")) } dd { (hour_text(&opening.hour)) }
        }
        h2 { (visitor.t("inspections.picks")) }
        ol { @for pick in draw::draw(drawing) { li { (names.place(&pick.place)) " · " (visitor.list(pick.inspectors.iter().map(|one| names.person(one)))) } } }
        h2 { (visitor.t("inspections.weights")) }
        (weights(&visitor, &names, &drawing.candidates))
        h2 { (visitor.t("inspections.eligible")) }
        ul { @for one in &drawing.inspectors { li { (names.person(&one.account)) " · " (visitor.tf("inspections.places_free", &[("count", one.places.len().to_string())])) } } }
    };
    Ok(page(&site, &visitor, &visitor.t("inspections.the_draw"), body).into_response())
}
