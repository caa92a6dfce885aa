//! Places by Excel: a row is one to be opened, under the place it is filled in for or under another row.

use super::model::{Attributes, Command, Figures, Kind, Opening, PROGRAMMES, Refused, opened};
use super::pages::{owners, people};
use super::store::{self, Place};
use crate::db::Conn;
use crate::features::authority::Verb;
use crate::refusal::{Reason, Refusal};
use crate::web::Site;
use crate::web::forms::derived_id;
use crate::web::lists::{DryRun, Filled, List, Rows, Subject};
use crate::web::locale::named;
use crate::web::problem::Problem;
use crate::web::shelf::Shelf;
use crate::web::visitor::Visitor;
use guatu_formats::lists::{Column, Row};
use std::collections::HashMap;

/// What a filled list would open.
#[derive(Debug)]
pub struct Places(Vec<Opening>);

static SHELF: Shelf<Filled<Places>> = Shelf::new(32, 200_000);

/// Columns of counts.
const COUNTS: [&str; 5] = ["flats", "households", "area_m2", "floors_above", "floors_below"];

impl List for Places {
    const PATH: &'static str = "/places/excel";
    const SECTION: &'static str = "place_sheet";
    const LINES: usize = 4;

    fn shelf() -> &'static Shelf<Filled<Self>> {
        &SHELF
    }

    async fn place(conn: &mut Conn, visitor: &Visitor, asked: Option<&str>) -> Result<Option<Subject>, Problem> {
        match asked {
            Some(id) => {
                let place = visitor.place_for(conn, id, Verb::Govern).await?;
                Ok(Some(Subject { id: place.id, path: place.path, name: place.attributes.name }))
            }
            None => {
                visitor.need(Verb::Govern, "/")?;
                Ok(None)
            }
        }
    }

    async fn columns(conn: &mut Conn, visitor: &Visitor) -> Result<Vec<Column>, Problem> {
        let kinds = Kind::ALL.iter().map(|kind| visitor.t(&format!("place_kind.{}", kind.name()))).collect();
        let programmes = PROGRAMMES.iter().map(|one| visitor.t(&format!("programme.{}", one.id))).collect();
        let owners = owners(conn).await?.into_iter().map(|(_, name)| name).collect();
        let officials = people_by_name(conn).await?.into_iter().map(|(name, _)| name).collect();
        let column = |key: &'static str, width, choices| Column { key, name: visitor.t(&format!("field.{key}")), choices, width, is_needed: false };
        let needed = |column| Column { is_needed: true, ..column };
        let mut columns = vec![
            column("parent", 24, Vec::new()),
            needed(column("kind", 14, kinds)),
            needed(column("name", 24, Vec::new())),
            column("programme", 16, programmes),
            column("owner", 28, owners),
            column("official", 16, officials),
        ];
        columns.extend(COUNTS.map(|key| column(key, 10, Vec::new())));
        Ok(columns)
    }

    async fn check(conn: &mut Conn, _: &Site, visitor: &Visitor, asked: &Rows<'_>, dry: &mut DryRun) -> Result<Self, Problem> {
        let under = asked.place.map(|place| place.id.clone());
        let mut standing = store::standing(conn, under.as_deref()).await?;
        let mut paths = Paths::of(&store::subtree(conn, asked.place.map_or("/", |place| &place.path)).await?);
        let owners: HashMap<String, String> = owners(conn).await?.into_iter().map(|(id, name)| (name, id)).collect();
        let officials: HashMap<String, String> = people_by_name(conn).await?.into_iter().collect();
        let mut openings: Vec<Opening> = Vec::new();
        for (ordinal, row) in (1..).zip(asked.rows) {
            let known = dry.findings.len();
            let reading = Reading { visitor, row };
            let text = |key: &str| row.get(key).map(|cell| cell.text.as_str());
            let parent = match text("parent") {
                None => Ok(under.clone()),
                Some(words) => paths.find(words).map(Some),
            };
            let parent = parent.map_err(|refused| reading.refuse(dry, "parent", refused.into()));
            let kind = reading.choice(dry, "kind", "place_kind", Kind::ALL.iter().map(|kind| kind.name())).and_then(Kind::from_name);
            if text("kind").is_none() {
                reading.refuse(dry, "kind", choose("kind"));
            }
            let programme = reading.choice(dry, "programme", "programme", PROGRAMMES.iter().map(|one| one.id.as_str()));
            let owner = reading.of(dry, "owner", &owners);
            let official = reading.of(dry, "official", &officials);
            let counts = COUNTS.map(|key| reading.count(dry, key));
            let (Ok(parent), Some(kind)) = (parent, kind) else { continue };
            let [flats, households, area_m2, above, below] = counts;
            let small = |count: Option<u32>| count.map(|count| u16::try_from(count).unwrap_or(u16::MAX));
            let figures = Figures { flats, households, area_m2, floors_above: small(above), floors_below: small(below) };
            let attributes = Attributes { name: text("name").unwrap_or_default().into(), ordinal, programme: programme.map(str::to_owned), owner, figures };
            let id = derived_id(asked.request_id, row.at.as_bytes());
            let opening = Opening { id, parent, kind, attributes, official };
            // The rule is asked even when a cell is wrong already: whoever mends the sheet sees everything at once.
            if let Err(refused) = standing.of(&opening).and_then(|state| opened(&state, &opening)) {
                let refusal = Refusal::from(refused);
                reading.refuse(dry, refusal.field.unwrap_or("name"), refusal);
            }
            // A row with something wrong still stands for the rows under it, which would be found wrong for its sake alone.
            paths.add(&opening.id, opening.parent.as_deref(), &opening.attributes.name);
            standing.add(&opening.id, opening.parent.as_deref(), kind, &opening.attributes.name);
            if dry.findings.len() == known {
                dry.lines.push(said(visitor, &opening, &paths));
                openings.push(opening);
            }
        }
        Ok(Places(openings))
    }

    fn command(&self, place: Option<&Subject>) -> crate::features::Command {
        Command::OpenAll { under: place.map(|place| place.id.clone()), openings: self.0.clone() }.into()
    }

    fn seen_at(place: Option<&Subject>) -> String {
        place.map_or_else(|| "/places".to_owned(), |place| format!("/places/{}", place.id))
    }
}

