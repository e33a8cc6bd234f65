-- Every name that rows repeat (workflows, queues, labels, suspend points), stored once.
CREATE TABLE name(
  n INTEGER PRIMARY KEY,
  text TEXT NOT NULL UNIQUE
) STRICT;

-- One row per life of a worker process. `beat` counts its transactions: the fence.
CREATE TABLE worker(
  worker INTEGER PRIMARY KEY,
  state INTEGER NOT NULL DEFAULT 0,
  beat INTEGER NOT NULL DEFAULT 0,
  lease_until INTEGER NOT NULL,
  label TEXT NOT NULL,
  points TEXT NOT NULL
) STRICT;

-- One row per run, written when it starts, parks, changes owner or ends; not at an await.
CREATE TABLE workflow(
  run INTEGER PRIMARY KEY,
  id TEXT NOT NULL,
  current INTEGER NOT NULL DEFAULT 1,
  kind INTEGER NOT NULL,
  queue INTEGER NOT NULL,
  phase INTEGER NOT NULL DEFAULT 0,
  owner INTEGER,
  epoch INTEGER NOT NULL DEFAULT 1,
  wakes INTEGER NOT NULL DEFAULT 0,
  seq INTEGER NOT NULL DEFAULT 0,
  claim_seq INTEGER NOT NULL DEFAULT -1,
  strikes INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  finished_at INTEGER,
  input BLOB NOT NULL,
  output BLOB,
  error TEXT
) STRICT;
CREATE UNIQUE INDEX workflow_id ON workflow(id) WHERE current=1;
CREATE INDEX workflow_owned ON workflow(owner) WHERE owner IS NOT NULL;
CREATE INDEX workflow_bad ON workflow(phase,run) WHERE phase>=3;

-- One row per await, appended by the owner: the answer to the previous await, the frame at this.
CREATE TABLE step(
  sid INTEGER PRIMARY KEY,
  run INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  label INTEGER NOT NULL,
  at INTEGER NOT NULL,
  result BLOB,
  frame BLOB
) STRICT;
CREATE UNIQUE INDEX step_run ON step(run,seq);

-- One row per failed attempt, so that a crash does not reset retries.
CREATE TABLE attempt(
  aid INTEGER PRIMARY KEY,
  run INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  number INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  at INTEGER NOT NULL,
  error TEXT NOT NULL,
  next_at INTEGER NOT NULL,
  settled INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX attempt_run ON attempt(run,kind,number,attempt);
CREATE INDEX attempt_open ON attempt(run) WHERE settled=0;

-- One row per run that waits to be claimed or woken; none while it is owned or finished.
CREATE TABLE ready(
  run INTEGER PRIMARY KEY,
  queue INTEGER NOT NULL,
  lane INTEGER NOT NULL DEFAULT 0,
  due_at INTEGER,
  point INTEGER NOT NULL,
  fingerprint INTEGER NOT NULL DEFAULT 0,
  blocked TEXT
) STRICT;
CREATE INDEX ready_due ON ready(queue,lane,due_at,point) WHERE due_at IS NOT NULL;
CREATE INDEX ready_blocked ON ready(point,fingerprint) WHERE blocked IS NOT NULL;

-- Messages to runs. `ord` is the run's wake counter at the time.
CREATE TABLE inbox(
  run INTEGER NOT NULL,
  msg TEXT NOT NULL,
  ord INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  payload BLOB NOT NULL,
  sent_at INTEGER NOT NULL,
  used_seq INTEGER,
  PRIMARY KEY(run,msg)
) STRICT;
CREATE INDEX inbox_open ON inbox(run,ord) WHERE used_seq IS NULL;
