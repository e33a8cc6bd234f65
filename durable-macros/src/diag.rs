//! The errors of the compiler: a sink that collects them, and their catalogue.
//!
//! Wording: lower case, no full stop, code in backticks; first, in one line, what is wrong here and why,
//! then `help:` what to write instead.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

/// The stable code of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    /// The attribute stands on something that is not a plain `async fn`.
    NotAsyncFn,
    /// An argument of the attribute is wrong.
    Argument,
    /// A borrow would have to live across an await.
    Borrow,
    /// An await inside a closure or an async block.
    AwaitInClosure,
    /// An await, or a jump, in the arguments of a macro.
    AwaitInMacro,
    /// `#[cfg]` on code that is lowered.
    Cfg,
    /// Saving would change the order in which things happen.
    Order,
    /// A construct that is not supported.
    Unsupported,
    /// Two suspend points with one label.
    Label,
    /// A guard is held across an await.
    Guard,
    /// A parameter that cannot be stored.
    Parameter,
    /// What is awaited cannot be stored. Most such mistakes are found by type, in the runtime.
    NotAnOperation,
    /// A closure would have to live across an await.
    Closure,
    /// Branches that run at the same time would change one variable.
    Capture,
}

impl Code {
    fn text(self) -> &'static str {
        match self {
            Self::NotAsyncFn => "D01",
            Self::Argument => "D02",
            Self::Borrow => "D04",
            Self::AwaitInClosure => "D05",
            Self::AwaitInMacro => "D06",
            Self::Cfg => "D07",
            Self::Order => "D08",
            Self::Unsupported => "D09",
            Self::Label => "D10",
            Self::Guard => "D11",
            Self::Parameter => "D12",
            Self::NotAnOperation => "D14",
            Self::Closure => "D17",
            Self::Capture => "D16",
        }
    }
}

/// The words of an error.
pub(crate) fn text(code: Code, what: &str, help: &str) -> String {
    format!("{what}\n\n  help: {help}\n  code: durable {}", code.text())
}

/// One error at the tokens of `at`.
pub(crate) fn error(at: &impl ToTokens, code: Code, what: &str, help: &str) -> syn::Error {
    syn::Error::new_spanned(at, text(code, what, help))
}

/// One error at a span.
pub(crate) fn error_at(at: Span, code: Code, what: &str, help: &str) -> syn::Error {
    syn::Error::new(at, text(code, what, help))
}

/// Collects the errors of a stage; [`Diagnostics::check`] is the barrier after it.
#[derive(Debug, Default)]
pub(crate) struct Diagnostics {
    errors: Vec<syn::Error>,
}

impl Diagnostics {
    /// Reports an error at the tokens of `at`.
    pub(crate) fn report(&mut self, at: &impl ToTokens, code: Code, what: &str, help: &str) {
        self.errors.push(error(at, code, what, help));
    }

    /// Reports an error at a span.
    pub(crate) fn report_at(&mut self, at: Span, code: Code, what: &str, help: &str) {
        self.errors.push(error_at(at, code, what, help));
    }

    /// All errors so far as one, if there are any.
    pub(crate) fn check(&mut self) -> syn::Result<()> {
        let mut errors = self.errors.drain(..);
        let Some(mut all) = errors.next() else {
            return Ok(());
        };
        all.extend(errors);
        Err(all)
    }
}

/// Errors as tokens.
pub(crate) fn compile_errors(error: &syn::Error) -> TokenStream {
    error.to_compile_error()
}
