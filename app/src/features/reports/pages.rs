//! Pages of daily reports: who has reported, the form on a phone, one report and its judgement, what waits for supervision.

use super::model::{Command, Content, Hindrance, Item, Photo, Refused, WORDS, Work};
use super::{copies, photos};
use super::owes;
use super::sheet::{on_hand, stock_of};
use super::store::{self, Moved, Report, WorkDay};
use crate::clock::civil;
use crate::db::Conn;
use crate::features::authority::{Verb, missing};
use crate::features::places::model::Kind;
use crate::features::places::store::Place;
use crate::features::plan::amounts;
use crate::features::targets::model::Grade;
use crate::features::targets::pages::unit_name;
use crate::features::{identity, places, plan, targets};
use guatu_formats::wide::narrow;
use crate::refusal::{AT, Reason, Refusal};
use crate::web::Site;
use crate::web::extract::{Files, Query, Sent, SentWithFiles};
use crate::web::forms::{Values, error_summary, form_response, refusal, seal, seal_with};
use crate::web::layout::{self, page};
use crate::web::past::{self, Known, Looked};
use crate::web::problem::{Problem, form_urlencoded, sentence};
use crate::web::registers::{self, Cell, Register};
use crate::web::visitor::Visitor;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::Router;
use jiff::ToSpan;
use jiff::civil::Date;
use maud::{Markup, html};
use std::collections::{BTreeMap, HashMap, HashSet};


/// Reports of a building among which one with a photograph is looked for: three months.
const NEWEST_LOOKED_AT: u64 = 92;
/// Reports in which the last one with a change is looked for.
const LAST_LOOKED_AT: u64 = 14;

/// Routes of this feature.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/reports", get(overview))
        .route("/reports/day", get(super::register::show))
        .route("/reports/new", get(new_form).post(file))
        .route("/reports/unchanged", post(file_unchanged))
        .route("/reports/waiting", get(waiting))
        .route("/reports/reasons", get(super::reasons::show))
        .route("/reports/of/{building}", get(newest))
        .route("/reports/{id}", get(show))
        .route("/reports/{id}/confirm", post(confirm))
        .route("/reports/{id}/dispute", get(dispute_form).post(dispute))
        .route("/reports/{id}/correct", get(correct_form).post(correct))
        .route("/reports/{id}/verify", get(verify_form).post(verify))
        .route("/reports/{id}/photos/{copy}", get(photo))
        .merge(super::upload::routes())
        .merge(super::programs::routes())
}

/// A refusal of what is typed or sent, before any rule is asked.
pub(super) fn rule(code: &'static str, field: &'static str) -> Refusal {
    Refusal { code, reason: Reason::Rule, params: Vec::new(), field: Some(field) }
}

/// `?on=` of a day; `?from=` for disputes since another.
#[derive(Debug, Default, serde::Deserialize)]
struct Asked {
    on: Option<Date>,
    from: Option<Date>,
    building: Option<String>,
    place: Option<String>,
    /// The last of several reports that were filed together.
    filed: Option<String>,
}

