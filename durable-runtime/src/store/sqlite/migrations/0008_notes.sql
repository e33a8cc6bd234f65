-- What the owner of a run knows about an operation under way, for whoever goes on with it.
CREATE TABLE note(
  run INTEGER NOT NULL,
  op INTEGER NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY(run,op)
) STRICT, WITHOUT ROWID;
