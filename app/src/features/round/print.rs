//! Papers of a round: its minutes, with figures as they were frozen, the brief of a day, as it stands, and the letter that
//! asks for what was decided.

use super::gather::{Figures, Line};
use super::pages::Shown;
use super::store::{Minutes, RoundDecision};
use crate::features::places::store::Place;
use crate::features::problems::store::Problem as Case;
use crate::features::targets::grades::Marks;
use crate::features::plan::amounts;
use crate::features::rule_sets;
use crate::features::rule_sets::model::RuleSet;
use crate::features::targets::pages::{delivered, period_text, unit_name};
use crate::features::targets::progress::signed;
use crate::web::Site;
use crate::web::papers;
use crate::web::visitor::Visitor;
use guatu_formats::documents::{Block, Column, Form, Paper, Proof, Table, qr};
use guatu_kernel::guarantee::PeriodKind;
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::HashMap;

/// Entries of each list of a brief: what is read aloud in a meeting.
const BRIEF_LISTED: usize = 12;

/// Composes the paper of minutes. `rule_set` is the one its lamps follow, where it was frozen; `decisions` are those of its day
/// and those overdue then; `names` are those of accounts.
pub fn compose(
    site: &Site,
    visitor: &Visitor,
    minutes: &Minutes,
    place: &str,
    rule_set: Option<&RuleSet>,
    decisions: &[RoundDecision],
    names: &HashMap<String, String>,
) -> Paper {
    let t = |key: &str| visitor.t(key);
    let (today, earlier): (Vec<&RoundDecision>, Vec<&RoundDecision>) = decisions.iter().partition(|one| one.decided_on == minutes.on);
    let remark = minutes.remark.lines().filter(|line| !line.trim().is_empty()).map(|line| Block::Paragraph(line.trim().to_owned()));
    let mut day = vec![Block::Paragraph(in_short(visitor, &minutes.figures)), projects(visitor, &minutes.figures, minutes.on)];
    day.extend(rule_set.map(|set| Block::Paragraph(rule_sets::pages::told(visitor, set))));
    day.extend(marks_said(visitor, minutes.figures.lines.iter().any(|line| line.grade.is_some())));
    let blocks = papers::parts(
        visitor,
        vec![
            ("round.brief_day", day),
            ("round.broken", broken(visitor, &minutes.figures, minutes.on)),
            ("round.second", decision_lines(visitor, &today, names)),
            ("round.third", decision_lines(visitor, &earlier, names)),
            ("round.fourth", remark.collect()),
        ],
    );
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

/// What the marks of grades mean, where there are any.
fn marks_said(visitor: &Visitor, is_graded: bool) -> Option<Block> {
    let line = || Marks::of_visitor(visitor).line(&visitor.t("wall.unmarked"));
    is_graded.then(|| Block::Paragraph(visitor.tf("round.brief_grades", &[("grades", line())])))
}

/// The day in one sentence.
fn in_short(visitor: &Visitor, figures: &Figures) -> String {
    let count = |of: fn(&Line) -> usize| figures.sum(of).to_string();
    let params = [
        ("came", count(|line| line.reports_came)),
        ("due", count(|line| line.reports_due)),
        ("red", count(|line| line.red)),
        ("red_new", count(|line| line.red_new)),
        ("soon", count(|line| line.soon)),
        ("unmet", count(|line| line.unmet)),
        ("hindered", count(|line| line.hindered)),
    ];
    visitor.tf("round.in_short", &params)
}

/// The projects of a day as a table.
fn projects(visitor: &Visitor, figures: &Figures, on: Date) -> Block {
    let column = |key: &str, share, is_number| Column { title: visitor.t(key), share, is_number };
    Block::Table(Table {
        caption: visitor.tf("round.caption", &[("date", on.to_string())]),
        columns: vec![
            column("place_kind.project", 14, false),
            column("round.gap", 6, true),
            column("round.reports", 6, true),
            column("round.red", 5, true),
            column("round.red_new", 5, true),
            column("round.soon_short", 6, true),
            column("round.unmet_short", 6, true),
            column("round.hindered_short", 5, true),
        ],
        rows: figures.lines.iter().map(row).collect(),
    })
}

/// Promises that ran out the day before and were not kept.
fn broken(visitor: &Visitor, figures: &Figures, on: Date) -> Vec<Block> {
    let before = on.saturating_sub(1.days());
    let rows = figures.broken.iter().map(|one| {
        let period = PeriodKind::from_name(&one.period).map_or_else(String::new, |kind| period_text(visitor, kind.around(before)));
        let of_unit = |e3: i64| format!("{} {}", amounts::text(e3), unit_name(visitor, &one.unit));
        vec![one.place.clone(), Marks::marked(&visitor.shown(&one.work), one.grade), period, of_unit(one.promised_e3), delivered(visitor, one.done_e3, &one.unit)]
    });
    let columns = [("field.place", 8, false), ("profile.work", 8, false), ("round.period", 7, false), ("round.promised", 6, true), ("round.delivered", 6, true)];
    let more = (figures.broken_more > 0).then(|| Block::Paragraph(visitor.tf("round.more", &[("count", figures.broken_more.to_string())])));
    papers::list(visitor, "", &columns, rows.collect(), usize::MAX).into_iter().chain(more).collect()
}

fn decision_lines(visitor: &Visitor, decisions: &[&RoundDecision], names: &HashMap<String, String>) -> Vec<Block> {
    let line = |(at, one): (usize, &&RoundDecision)| {
        let owner = names.get(&one.owner).cloned().unwrap_or_else(|| "—".into());
        let params = [("at", (at + 1).to_string()), ("content", one.content.clone()), ("owner", owner), ("due", one.due.to_string())];
        let ended = one.done.as_ref().map(|(on, outcome)| visitor.tf("round.decision_ended", &[("date", on.to_string()), ("outcome", outcome.clone())]));
        Block::Paragraph(visitor.tf("round.decision_line", &params) + ended.as_deref().unwrap_or_default())
    };
    decisions.iter().enumerate().map(line).collect()
}

/// Composes the brief of a place as its round stands. It is a view and freezes nothing: it names the fact it stands on, and
/// the same question put to that fact gives the same brief.
pub(super) fn brief(site: &Site, visitor: &Visitor, place: &Place, shown: &Shown, problems: &[Case]) -> Paper {
    let t = |key: &str| visitor.t(key);
    let mut parts: Vec<(&str, Vec<Block>)> = Vec::new();
    let open: Vec<&RoundDecision> = shown.open().collect();
    let overdue = open.iter().filter(|one| one.is_overdue(shown.today)).count();
    let decided = visitor.tf("round.brief_decisions", &[("open", open.len().to_string()), ("overdue", overdue.to_string()), ("problems", problems.len().to_string())]);
    parts.push(("round.brief_day", vec![Block::Paragraph(format!("{} {decided}", in_short(visitor, &shown.figures))), projects(visitor, &shown.figures, shown.today)]));
    let yesterday = shown.today.saturating_sub(1.days());
    let red = shown.rounds.iter().flat_map(|round| &round.red).filter(|red| red.since.is_some_and(|since| since >= yesterday));
    let red: Vec<_> = red.collect();
    let is_graded = red.iter().any(|red| red.grade.is_some()) || shown.figures.lines.iter().any(|line| line.grade.is_some());
    let red = red.into_iter().map(|red| {
        let since = red.since.map_or_else(String::new, |since| since.to_string());
        vec![shown.full_name(&red.place), Marks::marked(&visitor.shown(&red.name), red.grade), t(&format!("lamp.{}", red.word.key())), since]
    });
    let columns = [("field.place", 9, false), ("profile.work", 9, false), ("field.state", 5, false), ("profile.since", 6, false)];
    parts.push(("round.brief_red", papers::list(visitor, "", &columns, red.collect(), BRIEF_LISTED).into_iter().collect()));
    parts.push(("round.brief_decided", decision_lines(visitor, &open, &shown.names)));
    let waits = shown.rounds.iter().flat_map(|round| &round.hindered).map(|one| {
        let why = format!("{} {}", t(&format!("hindrance.{}", one.hindrance.kind)), one.hindrance.remark);
        vec![shown.full_name(&one.building), why.trim_end().to_owned(), one.hindrance.decider.clone(), one.on.to_string()]
    });
    let columns = [("field.place", 8, false), ("round.why", 11, false), ("field.decider", 6, false), ("field.on", 6, false)];
    parts.push(("round.hindered", papers::list(visitor, "", &columns, waits.collect(), BRIEF_LISTED).into_iter().collect()));
    let cases = problems.iter().map(|case| {
        let owner = case.owner.as_ref().and_then(|owner| shown.names.get(owner)).cloned().unwrap_or_else(|| t("problems.no_owner"));
        vec![shown.full_name(&case.place), case.content.clone(), owner, case.days_open(shown.today).to_string()]
    });
    let columns = [("field.place", 9, false), ("problems.content", 12, false), ("field.assignee", 5, false), ("problems.days", 4, true)];
    parts.push(("profile.problems", papers::list(visitor, "", &columns, cases.collect(), BRIEF_LISTED).into_iter().collect()));
    let mut blocks = papers::parts(visitor, parts);
    blocks.extend(marks_said(visitor, is_graded));
    let stands = visitor.tf("round.brief_stands", &[("number", shown.number.to_string())]);
    Paper {
        form: Form::Bulletin,
        masthead: t("round.brief_masthead"),
        office: place.attributes.name.clone(),
        date: shown.today.to_string(),
        title: visitor.tf("round.brief_title", &[("place", place.attributes.name.clone()), ("date", shown.today.to_string())]),
        blocks,
        proof: qr(&format!("{}\n{}", place.id, shown.number)).map(|cells| Proof { lines: vec![stands], cells }),
        stamps: papers::stamps(site, visitor),
        ..Paper::default()
    }
}

/// Who a letter is from and to.
pub struct Correspondents {
    /// The body that issues it.
    pub issuer: String,
    /// The person who owns the decision.
    pub owner: String,
    /// Where that person works.
    pub owner_organisation: Option<String>,
}

/// Composes the letter that asks a decision's owner to do it. The place of its number stays free: the registry of the body
/// that issues it gives one.
pub fn letter(site: &Site, visitor: &Visitor, decision: &RoundDecision, place: &Place, parties: &Correspondents) -> Paper {
    let today = site.clock.today();
    let date = |date: Date| papers::long_day(visitor, date);
    let recipient = [parties.owner_organisation.as_deref().unwrap_or_default(), &parties.owner].join(" ");
    let params = [
        ("place", place.attributes.name.clone()),
        ("decided", date(decision.decided_on)),
        ("content", decision.content.clone()),
        ("owner", recipient.trim().to_owned()),
        ("due", date(decision.due)),
        ("number", decision.number.to_string()),
    ];
    let paragraphs = ["letter_begin", "letter_what", "letter_who", "letter_when", "letter_basis", "letter_end"];
    let stands = visitor.tf("round.letter_stands", &params);
    Paper {
        form: Form::Letter,
        masthead: parties.issuer.clone(),
        number: visitor.tf("round.letter_number", &[("year", today.year().to_string())]),
        office: parties.issuer.clone(),
        date: date(today),
        title: visitor.tf("round.letter_title", &params),
        recipients: visitor.tf("round.letter_to", &params),
        blocks: paragraphs.iter().map(|key| Block::Paragraph(visitor.tf(&format!("round.{key}"), &params))).collect(),
        proof: qr(&format!("{}\n{}", decision.id, decision.number)).map(|cells| Proof { lines: vec![stands, decision.id.clone()], cells }),
        stamps: papers::stamps(site, visitor),
        ..Paper::default()
    }
}

fn row(line: &Line) -> Vec<String> {
    let gap = line.gap.map_or_else(|| "—".into(), |gap| signed(gap.points_e1));
    let reports = format!("{}/{}", line.reports_came, line.reports_due);
    let counts = [line.red, line.red_new, line.soon, line.unmet, line.hindered];
    [Marks::marked(&line.name, line.grade), gap, reports].into_iter().chain(counts.iter().map(usize::to_string)).collect()
}
