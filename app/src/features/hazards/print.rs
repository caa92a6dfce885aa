//! The notice card of a building as a paper: its risks in colours said in words, who controls each, and what is done about it.

use super::safety::{Shown, graded_text};
use crate::web::Site;
use crate::web::papers;
use crate::web::visitor::Visitor;
use guatu_formats::documents::{Block, Form, Paper, Proof, qr};
use jiff::civil::Date;

/// Risks that a card lists at most.
const MOST: usize = 40;

/// The card as of a day.
pub(super) fn card(site: &Site, visitor: &Visitor, shown: &Shown, today: Date) -> Paper {
    let rows = shown.found.points.iter().map(|point| {
        vec![
            visitor.t(&format!("risk.{}", point.risk.id)),
            visitor.t(&format!("risk_colour.{}", point.colour.name())),
            visitor.t(&format!("risk_level.{}", point.colour.rule().level)),
            visitor.tf("risks.every", &[("days", point.colour.rule().check_days.to_string())]),
            visitor.t(&format!("risk_measure.{}", point.risk.id)),
            graded_text(visitor, point),
        ]
    });
    let columns = [("field.risk", 4, false), ("risks.colour", 3, false), ("risks.level", 3, false), ("risks.how_often", 3, false), ("risks.measures", 8, false), ("risks.graded", 5, false)];
    let params = [("place", shown.title.clone()), ("date", today.to_string()), ("number", shown.number.to_string())];
    let mut blocks = vec![Block::Paragraph(visitor.tf("risks.card_begin", &params))];
    blocks.extend(papers::list(visitor, "", &columns, rows.collect(), MOST));
    blocks.push(Block::Paragraph(visitor.t("risks.card_end")));
    Paper {
        form: Form::Sheet,
        office: shown.title.clone(),
        date: today.to_string(),
        title: visitor.tf("risks.card_title", &params),
        blocks,
        proof: qr(&format!("{}\n{}", shown.place.id, shown.number)).map(|cells| Proof { lines: vec![visitor.tf("round.letter_stands", &params)], cells }),
        stamps: papers::stamps(site, visitor),
        ..Paper::default()
    }
}
