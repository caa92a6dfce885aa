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
    assert_eq!(shown.texts("table.findings code"), ["F-201"]);
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
