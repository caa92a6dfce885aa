//! Scenarios of rounds.

use super::model::{Command, Known, Refused, State, decide};
use crate::clock::civil_date;
use crate::journal::domain::{Actor, Context};
use crate::on_both_databases;
use jiff::ToSpan;
use jiff::civil::{Date, date};
use std::io::Read;

const TODAY: Date = date(2026, 11, 23);

fn context(actor: &str) -> Context {
    let now = crate::testing::NOW.parse().unwrap();
    Context { actor: Actor::Account(actor.into()), now, today: civil_date(now) }
}

#[test]
fn rules() {
    let ready = State { is_owner_known: true, ..State::default() };
    let decided = |content: &str, due: Date| Command::Decide { decision: "d".into(), place: "p".into(), content: content.into(), owner: "jian".into(), due };
    let open = State { decision: Some(Known { place: "p".into(), owner: "jian".into(), done_on: None }), ..State::default() };
    let finish = |outcome: &str| Command::Finish { decision: "d".into(), outcome: outcome.into() };
    let minute = Command::Minute { minutes: "m".into(), place: "p".into(), remark: String::new(), figures: "{}".into(), frozen_number: 3 };
    let ended = State { decision: Some(Known { place: "p".into(), owner: "jian".into(), done_on: Some(TODAY) }), ..State::default() };
    let cases: Vec<(&str, State, Command, &str, Option<Refused>)> = vec![
        ("a decision", ready.clone(), decided("pour slab 7", TODAY), "wen", None),
        ("a decision of nothing", ready.clone(), decided(" ", TODAY), "wen", Some(Refused::NoText)),
        ("a decision due yesterday", ready.clone(), decided("pour", date(2026, 11, 22)), "wen", Some(Refused::DueOutside)),
        ("a decision due in two years", ready.clone(), decided("pour", date(2028, 11, 22)), "wen", Some(Refused::DueOutside)),
        ("a decision for a stranger", State::default(), decided("pour", TODAY), "wen", Some(Refused::UnknownOwner)),
        ("an id twice", State { is_id_taken: true, ..ready }, decided("pour", TODAY), "wen", Some(Refused::IdTaken)),
        ("ended by its owner", open.clone(), finish("poured"), "jian", None),
        ("ended by who governs", State { may_govern: true, ..open.clone() }, finish("poured"), "wen", None),
        ("ended by anybody", open.clone(), finish("poured"), "lu", Some(Refused::NotYours)),
        ("ended without a word", open, finish(""), "jian", Some(Refused::NoOutcome)),
        ("ended twice", ended, finish("poured"), "jian", Some(Refused::AlreadyDone { date: "2026-11-23".into() })),
        ("minutes", State::default(), minute.clone(), "wen", None),
        ("minutes of yesterday stand", State { last_minuted: Some(date(2026, 11, 22)), ..State::default() }, minute.clone(), "wen", None),
        ("minutes twice a day", State { last_minuted: Some(TODAY), ..State::default() }, minute, "wen", Some(Refused::DayTaken)),
    ];
    for (name, state, command, actor, expected) in cases {
        assert_eq!(decide(&state, &command, &context(actor)).err(), expected, "{name}");
    }
}

/// What a DOCX says, runs one after another.
fn text_of_docx(bytes: &[u8]) -> String {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut document = String::new();
    archive.by_name("word/document.xml").unwrap().read_to_string(&mut document).unwrap();
    let runs = document.split("<w:t xml:space=\"preserve\">").skip(1).filter_map(|run| run.split_once('<'));
    runs.map(|(text, _)| text).collect::<Vec<_>>().join("\n")
}

