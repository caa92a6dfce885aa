//! Pages of the wall chart: the matrix of a place, and what stands behind one lamp.

use crate::web::extract::Query;
use super::bars;
use super::events::events;
use super::matrix::{Gathered, gather};
use super::model::{Cell, Lamp, Reason, SCREEN, Word, page_around, verdict};
use super::{contractor, flowline, links, network, paper, paths, resources, risk, store};
use crate::db::Conn;
use crate::features::authority::{Verb, missing};
use crate::features::places::Tree;
use crate::features::places::model::Kind;
use crate::features::places::store::Place;
use crate::features::plan::pages::{days_between, float_lamp, no_activity};
use crate::features::plan::heard;
use crate::features::plan::network::Scheduled;
use crate::features::plan::store::{self as plans, Mandate};
use crate::features::targets::assess;
use crate::features::targets::grades::Marks;
use crate::features::targets::pages::{most_pressing, today_text};
use crate::features::task_force::model::Seat;
use crate::features::rule_sets::model::LampRules;
use crate::features::{Guatu, identity, organisations, rule_sets, task_force};
use crate::web::Site;
use crate::web::layout::{PAGE_LEN, shell};
use crate::web::problem::{Problem, form_urlencoded};
use crate::web::visitor::Visitor;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use jiff::civil::Date;
use maud::{Markup, html};
use serde::Deserialize;
use std::collections::HashMap;

/// Routes of this feature.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/", get(start))
        .route("/wall", get(wall))
        .route("/wall/bar", get(bar))
        .route("/wall/events", get(events))
        .route("/wall/rows.json", get(bars::rows))
        .route("/wall.pdf", get(paper::pdf))
        .merge(paths::routes())
        .merge(contractor::routes())
}

/// What a wall address asks for.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Asked {
    /// The place; the root of what the person may see when absent.
    pub place: Option<String>,
    /// `matrix`, `bars`, `network`, `flowline`, `resources` or `risk`.
    pub view: Option<String>,
    /// `1` for the command room.
    pub wall: Option<String>,
    /// First row of a long list.
    pub from: Option<u64>,
    /// `worst` for the rows that most is late on first, else in the order of the tree.
    pub order: Option<String>,
    /// Paper, `A0` to `A3`.
    pub size: Option<String>,
    /// `mono` for black and white.
    pub ink: Option<String>,
    /// Links on bars: `all`, `driving` or `none`; as many as the rows bear when absent.
    pub links: Option<String>,
}

impl Asked {
    /// Whether this is the command room's screen.
    pub fn is_wall(&self) -> bool {
        self.wall.as_deref() == Some("1")
    }

    /// Whether the rows that most is late on come first.
    fn is_worst_first(&self) -> bool {
        self.order.as_deref() == Some("worst")
    }

    /// The address of another place or view, keeping the rest.
    pub fn address(&self, place: &str, view: &str) -> String {
        let order = if self.is_worst_first() { "&order=worst" } else { "" };
        format!("{}{order}", self.address_in_order(place, view))
    }

    /// The same with the rows in the order of the tree.
    fn address_in_order(&self, place: &str, view: &str) -> String {
        let wall = if self.is_wall() { "&wall=1" } else { "" };
        let links = if view == "bars" { links::kept(self) } else { String::new() };
        format!("/wall?place={}&view={view}{wall}{links}", form_urlencoded(place))
    }
}

/// Those who build, supervise or inspect begin at their desk, all others who may read at the wall; administrators go to their own page. Whoever has entered and has
/// no post yet is told what comes next.
async fn start(State(site): State<Site>, visitor: Visitor) -> Result<Response, Problem> {
    visitor.permit()?;
    let may = |verb| visitor.rights.may_somewhere(verb);
    if !may(Verb::Govern) && [Verb::Report, Verb::Confirm, Verb::Inspect].into_iter().any(may) {
        return Ok(Redirect::to("/desk").into_response());
    }
    let to = [(Verb::Read, "/wall"), (Verb::Administer, "/accounts"), (Verb::Secure, "/posts"), (Verb::Audit, "/ledger"), (Verb::Receive, "/leads/envelopes")];
    let found = to.into_iter().find(|(verb, _)| visitor.rights.may_somewhere(*verb));
    Ok(match found {
        Some((_, address)) => Redirect::to(address).into_response(),
        None => {
            let title = visitor.t("posts.none");
            let body = html! { h1 { (title) } p.lead { (visitor.t("posts.none_lead")) } };
            shell(&site, &visitor, &title, "page", body).into_response()
        }
    })
}

