//! The form of one subject at one inspection: what it asks, and what a filled one says.

use super::super::checklists::{self, Checklist};
use super::super::draw::RULES;
use super::super::model::{Datum, Position, Refused, Source, Stage};
use super::super::pages::Names;
use super::super::{acts, pack, store};
use super::writable;
use crate::features::authority::{Verb, missing};
use crate::features::places::store::Place;
use crate::refusal::Refusal;
use crate::web::Site;
use crate::web::forms::Values;
use crate::web::problem::Problem;
use crate::web::visitor::Visitor;
use guatu_formats::xforms::{Answer, Filled, Form, Kind, Question};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Findings of one form.
const MOST_FINDINGS: u32 = 6;
/// Names of the photographs of a finding.
const PHOTOS: [&str; 2] = ["photo_1", "photo_2"];
/// What the names of sub-tables begin with, so that they are no other question's.
const TABLE: &str = "points_";
/// Letters of a name from outside that a sentence shows.
const SHOWN_CHARS: usize = 40;
/// Longest name of a photograph.
const NAME_CHARS: usize = 100;

/// What the forms of an inspection choose from.
struct Choices {
    places: Vec<(String, String)>,
    units: Vec<(String, String)>,
}

/// Every form that a person may fill now: of each inspection that is open and theirs, one a subject.
pub(super) async fn forms(site: &Site, visitor: &Visitor) -> Result<Vec<Form>, Problem> {
    let Some(account) = visitor.account.clone() else { return Ok(Vec::new()) };
    let mut conn = site.reader().await?;
    let names = Names::read(&mut conn, site).await?;
    let today = site.clock.today();
    let mut forms = Vec::new();
    for (known, _) in store::inspections(&mut conn).await? {
        let stop = known.stop();
        if known.stage != Stage::Visiting || !known.people().contains(&account) {
            continue;
        }
        let Some(place) = names.tree.get(&stop.place).filter(|place| visitor.may(Verb::Inspect, &place.path)) else { continue };
        let units = acts::units(&mut conn, place).await?.into_iter().take(pack::MOST_UNITS).collect();
        let choices = Choices { places: places(&names, place), units };
        let title = names.place(&place.id);
        let lists = checklists::checklists().iter().filter(|list| list.holds(today));
        forms.extend(lists.map(|list| form(visitor, &stop.id, &title, list, &choices)));
    }
    Ok(forms)
}

/// Places within an inspection.
fn places(names: &Names, place: &Place) -> Vec<(String, String)> {
    let below = names.tree.under(place).iter().filter(|below| below.id != place.id);
    below.take(pack::MOST_PLACES).map(|below| (below.id.clone(), below.attributes.name.clone())).collect()
}

fn form(visitor: &Visitor, inspection: &str, place: &str, list: &Checklist, choices: &Choices) -> Form {
    let question = |name: &str, key: &str, is_needed: bool, kind: Kind| Question { name: name.to_owned(), label: visitor.t(key), hint: None, is_needed, kind };
    let mut questions = vec![question("begun", "odk.begun", false, Kind::Begun), question("position", "field.position", false, Kind::Position)];
    questions.extend(list.tables.iter().map(|table| points(visitor, table)));
    questions.push(question("count", "odk.count", true, Kind::Whole { most: MOST_FINDINGS }));
    let severities = RULES.severity.iter().map(|one| (one.id.clone(), visitor.t(&format!("finding_severity.{}", one.id)))).collect();
    let mut finding = vec![
        question("finding", "field.finding", true, Kind::Text),
        question("severity", "field.severity", true, Kind::Choice(severities)),
        question("lead", "field.lead", true, Kind::Choice(choices.units.clone())),
    ];
    if !choices.places.is_empty() {
        finding.insert(0, question("place", "field.place", false, Kind::Choice(choices.places.clone())));
    }
    finding.extend(PHOTOS.map(|name| question(name, "odk.photo", false, Kind::Photo)));
    questions.push(question("found", "odk.finding", false, Kind::Repeat { count: "count".to_owned(), questions: finding }));
    let title = format!("{} · {place}", visitor.t(&format!("checklist.{}", list.id)));
    Form { id: format!("{inspection}.{}", list.id), title, questions }
}

/// The items of a sub-table, on one screen.
fn points(visitor: &Visitor, table: &checklists::Table) -> Question {
    let item = |item: &checklists::Item| {
        let name = visitor.t(&format!("checklist_item.{}", item.id));
        let key = if item.is_guarantee { "odk.guarantee_item" } else { "odk.item" };
        let label = visitor.tf(key, &[("item", name), ("points", item.points.to_string())]);
        Question { name: item.id.clone(), label, hint: None, is_needed: false, kind: Kind::Whole { most: item.points } }
    };
    Question {
        name: format!("{TABLE}{}", table.id),
        label: visitor.t(&format!("checklist_table.{}", table.id)),
        hint: Some(visitor.t("inspections.score_hint")),
        is_needed: false,
        kind: Kind::Group(table.items.iter().map(item).collect()),
    }
}

/// A finding that a form says.
pub(super) struct Finding {
    /// Fields as the page's form of a finding has them.
    pub(super) values: Values,
    /// Names of its photographs.
    pub(super) photos: Vec<String>,
}

/// What a filled form says.
pub(super) struct Asked {
    pub(super) inspection: String,
    /// When the form was begun.
    pub(super) begun: Option<Timestamp>,
    /// Where the phone said it was.
    pub(super) position: Option<Position>,
    /// Fields as the page's form of a checklist has them; `None` where nothing is scored.
    pub(super) score: Option<Values>,
    pub(super) findings: Vec<Finding>,
}

