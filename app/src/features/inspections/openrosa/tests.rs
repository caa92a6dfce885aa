//! Cases of OpenRosa: whose forms there are and when, a form in parts, what is sent again, and what is refused without a trace.

use super::super::phone_tests::{photo, planned};
use super::behind_s;
use crate::on_both_databases;
use crate::testing::{Page, TestSite};

/// Lets ODK Collect in for a person; the path under which it asks.
async fn key(site: &TestSite, who: &str) -> String {
    let page = site.post(who, "/inspections/odk/key", &[]).await;
    let address = page.texts("code.address").remove(0);
    address.strip_prefix("http://localhost").unwrap().to_owned()
}

/// A finding as a form holds it.
fn finding(words: &str, photos: &[&str]) -> String {
    let photos: String = photos.iter().zip(1..).map(|(name, at)| format!("<photo_{at}>{name}</photo_{at}>")).collect();
    format!("<found><place>ours-b1</place><finding>{words}</finding><severity>serious</severity><lead>firm</lead>{photos}</found>")
}

/// A filled form under an id.
fn filled(id: &str, inside: &str) -> String {
    let data = "<data id=\"secret-plan-0.safety_duty\" version=\"1\" xmlns:orx=\"http://openrosa.org/xforms\">";
    let begun = "<begun>2026-11-23T08:30:00.000+08:00</begun><position>34.7466 113.6253 80.0 12.4</position>";
    format!("<?xml version='1.0' ?>{data}{begun}{inside}<orx:meta><orx:instanceID>uuid:{id}</orx:instanceID></orx:meta></data>")
}

/// Sends a form with files, half a minute after ten by the phone's clock of twelve hours: eighty-nine minutes behind.
async fn send(site: &TestSite, base: &str, form: &str, files: &[(&str, Vec<u8>)]) -> Page {
    let part = |name: &str, file: &str| format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\nContent-Type: text/xml\r\n\r\n");
    let mut body = [part("xml_submission_file", "visit.xml").as_bytes(), form.as_bytes(), b"\r\n"].concat();
    for (name, bytes) in files {
        body.extend([part(name, name).as_bytes(), bytes, b"\r\n"].concat());
    }
    body.extend(b"--x--\r\n");
    let headers = [("content-type", "multipart/form-data; boundary=x"), ("x-openrosa-version", "1.0"), ("date", "Sun, 22 Nov 2026 11:30:30 GMT")];
    site.by_program("POST", &format!("{base}/submission"), &headers, body).await
}

/// Status and code of what is said in the envelope.
fn outcome(page: &Page) -> String {
    let envelope = "<OpenRosaResponse xmlns=\"http://openrosa.org/http/response\"><message>";
    let said = page.body.split(envelope).nth(1).and_then(|rest| rest.split("</message>").next()).unwrap_or("no envelope");
    let code = said.rsplit(' ').next().filter(|word| word.as_bytes().get(1) == Some(&b'-')).unwrap_or("");
    assert_eq!(page.headers["x-openrosa-version"], "1.0");
    format!("{} {code}", page.status.as_u16()).trim().to_owned()
}

fn forms(list: &Page) -> Vec<&str> {
    list.body.split("<formID>").skip(1).map(|rest| rest.split('<').next().unwrap()).collect()
}

#[test]
fn a_clock_of_twelve_hours_is_read_by_the_nearer_half_of_the_day() {
    let now = "2026-11-23T01:00:00Z".parse().unwrap();
    let cases = [
        ("Mon, 23 Nov 2026 01:00:00 GMT", Some(0), "right"),
        ("Mon, 23 Nov 2026 12:50:00 GMT", Some(600), "ten to one in the night, on twelve hours"),
        ("Sun, 22 Nov 2026 11:30:00 GMT", Some(5400), "half past eleven in the evening before"),
        ("Mon, 23 Nov 2026 01:20:00 GMT", Some(-1200), "ahead"),
        ("Thu, 26 Nov 2026 01:00:00 GMT", Some(-216_000), "days ahead: by which half is not to be told, that it is wrong is"),
        ("yesterday", None, "no time"),
    ];
    for (date, expected, why) in cases {
        assert_eq!(behind_s(date, now), expected, "{why}");
    }
}

