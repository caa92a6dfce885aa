//! Pages of institutions and duties: what is owed, the six slots, a rule, a duty.

use super::model::{Command, Each, FreeDays, Heard, Owed, Owner};
use super::rates::{self, Rate};
use super::recurrence::Recurrence;
use super::rules::{self, INSTITUTIONS, Template};
use super::store::{self, Duty, Institution, Rule};
use crate::db::Conn;
use crate::features::authority::{Verb, missing};
use crate::features::places::model::Kind;
use crate::features::places::store::Place;
use crate::features::places::tree::Tree;
use crate::features::reports::model::Photo;
use crate::features::reports::{copies, photos};
use crate::features::{identity, places, rule_sets};
use crate::refusal::{Reason, Refusal};
use crate::web::Site;
use crate::web::attempt::{Attempt, act_section};
use crate::web::extract::{Files, Query, Sent, SentWithFiles};
use crate::web::forms::{Form, Values, error_summary, form_response, refusal};
use crate::web::layout::{crumbs, page, photographs};
use crate::web::problem::{Problem, form_urlencoded};
use crate::web::registers::{self, Cell, Register};
use crate::web::visitor::Visitor;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use jiff::ToSpan;
use jiff::civil::Date;
use maud::{Markup, html};
use std::collections::HashMap;

/// Rates on cards look back so many days.
const RATE_DAYS: i64 = 29;
/// Duties of a rule that its page lists.
const OF_RULE_SHOWN: u64 = 100;
/// Days of a rule that its page looks ahead.
const AHEAD_DAYS: i64 = 120;
/// Next occurrences that its page names.
const NEXT_SHOWN: usize = 5;
/// Duties that are settled stay on the list so many days.
const SETTLED_DAYS: i64 = 14;
/// Pictures that are taken.
const PICTURES: &str = "image/jpeg,image/png,image/webp";

/// Routes of this feature.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/duties", get(list))
        .route("/duties/rates", get(rates::show))
        .route("/duties/institutions", get(institutions))
        .route("/duties/institutions/{slot}", get(write_form).post(write))
        .route("/duties/rules/new", get(set_form).post(set))
        .route("/duties/rules/{id}", get(show_rule))
        .route("/duties/rules/{id}/end", post(end))
        .route("/duties/{id}", get(show))
        .route("/duties/{id}/do", post(do_duty))
        .route("/duties/{id}/excuse", post(excuse))
        .route("/duties/{id}/photos/{copy}", get(photo))
}

/// What an institution is called: as the campaign names it, as the district does, or as nobody yet.
pub fn institution_name(visitor: &Visitor, slot: &str, written: Option<&Institution>) -> String {
    match written.filter(|written| !written.name.is_empty()) {
        Some(written) => written.name.clone(),
        None => visitor.t(&format!("institution.{slot}")),
    }
}

pub(super) fn place_link(place: &Place) -> Markup {
    html! { a href={ "/places/" (form_urlencoded(&place.id)) } { (place.attributes.name) } }
}

/// How a duty stands: words and lamp.
fn standing(visitor: &Visitor, duty: &Duty, today: Date) -> (String, &'static str) {
    let (key, lamp) = match &duty.settled {
        Some(settled) if settled.is_excused => ("duties.is_excused", "idle"),
        Some(_) if duty.is_late() => ("duties.is_late", "warn"),
        Some(_) => ("duties.is_done", "good"),
        None if duty.is_overdue(today) => ("duties.is_overdue", "bad"),
        None if duty.due_on == today => ("duties.is_due", "warn"),
        None => ("duties.is_open", "idle"),
    };
    (visitor.t(key), lamp)
}

/// `?show=mine|all`.
#[derive(Debug, Default, serde::Deserialize)]
struct Shown {
    show: Option<String>,
}