impl Asked {
    /// Names of all photographs.
    pub(super) fn photo_names(&self) -> impl Iterator<Item = &String> {
        self.findings.iter().flat_map(|finding| &finding.photos)
    }

    /// Of files that came those that the form names.
    pub(super) fn named(&self, files: Vec<(String, Vec<u8>)>) -> BTreeMap<String, Vec<u8>> {
        files.into_iter().filter(|(name, _)| self.photo_names().any(|known| known == name)).collect()
    }
}

fn other_shape(name: &str) -> Refusal {
    Refused::OtherShape { name: name.chars().take(SHOWN_CHARS).collect() }.into()
}

/// What a filled form says, for whoever may write it down now. Its version is not asked: what was chosen is, by the rule.
pub(super) async fn asked(site: &Site, visitor: &Visitor, filled: &Filled, request: &str) -> Result<Asked, Problem> {
    let (inspection, list) = filled.form.rsplit_once('.').ok_or(missing())?;
    let list = checklists::checklist(list).ok_or(missing())?;
    let place = writable(site, visitor, inspection).await?;
    let names = Names::read(&mut site.reader().await?, site).await?;
    let mut asked = Asked { inspection: inspection.to_owned(), begun: None, position: None, score: None, findings: Vec::new() };
    let mut points = Vec::new();
    for answer in filled.answers.iter().filter(|answer| !answer.is_blank()) {
        match answer.name.as_str() {
            // What was found is counted, whatever was said before.
            "count" => {}
            "begun" => asked.begun = Some(answer.text.parse().map_err(|_| other_shape("begun"))?),
            "position" => asked.position = Some(position(&answer.text).ok_or(other_shape("position"))?),
            "found" if asked.findings.len() < MOST_FINDINGS as usize => {
                let id = format!("{request}-{}", asked.findings.len() + 1);
                asked.findings.push(finding(visitor, &places(&names, &place), answer, id)?);
            }
            name if list.tables.iter().any(|table| name.strip_prefix(TABLE) == Some(table.id.as_str())) => points.extend(&answer.inside),
            other => return Err(other_shape(other).into()),
        }
    }
    let scored: Vec<(String, String)> = points.into_iter().filter(|item| !item.is_blank()).map(|item| (format!("item-{}", item.name), item.text.clone())).collect();
    if !scored.is_empty() {
        let more = [("checklist", list.id.as_str()), ("request_id", request)].map(|(name, value)| (name.to_owned(), value.to_owned()));
        asked.score = Some(fit(scored.into_iter().chain(more).collect())?);
    }
    let mut seen = BTreeSet::new();
    if let Some(name) = asked.photo_names().find(|name| !is_name(name) || !seen.insert(*name)) {
        return Err(other_shape(name).into());
    }
    Ok(asked)
}

/// Whether a text names a file and no folder.
fn is_name(name: &str) -> bool {
    name.chars().count() <= NAME_CHARS && !name.contains(|letter: char| matches!(letter, '/' | '\\') || letter.is_control())
}

/// Fields as a page would have sent them, by the same limits.
fn fit(pairs: Vec<(String, String)>) -> Result<Values, Refusal> {
    let values = Values::received(pairs, None);
    values.check().map(|()| values)
}

fn finding(visitor: &Visitor, places: &[(String, String)], answer: &Answer, id: String) -> Result<Finding, Refusal> {
    let (mut fields, mut photos) = (BTreeMap::new(), Vec::new());
    for part in answer.inside.iter().filter(|part| !part.is_blank()) {
        match part.name.as_str() {
            _ if !part.inside.is_empty() => return Err(other_shape(&part.name)),
            "place" | "finding" | "severity" | "lead" => drop(fields.insert(part.name.as_str(), part.text.clone())),
            name if PHOTOS.contains(&name) => photos.push(part.text.clone()),
            other => return Err(other_shape(other)),
        }
    }
    // A finding lies in an inspection; where in it is said in its words, as on the page without a signal.
    if let Some(place) = fields.remove("place") {
        let (_, name) = places.iter().find(|(id, _)| *id == place).ok_or(Refused::PlaceOutside)?;
        let words = fields.remove("finding").unwrap_or_default();
        fields.insert("finding", if words.is_empty() { words } else { visitor.labelled(name.clone(), &words) });
    }
    fields.insert("request_id", id);
    let pairs = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Ok(Finding { values: fit(pairs)?, photos })
}

/// `34.7466 113.6253 80.0 12.5`: latitude, longitude, altitude, accuracy in metres.
fn position(text: &str) -> Option<Position> {
    let numbers: Vec<f64> = text.split(' ').map(str::parse).collect::<Result<_, _>>().ok()?;
    let [latitude, longitude, ref more @ ..] = numbers[..] else { return None };
    let degrees_e6 = |degrees: f64, most: f64| (degrees.abs() <= most).then(|| (degrees * 1e6).round() as i64);
    let accuracy_m = more.get(1).filter(|metres| (0.0..1e6).contains(*metres)).map(|metres| metres.round() as u32);
    Some(Position { latitude_e6: degrees_e6(latitude, 90.0)?, longitude_e6: degrees_e6(longitude, 180.0)?, accuracy_m, datum: Datum::Wgs84, source: Source::Device })
}

/// How many photographs a filled form names.
pub(super) fn photo_count(filled: &Filled) -> usize {
    let findings = filled.answers.iter().filter(|answer| answer.name == "found");
    findings.flat_map(|finding| &finding.inside).filter(|part| PHOTOS.contains(&part.name.as_str()) && !part.is_blank()).count()
}
