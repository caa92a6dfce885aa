//! `guatu healthcheck`: asks a running server whether it is ready, for containers and supervisors.

use super::{FAILED, Stopped};
use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::Duration;

/// Longest wait for each step of the question.
const PATIENCE: Duration = Duration::from_secs(5);
/// Bytes of an answer that are read; the readiness of a server fits many times.
const ANSWER_BYTES: u64 = 64 << 10;

/// Whom to ask.
#[derive(Clone, Debug, clap::Args)]
#[command(before_help = "Examples:\n  guatu healthcheck\n  GUATU_LISTEN=0.0.0.0:8420 guatu healthcheck")]
pub struct Arguments {
    /// Address the server listens on.
    #[arg(long, env = "GUATU_LISTEN", default_value = "127.0.0.1:8420")]
    listen: SocketAddr,
}

/// Runs the verb.
pub fn run(arguments: &Arguments) -> Result<(), Stopped> {
    let mut address = arguments.listen;
    // A server that listens everywhere is asked on this machine.
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() {
            IpAddr::from([127, 0, 0, 1])
        } else {
            IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1])
        });
    }
    let silent = |fault| Stopped::new(FAILED, format!("no answer from {address}: {fault}"));
    let answer = ask(address).map_err(silent)?;
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body.trim());
    if answer.split_whitespace().nth(1) == Some("200") {
        println!("{body}");
        return Ok(());
    }
    Err(Stopped::new(FAILED, format!("the server at {address} is not ready: {body}")))
}

/// One request, read to the end of the connection.
fn ask(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    write!(stream, "GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.take(ANSWER_BYTES).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
