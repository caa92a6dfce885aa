//! Stories of inspections: plans of which nobody finds a trace, seals on two nodes and after downtime, and an inspection from its
//! plan to the answer of an objection.

use super::store;
use crate::features::identity::model::Role;
use crate::features::organisations::model as organisations;
use crate::features::task_force::model as task_force;
use crate::on_both_databases;
use crate::testing::TestSite;
use crate::{serve, timers};
use jiff::ToSpan;
use jiff::civil::date;
use std::collections::{BTreeMap, VecDeque};

pub(super) fn advance(site: &TestSite, span: jiff::Span) {
    assert!(site.site.clock.advance(site.site.clock.now() + span));
}

/// Beside the usual cast three inspectors, a firm in the task force of `ours` with `jian` and `ban` of it, and whoever governs
/// `ours` alone.
pub(super) async fn with_inspectors(mut site: TestSite) -> TestSite {
    for (id, kind) in [("firm", organisations::Kind::Contractor), ("audit-bureau", organisations::Kind::Headquarters)] {
        site.submit(organisations::Command::Register { id: id.into(), name: format!("{id} name"), kind }).await.unwrap();
    }
    site.person_of("jian", "firm", Role::Contractor, Some("ours")).await;
    for name in ["wang", "li", "zhao"] {
        site.person_of(name, "audit-bureau", Role::Inspector, None).await;
    }
    // An inspector of the firm itself is never sent to what the firm builds.
    site.person_of("partial", "firm", Role::Inspector, None).await;
    site.person("guard", Role::SupervisionOffice, Some("ours")).await;
    site.person("deputy", Role::Leader, Some("ours")).await;
    site.person("engineer", Role::SupervisionEngineer, Some("ours")).await;
    site.person("auditor", Role::Auditor, None).await;
    let holder = task_force::Holder::Organisation("firm".into());
    let fill = task_force::Command::Fill { member: "m1".into(), project: "ours".into(), seat: task_force::Seat::Contractor, holder, from: date(2026, 1, 1) };
    site.submit(fill).await.unwrap();
    site
}

pub(super) const PLAN: [(&str, &str); 6] = [("request_id", "secret-plan"), ("site1", "ours"), ("inspector1", "wang"), ("inspector2", "li"), ("reason", "whispered-reason"), ("last_day", "2026-11-30")];

pub(super) fn plan_with(changes: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    let kept = PLAN.iter().filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name)).copied();
    kept.chain(changes.iter().copied()).collect()
}

/// A page without what changes each time it is asked for.
fn masked(body: &str) -> String {
    let mut parts = body.split("name=\"request_id\" value=\"");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |page, part| page + part.split_once('"').map_or(part, |(_, rest)| rest))
}

/// Pages a person comes to by links, the nearest first.
async fn crawl(site: &TestSite, who: &str) -> BTreeMap<String, String> {
    const MOST: usize = 220;
    let mut waiting = VecDeque::from(["/".to_owned(), "/inspections".into(), "/facts?subject=secret-plan-0".into(), "/facts?place=ours".into(), "/search?q=whispered".into(), "/metrics".into(), "/api/openapi.json".into(), "/inspections?form=xlsx".into(), "/orders/proposals".into()]);
    let mut pages = BTreeMap::new();
    while let Some(address) = waiting.pop_front() {
        if pages.contains_key(&address) || pages.len() == MOST {
            continue;
        }
        let page = site.get(who, &address).await;
        let is_page = page.headers.get("content-type").is_some_and(|kind| kind.to_str().unwrap().starts_with("text/html"));
        if is_page {
            for link in page.attributes("a[href^='/']", "href") {
                let link = link.split('#').next().unwrap_or_default().to_owned();
                if !["/assets", "/language", "/wall/events", "/logout"].iter().any(|fixed| link.starts_with(fixed)) {
                    waiting.push_back(link);
                }
            }
        }
        // Workbooks and papers hold the rows of their pages; numbers of the process itself change by themselves.
        let body = if is_page { masked(&page.body) } else { String::new() };
        pages.insert(address, format!("{} {body}", page.status));
    }
    pages
}

