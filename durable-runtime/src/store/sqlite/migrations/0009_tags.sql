-- Attributes and notes of a run, encoded; NULL: none.
ALTER TABLE workflow ADD COLUMN tags BLOB;

-- One row per attribute that a run is found by. Kinds: 0 text, 1 number, 2 bool, 3 time.
CREATE TABLE attribute(
  run INTEGER NOT NULL,
  key INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  value ANY,
  PRIMARY KEY(run,key)
) STRICT, WITHOUT ROWID;
CREATE INDEX attribute_value ON attribute(key,kind,value,run);
