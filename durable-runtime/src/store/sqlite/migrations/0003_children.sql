-- Who started a run (another run, and the number of its operation), what becomes of it when that
-- one ends, and whether that one is told of its end.
ALTER TABLE workflow ADD COLUMN parent INTEGER;
ALTER TABLE workflow ADD COLUMN parent_op INTEGER;
ALTER TABLE workflow ADD COLUMN parent_close INTEGER;
ALTER TABLE workflow ADD COLUMN reports INTEGER;
CREATE INDEX workflow_parent ON workflow(parent,run) WHERE parent IS NOT NULL AND phase=0;
