//! The page of a trial: the drawing that is changed with the pointer or the keys, what it does, and putting it forward.

use super::gather::{Milestone, Trial, gather};
use crate::db::Conn;
use crate::features::authority::{Verb, missing};
use crate::features::places;
use crate::features::places::store::Place;
use crate::features::plan::amounts;
use crate::features::plan::changes::{self, Change, Refused};
use crate::features::plan::model::Source;
use crate::features::plan::network::Scheduled;
use crate::features::plan::pages::{days_between, float_lamp, project, project_for, worst};
use crate::features::plan::versions::put_forward;
use crate::features::targets::pages::today_text;
use crate::features::wall_chart::bars::{self, Chart};
use crate::refusal::Refusal;
use crate::web::Site;
use crate::web::extract::{Query, Sent};
use crate::web::forms::{Form, Values, error_summary, form_response, refusal};
use crate::web::layout::page;
use crate::web::problem::{Problem, form_urlencoded};
use crate::web::visitor::Visitor;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Json, Router};
use guatu_formats::plans::span;
use guatu_kernel::plan::Span;
use jiff::civil::Date;
use maud::{Markup, html};
use serde_json::Value;
use std::sync::Arc;

/// Activities that move and targets that change, listed at most; how many there are is always said.
const LISTED: usize = 20;

/// Routes of this feature.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/plans/{project}/what-if", get(show).post(keep))
        .route("/plans/{project}/what-if/rows.json", get(rows))
}

/// What an address asks for.
#[derive(Clone, Debug, Default, serde::Deserialize)]
struct Asked {
    /// The part of the project that is drawn; all of it when absent.
    place: Option<String>,
    /// The changes, as JSON.
    changes: Option<String>,
    /// The activity to be changed.
    activity: Option<String>,
    /// Its duration, from the form: empty for the plan's own.
    days: Option<String>,
    /// The day before which it does not start, from the form: empty for the plan's own.
    start: Option<String>,
    /// The day its bar was moved to.
    from: Option<Date>,
    /// The day its bar was drawn to.
    to: Option<Date>,
}

impl Asked {
    /// The address of these changes.
    fn address(&self, project: &str, changes: &[Change]) -> String {
        let mut address = format!("/plans/{project}/what-if?changes={}", form_urlencoded(&changes::print(changes)));
        for (name, value) in [("place", &self.place), ("activity", &self.activity)] {
            if let Some(value) = value {
                address += &format!("&{name}={}", form_urlencoded(value));
            }
        }
        address
    }

    /// The change that is asked for besides those of the address, where one is; `trial` is that of the address.
    fn change(&self, known: &[Change], trial: &Trial) -> Result<Option<Change>, Refusal> {
        let Some(activity) = self.activity.clone() else { return Ok(None) };
        let before = known.iter().find(|change| change.activity == activity);
        let mut change = before.cloned().unwrap_or(Change { activity, days: None, start: None });
        if let Some(from) = self.from {
            change.start = Some(from);
        } else if let Some(to) = self.to {
            change.days = trial.days_through(&change.activity, to);
        } else if self.days.is_some() || self.start.is_some() {
            let typed = |text: &Option<String>| text.clone().unwrap_or_default();
            let values = Values::default().with("days", typed(&self.days)).with("start", typed(&self.start));
            (change.days, change.start) = (values.opt_number("days")?, values.opt_date("start")?);
        } else {
            return Ok(None);
        }
        Ok(Some(change))
    }
}

/// The project, the part of it that is drawn, and the trial of an address.
async fn tried(conn: &mut Conn, site: &Site, visitor: &Visitor, id: &str, asked: &Asked) -> Result<(Place, Place, Vec<Change>, Trial), Problem> {
    let place = project(conn, visitor, id).await?;
    let part = match &asked.place {
        Some(part) => visitor.place(conn, part).await?,
        None => place.clone(),
    };
    if !part.path.starts_with(&place.path) {
        return Err(missing().into());
    }
    let changes = changes::read(asked.changes.as_deref().unwrap_or_default()).map_err(Refusal::from)?;
    let trial = gather(conn, &site.domain, id, &changes, site.clock.today()).await?.ok_or(missing())??;
    Ok((place, part, changes, trial))
}

