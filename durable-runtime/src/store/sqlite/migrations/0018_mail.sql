-- Runs that were ended by somebody else, and whose owner does not know of that yet.
CREATE INDEX workflow_evicted ON workflow(evicted) WHERE evicted IS NOT NULL;

-- Workers that live, and those that are gone, which are forgotten in time.
CREATE INDEX worker_alive ON worker(worker) WHERE state=0;
CREATE INDEX worker_gone ON worker(lease_until) WHERE state<>0;

-- How many bytes of signals and updates were unread at most with this message.
ALTER TABLE inbox ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