on_both_databases!(nobody_else_finds_a_trace_of_a_plan, |site| async move {
    let site = with_inspectors(site.with_cast().await).await;
    timers::once(&site.site).await.unwrap();
    // The contractor of the site, who govern and lead the project, its supervision engineer, administrators, auditors, a third
    // inspector with an interest, the public.
    let others = ["jian", "guard", "deputy", "engineer", "builder", "stranger", "admin", "auditor", "office", "partial", ""];
    let mut before = BTreeMap::new();
    for who in others {
        before.insert(who, crawl(&site, who).await);
    }
    assert!(before["jian"].len() > 40, "{} pages were seen", before["jian"].len());
    for who in ["jian", "guard", "deputy", "engineer", "auditor", "office", "partial"] {
        for (address, start) in [("/inspections", "200"), ("/orders", "200"), ("/places/ours", "200"), ("/round", "200")] {
            assert!(before[who].get(address).is_some_and(|page| page.starts_with(start)), "{who} saw {address}");
        }
    }
    let head = site.site.head();
    assert_eq!(site.post("chief", "/inspections/new", &PLAN).await.location(), "/inspections#sealed");
    assert_eq!(site.site.head(), head, "no fact tells of it");
    let probe = async |site: &TestSite, who: &'static str| {
        for (real, gone) in [("secret-plan-0", "secret-plan-9"), ("secret-plan-draw", "secret-plan-8")] {
            let (known, unknown) = (site.get(who, &format!("/inspections/{real}")).await, site.get(who, &format!("/inspections/{gone}")).await);
            assert_eq!((known.status, known.body.replace(real, "")), (unknown.status, unknown.body.replace(gone, "")), "{who}: {real}");
            assert_ne!(known.status, 200, "{who}");
            for act in ["check_in", "score", "find"] {
                let (known, unknown) = (site.post(who, &format!("/inspections/{real}/{act}"), &[]).await, site.post(who, &format!("/inspections/{gone}/{act}"), &[]).await);
                assert_eq!((known.status, known.body.replace(real, "")), (unknown.status, unknown.body.replace(gone, "")), "{who}: {act}");
            }
        }
    };
    for who in others {
        assert_eq!(crawl(&site, who).await, before[who], "{who} sees what was there before");
        probe(&site, who).await;
    }
    // Sealed, it is as hidden; the seal's size is that of any other.
    advance(&site, 1.hour());
    timers::once(&site.site).await.unwrap();
    for who in others {
        for (address, page) in crawl(&site, who).await {
            for trace in ["secret-plan", "whispered-reason"] {
                let asked = address.contains(trace) || page.contains(&format!("value=\"{trace}"));
                assert!(asked || !page.contains(trace), "{who} finds `{trace}` at {address}");
            }
        }
        probe(&site, who).await;
    }
    let mut conn = site.site.reader().await.unwrap();
    let sizes = conn.rows("SELECT DISTINCT LENGTH(payload) FROM fact WHERE kind = 'inspections.sealed/1'", &[]).await.unwrap();
    assert_eq!(sizes.len(), 1, "every seal has one size");
    drop(conn);
    // Who goes, who planned and who inspects everywhere know it, in a past state nobody.
    for (who, status) in [("wang", 200), ("li", 200), ("chief", 200), ("zhao", 200)] {
        assert_eq!(site.get(who, "/inspections/secret-plan-0").await.status, status, "{who}");
    }
    let past = format!("/inspections?as_of={}", site.site.head());
    assert!(!site.get("chief", &past).await.body.contains("secret-plan"));
    assert_eq!(site.post("zhao", "/inspections/secret-plan-0/check_in", &[]).await.status, 404, "who does not go opens nothing");
    assert_eq!(site.post("wang", "/inspections/secret-plan-0/check_in", &[]).await.status, 303);
    assert_eq!(site.get("jian", "/inspections/secret-plan-0").await.status, 200, "open, it is there for whoever reads the place");
    assert_eq!(site.get("stranger", "/inspections/secret-plan-0").await.status, 404);
    site
});

