CREATE TABLE problem (
    id TEXT NOT NULL PRIMARY KEY,
    place TEXT NOT NULL,
    -- `disputed`, `overruled`, `blocker`.
    cause TEXT NOT NULL,
    -- The whole cause, as JSON.
    cause_json TEXT NOT NULL,
    report TEXT,
    content TEXT NOT NULL,
    owner TEXT,
    raised_by TEXT NOT NULL,
    opened_on TEXT NOT NULL,
    -- What its owner answered last, and by when it is to end.
    answer TEXT,
    answered_on TEXT,
    due_on TEXT,
    closed_by TEXT,
    closed_on TEXT,
    -- Empty when a later judgement of the report ended it.
    outcome TEXT,
    number BIGINT NOT NULL
);
CREATE INDEX problem_open ON problem (closed_on, opened_on);
CREATE INDEX problem_report ON problem (report) WHERE report IS NOT NULL;
CREATE INDEX problem_owner ON problem (owner, closed_on);
