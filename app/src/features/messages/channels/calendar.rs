//! A person's calendar as iCalendar (RFC 5545): deadlines of orders of the person's unit, mandated dates of the projects the person
//! may see, duties and decisions the person owes. Nothing of inspections: what is planned there is nobody's to know.
//!
//! Programs ask again and again with an address that holds a token; what the person may see is asked each time. Every event keeps its
//! UID, its SEQUENCE is the number of the fact that last changed it and its DTSTAMP that fact's instant, so the same facts give the same
//! bytes.

use crate::args;
use crate::clock::record_text;
use crate::db::Conn;
use crate::features::authority::Verb;
use crate::features::messages::model::Reader;
use crate::features::orders::store::Which;
use crate::features::places::tree::Tree;
use crate::features::{Guatu, duties, orders, plan, round};
use crate::web::locale::Language;
use crate::web::problem::form_urlencoded;
use anyhow::Result;
use jiff::civil::{Date, DateTime};
use jiff::{Timestamp, ToSpan};

/// Octets of a line at most, without its end (RFC 5545, 3.1).
const LINE_OCTETS: usize = 75;

/// When an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// All of a day.
    Day(Date),
    /// An instant, civil time in China.
    At(DateTime),
}

/// A deadline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What it is, and which: stays the same.
    pub uid: String,
    /// The fact that last changed it.
    pub number: u64,
    /// When that was recorded.
    pub stamp: Timestamp,
    /// When it is.
    pub when: When,
    /// What it is about.
    pub summary: String,
    /// More of it.
    pub description: String,
    /// The page, from the root of the site.
    pub link: String,
    /// Whether the day may still move, because the State Council has not announced the holidays on the way.
    pub is_provisional: bool,
}

/// What one reader may see of what is due.
pub async fn gather(conn: &mut Conn, domain: &Guatu, reader: &Reader, today: Date, language: Language) -> Result<Vec<Event>> {
    let tree = domain.places.tree(conn).await?;
    let may_read = |tree: &Tree, place: &str| tree.get(place).is_some_and(|place| reader.rights.may(Verb::Read, &place.path));
    let name = |tree: &Tree, place: &str| tree.get(place).map(|place| tree.full_name(place)).unwrap_or_default();
    let mut events = Vec::new();
    for order in orders::store::orders(conn, Which::Open).await? {
        let known = &order.known;
        if reader.organisation.as_ref() != Some(&known.lead) || !may_read(&tree, &known.place) {
            continue;
        }
        let Some(due) = known.budget(known.round).and_then(|budget| budget.due()) else { continue };
        events.push(Event {
            uid: format!("order-{}", known.id),
            number: order.number,
            stamp: Timestamp::UNIX_EPOCH,
            when: if due.is_day { When::Day(due.on()) } else { When::At(due.at) },
            summary: language.tf("calendar_feed.order", &[("title", order.title.clone())]),
            description: name(&tree, &known.place),
            link: format!("/orders/{}", known.id),
            is_provisional: !due.missing.is_empty(),
        });
    }
    for state in plan::store::project_plans(conn).await? {
        if !may_read(&tree, &state.project) {
            continue;
        }
        for mandate in plan::store::mandates(conn, &state.project).await? {
            let number = plan::store::mandate_number(conn, &mandate.id).await?;
            events.push(Event {
                uid: format!("mandate-{}", mandate.id),
                number,
                stamp: Timestamp::UNIX_EPOCH,
                when: When::Day(mandate.finish_by),
                summary: language.tf("calendar_feed.mandate", &[("title", language.shown(&mandate.name).into_owned()), ("place", name(&tree, &state.project))]),
                description: format!("{} {}", mandate.document, mandate.edition),
                link: format!("/plans/{}", form_urlencoded(&state.project)),
                is_provisional: false,
            });
        }
    }
    for duty in duties::store::open(conn).await? {
        if duty.owner_now(&tree) != Some(reader.account.as_str()) || !may_read(&tree, &duty.place) {
            continue;
        }
        events.push(Event {
            uid: format!("duty-{}", duty.id),
            number: duty.number,
            stamp: Timestamp::UNIX_EPOCH,
            when: When::Day(duty.due_on),
            summary: language.tf("calendar_feed.duty", &[("title", duty.name.clone())]),
            description: name(&tree, &duty.place),
            link: format!("/duties/{}", duty.id),
            is_provisional: false,
        });
    }
    for decision in round::store::decisions(conn, today).await? {
        if decision.done.is_some() || decision.owner != reader.account || !may_read(&tree, &decision.place) {
            continue;
        }
        events.push(Event {
            uid: format!("decision-{}", decision.id),
            number: decision.number,
            stamp: Timestamp::UNIX_EPOCH,
            when: When::Day(decision.due),
            summary: language.tf("calendar_feed.decision", &[("title", decision.content.clone())]),
            description: name(&tree, &decision.place),
            link: format!("/round?place={}", form_urlencoded(&decision.place)),
            is_provisional: false,
        });
    }
    for event in &mut events {
        let row = conn.row("SELECT recorded_at FROM fact WHERE number = ?", args![event.number]).await?;
        if let Some(row) = row {
            event.stamp = row.str(0)?.parse()?;
        }
    }
    events.sort_by(|one, other| one.uid.cmp(&other.uid));
    Ok(events)
}

