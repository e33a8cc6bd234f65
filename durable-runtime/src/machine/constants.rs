//! Borrows of constants and statics, which are the same wherever they are made. Not public API.
//!
//! ```text
//! for step in STEPS { run(step).await; }        saved: step.at
//! let first = &STEPS[0];                        saved: nothing
//! ```

/// A constant or a `static`. What is no `'static` borrow of it would be another one each time.
pub fn constant<T: ?Sized>(place: &'static T) -> &'static T {
    place
}

/// A constant that a loop goes over; only rustc knows whether that is a borrow.
#[derive(Debug)]
pub struct Constant<T>(pub T);

impl<T> Constant<T> {
    /// Its value.
    pub fn __durable_constant(self) -> T {
        self.0
    }
}
