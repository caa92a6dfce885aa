//! The only place that names a database driver: SQLite embedded, or PostgreSQL, behind one connection type.
//!
//! Features write one SQL text with `?` parameters, `TEXT`, `BIGINT` and `BYTEA`; [`portable`] turns it into the
//! dialect at hand. The seam is the dialect, not the operation: there is no second implementation of any query.

mod embedded;
mod ground;
pub mod portable;
mod reserve;

use crate::refusal::{Reason, Refusal};
use anyhow::{Context, Result, anyhow, bail};
use embedded::{Embedded, Held};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, PgRow};
use sqlx::{AssertSqlSafe, Column, Connection, Executor, Postgres, Row as _, TypeInfo, ValueRef};
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// A value bound to a parameter or read from a column.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// SQL NULL.
    Null,
    /// `BIGINT`.
    Int(i64),
    /// `TEXT`.
    Text(String),
    /// `BYTEA`.
    Blob(Vec<u8>),
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Value::Int(value)
    }
}
impl From<u64> for Value {
    fn from(value: u64) -> Self {
        Value::Int(i64::try_from(value).expect("counts and numbers stay far below 2^63"))
    }
}
impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Value::Int(i64::from(value))
    }
}
impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Value::Text(value.to_owned())
    }
}
impl From<&String> for Value {
    fn from(value: &String) -> Self {
        Value::Text(value.clone())
    }
}
impl From<String> for Value {
    fn from(value: String) -> Self {
        Value::Text(value)
    }
}
impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Self {
        Value::Blob(value)
    }
}
impl From<&[u8]> for Value {
    fn from(value: &[u8]) -> Self {
        Value::Blob(value.to_vec())
    }
}
impl From<jiff::civil::Date> for Value {
    fn from(value: jiff::civil::Date) -> Self {
        Value::Text(value.to_string())
    }
}
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

/// Parameters of a statement: `args![id, count]`.
#[macro_export]
macro_rules! args {
    ($($value:expr),* $(,)?) => { &[$($crate::db::Value::from($value)),*] };
}

/// Which database stands behind a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Embedded SQLite.
    Sqlite,
    /// A PostgreSQL server.
    Postgres,
}

/// The database: one writer and a pool of readers.
#[derive(Clone, Debug)]
pub enum Db {
    /// Embedded: one write connection, readers that cannot write.
    Sqlite(Arc<Embedded>),
    /// Server: one pool for both.
    Postgres(PgPool),
}

/// One connection, from either database.
#[derive(Debug)]
pub enum Conn {
    /// SQLite.
    Sqlite(Held),
    /// PostgreSQL.
    Postgres(Served),
}

/// A connection to a server, out of the pool. Whoever asks may be gone before a transaction has ended: then the connection is
/// closed, or the next to have it would read the past and write into nothing.
#[derive(Debug)]
pub struct Served {
    conn: sqlx::pool::PoolConnection<Postgres>,
    is_in_transaction: bool,
}

impl Served {
    fn lent(conn: sqlx::pool::PoolConnection<Postgres>) -> Conn {
        Conn::Postgres(Served { conn, is_in_transaction: false })
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if self.is_in_transaction {
            self.conn.close_on_drop();
        }
    }
}

/// One row, read by column position.
#[derive(Debug)]
pub enum Row {
    /// SQLite.
    Sqlite(Vec<Value>),
    /// PostgreSQL.
    Postgres(PgRow),
}

/// A node that stands still in the middle of writing holds the head of the ledger; so long the others wait for it, and then the
/// database takes its transaction back.
const PATIENCE: [(&str, &str); 1] = [("idle_in_transaction_session_timeout", "10s")];

/// Class of PostgreSQL's errors in which a disk is full.
const DISK_FULL: &str = "53100";

/// The refusal of whatever finds no room on the disk; `None` for any other fault.
pub fn no_room(fault: &anyhow::Error) -> Option<Refusal> {
    let on_server = fault.downcast_ref::<sqlx::Error>().and_then(sqlx::Error::as_database_error);
    let is_full = embedded::is_full(fault) || on_server.is_some_and(|error| error.code().as_deref() == Some(DISK_FULL));
    is_full.then(full)
}

/// The refusal while the disk is full.
pub fn full() -> Refusal {
    Refusal { code: "J-103", reason: Reason::Full, params: Vec::new(), field: None }
}

fn tell_lost_guard(guard: &String) {
    tracing::error!(%guard, "a guard of the ledger had been taken away and is set again; run `guatu verify`");
}

