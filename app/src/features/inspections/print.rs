//! The conclusion of an inspection as an official letter to whom it is about.

use super::handing::Handed;
use super::known::{Known, Step};
use super::model::Fact;
use super::pages::{Names, outcomes, scored_of, tenths};
use crate::journal::course::fact_name;
use crate::clock::civil_time;
use crate::web::Site;
use crate::web::papers;
use crate::web::visitor::Visitor;
use guatu_formats::documents::{Block, Form, Paper, Proof, qr};
use jiff::civil::Date;

/// Findings that a letter lists at most.
const MOST_FINDINGS: usize = 20;
/// Names under it that a letter lists at most.
const MOST_NAMES: usize = 30;

/// Who stands by what was scored, found and concluded, and when: those who signed, whoever wrote the conclusion, and the inspected
/// party that was shown it, with what it said. The letter also says who has not.
fn names_under(visitor: &Visitor, names: &Names, known: &Known) -> Vec<Block> {
    let stands_by = |fact: &Fact| matches!(fact, Fact::Signed { .. } | Fact::Concluded { .. } | Fact::Acknowledged { .. });
    let row = |step: &Step| {
        let said = match &step.fact {
            Fact::Acknowledged { content } => content.clone(),
            _ => String::new(),
        };
        let what = visitor.t(&format!("fact.inspections_{}", fact_name(&step.fact)));
        vec![names.person(&step.by).to_owned(), what, step.at.strftime("%Y-%m-%d %H:%M").to_string(), said]
    };
    let rows = known.steps.iter().filter(|step| stands_by(&step.fact)).map(row).collect();
    let columns = [
        ("inspections.who_signed", 3, false),
        ("inspections.signed_as", 3, false),
        ("inspections.signed_at", 3, false),
        ("field.remark", 5, false),
    ];
    let table = papers::list(visitor, "inspections.names_under", &columns, rows, MOST_NAMES);
    let has = |is: fn(&Fact) -> bool| known.steps.iter().any(|step| is(&step.fact));
    let missing = [
        ("unsigned", has(|fact| matches!(fact, Fact::Signed { .. }))),
        ("unacknowledged", has(|fact| matches!(fact, Fact::Acknowledged { .. }))),
    ];
    let missing = missing.into_iter().filter(|(_, is_there)| !is_there);
    let missing = missing.map(|(key, _)| Block::Paragraph(visitor.t(&format!("inspection_paper.{key}"))));
    table.into_iter().chain(missing).collect()
}

/// Sealed stops that one person hands to another: both sign it in their accounts, and may sign the paper too.
pub(super) fn handed(site: &Site, visitor: &Visitor, names: &Names, handed: &[Handed], today: Date) -> Paper {
    let row = |one: &Handed| {
        let signed = |at: Option<&String>| at.map_or_else(|| "—".to_owned(), |at| civil_time(at));
        vec![
            names.place(&one.stop.place),
            one.stop.until.to_string(),
            names.person(&one.leaving).to_owned(),
            signed(Some(&one.offered_at)),
            names.person(&one.coming).to_owned(),
            signed(one.taken_at.as_ref()),
        ]
    };
    let columns = [
        ("field.place", 5, false),
        ("inspections.last_day", 4, false),
        ("handing.leaving", 3, false),
        ("inspections.signed_at", 4, false),
        ("handing.coming", 3, false),
        ("inspections.signed_at", 4, false),
    ];
    let rows = handed.iter().map(row).collect();
    let mut blocks = vec![Block::Paragraph(visitor.t("handing.secret"))];
    blocks.extend(papers::list(visitor, "", &columns, rows, MOST_NAMES));
    blocks.extend(["hand_over_from", "hand_over_to"].map(|key| Block::Paragraph(visitor.t(&format!("order_paper.{key}")))));
    Paper {
        form: Form::Sheet,
        date: papers::long_day(visitor, today),
        title: visitor.t("handing.paper_title"),
        blocks,
        stamps: papers::stamps(site, visitor),
        ..Paper::default()
    }
}

/// The letter. The place of its number stays free: the registry of the body that issues it gives one.
pub(super) fn conclusion(site: &Site, visitor: &Visitor, names: &Names, known: &Known, number: u64, issuer: &str) -> Paper {
    let stop = known.stop();
    let opened = known.steps.first().map_or(Date::MIN, |step| step.at.date());
    let (on, content, verdict) = known.concluded().map_or((opened, "", ""), |step| match &step.fact {
        Fact::Concluded { content, verdict } => (step.at.date(), content.as_str(), verdict.name()),
        _ => (opened, "", ""),
    });
    let params = [
        ("place", names.place(&stop.place)),
        ("opened", papers::long_day(visitor, opened)),
        ("people", visitor.list(known.people().iter().map(|one| names.person(one)))),
        ("verdict", visitor.t(&format!("inspection_verdict.{verdict}"))),
        ("days", super::draw::RULES.objection.value.to_string()),
        ("number", number.to_string()),
    ];
    let paragraph = |key: &str| Block::Paragraph(visitor.tf(&format!("inspection_paper.{key}"), &params));
    let mut blocks = vec![paragraph("begin"), Block::Paragraph(content.to_owned())];
    let scores = outcomes(known).into_iter().map(|(list, outcome)| {
        vec![visitor.t(&format!("checklist.{}", list.id)), tenths(outcome.total_e1), scored_of(visitor, &outcome), visitor.t(&format!("checklist_grade.{}", outcome.grade.name()))]
    });
    let columns = [("inspections.subject", 4, false), ("inspections.points", 2, true), ("inspections.scored", 3, false), ("inspections.grade", 2, false)];
    blocks.extend(papers::list(visitor, "inspections.scores", &columns, scores.collect(), MOST_FINDINGS));
    let findings = known.findings().filter_map(|(_, step)| match &step.fact {
        Fact::Found { content, severity, lead, .. } => Some(vec![content.clone(), visitor.t(&format!("finding_severity.{severity}")), names.unit(lead).to_owned()]),
        _ => None,
    });
    let columns = [("inspections.findings", 6, false), ("field.severity", 2, false), ("field.lead", 3, false)];
    blocks.extend(papers::list(visitor, "inspections.findings", &columns, findings.collect(), MOST_FINDINGS));
    blocks.extend(names_under(visitor, names, known));
    blocks.push(paragraph("end"));
    Paper {
        form: Form::Letter,
        masthead: issuer.to_owned(),
        number: visitor.tf("round.letter_number", &[("year", on.year().to_string())]),
        office: issuer.to_owned(),
        date: papers::long_day(visitor, on),
        title: visitor.tf("inspection_paper.title", &params),
        recipients: visitor.tf("inspection_paper.to", &params),
        blocks,
        proof: qr(&format!("{}\n{number}", stop.id)).map(|cells| Proof { lines: vec![visitor.tf("round.letter_stands", &params), stop.id.clone()], cells }),
        stamps: papers::stamps(site, visitor),
        ..Paper::default()
    }
}
