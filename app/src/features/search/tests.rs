//! Scenarios of searches.

use crate::on_both_databases;

on_both_databases!(a_search_finds_what_one_may_read_and_nothing_else, |site| async move {
    let site = site.with_cast().await;
    let amend = [("name", "古塬新苑"), ("ordinal", "1"), ("programme", "resettlement"), ("owner", "headquarters"), ("reason", "named")];
    let done = site.post("office", "/places/ours/amend", &amend).await;
    assert_eq!(done.status, 303, "{:?}", done.texts(".summary li"));
    let found = async |who: &str, find: &str| site.get(who, &format!("/search?find={find}")).await;
    for typed in ["gyxy", "guyuan", "%E5%A1%AC"] {
        let page = found("builder", typed).await;
        assert_eq!(page.texts("ul.entries li > a"), ["古塬新苑"], "{typed}");
    }
    assert!(found("stranger", "gyxy").await.texts("ul.entries li").is_empty(), "another's project is not found");
    assert!(!found("stranger", "builder").await.body.contains("builder</strong>"), "nor who works there");
    assert_eq!(found("office", "builder").await.texts("ul.entries strong"), ["builder"]);
    assert_eq!(found("builder", "").await.texts("h2").len(), 0);
    assert_eq!(found("", "gyxy").await.status, 303);
    site
});
