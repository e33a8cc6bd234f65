-- What this schema is, and which version of it.
CREATE TABLE meta(
  key text PRIMARY KEY,
  value bigint NOT NULL
);

-- Every name that rows repeat (workflows, queues, labels, suspend points), stored once. `whole` is the
-- text of one that is too long for an index; `text` has its beginning and its digest then.
CREATE TABLE name(
  n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  text text COLLATE "C" NOT NULL UNIQUE,
  whole text
);

-- One row per life of a worker process. `beat` counts its transactions: the fence. No index has a
-- column that a beat changes, and the page has room: each beat is a HOT update.
CREATE TABLE worker(
  worker bigint PRIMARY KEY,
  state smallint NOT NULL DEFAULT 0,
  beat bigint NOT NULL DEFAULT 0,
  lease_until bigint NOT NULL,
  gone_at bigint,
  label text NOT NULL,
  points text[] NOT NULL
) WITH (fillfactor=20);
CREATE INDEX worker_alive ON worker(worker) WHERE state=0;
CREATE INDEX worker_gone ON worker(gone_at) WHERE gone_at IS NOT NULL;

-- One row per run, written when it starts, parks, changes owner or ends; not at an await.
CREATE TABLE workflow(
  run bigint PRIMARY KEY,
  id text COLLATE "C" NOT NULL,
  current boolean NOT NULL DEFAULT true,
  kind bigint NOT NULL,
  queue bigint NOT NULL,
  phase smallint NOT NULL DEFAULT 0,
  owner bigint,
  epoch bigint NOT NULL DEFAULT 1,
  wakes bigint NOT NULL DEFAULT 0,
  seq bigint NOT NULL DEFAULT 0,
  claim_seq bigint NOT NULL DEFAULT -1,
  strikes bigint NOT NULL DEFAULT 0,
  created_at bigint NOT NULL,
  finished_at bigint,
  input bytea NOT NULL,
  output bytea,
  error text,
  parent bigint,
  parent_op bigint,
  parent_close smallint,
  reports boolean,
  published bytea,
  next bigint,
  evicted bigint,
  terms bytea,
  schedule text COLLATE "C",
  schedule_at bigint,
  last_result bytea,
  tags bytea,
  paused text,
  paused_at bigint,
  lane smallint NOT NULL DEFAULT 2,
  queueing bytea,
  placed smallint,
  ckey text COLLATE "C"
) WITH (fillfactor=80, autovacuum_vacuum_scale_factor=0.02);
ALTER TABLE workflow
  ALTER COLUMN input SET STORAGE EXTERNAL,
  ALTER COLUMN output SET STORAGE EXTERNAL,
  ALTER COLUMN published SET STORAGE EXTERNAL,
  ALTER COLUMN last_result SET STORAGE EXTERNAL;
