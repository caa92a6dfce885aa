//! Inspections on a phone without a signal: a page that installs itself, a pack of what its inspector needs on the spot, and the
//! way back into the ledger.
//!
//! # What travels
//! `GET /phone/pack` gives an inspector the sites of their own plans and of no other: places, checklists, open orders, units.
//! Nothing of a household is in it; its shape is the struct [`pack::Pack`], and a test knows every one of its fields. It is bounded.
//! `PUT /phone/pieces/{sha256}` takes photographs in parts (`pieces.rs`). `POST /phone/visits` takes one act with an id the
//! phone made and the hashes of its pieces, and does it as the form of that act would: [`acts::perform`] is the one way in, the
//! fields are those of the form, and the rule is asked once. Pieces that together are no larger than one part may come with the
//! act: a line that breaks loses no more than a part then, and one that holds carries a finding in one round trip instead of
//! four. `POST /phone/receipts` answers what has become of ids: the record,
//! salt and payload of the fact, its way to the root, and a signed head, so that the phone can see for itself that what it
//! captured is what the ledger holds. Before that it deletes nothing; a 200 is no receipt.
//!
//! # Sent again
//! An act that was done answers for ever. What is compared is what the phone said, not what was made of it: the copy of a
//! photograph is drawn by a program that may be another by the time a phone comes back, and its bytes may differ then.
//!
//! # Two clocks
//! A phone says when something was, how far its clock was behind the server's when the two last spoke, and whether the clock
//! was set meanwhile. The server's own time stands beside it and counts.

use super::acts::{self, Brought, command_of};
use super::known::Act;
use super::model::{Command, Fact, Moment, Refused};
use super::pack;
use super::pieces::{self, MOST_PART_BYTES, Part};
use crate::args;
use crate::db::Conn;
use crate::features::authority::{Verb, missing};
use crate::features::reports::model::Photo;
use crate::features::Fact as AnyFact;
use crate::journal::domain::Domain;
use crate::journal::sha256_hex;
use crate::refusal::{Reason, Refusal};
use crate::web::Site;
use crate::web::extract::{FILE_COUNT, Files, Query, Upload};
use crate::web::forms::Values;
use crate::web::problem::Problem;
use crate::web::visitor::Visitor;
use anyhow::Context;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{FromRequest, Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use base64::{Engine, engine::general_purpose::STANDARD};
use guatu_ledger::checkpoint::Checkpoint;
use guatu_ledger::hash::{Hash, sha256};
use guatu_ledger::tree::inclusion_proofs;
use jiff::Timestamp;
use maud::{DOCTYPE, Markup, html};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Header in which a phone sends the token that forms carry in a field.
const TOKEN: &str = "x-form-token";
/// Longest submission, in bytes: a form's texts and the hashes of its photographs.
const MOST_SUBMISSION_BYTES: usize = 64 * 1024;
/// The part of a form that holds the act; every other is a photograph.
const ACT_PART: &str = "act";
/// Ids asked for at once.
const MOST_IDS: usize = 200;

/// Routes of the phone.
pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/phone/visits", get(page).post(submit))
        .route("/phone/manifest.webmanifest", get(manifest))
        .route("/phone/worker.js", get(worker))
        .route("/phone/code/{version}/{name}", get(code))
        .route("/phone/pack", get(pack::pack))
        .route("/phone/pieces/{sha256}", get(piece).put(put_piece))
        .route("/phone/receipts", axum::routing::post(receipts))
}

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// What the page is made of, beside the style sheet that every page has.
const CODE: &[(&str, &str, &str)] = &[
    ("main.js", JAVASCRIPT, include_str!("phone/main.js")),
    ("kept.js", JAVASCRIPT, include_str!("phone/kept.js")),
    ("sending.js", JAVASCRIPT, include_str!("phone/sending.js")),
    ("rescue.js", JAVASCRIPT, include_str!("phone/rescue.js")),
    ("phone.css", "text/css; charset=utf-8", include_str!("phone/phone.css")),
];

/// The version of all of it: its files name each other by name alone, so one folder holds those that belong together.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let texts: Vec<&[u8]> = CODE.iter().map(|(_, _, text)| text.as_bytes()).collect();
    sha256(&texts).short()
});

