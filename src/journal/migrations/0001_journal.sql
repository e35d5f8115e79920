-- What was published of a team: its journal, packed, and how often that was written.
CREATE TABLE IF NOT EXISTS publication (
    team TEXT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    generation BIGINT NOT NULL,
    fingerprint TEXT NOT NULL,
    journal BYTEA NOT NULL
);

-- What moved: one line each, in the order in which they were published.
CREATE TABLE IF NOT EXISTS change (
    team TEXT NOT NULL,
    version BIGINT NOT NULL,
    position BIGINT NOT NULL,
    published_at BIGINT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (team, version, position)
);
