-- Schema 4. Sampling plans: which pairs people are to judge so that rates of the whole follow. A plan is drawn over the
-- verdicts as they were when it was made; its strata keep their sizes of that time. The newest plan is the one in force.

CREATE TABLE plan (
    id          INTEGER PRIMARY KEY,
    uid         TEXT    NOT NULL UNIQUE,
    at          TEXT    NOT NULL,
    filter      TEXT    NOT NULL,
    rng_seed    INTEGER NOT NULL, -- the 64 bits of an unsigned number
    blind       INTEGER NOT NULL,
    verdicts_to INTEGER NOT NULL  -- the newest verdict that it knew
);

CREATE TABLE plan_stratum (
    plan_id INTEGER NOT NULL REFERENCES plan (id),
    stratum INTEGER NOT NULL,
    verdict TEXT    NOT NULL,
    tier    TEXT    NOT NULL,
    domain  TEXT    NOT NULL,
    size    INTEGER NOT NULL,
    PRIMARY KEY (plan_id, stratum)
) WITHOUT ROWID;

-- By position: the order in which they are to be judged.
CREATE TABLE plan_item (
    plan_id      INTEGER NOT NULL REFERENCES plan (id),
    position     INTEGER NOT NULL,
    stratum      INTEGER NOT NULL,
    candidate_id INTEGER NOT NULL REFERENCES candidate (id),
    sample       INTEGER NOT NULL,
    PRIMARY KEY (plan_id, position)
) WITHOUT ROWID;
CREATE UNIQUE INDEX plan_item_by_pair ON plan_item (candidate_id, sample, plan_id);