async fn list(State(site): State<Site>, visitor: Visitor, Query(shown): Query<Shown>, Query(asked): Query<registers::Asked>) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let today = site.clock.today();
    let mut conn = site.reader().await?;
    let tree = site.domain.places.tree(&mut conn).await?;
    let names = identity::names(&mut conn).await?;
    let written = store::institutions(&mut conn).await?;
    let mut duties = store::open(&mut conn).await?;
    let recent = store::due_between(&mut conn, today.saturating_sub(SETTLED_DAYS.days()), Date::MAX).await?;
    // What is owed stands first; of the rest the newest.
    duties.extend(recent.into_iter().rev().filter(|duty| duty.settled.is_some()));
    drop(conn);
    let me = visitor.account.as_deref();
    let is_mine = |duty: &Duty| me.is_some() && duty.owner_now(&tree) == me;
    let is_all = match shown.show.as_deref() {
        Some(show) => show == "all",
        // Whoever owes something sees that first.
        None => !duties.iter().any(is_mine),
    };
    let mut register = Register::new(&visitor, "/duties", "duties.title", &asked)
        .keep("show", if is_all { "all" } else { "mine" })
        .column("name", "duties.what")
        .column("place", "field.place")
        .column("owner", "field.assignee")
        .column("due", "duties.due_on")
        .column("state", "field.state")
        .column("settled", "duties.settled_on")
        .column("institution", "duties.institution");
    let mut overdue = 0;
    for duty in &duties {
        let Some(place) = tree.get(&duty.place).filter(|place| visitor.may(Verb::Read, &place.path)) else { continue };
        if !is_all && !is_mine(duty) {
            continue;
        }
        overdue += u64::from(duty.is_overdue(today));
        let (state, lamp) = standing(&visitor, duty, today);
        let owner = duty.owner_now(&tree).and_then(|owner| names.get(owner));
        register.row(vec![
            (Cell::Text(duty.name.clone()), Some(html! { a href={ "/duties/" (form_urlencoded(&duty.id)) } { (duty.name) } })),
            (Cell::Text(place.attributes.name.clone()), Some(place_link(place))),
            (owner.map_or(Cell::Empty, |name| Cell::Text(name.clone())), None),
            (Cell::Date(duty.due_on), None),
            (Cell::Text(state.clone()), Some(html! { span class={ "lamp " (lamp) } { (state) } })),
            (duty.settled.as_ref().map_or(Cell::Empty, |settled| Cell::Date(settled.on)), None),
            (Cell::Text(institution_name(&visitor, &duty.slot, written.get(&duty.slot))), None),
        ]);
    }
    register.respond(&site, "duties.none", |table| {
        let body = html! {
            div.bar {
                h1 { (visitor.t("duties.title")) @if overdue > 0 { " " span.lamp.bad { (visitor.tf("duties.overdue_count", &[("count", overdue.to_string())])) } } }
                a.button.second.end href="/duties/institutions" { (visitor.t("duties.institutions")) }
                a.button.second href="/duties/rates" { (visitor.t("duties.rates")) }
            }
            nav.bar.no-print aria-label=(visitor.t("duties.title")) { @for (show, all) in [("mine", false), ("all", true)] {
                a.button.second href={ "/duties?show=" (show) } aria-current=[(all == is_all).then_some("true")] { (visitor.t(&format!("duties.show_{show}"))) }
            } }
            (table)
        };
        page(&site, &visitor, &visitor.t("duties.title"), body).into_response()
    })
}

