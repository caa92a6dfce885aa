//! The account of a period: what was needed, possible, promised and done in a day, week, ten days, month, quarter or year, by
//! work item, building, parcel, project or accountable official.
//!
//! Quantities of one unit are added as they are. Works of different units do not add: a place or an official gets crew-days of
//! the approved baseline instead. What one work did beyond its promise never hides what another did not: the numerators of
//! all ratios are added work by work, each cut off at its own denominator.

use super::assess::{self, Assessed};
use super::grades::Marks;
use super::model::Grade;
use super::pages::{address_of, hundredths, quantity, told_of, unit_name};
use crate::features::authority::missing;
use crate::features::places::model::Kind;
use crate::features::places::store::Place;
use crate::features::places::tree::Tree;
use crate::features::{identity, places, plan};
use crate::web::Site;
use crate::web::extract::Query;
use crate::web::layout::page;
use crate::web::past;
use crate::web::problem::{Problem, form_urlencoded};
use crate::web::registers::{self, Cell, Register};
use crate::web::visitor::Visitor;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use guatu_kernel::guarantee::{PeriodKind, TOLERANCE, Window};
use jiff::civil::Date;
use maud::{Markup, html};
use std::collections::{BTreeMap, HashMap, HashSet};

/// What a row is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum By {
    /// Projects, within a project its buildings.
    #[default]
    Place,
    /// Parcels of a project.
    Parcel,
    /// Works of one stage and unit.
    Work,
    /// Accountable officials.
    Official,
}

impl By {
    const ALL: [(By, &'static str); 4] = [(By::Place, "place"), (By::Parcel, "parcel"), (By::Work, "work"), (By::Official, "official")];

    fn name(self) -> &'static str {
        By::ALL.iter().find(|(by, _)| *by == self).map_or("", |(_, name)| name)
    }

    fn from_name(name: Option<&str>) -> Option<By> {
        let Some(name) = name else { return Some(By::default()) };
        By::ALL.iter().find(|(_, known)| *known == name).map(|(by, _)| *by)
    }
}

/// What an address asks for.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Asked {
    place: Option<String>,
    period: Option<String>,
    by: Option<String>,
    /// A day of the period; today when it is absent or lies ahead.
    on: Option<Date>,
}

/// Works of a row, added up.
#[derive(Clone, Debug, Default)]
struct Account {
    should: f64,
    can: f64,
    will: f64,
    done: f64,
    /// `min(WILL, SHOULD)`, `min(done, SHOULD)` and `min(done, WILL)` of each work, none below nothing: what a judgement takes
    /// back of an earlier period is no debt of this one.
    promised: f64,
    required: f64,
    kept: f64,
    promise_debt: f64,
    requirement_debt: f64,
    /// Promises made, and of these kept so far.
    promises: (usize, usize),
    works: usize,
    /// Of these, needed and promised by nobody.
    unpromised: usize,
    /// The lowest grade of what was measured.
    grade: Option<Grade>,
}

impl Account {
    /// Adds a work of which a unit counts so much.
    fn add(&mut self, window: &Window, unit: f64, grade: Option<Grade>) {
        let will = window.will.unwrap_or(0.0);
        for (sum, value) in [
            (&mut self.should, window.should),
            (&mut self.can, window.can),
            (&mut self.will, will),
            (&mut self.done, window.done),
            (&mut self.promised, will.min(window.should)),
            (&mut self.required, window.required()),
            (&mut self.kept, window.kept()),
            (&mut self.promise_debt, window.promise_debt()),
            (&mut self.requirement_debt, window.requirement_debt),
        ] {
            *sum += value * unit;
        }
        self.works += 1;
        self.promises.0 += usize::from(window.will.is_some());
        self.promises.1 += usize::from(window.will.is_some_and(|will| window.done + TOLERANCE >= will));
        self.unpromised += usize::from(window.will.is_none() && window.should > TOLERANCE);
        self.grade = self.grade.into_iter().chain(grade).min();
    }
}

/// A row: what it is about, and what it opens.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Subject {
    /// Name for people, and the unit of its quantities; crew-days where there is none.
    name: String,
    unit: Option<String>,
    /// Address of the page that shows what it is made of.
    address: Option<String>,
}

