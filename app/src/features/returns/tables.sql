CREATE TABLE statutory_return (
    id TEXT NOT NULL PRIMARY KEY,
    template TEXT NOT NULL,
    from_on TEXT NOT NULL,
    to_on TEXT NOT NULL,
    -- The unit that reports; empty in facts of before it was asked for.
    unit TEXT NOT NULL,
    -- Its cells as they were frozen, as JSON.
    form TEXT NOT NULL,
    frozen_number BIGINT NOT NULL,
    remark TEXT NOT NULL,
    -- The return of the same period before it, which stays.
    corrects TEXT,
    reason TEXT NOT NULL,
    sent_by TEXT NOT NULL,
    sent_on TEXT NOT NULL,
    number BIGINT NOT NULL
);
CREATE INDEX statutory_return_period ON statutory_return (template, from_on, number);
CREATE INDEX statutory_return_number ON statutory_return (number);

-- A form that the district adopted; those that the program brings stand in its rules.
CREATE TABLE return_template (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    source TEXT NOT NULL,
    from_on TEXT NOT NULL,
    -- What it asks for, as JSON.
    content TEXT NOT NULL,
    reason TEXT NOT NULL,
    adopted_by TEXT NOT NULL,
    adopted_on TEXT NOT NULL,
    number BIGINT NOT NULL
);

-- A form, whoever brought it, that is asked for no longer.
CREATE TABLE return_template_end (
    template TEXT NOT NULL PRIMARY KEY,
    to_on TEXT NOT NULL,
    reason TEXT NOT NULL,
    ended_by TEXT NOT NULL,
    ended_on TEXT NOT NULL,
    number BIGINT NOT NULL
);
