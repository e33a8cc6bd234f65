//! Programs that broke simpler ways of saving a function. Each behaves here as plain Rust does, or
//! is refused at compile time.
//!
//! | attack | test here, `other::test`, or refusal in `ui/` |
//! |---|---|
//! | a jump hidden in a macro | `ui/loops/hidden_*`, `ui/attacks/hidden_*`, `ui/attacks/jump_in_the_arguments_of_a_macro` |
//! | a visible jump in code that does not await | `loops::borrowed_loop_without_an_await_jumps_out` |
//! | types decided later, coercions where ways join | `inference::*` |
//! | a name in a macro that is no use | [`a_suspected_use_of_a_moved_name`], `macros::a_field_called_like_a_moved_local` |
//! | a guard held across an await | `ui/saved/guard`, `ui/saved/mutex_guard` |
//! | a use after a move | `ui/once/used_after_move` |
//! | hash maps | [`every_key_of_a_hash_map_comes_once`], `ui/attacks/loop_over_a_borrowed_map` |
//! | loops with effects, or without an end | [`a_closure_over_the_items_runs_once_each`], `ui/loops/*`, `ui/attacks/loop_over_*` |
//! | text constants | [`text_that_is_assigned_again`], `types::text_constants`, `ui/attacks/{text,cow}_of_a_local` |
//! | a value that is not `Send` between awaits | `types::what_cannot_be_saved_may_stand_between_awaits` |
//! | items of the body, emitted once | `expressions::statements_of_every_kind` |
//! | names made by macros | `hygiene.rs`, [`a_macro_binds_over_a_name_of_its_scope`], `ui/attacks/macro_*` |
//! | two macros of one name | `ui/attacks/two_macros_of_one_name`, `ui/attacks/macro_over_an_outer_macro` |
//! | `#[cfg]` in the body | `ui/cfg/*`, `ui/attacks/cfg_on_*` |
//! | order of evaluation | [`values_read_before_an_operand_changes_them`], `expressions::left_operand_is_read_first`, `ui/order/*`, `language::index_that_is_called`, `ui/attacks/{receiver_that_is_copied,index_that_changes}` |
//! | a receiver that panics | [`a_receiver_panics_before_the_call_begins`] |
//! | an index or a range that changes | [`copies_at_an_index_that_changes`], `borrows::an_index_that_moves_on`, `ui/attacks/key_that_changes` |
//! | `Cell`, `OnceCell` | [`a_copy_out_of_a_cell`], [`what_a_once_cell_held`], `ui/attacks/once_cell` |
//! | `find` with a closure | [`copies_at_an_index_that_changes`], `ui/attacks/found_by_a_closure` |
//! | a borrow chosen by a flag, of a temporary, from a method | `borrows::a_value_without_a_name`, `ui/attacks/{chosen_by_a_flag,method_of_a_user}` |
//! | guards of `match` | [`a_guard_chooses_the_alternative`], [`a_guard_with_an_effect_runs_once`], `borrowed_patterns::guards_are_not_asked_again`, `ui/attacks/guard_of_alternatives` |
//! | a pattern that copies | [`a_pattern_that_copies`] |
//! | a borrow of a borrow | `ui/attacks/{part_of_a_text,reborrow,swapped_borrows}` |
//! | a text that a loop goes over is assigned | `ui/attacks/text_that_is_looped_over_changes` |
//! | a binding that changes what its pattern looked at | `ui/attacks/{binding_changes_what_it_matched,part_beside_a_binding_changes}` |
//! | one of two zipped sources changes | `ui/attacks/zipped_source_changes` |
//! | a loop variable that borrows something else later | `ui/attacks/mutable_loop_variable` |
//! | a copy, or a number, that outlives what it came from | `borrowed_loops::{a_copy_outlives_what_it_came_from,the_item_after_a_break}` |
//! | shadowed roots, sources and borrows | `borrows::{shadowed_by_its_own_borrow,a_shadowed_root,shadowed_inside_and_back}` |
//! | closures that own | [`closures_that_own_what_they_count`], `ui/attacks/closure_that_*`, `ui/saved/closure` |
//! | items with interior mutability | [`items_that_change_inside`], `closure_tails::cells_that_change` |
//! | an iterator that has moved on | [`an_iterator_that_has_moved_on`], `ui/saved/iterator` |
//! | a borrow in a struct | `ui/attacks/{borrow_in_a_struct,borrow_in_stored_data}` |

use durable_runtime::id::Timestamp;
use durable_runtime::machine::{Machine, Turn};
use durable_runtime::registry;
use durable_tests::equivalent;
use std::cell::{Cell, OnceCell};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher};

macro_rules! event {
    ($($name:ident = $value:expr),*) => {
        $(let _ = (stringify!($name), &$value);)*
    };
}

macro_rules! let_five {
    ($name:ident) => {
        let $name = 5;
    };
}

fn eat<T>(_: T) {}

equivalent! {
    with [(1)];
    async fn a_suspected_use_of_a_moved_name(n: u32) -> u32 {
        let name = String::from("name");
        eat(name);
        let given = String::from("given");
        let text = format!("{given}");
        eat(given);
        tick().await;
        event!(name = n);
        tick().await;
        n + format!("{given} {text}", given = n).len() as u32
    }
}

equivalent! {
    with [(2)];
    async fn values_read_before_an_operand_changes_them(mut x: u32) -> Vec<u32> {
        let sum = x + { x += 10; act("sum", x).await };
        let pair = (x, { x += 10; act("pair", x).await }, x);
        x += { x += 10; act("add", 100).await };
        let mut v = vec![1, 2, 3];
        let mut i = 0;
        v[i] = { i += 1; act("assign", 20).await };
        v[note("place", 2)] = act("after the value", 30).await;
        v.extend([sum, pair.0, pair.1, pair.2, x]);
        v
    }
}

