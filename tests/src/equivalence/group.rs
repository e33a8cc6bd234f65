//! Several functions that call each other, compiled twice.

/// Compiles functions twice and compares the two on each call; see the [module](super). Those
/// under `#[workflow]` are machines in the one copy and plain functions in the other. Calls with which the plain
/// functions panic stand after `panics:`.
#[macro_export]
macro_rules! equivalent_group {
    (in machines; $name:ident: $($rest:tt)*) => {
        $crate::equivalent_group! { @ compare_machines; $name: $($rest)* }
    };
    ($name:ident: $($rest:tt)*) => {
        $crate::equivalent_group! { @ compare; $name: $($rest)* }
    };
    (
        @ $compare:ident;
        $name:ident: $($function:ident $args:tt),+ $(,)?;
        panics: $($panic:ident $with:tt),+ $(,)?; $($items:tt)*
    ) => {
        $crate::equivalent_group! {
            @ $compare; $name [$(Returns $function $args)+ $(Panics $panic $with)+] $($items)*
        }
    };
    (@ $compare:ident; $name:ident: $($function:ident $args:tt),+ $(,)?; $($items:tt)*) => {
        $crate::equivalent_group! { @ $compare; $name [$(Returns $function $args)+] $($items)* }
    };
    (
        @ $compare:ident;
        $name:ident [$($ends:ident $function:ident ($($arg:expr),* $(,)?))+] $($items:tt)*
    ) => {
        mod $name {
            #[allow(unused_imports, reason = "not every function needs what stands beside it")]
            use super::*;
            mod plain {
                #[allow(unused_imports, reason = "not every function needs all of it")]
                use {super::*, $crate::equivalence::ops::plain::*};
                $crate::without_attribute! { [] $($items)* }
            }
            mod durable {
                #[allow(unused_imports, reason = "not every function needs all of it")]
                use {super::*, $crate::equivalence::{ops::durable::*, workflow}};
                $($items)*
            }
            #[test]
            fn equivalence() {
                $($crate::equivalence::$compare(
                    $crate::equivalence::Ends::$ends,
                    || plain::$function($($arg),*),
                    durable::$function($($arg),*),
                );)+
            }
        }
    };
}

/// Leaves out each `#[workflow]`, and makes the functions visible.
#[doc(hidden)]
#[macro_export]
macro_rules! without_attribute {
    ([$($out:tt)*]) => { $($out)* };
    ([$($out:tt)*] # [workflow $($args:tt)*] $($rest:tt)*) => {
        $crate::without_attribute! { [$($out)*] $($rest)* }
    };
    ([$($out:tt)*] $next:tt $($rest:tt)*) => {
        $crate::without_attribute! { [$($out)* $next] $($rest)* }
    };
}
