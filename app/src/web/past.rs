//! `?as_of=`: any page as the ledger knew things at an earlier day or fact.
//!
//! The facts up to there are replayed into a database in memory, with the clock standing where they end, and the same pages
//! are served from it: no page knows of the past, so every page has one. What a person may see is decided by the rights of
//! today. A few such states are kept; building one reads the ledger once. Nothing can be written there.
//!
//! A page about a day that has passed asks for the state of its end by itself ([`look`]): what was planned, promised and expected
//! is that day's, and what has been reported of it since is laid over it. From an earlier state that works as from today's.

use super::problem::Problem;
use super::visitor::Visitor;
use super::{Site, router};
use crate::args;
use crate::clock::{Clock, civil_date, instant};
use crate::db::{Conn, Db};
use crate::features::Guatu;
use crate::features::authority::Verb;
use crate::journal::Journal;
use crate::journal::replay;
use crate::refusal::{Reason, Refusal};
use anyhow::{Context, Result};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use tokio::sync::Mutex;
use tower::ServiceExt;

/// States kept at a time: an earlier one whose page looks at a day before it, and the same of another person.
const KEPT: usize = 3;
/// Facts copied at a time.
const PAGE_LEN: u64 = 500;
/// Largest page that is led on into the past.
const PAGE_BYTES: usize = 64 << 20;

/// Earlier states of the ledger, the newest used last. One is built at a time.
#[derive(Default)]
pub struct States(Mutex<VecDeque<(u64, Then)>>);

/// The way from a site to its earlier states.
#[derive(Clone)]
pub enum Past {
    /// From the site of today, which keeps them.
    Today(Arc<States>),
    /// From one of them, which they keep.
    Then(Weak<States>),
}

impl Default for Past {
    fn default() -> Past {
        Past::Today(Arc::default())
    }
}

/// A state of the ledger, and its pages.
#[derive(Clone)]
struct Then {
    site: Site,
    router: Router,
}

/// Databases in memory have names; each gets its own.
static NAMES: AtomicU64 = AtomicU64::new(0);

