-- When the call under way was leased, so that a repeat of it can be judged by its time after a crash; NULL when none is.
ALTER TABLE deliveries ADD COLUMN leased_at INTEGER;

-- One row: what tells whether the store was closed, and what a check writes.
CREATE TABLE state (
    one       INTEGER PRIMARY KEY CHECK (one = 1),
    -- The file's name while a gateway has it open, NULL once it was closed in order.
    opened_as TEXT,
    checked   INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO state (one) VALUES (1);
