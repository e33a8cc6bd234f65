//! What all typed constants of a workflow's messages and values have in common: a name, and types that
//! stand in no value.

/// `new`, `name` and what a constant needs to be copied and shown, for a type of a name and a
/// `PhantomData` under the field `value`.
macro_rules! named {
    ($type:ident, $what:literal) => {
        impl<T> $type<T> {
            #[doc = concat!($what, " of this name.")]
            ///
            /// # Panics
            /// If the name is empty or contains control characters; in a `const`, when it is compiled.
            #[must_use]
            pub const fn new(name: &'static str) -> Self {
                Self {
                    name: $crate::operation::named::checked(name),
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

/// The name, if it can be one: as [`check_name`](crate::id::check_name), where nothing runs yet.
pub(super) const fn checked(name: &'static str) -> &'static str {
    assert!(!name.is_empty(), "a name cannot be empty");
    let mut rest = name.as_bytes();
    while let [first, after @ ..] = rest {
        // From U+0080 to U+009F there are two bytes in UTF-8.
        let c1 = *first == 0xc2 && matches!(after, [0x80..=0x9f, ..]);
        assert!(
            *first >= 0x20 && *first != 0x7f && !c1,
            "a name cannot contain control characters"
        );
        rest = after;
    }
    name
}

#[cfg(test)]
mod tests {
    use super::checked;
    use crate::id::check_name;
    use std::panic::catch_unwind;

    #[test]
    fn what_no_id_has_no_name_has() {
        for c in ('\0'..'\u{250}').chain(['€', '\u{9fff}', '😀']) {
            for name in [format!("{c}"), format!("a{c}"), format!("é{c}b")] {
                let name: &'static str = name.leak();
                let passed = catch_unwind(|| checked(name)).is_ok();
                assert_eq!(passed, check_name("a name", name).is_ok(), "{name:?}");
            }
        }
        assert!(catch_unwind(|| checked("")).is_err());
    }
}
