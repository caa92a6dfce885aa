//! Scenarios of daily reports.

use super::model::{Command, Content, Hindrance, Item, Known, Photo, Refused, State, Work, decide};
use crate::clock::civil_date;
use crate::features::identity::model::Role;
use crate::features::plan::store as plans;
use crate::features::targets::model::Grade;
use crate::features::{plan, task_force};
use crate::journal::domain::{Actor, Context};
use crate::on_both_databases;
use crate::testing::TestSite;
use jiff::civil::{Date, date};

/// What a form is filled with.
type Fields<'a> = &'a [(&'a str, &'a str)];

const TODAY: Date = date(2026, 11, 23);

fn context(actor: &str) -> Context {
    let now = crate::testing::NOW.parse().unwrap();
    Context { actor: Actor::Account(actor.into()), now, today: civil_date(now) }
}

fn floors(cumulative: i64) -> Content {
    Content { items: vec![Item { activity: "b/structure".into(), cumulative_e3: cumulative * 1000 }], ..Content::default() }
}

fn file(on: Date, content: Content) -> Command {
    Command::File { report: "r".into(), building: "b".into(), on, content: Box::new(content) }
}

#[test]
fn rules() {
    let work = Work { activity: "b/structure".into(), name: "Structure".into(), total_e3: 18_000, is_whole: true, before_e3: 5_000, ..Work::default() };
    let site = State { is_building: true, is_active: true, project: "p".into(), works: vec![work.clone()], ..State::default() };
    let known = Known { building: "b".into(), on: TODAY, filed_by: "builder".into(), grade: Grade::Reported, judged: None };
    let filed = State { report: Some(known.clone()), works: vec![Work { day_e3: 1_000, ..work.clone() }], ..site.clone() };
    let judged = State { report: Some(Known { grade: Grade::Confirmed, judged: Some(("wei".into(), TODAY)), ..known }), ..filed.clone() };
    let later = State { works: vec![Work { day_e3: 1_000, after_e3: 10_000, ..work.clone() }], ..filed.clone() };
    let unchanged = |on| Command::FileUnchanged { report: "r".into(), building: "b".into(), on };
    let confirm = Command::Confirm { report: "r".into() };
    let dispute = |floor: i64, reason: &str| Command::Dispute { report: "r".into(), items: floors(floor).items, reason: reason.into() };
    let correct = |floor: i64, reason: &str| Command::Correct { report: "r".into(), items: floors(floor).items, reason: reason.into() };
    let photo = vec![Photo { original: "o".into(), copy: "c".into() }];
    let hindered = |kind: &str, remark: &str| Content { hindrance: Some(Hindrance { kind: kind.into(), decider: "bureau".into(), remark: remark.into() }), ..floors(6) };
    let crowd = |trade: &str, count| Content { hands: [(trade.to_owned(), count)].into(), ..floors(6) };
    let half = Content { items: vec![Item { activity: "b/structure".into(), cumulative_e3: 6_500 }], ..Content::default() };
    let strange = Content { items: vec![Item { activity: "theirs/pit".into(), cumulative_e3: 1 }], ..Content::default() };
    let cases: Vec<(&str, State, Command, Option<Refused>)> = vec![
        ("a day", site.clone(), file(TODAY, floors(6)), None),
        ("a day without change", site.clone(), unchanged(TODAY), None),
        ("hands alone", site.clone(), file(TODAY, crowd("rebar", 12)), None),
        ("an id twice", State { is_id_taken: true, ..site.clone() }, file(TODAY, floors(6)), Some(Refused::IdTaken)),
        ("for a parcel", State { is_building: false, ..site.clone() }, file(TODAY, floors(6)), Some(Refused::NotABuilding)),
        ("for a project that has not begun", State { is_active: false, ..site.clone() }, unchanged(TODAY), Some(Refused::NotActive)),
        ("for tomorrow", site.clone(), file(date(2026, 11, 24), floors(6)), Some(Refused::FutureDay { date: "2026-11-24".into() })),
        ("for last year", site.clone(), file(date(2025, 11, 24), floors(6)), Some(Refused::TooOld { days: "100".into() })),
        ("the same day again", State { last_on: Some(TODAY), ..site.clone() }, unchanged(TODAY), Some(Refused::AlreadyReported { date: "2026-11-23".into() })),
        ("a day before", State { last_on: Some(TODAY), ..site.clone() }, unchanged(date(2026, 11, 22)), Some(Refused::LaterReported { date: "2026-11-23".into() })),
        ("work of another building", site.clone(), file(TODAY, strange), Some(Refused::UnknownWork { activity: "theirs/pit".into() })),
        ("less than yesterday", site.clone(), file(TODAY, floors(4)), Some(Refused::Falls { name: "Structure".into(), before: "5".into() })),
        ("more than there is", site.clone(), file(TODAY, floors(19)), Some(Refused::Exceeds { name: "Structure".into(), total: "18".into() })),
        ("half a floor", site.clone(), file(TODAY, half), Some(Refused::NotWhole { name: "Structure".into() })),
        ("complete without a picture", site.clone(), file(TODAY, floors(18)), Some(Refused::PhotoNeeded { name: "Structure".into() })),
        ("complete with a picture", site.clone(), file(TODAY, Content { photos: photo, ..floors(18) }), None),
        ("hindered", site.clone(), file(TODAY, hindered("funds", "no payment since May")), None),
        ("hindered by nothing in words", site.clone(), file(TODAY, hindered("funds", " ")), Some(Refused::NoReason)),
        ("hindered by a dragon", site.clone(), file(TODAY, hindered("dragon", "fire")), Some(Refused::UnknownWord { word: "dragon".into() })),
        ("a trade nobody knows", site.clone(), file(TODAY, crowd("wizard", 1)), Some(Refused::UnknownWord { word: "wizard".into() })),
        ("an army", site.clone(), file(TODAY, crowd("rebar", 5_001)), Some(Refused::TooMany { limit: "5000".into() })),
        ("a day of thirty hours", site.clone(), file(TODAY, Content { weather_hours: Some(30), ..floors(6) }), Some(Refused::TooMany { limit: "24".into() })),
        ("confirmed", filed.clone(), confirm.clone(), None),
        ("confirmed after somebody else", judged.clone(), confirm, Some(Refused::AlreadyJudged { by: "wei".into(), date: "2026-11-23".into() })),
        ("disputed", filed.clone(), dispute(5, "five slabs stand"), None),
        ("disputed after somebody else", judged, dispute(5, "five slabs stand"), Some(Refused::AlreadyJudged { by: "wei".into(), date: "2026-11-23".into() })),
        ("disputed without a reason", filed.clone(), dispute(5, ""), Some(Refused::NoReason)),
        ("disputed with the same figure", filed.clone(), dispute(6, "looks wrong"), Some(Refused::NothingDiffers)),
        ("corrected downwards", filed.clone(), correct(5, "counted the mezzanine"), None),
        ("corrected without a reason", filed, correct(5, " "), Some(Refused::NoReason)),
        ("corrected so that later days exceed", later, correct(9, "more"), Some(Refused::Exceeds { name: "Structure".into(), total: "18".into() })),
    ];
    for (name, state, command, expected) in cases {
        assert_eq!(decide(&state, &command, &context("jian")).err(), expected, "{name}");
    }
    let filed = State { report: Some(Known { building: "b".into(), on: TODAY, filed_by: "jian".into(), grade: Grade::Reported, judged: None }), ..site };
    assert_eq!(decide(&filed, &Command::Confirm { report: "r".into() }, &context("jian")).err(), Some(Refused::OwnReport));
}

