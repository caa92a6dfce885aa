//! Reads a filled workbook: every value with its cell, one day for all rows, nothing twice.

use super::BUILDING_COLUMNS;
use super::{BUILDINGS, BuildingDay, COUNTS, Cell, ITEM_COLUMNS, ITEMS, Reading};
use crate::filled::{cell, key_line, limits};
use crate::plans::codes;
use crate::plans::findings::{Findings, fault};
use crate::plans::parcel::{packed, unpacked};
use crate::plans::sheet::cells::{read_moment, read_yes};
use crate::plans::sheet::grid::{self, Formulas, Grid};
use guatu_kernel::diagnose::Diagnostic;
use jiff::civil::Date;
use serde_json::json;
use std::collections::HashMap;

/// Days that a finding names besides the one of most rows.
const DAYS_NAMED: usize = 4;

/// Reads a workbook. Never panics, whatever the bytes; every fault is a diagnostic.
pub fn read(bytes: &[u8]) -> Reading {
    let mut findings = Findings::default();
    let (on, buildings) = read_book(bytes, &mut findings).unwrap_or_else(|fault| {
        findings.push(fault);
        (None, Vec::new())
    });
    Reading { on, buildings, diagnostics: findings.finish() }
}

fn read_book(bytes: &[u8], findings: &mut Findings) -> Result<(Option<Date>, Vec<BuildingDay>), Diagnostic> {
    let limits = limits();
    if bytes.len() > limits.packed_bytes {
        let message = format!("the file has more than {} MB, at most that is read", limits.packed_bytes >> 20);
        return Err(fault(codes::TOO_LARGE, "file", message));
    }
    if !bytes.starts_with(b"PK\x03\x04") {
        return Err(fault(codes::UNKNOWN_FORMAT, "file", "the file is not an Excel workbook (xlsx)"));
    }
    let mut book = grid::open(bytes, &limits)?;
    let item_key = |cell: &str| key_line(cell).filter(|key| ITEM_COLUMNS.contains(key)).map(str::to_owned);
    let building_key = |cell: &str| {
        let is_known = |key: &&str| {
            BUILDING_COLUMNS.iter().any(|keys| keys.contains(key))
                || COUNTS.iter().any(|prefix| key.starts_with(prefix))
        };
        key_line(cell).filter(is_known).map(str::to_owned)
    };
    let items = grid::read(&mut book, ITEMS, item_key, Formulas::Refused, &limits, findings)?;
    let buildings = grid::read(&mut book, BUILDINGS, building_key, Formulas::Refused, &limits, findings)?;
    let mut is_whole = true;
    for (sheet, keys) in
        [(&items, &["day", "building", "item", "cumulative"][..]), (&buildings, &["day", "building", "unchanged"])]
    {
        for key in keys.iter().filter(|key| sheet.position(key).is_none()) {
            is_whole = false;
            let message = format!(
                "the sheet `{}` has no column `{key}`; fetch the workbook again and fill that one in",
                sheet.name
            );
            findings.error(codes::MISSING, sheet.name, message);
        }
    }
    if !is_whole {
        return Ok((None, Vec::new()));
    }
    let mut days = Days::default();
    let mut found = Found::default();
    read_buildings(&buildings, &mut found, &mut days, findings);
    read_items(&items, &mut found, &mut days, findings);
    for building in &found.buildings {
        if let (Some(mark), Some(filled)) = (&building.unchanged, building.first_filled()) {
            let message =
                format!("`{}` says that nothing changed, yet `{}` is filled in; empty one of them", mark.at, filled.at);
            findings.error(codes::CONTRADICTION, &*mark.at, message);
        }
    }
    Ok((days.of_most(findings), found.buildings))
}

/// Buildings met so far, by id.
#[derive(Default)]
struct Found {
    buildings: Vec<BuildingDay>,
    index: HashMap<String, usize>,
}

impl Found {
    fn get(&mut self, building: Cell, day_at: String) -> &mut BuildingDay {
        let next = self.buildings.len();
        let at = *self.index.entry(building.text.clone()).or_insert(next);
        if at == next {
            self.buildings.push(BuildingDay {
                building,
                day_at,
                unchanged: None,
                items: Vec::new(),
                counts: Vec::new(),
                weather_hours: None,
                hindrance: None,
                decider: None,
                remark: None,
            });
        }
        &mut self.buildings[at]
    }
}

/// Days of all rows, each with how often and where it stands first.
#[derive(Default)]
struct Days(Vec<(Date, usize, String)>);

impl Days {
    fn add(&mut self, on: Date, at: String) {
        match self.0.iter_mut().find(|(known, ..)| *known == on) {
            Some((_, count, _)) => *count += 1,
            None => self.0.push((on, 1, at)),
        }
    }

    /// The day of most rows. Others are named with their cells.
    fn of_most(mut self, findings: &mut Findings) -> Option<Date> {
        self.0.sort_by_key(|(_, count, _)| std::cmp::Reverse(*count));
        let [(on, _, first), others @ ..] = &self.0[..] else { return None };
        for (other, _, at) in others.iter().take(DAYS_NAMED) {
            let message = format!("`{at}` says {other}, `{first}` says {on}; a workbook holds the reports of one day");
            findings.error(codes::SEVERAL_DAYS, &**at, message);
        }
        Some(*on)
    }
}

