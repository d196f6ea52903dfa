-- When each account could not send, so that a restart does not begin to count anew what a message waited for it.
CREATE TABLE outages (
    account TEXT NOT NULL,
    since   INTEGER NOT NULL,
    -- For one that lasts: until when it is known to have lasted.
    until   INTEGER NOT NULL,
    PRIMARY KEY (account, since)
) STRICT, WITHOUT ROWID;
