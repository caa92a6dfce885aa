//! Scenarios of organisations.

use super::model::{Command, Fact, Kind, MOST_AT_ONCE, New, Refused, State, decide};
use crate::clock::civil_date;
use crate::journal::domain::{Actor, Context};
use crate::on_both_databases;

fn context() -> Context {
    let now = crate::testing::NOW.parse().unwrap();
    Context { actor: Actor::Account("office".into()), now, today: civil_date(now) }
}

fn register(name: &str) -> Command {
    Command::Register { id: "o1".into(), name: name.into(), kind: Kind::Bank }
}

fn rename(name: &str, reason: &str) -> Command {
    Command::Rename { organisation: "o1".into(), name: name.into(), reason: reason.into() }
}

#[test]
fn rules() {
    let free = State::default();
    let id_taken = State { is_id_taken: true, ..State::default() };
    let name_taken = State { names: ["Bank".to_owned()].into(), ..State::default() };
    let long = "n".repeat(81);
    let cases = [
        // given, when, then
        (&free, register(" Bank "), Ok(Fact::Registered { name: "Bank".into(), kind: Kind::Bank })),
        (&free, register("  "), Err(Refused::NameLength)),
        (&free, register(&long), Err(Refused::NameLength)),
        (&free, register("a\nb"), Err(Refused::NameLength)),
        (&name_taken, register("Bank"), Err(Refused::NameTaken { name: "Bank".into() })),
        (&id_taken, register("Bank"), Err(Refused::IdTaken)),
        (&free, rename("Other", " "), Err(Refused::NoReason)),
        (&free, rename("Other", "merged"), Ok(Fact::Renamed { name: "Other".into(), reason: "merged".into() })),
    ];
    for (state, command, expected) in cases {
        let found = decide(state, &command, &context()).map(|mut drafts| drafts.remove(0).fact);
        assert_eq!(found, expected, "{command:?}");
    }
}

on_both_databases!(an_organisation_is_registered_once_and_renamed_with_a_reason, |site| async move {
    let site = site.with_cast().await;
    let form = [("name", "Bank of Invention"), ("kind", "bank"), ("request_id", "11111111-same")];
    assert_eq!(site.post("office", "/organisations", &form).await.status, 303);
    // A resend is harmless; the same id with other words is not taken.
    assert_eq!(site.post("builder", "/organisations", &[("name", "X"), ("kind", "bank")]).await.status, 403);
    let again = site.post("office", "/organisations", &[("name", "Bank of Invention"), ("kind", "bank")]).await;
    assert_eq!(again.status, 422);
    assert_eq!(again.attributes("#field-name", "value"), ["Bank of Invention"], "the form stays filled");
    assert_eq!(again.attributes("#field-name", "aria-invalid"), ["true"]);
    let page = site.get("builder", "/organisations").await;
    assert_eq!(page.texts("tbody td:first-child"), ["Bank of Invention", "Headquarters"]);
    let address = page.attributes("tbody a", "href").remove(0);
    assert_eq!(site.post("office", &format!("{address}/name"), &[("name", "Other Bank"), ("reason", "merged")]).await.status, 303);
    assert_eq!(site.get("office", &address).await.texts("h1"), ["Other Bank"]);
    assert_eq!(site.get("office", "/organisations/none").await.status, 404);
    site
});

#[test]
fn several_are_registered_together_or_not_at_all() {
    let new = |name: &str| New { id: format!("o-{name}"), name: name.into(), kind: Kind::Bank };
    let all = |names: &[&str]| Command::RegisterAll { organisations: names.iter().map(|name| new(name)).collect() };
    let many: Vec<String> = (0..=MOST_AT_ONCE).map(|at| at.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let taken = State { names: ["B".to_owned()].into(), ..State::default() };
    let cases = [
        (&["A", "C"][..], Ok(2)),
        (&["A", "B"], Err(Refused::NameTaken { name: "B".into() })),
        (&["A", " A "], Err(Refused::NameTaken { name: "A".into() })),
        (&["A", ""], Err(Refused::NameLength)),
        (&[], Err(Refused::Count { most: "1000".into() })),
        (&many, Err(Refused::Count { most: "1000".into() })),
    ];
    for (names, expected) in cases {
        assert_eq!(decide(&taken, &all(names), &context()).map(|drafts| drafts.len()), expected, "{} names", names.len());
    }
}

on_both_databases!(organisations_come_from_a_workbook, |site| async move {
    let site = site.with_cast().await;
    let path = "/organisations/excel";
    for (who, status) in [("builder", 403), ("", 303), ("office", 200)] {
        assert_eq!(site.get(who, path).await.status, status, "{who}");
        assert_eq!(site.get(who, "/organisations/excel/sheet").await.status, status, "{who}");
    }
    let empty = site.get("office", "/organisations/excel/sheet").await.bytes;
    assert_eq!(site.hand_in_bytes("office", path, &empty).await.texts(".summary .quiet"), ["G-122"]);
    assert_eq!(site.hand_in_bytes("office", path, b"no workbook").await.found(), ["F-101 file"]);
    assert_eq!(site.hand_in_bytes("office", path, b"").await.texts(".summary .quiet"), ["G-120"]);
    let keys = ["kind", "name"];
    let wrong = site.hand_in("office", path, &keys, &[&["bank", "A"], &["nonsense", "A"], &["", "Headquarters"], &["bank", ""]]).await;
    assert_eq!(wrong.status, 422);
    assert_eq!(wrong.found(), ["O-102 list!B3", "G-108 list!A3", "O-102 list!B4", "G-108 list!A4", "O-101 list!A5"]);
    let shown = site.hand_in("office", path, &keys, &[&["bank", "Bank of Rows"], &["contractor", " Builders "]]).await;
    assert_eq!(shown.texts("ul.rows b"), ["Bank of Rows", "Builders"]);
    assert_eq!(site.get("office", "/organisations").await.texts("tbody td:first-child"), ["Headquarters"], "nothing is kept yet");
    let id = shown.attributes("input[name=request_id]", "value").remove(0);
    let (done, sent) = ("/organisations/excel/do", [("request_id", id.as_str())]);
    assert_eq!(site.post("builder", done, &sent).await.status, 403);
    assert_eq!(site.post("chief", done, &sent).await.texts(".summary .quiet"), ["X-103"], "shown to somebody else");
    assert_eq!(site.post("office", done, &sent).await.location(), "/organisations");
    assert_eq!(site.post("office", done, &sent).await.location(), "/organisations", "a resend");
    assert_eq!(site.get("office", "/organisations").await.texts("tbody td:first-child"), ["Bank of Rows", "Builders", "Headquarters"]);
    site
});
