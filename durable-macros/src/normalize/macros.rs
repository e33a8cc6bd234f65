//! What the arguments of a macro mention. The arguments of well-known macros are parsed exactly;
//! those of others are searched for names.
//!
//! ```text
//! Input:   println!("{order} costs {:>width$}", total)
//! Output:  order, width, total
//! ```

use crate::names::unraw;
use crate::syntax::fork::fork_name;
use crate::syntax::meaning;
use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::{Expr, Lit, Macro, Token};

/// What a macro call contains, as far as its tokens tell.
#[derive(Debug)]
pub(super) enum Arguments {
    /// Expressions, and names that format strings capture.
    Known {
        exprs: Vec<Expr>,
        captures: Vec<String>,
    },
    /// Names that are probably used, and names of fields or of what is assigned.
    Searched {
        names: Vec<String>,
        fields: Vec<String>,
    },
}

/// Macros of the standard library; none uses a name that it is not given.
pub(super) const STANDARD: &[&str] = &[
    "assert",
    "assert_eq",
    "assert_ne",
    "cfg",
    "column",
    "concat",
    "dbg",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "env",
    "eprint",
    "eprintln",
    "file",
    "format",
    "format_args",
    "include_bytes",
    "include_str",
    "line",
    "matches",
    "module_path",
    "option_env",
    "panic",
    "print",
    "println",
    "stringify",
    "todo",
    "unimplemented",
    "unreachable",
    "vec",
    "write",
    "writeln",
];

/// Reads the arguments of a macro call.
pub(super) fn arguments(mac: &Macro) -> Arguments {
    let name = mac
        .path
        .segments
        .last()
        .map(|s| s.ident.to_string())
        .unwrap_or_default();
    let format_from = match name.as_str() {
        "print" | "println" | "eprint" | "eprintln" | "format" | "panic" | "todo"
        | "unimplemented" | "unreachable" | "format_args" => Some(0),
        "write" | "writeln" | "assert" | "debug_assert" => Some(1),
        "assert_eq" | "assert_ne" | "debug_assert_eq" | "debug_assert_ne" => Some(2),
        "vec" | "dbg" | "matches" => None,
        "stringify" | "concat" | "include_str" | "env" | "file" | "line" => {
            return Arguments::Known {
                exprs: vec![],
                captures: vec![],
            };
        }
        _ => return searched(mac),
    };
    let Some((exprs, named)) = parse(mac, &name) else {
        return searched(mac);
    };
    let captures = match format_from.and_then(|from| exprs.get(from)) {
        Some(Expr::Lit(lit)) => match &lit.lit {
            Lit::Str(text) => captures(&text.value()),
            _ => vec![],
        },
        _ => vec![],
    };
    let captures = captures
        .into_iter()
        .filter(|c| !named.contains(c))
        .collect();
    Arguments::Known { exprs, captures }
}

/// Every name that occurs in the arguments of a macro call, in format strings too, and where it
/// may be a field's or be assigned.
pub(crate) fn mentions(mac: &Macro) -> Vec<String> {
    let (mut names, mut fields) = (Vec::new(), Vec::new());
    search(mac.tokens.clone(), &mut names, &mut fields);
    names.append(&mut fields);
    names
}

/// The variables, by name, that a macro of std reads where they stand alone; `None` for others.
pub(crate) fn reads(mac: &Macro) -> Option<Vec<String>> {
    let Arguments::Known { exprs, captures } = arguments(mac) else {
        return None;
    };
    let alone = exprs.iter().filter_map(|expr| match expr {
        Expr::Path(path) => path.path.get_ident().map(unraw),
        _ => None,
    });
    Some(alone.chain(captures).collect())
}

/// The names that a macro could bind, since it is given them: none for one that is std's.
pub(super) fn may_bind(mac: &Macro) -> Vec<String> {
    if meaning::is_proven(mac) {
        return Vec::new();
    }
    match searched(mac) {
        Arguments::Known { .. } => Vec::new(),
        Arguments::Searched { names, fields } => [names, fields].concat(),
    }
}

fn searched(mac: &Macro) -> Arguments {
    let (mut names, mut fields) = (Vec::new(), Vec::new());
    search(mac.tokens.clone(), &mut names, &mut fields);
    Arguments::Searched { names, fields }
}

