//! Macros of the user's with the names of others, without an await in them: they stay as they are.

use durable_tests::equivalence::ops::note;
use durable_tests::equivalent;

macro_rules! debug {
    ($name:ident) => {
        note("named", stringify!($name))
    };
    ($name:ident = $value:expr) => {
        note("given", $value)
    };
}

macro_rules! assert {
    ($value:expr) => {
        note("asserted", $value)
    };
    ($value:expr, $($text:tt)*) => {
        note("told", $value)
    };
}

equivalent! {
    with [(7)];
    async fn words_of_branches(timeout: u64) -> u64 {
        debug!(timeout);
        debug!(select = timeout);
        assert!(timeout);
        let join = act("x", timeout).await;
        debug!(join);
        assert!(join + 1);
        join
    }
}

macro_rules! dbg {
    ($value:expr) => {
        note("shown", (&$value, 1).1)
    };
}

equivalent! {
    with [(vec![7, 8])];
    async fn an_own_dbg_that_hands_nothing_on(all: Vec<u64>) -> u64 {
        let first = dbg!(all.first());
        let second = dbg!(&all[1]);
        let sum = first + second + dbg!(all);
        act("x", sum).await;
        match dbg!(&all[0]) {
            1 => act("one", 1).await,
            other => other,
        }
    }
}
