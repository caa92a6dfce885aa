//! Two programs on one PostgreSQL: they race, one of them stands still, and the database itself goes away in the middle.

use crate::sending::sent_at_once;
use crate::server::{Cast, Line, Place, Server, is_root, said, settle, under_load};
use crate::stories::{Step, story};
use crate::{pause, rounds};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Barrier;
use std::time::{Duration, Instant};

/// The PostgreSQL of the tests, where there is one: `make test` always gives one.
fn given() -> Option<String> {
    std::env::var("TEST_PG_URL").inspect_err(|_| eprintln!("TEST_PG_URL is not set: `make test` sets it")).ok()
}

fn psql(url: &str, sql: &str) {
    let told = Command::new("psql").args([url, "-qc", sql]).output().unwrap();
    assert!(told.status.success(), "{}", said(&told));
}

/// A schema of one's own, and two places on it.
fn two_places(folder: &Path, url: &str, schema: &str) -> [Place; 2] {
    let schema = format!("{schema}_{}", std::process::id());
    psql(url, &format!("CREATE SCHEMA {schema}"));
    let mark = if url.contains('?') { '&' } else { '?' };
    let url = format!("{url}{mark}options=-c%20search_path%3D{schema}");
    [(); 2].map(|()| Place::new(folder, Some(url.clone())))
}

fn start_two(places: &[Place; 2]) -> ([Server; 2], Cast) {
    let first = Server::start(&places[0]);
    let cast = settle(&places[0], &first);
    ([first, Server::start(&places[1])], cast)
}

/// Orders that are raced for, and how often each goes round.
const ORDERS: usize = 420;
const TURNS: usize = 4;

/// One turn of an order that is issued: six steps that two people ask for at the same moment, one at each node. Afterwards it is
/// issued again. The words of who was faster stand on the page that the other is shown.
fn turn<'a>(cast: &'a Cast, order: &str, until: &str, turn: usize, node: usize) -> [(Step<'a>, Option<String>); 6] {
    let mark = format!("-{turn}-{node}");
    let step = |person, act, word: Option<&'static str>, more: &[(&'static str, &str)]| {
        let said = format!("{act} of node {node} in turn {turn}");
        let mut fields = more.to_vec();
        fields.extend(word.map(|word| (word, said.as_str())));
        (Step::of(person, order, act, &mark, &fields), word.map(|_| said.clone()))
    };
    [
        step(&cast.firm, "sign", None, &[]),
        step(&cast.firm, "ask", Some("reason"), &[("until", until), ("progress", "Half of it")]),
        // One grants what the other refuses.
        step(&cast.office, "answer", Some("reason"), &[("granted", ["yes", "no"][(node + turn) % 2])]),
        step(&cast.firm, "report", Some("evidence"), &[("outcome", "Power is on")]),
        step(&cast.office, "close", Some("evidence"), &[]),
        step(&cast.office, "look_back", Some("finding"), &[("sound", "no")]),
    ]
}

/// The latest day to which an order's deadline may be moved: asked for on an order of its own, from the latest on.
fn latest_extension(cast: &Cast, place: &Place) -> String {
    let mut line = Line::to(place);
    let steps = story(cast, "how-late");
    steps[..4].iter().for_each(|step| assert_eq!(step.sent(&mut line).status, 303, "{}", step.path));
    let today: jiff::civil::Date = place.told_by("SELECT CURRENT_DATE")[0].parse().unwrap();
    let days = (1..60).rev().map(|days| today.saturating_add(jiff::Span::new().days(days)).to_string());
    let is_taken = |until: &String| {
        let fields = [("until", until.as_str()), ("reason", "To know"), ("progress", "None")];
        Step::of(&cast.firm, "how-late", "ask", until, &fields).sent(&mut line).status == 303
    };
    days.into_iter().find(is_taken).expect("a day to which a deadline may be moved")
}

/// What one of the two was answered in a race: the status, what it had said, and the page it was shown.
type Ending = (u16, Option<String>, String);

/// Goes round with an order on one node, each step at the same moment as somebody on the other.
fn race(line: &mut Line<'_>, cast: &Cast, order: &str, until: &str, node: usize, together: &Barrier) -> Vec<Ending> {
    let mut endings = Vec::new();
    for at in 0..TURNS {
        for (step, said) in turn(cast, order, until, at, node) {
            together.wait();
            let answer = step.sent(line);
            endings.push((answer.status, said, answer.body));
        }
    }
    endings
}

/// Of the two one was faster; the other hears so, and reads what the first has said.
fn one_was_faster(order: &str, [one, other]: [&Ending; 2]) {
    let (first, second) = if one.0 == 303 { (one, other) } else { (other, one) };
    assert_eq!([first.0, second.0], [303, 409], "{order}: {:?} {:?}", first.1, second.2);
    if let Some(said) = &first.1 {
        assert!(second.2.contains(said), "{order}: who was slower is not shown `{said}`: {}", second.2);
    }
}

