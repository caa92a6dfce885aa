//! Pages of the ledger, and its tiles.

use crate::web::extract::Query;
use crate::args;
use crate::clock::civil_time;
use crate::db::{Conn, Row};
use crate::features::authority::{Verb, missing};
use crate::features::identity;
use crate::features::places::Tree;
use crate::journal::replay;
use crate::web::Site;
use crate::web::layout::page;
use crate::web::problem::Problem;
use crate::web::visitor::Visitor;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use guatu_ledger::hash::Hash;
use guatu_ledger::tiles::{self, TILE_WIDTH, TilePath};
use maud::{Markup, html};
use std::collections::HashMap;

/// Routes of this feature.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/facts", get(facts))
        .route("/ledger", get(ledger))
        .route("/ledger/checkpoint", get(checkpoint))
        .route("/ledger/tile/{*path}", get(tile))
}

/// A fact as a page shows it.
struct Shown {
    number: u64,
    kind: String,
    actor: String,
    place: String,
    occurred_on: String,
    recorded_at: String,
    hash: Hash,
    payload: String,
}

impl Shown {
    fn read(row: &Row) -> Result<Shown, Problem> {
        Ok(Shown {
            number: row.count(0)?,
            kind: row.text(1)?,
            actor: row.text(2)?,
            place: row.text(3)?,
            occurred_on: row.text(4)?,
            recorded_at: row.text(5)?,
            hash: Hash::from_slice(&row.blob(6)?).unwrap_or(Hash::ZERO),
            payload: row.text(7)?,
        })
    }
}

/// Facts of one object, oldest first: those at places this person may read.
async fn facts(State(site): State<Site>, visitor: Visitor, Query(query): Query<HashMap<String, String>>) -> Result<Markup, Problem> {
    visitor.permit()?;
    let subject = query.get("subject").cloned().unwrap_or_default();
    let mut conn = site.reader().await?;
    let sql = "SELECT number, kind, actor, place, occurred_on, recorded_at, hash, payload FROM fact WHERE subject = ? ORDER BY number LIMIT 500";
    let rows = conn.rows(sql, args![&subject]).await?;
    let tree = site.domain.places.tree(&mut conn).await?;
    let mut shown = Vec::new();
    for fact in rows.iter().map(Shown::read) {
        let fact = fact?;
        if may_see(&tree, &visitor, &fact.place) && may_know(&mut conn, &visitor, &fact.kind, &subject).await? {
            shown.push(fact);
        }
    }
    if shown.is_empty() {
        return Err(missing().into());
    }
    let body = html! { h1 { (visitor.t("ledger.facts")) } p.lead { (visitor.t("ledger.facts_lead")) } (list(&mut conn, &visitor, &shown).await?) };
    Ok(page(&site, &visitor, &visitor.t("ledger.facts"), body))
}

/// Facts without a place (organisations, accounts) are for whoever may read or audit everywhere.
fn may_see(tree: &Tree, visitor: &Visitor, place: &str) -> bool {
    let path = if place == "-" { Some("/") } else { tree.get(place).map(|place| place.path.as_str()) };
    path.is_some_and(|path| visitor.may(Verb::Read, path) || visitor.may(Verb::Audit, path))
}

/// What is not issued yet is for those who write and issue it: of a bulletin an auditor reads what went out.
async fn may_know(conn: &mut Conn, visitor: &Visitor, kind: &str, subject: &str) -> Result<bool, Problem> {
    if !kind.starts_with("bulletin.") || visitor.may(Verb::Govern, "/") || visitor.may(Verb::Approve, "/") {
        return Ok(true);
    }
    let sql = "SELECT 1 FROM fact WHERE subject = ? AND kind LIKE 'bulletin.issued/%'";
    Ok(conn.row(sql, args![subject]).await?.is_some())
}

async fn list(conn: &mut Conn, visitor: &Visitor, facts: &[Shown]) -> Result<Markup, Problem> {
    let names = identity::names(conn).await?;
    let kind = |kind: &str| {
        let key = format!("fact.{}", kind.split('/').next().unwrap_or_default().replace('.', "_"));
        if visitor.language.has(&key) { visitor.t(&key) } else { kind.to_owned() }
    };
    let actor = |actor: &str| {
        if actor == "system" { visitor.t("ledger.system") } else { names.get(actor).cloned().unwrap_or_else(|| "—".into()) }
    };
    Ok(html! {
        div.scroll tabindex="0" { table {
            thead { tr { th.number { "№" } th { (visitor.t("ledger.what")) } th { (visitor.t("ledger.actor")) } th { (visitor.t("ledger.occurred")) } th { (visitor.t("ledger.recorded")) } th { (visitor.t("ledger.hash")) } } }
            tbody { @for fact in facts {
                tr {
                    td.number { (fact.number) }
                    td { details { summary { (kind(&fact.kind)) } code { (fact.kind) " " (fact.payload) } } }
                    td { (actor(&fact.actor)) }
                    td { (fact.occurred_on) }
                    td { (civil_time(&fact.recorded_at)) }
                    td { code { (fact.hash.short()) } }
                }
            } }
        } }
    })
}

