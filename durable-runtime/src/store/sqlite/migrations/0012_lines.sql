-- Priorities, and what else is said of a run's turn. Lanes go from 0, served first, to 4, and are
-- negated as `-1-lane` while their run is paused.
ALTER TABLE workflow ADD COLUMN lane INTEGER NOT NULL DEFAULT 2;
UPDATE ready SET lane=iif(lane<0,-3,2);
ALTER TABLE workflow ADD COLUMN queueing BLOB;

-- Starts that wait in line. Gates: 0 open, 1 not due yet, 2 in line at `tag`.
ALTER TABLE ready ADD COLUMN gate INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ready ADD COLUMN tag INTEGER;
DROP INDEX ready_due;
CREATE INDEX ready_due ON ready(queue,lane,due_at,point) WHERE due_at IS NOT NULL AND gate=0;
CREATE INDEX ready_late ON ready(queue,due_at,run) WHERE gate=1;
CREATE INDEX ready_line ON ready(queue,lane,tag,run,point) WHERE gate=2;

-- Queues whose starts wait in line.
CREATE TABLE line(
  queue INTEGER PRIMARY KEY
) STRICT;
-- How far each lane of a line has been served: the largest tag.
CREATE TABLE served(
  queue INTEGER NOT NULL,
  lane INTEGER NOT NULL,
  tag INTEGER NOT NULL,
  PRIMARY KEY(queue,lane)
) STRICT, WITHOUT ROWID;
-- The tag of a fairness key's next start, unless its lane has been served further.
CREATE TABLE fair(
  queue INTEGER NOT NULL,
  lane INTEGER NOT NULL,
  key TEXT NOT NULL,
  tag INTEGER NOT NULL,
  PRIMARY KEY(queue,lane,key)
) STRICT, WITHOUT ROWID;
CREATE INDEX fair_past ON fair(queue,lane,tag);
