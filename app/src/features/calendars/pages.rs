//! Pages of calendars: the year as the State Council arranged it, alerts, exemptions and seasonal stops, and the forms.

use super::holidays::{self, Workday, festival_stop};
use super::model::{Command, Level, level_rules, work_kinds};
use super::stops::festival;
use super::store::{self, Alert, Exemption, Period};
use crate::clock;
use crate::db::Conn;
use crate::features::authority::{Verb, missing};
use crate::features::places::model::Kind;
use crate::refusal::Refusal;
use crate::web::Site;
use crate::web::extract::{Query, Sent};
use crate::web::forms::{Form, Values, form_response, refusal};
use crate::web::layout::page;
use crate::web::locale::Language;
use crate::web::problem::Problem;
use crate::web::visitor::Visitor;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use jiff::ToSpan;
use jiff::civil::{Date, DateTime};
use maud::{Markup, html};
use std::collections::HashMap;

/// Routes of this feature.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/calendars", get(show))
        .route("/calendars/alerts", get(super::registers::alerts))
        .route("/calendars/exemptions", get(super::registers::exemptions))
        .route("/calendars/seasons", get(super::registers::seasons))
        .route("/calendars/new/{act}", get(new_form).post(do_new))
        .route("/calendars/entries/{entry}/{act}", get(entry_form).post(do_entry))
}

/// A warning that dates run into years whose notice is not loaded; nothing when all are.
pub fn missing_notice(visitor: &Visitor, from: Date, to: Date) -> Markup {
    let missing: Vec<String> = holidays::missing_years(from, to).iter().map(ToString::to_string).collect();
    html! {
        @if !missing.is_empty() {
            div.notice role="note" { p { (visitor.tf("calendars.missing_years", &[("years", visitor.list(missing))])) } }
        }
    }
}

#[derive(serde::Deserialize)]
struct Asked {
    year: Option<i16>,
    start: Option<Date>,
    days: Option<u32>,
}

/// Longest period that the counter on the page counts.
const MAX_COUNTED_DAYS: u32 = 3660;

/// A counter of periods: so many working days, or natural days that end on a working day. The start day is not counted.
fn counter(visitor: &Visitor, start: Date, days: u32) -> Markup {
    let days = days.min(MAX_COUNTED_DAYS);
    let working = holidays::working_days_after(start, days);
    let natural =
        start.checked_add(i64::from(days).days()).map(holidays::end_of_period).unwrap_or_else(|_| working.clone());
    let params = [("days", days.to_string()), ("working", working.on.to_string()), ("natural", natural.on.to_string())];
    html! {
        h2 id="counter" { (visitor.t("calendars.counter")) }
        form.bar method="get" action="/calendars#counter" {
            label { (visitor.t("calendars.count_from")) " " input type="date" name="start" value=(start) required; }
            label { (visitor.t("calendars.days")) " " input inputmode="numeric" name="days" value=(days) required; }
            button.second type="submit" { (visitor.t("calendars.count")) }
        }
        p { (visitor.tf("calendars.counted", &params)) }
        @if !working.missing.is_empty() || !natural.missing.is_empty() { (missing_notice(visitor, start, working.on.max(natural.on))) }
    }
}

async fn show(State(site): State<Site>, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Markup, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let mut conn = site.reader().await?;
    let (alerts, exemptions) = (store::alerts(&mut conn).await?, store::exemptions(&mut conn).await?);
    let (festivals, winters) = (store::festivals(&mut conn).await?, store::winters(&mut conn).await?);
    let projects: HashMap<String, String> = visible_projects(&mut conn, &site, &visitor).await?.into_iter().collect();
    let today = site.clock.today();
    let year = asked.year.unwrap_or(today.year()).clamp(2000, 2100);
    let may_keep = visitor.may(Verb::Calendar, "/");
    let next_year = Date::new(today.year() + 1, 1, 1).unwrap_or(today);
    let body = html! {
        h1 { (visitor.t("calendars.title")) }
        p.lead { (visitor.t("calendars.lead")) }
        (missing_notice(&visitor, today, next_year))
        @for alert in alerts.iter().filter(|alert| alert.running().is_some()) { (running_notice(&visitor, alert)) }
        @if may_keep {
            p.bar { @for (name, act) in NewAct::ALL { a.button.second href={ "/calendars/new/" (name) } { (visitor.t(act.button())) } } }
        }
        (alert_table(&visitor, &alerts, may_keep))
        (exemption_table(&visitor, &exemptions, &projects, may_keep))
        (seasonal_table(&visitor, &festivals, &winters, year, may_keep))
        (year_table(&visitor, year))
        (counter(&visitor, asked.start.unwrap_or(today), asked.days.unwrap_or(15)))
        (level_table(&visitor))
    };
    Ok(page(&site, &visitor, &visitor.t("calendars.title"), body))
}