/// Who has reported and who has not: first what this person may report on, the unreported before the reported.
async fn overview(State(site): State<Site>, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let mut conn = site.reader().await?;
    let tree = site.domain.places.tree(&mut conn).await?;
    let looked = past::look(&site, Some(asked.on.unwrap_or(site.clock.today()))).await?;
    let on = looked.day;
    let reports = store::of_day(&mut conn, on).await?;
    let last = store::last_days(&mut conn, on).await?;
    let active: Vec<String> =
        plan::store::active(&mut conn).await?.into_iter().map(|plan| plan.project).collect();
    let mut open: HashSet<String> = HashSet::new();
    for project in &active {
        open.extend(open_buildings(&mut conn, &site, project, &looked).await?);
    }
    let filed_together = match &asked.filed {
        Some(id) => {
            let (report, _) = readable(&mut conn, &visitor, id).await?;
            Some(receipt(&mut conn, &visitor, &report).await?)
        }
        None => None,
    };
    let within = match &asked.place {
        Some(id) => visitor.place(&mut conn, id).await?.path,
        None => "/".to_owned(),
    };
    let mut groups: Vec<(&Place, Vec<&Place>)> = Vec::new();
    for project in tree.places().iter().filter(|place| active.contains(&place.id)) {
        let buildings: Vec<&Place> = tree
            .under(project)
            .iter()
            .filter(|place| matches!(place.kind, Kind::Building | Kind::Facility) && visitor.may(Verb::Read, &place.path))
            .filter(|place| place.path.starts_with(&within) && (open.contains(&place.id) || reports.contains_key(&place.id)))
            .collect();
        if !buildings.is_empty() {
            groups.push((project, buildings));
        }
    }
    // A disputed report stays on the list of its project until it is corrected: of as many days as are still reported.
    let from = asked.from.unwrap_or(on.saturating_sub(i64::from(WORDS.back_days).days()));
    let disputed: Vec<(Report, &Place)> = store::disputed(&mut conn, from, on)
        .await?
        .into_iter()
        .filter_map(|report| tree.get(&report.building).map(|building| (report, building)))
        .filter(|(_, building)| building.path.starts_with(&within) && visitor.may(Verb::Read, &building.path))
        .collect();
    // What a building without work left reports is listed, but owed by nobody.
    let owed = |buildings: &[&Place]| buildings.iter().filter(|one| open.contains(&one.id)).count();
    let came = |buildings: &[&Place]| buildings.iter().filter(|one| open.contains(&one.id) && reports.contains_key(&one.id)).count();
    let all: usize = groups.iter().map(|(_, buildings)| owed(buildings)).sum();
    let filed: usize = groups.iter().map(|(_, buildings)| came(buildings)).sum();
    let listed = groups.iter().flat_map(|(_, buildings)| buildings);
    let hands = listed.filter_map(|building| reports.get(&building.id)?.hands()).map(u64::from).reduce(|sum, more| sum + more);
    let may_confirm = visitor.rights.may_somewhere(Verb::Confirm);
    let body = html! {
        @if let Some(receipt) = filed_together { (receipt) }
        div.bar {
            h1 { (visitor.t("reports.title")) }
            form.bar.end.no-print method="get" action="/reports" {
                @if let Some(place) = &asked.place { input type="hidden" name="place" value=(place); }
                a href={ "/reports/day?on=" (on) @if let Some(place) = &asked.place { "&place=" (form_urlencoded(place)) } } { (visitor.t("reports.register")) }
                label.inline { (visitor.t("field.on")) " " input type="date" name="on" value=(on) max=(site.clock.today()); }
                button.second type="submit" { (visitor.t("reports.show_day")) }
            }
        }
        (targets::pages::told_of(&visitor, &looked))
        ul.counts {
            li { b { (all) } span { (visitor.t("reports.owed")) } }
            li { b { (filed) } span { (visitor.t("reports.reported")) } }
            li { b { (all - filed) } span { (visitor.t("reports.missing")) } }
            @if let Some(hands) = hands { li { b { (hands) } span { (visitor.t("reports.hands")) } } }
        }
        @if may_confirm { p { a.button href="/reports/waiting" { (visitor.t("reports.waiting")) } } }
        @for (project, buildings) in &groups {
            @let (done, owed) = (came(buildings), owed(buildings));
            details.day open[buildings.len() <= 60 && groups.len() == 1] {
                summary { (project.attributes.name) " " span.tag { (done) " / " (owed) } }
                @if done < owed && visitor.may(Verb::Report, &project.path) {
                    p.no-print { a href={ "/reports/excel?place=" (form_urlencoded(&project.id)) "&on=" (on) } { (visitor.t("report_sheet.title")) } }
                }
                ul.rows { @for building in ordered(buildings, &reports) {
                    li {
                        @match reports.get(&building.id) {
                            Some(report) => {
                                a href={ "/reports/" (report.id) } { (building.attributes.name) }
                                (grade_tag(&visitor, report))
                                @if let Some(hands) = report.hands() { span.quiet { (visitor.tf("reports.hands_count", &[("hands", hands.to_string())])) } }
                            }
                            None => {
                                @if visitor.may(Verb::Report, &building.path) {
                                    a href={ "/reports/new?building=" (form_urlencoded(&building.id)) "&on=" (on) } { (building.attributes.name) }
                                } @else { span { (building.attributes.name) } }
                                span.lamp.warn { (visitor.t("reports.not_yet")) }
                                @if let Some(day) = last.get(&building.id) { span.quiet { (visitor.tf("reports.last_on", &[("date", day.to_string())])) } }
                                @if visitor.may(Verb::Report, &building.path) && on == site.clock.today() { (unchanged_button(&visitor, building, on)) }
                            }
                        }
                    }
                } }
            }
        }
        @if groups.is_empty() { p.empty { (visitor.t("reports.no_active")) } }
        (diaries(&visitor, asked.place.as_deref(), &groups, on))
        @if !disputed.is_empty() || asked.from.is_some() {
            h2 id="disputed" { (visitor.t("reports.disputed")) " " span.tag { (disputed.len()) } }
            ul.rows { @for (report, building) in &disputed { li {
                a href={ "/reports/" (report.id) } { (building.attributes.name) " · " (report.on) }
                span.quiet { (report.reason.as_deref().unwrap_or_default()) }
            } } }
        }
    };
    Ok(page(&site, &visitor, &visitor.t("reports.title"), body).into_response())
}

/// Diaries of the month of a day: of the place asked for, or of the one project that is shown.
fn diaries(visitor: &Visitor, asked: Option<&str>, groups: &[(&Place, Vec<&Place>)], on: Date) -> Markup {
    let only = || match groups {
        [(project, _)] => Some(project.id.as_str()),
        _ => None,
    };
    let Some(place) = asked.or_else(only) else { return html! {} };
    let days = format!("from={}&to={on}", on.first_of_month());
    html! { ul.papers.no-print { @for keeper in ["site", "supervision"] {
        li { (visitor.t(&format!("diary.{keeper}"))) @for format in ["pdf", "docx"] { " " a href={ "/reports/diary/" (keeper) "/" (form_urlencoded(place)) "/" (format) "?" (days) } { (format.to_uppercase()) } } }
    } } }
}

/// Buildings of a project that owe the report of a day, whether it came or not.
pub(super) async fn open_buildings(conn: &mut Conn, site: &Site, project: &str, looked: &Looked) -> Result<Vec<String>, Problem> {
    // Before the ledger nobody was asked for a report.
    if matches!(looked.known, Known::Later(..)) {
        return Ok(Vec::new());
    }
    let targets = targets::assess::looked(conn, &site.domain, project, looked).await?;
    let tree = site.domain.places.tree(conn).await?;
    Ok(targets.by_building.keys().filter(|building| owes(&tree, &targets, building, looked.day)).cloned().collect())
}

/// That a report has been received, with the number and the hash of its fact.
async fn receipt(conn: &mut Conn, visitor: &Visitor, report: &Report) -> Result<Markup, Problem> {
    let row = conn.row("SELECT hash FROM fact WHERE number = ?", crate::args![report.number]).await?;
    let hash = row.map(|row| row.blob(0)).transpose()?.unwrap_or_default();
    Ok(html! { div.receipt role="status" { p { strong { (visitor.t("reports.received")) } " № " (report.number) " " code { (hex(&hash)) } } } })
}

fn ordered<'a>(buildings: &[&'a Place], reports: &HashMap<String, Report>) -> Vec<&'a Place> {
    let mut ordered = buildings.to_vec();
    ordered.sort_by_key(|place| reports.contains_key(&place.id));
    ordered
}

/// Files with one tap that nothing has changed.
pub fn unchanged_button(visitor: &Visitor, building: &Place, on: Date) -> Markup {
    html! {
        form.inline method="post" action="/reports/unchanged" {
            (seal(visitor))
            input type="hidden" name="building" value=(building.id);
            input type="hidden" name="on" value=(on);
            button.second type="submit" { (visitor.t("reports.unchanged")) }
        }
    }
}