fn code_url(name: &str) -> String {
    format!("/phone/code/{}/{name}", *VERSION)
}

/// A file of the page. An older version is not there any more: a page that was opened before has its own in its cache.
async fn code(Path((version, name)): Path<(String, String)>) -> Result<Response, Problem> {
    let (_, media_type, text) = CODE.iter().find(|(known, ..)| *known == name && version == *VERSION).ok_or(missing())?;
    Ok(([(header::CONTENT_TYPE, *media_type), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")], *text).into_response())
}

/// The worker that keeps the page for a day without a signal. It knows by its first lines what to keep and in which language, so
/// that a new version of the page is a new worker.
async fn worker(visitor: Visitor) -> Response {
    let own = [crate::web::assets::url("guatu.css"), crate::web::assets::url("mark.svg"), "/phone/visits".to_owned()];
    let files: Vec<String> = CODE.iter().map(|(name, ..)| code_url(name)).chain(own).collect();
    let said = serde_json::json!([files, visitor.language.section("phone")]).to_string();
    let version = sha256(&[said.as_bytes()]).short();
    let text = format!("const FILES = {};\nconst VERSION = \"{version}\";\n{}", serde_json::json!(files), include_str!("phone/worker.js"));
    ([(header::CONTENT_TYPE, JAVASCRIPT), (header::CACHE_CONTROL, "no-cache")], text).into_response()
}

async fn manifest(visitor: Visitor) -> Response {
    let manifest = serde_json::json!({
        "name": visitor.t("phone.title"), "short_name": visitor.t("phone.short"), "lang": visitor.language.tag(), "start_url": "/phone/visits",
        "scope": "/phone/", "display": "standalone", "background_color": "#ffffff", "theme_color": "#ffffff",
        "icons": [{ "src": crate::web::assets::url("mark.svg"), "sizes": "any", "type": "image/svg+xml" }],
    });
    ([(header::CONTENT_TYPE, "application/manifest+json")], manifest.to_string()).into_response()
}

/// The page: the same for everybody who inspects somewhere, since the browser keeps it. Names and plans come with the pack.
async fn page(State(site): State<Site>, visitor: Visitor) -> Result<Markup, Problem> {
    visitor.need_somewhere(Verb::Inspect)?;
    let stamps = [(site.stamps.is_rehearsal, "shell.rehearsal"), (site.stamps.is_demo, "shell.demo")];
    let words = serde_json::json!(visitor.language.section("phone"));
    Ok(html! {
        (DOCTYPE)
        html lang=(visitor.language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (visitor.t("phone.title")) " · " (visitor.t("shell.name")) }
                link rel="stylesheet" href=(crate::web::assets::url("guatu.css"));
                link rel="stylesheet" href=(code_url("phone.css"));
                link rel="icon" href=(crate::web::assets::url("mark.svg")) type="image/svg+xml";
                link rel="manifest" href="/phone/manifest.webmanifest";
                @for name in ["kept.js", "sending.js"] { link rel="modulepreload" href=(code_url(name)); }
                script type="module" src=(code_url("main.js")) {}
            }
            body.phone {
                @if stamps.iter().any(|(is_so, _)| *is_so) {
                    aside.stamp aria-label=(visitor.t("shell.stamp")) { @for (_, key) in stamps.iter().filter(|(is_so, _)| *is_so) { strong { (visitor.t(key)) } " " } }
                }
                header.top { a.brand href="#" { img src=(crate::web::assets::url("mark.svg")) alt="" width="28" height="28"; span { (visitor.t("phone.title")) } } span #line role="status" {} }
                main #main data-words=(words) data-mark=(visitor.t("shell.labelled")) {
                    noscript { p { (visitor.t("phone.no_script")) } }
                    section #plain { h1 { (visitor.t("phone.title")) } p { (visitor.t("phone.plain")) } p { a.button href="/inspections" { (visitor.t("phone.to_forms")) } } }
                    div #app hidden {}
                }
            }
        }
    })
}

/// Whoever writes from a phone inspects somewhere, and writes from a page of their own session.
fn writer<'a>(visitor: &'a Visitor, headers: &HeaderMap) -> Result<&'a str, Problem> {
    visitor.need_somewhere(Verb::Inspect)?;
    Values::received(token_pair(headers), visitor.form_token().as_deref()).check()?;
    visitor.account.as_deref().ok_or(Problem::LoginNeeded)
}

