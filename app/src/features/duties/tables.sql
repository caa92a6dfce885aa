-- Institutions as the district wrote them.
CREATE TABLE institution (
    slot TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    purpose TEXT NOT NULL,
    number BIGINT NOT NULL
);

-- Rules: what is owed, and the newest occurrence that was raised.
CREATE TABLE duty_rule (
    id TEXT NOT NULL PRIMARY KEY,
    slot TEXT NOT NULL,
    place TEXT NOT NULL,
    owed TEXT NOT NULL,
    heard TEXT,
    last_on TEXT,
    ended_on TEXT,
    reason TEXT,
    number BIGINT NOT NULL
);
CREATE INDEX duty_rule_heard ON duty_rule (heard, place);

-- Duties. `owner` is who owed it when it was raised, and whoever is named by the rule owes it until it is done; of the
-- accountable official the tree says who that is now.
CREATE TABLE duty (
    id TEXT NOT NULL PRIMARY KEY,
    rule TEXT NOT NULL,
    slot TEXT NOT NULL,
    place TEXT NOT NULL,
    name TEXT NOT NULL,
    owner TEXT,
    is_official BIGINT NOT NULL,
    needs_photo BIGINT NOT NULL,
    raised_on TEXT NOT NULL,
    due_on TEXT NOT NULL,
    -- `open`, `done`, `excused`.
    state TEXT NOT NULL,
    settled_on TEXT,
    settled_by TEXT,
    content TEXT,
    photos TEXT,
    number BIGINT NOT NULL
);
CREATE INDEX duty_open ON duty (state, due_on);
CREATE INDEX duty_due ON duty (due_on);
CREATE INDEX duty_rule_day ON duty (rule, raised_on);
CREATE INDEX duty_owner ON duty (owner, state, due_on);