on_both_databases!(a_sealed_plan_changes_hands_and_nobody_else_is_told, |site| async move {
    let mut site = with_inspectors(site.with_cast().await).await;
    site.person_of("sun", "audit-bureau", Role::Inspector, Some("ours")).await;
    assert_eq!(site.post("chief", "/inspections/new", &PLAN).await.status, 303);
    advance(&site, 1.hour());
    timers::once(&site.site).await.unwrap();
    const PATH: &str = "/inspections/hand-over";
    let others = ["jian", "guard", "engineer", "stranger", "admin", "auditor", "office", "partial", "sun", "li", ""];
    let seen = async |site: &TestSite, who: &'static str| {
        let mut pages = crawl(site, who).await;
        pages.retain(|address, _| who != "li" || address != PATH);
        pages
    };
    let mut before = BTreeMap::new();
    for who in others.into_iter().filter(|who| *who != "sun") {
        before.insert(who, seen(&site, who).await);
    }
    let head = site.site.head();
    // Who hands over, to whom, under which name; who may not be handed it.
    let cases = [
        ("wang", "sun", "li", "V-148"),
        ("wang", "sun", "", "V-148"),
        ("wang", "li", "wang", "V-149"),
        ("wang", "jian", "wang", "V-103"),
        ("wang", "partial", "wang", "V-104"),
        ("zhao", "sun", "zhao", "V-150"),
        ("sun", "zhao", "sun", "V-150"),
    ];
    for (who, coming, name, code) in cases {
        let page = site.post(who, PATH, &[("coming", coming), ("own_name", name)]).await;
        assert_eq!(page.texts(".summary .quiet"), [code], "{who} to {coming} as {name}");
    }
    for who in ["jian", "chief", "office", "stranger", "admin"] {
        assert_eq!(site.get(who, PATH).await.status, 404, "{who}");
        assert_eq!(site.post(who, PATH, &[("coming", "sun"), ("own_name", who)]).await.status, 404, "{who}");
        assert_eq!(site.get(who, &format!("{PATH}/pdf")).await.status, 404, "{who}");
    }
    assert_eq!(site.get("zhao", &format!("{PATH}/pdf")).await.status, 404, "who has nothing in hand has no list");
    // Signed by one, nothing changes but for whoever comes.
    assert_eq!(site.post("wang", PATH, &[("coming", "sun"), ("own_name", "wang")]).await.location(), PATH);
    assert_eq!(site.get("sun", "/inspections/secret-plan-0").await.status, 404);
    assert_eq!(site.get("sun", PATH).await.texts("#offered ul.rows li").len(), 1);
    assert_eq!(site.post("zhao", &format!("{PATH}/take"), &[("own_name", "zhao")]).await.texts(".summary .quiet"), ["V-150"]);
    assert_eq!(site.post("sun", &format!("{PATH}/take"), &[("own_name", "wang")]).await.texts(".summary .quiet"), ["V-148"]);
    assert_eq!(site.post("sun", &format!("{PATH}/take"), &[("own_name", "sun")]).await.location(), PATH);
    assert_eq!(site.site.head(), head, "no fact tells of it");
    for who in ["wang", "sun"] {
        assert_eq!(site.get(who, PATH).await.texts("#handed li").len(), 1, "{who}");
        for format in ["pdf", "docx"] {
            assert_eq!(site.get(who, &format!("{PATH}/{format}")).await.status, 200, "{who}");
        }
    }
    for who in others.into_iter().filter(|who| !["sun", "li"].contains(who)) {
        assert_eq!(seen(&site, who).await, before[who], "{who} sees what was there before");
    }
    // From then on the other goes: on the page, on a phone, and when it is opened.
    assert_eq!((site.get("sun", "/inspections/secret-plan-0").await.status.as_u16(), site.get("sun", PATH).await.texts("#held ul.rows li").len()), (200, 1));
    let sites = async |who: &str| site.get(who, "/phone/pack").await.json()["sites"].as_array().map_or(0, Vec::len);
    assert_eq!((sites("wang").await, sites("sun").await, sites("li").await), (0, 1, 1));
    assert_eq!(site.post("wang", "/inspections/secret-plan-0/check_in", &[]).await.status, 404);
    assert_eq!(site.post("sun", "/inspections/secret-plan-0/check_in", &[]).await.status, 303);
    // Open, everybody who reads the place sees what was sealed, and how it changed hands.
    let page = site.get("jian", "/inspections/secret-plan-0").await;
    assert!(page.body.contains("由wang移交sun") && page.texts(".lamp.good").iter().any(|lamp| lamp == "核验通过"), "{}", page.body);
    let score = [("checklist", "safety_duty"), ("item-scheme", "0")];
    assert_eq!(site.post("wang", "/inspections/secret-plan-0/score", &score).await.status, 403);
    for who in ["sun", "li"] {
        assert_eq!(site.post(who, "/inspections/secret-plan-0/score", &score).await.status, 303, "{who}");
    }
    assert!(site.get("wang", PATH).await.texts("#handed li").is_empty(), "what is open is a fact");
    site
});

