//! Reports by Excel: from facts to a workbook to be filled in, and from a filled one to reports and to findings with their cells.

use super::model::{Content, Fact, Filing, Hindrance, Item, Refused, State, WORDS, check_sheet, filed};
use super::pages::{open_buildings, rule, units};
use super::store;
use crate::db::Conn;
use crate::features::authority::Verb;
use crate::features::places::model::Kind;
use crate::features::places::store::Place;
use crate::features::places::tree::Tree;
use crate::features::plan;
use crate::features::plan::amounts;
use crate::features::targets::pages::unit_name;
use crate::journal::domain::{Actor, Context};
use crate::limited::{self, Input, UPLOADED};
use guatu_formats::wide::narrow;
use crate::refusal::{Reason, Refusal};
use crate::web::Site;
use crate::web::forms::derived_id;
use crate::web::layout::{Found, capped, finding};
use crate::web::locale::named;
use crate::web::papers;
use crate::web::past;
use crate::web::problem::{Problem, sentence};
use crate::web::visitor::Visitor;
use guatu_formats::reports::{self, BuildingDay, BuildingRow, Cell, Form, ItemRow, Reading};
use guatu_kernel::diagnose::Severity;
use jiff::civil::Date;
use std::process::ExitCode;

/// The hidden verb of the child that reads a workbook.
pub const VERB: &str = "parse-reports";

/// What is said of a workbook whose child died.
pub(crate) const GAVE_UP: &str = "reading this workbook took more than 512 MB of memory or 10 seconds, so it was stopped; fetch it again and fill that one in";

/// Characters of a building's id that a sentence repeats.
const ID_CHARS: usize = 60;

/// Paragraphs of `report_sheet.line_…` that say how a workbook is filled in.
const LINES: usize = 6;

/// The field of the page that a finding about the workbook leads to.
pub(super) const FIELD: &str = "reports_file";

/// The child: reads a workbook from standard input and writes what it says to standard output.
pub fn child() -> ExitCode {
    limited::child(UPLOADED, |bytes| reports::pack(&reports::read(&bytes)))
}

/// Reads a workbook in a child of limited memory and time.
pub(super) async fn read(bytes: Vec<u8>) -> anyhow::Result<Reading> {
    limited::in_turn(move || {
        // A test of pages runs inside the test harness, which has no such verb.
        if cfg!(test) {
            return Ok(reports::read(&bytes));
        }
        let answer = limited::ask(UPLOADED, VERB, None, Input::Bytes(bytes))?;
        Ok(answer.and_then(|answer| reports::unpack(&answer)).unwrap_or_else(|| reports::gave_up(GAVE_UP)))
    })
    .await
}

/// Buildings under a place that owe the report of a day and on which this person may report.
pub async fn owing<'t>(conn: &mut Conn, site: &Site, visitor: &Visitor, tree: &'t Tree, place: &Place, on: Date) -> Result<Vec<&'t Place>, Problem> {
    let last = store::last_days(conn, site.clock.today()).await?;
    let looked = past::look(site, Some(on.min(site.clock.today()))).await?;
    let mut owing = Vec::new();
    for state in plan::store::active(conn).await? {
        let Some(project) = tree.get(&state.project) else { continue };
        if !project.path.starts_with(&place.path) && !place.path.starts_with(&project.path) {
            continue;
        }
        let open = open_buildings(conn, site, &project.id, &looked).await?;
        let owes = |building: &&Place| {
            matches!(building.kind, Kind::Building | Kind::Facility)
                && building.path.starts_with(&place.path)
                && visitor.may(Verb::Report, &building.path)
                && open.contains(&building.id)
                && last.get(&building.id).is_none_or(|last| *last < on)
        };
        owing.extend(tree.under(project).iter().filter(owes));
    }
    owing.sort_by_key(|building| tree.position(&building.id));
    Ok(owing)
}

