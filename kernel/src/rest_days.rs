//! Work on rest days: which free days of the sites, if worked, keep a mandated date.
//!
//! The part of the plan that leads to the milestone is compiled with calendars in which more days are worked, so every
//! answer is a recomputation from nothing. Days are taken in the order people accept them (Saturdays, other weekly rest,
//! holidays; the earliest first) until the date is kept, then each is left out in turn from the last: what remains is
//! irreducible. What may not be shortened keeps its calendar, since authorities do not work on the site's Saturdays;
//! stops cut the day anyway.

use std::collections::HashMap;

use crate::calendar::{DAY_MINUTES, date_of, day_number};
use crate::cpm::forward;
use crate::network::{Goal, Network, Role};
use crate::order::Outgoing;
use crate::plan::{Activity, ActivityKind, Calendar, CalendarException, DayWork, Plan, Span};
use crate::shifts::fallback_calendar;
use crate::shorten::{Concession, Strength};

/// A longer row of free days is a stop of the season, not rest: nobody is asked to work in it.
const LONGEST_REST_DAYS: i32 = 10;
/// Longest time before a date in which rest days are looked for.
const WINDOW_DAYS: i32 = 1_100;
/// Activities compiled for one plan before the search is given up: a few seconds.
const MOST_COMPILED: usize = 5_000_000;

/// How gladly a free day is worked, from the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rest {
    Saturday,
    Weekly,
    Holiday,
}

/// Looks for rest days to work on; what it knows of the plan serves every late milestone.
pub(crate) struct RestDays<'a> {
    plan: &'a Plan,
    network: &'a Network,
    /// Both ends of each link that has both.
    ends: Vec<Option<(u32, u32)>>,
    /// Indexes of the links into each activity or summary.
    into: Outgoing,
    /// What stands below each summary.
    below: Outgoing,
    /// What each node leads to.
    after: Outgoing,
    compiled: usize,
}