equivalent! {
    with [(true), (false)];
    async fn a_macro_binds_over_a_name_of_its_scope(flag: bool) -> (i32, i32) {
        let y = 1;
        tick().await;
        let before = y;
        let_five!(y);
        if flag {
            tick().await;
        }
        tick().await;
        (before, y)
    }
}

equivalent! {
    with [(8)];
    async fn every_key_of_a_hash_map_comes_once(n: u32) -> u32 {
        let mut map: HashMap<u32, u32, BuildHasherDefault<DefaultHasher>> = HashMap::default();
        for i in 0..n {
            map.insert(i * 7, i);
        }
        let mut sum = 0;
        for (key, value) in map {
            sum += act("key", key).await * value;
        }
        sum
    }
}

equivalent! {
    with [(true), (false)];
    async fn text_that_is_assigned_again(flag: bool) -> (String, &'static str) {
        let mut s = "abc";
        let first = s;
        s = if flag { "xyz" } else { first };
        tick().await;
        let t = s;
        s = "end";
        tick().await;
        (format!("{first} {t}"), s)
    }
}

equivalent! {
    with [(1)];
    async fn a_copy_out_of_a_cell(n: u32) -> (u32, u32) {
        let cell = Cell::new(n);
        let old = cell.get();
        cell.set(5);
        tick().await;
        (old, cell.get())
    }
}

equivalent! {
    with [(1)];
    async fn what_a_once_cell_held(n: u32) -> (Option<u32>, Option<u32>) {
        let once = OnceCell::new();
        let before = once.get().copied();
        once.set(n).unwrap();
        let after = once.get().copied();
        tick().await;
        (before, after)
    }
}

equivalent! {
    with [(5)];
    async fn a_pattern_that_copies(n: u32) -> (u32, Option<u32>) {
        let mut opt = Some(n);
        let &Some(copied) = &opt else { return (0, opt) };
        opt = None;
        tick().await;
        (copied, opt)
    }
}

equivalent! {
    with [(vec![10, 20, 30])];
    async fn copies_at_an_index_that_changes(v: Vec<u32>) -> (u32, Vec<u32>, u32) {
        let (mut i, mut a) = (0, 0);
        let r = v[i];
        i += 1;
        let part = v[a..2].to_vec();
        a += 1;
        let found = *v.iter().find(|x| **x == v[i]).unwrap();
        i += 1;
        tick().await;
        (r + v[i], part, found + v[a])
    }
}

equivalent! {
    with [(Some(1), Some(2)), (Some(2), Some(1)), (None, Some(2)), (Some(3), None)];
    async fn a_guard_chooses_the_alternative(a: Option<u32>, b: Option<u32>) -> u32 {
        let t = (a, b);
        match t {
            (Some(x), _) | (_, Some(x)) if x == 2 => act("two", x).await * 10,
            (Some(x), _) | (_, Some(x)) => act("other", x).await,
            _ => 0,
        }
    }
}

equivalent! {
    with [(Some(1)), (None)];
    async fn a_guard_with_an_effect_runs_once(o: Option<u32>) -> (u32, bool) {
        let once = Cell::new(true);
        let n = match &o {
            Some(x) if note("guard", once.take()) => act("taken", *x).await,
            Some(x) if note("again", once.take()) => *x + 10,
            _ => act("none", 0).await,
        };
        (n, once.get())
    }
}

equivalent! {
    with [(2)];
    async fn items_that_change_inside(n: usize) -> Vec<u32> {
        let v = vec![Cell::new(1); n];
        let mut seen = Vec::new();
        for c in v.clone() {
            c.set(5);
            tick().await;
            seen.push(c.get());
        }
        seen.extend(v.iter().map(Cell::get));
        seen
    }
}

equivalent! {
    with [(vec![1, 2, 3])];
    async fn a_closure_over_the_items_runs_once_each(v: Vec<u32>) -> (Vec<u32>, u32) {
        let mut calls = 0;
        let mapped: Vec<u32> = v.iter().map(|x| { calls += 1; note("call", x * 2) }).collect();
        let mut out = Vec::new();
        for x in mapped {
            out.push(act("x", x).await);
        }
        (out, calls)
    }
}

equivalent! {
    with [(10)];
    async fn closures_that_own_what_they_count(n: u32) -> u32 {
        let mut rate = 2;
        let f = move |x: u32| x * rate;
        rate = n;
        let mut m = 0;
        let mut count = move || { m += 1; m };
        count();
        let counted = count();
        let taxed = f(1);
        tick().await;
        taxed * 1000 + counted * 100 + m + rate
    }
}

equivalent! {
    with [("abc".to_owned())];
    async fn an_iterator_that_has_moved_on(s: String) -> (Option<char>, Option<char>) {
        let mut it = s.chars().collect::<Vec<_>>().into_iter();
        let first = it.next();
        let rest: Vec<char> = it.collect();
        tick().await;
        let mut rest = rest.into_iter();
        (first, rest.next())
    }
}

mod receivers {
    use durable_tests::equivalence::ops::durable::act;
    use durable_tests::equivalence::workflow;

    #[workflow]
    pub(super) async fn receiver_that_panics(at: usize) -> u32 {
        let v = [1];
        v[at].max(act("begun", 2).await)
    }
}

#[test]
fn a_receiver_panics_before_the_call_begins() {
    let turn = |at| {
        let call = receivers::receiver_that_panics(at);
        let def = registry::workflow(call.name()).unwrap();
        Machine::start(def, call.input().unwrap().to_vec()).turn(&[], Timestamp(0))
    };
    assert!(matches!(turn(0), Turn::Suspended(_)));
    assert!(matches!(turn(9), Turn::Panicked(_)));
}
