//! Arguments of the attributes, checked at compile time.

use super::Input;
use crate::diag::{Code, Diagnostics, error, error_at};
use proc_macro2::{Ident, TokenStream};
use std::time::Duration;
use syn::meta::ParseNestedMeta;
use syn::parse::Parser;
use syn::{Expr, LitFloat, LitInt, LitStr};

/// Arguments of `#[workflow(…)]`.
#[derive(Debug, Default)]
pub(crate) struct WorkflowArgs {
    pub(crate) name: Option<String>,
    pub(crate) execution_timeout: Option<Duration>,
    pub(crate) run_timeout: Option<Duration>,
    pub(crate) retention: Option<Duration>,
    pub(crate) retry: Option<Retry>,
}

impl WorkflowArgs {
    /// What is said about runs is for functions that have runs of their own.
    pub(crate) fn fit(&self, input: &Input, diagnostics: &mut Diagnostics) {
        if self.concerns_runs() && input.is_unnamed() {
            diagnostics.report(
                &input.ident,
                Code::Argument,
                &format!(
                    "`{}` can only be awaited inside other workflows, and has no runs of its own",
                    crate::names::unraw(&input.ident)
                ),
                "remove `execution_timeout`, `run_timeout`, `retention` and `retry`, or write them at the \
                 workflow that is started",
            );
        }
    }

    /// Whether something is said about runs.
    pub(crate) fn concerns_runs(&self) -> bool {
        self.execution_timeout.is_some()
            || self.run_timeout.is_some()
            || self.retention.is_some()
            || self.retry.is_some()
    }
}

/// Arguments of `#[activity(…)]`.
#[derive(Debug, Default)]
pub(crate) struct ActivityArgs {
    pub(crate) name: Option<String>,
    pub(crate) start_to_close: Option<Duration>,
    pub(crate) schedule_to_close: Option<Duration>,
    pub(crate) schedule_to_start: Option<Duration>,
    /// Whose workers run it.
    pub(crate) queue: Option<String>,
    pub(crate) heartbeat: Option<Duration>,
    /// A variant of the runtime's `CancellationType`.
    pub(crate) cancellation: Option<Ident>,
    /// The body blocks its thread.
    pub(crate) blocking: bool,
    /// The body runs in the store's transaction.
    pub(crate) transactional: bool,
    pub(crate) retry: Retry,
}

/// What makes the body of an activity a plain `fn`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plain {
    pub(crate) argument: &'static str,
    pub(crate) why: &'static str,
}

impl ActivityArgs {
    /// Why the body is a plain `fn`, if it is one.
    pub(crate) fn plain(&self) -> Option<Plain> {
        if self.transactional {
            Some(Plain {
                argument: "transactional",
                why: "a transactional activity runs in the store's transaction, where it can wait \
                      for nothing",
            })
        } else if self.blocking {
            Some(Plain {
                argument: "blocking",
                why: "a blocking activity has a thread of its own",
            })
        } else {
            None
        }
    }

    /// What is said about attempts that can be stopped is not for those in a transaction.
    fn fit(self, tokens: &TokenStream) -> syn::Result<Self> {
        let stopped = self.start_to_close.is_some()
            || self.heartbeat.is_some()
            || self.cancellation.is_some()
            || self.blocking;
        if self.transactional && stopped {
            return Err(error(
                tokens,
                Code::Argument,
                "a transactional activity runs in one transaction, and nobody stops it",
                "remove `start_to_close`, `heartbeat`, `cancellation` and `blocking`, or \
                 `transactional`",
            ));
        }
        if self.transactional && self.queue.is_some() {
            return Err(error(
                tokens,
                Code::Argument,
                "a transactional activity runs at the worker of its workflow, whatever its queue",
                "remove `queue` or `transactional`",
            ));
        }
        Ok(self)
    }
}

/// `retry(…)`; what is not written keeps the runtime's default.
#[derive(Debug, Default)]
pub(crate) struct Retry {
    pub(crate) initial: Option<Duration>,
    pub(crate) factor: Option<f64>,
    pub(crate) max_interval: Option<Duration>,
    pub(crate) max_attempts: Option<u32>,
    pub(crate) jitter: Option<f64>,
    pub(crate) non_retryable: Option<Expr>,
    pub(crate) next_delay: Option<Expr>,
}

/// Parses the arguments of `#[workflow]`.
pub(crate) fn workflow(tokens: TokenStream) -> syn::Result<WorkflowArgs> {
    let mut args = WorkflowArgs::default();
    syn::meta::parser(|meta| match key(&meta).as_str() {
        "name" => set(&meta, &mut args.name, name),
        "execution_timeout" => set(&meta, &mut args.execution_timeout, duration),
        "run_timeout" => set(&meta, &mut args.run_timeout, duration),
        "retention" => set(&meta, &mut args.retention, duration),
        "retry" => {
            if args.retry.is_some() {
                return Err(twice(&meta));
            }
            retry(&meta, args.retry.insert(Retry::default()))
        }
        _ => Err(unknown(
            &meta,
            "name, execution_timeout, run_timeout, retention, retry",
        )),
    })
    .parse2(tokens)
    .map_err(|error| {
        coded(
            &error,
            "#[workflow(name = \"process_order\", run_timeout = \"1h\", retry(max_attempts = 3))]",
        )
    })?;
    Ok(args)
}

