CREATE TABLE contingency (
    id TEXT NOT NULL PRIMARY KEY,
    place TEXT NOT NULL,
    kind TEXT NOT NULL,
    trigger_kind TEXT NOT NULL,
    -- What it says, as JSON.
    terms TEXT NOT NULL,
    from_on TEXT NOT NULL,
    to_on TEXT NOT NULL,
    ended_on TEXT,
    -- The newest drill.
    drilled_on TEXT,
    number BIGINT NOT NULL
);
CREATE INDEX contingency_trigger ON contingency (trigger_kind, ended_on);
CREATE INDEX contingency_place ON contingency (place);

CREATE TABLE contingency_firing (
    contingency TEXT NOT NULL,
    firing BIGINT NOT NULL,
    event TEXT NOT NULL,
    -- What happened, as JSON.
    happening TEXT NOT NULL,
    fired_on TEXT NOT NULL,
    stood_down_on TEXT,
    outcome TEXT,
    PRIMARY KEY (contingency, firing)
);
CREATE UNIQUE INDEX contingency_firing_event ON contingency_firing (contingency, event);

-- Facts of a plan in order; each as JSON.
CREATE TABLE contingency_step (
    number BIGINT NOT NULL PRIMARY KEY,
    contingency TEXT NOT NULL,
    recorded_at TEXT NOT NULL,
    by_account TEXT NOT NULL,
    fact TEXT NOT NULL
);
CREATE INDEX contingency_step_contingency ON contingency_step (contingency, number);
