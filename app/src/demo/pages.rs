//! Stepping into the posts of a demonstration: for its system administrator, and only in a folder marked as one.

use crate::features::authority::{Verb, missing};
use crate::features::identity::{self, model::Role};
use crate::features::places;
use crate::web::Site;
use crate::web::extract::Sent;
use crate::web::forms::token;
use crate::web::layout::page;
use crate::web::problem::Problem;
use crate::web::visitor::Visitor;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post};
use maud::{Markup, html};

/// Routes of the demonstration; none in any other folder.
pub fn routes(is_demo: bool) -> Router<Site> {
    if !is_demo {
        return Router::new();
    }
    Router::new().route("/demo", get(show)).route("/demo/{account}", post(step_in))
}

/// Lets in the system administrator of a demonstration. The stamp is asked again here, so that a route that slipped
/// into another folder would still answer as if it were not there.
fn check(site: &Site, visitor: &Visitor) -> Result<(), Problem> {
    if !site.stamps.is_demo {
        return Err(missing().into());
    }
    visitor.need_somewhere(Verb::Administer)
}

/// Invented people: those with a post that is no administrator's.
async fn roles(site: &Site) -> Result<Vec<identity::store::Post>, Problem> {
    let today = site.clock.today();
    let mut posts = identity::store::posts(&mut site.reader().await?).await?;
    posts.retain(|post| post.account.starts_with(super::ACCOUNT_PREFIX) && post.to.is_none_or(|to| to >= today));
    posts.retain(|post| !post.role.is_administrator());
    Ok(posts)
}

async fn show(State(site): State<Site>, visitor: Visitor) -> Result<Markup, Problem> {
    check(&site, &visitor)?;
    let posts = roles(&site).await?;
    let mut conn = site.reader().await?;
    let names = identity::names(&mut conn).await?;
    let places = places::all(&mut conn).await?;
    let place_name = |id: &Option<String>| match id {
        Some(id) => places
            .iter()
            .find(|place| place.id == *id)
            .map_or_else(|| id.clone(), |place| place.attributes.name.clone()),
        None => visitor.t("demo.everywhere"),
    };
    let body = html! {
        h1 { (visitor.t("demo.title")) }
        div.notice role="note" { p { (visitor.t("demo.lead")) } }
        div.scroll tabindex="0" { table {
            thead { tr { th { (visitor.t("field.account")) } th { (visitor.t("field.role")) } th { (visitor.t("field.place")) } th { (visitor.t("shell.acts")) } } }
            tbody {
                @for one in &posts {
                    tr {
                        td { (names.get(&one.account).map_or("—", String::as_str)) }
                        td { (role_name(&visitor, one.role)) }
                        td { (place_name(&one.place)) }
                        td { form method="post" action={ "/demo/" (one.account) } { (token(&visitor)) button.second type="submit" { (visitor.t("demo.step_in")) } } }
                    }
                }
                @if posts.is_empty() { tr { td.empty colspan="4" { (visitor.t("demo.nobody")) } } }
            }
        } }
    };
    Ok(page(&site, &visitor, &visitor.t("demo.title"), body))
}

fn role_name(visitor: &Visitor, role: Role) -> String {
    visitor.t(&format!("role.{}", role.name()))
}

/// Opens a session for an invented person. The administrator's own session ends in this browser.
async fn step_in(
    State(site): State<Site>,
    visitor: Visitor,
    Path(account): Path<String>,
    Sent(values): Sent,
) -> Result<Response, Problem> {
    check(&site, &visitor)?;
    values.check()?;
    if !roles(&site).await?.iter().any(|post| post.account == account) {
        return Err(missing().into());
    }
    identity::pages::start_session(&site, &account, "/wall").await
}
