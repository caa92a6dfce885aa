//! Connections: each is served until it ends, and whoever takes too long to say what they want is let go.
//!
//! A program that opens connections and sends a letter now and then would hold every one of them for ever, and in the end
//! nobody else comes in. The library's own way of serving has no such limit to set, hence this one. Who is let go hears
//! nothing: an answer would say that what was sent is wrong, where a phone on a bad line has only to send it again.

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use axum::serve::Listener;
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::time::Sleep;
use tower::ServiceExt;

/// How long whoever connects may take.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For the head of a request, counted from the end of the request before it: a connection that is not used is closed as
    /// well, and a browser opens another.
    pub head: Duration,
    /// Between two pieces of a body.
    pub pause: Duration,
    /// For all pauses of a body together, before what has come of it is counted.
    pub pauses: Duration,
    /// Bytes that allow for one second more of them: the least rate of a large body.
    pub bytes_per_second: u64,
}

impl Default for Patience {
    /// A phone that finds a signal again within half a minute goes on, and so does a line of a tenth of what phones have where
    /// their signal is poor.
    fn default() -> Patience {
        let seconds = Duration::from_secs;
        Patience { head: seconds(15), pause: seconds(30), pauses: seconds(60), bytes_per_second: 5_000 }
    }
}

impl Patience {
    /// How long the next piece of a body may take, after so many bytes and so long in pauses.
    fn for_piece(&self, bytes: u64, waited: Duration) -> Duration {
        let earned = Duration::from_secs_f64(bytes as f64 / self.bytes_per_second as f64);
        self.pause.min((self.pauses + earned).saturating_sub(waited))
    }
}

/// A body took too long.
#[derive(Debug, thiserror::Error)]
#[error("the body of a request took too long")]
struct TooSlow;

/// A body that is waited for as long as patience lasts. Only pauses of the sender count: what takes its time to be read here is
/// nobody's fault there.
struct Awaited {
    body: Incoming,
    patience: Patience,
    bytes: u64,
    waited: Duration,
    /// Since when the next piece is waited for, and until when.
    pause: Option<(Instant, Pin<Box<Sleep>>)>,
    has_ended: Arc<AtomicBool>,
}

impl Body for Awaited {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::BoxError>>> {
        let this = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(context) {
            if let Some((since, _)) = this.pause.take() {
                this.waited += since.elapsed();
            }
            if let Some(Ok(frame)) = &frame {
                this.bytes += frame.data_ref().map_or(0, Bytes::len) as u64;
            }
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let limit = this.patience.for_piece(this.bytes, this.waited);
        let (_, end) = this.pause.get_or_insert_with(|| (Instant::now(), Box::pin(tokio::time::sleep(limit))));
        end.as_mut().poll(context).map(|()| {
            this.has_ended.store(true, Ordering::Relaxed);
            Some(Err(TooSlow.into()))
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Answers a request, unless its body took too long; whoever read the body has been told so then, and has done nothing.
async fn answer(router: Router, request: Request<Incoming>, patience: Patience) -> Result<Response, TooSlow> {
    let has_ended = Arc::new(AtomicBool::new(false));
    let awaited =
        |body| Awaited { body, patience, bytes: 0, waited: Duration::ZERO, pause: None, has_ended: has_ended.clone() };
    let Ok(response) = router.oneshot(request.map(awaited)).await;
    if has_ended.load(Ordering::Relaxed) { Err(TooSlow) } else { Ok(response) }
}

/// Answers whoever connects until `stopped`, then lets requests that are being answered end.
pub async fn serve(mut listener: TcpListener, router: Router, patience: Patience, stopped: impl Future<Output = ()>) {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(patience.head);
    let open = GracefulShutdown::new();
    let mut stopped = pin!(stopped);
    loop {
        let (stream, address) = tokio::select! {
            accepted = Listener::accept(&mut listener) => accepted,
            () = &mut stopped => break,
        };
        // An answer leaves when it is written. Where that cannot be set, it leaves a little later.
        let _ = stream.set_nodelay(true);
        let router = router.clone();
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(address));
            answer(router.clone(), request, patience)
        });
        let connection = open.watch(builder.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            if let Err(fault) = connection.await {
                tracing::debug!(%fault, "a connection ended early");
            }
        });
    }
    drop(listener);
    open.shutdown().await;
}

#[cfg(test)]
mod tests {
    use super::{Patience, serve};
    use axum::Router;
    use axum::body::Bytes;
    use axum::routing::get;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::{Duration, Instant};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::sync::oneshot;

    const LONG: Duration = Duration::from_secs(600);

