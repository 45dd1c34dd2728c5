-- Schema 7. What a candidate was evolved by and how deep it lies, how long each stage took, what a reply cost, and what a
-- slot chose before it asked anybody.

ALTER TABLE candidate ADD COLUMN depth INTEGER NOT NULL DEFAULT 0; -- candidates above it in its lineage
ALTER TABLE candidate ADD COLUMN operation TEXT;                   -- by which it was made of its parent
ALTER TABLE candidate ADD COLUMN generate_seconds REAL;
ALTER TABLE candidate ADD COLUMN execute_seconds REAL;
ALTER TABLE candidate ADD COLUMN solve_seconds REAL;
ALTER TABLE candidate ADD COLUMN verify_seconds REAL;
CREATE INDEX candidate_by_parent ON candidate (parent) WHERE parent IS NOT NULL;

ALTER TABLE reply ADD COLUMN cached_tokens INTEGER; -- of the prompt, read from the endpoint's cache
ALTER TABLE reply ADD COLUMN cost REAL;             -- US dollars; unknown is NULL

-- What hangs on the moment is decided once and kept, so that a killed run takes the same way again.
CREATE TABLE choice (
    run_id  INTEGER NOT NULL REFERENCES run (id),
    ordinal INTEGER NOT NULL,
    choice  TEXT    NOT NULL, -- JSON
    PRIMARY KEY (run_id, ordinal)
) WITHOUT ROWID;
