//! Pages of returns: what is due, a form filled as things stand, and a return as it was sent.

use super::figures::{Form as FilledForm, Part, Row, Subject, Value};
use super::gather::{Stood, gather};
use super::forms;
use super::model::{Command, Sending, Template, digest};
use super::print::{self, Printed, compose, is_number};
use super::sources::{ROWS, Standing, anchor};
use super::store::{self, Return};
use crate::db::Conn;
use crate::features::authority::{Verb, missing};
use crate::features::targets::progress::signed;
use crate::features::rule_sets::pages::source_of;
use crate::features::targets::progress::tenths_text;
use crate::features::{identity, places, plan};
use crate::journal::replay;
use crate::refusal::Refusal;
use crate::web::Site;
use crate::web::extract::{Query, Sent};
use crate::web::forms::{Form, Values, form_response, refusal};
use crate::web::layout::{crumbs, page, shell};
use crate::web::problem::Problem;
use crate::web::registers::{self, Cell, Register};
use crate::web::visitor::Visitor;
use crate::web::past;
use crate::web::papers;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use guatu_kernel::guarantee::{Period, PeriodKind};
use jiff::ToSpan;
use jiff::civil::Date;
use maud::{Markup, html};

/// Returns that the list shows: a year of a daily form, and the weekly and monthly ones beside it.
const SHOWN: u64 = 500;

/// Routes of this feature.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/returns", get(list))
        .merge(forms::routes())
        .route("/returns/{template}", get(preview).post(send))
        .route("/returns/sent/{id}", get(show))
        .route("/returns/sent/{id}/{format}", get(paper))
}

/// A period as people write it.
pub fn period_text(period: Period) -> String {
    match period.kind {
        PeriodKind::Month => period.from.strftime("%Y-%m").to_string(),
        _ if period.from == period.to => period.from.to_string(),
        _ => format!("{} – {}", period.from, period.to),
    }
}

/// What a row is called.
pub fn name_of(visitor: &Visitor, row: &Row) -> String {
    match &row.subject {
        Subject::Project { name } => name.clone(),
        Subject::Programme { programme } => programme_name(visitor, programme.as_deref()),
        Subject::Total => visitor.t("returns.total"),
    }
}

fn programme_name(visitor: &Visitor, programme: Option<&str>) -> String {
    programme.map_or_else(|| visitor.t("returns.no_programme"), |programme| visitor.t(&format!("programme.{programme}")))
}

/// A cell as people read it.
pub fn value_text(visitor: &Visitor, value: &Value) -> String {
    match value {
        Value::Count(number) | Value::Days(number) => number.to_string(),
        Value::ShareE1(tenths) => tenths_text(*tenths),
        Value::PointsE1(tenths) => signed(*tenths),
        Value::On(date) => date.to_string(),
        Value::State(state) => visitor.t(&format!("state.{state}")),
    }
}

/// What a form is called; its id where nothing is known of it.
pub fn template_name(visitor: &Visitor, id: &str, template: Option<&Template>) -> String {
    match template {
        Some(template) => template.name.clone().unwrap_or_else(|| visitor.t(&format!("return_template.{id}"))),
        None => id.to_owned(),
    }
}

/// By which paper a form is asked for.
pub fn template_source(visitor: &Visitor, template: &Template) -> String {
    if template.name.is_none() { source_of(visitor, &template.id, &template.source) } else { template.source.clone() }
}

/// Whether a person may read the whole district, and with it totals, what is said to the city, and the papers.
fn reads_all(tree: &places::Tree, visitor: &Visitor) -> bool {
    tree.places().iter().filter(|place| place.parent.is_none()).all(|root| visitor.may(Verb::Read, &root.path))
}

/// The rows of a form that a person may read: those of which they may read every project, and the total of the whole.
fn readable(form: &FilledForm, tree: &places::Tree, visitor: &Visitor) -> FilledForm {
    let may = |row: &&Row| match row.subject {
        Subject::Total => reads_all(tree, visitor),
        _ => row.projects.iter().all(|id| tree.get(id).is_some_and(|place| visitor.may(Verb::Read, &place.path))),
    };
    let of = |rows: &[Row]| rows.iter().filter(may).cloned().collect::<Vec<Row>>();
    let parts = form.parts.iter().map(|part| Part { programme: part.programme.clone(), rows: of(&part.rows) });
    FilledForm { columns: form.columns.clone(), headings: form.headings.clone(), rows: of(&form.rows), parts: parts.filter(|part| !part.rows.is_empty()).collect() }
}