/// Parses the arguments of `#[activity]`.
pub(crate) fn activity(tokens: TokenStream) -> syn::Result<ActivityArgs> {
    let mut args = ActivityArgs::default();
    let (at, mut retried) = (tokens.clone(), false);
    syn::meta::parser(|meta| match key(&meta).as_str() {
        "name" => set(&meta, &mut args.name, name),
        "start_to_close" => set(&meta, &mut args.start_to_close, duration),
        "schedule_to_close" => set(&meta, &mut args.schedule_to_close, duration),
        "schedule_to_start" => set(&meta, &mut args.schedule_to_start, duration),
        "queue" => set(&meta, &mut args.queue, queue),
        "heartbeat" => set(&meta, &mut args.heartbeat, duration),
        "cancellation" => set(&meta, &mut args.cancellation, cancellation),
        "blocking" => {
            if std::mem::replace(&mut args.blocking, true) {
                return Err(twice(&meta));
            }
            Ok(())
        }
        "transactional" => {
            if std::mem::replace(&mut args.transactional, true) {
                return Err(twice(&meta));
            }
            Ok(())
        }
        "retry" => {
            if std::mem::replace(&mut retried, true) {
                return Err(twice(&meta));
            }
            retry(&meta, &mut args.retry)
        }
        _ => Err(unknown(
            &meta,
            "name, queue, start_to_close, schedule_to_close, schedule_to_start, heartbeat, \
             cancellation, blocking, transactional, retry",
        )),
    })
    .parse2(tokens)
    .map_err(|error| {
        coded(
            &error,
            "#[activity(start_to_close = \"30s\", retry(max_attempts = 5))]",
        )
    })?;
    args.fit(&at)
}

/// An error of the parser in our form.
fn coded(error: &syn::Error, example: &str) -> syn::Error {
    let text = error.to_string();
    if text.contains("code: durable") {
        return error.clone();
    }
    error_at(
        error.span(),
        Code::Argument,
        &format!("this is not how the argument is written: {text}"),
        &format!("write it as in `{example}`"),
    )
}

fn retry(meta: &ParseNestedMeta<'_>, retry: &mut Retry) -> syn::Result<()> {
    meta.parse_nested_meta(|meta| match key(&meta).as_str() {
        "initial" => set(&meta, &mut retry.initial, duration),
        "factor" => set(&meta, &mut retry.factor, |m| {
            float(m, 1.0, f64::MAX, "at least 1")
        }),
        "max_interval" => set(&meta, &mut retry.max_interval, duration),
        "max_attempts" => set(&meta, &mut retry.max_attempts, attempts),
        "jitter" => set(&meta, &mut retry.jitter, |m| {
            float(m, 0.0, 1.0, "between 0 and 1")
        }),
        "non_retryable" => set(&meta, &mut retry.non_retryable, |m| {
            of_error(m, "|error: &MyError| *error == MyError::Refused")
        }),
        "next_delay" => set(&meta, &mut retry.next_delay, |m| {
            of_error(m, "|error: &MyError| error.retry_after()")
        }),
        _ => Err(unknown(
            &meta,
            "initial, factor, max_interval, max_attempts, jitter, non_retryable, next_delay",
        )),
    })?;
    if let (Some(initial), Some(max)) = (retry.initial, retry.max_interval)
        && max < initial
    {
        return Err(error(
            &meta.path,
            Code::Argument,
            "`max_interval` is shorter than `initial`",
            "make `max_interval` at least as long as `initial`",
        ));
    }
    Ok(())
}

fn cancellation(meta: &ParseNestedMeta<'_>) -> syn::Result<Ident> {
    let lit: LitStr = meta.value()?.parse()?;
    let variant = match lit.value().as_str() {
        "try" => "Try",
        "wait" => "Wait",
        "abandon" => "Abandon",
        other => {
            return Err(error(
                &lit,
                Code::Argument,
                &format!("`{other}` is no way to cancel an activity"),
                "write \"try\" (ends the call at once, stops the body), \"wait\" (tells the body and \
                 waits for it) or \"abandon\" (ends the call at once, leaves the body alone)",
            ));
        }
    };
    Ok(Ident::new(variant, lit.span()))
}

/// A function of the activity's error.
fn of_error(meta: &ParseNestedMeta<'_>, example: &str) -> syn::Result<Expr> {
    let function: Expr = meta.value()?.parse()?;
    let key = key(meta);
    match &function {
        Expr::Lit(_) => Err(error(
            &function,
            Code::Argument,
            &format!("`{key}` is a function of the error, and not a value"),
            &format!("name a function, or write a closure: `{key} = {example}`"),
        )),
        _ => Ok(function),
    }
}