/// The six slots, each with its rules and the rate of the last thirty days.
async fn institutions(State(site): State<Site>, visitor: Visitor) -> Result<Markup, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let today = site.clock.today();
    let from = today.saturating_sub(RATE_DAYS.days());
    let mut conn = site.reader().await?;
    let tree = site.domain.places.tree(&mut conn).await?;
    let names = identity::names(&mut conn).await?;
    let written = store::institutions(&mut conn).await?;
    let may = |id: &str| tree.get(id).is_some_and(|place| visitor.may(Verb::Read, &place.path));
    let mut all = store::rules(&mut conn).await?;
    all.retain(|rule| may(&rule.owed.place));
    let mut rates: HashMap<String, Rate> = HashMap::new();
    for duty in store::due_between(&mut conn, from, today).await? {
        if may(&duty.place) {
            rates.entry(duty.slot.clone()).or_default().add(&duty, today);
        }
    }
    drop(conn);
    let may_govern = visitor.may(Verb::Govern, "/");
    let may_set = visitor.need_somewhere(Verb::Govern).is_ok();
    let body = html! {
        (crumbs(&visitor, &[("/duties".to_owned(), visitor.t("duties.title"))]))
        h1 { (visitor.t("duties.institutions")) }
        p.lead { (visitor.t("duties.institutions_lead")) }
        div.columns { @for slot in &INSTITUTIONS.slot {
            @let known = written.get(&slot.id);
            @let rules_of = all.iter().filter(|rule| rule.owed.slot == slot.id).collect::<Vec<_>>();
            section.sheet id=(slot.id) {
                h2 { (institution_name(&visitor, &slot.id, known)) }
                @match known { Some(known) => p { (known.purpose) }, None => p.quiet { (visitor.t(if slot.source.is_some() { "duties.unwritten" } else { "duties.free_slot" })) } }
                @if let Some(rate) = rates.get(&slot.id) { p { a href=(rates::address(from, today)) { (visitor.tf("duties.rate_of_days", &[("rate", rate.text())])) } } }
                @if !rules_of.is_empty() { ul.rows { @for rule in &rules_of {
                    li {
                        a href={ "/duties/rules/" (rule.id) } { (rule.owed.name) }
                        " " span.quiet { (owed_text(&visitor, &tree, &names, &rule.owed)) }
                        @if rule.ended.is_some() { " " span.tag { (visitor.t("duties.ended")) } }
                    }
                } } }
                p.bar.no-print {
                    @if may_govern { a.button.second href={ "/duties/institutions/" (slot.id) } { (visitor.t("duties.write")) } }
                    @if may_set && (known.is_some() || slot.source.is_some()) { a.button.second href={ "/duties/rules/new?slot=" (slot.id) } { (visitor.t("duties.set")) } }
                }
                @if let (Some(source), Some(mark)) = (&slot.source, &slot.mark) { p.quiet { (visitor.labelled(visitor.t("duties.source"), &rule_sets::pages::source_of(&visitor, &slot.id, source))) " (" (mark) ")" } }
            }
        } }
        @if may_set {
            h2 { (visitor.t("duties.templates")) }
            p.lead { (visitor.t("duties.templates_lead")) }
            ul.rows { @for template in &INSTITUTIONS.template {
                li { a href={ "/duties/rules/new?template=" (template.id) } { (visitor.t(&format!("duty_template.{}", template.id))) } " " span.quiet { (recurrence_text(&visitor, &template.rule)) " (" (template.mark) ")" } }
            } }
        }
    };
    Ok(page(&site, &visitor, &visitor.t("duties.institutions"), body))
}

/// Who owes what how often, in one line.
fn owed_text(visitor: &Visitor, tree: &Tree, names: &HashMap<String, String>, owed: &Owed) -> String {
    let place = tree.get(&owed.place).map_or_else(String::new, |place| place.attributes.name.clone());
    let owner = match &owed.owner {
        Owner::Official => visitor.t("field.official"),
        Owner::Person(account) => names.get(account).cloned().unwrap_or_else(|| "—".to_owned()),
    };
    let place = visitor.tf(&format!("duties.at_{}", owed.each.name()), &[("place", place)]);
    format!("{} · {place} · {owner}", recurrence_text(visitor, &owed.recurrence))
}

/// A recurrence in words where it is one that is offered, else as it is written.
fn recurrence_text(visitor: &Visitor, rule: &str) -> String {
    let key = format!("recurrence.{}", rule.to_ascii_lowercase().replace(['=', ';', ','], "_"));
    if visitor.language.has(&key) { visitor.t(&key) } else { rule.to_owned() }
}

/// Recurrences that are offered by name; any other is typed.
const OFFERED: [&str; 8] = [
    "FREQ=DAILY",
    "FREQ=WEEKLY;BYDAY=MO",
    "FREQ=WEEKLY;BYDAY=WE",
    "FREQ=WEEKLY;BYDAY=FR",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU",
    "FREQ=MONTHLY;BYMONTHDAY=1",
    "FREQ=MONTHLY;BYMONTHDAY=15",
    "FREQ=MONTHLY;BYMONTHDAY=-1",
];

async fn write_form(State(site): State<Site>, visitor: Visitor, Path(slot): Path<String>) -> Result<Response, Problem> {
    visitor.need(Verb::Govern, "/")?;
    let written = store::institutions(&mut site.reader().await?).await?;
    let values = written.get(&slot).map_or_else(Values::default, |known| Values::default().with("name", &known.name).with("purpose", &known.purpose));
    write_page(&site, &visitor, &slot, &values, None)
}

fn write_page(site: &Site, visitor: &Visitor, slot: &str, values: &Values, refused: Option<&Refusal>) -> Result<Response, Problem> {
    if !rules::is_slot(slot) {
        return Err(missing().into());
    }
    let form = Form::new(visitor, format!("/duties/institutions/{slot}"), "duties.write", values);
    let form = if rules::is_named(slot) { form } else { form.text("name") };
    let body = html! {
        (crumbs(visitor, &[("/duties/institutions".to_owned(), visitor.t("duties.institutions"))]))
        h1 { (visitor.t("duties.write")) " · " (institution_name(visitor, slot, None)) }
        (form.lines("purpose", true).refused(refused).render())
    };
    Ok(form_response(refused, page(site, visitor, &visitor.t("duties.write"), body)))
}

