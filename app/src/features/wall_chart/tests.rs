//! Lamps as a table, and the wall as people see it.

use super::model::{Lamp, SCREEN, Word, cell, front, front_of_all, page_around, verdict};
use crate::features::plan::store::Bar;
use crate::features::rule_sets::model::lamp_rules;
use crate::features::targets::model::Grade;
use crate::on_both_databases;
use jiff::ToSpan;
use jiff::civil::{Date, date};

const TODAY: Date = date(2026, 11, 23);

/// A work of two months with room, not begun.
pub fn bar() -> Bar {
    Bar {
        project: "p".into(),
        ordinal: 1,
        activity: "b/structure".into(),
        name: "Structure".into(),
        kind: "task".into(),
        depth: 1,
        place: Some("b".into()),
        stage: Some("structure".into()),
        work_kind: None,
        baseline: Some((date(2026, 12, 1), date(2027, 1, 31))),
        early: Some((date(2026, 12, 1), date(2027, 1, 31))),
        late: Some((date(2027, 3, 1), date(2027, 4, 30))),
        float_days_e3: Some(60_000),
        is_critical: false,
        actual_start: None,
        actual_finish: None,
        percent_e3: 0,
        driver: "link".into(),
        driver_activity: None,
        quantity_e3: None,
        unit: None,
        is_whole: false,
        breaks: Vec::new(),
    }
}

#[test]
fn lamps() {
    let far = Some((date(2027, 6, 1), date(2027, 7, 1)));
    let slipped = Some((date(2026, 12, 5), date(2027, 2, 5)));
    let latest = |on| Some((date(2026, 10, 1), on));
    let cases = [
        ("finished, however late", Bar { actual_start: Some(TODAY), actual_finish: Some(TODAY), float_days_e3: Some(-5000), ..bar() }, Lamp::Done, "finished"),
        ("plan with errors", Bar { early: None, ..bar() }, Lamp::Warn, "no_dates"),
        ("half a day short", Bar { float_days_e3: Some(-500), ..bar() }, Lamp::Bad, "too_late"),
        ("short, and the latest date is today", Bar { float_days_e3: Some(-500), late: latest(TODAY), ..bar() }, Lamp::Bad, "too_late"),
        ("short, and the latest date was yesterday", Bar { float_days_e3: Some(-500), late: latest(date(2026, 11, 22)), ..bar() }, Lamp::Bad, "overdue"),
        ("exactly no float, on plan", Bar { float_days_e3: Some(0), ..bar() }, Lamp::Good, "due_soon"),
        ("9.9 days and later than planned", Bar { float_days_e3: Some(9_900), early: slipped, ..bar() }, Lamp::Warn, "little_float"),
        ("10 days and later than planned", Bar { float_days_e3: Some(10_000), early: slipped, ..bar() }, Lamp::Good, "due_soon"),
        ("begun", Bar { actual_start: Some(TODAY), ..bar() }, Lamp::Good, "running"),
        ("far ahead", Bar { early: far, float_days_e3: Some(0), baseline: far, ..bar() }, Lamp::Idle, "not_yet"),
    ];
    for (name, bar, lamp, reason) in cases {
        let found = verdict(&bar, TODAY, &lamp_rules(&[], TODAY).1);
        assert_eq!((found.lamp, found.reason.key()), (lamp, reason), "{name}");
        assert_eq!(found.word() == Word::Overdue, reason == "overdue", "{name}: only what has passed is overdue");
        // A forecast has no first day; what has happened has.
        let has_day = matches!(reason, "finished" | "overdue" | "running");
        assert_eq!(found.since.is_some(), has_day, "{name}");
    }
}

#[test]
fn the_front_leaves_the_data_date_where_work_is_not_where_its_plan_says() {
    let planned = |from, to| Bar { baseline: Some((from, to)), ..bar() };
    let october = planned(date(2026, 10, 1), date(2026, 10, 31));
    let winter = planned(date(2026, 11, 14), date(2026, 12, 3));
    let spring = planned(date(2027, 3, 1), date(2027, 3, 10));
    let begun = |bar: &Bar, percent_e3| Bar { actual_start: Some(date(2026, 11, 1)), percent_e3, ..bar.clone() };
    let finished = |bar: &Bar| Bar { actual_finish: Some(date(2026, 11, 20)), ..begun(bar, 100_000) };
    let cases = [
        ("not yet due", spring.clone(), None),
        ("due to begin today", planned(TODAY, date(2026, 12, 3)), None),
        ("overdue and not begun: its planned start", october.clone(), Some(date(2026, 10, 1))),
        ("begun late, nothing done", begun(&october, 0), Some(date(2026, 10, 1))),
        ("a tenth of 31 days done", begun(&october, 10_000), Some(date(2026, 10, 4))),
        ("all but finished", begun(&october, 100_000), Some(date(2026, 11, 1))),
        ("9 of 20 days due, 9 done", begun(&winter, 45_000), None),
        ("9 of 20 days due, 5 done", begun(&winter, 25_000), Some(date(2026, 11, 19))),
        ("9 of 20 days due, 15 done: ahead", begun(&winter, 75_000), Some(date(2026, 11, 29))),
        ("begun before its time, nothing done", begun(&spring, 0), None),
        ("begun before its time, half done", begun(&spring, 50_000), Some(date(2027, 3, 6))),
        ("finished late", finished(&october), None),
        ("finished before its time", finished(&spring), Some(date(2027, 3, 11))),
        ("no approved plan", Bar { baseline: None, ..begun(&october, 10_000) }, None),
        ("a milestone has no front", Bar { kind: "milestone".into(), ..october.clone() }, None),
        ("nor has a summary", Bar { kind: "summary".into(), ..october.clone() }, None),
    ];
    for (name, bar, expected) in cases {
        assert_eq!(front(&bar, TODAY), expected, "{name}");
        // The forecast does not move it: screen and paper draw it on the plan.
        assert_eq!(front(&Bar { early: None, ..bar }, TODAY), expected, "{name}");
    }
}

