//! The invented district as data: places, organisations, people and their posts, from `fixtures/demo.toml` and a seed.

use crate::features::identity::model::Role;
use crate::features::organisations::model::Kind as Body;
use crate::features::places::model::{Attributes, Figures, Kind, PROGRAMMES};
use crate::features::task_force::model::{Holder, Seat};
use rand::{Rng, RngExt};
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::LazyLock;

/// How a project stands to its mandated date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prospect {
    /// Weeks to spare.
    Comfortable,
    /// Days to spare.
    Tight,
    /// Late by weeks: something must give.
    Infeasible,
}

/// Programme, zone, name, parcels, buildings, first work in days before today, pace in per cent of the planned time.
type ProjectRow = (String, usize, String, usize, usize, i64, i64, Prospect);

/// Words of invented papers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "each is one phrase, used once in `story.rs` or here")]
pub struct Papers {
    pub dispute: String,
    pub decisions: Vec<String>,
    pub decision_outcome: String,
    pub hindrance: String,
    pub finding: String,
    pub problem_answer: String,
    pub blocker: String,
    pub bulletin_opening: String,
    pub bulletin_closing: String,
    pub return_remark: String,
    pub return_unit: String,
    pub return_reason: String,
    pub correction: String,
    pub issuer_of_hindrance: String,
    pub mandate: String,
    pub edition: String,
    pub new_edition: String,
    pub end: String,
    pub topping_out: String,
    pub approval: String,
    pub replan: String,
    pub replan_approval: String,
    pub request: String,
    pub answer: String,
    pub open_request: String,
    pub order_part: String,
    pub order_part_content: String,
    pub shared_sewer: String,
    pub shared_heat: String,
    pub alert: String,
    pub alert_source: String,
    pub exemption: String,
    pub winter: String,
    pub parcel: String,
    pub building: String,
}

/// An order: project, who leads, who helps, source, its paper, title, content, limit, ladder, days before today on which it
/// was issued, and what happened so many days after, as `sign+1 report+9`.
pub type OrderRow = (usize, String, String, String, String, String, String, String, String, i64, String);

/// An inspection: project, how, days before today, why, scores as `checklist=percent`, finding, severity, verdict, conclusion,
/// and what happened so many days after.
pub type InspectionRow = (usize, String, i64, String, String, String, String, String, String, String);

/// A hazard: project, building, kind, grade, days before today, what it is, what is done, yuan, days in which it is to be gone,
/// contingency, who finds it, and what happened so many days after.
pub type HazardRow = (usize, usize, String, String, i64, String, String, i64, i64, String, String, String);

/// A post due at a meeting: unit, post, whether it came, note.
pub type SeatRow = (String, String, String, String);

/// An item: project, who owns it, post, content, days in which it is reported back, and what happened so many days after.
pub type ItemRow = (usize, String, String, String, i64, String);

/// An instruction from above.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the fixture says what each is")]
pub struct InstructionRow {
    pub kind: String,
    pub source: String,
    pub reference: String,
    pub ago: i64,
    pub subject: String,
    pub content: String,
    pub seats: Vec<SeatRow>,
    pub told: Vec<(String, i64)>,
    pub told_days: i64,
    pub items: Vec<ItemRow>,
}

/// A contingency plan.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the fixture says what each is")]
pub struct ContingencyRow {
    pub project: usize,
    pub building: i64,
    pub kind: String,
    pub document: String,
    pub trigger: String,
    pub measures: String,
    pub part: String,
    pub post: String,
    pub stock: String,
    pub yuan: i64,
    pub laid: i64,
    pub before: i64,
    pub ends: i64,
    pub drilled: i64,
    pub down: i64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fixture {
    district: String,
    zones: Vec<String>,
    organisations: Vec<(String, String)>,
    surnames: Vec<String>,
    given: Vec<String>,
    projects: Vec<ProjectRow>,
    facilities: Vec<String>,
    orders: Vec<OrderRow>,
    inspections: Vec<InspectionRow>,
    hazards: Vec<HazardRow>,
    /// Price of a unit of work in fen.
    prices_fen: HashMap<String, i64>,
    papers: Papers,
    order_words: HashMap<String, String>,
    inspection_words: HashMap<String, String>,
    safety_words: HashMap<String, String>,
    duty_words: HashMap<String, String>,
    closing_words: HashMap<String, String>,
    instructions: Vec<InstructionRow>,
    instruction_words: HashMap<String, String>,
    contingencies: Vec<ContingencyRow>,
    contingency_words: HashMap<String, String>,
}

static FIXTURE: LazyLock<Fixture> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../fixtures/demo.toml"))
        .expect("fixtures/demo.toml is part of the program and read by a test")
});

