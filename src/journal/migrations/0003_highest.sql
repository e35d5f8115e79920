-- The highest SEQUENCE and the latest LAST-MODIFIED (in seconds since 1970) of a team's events. They stand beside the
-- packed journal so that no feed goes back if that cannot be read.
ALTER TABLE publication ADD COLUMN highest_sequence BIGINT NOT NULL DEFAULT 0;
ALTER TABLE publication ADD COLUMN latest_modified BIGINT NOT NULL DEFAULT 0;

-- Of the packed journal (CRC-32), to notice damage before it is unpacked; 0 if it was written without.
ALTER TABLE publication ADD COLUMN checksum BIGINT NOT NULL DEFAULT 0;

-- Written to see whether the database can be written, and read back through another connection after a failure.
CREATE TABLE IF NOT EXISTS write_check (
    name TEXT NOT NULL PRIMARY KEY,
    mark BIGINT NOT NULL
);
