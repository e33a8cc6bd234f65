//! The table of statements.

use super::Gen;

/// A way to write a statement.
pub(in super::super) struct Template {
    /// What it is called in the table of what was covered.
    pub(in super::super) name: &'static str,
    /// How often it is chosen, beside the others.
    weight: u32,
    /// Used only if the compiler accepts the template alone.
    pub(in super::super) gated: bool,
    pub(super) write: fn(&mut Gen) -> Option<String>,
}

const fn always(
    name: &'static str,
    weight: u32,
    write: fn(&mut Gen) -> Option<String>,
) -> Template {
    Template {
        name,
        weight,
        gated: false,
        write,
    }
}

const fn gated(name: &'static str, weight: u32, write: fn(&mut Gen) -> Option<String>) -> Template {
    Template {
        name,
        weight,
        gated: true,
        write,
    }
}

/// Every way to write a statement.
pub(in super::super) const TEMPLATES: &[Template] = &[
    always("let", 16, Gen::declaration),
    always("let with a pattern", 5, Gen::destructuring),
    always("let else", 3, Gen::let_else),
    always("deferred initialisation", 4, Gen::deferred),
    always("assignment", 6, Gen::assignment),
    always("compound assignment", 4, Gen::compound),
    always("operands that change", 4, Gen::operands_that_change),
    always("moved and set again", 2, Gen::moved_and_set_again),
    always("inner scope shadows", 3, Gen::inner_scope),
    always("call", 5, Gen::bare_call),
    always("if", 6, Gen::branch),
    always("if let", 4, Gen::if_let),
    always("match by move", 4, Gen::match_statement),
    always("match of a place", 3, Gen::match_of_a_place),
    always("guard with an effect", 2, Gen::guard_with_an_effect),
    always("while", 4, Gen::while_loop),
    always("while let", 3, Gen::while_let),
    always("loop", 3, Gen::endless_loop),
    always("for over a range", 4, Gen::for_range),
    always("for over what it owns", 4, Gen::for_owned),
    always("loops in loops", 3, Gen::nested_loops),
    always("labelled block", 3, Gen::labelled_block),
    always("loop without awaits", 2, Gen::quiet_loop),
    always("Vec", 4, Gen::vector),
    always("hash map", 3, Gen::hash_map),
    always("for over a hash map", 1, Gen::for_hash_map),
    always("B-tree map", 3, Gen::tree_map),
    always("index that changes", 3, Gen::index_that_changes),
    always("key that changes", 2, Gen::key_that_changes),
    always("closure between awaits", 3, Gen::closure_between),
    always("closure that moves", 2, Gen::closure_that_moves),
    always("closure that counts", 2, Gen::closure_that_counts),
    always("function as a value", 2, Gen::function_value),
    always("coercion over joined branches", 2, Gen::joined_coercion),
    always("iterator with effects", 2, Gen::iterator_with_effects),
    always("iterator advanced by hand", 3, Gen::iterator_by_hand),
    always("drop between awaits", 3, Gen::drop_between),
    always("text constant assigned again", 3, Gen::text_again),
    always("swapped owners", 3, Gen::swapped),
    always("take and replace", 3, Gen::taken),
    always("format captures", 3, Gen::format_captures),
    always("macro of the user", 3, Gen::user_macro),
    always("assertions", 2, Gen::assertions),
    always("await in a literal", 3, Gen::literals),
    always("await in an index", 2, Gen::indices),
    always("method chain with awaits", 3, Gen::chains),
    always("cell", 1, Gen::cell),
    always("join", 4, Gen::join_of_branches),
    always("try_join", 2, Gen::try_join_of_branches),
    always("select", 4, Gen::select_of_branches),
    gated("timeout over a block", 2, Gen::limited_block),
    gated("borrow of a place", 3, Gen::borrow_of_a_place),
    gated("mutable borrow of a place", 3, Gen::mutable_borrow),
    gated("borrow at an index that changes", 3, Gen::borrow_at_index),
    gated(
        "borrow of a map at a key that changes",
        2,
        Gen::borrow_at_key,
    ),
    gated("borrow by a method", 3, Gen::borrow_by_method),
    gated("for over a borrow", 4, Gen::for_borrow),
    gated("for over a mutable borrow", 3, Gen::for_mutable),
    gated("for over an iterator chain", 4, Gen::for_chain),
    gated("for over a closure tail", 3, Gen::for_closure_tail),
    gated("for over a borrowed B-tree map", 2, Gen::for_tree),
    gated("for over a borrowed hash map", 1, Gen::for_hash),
    gated("match of a borrow", 3, Gen::match_borrow),
    gated("if let of a borrow", 3, Gen::if_let_borrow),
    gated("binding by ref", 2, Gen::ref_binding),
    gated("closure across awaits", 3, Gen::closure_across),
    gated(
        "moving closure across awaits",
        2,
        Gen::moving_closure_across,
    ),
    gated("await in the arguments of a macro", 3, Gen::await_in_macro),
    gated("await in a guard", 2, Gen::await_in_guard),
];

impl Gen {
    /// A statement, or a few that belong together.
    pub(super) fn statement(&mut self) -> String {
        self.fuel = self.fuel.saturating_sub(1);
        let open: Vec<&Template> = TEMPLATES
            .iter()
            .filter(|t| !t.gated || self.gates.0.contains(t.name))
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