async fn write(State(site): State<Site>, visitor: Visitor, Path(slot): Path<String>, Sent(values): Sent) -> Result<Response, Problem> {
    visitor.need(Verb::Govern, "/")?;
    let command = Command::Write { slot: slot.clone(), name: values.text("name").into(), purpose: values.text("purpose").into() };
    let done = async { site.submit(&visitor, values.request_id()?, command).await };
    match done.await {
        Ok(_) => Ok(Redirect::to("/duties/institutions").into_response()),
        Err(problem) => write_page(&site, &visitor, &slot, &values, Some(&refusal(problem)?)),
    }
}

/// What an address asks of the form of a rule.
#[derive(Debug, Default, serde::Deserialize)]
struct New {
    slot: Option<String>,
    template: Option<String>,
}

async fn set_form(State(site): State<Site>, visitor: Visitor, Query(new): Query<New>) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Govern)?;
    let mut values = Values::default().with("from", site.clock.today()).with("grace_days", 0);
    if let Some(slot) = &new.slot {
        values = values.with("slot", slot);
    }
    if let Some(template) = new.template.as_deref() {
        values = offered(&visitor, rules::template(template).ok_or(missing())?, values);
    }
    set_page(&site, &visitor, &values, None).await
}

/// A form filled with what a template offers.
fn offered(visitor: &Visitor, template: &Template, values: Values) -> Values {
    let values = values
        .with("slot", &template.slot)
        .with("name", visitor.t(&format!("duty_template.{}", template.id)))
        .with("each", template.each.name())
        .with("recurrence", &template.rule)
        .with("free_days", template.free_days.name())
        .with("grace_days", template.grace_days)
        .with("needs_photo", if template.needs_photo { "yes" } else { "no" });
    let values = if template.owner == "official" { values.with("assignee", OFFICIAL) } else { values };
    template.heard.map_or(values.clone(), |heard| values.with("heard", heard.name()))
}

/// What stands for the accountable official among people: no account can be called so.
const OFFICIAL: &str = "post:official";

