//! Pages of rounds: the round of a place, its wall view, decisions, and minutes with their paper.

use super::gather::{self, Figures, Line, ProjectRound, amount, gather, thousandths};
use super::model::Command;
use super::print::{self, compose};
use crate::features::targets::pages::{delivered, gap_lamp};
use super::store::{self, RoundDecision};
use super::{lists, wall};
use crate::args;
use crate::db::Conn;
use crate::features::authority::{Verb, missing};
use crate::features::rule_sets::model::{GapRules, RuleSet};
use crate::features::{identity, organisations, problems, rule_sets};
use crate::features::places::model::Kind;
use crate::features::places::store::Place;
use crate::features::places::tree::Tree;
use crate::features::targets::grades::Marks;
use crate::features::targets::model::Grade;
use crate::features::targets::pages::{period_text, unit_name};
use crate::features::targets::progress::signed;
use crate::journal::replay;
use crate::refusal::Refusal;
use crate::web::Site;
use crate::web::extract::{Query, Sent};
use crate::web::forms::{Form, Values, error_summary, form_response, refusal, seal};
use crate::web::layout::{crumbs, page, shell};
use crate::web::papers;
use crate::web::problem::{Problem, form_urlencoded};
use crate::web::registers::{self, Cell, Register};
use crate::web::visitor::Visitor;
use anyhow::Context;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use jiff::ToSpan;
use jiff::civil::Date;
use maud::{Markup, html};
use std::collections::{BTreeMap, HashMap};

/// Entries of a list that are shown before the rest is folded.
const SHOWN: usize = 5;
/// Names of buildings that owe a report, of one project.
const NAMES_SHOWN: usize = 12;
/// Minutes that are listed.
const MINUTES_SHOWN: u64 = 10;
/// Decisions that ended stay on the page this long.
const ENDED_DAYS: i64 = 7;

/// Routes of this feature.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/round", get(show))
        .route("/round/decisions", get(decisions).post(decide))
        .route("/round/decisions/{id}/finish", post(finish))
        .route("/round/decisions/{id}/letter/{format}", get(letter))
        .route("/round/lists/{list}", get(lists::show))
        .route("/round/seen", post(see))
        .route("/round/minutes", post(minute))
        .route("/round/brief/{format}", get(brief))
        .route("/round/minutes/{id}/{format}", get(paper))
}

/// What an address asks for.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Asked {
    /// The place; without it the highest a person sees.
    pub(super) place: Option<String>,
    wall: Option<String>,
}

async fn show(State(site): State<Site>, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let place = visitor.place_or_highest(&mut site.reader().await?, &site.domain, asked.place.as_deref()).await?;
    if asked.wall.as_deref() == Some("1") {
        return wall::show(&site, &visitor, &place).await;
    }
    round_page(&site, &visitor, &place, None, None).await
}

/// Everything a round's page and wall show.
pub(super) struct Shown {
    /// The day.
    pub(super) today: Date,
    /// The places.
    pub(super) tree: std::sync::Arc<Tree>,
    /// Names of accounts.
    pub(super) names: HashMap<String, String>,
    /// Its projects.
    pub(super) rounds: Vec<ProjectRound>,
    /// Their counts.
    pub(super) figures: Figures,
    decisions: Vec<RoundDecision>,
    /// The rule set that gave the lamps of gaps, and its numbers.
    pub(super) rule_set: (RuleSet, GapRules),
    /// The ledger number everything stands on.
    pub(super) number: u64,
}

impl Shown {
    /// As everything stands at one moment, so that the ledger number is that of the figures.
    pub(super) async fn gather(conn: &mut Conn, site: &Site, place: &Place) -> Result<Shown, Problem> {
        conn.begin_snapshot().await?;
        let shown = Shown::of_now(conn, site, place).await;
        conn.rollback().await?;
        shown
    }

