//! Scenarios of diaries.

use crate::features::identity::model::Role;
use crate::features::reports::tests::{active, settled};
use crate::on_both_databases;
use crate::testing::TestSite;
use jiff::ToSpan;

/// A diary as a document, its text with marks.
async fn text(site: &TestSite, keeper: &str, place: &str) -> String {
    let page = site.get("builder", &format!("/reports/diary/{keeper}/{place}/docx")).await;
    assert_eq!(page.status, 200, "{keeper} {place}");
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(page.bytes)).unwrap();
    let mut text = String::new();
    std::io::Read::read_to_string(&mut archive.by_name("word/document.xml").unwrap(), &mut text).unwrap();
    text
}

on_both_databases!(a_diary_says_what_reports_and_judgements_said, |site| async move {
    let mut site = active(site.with_cast().await).await;
    site.person("engineer", Role::SupervisionEngineer, Some("ours")).await;
    site.person("lu", Role::Inspector, Some("ours")).await;
    let day = [("building", "ours-b1"), ("on", "2026-11-23"), ("done.ours-b1/pit", "900"), ("hands.general", "12"), ("request_id", "report-0001")];
    assert_eq!(site.post("builder", "/reports/new", &day).await.status, 303);
    settled(&site).await;
    let dispute = [("done.ours-b1/pit", "400"), ("reason", "measured by cross section")];
    assert_eq!(site.post("engineer", "/reports/report-0001/dispute", &dispute).await.status, 303);
    let text = async |keeper: &str, query: &str| {
        let page = site.get("builder", &format!("/reports/diary/{keeper}/ours/docx{query}")).await;
        assert_eq!(page.status, 200, "{keeper}{query}");
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(page.bytes)).unwrap();
        let mut text = String::new();
        std::io::Read::read_to_string(&mut archive.by_name("word/document.xml").unwrap(), &mut text).unwrap();
        text
    };
    let diary = text("site", "").await;
    assert!(diary.contains("2026\u{5e74}11\u{6708}23\u{65e5}") && diary.contains("400 m"), "the better grade counts");
    // An inspection that finds less takes nothing out of what the supervision engineer wrote.
    assert_eq!(site.post("lu", "/reports/report-0001/verify", &[("done.ours-b1/pit", "300"), ("reason", "counted trucks")]).await.status, 303);
    let supervision = text("supervision", "").await;
    assert!(supervision.contains("measured by cross section") && !supervision.contains("counted trucks"));
    assert!(!text("site", "?from=2026-11-01&to=2026-11-22").await.contains("<w:tbl>"), "of other days");
    let cases = [
        ("stranger", "site/ours/pdf", 404),
        ("builder", "chief/ours/pdf", 404),
        ("builder", "site/ours/exe", 404),
        ("builder", "site/ours/pdf?from=2026-09-01&to=2026-11-01", 422),
        ("builder", "site/ours/pdf?from=2026-11-20&to=2026-11-01", 422),
        ("engineer", "supervision/ours-b1/pdf", 200),
    ];
    for (who, path, status) in cases {
        assert_eq!(site.get(who, &format!("/reports/diary/{path}")).await.status, status, "{who} {path}");
    }
    site
});

on_both_databases!(a_diary_says_what_stopped_work_and_what_supervision_did, |site| async move {
    let site = active(site.with_cast().await).await;
    let hazard = [("about", "ours-b1"), ("hazard_kind", "crane_unaccepted"), ("hazard_grade", "major"), ("remark", "the crane has no limiter"), ("measure", "fit one"), ("assignee", "builder"), ("due", "2026-12-10"), ("amount_yuan", "30000"), ("contingency", "clear the radius")];
    let done = crate::features::hazards::tests::with_photo(&site, "wei", "/hazards/new?place=ours", &hazard).await;
    assert_eq!(done.status, 303, "{:?}", done.texts(".summary li"));
    let paper = [("document", "No. 8"), ("on", "2026-11-19")];
    assert_eq!(site.post("builder", "/gates/ours-b2/foundation/file", &paper).await.status, 303);
    assert_eq!(site.post("wei", "/gates/ours-b2/foundation/confirm", &[]).await.status, 303);
    assert!(site.site.clock.advance(site.site.clock.now() + 24.hours()));
    assert_eq!(site.post("builder", "/reports/unchanged", &[("building", "ours-b1"), ("on", "2026-11-24")]).await.status, 303);

    let diary = text(&site, "site", "ours-b1").await;
    assert_eq!(diary.matches("因重大隐患停工").count(), 2, "on the day of the stop, without a report, and on the next");
    assert!(diary.contains("登记隐患") && diary.contains("the crane has no limiter"), "{diary}");
    assert!(!text(&site, "site", "ours-b2").await.contains("因重大隐患停工"), "another building");

    // What supervision did is in its diary without a report to judge; what the site did is not.
    let diary = text(&site, "supervision", "ours").await;
    for said in ["登记隐患", "the crane has no limiter", "关口确认", "地基与基础分部验收"] {
        assert!(diary.contains(said), "{said}: {diary}");
    }
    assert!(!diary.contains("提交关口证据"));
    assert!(!text(&site, "supervision", "ours-b1").await.contains("关口确认"));
    site
});
