//! The Excel template: an empty one to fill in, a plan in the same shape, and the reader of both.
//!
//! Sheets `Plan`, `Activities`, `Links`, `Calendars`, `Exceptions`, `Mandated`, `Resources` and `Instructions`. Headings are
//! bilingual and found by either name, in any order. The hidden column `Id` keeps identity when a code is edited; the hidden
//! column `More` carries what the columns do not show, and an edited cell always wins over it.

pub(crate) mod cells;
pub(crate) mod grid;
mod guard;
pub(crate) mod labels;
mod read;
mod write;

pub(crate) use read::read;
pub use write::{template, write};

/// Columns of every sheet by key, in written order.
pub(crate) const SHEETS: [(&str, &[&str]); 7] = [
    ("Plan", &["key", "value"]),
    (
        "Activities",
        &[
            "id",
            "code",
            "name",
            "kind",
            "parent",
            "place",
            "work_kind",
            "duration",
            "calendar",
            "constraint",
            "constraint_on",
            "constraint_hard",
            "deadline",
            "actual_start",
            "actual_finish",
            "percent",
            "remaining",
            "needs",
            "worth",
            "more",
        ],
    ),
    ("Links", &["from", "to", "link", "lag"]),
    ("Calendars", &["code", "name", "hours_per_day", "mon", "tue", "wed", "thu", "fri", "sat", "sun"]),
    ("Exceptions", &["calendar", "first", "last", "working", "name"]),
    ("Mandated", &["activity", "finish_by", "name"]),
    ("Resources", &["code", "capacity", "calendar", "steps"]),
];

/// The name of a cell: `Activities!D7`, counting rows and columns from 0.
pub(crate) fn cell_name(sheet: &str, row: u32, column: u32) -> String {
    let (mut letters, mut rest) = (Vec::new(), column + 1);
    while rest > 0 {
        letters.push(char::from(b'A' + ((rest - 1) % 26) as u8));
        rest = (rest - 1) / 26;
    }
    format!("{sheet}!{}{}", letters.iter().rev().collect::<String>(), row + 1)
}
