-- Keys that leads are sealed to, as they were put forward and adopted: the newest adopted one is in force.
CREATE TABLE lead_key (
    number BIGINT NOT NULL PRIMARY KEY,
    key TEXT NOT NULL,
    by_account TEXT NOT NULL,
    recorded_at TEXT NOT NULL,
    is_adopted BIGINT NOT NULL
);

-- Envelopes that left: all that the ledger knows of them.
CREATE TABLE lead_envelope (
    sha256 TEXT NOT NULL PRIMARY KEY,
    number BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    -- Downloads.
    fetched BIGINT NOT NULL,
    -- Whether its recipient could open it, and whether it was removed after that.
    is_confirmed BIGINT NOT NULL,
    is_removed BIGINT NOT NULL
);
