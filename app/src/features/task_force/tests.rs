//! Scenarios of task forces.

use super::model::{Command, Holder, Refused, Seat, State, decide};
use crate::clock::civil_date;
use crate::journal::domain::{Actor, Context};
use crate::on_both_databases;
use jiff::civil::{Date, date};

fn context() -> Context {
    let now = crate::testing::NOW.parse().unwrap();
    Context { actor: Actor::Account("chief".into()), now, today: civil_date(now) }
}

fn fill(seat: Seat) -> Command {
    let holder = Holder::Account("builder".into());
    Command::Fill { member: "m".into(), project: "ours".into(), seat, holder, from: date(2026, 11, 1) }
}

fn vacate(on: Date, reason: &str) -> Command {
    Command::Vacate { member: "m".into(), on, reason: reason.into() }
}

#[test]
fn rules() {
    let open = State { is_project: true, is_holder_known: true, ..State::default() };
    let held = State { is_seat_held: true, ..open.clone() };
    let running = State { running: Some(("ours".into(), date(2026, 11, 1))), ..State::default() };
    let cases = [
        ("a free seat", open.clone(), fill(Seat::Leader), None),
        ("a held seat of one", held.clone(), fill(Seat::Leader), Some(Refused::SeatHeld { seat: "seat_leader".into() })),
        ("a seat of several", held, fill(Seat::Deputy), None),
        ("not a project", State { is_project: false, ..open.clone() }, fill(Seat::Leader), Some(Refused::NotAProject)),
        ("nobody", State { is_holder_known: false, ..open.clone() }, fill(Seat::Leader), Some(Refused::UnknownHolder)),
        ("an id in use", State { is_id_taken: true, ..open }, fill(Seat::Leader), Some(Refused::IdTaken)),
        ("left with a reason", running.clone(), vacate(date(2026, 11, 20), "moved"), None),
        ("left without", running.clone(), vacate(date(2026, 11, 20), ""), Some(Refused::NoReason)),
        ("left before coming", running, vacate(date(2026, 10, 20), "moved"), Some(Refused::NotHeld)),
        ("left twice", State::default(), vacate(date(2026, 11, 20), "moved"), Some(Refused::NotHeld)),
    ];
    for (name, state, command, expected) in cases {
        assert_eq!(decide(&state, &command, &context()).err(), expected, "{name}");
    }
}

on_both_databases!(history_stays_when_a_seat_changes_hands, |site| async move {
    let site = site.with_cast().await;
    let form = |holder: &'static str| [("seat", "leader"), ("holder", holder), ("from", "2026-11-01")];
    assert_eq!(site.post("chief", "/task-forces/ours", &form("account:office")).await.status, 303);
    assert_eq!(site.post("chief", "/task-forces/ours", &form("account:builder")).await.status, 422);
    assert_eq!(site.post("builder", "/task-forces/ours", &form("account:builder")).await.status, 403);
    assert_eq!(site.post("builder", "/task-forces/theirs", &form("account:builder")).await.status, 404);
    let page = site.get("chief", "/task-forces/ours").await;
    let leave = page.attributes("form[action$=leave]", "action").remove(0);
    assert_eq!(site.post("chief", &leave, &[("on", "2026-11-20"), ("reason", "moved")]).await.status, 303);
    assert_eq!(site.post("chief", "/task-forces/ours", &form("account:builder")).await.status, 303);
    let page = site.get("chief", "/task-forces/ours").await;
    assert_eq!(page.texts("tbody td:nth-child(2)"), ["office", "builder"]);
    site
});
