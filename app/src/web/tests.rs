//! Every form of the program against people who may not send it, found in the sources so that none is forgotten.

use super::connections::{Patience, serve};
use crate::features::identity::model::Role;
use crate::features::reports::tests::{active, pictured};
use crate::on_both_databases;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// What a form is filled with.
type Fields<'a> = &'a [(&'a str, &'a str)];

/// Addresses that are asked in a way, `get(` or `post(`, as written in the routers.
pub fn addresses(way: &str) -> BTreeSet<String> {
    fn walk(folder: &Path, way: &str, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                walk(&entry, way, found);
            } else if entry.extension().is_some_and(|extension| extension == "rs") && !entry.ends_with("tests.rs") {
                let text = std::fs::read_to_string(&entry).unwrap();
                // Routes may stand beside each other on a line.
                let routes = text.lines().flat_map(|line| line.split(".route(\"").skip(1));
                let taking = routes.filter(|route| route.contains(way)).filter_map(|route| route.split_once('"'));
                found.extend(taking.map(|(address, _)| address.to_owned()));
            }
        }
    }
    let mut found = BTreeSet::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), way, &mut found);
    found
}

/// The address with every parameter filled by one id.
pub fn filled(address: &str, id: &str) -> String {
    let parts = address.split('/').map(|part| if part.starts_with('{') { id } else { part });
    parts.collect::<Vec<_>>().join("/")
}

on_both_databases!(no_form_tells_anything_to_whom_it_is_not_for, |site| async move {
    let mut site = site.with_cast().await;
    site.person("security", Role::SecurityAdmin, None).await;
    let forms = addresses("post(");
    assert!(forms.len() >= 25, "the routers were not read: {forms:?}");
    let open = ["/login", "/logout", "/welcome/{token}"];
    // A form of the rehearsal or the demonstration exists on such sites only.
    let elsewhere = ["/rehearsal", "/demo/{account}"];
    for form in forms.iter().filter(|form| !open.contains(&form.as_str()) && !elsewhere.contains(&form.as_str())) {
        for id in ["theirs", "theirs-b1", "nothing"] {
            let address = filled(form, id);
            let nobody = site.post("", &address, &[]).await;
            if form.starts_with("/api/") {
                assert_eq!(nobody.status, 401, "{address} by nobody: {}", nobody.body);
            } else if form.starts_with("/openrosa/") {
                // A program brings a key and no session: without a right one there is nothing to log in to.
                assert_eq!(nobody.status, 404, "{address} by nobody: {}", nobody.body);
            } else {
                assert_eq!(nobody.status, 303, "{address} by nobody: {}", nobody.body);
                assert!(nobody.location().starts_with("/login"), "{address} leads nobody to {}", nobody.location());
            }
            let foreign = site.post("builder", &address, &[]).await;
            // Their own, or refused for its shape before it names anything.
            let own = [
                "/session/alive",
                "/api/reports",
                "/messages/read",
                "/messages/settings",
                "/messages/mail/confirm",
                "/messages/calendar",
                "/messages/calendar/end",
            ];
            let is_own_page = own.contains(&form.as_str());
            let expected = [403, 404, 409];
            assert!(
                is_own_page || expected.contains(&foreign.status.as_u16()),
                "{address} by a contractor: {}",
                foreign.status
            );
            for secret in ["theirs name", "stranger", "security"] {
                assert!(!foreign.body.contains(secret), "{address} tells a contractor of {secret}");
            }
        }
    }
    site
});

on_both_databases!(a_form_sent_twice_is_done_once, |site| async move {
    let mut site = site.with_cast().await;
    site.person("security", Role::SecurityAdmin, None).await;
    let twice: [(&str, &str, Fields); 5] = [
        ("office", "/organisations", &[("name", "Bank of the East"), ("kind", "bank")]),
        ("office", "/places/new", &[("parent", "ours-parcel"), ("kind", "building"), ("name", "b9")]),
        ("admin", "/accounts", &[("organisation", "headquarters"), ("person_name", "Ren")]),
        (
            "security",
            "/posts",
            &[("account", "builder"), ("role", "inspector"), ("place", "ours"), ("from", "2026-11-23")],
        ),
        (
            "office",
            "/calendars/new/winter",
            &[("from", "2026-12-15"), ("to", "2027-02-01"), ("kinds", "concrete"), ("source", "note")],
        ),
    ];
    for (at, (who, address, fields)) in twice.into_iter().enumerate() {
        let id = format!("request-{at:03}");
        let mut fields = fields.to_vec();
        fields.push(("request_id", &id));
        let first = site.post(who, address, &fields).await;
        assert!(
            [200, 303].contains(&first.status.as_u16()),
            "{address}: {} {:?}",
            first.status,
            first.texts(".summary li")
        );
        let number = site.site.head();
        let second = site.post(who, address, &fields).await;
        assert!([200, 303].contains(&second.status.as_u16()), "{address} again: {}", second.status);
        assert_eq!(site.site.head(), number, "{address} again made no fact");
        fields[0].1 = "something else";
        let other = site.post(who, address, &fields).await;
        assert!([404, 409, 422].contains(&other.status.as_u16()), "{address} with other bytes: {}", other.status);
        assert_eq!(site.site.head(), number);
    }
    site
});

