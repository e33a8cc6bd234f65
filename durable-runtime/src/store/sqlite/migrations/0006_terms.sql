-- Until when it has to end, and whether it is tried again; the engine's own data. NULL: neither.
ALTER TABLE workflow ADD COLUMN terms BLOB;
