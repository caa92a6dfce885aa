CREATE TABLE task_force_member (
    id TEXT NOT NULL PRIMARY KEY,
    project TEXT NOT NULL,
    seat TEXT NOT NULL,
    account TEXT,
    organisation TEXT,
    from_on TEXT NOT NULL,
    to_on TEXT,
    reason TEXT,
    filled_number BIGINT NOT NULL
);
CREATE INDEX task_force_member_project ON task_force_member (project, filled_number);
