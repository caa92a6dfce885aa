//! OpenRosa: ODK Collect as a second way to write down an inspection.
//!
//! # What travels
//! A key in the address says whose phone it is; without one, or with one that was ended, there is nothing at the address.
//! `formList` names one form a subject for each inspection that is open and theirs: nothing tells of a plan that is sealed, and
//! a check-in happens on the page. What comes back becomes one command that holds those of the forms of that page, so that all of it
//! becomes facts or nothing, under the id that the phone made. The form as it came is sealed beside its photographs.
//!
//! # Sent again, and in parts
//! Programs send a form with every part of its photographs. As long as some are missing the answer is 202 and the form waits
//! (`waiting.rs`); with the last it is 201. The same bytes again are harmless for ever; others under an id in use are refused.
//! A form that is refused when it is whole waits no longer: its program has it and sends all of it again.
//!
//! # The clock
//! Requests say the phone's time, some programs by a clock of twelve hours; whichever half of the day is nearer is meant.

mod form;
mod page;
#[cfg(test)]
mod tests;
mod waiting;

use super::known::{Act, may};
use super::model::{Command, Fact, Moment, Refused};
use super::{acts, phone, store};
use crate::args;
use crate::clock::civil;
use crate::features::authority::{Verb, missing};
use crate::features::identity::keys::Purpose;
use crate::features::Fact as AnyFact;
use crate::features::reports::photos;
use crate::journal::domain::Domain;
use crate::journal::{Document, Receipt, sha256_hex};
use crate::refusal::{Reason, Refusal};
use crate::web::Site;
use crate::web::extract::{FILE_BYTES, Files, Upload};
use crate::web::problem::{Problem, form_urlencoded, sentence};
use crate::web::visitor::Visitor;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, head};
use form::Asked;
use guatu_formats::xforms;
use jiff::fmt::rfc2822::DateTimePrinter;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;
use waiting::Waiting;

/// Largest filled form, in bytes, without its photographs.
const MOST_FORM_BYTES: usize = 64 * 1024;
/// Largest body that a program is asked to send: one photograph of the largest kind, its form, and what is between.
const BODY_BYTES: usize = FILE_BYTES + (4 << 20);
/// The part of an upload that is the form.
const FORM_PART: &str = "xml_submission_file";

/// Routes of programs, and of the page on which they are let in.
pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/openrosa/{key}/formList", get(form_list))
        .route("/openrosa/{key}/forms/{id}", get(one_form))
        .route("/openrosa/{key}/submission", head(probe).post(submit))
        .merge(page::routes())
}

/// Whose key an address holds, if they still inspect somewhere.
async fn person(site: &Site, key: &str) -> Result<Visitor, Problem> {
    let found = Visitor::by_key(site, Purpose::Forms, key).await?;
    found.filter(|visitor| visitor.rights.may_somewhere(Verb::Inspect)).ok_or(missing().into())
}

/// The address of this site: what an operator said, or else by what name it was asked.
fn origin(site: &Site, headers: &HeaderMap) -> String {
    let scheme = if site.is_behind_tls { "https" } else { "http" };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    site.outward.base.clone().unwrap_or_else(|| format!("{scheme}://{host}"))
}

/// An answer with the headers by which a program knows a server of forms from a page that a network shows instead.
fn answer(site: &Site, status: StatusCode, xml: String) -> Response {
    let now = DateTimePrinter::new().timestamp_to_rfc9110_string(&site.clock.now()).unwrap_or_default();
    let known = [("x-openrosa-version", "1.0".to_owned()), ("x-openrosa-accept-content-length", BODY_BYTES.to_string()), ("date", now)];
    (status, known, [(header::CONTENT_TYPE, "text/xml; charset=utf-8")], xml).into_response()
}

async fn form_list(State(site): State<Site>, Path(key): Path<String>, headers: HeaderMap) -> Result<Response, Problem> {
    let visitor = person(&site, &key).await?;
    let forms = form::forms(&site, &visitor).await?;
    let base = format!("{}/openrosa/{key}/forms", origin(&site, &headers));
    let list = xforms::form_list(forms.iter().map(|form| (form, format!("{base}/{}", form_urlencoded(&form.id)))));
    Ok(answer(&site, StatusCode::OK, list))
}

async fn one_form(State(site): State<Site>, Path((key, id)): Path<(String, String)>) -> Result<Response, Problem> {
    let visitor = person(&site, &key).await?;
    let forms = form::forms(&site, &visitor).await?;
    let form = forms.iter().find(|form| form.id == id).ok_or(missing())?;
    Ok(answer(&site, StatusCode::OK, form.written().xml))
}

