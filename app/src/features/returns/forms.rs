//! Pages of the forms that are asked for: their list, the page on which a district adopts one, and the one on which it ends one.

use super::figures::Figure;
use super::model::{Adopting, Command, Content, Refused, Rows, Template};
use super::pages::{template_name, template_source};
use super::{print, store};
use crate::features::authority::{Verb, missing};
use crate::refusal::Refusal;
use crate::web::Site;
use crate::web::extract::{Query, Sent};
use crate::web::forms::{Form, Values, form_response, refusal, unreadable};
use crate::web::layout::{crumbs, page, shell};
use crate::web::problem::{Problem, form_urlencoded};
use crate::web::registers::{Asked, Cell, Register};
use crate::web::visitor::Visitor;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use guatu_kernel::guarantee::PeriodKind;
use maud::{Markup, html};

/// Where the list stands.
pub const ADDRESS: &str = "/returns/forms";

/// Routes of these pages, among those of returns.
pub fn routes() -> Router<Site> {
    Router::new()
        .route(ADDRESS, get(list))
        .route("/returns/forms/new", get(blank).post(adopt))
        .route("/returns/forms/{template}/end", get(ending).post(end))
}

async fn list(State(site): State<Site>, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let templates = store::templates(&mut site.reader().await?).await?;
    let today = site.clock.today();
    let may_change = visitor.may(Verb::Govern, "/");
    let mut register = Register::new(&visitor, ADDRESS, "returns.templates", &asked)
        .column("name", "field.name")
        .column("period", "returns.period")
        .column("rows", "returns.rows_of")
        .number("columns", "returns.columns")
        .number("due_days", "returns.due_after")
        .column("from", "field.from")
        .column("to", "field.to")
        .column("source", "field.source")
        .column("state", "field.state");
    for template in templates.iter().rev() {
        let called = template_name(&visitor, &template.id, Some(template));
        let id = form_urlencoded(&template.id);
        let acts = may_change.then(|| html! {
            span.no-print { " " a href={ "/returns/forms/new?copy=" (id) } { (visitor.t("rule_sets.copy")) } @if template.to.is_none() { " " a href={ "/returns/forms/" (id) "/end" } { (visitor.t("returns.end")) } } }
        });
        let (state, lamp) = match template.to {
            Some(to) if to < today => ("returns.has_ended", "idle"),
            _ if template.from > today => ("rule_sets.to_come", "idle"),
            _ => ("rule_sets.in_force", "good"),
        };
        let state = visitor.t(state);
        let content = &template.content;
        register.row(vec![
            (Cell::Text(called.clone()), Some(html! { a href={ "/returns/" (id) } { (called) } @if let Some(acts) = acts { (acts) } })),
            (Cell::Text(period_name(&visitor, content.period)), None),
            (Cell::Text(rows_name(&visitor, content.rows)), None),
            (Cell::Number(content.columns.len() as f64), None),
            (Cell::Number(f64::from(content.due_days)), None),
            (Cell::Date(template.from), None),
            (template.to.map_or(Cell::Empty, Cell::Date), None),
            (Cell::Text(template_source(&visitor, template)), None),
            (Cell::Text(state.clone()), Some(html! { span class={ "lamp " (lamp) } { (state) } })),
        ]);
    }
    register.respond(&site, "returns.no_templates", |table| {
        let body = html! {
            (crumbs(&visitor, &[("/returns".to_owned(), visitor.t("returns.title"))]))
            div.bar {
                h1 { (visitor.t("returns.templates")) }
                @if may_change { a.button.end.no-print href="/returns/forms/new" { (visitor.t("returns.adopt")) } }
            }
            p.lead { (visitor.t("returns.templates_lead")) }
            (table)
        };
        shell(&site, &visitor, &visitor.t("returns.templates"), "wide", body).into_response()
    })
}

fn period_name(visitor: &Visitor, kind: PeriodKind) -> String {
    visitor.t(&format!("period.{}", kind.name()))
}