on_both_databases!(a_form_without_the_token_of_its_session_does_nothing, |site| async move {
    let site = site.with_cast().await;
    let number = site.site.head();
    let fields = "request_id=request-0001&name=Bank+of+the+East&kind=bank&reason=x&on=2026-11-23&from=2026-11-23";
    for token in ["", "&form_token=", "&form_token=made-up", &format!("&form_token={}", site.form_token("chief"))] {
        let body = format!("{fields}{token}");
        for form in addresses("post(") {
            let address = filled(&form, "ours");
            let kind = "application/x-www-form-urlencoded";
            let page = site.post_bytes("office", &address, kind, body.clone().into_bytes()).await;
            let is_without_effect = form == "/session/alive";
            assert!(page.status.is_client_error() || is_without_effect, "{address} answers {}", page.status);
        }
        let page =
            site.post_bytes("office", "/organisations", "application/x-www-form-urlencoded", body.into_bytes()).await;
        assert_eq!((page.status.as_u16(), page.texts(".summary .quiet")), (422, vec!["G-116".to_owned()]));
        assert_eq!(page.attributes("#field-name", "value"), ["Bank of the East"], "what was typed is still there");
    }
    assert_eq!(site.site.head(), number);
    let own = site.post("office", "/organisations", &[("name", "Bank of the East"), ("kind", "bank")]).await;
    assert_eq!(own.status, 303, "with the token of the session");
    site
});

on_both_databases!(two_people_over_one_form_do_not_undo_each_other, |site| async move {
    let site = site.with_cast().await;
    let form = site.get("office", "/places/ours/amend").await;
    let seen = form.attributes("input[name=seen_number]", "value").remove(0);
    let amend = async |name: &str, flats: &str, seen: &str| {
        let fields = [
            ("name", name),
            ("ordinal", "1"),
            ("programme", "resettlement"),
            ("owner", "headquarters"),
            ("flats", flats),
            ("reason", "checked"),
            ("seen_number", seen),
        ];
        site.post("office", "/places/ours/amend", &fields).await
    };
    let first = amend("Renamed", "10", &seen).await;
    assert_eq!(first.status, 303, "{:?}", first.texts(".summary li"));
    let second = amend("ours name", "99", &seen).await;
    assert_eq!((second.status.as_u16(), second.texts(".summary .quiet")), (409, vec!["P-112".to_owned()]));
    let now = second.attributes("input[name=seen_number]", "value").remove(0);
    assert_eq!(amend("Renamed", "99", &now).await.status, 303, "sent over what stands now");
    site
});

on_both_databases!(a_form_of_which_half_came_is_let_go_and_does_nothing, |site| async move {
    let site = active(site.with_cast().await).await;
    let (kind, form) = pictured(&site, "report-0001", "2026-11-23");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let patience = Patience { pause: Duration::from_millis(500), ..Patience::default() };
    let server =
        tokio::spawn(serve(listener, crate::web::router(site.site.clone()), patience, async { _ = stopped.await }));
    let cookie = site.cookie("builder");
    let head = format!(
        "POST /reports/new HTTP/1.1\r\nhost: here\r\nconnection: close\r\nsec-fetch-site: same-origin\r\ncookie: {cookie}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n",
        form.len()
    );
    let answer = async |body: &'static [u8]| {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(&[head.as_bytes(), body].concat()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        String::from_utf8(answer).unwrap()
    };
    let form: &'static [u8] = form.leak();
    let before = site.site.head();
    for part in [0, form.len() / 2, form.len() - 20] {
        assert_eq!(answer(&form[..part]).await, "", "{part} bytes of {}", form.len());
        assert_eq!(site.site.head(), before, "{part} bytes of {}", form.len());
    }
    let whole = answer(form).await;
    assert!(whole.starts_with("HTTP/1.1 303") && site.site.head() > before, "the same form again, whole: {whole}");
    drop(stop);
    server.await.unwrap();
    site
});

