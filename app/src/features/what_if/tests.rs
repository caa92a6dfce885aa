//! Scenarios of trials.

use crate::features::plan::store as plans;
use crate::features::reports::tests::{active, settled};
use crate::on_both_databases;
use crate::testing::TestSite;
use jiff::ToSpan;
use jiff::civil::date;

/// `ours` with a date commanded for the topping out of its first building.
async fn mandated(site: TestSite) -> TestSite {
    let site = active(site.with_cast().await).await;
    let date = [("activity", "ours-b1/topping_out"), ("name", "Topped out"), ("finish_by", "2027-12-31"), ("issuer", "headquarters"), ("document", "Notice 7"), ("edition", "1")];
    assert_eq!(site.post("chief", "/plans/ours/mandate", &date).await.status, 303);
    settled(&site).await;
    site
}

/// The address that a change leads to.
async fn changed(site: &TestSite, who: &str, from: &str, change: &str) -> String {
    let page = site.get(who, &format!("{from}{}{change}", if from.contains('?') { "&" } else { "?" })).await;
    assert_eq!(page.status, 303, "{change}: {:?}", page.texts(".summary li"));
    page.location().to_owned()
}

on_both_databases!(a_trial_is_kept_as_a_draft_that_does_what_it_showed, |site| async move {
    let site = mandated(site).await;
    let head = site.site.head();
    let page = site.get("chief", "/plans/ours/what-if?place=ours-b1").await;
    assert_eq!(page.status, 200);
    assert_eq!(page.texts("dl.outlooks dd p").len(), 2, "one mandated date, before and after");
    assert!(page.texts("dl.outlooks dd p")[1].contains("不变"), "{:?}", page.texts("dl.outlooks dd p"));
    assert!(!page.texts("#what-if ul.rows a").is_empty(), "works that drive the date are offered");

    let one = changed(&site, "chief", "/plans/ours/what-if", "activity=ours-b1/structure&days=20&start=").await;
    let two = changed(&site, "chief", &one.replace("activity=ours-b1/structure", "place=ours-b1"), "activity=ours-b1/ground_zero&from=2027-06-01").await;
    let page = site.get("chief", &two).await;
    assert_eq!(page.texts("#what-if section:first-child ul.rows li").len(), 2);
    let shown = page.texts("dl.outlooks dd p strong")[0].chars().take(10).collect::<String>();
    assert!(page.texts("#what-if tbody tr").len() > 5, "works that move");
    // The bar of one, drawn longer by its end, takes the place of its earlier change.
    let drawn = changed(&site, "chief", &one.replace("&activity=ours-b1/structure", ""), "activity=ours-b1/structure&to=2027-12-01").await;
    assert_eq!(drawn.matches("structure").count(), 2, "in the change and as the one asked for: {drawn}");
    assert_ne!(drawn, one);
    let rows: serde_json::Value = serde_json::from_str(&site.get("chief", &two.replacen("what-if?", "what-if/rows.json?", 1)).await.body).unwrap();
    let moved = rows["rows"].as_array().unwrap().iter().filter(|row| row[5] != row[7]).count();
    assert!(moved > 5 && rows["rows"].as_array().unwrap().len() < 30, "{moved} of the building alone");
    assert_eq!(site.site.head(), head, "a trial leaves no trace");

    // Put forward with a reason, approved by somebody else, and the schedule says what was shown.
    assert_eq!(site.post("wei", &two, &[("reason", "second crew")]).await.status, 403);
    assert_eq!(site.post("stranger", &two, &[("reason", "second crew")]).await.status, 404);
    for (address, reason, code) in [(two.as_str(), " ", "L-105"), ("/plans/ours/what-if", "nothing", "L-138")] {
        let page = site.post("office", address, &[("reason", reason)]).await;
        assert_eq!((page.status.as_u16(), page.texts(".summary .quiet")), (422, vec![code.to_owned()]), "{address}");
    }
    let kept = site.post("office", &two, &[("reason", "second crew for the frame")]).await;
    assert_eq!(kept.status, 303, "{:?}", kept.texts(".summary li"));
    let version = kept.location().to_owned();
    assert!(site.get("chief", &version).await.body.contains("second crew for the frame"));
    assert_eq!(site.post("office", &version, &[("reason", "checked")]).await.status, 403, "not by who put it forward");
    assert_eq!(site.post("chief", &version, &[("reason", "checked")]).await.status, 303);
    settled(&site).await;
    let mut conn = site.site.db.reader().await.unwrap();
    let outlooks = plans::outlooks(&mut conn, "ours").await.unwrap();
    assert_eq!(outlooks[0].forecast.to_string(), shown, "what was shown");
    let bar = plans::bar(&mut conn, "ours", "ours-b1/ground_zero").await.unwrap().unwrap();
    assert_eq!(bar.early.unwrap().0, date(2027, 6, 1));
    drop(conn);
    site
});

