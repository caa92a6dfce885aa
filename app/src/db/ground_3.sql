-- Photographs on their way from phones, whole or not, until a submission names them. Beside the ledger, because no fact tells of
-- them yet. One person's are nobody else's, also when the bytes are the same.
CREATE TABLE piece (
    account TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    -- Bytes announced, and bytes that are here.
    size BIGINT NOT NULL,
    held BIGINT NOT NULL,
    begun_at TEXT NOT NULL,
    PRIMARY KEY (account, sha256)
);

-- Their bytes in the order in which they came.
CREATE TABLE piece_part (
    account TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    first_byte BIGINT NOT NULL,
    bytes BYTEA NOT NULL,
    PRIMARY KEY (account, sha256, first_byte)
);
