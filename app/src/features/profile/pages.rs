//! The sheet as a page, and on its way out as PDF and DOCX.

use super::gather::{Profile, gather};
use super::print;
use crate::features::orders::store::Order;
use crate::features::{places, rule_sets};
use crate::features::plan::pages::{days_between, float_lamp, no_activity, project};
use crate::features::targets::grades::Marks;
use crate::features::targets::pages::gap_lamp;
use crate::features::targets::progress::tenths_text;
use crate::web::Site;
use crate::web::layout::shell;
use crate::web::papers;
use crate::web::problem::{Problem, form_urlencoded};
use crate::web::visitor::Visitor;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use jiff::civil::Date;
use maud::{Markup, html};

/// Entries of each list on the page: what one printed sheet holds.
const LISTED: usize = 5;

/// Routes of this feature.
pub fn routes() -> Router<Site> {
    Router::new().route("/places/{project}/profile", get(show)).route("/places/{project}/profile/{format}", get(paper))
}

async fn paper(State(site): State<Site>, visitor: Visitor, Path((id, format)): Path<(String, String)>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let place = project(&mut conn, &visitor, &id).await?;
    let profile = gather(&mut conn, &site, &visitor, place).await?;
    drop(conn);
    papers::download(&visitor, print::compose(&site, &visitor, &profile), &format, &format!("guatu-profile-{}", profile.today)).await
}

/// Something with the day since which it holds.
pub(super) fn days_since(visitor: &Visitor, what: Option<String>, since: Option<Date>) -> String {
    match (what, since) {
        (None, _) => "—".into(),
        (Some(what), None) => what,
        (Some(what), Some(since)) => format!("{what} {}", visitor.tf("shell.since", &[("date", since.to_string())])),
    }
}

/// What is said of the plan, each with its key.
pub(super) fn plan_words(visitor: &Visitor, profile: &Profile) -> Vec<(&'static str, String)> {
    let Some((plan, version)) = &profile.plan else { return vec![("nav.plans", visitor.t("plans.no_plan"))] };
    let number = visitor.tf("plans.version_number", &[("number", version.ordinal.to_string())]);
    let approved = version.approved_on.map_or_else(String::new, |on| format!(" {}", visitor.tf("profile.approved_on", &[("date", on.to_string())])));
    let date = |date: Option<Date>| date.map_or("—".into(), |date| date.to_string());
    let state = match plan.active_on {
        Some(on) => days_since(visitor, Some(visitor.t("plans.active")), Some(on)),
        None => visitor.t("plans.approved"),
    };
    vec![
        ("nav.plans", format!("{number}{approved}")),
        ("plans.plan_state", if plan.problem.is_some() { visitor.t("plans.has_problem") } else { state }),
        ("profile.baseline", profile.baseline.map_or("—".into(), |(start, finish)| format!("{start} – {finish}"))),
        ("plans.forecast_end", date(plan.finish_on)),
    ]
}

/// Planned, done and gap in one line.
pub(super) fn points_words(visitor: &Visitor, profile: &Profile) -> String {
    profile.points_e1.map_or_else(
        || visitor.t("targets.nothing_measured"),
        |(planned, done, gap)| visitor.tf("targets.standing", &[("planned", tenths_text(planned)), ("done", tenths_text(done)), ("gap", tenths_text(gap))]),
    )
}

/// The newest report, how many came today of those that are due, and who has been silent longest.
pub(super) fn silent_words(visitor: &Visitor, profile: &Profile) -> String {
    let newest = profile.last_report.map_or_else(|| visitor.t("profile.no_report"), |on| on.to_string());
    let Some(round) = &profile.round else { return newest };
    let came = [("newest", newest), ("came", round.line.reports_came.to_string()), ("due", round.line.reports_due.to_string())];
    let silent = profile.silent.iter().take(LISTED).map(|(building, on)| {
        format!("{} {}", profile.name(building), on.map_or_else(|| visitor.t("profile.no_report"), |on| on.to_string()))
    });
    let mut words = visitor.tf("profile.came", &came);
    if !profile.silent.is_empty() {
        let rest = profile.silent.len().saturating_sub(LISTED);
        let more = (rest > 0).then(|| visitor.tf("round.more", &[("count", rest.to_string())]));
        words += &format!(" {}", visitor.tf("profile.silent", &[("buildings", visitor.list(silent.chain(more)))]));
    }
    words
}

