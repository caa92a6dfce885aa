//! What a project's sheet shows, read from the features that know it.

use crate::clock::civil;
use crate::db::Conn;
use crate::features::authority::Verb;
use crate::features::places::store::Place;
use crate::features::plan::network::Scheduled;
use crate::features::plan::store::{ProjectPlan, Version};
use crate::features::orders::store::{Order, Which, orders};
use crate::features::problems::store::Problem as Case;
use crate::features::round::gather::{ProjectRound, gather as gather_round};
use crate::features::rule_sets::model::{GapRules, RuleSet};
use crate::features::targets::model::Grade;
use crate::features::task_force::model::{Holder, REQUIRED, Seat};
use crate::features::{identity, organisations, places, plan, problems, reports, targets, task_force};
use crate::journal::replay;
use crate::web::Site;
use crate::web::problem::Problem;
use crate::web::visitor::Visitor;
use jiff::civil::{Date, DateTime};
use std::collections::HashMap;
use std::sync::Arc;

/// A project as its sheet shows it.
#[derive(Debug)]
pub struct Profile {
    /// The project.
    pub place: Place,
    /// The day.
    pub today: Date,
    /// The ledger number everything stands on.
    pub number: u64,
    /// Names of the places above that the person may read, the highest first.
    pub above: Vec<String>,
    /// Headline counts, each with the key of what is counted.
    pub counts: Vec<(&'static str, String)>,
    /// The accountable official, and the place above that names one where the project itself does not.
    pub official: Option<(String, Option<String>)>,
    /// The organisation that owns it.
    pub owner: Option<String>,
    /// Seats of its task force that are held today or must be, with who holds them.
    pub seats: Vec<(Seat, Vec<String>)>,
    /// The approved plan as it stands.
    pub plan: Option<(ProjectPlan, Version)>,
    /// First and last day of the approved plan before any fact.
    pub baseline: Option<(Date, Date)>,
    /// Its mandated dates and what is to be expected of them.
    pub scheduled: Arc<Scheduled>,
    /// Names of organisations.
    pub organisations: HashMap<String, String>,
    /// Planned to date, done and gap in tenths of a per cent or percentage point.
    pub points_e1: Option<(i64, i64, i64)>,
    /// The rules that gave the lamp of the gap.
    pub rules: (RuleSet, GapRules),
    /// The lowest truth grade of what was measured.
    pub grade: Option<Grade>,
    /// The day of an active project: reports, red work.
    pub round: Option<ProjectRound>,
    /// Its open problems, longest first, each with the name of its owner.
    pub problems: Vec<(Case, Option<String>)>,
    /// Its open orders, those that end first before the others.
    pub orders: Vec<Order>,
    /// This instant, for the clocks of its orders.
    pub now: DateTime,
    /// Names of its buildings and of itself.
    pub place_names: HashMap<String, String>,
    /// The newest day of which there is a report.
    pub last_report: Option<Date>,
    /// Buildings that owe today's report, each with its newest report: the longest silent first.
    pub silent: Vec<(String, Option<Date>)>,
}

impl Profile {
    /// The name of a place of the project.
    pub fn name(&self, place: &str) -> &str {
        self.place_names.get(place).map_or("—", String::as_str)
    }
}

/// Reads everything a project's sheet shows.
pub async fn gather(conn: &mut Conn, site: &Site, visitor: &Visitor, place: Place) -> Result<Profile, Problem> {
    let today = site.clock.today();
    let number = replay::head_number(conn).await?;
    let tree = site.domain.places.tree(conn).await?;
    let people = identity::names(conn).await?;
    let organisations: HashMap<String, String> = organisations::all(conn).await?.into_iter().map(|one| (one.id, one.name)).collect();
    let readable = tree.lineage(&place).skip(1).filter(|above| visitor.may(Verb::Read, &above.path));
    let mut above: Vec<String> = readable.map(|above| above.attributes.name.clone()).collect();
    above.reverse();
    let official = tree.accountable(&place).map(|(account, at)| {
        let named_above = (at.id != place.id).then(|| at.attributes.name.clone());
        (people.get(account).cloned().unwrap_or_else(|| "—".into()), named_above)
    });
    let plan = match plan::store::project_plan(conn, &place.id).await? {
        Some(state) => plan::store::version(conn, &state.version).await?.map(|version| (state, version)),
        None => None,
    };
    let scheduled = site.domain.networks.scheduled(conn, &place.id).await?;
    let baselines = || scheduled.bars.iter().filter_map(|bar| bar.baseline);
    let baseline = baselines().map(|(start, _)| start).min().zip(baselines().map(|(_, finish)| finish).max());
    let assessed = targets::assess::project(conn, &site.domain, &place.id, today).await?;
    let grades = site.domain.grades.grades(conn).await?;
    let grade = assessed.items.iter().filter_map(|item| grades.of_work(&place.id, &item.activity)).min();
    let round = gather_round(conn, &site.domain, &place, today).await?.into_iter().find(|round| round.line.project == place.id);
    let mut open = problems::store::problems(conn, today).await?;
    open.retain(|case| case.closed.is_none() && tree.get(&case.place).is_some_and(|at| at.path.starts_with(&place.path)));
    let mut open_orders = orders(conn, Which::Open).await?;
    open_orders.retain(|order| tree.get(&order.known.place).is_some_and(|at| at.path.starts_with(&place.path)));
    open_orders.sort_by_key(|order| order.known.budget(order.known.round).and_then(|budget| budget.last_due()).map(|due| due.at));
    let place_names: HashMap<String, String> = tree.under(&place).iter().map(|one| (one.id.clone(), one.attributes.name.clone())).collect();
    let last_days = reports::store::last_days(conn, today).await?;
    let last_report = last_days.iter().filter(|(building, _)| place_names.contains_key(*building)).map(|(_, on)| *on).max();
    let missing = round.iter().flat_map(|round| &round.missing);
    let mut silent: Vec<(String, Option<Date>)> = missing.map(|building| (building.clone(), last_days.get(building).copied())).collect();
    silent.sort_by_key(|(building, on)| (*on, tree.position(building)));
    let rules = site.domain.rules.gap(conn, today).await?;
    Ok(Profile {
        counts: places::pages::headline(&tree, &place),
        seats: seats(conn, &place.id, today, &people, &organisations).await?,
        owner: place.attributes.owner.as_ref().and_then(|owner| organisations.get(owner)).cloned(),
        problems: open.into_iter().map(|case| { let owner = case.owner.as_ref().and_then(|owner| people.get(owner)).cloned(); (case, owner) }).collect(),
        orders: open_orders,
        now: civil(site.clock.now()),
        points_e1: assessed.whole().judged_e1(rules.1.measure, today),
        rules,
        place,
        today,
        number,
        above,
        official,
        plan,
        baseline,
        scheduled,
        organisations,
        grade,
        round,
        place_names,
        last_report,
        silent,
    })
}

/// Seats in their order, with who holds them on a day; those that must be held and are not stand with nobody.
async fn seats(
    conn: &mut Conn,
    project: &str,
    today: Date,
    people: &HashMap<String, String>,
    organisations: &HashMap<String, String>,
) -> Result<Vec<(Seat, Vec<String>)>, Problem> {
    let members = task_force::store::members(conn, project).await?;
    let name = |holder: &Holder| match holder {
        Holder::Account(account) => people.get(account).cloned(),
        Holder::Organisation(organisation) => organisations.get(organisation).cloned(),
    };
    let sits = |member: &&task_force::store::Member| member.from <= today && member.to.is_none_or(|to| to >= today);
    let mut seats = Vec::new();
    for (seat, _) in Seat::ALL {
        let held: Vec<String> = members
            .iter()
            .filter(sits)
            .filter(|member| member.seat == seat)
            .map(|member| name(&member.holder).unwrap_or_else(|| "—".into()))
            .collect();
        if !held.is_empty() || REQUIRED.contains(&seat) {
            seats.push((seat, held));
        }
    }
    Ok(seats)
}