#[test]
fn many_bars_have_their_front_where_the_plan_had_as_much_due() {
    let planned = |from, to, percent_e3| Bar { baseline: Some((from, to)), percent_e3, ..bar() };
    // Ten days each, one after the other, the second over at the data date.
    let first = |percent| planned(date(2026, 11, 3), date(2026, 11, 12), percent);
    let second = |percent| planned(date(2026, 11, 13), date(2026, 11, 22), percent);
    let third = |percent| planned(date(2026, 11, 23), date(2026, 12, 2), percent);
    let cases = [
        ("as planned", [100_000, 100_000, 0], None),
        ("nothing done", [0, 0, 0], Some(date(2026, 11, 3))),
        ("half of the second", [100_000, 50_000, 0], Some(date(2026, 11, 18))),
        ("what the second lacks the third has", [100_000, 50_000, 50_000], None),
        ("ahead", [100_000, 100_000, 50_000], Some(date(2026, 11, 28))),
        ("all done", [100_000, 100_000, 100_000], Some(date(2026, 12, 3))),
    ];
    for (name, [a, b, c], expected) in cases {
        let bars = [first(a), second(b), third(c)];
        assert_eq!(front_of_all(&bars.iter().collect::<Vec<_>>(), TODAY), expected, "{name}");
    }
    assert_eq!(front_of_all(&[], TODAY), None);
    let far = planned(date(2027, 11, 3), date(2027, 11, 12), 0);
    assert_eq!(front_of_all(&[&far], TODAY), None, "not yet due");
    assert_eq!(front_of_all(&[&first(100_000)], TODAY), None, "finished");
}

#[test]
fn pages_of_a_wall_are_of_equal_length_and_leave_nothing_out() {
    for (total, most) in [(0, 9), (1, 9), (9, 9), (10, 9), (44, 9), (45, 16), (925, 16)] {
        let (mut at, mut lengths) = (0, Vec::new());
        while at < total {
            let page = page_around(at, total, most);
            assert_eq!(page.start, at, "{total} by {most}");
            assert!(page.clone().all(|row| page_around(row, total, most) == page), "a page is the same from each of its rows");
            lengths.push(page.len());
            at = page.end;
        }
        let (least, longest) = (lengths.iter().min().copied().unwrap_or(0), lengths.iter().max().copied().unwrap_or(0));
        assert!(longest <= most && longest - least <= 1, "{total} by {most}: {lengths:?}");
        assert_eq!(page_around(usize::MAX, total, most).end, total, "an address from long ago shows the last page");
    }
    assert!(SCREEN.turn_seconds >= 5 && SCREEN.rows_of_dates < SCREEN.rows_of_counts);
}

#[test]
fn a_cell_shows_the_worst_of_what_is_left() {
    let done = Bar { actual_start: Some(TODAY), actual_finish: Some(TODAY), ..bar() };
    let late = Bar { float_days_e3: Some(-3000), ..bar() };
    let (is_done, is_late) = (Word::Lamp(Lamp::Done), Word::Lamp(Lamp::Bad));
    assert_eq!(cell(&[]), None);
    let one = cell(&[(&late, is_late, None)]).unwrap();
    assert_eq!((one.lamp, one.bar.is_some()), (Lamp::Bad, true));
    let both = cell(&[(&done, is_done, Some(Grade::Confirmed)), (&late, is_late, Some(Grade::Reported))]).unwrap();
    assert_eq!((both.word, both.count, both.done, both.late, both.bar), (is_late, 2, 1, 1, None));
    let overdue = cell(&[(&late, is_late, None), (&late, Word::Overdue, Some(Grade::Verified))]).unwrap();
    assert_eq!((overdue.word, overdue.lamp, overdue.late, overdue.overdue), (Word::Overdue, Lamp::Bad, 2, 1));
    assert_eq!(cell(&[(&done, is_done, None), (&done, is_done, None)]).unwrap().lamp, Lamp::Done);
}

on_both_databases!(the_wall_shows_only_what_one_may_see_and_every_lamp_opens, |site| async move {
    let site = site.with_cast().await;
    assert!(site.get("chief", "/wall").await.status.is_success());
    for project in ["ours", "theirs"] {
        let address = format!("/plans/{project}/template");
        let drafted = site.post("office", &address, &[("template", "resettlement_tower"), ("start", "2026-06-01")]).await;
        assert_eq!(site.post("chief", drafted.location(), &[("reason", "checked")]).await.status, 303);
    }
    let district = site.get("chief", "/wall").await;
    assert_eq!(district.texts("tbody th[scope=row] a"), ["ours name", "theirs name"]);
    let own = site.get("builder", "/wall").await;
    assert!(own.body.contains("ours-b1 name") && !own.body.contains("theirs"));
    for path in ["/wall?place=theirs", "/wall?place=theirs&view=bars", "/wall/rows.json?place=theirs", "/wall/bar?project=theirs&activity=theirs-b1/pit"] {
        assert_eq!(site.get("builder", path).await.status, 404, "{path}");
    }
    let page = site.get("builder", "/wall?place=ours").await;
    let cells = page.attributes("a.cell", "href");
    assert_eq!(cells.len(), 2 * 20, "two buildings, twenty stages");
    let lamp = site.get("builder", &cells[0]).await;
    assert_eq!(lamp.status, 200);
    assert_eq!(lamp.texts("section h2").len(), 4, "why, since, who, dates");
    assert!(lamp.texts("dl.facts dd").contains(&"chief".to_owned()), "who is accountable");
    let bars = site.get("builder", "/wall?place=ours&view=bars").await;
    assert_eq!(bars.texts("tbody tr").len(), 2 * 21 + 1);
    assert_eq!(bars.texts(".legend .lamp"), page.texts(".legend .lamp"), "both views count the same");
    assert_eq!(bars.texts("td.plot .cast").len(), 2 * 21 + 1, "bars stand in the table too, for paper");
    let rows: serde_json::Value = serde_json::from_str(&site.get("builder", "/wall/rows.json?place=ours-b1").await.body).unwrap();
    assert_eq!(rows["rows"].as_array().unwrap().len(), 21, "one building only");
    let wall = site.get("builder", "/wall?place=ours&wall=1").await;
    assert_eq!(wall.attributes("body", "class"), ["wide wall"]);
    // A date that one building misses puts it first where the worst comes first.
    let order = [("activity", "ours-b2/topping_out"), ("name", "Topped out"), ("finish_by", "2026-12-31"), ("issuer", "headquarters"), ("document", "Notice 7"), ("edition", "1")];
    assert_eq!(site.post("chief", "/plans/ours/mandate", &order).await.status, 303);
    crate::features::reports::tests::settled(&site).await;
    let names = async |query: &str| site.get("builder", &format!("/wall?place=ours{query}")).await.texts("tbody th[scope=row] a");
    assert_eq!(names("").await, ["ours-b1 name", "ours-b2 name"]);
    assert_eq!(names("&order=worst").await, ["ours-b2 name", "ours-b1 name"]);
    assert!(site.get("builder", "/wall?place=ours&order=worst").await.attributes("header a, .bar a", "href").iter().any(|to| to.ends_with("&order=worst&wall=1")), "the command room keeps the order");
    assert_eq!(wall.attributes("#board", "data-events"), ["/wall/events"]);
    assert!(wall.attributes("nav.pages", "data-next").is_empty(), "two buildings are one page");
    site
});