    /// What a server of such patience says to one who sends pieces, so far apart, and waits, and how many bytes it was left
    /// with; it has closed the connection then.
    async fn said(patience: Patience, pieces: &[&str], apart: Duration) -> (String, usize) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let kept = Arc::new(AtomicUsize::new(0));
        let keeper = kept.clone();
        let keep = async move |body: Bytes| {
            keeper.store(body.len(), Ordering::Relaxed);
            "kept"
        };
        let router = Router::new().route("/", get(async || "here")).fallback(keep);
        let server = tokio::spawn(serve(listener, router, patience, async { _ = stopped.await }));
        for (at, piece) in pieces.iter().enumerate() {
            if at > 0 {
                tokio::time::sleep(apart).await;
            }
            // Who was let go may notice it here.
            let _ = stream.write_all(piece.as_bytes()).await;
        }
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        drop(stop);
        server.await.unwrap();
        (String::from_utf8(answer).unwrap(), kept.load(Ordering::Relaxed))
    }

    #[tokio::test]
    async fn a_head_that_does_not_end_is_not_waited_for() {
        let patience = Patience { head: Duration::from_millis(20), ..Patience::default() };
        let said = async |text: &'static str| said(patience, &[text], Duration::ZERO).await.0;
        assert_eq!(said("GET / HTTP/1.1\r\nhost: half\r\n").await, "");
        assert_eq!(said("").await, "", "nor one that does not begin");
        let answer = said("GET / HTTP/1.1\r\nhost: whole\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("here"), "{answer}");
    }

    #[tokio::test]
    async fn a_body_that_does_not_come_is_not_waited_for() {
        let head = "POST /else HTTP/1.1\r\nhost: slow\r\nconnection: close\r\ncontent-length: 40\r\n\r\n";
        let (brief, apart) = (Duration::from_millis(200), Duration::from_millis(50));
        let patience = |pause, pauses, bytes_per_second| Patience { head: LONG, pause, pauses, bytes_per_second };
        let drip = [head].into_iter().chain(["."; 40]).collect::<Vec<_>>();
        let cases = [
            (
                "all of it in two pieces",
                patience(LONG, LONG, 1),
                vec![head, "....................", "...................."],
                40,
            ),
            ("nothing of it", patience(brief, LONG, 1), vec![head], 0),
            ("half of it", patience(brief, LONG, 1), vec![head, "...................."], 0),
            ("a letter now and then", patience(LONG, brief, 1_000_000), drip.clone(), 0),
            ("a letter now and then, which is as fast as it need be", patience(LONG, brief, 1), drip, 40),
        ];
        for (what, patience, pieces, expected) in cases {
            let begun = Instant::now();
            let (answer, kept) = said(patience, &pieces, apart).await;
            assert_eq!((answer.ends_with("kept"), kept), (expected > 0, expected), "{what}: {answer}");
            assert!(expected > 0 || answer.is_empty(), "{what}: {answer}");
            assert!(begun.elapsed() < LONG / 10, "{what}");
        }
    }

    #[test]
    fn a_poor_line_is_fast_enough() {
        let patience = Patience::default();
        let seconds = Duration::from_secs;
        let cases = [
            ("the first piece", 0, 0, 30),
            ("after a minute in which nothing came", 0, 60, 0),
            ("15 MB at 50 kB/s with a pause of twenty seconds in each of five minutes", 15_000_000, 400, 30),
            ("one letter in every 29 seconds", 2, 58, 2),
            ("ten bytes a second", 600, 60, 0),
        ];
        for (what, bytes, waited, expected) in cases {
            assert_eq!(patience.for_piece(bytes, seconds(waited)).as_secs(), expected, "{what}");
        }
    }

    #[tokio::test]
    async fn an_end_waits_for_answers_and_for_nobody_else() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut idle = TcpStream::connect(address).await.unwrap();
        let mut asking = TcpStream::connect(address).await.unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let (asked, mut is_asked) = tokio::sync::mpsc::channel::<()>(1);
        let (go, gone) = tokio::sync::watch::channel(false);
        let slow = get(move || async move {
            asked.send(()).await.unwrap();
            gone.clone().wait_for(|is_so| *is_so).await.unwrap();
            "done"
        });
        let router = Router::new().route("/", slow);
        let server = tokio::spawn(serve(listener, router, Patience { head: LONG, ..Patience::default() }, async {
            _ = stopped.await
        }));
        asking.write_all(b"GET / HTTP/1.1\r\nhost: slow\r\n\r\n").await.unwrap();
        is_asked.recv().await.unwrap();
        drop(stop);
        let mut nothing = Vec::new();
        idle.read_to_end(&mut nothing).await.unwrap();
        assert!(nothing.is_empty());
        assert!(!server.is_finished(), "somebody is being answered");
        go.send(true).unwrap();
        let mut answer = Vec::new();
        asking.read_to_end(&mut answer).await.unwrap();
        assert!(String::from_utf8(answer).unwrap().ends_with("done"));
        server.await.unwrap();
    }
}
