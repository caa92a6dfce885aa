//! The place table: what facts made of the tree, and how others read it.

use super::model::{Attributes, Command, Fact, Figures, Kind, Standing, State};
use crate::args;
use crate::db::{Conn, Row};
use crate::features::Fact as AnyFact;
use crate::journal::domain::Entry;
use anyhow::{Context, Result};
use jiff::civil::Date;

/// A place as the tables hold it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Identifier.
    pub id: String,
    /// Where it stands.
    pub parent: Option<String>,
    /// Ids from the root, `/d/p/`.
    pub path: String,
    /// Level.
    pub kind: Kind,
    /// What it is.
    pub attributes: Attributes,
    /// Its own accountable official; `None`: the one above.
    pub official: Option<String>,
    /// Since when.
    pub official_from: Option<Date>,
    /// Programme state.
    pub state: Option<String>,
    /// Since when.
    pub state_since: Option<Date>,
    /// The fact that last changed it.
    pub changed_number: u64,
}

macro_rules! columns {
    () => {
        "id, parent, path, kind, name, ordinal, programme, owner, flats, households, area_m2, floors_above, floors_below, official, official_from, state, state_since, changed_number"
    };
}

/// One place.
pub async fn get(conn: &mut Conn, id: &str) -> Result<Option<Place>> {
    let row = conn.row(concat!("SELECT ", columns!(), " FROM place WHERE id = ?"), args![id]).await?;
    row.map(|row| place(&row)).transpose()
}

/// Every place, parents before children, siblings in order.
pub async fn all(conn: &mut Conn) -> Result<Vec<Place>> {
    subtree(conn, "/").await
}

/// A path's place and everything under it, parents before children, siblings in order.
pub async fn subtree(conn: &mut Conn, path: &str) -> Result<Vec<Place>> {
    let rows = conn.rows(concat!("SELECT ", columns!(), " FROM place WHERE path LIKE ?"), args![format!("{path}%")]).await?;
    let mut places = rows.iter().map(place).collect::<Result<Vec<_>>>()?;
    let order: std::collections::HashMap<String, (u32, u64)> =
        places.iter().map(|place| (place.id.clone(), (place.attributes.ordinal, place.changed_number))).collect();
    let key = |place: &Place| -> Vec<(u32, String)> {
        let ids = place.path.trim_matches('/').split('/');
        ids.map(|id| (order.get(id).map_or(0, |(ordinal, _)| *ordinal), id.to_owned())).collect()
    };
    places.sort_by_cached_key(key);
    Ok(places)
}

/// Names of the places that name an account as their accountable official.
pub async fn names_in_care_of(conn: &mut Conn, account: &str) -> Result<Vec<String>> {
    let rows = conn.rows("SELECT name FROM place WHERE official = ? ORDER BY path", args![account]).await?;
    rows.iter().map(|row| row.text(0)).collect()
}

/// The ids from the root to a place.
pub async fn path(conn: &mut Conn, id: &str) -> Result<Option<String>> {
    conn.row("SELECT path FROM place WHERE id = ?", args![id]).await?.map(|row| row.text(0)).transpose()
}

pub(super) async fn load(conn: &mut Conn, command: &Command) -> Result<State> {
    let mut state = State::default();
    let (parent, own) = match command {
        Command::Open(opening) => {
            state.is_id_taken = path(conn, &opening.id).await?.is_some();
            (opening.parent.clone(), None)
        }
        Command::OpenAll { under, openings } => {
            for opening in openings {
                state.is_id_taken |= path(conn, &opening.id).await?.is_some();
            }
            state.standing = standing(conn, under.as_deref()).await?;
            return Ok(state);
        }
        Command::Amend { place, .. } | Command::Appoint { place, .. } | Command::SetState { place, .. } => {
            let place = get(conn, place).await?.context("scope has found the place")?;
            state.kind = Some(place.kind);
            state.is_root = place.parent.is_none();
            state.changed_number = place.changed_number;
            state.programme = programme_above(conn, &place).await?;
            (place.parent.clone(), Some(place.id))
        }
    };
    let siblings = match &parent {
        Some(parent) => conn.rows("SELECT id, name FROM place WHERE parent = ?", args![parent]).await?,
        None => conn.rows("SELECT id, name FROM place WHERE parent IS NULL", &[]).await?,
    };
    for row in &siblings {
        if own.as_ref() != Some(&row.text(0)?) {
            state.sibling_names.push(row.text(1)?);
        }
    }
    if let Some(parent) = parent {
        state.parent_kind = get(conn, &parent).await?.map(|parent| parent.kind);
    }
    Ok(state)
}