/// Projects this person may read, with their names.
pub(super) async fn visible_projects(conn: &mut Conn, site: &Site, visitor: &Visitor) -> Result<Vec<(String, String)>, Problem> {
    let tree = site.domain.places.tree(conn).await?;
    let visible = tree.places().iter().filter(|place| place.kind == Kind::Project && visitor.may(Verb::Read, &place.path));
    Ok(visible.map(|place| (place.id.clone(), place.attributes.name.clone())).collect())
}

pub(super) fn hour(at: DateTime) -> String {
    at.strftime("%Y-%m-%d %H:00").to_string()
}

pub(super) fn level_lamp(visitor: &Visitor, level: Level) -> Markup {
    html! { span class={ "alert " (level.name()) } { (visitor.t(&format!("alert_level.{}", level.name()))) } }
}

pub fn kind_names(visitor: &Visitor, kinds: &[impl AsRef<str>]) -> String {
    if kinds.is_empty() {
        return visitor.t("calendars.all_kinds");
    }
    visitor.list(kinds.iter().map(|kind| visitor.t(&format!("work_kind.{}", kind.as_ref()))))
}

fn running_notice(visitor: &Visitor, alert: &Alert) -> Markup {
    html! {
        @if let Some((level, since)) = alert.running() {
            div.notice role="status" {
                p { strong { (level_lamp(visitor, level)) } " " (visitor.tf("calendars.running", &[("since", hour(since)), ("kinds", kind_names(visitor, &level.stops()))])) }
            }
        }
    }
}

fn acts(visitor: &Visitor, entry: &str, acts: &[EntryAct]) -> Markup {
    html! { @for act in acts { a href={ "/calendars/entries/" (entry) "/" (act.name()) } { (visitor.t(act.button())) } " " } }
}

fn alert_table(visitor: &Visitor, alerts: &[Alert], may_keep: bool) -> Markup {
    html! {
        h2 { (visitor.t("calendars.alerts")) }
        div.scroll tabindex="0" { table {
            thead { tr { th { (visitor.t("field.level")) } th { (visitor.t("field.from")) } th { (visitor.t("field.to")) } th { (visitor.t("field.notice")) } th { (visitor.t("calendars.stopped_kinds")) } th { (visitor.t("shell.acts")) } } }
            tbody {
                @for alert in alerts { @for (at, span) in alert.spans.iter().enumerate() {
                    tr {
                        td { (level_lamp(visitor, span.level)) }
                        td { (hour(span.begins_at)) }
                        td {
                            @match (span.ends_at, alert.expected_end) {
                                (Some(end), _) => (hour(end)),
                                (None, Some(end)) => { (visitor.tf("calendars.expected", &[("end", hour(end))])) }
                                (None, None) => (visitor.t("calendars.until_notice")),
                            }
                        }
                        td { (span.notice) @if at == 0 { " " span.quiet { (alert.source) } } @if at + 1 == alert.spans.len() { @if let Some(notice) = &alert.end_notice { " " span.quiet { (visitor.tf("calendars.lifted_by", &[("notice", notice.clone())])) } } } }
                        td { (kind_names(visitor, &span.level.stops())) }
                        td { @if may_keep && at + 1 == alert.spans.len() {
                            @if alert.running().is_some() { (acts(visitor, &alert.id, &[EntryAct::Level, EntryAct::End, EntryAct::Withdraw])) } @else { (acts(visitor, &alert.id, &[EntryAct::Withdraw])) }
                        } }
                    }
                } }
                @if alerts.is_empty() { tr { td.empty colspan="6" { (visitor.t("calendars.no_alerts")) } } }
            }
        } }
        p.no-print { a href="/calendars/alerts" { (visitor.t("calendars.alert_register")) } }
    }
}

