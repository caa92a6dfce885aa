//! Scenarios of leads: what is sealed opens with one key and leaves no trace anywhere else.

use super::envelope::{self, Fault, PublicKey, SIZES, SecretKey};
use super::model::{Command, Fact, KEY, Refused, State, decide};
use super::store;
use crate::clock::civil_date;
use crate::command;
use crate::db::Dialect;
use crate::features::authority::Verb;
use crate::features::identity::model::Role;
use crate::journal::domain::{Actor, Context};
use crate::journal::sha256_hex;
use crate::on_both_databases;
use crate::testing::{NOW, Page, TestSite};
use crate::timers;
use crate::web::tests::{addresses, filled};

const WORDS: &str = "whispered-bribe at the gate";
/// What a photograph begins with, and words of its own that are looked for.
const PHOTO: &[u8] = b"\xff\xd8\xff\xe0whispered-photo";

fn read(key: &SecretKey) -> SecretKey {
    SecretKey::read(&key.line()).unwrap()
}

#[test]
fn an_envelope_has_one_of_few_sizes_and_opens_with_one_key() {
    let (secret, public) = SecretKey::generate();
    let (other, _) = SecretKey::generate();
    let (secret, other) = (read(&secret), read(&other));
    let photo = |bytes: usize| vec![0xff; bytes];
    for (name, text, photos, size) in [
        ("a text", WORDS.to_owned(), vec![], SIZES[0]),
        ("one letter", "x".to_owned(), vec![], SIZES[0]),
        ("the longest text of a form", "\u{6d4b}".repeat(2_000), vec![], SIZES[0]),
        ("as much as the smallest holds", "x".repeat(SIZES[0] - 61 - 8), vec![], SIZES[0]),
        ("a byte more", "x".repeat(SIZES[0] - 61 - 7), vec![], SIZES[1]),
        ("photographs", WORDS.to_owned(), vec![photo(100 << 10), photo(1), photo(4)], SIZES[1]),
    ] {
        let sealed = envelope::seal(&public, envelope::content(&text, &photos)).unwrap();
        assert_eq!(sealed.len(), size, "{name}");
        assert_ne!(sealed, envelope::seal(&public, envelope::content(&text, &photos)).unwrap(), "{name}: sealed twice, it differs");
        assert_eq!(envelope::open(&secret, &sealed), Ok((text, photos)), "{name}");
        assert_eq!(envelope::open(&other, &sealed), Err(Fault::Closed), "{name}: with another key");
    }
    let three = envelope::content(WORDS, &vec![photo(15 << 20); 3]);
    assert_eq!(envelope::seal(&public, three), Err(Fault::TooLarge));
    let sealed = envelope::seal(&public, envelope::content(WORDS, &[])).unwrap();
    for at in [0, 12, 13, 44, 45, 60_000, SIZES[0] - 1] {
        let mut damaged = sealed.clone();
        damaged[at] ^= 1;
        assert_eq!(envelope::open(&secret, &damaged), Err(Fault::Closed), "byte {at}");
    }
    for cut in [0, 13, 44, 61, SIZES[0] - 1] {
        assert_eq!(envelope::open(&secret, &sealed[..cut]), Err(Fault::Closed), "{cut} bytes");
    }
    assert_eq!(envelope::open(&secret, &envelope::seal(&public, Vec::new()).unwrap()), Err(Fault::Closed), "nothing was said");
    for text in ["", "key", "AAAA", &"A".repeat(4_000)] {
        assert_eq!(PublicKey::read(text), Err(Fault::BadKey), "{text}");
    }
    assert_eq!(PublicKey::read(&public.text()), Ok(public));
    assert!(SecretKey::read(&public.text()).is_err(), "a public key is no secret one");
    assert_eq!(public.fingerprint().len(), 39);
}