fn is_empty(form: &FilledForm) -> bool {
    form.rows.is_empty() && form.parts.is_empty()
}

async fn list(State(site): State<Site>, visitor: Visitor, Query(asked): Query<registers::Asked>) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let today = site.clock.today();
    let mut conn = site.reader().await?;
    let tree = site.domain.places.tree(&mut conn).await?;
    let active_since = plan::store::project_plans(&mut conn).await?.into_iter().filter_map(|plan| plan.active_on).min();
    let mut due = Vec::new();
    let templates = store::templates(&mut conn).await?;
    for template in &templates {
        let Ok(period) = template.period_around(template.due(today).from, today) else { continue };
        let sent = store::of_period(&mut conn, &template.id, period.from).await?.into_iter().next();
        // A period that was over before any project was entered here owes nothing.
        let before = template.period_around(period.from.saturating_sub(1.days()), today).ok();
        let missed = match before.filter(|before| active_since.is_some_and(|since| since <= before.to)) {
            Some(before) if store::of_period(&mut conn, &template.id, before.from).await?.is_empty() => Some(before),
            _ => None,
        };
        due.push((template, period, sent, missed));
    }
    let mut sent = store::newest(&mut conn, SHOWN).await?;
    sent.retain(|one| !is_empty(&readable(&one.form, &tree, &visitor)));
    drop(conn);
    let address = |template: &Template, period: &Period| format!("/returns/{}?period={}", template.id, period.from);
    let mut register = Register::new(&visitor, "/returns", "returns.sent", &asked)
        .column("return", "returns.return")
        .column("period", "returns.period")
        .column("sent", "returns.sent_when")
        .column("kind", "returns.correction")
        .number("number", "bulletin.stands_on");
    for one in &sent {
        let template = of_id(&templates, &one.template);
        let name = template_name(&visitor, &one.template, template);
        register.row(vec![
            (Cell::Text(name.clone()), Some(html! { a href={ "/returns/sent/" (one.id) } { (name) } })),
            (Cell::Text(period_text(period_of(one, template))), None),
            (Cell::Date(one.sent_on), None),
            (if one.corrects.is_some() { Cell::Text(visitor.t("returns.correction")) } else { Cell::Empty }, None),
            (Cell::Number(one.frozen_number as f64), Some(html! { "№ " (one.frozen_number) })),
        ]);
    }
    register.respond(&site, "returns.none_sent", |table| {
        let body = html! {
            h1 { (visitor.t("returns.title")) }
            p.lead { (visitor.t("returns.lead")) " " a href=(forms::ADDRESS) { (visitor.t("returns.templates")) } }
            div.scroll tabindex="0" { table {
                thead { tr { th { (visitor.t("returns.return")) } th { (visitor.t("field.state")) } th { (visitor.t("returns.period")) } th { (visitor.t("returns.due_on")) } } }
                tbody { @for (template, period, sent, missed) in &due { tr {
                    td { a href=(address(template, period)) { (template_name(&visitor, &template.id, Some(template))) } }
                    td {
                        @match sent {
                            Some(sent) => a.lamp.good href={ "/returns/sent/" (sent.id) } { (visitor.tf("returns.sent_on", &[("date", sent.sent_on.to_string())])) },
                            None => span.lamp.idle { (visitor.t("returns.not_sent")) },
                        }
                        @if let Some(missed) = missed { " " a.lamp.warn href=(address(template, missed)) { (visitor.tf("returns.missed", &[("period", period_text(*missed))])) } }
                    }
                    td.dates { (period_text(*period)) }
                    td.dates { (template.due_on(*period)) }
                } } }
            } }
            h2 { (visitor.t("returns.sent")) }
            (table)
        };
        page(&site, &visitor, &visitor.t("returns.title"), body).into_response()
    })
}

/// The period of a return: its days stand, whatever has become of its template since.
fn period_of(sent: &Return, template: Option<&Template>) -> Period {
    let kind = template.map_or(PeriodKind::Day, |template| template.content.period);
    Period { kind, from: sent.from, to: sent.to }
}

