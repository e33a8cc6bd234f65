-- The worker that owned a run when another start took its id: it has not let go yet.
ALTER TABLE workflow ADD COLUMN evicted INTEGER;