/// The workbook of a day for buildings that owe a report.
pub(super) async fn form(conn: &mut Conn, site: &Site, visitor: &Visitor, tree: &Tree, place: &Place, on: Date, buildings: &[&Place]) -> Result<Form, Problem> {
    let (mut rows, mut items) = (Vec::new(), Vec::new());
    for building in buildings {
        let units = units(conn, &building.id).await?;
        for work in store::works(conn, &building.id, None).await?.into_iter().filter(|work| work.before_e3 < work.total_e3) {
            items.push(ItemRow {
                building: rows.len(),
                name: visitor.shown(&work.name).into_owned(),
                unit: unit_name(visitor, units.get(&work.activity).map_or("", String::as_str)),
                id: work.activity,
                total_e3: work.total_e3,
                before_e3: work.before_e3,
                is_whole: work.is_whole,
            });
        }
        rows.push(BuildingRow { id: building.id.clone(), name: full_name(tree, place, building) });
    }
    let counts = |prefix: &str, words: &[String]| words.iter().map(|word| format!("{prefix}.{word}")).collect::<Vec<_>>();
    let stamps = papers::stamps(site, visitor).join(" ");
    let as_of = visitor.tf("shell.as_of", &[("number", site.head().to_string())]);
    Ok(Form {
        title: visitor.tf("report_sheet.of", &[("place", place.attributes.name.clone()), ("date", on.to_string())]),
        note: format!("{}   {as_of}   {stamps}", site.clock.today()).trim_end().to_owned(),
        lines: (1..=LINES).map(|line| visitor.t(&format!("report_sheet.line_{line}"))).collect(),
        on,
        buildings: rows,
        items,
        counts: [counts("trade", &WORDS.trades), counts("machine", &WORDS.machines), counts("stock", &WORDS.material_ids()), counts("material", &WORDS.material_ids())].concat(),
        hindrances: WORDS.hindrances.clone(),
        most: WORDS.most,
        most_stock: WORDS.most_stock,
    })
}

/// The name of a key of a workbook in the person's language.
pub(super) fn word(visitor: &Visitor, key: &str) -> String {
    match key.split_once('.') {
        Some(("material", _)) => visitor.tf("report_sheet.cover_of", &[("material", visitor.t(key))]),
        Some(("stock", material)) => stock_of(visitor, material),
        Some(("trade" | "machine" | "hindrance", _)) => visitor.t(key),
        _ => visitor.t(&format!("report_sheet.{}", key.replace('.', "_"))),
    }
}

/// What is said of a material on hand: its name with its unit.
pub(super) fn stock_of(visitor: &Visitor, material: &str) -> String {
    let unit = WORDS.materials.iter().find(|one| one.id == material).map_or("", |one| one.unit.as_str());
    visitor.tf("report_sheet.stock_of", &[("material", visitor.t(&format!("material.{material}"))), ("unit", unit_name(visitor, unit))])
}

/// Materials on hand and for how many days they last, a text each.
pub fn on_hand(visitor: &Visitor, content: &Content) -> Vec<String> {
    let both = |material: &String| {
        let stock = content.stock_e3.get(material).and_then(|amount| i64::try_from(*amount).ok()).map(|amount| {
            let unit = WORDS.materials.iter().find(|one| one.id == *material).map_or("", |one| one.unit.as_str());
            format!(" {} {}", amounts::text(amount), unit_name(visitor, unit))
        });
        let days = content.cover_days.get(material).map(|days| visitor.tf("reports.cover_short", &[("days", days.to_string())]));
        let name = visitor.t(&format!("material.{material}"));
        (stock.is_some() || days.is_some()).then(|| format!("{name}{}{}", stock.unwrap_or_default(), days.map_or_else(String::new, |days| format!(" {days}"))))
    };
    WORDS.material_ids().iter().filter_map(both).collect()
}

/// The name of a building, with its project's where a list holds several.
fn full_name(tree: &Tree, place: &Place, building: &Place) -> String {
    let project = tree.lineage(building).find(|other| other.kind == Kind::Project);
    match project.filter(|project| project.path.len() > place.path.len()) {
        Some(project) => format!("{} · {}", project.attributes.name, building.attributes.name),
        None => building.attributes.name.clone(),
    }
}

/// What a workbook would do to one building.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// A report is filed: what it says, in words.
    Changed(Vec<String>),
    /// That nothing has changed is filed.
    Unchanged,
    /// Nothing is filed.
    LeftOut,
    /// Something stands against it.
    Wrong,
}

/// What a filled workbook would file, and what stands against it.
#[derive(Default)]
pub(super) struct DryRun {
    /// Buildings by their names and what happens to them.
    pub lines: Vec<(String, Outcome)>,
    /// The reports.
    pub filings: Vec<Filing>,
    /// Everything that was found, with cells.
    pub findings: Vec<Found>,
    /// Where the workbook is with its cells marked, when any is wrong.
    pub(super) marked: Option<String>,
}

impl DryRun {
    /// Whether nothing may be filed.
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|one| one.severity == Severity::Error)
    }

    /// How many buildings fare so.
    pub fn count(&self, is_so: impl Fn(&Outcome) -> bool) -> usize {
        self.lines.iter().filter(|(_, outcome)| is_so(outcome)).count()
    }

    fn refuse(&mut self, visitor: &Visitor, at: &str, refusal: &Refusal) {
        self.findings.push(Found { severity: Severity::Error, at: at.to_owned(), said: sentence(visitor, refusal), code: refusal.code });
    }
}