fn of_id<'a>(templates: &'a [Template], id: &str) -> Option<&'a Template> {
    templates.iter().find(|template| template.id == id)
}

/// `?period=` of any day in it.
#[derive(Debug, Default, serde::Deserialize)]
struct Asked {
    period: Option<Date>,
}

async fn preview(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let template = store::template(&mut site.reader().await?, &id).await?.ok_or(missing())?;
    let today = site.clock.today();
    let day = asked.period.unwrap_or_else(|| template.due(today).from);
    let period = template.period_around(day, today).map_err(Refusal::from)?;
    preview_page(&site, &visitor, &template, period, &Values::default(), None).await
}

/// The form as things stand, and the ledger number it stands on.
async fn filled(conn: &mut Conn, site: &Site, template: &Template, period: Period) -> Result<(FilledForm, u64), Problem> {
    let today = site.clock.today();
    let looked = past::look(site, Some(period.to.min(today))).await?;
    let stood = match looked.then() {
        Some(then) => Stood::read(&mut then.reader().await?, &then.domain, template, period).await?,
        None => Stood::default(),
    };
    // At one moment, so that the number is that of the figures.
    conn.begin_snapshot().await?;
    let number = replay::head_number(conn).await;
    let form = gather(conn, &site.domain, template, period, today, &stood).await;
    conn.rollback().await?;
    Ok((form?, number?))
}

async fn preview_page(site: &Site, visitor: &Visitor, template: &Template, period: Period, values: &Values, refused: Option<&Refusal>) -> Result<Response, Problem> {
    let today = site.clock.today();
    let mut conn = site.reader().await?;
    let (form, number) = filled(&mut conn, site, template, period).await?;
    let tree = site.domain.places.tree(&mut conn).await?;
    let own = readable(&form, &tree, visitor);
    let before = store::of_period(&mut conn, &template.id, period.from).await?;
    // The unit is the one of last time, at first the district.
    let district = tree.places().iter().find(|place| place.parent.is_none()).map(|root| root.attributes.name.clone());
    let unit = store::last_unit(&mut conn).await?.or(district).unwrap_or_default();
    drop(conn);
    let is_whole = reads_all(&tree, visitor);
    let standing = Standing { period, read_on: today, frozen_number: None };
    let mut values = values.clone().with("period", period.from).with("seen", digest(&form));
    if refused.is_none() {
        values = values.with("reporting_unit", unit);
    }
    let mut send = Form::new(visitor, format!("/returns/{}", template.id), "returns.send", &values).refused(refused).hidden("period").hidden("seen").text("reporting_unit");
    if !before.is_empty() {
        send = send.lines("reason", true);
    }
    if refused.is_some_and(|refusal| refusal.field == Some("early")) {
        send = send.extra(html! { label.inline { input type="checkbox" id="field-early" name="early" value="yes"; " " (visitor.t("returns.early")) } });
    }
    let name = template_name(visitor, &template.id, Some(template));
    let body = html! {
        (crumbs(visitor, &[("/returns".to_owned(), visitor.t("returns.title"))]))
        div.bar {
            h1 { (name) " · " (period_text(period)) }
            form.bar.end.no-print method="get" action={ "/returns/" (template.id) } {
                label.inline { (visitor.t("returns.of_day")) " " input type="date" name="period" value=(period.from) max=(today) required; }
                button.second type="submit" { (visitor.t("reports.show_day")) }
            }
        }
        @if !is_whole { div.notice { p { (visitor.t("returns.own_rows")) } } }
        @if let Some(newest) = before.first() { div.notice { p {
            a href={ "/returns/sent/" (newest.id) } { (visitor.tf("returns.sent_already", &[("date", newest.sent_on.to_string()), ("number", newest.frozen_number.to_string())])) }
        } } }
        @if is_empty(&own) { p.empty { (visitor.t("refusal.N-106")) } } @else {
            (table(visitor, &own, standing))
            p.quiet { (visitor.tf("returns.stands_on", &[("number", number.to_string()), ("date", today.to_string())])) @if period.to < today { " " (visitor.tf("targets.of_then", &[("date", period.to.to_string())])) } @else { " " (visitor.tf("returns.still_runs", &[("date", period.to.to_string())])) } }
            @if visitor.may(Verb::Govern, "/") {
                h2 { (visitor.t("returns.send")) }
                p.quiet { (visitor.t(if before.is_empty() { "returns.send_lead" } else { "returns.correct_lead" })) }
                (send.lines("remark", false).render())
            }
        }
        (sources(visitor, Some(template), &form, standing))
    };
    Ok(form_response(refused, shell(site, visitor, &name, "wide", body)))
}

