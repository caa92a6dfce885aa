//! Cases of instructions: every refusal, and scenarios of a meeting that becomes orders and an answer.

use super::model::{
    Command, Fact, Kind, Known, KnownItem, Number, Ordered, Presence, Refused, Seat, Stage, State, Sums, decide, item_id,
    item_of,
};
use super::store;
use crate::clock::civil_date;
use crate::features::orders::tests::with_firm;
use crate::features::organisations::model as organisations;
use crate::features::identity::model::Role;
use crate::features::places::model::Kind as PlaceKind;
use crate::features::reports::model::Photo;
use crate::journal::domain::{Actor, Context};
use crate::on_both_databases;
use crate::testing::TestSite;
use jiff::civil::{Date, date};

const TODAY: Date = date(2026, 11, 23);

fn context(actor: &str) -> Context {
    let now = crate::testing::NOW.parse().unwrap();
    Context { actor: Actor::Account(actor.into()), now, today: civil_date(now) }
}

fn seat(unit: &str, post: &str, presence: &str, note: &str) -> Seat {
    Seat { unit: unit.into(), post: post.into(), presence: Presence::from_name(presence, note).unwrap() }
}

fn item(number: Number, reported_on: Option<Date>, ordered: Ordered) -> KnownItem {
    KnownItem { number, place: "p".into(), unit: "firm".into(), due: TODAY, dropped_on: None, reported_on, ordered }
}

