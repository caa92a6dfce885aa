//! Scenarios of targets.

use super::model::{Command, Grade, Promised, Refused, Standing, State, Work, decide, is_missed};
use super::progress::{GapLamp, Weighed, grade, linear_by_months_e1, linear_e1, recorded_share, tenths_text};
use crate::features::rule_sets::model::Measure;
use super::store;
use crate::clock::civil_date;
use crate::features::calendars::plan_calendars;
use crate::features::plan::model as plans;
use crate::features::reports::tests::settled;
use crate::features::rule_sets::model::gap_rules;
use crate::journal::Document;
use crate::journal::domain::{Actor, Context, Permit};
use crate::on_both_databases;
use guatu_formats::plans::json;
use guatu_kernel::guarantee::{PeriodKind, WorkDays};
use guatu_kernel::plan::{Activity, Granularity, Link, LinkKind, Moment, Options, Plan, Quantity, Span};
use jiff::ToSpan;
use jiff::civil::{Date, date};

const TODAY: Date = date(2026, 11, 23);

fn context() -> Context {
    let now = crate::testing::NOW.parse().unwrap();
    Context { actor: Actor::Account("builder".into()), now, today: civil_date(now) }
}

fn promise(kind: &str, from: Date, will_e3: i64) -> Command {
    let items = vec![Promised { activity: "b/pit".into(), will_e3, should_e3: 0, can_e3: 50_000, start_e3: 0 }];
    Command::Promise { promise: "p1".into(), building: "b".into(), kind: kind.into(), from, items, is_far: false, is_apart: false }
}

/// A promise of the pit that stands, in thousandths; so much was done before its first day.
fn standing(kind: PeriodKind, day: Date, will_e3: i64, start_e3: i64) -> Standing {
    Standing { activity: "b/pit".into(), period: kind.around(day), will_e3, start_e3 }
}

/// Asked again, and meant.
fn surely(command: Command) -> Command {
    match command {
        Command::Promise { promise, building, kind, from, items, .. } => Command::Promise { promise, building, kind, from, items, is_far: true, is_apart: true },
        other => other,
    }
}

#[test]
fn rules() {
    let site = State { project: "p".into(), works: vec![Work { activity: "b/pit".into(), name: "the pit".into(), total_e3: 100_000, start_e3: 20_000, done_e3: 30_000, is_whole: false }], is_active: true, ..State::default() };
    let storeys = State { works: vec![Work { is_whole: true, ..site.works[0].clone() }], ..site.clone() };
    let cases = [
        ("this week, on its Monday", site.clone(), promise("week", TODAY, 40_000), None),
        ("next month", site.clone(), promise("month", date(2026, 12, 1), 40_000), None),
        ("a month that has begun", site.clone(), promise("month", date(2026, 11, 1), 40_000), Some(Refused::Begun { date: "2026-11-01".into() })),
        ("a week that begins on a Tuesday", site.clone(), promise("week", date(2026, 11, 24), 40_000), Some(Refused::NoPeriod)),
        ("a fortnight", site.clone(), promise("fortnight", TODAY, 40_000), Some(Refused::NoPeriod)),
        ("less than is done", site.clone(), promise("week", TODAY, 9_000), Some(Refused::OutOfBounds { work: "the pit".into(), done: "10".into(), left: "80".into() })),
        ("more than is left", site.clone(), promise("week", TODAY, 80_001), Some(Refused::OutOfBounds { work: "the pit".into(), done: "10".into(), left: "80".into() })),
        ("half a storey", storeys.clone(), promise("week", TODAY, 40_500), Some(Refused::NotWhole { work: "the pit".into() })),
        ("whole storeys", storeys, promise("week", TODAY, 40_000), None),
        ("of a project that has not begun", State { is_active: false, ..site.clone() }, promise("week", TODAY, 40_000), Some(Refused::NotActive)),
        ("where work stands", State { idle_since: Some(TODAY), ..site.clone() }, promise("week", TODAY, 40_000), Some(Refused::Stopped { date: TODAY.to_string() })),
        ("half as much again as is possible", site.clone(), promise("week", TODAY, 75_000), None),
        ("far more than is possible", site.clone(), promise("week", TODAY, 75_001), Some(Refused::FarMore { works: "the pit 75.001 > 50".into() })),
        ("far more than is possible, and meant", site.clone(), surely(promise("week", TODAY, 75_001)), None),
        ("twice", State { standing: vec![standing(PeriodKind::Week, TODAY, 30_000, 20_000)], ..site.clone() }, promise("week", TODAY, 40_000), Some(Refused::AlreadyPromised { work: "the pit".into() })),
        ("again before it begins", State { standing: vec![standing(PeriodKind::Month, date(2026, 12, 1), 30_000, 30_000)], ..site.clone() }, promise("month", date(2026, 12, 1), 40_000), None),
        ("the month after next", site.clone(), promise("month", date(2027, 1, 1), 40_000), Some(Refused::TooFar { from: "2026-12-01".into() })),
        ("the id twice", State { is_id_taken: true, ..site.clone() }, promise("week", TODAY, 40_000), Some(Refused::IdTaken)),
        ("work of another building", State { works: Vec::new(), ..site }, promise("week", TODAY, 1), Some(Refused::UnknownWork { activity: "b/pit".into() })),
    ];
    for (name, state, command, expected) in cases {
        assert_eq!(decide(&state, &command, &context()).err(), expected, "{name}");
    }
}