/// The invented price of a unit of work, in fen.
pub fn price_fen(unit: &str) -> Option<i64> {
    FIXTURE.prices_fen.get(unit).copied()
}

/// Words of invented papers.
pub fn papers() -> &'static Papers {
    &FIXTURE.papers
}

/// Orders of the last ninety days.
pub fn orders() -> &'static [OrderRow] {
    &FIXTURE.orders
}

/// Inspections of the last ninety days.
pub fn inspections() -> &'static [InspectionRow] {
    &FIXTURE.inspections
}

/// Hazards of the last ninety days.
pub fn hazards() -> &'static [HazardRow] {
    &FIXTURE.hazards
}

/// What is said of risks, hazards and gates.
pub fn safety_word(what: &str) -> &'static str {
    FIXTURE.safety_words.get(what).map_or("", String::as_str)
}

/// What is said in accounts.
pub fn closing_word(what: &str) -> &'static str {
    FIXTURE.closing_words.get(what).map_or("", String::as_str)
}

/// Contingency plans.
pub fn contingencies() -> &'static [ContingencyRow] {
    &FIXTURE.contingencies
}

/// What is said of contingency plans.
pub fn contingency_word(what: &str) -> &'static str {
    FIXTURE.contingency_words.get(what).map_or("", String::as_str)
}

/// Instructions of the last ninety days.
pub fn instructions() -> &'static [InstructionRow] {
    &FIXTURE.instructions
}

/// What is said of instructions.
pub fn instruction_word(what: &str) -> &'static str {
    FIXTURE.instruction_words.get(what).map_or("", String::as_str)
}

/// What is said of institutions and duties.
pub fn duty_word(what: &str) -> &'static str {
    FIXTURE.duty_words.get(what).map_or("", String::as_str)
}

/// What is said in an inspection.
pub fn inspection_word(what: &str) -> &'static str {
    FIXTURE.inspection_words.get(what).map_or("", String::as_str)
}

/// What is said of an order on the way.
pub fn order_word(what: &str) -> &'static str {
    FIXTURE.order_words.get(what).map_or("", String::as_str)
}

/// An invented organisation.
#[derive(Debug)]
pub struct Organisation {
    /// Identifier.
    pub id: String,
    /// Name.
    pub name: String,
    /// Kind.
    pub kind: Body,
}

/// An invented person with their post.
#[derive(Debug)]
pub struct Person {
    /// Account.
    pub account: String,
    /// Name, for the vault.
    pub name: String,
    /// Organisation.
    pub organisation: Option<String>,
    /// What the post allows.
    pub role: Role,
    /// Where; `None`: everywhere.
    pub place: Option<String>,
}

/// A place to be opened.
#[derive(Debug)]
pub struct Plot {
    /// Identifier.
    pub id: String,
    /// Where it stands.
    pub parent: Option<String>,
    /// Level.
    pub kind: Kind,
    /// What it is.
    pub attributes: Attributes,
    /// Its own official.
    pub official: Option<String>,
}

/// A building with its place in the order of works.
#[derive(Debug)]
pub struct Block {
    /// Place.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Storeys above ground.
    pub floors_above: u16,
    /// Basement levels.
    pub floors_below: u16,
    /// Days after the project's first work.
    pub offset_days: i64,
    /// Time taken in per cent of the planned time.
    pub pace: i64,
}

/// A project and what the story needs of it.
#[derive(Debug)]
pub struct Project {
    /// Place.
    pub id: String,
    /// Name.
    pub name: String,
    /// Plan template.
    pub template: String,
    /// First work, in days before today.
    pub age_days: i64,
    /// How it stands.
    pub prospect: Prospect,
    /// Buildings and facilities in order.
    pub blocks: Vec<Block>,
    /// Who drafts its plans.
    pub drafter: String,
    /// Who reports its progress.
    pub reporter: String,
    /// Who confirms what is reported.
    pub supervisor: String,
    /// Seats of its task force.
    pub seats: Vec<(Seat, Holder)>,
}

impl Project {
    /// The account that leads its task force.
    pub fn leader(&self) -> Option<&str> {
        self.seats.iter().find_map(|(seat, holder)| match (seat, holder) {
            (Seat::Leader, Holder::Account(account)) => Some(account.as_str()),
            _ => None,
        })
    }
}

impl District {
    /// The account of the inspector.
    pub fn inspector(&self) -> &str {
        self.people.iter().find(|person| person.role == Role::Inspector).map_or("", |person| person.account.as_str())
    }
}

/// The whole district.
#[derive(Debug, Default)]
pub struct District {
    /// Organisations; the first is the headquarters that commands dates.
    pub organisations: Vec<Organisation>,
    /// People with posts; the first is the district leader, the second keeps calendars.
    pub people: Vec<Person>,
    /// Places by level: parents before children.
    pub levels: Vec<Vec<Plot>>,
    /// Projects.
    pub projects: Vec<Project>,
}

