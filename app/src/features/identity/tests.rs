//! Scenarios of identity.

use super::model::{Command, Refused, Role, State, decide};
use super::session;
use crate::clock::civil_date;
use crate::journal::domain::{Actor, Context};
use crate::on_both_databases;
use jiff::civil::{Date, date};

fn context() -> Context {
    let now = crate::testing::NOW.parse().unwrap();
    Context { actor: Actor::Account("security".into()), now, today: civil_date(now) }
}

fn grant(account: &str, role: Role, to: Option<Date>) -> Command {
    Command::Grant { post: "post".into(), account: account.into(), role, place: None, from: date(2026, 11, 1), to }
}

#[test]
fn rules() {
    let known = || State { is_account_known: true, is_place_known: true, has_entered: true, ..State::default() };
    let never = || State { has_entered: false, ..known() };
    let disable = |reason: &str| Command::Disable { account: "a".into(), reason: reason.into() };
    let ask = |reason: &str| Command::AskReset { account: "a".into(), reason: reason.into() };
    let invite = Command::Invite { account: "a".into() };
    let allow = Command::AllowReset { account: "a".into() };
    let end = Command::EndPost { post: "post".into(), on: date(2026, 11, 23) };
    let create = Command::CreateAccount { account: "a".into(), organisation: None };
    let cases: Vec<(&str, State, Command, Option<Refused>)> = vec![
        ("an account", State::default(), create.clone(), None),
        ("an account twice", State { is_id_taken: true, ..State::default() }, create, Some(Refused::IdTaken)),
        ("a post", known(), grant("a", Role::Leader, None), None),
        ("to nobody", State { is_place_known: true, ..State::default() }, grant("a", Role::Leader, None), Some(Refused::UnknownAccount)),
        ("nowhere", State { is_account_known: true, ..State::default() }, grant("a", Role::Leader, None), Some(Refused::UnknownPlace)),
        ("to oneself", known(), grant("security", Role::Leader, None), Some(Refused::OwnPost)),
        ("before the first entry", State { has_entered: false, ..known() }, grant("a", Role::Leader, None), Some(Refused::NotEntered)),
        ("backwards", known(), grant("a", Role::Leader, Some(date(2026, 10, 1))), Some(Refused::PeriodBackwards)),
        ("a second administrator post", State { administrator_roles: vec![Role::SystemAdmin], ..known() }, grant("a", Role::AuditAdmin, None), Some(Refused::TwoAdministrators { role: "system_admin".into() })),
        ("an administrator who also leads", State { administrator_roles: vec![Role::SystemAdmin], ..known() }, grant("a", Role::Leader, None), None),
        ("disabled without a reason", known(), disable(" "), Some(Refused::NoReason)),
        ("the last security administrator disabled", State { administrator_roles: vec![Role::SecurityAdmin], ..known() }, disable("left"), Some(Refused::LastAdministrator { role: "security_admin".into() })),
        ("one of two disabled", State { administrator_roles: vec![Role::SecurityAdmin], other_holders: vec![Role::SecurityAdmin], ..known() }, disable("left"), None),
        ("disabled while accountable", State { accountable_for: vec!["Block 1".into()], ..known() }, disable("left"), Some(Refused::StillAccountable { places: "Block 1".into() })),
        ("a fresh link asked for", State { has_entered: true, ..known() }, ask("lost"), None),
        ("for no reason", State { has_entered: true, ..known() }, ask(" "), Some(Refused::NoReason)),
        ("before the first", never(), ask("lost"), Some(Refused::NeverEntered)),
        ("a first link again", never(), invite.clone(), None),
        ("for somebody with a post", State { has_post: true, ..never() }, invite.clone(), Some(Refused::HasPost)),
        ("for somebody with a password", State { has_entered: true, ..known() }, invite, Some(Refused::HasEntered)),
        ("a post came before the first entry", State { has_post: true, ..never() }, ask("never came"), None),
        ("allowed by another", State { reset_asked_by: Some("system".into()), ..known() }, allow.clone(), None),
        ("allowed by whoever asked", State { reset_asked_by: Some("security".into()), ..known() }, allow.clone(), Some(Refused::OwnReset)),
        ("allowed unasked", known(), allow, Some(Refused::NoResetAsked)),
        ("entered", known(), Command::Enter { account: "a".into() }, None),
        ("a post ended", State { running_role: Some(Role::Leader), ..State::default() }, end.clone(), None),
        ("a post ended twice", State::default(), end.clone(), Some(Refused::AlreadyEnded)),
        ("the last system administrator's post", State { running_role: Some(Role::SystemAdmin), ..State::default() }, end, Some(Refused::LastAdministrator { role: "system_admin".into() })),
    ];
    for (name, state, command, expected) in cases {
        assert_eq!(decide(&state, &command, &context()).err(), expected, "{name}");
    }
}

