//! The one way to the network for addresses that people gave: HTTPS to a public address, resolved once, followed nowhere.
//!
//! Whoever may give an address must not reach through us what only this machine can reach: other programs on it, its neighbours,
//! the metadata of a cloud. So a name is resolved once, every address it has must be public, and the connection goes to the one that
//! was looked at: a name that leads elsewhere a moment later leads nowhere. There are no redirects, an answer is short, and all of it
//! takes few seconds. It is made of the parts that serving uses too; a client with redirects, proxies and pools would have to be
//! switched off piece by piece.

use crate::features::messages::model::{Outcome, Reach};
use axum::http::{HeaderValue, Request, Uri, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// All of a request takes so long at most.
const LIMIT: Duration = Duration::from_secs(5);
/// Nobody lets us wait longer than a day.
const MOST_RETRY_SECONDS: i64 = 86_400;
/// Bytes of an answer at most.
const MOST_ANSWER: usize = 64 * 1024;

/// What the other side said.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its body.
    pub body: Vec<u8>,
    /// Seconds after which it wants to be asked again.
    pub retry_after: Option<i64>,
}

impl Answer {
    /// What a status other than success means: the other side is busy, wrong, or means us.
    pub fn by_status(&self) -> Outcome {
        let why = format!("HTTP {}", self.status);
        match self.status {
            408 | 425 | 429 | 500.. => Outcome::Again { why, after_seconds: self.retry_after },
            _ => Outcome::Never { why },
        }
    }
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// An address that is not to be reached from here.
    Forbidden,
    /// A name that leads nowhere.
    Unresolved,
    /// Nobody answers, or too slowly.
    Unreachable,
    /// The other side cannot prove who it is.
    Untrusted,
    /// The answer cannot be read, or is too long.
    Unreadable,
}

impl Fault {
    /// What follows.
    pub fn outcome(self) -> Outcome {
        let why = match self {
            Fault::Forbidden => return Outcome::Never { why: "forbidden".to_owned() },
            Fault::Unresolved => "unresolved",
            Fault::Unreachable => "unreachable",
            Fault::Untrusted => "untrusted",
            Fault::Unreadable => "answer",
        };
        Outcome::Again { why: why.to_owned(), after_seconds: None }
    }
}

