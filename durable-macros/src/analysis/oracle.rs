//! Liveness against its definition, on every small graph.
//!
//! The oracle is the definition and nothing else: a local is live at a place if some path from
//! there reaches a use of it before a definition. It searches paths; the pass computes a fixpoint.

use super::liveness::liveness;
use crate::ir::{
    Block, BlockId, Body, Code, Local, LocalId, LocalKind, Locals, Point, PointId, Statement,
    Terminator,
};
use proc_macro2::{Span, TokenStream};
use syn::Expr;

/// A place in a body: before the statement of this number, or before the terminator.
type Place = (BlockId, usize);

/// Whether some path from `place` reads `local` before it is defined.
fn is_live(body: &Body, (block, from): Place, local: LocalId) -> bool {
    let mut entered = vec![false; body.blocks.len()];
    let mut paths = vec![(block, from)];
    while let Some((number, from)) = paths.pop() {
        let block = &body.blocks[number.0];
        let mut defined = false;
        for statement in &block.statements[from..] {
            if statement.uses.contains(&local) {
                return true;
            }
            if statement.assigns.contains(&local) || statement.binds.contains(&local) {
                defined = true;
                break;
            }
        }
        if defined {
            continue;
        }
        let captured = block.terminator.captures().contains(&local);
        if captured || block.terminator.uses().contains(&local) {
            return true;
        }
        for (index, next) in block.terminator.successors().into_iter().enumerate() {
            let skip = block.terminator.defines_on(index).contains(&local);
            if !skip && !std::mem::replace(&mut entered[next.0], true) {
                paths.push((next, 0));
            }
        }
    }
    false
}

/// Whether the pass, asked about `seen`, gives what the definition gives for `body`. They are the
/// same body, except where a test breaks the pass by showing it another one.
fn agrees(body: &Body, seen: &Body) -> bool {
    let facts = liveness(seen);
    let locals = || (0..body.locals.len()).map(LocalId);
    let defined = |place| -> Locals { locals().filter(|&l| is_live(body, place, l)).collect() };
    body.blocks.iter().enumerate().all(|(number, block)| {
        let id = BlockId(number);
        let inside = facts.after_statements(seen, &seen.blocks[number]);
        facts.live_in[number] == defined((id, 0))
            && inside
                .iter()
                .enumerate()
                .all(|(s, live)| *live == defined((id, s + 1)))
            && inside.len() == block.statements.len()
            && (0..block.terminator.successors().len()).all(|index| {
                let next = block.terminator.successors()[index];
                let edge = block.terminator.defines_on(index);
                facts.across(&seen.blocks[number], index) == &defined((next, 0)) - &edge
            })
    })
}

const X: LocalId = LocalId(0);
const OTHER: LocalId = LocalId(1);

fn nothing() -> Expr {
    Expr::Verbatim(TokenStream::new())
}

fn set(local: LocalId, on: bool) -> Locals {
    on.then_some(local).into_iter().collect()
}

fn empty() -> Statement {
    Statement::new(Code::Stmt(syn::Stmt::Expr(nothing(), None)))
}

fn statement(uses: bool, defines: bool, binds: bool) -> Statement {
    Statement {
        binds: set(X, defines && binds),
        assigns: set(X, defines && !binds),
        uses: set(X, uses),
        ..empty()
    }
}

/// What a block may contain.
fn statements(kind: usize) -> Vec<Statement> {
    match kind {
        0 => vec![],
        1 => vec![statement(false, true, false)],
        2 => vec![statement(true, false, false)],
        // `x = x + 1`
        3 => vec![statement(true, true, false)],
        // `let x = …; read(x)`
        4 => vec![statement(false, true, true), statement(true, false, false)],
        5 => vec![statement(true, false, false), statement(false, true, true)],
        _ => unreachable!("there are {ALL_STATEMENTS} kinds"),
    }
}
const FEW_STATEMENTS: usize = 4;
const ALL_STATEMENTS: usize = 6;

fn branch(then: usize, otherwise: usize, binds: bool, uses: bool) -> Terminator {
    Terminator::If {
        cond: nothing(),
        binds: set(X, binds),
        uses: set(X, uses),
        then: BlockId(then),
        otherwise: BlockId(otherwise),
    }
}