    async fn of_now(conn: &mut Conn, site: &Site, place: &Place) -> Result<Shown, Problem> {
        let today = site.clock.today();
        let number = replay::head_number(conn).await?;
        let tree = site.domain.places.tree(conn).await?;
        let rounds = gather(conn, &site.domain, place, today).await?;
        let mut decisions = store::decisions(conn, today.saturating_sub(ENDED_DAYS.days())).await?;
        decisions.retain(|one| tree.get(&one.place).is_some_and(|at| at.path.starts_with(&place.path) || place.path.starts_with(&at.path)));
        let rule_set = site.domain.rules.gap(conn, today).await?;
        let figures = Figures::of(&rounds, &tree, &rule_set.0.id);
        Ok(Shown { rule_set, today, names: identity::names(conn).await?, tree, rounds, figures, decisions, number })
    }

    /// A place's name.
    pub(super) fn place_name(&self, id: &str) -> &str {
        self.tree.get(id).map_or("—", |place| place.attributes.name.as_str())
    }

    /// A place's name, of one in a project behind the project's.
    pub(super) fn full_name(&self, id: &str) -> String {
        self.tree.get(id).map_or_else(|| "—".into(), |place| self.tree.full_name(place))
    }

    /// Who owns a decision.
    pub(super) fn owner(&self, decision: &RoundDecision) -> &str {
        self.names.get(&decision.owner).map_or("—", String::as_str)
    }

    /// Decisions that have not ended, what is due first at the head.
    pub(super) fn open(&self) -> impl Iterator<Item = &RoundDecision> {
        self.decisions.iter().filter(|one| one.done.is_none())
    }

    /// The six numbers of a round, each with where it leads.
    pub(super) fn counts(&self, visitor: &Visitor) -> Markup {
        let figures = &self.figures;
        let overdue = self.open().filter(|one| one.is_overdue(self.today)).count();
        let missing = figures.sum(|line| line.reports_due - line.reports_came);
        let counts = [
            ("missing", missing, visitor.tf("round.of_due", &[("due", figures.sum(|line| line.reports_due).to_string())])),
            ("red", figures.sum(|line| line.red), visitor.tf("round.of_new", &[("new", figures.sum(|line| line.red_new).to_string())])),
            ("soon", figures.sum(|line| line.soon), visitor.t("round.of_works")),
            ("unmet", figures.sum(|line| line.unmet), visitor.t("round.of_works")),
            ("hindered", figures.sum(|line| line.hindered), visitor.t("round.of_buildings")),
            ("decisions", self.open().count(), visitor.tf("round.of_overdue", &[("overdue", overdue.to_string())])),
        ];
        html! {
            ul.tiles { @for (key, count, more) in &counts {
                li.is-calm[*count == 0] { a href={ "#" (key) } { span { (visitor.t(&format!("round.{key}"))) } b { (count) } small { (more) } } }
            } }
        }
    }

    /// The projects in counts.
    pub(super) fn table(&self, visitor: &Visitor) -> Markup {
        let marks = Marks::of_visitor(visitor);
        html! {
            div.scroll tabindex="0" { table.round {
                thead { tr { th { (visitor.t("place_kind.project")) } th.number { (visitor.t("round.gap")) } th.number { (visitor.t("round.reports")) } th.number { (visitor.t("round.red")) } th.number.new { (visitor.t("round.red_new")) }
                    th.number { (visitor.t("round.soon_short")) } th.number { (visitor.t("round.unmet_short")) } th.number { (visitor.t("round.hindered_short")) } } }
                tbody {
                    @for line in &self.figures.lines { tr.is-calm[line.is_calm()] {
                        td { a href={ "/round?place=" (form_urlencoded(&line.project)) } { (line.name) } }
                        td.number { @match line.gap { Some(gap) => { (gap_lamp(visitor, gap.points_e1, &self.rule_set.1, &signed(gap.points_e1))) @if let Some(grade) = line.grade { " " (marks.of(grade)) } }, None => span.quiet { "—" } } }
                        td.number { (line.reports_came) "/" (line.reports_due) }
                        @for (count, is_new) in [(line.red, false), (line.red_new, true), (line.soon, false), (line.unmet, false), (line.hindered, false)] {
                            td.number.new[is_new] { @if count > 0 { (count) } @else { span.quiet { "0" } } }
                        }
                    } }
                    @if self.figures.lines.is_empty() { tr { td.empty colspan="8" { (visitor.t("reports.no_active")) } } }
                }
            } }
        }
    }
}

