//! Cases of the phone: whose the pack is, photographs in parts, what is sent again, and receipts that anybody can check.

use super::pieces;
use super::tests::{PLAN, advance, with_inspectors};
use crate::journal::sha256_hex;
use crate::on_both_databases;
use crate::testing::{Page, TestSite};
use crate::timers;
use base64::{Engine, engine::general_purpose::STANDARD};
use guatu_ledger::checkpoint::Checkpoint;
use guatu_ledger::hash::{Hash, commitment, leaf_hash};
use guatu_ledger::record::Record;
use guatu_ledger::tree::verify_inclusion;
use image::{ImageFormat, RgbImage};
use jiff::ToSpan;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::Cursor;

/// A site with a sealed plan of wang and li at `ours`.
pub(super) async fn planned(site: TestSite) -> TestSite {
    let site = with_inspectors(site.with_cast().await).await;
    assert_eq!(site.post("chief", "/inspections/new", &PLAN).await.status, 303);
    timers::once(&site.site).await.unwrap();
    site
}

/// A photograph of one colour, of twelve that are no other once they are a JPEG.
pub(super) fn photo(shade: u8) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    RgbImage::from_pixel(64, 48, image::Rgb([shade * 20, 90, 90])).write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
    bytes.into_inner()
}

async fn put(site: &TestSite, who: &str, sha256: &str, (from, size): (usize, usize), part: &[u8]) -> (u16, Value) {
    let page = site.by_phone(who, "PUT", &format!("/phone/pieces/{sha256}?from={from}&size={size}"), part.to_vec()).await;
    (page.status.as_u16(), page.json())
}

/// Brings a photograph whole, and names it.
async fn bring(site: &TestSite, who: &str, bytes: &[u8]) -> String {
    let sha256 = sha256_hex(bytes);
    assert_eq!(put(site, who, &sha256, (0, bytes.len()), bytes).await.1["is_whole"], true);
    sha256
}

fn moment(phone_at: &str) -> Value {
    json!({ "phone_at": phone_at, "behind_s": 0, "set_back_s": 0, "position": { "latitude_e6": 34_746_600, "longitude_e6": 113_625_300, "accuracy_m": 12, "source": "device" } })
}

/// An act as a phone sends it, at half past eight in China, half an hour before it is sent.
fn act(act: &str, id: &str, fields: Value, pictures: &[&str]) -> Value {
    let pictures: Vec<Value> = pictures.iter().map(|sha256| json!({ "sha256": sha256, "moment": moment("2026-11-23T00:29:30Z") })).collect();
    json!({ "format": "guatu-visit/1", "id": id, "inspection": "secret-plan-0", "act": act, "fields": fields, "moment": moment("2026-11-23T00:30:00Z"), "pictures": pictures })
}

async fn send(site: &TestSite, who: &str, submission: &Value) -> Page {
    site.by_phone(who, "POST", "/phone/visits", submission.to_string().into_bytes()).await
}

/// An act, and photographs in the same form.
async fn send_with(site: &TestSite, who: &str, submission: &Value, photos: &[&[u8]]) -> Page {
    let head = |name: &str| format!("--end\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"{name}\"\r\n\r\n").into_bytes();
    let mut form = [head("act"), submission.to_string().into_bytes(), b"\r\n".to_vec()].concat();
    for photo in photos {
        form.extend([&head("picture"), *photo, b"\r\n"].concat());
    }
    form.extend(b"--end--\r\n");
    site.by_phone_as(who, "multipart/form-data; boundary=end", "/phone/visits", form).await
}

/// Status and code of a refusal, or status and number of what was taken.
fn outcome(page: &Page) -> String {
    let said = page.json();
    format!("{} {}", page.status.as_u16(), said["code"].as_str().map_or_else(|| if said["is_repeat"] == true { "again".into() } else { "taken".to_owned() }, str::to_owned))
}

/// Names of all fields of a JSON value.
fn fields(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(inside) => inside.iter().for_each(|(name, value)| {
            found.insert(name.clone());
            fields(value, found);
        }),
        Value::Array(inside) => inside.iter().for_each(|value| fields(value, found)),
        _ => {}
    }
}

