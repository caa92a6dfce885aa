//! Pages of account-closing reviews: which accounts are owed, given and accepted, one account, and reasons over time.

use super::gather::{self, Short};
use super::model::{Closing, Command, Figures, Stage, due};
use super::store::{self, Account};
use super::may_give;
use crate::db::Conn;
use crate::features::authority::{Verb, missing};
use crate::features::places::store::Place;
use crate::features::reports::model::WORDS;
use crate::features::targets::pages::{hundredths, quantity, told_of, unit_name};
use crate::features::{identity, places, plan};
use crate::refusal::Refusal;
use crate::web::Site;
use crate::web::extract::{Query, Sent};
use crate::web::forms::{Form, Values, error_summary, form_response, refusal, seal_with};
use crate::web::layout::{crumbs, page};
use crate::web::past::{self, Looked};
use crate::web::problem::{Problem, form_urlencoded};
use crate::web::registers::{self, Cell, Register};
use crate::web::visitor::Visitor;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use guatu_kernel::guarantee::{Period, PeriodKind};
use jiff::ToSpan;
use jiff::civil::Date;
use maud::{Markup, html};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Ended periods that the register lists.
const PERIODS: usize = 6;
/// Works that fell short, as far as a page lists them.
const SHORTS_SHOWN: usize = 30;
/// Reasons are counted over so many days.
const REASON_DAYS: i64 = 366;

/// Routes of this feature.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/closings", get(list))
        .route("/closings/reasons", get(reasons))
        .route("/closings/{project}/{kind}/{from}", get(show).post(give))
        .route("/closings/{project}/{kind}/{from}/accept", post(accept))
        .route("/closings/{project}/{kind}/{from}/return", post(send_back))
}

/// `?kind=`.
#[derive(Debug, Default, serde::Deserialize)]
struct Asked {
    kind: Option<String>,
}

fn kind_of(asked: &Asked) -> Result<PeriodKind, Problem> {
    match asked.kind.as_deref() {
        None => Ok(PeriodKind::Week),
        Some(name) => Ok(PeriodKind::from_name(name).ok_or(missing())?),
    }
}

/// The periods of a kind that ended last, the newest first.
fn ended(kind: PeriodKind, today: Date) -> Vec<Period> {
    let before = |period: &Period| Some(kind.around(period.from.yesterday().ok()?));
    std::iter::successors(before(&kind.around(today)), before).take(PERIODS).collect()
}

fn kinds_bar(visitor: &Visitor, path: &str, kind: PeriodKind) -> Markup {
    html! { nav.bar.no-print aria-label=(visitor.t("targets.period")) { @for one in PeriodKind::ALL {
        a.button.second href={ (path) "?kind=" (one.name()) } aria-current=[(one == kind).then_some("true")] { (visitor.t(&format!("period.{}", one.name()))) }
    } } }
}

fn period_text(period: &Period) -> String {
    if period.from == period.to { period.from.to_string() } else { format!("{} – {}", period.from, period.to) }
}

fn days(e3: i64) -> f64 {
    hundredths(e3 as f64 / 1000.0)
}

/// How an account stands, as words and lamp.
fn standing(visitor: &Visitor, account: Option<&Account>, period: &Period, today: Date) -> (String, &'static str) {
    let (key, lamp) = match account.map(|account| account.stage) {
        Some(Stage::Accepted) => ("closings.is_accepted", "good"),
        Some(Stage::Given) => ("closings.is_given", "idle"),
        Some(Stage::Returned) => ("closings.is_returned", "warn"),
        None if due(period) < today => ("closings.is_overdue", "bad"),
        None => ("closings.is_owed", "idle"),
    };
    (visitor.t(key), lamp)
}

fn reasons_text(visitor: &Visitor, reasons: &[String]) -> String {
    visitor.list(reasons.iter().map(|reason| visitor.t(&format!("hindrance.{reason}"))))
}

