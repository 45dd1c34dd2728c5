-- Schema 1. Narrow rows are what lists page and filter through; wide texts live in tables of their own under the same
-- id. Words are the product's; times are RFC 3339 in UTC with milliseconds, so that they sort and compare as text.

CREATE TABLE meta (
    key   TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE run (
    id          INTEGER PRIMARY KEY,
    uid         TEXT    NOT NULL UNIQUE,
    recipe_hash TEXT    NOT NULL,
    recipe      TEXT    NOT NULL,
    strategy    TEXT    NOT NULL,
    rule        TEXT    NOT NULL,
    rng_seed    INTEGER NOT NULL, -- the 64 bits of an unsigned number
    target      INTEGER NOT NULL,
    state       TEXT    NOT NULL,
    started_at  TEXT    NOT NULL,
    ended_at    TEXT
);
CREATE INDEX run_by_recipe ON run (recipe_hash);

-- Rendered prompts, and reply schemas, once each under their blake3.
CREATE TABLE prompt (
    hash TEXT NOT NULL PRIMARY KEY,
    text TEXT NOT NULL
);

CREATE TABLE reply (
    id                INTEGER PRIMARY KEY,
    key               TEXT    NOT NULL UNIQUE,
    run_id            INTEGER NOT NULL REFERENCES run (id),
    prompt_hash       TEXT    NOT NULL REFERENCES prompt (hash),
    schema_hash       TEXT    REFERENCES prompt (hash),
    role              TEXT    NOT NULL,
    ordinal           INTEGER NOT NULL,
    sample            INTEGER NOT NULL,
    model             TEXT    NOT NULL, -- asked for
    answered_by       TEXT,             -- as the endpoint names it
    temperature       REAL,
    top_p             REAL,
    max_tokens        INTEGER,
    seed              INTEGER,          -- the 64 bits of an unsigned number
    finish            TEXT    NOT NULL,
    prompt_tokens     INTEGER,
    completion_tokens INTEGER,
    reasoning_tokens  INTEGER,
    seconds           REAL    NOT NULL,
    attempts          INTEGER NOT NULL,
    at                TEXT    NOT NULL
);
CREATE INDEX reply_by_slot ON reply (run_id, ordinal);

CREATE TABLE reply_text (
    id        INTEGER PRIMARY KEY REFERENCES reply (id),
    content   TEXT NOT NULL,
    reasoning TEXT
);

CREATE TABLE candidate (
    id                 INTEGER PRIMARY KEY,
    uid                TEXT    NOT NULL UNIQUE,
    origin             TEXT    NOT NULL,
    run_id             INTEGER REFERENCES run (id),
    ordinal            INTEGER,
    strategy           TEXT    NOT NULL,
    domain             TEXT    NOT NULL,
    reference_kind     TEXT,
    parent             TEXT,
    family             TEXT,
    prompt_hash        TEXT,
    generator_reply_id INTEGER REFERENCES reply (id),
    model              TEXT,
    stage              TEXT,
    kind               TEXT,
    message            TEXT,
    title              TEXT    NOT NULL,
    seconds            REAL    NOT NULL,
    created_at         TEXT    NOT NULL,
    responses          INTEGER NOT NULL,
    chars              INTEGER NOT NULL, -- of its longest response
    -- Caches of the current verdicts.
    n_equivalent       INTEGER NOT NULL DEFAULT 0,
    n_different        INTEGER NOT NULL DEFAULT 0,
    n_undecided        INTEGER NOT NULL DEFAULT 0,
    n_error            INTEGER NOT NULL DEFAULT 0,
    verdict            TEXT,             -- of the first response that has one
    agreement          TEXT    NOT NULL,
    -- Caches of the fold over its decisions.
    standing           TEXT    NOT NULL,
    contested          INTEGER NOT NULL DEFAULT 0,
    curation           TEXT,
    right_side         TEXT,
    judged             INTEGER NOT NULL DEFAULT 0,
    decided            INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX candidate_by_slot ON candidate (run_id, ordinal);
CREATE INDEX candidate_by_domain ON candidate (domain);
CREATE INDEX candidate_by_standing ON candidate (standing);
CREATE INDEX candidate_by_kind ON candidate (kind) WHERE kind IS NOT NULL;
CREATE INDEX candidate_by_curation ON candidate (curation) WHERE curation IS NOT NULL;

CREATE TABLE candidate_text (
    id           INTEGER PRIMARY KEY REFERENCES candidate (id),
    question     TEXT NOT NULL,
    code         TEXT,
    reference    TEXT,
    dependencies TEXT NOT NULL, -- JSON array
    metadata     TEXT NOT NULL  -- JSON object
);

CREATE TABLE candidate_seed (
    candidate_id INTEGER NOT NULL REFERENCES candidate (id),
    position     INTEGER NOT NULL,
    seed         TEXT    NOT NULL,
    PRIMARY KEY (candidate_id, position)
) WITHOUT ROWID;

CREATE TABLE execution (
    id           INTEGER PRIMARY KEY,
    candidate_id INTEGER NOT NULL REFERENCES candidate (id),
    position     INTEGER NOT NULL,
    code_hash    TEXT    NOT NULL,
    end          TEXT    NOT NULL,
    status       INTEGER,
    stdout_bytes INTEGER NOT NULL,
    seconds      REAL    NOT NULL,
    cpu_seconds  REAL    NOT NULL,
    memory       INTEGER NOT NULL,
    isolation    TEXT    NOT NULL,
    venv         TEXT    NOT NULL,
    python       TEXT    NOT NULL,
    UNIQUE (candidate_id, position)
);

CREATE TABLE execution_text (
    id     INTEGER PRIMARY KEY REFERENCES execution (id),
    stdout TEXT NOT NULL,
    stderr TEXT NOT NULL
);

CREATE TABLE response (
    id           INTEGER PRIMARY KEY,
    candidate_id INTEGER NOT NULL REFERENCES candidate (id),
    sample       INTEGER NOT NULL,
    solver       TEXT    NOT NULL,
    reply_id     INTEGER REFERENCES reply (id),
    stage        TEXT,
    kind         TEXT,
    message      TEXT,
    given_reward REAL,
    -- Caches of the current verdict.
    verdict      TEXT,
    tier         TEXT,
    side         TEXT,
    -- Caches of the fold over the candidate's decisions.
    judgement    TEXT,
    contested    INTEGER NOT NULL DEFAULT 0,
    standing     TEXT,
    UNIQUE (candidate_id, sample)
);

CREATE TABLE response_text (
    id        INTEGER PRIMARY KEY REFERENCES response (id),
    text      TEXT NOT NULL,
    reasoning TEXT,
    answer    TEXT
);

-- Every verdict ever given stays; one a response is the current one.
CREATE TABLE verdict (
    id          INTEGER PRIMARY KEY,
    response_id INTEGER NOT NULL REFERENCES response (id),
    current     INTEGER NOT NULL,
    outcome     TEXT    NOT NULL,
    tier        TEXT    NOT NULL,
    side        TEXT,
    leniencies  TEXT,             -- JSON array, null when there is none
    version     TEXT    NOT NULL,
    at          TEXT    NOT NULL
);
CREATE INDEX verdict_by_response ON verdict (response_id, current);

CREATE TABLE verdict_text (
    id              INTEGER PRIMARY KEY REFERENCES verdict (id),
    reason          TEXT NOT NULL,
    extracted       TEXT,
    reference_value TEXT NOT NULL,
    response_value  TEXT NOT NULL
);

-- What people decided, in the order in which they did: a log that only grows.
CREATE TABLE decision (
    id           INTEGER PRIMARY KEY,
    uid          TEXT    NOT NULL UNIQUE,
    at           TEXT    NOT NULL,
    kind         TEXT    NOT NULL,
    candidate_id INTEGER NOT NULL REFERENCES candidate (id),
    sample       INTEGER,
    judgement    TEXT,
    curation     TEXT,
    right_side   TEXT,
    reverses     TEXT REFERENCES decision (uid),
    adjudicates  INTEGER NOT NULL,
    reviewer     TEXT    NOT NULL,
    note         TEXT,
    cause        TEXT,
    tags         TEXT    NOT NULL, -- JSON array
    blind        INTEGER NOT NULL
);
CREATE INDEX decision_by_candidate ON decision (candidate_id);
CREATE INDEX decision_by_reviewer ON decision (reviewer);

CREATE TRIGGER decision_is_new BEFORE INSERT ON decision -- REPLACE deletes without asking the trigger below
WHEN EXISTS (SELECT 1 FROM decision WHERE id = new.id OR uid = new.uid)
BEGIN
    SELECT raise(ABORT, 'decisions are append-only: reverse it instead');
END;
CREATE TRIGGER decision_stays BEFORE DELETE ON decision
BEGIN
    SELECT raise(ABORT, 'decisions are append-only: reverse it instead');
END;
CREATE TRIGGER decision_stays_as_it_is BEFORE UPDATE ON decision
BEGIN
    SELECT raise(ABORT, 'decisions are append-only: reverse it instead');
END;

-- Caches of the fold: which decisions are out of force and by which reversal, and the tags that stand.
CREATE TABLE decision_reversed (
    decision_id INTEGER PRIMARY KEY REFERENCES decision (id),
    by_uid      TEXT NOT NULL
);
CREATE TABLE candidate_tag (
    candidate_id INTEGER NOT NULL REFERENCES candidate (id),
    tag          TEXT    NOT NULL,
    PRIMARY KEY (candidate_id, tag)
) WITHOUT ROWID;
CREATE INDEX candidate_tag_by_tag ON candidate_tag (tag);

-- Trigrams of question, code and responses, by candidate id. It only narrows a text search down; the texts themselves
-- decide. The writer fills it when it has nothing else to do, and `indexed_to` says how far it has come.
CREATE VIRTUAL TABLE search USING fts5 (body, content = '', columnsize = 0, detail = none, tokenize = 'trigram');
CREATE TABLE search_state (indexed_to INTEGER NOT NULL);
INSERT INTO search_state VALUES (0);

-- Kept counts. What is absent is '' or 0 in a key, because a key column cannot be null.
CREATE TABLE candidate_count (
    run_id    INTEGER NOT NULL,
    origin    TEXT    NOT NULL,
    domain    TEXT    NOT NULL,
    strategy  TEXT    NOT NULL,
    standing  TEXT    NOT NULL,
    kind      TEXT    NOT NULL,
    curation  TEXT    NOT NULL,
    contested INTEGER NOT NULL,
    judged    INTEGER NOT NULL,
    n         INTEGER NOT NULL,
    PRIMARY KEY (run_id, origin, domain, strategy, standing, kind, curation, contested, judged)
) WITHOUT ROWID;

CREATE TRIGGER candidate_counted AFTER INSERT ON candidate
BEGIN
    INSERT INTO candidate_count
    VALUES (ifnull(new.run_id, 0), new.origin, new.domain, new.strategy, new.standing, ifnull(new.kind, ''),
            ifnull(new.curation, ''), new.contested, new.judged, 1)
    ON CONFLICT DO UPDATE SET n = n + 1;
END;

CREATE TRIGGER candidate_recounted AFTER UPDATE OF standing, curation, contested, judged ON candidate
WHEN (old.standing, ifnull(old.curation, ''), old.contested, old.judged)
     <> (new.standing, ifnull(new.curation, ''), new.contested, new.judged)
BEGIN
    UPDATE candidate_count SET n = n - 1
    WHERE run_id = ifnull(old.run_id, 0) AND origin = old.origin AND domain = old.domain AND strategy = old.strategy
      AND standing = old.standing AND kind = ifnull(old.kind, '') AND curation = ifnull(old.curation, '')
      AND contested = old.contested AND judged = old.judged;
    INSERT INTO candidate_count
    VALUES (ifnull(new.run_id, 0), new.origin, new.domain, new.strategy, new.standing, ifnull(new.kind, ''),
            ifnull(new.curation, ''), new.contested, new.judged, 1)
    ON CONFLICT DO UPDATE SET n = n + 1;
END;

CREATE TABLE response_count (
    run_id    INTEGER NOT NULL,
    domain    TEXT    NOT NULL,
    strategy  TEXT    NOT NULL,
    solver    TEXT    NOT NULL,
    verdict   TEXT    NOT NULL,
    tier      TEXT    NOT NULL,
    kind      TEXT    NOT NULL,
    judgement TEXT    NOT NULL,
    n         INTEGER NOT NULL,
    PRIMARY KEY (run_id, domain, strategy, solver, verdict, tier, kind, judgement)
) WITHOUT ROWID;

CREATE TRIGGER response_counted AFTER INSERT ON response
BEGIN
    INSERT INTO response_count
    SELECT ifnull(c.run_id, 0), c.domain, c.strategy, new.solver, ifnull(new.verdict, ''), ifnull(new.tier, ''),
           ifnull(new.kind, ''), ifnull(new.judgement, ''), 1
    FROM candidate c WHERE c.id = new.candidate_id
    ON CONFLICT DO UPDATE SET n = n + 1;
END;

CREATE TRIGGER response_recounted AFTER UPDATE OF verdict, tier, judgement ON response
WHEN (ifnull(old.verdict, ''), ifnull(old.tier, ''), ifnull(old.judgement, ''))
     <> (ifnull(new.verdict, ''), ifnull(new.tier, ''), ifnull(new.judgement, ''))
BEGIN
    UPDATE response_count SET n = n - 1
    WHERE (run_id, domain, strategy)
          = (SELECT ifnull(c.run_id, 0), c.domain, c.strategy FROM candidate c WHERE c.id = old.candidate_id)
      AND solver = old.solver AND verdict = ifnull(old.verdict, '') AND tier = ifnull(old.tier, '')
      AND kind = ifnull(old.kind, '') AND judgement = ifnull(old.judgement, '');
    INSERT INTO response_count
    SELECT ifnull(c.run_id, 0), c.domain, c.strategy, new.solver, ifnull(new.verdict, ''), ifnull(new.tier, ''),
           ifnull(new.kind, ''), ifnull(new.judgement, ''), 1
    FROM candidate c WHERE c.id = new.candidate_id
    ON CONFLICT DO UPDATE SET n = n + 1;
END;

CREATE TABLE spend (
    run_id            INTEGER NOT NULL,
    role              TEXT    NOT NULL,
    model             TEXT    NOT NULL,
    replies           INTEGER NOT NULL,
    unknown           INTEGER NOT NULL, -- replies whose tokens the endpoint did not say
    prompt_tokens     INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL,
    reasoning_tokens  INTEGER NOT NULL,
    seconds           REAL    NOT NULL,
    PRIMARY KEY (run_id, role, model)
) WITHOUT ROWID;

CREATE TRIGGER reply_counted AFTER INSERT ON reply
BEGIN
    INSERT INTO spend
    VALUES (new.run_id, new.role, new.model, 1, new.prompt_tokens IS NULL AND new.completion_tokens IS NULL,
            ifnull(new.prompt_tokens, 0), ifnull(new.completion_tokens, 0), ifnull(new.reasoning_tokens, 0),
            new.seconds)
    ON CONFLICT DO UPDATE SET
        replies           = replies + 1,
        unknown           = unknown + excluded.unknown,
        prompt_tokens     = prompt_tokens + excluded.prompt_tokens,
        completion_tokens = completion_tokens + excluded.completion_tokens,
        reasoning_tokens  = reasoning_tokens + excluded.reasoning_tokens,
        seconds           = seconds + excluded.seconds;
END;
