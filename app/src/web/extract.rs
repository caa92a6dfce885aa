//! What a request brings, read into our own types: whatever cannot be read is answered in the person's language.

use super::Site;
use super::forms::Values;
use super::problem::Problem;
use super::visitor::Visitor;
use crate::refusal::{Reason, Refusal};
use axum::extract::{FromRequest, FromRequestParts, Multipart, Request};
use axum::http::request::Parts;

/// Fields a form has at most.
const FIELD_COUNT: usize = 500;
/// Bytes that the fields of a form hold at most; less is shown again when it cannot be accepted.
const FORM_BYTES: usize = 400_000;

fn unreadable(code: &'static str) -> Problem {
    Refusal { code, reason: Reason::Rule, params: Vec::new(), field: None }.into()
}

/// The fields of a form.
#[derive(Debug)]
pub struct Sent(pub Values);

impl FromRequest<Site> for Sent {
    type Rejection = Problem;

    async fn from_request(request: Request, site: &Site) -> Result<Self, Problem> {
        let form_token = form_token(&request);
        let form = axum::extract::Form::<Vec<(String, String)>>::from_request(request, site).await;
        let axum::extract::Form(pairs) = form.map_err(|_| unreadable("G-113"))?;
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
    pub async fn file(self, field: &str) -> Option<(String, Vec<u8>)> {
        let mut parts = self.0?;
        while let Ok(Some(part)) = parts.next_field().await {
            if part.name() == Some(field) {
                let name = part.file_name().unwrap_or_default().rsplit(['/', '\\']).next().unwrap_or_default();
                let name: String = name.chars().filter(|letter| !letter.is_control()).take(NAME_CHARS).collect();
                let bytes = part.bytes().await.ok()?.to_vec();
                return (!bytes.is_empty()).then_some((name, bytes));
            }
        }
        None
    }
}

/// A form that may carry files.
#[derive(Debug)]
pub struct SentWithFiles {
    /// Its fields.
    pub values: Values,
    /// Its files that are not empty, in order.
    pub files: Vec<Vec<u8>>,
}

/// Files a form carries at most.
pub const FILE_COUNT: usize = 6;

impl FromRequest<Site> for SentWithFiles {
    type Rejection = Problem;

    async fn from_request(request: Request, site: &Site) -> Result<Self, Problem> {
        let is_multipart = request
            .headers()
            .get(axum::http::header::CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"multipart/form-data"));
        if !is_multipart {
            let Sent(values) = Sent::from_request(request, site).await?;
            return Ok(SentWithFiles { values, files: Vec::new() });
        }
        let form_token = form_token(&request);
        let mut parts = Multipart::from_request(request, site).await.map_err(|_| unreadable("G-113"))?;
        let (mut pairs, mut files) = (Vec::new(), Vec::new());
        while let Some(part) = parts.next_field().await.map_err(|_| unreadable("G-113"))? {
            let name = part.name().unwrap_or_default().to_owned();
            if part.file_name().is_some() {
                let bytes = part.bytes().await.map_err(|_| unreadable("G-113"))?.to_vec();
                if !bytes.is_empty() {
                    files.push(bytes);
                }
            } else {
                pairs.push((name, part.text().await.map_err(|_| unreadable("G-113"))?));
            }
            if files.len() > FILE_COUNT {
                let params = vec![("limit", FILE_COUNT.to_string())];
                return Err(Refusal { code: "G-114", reason: Reason::Rule, params, field: None }.into());
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