/// A list whose rest is folded.
fn list(visitor: &Visitor, rows: Vec<Markup>) -> Markup {
    let rest = rows.len().saturating_sub(SHOWN);
    html! {
        ul.entries { @for row in rows.iter().take(SHOWN) { li { (row) } } }
        @if rest > 0 { details { summary { (visitor.tf("round.more", &[("count", rest.to_string())])) } ul.entries { @for row in rows.iter().skip(SHOWN) { li { (row) } } } } }
    }
}

/// The section of missing reports.
const MISSING: &str = "missing";

fn section(visitor: &Visitor, place: &Place, key: &str, rows: Vec<Markup>) -> Markup {
    html! {
        section.sheet id=(key) {
            h2 {
                @if rows.is_empty() { (visitor.t(&format!("round.{key}"))) } @else { a href=(lists::address(key, place)) { (visitor.t(&format!("round.{key}"))) } }
                // Of missing reports a row is a project, and has its own count.
                @if key != MISSING { " " span.tag { (rows.len()) } }
            }
            @if rows.is_empty() { p.empty { (visitor.t(&format!("round.no_{key}"))) } } @else { (list(visitor, rows)) }
        }
    }
}

/// A link to a work's bar.
pub(super) fn bar_link(project: &str, activity: &str, name: &str) -> Markup {
    html! { a href={ "/wall/bar?project=" (form_urlencoded(project)) "&activity=" (form_urlencoded(activity)) } { (name) } }
}