/// `GET /targets/periods`: the account of a period.
pub(super) async fn accounts(
    State(site): State<Site>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
    Query(list): Query<registers::Asked>,
) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let place = visitor.place_or_highest(&mut conn, &site.domain, asked.place.as_deref()).await?;
    let kind = match asked.period.as_deref() {
        None => PeriodKind::Week,
        Some(name) => PeriodKind::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(missing)?,
    };
    let by = By::from_name(asked.by.as_deref()).ok_or_else(missing)?;
    let looked = past::look(&site, asked.on).await?;
    let (on, then) = (looked.day, looked.passed());
    let period = kind.around(on);
    let tree = site.domain.places.tree(&mut conn).await?;
    let names = identity::names(&mut conn).await?;
    let marks = Marks::of_visitor(&visitor);
    let asking = Asking { visitor: &visitor, tree: &tree, names: &names, place: &place, kind, by, on: then };
    let mut rows: BTreeMap<Subject, Account> = BTreeMap::new();
    // Rounds and bulletins speak of active projects: a sum beside them is of the same.
    let active: HashSet<String> = plan::store::active(&mut conn).await?.into_iter().map(|plan| plan.project).collect();
    let projects = tree.lineage(&place).find(|other| other.kind == Kind::Project);
    let projects: Vec<&Place> = match projects {
        Some(project) => vec![project],
        None => tree.under(&place).iter().filter(|other| other.kind == Kind::Project && active.contains(&other.id)).collect(),
    };
    let mut whole = Account::default();
    for project in projects {
        let targets = assess::looked(&mut conn, &site.domain, &project.id, &looked).await?;
        for (building, items) in &targets.by_building {
            let Some(building) = tree.get(building).filter(|one| one.path.starts_with(&place.path)) else { continue };
            for item in items.iter().map(|at| &targets.items[*at]) {
                let Some(window) = item.facts.windows.iter().find(|window| window.period == period) else { continue };
                if window.should <= TOLERANCE && window.will.is_none() && window.done.abs() <= TOLERANCE {
                    continue;
                }
                let subject = asking.subject(project, building, item);
                let unit = if subject.unit.is_some() { 1.0 } else { item.unit_crew_days };
                rows.entry(subject).or_default().add(window, unit, item.grade);
                whole.add(window, item.unit_crew_days, item.grade);
            }
        }
    }
    let crumbs = places::pages::crumbs_of(&mut conn, &visitor, &place).await?;
    drop(conn);
    let mut rows: Vec<(Subject, Account)> = rows.into_iter().collect();
    rows.sort_by(|(_, one), (_, other)| other.requirement_debt.total_cmp(&one.requirement_debt));
    let mut register = Register::new(&visitor, "/targets/periods", "period_account.title", &list)
        .keep("place", &place.id).about(&place.attributes.name)
        .keep("period", kind.name())
        .keep("by", by.name())
        .of_days(period.from, period.to)
        .column("subject", &format!("period_account.by_{}", by.name()))
        .column("unit", "field.unit")
        .number("should", "targets.should")
        .number("can", "targets.can")
        .number("will", "targets.will")
        .number("done", "targets.did")
        .measured("cl", "targets.cl", "unit.percent")
        .measured("prco", "targets.prco", "unit.percent")
        .measured("ppc", "targets.ppc", "unit.percent")
        .number("promise_debt", "targets.debt_promise")
        .number("requirement_debt", "targets.debt_requirement")
        .number("unpromised", "period_account.unpromised");
    if let Some(on) = asking.on {
        register = register.keep("on", on);
    }
    for (subject, account) in &rows {
        register.row(row(&visitor, &marks, subject, account));
    }
    register.respond(&site, "period_account.nothing", |table| {
        let level = [("text", visitor.t(&format!("period.{}", kind.name()))), ("note", visitor.t(&format!("level.{}", kind.level())))];
        let body = html! {
            (crumbs)
            div.bar { h1 { (place.attributes.name) " · " (visitor.t("period_account.title")) } span.quiet { (period.from) " – " (period.to) } a.button.second.end.no-print href={ "/closings?kind=" (kind.name()) } { (visitor.t("closings.title")) } }
            p.lead { (visitor.t("period_account.lead")) }
            (told_of(&visitor, &looked))
            nav.bar.no-print aria-label=(visitor.t("targets.period")) { @for one in PeriodKind::ALL {
                a.button.second href=(asking.address(&place.id, one, by)) aria-current=[(one == kind).then_some("true")] { (visitor.t(&format!("period.{}", one.name()))) }
            } }
            nav.bar.no-print aria-label=(visitor.t("period_account.by")) { @for (one, name) in By::ALL.iter().filter(|(one, _)| asking.is_offered(*one)) {
                a.button.second href=(asking.address(&place.id, kind, *one)) aria-current=[(*one == by).then_some("true")] { (visitor.t(&format!("period_account.by_{name}"))) }
            } }
            ul.counts {
                @for (key, part, of) in [("targets.cl", whole.promised, whole.should), ("targets.prco", whole.required, whole.should), ("targets.ppc", whole.kept, whole.will)] {
                    li { b { (percent(part, of)) } span { (visitor.t(key)) } }
                }
                li { b { (whole.promises.1) " / " (whole.promises.0) } span { (visitor.t("period_account.kept_of_made")) } }
                li { b { (whole.unpromised) } span { (visitor.t("period_account.unpromised")) } }
            }
            p.quiet { (visitor.tf("period_account.level", &[("level", visitor.tf("shell.bracketed", &level))])) }
            (table)
            p.quiet { (visitor.t("period_account.rule")) }
            p { (marks.legend()) }
        };
        page(&site, &visitor, &visitor.t("period_account.title"), body).into_response()
    })
}

