//! `rules/risks.toml` and `rules/hazards.toml`: colours, risk points, dangerous works, kinds of hazards, each with its source.

use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// Colour of a risk, the highest first. Never the palette of lamps: pages show it as a lettered, patterned tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Colour {
    /// Major.
    Red,
    /// Considerable.
    Orange,
    /// Ordinary.
    Yellow,
    /// Low.
    Blue,
}

impl Colour {
    /// Every colour with its name in tables, forms and locale keys.
    pub const ALL: [(Colour, &'static str); 4] =
        [(Colour::Red, "red"), (Colour::Orange, "orange"), (Colour::Yellow, "yellow"), (Colour::Blue, "blue")];

    /// Its name.
    pub fn name(self) -> &'static str {
        Colour::ALL.iter().find(|(colour, _)| *colour == self).map_or("", |(_, name)| name)
    }

    /// The colour of a name.
    pub fn from_name(name: &str) -> Option<Colour> {
        Colour::ALL.iter().find(|(_, known)| *known == name).map(|(colour, _)| *colour)
    }

    /// Its band, who controls it and how often it is looked at.
    pub fn rule(self) -> &'static ColourRule {
        // The file names every colour, which a test checks; the last stands for one it would not.
        RISKS.colour.iter().find(|rule| rule.id == self).unwrap_or(&RISKS.colour[RISKS.colour.len() - 1])
    }

    /// The colour of L × E × C; L and E in tenths.
    pub fn of_lec([likelihood_e1, exposure_e1, consequence]: [u32; 3]) -> Colour {
        let product_e2 = likelihood_e1 * exposure_e1 * consequence;
        band(|rule| product_e2 >= rule.lec_least * 100)
    }

    /// The colour of L × S, 1 to 5 each.
    pub fn of_ls([likelihood, severity]: [u32; 2]) -> Colour {
        band(|rule| likelihood * severity >= rule.ls_least)
    }
}

fn band(reaches: impl Fn(&ColourRule) -> bool) -> Colour {
    RISKS.colour.iter().find(|rule| reaches(rule)).map_or(Colour::Blue, |rule| rule.id)
}

/// What a colour means.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColourRule {
    /// The colour.
    pub id: Colour,
    /// Least L × E × C.
    pub lec_least: u32,
    /// Least L × S.
    pub ls_least: u32,
    /// Who controls it; names are `risk_level.<level>` in the locale files.
    pub level: String,
    /// It is looked at at least once in so many days.
    pub check_days: u32,
    /// Where that comes from.
    pub source: String,
    /// What it stands on: `S`, `G` or `setting`.
    pub mark: String,
}

/// Values that LEC takes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lec {
    /// Likelihoods in tenths.
    pub likelihood_e1: Vec<u32>,
    /// Exposures in tenths.
    pub exposure_e1: Vec<u32>,
    /// Consequences.
    pub consequence: Vec<u32>,
    /// Where that comes from.
    pub source: String,
    /// What it stands on.
    pub mark: String,
}

/// How long before its stage a risk is on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lead {
    /// Days.
    pub days: u32,
    /// Where that comes from.
    pub source: String,
    /// What it stands on.
    pub mark: String,
}

/// Something a site measures or counts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// Identifier; its name is `site_parameter.<id>` in the locale files.
    pub id: String,
    /// Unit; its name is `site_unit.<unit>`.
    pub unit: String,
    /// Most of it on any site, in the unit.
    pub most: u32,
}

/// A risk point of the catalogue.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Risk {
    /// Identifier; its name is `risk.<id>`, what is done about it `risk_measure.<id>`.
    pub id: String,
    /// Stages in which it is on; none: at any time.
    #[serde(default)]
    pub stages: Vec<String>,
    /// What must be measured for it.
    pub parameter: Option<String>,
    /// Least value, in the unit.
    pub from: Option<u32>,
    /// First value above it that is another risk's.
    pub below: Option<u32>,
    /// Likelihood and exposure in tenths, consequence.
    pub lec: Option<[u32; 3]>,
    /// Likelihood and severity.
    pub ls: Option<[u32; 2]>,
    /// Where that comes from.
    pub source: String,
    /// What it stands on.
    pub mark: String,
}