/// Before it sends, a program asks where to and how much at once.
async fn probe(State(site): State<Site>, Path(key): Path<String>, headers: HeaderMap) -> Result<Response, Problem> {
    person(&site, &key).await?;
    let here = format!("{}/openrosa/{key}/submission", origin(&site, &headers));
    Ok(([(header::LOCATION, here)], answer(&site, StatusCode::NO_CONTENT, String::new())).into_response())
}

async fn submit(State(site): State<Site>, Path(key): Path<String>, headers: HeaderMap, upload: Upload) -> Result<Response, Problem> {
    let visitor = person(&site, &key).await?;
    let (status, said) = match take(&site, &visitor, &headers, upload).await {
        Ok(Taken::Filed) => (StatusCode::CREATED, visitor.t("odk.filed")),
        Ok(Taken::Waits { held, count }) => {
            let params = [("held", held.to_string()), ("count", count.to_string())];
            (StatusCode::ACCEPTED, visitor.tf("odk.waits", &params))
        }
        Err(Problem::Refused(refusal)) => {
            let is_too_large = refusal.code == "G-119";
            let status = if is_too_large { StatusCode::PAYLOAD_TOO_LARGE } else { Problem::status(refusal.reason) };
            (status, format!("{} {}", sentence(&visitor, &refusal), refusal.code))
        }
        Err(other) => return Err(other),
    };
    Ok(answer(&site, status, xforms::response(&said)))
}

/// What has become of a form.
enum Taken {
    /// It is in the ledger.
    Filed,
    /// Of its photographs so many are here.
    Waits { held: usize, count: usize },
}

async fn take(site: &Site, visitor: &Visitor, headers: &HeaderMap, upload: Upload) -> Result<Taken, Problem> {
    let (mut forms, files): (Vec<_>, Vec<_>) = upload.parts().await?.into_iter().partition(|(name, _)| name == FORM_PART);
    let form = forms.pop().filter(|_| forms.is_empty()).map(|(_, form)| form).ok_or_else(not_a_form)?;
    let (request, filled) = read(&form)?;
    let brought: Vec<(String, String)> = files.iter().filter(|(name, _)| is_named(&filled, name)).map(|(name, bytes)| (name.clone(), sha256_hex(bytes))).collect();
    if is_filed(site, visitor, &request, &form).await? {
        return filed_with(site, &request, &brought).await;
    }
    let asked = form::asked(site, visitor, &filled, &request).await?;
    let behind_s = headers.get(header::DATE).and_then(|date| date.to_str().ok()).and_then(|date| behind_s(date, site.clock.now()));
    let account = visitor.account.as_deref().ok_or(Problem::LoginNeeded)?;
    site.need_room()?;
    let mut conn = site.db.writer().await?;
    let arrived = waiting::Arrived { instance: &request, form: &form, behind_s, photos: asked.named(files) };
    waiting::keep(&mut conn, account, arrived, site.clock.now()).await??;
    let waits = waiting::read(&mut conn, account, &request).await?;
    drop(conn);
    // The same form came twice at once, and the other was faster: what was kept after that waits for nothing.
    if is_filed(site, visitor, &request, &form).await? {
        waiting::drop_one(&mut site.db.writer().await?, account, &request).await?;
        return filed_with(site, &request, &brought).await;
    }
    let waits = waits.ok_or_else(other_bytes)?;
    let (held, count) = (waits.photos.len(), asked.photo_names().count());
    if held < count {
        return Ok(Taken::Waits { held, count });
    }
    let filed = file(site, visitor, &request, waits, asked).await;
    if !matches!(filed, Err(Problem::Fault(_))) {
        waiting::drop_one(&mut site.db.writer().await?, account, &request).await?;
    }
    filed.map(|_| Taken::Filed)
}

fn not_a_form() -> Refusal {
    Refused::NotAForm { limit: (MOST_FORM_BYTES >> 10).to_string() }.into()
}

/// The refusal of the write door: an id that is in use came with something else.
fn other_bytes() -> Refusal {
    Refusal { code: "J-101", reason: Reason::Conflict, params: Vec::new(), field: None }
}

/// Longest id of a filled form: what it says has ids that are some letters longer.
const MOST_ID_CHARS: usize = 60;

