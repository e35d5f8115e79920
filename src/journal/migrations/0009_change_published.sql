-- When a lost journal is written again, each change is looked up by when it was published.
CREATE INDEX IF NOT EXISTS change_published ON change (team, published_at);