/// The place asked for, or the highest this person may read.
pub async fn asked_place(conn: &mut Conn, domain: &Guatu, visitor: &Visitor, asked: &Asked) -> Result<Option<Place>, Problem> {
    match &asked.place {
        Some(id) => Ok(Some(visitor.place(conn, id).await?)),
        None => {
            visitor.need_somewhere(Verb::Read)?;
            let tree = domain.places.tree(conn).await?;
            Ok(tree.places().iter().find(|place| visitor.may(Verb::Read, &place.path)).cloned())
        }
    }
}

async fn wall(State(site): State<Site>, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let Some(place) = asked_place(&mut conn, &site.domain, &visitor, &asked).await? else {
        let body = html! { h1 { (visitor.t("nav.wall")) } p.empty { (visitor.t("places.none")) } };
        return Ok(shell(&site, &visitor, &visitor.t("nav.wall"), "page", body).into_response());
    };
    let class = if asked.is_wall() { "wide wall" } else { "wide" };
    let board = match asked.view.as_deref() {
        Some("bars") => bars::board(&mut conn, &site, &visitor, &place, &asked).await?,
        Some("network") if network::has_sheets(place.kind) => network::board(&mut conn, &site, &visitor, &place, &asked).await?,
        Some("flowline") if network::has_sheets(place.kind) => flowline::board(&mut conn, &site, &visitor, &place, &asked).await?,
        Some("resources") if place.kind == Kind::Project => resources::board(&mut conn, &site, &visitor, &place, &asked).await?,
        Some("risk") if place.kind == Kind::Project => risk::board(&mut conn, &site, &visitor, &place, &asked).await?,
        Some("risk") if risk::has_projects(place.kind) => risk::projects(&mut conn, &site, &visitor, &place, &asked).await?,
        _ if place.kind == Kind::Building => bars::board(&mut conn, &site, &visitor, &place, &asked).await?,
        _ => matrix(&mut conn, &site, &visitor, &place, &asked).await?,
    };
    let body = html! { div #board data-events="/wall/events" { (board) } };
    Ok(shell(&site, &visitor, &place.attributes.name, class, body).into_response())
}

/// Title, zoom path, and the switches of a board; papers where something can be drawn on them.
pub async fn head(conn: &mut Conn, site: &Site, visitor: &Visitor, place: &Place, asked: &Asked, (view, has_papers): (&str, bool)) -> Result<Markup, Problem> {
    let tree = site.domain.places.tree(conn).await?;
    let mut above: Vec<(String, String)> = tree
        .lineage(place)
        .skip(1)
        .filter(|other| visitor.may(Verb::Read, &other.path))
        .map(|other| (asked.address(&other.id, "matrix"), other.attributes.name.clone()))
        .collect();
    above.reverse();
    let milestones = goals(conn, &site.domain, place).await?;
    let shown = if asked.is_wall() { 4 } else { 6 };
    // Of a district there would be one simulation for each of its projects.
    let project = tree.lineage(place).find(|above| above.kind == Kind::Project && visitor.may(Verb::Read, &above.path)).cloned();
    let chances = match project.filter(|_| !asked.is_wall() && view != "risk" && !milestones.is_empty()) {
        Some(project) => risk::at_hand(conn, site, &project).await?,
        None => None,
    };
    let today = site.clock.today();
    Ok(html! {
        @if !above.is_empty() && !asked.is_wall() { (crate::web::layout::crumbs(visitor, &above)) }
        div.bar {
            h1 {
                @if asked.is_wall() { @for (href, name) in &above { a.above href=(href) { (name) } " › " } (place.attributes.name) }
                @else { (place.attributes.name) " · " (visitor.t("nav.wall")) }
            }
            span.end {}
            // The line of lamps is full in some languages; beside the title there is room.
            @if asked.is_wall() { (Marks::short(visitor).legend()) }
            @for (name, key) in [("matrix", "wall.matrix"), ("bars", "wall.bars"), ("network", "wall.network"), ("flowline", "wall.flowline"), ("resources", "wall.resources"), ("risk", "wall.risk")] {
                // A building has one row, and its resources are those of its project; a command room has no time to read a network.
                @let is_shown = match name {
                    "matrix" => place.kind != Kind::Building,
                    "network" | "flowline" => !asked.is_wall() && network::has_sheets(place.kind),
                    "resources" => !asked.is_wall() && place.kind == Kind::Project,
                    "risk" => place.kind == Kind::Project || risk::has_projects(place.kind),
                    _ => true,
                };
                @if is_shown {
                    a.button.second href=(asked.address(&place.id, name)) aria-current=[(name == view).then_some("true")] { (visitor.t(key)) }
                }
            }
            @if asked.is_wall() { a.button.second href={ "/wall?place=" (place.id) "&view=" (view) } { (visitor.t("wall.leave")) } }
            @else {
                a.button.second.no-print href={ "/wall?place=" (place.id) "&view=" (view) @if asked.is_worst_first() { "&order=worst" } "&wall=1" } { (visitor.t("wall.command_room")) }
                @if has_papers { details.papers.no-print { summary { (visitor.t("wall.print")) }
                    @let kept = if view == "bars" { links::kept(asked) } else { String::new() };
                    ul { @for size in ["A0", "A1", "A2", "A3"] { li {
                        a href={ "/wall.pdf?place=" (place.id) "&view=" (view) "&size=" (size) (kept) } { (size) " " (visitor.t("wall.colour")) } " · "
                        a href={ "/wall.pdf?place=" (place.id) "&view=" (view) "&size=" (size) "&ink=mono" (kept) } { (visitor.t("wall.mono")) }
                    } } }
                } }
            }
        }
        @if !milestones.is_empty() {
            ul.milestones { @for Goal { project, mandate, is_planned, float_days_e3 } in milestones.iter().take(shown) {
                li {
                    // On the wall of several projects a tile is too narrow for both: whose date it is comes first.
                    a href={ "/plans/" (mandate.project) } {
                        @if asked.is_wall() && *project != place.attributes.name { strong { (project) } " " span.quiet { (visitor.shown(&mandate.name)) } }
                        @else { strong { (visitor.shown(&mandate.name)) } " " span.quiet { (project) } }
                    }
                    b.days-left { (days_text(visitor, days_between(today, mandate.finish_by))) }
                    span.due { (mandate.finish_by) }
                    @if !is_planned { " " (no_activity(visitor)) } @else if float_days_e3.is_some() { " " (float_lamp(visitor, *float_days_e3)) }
                    @if let (Some(chances), true) = (&chances, float_days_e3.is_some()) { (chances.of_mandate(visitor, &mandate.activity, mandate.finish_by).unwrap_or_default()) }
                }
            }
                // The list of plans has the others, by their float.
                @if milestones.len() > shown { li.more { a href="/plans?sort=float" title=(visitor.tf("wall.more_dates", &[("count", (milestones.len() - shown).to_string())])) { "+" (milestones.len() - shown) } } }
            }
            @if let Some(chances) = &chances { (chances.least_likely(visitor)) }
        }
    })
}

/// How many days are left, or how many have passed.
pub fn days_text(visitor: &Visitor, days: i32) -> String {
    let key = if days < 0 { "wall.days_past" } else { "wall.days_left" };
    visitor.tf(key, &[("days", days.abs().to_string())])
}

/// Of how many activities at or under a place each word is said. Every view of a place counts the same, whatever it draws:
/// the matrix has no cell for the milestone that ends a project, and bars of a district are its projects.
pub fn words_of<'a>(tree: &Tree, schedules: impl Iterator<Item = &'a Scheduled>, place: &Place, today: Date, rules: &LampRules) -> [usize; Word::ALL.len()] {
    let mut counts = [0; Word::ALL.len()];
    for bar in schedules.flat_map(|scheduled| &scheduled.bars).filter(|bar| bar.kind != "summary") {
        let at = bar.place.as_deref().and_then(|id| tree.get(id)).or_else(|| tree.get(&bar.project));
        if at.is_some_and(|at| at.path.starts_with(&place.path)) {
            counts[verdict(bar, today, rules).word().at()] += 1;
        }
    }
    counts
}

