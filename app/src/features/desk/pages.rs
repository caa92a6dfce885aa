//! The desk: one column on a phone, each line a thing to do.

use crate::db::Conn;
use crate::features::authority::Verb;
use crate::features::places::model::Kind;
use crate::features::places::store::Place;
use crate::features::places::tree::Tree;
use crate::features::reports::model::WORDS;
use crate::features::targets::assess;
use crate::features::targets::pages::{most_pressing, so_far, today_text, urgency};
use crate::clock::civil;
use crate::features::orders::acts::act_key;
use crate::features::orders::known::{Person, duty};
use crate::features::orders::store::Which;
use crate::features::{bulletin, duties, gates, hazards, identity, instructions, orders, plan, problems, reports, round};
use crate::web::Site;
use crate::web::layout::page;
use crate::web::problem::{Problem, form_urlencoded};
use crate::web::visitor::Visitor;
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use jiff::ToSpan;
use jiff::civil::Date;
use maud::{Markup, html};

/// Lines of a section; the rest are counted and one click away.
const SHOWN: usize = 8;

/// Routes of this feature.
pub fn routes() -> Router<Site> {
    Router::new().route("/desk", get(desk))
}

/// A section: what it is called, how many things wait, where all of them are, and the first of them.
struct Section {
    title: &'static str,
    count: usize,
    all: String,
    lines: Vec<Markup>,
}

impl Section {
    fn new(title: &'static str, all: impl Into<String>, mut lines: Vec<Markup>) -> Section {
        let count = lines.len();
        lines.truncate(SHOWN);
        Section { title, count, all: all.into(), lines }
    }

    fn show(&self, visitor: &Visitor) -> Markup {
        html! {
            section.sheet {
                h2 { (visitor.t(self.title)) " " span.tag { (self.count) } }
                ul.rows { @for line in &self.lines { li { (line) } } }
                @if self.count > self.lines.len() || self.lines.is_empty() { p { a href=(self.all) { (visitor.t("desk.all")) } } }
            }
        }
    }
}

async fn desk(State(site): State<Site>, visitor: Visitor) -> Result<Markup, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let today = site.clock.today();
    let mut conn = site.reader().await?;
    let tree = site.domain.places.tree(&mut conn).await?;
    let asking = Asking { site: &site, visitor: &visitor, tree: &tree, today };
    let mut sections = Vec::new();
    if visitor.rights.may_somewhere(Verb::Report) {
        sections.extend(asking.owing(&mut conn).await?);
        sections.extend(asking.disputed(&mut conn).await?);
        sections.extend(asking.targets(&mut conn).await?);
    }
    if visitor.rights.may_somewhere(Verb::Confirm) {
        sections.extend(asking.unjudged(&mut conn).await?);
    }
    sections.extend(asking.hazards(&mut conn).await?);
    if visitor.rights.may_somewhere(Verb::Report) {
        sections.extend(asking.looks(&mut conn).await?);
    }
    sections.extend(asking.gates(&mut conn).await?);
    sections.extend(asking.orders(&mut conn).await?);
    sections.extend(asking.instructions(&mut conn).await?);
    sections.extend(asking.problems(&mut conn).await?);
    sections.extend(asking.decisions(&mut conn).await?);
    sections.extend(asking.duties(&mut conn).await?);
    sections.extend(asking.photos(&mut conn).await?);
    drop(conn);
    let body = html! {
        div.bar { h1 { (visitor.t("desk.title")) } span.quiet { (today) } }
        @if sections.is_empty() { p.empty { (visitor.t("desk.nothing")) } }
        div.masonry { @for section in &sections { (section.show(&visitor)) } }
        p { a href="/wall" { (visitor.t("nav.wall")) } }
    };
    Ok(page(&site, &visitor, &visitor.t("desk.title"), body))
}

/// What sections are made with.
struct Asking<'a> {
    site: &'a Site,
    visitor: &'a Visitor,
    tree: &'a Tree,
    today: Date,
}

/// A section, unless nothing waits.
fn some(section: Section) -> Option<Section> {
    (section.count > 0).then_some(section)
}

