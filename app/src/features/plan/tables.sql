CREATE TABLE plan_version (
    id TEXT NOT NULL PRIMARY KEY,
    project TEXT NOT NULL,
    ordinal BIGINT NOT NULL,
    state TEXT NOT NULL,
    document TEXT NOT NULL,
    source TEXT NOT NULL,
    activity_count BIGINT NOT NULL,
    drafted_by TEXT NOT NULL,
    drafted_on TEXT NOT NULL,
    approved_by TEXT,
    approved_on TEXT,
    reason TEXT,
    changed_number BIGINT NOT NULL
);
CREATE INDEX plan_version_project ON plan_version (project, ordinal);

-- One row a project with an approved plan. `problem` says why there is no schedule.
CREATE TABLE project_plan (
    project TEXT NOT NULL PRIMARY KEY,
    version TEXT NOT NULL,
    is_active BIGINT NOT NULL,
    active_on TEXT,
    data_date TEXT NOT NULL,
    changed_on TEXT NOT NULL,
    is_stale BIGINT NOT NULL,
    changed_number BIGINT NOT NULL,
    start_on TEXT,
    finish_on TEXT,
    problem TEXT,
    -- SHA-256 over bars, outlooks and mandated dates: what is kept in memory is kept under it.
    digest TEXT
);

CREATE TABLE mandate (
    id TEXT NOT NULL PRIMARY KEY,
    project TEXT NOT NULL,
    activity TEXT NOT NULL,
    name TEXT NOT NULL,
    finish_by TEXT NOT NULL,
    issuer TEXT NOT NULL,
    document TEXT NOT NULL,
    edition TEXT NOT NULL,
    issued_on TEXT NOT NULL,
    changed_number BIGINT NOT NULL
);
CREATE INDEX mandate_project ON mandate (project);

CREATE TABLE mandate_request (
    id TEXT NOT NULL PRIMARY KEY,
    mandate TEXT NOT NULL,
    project TEXT NOT NULL,
    old_finish_by TEXT NOT NULL,
    new_finish_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    requested_by TEXT NOT NULL,
    requested_on TEXT NOT NULL,
    state TEXT NOT NULL,
    answer TEXT,
    answered_by TEXT,
    answered_on TEXT,
    document TEXT,
    edition TEXT
);
CREATE INDEX mandate_request_mandate ON mandate_request (mandate);

CREATE TABLE progress (
    project TEXT NOT NULL,
    activity TEXT NOT NULL,
    actual_start TEXT,
    actual_finish TEXT,
    percent_e3 BIGINT,
    remaining_days BIGINT,
    recorded_by TEXT NOT NULL,
    recorded_on TEXT NOT NULL,
    changed_number BIGINT NOT NULL,
    PRIMARY KEY (project, activity)
);

CREATE TABLE tie (
    id TEXT NOT NULL PRIMARY KEY,
    from_project TEXT NOT NULL,
    from_activity TEXT NOT NULL,
    to_project TEXT NOT NULL,
    to_activity TEXT NOT NULL,
    lag_days BIGINT NOT NULL,
    reason TEXT NOT NULL
);

-- Gates that are confirmed at places: what a stage needs before it is met.
CREATE TABLE gate_passed (
    place TEXT NOT NULL,
    gate TEXT NOT NULL,
    number BIGINT NOT NULL,
    PRIMARY KEY (place, gate)
);

-- Places where work stands still: from a day, as far as is known until a day. What stopped it may stop it again another day: each
-- time is a row.
CREATE TABLE work_stop (
    -- A hazard, or the state of a place that says that no work goes on.
    id TEXT NOT NULL,
    place TEXT NOT NULL,
    project TEXT NOT NULL,
    from_on TEXT NOT NULL,
    until_on TEXT NOT NULL,
    ended_on TEXT,
    PRIMARY KEY (id, from_on)
);
CREATE INDEX work_stop_project ON work_stop (project, from_on);
CREATE INDEX work_stop_place ON work_stop (place);

-- The schedule of the approved plan: one row an activity, dates of the first and of the present computation.
CREATE TABLE bar (
    project TEXT NOT NULL,
    ordinal BIGINT NOT NULL,
    activity TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    depth BIGINT NOT NULL,
    place TEXT,
    stage TEXT,
    work_kind TEXT,
    baseline_start TEXT,
    baseline_finish TEXT,
    early_start TEXT,
    early_finish TEXT,
    late_start TEXT,
    late_finish TEXT,
    float_days_e3 BIGINT,
    is_critical BIGINT NOT NULL,
    actual_start TEXT,
    actual_finish TEXT,
    percent_e3 BIGINT NOT NULL,
    -- Measured work: total in thousandths of the unit, and whether only whole units count.
    quantity_e3 BIGINT,
    unit TEXT,
    is_whole BIGINT NOT NULL,
    -- When nobody works on it between start and finish: pairs of days as JSON; absent where work goes on without a break.
    breaks TEXT,
    driver TEXT NOT NULL,
    driver_activity TEXT,
    PRIMARY KEY (project, ordinal)
);
CREATE INDEX bar_activity ON bar (project, activity);
CREATE INDEX bar_place ON bar (place, ordinal);

CREATE TABLE outlook (
    project TEXT NOT NULL,
    mandate TEXT NOT NULL,
    forecast TEXT NOT NULL,
    float_days_e3 BIGINT,
    driving_chain TEXT NOT NULL,
    concessions TEXT NOT NULL,
    PRIMARY KEY (project, mandate)
);
