//! The write door as several processes see it.

use crate::clock::Clock;
use crate::features::organisations::model::{Command, Kind};
use crate::journal::domain::Permit;
use crate::journal::{Journal, Submission, SubmitError, replay};
use crate::on_both_databases;
use crate::refusal::Refusal;
use jiff::ToSpan;
use std::sync::Arc;
use std::time::Duration;

on_both_databases!(facts_of_another_process_are_announced, |site| async move {
    let site = site.with_cast().await;
    let mut head = site.site.journal.head();
    head.mark_unchanged();
    let domain = Arc::new(crate::features::Guatu::default());
    let (other, writer) = Journal::open(site.site.db.clone(), site.site.clock.clone(), domain).await.unwrap();
    let command = Command::Register { id: "elsewhere".into(), name: "Elsewhere".into(), kind: Kind::Bank };
    let permit = Permit::account("office".into());
    let submission =
        Submission { permit, request_id: "request-elsewhere".into(), command: command.into(), documents: Vec::new() };
    let receipt = other.submit(submission).await.unwrap();
    drop(other);
    writer.await.unwrap();
    let heard = tokio::time::timeout(Duration::from_secs(20), head.wait_for(|number| *number == receipt.last_number));
    assert!(heard.await.is_ok(), "the head is announced without a restart");
    site
});

on_both_databases!(a_clock_before_the_newest_fact_is_told_and_nothing_is_written, |site| async move {
    let site = site.with_cast().await;
    let number = site.site.head();
    let behind = Clock::rehearsal(site.site.clock.now() - 1.hours());
    let domain = Arc::new(crate::features::Guatu::default());
    let (journal, writer) = Journal::open(site.site.db.clone(), behind.clone(), domain).await.unwrap();
    let command = Command::Register { id: "early".into(), name: "Early".into(), kind: Kind::Bank };
    let permit = Permit::account("office".into());
    let submission =
        Submission { permit, request_id: "request-early".into(), command: command.into(), documents: Vec::new() };
    let refused = journal.submit(submission).await;
    assert!(matches!(refused, Err(SubmitError::Refused(Refusal { code: "J-102", .. }))), "{refused:?}");
    drop(journal);
    writer.await.unwrap();
    assert_eq!(site.site.head(), number);
    let early = crate::web::Site { clock: behind, ..site.site.clone() };
    assert!(early.clock_behind().await.unwrap().starts_with("clock:"));
    assert_eq!(site.site.clock_behind().await, None);
    site
});

on_both_databases!(a_ledger_is_verified_and_rebuilt_while_people_write, |site| async move {
    let site = site.with_cast().await;
    let writing = async {
        for number in 0..60 {
            let id = format!("bank-{number}");
            let command = Command::Register { id: id.clone(), name: id, kind: Kind::Bank };
            site.submit(command).await.unwrap();
        }
    };
    let looking = async {
        for look in 0..4 {
            let mut conn = site.site.db.writer().await.unwrap();
            assert_eq!(
                replay::verify_replay(&mut conn, &*site.site.domain, |_, _| ()).await.unwrap(),
                None,
                "look {look}"
            );
            conn.begin_write().await.unwrap();
            replay::rebuild_beside_readers(&mut conn, &*site.site.domain, |_, _| ()).await.unwrap();
            conn.commit().await.unwrap();
            drop(conn);
            tokio::task::yield_now().await;
        }
    };
    tokio::join!(writing, looking);
    assert_eq!(site.get("chief", "/organisations").await.texts("tbody tr").len(), 61);
    site
});