/// What lamps are called, with the number of activities of each; words that are said of none are left out.
pub fn legend(visitor: &Visitor, counts: &[usize; Word::ALL.len()]) -> Markup {
    html! {
        span.quiet { (visitor.t("plans.activities")) } " "
        @for (word, count) in Word::ALL.into_iter().zip(counts).filter(|(_, count)| **count > 0) {
            span class={ "lamp " (word.lamp().name()) } { (visitor.t(&format!("lamp.{}", word.key()))) " " (count) } " "
        }
    }
}

/// Where a long list is on the command room's screen: turned by a script after a while, and by links without one.
pub fn wall_pager(visitor: &Visitor, address: &str, first: usize, total: usize, most: usize) -> Markup {
    let here = page_around(first, total, most);
    let before = page_around(if here.start == 0 { total } else { here.start - 1 }, total, most).start;
    let after = if here.end >= total { 0 } else { here.end };
    let count = total.div_ceil(most).max(1);
    let page = (here.start * count).checked_div(total).unwrap_or(0) + 1;
    html! {
        @if count > 1 {
            nav.pages aria-label=(visitor.t("wall.pages")) data-next={ (address) "&from=" (after) } data-turn=(SCREEN.turn_seconds) data-pause=(SCREEN.pause_seconds) {
                a href={ (address) "&from=" (before) } { (visitor.t("shell.previous")) }
                b { (visitor.tf("wall.page", &[("page", page.to_string()), ("count", count.to_string())])) }
                a href={ (address) "&from=" (after) } { (visitor.t("shell.next")) }
                span.quiet.turns hidden data-running=(visitor.tf("wall.turns", &[("seconds", SCREEN.turn_seconds.to_string())])) data-paused=(visitor.t("wall.paused")) {}
            }
        }
    }
}

