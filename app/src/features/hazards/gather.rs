//! The risks of many places at once, as of a day: from schedules that are kept in memory and what people recorded.

use super::risks::{Dangerous, Recorded, Risks, dangerous, risks};
use super::store;
use crate::db::Conn;
use crate::features::Guatu;
use crate::features::places::store::Place;
use crate::features::places::tree::Tree;
use crate::features::plan::store::Bar;
use anyhow::Result;
use jiff::civil::Date;
use std::collections::{HashMap, HashSet};

/// What one place has.
#[derive(Debug)]
pub struct At {
    /// Its risk points and what is not known.
    pub risks: Risks,
    /// Its dangerous works.
    pub works: Vec<Dangerous>,
}

/// The risks of everything in a place that the plan works at, by place.
pub async fn within(conn: &mut Conn, domain: &Guatu, tree: &Tree, whole: &Place, today: Date) -> Result<HashMap<String, At>> {
    let recorded = store::recorded(conn).await?;
    let none = Recorded::default();
    let places: HashSet<&str> = tree.under(whole).iter().filter(|place| place.kind.is_site()).map(|place| place.id.as_str()).collect();
    let mut found = HashMap::new();
    for (project, scheduled) in domain.networks.all_scheduled(conn).await? {
        // The project of a parcel or building stands above it.
        let is_near = |project: &Place| project.path.starts_with(&whole.path) || whole.path.starts_with(&project.path);
        if !tree.get(&project).is_some_and(is_near) {
            continue;
        }
        let mut bars: HashMap<&str, Vec<&Bar>> = HashMap::new();
        for bar in &scheduled.bars {
            if let Some(place) = bar.place.as_deref().filter(|place| places.contains(place)) {
                bars.entry(place).or_default().push(bar);
            }
        }
        for (place, bars) in bars {
            let known = recorded.get(place).unwrap_or(&none);
            found.insert(place.to_owned(), At { risks: risks(&bars, known, today), works: dangerous(&bars, known, today) });
        }
    }
    Ok(found)
}