/// Sends JSON.
pub async fn post_json(reach: &Reach, address: &str, headers: &[(&'static str, &str)], body: &serde_json::Value) -> Result<Answer, Fault> {
    post(reach, address, headers, "application/json", body.to_string().into_bytes()).await
}

/// Sends a body and hears the answer.
pub async fn post(reach: &Reach, address: &str, headers: &[(&'static str, &str)], media_type: &'static str, body: Vec<u8>) -> Result<Answer, Fault> {
    tokio::time::timeout(LIMIT, exchange(reach, address, headers, media_type, body)).await.unwrap_or(Err(Fault::Unreachable))
}

async fn exchange(reach: &Reach, address: &str, headers: &[(&'static str, &str)], media_type: &'static str, body: Vec<u8>) -> Result<Answer, Fault> {
    let uri: Uri = address.parse().map_err(|_| Fault::Forbidden)?;
    let is_tls = uri.scheme_str() == Some("https");
    let host = uri.host().ok_or(Fault::Forbidden)?.to_owned();
    let is_test = reach.allows_loopback && host == "127.0.0.1";
    if !is_tls && !is_test {
        return Err(Fault::Forbidden);
    }
    let port = uri.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
    let found = tokio::net::lookup_host((host.trim_matches(['[', ']']), port)).await.map_err(|_| Fault::Unresolved)?;
    let places = chosen(found.collect(), reach.allows_loopback)?;
    let stream = TcpStream::connect(places.as_slice()).await.map_err(|_| Fault::Unreachable)?;
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let mut request = Request::post(path)
        .header(header::HOST, uri.authority().map_or(host.as_str(), |authority| authority.as_str()))
        .header(header::CONTENT_TYPE, media_type)
        .header(header::USER_AGENT, concat!("guatu/", env!("CARGO_PKG_VERSION")));
    for (name, value) in headers {
        request = request.header(*name, HeaderValue::from_str(value).map_err(|_| Fault::Forbidden)?);
    }
    let request = request.body(Full::new(Bytes::from(body))).map_err(|_| Fault::Forbidden)?;
    if !is_tls {
        return speak(stream, request).await;
    }
    let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned()).map_err(|_| Fault::Forbidden)?;
    let connector = TlsConnector::from(TRUST.clone().ok_or(Fault::Untrusted)?);
    let stream = connector.connect(name, stream).await.map_err(|_| Fault::Untrusted)?;
    speak(stream, request).await
}

/// Addresses to connect to, one after another, when every one of them may be reached. One that may not among several is a trap.
fn chosen(found: Vec<SocketAddr>, allows_loopback: bool) -> Result<Vec<SocketAddr>, Fault> {
    let is_fit = |address: &SocketAddr| is_public(address.ip()) || (allows_loopback && address.ip() == IpAddr::V4(Ipv4Addr::LOCALHOST));
    if !found.iter().all(is_fit) {
        return Err(Fault::Forbidden);
    }
    if found.is_empty() { Err(Fault::Unresolved) } else { Ok(found) }
}

async fn speak(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, request: Request<Full<Bytes>>) -> Result<Answer, Fault> {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|_| Fault::Unreachable)?;
    let line = tokio::spawn(connection);
    let spoken = async {
        let response = sender.send_request(request).await.map_err(|_| Fault::Unreachable)?;
        let status = response.status().as_u16();
        let retry_after = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        let retry_after = retry_after.map(|seconds: i64| seconds.clamp(0, MOST_RETRY_SECONDS));
        let body = Limited::new(response.into_body(), MOST_ANSWER).collect().await.map_err(|_| Fault::Unreadable)?;
        Ok(Answer { status, body: body.to_bytes().to_vec(), retry_after })
    };
    let answer = spoken.await;
    line.abort();
    answer
}

/// Whose certificates are believed: those of the operating system, to which a district may add its own.
static TRUST: LazyLock<Option<Arc<ClientConfig>>> = LazyLock::new(|| {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().ok()?;
    Some(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
});

/// Whether an address is one of the public network, where anybody can reach it.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// IPv4 without what the IANA registry of special addresses takes out, clouds' metadata (169.254.169.254, 100.100.100.200) among it.
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [one, two, three, _] = address.octets();
    let is_shared = one == 100 && (64..128).contains(&two);
    let is_protocol = one == 192 && two == 0 && three == 0;
    let is_relay = one == 192 && two == 88 && three == 99;
    let is_benchmark = one == 198 && (two == 18 || two == 19);
    !(one == 0
        || one >= 224
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || is_shared
        || is_protocol
        || is_relay
        || is_benchmark)
}

/// IPv6 of the global network alone, without tunnels to IPv4 and examples: all else, mapped addresses among it, is local or nothing.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [one, two, ..] = address.segments();
    let is_global = (0x2000..0x4000).contains(&one);
    let is_special = one == 0x2001 && two < 0x0200;
    let is_example = (one == 0x2001 && two == 0x0db8) || (one == 0x3fff && two < 0x1000);
    is_global && !is_special && !is_example && one != 0x2002
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_reached() {
        for (address, is) in [
            ("8.8.8.8", true),
            ("111.13.34.176", true),
            ("172.15.255.255", true),
            ("172.32.0.1", true),
            ("0.0.0.0", false),
            ("10.0.0.1", false),
            ("100.64.0.1", false),
            ("100.100.100.200", false),
            ("127.0.0.1", false),
            ("127.9.9.9", false),
            ("169.254.169.254", false),
            ("172.16.0.1", false),
            ("172.31.255.255", false),
            ("192.0.0.8", false),
            ("192.0.2.1", false),
            ("192.88.99.1", false),
            ("192.168.1.1", false),
            ("198.18.0.1", false),
            ("198.51.100.1", false),
            ("203.0.113.1", false),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("2400:3200::1", true),
            ("2001:4860:4860::8888", true),
            ("::", false),
            ("::1", false),
            ("::ffff:8.8.8.8", false),
            ("::ffff:127.0.0.1", false),
            ("::7f00:1", false),
            ("64:ff9b::7f00:1", false),
            ("64:ff9b:1::1", false),
            ("100::1", false),
            ("2001::1", false),
            ("2001:db8::1", false),
            ("2002:7f00:1::", false),
            ("3fff::1", false),
            ("fc00::1", false),
            ("fd00:ec2::254", false),
            ("fe80::1", false),
            ("fec0::1", false),
            ("ff02::1", false),
        ] {
            assert_eq!(is_public(address.parse().unwrap()), is, "{address}");
        }
    }

    #[test]
    fn one_private_address_among_public_ones_is_a_trap() {
        let at = |text: &str| SocketAddr::new(text.parse().unwrap(), 443);
        for (found, allows_loopback, expected) in [
            (vec!["8.8.8.8", "8.8.4.4"], false, Ok(vec![at("8.8.8.8"), at("8.8.4.4")])),
            (vec!["8.8.8.8", "10.0.0.1"], false, Err(Fault::Forbidden)),
            (vec!["127.0.0.1"], false, Err(Fault::Forbidden)),
            (vec!["127.0.0.1"], true, Ok(vec![at("127.0.0.1")])),
            (vec!["::1"], true, Err(Fault::Forbidden)),
            (vec!["192.168.0.1"], true, Err(Fault::Forbidden)),
            (vec![], false, Err(Fault::Unresolved)),
        ] {
            assert_eq!(chosen(found.iter().map(|text| at(text)).collect(), allows_loopback), expected, "{found:?}");
        }
    }

    #[tokio::test]
    async fn what_may_not_be_reached_is_never_tried() {
        let strict = Reach::default();
        for address in [
            "http://example.org/",
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://169.254.169.254/latest/meta-data",
            "https://localhost/",
            "https://2130706433/",
            "https://0x7f.1/",
            "ftp://8.8.8.8/",
            "not an address",
        ] {
            let fault = post(&strict, address, &[], "application/json", Vec::new()).await.err();
            assert!(matches!(fault, Some(Fault::Forbidden | Fault::Unresolved)), "{address}: {fault:?}");
        }
        let tests = Reach { allows_loopback: true, ..Reach::default() };
        assert_eq!(post(&tests, "http://127.0.0.2:9/", &[], "text/plain", Vec::new()).await.err(), Some(Fault::Forbidden));
    }
}
