//! Group robots of Feishu: signed in the body, 100 messages a minute and 5 a second, 20 KB; crowded at round times.

use super::{Post, network, of_robot, signature};
use crate::features::messages::model::Outcome;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;

/// Codes by which the service says that there were too many, and that it is crowded.
const LIMITED: [i64; 2] = [9499, 11232];
/// A minute is what it counts in.
const SILENCE_SECONDS: i64 = 60;

/// Sends a text.
pub async fn send(post: Post<'_>) -> Outcome {
    let at = post.now_seconds;
    let body = json!({ "timestamp": at.to_string(), "sign": sign(post.secret, at), "msg_type": "text", "content": { "text": plain(post.text) } });
    of_robot(network::post_json(post.reach, post.address, &[], &body).await, "code", &LIMITED, SILENCE_SECONDS)
}

/// Text in which nothing is a tag: `<at user_id="all">` in a title would call everybody of the group.
fn plain(text: &str) -> String {
    text.replace('<', "\u{ff1c}")
}

/// The signature of an instant in seconds: of nothing, under `instant\nkey`.
pub fn sign(secret: &str, at: i64) -> String {
    STANDARD.encode(signature(format!("{at}\n{secret}").as_bytes(), b""))
}