on_both_databases!(forms_are_of_what_is_open_and_theirs, |site| async move {
    let site = planned(site).await;
    for who in ["jian", "chief", "office", "stranger", "admin"] {
        assert_eq!(site.get(who, "/inspections/odk").await.status, 404, "{who}");
        assert_eq!(site.post(who, "/inspections/odk/key", &[]).await.status, 404, "{who}");
    }
    let (wang, li, zhao) = (key(&site, "wang").await, key(&site, "li").await, key(&site, "zhao").await);
    let list = async |base: &str| site.get("", &format!("{base}/formList")).await;
    // Sealed, a plan is in the answer to nobody: who goes is told what everybody is told.
    let nothing = list(&zhao).await;
    assert_eq!((nothing.status.as_u16(), forms(&nothing).len()), (200, 0));
    assert_eq!((list(&wang).await.body, list(&li).await.body), (nothing.body.clone(), nothing.body.clone()));
    assert_eq!((&nothing.headers["x-openrosa-version"], &nothing.headers["date"]), (&"1.0".parse().unwrap(), &"Mon, 23 Nov 2026 01:00:00 GMT".parse().unwrap()));
    let early = send(&site, &wang, &filled("early-form", "<count>0</count>"), &[]).await;
    let unknown = send(&site, &wang, &filled("early-form", "<count>0</count>").replace("secret-plan-0", "secret-plan-9"), &[]).await;
    assert_eq!((outcome(&early).as_str(), &early.body), ("404 G-104", &unknown.body), "sealed it is like one that is not there");
    assert_eq!(site.post("wang", "/inspections/secret-plan-0/check_in", &[]).await.status, 303);
    let mine = list(&wang).await;
    assert_eq!(forms(&mine).len(), 7, "one a subject: {}", mine.body);
    assert_eq!(forms(&list(&li).await), forms(&mine), "who came along fills them too");
    assert_eq!(list(&zhao).await.body, nothing.body);
    for id in forms(&mine) {
        let form = site.get("", &format!("{wang}/forms/{id}")).await;
        assert_eq!((form.status.as_u16(), form.headers["content-type"].to_str().unwrap()), (200, "text/xml; charset=utf-8"), "{id}");
        assert!(form.body.contains(&format!("<data id=\"{id}\"")) && form.body.contains("ours-b2") && !form.body.contains("theirs"), "{}", form.body);
        assert!(!form.body.contains("whispered") && !form.body.contains("wang"), "why and who is said on the page");
        assert_eq!(site.get("", &format!("{zhao}/forms/{id}")).await.status, 404, "{id}");
    }
    assert_eq!(site.get("", &format!("{wang}/forms/secret-plan-0.moon")).await.status, 404);
    let probe = site.by_program("HEAD", &format!("{wang}/submission"), &[], Vec::new()).await;
    assert_eq!((probe.status.as_u16(), probe.location()), (204, format!("http://localhost{wang}/submission").as_str()));
    assert_eq!(probe.headers["x-openrosa-accept-content-length"], (19 << 20).to_string().as_str());
    // Another key ends the one before; ended, or of somebody who never had one, an address is nothing.
    let another = key(&site, "wang").await;
    assert_eq!(site.post("li", "/inspections/odk/key/end", &[]).await.status, 303);
    let calendar = site.post("wang", "/messages/calendar", &[]).await.texts("code.address").remove(0);
    let calendar = calendar.replace("/calendar/", "/openrosa/").replace(".ics", "");
    let never = format!("/openrosa/{}", "x".repeat(wang.len() - "/openrosa/".len()));
    for base in [&wang, &li, &calendar] {
        for path in ["formList", "forms/secret-plan-0.funds"] {
            let page = site.get("", &format!("{base}/{path}")).await;
            let gone = site.get("", &format!("{never}/{path}")).await;
            assert_eq!((page.status, page.body.replace(base.as_str(), &never)), (gone.status, gone.body), "{base}/{path}");
            assert_eq!(page.status, 404);
        }
        assert_eq!(send(&site, base, &filled("gone-form-1", "<count>0</count>"), &[]).await.status, 404);
        assert_eq!(site.by_program("HEAD", &format!("{base}/submission"), &[], Vec::new()).await.status, 404);
    }
    assert_eq!(forms(&list(&another).await).len(), 7);
    assert_eq!(site.get("wang", "/inspections").await.attributes("a[href='/inspections/odk']", "href").len(), 1);
    site
});

