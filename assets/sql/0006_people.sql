-- Schema 6. Several people and several verifiers: what other verifiers say of a pair, what makes a candidate suspicious,
-- and the place that a merged decision had in the log it came from.

ALTER TABLE decision ADD COLUMN place INTEGER; -- null for a decision made here: its own number

-- Reasons to look at it, one a bit, and how little the verifier is to be trusted with it. Null until somebody looked;
-- the writer looks when it has nothing else to do.
ALTER TABLE candidate ADD COLUMN suspicion INTEGER;
ALTER TABLE candidate ADD COLUMN uncertainty INTEGER;
CREATE INDEX candidate_by_suspicion ON candidate (suspicion, uncertainty); -- holds all that two orders go by

-- What a verifier beside ours says of a pair: the last word of each.
CREATE TABLE second (
    response_id INTEGER NOT NULL REFERENCES response (id),
    verifier    TEXT    NOT NULL,
    outcome     TEXT    NOT NULL,
    detail      TEXT    NOT NULL,
    version     TEXT    NOT NULL,
    at          TEXT    NOT NULL,
    PRIMARY KEY (response_id, verifier)
) WITHOUT ROWID;
CREATE INDEX second_by_verifier ON second (verifier);

CREATE TRIGGER response_looks_otherwise AFTER UPDATE OF verdict, tier ON response
BEGIN
    UPDATE candidate SET suspicion = NULL WHERE id = new.candidate_id AND suspicion IS NOT NULL;
END;
CREATE TRIGGER second_said AFTER INSERT ON second
BEGIN
    UPDATE candidate SET suspicion = NULL
    WHERE id = (SELECT candidate_id FROM response WHERE id = new.response_id) AND suspicion IS NOT NULL;
END;
CREATE TRIGGER second_said_otherwise AFTER UPDATE OF outcome ON second
BEGIN
    UPDATE candidate SET suspicion = NULL
    WHERE id = (SELECT candidate_id FROM response WHERE id = new.response_id) AND suspicion IS NOT NULL;
END;
