//! The middle of the compiler: one function as a control-flow graph. Data only.
//!
//! Only what suspends is lowered: a [`Statement`] is user code without a suspend point, kept as
//! the user's own tokens with what it binds, assigns and uses.

mod fork;
mod lookup;
mod pretty;
mod recipe;
mod validate;

pub(crate) use fork::{Branch, BranchCode, Detached, Fork, Region, RegionCode, RegionId};
pub(crate) use lookup::{Lookup, LookupId, Part};
pub(crate) use recipe::{Recipe, RecipeId, Signature};
pub(crate) use validate::validate;

use proc_macro2::{Ident, Span};
use std::collections::BTreeSet;
use std::ops::Range;
use syn::{Expr, Pat, Stmt, Type};

/// A binding after resolution: two shadowed names are two locals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LocalId(pub(crate) usize);

/// A basic block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct BlockId(pub(crate) usize);

/// A suspend point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PointId(pub(crate) usize);

/// A jump that stands inside user code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ExitId(pub(crate) usize);

/// A set of locals, in a fixed order.
pub(crate) type Locals = BTreeSet<LocalId>;

/// One function under lowering.
#[derive(Debug, Default)]
pub(crate) struct Body {
    pub(crate) locals: Vec<Local>,
    pub(crate) blocks: Vec<Block>,
    pub(crate) points: Vec<Point>,
    pub(crate) exits: Vec<Exit>,
    /// An `unsafe` block awaits: its code is spread over the machine.
    pub(crate) has_unsafe: bool,
    pub(crate) recipes: Vec<Recipe>,
    pub(crate) lookups: Vec<Lookup>,
    /// Branches that are code, and blocks that run by themselves.
    pub(crate) regions: Vec<Region>,
    /// Those blocks.
    pub(crate) detached: Vec<Detached>,
    /// The inner ones first.
    pub(crate) scope_ends: Vec<ScopeEnd>,
    /// Borrows that a `dbg!` has handed on.
    pub(crate) shown: Shown,
}

/// What is taken out of a `dbg!`, which must be that of std.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Shown {
    /// The source of a loop that awaits.
    pub(crate) in_loops: bool,
    pub(crate) borrows: Locals,
    pub(crate) lookups: Vec<LookupId>,
}

/// Where a scope ends in which control suspends: what it has bound and does not need any more is
/// dropped there, and so are the temporaries of what it matches.
#[derive(Debug)]
pub(crate) struct ScopeEnd {
    /// The block in which it begins.
    pub(crate) from: BlockId,
    /// Where control goes on behind it.
    pub(crate) after: BlockId,
    /// The locals that were made in it.
    pub(crate) locals: Range<usize>,
}

/// A `break` or `continue` in code that does not suspend, to a loop or block that does. The code
/// stays the user's own; a placeholder stands for the jump.
#[derive(Debug)]
pub(crate) struct Exit {
    pub(crate) target: BlockId,
    /// What receives the value of a `break`.
    pub(crate) value: Option<LocalId>,
    /// Locals that are assigned as a whole on every way to the jump.
    pub(crate) assigned: Locals,
}

/// One binding, temporary or cursor.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "facts about a binding that do not depend on each other"
)]
pub(crate) struct Local {
    /// How code in an arm calls it.
    pub(crate) ident: Ident,
    pub(crate) kind: LocalKind,
    /// How many bindings of this name are visible where it is bound, itself included.
    pub(crate) depth: usize,
    /// Its type, where it is written down and one of std's owners.
    pub(crate) owner: Option<crate::normalize::Owner>,
    /// It is bound as `mut`.
    pub(crate) mutable: bool,
    /// Its name may be that of a constant, which binds nothing: only rustc knows.
    pub(crate) perhaps_constant: bool,
    /// Its initialiser is written as a borrow (`&place`).
    pub(crate) borrow: bool,
    /// Its initialiser is a closure.
    pub(crate) closure: bool,
    /// It is made by `into_iter()`: an iterator that is saved as the items that are left.
    pub(crate) rest: bool,
    /// What to write instead, where its syntax shows why it can neither be saved nor made again.
    pub(crate) instead: Option<Instead>,
    /// It is a borrow that can be made again, and never saved.
    pub(crate) recipe: Option<RecipeId>,
    /// The call that may have lent it.
    pub(crate) lookup: Option<LookupId>,
    /// Code that control cannot reach mentions it, and may be what decides its type.
    pub(crate) typed_elsewhere: bool,
}

