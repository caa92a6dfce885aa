//! Lamps as a table, and the wall as people see it.

use super::model::{Lamp, RULES, cell, verdict};
use crate::features::plan::store::Bar;
use crate::on_both_databases;
use jiff::civil::{Date, date};

const TODAY: Date = date(2026, 11, 23);

fn bar() -> Bar {
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
    }
}

#[test]
fn lamps() {
    let far = Some((date(2027, 6, 1), date(2027, 7, 1)));
    let slipped = Some((date(2026, 12, 5), date(2027, 2, 5)));
    let cases = [
        ("finished, however late", Bar { actual_start: Some(TODAY), actual_finish: Some(TODAY), float_days_e3: Some(-5000), ..bar() }, Lamp::Done, "finished"),
        ("plan with errors", Bar { early: None, ..bar() }, Lamp::Warn, "no_dates"),
        ("half a day short", Bar { float_days_e3: Some(-500), ..bar() }, Lamp::Bad, "too_late"),
        ("exactly no float, on plan", Bar { float_days_e3: Some(0), ..bar() }, Lamp::Good, "due_soon"),
        ("9.9 days and later than planned", Bar { float_days_e3: Some(9_900), early: slipped, ..bar() }, Lamp::Warn, "little_float"),
        ("10 days and later than planned", Bar { float_days_e3: Some(10_000), early: slipped, ..bar() }, Lamp::Good, "due_soon"),
        ("begun", Bar { actual_start: Some(TODAY), ..bar() }, Lamp::Good, "running"),
        ("far ahead", Bar { early: far, float_days_e3: Some(0), baseline: far, ..bar() }, Lamp::Idle, "not_yet"),
    ];
    for (name, bar, lamp, reason) in cases {
        let found = verdict(&bar, TODAY, &RULES);
        assert_eq!((found.lamp, found.reason.key()), (lamp, reason), "{name}");
    }
}

#[test]
fn a_cell_shows_the_worst_of_what_is_left() {
    let done = Bar { actual_start: Some(TODAY), actual_finish: Some(TODAY), ..bar() };
    let late = Bar { float_days_e3: Some(-3000), ..bar() };
    assert_eq!(cell(&[]), None);
    let one = cell(&[(&late, Lamp::Bad)]).unwrap();
    assert_eq!((one.lamp, one.bar.is_some()), (Lamp::Bad, true));
    let both = cell(&[(&done, Lamp::Done), (&late, Lamp::Bad)]).unwrap();
    assert_eq!((both.lamp, both.count, both.done, both.late, both.bar), (Lamp::Bad, 2, 1, 1, None));
    assert_eq!(cell(&[(&done, Lamp::Done), (&done, Lamp::Done)]).unwrap().lamp, Lamp::Done);
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
    let rows: serde_json::Value = serde_json::from_str(&site.get("builder", "/wall/rows.json?place=ours-b1").await.body).unwrap();
    assert_eq!(rows["rows"].as_array().unwrap().len(), 21, "one building only");
    let wall = site.get("builder", "/wall?place=ours&wall=1").await;
    assert_eq!(wall.attributes("body", "class"), ["wide wall"]);
    assert_eq!(wall.attributes("#board", "data-events"), ["/wall/events"]);
    site
});

on_both_databases!(paper_has_the_size_asked_for_and_shows_only_what_one_may_see, |site| async move {
    let site = site.with_cast().await;
    let drafted =
        site.post("office", "/plans/ours/template", &[("template", "resettlement_tower"), ("start", "2026-06-01")]).await;
    assert_eq!(site.post("chief", drafted.location(), &[("reason", "checked")]).await.status, 303);
    for view in ["matrix", "bars"] {
        let page = site.get("builder", &format!("/wall.pdf?place=ours&view={view}&size=A2&ink=mono")).await;
        assert_eq!(page.status, 200, "{view}");
        assert!(page.body.starts_with("%PDF-"), "{view}");
        // 594 × 420 mm in points.
        assert!(page.body.contains("/MediaBox [0 0 1683.") || page.body.contains("/MediaBox[0 0 1683."), "{view}");
    }
    assert_eq!(site.get("builder", "/wall.pdf?place=theirs").await.status, 404);
    assert_eq!(site.get("builder", "/wall.pdf?place=ours&size=A9").await.status, 404);
    assert_eq!(site.get("", "/wall.pdf?place=ours").await.status, 303);
    site
});