fn rows_name(visitor: &Visitor, rows: Rows) -> String {
    visitor.t(&format!("return_rows.{}", rows.name()))
}

/// Which form is copied; none for one that begins empty.
#[derive(Debug, Default, serde::Deserialize)]
struct Copied {
    copy: Option<String>,
}

async fn blank(State(site): State<Site>, visitor: Visitor, Query(asked): Query<Copied>) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    visitor.need(Verb::Govern, "/")?;
    let mut values = Values::default().with("from", site.clock.today()).with("due_days", 1).with("return_rows", Rows::Projects.name());
    if let Some(id) = &asked.copy {
        let template = store::template(&mut site.reader().await?, id).await?.ok_or(missing())?;
        values = written(&template, values);
    }
    Ok(adopt_page(&site, &visitor, &values, None))
}

/// A form as the fields of the page hold it.
fn written(template: &Template, values: Values) -> Values {
    let content = &template.content;
    let mut values = values
        .with("return_period", content.period.name())
        .with("return_rows", content.rows.name())
        .with("due_days", content.due_days);
    for (at, figure) in content.columns.iter().enumerate() {
        let heading = content.headings.get(at).map_or("", String::as_str);
        values = values.with(&position_field(*figure), at + 1).with(&heading_field(*figure), heading);
    }
    values
}

fn position_field(figure: Figure) -> String {
    format!("at.{}", figure.name())
}

fn heading_field(figure: Figure) -> String {
    format!("heading.{}", figure.name())
}

fn adopt_page(site: &Site, visitor: &Visitor, values: &Values, refused: Option<&Refusal>) -> Response {
    let periods = PeriodKind::ALL.iter().map(|kind| (kind.name().to_owned(), period_name(visitor, *kind))).collect();
    let rows = Rows::ALL.iter().map(|rows| (rows.name().to_owned(), rows_name(visitor, *rows))).collect();
    let form = Form::new(visitor, "/returns/forms/new", "returns.adopt", values)
        .refused(refused)
        .text("name")
        .choice("return_period", periods, true)
        .choice("return_rows", rows, true)
        .number("due_days")
        .date("from", true)
        .text("source")
        .text("reason")
        .extra(columns(visitor, values, refused.is_some_and(|refusal| refusal.field == Some("columns"))));
    let body = html! {
        (crumbs(visitor, &[("/returns".to_owned(), visitor.t("returns.title")), (ADDRESS.to_owned(), visitor.t("returns.templates"))]))
        h1 { (visitor.t("returns.adopt")) }
        p.lead { (visitor.t("returns.adopt_lead")) }
        (form.render())
    };
    form_response(refused, page(site, visitor, &visitor.t("returns.adopt"), body))
}

/// Every figure the program can fill in: at which column it stands on the form, and what the form calls it.
fn columns(visitor: &Visitor, values: &Values, is_wrong: bool) -> Markup {
    html! {
        fieldset.field.is-wrong[is_wrong] id="field-columns" tabindex="-1" {
            legend { (visitor.t("returns.columns_of")) }
            p.hint { (visitor.t("returns.columns_hint")) }
            div.scroll tabindex="0" { table.positions {
                thead { tr { th { (visitor.t("returns.position")) } th { (visitor.t("returns.column")) } th { (visitor.t("returns.heading")) } } }
                tbody { @for figure in Figure::ALL {
                    @let (name, position, heading) = (print::figure_name(visitor, *figure), position_field(*figure), heading_field(*figure));
                    tr {
                        td { input name=(position) inputmode="numeric" maxlength="2" value=(values.text(&position)) aria-label={ (visitor.t("returns.position")) " " (name) }; }
                        td { (name) span.quiet.source { (print::source(visitor, *figure)) } }
                        td { input name=(heading) maxlength="40" value=(values.text(&heading)) placeholder=(name) aria-label={ (visitor.t("returns.heading")) " " (name) }; }
                    }
                } }
            } }
        }
    }
}