on_both_databases!(a_pack_is_for_those_who_go, |site| async move {
    let site = planned(site).await;
    // Who asks, what the page and the pack answer, and how many sites are in it.
    let cases = [
        ("wang", 200, 200, 1),
        ("li", 200, 200, 1),
        ("zhao", 200, 200, 0),
        ("partial", 200, 200, 0),
        ("chief", 404, 404, 0),
        ("office", 404, 404, 0),
        ("jian", 404, 404, 0),
        ("stranger", 404, 404, 0),
        ("admin", 404, 404, 0),
        ("", 303, 401, 0),
    ];
    for (who, page, pack, sites) in cases {
        assert_eq!(site.get(who, "/phone/visits").await.status, page, "{who}");
        let answer = site.by_phone(who, "GET", "/phone/pack", Vec::new()).await;
        assert_eq!(answer.status, pack, "{who}");
        assert_eq!(answer.json()["sites"].as_array().map_or(0, Vec::len), sites, "{who}");
        if sites == 0 {
            assert!(!answer.body.contains("secret-plan") && !answer.body.contains("whispered"), "{who}");
        }
    }
    let pack = site.get("wang", "/phone/pack").await.json();
    let mut found = BTreeSet::new();
    fields(&pack, &mut found);
    // Every field that travels: no household, no reason, no name of a person.
    let known = "account checklists clock_minutes due format has_arrived head id inspection is_guarantee is_open items lead limits more_orders most_part_bytes name note now orders part_bytes photo_bytes photos place places points severities sites stage tables title token units until verifier";
    let known: BTreeSet<String> = known.split(' ').map(str::to_owned).collect();
    assert!(found.is_subset(&known), "{:?}", found.difference(&known));
    assert!(!pack.to_string().contains("whispered"), "why is said on the page");
    assert_eq!(pack["sites"][0]["places"].as_array().map(Vec::len), Some(3), "the parcel and two buildings of ours, and nothing of theirs");
    // The page holds no name and no plan: a browser keeps it.
    let page = site.get("wang", "/phone/visits").await;
    assert!(!page.body.contains("ours") && !page.body.contains("wang") && !page.body.contains("secret-plan"), "{}", page.body);
    let mut size_bytes = page.bytes.len();
    for address in page.attributes("link", "href").into_iter().chain(page.attributes("script", "src")).chain(["/phone/worker.js".to_owned()]) {
        let file = site.get("", &address).await;
        assert_eq!(file.status, 200, "{address}");
        size_bytes += file.bytes.len();
    }
    assert!(size_bytes < 150_000, "the first screen has {size_bytes} bytes before anything is made smaller on its way");
    assert_eq!(site.get("wang", "/phone/code/0/main.js").await.status, 404, "another version is not this one");
    site
});

on_both_databases!(photographs_come_in_parts, |site| async move {
    let site = planned(site).await;
    let bytes = photo(10);
    let (sha256, size) = (sha256_hex(&bytes), bytes.len());
    let (first, rest) = bytes.split_at(100);
    let said = |held: usize, is_whole: bool| json!({ "held": held, "is_whole": is_whole });
    assert_eq!(put(&site, "wang", &sha256, (0, size), first).await, (200, said(100, false)));
    assert_eq!(put(&site, "wang", &sha256, (0, size), first).await, (200, said(100, false)), "again: it is there");
    assert_eq!(put(&site, "wang", &sha256, (101, size), rest).await, (409, said(100, false)), "a gap");
    assert_eq!(site.get("li", &format!("/phone/pieces/{sha256}")).await.json(), said(0, false), "another person's is another's");
    assert_eq!(site.get("wang", &format!("/phone/pieces/{sha256}")).await.json(), said(100, false));
    assert_eq!(put(&site, "wang", &sha256, (100, size), rest).await, (200, said(size, true)));
    assert_eq!(put(&site, "wang", &sha256, (0, size), first).await, (200, said(size, true)), "whole it stays whole");
    // What is not what was announced is thrown away, and can be brought again.
    let other = sha256_hex(&photo(11));
    let cases = [
        ("other bytes", (0, size), photo(12), 422, "V-135"),
        ("nothing", (0, size), Vec::new(), 422, "V-137"),
        ("too large a part", (0, 3 << 20), vec![0; (1 << 20) + 1], 422, "V-137"),
        ("too large a whole", (0, 16 << 20), vec![0; 10], 422, "V-137"),
        ("more than announced", (0, 5), vec![0; 10], 422, "V-135"),
    ];
    for (what, of, part, status, code) in cases {
        let part = if part.len() == photo(12).len() { part.into_iter().take(size).chain(std::iter::repeat(0)).take(size).collect() } else { part };
        let (came, body) = put(&site, "wang", &other, of, &part).await;
        assert_eq!((came, body["code"].as_str()), (status, Some(code)), "{what}");
        assert_eq!(site.get("wang", &format!("/phone/pieces/{other}")).await.json(), said(0, false), "{what}");
    }
    bring(&site, "wang", &photo(11)).await;
    let no_hash = site.by_phone("wang", "PUT", "/phone/pieces/..?from=0&size=1", vec![1]).await;
    assert_eq!(no_hash.status, 404);
    // So much waits of one person, and not more; another's room is their own.
    let mut codes = BTreeSet::new();
    for nth in 0..20u8 {
        let (_, body) = put(&site, "wang", &sha256_hex(&[nth]), (0, 15 << 20), &[0; 16]).await;
        codes.insert(body["code"].as_str().unwrap_or("taken").to_owned());
    }
    assert_eq!(codes.into_iter().collect::<Vec<_>>(), ["V-136", "taken"]);
    bring(&site, "li", &photo(11)).await;
    // Only inspectors bring any, from a page of their own session.
    for who in ["jian", "chief", "stranger"] {
        assert_eq!(put(&site, who, &sha256, (0, size), &bytes).await.0, 404, "{who}");
    }
    let path = format!("/phone/pieces/{sha256}?from=0&size={size}");
    assert_eq!(site.post_bytes("wang", &path, "image/jpeg", bytes.clone()).await.status, 405);
    assert_eq!(site.post_bytes("wang", "/phone/visits", "application/json", b"{}".to_vec()).await.status, 422, "no token");
    // What nobody names is kept for a week, and swept after a fortnight.
    advance(&site, (24 * 7).hours());
    timers::once(&site.site).await.unwrap();
    assert!(pieces::held(&mut site.site.reader().await.unwrap(), "wang", &sha256).await.unwrap().is_whole);
    advance(&site, (24 * 8).hours());
    timers::once(&site.site).await.unwrap();
    assert_eq!(pieces::held(&mut site.site.reader().await.unwrap(), "wang", &sha256).await.unwrap(), pieces::Held { held: 0, is_whole: false });
    site
});

