//! Machines mean what the functions mean that they were compiled from.

#![recursion_limit = "1024"]
#![allow(
    unused,
    for_loops_over_fallibles,
    clippy::all,
    clippy::pedantic,
    clippy::todo,
    clippy::unimplemented,
    clippy::dbg_macro,
    unreachable_pub,
    dropping_copy_types,
    unfulfilled_lint_expectations,
    reason = "odd code on purpose"
)]

mod assertions;
mod attacks;
mod bindings;
mod blocks;
mod borrow_programs;
mod borrowed_constants;
mod borrowed_loops;
mod borrowed_patterns;
mod borrowed_pieces;
mod borrows;
mod branches;
mod by_ref;
mod clock;
mod closure_operands;
mod closure_tails;
mod closures;
mod conditions;
mod configured;
mod constant_texts;
mod constants_in_patterns;
mod drop_order;
mod errors;
mod evaluation_order;
mod expressions;
mod forks;
mod found_loops;
mod functions_by_name;
mod given_back;
mod given_back_attacks;
mod guard_alternatives;
mod guard_attacks;
mod guard_choices;
mod guards;
mod hashed_loops;
mod helpers;
mod hygiene;
mod inference;
mod inline;
mod iterators;
mod language;
mod lent;
mod logged;
mod lookups;
mod loops;
mod macros;
mod macros_of_users;
mod more_lookups;
mod moves;
mod odd_names;
mod operand_places;
mod own_blocks;
mod own_blocks_by_type;
mod owned_iterators;
mod panics;
mod partial_moves;
mod pieces;
mod places;
mod programs;
mod regressions;
mod scopes;
mod seen_types;
mod shadowing;
mod sizes;
mod standard_macros;
mod standard_macros_that_fire;
mod stress;
mod temporaries;
mod types;