on_both_databases!(what_odk_sends_in_parts_is_done_once, |site| async move {
    let site = planned(site).await;
    assert_eq!(site.post("wang", "/inspections/secret-plan-0/check_in", &[]).await.status, 303);
    let (wang, li) = (key(&site, "wang").await, key(&site, "li").await);
    let scores = "<points_safety_management><scheme>0</scheme><disclosure>10</disclosure><emergency/></points_safety_management><count>2</count>";
    let form = filled("0f9a-visit", &format!("{scores}{}{}", finding("No rail &amp; no net", &["a.jpg", "b.jpg"]), finding("A hole", &["c.jpg"])));
    let (one, two) = (photo(1), photo(2));
    let head = site.site.head();
    assert_eq!(outcome(&send(&site, &wang, &form, &[]).await), "202");
    assert_eq!(outcome(&send(&site, &wang, &form, &[("a.jpg", one.clone())]).await), "202");
    assert_eq!(outcome(&send(&site, &wang, &form, &[("a.jpg", one.clone()), ("stray.jpg", two.clone())]).await), "202", "again, with what it does not name");
    assert_eq!(outcome(&send(&site, &wang, &form, &[("a.jpg", two.clone())]).await), "409 J-101", "what has come stays as it is");
    assert_eq!(outcome(&send(&site, &wang, &form.replace("hole", "pit"), &[]).await), "409 J-101");
    assert_eq!(site.site.head(), head, "what waits is no fact");
    assert_eq!(site.get("wang", "/inspections/odk").await.texts("#waiting li span.quiet").len(), 1);
    assert!(site.get("li", "/inspections/odk").await.texts("#waiting").is_empty());
    // Two names may have the same bytes: of one finding they are one photograph.
    let rest = [("b.jpg", one.clone()), ("c.jpg", one.clone())];
    let (first, second) = tokio::join!(send(&site, &wang, &form, &rest), send(&site, &wang, &form, &rest));
    assert_eq!((outcome(&first), outcome(&second)), ("201".to_owned(), "201".to_owned()), "{} {}", first.body, second.body);
    let head = site.site.head();
    for files in [&rest[..], &[]] {
        assert_eq!(outcome(&send(&site, &wang, &form, files).await), "201", "again it is that one");
    }
    assert_eq!(outcome(&send(&site, &wang, &form.replace("hole", "pit"), &[]).await), "409 J-101");
    assert_eq!(outcome(&send(&site, &li, &form, &[]).await), "409 J-101", "nor by somebody else");
    assert_eq!(site.site.head(), head);
    assert!(site.get("wang", "/inspections/odk").await.texts("#waiting").is_empty());
    // The same findings as from a page: orders, photographs as copies, the phone's clock beside the record.
    let page = site.get("jian", "/inspections/secret-plan-0").await;
    assert_eq!((page.texts("#findings + ol.course > li").len(), page.attributes("#findings + ol.course img", "src").len()), (2, 2), "{}", page.body);
    assert!(page.body.contains("No rail &amp; no net") && page.body.contains("ours-b1 name"), "{}", page.body);
    assert!(page.body.contains("34.746600") && page.body.contains("2026-11-23 08:30:00"));
    for at in 1..=2 {
        assert_eq!(site.get("jian", &format!("/orders/0f9a-visit-{at}-order")).await.status, 200);
    }
    let facts = site.get("chief", "/facts?subject=secret-plan-0").await;
    assert_eq!(facts.body.matches("收到外部程序填写的表单").count(), 1, "{}", facts.body);
    // A form without findings is a score, one without scores a finding.
    assert_eq!(outcome(&send(&site, &li, &filled("li-form-1", &format!("{scores}<found/>")), &[]).await), "201");
    assert_eq!(outcome(&send(&site, &li, &filled("li-form-2", &finding("A pit", &[])), &[]).await), "201");
    site
});

