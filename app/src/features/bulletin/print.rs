//! The bulletin as an official paper: the table first, then the ranking's rule, objections, and the proof.

use super::figures::Line;
use super::model::{RULES, Stage};
use super::store::{Bulletin, Objection};
use crate::features::targets::drawings::{Ground, elevation};
use crate::features::targets::grades::Marks;
use crate::features::targets::progress::{signed, tenths_text};
use crate::web::{Site, papers};
use crate::web::visitor::Visitor;
use guatu_formats::charts::{self, Heading, Ink, Sheet};
use guatu_formats::documents::{Block, Column, Form, PICTURE_MM, Paper, Picture, Proof, Table, qr};

/// A drawing as large as it is printed, so that its type is what it says.
const ELEVATION_SHEET: Sheet = Sheet::Paper { width_mm: PICTURE_MM, height_mm: papers::DRAWING_MM as f64 };

/// Causes that are named of a project: the vital few.
const MOST_CAUSES: usize = 3;

/// What a bulletin shows beside its words.
pub struct Shown {
    /// Photographs that their owners allow.
    pub photos: Vec<Picture>,
    /// Elevations of the buildings it froze.
    pub elevations: Vec<Picture>,
}

/// The elevations of the buildings a bulletin froze, as pictures; a project that this person may not see is not drawn.
///
/// # Errors
/// When no font is installed.
pub fn elevations(visitor: &Visitor, bulletin: &Bulletin) -> anyhow::Result<Vec<Picture>> {
    let mut pictures = Vec::new();
    for one in &bulletin.figures.drawn {
        let Some(line) = bulletin.figures.lines.iter().find(|line| line.project == one.project) else { continue };
        // What it stands on and its stamps are the paper's.
        let heading = Heading { title: one.name.clone(), subtitle: visitor.tf("bulletin.drawn_gap", &[("gap", signed(one.gap_e1))]), ..Heading::default() };
        let ground = Ground { heading, sheet: ELEVATION_SHEET, ink: Ink::Colour };
        let Some(drawing) = elevation(visitor, &one.works, ground) else { continue };
        pictures.push(papers::drawn(&charts::elevation::draw(&drawing), format!("{} {}", line.name, one.name))?);
    }
    Ok(pictures)
}

/// Composes the paper of a bulletin, from what was frozen and what may be shown. `rule` is the name of the rule set it was judged by.
pub fn compose(site: &Site, visitor: &Visitor, bulletin: &Bulletin, objections: &[Objection], shown: Shown, rule: &str) -> Paper {
    let t = |key: &str| visitor.t(key);
    let column = |key: &str, share, is_number| Column { title: t(key), share, is_number };
    let mut table = Table {
        caption: visitor.tf("bulletin.caption", &[("from", bulletin.from.to_string()), ("to", bulletin.to.to_string())]),
        columns: vec![
            column("bulletin.rank", 15, true),
            column("place_kind.project", 64, false),
            column("bulletin.planned_short", 26, true),
            column("bulletin.done", 33, true),
            column("bulletin.gap_short", 26, true),
            column("bulletin.moved", 21, true),
            column("bulletin.reports", 39, true),
            column("bulletin.confirmed", 39, true),
            column("bulletin.disputes", 21, true),
            column("bulletin.broken_short", 21, true),
        ],
        rows: Vec::new(),
    };
    for (at, line) in bulletin.figures.lines.iter().enumerate() {
        table.rows.push(vec![
            (at + 1).to_string(),
            line.name.clone(),
            tenths_text(line.planned_e1),
            Marks::marked(&tenths_text(line.done_e1), line.grade),
            signed(line.gap_e1),
            line.moved_e1().map_or("—".into(), signed),
            format!("{}/{}", line.reports_came, line.reports_due),
            line.confirmed_text(),
            line.disputes.to_string(),
            line.broken.to_string(),
        ]);
    }
    let mut blocks = vec![Block::Table(table)];
    if bulletin.figures.lines.iter().any(|line| line.grade.is_some()) {
        let grades = Marks::of_visitor(visitor).line(&t("wall.unmarked"));
        blocks.push(Block::Paragraph(visitor.tf("round.brief_grades", &[("grades", grades)])));
    }
    blocks.push(Block::Paragraph(cut_off(visitor, bulletin)));
    if bulletin.is_early {
        blocks.push(Block::Paragraph(t("bulletin.was_early")));
    }
    // What is put right stands where the figures do.
    blocks.extend(correction(visitor, bulletin).map(Block::Paragraph));
    if !bulletin.opening.is_empty() {
        blocks.push(Block::Paragraph(bulletin.opening.clone()));
    }
    let mut parts = vec![("bulletin.first", ends(visitor, bulletin)), ("bulletin.objections", objected(visitor, bulletin, objections))];
    parts.push(("bulletin.second", vec![Block::Paragraph(rule_text(visitor, rule))]));
    let wanted = (!bulletin.closing.is_empty()).then(|| Block::Paragraph(bulletin.closing.clone()));
    parts.push(("bulletin.wanted", wanted.into_iter().collect()));
    for (title, pictures) in [("bulletin.elevations", shown.elevations), ("bulletin.photos", shown.photos)] {
        let pictures = (!pictures.is_empty()).then_some(Block::Pictures(pictures));
        parts.push((title, pictures.into_iter().collect()));
    }
    blocks.extend(papers::parts(visitor, parts));
    let mut stamps = papers::stamps(site, visitor);
    if bulletin.stage != Stage::Issued {
        stamps.push(t(&format!("bulletin_stage.{}", bulletin.stage.name())));
    }
    let (year, ordinal) = bulletin.issue;
    let number = if bulletin.stage == Stage::Issued { visitor.tf("bulletin.number", &[("year", year.to_string()), ("number", ordinal.to_string())]) } else { String::new() };
    Paper {
        form: Form::Bulletin,
        masthead: t("bulletin.masthead"),
        number,
        office: t("bulletin.office"),
        date: bulletin.issued_on.map_or_else(String::new, |on| on.to_string()),
        title: visitor.tf("bulletin.paper_title", &[("from", bulletin.from.to_string()), ("to", bulletin.to.to_string())]),
        recipients: String::new(),
        blocks,
        copies: vec![t("bulletin.copies")],
        proof: proof(visitor, bulletin),
        stamps,
    }
}

