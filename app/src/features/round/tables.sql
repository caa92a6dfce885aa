CREATE TABLE decision (
    id TEXT NOT NULL PRIMARY KEY,
    place TEXT NOT NULL,
    content TEXT NOT NULL,
    owner TEXT NOT NULL,
    due_on TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    decided_on TEXT NOT NULL,
    done_by TEXT,
    done_on TEXT,
    outcome TEXT,
    number BIGINT NOT NULL
);
CREATE INDEX decision_open ON decision (done_on, due_on);

-- Who looked through the round of a place last, and on which ledger number the page stood.
CREATE TABLE round_seen (
    place TEXT NOT NULL,
    account TEXT NOT NULL,
    seen_number BIGINT NOT NULL,
    seen_on TEXT NOT NULL,
    PRIMARY KEY (place, account)
);

CREATE TABLE minutes (
    id TEXT NOT NULL PRIMARY KEY,
    place TEXT NOT NULL,
    on_day TEXT NOT NULL,
    remark TEXT NOT NULL,
    figures TEXT NOT NULL,
    frozen_number BIGINT NOT NULL,
    minuted_by TEXT NOT NULL,
    number BIGINT NOT NULL
);
CREATE INDEX minutes_day ON minutes (place, on_day);
