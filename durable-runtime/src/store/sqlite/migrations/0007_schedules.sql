-- Schedules. Whoever drives one compares `version`; a run of it that ends adds to it.
CREATE TABLE schedule(
  id TEXT PRIMARY KEY,
  version INTEGER NOT NULL,
  due_at INTEGER,
  definition BLOB NOT NULL,
  state BLOB NOT NULL
) STRICT;
CREATE INDEX schedule_due ON schedule(due_at) WHERE due_at IS NOT NULL;
-- Ends of its runs that a schedule has not been told of.
CREATE TABLE schedule_end(
  schedule TEXT NOT NULL,
  run INTEGER NOT NULL,
  id TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at INTEGER NOT NULL,
  phase INTEGER NOT NULL,
  output BLOB,
  error TEXT,
  PRIMARY KEY(schedule,run)
) STRICT;
-- Who started a run: the schedule, the time that it was for, and what its last run returned.
ALTER TABLE workflow ADD COLUMN schedule TEXT;
ALTER TABLE workflow ADD COLUMN schedule_at INTEGER;
ALTER TABLE workflow ADD COLUMN last_result BLOB;
