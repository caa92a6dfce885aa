//! How wide the columns of a table are: as they share the width, but no word is broken while all have room.

use super::{Column, Table};
use crate::charts::svg::ems;

/// Han characters in a row that a column keeps room for when it gives up width to another.
const HAN_KEPT: f64 = 7.0;

/// Sizes cells and titles are set in, of the usual one: the first are taken that let every word stand whole.
const SIZES: [(f64, f64); 5] = [(1.0, 1.0), (1.0, 0.9), (1.0, 0.8), (0.85, 0.8), (0.85, 0.72)];

/// The columns of a table on paper.
pub(super) struct Columns {
    /// Widths, which add up to the whole.
    pub widths: Vec<f64>,
    /// The size of cells, of the usual one.
    pub size: f64,
    /// The size of titles, of the usual one.
    pub title_size: f64,
}

/// Widths that add up to `whole`, for cells in letters of a size that keep a gap free, all in one unit.
pub(super) fn columns(table: &Table, whole: f64, size: f64, gap: f64) -> Columns {
    let shares: u32 = table.columns.iter().map(|column| column.share).sum::<u32>().max(1);
    let shared: Vec<f64> =
        table.columns.iter().map(|column| whole * f64::from(column.share) / f64::from(shares)).collect();
    let widest = |at: usize, of: fn(&str) -> f64| {
        table.rows.iter().filter_map(|row| row.get(at)).map(|cell| of(cell)).fold(0.0, f64::max)
    };
    let cells: Vec<[f64; 2]> = table
        .columns
        .iter()
        .enumerate()
        .map(|(at, column)| {
            // A number stays with its unit and its mark.
            let whole_cell = widest(at, ems);
            let least = if column.is_number { whole_cell } else { widest(at, |cell| longest_word(cell, ems)) };
            [whole_cell.min(HAN_KEPT).max(least), least]
        })
        .collect();
    // Who gives width up keeps a name in one line, if not in large letters, then in small ones; else it keeps its words.
    for kept_at in [0, 1] {
        for (cell_size, title_size) in SIZES {
            let title = |column: &Column| longest_word(&column.title, bold_ems) * title_size;
            let room = |of: usize| {
                let each = table.columns.iter().zip(&cells);
                each.map(|(column, cell)| title(column).max(cell[of] * cell_size) * size + gap).collect::<Vec<f64>>()
            };
            let (least, kept) = (room(1), room(kept_at));
            let wanted: f64 = least.iter().zip(&shared).map(|(least, shared)| (least - shared).max(0.0)).sum();
            let spare: f64 = kept.iter().zip(&shared).map(|(kept, shared)| (shared - kept).max(0.0)).sum();
            if wanted <= spare {
                let given = if spare > 0.0 { wanted / spare } else { 0.0 };
                let width = |((shared, least), kept): ((&f64, &f64), &f64)| {
                    if shared < least { *least } else { shared - (shared - kept).max(0.0) * given }
                };
                return Columns {
                    widths: shared.iter().zip(&least).zip(&kept).map(width).collect(),
                    size: cell_size,
                    title_size,
                };
            }
        }
    }
    Columns { widths: shared, size: 1.0, title_size: 1.0 }
}

/// Width in bold letters, which are wider where they are not Han characters.
pub(super) fn bold_ems(text: &str) -> f64 {
    let one = |letter: char| ems(letter.encode_utf8(&mut [0; 4])) * if is_word(letter) { 1.12 } else { 1.0 };
    text.chars().map(one).sum()
}

/// Whether a character belongs to a word or number that is not broken. Han characters stand alone.
pub(super) fn is_word(letter: char) -> bool {
    (letter.is_alphanumeric() && (letter as u32) < 0x2e80) || "-._/".contains(letter)
}

/// Marks that do not begin a line.
pub(super) const CLOSING: &str = "，。；：、）》”’！？】〕,.;:)!?%";

/// Marks that do not end a line.
pub(super) const OPENING: &str = "（《“‘【〔([";

/// The width of a text's longest word, with the marks that are not parted from it: a sign stays a space behind it.
fn longest_word(text: &str, width: fn(&str) -> f64) -> f64 {
    let letters: Vec<char> = text.chars().collect();
    let is_closing = |at: usize| letters.get(at).is_some_and(|letter| CLOSING.contains(*letter));
    let is_kept = |at: usize| {
        let letter = letters[at];
        is_word(letter) || is_closing(at) || OPENING.contains(letter) || (letter == ' ' && is_closing(at + 1))
    };
    let (mut longest, mut word) = (0.0f64, String::new());
    for (at, letter) in letters.iter().enumerate() {
        if is_kept(at) {
            word.push(*letter);
        } else {
            longest = longest.max(width(&std::mem::take(&mut word)));
        }
    }
    longest.max(width(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_is_broken_while_all_have_room() {
        let column = |title: &str, share| Column { title: title.into(), share, is_number: false };
        let table = |titles: [(&str, u32); 3]| Table {
            caption: String::new(),
            columns: titles.map(|(title, share)| column(title, share)).to_vec(),
            rows: vec![vec!["\u{5b89}\u{7f6e}\u{623f}".into(), "7".into(), "12".into()]],
        };
        let cases = [
            ("as they share", table([("\u{9879}\u{76ee}", 2), ("%", 1), ("%", 1)]), 40.0, [20.0, 10.0, 10.0], 1.0),
            (
                "a word takes what it needs",
                table([("\u{9879}\u{76ee}", 2), ("abcdefghijk", 1), ("%", 1)]),
                40.0,
                [0.0, 13.0, 0.0],
                1.0,
            ),
            (
                "a sign stays with its word",
                table([("\u{9879}\u{76ee}", 2), ("abcdefghij %", 1), ("%", 1)]),
                40.0,
                [0.0, 13.6, 0.0],
                1.0,
            ),
            (
                "titles are set smaller",
                table([("abcdefgh", 1), ("abcdefgh", 1), ("abcdefgh", 1)]),
                29.0,
                [0.0, 0.0, 0.0],
                0.9,
            ),
            (
                "there is no room at all",
                table([("abcdefgh", 2), ("abcdefgh", 1), ("abcdefgh", 1)]),
                8.0,
                [4.0, 2.0, 2.0],
                1.0,
            ),
        ];
        for (name, table, whole, expected, title_size) in cases {
            let made = columns(&table, whole, 2.0, 0.0);
            assert!((made.widths.iter().sum::<f64>() - whole).abs() < 1e-9, "{name}: {:?}", made.widths);
            for (width, expected) in made.widths.iter().zip(expected) {
                assert!(expected == 0.0 || (width - expected).abs() < 0.5, "{name}: {:?}", made.widths);
            }
            assert_eq!(made.title_size, title_size, "{name}");
        }
    }
}