fn exemption_table(
    visitor: &Visitor,
    exemptions: &[Exemption],
    projects: &HashMap<String, String>,
    may_keep: bool,
) -> Markup {
    let visible: Vec<&Exemption> = exemptions.iter().filter(|one| projects.contains_key(&one.project)).collect();
    html! {
        h2 { (visitor.t("calendars.exemptions")) }
        div.scroll tabindex="0" { table {
            thead { tr { th { (visitor.t("place_kind.project")) } th { (visitor.t("field.document")) } th { (visitor.t("calendars.covers")) } th { (visitor.t("field.kinds")) } th { (visitor.t("field.from")) } th { (visitor.t("field.to")) } th { (visitor.t("shell.acts")) } } }
            tbody {
                @for one in &visible {
                    tr {
                        td { a href={ "/plans/" (one.project) } { (projects[&one.project]) } }
                        td { (one.document) }
                        td { (level_lamp(visitor, one.level)) }
                        td { (kind_names(visitor, &one.kinds)) }
                        td { (one.from) } td { (one.to) }
                        td { @if may_keep { (acts(visitor, &one.id, &[EntryAct::Withdraw])) } }
                    }
                }
                @if visible.is_empty() { tr { td.empty colspan="7" { (visitor.t("calendars.no_exemptions")) } } }
            }
        } }
        p.no-print { a href="/calendars/exemptions" { (visitor.t("calendars.exemption_register")) } }
    }
}

fn seasonal_table(visitor: &Visitor, festivals: &[Period], winters: &[Period], year: i16, may_keep: bool) -> Markup {
    let usual = festival_stop();
    let name = if visitor.language == Language::Zh { &usual.zh } else { &usual.en };
    html! {
        h2 { (visitor.t("calendars.seasons")) }
        div.scroll tabindex="0" { table {
            thead { tr { th { (visitor.t("field.name")) } th { (visitor.t("field.from")) } th { (visitor.t("field.to")) } th { (visitor.t("calendars.stopped_kinds")) } th { (visitor.t("field.source")) } th { (visitor.t("shell.acts")) } } }
            tbody {
                @for year in [year, year + 1] {
                    @if let Some((from, to)) = festival(festivals, year) {
                        @let set = festivals.iter().find(|period| period.id == year.to_string());
                        tr {
                            td { (year) " " (name) } td { (from) } td { (to) } td { (visitor.t("calendars.all_kinds")) }
                            td { @match set { Some(period) => (period.source), None => span.quiet title=(usual.source) { (visitor.t("calendars.unsourced")) } } }
                            td {}
                        }
                    }
                }
                @for period in winters {
                    tr {
                        td { (visitor.t("calendars.winter")) } td { (period.from) } td { (period.to) } td { (kind_names(visitor, &period.kinds)) } td { (period.source) }
                        td { @if may_keep { (acts(visitor, &period.id, &[EntryAct::Withdraw])) } }
                    }
                }
            }
        } }
        p.no-print { a href="/calendars/seasons" { (visitor.t("calendars.season_register")) } }
    }
}

/// Where a rule comes from, in the person's language where the locale files have it; the data's own words are English.
fn source_text(visitor: &Visitor, rule: &str, source: &str) -> String {
    let key = format!("rule_source.{rule}");
    if visitor.language.has(&key) { visitor.t(&key) } else { source.to_owned() }
}

