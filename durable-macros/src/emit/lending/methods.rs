//! Methods of std by what they do with a borrow: give one of what they are called on, or hand it on.

use syn::{Expr, ExprPath};

/// What a type must be for a method of this name to be std's: [`Group::name`] in the runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    Texts,
    Lists,
    Maps,
    Options,
    /// Whatever a range can be taken of.
    Sliced,
}

impl Group {
    /// The name of its marker in the runtime.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Texts => "Texts",
            Self::Lists => "Lists",
            Self::Maps => "Maps",
            Self::Options => "Options",
            Self::Sliced => "Sliced",
        }
    }
}

const GROUPS: &[Group] = &[Group::Texts, Group::Lists, Group::Maps, Group::Options];

const OF_TEXTS: &[&str] = &[
    "as_bytes",
    "as_str",
    "lines",
    "matches",
    "rmatches",
    "rsplit",
    "rsplit_once",
    "rsplitn",
    "split",
    "split_ascii_whitespace",
    "split_at",
    "split_inclusive",
    "split_once",
    "split_terminator",
    "split_whitespace",
    "splitn",
    "strip_prefix",
    "strip_suffix",
    "trim",
    "trim_end",
    "trim_end_matches",
    "trim_matches",
    "trim_start",
    "trim_start_matches",
];

const OF_LISTS: &[&str] = &[
    "as_slice",
    "back",
    "chunks",
    "difference",
    "first",
    "front",
    "intersection",
    "iter",
    "last",
    "range",
    "split_first",
    "split_last",
    "symmetric_difference",
    "union",
    "windows",
];

const OF_MAPS: &[&str] = &[
    "first_key_value",
    "get_key_value",
    "iter",
    "keys",
    "last_key_value",
    "range",
    "values",
];

const OF_OPTIONS: &[&str] = &["as_deref", "as_ref", "iter"];

/// Which types have a method of this name that borrows from them. Several may: rustc knows which it is.
pub(super) fn lending(method: &str) -> Vec<Group> {
    let has = |group: &&Group| match group {
        // Of a text it gives a part, of a list an element, of a map a value.
        Group::Texts | Group::Lists | Group::Maps if method == "get" => true,
        Group::Texts => OF_TEXTS.contains(&method),
        Group::Lists => OF_LISTS.contains(&method),
        Group::Maps => OF_MAPS.contains(&method),
        Group::Options => OF_OPTIONS.contains(&method),
        Group::Sliced => false,
    };
    GROUPS.iter().filter(has).copied().collect()
}

/// Of those that lend: which give the borrow itself, and not in an `Option` or an iterator.
const BARE: &[&str] = &[
    "as_bytes",
    "as_slice",
    "as_str",
    "split_at",
    "trim",
    "trim_end",
    "trim_end_matches",
    "trim_matches",
    "trim_start",
    "trim_start_matches",
];

/// Whether what a method lends is a borrow itself.
pub(super) fn lends_bare(method: &str) -> bool {
    BARE.contains(&method)
}

/// Methods of `Option`, `Result` and iterators after which what was borrowed is still there.
const PASSING: &[&str] = &[
    "chain",
    "collect",
    "enumerate",
    "expect",
    "filter",
    "find",
    "fuse",
    "inspect",
    "last",
    "max",
    "max_by",
    "max_by_key",
    "min",
    "min_by",
    "min_by_key",
    "next",
    "next_back",
    "nth",
    "ok_or",
    "ok_or_else",
    "or",
    "or_else",
    "peekable",
    "rev",
    "rfind",
    "skip",
    "skip_while",
    "step_by",
    "take",
    "take_while",
    "unwrap",
    "unwrap_or",
    "unwrap_or_default",
    "unwrap_or_else",
];

/// Whether such a method takes a borrow out of an `Option`, or puts it where methods may be the user's.
pub(super) fn opens(method: &str) -> bool {
    method == "collect" || method == "expect" || method.starts_with("unwrap")
}

/// Whether a borrow that this is called on, in an `Option` or an iterator of std, is in what it gives.
pub(super) fn passes(method: &str) -> bool {
    PASSING.contains(&method)
}

/// Methods that give what a function makes of the borrow.
pub(super) fn maps(method: &str) -> bool {
    [
        "and_then",
        "filter_map",
        "find_map",
        "flat_map",
        "map",
        "map_while",
    ]
    .contains(&method)
}

/// Methods after which something beside the borrow may be in the same value.
pub(super) fn adds_a_failure(method: &str) -> bool {
    method == "ok_or" || method == "ok_or_else"
}

/// Methods that take that away.
pub(super) fn takes_out(method: &str) -> bool {
    method == "unwrap" || method == "expect"
}

/// Functions of std that give a borrow of what they are called with: `String::as_str`.
pub(super) fn is_lending(function: &Expr) -> bool {
    let Expr::Path(ExprPath { path, .. }) = function else {
        return false;
    };
    let names: Vec<String> = path.segments.iter().map(|s| s.ident.to_string()).collect();
    let [.., of, method] = &*names else {
        return false;
    };
    let group = match of.as_str() {
        "String" | "str" => Group::Texts,
        "Vec" | "VecDeque" => Group::Lists,
        "Option" => Group::Options,
        _ => return false,
    };
    lending(method).contains(&group)
}
