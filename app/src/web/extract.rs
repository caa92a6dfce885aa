//! What a request brings, read into our own types: whatever cannot be read is answered in the person's language.

use super::Site;
use super::forms::Values;
use super::problem::Problem;
use crate::refusal::{Reason, Refusal};
use axum::extract::{FromRequest, FromRequestParts, Multipart, Request};
use axum::http::request::Parts;

/// Longest line a form takes, in characters: a name, a document number, a title.
const LINE_CHARS: usize = 200;
/// Longest text of a field that takes several lines: a reason, a remark.
const TEXT_CHARS: usize = 2_000;
/// Fields that take several lines.
const TEXT_FIELDS: [&str; 4] = ["reason", "remark", "content", "minutes"];
/// Fields a form has at most.
const FIELD_COUNT: usize = 500;

fn unreadable(code: &'static str) -> Problem {
    Refusal { code, reason: Reason::Rule, params: Vec::new(), field: None }.into()
}

/// The fields of a form, each within its length.
#[derive(Debug)]
pub struct Sent(pub Values);

impl FromRequest<Site> for Sent {
    type Rejection = Problem;

    async fn from_request(request: Request, site: &Site) -> Result<Self, Problem> {
        let form = axum::extract::Form::<Vec<(String, String)>>::from_request(request, site).await;
        let axum::extract::Form(pairs) = form.map_err(|_| unreadable("G-113"))?;
        if pairs.len() > FIELD_COUNT {
            return Err(unreadable("G-113"));
        }
        for (name, value) in &pairs {
            let limit = if TEXT_FIELDS.contains(&name.as_str()) { TEXT_CHARS } else { LINE_CHARS };
            if value.chars().count() > limit {
                let params = vec![("limit", limit.to_string())];
                return Err(Refusal { code: "G-111", reason: Reason::Rule, params, field: None }.into());
            }
        }
        Ok(Sent(Values::new(pairs)))
    }
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