fn suspend(resume: usize, answer: LocalId, uses: bool) -> Terminator {
    Terminator::Suspend {
        point: PointId(0),
        operation: nothing(),
        uses: set(X, uses),
        answer,
        resume: BlockId(resume),
    }
}

fn returns(uses: bool) -> Terminator {
    Terminator::Return {
        value: None,
        uses: set(X, uses),
    }
}

/// Ways to make a terminator.
type Menu = Vec<Box<dyn Fn() -> Terminator>>;

/// One of each shape: return, goto, suspend with the answer defined on its edge, branch.
fn few_terminators(blocks: usize) -> Menu {
    let mut menu: Menu = vec![Box::new(|| returns(false))];
    for a in 0..blocks {
        menu.push(Box::new(move || Terminator::Goto(BlockId(a))));
        menu.push(Box::new(move || suspend(a, X, false)));
        for b in a..blocks {
            menu.push(Box::new(move || branch(a, b, false, false)));
        }
    }
    menu
}

/// All of them, also with uses of their own and definitions on one edge of a branch.
fn all_terminators(blocks: usize) -> Menu {
    let mut menu: Menu = vec![Box::new(|| Terminator::Unreachable)];
    for uses in [false, true] {
        menu.push(Box::new(move || returns(uses)));
        for a in 0..blocks {
            menu.push(Box::new(move || suspend(a, X, uses)));
            menu.push(Box::new(move || suspend(a, OTHER, uses)));
            for b in 0..blocks {
                menu.push(Box::new(move || branch(a, b, false, uses)));
                menu.push(Box::new(move || branch(a, b, true, uses)));
            }
        }
    }
    for a in 0..blocks {
        menu.push(Box::new(move || Terminator::Goto(BlockId(a))));
    }
    menu
}

fn local(number: usize) -> Local {
    Local {
        ident: crate::names::temp(number),
        kind: LocalKind::User,
        depth: 1,
        owner: None,
        mutable: false,
        perhaps_constant: false,
        borrow: false,
        closure: false,
        rest: false,
        instead: None,
        recipe: None,
        lookup: None,
        typed_elsewhere: false,
    }
}

fn point() -> Point {
    Point {
        span: Span::call_site(),
        source: String::new(),
        callee: String::new(),
        detail: String::new(),
        lends: Vec::new(),
        lent: Locals::new(),
        joins: false,
        fixed: None,
        label: String::new(),
    }
}

/// Calls `visit` with every graph of `blocks` blocks over these kinds; answers how many there are.
fn every_graph(
    blocks: usize,
    kinds: usize,
    menu: &Menu,
    visit: &mut dyn FnMut(&mut dyn FnMut() -> Body),
) -> usize {
    let choices = kinds * menu.len();
    let total = choices.pow(u32::try_from(blocks).expect("a small graph"));
    for graph in 0..total {
        let mut make = || {
            let mut rest = graph;
            let mut body = Body {
                locals: vec![local(0), local(1)],
                points: vec![point()],
                ..Body::default()
            };
            for _ in 0..blocks {
                let choice = rest % choices;
                rest /= choices;
                body.blocks.push(Block {
                    statements: statements(choice % kinds),
                    terminator: menu[choice / kinds](),
                    exits: vec![],
                });
            }
            body
        };
        visit(&mut make);
    }
    total
}

fn agrees_on_every(blocks: usize, kinds: usize, menu: &Menu) -> usize {
    every_graph(blocks, kinds, menu, &mut |make| {
        let body = make();
        assert!(agrees(&body, &body), "liveness is wrong for\n{body}");
    })
}

#[test]
fn every_graph_of_three_blocks() {
    let counts: Vec<usize> = (1..=3)
        .map(|blocks| agrees_on_every(blocks, FEW_STATEMENTS, &few_terminators(blocks)))
        .collect();
    assert_eq!(counts, [16, 32_usize.pow(2), 52_usize.pow(3)]);
}