/// Serves a request that names an earlier day or fact from there; all others go on.
pub async fn serve(State(site): State<Site>, request: Request, next: Next) -> Response {
    let asked = request.uri().query().and_then(|query| query.split('&').find_map(|pair| pair.strip_prefix("as_of=")));
    let (Some(asked), Past::Today(states), true) =
        (asked.map(str::to_owned), site.past.clone(), *request.method() == Method::GET)
    else {
        return next.run(request).await;
    };
    match from_there(&site, &states, &asked, request).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn from_there(site: &Site, states: &Arc<States>, asked: &str, request: Request) -> Result<Response, Problem> {
    let visitor = request.extensions().get::<Visitor>().cloned().unwrap_or_default();
    visitor.need_somewhere(Verb::Read)?;
    let number = number_of(&mut site.reader().await?, site.clock.today(), asked).await?;
    let then = states.at(site, number).await?;
    let response =
        then.router.oneshot(asked_anew(&request, visitor.clone())).await.unwrap_or_else(|never| match never {});
    let mut response = response;
    // Who is led on from an earlier day stays there.
    if let Some(to) =
        response.headers().get(header::LOCATION).and_then(|to| to.to_str().ok()).filter(|to| to.starts_with('/'))
    {
        let (address, part) =
            to.split_once('#').map_or((to, String::new()), |(address, part)| (address, format!("#{part}")));
        let joint = if address.contains('?') { '&' } else { '?' };
        if let Ok(to) = HeaderValue::from_str(&format!("{address}{joint}as_of={asked}{part}")) {
            response.headers_mut().insert(header::LOCATION, to);
        }
    }
    let is_page =
        response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if !is_page {
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, PAGE_BYTES).await.context("a page of the past")?;
    let html = String::from_utf8_lossy(&bytes);
    let banner = maud::html! {
        aside.notice.as-of role="note" { p { strong { (visitor.tf("shell.as_of_then", &[("number", number.to_string())])) } " " a href=(without(&visitor.here)) { (visitor.t("shell.to_now")) } } }
    };
    let page =
        led_on(&html, asked).replacen("<main id=\"main\">", &format!("<main id=\"main\">{}", banner.into_string()), 1);
    let mut parts = parts;
    parts.headers.remove(header::CONTENT_LENGTH);
    Ok(Response::from_parts(parts, Body::from(page)))
}

/// The request as it came, for other routes than those that have read it: with who asks, and without what they found in its
/// address. The page is read before it is sent, so it must not be packed yet.
fn asked_anew(request: &Request, visitor: Visitor) -> Request {
    let mut anew = Request::new(Body::empty());
    *anew.uri_mut() = request.uri().clone();
    *anew.headers_mut() = request.headers().clone();
    anew.headers_mut().remove(header::ACCEPT_ENCODING);
    anew.extensions_mut().insert(visitor);
    anew
}

/// The newest fact recorded through a day in China, or the fact named by its number.
async fn number_of(conn: &mut Conn, today: Date, asked: &str) -> Result<u64, Problem> {
    let refused = |code, params| Refusal { code, reason: Reason::Rule, params, field: None };
    let unreadable = || refused("G-106", Vec::new());
    let head = replay::head_number(conn).await?;
    if let Ok(number) = asked.parse::<u64>() {
        let known = (1..=head).contains(&number).then_some(number);
        return known.ok_or_else(|| refused("G-124", vec![("number", head.to_string())]).into());
    }
    let day: Date = asked.parse().map_err(|_| unreadable())?;
    has_come(day, today)?;
    newest_by(conn, today, day).await?.map_err(|began_on| refused("G-126", vec![("date", began_on.to_string())]).into())
}

/// The newest fact recorded through a day in China; else the day on which the ledger began.
async fn newest_by(conn: &mut Conn, today: Date, day: Date) -> Result<Result<u64, Date>> {
    let next = day.checked_add(1.day()).ok().and_then(|next| instant(next.into()));
    let sql = "SELECT COALESCE(MAX(number), 0) FROM fact WHERE recorded_at < ?";
    let row = conn.row(sql, args![next.map(crate::clock::record_text)]).await?.context("a maximum is a row")?;
    let number = row.count(0)?;
    if number > 0 {
        return Ok(Ok(number));
    }
    let first =
        conn.row("SELECT recorded_at FROM fact WHERE number = 1", &[]).await?.map(|row| row.text(0)).transpose()?;
    Ok(Err(first.and_then(|at| at.parse().ok()).map_or(today, civil_date)))
}

/// A day that a page is about.
pub struct Looked {
    /// The day.
    pub day: Date,
    /// From where it is looked at.
    pub known: Known,
}

/// From where a page looks at a day.
pub enum Known {
    /// It is today.
    Now,
    /// The site at its end, with the clock standing where its facts end.
    Then(Box<Site>),
    /// The ledger began after it, on this day: the site at the end of that; `None` where it is today.
    Later(Date, Option<Box<Site>>),
}

impl Looked {
    /// Today.
    pub fn today(site: &Site) -> Looked {
        Looked { day: site.clock.today(), known: Known::Now }
    }

    /// The day, if it has passed.
    pub fn passed(&self) -> Option<Date> {
        if matches!(self.known, Known::Now) { None } else { Some(self.day) }
    }

    /// The earlier state it is looked at from; `None` where that is now.
    pub fn then(&self) -> Option<&Site> {
        match &self.known {
            Known::Now => None,
            Known::Then(site) => Some(site),
            Known::Later(_, site) => site.as_deref(),
        }
    }
}

/// The day that a page is asked for; today where none is named.
///
/// # Errors
/// Refuses a day that has not come (G-123).
pub async fn look(site: &Site, on: Option<Date>) -> Result<Looked, Problem> {
    let today = site.clock.today();
    let day = on.unwrap_or(today);
    has_come(day, today)?;
    if day == today {
        return Ok(Looked::today(site));
    }
    let mut conn = site.reader().await?;
    let known = match newest_by(&mut conn, today, day).await? {
        Ok(number) => Known::Then(at(site, number).await?),
        Err(began_on) if began_on >= today => Known::Later(began_on, None),
        Err(began_on) => match newest_by(&mut conn, today, began_on).await? {
            Ok(number) => Known::Later(began_on, Some(at(site, number).await?)),
            Err(_) => Known::Later(began_on, None),
        },
    };
    Ok(Looked { day, known })
}

async fn at(site: &Site, number: u64) -> Result<Box<Site>> {
    let states = match &site.past {
        Past::Today(states) => states.clone(),
        Past::Then(states) => states.upgrade().context("the site of today outlives its earlier states")?,
    };
    Ok(Box::new(states.at(site, number).await?.site))
}

/// Refuses a day that has not come.
fn has_come(day: Date, today: Date) -> Result<(), Refusal> {
    let params = || vec![("today", today.to_string())];
    if day > today {
        Err(Refusal { code: "G-123", reason: Reason::Rule, params: params(), field: None })
    } else {
        Ok(())
    }
}

impl States {
    /// The state as of a fact.
    async fn at(self: &Arc<Self>, site: &Site, number: u64) -> Result<Then> {
        let mut kept = self.0.lock().await;
        if let Some(at) = kept.iter().position(|(known, _)| *known == number)
            && let Some(found) = kept.remove(at)
        {
            kept.push_back(found.clone());
            return Ok(found.1);
        }
        let built = build(site, Past::Then(Arc::downgrade(self)), number).await?;
        while kept.len() >= KEPT {
            kept.pop_front();
        }
        kept.push_back((number, built.clone()));
        Ok(built)
    }
}

async fn build(site: &Site, past: Past, number: u64) -> Result<Then> {
    let db = Db::open_memory(NAMES.fetch_add(1, Ordering::Relaxed)).await?;
    let domain = Arc::new(Guatu::default());
    let mut conn = db.writer().await?;
    conn.begin_write().await?;
    let until = copy(&mut site.db.reader().await?, &mut conn, number).await?;
    replay::rebuild(&mut conn, &*domain, |_, _| ()).await?;
    conn.commit().await?;
    drop(conn);
    let clock = Clock::rehearsal(until.map_or(Ok(site.clock.now()), |text| text.parse())?);
    let (journal, _) = Journal::open(db.clone(), clock.clone(), domain.clone()).await?;
    let site = Site { db, journal, clock, domain, past, ..site.clone() };
    Ok(Then { router: router(site.clone()), site })
}

/// Copies facts up to a number, the papers that plans are made of, and people's names; answers when the last was recorded.
async fn copy(from: &mut Conn, to: &mut Conn, number: u64) -> Result<Option<String>> {
    let mut last = (0, None);
    let sql = "SELECT number, record, hash, salt, payload, kind, actor, subject, place, occurred_on, recorded_at FROM fact WHERE number > ? AND number <= ? ORDER BY number LIMIT ?";
    loop {
        let page = from.rows(sql, args![last.0, number, PAGE_LEN]).await?;
        if page.is_empty() {
            break;
        }
        for row in &page {
            last = (row.count(0)?, Some(row.text(10)?));
            to.execute(
                "INSERT INTO fact (number, record, hash, salt, payload, kind, actor, subject, place, occurred_on, recorded_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                args![last.0, row.blob(1)?, row.blob(2)?, row.blob(3)?, row.text(4)?, row.text(5)?, row.text(6)?, row.text(7)?, row.text(8)?, row.text(9)?, row.text(10)?],
            )
            .await?;
        }
    }
    for row in
        from.rows("SELECT sha256, media_type, bytes FROM document WHERE media_type = 'application/json'", &[]).await?
    {
        let sql = "INSERT INTO document (sha256, media_type, bytes) VALUES (?, ?, ?)";
        to.execute(sql, args![row.text(0)?, row.text(1)?, row.blob(2)?]).await?;
    }
    for row in from.rows("SELECT person, name FROM private_person", &[]).await? {
        to.execute("INSERT INTO private_person (person, name) VALUES (?, ?)", args![row.text(0)?, row.text(1)?])
            .await?;
    }
    let head = "INSERT INTO ledger_head (id, number, hash, frontier, recorded_at) VALUES (1, ?, ?, ?, ?)";
    to.execute(head, args![last.0, Vec::<u8>::new(), Vec::<u8>::new(), last.1.clone().unwrap_or_default()]).await?;
    Ok(last.1)
}

/// The address without the past in it.
fn without(here: &str) -> String {
    let (path, query) = here.split_once('?').unwrap_or((here, ""));
    let rest: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("as_of=")).collect();
    if rest.is_empty() { path.to_owned() } else { format!("{path}?{}", rest.join("&")) }
}

