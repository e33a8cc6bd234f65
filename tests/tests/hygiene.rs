//! Names of the user's own that meet those of an expansion. Written without a macro around the
//! functions, since a macro would give the two kinds of names different hygiene.

#![allow(missing_docs, reason = "functions under test")]

mod names {
    use durable_runtime::codec::decode;
    use durable_runtime::id::Timestamp;
    use durable_runtime::machine::{Machine, Turn};
    use durable_runtime::operation::{Answered, Resolution, WorkflowCall};
    use durable_runtime::{Durable, registry};

    /// Runs a workflow of timers, rebuilt at every await.
    pub(crate) fn run<R: Durable>(call: &WorkflowCall<R>) -> R {
        let def = registry::workflow(call.name()).unwrap();
        let mut machine = Machine::start(def, call.input().unwrap().to_vec());
        let mut turn = machine.turn(&[], Timestamp(0));
        loop {
            match turn {
                Turn::Suspended(checkpoint) => {
                    machine = Machine::resume(def, &checkpoint).unwrap();
                    let op = checkpoint.calls()[0].op;
                    let answer = Resolution::Fired;
                    turn = machine.turn(&[Answered { op, answer }], Timestamp(0));
                }
                Turn::Finished(finished) => return decode(&finished.output.unwrap()).unwrap(),
                other => panic!("{other:?}"),
            }
        }
    }
}

use durable_runtime::prelude::*;
use names::run;

#[workflow]
async fn parameters_called_as_ours(
    client: u32,
    id: u32,
    input: u32,
    args: u32,
    entry: u32,
    cx: u32,
) -> u32 {
    sleep(Duration::ZERO).await.unwrap();
    client + id + input + args + entry + cx
}

#[test]
fn parameters_may_be_called_as_the_expansion_calls_its_own() {
    assert_eq!(run(&parameters_called_as_ours(1, 2, 3, 4, 5, 6)), 21);
}

#[workflow]
async fn locals_called_as_ours(n: u32) -> u32 {
    let (value, error, point, stop, answer, output) = (n, 1, 2, 3, 4, 5);
    let (pc, here, frame, saver, resumed, ready, local) = (6, 7, 8, 9, 10, 11, 12);
    sleep(Duration::ZERO).await.unwrap();
    let sum: u32 = [value, error, point, stop, answer, output].iter().sum();
    let rest: u32 = [pc, here, frame, saver, resumed, ready, local].iter().sum();
    sleep(Duration::ZERO).await.unwrap();
    sum * 100 + rest
}

#[test]
fn locals_may_be_called_as_the_expansion_calls_its_own() {
    assert_eq!(run(&locals_called_as_ours(0)), 1563);
}

#[allow(non_upper_case_globals, dead_code, reason = "hostile names")]
mod constants {
    use super::names::run;
    use durable_runtime::operation::sleep;
    use durable_runtime::workflow;
    use std::time::Duration;

    const value: u8 = 1;
    const error: u8 = 2;
    const answer: u8 = 3;
    const input: u8 = 4;
    const args: u8 = 5;
    const cx: u8 = 6;
    const entry: u8 = 7;
    const output: u8 = 8;
    const failed: u8 = 9;
    const point: u8 = 10;
    const stop: u8 = 11;

    #[workflow]
    async fn beside_constants_called_as_ours(n: u8) -> u8 {
        sleep(Duration::ZERO).await.unwrap();
        n + value + error
    }

    #[test]
    fn constants_may_be_called_as_the_expansion_calls_its_own() {
        assert_eq!(run(&beside_constants_called_as_ours(0)), 3);
    }
}

#[allow(dead_code, non_camel_case_types, reason = "hostile names")]
mod own_names {
    use super::names::run;
    use durable_runtime::workflow;