fn key(meta: &ParseNestedMeta<'_>) -> String {
    meta.path
        .get_ident()
        .map(ToString::to_string)
        .unwrap_or_default()
}

fn set<T>(
    meta: &ParseNestedMeta<'_>,
    place: &mut Option<T>,
    read: impl FnOnce(&ParseNestedMeta<'_>) -> syn::Result<T>,
) -> syn::Result<()> {
    if place.is_some() {
        return Err(twice(meta));
    }
    *place = Some(read(meta)?);
    Ok(())
}

fn unknown(meta: &ParseNestedMeta<'_>, known: &str) -> syn::Error {
    let what = format!("unknown argument `{}`", key(meta));
    error(
        &meta.path,
        Code::Argument,
        &what,
        &format!("known arguments: {known}"),
    )
}

fn twice(meta: &ParseNestedMeta<'_>) -> syn::Error {
    let what = format!("`{}` is given twice", key(meta));
    error(&meta.path, Code::Argument, &what, "remove one of them")
}

fn name(meta: &ParseNestedMeta<'_>) -> syn::Result<String> {
    let lit: LitStr = meta.value()?.parse()?;
    let text = lit.value();
    if text.is_empty() || text.contains(['/', '\0']) || text.len() > 200 {
        return Err(error(
            &lit,
            Code::Argument,
            "a persistent name has 1 to 200 bytes and no `/`",
            "choose a name like `process_order` or `billing.process_order`",
        ));
    }
    printable("a persistent name", &text, &lit)?;
    Ok(text)
}

fn queue(meta: &ParseNestedMeta<'_>) -> syn::Result<String> {
    let lit: LitStr = meta.value()?.parse()?;
    let text = lit.value();
    if text.is_empty() {
        return Err(error(
            &lit,
            Code::Argument,
            "a queue has a name",
            "write the name of the queue that its workers serve, like `gpu`, or remove `queue`",
        ));
    }
    printable("the name of a queue", &text, &lit)?;
    Ok(text)
}

/// Names are shown on terminals.
fn printable(what: &str, text: &str, lit: &LitStr) -> syn::Result<()> {
    if text.chars().any(char::is_control) {
        let what = format!("{what} has no control characters");
        let help = "remove it: a line break, a tab or an escape sequence, for example";
        return Err(error(lit, Code::Argument, &what, help));
    }
    Ok(())
}

fn attempts(meta: &ParseNestedMeta<'_>) -> syn::Result<u32> {
    let lit: LitInt = meta.value()?.parse()?;
    match lit.base10_parse() {
        Ok(0) | Err(_) => Err(error(
            &lit,
            Code::Argument,
            "`max_attempts` counts the first attempt too, so it is at least 1",
            "write `max_attempts = 1` for no retry, or leave it out for no limit",
        )),
        Ok(count) => Ok(count),
    }
}

fn float(meta: &ParseNestedMeta<'_>, min: f64, max: f64, range: &str) -> syn::Result<f64> {
    let value = meta.value()?;
    let (number, lit): (f64, Expr) = if value.peek(LitFloat) {
        let lit: LitFloat = value.parse()?;
        (lit.base10_parse()?, syn::parse_quote!(#lit))
    } else {
        let lit: LitInt = value.parse()?;
        (lit.base10_parse()?, syn::parse_quote!(#lit))
    };
    if number.is_finite() && (min..=max).contains(&number) {
        Ok(number)
    } else {
        let what = format!("`{}` must be {range}", key(meta));
        Err(error(
            &lit,
            Code::Argument,
            &what,
            "for example `factor = 2.0` or `jitter = 0.1`",
        ))
    }
}

fn duration(meta: &ParseNestedMeta<'_>) -> syn::Result<Duration> {
    let lit: LitStr = meta.value()?.parse()?;
    match parse_duration(&lit.value()) {
        Some(duration) if !duration.is_zero() => Ok(duration),
        _ => Err(error(
            &lit,
            Code::Argument,
            "not a duration",
            "write a number and a unit, more than zero: \"500ms\", \"30s\", \"5m\", \"1h30m\", \"30d\"",
        )),
    }
}

/// `"1h30m"`; units ms, s, m, h, d.
fn parse_duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut total = Duration::ZERO;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: u64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let unit = rest
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(rest.len());
        let millis = match &rest[..unit] {
            "ms" => 1,
            "s" => 1_000,
            "m" | "min" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return None,
        };
        total = total.checked_add(Duration::from_millis(number.checked_mul(millis)?))?;
        rest = rest[unit..].trim_start();
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        assert_eq!(parse_duration("1h30m"), Some(Duration::from_secs(5_400)));
        assert_eq!(parse_duration("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(
            parse_duration("30d"),
            Some(Duration::from_secs(30 * 86_400))
        );
        for wrong in ["", "5", "s", "5 parsecs", "-1s", "99999999999999999999s"] {
            assert_eq!(parse_duration(wrong), None, "{wrong}");
        }
    }
}