async fn list(State(site): State<Site>, visitor: Visitor, Query(asked): Query<Asked>, Query(listed): Query<registers::Asked>) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let kind = kind_of(&asked)?;
    let today = site.clock.today();
    let mut conn = site.reader().await?;
    let tree = site.domain.places.tree(&mut conn).await?;
    let names = identity::names(&mut conn).await?;
    let periods = ended(kind, today);
    let first = periods.last().map_or(today, |period| period.from);
    let given: HashMap<(String, Date), Account> =
        store::since(&mut conn, kind.name(), first).await?.into_iter().map(|account| ((account.closing.project.clone(), account.closing.from), account)).collect();
    let mut register = Register::new(&visitor, "/closings", "closings.title", &listed)
        .keep("kind", kind.name())
        .column("project", "place_kind.project")
        .column("period", "targets.period")
        .column("state", "field.state")
        .measured("will", "closings.promised", "period_account.crew_days")
        .measured("done", "closings.delivered", "period_account.crew_days")
        .measured("short", "closings.short", "period_account.crew_days")
        .measured("behind", "closings.behind", "period_account.crew_days")
        .column("reasons", "closings.reasons")
        .column("by", "closings.given_by");
    let last = match periods.first() {
        Some(period) => past::look(&site, Some(period.to.min(site.clock.today()))).await?,
        None => Looked::today(&site),
    };
    let mut owed = 0;
    for plan in plan::store::active(&mut conn).await? {
        let Some(project) = tree.get(&plan.project).filter(|project| visitor.may(Verb::Read, &project.path)) else { continue };
        for (at, period) in periods.iter().enumerate().filter(|(_, period)| plan.active_on.is_some_and(|since| since <= period.to)) {
            let account = given.get(&(project.id.clone(), period.from));
            // What nobody has given is added up for the last period alone: earlier ones open it.
            let figures = match account {
                Some(account) => Some(account.figures),
                None if at == 0 => Some(gather::figures(&mut conn, &site.domain, &project.id, period, &last).await?.0),
                None => None,
            };
            let (state, lamp) = standing(&visitor, account, period, today);
            owed += u64::from(lamp == "bad");
            let number = |of: fn(&Figures) -> i64| (figures.as_ref().map_or(Cell::Empty, |figures| Cell::Number(days(of(figures)))), None);
            let address = format!("/closings/{}/{}/{}", form_urlencoded(&project.id), kind.name(), period.from);
            register.row(vec![
                (Cell::Text(project.attributes.name.clone()), Some(html! { a href=(address) { (project.attributes.name) } })),
                (Cell::Text(period_text(period)), None),
                (Cell::Text(state.clone()), Some(html! { span class={ "lamp " (lamp) } { (state) } })),
                number(|figures| figures.will_e3),
                number(|figures| figures.done_e3),
                number(Figures::short_e3),
                number(Figures::behind_e3),
                (account.map_or(Cell::Empty, |account| Cell::Text(reasons_text(&visitor, &account.reasons))), None),
                (account.and_then(|account| names.get(&account.given.0)).map_or(Cell::Empty, |name| Cell::Text(name.clone())), None),
            ]);
        }
    }
    drop(conn);
    register.respond(&site, "closings.none", |table| {
        let body = html! {
            div.bar {
                h1 { (visitor.t("closings.title")) @if owed > 0 { " " span.lamp.bad { (visitor.tf("closings.owed_count", &[("count", owed.to_string())])) } } }
                a.button.second.end href={ "/closings/reasons?kind=" (kind.name()) } { (visitor.t("closings.over_time")) }
                a.button.second href={ "/targets/periods?period=" (kind.name()) } { (visitor.t("period_account.title")) }
            }
            p.lead { (visitor.t("closings.lead")) }
            (kinds_bar(&visitor, "/closings", kind))
            (told_of(&visitor, &last))
            (table)
            p.quiet { (visitor.t("closings.rule")) }
        };
        page(&site, &visitor, &visitor.t("closings.title"), body).into_response()
    })
}

