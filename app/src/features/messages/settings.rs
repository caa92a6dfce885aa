//! Pages of how one wants to be told, and of the robots of places.

use super::channels::mail::is_address;
use super::model::{Channel, Command, Refused, fit, masked};
use super::pages::reader;
use super::store::{self, Robot, Wishes};
use super::{outbox, rules};
use crate::features::authority::{Verb, missing};
use crate::features::identity::keys::{self, Purpose};
use crate::features::identity::{self, session};
use crate::features::places::model::Kind;
use crate::refusal::Refusal;
use crate::web::Site;
use crate::web::extract::Sent;
use crate::web::forms::{Form, Values, error_summary, form_response, refusal, seal};
use crate::web::layout::{crumbs, page};
use crate::web::problem::{self, Problem};
use crate::web::visitor::Visitor;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use jiff::civil::Time;
use maud::{Markup, html};

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/messages/settings", get(show).post(keep))
        .route("/messages/mail/code", post(send_code))
        .route("/messages/mail/confirm", post(confirm))
        .route("/messages/calendar", post(make_calendar))
        .route("/messages/calendar/end", post(end_calendar))
        .route("/messages/robots", post(add))
        .route("/messages/robots/{id}/remove", get(remove_form).post(remove))
}

/// Which of the page's forms is shown again, with why.
#[derive(Clone, Copy)]
enum Again<'a> {
    Nothing,
    Wishes(&'a Values, &'a Refusal),
    Code(&'a Refusal),
    Robot(&'a Values, &'a Refusal),
    /// The address of a new calendar, shown once.
    Calendar(&'a str),
}

async fn show(State(site): State<Site>, visitor: Visitor) -> Result<Response, Problem> {
    settings_page(&site, &visitor, Again::Nothing).await
}

/// Groups that a form's boxes chose.
fn ticked(values: &Values, prefix: &str) -> Vec<String> {
    rules::groups().iter().filter(|group| !values.text(&format!("{prefix}{group}")).is_empty()).cloned().collect()
}

fn boxes<'a>(
    visitor: &Visitor,
    prefix: &str,
    groups: impl Iterator<Item = &'a String>,
    is_ticked: impl Fn(&str) -> bool,
) -> Markup {
    html! {
        div.boxes { @for group in groups {
            label.inline { input type="checkbox" name={ (prefix) (group) } value="1" checked[is_ticked(group)]; " " (visitor.t(&format!("message_group.{group}"))) }
        } }
    }
}

async fn settings_page(site: &Site, visitor: &Visitor, again: Again<'_>) -> Result<Response, Problem> {
    let reader = reader(site, visitor).await?;
    let mut conn = site.reader().await?;
    let wishes = store::wishes(&mut conn, &reader.account).await?;
    let tree = site.domain.places.tree(&mut conn).await?;
    let mut robots: Vec<(Robot, String, String)> = Vec::new();
    for robot in store::robots(&mut conn).await? {
        let Some(place) = tree.get(&robot.place).filter(|place| visitor.may(Verb::Govern, &place.path)) else { continue };
        let shown = store::secret(&mut conn, &robot.id).await?.map_or_else(|| "—".to_owned(), |(address, _)| masked(&address));
        robots.push((robot, tree.full_name(place), shown));
    }
    let names = identity::names(&mut conn).await?;
    drop(conn);
    let refused = match again {
        Again::Wishes(_, refused) | Again::Robot(_, refused) | Again::Code(refused) => Some(refused),
        _ => None,
    };
    let body = html! {
        (crumbs(visitor, &[("/messages".to_owned(), visitor.t("messages.title"))]))
        h1 { (visitor.t("messages.settings")) }
        @if let Again::Calendar(address) = again { (new_calendar(site, visitor, address)) }
        div.columns {
            section.sheet { h2 { (visitor.t("messages.by_mail")) } (code_form(site, visitor, &wishes, again)) (wishes_form(site, visitor, &wishes, again)) }
            section.sheet { h2 { (visitor.t("messages.calendar")) } (calendar_form(visitor, &wishes)) }
        }
        @if visitor.rights.may_somewhere(Verb::Govern) {
            section.sheet id="robots" {
                h2 { (visitor.t("messages.robots")) }
                p.quiet { (visitor.t("messages.robots_lead")) }
                @if robots.is_empty() { p.empty { (visitor.t("messages.no_robots")) } } @else {
                    div.scroll tabindex="0" { table {
                        thead { tr { th { (visitor.t("field.name")) } th { (visitor.t("field.channel")) } th { (visitor.t("field.place")) } th { (visitor.t("field.groups")) } th { (visitor.t("field.address")) } th { (visitor.t("messages.added_by")) } th { (visitor.t("shell.acts")) } } }
                        tbody { @for (robot, place, shown) in &robots { tr {
                            td { (robot.name) } td { (visitor.t(&format!("channel.{}", robot.channel.name()))) } td { (place) }
                            td { (visitor.list(robot.groups.iter().map(|group| visitor.t(&format!("message_group.{group}"))))) }
                            td { code { (shown) } }
                            td { (names.get(&robot.added_by).map_or("—", String::as_str)) " " span.quiet { (robot.added_on) } }
                            td { a.no-print href={ "/messages/robots/" (robot.id) "/remove" } { (visitor.t("messages.remove_robot")) } }
                        } } }
                    } }
                }
                details.no-print open[matches!(again, Again::Robot(..))] { summary { (visitor.t("messages.add_robot")) } (robot_form(site, visitor, &tree, again)) }
            }
        }
    };
    Ok(form_response(refused, page(site, visitor, &visitor.t("messages.settings"), body)))
}

