CREATE TABLE bulletin (
    id TEXT NOT NULL PRIMARY KEY,
    year BIGINT NOT NULL,
    ordinal BIGINT NOT NULL,
    from_on TEXT NOT NULL,
    to_on TEXT NOT NULL,
    -- `draft`, `reviewed`, `issued`, `withdrawn`.
    state TEXT NOT NULL,
    frozen_number BIGINT NOT NULL,
    figures TEXT NOT NULL,
    opening TEXT NOT NULL,
    closing TEXT NOT NULL,
    corrects TEXT,
    -- Which figure of that issue was wrong, and what it should have been; empty where none is corrected.
    correction TEXT NOT NULL,
    drafted_by TEXT NOT NULL,
    drafted_on TEXT NOT NULL,
    drafted_at TEXT NOT NULL,
    reviewed_by TEXT,
    reviewed_on TEXT,
    issued_by TEXT,
    issued_on TEXT,
    checkpoint TEXT,
    -- Whether it went out before its week was over or before those named in it had time to object.
    is_early BIGINT NOT NULL,
    number BIGINT NOT NULL
);
CREATE INDEX bulletin_week ON bulletin (from_on, number);

-- What a named unit says against its line; printed with the bulletin unless settled.
CREATE TABLE objection (
    bulletin TEXT NOT NULL,
    project TEXT NOT NULL,
    words TEXT NOT NULL,
    raised_by TEXT NOT NULL,
    raised_on TEXT NOT NULL,
    settled TEXT,
    number BIGINT NOT NULL,
    PRIMARY KEY (bulletin, project)
);

-- Photographs chosen for a bulletin, in the order they are printed.
CREATE TABLE bulletin_photo (
    bulletin TEXT NOT NULL,
    copy TEXT NOT NULL,
    ordinal BIGINT NOT NULL,
    report TEXT NOT NULL,
    building TEXT NOT NULL,
    on_day TEXT NOT NULL,
    -- What its owner said; NULL while nothing was said.
    is_allowed BIGINT,
    PRIMARY KEY (bulletin, report, copy)
);
