//! The syntax of `select!`, which is Tokio's.

use syn::parse::{Parse, ParseStream};
use syn::{Expr, Ident, Pat, Token};

/// Skips `biased;`, which is what there is anyway.
pub(super) fn biased(input: ParseStream<'_>) -> syn::Result<()> {
    let ahead = input.fork();
    if ahead.parse::<Ident>().is_ok_and(|name| name == "biased") && ahead.peek(Token![;]) {
        input.parse::<Ident>()?;
        input.parse::<Token![;]>()?;
    }
    Ok(())
}

/// What a `select!` is given.
pub(super) struct Select {
    pub(super) branches: Vec<SelectBranch>,
    pub(super) otherwise: Option<Expr>,
}

/// `pattern = operand, if condition => handler`.
pub(super) struct SelectBranch {
    pub(super) pat: Pat,
    pub(super) operand: Expr,
    pub(super) condition: Option<Expr>,
    pub(super) handler: Expr,
}

impl Parse for Select {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        biased(input)?;
        let (mut branches, mut otherwise) = (Vec::new(), None);
        while !input.is_empty() {
            if input.peek(Token![else]) {
                input.parse::<Token![else]>()?;
                input.parse::<Token![=>]>()?;
                otherwise = Some(handler(input)?);
                if !input.is_empty() {
                    return Err(input.error("`else` is the last branch"));
                }
                break;
            }
            let pat = Pat::parse_multi(input)?;
            input.parse::<Token![=]>()?;
            let operand = input.parse()?;
            let condition = if input.peek(Token![,]) && input.peek2(Token![if]) {
                input.parse::<Token![,]>()?;
                input.parse::<Token![if]>()?;
                Some(input.parse()?)
            } else {
                None
            };
            input.parse::<Token![=>]>()?;
            branches.push(SelectBranch {
                pat,
                operand,
                condition,
                handler: handler(input)?,
            });
        }
        Ok(Self {
            branches,
            otherwise,
        })
    }
}

/// A block, with a comma after it or not; any other expression needs one, unless it is the last.
fn handler(input: ParseStream<'_>) -> syn::Result<Expr> {
    let block = input.peek(syn::token::Brace);
    let handler = if block {
        Expr::Block(input.parse()?)
    } else {
        input.parse()?
    };
    if input.peek(Token![,]) || !(block || input.is_empty()) {
        input.parse::<Token![,]>()?;
    }
    Ok(handler)
}
