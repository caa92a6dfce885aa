//! The wall follows the ledger: one event a change, numbered by the ledger so that a screen that slept can catch up.

use crate::web::Site;
use crate::web::problem::Problem;
use crate::web::visitor::Visitor;
use axum::extract::State;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures_util::Stream;
use std::convert::Infallible;
use std::time::Duration;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::WatchStream;

/// Changes closer together than this are told once.
const PACE: Duration = Duration::from_millis(250);

/// `GET /wall/events`.
pub async fn events(State(site): State<Site>, visitor: Visitor) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    visitor.permit()?;
    let mut closing = site.closing.subscribe();
    let ended = async move {
        // An error means that the site is gone, which ends a stream as well.
        let _ = closing.wait_for(|is_closing| *is_closing).await;
    };
    let changes = WatchStream::new(site.journal.head())
        .throttle(PACE)
        .map(|number| Ok(Event::default().id(number.to_string()).event("head").data(number.to_string())));
    Ok(Sse::new(futures_util::StreamExt::take_until(changes, Box::pin(ended))).keep_alive(KeepAlive::default()))
}