/// The file. `origin` is what this site is called, `base` its public address, if it has one.
pub fn write(events: &[Event], origin: &str, base: Option<&str>, language: Language) -> String {
    let mut text = String::new();
    let mut line = |content: &str| fold(&mut text, content);
    for fixed in ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Guatu//Guatu//ZH", "CALSCALE:GREGORIAN", "METHOD:PUBLISH"] {
        line(fixed);
    }
    line(&format!("X-WR-CALNAME:{}", escaped(&language.t("calendar_feed.name"))));
    // China has had one offset all year since 1991-09-15.
    for fixed in [
        "BEGIN:VTIMEZONE",
        "TZID:Asia/Shanghai",
        "BEGIN:STANDARD",
        "DTSTART:19910915T000000",
        "TZOFFSETFROM:+0800",
        "TZOFFSETTO:+0800",
        "TZNAME:CST",
        "END:STANDARD",
        "END:VTIMEZONE",
    ] {
        line(fixed);
    }
    for event in events {
        line("BEGIN:VEVENT");
        line(&format!("UID:{}@{}", event.uid, origin.replace('/', "-")));
        line(&format!("DTSTAMP:{}", utc(event.stamp)));
        line(&format!("SEQUENCE:{}", event.number));
        match event.when {
            When::Day(on) => {
                line(&format!("DTSTART;VALUE=DATE:{}", on.strftime("%Y%m%d")));
                line(&format!("DTEND;VALUE=DATE:{}", on.saturating_add(1.day()).strftime("%Y%m%d")));
                line("TRANSP:TRANSPARENT");
            }
            When::At(at) => {
                line(&format!("DTSTART;TZID=Asia/Shanghai:{}", at.strftime("%Y%m%dT%H%M%S")));
                line("DURATION:PT0S");
            }
        }
        let summary = if event.is_provisional { language.tf("calendar_feed.provisional", &[("title", event.summary.clone())]) } else { event.summary.clone() };
        line(&format!("SUMMARY:{}", escaped(&summary)));
        line(&format!("STATUS:{}", if event.is_provisional { "TENTATIVE" } else { "CONFIRMED" }));
        if !event.description.trim().is_empty() {
            line(&format!("DESCRIPTION:{}", escaped(event.description.trim())));
        }
        if let Some(base) = base {
            line(&format!("URL:{base}{}", event.link));
        }
        line("END:VEVENT");
    }
    line("END:VCALENDAR");
    text
}

/// An instant in UTC.
fn utc(at: Timestamp) -> String {
    let text = record_text(at);
    text.chars().take("2026-11-23T01:00:00".len()).filter(|letter| !"-:".contains(*letter)).chain(['Z']).collect()
}

/// Text as a value: what would end or split it is escaped.
fn escaped(text: &str) -> String {
    let mut value = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' | ';' | ',' => value.extend(['\\', letter]),
            '\n' => value.push_str("\\n"),
            letter if letter.is_control() => {}
            letter => value.push(letter),
        }
    }
    value
}

/// Adds a line, folded after so many octets at most, never within a character.
fn fold(text: &mut String, line: &str) {
    let (mut rest, mut room) = (line, LINE_OCTETS);
    while rest.len() > room {
        let cut = crate::features::messages::model::cut(rest, room).len();
        text.push_str(&rest[..cut]);
        text.push_str("\r\n ");
        rest = &rest[cut..];
        // The blank that begins a continuation counts.
        room = LINE_OCTETS - 1;
    }
    text.push_str(rest);
    text.push_str("\r\n");
}


#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn event(uid: &str, when: When, summary: &str) -> Event {
        let stamp = "2026-11-23T01:00:00.5Z".parse().unwrap();
        Event { uid: uid.into(), number: 7, stamp, when, summary: summary.into(), description: "a; b, c\nd".into(), link: "/orders/1".into(), is_provisional: false }
    }

    #[test]
    fn a_calendar_is_as_the_rfc_says() {
        let long = "地下室顶板防水卷材铺贴及保护层施工须在冬季停工之前全部完成并通过验收".repeat(2);
        let events = [
            event("order-1", When::Day(date(2026, 12, 31)), &long),
            Event { is_provisional: true, ..event("order-2", When::At(date(2026, 11, 24).at(16, 30, 0, 0)), "x") },
        ];
        let text = write(&events, "guatu.invalid/abc", Some("https://guatu.example"), Language::Zh);
        assert!(text.ends_with("END:VCALENDAR\r\n") && text.matches('\n').count() == text.matches("\r\n").count());
        assert!(text.split("\r\n").all(|line| line.len() <= LINE_OCTETS), "{text}");
        let unfolded = text.replace("\r\n ", "");
        for line in [
            "UID:order-1@guatu.invalid-abc",
            "DTSTAMP:20261123T010000Z",
            "SEQUENCE:7",
            "DTSTART;VALUE=DATE:20261231",
            "DTEND;VALUE=DATE:20270101",
            "DTSTART;TZID=Asia/Shanghai:20261124T163000",
            "DESCRIPTION:a\\; b\\, c\\nd",
            "URL:https://guatu.example/orders/1",
            "STATUS:TENTATIVE",
        ] {
            assert!(unfolded.lines().any(|found| found == line), "{line}\n{unfolded}");
        }
        assert!(unfolded.contains(&format!("SUMMARY:{long}\r\n")));
        assert_eq!(write(&events, "o", None, Language::Zh), write(&events, "o", None, Language::Zh), "the same facts give the same bytes");
    }
}