on_both_databases!(the_first_administrator_lets_a_second_one_in, |site| async move {
    let now = site.site.clock.machine();
    let db = site.site.db.clone();
    let link = session::make_link(&db, &session::Purpose::FirstAdministrator, now).await.unwrap();
    let address = format!("/welcome/{link}");
    assert_eq!(site.get("", &address).await.status, 200);
    let weak = site.post("", &address, &[("person_name", "First"), ("login", "first"), ("new_password", "short")]).await;
    assert_eq!(weak.status, 422);
    assert!(!weak.body.contains("short"), "a password is never sent back");
    let form = [("person_name", "First"), ("login", "First"), ("new_password", "a sentence to remember")];
    let done = site.post("", &address, &form).await;
    assert_eq!(done.status, 303);
    assert!(done.headers["set-cookie"].to_str().unwrap().contains("HttpOnly"));
    assert_eq!(site.get("", &address).await.status, 404, "the link works once");
    assert_eq!(site.post("", "/login", &[("login", "first"), ("password", "a sentence to remember")]).await.status, 303);
    let wrong = site.post("", "/login", &[("login", "first"), ("password", "another sentence here")]).await;
    let unknown = site.post("", "/login", &[("login", "nobody"), ("password", "another sentence here")]).await;
    assert_eq!(wrong.status, 422);
    assert_eq!(wrong.texts(".summary li"), unknown.texts(".summary li"), "a wrong password and an unknown person look alike");
    site
});

on_both_databases!(a_link_whose_facts_were_not_written_is_as_if_it_had_not_been_used, |site| async move {
    let now = site.site.clock.machine();
    let db = site.site.db.clone();
    let (first, reset) = (session::Purpose::FirstAdministrator, session::Purpose::Reset { account: "a".into() });
    for (purpose, old) in [(first, None), (reset, Some(("old".to_owned(), "old hash".to_owned())))] {
        if let Some((login, hash)) = &old {
            let sql = "INSERT INTO credential (account, login, password_hash) VALUES ('a', ?, ?)";
            db.writer().await.unwrap().execute(sql, crate::args![login, hash]).await.unwrap();
        }
        let link = session::make_link(&db, &purpose, now).await.unwrap();
        let done = session::redeem(&db, &link, &purpose, "a", "new", "new hash", now).await.unwrap();
        assert_eq!(done, session::Redeemed::Done);
        session::give_back(&db, &link, "a", old.as_ref()).await.unwrap();
        let mut conn = db.reader().await.unwrap();
        assert_eq!(session::read_link(&mut conn, &link, now).await.unwrap(), Some(purpose));
        assert_eq!(session::credential(&mut conn, "a").await.unwrap(), old);
    }
    site
});

on_both_databases!(rights_end_with_the_post_and_the_account, |site| async move {
    let mut site = site.with_cast().await;
    site.person("security", Role::SecurityAdmin, None).await;
    assert_eq!(site.get("builder", "/places/ours").await.status, 200);
    assert_eq!(site.get("admin", "/places/ours").await.status, 404, "an administrator sees no business data");
    assert_eq!(site.get("builder", "/accounts").await.status, 404);
    assert_eq!(site.post("admin", "/posts", &[("account", "builder"), ("role", "leader"), ("from", "2026-11-01")]).await.status, 403);
    let page = site.get("security", "/posts").await;
    assert!(page.texts("tbody td:first-child").contains(&"builder".to_owned()));
    let own = site.post("security", "/posts", &[("account", "security"), ("role", "leader"), ("from", "2026-11-01")]).await;
    assert_eq!(own.status, 422);
    let disable = site.post("admin", "/accounts/builder/disable", &[("reason", "left the firm")]).await;
    assert_eq!(disable.status, 303);
    assert_eq!(site.get("builder", "/places/ours").await.status, 303, "the session is gone at once");
    site
});

