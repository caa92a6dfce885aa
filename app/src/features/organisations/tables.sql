CREATE TABLE organisation (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    changed_number BIGINT NOT NULL
);
CREATE INDEX organisation_name ON organisation (name);