#[test]
fn rules() {
    let (key, other) = (SecretKey::generate().1.text(), SecretKey::generate().1.text());
    let forward = |by: &str| State { put_forward: Some((key.clone(), by.into())), ..State::default() };
    let put = |key: &str| Command::PutKeyForward { key: key.into() };
    let adopt = |key: &str| Command::AdoptKey { key: key.into() };
    let leave = || Command::Leave { envelope: "e".into(), bytes: 65_536 };
    let left = || State { has_left: true, ..State::default() };
    let fetched = || State { is_fetched: true, ..left() };
    let opened = || State { is_confirmed: true, ..fetched() };
    let removed = || State { is_removed: true, ..opened() };
    let fetch = || Command::Fetch { envelope: "e".into() };
    let confirm = || Command::Confirm { envelope: "e".into() };
    let remove = || Command::Remove { envelope: "e".into() };
    let in_force = || State { key: Some(key.clone()), ..State::default() };
    type Case<'a> = (&'a str, State, Command, &'a str, Result<(&'a str, Fact), Refused>);
    let cases: Vec<Case> = vec![
        ("a key", State::default(), put(&key), "admin", Ok((KEY, Fact::KeyPutForward { key: key.clone() }))),
        ("with blanks round it", State::default(), put(&format!(" {key}\n")), "admin", Ok((KEY, Fact::KeyPutForward { key: key.clone() }))),
        ("no key", State::default(), put("key"), "admin", Err(Refused::BadKey)),
        ("the same again", in_force(), put(&key), "admin", Err(Refused::KeyInForce)),
        ("another", in_force(), put(&other), "admin", Ok((KEY, Fact::KeyPutForward { key: other.clone() }))),
        ("adopted", forward("admin"), adopt(&key), "security", Ok((KEY, Fact::KeyAdopted { key: key.clone() }))),
        ("adopted by whoever put it forward", forward("security"), adopt(&key), "security", Err(Refused::OwnKey)),
        ("adopted and another was put forward", forward("admin"), adopt(&other), "security", Err(Refused::NotPutForward)),
        ("adopted out of nothing", State::default(), adopt(&key), "security", Err(Refused::NotPutForward)),
        ("an envelope", State::default(), leave(), "", Ok(("e", Fact::Left { bytes: 65_536 }))),
        ("said by a person", State::default(), leave(), "wang", Err(Refused::MayNot)),
        ("said twice", left(), leave(), "", Err(Refused::HasLeft)),
        ("fetched", left(), fetch(), "ji", Ok(("e", Fact::Fetched {}))),
        ("opened and never fetched", left(), confirm(), "ji", Err(Refused::NotFetched)),
        ("opened", fetched(), confirm(), "ji", Ok(("e", Fact::Confirmed {}))),
        ("opened twice", opened(), confirm(), "ji", Err(Refused::HasConfirmed)),
        ("removed before it was opened", fetched(), remove(), "admin", Err(Refused::NotConfirmed)),
        ("removed", opened(), remove(), "admin", Ok(("e", Fact::Removed {}))),
        ("removed twice", removed(), remove(), "admin", Err(Refused::HasGone)),
        ("fetched when it is gone", removed(), fetch(), "ji", Err(Refused::HasGone)),
    ];
    for (name, state, command, who, expected) in cases {
        let actor = if who.is_empty() { Actor::System } else { Actor::Account(who.into()) };
        let now = NOW.parse().unwrap();
        let came = decide(&state, &command, &Context { actor, now, today: civil_date(now) });
        let came = came.map(|mut drafts| drafts.remove(0));
        assert_eq!(came.as_ref().map(|draft| (draft.subject.as_str(), draft.fact.clone())).map_err(Clone::clone), expected, "{name}");
        assert!(came.is_ok_and(|draft| draft.place == "-") || expected.is_err(), "{name}: a lead has no place");
    }
}

/// A form with photographs.
async fn hand_over(site: &TestSite, who: &str, id: &str, words: &str, photos: &[&[u8]]) -> Page {
    let token = site.form_token(who);
    let mut body = Vec::new();
    for (name, value) in [("form_token", token.as_str()), ("request_id", id), ("lead_text", words)] {
        body.extend(format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes());
    }
    for photo in photos {
        body.extend(b"--x\r\nContent-Disposition: form-data; name=\"photos\"; filename=\"p.jpg\"\r\n\r\n".iter());
        body.extend(photo.iter().chain(b"\r\n"));
    }
    body.extend(b"--x--\r\n");
    site.post_bytes(who, "/leads", "multipart/form-data; boundary=x", body).await
}

/// The usual cast with a person of every role over everything, `ji` of the discipline inspection body among them.
async fn with_every_role(site: TestSite) -> TestSite {
    let mut site = site.with_cast().await;
    for (role, name) in Role::ALL {
        site.person(if role == Role::DisciplineInspection { "ji" } else { name }, role, None).await;
    }
    site
}