#[test]
fn every_graph_of_two_blocks_with_everything() {
    for blocks in 1..=2 {
        agrees_on_every(blocks, ALL_STATEMENTS, &all_terminators(blocks));
    }
}

/// In how many graphs of two blocks a pass that sees `broken` bodies is found out.
fn found_out(broken: impl Fn(&mut Body)) -> usize {
    let mut found = 0;
    every_graph(2, ALL_STATEMENTS, &all_terminators(2), &mut |make| {
        let (body, mut seen) = (make(), make());
        broken(&mut seen);
        found += usize::from(!agrees(&body, &seen));
    });
    found
}

#[test]
fn broken_passes_are_found_out() {
    assert_eq!(found_out(|_| {}), 0, "the pass itself is right");

    let ignores_the_answer = found_out(|body| {
        for block in &mut body.blocks {
            if let Terminator::Suspend { answer, .. } = &mut block.terminator {
                *answer = OTHER;
            }
        }
    });
    let forgets_back_edges = found_out(|body| {
        for (number, block) in body.blocks.iter_mut().enumerate() {
            if let Terminator::Goto(next) = block.terminator
                && next.0 <= number
            {
                // An edge to a place where nothing is live.
                block.terminator = Terminator::Goto(BlockId(body.locals.len()));
            }
        }
        body.blocks.push(Block {
            statements: vec![],
            terminator: Terminator::Unreachable,
            exits: vec![],
        });
    });
    let defines_before_it_uses = found_out(|body| {
        for statement in body.blocks.iter_mut().flat_map(|b| &mut b.statements) {
            if !statement.assigns.is_empty() {
                statement.uses.clear();
            }
        }
    });
    let takes_an_assignment_for_a_use = found_out(|body| {
        for statement in body.blocks.iter_mut().flat_map(|b| &mut b.statements) {
            statement.uses.append(&mut statement.assigns);
        }
    });
    for found in [
        ignores_the_answer,
        forgets_back_edges,
        defines_before_it_uses,
        takes_an_assignment_for_a_use,
    ] {
        assert!(found > 100, "only {found} graphs notice");
    }
}

/// A graph of up to twelve blocks and five locals.
fn random_body(rng: &mut fastrand::Rng) -> Body {
    let (blocks, locals) = (rng.usize(4..=12), rng.usize(2..=5));
    let some = |rng: &mut fastrand::Rng| -> Locals {
        (0..locals)
            .map(LocalId)
            .filter(|_| rng.u8(..4) == 0)
            .collect()
    };
    let to = |rng: &mut fastrand::Rng| BlockId(rng.usize(1..blocks));
    let mut body = Body {
        locals: (0..locals).map(local).collect(),
        points: vec![point()],
        ..Body::default()
    };
    for _ in 0..blocks {
        let statements = (0..rng.usize(..4))
            .map(|_| Statement {
                binds: some(rng),
                assigns: some(rng),
                uses: some(rng),
                ..empty()
            })
            .collect();
        let terminator = match rng.u8(..5) {
            0 => Terminator::Return {
                value: None,
                uses: some(rng),
            },
            1 => Terminator::Goto(to(rng)),
            2 => Terminator::Suspend {
                point: PointId(0),
                operation: nothing(),
                uses: some(rng),
                answer: LocalId(rng.usize(..locals)),
                resume: to(rng),
            },
            3 => Terminator::Next {
                cursor: LocalId(rng.usize(..locals)),
                source: None,
                tail: None,
                pat: syn::parse_quote!(_),
                binds: some(rng),
                body: to(rng),
                exit: to(rng),
            },
            _ => Terminator::If {
                cond: nothing(),
                binds: some(rng),
                uses: some(rng),
                then: to(rng),
                otherwise: to(rng),
            },
        };
        body.blocks.push(Block {
            statements,
            terminator,
            exits: vec![],
        });
    }
    body
}

#[test]
fn random_graphs_with_several_locals() {
    for seed in 0..2_000 {
        let body = random_body(&mut fastrand::Rng::with_seed(seed));
        assert!(
            agrees(&body, &body),
            "seed {seed}: liveness is wrong for\n{body}"
        );
    }
}