fn token_pair(headers: &HeaderMap) -> Vec<(String, String)> {
    let token = headers.get(TOKEN).and_then(|token| token.to_str().ok());
    token.map(|token| ("form_token".to_owned(), token.to_owned())).into_iter().collect()
}

async fn piece(State(site): State<Site>, visitor: Visitor, Path(sha256): Path<String>) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Inspect)?;
    let account = visitor.account.as_deref().ok_or(Problem::LoginNeeded)?;
    Ok(Json(pieces::held(&mut site.reader().await?, account, &sha256).await?).into_response())
}

/// What an address says of a part.
#[derive(Debug, Deserialize)]
struct PartOf {
    from: u64,
    size: u64,
}

async fn put_piece(State(site): State<Site>, visitor: Visitor, Path(sha256): Path<String>, Query(of): Query<PartOf>, headers: HeaderMap, bytes: Bytes) -> Result<Response, Problem> {
    let account = writer(&visitor, &headers)?;
    if !pieces::is_hash(&sha256) {
        return Err(missing().into());
    }
    site.need_room()?;
    let part = Part { sha256: &sha256, size: of.size, from: of.from, bytes: &bytes };
    let held = pieces::put(&mut site.db.writer().await?, account, &part, site.clock.now()).await?.map_err(Refusal::from)?;
    // Where the part was to begin elsewhere, the answer says where to go on.
    let is_taken = held.is_whole || of.from.checked_add(bytes.len() as u64) == Some(held.held);
    Ok((if is_taken { StatusCode::OK } else { StatusCode::CONFLICT }, Json(held)).into_response())
}

/// A photograph that a submission names.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Picture {
    sha256: String,
    moment: Moment,
}

/// One act, as a phone sends it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Submission {
    format: String,
    id: String,
    inspection: String,
    act: String,
    /// Fields of the act's form.
    fields: BTreeMap<String, String>,
    moment: Moment,
    pictures: Vec<Picture>,
}

/// What is done on the spot; the rest of an inspection is thought over at a desk.
const ACTS: [Act; 4] = [Act::CheckIn, Act::Score, Act::Find, Act::Sign];

/// What has become of a submission. It is no receipt.
#[derive(Debug, Serialize)]
struct Taken {
    id: String,
    number: u64,
    is_repeat: bool,
}

fn unreadable() -> Refusal {
    Refused::Unreadable.into()
}

/// What one request of a phone holds: an act, and photographs by their hashes.
struct Arrived {
    act: Vec<u8>,
    enclosed: BTreeMap<String, Vec<u8>>,
}

impl Arrived {
    /// Reads an act as JSON, or a form of it and its photographs.
    async fn read(site: &Site, request: Request) -> Result<Arrived, Problem> {
        let kind = request.headers().get(header::CONTENT_TYPE);
        if !kind.is_some_and(|kind| kind.as_bytes().starts_with(b"multipart/form-data")) {
            let act = Bytes::from_request(request, site).await.map_err(|_| unreadable())?.to_vec();
            return Ok(Arrived { act, enclosed: BTreeMap::new() });
        }
        let parts = Upload::from_request(request, site).await?.parts().await?;
        let (mut acts, pictures): (Vec<_>, Vec<_>) = parts.into_iter().partition(|(name, _)| name == ACT_PART);
        let (_, act) = acts.pop().filter(|_| acts.is_empty()).ok_or_else(unreadable)?;
        if pictures.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() > MOST_PART_BYTES {
            return Err(Refusal::from(Refused::PieceTooLarge { limit: (MOST_PART_BYTES >> 20).to_string() }).into());
        }
        Ok(Arrived { act, enclosed: pictures.into_iter().map(|(_, bytes)| (sha256_hex(&bytes), bytes)).collect() })
    }
}