impl Asking<'_> {
    /// A building this person may do something at.
    fn mine(&self, building: &str, verb: Verb) -> Option<&Place> {
        self.tree.get(building).filter(|place| self.visitor.may(verb, &place.path))
    }

    /// A building with its project.
    fn named(&self, building: &Place) -> Markup {
        let project = self.tree.lineage(building).find(|other| other.kind == Kind::Project && other.id != building.id);
        html! { @if let Some(project) = project { span.quiet { (project.attributes.name) } " " } (building.attributes.name) }
    }

    /// Buildings that owe today's report.
    async fn owing(&self, conn: &mut Conn) -> Result<Option<Section>, Problem> {
        let highest: Vec<&Place> = self.highest(Verb::Report);
        let mut lines = Vec::new();
        for place in highest {
            for building in reports::sheet::owing(conn, self.site, self.visitor, self.tree, place, self.today).await? {
                lines.push(html! {
                    a href={ "/reports/new?building=" (form_urlencoded(&building.id)) } { (self.named(building)) }
                    " " (reports::pages::unchanged_button(self.visitor, building, self.today))
                });
            }
        }
        Ok(some(Section::new("desk.owing", "/reports", lines)))
    }

    /// The highest places at which this person may do something.
    fn highest(&self, verb: Verb) -> Vec<&Place> {
        let mut highest: Vec<&Place> = Vec::new();
        for place in self.tree.places().iter().filter(|place| self.visitor.may(verb, &place.path)) {
            if !highest.iter().any(|above| place.path.starts_with(&above.path)) {
                highest.push(place);
            }
        }
        highest
    }

    /// Duties that this person owes, what is due first comes first.
    async fn duties(&self, conn: &mut Conn) -> Result<Option<Section>, Problem> {
        let me = self.visitor.account.as_deref();
        let mut lines = Vec::new();
        for duty in duties::store::open(conn).await? {
            let Some(place) = self.mine(&duty.place, Verb::Read).filter(|_| me.is_some() && duty.owner_now(self.tree) == me) else { continue };
            let lamp = if duty.is_overdue(self.today) { "bad" } else if duty.due_on == self.today { "warn" } else { "idle" };
            lines.push(html! { a href={ "/duties/" (form_urlencoded(&duty.id)) } { (duty.name) } " " (place.attributes.name) " " span class={ "lamp " (lamp) } { (duty.due_on) } });
        }
        Ok(some(Section::new("duties.title", "/duties", lines)))
    }

    /// Reports that the supervision engineer disputed and that wait for a correction.
    async fn disputed(&self, conn: &mut Conn) -> Result<Option<Section>, Problem> {
        let from = self.today.saturating_sub(i64::from(WORDS.back_days).days());
        let reports = reports::store::disputed(conn, from, self.today).await?;
        let lines = reports.iter().filter_map(|report| {
            let building = self.mine(&report.building, Verb::Report)?;
            let reason = report.reason.as_deref().unwrap_or_default();
            Some(html! { a href={ "/reports/" (report.id) } { (self.named(building)) " " (report.on) } " " span.quiet { (reason) } })
        });
        Ok(some(Section::new("desk.disputed", "/reports#disputed", lines.collect())))
    }

    /// What today asks of each building, the most pressing work of it first.
    async fn targets(&self, conn: &mut Conn) -> Result<Option<Section>, Problem> {
        let mut lines = Vec::new();
        for state in plan::store::active(conn).await? {
            let Some(project) = self.tree.get(&state.project) else { continue };
            let buildings = self.tree.under(project).iter().filter(|place| self.visitor.may(Verb::Report, &place.path));
            let buildings: Vec<&Place> = buildings.collect();
            if buildings.is_empty() {
                continue;
            }
            let targets = assess::project(conn, &self.site.domain, &project.id, self.today).await?;
            for building in buildings {
                let Some((first, asked)) = most_pressing(&targets, &building.id) else { continue };
                let name = self.visitor.shown(&first.name).into_owned();
                let line = html! {
                    a href={ "/targets/" (form_urlencoded(&building.id)) } { (self.named(building)) } " " (name) " " b { (today_text(self.visitor, first)) }
                    @if let Some(so_far) = so_far(self.visitor, first) { " " (so_far) }
                    @if asked > 1 { " " span.quiet { (self.visitor.tf("round.more", &[("count", (asked - 1).to_string())])) } }
                };
                lines.push((urgency(first), line));
            }
        }
        lines.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        Ok(some(Section::new("targets.today", "/targets", lines.into_iter().map(|(_, line)| line).collect())))
    }

    /// Reports that wait for a judgement, newest first.
    async fn unjudged(&self, conn: &mut Conn) -> Result<Option<Section>, Problem> {
        let waiting = reports::store::waiting(conn).await?;
        let lines = waiting.iter().filter_map(|one| {
            let building = self.mine(&one.building, Verb::Confirm)?;
            Some(html! { a href={ "/reports/" (one.id) } { (self.named(building)) } })
        });
        Ok(some(Section::new("reports.waiting", "/reports/waiting", lines.collect())))
    }

    /// Hazards that this person puts right, or that wait for somebody like them to look.
    async fn hazards(&self, conn: &mut Conn) -> Result<Option<Section>, Problem> {
        use hazards::model::Stage;
        let all = hazards::store::hazards(conn, self.today).await?;
        let me = self.visitor.account.as_ref();
        let lines = all.iter().filter_map(|one| {
            let place = self.mine(&one.known.place, Verb::Read)?;
            let judges = hazards::posts(&self.visitor.rights, &place.path).supervises && one.known.repaired_by.as_ref() != me;
            let is_turn = match one.known.stage {
                Stage::Open => Some(&one.remedy.person) == me,
                Stage::Repaired => judges,
                Stage::Asked => judges && one.known.asked_by.as_ref() != me,
                _ => false,
            };
            let lamp = if one.is_overdue(self.today) { "lamp bad" } else { "quiet" };
            let stage = self.visitor.t(&format!("hazard_stage.{}", one.known.stage.name()));
            is_turn.then(|| html! { a href={ "/hazards/" (one.id) } { (self.named(place)) " " (one.content) } " " span.tag { (stage) } " " span class=(lamp) { (one.remedy.due) } })
        });
        Ok(some(Section::new("desk.hazards", "/hazards", lines.collect())))
    }

    /// Buildings whose risks somebody should have looked at by now.
    async fn looks(&self, conn: &mut Conn) -> Result<Option<Section>, Problem> {
        let mut lines = Vec::new();
        for place in self.highest(Verb::Report) {
            let found = hazards::gather::within(conn, &self.site.domain, self.tree, place, self.today).await?;
            for building in self.tree.under(place) {
                let Some(at) = found.get(&building.id) else { continue };
                let overdue = at.risks.points.iter().filter(|point| point.is_overdue(self.today)).count();
                if overdue > 0 {
                    let count = self.visitor.tf("order_why.risk", &[("count", overdue.to_string())]);
                    lines.push(html! { a href={ "/risks/" (building.id) } { (self.named(building)) } " " span.lamp.bad { (count) } });
                }
            }
        }
        Ok(some(Section::new("desk.looks", "/risks", lines)))
    }

    /// Evidence of gates that waits for somebody of the supervision.
    async fn gates(&self, conn: &mut Conn) -> Result<Option<Section>, Problem> {
        let waiting = gates::store::waiting(conn).await?;
        let lines = waiting.iter().filter_map(|one| {
            let place = self.mine(&one.place, Verb::Confirm).filter(|_| Some(&one.known.filed_by) != self.visitor.account.as_ref())?;
            Some(html! { a href={ "/gates/" (place.id) "#" (one.gate) } { (self.named(place)) " " (self.visitor.t(&format!("value.gate_{}", one.gate))) } })
        });
        Ok(some(Section::new("gates.waiting", "/gates", lines.collect())))
    }

    /// Orders in which it is this person's turn, each with what is to be done, the most pressing first.
    async fn orders(&self, conn: &mut Conn) -> Result<Option<Section>, Problem> {
        let Some(account) = &self.visitor.account else { return Ok(None) };
        // The badge of every page knows whether there is anything to look for.
        if self.visitor.orders_waiting == 0 {
            return Ok(None);
        }
        let (me, now) = (orders::store::person(conn, account, &self.visitor.rights, "").await?, civil(self.site.clock.now()));
        let mut lines = Vec::new();
        for order in orders::store::orders(conn, Which::Active).await? {
            let known = &order.known;
            let Some(place) = self.mine(&known.place, Verb::Read) else { continue };
            let may = |verb| self.visitor.may(verb, &place.path);
            let person = Person { may_govern: may(Verb::Govern), may_approve: may(Verb::Approve), ..me.clone() };
            let Some(act) = duty(known, &person, now) else { continue };
            let budget = known.budget(known.round);
            let due = budget.as_ref().and_then(|budget| budget.due());
            let lamp = if budget.as_ref().is_some_and(|budget| budget.is_over(now)) { "lamp bad" } else { "quiet" };
            let line = html! {
                a href={ "/orders/" (known.id) } { (order.title) } " " span.tag { (self.visitor.t(act_key(act))) }
                @if let Some(due) = &due { " " span class=(lamp) { (due.text()) } }
            };
            lines.push((due.map(|due| due.at), line));
        }
        lines.sort_by_key(|(due, _)| *due);
        Ok(some(Section::new("orders.waiting", "/orders?show=mine", lines.into_iter().map(|(_, line)| line).collect())))
    }

    /// Instructions that this person's unit was told and has not acknowledged.
    async fn instructions(&self, conn: &mut Conn) -> Result<Option<Section>, Problem> {
        let Some(account) = &self.visitor.account else { return Ok(None) };
        let Some(unit) = identity::store::account(conn, account).await?.and_then(|found| found.organisation) else { return Ok(None) };
        let waiting = instructions::store::unacknowledged(conn, &unit).await?;
        let lines = waiting.iter().map(|one| {
            let lamp = if one.due.is_some_and(|due| due < self.today) { "lamp bad" } else { "quiet" };
            html! { a href={ "/instructions/" (one.id) } { (one.subject) } @if let Some(due) = one.due { " " span class=(lamp) { (due) } } }
        });
        Ok(some(Section::new("instructions.to_acknowledge", "/instructions?show=untold", lines.collect())))
    }

    /// Open problems that this person owns.
    async fn problems(&self, conn: &mut Conn) -> Result<Option<Section>, Problem> {
        let all = problems::store::problems(conn, self.today).await?;
        let mine = all.iter().filter(|one| one.closed.is_none() && one.owner == self.visitor.account);
        let lines = mine.filter_map(|one| {
            let place = self.mine(&one.place, Verb::Read)?;
            let days = self.visitor.tf("desk.days", &[("count", one.days_open(self.today).to_string())]);
            let lamp = if one.is_overdue(self.today) { "lamp bad" } else { "quiet" };
            Some(html! { a href={ "/problems/" (one.id) } { (self.named(place)) " " (one.content) } " " span class=(lamp) { (days) } })
        });
        Ok(some(Section::new("desk.problems", "/problems", lines.collect())))
    }

    /// Decisions of the round that this person is to carry out.
    async fn decisions(&self, conn: &mut Conn) -> Result<Option<Section>, Problem> {
        let all = round::store::decisions(conn, self.today).await?;
        let mine = all.iter().filter(|one| one.done.is_none() && Some(&one.owner) == self.visitor.account.as_ref());
        let lines = mine.map(|one| {
            let lamp = if one.is_overdue(self.today) { "lamp bad" } else { "quiet" };
            html! { a href={ "/round?place=" (form_urlencoded(&one.place)) } { (one.content) } " " span class=(lamp) { (one.due) } }
        });
        Ok(some(Section::new("round.decisions", "/round/decisions", lines.collect())))
    }

    /// Photographs that a bulletin would like to print.
    async fn photos(&self, conn: &mut Conn) -> Result<Option<Section>, Problem> {
        let asked = bulletin::store::unanswered(conn).await?;
        let lines = asked.iter().filter_map(|(bulletin, building)| {
            let building = self.mine(building, Verb::Report)?;
            Some(html! { a href={ "/bulletins/" (bulletin) } { (self.named(building)) } })
        });
        Ok(some(Section::new("desk.photos", "/bulletins", lines.collect())))
    }
}
