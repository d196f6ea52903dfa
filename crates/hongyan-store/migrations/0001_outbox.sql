-- Messages, their deliveries and recipients; idempotency keys; API keys.
--
-- Times are milliseconds since the epoch, states the numbers of hongyan-core. A message's id is its row id, so
-- that a new message is appended and found without a second tree.

CREATE TABLE messages (
    id         INTEGER PRIMARY KEY,
    at         INTEGER NOT NULL,
    priority   INTEGER NOT NULL,
    send_at    INTEGER,
    expires_at INTEGER,
    -- The idempotency key that goes when the message goes.
    scope      TEXT,
    key        TEXT,
    labels     TEXT,
    -- Last, so that a scan by labels reads no pages of a long content.
    content    TEXT NOT NULL
) STRICT;

CREATE TABLE deliveries (
    message    INTEGER NOT NULL,
    number     INTEGER NOT NULL,
    account    TEXT NOT NULL,
    state      INTEGER NOT NULL,
    priority   INTEGER NOT NULL,
    recipients INTEGER NOT NULL,
    attempts   INTEGER NOT NULL DEFAULT 0,
    looks      INTEGER NOT NULL DEFAULT 0,
    -- 1 when somebody asked for a retry after the message's end: the end binds it no more.
    unbound    INTEGER NOT NULL DEFAULT 0,
    -- Only of a delivery that waits: NULL while it is under way and once it is over.
    due        INTEGER,
    -- Only of a delivery that is under way.
    lease      INTEGER,
    repeat_of  INTEGER,
    receipt_at INTEGER,
    sent_at    INTEGER,
    -- The platform's ids for its calls, one a line.
    handles    TEXT,
    -- A JSON array of calls, the last 20.
    history    TEXT,
    PRIMARY KEY (message, number)
) STRICT, WITHOUT ROWID;

-- Partial, so that each holds only what is waiting for it: their size follows the backlog, not the ledger.
CREATE INDEX waiting ON deliveries (account, priority, due) WHERE due IS NOT NULL;
CREATE INDEX sending ON deliveries (account, lease) WHERE lease IS NOT NULL;
CREATE INDEX receipts ON deliveries (account, receipt_at) WHERE receipt_at IS NOT NULL;

CREATE TABLE recipients (
    message  INTEGER NOT NULL,
    delivery INTEGER NOT NULL,
    number   INTEGER NOT NULL,
    kind     INTEGER NOT NULL,
    state    INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    value    TEXT NOT NULL,
    resolved TEXT,
    code     TEXT,
    words    TEXT,
    PRIMARY KEY (message, delivery, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX resolved ON recipients (resolved) WHERE resolved IS NOT NULL;

-- Who was written to, in runs of some thousand recipients. An index on recipients (value) would touch a page of its
-- own for each message; a run is written in one go, in its order, and a search asks each run once.
-- Run 0 holds what came in with an id below the last run's end.
CREATE TABLE addressed (
    run     INTEGER NOT NULL,
    value   TEXT NOT NULL,
    message INTEGER NOT NULL,
    PRIMARY KEY (run, value, message)
) STRICT, WITHOUT ROWID;

-- The greatest message id in each run, which is its name; recipients of later messages are in none yet.
CREATE TABLE runs (
    last INTEGER PRIMARY KEY
) STRICT;

CREATE TABLE idempotency (
    scope     TEXT NOT NULL,
    key       TEXT NOT NULL,
    body_hash BLOB NOT NULL,
    message   INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID;

-- How many deliveries are in each state, kept in the same transaction as the deliveries: no gauge counts a million rows.
CREATE TABLE depths (
    account    TEXT NOT NULL,
    state      INTEGER NOT NULL,
    deliveries INTEGER NOT NULL,
    PRIMARY KEY (account, state)
) STRICT, WITHOUT ROWID;

CREATE TABLE keys (
    number     INTEGER PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    name       TEXT NOT NULL,
    hash       BLOB NOT NULL,
    scopes     TEXT NOT NULL,
    accounts   TEXT NOT NULL,
    made_at    INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT;
