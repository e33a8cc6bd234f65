-- What the run has said of a message: how far it has come (1 accepted, 2 completed, 3 rejected),
-- and the answer.
ALTER TABLE inbox ADD COLUMN stage INTEGER;
ALTER TABLE inbox ADD COLUMN reply BLOB;
-- The values that a run left published when it ended.
ALTER TABLE workflow ADD COLUMN published BLOB;
-- The run that goes on in the place of a continued one.
ALTER TABLE workflow ADD COLUMN next INTEGER;