/// A mandated date as boards show it.
pub struct Goal {
    /// Name of its project.
    pub project: String,
    /// The date.
    pub mandate: Mandate,
    /// Whether the plan leads to it: otherwise nothing keeps it.
    pub is_planned: bool,
    /// Float in thousandths of a working day; `None` once finished.
    pub float_days_e3: Option<i64>,
}

/// Mandated dates at, above or under a place: those that no plan leads to first, then by float.
pub async fn goals(conn: &mut Conn, domain: &Guatu, place: &Place) -> Result<Vec<Goal>, Problem> {
    let tree = domain.places.tree(conn).await?;
    let mut found = Vec::new();
    for (project, scheduled) in domain.networks.all_scheduled(conn).await? {
        let Some(project) = tree.get(&project) else { continue };
        if !project.path.starts_with(&place.path) && !place.path.starts_with(&project.path) {
            continue;
        }
        found.extend(scheduled.mandates.iter().map(|mandate| {
            let outlook = scheduled.outlook(&mandate.id);
            Goal {
                project: project.attributes.name.clone(),
                is_planned: outlook.is_some(),
                float_days_e3: outlook.and_then(|outlook| outlook.float_days_e3),
                mandate: mandate.clone(),
            }
        }));
    }
    found.sort_by_key(|goal| (goal.is_planned, goal.float_days_e3.unwrap_or(i64::MAX), goal.mandate.finish_by));
    Ok(found)
}

/// What a row asks for today: of its works the most pressing.
struct Today {
    name: String,
    amount: String,
    /// Works that ask for something as well.
    others: usize,
}

impl Today {
    fn told(&self, visitor: &Visitor) -> String {
        let today = visitor.t("targets.today");
        if self.others == 0 { today } else { visitor.labelled(today, &visitor.tf("round.more", &[("count", self.others.to_string())])) }
    }
}

/// Today's target of each building of a project: its most pressing work, and how much of it.
async fn todays(conn: &mut Conn, site: &Site, visitor: &Visitor, gathered: &Gathered, place: &Place, today: Date) -> Result<HashMap<String, Today>, Problem> {
    let Some(project) = gathered.tree.lineage(place).find(|above| above.kind == Kind::Project) else { return Ok(HashMap::new()) };
    let targets = assess::project(conn, &site.domain, &project.id, today).await?;
    let of = |row: &super::matrix::Row| {
        let building = &gathered.place(row).id;
        let (item, asked) = most_pressing(&targets, building)?;
        let name = item.stage.as_ref().map_or_else(|| visitor.shown(&item.name).into_owned(), |stage| visitor.t(&format!("stage_short.{stage}")));
        // Less than a unit a day: the day of the next one, in the few letters that a row has.
        let amount = match item.facts.next_whole_on.filter(|_| item.facts.today_whole.is_some_and(|whole| whole < 1.0)) {
            Some(on) => visitor.tf("wall.next_whole", &[("date", short_date(on, today))]),
            None => today_text(visitor, item),
        };
        Some((building.clone(), Today { name, amount, others: asked - 1 }))
    };
    Ok(gathered.rows.iter().filter_map(of).collect())
}

