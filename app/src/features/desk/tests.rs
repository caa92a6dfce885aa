//! Scenarios of desks: each person sees what waits for them, and nothing of anybody else's.

use crate::features::identity::model::Role;
use crate::on_both_databases;

on_both_databases!(a_desk_holds_what_waits_for_this_person, |site| async move {
    let mut site = crate::features::reports::tests::active(site.with_cast().await).await;
    site.person("engineer", Role::SupervisionEngineer, Some("ours")).await;
    let sections = async |site: &crate::testing::TestSite, who: &str| site.get(who, "/desk").await.texts("section.sheet h2");
    assert_eq!(site.get("", "/desk").await.status, 303);
    assert_eq!(site.get("admin", "/desk").await.status, 404);
    let owing = site.get("builder", "/desk").await;
    assert_eq!(owing.attributes("section.sheet li a", "href")[..2], ["/reports/new?building=ours-b1", "/reports/new?building=ours-b2"]);
    assert_eq!(sections(&site, "stranger").await, Vec::<String>::new(), "another project, which is not active");

    let report = [("building", "ours-b1"), ("on", "2026-11-23"), ("done.ours-b1/pit", "900"), ("request_id", "report-0001")];
    assert_eq!(site.post("builder", "/reports/new", &report).await.status, 303);
    crate::features::reports::tests::settled(&site).await;
    let waiting = site.get("engineer", "/desk").await;
    assert_eq!(waiting.attributes("section.sheet li a", "href"), ["/reports/report-0001"]);
    let dispute = [("done.ours-b1/pit", "400"), ("reason", "measured by cross section")];
    assert_eq!(site.post("engineer", "/reports/report-0001/dispute", &dispute).await.status, 303);
    assert_eq!(sections(&site, "engineer").await, Vec::<String>::new(), "judged");
    let page = site.get("builder", "/desk").await;
    assert!(page.attributes("section.sheet li a", "href").contains(&"/reports/report-0001".to_owned()), "it waits for a correction");
    assert!(page.texts("section.sheet li").iter().any(|line| line.contains("measured by cross section")));

    let problem = [("about", "ours-b1"), ("hindrance", "funds"), ("remark", "no payment since May"), ("assignee", "builder")];
    assert_eq!(site.post("office", "/problems/new?place=ours", &problem).await.status, 303);
    assert!(site.get("builder", "/desk").await.body.contains("no payment since May"));
    assert!(!site.get("engineer", "/desk").await.body.contains("no payment since May"), "it is nobody else's");

    // Those who do begin at their desk, those who command at the wall.
    for (who, first) in [("builder", "/desk"), ("engineer", "/desk"), ("chief", "/wall"), ("office", "/wall"), ("admin", "/accounts")] {
        assert_eq!(site.get(who, "/").await.location(), first, "{who}");
    }
    site
});
