//! Chances of a project's mandated dates: the fan, the sentence of each date, and what the simulation takes as uncertain.

use super::bars::address_of;
use super::chances::{Asking, Chances, Entry, Origin, SETTINGS, Spread};
use super::model::{SCREEN, page_around};
use super::pages::{Asked, head, short_date, wall_pager};
use crate::db::Conn;
use crate::features::authority::{Verb, missing};
use crate::features::places::Tree;
use crate::features::places::model::Kind;
use crate::features::places::store::Place;
use crate::features::plan::network::Scheduled;
use crate::features::risk_events;
use crate::features::rule_sets::pages::source_of;
use crate::features::risk_events::store::RiskEvent;
use crate::web::problem::{Problem, form_urlencoded};
use crate::web::visitor::Visitor;
use crate::web::{Site, papers};
use anyhow::Context;
use guatu_formats::charts::fan::{self, Fan, Lane, Words};
use guatu_formats::charts::{Heading, Ink, Sheet};
use guatu_kernel::risk::{Cause, MilestoneRisk, Mover};
use jiff::civil::Date;
use maud::{Markup, PreEscaped, html};
use std::sync::Arc;
use std::time::Duration;

/// Width of a screen in pixels.
const SCREEN_PX: f64 = 1840.0;
/// Mandated dates that are drawn on a screen; the table has all.
const MOST_LANES: usize = 24;
/// How long the page of chances waits for a simulation; others, which have more to show, take what is there.
const PATIENCE: Duration = Duration::from_millis(2500);
const SHORT_PATIENCE: Duration = Duration::ZERO;
/// Dates that are told in sentences under the head of a board.
const MOST_SENTENCES: usize = 2;

/// The chances of a project, ready to be drawn and told.
pub struct Told {
    chances: Arc<Chances>,
    scheduled: Arc<Scheduled>,
    tree: Arc<Tree>,
    project: Place,
}

/// What a project's board shows of its chances.
pub enum Showing {
    /// No mandated date has a forecast.
    Nothing,
    /// The simulation is being made.
    Running,
    /// Here they are.
    Told(Box<Told>),
}

impl Showing {
    /// The least likely date.
    fn least(&self) -> Option<&MilestoneRisk> {
        match self {
            Showing::Told(told) => told.chances.milestones.first(),
            Showing::Nothing | Showing::Running => None,
        }
    }

    /// A project's row on the board of a district.
    fn row(&self, visitor: &Visitor, project: &Place, today: Date) -> Markup {
        html! { tr {
            td { a href=(address(&project.id)) { (project.attributes.name) } }
            @match (self, self.least()) {
                (Showing::Told(told), Some(one)) => {
                    td { (told.name(visitor, one)) }
                    td { span class={ "lamp " (SETTINGS.lamp.lamp(one.probability).name()) } { (percent(one.probability)) } }
                    td.dates { (one.finish_by.date()) }
                    td.dates { (short_date(one.percentiles.p80.date(), today)) }
                    td { @match one.movers.first() { Some(mover) => (told.mover(visitor, mover)), None => (visitor.t("chances.certain")) } }
                }
                (Showing::Running, _) => td.quiet colspan="5" { (visitor.t("chances.to_come")) },
                _ => td.quiet colspan="5" { (visitor.t("chances.no_date")) },
            }
        } }
    }
}

async fn gather(conn: &mut Conn, site: &Site, project: &Place, patience: Duration) -> Result<Showing, Problem> {
    let domain = &site.domain;
    Ok(match domain.chances.ask(conn, domain, (&project.id, site.clock.today()), patience).await? {
        Asking::Nothing => Showing::Nothing,
        Asking::Running => Showing::Running,
        Asking::Made(chances) => Showing::Told(Box::new(Told {
            chances,
            scheduled: domain.networks.scheduled(conn, &project.id).await?,
            tree: domain.places.tree(conn).await?,
            project: project.clone(),
        })),
    })
}

