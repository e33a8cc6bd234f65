//! Databases of every earlier version, with all that they can hold: what becomes of it, and that
//! everything in them goes on to its end. And processes of an earlier version beside a newer one.

use super::{SqliteOptions, SqliteStore, connect, rows};
use crate::id::{RunId, Timestamp};
use crate::store::conformance::kit::{
    Worker, end, find, id, new_worker, numbers, start, step, waiting,
};
use crate::store::{
    ClaimedRun, Concurrency, Fairness, FenceError, MessageKind, NewMessage, Phase, QueueSettings,
    Queueing, Queues, RunFilter, RunState, Sent, Store, StoreError, Task, TaskClaim, Unblock,
    Write, Written,
};
use rusqlite::{Connection, params};
use std::path::{Path, PathBuf};

/// What each version can hold beside what those before can.
const INHABITANTS: &[(usize, &str)] = &[
    // Numbers of runs say what becomes of them: 10 has not begun, 11 is parked, 12 is in the memory of a
    // worker, 13 has ended, 14 is blocked.
    (
        1,
        "INSERT INTO name VALUES(1,'order'),(2,'main'),(3,'order/'),(4,'order/charge'),(5,'charge'),(6,'gpu');
         INSERT INTO worker(worker,beat,lease_until,label,points) VALUES(1,5,1000,'old','[]');
         INSERT INTO workflow(run,id,kind,queue,created_at,input) VALUES
           (10,'order-10',1,2,1,x'0102'),(11,'order-11',1,2,1,x'0102'),(12,'order-12',1,2,1,x'0102'),
           (13,'order-13',1,2,1,x'0102'),(14,'order-14',1,2,1,x'0102');
         UPDATE workflow SET seq=2, wakes=2 WHERE run=11;
         UPDATE workflow SET owner=1, claim_seq=0 WHERE run=12;
         UPDATE workflow SET phase=1, finished_at=50, output=x'08' WHERE run=13;
         UPDATE workflow SET seq=1 WHERE run=14;
         INSERT INTO step(run,seq,label,at,result,frame) VALUES
           (11,1,5,2,NULL,NULL),(11,2,5,3,x'03',x'040506'),(12,1,5,2,NULL,x'040506'),
           (14,1,5,2,NULL,x'040506');
         INSERT INTO ready(run,queue,due_at,point) VALUES(10,2,1,3),(11,2,5,4),(14,2,NULL,4);
         UPDATE ready SET fingerprint=7, blocked='local left' WHERE run=14;
         INSERT INTO attempt(run,kind,number,attempt,at,error,next_at) VALUES(11,0,1,1,5,'no connection',9);
         INSERT INTO inbox(run,msg,ord,kind,payload,sent_at) VALUES(11,'a',1,2,x'01020304',4);",
    ),
    (
        2,
        "UPDATE inbox SET name='paid';
         INSERT INTO inbox(run,msg,ord,kind,payload,sent_at,name) VALUES(11,'b',2,2,x'0506',4,'paid');",
    ),
    // A child of 11.
    (
        3,
        "INSERT INTO workflow(run,id,kind,queue,created_at,input,parent,parent_op,parent_close,reports)
           VALUES(15,'order-15',1,2,1,x'0102',11,1,0,1);
         INSERT INTO ready(run,queue,due_at,point) VALUES(15,2,1,3);",
    ),
    (4, "UPDATE workflow SET published=x'8100' WHERE run=13;"),
    // 13 goes on for 9.
    (
        5,
        "INSERT INTO workflow(run,id,current,kind,queue,created_at,input,phase,finished_at,next)
           VALUES(9,'order-13',0,1,2,1,x'0102',2,40,13);",
    ),
    (
        7,
        "INSERT INTO schedule VALUES('nightly',3,90,x'01',x'02');
         UPDATE workflow SET schedule='nightly', schedule_at=1 WHERE run=10;",
    ),
    (8, "INSERT INTO note VALUES(11,1,x'09');"),
    (9, "INSERT INTO attribute VALUES(11,5,1,7);"),
    // 16 is paused.
    (
        11,
        "INSERT INTO workflow(run,id,kind,queue,created_at,input,paused,paused_at)
           VALUES(16,'order-16',1,2,1,x'0102','a fire',2);
         INSERT INTO ready(run,queue,lane,due_at,point) VALUES(16,2,-1,1,3);",
    ),
    // 17 is urgent, 18 to 20 stand in line by a key of fairness. Two of the same key have been served.
    (
        12,
        "UPDATE ready SET lane=iif(run=16,-3,2);
         INSERT INTO workflow(run,id,kind,queue,created_at,input,lane) VALUES
           (17,'order-17',1,2,1,x'0102',0),(18,'order-18',1,2,1,x'0102',2),
           (19,'order-19',1,2,1,x'0102',2),(20,'order-20',1,2,1,x'0102',2);
         INSERT INTO ready(run,queue,lane,due_at,point,gate,tag) VALUES
           (17,2,0,1,3,0,NULL),(18,2,2,1,3,2,2097152),(19,2,2,1,3,2,3145728),(20,2,2,90,3,1,NULL);
         INSERT INTO line VALUES(2);
         INSERT INTO served VALUES(2,2,1048576);
         INSERT INTO fair VALUES(2,2,'a',4194304);",
    ),
    // 21 waits behind 22, which is under way, by a key of concurrency.
    (
        13,
        "INSERT INTO workflow(run,id,kind,queue,created_at,input,lane,ckey,placed,owner,claim_seq) VALUES
           (21,'order-21',1,2,1,x'0102',2,'c',NULL,NULL,-1),(22,'order-22',1,2,1,x'0102',2,'c',1,1,0);
         INSERT INTO ready(run,queue,lane,due_at,point,gate,ckey) VALUES(21,2,2,1,3,4,'c');",
    ),
    // What the parked run, the urgent one that was claimed before and the one with a key wait for.
    (
        15,
        "INSERT INTO workflow(run,id,kind,queue,created_at,input,lane,seq) VALUES
           (23,'order-23',1,2,1,x'0102',0,1);
         INSERT INTO ready(run,queue,lane,due_at,point) VALUES(23,2,0,NULL,4);
         INSERT INTO step(run,seq,label,at,frame) VALUES(23,1,5,2,x'040506');
         INSERT INTO task(run,op,attempt,queue,activity,put_at,body) VALUES
           (11,2,1,6,5,20,x'07'),(22,3,1,6,5,21,x'07'),(23,4,1,6,5,30,x'07'),(12,5,1,6,5,10,x'07');
         UPDATE task SET worker=1, claimed_at=12 WHERE run=12;",
    ),
    // From here on tasks have turns: that of 23 has none here, as after an upgrade from 16.
    (
        17,
        "UPDATE task SET gate=iif(worker IS NULL,2,0), tag=0;
         INSERT INTO served VALUES(-6,2,0);
         INSERT INTO fair VALUES(-6,2,'',3145728);",
    ),
];