/// The round. `decision` is what was typed of a decision that is refused: the form then says why, else the page does.
async fn round_page(site: &Site, visitor: &Visitor, place: &Place, decision: Option<&Values>, refused: Option<&Refusal>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let shown = Shown::gather(&mut conn, site, place).await?;
    let account = visitor.account.as_deref().unwrap_or_default();
    let seen = store::seen(&mut conn, &place.id, account).await?;
    let changes = match seen {
        Some((number, _)) => changes_since(&mut conn, &shown.tree, place, number).await?,
        None => Vec::new(),
    };
    let minutes = store::minutes_of(&mut conn, &place.id, MINUTES_SHOWN).await?;
    drop(conn);
    let marks = Marks::of_visitor(visitor);
    // Who stands for what is said to be done; nothing where nothing was measured.
    let mark = |grade: Option<Grade>| html! { @if let Some(grade) = grade { " " (marks.of(grade)) } };
    let may_govern = visitor.may(Verb::Govern, &place.path);
    let above: Vec<(String, String)> = shown
        .tree
        .lineage(place)
        .skip(1)
        .filter(|other| visitor.may(Verb::Read, &other.path))
        .map(|other| (format!("/round?place={}", form_urlencoded(&other.id)), other.attributes.name.clone()))
        .collect();
    let is_whole = shown.figures.lines.len() != 1;
    let with_project = |project: &Line, at: &str| {
        html! { @if is_whole && at != project.project { span.quiet { (project.name) " " } } (shown.place_name(at)) }
    };
    let mut entries: BTreeMap<&str, Vec<Markup>> = BTreeMap::new();
    for round in &shown.rounds {
        let line = &round.line;
        if !round.missing.is_empty() {
            let names: Vec<&str> = round.missing.iter().map(|id| shown.place_name(id)).collect();
            entries.entry(MISSING).or_default().push(html! {
                a href={ "/reports?place=" (form_urlencoded(&line.project)) } { (line.name) } " " span.tag { (names.len()) } br;
                span.quiet { (visitor.list(&names[..names.len().min(NAMES_SHOWN)])) @if names.len() > NAMES_SHOWN { " …" } }
            });
        }
        for red in round.red_buildings() {
            entries.entry("red").or_default().push(html! {
                span.lamp.bad { (visitor.t(&format!("lamp.{}", red.word.key()))) } " " (with_project(line, &red.place)) br;
                (bar_link(&line.project, &red.activity, &visitor.shown(&red.name))) (mark(red.grade))
                @if let Some(since) = red.since { " " span.quiet { (visitor.tf("round.since", &[("date", since.to_string())])) } }
                @if red.count > 1 { " " span.quiet { (visitor.tf("round.and_more", &[("count", (red.count - 1).to_string())])) } }
            });
        }
        for soon in &round.soon {
            entries.entry("soon").or_default().push(html! {
                span.lamp.warn { (visitor.t("round.soon_short")) } " " (with_project(line, &soon.place)) br;
                (bar_link(&line.project, &soon.activity, &visitor.shown(&soon.name))) (mark(soon.grade)) " " span.quiet { (visitor.tf("round.float_left", &[("days", soon.float_days.to_string()), ("date", soon.latest.to_string())])) }
            });
        }
        for unmet in &round.unmet {
            let period = unmet.promised_for.map_or_else(String::new, |period| period_text(visitor, period));
            let done = delivered(visitor, thousandths(unmet.done), &unmet.unit);
            let params = [("target", amount(unmet.target)), ("done", done), ("unit", unit_name(visitor, &unmet.unit)), ("period", period)];
            entries.entry("unmet").or_default().push(html! {
                (with_project(line, &unmet.building)) br; a href={ "/targets/" (unmet.building) } { (visitor.shown(&unmet.name)) } (mark(unmet.grade)) " " span.quiet { (visitor.tf(if unmet.promised_for.is_some() { "round.broken_line" } else { "round.unmet_line" }, &params)) }
            });
        }
        for waits in &round.hindered {
            entries.entry("hindered").or_default().push(html! {
                (with_project(line, &waits.building)) " " span.quiet { (waits.on) } br;
                a href={ "/reports/" (waits.report) } { (visitor.t(&format!("hindrance.{}", waits.hindrance.kind))) } " " (waits.hindrance.remark)
                " " span.tag { @if waits.hindrance.decider.is_empty() { (visitor.t("round.no_decider")) } @else { (visitor.tf("round.decider", &[("decider", waits.hindrance.decider.clone())])) } }
                " " a.no-print href={ "/problems/new?report=" (waits.report) } { (visitor.t("problems.open")) }
            });
        }
    }
    let mut take = |key: &'static str| section(visitor, place, key, entries.remove(key).unwrap_or_default());
    let reasons = format!("/reports/reasons?place={}", form_urlencoded(&place.id));
    let body = html! {
        @if !above.is_empty() { (crumbs(visitor, &above)) }
        (error_summary(visitor, refused.filter(|_| decision.is_none())))
        div.bar {
            h1 { (place.attributes.name) " · " (visitor.t("nav.round")) } span.quiet { (shown.today) }
            span.end {}
            span.no-print { (visitor.t("round.brief")) @for (format, name) in [("pdf", "PDF"), ("docx", "DOCX")] { " " a href={ "/round/brief/" (format) "?place=" (form_urlencoded(&place.id)) } { (name) } } }
            a.button.second.no-print href={ "/round?place=" (form_urlencoded(&place.id)) "&wall=1" } { (visitor.t("wall.command_room")) }
        }
        (shown.counts(visitor))
        form.seen.no-print method="post" action="/round/seen" {
            (seal(visitor)) input type="hidden" name="place" value=(place.id); input type="hidden" name="number" value=(shown.number);
            div {
                @match seen {
                    None => (visitor.t("round.never_seen")),
                    Some((number, on)) => {
                        (visitor.tf("round.seen_on", &[("date", on.to_string()), ("number", number.to_string())])) " "
                        @if changes.is_empty() { (visitor.t("round.no_changes")) }
                        ul.rows { @for changed in &changes { li {
                            span.tag { (kind_name(visitor, &changed.kind)) " " (changed.count) }
                            @for at in changed.places.iter().take(NAMES_SHOWN).filter_map(|id| shown.tree.get(id)) { " " a href=(changed.address(at)) { (shown.full_name(&at.id)) } }
                            @if changed.places.len() > NAMES_SHOWN { " …" }
                        } } }
                    }
                }
            }
            button.second type="submit" { (visitor.t("round.see")) }
        }
        (shown.table(visitor))
        p.quiet { a.no-print href=(lists::address("projects", place)) { (visitor.t("round.projects")) } " " (rule_sets::pages::told(visitor, &shown.rule_set.0)) " " (Marks::of_visitor(visitor).legend()) }
        div.masonry {
            section.sheet id="decisions" {
                h2 { (visitor.t("round.decisions")) }
                @for decision in &shown.decisions { (decision_row(visitor, &shown, decision, may_govern)) }
                @if shown.decisions.is_empty() { p.empty { (visitor.t("round.no_decisions")) } }
                p.no-print { a href={ "/round/decisions?place=" (form_urlencoded(&place.id)) } { (visitor.t("round.all_decisions")) } }
            }
            (take("red")) (take("soon")) (take("unmet")) (take("hindered")) (take("missing"))
        }
        @if may_govern {
            div.columns {
                section.sheet { h2 { (visitor.t("round.decide")) } (decide_form(site, visitor, &shown, place, decision.unwrap_or(&Values::default()), refused.filter(|_| decision.is_some())).await?) }
                section.sheet {
                    h2 { (visitor.t("round.minute")) }
                    p.quiet { (visitor.t("round.minute_lead")) }
                    form.fields method="post" action="/round/minutes" {
                        (seal(visitor)) input type="hidden" name="place" value=(place.id);
                        div.field { label for="field-remark" { (visitor.t("round.remark")) span.quiet { " " (visitor.t("shell.optional")) } } textarea id="field-remark" name="remark" rows="4" maxlength="2000" {} }
                        div.actions { button type="submit" { (visitor.t("round.freeze")) } }
                    }
                }
            }
        }
        p.no-print { a href=(reasons) { (visitor.t("reasons.title")) } }
        @if !minutes.is_empty() {
            h2 { (visitor.t("round.minutes")) }
            ul.rows { @for one in &minutes { li {
                (one.on) " " span.quiet { "№ " (one.frozen_number) }
                " " a href={ "/round/minutes/" (one.id) "/pdf" } { "PDF" } " " a href={ "/round/minutes/" (one.id) "/docx" } { "DOCX" }
            } } }
        }
    };
    Ok(form_response(refused, shell(site, visitor, &visitor.t("nav.round"), "wide", body)))
}