async fn set_page(site: &Site, visitor: &Visitor, values: &Values, refused: Option<&Refusal>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let tree = site.domain.places.tree(&mut conn).await?;
    let written = store::institutions(&mut conn).await?;
    let places: Vec<&Place> = tree.places().iter().filter(|place| matches!(place.kind, Kind::District | Kind::Zone | Kind::Project) && visitor.may(Verb::Govern, &place.path)).collect();
    let highest = places.first().copied().ok_or(missing())?;
    let mut people = vec![(OFFICIAL.to_owned(), visitor.t("field.official"))];
    people.extend(identity::pages::owners(&mut conn, visitor, &tree, highest, site.clock.today()).await?);
    drop(conn);
    let slots = INSTITUTIONS.slot.iter().filter(|slot| slot.source.is_some() || written.contains_key(&slot.id));
    let slots = slots.map(|slot| (slot.id.clone(), institution_name(visitor, &slot.id, written.get(&slot.id)))).collect();
    let named = |section: &str, names: &[&'static str]| names.iter().map(|name| ((*name).to_owned(), visitor.t(&format!("{section}.{name}")))).collect::<Vec<_>>();
    let recurrences = OFFERED.iter().map(|rule| ((*rule).to_owned(), recurrence_text(visitor, rule))).collect();
    let is_typed = !values.text("recurrence").is_empty() && !OFFERED.contains(&values.text("recurrence"));
    let values = if is_typed { values.clone().with("other_recurrence", values.text("recurrence")) } else { values.clone() };
    let body = html! {
        (crumbs(visitor, &[("/duties/institutions".to_owned(), visitor.t("duties.institutions"))]))
        h1 { (visitor.t("duties.set")) }
        p.lead { (visitor.t("duties.set_lead")) }
        (Form::new(visitor, "/duties/rules/new", "duties.set", &values)
            .choice("slot", slots, true)
            .text("name")
            .choice("about", places.iter().map(|place| (place.id.clone(), place.attributes.name.clone())).collect(), true)
            .choice("each", named("duty_each", &Each::ALL.map(|(_, name)| name)), true)
            .choice("assignee", people, true)
            .choice("recurrence", recurrences, false)
            .opt_text("other_recurrence")
            .choice("free_days", named("duty_free_days", &FreeDays::ALL.map(|(_, name)| name)), true)
            .date("from", true)
            .number("grace_days")
            .choice("heard", named("duty_heard", &Heard::ALL.map(|(_, name)| name)), false)
            .choice("needs_photo", named("duty_photo", &["no", "yes"]), true)
            .refused(refused).render())
    };
    Ok(form_response(refused, page(site, visitor, &visitor.t("duties.set"), body)))
}

fn owed(values: &Values) -> Result<Owed, Refusal> {
    let wrong = |field| Refusal { code: "G-108", reason: Reason::Rule, params: Vec::new(), field: Some(field) };
    let typed = values.text("other_recurrence");
    Ok(Owed {
        slot: values.text("slot").into(),
        name: values.text("name").into(),
        place: values.text("about").into(),
        each: values.choice("each", Each::from_name)?,
        owner: match values.text("assignee") {
            "" => return Err(wrong("assignee")),
            OFFICIAL => Owner::Official,
            account => Owner::Person(account.to_owned()),
        },
        recurrence: if typed.is_empty() { values.text("recurrence") } else { typed }.to_owned(),
        free_days: values.choice("free_days", FreeDays::from_name)?,
        from: values.date("from")?,
        grace_days: values.opt_number("grace_days")?.unwrap_or(0),
        heard: match values.text("heard") {
            "" => None,
            name => Some(Heard::from_name(name).ok_or(wrong("heard"))?),
        },
        needs_photo: values.text("needs_photo") == "yes",
    })
}

async fn set(State(site): State<Site>, visitor: Visitor, Sent(values): Sent) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Govern)?;
    let done = async {
        let id = values.request_id()?;
        site.submit(&visitor, id.clone(), Command::Set { id: id.clone(), rule: Box::new(owed(&values)?) }).await?;
        Ok(id)
    };
    match done.await {
        Ok(id) => Ok(Redirect::to(&format!("/duties/rules/{id}")).into_response()),
        Err(problem) => set_page(&site, &visitor, &values, Some(&refusal(problem)?)).await,
    }
}

async fn readable_rule(conn: &mut Conn, visitor: &Visitor, id: &str) -> Result<(Rule, Place), Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let rule = store::rule(conn, id).await?.ok_or(missing())?;
    let place = visitor.place(conn, &rule.owed.place).await?;
    Ok((rule, place))
}

async fn show_rule(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    let (rule, place) = readable_rule(&mut site.reader().await?, &visitor, &id).await?;
    rule_page(&site, &visitor, &rule, &place, &Values::default(), None).await
}

