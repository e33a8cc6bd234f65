//! Writes random programs that rustc accepts.
//!
//! Text is written in the order in which it is evaluated, and the scope follows it: what is moved,
//! borrowed or not yet there is not used. A statement is written by one [`Template`](templates::Template); expressions
//! are written for a type. Whatever is worth counting calls [`Gen::hit`].

#![expect(
    clippy::format_push_string,
    clippy::unnecessary_wraps,
    clippy::match_bool,
    clippy::struct_excessive_bools,
    reason = "templates put text together and have one type; what may stand where are flags"
)]

mod across;
mod borrowed_loops;
mod borrowed_parts;
mod borrows;
mod branches;
mod calls;
mod closures;
mod collections;
mod constants;
mod drops;
mod effects;
mod events;
mod forks;
mod found;
mod given_back;
mod helpers;
mod kinds;
mod lookups;
mod loops;
mod macros;
mod names;
mod oddities;
mod own_blocks;
mod panics;
mod places;
mod races;
mod spawned;
mod statements;
mod std_macros;
mod templates;
mod values;
mod walked;

use super::scope::{Scope, VarId};
use super::types::Ty;
use helpers::Helper;
use std::collections::BTreeMap;
use std::fmt::Write;
pub(super) use templates::TEMPLATES;

/// How often each construct occurs.
pub(super) type Coverage = BTreeMap<&'static str, usize>;

/// One generated function and what it is called with.
#[derive(Clone, Debug)]
pub(super) struct Program {
    pub(super) name: String,
    /// One list of arguments per comparison.
    pub(super) inputs: Vec<String>,
    /// From `async fn` to the closing brace.
    pub(super) code: String,
    /// Workflow functions that it awaits.
    pub(super) helpers: String,
    pub(super) coverage: Coverage,
}

/// A loop or a labelled block around the current point.
#[derive(Clone, Debug)]
struct Around {
    label: String,
    /// `None`: a block, which cannot be continued.
    is_loop: bool,
    /// What a `break` gives; `None` where it gives nothing.
    value: Option<Ty>,
}

/// What is being written.
pub(super) struct Gen {
    rng: fastrand::Rng,
    scope: Scope,
    coverage: Coverage,
    /// The name of the program, with which the names of its helpers begin.
    program: String,
    /// Workflow functions that the program awaits: their text.
    helpers: String,
    /// Those of them that take a number and another value.
    callable: Vec<Helper>,
    /// Inside of such a function.
    apart: bool,
    /// Every local is `Copy`.
    copies: bool,
    /// Where the locals of the innermost branch begin.
    branch_from: usize,
    /// What the function returns.
    returns: Ty,
    around: Vec<Around>,
    /// Whether an await may stand here.
    awaits: bool,
    /// Whether `return`, `?`, `break` and moves out of locals may stand here.
    leaves: bool,
    /// Branches around the current point.
    forks: u32,
    /// The innermost branch has waited: nothing else begins in the same turn.
    has_waited: bool,
    /// What was spawned and not awaited yet.
    spawned: u32,
    /// How much more may be written.
    fuel: u32,
    names: u32,
}

