-- Schema 11. What a list says disagrees is what stands, for which there is an index; nothing asks for the verdicts' own any more.

DROP INDEX candidate_that_differs;