on_both_databases!(a_wall_turns_its_pages_with_and_without_a_script, |site| async move {
    let site = site.with_cast().await;
    let drafted = site.post("office", "/plans/ours/template", &[("template", "resettlement_tower"), ("start", "2026-06-01")]).await;
    assert_eq!(site.post("chief", drafted.location(), &[("reason", "checked")]).await.status, 303);
    let first = site.get("builder", "/wall?place=ours-b1&wall=1").await;
    let (next, names) = (first.attributes("nav.pages", "data-next"), first.texts(".rows tbody td:first-child"));
    assert_eq!(first.attributes("nav.pages", "data-turn"), [SCREEN.turn_seconds.to_string()]);
    assert!(names.len() <= SCREEN.rows_of_bars);
    assert!(first.attributes("nav.pages a", "href").contains(&next[0]), "the same link is there for a finger");
    let second = site.get("builder", &next[0]).await;
    let others = second.texts(".rows tbody td:first-child");
    assert_eq!(names.len() + others.len(), 21, "every row on one page");
    assert!(others.iter().all(|name| !names.contains(name)));
    assert_eq!(second.attributes(".gantt", "data-end"), ["21"], "the drawing shows the same rows as the table");
    assert!(second.texts("nav.pages b")[0].contains('2'), "{:?}", second.texts("nav.pages b"));
    let after = second.attributes("nav.pages", "data-next");
    assert!(after[0].ends_with("&from=0"), "after the last page comes the first");
    // A project on the wall is its buildings and its own milestones, each with the front the paper has.
    let rows: serde_json::Value = serde_json::from_str(&site.get("builder", "/wall/rows.json?place=ours&wall=1").await.body).unwrap();
    let kinds: Vec<&str> = rows["rows"].as_array().unwrap().iter().map(|row| row[2].as_str().unwrap()).collect();
    assert_eq!(kinds, ["whole", "whole", "milestone"]);
    site
});

on_both_databases!(a_lamp_says_since_when, |site| async move {
    let site = site.with_cast().await;
    let drafted = site.post("office", "/plans/ours/template", &[("template", "resettlement_tower"), ("start", "2026-11-30")]).await;
    assert_eq!(site.post("chief", drafted.location(), &[("reason", "checked")]).await.status, 303);
    let said = |page: &crate::testing::Page| page.texts("section.sheet:first-child p");
    let path = "/wall/bar?project=ours&activity=ours-b1/permits";
    let noted = async || {
        let sql = "SELECT COUNT(*) FROM fact WHERE kind = 'wall_chart.noted/1'";
        site.site.db.reader().await.unwrap().row(sql, &[]).await.unwrap().unwrap().count(0).unwrap()
    };
    let next_day = async || {
        assert!(site.site.clock.advance(site.site.clock.now() + 24.hours()));
        crate::timers::once(&site.site).await.unwrap();
    };
    crate::timers::once(&site.site).await.unwrap();
    assert_eq!(noted().await, 0, "nothing is accused: what is not done yet is only due soon");
    let before = said(&site.get("builder", path).await);
    assert!(before[before.len() - 2].contains(&site.site.clock.today().to_string()), "as of today: {before:?}");
    // A mandated date that cannot be kept turns lamps red, and the day of it is a fact.
    let date = [("request_id", "mandate-0001"), ("activity", "ours-b1/topping_out"), ("name", "Topped out"), ("finish_by", "2027-03-31"), ("issuer", "headquarters"), ("document", "Notice 7"), ("edition", "1")];
    assert_eq!(site.post("chief", "/plans/ours/mandate", &date).await.status, 303);
    let red_on = site.site.clock.today().to_string();
    crate::timers::once(&site.site).await.unwrap();
    assert_eq!(noted().await, 1);
    crate::timers::once(&site.site).await.unwrap();
    assert_eq!(noted().await, 1, "nothing new is no fact");
    // What is only forecast to be late has no day of its own: the fact gives it one.
    let forecast = "/wall/bar?project=ours&activity=ours-b1/topping_out";
    let begins = |key: &str, days: &str| {
        let text = crate::web::locale::Language::Zh.tf(key, &[("date", red_on.clone()), ("days", days.to_owned())]);
        text.split("{number}").next().unwrap().to_owned()
    };
    let fresh = said(&site.get("builder", forecast).await);
    assert!(fresh.iter().any(|text| text.starts_with(&begins("wall.noted_today", ""))), "red since today, not for no days: {fresh:?}");
    next_day().await;
    next_day().await;
    let after = said(&site.get("builder", forecast).await);
    assert!(after.iter().any(|text| text.starts_with(&begins("wall.noted_since", "2"))), "red since then, for two days: {after:?}");
    // The date is moved, and the lamp is cleared.
    let change = [("request_id", "change-0001"), ("finish_by", "2029-03-31"), ("reason", "agreed")];
    assert_eq!(site.post("office", "/mandates/mandate-0001/change", &change).await.status, 303);
    let answer = [("answer", "accepted"), ("reason", "agreed"), ("document", "Notice 8"), ("edition", "1")];
    assert_eq!(site.post("chief", "/mandate-requests/change-0001", &answer).await.status, 303);
    crate::timers::once(&site.site).await.unwrap();
    let cleared = said(&site.get("builder", path).await);
    assert!(!cleared.iter().any(|text| text.contains(&red_on)), "{cleared:?}");
    // Work that has begun says when.
    let address = "/plans/ours/progress?activity=ours-b1/permits";
    assert_eq!(site.post("builder", address, &[("actual_start", "2026-11-24"), ("percent", "10")]).await.status, 303);
    let begun = said(&site.get("builder", path).await);
    assert!(begun.iter().any(|text| text.contains("2026-11-24")), "{begun:?}");
    assert_ne!(begun.last(), cleared.last(), "a record is a fact about the project");
    site
});

