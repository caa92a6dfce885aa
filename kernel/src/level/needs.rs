//! What work needs of which resource, and what can never be had.

use std::collections::HashMap;

use super::steps::Steps;
use crate::calendar::{DAY_MINUTES, day_number};
use crate::compile::Reader;
use crate::diagnose::Diagnostic;
use crate::network::{Network, Role, VIRTUAL, traits};
use crate::plan::{Activity, ActivityKind, Plan, Resource};

/// Needs of the nodes of a network, and the resources as steps.
pub(crate) struct Needs {
    /// Resource (index in the plan) and units for each node; empty for what occupies nothing.
    pub(crate) of_node: Vec<Vec<(u32, u32)>>,
    /// Capacity of each resource of the plan.
    pub(crate) capacity: Vec<Steps>,
}

fn index_of(plan: &Plan) -> HashMap<&str, u32> {
    plan.resources.iter().enumerate().map(|(at, resource)| (resource.id.as_str(), at as u32)).collect()
}

/// Units of each resource an activity needs, several needs of one added up; `Err` is the id of an unknown one.
fn needs_of<'a>(activity: &'a Activity, index: &HashMap<&str, u32>) -> Result<Vec<(u32, u32)>, &'a str> {
    let mut needs: Vec<(u32, u32)> = Vec::new();
    for need in activity.needs.iter().filter(|need| need.amount > 0) {
        let resource = *index.get(need.resource.as_str()).ok_or(need.resource.as_str())?;
        match needs.iter_mut().find(|known| known.0 == resource) {
            Some(known) => known.1 = known.1.saturating_add(need.amount),
            None => needs.push((resource, need.amount)),
        }
    }
    needs.sort_unstable();
    Ok(needs)
}

/// Most units there ever are.
fn most(resource: &Resource) -> u32 {
    resource.steps.iter().map(|step| step.capacity).fold(resource.capacity, u32::max)
}

impl Needs {
    pub(crate) fn read(plan: &Plan, network: &Network) -> Needs {
        let index = index_of(plan);
        let of_node = network.nodes.iter().map(|node| {
            if node.activity == VIRTUAL {
                return Vec::new();
            }
            let activity = &plan.activities[node.activity as usize];
            // A task of one day has no span in a day plan; one of no days is a point and occupies nothing.
            let is_point = node.has(traits::START_POINT) || (network.is_minute_axis && node.span == 0);
            if activity.kind != ActivityKind::Task || is_point {
                return Vec::new();
            }
            needs_of(activity, &index).unwrap_or_default()
        });
        let of_node = of_node.collect();
        let minutes = if network.is_minute_axis { DAY_MINUTES } else { 1 };
        let capacity = plan.resources.iter().map(|resource| {
            let mut changes: Vec<(i32, u32)> = resource
                .steps
                .iter()
                .map(|step| (day_number(step.from).saturating_mul(minutes), step.capacity))
                .collect();
            // Later entries of the same day win.
            changes.sort_by_key(|change| change.0);
            changes.reverse();
            changes.dedup_by_key(|change| change.0);
            changes.reverse();
            Steps::new(resource.capacity, &changes)
        });
        Needs { of_node, capacity: capacity.collect() }
    }
}

impl Reader<'_> {
    /// Work that needs what does not exist, or more than there ever is, has no dates.
    pub(crate) fn break_impossible_needs(&mut self) {
        let plan = self.plan;
        let index = index_of(plan);
        for (at, activity) in plan.activities.iter().enumerate() {
            let Role::Node(node) = self.facts[at].role else { continue };
            if activity.kind != ActivityKind::Task {
                continue;
            }
            let found = match needs_of(activity, &index) {
                Err(unknown) => Some(unknown_resource(activity, unknown)),
                Ok(needs) => {
                    let resource = |need: &(u32, u32)| &plan.resources[need.0 as usize];
                    let short = needs.iter().find(|need| need.1 > most(resource(need)));
                    short.map(|need| never_enough(activity, resource(need), need.1))
                }
            };
            if let Some(found) = found {
                self.diagnostics.push(found.about(&activity.id, activity.at.as_ref()));
                self.is_broken[node as usize] = true;
            }
        }
    }
}

fn unknown_resource(activity: &Activity, unknown: &str) -> Diagnostic {
    let message = format!("{} needs {unknown}, which is no resource; add it or name another", activity.id);
    Diagnostic::new("K-121", message, vec![unknown.to_owned()])
}

fn never_enough(activity: &Activity, resource: &Resource, units: u32) -> Diagnostic {
    let most = most(resource);
    let message = format!(
        "{} needs {units} of {} and there are never more than {most} (capacity); raise the capacity or need less",
        activity.id, resource.id
    );
    Diagnostic::new("K-122", message, vec![resource.id.clone(), units.to_string(), most.to_string()])
}
