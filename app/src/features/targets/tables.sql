-- Where measuring of a work item began, and the newest fact about it. Quantities in thousandths of its unit.
CREATE TABLE measured_item (
    project TEXT NOT NULL,
    activity TEXT NOT NULL,
    building TEXT NOT NULL,
    opening_e3 BIGINT NOT NULL,
    first_on TEXT NOT NULL,
    -- The newest measured day, and who stands for what was done through it: follows from the grades of the days.
    last_on TEXT NOT NULL,
    grade TEXT NOT NULL,
    number BIGINT NOT NULL,
    PRIMARY KEY (project, activity)
);
CREATE INDEX measured_item_number ON measured_item (project, number);
CREATE INDEX measured_item_newest ON measured_item (number);
CREATE INDEX measured_item_day ON measured_item (building, last_on);

-- What was done on a day, at the best grade known: `reported`, `disputed`, `confirmed`, `verified`; `graded_number` is the fact
-- that gave it.
CREATE TABLE measured_day (
    project TEXT NOT NULL,
    activity TEXT NOT NULL,
    on_day TEXT NOT NULL,
    quantity_e3 BIGINT NOT NULL,
    grade TEXT NOT NULL,
    graded_number BIGINT NOT NULL,
    PRIMARY KEY (project, activity, on_day)
);

-- Promises, frozen as they were made: what was needed and possible then, and the boundary they set.
CREATE TABLE commitment (
    id TEXT NOT NULL,
    project TEXT NOT NULL,
    activity TEXT NOT NULL,
    building TEXT NOT NULL,
    kind TEXT NOT NULL,
    from_on TEXT NOT NULL,
    to_on TEXT NOT NULL,
    will_e3 BIGINT NOT NULL,
    should_e3 BIGINT NOT NULL,
    can_e3 BIGINT NOT NULL,
    cumulative_e3 BIGINT NOT NULL,
    promised_by TEXT NOT NULL,
    promised_on TEXT NOT NULL,
    number BIGINT NOT NULL,
    PRIMARY KEY (project, activity, kind, from_on)
);
CREATE INDEX commitment_number ON commitment (project, number);
CREATE INDEX commitment_id ON commitment (id);

-- Periods that have begun, and what they needed of work items then; thousandths of the unit.
CREATE TABLE begun_period (
    project TEXT NOT NULL,
    kind TEXT NOT NULL,
    from_on TEXT NOT NULL,
    number BIGINT NOT NULL,
    PRIMARY KEY (project, kind, from_on)
);
CREATE INDEX begun_period_number ON begun_period (project, number);
CREATE TABLE period_need (
    project TEXT NOT NULL,
    kind TEXT NOT NULL,
    from_on TEXT NOT NULL,
    activity TEXT NOT NULL,
    should_e3 BIGINT NOT NULL,
    can_e3 BIGINT NOT NULL,
    start_e3 BIGINT NOT NULL,
    PRIMARY KEY (project, kind, from_on, activity)
);
