//! The write door as several processes see it.

use crate::features::organisations::model::{Command, Kind};
use crate::journal::domain::Permit;
use crate::journal::{Journal, Submission};
use crate::on_both_databases;
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
