//! Rules of daily reports: one a day and building, quantities that neither fall nor exceed, and who may judge them.

use crate::features::plan::amounts;
use crate::features::targets::model::Grade;
use crate::journal::domain::{Actor, Context, Draft};
use crate::refusal::{Refusal, text};
use crate::refusals;
use guatu_formats::plans::begins_formula;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// What a report says of one work item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// The activity.
    pub activity: String,
    /// Done so far, in thousandths of its unit.
    pub cumulative_e3: i64,
}

/// What hinders, and who must decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hindrance {
    /// Kind, from `rules/reports.toml`.
    pub kind: String,
    /// Who must decide upstream, in words.
    pub decider: String,
    /// What it is.
    pub remark: String,
}

/// A photograph: the original is sealed, a copy is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Photo {
    /// SHA-256 of the original bytes.
    pub original: String,
    /// SHA-256 of the copy, where that was sealed with the original; others are drawn from it when they are needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy: Option<String>,
}

/// Begins the name of a copy that is drawn from the original whose hash follows.
const DRAWN: &str = "of-";

impl Photo {
    /// A photograph by the hash of its original.
    pub fn of(original: String) -> Photo {
        Photo { original, copy: None }
    }

    /// What its copy is called on pages and in other facts. Never the hash of an original, so that no address leads to one.
    pub fn name(&self) -> String {
        self.copy.clone().unwrap_or_else(|| format!("{DRAWN}{}", self.original))
    }

    /// The original from which a copy of this name is drawn; `None` where the copy was sealed.
    pub fn drawn_from(name: &str) -> Option<&str> {
        name.strip_prefix(DRAWN)
    }
}

/// What a report says besides quantities.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Content {
    /// Quantities of work items.
    pub items: Vec<Item>,
    /// Hands on site by trade.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub hands: BTreeMap<String, u32>,
    /// Machines on site by kind.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub machines: BTreeMap<String, u32>,
    /// Materials on hand by kind, in thousandths of the unit that `rules/reports.toml` gives.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub stock_e3: BTreeMap<String, u64>,
    /// Days that materials on hand will last, by kind.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub cover_days: BTreeMap<String, u32>,
    /// Hours lost to weather.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weather_hours: Option<u32>,
    /// What hinders.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hindrance: Option<Hindrance>,
    /// Photographs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub photos: Vec<Photo>,
    /// When the phone says it was written, as it says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written_at: Option<String>,
}

impl Content {
    /// Without quantities, photographs, and when it was written.
    pub fn besides(&self) -> Content {
        Content { items: Vec::new(), photos: Vec::new(), written_at: None, ..self.clone() }
    }

    /// Hands on site, where it says how many: none is a number too.
    pub fn hands_said(&self) -> Option<u32> {
        (!self.hands.is_empty()).then(|| self.hands_total())
    }

    /// Hands on site, all trades.
    pub fn hands_total(&self) -> u32 {
        self.hands.values().fold(0, |sum, count| sum.saturating_add(*count))
    }
}

/// Where a work item stands after a fact: what plans and targets hear.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Its project.
    pub project: String,
    /// The activity.
    pub activity: String,
    /// Done before the day of the fact, at the best grade, in thousandths.
    pub before_e3: i64,
    /// Done through that day.
    pub through_e3: i64,
    /// Done in all, at the best grade.
    pub done_e3: i64,
    /// Its total.
    pub total_e3: i64,
    /// The next day on which somebody measured what is done in all: that figure stays, so what this fact adds or takes is taken
    /// from that day's own share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured_again_on: Option<Date>,
}

/// One report of several that are filed together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Filing {
    /// Client-made id.
    pub report: String,
    /// The building.
    pub building: String,
    /// The day.
    pub on: Date,
    /// What it says; `None` when nothing has changed.
    pub content: Option<Box<Content>>,
}

