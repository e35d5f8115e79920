-- Calendars fetched from addresses, as they were fetched last. An address is a secret: its SHA-256 stands for it.
CREATE TABLE IF NOT EXISTS kept_calendar (
    address TEXT NOT NULL PRIMARY KEY,
    -- Rises whenever the content or the history changes; 0 until a fetch succeeds.
    number BIGINT NOT NULL,
    -- The calendar without what is not used, compressed with gzip.
    content BYTEA NOT NULL,
    -- Absences and holidays that lie in the past, whatever the content says, in the format of the configuration's reader.
    history TEXT NOT NULL,
    -- What it was reduced for, as a hash.
    purpose TEXT NOT NULL,
    etag TEXT NOT NULL,
    last_modified TEXT NOT NULL,
    -- In milliseconds since 1970; 0 stands for never. A fetch that found the content unchanged counts.
    fetched_at BIGINT NOT NULL,
    tried_at BIGINT NOT NULL,
    used_at BIGINT NOT NULL,
    -- How often a fetch failed since the last that succeeded, and why it failed last.
    failures BIGINT NOT NULL,
    last_error TEXT NOT NULL,
    -- Who fetches it now, and until when nobody else may.
    lease BIGINT NOT NULL,
    leased_until BIGINT NOT NULL
);

-- Which copies of fetched calendars a team's newest publication was made of.
ALTER TABLE publication ADD COLUMN copies TEXT NOT NULL DEFAULT '';
