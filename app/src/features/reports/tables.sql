CREATE TABLE report (
    id TEXT NOT NULL PRIMARY KEY,
    project TEXT NOT NULL,
    building TEXT NOT NULL,
    on_day TEXT NOT NULL,
    -- Whether something had changed; a day without change is a fact as well.
    is_unchanged BIGINT NOT NULL,
    -- `reported`, `disputed`, `confirmed`, `verified`.
    grade TEXT NOT NULL,
    filed_by TEXT NOT NULL,
    filed_at TEXT NOT NULL,
    -- When the phone says it was written; both times are kept, the server's counts.
    written_at TEXT,
    content TEXT NOT NULL,
    -- What hinders, by itself: rounds ask for it every day.
    hindrance TEXT,
    -- NULL where nobody counted them.
    hands BIGINT,
    judged_by TEXT,
    judged_on TEXT,
    judged_at TEXT,
    -- Of the newest judgement.
    reason TEXT,
    number BIGINT NOT NULL
);
CREATE UNIQUE INDEX report_day ON report (building, on_day);
CREATE INDEX report_project ON report (project, on_day);
CREATE INDEX report_on_day ON report (on_day);
CREATE INDEX report_hindrance ON report (on_day) WHERE hindrance IS NOT NULL;
CREATE INDEX report_grade ON report (grade, on_day);

-- What is known of a work item: where measuring began, and where it stands.
CREATE TABLE work (
    project TEXT NOT NULL,
    activity TEXT NOT NULL,
    building TEXT NOT NULL,
    opening_e3 BIGINT NOT NULL,
    done_e3 BIGINT NOT NULL,
    number BIGINT NOT NULL,
    PRIMARY KEY (project, activity)
);
CREATE INDEX work_building ON work (building);

-- Quantity of one day by who says so, in thousandths of the unit. The best grade counts.
CREATE TABLE work_day (
    project TEXT NOT NULL,
    activity TEXT NOT NULL,
    on_day TEXT NOT NULL,
    report TEXT NOT NULL,
    reported_e3 BIGINT NOT NULL,
    confirmed_e3 BIGINT,
    verified_e3 BIGINT,
    -- What the site says, and what the supervision engineer measured, is done in all at the end of the day: as they said it,
    -- whatever became of the days before.
    said_e3 BIGINT NOT NULL,
    measured_e3 BIGINT,
    PRIMARY KEY (project, activity, on_day)
);
CREATE INDEX work_day_report ON work_day (report);

-- Every judgement of a report: the report itself shows the newest alone.
CREATE TABLE report_judgement (
    number BIGINT NOT NULL PRIMARY KEY,
    report TEXT NOT NULL,
    building TEXT NOT NULL,
    on_day TEXT NOT NULL,
    -- `disputed`, `confirmed`, `verified`.
    grade TEXT NOT NULL,
    judged_by TEXT NOT NULL,
    judged_on TEXT NOT NULL,
    reason TEXT
);
CREATE INDEX report_judgement_day ON report_judgement (judged_on);

-- Every correction of a report, with why.
CREATE TABLE report_correction (
    number BIGINT NOT NULL PRIMARY KEY,
    report TEXT NOT NULL,
    corrected_by TEXT NOT NULL,
    corrected_on TEXT NOT NULL,
    reason TEXT NOT NULL
);
CREATE INDEX report_correction_report ON report_correction (report);
