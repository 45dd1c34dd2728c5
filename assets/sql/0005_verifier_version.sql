-- Schema 5. Versions of the verifier that were applied to stored pairs: what they decide by, to which candidates, how far
-- it has come, who did it and why. A verdict names its version; what it said before stays in `verdict`.

CREATE TABLE verifier_version (
    id       INTEGER PRIMARY KEY,
    uid      TEXT    NOT NULL UNIQUE,
    version  TEXT    NOT NULL,
    rules    TEXT    NOT NULL, -- the generation of rules, as `rules-3`
    options  TEXT    NOT NULL, -- JSON object
    filter   TEXT    NOT NULL, -- '' is every candidate
    reviewer TEXT    NOT NULL,
    note     TEXT,
    state    TEXT    NOT NULL,
    begun_at TEXT    NOT NULL,
    ended_at TEXT,
    done_to  INTEGER NOT NULL, -- candidates up to this row are done
    up_to    INTEGER NOT NULL, -- the last candidate there was when it began
    pairs    INTEGER NOT NULL,
    flips    INTEGER NOT NULL
);