on_both_databases!(what_a_phone_sends_is_done_once, |site| async move {
    let site = planned(site).await;
    let (one, two) = (photo(1), photo(2));
    let hashes = [sha256_hex(&one), sha256_hex(&two)];
    let find = act("find", "finding-0001", json!({ "finding": "No rail at the edge", "severity": "serious", "lead": "firm" }), &[&hashes[0], &hashes[1]]);
    let arrive = act("check_in", "check-in-wang", json!({}), &[]);
    let score = act("score", "score-0001", json!({ "checklist": "safety_duty", "item-scheme": "0", "item-disclosure": "10" }), &[]);
    assert_eq!(outcome(&send(&site, "wang", &score).await), "404 G-104", "before the check-in the place is not there");
    assert_eq!(outcome(&send(&site, "jian", &arrive).await), "404 G-104");
    assert_eq!(outcome(&send(&site, "zhao", &arrive).await), "404 G-104");
    assert_eq!(outcome(&send(&site, "wang", &arrive).await), "201 taken");
    assert_eq!(outcome(&send(&site, "wang", &arrive).await), "200 again");
    for (who, is_there) in [("wang", true), ("li", false)] {
        let pack = site.get(who, "/phone/pack").await.json();
        assert_eq!((&pack["sites"][0]["is_open"], &pack["sites"][0]["has_arrived"]), (&json!(true), &json!(is_there)), "{who}");
    }
    // The other inspector's phone comes later.
    assert_eq!(outcome(&send(&site, "li", &act("check_in", "check-in-li", json!({}), &[])).await), "201 taken");
    assert_eq!(outcome(&send(&site, "li", &act("check_in", "check-in-li-2", json!({}), &[])).await), "409 V-113");
    assert_eq!(outcome(&send(&site, "wang", &find).await), "409 V-134");
    bring(&site, "wang", &one).await;
    assert_eq!(outcome(&send(&site, "wang", &find).await), "409 V-134", "one of two");
    bring(&site, "wang", &two).await;
    // Sent twice at once it is one; sent again without its photographs, which are papers now, it is that one.
    let (first, second) = tokio::join!(send(&site, "wang", &find), send(&site, "wang", &find));
    assert_eq!(first.json()["number"], second.json()["number"], "{} {}", first.body, second.body);
    assert_eq!(outcome(&send(&site, "wang", &find).await), "200 again");
    let held = pieces::held(&mut site.site.reader().await.unwrap(), "wang", &hashes[0]).await.unwrap();
    assert_eq!(held.held, 0, "named, a piece waits no more");
    // Under the same id nothing else: other words, other photographs, another time, another person, another act.
    let other = |change: &dyn Fn(&mut Value)| {
        let mut changed = find.clone();
        change(&mut changed);
        changed
    };
    let changes = [
        ("wang", other(&|one| one["fields"]["finding"] = "Nothing".into())),
        ("wang", other(&|one| one["fields"]["severity"] = "ordinary".into())),
        ("wang", other(&|one| one["pictures"] = json!([]))),
        ("wang", other(&|one| one["moment"]["behind_s"] = 1.into())),
        ("wang", other(&|one| one["pictures"][0]["moment"]["set_back_s"] = 9.into())),
        ("wang", other(&|one| one["act"] = "score".into())),
        ("li", find.clone()),
    ];
    for (at, (who, changed)) in changes.iter().enumerate() {
        let came = outcome(&send(&site, who, changed).await);
        assert!(["409 J-101", "422 V-115"].contains(&came.as_str()), "change {at}: {came}");
    }
    assert_eq!(outcome(&send(&site, "wang", &score).await), "201 taken");
    let pad = photo(3);
    let signature = bring(&site, "wang", &pad).await;
    assert_eq!(outcome(&send(&site, "wang", &act("sign", "sign-0001", json!({}), &[])).await), "422 V-133");
    assert_eq!(outcome(&send(&site, "wang", &act("sign", "sign-0002", json!({}), &[&signature])).await), "201 taken");
    // Not everything is done on a phone, and not everything is a submission.
    let refused = [
        (act("conclude", "conclude-1", json!({}), &[]), "422 V-138"),
        (act("find", "short", json!({}), &[]), "422 G-109"),
        (other(&|one| one["format"] = "guatu-visit/2".into()), "422 V-138"),
        (other(&|one| one["more"] = 1.into()), "422 V-138"),
        (act("find", "finding-0002", json!({ "finding": "=1+1", "severity": "serious", "lead": "firm" }), &[]), "422 G-117"),
        (act("find", "finding-0003", json!({ "finding": "x", "severity": "serious", "lead": "firm" }), &["a", "b", "c", "d", "e", "f", "g"]), "422 G-114"),
        (act("find", "finding-0004", json!({ "finding": "x", "severity": "serious", "lead": "firm" }), &["../../x"]), "422 V-138"),
    ];
    for (submission, expected) in refused {
        assert_eq!(outcome(&send(&site, "wang", &submission).await), expected, "{submission}");
    }
    let page = site.get("jian", "/inspections/secret-plan-0").await;
    assert_eq!((page.texts("#findings + ol.course > li").len(), page.attributes("#findings + ol.course img", "src").len()), (1, 2), "{}", page.body);
    assert!(page.body.contains("34.746600") && page.body.contains("2026-11-23 08:30:00"));
    assert_eq!(site.get("jian", "/orders/finding-0001-order").await.status, 200);
    assert_eq!(site.get("wang", &format!("/inspections/secret-plan-0/photos/{signature}")).await.status, 404, "a signature is shown to nobody");
    site
});