on_both_databases!(what_is_refused_leaves_nothing, |site| async move {
    let site = planned(site).await;
    assert_eq!(site.post("wang", "/inspections/secret-plan-0/check_in", &[]).await.status, 303);
    let (wang, zhao) = (key(&site, "wang").await, key(&site, "zhao").await);
    let head = site.site.head();
    let id = "refused-form";
    let one = |inside: &str| filled(id, inside);
    let good = finding("A hole", &[]);
    let laughs = "<!DOCTYPE data [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;\">]>";
    let cases = [
        ("words", "hello".to_owned(), "422 V-139"),
        ("a billion laughs", one(&good).replace("<data", &format!("{laughs}<data")).replace("A hole", "&c;"), "422 V-139"),
        ("a DTD", one(&good).replace("<data", "<!DOCTYPE data><data"), "422 V-139"),
        ("too long", one(&finding(&"x".repeat(70_000), &[])), "422 V-139"),
        ("no id", one(&good).replace("uuid:refused-form", ""), "422 V-139"),
        ("an id that is none", one(&good).replace("uuid:refused-form", "uuid:../../etc"), "422 V-139"),
        ("another form", one(&good).replace("safety_duty", "moon"), "404 G-104"),
        ("another inspection", one(&good).replace("secret-plan-0", "other-plan-0"), "404 G-104"),
        ("no form's id", one(&good).replace("secret-plan-0.safety_duty", "x"), "404 G-104"),
        ("a question nobody asked", one("<salary>1</salary>"), "422 V-140"),
        ("one in a finding", one("<found><finding>x</finding><salary>1</salary></found>"), "422 V-140"),
        ("one that is deeper", one("<found><finding><b>x</b></finding></found>"), "422 V-140"),
        ("seven findings", one(&good.repeat(7)), "422 V-140"),
        ("no time", one(&good).replace("2026-11-23T08:30:00.000+08:00", "soon"), "422 V-140"),
        ("no position", one(&good).replace("34.7466", "134.7466"), "422 V-140"),
        ("a path for a name", one(&finding("A hole", &["../a.jpg"])), "422 V-140"),
        ("one name for two", one(&finding("A hole", &["a.jpg", "a.jpg"])), "422 V-140"),
        ("a foreign place", one(&good).replace("ours-b1", "theirs-b1"), "422 V-141"),
        ("the project's neighbour", one(&good).replace("ours-b1", "theirs"), "422 V-141"),
        ("nothing", one("<count>0</count>"), "422 V-142"),
        ("nothing but blanks", one("<found><finding/><photo_1/></found>"), "422 V-142"),
        ("an item of another list", one("<points_safety_management><wages_paid>1</wages_paid></points_safety_management>"), "422 V-115"),
        ("more points than there are", one("<points_safety_management><scheme>11</scheme></points_safety_management>"), "422 V-151"),
        ("no severity", one(&good.replace("serious", "terrible")), "422 V-118"),
        ("no unit", one(&good.replace("firm", "nobody")), "422 V-119"),
        ("a formula", one("<found><finding>=1+1</finding><severity>serious</severity><lead>firm</lead></found>"), "422 G-117"),
        ("the second of two", one(&format!("{good}{}", good.replace("serious", "terrible"))), "422 V-118"),
    ];
    for (what, form, expected) in cases {
        let page = send(&site, &wang, &form, &[]).await;
        assert_eq!(outcome(&page), expected, "{what}: {}", page.body);
        assert_eq!(site.site.head(), head, "{what} left something");
    }
    assert_eq!(outcome(&send(&site, &zhao, &one(&good), &[]).await), "403 V-111", "who does not go writes nothing");
    let pictures = [("no picture", b"hello".to_vec(), "422 R-120"), ("nothing", Vec::new(), "422 R-120"), ("a page", b"<html>".to_vec(), "422 R-120")];
    for (what, bytes, expected) in pictures {
        let page = send(&site, &wang, &one(&finding("A hole", &["a.jpg", "b.jpg"])), &[("a.jpg", photo(1)), ("b.jpg", bytes)]).await;
        assert_eq!(outcome(&page), expected, "{what}: {}", page.body);
        assert_eq!(site.site.head(), head, "{what} left something");
    }
    assert_eq!(outcome(&send(&site, &wang, &one(&good), &[("a.jpg", vec![0; 22 << 20])]).await), "413 G-119");
    let no_form = site.by_program("POST", &format!("{wang}/submission"), &[("content-type", "text/plain")], b"hello".to_vec()).await;
    assert_eq!(outcome(&no_form), "422 G-113");
    assert!(site.get("wang", "/inspections/odk").await.texts("#waiting").is_empty());
    // The id is free all the while, and a concluded inspection takes nothing more.
    assert_eq!(outcome(&send(&site, &wang, &one(&format!("<points_safety_management><scheme>9</scheme></points_safety_management>{good}")), &[]).await), "201");
    let conclude = [("verdict", "defects"), ("conclusion", "A hole to be closed")];
    assert_eq!(site.post("wang", "/inspections/secret-plan-0/conclude", &conclude).await.status, 303);
    assert_eq!(outcome(&send(&site, &wang, &filled("late-form", &good), &[]).await), "409 V-113");
    assert!(forms(&site.get("", &format!("{wang}/formList")).await).is_empty());
    site
});

