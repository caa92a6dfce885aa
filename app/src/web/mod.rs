//! Everything HTTP that is not a feature: the site's state, the router, the shell of every page, forms and problems.

pub mod assets;
pub mod attempt;
pub mod connections;
pub mod extract;
pub mod forms;
pub mod layout;
pub mod lists;
pub mod locale;
pub mod marked;
pub mod papers;
pub mod past;
pub mod problem;
pub mod registers;
pub mod shelf;
pub mod visitor;

mod health;
mod openapi;
mod said;
mod security;
#[cfg(test)]
pub mod tests;

use crate::clock::Clock;
use crate::db::{self, Conn, Db};
use crate::features::identity::session;
use crate::features::messages::outbox::Outward;
use crate::features::{Command, FEATURES, Guatu};
use crate::journal::domain::Permit;
use crate::journal::{Document, Journal, Receipt, Submission, SubmitError};
use axum::Router;
use axum::routing::get;
use problem::Problem;
use std::sync::Arc;
use tokio::sync::mpsc;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::limit::RequestBodyLimitLayer;
use visitor::Visitor;

/// Largest request body: a plan of 20 MB and its form.
const BODY_LIMIT: usize = 21 * 1024 * 1024;
/// How hard answers are packed: a wall chart is a fourth larger than at the usual 6, and takes a fourth of the time.
const COMPRESSION: i32 = 3;

/// What this installation is, shown on every page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamps {
    /// Invented data.
    pub is_demo: bool,
    /// A rehearsal, with a clock moved by hand, for ever.
    pub is_rehearsal: bool,
}

/// State shared by all requests.
#[derive(Clone)]
pub struct Site {
    /// The database.
    pub db: Db,
    /// Where photographs and papers lie: of an earlier state those of today, since a paper is named by what it is.
    pub papers: Db,
    /// Originals of photographs whose copies are to be drawn.
    pub uncopied: mpsc::Sender<String>,
    /// The write door.
    pub journal: Journal<Guatu>,
    /// The time.
    pub clock: Clock,
    /// Whether the machine's clock can be trusted.
    pub watch: Arc<crate::clock::Watch>,
    /// The domain, for replays and caches.
    pub domain: Arc<Guatu>,
    /// What this installation is.
    pub stamps: Stamps,
    /// Signs ledger heads.
    pub signer: Arc<crate::signer::Signer>,
    /// Slows down guessing of passwords.
    pub throttle: Arc<security::Throttle>,
    /// Turns true when the server is to end.
    pub closing: Arc<tokio::sync::watch::Sender<bool>>,
    /// What an operator configured of the world outside.
    pub outward: Arc<Outward>,
    /// Whether cookies are sent over TLS only.
    pub is_behind_tls: bool,
    /// Its earlier states.
    pub past: past::Past,
}

impl Site {
    /// A read connection.
    pub async fn reader(&self) -> Result<Conn, Problem> {
        Ok(self.db.reader().await?)
    }

    /// Refuses what is kept beside the ledger while the disk is full: what room there is then belongs to logins.
    pub fn need_room(&self) -> Result<(), Problem> {
        if self.db.has_room() { Ok(()) } else { Err(db::full().into()) }
    }

    /// Does a command for the person who asks.
    pub async fn submit(
        &self,
        visitor: &Visitor,
        request_id: String,
        command: impl Into<Command>,
    ) -> Result<Receipt, Problem> {
        self.submit_with(visitor, request_id, command, Vec::new()).await
    }

    /// Does a command that names papers.
    pub async fn submit_with(
        &self,
        visitor: &Visitor,
        request_id: String,
        command: impl Into<Command>,
        documents: Vec<Document>,
    ) -> Result<Receipt, Problem> {
        let permit = visitor.permit()?;
        let receipt = self.submit_as(permit, request_id, command.into(), documents).await?;
        if let Some(token) = &visitor.token {
            // Whoever writes is there; reading pages never writes. What was written stands, also when this is not noted.
            if let Err(fault) = session::touch(&self.db, token, self.clock.machine()).await {
                tracing::error!(fault = %format!("{fault:#}"), "a session is not touched");
            }
        }
        Ok(receipt)
    }

    /// Does a command under a given permit.
    pub async fn submit_as(
        &self,
        permit: Permit,
        request_id: String,
        command: Command,
        documents: Vec<Document>,
    ) -> Result<Receipt, Problem> {
        let submission = Submission { permit, request_id, command, documents };
        self.journal.submit(submission).await.map_err(|error| match error {
            SubmitError::Refused(refusal) => Problem::Refused(refusal),
            SubmitError::Fault(fault) => Problem::from(fault),
        })
    }

    /// Why nothing can be written, when the clock stands before the newest fact.
    pub async fn clock_behind(&self) -> Option<String> {
        let row =
            self.db.reader().await.ok()?.row("SELECT recorded_at FROM ledger_head WHERE id = 1", &[]).await.ok()??;
        let (newest, now) = (row.text(0).ok()?, crate::clock::record_text(self.clock.now()));
        (now < newest).then(|| {
            format!(
                "clock: it stands at {now}, before the newest fact ({newest}); nothing is written until it is set right"
            )
        })
    }

    /// Number of the newest durable fact.
    pub fn head(&self) -> u64 {
        *self.journal.head().borrow()
    }
}

/// A throttle for a new site.
pub fn throttle() -> Arc<security::Throttle> {
    Arc::new(security::Throttle::default())
}

/// All routes of the program.
pub fn router(site: Site) -> Router {
    let mut router = Router::new()
        .route("/livez", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .route("/api/openapi.json", get(openapi::describe))
        .route("/assets/{name}", get(assets::serve))
        .route("/language", get(layout::switch_language));
    if site.stamps.is_rehearsal {
        router = router.merge(crate::rehearsal::routes());
    }
    for feature in FEATURES {
        router = router.merge((feature.routes)());
    }
    router
        .merge(marked::routes())
        .merge(crate::demo::pages::routes(site.stamps.is_demo))
        .fallback(problem::not_found)
        .layer(RequestBodyLimitLayer::new(extract::FILES_BYTES))
        .layer(axum::extract::DefaultBodyLimit::max(BODY_LIMIT))
        .layer(axum::middleware::from_fn_with_state(site.clone(), past::serve))
        .layer(axum::middleware::from_fn(security::refuse_foreign_writes))
        .layer(axum::middleware::from_fn(security::refuse_nul))
        .layer(axum::middleware::from_fn_with_state(site.clone(), problem::render))
        .layer(CompressionLayer::new().quality(CompressionLevel::Precise(COMPRESSION)))
        .layer(axum::middleware::from_fn(security::headers))
        .with_state(site)
}