on_both_databases!(a_round_shows_the_day_and_keeps_what_is_decided, |site| async move {
    let site = crate::features::reports::tests::active(site.with_cast().await).await;
    let counts = async |who: &str| site.get(who, "/round?place=ours").await.texts("ul.tiles b");
    // Two buildings owe a report; the mandated date cannot be kept, so work is red.
    let date = [("activity", "ours-b1/topping_out"), ("name", "Topped out"), ("finish_by", "2026-12-31"), ("issuer", "headquarters"), ("document", "Notice 7"), ("edition", "1")];
    assert_eq!(site.post("chief", "/plans/ours/mandate", &date).await.status, 303);
    crate::timers::once(&site.site).await.unwrap();
    assert_eq!(counts("chief").await, ["2", "1", "1", "0", "0", "0"], "missing, red, soon, undone, waiting, decisions");
    let day = [("building", "ours-b1"), ("on", "2026-11-23"), ("done.ours-b1/pit", "900"), ("hindrance", "funds"), ("decider", "the bureau"), ("remark", "no payment since May")];
    let filed = site.post("builder", "/reports/new", &day).await;
    assert_eq!(filed.status, 303, "{:?}", filed.texts(".summary li"));
    let now = counts("chief").await;
    assert_eq!((now[0].as_str(), now[4].as_str()), ("1", "1"), "one reports, and waits for the bureau");
    let round = site.get("chief", "/round?place=ours").await;
    assert!(round.texts("#hindered li")[0].contains("the bureau"));
    assert!(round.texts("#red li")[0].contains("2026-05-"), "overdue since the day after its latest date: {:?}", round.texts("#red li"));
    assert_eq!(site.get("stranger", "/round?place=ours").await.status, 404);
    assert_eq!(site.get("stranger", "/round").await.texts("table.round tbody a").len(), 0, "not a word of another's project");

    // What has been looked through is not shown as changed again.
    assert!(round.texts("form.seen .tag").is_empty(), "nobody has looked yet");
    let number = site.site.head().to_string();
    assert_eq!(site.post("chief", "/round/seen", &[("place", "ours"), ("number", &number)]).await.status, 303);
    assert!(site.get("chief", "/round?place=ours").await.texts("form.seen .tag").is_empty());
    assert_eq!(site.post("builder", "/reports/unchanged", &[("building", "ours-b2"), ("on", "2026-11-23")]).await.status, 303);
    assert_eq!(site.get("chief", "/round?place=ours").await.texts("form.seen .tag").len(), 1, "a report came");

    // A decision, its owner, and what came of it.
    let decide = [("request_id", "decision-1"), ("about", "ours"), ("content", "Pay the May instalment"), ("assignee", "builder"), ("due", "2026-11-24")];
    let bad = site.post("office", "/round/decisions?place=ours", &[("about", "ours"), ("content", "Pay"), ("assignee", "stranger"), ("due", "2026-11-24")]).await;
    assert_eq!((bad.status.as_u16(), bad.texts(".summary .quiet")), (422, vec!["D-104".to_owned()]));
    assert_eq!(bad.texts("#field-content"), ["Pay"], "the form is still filled");
    assert_eq!(site.post("builder", "/round/decisions?place=ours", &decide).await.status, 403);
    assert_eq!(site.post("office", "/round/decisions?place=ours", &decide).await.status, 303);
    assert_eq!(site.get("builder", "/round?place=ours").await.texts("article.decision p:first-child"), ["Pay the May instalment"]);
    let minuted = site.post("office", "/round/minutes", &[("request_id", "minutes-1"), ("place", "ours"), ("remark", "All were there.")]).await;
    assert_eq!(minuted.status, 303, "{:?}", minuted.texts(".summary li"));
    assert_eq!(site.post("office", "/round/minutes", &[("place", "ours")]).await.texts(".summary .quiet"), ["D-108"]);
    for format in ["pdf", "docx"] {
        assert_eq!(site.get("chief", &format!("/round/minutes/minutes-1/{format}")).await.status, 200, "{format}");
    }
    for format in ["pdf", "docx"] {
        assert_eq!(site.get("builder", &format!("/round/brief/{format}?place=ours")).await.status, 200, "a brief as {format}");
        assert_eq!(site.get("stranger", &format!("/round/brief/{format}?place=ours")).await.status, 404, "a brief as {format}");
    }
    let letter = "/round/decisions/decision-1/letter";
    let cases = [("office", "pdf", 200), ("chief", "docx", 200), ("builder", "pdf", 403), ("stranger", "pdf", 404), ("office", "exe", 404)];
    for (who, format, status) in cases {
        assert_eq!(site.get(who, &format!("{letter}/{format}")).await.status, status, "{who}: the letter as {format}");
    }
    let said = text_of_docx(&site.get("office", &format!("{letter}/docx")).await.bytes);
    for part in ["Headquarters", "Pay the May instalment", "builder", "ours name", "2026-11-24"] {
        assert!(said.contains(part) || part.starts_with("2026") && said.contains("11月24日"), "{part}: {said}");
    }
    let brief = text_of_docx(&site.get("chief", "/round/brief/docx?place=ours").await.bytes);
    for part in ["Pay the May instalment", "builder", "the bureau", "no payment since May", &site.site.head().to_string()] {
        assert!(brief.contains(part), "{part}: {brief}");
    }
    assert_eq!(site.get("", "/round/brief/pdf?place=ours").await.status, 303, "not without logging in");
    assert_eq!(site.get("stranger", "/round/minutes/minutes-1/pdf").await.status, 404);
    assert_eq!(site.get("chief", "/round/minutes/minutes-1/exe").await.status, 404);
    assert!(site.site.clock.advance(site.site.clock.now() + 48.hours()));
    assert_eq!(site.get("chief", "/round?place=ours").await.texts("article.decision .lamp.bad").len(), 1, "overdue");
    assert_eq!(site.post("stranger", "/round/decisions/decision-1/finish", &[("outcome", "paid")]).await.status, 404);
    assert_eq!(site.post("builder", "/round/decisions/decision-1/finish", &[("outcome", "paid")]).await.status, 303);
    assert_eq!(site.get("office", &format!("{letter}/pdf")).await.status, 404, "what has ended is asked of nobody");
    let wall = site.get("chief", "/round?place=ours&wall=1").await;
    assert_eq!(wall.texts("ul.tiles b").last().map(String::as_str), Some("0"), "no open decision");
    site
});

