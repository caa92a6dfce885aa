//! What a request brings, read into our own types: whatever cannot be read is answered in the person's language.

use super::Site;
use super::forms::Values;
use super::problem::Problem;
use super::visitor::Visitor;
use crate::refusal::{Reason, Refusal};
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{DefaultBodyLimit, FromRequest, FromRequestParts, Multipart, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use std::sync::{Arc, LazyLock};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Fields a form has at most.
const FIELD_COUNT: usize = 500;
/// Bytes that the fields of a form hold at most; less is shown again when it cannot be accepted.
const FORM_BYTES: usize = 400_000;

fn unreadable(code: &'static str) -> Problem {
    Refusal { code, reason: Reason::Rule, params: Vec::new(), field: None }.into()
}

fn is_too_large(status: StatusCode) -> bool {
    status == StatusCode::PAYLOAD_TOO_LARGE
}

/// Why a body could not be read: more than may be sent, or no form.
fn unreadable_as(status: StatusCode) -> Problem {
    if is_too_large(status) { super::problem::too_large().into() } else { unreadable("G-113") }
}

/// The fields of a form.
#[derive(Debug)]
pub struct Sent(pub Values);

impl FromRequest<Site> for Sent {
    type Rejection = Problem;

    async fn from_request(request: Request, site: &Site) -> Result<Self, Problem> {
        let form_token = form_token(&request);
        let form = axum::extract::Form::<Vec<(String, String)>>::from_request(request, site).await;
        let axum::extract::Form(pairs) = form.map_err(|rejection| unreadable_as(rejection.status()))?;
        Ok(Sent(values(pairs, form_token)?))
    }
}

/// The token that the pages of this request's session carry.
fn form_token(request: &Request) -> Option<String> {
    request.extensions().get::<Visitor>().and_then(Visitor::form_token)
}

fn values(pairs: Vec<(String, String)>, form_token: Option<String>) -> Result<Values, Problem> {
    let chars: usize = pairs.iter().map(|(_, value)| value.len()).sum();
    if pairs.len() > FIELD_COUNT || chars > FORM_BYTES {
        return Err(unreadable("G-113"));
    }
    Ok(Values::received(pairs, form_token.as_deref()))
}

/// The parts of an upload; `None` when what came is none, so that the handler can ask who sends before it says so.
#[derive(Debug)]
pub struct Upload(pub Option<Multipart>);

impl FromRequest<Site> for Upload {
    type Rejection = Problem;

    async fn from_request(request: Request, site: &Site) -> Result<Self, Problem> {
        Ok(Upload(Multipart::from_request(request, site).await.ok()))
    }
}

/// Characters of a file's name that are kept.
const NAME_CHARS: usize = 100;

impl Upload {
    /// The file of a field: its name without folders, and its bytes; `None` when there is none, or an empty one.
    ///
    /// # Errors
    /// G-119 when more came than may be sent.
    pub async fn file(self, field: &str) -> Result<Option<(String, Vec<u8>)>, Problem> {
        let Some(mut parts) = self.0 else { return Ok(None) };
        let read = |error: MultipartError| {
            if is_too_large(error.status()) { Err(unreadable_as(error.status())) } else { Ok(None) }
        };
        loop {
            let part = match parts.next_field().await {
                Ok(Some(part)) => part,
                Ok(None) => return Ok(None),
                Err(error) => return read(error),
            };
            if part.name() == Some(field) {
                let name = part.file_name().unwrap_or_default().rsplit(['/', '\\']).next().unwrap_or_default();
                let name: String = name.chars().filter(|letter| !letter.is_control()).take(NAME_CHARS).collect();
                return match part.bytes().await {
                    Ok(bytes) => Ok((!bytes.is_empty()).then(|| (name, bytes.to_vec()))),
                    Err(error) => read(error),
                };
            }
        }
    }
}

/// Parts of an upload that are read.
const PART_COUNT: usize = 100;

impl Upload {
    /// Every part: its name, or that of its file, and its bytes.
    ///
    /// # Errors
    /// G-119 when more came than may be sent, G-113 when what came cannot be read.
    pub async fn parts(self) -> Result<Vec<(String, Vec<u8>)>, Problem> {
        let mut parts = self.0.ok_or_else(|| unreadable("G-113"))?;
        let mut found = Vec::new();
        let read = |error: MultipartError| unreadable_as(error.status());
        while let Some(part) = parts.next_field().await.map_err(read)? {
            let name = part.name().or(part.file_name()).unwrap_or_default().to_owned();
            found.push((name, part.bytes().await.map_err(read)?.to_vec()));
            if found.len() > PART_COUNT {
                return Err(unreadable("G-113"));
            }
        }
        Ok(found)
    }
}

/// Files a form carries at most.
pub const FILE_COUNT: usize = 6;
/// Bytes of the largest file a form may carry.
pub const FILE_BYTES: usize = 15 << 20;
/// Bytes of a form with files that are read; what is too much is read past, so that the form can be shown again as it was.
pub const FILES_BYTES: usize = 256 << 20;
/// Memory of all files that wait to be taken, in units of [`UNIT_BYTES`].
const HELD_UNITS: usize = 512;
/// One unit of it.
const UNIT_BYTES: usize = 1 << 20;

/// What is left of that memory.
static HELD: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(HELD_UNITS)));

