CREATE TABLE instruction (
    id TEXT NOT NULL PRIMARY KEY,
    place TEXT NOT NULL,
    kind TEXT NOT NULL,
    -- The post or body that gave it.
    source TEXT NOT NULL,
    reference TEXT NOT NULL,
    given_on TEXT NOT NULL,
    subject TEXT NOT NULL,
    content TEXT NOT NULL,
    -- Pages as pictures, and posts that were due, as JSON.
    photos TEXT NOT NULL,
    roster TEXT NOT NULL,
    withdrawn_on TEXT,
    number BIGINT NOT NULL
);
CREATE INDEX instruction_day ON instruction (given_on);

-- Units that were told.
CREATE TABLE instruction_unit (
    instruction TEXT NOT NULL,
    unit TEXT NOT NULL,
    told_at TEXT NOT NULL,
    due_on TEXT,
    acknowledged_at TEXT,
    acknowledged_by TEXT,
    paper TEXT,
    PRIMARY KEY (instruction, unit)
);
CREATE INDEX instruction_unit_waits ON instruction_unit (unit) WHERE acknowledged_at IS NULL;

CREATE TABLE instruction_item (
    instruction TEXT NOT NULL,
    item BIGINT NOT NULL,
    place TEXT NOT NULL,
    content TEXT NOT NULL,
    unit TEXT NOT NULL,
    post TEXT NOT NULL,
    due_on TEXT NOT NULL,
    dropped_on TEXT,
    -- Empty again when an order of it is opened again.
    reported_on TEXT,
    outcome TEXT,
    evidence TEXT,
    paper TEXT,
    PRIMARY KEY (instruction, item)
);

-- Orders that come from items, as far as they are heard of.
CREATE TABLE instruction_order (
    order_id TEXT NOT NULL PRIMARY KEY,
    instruction TEXT NOT NULL,
    item BIGINT NOT NULL,
    place TEXT NOT NULL,
    title TEXT NOT NULL,
    stage TEXT NOT NULL
);
CREATE INDEX instruction_order_item ON instruction_order (instruction, item);

-- Facts of an instruction in order; each as JSON.
CREATE TABLE instruction_step (
    number BIGINT NOT NULL PRIMARY KEY,
    instruction TEXT NOT NULL,
    recorded_at TEXT NOT NULL,
    by_account TEXT NOT NULL,
    fact TEXT NOT NULL
);
CREATE INDEX instruction_step_instruction ON instruction_step (instruction, number);
