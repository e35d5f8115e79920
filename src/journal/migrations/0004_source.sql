-- The source files of each team's newest publication. A content is stored once, compressed with gzip.
CREATE TABLE IF NOT EXISTS source (
    hash TEXT NOT NULL PRIMARY KEY,
    content BYTEA NOT NULL
);
CREATE TABLE IF NOT EXISTS team_source (
    team TEXT NOT NULL,
    path TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (team, path)
);
CREATE INDEX IF NOT EXISTS team_source_hash ON team_source (hash);
