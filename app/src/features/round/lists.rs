//! The lists of a round as registers: what its page shows in short, whole, to be sorted, searched and taken along.

use super::gather::{ProjectRound, amount};
use super::pages::{Shown, bar_link};
use crate::features::authority::{Verb, missing};
use crate::features::places::store::Place;
use crate::features::targets::grades::Marks;
use crate::features::targets::model::Grade;
use crate::features::targets::pages::{gap_lamp, period_text, unit_name};
use crate::features::targets::progress::signed;
use crate::web::Site;
use crate::web::extract::Query;
use crate::web::layout::{crumbs, page};
use crate::web::problem::{Problem, form_urlencoded};
use crate::web::registers::{Asked, Cell, Register};
use crate::web::visitor::Visitor;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

/// A list of a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum List {
    /// The projects in counts.
    Projects,
    Missing,
    Red,
    Soon,
    Unmet,
    Hindered,
}

impl List {
    /// Every list and its name in addresses and locale files.
    const ALL: [(List, &'static str); 6] =
        [(List::Projects, "projects"), (List::Missing, "missing"), (List::Red, "red"), (List::Soon, "soon"), (List::Unmet, "unmet"), (List::Hindered, "hindered")];

    fn from_name(name: &str) -> Option<List> {
        List::ALL.into_iter().find(|(_, known)| *known == name).map(|(list, _)| list)
    }
}

/// The address of a list.
pub fn address(list: &str, place: &Place) -> String {
    format!("/round/lists/{list}?place={}", form_urlencoded(&place.id))
}

/// One cell: its value, and how the page shows it where that is more.
type Shows = (Cell, Option<Markup>);

fn words(text: impl Into<String>) -> Shows {
    (Cell::Text(text.into()), None)
}

fn linked(text: &str, markup: Markup) -> Shows {
    (Cell::Text(text.to_owned()), Some(markup))
}

fn graded(marks: &Marks, grade: Option<Grade>) -> Shows {
    grade.map_or((Cell::Empty, None), |grade| (Cell::Text(marks.word(grade).to_owned()), Some(marks.with_word(grade))))
}

/// One list of a round.
pub async fn show(
    State(site): State<Site>,
    visitor: Visitor,
    Path(name): Path<String>,
    Query(asked): Query<super::pages::Asked>,
    Query(wanted): Query<Asked>,
) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let place = visitor.place_or_highest(&mut conn, &site.domain, asked.place.as_deref()).await?;
    let list = List::from_name(&name).ok_or(missing())?;
    let shown = Shown::gather(&mut conn, &site, &place).await?;
    drop(conn);
    let title = format!("round.{name}");
    let mut register = columns(Register::new(&visitor, format!("/round/lists/{name}"), &title, &wanted).keep("place", &place.id).about(&place.attributes.name), list);
    for round in &shown.rounds {
        for row in rows(&visitor, &shown, round, list) {
            register.row(row);
        }
    }
    register.respond(&site, &format!("round.no_{name}"), |table| {
        let back = (format!("/round?place={}", form_urlencoded(&place.id)), visitor.t("nav.round"));
        let body = html! { (crumbs(&visitor, &[back])) h1 { (place.attributes.name) " · " (visitor.t(&title)) } (table) };
        page(&site, &visitor, &visitor.t(&title), body).into_response()
    })
}

fn columns(register: Register<'_>, list: List) -> Register<'_> {
    let register = register.column("project", "place_kind.project");
    let register = if list == List::Projects { register } else { register.column("place", "field.place") };
    match list {
        List::Projects => register
            .measured("gap", "round.gap", "unit.points")
            .number("came", "round.reports_came")
            .number("due", "round.reports_due")
            .number("red", "round.red")
            .number("red_new", "round.red_new")
            .number("soon", "round.soon_short")
            .number("unmet", "round.unmet_short")
            .number("hindered", "round.hindered_short")
            .column("grade", "profile.grade"),
        List::Missing => register,
        List::Red => register
            .column("work", "profile.work")
            .column("state", "field.state")
            .column("since", "profile.since")
            .number("works", "profile.works")
            .column("grade", "profile.grade"),
        List::Soon => register.column("work", "profile.work").number("float", "plans.total_float").column("latest", "wall.latest_dates").column("grade", "profile.grade"),
        List::Unmet => register
            .column("work", "profile.work")
            .column("promised", "targets.will")
            .number("target", "round.target")
            .number("done", "targets.done")
            .column("unit", "field.unit")
            .column("grade", "profile.grade"),
        List::Hindered => register.column("kind", "round.why").column("remark", "field.remark").column("decider", "field.decider").column("on", "field.on"),
    }
}

/// What a project puts on a list.
fn rows(visitor: &Visitor, shown: &Shown, round: &ProjectRound, list: List) -> Vec<Vec<Shows>> {
    let line = &round.line;
    let marks = Marks::of_visitor(visitor);
    let project = || linked(&line.name, html! { a href={ "/round?place=" (form_urlencoded(&line.project)) } { (line.name) } });
    let place = |id: &str| words(shown.place_name(id));
    let work = |activity: &str, name: &str| linked(&visitor.shown(name), bar_link(&line.project, activity, &visitor.shown(name)));
    match list {
        List::Projects => {
            let counts = [line.reports_came, line.reports_due, line.red, line.red_new, line.soon, line.unmet, line.hindered];
            let gap = line.gap.map_or((Cell::Empty, None), |gap| (Cell::Number(gap.points_e1 as f64 / 10.0), Some(gap_lamp(visitor, gap.points_e1, &shown.rule_set.1, &signed(gap.points_e1)))));
            let counts = counts.map(|count| (Cell::Number(count as f64), None));
            vec![[project(), gap].into_iter().chain(counts).chain([graded(&marks, line.grade)]).collect()]
        }
        List::Missing => round
            .missing
            .iter()
            .map(|id| {
                // Whoever may not report there sees what has come.
                let may_report = shown.tree.get(id).is_some_and(|place| visitor.may(Verb::Report, &place.path));
                let page = if may_report { "/reports/new?building=" } else { "/reports?place=" };
                vec![project(), linked(shown.place_name(id), html! { a href={ (page) (form_urlencoded(id)) } { (shown.place_name(id)) } })]
            })
            .collect(),
        List::Red => round
            .red_buildings()
            .map(|red| {
                let word = visitor.t(&format!("lamp.{}", red.word.key()));
                let lamp = linked(&word, html! { span.lamp.bad { (word) } });
                let since = (red.since.map_or(Cell::Empty, Cell::Date), None);
                vec![project(), place(&red.place), work(&red.activity, &red.name), lamp, since, (Cell::Number(red.count as f64), None), graded(&marks, red.grade)]
            })
            .collect(),
        List::Soon => round
            .soon
            .iter()
            .map(|soon| vec![project(), place(&soon.place), work(&soon.activity, &soon.name), (Cell::Number(soon.float_days as f64), None), (Cell::Date(soon.latest), None), graded(&marks, soon.grade)])
            .collect(),
        List::Unmet => round
            .unmet
            .iter()
            .map(|unmet| {
                let work = linked(&visitor.shown(&unmet.name), html! { a href={ "/targets/" (unmet.building) } { (visitor.shown(&unmet.name)) } });
                let said = |units: f64| match units < 0.0 {
                    true => visitor.tf("targets.taken_back", &[("amount", amount(-units))]),
                    false => amount(units),
                };
                let amounts = [unmet.target, unmet.done].map(|units| (Cell::Number((units * 1000.0).round() / 1000.0), Some(html! { (said(units)) })));
                let [target, done] = amounts;
                let promised = words(unmet.promised_for.map_or_else(|| visitor.t("targets.unpromised"), |period| period_text(visitor, period)));
                vec![project(), place(&unmet.building), work, promised, target, done, words(unit_name(visitor, &unmet.unit)), graded(&marks, unmet.grade)]
            })
            .collect(),
        List::Hindered => round
            .hindered
            .iter()
            .map(|waits| {
                let kind = visitor.t(&format!("hindrance.{}", waits.hindrance.kind));
                let report = linked(&kind, html! { a href={ "/reports/" (waits.report) } { (kind) } });
                let decider = if waits.hindrance.decider.is_empty() { visitor.t("round.no_decider") } else { waits.hindrance.decider.clone() };
                vec![project(), place(&waits.building), report, words(waits.hindrance.remark.clone()), words(decider), (Cell::Date(waits.on), None)]
            })
            .collect(),
    }
}