/// People who may be officials, by what they are called in a list: their name, with the account where two share it.
async fn people_by_name(conn: &mut Conn) -> Result<Vec<(String, String)>, Problem> {
    let people = people(conn).await?;
    let shared = |name: &str| people.iter().filter(|(_, other)| other == name).count() > 1;
    let called = |(account, name): &(String, String)| {
        let called = if shared(name) { format!("{name} ({account})") } else { name.clone() };
        (called, account.clone())
    };
    Ok(people.iter().map(called).collect())
}

/// Names from the top to a place.
#[derive(Default)]
struct Paths(Vec<(String, Vec<String>)>);

impl Paths {
    fn of(places: &[Place]) -> Paths {
        let mut paths = Paths::default();
        for place in places {
            paths.add(&place.id, place.parent.as_deref(), &place.attributes.name);
        }
        paths
    }

    fn add(&mut self, id: &str, parent: Option<&str>, name: &str) {
        let mut path = parent.map_or_else(Vec::new, |parent| self.path(parent).to_vec());
        path.push(name.trim().to_owned());
        self.0.push((id.to_owned(), path));
    }

    fn path(&self, id: &str) -> &[String] {
        self.0.iter().find(|(known, _)| known == id).map_or(&[], |(_, path)| path)
    }

    /// The place that words name: its name, or the end of its path, `project / parcel`.
    fn find(&self, words: &str) -> Result<String, Refused> {
        let parts: Vec<&str> = words.split('/').map(str::trim).filter(|part| !part.is_empty()).collect();
        let is_named = |path: &[String]| path.last().is_some_and(|name| name == words) || (!parts.is_empty() && path.len() >= parts.len() && path.iter().rev().zip(parts.iter().rev()).all(|(name, part)| name == part));
        let mut found = self.0.iter().filter(|(_, path)| is_named(path));
        match (found.next(), found.next()) {
            (Some((id, _)), None) => Ok(id.clone()),
            (None, _) => Err(Refused::UnknownParent { parent: words.into() }),
            (Some(_), Some(_)) => Err(Refused::SeveralParents { parent: words.into() }),
        }
    }
}

/// A row being read.
struct Reading<'a> {
    visitor: &'a Visitor,
    row: &'a Row,
}

impl Reading<'_> {
    fn refuse(&self, dry: &mut DryRun, key: &str, refusal: Refusal) {
        let at = self.row.get(key).map_or(&self.row.at, |cell| &cell.at);
        dry.refuse(self.visitor, at, &refusal);
    }

    /// One of the words of a section that a cell names.
    fn choice<'w>(&self, dry: &mut DryRun, key: &'static str, section: &str, words: impl Iterator<Item = &'w str>) -> Option<&'w str> {
        let cell = self.row.get(key)?;
        let found = named(section, &cell.text, words);
        if found.is_none() {
            self.refuse(dry, key, choose(key));
        }
        found
    }

    /// What a cell names among things by their names.
    fn of(&self, dry: &mut DryRun, key: &'static str, things: &HashMap<String, String>) -> Option<String> {
        let cell = self.row.get(key)?;
        let found = things.get(&cell.text).cloned();
        if found.is_none() {
            self.refuse(dry, key, choose(key));
        }
        found
    }

    fn count(&self, dry: &mut DryRun, key: &'static str) -> Option<u32> {
        let cell = self.row.get(key)?;
        let count = cell.text.parse().ok();
        if count.is_none() {
            self.refuse(dry, key, Refusal { code: "G-107", reason: Reason::Rule, params: Vec::new(), field: Some(key) });
        }
        count
    }
}

fn choose(key: &'static str) -> Refusal {
    Refusal { code: "G-108", reason: Reason::Rule, params: Vec::new(), field: Some(key) }
}

/// What a row would open, in words.
fn said(visitor: &Visitor, opening: &Opening, paths: &Paths) -> (String, Vec<String>) {
    let mut said = vec![visitor.t(&format!("place_kind.{}", opening.kind.name()))];
    if let Some(parent) = &opening.parent {
        said.push(paths.path(parent).join(" / "));
    }
    said.extend(opening.attributes.programme.iter().map(|programme| visitor.t(&format!("programme.{programme}"))));
    let Figures { flats, households, area_m2, floors_above, floors_below } = opening.attributes.figures;
    let counts = [flats, households, area_m2, floors_above.map(u32::from), floors_below.map(u32::from)];
    let counts = COUNTS.iter().zip(counts).filter_map(|(key, count)| Some(format!("{} {}", visitor.t(&format!("field.{key}")), count?)));
    said.extend(counts);
    (opening.attributes.name.clone(), said)
}