/// The id under which a form is taken, and the form.
fn read(form: &[u8]) -> Result<(String, xforms::Filled), Refusal> {
    if form.len() > MOST_FORM_BYTES {
        return Err(not_a_form());
    }
    let filled = xforms::filled(form).map_err(|xforms::NotAForm| not_a_form())?;
    let id = filled.instance.strip_prefix("uuid:").unwrap_or_default().to_owned();
    let is_sound = (8..=MOST_ID_CHARS).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if is_sound { Ok((id, filled)) } else { Err(not_a_form()) }
}

/// Whether this form is in the ledger already; another form or person under its id is refused.
async fn is_filed(site: &Site, visitor: &Visitor, request: &str, form: &[u8]) -> Result<bool, Problem> {
    let Some(earlier) = phone::earlier(&mut site.reader().await?, site, request).await? else { return Ok(false) };
    let is_same = matches!(&earlier.fact, Fact::Filled { form: sealed } if *sealed == sha256_hex(form));
    if is_same && Some(&earlier.actor) == visitor.account.as_ref() { Ok(true) } else { Err(other_bytes().into()) }
}

/// Whether a filled form names a file.
fn is_named(filled: &xforms::Filled, name: &str) -> bool {
    filled.answers.iter().flat_map(|answer| &answer.inside).any(|answer| answer.text == name)
}

/// What is said of a form that is in the ledger, to whoever brings photographs of it, each with its hash: one that was not filed
/// with it is refused, since a program throws away what it is thanked for.
async fn filed_with(site: &Site, request: &str, brought: &[(String, String)]) -> Result<Taken, Problem> {
    let sql = "SELECT f.kind, f.payload FROM request r JOIN fact f ON f.number BETWEEN r.first_number AND r.last_number WHERE r.id = ?";
    let mut filed = BTreeSet::new();
    for row in site.reader().await?.rows(sql, args![request]).await? {
        if let AnyFact::Inspections(Fact::Found { photos, .. }) = site.domain.decode(&row.text(0)?, &row.text(1)?)? {
            filed.extend(photos.into_iter().map(|photo| photo.original));
        }
    }
    match brought.iter().find(|(_, sha256)| !filed.contains(sha256)) {
        Some((name, _)) => Err(Refusal::from(Refused::FiledWithout { name: name.clone() }).into()),
        None => Ok(Taken::Filed),
    }
}

/// By how much a phone's clock is behind ours, from the time that it says in a request.
fn behind_s(date: &str, now: Timestamp) -> Option<i64> {
    let said = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(date).ok()?;
    let half_day = SignedDuration::from_hours(12);
    let readings = [Some(said), said.checked_add(half_day).ok(), said.checked_sub(half_day).ok()];
    let behind = readings.into_iter().flatten().map(|said| now.as_second() - said.as_second());
    behind.min_by_key(|behind| behind.unsigned_abs())
}

/// Makes facts of a form with the photographs that are here.
async fn file(site: &Site, visitor: &Visitor, request: &str, waits: Waiting, asked: Asked) -> Result<Receipt, Problem> {
    let Waiting { form, behind_s, mut photos } = waits;
    let moment = asked.begun.zip(behind_s).map(|(phone_at, behind_s)| Moment { phone_at, behind_s, set_back_s: 0, position: asked.position.clone() });
    let form = Document { media_type: "text/xml", bytes: form };
    let (inspection, sealed) = (asked.inspection, form.sha256());
    let (mut commands, mut documents) = (Vec::new(), vec![form]);
    if let Some(values) = &asked.score {
        commands.push(acts::command_of(Act::Score, &inspection, values, Vec::new(), (moment.clone(), Vec::new()))?);
    }
    for finding in asked.findings {
        let files = finding.photos.iter().filter_map(|name| photos.remove(name)).collect();
        let (taken, papers) = photos::take(site, Files::of(files)).await??;
        documents.extend(papers);
        commands.push(acts::command_of(Act::Find, &inspection, &finding.values, taken, (moment.clone(), Vec::new()))?);
    }
    let command = Command::Fill { inspection, form: sealed, acts: commands };
    site.submit_with(visitor, request.to_owned(), command, documents).await
}

/// Lets in whoever may write down a finding in an inspection now; an inspection they may not read is not there.
async fn writable(site: &Site, visitor: &Visitor, inspection: &str) -> Result<crate::features::places::store::Place, Problem> {
    let (known, _, place) = acts::readable(site, visitor, inspection).await?;
    let account = visitor.account.clone().unwrap_or_default();
    let person = store::person(&mut site.reader().await?, &account, &visitor.rights, &place.path, site.clock.today()).await?;
    may(Act::Find, &known, &person, civil(site.clock.now())).map_err(Refusal::from)?;
    Ok(place)
}
