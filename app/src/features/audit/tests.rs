//! What an outsider can check without trusting the server.

use crate::features::identity::model::Role;
use crate::on_both_databases;
use guatu_ledger::checkpoint::Checkpoint;
use guatu_ledger::hash::{Hash, leaf_hash};
use guatu_ledger::tree::root;

on_both_databases!(tiles_rebuild_the_signed_root, |site| async move {
    let mut site = site.with_cast().await;
    site.person("auditor", Role::AuditAdmin, None).await;
    site.site.signer.sign_head(&site.site.db).await.unwrap();
    let note = site.get("", "/ledger/checkpoint").await.body;
    let checkpoint = Checkpoint::open(&note, &site.site.signer.verifying_key()).unwrap();
    let width = checkpoint.size;
    assert!(width > 10 && width < 256);
    let entries = format!("/ledger/tile/entries/000.p/{width}");
    assert_eq!(site.get("", &entries).await.status, 404, "entries name people and places");
    assert_eq!(site.get("auditor", &entries).await.status, 200);
    assert_eq!(site.get("", &format!("/ledger/tile/entries/000.p/{}", width + 1)).await.status, 404);
    assert_eq!(site.get("", "/ledger/tile/0/000").await.status, 404);
    // The tile is bytes, which the test page reads as text; so the hashes come from the database a second time.
    let mut conn = site.site.db.reader().await.unwrap();
    let rows = conn.rows("SELECT record, hash FROM fact ORDER BY number", &[]).await.unwrap();
    let leaves: Vec<Hash> = rows.iter().map(|row| leaf_hash(&row.blob(0).unwrap())).collect();
    assert!(rows.iter().zip(&leaves).all(|(row, leaf)| row.blob(1).unwrap() == leaf.0));
    assert_eq!(root(&leaves), checkpoint.root);
    drop(conn);
    site
});

on_both_databases!(facts_are_shown_to_whoever_may_read_the_place, |site| async move {
    let site = site.with_cast().await;
    let cases = [
        ("builder", "ours-b1", 200),
        ("builder", "theirs-b1", 404),
        ("builder", "no-such-place", 404),
        ("stranger", "theirs-b1", 200),
        ("chief", "theirs-b1", 200),
        ("admin", "ours-b1", 404),
        ("", "ours-b1", 303),
    ];
    for (who, subject, status) in cases {
        assert_eq!(site.get(who, &format!("/facts?subject={subject}")).await.status, status, "{who} {subject}");
    }
    site
});
