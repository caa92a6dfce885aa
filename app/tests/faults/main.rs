//! What must hold when something breaks: `docs/faults.md` says which fault is provoked where. Here the real program runs as a
//! child process, its clients send again what was not answered, and another process checks what stands afterwards.

#![allow(clippy::unwrap_used, reason = "a test that cannot prepare its folder has failed")]

mod edits;
mod postgres;
mod server;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use server::{Person, Place, Server, as_root, on_sqlite, on_sqlite_in, organisation, sent, under_load};
use sha2::{Digest, Sha256};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::Stdio;
use std::sync::Barrier;
use std::time::Duration;

/// Chance that is the same in every run, so that what fails fails again.
fn chance(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

fn pause(ms: u64) {
    std::thread::sleep(Duration::from_millis(ms));
}

/// The signed head, as somebody outside keeps it.
fn note(place: &Place, person: &Person) -> Option<String> {
    person.get(place, "/ledger/checkpoint").filter(|answer| answer.status == 200).map(|answer| answer.body)
}

#[test]
fn nothing_acknowledged_is_lost_when_the_server_is_killed() {
    let (_folder, place, cast) = on_sqlite();
    let mut chance = chance(1);
    let clients = [(&place, &cast.office); 8];
    let (acknowledged, (server, notes)) = under_load(&clients, "killed", || {
        let mut notes = Vec::new();
        for _ in 0..50 {
            let server = Server::start(&place);
            pause(chance.random_range(20..400));
            notes.extend(note(&place, &cast.office));
            server.kill();
        }
        (Server::start(&place), notes)
    });
    server.stop();
    assert!(acknowledged.len() > 100, "{} facts are no load", acknowledged.len());
    place.holds_each_once(&acknowledged);
    // Each costs a verification.
    place.is_sound(&notes.into_iter().step_by(12).collect::<Vec<_>>());
}

#[test]
fn a_disk_that_does_not_keep_ends_the_server_before_it_says_yes() {
    for (when, name) in [("1", "once"), ("1+", "for good")] {
        let (_folder, place, cast) = on_sqlite();
        let server = Server::start(&place);
        cast.office.register(&place, "before-the-fault");
        let mut broken = as_root("strace")
            .args(["-f", "-p", &server.id(), "-o", "/dev/null", "-e", "trace=fsync,fdatasync", "-e"])
            .arg(format!("inject=fsync,fdatasync:error=EIO:when={when}"))
            .stderr(Stdio::piped())
            .spawn()
            .expect("strace is installed by xtask/install");
        let attached = BufReader::new(broken.stderr.take().unwrap()).lines().map(Result::unwrap).next();
        assert!(attached.as_ref().is_some_and(|line| line.contains("attached")), "{attached:?}");
        let answer = cast.office.post(&place, "/organisations", &organisation("not-kept-1"));
        assert!(answer.is_none_or(|answer| answer.status == 500), "{name}: said yes to what is not on the disk");
        assert_eq!(server.ended(), Some(1), "{name}");
        drop(broken.wait());
        let server = Server::start(&place);
        cast.office.register(&place, "not-kept-1");
        server.stop();
        place.holds_each_once(&["before-the-fault".to_owned(), "not-kept-1".to_owned()]);
        place.is_sound(&[]);
    }
}

#[test]
fn a_full_disk_takes_nothing_new_lets_people_in_and_goes_on_by_itself() {
    let disk = Disk::of_mb(48);
    let (place, cast) = on_sqlite_in(disk.0.path());
    let server = Server::start(&place);
    let filler = disk.0.path().join("filler");
    let mut chance = chance(2);
    for round in 0..5 {
        let id = format!("while-full-{round}");
        // So many bytes are left to whoever writes next: each round it ends somewhere else.
        fill(&filler, chance.random_range(0..60) * 1024);
        let mut refused = 0;
        for at in 0..400 {
            let other = format!("{id}-{at:03}");
            let answer = cast.office.post(&place, "/organisations", &organisation(&other)).expect("an answer");
            if answer.status == 507 {
                assert!(answer.body.contains(&other), "what was typed stays");
                refused += 1;
                if refused == 3 {
                    break;
                }
            } else {
                assert_eq!(answer.status, 303, "{other}: {}", answer.body);
            }
        }
        assert_eq!(refused, 3, "{round}: the disk is full and nobody is told");
        assert_eq!(cast.office.get(&place, "/organisations").unwrap().status, 200, "{round}: people read on");
        let login = [("login", "office-1"), ("password", "a sentence long enough to keep")];
        let entered = server::nobody().post(&place, "/login", &login).unwrap();
        assert_eq!(entered.status, 303, "{round}: people are let in: {}", entered.body);
        std::fs::remove_file(&filler).unwrap();
        cast.office.register(&place, &id);
    }
    server.stop();
    place.holds_each_once(&(0..5).map(|round| format!("while-full-{round}")).collect::<Vec<_>>());
    place.is_sound(&[]);
}

/// A small disk of its own, in memory.
struct Disk(tempfile::TempDir);

impl Disk {
    fn of_mb(size: u32) -> Disk {
        let at = tempfile::tempdir().unwrap();
        let size = format!("size={size}m,mode=777");
        let mounted = as_root("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(at.path()).output().unwrap();
        assert!(mounted.status.success(), "a small disk cannot be mounted: {}", server::said(&mounted));
        Disk(at)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: a server that a failed test left is still on it.
        drop(as_root("umount").arg("-l").arg(self.0.path()).status());
    }
}

/// Fills a disk until so many bytes are left, about.
fn fill(file: &std::path::Path, left_bytes: u64) {
    let mut filler = std::fs::File::create(file).unwrap();
    let page = [1; 4096];
    while filler.write_all(&page).is_ok() {}
    let size = filler.metadata().unwrap().len();
    filler.set_len(size.saturating_sub(left_bytes)).unwrap();
}

#[test]
fn what_is_sent_fifty_times_at_once_is_one() {
    let (_folder, place, cast) = on_sqlite();
    let server = Server::start(&place);
    let ids: Vec<String> = (0..20).map(|at| format!("fifty-times-{at:02}")).collect();
    for id in &ids {
        let together = Barrier::new(50);
        let answers: Vec<_> = std::thread::scope(|scope| {
            let send = || {
                together.wait();
                let answer = cast.office.insist(&place, "/organisations", &organisation(id));
                (answer.status, answer.body)
            };
            let running: Vec<_> = (0..50).map(|_| scope.spawn(send)).collect();
            running.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert!(answers.iter().all(|answer| *answer == answers[0] && answer.0 == 303), "{id}: {answers:?}");
        let other = [("request_id", id.as_str()), ("name", "Another"), ("kind", "bank")];
        assert_eq!(
            cast.office.insist(&place, "/organisations", &other).status,
            409,
            "{id}: other words under its number"
        );
    }
    server.stop();
    place.holds_each_once(&ids);
    place.is_sound(&[]);
}

#[test]
fn a_lost_answer_is_asked_for_again_and_nothing_is_done_twice() {
    let (_folder, place, cast) = on_sqlite();
    let server = Server::start(&place);
    let ids: Vec<String> = (0..600).map(|at| format!("lost-answer-{at:03}")).collect();
    std::thread::scope(|scope| {
        for (seed, share) in (0..).zip(ids.chunks(150)) {
            let (place, office) = (&place, &cast.office);
            scope.spawn(move || {
                let mut chance = chance(seed);
                for id in share {
                    let mut line = TcpStream::connect(place.address).unwrap();
                    line.write_all(&office.form(place, "/organisations", &organisation(id))).unwrap();
                    std::thread::sleep(Duration::from_micros(chance.random_range(0..9_000)));
                    drop(line);
                    office.register(place, id);
                }
            });
        }
    });
    server.stop();
    place.holds_each_once(&ids);
    place.is_sound(&[]);
}

/// Who does it, the address of its form, and the fields.
type Step<'a> = (&'a Person, String, Vec<(&'static str, String)>);

/// A story of six steps by three people, each step possible only after the one before.
fn story<'a>(cast: &'a server::Cast, id: &str) -> [Step<'a>; 6] {
    let fields =
        |pairs: &[(&'static str, &str)]| pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    let draft = fields(&[
        ("request_id", id),
        ("source", "instruction"),
        ("reference", "No. 7"),
        ("title", "Power for the site"),
        ("content", "Bring power to the site"),
        ("about", "project-1"),
        ("lead", "the-firm"),
        ("limit", "city/urgent"),
        ("ladder", "huating"),
    ]);
    let step = |person: &'a Person, act: &str, more: &[(&'static str, &str)]| {
        let request = format!("{id}-{act}");
        let mut fields: Vec<(&'static str, String)> = fields(more);
        fields.push(("request_id", request));
        (person, format!("/orders/{id}/{act}"), fields)
    };
    [
        (&cast.office, "/orders/new".to_owned(), draft),
        step(&cast.chief, "approve", &[]),
        step(&cast.office, "issue", &[]),
        step(&cast.firm, "sign", &[]),
        step(&cast.firm, "report", &[("outcome", "Power is on"), ("evidence", "The meter runs")]),
        step(&cast.office, "close", &[("evidence", "Seen on the spot")]),
    ]
}

fn do_step(place: &Place, (person, path, fields): &Step<'_>) -> u16 {
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    person.insist(place, path, &fields).status
}

/// Every order of six things.
fn orders_of_six() -> Vec<Vec<usize>> {
    let mut found = vec![Vec::new()];
    for length in 0..6 {
        found = found
            .into_iter()
            .flat_map(|begun: Vec<usize>| {
                let free = (0..6).filter(|step| !begun.contains(step)).collect::<Vec<_>>();
                free.into_iter().map(move |step| [begun.clone(), vec![step]].concat())
            })
            .collect();
        assert!(found.iter().all(|one| one.len() == length + 1));
    }
    found
}

#[test]
fn a_story_in_any_of_its_720_orders_ends_the_same() {
    let (_folder, place, cast) = on_sqlite();
    let server = Server::start(&place);
    let all: Vec<(usize, Vec<usize>)> = orders_of_six().into_iter().enumerate().collect();
    assert_eq!(all.len(), 720);
    std::thread::scope(|scope| {
        for share in all.chunks(180) {
            let (place, cast) = (&place, &cast);
            scope.spawn(move || {
                for (at, order) in share {
                    let story = story(cast, &format!("story-{at:03}"));
                    let mut waiting = order.clone();
                    // What is refused is kept by whoever sent it and sent again: each round does one step at least.
                    for round in 0..6 {
                        waiting.retain(|step| {
                            let status = do_step(place, &story[*step]);
                            assert!([303, 403, 404, 409, 422].contains(&status), "{at} {order:?}: {status}");
                            status != 303
                        });
                        if waiting.is_empty() {
                            break;
                        }
                        assert!(round < 5, "{at} {order:?}: {waiting:?} are never done");
                    }
                }
            });
        }
    });
    server.stop();
    let file = rusqlite::Connection::open(place.folder.join("guatu.sqlite")).unwrap();
    let sql = "SELECT COUNT(*), COUNT(DISTINCT kinds) FROM (SELECT group_concat(kind) AS kinds FROM
               (SELECT subject, kind FROM fact WHERE subject LIKE 'story-%' ORDER BY number) GROUP BY subject)";
    let ends: (i64, i64) = file.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    assert_eq!(ends, (720, 1), "orders, and different histories of one");
    drop(file);
    place.is_sound(&[]);
}

#[test]
fn half_a_photograph_is_never_whole() {
    let (_folder, place, cast) = on_sqlite();
    let server = Server::start(&place);
    let mut chance = chance(3);
    let inspector = &cast.inspector;
    for at in 0..100 {
        let bytes: Vec<u8> = (0..chance.random_range(2_000..40_000)).map(|_| chance.random()).collect();
        let hash: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let address = format!("/phone/pieces/{hash}");
        let put = |from: usize, part: &[u8]| {
            inspector.by_phone(&place, &format!("PUT {address}?from={from}&size={}", bytes.len()), part)
        };
        let held = || {
            let answer = inspector.get(&place, &address).unwrap();
            let said: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
            (said["held"].as_u64().unwrap() as usize, said["is_whole"] == true)
        };
        // A first part comes whole, the second is cut at any byte of its request.
        let first = chance.random_range(1..bytes.len());
        assert_eq!(sent(&place, &put(0, &bytes[..first])).unwrap().status, 200);
        let request = put(first, &bytes[first..]);
        let cut = chance.random_range(0..request.len());
        let mut line = TcpStream::connect(place.address).unwrap();
        line.write_all(&request[..cut]).unwrap();
        drop(line);
        assert_eq!(held(), (first, false), "{at}: cut at {cut} of {}", request.len());
        // Of the right length and with other bytes it is refused, and comes again from the beginning.
        if at % 4 == 0 {
            let wrong: Vec<u8> = bytes[first..].iter().map(|byte| byte ^ 1).collect();
            assert_eq!(sent(&place, &put(first, &wrong)).unwrap().status, 422, "{at}");
            assert_eq!(held(), (0, false), "{at}");
            assert_eq!(sent(&place, &put(0, &bytes[..first])).unwrap().status, 200);
        }
        assert_eq!(sent(&place, &put(first, &bytes[first..])).unwrap().status, 200);
        assert_eq!(held(), (bytes.len(), true), "{at}");
    }
    server.stop();
    place.is_sound(&[]);
}
