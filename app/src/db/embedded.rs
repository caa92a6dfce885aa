//! SQLite in this process: one connection that writes, a few that read.
//!
//! A statement runs where it is asked for, without a hop to another thread: what a page reads takes microseconds, and two
//! changes of threads take longer than that. What may wait for a disk or for another process's lock says so to the runtime
//! ([`patiently`]), which then lets other work go on.

use super::Value;
use super::reserve::Reserve;
use anyhow::{Context, Result, anyhow};
use rusqlite::ffi;
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags, Statement, params_from_iter};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// Longest wait for SQLite's write lock, held by another process (a backup, a command line).
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// Connections that read at once.
const READERS: usize = 4;
/// Longest that statements follow each other without a look at who else waits.
const TURN: Duration = Duration::from_millis(2);
/// Memory in which a connection keeps pages, in KiB: a report touches the ends of some thirty indexes.
const CACHE_KIB: i64 = 16 * 1024;
/// Pages in the log before they are folded into the file: hot ones are written there once for many commits.
const CHECKPOINT_PAGES: i64 = 4_000;
/// Statements that a connection keeps prepared.
const STATEMENTS: usize = 400;

/// An embedded database.
#[derive(Debug)]
pub struct Embedded {
    writer: Arc<Slots>,
    readers: Arc<Slots>,
    disk: Arc<Disk>,
}

/// What is known of the disk under a database.
#[derive(Debug)]
struct Disk {
    file: Option<PathBuf>,
    /// Laid by a server; a command line asks for none.
    reserve: OnceLock<Reserve>,
    /// Whether the disk once failed to keep what was written. Asked again, a kernel may say yes to what it has dropped: the
    /// only way on is a new process that reads what is there.
    has_failed: watch::Sender<bool>,
}

impl Disk {
    fn heed(&self, fault: &anyhow::Error) {
        if is_full(fault) {
            self.reserve.get().inspect(|reserve| reserve.give_up());
        }
        let code = sqlite_code(fault).unwrap_or_default();
        if [ffi::SQLITE_IOERR_FSYNC, ffi::SQLITE_IOERR_DIR_FSYNC].contains(&code) {
            tracing::error!("the disk did not keep what was written: this process ends");
            self.has_failed.send_replace(true);
        }
    }
}

fn sqlite_code(fault: &anyhow::Error) -> Option<i32> {
    match fault.downcast_ref::<rusqlite::Error>()? {
        rusqlite::Error::SqliteFailure(failure, _) => Some(failure.extended_code),
        _ => None,
    }
}

/// Whether a statement found no room on the disk, for the database or for the index of its log.
pub(super) fn is_full(fault: &anyhow::Error) -> bool {
    sqlite_code(fault).is_some_and(|code| [ffi::SQLITE_FULL, ffi::SQLITE_IOERR_SHMSIZE].contains(&code))
}

impl Embedded {
    /// Opens a file, and makes it where there is none.
    pub fn open(file: &Path) -> Result<Embedded> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let path = file.to_owned();
        let open = move |is_new: bool| {
            let flags = if is_new { flags | OpenFlags::SQLITE_OPEN_CREATE } else { flags };
            let conn =
                Connection::open_with_flags(&path, flags).with_context(|| format!("cannot open {}", path.display()))?;
            settings(&conn)?;
            // The log survives a crash of the machine with every committed fact in it.
            conn.pragma_update(None, "journal_mode", "wal")?;
            conn.pragma_update(None, "synchronous", "full")?;
            conn.pragma_update(None, "secure_delete", "on")?;
            conn.pragma_update(None, "cache_size", -CACHE_KIB)?;
            conn.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
            Ok(conn)
        };
        Embedded::with(Some(file.to_owned()), Arc::new(open))
    }

    /// A database in memory, under a number of its own, that goes when it is closed: what it holds is never on a disk.
    pub fn in_memory(number: u64) -> Result<Embedded> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_URI
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let open = move |_| {
            let conn = Connection::open_with_flags(format!("file:guatu-{number}?mode=memory&cache=shared"), flags)?;
            settings(&conn)?;
            Ok(conn)
        };
        Embedded::with(None, Arc::new(open))
    }

    /// The writer is opened at once: it makes the file, and a database in memory lives as long as one connection to it.
    fn with(file: Option<PathBuf>, open: Arc<dyn Fn(bool) -> Result<Connection> + Send + Sync>) -> Result<Embedded> {
        let disk = Arc::new(Disk { file, reserve: OnceLock::new(), has_failed: watch::Sender::new(false) });
        let first = open(true)?;
        let reading = {
            let open = open.clone();
            move || {
                let conn = open(false)?;
                conn.pragma_update(None, "query_only", "on")?;
                Ok(conn)
            }
        };
        let writer = Slots::new(1, disk.clone(), Box::new(move || open(false)));
        writer.give_back(first);
        let readers = Slots::new(READERS, disk.clone(), Box::new(reading));
        Ok(Embedded { writer: Arc::new(writer), readers: Arc::new(readers), disk })
    }

    /// Keeps room for the day on which the disk is full.
    pub fn keep_reserve(&self) {
        if let Some(file) = &self.disk.file {
            self.disk.reserve.get_or_init(|| Reserve::beside(file)).lies();
        }
    }

    /// Whether the disk has room for anything new.
    pub fn has_room(&self) -> bool {
        self.disk.reserve.get().is_none_or(Reserve::lies)
    }

    /// Whether the disk once failed to keep what was written.
    pub fn has_failed(&self) -> watch::Receiver<bool> {
        self.disk.has_failed.subscribe()
    }

    /// The connection that writes; waiting for it is waiting for the write door.
    pub async fn writer(&self) -> Result<Held> {
        anyhow::ensure!(!*self.disk.has_failed.borrow(), "the disk did not keep what was written");
        self.writer.clone().take().await
    }

    /// A connection that reads.
    pub async fn reader(&self) -> Result<Held> {
        self.readers.clone().take().await
    }

    /// Closes every connection that nobody holds, and the others when they are given back; SQLite folds its write-ahead log
    /// into the file with the last of them.
    pub fn close(&self) {
        for slots in [&self.readers, &self.writer] {
            slots.free.close();
            slots.idle().clear();
        }
    }
}