/// What can be asked of reports.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// File the report of a day.
    File {
        /// Client-made id.
        report: String,
        /// The building.
        building: String,
        /// The day.
        on: Date,
        /// What it says.
        content: Box<Content>,
    },
    /// File that nothing has changed.
    FileUnchanged {
        /// Client-made id.
        report: String,
        /// The building.
        building: String,
        /// The day.
        on: Date,
    },
    /// File the reports of several buildings and one day: all of them or none.
    FileSheet {
        /// One report a building.
        reports: Vec<Filing>,
    },
    /// Correct a report.
    Correct {
        /// The report.
        report: String,
        /// Right quantities.
        items: Vec<Item>,
        /// Everything else as it was, where that was said wrongly: it has no quantities and no photographs.
        besides: Option<Box<Content>>,
        /// The photographs it holds from now on, where others belong to it.
        photos: Option<Vec<Photo>>,
        /// Why.
        reason: String,
    },
    /// Confirm a report.
    Confirm {
        /// The report.
        report: String,
    },
    /// Dispute a report.
    Dispute {
        /// The report.
        report: String,
        /// Quantities as measured by the supervision engineer; none when it is about the rest of the report.
        items: Vec<Item>,
        /// Why.
        reason: String,
        /// Whether a figure far from the reported one is meant.
        is_sure: bool,
    },
    /// Say what an inspection found where a report speaks.
    Verify {
        /// The report.
        report: String,
        /// Quantities that were found to be others; what is not named was found as it stands.
        items: Vec<Item>,
        /// What was found; needed where something differs.
        finding: String,
        /// Whether a figure far from the one that counted is meant.
        is_sure: bool,
    },
}

/// What happened to reports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "fields are those of the commands, which are documented")]
pub enum Fact {
    /// A report was filed.
    Filed { project: String, content: Box<Content>, standings: Vec<Standing> },
    /// A day without change was filed.
    Unchanged { project: String },
    /// It was corrected; `besides` takes the place of what was said besides quantities and photographs, `photos` that of these.
    Corrected {
        reason: String,
        standings: Vec<Standing>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        besides: Option<Box<Content>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        photos: Option<Vec<Photo>>,
    },
    /// The supervision engineer agrees.
    Confirmed {},
    /// The supervision engineer does not agree.
    Disputed { reason: String, standings: Vec<Standing> },
    /// An inspection verified it; `standings` are those that differ from what counted until then.
    Verified { finding: String, standings: Vec<Standing> },
}

impl Content {
    /// Whether it says nothing at all: a day without change is filed as that.
    pub fn is_empty(&self) -> bool {
        *self == Content { written_at: self.written_at.clone(), ..Content::default() }
    }
}

impl Fact {
    /// Work items it moved.
    pub fn standings(&self) -> &[Standing] {
        match self {
            Fact::Filed { standings, .. }
            | Fact::Corrected { standings, .. }
            | Fact::Disputed { standings, .. }
            | Fact::Verified { standings, .. } => standings,
            Fact::Unchanged { .. } | Fact::Confirmed {} => &[],
        }
    }
}