/// Twelve rows of days. Days off and make-up workdays carry a word, not only a shade.
fn year_table(visitor: &Visitor, year: i16) -> Markup {
    let notice = holidays::notices().iter().find(|notice| notice.year == year);
    html! {
        h2 id="year" { (visitor.tf("calendars.year", &[("year", year.to_string())])) }
        p.bar { a href={ "/calendars?year=" (year - 1) "#year" } { (year - 1) } a href={ "/calendars?year=" (year + 1) "#year" } { (year + 1) } }
        @match notice {
            Some(notice) => p.quiet { (visitor.tf("calendars.by_notice", &[("document", notice.document.clone()), ("mark", visitor.t(if notice.mark == "S" { "calendars.checked" } else { "calendars.half_checked" }))])) },
            None => div.notice { p { (visitor.tf("calendars.missing_years", &[("years", year.to_string())])) } },
        }
        div.scroll tabindex="0" { table {
            thead { tr { th { (visitor.t("calendars.month")) } th colspan="31" { (visitor.t("calendars.days")) } th.number { (visitor.t("calendars.working_days")) } } }
            tbody {
                @for month in 1..=12 {
                    @if let Ok(first) = Date::new(year, month, 1) {
                        tr {
                            th scope="row" { (month) }
                            @for day in 1..=31 { @match Date::new(year, month, day) { Ok(date) => (day_cell(visitor, date)), Err(_) => td style="padding:.2rem" {} } }
                            td.number { (holidays::working_days_between(first, first.last_of_month())) }
                        }
                    }
                }
            }
        } }
        @if let Some(notice) = notice {
            ul { @for (id, from, to) in &notice.off {
                @if let Some(holiday) = holidays::holiday(id) { li { (if visitor.language == Language::Zh { &holiday.zh } else { &holiday.en }) " " (from) " – " (to) } }
            } }
        }
    }
}

fn day_cell(visitor: &Visitor, date: Date) -> Markup {
    let is_weekend = date.weekday().to_monday_zero_offset() >= 5;
    let (Workday::Known(is_worked) | Workday::Fallback(is_worked)) = holidays::is_working_day(date);
    let (mark, shade) = match (is_worked, is_weekend) {
        (true, true) => (Some("calendars.mark_work"), "var(--warn-soft)"),
        (false, false) => (Some("calendars.mark_off"), "var(--good-soft)"),
        (false, true) => (None, "var(--soft)"),
        (true, false) => (None, "transparent"),
    };
    html! {
        td title=(date) style={ "padding:.2rem;text-align:center;background:" (shade) } {
            (date.day()) @if let Some(mark) = mark { br; small { (visitor.t(mark)) } }
        }
    }
}

fn level_table(visitor: &Visitor) -> Markup {
    html! {
        h2 { (visitor.t("calendars.levels")) }
        p.quiet { (visitor.t("calendars.levels_lead")) }
        div.scroll tabindex="0" { table {
            thead { tr { th { (visitor.t("field.level")) } th { (visitor.t("calendars.stopped_kinds")) } th { (visitor.t("field.from")) } th { (visitor.t("field.source")) } } }
            tbody { @for rule in level_rules() { tr { td { (level_lamp(visitor, rule.id)) } td { (kind_names(visitor, &rule.id.stops())) } td { (rule.from) } td { (source_text(visitor, &format!("pollution_{}", rule.id.name()), &rule.source)) } } } }
        } }
    }
}

/// What can be entered.
#[derive(Clone, Copy, PartialEq, Eq)]
enum NewAct {
    Alert,
    Exemption,
    Festival,
    Winter,
}

impl NewAct {
    const ALL: [(&'static str, NewAct); 4] = [
        ("alert", NewAct::Alert),
        ("exemption", NewAct::Exemption),
        ("festival", NewAct::Festival),
        ("winter", NewAct::Winter),
    ];

    fn from_name(name: &str) -> Result<NewAct, Problem> {
        NewAct::ALL.iter().find(|(known, _)| *known == name).map(|(_, act)| *act).ok_or(missing().into())
    }

    fn button(self) -> &'static str {
        match self {
            NewAct::Alert => "calendars.announce",
            NewAct::Exemption => "calendars.exempt",
            NewAct::Festival => "calendars.set_festival",
            NewAct::Winter => "calendars.set_winter",
        }
    }

