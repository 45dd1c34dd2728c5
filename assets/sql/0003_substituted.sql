-- Schema 3. Packages that an execution had in another version than the pinned one, separated by commas.

ALTER TABLE execution ADD COLUMN substituted TEXT NOT NULL DEFAULT '';