/// Why a value can neither be saved nor made again, in words.
#[derive(Clone, Debug)]
pub(crate) struct Instead {
    /// What it is: "is a closure".
    pub(crate) what: &'static str,
    /// Empty where only its type shows that it cannot be saved.
    pub(crate) why: String,
    pub(crate) help: String,
}

impl Local {
    /// Whether it is there to the end of a scope, and not only until it is used.
    pub(crate) fn has_a_scope(&self) -> bool {
        matches!(
            self.kind,
            LocalKind::User | LocalKind::Deferred | LocalKind::Key { .. }
        )
    }

    /// What a message calls it.
    pub(crate) fn called(&self) -> String {
        match (&self.kind, &self.instead) {
            (LocalKind::Temp { .. }, Some(instead)) => instead.why.clone(),
            _ => format!("`{}`", self.ident),
        }
    }

    /// Why a closure cannot be made again.
    pub(crate) fn never_again(&self) -> Instead {
        self.instead.clone().unwrap_or_else(|| Instead {
            what: "is a closure",
            why: "it is bound by a pattern".to_owned(),
            help: "bind it with a `let` of its own, or make it a `fn` with parameters".to_owned(),
        })
    }
}

#[derive(Debug)]
pub(crate) enum LocalKind {
    /// The user's binding.
    User,
    /// Declared by `let x;`.
    Deferred,
    /// A value that an expression computes before it suspends; it serves the suspend point that
    /// comes next in the source.
    Temp { serves: PointId },
    /// The answer to the operation of a suspend point.
    Answer { of: PointId },
    /// The rest of what a loop iterates over.
    Cursor { name: String },
    /// What the recipe of a borrow needs besides the user's locals: an operand, the value that is
    /// borrowed where it has no name, or the position of a loop.
    Key { name: String },
    /// A borrow without a name, which is made again.
    Borrow,
    /// What a branch gives.
    Output,
    /// What a block that runs by itself has of a variable of this name.
    Held { name: String },
}

/// Statements with one entry, and how they end.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) statements: Vec<Statement>,
    pub(crate) terminator: Terminator,
    /// Jumps inside the terminator's expressions.
    pub(crate) exits: Vec<ExitId>,
}

/// User code without a suspend point inside.
#[derive(Debug)]
pub(crate) struct Statement {
    pub(crate) code: Code,
    /// Names that it introduces.
    pub(crate) binds: Locals,
    /// Locals that it assigns as a whole, without reading them.
    pub(crate) assigns: Locals,
    /// Locals that it reads, changes in part, or may read.
    pub(crate) uses: Locals,
    /// Locals that it assigns as a whole on some way through it: they need a variable.
    pub(crate) maybe_assigns: Locals,
    /// Names in the arguments of a macro that are field names, or assigned: they need a variable
    /// if they are locals that have a value later.
    pub(crate) mentions: Locals,
    /// Jumps inside it.
    pub(crate) exits: Vec<ExitId>,
    /// Set for a macro that might bind names: its number in the twin.
    pub(crate) hides: Option<usize>,
}

#[expect(
    clippy::large_enum_variant,
    reason = "a few per function, and most are the large one"
)]
#[derive(Debug)]
pub(crate) enum Code {
    /// `let pat: ty = init else { otherwise };`
    Let {
        pat: Pat,
        ty: Option<Type>,
        init: Expr,
        otherwise: Option<Expr>,
    },
    /// The remaining items of a loop: `let cursor = start(source)`.
    Start { cursor: LocalId, source: Expr },
    /// A parameter of the function: `let pat: ty = input`.
    Param { index: usize, pat: Pat, ty: Type },
    /// Anything else.
    Stmt(Stmt),
    /// A mark: a part of a variable leaves it here.
    Taken(Taken),
}