/// Id of the district.
pub const ROOT: &str = "d1";

/// People who are not tied to one project: role, organisation (from the end of its kind), zone.
const STAFF: [(Role, Body, Option<usize>); 13] = [
    (Role::Leader, Body::Headquarters, None),
    (Role::SupervisionOffice, Body::Headquarters, None),
    (Role::SupervisionOffice, Body::Headquarters, None),
    (Role::Inspector, Body::Bureau, None),
    (Role::Auditor, Body::Bureau, None),
    (Role::FundCustodian, Body::Bank, None),
    (Role::Leader, Body::Headquarters, Some(0)),
    (Role::Leader, Body::Headquarters, Some(1)),
    (Role::Leader, Body::Headquarters, Some(2)),
    (Role::SubDistrict, Body::SubDistrict, Some(0)),
    (Role::SubDistrict, Body::SubDistrict, Some(1)),
    (Role::SubDistrict, Body::SubDistrict, Some(2)),
    (Role::ResidentsRepresentative, Body::VillageCollective, Some(0)),
];

/// Inspectors beside the first.
const MORE_INSPECTORS: usize = 4;

/// The project whose task force lacks its supervision engineer.
const INCOMPLETE: usize = 8;

/// Invents the district.
pub fn invent(rng: &mut impl Rng) -> District {
    let mut district = District::default();
    for (at, (kind, name)) in FIXTURE.organisations.iter().enumerate() {
        let kind = Body::from_name(kind).unwrap_or(Body::Other);
        district.organisations.push(Organisation { id: format!("org{:02}", at + 1), name: name.clone(), kind });
    }
    let mut names = Names::shuffled(rng);
    for (role, body, zone) in STAFF {
        let organisation = district.organisation(body, zone.unwrap_or(0));
        let place = zone.map(zone_id);
        district.person(names.next(), role, organisation, place);
    }
    let root = plot(ROOT, None, Kind::District, 1, &FIXTURE.district, Some(district.people[0].account.clone()));
    let zones = FIXTURE.zones.iter().enumerate().map(|(at, name)| {
        let official = district.people[6 + at].account.clone();
        plot(&zone_id(at), Some(ROOT), Kind::Zone, at, name, Some(official))
    });
    district.levels = vec![vec![root], zones.collect(), Vec::new(), Vec::new(), Vec::new()];
    for (at, row) in FIXTURE.projects.iter().enumerate() {
        add_project(&mut district, &mut names, rng, at, row);
    }
    // A team has two, and somebody else looks again.
    for bureau in 1..=MORE_INSPECTORS {
        let organisation = district.organisation(Body::Bureau, bureau);
        district.person(names.next(), Role::Inspector, organisation, None);
    }
    district
}

fn zone_id(zone: usize) -> String {
    format!("z{}", zone + 1)
}

fn plot(id: &str, parent: Option<&str>, kind: Kind, at: usize, name: &str, official: Option<String>) -> Plot {
    let attributes = Attributes {
        name: name.to_owned(),
        ordinal: at as u32 + 1,
        programme: None,
        owner: None,
        figures: Figures::default(),
    };
    Plot { id: id.to_owned(), parent: parent.map(str::to_owned), kind, attributes, official }
}

/// Every pair of surname and given name once, in the order of the seed.
struct Names(Vec<String>);

impl Names {
    fn shuffled(rng: &mut impl Rng) -> Names {
        let mut names: Vec<String> = FIXTURE
            .surnames
            .iter()
            .flat_map(|surname| FIXTURE.given.iter().map(move |given| format!("{surname}{given}")))
            .collect();
        for at in (1..names.len()).rev() {
            names.swap(at, rng.random_range(0..=at));
        }
        Names(names)
    }

    fn next(&mut self) -> String {
        self.0.pop().unwrap_or_default()
    }
}

impl District {
    /// The organisation of a kind, by a running number.
    pub fn organisation(&self, kind: Body, number: usize) -> Option<String> {
        let of_kind: Vec<&Organisation> = self.organisations.iter().filter(|one| one.kind == kind).collect();
        (!of_kind.is_empty()).then(|| of_kind[number % of_kind.len()].id.clone())
    }

    fn person(&mut self, name: String, role: Role, organisation: Option<String>, place: Option<String>) -> String {
        let account = format!("demo{:02}", self.people.len() + 1);
        self.people.push(Person { account: account.clone(), name, organisation, role, place });
        account
    }
}

