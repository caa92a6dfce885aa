//! Buildings with a risk that is on and without the plan that it asks for.

use super::rules;
use super::store::Contingency;
use crate::features::hazards::gather::At;
use crate::features::places::store::Place;
use crate::features::places::tree::Tree;
use jiff::civil::Date;
use std::collections::{BTreeMap, HashMap, HashSet};

/// A plan that a building needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needed {
    /// The building.
    pub place: String,
    /// The kind of plan.
    pub kind: String,
    /// Risks that ask for it.
    pub risks: Vec<String>,
    /// Since when the first of them is on.
    pub since: Date,
    /// Whether there is one, here or above.
    pub is_there: bool,
}

/// Plans that buildings need on a day, in the order of places.
pub fn needed(tree: &Tree, places: &[Place], at: &HashMap<String, At>, plans: &[Contingency], today: Date) -> Vec<Needed> {
    let there: HashSet<(&str, &str)> =
        plans.iter().filter(|plan| plan.holds(today)).map(|plan| (plan.place.as_str(), plan.terms.kind.as_str())).collect();
    let mut found = Vec::new();
    for place in places {
        let Some(at) = at.get(&place.id) else { continue };
        let mut kinds: BTreeMap<&str, (Vec<String>, Date)> = BTreeMap::new();
        for point in &at.risks.points {
            let Some(need) = rules::need(&point.risk.id) else { continue };
            let (risks, since) = kinds.entry(&need.kind).or_insert_with(|| (Vec::new(), point.since));
            risks.push(point.risk.id.clone());
            *since = (*since).min(point.since);
        }
        for (kind, (risks, since)) in kinds {
            let is_there = tree.lineage(place).any(|above| there.contains(&(above.id.as_str(), kind)));
            found.push(Needed { place: place.id.clone(), kind: kind.to_owned(), risks, since, is_there });
        }
    }
    found
}
