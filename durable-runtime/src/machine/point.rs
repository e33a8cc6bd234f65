//! The tables that the macro compiles into the binary; readable without running user code.

/// A suspend point: one `.await` of a workflow.
#[derive(Debug)]
pub struct Point {
    /// Its stable name; part of the stored format.
    pub label: &'static str,
    /// The awaited expression, as written.
    pub source: &'static str,
    /// Line of the `.await`.
    pub line: u32,
    /// Which locals (indices into the workflow's table) are saved here.
    pub locals: &'static [u16],
    /// For each of these, the line in which it is used next: why it is saved.
    pub next_uses: &'static [u32],
    /// In a branch: the suspend point that joins it, and which of that point's branches it is. In
    /// an `async` block that runs by itself: [`Point::BLOCK`], and which block of the function it is.
    pub parent: Option<(u16, u16)>,
}

impl Point {
    /// In the table of edges: the beginning of the function.
    pub const ENTRY: u16 = u16::MAX;
    /// In the table of edges: the end of the function.
    pub const EXIT: u16 = u16::MAX - 1;
    /// In the place of a parent: an `async` block that runs by itself.
    pub const BLOCK: u16 = u16::MAX;
}

/// A local that is saved at some suspend point.
#[derive(Debug)]
pub struct Local {
    /// Its stable name; part of the stored format.
    pub name: &'static str,
    /// Line of its binding.
    pub line: u32,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where a saved local comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A variable of the user.
    Variable,
    /// An argument or operand that is computed before the await beside it.
    Operand,
    /// The answer to an earlier await, inside the same expression.
    Answer,
    /// What is left of a loop.
    Rest,
    /// What a borrow needs to be made again.
    Borrowed,
}
