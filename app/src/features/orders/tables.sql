CREATE TABLE order_ (
    id TEXT NOT NULL PRIMARY KEY,
    place TEXT NOT NULL,
    source_kind TEXT NOT NULL,
    reference TEXT NOT NULL,
    title TEXT NOT NULL,
    content TEXT NOT NULL,
    -- The organisation that answers for it, and those that help, as JSON.
    lead TEXT NOT NULL,
    supporting TEXT NOT NULL,
    parent TEXT,
    -- By which rule, as JSON.
    choice TEXT NOT NULL,
    stage TEXT NOT NULL,
    -- Whether another date is asked for and nobody has answered.
    is_asked BIGINT NOT NULL,
    round BIGINT NOT NULL,
    -- The fact that last changed it.
    number BIGINT NOT NULL
);
CREATE INDEX order_stage ON order_ (stage);
CREATE INDEX order_number ON order_ (number);
CREATE INDEX order_asked ON order_ (is_asked) WHERE is_asked = 1;
CREATE INDEX order_lead ON order_ (lead, stage);
CREATE INDEX order_source ON order_ (source_kind, reference);
CREATE INDEX order_parent ON order_ (parent) WHERE parent IS NOT NULL;

-- What happened to orders: their clocks are computed from these instants. No deadline is kept.
CREATE TABLE order_step (
    number BIGINT NOT NULL PRIMARY KEY,
    order_id TEXT NOT NULL,
    round BIGINT NOT NULL,
    recorded_at TEXT NOT NULL,
    by_account TEXT NOT NULL,
    fact TEXT NOT NULL
);
CREATE INDEX order_step_order ON order_step (order_id, number);

-- When somebody said that the machine's clock is right again.
CREATE TABLE clock_trust (
    number BIGINT NOT NULL PRIMARY KEY,
    trusted_on TEXT NOT NULL,
    by_account TEXT NOT NULL,
    reason TEXT NOT NULL
);