on_both_databases!(an_hour_is_sealed_once_on_two_nodes_and_not_afterwards, |site| async move {
    let site = with_inspectors(site.with_cast().await).await;
    let folder = tempfile::tempdir().unwrap();
    let second = serve::open(site.site.db.clone(), folder.path(), site.site.clock.clone()).await.unwrap();
    assert_eq!(site.post("chief", "/inspections/new", &plan_with(&[("site2", "theirs")])).await.status, 303);
    let refused = site.post("wang", "/inspections/secret-plan-0/check_in", &[]).await;
    assert_eq!(refused.texts(".summary .quiet"), ["V-112"], "what is not sealed proves nothing");
    let hours = async |site: &TestSite| {
        let seals = store::seals(&mut site.site.reader().await.unwrap(), 99).await.unwrap();
        seals.into_iter().rev().map(|(hour, ..)| hour).collect::<Vec<_>>()
    };
    let (one, other) = tokio::join!(timers::once(&site.site), timers::once(&second.site));
    one.and(other).unwrap();
    timers::once(&site.site).await.unwrap();
    assert_eq!(hours(&site).await, ["2026-11-23T09"]);
    advance(&site, 1.hour());
    let (one, other) = tokio::join!(timers::once(&second.site), timers::once(&site.site));
    one.and(other).unwrap();
    // Nothing runs for five hours: they stay without.
    advance(&site, 6.hours());
    timers::once(&second.site).await.unwrap();
    assert_eq!(hours(&site).await, ["2026-11-23T09", "2026-11-23T10", "2026-11-23T16"]);
    assert_eq!(site.post("wang", "/inspections/secret-plan-0/check_in", &[("position", "34.7466, 113.6253"), ("accuracy_m", "12")]).await.status, 303);
    let page = site.get("jian", "/inspections/secret-plan-0").await;
    assert!(page.texts("dl.facts .lamp.good").len() == 1 && page.body.contains("34.746600"), "{}", page.body);
    // Each site of a route opens at its own check-in.
    assert!(!page.body.contains("theirs") && site.get("stranger", "/inspections").await.texts("tbody td a").is_empty());
    assert_eq!(site.get("stranger", "/inspections/secret-plan-1").await.status, 404);
    assert_eq!(site.post("li", "/inspections/secret-plan-1/check_in", &[]).await.status, 303);
    assert_eq!(site.get("stranger", "/inspections/secret-plan-1").await.texts("dl.facts .lamp.good").len(), 1);
    assert_eq!(site.get("jian", "/inspections/seals").await.texts("tbody tr").len(), 3);
    let serve::Opened { site: node, writer, .. } = second;
    drop(node);
    writer.await.unwrap();
    site
});