refusals! {
    /// The id is in use.
    IdTaken = "R-101" Conflict _;
    /// Only buildings and facilities report.
    NotABuilding = "R-102" Rule building;
    /// The project is not active.
    NotActive = "R-103" Rule building;
    /// A day that has not come.
    FutureDay { date } = "R-104" Rule on;
    /// The day has its report: correct it.
    AlreadyReported { date } = "R-105" Conflict on;
    /// A later day has been reported.
    LaterReported { date } = "R-106" Rule on;
    /// The building has no such measured work.
    UnknownWork { activity } = "R-107" Rule items;
    /// Cumulative quantities do not fall.
    Falls { name, before } = "R-108" Rule items;
    /// More than there is.
    Exceeds { name, total } = "R-109" Rule items;
    /// A claim of completion needs a photograph.
    PhotoNeeded { name } = "R-110" Rule photos;
    /// A reason is needed.
    NoReason = "R-111" Rule reason;
    /// Somebody has judged it: who, and when.
    AlreadyJudged { by, when, grade } = "R-112" Conflict _;
    /// Nobody judges their own report.
    OwnReport = "R-113" Forbidden _;
    /// Figures of a dispute are those that differ.
    NothingDiffers = "R-114" Rule items;
    /// More hands, machines or days than any site has.
    TooMany { limit } = "R-115" Rule hands;
    /// A word that is not in the list.
    UnknownWord { word } = "R-116" Rule hindrance;
    /// A trade, a machine or a material that is not in the list.
    UnknownMeans { word } = "R-148" Rule hands;
    /// Longer ago than reports are taken.
    TooOld { days } = "R-117" Rule on;
    /// Only whole units are counted here.
    NotWhole { name } = "R-118" Rule items;
    /// An inspection has verified it; what the site says later does not overrule that.
    Inspected { by, date } = "R-124" Conflict _;
    /// A correction of a disputed report goes as far as the supervision engineer measured.
    AboveMeasured { name, measured } = "R-125" Rule items;
    /// What is filed together is of one day.
    SeveralDays { days } = "R-126" Rule on;
    /// More buildings than are filed together.
    TooManyReports { limit } = "R-127" Rule reports;
    /// A text that is too long.
    TextTooLong { limit } = "R-128" Rule remark;
    /// A text that a spreadsheet would take for a formula.
    LikeFormula = "R-129" Rule remark;
    /// What should be the instant at which a phone wrote it is none.
    NoInstant = "R-130" Rule written_at;
    /// A work item twice.
    ItemTwice { name } = "R-131" Rule items;
    /// Nothing is to be filed.
    NothingToFile = "R-132" Rule reports;
    /// A building twice.
    BuildingTwice { building } = "R-133" Rule building;
    /// An acceptance is not complete while gates of it are not confirmed.
    GatesOpen { name, gates } = "R-140" Rule items;
    /// Nobody is named who must decide.
    NoDecider = "R-141" Rule decider;
    /// A correction that says what was said.
    NothingCorrected = "R-142" Rule items;
    /// A small part of what counted: meant, or a slip of the finger?
    FarOff { name, counted, measured } = "R-143" Rule sure;
    /// More of a day than was measured of a later one: meant, or a mistake?
    AboveLater { name, measured, date, later } = "R-149" Rule sure;
    /// No work goes on there by the state of the place.
    Stopped { date } = "R-146" Rule building;
    /// Weather stopped work for the whole day, and work was done.
    StoppedAllDay = "R-147" Rule weather_hours;
    /// More photographs than a report holds.
    TooManyPhotos { limit } = "R-144" Rule photos;
}

/// Buildings whose reports are filed together at most: they share one transaction, and others wait for it.
pub const MOST_REPORTS: usize = 500;
/// Characters of who must decide, and of what hinders: as many as forms take of a line and of a text.
const DECIDER_CHARS: usize = 200;
const REMARK_CHARS: usize = 2_000;
/// Hours that weather can stop in a day.
const DAY_HOURS: u32 = 24;
/// Characters of a word that a refusal repeats.
const WORD_CHARS: usize = 60;
/// Photographs of a report at most: as many as a form carries.
pub const MOST_PHOTOS: usize = 6;
/// Days that are named when there should be one.
const DAYS_NAMED: usize = 4;

/// A work item as the rule sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// The activity.
    pub activity: String,
    /// Its name.
    pub name: String,
    /// Its total in thousandths.
    pub total_e3: i64,
    /// Whether only whole units count.
    pub is_whole: bool,
    /// Done before the day in question, at the best grade.
    pub before_e3: i64,
    /// Done on the day in question, at the best grade.
    pub day_e3: i64,
    /// Done after it.
    pub after_e3: i64,
    /// The next day on which somebody measured what is done in all.
    pub measured_again: Option<MeasuredAgain>,
    /// Done in all on the day in question as the supervision engineer measured it.
    pub measured_e3: Option<i64>,
    /// Gates without which it is not complete, and which nobody has confirmed.
    pub open_gates: Vec<String>,
}

