//! What all typed constants of a workflow's messages and values have in common: a name, and types that
//! stand in no value.

/// `new`, `name` and what a constant needs to be copied and shown, for a type of a name and a
/// `PhantomData` under the field `value`.
macro_rules! named {
    ($type:ident, $what:literal) => {
        impl<T> $type<T> {
            #[doc = concat!($what, " of this name.")]
            #[must_use]
            pub const fn new(name: &'static str) -> Self {
                Self {
                    name,
                    value: PhantomData,
                }
            }

            /// Its name.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                self.name
            }
        }

        impl<T> Clone for $type<T> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<T> Copy for $type<T> {}

        impl<T> std::fmt::Debug for $type<T> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_tuple(stringify!($type)).field(&self.name).finish()
            }
        }
    };
}

pub(super) use named;
