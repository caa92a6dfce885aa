-- What concerns somebody: one row a fact and party. A rebuild makes the same rows and sends nothing: what was sent is beside the
-- ledger.
CREATE TABLE notice (
    id TEXT NOT NULL PRIMARY KEY,
    number BIGINT NOT NULL,
    ordinal BIGINT NOT NULL,
    kind TEXT NOT NULL,
    -- `account`, `unit` or `verb`, and which: whoever may do that at the place.
    party TEXT NOT NULL,
    party_id TEXT NOT NULL,
    -- The unit that it does not concern: who leads an order does not judge it.
    not_unit TEXT,
    -- `-` where it belongs to no place.
    place TEXT NOT NULL,
    title TEXT NOT NULL,
    -- A key of the locale files that fills the sentence; empty for none.
    word TEXT NOT NULL,
    due_on TEXT,
    -- The minute, where hours are counted.
    due_at TEXT,
    link TEXT NOT NULL,
    by_account TEXT NOT NULL,
    is_urgent BIGINT NOT NULL,
    recorded_at TEXT NOT NULL
);
CREATE INDEX notice_number ON notice (number, ordinal);
CREATE INDEX notice_time ON notice (recorded_at);

-- Group robots and webhooks of places; their addresses are beside the ledger.
CREATE TABLE robot (
    id TEXT NOT NULL PRIMARY KEY,
    place TEXT NOT NULL,
    channel TEXT NOT NULL,
    name TEXT NOT NULL,
    -- Groups of messages it gets, as JSON.
    message_groups TEXT NOT NULL,
    added_by TEXT NOT NULL,
    added_on TEXT NOT NULL,
    removed_on TEXT,
    number BIGINT NOT NULL
);
CREATE INDEX robot_place ON robot (place);
