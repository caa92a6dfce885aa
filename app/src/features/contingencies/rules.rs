//! `rules/contingencies.toml`: kinds of plans with their drills, and which risks ask for which.

use serde::Deserialize;
use std::sync::LazyLock;

/// A kind of plan.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kind {
    /// Identifier; its name is `contingency_kind.<id>`.
    pub id: String,
    /// Days from one drill to the next at most.
    pub drill_days: u32,
    /// Where that comes from.
    pub source: String,
    /// What it stands on: `S`, `G` or `setting`.
    pub mark: String,
}

/// Risks that may not be on without a plan.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Need {
    /// The kind of plan.
    pub kind: String,
    /// Risks of `rules/risks.toml`.
    pub risks: Vec<String>,
    /// Where that comes from.
    pub source: String,
    /// What it stands on.
    pub mark: String,
}

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Kinds, in the order in which they are offered.
    pub kind: Vec<Kind>,
    /// What risks ask for.
    pub need: Vec<Need>,
}

/// Kinds and needs.
pub static CONTINGENCIES: LazyLock<File> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../../rules/contingencies.toml"))
        .expect("rules/contingencies.toml is part of the program and read by a test")
});

/// A kind of plan.
pub fn kind(id: &str) -> Option<&'static Kind> {
    CONTINGENCIES.kind.iter().find(|kind| kind.id == id)
}

/// What a risk asks for.
pub fn need(risk: &str) -> Option<&'static Need> {
    CONTINGENCIES.need.iter().find(|need| need.risks.iter().any(|one| one == risk))
}
