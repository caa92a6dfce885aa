//! Scenarios of problems.

use super::model::{Cause, Command, Known, Refused, State, decide};
use super::store;
use crate::clock::civil_date;
use crate::features::identity::model::Role;
use crate::features::targets::model::Grade;
use crate::journal::domain::{Actor, Context};
use crate::on_both_databases;
use jiff::ToSpan;
use jiff::civil::{Date, date};

const TODAY: Date = date(2026, 11, 23);

fn context(actor: &str) -> Context {
    let now = crate::testing::NOW.parse().unwrap();
    let actor = if actor == "system" { Actor::System } else { Actor::Account(actor.into()) };
    Context { actor, now, today: civil_date(now) }
}

#[test]
fn rules() {
    let site = State { place: "b".into(), may_open: true, is_owner_known: true, answerable: Some("jian".into()), ..State::default() };
    let open = |kind: &str, words: &str| Command::Open {
        problem: "p".into(),
        place: "b".into(),
        kind: kind.into(),
        decider: "the bureau".into(),
        content: words.into(),
        owner: "jian".into(),
    };
    let known = Known { id: "p".into(), owner: Some("jian".into()), raised_by: "wei".into(), closed_on: None, ends_with_judgement: true };
    let there = State { problem: Some(known.clone()), of_report: vec![known.clone()], ..site.clone() };
    let governed = State { may_govern: true, ..there.clone() };
    let closed = State { problem: Some(Known { closed_on: Some(TODAY), ..known.clone() }), ..governed.clone() };
    let answer = |words: &str, by| Command::Answer { problem: "p".into(), content: words.into(), by };
    let hand = |owner: &str, reason: &str| Command::Hand { problem: "p".into(), owner: owner.into(), reason: reason.into() };
    let close = |outcome: &str| Command::Close { problem: "p".into(), outcome: outcome.into() };
    let raise = Command::Raise { cause: Cause::Disputed { report: "r".into() }, content: "five slabs stand".into(), by: "wei".into() };
    let stopped = Command::Raise { cause: Cause::Disregarded { report: "r".into(), hazard: "h".into() }, content: "no limiter".into(), by: "wei".into() };
    let settle = Command::Settle { report: "r".into() };
    let no_owner = State { is_owner_known: false, ..there.clone() };
    // What is tried, where, by whom, and how many facts follow.
    type Case = (&'static str, State, Command, &'static str, Result<usize, Refused>);
    let cases: Vec<Case> = vec![
        ("opened", site.clone(), open("funds", "no payment"), "jian", Ok(1)),
        ("opened by a reader", State { may_open: false, ..site.clone() }, open("funds", "no payment"), "lu", Err(Refused::MayNotOpen)),
        ("an id twice", State { is_id_taken: true, ..site.clone() }, open("funds", "no payment"), "jian", Err(Refused::IdTaken)),
        ("a dragon", site.clone(), open("dragon", "fire"), "jian", Err(Refused::UnknownKind)),
        ("without words", site.clone(), open("funds", " "), "jian", Err(Refused::NoRemark)),
        ("for a stranger", State { is_owner_known: false, ..site.clone() }, open("funds", "no payment"), "jian", Err(Refused::UnknownOwner)),
        ("raised by a dispute", site.clone(), raise.clone(), "system", Ok(1)),
        ("raised by hand", site.clone(), raise, "jian", Err(Refused::NotYours)),
        ("settled", there.clone(), settle.clone(), "system", Ok(1)),
        ("work that went on in a stop", site.clone(), stopped, "system", Ok(1)),
        ("which no judgement ends", State { of_report: vec![Known { ends_with_judgement: false, ..known.clone() }], ..there.clone() }, settle.clone(), "system", Ok(0)),
        ("settled when none is open", State { of_report: Vec::new(), ..there.clone() }, settle.clone(), "system", Ok(0)),
        ("settled by hand", there.clone(), settle, "wei", Err(Refused::NotYours)),
        ("answered", there.clone(), answer("recounting", TODAY), "jian", Ok(1)),
        ("answered by somebody else", governed.clone(), answer("recounting", TODAY), "wen", Err(Refused::NotYours)),
        ("answered for yesterday", there.clone(), answer("recounting", date(2026, 11, 22)), "jian", Err(Refused::DueOutside)),
        ("answered with nothing", there.clone(), answer("", TODAY), "jian", Err(Refused::NoAnswer)),
        ("handed on by its owner", there.clone(), hand("lu", "my leave"), "jian", Ok(1)),
        ("handed on by who governs", governed.clone(), hand("lu", "my leave"), "wen", Ok(1)),
        ("handed on by anybody", there.clone(), hand("lu", "my leave"), "lu", Err(Refused::NotYours)),
        ("handed on without a reason", there.clone(), hand("lu", ""), "jian", Err(Refused::NoReason)),
        ("handed to its owner", there.clone(), hand("jian", "again"), "jian", Err(Refused::UnknownOwner)),
        ("handed to a stranger", no_owner, hand("mo", "gone"), "jian", Err(Refused::UnknownOwner)),
        ("closed by who raised it", there.clone(), close("recounted"), "wei", Ok(1)),
        ("closed by who governs", governed.clone(), close("recounted"), "wen", Ok(1)),
        ("closed by its owner", governed, close("recounted"), "jian", Err(Refused::OwnProblem)),
        ("closed by anybody", there.clone(), close("recounted"), "lu", Err(Refused::NotYours)),
        ("closed without a word", there, close(" "), "wei", Err(Refused::NoOutcome)),
        ("closed twice", closed, close("recounted"), "wen", Err(Refused::AlreadyClosed { date: "2026-11-23".into() })),
    ];
    for (name, state, command, actor, expected) in cases {
        assert_eq!(decide(&state, &command, &context(actor)).map(|drafts| drafts.len()), expected, "{name}");
    }
}

