//! The way of a day's fact through the whole house, on both databases: a report, its dispute, the problem that becomes, the
//! correction and its confirmation; the target that moves with each; the lamp; the round; the bulletin and its paper.
//!
//! Each step has tests of its own beside its rule; here it is seen that one step's outcome is the next one's ground.

use crate::features::identity::model::Role;
use crate::features::reports::tests::{active, pictured, settled};
use crate::on_both_databases;
use crate::testing::TestSite;

/// A work item of the plan of the cast's first building.
const PIT: &str = "ours-b1/pit";

/// Posts a form that must be accepted.
async fn accepted(site: &TestSite, who: &str, address: &str, fields: &[(&str, &str)]) -> String {
    let page = site.post(who, address, fields).await;
    assert_eq!(page.status, 303, "{who} {address}: {:?}", page.texts(".summary li"));
    page.location().to_owned()
}

/// What the building's page says is still to be done today.
async fn left_today(site: &TestSite) -> Vec<String> {
    site.get("builder", "/targets/ours-b1").await.texts("ul.rows li")
}

/// The lamp of a bar, and those of the buildings' rows on the wall.
async fn lamps(site: &TestSite, bar: &str) -> (Vec<String>, Vec<String>) {
    let wall = site.get("chief", "/wall?place=ours").await;
    (site.get("chief", bar).await.attributes("h1 + .lamp", "class"), wall.attributes("table.matrix td .lamp", "class"))
}