/// Places under which others may be opened: one and all under it, or the whole tree.
pub(super) async fn standing(conn: &mut Conn, under: Option<&str>) -> Result<Standing> {
    let above = match under {
        Some(under) => path(conn, under).await?.context("scope has found the place")?,
        None => "/".to_owned(),
    };
    let mut standing = Standing::default();
    for place in subtree(conn, &above).await? {
        standing.add(&place.id, place.parent.as_deref(), place.kind, &place.attributes.name);
    }
    Ok(standing)
}

async fn programme_above(conn: &mut Conn, place: &Place) -> Result<Option<String>> {
    for id in place.path.trim_matches('/').split('/').rev() {
        if let Some(programme) = get(conn, id).await?.and_then(|place| place.attributes.programme) {
            return Ok(Some(programme));
        }
    }
    Ok(None)
}

/// What one fact does to the table.
pub async fn apply(conn: &mut Conn, entry: &Entry<AnyFact>, fact: &Fact) -> Result<()> {
    let (id, number) = (&entry.subject, entry.number);
    match fact {
        Fact::Opened { parent, kind, attributes, official } => {
            let above = match parent {
                Some(parent) => path(conn, parent).await?.context("a parent is opened before its child")?,
                None => "/".into(),
            };
            conn.execute(
                "INSERT INTO place (id, parent, path, kind, name, ordinal, official, official_from, changed_number) VALUES (?, ?, ?, ?, '', 0, ?, ?, ?)",
                args![id, parent.as_ref(), format!("{above}{id}/"), kind.name(), official.as_ref(), official.as_ref().map(|_| entry.occurred_on), number],
            )
            .await?;
            write_attributes(conn, id, attributes, number).await
        }
        Fact::Amended { attributes, .. } => write_attributes(conn, id, attributes, number).await,
        Fact::OfficialAppointed { official, from } => conn
            .execute(
                "UPDATE place SET official = ?, official_from = ?, changed_number = ? WHERE id = ?",
                args![official.as_ref(), *from, number, id],
            )
            .await
            .map(drop),
        Fact::StateSet { state, since } => conn
            .execute("UPDATE place SET state = ?, state_since = ?, changed_number = ? WHERE id = ?", args![state, *since, number, id])
            .await
            .map(drop),
    }
}

async fn write_attributes(conn: &mut Conn, id: &str, attributes: &Attributes, number: u64) -> Result<()> {
    let Figures { flats, households, area_m2, floors_above, floors_below } = attributes.figures;
    conn.execute(
        "UPDATE place SET name = ?, ordinal = ?, programme = ?, owner = ?, flats = ?, households = ?, area_m2 = ?, floors_above = ?, floors_below = ?, changed_number = ? WHERE id = ?",
        args![
            attributes.name.trim(),
            i64::from(attributes.ordinal),
            attributes.programme.as_ref(),
            attributes.owner.as_ref(),
            flats.map(i64::from),
            households.map(i64::from),
            area_m2.map(i64::from),
            floors_above.map(i64::from),
            floors_below.map(i64::from),
            number,
            id
        ],
    )
    .await
    .map(drop)
}

fn place(row: &Row) -> Result<Place> {
    let number = |index| -> Result<Option<u32>> { Ok(row.opt_int(index)?.map(u32::try_from).transpose()?) };
    let small = |index| -> Result<Option<u16>> { Ok(row.opt_int(index)?.map(u16::try_from).transpose()?) };
    Ok(Place {
        id: row.text(0)?,
        parent: row.opt_text(1)?,
        path: row.text(2)?,
        kind: Kind::from_name(&row.text(3)?).context("a stored kind is known")?,
        attributes: Attributes {
            name: row.text(4)?,
            ordinal: u32::try_from(row.int(5)?)?,
            programme: row.opt_text(6)?,
            owner: row.opt_text(7)?,
            figures: Figures {
                flats: number(8)?,
                households: number(9)?,
                area_m2: number(10)?,
                floors_above: small(11)?,
                floors_below: small(12)?,
            },
        },
        official: row.opt_text(13)?,
        official_from: row.opt_date(14)?,
        state: row.opt_text(15)?,
        state_since: row.opt_date(16)?,
        changed_number: row.count(17)?,
    })
}