on_both_databases!(a_dispute_is_a_problem_with_an_owner_and_an_inspection_overrules, |site| async move {
    let mut site = crate::features::reports::tests::active(site.with_cast().await).await;
    site.person("inspector", Role::Inspector, Some("ours")).await;
    let day = [("building", "ours-b1"), ("on", "2026-11-23"), ("done.ours-b1/pit", "1200"), ("request_id", "report-0001")];
    assert_eq!(site.post("builder", "/reports/new", &day).await.status, 303);
    let grade = async || site.site.domain.grades.grades(&mut site.site.db.reader().await.unwrap()).await.unwrap().of_work("ours", "ours-b1/pit");
    assert_eq!(grade().await, Some(Grade::Reported));
    assert_eq!(site.post("wei", "/reports/report-0001/dispute", &[("done.ours-b1/pit", "900"), ("reason", "measured by cross section")]).await.status, 303);
    assert_eq!(grade().await, Some(Grade::Disputed));

    // It opened by itself, and falls to the leader of the task force.
    let list = site.get("chief", "/problems").await;
    assert_eq!(list.texts("tbody td:nth-child(2)"), ["measured by cross section"]);
    assert_eq!(list.texts("tbody td:nth-child(4)"), ["builder"]);
    assert_eq!(site.get("stranger", "/problems").await.texts("tbody td:nth-child(2)").len(), 0);
    let problem = site.get("wei", "/problems/of/report-0001").await;
    assert_eq!((problem.status.as_u16(), problem.location()), (303, "/problems/report-0001-1"));
    let address = problem.location();
    assert_eq!(site.get("stranger", address).await.status, 404);
    assert_eq!(site.get("stranger", "/problems/of/report-0001").await.status, 404);
    assert_eq!(site.post("stranger", &format!("{address}/answer"), &[("content", "x"), ("due", "2026-11-24")]).await.status, 404);
    let answer = [("content", "we count again"), ("due", "2026-11-24")];
    assert_eq!(site.post("wei", &format!("{address}/answer"), &answer).await.status, 403);
    let bad = site.post("builder", &format!("{address}/answer"), &[("content", "we count again"), ("due", "2020-01-01")]).await;
    assert_eq!((bad.status.as_u16(), bad.texts(".summary .quiet"), bad.texts("#field-answer-content")), (422, vec!["Q-107".to_owned()], vec!["we count again".to_owned()]));
    assert_eq!(site.post("builder", &format!("{address}/answer"), &answer).await.status, 303);
    assert_eq!(site.post("builder", &format!("{address}/close"), &[("outcome", "we are right")]).await.texts(".summary .quiet"), ["Q-109"]);

    // A site does not take a dispute back by saying its figure again; as far as measured it may.
    let again = site.post("builder", "/reports/report-0001/correct", &[("done.ours-b1/pit", "1100"), ("reason", "counted")]).await;
    assert_eq!(again.texts(".summary .quiet"), ["R-125"]);
    assert_eq!(site.post("builder", "/reports/report-0001/correct", &[("done.ours-b1/pit", "900"), ("reason", "double count")]).await.status, 303);
    assert_eq!(site.post("wei", "/reports/report-0001/confirm", &[]).await.status, 303);
    assert_eq!(grade().await, Some(Grade::Confirmed));
    assert!(site.get("chief", address).await.texts(".lamp.good").len() == 1, "judged again, so it ended");

    // An inspection measures less than both: that counts, and the difference is a problem of its own.
    assert_eq!(site.get("builder", "/reports/report-0001/verify").await.status, 403);
    assert_eq!(site.post("wei", "/reports/report-0001/verify", &[]).await.status, 403);
    assert_eq!(site.get("inspector", "/reports/report-0001/verify").await.status, 200);
    let silent = site.post("inspector", "/reports/report-0001/verify", &[("done.ours-b1/pit", "700"), ("reason", "")]).await;
    assert_eq!(silent.texts(".summary .quiet"), ["R-111"]);
    assert_eq!(site.post("inspector", "/reports/report-0001/verify", &[("done.ours-b1/pit", "700"), ("reason", "half the pit is flooded")]).await.status, 303);
    assert_eq!(grade().await, Some(Grade::Verified));
    assert_eq!(site.post("builder", "/reports/report-0001/correct", &[("done.ours-b1/pit", "900"), ("reason", "pumped")]).await.texts(".summary .quiet"), ["R-124"]);
    assert_eq!(site.post("inspector", "/reports/report-0001/verify", &[]).await.texts(".summary .quiet"), ["R-124"]);
    let shown = site.get("chief", "/reports/report-0001").await;
    assert!(shown.texts("tbody td").contains(&"700".to_owned()), "{:?}", shown.texts("tbody td"));
    crate::features::reports::tests::settled(&site).await;
    let wall = site.get("chief", "/wall/bar?project=ours&activity=ours-b1/pit").await;
    assert_eq!(wall.texts(".grade.verified").len(), 1, "the lamp says who stands for it");
    let overruled = store::of_report(&mut site.site.db.reader().await.unwrap(), "report-0001").await.unwrap();
    assert_eq!(overruled.iter().map(|one| (one.cause.name(), one.closed.is_some())).collect::<Vec<_>>(), [("disputed", true), ("overruled", false)]);

    // What blocks the work is opened by hand, from the report that says so.
    let next = [("building", "ours-b2"), ("on", "2026-11-23"), ("hindrance", "funds"), ("decider", "the bureau"), ("remark", "no payment since May"), ("request_id", "report-0002")];
    assert_eq!(site.post("builder", "/reports/new", &next).await.status, 303);
    let form = site.get("builder", "/problems/new?report=report-0002").await;
    assert_eq!(form.texts("#field-remark"), ["no payment since May"]);
    assert_eq!(site.get("stranger", "/problems/new?report=report-0002").await.status, 404);
    let open = [("request_id", "problem-0001"), ("about", "ours-b2"), ("hindrance", "funds"), ("decider", "the bureau"), ("remark", "no payment since May"), ("assignee", "chief")];
    let bad = site.post("builder", "/problems/new?place=ours", &[("about", "ours-b2"), ("hindrance", "funds"), ("remark", "unpaid"), ("assignee", "stranger")]).await;
    assert_eq!((bad.texts(".summary .quiet"), bad.texts("#field-remark")), (vec!["Q-105".to_owned()], vec!["unpaid".to_owned()]));
    assert_eq!(site.post("builder", "/problems/new?place=ours", &[("about", "theirs-b1"), ("hindrance", "funds"), ("remark", "x"), ("assignee", "chief")]).await.status, 404);
    assert_eq!(site.post("builder", "/problems/new?place=ours", &open).await.location(), "/problems/problem-0001");
    assert!(site.site.clock.advance(site.site.clock.now() + 240.hours()));
    let workbook = site.get("chief", "/problems?form=xlsx").await;
    assert_eq!(workbook.status, 200);
    assert_eq!(site.get("chief", "/problems?sort=-days").await.texts("tbody td:nth-child(6)"), ["10", "10", "0"]);
    assert_eq!(site.post("builder", "/problems/problem-0001/close", &[("outcome", "paid")]).await.status, 303);
    site
});