#[test]
fn what_is_proposed_is_taken() {
    let metres = |total_e3, start_e3, done_e3| Work { activity: "b/pit".into(), name: "the pit".into(), total_e3, start_e3, done_e3, is_whole: false };
    let storeys = |total_e3, start_e3, done_e3| Work { is_whole: true, ..metres(total_e3, start_e3, done_e3) };
    for (name, work, should_e3, can_e3, expected) in [
        ("what is needed", metres(200_000, 0, 0), 50_000, 80_000, 50_000),
        ("no more than is possible", metres(200_000, 0, 0), 90_000, 80_000, 80_000),
        ("what is needed rounded up", metres(200_000, 0, 0), 33_333, 80_000, 33_340),
        ("what is possible rounded down", metres(200_000, 0, 0), 90_000, 66_667, 66_660),
        ("all that is left, however it is written", metres(146_346, 0, 0), 146_346, 146_346, 146_346),
        ("no more than is left after today's report", metres(200_000, 53_700, 53_700), 147_300, 150_000, 146_300),
        ("no less than is done", metres(200_000, 0, 10_000), 5_000, 8_000, 10_000),
        ("nothing below nothing", metres(200_000, 10_000, 9_000), 0, 8_000, 0),
        ("storeys that are needed, rounded up", storeys(26_000, 5_000, 5_000), 13_100, 15_000, 14_000),
        ("storeys that are possible, rounded down", storeys(26_000, 5_000, 5_000), 13_100, 13_900, 13_000),
        ("no whole storey is possible", storeys(26_000, 5_000, 5_000), 900, 900, 0),
        ("storeys from the middle of one", storeys(26_000, 5_400, 6_700), 1_000, 3_000, 2_000),
        ("the rest of the last storey", storeys(26_000, 25_400, 25_400), 600, 600, 600),
        ("nothing is left", storeys(26_000, 26_000, 26_000), 0, 0, 0),
    ] {
        let will_e3 = work.proposal_e3(should_e3, can_e3);
        assert_eq!(will_e3, expected, "{name}");
        let items = vec![Promised { activity: "b/pit".into(), will_e3, should_e3, can_e3, start_e3: 0 }];
        let command = Command::Promise { promise: "p1".into(), building: "b".into(), kind: "week".into(), from: TODAY, items, is_far: false, is_apart: false };
        let state = State { project: "p".into(), is_active: true, works: vec![work], ..State::default() };
        assert_eq!(decide(&state, &command, &context()).err(), None, "{name}");
    }
}

#[test]
fn promises_within_each_other_agree() {
    use PeriodKind::{Day, Month, Week};
    // Of a hundred 30 are done: 5 before November, 20 before this Monday and 10 on it.
    let pit = Work { activity: "b/pit".into(), name: "the pit".into(), total_e3: 100_000, start_e3: 20_000, done_e3: 30_000, is_whole: false };
    let november = |will_e3| standing(Month, TODAY, will_e3, 5_000);
    let december = |will_e3| standing(Month, date(2026, 12, 1), will_e3, 30_000);
    let in_december = || standing(Week, date(2026, 12, 7), 40_000, 30_000);
    let sunday = date(2026, 11, 29);
    let day_before = || standing(Day, sunday, 10_000, 20_000);
    let (week, monday) = (|| promise("week", TODAY, 40_000), |will_e3| promise("day", date(2026, 11, 30), will_e3));
    let apart = |sums: &str| Some(Refused::Apart { works: format!("the pit {sums}") });
    let cases = [
        ("a week of what its month promises", TODAY, vec![november(60_000)], week(), None),
        ("a week up to what its month promises", TODAY, vec![november(55_000)], week(), None),
        ("a week of more than its month", TODAY, vec![november(54_000)], week(), apart("2026-11-01–2026-11-30 54 < 55")),
        ("a week beside another month", TODAY, vec![december(5_000)], week(), None),
        ("a week that ends in another month", TODAY, vec![november(5_000)], promise("week", date(2026, 11, 30), 40_000), None),
        ("a day of more than its week", TODAY, vec![standing(Week, TODAY, 12_000, 20_000)], promise("day", date(2026, 11, 24), 20_000), apart("2026-11-23–2026-11-29 12 < 30")),
        ("a month to come of less than its week", TODAY, vec![in_december()], promise("month", date(2026, 12, 1), 39_000), apart("2026-12-01–2026-12-31 39 < 40")),
        ("a month to come of more than its week", TODAY, vec![in_december()], promise("month", date(2026, 12, 1), 41_000), None),
        ("beside the month of another work", TODAY, vec![Standing { activity: "b/roof".into(), ..november(5_000) }], week(), None),
        ("after a month that is over", TODAY, vec![standing(Month, date(2026, 10, 1), 1_000, 0)], week(), None),
        ("the last days of less than their month", sunday, vec![november(60_000), day_before()], monday(20_000), apart("2026-11-01–2026-11-30 60 > 45")),
        ("the last days of what their month promises", sunday, vec![november(60_000), day_before()], monday(35_000), None),
        ("the last day, of the one before nothing is promised", sunday, vec![november(60_000)], monday(20_000), None),
    ];
    for (name, today, standing, command, expected) in cases {
        let state = State { project: "p".into(), works: vec![pit.clone()], standing, is_active: true, ..State::default() };
        let context = Context { today, ..context() };
        assert_eq!(decide(&state, &command, &context).err(), expected, "{name}");
        assert_eq!(decide(&state, &surely(command), &context).err(), None, "{name}, and meant");
    }
    // One question names every work it is about.
    let roof = |standing| Standing { activity: "b/roof".into(), ..standing };
    let works = vec![pit.clone(), Work { activity: "b/roof".into(), name: "the roof".into(), ..pit }];
    let state = State { project: "p".into(), works, standing: vec![november(54_000), roof(november(50_000))], is_active: true, ..State::default() };
    let mut both = week();
    if let Command::Promise { items, .. } = &mut both {
        items.push(Promised { activity: "b/roof".into(), ..items[0].clone() });
    }
    let works = "the pit 2026-11-01–2026-11-30 54 < 55\nthe roof 2026-11-01–2026-11-30 50 < 55".to_owned();
    assert_eq!(decide(&state, &both, &context()).err(), Some(Refused::Apart { works }));
}