on_both_databases!(an_inspection_from_its_plan_to_the_answer, |site| async move {
    let mut site = with_inspectors(site.with_cast().await).await;
    site.person("second", Role::SupervisionOffice, None).await;
    site.person_of("sun", "audit-bureau", Role::Inspector, None).await;
    for (changes, code) in [
        (&[("inspector2", "partial")][..], "V-104"),
        (&[("inspector2", "")], "V-102"),
        (&[("inspector2", "office")], "V-103"),
        (&[("site2", "ours")], "V-101"),
        (&[("last_day", "2027-11-30")], "V-106"),
    ] {
        let page = site.post("chief", "/inspections/new", &plan_with(changes)).await;
        assert_eq!((page.status.as_u16(), page.texts(".summary .quiet")), (422, vec![code.to_owned()]));
        assert_eq!(page.texts("#field-reason"), ["whispered-reason"], "what was typed is there");
    }
    assert_eq!(site.post("office", "/inspections/new", &PLAN).await.status, 404, "leaders direct");
    assert_eq!(site.post("deputy", "/inspections/new", &plan_with(&[("site1", "theirs")])).await.status, 404);
    assert_eq!(site.post("chief", "/inspections/new", &PLAN).await.status, 303);
    timers::once(&site.site).await.unwrap();
    let at = "/inspections/secret-plan-0";
    let unreadable = site.post("wang", &format!("{at}/check_in"), &[("position", "here")]).await;
    assert_eq!(unreadable.texts(".summary .quiet"), ["V-132"]);
    assert_eq!(site.post("wang", &format!("{at}/check_in"), &[]).await.status, 303);
    assert_eq!(site.get("wang", &format!("{at}/score?checklist=funds")).await.status, 200);
    assert_eq!(site.get("jian", &format!("{at}/score?checklist=funds")).await.status, 403);
    for points in ["7.5", "-1"] {
        let bad = site.post("li", &format!("{at}/score"), &[("checklist", "safety_duty"), ("item-scheme", points)]).await;
        assert_eq!((bad.texts(".summary .quiet"), bad.attributes("#item-scheme", "value")), (vec!["V-156".to_owned()], vec![points.to_owned()]));
    }
    let bad = site.post("li", &format!("{at}/score"), &[("checklist", "safety_duty"), ("item-scheme", "11")]).await;
    assert_eq!((bad.texts(".summary .quiet"), bad.attributes("#item-scheme", "value")), (vec!["V-151".to_owned()], vec!["11".to_owned()]));
    let score = [("checklist", "safety_duty"), ("item-scheme", "0"), ("item-disclosure", "10")];
    assert_eq!(site.post("li", &format!("{at}/score"), &score).await.status, 303);
    for page in [at, "/inspections", "/inspections/secret-plan-0/score?checklist=safety_duty"] {
        assert!(site.get("li", page).await.body.contains("10 项中已评 2 项"), "{page}");
    }
    let find = [("request_id", "finding-01"), ("finding", "No scheme for the tower crane"), ("severity", "serious"), ("lead", "firm")];
    assert_eq!(site.post("wang", &format!("{at}/find"), &find).await.status, 303);
    // The order is there with the finding, issued in the inspector's name.
    let order = site.get("jian", "/orders/finding-01-order").await;
    assert_eq!((order.texts("h1"), order.texts("h1 ~ .lamp")), (vec!["No scheme for the tower crane".to_owned()], vec!["待签收".to_owned()]));
    assert_eq!(order.texts("ol.course p .quiet")[..2], ["wang", "wang"], "drafted and issued");
    assert!(order.attributes("dl.facts a", "href").contains(&"/inspections/findings/finding-01".to_owned()));
    assert_eq!(site.get("jian", "/inspections/findings/finding-01").await.location(), "/inspections/secret-plan-0#findings");
    assert_eq!(site.get("stranger", "/inspections/findings/finding-01").await.status, 404);
    // Signed at a desk: each types their own name, and the fact says which account it was; the party says that it was shown it.
    let typed = |name: &'static str| [("own_name", name), ("remark", "shown at the crane")];
    for (who, act, name, code) in [("wang", "sign", "li", "V-148"), ("wang", "sign", "", "V-133"), ("jian", "acknowledge", "wang", "V-148"), ("jian", "acknowledge", "", "V-148")] {
        let page = site.post(who, &format!("{at}/{act}"), &typed(name)).await;
        assert_eq!((page.status.as_u16(), page.texts(".summary .quiet")), (422, vec![code.to_owned()]), "{who} {act} {name}");
    }
    for (who, act) in [("wang", "acknowledge"), ("jian", "sign"), ("guard", "acknowledge"), ("engineer", "acknowledge")] {
        assert_eq!(site.post(who, &format!("{at}/{act}"), &typed(who)).await.status, 403, "{who} {act}");
    }
    assert_eq!(site.post("stranger", &format!("{at}/acknowledge"), &typed("stranger")).await.status, 404);
    for (who, act) in [("wang", "sign"), ("li", "sign"), ("jian", "acknowledge")] {
        assert_eq!(site.post(who, &format!("{at}/{act}"), &typed(who)).await.status, 303, "{who} {act}");
    }
    assert_eq!(site.post("li", &format!("{at}/sign"), &typed("li")).await.texts(".summary .quiet"), ["V-147"]);
    assert!(site.get("jian", at).await.body.contains("shown at the crane"));
    let mut conn = site.site.reader().await.unwrap();
    let kept = conn.rows("SELECT payload FROM fact WHERE kind IN ('inspections.signed/1', 'inspections.acknowledged/1') ORDER BY number", &[]).await.unwrap();
    let kept: Vec<String> = kept.iter().map(|row| row.text(0).unwrap()).collect();
    assert_eq!(kept, ["{}", "{}", "{\"content\":\"shown at the crane\"}"], "no name is in the ledger");
    drop(conn);
    let conclude = [("verdict", "grave"), ("conclusion", "No crane works until there is a scheme")];
    assert_eq!(site.post("wang", &format!("{at}/conclude"), &[("verdict", "sound"), ("conclusion", "fine")]).await.texts(".summary .quiet"), ["V-122"]);
    assert_eq!(site.post("wang", &format!("{at}/conclude"), &conclude).await.status, 303);
    // The letter names who stands by it and what the inspected party said.
    let letter = site.get("jian", &format!("{at}/paper/docx")).await;
    let mut letter = zip::ZipArchive::new(std::io::Cursor::new(letter.bytes)).unwrap();
    let letter = std::io::read_to_string(letter.by_name("word/document.xml").unwrap()).unwrap();
    for (name, what) in [("wang", "现场签名"), ("li", "现场签名"), ("jian", "被检查方确认"), ("wang", "作出结论")] {
        let cells = letter.split("<w:tr>").filter(|row| row.contains(&format!(">{name}<")) && row.contains(what));
        assert_eq!(cells.filter(|row| row.contains("2026-11-23 09:")).count(), 1, "{name} {what}: {letter}");
    }
    assert!(letter.contains("shown at the crane") && !letter.contains("现场无人签名"));
    for format in ["pdf", "docx"] {
        assert_eq!(site.get("jian", &format!("{at}/paper/{format}")).await.status, 200);
        assert_eq!(site.get("stranger", &format!("{at}/paper/{format}")).await.status, 404);
    }
    // Received, objected to, answered by somebody who took no part; the chief sent the inspectors and may not.
    assert_eq!(site.post("office", &format!("{at}/receive"), &[("paper", "")]).await.texts(".summary .quiet"), ["V-123"]);
    // An interest recuses, by a declaration or by one's firm: it gives an inspector nothing of what the inspected party may do.
    assert_eq!(site.post("sun", "/inspections", &[("project", "ours")]).await.status, 303);
    let form = |act: &str| format!("form[action='{at}/{act}']");
    for who in ["sun", "partial", "deputy"] {
        assert!(who == "deputy" || site.get(who, at).await.attributes(&form("receive"), "action").is_empty(), "{who}");
        assert_ne!(site.post(who, &format!("{at}/receive"), &[]).await.status, 303, "{who}");
    }
    assert_eq!(site.post("jian", &format!("{at}/receive"), &[]).await.status, 303);
    for who in ["sun", "partial", "deputy"] {
        assert!(site.get(who, at).await.attributes(&form("object"), "action").is_empty(), "{who}");
        assert_eq!(site.post(who, &format!("{at}/object"), &[("objection", "no")]).await.status, 403, "{who}");
    }
    assert_eq!(site.get("jian", at).await.attributes(&form("object"), "action").len(), 1);
    assert!(site.get("jian", at).await.body.contains("2026-12-23"), "thirty days from receipt");
    advance(&site, (24 * 30).hours());
    assert_eq!(site.post("jian", &format!("{at}/object"), &[("objection", "The scheme was in the office")]).await.status, 303);
    let answer = [("upheld", "yes"), ("reason", "It was not signed")];
    // A proposal waits for the district's chief, and for the answer; whoever leads the inspected part decides nothing.
    assert_eq!(site.post("wang", &format!("{at}/propose"), &[("consequence", "criticise"), ("reason", "twice")]).await.status, 303);
    let settle = [("approved", "yes"), ("reason", "so be it")];
    assert_eq!(site.post("chief", &format!("{at}/settle"), &settle).await.texts(".summary .quiet"), ["V-155"]);
    assert_eq!(site.post("chief", &format!("{at}/answer"), &answer).await.texts(".summary .quiet"), ["V-125"]);
    assert_eq!(site.post("office", &format!("{at}/answer"), &answer).await.status, 303);
    for (who, status) in [("office", 403), ("deputy", 403), ("chief", 303)] {
        assert_eq!(site.post(who, &format!("{at}/settle"), &settle).await.status, status, "{who}");
    }
    // Put right, and looked at by another inspector: sent back, then closed.
    let again = |done: &'static str| [("found", "finding-01"), ("done", done), ("finding", "seen at the crane")];
    assert_eq!(site.post("zhao", &format!("{at}/reinspect"), &again("yes")).await.texts(".summary .quiet"), ["V-128"]);
    assert_eq!(site.post("jian", "/orders/finding-01-order/sign", &[]).await.status, 303);
    let report = [("outcome", "scheme signed"), ("evidence", "scheme 7")];
    assert_eq!(site.post("jian", "/orders/finding-01-order/report", &report).await.status, 303);
    assert_eq!(site.post("wang", &format!("{at}/reinspect"), &again("yes")).await.texts(".summary .quiet"), ["V-127"]);
    let desk = site.post("office", "/orders/finding-01-order/close", &[("evidence", "the papers look well")]).await;
    assert_eq!((desk.status.as_u16(), desk.texts(".summary .quiet"), desk.texts("#by-reinspection").len()), (409, vec!["S-130".to_owned()], 1));
    assert_eq!(site.post("partial", &format!("{at}/reinspect"), &again("yes")).await.status, 403, "nor whose firm it is");
    assert_eq!(site.post("zhao", &format!("{at}/reinspect"), &again("no")).await.status, 303);
    assert_eq!(site.get("jian", "/orders/finding-01-order").await.texts("h1 ~ .lamp").len(), 1);
    assert_eq!(site.post("jian", "/orders/finding-01-order/report", &report).await.status, 303);
    assert_eq!(site.post("zhao", &format!("{at}/reinspect"), &again("yes")).await.status, 303);
    assert_eq!(site.get("chief", "/orders?show=ended").await.texts("tbody td:first-child"), ["No scheme for the tower crane"]);
    for form in ["", "?form=xlsx"] {
        assert_eq!(site.get("jian", &format!("/inspections{form}")).await.status, 200);
    }
    assert_eq!(site.get("jian", "/inspections/rules").await.status, 200);
    assert_eq!(site.get("stranger", at).await.status, 404);
    site
});

