-- Accounts as they were given last.
CREATE TABLE closing (
    project TEXT NOT NULL,
    kind TEXT NOT NULL,
    from_on TEXT NOT NULL,
    to_on TEXT NOT NULL,
    -- `given`, `accepted`, `returned`.
    stage TEXT NOT NULL,
    figures TEXT NOT NULL,
    frozen_number BIGINT NOT NULL,
    reasons TEXT NOT NULL,
    content TEXT NOT NULL,
    given_by TEXT NOT NULL,
    given_on TEXT NOT NULL,
    judged_by TEXT,
    judged_on TEXT,
    reason TEXT,
    -- How often it was given.
    rounds BIGINT NOT NULL,
    number BIGINT NOT NULL,
    PRIMARY KEY (project, kind, from_on)
);
CREATE INDEX closing_kind ON closing (kind, from_on);
CREATE INDEX closing_stage ON closing (stage, kind);