#[test]
fn a_promise_is_kept_whole_and_a_target_to_its_rounding() {
    for (name, target, is_promised, done, expected) in [
        ("a promise", 200.0, true, 200.0, false),
        ("a promise but for a little", 200.0, true, 199.5, true),
        ("a target", 200.0, false, 200.0, false),
        ("a target but for its rounding", 200.0, false, 199.0, false),
        ("a target but for more", 200.0, false, 198.9, true),
        ("nothing asked, nothing done", 0.0, false, 0.0, false),
        ("nothing asked, and less than before", 0.0, false, -4.0, false),
    ] {
        assert_eq!(is_missed(target, is_promised, done), expected, "{name}");
    }
}

#[test]
fn gaps_are_percentage_points() {
    // Published figures: 76.97 % of the year by August are 10.3 points ahead, 83.55 % are 16.9.
    for (done_e2, months, expected) in [(7_697, 8, 103), (8_355, 8, 169)] {
        assert_eq!((done_e2 + 5) / 10 - linear_by_months_e1(months), expected);
    }
    let (set, rules) = gap_rules(&[], TODAY);
    let rules = &rules;
    assert_eq!(set.id, "yinchuan_2025");
    for (gap, lamp) in [(50, GapLamp::Good), (-99, GapLamp::Good), (-100, GapLamp::Warn), (-300, GapLamp::Warn), (-301, GapLamp::Bad)] {
        assert_eq!(grade(gap, rules), lamp, "{gap}");
    }
    // A small item finished and a large one hardly begun is not half done.
    let mut sum = Weighed::default();
    sum.add(1.0, 1.0, 1.0);
    sum.add(9.0, 0.5, 0.0);
    assert_eq!(sum.points_e1(), Some((550, 100, -450)));
    assert_eq!(Weighed::default().points_e1(), None);
    // The same work against the year: half of it is planned for this one, a tenth was done in it.
    for (measure, on, planned) in [
        (Measure::Months, date(2026, 8, 30), 583),
        (Measure::Months, date(2026, 8, 31), 667),
        (Measure::Months, date(2026, 1, 1), 0),
        (Measure::Days, date(2026, 12, 31), 1000),
        (Measure::Days, date(2024, 2, 29), 164),
    ] {
        assert_eq!(linear_e1(measure, on), Some(planned), "{measure:?} {on}");
        assert_eq!(sum.judged_e1(measure, on), sum.points_e1(), "without a plan for the year by the curve");
        let mut of_year = sum;
        of_year.add_year(10.0, 0.5, 0.4);
        assert_eq!(of_year.judged_e1(measure, on), Some((planned, 800, 800 - planned)), "{measure:?} {on}");
        assert_eq!(of_year.judged_e1(Measure::Curve, on), sum.points_e1());
    }
    // Work that stood at four fifths when measuring began grew evenly until then.
    let days = WorkDays::from_shares(date(2025, 12, 1), &[1.0; 60]);
    let stood = (date(2026, 1, 10), 0.8);
    for (start, through, share) in [
        (Some(date(2026, 1, 1)), date(2025, 12, 31), 0.0),
        (Some(date(2026, 1, 1)), date(2026, 1, 5), 0.4),
        (Some(date(2026, 1, 1)), date(2026, 1, 10), 0.8),
        (Some(date(2026, 1, 11)), date(2026, 1, 12), 0.0),
        (None, date(2026, 1, 10), 0.0),
    ] {
        assert!((recorded_share(&days, start, stood, through) - share).abs() < 1e-9, "{start:?} {through}");
    }
    assert_eq!([-5, -123, 60].map(tenths_text), ["-0.5", "-12.3", "6.0"].map(str::to_owned));
}