/// Why accounts fell short, by month.
async fn reasons(State(site): State<Site>, visitor: Visitor, Query(asked): Query<Asked>, Query(listed): Query<registers::Asked>) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let kind = kind_of(&asked)?;
    let mut conn = site.reader().await?;
    let tree = site.domain.places.tree(&mut conn).await?;
    let since = site.clock.today().saturating_sub(REASON_DAYS.days());
    let accounts = store::since(&mut conn, kind.name(), since).await?;
    drop(conn);
    let mut counts: HashMap<String, BTreeMap<String, u64>> = HashMap::new();
    for account in accounts.iter().filter(|account| tree.get(&account.closing.project).is_some_and(|project| visitor.may(Verb::Read, &project.path))) {
        for reason in &account.reasons {
            *counts.entry(reason.clone()).or_default().entry(account.closing.from.strftime("%Y-%m").to_string()).or_default() += 1;
        }
    }
    let months: BTreeSet<String> = counts.values().flat_map(|months| months.keys().cloned()).collect();
    let mut sorted: Vec<(u64, String)> = counts.iter().map(|(reason, months)| (months.values().sum(), reason.clone())).collect();
    sorted.sort_by(|one, other| other.0.cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
    let all: u64 = sorted.iter().map(|(count, _)| count).sum();
    let mut register = Register::new(&visitor, "/closings/reasons", "closings.over_time", &listed)
        .keep("kind", kind.name())
        .column("reason", "closings.reasons")
        .number("count", "closings.times")
        .measured("cumulated", "reasons.cumulated", "unit.percent");
    for month in &months {
        register = register.number_of(month);
    }
    let mut sum = 0;
    for (count, reason) in &sorted {
        sum += count;
        let cumulated = sum * 100 / all.max(1);
        let mut cells = vec![
            (Cell::Text(visitor.t(&format!("hindrance.{reason}"))), None),
            (Cell::Number(*count as f64), None),
            (Cell::Number(cumulated as f64), Some(html! { (cumulated) " %" })),
        ];
        cells.extend(months.iter().map(|month| (Cell::Number(counts[reason].get(month).copied().unwrap_or(0) as f64), None)));
        register.row(cells);
    }
    register.respond(&site, "closings.no_reasons", |table| {
        let body = html! {
            (crumbs(&visitor, &[(format!("/closings?kind={}", kind.name()), visitor.t("closings.title"))]))
            h1 { (visitor.t("closings.over_time")) }
            (kinds_bar(&visitor, "/closings/reasons", kind))
            (table)
        };
        page(&site, &visitor, &visitor.t("closings.over_time"), body).into_response()
    })
}

/// The project, and the account an address names.
async fn named(site: &Site, visitor: &Visitor, (project, kind, from): (String, String, String)) -> Result<(Closing, Period, Place), Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let place = visitor.place(&mut site.reader().await?, &project).await?;
    let from: Date = from.parse().map_err(|_| missing())?;
    let closing = Closing { project, kind, from };
    let period = closing.period().ok_or(missing())?;
    Ok((closing, period, place))
}

type Named = Path<(String, String, String)>;

async fn show(State(site): State<Site>, visitor: Visitor, Path(of): Named) -> Result<Response, Problem> {
    let (closing, period, place) = named(&site, &visitor, of).await?;
    show_page(&site, &visitor, &closing, &period, &place, &Values::default(), None).await
}

/// What is added up for the page, or was when it was given; and of which day it is.
async fn figures_of(conn: &mut Conn, site: &Site, closing: &Closing, period: &Period, account: Option<&Account>) -> Result<(Figures, Vec<Short>, Looked), Problem> {
    let looked = past::look(site, Some(period.to.min(site.clock.today()))).await?;
    let (now, shorts) = gather::figures(conn, &site.domain, &closing.project, period, &looked).await?;
    let is_fixed = account.filter(|account| account.stage != Stage::Returned);
    Ok((is_fixed.map_or(now, |account| account.figures), shorts, looked))
}

