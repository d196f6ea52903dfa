-- Files that messages show or carry, the platforms' ids for them, and the group chats that hongyan made.

CREATE TABLE files (
    number     INTEGER PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    name       TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    -- When it was handed in, the last time.
    at         INTEGER NOT NULL,
    -- When it was handed in or named by a message, the last time.
    used_at    INTEGER NOT NULL,
    -- Last, so that a list reads no pages of it.
    content    BLOB NOT NULL
) STRICT;

CREATE INDEX newest_files ON files (at, id);
-- With the size, so that the sum over all files reads this index alone.
CREATE INDEX unused_files ON files (used_at, size_bytes);

CREATE TABLE uploads (
    account  TEXT NOT NULL,
    file     TEXT NOT NULL,
    form     TEXT NOT NULL,
    platform TEXT NOT NULL,
    until    INTEGER NOT NULL,
    PRIMARY KEY (file, account, form)
) STRICT, WITHOUT ROWID;

CREATE INDEX lapsing_uploads ON uploads (until);

-- The file that a message's content names, so that it stays while a delivery waits.
ALTER TABLE messages ADD COLUMN file TEXT;
CREATE INDEX filed ON messages (file) WHERE file IS NOT NULL;

CREATE TABLE chats (
    account TEXT NOT NULL,
    id      TEXT NOT NULL,
    name    TEXT NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (account, id)
) STRICT, WITHOUT ROWID;
