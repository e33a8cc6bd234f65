//! The mutations: passages of the compiler, and what breaks them.

/// One way to break the compiler.
#[derive(Debug)]
pub(super) struct Mutation {
    pub(super) name: &'static str,
    pub(super) file: &'static str,
    /// A passage that stands in the file once.
    pub(super) from: &'static str,
    pub(super) to: &'static str,
}

const LIVENESS: &str = "durable-macros/src/analysis/liveness.rs";
const LABELS: &str = "durable-macros/src/normalize/labels.rs";
const BORROWS: &str = "durable-macros/src/ir/recipe.rs";
const RECIPES: &str = "durable-macros/src/normalize/recipe.rs";
const ALTERNATIVES: &str = "durable-macros/src/normalize/alternatives.rs";
const TWIN: &str = "durable-macros/src/normalize/twin.rs";
const HELD: &str = "durable-macros/src/normalize/held.rs";
const PLACES: &str = "durable-macros/src/normalize/places.rs";
const HYGIENE: &str = "durable-macros/src/normalize/hygiene.rs";
const REMADE: &str = "durable-macros/src/emit/arms/borrows.rs";
const AGAIN: &str = "durable-macros/src/analysis/again.rs";
const ARMS: &str = "durable-macros/src/emit/arms/mod.rs";
const POSITIONS: &str = "durable-runtime/src/machine/lent.rs";

/// Every mutation.
pub(super) const MUTATIONS: &[Mutation] = &[
    Mutation {
        name: "liveness: a loop is gone round only once",
        file: LIVENESS,
        from: "            work.extend(&predecessors[number.0]);",
        to: "            work.extend(predecessors[number.0].iter().filter(|p| p.0 < number.0));",
    },
    Mutation {
        name: "liveness: what a statement uses is not needed before it",
        file: LIVENESS,
        from: "    live.extend(&statement.uses);",
        to: "    live.extend(statement.uses.iter().skip(1));",
    },
    Mutation {
        name: "liveness: a jump out of a statement needs nothing",
        file: LIVENESS,
        from: "    for &exit in &statement.exits {\n        live.extend(at_exit(body, exit, live_in));\n    }",
        to: "    let _ = live_in;",
    },
    Mutation {
        name: "labels: an ordinal instead of the arguments",
        file: LABELS,
        from: "format!(\"{}({})\", point.callee, digest(&point.detail))",
        to: "point.callee.clone()",
    },
    Mutation {
        name: "labels: a tie does not say of how many",
        file: LABELS,
        from: "format!(\"{}#{k}/{of}\", point.label)",
        to: "format!(\"{}#{k}\", point.label)",
    },
    Mutation {
        name: "borrows: the inputs of a live borrow are not live",
        file: BORROWS,
        from: "        if self.recipes.is_empty() && self.lookups.is_empty() {",
        to: "        if self.recipes.len() < usize::MAX {",
    },
    Mutation {
        name: "borrows: where a lookup looks is not live",
        file: BORROWS,
        from: "            let inputs = inputs.chain(root);",
        to: "            let inputs = inputs.chain(root.filter(|_| false));",
    },
    Mutation {
        name: "borrows: an operand is read again, and not saved",
        file: RECIPES,
        from: "                    && self.body.locals[local.0].recipe.is_some()\n                {\n                    draft.inputs.insert(local);",
        to: "                {\n                    draft.inputs.insert(local);\n                    if self.body.locals[local.0].recipe.is_none() {\n                        return;\n                    }",
    },
    Mutation {
        name: "borrows: what a borrow mentions is not held",
        file: TWIN,
        from: "    if to.is_empty() {",
        to: "    if to.len() < usize::MAX {",
    },
    Mutation {
        name: "borrows: the item of a loop is the one before",
        file: POSITIONS,
        from: "            self.nth(at.0.checked_sub(1)?)",
        to: "            self.nth(at.0.saturating_sub(2))",
    },
    Mutation {
        name: "borrows: of several alternatives the first that fits",
        file: ALTERNATIVES,
        from: "#pat if #which_ident == #number =>",
        to: "#pat if #which_ident >= #number =>",
    },
    Mutation {
        name: "borrows: one whose variable has moved is not made again",
        file: REMADE,
        from: "            self.layout.borrows.contains(&local)\n                && local != of",
        to: "            self.layout.borrows.contains(&local)\n                && local != of\n                && self.body.locals.is_empty()",
    },
    Mutation {
        name: "closures: those in the tail of a loop hold nothing",
        file: HELD,
        from: "                if matches!(argument, Expr::Closure(closure) if closure.capture.is_none()) {",
        to: "                if matches!(argument, Expr::Closure(closure) if closure.capture.is_none() && length > 99) {",
    },
    Mutation {
        name: "closures: one before an await holds nothing",
        file: HELD,
        from: "names.into_iter().find(|name| self.changes(name, later))",
        to: "names.into_iter().find(|name| self.changes(name, later) && later.is_empty())",
    },
    Mutation {
        name: "places: an index may change what the place is indexed with before",
        file: PLACES,
        from: "find(|name| self.changes(name, &computed))",
        to: "find(|name| self.changes(name, &computed) && computed.is_empty())",
    },
    Mutation {
        name: "places: the copy of a part is changed instead of the part",
        file: PLACES,
        from: "stays: place && used != Use::Read,",
        to: "stays: place && used == Use::Changed,",
    },
    Mutation {
        name: "places: an index that is a field is read after the await",
        file: PLACES,
        from: "            (machine, _) if self.is_constant(machine) => {}\n            (machine, twin)",
        to: "            (machine, _) if self.is_constant(machine) || place::is_field_path(machine) => {}\n            (machine, twin)",
    },
    Mutation {
        name: "names: tokens from several places are believed to be one name",
        file: HYGIENE,
        from: "            self.scattered.insert(name.clone());",
        to: "            self.scattered.remove(&name);",
    },
    Mutation {
        name: "borrows: an arm moves what a borrow of it needs, and does not make it again",
        file: AGAIN,
        from: "                    found.extend(variable.recipe);",
        to: "                    found.extend(variable.recipe.filter(|_| false));",
    },
    Mutation {
        name: "borrows: every borrow keeps what it is made of in reach",
        file: AGAIN,
        from: "        (this.recipe, this.lookup) = (None, None);",
        to: "        this.lookup = None;",
    },
    Mutation {
        name: "drops: what comes from another arm is taken when it is used",
        file: ARMS,
        from: "                && self.part.owns(self.body, **local)\n                && self.found",
        to: "                && !self.part.owns(self.body, **local)\n                && self.found",
    },
];

#[cfg(test)]
mod tests {
    use super::MUTATIONS;
    use std::path::Path;

    #[test]
    fn each_passage_stands_once() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        for mutation in MUTATIONS {
            let text = std::fs::read_to_string(root.join(mutation.file)).unwrap();
            assert_eq!(text.matches(mutation.from).count(), 1, "{}", mutation.name);
        }
    }
}
