-- The name of the signal that a message is; empty for other kinds.
ALTER TABLE inbox ADD COLUMN name TEXT NOT NULL DEFAULT '';