async fn submit(State(site): State<Site>, visitor: Visitor, headers: HeaderMap, request: Request) -> Result<Response, Problem> {
    let account = writer(&visitor, &headers)?;
    let Arrived { act, enclosed } = Arrived::read(&site, request).await?;
    if act.len() > MOST_SUBMISSION_BYTES {
        return Err(unreadable().into());
    }
    let sent: Submission = serde_json::from_slice(&act).map_err(|_| unreadable())?;
    let act = Act::from_name(&sent.act).filter(|act| ACTS.contains(act) && sent.format == "guatu-visit/1").ok_or_else(unreadable)?;
    let hashes: Vec<String> = sent.pictures.iter().map(|picture| picture.sha256.clone()).collect();
    if hashes.len() > FILE_COUNT {
        return Err(Refusal { code: "G-114", reason: Reason::Rule, params: vec![("limit", FILE_COUNT.to_string())], field: None }.into());
    }
    if !hashes.iter().all(|hash| pieces::is_hash(hash)) {
        return Err(unreadable().into());
    }
    if !enclosed.keys().all(|hash| hashes.contains(hash)) {
        return Err(Refusal::from(Refused::PieceDiffers).into());
    }
    let mut pairs: Vec<(String, String)> = sent.fields.into_iter().collect();
    pairs.push(("request_id".to_owned(), sent.id.clone()));
    pairs.extend(token_pair(&headers));
    let values = Values::received(pairs, visitor.form_token().as_deref());
    let request = values.request_id()?;
    let taken: Vec<Moment> = sent.pictures.into_iter().map(|picture| picture.moment).collect();
    let mut conn = site.reader().await?;
    // The pieces first: they go when the act is done, and whoever finds them gone finds the act.
    let files = pieces::read(&mut conn, account, &hashes, &enclosed).await?;
    if let Some(earlier) = earlier(&mut conn, &site, &request).await? {
        // A picture that is named twice was kept once.
        let mut uncopied: Vec<Photo> = Vec::new();
        for photo in hashes.iter().cloned().map(Photo::of) {
            if !uncopied.contains(&photo) {
                uncopied.push(photo);
            }
        }
        let asked = command_of(act, &sent.inspection, &values, uncopied, (Some(sent.moment), taken))?;
        if earlier.actor != account || earlier.subject != sent.inspection || !is_what_was_asked(&asked, &earlier.fact) {
            return Err(Refusal { code: "J-101", reason: Reason::Conflict, params: Vec::new(), field: None }.into());
        }
        return Ok((StatusCode::OK, Json(Taken { id: sent.id, number: earlier.number, is_repeat: true })).into_response());
    }
    let files = files.map_err(Refusal::from)?;
    drop(conn);
    let done = acts::perform(&site, &visitor, &sent.inspection, act, &values, Brought { files: Files::of(files), moment: Some(sent.moment), taken }).await?;
    pieces::drop_all(&mut site.db.writer().await?, account, &hashes).await?;
    let status = if done.is_repeat { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, Json(Taken { id: sent.id, number: done.first_number, is_repeat: done.is_repeat })).into_response())
}

/// The first fact that a request became.
pub(super) struct Earlier {
    number: u64,
    pub(super) actor: String,
    subject: String,
    pub(super) fact: Fact,
}

pub(super) async fn earlier(conn: &mut Conn, site: &Site, request: &str) -> anyhow::Result<Option<Earlier>> {
    let sql = "SELECT f.number, f.actor, f.subject, f.kind, f.payload FROM request r JOIN fact f ON f.number = r.first_number WHERE r.id = ?";
    let Some(row) = conn.row(sql, args![request]).await? else { return Ok(None) };
    let fact = match site.domain.decode(&row.text(3)?, &row.text(4)?)? {
        AnyFact::Inspections(fact) => fact,
        // The id of something else: the write door says so.
        _ => return Ok(None),
    };
    Ok(Some(Earlier { number: row.count(0)?, actor: row.text(1)?, subject: row.text(2)?, fact }))
}

