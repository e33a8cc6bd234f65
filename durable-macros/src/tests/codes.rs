//! What each code means: the table at the top of `docs/diagnostics.md`.
//!
//! A code is never used again for something else, also when its error is gone. Some rules are kept
//! by rustc, in its own words; these stand in a table of their own.

/// A code, what is wrong, why that is an error, and the usual way out.
pub(super) struct Meaning {
    pub(super) code: &'static str,
    pub(super) title: &'static str,
    pub(super) why: &'static str,
    pub(super) fix: &'static str,
}

const fn meaning(
    code: &'static str,
    title: &'static str,
    why: &'static str,
    fix: &'static str,
) -> Meaning {
    Meaning {
        code,
        title,
        why,
        fix,
    }
}

/// By code.
pub(super) const MEANINGS: &[Meaning] = &[
    meaning(
        "D01",
        "not an `async fn`",
        "only a function can be called again by its name, and only an async one can wait",
        "write `async fn`",
    ),
    meaning(
        "D02",
        "wrong argument of the attribute",
        "names, times and retries are checked before the program runs",
        "as the message says",
    ),
    meaning(
        "D03",
        "not plain data",
        "what is needed after an `.await`, an input and a result are stored, and loaded by other processes",
        "`#[derive(Serialize, Deserialize)]`, or end its scope before the `.await`",
    ),
    meaning(
        "D04",
        "a borrow across an `.await`",
        "a reference means nothing in another process; one is made again only where that is certain to give the same",
        "bind it without `mut`, clone what it borrows, or borrow again after the `.await`",
    ),
    meaning(
        "D05",
        "`.await` in a closure or an async block",
        "only the workflow's own body is saved",
        "write the block where it is joined, move the `.await` out, or make it a `#[workflow] async fn`",
    ),
    meaning(
        "D06",
        "`.await` in the arguments of a macro",
        "what a macro does with its arguments cannot be seen",
        "bind the awaited value with `let` first",
    ),
    meaning(
        "D07",
        "`#[cfg]` in a macro, or on a parameter",
        "whether the code is there would change what is saved",
        "put it on a function, or use `if cfg!(…)`",
    ),
    meaning(
        "D08",
        "the order depends on a type",
        "saving must not change the order in which things happen, and only types would tell it",
        "bind the awaited value with `let` first",
    ),
    meaning(
        "D09",
        "not supported",
        "the construct cannot be saved exactly, or not yet",
        "as the message says",
    ),
    meaning(
        "D10",
        "labels",
        "a suspend point is found again by its label",
        "give each a text of its own",
    ),
    meaning(
        "D11",
        "a guard across an `.await`",
        "a guard that is dropped at the `.await` would protect nothing after it",
        "end its scope before the `.await`",
    ),
    meaning(
        "D12",
        "a parameter or result that cannot be stored",
        "a run owns its input, which is stored before it begins",
        "take owned values, or references alone (`&Order`, `&str`, `&[T]`); return owned, concrete types",
    ),
    meaning(
        "D14",
        "not a durable operation",
        "only what is stored can be awaited by another process",
        "put other async code into an `#[activity]`",
    ),
    meaning(
        "D15",
        "a loop that cannot be saved",
        "the rest of what a loop goes over is saved at each `.await` inside it",
        "loop over an owned collection, a borrowed one of std, or a range",
    ),
    meaning(
        "D16",
        "branches that change one variable",
        "branches run at the same time, and each is saved with what it changes",
        "let each branch give its result, and combine them after the join",
    ),
    meaning(
        "D17",
        "a closure across an `.await`",
        "code cannot be saved",
        "make it a `fn`, or write it again after the `.await`",
    ),
    meaning(
        "D18",
        "not an operation to spawn",
        "a checkpoint that holds it could not be loaded: no name leads to its function",
        "spawn activities, timers, workflows without type parameters, and composites of them",
    ),
    meaning(
        "D19",
        "a part is moved out of what is saved",
        "a value of which a part has gone cannot be saved",
        "bind all parts that are needed before the `.await`, or clone the part",
    ),
    meaning(
        "D20",
        "lent by `&mut`, and never given back",
        "what an awaited function changes is written to its caller's place when it returns",
        "await the call where it is made, with `&mut place` as its argument",
    ),
];

/// Rules that rustc keeps, by its codes: a doubt of ours is put to it as a question that only a
/// wrong program fails, and what it says stands on the user's code.
pub(super) const BY_RUSTC: &[Meaning] = &[
    meaning(
        "E0005",
        "a constant in small letters that a block takes along from a pattern",
        "to the compiler it is a variable, which the block would bind, and a constant binds nothing",
        "give the constant a name in capitals",
    ),
    meaning(
        "E0425",
        "a variable in capitals that only `Some(N)` and its like bind",
        "such a name is a constant to the compiler, which is not saved",
        "give the variable a name in small letters",
    ),
    meaning(
        "E0426",
        "a label of a macro's caller under the name of one of the macro's own",
        "a workflow is compiled by the names in it, so in a function that a macro writes two labels of one name cannot be told apart",
        "give one of the two another name",
    ),
    meaning(
        "E0499",
        "changed while a loop or a borrow needs it",
        "a borrow that is needed after the `.await` holds all that it is made from",
        "end the borrow before the change, or keep an index",
    ),
    meaning(
        "E0502",
        "changed while a borrow needs it",
        "a closure that is made again holds all that it mentions, as long as it lives",
        "change it before the closure is made, or after its last use",
    ),
    meaning(
        "E0505",
        "a guard that borrows from a variable which is needed behind its block",
        "the variable goes on into the code behind the block, while the guard would end with the block",
        "put the code with the guard into a function, or into a block without an `.await`",
    ),
    meaning(
        "E0506",
        "assigned while a borrow needs it",
        "a borrow is made again from what it was made from: a key or a text that changes would lead elsewhere",
        "clone the key, or borrow after the assignment",
    ),
    meaning(
        "E0507",
        "a part is moved out where `ref` borrows another across an `.await`",
        "the borrow is made again of the whole value, which is then there without a gap",
        "bind the part by `ref` too, or clone it",
    ),
    meaning(
        "E0596",
        "a copy is changed that is kept over an `.await` (E0594 where it is assigned)",
        "what the method or the operator works on was computed before the `.await`, and only a copy of it can be kept",
        "bind the awaited value with `let` first",
    ),
    meaning(
        "E0597",
        "a borrow in what is saved, or a name that a macro binds over an outer one",
        "a checkpoint holds no borrows of locals; and nobody can see which variable a name means after a macro that may bind it",
        "keep an owned value (`.to_owned()`, `.clone()`) or borrow again after the `.await`; let the macro give a value, and bind it with `let`",
    ),
    meaning(
        "E0659",
        "a macro with the name of one that is compiled specially",
        "`panic!`, and `vec!`, `println!` or an `info!` of `tracing` around an `.await` are compiled by what their names say, so another macro must not stand behind the name",
        "call it by its path (`my::vec![…]`), or import it under another name",
    ),
    meaning(
        "E0695",
        "`break` or `continue` out of a macro",
        "a macro hides which loop it leaves, and the loop may be one that is saved",
        "write the jump where it can be seen: `let Some(x) = … else { continue };`, or put a loop of its own around",
    ),
    meaning(
        "E0728",
        "an `.await` inside a macro",
        "what a macro awaits cannot be seen, so it could not be saved",
        "write the `.await` in the function, and give the macro the value",
    ),
];
