-- Plans of unannounced inspections before they are opened: what the hourly seal commits to. Beside the ledger, because a
-- fact can be read by whoever may read its place.
CREATE TABLE sealed_leaf (
    id TEXT NOT NULL PRIMARY KEY,
    plan TEXT NOT NULL,
    -- `stop` or `drawing`.
    kind TEXT NOT NULL,
    position BIGINT NOT NULL,
    -- Canonical JSON: these bytes are what is committed to.
    content TEXT NOT NULL,
    salt BYTEA NOT NULL,
    made_by TEXT NOT NULL,
    -- The hour whose seal holds it, and where among its leaves.
    hour TEXT,
    leaf BIGINT
);
CREATE INDEX sealed_leaf_plan ON sealed_leaf (plan, position);

-- Leaves of the hourly seals that hold a plan; the rest is chance.
CREATE TABLE sealed_hour (
    hour TEXT NOT NULL PRIMARY KEY,
    leaves BYTEA NOT NULL
);
