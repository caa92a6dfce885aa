//! Rules of plans: which places, which people, until when; what a leader chooses and what chance gives.

use super::draw::{Candidate, Drawing, Pick, RULES, draw};
use super::model::{Refused, text};
use super::sealing::{Basis, Stop};
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// Places of one route at most.
pub const MOST_STOPS: usize = 3;

/// What a directed plan asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Id of the plan.
    pub plan: String,
    /// Places, in order.
    pub places: Vec<String>,
    /// Who goes.
    pub inspectors: Vec<String>,
    /// Why.
    pub reason: String,
    /// Why again so soon.
    pub again: String,
    /// Last day.
    pub until: Date,
    /// Days on the spot, each.
    pub days: u32,
    /// Why more often or longer than the year allows.
    pub beyond: String,
    /// Who plans it.
    pub made_by: String,
}

/// What a year allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// Inspections of one project.
    pub visits: u32,
    /// Days of each.
    pub days: u32,
}

impl Default for Allowed {
    fn default() -> Allowed {
        Allowed { visits: RULES.yearly.visits, days: RULES.yearly.days }
    }
}

/// Inspections of a year at the project of a place. Of what others have sealed nothing is counted: a number would tell of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// The project.
    pub project: String,
    /// How many.
    pub visits: u32,
}

/// What a plan sees of the places it names, by place.
#[derive(Clone, Debug, Default)]
pub struct Ground {
    /// Today.
    pub today: Date,
    /// Accounts that inspect there.
    pub inspect: BTreeMap<String, Vec<String>>,
    /// Of those, accounts with an interest there.
    pub interested: BTreeMap<String, Vec<String>>,
    /// When it was visited last.
    pub visited_on: BTreeMap<String, Date>,
    /// What this year allows.
    pub allowed: Allowed,
    /// This year's inspections.
    pub counted: BTreeMap<String, Counted>,
    /// Places of which whoever plans has a plan that is sealed. Nothing is here of what others have sealed: a warning would tell of it.
    pub planned: BTreeSet<String>,
}

impl Ground {
    /// Whether the year's inspections at a place have all been.
    pub fn is_full(&self, place: &str) -> bool {
        self.counted.get(place).is_some_and(|counted| counted.visits >= self.allowed.visits)
    }
}

/// The last day of a plan lies ahead, and no further than it may stay sealed.
pub fn last_day(until: Date, today: Date) -> Result<Date, Refused> {
    let to = today.saturating_add(i64::from(RULES.sealed.value).days());
    if until < today || until > to { Err(Refused::UntilOutside { from: today.to_string(), to: to.to_string() }) } else { Ok(until) }
}

/// Why a place that was visited a short time ago may not be visited without saying why.
pub fn duplicate(ground: &Ground, place: &str) -> Option<Date> {
    let visited = ground.visited_on.get(place)?;
    ((ground.today - *visited).get_days() < i32::try_from(RULES.duplicate.value).unwrap_or(i32::MAX)).then_some(*visited)
}

/// Whether a visit of a place would be another one soon: it was visited a short time ago, or whoever plans has a sealed plan of it.
pub fn is_repeat(ground: &Ground, place: &str) -> bool {
    duplicate(ground, place).is_some() || ground.planned.contains(place)
}

/// Places that could be drawn and would be visited again soon.
pub fn repeats<'a>(candidates: &'a [Candidate], ground: &Ground) -> Vec<&'a str> {
    candidates.iter().filter(|one| one.weight > 0 && is_repeat(ground, &one.place)).map(|one| one.place.as_str()).collect()
}

/// Candidates of which those that would be visited again soon cannot be drawn.
pub fn without_repeats(candidates: Vec<Candidate>, ground: &Ground) -> Vec<Candidate> {
    candidates.into_iter().map(|one| if is_repeat(ground, &one.place) { one.weightless() } else { one }).collect()
}