on_both_databases!(a_form_whose_photographs_are_gone_is_filed_by_its_person, |site| async move {
    let site = planned(site).await;
    assert_eq!(site.post("wang", "/inspections/secret-plan-0/check_in", &[]).await.status, 303);
    let wang = key(&site, "wang").await;
    let form = filled("lost-photos", &finding("A hole", &["a.jpg", "b.jpg"]));
    assert_eq!(outcome(&send(&site, &wang, &form, &[("a.jpg", photo(4))]).await), "202");
    assert_eq!(outcome(&send(&site, &wang, &filled("thrown-away", &finding("x", &["a.jpg"])), &[]).await), "202");
    for who in ["li", "zhao"] {
        assert_eq!(site.post(who, "/inspections/odk/waiting/lost-photos/file", &[]).await.status, 404, "{who}: another's is not there");
        assert_eq!(site.post(who, "/inspections/odk/waiting/lost-photos/drop", &[]).await.status, 303, "{who}: and nothing is thrown away");
    }
    assert_eq!(site.post("wang", "/inspections/odk/waiting/thrown-away/drop", &[]).await.status, 303);
    let held = site.get("wang", "/inspections/odk").await.texts("#waiting li span.quiet");
    assert!(held.len() == 1 && held[0].ends_with("1/2 张"), "{held:?}");
    assert_eq!(site.post("wang", "/inspections/odk/waiting/lost-photos/file", &[]).await.location(), "/inspections/odk");
    let page = site.get("wang", "/inspections/secret-plan-0").await;
    assert_eq!(page.attributes("#findings + ol.course img", "src").len(), 1);
    assert_eq!(outcome(&send(&site, &wang, &form, &[("b.jpg", photo(5))]).await), "409 V-152", "what comes afterwards changes nothing, and its phone keeps it");
    assert_eq!(outcome(&send(&site, &wang, &form, &[("a.jpg", photo(4))]).await), "201", "what was filed is there");
    assert_eq!(outcome(&send(&site, &wang, &form, &[("a.jpg", photo(6))]).await), "409 V-152", "and is not another picture");
    assert_eq!(outcome(&send(&site, &wang, &form, &[("audit.csv", b"1,2".to_vec())]).await), "201", "a file that no answer names is nobody's photograph");
    assert_eq!(site.get("wang", "/inspections/secret-plan-0").await.attributes("#findings + ol.course img", "src").len(), 1);
    site
});
