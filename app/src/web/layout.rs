//! The shell of every page: head, navigation, stamps, and the ledger number the page stands on.

use super::extract::Query;
use super::locale::Language;
use super::problem::Problem;
use super::visitor::{LANGUAGE_COOKIE, Visitor};
use super::{Site, assets};
use crate::features::authority::Verb;
use crate::features::messages::unread::MOST_COUNTED;
use crate::serve::set_setting;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use guatu_kernel::diagnose::Severity;
use jiff::civil::DateTime;
use maud::{DOCTYPE, Markup, html};
use serde::Deserialize;

/// Entries of the navigation: address, key of the name, and the right that shows it.
const NAVIGATION: &[(&str, &str, Verb)] = &[
    ("/desk", "nav.desk", Verb::Read),
    ("/messages", "nav.messages", Verb::Read),
    ("/wall", "nav.wall", Verb::Read),
    ("/round", "nav.round", Verb::Read),
    ("/targets", "nav.targets", Verb::Read),
    ("/reports", "nav.reports", Verb::Read),
    ("/problems", "nav.problems", Verb::Read),
    ("/orders", "nav.orders", Verb::Read),
    ("/instructions", "nav.instructions", Verb::Read),
    ("/inspections", "nav.inspections", Verb::Read),
    ("/hazards", "nav.hazards", Verb::Read),
    ("/gates", "nav.gates", Verb::Read),
    ("/bulletins", "nav.bulletins", Verb::Read),
    ("/returns", "nav.returns", Verb::Read),
    ("/duties", "nav.duties", Verb::Read),
    ("/places", "nav.places", Verb::Read),
    ("/plans", "nav.plans", Verb::Read),
    ("/task-forces", "nav.task_forces", Verb::Read),
    ("/calendars", "nav.calendars", Verb::Read),
    ("/rule-sets", "nav.rule_sets", Verb::Read),
    ("/organisations", "nav.organisations", Verb::Read),
    ("/search", "nav.search", Verb::Read),
    ("/leads/envelopes", "nav.envelopes", Verb::Receive),
    ("/accounts", "nav.accounts", Verb::Administer),
    ("/leads/key", "nav.lead_key", Verb::Administer),
    ("/posts", "nav.posts", Verb::Secure),
    ("/leads/key", "nav.lead_key", Verb::Secure),
    ("/ledger", "nav.ledger", Verb::Audit),
];

/// A whole page.
pub fn page(site: &Site, visitor: &Visitor, title: &str, body: Markup) -> Markup {
    shell(site, visitor, title, "page", body)
}