impl<'a> RestDays<'a> {
    pub(crate) fn new(plan: &'a Plan, network: &'a Network) -> RestDays<'a> {
        let count = plan.activities.len();
        let ids = plan.activities.iter().enumerate().map(|(at, activity)| (activity.id.as_str(), at as u32));
        let index: HashMap<&str, u32> = ids.collect();
        let find = |id: &String| index.get(id.as_str()).copied();
        let ends: Vec<Option<(u32, u32)>> =
            plan.links.iter().map(|link| find(&link.from).zip(find(&link.to))).collect();
        let into = Outgoing::new(count, || {
            ends.iter().enumerate().filter_map(|(link, ends)| Some((ends.as_ref()?.1 as usize, link)))
        });
        let below = Outgoing::new(count, || {
            let parents = network.parents.iter().enumerate().filter(|(_, parent)| **parent != u32::MAX);
            parents.map(|(at, parent)| (*parent as usize, at))
        });
        let after = Outgoing::new(network.nodes.len(), || network.links());
        RestDays { plan, network, ends, into, below, after, compiled: 0 }
    }

    /// Rest days that keep a late date; `None` when all of them together do not, or nobody could work on any.
    pub(crate) fn concession(&mut self, goal: &Goal) -> Option<Concession> {
        let mut site = self.site(std::slice::from_ref(&goal))?;
        let days = self.candidates(&site, goal);
        let count = self.least_prefix(&mut site, &days)?;
        let (mut on, strength) = self.leave_out(&mut site, days[..count].to_vec());
        if !self.spares_others(goal, &site, &on) {
            return None;
        }
        on.sort_unstable();
        Some(Concession::WorkDays { on: on.into_iter().map(date_of).collect(), strength })
    }

    /// The least number of first days that keeps the date.
    fn least_prefix(&mut self, site: &mut Site, days: &[i32]) -> Option<usize> {
        if !self.keeps(site, days)? {
            return None;
        }
        let (mut too_few, mut enough) = (0, days.len());
        while enough - too_few > 1 {
            let middle = too_few.midpoint(enough);
            if self.keeps(site, &days[..middle])? { enough = middle } else { too_few = middle }
        }
        Some(enough)
    }

    /// Leaves out every day that the date is kept without, the least welcome first, until none can be.
    fn leave_out(&mut self, site: &mut Site, mut days: Vec<i32>) -> (Vec<i32>, Strength) {
        loop {
            let before = days.len();
            for at in (0..days.len()).rev() {
                let day = days.remove(at);
                match self.keeps(site, &days) {
                    Some(true) => {}
                    Some(false) => days.insert(at, day),
                    None => {
                        days.insert(at, day);
                        return (days, Strength::Found);
                    }
                }
            }
            // Nothing keeps a date that is late; so one day is the least.
            if days.len() == 1 {
                return (days, Strength::Proved);
            }
            if days.len() == before {
                return (days, Strength::Irreducible);
            }
        }
    }

    /// Whether the date is kept when these days are worked; `None` when the search has taken too long.
    fn keeps(&mut self, site: &mut Site, days: &[i32]) -> Option<bool> {
        self.compiled += site.plan.activities.len();
        if self.compiled > MOST_COMPILED {
            return None;
        }
        let network = site.worked(days);
        let early = forward(&network);
        let ends = network.goals.iter().flat_map(|goal| &goal.ends);
        Some(ends.into_iter().all(|&(node, latest)| early[node as usize * 2 + 1] <= latest))
    }

    /// Whether no other mandated date that these activities lead to is later than it was.
    fn spares_others(&mut self, goal: &Goal, site: &Site, days: &[i32]) -> bool {
        let others = self.others_reached(goal, site);
        if others.is_empty() {
            return true;
        }
        let Some(mut whole) = self.site(&others) else { return true };
        whole.keep_site_work_of(site);
        self.compiled += whole.plan.activities.len() * 2;
        let finishes = |network: Network| -> Vec<i32> {
            let early = forward(&network);
            let ends = network.goals.iter().flat_map(|goal| &goal.ends);
            ends.map(|&(node, _)| network.finish_label(&network.nodes[node as usize], early[node as usize * 2 + 1]))
                .collect()
        };
        let before = finishes(whole.worked(&[]));
        let after = finishes(whole.worked(days));
        before.iter().zip(&after).all(|(before, after)| after <= before)
    }

    /// Other goals that the site work leads to.
    fn others_reached(&self, goal: &Goal, site: &Site) -> Vec<&'a Goal> {
        let mut is_reached = vec![false; self.network.nodes.len()];
        let work = site.members.iter().filter(|at| site.is_site_work[**at as usize]);
        let mut open: Vec<u32> = work
            .filter_map(|at| match self.network.roles[*at as usize] {
                Role::Node(node) => Some(node),
                _ => None,
            })
            .collect();
        while let Some(node) = open.pop() {
            if !std::mem::replace(&mut is_reached[node as usize], true) {
                open.extend(self.after.of(node));
            }
        }
        let others = self.network.goals.iter().filter(|other| !std::ptr::eq(*other, goal));
        others.filter(|other| other.ends.iter().any(|(node, _)| is_reached[*node as usize])).collect()
    }

    /// Everything that leads to some dates, as indexes in the plan, ascending, with the summaries above it.
    fn leading_to(&self, goals: &[&Goal]) -> Vec<u32> {
        let count = self.plan.activities.len();
        let (mut is_member, mut is_entered) = (vec![false; count], vec![false; count]);
        let mut is_opened = vec![false; count];
        let mut open: Vec<u32> = goals.iter().flat_map(|goal| self.leaves(goal.activity)).collect();
        while let Some(at) = open.pop() {
            if is_member[at as usize] {
                continue;
            }
            let mut above = at;
            while above != u32::MAX {
                is_member[above as usize] = true;
                above = self.network.parents[above as usize];
            }
            // What is finished waits for nothing.
            if matches!(self.network.roles[at as usize], Role::Done { .. }) {
                continue;
            }
            // Links into a summary are links into everything below it; once is enough.
            let mut above = at;
            while above != u32::MAX && !std::mem::replace(&mut is_entered[above as usize], true) {
                for (from, _) in self.into.of(above).iter().filter_map(|link| self.ends[*link as usize]) {
                    if !std::mem::replace(&mut is_opened[from as usize], true) {
                        open.extend(self.leaves(from));
                    }
                }
                above = self.network.parents[above as usize];
            }
        }
        (0..count as u32).filter(|at| is_member[*at as usize]).collect()
    }

    fn leaves(&self, at: u32) -> Vec<u32> {
        let (mut leaves, mut open) = (Vec::new(), vec![at]);
        while let Some(at) = open.pop() {
            match self.below.of(at) {
                [] => leaves.push(at),
                below => open.extend(below),
            }
        }
        leaves
    }

    /// The part of the plan that leads to some dates. `None` when no site works in it.
    fn site(&self, goals: &[&Goal]) -> Option<Site> {
        let members = self.leading_to(goals);
        let mut is_member = vec![false; self.plan.activities.len()];
        members.iter().for_each(|at| is_member[*at as usize] = true);
        let links = self
            .plan
            .links
            .iter()
            .zip(&self.ends)
            .filter(|(_, ends)| ends.is_some_and(|(from, to)| is_member[from as usize] && is_member[to as usize]));
        let plan = Plan {
            activities: members.iter().map(|at| self.plan.activities[*at as usize].clone()).collect(),
            links: links.map(|(link, _)| link.clone()).collect(),
            mandated: goals.iter().map(|goal| self.plan.mandated[goal.mandate as usize].clone()).collect(),
            calendars: self.plan.calendars.clone(),
            name: None,
            resources: Vec::new(),
            stops: self.plan.stops.clone(),
            calendar: self.plan.calendar.clone(),
            ..*self.plan
        };
        let is_unfinished = |at: u32| matches!(self.network.roles[at as usize], Role::Node(_));
        let mut is_site_work = vec![false; self.plan.activities.len()];
        for &at in members.iter().filter(|at| is_unfinished(**at)) {
            is_site_work[at as usize] = is_site(&self.plan.activities[at as usize]);
        }
        let mut site = Site { plan, members, is_site_work, rested: Vec::new() };
        site.open_calendars();
        (!site.rested.is_empty()).then_some(site)
    }

    /// Free days of the site's calendars up to the date, those worked most gladly first.
    fn candidates(&self, site: &Site, goal: &Goal) -> Vec<i32> {
        let last = if self.network.is_minute_axis { (goal.latest - 1).div_euclid(DAY_MINUTES) } else { goal.latest };
        let first = day_number(self.plan.data_date.unwrap_or(self.plan.start).date()).max(last - WINDOW_DAYS);
        let mut found: HashMap<i32, Rest> = HashMap::new();
        for (_, calendar, _) in &site.rested {
            for (day, rest) in rest_days(calendar, first, last) {
                let known = found.entry(day).or_insert(rest);
                *known = rest.max(*known);
            }
        }
        let mut days: Vec<(Rest, i32)> = found.into_iter().map(|(day, rest)| (rest, day)).collect();
        days.sort_unstable();
        days.into_iter().map(|(_, day)| day).collect()
    }
}

