-- Keys that a person's programs bring in an address instead of a session, one of a person and purpose: SHA-256 of each.
CREATE TABLE program_key (
    account TEXT NOT NULL,
    purpose TEXT NOT NULL,
    hash BYTEA NOT NULL,
    PRIMARY KEY (account, purpose)
);
CREATE INDEX program_key_hash ON program_key (hash);
INSERT INTO program_key (account, purpose, hash)
    SELECT account, 'calendar', calendar_hash FROM message_person WHERE calendar_hash IS NOT NULL;
ALTER TABLE message_person DROP COLUMN calendar_hash;

-- Forms of ODK Collect that name photographs which have not come. Answered with 202 they may be gone from the phone: they stay
-- until the photographs come or their person decides. Beside the ledger, because no fact tells of them yet.
CREATE TABLE waiting_form (
    account TEXT NOT NULL,
    instance TEXT NOT NULL,
    -- The form as it came: these bytes are what is compared and sealed.
    content BYTEA NOT NULL,
    -- By how much the phone's clock was behind the server's when it came first, in seconds; absent where it said no time.
    behind_s BIGINT,
    begun_at TEXT NOT NULL,
    PRIMARY KEY (account, instance)
);

-- Their photographs as far as they have come.
CREATE TABLE waiting_photo (
    account TEXT NOT NULL,
    instance TEXT NOT NULL,
    name TEXT NOT NULL,
    bytes BYTEA NOT NULL,
    PRIMARY KEY (account, instance, name)
);