fn wishes_form(site: &Site, visitor: &Visitor, wishes: &Wishes, again: Again<'_>) -> Markup {
    let (typed, refused) = match again {
        Again::Wishes(values, refused) => (Some(values), Some(refused)),
        _ => (None, None),
    };
    let quiet = |at: fn(&(Time, Time)) -> Time| wishes.quiet.as_ref().map(|quiet| at(quiet).strftime("%H:%M").to_string()).unwrap_or_default();
    let shown = |name: &str, kept: String| typed.map_or(kept, |values| values.text(name).to_owned());
    let fields = [
        ("mail", "email", shown("mail", wishes.mail_asked.clone().or_else(|| wishes.mail.clone()).unwrap_or_default())),
        ("quiet_from", "time", shown("quiet_from", quiet(|quiet| quiet.0))),
        ("quiet_to", "time", shown("quiet_to", quiet(|quiet| quiet.1))),
    ];
    let chosen = typed.map(|values| ticked(values, "mailed_"));
    html! {
        (error_summary(visitor, refused))
        @if site.outward.mailer.is_none() { p.notice { (visitor.t("messages.no_mailer")) } }
        form.fields method="post" action="/messages/settings" {
            (seal(visitor))
            @for (name, kind, value) in &fields {
                @let wrong = refused.filter(|refused| refused.field == Some(name));
                div.field.is-wrong[wrong.is_some()] {
                    label for={ "field-" (name) } { (visitor.t(&format!("field.{name}"))) span.quiet { " " (visitor.t("shell.optional")) } }
                    @if let Some(refused) = wrong { p.error id={ "field-" (name) "-error" } { (problem::sentence(visitor, refused)) } }
                    input id={ "field-" (name) } name=(name) type=(kind) value=(value) aria-invalid=[wrong.map(|_| "true")] aria-describedby=[wrong.map(|_| format!("field-{name}-error"))];
                }
            }
            fieldset { legend { (visitor.t("messages.mailed")) }
                (boxes(visitor, "mailed_", rules::groups().iter(), |group| chosen.as_ref().map_or_else(|| !wishes.unmailed.iter().any(|one| one == group), |chosen| chosen.iter().any(|one| one == group))))
            }
            p.quiet { (visitor.t("messages.mail_lead")) }
            div.actions { button type="submit" { (visitor.t("messages.keep")) } }
        }
    }
}

/// An address that is not shown to be the person's yet: where to type the code, and another one.
fn code_form(site: &Site, visitor: &Visitor, wishes: &Wishes, again: Again<'_>) -> Markup {
    let refused = match again {
        Again::Code(refused) => Some(refused),
        _ => None,
    };
    let Some(asked) = wishes.mail_asked.as_ref() else {
        return html! { (error_summary(visitor, refused)) @if let Some(mail) = &wishes.mail { p { (visitor.tf("messages.mail_is", &[("mail", mail.clone())])) } } };
    };
    html! {
        @if site.outward.mailer.is_some() {
            div.notice {
                p { (visitor.tf("messages.mail_asked", &[("mail", asked.clone())])) }
                (Form::new(visitor, "/messages/mail/confirm", "messages.confirm", &Values::default()).named("code").text("code").refused(refused).render())
                p { form.inline method="post" action="/messages/mail/code" { (seal(visitor)) button.second type="submit" { (visitor.t("messages.send_code")) } } }
            }
        }
        @if let Some(mail) = &wishes.mail { p { (visitor.tf("messages.mail_is", &[("mail", mail.clone())])) } }
    }
}