/// Whether an activity is work that people on site can do on a day of rest: what may be shortened.
fn is_site(activity: &Activity) -> bool {
    activity.kind == ActivityKind::Task
        && activity.is_compressible
        && !matches!(activity.duration, Span::Elapsed { .. })
}

/// A part of a plan whose site work has calendars of its own, so that days can be added to them.
struct Site {
    plan: Plan,
    /// Indexes of its activities in the whole plan.
    members: Vec<u32>,
    /// By activity of the whole plan.
    is_site_work: Vec<bool>,
    /// Calendars of site work: where it stands in the part, what it is, and its exceptions without added days.
    rested: Vec<(usize, Calendar, usize)>,
}

impl Site {
    /// Gives site work copies of its calendars.
    fn open_calendars(&mut self) {
        let default = match (&self.plan.calendar, self.plan.calendars.is_empty()) {
            (None, true) => {
                self.plan.calendars.push(fallback_calendar());
                Some(String::new())
            }
            (None, false) => Some(self.plan.calendars[0].id.clone()),
            (stated, _) => stated.clone(),
        };
        let mut copies: HashMap<String, String> = HashMap::new();
        for (activity, at) in self.plan.activities.iter_mut().zip(&self.members) {
            let Some(id) = activity.calendar.as_ref().or(default.as_ref()) else { continue };
            if !self.is_site_work[*at as usize] {
                continue;
            }
            if let Some(copy) = copies.get(id) {
                activity.calendar = Some(copy.clone());
                continue;
            }
            // Of calendars with one id the last counts.
            let Some(written) = self.plan.calendars.iter().rfind(|calendar| calendar.id == *id) else { continue };
            // No reader lets this character into an id.
            let copy = Calendar { id: format!("{id}\u{1}"), ..written.clone() };
            copies.insert(id.clone(), copy.id.clone());
            activity.calendar = Some(copy.id.clone());
            self.rested.push((self.plan.calendars.len(), copy.clone(), copy.exceptions.len()));
            self.plan.calendars.push(copy);
        }
    }

