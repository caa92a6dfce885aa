//! What goes wrong on the way to a page, and the page that says so.
//!
//! A refusal says what to do and is not logged as an error; a fault is ours, logged once with a number the person sees.

use super::visitor::Visitor;
use super::{Site, layout};
use crate::db;
use crate::refusal::{AT, Reason, Refusal};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use maud::html;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Why there is no page.
#[derive(Debug)]
pub enum Problem {
    /// The rules say no.
    Refused(Refusal),
    /// Nobody is logged in.
    LoginNeeded,
    /// We failed.
    Fault(anyhow::Error),
}

impl From<anyhow::Error> for Problem {
    fn from(fault: anyhow::Error) -> Self {
        match fault.downcast::<Refusal>() {
            Ok(refusal) => Problem::Refused(refusal),
            Err(fault) => db::no_room(&fault).map_or(Problem::Fault(fault), Problem::Refused),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Problem::Refused(refusal)
    }
}

impl Problem {
    /// The HTTP status of a reason.
    pub fn status(reason: Reason) -> StatusCode {
        match reason {
            Reason::Rule => StatusCode::UNPROCESSABLE_ENTITY,
            Reason::Missing => StatusCode::NOT_FOUND,
            Reason::Conflict => StatusCode::CONFLICT,
            Reason::Full => StatusCode::INSUFFICIENT_STORAGE,
            Reason::Forbidden => StatusCode::FORBIDDEN,
        }
    }
}

/// A problem on its way to the middleware that renders it in the person's language.
#[derive(Clone)]
struct Carried(Arc<Problem>);

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
        response.extensions_mut().insert(Carried(Arc::new(self)));
        response
    }
}

/// Where something is sent without a session: before anybody is logged in, and by programs that bring a key.
const OPEN_FORMS: [&str; 4] = ["/login", "/logout", "/welcome/", "/openrosa/"];
/// Addresses that hold a key, which is no business of a log.
const KEYED: [&str; 3] = ["/calendar/", "/openrosa/", "/welcome/"];

/// An address as a log may have it.
fn logged(address: &str) -> &str {
    let path = address.split('?').next().unwrap_or_default();
    KEYED.into_iter().find(|keyed| path.starts_with(keyed)).unwrap_or(path)
}

/// Faults since the start, so that a person can name one.
static FAULTS: AtomicU64 = AtomicU64::new(0);

/// Number of faults since the start.
pub fn faults() -> u64 {
    FAULTS.load(Ordering::Relaxed)
}

/// Whether a program asks, and not somebody who sees a page.
pub(super) fn wants_json(address: &Uri, headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT);
    address.path().starts_with("/api/")
        || accept.is_some_and(|accept| accept.as_bytes().starts_with(b"application/json"))
}

