-- The ledger: one row a fact. `record` holds the canonical bytes; the other columns repeat it for queries.
CREATE TABLE fact (
    number BIGINT NOT NULL PRIMARY KEY,
    record BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    salt BYTEA NOT NULL,
    payload TEXT NOT NULL,
    kind TEXT NOT NULL,
    actor TEXT NOT NULL,
    subject TEXT NOT NULL,
    place TEXT NOT NULL,
    occurred_on TEXT NOT NULL,
    recorded_at TEXT NOT NULL
);
CREATE INDEX fact_subject ON fact (subject, number);
CREATE INDEX fact_place ON fact (place, number);

-- Where the ledger ends: replaced by compare-and-swap, and only inside the transaction that adds facts.
CREATE TABLE ledger_head (
    id BIGINT NOT NULL PRIMARY KEY,
    number BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    frontier BYTEA NOT NULL,
    recorded_at TEXT NOT NULL
);

-- Signed heads.
CREATE TABLE checkpoint (
    size BIGINT NOT NULL PRIMARY KEY,
    note TEXT NOT NULL
);

-- A client-made id answers for ever: the same bytes give the same receipt, other bytes a conflict.
CREATE TABLE request (
    id TEXT NOT NULL PRIMARY KEY,
    digest BYTEA NOT NULL,
    first_number BIGINT NOT NULL,
    last_number BIGINT NOT NULL
);

-- Papers by the hash of their bytes (plans as imported, notices). A dangling reference is impossible, an orphan harmless.
CREATE TABLE document (
    sha256 TEXT NOT NULL PRIMARY KEY,
    media_type TEXT NOT NULL,
    bytes BYTEA NOT NULL
);

-- What must not be in a ledger: how people log in.
CREATE TABLE credential (
    account TEXT NOT NULL PRIMARY KEY,
    login TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL
);

CREATE TABLE session (
    token_hash BYTEA NOT NULL PRIMARY KEY,
    account TEXT NOT NULL,
    created_at TEXT NOT NULL,
    seen_at TEXT NOT NULL
);
CREATE INDEX session_account ON session (account);

-- One-time links: the first administrator, and invitations.
CREATE TABLE one_time_link (
    token_hash BYTEA NOT NULL PRIMARY KEY,
    purpose TEXT NOT NULL,
    account TEXT,
    expires_at TEXT NOT NULL,
    used_at TEXT
);

-- Personal data of people: a vault beside the ledger, erasable.
CREATE TABLE private_person (
    person TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    phone TEXT
);

-- Names and marks of this installation: `rehearsal`, `demo`, `origin`, version of the derived tables.
CREATE TABLE setting (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);