/// A form as a table whose cells open where they come from, and the projects its rows are made of.
fn table(visitor: &Visitor, form: &FilledForm, standing: Standing) -> Markup {
    let head = |heading: String| {
        html! { thead { tr { th { (heading) } @for (at, figure) in form.columns.iter().enumerate() { th.number[is_number(*figure)] { (print::heading(visitor, form, at)) } } } } }
    };
    let cells = |row: &Row| {
        html! { @for (figure, value) in form.columns.iter().zip(&row.cells) {
            td.number[is_number(*figure)] { @match value {
                Some(value) => a href=(standing.address(*figure, row)) { (value_text(visitor, value)) },
                None => span.quiet { "—" },
            } }
        } }
    };
    html! {
        @if !form.rows.is_empty() { div.scroll tabindex="0" { table.return id=(ROWS) {
            (head(print::rows_heading(visitor, form)))
            tbody { @for row in &form.rows { tr.is-total[row.subject == Subject::Total] { th scope="row" { (name_of(visitor, row)) } (cells(row)) } } }
        } } }
        @if !form.parts.is_empty() {
            h2 { (visitor.t("returns.parts")) }
            div.scroll tabindex="0" { table.return {
                (head(visitor.t("place_kind.project")))
                @for part in &form.parts { tbody id=(anchor(part.programme.as_deref())) {
                    tr.group { th scope="rowgroup" colspan=(form.columns.len() + 1) { (programme_name(visitor, part.programme.as_deref())) } }
                    @for row in &part.rows { tr { th scope="row" { (name_of(visitor, row)) } (cells(row)) } }
                } }
            } }
        }
    }
}

/// Where each figure comes from and of when it is, and by which paper the form is asked for.
fn sources(visitor: &Visitor, template: Option<&Template>, form: &FilledForm, standing: Standing) -> Markup {
    html! {
        details.no-print { summary { (visitor.t("returns.sources")) }
            div.scroll tabindex="0" { table {
                thead { tr { th { (visitor.t("returns.column")) } th { (visitor.t("returns.source")) } th { (visitor.t("returns.basis")) } } }
                tbody { @for (at, figure) in form.columns.iter().enumerate() { tr {
                    td { (print::heading(visitor, form, at)) } td { (print::source(visitor, *figure)) } td.dates { (standing.basis(*figure)) }
                } } }
            } }
        }
        @if let Some(template) = template { p.quiet { (visitor.tf("returns.template_source", &[("source", template_source(visitor, template)), ("from", template.from.to_string())])) } }
    }
}

async fn send(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>, Sent(values): Sent) -> Result<Response, Problem> {
    visitor.need(Verb::Govern, "/")?;
    let template = store::template(&mut site.reader().await?, &id).await?.ok_or(missing())?;
    let period = template.period_around(values.date("period")?, site.clock.today()).map_err(Refusal::from)?;
    let done = async {
        let (form, frozen_number) = filled(&mut site.reader().await?, &site, &template, period).await?;
        let id = values.request_id()?;
        let command = Command::Send(Sending {
            id: id.clone(),
            template: template.id.clone(),
            from: values.date("period")?,
            unit: values.text("reporting_unit").into(),
            form,
            seen: values.text("seen").into(),
            frozen_number,
            remark: values.text("remark").into(),
            reason: values.text("reason").into(),
            is_early: values.text("early") == "yes",
        });
        site.submit(&visitor, id.clone(), command).await?;
        Ok::<String, Problem>(id)
    };
    match done.await {
        Ok(id) => Ok(Redirect::to(&format!("/returns/sent/{id}")).into_response()),
        Err(problem) => preview_page(&site, &visitor, &template, period, &values, Some(&refusal(problem)?)).await,
    }
}