pub(super) fn grade_tag(visitor: &Visitor, report: &Report) -> Markup {
    let lamp = match report.grade {
        Grade::Confirmed | Grade::Verified => "good",
        Grade::Disputed => "bad",
        Grade::Reported => "idle",
    };
    html! { span class={ "lamp " (lamp) } { (visitor.t(&format!("grade.{}", report.grade.name()))) } @if report.is_unchanged { " " span.tag { (visitor.t("reports.unchanged")) } } }
}

async fn new_form(State(site): State<Site>, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let building = visitor.place_for(&mut site.reader().await?, asked.building.as_deref().unwrap_or_default(), Verb::Report).await?;
    let values = Values::default().with("on", asked.on.unwrap_or(site.clock.today()));
    new_page(&site, &visitor, &building, &values, None).await
}

/// One screen of a phone: quantities beside yesterday's, the rest folded away until it is needed.
async fn new_page(
    site: &Site,
    visitor: &Visitor,
    building: &Place,
    values: &Values,
    refused: Option<&Refusal>,
) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let works = store::works(&mut conn, &building.id, None).await?;
    let units = units(&mut conn, &building.id).await?;
    let reports = store::of_building(&mut conn, &building.id, LAST_LOOKED_AT).await?;
    let before = reports.first();
    // A day without a change says the same as the day before it.
    let last = reports.iter().find(|report| !report.is_unchanged).map(|report| &report.content);
    let tree = site.domain.places.tree(&mut conn).await?;
    let project = tree.lineage(building).find(|other| other.kind == Kind::Project).map(|project| project.id.clone()).unwrap_or_default();
    let targets = targets::assess::project(&mut conn, &site.domain, &project, site.clock.today()).await?;
    // Nobody fills in what is refused afterwards.
    let is_active = plan::store::plan_over(&mut conn, &building.path).await?.is_some_and(|plan| plan.active_on.is_some());
    let stopped = plan::heard::idle_since(&mut conn, &building.path).await?.filter(|since| *since <= site.clock.today());
    let idle = match stopped {
        Some(since) => Some(Refusal::from(Refused::Stopped { date: since.to_string() })),
        None => (!is_active).then(|| rule("R-103", "building")),
    };
    let idle = idle.filter(|_| refused.is_none());
    let told_of_stop = plan::pages::stopped(&mut conn, visitor, &tree, building, site.clock.today()).await?;
    let (open, done): (Vec<&Work>, Vec<&Work>) = works.iter().partition(|work| work.before_e3 < work.total_e3);
    let decimal = |name: &str| values.text(name).to_owned();
    let body = html! {
        (places::pages::crumbs_of(&mut conn, visitor, building).await?)
        h1 { (building.attributes.name) " · " (visitor.t("reports.title")) }
        (error_summary(visitor, refused))
        @if let Some(idle) = &idle { div.notice { p { (sentence(visitor, idle)) } } }
        (told_of_stop)
        @if let Some(filed) = reports.iter().find(|report| report.on.to_string() == values.text("on")).filter(|_| refused.is_none()) {
            div.notice { p { a href={ "/reports/" (filed.id) } { (visitor.tf("reports.is_filed", &[("date", filed.on.to_string())])) } } }
        }
        form.report method="post" action="/reports/new" enctype="multipart/form-data" {
            (seal_with(visitor, values))
            input type="hidden" name="building" value=(building.id);
            input type="hidden" name="written_at" value=(values.text("written_at")) data-now;
            label.inline { (visitor.t("field.on")) " " input id="field-on" type="date" name="on" value=(values.text("on")) required; }
            h2 id="field-items" { (visitor.t("reports.quantities")) }
            @if works.is_empty() { p.quiet { (visitor.t("reports.no_work")) } }
            div.works { @for work in &open {
                @let name = format!("done.{}", work.activity);
                label.work {
                    span.name { (visitor.shown(&work.name)) }
                    span.quiet { (visitor.tf("reports.before", &[("done", amounts::text(work.before_e3)), ("total", amounts::text(work.total_e3)), ("unit", unit_name(visitor, units.get(&work.activity).map_or("", String::as_str)))])) }
                    @if let Some(item) = targets.of(&building.id).find(|item| item.activity == work.activity && item.facts.today > 0.0) {
                        span.today { (visitor.tf("targets.today_is", &[("amount", targets::pages::today_text(visitor, item))])) @if let Some(so_far) = targets::pages::so_far(visitor, item) { " " (so_far) } }
                    }
                    input inputmode="decimal" name=(name) value=(decimal(&name)) placeholder=(amounts::text(work.before_e3));
                }
            } }
            @if !done.is_empty() { p.quiet { (visitor.tf("reports.finished_items", &[("count", done.len().to_string())])) } }
            (besides(visitor, values, last, refused))
            details open[refused.is_some_and(|refusal| refusal.field == Some("photos"))] {
                summary { (visitor.t("reports.photos")) }
                p.hint { (visitor.t("reports.photos_hint")) }
                input id="field-photos" type="file" name="photos" accept="image/jpeg,image/png,image/webp" capture="environment" multiple;
            }
            div.actions.thumb { button type="submit" { (visitor.t("reports.file")) } }
        }
        @if before.is_none_or(|before| before.on != site.clock.today()) { div.actions { (unchanged_button(visitor, building, site.clock.today())) } }
    };
    let title = format!("{} · {}", building.attributes.name, visitor.t("reports.title"));
    Ok(form_response(refused, page(site, visitor, &title, body)))
}

