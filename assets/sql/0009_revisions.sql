-- Schema 9. Corrections: a revision is a decision that says what a candidate's question, code or reference answer is from
-- then on, and what the verifier says of its pairs with that answer. What the candidate came with stays where it is.

ALTER TABLE decision ADD COLUMN revision TEXT; -- JSON object: the texts that it changes, and the verdicts
ALTER TABLE decision ADD COLUMN about TEXT;    -- the revised reference answer a judgement or a side is about; null: the first

-- Cache of the fold: candidates of which a revision stands.
CREATE TABLE revised (
    candidate_id INTEGER PRIMARY KEY REFERENCES candidate (id),
    title        TEXT, -- of the question, null where that is as it came
    reference    TEXT  -- the answer, likewise
);
