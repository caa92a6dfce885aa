-- What was measured last of a building.
CREATE TABLE site_parameter (
    place TEXT NOT NULL,
    parameter TEXT NOT NULL,
    value_e3 BIGINT NOT NULL,
    set_by TEXT NOT NULL,
    set_on TEXT NOT NULL,
    number BIGINT NOT NULL,
    PRIMARY KEY (place, parameter)
);

-- Risks graded otherwise than the catalogue does.
CREATE TABLE risk_grade (
    place TEXT NOT NULL,
    risk TEXT NOT NULL,
    colour TEXT NOT NULL,
    reason TEXT NOT NULL,
    number BIGINT NOT NULL,
    PRIMARY KEY (place, risk)
);

-- When each risk was looked at last.
CREATE TABLE risk_check (
    place TEXT NOT NULL,
    risk TEXT NOT NULL,
    checked_on TEXT NOT NULL,
    is_sound BIGINT NOT NULL,
    number BIGINT NOT NULL,
    PRIMARY KEY (place, risk)
);

-- Steps of dangerous works; the fact as JSON.
CREATE TABLE danger_step (
    number BIGINT NOT NULL PRIMARY KEY,
    place TEXT NOT NULL,
    danger TEXT NOT NULL,
    on_day TEXT NOT NULL,
    by_account TEXT NOT NULL,
    fact TEXT NOT NULL
);
CREATE INDEX danger_step_place ON danger_step (place, danger, number);

CREATE TABLE hazard (
    id TEXT NOT NULL PRIMARY KEY,
    place TEXT NOT NULL,
    kind TEXT NOT NULL,
    grade TEXT NOT NULL,
    stage TEXT NOT NULL,
    content TEXT NOT NULL,
    -- The five things settled for it, as JSON.
    remedy TEXT NOT NULL,
    person TEXT NOT NULL,
    due_on TEXT NOT NULL,
    found_by TEXT NOT NULL,
    found_on TEXT NOT NULL,
    -- Since when it is major, and who called it so.
    major_on TEXT,
    raised_by TEXT,
    repaired_by TEXT,
    asked_by TEXT,
    regulator_on TEXT,
    congress_on TEXT,
    listed_on TEXT,
    resumed_on TEXT,
    closed_on TEXT,
    number BIGINT NOT NULL
);
CREATE INDEX hazard_open ON hazard (closed_on, due_on);
CREATE INDEX hazard_place ON hazard (place, closed_on);

-- Facts of a hazard in order; each as JSON.
CREATE TABLE hazard_step (
    number BIGINT NOT NULL PRIMARY KEY,
    hazard TEXT NOT NULL,
    recorded_at TEXT NOT NULL,
    by_account TEXT NOT NULL,
    fact TEXT NOT NULL
);
CREATE INDEX hazard_step_hazard ON hazard_step (hazard, number);