/// What a report says besides quantities, folded away. `known` stands where nothing has been typed: the last day's figures.
fn besides(visitor: &Visitor, values: &Values, known: Option<&Content>, refused: Option<&Refusal>) -> Markup {
    let typed = |name: &str, known: Option<String>| {
        // Once it was sent, what was emptied stays empty.
        let typed = values.text(name).to_owned();
        if typed.is_empty() && refused.is_none() { known.unwrap_or_default() } else { typed }
    };
    let filled = |name: &str, known: Option<u32>| typed(name, known.map(|count| count.to_string()));
    let counts = |prefix: &'static str, words: &[String], known: Option<&BTreeMap<String, u32>>| {
        html! {
            div.pairs { @for word in words {
                @let name = format!("{prefix}.{word}");
                label { span { (visitor.t(&name)) }
                    input inputmode="numeric" name=(name) value=(filled(&name, known.and_then(|known| known.get(word)).copied()));
                }
            } }
        }
    };
    let is_hindered = !values.text("hindrance").is_empty() || refused.is_some_and(|refusal| matches!(refusal.field, Some("hindrance" | "decider" | "remark")));
    html! {
        details open[known.is_some()] { summary { (visitor.t("reports.hands")) } div id="field-hands" { (counts("trade", &WORDS.trades, known.map(|known| &known.hands))) } }
        details { summary { (visitor.t("reports.machines")) } (counts("machine", &WORDS.machines, known.map(|known| &known.machines))) }
        details open[refused.is_some_and(|refusal| refusal.field == Some("stock"))] { summary { (visitor.t("reports.materials")) } p.hint { (visitor.t("reports.cover_hint")) } div.pairs id="field-stock" { @for material in &WORDS.materials {
            @let (stock, cover) = (format!("stock.{}", material.id), format!("material.{}", material.id));
            @let known_stock = known.and_then(|known| known.stock_e3.get(&material.id)).and_then(|amount| i64::try_from(*amount).ok()).map(amounts::text);
            label { span { (stock_of(visitor, &material.id)) } input inputmode="decimal" name=(stock) value=(typed(&stock, known_stock)); }
            label { span { (visitor.tf("report_sheet.cover_of", &[("material", visitor.t(&cover))])) }
                input inputmode="numeric" name=(cover) value=(filled(&cover, known.and_then(|known| known.cover_days.get(&material.id)).copied())); }
        } } }
        details open[is_hindered] {
            summary { (visitor.t("reports.hindrance")) }
            label for="field-hindrance" { (visitor.t("field.hindrance")) }
            select id="field-hindrance" name="hindrance" {
                option value="" { (visitor.t("reports.nothing_hinders")) }
                @for kind in &WORDS.hindrances { option value=(kind) selected[values.text("hindrance") == kind] { (visitor.t(&format!("hindrance.{kind}"))) } }
            }
            label { (visitor.t("field.decider")) input id="field-decider" name="decider" value=(values.text("decider")); }
            label { (visitor.t("field.remark")) textarea name="remark" rows="2" { (values.text("remark")) } }
            label { (visitor.t("field.weather_hours")) input inputmode="numeric" name="weather_hours" value=(values.text("weather_hours")); }
        }
    }
}

/// Units of a building's work items.
pub(super) async fn units(conn: &mut Conn, building: &str) -> Result<HashMap<String, String>, Problem> {
    let bars = plan::store::measured_bars(conn, building).await?;
    Ok(bars.into_iter().filter_map(|bar| Some((bar.activity, bar.unit?))).collect())
}

/// Whole numbers under a prefix: none is said with a nought, nothing is said by leaving it out. What is no number is named.
fn counts(visitor: &Visitor, values: &Values, prefix: &str) -> Result<BTreeMap<String, u32>, Refusal> {
    let mut counts = BTreeMap::new();
    for (word, text) in values.under(prefix).filter(|(_, text)| !text.is_empty()) {
        let count: u32 = narrow(text).parse().map_err(|_| rule("G-107", "hands").at(&visitor.t(&format!("{prefix}{word}"))))?;
        counts.insert(word.to_owned(), count);
    }
    Ok(counts)
}

/// Amounts of materials on hand, in thousandths of their units.
fn stock(visitor: &Visitor, values: &Values) -> Result<BTreeMap<String, u64>, Refusal> {
    let typed = values.under("stock.").filter(|(_, text)| !text.is_empty());
    let read = typed.map(|(material, text)| {
        let amount = amounts::read(text).ok_or_else(|| rule("R-145", "stock").at(&stock_of(visitor, material)))?;
        Ok((material.to_owned(), amount.unsigned_abs()))
    });
    read.collect()
}

/// Quantities of work items. One that is none is named by its activity, which the page turns into a name.
fn items(values: &Values) -> Result<Vec<Item>, Refusal> {
    let typed = values.under("done.").filter(|(_, text)| !text.is_empty());
    let read = typed.map(|(activity, text)| {
        let cumulative_e3 = amounts::read(text).ok_or_else(|| rule("R-119", "items").at(activity))?;
        Ok(Item { activity: activity.to_owned(), cumulative_e3 })
    });
    let mut items = read.collect::<Result<Vec<Item>, Refusal>>()?;
    items.sort_by(|one, other| one.activity.cmp(&other.activity));
    Ok(items)
}

fn content(visitor: &Visitor, values: &Values) -> Result<Content, Refusal> {
    // Words about what hinders are not thrown away for want of its kind.
    if values.text("hindrance").is_empty() && !(values.text("remark").is_empty() && values.text("decider").is_empty()) {
        return Err(rule("G-108", "hindrance"));
    }
    let hindrance = values.opt("hindrance").map(|kind| Hindrance {
        kind,
        decider: values.text("decider").to_owned(),
        remark: values.text("remark").to_owned(),
    });
    Ok(Content {
        items: items(values)?,
        hands: counts(visitor, values, "trade.")?,
        machines: counts(visitor, values, "machine.")?,
        stock_e3: stock(visitor, values)?,
        cover_days: counts(visitor, values, "material.")?,
        weather_hours: values.opt_number("weather_hours")?,
        hindrance,
        photos: Vec::new(),
        written_at: values.opt("written_at").filter(|text| text.parse::<jiff::Timestamp>().is_ok()),
    })
}

async fn file(State(site): State<Site>, visitor: Visitor, sent: SentWithFiles) -> Result<Response, Problem> {
    let SentWithFiles { values, files } = sent;
    let building = visitor.place_for(&mut site.reader().await?, values.text("building"), Verb::Report).await?;
    let done = async {
        let on = values.date("on")?;
        let mut content = content(&visitor, &values)?;
        let (photos, documents) = photos::take(&site, files).await??;
        content.photos = photos;
        if content.is_empty() {
            return Err(rule("R-132", "items").into());
        }
        let report = values.request_id()?;
        let command = Command::File { report: report.clone(), building: building.id.clone(), on, content: Box::new(content) };
        site.submit_with(&visitor, report.clone(), command, documents).await?;
        Ok::<String, Problem>(report)
    };
    match done.await {
        Ok(report) => Ok(Redirect::to(&format!("/reports/{report}?filed=1")).into_response()),
        Err(problem) => {
            let refused = named(&site, &visitor, &building, refusal(problem)?).await?;
            new_page(&site, &visitor, &building, &values, Some(&refused)).await
        }
    }
}

