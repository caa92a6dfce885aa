//! Webhooks: other programs of the district get notices as JSON, signed, under an id by which they know a repeat.
//!
//! `Guatu-Delivery` is the id, `Guatu-Timestamp` the instant in seconds since 1970, `Guatu-Signature` is `v1=` and the hexadecimal
//! HMAC-SHA256 of `id.timestamp.body` under the key. A receiver refuses an old timestamp and drops an id it has seen: what was cut
//! off before its answer is sent again under the same one.

use super::{Post, network, signature};
use crate::features::messages::model::Outcome;

/// Sends a body of JSON under an id.
pub async fn send(post: Post<'_>, id: &str) -> Outcome {
    let timestamp = post.now_seconds.to_string();
    let signed = format!("v1={}", sign(post.secret, id, &timestamp, post.text));
    let headers = [("guatu-delivery", id), ("guatu-timestamp", timestamp.as_str()), ("guatu-signature", signed.as_str())];
    match network::post(post.reach, post.address, &headers, "application/json", post.text.as_bytes().to_vec()).await {
        Ok(answer) if (200..300).contains(&answer.status) => Outcome::Sent,
        Ok(answer) => answer.by_status(),
        Err(fault) => fault.outcome(),
    }
}

/// The signature of a body, hexadecimal.
pub fn sign(secret: &str, id: &str, timestamp: &str, body: &str) -> String {
    let signed = signature(secret.as_bytes(), format!("{id}.{timestamp}.{body}").as_bytes());
    signed.iter().map(|byte| format!("{byte:02x}")).collect()
}
