//! Accounts and posts, and the names kept beside the ledger.

use super::model::{Command, Fact, Role, State};
use crate::args;
use crate::db::{Conn, Row};
use crate::features::{Fact as AnyFact, places};
use crate::journal::domain::Entry;
use anyhow::{Context, Result};
use jiff::civil::Date;
use std::collections::HashMap;

/// An account as the tables hold it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Identifier.
    pub id: String,
    /// Organisation of the person.
    pub organisation: Option<String>,
    /// Whether it has been disabled.
    pub is_disabled: bool,
    /// When the person first set login and password.
    pub entered_on: Option<Date>,
    /// Why a fresh link is asked for, while it is.
    pub reset_reason: Option<String>,
    /// Who asks for it.
    pub reset_asked_by: Option<String>,
}

macro_rules! account_columns {
    () => {
        "id, organisation, is_disabled, entered_on, reset_reason, reset_asked_by"
    };
}

/// A post as the tables hold it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// Identifier.
    pub id: String,
    /// Who holds it.
    pub account: String,
    /// What it allows.
    pub role: Role,
    /// Where; `None`: everywhere.
    pub place: Option<String>,
    /// First day.
    pub from: Date,
    /// Last day; `None`: until ended.
    pub to: Option<Date>,
}

/// One account.
pub async fn account(conn: &mut Conn, id: &str) -> Result<Option<Account>> {
    let row = conn.row(concat!("SELECT ", account_columns!(), " FROM account WHERE id = ?"), args![id]).await?;
    row.map(|row| read_account(&row)).transpose()
}

/// Every account.
pub async fn accounts(conn: &mut Conn) -> Result<Vec<Account>> {
    let rows = conn.rows(concat!("SELECT ", account_columns!(), " FROM account ORDER BY created_number"), &[]).await?;
    rows.iter().map(read_account).collect()
}

/// One post.
pub async fn post(conn: &mut Conn, id: &str) -> Result<Option<Post>> {
    let row = conn.row("SELECT id, account, role, place, from_on, to_on FROM post WHERE id = ?", args![id]).await?;
    row.map(|row| read_post(&row)).transpose()
}

/// Every post, oldest first.
pub async fn posts(conn: &mut Conn) -> Result<Vec<Post>> {
    let rows = conn.rows("SELECT id, account, role, place, from_on, to_on FROM post ORDER BY granted_number", &[]).await?;
    rows.iter().map(read_post).collect()
}

/// Roles an account holds on a day, with the path of each subtree. Nothing for a disabled account.
pub async fn posts_held(conn: &mut Conn, account: &str, on: Date) -> Result<Vec<(Role, String)>> {
    let sql = "SELECT p.role, COALESCE(l.path, ''), p.place FROM post p JOIN account a ON a.id = p.account
               LEFT JOIN place l ON l.id = p.place
               WHERE p.account = ? AND a.is_disabled = 0 AND p.from_on <= ? AND (p.to_on IS NULL OR p.to_on >= ?)";
    let mut held = Vec::new();
    for row in conn.rows(sql, args![account, on, on]).await? {
        let role = Role::from_name(&row.text(0)?).context("a stored role is known")?;
        let path = match row.opt_text(2)? {
            None => "/".to_owned(),
            Some(_) => row.text(1)?,
        };
        if !path.is_empty() {
            held.push((role, path));
        }
    }
    Ok(held)
}

/// Whether an account has been given a post, ended or not: whoever enters it then is somebody.
pub async fn holds_post(conn: &mut Conn, account: &str) -> Result<bool> {
    Ok(conn.row("SELECT 1 FROM post WHERE account = ? LIMIT 1", args![account]).await?.is_some())
}

/// Whether anybody holds a role now or later.
pub async fn has_role(conn: &mut Conn, role: Role) -> Result<bool> {
    Ok(conn.row("SELECT 1 FROM post WHERE role = ? AND to_on IS NULL", args![role.name()]).await?.is_some())
}

/// Names of people by account, from the vault.
pub async fn names(conn: &mut Conn) -> Result<HashMap<String, String>> {
    let rows = conn.rows("SELECT person, name FROM private_person", &[]).await?;
    rows.iter().map(|row| Ok((row.text(0)?, row.text(1)?))).collect()
}

/// Writes a person's name into the vault. It never enters the ledger; a name without an account is harmless.
pub async fn keep_name(conn: &mut Conn, account: &str, name: &str) -> Result<()> {
    conn.execute(
        "INSERT INTO private_person (person, name) VALUES (?, ?) ON CONFLICT (person) DO UPDATE SET name = excluded.name",
        args![account, name],
    )
    .await
    .map(drop)
}