fn calendar_form(visitor: &Visitor, wishes: &Wishes) -> Markup {
    html! {
        p { (visitor.t("messages.calendar_lead")) }
        p.quiet { (visitor.t(if wishes.has_calendar { "messages.calendar_is_there" } else { "messages.no_calendar" })) }
        form.inline method="post" action="/messages/calendar" { (seal(visitor)) button type="submit" { (visitor.t("messages.make_calendar")) } }
        @if wishes.has_calendar {
            " " form.inline method="post" action="/messages/calendar/end" { (seal(visitor)) button.second type="submit" { (visitor.t("messages.end_calendar")) } }
        }
    }
}

/// Shown once: only a hash of the token is kept.
fn new_calendar(site: &Site, visitor: &Visitor, path: &str) -> Markup {
    html! {
        div.notice role="status" {
            p { strong { (visitor.t("messages.calendar_made")) } " " (visitor.t("messages.calendar_once")) }
            p { code.address { (site.outward.address(path)) } }
            @if site.outward.base.is_none() { p.quiet { (visitor.t("messages.calendar_path")) } }
        }
    }
}

fn robot_form(site: &Site, visitor: &Visitor, tree: &crate::features::places::tree::Tree, again: Again<'_>) -> Markup {
    let empty = Values::default();
    let (values, refused) = match again {
        Again::Robot(values, refused) => (values, Some(refused)),
        _ => (&empty, None),
    };
    let kinds = Channel::OF_PLACES.into_iter().filter(|channel| *channel != Channel::Webhook || !site.outward.reach.hosts.is_empty() || site.outward.reach.allows_loopback);
    let channels = kinds.map(|channel| (channel.name().to_owned(), visitor.t(&format!("channel.{}", channel.name())))).collect();
    let places = tree.places().iter().filter(|place| visitor.may(Verb::Govern, &place.path));
    let places = places.filter(|place| matches!(place.kind, Kind::District | Kind::Zone | Kind::Project)).map(|place| (place.id.clone(), tree.full_name(place))).collect();
    let ticked = ticked(values, "told_");
    let is_fresh = refused.is_none();
    let more = html! { fieldset { legend { (visitor.t("field.groups")) } (boxes(visitor, "told_", rules::robot_groups(), |group| is_fresh || ticked.iter().any(|one| one == group))) } };
    // An address holds a key: what was typed is not shown again.
    let values = values.clone().with("address", "").with("secret", "");
    Form::new(visitor, "/messages/robots", "messages.add_robot", &values)
        .named("robot")
        .choice("about", places, true)
        .choice("channel", channels, true)
        .text("name")
        .text("address")
        .opt_text("secret")
        .extra(more)
        .refused(refused)
        .render()
}

async fn keep(State(site): State<Site>, visitor: Visitor, Sent(values): Sent) -> Result<Response, Problem> {
    let reader = reader(&site, &visitor).await?;
    let read = || -> Result<Wishes, Refusal> {
        values.check()?;
        let mail = values.opt("mail");
        if mail.as_ref().is_some_and(|mail| !is_address(mail)) {
            return Err(Refused::MailUnfit.into());
        }
        let time = |name: &str| values.opt(name).map(|text| text.parse::<Time>().map_err(|_| Refusal::from(Refused::QuietUnfit))).transpose();
        let quiet = match (time("quiet_from")?, time("quiet_to")?) {
            (Some(from), Some(to)) if from != to => Some((from, to)),
            (None, None) => None,
            _ => return Err(Refused::QuietUnfit.into()),
        };
        let mailed = ticked(&values, "mailed_");
        let unmailed = rules::groups().iter().filter(|group| !mailed.contains(group)).cloned().collect();
        Ok(Wishes { unmailed, quiet, mail, ..Wishes::default() })
    };
    let wishes = match read() {
        Ok(wishes) => wishes,
        Err(refused) => return settings_page(&site, &visitor, Again::Wishes(&values, &refused)).await,
    };
    let mut conn = site.db.writer().await?;
    let before = store::wishes(&mut conn, &reader.account).await?;
    store::keep_wishes(&mut conn, &reader.account, &wishes).await?;
    match &wishes.mail {
        // One's own address again, or none: what was asked for besides is forgotten.
        mail if *mail == before.mail || mail.is_none() => {
            store::set_mail(&mut conn, &reader.account, mail.as_deref()).await?;
        }
        mail if *mail == before.mail_asked => {}
        Some(mail) => {
            drop(conn);
            if let Err(refused) = outbox::send_code(&site, &reader.account, mail, visitor.language).await? {
                return settings_page(&site, &visitor, Again::Wishes(&values, &refused.into())).await;
            }
        }
        None => {}
    }
    Ok(Redirect::to("/messages/settings").into_response())
}