CREATE UNIQUE INDEX workflow_id ON workflow(id) WHERE current;
CREATE INDEX workflow_past ON workflow(id,run) WHERE NOT current;
CREATE INDEX workflow_owned ON workflow(owner,run) WHERE owner IS NOT NULL;
CREATE INDEX workflow_evicted ON workflow(evicted,run) WHERE evicted IS NOT NULL;
CREATE INDEX workflow_parent ON workflow(parent,run) WHERE parent IS NOT NULL AND phase=0;
CREATE INDEX workflow_orphan ON workflow(parent,run) WHERE parent IS NOT NULL AND phase<>0;
CREATE INDEX workflow_bad ON workflow(phase,run) WHERE phase>=3;
CREATE INDEX workflow_ended ON workflow(finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX workflow_next ON workflow(next) WHERE next IS NOT NULL;
CREATE INDEX workflow_placed ON workflow(queue,placed,ckey) WHERE placed IS NOT NULL AND phase=0;

-- One row per await, appended by the owner: the answer to the previous await, the frame at this.
CREATE TABLE step(
  run bigint NOT NULL,
  seq bigint NOT NULL,
  label bigint NOT NULL,
  at bigint NOT NULL,
  result bytea,
  frame bytea,
  PRIMARY KEY(run,seq)
);
ALTER TABLE step
  ALTER COLUMN result SET STORAGE EXTERNAL,
  ALTER COLUMN frame SET STORAGE EXTERNAL;

-- One row per failed attempt, so that a crash does not reset retries.
CREATE TABLE attempt(
  aid bigint GENERATED ALWAYS AS IDENTITY,
  run bigint NOT NULL,
  kind smallint NOT NULL,
  number bigint NOT NULL,
  attempt bigint NOT NULL,
  at bigint NOT NULL,
  error text NOT NULL,
  next_at bigint NOT NULL,
  settled boolean NOT NULL DEFAULT false,
  PRIMARY KEY(run,kind,number,attempt)
);

-- One row per run that waits to be claimed or woken; none while it is owned or finished.
CREATE TABLE ready(
  run bigint PRIMARY KEY,
  queue bigint NOT NULL,
  lane smallint NOT NULL DEFAULT 2,
  due_at bigint,
  point bigint NOT NULL,
  fingerprint bigint NOT NULL DEFAULT 0,
  blocked text,
  held boolean NOT NULL DEFAULT false,
  gate smallint NOT NULL DEFAULT 0,
  tag bigint,
  ckey text COLLATE "C",
  fkey text COLLATE "C"
) WITH (fillfactor=75, autovacuum_vacuum_scale_factor=0.01, autovacuum_vacuum_threshold=500,
  autovacuum_vacuum_cost_delay=1);
CREATE INDEX ready_due ON ready(queue,lane,due_at,point) WHERE due_at IS NOT NULL AND gate=0;
CREATE INDEX ready_late ON ready(queue,due_at,run) WHERE gate=1;
CREATE INDEX ready_line ON ready(queue,gate,lane,tag,run,point) WHERE tag IS NOT NULL;
CREATE INDEX ready_key ON ready(queue,ckey,gate,lane,due_at,run) WHERE ckey IS NOT NULL AND gate>1;
CREATE INDEX ready_fair ON ready(queue,lane,fkey,tag) WHERE tag IS NOT NULL;
CREATE INDEX ready_blocked ON ready(point,fingerprint) WHERE blocked IS NOT NULL;

-- Messages to runs. `ord` is the run's wake counter at the time. `whole` as in `name`.
CREATE TABLE inbox(
  run bigint NOT NULL,
  msg text COLLATE "C" NOT NULL,
  whole text,
  ord bigint NOT NULL,
  kind smallint NOT NULL,
  name text NOT NULL DEFAULT '',
  payload bytea NOT NULL,
  sent_at bigint NOT NULL,
  used_seq bigint,
  stage smallint,
  reply bytea,
  bytes bigint NOT NULL DEFAULT 0,
  PRIMARY KEY(run,msg)
) WITH (fillfactor=85, autovacuum_vacuum_scale_factor=0.02);
ALTER TABLE inbox
  ALTER COLUMN payload SET STORAGE EXTERNAL,
  ALTER COLUMN reply SET STORAGE EXTERNAL;
CREATE INDEX inbox_open ON inbox(run,ord) WHERE used_seq IS NULL;

-- What the owner of a run knows about an operation under way, for whoever goes on with it.
CREATE TABLE note(
  run bigint NOT NULL,
  op bigint NOT NULL,
  body bytea NOT NULL,
  PRIMARY KEY(run,op)
);

-- One row per attribute that a run is found by. Kinds: 0 text, in `bytes`; 1 a number, in `int` or
-- `float`, or in neither if it is none; 2 a bool and 3 a time, in `int`.
CREATE TABLE attribute(
  run bigint NOT NULL,
  key bigint NOT NULL,
  kind smallint NOT NULL,
  int bigint,
  float double precision,
  bytes bytea,
  PRIMARY KEY(run,key)
);
CREATE INDEX attribute_int ON attribute(key,kind,int,run) WHERE int IS NOT NULL;
CREATE INDEX attribute_float ON attribute(key,float,run) WHERE float IS NOT NULL;
-- Its beginning: a whole text may be too long for an index.
CREATE INDEX attribute_bytes ON attribute(key,substring(bytes,1,512),run) WHERE bytes IS NOT NULL;

-- Attempts of activities on other queues, and who carries them out.
CREATE TABLE task(
  run bigint NOT NULL,
  op bigint NOT NULL,
  attempt bigint NOT NULL,
  queue bigint NOT NULL,
  activity bigint NOT NULL,
  put_at bigint NOT NULL,
  body bytea NOT NULL,
  worker bigint,
  claimed_at bigint,
  beat_at bigint,
  details bytea,
  cancelled boolean NOT NULL DEFAULT false,
  lost boolean NOT NULL DEFAULT false,
  lane smallint NOT NULL DEFAULT 2,
  gate smallint,
  tag bigint,
  queueing bytea,
  ckey text COLLATE "C",
  fkey text COLLATE "C",
  PRIMARY KEY(run,op)
) WITH (fillfactor=75, autovacuum_vacuum_scale_factor=0.01, autovacuum_vacuum_threshold=500,
  autovacuum_vacuum_cost_delay=1);
CREATE INDEX task_held ON task(worker) WHERE worker IS NOT NULL;
CREATE INDEX task_over ON task(put_at,run,op) WHERE worker IS NULL AND (cancelled OR lost);
CREATE INDEX task_joins ON task(queue,put_at,run,op) WHERE gate=1;
CREATE INDEX task_line ON task(queue,lane,tag,run,op,activity) WHERE gate=2;
CREATE INDEX task_keyed ON task(queue,ckey) WHERE ckey IS NOT NULL AND gate=2;
CREATE INDEX task_behind ON task(queue,ckey,lane,put_at,run,op) WHERE gate=4;
CREATE INDEX task_placed ON task(queue,ckey) WHERE gate=0;
CREATE INDEX task_fair ON task(queue,lane,fkey,tag) WHERE gate=2;

-- What an operator sets for a queue, and when its buckets will be full (microseconds).
CREATE TABLE queue(
  queue bigint PRIMARY KEY,
  settings bytea NOT NULL,
  filled bigint NOT NULL DEFAULT 0,
  activities_filled bigint NOT NULL DEFAULT 0
) WITH (fillfactor=50);

-- Queues whose starts wait in line. The row is the lock of the line.
CREATE TABLE line(
  queue bigint PRIMARY KEY
) WITH (fillfactor=50);

-- How far each lane of a line has been served: the largest tag. A negative queue is a line of tasks.
CREATE TABLE served(
  queue bigint NOT NULL,
  lane smallint NOT NULL,
  tag bigint NOT NULL,
  PRIMARY KEY(queue,lane)
) WITH (fillfactor=50);

-- The tag of a fairness key's next turn, unless its lane has been served further.
CREATE TABLE fair(
  queue bigint NOT NULL,
  lane smallint NOT NULL,
  key text COLLATE "C" NOT NULL,
  tag bigint NOT NULL,
  PRIMARY KEY(queue,lane,key)
) WITH (fillfactor=75);
CREATE INDEX fair_past ON fair(queue,lane,tag);

-- Schedules. Whoever drives one compares `version`; a run of it that ends adds to it.
CREATE TABLE schedule(
  id text COLLATE "C" PRIMARY KEY,
  version bigint NOT NULL,
  due_at bigint,
  definition bytea NOT NULL,
  state bytea NOT NULL
) WITH (fillfactor=75);
CREATE INDEX schedule_due ON schedule(due_at,id) WHERE due_at IS NOT NULL;

-- Ends of its runs that a schedule has not been told of.
CREATE TABLE schedule_end(
  schedule text COLLATE "C" NOT NULL,
  run bigint NOT NULL,
  id text NOT NULL,
  started_at bigint NOT NULL,
  ended_at bigint NOT NULL,
  phase smallint NOT NULL,
  output bytea,
  error text,
  PRIMARY KEY(schedule,run)
);