/// All runs that have not ended.
const LIVE: &[(usize, &[i64])] = &[
    (1, &[10, 11, 12, 14]),
    (3, &[15]),
    (11, &[16]),
    (12, &[17, 18, 19, 20]),
    (13, &[21, 22]),
    (15, &[23]),
];

fn urgent() -> Queueing {
    Queueing {
        priority: Some(1),
        ..Queueing::default()
    }
}

/// A database of this version in which much is going on.
fn inhabited(path: &Path, version: usize) -> Connection {
    let conn = connect::older(path, version).expect("a new file");
    for (_, sql) in INHABITANTS.iter().filter(|(from, _)| *from <= version) {
        conn.execute_batch(sql).expect("rows of that version");
    }
    let fair = Queueing {
        fairness: Some(Fairness::new("a", 1.0)),
        ..Queueing::default()
    };
    let keyed = Queueing {
        concurrency: Some(Concurrency::new("c", 1)),
        ..urgent()
    };
    let turns = [
        (12, 17, &urgent()),
        (12, 18, &fair),
        (12, 19, &fair),
        (12, 20, &fair),
        (13, 21, &keyed),
        (13, 22, &keyed),
        (15, 23, &urgent()),
    ];
    for (_, run, turn) in turns.iter().filter(|(from, ..)| *from <= version) {
        let turn = params![run, rows::encoded_queueing(turn)];
        let set = "UPDATE workflow SET queueing=?2 WHERE run=?1";
        conn.execute(set, turn).expect("a turn");
    }
    if version >= 13 {
        let settings = QueueSettings {
            activity_per_key: Some(1),
            ..QueueSettings::default()
        };
        let settings = crate::codec::encode_plain(&settings);
        let set = "INSERT INTO queue(queue,settings) VALUES(6,?1)";
        conn.execute(set, [settings]).expect("settings");
    }
    conn
}

