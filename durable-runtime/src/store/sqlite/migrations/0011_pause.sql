-- Why an operator lets a run rest, and since when; NULL: nobody does.
ALTER TABLE workflow ADD COLUMN paused TEXT;
ALTER TABLE workflow ADD COLUMN paused_at INTEGER;
-- Whether a blocked run has killed its workers: only an operator lets it go on.
ALTER TABLE ready ADD COLUMN held INTEGER NOT NULL DEFAULT 0;