/// The columns that were typed, in the order of their positions. Two at one position are none.
fn read_columns(values: &Values) -> Result<(Vec<Figure>, Vec<String>), Refusal> {
    let mut found: Vec<(u8, Figure, String)> = Vec::new();
    for figure in Figure::ALL {
        let position = position_field(*figure);
        let position = values.text(&position);
        if !position.is_empty() {
            let at = position.parse().ok().filter(|at| *at > 0).ok_or(unreadable("G-107", "columns"))?;
            found.push((at, *figure, values.text(&heading_field(*figure)).to_owned()));
        }
    }
    found.sort_by_key(|(at, ..)| *at);
    if found.windows(2).any(|pair| pair[0].0 == pair[1].0) {
        return Err(Refused::SamePosition.into());
    }
    let columns = found.iter().map(|(_, figure, _)| *figure).collect();
    let headings: Vec<String> = found.into_iter().map(|(.., heading)| heading).collect();
    Ok((columns, if headings.iter().all(String::is_empty) { Vec::new() } else { headings }))
}

async fn adopt(State(site): State<Site>, visitor: Visitor, Sent(values): Sent) -> Result<Response, Problem> {
    visitor.need(Verb::Govern, "/")?;
    let done = async {
        let id = values.request_id()?;
        let (columns, headings) = read_columns(&values)?;
        let command = Command::Adopt(Adopting {
            template: id.clone(),
            name: values.text("name").into(),
            source: values.text("source").into(),
            from: values.date("from")?,
            content: Content {
                period: values.choice("return_period", PeriodKind::from_name)?,
                rows: values.choice("return_rows", Rows::from_name)?,
                due_days: values.opt_number("due_days")?.ok_or(unreadable("G-107", "due_days"))?,
                columns,
                headings,
            },
            reason: values.text("reason").into(),
        });
        site.submit(&visitor, id.clone(), command).await?;
        Ok::<String, Problem>(id)
    };
    match done.await {
        Ok(id) => Ok(Redirect::to(&format!("/returns/{}", form_urlencoded(&id))).into_response()),
        Err(problem) => Ok(adopt_page(&site, &visitor, &values, Some(&refusal(problem)?))),
    }
}

async fn ending(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    visitor.need(Verb::Govern, "/")?;
    let template = store::template(&mut site.reader().await?, &id).await?.ok_or(missing())?;
    Ok(end_page(&site, &visitor, &template, &Values::default().with("to", site.clock.today()), None))
}

fn end_page(site: &Site, visitor: &Visitor, template: &Template, values: &Values, refused: Option<&Refusal>) -> Response {
    let action = format!("/returns/forms/{}/end", form_urlencoded(&template.id));
    let form = Form::new(visitor, action, "returns.end", values).refused(refused).date("to", true).text("reason");
    let title = visitor.labelled(visitor.t("returns.end"), &template_name(visitor, &template.id, Some(template)));
    let body = html! {
        (crumbs(visitor, &[("/returns".to_owned(), visitor.t("returns.title")), (ADDRESS.to_owned(), visitor.t("returns.templates"))]))
        h1 { (title) }
        p.lead { (visitor.t("returns.end_lead")) }
        (form.render())
    };
    form_response(refused, page(site, visitor, &title, body))
}

async fn end(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>, Sent(values): Sent) -> Result<Response, Problem> {
    visitor.need(Verb::Govern, "/")?;
    let template = store::template(&mut site.reader().await?, &id).await?.ok_or(missing())?;
    let done = async {
        let command = Command::End { template: template.id.clone(), to: values.date("to")?, reason: values.text("reason").into() };
        site.submit(&visitor, values.request_id()?, command).await
    };
    match done.await {
        Ok(_) => Ok(Redirect::to(ADDRESS).into_response()),
        Err(problem) => Ok(end_page(&site, &visitor, &template, &values, Some(&refusal(problem)?))),
    }
}
