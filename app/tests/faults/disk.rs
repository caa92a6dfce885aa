//! The disk fails: it does not keep what was written, or it is full.

use crate::photographs::Piece;
use crate::server::{self, Cast, Line, Server, as_root, on_sqlite_in, organisation};
use crate::{chance, rounds};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use std::io::Write;
use std::process::Command;

/// The server with every call that asks the disk to keep something counted, and answered with an error from one on: it alone, or
/// it and all after it. Calls are counted for each thread; the server's door changes between two.
fn with_errors(place: &server::Place, call: usize, is_for_good: bool) -> Command {
    let when = if is_for_good { "+" } else { "" };
    let mut command = Command::new("strace");
    command.args(["-f", "--seccomp-bpf", "-o", "/dev/null", "-e", "trace=fsync,fdatasync", "-e"]);
    command.arg(format!("inject=fsync,fdatasync:error=EIO:when={call}{when}"));
    command.arg(env!("CARGO_BIN_EXE_guatu")).arg("serve");
    place.told(&mut command);
    command
}

/// Calls of a thread that fail, one after the other.
const CALLS: usize = 100;

/// Lets the disk fail at one call after the other, each time of a server that goes on where the one before ended.
fn fail_at_each_call(is_for_good: bool) {
    let disk = Disk::of_mb(64);
    let (place, cast) = on_sqlite_in(disk.0.path());
    let mut acknowledged = Vec::new();
    let next = |acknowledged: &[String]| format!("not-kept-{:05}", acknowledged.len());
    for call in 1..=CALLS {
        let ended = match Server::tried(&mut with_errors(&place, call, is_for_good)) {
            Err(code) => code,
            Ok(server) => {
                let mut line = Line::to(&place);
                // The first that is asked for is the one that was not kept when the server before ended.
                while let Some(answer) =
                    line.sent(&cast.office.form(&place, "/organisations", &organisation(&next(&acknowledged))))
                {
                    if answer.status == 500 {
                        break;
                    }
                    assert_eq!(answer.status, 303, "{call}: {}", answer.body);
                    acknowledged.push(next(&acknowledged));
                }
                server.ended()
            }
        };
        assert_eq!(ended, Some(1), "call {call}, for good: {is_for_good}");
    }
    let server = Server::start(&place);
    let last = next(&acknowledged);
    cast.office.register(&mut Line::to(&place), &last);
    acknowledged.push(last);
    server.stop();
    println!("{} facts were kept between errors", acknowledged.len());
    place.holds_each_once(&acknowledged);
    place.is_sound(&[]);
}

#[test]
fn a_disk_that_does_not_keep_ends_the_server_before_it_says_yes() {
    std::thread::scope(|scope| {
        for is_for_good in [false, true] {
            scope.spawn(move || fail_at_each_call(is_for_good));
        }
    });
}

/// Somebody who records organisations, or brings photographs, until the disk is full.
struct Writer<'a> {
    cast: &'a Cast,
    line: Line<'a>,
    chance: ChaCha8Rng,
    acknowledged: Vec<String>,
}

impl Writer<'_> {
    /// Records one. Whether there was room.
    fn records(&mut self, id: &str) -> bool {
        let form = self.cast.office.form(self.line.place, "/organisations", &organisation(id));
        let answer = self.line.sent(&form).expect("an answer");
        match answer.status {
            303 => self.acknowledged.push(id.to_owned()),
            507 => assert!(answer.body.contains(id), "what was typed stays"),
            other => panic!("{id}: {other} {}", answer.body),
        }
        answer.status == 303
    }

    /// Brings one. Whether there was room.
    fn brings_a_photograph(&mut self) -> bool {
        let piece = Piece::by_chance(&self.cast.inspector, &mut self.chance);
        let status = piece.status_of_whole(&mut self.line);
        assert!([200, 507].contains(&status), "{status}");
        assert_eq!(piece.held(&mut self.line).1, status == 200);
        status == 200
    }

    /// Writes until nothing more finds room: first what is recorded in one round, photographs in another.
    fn fills(&mut self, round: usize) {
        for at in 0..400 {
            let had_room = if round.is_multiple_of(2) {
                self.records(&format!("filling-{round}-{at:03}"))
            } else {
                self.brings_a_photograph()
            };
            if !had_room {
                return;
            }
        }
        panic!("{round}: the disk is full and nobody is told");
    }
}

#[test]
fn a_full_disk_takes_nothing_new_lets_people_in_and_goes_on_by_itself() {
    let times = rounds(100);
    let disk = Disk::of_mb(rounds(64));
    let (place, cast) = on_sqlite_in(disk.0.path());
    let server = Server::start(&place);
    let filler = disk.0.path().join("filler");
    let mut writer = Writer { cast: &cast, line: Line::to(&place), chance: chance(2), acknowledged: Vec::new() };
    let mut chance = chance(3);
    for round in 0..times {
        // So many bytes are left to whoever writes next: each round it ends at another step.
        fill(&filler, chance.random_range(0..60) * 1024);
        writer.fills(round);
        assert!(!writer.records(&format!("refused-{round}")), "{round}: recorded on a full disk");
        assert!(!writer.brings_a_photograph(), "{round}: a photograph takes the room of logins");
        assert_eq!(cast.office.get(&place, "/organisations").unwrap().status, 200, "{round}: people read on");
        // More often within minutes it would take them for somebody who guesses.
        if round.is_multiple_of(times / 4) {
            let login = [("login", "office-1"), ("password", "a sentence long enough to keep")];
            let entered = server::nobody().post(&place, "/login", &login).unwrap();
            assert_eq!(entered.status, 303, "{round}: people are let in: {}", entered.body);
        }
        std::fs::remove_file(&filler).unwrap();
        assert!(writer.records(&format!("while-full-{round}")), "{round}: it does not go on by itself");
    }
    server.stop();
    place.holds_each_once(&writer.acknowledged);
    place.is_sound(&[]);
}

/// A small disk of its own, in memory.
struct Disk(tempfile::TempDir);

impl Disk {
    fn of_mb(size: usize) -> Disk {
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
