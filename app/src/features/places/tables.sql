CREATE TABLE place (
    id TEXT NOT NULL PRIMARY KEY,
    parent TEXT,
    path TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    ordinal BIGINT NOT NULL,
    programme TEXT,
    owner TEXT,
    flats BIGINT,
    households BIGINT,
    area_m2 BIGINT,
    floors_above BIGINT,
    floors_below BIGINT,
    official TEXT,
    official_from TEXT,
    state TEXT,
    state_since TEXT,
    changed_number BIGINT NOT NULL
);
CREATE INDEX place_parent ON place (parent, ordinal);