    fn command(self, values: &Values) -> Result<Command, Refusal> {
        let text = |name: &str| values.text(name).to_owned();
        Ok(match self {
            NewAct::Alert => Command::Announce {
                alert: values.request_id()?,
                level: values.choice("level", Level::from_name)?,
                at: values.date_time("at")?,
                expected_end: values.opt_date_time("expected_end")?,
                notice: text("notice"),
                source: text("source"),
            },
            NewAct::Exemption => Command::Exempt {
                exemption: values.request_id()?,
                project: text("project"),
                document: text("document"),
                level: values.choice("level", Level::from_name)?,
                kinds: kinds(values),
                from: values.date("from")?,
                to: values.date("to")?,
            },
            NewAct::Festival => {
                let (from, to) = (values.date("from")?, values.date("to")?);
                Command::SetSpringFestival { year: to.year(), from, to, source: text("source") }
            }
            NewAct::Winter => Command::SetWinter {
                winter: values.request_id()?,
                from: values.date("from")?,
                to: values.date("to")?,
                kinds: kinds(values),
                source: text("source"),
            },
        })
    }
}

/// What can be done with an entry.
#[derive(Clone, Copy, PartialEq, Eq)]
enum EntryAct {
    Level,
    End,
    Withdraw,
}

impl EntryAct {
    fn name(self) -> &'static str {
        match self {
            EntryAct::Level => "level",
            EntryAct::End => "end",
            EntryAct::Withdraw => "withdraw",
        }
    }

    fn from_name(name: &str) -> Result<EntryAct, Problem> {
        [EntryAct::Level, EntryAct::End, EntryAct::Withdraw]
            .into_iter()
            .find(|act| act.name() == name)
            .ok_or(missing().into())
    }

    fn button(self) -> &'static str {
        match self {
            EntryAct::Level => "calendars.change_level",
            EntryAct::End => "calendars.end",
            EntryAct::Withdraw => "calendars.withdraw",
        }
    }

    fn command(self, entry: String, values: &Values) -> Result<Command, Refusal> {
        Ok(match self {
            EntryAct::Level => Command::ChangeLevel {
                alert: entry,
                level: values.choice("level", Level::from_name)?,
                at: values.date_time("at")?,
                notice: values.text("notice").to_owned(),
            },
            EntryAct::End => Command::End {
                alert: entry,
                at: values.date_time("at")?,
                notice: values.text("notice").to_owned(),
            },
            EntryAct::Withdraw => Command::Withdraw { entry, reason: values.text("reason").to_owned() },
        })
    }
}

/// A choice of kinds travels as one comma-separated value; empty is all of them.
fn kinds(values: &Values) -> Vec<String> {
    values.text("kinds").split(',').filter(|kind| !kind.is_empty() && *kind != "all").map(str::to_owned).collect()
}

/// All kinds, the kinds of a level, or one kind.
fn kind_choices(visitor: &Visitor, has_all: bool) -> Vec<(String, String)> {
    let mut choices = Vec::new();
    if has_all {
        choices.push(("all".to_owned(), visitor.t("calendars.all_kinds")));
    }
    for level in [Level::Yellow, Level::Orange, Level::Red] {
        choices.push((level.stops().join(","), kind_names(visitor, &level.stops())));
    }
    choices.extend(work_kinds().iter().map(|kind| (kind.clone(), kind_names(visitor, std::slice::from_ref(kind)))));
    choices
}

fn level_choices(visitor: &Visitor) -> Vec<(String, String)> {
    Level::ALL.iter().map(|(_, name)| ((*name).to_owned(), visitor.t(&format!("alert_level.{name}")))).collect()
}

async fn new_form(State(site): State<Site>, visitor: Visitor, Path(act): Path<String>) -> Result<Response, Problem> {
    let act = NewAct::from_name(&act)?;
    visitor.need_somewhere(Verb::Calendar)?;
    let this_hour = clock::civil(site.clock.now()).strftime("%Y-%m-%dT%H:00").to_string();
    new_page(&site, &visitor, act, &Values::default().with("at", this_hour).with("from", site.clock.today()), None)
        .await
}

