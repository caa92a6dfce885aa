//! Two programs on one PostgreSQL: they race, one of them stands still, and the database itself goes away in the middle.

use crate::server::{Cast, Place, Server, is_root, said, settle, under_load};
use crate::{do_step, pause, story};
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

#[test]
fn of_two_nodes_that_close_one_order_one_is_told_who_was_faster() {
    let Some(url) = given() else { return };
    let folder = tempfile::tempdir().unwrap();
    let places = two_places(folder.path(), &url, "race");
    let (servers, cast) = start_two(&places);
    for at in 0..60 {
        let mut steps = story(&cast, &format!("race-{at:03}")).to_vec();
        let close = steps.pop().unwrap();
        for step in &steps {
            assert_eq!(do_step(&places[at % 2], step), 303, "race {at}: {}", step.1);
        }
        let together = Barrier::new(2);
        let mut statuses: Vec<u16> = std::thread::scope(|scope| {
            let run = |node: usize| {
                let mut close = close.clone();
                close.2.retain(|(name, _)| *name != "request_id");
                close.2.push(("request_id", format!("race-{at:03}-close-{node}")));
                together.wait();
                do_step(&places[node], &close)
            };
            let running = [0, 1].map(|node| scope.spawn(move || run(node)));
            running.map(|one| one.join().unwrap()).to_vec()
        });
        statuses.sort_unstable();
        assert_eq!(statuses, [303, 409], "race {at}");
    }
    let [first, second] = servers;
    first.stop();
    second.stop();
    places[0].is_sound(&[]);
}

#[test]
fn a_node_that_stands_still_keeps_no_other_from_writing() {
    let Some(url) = given() else { return };
    let folder = tempfile::tempdir().unwrap();
    let places = two_places(folder.path(), &url, "still");
    let (servers, cast) = start_two(&places);
    let clients = [(&places[0], &cast.office), (&places[0], &cast.office), (&places[1], &cast.office)];
    let (acknowledged, ()) = under_load(&clients, "still", || {
        for round in 0..4 {
            pause(150 + 70 * round);
            servers[0].signal("-STOP");
            // It may have stood still while it held the head of the ledger: the database takes that back.
            cast.office.register(&places[1], &format!("beside-still-{round}"));
            pause(200);
            servers[0].signal("-CONT");
        }
    });
    let [first, second] = servers;
    first.stop();
    second.stop();
    places[0].holds_each_once(&acknowledged);
    places[0].holds_each_once(&(0..4).map(|round| format!("beside-still-{round}")).collect::<Vec<_>>());
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
    let (acknowledged, ()) = under_load(&clients, "restart", || {
        for round in 0..6 {
            pause(300);
            cluster.run("pg_ctl", &["-w", "-m", "immediate", "restart"]);
            let back = Instant::now();
            for (node, place) in places.iter().enumerate() {
                cast.office.register(place, &format!("after-restart-{round}-{node}"));
            }
            assert!(back.elapsed() < Duration::from_secs(20), "{round}: the pool does not find the database again");
        }
    });
    let [first, second] = servers;
    first.stop();
    second.stop();
    places[0].holds_each_once(&acknowledged);
    places[0].is_sound(&[]);
}
