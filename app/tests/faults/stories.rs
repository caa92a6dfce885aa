//! The story of an order, step by step: told in any order of its steps it ends the same.

use crate::server::{Answer, Cast, Line, Person, Place, Server, on_sqlite};

/// Who does it, the address of its form, and the fields.
#[derive(Clone, Debug)]
pub struct Step<'a> {
    person: &'a Person,
    pub path: String,
    fields: Vec<(&'static str, String)>,
}

impl<'a> Step<'a> {
    /// A step of an order. Its id is made of the order, the act and whatever tells it from others of its kind.
    pub fn of(person: &'a Person, order: &str, act: &str, mark: &str, more: &[(&'static str, &str)]) -> Step<'a> {
        let mut fields = owned(more);
        fields.push(("request_id", format!("{order}-{act}{mark}").replace('_', "-")));
        Step { person, path: format!("/orders/{order}/{act}"), fields }
    }

    fn fields(&self) -> Vec<(&str, &str)> {
        self.fields.iter().map(|(name, value)| (*name, value.as_str())).collect()
    }

    /// Its form as it goes over the wire.
    pub fn form(&self, place: &Place) -> Vec<u8> {
        self.person.form(place, &self.path, &self.fields())
    }

    /// Sends it until somebody says yes or no.
    pub fn sent(&self, line: &mut Line<'_>) -> Answer {
        self.person.insist(line, &self.path, &self.fields())
    }
}

fn owned(pairs: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
}

/// A story of six steps by three people, each step possible only after the one before.
pub fn story<'a>(cast: &'a Cast, order: &str) -> [Step<'a>; 6] {
    let draft = owned(&[
        ("request_id", order),
        ("source", "instruction"),
        ("reference", "No. 7"),
        ("title", "Power for the site"),
        ("content", "Bring power to the site"),
        ("about", "project-1"),
        ("lead", "the-firm"),
        ("limit", "city/urgent"),
        ("ladder", "huating"),
    ]);
    let step = |person, act, more| Step::of(person, order, act, "", more);
    [
        Step { person: &cast.office, path: "/orders/new".to_owned(), fields: draft },
        step(&cast.chief, "approve", &[]),
        step(&cast.office, "issue", &[]),
        step(&cast.firm, "sign", &[]),
        step(&cast.firm, "report", &[("outcome", "Power is on"), ("evidence", "The meter runs")]),
        step(&cast.office, "close", &[("evidence", "Seen on the spot")]),
    ]
}

/// So many orders with ids that begin so have each the one history of a story.
pub fn all_ended_the_same(place: &Place, prefix: &str, orders: usize) {
    let file = rusqlite::Connection::open(place.folder.join("guatu.sqlite")).unwrap();
    let sql = "SELECT COUNT(*), MIN(kinds), MAX(kinds) FROM (SELECT group_concat(kind) AS kinds FROM
               (SELECT subject, kind FROM fact WHERE subject LIKE ? || '%' ORDER BY number) GROUP BY subject)";
    let ends: (i64, String, String) =
        file.query_row(sql, [prefix], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    let told = ["drafted", "approved", "issued", "signed", "reported", "closed"]
        .map(|act| format!("orders.{act}/1"))
        .join(",");
    assert_eq!(ends, (orders as i64, told.clone(), told));
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
                let mut line = Line::to(place);
                for (at, order) in share {
                    tell(&mut line, &story(cast, &format!("story-{at:03}")), order);
                }
            });
        }
    });
    server.stop();
    all_ended_the_same(&place, "story-", 720);
    place.is_sound(&[]);
}

/// Tells a story in some order. What is refused is kept by whoever sent it and sent again: each round does one step at least.
fn tell(line: &mut Line<'_>, story: &[Step<'_>; 6], order: &[usize]) {
    let mut waiting = order.to_vec();
    for _ in 0..6 {
        waiting.retain(|step| {
            let status = story[*step].sent(line).status;
            assert!([303, 403, 404, 409, 422].contains(&status), "{order:?}: {status}");
            status != 303
        });
        if waiting.is_empty() {
            return;
        }
    }
    panic!("{order:?}: {waiting:?} are never done");
}
