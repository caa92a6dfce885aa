CREATE TABLE statutory_return (
    id TEXT NOT NULL PRIMARY KEY,
    template TEXT NOT NULL,
    from_on TEXT NOT NULL,
    to_on TEXT NOT NULL,
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