async fn matrix(conn: &mut Conn, site: &Site, visitor: &Visitor, place: &Place, asked: &Asked) -> Result<Markup, Problem> {
    let today = site.clock.today();
    let mut gathered = gather(conn, &site.domain, place, today).await?;
    if asked.is_worst_first() {
        gathered.put_worst_first();
    }
    // Rows that do not stand under their parcel say where they belong, and so do those of a wall, which has no room for headings.
    let are_grouped = !asked.is_wall() && !asked.is_worst_first();
    let Gathered { stages, rows, .. } = &gathered;
    let todays = todays(conn, site, visitor, &gathered, place, today).await?;
    let schedules = site.domain.networks.all_scheduled(conn).await?;
    let (rule_set, rules) = site.domain.rules.lamps(conn, today).await?;
    let counts = words_of(&gathered.tree, schedules.iter().map(|(_, scheduled)| scheduled.as_ref()), place, today, &rules);
    let words = Words::of(visitor, asked.is_wall());
    let first = asked.from.unwrap_or(0) as usize;
    let address = asked.address(&place.id, "matrix");
    // Twenty names beside each other in large type must be short.
    let section = if asked.is_wall() { "stage_short" } else { "stage" };
    let holds_dates = rows.iter().flat_map(|row| &row.cells).flatten().any(|cell| cell.count == 1);
    let most = if holds_dates { SCREEN.rows_of_dates } else { SCREEN.rows_of_counts };
    let shown = if asked.is_wall() { page_around(first, rows.len(), most) } else { first..first.saturating_add(PAGE_LEN) };
    // Few rows on a wall are written large.
    let lines = if holds_dates { 3 } else { 2 };
    let room = asked.is_wall().then(|| format!("--rows:{};--lines:{lines};--columns:{}", shown.len().max(1), stages.len().max(1)));
    Ok(html! {
        (head(conn, site, visitor, place, asked, ("matrix", true)).await?)
        div.under-head {
            p.legend {
                (legend(visitor, &counts))
                @if !asked.is_wall() && rows.iter().flat_map(|row| &row.cells).flatten().any(|cell| cell.count > 1) { span.quiet { (visitor.t("wall.counts_key")) } " " }
                @if !asked.is_wall() { span.quiet { (rule_sets::pages::told(visitor, &rule_set)) } }
            }
            @if !asked.is_wall() { p.legend { (words.marks.legend()) } }
            @if rows.len() > 1 { nav.bar.no-print aria-label=(visitor.t("wall.order")) { @for (is_worst, key) in [(false, "wall.by_place"), (true, "wall.worst_first")] {
                @let address = asked.address_in_order(&place.id, "matrix");
                a.button.second href={ (address) @if is_worst { "&order=worst" } } aria-current=[(is_worst == asked.is_worst_first()).then_some("true")] { (visitor.t(key)) }
            } } }
            @if asked.is_wall() { (wall_pager(visitor, &address, first, rows.len(), most)) }
        }
        @if stages.is_empty() { p.empty {
            @if gathered.has_bars { (visitor.t("wall.no_stages")) " " a href=(asked.address(&place.id, "bars")) { (visitor.t("wall.bars")) } }
            @else { (visitor.t("wall.no_plan")) }
        } } @else {
            div.scroll.board {
                table.matrix style=[room] {
                    thead { tr {
                        th scope="col" { (visitor.t("wall.place")) }
                        @for stage in stages { th scope="col" { (visitor.t(&format!("{section}.{stage}"))) } }
                    } }
                    tbody {
                        @for (at, row) in rows.iter().enumerate().take(shown.end).skip(shown.start) {
                            @let place = gathered.place(row);
                            @let parcel = gathered.parcel(row);
                            @if let (Some(parcel), false) = (parcel, !are_grouped) && (at == shown.start || rows[at - 1].parcel != row.parcel) {
                                tr.group { th scope="colgroup" colspan=(stages.len() + 1) { a href=(asked.address(&parcel.id, "matrix")) { (parcel.attributes.name) } } }
                            }
                            tr {
                                th scope="row" {
                                    a href=(asked.address(&place.id, "matrix")) { (place.attributes.name) }
                                    @let target = todays.get(place.id.as_str());
                                    @match (parcel, !are_grouped) {
                                        (Some(parcel), true) => { @if target.is_some() && asked.is_wall() { " " } @else { br; } span.quiet { (parcel.attributes.name) } }
                                        _ if !row.official.is_empty() => { br; span.quiet { (row.official) } }
                                        _ => {}
                                    }
                                    @if let Some(target) = target { br; span.today title=(target.told(visitor)) { (target.name) " " span { (target.amount) } @if target.others > 0 { " +" (target.others) } } }
                                }
                                @for cell in &row.cells { td { @if let Some(cell) = cell { (cell_markup(visitor, &words, place, cell, asked, today)) } } }
                            }
                        }
                    }
                }
            }
            @if !asked.is_wall() { (crate::web::layout::pager(visitor, &address, first, rows.len())) }
        }
    })
}

