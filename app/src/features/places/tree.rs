//! The place tree in memory: parents before children, siblings in order, so that a subtree is one slice.

use super::model::{Figures, IDLE, Kind};
use super::store::{self, Place};
use crate::args;
use crate::db::Conn;
use anyhow::Result;
use jiff::civil::Date;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Every place as of one state of the place table.
#[derive(Debug, Default)]
pub struct Tree {
    places: Vec<Place>,
    index: HashMap<String, usize>,
}

impl Tree {
    /// Every place, parents before children.
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// Where a place stands among [`Tree::places`].
    pub fn position(&self, id: &str) -> Option<usize> {
        self.index.get(id).copied()
    }

    /// One place.
    pub fn get(&self, id: &str) -> Option<&Place> {
        self.position(id).map(|at| &self.places[at])
    }

    /// A place and everything under it.
    pub fn under(&self, place: &Place) -> &[Place] {
        let Some(first) = self.position(&place.id) else { return &[] };
        let len = self.places[first..].iter().take_while(|other| other.path.starts_with(&place.path)).count();
        &self.places[first..first + len]
    }

    /// A place and those it stands under, nearest first.
    pub fn lineage<'a>(&'a self, place: &'a Place) -> impl Iterator<Item = &'a Place> {
        std::iter::successors(Some(place), |below| self.get(below.parent.as_deref()?))
    }

    /// A place's name, of one in a project behind the project's.
    pub fn full_name(&self, place: &Place) -> String {
        let project = self.lineage(place).find(|above| above.kind == Kind::Project && above.id != place.id);
        project.map_or_else(String::new, |project| format!("{} ", project.attributes.name)) + &place.attributes.name
    }

    /// Buildings of a subtree.
    pub fn buildings(&self, place: &Place) -> usize {
        self.under(place).iter().filter(|other| other.kind == Kind::Building).count()
    }

    /// Sum over the buildings of a subtree; a place's own figure stands where its buildings have none.
    pub fn total(&self, place: &Place, figure: impl Fn(&Figures) -> Option<u32>) -> u64 {
        let own = |place: &Place| figure(&place.attributes.figures).map_or(0, u64::from);
        let from_buildings: u64 = self.under(place).iter().filter(|other| other.kind == Kind::Building).map(own).sum();
        if from_buildings > 0 { from_buildings } else { own(place) }
    }

    /// Whether no work goes on at a place on a day: it, or a place it stands in, is in an idle state since then or before.
    pub fn is_idle(&self, place: &Place, on: Date) -> bool {
        self.lineage(place).any(|place| {
            let is_idle = place.state.as_ref().is_some_and(|state| IDLE.contains(state));
            is_idle && place.state_since.is_none_or(|since| since <= on)
        })
    }

    /// The accountable official of a place, its own or the nearest above, and the place that names it.
    pub fn accountable<'a>(&'a self, place: &'a Place) -> Option<(&'a str, &'a Place)> {
        self.lineage(place).find_map(|place| Some((place.official.as_deref()?, place)))
    }
}

/// The tree read last. It holds for as long as the place table has the same newest change.
#[derive(Debug, Default)]
pub struct Kept(Mutex<Option<(u64, Arc<Tree>)>>);

impl Kept {
    /// The tree as it is now. The newest change is read before the rows, so what is kept is never older than it says.
    pub async fn tree(&self, conn: &mut Conn) -> Result<Arc<Tree>> {
        let newest = match conn.row("SELECT changed_number FROM place ORDER BY changed_number DESC LIMIT 1", args![]).await? {
            Some(row) => row.count(0)?,
            None => 0,
        };
        if let Some((kept, tree)) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner)
            && *kept == newest
        {
            return Ok(tree.clone());
        }
        let places = store::all(conn).await?;
        let index = places.iter().enumerate().map(|(at, place)| (place.id.clone(), at)).collect();
        let tree = Arc::new(Tree { places, index });
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((newest, tree.clone()));
        Ok(tree)
    }
}
