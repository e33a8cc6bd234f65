-- From a run to those that it goes on for: what they have taken is not taken again.
CREATE INDEX workflow_next ON workflow(next) WHERE next IS NOT NULL;