async fn show_page(site: &Site, visitor: &Visitor, closing: &Closing, period: &Period, place: &Place, values: &Values, refused: Option<&Refusal>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let today = site.clock.today();
    let tree = site.domain.places.tree(&mut conn).await?;
    let names = identity::names(&mut conn).await?;
    let account = store::account(&mut conn, closing).await?;
    let (figures, shorts, looked) = figures_of(&mut conn, site, closing, period, account.as_ref()).await?;
    let crumbs_of = places::pages::crumbs_of(&mut conn, visitor, place).await?;
    drop(conn);
    let me = visitor.account.as_deref();
    let is_official = me.is_some() && tree.accountable(place).map(|(account, _)| account) == me;
    let is_over = period.to < today;
    let is_waiting = account.as_ref().is_some_and(|account| account.stage == Stage::Given);
    let is_due = is_over && account.as_ref().is_none_or(|account| account.stage == Stage::Returned);
    let gives = is_due && may_give(&visitor.rights, &place.path, is_official);
    let judges = is_waiting && visitor.may(Verb::Govern, &place.path) && account.as_ref().is_some_and(|account| Some(account.given.0.as_str()) != me);
    let (state, lamp) = standing(visitor, account.as_ref(), period, today);
    let name = |account: &str| names.get(account).cloned().unwrap_or_else(|| "—".to_owned());
    let address = format!("/closings/{}/{}/{}", form_urlencoded(&closing.project), closing.kind, closing.from);
    let title = format!("{} · {} {}", place.attributes.name, visitor.t(&format!("period.{}", closing.kind)), period_text(period));
    let body = html! {
        (crumbs_of)
        (error_summary(visitor, refused))
        div.bar { h1 { (title) } span class={ "lamp " (lamp) } { (state) } }
        (told_of(visitor, &looked))
        ul.counts {
            @for (key, e3) in [("closings.needed", figures.should_e3), ("closings.promised", figures.will_e3), ("closings.delivered", figures.done_e3), ("closings.short", figures.short_e3()), ("closings.behind", figures.behind_e3())] {
                li { b { (quantity(days(e3))) } span { (visitor.t(key)) } }
            }
        }
        p.quiet { (visitor.t("closings.rule")) }
        @if let Some(account) = &account {
            dl.facts {
                dt { (visitor.t("closings.given_by")) } dd { (name(&account.given.0)) " · " (account.given.1) @if account.rounds > 1 { " " span.tag { (visitor.tf("closings.rounds", &[("count", account.rounds.to_string())])) } } }
                @if !account.reasons.is_empty() { dt { (visitor.t("closings.reasons")) } dd { (reasons_text(visitor, &account.reasons)) } }
                @if !account.content.is_empty() { dt { (visitor.t("closings.content")) } dd { (account.content) } }
                @if let Some((by, on)) = &account.judged { dt { (state) } dd { (name(by)) " · " (on) @if account.stage == Stage::Returned { @if let Some(reason) = &account.reason { " · " (reason) } } } }
                dt { (visitor.t("shell.last_fact")) } dd { a href={ "/facts?subject=" (form_urlencoded(&closing.id())) } { "№ " (account.number) } " " span.quiet { (visitor.tf("shell.as_of", &[("number", account.frozen_number.to_string())])) } }
            }
        }
        @if !is_over { p.empty { (visitor.tf("closings.runs", &[("date", period.to.to_string())])) } }
        @if gives { section.sheet.no-print { h2 { (visitor.t("closings.give")) } (give_form(visitor, &address, &figures, values)) } }
        @if judges { div.columns.no-print {
            section.sheet { h2 { (visitor.t("closings.accept")) } (Form::new(visitor, format!("{address}/accept"), "closings.accept", &Values::default()).render()) }
            section.sheet { h2 { (visitor.t("closings.return")) } (Form::new(visitor, format!("{address}/return"), "closings.return", &Values::default()).text("content").render()) }
        } }
        @if !shorts.is_empty() {
            h2 { (visitor.t("closings.shorts")) }
            // The account above is frozen; which works are short is read anew.
            @if account.is_some() { p.quiet { (visitor.t("closings.shorts_now")) } }
            div.scroll tabindex="0" { table {
                thead { tr { th { (visitor.t("place_kind.building")) } th { (visitor.t("closings.work")) } th.number { (visitor.t("targets.should")) } th.number { (visitor.t("targets.will")) } th.number { (visitor.t("targets.did")) } th.number { (visitor.t("closings.missing_days")) } } }
                tbody { @for short in shorts.iter().take(SHORTS_SHOWN) { tr {
                    td { a href={ "/targets/" (form_urlencoded(&short.building)) "?on=" (looked.day) } { (tree.get(&short.building).map_or(short.building.as_str(), |place| place.attributes.name.as_str())) } }
                    td { (visitor.shown(&short.name)) " " span.quiet { (unit_name(visitor, &short.unit)) } }
                    @for amount in short.amounts { td.number { (quantity(amount)) } }
                    td.number { (quantity(short.crew_days)) }
                } } }
            } }
            @if shorts.len() > SHORTS_SHOWN { p.quiet { (visitor.tf("round.more", &[("count", (shorts.len() - SHORTS_SHOWN).to_string())])) } }
        }
    };
    Ok(form_response(refused, page(site, visitor, &title, body)))
}