async fn open(path: &Path) -> SqliteStore {
    let store = SqliteStore::open(path, SqliteOptions::default()).await;
    store.expect("a database of ours")
}

fn file() -> (PathBuf, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    (folder.path().join("orders.db"), folder)
}

fn tasks(limit: usize) -> TaskClaim {
    TaskClaim {
        queue: "gpu".into(),
        activities: vec!["charge".into()],
        now: Timestamp(100),
        limit,
        but: vec![],
    }
}

async fn claim_tasks(worker: &mut Worker<'_>, limit: usize) -> Vec<Task> {
    let claimed = worker.store.claim_tasks(worker.fence, tasks(limit)).await;
    worker.fence.beat += 1;
    claimed.expect("the fence holds")
}

async fn ends(worker: &mut Worker<'_>, claimed: Vec<ClaimedRun>) -> Vec<i64> {
    let runs = numbers(&claimed);
    for own in claimed {
        let (run, seq) = (own.run.run.0, own.latest.map_or(0, |step| step.seq) + 1);
        let last = vec![Write::Step(step(run, seq)), Write::End(end(run, seq))];
        let written = worker.commit(last).await;
        assert_eq!(written, vec![Written::Done; 2], "run {run}");
    }
    runs
}

/// Whatever a database of an earlier version holds is there, and all of it goes on to its end.
#[tokio::test]
async fn what_any_earlier_version_has_left_goes_on() {
    let newest = usize::try_from(connect::schema_version()).expect("a few");
    for version in 1..newest {
        let (path, _folder) = file();
        drop(inhabited(&path, version));
        let store = open(&path).await;
        let mut live: Vec<i64> = LIVE
            .iter()
            .filter(|(from, _)| *from <= version)
            .flat_map(|(_, runs)| runs.iter().copied())
            .collect();
        let mut worker = Worker::register(&store, 2).await;
        worker.fence.lease_until = Timestamp(9_000);
        worker.commit(vec![]).await;
        // What was recorded.
        let latest = store.latest_step(RunId(11)).await.expect("readable");
        assert_eq!(latest.map(|step| step.seq), Some(2), "version {version}");
        assert_eq!(store.attempts(RunId(11)).await.expect("readable").len(), 1);
        let ended = find(&store, 13).await;
        assert_eq!(ended.state, RunState::Finished, "version {version}");
        let letters = store.inbox(RunId(11)).await.expect("readable");
        assert_eq!(letters.len(), if version >= 2 { 2 } else { 1 });
        let cancel = |run: i64, kind| NewMessage::steer(kind, format!("{run}"), Timestamp(90));
        // What its worker had, what was blocked, and what was paused.
        store.mark_dead(Timestamp(2_000)).await.expect("writable");
        let mut ended = Vec::new();
        let taken = worker.take_over(new_worker(1).worker).await;
        ended.extend(ends(&mut worker, taken).await);
        for (from, run, kind) in [(11, 16, MessageKind::Resume), (1, 14, MessageKind::Cancel)] {
            if version >= from {
                let sent = store.send(&id(run), cancel(run, kind)).await;
                assert_eq!(sent, Ok(Sent::Accepted(RunId(run))), "version {version}");
            }
        }
        let point = Unblock {
            point: "order/charge".into(),
            fingerprint: None,
        };
        store
            .unblock(&[point], Timestamp(90))
            .await
            .expect("writable");
        if version >= 15 {
            let sent = store.send(&id(23), cancel(23, MessageKind::Cancel)).await;
            assert_eq!(sent, Ok(Sent::Accepted(RunId(23))));
        }
        start(&store, 40).await;
        live.push(40);
        loop {
            let claimed = worker.claim(100).await;
            if claimed.is_empty() {
                break;
            }
            ended.extend(ends(&mut worker, claimed).await);
        }
        ended.sort_unstable();
        live.sort_unstable();
        assert_eq!(ended, live, "version {version}");
        let running = RunFilter {
            phase: Some(Phase::Running),
            ..RunFilter::default()
        };
        assert_eq!(store.count(running).await, Ok(0), "version {version}");
        assert!(claim_tasks(&mut worker, 9).await.is_empty());
        assert_eq!(store.has_line("main").await, Ok(false), "version {version}");
    }
}