    /// Lets only the site work of another part work on its rest days.
    fn keep_site_work_of(&mut self, other: &Site) {
        for (activity, at) in self.plan.activities.iter_mut().zip(&self.members) {
            if self.is_site_work[*at as usize] && !other.is_site_work[*at as usize] {
                let plain = activity.calendar.as_ref().map(|id| id.trim_end_matches('\u{1}').to_owned());
                activity.calendar = plain;
            }
        }
    }

    /// The part compiled with some more days worked.
    fn worked(&mut self, days: &[i32]) -> Network {
        for (place, calendar, stated) in &self.rested {
            let exceptions = &mut self.plan.calendars[*place].exceptions;
            exceptions.truncate(*stated);
            for day in days.iter().filter(|day| rest_of(calendar, **day).is_some()) {
                let on = date_of(*day);
                exceptions.push(CalendarException { from: on, to: on, work: DayWork::Usual, name: None });
            }
        }
        Network::compile(&self.plan)
    }
}

/// What kind of rest a day is in a calendar; `None` when it is worked.
fn rest_of(calendar: &Calendar, day: i32) -> Option<Rest> {
    let on = date_of(day);
    let is_free = |work: &DayWork| match work {
        DayWork::Free => true,
        DayWork::Bands(bands) => bands.is_empty(),
        DayWork::Usual => false,
    };
    if let Some(exception) = calendar.exceptions.iter().rfind(|one| one.from <= on && on <= one.to) {
        return is_free(&exception.work).then_some(Rest::Holiday);
    }
    let weekday = on.weekday();
    let rest = if weekday == jiff::civil::Weekday::Saturday { Rest::Saturday } else { Rest::Weekly };
    is_free(calendar.weekday(weekday)).then_some(rest)
}

/// Free days of a calendar, without rows too long to be rest.
fn rest_days(calendar: &Calendar, first: i32, last: i32) -> Vec<(i32, Rest)> {
    let mut found: Vec<(i32, Rest)> = Vec::new();
    let mut row: Vec<(i32, Rest)> = Vec::new();
    // A row that lies across an end of the window is seen in full.
    for day in first - LONGEST_REST_DAYS..=last + LONGEST_REST_DAYS + 1 {
        match rest_of(calendar, day) {
            Some(rest) => row.push((day, rest)),
            None if row.len() as i32 > LONGEST_REST_DAYS => row.clear(),
            None => found.append(&mut row),
        }
    }
    found.retain(|(day, _)| (first..=last).contains(day));
    found
}