fn give_form(visitor: &Visitor, address: &str, figures: &Figures, values: &Values) -> Markup {
    html! {
        @if figures.is_short() { p.lead { (visitor.t("closings.give_short")) } } @else { p.lead { (visitor.t("closings.give_whole")) } }
        form.fields method="post" action=(address) {
            (seal_with(visitor, values))
            fieldset id="field-hindrance" { legend { (visitor.t("closings.reasons")) }
                @for kind in &WORDS.hindrances {
                    @let name = format!("reason.{kind}");
                    label.inline { input type="checkbox" name=(name) value="yes" checked[values.text(&name) == "yes"]; " " (visitor.t(&format!("hindrance.{kind}"))) }
                }
            }
            label for="field-content" { (visitor.t("closings.content")) }
            textarea id="field-content" name="content" rows="3" { (values.text("content")) }
            div.actions { button type="submit" { (visitor.t("closings.give")) } }
        }
    }
}

async fn give(State(site): State<Site>, visitor: Visitor, Path(of): Named, Sent(values): Sent) -> Result<Response, Problem> {
    let (closing, period, place) = named(&site, &visitor, of).await?;
    let done = async {
        let request = values.request_id()?;
        let looked = past::look(&site, Some(period.to.min(site.clock.today()))).await?;
        let (figures, frozen_number) = gather::frozen(&mut site.reader().await?, &site.domain, &closing.project, &period, &looked).await?;
        let reasons = values.under("reason.").filter(|(_, value)| *value == "yes").map(|(kind, _)| kind.to_owned()).collect();
        let command = Command::Give { closing: closing.clone(), figures, frozen_number, reasons, content: values.text("content").into() };
        site.submit(&visitor, request, command).await
    };
    answer(&site, &visitor, &closing, &period, &place, &values, done.await).await
}

async fn accept(State(site): State<Site>, visitor: Visitor, Path(of): Named, Sent(values): Sent) -> Result<Response, Problem> {
    let (closing, period, place) = named(&site, &visitor, of).await?;
    let done = async { site.submit(&visitor, values.request_id()?, Command::Accept { closing: closing.clone() }).await };
    answer(&site, &visitor, &closing, &period, &place, &Values::default(), done.await).await
}

async fn send_back(State(site): State<Site>, visitor: Visitor, Path(of): Named, Sent(values): Sent) -> Result<Response, Problem> {
    let (closing, period, place) = named(&site, &visitor, of).await?;
    let command = Command::Return { closing: closing.clone(), reason: values.text("content").into() };
    let done = async { site.submit(&visitor, values.request_id()?, command).await };
    answer(&site, &visitor, &closing, &period, &place, &values, done.await).await
}

async fn answer<T>(site: &Site, visitor: &Visitor, closing: &Closing, period: &Period, place: &Place, values: &Values, done: Result<T, Problem>) -> Result<Response, Problem> {
    match done {
        Ok(_) => Ok(Redirect::to(&format!("/closings/{}/{}/{}", form_urlencoded(&closing.project), closing.kind, closing.from)).into_response()),
        Err(problem) => show_page(site, visitor, closing, period, place, values, Some(&refusal(problem)?)).await,
    }
}
