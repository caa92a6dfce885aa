//! Killed at any instant: a program that writes one fact and says so, and a server under load.

use crate::server::{Person, Place, Server, on_sqlite, said, under_load};
use crate::{chance, pause, rounds};
use rand::RngExt;
use rusqlite::Connection;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A plan of one activity.
fn plan(name: &str) -> String {
    format!(
        r#"{{"format":"guatu-plan/1","name":"{name}","granularity":"day","start":"2026-06-01","activities":[{{"id":"A","duration":"5d"}}]}}"#
    )
}

/// What the program says of a plan that it has written down: the version, and the number of its fact.
fn receipt(said: &str) -> Option<(String, i64)> {
    let (version, rest) = said.split_once(": version ")?.1.split_once(", fact ")?;
    let number = rest.split(|other: char| !other.is_ascii_digit()).next()?.parse().ok()?;
    Some((version.to_owned(), number))
}

fn import(place: &Place) -> Command {
    let mut command = place.command();
    command.args(["import", "--project", "project-1", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    command
}

/// Imports a plan, and kills the program so long after it has read the plan and turns to the ledger. Its receipt, if it came
/// so far, and how long it was at work.
fn import_killed(place: &Place, plan: &str, after: Duration) -> (Option<(String, i64)>, Duration) {
    let mut child = import(place).stderr(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(plan.as_bytes()).unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut said = String::new();
    stdout.read_line(&mut said).unwrap();
    assert!(said.starts_with("1 activities"), "{said}");
    let begun = Instant::now();
    let reading = std::thread::spawn(move || {
        let mut said = String::new();
        stdout.read_to_string(&mut said).unwrap();
        (receipt(&said), begun.elapsed())
    });
    while begun.elapsed() < after && !reading.is_finished() {
        std::thread::sleep(Duration::from_micros(200));
    }
    // It may have ended by itself.
    drop(child.kill());
    child.wait().unwrap();
    reading.join().unwrap()
}

/// Imports a plan and lets the program be.
fn import_whole(place: &Place, plan: &str) -> (String, i64) {
    let mut child = import(place).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(plan.as_bytes()).unwrap();
    let done = child.wait_with_output().unwrap();
    receipt(&said(&done)).unwrap_or_else(|| panic!("{}", said(&done)))
}

/// Kills so many writers of one ledger. How many of them had a receipt.
fn kill_writers(times: usize, seed: u64) -> usize {
    let (_folder, place, _) = on_sqlite();
    let mut chance = chance(seed);
    let patience = Duration::from_secs(60);
    let spans = (0..5).map(|at| import_killed(&place, &plan(&format!("unhurt-{at}")), patience).1);
    let span = spans.max().unwrap().as_micros() as u64;
    let plans: Vec<String> = (0..times).map(|at| plan(&format!("killed-{at}"))).collect();
    let receipts: Vec<_> = plans
        .iter()
        .map(|plan| import_killed(&place, plan, Duration::from_micros(chance.random_range(0..span))).0)
        .collect();
    let file = Connection::open(place.folder.join("guatu.sqlite")).unwrap();
    let subject = |number: i64| -> Option<String> {
        file.query_row("SELECT subject FROM fact WHERE number = ?", [number], |row| row.get(0)).ok()
    };
    let kept = receipts.iter().flatten();
    let lost: Vec<_> = kept.clone().filter(|(version, number)| subject(*number).as_ref() != Some(version)).collect();
    assert!(lost.is_empty(), "receipts without a fact: {lost:?}");
    drop(file);
    // Whoever has no receipt asks again; that alone makes the history complete.
    let again = plans.iter().zip(&receipts).filter(|(_, receipt)| receipt.is_none());
    let again: Vec<_> = again.map(|(plan, _)| import_whole(&place, plan)).collect();
    place.holds_each_once(&kept.clone().chain(&again).map(|(version, _)| version.clone()).collect::<Vec<_>>());
    place.is_sound(&[]);
    kept.count()
}

#[test]
fn nothing_acknowledged_is_lost_when_its_writer_is_killed() {
    let each = rounds(250);
    let acknowledged: usize = std::thread::scope(|scope| {
        let running = [1, 2].map(|seed| scope.spawn(move || kill_writers(each, seed)));
        running.into_iter().map(|one| one.join().unwrap()).sum()
    });
    println!("{} writers were killed, {acknowledged} of them after they had said yes", 2 * each);
    assert!(acknowledged > 0 && acknowledged < 2 * each, "{acknowledged} of {} is no race", 2 * each);
}

/// The signed head, as somebody outside keeps it.
fn note(place: &Place, person: &Person) -> Option<String> {
    person.get(place, "/ledger/checkpoint").filter(|answer| answer.status == 200).map(|answer| answer.body)
}

#[test]
fn nothing_acknowledged_is_lost_when_the_server_is_killed() {
    let (_folder, place, cast) = on_sqlite();
    let (times, mut chance) = (rounds(50), chance(1));
    let clients = [(&place, &cast.office); 16];
    let (acknowledged, (server, notes, longest)) = under_load(&clients, "killed", || {
        let (mut notes, mut longest) = (Vec::new(), Duration::ZERO);
        for _ in 0..times {
            let begun = Instant::now();
            let server = Server::start(&place);
            longest = longest.max(begun.elapsed());
            pause(chance.random_range(20..400));
            notes.extend(note(&place, &cast.office));
            server.kill();
        }
        (Server::start(&place), notes, longest)
    });
    server.stop();
    println!("{} facts in {times} lives; ready again after {longest:?} at most", acknowledged.len());
    assert!(acknowledged.len() > times, "{} facts are no load", acknowledged.len());
    assert!(longest < Duration::from_secs(30), "{longest:?} until it is ready again");
    place.holds_each_once(&acknowledged);
    // Each costs a verification.
    place.is_sound(&notes.into_iter().step_by(times / 4).collect::<Vec<_>>());
}
