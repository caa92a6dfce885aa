//! Sent many times, and sent again because the answer was lost: it is one.

use crate::server::{Cast, Line, Person, Place, Server, on_sqlite, organisation};
use crate::stories::{self, Step, story};
use crate::{chance, rounds};
use rand::RngExt;
use std::io::Write;
use std::net::TcpStream;
use std::sync::Barrier;
use std::time::Duration;

/// So many send a form at once.
const AT_ONCE: usize = 50;

/// Many forms, each sent fifty times at once to whichever of these places: one fact and fifty equal answers. Their ids.
pub fn sent_at_once(places: &[&Place], office: &Person, forms: usize) -> Vec<String> {
    let ids: Vec<String> = (0..forms).map(|at| format!("fifty-times-{at:03}")).collect();
    let together = Barrier::new(AT_ONCE);
    let (ids_of_all, together) = (&ids, &together);
    let answers: Vec<Vec<_>> = std::thread::scope(|scope| {
        let send = |place: &Place| -> Vec<(u16, Option<String>, String)> {
            let mut line = Line::to(place);
            let send = |id: &String| {
                together.wait();
                let answer = office.insist(&mut line, "/organisations", &organisation(id));
                (answer.status, answer.header("location").map(str::to_owned), answer.body)
            };
            ids_of_all.iter().map(send).collect()
        };
        let running: Vec<_> = (0..AT_ONCE).map(|at| scope.spawn(move || send(places[at % places.len()]))).collect();
        running.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let mut line = Line::to(places[0]);
    for (at, id) in ids.iter().enumerate() {
        let (first, others) = answers.split_first().unwrap();
        assert_eq!(first[at].0, 303, "{id}: {}", first[at].2);
        assert!(others.iter().all(|other| other[at] == first[at]), "{id}: fifty answers are not the same");
        let other = [("request_id", id.as_str()), ("name", "Another"), ("kind", "bank")];
        let refused = office.insist(&mut line, "/organisations", &other);
        assert_eq!(refused.status, 409, "{id}: other words under its number");
    }
    ids
}

#[test]
fn what_is_sent_fifty_times_at_once_is_one() {
    let (_folder, place, cast) = on_sqlite();
    let server = Server::start(&place);
    let ids = sent_at_once(&[&place], &cast.office, rounds(200));
    server.stop();
    place.holds_each_once(&ids);
    place.is_sound(&[]);
}

/// Sends a step whose answer is lost: the way is cut when the answer comes, or within milliseconds before that.
fn send_in_vain(place: &Place, step: &Step<'_>, cut_after: Option<Duration>) {
    let form = step.form(place);
    let Some(after) = cut_after else { return Line::to(place).sent_in_vain(&form) };
    let mut cut = TcpStream::connect(place.address).unwrap();
    cut.write_all(&form).unwrap();
    std::thread::sleep(after);
}

/// The steps of so many stories, each with its first answer lost.
fn tell_in_vain(place: &Place, cast: &Cast, stories: std::ops::Range<usize>) {
    let mut chance = chance(stories.start as u64);
    let mut line = Line::to(place);
    for at in stories {
        for step in story(cast, &format!("lost-answer-{at:03}")) {
            let cut_after = chance.random_bool(0.25).then(|| Duration::from_micros(chance.random_range(0..9_000)));
            send_in_vain(place, &step, cut_after);
            assert_eq!(step.sent(&mut line).status, 303, "{at} {}", step.path);
        }
    }
}

#[test]
fn a_lost_answer_is_asked_for_again_and_nothing_is_done_twice() {
    let (_folder, place, cast) = on_sqlite();
    let server = Server::start(&place);
    // Six writes each.
    let each = rounds(168) / 4;
    std::thread::scope(|scope| {
        for share in 0..4 {
            let (place, cast) = (&place, &cast);
            scope.spawn(move || tell_in_vain(place, cast, share * each..(share + 1) * each));
        }
    });
    server.stop();
    stories::all_ended_the_same(&place, "lost-answer-", 4 * each);
    place.is_sound(&[]);
}