on_both_databases!(paper_has_the_size_asked_for_and_shows_only_what_one_may_see, |site| async move {
    let site = site.with_cast().await;
    let drafted =
        site.post("office", "/plans/ours/template", &[("template", "resettlement_tower"), ("start", "2026-06-01")]).await;
    assert_eq!(site.post("chief", drafted.location(), &[("reason", "checked")]).await.status, 303);
    for (view, place) in [("matrix", "ours"), ("bars", "ours"), ("network", "ours"), ("network", "ours-b1"), ("flowline", "ours-b1")] {
        let page = site.get("builder", &format!("/wall.pdf?place={place}&view={view}&size=A2&ink=mono")).await;
        assert_eq!(page.status, 200, "{view}");
        assert!(page.body.starts_with("%PDF-"), "{view}");
        // 594 × 420 mm in points.
        assert!(page.body.contains("/MediaBox [0 0 1683.") || page.body.contains("/MediaBox[0 0 1683."), "{view}");
    }
    let network = site.get("builder", "/wall.pdf?place=ours-b1&view=network&size=A3").await;
    assert!(network.body.contains("/Count 1"), "a network is one sheet");
    for path in ["/wall.pdf?place=theirs", "/wall.pdf?place=theirs&view=network", "/wall.pdf?place=theirs-b1&view=flowline"] {
        assert_eq!(site.get("builder", path).await.status, 404, "{path}");
    }
    assert_eq!(site.get("builder", "/wall.pdf?place=ours&size=A9").await.status, 404);
    assert_eq!(site.get("", "/wall.pdf?place=ours").await.status, 303);
    site
});

on_both_databases!(a_date_that_no_plan_leads_to_hangs_first_with_its_lamp, |site| async move {
    let site = site.with_cast().await;
    let approve = async |template: &str, extra: &[(&str, &str)]| {
        let drafted = site.post("office", "/plans/ours/template", &[("template", template), ("start", "2026-06-01")]).await;
        let form: Vec<(&str, &str)> = [&[("reason", "checked")], extra].concat();
        assert_eq!(site.post("chief", drafted.location(), &form).await.status, 303);
    };
    approve("resettlement_tower", &[]).await;
    for (activity, name, finish_by) in [("ours-b1/topping_out", "Topped out", "2029-06-30"), ("end", "All home", "2027-06-30")] {
        let activity = if activity == "end" { crate::features::plan::template::END } else { activity };
        let date = [("activity", activity), ("name", name), ("finish_by", finish_by), ("issuer", "headquarters"), ("document", "Notice 7"), ("edition", "1")];
        assert_eq!(site.post("chief", "/plans/ours/mandate", &date).await.status, 303);
    }
    assert_eq!(site.get("builder", "/wall?place=ours&wall=1").await.texts(".milestones strong"), ["All home", "Topped out"], "least float first");
    approve("heritage_works", &[("accepts_loss", "yes")]).await;
    let wall = site.get("builder", "/wall?place=ours&wall=1").await;
    assert_eq!(wall.texts(".milestones strong"), ["Topped out", "All home"]);
    assert_eq!(wall.texts(".milestones li:first-child .lamp.bad").len(), 1);
    site
});

