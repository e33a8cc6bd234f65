-- Tasks wait in line as starts do. Gates: 0 a worker carries it out, 1 it is to join the line, 2 in line
-- at `tag`, 4 behind others of its concurrency key, 5 its run rests; NULL: only its run is to be told.
ALTER TABLE task ADD COLUMN lane INTEGER NOT NULL DEFAULT 2;
ALTER TABLE task ADD COLUMN gate INTEGER;
ALTER TABLE task ADD COLUMN tag INTEGER;
ALTER TABLE task ADD COLUMN queueing BLOB;
ALTER TABLE task ADD COLUMN ckey TEXT;
UPDATE task SET gate=CASE
  WHEN lost OR (cancelled AND worker IS NULL) THEN NULL
  WHEN worker IS NOT NULL THEN 0
  WHEN EXISTS(SELECT 1 FROM workflow w WHERE w.run=task.run AND w.paused IS NOT NULL) THEN 5
  ELSE 1 END;
DROP INDEX task_open;
CREATE INDEX task_joins ON task(queue,put_at,run,op) WHERE gate=1;
CREATE INDEX task_line ON task(queue,lane,tag,run,op,activity) WHERE gate=2;
CREATE INDEX task_keyed ON task(queue,ckey) WHERE ckey IS NOT NULL AND gate=2;
CREATE INDEX task_behind ON task(queue,ckey,lane,put_at,run,op) WHERE gate=4;
CREATE INDEX task_placed ON task(queue,ckey) WHERE gate=0;
-- When the bucket of activities will be full (microseconds).
ALTER TABLE queue ADD COLUMN activities_filled INTEGER NOT NULL DEFAULT 0;