on_both_databases!(what_is_too_large_is_refused_in_a_page, |site| async move {
    let site = site.with_cast().await;
    let page = site
        .post_bytes("office", "/import?project=ours", "multipart/form-data; boundary=x", vec![b'x'; 22 << 20])
        .await;
    assert_eq!((page.status.as_u16(), page.texts("h1").len()), (422, 1));
    assert!(page.body.contains("G-119"));
    site
});

on_both_databases!(dates_and_texts_have_bounds, |site| async move {
    let site = site.with_cast().await;
    let long = "n".repeat(201);
    let endless = "reason ".repeat(2_000);
    let cases: [(&str, Fields, &str); 7] = [
        ("/organisations", &[("name", "+SUM(1)"), ("kind", "bank")], "G-117"),
        ("/organisations", &[("name", "=cmd|' /C calc'!A0"), ("kind", "bank")], "G-117"),
        (
            "/calendars/new/alert",
            &[("level", "red"), ("at", "0001-01-01T08:00"), ("notice", "n"), ("source", "s")],
            "G-106",
        ),
        ("/calendars/new/winter", &[("from", "9999-12-31"), ("to", "9999-12-31"), ("source", "s")], "G-106"),
        ("/calendars/new/winter", &[("from", "2027-01-01T00:00"), ("to", "2027-02-01"), ("source", "s")], "G-106"),
        ("/organisations", &[("name", &long), ("kind", "bank")], "G-111"),
        ("/organisations/headquarters/name", &[("name", "HQ"), ("reason", &endless)], "G-111"),
    ];
    for (address, fields, code) in cases {
        let page = site.post("office", address, fields).await;
        assert_eq!(page.status, 422, "{address}");
        assert!(page.body.contains(code), "{address} answers {code}");
    }
    let page = site.post("office", "/organisations", &[("name", &long), ("kind", "bank")]).await;
    assert_eq!(page.attributes("#field-name", "value"), [long.as_str()], "a text that is too long is still there");
    assert_eq!(page.attributes(".field.is-wrong input", "name"), ["name"]);
    assert!(page.body.contains(&format!("“{}…", "n".repeat(12))), "and it is named by how it begins");
    for address in ["/wall?from=abc", "/calendars?year=abc"] {
        let page = site.get("office", address).await;
        assert_eq!((page.status.as_u16(), page.texts("h1").len()), (422, 1), "{address} answers in a page of ours");
    }
    site
});

on_both_databases!(a_register_is_sorted_filtered_and_a_workbook, |site| async move {
    let site = site.with_cast().await;
    for (name, kind) in [("第10医院", "other"), ("第2医院", "other"), ("安居银行", "bank")] {
        assert_eq!(site.post("office", "/organisations", &[("name", name), ("kind", kind)]).await.status, 303);
    }
    let names =
        async |query: &str| site.get("office", &format!("/organisations{query}")).await.texts("tbody td:first-child");
    assert_eq!(names("?find=yiyuan&sort=name").await, ["第2医院", "第10医院"], "found by pinyin, sorted by value");
    assert_eq!(names("?find=yiyuan&sort=-name").await, ["第10医院", "第2医院"]);
    assert_eq!(names("?find=ajyh").await, ["安居银行"], "found by initials");
    assert_eq!(names("?find=nothing+of+the+kind").await.len(), 1, "one row that says so");
    assert!(names("?sort=salary").await.len() >= 3, "a column nobody knows sorts nothing");
    let book = site.get("office", "/organisations?find=ajyh&form=xlsx").await;
    assert_eq!(book.status, 200);
    assert!(book.body.starts_with("PK") && book.headers["content-disposition"].to_str().unwrap().contains(".xlsx"));
    for address in ["/plans", "/task-forces"] {
        assert_eq!(
            site.get("builder", &format!("{address}?sort=-name&find=ours")).await.texts("tbody td:first-child a"),
            ["ours name"],
            "{address}"
        );
        assert_eq!(
            site.get("stranger", &format!("{address}?find=ours")).await.texts("tbody td:first-child a").len(),
            0,
            "{address}"
        );
        assert_eq!(site.get("", &format!("{address}?form=xlsx")).await.status, 303, "nobody takes a workbook away");
    }
    site
});