on_both_databases!(a_plan_is_drawn_as_a_network_and_a_building_as_flowlines, |site| async move {
    let site = site.with_cast().await;
    assert!(!site.get("builder", "/wall?place=ours&view=network").await.texts("p.empty").is_empty(), "no plan, no drawing");
    for project in ["ours", "theirs"] {
        let drafted = site.post("office", &format!("/plans/{project}/template"), &[("template", "resettlement_tower"), ("start", "2026-06-01")]).await;
        assert_eq!(site.post("chief", drafted.location(), &[("reason", "checked")]).await.status, 303);
    }
    let whole = site.get("builder", "/wall?place=ours&view=network").await;
    let building = site.get("builder", "/wall?place=ours-b1&view=network").await;
    // Two buildings of eighteen works and two milestones; structure and services in two parts, masonry in three.
    let works = |page: &crate::testing::Page| page.attributes("svg g.work", "class").len();
    assert_eq!((works(&whole), works(&building)), (2 * 22, 22));
    assert!(!building.attributes("svg g.work.critical", "class").is_empty(), "a sheet has a critical path of its own");
    assert_eq!(building.texts("tbody tr").len(), 22 + 2, "the table says what the drawing says");
    let paths = building.texts("ol.paths li");
    assert!(paths.len() == 5 && paths[0].matches('→').count() > 8, "the critical path first: {paths:?}");
    let numbers = |selector: &str| building.texts(selector);
    assert_eq!(numbers("svg text.number").len(), numbers("svg g.event").len());
    let links = building.attributes("svg a", "href");
    assert_eq!(links.len(), 22 + 2, "every work and milestone leads to its page");
    assert_eq!(site.get("builder", &links[0]).await.status, 200);
    // The names of one building's works need no place before them; of several buildings each begins with its own.
    assert!(whole.texts("svg text.name").iter().any(|name| name.contains("ours-b1")) || whole.body.contains("ours-b1 name"));
    let flow = site.get("builder", "/wall?place=ours-b1&view=flowline").await;
    assert_eq!(flow.attributes("svg g.crew", "class").len(), 5, "structure, masonry, scaffold, services, fit-out");
    assert_eq!(flow.texts("tbody tr").len(), 5);
    assert!(flow.attributes("svg path.actual", "class").is_empty() && flow.attributes("svg path.forecast", "class").len() == 5, "nothing has begun");
    let choices = site.get("builder", "/wall?place=ours&view=flowline").await;
    assert!(choices.attributes("main p a", "href").contains(&"/wall?place=ours-b1&view=flowline".to_owned()));
    // Work that has begun leaves a front and a thick line.
    let begun = [("actual_start", "2026-10-05"), ("percent", "50")];
    assert_eq!(site.post("builder", "/plans/ours/progress?activity=ours-b1/structure", &begun).await.status, 303);
    let after = site.get("builder", "/wall?place=ours-b1&view=flowline").await;
    assert_eq!(after.attributes("svg path.actual", "class").len(), 1);
    let then = site.get("builder", &format!("/wall?place=ours-b1&view=network&as_of={}", site.site.head())).await;
    assert_eq!((then.status.as_u16(), works(&then)), (200, 22));
    for view in ["network", "flowline"] {
        for place in ["theirs", "theirs-b1"] {
            assert_eq!(site.get("builder", &format!("/wall?place={place}&view={view}")).await.status, 404, "{place} {view}");
        }
        assert_eq!(site.get("", &format!("/wall?place=ours&view={view}")).await.status, 303, "{view}");
        let district = site.get("chief", &format!("/wall?view={view}")).await;
        assert!(district.texts("svg").is_empty() && district.texts("table.matrix").len() == 1, "a district has no such drawing");
    }
    site
});

on_both_databases!(links_paths_and_wants_are_drawn_of_what_one_may_see, |site| async move {
    let site = site.with_cast().await;
    assert!(!site.get("builder", "/wall/paths?project=ours").await.texts("p.empty").is_empty(), "no plan, no paths");
    assert!(!site.get("builder", "/wall?place=ours&view=resources").await.texts("p.empty").is_empty());
    for project in ["ours", "theirs"] {
        let drafted = site.post("office", &format!("/plans/{project}/template"), &[("template", "resettlement_tower"), ("start", "2026-06-01")]).await;
        assert_eq!(site.post("chief", drafted.location(), &[("reason", "checked")]).await.status, 303);
    }
    // Links: a building's chart shows what drives, more or none when asked.
    let links = async |more: &str| site.get("builder", &format!("/wall/rows.json?place=ours-b1{more}")).await.json()["links"].as_array().unwrap().clone();
    let (driving, all) = (links("").await, links("&links=all").await);
    assert!(driving.len() > 12 && all.len() > driving.len(), "{} of {}", driving.len(), all.len());
    assert!(driving.iter().all(|line| line[0].as_u64() > Some(0)), "what drives is heavy");
    assert!(links("&links=none").await.is_empty() && links("&links=nonsense").await == driving);
    let page = site.get("builder", "/wall?place=ours-b1&view=bars&links=all").await;
    assert_eq!(page.texts(".switch a[aria-current]"), [crate::web::locale::Language::Zh.t("links.all")]);
    assert!(page.attributes("details.papers a", "href").iter().all(|href| href.ends_with("&links=all")), "paper shows the same");
    assert_eq!(site.get("builder", "/wall.pdf?place=ours-b1&view=bars&links=all").await.status, 200);
    // Paths: to any activity, and to a mandated date with its float.
    let end = crate::features::plan::template::END;
    assert!(!site.get("builder", "/wall/paths?project=ours").await.texts("p.empty").is_empty(), "nothing is mandated");
    let to_top = site.get("builder", "/wall/paths?project=ours&activity=ours-b1/topping_out").await;
    assert_eq!(to_top.attributes("svg g.lane", "class").len(), 1, "one way leads to topping out");
    assert_eq!(to_top.texts("tbody tr").len(), 6);
    let date = [("activity", end), ("name", "All home"), ("finish_by", "2027-06-30"), ("issuer", "headquarters"), ("document", "Notice 7"), ("edition", "1")];
    assert_eq!(site.post("chief", "/plans/ours/mandate", &date).await.status, 303);
    let address = &site.get("builder", "/plans/ours").await.attributes("section.sheet a", "href").into_iter().find(|href| href.starts_with("/wall/paths")).unwrap();
    for by in ["", "&by=free"] {
        let paths = site.get("builder", &format!("{address}{by}")).await;
        let lanes = paths.attributes("svg g.lane", "class");
        assert!(lanes.len() > 3 && lanes[0].contains("bad first"), "{lanes:?}");
        assert_eq!(paths.attributes("svg g.work", "class").len(), paths.texts("tbody tr").len(), "the table says what the drawing says");
        assert!(paths.attributes("svg g.join", "class").len() >= lanes.len() - 2);
        assert_eq!(site.get("builder", &paths.attributes("svg a", "href")[0]).await.status, 200);
    }
    let paper = site.get("builder", &format!("{}&size=A2&ink=mono", address.replace("/wall/paths", "/wall/paths.pdf"))).await;
    assert!(paper.body.starts_with("%PDF-"));
    // Wants: two buildings share what the template gives a project; both want it in the same days.
    let wants = site.get("builder", "/wall?place=ours&view=resources").await;
    assert_eq!(wants.attributes("svg g.panel", "class").len(), 6);
    assert!(wants.texts("tbody tr").len() > 1 && !wants.attributes("svg rect.over", "class").is_empty(), "too few formwork sets");
    assert!(wants.attributes("tbody a", "href").iter().any(|href| href.contains("structure")));
    assert!(site.get("builder", "/wall.pdf?place=ours&view=resources&ink=mono").await.body.starts_with("%PDF-"));
    assert!(site.get("builder", "/wall?place=ours-b1&view=resources").await.texts("svg").is_empty(), "a building has its project's");
    for path in [
        "/wall/paths?project=theirs", "/wall/paths?project=nothing", "/wall/paths?project=ours-b1", "/wall/paths?project=ours&activity=nothing", "/wall/paths.pdf?project=theirs",
        "/wall/paths.pdf?project=ours&size=A9", "/wall?place=theirs&view=resources", "/wall.pdf?place=theirs&view=resources",
    ] {
        assert_eq!(site.get("builder", path).await.status, 404, "{path}");
    }
    assert_eq!(site.get("", "/wall/paths?project=ours").await.status, 303);
    site
});

