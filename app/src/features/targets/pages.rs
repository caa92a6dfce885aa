//! Pages of targets: a place with its gaps and promises, one building with every work item, and the promise itself.

use super::assess::{self, Assessed, ProjectTargets};
use super::drawings::{self, Measure, Worth};
use super::grades::Marks;
use super::model::{Command, Grade, Promised, RULES, Refused};
use super::progress::{Weighed, grade, linear_e1, signed, tenths_text};
use super::store::{self, Commitment};
use crate::db::Conn;
use crate::features::authority::{Verb, missing};
use crate::features::places::model::Kind;
use crate::features::rule_sets::model::GapRules;
use crate::features::places::store::Place;
use crate::features::{identity, places, plan, rule_sets};
use crate::refusal::{Reason, Refusal};
use crate::web::Site;
use crate::web::extract::{Query, Sent};
use crate::web::forms::{Values, error_summary, form_response, refusal, seal_with};
use crate::web::layout::page;
use crate::web::papers;
use crate::web::past::{self, Known, Looked};
use crate::web::problem::{Problem, form_urlencoded};
use crate::web::registers::{self, Cell, Register};
use crate::web::visitor::Visitor;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use guatu_formats::charts::{self, Heading, Ink, Sheet};
use guatu_kernel::guarantee::{Period, PeriodKind, Restoration, TOLERANCE, Window};
use jiff::ToSpan;
use jiff::civil::Date;
use maud::{Markup, html};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Width of drawings in pages: they scroll sideways on a narrower screen.
const SCREEN_WIDTH_PX: f64 = 860.0;

/// Routes of this feature.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/targets", get(overview))
        .route("/targets/periods", get(super::accounts::accounts))
        .route("/targets/{building}", get(building))
        .route("/targets/{building}/elevation/{format}", get(elevation))
        .route("/targets/{project}/curve/{format}", get(curve))
        .route("/targets/{building}/promise", post(promise))
}

/// What an address asks for.
#[derive(Debug, Default, serde::Deserialize)]
struct Asked {
    place: Option<String>,
    /// A day that has passed: as it was planned then, with what has been reported of it since.
    on: Option<Date>,
    /// What the curve of a project weighs by.
    by: Option<String>,
}

/// What a row sums up: gaps, and how the week's promises stand.
#[derive(Debug, Default)]
struct Sum {
    weighed: Weighed,
    /// Work items that need something this week.
    needed: usize,
    /// Of these, promised at least as much.
    promised: usize,
    /// Promises of the week kept so far.
    kept: usize,
    /// Promises of the week.
    made: usize,
    /// Work items with a boundary that cannot be kept.
    broken: usize,
    /// The lowest truth grade of what was measured.
    grade: Option<Grade>,
    /// Work items that were measured.
    measured: usize,
    /// Of these, confirmed or verified by others.
    confirmed: usize,
}

impl Sum {
    fn add(&mut self, item: &Assessed) {
        self.measured += usize::from(item.grade.is_some());
        self.confirmed += usize::from(item.grade.is_some_and(|grade| grade >= Grade::Confirmed));
        self.grade = self.grade.into_iter().chain(item.grade).min();
        let Some(week) = item.facts.windows.iter().find(|window| window.period.kind == PeriodKind::Week) else { return };
        if week.should > TOLERANCE {
            self.needed += 1;
            self.promised += usize::from(week.will.is_some_and(|will| will + TOLERANCE >= week.should));
        }
        if let Some(is_kept) = item.is_promise_kept(PeriodKind::Week) {
            self.made += 1;
            self.kept += usize::from(is_kept);
        }
        self.broken += usize::from(item.outlook().first_impossible().is_some());
    }
}

