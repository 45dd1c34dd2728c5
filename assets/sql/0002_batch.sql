-- Schema 2. Decisions made at once carry the same batch, and are undone and redone as one.

ALTER TABLE decision ADD COLUMN batch TEXT;
CREATE INDEX decision_by_batch ON decision (batch) WHERE batch IS NOT NULL;