async fn new_page(
    site: &Site,
    visitor: &Visitor,
    act: NewAct,
    values: &Values,
    refused: Option<&Refusal>,
) -> Result<Response, Problem> {
    let name = NewAct::ALL.iter().find(|(_, known)| *known == act).map_or("", |(name, _)| name);
    let form = Form::new(visitor, format!("/calendars/new/{name}"), act.button(), values).refused(refused);
    let form = match act {
        NewAct::Alert => form
            .choice("level", level_choices(visitor), true)
            .date_time("at", true)
            .date_time("expected_end", false)
            .text("notice")
            .text("source"),
        NewAct::Exemption => form
            .choice("project", visible_projects(&mut site.reader().await?, site, visitor).await?, true)
            .text("document")
            .choice("level", level_choices(visitor), true)
            .choice("kinds", kind_choices(visitor, true), true)
            .date("from", true)
            .date("to", true),
        NewAct::Festival => form.date("from", true).date("to", true).text("source"),
        NewAct::Winter => {
            form.date("from", true).date("to", true).choice("kinds", kind_choices(visitor, false), true).text("source")
        }
    };
    Ok(form_page(site, visitor, act.button(), form.render(), refused))
}

fn form_page(site: &Site, visitor: &Visitor, title: &str, form: Markup, refused: Option<&Refusal>) -> Response {
    let body = html! {
        p.crumbs { a href="/calendars" { (visitor.t("calendars.title")) } " ›" }
        h1 { (visitor.t(title)) }
        (form)
    };
    form_response(refused, page(site, visitor, &visitor.t(title), body))
}

async fn do_new(
    State(site): State<Site>,
    visitor: Visitor,
    Path(act): Path<String>,
    Sent(values): Sent,
) -> Result<Response, Problem> {
    visitor.need(Verb::Calendar, "/")?;
    let act = NewAct::from_name(&act)?;
    let done = async { site.submit(&visitor, values.request_id()?, act.command(&values)?).await };
    match done.await {
        Ok(_) => Ok(Redirect::to("/calendars").into_response()),
        Err(problem) => new_page(&site, &visitor, act, &values, Some(&refusal(problem)?)).await,
    }
}

async fn entry_form(
    State(site): State<Site>,
    visitor: Visitor,
    Path((entry, act)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let act = EntryAct::from_name(&act)?;
    visitor.need_somewhere(Verb::Calendar)?;
    if !store::is_entry(&mut site.reader().await?, &entry).await? {
        return Err(missing().into());
    }
    let this_hour = clock::civil(site.clock.now()).strftime("%Y-%m-%dT%H:00").to_string();
    Ok(entry_page(&site, &visitor, &entry, act, &Values::default().with("at", this_hour), None))
}

fn entry_page(
    site: &Site,
    visitor: &Visitor,
    entry: &str,
    act: EntryAct,
    values: &Values,
    refused: Option<&Refusal>,
) -> Response {
    let form =
        Form::new(visitor, format!("/calendars/entries/{entry}/{}", act.name()), act.button(), values).refused(refused);
    let form = match act {
        EntryAct::Level => form.choice("level", level_choices(visitor), true).date_time("at", true).text("notice"),
        EntryAct::End => form.date_time("at", true).text("notice"),
        EntryAct::Withdraw => form.text("reason"),
    };
    form_page(site, visitor, act.button(), form.render(), refused)
}

async fn do_entry(
    State(site): State<Site>,
    visitor: Visitor,
    Path((entry, act)): Path<(String, String)>,
    Sent(values): Sent,
) -> Result<Response, Problem> {
    visitor.need(Verb::Calendar, "/")?;
    let act = EntryAct::from_name(&act)?;
    let done = async { site.submit(&visitor, values.request_id()?, act.command(entry.clone(), &values)?).await };
    match done.await {
        Ok(_) => Ok(Redirect::to("/calendars").into_response()),
        Err(problem) => Ok(entry_page(&site, &visitor, &entry, act, &values, Some(&refusal(problem)?))),
    }
}