async fn overview(State(site): State<Site>, visitor: Visitor, Query(asked): Query<Asked>, Query(list): Query<registers::Asked>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let place = visitor.place_or_highest(&mut conn, &site.domain, asked.place.as_deref()).await?;
    let tree = site.domain.places.tree(&mut conn).await?;
    let looked = past::look(&site, asked.on).await?;
    let (on, then) = (looked.day, looked.passed());
    if matches!(place.kind, Kind::Building | Kind::Facility) {
        return Ok(Redirect::to(&address_of(&place, then)).into_response());
    }
    let by = Measure::from_name(asked.by.as_deref()).ok_or_else(missing)?;
    let marks = Marks::of_visitor(&visitor);
    let earlier = then.map_or_else(String::new, |on| format!("&on={on}"));
    let project = tree.lineage(&place).find(|other| other.kind == Kind::Project);
    let row_kinds: &[Kind] = if project.is_some() { &[Kind::Building, Kind::Facility] } else { &[Kind::Project] };
    // Rounds and bulletins speak of active projects: a sum beside them is of the same.
    let active: HashSet<String> = plan::store::active(&mut conn).await?.into_iter().map(|plan| plan.project).collect();
    let mut rows: Vec<(&Place, Sum)> = Vec::new();
    let mut whole = Sum::default();
    let mut loaded: HashMap<String, Arc<ProjectTargets>> = HashMap::new();
    for row in tree.under(&place).iter().filter(|other| row_kinds.contains(&other.kind)) {
        let Some(of) = tree.lineage(row).find(|other| other.kind == Kind::Project) else { continue };
        if project.is_none() && !active.contains(&of.id) {
            continue;
        }
        if !loaded.contains_key(&of.id) {
            loaded.insert(of.id.clone(), assess::looked(&mut conn, &site.domain, &of.id, &looked).await?);
        }
        let targets = &loaded[&of.id];
        let mut sum = Sum::default();
        if row.kind == Kind::Project {
            sum.weighed = targets.whole();
            targets.items.iter().for_each(|item| sum.add(item));
        } else {
            sum.weighed = targets.weighed.get(&row.id).copied().unwrap_or_default();
            targets.of(&row.id).for_each(|item| sum.add(item));
        }
        if sum.weighed.weight > 0.0 {
            whole.weighed.join(&sum.weighed);
            whole.needed += sum.needed;
            whole.promised += sum.promised;
            whole.broken += sum.broken;
            whole.measured += sum.measured;
            whole.confirmed += sum.confirmed;
            whole.grade = whole.grade.into_iter().chain(sum.grade).min();
            rows.push((row, sum));
        }
    }
    let (rule_set, rules) = site.domain.rules.gap(&mut conn, on).await?;
    let judged = |weighed: &Weighed| weighed.judged_e1(rules.measure, on);
    rows.sort_by_key(|(_, sum)| judged(&sum.weighed).map_or(0, |(_, _, gap)| gap));
    let mut register = Register::new(&visitor, "/targets", "targets.title", &list)
        .keep("place", &place.id).about(&place.attributes.name)
        .column("place", "wall.place")
        .measured("planned", "targets.planned", "unit.percent")
        .measured("done", "targets.done", "unit.percent")
        .measured("gap", "targets.gap", "unit.points")
        .number("needed", "targets.needed_week")
        .number("promised", "targets.promised_week")
        .number("made", "targets.made_week")
        .number("kept", "targets.kept_week")
        .number("broken", "targets.broken_items")
        .column("grade", "profile.grade");
    if let Some(on) = then {
        register = register.keep("on", on).of_days(on, on);
    }
    if by != Measure::default() {
        register = register.keep("by", by.name());
    }
    let tenths = |value_e1: i64| Cell::Number(value_e1 as f64 / 10.0);
    let count = |count: usize| (Cell::Number(count as f64), None);
    for (row, sum) in &rows {
        // Only what has a weight is a row, and that has points.
        let Some((planned, done, gap)) = judged(&sum.weighed) else { continue };
        let broken = html! { @if sum.broken > 0 { span.lamp.bad { (sum.broken) } } @else { "0" } };
        register.row(vec![
            (Cell::Text(row.attributes.name.clone()), Some(html! { a href={ "/targets?place=" (form_urlencoded(&row.id)) (earlier) } { (row.attributes.name) } })),
            (tenths(planned), Some(html! { (tenths_text(planned)) })),
            (tenths(done), Some(html! { (tenths_text(done)) })),
            (tenths(gap), Some(gap_lamp(&visitor, gap, &rules, &visitor.tf("targets.points", &[("gap", signed(gap))])))),
            count(sum.needed),
            count(sum.promised),
            count(sum.made),
            count(sum.kept),
            (Cell::Number(sum.broken as f64), Some(broken)),
            sum.grade.map_or((Cell::Empty, None), |grade| (Cell::Text(marks.word(grade).to_owned()), Some(marks.with_word(grade)))),
        ]);
    }
    let crumbs = places::pages::crumbs_of(&mut conn, &visitor, &place).await?;
    let worth = match looked.then() {
        Some(then) => drawings::worth(&mut then.reader().await?, &then.domain, &place.id).await?,
        None => drawings::worth(&mut conn, &site.domain, &place.id).await?,
    };
    drop(conn);
    register.respond(&site, "targets.nothing_measured", |table| {
        let body = html! {
            (crumbs)
            div.bar { h1 { (place.attributes.name) " · " (visitor.t("targets.title")) } @if then.is_some() { span.quiet { (on) } } a.button.second.end.no-print href={ "/targets/periods?place=" (form_urlencoded(&place.id)) (earlier) } { (visitor.t("period_account.title")) } }
            p.lead { (visitor.t("targets.lead")) }
            (told_of(&visitor, &looked))
            ul.counts {
                @if let Some((planned, done, gap)) = judged(&whole.weighed) {
                    li { b { (tenths_text(planned)) "%" } span { (visitor.t("targets.planned")) } }
                    li { b { (tenths_text(done)) "%" } span { (visitor.t("targets.done")) @if let Some(grade) = whole.grade { " " (marks.of(grade)) } } }
                    li { b { (signed(gap)) } span { (visitor.t("targets.gap")) } }
                }
                @if let Some(linear) = linear_e1(rule_sets::model::Measure::Months, on) { li { b { (tenths_text(linear)) "%" } span { (visitor.t("targets.linear")) } } }
                li { b { (whole.promised) " / " (whole.needed) } span { (visitor.t("targets.promised_of_needed")) } }
                li { b { (whole.broken) } span { (visitor.t("targets.broken_items")) } }
                li { b { (whole.confirmed) " / " (whole.measured) } span { (visitor.t("targets.confirmed_of_measured")) } }
            }
            @if place.kind == Kind::Project && !rows.is_empty() { (curve_figure(&visitor, &place, by, worth, &earlier)) }
            (table)
            p.quiet { (rule_sets::pages::told(&visitor, &rule_set)) " " (visitor.t("targets.weighing")) }
            p { (marks.legend()) " " span.quiet { (visitor.t("targets.unmarked")) } }
        };
        page(&site, &visitor, &visitor.t("targets.title"), body).into_response()
    })
}