async fn rule_page(site: &Site, visitor: &Visitor, rule: &Rule, place: &Place, values: &Values, refused: Option<&Refusal>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let today = site.clock.today();
    let tree = site.domain.places.tree(&mut conn).await?;
    let names = identity::names(&mut conn).await?;
    let written = store::institutions(&mut conn).await?;
    let duties = store::of_rule(&mut conn, &rule.id, OF_RULE_SHOWN).await?;
    drop(conn);
    let Owed { recurrence, free_days, from, grace_days, heard, needs_photo, slot, .. } = &rule.owed;
    let ahead = today.saturating_add(AHEAD_DAYS.days());
    let next = Recurrence::read(recurrence).map_or_else(Vec::new, |read| read.days(*from, today, ahead, *free_days));
    let body = html! {
        (crumbs(visitor, &[("/duties/institutions".to_owned(), visitor.t("duties.institutions"))]))
        (error_summary(visitor, refused.filter(|refused| refused.field.is_none())))
        div.bar { h1 { (rule.owed.name) } @if rule.ended.is_some() { " " span.tag { (visitor.t("duties.ended")) } } }
        dl.facts {
            dt { (visitor.t("duties.institution")) } dd { a href={ "/duties/institutions#" (slot) } { (institution_name(visitor, slot, written.get(slot))) } }
            dt { (visitor.t("duties.what_owed")) } dd { (owed_text(visitor, &tree, &names, &rule.owed)) }
            dt { (visitor.t("duties.recurrence")) } dd { code { (recurrence) } " " (visitor.t(&format!("duty_free_days.{}", free_days.name()))) }
            dt { (visitor.t("field.from")) } dd { (from) " · " (visitor.tf("duties.grace", &[("days", grace_days.to_string())])) }
            @if let Some(heard) = heard { dt { (visitor.t("field.heard")) } dd { (visitor.t(&format!("duty_heard.{}", heard.name()))) } }
            @if *needs_photo { dt { (visitor.t("field.needs_photo")) } dd { (visitor.t("duty_photo.yes")) } }
            @if let Some((on, reason)) = &rule.ended { dt { (visitor.t("duties.ended")) } dd { (on) " · " (reason) } }
            @else if !next.is_empty() { dt { (visitor.t("duties.next")) } dd { (visitor.list(next.iter().take(NEXT_SHOWN).map(ToString::to_string))) } }
            dt { (visitor.t("shell.last_fact")) } dd { a href={ "/facts?subject=" (rule.id) } { "№ " (rule.number) } }
        }
        h2 { (visitor.t("duties.raised")) }
        @if duties.is_empty() { p.empty { (visitor.t("duties.none_raised")) } } @else {
            div.scroll tabindex="0" { table {
                thead { tr { th { (visitor.t("duties.raised_on")) } th { (visitor.t("field.place")) } th { (visitor.t("field.assignee")) } th { (visitor.t("duties.due_on")) } th { (visitor.t("field.state")) } } }
                tbody { @for duty in &duties {
                    @let (state, lamp) = standing(visitor, duty, today);
                    @if tree.get(&duty.place).is_some_and(|place| visitor.may(Verb::Read, &place.path)) { tr {
                        td.dates { a href={ "/duties/" (form_urlencoded(&duty.id)) } { (duty.raised_on) } }
                        td { (tree.get(&duty.place).map_or("—", |place| place.attributes.name.as_str())) }
                        td { (duty.owner_now(&tree).and_then(|owner| names.get(owner)).map_or("—", String::as_str)) }
                        td.dates { (duty.due_on) }
                        td { span class={ "lamp " (lamp) } { (state) } }
                    } }
                } }
            } }
        }
        @if rule.ended.is_none() && visitor.may(Verb::Govern, &place.path) {
            section.sheet.no-print { h2 { (visitor.t("duties.end")) } (Form::new(visitor, format!("/duties/rules/{}/end", rule.id), "duties.end", values).text("reason").refused(refused).render()) }
        }
    };
    Ok(form_response(refused, page(site, visitor, &rule.owed.name, body)))
}

async fn end(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>, Sent(values): Sent) -> Result<Response, Problem> {
    let (rule, place) = readable_rule(&mut site.reader().await?, &visitor, &id).await?;
    let command = Command::End { rule: id.clone(), reason: values.text("reason").into() };
    let done = async { site.submit(&visitor, values.request_id()?, command).await };
    match done.await {
        Ok(_) => Ok(Redirect::to(&format!("/duties/rules/{id}")).into_response()),
        Err(problem) => rule_page(&site, &visitor, &rule, &place, &values, Some(&refusal(problem)?)).await,
    }
}

async fn readable(conn: &mut Conn, visitor: &Visitor, id: &str) -> Result<(Duty, Place), Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let duty = store::duty(conn, id).await?.ok_or(missing())?;
    let place = visitor.place(conn, &duty.place).await?;
    Ok((duty, place))
}

async fn show(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    let (duty, place) = readable(&mut site.reader().await?, &visitor, &id).await?;
    show_page(&site, &visitor, &duty, &place, &Attempt::default()).await
}