#[test]
fn of_two_nodes_that_ask_the_same_of_an_order_one_is_told_who_was_faster() {
    /// Pairs of people at work at the same time.
    const PAIRS: usize = 12;
    let Some(url) = given() else { return };
    let folder = tempfile::tempdir().unwrap();
    let places = two_places(folder.path(), &url, "race");
    let (servers, cast) = start_two(&places);
    let until = latest_extension(&cast, &places[0]);
    std::thread::scope(|scope| {
        for pair in 0..PAIRS {
            let (places, cast, until) = (&places, &cast, &until);
            scope.spawn(move || {
                let mut lines = places.each_ref().map(Line::to);
                for at in (pair..rounds(ORDERS)).step_by(PAIRS) {
                    let order = format!("race-{at:03}");
                    for step in &story(cast, &order)[..3] {
                        assert_eq!(step.sent(&mut lines[at % 2]).status, 303, "{}", step.path);
                    }
                    let (together, order) = (&Barrier::new(2), &order);
                    let [one, other] = &mut lines;
                    let (one, other) = std::thread::scope(|scope| {
                        let first = scope.spawn(move || race(one, cast, order, until, 0, together));
                        let second = race(other, cast, order, until, 1, together);
                        (first.join().unwrap(), second)
                    });
                    one.iter().zip(&other).for_each(|(one, other)| one_was_faster(order, [one, other]));
                }
            });
        }
    });
    let [first, second] = servers;
    first.stop();
    second.stop();
    places[0].is_sound(&[]);
}

#[test]
fn what_is_sent_fifty_times_at_once_to_two_nodes_is_one() {
    let Some(url) = given() else { return };
    let folder = tempfile::tempdir().unwrap();
    let places = two_places(folder.path(), &url, "fifty");
    let (servers, cast) = start_two(&places);
    let ids = sent_at_once(&places.each_ref(), &cast.office, rounds(200));
    let [first, second] = servers;
    first.stop();
    second.stop();
    places[0].holds_each_once(&ids);
    places[0].is_sound(&[]);
}

#[test]
fn a_node_that_stands_still_keeps_no_other_from_writing() {
    let Some(url) = given() else { return };
    let folder = tempfile::tempdir().unwrap();
    let places = two_places(folder.path(), &url, "still");
    let (servers, cast) = start_two(&places);
    let clients = [(&places[0], &cast.office), (&places[0], &cast.office), (&places[1], &cast.office)];
    let times = rounds(10);
    let (acknowledged, ()) = under_load(&clients, "still", || {
        let mut line = Line::to(&places[1]);
        for round in 0..times {
            pause(150 + 37 * (round as u64 % 7));
            servers[0].signal("-STOP");
            // It may have stood still while it held the head of the ledger: the database takes that back.
            cast.office.register(&mut line, &format!("beside-still-{round}"));
            // In the last round it misses a minute, and two looks of the timers at what is due.
            pause(if round + 1 == times { 61_000 } else { 200 });
            servers[0].signal("-CONT");
        }
        cast.office.register(&mut Line::to(&places[0]), "awake-again");
    });
    let [first, second] = servers;
    first.stop();
    second.stop();
    places[0].holds_each_once(&acknowledged);
    places[0].holds_each_once(&(0..times).map(|round| format!("beside-still-{round}")).collect::<Vec<_>>());
    places[0].holds_each_once(&["awake-again".to_owned()]);
    places[0].timers_did_each_once();
    places[0].is_sound(&[]);
}

/// A PostgreSQL of one's own, which may be taken away.
struct Cluster {
    folder: tempfile::TempDir,
    programs: PathBuf,
    port: u16,
}

impl Cluster {
    fn start() -> Cluster {
        let versions = std::fs::read_dir("/usr/lib/postgresql").expect("xtask/install brings PostgreSQL");
        let programs = versions.map(|entry| entry.unwrap().path().join("bin")).max().unwrap();
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let cluster = Cluster { folder: tempfile::tempdir().unwrap(), programs, port: free.port() };
        let folder = cluster.folder.path().display().to_string();
        // It refuses to be root; a person who is not root is themselves.
        if is_root() {
            assert!(Command::new("chown").args(["postgres", &folder]).status().unwrap().success());
        }
        cluster.run("initdb", &["-U", "guatu", "--auth=trust", "--encoding=UTF8", "--locale=C"]);
        let options = format!("-p {} -k {folder} -c listen_addresses=127.0.0.1", cluster.port);
        cluster.run("pg_ctl", &["-w", "-l", &format!("{folder}/log"), "-o", &options, "start"]);
        cluster
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let program = self.programs.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        let command = command.arg("-D").arg(self.folder.path().join("data")).args(arguments);
        // A server that is started keeps the streams it is given.
        let status = command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).status().unwrap();
        assert!(status.success(), "{command:?}");
    }

    fn url(&self) -> String {
        format!("postgres://guatu@127.0.0.1:{}/postgres", self.port)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.run("pg_ctl", &["-m", "immediate", "stop"]);
    }
}

#[test]
fn a_database_that_restarts_loses_nothing_and_is_found_again() {
    if given().is_none() {
        return;
    }
    let cluster = Cluster::start();
    let folder = tempfile::tempdir().unwrap();
    let places = two_places(folder.path(), &cluster.url(), "restart");
    let (servers, cast) = start_two(&places);
    let clients = [
        (&places[0], &cast.office),
        (&places[0], &cast.office),
        (&places[1], &cast.office),
        (&places[1], &cast.office),
    ];
    let (acknowledged, longest) = under_load(&clients, "restart", || {
        let mut lines = places.each_ref().map(Line::to);
        let mut longest = Duration::ZERO;
        for round in 0..rounds(20) {
            pause(300);
            cluster.run("pg_ctl", &["-w", "-m", "immediate", "restart"]);
            let back = Instant::now();
            for (node, line) in lines.iter_mut().enumerate() {
                cast.office.register(line, &format!("after-restart-{round}-{node}"));
            }
            longest = longest.max(back.elapsed());
        }
        longest
    });
    println!("{} facts; both nodes write again {longest:?} after a restart at most", acknowledged.len());
    assert!(longest < Duration::from_secs(30), "the pool does not find the database again for {longest:?}");
    let [first, second] = servers;
    first.stop();
    second.stop();
    places[0].holds_each_once(&acknowledged);
    places[0].is_sound(&[]);
}