/// A quantity as people write it.
pub fn quantity(value: f64) -> String {
    format!("{}", hundredths(value))
}

/// A quantity in hundredths, rounded from thousandths: what is frozen is so many of them, and reads like what is computed.
pub fn hundredths(value: f64) -> f64 {
    ((value * 1000.0).round() / 10.0).round() / 100.0
}

/// Today's target of a work item: whole units where only those count, with the day the next one is due.
pub fn today_text(visitor: &Visitor, item: &Assessed) -> String {
    let unit = unit_name(visitor, &item.unit);
    match item.facts.today_whole {
        // Less than a unit a day: the day of the next one says more than nought.
        Some(whole) if whole <= TOLERANCE && item.facts.next_whole_on.is_some() => {
            let on = item.facts.next_whole_on.map_or_else(String::new, |on| on.to_string());
            visitor.tf("targets.next_whole", &[("unit", unit), ("date", on)])
        }
        Some(whole) => format!("{} {unit}", quantity(whole)),
        None => format!("{} {unit}", quantity(item.facts.today)),
    }
}

/// The most pressing of the works that ask for something, and how many there are: those that ask for it today before those whose
/// next whole unit is due later, then a date that cannot be kept, then crew-days asked for.
pub fn most_pressing<'a>(targets: &'a ProjectTargets, building: &str) -> Option<(&'a Assessed, usize)> {
    let asked: Vec<&Assessed> = targets.of(building).filter(|item| item.facts.today > TOLERANCE).collect();
    let is_due = |item: &Assessed| item.facts.today_whole.is_none_or(|whole| whole > TOLERANCE);
    let more_pressing = |one: &&Assessed, other: &&Assessed| is_due(one).cmp(&is_due(other)).then_with(|| urgency(one).total_cmp(&urgency(other)));
    let first = asked.iter().copied().max_by(more_pressing)?;
    Some((first, asked.len()))
}

/// What orders targets of different units.
pub fn urgency(item: &Assessed) -> f64 {
    let broken = if item.outlook().first_impossible().is_some() { 1e6 } else { 0.0 };
    broken + item.facts.today * item.unit_crew_days
}

/// What today's report has made of today's target; nothing before it is in.
pub fn so_far(visitor: &Visitor, item: &Assessed) -> Option<Markup> {
    let (done_today, left) = (item.done_today?, item.left_today());
    // A measurement that lowers what stood before is no work of today.
    if done_today < -TOLERANCE {
        let params = [("taken", quantity(-done_today)), ("left", quantity(left))];
        return Some(html! { span.lamp.warn { (visitor.tf("targets.taken_so_far", &params)) } });
    }
    let done = ("done", quantity(done_today));
    Some(match left > TOLERANCE {
        true => html! { span.lamp.warn { (visitor.tf("targets.done_so_far", &[done, ("left", quantity(left))])) } },
        false => html! { span.lamp.good { (visitor.tf("targets.done_for_today", &[done])) } },
    })
}

/// What was done of a work in some days. Where more was taken back of what had been claimed before than was done, that is said.
pub fn delivered(visitor: &Visitor, done_e3: i64, unit: &str) -> String {
    let amount = format!("{} {}", plan::amounts::text(done_e3.abs()), unit_name(visitor, unit));
    let amount = amount.trim_end();
    if done_e3 < 0 { visitor.tf("targets.taken_back", &[("amount", amount.to_owned())]) } else { amount.to_owned() }
}

/// A unit in the person's language; an imported one as it is written.
pub fn unit_name(visitor: &Visitor, unit: &str) -> String {
    let key = format!("unit.{unit}");
    if visitor.language.has(&key) { visitor.t(&key) } else { unit.to_owned() }
}

/// Where a building's targets of today or of an earlier day are.
pub(super) fn address_of(building: &Place, on: Option<Date>) -> String {
    let on = on.map_or_else(String::new, |on| format!("?on={on}"));
    format!("/targets/{}{on}", form_urlencoded(&building.id))
}

/// A gap in tenths of a percentage point as a lamp, with the sentence that gave it.
pub fn gap_lamp(visitor: &Visitor, gap_e1: i64, rules: &GapRules, text: &str) -> Markup {
    let lamp = grade(gap_e1, rules).name();
    let key = if gap_e1 < 0 { lamp } else { "none" };
    let [gap, warn, bad] = [-gap_e1, rules.warn_points_e1, rules.bad_points_e1].map(rule_sets::pages::points);
    let said = visitor.tf(&format!("gap_reason.{key}"), &[("gap", gap), ("warn", warn), ("bad", bad)]);
    html! { span class={ "lamp " (lamp) } title=(said) { (text) } }
}