on_both_databases!(a_draw_is_opened_with_its_last_place_and_nobody_draws_until_it_suits, |site| async move {
    let mut site = with_inspectors(crate::features::reports::tests::active(site.with_cast().await).await).await;
    site.person("second", Role::SupervisionOffice, None).await;
    assert_eq!(site.get("guard", "/inspections/draw").await.status, 403, "whoever governs everything draws");
    assert_eq!(site.get("office", "/inspections/draw").await.texts("tbody tr").len(), 1, "the project that is active");
    let lots = |count: &'static str| [("request_id", "draw-0001"), ("count", count), ("last_day", "2026-11-25")];
    assert_eq!(site.post("office", "/inspections/draw", &lots("0")).await.texts(".summary .quiet"), ["V-109"]);
    for _ in 0..2 {
        assert_eq!(site.post("office", "/inspections/draw", &lots("3")).await.status, 303, "sent twice it is drawn once");
    }
    timers::once(&site.site).await.unwrap();
    assert_eq!(site.get("office", "/inspections").await.texts("#sealed li").len(), 1);
    assert_eq!(site.get("office", "/inspections/draws/draw-0001").await.status, 404, "sealed with its places");
    for (who, status) in [("office", 200), ("wang", 200), ("guard", 200), ("jian", 404), ("stranger", 404)] {
        let page = site.get(who, "/inspections/doubts").await;
        assert_eq!(page.status, status, "{who}: a doubt is for who sends or goes");
        assert!(page.texts("#doubt-source").iter().all(|text| text.contains("假复工")), "{:?}", page.texts("#doubt-source"));
    }
    // Whoever drew is told what would be drawn again, before chance speaks; somebody else is not told of it.
    assert_eq!(site.get("office", "/inspections/draw").await.texts("#repeats li").len(), 1);
    assert!(site.get("second", "/inspections/draw").await.texts("#repeats").is_empty());
    let again = |changes: &[(&'static str, &'static str)]| [&[("request_id", "draw-0002"), ("count", "1"), ("last_day", "2026-11-25")], changes].concat();
    for (changes, code) in [
        (&[][..], "V-154"),
        (&[("again", "it rained")], "V-154"),
        (&[("repeats", "keep"), ("again", " ")], "V-154"),
        (&[("repeats", "leave_out"), ("again", "it rained")], "V-108"),
    ] {
        let page = site.post("office", "/inspections/draw", &again(changes)).await;
        assert_eq!(page.texts(".summary .quiet"), [code], "{changes:?}");
        assert!(code != "V-154" || page.texts(".summary").concat().contains("ours name"), "the place is named: {:?}", page.texts(".summary"));
    }
    assert_eq!(site.get("office", "/inspections").await.texts("#sealed li").len(), 1, "nothing was drawn");
    assert_eq!(site.post("office", "/inspections/draw", &again(&[("repeats", "keep"), ("again", "it rained")])).await.status, 303);
    // A leader's own sealed plan is warned of as well, and nobody else's.
    let direct = |id: &'static str, again: &'static str| plan_with(&[("request_id", id), ("again", again)]);
    assert_eq!(site.post("chief", "/inspections/new", &direct("directed-1", "")).await.status, 303, "the office's plans are not the chief's");
    let page = site.post("chief", "/inspections/new", &direct("directed-2", "")).await;
    assert_eq!((page.status.as_u16(), page.texts(".summary .quiet")), (422, vec!["V-153".to_owned()]));
    assert_eq!(site.post("chief", "/inspections/new", &direct("directed-2", "a second look")).await.status, 303);
    // Nobody goes: behind its last day it is opened.
    advance(&site, 72.hours());
    timers::once(&site.site).await.unwrap();
    let page = site.get("jian", "/inspections/draw-0001-0").await;
    assert_eq!((page.status.as_u16(), page.texts("dl.facts .lamp.good").len()), (200, 2), "{}", page.body);
    let drawn = site.get("office", "/inspections/draws/draw-0001").await;
    assert_eq!((drawn.status.as_u16(), drawn.texts("ol li").len(), drawn.texts("p .lamp.good").len()), (200, 1, 1));
    assert!(!drawn.texts("ol li")[0].contains("partial"), "who has an interest was not drawn");
    assert_eq!(site.get("jian", "/inspections/draws/draw-0001").await.status, 404, "it speaks of other projects too");
    // Declared, an interest keeps a person from being sent.
    assert_eq!(site.post("wang", "/inspections", &[("project", "ours")]).await.status, 303);
    assert_eq!(site.post("wang", "/inspections", &[("project", "ours")]).await.texts(".summary .quiet"), ["V-131"]);
    let plan = site.post("chief", "/inspections/new", &plan_with(&[("last_day", "2026-12-01")])).await;
    assert_eq!(plan.texts(".summary .quiet"), ["V-104"]);
    site
});

