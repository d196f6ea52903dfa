-- How many calls each account made lately, by the end of the second in which they had ended: what a limit of a minute or
-- more has to know of an earlier process.
CREATE TABLE calls (
    second  INTEGER NOT NULL,
    account TEXT NOT NULL,
    calls   INTEGER NOT NULL,
    PRIMARY KEY (second, account)
) STRICT, WITHOUT ROWID;
