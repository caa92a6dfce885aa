CREATE TABLE risk_event (
    id TEXT NOT NULL PRIMARY KEY,
    project TEXT NOT NULL,
    -- What it says, with the newest assessment, as JSON.
    terms TEXT NOT NULL,
    closed_on TEXT,
    ending TEXT,
    entered_number BIGINT NOT NULL,
    number BIGINT NOT NULL
);
CREATE INDEX risk_event_project ON risk_event (project, entered_number);

-- Facts of an event in order; each as JSON.
CREATE TABLE risk_event_step (
    number BIGINT NOT NULL PRIMARY KEY,
    event TEXT NOT NULL,
    recorded_at TEXT NOT NULL,
    by_account TEXT NOT NULL,
    fact TEXT NOT NULL
);
CREATE INDEX risk_event_step_event ON risk_event_step (event, number);