async fn adopt(site: &TestSite, key: &PublicKey) {
    let (key, fingerprint) = (key.text(), key.fingerprint());
    assert_eq!(site.post("system_admin", "/leads/key", &[("lead_key", &key)]).await.status, 303);
    let page = site.get("security_admin", "/leads/key").await;
    assert!(page.texts("dl.facts code").contains(&fingerprint), "{}", page.body);
    assert_eq!(site.post("security_admin", "/leads/key/adopt", &[("lead_key", &key)]).await.status, 303);
}

fn codes(page: &Page) -> (u16, Vec<String>) {
    (page.status.as_u16(), page.texts(".summary .quiet"))
}

on_both_databases!(two_administrators_set_the_key_and_without_one_nothing_is_taken, |site| async move {
    let site = with_every_role(site).await;
    let head = site.site.head();
    assert_eq!(codes(&hand_over(&site, "inspector", "lead-00001", WORDS, &[]).await), (422, vec!["E-207".to_owned()]));
    assert!(site.get("inspector", "/leads").await.texts("#field-lead_text").is_empty(), "there is no form");
    timers::once(&site.site).await.unwrap();
    let conn = &mut site.site.reader().await.unwrap();
    assert_eq!((store::unfetched_bytes(conn).await.unwrap(), store::envelopes(conn).await.unwrap()), (0, vec![]));
    let first = SecretKey::generate().1;
    // Base64 may begin as a formula does.
    let second = std::iter::repeat_with(|| SecretKey::generate().1).find(|key| key.text().starts_with('+')).unwrap();
    // Zero and one are points to which nothing can be sealed.
    for bad in ["key", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="] {
        assert_eq!(codes(&site.post("system_admin", "/leads/key", &[("lead_key", bad)]).await), (422, vec!["E-201".to_owned()]));
    }
    for who in ["security_admin", "ji", "leader", "inspector", "contractor", "audit_admin"] {
        assert_eq!(site.post(who, "/leads/key", &[("lead_key", &first.text())]).await.status, 404, "{who} puts no key forward");
        assert_eq!(site.post("system_admin", "/leads/key/adopt", &[("lead_key", &first.text())]).await.status, 404);
    }
    let sealed_facts = site.site.head() - head;
    adopt(&site, &first).await;
    assert_eq!(site.site.head() - head - sealed_facts, 2);
    assert_eq!(codes(&site.post("security_admin", "/leads/key/adopt", &[("lead_key", &first.text())]).await), (409, vec!["E-203".to_owned()]));
    // Whoever writes sees to whom, and that it is new; a change is open to everybody who may write.
    let page = site.get("inspector", "/leads").await;
    assert!(page.texts("main p code").contains(&first.fingerprint()) && page.texts("p.notice").len() == 1, "{}", page.body);
    adopt(&site, &second).await;
    let page = site.get("inspector", "/leads/key").await;
    assert_eq!(page.texts("tbody td:nth-child(5)"), ["security_admin", "system_admin", "security_admin", "system_admin"]);
    assert_eq!(page.texts("tbody td code")[0], second.fingerprint());
    assert_eq!(site.get("contractor", "/leads/key").await.status, 404);
    site.site.clock.advance(site.site.clock.now() + jiff::Span::new().hours(24 * 31));
    assert_eq!(site.get("inspector", "/leads").await.texts("p.notice").len(), 0);
    site
});