impl Db {
    /// Opens (and creates) the embedded database of a data folder.
    pub async fn open_sqlite(file: &Path) -> Result<Db> {
        let db = Db::connect_sqlite(file).await?;
        db.prepare().await?.iter().for_each(tell_lost_guard);
        Ok(db)
    }

    /// As [`Db::open_sqlite`], without a look at its tables: [`Db::prepare`] comes next.
    pub async fn connect_sqlite(file: &Path) -> Result<Db> {
        Ok(Db::Sqlite(Arc::new(Embedded::open(file)?)))
    }

    /// A database in memory, under a number of its own, that goes when it is dropped: what it holds is never on a disk.
    pub async fn open_memory(number: u64) -> Result<Db> {
        let db = Db::Sqlite(Arc::new(Embedded::in_memory(number)?));
        db.prepare().await?;
        Ok(db)
    }

    /// Connects to a PostgreSQL database. `search_path` names the schema, so tests can share a server.
    pub async fn open_postgres(url: &str) -> Result<Db> {
        let db = Db::connect_postgres(url).await?;
        db.prepare().await?.iter().for_each(tell_lost_guard);
        Ok(db)
    }

    /// As [`Db::open_postgres`], without a look at its tables: [`Db::prepare`] comes next.
    pub async fn connect_postgres(url: &str) -> Result<Db> {
        let options = PgConnectOptions::from_str(url).context("GUATU_DATABASE_URL is not a postgres:// address")?;
        let pool = PgPoolOptions::new()
            .max_connections(8)
            .test_before_acquire(false)
            .acquire_timeout(Duration::from_secs(10))
            .connect_with(options.options(PATIENCE).statement_cache_capacity(400))
            .await
            .context("cannot reach PostgreSQL")?;
        Ok(Db::Postgres(pool))
    }

    /// Whether the database holds a ledger already; looks and makes nothing.
    pub async fn has_ledger(&self) -> Result<bool> {
        let mut conn = self.reader().await?;
        let sql = match conn.dialect() {
            Dialect::Sqlite => "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'ground_version'",
            Dialect::Postgres => {
                "SELECT 1 FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = 'ground_version'"
            }
        };
        Ok(conn.row(sql, &[]).await?.is_some())
    }

    /// Brings the ground tables and their guards up to date. Answers with the guards that somebody had taken away.
    pub async fn prepare(&self) -> Result<Vec<String>> {
        let mut conn = self.writer().await?;
        conn.begin_write().await?;
        let lost = ground::migrate(&mut conn).await?;
        conn.commit().await?;
        Ok(lost)
    }

    /// A connection that may write. On SQLite there is one, and waiting for it is waiting for the write door.
    pub async fn writer(&self) -> Result<Conn> {
        Ok(match self {
            Db::Sqlite(embedded) => Conn::Sqlite(embedded.writer().await?),
            Db::Postgres(pool) => Served::lent(pool.acquire().await?),
        })
    }

    /// A connection for reading.
    pub async fn reader(&self) -> Result<Conn> {
        Ok(match self {
            Db::Sqlite(embedded) => Conn::Sqlite(embedded.reader().await?),
            Db::Postgres(pool) => Served::lent(pool.acquire().await?),
        })
    }

    /// Keeps room for the day on which the disk is full. A database server looks after its own disk.
    pub fn keep_reserve(&self) {
        if let Db::Sqlite(embedded) = self {
            embedded.keep_reserve();
        }
    }

    /// Whether there is room for anything new.
    pub fn has_room(&self) -> bool {
        match self {
            Db::Sqlite(embedded) => embedded.has_room(),
            Db::Postgres(_) => true,
        }
    }

    /// Returns once the disk has failed to keep what was written: then this process must end. A database server ends itself.
    pub async fn failed(&self) {
        match self {
            // The sender lives as long as this handle.
            Db::Sqlite(embedded) => drop(embedded.has_failed().wait_for(|has_failed| *has_failed).await),
            Db::Postgres(_) => std::future::pending().await,
        }
    }

    /// Whether the disk has failed to keep what was written.
    pub fn has_failed(&self) -> bool {
        matches!(self, Db::Sqlite(embedded) if *embedded.has_failed().borrow())
    }

    /// Closes every connection; SQLite folds its write-ahead log into the file.
    pub async fn close(&self) {
        match self {
            Db::Sqlite(embedded) => embedded.close(),
            Db::Postgres(pool) => pool.close().await,
        }
    }
}

/// SQL NULL of a type that the statement decides: PostgreSQL is strict, and a column knows its type better than a value.
struct UntypedNull;

