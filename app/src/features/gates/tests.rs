//! Scenarios of gates.

use super::model::{Before, Command, Evidence, Known, Refused, Standing, State, decide};
use crate::clock::civil_date;
use crate::features::plan::heard;
use crate::features::plan::binding::GATES;
use crate::features::plan::network::STAGES;
use crate::features::reports::tests::active;
use crate::journal::domain::{Actor, Context};
use crate::on_both_databases;
use crate::web::locale::Language;
use jiff::civil::{Date, date};
use std::collections::BTreeSet;

const TODAY: Date = date(2026, 11, 23);
const SIX: [&str; 6] = ["hoarding", "covering", "wet_work", "paving", "washing", "closed_transport"];

fn context(actor: &str) -> Context {
    let now = crate::testing::NOW.parse().unwrap();
    Context { actor: Actor::Account(actor.into()), now, today: civil_date(now) }
}

#[test]
fn the_data_names_what_there_is() {
    for gate in GATES.iter() {
        for stage in gate.binds.iter().chain(&gate.stage) {
            assert!(STAGES.iter().any(|known| known.id == *stage), "{}: {stage}", gate.id);
        }
        // What comes first stands above, so that no ladder is a circle.
        let above = |id: &String| GATES.iter().take_while(|one| one.id != gate.id).any(|one| one.id == *id);
        assert!(gate.after.iter().all(above), "{}", gate.id);
        assert!(!gate.binds.is_empty() && !gate.source.is_empty() && ["S", "G", "setting"].contains(&gate.mark.as_str()), "{}", gate.id);
        for language in [Language::Zh, Language::En] {
            let keys = gate.measures.iter().map(|measure| format!("value.measure_{measure}"));
            for key in keys.chain([format!("value.gate_{}", gate.id), format!("gate_group.{}", gate.group)]) {
                assert!(language.has(&key), "{key}");
            }
        }
    }
    assert_eq!(GATES.iter().find(|gate| gate.id == "dust").unwrap().measures, SIX);
}

fn evidence(percents: &[u32]) -> Evidence {
    let measures = SIX.iter().zip(percents).map(|(measure, percent)| ((*measure).to_owned(), *percent)).collect();
    Evidence { document: "No. 1".into(), on: TODAY, remark: String::new(), measures, photos: Vec::new() }
}

