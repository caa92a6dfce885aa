//! Connections: each is served until it ends, and whoever takes too long to say what they want is let go.
//!
//! A program that opens connections and sends a letter now and then would hold every one of them for ever, and in the end
//! nobody else comes in. The library's own way of serving has no such limit to set, hence this one.

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::serve::Listener;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;
use tokio::net::TcpListener;
use tower::ServiceExt;

/// So long may the head of a request take, counted from the end of the request before it: a connection that is not used is
/// closed as well, and a browser opens another.
pub const HEAD_TIME: Duration = Duration::from_secs(15);

/// Answers whoever connects until `stopped`, then lets requests that are being answered end.
pub async fn serve(mut listener: TcpListener, router: Router, head_time: Duration, stopped: impl Future<Output = ()>) {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(head_time);
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
            router.clone().oneshot(request)
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
    use super::serve;
    use axum::Router;
    use axum::routing::get;
    use std::time::Duration;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::sync::oneshot;

    /// What a server with a short limit says to one who sends this and waits; it has closed the connection then.
    async fn said(text: &str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let router = Router::new().route("/", get(async || "here"));
        let server = tokio::spawn(serve(listener, router, Duration::from_millis(20), async { _ = stopped.await }));
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        drop(stop);
        server.await.unwrap();
        String::from_utf8(answer).unwrap()
    }

    #[tokio::test]
    async fn a_head_that_does_not_end_is_not_waited_for() {
        assert_eq!(said("GET / HTTP/1.1\r\nhost: half\r\n").await, "");
        assert_eq!(said("").await, "", "nor one that does not begin");
        let answer = said("GET / HTTP/1.1\r\nhost: whole\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("here"), "{answer}");
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
        let server = tokio::spawn(serve(listener, router, Duration::from_secs(600), async { _ = stopped.await }));
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
