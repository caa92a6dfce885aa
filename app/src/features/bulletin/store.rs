//! Bulletins and objections to them.

use super::figures::Figures;
use super::model::{Command, Fact, Known, Photo, Stage, State, object_until};
use crate::args;
use crate::clock;
use crate::db::{Conn, Row};
use crate::features::Fact as AnyFact;
use crate::features::reports::{self, store::Report};
use crate::journal::domain::Entry;
use anyhow::{Context, Result};
use jiff::Timestamp;
use jiff::civil::Date;

/// A bulletin as the tables hold it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bulletin {
    /// Identifier.
    pub id: String,
    /// Year and number; zero until issued.
    pub issue: (i64, u64),
    /// First day of its week.
    pub from: Date,
    /// Last day of its week.
    pub to: Date,
    /// Where it is on its way.
    pub stage: Stage,
    /// The ledger number its figures stand on.
    pub frozen_number: u64,
    /// The figures.
    pub figures: Figures,
    /// Before the table.
    pub opening: String,
    /// After it.
    pub closing: String,
    /// The issue it corrects.
    pub corrects: Option<String>,
    /// Which figure of it was wrong, and what it should have been.
    pub correction: String,
    /// Year and number of that issue.
    pub corrected: Option<(i64, i64)>,
    /// When its figures were frozen.
    pub drafted_on: Date,
    /// The instant.
    pub drafted_at: Timestamp,
    /// Who drafted, reviewed and issued it, with the days of the last two.
    pub drafted_by: String,
    /// Who reviewed it.
    pub reviewed_by: Option<String>,
    /// Who issued it.
    pub issued_by: Option<String>,
    /// When.
    pub issued_on: Option<Date>,
    /// The signed head it names.
    pub checkpoint: Option<String>,
    /// Whether it went out before its week was over or before those named in it had time to object.
    pub is_early: bool,
}

/// An objection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objection {
    /// The project.
    pub project: String,
    /// Who raised it.
    pub raised_by: String,
    /// What is wrong.
    pub words: String,
    /// How it was settled.
    pub settled: Option<String>,
}

/// A photograph chosen for a bulletin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The photograph.
    pub photo: Photo,
    /// What its owner said; `None` while nothing was said.
    pub is_allowed: Option<bool>,
}

macro_rules! columns {
    () => {
        "id, year, ordinal, from_on, to_on, state, frozen_number, figures, opening, closing, corrects, drafted_by, reviewed_by, issued_by, issued_on, checkpoint, (SELECT c.year FROM bulletin c WHERE c.id = bulletin.corrects), (SELECT c.ordinal FROM bulletin c WHERE c.id = bulletin.corrects), drafted_on, correction, drafted_at, is_early"
    };
}

/// One bulletin.
pub async fn bulletin(conn: &mut Conn, id: &str) -> Result<Option<Bulletin>> {
    conn.row(concat!("SELECT ", columns!(), " FROM bulletin WHERE id = ?"), args![id]).await?.map(|row| read(&row)).transpose()
}

/// The newest issued bulletin that corrects this one.
pub async fn correcting(conn: &mut Conn, id: &str) -> Result<Option<Bulletin>> {
    let sql = concat!("SELECT ", columns!(), " FROM bulletin WHERE corrects = ? AND state = 'issued' ORDER BY number DESC LIMIT 1");
    conn.row(sql, args![id]).await?.map(|row| read(&row)).transpose()
}

/// All bulletins, newest week first.
pub async fn all(conn: &mut Conn) -> Result<Vec<Bulletin>> {
    let rows = conn.rows(concat!("SELECT ", columns!(), " FROM bulletin ORDER BY from_on DESC, number DESC"), &[]).await?;
    rows.iter().map(read).collect()
}

/// The newest issued bulletin of an earlier week.
pub async fn before(conn: &mut Conn, from: Date) -> Result<Option<Bulletin>> {
    let sql = concat!("SELECT ", columns!(), " FROM bulletin WHERE state = 'issued' AND from_on < ? ORDER BY from_on DESC, number DESC LIMIT 1");
    conn.row(sql, args![from]).await?.map(|row| read(&row)).transpose()
}