on_both_databases!(photographs_that_fit_in_one_part_come_with_their_act, |site| async move {
    let site = planned(site).await;
    assert_eq!(send(&site, "wang", &act("check_in", "check-in-wang", json!({}), &[])).await.status, 201);
    let find = |id: &str, pictures: &[&str]| act("find", id, json!({ "finding": "A hole", "severity": "ordinary", "lead": "firm" }), pictures);
    let photos = [photo(1), photo(2), photo(3), photo(4), photo(5)];
    let hashes: Vec<String> = photos.iter().map(|bytes| sha256_hex(bytes)).collect();
    let both = find("finding-0001", &[&hashes[0], &hashes[1]]);
    // What comes, and what is said of it; nothing of what was refused stays here.
    let too_much = [vec![0; 1 << 20], vec![1]].concat();
    let cases: [(&str, &Value, Vec<&[u8]>, &str); 10] = [
        ("one of two", &both, vec![&photos[0]], "409 V-134"),
        ("one that is not named", &both, vec![&photos[0], &photos[1], &photos[2]], "422 V-135"),
        ("one that was changed on its way", &both, vec![&photos[0], &photos[1][1..]], "422 V-135"),
        ("more than a part", &both, vec![&too_much], "422 V-137"),
        ("both", &both, vec![&photos[1], &photos[0]], "201 taken"),
        ("both again", &both, vec![&photos[0], &photos[1]], "200 again"),
        ("neither, again", &both, vec![], "200 again"),
        ("others under its id", &find("finding-0001", &[&hashes[0], &hashes[2]]), vec![&photos[0], &photos[2]], "409 J-101"),
        ("no photograph", &find("finding-0002", &[&sha256_hex(b"GIF89a")]), vec![b"GIF89a"], "422 R-120"),
        ("none is needed", &find("finding-0003", &[]), vec![], "201 taken"),
    ];
    for (what, submission, enclosed, expected) in cases {
        assert_eq!(outcome(&send_with(&site, "wang", submission, &enclosed).await), expected, "{what}");
    }
    // One that came in parts and one that comes with the act; then nothing waits.
    bring(&site, "wang", &photos[3]).await;
    let mixed = find("finding-0004", &[&hashes[3], &hashes[4]]);
    assert_eq!(outcome(&send_with(&site, "wang", &mixed, &[&photos[4]]).await), "201 taken");
    for hash in &hashes {
        assert_eq!(pieces::held(&mut site.site.reader().await.unwrap(), "wang", hash).await.unwrap().held, 0);
    }
    let page = site.get("jian", "/inspections/secret-plan-0").await;
    assert_eq!((page.texts("#findings + ol.course > li").len(), page.attributes("#findings + ol.course img", "src").len()), (3, 4), "{}", page.body);
    for who in ["jian", "stranger"] {
        assert_eq!(send_with(&site, who, &mixed, &[&photos[4]]).await.status, 404, "{who}");
    }
    site
});

