//! The page of what was found, best kinds first.

use crate::features::authority::Verb;
use crate::features::places::model::Kind;
use crate::features::places::store::Place;
use crate::features::{identity, orders, organisations};
use crate::names::{self, sort_key};
use crate::web::Site;
use crate::web::extract::Query;
use crate::web::layout::page;
use crate::web::problem::{Problem, form_urlencoded};
use crate::web::visitor::Visitor;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use maud::{Markup, html};
use std::collections::BTreeMap;

/// Finds shown of each kind: more than these asks for a longer query.
const SHOWN: usize = 30;

/// Routes of this feature.
pub fn routes() -> Router<Site> {
    Router::new().route("/search", get(search))
}

/// What an address asks for.
#[derive(Debug, Default, serde::Deserialize)]
struct Asked {
    find: Option<String>,
}

async fn search(State(site): State<Site>, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let typed = asked.find.unwrap_or_default();
    let found = match names::Query::new(&typed) {
        None => Vec::new(),
        Some(query) => vec![
            ("search.places", places(&site, &visitor, &query).await?),
            ("search.orders", orders(&site, &visitor, &query).await?),
            ("search.people", people(&site, &visitor, &query).await?),
            ("search.organisations", organisations(&site, &query).await?),
        ],
    };
    let is_empty = found.iter().all(|(_, rows)| rows.is_empty());
    let body = html! {
        h1 { (visitor.t("search.title")) }
        form.register method="get" action="/search" role="search" {
            label { span { (visitor.t("register.find")) } input type="search" name="find" value=(typed) maxlength="100" placeholder=(visitor.t("register.find_hint")); }
            button type="submit" { (visitor.t("register.look")) }
        }
        @for (title, rows) in &found { @if !rows.is_empty() {
            h2 { (visitor.t(title)) " " span.tag { (rows.len()) } }
            ul.entries { @for row in rows.iter().take(SHOWN) { li { (row) } } }
            @if rows.len() > SHOWN { p.quiet { (visitor.tf("search.more", &[("count", (rows.len() - SHOWN).to_string())])) } }
        } }
        @if is_empty && !typed.trim().is_empty() { p.empty { (visitor.t("register.nothing_found")) } }
    };
    Ok(page(&site, &visitor, &visitor.t("search.title"), body).into_response())
}

/// Places by their names: projects before what stands in them.
async fn places(site: &Site, visitor: &Visitor, query: &names::Query) -> Result<Vec<Markup>, Problem> {
    let tree = site.domain.places.tree(&mut site.reader().await?).await?;
    let mut found: Vec<&Place> =
        tree.places().iter().filter(|place| visitor.may(Verb::Read, &place.path) && query.is_in(&place.attributes.name)).collect();
    found.sort_by_key(|place| (place.kind != Kind::Project, place.path.matches('/').count()));
    let row = |place: &&Place| {
        let mut above: Vec<&str> = tree
            .lineage(place)
            .skip(1)
            .filter(|other| visitor.may(Verb::Read, &other.path))
            .map(|other| other.attributes.name.as_str())
            .collect();
        above.reverse();
        let id = form_urlencoded(&place.id);
        html! {
            a href={ "/places/" (place.id) } { (place.attributes.name) } " " span.tag { (visitor.t(&format!("place_kind.{}", place.kind.name()))) }
            @if !above.is_empty() { " " span.quiet { (above.join(" › ")) } }
            br; span.quiet { a href={ "/wall?place=" (id) } { (visitor.t("nav.wall")) } " · " a href={ "/targets?place=" (id) } { (visitor.t("nav.targets")) } " · " a href={ "/round?place=" (id) } { (visitor.t("nav.round")) } }
        }
    };
    Ok(found.iter().map(row).collect())
}

/// Orders by their titles, the newest first.
async fn orders(site: &Site, visitor: &Visitor, query: &names::Query) -> Result<Vec<Markup>, Problem> {
    let mut conn = site.reader().await?;
    let tree = site.domain.places.tree(&mut conn).await?;
    let mut found = orders::store::titles(&mut conn).await?;
    found.retain(|one| query.is_in(&one.title) && tree.get(&one.place).is_some_and(|place| visitor.may(Verb::Read, &place.path)));
    let row = |one: &orders::store::Titled| {
        let place = tree.get(&one.place).map_or("—", |place| place.attributes.name.as_str());
        html! { a href={ "/orders/" (one.id) } { (one.title) } " " span.tag { (visitor.t(&format!("order_stage.{}", one.stage.name()))) } " " span.quiet { (place) } }
    };
    Ok(found.iter().map(row).collect())
}

/// People who hold a post where this person may read, with their posts.
async fn people(site: &Site, visitor: &Visitor, query: &names::Query) -> Result<Vec<Markup>, Problem> {
    let mut conn = site.reader().await?;
    let today = site.clock.today();
    let tree = site.domain.places.tree(&mut conn).await?;
    let names = identity::names(&mut conn).await?;
    let mut found: BTreeMap<(String, String), (String, Vec<String>)> = BTreeMap::new();
    for post in identity::store::posts(&mut conn).await? {
        let is_held = post.from <= today && post.to.is_none_or(|to| to >= today) && !post.role.is_administrator();
        let place = post.place.as_deref().and_then(|id| tree.get(id));
        let path = if post.place.is_none() { Some("/") } else { place.map(|place| place.path.as_str()) };
        // Whoever answers for the whole is known below it; whoever works elsewhere is not.
        let is_near = path.is_some_and(|path| visitor.may(Verb::Read, path) || visitor.rights.posts.iter().any(|(_, root)| root.starts_with(path)));
        let Some(name) = names.get(&post.account).filter(|name| is_held && is_near && query.is_in(name)) else { continue };
        let role = visitor.t(&format!("role.{}", post.role.name()));
        let at = place.map_or_else(String::new, |place| format!(" · {}", place.attributes.name));
        let (_, posts) = found.entry((sort_key(name).0, post.account.clone())).or_insert_with(|| (name.clone(), Vec::new()));
        posts.push(format!("{role}{at}"));
    }
    Ok(found.into_values().map(|(name, posts)| html! { strong { (name) } " " span.quiet { (visitor.list(posts)) } }).collect())
}

async fn organisations(site: &Site, query: &names::Query) -> Result<Vec<Markup>, Problem> {
    let mut found = organisations::all(&mut site.reader().await?).await?;
    found.retain(|one| query.is_in(&one.name));
    found.sort_by_cached_key(|one| sort_key(&one.name));
    Ok(found.iter().map(|one| html! { a href={ "/organisations/" (one.id) } { (one.name) } }).collect())
}