/// What is known of a project's chances without waiting long; a board that shows more than that does without them.
pub async fn at_hand(conn: &mut Conn, site: &Site, project: &Place) -> Result<Option<Told>, Problem> {
    Ok(match gather(conn, site, project, SHORT_PATIENCE).await? {
        Showing::Told(told) => Some(*told),
        Showing::Nothing | Showing::Running => None,
    })
}

/// Where the chances of a project are.
pub fn address(project: &str) -> String {
    format!("/wall?place={}&view=risk", form_urlencoded(project))
}

/// A probability in whole percent; what is not certain is never written as if it were.
fn percent(probability: f64) -> String {
    match (probability * 100.0).round() as u32 {
        0 if probability > 0.0 => "<1 %".to_owned(),
        100 if probability < 1.0 => ">99 %".to_owned(),
        whole => format!("{whole} %"),
    }
}

impl Told {
    fn activity(&self, activity: usize) -> &str {
        &self.chances.uncertain.plan.activities[activity].id
    }

    /// The name of a mandated date.
    fn name(&self, visitor: &Visitor, one: &MilestoneRisk) -> String {
        let name = self.chances.uncertain.plan.mandated.get(one.mandate).and_then(|mandate| mandate.name.clone());
        visitor.shown(&name.unwrap_or_else(|| self.activity(one.activity).to_owned())).into_owned()
    }

    fn place(&self, id: Option<&str>) -> Option<&Place> {
        id.and_then(|id| self.tree.get(id)).filter(|place| place.id != self.project.id)
    }

    /// The name of a work with its place before it.
    fn work(&self, visitor: &Visitor, work: usize) -> String {
        let bar = self.scheduled.bars.get(work).filter(|bar| bar.ordinal as usize == work);
        let name = bar.map_or_else(|| self.activity(work), |bar| &bar.name);
        let place = self.place(bar.and_then(|bar| bar.place.as_deref())).map(|place| format!("{} ", place.attributes.name));
        format!("{}{}", place.unwrap_or_default(), visitor.shown(name))
    }

    fn entry(&self, visitor: &Visitor, entry: &Entry) -> String {
        let name = match &entry.origin {
            Origin::Setting(rule) => visitor.t(&format!("chance_event.{}", SETTINGS.event[*rule].id)),
            Origin::Own(event) => event.terms.name.clone(),
        };
        match self.place(entry.place.as_deref()) {
            Some(place) => format!("{} {name}", place.attributes.name),
            None => name,
        }
    }

    /// The date that is forecast as if nothing were uncertain.
    fn forecast(&self, one: &MilestoneRisk) -> Option<Date> {
        let bar = self.scheduled.bars.get(one.activity).filter(|bar| bar.ordinal as usize == one.activity);
        bar.and_then(|bar| bar.early).map(|(_, finish)| finish)
    }

    /// What moves a date, with how far, and where more is said of it.
    fn mover(&self, visitor: &Visitor, mover: &Mover) -> Markup {
        let (name, href) = match mover.cause {
            Cause::Activity(work) => (self.work(visitor, work), address_of(&self.project.id, self.activity(work))),
            Cause::Event(event) => {
                let entry = &self.chances.uncertain.register[event];
                let href = match &entry.origin {
                    Origin::Setting(_) => format!("{}#register", address(&self.project.id)),
                    Origin::Own(event) => format!("/risk-events/{}", event.id),
                };
                (self.entry(visitor, entry), href)
            }
        };
        let days = (mover.swing_days.abs().round() as i64).max(1).to_string();
        html! { a href=(href) { (name) } span.quiet { (visitor.tf("chances.swing", &[("days", days)])) } }
    }

    fn movers(&self, visitor: &Visitor, one: &MilestoneRisk) -> Markup {
        html! {
            @if one.movers.is_empty() { (visitor.t("chances.certain")) }
            @for (at, mover) in one.movers.iter().enumerate() { @if at > 0 { (visitor.t("shell.list_mark")) } (self.mover(visitor, mover)) }
        }
    }

    fn chance(&self, visitor: &Visitor, one: &MilestoneRisk) -> String {
        visitor.tf("chances.by", &[("date", one.finish_by.date().to_string()), ("percent", percent(one.probability))])
    }