    struct Result;
    struct Option;
    struct Ok;
    struct Some;
    struct None;
    struct Err;
    struct Box;
    struct String;
    struct Vec;
    enum Entry {}
    enum Stop {}
    struct Goto;
    mod core {}
    mod std {}
    type u32 = ();
    type usize = ();
    #[workflow]
    async fn beside_own_names(n: u8) -> u8 {
        let m = n + 1;
        for _ in 0..2_u8 {
            let _ = durable_runtime::operation::sleep(::std::time::Duration::ZERO).await;
        }
        n + m
    }

    #[test]
    fn a_module_may_have_names_of_its_own_for_what_the_prelude_names() {
        assert_eq!(run(&beside_own_names(1)), 3);
    }
}

#[workflow]
async fn r#match(r#type: u32) -> u32 {
    let r#fn = r#type + 1;
    sleep(Duration::ZERO).await.unwrap();
    let text = format!("{fn} {type} {fn}");
    let r#type = r#fn;
    sleep(Duration::ZERO).await.unwrap();
    r#type + u32::try_from(text.len()).unwrap()
}

#[test]
fn raw_identifiers_work() {
    assert_eq!(r#match(1).name(), "match");
    assert_eq!(run(&r#match(1)), 2 + 5);
}

macro_rules! make {
    ($name:ident, $arg:ident, $step:expr) => {
        #[workflow]
        async fn $name($arg: u32) -> u32 {
            let local = $arg + $step;
            sleep(Duration::ZERO).await.unwrap();
            local * $arg
        }
    };
}

make!(made_by_a_macro, n, 1 + 1);

#[test]
fn a_macro_may_make_a_workflow() {
    assert_eq!(run(&made_by_a_macro(3)), 15);
}

#[test]
fn a_workflow_may_stand_in_a_function() {
    const STEP: u32 = 2;
    #[workflow]
    async fn in_a_function(n: u32) -> u32 {
        let m = n + STEP;
        sleep(Duration::ZERO).await.unwrap();
        m * n
    }
    assert_eq!(run(&in_a_function(3)), 15);
}

#[workflow]
async fn locals_called_as_internal_ones(n: u32) -> u32 {
    let (__pc, __cx, __frame, __slot0, __slot1, __point) = (1, 2, 3, 4, n, 6);
    let __ty0 = 5;
    sleep(Duration::ZERO).await.unwrap();
    __pc + __cx + __frame + __slot0 + __slot1 + __point + __ty0
}

#[test]
fn locals_may_be_called_as_internal_ones() {
    assert_eq!(run(&locals_called_as_internal_ones(1)), 22);
}

/// Modules of the user's own under the names of std's macros are no conflict.
mod modules_called_as_macros {
    use super::names::run;
    use durable_runtime::prelude::*;

    mod vec {
        pub(super) const ONE: u32 = 1;
    }
    mod panic {
        pub(super) const TWO: u32 = 2;
    }

    #[allow(clippy::todo, clippy::unimplemented, reason = "all macros of std")]
    #[workflow]
    async fn beside_modules_called_as_macros(n: u32) -> u32 {
        let all = vec![sleep(Duration::ZERO).await.is_ok(), true];
        let text = format!("{n} {:?}", sleep(Duration::ZERO).await.is_ok());
        if n > 100 {
            println!("{n}");
            panic!("{text}");
        }
        assert!(all[0] && matches!(sleep(Duration::ZERO).await, Ok(())));
        assert_eq!(sleep(Duration::ZERO).await.is_ok(), all[1]);
        match n {
            0 => unreachable!(),
            98 => todo!(),
            99 => unimplemented!(),
            _ => debug_assert!(n != 7),
        }
        let mut out = String::new();
        {
            use std::fmt::Write as _;
            write!(out, "{n}").unwrap();
            eprintln!("{out}");
        }
        sleep(Duration::ZERO).await.unwrap();
        vec::ONE + panic::TWO + u32::try_from(out.len() + text.len()).unwrap()
    }

    #[test]
    fn modules_may_be_called_as_macros() {
        assert_eq!(run(&beside_modules_called_as_macros(1)), 3 + 1 + 6);
    }
}