/// A page whose own links and pictures stay in the past. Live updates are of the present, so they are left out.
fn led_on(html: &str, asked: &str) -> String {
    let asked: String = asked.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '-').collect();
    let html = html.replace(" data-events=\"/wall/events\"", "");
    let mut page = String::with_capacity(html.len() + html.len() / 16);
    let mut rest = html.as_str();
    while let Some(at) = rest.find("=\"/") {
        let (before, after) = (&rest[..at], &rest[at + 2..]);
        let end = after.find('"').unwrap_or(after.len());
        let address = &after[..end];
        let is_link = ["href", "src", "data-rows"].iter().any(|name| before.ends_with(name));
        let is_fixed =
            ["/assets/", "/language", "/login", "/rehearsal", "/demo"].iter().any(|fixed| address.starts_with(fixed));
        page.push_str(before);
        page.push_str("=\"");
        if is_link && !is_fixed {
            let (path, anchor) =
                address.split_once('#').map_or((address, String::new()), |(path, anchor)| (path, format!("#{anchor}")));
            let mark = if path.contains('?') { "&amp;" } else { "?" };
            page.push_str(&format!("{path}{mark}as_of={asked}{anchor}"));
        } else {
            page.push_str(address);
        }
        rest = &after[end..];
    }
    page.push_str(rest);
    page
}

