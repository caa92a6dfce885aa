//! Imports and exports through the pages.

use crate::features::identity::model::Role;
use crate::on_both_databases;
use crate::testing::{Page, TestSite};
use axum::http::{StatusCode, header};

const PLAN: &str = r#"{"format":"guatu-plan/1","start":"2026-12-01","calendar":"c","calendars":[{"id":"c","week":{"mon":true,"tue":true,"wed":true}}],
 "activities":[{"id":"A","name":"Piles <b>","duration":"5d"},{"id":"B","duration":"2d","colour":"red"}],"links":[{"from":"A","to":"B"}]}"#;

async fn site(site: TestSite) -> TestSite {
    let mut site = site.with_cast().await;
    site.person("planner", Role::Employer, Some("ours")).await;
    site
}

async fn upload(site: &TestSite, who: &str, project: &str, bytes: &str) -> Page {
    let body = format!(
        "--x\r\nContent-Disposition: form-data; name=\"plan_file\"; filename=\"C:\\plans\\plan.json\"\r\n\r\n{bytes}\r\n--x--\r\n"
    );
    site.post_bytes(who, &format!("/import?project={project}"), "multipart/form-data; boundary=x", body.into_bytes())
        .await
}

on_both_databases!(what_was_shown_is_imported_once_and_exported, |site| async move {
    let site = self::site(site).await;
    let shown = upload(&site, "planner", "ours", PLAN).await;
    assert_eq!(shown.status, StatusCode::OK, "{}", shown.body);
    assert_eq!(shown.texts("table.activities tbody tr").len(), 2);
    assert!(
        shown.body.contains("Piles &lt;b&gt;") && shown.body.contains("plan.json") && !shown.body.contains("C:\\plans")
    );
    assert_eq!(shown.texts("table.findings td:last-child"), ["F-201"]);
    assert!(
        shown.texts("table.findings td:nth-child(2)")[0].contains("字段 `colour` 不属于 guatu-plan/1"),
        "the whole sentence is Chinese, with the value it is about"
    );
    let head = site.site.head();
    let request_id = shown.attributes("form[action='/import/shown'] input[name=request_id]", "value").remove(0);
    let fields = [("project", "ours"), ("request_id", request_id.as_str())];
    let done = site.post("planner", "/import/shown", &fields).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    assert_eq!(site.site.head(), head + 1);
    let again = site.post("planner", "/import/shown", &fields).await;
    assert_eq!((again.location(), site.site.head()), (done.location(), head + 1));
    for (format, media_type) in
        [("json", "application/json"), ("mspdi", "application/xml"), ("xlsx", "application/vnd")]
    {
        let file = site.get("planner", &format!("{}/export/{format}", done.location())).await;
        assert_eq!(file.status, StatusCode::OK, "{format}");
        assert!(file.headers[header::CONTENT_TYPE].to_str().unwrap().starts_with(media_type), "{format}");
        assert!(
            file.headers[header::CONTENT_DISPOSITION]
                .to_str()
                .unwrap()
                .starts_with("attachment; filename=\"ours_name-1.")
        );
    }
    let foreign = site.get("stranger", &format!("{}/export/json", done.location())).await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND);
    assert_eq!(site.get("planner", "/plan-versions/none/export/json").await.status, StatusCode::NOT_FOUND);
    site
});

