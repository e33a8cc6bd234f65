-- The fairness key of what stands in line: the next of a key stands behind its last. What `fair` holds
-- is of turns that were had only.
ALTER TABLE ready ADD COLUMN fkey TEXT;
ALTER TABLE task ADD COLUMN fkey TEXT;
CREATE INDEX ready_fair ON ready(queue,lane,fkey,tag) WHERE tag IS NOT NULL;
CREATE INDEX task_fair ON task(queue,lane,fkey,tag) WHERE gate=2;
-- All that wait join anew, in the order of time. The turns of tasks that were put before there were any
-- are set beside this.
DELETE FROM fair;
DELETE FROM served;
UPDATE ready SET gate=1, tag=NULL WHERE gate>1;
UPDATE task SET gate=1, tag=NULL WHERE gate IN (2,4);

-- How many bytes were unread with each message that came before that was counted.
UPDATE inbox SET bytes=unread.bytes FROM (
  SELECT run, msg, sum(iif(kind IN (2,4),length(payload),0))
    OVER (PARTITION BY run ORDER BY ord ROWS UNBOUNDED PRECEDING) AS bytes
  FROM inbox WHERE used_seq IS NULL
) AS unread WHERE inbox.run=unread.run AND inbox.msg=unread.msg;

-- The version of the schema that a worker writes. Those of earlier ones do not look for it, and go on
-- after this; what they wrote would be claimed by nobody, or twice. A beat that moves nothing makes such
-- a worker start over at once, and then its registration says why it cannot.
ALTER TABLE worker ADD COLUMN schema INTEGER NOT NULL DEFAULT 0;
CREATE TRIGGER worker_older BEFORE UPDATE OF beat,state ON worker
WHEN OLD.schema<19 AND NEW.state<>1
BEGIN
  SELECT CASE WHEN NEW.state=OLD.state THEN RAISE(IGNORE)
    ELSE RAISE(ABORT, 'a newer version of this program has opened the database; stop this process and start the newer version') END;
END;
CREATE TRIGGER worker_older_born BEFORE INSERT ON worker
WHEN NEW.schema<19
BEGIN
  SELECT RAISE(ABORT, 'a newer version of this program has opened the database; stop this process and start the newer version');
END;
