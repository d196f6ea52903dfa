-- Ids that were handed out in a platform's place, the way back from the platform's own ids, and what platforms push.

CREATE TABLE handed (
    -- Never given twice, even when the message is forgotten.
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    message INTEGER NOT NULL UNIQUE
) STRICT;

-- 2^52: beyond any task of a platform, and a number that JavaScript holds exactly.
INSERT INTO sqlite_sequence (name, seq) VALUES ('handed', 4503599627370496);

-- The platform's id to the delivery. Several ids on one delivery are rare: those are looked through.
CREATE INDEX handles ON deliveries (account, handles) WHERE handles IS NOT NULL;
CREATE INDEX many_handles ON deliveries (account) WHERE instr(handles, char(10)) > 0;

CREATE TABLE callbacks (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    key     TEXT NOT NULL,
    event   TEXT NOT NULL,
    at      INTEGER NOT NULL,
    body    TEXT NOT NULL,
    UNIQUE (account, key)
) STRICT;