on_both_databases!(a_year_is_planned_by_leaders_and_counted_without_telling, |site| async move {
    let site = with_inspectors(site.with_cast().await).await;
    let year = |visits: &'static str| [("plan_year", "2026"), ("visits", visits), ("visit_days", "2"), ("reason", "paper 7")];
    for (who, status) in [("office", 403), ("deputy", 403), ("jian", 403), ("admin", 403), ("chief", 303)] {
        assert_eq!(site.post(who, "/inspections/year", &year("1")).await.status, status, "{who}");
    }
    let refused = site.post("chief", "/inspections/year", &year("0")).await;
    assert_eq!((refused.texts(".summary .quiet"), refused.texts("#field-reason")), (vec!["V-146".to_owned()], vec!["paper 7".to_owned()]));
    let count = async |who: &str, page: &str| site.get(who, page).await.texts("table tbody tr td.number");
    assert_eq!(count("chief", "/inspections/new").await, ["0 / 1", "0 / 1"]);
    assert_eq!(site.post("chief", "/inspections/new", &PLAN).await.status, 303);
    // Whoever planned it counts it; nobody else is told of what is sealed.
    assert_eq!(count("chief", "/inspections/new").await, ["1 / 1 已满", "0 / 1"]);
    for who in ["jian", "deputy"] {
        assert_eq!(count(who, "/inspections/year").await, ["0 / 1"], "{who}");
    }
    assert_eq!(count("office", "/inspections/year").await, ["0 / 1", "0 / 1"]);
    let again = |changes: &[(&'static str, &'static str)]| plan_with(&[&[("request_id", "second-plan")], changes].concat());
    let page = site.post("chief", "/inspections/new", &again(&[("site1", "ours-b1")])).await;
    assert_eq!((page.status.as_u16(), page.texts(".summary .quiet")), (422, vec!["V-143".to_owned()]), "a building is of its project");
    let page = site.post("chief", "/inspections/new", &again(&[("site1", "theirs"), ("visit_days", "3")])).await;
    assert_eq!(page.texts(".summary .quiet"), ["V-144"]);
    assert_eq!(site.post("chief", "/inspections/new", &again(&[("site1", "ours-b1"), ("visit_days", "3"), ("beyond", "a collapse")])).await.status, 303);
    timers::once(&site.site).await.unwrap();
    assert_eq!(site.post("wang", "/inspections/second-plan-0/check_in", &[]).await.status, 303);
    let page = site.get("jian", "/inspections/second-plan-0").await;
    assert!(page.texts("dl.facts .lamp.good").len() == 1 && page.body.contains("a collapse"), "{}", page.body);
    assert_eq!(count("jian", "/inspections/year").await, ["1 / 1 已满"], "open it counts for everybody");
    site
});