on_both_databases!(a_promise_binds_today_and_a_report_moves_it, |site| async move {
    let site = crate::features::reports::tests::active(site.with_cast().await).await;
    let address = "/targets/ours-b1";
    let before = site.get("builder", address).await;
    assert_eq!(before.status, 200);
    assert_eq!(site.get("stranger", address).await.status, 404);
    let overview = site.get("chief", "/targets?place=ours").await;
    assert_eq!(overview.texts("tbody td:first-child").len(), 2, "two buildings");
    assert_eq!(site.get("chief", "/targets").await.texts("tbody td:first-child"), ["ours name"], "only what has a plan");

    // The pit waits for the permits; once they are there, it can be promised.
    let permits = [("actual_start", "2026-09-01"), ("actual_finish", "2026-11-20"), ("percent", "100")];
    assert_eq!(site.post("builder", "/plans/ours/progress?activity=ours-b1/permits", &permits).await.status, 303);
    let week = [("period", "week 2026-11-23"), ("will.ours-b1/pit", "700")];
    assert_eq!(site.post("stranger", "/targets/ours-b1/promise", &week).await.status, 404);
    assert_eq!(site.post("chief", "/targets/ours-b1/promise", &week).await.status, 403, "who does not build does not promise");
    let done = site.post("builder", "/targets/ours-b1/promise", &week).await;
    assert_eq!(done.status, 303, "{:?}", done.texts(".summary li"));
    assert_eq!(site.post("builder", "/targets/ours-b1/promise", &week).await.texts(".summary .quiet"), ["E-105"]);
    let far = site.post("builder", "/targets/ours-b1/promise", &[("period", "week 2026-11-30"), ("will.ours-b1/pit", "5000")]).await;
    assert_eq!((far.texts(".summary .quiet"), far.attributes("input[name=far]", "value").len()), (vec!["E-108".to_owned()], 1), "far more than is possible is asked about");
    // Of a week to come the last word counts.
    for amount in ["600", "650"] {
        let coming = [("period", "week 2026-11-30"), ("will.ours-b1/pit", amount)];
        assert_eq!(site.post("builder", "/targets/ours-b1/promise", &coming).await.status, 303, "{amount}");
    }
    // A month to come that holds less than a week within it is asked about beside what was meant already.
    let month = [("period", "month 2026-12-01"), ("will.ours-b1/pit", "5000"), ("far", "yes")];
    assert_eq!(site.post("builder", "/targets/ours-b1/promise", &month).await.status, 303);
    let coming = [("period", "ten_days 2026-12-01"), ("will.ours-b1/pit", "5001"), ("far", "yes")];
    let apart = site.post("builder", "/targets/ours-b1/promise", &coming).await;
    assert_eq!(apart.texts(".summary .quiet"), ["E-112"]);
    assert_eq!((apart.attributes("input[name=far]", "checked").len(), apart.attributes("input[name=apart]", "value").len()), (1, 1));
    assert_eq!(site.get("builder", "/targets/ours-b1").await.texts("ul.coming b").len(), 2, "what is promised is seen before its period begins");
    let promised = super::store::commitments(&mut site.site.reader().await.unwrap(), "ours", date(2026, 12, 1)).await.unwrap();
    assert_eq!(promised.iter().map(|one| one.will_e3).collect::<Vec<_>>(), [650_000, 5_000_000]);
    let page = site.get("builder", address).await;
    let today = page.texts("ul.rows .days-left");
    assert_eq!(today.len(), 1, "the promise asks for something today");
    let form = site.get("builder", "/reports/new?building=ours-b1").await;
    assert_eq!(form.texts("label.work .today").len(), 1, "and the phone says so");

    let day = [("building", "ours-b1"), ("on", "2026-11-23"), ("done.ours-b1/pit", "500")];
    assert_eq!(site.post("builder", "/reports/new", &day).await.status, 303);
    let after = site.get("builder", address).await;
    assert!(after.texts("section.sheet tbody td").contains(&"500".to_owned()), "done this week");
    // The building as it stands, and the curve of its project.
    for (address, format, kind) in [("/targets/ours-b1/elevation", "svg", "<svg"), ("/targets/ours-b1/elevation", "pdf?size=A3&ink=mono", "%PDF-"), ("/targets/ours/curve", "svg", "<svg"), ("/targets/ours/curve", "pdf", "%PDF-")] {
        let drawing = site.get("chief", &format!("{address}/{format}")).await;
        assert!(drawing.status == 200 && drawing.body.starts_with(kind), "{address}/{format}: {}", drawing.status);
        assert_eq!(site.get("stranger", &format!("{address}/{format}")).await.status, 404);
        assert_eq!(site.get("chief", &format!("{address}/exe")).await.status, 404);
    }
    assert!(site.get("chief", "/targets/ours-b1/elevation/svg").await.body.contains("500 / 5500"), "what was reported is drawn");
    let dispute = [("done.ours-b1/pit", "300"), ("reason", "measured")];
    let mut site = site;
    site.person("li", crate::features::identity::model::Role::SupervisionEngineer, Some("ours")).await;
    let report = site.site.db.reader().await.unwrap().rows("SELECT id FROM report", &[]).await.unwrap()[0].text(0).unwrap();
    assert_eq!(site.post("li", &format!("/reports/{report}/dispute"), &dispute).await.status, 303);
    let measured = site.get("builder", address).await;
    assert!(measured.texts("section.sheet tbody td").contains(&"300".to_owned()), "the better grade counts");

    // The next report of the site settles nothing; who judges it does.
    assert!(site.site.clock.advance(site.site.clock.now() + 24.hours()));
    let next = [("building", "ours-b1"), ("on", "2026-11-24"), ("done.ours-b1/pit", "400"), ("request_id", "report-0009")];
    assert_eq!(site.post("builder", "/reports/new", &next).await.status, 303);
    let grade = async || site.site.domain.grades.grades(&mut site.site.reader().await.unwrap()).await.unwrap().of_work("ours", "ours-b1/pit");
    assert_eq!(grade().await, Some(Grade::Disputed));
    // Hands put right change nothing of what was measured.
    assert_eq!(site.post("builder", &format!("/reports/{report}/correct"), &[("besides", "yes"), ("trade.rebar", "3"), ("reason", "miscounted")]).await.status, 303);
    assert_eq!(grade().await, Some(Grade::Disputed), "hands are no quantities");
    assert_eq!(site.post("li", "/reports/report-0009/confirm", &[]).await.status, 303);
    assert_eq!(grade().await, Some(Grade::Confirmed));
    // An earlier day that is put right, and disputed after a later one was reported, is disputed.
    let right = [("done.ours-b1/pit", "300"), ("reason", "as measured")];
    assert_eq!(site.post("builder", &format!("/reports/{report}/correct"), &right).await.status, 303);
    let earlier = [("done.ours-b1/pit", "200"), ("reason", "measured again")];
    assert_eq!(site.post("li", &format!("/reports/{report}/dispute"), &earlier).await.status, 303);
    assert_eq!(grade().await, Some(Grade::Disputed));
    site
});