on_both_databases!(projects_of_one_contractor_share_its_resources, |site| async move {
    use crate::features::organisations::model::{Command, Kind};
    let site = site.with_cast().await;
    site.submit(Command::Register { id: "yard".into(), name: "Yard".into(), kind: Kind::Contractor }).await.unwrap();
    let address = "/wall/contractor?organisation=yard";
    assert!(!site.get("builder", address).await.texts("p.empty").is_empty(), "it builds nothing");
    for project in ["ours", "theirs"] {
        let drafted = site.post("office", &format!("/plans/{project}/template"), &[("template", "resettlement_tower"), ("start", "2026-06-01")]).await;
        assert_eq!(site.post("chief", drafted.location(), &[("reason", "checked")]).await.status, 303);
        let seat = [("seat", "contractor"), ("holder", "organisation:yard"), ("from", "2026-06-01")];
        assert_eq!(site.post("chief", &format!("/task-forces/{project}"), &seat).await.status, 303);
    }
    // Whoever may read one project sees what that one wants; whoever may read both, what both want of what both have.
    let (one, both) = (site.get("builder", address).await, site.get("chief", address).await);
    let projects = |page: &crate::testing::Page| page.attributes("main p a", "href").into_iter().filter(|href| href.ends_with("&view=resources")).collect::<Vec<_>>();
    assert_eq!((projects(&one).len(), projects(&both).len()), (1, 2));
    assert_eq!(both.attributes("svg g.panel", "class").len(), 6);
    let peaks = |page: &crate::testing::Page| page.texts("svg text.peak");
    assert_ne!(peaks(&one), peaks(&both));
    let named = both.attributes("tbody a", "href");
    assert!(["project=ours", "project=theirs"].iter().all(|project| named.iter().any(|href| href.contains(project))), "{named:?}");
    // Whoever has begun holds it.
    assert!(both.texts("tbody .tag").is_empty());
    let begun = [("actual_start", "2026-06-05"), ("percent", "10")];
    assert_eq!(site.post("builder", "/plans/ours/progress?activity=ours-b1/structure", &begun).await.status, 303);
    let held = site.get("chief", address).await;
    assert!(!held.texts("tbody .tag").is_empty(), "{:?}", held.texts("tbody td"));
    let offered = site.get("builder", "/wall?place=ours&view=resources").await.attributes("main p a", "href");
    assert!(offered.contains(&address.to_owned()), "{offered:?}");
    assert!(site.get("chief", "/organisations/yard").await.attributes("main p a", "href").contains(&address.to_owned()));
    assert!(site.get("chief", "/wall/contractor.pdf?organisation=yard&size=A2&ink=mono").await.body.starts_with("%PDF-"));
    assert_eq!(site.get("chief", "/wall/contractor?organisation=nobody").await.status, 404);
    assert_eq!(site.get("", address).await.status, 303);
    site
});

