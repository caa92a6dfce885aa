//! The bar chart of a place: its rows for the page, for the canvas, and for paper.

use super::links::{self, Shown};
use super::model::{SCREEN, Verdict, Word, front, front_of_all, page_around, verdict};
use super::pages::{Asked, head, legend, short_date, wall_pager, words_of};
use crate::db::Conn;
use crate::features::Guatu;
use crate::features::places::Tree;
use crate::features::places::model::Kind;
use crate::features::places::store::Place;
use crate::features::plan::network::Scheduled;
use crate::features::plan::store::{Bar, Mandate};
use crate::features::rule_sets::model::LampRules;
use crate::features::targets::grades::{Grades, Marks};
use crate::features::targets::model::Grade;
use crate::web::Site;
use crate::web::extract::Query;
use crate::web::layout::{PAGE_LEN, pager};
use crate::web::problem::{Problem, form_urlencoded};
use crate::web::visitor::Visitor;
use axum::Json;
use axum::extract::State;
use guatu_formats::charts::links::{Link, MOST_LINKS};
use jiff::ToSpan;
use jiff::civil::Date;
use maud::{Markup, html};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// A row of the chart: a bar, what its lamp says, and where it is drawn.
pub struct ChartRow<'a> {
    /// The bar.
    pub bar: Cow<'a, Bar>,
    /// Its lamp.
    pub verdict: Verdict,
    /// Where the progress front line leaves the data date.
    pub front: Option<Date>,
    /// Indent.
    pub depth: u64,
    /// The lowest truth grade of what is said to be done.
    pub grade: Option<Grade>,
}

/// What the chart of a place is drawn from.
pub struct Chart {
    tree: Arc<Tree>,
    /// The project the place belongs to; `None` above projects.
    project: Option<String>,
    /// Schedules of the projects in it, in the order of the tree.
    schedules: Vec<(String, Arc<Scheduled>)>,
    grades: Arc<Grades>,
    rules: LampRules,
}

impl Chart {
    /// Reads what a place's chart needs.
    pub async fn read(conn: &mut Conn, domain: &Guatu, place: &Place, today: Date) -> Result<Chart, Problem> {
        let tree = domain.places.tree(conn).await?;
        let project = tree.lineage(place).find(|other| other.kind == Kind::Project).map(|project| project.id.clone());
        let mut schedules = Vec::new();
        match &project {
            Some(project) => schedules.push((project.clone(), domain.networks.scheduled(conn, project).await?)),
            None => {
                for project in tree.under(place).iter().filter(|other| other.kind == Kind::Project) {
                    schedules.push((project.id.clone(), domain.networks.scheduled(conn, &project.id).await?));
                }
            }
        }
        Ok(Chart { tree, project, schedules, grades: domain.grades.grades(conn).await?, rules: domain.rules.lamps(conn, today).await?.1 })
    }

    /// What the chart of a project, or of a place in it, needs when it is scheduled as given.
    pub async fn of(conn: &mut Conn, domain: &Guatu, project: &str, scheduled: Arc<Scheduled>, today: Date) -> Result<Chart, Problem> {
        Ok(Chart {
            tree: domain.places.tree(conn).await?,
            project: Some(project.to_owned()),
            schedules: vec![(project.to_owned(), scheduled)],
            grades: domain.grades.grades(conn).await?,
            rules: domain.rules.lamps(conn, today).await?.1,
        })
    }

