//! `guatu bench-sync`: what an inspector's phone sends after a day without a signal, sent to a running server as the phone does.
//!
//! Fifty findings of three photographs each, several on their way at once, then their receipts. The time runs from the first
//! finding until every receipt is there; photographs are made before that.

use crate::journal::sha256_hex;
use anyhow::{Context, Result, ensure};
use axum::http::{Method, Request, header};
use futures_util::{StreamExt, TryStreamExt, stream};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use jpeg_encoder::{ColorType, Encoder};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Instant;
use tokio::net::TcpStream;

/// Which server to send to, as whom.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// Address of the server.
    #[arg(long)]
    address: SocketAddr,
    /// Value of the session cookie of an inspector who has a plan.
    #[arg(long)]
    session: String,
}

/// Findings.
const FINDINGS: usize = 50;
/// Photographs of a finding.
const PHOTOS: usize = 3;
/// Acts on their way at once, as on a phone.
const AT_ONCE: usize = 3;
/// Width and height of a photograph, in pixels.
const PHOTO: (u16, u16) = (1600, 1200);
/// Shades by which neighbouring pixels differ: so many that a photograph of this size and quality has 200 KB.
const GRAIN: u8 = 18;
/// Quality of a photograph.
const QUALITY: u8 = 75;

/// `guatu bench-sync`.
pub async fn run(arguments: Arguments) -> Result<ExitCode> {
    let Arguments { address, session } = arguments;
    let mut phone = Phone { address, session, token: String::new() };
    let pack = phone.ask(Method::GET, "/phone/pack", None).await?;
    phone.token = pack["token"].as_str().context("a pack has a token")?.to_owned();
    let site = pack["sites"].get(0).context("this inspector has no plan")?;
    let inspection = site["inspection"].as_str().context("a site has an inspection")?;
    let run = &sha256_hex(phone.token.as_bytes())[..8];
    let moment = json!({ "phone_at": pack["now"], "behind_s": 0, "set_back_s": 0 });
    let act = |act: &str, id: String, fields: Value, pictures: Value| json!({ "format": "guatu-visit/1", "id": id, "inspection": inspection, "act": act, "fields": fields, "moment": moment, "pictures": pictures });
    if site["has_arrived"] == false {
        phone.send(&act("check_in", format!("{run}-here"), json!({}), json!([])), &[]).await?;
    }
    let (base, mut ids, mut findings) = (photo()?, Vec::new(), Vec::new());
    for finding in 0..FINDINGS {
        let photos: Vec<Vec<u8>> = (0..PHOTOS).map(|nth| remarked(&base, &format!("{run}-{finding}-{nth}"))).collect();
        let pictures = photos.iter().map(|bytes| json!({ "sha256": sha256_hex(bytes), "moment": moment })).collect();
        let fields = json!({ "finding": format!("{run}-{finding}"), "severity": pack["severities"][0]["id"], "lead": site["units"][0]["id"] });
        let id = format!("{run}-finding-{finding}");
        findings.push((act("find", id.clone(), fields, pictures), photos));
        ids.push(id);
    }
    let begun = Instant::now();
    let phone = &phone;
    let sending = stream::iter(&findings).map(|(act, photos)| phone.send(act, photos)).buffer_unordered(AT_ONCE);
    sending.try_collect::<Vec<_>>().await?;
    let asked = json!({ "ids": ids }).to_string().into_bytes();
    let answer = phone.ask(Method::POST, "/phone/receipts", Some(("application/json", asked))).await?;
    let seconds = begun.elapsed().as_secs_f64();
    let receipts = answer["receipts"].as_array().map_or(0, Vec::len);
    ensure!(receipts == FINDINGS, "{receipts} receipts");
    println!("{}", json!({ "photo_bytes": base.len(), "sync_seconds": (seconds * 100.0).round() / 100.0 }));
    Ok(ExitCode::SUCCESS)
}

/// A phone with a session.
struct Phone {
    address: SocketAddr,
    session: String,
    token: String,
}

impl Phone {
    async fn ask(&self, method: Method, path: &str, sent: Option<(&str, Vec<u8>)>) -> Result<Value> {
        let stream = TokioIo::new(TcpStream::connect(self.address).await?);
        let (mut sender, connection) = hyper::client::conn::http1::handshake(stream).await?;
        // It ends with the answer, which says what went wrong.
        tokio::spawn(connection);
        let (kind, body) = sent.unwrap_or_default();
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, self.address.to_string())
            .header(header::COOKIE, format!("guatu_session={}", self.session))
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, kind)
            .header("sec-fetch-site", "same-origin")
            .header("x-form-token", &self.token)
            .body(Full::new(Bytes::from(body)))?;
        let answer = sender.send_request(request).await?;
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        ensure!(status.is_success(), "{path} was answered with {status}: {}", String::from_utf8_lossy(&body));
        Ok(serde_json::from_slice(&body)?)
    }

    /// Sends an act with its photographs, as a phone on a good line does.
    async fn send(&self, act: &Value, photos: &[Vec<u8>]) -> Result<Value> {
        let part = |name: &str, bytes: &[u8]| {
            let head = format!("--end\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n");
            [head.as_bytes(), bytes, b"\r\n"].concat()
        };
        let mut form = part("act", act.to_string().as_bytes());
        photos.iter().for_each(|bytes| form.extend(part("picture", bytes)));
        form.extend(b"--end--\r\n");
        self.ask(Method::POST, "/phone/visits", Some(("multipart/form-data; boundary=end", form))).await
    }
}

/// A photograph with the grain of a small camera.
fn photo() -> Result<Vec<u8>> {
    let mut chance = ChaCha8Rng::seed_from_u64(7);
    let (width, height) = PHOTO;
    let pixels = u32::from(width) * u32::from(height);
    let shade = |at: u32| [at % u32::from(width) / 16, at / u32::from(width) / 12, 90];
    let colours = (0..pixels).flat_map(|at| {
        let grain = chance.random_range(0..GRAIN);
        shade(at).map(|shade| (shade as u8).saturating_add(grain))
    });
    let mut jpeg = Vec::new();
    Encoder::new(&mut jpeg, QUALITY).encode(&colours.collect::<Vec<u8>>(), width, height, ColorType::Rgb)?;
    Ok(jpeg)
}

/// The same photograph with a remark behind its head, so that its bytes are no other's.
fn remarked(photo: &[u8], remark: &str) -> Vec<u8> {
    let [high, low] = (remark.len() as u16 + 2).to_be_bytes();
    [&photo[..2], &[0xff, 0xfe, high, low], remark.as_bytes(), &photo[2..]].concat()
}
