//! The table of statements.

use super::Gen;

/// A way to write a statement.
pub(in super::super) struct Template {
    /// What it is called in the table of what was covered.
    pub(in super::super) name: &'static str,
    /// How often it is chosen, beside the others.
    weight: u32,
    write: fn(&mut Gen) -> Option<String>,
}

const fn template(
    name: &'static str,
    weight: u32,
    write: fn(&mut Gen) -> Option<String>,
) -> Template {
    Template {
        name,
        weight,
        write,
    }
}

/// Those that make no local which is not `Copy`, if the types that they choose are.
const COPIES: &[&str] = &[
    "let",
    "assignment",
    "compound assignment",
    "operands that change",
    "call",
    "if",
    "if let",
    "while",
    "loop",
    "loops in loops",
    "for over a range",
    "labelled block",
    "loop without awaits",
    "text constant assigned again",
    "function kept over awaits",
];

/// Every way to write a statement.
pub(in super::super) const TEMPLATES: &[Template] = &[
    template("let", 16, Gen::declaration),
    template("let with a pattern", 5, Gen::destructuring),
    template("let else", 3, Gen::let_else),
    template("deferred initialisation", 4, Gen::deferred),
    template("assignment", 6, Gen::assignment),
    template("compound assignment", 4, Gen::compound),
    template("operands that change", 4, Gen::operands_that_change),
    template("moved and set again", 2, Gen::moved_and_set_again),
    template("inner scope shadows", 3, Gen::inner_scope),
    template("call", 5, Gen::bare_call),
    template("if", 6, Gen::branch),
    template("if let", 4, Gen::if_let),
    template("match by move", 4, Gen::match_statement),
    template("match of a place", 3, Gen::match_of_a_place),
    template("guard with an effect", 2, Gen::guard_with_an_effect),
    template("while", 4, Gen::while_loop),
    template("while let", 3, Gen::while_let),
    template("loop", 3, Gen::endless_loop),
    template("for over a range", 4, Gen::for_range),
    template("for over what it owns", 4, Gen::for_owned),
    template(
        "for over what it owns, through closures",
        3,
        Gen::for_owned_through_closures,
    ),
    template("loops in loops", 3, Gen::nested_loops),
    template("labelled block", 3, Gen::labelled_block),
    template("loop without awaits", 2, Gen::quiet_loop),
    template("Vec", 4, Gen::vector),
    template("hash map", 3, Gen::hash_map),
    template("for over a hash map", 1, Gen::for_hash_map),
    template("B-tree map", 3, Gen::tree_map),
    template("index that changes", 3, Gen::index_that_changes),
    template("key that changes", 2, Gen::key_that_changes),
    template("closure between awaits", 3, Gen::closure_between),
    template("closure that moves", 2, Gen::closure_that_moves),
    template("closure that counts", 2, Gen::closure_that_counts),
    template("closure before an await", 3, Gen::closure_before_await),
    template(
        "closure over what changes before and after",
        2,
        Gen::closure_between_changes,
    ),
    template("function as a value", 2, Gen::function_value),
    template("coercion over joined branches", 2, Gen::joined_coercion),
    template("iterator with effects", 2, Gen::iterator_with_effects),
    template("iterator advanced by hand", 3, Gen::iterator_by_hand),
    template("drop between awaits", 3, Gen::drop_between),
    template("text constant assigned again", 3, Gen::text_again),
    template("swapped owners", 3, Gen::swapped),
    template("take and replace", 3, Gen::taken),
    template("format captures", 3, Gen::format_captures),
    template("macro of the user", 3, Gen::user_macro),
    template("assertions", 2, Gen::assertions),
    template("await in a literal", 3, Gen::literals),
    template("await in an index", 2, Gen::indices),
    template("method chain with awaits", 3, Gen::chains),
    template("cell", 1, Gen::cell),
    template("join", 4, Gen::join_of_branches),
    template("try_join", 2, Gen::try_join_of_branches),
    template("select", 4, Gen::select_of_branches),
    template("timeout over a block", 2, Gen::limited_block),
    template("place that goes on", 2, Gen::place_that_goes_on),
    template("places of operands", 4, Gen::operand_places),
    template("borrow of a place", 3, Gen::borrow_of_a_place),
    template("mutable borrow of a place", 3, Gen::mutable_borrow),
    template("borrow at an index that changes", 3, Gen::borrow_at_index),
    template(
        "borrow of a map at a key that changes",
        2,
        Gen::borrow_at_key,
    ),
    template("borrow by a method", 3, Gen::borrow_by_method),
    template("lookup in a list", 3, Gen::lookup_in_a_list),
    template("lookup at a key that changes", 2, Gen::lookup_at_a_key),
    template("lookup in a text", 2, Gen::lookup_in_a_text),
    template("for over a borrow", 4, Gen::for_borrow),
    template("for over a mutable borrow", 3, Gen::for_mutable),
    template("for over an iterator chain", 4, Gen::for_chain),
    template("for over a closure tail", 3, Gen::for_closure_tail),
    template("for over a borrowed B-tree map", 2, Gen::for_tree),
    template("for over the values of a borrowed map", 2, Gen::for_values),
    template("match of a borrow", 3, Gen::match_borrow),
    template("if let of a borrow", 3, Gen::if_let_borrow),
    template("binding by ref", 2, Gen::ref_binding),
    template("closure across awaits", 3, Gen::closure_across),
    template(
        "moving closure across awaits",
        2,
        Gen::moving_closure_across,
    ),
    template("await in the arguments of a macro", 3, Gen::await_in_macro),
    template("await in a guard", 2, Gen::await_in_guard),
    template(
        "await in a guard of alternatives",
        2,
        Gen::alternatives_that_await,
    ),
    template(
        "stateful closure across awaits",
        2,
        Gen::stateful_closure_across,
    ),
    template("function kept over awaits", 2, Gen::function_across),
    template(
        "range advanced by hand across awaits",
        2,
        Gen::range_by_hand_across,
    ),
    template("timeout over an operation", 2, Gen::limited_operation),
    template("helper workflow", 3, Gen::helper),
    template("generic helper workflow", 2, Gen::generic_helper),
    template(
        "helper workflow with reference parameters",
        2,
        Gen::lending_helper,
    ),
    template("recursive helper workflow", 2, Gen::recursive_helper),
    template("call of a helper kept over an await", 2, Gen::kept_call),
    template("join of helper workflows", 2, Gen::joined_helpers),
    template("spawn", 2, Gen::spawned),
    template("JoinSet", 2, Gen::join_set),
    template("join_all", 2, Gen::all_joined),
    template("try_join_all", 2, Gen::all_tried),
    template("join_all of blocks", 2, Gen::all_blocks),
    template("try_join_all of blocks", 2, Gen::all_blocks_tried),
    template("spawn of a block", 2, Gen::spawned_block),
    template("block kept over an await", 2, Gen::kept_block),
    template(
        "drop loggers in a scope that awaits",
        4,
        Gen::drops_in_a_scope,
    ),
    template(
        "drop logger in what is looked at",
        3,
        Gen::drops_of_what_is_looked_at,
    ),
    template(
        "helper workflow that changes what it is lent",
        3,
        Gen::changing_helper,
    ),
    template("await in a macro of std", 4, Gen::await_in_std_macro),
    template("for over what is found", 3, Gen::for_found),
    template("for over parts of texts and lists", 4, Gen::for_parts),
    template("for over an odd source", 2, Gen::for_odd),
    template("names", 4, Gen::names),
    template("names in patterns", 5, Gen::names_in_patterns),
    template("event that awaits", 4, Gen::event_that_awaits),
    template(
        "for over the parts of what is found",
        3,
        Gen::for_parts_of_what_is_found,
    ),
    template("type that is inferred across awaits", 3, Gen::inferred),
    template("type of a local", 3, Gen::type_of_a_local),
    template("rare expressions", 5, Gen::rare_expressions),
    template("parts that a pattern borrows", 4, Gen::borrowed_parts),
    template("partial move", 3, Gen::partial_move),
    template("handle that loses a race", 2, Gen::handle_that_loses),
    template("bounded JoinSet", 2, Gen::bounded_set),
    template("`?` in a block", 2, Gen::question_mark_in_a_block),
    template("panic", 2, Gen::panics),
    template(
        "what is owned, advanced by hand across awaits",
        3,
        Gen::owned_by_hand_across,
    ),
    template("for over a borrowed hash map", 3, Gen::for_borrowed_hash),
    template(
        "for over a chain of a mutable borrow",
        3,
        Gen::for_mutable_chain,
    ),
];

impl Gen {
    /// A statement, or a few that belong together.
    pub(super) fn statement(&mut self) -> String {
        self.fuel = self.fuel.saturating_sub(1);
        let open: Vec<&Template> = TEMPLATES
            .iter()
            .filter(|t| !self.copies || COPIES.contains(&t.name))
            .collect();
        let sum: u32 = open.iter().map(|t| t.weight).sum();
        // A template that does not fit here gives way to another.
        for _ in 0..20 {
            let mut at = self.rng.u32(..sum);
            let chosen = open.iter().find(|t| {
                let here = at < t.weight;
                at = at.saturating_sub(t.weight);
                here
            });
            let Some(template) = chosen else { break };
            let before = self.scope.clone();
            if let Some(written) = (template.write)(self) {
                self.hit(template.name);
                return written;
            }
            self.scope = before;
        }
        self.pause()
    }
}