on_both_databases!(a_receipt_proves_what_the_ledger_holds, |site| async move {
    let site = planned(site).await;
    let picture = bring(&site, "wang", &photo(7)).await;
    assert_eq!(send(&site, "wang", &act("check_in", "check-in-wang", json!({}), &[])).await.status, 201);
    assert_eq!(send(&site, "wang", &act("find", "finding-0001", json!({ "finding": "A hole", "severity": "ordinary", "lead": "firm" }), &[&picture])).await.status, 201);
    let asked = json!({ "ids": ["check-in-wang", "finding-0001", "finding-9999"] }).to_string().into_bytes();
    let answer = site.by_phone("wang", "POST", "/phone/receipts", asked.clone()).await.json();
    let head = Checkpoint::open(answer["note"].as_str().unwrap(), &site.site.signer.verifying_key()).unwrap();
    assert_eq!(head.size, site.site.head());
    let text = |receipt: &Value, name: &str| receipt[name].as_str().unwrap().to_owned();
    let receipts = answer["receipts"].as_array().unwrap();
    assert_eq!(receipts.iter().map(|one| text(one, "id")).collect::<Vec<_>>(), ["check-in-wang", "finding-0001"], "what is not there has none");
    for receipt in receipts {
        let record = Record::parse(text(receipt, "record").as_bytes()).unwrap();
        let salt: [u8; 32] = STANDARD.decode(text(receipt, "salt")).unwrap().try_into().unwrap();
        assert_eq!(record.commitment, commitment(&salt, text(receipt, "payload").as_bytes()));
        assert_eq!((record.actor.as_str(), Some(record.number)), ("wang", receipt["number"].as_u64()));
        let proof: Vec<Hash> = receipt["proof"].as_array().unwrap().iter().map(|hash| Hash::from_base64(hash.as_str().unwrap()).unwrap()).collect();
        let leaf = leaf_hash(text(receipt, "record").as_bytes());
        assert!(verify_inclusion(leaf, record.number - 1, head.size, &proof, head.root));
    }
    assert!(text(&receipts[1], "payload").contains(&picture), "the bytes that were captured are named");
    // Receipts are for whoever did it.
    assert_eq!(site.by_phone("li", "POST", "/phone/receipts", asked.clone()).await.json()["receipts"], json!([]));
    assert_eq!(site.by_phone("jian", "POST", "/phone/receipts", asked).await.status, 404);
    // A phone three days ahead is shown as such.
    let mut late = act("find", "finding-0002", json!({ "finding": "A pit", "severity": "ordinary", "lead": "firm" }), &[]);
    late["moment"]["phone_at"] = "2026-11-26T01:00:00Z".into();
    late["moment"]["behind_s"] = (-259_200).into();
    assert_eq!(send(&site, "wang", &late).await.status, 201);
    let page = site.get("wang", "/inspections/secret-plan-0").await;
    assert_eq!(page.texts("#findings + ol.course > li p.quiet").iter().filter(|line| line.contains("设备时间异常")).count(), 1, "{}", page.body);
    site
});