on_both_databases!(what_a_page_proposes_is_taken, |site| async move {
    let site = crate::features::reports::tests::active(site.with_cast().await).await;
    let permits = [("actual_start", "2026-09-01"), ("actual_finish", "2026-11-20"), ("percent", "100")];
    assert_eq!(site.post("builder", "/plans/ours/progress?activity=ours-b1/permits", &permits).await.status, 303);
    let date = [("activity", "ours-b1/topping_out"), ("name", "Topped out"), ("finish_by", "2027-12-31"), ("issuer", "headquarters"), ("document", "Notice 7"), ("edition", "1")];
    assert_eq!(site.post("chief", "/plans/ours/mandate", &date).await.status, 303);
    let day = [("building", "ours-b1"), ("on", "2026-11-23"), ("done.ours-b1/pit", "333.337")];
    assert_eq!(site.post("builder", "/reports/new", &day).await.status, 303);
    settled(&site).await;
    let page = site.get("builder", "/targets/ours-b1").await;
    let periods = page.attributes("select[name=period] option", "value");
    let hints = page.texts("form.report label.work .quiet");
    let words: Vec<Vec<&str>> = hints.iter().map(|hint| hint.split([' ', '、']).collect()).collect();
    let names = page.attributes("form.report label.work input", "name");
    assert!(periods.len() == 6 && names.len() == words.len() && !names.is_empty(), "{hints:?}");
    for (name, words) in names.iter().zip(&words) {
        let amounts: Vec<&str> = words.iter().copied().filter(|word| word.parse::<f64>().is_ok()).collect();
        assert_eq!(amounts.len(), periods.len(), "{words:?}");
        for (period, amount) in periods.iter().zip(amounts) {
            // That promises agree with each other is another question.
            let form = [("period", period.as_str()), (name.as_str(), amount), ("apart", "yes")];
            let answer = site.post("builder", "/targets/ours-b1/promise", &form).await;
            assert_eq!(answer.status, 303, "{name} {period} {amount}: {:?}", answer.texts(".summary li"));
        }
    }
    site
});

on_both_databases!(a_report_of_today_is_heard_today, |site| async move {
    let site = crate::features::reports::tests::active(site.with_cast().await).await;
    for building in ["ours-b1", "ours-b2"] {
        let permits = [("actual_start", "2026-09-01"), ("actual_finish", "2026-11-20"), ("percent", "100")];
        assert_eq!(site.post("builder", &format!("/plans/ours/progress?activity={building}/permits"), &permits).await.status, 303);
    }
    settled(&site).await;
    let pit = async |building: &str| {
        let mut conn = site.site.db.reader().await.unwrap();
        let targets = crate::features::targets::assess::project(&mut conn, &site.site.domain, "ours", TODAY).await.unwrap();
        targets.of(building).find(|item| item.activity == format!("{building}/pit")).unwrap().clone()
    };
    // The week is promised to the last unit: whoever falls behind today cannot keep it.
    let can = pit("ours-b1").await.facts.windows.iter().find(|window| window.period.kind == PeriodKind::Week).unwrap().can;
    for building in ["ours-b1", "ours-b2"] {
        let (field, will) = (format!("will.{building}/pit"), can.floor().to_string());
        let week = [("period", "week 2026-11-23"), (field.as_str(), will.as_str())];
        assert_eq!(site.post("builder", &format!("/targets/{building}/promise"), &week).await.status, 303);
    }
    let morning = pit("ours-b1").await;
    assert!(morning.facts.today > 1.0 && morning.outlook().first_impossible().is_none() && morning.done_today.is_none());
    // (building, reported, is the week still to be kept, left today)
    let target = morning.facts.today;
    let cases = [("ours-b1", 1.0, false, target - 1.0), ("ours-b2", target.ceil(), true, 0.0)];
    for (building, done, is_kept, left) in cases {
        let (field, value) = (format!("done.{building}/pit"), done.to_string());
        assert_eq!(site.post("builder", "/reports/new", &[("building", building), ("on", "2026-11-23"), (&field, &value)]).await.status, 303);
        let evening = pit(building).await;
        assert_eq!(evening.facts.today, target, "{building}: doing today's target does not move it");
        assert_eq!(evening.outlook().first_impossible().is_none(), is_kept, "{building}");
        assert!((evening.left_today() - left).abs() < 1e-6, "{building}: {}", evening.left_today());
        let page = site.get("builder", &format!("/targets/{building}")).await;
        assert_eq!(page.texts("ul.rows .lamp.good").len(), usize::from(is_kept), "{building}");
        assert_eq!(page.texts("section.sheet .notice").is_empty(), is_kept, "{building}");
    }
    site
});