/// What a row is about: its building, the cell of its day. `None` for a row that says nothing, or that cannot be read.
fn row_of(
    sheet: &Grid,
    row: u32,
    cells: &HashMap<u32, String>,
    days: &mut Days,
    findings: &mut Findings,
) -> Option<(Cell, String)> {
    let building = cell(sheet, row, cells, "building", findings);
    let day_at = sheet.cell(row, "day");
    let Some(building) = building else {
        // A line of sums or a remark of one's own is nobody's report, but a figure without its building is.
        let filled = sheet.columns.iter().find(|(key, at)| is_input(key) && cells.contains_key(at));
        if let Some((key, _)) = filled {
            let message = format!("`{}` is filled in, but its row names no building", sheet.cell(row, key));
            findings.error(codes::MISSING, sheet.cell(row, "building"), message);
        }
        return None;
    };
    match read_moment(sheet.get(cells, "day")) {
        Ok(Some(moment)) => days.add(moment.date(), day_at.clone()),
        Ok(None) => findings.error(codes::MISSING, &*day_at, format!("`{day_at}` needs the day of the report")),
        Err(message) => findings.error(codes::BAD_VALUE, &*day_at, format!("{day_at}: {message}")),
    }
    Some((building, day_at))
}

fn is_input(key: &str) -> bool {
    !matches!(key, "day" | "building" | "building_name" | "item" | "item_name" | "unit" | "total" | "before")
}

fn read_buildings(sheet: &Grid, found: &mut Found, days: &mut Days, findings: &mut Findings) {
    for (row, cells) in &sheet.rows {
        let Some((building, day_at)) = row_of(sheet, *row, cells, days, findings) else { continue };
        let at = building.at.clone();
        let mut read = |key: &str| cell(sheet, *row, cells, key, findings);
        let [unchanged, weather_hours, hindrance, decider, remark] =
            ["unchanged", "weather_hours", "hindrance", "decider", "remark"].map(&mut read);
        let is_count = |key: &&String| COUNTS.iter().any(|prefix| key.starts_with(prefix));
        let counts: Vec<(String, Cell)> = sheet
            .columns
            .iter()
            .map(|(key, _)| key)
            .filter(is_count)
            .filter_map(|key| Some((key.clone(), read(key)?)))
            .collect();
        let unchanged = unchanged.filter(|mark| {
            read_yes(&mark.text).unwrap_or_else(|message| {
                findings.error(codes::BAD_VALUE, &*mark.at, format!("{}: {message}", mark.at));
                false
            })
        });
        let known = found.get(building, day_at);
        let said = BuildingDay { unchanged, counts, weather_hours, hindrance, decider, remark, ..known.clone() };
        if said.is_left_out() {
            continue;
        }
        if !known.is_left_out() {
            twice(&at, &known.building, findings);
            continue;
        }
        *known = said;
    }
}

fn read_items(sheet: &Grid, found: &mut Found, days: &mut Days, findings: &mut Findings) {
    for (row, cells) in &sheet.rows {
        let Some((building, day_at)) = row_of(sheet, *row, cells, days, findings) else { continue };
        let cumulative = cell(sheet, *row, cells, "cumulative", findings);
        let item = cell(sheet, *row, cells, "item", findings);
        let known = found.get(building, day_at);
        let Some(cumulative) = cumulative else { continue };
        let Some(item) = item else {
            let message = format!("`{}` is filled in, but its row names no work", cumulative.at);
            findings.error(codes::MISSING, sheet.cell(*row, "item"), message);
            continue;
        };
        match known.items.iter().find(|(id, _)| *id == item.text) {
            Some((_, first)) => twice(&cumulative.at, first, findings),
            None => known.items.push((item.text, cumulative)),
        }
    }
}

fn twice(at: &str, first: &Cell, findings: &mut Findings) {
    let message = format!("`{at}` says again what `{}` has said; keep one of the two rows", first.at);
    findings.error(codes::DUPLICATE_ID, at, message);
}

/// Packs a reading, to be handed from the process that read it to the one that asked.
pub fn pack(reading: &Reading) -> Vec<u8> {
    let diagnostics = packed(&reading.diagnostics);
    json!({ "on": reading.on, "buildings": reading.buildings, "diagnostics": diagnostics }).to_string().into_bytes()
}

/// Unpacks a reading; `None` when the bytes are not a whole one, as when its reader ended early.
pub fn unpack(bytes: &[u8]) -> Option<Reading> {
    let mut parcel: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    Some(Reading {
        on: serde_json::from_value(parcel["on"].take()).ok()?,
        buildings: serde_json::from_value(parcel["buildings"].take()).ok()?,
        diagnostics: unpacked(&parcel["diagnostics"])?,
    })
}

/// The reading of a workbook whose reader ended early for want of memory or time.
pub fn gave_up(message: &str) -> Reading {
    Reading { diagnostics: vec![fault(codes::GAVE_UP, "file", message)], ..Reading::default() }
}