async fn show(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>) -> Result<Markup, Problem> {
    let mut conn = site.reader().await?;
    let place = project(&mut conn, &visitor, &id).await?;
    let crumbs = places::pages::crumbs_of(&mut conn, &visitor, &place).await?;
    let profile = gather(&mut conn, &site, &visitor, place).await?;
    drop(conn);
    let place = &profile.place;
    let encoded = form_urlencoded(&place.id);
    let t = |key: &str| visitor.t(key);
    let marks = Marks::of_visitor(&visitor);
    let body = html! {
        (crumbs)
        div.bar {
            h1 { (print::title(&visitor, place)) }
            @if let Some(programme) = &place.attributes.programme { span.tag { (t(&format!("programme.{programme}"))) } }
            span.quiet { (visitor.tf("profile.as_of", &[("date", profile.today.to_string()), ("number", profile.number.to_string())])) }
            span.end.no-print { a href={ "/places/" (place.id) } { (t("profile.place")) } " · " a href={ "/places/" (place.id) "/profile/pdf" } { "PDF" } " · " a href={ "/places/" (place.id) "/profile/docx" } { "DOCX" } }
        }
        ul.counts { @for (key, value) in &profile.counts { li { b { (value) } span { (t(key)) } } } }
        div.columns {
            section.sheet {
                h2 { (t("places.responsibility")) }
                dl.facts {
                    dt { (t("field.official")) } dd { @match &profile.official {
                        Some((name, above)) => { (name) @if let Some(above) = above { " " span.quiet { (visitor.tf("places.from_above", &[("place", above.clone())])) } } }
                        None => "—",
                    } }
                    dt { (t("field.owner")) } dd { (profile.owner.as_deref().unwrap_or("—")) }
                    @for (seat, holders) in &profile.seats {
                        dt { (t(&format!("seat.{}", seat.name()))) }
                        dd { @if holders.is_empty() { span.lamp.warn { (t("profile.empty_seat")) } } @else { (visitor.list(holders)) } }
                    }
                }
                p.no-print { a href={ "/task-forces/" (place.id) } { (t("nav.task_forces")) } }
            }
            section.sheet {
                h2 { (t("profile.standing")) }
                dl.facts {
                    dt { (t("field.state")) } dd { (days_since(&visitor, place.state.as_ref().map(|state| t(&format!("state.{state}"))), place.state_since)) }
                    @for (key, value) in plan_words(&visitor, &profile) { dt { (t(key)) } dd { (value) } }
                    dt { (t("targets.title")) }
                    dd {
                        @match profile.points_e1 {
                            Some((_, _, gap)) => (gap_lamp(&visitor, gap, &profile.rules.1, &points_words(&visitor, &profile))),
                            None => (points_words(&visitor, &profile)),
                        }
                        @if let Some(grade) = profile.grade { " " (marks.with_word(grade)) }
                    }
                    @if profile.points_e1.is_some() { dt { (t("profile.rule")) } dd { (rule_sets::pages::told(&visitor, &profile.rules.0)) } }
                    dt { (t("profile.last_report")) } dd { (silent_words(&visitor, &profile)) }
                }
                p.no-print { a href={ "/plans/" (place.id) } { (t("nav.plans")) } " · " a href={ "/targets?place=" (encoded) } { (t("nav.targets")) } " · " a href={ "/reports?place=" (encoded) } { (t("nav.reports")) } }
            }
        }
        (mandates(&visitor, &profile))
        (red(&visitor, &profile))
        (orders(&visitor, &profile))
        (problems(&visitor, &profile))
    };
    Ok(shell(&site, &visitor, &print::title(&visitor, place), "page profile", body))
}

/// A list as a table, cut to what a sheet holds; what is left out is one link further.
fn list(visitor: &Visitor, title: &str, none: &str, columns: &[(&str, bool)], rows: &[Markup], more: &str) -> Markup {
    let left_out = rows.len().saturating_sub(LISTED);
    html! {
        h2 { (visitor.t(title)) @if !rows.is_empty() { " " span.tag { (rows.len()) } } }
        @if rows.is_empty() { p.quiet { (visitor.t(none)) } } @else {
            div.scroll tabindex="0" { table {
                thead { tr { @for (key, is_number) in columns { th.number[*is_number] { (visitor.t(key)) } } } }
                tbody { @for row in rows.iter().take(LISTED) { tr { (row) } } }
            } }
            @if left_out > 0 { p { a href=(more) { (visitor.tf("round.more", &[("count", left_out.to_string())])) } } }
        }
    }
}