on_both_databases!(a_day_that_has_passed_is_held_to_what_was_known_at_its_end, |site| async move {
    let mut site = crate::features::reports::tests::active(site.with_cast().await).await;
    site.person("li", crate::features::identity::model::Role::SupervisionEngineer, Some("ours")).await;
    let first = [("building", "ours-b1"), ("on", "2026-11-23"), ("done.ours-b1/pit", "500"), ("request_id", "report-0001")];
    assert_eq!(site.post("builder", "/reports/new", &first).await.status, 303);
    settled(&site).await;
    let on_the_day = site.site.head();
    assert!(site.site.clock.advance(site.site.clock.now() + 48.hours()));
    // Three addresses of that day: the project, a building, and who owed a report.
    let looked = async |more: &str| {
        let mut shown = Vec::new();
        for (address, rows) in [("/targets?place=ours&on=2026-11-23", "td"), ("/targets/ours-b2?on=2026-11-23", "section.sheet td, details li"), ("/reports?on=2026-11-23", "ul.rows li, ul.counts b")] {
            shown.push(site.get("office", &format!("{address}{more}")).await.texts(rows).join(" "));
        }
        shown
    };
    let before = looked("").await;
    assert!(before.iter().all(|shown| !shown.is_empty()), "{before:?}");

    // A plan without the second building: it is gone from today and not from then.
    let drafted = site.post("office", "/plans/ours/template", &[("template", "resettlement_tower"), ("start", "2026-11-02")]).await;
    let exported = site.get("office", &format!("{}/export/json", drafted.location())).await.body;
    let mut plan: serde_json::Value = serde_json::from_str(&exported).unwrap();
    let is_kept = |id: &serde_json::Value| !id.as_str().unwrap().starts_with("ours-b2");
    plan["activities"].as_array_mut().unwrap().retain(|activity| is_kept(&activity["id"]));
    plan["links"].as_array_mut().unwrap().retain(|link| is_kept(&link["from"]) && is_kept(&link["to"]));
    let body = format!("--x\r\nContent-Disposition: form-data; name=\"plan_file\"; filename=\"plan.json\"\r\n\r\n{plan}\r\n--x--\r\n");
    let shown = site.post_bytes("office", "/import?project=ours", "multipart/form-data; boundary=x", body.into_bytes()).await;
    let request_id = shown.attributes("form[action='/import/shown'] input[name=request_id]", "value").remove(0);
    let without = site.post("office", "/import/shown", &[("project", "ours"), ("request_id", &request_id)]).await;
    let approved = site.post("chief", without.location(), &[("reason", "one building less")]).await;
    assert_eq!(approved.location(), "/plans/ours", "{:?}", approved.texts(".summary li"));
    settled(&site).await;
    assert_eq!(site.get("office", "/targets/ours-b2").await.texts("section.sheet").len(), 0);
    assert_eq!(looked("").await, before);

    // What is reported and judged of it since counts; from an earlier state what was known there.
    let late = [("building", "ours-b2"), ("on", "2026-11-23"), ("done.ours-b2/pit", "400"), ("request_id", "report-0002")];
    assert_eq!(site.post("builder", "/reports/new", &late).await.status, 422, "the plan of today has no such work");
    assert_eq!(site.post("li", "/reports/report-0001/confirm", &[]).await.status, 303);
    settled(&site).await;
    let confirmed = site.get("office", "/targets?place=ours&on=2026-11-23").await;
    assert_eq!(confirmed.texts("ul.counts b").last().map(String::as_str), Some("1 / 1"));
    let then = site.get("office", &format!("/targets?place=ours&on=2026-11-23&as_of={on_the_day}")).await;
    assert_eq!(then.texts("ul.counts b").last().map(String::as_str), Some("0 / 1"));
    let between = site.get("office", &format!("/targets/ours-b1?on=2026-11-22&as_of={on_the_day}")).await;
    assert_eq!((between.status.as_u16(), between.texts("main form[action$='/promise']").len()), (200, 0), "nothing is promised on a day that has passed");
    for address in ["/targets?place=ours", "/targets/ours-b1?", "/targets/periods?place=ours", "/reports?", "/reports/day?"] {
        let early = site.get("office", &format!("{address}&on=2026-11-26")).await;
        assert_eq!((early.status.as_u16(), early.body.contains("G-123")), (422, true), "{address}: the day has not come");
        assert_eq!(site.get("office", &format!("{address}&on=2026-11-20")).await.status, 200, "{address}: before the ledger");
    }
    site
});