/// What a page of a day that has passed says of its figures; nothing of today's.
pub fn told_of(visitor: &Visitor, looked: &Looked) -> Markup {
    let date = ("date", looked.day.to_string());
    let told = match looked.known {
        Known::Now => return html! {},
        Known::Then(_) => visitor.tf("targets.of_then", &[date]),
        Known::Later(began_on, _) => visitor.tf("targets.of_before", &[date, ("began", began_on.to_string())]),
    };
    html! { div.notice { p { (told) } } }
}

async fn place_and_targets(conn: &mut Conn, site: &Site, place: &Place, looked: &Looked) -> Result<Arc<ProjectTargets>, Problem> {
    let tree = site.domain.places.tree(conn).await?;
    let project = tree.lineage(place).find(|other| other.kind == Kind::Project).map(|project| project.id.clone());
    Ok(match project {
        Some(project) => assess::looked(conn, &site.domain, &project, looked).await?,
        None => Arc::default(),
    })
}

/// What stands around the drawings of a place. On a screen the page around it has the title and the stamps.
fn heading(site: &Site, visitor: &Visitor, name: &str, (key, on): (&str, Date), sheet: Sheet) -> Heading {
    let is_paper = matches!(sheet, Sheet::Paper { .. });
    Heading {
        title: if is_paper { format!("{name} · {}", visitor.t(key)) } else { String::new() },
        subtitle: on.to_string(),
        as_of: visitor.tf("shell.as_of", &[("number", site.head().to_string())]),
        stamps: papers::stamps(site, visitor),
    }
}

/// What a drawing is asked for on: a screen for `svg`, a sheet of A4 or A3 for `pdf`, in colour or black alone.
#[derive(Debug, Default, serde::Deserialize)]
struct DrawnOn {
    size: Option<String>,
    ink: Option<String>,
    /// What a curve weighs by.
    by: Option<String>,
    /// The day it shows.
    on: Option<Date>,
}

impl DrawnOn {
    fn sheet(&self, format: &str) -> Result<Sheet, Problem> {
        match (format, self.size.as_deref().unwrap_or("A4")) {
            ("svg", _) => Ok(Sheet::Screen { width_px: SCREEN_WIDTH_PX }),
            ("pdf", "A4") => Ok(Sheet::series_a(4)),
            ("pdf", "A3") => Ok(Sheet::series_a(3)),
            _ => Err(missing().into()),
        }
    }

    fn ink(&self) -> Ink {
        if self.ink.as_deref() == Some("mono") { Ink::Mono } else { Ink::Colour }
    }
}

async fn elevation(State(site): State<Site>, visitor: Visitor, Path((id, format)): Path<(String, String)>, Query(on): Query<DrawnOn>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let place = visitor.place(&mut conn, &id).await?;
    let sheet = on.sheet(&format)?;
    let looked = past::look(&site, on.on).await?;
    let targets = place_and_targets(&mut conn, &site, &place, &looked).await?;
    let name = site.domain.places.tree(&mut conn).await?.full_name(&place);
    drop(conn);
    let mut heading = heading(&site, &visitor, &name, ("elevation.title", looked.day), sheet);
    heading.subtitle = format!("{} · {}", looked.day, Marks::of_visitor(&visitor).line(&visitor.t("wall.unmarked")));
    let on = drawings::Ground { heading, sheet, ink: on.ink() };
    let items: Vec<drawings::Standing> = targets.of(&place.id).map(Into::into).collect();
    let drawing = drawings::elevation(&visitor, &items, on).ok_or_else(missing)?;
    papers::drawing(charts::elevation::draw(&drawing), &format, sheet, &format!("guatu-elevation-{}", looked.day)).await
}

async fn curve(State(site): State<Site>, visitor: Visitor, Path((id, format)): Path<(String, String)>, Query(on): Query<DrawnOn>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let place = visitor.place(&mut conn, &id).await?;
    let sheet = on.sheet(&format)?;
    let looked = past::look(&site, on.on).await?;
    let today = looked.day;
    let by = Measure::from_name(on.by.as_deref()).ok_or_else(missing)?;
    let ground = drawings::Ground { heading: heading(&site, &visitor, &place.attributes.name, (curve_title(by), today), sheet), sheet, ink: on.ink() };
    let done = site.domain.measured.of(&mut conn, &place.id).await?;
    let told = drawings::Told { day: today, has_passed: looked.passed().is_some(), by, done };
    let (mut conn, domain) = match looked.then() {
        Some(then) => (then.reader().await?, &then.domain),
        None => (conn, &site.domain),
    };
    let drawing = drawings::curve(&mut conn, domain, &visitor, &place.id, told, ground).await?.ok_or_else(missing)?;
    drop(conn);
    papers::drawing(charts::curve::draw(&drawing), &format, sheet, &format!("guatu-curve-{today}")).await
}

fn curve_title(by: Measure) -> &'static str {
    match by {
        Measure::Quantity => "curve.title",
        Measure::Value => "curve.title_value",
    }
}