on_both_databases!(minutes_name_the_promises_that_were_broken, |site| async move {
    let site = crate::features::reports::tests::active(site.with_cast().await).await;
    let permits = [("actual_start", "2026-09-01"), ("actual_finish", "2026-11-20"), ("percent", "100")];
    assert_eq!(site.post("builder", "/plans/ours/progress?activity=ours-b1/permits", &permits).await.status, 303);
    let promise = [("period", "day 2026-11-23"), ("will.ours-b1/pit", "50")];
    let promised = site.post("builder", "/targets/ours-b1/promise", &promise).await;
    assert_eq!(promised.status, 303, "{:?}", promised.texts(".summary li"));
    let day = [("building", "ours-b1"), ("on", "2026-11-23"), ("done.ours-b1/pit", "20"), ("request_id", "report-0001")];
    assert_eq!(site.post("builder", "/reports/new", &day).await.status, 303);
    assert_eq!(site.post("wei", "/reports/report-0001/confirm", &[]).await.status, 303);
    assert!(site.site.clock.advance(site.site.clock.now() + 24.hours()));
    // What was promised for yesterday bears the mark of who stands for yesterday, whatever is reported today.
    let day = [("building", "ours-b1"), ("on", "2026-11-24"), ("done.ours-b1/pit", "30"), ("request_id", "report-0002")];
    assert_eq!(site.post("builder", "/reports/new", &day).await.status, 303);
    assert_eq!(site.post("office", "/round/minutes", &[("request_id", "minutes-1"), ("place", "ours")]).await.status, 303);
    let frozen = text_of_docx(&site.get("chief", "/round/minutes/minutes-1/docx").await.bytes);
    for part in ["ours name ours-b1 name", "50 m³", "20 m³", "◐\n日11-23", "判灯规则"] {
        assert!(frozen.contains(part), "{part}: {frozen}");
    }
    // What is put right afterwards changes no minutes.
    let right = [("done.ours-b1/pit", "50"), ("reason", "one lorry was not counted")];
    assert_eq!(site.post("builder", "/reports/report-0001/correct", &right).await.status, 303);
    assert_eq!(text_of_docx(&site.get("chief", "/round/minutes/minutes-1/docx").await.bytes), frozen);
    site
});