impl sqlx::Type<Postgres> for UntypedNull {
    fn type_info() -> sqlx::postgres::PgTypeInfo {
        sqlx::postgres::PgTypeInfo::with_oid(sqlx::postgres::types::Oid(0))
    }
}

impl sqlx::Encode<'_, Postgres> for UntypedNull {
    fn encode_by_ref(
        &self,
        _buffer: &mut sqlx::postgres::PgArgumentBuffer,
    ) -> std::result::Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
        Ok(sqlx::encode::IsNull::Yes)
    }
}

macro_rules! bind {
    ($query:expr, $args:expr) => {{
        let mut query = $query;
        for value in $args {
            query = match value {
                Value::Null => query.bind(UntypedNull),
                Value::Int(value) => query.bind(*value),
                Value::Text(value) => query.bind(value.clone()),
                Value::Blob(value) => query.bind(value.clone()),
            };
        }
        query
    }};
}

impl Conn {
    /// Which dialect it speaks.
    pub fn dialect(&self) -> Dialect {
        match self {
            Conn::Sqlite(_) => Dialect::Sqlite,
            Conn::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Runs a statement and returns how many rows it touched.
    pub async fn execute(&mut self, sql: &'static str, args: &[Value]) -> Result<u64> {
        Ok(match self {
            Conn::Sqlite(held) => {
                held.give_way().await;
                held.execute(sql, args)?
            }
            Conn::Postgres(conn) => {
                let text = portable::numbered(sql);
                bind!(sqlx::query(text), args).execute(&mut *conn.conn).await.context(sql)?.rows_affected()
            }
        })
    }

    /// All rows of a query.
    pub async fn rows(&mut self, sql: &'static str, args: &[Value]) -> Result<Vec<Row>> {
        Ok(match self {
            Conn::Sqlite(held) => {
                held.give_way().await;
                held.rows(sql, args)?.into_iter().map(Row::Sqlite).collect()
            }
            Conn::Postgres(conn) => {
                let text = portable::numbered(sql);
                let rows = bind!(sqlx::query(text), args).fetch_all(&mut *conn.conn).await.context(sql)?;
                rows.into_iter().map(Row::Postgres).collect()
            }
        })
    }

    /// The row of a query that gives at most one.
    pub async fn row(&mut self, sql: &'static str, args: &[Value]) -> Result<Option<Row>> {
        Ok(self.rows(sql, args).await?.into_iter().next())
    }

    /// Runs statements without parameters, one after another, from text built by this program (table definitions).
    pub async fn script(&mut self, sql: String) -> Result<()> {
        match self {
            Conn::Sqlite(held) => held.script(&sql)?,
            Conn::Postgres(conn) => conn.conn.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await.map(drop)?,
        }
        Ok(())
    }

    /// Temporary tables from now on go to the disk, where they would be larger than what is at hand in memory. Not within a
    /// transaction.
    pub async fn spill(&mut self) -> Result<()> {
        match self.dialect() {
            Dialect::Sqlite => self.script("PRAGMA temp_store = file".into()).await,
            Dialect::Postgres => Ok(()),
        }
    }

    /// All rows of a table, columns by position, for comparing tables; the name comes from this program.
    pub async fn dump(&mut self, table: &'static str) -> Result<Vec<Vec<Value>>> {
        let mut values = match self {
            Conn::Sqlite(held) => held.dump(table)?,
            Conn::Postgres(conn) => {
                let rows =
                    sqlx::query(AssertSqlSafe(format!("SELECT * FROM {table}"))).fetch_all(&mut *conn.conn).await?;
                rows.iter().map(server_values).collect::<Result<Vec<_>>>()?
            }
        };
        values.sort();
        Ok(values)
    }

    /// Opens a transaction that may write. SQLite takes its lock at once: a deferred one could fail half-way.
    pub async fn begin_write(&mut self) -> Result<()> {
        self.begin(["BEGIN IMMEDIATE", "BEGIN"]).await
    }

    /// Opens a transaction in which everything stands as it does at one moment, whatever others write meanwhile.
    pub async fn begin_snapshot(&mut self) -> Result<()> {
        self.begin(["BEGIN", "BEGIN ISOLATION LEVEL REPEATABLE READ"]).await
    }

    /// Begins a transaction in the words of SQLite and of PostgreSQL. It counts as begun from when it is asked for: whether the
    /// server has heard of it is not known to whoever is gone before it answers.
    async fn begin(&mut self, [sqlite, postgres]: [&'static str; 2]) -> Result<()> {
        let sql = match self {
            Conn::Sqlite(_) => sqlite,
            Conn::Postgres(served) => {
                served.is_in_transaction = true;
                postgres
            }
        };
        self.execute(sql, &[]).await.map(drop)
    }

    async fn end(&mut self, sql: &'static str) -> Result<()> {
        self.execute(sql, &[]).await?;
        if let Conn::Postgres(served) = self {
            served.is_in_transaction = false;
        }
        Ok(())
    }

    /// Makes a transaction durable.
    pub async fn commit(&mut self) -> Result<()> {
        self.end("COMMIT").await
    }

    /// Forgets a transaction.
    pub async fn rollback(&mut self) -> Result<()> {
        self.end("ROLLBACK").await
    }

    /// Forgets the transaction of a fault, which stays what it is also where the database has forgotten it by itself.
    pub async fn undo(&mut self, fault: anyhow::Error) -> anyhow::Error {
        match self.rollback().await {
            Ok(()) => fault,
            Err(second) => fault.context(format!("and was not undone: {second:#}")),
        }
    }

    /// Whether the connection still answers.
    pub async fn ping(&mut self) -> Result<()> {
        match self {
            Conn::Sqlite(held) => held.rows("SELECT 1", &[]).map(drop)?,
            Conn::Postgres(conn) => conn.conn.ping().await?,
        }
        Ok(())
    }
}

macro_rules! column {
    ($row:expr, $index:expr, $($kind:pat => $found:expr),+) => {
        match $row {
            Row::Sqlite(row) => match row.get($index) {
                $(Some($kind) => Ok($found),)+
                other => Err(anyhow!("column {} holds {other:?}", $index)),
            },
            Row::Postgres(row) => row.try_get($index).with_context(|| format!("column {}", $index)),
        }
    };
}

impl Row {
    /// A `BIGINT NOT NULL` column.
    pub fn int(&self, index: usize) -> Result<i64> {
        column!(self, index, Value::Int(number) => *number)
    }

    /// A `BIGINT NOT NULL` column that counts something.
    pub fn count(&self, index: usize) -> Result<u64> {
        Ok(u64::try_from(self.int(index)?)?)
    }

    /// A `BIGINT NOT NULL` column that holds 0 or 1.
    pub fn flag(&self, index: usize) -> Result<bool> {
        Ok(self.int(index)? != 0)
    }

    /// A nullable `BIGINT` column.
    pub fn opt_int(&self, index: usize) -> Result<Option<i64>> {
        column!(self, index, Value::Int(number) => Some(*number), Value::Null => None)
    }

    /// A `TEXT NOT NULL` column.
    pub fn text(&self, index: usize) -> Result<String> {
        self.str(index).map(str::to_owned)
    }

    /// A `TEXT` column as it stands in the row.
    pub fn str(&self, index: usize) -> Result<&str> {
        column!(self, index, Value::Text(text) => text.as_str())
    }

    /// A nullable `TEXT` column.
    pub fn opt_text(&self, index: usize) -> Result<Option<String>> {
        column!(self, index, Value::Text(text) => Some(text.clone()), Value::Null => None)
    }

    /// A `BYTEA NOT NULL` column.
    pub fn blob(&self, index: usize) -> Result<Vec<u8>> {
        column!(self, index, Value::Blob(bytes) => bytes.clone())
    }

    /// A date kept as `YYYY-MM-DD`.
    pub fn date(&self, index: usize) -> Result<jiff::civil::Date> {
        Ok(self.str(index)?.parse()?)
    }

    /// A nullable date kept as `YYYY-MM-DD`.
    pub fn opt_date(&self, index: usize) -> Result<Option<jiff::civil::Date>> {
        self.opt_text(index)?.map(|text| Ok(text.parse()?)).transpose()
    }

    /// A column holding JSON of a known shape.
    pub fn json<T: serde::de::DeserializeOwned>(&self, index: usize) -> Result<T> {
        Ok(serde_json::from_str(&self.text(index)?)?)
    }
}

/// The columns of a row of a PostgreSQL server, as they are kept.
fn server_values(row: &PgRow) -> Result<Vec<Value>> {
    let value = |index: usize| {
        let raw = row.try_get_raw(index)?;
        if raw.is_null() {
            return Ok(Value::Null);
        }
        Ok(match raw.type_info().name() {
            "INT8" => Value::Int(row.try_get(index)?),
            "TEXT" => Value::Text(row.try_get(index)?),
            "BYTEA" => Value::Blob(row.try_get(index)?),
            other => bail!("column {} has type {other}", row.column(index).name()),
        })
    };
    (0..row.columns().len()).map(value).collect()
}