fn mandates(visitor: &Visitor, profile: &Profile) -> Markup {
    let columns = [("plans.milestone", false), ("plans.finish_by", false), ("plans.days_left", true), ("plans.forecast", false), ("plans.outlook", false), ("plans.by_document", false)];
    let rows: Vec<Markup> = profile
        .scheduled
        .mandates
        .iter()
        .map(|mandate| {
            let outlook = profile.scheduled.outlook(&mandate.id);
            html! {
                td { (visitor.shown(&mandate.name)) } td { (mandate.finish_by) } td.number { (days_between(profile.today, mandate.finish_by)) }
                td { (outlook.map_or("—".into(), |outlook| outlook.forecast.to_string())) }
                td { @match outlook { Some(outlook) => (float_lamp(visitor, outlook.float_days_e3)), None => (no_activity(visitor)) } }
                td.document { (profile.organisations.get(&mandate.issuer).map_or("—", String::as_str)) " · " (mandate.document) " · " (mandate.edition) }
            }
        })
        .collect();
    list(visitor, "plans.mandated_dates", "plans.no_mandates", &columns, &rows, &format!("/plans/{}", profile.place.id))
}

fn red(visitor: &Visitor, profile: &Profile) -> Markup {
    let columns = [("field.place", false), ("field.state", false), ("profile.work", false), ("profile.since", false), ("profile.works", true)];
    let project = form_urlencoded(&profile.place.id);
    let rows: Vec<Markup> = profile
        .round
        .iter()
        .flat_map(|round| round.red_buildings())
        .map(|red| {
            html! {
                td { (profile.name(&red.place)) } td { span.lamp.bad { (visitor.t(&format!("lamp.{}", red.word.key()))) } }
                td { a href={ "/wall/bar?project=" (project) "&activity=" (form_urlencoded(&red.activity)) } { (visitor.shown(&red.name)) } }
                td { (red.since.map_or("—".into(), |since| since.to_string())) } td.number { (red.count) }
            }
        })
        .collect();
    let none = if profile.round.is_some() { "round.no_red" } else { "profile.not_active" };
    list(visitor, "round.red", none, &columns, &rows, &format!("/round?place={project}"))
}

fn orders(visitor: &Visitor, profile: &Profile) -> Markup {
    let columns = [("field.title", false), ("field.lead", false), ("orders.due", false), ("orders.left_short", false)];
    let row = |order: &Order| {
        let line = print::order_line(visitor, profile, order);
        let is_over = order.known.budget(order.known.round).is_some_and(|budget| budget.is_over(profile.now));
        html! {
            td { a href={ "/orders/" (order.known.id) } { (order.title) } } td { (line[1]) } td { (line[2]) }
            td { @if is_over { span.lamp.bad { (line[3]) } } @else { (line[3]) } }
        }
    };
    let rows: Vec<Markup> = profile.orders.iter().map(row).collect();
    list(visitor, "profile.orders", "profile.no_orders", &columns, &rows, &format!("/orders?place={}", form_urlencoded(&profile.place.id)))
}

fn problems(visitor: &Visitor, profile: &Profile) -> Markup {
    let columns = [("field.place", false), ("problems.content", false), ("field.assignee", false), ("problems.days", true), ("problems.due", false)];
    let rows: Vec<Markup> = profile
        .problems
        .iter()
        .map(|(case, owner)| {
            html! {
                td { (profile.name(&case.place)) } td { a href={ "/problems/" (case.id) } { (case.content) } }
                td { @match owner { Some(owner) => (owner), None => span.lamp.bad { (visitor.t("problems.no_owner")) } } }
                td.number { (case.days_open(profile.today)) } td { (case.answer.as_ref().map_or("—".into(), |(.., by)| by.to_string())) }
            }
        })
        .collect();
    list(visitor, "profile.problems", "problems.none", &columns, &rows, "/problems")
}
