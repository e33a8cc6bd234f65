-- Attempts of activities on other queues, and who carries them out.
CREATE TABLE task(
  run INTEGER NOT NULL,
  op INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  queue INTEGER NOT NULL,
  activity INTEGER NOT NULL,
  put_at INTEGER NOT NULL,
  body BLOB NOT NULL,
  worker INTEGER,
  claimed_at INTEGER,
  beat_at INTEGER,
  details BLOB,
  cancelled INTEGER NOT NULL DEFAULT 0,
  lost INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY(run,op)
) STRICT, WITHOUT ROWID;
CREATE INDEX task_open ON task(queue,put_at,activity) WHERE worker IS NULL;
CREATE INDEX task_held ON task(worker) WHERE worker IS NOT NULL;
