//! Pages of organisations: the list with its form, one organisation with its history.

use super::sheet::Organisations;
use super::model::{Command, Kind};
use super::store::{self, Organisation};
use crate::features::authority::{Verb, missing};
use crate::refusal::Refusal;
use crate::web::extract::{Query, Sent};
use crate::web::forms::{Form, Values, form_response, refusal};
use crate::web::layout::page;
use crate::web::lists::{self, List};
use crate::web::problem::Problem;
use crate::web::registers::{Asked, Cell, Register};
use crate::web::visitor::Visitor;
use crate::web::{Site, locale::Language};
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use maud::{Markup, html};

/// Routes of this feature.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/organisations", get(list).post(register))
        .merge(lists::routes::<Organisations>())
        .route("/organisations/{id}", get(show))
        .route("/organisations/{id}/name", post(rename))
}

fn kinds(language: Language) -> Vec<(String, String)> {
    Kind::ALL.iter().map(|(_, name)| ((*name).to_owned(), language.t(&format!("organisation_kind.{name}")))).collect()
}

async fn list(State(site): State<Site>, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    list_page(&site, &visitor, &asked, &Values::default(), None).await
}

async fn list_page(site: &Site, visitor: &Visitor, asked: &Asked, values: &Values, refused: Option<&Refusal>) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let organisations = store::all(&mut site.reader().await?).await?;
    let may_register = visitor.may(Verb::Govern, "/");
    let mut register = Register::new(visitor, "/organisations", "organisations.title", asked).column("name", "field.name").column("kind", "field.kind");
    for one in organisations {
        let link = html! { a href={ "/organisations/" (one.id) } { (one.name) } };
        let kind = visitor.t(&format!("organisation_kind.{}", one.kind.name()));
        register.row(vec![(Cell::Text(one.name), Some(link)), (Cell::Text(kind), None)]);
    }
    register.respond(site, "organisations.none", |table| {
        let body = html! {
            div.bar { h1 { (visitor.t("organisations.title")) }
                @if may_register { a.button.second.end.no-print href=(Organisations::PATH) { (visitor.t("list_sheet.title")) } }
            }
            p.lead { (visitor.t("organisations.lead")) }
            (table)
            @if may_register {
                h2 { (visitor.t("organisations.register")) }
                (Form::new(visitor, "/organisations", "organisations.register", values)
                    .text("name").choice("kind", kinds(visitor.language), true).refused(refused).render())
            }
        };
        form_response(refused, page(site, visitor, &visitor.t("organisations.title"), body))
    })
}

async fn register(State(site): State<Site>, visitor: Visitor, Sent(values): Sent) -> Result<Response, Problem> {
    visitor.need(Verb::Govern, "/")?;
    let done = async {
        let command = Command::Register { id: values.request_id()?, name: values.text("name").into(), kind: values.choice("kind", Kind::from_name)? };
        site.submit(&visitor, values.request_id()?, command).await
    };
    match done.await {
        Ok(_) => Ok(Redirect::to("/organisations").into_response()),
        Err(problem) => list_page(&site, &visitor, &Asked::default(), &values, Some(&refusal(problem)?)).await,
    }
}

async fn find(site: &Site, visitor: &Visitor, id: &str) -> Result<Organisation, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    Ok(store::get(&mut site.reader().await?, id).await?.ok_or(missing())?)
}

async fn show(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    let organisation = find(&site, &visitor, &id).await?;
    show_page(&site, &visitor, &organisation, &Values::default().with("name", &organisation.name), None)
}

fn show_page(
    site: &Site,
    visitor: &Visitor,
    organisation: &Organisation,
    values: &Values,
    refused: Option<&Refusal>,
) -> Result<Response, Problem> {
    let body: Markup = html! {
        p.crumbs { a href="/organisations" { (visitor.t("organisations.title")) } " ›" }
        h1 { (organisation.name) }
        div.sheet {
            dl.facts {
                dt { (visitor.t("field.kind")) } dd { (visitor.t(&format!("organisation_kind.{}", organisation.kind.name()))) }
                dt { (visitor.t("shell.last_fact")) } dd { a href={ "/facts?subject=" (organisation.id) } { "№ " (organisation.changed_number) } }
            }
        }
        @if organisation.kind == Kind::Contractor { p { a href={ "/wall/contractor?organisation=" (organisation.id) } { (visitor.tf("contractor.all_projects", &[("name", organisation.name.clone())])) } } }
        @if visitor.may(Verb::Govern, "/") {
            h2 { (visitor.t("organisations.rename")) }
            (Form::new(visitor, format!("/organisations/{}/name", organisation.id), "organisations.rename", values)
                .text("name").text("reason").refused(refused).render())
        }
    };
    let markup = page(site, visitor, &organisation.name, body);
    Ok(form_response(refused, markup))
}

async fn rename(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<String>,
    Sent(values): Sent,
) -> Result<Response, Problem> {
    let organisation = find(&site, &visitor, &id).await?;
    visitor.need(Verb::Govern, "/")?;
    let done = async {
        let command = Command::Rename {
            organisation: id.clone(),
            name: values.text("name").into(),
            reason: values.text("reason").into(),
        };
        site.submit(&visitor, values.request_id()?, command).await
    };
    match done.await {
        Ok(_) => Ok(Redirect::to(&format!("/organisations/{id}")).into_response()),
        Err(problem) => show_page(&site, &visitor, &organisation, &values, Some(&refusal(problem)?)),
    }
}
