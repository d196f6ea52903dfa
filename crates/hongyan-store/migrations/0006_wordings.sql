-- What a delivery says, where that is not its message's content as it stands: settled when the message is accepted, so
-- that no later setting or version says it otherwise. Deliveries to several lists of people share one.

CREATE TABLE wordings (
    message INTEGER NOT NULL,
    number  INTEGER NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (message, number)
) STRICT, WITHOUT ROWID;

-- 0: the message's content; from 1 on: that wording; NULL: made of the content when it is sent, as earlier versions did.
ALTER TABLE deliveries ADD COLUMN wording INTEGER;
