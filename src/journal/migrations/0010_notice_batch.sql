-- Rises with each batch of a team's notices, so that no clock decides which of two notices is newer. Those that are there
-- keep their order, and every new batch comes after them.
ALTER TABLE outbox ADD COLUMN batch BIGINT NOT NULL DEFAULT 0;
UPDATE outbox SET batch = created;
