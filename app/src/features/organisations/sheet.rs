//! Organisations by Excel: a row is one to be registered.

use super::model::{Command, Kind, New, usable};
use super::store;
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
use guatu_formats::lists::Column;
use std::collections::HashSet;

/// What a filled list would register.
#[derive(Debug)]
pub struct Organisations(Vec<New>);

static SHELF: Shelf<Filled<Organisations>> = Shelf::new(32, 100_000);

impl List for Organisations {
    const PATH: &'static str = "/organisations/excel";
    const SECTION: &'static str = "organisation_sheet";
    const LINES: usize = 2;

    fn shelf() -> &'static Shelf<Filled<Self>> {
        &SHELF
    }

    async fn place(_: &mut Conn, visitor: &Visitor, _: Option<&str>) -> Result<Option<Subject>, Problem> {
        visitor.need(Verb::Govern, "/")?;
        Ok(None)
    }

    async fn columns(_: &mut Conn, visitor: &Visitor) -> Result<Vec<Column>, Problem> {
        let kinds = Kind::ALL.iter().map(|(_, name)| visitor.t(&format!("organisation_kind.{name}"))).collect();
        Ok(vec![
            Column { key: "name", name: visitor.t("field.name"), is_needed: true, width: 40, ..Column::default() },
            Column { key: "kind", name: visitor.t("field.kind"), choices: kinds, is_needed: true, width: 20 },
        ])
    }

    async fn check(conn: &mut Conn, _: &Site, visitor: &Visitor, asked: &Rows<'_>, dry: &mut DryRun) -> Result<Self, Problem> {
        let mut taken: HashSet<String> = store::all(conn).await?.into_iter().map(|one| one.name).collect();
        let mut organisations = Vec::new();
        for row in asked.rows {
            let (name, kind) = (row.get("name"), row.get("kind"));
            let at = name.map_or(row.at.as_str(), |cell| cell.at.as_str());
            let known = usable(&taken, name.map_or("", |cell| cell.text.as_str()));
            let kind_at = kind.map_or(row.at.as_str(), |cell| cell.at.as_str());
            let kind = kind.and_then(|cell| named("organisation_kind", &cell.text, Kind::ALL.iter().map(|(_, name)| *name)));
            let kind = kind.and_then(Kind::from_name);
            if let Err(refused) = &known {
                dry.refuse(visitor, at, &refused.clone().into());
            }
            if kind.is_none() {
                dry.refuse(visitor, kind_at, &Refusal { code: "G-108", reason: Reason::Rule, params: Vec::new(), field: Some("kind") });
            }
            if let (Ok(name), Some(kind)) = (known, kind) {
                dry.lines.push((name.clone(), vec![visitor.t(&format!("organisation_kind.{}", kind.name()))]));
                taken.insert(name.clone());
                organisations.push(New { id: derived_id(asked.request_id, name.as_bytes()), name, kind });
            }
        }
        Ok(Organisations(organisations))
    }

    fn command(&self, _: Option<&Subject>) -> crate::features::Command {
        Command::RegisterAll { organisations: self.0.clone() }.into()
    }

    fn seen_at(_: Option<&Subject>) -> String {
        "/organisations".to_owned()
    }
}