/// What rows are made with.
struct Asking<'a> {
    visitor: &'a Visitor,
    tree: &'a Tree,
    names: &'a HashMap<String, String>,
    place: &'a Place,
    kind: PeriodKind,
    by: By,
    /// An earlier day.
    on: Option<Date>,
}

impl Asking<'_> {
    fn address(&self, place: &str, kind: PeriodKind, by: By) -> String {
        let on = self.on.map_or_else(String::new, |on| format!("&on={on}"));
        format!("/targets/periods?place={}&period={}&by={}{on}", form_urlencoded(place), kind.name(), by.name())
    }

    fn is_within_project(&self) -> bool {
        self.tree.lineage(self.place).any(|other| other.kind == Kind::Project)
    }

    /// Parcels stand within one project.
    fn is_offered(&self, by: By) -> bool {
        by != By::Parcel || self.is_within_project()
    }

    fn subject(&self, project: &Place, building: &Place, item: &Assessed) -> Subject {
        let of = |place: &Place| {
            let is_last = matches!(place.kind, Kind::Building | Kind::Facility);
            let address = if is_last { address_of(place, self.on) } else { self.address(&place.id, self.kind, By::Place) };
            Subject { name: place.attributes.name.clone(), unit: None, address: Some(address) }
        };
        match self.by {
            By::Place if self.is_within_project() => of(building),
            By::Place => of(project),
            By::Parcel => of(self.tree.lineage(building).find(|other| other.kind == Kind::Parcel).unwrap_or(project)),
            By::Work => {
                let name = item.stage.as_ref().map_or_else(|| self.visitor.shown(&item.name).into_owned(), |stage| self.visitor.t(&format!("stage.{stage}")));
                Subject { name, unit: Some(unit_name(self.visitor, &item.unit)), address: None }
            }
            By::Official => {
                let account = self.tree.accountable(building).map(|(account, _)| account);
                let name = account.and_then(|account| self.names.get(account)).cloned();
                Subject { name: name.unwrap_or_else(|| "—".to_owned()), unit: None, address: None }
            }
        }
    }
}

/// A ratio as people read it; nothing where there is nothing to divide by.
fn percent(part: f64, of: f64) -> String {
    if of > TOLERANCE { format!("{:.0}%", part / of * 100.0) } else { "—".to_owned() }
}

fn row(visitor: &Visitor, marks: &Marks, subject: &Subject, account: &Account) -> Vec<(Cell, Option<Markup>)> {
    let amount = |value: f64| (Cell::Number(hundredths(value)), Some(html! { (quantity(value)) }));
    let ratio = |part: f64, of: f64| {
        let cell = if of > TOLERANCE { Cell::Number((part / of * 1000.0).round() / 10.0) } else { Cell::Empty };
        (cell, Some(html! { (percent(part, of)) }))
    };
    let link = subject.address.as_ref().map(|address| html! { a href=(address) { (subject.name) } });
    let unit = subject.unit.clone().unwrap_or_else(|| visitor.t("period_account.crew_days"));
    let done = html! { (quantity(account.done)) @if let Some(grade) = account.grade { " " (marks.of(grade)) } };
    vec![
        (Cell::Text(subject.name.clone()), link),
        (Cell::Text(unit), None),
        amount(account.should),
        amount(account.can),
        amount(account.will),
        (Cell::Number(hundredths(account.done)), Some(done)),
        ratio(account.promised, account.should),
        ratio(account.required, account.should),
        ratio(account.kept, account.will),
        amount(account.promise_debt),
        amount(account.requirement_debt),
        (Cell::Number(account.unpromised as f64), None),
    ]
}
