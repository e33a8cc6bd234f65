-- What is deleted, and what goes with it.
CREATE INDEX workflow_ended ON workflow(finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX workflow_past ON workflow(id) WHERE current=0;
CREATE INDEX workflow_orphan ON workflow(parent) WHERE parent IS NOT NULL AND phase<>0;
