//! Cases of the demonstration: its size, that a seed decides it, and that its door exists nowhere else.

use super::district::{District, invent};
use super::{Bar, Teller, orders, story};
use crate::clock::Clock;
use crate::db::Db;
use crate::features::identity::{self, model as people, session};
use crate::features::orders::known::Known;
use crate::features::orders::model::Stage;
use crate::features::orders::store;
use crate::features::places::model::Kind;
use crate::journal::Submission;
use crate::journal::domain::Permit;
use crate::serve;
use crate::web::{self, Site};
use jiff::civil::date;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn district(seed: u64) -> District {
    invent(&mut ChaCha8Rng::seed_from_u64(seed))
}

#[test]
fn the_district_has_the_promised_size_and_every_kind_of_organisation() {
    let district = district(7);
    let count = |kind: Kind| district.levels.iter().flatten().filter(|plot| plot.kind == kind).count();
    assert_eq!((district.projects.len(), count(Kind::Zone), count(Kind::Parcel)), (12, 3, 60));
    assert_eq!(count(Kind::Building) + count(Kind::Facility), 400);
    assert!((50..=75).contains(&district.people.len()), "{} people", district.people.len());
    for (kind, name) in crate::features::organisations::model::Kind::ALL {
        assert!(district.organisations.iter().any(|one| one.kind == kind), "no {name}");
    }
    let mut names: Vec<&str> = district.people.iter().map(|person| person.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), district.people.len(), "every invented person has a name of their own");
}

#[test]
fn a_seed_decides_everything() {
    assert_eq!(format!("{:?}", district(7)), format!("{:?}", district(7)));
    assert_ne!(format!("{:?}", district(7)), format!("{:?}", district(8)));
}

/// Whatever day it is, the story of orders keeps the rules, holidays and all, and tells of every kind of end.
#[tokio::test(flavor = "multi_thread")]
async fn orders_are_told_on_any_day() {
    let days = [
        date(2026, 1, 4),
        date(2026, 2, 20),
        date(2026, 3, 31),
        date(2026, 5, 6),
        date(2026, 8, 9),
        date(2026, 10, 6),
        date(2027, 1, 2),
    ];
    for today in days {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open_sqlite(&folder.path().join("guatu.sqlite")).await.unwrap();
        let opened = serve::open(db, folder.path(), Clock::rehearsal(story::begin(today))).await.unwrap();
        let Site { journal, db, domain, signer, clock, .. } = &opened.site;
        let mut teller = Teller { journal, db, domain, signer, clock, seed: 7, asked: 0, bar: Bar::new(1) };
        let district = district(7);
        story::found(&mut teller, &district, today).await.unwrap();
        let orders = orders::Orders::read().unwrap();
        for ago in (1..=story::BEGIN).rev() {
            let on = story::day(today, -ago);
            teller.stand_at(on, 8);
            orders.ring(&mut teller).await.unwrap();
            orders
                .work(&mut teller, &district, on, ago)
                .await
                .unwrap_or_else(|fault| panic!("{today}, {ago} days before: {fault:#}"));
        }
        teller.stand_at(today, 8);
        orders.ring(&mut teller).await.unwrap();
        let told = store::orders(&mut db.reader().await.unwrap(), store::Which::All).await.unwrap();
        let now = crate::clock::civil(clock.now());
        let count = |is: &dyn Fn(&Known) -> bool| told.iter().filter(|order| is(&order.known)).count();
        let ends = [
            ("in time", count(&|known| known.was_on_time(known.round) == Some(true))),
            ("late", count(&|known| known.was_on_time(known.round) == Some(false))),
            (
                "overdue",
                count(&|known| {
                    known.stage.is_open() && known.budget(known.round).is_some_and(|budget| budget.is_over(now))
                }),
            ),
            ("stopped", count(&|known| known.stage == Stage::Paused)),
            ("to be judged", count(&|known| known.stage == Stage::Reported)),
            ("to be signed for", count(&|known| known.stage == Stage::Issued)),
            ("sent back", count(&|known| known.is_returned() && known.stage.is_open())),
            ("prolonged", count(&|known| known.is_extended())),
            ("opened again", count(&|known| known.round == 2)),
            ("rungs that were missed", count(&|known| !known.due_rungs(now).is_empty())),
        ];
        for (name, count) in ends {
            assert_eq!(count == 0, name.contains("missed"), "{today}: {name} {count}");
        }
    }
}

