//! Routes of crews: floor after floor, building after building, without waiting in between (流水施工).
//!
//! A crew that waits is paid for nothing or leaves for another site, so its work on a route is one stretch. Links ask that
//! work begins no sooner; that it begins no *later* than the crew comes from the place before is no link. It is found as a
//! flow is drawn: where a crew would wait, the places before are begun later by as much, and what has changed is levelled
//! again. On equal terms that is the step K of [`crate::flowline`], which it agrees with where nothing else holds the work.
//!
//! What lies between two places of a route and itself begins behind the first cannot be waited away: then the crew waits, and
//! K-222 says where and for how long.
//!
//! Source: Harris & Ioannou, "Scheduling Projects with Repeating Activities", J. Constr. Eng. Manage. 124(4), 1998:
//! resource continuity by delaying the start of a crew until its last control point.

use std::borrow::Cow;
use std::collections::HashMap;

use super::site::UNPLACED;
use crate::cpm::forward;
use crate::diagnose::Diagnostic;
use crate::network::{Network, Role};
use crate::plan::{Link, LinkKind, Plan, Span};

/// Long times in days: what begins so much later drags along all that depends on it. Two, since the calendars of two places may
/// differ on some day.
const LONG_DAYS: [i32; 2] = [1_000, 1_037];

/// A crew's places in order.
pub(crate) struct Route {
    /// Index of the resource.
    pub(crate) resource: usize,
    /// Activities that still move, as index in the plan and node.
    pub(crate) places: Vec<(usize, usize)>,
}

/// Where a crew would wait.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gap {
    /// Index of the route.
    route: usize,
    /// Index in the route of the place it waits behind.
    at: usize,
    /// Units of that place's own calendar it waits.
    units: i32,
}

/// The plan with the order of its routes as links, and what is wrong with them.
///
/// A crew is at one place at a time, so each place follows the one before it. A route that names what is no work, or one place
/// twice, is left out (K-127).
pub(crate) fn ordered(plan: &Plan) -> (Cow<'_, Plan>, Vec<Diagnostic>) {
    if plan.resources.iter().all(|resource| resource.route.is_empty()) {
        return (Cow::Borrowed(plan), Vec::new());
    }
    let (mut ordered, mut found) = (plan.clone(), Vec::new());
    let known: HashMap<&str, usize> =
        plan.activities.iter().enumerate().map(|(at, one)| (one.id.as_str(), at)).collect();
    for resource in &mut ordered.resources {
        let mut seen: Vec<&String> = Vec::new();
        let wrong = resource.route.iter().find(|id| {
            let is_wrong = !known.contains_key(id.as_str()) || seen.contains(id);
            seen.push(id);
            is_wrong
        });
        let Some(wrong) = wrong.cloned() else { continue };
        let message = format!(
            "the route of {} names {wrong}, which is no activity of this plan or stands in it twice; name each of its activities once",
            resource.id
        );
        found.push(Diagnostic::new("K-127", message, vec![resource.id.clone(), wrong]));
        resource.route.clear();
    }
    let mut links = Vec::new();
    for pair in ordered.resources.iter().flat_map(|resource| resource.route.windows(2)) {
        let (from, to) = (&pair[0], &pair[1]);
        let follows =
            |link: &Link| link.kind == LinkKind::FS && link.from == *from && link.to == *to && link.lag == Span::ZERO;
        if !ordered.links.iter().any(follows) {
            links.push(Link { from: from.clone(), to: to.clone(), kind: LinkKind::FS, lag: Span::ZERO, at: None });
        }
    }
    ordered.links.extend(links);
    (Cow::Owned(ordered), found)
}

/// Routes of a plan, on the nodes of its network.
pub(crate) struct Routes {
    pub(crate) all: Vec<Route>,
    /// Of each node that begins later for its crew, the resource and the activity it goes on to.
    pub(crate) kept_for: HashMap<usize, (usize, usize)>,
    /// Pairs between which the crew waits whatever is done, as route and place.
    open: Vec<(usize, usize)>,
}