on_both_databases!(from_a_days_report_to_the_bulletin, |site| async move {
    let mut site = active(site.with_cast().await).await;
    site.person("second", Role::SupervisionOffice, None).await;
    let permits = [("actual_start", "2026-09-01"), ("actual_finish", "2026-11-20"), ("percent", "100")];
    accepted(&site, "builder", "/plans/ours/progress?activity=ours-b1/permits", &permits).await;
    let date = [
        ("activity", "ours-b1/topping_out"),
        ("name", "Topped out"),
        ("finish_by", "2026-12-31"),
        ("issuer", "headquarters"),
        ("document", "Notice 7"),
        ("edition", "1"),
    ];
    accepted(&site, "chief", "/plans/ours/mandate", &date).await;

    // A promise for the week that begins today is asked for in days.
    accepted(
        &site,
        "builder",
        "/targets/ours-b1/promise",
        &[("period", "week 2026-11-23"), ("will.ours-b1/pit", "700")],
    )
    .await;
    settled(&site).await;
    let asked = left_today(&site).await;
    assert_eq!(asked.len(), 1, "{asked:?}");
    let bar = format!("/wall/bar?project=ours&activity={PIT}");
    let late = lamps(&site, &bar).await;
    assert_eq!(late.0, ["lamp bad"], "its date cannot be kept");
    let phone = site.get("builder", "/reports/new?building=ours-b1").await;
    assert_eq!(phone.texts("label.work .today").len(), 1, "the phone asks for the same");

    // The report moves what is left of it, and is the site's own word: it says that the pit is dug.
    let (kind, body) = pictured(&site, "report-0001", "2026-11-23");
    assert_eq!(site.post_bytes("builder", "/reports/new", kind, body).await.status, 303);
    let report = "/reports/report-0001";
    let reported = left_today(&site).await;
    assert_ne!(reported, asked);
    settled(&site).await;
    assert_eq!(site.get("chief", &bar).await.attributes(".grade", "class"), ["grade reported"]);
    let claimed = lamps(&site, &bar).await;
    assert_eq!(claimed.0, ["lamp done"]);
    assert_ne!(claimed.1, late.1, "the building's row on the wall says so");

    // The engineer measures less: that counts at once, is shown as disputed, and is a problem with an owner.
    assert_eq!(site.get("wei", "/reports/waiting").await.attributes("tbody a", "href")[0], report);
    accepted(
        &site,
        "wei",
        &format!("{report}/dispute"),
        &[("done.ours-b1/pit", "40"), ("reason", "measured at the section"), ("sure", "yes")],
    )
    .await;
    settled(&site).await;
    let disputed = left_today(&site).await;
    assert_ne!(disputed, reported, "what was too much is asked for again");
    let measured = lamps(&site, &bar).await;
    assert_eq!(measured.0, late.0, "the dispute takes the lamp back");
    assert_ne!(measured.1, claimed.1, "on the wall too");
    assert_eq!(site.get("chief", &bar).await.attributes(".grade", "class"), ["grade disputed"]);
    let problem = site.get("chief", "/problems").await.attributes("tbody a", "href").remove(0);
    assert!(site.get("chief", &problem).await.body.contains("measured at the section"));

    // Corrected to what was measured and confirmed: the problem ends, the figure is two people's.
    accepted(
        &site,
        "builder",
        &format!("{report}/correct"),
        &[("done.ours-b1/pit", "40"), ("reason", "counted twice")],
    )
    .await;
    accepted(&site, "wei", &format!("{report}/confirm"), &[]).await;
    settled(&site).await;
    assert_eq!(left_today(&site).await, disputed);
    assert_eq!(lamps(&site, &bar).await.0, late.0, "who confirms what was measured moves no lamp");
    assert_eq!(site.get("chief", &bar).await.attributes(".grade", "class"), ["grade confirmed"]);
    assert_eq!(site.get("chief", &problem).await.texts("h1 + .lamp.good").len(), 1, "closed");

    // The lamp is red, for the date cannot be kept; the round names the building on its wall and in its register.
    crate::timers::once(&site.site).await.unwrap();
    let round = site.get("chief", "/round?place=ours").await;
    assert_eq!(round.texts("ul.tiles b")[..2], ["1", "1"], "one owes a report, one is red");
    let wall = site.get("chief", "/round?place=ours&wall=1").await;
    assert!(
        wall.texts("table.named td").iter().any(|line| line.contains("ours-b1 name")),
        "{:?}",
        wall.texts("table.named td")
    );
    assert_eq!(
        site.get("chief", "/round/lists/missing?place=ours").await.texts("tbody td:nth-child(2)"),
        ["ours-b2 name"]
    );
    let red = site.get("chief", "/round/lists/red?place=ours&form=xlsx").await;
    assert!(red.bytes.starts_with(b"PK"), "a workbook");
    assert_eq!(site.get("stranger", "/round/lists/red?place=ours").await.status, 404);
    assert_eq!(site.get("chief", "/round/lists/nothing?place=ours").await.status, 404);
    let decision =
        [("about", "ours"), ("content", "a second crew for the pit"), ("assignee", "builder"), ("due", "2026-11-24")];
    accepted(&site, "chief", "/round/decisions?place=ours", &decision).await;
    accepted(&site, "chief", "/round/minutes", &[("place", "ours")]).await;
    let minutes = site.get("chief", "/round?place=ours").await.attributes("ul.rows a[href$='/pdf']", "href").remove(0);
    assert!(site.get("chief", &minutes).await.bytes.starts_with(b"%PDF-"));

    // Three people issue the week's bulletin; a later report leaves it as it is.
    let bulletin = accepted(&site, "office", "/bulletins", &[("from", "2026-11-23")]).await;
    accepted(&site, "second", &format!("{bulletin}/review"), &[]).await;
    accepted(&site, "chief", &format!("{bulletin}/issue"), &[("early", "yes")]).await;
    let frozen = site.get("chief", &bulletin).await.texts("tbody td");
    accepted(&site, "builder", "/reports/unchanged", &[("building", "ours-b2"), ("on", "2026-11-23")]).await;
    assert_eq!(site.get("chief", &bulletin).await.texts("tbody td"), frozen);
    for (format, begins) in [("pdf", &b"%PDF-"[..]), ("docx", b"PK")] {
        assert!(site.get("builder", &format!("{bulletin}/paper/{format}")).await.bytes.starts_with(begins), "{format}");
    }
    site
});