async fn ledger(State(site): State<Site>, visitor: Visitor) -> Result<Markup, Problem> {
    visitor.need_somewhere(Verb::Audit)?;
    let mut conn = site.reader().await?;
    let head = replay::head_number(&mut conn).await?;
    let sql = "SELECT number, kind, actor, place, occurred_on, recorded_at, hash, payload, subject FROM fact ORDER BY number DESC LIMIT 100";
    let tree = site.domain.places.tree(&mut conn).await?;
    let mut newest = Vec::new();
    for row in conn.rows(sql, &[]).await? {
        let mut fact = Shown::read(&row)?;
        if !may_see(&tree, &visitor, &fact.place) || !may_know(&mut conn, &visitor, &fact.kind, &row.text(8)?).await? {
            // An auditor of one subtree sees that a fact exists, and its hash, but not what it says; nor what is yet to be issued.
            fact.payload = String::new();
        }
        newest.push(fact);
    }
    let note = conn.row("SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1", &[]).await?.map(|row| row.text(0)).transpose()?;
    let body = html! {
        h1 { (visitor.t("ledger.title")) }
        p.lead { (visitor.t("ledger.lead")) }
        ul.counts { li { b { (head) } span { (visitor.t("ledger.count")) } } }
        h2 { (visitor.t("ledger.checkpoint")) }
        @match &note { Some(note) => pre.sheet { (note) }, None => p.quiet { (visitor.t("ledger.no_checkpoint")) } }
        p { (visitor.t("ledger.verifier")) " " code { (site.signer.verifier_line()) } }
        h2 { (visitor.t("ledger.newest")) }
        (list(&mut conn, &visitor, &newest).await?)
    };
    Ok(page(&site, &visitor, &visitor.t("ledger.title"), body))
}

/// The newest signed head. Signing one is a write, so it is done by a timer, never here.
async fn checkpoint(State(site): State<Site>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let row = conn.row("SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1", &[]).await?.ok_or(missing())?;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], row.text(0)?).into_response())
}

/// A tile below the newest checkpoint; partial tiles exist at its right edge only.
///
/// Hashes are for everybody, since a witness needs no more. Entries name people, places and days, so they are for auditors.
async fn tile(State(site): State<Site>, visitor: Visitor, Path(path): Path<String>) -> Result<Response, Problem> {
    let wanted = tiles::parse_path(&path).ok_or(missing())?;
    if matches!(wanted, TilePath::Entries { .. }) && !visitor.may(Verb::Audit, "/") {
        return Err(missing().into());
    }
    let mut conn = site.reader().await?;
    let size = conn.row("SELECT MAX(size) FROM checkpoint", &[]).await?.map(|row| row.opt_int(0)).transpose()?.flatten();
    let size = u64::try_from(size.unwrap_or(0)).unwrap_or(0);
    let (bytes, is_full) = match wanted {
        TilePath::Entries { index, width } => {
            let first = index.checked_mul(TILE_WIDTH).filter(|first| first.saturating_add(width) <= size).ok_or(missing())?;
            let sql = "SELECT record FROM fact WHERE number > ? AND number <= ? ORDER BY number";
            let records = conn.rows(sql, args![first, first + width]).await?.iter().map(|row| row.blob(0)).collect::<anyhow::Result<Vec<_>>>()?;
            (tiles::entry_bundle(records.iter().map(Vec::as_slice)), width == TILE_WIDTH)
        }
        TilePath::Hashes { level, index, width } => {
            let span = tiles::leaves_per_hash(level);
            let first = index.checked_mul(TILE_WIDTH).and_then(|first| first.checked_mul(span));
            let count = width.checked_mul(span);
            let (first, count) = first.zip(count).filter(|(first, count)| first.saturating_add(*count) <= size).ok_or(missing())?;
            let sql = "SELECT hash FROM fact WHERE number > ? AND number <= ? ORDER BY number";
            let mut leaves = Vec::new();
            for row in conn.rows(sql, args![first, first + count]).await? {
                leaves.push(Hash::from_slice(&row.blob(0)?).ok_or(missing())?);
            }
            (tiles::hash_tile(&leaves, level, width).ok_or(missing())?, width == TILE_WIDTH)
        }
    };
    // What only an auditor may see is kept by nobody on the way.
    let is_public = matches!(wanted, TilePath::Hashes { .. });
    let cache = if is_full && is_public { "public, max-age=31536000, immutable" } else { "no-store" };
    Ok(([(header::CONTENT_TYPE, "application/octet-stream"), (header::CACHE_CONTROL, cache)], bytes).into_response())
}