on_both_databases!(a_nul_leads_to_nothing_and_is_kept_nowhere, |site| async move {
    let site = site.with_cast().await;
    for address in [
        "/plans/%00",
        "/places/our%00s",
        "/wall?place=%00",
        "/facts?subject=%00",
        "/reports/%00",
        "/plan-versions/%00",
        "/wall/bar?project=ours&activity=%00",
    ] {
        assert_eq!(site.get("chief", address).await.status, 404, "{address}");
    }
    let page = site.post("office", "/organisations", &[("name", "Ba\0nk"), ("kind", "bank")]).await;
    assert_eq!((page.status.as_u16(), page.texts(".summary .quiet")), (422, vec!["G-118".to_owned()]));
    assert_eq!(page.attributes("#field-name", "value"), ["Ba\u{fffd}nk"], "the form shows where it stood");
    let turned = site.post("office", "/organisations", &[("name", "Ba\u{202e}nk"), ("kind", "bank")]).await;
    assert_eq!(turned.texts(".summary .quiet"), ["G-118"]);
    assert!(site.post("", "/login", &[("login", "a\0"), ("password", "b\0")]).await.status.is_client_error());
    let report = br#"{"id":"api-00001","building":"ours\u0000","on":"2026-11-22"}"#;
    let answer = site.post_bytes("builder", "/api/reports", "application/json", report.to_vec()).await;
    assert_eq!(answer.status, 422, "{}", answer.body);
    site
});

on_both_databases!(every_register_keeps_its_place_and_shows_a_stranger_nothing, |site| async move {
    let mut site = crate::features::reports::tests::active(site.with_cast().await).await;
    site.person("security", Role::SecurityAdmin, None).await;
    let date = [
        ("activity", "ours-b1/topping_out"),
        ("name", "Topped out"),
        ("finish_by", "2026-12-31"),
        ("issuer", "headquarters"),
        ("document", "Notice 7"),
        ("edition", "1"),
    ];
    assert_eq!(site.post("chief", "/plans/ours/mandate", &date).await.status, 303);
    let decision =
        [("about", "ours"), ("content", "Pay the instalment"), ("assignee", "builder"), ("due", "2026-11-24")];
    assert_eq!(site.post("office", "/round/decisions?place=ours", &decision).await.status, 303);
    let day = [("building", "ours-b1"), ("on", "2026-11-23"), ("done.ours-b1/pit", "900")];
    assert_eq!(site.post("builder", "/reports/new", &day).await.status, 303);
    crate::timers::once(&site.site).await.unwrap();
    // Who sees it, its address, what its links keep, what a row holds, and what a stranger is answered.
    let cases = [
        ("chief", "/round/decisions", "place=ours", "Pay the instalment", 404),
        ("chief", "/reports/day", "on=2026-11-23&place=ours", "ours-b1 name", 404),
        ("chief", "/targets", "place=ours", "ours-b1 name", 404),
        ("chief", "/mandates", "", "Notice 7", 200),
        ("chief", "/plan-versions", "", "ours name", 200),
        ("admin", "/accounts", "", "builder", 404),
        ("security", "/posts", "", "ours name", 404),
    ];
    for (who, address, kept, held, stranger) in cases {
        let rows = async |who: &str, more: &str| site.get(who, &format!("{address}?{kept}&{more}")).await;
        let page = rows(who, "").await;
        let says = |page: &crate::testing::Page| page.texts("tbody td").iter().any(|cell| cell.contains(held));
        assert!(page.status == 200 && says(&page), "{address}: {}", page.status);
        let sorted = page.attributes("a.sort", "href");
        assert!(!sorted.is_empty() && sorted.iter().all(|link| link.contains(kept)), "{address}: {sorted:?}");
        for link in &sorted {
            assert!(says(&site.get(who, link).await), "{link} loses nothing");
        }
        let found = rows(who, &format!("find={}", held.replace(' ', "+"))).await;
        assert!(says(&found), "{address}: {held} is found");
        assert!(!says(&rows(who, "find=nothing+of+the+kind").await), "{address}: what is not there is not found");
        let book = rows(who, "form=xlsx").await;
        assert!(book.status == 200 && book.body.starts_with("PK"), "{address} as a workbook");
        for more in ["", "form=xlsx"] {
            let theirs = rows("stranger", more).await;
            assert!(theirs.status == stranger && !says(&theirs), "{address}: a stranger is answered {}", theirs.status);
            assert_eq!(rows("", more).await.status, 303, "{address}: nobody looks without logging in");
        }
    }
    site
});