/// Whether a fact is what a command asked for, as far as the phone said it.
fn is_what_was_asked(command: &Command, fact: &Fact) -> bool {
    let originals = |photos: &[Photo]| photos.iter().map(|photo| photo.original.clone()).collect::<Vec<_>>();
    match (command, fact) {
        (Command::CheckIn { position, moment, .. }, Fact::Opened { position: stood, moment: then, .. }) => position == stood && moment == then,
        (Command::CheckIn { moment, .. }, Fact::Arrived { moment: then }) => moment.as_ref() == Some(then),
        (Command::Score { checklist, points, moment, .. }, Fact::Scored { checklist: list, points: scored, moment: then }) => checklist == list && points == scored && moment == then,
        (
            Command::Find { content, severity, lead, photos, moment, taken, .. },
            Fact::Found { content: said, severity: grave, lead: unit, photos: shown, moment: then, taken: when, .. },
        ) => content.trim() == said && severity == grave && lead == unit && originals(photos) == originals(shown) && moment == then && taken == when,
        (Command::Sign { signature, moment, .. }, Fact::Signed { signature: signed, moment: then }) => signature == signed && moment == then,
        _ => false,
    }
}

/// Ids whose receipts are asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ids {
    ids: Vec<String>,
}

/// A receipt: the record as it is hashed, what it commits to, and its way to the root of the signed head.
#[derive(Debug, Serialize)]
struct ReceiptOf {
    id: String,
    number: u64,
    record: String,
    salt: String,
    payload: String,
    proof: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Receipts {
    now: Timestamp,
    verifier: String,
    note: Option<String>,
    receipts: Vec<ReceiptOf>,
}

/// Receipts of a person's own acts, all under one head, which is signed here: a phone that is about to delete something cannot
/// wait for the next hour.
async fn receipts(State(site): State<Site>, visitor: Visitor, headers: HeaderMap, body: Bytes) -> Result<Json<Receipts>, Problem> {
    let account = writer(&visitor, &headers)?;
    let asked: Ids = serde_json::from_slice(&body).ok().filter(|asked: &Ids| asked.ids.len() <= MOST_IDS).ok_or(Refusal::from(Refused::Unreadable))?;
    let signed = site.signer.sign_head(&site.db).await?;
    let mut conn = site.reader().await?;
    let note = match signed {
        Some(note) => Some(note),
        // A node without the key gives what the other has signed; what is newer gets its receipt at the next try.
        None => conn.row("SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1", &[]).await?.map(|row| row.text(0)).transpose()?,
    };
    let head = note.as_ref().and_then(|note| Checkpoint::open(note, &site.signer.verifying_key()));
    let size = head.map_or(0, |head| head.size);
    let mut receipts = Vec::new();
    for id in &asked.ids {
        let sql = "SELECT f.number, f.record, f.salt, f.payload FROM request r JOIN fact f ON f.number = r.first_number WHERE r.id = ? AND f.actor = ? AND f.number <= ?";
        if let Some(row) = conn.row(sql, args![id, account, size]).await? {
            receipts.push(ReceiptOf {
                id: id.clone(),
                number: row.count(0)?,
                record: String::from_utf8(row.blob(1)?).context("a record is text")?,
                salt: STANDARD.encode(row.blob(2)?),
                payload: row.text(3)?,
                proof: Vec::new(),
            });
        }
    }
    if !receipts.is_empty() {
        let rows = conn.rows("SELECT hash FROM fact WHERE number <= ? ORDER BY number", args![size]).await?;
        let leaves: Vec<Hash> = rows.iter().map(|row| Hash::from_slice(&row.blob(0)?).context("a stored hash has 32 bytes")).collect::<anyhow::Result<_>>()?;
        let indices: Vec<usize> = receipts.iter().map(|receipt| receipt.number as usize - 1).collect();
        let proofs = inclusion_proofs(&leaves, &indices).context("every fact below a head is in its tree")?;
        for (receipt, proof) in receipts.iter_mut().zip(proofs) {
            receipt.proof = proof.iter().map(ToString::to_string).collect();
        }
    }
    Ok(Json(Receipts { now: site.clock.now(), verifier: site.signer.verifier_line(), note, receipts }))
}
