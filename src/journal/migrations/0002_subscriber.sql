-- Which calendar client last fetched which feed: a row for each feed and kind of client, and nothing about whose it is.
CREATE TABLE IF NOT EXISTS subscriber (
  team TEXT NOT NULL,
  path TEXT NOT NULL,
  client TEXT NOT NULL,
  -- Answers in full, and answers that nothing changed.
  given BIGINT NOT NULL,
  confirmed BIGINT NOT NULL,
  last_at BIGINT NOT NULL,
  -- What it has: part of the tag, and which representation it is of.
  version BIGINT NOT NULL,
  PRIMARY KEY (team, path, client)
);
