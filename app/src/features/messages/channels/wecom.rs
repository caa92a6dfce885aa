//! Group robots of WeCom: text of 2048 bytes at most, 20 messages a minute, no signature.

use super::{Post, network, of_robot};
use crate::features::messages::model::Outcome;
use serde_json::json;

/// Codes by which the service says that there were too many.
const LIMITED: [i64; 2] = [45009, 45033];
/// A minute is what it counts in.
const SILENCE_SECONDS: i64 = 60;

/// Sends a text.
pub async fn send(post: Post<'_>) -> Outcome {
    let body = json!({ "msgtype": "text", "text": { "content": post.text } });
    of_robot(network::post_json(post.reach, post.address, &[], &body).await, "errcode", &LIMITED, SILENCE_SECONDS)
}