async fn file_unchanged(State(site): State<Site>, visitor: Visitor, Sent(values): Sent) -> Result<Response, Problem> {
    let building = visitor.place_for(&mut site.reader().await?, values.text("building"), Verb::Report).await?;
    let done = async {
        let report = values.request_id()?;
        let command = Command::FileUnchanged { report: report.clone(), building: building.id.clone(), on: values.date("on")? };
        site.submit(&visitor, report.clone(), command).await?;
        Ok::<String, Problem>(report)
    };
    match done.await {
        Ok(report) => Ok(Redirect::to(&format!("/reports/{report}?filed=1")).into_response()),
        Err(problem) => new_page(&site, &visitor, &building, &values, Some(&refusal(problem)?)).await,
    }
}

/// A report of a building this person may read.
async fn readable(conn: &mut Conn, visitor: &Visitor, id: &str) -> Result<(Report, Place), Problem> {
    if visitor.account.is_none() {
        return Err(Problem::LoginNeeded);
    }
    let report = store::report(conn, id).await?.ok_or(missing())?;
    let building = visitor.place(conn, &report.building).await?;
    Ok((report, building))
}

async fn show(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>, Query(query): Query<HashMap<String, String>>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let (report, building) = readable(&mut conn, &visitor, &id).await?;
    show_page(&site, &visitor, &report, &building, query.contains_key("filed"), None).await
}

async fn show_page(site: &Site, visitor: &Visitor, report: &Report, building: &Place, is_filed: bool, refused: Option<&Refusal>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let names = identity::names(&mut conn).await?;
    let days = store::days_of_report(&mut conn, &report.id).await?;
    let works = store::works(&mut conn, &report.building, Some(report.on)).await?;
    let units = units(&mut conn, &report.building).await?;
    let name = |account: &String| names.get(account).cloned().unwrap_or_else(|| "—".into());
    let filed_at = report.filed_at.parse().map(civil).ok();
    let skewed = store::clock_difference(report.written_at.as_deref(), &report.filed_at);
    let may_judge = visitor.may(Verb::Confirm, &building.path) && report.judged_by.is_none() && visitor.account.as_ref() != Some(&report.filed_by);
    let is_own = [Some(&report.filed_by), report.judged_by.as_ref()].contains(&visitor.account.as_ref());
    let may_verify = visitor.may(Verb::Inspect, &building.path) && report.grade != Grade::Verified && !report.is_unchanged && !is_own;
    let is_inspected = days.iter().any(|day| day.verified_e3.is_some());
    let judgements = store::judgements_of(&mut conn, &report.id).await?;
    let newest = store::of_building(&mut conn, &report.building, 1).await?.into_iter().next().filter(|newest| newest.on > report.on);
    let corrections = store::corrections_of(&mut conn, &report.id).await?;
    let said_since = judgements.last().map(|(_, number)| *number).max(corrections.last().map(|one| one.number));
    let last_number = said_since.map_or(report.number, |number| number.max(report.number));
    let received = if is_filed { Some(receipt(&mut conn, visitor, report).await?) } else { None };
    let tree = site.domain.places.tree(&mut conn).await?;
    let told_of_stop = plan::pages::stopped(&mut conn, visitor, &tree, building, report.on).await?;
    let content = &report.content;
    let pairs = |prefix: &str, counts: &BTreeMap<String, u32>| {
        visitor.list(counts.iter().map(|(word, count)| format!("{} {count}", visitor.t(&format!("{prefix}.{word}")))))
    };
    let body = html! {
        (places::pages::crumbs_of(&mut conn, visitor, building).await?)
        (error_summary(visitor, refused))
        @if let Some(received) = received { (received) }
        div.bar { h1 { (building.attributes.name) " · " (report.on) } (grade_tag(visitor, report)) }
        (told_of_stop)
        @if let Some(days) = skewed { div.notice { p { (visitor.tf("reports.clock_wrong", &[("days", days.abs().to_string()), ("at", device_time(report))])) } } }
        @if let (Some(reason), Some(by)) = (&report.reason, &report.judged_by) { div.notice { p { (visitor.labelled(format!("{} {}", name(by), report.judged_on.map_or(String::new(), |on| on.to_string())), reason)) } } }
        @if !days.is_empty() {
            div.scroll tabindex="0" { table {
                thead { tr { th { (visitor.t("reports.work_item")) } th.number { (visitor.t("reports.that_day")) } th.number { (visitor.t("reports.measured")) } @if is_inspected { th.number { (visitor.t("reports.inspected")) } } th.number { (visitor.t("reports.cumulative")) } th { (visitor.t("field.unit")) } } }
                tbody { @for day in &days {
                    @let work = works.iter().find(|work| work.activity == day.activity);
                    tr {
                        td { a href={ "/wall/bar?project=" (form_urlencoded(&day.project)) "&activity=" (form_urlencoded(&day.activity)) } { (work.map_or_else(Default::default, |work| visitor.shown(&work.name))) } }
                        td.number { (targets::pages::delivered(visitor, day.reported_e3, "")) }
                        td.number { @match day.measured_e3.or(day.confirmed_e3.map(|_| day.said_e3)) { Some(measured) => (targets::pages::delivered(visitor, measured, "")), None => "—" } }
                        @if is_inspected { td.number { (through(work, day.verified_e3)) } }
                        td.number { @if let Some(work) = work { (amounts::text(work.before_e3 + work.day_e3)) " / " (amounts::text(work.total_e3)) } }
                        td { (unit_name(visitor, units.get(&day.activity).map_or("", String::as_str))) }
                    }
                } }
            } }
        }
        dl.facts {
            dt { (visitor.t("reports.filed_by")) } dd { (name(&report.filed_by)) " " @if let Some(at) = filed_at { (at.strftime("%Y-%m-%d %H:%M").to_string()) } }
            @if let (Some(by), Some(on)) = (&report.judged_by, report.judged_on) { dt { (visitor.t(if report.grade == Grade::Verified { "reports.verified_by" } else { "reports.judged_by" })) } dd { (name(by)) " " (on) } }
            @if !content.hands.is_empty() { dt { (visitor.t("reports.hands")) } dd { (content.hands_total()) "（" (pairs("trade", &content.hands)) "）" } }
            @if !content.machines.is_empty() { dt { (visitor.t("reports.machines")) } dd { (pairs("machine", &content.machines)) } }
            @let materials = on_hand(visitor, content);
            @if !materials.is_empty() { dt { (visitor.t("reports.materials")) } dd { (visitor.list(materials)) } }
            @if let Some(hours) = content.weather_hours { dt { (visitor.t("field.weather_hours")) } dd { (hours) } }
            @if let Some(hindrance) = &content.hindrance { dt { (visitor.t("reports.hindrance")) } dd { (visitor.t(&format!("hindrance.{}", hindrance.kind))) " · " (hindrance.remark) @if !hindrance.decider.is_empty() { " · " (hindrance.decider) } } }
            @for one in &corrections { dt { (visitor.t("reports.correction")) } dd { (one.reason) " " span.quiet { (name(&one.corrected_by)) " " (one.corrected_on) } " " a href={ "/facts?subject=" (report.id) } { "№ " (one.number) } } }
            dt { (visitor.t("shell.last_fact")) } dd { a href={ "/facts?subject=" (report.id) } { "№ " (last_number) } }
            @if let Some(newest) = &newest { dt { (visitor.t("reports.newest")) } dd { a href={ "/reports/" (newest.id) } { (newest.on) } } }
        }
        // A correction takes a judgement off what counts, and nothing from what was said.
        @if judgements.len() > usize::from(report.judged_by.is_some()) { h2 { (visitor.t("reports.judged_before")) } ul.rows { @for (judgement, number) in &judgements { li {
            span { (judgement.judged_on) " " (name(&judgement.judged_by)) } span class={ "lamp " (if judgement.grade == Grade::Disputed { "bad" } else { "good" }) } { (visitor.t(&format!("grade.{}", judgement.grade.name()))) }
            @if let Some(reason) = &judgement.reason { span.quiet { (reason) } } a href={ "/facts?subject=" (report.id) } { "№ " (number) }
        } } } }
        (layout::photographs(visitor, &format!("/reports/{}/photos/", report.id), content.photos.iter().map(Photo::name)))
        p.bar.no-print {
            @if may_judge {
                form.inline method="post" action={ "/reports/" (report.id) "/confirm" } { (seal(visitor)) button type="submit" { (visitor.t("reports.confirm")) } }
                a.button.second href={ "/reports/" (report.id) "/dispute" } { (visitor.t("reports.dispute")) }
            }
            @if may_verify { a.button href={ "/reports/" (report.id) "/verify" } { (visitor.t("reports.verify")) } }
            @if judgements.iter().any(|(judgement, _)| judgement.grade == Grade::Disputed) { a.button.second href={ "/problems/of/" (report.id) } { (visitor.t("reports.its_problem")) } }
            @if visitor.may(Verb::Report, &building.path) && report.grade != Grade::Verified { a.button.second href={ "/reports/" (report.id) "/correct" } { (visitor.t("reports.correct")) } }
            a.button.second href={ "/reports?on=" (report.on) } { (visitor.t("reports.title")) }
        }
    };
    let title = format!("{} {}", building.attributes.name, report.on);
    Ok(form_response(refused, page(site, visitor, &title, body)))
}