    /// By when, how likely, and what moves it most.
    pub fn sentence(&self, visitor: &Visitor, one: &MilestoneRisk) -> Markup {
        html! {
            span class={ "lamp " (SETTINGS.lamp.lamp(one.probability).name()) } { (self.chance(visitor, one)) }
            @if !one.movers.is_empty() { " " (visitor.t("chances.movers")) (self.movers(visitor, one)) }
        }
    }

    /// The sentences of an activity's mandated dates.
    pub fn of_activity(&self, visitor: &Visitor, activity: &str) -> Vec<Markup> {
        self.chances.of_activity(activity).map(|one| self.sentence(visitor, one)).collect()
    }

    /// The probability of a mandated date in a few letters.
    pub fn of_mandate(&self, visitor: &Visitor, activity: &str, finish_by: Date) -> Option<Markup> {
        let one = self.chances.of_mandate(activity, finish_by)?;
        let title = self.chance(visitor, one);
        Some(html! { a class={ "lamp " (SETTINGS.lamp.lamp(one.probability).name()) } href=(address(&self.project.id)) title=(title) { (visitor.tf("chances.short", &[("percent", percent(one.probability))])) } })
    }

    /// The least likely dates as sentences.
    pub fn least_likely(&self, visitor: &Visitor) -> Markup {
        let told = self.chances.milestones.iter().filter(|one| !one.movers.is_empty());
        html! { ul.chances { @for one in told.take(MOST_SENTENCES) { li { strong { (self.name(visitor, one)) } " " (self.sentence(visitor, one)) } } } }
    }

    fn notes(&self, visitor: &Visitor, one: &MilestoneRisk, today: Date) -> [String; 2] {
        let day = |moment: guatu_kernel::plan::Moment| short_date(moment.date(), today);
        let of = &one.percentiles;
        let by = visitor.tf("chances.finish_by", &[("date", one.finish_by.date().to_string())]);
        [by, visitor.tf("chances.percentiles", &[("p50", day(of.p50)), ("p80", day(of.p80))])]
    }

    fn lane(&self, visitor: &Visitor, one: &MilestoneRisk, today: Date) -> Lane {
        Lane {
            name: self.name(visitor, one),
            chance: percent(one.probability),
            probability: one.probability,
            lamp: SETTINGS.lamp.lamp(one.probability),
            notes: self.notes(visitor, one, today),
            finish_by: one.finish_by.date(),
            forecast: self.forecast(one),
            curve: one.curve.iter().map(|moment| moment.date()).collect(),
            href: Some(address_of(&self.project.id, self.activity(one.activity))),
        }
    }

    fn seed(&self, visitor: &Visitor) -> String {
        visitor.tf("chances.made", &[("iterations", self.chances.iterations.to_string()), ("seed", SETTINGS.simulation.seed.to_string())])
    }

    /// The drawing on a sheet.
    pub fn chart(&self, site: &Site, visitor: &Visitor, sheet: Sheet, ink: Ink) -> Fan {
        let today = site.clock.today();
        let (heading, most) = match sheet {
            // The page around it has the title.
            Sheet::Screen { .. } => (Heading::default(), MOST_LANES),
            Sheet::Paper { .. } => {
                let heading = Heading {
                    title: format!("{} · {}", self.project.attributes.name, visitor.t("chances.title")),
                    subtitle: format!("{} {}", self.seed(visitor), visitor.t("chances.setting")),
                    as_of: visitor.tf("shell.as_of", &[("number", site.head().to_string())]),
                    stamps: papers::stamps(site, visitor),
                };
                (heading, usize::MAX)
            }
        };
        let word = |key: &str| visitor.t(&format!("chances.{key}"));
        Fan {
            heading,
            label: visitor.tf("chances.label", &[("place", self.project.attributes.name.clone())]),
            lanes: self.chances.milestones.iter().take(most).map(|one| self.lane(visitor, one, today)).collect(),
            data_date: today,
            sheet,
            ink,
            words: Words {
                band: word("band"),
                late: word("late"),
                curve: word("curve"),
                median: word("median"),
                mandated: word("mandated"),
                forecast: word("forecast"),
                data_date: visitor.t("wall.today"),
            },
        }
    }