impl Work {
    /// The next day on which somebody measured what is done in all, and what they measured.
    fn later_measure(&self) -> Option<(MeasuredAgain, i64)> {
        let again = self.measured_again?;
        Some((again, self.before_e3 + self.day_e3 + again.between_e3 + again.day_e3))
    }
}

/// A later day on which somebody measured what is done of a work in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MeasuredAgain {
    /// The day.
    pub on: Date,
    /// Done after the day in question and before that day.
    pub between_e3: i64,
    /// Done on that day.
    pub day_e3: i64,
}

/// What the rule sees.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Who verified a later day of a work that is corrected, and when.
    pub inspected_after: Option<(String, Date)>,
    /// Whether the id is in use.
    pub is_id_taken: bool,
    /// The building's name.
    pub name: String,
    /// Whether the place is a building or a facility.
    pub is_building: bool,
    /// The project.
    pub project: String,
    /// Whether the project is active.
    pub is_active: bool,
    /// Since when no work goes on there by the state of the place or of one it stands in.
    pub idle_since: Option<Date>,
    /// The building's measured work.
    pub works: Vec<Work>,
    /// The newest day that has a report.
    pub last_on: Option<Date>,
    /// The report in question.
    pub report: Option<Known>,
    /// What the rule sees of each of several buildings whose reports are filed together.
    pub each: Vec<State>,
}

/// A report that is judged or corrected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The building.
    pub building: String,
    /// Its day.
    pub on: Date,
    /// Who filed it.
    pub filed_by: String,
    /// How good it is.
    pub grade: Grade,
    /// Who judged it, and when.
    pub judged: Option<(String, DateTime)>,
    /// How many photographs it holds.
    pub photo_count: usize,
}

/// A material that sites keep.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Material {
    /// Name in keys; `material.<id>` in the locale files.
    pub id: String,
    /// Its unit; `unit.<unit>` in the locale files where it is not the same in all languages.
    pub unit: String,
}

/// Words and limits of reports.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// Trades; names are `trade.<id>` in the locale files.
    pub trades: Vec<String>,
    /// Machines.
    pub machines: Vec<String>,
    /// Materials.
    pub materials: Vec<Material>,
    /// Kinds of hindrance.
    pub hindrances: Vec<String>,
    /// Those of which nobody decides.
    pub undecided: Vec<String>,
    /// Days back that a report is taken.
    pub back_days: u16,
    /// A measure below this share of what counted is asked about once.
    pub doubt_percent: i64,
    /// Most of anything on one site.
    pub most: u32,
    /// Most machines of a kind on one site.
    pub most_machines: u32,
    /// Most of a material on one site, in its unit.
    pub most_stock: u64,
}

impl Words {
    /// Names of materials in keys.
    pub fn material_ids(&self) -> Vec<String> {
        self.materials.iter().map(|material| material.id.clone()).collect()
    }
}

/// `rules/reports.toml`.
pub static WORDS: LazyLock<Words> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../../rules/reports.toml")).expect("rules/reports.toml is part of the program and read by a test")
});

