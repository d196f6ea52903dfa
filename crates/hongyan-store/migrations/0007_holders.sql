-- Who handed a file in: the accounts of the key, or of the message that held it, one a line and sorted; the same file
-- may have come from several. Absent: a key for every account, or an older version.
CREATE TABLE holders (
    file     TEXT NOT NULL,
    accounts TEXT NOT NULL,
    PRIMARY KEY (file, accounts)
) STRICT, WITHOUT ROWID;
