//! The problem table.

use super::model::{Cause, Command, Fact, Known, State};
use crate::args;
use crate::db::{Conn, Row};
use crate::features::Fact as AnyFact;
use crate::features::authority::{self, Verb};
use crate::features::task_force::model::{Holder, Seat};
use crate::features::{identity, places, reports, task_force};
use crate::journal::domain::{Context, Entry};
use anyhow::Result;
use jiff::civil::Date;

/// A problem as the table holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Identifier.
    pub id: String,
    /// The place.
    pub place: String,
    /// What it is about.
    pub cause: Cause,
    /// What it is, in words.
    pub content: String,
    /// The account that owns it.
    pub owner: Option<String>,
    /// The account that raised it.
    pub raised_by: String,
    /// When it was opened.
    pub opened_on: Date,
    /// What its owner answered last: when, what, and by when it is to end.
    pub answer: Option<(Date, String, Date)>,
    /// When it ended, by whom, and how; no words when a later judgement of the report ended it.
    pub closed: Option<(Date, String, Option<String>)>,
    /// The fact that last changed it.
    pub number: u64,
}

impl Problem {
    /// Days it has been open, or was.
    pub fn days_open(&self, today: Date) -> i32 {
        let end = self.closed.as_ref().map_or(today, |(on, ..)| *on);
        (end - self.opened_on).get_days()
    }

    /// Whether the end its owner promised has passed.
    pub fn is_overdue(&self, today: Date) -> bool {
        self.closed.is_none() && self.answer.as_ref().is_some_and(|(.., by)| *by < today)
    }
}

macro_rules! columns {
    () => {
        "id, place, cause_json, content, owner, raised_by, opened_on, answered_on, answer, due_on, closed_on, closed_by, outcome, number"
    };
}

fn read(row: &Row) -> Result<Problem> {
    Ok(Problem {
        id: row.text(0)?,
        place: row.text(1)?,
        cause: row.json(2)?,
        content: row.text(3)?,
        owner: row.opt_text(4)?,
        raised_by: row.text(5)?,
        opened_on: row.date(6)?,
        answer: match (row.opt_date(7)?, row.opt_text(8)?, row.opt_date(9)?) {
            (Some(on), Some(answer), Some(by)) => Some((on, answer, by)),
            _ => None,
        },
        closed: match (row.opt_date(10)?, row.opt_text(11)?) {
            (Some(on), Some(by)) => Some((on, by, row.opt_text(12)?)),
            _ => None,
        },
        number: row.count(13)?,
    })
}

/// One problem.
pub async fn problem(conn: &mut Conn, id: &str) -> Result<Option<Problem>> {
    let sql = concat!("SELECT ", columns!(), " FROM problem WHERE id = ?");
    conn.row(sql, args![id]).await?.map(|row| read(&row)).transpose()
}

/// Problems that are open, longest first, then those that ended on a day or after it, newest first.
pub async fn problems(conn: &mut Conn, since: Date) -> Result<Vec<Problem>> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM problem WHERE closed_on IS NULL OR closed_on >= ? ORDER BY CASE WHEN closed_on IS NULL THEN 0 ELSE 1 END, opened_on, number"
    );
    conn.rows(sql, args![since]).await?.iter().map(read).collect()
}

/// Every problem about a report, oldest first.
pub async fn of_report(conn: &mut Conn, report: &str) -> Result<Vec<Problem>> {
    let sql = concat!("SELECT ", columns!(), " FROM problem WHERE report = ? ORDER BY number");
    conn.rows(sql, args![report]).await?.iter().map(read).collect()
}

/// To whom a problem of a place falls by itself on a day: the leader of the project's task force, else its liaison, else
/// the accountable official of the place or of the nearest above.
async fn answerable(conn: &mut Conn, place: &str, on: Date) -> Result<Option<String>> {
    let path = places::path(conn, place).await?.unwrap_or_default();
    for seat in [Seat::Leader, Seat::Liaison] {
        for above in path.trim_matches('/').split('/') {
            let holds = |member: &task_force::store::Member| {
                member.seat == seat && member.from <= on && member.to.is_none_or(|to| to >= on)
            };
            if let Some(member) = task_force::store::members(conn, above).await?.into_iter().find(holds)
                && let Holder::Account(account) = member.holder
            {
                return Ok(Some(account));
            }
        }
    }
    for above in path.trim_matches('/').rsplit('/') {
        if let Some(official) = places::get(conn, above).await?.and_then(|place| place.official) {
            return Ok(Some(official));
        }
    }
    Ok(None)
}