/// The curve of a project, what it may be weighed by instead, and how much is known of values.
fn curve_figure(visitor: &Visitor, place: &Place, by: Measure, worth: Worth, earlier: &str) -> Markup {
    let wan = format!("{:.1}", worth.total_fen as f64 / 1_000_000.0);
    let params = [("valued", worth.valued.to_string()), ("works", worth.works.to_string()), ("wan", wan)];
    let address = format!("/targets?place={}", form_urlencoded(&place.id));
    html! {
        @if worth.valued == 0 {
            (figure(visitor, place, "curve", earlier.trim_start_matches('&'), &visitor.t("curve.title")))
            p.quiet { (visitor.t("curve.no_value")) }
        } @else {
            nav.bar.no-print aria-label=(visitor.t("curve.title")) { @for (measure, name) in Measure::ALL {
                a.button.second href={ (address) (earlier) "&by=" (name) } aria-current=[(measure == by).then_some("true")] { (visitor.t(&format!("curve.by_{name}"))) }
            } }
            (figure(visitor, place, "curve", &format!("by={}{earlier}", by.name()), &visitor.t(curve_title(by))))
            p.quiet { (visitor.tf("curve.value_of", &params)) }
        }
    }
}

/// A drawing in a page, with the papers it can be printed on.
fn figure(visitor: &Visitor, place: &Place, name: &str, asked: &str, title: &str) -> Markup {
    let address = format!("/targets/{}/{name}", form_urlencoded(&place.id));
    let link = |format: &str, more: &str| {
        let query = [asked, more].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("&");
        format!("{address}/{format}{}{query}", if query.is_empty() { "" } else { "?" })
    };
    html! {
        figure.drawing {
            div.scroll tabindex="0" { img src=(link("svg", "")) alt=(title) loading="lazy"; }
            figcaption.no-print { (title) " · " a href=(link("pdf", "")) { "A4" } " · " a href=(link("pdf", "size=A3")) { "A3" } " · " a href=(link("pdf", "ink=mono")) { (visitor.t("wall.mono")) } }
        }
    }
}

async fn building(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let place = visitor.place(&mut site.reader().await?, &id).await?;
    // What is measured stands at the leaves; above them are sums.
    if matches!(place.kind, Kind::District | Kind::Zone | Kind::Project | Kind::Parcel) {
        let on = asked.on.map_or_else(String::new, |on| format!("&on={on}"));
        return Ok(Redirect::to(&format!("/targets?place={}{on}", form_urlencoded(&place.id))).into_response());
    }
    let looked = past::look(&site, asked.on).await?;
    building_page(&site, &visitor, &place, &looked, &Values::default(), None).await
}

/// A work item that is worked on or needed soon comes first; what is finished or far ahead is folded away.
fn is_current(item: &Assessed) -> bool {
    let needs = |window: &Window| window.should > TOLERANCE || window.will.is_some();
    item.is_open() && (item.done > TOLERANCE || item.outlook().first_impossible().is_some() || item.facts.windows.iter().take(4).any(needs))
}

async fn building_page(site: &Site, visitor: &Visitor, place: &Place, looked: &Looked, values: &Values, refused: Option<&Refusal>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let targets = place_and_targets(&mut conn, site, place, looked).await?;
    let (current, rest): (Vec<&Assessed>, Vec<&Assessed>) = targets.of(&place.id).partition(|item| is_current(item));
    // What is to come is asked for today alone.
    let (today, then) = (looked.day, looked.passed());
    let (rule_set, rules) = site.domain.rules.gap(&mut conn, today).await?;
    let tree = site.domain.places.tree(&mut conn).await?;
    let project = tree.lineage(place).find(|other| other.kind == Kind::Project).map_or("", |project| project.id.as_str());
    let names = identity::names(&mut conn).await?;
    let is_active = plan::store::plan_over(&mut conn, &place.path).await?.is_some_and(|plan| plan.active_on.is_some());
    let may_promise = then.is_none() && is_active && !tree.is_idle(place, today) && visitor.may(Verb::Report, &place.path);
    let mut coming = if then.is_none() { store::commitments(&mut conn, project, today).await? } else { Vec::new() };
    coming.retain(|one| one.from > today);
    let proposals = if may_promise { proposals(&mut conn, site, project, &place.id, &current, today).await? } else { Vec::new() };
    let points = targets.weighed.get(&place.id).and_then(|weighed| weighed.judged_e1(rules.measure, today));
    let told_of_stop = plan::pages::stopped(&mut conn, visitor, &tree, place, today).await?;
    let body = html! {
        (places::pages::crumbs_of(&mut conn, visitor, place).await?)
        (error_summary(visitor, refused))
        div.bar { h1 { (place.attributes.name) " · " (visitor.t("targets.title")) } @if then.is_some() { span.quiet { (today) } }
            @if let Some((planned, done, gap)) = points { (gap_lamp(visitor, gap, &rules, &visitor.tf("targets.standing", &[("planned", tenths_text(planned)), ("done", tenths_text(done)), ("gap", tenths_text(gap))]))) @if let Some(lowest) = targets.of(&place.id).filter_map(|item| item.grade).min() { (Marks::of_visitor(visitor).with_word(lowest)) } }
            a.no-print href={ "/orders/of?kind=promise&id=" (form_urlencoded(&place.id)) } { (visitor.t("orders.of_this")) }
            @if targets.of(&place.id).any(|item| item.grade.is_some()) { " " a.no-print href={ "/reports/of/" (form_urlencoded(&place.id)) } { (visitor.t("targets.behind")) } }
        }
        @let is_reported = targets.of(&place.id).any(|item| item.done_today.is_some());
        @if may_promise { p.bar.no-print { a.button.second[is_reported] href={ "/reports/new?building=" (form_urlencoded(&place.id)) } { (visitor.t(if is_reported { "targets.is_reported" } else { "reports.file" })) } } }
        (told_of(visitor, looked))
        (told_of_stop)
        h2 { (visitor.t(if then.is_some() { "targets.of_day" } else { "targets.today" })) }
        @if current.iter().all(|item| item.facts.today <= TOLERANCE) { p.quiet { (visitor.t("targets.nothing_today")) } }
        ul.rows { @for item in current.iter().filter(|item| item.facts.today > TOLERANCE) {
            li { span { (visitor.shown(&item.name)) } b.days-left { (today_text(visitor, item)) } @if item.facts.today_whole.is_some() { span.quiet { (visitor.tf("targets.exactly", &[("amount", quantity(item.facts.today))])) } } @if let Some(so_far) = so_far(visitor, item).filter(|_| then.is_none()) { (so_far) } }
        } }
        @if targets.by_building.contains_key(&place.id) { (figure(visitor, place, "elevation", &then.map_or_else(String::new, |on| format!("on={on}")), &visitor.t("elevation.title"))) }
        @if points.is_some() { p.quiet { (rule_sets::pages::told(visitor, &rule_set)) } }
        @for item in &current { (item_sheet(visitor, &place.id, item, &names)) }
        @if may_promise && !current.is_empty() { (promise_form(visitor, place, &current, &proposals, values, refused)) }
        (coming_promises(visitor, &targets, place, &coming, &names))
        @if !rest.is_empty() { details { summary { (visitor.tf("targets.others", &[("count", rest.len().to_string())])) }
            ul { @for item in &rest { li { (visitor.shown(&item.name)) " " (quantity(item.done)) " / " (quantity(item.total)) " " (unit_name(visitor, &item.unit)) } } }
        } }
        @if current.is_empty() && rest.is_empty() { p.empty { (visitor.t("targets.nothing_measured")) } }
    };
    let title = format!("{} · {}", place.attributes.name, visitor.t("targets.title"));
    Ok(form_response(refused, page(site, visitor, &title, body)))
}

