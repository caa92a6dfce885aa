//! What the matrix of a place shows, on the screen and on paper alike: rows, stages and cells.

use super::model::{Cell, Word, cell, verdict};
use crate::db::Conn;
use crate::features::places::Tree;
use crate::features::places::model::Kind;
use crate::features::places::store::Place;
use crate::features::plan::network::STAGES;
use crate::features::plan::store::Bar;
use crate::features::targets::model::Grade;
use crate::features::{Guatu, identity};
use crate::web::problem::Problem;
use jiff::civil::Date;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

/// A row of the matrix.
pub struct Row {
    /// Where its place stands in the tree.
    pub at: usize,
    /// Where its parcel stands in the tree, for grouping.
    pub parcel: Option<usize>,
    /// Name of the accountable official; empty where unknown.
    pub official: String,
    /// One cell a stage; `None` where the plan has no such stage.
    pub cells: Vec<Option<Cell>>,
}

/// The matrix of a place.
pub struct Gathered {
    /// The places that rows point into.
    pub tree: Arc<Tree>,
    /// Stages that occur, in order.
    pub stages: Vec<&'static str>,
    /// Rows in the order of the tree.
    pub rows: Vec<Row>,
    /// Whether there are bars at all, of known stages or not.
    pub has_bars: bool,
}

impl Gathered {
    /// Puts the rows first that most is late on: overdue works count before late ones, late ones before those at risk,
    /// and what is finished comes last.
    pub fn put_worst_first(&mut self) {
        self.rows.sort_by_key(|row| {
            let cells = || row.cells.iter().flatten();
            let at_risk = cells().filter(|cell| cell.word.accuses()).count();
            let of = |count: fn(&Cell) -> usize| cells().map(count).sum::<usize>();
            let is_open = cells().any(|cell| cell.done < cell.count);
            Reverse((of(|cell| cell.overdue), of(|cell| cell.late), at_risk, is_open))
        });
    }

    /// The place of a row.
    pub fn place(&self, row: &Row) -> &Place {
        &self.tree.places()[row.at]
    }

    /// The parcel of a row.
    pub fn parcel(&self, row: &Row) -> Option<&Place> {
        row.parcel.map(|at| &self.tree.places()[at])
    }
}

/// Gathers the matrix of a place: projects under a district or zone, buildings and facilities under a project or parcel.
pub async fn gather(conn: &mut Conn, domain: &Guatu, place: &Place, today: Date) -> Result<Gathered, Problem> {
    let wanted: &[Kind] = match place.kind {
        Kind::District | Kind::Zone => &[Kind::Project],
        Kind::Project | Kind::Parcel => &[Kind::Building, Kind::Facility],
        _ => &[],
    };
    let tree = domain.places.tree(conn).await?;
    let names = identity::names(conn).await?;
    let schedules = domain.networks.all_scheduled(conn).await?;
    let grades = domain.grades.grades(conn).await?;
    let (_, rules) = domain.rules.lamps(conn, today).await?;

    let places = tree.places();
    let chosen: Vec<usize> = match tree.position(&place.id) {
        Some(first) => (first..first + tree.under(place).len()).filter(|at| wanted.contains(&places[*at].kind)).collect(),
        None => Vec::new(),
    };
    let row_of = nearest_rows(&tree, &chosen);
    let stage_of: HashMap<&str, usize> = STAGES.iter().enumerate().map(|(at, stage)| (stage.id.as_str(), at)).collect();

    // Bars by row and stage, in one flat table; each is judged once.
    let mut slots: Vec<Vec<(&Bar, Word, Option<Grade>)>> = vec![Vec::new(); chosen.len() * STAGES.len()];
    let mut has_bars = false;
    for bar in schedules.iter().flat_map(|(_, scheduled)| &scheduled.bars) {
        has_bars |= tree.get(&bar.project).is_some_and(|project| project.path.starts_with(&place.path) || place.path.starts_with(&project.path));
        let (Some(stage), Some(at)) = (bar.stage.as_deref(), bar.place.as_deref().and_then(|id| tree.position(id))) else {
            continue;
        };
        if let (Some(row), Some(stage)) = (row_of[at], stage_of.get(stage)) {
            let word = verdict(bar, today, &rules).word();
            slots[row * STAGES.len() + stage].push((bar, word, grades.of(bar)));
        }
    }
    let occurring: Vec<usize> =
        (0..STAGES.len()).filter(|stage| slots.iter().skip(*stage).step_by(STAGES.len()).any(|slot| !slot.is_empty())).collect();
    let rows = chosen.iter().enumerate().map(|(row, at)| {
        let place = &places[*at];
        let parcel = place.parent.as_deref().and_then(|id| tree.position(id)).filter(|at| places[*at].kind == Kind::Parcel);
        let official = tree.accountable(place).and_then(|(account, _)| names.get(account));
        Row {
            at: *at,
            parcel,
            official: official.cloned().unwrap_or_default(),
            cells: occurring.iter().map(|stage| cell(&slots[row * STAGES.len() + stage])).collect(),
        }
    });
    let rows = rows.collect();
    Ok(Gathered {
        stages: occurring.into_iter().map(|stage| STAGES[stage].id.as_str()).collect(),
        rows,
        has_bars,
        tree,
    })
}

/// For each place of the tree, the row it belongs to: its own, or that of the nearest place above it that is a row.
fn nearest_rows(tree: &Tree, chosen: &[usize]) -> Vec<Option<usize>> {
    let mut row_of: Vec<Option<usize>> = vec![None; tree.places().len()];
    for (row, at) in chosen.iter().enumerate() {
        row_of[*at] = Some(row);
    }
    for (at, place) in tree.places().iter().enumerate() {
        if row_of[at].is_none() {
            // Parents stand before their children, so theirs is known.
            row_of[at] = place.parent.as_deref().and_then(|id| tree.position(id)).and_then(|parent| row_of[parent]);
        }
    }
    row_of
}