fn read(row: &Row) -> Result<Bulletin> {
    Ok(Bulletin {
        id: row.text(0)?,
        issue: (row.int(1)?, row.count(2)?),
        from: row.date(3)?,
        to: row.date(4)?,
        stage: Stage::from_name(&row.text(5)?).context("a stored stage is known")?,
        frozen_number: row.count(6)?,
        figures: row.json(7)?,
        opening: row.text(8)?,
        closing: row.text(9)?,
        corrects: row.opt_text(10)?,
        drafted_by: row.text(11)?,
        reviewed_by: row.opt_text(12)?,
        issued_by: row.opt_text(13)?,
        issued_on: row.opt_date(14)?,
        checkpoint: row.opt_text(15)?,
        corrected: row.opt_int(16)?.zip(row.opt_int(17)?),
        drafted_on: row.date(18)?,
        correction: row.text(19)?,
        drafted_at: row.text(20)?.parse().context("a stored instant can be read")?,
        is_early: row.int(21)? != 0,
    })
}

/// Objections to a bulletin, in order.
pub async fn objections(conn: &mut Conn, bulletin: &str) -> Result<Vec<Objection>> {
    let rows = conn.rows("SELECT project, words, settled, raised_by FROM objection WHERE bulletin = ? ORDER BY number", args![bulletin]).await?;
    rows.iter().map(|row| Ok(Objection { project: row.text(0)?, words: row.text(1)?, settled: row.opt_text(2)?, raised_by: row.text(3)? })).collect()
}

/// Photographs chosen for a bulletin, in the order they are printed.
pub async fn photos(conn: &mut Conn, bulletin: &str) -> Result<Vec<Chosen>> {
    let sql = "SELECT report, copy, building, on_day, is_allowed FROM bulletin_photo WHERE bulletin = ? ORDER BY ordinal";
    let rows = conn.rows(sql, args![bulletin]).await?;
    let read = |row: &Row| {
        let photo = Photo { report: row.text(0)?, copy: row.text(1)?, building: row.text(2)?, on: row.date(3)? };
        Ok(Chosen { photo, is_allowed: row.opt_int(4)?.map(|allowed| allowed != 0) })
    };
    rows.iter().map(read).collect()
}

/// Bulletins not yet issued with photographs that nobody has answered for: bulletin and building.
pub async fn unanswered(conn: &mut Conn) -> Result<Vec<(String, String)>> {
    let sql = "SELECT p.bulletin, p.building FROM bulletin_photo p JOIN bulletin b ON b.id = p.bulletin
               WHERE p.is_allowed IS NULL AND b.state IN ('draft', 'reviewed') ORDER BY b.number, p.ordinal";
    conn.rows(sql, &[]).await?.iter().map(|row| Ok((row.text(0)?, row.text(1)?))).collect()
}

/// Photographs that a bulletin may print: of the reports of its week in the projects it names, newest first.
pub async fn offered(conn: &mut Conn, bulletin: &Bulletin) -> Result<Vec<Photo>> {
    let pictured = reports::store::pictured(conn, bulletin.from, bulletin.to).await?;
    let is_named = |report: &Report| bulletin.figures.lines.iter().any(|line| line.project == report.project);
    let photo = |report: &Report, copy: String| Photo { report: report.id.clone(), copy, building: report.building.clone(), on: report.on };
    let named = pictured.iter().filter(|report| is_named(report));
    Ok(named.flat_map(|report| report.content.photos.iter().map(|one| photo(report, one.name()))).collect())
}

pub(super) async fn load(conn: &mut Conn, command: &Command) -> Result<State> {
    let mut state = State::default();
    let id = match command {
        Command::Draft { bulletin: id, from, corrects, .. } => {
            state.is_id_taken = bulletin(conn, id).await?.is_some();
            // A correction is another issue of the same week.
            let sql = "SELECT 1 FROM bulletin WHERE from_on = ? AND state <> 'withdrawn'";
            state.is_week_taken = corrects.is_none() && conn.row(sql, args![*from]).await?.is_some();
            if let Some(corrects) = corrects {
                state.is_corrected_known = bulletin(conn, corrects).await?.is_some_and(|one| one.stage == Stage::Issued);
            }
            return Ok(state);
        }
        Command::Edit { bulletin, .. }
        | Command::Review { bulletin }
        | Command::Issue { bulletin, .. }
        | Command::Choose { bulletin, .. }
        | Command::Allow { bulletin, .. }
        | Command::Withdraw { bulletin, .. }
        | Command::Object { bulletin, .. }
        | Command::Settle { bulletin, .. } => bulletin,
    };
    let found = bulletin(conn, id).await?.context("scope has found the bulletin")?;
    let row = conn.row("SELECT COUNT(*) FROM bulletin WHERE state = 'issued' AND year = ?", args![i64::from(found.to.year())]).await?;
    state.issued_of_year = u32::try_from(row.context("a count is a row")?.int(0)?)?;
    let head = conn.row("SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1", &[]).await?;
    state.checkpoint = head.map(|row| row.text(0)).transpose()?;
    state.named = found.figures.lines.iter().map(|line| line.project.clone()).collect();
    let objections = objections(conn, id).await?;
    state.objected = objections.into_iter().map(|one| (one.project, one.settled.is_some())).collect();
    match command {
        Command::Choose { .. } => state.offered = offered(conn, &found).await?,
        Command::Allow { .. } => state.chosen = photos(conn, id).await?.into_iter().map(|one| (one.photo.report, one.photo.copy)).collect(),
        _ => {}
    }
    let until = object_until(found.drafted_at);
    state.known = Some(Known {
        stage: found.stage,
        drafter: found.drafted_by,
        object_until: until,
        object_until_local: clock::civil(until),
        reviewer: found.reviewed_by,
        to: found.to,
    });
    Ok(state)
}