async fn show(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let (place, part, known, trial) = tried(&mut conn, &site, &visitor, &id, &asked).await?;
    let values = Values::default().with("days", asked.days.clone().unwrap_or_default()).with("start", asked.start.clone().unwrap_or_default());
    let shown = Shown { place, part, changes: known, trial, asked };
    let changed = match shown.asked.change(&shown.changes, &shown.trial) {
        Ok(None) => return show_page(&site, &visitor, &mut conn, &shown, &values, None).await,
        Ok(Some(change)) => changes::with(shown.changes.clone(), change),
        Err(refused) => return show_page(&site, &visitor, &mut conn, &shown, &values, Some(&refused)).await,
    };
    let base = &shown.trial.now.base;
    let is_possible = changes::read(&changes::print(&changed)).and_then(|changed| changes::apply(&base.plan, &shown.trial.now.plan, &base.index, &changed));
    match is_possible {
        Ok(_) => Ok(Redirect::to(&shown.asked.address(&id, &changed)).into_response()),
        Err(refused) => show_page(&site, &visitor, &mut conn, &shown, &values, Some(&refused.into())).await,
    }
}

/// Rows of the drawing: the dates of the trial over those in force.
async fn rows(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>, Query(asked): Query<Asked>) -> Result<Json<Value>, Problem> {
    let mut conn = site.reader().await?;
    let (_, part, known, trial) = tried(&mut conn, &site, &visitor, &id, &asked).await?;
    let today = site.clock.today();
    let scheduled = Scheduled { bars: trial.bars, mandates: trial.scheduled.mandates.clone(), outlooks: Vec::new() };
    let chart = Chart::of(&mut conn, &site.domain, &id, Arc::new(scheduled), today).await?;
    let rows = chart.rows(&part, today, false);
    let address = |row: &bars::ChartRow<'_>| Asked { activity: Some(row.bar.activity.clone()), ..asked.clone() }.address(&id, &known);
    Ok(Json(bars::drawn(&visitor, &chart, &rows, (today, site.head()), address)))
}

async fn keep(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>, Query(asked): Query<Asked>, Sent(values): Sent) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    project_for(&mut conn, &visitor, &id, Verb::Plan).await?;
    let (place, part, known, trial) = tried(&mut conn, &site, &visitor, &id, &asked).await?;
    let done = async {
        if known.is_empty() {
            return Err(Refusal::from(Refused::NothingChanged).into());
        }
        let source = Source::Tried {
            changes: known.len() as u32,
            reason: values.text("reason").to_owned(),
            is_from_template: trial.now.is_from_template,
        };
        put_forward(&site, &visitor, &id, values.request_id()?, &trial.changed, source).await
    };
    match done.await {
        Ok(version) => Ok(Redirect::to(&format!("/plan-versions/{version}")).into_response()),
        Err(problem) => {
            let refused = refusal(problem)?;
            let shown = Shown { place, part, changes: known, trial, asked };
            show_page(&site, &visitor, &mut conn, &shown, &values, Some(&refused)).await
        }
    }
}

/// A trial and the address it stands in.
struct Shown {
    place: Place,
    part: Place,
    changes: Vec<Change>,
    trial: Trial,
    asked: Asked,
}

async fn show_page(site: &Site, visitor: &Visitor, conn: &mut Conn, shown: &Shown, values: &Values, refused: Option<&Refusal>) -> Result<Response, Problem> {
    let Shown { place, part, changes, trial, asked } = shown;
    let tree = site.domain.places.tree(conn).await?;
    let here = asked.address(&place.id, changes);
    let rows = here.replacen("/what-if?", "/what-if/rows.json?", 1);
    let label = visitor.tf("what_if.chart", &[("place", part.attributes.name.clone())]);
    let body = html! {
        (places::pages::crumbs_of(conn, visitor, part).await?)
        div.bar { h1 { (place.attributes.name) " · " (visitor.t("what_if.title")) }
            span.end {} a.button.second href={ "/plans/" (place.id) } { (visitor.t("nav.plans")) }
        }
        p.lead { (visitor.t("what_if.lead")) }
        div #what-if {
            (error_summary(visitor, refused))
            div.gantt.tries hidden data-rows=(rows) data-words=(bars::words(visitor)) data-tries tabindex="0" role="listbox" aria-label=(label) aria-describedby="what-if-keys" { canvas aria-hidden="true" {} }
            p.quiet #what-if-keys { (visitor.t("what_if.keys")) }
            div.columns {
                section.sheet { (self::changed(visitor, shown)) (change_form(visitor, shown, values)) }
                section.sheet { (milestones(visitor, &trial.milestones)) }
                section.sheet { (targets(visitor, trial, &tree)) }
            }
            (moved(visitor, shown))
            @if !changes.is_empty() {
                div.actions { a.button.second href=(Asked { activity: None, ..asked.clone() }.address(&place.id, &[])) { (visitor.t("what_if.discard")) } }
                @if visitor.may(Verb::Plan, &place.path) {
                    h2 { (visitor.t("what_if.keep")) }
                    p.lead { (visitor.t("what_if.keep_lead")) }
                    (Form::new(visitor, &here, "what_if.put_forward", values).text("reason").render())
                }
            }
        }
    };
    let title = format!("{} · {}", place.attributes.name, visitor.t("what_if.title"));
    Ok(form_response(refused, page(site, visitor, &title, body)))
}