on_both_databases!(a_refused_file_changes_nothing, |site| async move {
    let site = self::site(site).await;
    let head = site.site.head();
    for (what, bytes, code) in [
        ("no file", String::new(), "X-101"),
        ("not a plan", "hello".to_owned(), "X-102"),
        ("unknown id", PLAN.replace("\"from\":\"A\"", "\"from\":\"X\""), "X-102"),
        ("a circle", PLAN.replace("\"links\":[", "\"links\":[{\"from\":\"B\",\"to\":\"A\"},"), "X-102"),
    ] {
        let page = upload(&site, "planner", "ours", &bytes).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{what}");
        assert!(page.texts("#summary")[0].contains(code), "{what}: {:?}", page.texts("#summary"));
        assert!(!page.attributes("input[type=file]", "name").is_empty(), "{what}");
    }
    let lost = site.post("planner", "/import/shown", &[("project", "ours")]).await;
    assert_eq!(lost.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(lost.texts("#summary")[0].contains("X-103"));
    assert_eq!(site.site.head(), head);
    site
});

on_both_databases!(only_planners_of_the_project_import, |site| async move {
    let site = self::site(site).await;
    for (who, project, status) in [
        ("planner", "ours", StatusCode::OK),
        ("planner", "theirs", StatusCode::NOT_FOUND),
        ("planner", "nowhere", StatusCode::NOT_FOUND),
        ("planner", "ours-b1", StatusCode::NOT_FOUND),
        ("", "ours", StatusCode::SEE_OTHER),
    ] {
        assert_eq!(site.get(who, &format!("/import?project={project}")).await.status, status, "{who} at {project}");
    }
    let shown = upload(&site, "planner", "ours", PLAN).await;
    let request_id = shown.attributes("form[action='/import/shown'] input[name=request_id]", "value").remove(0);
    let taken = site.post("chief", "/import/shown", &[("project", "ours"), ("request_id", request_id.as_str())]).await;
    assert_ne!(taken.status, StatusCode::SEE_OTHER);
    assert_eq!(site.get("planner", "/import/template.xlsx").await.status, StatusCode::OK);
    site
});

/// A plan of another program: a building by its name, one summary that no name tells, and work that has begun.
const FOREIGN: &str = r#"{"format":"guatu-plan/1","granularity":"day","start":"2025-03-03","data_date":"2026-11-02","calendar":"c",
 "calendars":[{"id":"c","week":{"mon":true,"tue":true,"wed":true,"thu":true,"fri":true,"sat":true,"sun":true}}],
 "activities":[{"id":"W1","name":"ours-b1 name","kind":"summary"},{"id":"1","name":"主体结构施工","parent":"W1","duration":"100d","actual_start":"2026-09-01","remaining":"60d"},
  {"id":"2","name":"屋面防水","parent":"W1","duration":"10d"},
  {"id":"W2","name":"West block","kind":"summary"},{"id":"3","name":"Slab work","parent":"W2","duration":"20d"}],
 "links":[{"from":"1","to":"2"}]}"#;

on_both_databases!(a_plan_of_another_program_reaches_buildings_and_stages, |site| async move {
    let site = self::site(site).await;
    let shown = upload(&site, "planner", "ours", FOREIGN).await;
    assert_eq!(shown.status, StatusCode::OK, "{}", shown.body);
    assert_eq!(shown.texts(".mapping tbody td:first-child"), ["ours-b1 name", "West block"]);
    assert_eq!(shown.attributes(".mapping select[name='place.0'] option[selected]", "value"), ["ours-b1"], "known by its name");
    assert!(shown.attributes(".mapping select[name='place.3'] option[selected]", "value").is_empty(), "nothing tells");
    let request_id = shown.attributes("form[action='/import/shown'] input[name=request_id]", "value").remove(0);
    let base = [("project", "ours"), ("request_id", request_id.as_str()), ("place.0", "ours-b1")];
    let foreign = [&base[..], &[("place.3", "theirs-b1")]].concat();
    let refused = site.post("planner", "/import/shown", &foreign).await;
    assert_eq!((refused.status.as_u16(), refused.texts(".summary .quiet")), (422, vec!["X-104".to_owned()]));
    let chosen = [&base[..], &[("place.3", "ours-b2"), ("stage.3", "structure")]].concat();
    let done = site.post("planner", "/import/shown", &chosen).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    assert_eq!(site.post("chief", done.location(), &[("reason", "checked")]).await.status, 303);
    let wall = site.get("chief", "/wall?place=ours").await;
    let cells = wall.texts("table.matrix tbody .cell");
    assert_eq!(cells.len(), 2, "one stage of each building is on the wall: {cells:?}");
    // What had begun when the plan was approved is planned as it was, not anew from the start of the plan.
    let bar = site.get("chief", "/wall/bar?project=ours&activity=1").await;
    let dates = bar.texts("section.sheet:last-child dd");
    assert!(dates[0].starts_with("2026-09-01 – 2026-12-31"), "{dates:?}");
    site
});