/// `ours` is active: a plan from a template that began in June, a task force, a supervision engineer `wei`.
pub async fn active(mut site: TestSite) -> TestSite {
    site.person("wei", Role::SupervisionEngineer, Some("ours")).await;
    let drafted = site.post("office", "/plans/ours/template", &[("template", "resettlement_tower"), ("start", "2026-06-01")]).await;
    assert_eq!(site.post("chief", drafted.location(), &[("reason", "checked")]).await.status, 303);
    for seat in task_force::model::REQUIRED {
        let form = [("seat", seat.name()), ("holder", "account:builder"), ("from", "2026-11-01")];
        assert_eq!(site.post("chief", "/task-forces/ours", &form).await.status, 303);
    }
    assert_eq!(site.post("chief", "/plans/ours/activate", &[]).await.status, 303);
    site
}

/// What may wait a moment has been scheduled.
pub async fn settled(site: &TestSite) {
    for _ in 0..200 {
        if !plan::is_behind(&mut site.site.db.reader().await.unwrap()).await.unwrap() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the schedule never followed");
}

on_both_databases!(a_report_moves_the_plan_and_a_dispute_moves_it_back, |site| async move {
    let site = active(site.with_cast().await).await;
    let form = site.get("builder", "/reports/new?building=ours-b1").await;
    assert_eq!(form.status, 200);
    assert!(form.texts(".work .name").len() > 5, "the work items of the building");
    assert_eq!(site.get("stranger", "/reports/new?building=ours-b1").await.status, 404);
    assert_eq!(site.get("wei", "/reports/new?building=ours-b1").await.status, 403);

    let day = [("building", "ours-b1"), ("on", "2026-11-23"), ("done.ours-b1/pit", "1200"), ("trade.general", "14"), ("request_id", "report-0001")];
    let filed = site.post("builder", "/reports/new", &day).await;
    assert_eq!(filed.status, 303, "{:?}", filed.texts(".summary li"));
    assert!(site.get("builder", filed.location()).await.texts(".receipt").len() == 1, "a receipt with number and hash");
    let number = site.site.head();
    assert_eq!(site.post("builder", "/reports/new", &day).await.status, 303, "a resend is harmless");
    assert_eq!(site.site.head(), number);
    let other = [("building", "ours-b1"), ("on", "2026-11-23"), ("done.ours-b1/pit", "1300"), ("request_id", "report-0001")];
    assert_eq!(site.post("builder", "/reports/new", &other).await.texts(".summary .quiet"), ["J-101"], "other bytes under the same id");

    settled(&site).await;
    let mut conn = site.site.db.reader().await.unwrap();
    let bar = plans::bar(&mut conn, "ours", "ours-b1/pit").await.unwrap().unwrap();
    // 3000 m³ and 2500 for the basement.
    assert_eq!((bar.actual_start, bar.percent_e3), (Some(TODAY), 21_818));

    // The supervision engineer sees only what waits, and measures less.
    let waiting = site.get("wei", "/reports/waiting").await;
    assert_eq!(waiting.texts("ul.rows > li > a:first-child"), ["ours-b1 name · 2026-11-23"]);
    assert_eq!(site.get("builder", "/reports/waiting").await.status, 404);
    let dispute = [("done.ours-b1/pit", "900"), ("reason", "measured by cross section")];
    assert_eq!(site.post("builder", "/reports/report-0001/dispute", &dispute).await.status, 403);
    assert_eq!(site.post("wei", "/reports/report-0001/dispute", &dispute).await.status, 303);
    let late = site.post("wei", "/reports/report-0001/confirm", &[]).await;
    assert_eq!(late.texts(".summary .quiet"), ["R-112"]);
    assert!(late.texts(".summary li")[0].contains("wei"), "by whom");
    settled(&site).await;
    assert_eq!(plans::bar(&mut conn, "ours", "ours-b1/pit").await.unwrap().unwrap().percent_e3, 16_363);
    assert_eq!(site.get("builder", "/reports/report-0001").await.texts("span.lamp.bad").len(), 1, "the dispute is shown");
    let listed = async |who: &str, query: &str| site.get(who, &format!("/reports?{query}")).await.texts("#disputed + ul a");
    assert_eq!(listed("chief", "place=ours").await, ["ours-b1 name · 2026-11-23"], "and stays on the list of its project");
    assert_eq!(listed("chief", "from=2026-11-16&on=2026-11-22").await.len(), 0, "of another week");
    assert_eq!(listed("stranger", "on=2026-11-23").await.len(), 0, "a foreign one");
    assert_eq!(site.get("chief", "/reports?place=ours").await.texts("details.day span.quiet")[0], "14 人在场");

    // The site corrects, and it is confirmed.
    assert_eq!(site.post("builder", "/reports/report-0001/correct", &[("done.ours-b1/pit", "900"), ("reason", "")]).await.texts(".summary .quiet"), ["R-111"]);
    assert_eq!(site.post("builder", "/reports/report-0001/correct", &[("done.ours-b1/pit", "900"), ("reason", "double count")]).await.status, 303);
    assert_eq!(site.post("wei", "/reports/report-0001/confirm", &[]).await.status, 303);
    assert_eq!(site.get("chief", "/reports/report-0001").await.texts("span.lamp.good").len(), 1);
    assert_eq!(listed("chief", "place=ours").await.len(), 0, "until it is corrected");
    assert_eq!(site.get("stranger", "/reports/report-0001").await.status, 404);
    drop(conn);
    site
});

on_both_databases!(bad_input_is_refused_with_the_form_still_filled, |site| async move {
    let site = active(site.with_cast().await).await;
    let cases: [(&str, Fields, &str); 5] = [
        ("a future day", &[("on", "2026-11-24"), ("done.ours-b1/pit", "10")], "R-104"),
        ("more than the total", &[("on", "2026-11-23"), ("done.ours-b1/pit", "99999")], "R-109"),
        ("no quantity", &[("on", "2026-11-23"), ("done.ours-b1/pit", "many")], "R-119"),
        ("completion without a picture", &[("on", "2026-11-23"), ("done.ours-b1/pit", "5500")], "R-110"),
        ("work of another building", &[("on", "2026-11-23"), ("done.ours-b2/pit", "5")], "R-107"),
    ];
    for (name, fields, code) in cases {
        let fields: Vec<(&str, &str)> = [("building", "ours-b1")].iter().chain(fields).copied().collect();
        let page = site.post("builder", "/reports/new", &fields).await;
        assert_eq!((page.status.as_u16(), page.texts(".summary .quiet")), (422, vec![code.to_owned()]), "{name}");
        if code == "R-109" {
            assert!(page.attributes(".work input", "value").contains(&"99999".to_owned()), "{name}: still filled");
        }
    }
    let abroad = [("building", "theirs-b1"), ("on", "2026-11-23")];
    assert_eq!(site.post("builder", "/reports/new", &abroad).await.status, 404, "outside one's places");
    let idle = [("building", "theirs-b1"), ("on", "2026-11-23")];
    assert_eq!(site.post("stranger", "/reports/unchanged", &idle).await.texts(".summary .quiet"), ["R-103"], "not active");

    let boundary = "----guatu";
    let token = site.form_token("builder");
    let upload = |bytes: &[u8]| {
        let mut body = Vec::new();
        for (name, value) in [("form_token", token.as_str()), ("building", "ours-b1"), ("on", "2026-11-23"), ("request_id", "report-0002"), ("done.ours-b1/pit", "5500")] {
            body.extend(format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes());
        }
        body.extend(format!("--{boundary}\r\nContent-Disposition: form-data; name=\"photos\"; filename=\"a.jpg\"\r\n\r\n").bytes());
        body.extend(bytes);
        body.extend(format!("\r\n--{boundary}--\r\n").bytes());
        body
    };
    let kind = "multipart/form-data; boundary=----guatu";
    let mut picture = Vec::new();
    image::RgbImage::from_pixel(40, 30, image::Rgb([120, 90, 60])).write_to(&mut std::io::Cursor::new(&mut picture), image::ImageFormat::Jpeg).unwrap();
    let mut flood = Vec::new();
    image::RgbImage::from_pixel(1, 1, image::Rgb([0, 0, 0])).write_to(&mut std::io::Cursor::new(&mut flood), image::ImageFormat::Png).unwrap();
    // The header of a PNG says its size: 40,000 by 40,000.
    flood[16..24].copy_from_slice(&[0, 0, 0x9c, 0x40, 0, 0, 0x9c, 0x40]);
    let polyglot = [picture.clone(), b"PK\x05\x06".to_vec(), vec![0; 18]].concat();
    for (name, bytes, codes) in [("a text", b"<svg onload=alert(1)>".to_vec(), &["R-120"][..]), ("a flood of pixels", flood, &["R-122", "R-120"]), ("an archive behind a picture", polyglot, &["R-123"])] {
        let page = site.post_bytes("builder", "/reports/new", kind, upload(&bytes)).await;
        let code = page.texts(".summary .quiet");
        assert!(page.status == 422 && codes.contains(&code[0].as_str()), "{name}: {} {code:?}", page.status);
    }
    let done = site.post_bytes("builder", "/reports/new", kind, upload(&picture)).await;
    assert_eq!(done.status, 303, "{:?}", done.texts(".summary li"));
    let shown = site.get("builder", "/reports/report-0002").await;
    let address = shown.attributes(".photos img", "src").remove(0);
    let served = site.get("chief", &address).await;
    assert_eq!((served.status.as_u16(), served.headers["content-type"].to_str().unwrap()), (200, "image/jpeg"));
    assert_eq!(site.get("stranger", &address).await.status, 404);
    site
});

on_both_databases!(programs_report_under_the_same_rules, |site| async move {
    let site = active(site.with_cast().await).await;
    let post = |body: &'static str| site.post_bytes("builder", "/api/reports", "application/json", body.as_bytes().to_vec());
    let day = r#"{"id":"api-00001","building":"ours-b1","on":"2026-11-22","content":{"items":[{"activity":"ours-b1/pit","cumulative_e3":5000}],"hands":{"general":3}}}"#;
    assert_eq!(post(day).await.status, 201);
    assert_eq!(post(day).await.status, 200, "a resend");
    let cases = [
        (r#"{"id":"api-00002","building":"ours-b1","on":"2026-11-23","content":{"items":[{"activity":"ours-b1/pit","cumulative_e3":1}]}}"#, 422, "R-108"),
        (r#"{"id":"api-00003","building":"theirs-b1","on":"2026-11-23"}"#, 404, "G-104"),
        (r#"{"id":"api-00004","building":"ours-b1","on":"2026-11-23","extra":1}"#, 422, "G-113"),
        (r#"not json"#, 422, "G-113"),
    ];
    for (body, status, code) in cases {
        let answer = post(body).await;
        let said: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!((answer.status.as_u16(), said["code"].as_str().unwrap()), (status, code), "{body}");
    }
    assert_eq!(post(r#"{"id":"api-00005","building":"ours-b1","on":"2026-11-23","unchanged":true}"#).await.status, 201);
    let page = site.get("chief", "/reports?on=2026-11-23").await;
    assert_eq!(page.texts("ul.counts b"), ["1", "1"], "one of two buildings of the one active project");
    site
});