    /// Rows of a place: every activity of a project, those of a parcel or building, or one row a project for a district. A
    /// wall shows a project or parcel by its buildings: no eye follows a thousand rows from three metres.
    pub fn rows(&self, place: &Place, today: Date, is_wall: bool) -> Vec<ChartRow<'_>> {
        fn one<'a>(bar: &'a Bar, depth: u64, today: Date, chart: &Chart) -> ChartRow<'a> {
            ChartRow { verdict: verdict(bar, today, &chart.rules), front: front(bar, today), grade: chart.grades.of(bar), bar: Cow::Borrowed(bar), depth }
        }
        fn ends(bars: &[Bar]) -> impl Iterator<Item = &Bar> {
            bars.iter().filter(|bar| bar.kind == "milestone" && bar.depth == 0)
        }
        let under = self.tree.under(place);
        let whole = |place: &Place, bars: &[&Bar]| {
            let bar = whole(place, bars)?;
            let front = front_of_all(bars, today);
            let grade = bars.iter().filter_map(|bar| self.grades.of(bar)).min();
            Some(ChartRow { verdict: verdict(&bar, today, &self.rules), front, bar: Cow::Owned(bar), depth: 0, grade })
        };
        if self.project.is_none() {
            let mut rows = Vec::new();
            for (project, scheduled) in &self.schedules {
                let Some(project) = self.tree.get(project) else { continue };
                rows.extend(whole(project, &scheduled.bars.iter().collect::<Vec<_>>()));
                rows.extend(ends(&scheduled.bars).map(|bar| one(bar, 1, today, self)));
            }
            return rows;
        }
        let bars = || self.schedules.iter().flat_map(|(_, scheduled)| &scheduled.bars);
        if is_wall && matches!(place.kind, Kind::Project | Kind::Parcel) {
            let mut bars_at: HashMap<&str, Vec<&Bar>> = HashMap::new();
            for bar in bars() {
                bars_at.entry(bar.place.as_deref().unwrap_or_default()).or_default().push(bar);
            }
            let buildings = under.iter().filter(|other| matches!(other.kind, Kind::Building | Kind::Facility));
            let mut rows: Vec<ChartRow<'_>> = buildings
                .filter_map(|building| {
                    let inside = self.tree.under(building).iter().filter_map(|other| bars_at.get(other.id.as_str()));
                    whole(building, &inside.flatten().copied().collect::<Vec<_>>())
                })
                .collect();
            if !rows.is_empty() {
                if place.kind == Kind::Project {
                    rows.extend(self.schedules.iter().flat_map(|(_, scheduled)| ends(&scheduled.bars)).map(|bar| one(bar, 0, today, self)));
                }
                return rows;
            }
        }
        let inside: HashSet<&str> = under.iter().map(|other| other.id.as_str()).collect();
        let is_whole = place.kind == Kind::Project;
        let shown: Vec<&Bar> = bars().filter(|bar| is_whole || bar.place.as_deref().is_some_and(|at| inside.contains(at))).collect();
        let row = |at: usize| {
            let bar = shown[at];
            let mut row = one(bar, bar.depth, today, self);
            if bar.kind == "summary" {
                // What stands below it stands deeper, up to the next that does not.
                let below = shown[at + 1..].iter().take_while(|other| other.depth > bar.depth).copied().collect::<Vec<_>>();
                row.front = front_of_all(&below, today);
                row.grade = below.iter().filter_map(|bar| self.grades.of(bar)).min();
            }
            row
        };
        (0..shown.len()).map(row).collect()
    }

    /// Links between rows of it.
    pub async fn links(&self, conn: &mut Conn, domain: &Guatu, rows: &[ChartRow<'_>], shown: Shown) -> Result<Vec<Link>, Problem> {
        links::of_rows(conn, domain, self.project.as_deref(), rows, shown).await
    }

    /// Mandated dates of the project, when the place lies in one.
    fn mandates(&self) -> &[Mandate] {
        match (&self.project, &self.schedules[..]) {
            (Some(_), [(_, scheduled)]) => &scheduled.mandates,
            _ => &[],
        }
    }
}

