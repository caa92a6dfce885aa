//! Group robots of DingTalk: signed in the address, 20 messages a minute, then ten minutes of silence.

use super::{Post, network, of_robot, signature};
use crate::features::messages::model::{Channel, Outcome};
use crate::features::messages::rules;
use crate::web::problem::form_urlencoded;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;

/// Codes by which the service says that there were too many.
const LIMITED: [i64; 2] = [130_101, 410_100];

/// Sends a text.
pub async fn send(post: Post<'_>) -> Outcome {
    let at_ms = post.now_seconds * 1000;
    let address = format!("{}&timestamp={at_ms}&sign={}", post.address, form_urlencoded(&sign(post.secret, at_ms)));
    let body = json!({ "msgtype": "text", "text": { "content": post.text } });
    let silence_seconds = rules::limits(Channel::Dingtalk).blocked_seconds.unwrap_or_default();
    of_robot(network::post_json(post.reach, &address, &[], &body).await, "errcode", &LIMITED, silence_seconds)
}

/// The signature of an instant in milliseconds: of `instant\nkey`, under the key.
pub fn sign(secret: &str, at_ms: i64) -> String {
    STANDARD.encode(signature(secret.as_bytes(), format!("{at_ms}\n{secret}").as_bytes()))
}