fn decision_row(visitor: &Visitor, shown: &Shown, decision: &RoundDecision, may_govern: bool) -> Markup {
    let is_own = visitor.account.as_deref() == Some(decision.owner.as_str());
    html! {
        article.decision {
            p { (decision.content) }
            p.quiet {
                (shown.place_name(&decision.place)) " · " (shown.owner(decision)) " · "
                @match &decision.done {
                    Some((on, outcome)) => { (visitor.tf("round.done_on", &[("date", on.to_string())])) " " (outcome) }
                    None => { span.lamp.bad[decision.is_overdue(shown.today)].idle[!decision.is_overdue(shown.today)] { (visitor.tf("round.due_on", &[("date", decision.due.to_string())])) } }
                }
            }
            p.no-print { a href={ "/orders/of?kind=decision&id=" (form_urlencoded(&decision.id)) } { (visitor.t("orders.of_this")) } }
            @if decision.done.is_none() && may_govern {
                p.no-print { (visitor.t("round.letter")) @for (format, name) in [("pdf", "PDF"), ("docx", "DOCX")] { " " a href={ "/round/decisions/" (decision.id) "/letter/" (format) } { (name) } } }
            }
            @if decision.done.is_none() && (is_own || may_govern) {
                details.no-print { summary { (visitor.t("round.finish")) }
                    form.inline method="post" action={ "/round/decisions/" (decision.id) "/finish" } {
                        (seal(visitor)) label { (visitor.t("round.outcome")) " " input name="outcome" required maxlength="200"; } " " button type="submit" { (visitor.t("round.finish")) }
                    }
                }
            }
        }
    }
}

