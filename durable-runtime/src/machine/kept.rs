//! Saved locals without their types: what generated code does to all of them at once. Not public
//! API.
//!
//! ```text
//! cx.load(point, frame, [(0, slot a), (2, slot c)])      into empty slots
//! cx.save(point, [(0, slot a), (2, slot c)])             out of them
//! cx.check(point, frame, [type a, type b, type c])       and `describe`: no values
//! ```
//!
//! Written out instead, a decode, a check and an encode of each local would be most of what rustc
//! has to compile of a workflow; here they are compiled once for each type. A machine lists what is
//! its own: other numbers of the table belong to machines of branches.

use super::cx::{Cx, Said};
use super::saved::Data;
use crate::codec;
use crate::frame::{Frame, SavedLocal};
use std::fmt;

/// The type of a saved local.
pub trait Typed {
    /// Decodes a value and drops it.
    ///
    /// # Errors
    /// When the bytes are not a value of the type.
    fn check(&self, bytes: &[u8]) -> Result<(), codec::Error>;

    /// The name and the shape of the type.
    fn describe(&self) -> (&'static str, String);
}

impl<T> Typed for Data<T> {
    fn check(&self, bytes: &[u8]) -> Result<(), codec::Error> {
        self.decode(bytes).map(drop)
    }

    fn describe(&self) -> (&'static str, String) {
        (std::any::type_name::<T>(), self.shape())
    }
}

/// A slot to be filled.
pub trait Load {
    /// Decodes its value.
    ///
    /// # Errors
    /// When the bytes are not a value of its type.
    fn load(&mut self, bytes: &[u8]) -> Result<(), codec::Error>;
}

/// A value to be stored.
pub trait Save {
    /// Encodes it.
    ///
    /// # Errors
    /// When its `Serialize` fails.
    ///
    /// # Panics
    /// When its slot is empty: a bug in the macro, since a live local is initialised.
    fn save(&self) -> Result<Vec<u8>, codec::Error>;
}

/// A place, and how its values are stored.
pub struct Kept<P, T> {
    place: P,
    data: Data<T>,
}

impl<P, T> fmt::Debug for Kept<P, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::any::type_name::<Self>())
    }
}

/// A slot to be filled.
pub fn slot<T>(slot: &mut Option<T>, data: Data<T>) -> Kept<&mut Option<T>, T> {
    Kept { place: slot, data }
}

/// A slot to be saved.
pub fn keep<T>(slot: &Option<T>, data: Data<T>) -> Kept<Option<&T>, T> {
    let place = slot.as_ref();
    Kept { place, data }
}

/// A variable in the care of a branch, to be saved.
pub fn care<T>(value: &T, data: Data<T>) -> Kept<Option<&T>, T> {
    let place = Some(value);
    Kept { place, data }
}

impl<T> Load for Kept<&mut Option<T>, T> {
    fn load(&mut self, bytes: &[u8]) -> Result<(), codec::Error> {
        *self.place = Some(self.data.decode(bytes)?);
        Ok(())
    }
}

impl<T> Save for Kept<Option<&T>, T> {
    fn save(&self) -> Result<Vec<u8>, codec::Error> {
        let value = self.place.expect("a live local is initialised");
        self.data.encode(value)
    }
}

/// What the generated code calls.
#[doc(hidden)]
impl Cx {
    /// Fills the slots of suspend point `point` from a frame; answers whether all of it fits, else
    /// the machine is blocked. What is not in the list is there already.
    #[must_use]
    pub fn load(&self, point: usize, frame: &Frame, slots: &mut [(u16, &mut dyn Load)]) -> bool {
        let def = self.def();
        let mut fits = true;
        for &number in def.points[point].locals {
            let Some((_, slot)) = slots.iter_mut().find(|(n, _)| *n == number) else {
                continue;
            };
            let name = def.locals[usize::from(number)].name;
            if let Err(error) = stored(frame, name).and_then(|bytes| slot.load(bytes)) {
                self.refuse(name, &error);
                fits = false;
            }
        }
        fits
    }

    /// Saves the locals of suspend point `point`: it can be stored. If one cannot be encoded, the
    /// machine is blocked.
    ///
    /// # Panics
    /// When a local of the point is not in the list: a bug in the macro.
    pub fn save(&self, point: usize, values: &[(u16, &dyn Save)]) {
        let def = self.def();
        let numbers = def.points[point].locals;
        let mut saved = Vec::with_capacity(numbers.len());
        self.stands_at(point);
        for &number in numbers {
            let value = values.iter().find(|(n, _)| *n == number);
            let (_, value) = value.expect("a machine saves what is its own");
            let name = def.locals[usize::from(number)].name;
            match value.save() {
                Ok(value) => saved.push(SavedLocal {
                    name: name.to_owned(),
                    value,
                }),
                Err(error) => return self.refuse(name, &error),
            }
        }
        self.node().lock().locals = saved;
    }

    /// [`Entry::Check`](super::Entry::Check): which locals of suspend point `point` do not decode
    /// from a frame.
    pub fn check(&self, point: usize, frame: &Frame, types: &[&dyn Typed]) {
        let def = self.def();
        for &local in def.points[point].locals {
            let (name, ty) = (
                def.locals[usize::from(local)].name,
                types[usize::from(local)],
            );
            if let Err(error) = stored(frame, name).and_then(|bytes| ty.check(bytes)) {
                self.say(Said::Problem { local, error });
            }
        }
    }

    /// [`Entry::Describe`](super::Entry::Describe): the types of all locals.
    pub fn describe(&self, types: &[&dyn Typed]) {
        for (local, ty) in (0..).zip(types) {
            let (type_name, shape) = ty.describe();
            self.say(Said::Type {
                local,
                type_name,
                shape,
            });
        }
    }
}

fn stored<'a>(frame: &'a Frame, name: &str) -> Result<&'a [u8], codec::Error> {
    let missing = || codec::Error::custom("it is missing in the stored frame");
    frame.local(name).ok_or_else(missing)
}