/// The changes so far, each with what it was before and how it is taken back.
fn changed(visitor: &Visitor, shown: &Shown) -> Markup {
    let base = &shown.trial.now.base;
    let was = |change: &Change| base.index.get(&change.activity).map(|at| &base.plan.activities[*at]);
    html! {
        h2 { (visitor.t("what_if.changes")) }
        @if shown.changes.is_empty() { p.quiet { (visitor.t("what_if.none")) } }
        ul.rows { @for change in &shown.changes { @if let Some(activity) = was(change) { li {
            a href=(Asked { activity: Some(change.activity.clone()), ..shown.asked.clone() }.address(&shown.place.id, &shown.changes)) { (visitor.shown(&activity.name)) }
            @if let Some(days) = change.days { span { (visitor.tf("what_if.days", &[("before", days_text(activity.duration)), ("after", days.to_string())])) } }
            @if let Some(start) = change.start { span { (visitor.tf("what_if.start", &[("date", start.to_string())])) } }
            @let without: Vec<Change> = shown.changes.iter().filter(|one| *one != change).cloned().collect();
            a.no-print href=(shown.asked.address(&shown.place.id, &without)) { (visitor.t("what_if.take_back")) }
        } } } }
    }
}

/// A duration in days where it is one of days, else as plans write it.
fn days_text(duration: Span) -> String {
    match duration {
        Span::Working { days_e3, minutes: 0 } => amounts::text(days_e3),
        other => span::print(other),
    }
}

/// The form that changes one activity; without one, the works that hold up the date in most danger.
fn change_form(visitor: &Visitor, shown: &Shown, values: &Values) -> Markup {
    let (trial, asked) = (&shown.trial, &shown.asked);
    let found = asked.activity.as_ref().and_then(|activity| Some((activity, *trial.now.base.index.get(activity)?)));
    let link = |activity: &str, name: &str| html! { a href=(Asked { activity: Some(activity.to_owned()), ..asked.clone() }.address(&shown.place.id, &shown.changes)) { (visitor.shown(name)) } };
    let Some((activity, at)) = found else {
        let nearest = worst(&trial.scheduled.mandates, &trial.scheduled.outlooks).and_then(|(_, outlook)| outlook);
        let chain = nearest.map_or(&[][..], |outlook| outlook.driving_chain.as_slice());
        let works = chain.iter().filter_map(|id| trial.scheduled.bars.iter().find(|bar| bar.activity == *id && bar.kind == "task" && bar.actual_finish.is_none()));
        let works: Vec<_> = works.take(LISTED).collect();
        return html! { @if !works.is_empty() { h3 { (visitor.t("what_if.driving")) } ul.rows { @for bar in works { li { (link(&bar.activity, &bar.name)) } } } } };
    };
    let planned = &trial.now.base.plan.activities[at];
    let known = shown.changes.iter().find(|change| change.activity == *activity);
    let filled = |name: &str, known: Option<String>| if values.text(name).is_empty() { known.unwrap_or_default() } else { values.text(name).to_owned() };
    let dates = trial.bars.get(at).and_then(|bar| bar.early);
    html! {
        h3 { (visitor.shown(&planned.name)) }
        @if let Some((start, finish)) = dates { p.quiet { (start) " – " (finish) } }
        form.fields method="get" action={ "/plans/" (shown.place.id) "/what-if" } {
            input type="hidden" name="changes" value=(changes::print(&shown.changes));
            input type="hidden" name="activity" value=(activity);
            @if let Some(place) = &asked.place { input type="hidden" name="place" value=(place); }
            div.field { label for="field-days" { (visitor.t("what_if.days_label")) }
                input id="field-days" name="days" inputmode="numeric" autofocus value=(filled("days", known.and_then(|change| change.days).map(|days| days.to_string()))) placeholder=(days_text(planned.duration)); }
            div.field { label for="field-start" { (visitor.t("what_if.start_label")) }
                input id="field-start" type="date" name="start" value=(filled("start", known.and_then(|change| change.start).map(|start| start.to_string()))); }
            div.actions { button type="submit" { (visitor.t("what_if.try")) } }
        }
    }
}

