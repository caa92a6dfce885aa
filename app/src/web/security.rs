//! Headers of every answer, refusal of writes from other sites, and slowing down of password guessing.

use super::problem::Problem;
use crate::features::authority::missing;
use crate::refusal::{Reason, Refusal};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::num::NonZeroU32;

/// Logins per minute for one account name.
const LOGINS_PER_ACCOUNT: NonZeroU32 = NonZeroU32::new(5).unwrap();
/// Logins per minute from one address.
const LOGINS_PER_ADDRESS: NonZeroU32 = NonZeroU32::new(20).unwrap();

/// Per-account and per-address limits; a person is slowed down, never locked out.
#[derive(Debug)]
pub struct Throttle {
    accounts: DefaultKeyedRateLimiter<String>,
    addresses: DefaultKeyedRateLimiter<String>,
}

impl Default for Throttle {
    fn default() -> Self {
        Throttle {
            accounts: RateLimiter::keyed(Quota::per_minute(LOGINS_PER_ACCOUNT)),
            addresses: RateLimiter::keyed(Quota::per_minute(LOGINS_PER_ADDRESS)),
        }
    }
}

impl Throttle {
    /// Whether another attempt is allowed.
    pub fn allows(&self, login: &str, address: &str) -> bool {
        self.addresses.check_key(&address.to_owned()).is_ok() && self.accounts.check_key(&login.to_owned()).is_ok()
    }
}

/// A write must come from our own pages: browsers say so in `Sec-Fetch-Site` or `Origin`. Programs without a browser
/// send neither and carry no cookie, so they are let through to be refused for want of a session.
pub async fn refuse_foreign_writes(request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return next.run(request).await;
    }
    if is_from_own_pages(request.headers()) {
        return next.run(request).await;
    }
    Problem::Refused(Refusal { code: "G-105", reason: Reason::Forbidden, params: Vec::new(), field: None })
        .into_response()
}

/// No object has a NUL in its name, and no database takes one: such an address leads to nothing.
pub async fn refuse_nul(request: Request, next: Next) -> Response {
    let address = request.uri().path_and_query().map_or("", |address| address.as_str());
    if address.contains("%00") {
        return Problem::Refused(missing()).into_response();
    }
    next.run(request).await
}

fn is_from_own_pages(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match (text("sec-fetch-site"), text("origin"), text("host")) {
        (Some(site), _, _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, from)| from == host),
        (None, _, _) => text("cookie").is_none(),
    }
}

/// Headers that every answer carries.
pub async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let fixed = [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ];
    for (name, value) in fixed {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