    fn table(&self, visitor: &Visitor, today: Date) -> Markup {
        html! {
            div.scroll.rows tabindex="0" { table {
                thead { tr {
                    th { (visitor.t("chances.date")) } th { (visitor.t("chances.mandated")) } th { (visitor.t("chances.chance")) } th { (visitor.t("chances.forecast")) }
                    th { "P10" } th { "P50" } th { "P80" } th { "P90" } th { (visitor.t("chances.most")) }
                } }
                tbody { @for one in &self.chances.milestones { tr {
                    td { a href=(address_of(&self.project.id, self.activity(one.activity))) { (self.name(visitor, one)) } }
                    td.dates { (one.finish_by.date()) }
                    td { span class={ "lamp " (SETTINGS.lamp.lamp(one.probability).name()) } { (percent(one.probability)) } }
                    td.dates { @match self.forecast(one) { Some(date) => (short_date(date, today)), None => "—" } }
                    @for moment in [one.percentiles.p10, one.percentiles.p50, one.percentiles.p80, one.percentiles.p90] { td.dates { (short_date(moment.date(), today)) } }
                    td { (self.movers(visitor, one)) }
                } } }
            } }
        }
    }

    /// The dates for a command room, the least likely first: few and large, and nothing that must be studied.
    fn for_a_room(&self, visitor: &Visitor, asked: &Asked, heading: Markup, today: Date) -> Markup {
        let (dates, first) = (&self.chances.milestones, asked.from.unwrap_or(0) as usize);
        let shown = page_around(first, dates.len(), SCREEN.rows_of_dates);
        html! {
            (heading)
            div.under-head { p.legend { span.quiet { (self.seed(visitor)) } } (wall_pager(visitor, &asked.address(&self.project.id, "risk"), first, dates.len(), SCREEN.rows_of_dates)) }
            div.scroll.rows { table.chances {
                thead { tr {
                    th { (visitor.t("chances.date")) } th { (visitor.t("chances.chance")) } th { (visitor.t("chances.mandated")) } th { (visitor.t("chances.forecast")) } th { "P80" }
                    th { (visitor.t("chances.moves_most")) }
                } }
                tbody { @for one in &dates[shown] { tr {
                    td { strong { (self.name(visitor, one)) } }
                    td { span class={ "lamp " (SETTINGS.lamp.lamp(one.probability).name()) } { (percent(one.probability)) } }
                    td.dates { (one.finish_by.date()) }
                    td.dates { @match self.forecast(one) { Some(date) => (short_date(date, today)), None => "—" } }
                    td.dates { (short_date(one.percentiles.p80.date(), today)) }
                    td { @match one.movers.first() { Some(mover) => (self.mover(visitor, mover)), None => (visitor.t("chances.certain")) } }
                } } }
            } }
        }
    }

    /// What is in the register: first what the project itself has entered, then what the settings say of every project.
    fn register(&self, visitor: &Visitor) -> Markup {
        let uncertain = &self.chances.uncertain;
        let own = uncertain.register.iter().filter_map(|entry| match &entry.origin {
            Origin::Own(event) => Some((event.as_ref(), entry)),
            Origin::Setting(_) => None,
        });
        html! {
            div.bar {
                h2 #register { (visitor.t("chances.register")) } span.end {}
                a.no-print href=(risk_events::pages::address(&self.project.id)) { (visitor.t("risk_events.title")) }
                @if risk_events::keeps(&visitor.rights, &self.project.path) {
                    a.button.no-print href={ "/risk-events/new?place=" (form_urlencoded(&self.project.id)) } { (visitor.t("risk_events.enter")) }
                }
            }
            @if uncertain.register.is_empty() { p { (visitor.t("chances.no_register")) } } @else {
                div.scroll.rows tabindex="0" { table {
                    thead { tr {
                        th { (visitor.t("chances.event")) } th.number { (visitor.t("chances.chance")) } th.number { (visitor.t("chances.days")) }
                        th { (visitor.t("chances.happens_to")) } th { (visitor.t("chances.source")) }
                    } }
                    tbody {
                        @for (event, entry) in own { (self.own_row(visitor, event, entry)) }
                        @for rule in 0..SETTINGS.event.len() { (self.setting_row(visitor, rule)) }
                    }
                } }
            }
        }
    }