on_both_databases!(what_a_period_needs_is_frozen_on_its_first_day, |site| async move {
    let site = crate::features::reports::tests::active(site.with_cast().await).await;
    let look = async || {
        crate::timers::once(&site.site).await.unwrap();
        settled(&site).await;
        crate::timers::once(&site.site).await.unwrap();
    };
    let conn = async || site.site.db.reader().await.unwrap();
    let needs = async |from| store::needs(&mut conn().await, "ours", PeriodKind::Week, from).await.unwrap();
    let should = async || {
        let targets = crate::features::targets::assess::project(&mut conn().await, &site.site.domain, "ours", site.site.clock.today()).await.unwrap();
        let item = targets.of("ours-b1").find(|item| item.activity == "ours-b1/pit").unwrap().clone();
        item.facts.windows.iter().find(|window| window.period.kind == PeriodKind::Week).unwrap().should
    };
    look().await;
    assert_eq!(needs(TODAY).await.map(|needs| needs.len()), Some(0), "no date is mandated, so nothing is needed");
    let number = site.site.head();
    look().await;
    assert_eq!(site.site.head(), number, "a period is frozen once");

    // A date that is mandated within the week asks for something from the next one on.
    let order = [("activity", "ours-b1/topping_out"), ("name", "Topped out"), ("finish_by", "2026-12-31"), ("issuer", "headquarters"), ("document", "Notice 7"), ("edition", "1")];
    assert_eq!(site.post("chief", "/plans/ours/mandate", &order).await.status, 303);
    settled(&site).await;
    assert_eq!(should().await, 0.0);
    let next = date(2026, 11, 30);
    let promise = [("period", "week 2026-11-30"), ("will.ours-b1/pit", "700"), ("far", "yes")];
    assert_eq!(site.post("builder", "/targets/ours-b1/promise", &promise).await.status, 303);
    assert_eq!(site.post("builder", "/reports/new", &[("building", "ours-b1"), ("on", "2026-11-23"), ("done.ours-b1/pit", "100")]).await.status, 303);
    assert!(site.site.clock.advance(site.site.clock.now() + 168.hours()));
    look().await;
    let frozen = needs(next).await.unwrap()["ours-b1/pit"].clone();
    assert!(frozen.should_e3 > 0 && frozen.start_e3 == 100_000, "{frozen:?}");
    assert_eq!(should().await * 1000.0, frozen.should_e3 as f64);
    let promised = store::commitments(&mut conn().await, "ours", next).await.unwrap();
    let boundary = promised.iter().find(|one| one.activity == "ours-b1/pit").unwrap();
    assert_eq!((boundary.should_e3, boundary.cumulative_e3), (frozen.should_e3, 800_000), "from where the week truly began");
    site
});

/// A plan of two measured works of ten days, one after the other; the first is worth so much, of the second nothing is said.
async fn valued(site: &crate::testing::TestSite, start: Date, value_fen: Option<i64>) {
    let work = |id: &str, value_fen| Activity {
        place: Some("ours-b1".into()),
        quantity: Some(Box::new(Quantity { total: 10.0, unit: "m3".into(), is_whole: false, per_day: None, crews: None })),
        value_fen,
        ..Activity::task(id, Span::days(10))
    };
    let plan = Plan {
        name: None,
        granularity: Granularity::Day,
        start: Moment::Day(start),
        data_date: None,
        calendar: Some("site".into()),
        options: Options::default(),
        calendars: plan_calendars(&mut site.site.db.reader().await.unwrap()).await.unwrap(),
        activities: vec![work("dig", value_fen), work("pour", None)],
        links: vec![Link { from: "dig".into(), to: "pour".into(), kind: LinkKind::FS, lag: Span::ZERO, at: None }],
        resources: vec![],
        mandated: vec![],
        stops: vec![],
    };
    let document = Document { media_type: "application/json", bytes: json::write(&plan).into_bytes() };
    let version = crate::web::forms::new_id();
    let draft = plans::Command::Draft {
        version: version.clone(),
        project: "ours".into(),
        document: document.sha256(),
        source: plans::Source::Template,
        activity_count: 2,
    };
    site.submit_as(Permit::system(), draft, vec![document]).await.unwrap();
    site.submit(plans::Command::Approve { version, reason: "checked".into(), accepts_loss: false }).await.unwrap();
}

on_both_databases!(what_was_finished_the_year_before_is_no_debt_of_this_one, |site| async move {
    let site = site.with_cast().await;
    // Both works were planned over the turn of the year; of the first, the record says when it was done.
    valued(&site, date(2025, 12, 29), None).await;
    let record = |activity: &str, start, finish, percent_e3| plans::Command::Record {
        project: "ours".into(),
        activity: activity.into(),
        progress: plans::Progress { actual_start: Some(start), actual_finish: finish, percent_e3, remaining_days: None },
        reason: None,
    };
    site.submit(record("dig", date(2025, 12, 1), Some(date(2025, 12, 20)), None)).await.unwrap();
    let months = [("name", "By months"), ("gap_measure", "months"), ("warn_points", "10"), ("bad_points", "30"), ("from", "2026-11-23"), ("source", "Notice 9"), ("reason", "as the city reports")];
    assert_eq!(site.post("office", "/rule-sets/new?copy=yinchuan_2025_months", &months).await.status, 303);
    // What is left for the year is the second work; of it nothing was done, and then a half.
    let judged = async || site.get("chief", "/targets?place=ours").await.texts("tbody td.number")[..2].to_vec();
    assert_eq!(judged().await, ["83.3", "0.0"]);
    site.submit(record("pour", date(2026, 11, 2), None, Some(50_000))).await.unwrap();
    assert_eq!(judged().await, ["83.3", "50.0"]);
    // Nothing is left for this year of what is finished: it is as planned; and what was required of it is what was.
    let required = async || {
        let curve = site.get("chief", "/targets/ours/curve/svg").await.body;
        let line = curve.split("<g class=\"line\"").nth(2).expect("the second of four lines").to_owned();
        // The heights of its first weeks: how long the axis is hangs on what is still forecast.
        let points = line.split(['M', 'L']).filter_map(|point| point.split(['"', ' ']).nth(1)?.parse::<f64>().ok());
        points.take(8).collect::<Vec<_>>()
    };
    let before = required().await;
    assert!(before.len() == 8 && before[0] > before[7], "it rises: {before:?}");
    site.submit(record("pour", date(2026, 11, 2), Some(date(2026, 11, 20)), None)).await.unwrap();
    assert_eq!(judged().await, ["83.3", "100.0"]);
    assert_eq!(required().await, before);
    site
});