/// Renders problems that handlers and extractors returned.
///
/// Whoever is not logged in writes nothing but a login: asked here, once for every form there is.
pub async fn render(State(site): State<Site>, visitor: Option<Visitor>, mut request: Request, next: Next) -> Response {
    let wants_json = wants_json(request.uri(), request.headers());
    let here = request.uri().path_and_query().map_or_else(|| "/".into(), ToString::to_string);
    let is_write = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let is_open = OPEN_FORMS.iter().any(|open| request.uri().path().starts_with(open));
    let mut response = match &visitor {
        // The session could not be read: a fault, and it is told as one.
        None => next.run(request).await,
        Some(visitor) if is_write && !is_open && visitor.account.is_none() => Problem::LoginNeeded.into_response(),
        Some(visitor) => {
            request.extensions_mut().insert(visitor.clone());
            next.run(request).await
        }
    };
    let carried = response.extensions_mut().remove::<Carried>();
    let is_bare = is_bare(&response);
    let too_large = || is_bare.then(|| Carried(Arc::new(too_large().into())));
    let Some(Carried(problem)) = carried.or_else(too_large) else { return response };
    let visitor = visitor.unwrap_or_default();
    let (status, code, sentence) = match &*problem {
        Problem::LoginNeeded if !wants_json => {
            let back: String = form_urlencoded(&here);
            return Redirect::to(&format!("/login?to={back}")).into_response();
        }
        Problem::LoginNeeded => (StatusCode::UNAUTHORIZED, "G-102".to_owned(), visitor.t("refusal.G-102")),
        Problem::Refused(refusal) => {
            (Problem::status(refusal.reason), refusal.code.to_owned(), sentence(&visitor, refusal))
        }
        Problem::Fault(fault) => {
            let number = FAULTS.fetch_add(1, Ordering::Relaxed) + 1;
            tracing::error!(number, path = %logged(&here), "fault: {fault:#}");
            let params = [("number", number.to_string())];
            (StatusCode::INTERNAL_SERVER_ERROR, "G-500".to_owned(), visitor.tf("refusal.G-500", &params))
        }
    };
    if wants_json {
        // RFC 9457: the code says which problem it is, the detail says it in the person's language.
        let title = visitor.t(title_key(status));
        let mut body =
            serde_json::json!({ "title": title, "status": status.as_u16(), "detail": sentence, "code": code });
        if let Problem::Refused(Refusal { params, field, .. }) = &*problem {
            body["field"] = serde_json::json!(field);
            body["params"] = params.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        }
        return (status, [(header::CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response();
    }
    let body = html! {
        div.problem {
            h1 { (visitor.t(title_key(status))) }
            p { (sentence) }
            p.quiet { (code) }
            p { a href="/" { (visitor.t("shell.to_start")) } }
        }
    };
    let mut page = layout::page(&site, &visitor, &visitor.t(title_key(status)), body).into_response();
    *page.status_mut() = status;
    page.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    page
}

/// Whether an answer is of the layer that counts bytes, which says nothing to a person; a protocol says it in words of its own.
fn is_bare(response: &Response) -> bool {
    let is_text = |kind: &HeaderValue| kind.as_bytes().starts_with(b"text/plain");
    response.status() == StatusCode::PAYLOAD_TOO_LARGE
        && response.headers().get(header::CONTENT_TYPE).is_none_or(is_text)
}

/// The refusal for more than a request may bring; the layer that counts bytes knows no language.
pub(super) fn too_large() -> Refusal {
    let params = vec![("limit", (super::BODY_LIMIT >> 20).to_string())];
    Refusal { code: "G-119", reason: Reason::Rule, params, field: None }
}

fn title_key(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "problem.missing",
        StatusCode::FORBIDDEN => "problem.forbidden",
        StatusCode::CONFLICT => "problem.conflict",
        StatusCode::INTERNAL_SERVER_ERROR | StatusCode::INSUFFICIENT_STORAGE => "problem.fault",
        _ => "problem.rule",
    }
}

/// The sentence of a refusal in the person's language.
pub fn sentence(visitor: &Visitor, refusal: &Refusal) -> String {
    let params: Vec<(&str, String)> = refusal
        .params
        .iter()
        .map(|(name, value)| {
            // Rules know no language: several things come on lines of their own. One that is itself a name in the locale
            // files (a kind, a verb, a state, a gate) is shown by that name; one of a list of names says which list, `list.name`.
            let shown = |line: &'_ str| {
                let key = if line.contains('.') { line.to_owned() } else { format!("value.{line}") };
                if visitor.language.has(&key) { visitor.t(&key) } else { visitor.shown(line).into_owned() }
            };
            (*name, visitor.list(value.lines().map(shown)))
        })
        .collect();
    let sentence = visitor.tf(&format!("refusal.{}", refusal.code), &params);
    match params.iter().find(|(name, _)| *name == AT) {
        Some((_, what)) => visitor.labelled(what.clone(), &sentence),
        None => sentence,
    }
}

/// Anything that no route knows.
pub async fn not_found() -> Problem {
    Problem::Refused(crate::features::authority::missing())
}

/// Percent-encodes a path for a query value.
pub fn form_urlencoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'/' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}