async fn decide_form(site: &Site, visitor: &Visitor, shown: &Shown, place: &Place, values: &Values, refused: Option<&Refusal>) -> Result<Markup, Problem> {
    let places = gather::subjects(&shown.tree, place).map(|other| (other.id.clone(), other.attributes.name.clone())).collect();
    let owners = identity::pages::owners(&mut site.reader().await?, visitor, &shown.tree, place, shown.today).await?;
    let values = if values.text("about").is_empty() { values.clone().with("about", &place.id) } else { values.clone() };
    Ok(Form::new(visitor, format!("/round/decisions?place={}", form_urlencoded(&place.id)), "round.decide", &values)
        .lines("content", true)
        .choice("about", places, true)
        .choice("assignee", owners, true)
        .date("due", true)
        .refused(refused)
        .render())
}

/// What happened under a place after a fact, by kind, the most first. That somebody looked is no change.
pub(super) async fn changes_since(conn: &mut Conn, tree: &Tree, place: &Place, number: u64) -> Result<Vec<Changed>, Problem> {
    let sql = "SELECT kind, place, COUNT(*) FROM fact WHERE number > ? GROUP BY kind, place";
    let mut found: HashMap<String, Changed> = HashMap::new();
    for row in conn.rows(sql, args![number]).await? {
        let (kind, at) = (row.text(0)?, row.text(1)?);
        if !kind.starts_with("round.seen/") && tree.get(&at).is_some_and(|at| at.path.starts_with(&place.path)) {
            let changed = found.entry(kind.clone()).or_insert_with(|| Changed { kind, count: 0, places: Vec::new() });
            changed.count += row.count(2)?;
            changed.places.push(at);
        }
    }
    let mut found: Vec<Changed> = found.into_values().collect();
    found.iter_mut().for_each(|changed| changed.places.sort_by_key(|at| tree.position(at)));
    found.sort_by(|one, other| other.count.cmp(&one.count).then_with(|| one.kind.cmp(&other.kind)));
    Ok(found)
}

/// Facts of a kind since somebody looked.
pub(super) struct Changed {
    /// The kind of fact.
    pub kind: String,
    /// How many there are.
    pub count: u64,
    /// Where, in the order of places.
    pub places: Vec<String>,
}

impl Changed {
    /// Where most of a kind is looked at: the newest report of a building, or the place.
    fn address(&self, at: &Place) -> String {
        let is_report = self.kind.starts_with("reports.") && matches!(at.kind, Kind::Building | Kind::Facility);
        if is_report { format!("/reports/of/{}", at.id) } else { format!("/places/{}", at.id) }
    }
}

/// The name of a kind of fact.
pub(super) fn kind_name(visitor: &Visitor, kind: &str) -> String {
    visitor.t(&format!("fact.{}", kind.split('/').next().unwrap_or_default().replace('.', "_")))
}

async fn decide(State(site): State<Site>, visitor: Visitor, Query(asked): Query<Asked>, Sent(values): Sent) -> Result<Response, Problem> {
    let page = visitor.place_or_highest(&mut site.reader().await?, &site.domain, asked.place.as_deref()).await?;
    let about = visitor.place_for(&mut site.reader().await?, values.text("about"), Verb::Govern).await?;
    let done = async {
        let command = Command::Decide {
            decision: values.request_id()?,
            place: about.id.clone(),
            content: values.text("content").into(),
            owner: values.choice("assignee", |text| (!text.is_empty()).then(|| text.to_owned()))?,
            due: values.date("due")?,
        };
        site.submit(&visitor, values.request_id()?, command).await
    };
    match done.await {
        Ok(_) => Ok(back(&page)),
        Err(problem) => round_page(&site, &visitor, &page, Some(&values), Some(&refusal(problem)?)).await,
    }
}

