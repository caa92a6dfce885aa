//! What operators' programs ask: alive, ready, and how much.

use super::{Site, problem};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};

/// The process answers.
pub async fn live() -> &'static str {
    "ok\n"
}

/// The database answers and the write door is open, or why not.
pub async fn ready(State(site): State<Site>) -> (StatusCode, Json<Value>) {
    let mut reasons = Vec::new();
    match site.db.reader().await {
        Ok(mut conn) => {
            if let Err(fault) = conn.ping().await {
                reasons.push(format!("database: {fault}"));
            }
        }
        Err(fault) => reasons.push(format!("database: {fault}")),
    }
    if let Some(reason) = site.clock_behind().await {
        reasons.push(reason);
    }
    if site.journal.head().has_changed().is_err() {
        reasons.push("the write door is closed".to_owned());
    }
    let status = if reasons.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (
        status,
        Json(
            json!({ "ready": reasons.is_empty(), "facts": site.head(), "signs": site.signer.has_key(), "reasons": reasons }),
        ),
    )
}

/// Counters in Prometheus text form.
pub async fn metrics(State(site): State<Site>) -> String {
    format!(
        "# HELP guatu_facts_total Facts in the ledger.\n# TYPE guatu_facts_total counter\nguatu_facts_total {}\n\
         # HELP guatu_faults_total Faults since the start.\n# TYPE guatu_faults_total counter\nguatu_faults_total {}\n\
         # HELP guatu_clock_jumped Whether rungs of orders wait because the machine's clock jumped.\n# TYPE guatu_clock_jumped gauge\nguatu_clock_jumped {}\n",
        site.head(),
        problem::faults(),
        u8::from(site.watch.jump().is_some())
    )
}