/// What stood in all at the end of a day, by an amount of that day: whoever measures measures the whole.
fn through(work: Option<&Work>, amount_e3: Option<i64>) -> String {
    work.zip(amount_e3).map_or_else(|| "—".to_owned(), |(work, amount)| amounts::text(work.before_e3 + amount))
}

fn hex(hash: &[u8]) -> String {
    hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// When the device says a report was written, in local time.
fn device_time(report: &Report) -> String {
    let at = report.written_at.as_ref().and_then(|at| at.parse().ok());
    at.map_or_else(String::new, |at| civil(at).strftime("%Y-%m-%d %H:%M").to_string())
}

/// What an address asks for behind a figure.
#[derive(Debug, Default, serde::Deserialize)]
struct Behind {
    activity: Option<String>,
}

/// The newest report of a building that holds a photograph, or else the newest: from a figure to what stands behind it. Of one
/// work only the reports that moved it count.
async fn newest(State(site): State<Site>, visitor: Visitor, Path(building): Path<String>, Query(behind): Query<Behind>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let building = visitor.place(&mut conn, &building).await?;
    let reports = match &behind.activity {
        Some(activity) => store::of_work(&mut conn, &building.id, activity, NEWEST_LOOKED_AT).await?,
        None => store::of_building(&mut conn, &building.id, NEWEST_LOOKED_AT).await?,
    };
    let pictured = reports.iter().find(|report| !report.content.photos.is_empty());
    let report = pictured.or(reports.first()).ok_or_else(missing)?;
    Ok(Redirect::to(&format!("/reports/{}", report.id)).into_response())
}

async fn photo(State(site): State<Site>, visitor: Visitor, Path((id, copy)): Path<(String, String)>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let (report, _) = readable(&mut conn, &visitor, &id).await?;
    if !report.content.photos.iter().any(|photo| photo.name() == copy) {
        return Err(missing().into());
    }
    drop(conn);
    copies::answer(&site, &copy).await
}

/// What waits for this supervision engineer, and nothing else.
async fn waiting(State(site): State<Site>, visitor: Visitor, Query(list): Query<registers::Asked>) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Confirm)?;
    let mut conn = site.reader().await?;
    let tree = site.domain.places.tree(&mut conn).await?;
    let names = identity::names(&mut conn).await?;
    let mut register = Register::new(&visitor, "/reports/waiting", "reports.waiting", &list)
        .class("big-acts")
        .column("building", "place_kind.building")
        .column("on", "reports.day")
        .column("project", "place_kind.project")
        .column("by", "reports.filed_by")
        .column("items", "reports.items")
        .number("hands", "reports.hands")
        .acts();
    let mut count = 0;
    let mut moved = store::amounts_waiting(&mut conn).await?;
    for report in store::waiting(&mut conn).await? {
        let Report { id, building, on, filed_by, .. } = &report;
        let Some(place) = tree.get(building).filter(|place| visitor.may(Verb::Confirm, &place.path)) else { continue };
        count += 1;
        let project = tree.lineage(place).find(|above| above.kind == Kind::Project);
        let items = moved.remove(id).unwrap_or_default();
        let items = visitor.list(items.iter().map(|moved| moved_text(&visitor, moved)));
        let is_stopped = !plan::heard::stopped_by(&mut conn, &place.path, *on).await?.is_empty();
        let acts = html! {
            form.inline method="post" action={ "/reports/" (id) "/confirm" } { (seal(&visitor)) input type="hidden" name="back" value="waiting"; button type="submit" { (visitor.t("reports.confirm")) } }
            " " a.button.second href={ "/reports/" (id) "/dispute" } { (visitor.t("reports.dispute")) }
        };
        register.row(vec![
            (Cell::Text(place.attributes.name.clone()), Some(html! { a href={ "/reports/" (id) } { (place.attributes.name) } @if store::clock_difference(report.written_at.as_deref(), &report.filed_at).is_some() { " " span.tag { (visitor.t("reports.clock_short")) } } @if is_stopped { " " span.lamp.bad { (visitor.t("reports.stopped_short")) } } })),
            (Cell::Date(*on), None),
            (project.map_or(Cell::Empty, |project| Cell::Text(project.attributes.name.clone())), None),
            (names.get(filed_by).map_or(Cell::Empty, |name| Cell::Text(name.clone())), None),
            (Cell::Text(items), None),
            (report.hands().map_or(Cell::Empty, |hands| Cell::Number(f64::from(hands))), None),
            (Cell::Empty, Some(acts)),
        ]);
    }
    drop(conn);
    register.respond(&site, "reports.nothing_waits", |table| {
        let body = html! {
            h1 { (visitor.t("reports.waiting")) @if count > 0 { " " span.tag { (count) } } }
            p.lead { (visitor.t("reports.waiting_lead")) }
            (table)
        };
        page(&site, &visitor, &visitor.t("reports.waiting"), body).into_response()
    })
}

