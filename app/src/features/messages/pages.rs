//! Pages of messages: the inbox with what was read, and the calendar that a token opens.

use super::channels::calendar;
use super::model::Reader;
use super::store::{self, Received};
use super::{dead, outbox, rules, settings};
use crate::features::authority::{Verb, missing};
use crate::features::identity::keys::{self, Purpose};
use crate::journal::sha256_hex;
use crate::serve::setting;
use crate::web::Site;
use crate::web::extract::{Query, Sent};
use crate::web::forms::seal;
use crate::web::layout::{language_setting, page};
use crate::web::locale::Language;
use crate::web::problem::Problem;
use crate::web::registers::{Asked, Cell, Register};
use crate::web::visitor::Visitor;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use maud::html;

/// Messages that are listed at most.
const MOST_LISTED: u64 = 1_000;

/// Routes of this feature.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/messages", get(inbox))
        .route("/messages/read", post(read_all))
        .route("/messages/{id}/read", post(read))
        .route("/calendar/{token}", get(feed))
        .merge(settings::routes())
        .merge(dead::routes())
}

/// Whoever asks, as messages see them.
pub(super) async fn reader(site: &Site, visitor: &Visitor) -> Result<Reader, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let account = visitor.account.clone().ok_or(Problem::LoginNeeded)?;
    Ok(store::reader(&mut site.reader().await?, &account, site.clock.today()).await?)
}

async fn inbox(State(site): State<Site>, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let reader = reader(&site, &visitor).await?;
    let mut conn = site.reader().await?;
    let tree = site.domain.places.tree(&mut conn).await?;
    let all = store::received(&mut conn, &reader, site.clock.now(), MOST_LISTED).await?;
    let dead = outbox::dead(&mut conn).await?.iter().filter(|dead| dead.is_for(&reader)).count();
    drop(conn);
    let unread = all.iter().filter(|one| one.is_unread).count();
    let newest = all.first().map_or(0, |one| one.notice.number);
    let mut register = Register::new(&visitor, "/messages", "messages.title", &asked)
        .class("messages")
        .column("what", "messages.what")
        .column("when", "messages.when")
        .column("place", "field.place")
        .column("group", "messages.group")
        .column("due", "messages.due")
        .column("standing", "messages.standing")
        .acts();
    for Received { notice, is_unread, elsewhere } in &all {
        let place = tree.get(&notice.place).map(|place| tree.full_name(place)).unwrap_or_default();
        let sentence = notice.sentence(visitor.language, &place);
        let place = match elsewhere {
            0 => place,
            more => visitor.tf("messages.elsewhere", &[("place", place), ("count", more.to_string())]),
        };
        let group = rules::kind(&notice.kind).map(|kind| visitor.t(&format!("message_group.{}", kind.group))).unwrap_or_default();
        let at = crate::clock::civil(notice.recorded_at).strftime("%Y-%m-%d %H:%M").to_string();
        let link = html! { a.unread[*is_unread] href=(notice.link) { (sentence) } @if notice.is_urgent { " " span.lamp.warn { (visitor.t("messages.urgent")) } } };
        let standing = visitor.t(if *is_unread { "messages.unread" } else { "messages.was_read" });
        let act = html! {
            @if *is_unread {
                form.inline method="post" action={ "/messages/" (notice.id) "/read" } { (seal(&visitor)) button.second type="submit" { (visitor.t("messages.mark_read")) } }
            }
        };
        register.row(vec![
            (Cell::Text(sentence), Some(link)),
            (Cell::Text(at), None),
            (if place.is_empty() { Cell::Empty } else { Cell::Text(place) }, None),
            (Cell::Text(group), None),
            (notice.due_on.map_or(Cell::Empty, Cell::Date), notice.due_at.as_ref().map(|at| html! { (at) })),
            (Cell::Text(standing.clone()), Some(html! { span.tag[*is_unread].quiet[!*is_unread] { (standing) } })),
            (Cell::Empty, Some(act)),
        ]);
    }
    let days = rules::inbox();
    let lead = [("unread", days.unread_days.to_string()), ("listed", days.listed_days.to_string())];
    register.respond(&site, "messages.none", |table| {
        let body = html! {
            div.bar {
                h1 { (visitor.t("messages.title")) }
                @if unread > 0 { span.tag { (visitor.tf("messages.unread_count", &[("count", unread.to_string())])) } }
                span.end {}
                @if unread > 0 {
                    form.inline.no-print method="post" action="/messages/read" {
                        (seal(&visitor)) input type="hidden" name="number" value=(newest);
                        button.second type="submit" { (visitor.t("messages.mark_all_read")) }
                    }
                }
                a.button.second.no-print href="/messages/settings" { (visitor.t("messages.settings")) }
            }
            p.lead { (visitor.tf("messages.lead", &lead)) " " a.no-print href="/messages/dead" { (visitor.t("messages.dead")) } @if dead > 0 { " " span.lamp.bad { (dead) } } }
            (table)
        };
        page(&site, &visitor, &visitor.t("messages.title"), body).into_response()
    })
}

async fn read(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>, Sent(values): Sent) -> Result<Response, Problem> {
    let reader = reader(&site, &visitor).await?;
    values.check()?;
    let mut conn = site.db.writer().await?;
    let notice = store::notice(&mut conn, &id).await?.filter(|notice| notice.concerns(&reader)).ok_or(missing())?;
    store::mark_read(&mut conn, &reader.account, &notice).await?;
    Ok(Redirect::to("/messages").into_response())
}

/// Everything up to the newest that the page showed: what came meanwhile stays unread.
async fn read_all(State(site): State<Site>, visitor: Visitor, Sent(values): Sent) -> Result<Response, Problem> {
    let reader = reader(&site, &visitor).await?;
    values.check()?;
    let number = values.opt_number::<u64>("number")?.unwrap_or_default().min(site.head());
    store::mark_all_read(&mut site.db.writer().await?, &reader.account, number).await?;
    Ok(Redirect::to("/messages").into_response())
}

/// The calendar of whoever the token in the address was made for. Programs have no session; the token is all they bring, and what its
/// person may see is asked each time.
async fn feed(State(site): State<Site>, Path(token): Path<String>, headers: HeaderMap) -> Result<Response, Problem> {
    let not_there = || Problem::Refused(missing());
    let token = token.strip_suffix(".ics").ok_or_else(not_there)?;
    let mut conn = site.reader().await?;
    let account = keys::owner(&mut conn, Purpose::Calendar, token).await?.ok_or_else(not_there)?;
    let reader = store::reader(&mut conn, &account, site.clock.today()).await?;
    if !reader.rights.may_somewhere(Verb::Read) {
        return Err(not_there());
    }
    let language = setting(&mut conn, &language_setting(&account)).await?.as_deref().and_then(Language::from_name).unwrap_or_default();
    let origin = setting(&mut conn, "origin").await?.unwrap_or_default();
    let events = calendar::gather(&mut conn, &site.domain, &reader, site.clock.today(), language).await?;
    drop(conn);
    let text = calendar::write(&events, &origin, site.outward.base.as_deref(), language);
    let tag = format!("\"{}\"", &sha256_hex(text.as_bytes())[..32]);
    let kept = [(header::ETAG, tag.clone()), (header::CACHE_CONTROL, "private, no-cache".to_owned())];
    let asked = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if asked.split(',').any(|one| one.trim().trim_start_matches("W/") == tag) {
        return Ok((StatusCode::NOT_MODIFIED, kept).into_response());
    }
    Ok((kept, [(header::CONTENT_TYPE, "text/calendar; charset=utf-8")], text).into_response())
}
