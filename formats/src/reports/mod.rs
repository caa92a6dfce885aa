//! Daily reports of one day as a workbook: written with what was done before, filled in by people, and read with the cell of
//! every value.
//!
//! Sheet `items` has a row for every measured work of a building, sheet `buildings` a row for every building, sheet `about`
//! says what the figures stand on. Headings are in the language of whoever fetched the workbook; their last line is the key
//! of the column, by which it is known in any order. Ids decide what a row is about, names are for people. The reader judges
//! nothing but the shape: what a quantity, a count or a word may be is decided by the rules that forms are held to.

mod read;
mod write;

pub use crate::filled::Cell;
pub use read::{gave_up, pack, read, unpack};
pub use write::write;

use guatu_kernel::diagnose::Diagnostic;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// The sheet of works.
const ITEMS: &str = "items";
/// The sheet of buildings.
const BUILDINGS: &str = "buildings";
/// The sheet that says what the figures stand on, and lists kinds of hindrance.
const ABOUT: &str = "about";

/// Columns of [`ITEMS`] by key, in written order.
const ITEM_COLUMNS: [&str; 9] =
    ["day", "building", "building_name", "item", "item_name", "unit", "total", "before", "cumulative"];
/// Columns of [`BUILDINGS`] by key: those before the counts, and those behind them.
const BUILDING_COLUMNS: [&[&str]; 2] =
    [&["day", "building", "building_name", "unchanged"], &["weather_hours", "hindrance", "decider", "remark"]];
/// What keys of amounts begin with, which need not be whole: materials on hand.
const AMOUNTS: &str = "stock.";
/// What keys of counts and amounts begin with: hands by trade, machines, materials on hand, their days of cover.
const COUNTS: [&str; 4] = ["trade.", "machine.", AMOUNTS, "material."];

/// A building of a workbook to be filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildingRow {
    /// Identifier.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// A measured work of a workbook to be filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemRow {
    /// Position of its building among [`Form::buildings`].
    pub building: usize,
    /// The activity.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its unit, in words.
    pub unit: String,
    /// Its total, in thousandths of the unit.
    pub total_e3: i64,
    /// Done before the day, in thousandths.
    pub before_e3: i64,
    /// Whether only whole units count.
    pub is_whole: bool,
}

/// A workbook to be filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// What it is about: place and day.
    pub title: String,
    /// What its figures stand on.
    pub note: String,
    /// How it is filled in, a paragraph each.
    pub lines: Vec<String>,
    /// The day.
    pub on: Date,
    /// Buildings that owe a report.
    pub buildings: Vec<BuildingRow>,
    /// Their works that are not complete.
    pub items: Vec<ItemRow>,
    /// Keys of counts and amounts, `trade.rebar`, `stock.blocks`, in order.
    pub counts: Vec<String>,
    /// Kinds of hindrance.
    pub hindrances: Vec<String>,
    /// Most of any count.
    pub most: u32,
    /// Most of any amount, in its unit.
    pub most_stock: u64,
}

/// What a workbook says of one building.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildingDay {
    /// The building, and the cell that names it first.
    pub building: Cell,
    /// The cell of its day.
    pub day_at: String,
    /// The mark that nothing has changed.
    pub unchanged: Option<Cell>,
    /// Works with their cumulative quantities.
    pub items: Vec<(String, Cell)>,
    /// Counts and amounts by key.
    pub counts: Vec<(String, Cell)>,
    /// Hours lost to weather.
    pub weather_hours: Option<Cell>,
    /// Kind of hindrance.
    pub hindrance: Option<Cell>,
    /// Who must decide.
    pub decider: Option<Cell>,
    /// What hinders, in words.
    pub remark: Option<Cell>,
}

impl BuildingDay {
    /// The first cell that is filled in, the mark aside.
    pub fn first_filled(&self) -> Option<&Cell> {
        let items = self.items.iter().map(|(_, cell)| cell);
        let counts = self.counts.iter().map(|(_, cell)| cell);
        items
            .chain(counts)
            .chain([&self.weather_hours, &self.hindrance, &self.decider, &self.remark].into_iter().flatten())
            .next()
    }

    /// Whether nothing is said of the building.
    pub fn is_left_out(&self) -> bool {
        self.unchanged.is_none() && self.first_filled().is_none()
    }
}

/// What a workbook gave.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// The day of its rows, or of most of them where a finding names others; absent where they name none.
    pub on: Option<Date>,
    /// Buildings in the order met.
    pub buildings: Vec<BuildingDay>,
    /// Findings in the order met.
    pub diagnostics: Vec<Diagnostic>,
}