/// Decides a command.
pub fn decide(state: &State, command: &Command, context: &Context) -> Result<Vec<Draft<Fact>>, Refusal> {
    let draft = |fact, subject: &str, place: &str, occurred_on| {
        Ok(vec![Draft { fact, subject: subject.to_owned(), place: place.to_owned(), occurred_on }])
    };
    match command {
        Command::File { report, building, on, content } => draft(filed(state, *on, Some(content), context)?, report, building, *on),
        Command::FileUnchanged { report, building, on } => draft(filed(state, *on, None, context)?, report, building, *on),
        Command::FileSheet { reports } => {
            check_sheet(reports)?;
            let facts = state.each.iter().zip(reports).map(|(state, one)| {
                // Each by the rule of one report; the first that is refused says which building it is.
                let fact = filed(state, one.on, one.content.as_deref(), context).map_err(|refused| Refusal::from(refused).at(&state.name))?;
                Ok(Draft { fact, subject: one.report.clone(), place: one.building.clone(), occurred_on: one.on })
            });
            facts.collect()
        }
        Command::Correct { report, items, besides, photos, reason } => {
            let known = state.report.as_ref().ok_or(Refused::NotABuilding)?;
            if let (Grade::Verified, Some((by, at))) = (known.grade, &known.judged) {
                return Err(Refused::Inspected { by: by.clone(), date: minute_text(*at) }.into());
            }
            // What was verified on a later day stands on all days before it.
            if let Some((by, on)) = &state.inspected_after {
                return Err(Refused::Inspected { by: by.clone(), date: on.to_string() }.into());
            }
            let reason = text(reason, Refused::NoReason)?;
            let standings = standings(state, items, Compare::Corrected)?;
            let is_same = besides.is_none() && photos.is_none() && !standings.iter().any(|one| differs(state, one));
            // Saying the measured figure is how a site gives in to a dispute.
            if is_same && (known.grade != Grade::Disputed || standings.is_empty()) {
                return Err(Refused::NothingCorrected.into());
            }
            let photo_count = photos.as_ref().map_or(known.photo_count, Vec::len);
            if photo_count > MOST_PHOTOS {
                return Err(Refused::TooManyPhotos { limit: MOST_PHOTOS.to_string() }.into());
            }
            if let Some(claimed) = claimed(state, &standings, photos.is_some()).filter(|_| photo_count == 0) {
                return Err(Refused::PhotoNeeded { name: claimed.name.clone() }.into());
            }
            // The better grade counts: a site does not say more than was measured of the day, also after it has given in.
            let above = |standing: &Standing| measured_of(state, standing).filter(|measured| standing.through_e3 > *measured);
            if let Some((standing, measured)) = standings.iter().find_map(|standing| Some((standing, above(standing)?))) {
                return Err(Refused::AboveMeasured { name: name_of(state, &standing.activity), measured: amounts::text(measured) }.into());
            }
            if let Some(besides) = besides {
                check_content(besides)?;
            }
            let besides = besides.as_ref().map(|besides| Box::new(besides.besides()));
            let photos = photos.clone();
            draft(Fact::Corrected { reason, standings, besides, photos }, report, &known.building, known.on)
        }
        Command::Confirm { report } => {
            let known = unjudged(state, context)?;
            draft(Fact::Confirmed {}, report, &known.building, known.on)
        }
        Command::Dispute { report, items, reason, is_sure } => {
            let known = unjudged(state, context)?;
            let reason = text(reason, Refused::NoReason)?;
            let standings = standings(state, items, Compare::Freely)?;
            // Without a figure it is about the rest of the report: hands, machines, photographs.
            if !standings.is_empty() && !standings.iter().any(|one| differs(state, one)) {
                return Err(Refused::NothingDiffers.into());
            }
            check_far(state, &standings, *is_sure)?;
            draft(Fact::Disputed { reason, standings }, report, &known.building, known.on)
        }
        Command::Verify { report, items, finding, is_sure } => {
            let known = state.report.as_ref().ok_or(Refused::NotABuilding)?;
            let me = |account: &String| context.actor == Actor::Account(account.clone());
            match &known.judged {
                Some((by, at)) if known.grade == Grade::Verified => {
                    return Err(Refused::Inspected { by: by.clone(), date: minute_text(*at) }.into());
                }
                Some((by, _)) if me(by) => return Err(Refused::OwnReport.into()),
                _ if me(&known.filed_by) => return Err(Refused::OwnReport.into()),
                _ => {}
            }
            let mut standings = standings(state, items, Compare::Freely)?;
            standings.retain(|one| differs(state, one));
            check_far(state, &standings, *is_sure)?;
            let finding = if standings.is_empty() { finding.trim().to_owned() } else { text(finding, Refused::NoReason)? };
            draft(Fact::Verified { finding, standings }, report, &known.building, known.on)
        }
    }
}