/// A whole page with a class of its own on the body: `wall` for the command room, `wide` for charts.
pub fn shell(site: &Site, visitor: &Visitor, title: &str, class: &str, body: Markup) -> Markup {
    let here = visitor.here.split('?').next().unwrap_or("/");
    let other = match visitor.language {
        Language::Zh => Language::En,
        Language::En => Language::Zh,
    };
    html! {
        (DOCTYPE)
        html lang=(visitor.language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · " (visitor.t("shell.name")) }
                link rel="stylesheet" href=(assets::url("guatu.css"));
                link rel="icon" href=(assets::url("mark.svg")) type="image/svg+xml";
                script src=(assets::url("guatu.js")) defer {}
            }
            body class=(class) {
                a.skip href="#main" { (visitor.t("shell.skip")) }
                @if site.stamps.is_rehearsal || site.stamps.is_demo {
                    aside.stamp aria-label=(visitor.t("shell.stamp")) {
                        @if site.stamps.is_rehearsal { strong { (visitor.t("shell.rehearsal")) } " " @if visitor.account.is_some() { a href="/rehearsal" { (crate::clock::civil(site.clock.now()).strftime("%Y-%m-%d %H:%M")) } " " } }
                        @if site.stamps.is_demo { strong { (visitor.t("shell.demo")) } " " (visitor.t("shell.demo_note")) @if visitor.rights.may_somewhere(Verb::Administer) { " " a href="/demo" { (visitor.t("demo.title")) } } }
                    }
                }
                header.top {
                    a.brand href="/" { img src=(assets::url("mark.svg")) alt="" width="28" height="28"; span { (visitor.t("shell.name")) } }
                    @if visitor.account.is_some() {
                        nav aria-label=(visitor.t("shell.navigation")) {
                            @for (href, key, verb) in NAVIGATION {
                                @if visitor.rights.may_somewhere(*verb) {
                                    a href=(href) aria-current=[here.starts_with(href).then_some("page")] {
                                        (visitor.t(key))
                                        @if *href == "/orders" && visitor.orders_waiting > 0 { " " span.count title=(visitor.t("orders.waiting")) { (visitor.orders_waiting) } }
                                        @if *href == "/messages" && visitor.messages_unread > 0 { " " span.fresh title=(visitor.t("messages.unread_here")) { (visitor.messages_unread.min(MOST_COUNTED)) @if visitor.messages_unread > MOST_COUNTED { "+" } } }
                                    }
                                }
                            }
                        }
                    }
                    div.person {
                        a href={ "/language?to=" (other.name()) "&back=" (super::problem::form_urlencoded(&visitor.here)) } lang=(other.tag()) {
                            (other.t("shell.own_name"))
                        }
                        @if visitor.account.is_some() {
                            span { (visitor.name) }
                            form method="post" action="/logout" { (super::forms::token(visitor)) button.plain type="submit" { (visitor.t("shell.log_out")) } }
                        } @else {
                            a href="/login" { (visitor.t("shell.log_in")) }
                        }
                    }
                }
                main id="main" { (body) }
                footer {
                    span { (visitor.tf("shell.as_of", &[("number", site.head().to_string())])) }
                    " " span { (visitor.tf("shell.today", &[("date", site.clock.today().to_string())])) }
                    // On every page and in no list of what is to be done: who goes there is nobody's business.
                    @if visitor.rights.may_somewhere(Verb::Refer) { " " a href="/leads" { (visitor.t("leads.title")) } }
                    @if visitor.rights.may_somewhere(Verb::Read) { (earlier_day(visitor)) }
                }
            }
        }
    }
}

/// The way to this page as of an earlier day.
fn earlier_day(visitor: &Visitor) -> Markup {
    let (path, query) = visitor.here.split_once('?').unwrap_or((&visitor.here, ""));
    let kept: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
    html! {
        form.as-of.no-print method="get" action=(path) {
            @for (name, value) in kept.iter().filter(|(name, _)| name != "as_of") { input type="hidden" name=(name) value=(value); }
            label { (visitor.t("shell.earlier")) " " input type="date" name="as_of" required; }
            button.plain type="submit" { (visitor.t("shell.look_back")) }
        }
    }
}

/// A finding of a reader or of the kernel in the person's language. `message` is what the answers of the command line say,
/// English by contract; where it has no words in a language, what its code means stands before it.
pub fn finding(visitor: &Visitor, code: &str, message: &str) -> String {
    let key = format!("diagnostic.{code}");
    match visitor.language.said(message) {
        Some(said) => said,
        None if visitor.language.has(&key) => {
            visitor.tf("import.as_said", &[("meaning", visitor.t(&key)), ("message", message.to_owned())])
        }
        None => message.to_owned(),
    }
}

/// A row of a table of findings.
pub struct Found {
    /// How much it matters.
    pub severity: Severity,
    /// Line, cell or object it is about; empty for none.
    pub at: String,
    /// What is wrong, and what to do.
    pub said: String,
    /// Its code.
    pub code: &'static str,
}

/// Findings that a page lists; the rest are counted.
const MOST_FINDINGS: usize = 200;

/// Keeps as many findings as a page lists, and says how many more there are.
pub fn capped(visitor: &Visitor, found: &mut Vec<Found>) {
    let more = found.len().saturating_sub(MOST_FINDINGS);
    if more > 0 {
        found.truncate(MOST_FINDINGS);
        let said = visitor.tf("list_sheet.more_findings", &[("count", more.to_string())]);
        found.push(Found { severity: Severity::Error, at: String::new(), said, code: "" });
    }
}

/// What was found in a file, as a table.
pub fn findings(visitor: &Visitor, found: &[Found]) -> Markup {
    html! {
        @if !found.is_empty() {
            h2 { (visitor.t("import.findings")) }
            div.scroll tabindex="0" { table.findings {
                thead { tr { th { (visitor.t("import.at")) } th { (visitor.t("import.finding")) } th { (visitor.t("import.severity")) } th { (visitor.t("import.code")) } } }
                tbody { @for one in found {
                    tr {
                        td { @if one.at.is_empty() { "—" } @else { (one.at) } }
                        td { (one.said) }
                        td { span class={ "lamp " (severity_lamp(one.severity)) } { (visitor.t(&format!("severity.{}", one.severity))) } }
                        td { code { (one.code) } }
                    }
                } }
            } }
        }
    }
}