#[test]
fn rules() {
    let record = |source: &str, subject: &str, content: &str, on: Date, photos: usize| Command::Record {
        instruction: "i".into(),
        place: "p".into(),
        kind: Kind::Meeting,
        source: source.into(),
        reference: "No. 7".into(),
        on,
        subject: subject.into(),
        content: content.into(),
        photos: (0..photos).map(|_| Photo::of("o".into())).collect(),
    };
    let usual = || record("the city's headquarters", "winter", "finish the roofs", TODAY, 0);
    let id = || "i".to_owned();
    let roster = |roster: Vec<Seat>| Command::TakeRoster { instruction: id(), roster };
    let convey = |units: &[&str], due| Command::Convey {
        instruction: id(),
        units: units.iter().map(|unit| (*unit).to_owned()).collect(),
        due,
    };
    let acknowledge = |unit: &str, paper: &str| Command::Acknowledge { instruction: id(), unit: unit.into(), paper: paper.into() };
    let assign = |content: &str, post: &str, due| Command::Assign {
        instruction: id(),
        place: "p".into(),
        content: content.into(),
        unit: "firm".into(),
        post: post.into(),
        due,
    };
    let drop = |item, reason: &str| Command::Drop { instruction: id(), item, reason: reason.into() };
    let report = |item, content: &str, evidence: &str| Command::Report {
        instruction: id(),
        item,
        content: content.into(),
        evidence: evidence.into(),
        paper: String::new(),
    };
    let withdraw = |reason: &str| Command::Withdraw { instruction: id(), reason: reason.into() };

    let names = || vec!["Ren Zhao".to_owned(), "云知远".to_owned(), "x".to_owned()];
    let fresh = || State { names: names(), is_place_fit: true, may_govern: true, ..State::default() };
    let known = || Known {
        id: "i".into(),
        place: "p".into(),
        kind: Kind::Meeting,
        withdrawn_on: None,
        units: vec![("firm".into(), false), ("bureau".into(), true)],
        items: vec![],
    };
    let there = || State { instruction: Some(known()), ..fresh() };
    let with = |items: Vec<KnownItem>| State { instruction: Some(Known { items, ..known() }), ..fresh() };
    let gone = || State { instruction: Some(Known { withdrawn_on: Some(TODAY), ..known() }), ..fresh() };
    let own = || State { own_unit: Some("firm".into()), may_govern: false, ..there() };
    let stranger = || State { own_unit: Some("other".into()), may_govern: false, ..there() };
    let unknown = |unit: &str| State { unknown_units: vec![unit.into()], ..there() };
    let yesterday = date(2026, 11, 22);
    let past = || Some(Refused::PastDay { date: TODAY.to_string() });
    let row = |row: &str| row.to_owned();

    // What is tried, where, and why it is refused.
    type Case = (&'static str, State, Command, Option<Refused>);
    let cases: Vec<Case> = vec![
        ("recorded", fresh(), usual(), None),
        ("recorded as scans alone", fresh(), record("the office", "winter", " ", TODAY, 2), None),
        ("a name within a longer word is none", fresh(), record("Ren Zhaoling street office", "winter", "x", TODAY, 0), None),
        ("recorded twice", State { is_id_taken: true, ..fresh() }, usual(), Some(Refused::IdTaken)),
        ("from nobody", fresh(), record(" ", "winter", "x", TODAY, 0), Some(Refused::NoSource)),
        ("from a person", fresh(), record("secretary Ren Zhao", "winter", "x", TODAY, 0), Some(Refused::SourceNamesSomebody)),
        ("from a person among Han characters", fresh(), record("区长云知远批示", "winter", "x", TODAY, 0), Some(Refused::SourceNamesSomebody)),
        ("about nothing", fresh(), record("the office", "", "x", TODAY, 0), Some(Refused::NoSubject)),
        ("without text or scan", fresh(), record("the office", "winter", "", TODAY, 0), Some(Refused::NoText)),
        ("of tomorrow", fresh(), record("the office", "winter", "x", date(2026, 11, 24), 0), Some(Refused::FutureDay { date: "2026-11-24".into() })),
        ("anything with what was taken back", gone(), convey(&["other"], None), Some(Refused::AlreadyWithdrawn { date: TODAY.to_string() })),
        ("a roster", there(), roster(vec![seat("firm", "manager", "present", ""), seat("firm", "engineer", "absent", "ill")]), None),
        ("a roster of a note", State { instruction: Some(Known { kind: Kind::Note, ..known() }), ..fresh() }, roster(vec![seat("firm", "manager", "present", "")]), Some(Refused::NoMeeting)),
        ("a roster of nobody", there(), roster(vec![]), Some(Refused::SeatsOutside { most: "60".into() })),
        ("a roster without end", there(), roster((0..61).map(|at| seat("firm", &format!("post {at}"), "present", "")).collect()), Some(Refused::SeatsOutside { most: "60".into() })),
        ("a seat without a post", there(), roster(vec![seat("firm", " ", "present", "")]), Some(Refused::SeatIncomplete { row: row("1") })),
        ("a seat of no unit", unknown(""), roster(vec![seat("", "manager", "present", "")]), Some(Refused::SeatIncomplete { row: row("1") })),
        ("stood in for by nobody", there(), roster(vec![seat("firm", "manager", "present", ""), seat("firm", "engineer", "substitute", "")]), Some(Refused::SeatIncomplete { row: row("2") })),
        ("absent for no reason", there(), roster(vec![seat("firm", "manager", "absent", " ")]), Some(Refused::SeatIncomplete { row: row("1") })),
        ("a seat twice", there(), roster(vec![seat("firm", "manager", "present", ""), seat("firm", "manager ", "present", "")]), Some(Refused::SeatTwice { row: row("2") })),
        ("a seat of a person", there(), roster(vec![seat("firm", "Ren Zhao", "present", "")]), Some(Refused::SeatNamesSomebody { row: row("1") })),
        ("stood in for by a person", there(), roster(vec![seat("firm", "manager", "substitute", "云知远")]), Some(Refused::SeatNamesSomebody { row: row("1") })),
        ("conveyed", there(), convey(&["other", "firm"], Some(TODAY)), None),
        ("conveyed to whom nobody knows", unknown("other"), convey(&["other"], None), Some(Refused::UnknownUnit)),
        ("conveyed to those who know", there(), convey(&["firm", "bureau"], None), Some(Refused::NobodyToTell)),
        ("conveyed for yesterday", there(), convey(&["other"], Some(yesterday)), past()),
        ("acknowledged by the unit", own(), acknowledge("firm", ""), None),
        ("acknowledged on paper", there(), acknowledge("firm", "letter 3"), None),
        ("acknowledged without the paper", there(), acknowledge("firm", ""), Some(Refused::NoPaper)),
        ("acknowledged by another unit", stranger(), acknowledge("firm", "letter"), Some(Refused::NotYours)),
        ("acknowledged twice", there(), acknowledge("bureau", "letter 3"), Some(Refused::NothingToAcknowledge)),
        ("acknowledged by whom nobody told", there(), acknowledge("other", "letter 3"), Some(Refused::NothingToAcknowledge)),
        ("an item", there(), assign("roofs", "site manager", TODAY), None),
        ("an item without words", there(), assign("", "", TODAY), Some(Refused::NoContent)),
        ("an item of nobody", unknown("firm"), assign("roofs", "", TODAY), Some(Refused::UnknownOwner)),
        ("an item of a person", there(), assign("roofs", "Ren Zhao", TODAY), Some(Refused::PostNamesSomebody)),
        ("an item elsewhere", State { is_place_fit: false, ..there() }, assign("roofs", "", TODAY), Some(Refused::PlaceOutside)),
        ("an item for yesterday", there(), assign("roofs", "", yesterday), past()),
        ("dropped", with(vec![item(1, None, Ordered::No)]), drop(1, "twice the same"), None),
        ("dropped without a reason", with(vec![item(1, None, Ordered::No)]), drop(1, ""), Some(Refused::NoReason)),
        ("dropped under order", with(vec![item(1, None, Ordered::Open)]), drop(1, "x"), Some(Refused::OrderOpen)),
        ("dropped twice", with(vec![KnownItem { dropped_on: Some(TODAY), ..item(1, None, Ordered::No) }]), drop(1, "x"), Some(Refused::UnknownItem)),
        ("reported with evidence", with(vec![item(1, None, Ordered::No)]), report(1, "done", "photographs"), None),
        ("reported by its order", with(vec![item(1, None, Ordered::Closed)]), report(1, "done", ""), None),
        ("reported with nothing to show", with(vec![item(1, None, Ordered::No)]), report(1, "done", ""), Some(Refused::NoEvidence)),
        ("reported with nothing to say", with(vec![item(1, None, Ordered::Closed)]), report(1, "", "x"), Some(Refused::NoOutcome)),
        ("reported before its order is closed", with(vec![item(1, None, Ordered::Open)]), report(1, "done", "x"), Some(Refused::OrderOpen)),
        ("reported twice", with(vec![item(1, Some(TODAY), Ordered::Closed)]), report(1, "done", "x"), Some(Refused::AlreadyReported { date: TODAY.to_string() })),
        ("reported though it is not there", there(), report(1, "done", "x"), Some(Refused::UnknownItem)),
        ("taken back", with(vec![item(1, None, Ordered::No)]), withdraw("entered twice"), None),
        ("taken back without a reason", there(), withdraw(" "), Some(Refused::NoReason)),
        ("taken back under order", with(vec![item(1, None, Ordered::Open)]), withdraw("x"), Some(Refused::StillBound)),
        ("taken back when it is answered", with(vec![item(1, Some(TODAY), Ordered::No)]), withdraw("x"), Some(Refused::StillBound)),
    ];
    let mut codes: Vec<&str> = Vec::new();
    for (name, state, command, expected) in cases {
        let refused = decide(&state, &command, &context("office")).err();
        assert_eq!(refused, expected, "{name}");
        codes.extend(refused.map(|refused| crate::refusal::Refusal::from(refused).code));
    }
    for code in Refused::CODES {
        assert!(codes.contains(code), "no case for {code}");
    }
    // Numbers of items go on, also behind one that was taken back.
    let dropped = with(vec![KnownItem { dropped_on: Some(TODAY), ..item(4, None, Ordered::No) }]);
    let drafts = decide(&dropped, &assign("roofs", "", TODAY), &context("office")).unwrap();
    assert!(matches!(&drafts[0].fact, Fact::Assigned { item: 5, .. }));
}

#[test]
fn an_instruction_is_done_only_when_all_items_are_reported_back() {
    let done = Some(TODAY);
    let dropped = KnownItem { dropped_on: done, ..item(3, None, Ordered::No) };
    for (name, is_withdrawn, items, expected) in [
        ("without items", false, vec![], Stage::Received),
        ("all of them taken back", false, vec![dropped.clone()], Stage::Received),
        ("one of two", false, vec![item(1, done, Ordered::No), item(2, None, Ordered::Closed)], Stage::Open),
        ("both", false, vec![item(1, done, Ordered::No), item(2, done, Ordered::Closed), dropped], Stage::Done),
        ("taken back", true, vec![item(1, None, Ordered::No)], Stage::Withdrawn),
    ] {
        assert_eq!(Stage::of(is_withdrawn, items.iter()), expected, "{name}");
    }
    let roster = [seat("a", "p", "present", ""), seat("a", "q", "substitute", "r"), seat("b", "p", "absent", "ill"), seat("c", "p", "present", "")];
    assert_eq!(Sums::of(&roster), Sums { due: 4, present: 2, substitute: 1, absent: 1 });
    assert_eq!(item_of(&item_id("0199-a", 12)), Some(("0199-a", 12)));
    assert_eq!([item_of("12"), item_of("a-b")], [None, None]);
}

/// The cast with two firms, one of which works on `theirs` alone.
async fn with_units(site: TestSite) -> TestSite {
    let mut site = with_firm(site.with_cast().await).await;
    let (id, name, kind) = ("far".into(), "far name".into(), organisations::Kind::Contractor);
    site.submit(organisations::Command::Register { id, name, kind }).await.unwrap();
    site.person_of("yuan", "far", Role::Contractor, Some("theirs")).await;
    site
}

const MEETING: [(&str, &str); 8] = [
    ("instruction_kind", "meeting"),
    ("source_post", "City command"),
    ("paper_number", "Minutes 21"),
    ("on", "2026-11-20"),
    ("subject", "Roofs before the frost"),
    ("minutes", "All roofs are closed by the end of the month."),
    ("about", "district"),
    ("request_id", "meeting-0001"),
];

async fn advance(site: &TestSite, hours: i64) {
    assert!(site.site.clock.advance(site.site.clock.now() + jiff::SignedDuration::from_hours(hours)));
}

on_both_databases!(a_meeting_becomes_items_and_orders_and_is_answered, |site| async move {
    let site = with_units(site).await;
    let address = "/instructions/meeting-0001";
    assert_eq!(site.get("builder", "/instructions/new").await.status, 404, "whoever does not govern records nothing");
    assert_eq!(site.post("builder", "/instructions/new", &MEETING).await.status, 404);
    let mut bad = MEETING.to_vec();
    bad[1] = ("source_post", "Mr chief");
    let refused = site.post("office", "/instructions/new?place=district", &bad).await;
    assert_eq!((refused.status.as_u16(), refused.texts(".summary .quiet")), (422, vec!["J-203".to_owned()]));
    assert_eq!(refused.attributes("#field-subject", "value"), ["Roofs before the frost"], "the form stays filled");
    assert_eq!(site.post("office", "/instructions/new", &MEETING).await.location(), address);

    // Who came, with both numbers.
    let roster = [
        ("seat_unit.0", "firm"), ("seat_post.0", "Manager"), ("seat_presence.0", "present"),
        ("seat_unit.1", "bureau"), ("seat_post.1", "Director"), ("seat_presence.1", "substitute"), ("seat_note.1", "Deputy director"),
        ("seat_unit.2", "far"), ("seat_post.2", "Manager"), ("seat_presence.2", "absent"), ("seat_note.2", ""),
    ];
    let refused = site.post("office", &format!("{address}/roster"), &roster).await;
    assert_eq!(refused.texts(".summary .quiet"), ["J-210"]);
    assert_eq!(refused.attributes("input[name='seat_note.1']", "value"), ["Deputy director"], "what was typed is there");
    let mut taken = roster.to_vec();
    taken[10].1 = "at another meeting";
    assert_eq!(site.post("office", &format!("{address}/roster"), &taken).await.status, 303);
    let shown = site.get("chief", address).await;
    assert!(shown.texts("#roster-sums")[0].contains("1/3 (33 %)"), "{:?}", shown.texts("#roster-sums"));
    assert_eq!(shown.texts("ul.counts b")[0], "2/3 (67 %)");

    // Told unit by unit: the firm's people see it, others do not; nobody acknowledges for another.
    assert_eq!(site.get("yuan", address).await.status, 200, "due at the meeting");
    assert_eq!(site.get("stranger", address).await.status, 404);
    assert_eq!(site.get("builder", address).await.status, 404);
    assert_eq!(site.get("", address).await.status, 303);
    let tell = [("unit.firm", "yes"), ("unit.bureau", "yes"), ("due", "2026-11-24")];
    assert_eq!(site.post("jian", &format!("{address}/convey"), &tell).await.status, 404, "they do not see the district");
    assert_eq!(site.post("office", &format!("{address}/convey"), &[]).await.texts(".summary .quiet"), ["J-214"]);
    assert_eq!(site.post("office", &format!("{address}/convey"), &tell).await.status, 303);
    let inbox = site.get("jian", "/messages").await;
    assert!(inbox.body.contains("Roofs before the frost") && inbox.body.contains(address), "the unit hears of it");
    assert!(!site.get("yuan", "/messages").await.body.contains("Roofs before"), "others do not");
    let desk = site.get("jian", "/desk").await;
    assert!(desk.attributes("section a", "href").contains(&address.to_owned()), "it waits on the desk");
    assert_eq!(site.post("stranger", &format!("{address}/acknowledge"), &[]).await.status, 404);
    assert_eq!(site.post("jian", &format!("{address}/acknowledge"), &[]).await.status, 303);
    assert_eq!(site.post("jia", &format!("{address}/acknowledge"), &[]).await.status, 409, "it has been, for the whole unit");
    assert!(!site.get("jia", "/desk").await.attributes("section a", "href").contains(&address.to_owned()));
    assert_eq!(site.post("office", &format!("{address}/enter"), &[("unit", "bureau"), ("paper", "")]).await.texts(".summary .quiet"), ["J-218"]);
    assert_eq!(site.post("office", &format!("{address}/enter"), &[("unit", "bureau"), ("paper", "Letter 3")]).await.status, 303);
    assert_eq!(site.get("chief", address).await.texts("ul.counts b")[1], "2/2 (100 %)");

    // Items with owner, place and day; each may become an order that a person issues.
    let assign = async |content: &str, about: &str| {
        let fields = [("content", content), ("owner", "firm"), ("post", "Site manager"), ("due", "2026-11-30"), ("about", about)];
        site.post("office", &format!("{address}/assign"), &fields).await
    };
    assert_eq!(assign("Close the roofs", "nowhere").await.texts(".summary .quiet"), ["J-222"]);
    assert_eq!(assign("Close the roofs", "ours").await.status, 303);
    assert_eq!(assign("Say how many are closed", "ours-b1").await.status, 303);
    assert_eq!(site.get("jian", address).await.texts("tbody tr td:nth-child(2)").len(), 2, "the unit sees its items");
    let theirs = site.get("stranger", "/instructions?show=all").await;
    assert_eq!(theirs.texts("tbody td").len(), 1, "nothing for whom it does not concern: {:?}", theirs.texts("tbody td"));
    assert_eq!(site.get("builder", address).await.status, 200, "an item of it is about their project");
    assert!(!site.get("builder", address).await.body.contains("end of the month"), "and no more than the item is shown");
    let proposals = site.get("office", "/orders/proposals").await;
    assert!(proposals.attributes("td a", "href").contains(&"/orders/new?kind=item&id=meeting-0001-1".to_owned()));
    let form = site.get("office", "/orders/new?kind=item&id=meeting-0001-1").await;
    assert_eq!(form.texts("#field-content"), ["Close the roofs"]);
    assert_eq!(site.get("office", "/orders/new?kind=item&id=meeting-0001-9").await.status, 404);
    let order = [
        ("source", "item"), ("reference", "meeting-0001-1"), ("title", "Close the roofs"), ("content", "All of them"), ("about", "ours"),
        ("lead", "firm"), ("limit", "city/urgent"), ("request_id", "order-0001"),
    ];
    let mut elsewhere = order.to_vec();
    elsewhere[4].1 = "theirs";
    elsewhere[7].1 = "order-0002";
    assert_eq!(site.post("office", "/orders/new", &elsewhere).await.texts(".summary .quiet"), ["S-108"], "the item is about another project");
    assert_eq!(site.post("office", "/orders/new", &order).await.location(), "/orders/order-0001");

    // Both ways: the order names the item, the item shows the order and where it stands.
    let shown = site.get("jian", "/orders/order-0001").await;
    assert!(shown.attributes("dl.facts a", "href").contains(&"/instructions/items/meeting-0001-1".to_owned()));
    assert!(shown.body.contains("Minutes 21"));
    assert_eq!(site.get("jian", "/instructions/items/meeting-0001-1").await.location(), "/instructions/meeting-0001#item-1");
    assert_eq!(site.get("stranger", "/instructions/items/meeting-0001-1").await.status, 404);
    assert_eq!(site.get("office", "/orders/of?kind=item&id=meeting-0001-1").await.texts("ul.rows a"), ["Close the roofs"]);
    let stage = async || site.get("office", address).await.texts("#item-1 .tag");
    let (drafted, report) = (stage().await, [("item", "1"), ("outcome", "All closed"), ("evidence", "seen")]);
    assert_eq!(drafted.len(), 1);
    let refused = site.post("office", &format!("{address}/report"), &report).await;
    assert_eq!((refused.status.as_u16(), refused.texts(".summary .quiet")), (409, vec!["J-225".to_owned()]));
    for (who, act, fields) in [
        ("chief", "approve", vec![]),
        ("office", "issue", vec![]),
        ("jian", "sign", vec![]),
        ("jian", "report", vec![("outcome", "All closed"), ("evidence", "Photographs")]),
        ("office", "close", vec![("evidence", "Seen on the spot")]),
    ] {
        let page = site.post(who, &format!("/orders/order-0001/{act}"), &fields).await;
        assert_eq!(page.status, 303, "{act}: {:?}", page.texts(".summary li"));
    }
    assert_ne!(stage().await, drafted, "the item follows its order");
    assert_eq!(site.post("jian", &format!("{address}/report"), &report).await.status, 404, "whoever owns it does not answer the source");
    assert_eq!(site.post("office", &format!("{address}/report"), &[("item", "1"), ("outcome", "All closed")]).await.status, 303);
    let open = async || store::instruction(&mut site.site.db.reader().await.unwrap(), "meeting-0001").await.unwrap().unwrap().stage();
    assert_eq!(open().await, Stage::Open, "the other item is not reported");
    assert_eq!(site.post("office", &format!("{address}/report"), &[("item", "2"), ("outcome", "12 of 12")]).await.texts(".summary .quiet"), ["J-227"]);
    assert_eq!(site.post("office", &format!("{address}/report"), &[("item", "2"), ("outcome", "12 of 12"), ("evidence", "List"), ("paper_number", "Report 4")]).await.status, 303);
    assert_eq!(open().await, Stage::Done);
    assert_eq!(site.get("office", "/instructions?show=done").await.texts("tbody td:first-child"), ["Roofs before the frost"]);
    assert_eq!(site.get("office", "/instructions").await.texts("tbody td").len(), 1, "nothing is open");
    let mut late = order.to_vec();
    late[7].1 = "order-0003";
    assert_eq!(site.post("office", "/orders/new", &late).await.texts(".summary .quiet"), ["S-108"], "what is answered is not ordered again");

    // Somebody looks back and opens the order again: the answer did not hold.
    let before = site.site.head();
    advance(&site, 24).await;
    let unsound = [("sound", "no"), ("finding", "Two are open"), ("limit", "city/urgent")];
    let page = site.post("office", "/orders/order-0001/look_back", &unsound).await;
    assert_eq!(page.status, 303, "{:?}", page.texts(".summary li"));
    assert_eq!(open().await, Stage::Open);
    let then = site.get("office", &format!("{address}?as_of={before}")).await;
    assert_eq!(then.texts("h1 + .lamp.good").len(), 1, "as it was known then");
    assert_eq!(site.get("office", address).await.texts("h1 + .lamp.good").len(), 0);

    // The register: sorted, filtered, a workbook.
    assert_eq!(site.get("chief", "/instructions?sort=-on&find=roofs").await.texts("tbody td:first-child").len(), 1);
    let book = site.get("chief", "/instructions?show=all&form=xlsx").await;
    assert!(book.status == 200 && book.body.starts_with("PK"));
    assert_eq!(site.get("stranger", "/instructions?place=ours").await.status, 404);
    site
});

on_both_databases!(what_was_recorded_in_error_is_taken_back, |site| async move {
    let site = with_units(site).await;
    site.place("zone", Some("district"), PlaceKind::Zone, None).await;
    let mut note = MEETING.to_vec();
    note[0] = ("instruction_kind", "note");
    let address = "/instructions/meeting-0001";
    assert_eq!(site.post("office", "/instructions/new", &note).await.location(), address);
    assert_eq!(site.post("office", "/instructions/new", &[("about", "ours")]).await.status, 422);
    assert_eq!(site.post("office", &format!("{address}/roster"), &[("seat_unit.0", "firm"), ("seat_post.0", "Manager")]).await.status, 409, "a note has no roster");
    assert_eq!(site.post("office", &format!("{address}/dance"), &[]).await.status, 404);
    let fields = [("content", "Close"), ("owner", "firm"), ("due", "2026-11-30"), ("about", "ours")];
    assert_eq!(site.post("office", &format!("{address}/assign"), &fields).await.status, 303);
    assert_eq!(site.post("office", &format!("{address}/drop"), &[("item", "1"), ("reason", "")]).await.texts(".summary .quiet"), ["J-228"]);
    assert_eq!(site.post("office", &format!("{address}/drop"), &[("item", "1"), ("reason", "entered twice")]).await.status, 303);
    assert_eq!(site.post("office", &format!("{address}/withdraw"), &[("reason", "another district's")]).await.status, 303);
    assert_eq!(site.post("office", &format!("{address}/convey"), &[("unit.firm", "yes")]).await.status, 409);
    let shown = site.get("office", address).await;
    assert_eq!((shown.status.as_u16(), shown.texts("form.fields").len()), (200, 0), "nothing more is done with it");
    assert!(shown.texts("ol.course li").len() == 4);
    assert!(!site.get("office", "/orders/proposals").await.body.contains("meeting-0001"));
    site
});