fn back(place: &Place) -> Response {
    Redirect::to(&format!("/round?place={}", form_urlencoded(&place.id))).into_response()
}

/// Every decision of a place and of what stands under it, open or ended.
async fn decisions(State(site): State<Site>, visitor: Visitor, Query(asked): Query<Asked>, Query(list): Query<registers::Asked>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let place = visitor.place_or_highest(&mut conn, &site.domain, asked.place.as_deref()).await?;
    let today = site.clock.today();
    let tree = site.domain.places.tree(&mut conn).await?;
    let names = identity::names(&mut conn).await?;
    let all = store::decisions(&mut conn, Date::MIN).await?;
    drop(conn);
    let mut register = Register::new(&visitor, "/round/decisions", "round.all_decisions", &list)
        .keep("place", &place.id).about(&place.attributes.name)
        .column("content", "round.what")
        .column("place", "field.place")
        .column("owner", "field.assignee")
        .column("decided", "round.decided")
        .column("due", "round.due")
        .column("state", "field.state")
        .column("ended", "round.ended")
        .column("outcome", "round.outcome");
    for one in all {
        let Some(at) = tree.get(&one.place).filter(|at| at.path.starts_with(&place.path)) else { continue };
        let (key, lamp) = match &one.done {
            Some(_) => ("round.is_ended", "good"),
            None if one.is_overdue(today) => ("round.is_overdue", "bad"),
            None => ("round.is_open", "idle"),
        };
        let state = visitor.t(key);
        let (ended, outcome) = one.done.map_or((Cell::Empty, Cell::Empty), |(on, outcome)| (Cell::Date(on), Cell::Text(outcome)));
        register.row(vec![
            (Cell::Text(one.content), None),
            (Cell::Text(at.attributes.name.clone()), Some(html! { a href={ "/round?place=" (form_urlencoded(&at.id)) } { (at.attributes.name) } })),
            (names.get(&one.owner).map_or(Cell::Empty, |name| Cell::Text(name.clone())), None),
            (Cell::Date(one.decided_on), None),
            (Cell::Date(one.due), None),
            (Cell::Text(state.clone()), Some(html! { span class={ "lamp " (lamp) } { (state) } })),
            (ended, None),
            (outcome, None),
        ]);
    }
    register.respond(&site, "round.no_decision", |table| {
        let back = (format!("/round?place={}", form_urlencoded(&place.id)), visitor.t("nav.round"));
        let body = html! { (crumbs(&visitor, &[back])) h1 { (place.attributes.name) " · " (visitor.t("round.all_decisions")) } (table) };
        page(&site, &visitor, &visitor.t("round.all_decisions"), body).into_response()
    })
}

async fn finish(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>, Sent(values): Sent) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let decision = store::decision(&mut conn, &id).await?.ok_or(missing())?;
    let place = visitor.place(&mut conn, &decision.place).await?;
    drop(conn);
    let command = Command::Finish { decision: id, outcome: values.text("outcome").into() };
    let done = async { site.submit(&visitor, values.request_id()?, command).await };
    match done.await {
        Ok(_) => Ok(back(&place)),
        Err(problem) => round_page(&site, &visitor, &place, None, Some(&refusal(problem)?)).await,
    }
}

async fn see(State(site): State<Site>, visitor: Visitor, Sent(values): Sent) -> Result<Response, Problem> {
    let place = visitor.place_or_highest(&mut site.reader().await?, &site.domain, Some(values.text("place"))).await?;
    let done = async {
        // What the page stood on, never more than there is.
        let number = values.opt_number("number")?.unwrap_or(0).min(site.head());
        site.submit(&visitor, values.request_id()?, Command::See { place: place.id.clone(), number }).await
    };
    match done.await {
        Ok(_) => Ok(back(&place)),
        Err(problem) => round_page(&site, &visitor, &place, None, Some(&refusal(problem)?)).await,
    }
}