on_both_databases!(a_blocker_says_how_much_float_it_has_eaten, |site| async move {
    let site = crate::features::reports::tests::active(site.with_cast().await).await;
    let date = [("activity", "ours-b1/topping_out"), ("name", "Topped out"), ("finish_by", "2027-12-31"), ("issuer", "headquarters"), ("document", "Notice 7"), ("edition", "1")];
    assert_eq!(site.post("chief", "/plans/ours/mandate", &date).await.status, 303);
    let day = [("building", "ours-b1"), ("on", "2026-11-23"), ("done.ours-b1/pit", "1200"), ("request_id", "report-0001")];
    assert_eq!(site.post("builder", "/reports/new", &day).await.status, 303);
    let open = [("request_id", "problem-0001"), ("about", "ours-b1"), ("hindrance", "funds"), ("remark", "no payment since May"), ("assignee", "builder")];
    assert_eq!(site.post("chief", "/problems/new?place=ours", &open).await.location(), "/problems/problem-0001");
    let look = async |days: i64| {
        assert!(site.site.clock.advance(site.site.clock.now() + (24 * days).hours()));
        crate::timers::once(&site.site).await.unwrap();
        crate::features::reports::tests::settled(&site).await;
    };
    let eaten = async || site.get("chief", "/problems/problem-0001").await.texts("tbody td.number");
    assert_eq!(eaten().await.len(), 0, "nothing stands on the day itself");
    look(11).await;
    let cells = eaten().await;
    let [without, left, gone] = [0, 1, 2].map(|at: usize| cells[at].parse::<f64>().unwrap());
    let mut conn = site.site.db.reader().await.unwrap();
    let outlook = crate::features::plan::store::outlooks(&mut conn, "ours").await.unwrap().remove(0);
    drop(conn);
    assert_eq!(outlook.float_days_e3, Some((left * 1000.0) as i64), "what is left is what the plan says");
    // Eleven days of a site that works all week: the day of the report was worked.
    assert_eq!((without - left, gone), (10.0, 10.0), "{cells:?}");
    assert_eq!(site.get("chief", "/problems").await.texts("tbody td.number").last().unwrap(), "10");
    assert_eq!(site.get("stranger", "/problems/problem-0001").await.status, 404);
    // Days after its end are not its own.
    assert_eq!(site.post("chief", "/problems/problem-0001/close", &[("outcome", "paid")]).await.status, 303);
    look(5).await;
    assert_eq!(eaten().await[2], "10");
    site
});