/// One bar over a whole place, from its own bars.
fn whole(place: &Place, bars: &[&Bar]) -> Option<Bar> {
    let leaves: Vec<&Bar> = bars.iter().copied().filter(|bar| bar.kind != "summary").collect();
    let project = leaves.first()?.project.clone();
    let extent = |pair: fn(&Bar) -> Option<(Date, Date)>| {
        let pairs: Vec<(Date, Date)> = leaves.iter().filter_map(|bar| pair(bar)).collect();
        Some((pairs.iter().map(|pair| pair.0).min()?, pairs.iter().map(|pair| pair.1).max()?))
    };
    let all_done = leaves.iter().all(|bar| bar.actual_finish.is_some());
    // By duration, so that a long stage counts for more than a short one.
    let (mut done, mut whole) = (0i64, 0i64);
    for bar in &leaves {
        if let Some((start, finish)) = bar.baseline {
            let days = i64::from((finish - start).get_days()) + 1;
            done += days * i64::from(bar.percent_e3);
            whole += days;
        }
    }
    Some(Bar {
        project,
        ordinal: 0,
        activity: String::new(),
        name: place.attributes.name.clone(),
        kind: "summary".into(),
        depth: 0,
        place: Some(place.id.clone()),
        stage: None,
        work_kind: None,
        baseline: extent(|bar| bar.baseline),
        early: extent(|bar| bar.early),
        breaks: Vec::new(),
        late: extent(|bar| bar.late),
        float_days_e3: leaves.iter().filter_map(|bar| bar.float_days_e3).min(),
        is_critical: leaves.iter().any(|bar| bar.is_critical),
        actual_start: leaves.iter().filter_map(|bar| bar.actual_start).min(),
        actual_finish: if all_done { leaves.iter().filter_map(|bar| bar.actual_finish).max() } else { None },
        percent_e3: u32::try_from(done.checked_div(whole).unwrap_or(0)).unwrap_or(0),
        driver: "none".into(),
        driver_activity: None,
        quantity_e3: None,
        unit: None,
        is_whole: false,
    })
}

/// Where a row leads.
pub fn address(asked: &Asked, row: &ChartRow<'_>) -> String {
    if row.bar.activity.is_empty() {
        return asked.address(row.bar.place.as_deref().unwrap_or(&row.bar.project), "bars");
    }
    address_of(&row.bar.project, &row.bar.activity)
}

/// The page of an activity.
pub fn address_of(project: &str, activity: &str) -> String {
    format!("/wall/bar?project={}&activity={}", form_urlencoded(project), form_urlencoded(activity))
}

/// The days that the table's own bars are drawn on.
struct Axis {
    first: Date,
    last: Date,
}