/// A duty.
async fn show_page(site: &Site, visitor: &Visitor, duty: &Duty, place: &Place, attempt: &Attempt) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let today = site.clock.today();
    let tree = site.domain.places.tree(&mut conn).await?;
    let names = identity::names(&mut conn).await?;
    let written = store::institutions(&mut conn).await?;
    let name = |account: &str| names.get(account).cloned().unwrap_or_else(|| "—".to_owned());
    let owner = duty.owner_now(&tree);
    let is_mine = visitor.account.is_some() && visitor.account.as_deref() == owner;
    let may_excuse = !is_mine && visitor.may(Verb::Govern, &place.path);
    let (state, lamp) = standing(visitor, duty, today);
    let address = |part: &str| format!("/duties/{}/{part}", form_urlencoded(&duty.id));
    let blank = Values::default();
    let form = |act: &str, title: &'static str, fields: &dyn Fn(Form) -> Form| {
        let form = fields(Form::new(visitor, address(act), title, attempt.values(act, &blank)).named(act));
        act_section(visitor, act, title, None, true, &form.refused(attempt.refusal_of(act)).render())
    };
    let body = html! {
        (places::pages::crumbs_of(&mut conn, visitor, place).await?)
        (error_summary(visitor, attempt.of_page()))
        div.bar { h1 { (duty.name) " · " (place.attributes.name) } span class={ "lamp " (lamp) } { (state) } }
        dl.facts {
            dt { (visitor.t("duties.institution")) } dd { a href={ "/duties/rules/" (duty.rule) } { (institution_name(visitor, &duty.slot, written.get(&duty.slot))) } }
            dt { (visitor.t("field.assignee")) } dd { @match owner { Some(owner) => (name(owner)), None => span.lamp.bad { (visitor.t("duties.nobody")) } } }
            dt { (visitor.t("duties.due_on")) } dd { (duty.due_on) " " span.quiet { (visitor.tf("duties.raised_then", &[("date", duty.raised_on.to_string())])) } }
            @if let Some(settled) = &duty.settled {
                dt { (visitor.t("duties.settled_on")) } dd { (settled.on) " · " (name(&settled.by)) }
                dt { (visitor.t(if settled.is_excused { "field.reason" } else { "field.content" })) } dd { @if settled.content.is_empty() { (visitor.t("duties.by_fact")) } @else { (settled.content) } }
            }
            dt { (visitor.t("shell.last_fact")) } dd { a href={ "/facts?subject=" (form_urlencoded(&duty.id)) } { "№ " (duty.number) } }
        }
        (photographs(visitor, &address("photos/"), duty.settled.iter().flat_map(|settled| &settled.photos).map(Photo::name)))
        @if duty.settled.is_none() { div.columns.no-print {
            @if is_mine { (form("do", "duties.do", &|form| form.lines("content", true).files("photos", PICTURES))) }
            @if may_excuse { (form("excuse", "duties.excuse", &|form| form.text("reason"))) }
        } }
    };
    Ok(attempt.respond(page(site, visitor, &duty.name, body)))
}

async fn do_duty(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>, sent: SentWithFiles) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let (duty, _) = readable(&mut conn, &visitor, &id).await?;
    let tree = site.domain.places.tree(&mut conn).await?;
    drop(conn);
    let SentWithFiles { values, files } = sent;
    let done = async {
        let request = values.request_id()?;
        // Pictures are drawn for nobody who may not do this: drawing costs.
        let is_mine = visitor.account.as_deref() == duty.owner_now(&tree) && duty.settled.is_none();
        let (photos, documents) = photos::take(&site, if is_mine { files } else { Files::default() }).await??;
        let command = Command::Do { duty: id.clone(), content: values.text("content").into(), photos };
        site.submit_with(&visitor, request, command, documents).await
    };
    answer(&site, &visitor, &id, values.clone(), "do", done.await).await
}

async fn excuse(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>, Sent(values): Sent) -> Result<Response, Problem> {
    readable(&mut site.reader().await?, &visitor, &id).await?;
    let command = Command::Excuse { duty: id.clone(), reason: values.text("reason").into() };
    let done = async { site.submit(&visitor, values.request_id()?, command).await };
    answer(&site, &visitor, &id, values.clone(), "excuse", done.await).await
}

async fn answer<T>(site: &Site, visitor: &Visitor, id: &str, values: Values, act: &str, done: Result<T, Problem>) -> Result<Response, Problem> {
    match done {
        Ok(_) => Ok(Redirect::to(&format!("/duties/{}", form_urlencoded(id))).into_response()),
        Err(problem) => {
            let attempt = Attempt::refused(act, values, problem)?;
            // Read again: somebody may have been faster, and the page says who.
            let (duty, place) = readable(&mut site.reader().await?, visitor, id).await?;
            show_page(site, visitor, &duty, &place, &attempt).await
        }
    }
}

async fn photo(State(site): State<Site>, visitor: Visitor, Path((id, copy)): Path<(String, String)>) -> Result<Response, Problem> {
    let (duty, _) = readable(&mut site.reader().await?, &visitor, &id).await?;
    let is_its = duty.settled.iter().flat_map(|settled| &settled.photos).any(|photo| photo.name() == copy);
    if !is_its {
        return Err(missing().into());
    }
    copies::answer(&site, &copy).await
}