on_both_databases!(a_lead_reaches_its_recipient_once_with_a_receipt, |site| async move {
    let site = with_every_role(site).await;
    let (secret, public) = SecretKey::generate();
    adopt(&site, &public).await;
    for (words, photos, code) in [(" ", vec![], "E-208"), (WORDS, vec![&b"MZ no picture"[..]], "E-210")] {
        let page = hand_over(&site, "inspector", "lead-00000", words, &photos).await;
        assert_eq!(codes(&page), (422, vec![code.to_owned()]));
        assert_eq!(page.texts("#field-lead_text"), [words.trim()], "what was typed is there");
    }
    let photos = [PHOTO, PHOTO];
    let page = hand_over(&site, "inspector", "lead-00001", WORDS, &photos).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let hash = page.texts("dl.facts code")[0].clone();
    let again = hand_over(&site, "inspector", "lead-00001", WORDS, &photos).await;
    assert_eq!(again.texts("dl.facts code"), [hash.as_str()], "sent twice it is one");
    let other = hand_over(&site, "inspector", "lead-00001", "- something else", &[]).await.texts("dl.facts code")[0].clone();
    assert_ne!(other, hash, "other words are another, whatever their id");
    let ask = |hash: &str| [("receipt_hash", hash.to_owned())];
    let look = async |hash: &str| {
        let fields = ask(hash);
        site.post("auditor", "/leads/receipt", &[(fields[0].0, &fields[0].1)]).await
    };
    assert_eq!(codes(&look(&hash).await), (422, vec!["E-212".to_owned()]));
    timers::once(&site.site).await.unwrap();
    timers::once(&site.site).await.unwrap();
    let all = store::envelopes(&mut site.site.reader().await.unwrap()).await.unwrap();
    assert_eq!(all.len(), 2);
    let left = all.iter().find(|one| one.sha256 == hash).unwrap();
    assert_eq!(look(&hash.to_uppercase()).await.texts("dl.facts dd"), [hash.clone(), format!("№ {}", left.number)]);
    // The recipient sees numbers and sizes, and each download is a fact of theirs.
    let page = site.get("ji", "/leads/envelopes").await;
    assert_eq!(page.texts("tbody td.number").len(), 6);
    assert!(!page.body.contains(&hash) && page.texts("tbody td:nth-child(2)").iter().all(|size| size == "64 KB"));
    let path = format!("/leads/envelopes/{}/fetch", left.number);
    for who in ["leader", "inspector", "system_admin", "security_admin", "audit_admin", "auditor"] {
        assert_eq!(site.post(who, &path, &[]).await.status, 404, "{who}");
        assert_eq!(site.get(who, "/leads/envelopes").await.status, 404, "{who}");
    }
    let head = site.site.head();
    let sealed = site.post("ji", &path, &[]).await;
    assert_eq!((sealed.status.as_u16(), site.site.head() - head, sha256_hex(&sealed.bytes)), (200, 1, hash.clone()));
    assert_eq!(envelope::open(&secret, &sealed.bytes), Ok((WORDS.to_owned(), photos.map(<[u8]>::to_vec).to_vec())));
    assert_eq!(site.post("ji", "/leads/envelopes/1/fetch", &[]).await.status, 404, "another fact is no envelope");
    assert!(site.get("ji", "/leads/envelopes").await.texts("tbody td:nth-child(3)").contains(&"1".to_owned()));
    // Opened, it may be removed by the administrator: two people, two facts, and the bytes are gone.
    let number = left.number.to_string();
    let removal = [("number", number.as_str())];
    assert_eq!(site.get("system_admin", "/leads/opened").await.texts("ul.rows li").len(), 0, "what nobody has opened is not there");
    assert_eq!(site.post("system_admin", "/leads/opened", &removal).await.status, 404);
    let unopened = site.get("ji", "/leads/envelopes").await.attributes("form[action$='/fetch']", "action").into_iter().find(|action| *action != path).unwrap();
    assert_eq!(site.post("ji", &unopened.replace("/fetch", "/confirm"), &[]).await.texts(".summary .quiet"), ["E-213"]);
    let confirm = path.replace("/fetch", "/confirm");
    for who in ["leader", "inspector", "system_admin", "security_admin", "auditor"] {
        assert_eq!(site.post(who, &confirm, &[]).await.status, 404, "{who}");
    }
    assert_eq!(site.post("ji", &confirm, &[]).await.status, 303);
    assert_eq!(site.post("ji", &confirm, &[]).await.texts(".summary .quiet"), ["E-214"]);
    for who in ["ji", "leader", "inspector", "security_admin", "auditor"] {
        assert_eq!(site.get(who, "/leads/opened").await.status, 404, "{who}");
        assert_eq!(site.post(who, "/leads/opened", &removal).await.status, 404, "{who}");
    }
    let page = site.get("system_admin", "/leads/opened").await;
    assert!(page.texts("ul.rows li").len() == 1 && !page.body.contains(&hash), "{}", page.body);
    let stored = async || store::content(&mut site.site.reader().await.unwrap(), &hash).await.unwrap();
    assert!(stored().await.is_some());
    assert_eq!(site.post("system_admin", "/leads/opened", &removal).await.status, 303);
    assert!(stored().await.is_none());
    assert_eq!(site.post("system_admin", "/leads/opened", &removal).await.texts(".summary .quiet"), ["E-216"]);
    assert_eq!(site.post("ji", &path, &[]).await.texts(".summary .quiet"), ["E-216"]);
    timers::once(&site.site).await.unwrap();
    assert_eq!(look(&hash).await.texts("dl.facts dd"), [hash.clone(), format!("№ {number}")], "its receipt still stands");
    // On the recipient's machine.
    let folder = tempfile::tempdir().unwrap();
    let (file, envelope) = (folder.path().join("key"), folder.path().join("lead.sealed"));
    std::fs::write(&file, secret.line()).unwrap();
    std::fs::write(&envelope, &sealed.bytes).unwrap();
    let output = folder.path().join("opened");
    command::leads::run(&command::leads::Leads::Open { key: file, envelope, output: Some(output.clone()) }).unwrap();
    assert_eq!(std::fs::read_to_string(output.join("text.txt")).unwrap(), format!("{WORDS}\n"));
    assert_eq!(std::fs::read(output.join("photo-2.jpg")).unwrap(), PHOTO);
    site
});