on_both_databases!(nobody_alone_becomes_somebody_else, |site| async move {
    let mut site = site.with_cast().await;
    site.person("security", Role::SecurityAdmin, None).await;
    let db = site.site.db.clone();
    let link = |page: &crate::testing::Page| page.texts(".receipt code").first().cloned().unwrap_or_default();
    let credentials = |login: &'static str| [("login", login), ("new_password", "a sentence to remember")];

    let created = site.post("admin", "/accounts", &[("person_name", "New"), ("request_id", "new-account-1")]).await;
    let again = site.post("admin", "/accounts/new-account-1/invitation", &[]).await;
    assert_eq!(site.post("", &link(&created), &credentials("thief")).await.status, 404, "only the newest link counts");
    assert_eq!(site.post("", &link(&again), &credentials("newcomer")).await.status, 303);
    assert_eq!(site.post("", &link(&again), &credentials("thief")).await.status, 404, "a link works once, and takes nothing away");
    assert_eq!(site.post("", "/login", &[("login", "newcomer"), ("password", "a sentence to remember")]).await.status, 303);
    assert_eq!(site.post("admin", "/accounts/new-account-1/invitation", &[]).await.status, 409, "a second link needs a second person");

    let created = site.post("admin", "/accounts", &[("person_name", "Late"), ("request_id", "new-account-2")]).await;
    let post = [("account", "new-account-2"), ("role", "leader"), ("from", "2026-11-01")];
    assert_eq!(site.post("security", "/posts", &post).await.texts(".summary .quiet"), ["I-115"], "people enter first");
    let (post, account) = ("late-post".into(), "new-account-2".into());
    site.submit(Command::Grant { post, account, role: Role::Leader, place: None, from: date(2026, 11, 1), to: None }).await.unwrap();
    assert_eq!(site.post("", &link(&created), &credentials("late")).await.status, 409, "nor does a link survive a post");
    assert_eq!(site.post("admin", "/accounts/chief/invitation", &[]).await.status, 409, "whoever has a post gets none from one alone");

    assert_eq!(site.post("security", "/accounts/chief/reset/allow", &[]).await.status, 409, "nothing has been asked for");
    assert_eq!(site.post("admin", "/accounts/chief/reset", &[("reason", "lost the phone")]).await.status, 303);
    assert_eq!(site.post("admin", "/accounts/chief/reset/allow", &[]).await.status, 404, "and not by the same");
    let allowed = site.post("security", "/accounts/chief/reset/allow", &[]).await;
    assert_eq!(allowed.status, 200);
    assert_eq!(site.post("", &link(&allowed), &credentials("chief2")).await.status, 303);
    let facts = db.reader().await.unwrap().rows("SELECT kind FROM fact WHERE subject = 'chief' ORDER BY number", &[]).await.unwrap();
    let kinds: Vec<String> = facts.iter().map(|row| row.text(0).unwrap()).collect();
    let asked = ["identity.account_created/1", "identity.entered/1", "identity.reset_asked/1", "identity.reset_allowed/1", "identity.entered/1"];
    assert_eq!(kinds, asked, "all of it is in the ledger");
    site
});

on_both_databases!(writes_from_other_sites_are_refused, |site| async move {
    let site = site.with_cast().await;
    // The helper says same-origin; a forged request is tested through the header itself.
    let answer = site.forged("office", "/organisations", "name=Forged&kind=bank&request_id=forged-1").await;
    assert_eq!(answer.status, 403);
    assert_eq!(site.get("office", "/organisations").await.texts("tbody a"), ["Headquarters"]);
    site
});

on_both_databases!(a_person_reads_their_language_wherever_they_log_in, |site| async move {
    let site = site.with_cast().await;
    assert_eq!(site.get("office", "/language?to=en&back=/wall").await.status, 303);
    let heading = async |who: &str| site.get(who, "/plans").await.texts("h1");
    assert_eq!(heading("office").await, ["Plans"], "a browser that knows of no choice");
    assert_eq!(heading("chief").await, ["计划"], "who never chose reads Chinese");
    site
});