/// What has been promised for periods that have yet to begin.
fn coming_promises(visitor: &Visitor, targets: &ProjectTargets, place: &Place, coming: &[Commitment], names: &HashMap<String, String>) -> Markup {
    let of = |one: &&Commitment| targets.of(&place.id).any(|item| item.activity == one.activity);
    html! {
        @if coming.iter().any(|one| of(&one)) {
            h2 { (visitor.t("targets.coming")) }
            ul.rows.coming { @for one in coming.iter().filter(of) { @for item in targets.of(&place.id).filter(|item| item.activity == one.activity) {
                li {
                    span { (visitor.t(&format!("period.{}", one.kind.name()))) " " span.quiet { (span_text(one.from, one.to)) } }
                    span { (visitor.shown(&item.name)) }
                    b { (quantity(assess::units(one.will_e3))) " " (unit_name(visitor, &item.unit)) }
                    @if let Some(by) = names.get(&one.promised_by) { span.quiet { (by) } }
                }
            } } }
        }
    }
}

/// Who promised for the period of a window.
fn promiser<'a>(item: &Assessed, window: &Window, names: &'a HashMap<String, String>) -> Option<&'a str> {
    let (_, account) = item.promised_by.iter().find(|(kind, _)| *kind == window.period.kind)?;
    names.get(account).map(String::as_str)
}

fn item_sheet(visitor: &Visitor, building: &str, item: &Assessed, names: &HashMap<String, String>) -> Markup {
    let percent = |ratio: Option<f64>| ratio.map_or("—".to_owned(), |ratio| format!("{:.0}%", ratio * 100.0));
    html! {
        section.sheet {
            div.bar { h3 { (visitor.shown(&item.name)) } span.quiet { (quantity(item.done)) " / " (quantity(item.total)) " " (unit_name(visitor, &item.unit)) @if let Some(grade) = item.grade { " " a.no-print href={ "/reports/of/" (form_urlencoded(building)) "?activity=" (form_urlencoded(&item.activity)) } { (Marks::of_visitor(visitor).with_word(grade)) } } } }
            @if let Some(first) = item.outlook().first_impossible() {
                div.notice { p { strong { (visitor.tf("targets.broken", &[
                    ("date", first.on.to_string()),
                    ("short", quantity(first.short)),
                    ("unit", unit_name(visitor, &item.unit)),
                    ("levels", levels(visitor, &item.outlook().broken_periods)),
                ])) } " " @match first.recovers_on { Some(on) => (visitor.tf("targets.recovers", &[("date", on.to_string())])), None => (visitor.t("targets.never")) } }
                @if item.outlook().restorations.is_empty() { p { (visitor.t("targets.nothing_restores")) } } @else { p { (visitor.t("targets.would_restore")) } ul { @for one in &item.outlook().restorations { li { (restoration(visitor, one)) } } } }
                }
            }
            @let titles = ["should", "can", "will", "did", "cl", "prco", "ppc", "debt_promise", "debt_requirement"].map(|key| visitor.t(&format!("targets.{key}")));
            div.scroll.cards.bare tabindex="0" { table {
                thead { tr { th { (visitor.t("targets.period")) } @for title in &titles { th.number { (title) } } } }
                tbody { @for window in &item.facts.windows {
                    @let promised = html! { @match window.will {
                        Some(will) => { (quantity(will)) @if let Some(by) = promiser(item, window, names) { br; span.quiet { (by) } } }
                        None => span.quiet { (visitor.t("targets.unpromised")) }
                    } };
                    @let amounts = [window.should, window.can, window.promise_debt(), window.requirement_debt].map(|amount| html! { (quantity(amount)) });
                    @let [should, can, promise_debt, requirement_debt] = amounts;
                    // What an inspection has taken back makes less than nothing of a period; no share of a promise is.
                    @let done = html! { @if window.done < -TOLERANCE { (visitor.tf("targets.taken_back", &[("amount", quantity(-window.done))])) } @else { (quantity(window.done)) } };
                    @let [level, required, kept] = [window.commitment_level(), window.required_complete(), window.plan_complete()].map(|share| html! { (percent(share.map(|share| share.max(0.0)))) });
                    tr {
                        td { (visitor.t(&format!("period.{}", window.period.kind.name()))) " " span.quiet { (span_text(window.period.from, window.period.to)) } }
                        @for (title, figure) in titles.iter().zip([should, can, promised, done, level, required, kept, promise_debt, requirement_debt]) { td.number data-title=(title) { (figure) } }
                    }
                } }
            } }
            @if need_differs(&item.facts.windows) { p.quiet { (visitor.t("targets.frozen_need")) } }
        }
    }
}

