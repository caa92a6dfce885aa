//! Ways out of the program: what each service wants to hear, and what its answers mean.

pub mod calendar;
pub mod dingtalk;
pub mod feishu;
pub mod mail;
pub mod network;
pub mod webhook;
pub mod wecom;

use super::model::{Outcome, Reach};
use hmac::{Hmac, KeyInit, Mac};
use network::{Answer, Fault};
use sha2::Sha256;

/// HMAC-SHA256 of a message under a key of any length.
fn signature(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

/// What a robot's answer means, whose body carries a code in a field: codes of too many messages, each with the silence asked for;
/// every other code but zero stays.
fn of_robot(answer: Result<Answer, Fault>, field: &str, limited: &[i64], silence_seconds: i64) -> Outcome {
    let answer = match answer {
        Ok(answer) => answer,
        Err(fault) => return fault.outcome(),
    };
    if answer.status != 200 {
        return answer.by_status();
    }
    // What the other side writes is not kept: it may repeat the address.
    let code = serde_json::from_slice::<serde_json::Value>(&answer.body).ok().and_then(|body| body.get(field)?.as_i64());
    match code {
        Some(0) => Outcome::Sent,
        Some(code) if limited.contains(&code) => Outcome::Again { why: format!("code {code}"), after_seconds: Some(silence_seconds) },
        Some(code) => Outcome::Never { why: format!("code {code}") },
        None => Outcome::Again { why: "answer".to_owned(), after_seconds: None },
    }
}

/// A robot's text as its service wants to hear it.
#[derive(Clone, Copy, Debug)]
pub struct Post<'a> {
    /// Where the robot lives.
    pub address: &'a str,
    /// Its key; empty for none.
    pub secret: &'a str,
    /// The text.
    pub text: &'a str,
    /// What may be reached.
    pub reach: &'a Reach,
    /// This instant, seconds since 1970.
    pub now_seconds: i64,
}
