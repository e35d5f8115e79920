-- 1 where the server refused this message alone: then it does not hold up those after it.
ALTER TABLE outbox ADD COLUMN is_refused BIGINT NOT NULL DEFAULT 0;
