CREATE TABLE rule_set (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    source TEXT NOT NULL,
    from_on TEXT NOT NULL,
    -- Kind and numbers, as JSON.
    thresholds TEXT NOT NULL,
    reason TEXT NOT NULL,
    adopted_by TEXT NOT NULL,
    adopted_on TEXT NOT NULL,
    number BIGINT NOT NULL
);
