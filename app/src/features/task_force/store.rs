//! Memberships of task forces.

use super::model::{Command, Fact, Holder, REQUIRED, Seat, State};
use crate::args;
use crate::db::{Conn, Row};
use crate::features::{Fact as AnyFact, identity, organisations, places};
use crate::journal::domain::Entry;
use anyhow::{Context, Result};
use jiff::civil::Date;

/// A membership as the tables hold it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Identifier.
    pub id: String,
    /// The project.
    pub project: String,
    /// The seat.
    pub seat: Seat,
    /// Who holds it.
    pub holder: Holder,
    /// First day.
    pub from: Date,
    /// Last day; `None` while it runs.
    pub to: Option<Date>,
    /// Why it ended.
    pub reason: Option<String>,
}

/// One membership.
pub async fn member(conn: &mut Conn, id: &str) -> Result<Option<Member>> {
    let sql = "SELECT id, project, seat, account, organisation, from_on, to_on, reason FROM task_force_member WHERE id = ?";
    conn.row(sql, args![id]).await?.map(|row| read(&row)).transpose()
}

/// Everybody who ever sat in a project's task force, in the order appointed.
pub async fn members(conn: &mut Conn, project: &str) -> Result<Vec<Member>> {
    let sql = "SELECT id, project, seat, account, organisation, from_on, to_on, reason FROM task_force_member WHERE project = ? ORDER BY filled_number";
    conn.rows(sql, args![project]).await?.iter().map(read).collect()
}

/// Projects in which an organisation holds a seat now, in the order of their ids.
pub async fn projects_of(conn: &mut Conn, seat: Seat, organisation: &str) -> Result<Vec<String>> {
    let sql = "SELECT DISTINCT project FROM task_force_member WHERE organisation = ? AND seat = ? AND to_on IS NULL ORDER BY project";
    conn.rows(sql, args![organisation, seat.name()]).await?.iter().map(|row| row.text(0)).collect()
}

/// Seats that must be held and are not.
pub async fn empty_seats(conn: &mut Conn, project: &str) -> Result<Vec<Seat>> {
    let held: Vec<Seat> =
        members(conn, project).await?.into_iter().filter(|member| member.to.is_none()).map(|member| member.seat).collect();
    Ok(REQUIRED.into_iter().filter(|seat| !held.contains(seat)).collect())
}

pub(super) async fn load(conn: &mut Conn, command: &Command) -> Result<State> {
    let mut state = State::default();
    match command {
        Command::Fill { member: id, project, seat, holder, .. } => {
            state.is_id_taken = member(conn, id).await?.is_some();
            state.is_project =
                places::get(conn, project).await?.is_some_and(|place| place.kind == places::model::Kind::Project);
            state.is_holder_known = match holder {
                Holder::Account(account) => identity::store::account(conn, account).await?.is_some_and(|one| !one.is_disabled),
                Holder::Organisation(organisation) => organisations::get(conn, organisation).await?.is_some(),
            };
            state.is_seat_held = members(conn, project).await?.iter().any(|member| member.seat == *seat && member.to.is_none());
        }
        Command::Vacate { member: id, .. } => {
            let member = member(conn, id).await?.context("scope has found the membership")?;
            state.running = member.to.is_none().then_some((member.project, member.from));
        }
    }
    Ok(state)
}

/// What one fact does to the table.
pub async fn apply(conn: &mut Conn, entry: &Entry<AnyFact>, fact: &Fact) -> Result<()> {
    match fact {
        Fact::SeatFilled { project, seat, holder, from } => {
            let (account, organisation) = match holder {
                Holder::Account(account) => (Some(account), None),
                Holder::Organisation(organisation) => (None, Some(organisation)),
            };
            conn.execute(
                "INSERT INTO task_force_member (id, project, seat, account, organisation, from_on, filled_number) VALUES (?, ?, ?, ?, ?, ?, ?)",
                args![&entry.subject, project, seat.name(), account, organisation, *from, entry.number],
            )
            .await
            .map(drop)
        }
        Fact::SeatVacated { on, reason } => conn
            .execute("UPDATE task_force_member SET to_on = ?, reason = ? WHERE id = ?", args![*on, reason, &entry.subject])
            .await
            .map(drop),
    }
}

fn read(row: &Row) -> Result<Member> {
    let holder = match (row.opt_text(3)?, row.opt_text(4)?) {
        (Some(account), _) => Holder::Account(account),
        (None, Some(organisation)) => Holder::Organisation(organisation),
        (None, None) => anyhow::bail!("a seat is held by somebody"),
    };
    Ok(Member {
        id: row.text(0)?,
        project: row.text(1)?,
        seat: Seat::from_name(&row.text(2)?).context("a stored seat is known")?,
        holder,
        from: row.date(5)?,
        to: row.opt_date(6)?,
        reason: row.opt_text(7)?,
    })
}
