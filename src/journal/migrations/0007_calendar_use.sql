-- What each fetched calendar is used for, by every server that shares the database, so that one copy is enough for all of them.
CREATE TABLE IF NOT EXISTS calendar_use (
    address TEXT NOT NULL,
    -- Who reads it, or what has to be kept of it, in the words of the reader of calendars. A mail address stands there by its
    -- SHA-256.
    used_for TEXT NOT NULL,
    -- When a server last noted it, in milliseconds since 1970.
    used_at BIGINT NOT NULL,
    PRIMARY KEY (address, used_for)
);