#[test]
fn rules() {
    let site = State { is_site: true, may_file: true, may_judge: true, ..State::default() };
    let at = |standing, percents: &[u32]| State { known: Some(Known { standing, filed_by: "jian".into(), evidence: evidence(percents), judged_on: Some(TODAY) }), ..site.clone() };
    let file = |gate: &str, evidence: Evidence| Command::File { place: "b".into(), gate: gate.into(), evidence: Box::new(evidence) };
    let confirm = |gate: &str| Command::Confirm { place: "b".into(), gate: gate.into() };
    let back = |reason: &str| Command::Return { place: "b".into(), gate: "fire".into(), reason: reason.into() };
    let withdraw = |reason: &str| Command::Withdraw { place: "b".into(), gate: "fire".into(), reason: reason.into() };
    let (filed, confirmed) = (Standing::Filed, Standing::Confirmed);
    let first = |gates: &[(&str, Option<Date>)]| gates.iter().map(|(gate, confirmed)| Before { gate: (*gate).to_owned(), place: "b".into(), confirmed: *confirmed }).collect::<Vec<_>>();
    // What is tried, where, by whom, and whether it is refused.
    type Case = (&'static str, State, Command, &'static str, Option<Refused>);
    let cases: Vec<Case> = vec![
        ("filed", site.clone(), file("fire", evidence(&[])), "jian", None),
        ("a dragon", site.clone(), file("dragon", evidence(&[])), "jian", Some(Refused::UnknownGate)),
        ("a floor", State { is_site: false, ..site.clone() }, file("fire", evidence(&[])), "jian", Some(Refused::NotASite)),
        ("by a reader", State { may_file: false, ..site.clone() }, file("fire", evidence(&[])), "mo", Some(Refused::MayNot)),
        ("no paper", site.clone(), file("fire", Evidence { document: " ".into(), ..evidence(&[]) }), "jian", Some(Refused::NoDocument)),
        ("of tomorrow", site.clone(), file("fire", Evidence { on: date(2026, 11, 24), ..evidence(&[]) }), "jian", Some(Refused::FutureDay { date: "2026-11-24".into() })),
        ("five measures", site.clone(), file("dust", evidence(&[100; 5])), "jian", Some(Refused::MeasuresDiffer)),
        ("measures of no gate", site.clone(), file("fire", evidence(&[100])), "jian", Some(Refused::MeasuresDiffer)),
        ("101 per cent", site.clone(), file("dust", evidence(&[100, 100, 100, 100, 100, 101])), "jian", Some(Refused::AboveWhole)),
        ("92 per cent are filed", site.clone(), file("dust", evidence(&[100, 100, 100, 100, 100, 92])), "jian", None),
        ("filed again", at(filed, &[]), file("fire", evidence(&[])), "lu", None),
        ("filed over a confirmation", at(confirmed, &[]), file("fire", evidence(&[])), "jian", Some(Refused::AlreadyConfirmed { date: "2026-11-23".into() })),
        ("confirmed", at(filed, &[]), confirm("fire"), "wei", None),
        ("confirmed by who filed it", at(filed, &[]), confirm("fire"), "jian", Some(Refused::OwnEvidence)),
        ("confirmed by the site", State { may_judge: false, ..at(filed, &[]) }, confirm("fire"), "lu", Some(Refused::MayNot)),
        ("after a gate that is open", State { before: first(&[("fire", None), ("divisions", Some(TODAY))]), ..site.clone() }, file("completion_papers", evidence(&[])), "jian", Some(Refused::OthersFirst { gates: "gate_fire".into() })),
        ("after those of two buildings", State { before: first(&[("fire", None), ("fire", None)]), ..at(filed, &[]) }, confirm("completion_papers"), "wei", Some(Refused::OthersFirst { gates: "gate_fire".into() })),
        ("of their day", State { before: first(&[("fire", Some(TODAY))]), ..site.clone() }, file("completion_papers", evidence(&[])), "jian", None),
        ("before their day", State { before: first(&[("fire", Some(TODAY))]), ..site.clone() }, file("completion_papers", Evidence { on: date(2026, 11, 22), ..evidence(&[]) }), "jian", Some(Refused::BeforeOthers { gate: "gate_fire".into(), date: "2026-11-23".into() })),
        ("of the plan's first day", State { begins_on: Some(TODAY), ..site.clone() }, file("fire", evidence(&[])), "jian", None),
        ("of 1950", State { begins_on: Some(TODAY), ..site.clone() }, file("fire", Evidence { on: date(1950, 1, 1), ..evidence(&[]) }), "jian", Some(Refused::BeforePlan { date: "2026-11-23".into() })),
        ("confirmed unfiled", site.clone(), confirm("fire"), "wei", Some(Refused::NothingFiled)),
        ("confirmed twice", at(confirmed, &[]), confirm("fire"), "wei", Some(Refused::NothingFiled)),
        ("six at a hundred", at(filed, &[100; 6]), confirm("dust"), "wei", None),
        ("one at 99", at(filed, &[100, 99, 100, 100, 100, 100]), confirm("dust"), "wei", Some(Refused::NotWhole { measures: "measure_covering".into() })),
        ("sent back", at(filed, &[]), back("pages miss"), "wei", None),
        ("sent back in silence", at(filed, &[]), back(""), "wei", Some(Refused::NoReason)),
        ("withdrawn", at(confirmed, &[]), withdraw("forged"), "wei", None),
        ("withdrawn before", at(filed, &[]), withdraw("forged"), "wei", Some(Refused::NothingFiled)),
    ];
    let mut seen = BTreeSet::new();
    for (name, state, command, actor, expected) in cases {
        assert_eq!(decide(&state, &command, &context(actor)).err(), expected, "{name}");
        seen.extend(expected.map(|refused| crate::refusal::Refusal::from(refused).code));
    }
    let missing: Vec<&&str> = Refused::CODES.iter().filter(|code| !seen.contains(**code)).collect();
    assert!(missing.is_empty(), "{missing:?} have no case");
}