impl Risk {
    /// Its colour by the catalogue.
    pub fn colour(&self) -> Colour {
        match (self.lec, self.ls) {
            (Some(lec), _) => Colour::of_lec(lec),
            (None, Some(ls)) => Colour::of_ls(ls),
            (None, None) => Colour::Blue,
        }
    }

    /// Whether a value in thousandths is this risk's.
    pub fn holds(&self, value_e3: i64) -> bool {
        let e3 = |bound: u32| i64::from(bound) * 1000;
        self.from.is_none_or(|from| value_e3 >= e3(from)) && self.below.is_none_or(|below| value_e3 < e3(below))
    }
}

/// A dangerous work.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Danger {
    /// Identifier; its name is `danger.<id>`.
    pub id: String,
    /// What is measured for it.
    pub parameter: String,
    /// It is one from this value on, in the unit.
    pub from: u32,
    /// From this value on experts argue its plan.
    pub over: u32,
    /// Stages it belongs to.
    pub stages: Vec<String>,
    /// Stages that wait for its acceptance.
    pub next: Vec<String>,
    /// Where that comes from.
    pub source: String,
    /// What it stands on.
    pub mark: String,
}

impl Danger {
    /// Whether a value in thousandths makes the work a dangerous one.
    pub fn is_one(&self, value_e3: i64) -> bool {
        value_e3 >= i64::from(self.from) * 1000
    }

    /// Whether it is over scale.
    pub fn is_over(&self, value_e3: i64) -> bool {
        value_e3 >= i64::from(self.over) * 1000
    }
}

/// Experts who argue a plan.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Experts {
    /// At least so many.
    pub least: u32,
    /// Where that comes from.
    pub source: String,
    /// What it stands on.
    pub mark: String,
}

/// `rules/risks.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RiskFile {
    /// Colours, the highest first.
    pub colour: Vec<ColourRule>,
    /// Values of LEC.
    pub lec: Lec,
    /// How long before its stage a risk is on.
    pub lead: Lead,
    /// What sites measure.
    pub parameter: Vec<Parameter>,
    /// Risk points.
    pub risk: Vec<Risk>,
    /// Dangerous works.
    pub danger: Vec<Danger>,
    /// Experts.
    pub experts: Experts,
}

/// A kind of hazard.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kind {
    /// Identifier; its name is `hazard_kind.<id>`.
    pub id: String,
    /// Whether the published list calls it major.
    #[serde(default)]
    pub is_major: bool,
    /// Where that comes from.
    pub source: String,
    /// What it stands on.
    pub mark: String,
}

/// When reports of a major hazard are late.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reports {
    /// Natural days after it was found.
    pub natural_days: u32,
    /// Where that comes from.
    pub source: String,
    /// What it stands on.
    pub mark: String,
}

/// `rules/hazards.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HazardFile {
    /// When reports are late.
    pub reports: Reports,
    /// Kinds.
    pub kind: Vec<Kind>,
}

/// Colours, risk points and dangerous works.
pub static RISKS: LazyLock<RiskFile> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../../rules/risks.toml")).expect("rules/risks.toml is part of the program and read by a test")
});

/// Kinds of hazards.
pub static HAZARDS: LazyLock<HazardFile> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../../rules/hazards.toml")).expect("rules/hazards.toml is part of the program and read by a test")
});

/// A risk point of the catalogue.
pub fn risk(id: &str) -> Option<&'static Risk> {
    RISKS.risk.iter().find(|risk| risk.id == id)
}

/// Something sites measure.
pub fn parameter(id: &str) -> Option<&'static Parameter> {
    RISKS.parameter.iter().find(|parameter| parameter.id == id)
}

/// A dangerous work.
pub fn danger(id: &str) -> Option<&'static Danger> {
    RISKS.danger.iter().find(|danger| danger.id == id)
}

/// A kind of hazard.
pub fn kind(id: &str) -> Option<&'static Kind> {
    HAZARDS.kind.iter().find(|kind| kind.id == id)
}