fn add_project(district: &mut District, names: &mut Names, rng: &mut impl Rng, at: usize, row: &ProjectRow) {
    let (programme, zone, name, parcels, buildings, age_days, pace, prospect) = row;
    let id = format!("p{:02}", at + 1);
    let (employer, contractor) =
        (district.organisation(Body::Employer, at), district.organisation(Body::Contractor, at));
    let supervisor = district.organisation(Body::SupervisionFirm, at);
    let leader =
        district.person(names.next(), Role::TaskForce, district.organisation(Body::Bureau, at), Some(id.clone()));
    let drafter = district.person(names.next(), Role::Employer, employer.clone(), Some(id.clone()));
    let reporter = district.person(names.next(), Role::Contractor, contractor.clone(), Some(id.clone()));
    let engineer = district.person(names.next(), Role::SupervisionEngineer, supervisor.clone(), Some(id.clone()));
    let mut project = plot(&id, Some(&zone_id(*zone)), Kind::Project, at, name, Some(leader.clone()));
    project.attributes.programme = Some(programme.clone());
    project.attributes.owner.clone_from(&employer);
    district.levels[2].push(project);
    let mut seats = vec![
        (Seat::LeadOfficial, Holder::Account(district.people[6 + zone].account.clone())),
        (Seat::Leader, Holder::Account(leader)),
        (Seat::Liaison, Holder::Account(drafter.clone())),
    ];
    let bodies = [
        (Seat::SubDistrict, district.organisation(Body::SubDistrict, *zone)),
        (Seat::Employer, employer),
        (Seat::Contractor, contractor),
        (Seat::SupervisionEngineer, supervisor.filter(|_| at != INCOMPLETE)),
        (Seat::MemberUnit, district.organisation(Body::Bureau, at + 1)),
    ];
    seats.extend(bodies.into_iter().filter_map(|(seat, body)| Some((seat, Holder::Organisation(body?)))));
    let mut blocks = Vec::new();
    for parcel in 0..*parcels {
        let parcel_id = format!("{id}-l{}", parcel + 1);
        let parcel_name = papers().parcel.replace("{number}", &(parcel + 1).to_string());
        let official = (parcel % 3 == 2).then(|| district.people[9 + zone].account.clone());
        district.levels[3].push(plot(&parcel_id, Some(&id), Kind::Parcel, parcel, &parcel_name, official));
        let (first, last) = (buildings * parcel / parcels, buildings * (parcel + 1) / parcels);
        for number in first..last {
            let (block, place) = invent_block(rng, programme, &parcel_id, &id, number, parcel, *pace);
            district.levels[4].push(place);
            blocks.push(block);
        }
    }
    let template =
        PROGRAMMES.iter().find(|known| known.id == *programme).map_or_else(String::new, |known| known.template.clone());
    district.projects.push(Project {
        id,
        name: name.clone(),
        template,
        age_days: *age_days,
        prospect: *prospect,
        blocks,
        drafter,
        reporter,
        supervisor: engineer,
        seats,
    });
}

/// Days between the starts of a project's parcels.
const PARCEL_STAGGER_DAYS: i64 = 40;

fn invent_block(
    rng: &mut impl Rng,
    programme: &str,
    parcel_id: &str,
    project: &str,
    number: usize,
    parcel: usize,
    pace: i64,
) -> (Block, Plot) {
    let id = format!("{project}-b{:02}", number + 1);
    let is_facility = programme == "facility";
    let (floors_above, floors_below) = match programme {
        "facility" => (rng.random_range(1..=4), 0),
        "heritage" => (rng.random_range(1..=2), 0),
        _ => (*pick(rng, &[11, 18, 18, 24, 26, 27, 30, 33]), rng.random_range(1..=2)),
    };
    let name = if is_facility {
        FIXTURE.facilities[number % FIXTURE.facilities.len()].clone()
    } else {
        papers().building.replace("{number}", &(number + 1).to_string())
    };
    let kind = if is_facility { Kind::Facility } else { Kind::Building };
    let mut place = plot(&id, Some(parcel_id), kind, number, &name, None);
    let flats = if matches!(programme, "resettlement" | "presold") {
        u32::from(floors_above) * *pick(rng, &[4, 4, 6])
    } else {
        0
    };
    place.attributes.figures = Figures {
        flats: (flats > 0).then_some(flats),
        households: (programme == "resettlement").then(|| flats * rng.random_range(55..=70) / 100),
        area_m2: Some(if flats > 0 { flats * rng.random_range(98..=125) } else { rng.random_range(400..=6000) }),
        floors_above: Some(floors_above),
        floors_below: Some(floors_below),
    };
    let offset_days = parcel as i64 * PARCEL_STAGGER_DAYS + rng.random_range(0..20);
    let block = Block { id, name, floors_above, floors_below, offset_days, pace: pace + rng.random_range(-3..=4) };
    (block, place)
}

fn pick<'a, T>(rng: &mut impl Rng, of: &'a [T]) -> &'a T {
    &of[rng.random_range(0..of.len())]
}