/// Whether two periods that end on the same day still need different amounts: each was frozen on its own first day.
fn need_differs(windows: &[Window]) -> bool {
    let left = |window: &Window| (window.should - window.done).max(0.0);
    windows.iter().enumerate().any(|(at, one)| windows[at + 1..].iter().any(|other| other.period.to == one.period.to && (left(one) - left(other)).abs() > TOLERANCE))
}

/// A period as its kind and its days.
pub fn period_text(visitor: &Visitor, period: Period) -> String {
    format!("{} {}", visitor.t(&format!("period.{}", period.kind.name())), span_text(period.from, period.to))
}

fn span_text(from: Date, to: Date) -> String {
    if from == to { from.strftime("%m-%d").to_string() } else { format!("{}–{}", from.strftime("%m-%d"), to.strftime("%m-%d")) }
}

/// Whose level the broken periods are.
pub fn levels(visitor: &Visitor, kinds: &[PeriodKind]) -> String {
    let mut names: Vec<String> = Vec::new();
    for kind in kinds {
        let parts = [("text", visitor.t(&format!("period.{}", kind.name()))), ("note", visitor.t(&format!("level.{}", kind.level())))];
        names.push(visitor.tf("shell.bracketed", &parts));
    }
    visitor.list(names)
}

fn restoration(visitor: &Visitor, one: &Restoration) -> String {
    match one {
        Restoration::ExtraShift { days } => visitor.tf("restore.extra_shift", &[("days", days.to_string())]),
        Restoration::WorkDays { on } => {
            let days = visitor.list(on.iter().take(6).map(ToString::to_string));
            visitor.tf("restore.work_days", &[("count", on.len().to_string()), ("days", days)])
        }
        Restoration::AddCrews { crews } if *crews > RULES.most_crews => visitor.tf("restore.many_crews", &[("crews", crews.to_string())]),
        Restoration::AddCrews { crews } => visitor.tf("restore.add_crews", &[("crews", crews.to_string())]),
    }
}

/// Periods that can still be promised: of those that begin today what nobody has promised for all works yet, else the next.
fn open_periods(items: &[&Assessed], today: Date) -> Vec<(PeriodKind, Date)> {
    let is_promised = |item: &&Assessed, kind| item.promised_by.iter().any(|(known, _)| *known == kind);
    PeriodKind::ALL
        .into_iter()
        .map(|kind| {
            let period = kind.around(today);
            let is_open = period.from == today && !items.iter().all(|item| is_promised(item, kind));
            let from = if is_open { today } else { period.to.saturating_add(1.days()) };
            (kind, from)
        })
        .collect()
}

/// What can be promised of each work item, by activity.
type Promisable = HashMap<String, Vec<Window>>;

/// The window of a work item that a promise is for.
fn window_of<'a>(promisable: &'a Promisable, activity: &str, kind: PeriodKind, from: Date) -> Option<&'a Window> {
    promisable.get(activity)?.iter().find(|window| window.period.kind == kind && window.period.from == from)
}

/// A period that can be promised, and what the rule takes for it, by activity, in thousandths.
type Proposal = (PeriodKind, Date, HashMap<String, i64>);

/// What is proposed for each period that can still be promised.
async fn proposals(conn: &mut Conn, site: &Site, project: &str, building: &str, items: &[&Assessed], today: Date) -> anyhow::Result<Vec<Proposal>> {
    let promisable = assess::promisable(conn, &site.domain, project, building, today).await?;
    let mut all = Vec::new();
    for (kind, from) in open_periods(items, today) {
        let mut amounts = HashMap::new();
        for work in store::works(conn, building, from).await? {
            if let Some(window) = window_of(&promisable, &work.activity, kind, from) {
                let amount_e3 = work.proposal_e3(thousandths(window.should), thousandths(window.can));
                amounts.insert(work.activity, amount_e3);
            }
        }
        all.push((kind, from, amounts));
    }
    Ok(all)
}

