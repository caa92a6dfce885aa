//! The words people see in the template, in Chinese and English, from `labels.json`.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

/// All labels of the template. Pairs are Chinese, English.
#[derive(Debug, Deserialize)]
pub(crate) struct Labels {
    /// Headings by column key.
    pub(crate) columns: BTreeMap<String, [String; 2]>,
    /// Chinese words for the words of guatu-plan/1.
    words: BTreeMap<String, String>,
    /// Messages of the in-cell rules.
    pub(crate) messages: BTreeMap<String, [String; 2]>,
    /// Lines of the instruction sheet.
    pub(crate) instructions: Vec<[String; 2]>,
}

/// The labels, parsed once.
pub(crate) fn labels() -> &'static Labels {
    static LABELS: OnceLock<Labels> = OnceLock::new();
    LABELS.get_or_init(|| serde_json::from_str(include_str!("labels.json")).expect("labels.json is part of the crate"))
}

impl Labels {
    /// The heading of a column: Chinese over English.
    pub(crate) fn heading(&self, key: &str) -> String {
        self.columns.get(key).map_or_else(|| key.to_owned(), |[zh, en]| format!("{zh}\n{en}"))
    }

    /// Whether a heading cell names a column, in either language or both.
    pub(crate) fn is_heading(&self, key: &str, cell: &str) -> bool {
        let names = self.columns.get(key);
        cell.split('\n').map(str::trim).any(|part| {
            part.eq_ignore_ascii_case(key) || names.is_some_and(|[zh, en]| part == zh || part.eq_ignore_ascii_case(en))
        })
    }

    /// A word as shown: `task` with its Chinese beside it.
    pub(crate) fn shown(&self, word: &str) -> String {
        self.words.get(word).map_or_else(|| word.to_owned(), |zh| format!("{word} {zh}"))
    }

    /// The word of guatu-plan/1 in a cell that holds it, its Chinese, or both.
    pub(crate) fn word<'a>(&'a self, cell: &'a str) -> &'a str {
        let cell = cell.trim();
        if let Some((word, _)) = self.words.iter().find(|(_, zh)| *zh == cell) {
            return word;
        }
        cell.split_whitespace().next().unwrap_or(cell)
    }
}