/// `10-31`, or `27-10-31` in another year.
pub fn short_date(date: Date, today: Date) -> String {
    let (month, day) = (date.month(), date.day());
    if date.year() == today.year() { format!("{month:02}-{day:02}") } else { format!("{:02}-{month:02}-{day:02}", date.year() % 100) }
}

/// What a cell says beside its lamp: how many are late or finished, or the date of the one bar behind it.
pub fn cell_label(visitor: &Visitor, cell: &Cell, today: Date) -> String {
    let count = |key: &str, found: usize| visitor.tf(key, &[("late", found.to_string()), ("done", found.to_string()), ("count", cell.count.to_string())]);
    match cell.word {
        _ if cell.count == 1 => cell.finish.map(|date| short_date(date, today)).unwrap_or_default(),
        Word::Overdue => count("wall.overdue_count", cell.overdue),
        Word::Lamp(Lamp::Bad) => count("wall.late_count", cell.late),
        Word::Lamp(_) => count("wall.done_count", cell.done),
    }
}

/// What the count in a cell means, in full.
fn cell_title(visitor: &Visitor, cell: &Cell) -> Option<String> {
    let numbers = [("late", cell.late), ("overdue", cell.overdue), ("done", cell.done), ("count", cell.count)];
    (cell.count > 1).then(|| visitor.tf("wall.cell_title", &numbers.map(|(name, number)| (name, number.to_string()))))
}

/// Words that every cell repeats, looked up once a board.
struct Words {
    lamps: [String; Word::ALL.len()],
    marks: Marks,
    /// What stands before and after the latest date.
    latest: (String, String),
}

impl Words {
    /// Short ones for the wall, where twenty stages stand beside each other in large type.
    fn of(visitor: &Visitor, is_short: bool) -> Words {
        let section = if is_short { "lamp_short" } else { "lamp" };
        let latest = visitor.t("wall.latest");
        let (before, after) = latest.split_once("{date}").unwrap_or((&latest, ""));
        Words { marks: Marks::of_visitor(visitor), lamps: Word::ALL.map(|word| visitor.t(&format!("{section}.{}", word.key()))), latest: (before.to_owned(), after.to_owned()) }
    }
}

fn cell_markup(visitor: &Visitor, words: &Words, row: &Place, cell: &Cell, asked: &Asked, today: Date) -> Markup {
    let href = match &cell.bar {
        Some((project, activity)) => format!("/wall/bar?project={project}&activity={}", form_urlencoded(activity)),
        None => asked.address(&row.id, "matrix"),
    };
    let name = cell.lamp.name();
    let mark = html! { @if let Some(grade) = cell.grade { " " (words.marks.of(grade)) } };
    html! {
        a class={ "cell " (name) } href=(href) title=[cell_title(visitor, cell)] {
            span class={ "lamp " (name) } { span.word { (words.lamps[cell.word.at()]) } }
            @match cell.finish {
                // Two lines on purpose: a column of the wall is narrower than a date with its year.
                Some(date) if asked.is_wall() && cell.count == 1 => {
                    @if date.year() != today.year() { span.date.year { (date.year()) } }
                    span.date { (date.strftime("%m-%d")) (mark) }
                }
                _ => {
                    span.date { (cell_label(visitor, cell, today)) (mark) }
                    @if let (Some(latest), true) = (cell.latest, cell.count == 1 && cell.lamp != Lamp::Done) { span.latest { (words.latest.0) span.whole { (short_date(latest, today)) } (words.latest.1) } }
                }
            }
        }
    }
}