fn severity_lamp(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "bad",
        Severity::Warning => "warn",
        Severity::Notice => "idle",
    }
}

/// Rows of a page without a script.
pub const PAGE_LEN: usize = 500;

/// A fact in the course of something: when it was recorded, its number in the ledger, what it is and by whom, what it says.
pub fn happened(at: DateTime, number: u64, heading: &Markup, content: &Markup) -> Markup {
    html! { li {
        div { time datetime=(at.to_string()) { (minute(at)) } br; span.quiet { "\u{2116} " (number) } }
        div { p { (heading) } (content) }
    } }
}

/// A time to the minute, as people read it.
pub fn minute(at: DateTime) -> String {
    at.strftime("%Y-%m-%d %H:%M").to_string()
}

/// Small photographs that lead to large ones; the name of a copy follows `base`.
pub fn photographs(visitor: &Visitor, base: &str, copies: impl IntoIterator<Item = String>) -> Markup {
    let mut copies = copies.into_iter().peekable();
    html! {
        @if copies.peek().is_some() { div.photos { @for copy in copies {
            a href={ (base) (copy) } { img loading="lazy" src={ (base) (copy) } alt=(visitor.t("field.photos")); }
        } } }
    }
}

/// Ids from the root as a path of links.
pub fn crumbs(visitor: &Visitor, above: &[(String, String)]) -> Markup {
    html! {
        nav.crumbs aria-label=(visitor.t("shell.crumbs")) {
            @for (href, name) in above { a href=(href) { (name) } " › " }
        }
    }
}

/// Links to the next and previous page of a long list.
pub fn pager(visitor: &Visitor, address: &str, first: usize, total: usize) -> Markup {
    let mark = if address.contains('?') { '&' } else { '?' };
    html! {
        @if total > PAGE_LEN {
            p.bar {
                @if first > 0 { a.no-print href={ (address) (mark) "from=" (first.saturating_sub(PAGE_LEN)) } { (visitor.t("shell.previous")) } }
                span.quiet { (first + 1) "–" ((first + PAGE_LEN).min(total)) " / " (total) }
                @if first + PAGE_LEN < total { a.no-print href={ (address) (mark) "from=" (first + PAGE_LEN) } { (visitor.t("shell.next")) } }
            }
        }
    }
}

/// A choice of language.
#[derive(Debug, Deserialize)]
pub struct Switch {
    to: String,
    back: Option<String>,
}

/// Remembers a language, for this browser and for the person wherever they log in next, and goes back. The way back is a
/// path of ours, never another site.
pub async fn switch_language(
    State(site): State<Site>,
    visitor: Visitor,
    Query(switch): Query<Switch>,
) -> Result<Response, Problem> {
    let language = Language::from_name(&switch.to).unwrap_or_default();
    if let Some(account) = &visitor.account {
        set_setting(&mut site.db.writer().await?, &language_setting(account), language.name()).await?;
    }
    let cookie = format!("{LANGUAGE_COOKIE}={}; Path=/; Max-Age=31536000; SameSite=Lax", language.name());
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(own_path(switch.back.as_deref()))).into_response())
}

/// The setting that holds a person's language.
pub fn language_setting(account: &str) -> String {
    format!("language.{account}")
}

/// A path on this site, or the start page.
pub fn own_path(wanted: Option<&str>) -> &str {
    match wanted {
        Some(path) if path.starts_with('/') && !path.starts_with("//") && !path.contains(['\\', '\n', '\r']) => path,
        _ => "/",
    }
}

#[cfg(test)]
mod tests {
    use super::own_path;

    #[test]
    fn the_way_back_never_leaves_the_site() {
        let cases = [
            (Some("/places/1?x=2"), "/places/1?x=2"),
            (Some("//evil.example"), "/"),
            (Some("https://evil.example"), "/"),
            (Some("/\\evil.example"), "/"),
            (Some("/a\r\nSet-Cookie: x"), "/"),
            (None, "/"),
        ];
        for (wanted, expected) in cases {
            assert_eq!(own_path(wanted), expected);
        }
    }
}
