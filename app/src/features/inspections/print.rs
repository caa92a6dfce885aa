//! The conclusion of an inspection as an official letter to whom it is about.

use super::known::Known;
use super::model::Fact;
use super::pages::{Names, outcomes, tenths};
use crate::web::Site;
use crate::web::papers;
use crate::web::visitor::Visitor;
use guatu_formats::documents::{Block, Form, Paper, Proof, qr};
use jiff::civil::Date;

/// Findings that a letter lists at most.
const MOST_FINDINGS: usize = 20;


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
        ("people", visitor.list(stop.inspectors.iter().map(|one| names.person(one)))),
        ("verdict", visitor.t(&format!("inspection_verdict.{verdict}"))),
        ("days", super::draw::RULES.objection.value.to_string()),
        ("number", number.to_string()),
    ];
    let paragraph = |key: &str| Block::Paragraph(visitor.tf(&format!("inspection_paper.{key}"), &params));
    let mut blocks = vec![paragraph("begin"), Block::Paragraph(content.to_owned())];
    let scores = outcomes(known).into_iter().map(|(list, outcome)| {
        vec![visitor.t(&format!("checklist.{}", list.id)), tenths(outcome.total_e1), visitor.t(&format!("checklist_grade.{}", outcome.grade.name()))]
    });
    let columns = [("inspections.subject", 4, false), ("inspections.points", 2, true), ("inspections.grade", 2, false)];
    blocks.extend(papers::list(visitor, "inspections.scores", &columns, scores.collect(), MOST_FINDINGS));
    let findings = known.findings().filter_map(|(_, step)| match &step.fact {
        Fact::Found { content, severity, lead, .. } => Some(vec![content.clone(), visitor.t(&format!("finding_severity.{severity}")), names.unit(lead).to_owned()]),
        _ => None,
    });
    let columns = [("inspections.findings", 6, false), ("field.severity", 2, false), ("field.lead", 3, false)];
    blocks.extend(papers::list(visitor, "inspections.findings", &columns, findings.collect(), MOST_FINDINGS));
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