/// More often or longer than the year allows goes only with a reason.
fn within_year(route: &Route, ground: &Ground) -> Result<(), Refused> {
    let most = ground.allowed;
    if route.days == 0 || (route.days > most.days && route.beyond.trim().is_empty()) {
        return Err(Refused::TooLong { most: most.days.to_string() });
    }
    let mut planned: BTreeMap<&str, u32> = BTreeMap::new();
    for (place, counted) in route.places.iter().filter_map(|place| Some((place, ground.counted.get(place)?))) {
        let more = planned.entry(&counted.project).or_default();
        if counted.visits + *more >= most.visits && route.beyond.trim().is_empty() {
            let (place, year) = (place.clone(), ground.today.year().to_string());
            return Err(Refused::YearFull { place, year, count: (counted.visits + *more).to_string(), most: most.visits.to_string() });
        }
        *more += 1;
    }
    Ok(())
}

/// The stops of a directed plan.
pub fn directed(route: &Route, ground: &Ground) -> Result<Vec<Stop>, Refused> {
    let is_twice = |list: &[String]| list.iter().enumerate().any(|(at, one)| list[..at].contains(one));
    if route.places.is_empty() || route.places.len() > MOST_STOPS || is_twice(&route.places) {
        return Err(Refused::NoPlace);
    }
    if route.inspectors.len() < RULES.team.value as usize || is_twice(&route.inspectors) {
        return Err(Refused::TooFewInspectors { least: RULES.team.value.to_string() });
    }
    for place in &route.places {
        let inspect = ground.inspect.get(place).ok_or(Refused::NoPlace)?;
        if route.inspectors.iter().any(|one| !inspect.contains(one)) {
            return Err(Refused::NotAnInspector { place: place.clone() });
        }
        if ground.interested.get(place).is_some_and(|people| route.inspectors.iter().any(|one| people.contains(one))) {
            return Err(Refused::HasInterest { place: place.clone() });
        }
    }
    let reason = text(&route.reason, Refused::NoReason)?;
    let until = last_day(route.until, ground.today)?;
    let again = route.again.trim();
    if let Some((place, date)) = route.places.iter().find_map(|place| Some((place, duplicate(ground, place)?)))
        && again.is_empty()
    {
        return Err(Refused::Duplicate { place: place.clone(), date: date.to_string() });
    }
    if let Some(place) = route.places.iter().find(|place| ground.planned.contains(*place)).filter(|_| again.is_empty()) {
        return Err(Refused::PlannedAlready { place: place.clone() });
    }
    within_year(route, ground)?;
    let stop = |(position, place): (u32, &String)| Stop {
        id: format!("{}-{position}", route.plan),
        plan: route.plan.clone(),
        position,
        place: place.clone(),
        inspectors: route.inspectors.clone(),
        basis: Basis::Directed { reason: reason.clone() },
        again: again.to_owned(),
        until,
        made_by: route.made_by.clone(),
        days: route.days,
        beyond: route.beyond.trim().to_owned(),
    };
    Ok((0..).zip(&route.places).map(stop).collect())
}

/// The stops of a draw, which is committed to by `commitment`. Places that would be visited again soon are drawn only for a reason,
/// which is asked for before chance has spoken: afterwards one would draw until it suits.
pub fn drawn(drawing: &Drawing, commitment: &str, until: Date, (made_by, again): (&str, &str), ground: &Ground) -> Result<Vec<Stop>, Refused> {
    if drawing.count == 0 || drawing.count > RULES.draw.most_places {
        return Err(Refused::CountOutside { most: RULES.draw.most_places.to_string() });
    }
    let until = last_day(until, ground.today)?;
    let (repeats, again) = (repeats(&drawing.candidates, ground), again.trim());
    if !repeats.is_empty() && again.is_empty() {
        return Err(Refused::RepeatsInPool { places: repeats.join(" ") });
    }
    let picks = draw(drawing);
    if picks.is_empty() {
        return Err(Refused::NothingToDraw);
    }
    let stop = |(position, pick): (u32, Pick)| Stop {
        id: format!("{}-{position}", drawing.plan),
        plan: drawing.plan.clone(),
        position,
        again: if repeats.contains(&pick.place.as_str()) { again.to_owned() } else { String::new() },
        place: pick.place,
        inspectors: pick.inspectors,
        basis: Basis::Drawn { drawing: commitment.to_owned() },
        until,
        made_by: made_by.to_owned(),
        days: 1,
        beyond: String::new(),
    };
    Ok((0..).zip(picks).map(stop).collect())
}