fn milestones(visitor: &Visitor, milestones: &[Milestone]) -> Markup {
    let outlook = |(forecast, float): (Option<Date>, Option<f64>)| {
        let float_e3 = float.map(|days| (days * 1000.0).round() as i64);
        html! { @if let Some(forecast) = forecast { (forecast) " " (float_lamp(visitor, float_e3)) } @else { "—" } }
    };
    html! {
        h2 { (visitor.t("plans.mandated_dates")) }
        @if milestones.is_empty() { p.quiet { (visitor.t("plans.no_mandates")) } }
        dl.facts.outlooks { @for one in milestones {
            dt { (visitor.shown(&one.name)) br; span.quiet { (visitor.tf("what_if.finish_by", &[("date", one.finish_by.to_string())])) } }
            dd {
                p { span.quiet { (visitor.t("what_if.before")) } " " (outlook(one.before)) }
                p { span.quiet { (visitor.t("what_if.after")) } " " @if one.before == one.after { (visitor.t("what_if.same")) } @else { strong { (outlook(one.after)) } } }
            }
        } }
    }
}

fn targets(visitor: &Visitor, trial: &Trial, tree: &places::Tree) -> Markup {
    let others: Vec<_> = trial.other_targets().collect();
    let (before, after) = trial.broken();
    html! {
        h2 { (visitor.t("what_if.targets")) }
        p { (visitor.tf("what_if.broken", &[("before", before.to_string()), ("after", after.to_string())])) }
        @if others.is_empty() { p.quiet { (visitor.t("what_if.targets_same")) } }
        dl.facts.outlooks { @for (building, before, after) in others.iter().take(LISTED) {
            dt { a href={ "/targets/" (building) } { (tree.get(building).map_or("", |place| place.attributes.name.as_str())) } br; (visitor.shown(&before.name)) }
            dd {
                p { span.quiet { (visitor.t("what_if.before")) } " " (today_text(visitor, before)) }
                p { span.quiet { (visitor.t("what_if.after")) } " " strong { (today_text(visitor, after)) } }
            }
        } }
        @if others.len() > LISTED { p.quiet { (visitor.tf("round.more", &[("count", (others.len() - LISTED).to_string())])) } }
    }
}

fn moved(visitor: &Visitor, shown: &Shown) -> Markup {
    let moved = &shown.trial.moved;
    let pair = |(start, finish): (Date, Date)| format!("{start} – {finish}");
    html! { @if !moved.is_empty() {
        h2 { (visitor.t("what_if.moved")) " " span.tag { (moved.len()) } }
        div.scroll tabindex="0" { table {
            thead { tr { th { (visitor.t("field.name")) } th { (visitor.t("what_if.before")) } th { (visitor.t("what_if.after")) } th.number { (visitor.t("plans.moved")) } } }
            tbody { @for one in moved.iter().take(LISTED) {
                @let bar = &shown.trial.bars[one.at];
                tr {
                    td { a href=(bars::address_of(&bar.project, &bar.activity)) { (visitor.shown(&bar.name)) } }
                    td.dates { (pair(one.before)) } td.dates { (pair(one.after)) }
                    td.number { (format!("{:+}", days_between(one.before.1, one.after.1))) }
                }
            } }
        } }
        @if moved.len() > LISTED { p.quiet { (visitor.tf("round.more", &[("count", (moved.len() - LISTED).to_string())])) } }
    } }
}