/// What was moved of a work, and what was measured of it before.
fn moved_text(visitor: &Visitor, moved: &Moved) -> String {
    let amount = targets::pages::delivered(visitor, moved.amount_e3, &moved.unit);
    let measured = moved.measured_e3.map(|measured| visitor.tf("reports.measured_then", &[("measured", amounts::text(measured))]));
    format!("{} {amount}{}", visitor.shown(&moved.name), measured.unwrap_or_default())
}

/// The report, when this person may do something with it.
async fn judged(site: &Site, visitor: &Visitor, id: &str, verb: Verb) -> Result<(Report, Place), Problem> {
    let mut conn = site.reader().await?;
    let (report, building) = readable(&mut conn, visitor, id).await?;
    visitor.need(verb, &building.path)?;
    Ok((report, building))
}

/// Names instead of accounts and activities in a refusal.
async fn named(site: &Site, visitor: &Visitor, building: &Place, refusal: Refusal) -> Result<Refusal, Problem> {
    let mut conn = site.reader().await?;
    let people = identity::names(&mut conn).await?;
    let works = plan::store::measured_bars(&mut conn, &building.id).await?;
    let params = refusal.params.into_iter().map(|(key, value)| {
        let work = || works.iter().find(|bar| bar.activity == value).map(|bar| visitor.shown(&bar.name).into_owned());
        let shown = match key {
            "by" => people.get(&value).cloned(),
            AT => work(),
            _ => None,
        };
        (key, shown.unwrap_or(value))
    });
    Ok(Refusal { params: params.collect(), ..refusal })
}

async fn confirm(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>, Sent(values): Sent) -> Result<Response, Problem> {
    let (report, building) = judged(&site, &visitor, &id, Verb::Confirm).await?;
    let to = if values.text("back") == "waiting" { "/reports/waiting".to_owned() } else { format!("/reports/{id}") };
    match site.submit(&visitor, values.request_id()?, Command::Confirm { report: id }).await {
        Ok(_) => Ok(Redirect::to(&to).into_response()),
        Err(problem) => {
            let refused = named(&site, &visitor, &building, refusal(problem)?).await?;
            show_page(&site, &visitor, &report, &building, false, Some(&refused)).await
        }
    }
}

async fn dispute_form(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    let (report, building) = judged(&site, &visitor, &id, Verb::Confirm).await?;
    restate_page(&site, &visitor, &report, &building, Restating::Dispute, &Values::default(), None).await
}

async fn verify_form(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    let (report, building) = judged(&site, &visitor, &id, Verb::Inspect).await?;
    restate_page(&site, &visitor, &report, &building, Restating::Verification, &Values::default(), None).await
}

async fn correct_form(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    let (report, building) = judged(&site, &visitor, &id, Verb::Report).await?;
    restate_page(&site, &visitor, &report, &building, Restating::Correction, &Values::default(), None).await
}

/// What a report says in words, where nothing has been typed.
fn said_besides(values: &Values, content: &Content, refused: Option<&Refusal>) -> Values {
    if refused.is_some() {
        return values.clone();
    }
    let weather = content.weather_hours.map(|hours| hours.to_string()).unwrap_or_default();
    let values = values.clone().with("weather_hours", weather);
    match &content.hindrance {
        Some(hindrance) => values.with("hindrance", &hindrance.kind).with("decider", &hindrance.decider).with("remark", &hindrance.remark),
        None => values,
    }
}

/// Quantities said again, by whom.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Restating {
    Dispute,
    Correction,
    Verification,
}

