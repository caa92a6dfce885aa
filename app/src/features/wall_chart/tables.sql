-- Lamps that accuse, as they were noted: what was said of a bar, since which day, and by which fact. A bar without a row
-- has no such lamp.
CREATE TABLE noted_lamp (
    project TEXT NOT NULL,
    activity TEXT NOT NULL,
    word TEXT NOT NULL,
    since_on TEXT NOT NULL,
    number BIGINT NOT NULL,
    PRIMARY KEY (project, activity)
);