/// Who supervises the works at a place on a day: the post that is nearest to it, of several the one held longest. Supervision
/// stops work and reviews before it goes on, so it answers for work that went on.
async fn engineer(conn: &mut Conn, place: &str, on: Date) -> Result<Option<String>> {
    let path = places::path(conn, place).await?.unwrap_or_default();
    let mut nearest: Option<(usize, String)> = None;
    for post in identity::store::posts(conn).await?.into_iter().filter(|post| post.role.verbs().contains(&Verb::Confirm)) {
        let Some(depth) = post.place.as_deref().map_or(Some(0), |at| path.trim_matches('/').split('/').position(|above| above == at).map(|depth| depth + 1)) else { continue };
        // An account that is disabled, or a post that has ended, gives no rights.
        if nearest.as_ref().is_none_or(|(known, _)| *known < depth) && authority::rights(conn, &post.account, on).await?.may(Verb::Confirm, &path) {
            nearest = Some((depth, post.account));
        }
    }
    Ok(nearest.map(|(_, account)| account))
}

fn known(problem: Problem) -> Known {
    Known {
        id: problem.id,
        owner: problem.owner,
        raised_by: problem.raised_by,
        closed_on: problem.closed.map(|(on, ..)| on),
        ends_with_judgement: problem.cause.ends_with_judgement(),
    }
}

async fn may_read(conn: &mut Conn, account: &str, place: &str, on: Date) -> Result<bool> {
    let path = places::path(conn, place).await?.unwrap_or_default();
    Ok(authority::rights(conn, account, on).await?.may(Verb::Read, &path))
}

pub(super) async fn load(conn: &mut Conn, command: &Command, context: &Context) -> Result<State> {
    let mut state = State::default();
    match command {
        Command::Open { problem: id, place, owner, .. } => {
            state.is_id_taken = problem(conn, id).await?.is_some();
            state.place = place.clone();
            state.is_owner_known = may_read(conn, owner, place, context.today).await?;
        }
        Command::Raise { cause, .. } => {
            about_report(conn, &mut state, cause.report().unwrap_or_default()).await?;
            state.answerable = match cause {
                Cause::Disregarded { .. } => engineer(conn, &state.place, context.today).await?,
                _ => None,
            };
            if state.answerable.is_none() {
                state.answerable = answerable(conn, &state.place, context.today).await?;
            }
        }
        Command::Settle { report } => about_report(conn, &mut state, report).await?,
        Command::Hand { problem: id, .. } | Command::Answer { problem: id, .. } | Command::Close { problem: id, .. } => {
            if let Some(found) = problem(conn, id).await? {
                state.place = found.place.clone();
                state.problem = Some(known(found));
            }
            if let Command::Hand { owner, .. } = command {
                state.is_owner_known = may_read(conn, owner, &state.place, context.today).await?;
            }
        }
    }
    Ok(state)
}

/// What the rule needs of a report.
async fn about_report(conn: &mut Conn, state: &mut State, report: &str) -> Result<()> {
    state.place = reports::store::report(conn, report).await?.map(|report| report.building).unwrap_or_default();
    state.of_report = of_report(conn, report).await?.into_iter().map(known).collect();
    Ok(())
}

/// What one fact does to the table.
pub async fn apply(conn: &mut Conn, entry: &Entry<AnyFact>, fact: &Fact) -> Result<()> {
    let (id, place, by, on, number) = (&entry.subject, &entry.place, &entry.actor, entry.occurred_on, entry.number);
    let done = match fact {
        Fact::Opened { cause, content, owner, raised_by } => {
            let sql = "INSERT INTO problem (id, place, cause, cause_json, report, content, owner, raised_by, opened_on, number) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
            let args = args![id, place, cause.name(), serde_json::to_string(cause)?, cause.report(), content, owner.as_ref(), raised_by, on, number];
            conn.execute(sql, args).await
        }
        Fact::Handed { owner, .. } => {
            conn.execute("UPDATE problem SET owner = ?, number = ? WHERE id = ?", args![owner, number, id]).await
        }
        Fact::Answered { content, by: due } => {
            let sql = "UPDATE problem SET answer = ?, answered_on = ?, due_on = ?, number = ? WHERE id = ?";
            conn.execute(sql, args![content, on, *due, number, id]).await
        }
        Fact::Closed { outcome } => {
            let sql = "UPDATE problem SET closed_by = ?, closed_on = ?, outcome = ?, number = ? WHERE id = ?";
            conn.execute(sql, args![by, on, outcome, number, id]).await
        }
        Fact::Settled {} => {
            let sql = "UPDATE problem SET closed_by = ?, closed_on = ?, number = ? WHERE id = ?";
            conn.execute(sql, args![by, on, number, id]).await
        }
    };
    done.map(drop)
}