/// A return that this person may read a row of, with the rows they may read, its form, and whether they may read all.
async fn sent_to(conn: &mut Conn, site: &Site, visitor: &Visitor, id: &str) -> Result<(Return, Option<Template>, Standing, bool), Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let mut sent = store::sent(conn, id).await?.ok_or(missing())?;
    let tree = site.domain.places.tree(conn).await?;
    let own = readable(&sent.form, &tree, visitor);
    if is_empty(&own) {
        return Err(missing().into());
    }
    sent.form = own;
    let template = store::template(conn, &sent.template).await?;
    let period = period_of(&sent, template.as_ref());
    let standing = Standing { period, read_on: sent.sent_on, frozen_number: Some(sent.frozen_number) };
    Ok((sent, template, standing, reads_all(&tree, visitor)))
}

async fn show(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let (sent, template, standing, is_whole) = sent_to(&mut conn, &site, &visitor, &id).await?;
    let names = identity::names(&mut conn).await?;
    let all = store::of_period(&mut conn, &sent.template, sent.from).await?;
    let name = template_name(&visitor, &sent.template, template.as_ref());
    let link = |one: &Return| html! { a href={ "/returns/sent/" (one.id) } { (visitor.tf("returns.sent_on", &[("date", one.sent_on.to_string())])) " · № " (one.frozen_number) } };
    let body = html! {
        (crumbs(&visitor, &[("/returns".to_owned(), visitor.t("returns.title"))]))
        div.bar {
            h1 { (name) " · " (period_text(standing.period)) }
            @if sent.corrects.is_some() { span.tag { (visitor.t("returns.correction")) } }
            span.end {}
            @if is_whole { @for (format, name) in [("xlsx", "Excel"), ("pdf", "PDF"), ("docx", "DOCX")] { a.button.second.no-print href={ "/returns/sent/" (sent.id) "/" (format) } { (name) } } }
        }
        @if !is_whole { div.notice { p { (visitor.t("returns.own_rows")) } } }
        @if let Some(later) = all.iter().find(|one| one.corrects.as_deref() == Some(&sent.id)) { div.notice { p { (visitor.t("returns.corrected_by")) " " (link(later)) } } }
        (table(&visitor, &sent.form, standing))
        dl.facts {
            @if !sent.unit.is_empty() { dt { (visitor.t("field.reporting_unit")) } dd { (sent.unit) } }
            dt { (visitor.t("returns.sent_by")) } dd { (names.get(&sent.sent_by).map_or("—", String::as_str)) " " (sent.sent_on) " " @if is_whole { a href={ "/facts?subject=" (sent.id) } { "№ " (sent.number) } } }
            dt { (visitor.t("bulletin.stands_on")) } dd { (visitor.tf("bulletin.frozen", &[("number", sent.frozen_number.to_string())])) }
            @if is_whole && !sent.remark.is_empty() { dt { (visitor.t("field.remark")) } dd { (sent.remark) } }
            @if let Some(earlier) = sent.corrects.as_ref().and_then(|id| all.iter().find(|one| one.id == *id)) {
                dt { (visitor.t("returns.corrects")) } dd { (link(earlier)) }
                @if is_whole { dt { (visitor.t("field.reason")) } dd { (sent.reason) } }
            }
        }
        (sources(&visitor, template.as_ref(), &sent.form, standing))
    };
    Ok(shell(&site, &visitor, &name, "wide", body).into_response())
}

async fn paper(State(site): State<Site>, visitor: Visitor, Path((id, format)): Path<(String, String)>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let (sent, template, standing, is_whole) = sent_to(&mut conn, &site, &visitor, &id).await?;
    if !is_whole {
        return Err(missing().into());
    }
    let names = identity::names(&mut conn).await?;
    let corrected = match &sent.corrects {
        Some(id) => store::sent(&mut conn, id).await?,
        None => None,
    };
    drop(conn);
    let name = format!("guatu-{}-{}", sent.template.replace('_', "-"), sent.from);
    let sender = names.get(&sent.sent_by).map_or("", String::as_str);
    let printed = Printed { sent: &sent, template: template.as_ref(), standing, corrected: corrected.as_ref(), sender };
    if format == "xlsx" {
        return Ok(papers::saved(print::workbook(&site, &visitor, &printed)?, papers::XLSX, &format!("{name}.xlsx")));
    }
    papers::download(&visitor, compose(&site, &visitor, &printed), &format, &name).await
}
