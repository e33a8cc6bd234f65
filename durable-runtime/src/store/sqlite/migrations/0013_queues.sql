-- What an operator sets for a queue, and when its bucket of starts will be full (microseconds).
CREATE TABLE queue(
  queue INTEGER PRIMARY KEY,
  settings BLOB NOT NULL,
  filled INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Who is under way in a queue with a line: 1 has a place, 2 shares that of a run that awaits it.
ALTER TABLE workflow ADD COLUMN placed INTEGER;
ALTER TABLE workflow ADD COLUMN ckey TEXT;
CREATE INDEX workflow_placed ON workflow(queue,placed,ckey) WHERE placed IS NOT NULL AND phase=0;

-- Gates: 3 in line and in need of no place, 4 behind others of its concurrency key.
ALTER TABLE ready ADD COLUMN ckey TEXT;
DROP INDEX ready_line;
CREATE INDEX ready_line ON ready(queue,gate,lane,tag,run,point) WHERE tag IS NOT NULL;
CREATE INDEX ready_key ON ready(queue,ckey,gate,lane,due_at,run) WHERE ckey IS NOT NULL AND gate>1;