/// Asks the rules what they say of every building and every cell of a workbook. Its reports carry ids made from the request's
/// and the building's, so that filing them twice files them once.
pub(super) async fn check(conn: &mut Conn, site: &Site, visitor: &Visitor, tree: &Tree, place: &Place, reading: &Reading, request_id: &str) -> Result<DryRun, Problem> {
    let mut dry = DryRun::default();
    for one in &reading.diagnostics {
        let said = finding(visitor, one.code, &one.message);
        dry.findings.push(Found { severity: one.severity, at: one.at.clone().unwrap_or_default(), said, code: one.code });
    }
    // Without a day there is nothing to ask the rules about, and what was found says so.
    if let Some(on) = reading.on {
        let actor = Actor::Account(visitor.account.clone().unwrap_or_default());
        let context = Context { actor, now: site.clock.now(), today: site.clock.today() };
        let asking = Asking { visitor, context, on, request_id };
        for day in &reading.buildings {
            let id = &day.building.text;
            let building = tree.get(id).filter(|other| other.path.starts_with(&place.path) && visitor.may(Verb::Report, &other.path));
            let Some(building) = building else {
                // One of somebody else's and one that never was are told apart by nothing.
                if !day.is_left_out() {
                    let shown: String = id.chars().take(ID_CHARS).collect();
                    let refusal = Refusal { params: vec![("building", shown)], ..rule("R-134", FIELD) };
                    dry.refuse(visitor, &day.building.at, &refusal);
                }
                continue;
            };
            let outcome = match day.is_left_out() {
                true => Outcome::LeftOut,
                false => check_building(conn, &asking, building, day, &mut dry).await?,
            };
            dry.lines.push((full_name(tree, place, building), outcome));
        }
        if let Err(refused) = check_sheet(&dry.filings)
            && !(refused == Refused::NothingToFile && dry.has_errors())
        {
            dry.refuse(visitor, "", &refused.into());
        }
    }
    capped(visitor, &mut dry.findings);
    Ok(dry)
}

/// What the rules are asked with.
struct Asking<'a> {
    visitor: &'a Visitor,
    context: Context,
    on: Date,
    request_id: &'a str,
}

/// One building: the rule of a report is asked about the day first, then about every cell alone, then about the whole.
async fn check_building(conn: &mut Conn, asking: &Asking<'_>, building: &Place, day: &BuildingDay, dry: &mut DryRun) -> Result<Outcome, Problem> {
    let Asking { visitor, context, on, request_id } = asking;
    let known = dry.findings.len();
    // What is filled in beside the mark that nothing changed has been named by the reader.
    let parts = if day.unchanged.is_some() { Vec::new() } else { parts(day) };
    let whole = parts.iter().filter_map(|(_, part)| part.as_ref().ok()).fold(Content::default(), joined);
    let content = day.unchanged.is_none().then_some(whole);
    let state = store::of_filing(conn, &derived_id(request_id, building.id.as_bytes()), &building.id, content.as_ref()).await?;
    let empty = content.as_ref().map(|_| Content::default());
    if let Err(refused) = filed(&state, *on, empty.as_ref(), context) {
        let refusal = Refusal::from(refused);
        let at = if refusal.field == Some("on") { &day.day_at } else { &day.building.at };
        dry.refuse(visitor, at, &refusal);
        return Ok(Outcome::Wrong);
    }
    for (at, part) in &parts {
        let refused = part.as_ref().map_or_else(|refusal| Some(refusal.clone()), |part| filed(&state, *on, Some(part), context).err().map(Refusal::from));
        if let Some(refusal) = refused {
            dry.refuse(visitor, at, &refusal);
        }
    }
    if dry.findings.len() > known {
        return Ok(Outcome::Wrong);
    }
    let outcome = match filed(&state, *on, content.as_ref(), context) {
        Ok(fact) => content.as_ref().map_or(Outcome::Unchanged, |content| Outcome::Changed(said(visitor, &state, &fact, content))),
        Err(refused) => {
            dry.refuse(visitor, &day.building.at, &refused.into());
            return Ok(Outcome::Wrong);
        }
    };
    dry.filings.push(Filing {
        report: derived_id(request_id, building.id.as_bytes()),
        building: building.id.clone(),
        on: *on,
        content: content.map(Box::new),
    });
    Ok(outcome)
}