fn thousandths(value: f64) -> i64 {
    (value * 1000.0).round() as i64
}

fn promise_form(visitor: &Visitor, place: &Place, items: &[&Assessed], proposals: &[Proposal], values: &Values, refused: Option<&Refusal>) -> Markup {
    // What each period of the list would need and allow; of the one chosen the person takes what fits.
    let draft = |item: &Assessed| {
        let each = proposals.iter().filter_map(|(kind, _, amounts)| {
            let amount_e3 = amounts.get(&item.activity)?;
            Some(format!("{} {}", visitor.t(&format!("period.{}", kind.name())), plan::amounts::text(*amount_e3)))
        });
        visitor.list(each)
    };
    html! {
        h2 { (visitor.t("targets.promise")) }
        p.lead { (visitor.t("targets.promise_lead")) }
        form.report method="post" action={ "/targets/" (place.id) "/promise" } {
            (seal_with(visitor, values))
            label for="field-kind" { (visitor.t("targets.period")) }
            select id="field-kind" name="period" { @for (kind, from) in proposals.iter().map(|(kind, from, _)| (*kind, *from)) {
                @let value = format!("{} {from}", kind.name());
                option value=(value) selected[values.text("period") == value || (values.text("period").is_empty() && kind == PeriodKind::Week)] { (visitor.t(&format!("period.{}", kind.name()))) " " (span_text(from, kind.around(from).to)) }
            } }
            div.works id="field-items" { @for item in items {
                @let name = format!("will.{}", item.activity);
                label.work {
                    span.name { (visitor.shown(&item.name)) }
                    span.quiet { (visitor.tf("targets.draft", &[("draft", draft(item)), ("unit", unit_name(visitor, &item.unit))])) }
                    input inputmode="decimal" name=(name) value=(values.text(&name));
                }
            } }
            // What was meant before stays meant when the other is asked.
            @for question in ["far", "apart"] {
                @let is_meant = values.text(question) == "yes";
                @if is_meant || refused.is_some_and(|refusal| refusal.field == Some(question)) {
                    label.inline { input type="checkbox" id={ "field-" (question) } name=(question) value="yes" checked[is_meant]; " " (visitor.t(&format!("targets.{question}_meant"))) }
                }
            }
            div.actions.thumb { button type="submit" { (visitor.t("targets.promise")) } }
        }
    }
}

fn rule(code: &'static str, field: &'static str) -> Refusal {
    Refusal { code, reason: Reason::Rule, params: Vec::new(), field: Some(field) }
}

async fn promise(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>, Sent(values): Sent) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let place = visitor.place_for(&mut conn, &id, Verb::Report).await?;
    let targets = place_and_targets(&mut conn, &site, &place, &Looked::today(&site)).await?;
    let tree = site.domain.places.tree(&mut conn).await?;
    let project = tree.lineage(&place).find(|other| other.kind == Kind::Project).map_or("", |project| project.id.as_str());
    let promisable = assess::promisable(&mut conn, &site.domain, project, &id, site.clock.today()).await?;
    drop(conn);
    let done = async {
        let (kind, from) = values.text("period").split_once(' ').ok_or_else(|| rule("E-102", "kind"))?;
        let from: Date = from.parse().map_err(|_| rule("E-102", "kind"))?;
        let kind = PeriodKind::from_name(kind).ok_or_else(|| rule("E-102", "kind"))?;
        let mut items = Vec::new();
        for (activity, text) in values.under("will.").filter(|(_, text)| !text.is_empty()) {
            let item = targets.of(&id).find(|item| item.activity == activity);
            let item = item.ok_or_else(|| Refusal::from(Refused::UnknownWork { activity: activity.to_owned() }))?;
            let will_e3 = plan::amounts::read(text).ok_or_else(|| rule("R-119", "items").at(&visitor.shown(&item.name)))?;
            // What is needed and possible is frozen with the promise; of a period that begins later it is what is known today,
            // and judged again on its first day.
            let window = window_of(&promisable, activity, kind, from);
            items.push(Promised {
                activity: activity.to_owned(),
                will_e3,
                should_e3: window.map_or(0, |window| thousandths(window.should)),
                can_e3: window.map_or(0, |window| thousandths(window.can)),
                start_e3: 0,
            });
        }
        items.sort_by(|one, other| one.activity.cmp(&other.activity));
        let promise = values.request_id()?;
        let is_meant = |question: &str| values.text(question) == "yes";
        let command = Command::Promise { promise: promise.clone(), building: id.clone(), kind: kind.name().to_owned(), from, items, is_far: is_meant("far"), is_apart: is_meant("apart") };
        site.submit(&visitor, promise, command).await
    };
    match done.await {
        Ok(_) => Ok(Redirect::to(&format!("/targets/{id}")).into_response()),
        Err(problem) => building_page(&site, &visitor, &place, &Looked::today(&site), &values, Some(&refusal(problem)?)).await,
    }
}
