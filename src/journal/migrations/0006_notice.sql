-- What the recipients of each team's notices know already, in the format of whoever plans notices.
CREATE TABLE IF NOT EXISTS notified (
    team TEXT NOT NULL PRIMARY KEY,
    -- How often it was written, so that of two servers that write at once the second learns of the first.
    revision BIGINT NOT NULL,
    record TEXT NOT NULL
);

-- Notices that wait to be sent, and for a while those that were.
CREATE TABLE IF NOT EXISTS outbox (
    team TEXT NOT NULL,
    -- engineer:ID, mail:ADDRESS or webhook.
    recipient TEXT NOT NULL,
    kind TEXT NOT NULL,
    message_key TEXT NOT NULL,
    -- The text, as long as it waits.
    message TEXT NOT NULL,
    -- waiting, sent or failed.
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    -- Why the last attempt failed, without anything that the server said.
    failure TEXT NOT NULL,
    -- In seconds since 1970. Whoever sends it moves next_attempt ahead, so that nobody else does; once it is sent or
    -- given up, next_attempt is when that was.
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    next_attempt BIGINT NOT NULL,
    -- 1 while a server sends it.
    is_claimed BIGINT NOT NULL,
    PRIMARY KEY (team, recipient, kind, message_key)
);
CREATE INDEX IF NOT EXISTS outbox_due ON outbox (state, next_attempt);
