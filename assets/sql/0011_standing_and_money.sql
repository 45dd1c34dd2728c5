-- Schema 11. What a list says disagrees is what stands, for which there is an index; and what each run cost is kept as its
-- replies come.

DROP INDEX candidate_that_differs;

ALTER TABLE spend ADD COLUMN unpriced INTEGER NOT NULL DEFAULT 0; -- replies whose cost nobody knows
ALTER TABLE spend ADD COLUMN usd REAL NOT NULL DEFAULT 0;         -- of the others

UPDATE spend SET (unpriced, usd) = (
    SELECT count(*) - count(known.cost), total(known.cost)
    FROM (SELECT CASE WHEN cost BETWEEN 0 AND 1e6 THEN cost END AS cost FROM reply
          WHERE reply.run_id = spend.run_id AND reply.role = spend.role AND reply.model = spend.model) AS known
);

DROP TRIGGER reply_counted;
CREATE TRIGGER reply_counted AFTER INSERT ON reply
BEGIN
    INSERT INTO spend (run_id, role, model, replies, unknown, prompt_tokens, completion_tokens, reasoning_tokens, seconds,
                       unpriced, usd)
    VALUES (new.run_id, new.role, new.model, 1, new.prompt_tokens IS NULL AND new.completion_tokens IS NULL,
            ifnull(new.prompt_tokens, 0), ifnull(new.completion_tokens, 0), ifnull(new.reasoning_tokens, 0),
            new.seconds, new.cost IS NULL, ifnull(new.cost, 0))
    ON CONFLICT DO UPDATE SET
        replies           = replies + 1,
        unknown           = unknown + excluded.unknown,
        prompt_tokens     = prompt_tokens + excluded.prompt_tokens,
        completion_tokens = completion_tokens + excluded.completion_tokens,
        reasoning_tokens  = reasoning_tokens + excluded.reasoning_tokens,
        seconds           = seconds + excluded.seconds,
        unpriced          = unpriced + excluded.unpriced,
        usd               = usd + excluded.usd;
END;
