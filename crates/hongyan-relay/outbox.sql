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
  -- state as the gateway has it (pending, sent, partial, failed, unknown …).
  state      TEXT    NOT NULL DEFAULT 'waiting',
  -- The message's id in the gateway, m…
  message_id TEXT,
  -- Why it was not taken, or what went wrong on its way.
  error      TEXT,
  -- 1 when the relay is done with the row.
  settled    INTEGER NOT NULL DEFAULT 0,
  updated_at INTEGER,
  -- The relay's own: since when a hand-over has had no answer, and when it looks at the row next.
  tried_at   INTEGER,
  due_at     INTEGER
);
CREATE INDEX IF NOT EXISTS hongyan_outbox_waiting ON hongyan_outbox (id) WHERE state = 'waiting';
CREATE INDEX IF NOT EXISTS hongyan_outbox_due ON hongyan_outbox (due_at) WHERE due_at IS NOT NULL;