    fn own_row(&self, visitor: &Visitor, event: &RiskEvent, entry: &Entry) -> Markup {
        let assessment = &event.terms.assessment;
        html! { tr {
            td { a href={ "/risk-events/" (event.id) } { (event.terms.name) } }
            td.number { (assessment.probability_percent) " %" }
            td.number { (risk_events::pages::days_text(assessment)) }
            td { (visitor.tf("chances.at_once", &[("count", entry.works.len().to_string())])) }
            td { (visitor.t("risk_events.of_project")) " · " (event.terms.from) " – " (event.terms.to) }
        } }
    }

    fn setting_row(&self, visitor: &Visitor, rule: usize) -> Markup {
        let event = &SETTINGS.event[rule];
        let entries = || self.chances.uncertain.register.iter().filter(|entry| entry.origin == Origin::Setting(rule));
        let works: usize = entries().map(|entry| entry.works.len()).sum();
        let key = if event.is_of_project { "chances.at_once" } else { "chances.one_by_one" };
        html! { @if works > 0 { tr {
            td { (visitor.t(&format!("chance_event.{}", event.id))) }
            td.number { (event.probability_percent) " %" }
            td.number { (event.days) }
            td { (visitor.list(event.stages.iter().map(|stage| visitor.t(&format!("stage.{stage}"))))) " · " (visitor.tf(key, &[("count", works.to_string())])) }
            td.quiet { @match &event.source { Some(source) => (source_of(visitor, &event.id, source)), None => (visitor.t("chances.a_setting")) } }
        } } }
    }

    /// From what pollution alerts and rain were drawn.
    fn weather(&self, visitor: &Visitor) -> Vec<String> {
        let known = self.chances.weather;
        let history = known.days.map(|(from, to)| {
            let numbers = [("from", from.to_string()), ("to", to.to_string()), ("alerts", known.alerts.to_string()), ("rain", known.rain.to_string())];
            visitor.tf("chances.weather", &numbers)
        });
        let setting = (known.unknown_months > 0).then(|| visitor.tf("chances.weather_setting", &[("months", known.unknown_months.to_string())]));
        history.into_iter().chain(setting).collect()
    }

    fn assumptions(&self, visitor: &Visitor) -> Markup {
        let uncertain = &self.chances.uncertain;
        let spread = |key: &str, spread: Spread| {
            let numbers = [("low", spread.low_percent), ("likely", spread.likely_percent), ("high", spread.high_percent)];
            visitor.tf(key, &numbers.map(|(name, number)| (name, number.to_string())))
        };
        html! {
            h2 { (visitor.t("chances.assumed")) }
            ul {
                @if uncertain.own > 0 { li { (visitor.tf("chances.own", &[("count", uncertain.own.to_string())])) } }
                @if uncertain.assumed > 0 { li { (visitor.tf("chances.by_setting", &[("count", uncertain.assumed.to_string())])) " " (spread("chances.work", SETTINGS.work)) " " (spread("chances.paper", SETTINGS.paper)) } }
                @for sentence in self.weather(visitor) { li { (sentence) } }
                li { (visitor.tf("chances.correlation", &[("percent", SETTINGS.simulation.correlation_percent.to_string())])) }
                li { (visitor.t("chances.setting")) }
            }
        }
    }
}

