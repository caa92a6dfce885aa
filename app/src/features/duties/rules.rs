//! The slots of institutions and the templates that are offered, from `rules/institutions.toml`.

use super::model::{Each, FreeDays, Heard};
use serde::Deserialize;
use std::sync::LazyLock;

/// A slot that holds an institution.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slot {
    /// Identifier; the name it begins with is `institution.<id>` in the locale files.
    pub id: String,
    /// Where its name comes from; none for a slot that the district fills.
    pub source: Option<String>,
    /// What that stands on: `S`, `G` or `setting`.
    pub mark: Option<String>,
}

/// A rule that is offered.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// Identifier; its name is `duty_template.<id>` in the locale files.
    pub id: String,
    /// The slot it is offered in.
    pub slot: String,
    /// Where it is owed.
    pub each: Each,
    /// `official` or `person`.
    pub owner: String,
    /// Recurrence rule.
    pub rule: String,
    /// What becomes of days off.
    pub free_days: FreeDays,
    /// Days after the occurrence until it is due.
    pub grace_days: u32,
    /// The fact that does it.
    pub heard: Option<Heard>,
    /// Whether a photograph is needed.
    #[serde(default)]
    pub needs_photo: bool,
    /// What its numbers stand on.
    pub mark: String,
}

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Institutions {
    /// The slots, in their order.
    pub slot: Vec<Slot>,
    /// The templates, in the order in which they are offered.
    pub template: Vec<Template>,
}

/// `rules/institutions.toml`.
pub static INSTITUTIONS: LazyLock<Institutions> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../../rules/institutions.toml")).expect("rules/institutions.toml is part of the program and read by a test")
});

/// Whether a slot is there.
pub fn is_slot(id: &str) -> bool {
    INSTITUTIONS.slot.iter().any(|slot| slot.id == id)
}

/// Whether a slot's name is given by the campaign: then the district writes what it is for, but not what it is called.
pub fn is_named(id: &str) -> bool {
    INSTITUTIONS.slot.iter().any(|slot| slot.id == id && slot.source.is_some())
}

/// The template of an id.
pub fn template(id: &str) -> Option<&'static Template> {
    INSTITUTIONS.template.iter().find(|template| template.id == id)
}