impl Routes {
    pub(crate) fn read(plan: &Plan, network: &Network) -> Routes {
        let known: HashMap<&str, usize> =
            plan.activities.iter().enumerate().map(|(at, one)| (one.id.as_str(), at)).collect();
        let place = |id: &String| {
            let at = *known.get(id.as_str())?;
            match network.roles[at] {
                Role::Node(node) => Some((at, node as usize)),
                _ => None,
            }
        };
        let routes = plan.resources.iter().enumerate().filter(|(_, resource)| !resource.route.is_empty());
        let route = |(resource, one): (usize, &crate::plan::Resource)| Route {
            resource,
            places: one.route.iter().filter_map(place).collect(),
        };
        Routes { all: routes.map(route).collect(), kept_for: HashMap::new(), open: Vec::new() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Where crews would wait. Of what cannot be dated nothing is said.
    pub(crate) fn gaps(&self, network: &Network, starts: &[i32]) -> Vec<Gap> {
        let mut gaps = Vec::new();
        for (route, one) in self.all.iter().enumerate() {
            for (at, pair) in one.places.windows(2).enumerate() {
                let ((_, place), (_, next)) = (pair[0], pair[1]);
                if starts[place] == UNPLACED || starts[next] == UNPLACED {
                    continue;
                }
                let units = latest_before(network, place, start_label(network, next, starts[next])) - starts[place];
                if units > 0 {
                    gaps.push(Gap { route, at, units });
                }
            }
        }
        gaps
    }

    /// Holds back the places before each gap that can be closed; whether anything was held back.
    pub(crate) fn close(
        &mut self,
        network: &mut Network,
        starts: &[i32],
        is_fixed: impl Fn(usize) -> bool,
        gaps: &[Gap],
    ) -> bool {
        let mut is_held = false;
        for gap in gaps {
            let places = self.all[gap.route].places.clone();
            let key = (gap.route, gap.at);
            if self.open.contains(&key) || !is_closable(network, places[gap.at].1, places[gap.at + 1].1) {
                self.open.push(key);
                continue;
            }
            // From this place back to the beginning, or to where the crew waits anyway.
            let mut next = start_label(network, places[gap.at + 1].1, starts[places[gap.at + 1].1]);
            for at in (0..=gap.at).rev().take_while(|at| *at == gap.at || !self.open.contains(&(gap.route, *at))) {
                let node = places[at].1;
                let latest = latest_before(network, node, next);
                if starts[node] == UNPLACED || is_fixed(node) {
                    break;
                }
                if latest > starts[node].max(network.nodes[node].start_floor) {
                    network.nodes[node].start_floor = latest;
                    self.kept_for.insert(node, (self.all[gap.route].resource, places[at + 1].0));
                    is_held = true;
                }
                next = start_label(network, node, latest.max(starts[node]));
            }
        }
        is_held
    }

    /// What is said of the gaps that are left.
    pub(crate) fn told(&self, plan: &Plan, network: &Network, gaps: &[Gap]) -> Vec<Diagnostic> {
        let tell = |gap: &Gap| {
            let route = &self.all[gap.route];
            let ((place, node), (next, _)) = (route.places[gap.at], route.places[gap.at + 1]);
            let [crew, place, next] =
                [&plan.resources[route.resource].id, &plan.activities[place].id, &plan.activities[next].id];
            let days = network.days(&network.nodes[node], gap.units);
            let message = format!(
                "{crew} waits {days} days between {place} and {next}, which cannot begin sooner and is not to be waited for; \
                 bring forward what stands before it, or let the crew work elsewhere in between"
            );
            Diagnostic::new("K-222", message, vec![crew.clone(), days.to_string(), place.clone(), next.clone()])
                .about(next, None)
        };
        gaps.iter().map(tell).collect()
    }
}

fn start_label(network: &Network, node: usize, start: i32) -> i32 {
    network.calendars[network.nodes[node].calendar as usize].start_label(start)
}

/// The latest start of a node that finishes before an axis value.
fn latest_before(network: &Network, node: usize, label: i32) -> i32 {
    let one = &network.nodes[node];
    // A finish of days is labelled with its last day, one of minutes with the end of its last.
    let last = if network.is_minute_axis { label } else { label - 1 };
    one.last_finish(&network.calendars, last) - one.span
}

/// Whether a place begun later leaves less of a gap to the next one: not where all that the next waits for waits for it.
fn is_closable(network: &Network, place: usize, next: usize) -> bool {
    let early = forward(network);
    let per_day = network.calendars[network.nodes[place].calendar as usize].units_per_day.max(1);
    LONG_DAYS.iter().any(|days| {
        let mut later = network.clone();
        later.nodes[place].start_floor = early[place * 2].saturating_add(days.saturating_mul(per_day));
        let moved = forward(&later);
        latest_before(&later, place, start_label(&later, next, moved[next * 2])) <= moved[place * 2]
    })
}