/// The chances of a project as a board: the drawing in a frame of its own, and the same facts as tables below.
pub async fn board(conn: &mut Conn, site: &Site, visitor: &Visitor, place: &Place, asked: &Asked) -> Result<Markup, Problem> {
    let showing = gather(conn, site, place, PATIENCE).await?;
    let heading = head(conn, site, visitor, place, asked, ("risk", matches!(showing, Showing::Told(_)))).await?;
    let told = match showing {
        Showing::Nothing => return Ok(html! { (heading) p.empty { (visitor.t("chances.no_date")) } }),
        // Without a script the page asks again by itself.
        Showing::Running => return Ok(html! { (heading) meta http-equiv="refresh" content="3"; p.notice { (visitor.t("chances.running")) } }),
        Showing::Told(told) => told,
    };
    if asked.is_wall() {
        return Ok(told.for_a_room(visitor, asked, heading, site.clock.today()));
    }
    let chart = told.chart(site, visitor, Sheet::Screen { width_px: SCREEN_PX }, Ink::Colour);
    let (today, label, drawn) = (site.clock.today(), chart.label.clone(), chart.lanes.len());
    let drawing = tokio::task::spawn_blocking(move || fan::draw(&chart)).await.context("drawing")?;
    let more = told.chances.milestones.len() - drawn;
    Ok(html! {
        (heading)
        p.quiet { (visitor.t("chances.reading")) " " (told.seed(visitor)) " " span.no-print { (visitor.t("network.scroll")) } }
        figure.drawing {
            div.scroll tabindex="0" role="region" aria-label=(label) { (PreEscaped(drawing)) }
            @if more > 0 { figcaption { (visitor.tf("chances.more", &[("count", more.to_string())])) } }
        }
        h2 { (visitor.t("chances.table")) }
        (told.table(visitor, today))
        (told.register(visitor))
        (told.assumptions(visitor))
    })
}

/// Whether a place has projects under it, each with chances of its own.
pub fn has_projects(kind: Kind) -> bool {
    matches!(kind, Kind::District | Kind::Zone)
}

/// The least likely date of each project of a district. Simulations are made one after the other: of a project that has none yet
/// the page says so, and asks again.
pub async fn projects(conn: &mut Conn, site: &Site, visitor: &Visitor, place: &Place, asked: &Asked) -> Result<Markup, Problem> {
    let heading = head(conn, site, visitor, place, asked, ("risk", false)).await?;
    let tree = site.domain.places.tree(conn).await?;
    let mut rows: Vec<(&Place, Showing)> = Vec::new();
    for project in tree.under(place).iter().filter(|one| one.kind == Kind::Project && visitor.may(Verb::Read, &one.path)) {
        rows.push((project, gather(conn, site, project, SHORT_PATIENCE).await?));
    }
    // The least likely first; what is not known stands behind.
    let least = |showing: &Showing| showing.least().map_or(2.0, |one| one.probability);
    rows.sort_by(|one, other| least(&one.1).total_cmp(&least(&other.1)));
    let first = asked.from.unwrap_or(0) as usize;
    let shown = if asked.is_wall() { page_around(first, rows.len(), SCREEN.rows_of_dates) } else { 0..rows.len() };
    Ok(html! {
        (heading)
        @if rows.iter().any(|(_, showing)| matches!(showing, Showing::Running)) { meta http-equiv="refresh" content="10"; }
        @if asked.is_wall() { div.under-head { (wall_pager(visitor, &asked.address(&place.id, "risk"), first, rows.len(), SCREEN.rows_of_dates)) } }
        @else { p.quiet { (visitor.t("chances.of_projects")) " " (visitor.t("chances.setting")) } }
        @if rows.is_empty() { p.empty { (visitor.t("wall.no_plan")) } } @else { div.scroll.rows { table.chances {
            thead { tr {
                th { (visitor.t("field.project")) } th { (visitor.t("chances.least_likely")) } th { (visitor.t("chances.chance")) } th { (visitor.t("chances.mandated")) } th { "P80" }
                th { (visitor.t("chances.moves_most")) }
            } }
            tbody { @for (project, showing) in &rows[shown] { (showing.row(visitor, project, site.clock.today())) } }
        } } }
    })
}

/// The drawing for paper; a simulation that is still being made is waited for as a page does.
pub async fn paper(conn: &mut Conn, site: &Site, visitor: &Visitor, place: &Place, sheet: Sheet, ink: Ink) -> Result<Fan, Problem> {
    match gather(conn, site, place, PATIENCE).await? {
        Showing::Told(told) => Ok(told.chart(site, visitor, sheet, ink)),
        Showing::Nothing | Showing::Running => Err(missing().into()),
    }
}
