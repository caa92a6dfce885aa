//! Scenarios of organisations.

use super::model::{Command, Fact, Kind, Refused, State, decide};
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
    let name_taken = State { is_name_taken: true, ..State::default() };
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