/// What one fact does to the tables.
pub async fn apply(conn: &mut Conn, entry: &Entry<AnyFact>, fact: &Fact) -> Result<()> {
    let (id, by, on, number) = (&entry.subject, &entry.actor, entry.occurred_on, entry.number);
    let done = match fact {
        Fact::Drafted { from, to, figures, frozen_number, opening, closing, corrects, correction } => {
            let sql = "INSERT INTO bulletin (id, year, ordinal, from_on, to_on, state, frozen_number, figures, opening, closing, corrects, correction, drafted_by, drafted_on, drafted_at, is_early, number)
                       VALUES (?, 0, 0, ?, ?, 'draft', ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)";
            conn.execute(sql, args![id, *from, *to, *frozen_number, figures, opening, closing, corrects.as_ref(), correction, by, on, &entry.recorded_at, number]).await
        }
        Fact::Edited { opening, closing } => {
            conn.execute("UPDATE bulletin SET opening = ?, closing = ?, number = ? WHERE id = ?", args![opening, closing, number, id]).await
        }
        Fact::Reviewed {} => {
            let sql = "UPDATE bulletin SET state = 'reviewed', reviewed_by = ?, reviewed_on = ?, number = ? WHERE id = ?";
            conn.execute(sql, args![by, on, number, id]).await
        }
        Fact::Chosen { photos: chosen } => {
            let before = photos(conn, id).await?;
            conn.execute("DELETE FROM bulletin_photo WHERE bulletin = ?", args![id]).await?;
            for (ordinal, photo) in chosen.iter().enumerate() {
                let said = before.iter().find(|one| one.photo.is_that(&photo.report, &photo.copy)).and_then(|one| one.is_allowed).map(i64::from);
                let sql = "INSERT INTO bulletin_photo (bulletin, copy, ordinal, report, building, on_day, is_allowed) VALUES (?, ?, ?, ?, ?, ?, ?)";
                conn.execute(sql, args![id, &photo.copy, ordinal as u64, &photo.report, &photo.building, photo.on, said]).await?;
            }
            conn.execute("UPDATE bulletin SET number = ? WHERE id = ?", args![number, id]).await
        }
        Fact::Allowed { report, copy, is_allowed } => {
            let sql = "UPDATE bulletin_photo SET is_allowed = ? WHERE bulletin = ? AND copy = ? AND (report = ? OR ? = '')";
            conn.execute(sql, args![i64::from(*is_allowed), id, copy, report, report]).await
        }
        Fact::Issued { year, ordinal, checkpoint, is_early } => {
            let sql = "UPDATE bulletin SET state = 'issued', year = ?, ordinal = ?, checkpoint = ?, is_early = ?, issued_by = ?, issued_on = ?, number = ? WHERE id = ?";
            conn.execute(sql, args![i64::from(*year), i64::from(*ordinal), checkpoint.as_ref(), i64::from(*is_early), by, on, number, id]).await
        }
        Fact::Withdrawn { .. } => conn.execute("UPDATE bulletin SET state = 'withdrawn', number = ? WHERE id = ?", args![number, id]).await,
        Fact::Objected { project, reason } => {
            let sql = "INSERT INTO objection (bulletin, project, words, raised_by, raised_on, number) VALUES (?, ?, ?, ?, ?, ?)";
            conn.execute(sql, args![id, project, reason, by, on, number]).await
        }
        Fact::Settled { project, reason } => {
            conn.execute("UPDATE objection SET settled = ?, number = ? WHERE bulletin = ? AND project = ?", args![reason, number, id, project]).await
        }
    };
    done.map(drop)
}