/// A part that leaves a variable.
#[derive(Debug)]
pub(crate) struct Taken {
    /// The variable.
    pub(crate) root: LocalId,
    /// The place that the part is taken from.
    pub(crate) from: Expr,
    /// The part: a path of fields, or a binding of a pattern.
    pub(crate) part: Expr,
    /// That binding.
    pub(crate) binding: Option<LocalId>,
}

/// How a block ends.
#[derive(Debug)]
pub(crate) enum Terminator {
    /// Control goes on.
    Goto(BlockId),
    /// `if cond`, `let` patterns included.
    If {
        cond: Expr,
        binds: Locals,
        uses: Locals,
        then: BlockId,
        otherwise: BlockId,
    },
    /// `match scrutinee { … }`.
    Match {
        scrutinee: Expr,
        uses: Locals,
        arms: Vec<Arm>,
    },
    /// `let pat = init else { … };`
    LetElse {
        pat: Pat,
        init: Expr,
        binds: Locals,
        uses: Locals,
        next: BlockId,
        otherwise: BlockId,
    },
    /// The head of a loop over an iterator.
    Next {
        /// The remaining items, or the position in `source`.
        cursor: LocalId,
        /// The borrowed iterator, which is made again at each head.
        source: Option<LocalId>,
        tail: Option<Tail>,
        pat: Pat,
        binds: Locals,
        body: BlockId,
        exit: BlockId,
    },
    /// Stop, be saved, and go on when there is an answer. The answer is defined on the edge to
    /// `resume`, not here.
    Suspend {
        point: PointId,
        operation: Expr,
        uses: Locals,
        answer: LocalId,
        resume: BlockId,
    },
    /// Begin several branches, wait for them as one suspend point, and go on.
    Fork(Fork),
    /// `return value`; in a branch, the branch's end.
    Return { value: Option<Expr>, uses: Locals },
    /// Control does not get here.
    Unreachable,
}

/// Adaptors with closures over an iterator: `pulled.filter(…).map(…)`.
#[derive(Debug)]
pub(crate) struct Tail {
    /// Over [`names::pulled`](crate::names::pulled), the rest of the iterator.
    pub(crate) adaptors: Expr,
    /// What the closures capture.
    pub(crate) uses: Locals,
}

/// One arm of a lowered `match`.
#[derive(Debug)]
pub(crate) struct Arm {
    /// The pattern, guard included.
    pub(crate) pat: Pat,
    pub(crate) binds: Locals,
    /// What the guard uses.
    pub(crate) uses: Locals,
    pub(crate) target: BlockId,
}

/// A suspend point.
#[derive(Debug)]
pub(crate) struct Point {
    pub(crate) span: Span,
    /// The awaited expression as written, without spaces that are not needed.
    pub(crate) source: String,
    pub(crate) callee: String,
    /// The binding that receives the answer, or the arguments; tells equal callees apart.
    pub(crate) detail: String,
    /// For each argument of the awaited call: the place, as a `&mut`, if it is one that is made
    /// again after it. Empty where none can be.
    pub(crate) lends: Vec<Option<Expr>>,
    /// What these places need.
    pub(crate) lent: Locals,
    /// It joins branches; else it is an operation.
    pub(crate) joins: bool,
    /// Set by `#[label = "…"]`.
    pub(crate) fixed: Option<String>,
    /// The final label.
    pub(crate) label: String,
}

impl Statement {
    /// A statement that binds, assigns and uses nothing.
    pub(crate) fn new(code: Code) -> Self {
        Self {
            code,
            binds: Locals::new(),
            assigns: Locals::new(),
            uses: Locals::new(),
            maybe_assigns: Locals::new(),
            mentions: Locals::new(),
            exits: Vec::new(),
            hides: None,
        }
    }
}