on_both_databases!(chances_of_mandated_dates_are_drawn_told_and_printed, |site| async move {
    let site = site.with_cast().await;
    let risk = "/wall?place=ours&view=risk";
    let papers = async |path: &str| site.get("builder", path).await.texts("details.papers").len();
    assert!(!site.get("builder", risk).await.texts("p.empty").is_empty(), "no plan, no chances");
    for view in ["risk", "network", "bars", "resources"] {
        assert_eq!(papers(&format!("/wall?place=ours&view={view}")).await, 0, "{view}: no paper of what cannot be drawn");
    }
    for project in ["ours", "theirs"] {
        let drafted = site.post("office", &format!("/plans/{project}/template"), &[("template", "resettlement_tower"), ("start", "2026-06-01")]).await;
        assert_eq!(site.post("chief", drafted.location(), &[("reason", "checked")]).await.status, 303);
    }
    assert!(!site.get("builder", risk).await.texts("p.empty").is_empty(), "nothing is mandated");
    let end = crate::features::plan::template::END;
    for (activity, name, finish_by) in [(end, "All home", "2029-01-15"), ("ours-b1/topping_out", "Topped out", "2039-06-30")] {
        let date = [("activity", activity), ("name", name), ("finish_by", finish_by), ("issuer", "headquarters"), ("document", "Notice 7"), ("edition", "1")];
        assert_eq!(site.post("chief", "/plans/ours/mandate", &date).await.status, 303);
    }
    // A machine under load may need longer than a page waits.
    let made = async |path: &str| loop {
        let page = site.get("builder", path).await;
        if page.texts("p.notice").is_empty() {
            return page;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    };
    let page = made(risk).await;
    assert_eq!(page.attributes("svg g.lane", "class").len(), 2);
    let lamps = page.texts("tbody:first-of-type td .lamp");
    assert!(lamps.contains(&"100 %".to_owned()) && lamps.len() == 2, "{lamps:?}");
    let causes = page.attributes("tbody td:last-child a", "href");
    assert!(causes.iter().filter(|href| href.starts_with("/wall/bar") || href.ends_with("#register")).count() >= 3, "{causes:?}");
    assert_eq!(site.get("builder", &page.attributes("svg a", "href")[0]).await.status, 200);
    let zh = crate::web::locale::Language::Zh;
    assert!(page.body.contains(&zh.t("chance_event.pile_defects")), "the register stands below");
    assert!(page.body.contains(&zh.tf("chances.weather_setting", &[("months", "12".into())])), "no history yet");
    assert_eq!(made(risk).await.texts("tbody td"), page.texts("tbody td"), "the same facts give the same numbers");
    assert_eq!([papers(risk).await, papers("/wall?place=ours&view=bars").await], [1, 1]);
    // A command room has the dates large, and a district the least likely one of each project that somebody may see.
    let room = made(&format!("{risk}&wall=1")).await;
    assert_eq!((room.texts("table.chances tbody tr").len(), room.attributes("figure.drawing", "class").len()), (2, 0));
    assert!(room.texts("table.chances tbody tr:first-child td")[0].contains("All home"));
    for path in ["/wall?place=district&view=risk", "/wall?place=district&view=risk&wall=1"] {
        let board = site.get("chief", path).await;
        assert_eq!(board.attributes("table.chances td:first-child a", "href"), ["/wall?place=ours&view=risk", "/wall?place=theirs&view=risk"], "{path}");
        assert!(board.texts("table.chances tr:first-child td").iter().any(|text| text.contains("All home")), "{path}");
        assert_eq!(site.get("builder", path).await.status, 404, "{path}");
    }
    // The sentence stands at the milestone's own page and under the head of the boards.
    let sentence = made(&format!("/wall/bar?project=ours&activity={end}")).await.texts("section p .lamp");
    assert!(sentence.iter().any(|text| text.contains("2029-01-15") && text.contains('%')), "{sentence:?}");
    for view in ["matrix", "bars"] {
        let told = site.get("builder", &format!("/wall?place=ours&view={view}")).await.texts("ul.chances li");
        assert!(told[0].contains("All home") && told[0].contains("2029-01-15"), "{view}: {told:?}");
    }
    // An alert is history from its day on.
    let alert = [("level", "orange"), ("at", "2026-11-20T08:00"), ("notice", "Notice 1"), ("source", "Weather office")];
    assert_eq!(site.post("office", "/calendars/new/alert", &alert).await.status, 303);
    let (from, today) = (date(2026, 11, 20), site.site.clock.today());
    let known = [("from", from.to_string()), ("to", today.yesterday().unwrap().to_string()), ("alerts", (today - from).get_days().to_string())];
    let days = [&known[..], &[("rain", "0".to_owned())]].concat();
    assert!(made(risk).await.body.contains(&zh.tf("chances.weather", &days)));
    let paper = site.get("builder", "/wall.pdf?place=ours&view=risk&size=A2&ink=mono").await;
    assert!(paper.body.starts_with("%PDF-"));
    // What has happened is certain: the facts of progress make another simulation.
    let before = made(risk).await.texts("tbody td");
    let late = [("actual_start", "2026-10-05"), ("percent", "10"), ("remaining", "400")];
    assert_eq!(site.post("builder", "/plans/ours/progress?activity=ours-b1/structure", &late).await.status, 303);
    assert_ne!(made(risk).await.texts("tbody td"), before);
    for path in ["/wall?place=theirs&view=risk", "/wall.pdf?place=theirs&view=risk"] {
        assert_eq!(site.get("builder", path).await.status, 404, "{path}");
    }
    assert!(site.get("builder", "/wall?place=ours-b1&view=risk").await.texts("svg g.lane").is_empty(), "a building has its project's");
    assert_eq!(site.get("", risk).await.status, 303);
    site
});

#[test]
fn settings_of_uncertainty_hold_together_and_a_plan_keeps_its_own() {
    use super::chances::{Chances, Entry, Origin, SETTINGS, register, uncertain};
    use crate::web::locale::Language;
    use guatu_kernel::plan::{Activity, Risk, Span};
    for event in &SETTINGS.event {
        assert!(Language::En.has(&format!("chance_event.{}", event.id)), "{}", event.id);
        assert!(Language::Zh.has(&format!("chance_event.{}", event.id)) && event.probability_percent <= 100 && event.days > 0 && !event.stages.is_empty(), "{}", event.id);
        assert!(event.stages.iter().all(|stage| crate::features::plan::network::STAGES.iter().any(|one| one.id == *stage)), "{}", event.id);
    }
    for spread in [SETTINGS.work, SETTINGS.paper] {
        assert!(spread.low_percent <= spread.likely_percent && spread.likely_percent <= spread.high_percent);
    }
    for (percent, lamp) in [(80.0, Lamp::Good), (79.9, Lamp::Warn), (50.0, Lamp::Warn), (49.9, Lamp::Bad)] {
        assert_eq!(SETTINGS.lamp.lamp(percent / 100.0), lamp);
    }
    assert_eq!([1, 30_000, 30_000_000].map(|activities| SETTINGS.simulation.iterations(activities)), [10_000, 1000, 1000]);
    let day = |day: i8| date(2026, 6, day);
    let work = |ordinal: u64, place: &str, stage: &str, days: i8| Bar {
        ordinal,
        place: Some(place.into()),
        stage: Some(stage.into()),
        early: Some((day(1), day(days))),
        ..bar()
    };
    let bars = [work(0, "b1", "pit", 5), work(1, "b1", "pit", 9), work(2, "b2", "pit", 3), work(3, "b2", "masonry", 3), Bar { actual_finish: Some(day(2)), ..work(4, "b3", "pit", 20) }];
    let rule = |entry: &Entry| match &entry.origin {
        Origin::Setting(rule) => SETTINGS.event[*rule].id.as_str(),
        Origin::Own(event) => panic!("{event:?} is no setting"),
    };
    let told: Vec<_> = register(&bars).into_iter().map(|entry| (rule(&entry), entry.place.clone(), entry.works)).collect();
    // A find stops the whole project; water one building: the longest work of its pit that is left.
    assert_eq!(told, [("find", None, vec![1, 2]), ("ground_water", Some("b1".into()), vec![1]), ("ground_water", Some("b2".into()), vec![2])]);
    let mut plan = guatu_formats::plans::read(br#"{"format":"guatu-plan/1","start":"2026-06-01","activities":[]}"#, guatu_formats::plans::Format::GuatuJson, &Default::default()).plan.unwrap();
    plan.activities = ["a", "b", "c", "d", "e"].map(|id| Activity::task(id, Span::days(10))).to_vec();
    plan.mandated = vec![guatu_kernel::plan::Mandate { activity: "b".into(), finish_by: guatu_kernel::plan::Moment::Day(day(20)), name: None }];
    plan.activities[0].risk = Some(Box::new(Risk::Discrete { probability: 0.5, impact: Span::days(1) }));
    plan.activities[3].is_compressible = false;
    let found = uncertain(plan, &bars, Vec::new(), &Default::default());
    assert_eq!((found.own, found.assumed), (1, 3));
    assert!(matches!(found.plan.activities[0].risk.as_deref(), Some(Risk::Discrete { .. })) && found.plan.activities[4].risk.is_none(), "its own, and none of what is finished");
    let triangle = |low: i64, high: i64| Some(Box::new(Risk::Triangular { low: Span::Working { days_e3: low, minutes: 0 }, likely: Span::days(10), high: Span::Working { days_e3: high, minutes: 0 } }));
    assert_eq!((&found.plan.activities[1].risk, &found.plan.activities[3].risk), (&triangle(9000, 13_000), &triangle(10_000, 15_000)));
    let history = super::weather::History::unknown(day(1));
    let chances = Chances::of(found, &history);
    assert_eq!((chances.iterations, chances.milestones.len()), (10_000, 1));
    assert_eq!(chances.weather.unknown_months, 12);
    assert_eq!(chances.milestones[0].movers.len(), 3, "its own duration, the find and the water");
}

#[test]
fn links_are_weighed_by_what_holds() {
    use super::links::{Held, Shown, between};
    use guatu_formats::charts::links::Weight;
    use guatu_kernel::plan::{Activity, Link, LinkKind, Span};
    let day = |day: i8| date(2026, 6, day);
    let link = |from: &str, to: &str, kind, lag| Link { from: from.into(), to: to.into(), kind, lag: Span::days(lag), at: None };
    let mut plan = guatu_formats::plans::read(br#"{"format":"guatu-plan/1","start":"2026-06-01","activities":[]}"#, guatu_formats::plans::Format::GuatuJson, &Default::default()).plan.unwrap();
    plan.activities = ["a", "b", "c"].map(|id| Activity::task(id, Span::days(4))).to_vec();
    plan.links = vec![link("a", "b", LinkKind::FS, 0), link("a", "c", LinkKind::SS, 2), link("a", "c", LinkKind::FF, 1), link("b", "c", LinkKind::FS, -1)];
    let held = |at: usize| {
        let dates = [(day(1), day(4)), (day(5), day(8)), (day(3), day(6))][at];
        Some(Held { dates, driver: (at > 0).then_some(0), is_critical: at < 2 })
    };
    let rows = [Some(0), None, Some(1), Some(2)];
    let told = |shown| between(&plan, &rows, shown, held).into_iter().map(|link| (link.from, link.to, link.weight, link.label)).collect::<Vec<_>>();
    let critical = (0, 2, Weight::Critical, String::new());
    // Of two links between the same works the one without room holds; what has another driver does not.
    let driving = (0, 3, Weight::Driving, "SS+2".to_owned());
    assert_eq!(told(Shown::Driving), [critical.clone(), driving.clone()]);
    assert_eq!(told(Shown::All), [critical, driving, (0, 3, Weight::Other, "FF+1".into()), (2, 3, Weight::Other, "FS-1".into())]);
    assert!(told(Shown::None).is_empty());
    for (asked, rows, expected) in [(None, 21, Shown::Driving), (None, 500, Shown::None), (Some("all"), 500, Shown::All), (Some("x"), 21, Shown::Driving)] {
        assert_eq!(Shown::of(asked, rows), expected, "{asked:?} {rows}");
    }
}

on_both_databases!(a_bar_is_broken_where_the_plan_breaks_off, |site| async move {
    let site = crate::features::reports::tests::active(site.with_cast().await).await;
    let drafted = site.post("office", "/plans/ours/template", &[("template", "resettlement_tower"), ("start", "2026-11-02")]).await;
    let exported = site.get("office", &format!("{}/export/json", drafted.location())).await.body;
    let mut plan: serde_json::Value = serde_json::from_str(&exported).unwrap();
    let pit = plan["activities"].as_array_mut().unwrap().iter_mut().find(|activity| activity["id"] == "ours-b1/pit").unwrap();
    pit["breaks"] = serde_json::json!([{ "after": "3d", "length": "2d" }]);
    let body = format!("--x\r\nContent-Disposition: form-data; name=\"plan_file\"; filename=\"plan.json\"\r\n\r\n{plan}\r\n--x--\r\n");
    let shown = site.post_bytes("office", "/import?project=ours", "multipart/form-data; boundary=x", body.into_bytes()).await;
    let request_id = shown.attributes("form[action='/import/shown'] input[name=request_id]", "value").remove(0);
    let split = site.post("office", "/import/shown", &[("project", "ours"), ("request_id", &request_id)]).await;
    let approved = site.post("chief", split.location(), &[("reason", "the crew is elsewhere for two days")]).await;
    assert_eq!(approved.location(), "/plans/ours", "{:?}", approved.texts(".summary li"));
    let rows: serde_json::Value = serde_json::from_str(&site.get("builder", "/wall/rows.json?place=ours-b1").await.body).unwrap();
    let broken: Vec<&serde_json::Value> = rows["rows"].as_array().unwrap().iter().filter(|row| row[15] != serde_json::json!([])).collect();
    let [row] = broken[..] else { panic!("one bar is broken: {broken:?}") };
    let [from, to] = [0, 1].map(|at| row[15][at].as_i64().unwrap());
    assert!(row[6].as_i64().unwrap() < from && from < to && to < row[7].as_i64().unwrap(), "within its dates: {row}");
    let page = site.get("builder", "/wall/bar?project=ours&activity=ours-b1%2Fpit").await;
    assert!(page.texts("dl.facts dt").contains(&"中断".to_owned()));
    assert_eq!(site.get("builder", "/wall?place=ours-b1&view=bars").await.texts("td.plot i.pause").len(), 1, "and in the table");
    site
});
