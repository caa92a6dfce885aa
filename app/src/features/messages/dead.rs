//! The page of messages that could not be sent: why, since when, and the way to try once more.

use super::model::{Channel, Refused};
use super::outbox::{self, Dead};
use super::pages::reader;
use super::store;
use crate::features::authority::missing;
use crate::features::identity;
use crate::refusal::Refusal;
use crate::web::Site;
use crate::web::extract::{Query, Sent};
use crate::web::forms::seal;
use crate::web::layout::{crumbs, page};
use crate::web::problem::Problem;
use crate::web::registers::{Asked, Cell, Register};
use crate::web::visitor::Visitor;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use maud::html;
use std::collections::HashMap;

pub(super) fn routes() -> Router<Site> {
    Router::new().route("/messages/dead", get(show)).route("/messages/dead/retry", post(retry))
}

async fn show(State(site): State<Site>, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let reader = reader(&site, &visitor).await?;
    let mut conn = site.reader().await?;
    let tree = site.domain.places.tree(&mut conn).await?;
    let names = identity::names(&mut conn).await?;
    let mut robots: HashMap<String, String> = HashMap::new();
    let all: Vec<Dead> = outbox::dead(&mut conn).await?.into_iter().filter(|dead| dead.is_for(&reader)).collect();
    for dead in all.iter().filter(|dead| dead.channel != Channel::Mail) {
        if let Some(robot) = store::robot(&mut conn, &dead.receiver).await? {
            robots.insert(robot.id, robot.name);
        }
    }
    drop(conn);
    let mut register = Register::new(&visitor, "/messages/dead", "messages.dead", &asked)
        .column("since", "messages.since")
        .column("what", "messages.what")
        .column("channel", "field.channel")
        .column("receiver", "messages.receiver")
        .number("attempts", "messages.attempts")
        .column("why", "messages.why")
        .acts();
    for dead in &all {
        let place = tree.get(&dead.notice.place).map(|place| tree.full_name(place)).unwrap_or_default();
        let sentence = format!("{place} {}", dead.notice.sentence(visitor.language, &place)).trim().to_owned();
        let receiver = if dead.channel == Channel::Mail { names.get(&dead.receiver) } else { robots.get(&dead.receiver) };
        let act = html! {
            form.inline method="post" action="/messages/dead/retry" {
                (seal(&visitor))
                @for (name, value) in [("notice", dead.notice.id.as_str()), ("channel", dead.channel.name()), ("receiver", dead.receiver.as_str())] { input type="hidden" name=(name) value=(value); }
                button.second type="submit" { (visitor.t("messages.retry")) }
            }
        };
        let why = outbox::fault_text(visitor.language, &dead.why);
        register.row(vec![
            (Cell::Text(crate::clock::civil(dead.since).strftime("%Y-%m-%d %H:%M").to_string()), None),
            (Cell::Text(sentence.clone()), Some(html! { a href=(dead.notice.link) { (sentence) } })),
            (Cell::Text(visitor.t(&format!("channel.{}", dead.channel.name()))), None),
            (receiver.map_or(Cell::Empty, |name| Cell::Text(name.clone())), None),
            (Cell::Number(dead.attempts as f64), None),
            (Cell::Text(why), None),
            (Cell::Empty, Some(act)),
        ]);
    }
    register.respond(&site, "messages.no_dead", |table| {
        let body = html! {
            (crumbs(&visitor, &[("/messages".to_owned(), visitor.t("messages.title"))]))
            h1 { (visitor.t("messages.dead")) }
            p.lead { (visitor.t("messages.dead_lead")) }
            (table)
        };
        page(&site, &visitor, &visitor.t("messages.dead"), body).into_response()
    })
}

async fn retry(State(site): State<Site>, visitor: Visitor, Sent(values): Sent) -> Result<Response, Problem> {
    let reader = reader(&site, &visitor).await?;
    values.check()?;
    let mut conn = site.db.writer().await?;
    let is_asked = |dead: &Dead| {
        dead.notice.id == values.text("notice") && dead.channel.name() == values.text("channel") && dead.receiver == values.text("receiver")
    };
    let found = outbox::dead(&mut conn).await?.into_iter().find(|dead| is_asked(dead) && dead.is_for(&reader)).ok_or(missing())?;
    if !outbox::revive(&mut conn, &found, site.clock.now()).await? {
        return Err(Refusal::from(Refused::NotDead).into());
    }
    Ok(Redirect::to("/messages/dead").into_response())
}