impl Block {
    /// All jumps inside its code.
    pub(crate) fn all_exits(&self) -> impl Iterator<Item = ExitId> {
        let statements = self.statements.iter().flat_map(|s| &s.exits);
        statements.chain(&self.exits).copied()
    }
}

impl Body {
    /// Whether code may give the local another value, or its first.
    pub(crate) fn may_be_assigned(&self, local: LocalId) -> bool {
        let local = &self.locals[local.0];
        local.mutable || matches!(local.kind, LocalKind::Deferred)
    }

    /// Where control may go from a block.
    pub(crate) fn successors(&self, block: &Block) -> Vec<BlockId> {
        let mut all = block.terminator.successors();
        all.extend(block.all_exits().map(|e| self.exits[e.0].target));
        all
    }
}

impl Terminator {
    /// Where control goes at the end of the block.
    pub(crate) fn successors(&self) -> Vec<BlockId> {
        match self {
            Self::Goto(next) => vec![*next],
            Self::If {
                then, otherwise, ..
            } => vec![*then, *otherwise],
            Self::Match { arms, .. } => arms.iter().map(|a| a.target).collect(),
            Self::LetElse {
                next, otherwise, ..
            } => vec![*next, *otherwise],
            Self::Next { body, exit, .. } => vec![*body, *exit],
            Self::Suspend { resume, .. } => vec![*resume],
            Self::Fork(fork) => fork.successors(),
            Self::Return { .. } | Self::Unreachable => vec![],
        }
    }

    /// The same, to be changed.
    pub(crate) fn successors_mut(&mut self) -> Vec<&mut BlockId> {
        match self {
            Self::Goto(next) => vec![next],
            Self::If {
                then, otherwise, ..
            } => vec![then, otherwise],
            Self::Match { arms, .. } => arms.iter_mut().map(|a| &mut a.target).collect(),
            Self::LetElse {
                next, otherwise, ..
            } => vec![next, otherwise],
            Self::Next { body, exit, .. } => vec![body, exit],
            Self::Suspend { resume, .. } => vec![resume],
            Self::Fork(fork) => fork.successors_mut(),
            Self::Return { .. } | Self::Unreachable => vec![],
        }
    }

    /// Locals that the terminator itself uses.
    pub(crate) fn uses(&self) -> Locals {
        match self {
            Self::If { uses, .. }
            | Self::LetElse { uses, .. }
            | Self::Suspend { uses, .. }
            | Self::Return { uses, .. } => uses.clone(),
            Self::Match { uses, arms, .. } => {
                let guards = arms.iter().flat_map(|a| a.uses.difference(&a.binds));
                uses.iter().chain(guards).copied().collect()
            }
            Self::Next {
                cursor,
                source,
                tail,
                ..
            } => {
                let captures = tail.iter().flat_map(|tail| &tail.uses);
                source
                    .iter()
                    .chain([cursor])
                    .chain(captures)
                    .copied()
                    .collect()
            }
            Self::Fork(fork) => fork.uses(),
            Self::Goto(_) | Self::Unreachable => Locals::new(),
        }
    }

    /// Locals that must be there when the branches begin, though the terminator itself does not
    /// use them.
    pub(crate) fn captures(&self) -> Locals {
        match self {
            Self::Fork(fork) => fork.captures(),
            _ => Locals::new(),
        }
    }

    /// Locals that are defined on the edge to the `index`-th successor.
    pub(crate) fn defines_on(&self, index: usize) -> Locals {
        match (self, index) {
            (
                Self::If { binds, .. } | Self::LetElse { binds, .. } | Self::Next { binds, .. },
                0,
            ) => binds.clone(),
            (Self::Match { arms, .. }, _) => arms[index].binds.clone(),
            (Self::Suspend { answer, .. }, _) => Locals::from([*answer]),
            (Self::Fork(fork), 0) => Locals::from([fork.answer]),
            _ => Locals::new(),
        }
    }
}
