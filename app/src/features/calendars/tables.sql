-- A pollution alert. Its levels over time are rows of alert_span; the last one is open while the alert runs.
CREATE TABLE alert (
    id TEXT NOT NULL PRIMARY KEY,
    expected_end TEXT,
    notice TEXT NOT NULL,
    source TEXT NOT NULL,
    end_notice TEXT,
    changed_number BIGINT NOT NULL
);

CREATE TABLE alert_span (
    alert TEXT NOT NULL,
    begins_at TEXT NOT NULL,
    ends_at TEXT,
    level TEXT NOT NULL,
    notice TEXT NOT NULL,
    PRIMARY KEY (alert, begins_at)
);

CREATE TABLE exemption (
    id TEXT NOT NULL PRIMARY KEY,
    project TEXT NOT NULL,
    document TEXT NOT NULL,
    level TEXT NOT NULL,
    kinds TEXT NOT NULL,
    from_on TEXT NOT NULL,
    to_on TEXT NOT NULL,
    changed_number BIGINT NOT NULL
);
CREATE INDEX exemption_project ON exemption (project);

CREATE TABLE spring_festival (
    year BIGINT NOT NULL PRIMARY KEY,
    from_on TEXT NOT NULL,
    to_on TEXT NOT NULL,
    source TEXT NOT NULL,
    changed_number BIGINT NOT NULL
);

CREATE TABLE winter_period (
    id TEXT NOT NULL PRIMARY KEY,
    from_on TEXT NOT NULL,
    to_on TEXT NOT NULL,
    kinds TEXT NOT NULL,
    source TEXT NOT NULL,
    changed_number BIGINT NOT NULL
);
