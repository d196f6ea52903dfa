-- The outbox: a table in your own database. What your transaction commits here is delivered, what it rolls back is not.
-- Insert `message` (JSON as POST /v1/messages takes it) and, if you have one, your own `key`; the relay fills the rest.
-- Times are milliseconds since 1970-01-01T00:00:00Z.
CREATE TABLE IF NOT EXISTS hongyan_outbox (
  id         INTEGER PRIMARY KEY,
  -- One key, one message, however often it is tried: the gateway's Idempotency-Key.
  key        TEXT    NOT NULL UNIQUE DEFAULT (lower(hex(randomblob(16)))),
  message    TEXT    NOT NULL,
  created_at INTEGER NOT NULL DEFAULT (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)),
  -- waiting: not handed over yet · rejected: the gateway will never take it, `error` says why · else the message's
  -- state as the gateway has it (pending, sent, …).
  state      TEXT    NOT NULL DEFAULT 'waiting',
  message_id TEXT,
  error      TEXT,
  -- 1 when the state will not change any more.
  settled    INTEGER NOT NULL DEFAULT 0,
  updated_at INTEGER
);
CREATE INDEX IF NOT EXISTS hongyan_outbox_open ON hongyan_outbox (id) WHERE settled = 0;