/// Files that came with a form, in order; or why they cannot be taken, which is said when the form is looked at.
#[derive(Debug, Default)]
pub struct Files {
    files: Vec<Vec<u8>>,
    refused: Option<Refusal>,
    held: Vec<OwnedSemaphorePermit>,
}

impl Files {
    /// The files.
    ///
    /// # Errors
    /// G-114 when there are too many, G-119 when they are too large together, G-125 when too many others are being taken.
    pub fn taken(self) -> Result<Vec<Vec<u8>>, Refusal> {
        self.refused.map_or(Ok(self.files), Err)
    }

    /// Files that are in memory already.
    pub fn of(files: Vec<Vec<u8>>) -> Files {
        Files { files, ..Files::default() }
    }

    fn refuse(&mut self, code: &'static str, limit: usize) {
        let params = vec![("limit", limit.to_string())];
        self.refused.get_or_insert(Refusal { code, reason: Reason::Rule, params, field: Some("photos") });
        // Nothing of them is kept, so that the rest of the form can be.
        self.files.clear();
        self.held.clear();
    }

    /// Reads one file; nothing of it is kept once one is refused. What was chosen and is empty counts: it is no photograph.
    async fn read(&mut self, mut part: Field<'_>) -> Result<(), MultipartError> {
        let is_named = part.file_name().is_some_and(|name| !name.is_empty());
        let mut bytes: Vec<u8> = Vec::new();
        let mut units = 0;
        while let Some(chunk) = part.chunk().await? {
            // One byte too many is enough for whoever takes it to see that there are.
            if self.refused.is_some() || bytes.len() > FILE_BYTES {
                continue;
            }
            bytes.extend_from_slice(&chunk[..chunk.len().min(FILE_BYTES + 1 - bytes.len())]);
            if bytes.len().div_ceil(UNIT_BYTES) > units {
                units += 1;
                match HELD.clone().try_acquire_owned() {
                    Ok(unit) => self.held.push(unit),
                    Err(_) => self.refuse("G-125", HELD_UNITS),
                }
            }
        }
        if self.refused.is_none() && (is_named || !bytes.is_empty()) {
            self.files.push(bytes);
        }
        if self.files.len() > FILE_COUNT {
            self.refuse("G-114", FILE_COUNT);
        }
        Ok(())
    }
}

/// A form that may carry files.
#[derive(Debug)]
pub struct SentWithFiles {
    /// Its fields.
    pub values: Values,
    /// Its files.
    pub files: Files,
}

impl FromRequest<Site> for SentWithFiles {
    type Rejection = Problem;

    async fn from_request(mut request: Request, site: &Site) -> Result<Self, Problem> {
        let is_multipart = request
            .headers()
            .get(axum::http::header::CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"multipart/form-data"));
        if !is_multipart {
            let Sent(values) = Sent::from_request(request, site).await?;
            return Ok(SentWithFiles { values, files: Files::default() });
        }
        // Nobody unknown sends that much.
        if request.extensions().get::<Visitor>().is_some_and(|visitor| visitor.account.is_some()) {
            DefaultBodyLimit::max(FILES_BYTES).apply(&mut request);
        }
        let form_token = form_token(&request);
        let mut parts = Multipart::from_request(request, site).await.map_err(|_| unreadable("G-113"))?;
        let (mut pairs, mut files) = (Vec::new(), Files::default());
        loop {
            let read = async {
                let Some(part) = parts.next_field().await? else { return Ok(false) };
                if part.file_name().is_some() {
                    files.read(part).await?;
                } else {
                    let name = part.name().unwrap_or_default().to_owned();
                    pairs.push((name, part.text().await?));
                }
                Ok::<bool, MultipartError>(true)
            };
            match read.await {
                Ok(true) => {}
                Ok(false) => break,
                // The fields that came before are shown again.
                Err(error) if is_too_large(error.status()) && !pairs.is_empty() => {
                    files.refuse("G-119", FILES_BYTES >> 20);
                    break;
                }
                Err(error) => return Err(unreadable_as(error.status())),
            }
        }
        Ok(SentWithFiles { values: values(pairs, form_token)?, files })
    }
}

/// The query of an address.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T: serde::de::DeserializeOwned> FromRequestParts<Site> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Problem> {
        let query = axum::extract::Query::<T>::from_request_parts(parts, site).await;
        query.map(|axum::extract::Query(query)| Query(query)).map_err(|_| unreadable("G-112"))
    }
}