/// Activities that were put before there were turns have those of their runs.
#[tokio::test]
async fn tasks_of_an_earlier_version_have_the_turns_of_their_runs() {
    for version in 15..=18 {
        let (path, _folder) = file();
        drop(inhabited(&path, version));
        let store = open(&path).await;
        let mut worker = Worker::register(&store, 2).await;
        let mut turns = Vec::new();
        while let [task] = &*claim_tasks(&mut worker, 1).await {
            turns.push(task.new.of.run.0);
            if task.new.of.run == RunId(22) {
                // A limit that says how many runs there may be is none for their activities.
                let key = Some(Concurrency::new("c", u32::MAX));
                assert_eq!(task.new.queueing.concurrency, key, "version {version}");
            }
        }
        assert_eq!(turns, [22, 23, 11], "version {version}");
    }
}

/// What was unread before bytes were counted is counted.
#[tokio::test]
async fn bytes_that_were_unread_before_an_upgrade_count() {
    for version in [17, 18] {
        let (path, _folder) = file();
        drop(inhabited(&path, version));
        let store = open(&path).await;
        let letter = NewMessage {
            kind: MessageKind::Signal,
            name: "paid".into(),
            payload: vec![7; 10],
            msg: "c".into(),
            ..NewMessage::steer(MessageKind::Cancel, "", Timestamp(90))
        };
        let sent = store.send(&id(11), letter).await;
        assert_eq!(sent, Ok(Sent::Accepted(RunId(11))));
        let conn = Connection::open(&path).expect("a database");
        let sql = "SELECT bytes FROM inbox WHERE run=11 ORDER BY ord";
        let bytes = rows::all(&conn, sql, [], |row| row.get::<_, i64>(0));
        assert_eq!(bytes.expect("rows"), [4, 6, 16], "version {version}");
    }
}

/// A worker of a version that does not look for upgrades is stopped by the database.
#[tokio::test]
async fn a_worker_of_an_earlier_version_writes_nothing_after_an_upgrade() {
    let (path, _folder) = file();
    let old = inhabited(&path, 18);
    let beat =
        "UPDATE worker SET beat=beat+1, lease_until=9 WHERE worker=1 AND beat=?1 AND state=0";
    assert_eq!(old.execute(beat, [5]), Ok(1));
    let store = open(&path).await;
    // Its fence does not hold, so that it starts over, and then it is told why it cannot.
    assert_eq!(old.execute(beat, [6]), Ok(0));
    let retire = "UPDATE worker SET state=2 WHERE worker=1 AND state=0";
    let born = "INSERT INTO worker(worker,lease_until,label,points) VALUES(2,9,'old','[]')";
    for refused in [old.execute(retire, []), old.execute(born, [])] {
        let text = refused.expect_err("it is older").to_string();
        assert!(text.contains("start the newer version"), "{text}");
    }
    // Others see that it is gone.
    let dead = store.mark_dead(Timestamp(2_000)).await;
    assert_eq!(dead, Ok(vec![new_worker(1).worker]));
}

/// Nor does one of this version, which looks for them itself.
#[tokio::test]
async fn a_process_writes_nothing_after_an_upgrade_by_a_newer_one() {
    let (path, _folder) = file();
    let store = open(&path).await;
    let mut worker = Worker::register(&store, 1).await;
    worker.starts(&[10]).await;
    let newer = Connection::open(&path).expect("a database");
    let own = connect::schema_version();
    let brings = |version: i64| {
        let set = newer.pragma_update(None, "user_version", version);
        set.expect("a version");
    };
    brings(own + 1);
    let found = own + 1;
    let outdated = StoreError::Outdated { found, own };
    let written = worker.try_commit(vec![Write::Step(step(10, 1))]).await;
    assert_eq!(written, Err(FenceError::Store(outdated.clone())));
    assert_eq!(store.start(waiting(11)).await, Err(outdated.clone()));
    assert_eq!(store.retire(worker.id()).await, Err(outdated));
    assert_eq!(store.find(&id(11)).await, Ok(None));
    assert_eq!(store.latest_step(RunId(10)).await, Ok(None));
    // An older database in the place of this one is not written either.
    brings(own - 1);
    let refused = store.start(waiting(11)).await;
    assert!(
        matches!(refused, Err(StoreError::Unusable(_))),
        "{refused:?}"
    );
    brings(own);
    assert_eq!(worker.write(Write::Step(step(10, 1))).await, Written::Done);
}
