-- Where each gate of each place stands, and the evidence filed last, as JSON.
CREATE TABLE gate_evidence (
    place TEXT NOT NULL,
    gate TEXT NOT NULL,
    standing TEXT NOT NULL,
    evidence TEXT NOT NULL,
    filed_by TEXT NOT NULL,
    judged_by TEXT,
    judged_on TEXT,
    reason TEXT,
    number BIGINT NOT NULL,
    PRIMARY KEY (place, gate)
);
