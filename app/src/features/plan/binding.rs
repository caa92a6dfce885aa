//! What must be proved before a stage counts as met: the gates of `rules/gates.toml`, and which of them are open for a bar.
//!
//! A plan binds its own milestones; that a gate is passed it hears from whoever confirms evidence (feature `gates`, above it).

use super::store::Bar;
use serde::Deserialize;
use std::collections::HashSet;
use std::sync::LazyLock;

/// A gate.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    /// Identifier; its name is `gate.<id>` in the locale files.
    pub id: String,
    /// What it guards; its name is `gate_group.<group>`.
    pub group: String,
    /// Stages that are not met without it.
    pub binds: Vec<String>,
    /// It exists only where the plan has this stage.
    pub stage: Option<String>,
    /// Gates that come first where they exist.
    #[serde(default)]
    pub after: Vec<String>,
    /// Measures of which each must be at a hundred per cent; none: a paper is enough.
    #[serde(default)]
    pub measures: Vec<String>,
    /// Where that comes from.
    pub source: String,
    /// What it stands on: `S`, `G` or `setting`.
    pub mark: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GateFile {
    gate: Vec<Gate>,
}

/// All gates, from data with sources.
pub static GATES: LazyLock<Vec<Gate>> = LazyLock::new(|| {
    let file: GateFile =
        toml::from_str(include_str!("../../../../rules/gates.toml")).expect("rules/gates.toml is part of the program and read by a test");
    file.gate
});

/// The gate of an id.
pub fn gate(id: &str) -> Option<&'static Gate> {
    GATES.iter().find(|gate| gate.id == id)
}

/// Whether any gate binds a stage.
pub fn is_bound(stage: &str) -> bool {
    GATES.iter().any(|gate| gate.binds.iter().any(|bound| bound == stage))
}

impl Gate {
    /// Whether a place whose plan has some stages has this gate.
    pub fn exists(&self, planned: &HashSet<String>) -> bool {
        self.stage.as_ref().is_none_or(|needed| planned.contains(needed)) && self.binds.iter().any(|bound| planned.contains(bound))
    }

    /// The gates that come first.
    pub fn before(&self) -> impl Iterator<Item = &'static Gate> {
        self.after.iter().filter_map(|id| gate(id))
    }
}

/// Gates that bind a stage of a place whose plan has some stages.
pub fn of_stage<'a>(stage: &'a str, planned: &'a HashSet<&str>) -> impl Iterator<Item = &'static Gate> + 'a {
    let is_there = |gate: &&Gate| gate.stage.as_deref().is_none_or(|needed| planned.contains(needed));
    GATES.iter().filter(move |gate| gate.binds.iter().any(|bound| bound == stage)).filter(is_there)
}

/// Gates that are open for one of a place's bars: it is not met, or was met without them. `passed` are the gates confirmed at
/// the place or above it.
pub fn open<'a>(bar: &'a Bar, planned: &'a HashSet<&str>, passed: &'a HashSet<String>) -> impl Iterator<Item = &'static Gate> + 'a {
    of_stage(bar.stage.as_deref().unwrap_or_default(), planned).filter(|gate| !passed.contains(&gate.id))
}
