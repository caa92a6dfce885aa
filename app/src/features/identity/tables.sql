CREATE TABLE account (
    id TEXT NOT NULL PRIMARY KEY,
    organisation TEXT,
    is_disabled BIGINT NOT NULL,
    -- Since when login and password are set; absent: never.
    entered_on TEXT,
    -- Why the system administrator asks for a fresh link; absent: nothing is asked.
    reset_reason TEXT,
    reset_asked_by TEXT,
    created_number BIGINT NOT NULL
);
CREATE TABLE post (
    id TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL,
    role TEXT NOT NULL,
    place TEXT,
    from_on TEXT NOT NULL,
    to_on TEXT,
    granted_number BIGINT NOT NULL
);
CREATE INDEX post_account ON post (account);
