-- Schema 8. What a list of a million asks for: which candidates have a response that differs, by row, without reading them.

CREATE INDEX candidate_that_differs ON candidate (id, n_different) WHERE n_different > 0;
