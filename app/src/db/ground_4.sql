-- Where a person is written to; it goes when the person is erased.
ALTER TABLE private_person ADD COLUMN mail TEXT;

-- How a person wants to be told. Beside the ledger, because it is nobody else's business.
CREATE TABLE message_person (
    account TEXT NOT NULL PRIMARY KEY,
    -- Groups of messages that do not come by mail, as JSON.
    unmailed TEXT NOT NULL,
    -- Hours in which no mail is wanted, `HH:MM`; both or neither.
    quiet_from TEXT,
    quiet_to TEXT,
    -- Another address, until its owner has typed the code that was sent there; SHA-256 of the code, and how often one was tried.
    mail_asked TEXT,
    mail_code BYTEA,
    mail_tries BIGINT NOT NULL,
    -- SHA-256 of the token in the address of the person's calendar; absent: there is none.
    calendar_hash BYTEA
);

-- Up to which fact a person has read everything, and single messages beyond.
CREATE TABLE message_seen (
    account TEXT NOT NULL PRIMARY KEY,
    number BIGINT NOT NULL
);
CREATE TABLE message_read (
    account TEXT NOT NULL,
    notice TEXT NOT NULL,
    number BIGINT NOT NULL,
    PRIMARY KEY (account, notice)
);

-- Addresses and keys of robots and webhooks: whoever has them can write there.
CREATE TABLE message_secret (
    robot TEXT NOT NULL PRIMARY KEY,
    address TEXT NOT NULL,
    secret TEXT NOT NULL
);

-- The outbox: what goes to whom on which channel, once each. Beside the ledger, because a replay must send nothing again.
CREATE TABLE delivery (
    notice TEXT NOT NULL,
    channel TEXT NOT NULL,
    -- An account, or a robot.
    receiver TEXT NOT NULL,
    -- `waiting`, `sent`, `dropped`, `dead`.
    state TEXT NOT NULL,
    -- Those that went together; sent again together, under the same id.
    batch TEXT,
    attempts BIGINT NOT NULL,
    is_urgent BIGINT NOT NULL,
    made_at TEXT NOT NULL,
    next_at TEXT NOT NULL,
    -- Until when one node has it in hand.
    leased_until TEXT,
    settled_at TEXT,
    -- Why the last attempt failed: a short code, never an address, a key or what the other side wrote.
    last_error TEXT,
    PRIMARY KEY (notice, channel, receiver)
);
CREATE INDEX delivery_waiting ON delivery (state, next_at);
CREATE INDEX delivery_settled ON delivery (settled_at) WHERE settled_at IS NOT NULL;
CREATE INDEX delivery_batch ON delivery (batch) WHERE batch IS NOT NULL;

-- Up to which fact the outbox has been filled.
CREATE TABLE message_cursor (
    id BIGINT NOT NULL PRIMARY KEY,
    number BIGINT NOT NULL
);

-- From when a receiver may be written to again: limits hold over all nodes.
CREATE TABLE message_pace (
    channel TEXT NOT NULL,
    receiver TEXT NOT NULL,
    next_at TEXT NOT NULL,
    PRIMARY KEY (channel, receiver)
);
