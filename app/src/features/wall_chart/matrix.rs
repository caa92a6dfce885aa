//! What the matrix of a place shows, on the screen and on paper alike: rows, stages, cells, and the sum of lamps.

use super::model::{Cell, Lamp, RULES, cell, verdict};
use crate::db::Conn;
use crate::features::places::model::Kind;
use crate::features::places::store::{Place, accountable};
use crate::features::plan::Networks;
use crate::features::plan::network::STAGES;
use crate::features::plan::store::Bar;
use crate::features::{identity, places};
use crate::web::problem::Problem;
use jiff::civil::Date;
use std::collections::HashMap;

/// A row of the matrix.
pub struct Row {
    /// The place.
    pub place: Place,
    /// Id and name of the parcel it stands on, for grouping.
    pub parcel: Option<(String, String)>,
    /// Name of the accountable official; empty where unknown.
    pub official: String,
    /// One cell a stage; `None` where the plan has no such stage.
    pub cells: Vec<Option<Cell>>,
}

/// The matrix of a place.
pub struct Gathered {
    /// Stages that occur, in order.
    pub stages: Vec<&'static str>,
    /// Rows in the order of the tree.
    pub rows: Vec<Row>,
    /// How many bars show each lamp, worst first.
    pub lamps: Vec<(Lamp, usize)>,
}

/// Gathers the matrix of a place: projects under a district or zone, buildings and facilities under a project or parcel.
pub async fn gather(conn: &mut Conn, networks: &Networks, place: &Place, today: Date) -> Result<Gathered, Problem> {
    let wanted: &[Kind] = match place.kind {
        Kind::District | Kind::Zone => &[Kind::Project],
        Kind::Project | Kind::Parcel => &[Kind::Building, Kind::Facility],
        _ => &[],
    };
    let everything = places::all(conn).await?;
    let names = identity::names(conn).await?;
    let staged = networks.staged(conn).await?;
    let paths: HashMap<&str, &str> = everything.iter().map(|other| (other.id.as_str(), other.path.as_str())).collect();
    let chosen: Vec<&Place> =
        everything.iter().filter(|other| wanted.contains(&other.kind) && other.path.starts_with(&place.path)).collect();
    let row_of: HashMap<&str, usize> = chosen.iter().enumerate().map(|(at, row)| (row.id.as_str(), at)).collect();

    // A bar belongs to the row of its place or of the nearest place above it that is a row.
    let mut bars: Vec<Vec<&Bar>> = vec![Vec::new(); chosen.len()];
    let mut counts: HashMap<Lamp, usize> = HashMap::new();
    for bar in staged.iter() {
        let path = bar.place.as_deref().and_then(|at| paths.get(at)).copied().unwrap_or_default();
        if let Some(row) = path.trim_matches('/').rsplit('/').find_map(|id| row_of.get(id)) {
            bars[*row].push(bar);
            *counts.entry(verdict(bar, today, &RULES).lamp).or_default() += 1;
        }
    }
    let occurs = |stage: &str| bars.iter().flatten().any(|bar| bar.stage.as_deref() == Some(stage));
    let stages: Vec<&'static str> = STAGES.iter().map(|stage| stage.id.as_str()).filter(|stage| occurs(stage)).collect();

    let rows = chosen.iter().zip(&bars).map(|(row, bars)| {
        let parcel = everything.iter().find(|other| row.parent.as_ref() == Some(&other.id) && other.kind == Kind::Parcel);
        let official = accountable(row, &everything).and_then(|(account, _)| names.get(account));
        let of_stage = |stage: &str| -> Vec<&Bar> { bars.iter().filter(|bar| bar.stage.as_deref() == Some(stage)).copied().collect() };
        Row {
            place: (*row).clone(),
            parcel: parcel.map(|parcel| (parcel.id.clone(), parcel.attributes.name.clone())),
            official: official.cloned().unwrap_or_default(),
            cells: stages.iter().map(|stage| cell(&of_stage(stage), today, &RULES)).collect(),
        }
    });
    let order = [Lamp::Bad, Lamp::Warn, Lamp::Good, Lamp::Done, Lamp::Idle];
    Ok(Gathered {
        rows: rows.collect(),
        lamps: order.into_iter().map(|lamp| (lamp, counts.get(&lamp).copied().unwrap_or(0))).collect(),
        stages,
    })
}
