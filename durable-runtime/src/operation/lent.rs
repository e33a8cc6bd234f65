//! Calls of workflows that change what they are lent by `&mut`.
//!
//! ```text
//! collect(&mut state, 3).await      begins with a copy of `state`, and gives (output, its value)
//!                                   back; the caller writes the value to the place again
//! ```
//!
//! Only who has written down the place can do that, so such a call is awaited where it is made, and
//! is no [`Operation`](super::Operation).

use super::{Plan, Resolution};
use crate::Durable;
use crate::codec;
use crate::id::Timestamp;
use crate::registry::Defined;
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// A call of a workflow with `&mut` parameters, made by calling the function.
///
/// It is awaited where it is made, `helper(&mut order).await`, and what it was lent is changed when
/// it returns. It can be neither stored, started, spawned nor joined with others.
#[must_use = "a workflow does nothing unless it is awaited in another workflow"]
pub struct LentCall<'a, R, F> {
    input: Result<Vec<u8>, codec::Error>,
    places: Vec<LentPlace>,
    lent: PhantomData<&'a mut ()>,
    types: PhantomData<fn() -> (R, F)>,
}

impl<R, F> std::fmt::Debug for LentCall<'_, R, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LentCall").finish_non_exhaustive()
    }
}

impl<R, F: Defined> LentCall<'_, R, F> {
    /// Used by `#[workflow]`.
    #[doc(hidden)]
    pub fn new(input: Result<Vec<u8>, codec::Error>) -> Self {
        Self {
            input,
            places: Vec::new(),
            lent: PhantomData,
            types: PhantomData,
        }
    }

    /// Used by `#[workflow]`: notes which place the parameter with this number is.
    #[doc(hidden)]
    pub fn lent<T>(mut self, param: usize, place: &mut T) -> Self {
        let place = address(place);
        self.places.push(LentPlace { param, place });
        self
    }

    pub(crate) fn places(&self) -> Vec<LentPlace> {
        self.places.clone()
    }

    pub(crate) fn begin(self, _: Timestamp) -> Result<Plan, codec::Error> {
        Ok(Plan::Inline {
            def: F::DEF,
            input: self.input?,
        })
    }
}

impl<R: Durable, F> LentCall<'_, R, F> {
    /// After [`open`], which leaves the bytes of the output.
    pub(crate) fn complete(resolution: Resolution) -> Result<R, codec::Error> {
        match resolution {
            Resolution::Returned(output) | Resolution::Failed(output) => codec::decode(&output),
            other => Err(unexpected(&other)),
        }
    }
}

/// Which place a call was lent for a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LentPlace {
    pub(crate) param: usize,
    pub(crate) place: usize,
}

/// Where a value stands.
pub(crate) fn address<T>(place: &mut T) -> usize {
    std::ptr::from_mut(place).addr()
}

/// What such a function returns, as it is stored.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Returned {
    #[serde(with = "codec::bytes")]
    pub(crate) output: Vec<u8>,
    pub(crate) places: Vec<Place>,
}

/// The last value of one `&mut` parameter.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Place {
    /// Which parameter, counted from 0.
    pub(crate) param: usize,
    #[serde(with = "codec::bytes")]
    pub(crate) value: Vec<u8>,
}

/// Takes what a function gives back apart: its output, and the values of its parameters.
pub(crate) fn open(resolution: Resolution) -> Result<(Resolution, Vec<Place>), codec::Error> {
    match resolution {
        Resolution::Returned(bytes) | Resolution::Failed(bytes) => {
            let Returned { output, places } = codec::decode(&bytes)?;
            Ok((Resolution::Returned(output), places))
        }
        other => Err(unexpected(&other)),
    }
}

fn unexpected(found: &Resolution) -> codec::Error {
    codec::Error::custom(format_args!("a function cannot end with {found:?}"))
}