/// Whether the tokens of a macro call contain an await, or branches that are joined.
pub(crate) fn contains_await(tokens: TokenStream) -> bool {
    let mut dot = false;
    for token in tokens {
        match token {
            TokenTree::Ident(ident) if dot && ident == "await" => return true,
            TokenTree::Ident(ident) if fork_name(&ident).is_some() => return true,
            TokenTree::Group(group) if contains_await(group.stream()) => return true,
            TokenTree::Punct(ref punct) => {
                dot = punct.as_char() == '.';
                continue;
            }
            _ => {}
        }
        dot = false;
    }
    false
}

/// The first `.await` in the tokens of a macro call: what is awaited, as written, and where the word stands.
pub(crate) fn first_await(tokens: TokenStream) -> Option<(String, Span)> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let is = |at: usize, punct: char| match tokens.get(at) {
        Some(TokenTree::Punct(p)) => p.as_char() == punct,
        _ => false,
    };
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => {
                if let Some(found) = first_await(group.stream()) {
                    return Some(found);
                }
            }
            TokenTree::Ident(word) if word == "await" && at > 0 && is(at - 1, '.') => {
                let belongs = |token: &&TokenTree| match token {
                    TokenTree::Punct(p) => matches!(p.as_char(), '.' | ':' | '?'),
                    _ => true,
                };
                let begin = at - tokens[..at].iter().rev().take_while(belongs).count();
                // How a value is shown in a log.
                let begin = begin + usize::from(is(begin, '?'));
                let end = at + 1 + usize::from(is(at + 1, '?'));
                let written = tokens[begin..end].iter().cloned().collect();
                return Some((super::source_text(written), word.span()));
            }
            _ => {}
        }
    }
    None
}

/// The labels outside of a macro's arguments to which jumps in them go.
pub(super) fn jumps(tokens: TokenStream) -> Vec<String> {
    let (mut found, mut declared) = (Vec::new(), Vec::new());
    labels(tokens, &mut found, &mut declared);
    found.retain(|label| !declared.contains(label));
    found
}

fn labels(tokens: TokenStream, jumps: &mut Vec<String>, declared: &mut Vec<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let is_jump = |at: usize| match &tokens[at] {
        TokenTree::Ident(word) => word == "break" || word == "continue",
        _ => false,
    };
    for (at, token) in tokens.iter().enumerate() {
        match (token, tokens.get(at + 1)) {
            (TokenTree::Group(group), _) => labels(group.stream(), jumps, declared),
            (TokenTree::Punct(tick), Some(TokenTree::Ident(name))) if tick.as_char() == '\'' => {
                let name = crate::names::unraw(name);
                if at > 0 && is_jump(at - 1) {
                    jumps.push(name);
                } else {
                    declared.push(name);
                }
            }
            _ => {}
        }
    }
}

/// The expressions in the arguments of a well-known macro, and the names that are given to some.
fn parse(mac: &Macro, name: &str) -> Option<(Vec<Expr>, Vec<String>)> {
    if name == "matches" {
        // `expr, pattern if guard` means a `match` of that arm.
        return mac.parse_body_with(matched).ok().map(|e| (vec![e], vec![]));
    }
    if name == "vec"
        && let Ok(repeat) = syn::parse2::<syn::ExprRepeat>(bracketed(mac).into_token_stream())
    {
        return Some((vec![*repeat.expr, *repeat.len], vec![]));
    }
    let parsed = mac
        .parse_body_with(Punctuated::<Expr, Token![,]>::parse_terminated)
        .ok()?;
    // `name = value` arguments of format strings are assignments to the parser.
    let mut named = Vec::new();
    let exprs = parsed.into_iter().map(|expr| match expr {
        Expr::Assign(assign) => {
            named.extend(super::place::root(&assign.left).map(crate::names::unraw));
            *assign.right
        }
        other => other,
    });
    let exprs = exprs.collect();
    Some((exprs, named))
}