/// A folder with one system administrator and one invented leader. Returns the site and the administrator's token.
async fn folder(name: &str, is_demo: bool) -> (Site, String, std::path::PathBuf) {
    let folder = std::env::temp_dir().join(format!("guatu-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let db = Db::open_sqlite(&folder.join("guatu.sqlite")).await.unwrap();
    if is_demo {
        serve::set_setting(&mut db.writer().await.unwrap(), "demo", "7").await.unwrap();
    }
    let clock = Clock::rehearsal("2026-11-20T02:00:00Z".parse().unwrap());
    let site = serve::open(db, &folder, clock).await.unwrap().site;
    let mut commands = Vec::new();
    for (account, role) in [("admin", people::Role::SystemAdmin), ("demo01", people::Role::Leader)] {
        commands.push(people::Command::CreateAccount { account: account.into(), organisation: None });
        let (post, account) = (format!("post-{account}"), account.to_owned());
        commands.push(people::Command::Grant { post, account, role, place: None, from: site.clock.today(), to: None });
    }
    for (at, command) in commands.into_iter().enumerate() {
        let submission = Submission {
            permit: Permit::system(),
            request_id: format!("request-{at}"),
            command: command.into(),
            documents: vec![],
        };
        site.journal.submit(submission).await.unwrap();
    }
    let token = session::open(&site.db, "admin", site.clock.machine()).await.unwrap();
    (site, token, folder)
}

/// Sends one request over a socket of this machine, as a form of the session's own pages would, and returns the answer's
/// text.
async fn ask(site: &Site, method: &str, path: &str, headers: &str) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = web::router(site.clone()).into_make_service_with_connect_info::<std::net::SocketAddr>();
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let session = headers.split_once("guatu_session=").and_then(|(_, rest)| rest.split("\r\n").next()).unwrap();
    let form = format!("form_token={}", session::form_token(session));
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {}\r\ncontent-type: application/x-www-form-urlencoded\r\n{headers}\r\n{form}",
        form.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    server.abort();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn the_administrator_of_a_demonstration_steps_into_a_post_by_a_form_only() {
    let (site, token, folder) = folder("demo-door", true).await;
    let own = format!("cookie: guatu_session={token}\r\nsec-fetch-site: same-origin\r\n");
    let foreign = format!("cookie: guatu_session={token}\r\nsec-fetch-site: cross-site\r\n");
    assert!(ask(&site, "GET", "/demo", &own).await.contains("/demo/demo01"));
    assert!(ask(&site, "GET", "/demo/demo01", &own).await.starts_with("HTTP/1.1 405"));
    assert!(ask(&site, "POST", "/demo/demo01", &foreign).await.starts_with("HTTP/1.1 403"), "from another site");
    assert!(ask(&site, "POST", "/demo/admin", &own).await.starts_with("HTTP/1.1 404"), "not an invented person");
    let stepped = ask(&site, "POST", "/demo/demo01", &own).await;
    assert!(stepped.starts_with("HTTP/1.1 303"), "{stepped}");
    let cookie = stepped.lines().find_map(|line| line.strip_prefix("set-cookie: guatu_session=")).unwrap();
    let token = cookie.split(';').next().unwrap();
    let mut conn = site.db.reader().await.unwrap();
    let account = identity::session::account_of(&mut conn, token, site.clock.machine()).await.unwrap();
    assert_eq!(account.as_deref(), Some("demo01"));
    let leader = format!("cookie: guatu_session={token}\r\nsec-fetch-site: same-origin\r\n");
    assert!(ask(&site, "GET", "/demo", &leader).await.starts_with("HTTP/1.1 404"), "a leader is no administrator");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn the_door_exists_in_no_other_folder() {
    let (site, token, folder) = folder("demo-no-door", false).await;
    let own = format!("cookie: guatu_session={token}\r\nsec-fetch-site: same-origin\r\n");
    for (method, path) in [("GET", "/demo"), ("POST", "/demo/demo01")] {
        assert!(ask(&site, method, path, &own).await.starts_with("HTTP/1.1 404"), "{method} {path}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