on_both_databases!(an_end_that_is_drawn_a_day_later_is_a_day_later_of_begun_work_too, |site| async move {
    let site = mandated(site).await;
    // Planned for June, begun in November: its end is late already.
    let day = [("building", "ours-b1"), ("on", "2026-11-23"), ("done.ours-b1/pit", "2200"), ("request_id", "report-0001")];
    assert_eq!(site.post("builder", "/reports/new", &day).await.status, 303);
    settled(&site).await;
    let mut conn = site.site.db.reader().await.unwrap();
    let finish = |bar: plans::Bar| bar.early.unwrap().1;
    // Where work goes on all week: an end that is drawn into a holiday falls before or behind it.
    for activity in ["pit", "structure"] {
        let id = format!("ours-b1/{activity}");
        let end = finish(plans::bar(&mut conn, "ours", &id).await.unwrap().unwrap());
        for days in [1_i64, 14] {
            let wanted = end.saturating_add(days.days());
            let address = changed(&site, "chief", "/plans/ours/what-if?place=ours-b1", &format!("activity={id}&to={wanted}")).await;
            let page = site.get("chief", &address).await;
            let dates = page.texts("#what-if section:first-child p.quiet").pop().unwrap();
            let drawn: jiff::civil::Date = dates.split(" – ").last().unwrap().parse().unwrap();
            assert!((drawn - wanted).get_days().abs() <= 1, "{id}: {end} drawn to {wanted} became {drawn}");
        }
    }
    drop(conn);
    site
});

on_both_databases!(what_cannot_be_tried_is_said_with_the_form_still_filled, |site| async move {
    let site = mandated(site).await;
    let day = [("building", "ours-b1"), ("on", "2026-11-23"), ("done.ours-b1/pit", "1200"), ("request_id", "report-0001")];
    assert_eq!(site.post("builder", "/reports/new", &day).await.status, 303);
    settled(&site).await;
    let cases = [
        ("changes=pit", "L-129"),
        ("changes=%5B%7B%22a%22%3A%22ours-b9/pit%22%2C%22d%22%3A3%7D%5D", "L-131"),
        ("activity=ours-b1/topping_out&days=3&start=", "L-132"),
        ("activity=ours-b1/structure&days=0&start=", "L-133"),
        ("activity=ours-b1/structure&days=many&start=", "G-107"),
        ("activity=ours-b1/structure&days=3&start=2026-02-30", "G-106"),
        ("activity=ours-b1/structure&days=&start=1999-01-01", "L-134"),
        ("activity=ours-b1/pit&days=&start=2027-01-01", "L-136"),
    ];
    for (asked, code) in cases {
        let page = site.get("chief", &format!("/plans/ours/what-if?{asked}")).await;
        assert_eq!(page.status, 422, "{asked}");
        assert!(page.body.contains(code), "{asked}: {:?}", page.texts(".summary li"));
        if asked.contains("days=0") {
            assert_eq!(page.attributes("#field-days", "value"), ["0"], "still filled");
        }
    }
    for (who, address) in [("stranger", "/plans/ours/what-if"), ("chief", "/plans/nothing/what-if"), ("chief", "/plans/theirs/what-if"), ("chief", "/plans/ours/what-if?place=theirs-b1")] {
        assert_eq!(site.get(who, address).await.status, 404, "{who} {address}");
        assert_eq!(site.get(who, &address.replacen("what-if", "what-if/rows.json", 1)).await.status, 404, "{who} {address}");
    }
    site
});