fn matched(input: syn::parse::ParseStream<'_>) -> syn::Result<Expr> {
    let expr: Expr = input.parse()?;
    input.parse::<Token![,]>()?;
    let arm: TokenStream = input.parse()?;
    let arm = arm.into_iter().collect::<Vec<_>>();
    let comma = matches!(arm.last(), Some(TokenTree::Punct(p)) if p.as_char() == ',');
    let arm: TokenStream = arm[..arm.len() - usize::from(comma)]
        .iter()
        .cloned()
        .collect();
    syn::parse2(quote::quote!(match #expr { #arm => {} }))
}

fn bracketed(mac: &Macro) -> TokenTree {
    TokenTree::Group(proc_macro2::Group::new(
        Delimiter::Bracket,
        mac.tokens.clone(),
    ))
}

/// Names that a format string captures: `{name}`, `{name:width$.prec$}`.
pub(super) fn captures(format: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = format;
    while let Some(open) = rest.find('{') {
        rest = &rest[open + 1..];
        if let Some(after) = rest.strip_prefix('{') {
            rest = after;
            continue;
        }
        let Some(close) = rest.find('}') else { break };
        let (inside, after) = rest.split_at(close);
        rest = &after[1..];
        let (argument, spec) = inside.split_once(':').unwrap_or((inside, ""));
        let mut add = |text: &str| {
            let text = text.trim();
            let first = text
                .chars()
                .next()
                .is_some_and(|c| c.is_alphabetic() || c == '_');
            if first && text.chars().all(|c| c.is_alphanumeric() || c == '_') {
                names.push(text.to_owned());
            }
        };
        add(argument);
        for counted in spec.split('$').rev().skip(1) {
            let start = counted
                .rfind(|c: char| !(c.is_alphanumeric() || c == '_'))
                .map_or(0, |at| {
                    at + counted[at..].chars().next().map_or(1, char::len_utf8)
                });
            add(&counted[start..]);
        }
    }
    names
}

/// Identifiers that may be uses of locals. Not one that follows a `.`, nor one before a single
/// `=` or `:` (a field name, or a local that is assigned).
fn search(tokens: TokenStream, names: &mut Vec<String>, fields: &mut Vec<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let punct = |at: Option<usize>| match at.and_then(|i| tokens.get(i)) {
        Some(TokenTree::Punct(p)) => p.as_char(),
        _ => ' ',
    };
    for (i, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => search(group.stream(), names, fields),
            TokenTree::Literal(literal) => {
                if let Ok(text) = syn::parse2::<syn::LitStr>(literal.clone().into_token_stream()) {
                    names.extend(captures(&text.value()));
                }
            }
            TokenTree::Ident(ident) => {
                let (before, before2) = (punct(i.checked_sub(1)), punct(i.checked_sub(2)));
                let (after, after2) = (punct(Some(i + 1)), punct(Some(i + 2)));
                let member = before == '.' && before2 != '.';
                let field = (after == ':' && after2 != ':')
                    || (after == '=' && after2 != '=' && after2 != '>');
                let path = (before == ':' && before2 == ':')
                    || (after == ':' && after2 == ':')
                    || before == '\'';
                if member || path {
                } else if field {
                    fields.push(crate::names::unraw(ident));
                } else {
                    names.push(crate::names::unraw(ident));
                }
            }
            TokenTree::Punct(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    #[test]
    fn format_strings_capture() {
        assert_eq!(
            captures("{a} {{b}} {c:?} {:>width$.prec$} {0} {d:e$}"),
            ["a", "c", "prec", "width", "d", "e"]
        );
    }

    #[test]
    fn the_first_await_is_found() {
        let found = |tokens| first_await(tokens).map(|(written, _)| written);
        let fields = quote!(a = ?x, b = ?price(x).await?, "{}", name().await);
        assert_eq!(found(fields).as_deref(), Some("price(x).await?"));
        let inside = quote!("{}", (1, shop::total(&all[0])?.await.len()));
        assert_eq!(
            found(inside).as_deref(),
            Some("shop::total(&all[0])?.await")
        );
        assert_eq!(found(quote!(a.b, "await")), None);
    }

    #[test]
    fn names_are_searched() {
        let (mut names, mut fields) = (vec![], vec![]);
        let tokens = quote!(name = 5, field: x, y.z, a::b, "text {k}", (inner), 'l, r == s);
        search(tokens, &mut names, &mut fields);
        assert_eq!(names, ["x", "y", "k", "inner", "r", "s"]);
        assert_eq!(fields, ["name", "field"]);
    }
}