async fn restate_page(site: &Site, visitor: &Visitor, report: &Report, building: &Place, what: Restating, values: &Values, refused: Option<&Refusal>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let works = store::works(&mut conn, &report.building, Some(report.on)).await?;
    let days: Vec<WorkDay> = store::days_of_report(&mut conn, &report.id).await?;
    let (title, lead, act) = match what {
        Restating::Dispute => ("reports.dispute", "reports.dispute_lead", "dispute"),
        Restating::Correction => ("reports.correct", "reports.correct_lead", "correct"),
        Restating::Verification => ("reports.verify", "reports.verify_lead", "verify"),
    };
    // Once judged, what counts is no longer what the site said.
    let counted = if report.grade == Grade::Reported { "reports.as_reported" } else { "reports.as_counted" };
    let concerned = works.iter().filter(|work| days.iter().any(|day| day.activity == work.activity) || work.before_e3 < work.total_e3);
    let body = html! {
        (places::pages::crumbs_of(&mut conn, visitor, building).await?)
        h1 { (visitor.t(title)) " · " (building.attributes.name) " " (report.on) }
        p.lead { (visitor.t(lead)) }
        (error_summary(visitor, refused))
        form.report method="post" action={ "/reports/" (report.id) "/" (act) } enctype=[(what == Restating::Correction).then_some("multipart/form-data")] {
            (seal_with(visitor, values))
            div.works id="field-items" { @for work in concerned {
                @let name = format!("done.{}", work.activity);
                label.work {
                    span.name { (visitor.shown(&work.name)) }
                    span.quiet { (visitor.tf(counted, &[("done", amounts::text(work.before_e3 + work.day_e3)), ("total", amounts::text(work.total_e3))])) }
                    input inputmode="decimal" name=(name) value=(values.text(&name)) placeholder=(amounts::text(work.before_e3 + work.day_e3));
                }
            } }
            @if what == Restating::Correction {
                input type="hidden" name="besides" value="1";
                (besides(visitor, &said_besides(values, &report.content, refused), Some(&report.content), refused))
                (photographs(visitor, report, values, refused))
            }
            @if refused.is_some_and(|refusal| refusal.field == Some("sure")) {
                label.inline { input type="checkbox" id="field-sure" name="sure" value="yes"; " " (visitor.t("reports.sure")) }
            }
            label for="field-reason" { (visitor.t(if what == Restating::Verification { "reports.finding" } else { "field.reason" })) }
            textarea id="field-reason" name="reason" rows="3" required[what != Restating::Verification] { (values.text("reason")) }
            div.actions.thumb { button type="submit" { (visitor.t(title)) } }
        }
    };
    Ok(form_response(refused, page(site, visitor, &visitor.t(title), body)))
}

/// Photographs that a correction takes out, and those it adds.
fn photographs(visitor: &Visitor, report: &Report, values: &Values, refused: Option<&Refusal>) -> Markup {
    html! { details open[!report.content.photos.is_empty() || refused.is_some_and(|refusal| refusal.field == Some("photos"))] {
        summary { (visitor.t("reports.photos")) }
        @if !report.content.photos.is_empty() { div.photos { @for photo in &report.content.photos {
            @let name = format!("drop.{}", photo.name());
            label { img loading="lazy" src={ "/reports/" (report.id) "/photos/" (photo.name()) } alt=(visitor.t("reports.photos"));
                span { input type="checkbox" name=(name) value="yes" checked[values.text(&name) == "yes"]; " " (visitor.t("reports.drop_photo")) } }
        } } }
        p.hint { (visitor.t("reports.add_photos")) }
        input id="field-photos" type="file" name="photos" accept="image/jpeg,image/png,image/webp" capture="environment" multiple;
    } }
}

async fn dispute(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>, Sent(values): Sent) -> Result<Response, Problem> {
    restate(&site, &visitor, &id, SentWithFiles { values, files: Files::default() }, Restating::Dispute).await
}

async fn correct(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>, sent: SentWithFiles) -> Result<Response, Problem> {
    restate(&site, &visitor, &id, sent, Restating::Correction).await
}

async fn verify(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>, Sent(values): Sent) -> Result<Response, Problem> {
    restate(&site, &visitor, &id, SentWithFiles { values, files: Files::default() }, Restating::Verification).await
}

async fn restate(site: &Site, visitor: &Visitor, id: &str, sent: SentWithFiles, what: Restating) -> Result<Response, Problem> {
    let SentWithFiles { values, files } = sent;
    let values = &values;
    let verb = match what {
        Restating::Dispute => Verb::Confirm,
        Restating::Correction => Verb::Report,
        Restating::Verification => Verb::Inspect,
    };
    let (report, building) = judged(site, visitor, id, verb).await?;
    let done = async {
        let (items, reason) = (items(values)?, values.text("reason").to_owned());
        let is_sure = values.text("sure") == "yes";
        let (added, documents) = photos::take(site, files).await??;
        let command = match what {
            Restating::Dispute => Command::Dispute { report: id.to_owned(), items, reason, is_sure },
            Restating::Correction => {
                // A form without these fields says nothing of them.
                let besides = if values.text("besides").is_empty() { None } else { Some(content(visitor, values)?.besides()) };
                let besides = besides.filter(|besides| *besides != report.content.besides()).map(Box::new);
                let stay = report.content.photos.iter().filter(|photo| values.text(&format!("drop.{}", photo.name())) != "yes");
                let photos: Vec<Photo> = stay.cloned().chain(added).collect();
                let photos = Some(photos).filter(|photos| *photos != report.content.photos);
                Command::Correct { report: id.to_owned(), items, besides, photos, reason }
            }
            Restating::Verification => Command::Verify { report: id.to_owned(), items, finding: reason, is_sure },
        };
        site.submit_with(visitor, values.request_id()?, command, documents).await
    };
    match done.await {
        Ok(_) => Ok(Redirect::to(&format!("/reports/{id}")).into_response()),
        Err(problem) => {
            let refused = named(site, visitor, &building, refusal(problem)?).await?;
            restate_page(site, visitor, &report, &building, what, values, Some(&refused)).await
        }
    }
}