pub(super) async fn load(conn: &mut Conn, command: &Command) -> Result<State> {
    let mut state = State { is_place_known: true, ..State::default() };
    let subject = match command {
        Command::CreateAccount { account: id, .. } => {
            state.is_id_taken = account(conn, id).await?.is_some();
            return Ok(state);
        }
        Command::Invite { account: id }
        | Command::Enter { account: id }
        | Command::AskReset { account: id, .. }
        | Command::AllowReset { account: id } => {
            state.has_post = holds_post(conn, id).await?;
            let found = account(conn, id).await?.context("scope has found the account")?;
            state.has_entered = found.entered_on.is_some();
            state.reset_asked_by = found.reset_asked_by;
            return Ok(state);
        }
        Command::Disable { account, .. } => {
            state.accountable_for = places::names_in_care_of(conn, account).await?;
            account.clone()
        }
        Command::Enable { account, .. } => account.clone(),
        Command::Grant { post: id, account: to, place, .. } => {
            state.is_id_taken = post(conn, id).await?.is_some();
            let holder = account(conn, to).await?.filter(|account| !account.is_disabled);
            state.is_account_known = holder.is_some();
            state.has_entered = holder.is_some_and(|account| account.entered_on.is_some());
            if let Some(place) = place {
                state.is_place_known = places::path(conn, place).await?.is_some();
            }
            to.clone()
        }
        Command::EndPost { post: id, .. } => {
            let post = post(conn, id).await?.context("scope has found the post")?;
            state.running_role = post.to.is_none().then_some(post.role);
            post.account
        }
    };
    let disabled: Vec<String> = accounts(conn).await?.into_iter().filter(|one| one.is_disabled).map(|one| one.id).collect();
    for post in posts(conn).await? {
        if !post.role.is_administrator() || post.to.is_some() {
            continue;
        }
        if post.account == subject {
            state.administrator_roles.push(post.role);
        } else if !disabled.contains(&post.account) {
            state.other_holders.push(post.role);
        }
    }
    Ok(state)
}

/// What one fact does to the tables.
pub async fn apply(conn: &mut Conn, entry: &Entry<AnyFact>, fact: &Fact) -> Result<()> {
    let (id, number) = (&entry.subject, entry.number);
    let touched = match fact {
        Fact::AccountCreated { organisation } => {
            conn.execute(
                "INSERT INTO account (id, organisation, is_disabled, created_number) VALUES (?, ?, 0, ?)",
                args![id, organisation.as_ref(), number],
            )
            .await?
        }
        // Says who made a link and when; the link itself is kept beside the ledger.
        Fact::Invited {} => 1,
        Fact::Entered {} => {
            let sql = "UPDATE account SET entered_on = COALESCE(entered_on, ?) WHERE id = ?";
            conn.execute(sql, args![entry.occurred_on, id]).await?
        }
        Fact::ResetAsked { reason } => {
            let sql = "UPDATE account SET reset_reason = ?, reset_asked_by = ? WHERE id = ?";
            conn.execute(sql, args![reason, &entry.actor, id]).await?
        }
        Fact::ResetAllowed {} => {
            conn.execute("UPDATE account SET reset_reason = NULL, reset_asked_by = NULL WHERE id = ?", args![id]).await?
        }
        Fact::Disabled { .. } => conn.execute("UPDATE account SET is_disabled = 1 WHERE id = ?", args![id]).await?,
        Fact::Enabled { .. } => conn.execute("UPDATE account SET is_disabled = 0 WHERE id = ?", args![id]).await?,
        Fact::PostGranted { account, role, place, from, to } => {
            conn.execute(
                "INSERT INTO post (id, account, role, place, from_on, to_on, granted_number) VALUES (?, ?, ?, ?, ?, ?, ?)",
                args![id, account, role.name(), place.as_ref(), *from, *to, number],
            )
            .await?
        }
        Fact::PostEnded { on } => conn.execute("UPDATE post SET to_on = ? WHERE id = ?", args![*on, id]).await?,
    };
    anyhow::ensure!(touched == 1, "{id} is not there");
    Ok(())
}

fn read_account(row: &Row) -> Result<Account> {
    Ok(Account {
        id: row.text(0)?,
        organisation: row.opt_text(1)?,
        is_disabled: row.flag(2)?,
        entered_on: row.opt_date(3)?,
        reset_reason: row.opt_text(4)?,
        reset_asked_by: row.opt_text(5)?,
    })
}

fn read_post(row: &Row) -> Result<Post> {
    Ok(Post {
        id: row.text(0)?,
        account: row.text(1)?,
        role: Role::from_name(&row.text(2)?).context("a stored role is known")?,
        place: row.opt_text(3)?,
        from: row.date(4)?,
        to: row.opt_date(5)?,
    })
}

/// The name of one person; empty when the vault has none.
pub async fn name(conn: &mut Conn, account: &str) -> Result<String> {
    let row = conn.row("SELECT name FROM private_person WHERE person = ?", args![account]).await?;
    Ok(row.map(|row| row.text(0)).transpose()?.unwrap_or_default())
}
