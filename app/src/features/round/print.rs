//! The minutes of a round as an official paper: figures as they were frozen, decisions, what else was said.

use super::gather::Line;
use super::store::{Minutes, RoundDecision};
use crate::web::Site;
use crate::web::papers;
use crate::web::visitor::Visitor;
use guatu_formats::documents::{Block, Column, Form, Paper, Proof, Table, qr};
use std::collections::HashMap;

/// Composes the paper of minutes. `decisions` are those of its day and those overdue then; `names` are those of accounts.
pub fn compose(site: &Site, visitor: &Visitor, minutes: &Minutes, place: &str, decisions: &[RoundDecision], names: &HashMap<String, String>) -> Paper {
    let t = |key: &str| visitor.t(key);
    let figures = &minutes.figures;
    let column = |key: &str, share, is_number| Column { title: t(key), share, is_number };
    let count = |of: fn(&Line) -> usize| figures.sum(of).to_string();
    let mut blocks = vec![
        Block::Heading(t("round.first")),
        Block::Paragraph(visitor.tf(
            "round.in_short",
            &[
                ("came", count(|line| line.reports_came)),
                ("due", count(|line| line.reports_due)),
                ("red", count(|line| line.red)),
                ("red_new", count(|line| line.red_new)),
                ("soon", count(|line| line.soon)),
                ("unmet", count(|line| line.unmet)),
                ("hindered", count(|line| line.hindered)),
            ],
        )),
        Block::Table(Table {
            caption: visitor.tf("round.caption", &[("date", minutes.on.to_string())]),
            columns: vec![
                column("place_kind.project", 14, false),
                column("round.reports", 6, true),
                column("round.red", 5, true),
                column("round.red_new", 5, true),
                column("round.soon_short", 6, true),
                column("round.unmet_short", 6, true),
                column("round.hindered_short", 5, true),
            ],
            rows: figures.lines.iter().map(row).collect(),
        }),
    ];
    let (today, earlier): (Vec<&RoundDecision>, Vec<&RoundDecision>) = decisions.iter().partition(|one| one.decided_on == minutes.on);
    for (key, list) in [("round.second", today), ("round.third", earlier)] {
        if list.is_empty() {
            continue;
        }
        blocks.push(Block::Heading(t(key)));
        blocks.extend(list.iter().enumerate().map(|(at, one)| {
            let owner = names.get(&one.owner).cloned().unwrap_or_else(|| "—".into());
            let params = [("at", (at + 1).to_string()), ("content", one.content.clone()), ("owner", owner), ("due", one.due.to_string())];
            Block::Paragraph(visitor.tf("round.decision_line", &params))
        }));
    }
    if !minutes.remark.is_empty() {
        blocks.push(Block::Heading(t("round.fourth")));
        blocks.extend(minutes.remark.lines().filter(|line| !line.trim().is_empty()).map(|line| Block::Paragraph(line.trim().to_owned())));
    }
    let frozen = visitor.tf("bulletin.frozen", &[("number", minutes.frozen_number.to_string())]);
    Paper {
        form: Form::Bulletin,
        masthead: t("round.masthead"),
        number: String::new(),
        office: names.get(&minutes.minuted_by).cloned().unwrap_or_default(),
        date: minutes.on.to_string(),
        title: visitor.tf("round.paper_title", &[("place", place.to_owned()), ("date", minutes.on.to_string())]),
        recipients: String::new(),
        blocks,
        copies: Vec::new(),
        proof: qr(&format!("{}\n{}", minutes.id, minutes.frozen_number)).map(|cells| Proof { lines: vec![frozen, minutes.id.clone()], cells }),
        stamps: papers::stamps(site, visitor),
    }
}

fn row(line: &Line) -> Vec<String> {
    let reports = format!("{}/{}", line.reports_came, line.reports_due);
    let counts = [line.red, line.red_new, line.soon, line.unmet, line.hindered];
    [line.name.clone(), reports].into_iter().chain(counts.iter().map(usize::to_string)).collect()
}