/// Whether a quantity is another than the one that counts.
fn differs(state: &State, standing: &Standing) -> bool {
    let counts = |work: &Work| work.before_e3 + work.day_e3;
    state.works.iter().any(|work| work.activity == standing.activity && counts(work) != standing.through_e3)
}

/// A measure of a small part of what counted, of less than stood the day before, or of more than was measured of a later day is
/// asked about once: it may be true, or a digit may be wrong.
fn check_far(state: &State, standings: &[Standing], is_sure: bool) -> Result<(), Refused> {
    let far = standings.iter().filter(|_| !is_sure).find_map(|standing| {
        let work = state.works.iter().find(|work| work.activity == standing.activity)?;
        let counted_e3 = work.before_e3 + work.day_e3;
        if let Some((again, later_e3)) = work.later_measure().filter(|(_, later_e3)| standing.through_e3 > *later_e3) {
            let (date, later) = (again.on.to_string(), amounts::text(later_e3));
            return Some(Refused::AboveLater { name: work.name.clone(), measured: amounts::text(standing.through_e3), date, later });
        }
        let is_far = standing.through_e3 < counted_e3 / 100 * WORDS.doubt_percent || standing.through_e3 < work.before_e3;
        is_far.then(|| Refused::FarOff {
            name: work.name.clone(),
            counted: amounts::text(counted_e3),
            measured: amounts::text(standing.through_e3),
        })
    });
    far.map_or(Ok(()), Err)
}

/// A work that a corrected report claims complete: by its new figure, or by the one that stays where its photographs change.
fn claimed<'a>(state: &'a State, standings: &[Standing], are_photos_other: bool) -> Option<&'a Work> {
    state.works.iter().find(|work| {
        let counted_e3 = work.before_e3 + work.day_e3 + work.after_e3;
        let restated = standings.iter().find(|one| one.activity == work.activity);
        let done_e3 = restated.map_or(counted_e3, |one| one.done_e3);
        done_e3 >= work.total_e3 && (counted_e3 < work.total_e3 || (are_photos_other && work.day_e3 > 0))
    })
}

fn measured_of(state: &State, standing: &Standing) -> Option<i64> {
    state.works.iter().find(|work| work.activity == standing.activity)?.measured_e3
}

/// So much of a word that is not known as a sentence takes.
fn shortened(word: &str) -> String {
    word.chars().take(WORD_CHARS).collect()
}

/// The fact of a building's day, when the rules allow it. No content: nothing has changed.
pub(super) fn filed(state: &State, on: Date, content: Option<&Content>, context: &Context) -> Result<Fact, Refused> {
    check_day(state, on, context.today)?;
    let project = state.project.clone();
    let Some(content) = content else { return Ok(Fact::Unchanged { project }) };
    check_content(content)?;
    let standings = standings(state, &content.items, Compare::Forward)?;
    if content.weather_hours == Some(DAY_HOURS) && standings.iter().any(|one| one.through_e3 > one.before_e3) {
        return Err(Refused::StoppedAllDay);
    }
    if content.photos.is_empty()
        && let Some(claimed) = standings.iter().find(|one| one.done_e3 >= one.total_e3 && one.before_e3 < one.total_e3)
    {
        return Err(Refused::PhotoNeeded { name: name_of(state, &claimed.activity) });
    }
    Ok(Fact::Filed { project, content: Box::new(content.clone()), standings })
}

/// What several reports must be together: not too many, of one day, each of another building.
pub(super) fn check_sheet(reports: &[Filing]) -> Result<(), Refused> {
    let days: BTreeSet<Date> = reports.iter().map(|one| one.on).collect();
    let mut buildings = BTreeSet::new();
    let twice = reports.iter().find(|one| !buildings.insert(one.building.as_str()));
    let ids: BTreeSet<&str> = reports.iter().map(|one| one.report.as_str()).collect();
    if reports.is_empty() {
        return Err(Refused::NothingToFile);
    }
    if reports.len() > MOST_REPORTS {
        return Err(Refused::TooManyReports { limit: MOST_REPORTS.to_string() });
    }
    if days.len() > 1 {
        return Err(Refused::SeveralDays { days: days.iter().take(DAYS_NAMED).map(Date::to_string).collect::<Vec<_>>().join("\n") });
    }
    if ids.len() < reports.len() {
        return Err(Refused::IdTaken);
    }
    twice.map_or(Ok(()), |one| Err(Refused::BuildingTwice { building: shortened(&one.building) }))
}