impl Axis {
    /// From the first day of any row to the last, today among them.
    fn of(rows: &[ChartRow<'_>], today: Date) -> Option<Axis> {
        let pairs = || rows.iter().flat_map(|row| [row.bar.baseline, row.bar.early]).flatten();
        let (first, last) = (pairs().map(|pair| pair.0).min()?.min(today), pairs().map(|pair| pair.1).max()?.max(today));
        Some(Axis { first, last: last.saturating_add(1.day()) })
    }

    /// Where a day begins, in per cent.
    fn at(&self, day: Date) -> String {
        let whole = f64::from((self.last - self.first).get_days()).max(1.0);
        format!("{:.1}", f64::from((day - self.first).get_days()) * 100.0 / whole)
    }

    /// The style of a bar from a day to a day, inclusive.
    fn stretch(&self, (start, finish): (Date, Date)) -> String {
        let whole = f64::from((self.last - self.first).get_days()).max(1.0);
        let days = f64::from((finish - start).get_days() + 1);
        format!("left:{}%;width:{:.1}%", self.at(start), days * 100.0 / whole)
    }

    /// Years that begin on the axis, and where.
    fn years(&self) -> Vec<(i16, String)> {
        let begins = (self.first.year() + 1..=self.last.year()).filter_map(|year| Some((year, Date::new(year, 1, 1).ok()?)));
        begins.map(|(year, day)| (year, self.at(day))).collect()
    }
}

/// Which links a chart of so many rows shows: none on a wall, three metres from which nobody follows a line, and none above
/// projects.
fn shown_links(chart: &Chart, asked: &Asked, rows: usize) -> Shown {
    if asked.is_wall() || chart.project.is_none() { Shown::None } else { Shown::of(asked.links.as_deref(), rows) }
}

/// The chart as a board: a canvas that a script fills with all rows, over a table that needs none.
pub async fn board(conn: &mut Conn, site: &Site, visitor: &Visitor, place: &Place, asked: &Asked) -> Result<Markup, Problem> {
    let today = site.clock.today();
    let chart = Chart::read(conn, &site.domain, place, today).await?;
    let rows = chart.rows(place, today, asked.is_wall());
    let first = asked.from.unwrap_or(0) as usize;
    let shown = if asked.is_wall() { page_around(first, rows.len(), SCREEN.rows_of_bars) } else { first..first.saturating_add(PAGE_LEN) };
    let page_address = asked.address(&place.id, "bars");
    let shown_links = shown_links(&chart, asked, rows.len());
    let rest = if asked.is_wall() { "&wall=1".to_owned() } else { links::asked_by_canvas(shown_links) };
    let data = format!("/wall/rows.json?place={}{rest}", form_urlencoded(&place.id));
    let counts = words_of(&chart.tree, chart.schedules.iter().map(|(_, scheduled)| scheduled.as_ref()), place, today, &chart.rules);
    // Paper and whoever has no script see the bars in the table itself; a wall has no room for both.
    let axis = if asked.is_wall() { None } else { Axis::of(&rows, today) };
    let label = visitor.tf("wall.chart_label", &[("place", place.attributes.name.clone()), ("count", rows.len().to_string())]);
    // The wall shows one page of rows, in the table and in the drawing alike.
    let part = |edge: usize| asked.is_wall().then(|| edge.to_string());
    Ok(html! {
        (head(conn, site, visitor, place, asked, ("bars", !rows.is_empty())).await?)
        @if rows.is_empty() { p.empty { (visitor.t("wall.no_plan")) } } @else {
            div.under-head {
                p.legend {
                    (legend(visitor, &counts))
                    @if !asked.is_wall() { (Marks::of_visitor(visitor).legend()) }
                    span.key.baseline { (visitor.t("wall.baseline")) } " " span.key.forecast { (visitor.t("wall.forecast")) } " " span.key.actual { (visitor.t("wall.actual")) } " " span.key.front { (visitor.t("wall.front")) }
                }
                @if !asked.is_wall() && chart.project.is_some() { p.legend { (links::switch(visitor, asked, &place.id, shown_links)) } }
                @if let (false, Some(project)) = (asked.is_wall(), &chart.project) { a.button.second.end.no-print href={ "/plans/" (project) "/what-if?place=" (form_urlencoded(&place.id)) } { (visitor.t("what_if.title")) } }
                @if asked.is_wall() { (wall_pager(visitor, &page_address, first, rows.len(), SCREEN.rows_of_bars)) }
            }
            div.gantt hidden data-rows=(data) data-words=(words(visitor)) data-first=[part(shown.start)] data-end=[part(shown.end)] tabindex="0" role="listbox" aria-label=(label) { canvas aria-hidden="true" {} }
            div.scroll.rows { table {
                thead { tr {
                    th { (visitor.t("field.name")) } th { (visitor.t("field.state")) } th { (visitor.t("wall.baseline")) } th { (visitor.t("wall.forecast")) }
                    th { (visitor.t("wall.latest_dates")) } th.number { (visitor.t("field.percent")) } th.number { (visitor.t("plans.total_float")) }
                    @if let Some(axis) = &axis { th.plot { (visitor.t("wall.bars")) " " span.axis { @for (year, at) in axis.years() { span style={ "left:" (at) "%" } { (year) } } } } }
                } }
                @let marks = Marks::of_visitor(visitor);
                @let lamps = Word::ALL.map(|word| visitor.t(&format!("lamp.{}", word.key())));
                tbody { @for row in rows.iter().take(shown.end).skip(shown.start) {
                    @let pair = |pair: Option<(Date, Date)>| pair.map_or("—".to_owned(), |(start, finish)| format!("{} – {}", short_date(start, today), short_date(finish, today)));
                    tr {
                        td class={ "indent-" (row.depth.min(4)) } { a href=(address(asked, row)) { (visitor.shown(&row.bar.name)) } }
                        td { span class={ "lamp " (row.verdict.lamp.name()) } { (lamps[row.verdict.word().at()]) } @if let Some(grade) = row.grade { " " (marks.of(grade)) } }
                        td.dates { (pair(row.bar.baseline)) }
                        td.dates { (pair(row.bar.early)) }
                        td.dates { @match row.bar.late { Some((_, finish)) => (short_date(finish, today)), None => "—" } }
                        td.number { (row.bar.percent_e3 / 1000) }
                        td.number { @match row.bar.float_days_e3 { Some(float) => (float / 1000), None => "—" } }
                        @if let Some(axis) = &axis { td.plot style={ "--today:" (axis.at(today)) "%" } { span.box {
                            @if let Some(plan) = row.bar.baseline { i.plan style=(axis.stretch(plan)) {} }
                            @if let Some(cast) = row.bar.early { i class={ "cast " (row.verdict.lamp.name()) } style=(axis.stretch(cast)) {} }
                            @for pause in &row.bar.breaks { i class={ "pause " (row.verdict.lamp.name()) } style=(axis.stretch(*pause)) {} }
                        } } }
                    }
                } }
            } }
            @if !asked.is_wall() { (pager(visitor, &page_address, first, rows.len())) }
        }
    })
}

/// The words of the drawing, as JSON.
pub fn words(visitor: &Visitor) -> String {
    let words = ["wall.today", "wall.days_left", "wall.days_past", "wall.row_text"].map(str::to_owned).into_iter();
    let grades = Grade::ALL.map(|(_, name)| format!("grade.{name}"));
    let words = words.chain(Word::ALL.map(|word| format!("lamp.{}", word.key()))).chain(grades).map(|key| {
        let name = key.rsplit('.').next().unwrap_or_default().to_owned();
        (name, json!(visitor.t(&key)))
    });
    Value::from(words.collect::<serde_json::Map<_, _>>()).to_string()
}

/// Rows for the canvas, as short as they can be said: dates are days since 1970, absent ones null.
///
/// Beside them the lines of links, as [`links::lines`] says.
///
/// `[label, depth, kind, lamp, baseline start, finish, forecast start, finish, actual start, finish, per cent, address, front, word, grade, breaks]`,
/// the breaks as first and last days one after the other
pub async fn rows(State(site): State<Site>, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Json<Value>, Problem> {
    let mut conn = site.reader().await?;
    let place = visitor.place(&mut conn, asked.place.as_deref().unwrap_or_default()).await?;
    let today = site.clock.today();
    let chart = Chart::read(&mut conn, &site.domain, &place, today).await?;
    let rows = chart.rows(&place, today, asked.is_wall());
    let shown = shown_links(&chart, &asked, rows.len());
    let links = chart.links(&mut conn, &site.domain, &rows, shown).await?;
    let mut drawn = drawn(&visitor, &chart, &rows, (today, site.head()), |row| address(&asked, row));
    drawn["links"] = links::lines(&rows, &links).into();
    let left_out = links.len().saturating_sub(MOST_LINKS);
    if left_out > 0 {
        drawn["left_out"] = visitor.tf("links.left_out", &[("count", left_out.to_string())]).into();
    }
    Ok(Json(drawn))
}

/// Rows of a chart for the canvas, as of a day and a ledger number; `address` says where one leads.
pub fn drawn(visitor: &Visitor, chart: &Chart, rows: &[ChartRow<'_>], (today, number): (Date, u64), address: impl Fn(&ChartRow<'_>) -> String) -> Value {
    let mandated: Vec<Value> =
        chart.mandates().iter().map(|mandate| json!([visitor.shown(&mandate.name), day(mandate.finish_by)])).collect();
    let rows: Vec<Value> = rows
        .iter()
        .map(|row| {
            let bar = &row.bar;
            let (first, second) = (|pair: Option<(Date, Date)>| pair.map(|pair| day(pair.0)), |pair: Option<(Date, Date)>| pair.map(|pair| day(pair.1)));
            json!([
                visitor.shown(&bar.name),
                row.depth,
                if bar.activity.is_empty() { "whole" } else { &bar.kind },
                row.verdict.lamp.name(),
                first(bar.baseline),
                second(bar.baseline),
                first(bar.early),
                second(bar.early),
                bar.actual_start.map(day),
                bar.actual_finish.map(day),
                bar.percent_e3 / 1000,
                address(row),
                row.front.map(day),
                row.verdict.word().key(),
                row.grade.map(Grade::name),
                bar.breaks.iter().flat_map(|(from, to)| [day(*from), day(*to)]).collect::<Vec<i32>>(),
            ])
        })
        .collect();
    json!({ "today": day(today), "rows": rows, "mandated": mandated, "number": number })
}

/// Days since 1970-01-01.
fn day(date: Date) -> i32 {
    (date - Date::constant(1970, 1, 1)).get_days()
}
