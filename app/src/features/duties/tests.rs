//! Scenarios of duties: days of recurrences, the rules as a table, and the way from a rule to its rate.

use super::model::{Command, Each, Fact, FreeDays, Heard, KnownDuty, KnownRule, Owed, Owner, Refused, State, decide};
use super::recurrence::{Recurrence, due};
use super::rules::INSTITUTIONS;
use super::store;
use crate::clock::civil_date;
use crate::features::identity::model::Role;
use crate::features::reports::model::Photo;
use crate::journal::domain::{Actor, Context};
use crate::on_both_databases;
use crate::testing::TestSite;
use jiff::ToSpan;
use jiff::civil::{Date, date};

const TODAY: Date = date(2026, 11, 23);

#[test]
fn days_of_a_rule() {
    use FreeDays::{Keep, Roll, Skip};
    let oct = |days: &[i8]| days.iter().map(|day| date(2026, 10, *day)).collect::<Vec<_>>();
    // The National Day of 2026 is off from 1 to 7 October; Saturday the 10th is worked for it.
    let cases = [
        ("every working day", "FREQ=DAILY", Skip, oct(&[8, 9, 10, 12, 13])),
        ("every day", "FREQ=DAILY;INTERVAL=3", Keep, oct(&[1, 4, 7, 10, 13])),
        ("Mondays", "FREQ=WEEKLY;BYDAY=MO", Roll, oct(&[5, 12])),
        ("every other Tuesday", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", Keep, oct(&[13])),
        ("the last day of the month", "FREQ=MONTHLY;BYMONTHDAY=-1", Keep, vec![]),
        ("the second Friday", "FREQ=MONTHLY;BYDAY=2FR", Keep, oct(&[9])),
        ("twice", "FREQ=DAILY;COUNT=2", Keep, oct(&[1, 2])),
    ];
    for (name, rule, free_days, expected) in cases {
        let read = Recurrence::read(rule).unwrap_or_else(|| panic!("{name}"));
        assert_eq!(read.days(date(2026, 10, 1), date(2026, 9, 30), date(2026, 10, 13), free_days), expected, "{name}");
    }
    let weekly = Recurrence::read("FREQ=WEEKLY;BYDAY=MO").unwrap();
    assert_eq!(weekly.days(date(2026, 11, 1), date(2026, 11, 9), date(2026, 11, 23), Keep), [date(2026, 11, 16), TODAY], "after one day, through another");
    assert!(weekly.days(date(2026, 11, 1), TODAY, TODAY, Keep).is_empty());
    for wrong in ["", "every Monday", "FREQ=HOURLY", "FREQ=SECONDLY", "FREQ=DAILY;BYHOUR=3", "FREQ=WEEKLY;BYDAY=XX", &"FREQ=DAILY;".repeat(40)] {
        assert!(Recurrence::read(wrong).is_none(), "{wrong}");
    }
    assert!(!Recurrence::read("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30").is_some_and(|rule| rule.begins(TODAY)), "the thirtieth of February");
    for (on, grace, free_days, expected) in [
        (date(2026, 9, 30), 2, Roll, date(2026, 10, 8)),
        (date(2026, 9, 30), 2, Keep, date(2026, 10, 2)),
        (TODAY, 0, Roll, TODAY),
    ] {
        assert_eq!(due(on, grace, free_days), expected, "{on} + {grace}");
    }
}

#[test]
fn the_data_is_read() {
    assert_eq!(INSTITUTIONS.slot.len(), 6);
    assert_eq!(INSTITUTIONS.slot.iter().filter(|slot| slot.source.is_some()).count(), 2, "two are named in public");
    for template in &INSTITUTIONS.template {
        assert!(super::rules::is_slot(&template.slot) && Recurrence::read(&template.rule).is_some_and(|rule| rule.begins(TODAY)), "{}", template.id);
    }
}

fn owed() -> Owed {
    Owed {
        slot: "routine_supervision".into(),
        name: "Look at the site".into(),
        place: "p".into(),
        each: Each::Place,
        owner: Owner::Person("chief".into()),
        recurrence: "freq=weekly;byday=mo".into(),
        free_days: FreeDays::Roll,
        from: TODAY,
        grace_days: 1,
        heard: None,
        needs_photo: false,
    }
}

#[test]
fn rules() {
    let context = |actor: Actor| Context { actor, now: crate::testing::NOW.parse().unwrap(), today: civil_date(crate::testing::NOW.parse().unwrap()) };
    let site = State { is_written: true, is_owner_known: true, ..State::default() };
    let set = |owed: Owed| Command::Set { id: "rule".into(), rule: Box::new(owed) };
    let upper = Owed { recurrence: "FREQ=WEEKLY;BYDAY=MO".into(), ..owed() };
    let rule = KnownRule { owed: upper.clone(), ended_on: None, last_on: None, places: vec![("p".into(), Some("chief".into()))] };
    let ruled = State { rule: Some(rule.clone()), ..site.clone() };
    let raised = State { rule: Some(KnownRule { last_on: Some(TODAY), ..rule.clone() }), ..site.clone() };
    let over = State { rule: Some(KnownRule { ended_on: Some(date(2026, 11, 20)), ..rule }), ..site.clone() };
    let duty = KnownDuty { place: "p".into(), owner: Some("chief".into()), needs_photo: false, settled_on: None };
    let owing = State { duty: Some(duty.clone()), ..site.clone() };
    let pictured = State { duty: Some(KnownDuty { needs_photo: true, ..duty.clone() }), ..site.clone() };
    let settled = State { duty: Some(KnownDuty { settled_on: Some(TODAY), ..duty }), ..site.clone() };
    let write = |slot: &str, name: &str, purpose: &str| Command::Write { slot: slot.into(), name: name.into(), purpose: purpose.into() };
    let raise = |on| Command::Raise { rule: "rule".into(), on };
    let do_it = |content: &str| Command::Do { duty: "d".into(), content: content.into(), photos: Vec::new() };
    let shown = Command::Do { duty: "d".into(), content: "seen".into(), photos: vec![Photo::of("0".repeat(64))] };
    let excuse = |reason: &str| Command::Excuse { duty: "d".into(), reason: reason.into() };
    let end = |reason: &str| Command::End { rule: "rule".into(), reason: reason.into() };
    let (chief, other, system) = ("chief", "other", "system");
    let cases = [
        ("written", site.clone(), write("third", "Ledger of promises", "who"), chief, None),
        ("a named slot needs no name", site.clone(), write("official_visits", "", "who"), chief, None),
        ("a slot nobody has", site.clone(), write("seventh", "n", "p"), chief, Some(Refused::UnknownSlot)),
        ("a slot without a name", site.clone(), write("third", " ", "p"), chief, Some(Refused::NoName)),
        ("a slot that asks nothing", site.clone(), write("third", "n", " "), chief, Some(Refused::NoPurpose)),
        ("set", site.clone(), set(owed()), chief, None),
        ("set twice", State { is_id_taken: true, ..site.clone() }, set(owed()), chief, Some(Refused::IdTaken)),
        ("in a slot nobody has", site.clone(), set(Owed { slot: "seventh".into(), ..owed() }), chief, Some(Refused::UnknownSlot)),
        ("in a slot that is not written", State { is_written: false, ..site.clone() }, set(owed()), chief, Some(Refused::NotWritten)),
        ("without a name", site.clone(), set(Owed { name: " ".into(), ..owed() }), chief, Some(Refused::NoName)),
        ("from yesterday", site.clone(), set(Owed { from: date(2026, 11, 22), ..owed() }), chief, Some(Refused::FromOutside)),
        ("in two years", site.clone(), set(Owed { from: date(2028, 11, 22), ..owed() }), chief, Some(Refused::FromOutside)),
        ("on a day that never comes", site.clone(), set(Owed { recurrence: "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30".into(), ..owed() }), chief, Some(Refused::NoRecurrence)),
        ("by the hour", site.clone(), set(Owed { recurrence: "FREQ=HOURLY".into(), ..owed() }), chief, Some(Refused::NoRecurrence)),
        ("with a year of grace", site.clone(), set(Owed { grace_days: 365, ..owed() }), chief, Some(Refused::GraceOutside { limit: "92".into() })),
        ("by a stranger", State { is_owner_known: false, ..site.clone() }, set(owed()), chief, Some(Refused::UnknownOwner)),
        ("by whoever is accountable", State { is_owner_known: false, ..site.clone() }, set(Owed { owner: Owner::Official, ..owed() }), chief, None),
        ("ended", ruled.clone(), end("another begins"), chief, None),
        ("ended without a reason", ruled.clone(), end(" "), chief, Some(Refused::NoReason)),
        ("ended twice", over.clone(), end("again"), chief, Some(Refused::AlreadyEnded { date: "2026-11-20".into() })),
        ("raised", ruled.clone(), raise(TODAY), system, None),
        ("raised by hand", ruled.clone(), raise(TODAY), chief, Some(Refused::NotAnOccurrence)),
        ("raised on a Tuesday", ruled.clone(), raise(date(2026, 11, 24)), system, Some(Refused::NotAnOccurrence)),
        ("raised a week early", ruled, raise(date(2026, 11, 30)), system, Some(Refused::NotAnOccurrence)),
        ("raised twice", raised, raise(TODAY), system, Some(Refused::NotAnOccurrence)),
        ("raised after its end", over, raise(TODAY), system, Some(Refused::NotAnOccurrence)),
        ("done", owing.clone(), do_it("seen"), chief, None),
        ("done by somebody else", owing.clone(), do_it("seen"), other, Some(Refused::NotYours)),
        ("done without a word", owing.clone(), do_it(" "), chief, Some(Refused::NoContent)),
        ("done without a picture", pictured.clone(), do_it("seen"), chief, Some(Refused::PhotoNeeded)),
        ("done with one", pictured, shown, chief, None),
        ("done twice", settled.clone(), do_it("seen"), chief, Some(Refused::AlreadySettled { date: "2026-11-23".into() })),
        ("excused", owing.clone(), excuse("road closed"), other, None),
        ("excused by who owes it", owing.clone(), excuse("road closed"), chief, Some(Refused::OwnDuty)),
        ("excused without a reason", owing, excuse(" "), other, Some(Refused::NoReason)),
        ("excused after it was done", settled, excuse("road closed"), other, Some(Refused::AlreadySettled { date: "2026-11-23".into() })),
    ];
    for (name, state, command, who, expected) in cases {
        let actor = if who == system { Actor::System } else { Actor::Account(who.into()) };
        assert_eq!(decide(&state, &command, &context(actor)).err(), expected, "{name}");
    }
    let facts = decide(&State { rule: Some(KnownRule { owed: upper, ended_on: None, last_on: None, places: vec![("p".into(), None)] }), ..site }, &raise(TODAY), &context(Actor::System)).unwrap();
    assert!(matches!(&facts[0].fact, Fact::Raised { due, duties } if *due == date(2026, 11, 24) && duties[0].owner.is_none()), "nobody is accountable: it is raised all the same");
}

/// A rule through the form; answers its id.
async fn set(site: &TestSite, fields: &[(&str, &str)]) -> String {
    let mut form = vec![
        ("slot", "routine_supervision"), ("name", "Look at the site"), ("about", "ours"), ("each", "place"), ("assignee", "builder"),
        ("recurrence", "FREQ=DAILY"), ("free_days", "skip"), ("from", "2026-11-23"), ("grace_days", "0"), ("needs_photo", "no"),
    ];
    form.retain(|(name, _)| !fields.iter().any(|(other, _)| other == name));
    form.extend(fields);
    let done = site.post("chief", "/duties/rules/new", &form).await;
    assert_eq!(done.status, 303, "{:?}", done.texts(".summary li"));
    done.location().trim_start_matches("/duties/rules/").to_owned()
}

on_both_databases!(what_is_owed_is_raised_once_a_day_done_excused_and_counted, |site| async move {
    let site = crate::features::reports::tests::active(site.with_cast().await).await;
    let look = async || crate::timers::once(&site.site).await.unwrap();
    let states = async |who: &str, show: &str| site.get(who, &format!("/duties?show={show}")).await.texts("tbody td .lamp");

    // The district writes what a slot asks; a free slot takes no rule before.
    assert_eq!(site.get("builder", "/duties/institutions/third").await.status, 403);
    let third = [("slot", "third"), ("name", "n"), ("about", "ours"), ("each", "place"), ("assignee", "builder"), ("recurrence", "FREQ=DAILY"), ("free_days", "skip"), ("from", "2026-11-23"), ("needs_photo", "no")];
    assert_eq!(site.post("chief", "/duties/rules/new", &third).await.texts(".summary .quiet"), ["Y-105"]);
    assert_eq!(site.post("chief", "/duties/institutions/third", &[("name", "Ledger of promises"), ("purpose", "")]).await.texts(".summary .quiet"), ["Y-104"]);
    assert_eq!(site.post("chief", "/duties/institutions/third", &[("name", "Ledger of promises"), ("purpose", "who promised what")]).await.status, 303);
    assert!(site.get("builder", "/duties/institutions").await.texts("h2").contains(&"Ledger of promises".to_owned()));
    assert_eq!(site.post("chief", "/duties/rules/new", &[("slot", "third"), ("name", "n"), ("about", "theirs"), ("each", "place"), ("assignee", "builder"), ("recurrence", "FREQ=DAILY"), ("free_days", "skip"), ("from", "2026-11-23"), ("needs_photo", "no")]).await.texts(".summary .quiet"), ["Y-109"], "who owes it cannot see the place");
    let rule = set(&site, &[]).await;
    let typed = site.post("chief", "/duties/rules/new", &[("slot", "third"), ("name", "n"), ("about", "ours"), ("each", "place"), ("assignee", "post:official"), ("other_recurrence", "FREQ=FORTNIGHTLY"), ("free_days", "skip"), ("from", "2026-11-23"), ("needs_photo", "no")]).await;
    assert_eq!((typed.texts(".summary .quiet"), typed.attributes("#field-name", "value")), (vec!["Y-106".to_owned()], vec!["n".to_owned()]), "the form is kept filled");
    assert_eq!(site.get("stranger", &format!("/duties/rules/{rule}")).await.status, 404);

    // It is raised on its day, once, whatever looks how often; a timer that slept raises each day.
    look().await;
    look().await;
    assert_eq!(states("builder", "mine").await.len(), 1);
    assert!(site.site.clock.advance(site.site.clock.now() + 72.hours()));
    look().await;
    let mine = states("builder", "mine").await;
    assert_eq!(mine.len(), 4, "{mine:?}");
    assert_eq!(states("stranger", "all").await.len(), 0, "a foreign one is not there");
    let open = store::open(&mut site.site.db.reader().await.unwrap()).await.unwrap();
    assert_eq!(open.iter().map(|duty| duty.due_on.day()).collect::<Vec<_>>(), [23, 24, 25, 26]);
    let address = |at: usize| format!("/duties/{}", open[at].id);
    assert_eq!(site.get("stranger", &address(0)).await.status, 404);

    // The first is done late, the second excused, the third forgotten, the fourth done in time.
    assert_eq!(site.post("chief", &format!("{}/do", address(0)), &[("content", "seen")]).await.status, 403);
    assert_eq!(site.post("builder", &format!("{}/do", address(0)), &[("content", "")]).await.texts(".summary .quiet"), ["Y-115"]);
    assert_eq!(site.post("builder", &format!("{}/do", address(0)), &[("content", "seen")]).await.status, 303);
    assert_eq!(site.post("builder", &format!("{}/do", address(0)), &[("content", "seen")]).await.texts(".summary .quiet"), ["Y-113"]);
    assert_eq!(site.post("builder", &format!("{}/excuse", address(1)), &[("reason", "road closed")]).await.status, 403);
    assert_eq!(site.post("chief", &format!("{}/excuse", address(1)), &[("reason", "road closed")]).await.status, 303);
    assert_eq!(site.post("builder", &format!("{}/do", address(3)), &[("content", "seen")]).await.status, 303);
    for by in ["institution", "person", "place"] {
        let rates = site.get("chief", &format!("/duties/rates?by={by}")).await.texts("tbody td");
        assert_eq!(&rates[1..], ["3", "1", "1", "1", "1", "33 % (1/3)"], "{by}");
    }
    assert_eq!(site.get("chief", "/duties/rates?by=colour").await.status, 404);
    assert_eq!(site.get("stranger", "/duties/rates").await.texts("tbody td").len(), 1, "nothing");
    assert_eq!(site.get("chief", "/duties?show=all&form=xlsx").await.status, 200);
    assert!(site.get("builder", "/desk").await.body.contains(&address(2)), "what is owed waits on the desk");

    // A rule that ends raises nothing more.
    assert_eq!(site.post("builder", &format!("/duties/rules/{rule}/end"), &[("reason", "r")]).await.status, 403);
    assert_eq!(site.post("chief", &format!("/duties/rules/{rule}/end"), &[("reason", "another begins")]).await.status, 303);
    assert!(site.site.clock.advance(site.site.clock.now() + 48.hours()));
    look().await;
    assert_eq!(store::of_rule(&mut site.site.db.reader().await.unwrap(), &rule, 99).await.unwrap().len(), 4);
    site
});

on_both_databases!(a_duty_hangs_on_the_post_and_other_facts_do_it, |site| async move {
    let mut site = crate::features::reports::tests::active(site.with_cast().await).await;
    site.person("second", Role::Leader, Some("ours")).await;
    let look = async |site: &TestSite| crate::timers::once(&site.site).await.unwrap();
    // Every project owes a visit of its official, with a picture; the district owes a round, which its minutes prove.
    let visits = set(&site, &[("slot", "official_visits"), ("each", "project"), ("assignee", "post:official"), ("needs_photo", "yes")]).await;
    let rounds = set(&site, &[("heard", "minutes"), ("assignee", "chief")]).await;
    look(&site).await;
    let conn = async || site.site.db.reader().await.unwrap();
    let of = async |rule: &str| store::of_rule(&mut conn().await, rule, 9).await.unwrap().remove(0);
    let visit = of(&visits).await;
    assert_eq!((visit.place.as_str(), visit.is_official, visit.needs_photo), ("ours", true, true));
    let official = visit.owner.clone();
    let address = format!("/duties/{}/do", visit.id);
    assert_eq!(official.as_deref(), Some("chief"), "the accountable official of the project");
    assert_eq!(site.post("chief", &address, &[("content", "seen")]).await.texts(".summary .quiet"), ["Y-116"]);

    // Another official is named: what is open goes to them with its day, and the first can no longer do it.
    let appoint = crate::features::places::model::Command::Appoint { place: "ours".into(), official: Some("second".into()), from: TODAY };
    site.submit(appoint).await.unwrap();
    assert_eq!(site.post("chief", &address, &[("content", "seen")]).await.status, 403);
    let mut body = Vec::new();
    for (name, value) in [("form_token", site.form_token("second").as_str()), ("request_id", "visit-000001"), ("content", "seen")] {
        body.extend(format!("------guatu\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes());
    }
    body.extend(b"------guatu\r\nContent-Disposition: form-data; name=\"photos\"; filename=\"a.jpg\"\r\n\r\n");
    let mut jpeg = Vec::new();
    let drawn = image::RgbImage::from_pixel(40, 30, image::Rgb([120, 90, 60]));
    drawn.write_to(&mut std::io::Cursor::new(&mut jpeg), image::ImageFormat::Jpeg).unwrap();
    body.extend(jpeg);
    body.extend(b"\r\n------guatu--\r\n");
    assert_eq!(site.post_bytes("second", &address, "multipart/form-data; boundary=----guatu", body).await.status, 303);
    let visit = of(&visits).await;
    let picture = format!("/duties/{}/photos/{}", visit.id, visit.settled.as_ref().unwrap().photos[0].name());
    for (who, status) in [("builder", 200), ("stranger", 404)] {
        assert_eq!(site.get(who, &picture).await.status, status, "{who}");
    }
    assert_eq!((visit.due_on, visit.owner.as_deref()), (TODAY, Some("second")), "no clock starts anew, and who did it stays with it");

    // Minutes of another place prove nothing here.
    assert_eq!(of(&rounds).await.settled, None);
    let minute = [("place", "ours"), ("remark", "all there")];
    assert_eq!(site.post("chief", "/round/minutes", &minute).await.status, 303);
    let round = of(&rounds).await;
    assert_eq!(round.settled.map(|settled| (settled.on, settled.by)), Some((TODAY, "chief".to_owned())));
    assert_eq!(Heard::from_name("minutes"), Some(Heard::Minutes));
    site
});