/// Sends another code to the address that is asked for.
async fn send_code(State(site): State<Site>, visitor: Visitor, Sent(values): Sent) -> Result<Response, Problem> {
    let reader = reader(&site, &visitor).await?;
    values.check()?;
    let asked = store::wishes(&mut site.reader().await?, &reader.account).await?.mail_asked.ok_or(missing())?;
    match outbox::send_code(&site, &reader.account, &asked, visitor.language).await? {
        Ok(()) => Ok(Redirect::to("/messages/settings").into_response()),
        Err(refused) => settings_page(&site, &visitor, Again::Code(&refused.into())).await,
    }
}

async fn confirm(State(site): State<Site>, visitor: Visitor, Sent(values): Sent) -> Result<Response, Problem> {
    let reader = reader(&site, &visitor).await?;
    values.check()?;
    if store::try_code(&mut site.db.writer().await?, &reader.account, values.text("code")).await? {
        return Ok(Redirect::to("/messages/settings").into_response());
    }
    settings_page(&site, &visitor, Again::Code(&Refused::WrongCode.into())).await
}

async fn make_calendar(State(site): State<Site>, visitor: Visitor, Sent(values): Sent) -> Result<Response, Problem> {
    let reader = reader(&site, &visitor).await?;
    values.check()?;
    let token = session::token();
    keys::set(&mut site.db.writer().await?, &reader.account, Purpose::Calendar, Some(&token)).await?;
    settings_page(&site, &visitor, Again::Calendar(&format!("/calendar/{token}.ics"))).await
}

async fn end_calendar(State(site): State<Site>, visitor: Visitor, Sent(values): Sent) -> Result<Response, Problem> {
    let reader = reader(&site, &visitor).await?;
    values.check()?;
    keys::set(&mut site.db.writer().await?, &reader.account, Purpose::Calendar, None).await?;
    Ok(Redirect::to("/messages/settings").into_response())
}

async fn add(State(site): State<Site>, visitor: Visitor, Sent(values): Sent) -> Result<Response, Problem> {
    let done = async {
        let place = visitor.place_for(&mut site.reader().await?, values.text("about"), Verb::Govern).await?;
        let id = values.request_id()?;
        let channel = values.choice("channel", Channel::from_name)?;
        let command = Command::AddRobot { robot: id.clone(), place: place.id, channel, name: values.text("name").into(), groups: ticked(&values, "told_") };
        fit(channel, values.text("address"), values.text("secret"), &site.outward.reach).map_err(Refusal::from)?;
        store::keep_secret(&mut site.db.writer().await?, &id, values.text("address"), values.text("secret")).await?;
        site.submit(&visitor, id, command).await
    };
    match done.await {
        Ok(_) => Ok(Redirect::to("/messages/settings#robots").into_response()),
        Err(problem) => settings_page(&site, &visitor, Again::Robot(&values, &refusal(problem)?)).await,
    }
}

/// A robot that this person may take away; a foreign one is not there.
async fn governed(site: &Site, visitor: &Visitor, id: &str) -> Result<Robot, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let mut conn = site.reader().await?;
    let robot = store::robot(&mut conn, id).await?.ok_or(missing())?;
    visitor.place_for(&mut conn, &robot.place, Verb::Govern).await?;
    Ok(robot)
}

async fn remove_form(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    let robot = governed(&site, &visitor, &id).await?;
    Ok(remove_page(&site, &visitor, &robot, &Values::default(), None))
}

fn remove_page(site: &Site, visitor: &Visitor, robot: &Robot, values: &Values, refused: Option<&Refusal>) -> Response {
    let body = html! {
        (crumbs(visitor, &[("/messages".to_owned(), visitor.t("messages.title")), ("/messages/settings".to_owned(), visitor.t("messages.settings"))]))
        h1 { (visitor.t("messages.remove_robot")) " · " (robot.name) }
        (Form::new(visitor, format!("/messages/robots/{}/remove", robot.id), "messages.remove_robot", values).lines("reason", true).refused(refused).render())
    };
    form_response(refused, page(site, visitor, &visitor.t("messages.remove_robot"), body))
}

async fn remove(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>, Sent(values): Sent) -> Result<Response, Problem> {
    let robot = governed(&site, &visitor, &id).await?;
    let done = async {
        let command = Command::RemoveRobot { robot: id.clone(), reason: values.text("reason").into() };
        site.submit(&visitor, values.request_id()?, command).await
    };
    match done.await {
        Ok(_) => {
            store::forget_secret(&mut site.db.writer().await?, &id).await?;
            Ok(Redirect::to("/messages/settings#robots").into_response())
        }
        Err(problem) => Ok(remove_page(&site, &visitor, &robot, &values, Some(&refusal(problem)?))),
    }
}