async fn minute(State(site): State<Site>, visitor: Visitor, Sent(values): Sent) -> Result<Response, Problem> {
    let place = visitor.place_for(&mut site.reader().await?, values.text("place"), Verb::Govern).await?;
    let done = async {
        let shown = Shown::gather(&mut site.reader().await?, &site, &place).await?;
        let command = Command::Minute {
            minutes: values.request_id()?,
            place: place.id.clone(),
            remark: values.text("remark").into(),
            figures: serde_json::to_string(&shown.figures).context("figures are JSON")?,
            frozen_number: shown.number,
        };
        site.submit(&visitor, values.request_id()?, command).await
    };
    match done.await {
        Ok(_) => Ok(back(&place)),
        Err(problem) => round_page(&site, &visitor, &place, None, Some(&refusal(problem)?)).await,
    }
}

async fn brief(State(site): State<Site>, visitor: Visitor, Path(format): Path<String>, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let place = visitor.place_or_highest(&mut conn, &site.domain, asked.place.as_deref()).await?;
    let shown = Shown::gather(&mut conn, &site, &place).await?;
    let mut open = problems::store::problems(&mut conn, shown.today).await?;
    drop(conn);
    open.retain(|case| case.closed.is_none() && shown.tree.get(&case.place).is_some_and(|at| at.path.starts_with(&place.path)));
    let paper = print::brief(&site, &visitor, &place, &shown, &open);
    papers::download(&visitor, paper, &format, &format!("guatu-brief-{}", shown.today)).await
}

/// The letter that asks for what was decided; what has ended is asked of nobody.
async fn letter(State(site): State<Site>, visitor: Visitor, Path((id, format)): Path<(String, String)>) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let mut conn = site.reader().await?;
    let decision = store::decision(&mut conn, &id).await?.ok_or(missing())?;
    let place = visitor.place_for(&mut conn, &decision.place, Verb::Govern).await?;
    if decision.done.is_some() {
        return Err(missing().into());
    }
    let names = identity::names(&mut conn).await?;
    let parties = print::Correspondents {
        issuer: organisation_of(&mut conn, &decision.decided_by).await?.unwrap_or_else(|| visitor.t("bulletin.office")),
        owner: names.get(&decision.owner).cloned().unwrap_or_else(|| "—".into()),
        owner_organisation: organisation_of(&mut conn, &decision.owner).await?,
    };
    drop(conn);
    let paper = print::letter(&site, &visitor, &decision, &place, &parties);
    papers::download(&visitor, paper, &format, &format!("guatu-letter-{}", site.clock.today())).await
}

/// The name of the body a person belongs to.
async fn organisation_of(conn: &mut Conn, account: &str) -> Result<Option<String>, Problem> {
    let Some(organisation) = identity::store::account(conn, account).await?.and_then(|account| account.organisation) else { return Ok(None) };
    Ok(organisations::get(conn, &organisation).await?.map(|one| one.name))
}

async fn paper(State(site): State<Site>, visitor: Visitor, Path((id, format)): Path<(String, String)>) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let mut conn = site.reader().await?;
    let minutes = store::minutes(&mut conn, &id).await?.ok_or(missing())?;
    let place = visitor.place(&mut conn, &minutes.place).await?;
    let tree = site.domain.places.tree(&mut conn).await?;
    let mut decisions = store::decisions(&mut conn, minutes.on).await?;
    // Of that day, and those that were overdue then.
    decisions.retain(|one| one.decided_on == minutes.on || (one.decided_on < minutes.on && one.due < minutes.on && one.done.as_ref().is_none_or(|(on, _)| *on >= minutes.on)));
    decisions.retain(|one| tree.get(&one.place).is_some_and(|at| at.path.starts_with(&place.path)));
    let names = identity::names(&mut conn).await?;
    let rule_set = rule_sets::store::find(&mut conn, &minutes.figures.rule).await?;
    drop(conn);
    let paper = compose(&site, &visitor, &minutes, &place.attributes.name, rule_set.as_ref(), &decisions, &names);
    papers::download(&visitor, paper, &format, &format!("guatu-round-{}", minutes.on)).await
}
