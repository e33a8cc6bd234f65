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
    /// In a branch: the suspend point that joins it, and which of that point's branches it is.
    pub parent: Option<(u16, u16)>,
}

impl Point {
    /// In the table of edges: the beginning of the function.
    pub const ENTRY: u16 = u16::MAX;
    /// In the table of edges: the end of the function.
    pub const EXIT: u16 = u16::MAX - 1;
}

/// A local that is saved at some suspend point.
#[derive(Debug)]
pub struct Local {
    /// Its stable name; part of the stored format.
    pub name: &'static str,
    /// Line of its binding.
    pub line: u32,
}