/// What a report says, in words: works that have moved, then the rest.
fn said(visitor: &Visitor, state: &State, fact: &Fact, content: &Content) -> Vec<String> {
    let moved = fact.standings().iter().map(|standing| {
        let work = state.works.iter().find(|work| work.activity == standing.activity);
        let name = work.map_or_else(String::new, |work| visitor.shown(&work.name).into_owned());
        format!("{name} {} → {}", amounts::text(standing.before_e3), amounts::text(standing.through_e3))
    });
    let mut said: Vec<String> = moved.collect();
    for (prefix, counts) in [("trade", &content.hands), ("machine", &content.machines)] {
        said.extend(counts.iter().map(|(id, count)| format!("{} {count}", word(visitor, &format!("{prefix}.{id}")))));
    }
    said.extend(on_hand(visitor, content));
    said.extend(content.weather_hours.map(|hours| format!("{} {hours}", visitor.t("field.weather_hours"))));
    let hindrance = content.hindrance.as_ref();
    said.extend(hindrance.map(|one| format!("{} {}", visitor.t(&format!("hindrance.{}", one.kind)), one.remark)));
    said
}

/// The parts of a building's report, each with its cell: what a cell says, or why it cannot be read, under the words of the form.
fn parts(day: &BuildingDay) -> Vec<(&str, Result<Content, Refusal>)> {
    let items = day.items.iter().map(|(activity, cell)| {
        let read = amounts::read(&cell.text).ok_or_else(|| rule("R-119", "items"));
        let item = |cumulative_e3| Content { items: vec![Item { activity: activity.clone(), cumulative_e3 }], ..Content::default() };
        (cell.at.as_str(), read.map(item))
    });
    let counts = day.counts.iter().map(|(key, cell)| (cell.at.as_str(), count(key, cell)));
    let hours = day.weather_hours.iter().map(|cell| {
        let read = narrow(&cell.text).trim().parse().map_err(|_| rule("G-107", "weather_hours"));
        (cell.at.as_str(), read.map(|hours| Content { weather_hours: Some(hours), ..Content::default() }))
    });
    let text = |cell: &Option<Cell>| cell.as_ref().map(|cell| cell.text.clone()).unwrap_or_default();
    let hindrance = match (&day.hindrance, day.decider.as_ref().or(day.remark.as_ref())) {
        (Some(cell), _) => {
            let hindrance = Hindrance { kind: kind_of(&cell.text), decider: text(&day.decider), remark: text(&day.remark) };
            Some((cell.at.as_str(), Ok(Content { hindrance: Some(hindrance), ..Content::default() })))
        }
        // Words about something that hinders would be lost without its kind.
        (None, Some(cell)) => Some((cell.at.as_str(), Err(rule("G-108", "hindrance")))),
        (None, None) => None,
    };
    items.chain(counts).chain(hours).chain(hindrance).collect()
}

/// A count under its key, `trade.rebar`; a nought says that there are none.
fn count(key: &str, cell: &Cell) -> Result<Content, Refusal> {
    let mut content = Content::default();
    let (list, word) = key.split_once('.').unwrap_or_default();
    if list == "stock" {
        let amount = amounts::read(&cell.text).ok_or_else(|| rule("R-145", "stock"))?.unsigned_abs();
        content.stock_e3.insert(word.to_owned(), amount);
        return Ok(content);
    }
    let count: u32 = narrow(&cell.text).trim().parse().map_err(|_| rule("G-107", "hands"))?;
    let counts = match list {
        "trade" => &mut content.hands,
        "machine" => &mut content.machines,
        _ => &mut content.cover_days,
    };
    counts.insert(word.to_owned(), count);
    Ok(content)
}

/// The kind of hindrance that a cell names, or its words for the rule to refuse.
fn kind_of(text: &str) -> String {
    named("hindrance", text, WORDS.hindrances.iter().map(String::as_str)).unwrap_or(text).to_owned()
}

fn joined(mut whole: Content, part: &Content) -> Content {
    whole.items.extend(part.items.iter().cloned());
    whole.items.sort_by(|one, other| one.activity.cmp(&other.activity));
    for (all, some) in [(&mut whole.hands, &part.hands), (&mut whole.machines, &part.machines), (&mut whole.cover_days, &part.cover_days)] {
        all.extend(some.iter().map(|(word, count)| (word.clone(), *count)));
    }
    whole.stock_e3.extend(part.stock_e3.iter().map(|(word, amount)| (word.clone(), *amount)));
    whole.weather_hours = whole.weather_hours.or(part.weather_hours);
    whole.hindrance = whole.hindrance.or_else(|| part.hindrance.clone());
    whole
}

/// The refusal that a dry run with errors ends in.
pub(super) fn cannot_be_filed() -> Refusal {
    Refusal { code: "R-137", reason: Reason::Rule, params: Vec::new(), field: None }
}