on_both_databases!(a_milestone_waits_for_its_gates, |site| async move {
    let site = active(site.with_cast().await).await;
    let finish = [("actual_start", "2026-11-20"), ("actual_finish", "2026-11-20")];
    let top = "/plans/ours/progress?activity=ours-b1/topping_out";
    let refused = site.post("builder", top, &finish).await;
    assert_eq!((refused.status.as_u16(), refused.texts(".summary .quiet")), (422, vec!["L-128".to_owned()]));
    assert!(refused.texts(".summary li")[0].contains("地基与基础分部验收、扬尘六个百分之百、噪声与夜间施工"), "{:?}", refused.texts(".summary li"));
    // What no gate binds is recorded as it was.
    assert_eq!(site.post("builder", "/plans/ours/progress?activity=ours-b1/permits", &finish).await.status, 303);

    // Evidence: a refused form comes back filled, a foreign place is not there, nobody confirms what they filed.
    let paper = [("document", "No. 8"), ("on", "2026-11-19")];
    let ladder = site.get("builder", "/gates/ours-b1").await;
    assert!(ladder.texts("h3").iter().any(|title| title.starts_with("地基与基础分部验收")));
    assert_eq!((site.get("stranger", "/gates/ours-b1").await.status, site.post("stranger", "/gates/ours-b1/foundation/file", &paper).await.status), (404.try_into().unwrap(), 404.try_into().unwrap()));
    let bad = site.post("builder", "/gates/ours-b1/foundation/file", &[("document", "No. 8"), ("on", "2027-01-01")]).await;
    assert_eq!((bad.texts("#foundation .summary .quiet"), bad.attributes("#foundation [name=document]", "value")), (vec!["M-105".to_owned()], vec!["No. 8".to_owned()]));
    assert_eq!(site.post("builder", "/gates/ours-b1/foundation/file", &paper).await.status, 303);
    assert_eq!(site.post("builder", "/gates/ours-b1/foundation/confirm", &[]).await.status, 403);
    assert_eq!(site.get("wei", "/gates").await.texts("#waiting li a"), ["ours name ours-b1 name"]);
    assert_eq!(site.get("stranger", "/gates").await.texts("#waiting li a").len(), 0);
    assert_eq!(site.post("wei", "/gates/ours-b1/foundation/return", &[("reason", "a page is missing")]).await.status, 303);
    assert_eq!(site.post("builder", "/gates/ours-b1/foundation/file", &paper).await.status, 303);
    assert_eq!(site.post("wei", "/gates/ours-b1/foundation/confirm", &[]).await.status, 303);

    // What concerns the whole ground is confirmed of the project, and holds for its buildings. Dust: six, each at a hundred.
    let dust = |last: &'static str| {
        let six = ["hoarding", "covering", "wet_work", "paving", "washing"].map(|measure| (format!("measure.{measure}"), "100"));
        six.into_iter().chain([("measure.closed_transport".to_owned(), last), ("document".to_owned(), "No. 9"), ("on".to_owned(), "2026-11-19")]).collect::<Vec<_>>()
    };
    for (percent, code) in [("92", Some("M-111")), ("100", None)] {
        let fields = dust(percent);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        assert_eq!(site.post("builder", "/gates/ours/dust/file", &fields).await.status, 303, "what is below is filed, so that it is seen");
        let came = site.post("wei", "/gates/ours/dust/confirm", &[]).await;
        assert_eq!(came.texts(".summary .quiet"), code.into_iter().collect::<Vec<_>>());
    }
    assert_eq!(site.post("builder", "/gates/ours/noise/file", &paper).await.status, 303);
    assert_eq!(site.post("wei", "/gates/ours/noise/confirm", &[]).await.status, 303);
    let mut conn = site.site.db.reader().await.unwrap();
    assert_eq!(heard::open_gates(&mut conn, "ours-b1", "topping_out").await.unwrap().len(), 0);
    assert_eq!(heard::open_gates(&mut conn, "ours-b2", "topping_out").await.unwrap().iter().map(|gate| gate.id.as_str()).collect::<Vec<_>>(), ["foundation"]);
    assert_eq!(site.post("builder", top, &finish).await.status, 303);

    // A confirmation that turns out wrong is withdrawn: the milestone stays met, and is listed as met without its gate.
    assert_eq!(site.post("wei", "/gates/ours-b1/foundation/withdraw", &[("reason", "a forged test")]).await.status, 303);
    let list = site.get("chief", "/gates").await;
    assert_eq!((list.texts("tbody .lamp.bad"), list.texts("tbody td:nth-child(5)")), (vec!["缺证据已达成".to_owned()], vec!["地基与基础分部验收".to_owned()]));
    assert_eq!(site.get("chief", "/gates?form=xlsx").await.status, 200);
    assert_eq!(site.get("chief", "/gates/rules").await.status, 200);
    assert_eq!(site.get("stranger", "/gates").await.texts("tbody .lamp.bad").len(), 0);
    // It can be corrected all the same: only meeting it anew would need the gate.
    let corrected = [("actual_start", "2026-11-21"), ("actual_finish", "2026-11-21"), ("reason", "a day later")];
    assert_eq!(site.post("builder", top, &corrected).await.status, 303);
    site
});

