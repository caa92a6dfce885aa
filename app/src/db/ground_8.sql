-- Sealed leads lie by their keys, which are hashes: a table that keeps its rows as they came tells in which order they were sent.
CREATE TABLE sealed_lead_by_key (
    -- SHA-256 over the id of the form and what was said: a form that is sent twice is one lead.
    id TEXT NOT NULL PRIMARY KEY,
    sha256 TEXT NOT NULL UNIQUE,
    size BIGINT NOT NULL,
    content BYTEA NOT NULL
) WITHOUT ROWID;
INSERT INTO sealed_lead_by_key (id, sha256, size, content) SELECT id, sha256, size, content FROM sealed_lead ORDER BY id;
DROP TABLE sealed_lead;
ALTER TABLE sealed_lead_by_key RENAME TO sealed_lead;
