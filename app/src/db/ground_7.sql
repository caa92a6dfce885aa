-- Sealed stops that one person hands to another. Beside the ledger until the stop is opened, because a fact would tell of it.
CREATE TABLE sealed_successor (
    stop TEXT NOT NULL,
    leaving TEXT NOT NULL,
    coming TEXT NOT NULL,
    -- When whoever leaves signed.
    offered_at TEXT NOT NULL,
    -- When whoever comes signed; until then nothing changes.
    taken_at TEXT,
    PRIMARY KEY (stop, leaving, offered_at)
);