on_both_databases!(gates_have_an_order, |site| async move {
    let site = active(site.with_cast().await).await;
    let paper = |on: &'static str| [("document", "No. 8"), ("on", on)];
    let codes = |page: &crate::testing::Page, gate: &str| page.texts(&format!("#{gate} .summary .quiet, .summary .quiet"));
    // Filing and registration wait for completion, and completion for its divisions; each is named.
    let early = site.post("builder", "/gates/ours-b1/filed/file", &paper("2026-11-20")).await;
    assert!(codes(&early, "filed").contains(&"M-113".to_owned()), "{:?}", early.texts(".summary"));
    assert!(early.texts(".summary li")[0].contains("竣工验收"), "{:?}", early.texts(".summary li"));
    let early = site.post("builder", "/gates/ours-b1/registration/file", &paper("2026-11-20")).await;
    assert!(codes(&early, "registration").contains(&"M-113".to_owned()));
    // One of another century is none.
    let old = site.post("builder", "/gates/ours-b1/fire/file", &paper("1950-01-01")).await;
    assert!(codes(&old, "fire").contains(&"M-115".to_owned()), "{:?}", old.texts(".summary"));
    let pass = async |place: &str, gate: &str, on: &'static str| {
        let filed = site.post("builder", &format!("/gates/{place}/{gate}/file"), &paper(on)).await;
        assert_eq!(filed.status, 303, "{gate} {:?}", filed.texts(".summary"));
        let confirmed = site.post("wei", &format!("/gates/{place}/{gate}/confirm"), &[]).await;
        assert_eq!(confirmed.status, 303, "{gate} {:?}", confirmed.texts(".summary"));
    };
    for gate in ["foundation", "structure", "divisions", "household"] {
        pass("ours-b1", gate, "2026-11-18").await;
    }
    // What is confirmed of the whole project holds for its buildings, and a page says that it is not their own.
    pass("ours", "fire", "2026-11-21").await;
    assert!(site.get("builder", "/gates/ours-b1").await.texts("#fire p.quiet")[0].contains("没有单独的证据"));
    let young = site.post("builder", "/gates/ours-b1/completion_papers/file", &paper("2026-11-20")).await;
    assert!(codes(&young, "completion_papers").contains(&"M-114".to_owned()), "{:?}", young.texts(".summary"));
    for gate in ["completion_papers", "filed", "registration"] {
        pass("ours-b1", gate, "2026-11-21").await;
    }
    // Of the whole project completion asks for every building.
    let whole = site.post("builder", "/gates/ours/completion_papers/file", &paper("2026-11-22")).await;
    assert!(codes(&whole, "completion_papers").contains(&"M-113".to_owned()), "another building has not passed its own");
    // What came first and was taken back holds up what waits for a judgement.
    assert_eq!(site.post("wei", "/gates/ours-b1/filed/withdraw", &[("reason", "x")]).await.status, 303);
    assert_eq!(site.post("builder", "/gates/ours-b1/filed/file", &paper("2026-11-21")).await.status, 303);
    assert_eq!(site.post("wei", "/gates/ours/fire/withdraw", &[("reason", "x")]).await.status, 303);
    assert_eq!(site.post("wei", "/gates/ours-b1/filed/confirm", &[]).await.texts(".summary .quiet"), ["M-113"]);
    site
});