fn settings(conn: &Connection) -> Result<()> {
    conn.busy_timeout(BUSY_TIMEOUT)?;
    conn.pragma_update(None, "foreign_keys", "off")?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(())
}

/// Connections of one kind, opened when they are first needed.
struct Slots {
    disk: Arc<Disk>,
    open: Box<dyn Fn() -> Result<Connection> + Send + Sync>,
    idle: Mutex<Vec<Connection>>,
    free: Arc<Semaphore>,
}

impl std::fmt::Debug for Slots {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Slots").field("free", &self.free.available_permits()).finish_non_exhaustive()
    }
}

impl Slots {
    fn new(count: usize, disk: Arc<Disk>, open: Box<dyn Fn() -> Result<Connection> + Send + Sync>) -> Slots {
        Slots { disk, open, idle: Mutex::default(), free: Arc::new(Semaphore::new(count)) }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn take(self: Arc<Self>) -> Result<Held> {
        let permit = self.free.clone().acquire_owned().await.context("the database has been closed")?;
        let idle = self.idle().pop();
        let conn = match idle {
            Some(conn) => conn,
            None => patiently(|| (self.open)())?,
        };
        Ok(Held { conn: Some(conn), worked_since: Instant::now(), slots: self, _permit: permit })
    }

    fn give_back(&self, conn: Connection) {
        if !self.free.is_closed() {
            self.idle().push(conn);
        }
    }
}

/// A connection that somebody holds. Given back with an open transaction, it forgets it.
#[derive(Debug)]
pub struct Held {
    /// Taken only when it is given back.
    conn: Option<Connection>,
    /// Since when it has worked without giving way.
    worked_since: Instant,
    slots: Arc<Slots>,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Held {
    fn drop(&mut self) {
        let Some(conn) = self.conn.take() else { return };
        if conn.is_autocommit() || conn.execute_batch("ROLLBACK").is_ok() {
            self.slots.give_back(conn);
        }
    }
}

impl Held {
    fn conn(&self) -> Result<&Connection> {
        self.conn.as_ref().ok_or_else(|| anyhow!("the connection has been given back"))
    }

    /// Lets others on after a while: a replay of thousands of statements, none of which waits for anything, would keep a
    /// thread of the server to itself.
    pub async fn give_way(&mut self) {
        if self.worked_since.elapsed() > TURN {
            tokio::task::yield_now().await;
            self.worked_since = Instant::now();
        }
    }

    /// Runs a statement and returns how many rows it touched.
    pub fn execute(&mut self, sql: &'static str, args: &[Value]) -> Result<u64> {
        let mut statement = self.conn()?.prepare_cached(sql).context(sql)?;
        let mut run = || Ok(statement.execute(params_from_iter(args)).context(sql)? as u64);
        // These wait for locks and for the disk; every other statement works in memory.
        let done = if matches!(sql, "BEGIN IMMEDIATE" | "COMMIT") { patiently(run) } else { run() };
        done.inspect_err(|fault| self.slots.disk.heed(fault))
    }

    /// All rows of a query.
    pub fn rows(&mut self, sql: &'static str, args: &[Value]) -> Result<Vec<Vec<Value>>> {
        let mut statement = self.conn()?.prepare_cached(sql).context(sql)?;
        all_rows(&mut statement, args).context(sql)
    }

    /// All rows of a table.
    pub fn dump(&mut self, table: &'static str) -> Result<Vec<Vec<Value>>> {
        all_rows(&mut self.conn()?.prepare(&format!("SELECT * FROM {table}"))?, &[])
    }

    /// Runs statements without parameters, one after another.
    pub fn script(&mut self, sql: &str) -> Result<()> {
        Ok(self.conn()?.execute_batch(sql)?)
    }
}

fn all_rows(statement: &mut Statement<'_>, args: &[Value]) -> Result<Vec<Vec<Value>>> {
    let columns = statement.column_count();
    let mut found = statement.query(params_from_iter(args))?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        rows.push((0..columns).map(|at| value(row.get_ref(at)?)).collect::<Result<Vec<_>>>()?);
    }
    Ok(rows)
}

fn value(found: ValueRef<'_>) -> Result<Value> {
    Ok(match found {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Int(number),
        ValueRef::Text(text) => Value::Text(std::str::from_utf8(text)?.to_owned()),
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
        ValueRef::Real(number) => return Err(anyhow!("{number} is no whole number: tables hold none other")),
    })
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Value::Null => ValueRef::Null,
            Value::Int(number) => ValueRef::Integer(*number),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// Runs what may wait, on a thread that other work does not need meanwhile.
fn patiently<T>(run: impl FnOnce() -> Result<T>) -> Result<T> {
    match Handle::try_current().map(|handle| handle.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(run),
        _ => run(),
    }
}