#[cfg(test)]
mod tests {
    use super::{led_on, without};
    use crate::on_both_databases;

    #[test]
    fn links_stay_in_the_past_and_lead_back() {
        let cases = [
            (r#"<a href="/wall">"#, r#"<a href="/wall?as_of=9">"#),
            (r#"<a href="/wall?place=p&amp;x=1#red">"#, r#"<a href="/wall?place=p&amp;x=1&amp;as_of=9#red">"#),
            (r#"<img src="/assets/a.svg">"#, r#"<img src="/assets/a.svg">"#),
            (r#"<form action="/round/seen">"#, r#"<form action="/round/seen">"#),
            (r#"<div data-events="/wall/events"><a href="https://x/">"#, r#"<div><a href="https://x/">"#),
        ];
        for (page, expected) in cases {
            assert_eq!(led_on(page, "9"), expected);
        }
        assert_eq!(led_on(r#"<a href="/a">"#, "9\"><script>"), r#"<a href="/a?as_of=9script">"#);
        assert_eq!([without("/wall?place=p&as_of=9"), without("/wall?as_of=9")], ["/wall?place=p", "/wall"]);
    }

    on_both_databases!(a_page_shows_what_was_known_then, |site| async move {
        let site = site.with_cast().await;
        let before = site.site.head();
        let amend = [
            ("name", "Renamed"),
            ("ordinal", "1"),
            ("programme", "resettlement"),
            ("owner", "headquarters"),
            ("reason", "checked"),
        ];
        assert_eq!(site.post("office", "/places/ours/amend", &amend).await.status, 303);
        let then = site.get("office", &format!("/places/ours?as_of={before}")).await;
        assert_eq!((then.status.as_u16(), then.texts("h1")), (200, vec!["ours name".to_owned()]), "{}", then.body);
        assert_eq!(then.texts("aside.as-of strong").len(), 1, "the page says so");
        assert!(
            then.attributes("main a", "href")
                .iter()
                .filter(|link| link.starts_with("/places"))
                .any(|link| link.contains("as_of="))
        );
        assert_eq!(site.get("office", "/places/ours").await.texts("h1"), ["Renamed"]);
        let day = site.site.clock.today().to_string();
        assert_eq!(
            site.get("office", &format!("/places/ours?as_of={day}")).await.texts("h1"),
            ["Renamed"],
            "through the end of the day"
        );
        let before_all = site.get("office", "/places/ours?as_of=2020-01-01").await;
        assert!(before_all.status == 422 && before_all.body.contains("G-126"), "the ledger did not begin then");
        assert_eq!(site.get("office", "/places?as_of=yesterday").await.status, 422);
        assert_eq!(
            site.get("stranger", &format!("/places/ours?as_of={before}")).await.status,
            404,
            "rights are those of today"
        );
        assert_eq!(site.get("", &format!("/places?as_of={before}")).await.status, 303);
        let late = [("name", "Late"), ("kind", "bank")];
        assert_eq!(
            site.post("office", &format!("/organisations?as_of={before}"), &late).await.status,
            303,
            "a form writes today"
        );
        site
    });
}