on_both_databases!(a_curve_is_drawn_by_value_where_values_are_known, |site| async move {
    let site = site.with_cast().await;
    let page = async |by: &str| site.get("chief", &format!("/targets?place=ours{by}")).await;
    let curve = async |by: &str| site.get("chief", &format!("/targets/ours/curve/svg{by}")).await;
    valued(&site, date(2026, 11, 2), None).await;
    assert_eq!(page("").await.texts("nav.bar a").len(), 0, "nothing to switch to where no value is known");
    assert!(page("").await.body.contains(&crate::web::locale::Language::Zh.t("curve.no_value")));
    let cases = [("", 200), ("?by=quantity", 200), ("?by=value", 404), ("?by=weight", 404)];
    for (by, status) in cases {
        assert_eq!(curve(by).await.status, status, "no value is known: {by}");
    }
    valued(&site, date(2026, 11, 2), Some(25_000_050)).await;
    let by_value = page("&by=value").await;
    assert_eq!(by_value.attributes("nav.bar a[aria-current]", "href"), ["/targets?place=ours&by=value"]);
    let words = by_value.texts("p.quiet").join(" ");
    assert!(words.contains("25.0 ") && words.contains('2') && words.contains('1'), "{words}");
    assert!(by_value.attributes("figure img", "src")[0].ends_with("/curve/svg?by=value"));
    let (quantity, value) = (curve("?by=quantity").await, curve("?by=value").await);
    assert_eq!((quantity.status.as_u16(), value.status.as_u16()), (200, 200));
    assert_ne!(quantity.body, value.body, "the second work, of which no value is known, is left out");
    assert_eq!(page("&by=weight").await.status, 404);
    assert_eq!(site.get("stranger", "/targets/ours/curve/svg?by=value").await.status, 404);
    site
});

on_both_databases!(the_account_of_a_period_adds_up_by_place_work_and_official, |site| async move {
    let site = crate::features::reports::tests::active(site.with_cast().await).await;
    let date = [("activity", "ours-b1/topping_out"), ("name", "Topped out"), ("finish_by", "2026-12-31"), ("issuer", "headquarters"), ("document", "Notice 7"), ("edition", "1")];
    assert_eq!(site.post("chief", "/plans/ours/mandate", &date).await.status, 303);
    for (building, will) in [("ours-b1", "500"), ("ours-b2", "400")] {
        let name = format!("will.{building}/pit");
        let form = [("period", "week 2026-11-23"), (name.as_str(), will), ("far", "yes")];
        assert_eq!(site.post("builder", &format!("/targets/{building}/promise"), &form).await.status, 303);
    }
    // One does more than it promised, the other less: surplus does not hide debt.
    for (building, done, id) in [("ours-b1", "900", "report-0001"), ("ours-b2", "100", "report-0002")] {
        let name = format!("done.{building}/pit");
        let day = [("building", building), ("on", "2026-11-23"), (name.as_str(), done), ("request_id", id)];
        assert_eq!(site.post("builder", "/reports/new", &day).await.status, 303);
    }
    crate::features::reports::tests::settled(&site).await;
    let cells = async |query: &str| site.get("builder", &format!("/targets/periods?place=ours&period=week{query}")).await.texts("tbody td");
    let by_work = cells("&by=work").await;
    assert_eq!((&by_work[4..6], by_work[8].as_str(), by_work[9].as_str()), (&["900".to_owned(), "1000".to_owned()][..], "67%", "300"), "{by_work:?}");
    let by_place = cells("").await;
    let rows: Vec<(&str, &str)> = by_place.chunks(12).map(|row| (row[0].as_str(), row[8].as_str())).collect();
    let mut sorted = rows.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, [("ours-b1 name", "100%"), ("ours-b2 name", "25%")]);
    for (by, name) in [("parcel", "ours-parcel name"), ("official", "chief")] {
        let rows = cells(&format!("&by={by}")).await;
        assert_eq!((rows.len(), rows[0].as_str()), (12, name), "{rows:?}");
    }
    for period in ["day", "ten_days", "month", "quarter", "year"] {
        assert_eq!(site.get("builder", &format!("/targets/periods?place=ours&period={period}")).await.status, 200, "{period}");
    }
    for bad in ["?place=theirs", "?period=fortnight", "?by=colour"] {
        assert_eq!(site.get("builder", &format!("/targets/periods{bad}")).await.status, 404, "{bad}");
    }
    let book = site.get("builder", "/targets/periods?place=ours&format=xlsx").await;
    assert_eq!(book.status, 200);
    site
});