impl Gen {
    fn new(program: &str, seed: u64) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed);
        let returns = match rng.u32(..10) {
            0 | 1 => Ty::Unit,
            2..=4 => Ty::Result(Box::new(Ty::random(&mut rng, 1))),
            _ => Ty::random(&mut rng, 2),
        };
        Gen {
            fuel: rng.u32(6..22),
            rng,
            scope: Scope::default(),
            coverage: Coverage::new(),
            program: program.to_owned(),
            helpers: String::new(),
            callable: Vec::new(),
            apart: false,
            copies: false,
            branch_from: 0,
            returns,
            around: Vec::new(),
            awaits: true,
            leaves: true,
            forks: 0,
            has_waited: false,
            spawned: 0,
            names: 0,
        }
    }

    /// A program of this seed.
    pub(super) fn program(name: &str, seed: u64) -> Program {
        let mut g = Gen::new(name, seed);
        if g.chance(5) {
            g.hit("only locals that are `Copy`");
            g.copies = true;
            g.returns = g.any(1);
        }
        let (parameters, inputs) = g.parameters();
        let mut body = String::new();
        if g.chance(15) {
            body += &g.item();
        }
        while g.fuel > 0 {
            body += &g.statement();
        }
        body += &g.last();
        g.finish(name, &parameters, inputs, &body)
    }

    fn finish(self, name: &str, parameters: &str, inputs: Vec<String>, body: &str) -> Program {
        let mut coverage = self.coverage;
        let returns = match &self.returns {
            Ty::Unit => {
                *coverage.entry("function that returns nothing").or_default() += 1;
                String::new()
            }
            ty => format!(" -> {ty}"),
        };
        Program {
            name: name.to_owned(),
            inputs,
            code: format!("async fn {name}({parameters}){returns} {{\n{body}}}\n"),
            helpers: self.helpers,
            coverage,
        }
    }

    /// Parameters, and two lists of arguments.
    fn parameters(&mut self) -> (String, Vec<String>) {
        let mut parameters = Vec::new();
        let mut inputs = vec![Vec::new(), Vec::new()];
        for n in 0..self.rng.u32(..4) {
            let ty = match n {
                0 => Ty::U32,
                _ => self.any(2),
            };
            for input in &mut inputs {
                input.push(ty.literal(&mut self.rng));
            }
            let pattern = match &ty {
                Ty::Point if n == 1 && self.chance(40) => {
                    self.hit("pattern in a parameter");
                    self.scope.declare("px", Ty::I64, false);
                    self.scope.declare("name", Ty::String, true);
                    "Point { x: px, mut name, .. }".to_owned()
                }
                Ty::Pair(a, b) if n == 1 && self.chance(40) => {
                    self.hit("pattern in a parameter");
                    self.scope.declare("left", (**a).clone(), true);
                    self.scope.declare("right", (**b).clone(), false);
                    "(mut left, right)".to_owned()
                }
                _ => {
                    let name = self.unique("given");
                    let mutable = self.chance(50);
                    self.scope.declare(&name, ty.clone(), mutable);
                    format!("{}{name}", if mutable { "mut " } else { "" })
                }
            };
            parameters.push(format!("{pattern}: {ty}"));
        }
        let inputs = inputs
            .iter()
            .map(|i| format!("({})", i.join(", ")))
            .collect();
        (parameters.join(", "), inputs)
    }

    /// The end of the body: shows what is left, and gives the result.
    fn last(&mut self) -> String {
        let mut out = String::new();
        if self.chance(70) {
            let mut shown: Vec<_> = self.scope.visible().collect();
            shown.retain(|&v| self.scope.var(v).ty.is_shown());
            self.rng.shuffle(&mut shown);
            shown.truncate(6);
            let names: Vec<_> = shown
                .iter()
                .map(|&v| self.scope.var(v).name.clone())
                .collect();
            if !names.is_empty() {
                let _ = writeln!(
                    out,
                    "note(\"end\", format!(\"{{{}:?}}\"));",
                    names.join(":?} {")
                );
                self.hit("format capture");
            }
        }
        let result = self.value(&self.returns.clone(), 2);
        if self.chance(12) {
            self.hit("early return before dead code");
            let _ = write!(out, "return {result};\n#[allow(unreachable_code)]\n");
            let dead = self.quietly(|g| g.value(&g.returns.clone(), 1));
            return out + &format!("{{ tick().await; {dead} }}\n");
        }
        let _ = writeln!(out, "{result}");
        out
    }

    /// A type of at most this depth.
    fn any(&mut self, depth: u32) -> Ty {
        if self.copies {
            return Ty::random_copy(&mut self.rng);
        }
        Ty::random(&mut self.rng, depth)
    }

    /// Counts a construct.
    fn hit(&mut self, construct: &'static str) {
        *self.coverage.entry(construct).or_default() += 1;
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.rng.u32(..100) < percent
    }

    fn choose<'t, T>(&mut self, of: &'t [T]) -> &'t T {
        &of[self.rng.usize(..of.len())]
    }

    /// A name that no local has, of which every one is different.
    fn unique(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }

    /// A name for a new local: at times one that hides another local.
    fn name(&mut self) -> String {
        // What is needed in a branch may not be hidden there before.
        let hides = if self.chance(4) { 0 } else { self.branch_from };
        let known: Vec<String> = self.scope.names(hides).map(str::to_owned).collect();
        if !known.is_empty() && self.chance(18) {
            self.hit("shadowing");
            return self.choose(&known).clone();
        }
        let prefix = *self.choose(&["a", "b", "item", "total", "text", "x"]);
        self.unique(prefix)
    }

    /// Declares a local under a new name, at times as `mut`: the pattern.
    fn bind(&mut self, ty: &Ty) -> String {
        let name = self.name();
        let mutable = self.chance(55);
        self.scope.declare(&name, ty.clone(), mutable);
        format!("{}{name}", if mutable { "mut " } else { "" })
    }

    /// A local in scope that meets a condition.
    fn find(&mut self, wanted: impl Fn(&Scope, VarId) -> bool) -> Option<VarId> {
        let found: Vec<VarId> = self
            .scope
            .visible()
            .filter(|&v| wanted(&self.scope, v))
            .collect();
        (!found.is_empty()).then(|| *self.choose(&found))
    }

    fn name_of(&self, id: VarId) -> String {
        self.scope.var(id).name.clone()
    }

    /// Writes a block: locals declared in it end with it.
    fn block<T>(&mut self, write: impl FnOnce(&mut Self) -> T) -> T {
        let mark = self.scope.mark();
        let written = write(self);
        self.scope.end(mark);
        written
    }

    /// Writes ways of which one is taken.
    fn ways<T>(&mut self, count: usize, mut write: impl FnMut(&mut Self, usize) -> T) -> Vec<T> {
        let before = self.scope.clone();
        let mut after: Option<Scope> = None;
        let mut written = Vec::new();
        for n in 0..count {
            self.scope = before.clone();
            written.push(self.block(|g| write(g, n)));
            match &mut after {
                None => after = Some(self.scope.clone()),
                Some(after) => after.join(&self.scope),
            }
        }
        self.scope = after.unwrap_or(before);
        written
    }

    /// Writes what may not happen: what it moves may be gone.
    fn maybe<T>(&mut self, write: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.scope.clone();
        let written = self.block(write);
        self.scope.join(&before);
        written
    }

    /// Writes without awaits and without ways out.
    fn quietly<T>(&mut self, write: impl FnOnce(&mut Self) -> T) -> T {
        let before = (self.awaits, self.leaves);
        (self.awaits, self.leaves) = (false, false);
        let written = write(self);
        (self.awaits, self.leaves) = before;
        written
    }

    /// Writes without ways out.
    fn staying<T>(&mut self, write: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.leaves, false);
        let written = write(self);
        self.leaves = before;
        written
    }

    /// Writes without awaits.
    fn at_once<T>(&mut self, write: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.awaits, false);
        let written = write(self);
        self.awaits = before;
        written
    }

    /// Writes while locals are neither changed nor moved.
    fn holding<T>(&mut self, held: &[VarId], write: impl FnOnce(&mut Self) -> T) -> T {
        for &v in held {
            self.scope.var_mut(v).held += 1;
        }
        let written = write(self);
        for &v in held {
            self.scope.var_mut(v).held -= 1;
        }
        written
    }

    /// Some statements, as the inside of a block.
    fn statements(&mut self, most: u32) -> String {
        let mut out = String::new();
        for _ in 0..self.rng.u32(1..=most) {
            out += &self.statement();
        }
        out
    }
}