/// Whether reports are taken for a day at all.
pub fn check_date(on: Date, today: Date) -> Result<(), Refused> {
    if on > today {
        return Err(Refused::FutureDay { date: on.to_string() });
    }
    if (today - on).get_days() > i32::from(WORDS.back_days) {
        return Err(Refused::TooOld { days: WORDS.back_days.to_string() });
    }
    Ok(())
}

fn check_day(state: &State, on: Date, today: Date) -> Result<(), Refused> {
    if state.is_id_taken {
        return Err(Refused::IdTaken);
    }
    if !state.is_building {
        return Err(Refused::NotABuilding);
    }
    if !state.is_active {
        return Err(Refused::NotActive);
    }
    check_date(on, today)?;
    if let Some(since) = state.idle_since.filter(|since| *since <= on) {
        return Err(Refused::Stopped { date: since.to_string() });
    }
    match state.last_on {
        Some(last) if last == on => Err(Refused::AlreadyReported { date: on.to_string() }),
        Some(last) if last > on => Err(Refused::LaterReported { date: last.to_string() }),
        _ => Ok(()),
    }
}

fn check_content(content: &Content) -> Result<(), Refused> {
    let words = &*WORDS;
    let materials = words.material_ids();
    let lists = [
        (&content.hands, &words.trades, words.most),
        (&content.machines, &words.machines, words.most_machines),
        (&content.cover_days, &materials, words.most),
    ];
    if content.photos.len() > MOST_PHOTOS {
        return Err(Refused::TooManyPhotos { limit: MOST_PHOTOS.to_string() });
    }
    if let Some(word) = content.stock_e3.keys().find(|word| !materials.contains(word)) {
        return Err(Refused::UnknownMeans { word: shortened(word) });
    }
    if content.stock_e3.values().any(|amount| *amount > words.most_stock * 1000) {
        return Err(Refused::TooMany { limit: words.most_stock.to_string() });
    }
    for (counts, known, most) in lists {
        if let Some(word) = counts.keys().find(|word| !known.contains(word)) {
            return Err(Refused::UnknownMeans { word: shortened(word) });
        }
        if counts.values().any(|count| *count > most) {
            return Err(Refused::TooMany { limit: most.to_string() });
        }
    }
    if content.weather_hours.is_some_and(|hours| hours > DAY_HOURS) {
        return Err(Refused::TooMany { limit: DAY_HOURS.to_string() });
    }
    if content.written_at.as_ref().is_some_and(|at| at.parse::<Timestamp>().is_err()) {
        return Err(Refused::NoInstant);
    }
    if let Some(Hindrance { decider, remark, .. }) = &content.hindrance {
        for (text, limit) in [(decider, DECIDER_CHARS), (remark, REMARK_CHARS)] {
            if text.chars().count() > limit {
                return Err(Refused::TextTooLong { limit: limit.to_string() });
            }
            if begins_formula(text) {
                return Err(Refused::LikeFormula);
            }
        }
    }
    match &content.hindrance {
        Some(hindrance) if !words.hindrances.contains(&hindrance.kind) => {
            Err(Refused::UnknownWord { word: shortened(&hindrance.kind) })
        }
        Some(hindrance) if hindrance.remark.trim().is_empty() => Err(Refused::NoReason),
        Some(hindrance) if hindrance.decider.trim().is_empty() && !words.undecided.contains(&hindrance.kind) => Err(Refused::NoDecider),
        _ => Ok(()),
    }
}

