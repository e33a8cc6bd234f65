-- The fairness key of what stands in line: the next of a key stands behind its last. What `fair` holds
-- is of turns that were had only.
ALTER TABLE ready ADD COLUMN fkey TEXT;
ALTER TABLE task ADD COLUMN fkey TEXT;
CREATE INDEX ready_fair ON ready(queue,lane,fkey,tag) WHERE tag IS NOT NULL;
CREATE INDEX task_fair ON task(queue,lane,fkey,tag) WHERE gate=2;
-- All that wait join anew, in the order of time.
DELETE FROM fair;
DELETE FROM served;
UPDATE ready SET gate=1, tag=NULL WHERE gate>1;
UPDATE task SET gate=1, tag=NULL WHERE gate IN (2,4);