/// Everything the database holds, as bytes in which words would be found.
async fn everything(site: &TestSite) -> Vec<u8> {
    let mut conn = site.site.db.writer().await.unwrap();
    match conn.dialect() {
        Dialect::Sqlite => {
            let file = conn.row("SELECT file FROM pragma_database_list", &[]).await.unwrap().unwrap().text(0).unwrap();
            [file.clone(), format!("{file}-wal")].iter().flat_map(|file| std::fs::read(file).unwrap_or_default()).collect()
        }
        Dialect::Postgres => {
            conn.script("SET xmlbinary TO hex".into()).await.unwrap();
            let sql = "SELECT string_agg(query_to_xml(format('SELECT * FROM %I', tablename), true, false, '')::text, '') FROM pg_tables WHERE schemaname = current_schema()";
            conn.row(sql, &[]).await.unwrap().unwrap().text(0).unwrap().into_bytes()
        }
    }
}

fn holds(haystack: &[u8], needle: &str) -> bool {
    let hex: String = needle.bytes().map(|byte| format!("{byte:02X}")).collect();
    [needle.as_bytes(), hex.as_bytes()].iter().any(|needle| haystack.windows(needle.len()).any(|window| window == *needle))
}

on_both_databases!(nobody_finds_a_trace_of_a_lead, |site| async move {
    let site = with_every_role(site).await;
    adopt(&site, &SecretKey::generate().1).await;
    let page = hand_over(&site, "inspector", "lead-00001", WORDS, &[PHOTO]).await;
    let hash = page.texts("dl.facts code")[0].clone();
    assert!(!page.body.contains("whispered"));
    timers::once(&site.site).await.unwrap();
    // Of every role, every page there is.
    let routes = addresses("get(");
    assert!(routes.len() > 120, "{} routes were read", routes.len());
    let everybody: Vec<(&str, &[Verb])> = Role::ALL.iter().map(|(role, name)| (if *name == "discipline_inspection" { "ji" } else { *name }, role.verbs())).collect();
    let mut seen = 0;
    for (who, verbs) in everybody.into_iter().chain([("", &[][..])]) {
        // A stream of events never ends.
        for route in routes.iter().filter(|route| *route != "/wall/events") {
            let address = filled(route, "ours");
            let page = site.get(who, &address).await;
            assert_ne!(page.status, 500, "{who} at {address}");
            seen += usize::from(page.status == 200);
            for trace in ["whispered", &hash] {
                assert!(!page.body.contains(trace), "{who} finds `{trace}` at {address}");
            }
            let leads = page.attributes("a[href^='/leads']", "href");
            let may = |verb| verbs.contains(&verb);
            assert!(leads.is_empty() || [Verb::Refer, Verb::Receive, Verb::Administer, Verb::Secure].into_iter().any(may), "{who} is led to leads from {address}");
        }
    }
    assert!(seen > 600, "{seen} pages were shown");
    let page = site.get("auditor", "/ledger").await;
    let rows: Vec<String> = page.texts("tbody tr").into_iter().filter(|row| row.contains("leads.left")).collect();
    assert!(rows.len() == 1 && rows[0].contains("65536") && !rows[0].contains("inspector"), "auditors see that one left: {rows:?}");
    for asked in [format!("/facts?subject={hash}"), format!("/search?q={hash}"), "/leads/envelopes?as_of=1".to_owned()] {
        for who in ["builder", "stranger", "system_admin"] {
            let page = site.get(who, &asked).await;
            assert!(!page.body.contains("65536"), "{who} asks for {asked}");
        }
    }
    // Nor in the database: not in its pages, not in its log, not in a table.
    let everything = everything(&site).await;
    assert!(holds(&everything, &hash), "it was looked at");
    assert!(!holds(&everything, "whispered"), "plain words were written down");
    site
});
