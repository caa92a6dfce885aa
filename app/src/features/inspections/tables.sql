-- What the hourly seals say.
CREATE TABLE seal (
    hour TEXT NOT NULL PRIMARY KEY,
    root TEXT NOT NULL,
    number BIGINT NOT NULL,
    sealed_at TEXT NOT NULL
);

-- Inspections whose plan is open.
CREATE TABLE inspection (
    id TEXT NOT NULL PRIMARY KEY,
    plan TEXT NOT NULL,
    place TEXT NOT NULL,
    stage TEXT NOT NULL,
    opened_on TEXT NOT NULL,
    -- The plan with its proof, as JSON.
    opening TEXT NOT NULL,
    -- The fact that last changed it.
    number BIGINT NOT NULL
);
CREATE INDEX inspection_plan ON inspection (plan);
CREATE INDEX inspection_place ON inspection (place, opened_on);

-- What happened in them.
CREATE TABLE inspection_step (
    number BIGINT NOT NULL PRIMARY KEY,
    inspection TEXT NOT NULL,
    recorded_at TEXT NOT NULL,
    by_account TEXT NOT NULL,
    fact TEXT NOT NULL
);
CREATE INDEX inspection_step_inspection ON inspection_step (inspection, number);

-- Findings, each with the order it became.
CREATE TABLE inspection_finding (
    id TEXT NOT NULL PRIMARY KEY,
    inspection TEXT NOT NULL,
    order_id TEXT NOT NULL,
    number BIGINT NOT NULL
);

-- Draws that are open, as JSON.
CREATE TABLE opened_draw (
    plan TEXT NOT NULL PRIMARY KEY,
    opening TEXT NOT NULL,
    number BIGINT NOT NULL
);

-- Interests that inspectors declared.
CREATE TABLE inspection_interest (
    account TEXT NOT NULL,
    project TEXT NOT NULL,
    number BIGINT NOT NULL,
    PRIMARY KEY (account, project)
);

-- What years allow, where that was decided.
CREATE TABLE inspection_year (
    year BIGINT NOT NULL PRIMARY KEY,
    visits BIGINT NOT NULL,
    days BIGINT NOT NULL,
    number BIGINT NOT NULL
);
