//! `guatu bench-load`: a fixed mix of pages asked of a running server in an open loop.
//!
//! Each request leaves at its time whether or not earlier ones have been answered, and its time counts from when it should
//! have left: a server that stalls cannot hide behind requests that were never sent.

use anyhow::Result;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// What to ask of a running server.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// Address of the server.
    #[arg(long)]
    address: std::net::SocketAddr,
    /// Value of the session cookie.
    #[arg(long)]
    session: String,
    /// One page to ask for, instead of the mix.
    #[arg(long)]
    page: Option<String>,
    /// Requests a second.
    #[arg(long, default_value_t = 100)]
    rate: u32,
    /// Seconds of load.
    #[arg(long, default_value_t = 20)]
    seconds: u32,
}

/// The mix, in turn.
const MIX: [&str; 12] = [
    "/wall",
    "/wall?place=p03",
    "/wall?place=p03&view=bars",
    "/round",
    "/targets?place=p05",
    "/reports",
    "/plans/p01",
    "/bulletins",
    "/problems",
    "/returns",
    "/places",
    "/task-forces",
];

/// `guatu bench-load`.
pub async fn run(load: Arguments) -> Result<ExitCode> {
    let count = load.rate * load.seconds;
    let begun = Instant::now();
    let mut asked = Vec::new();
    for at in 0..count {
        let due = begun + Duration::from_secs(1) * at / load.rate;
        tokio::time::sleep_until(due.into()).await;
        let request = format!(
            "GET {} HTTP/1.1\r\nhost: {}\r\ncookie: guatu_session={}\r\naccept-encoding: gzip\r\nconnection: close\r\n\r\n",
            load.page.as_deref().unwrap_or(MIX[at as usize % MIX.len()]),
            load.address,
            load.session
        );
        let address = load.address;
        asked.push(tokio::spawn(async move {
            let mut stream = tokio::net::TcpStream::connect(address).await?;
            stream.write_all(request.as_bytes()).await?;
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).await?;
            let status =
                String::from_utf8_lossy(answer.split(|byte| *byte == b'\r').next().unwrap_or_default()).into_owned();
            anyhow::ensure!(
                status == "HTTP/1.1 200 OK",
                "{} was answered with `{status}`",
                request.lines().next().unwrap_or_default()
            );
            Ok(due.elapsed())
        }));
    }
    let mut times = Vec::with_capacity(asked.len());
    for one in asked {
        times.push(one.await??.as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times.get(((times.len() as f64 * share) as usize).min(times.len().saturating_sub(1)));
    let rounded = |time: Option<&f64>| time.map(|time| (time * 10.0).round() / 10.0);
    println!(
        "{}",
        serde_json::json!({ "requests": times.len(), "p50_ms": rounded(at(0.5)), "p99_ms": rounded(at(0.99)) })
    );
    Ok(ExitCode::SUCCESS)
}
