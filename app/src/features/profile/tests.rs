//! Scenarios of sheets: they say what other pages say, on one page, to those who may read the project.

use crate::on_both_databases;

on_both_databases!(a_sheet_says_what_other_pages_say, |site| async move {
    let site = crate::features::reports::tests::active(site.with_cast().await).await;
    let date = [("activity", "ours-b1/topping_out"), ("name", "Topped out"), ("finish_by", "2026-12-31"), ("issuer", "headquarters"), ("document", "Notice 7"), ("edition", "1")];
    assert_eq!(site.post("chief", "/plans/ours/mandate", &date).await.status, 303);
    crate::timers::once(&site.site).await.unwrap();
    let opened = [("about", "ours-b1"), ("hindrance", "funds"), ("remark", "no payment since May"), ("assignee", "builder")];
    assert_eq!(site.post("office", "/problems/new?place=ours", &opened).await.status, 303);
    let sheet = site.get("builder", "/places/ours/profile").await;
    assert_eq!(sheet.status, 200);
    let said = |page: &crate::testing::Page| page.texts("main").join(" ");
    let words = said(&sheet);
    for part in ["200", "chief", "builder", "2026-12-31", "Notice 7", "Headquarters", "no payment since May", "2026-06-01 –", "42"] {
        assert!(words.contains(part), "{part}: {words}");
    }
    let float = site.get("builder", "/plans/ours").await.texts(".sheet .lamp.bad");
    assert!(!float.is_empty() && words.contains(&float[0]), "as late as the plan's page says");
    let red = site.get("builder", "/round?place=ours").await.texts("#red li");
    assert_eq!(sheet.texts("td .lamp.bad").len(), red.len() + float.len(), "red work as the round has it");
    for format in ["pdf", "docx"] {
        assert_eq!(site.get("chief", &format!("/places/ours/profile/{format}")).await.status, 200, "{format}");
        assert_eq!(site.get("stranger", &format!("/places/ours/profile/{format}")).await.status, 404, "{format}");
    }
    let pdf = site.get("chief", "/places/ours/profile/pdf").await;
    assert_eq!(String::from_utf8_lossy(&pdf.bytes).matches("/Type/Page/").count(), 1, "one sheet");
    let cases = [
        ("stranger", "/places/ours/profile", 404),
        ("stranger", "/places/nowhere/profile", 404),
        ("builder", "/places/ours-b1/profile", 404),
        ("builder", "/places/ours/profile/exe", 404),
        // Nothing is planned there yet.
        ("stranger", "/places/theirs/profile", 200),
    ];
    for (who, path, status) in cases {
        assert_eq!(site.get(who, path).await.status, status, "{who} {path}");
    }
    assert_eq!(said(&site.get("stranger", "/places/ours/profile").await), said(&site.get("stranger", "/places/nowhere/profile").await));
    site
});
