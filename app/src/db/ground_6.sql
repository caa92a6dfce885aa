-- Sealed leads: ciphertext that only its recipient can open. Beside the ledger, because it may never be published; without a
-- time and without a person, because nobody needs to know either.
CREATE TABLE sealed_lead (
    -- SHA-256 over the id of the form and what was said: a form that is sent twice is one lead.
    id TEXT NOT NULL PRIMARY KEY,
    sha256 TEXT NOT NULL UNIQUE,
    size BIGINT NOT NULL,
    content BYTEA NOT NULL
);