/// How its lines are ranked.
pub fn rule_text(visitor: &Visitor, rule: &str) -> String {
    visitor.tf("bulletin.rule_text", &[("rule", rule.to_owned()), ("percent", RULES.reported_percent.to_string())])
}

/// Of when its figures are: that its week was not over when they were frozen, or else which of them are of that moment.
pub fn cut_off(visitor: &Visitor, bulletin: &Bulletin) -> String {
    let params = [("to", bulletin.to.to_string()), ("date", bulletin.drafted_on.to_string())];
    visitor.tf(if bulletin.drafted_on <= bulletin.to { "bulletin.runs" } else { "bulletin.cut_off" }, &params)
}

/// Which issue it corrects, and what was wrong there.
pub fn correction(visitor: &Visitor, bulletin: &Bulletin) -> Option<String> {
    let (year, number) = bulletin.corrected?;
    let issue = visitor.tf("bulletin.number", &[("year", year.to_string()), ("number", number.to_string())]);
    Some(visitor.tf("bulletin.corrects", &[("issue", issue), ("words", bulletin.correction.clone())]))
}

/// The best and the worst, in one sentence each, with the reason that figures give.
fn ends(visitor: &Visitor, bulletin: &Bulletin) -> Vec<Block> {
    let lines = &bulletin.figures.lines;
    let mut blocks = Vec::new();
    for (key, line) in [("bulletin.best", lines.iter().find(|line| line.has_reported())), ("bulletin.worst", lines.last().filter(|_| lines.len() > 1))] {
        let Some(line) = line else { continue };
        let late = line.late.as_ref().map_or_else(String::new, |(name, days)| {
            visitor.tf("bulletin.late", &[("name", name.clone()), ("days", days.to_string())])
        });
        let params = [("name", line.name.clone()), ("gap", signed(line.gap_e1)), ("broken", line.broken.to_string()), ("disputes", line.disputes.to_string()), ("late", late)];
        let causes = line.hindered.as_ref().map(|_| causes_text(visitor, line).unwrap_or_else(|| visitor.t("bulletin.not_hindered")));
        blocks.push(Block::Paragraph(visitor.tf(key, &params) + &causes.unwrap_or_default()));
    }
    // Those between, where something held them up.
    let between = lines.iter().enumerate().take(lines.len().saturating_sub(1)).skip_while(|(_, line)| !line.has_reported()).skip(1);
    for (at, line) in between {
        let Some(causes) = causes_text(visitor, line) else { continue };
        blocks.push(Block::Paragraph(visitor.tf("bulletin.ranked", &[("rank", (at + 1).to_string()), ("name", line.name.clone())]) + &causes));
    }
    blocks
}

/// What held a project up most, as a sentence; `None` where nothing did.
fn causes_text(visitor: &Visitor, line: &Line) -> Option<String> {
    let causes = causes(visitor, line);
    (!causes.is_empty()).then(|| visitor.tf("bulletin.hindered_by", &[("causes", visitor.list(causes))]))
}

/// What held a project up most, each with the days that buildings waited.
pub fn causes(visitor: &Visitor, line: &Line) -> Vec<String> {
    let named = line.hindered.iter().flatten().take(MOST_CAUSES);
    named.map(|cause| visitor.tf("bulletin.cause", &[("kind", visitor.t(&format!("hindrance.{}", cause.kind))), ("days", cause.days.to_string())])).collect()
}

/// What units named in it object to, and how that was settled.
fn objected(visitor: &Visitor, bulletin: &Bulletin, objections: &[Objection]) -> Vec<Block> {
    let paragraph = |objection: &Objection| {
        let name = bulletin.figures.lines.iter().find(|line| line.project == objection.project).map_or("", |line| line.name.as_str());
        let params = [("name", name.to_owned()), ("words", objection.words.clone()), ("settled", objection.settled.clone().unwrap_or_default())];
        Block::Paragraph(visitor.tf(if objection.settled.is_some() { "bulletin.objection_settled" } else { "bulletin.objection" }, &params))
    };
    objections.iter().map(paragraph).collect()
}

/// The ledger number, and the signed head when it was issued, in words and as a QR code.
fn proof(visitor: &Visitor, bulletin: &Bulletin) -> Option<Proof> {
    let frozen = visitor.tf("bulletin.frozen", &[("number", bulletin.frozen_number.to_string())]);
    let note = bulletin.checkpoint.as_deref().unwrap_or_default();
    let mut head = note.lines();
    let (origin, size, root) = (head.next().unwrap_or_default(), head.next().unwrap_or_default(), head.next().unwrap_or_default());
    let words = if note.is_empty() { visitor.t("bulletin.no_checkpoint") } else { visitor.tf("bulletin.checkpoint", &[("size", size.to_owned())]) };
    let text = format!("{origin}\n{size}\n{root}\n{}", bulletin.id);
    Some(Proof { lines: vec![frozen, words, root.to_owned(), origin.to_owned()], cells: qr(&text)? })
}