/// Why, who, since when.
async fn bar(State(site): State<Site>, visitor: Visitor, Query(query): Query<HashMap<String, String>>) -> Result<Response, Problem> {
    let wanted = |name: &str| query.get(name).cloned().unwrap_or_default();
    let mut conn = site.reader().await?;
    let project = visitor.place(&mut conn, &wanted("project")).await?;
    let bar = plans::bar(&mut conn, &project.id, &wanted("activity")).await?.ok_or(missing())?;
    let state = plans::project_plan(&mut conn, &project.id).await?.ok_or(missing())?;
    let today = site.clock.today();
    let (rule_set, rules) = site.domain.rules.lamps(&mut conn, today).await?;
    let verdict = verdict(&bar, today, &rules);
    let grade = site.domain.grades.grades(&mut conn).await?.of(&bar);
    let tree = site.domain.places.tree(&mut conn).await?;
    let at = bar.place.as_ref().and_then(|id| tree.get(id)).unwrap_or(&project);
    let names = identity::names(&mut conn).await?;
    let official = tree.accountable(at).and_then(|(account, _)| names.get(account));
    let mut contractors = Vec::new();
    for member in task_force::store::members(&mut conn, &project.id).await?.into_iter().filter(|one| one.to.is_none()) {
        let name = match &member.holder {
            task_force::model::Holder::Account(account) => names.get(account).cloned(),
            task_force::model::Holder::Organisation(id) => organisations::get(&mut conn, id).await?.map(|one| one.name),
        };
        if let (true, Some(name)) = (matches!(member.seat, Seat::Leader | Seat::Contractor | Seat::SupervisionEngineer), name) {
            contractors.push((member.seat, name));
        }
    }
    let driver = match &bar.driver_activity {
        Some(id) => plans::bar(&mut conn, &project.id, id).await?,
        None => None,
    };
    let is_mandated = plans::mandates(&mut conn, &project.id).await?.iter().any(|mandate| mandate.activity == bar.activity);
    let chances = if is_mandated { risk::at_hand(&mut conn, &site, &project).await? } else { None };
    let noted = store::noted(&mut conn, &project.id, &bar.activity).await?.filter(|noted| noted.word == verdict.word());
    let gates = heard::open_gates(&mut conn, &at.id, bar.stage.as_deref().unwrap_or_default()).await?;
    let mut stands = heard::work_stops(&mut conn, &project.id).await?;
    stands.retain(|stop| stop.ended_on.is_none() && tree.get(&stop.place).is_some_and(|stopped| at.path.starts_with(&stopped.path)));
    let pair = |pair: Option<(Date, Date)>| pair.map_or("—".to_owned(), |(start, finish)| format!("{start} – {finish}"));
    let actual = match (bar.actual_start, bar.actual_finish) {
        (None, _) => "—".to_owned(),
        (Some(start), None) => format!("{start} – ({} %)", bar.percent_e3 / 1000),
        (Some(start), Some(finish)) => format!("{start} – {finish}"),
    };
    let body = html! {
        p.crumbs { a href={ "/wall?place=" (project.id) } { (project.attributes.name) " · " (visitor.t("nav.wall")) } " › " a href={ "/wall?place=" (at.id) } { (at.attributes.name) } " ›" }
        div.bar { h1 { (visitor.shown(&bar.name)) } span class={ "lamp " (verdict.lamp.name()) } { (visitor.t(&format!("lamp.{}", verdict.word().key()))) } }
        div.columns {
            section.sheet {
                h2 { (visitor.t("wall.why")) }
                p { (visitor.tf(&format!("lamp_reason.{}", verdict.reason.key()), &verdict.reason.params())) }
                p { (visitor.t(&format!("driver.{}", bar.driver)))
                    @if let Some(driver) = &driver { " " a href={ "/wall/bar?project=" (project.id) "&activity=" (form_urlencoded(&driver.activity)) } { (visitor.shown(&driver.name)) } }
                }
                @for stop in &stands { p { strong { (visitor.tf(if stop.hazard.is_some() { "wall.stands" } else { "wall.stands_by_state" }, &[("date", stop.from.to_string())])) } @if let Some(hazard) = &stop.hazard { " " a href={ "/hazards/" (hazard) } { (visitor.t("wall.the_hazard")) } } } }
                @if !gates.is_empty() { p { (visitor.tf("wall.gates", &[("gates", visitor.list(gates.iter().map(|gate| visitor.t(&format!("value.gate_{}", gate.id)))))])) " " a href={ "/gates/" (at.id) } { (visitor.t("nav.gates")) } } }
                @if let Some(grade) = grade { p { (Marks::of_visitor(&visitor).of(grade)) " " (visitor.t(&format!("grade_sentence.{}", grade.name()))) } }
                p.quiet { (rule_sets::pages::told(&visitor, &rule_set)) }
                @if let Some(chances) = &chances { h2 { (visitor.t("chances.title")) } @for sentence in chances.of_activity(&visitor, &bar.activity) { p { (sentence) } } p { a href=(risk::address(&project.id)) { (visitor.t("chances.see")) } } }
                h2 { (visitor.t("wall.since")) }
                @if let (Some(start), None) = (bar.actual_start, bar.actual_finish) { p { (visitor.tf("lamp_since.running", &[("date", start.to_string())])) } }
                @match (verdict.reason, verdict.since) {
                    (Reason::Running(_), _) => {}
                    (_, None) if noted.is_some() => @if let Some(noted) = &noted {
                        @let days = days_between(noted.since, today);
                        p { (visitor.tf(if days == 0 { "wall.noted_today" } else { "wall.noted_since" }, &[("date", noted.since.to_string()), ("days", days.to_string()), ("number", noted.number.to_string())])) }
                    }
                    (reason, Some(date)) => p { (visitor.tf(&format!("lamp_since.{}", reason.key()), &[("date", date.to_string())])) },
                    (_, None) => p { (visitor.tf("wall.as_of_today", &[("date", today.to_string())])) },
                }
                p.quiet { (visitor.tf("wall.fact", &[("number", state.changed_number.to_string()), ("date", state.changed_on.to_string())])) }
            }
            section.sheet {
                h2 { (visitor.t("wall.who")) }
                dl.facts {
                    dt { (visitor.t("field.official")) } dd { (official.map_or("—", String::as_str)) }
                    @for (seat, name) in &contractors { dt { (visitor.t(&format!("seat.{}", seat.name()))) } dd { (name) } }
                }
                p { a href={ "/task-forces/" (project.id) } { (visitor.t("nav.task_forces")) } }
            }
            section.sheet {
                h2 { (visitor.t("wall.dates")) }
                dl.facts {
                    dt { (visitor.t("wall.baseline")) } dd { (pair(bar.baseline)) }
                    dt { (visitor.t("wall.forecast")) } dd { (pair(bar.early)) }
                    @if !bar.breaks.is_empty() { dt { (visitor.t("wall.breaks")) } dd { @for pause in &bar.breaks { div { (pair(Some(*pause))) } } } }
                    dt { (visitor.t("wall.latest_dates")) } dd { (pair(bar.late)) }
                    dt { (visitor.t("wall.actual")) } dd { (actual) }
                    dt { (visitor.t("plans.total_float")) } dd { @match bar.float_days_e3 { Some(float) => (format!("{}", float as f64 / 1000.0)), None => "—" } }
                }
            }
        }
        p.bar {
            @if visitor.may(Verb::Report, &project.path) && bar.kind != "summary" { a.button href={ "/plans/" (project.id) "/progress?activity=" (form_urlencoded(&bar.activity)) } { (visitor.t("plans.record")) } }
            @if bar.kind != "summary" && bar.actual_finish.is_none() { a.button.second href=(paths::address(&project.id, &bar.activity)) { (visitor.t("paths.title")) } }
            @if bar.kind == "task" && bar.actual_finish.is_none() { a.button.second href={ "/plans/" (project.id) "/what-if?place=" (form_urlencoded(&at.id)) "&activity=" (form_urlencoded(&bar.activity)) } { (visitor.t("what_if.title")) } }
            a.button.second href={ "/facts?subject=" (form_urlencoded(&format!("{}#{}", project.id, bar.activity))) } { (visitor.t("wall.facts")) }
        }
    };
    Ok(crate::web::layout::page(&site, &visitor, &visitor.shown(&bar.name), body).into_response())
}