/// Whether a quantity may be less than what is known.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Compare {
    /// A report goes forward.
    Forward,
    /// A correction stays above what the days before made, or above what was measured where that is less.
    Corrected,
    /// Who measures on the spot says what is right.
    Freely,
}

fn standings(state: &State, items: &[Item], compare: Compare) -> Result<Vec<Standing>, Refused> {
    let (mut standings, mut known) = (Vec::new(), BTreeSet::new());
    for Item { activity, cumulative_e3 } in items {
        let work = state.works.iter().find(|work| work.activity == *activity);
        let work = work.ok_or_else(|| Refused::UnknownWork { activity: shortened(activity) })?;
        let name = || work.name.clone();
        if !known.insert(activity) {
            return Err(Refused::ItemTwice { name: name() });
        }
        let least = match compare {
            Compare::Forward => work.before_e3,
            Compare::Corrected => work.measured_e3.map_or(work.before_e3, |measured| measured.min(work.before_e3)),
            Compare::Freely => 0,
        };
        if *cumulative_e3 < least {
            return Err(Refused::Falls { name: name(), before: amounts::text(least) });
        }
        // What somebody measured later stays as it was measured, whatever is found of a day before.
        let (next_e3, done_e3) = match work.measured_again {
            Some(again) => (cumulative_e3 + again.between_e3, work.before_e3 + work.day_e3 + work.after_e3),
            None => (cumulative_e3 + work.after_e3, cumulative_e3 + work.after_e3),
        };
        if *cumulative_e3 > work.total_e3 || next_e3 > work.total_e3 {
            return Err(Refused::Exceeds { name: name(), total: amounts::text(work.total_e3) });
        }
        // Less than stood there may always be said, and as much as was measured of the day itself.
        let is_more = *cumulative_e3 > work.before_e3 + work.day_e3 && work.measured_e3.is_none_or(|measured| *cumulative_e3 > measured);
        if let (Compare::Corrected, Some((_, measured)), true) = (compare, work.later_measure(), is_more)
            && next_e3 > measured
        {
            return Err(Refused::AboveMeasured { name: name(), measured: amounts::text(measured) });
        }
        if work.is_whole && cumulative_e3 % 1000 != 0 {
            return Err(Refused::NotWhole { name: name() });
        }
        let is_new = work.before_e3 + work.day_e3 + work.after_e3 < work.total_e3;
        if is_new && done_e3 >= work.total_e3 && !work.open_gates.is_empty() {
            let gates = work.open_gates.iter().map(|gate| format!("gate_{gate}")).collect::<Vec<_>>().join("\n");
            return Err(Refused::GatesOpen { name: name(), gates });
        }
        // What has not moved is not said again.
        if compare == Compare::Forward && *cumulative_e3 == work.before_e3 {
            continue;
        }
        standings.push(Standing {
            project: state.project.clone(),
            activity: activity.clone(),
            before_e3: work.before_e3,
            through_e3: *cumulative_e3,
            done_e3,
            total_e3: work.total_e3,
            measured_again_on: work.measured_again.map(|again| again.on),
        });
    }
    Ok(standings)
}

/// An instant as people are told of it.
fn minute_text(at: DateTime) -> String {
    at.strftime("%Y-%m-%d %H:%M").to_string()
}

fn unjudged<'a>(state: &'a State, context: &Context) -> Result<&'a Known, Refused> {
    let known = state.report.as_ref().ok_or(Refused::NotABuilding)?;
    if let Some((by, at)) = &known.judged {
        return Err(Refused::AlreadyJudged { by: by.clone(), when: minute_text(*at), grade: format!("grade_{}", known.grade.name()) });
    }
    if context.actor == Actor::Account(known.filed_by.clone()) {
        return Err(Refused::OwnReport);
    }
    Ok(known)
}

fn name_of(state: &State, activity: &str) -> String {
    state.works.iter().find(|work| work.activity == activity).map_or_else(String::new, |work| work.name.clone())
}
