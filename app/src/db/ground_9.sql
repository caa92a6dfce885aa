-- Copies of photographs, drawn from originals that are papers. Beside the ledger and not among derived tables, because facts do
-- not tell what they look like and drawing all of them again takes long; what is missing is drawn when it is asked for.
CREATE TABLE photo_copy (
    -- SHA-256 of the original.
    original TEXT NOT NULL PRIMARY KEY,
    bytes BYTEA NOT NULL
);
