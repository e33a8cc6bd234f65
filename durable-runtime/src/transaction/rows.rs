//! Parameters of statements and rows of queries, as tuples.

use super::error::TransactionError;
use super::value::{FromValue, Value};

/// Parameters of a statement: a tuple of up to twelve values, an array of equal ones, or a `Vec` of
/// [`Value`]; `()` for none.
pub trait Params {
    /// The values, in order.
    fn values(self) -> Vec<Value>;
}

/// A row of a query: a tuple of up to twelve columns, or a `Vec` of [`Value`].
pub trait FromRow: Sized {
    /// Takes the columns of a row.
    ///
    /// # Errors
    /// When there are more or fewer, or one has another type.
    fn from_row(row: Vec<Value>) -> Result<Self, TransactionError>;
}

impl Params for () {
    fn values(self) -> Vec<Value> {
        Vec::new()
    }
}

impl Params for Vec<Value> {
    fn values(self) -> Vec<Value> {
        self
    }
}

impl<T: Into<Value>, const N: usize> Params for [T; N] {
    fn values(self) -> Vec<Value> {
        self.map(Into::into).into()
    }
}

impl FromRow for Vec<Value> {
    fn from_row(row: Vec<Value>) -> Result<Self, TransactionError> {
        Ok(row)
    }
}

fn column<T: FromValue>(
    row: &mut impl Iterator<Item = Value>,
    column: usize,
) -> Result<T, TransactionError> {
    T::from_value(row.next().unwrap_or(Value::Null)).map_err(|found| TransactionError::Column {
        column,
        expected: T::NAME.to_owned(),
        found: found.name().to_owned(),
    })
}

macro_rules! tuples {
    ($($len:literal: $($at:literal $ty:ident)*;)*) => {
        $(
            impl<$($ty: Into<Value>),*> Params for ($($ty,)*) {
                #[expect(non_snake_case, reason = "one name for the type and its value")]
                fn values(self) -> Vec<Value> {
                    let ($($ty,)*) = self;
                    vec![$($ty.into()),*]
                }
            }

            impl<$($ty: FromValue),*> FromRow for ($($ty,)*) {
                fn from_row(row: Vec<Value>) -> Result<Self, TransactionError> {
                    if row.len() != $len {
                        let (expected, found) = ($len, row.len());
                        return Err(TransactionError::Columns { expected, found });
                    }
                    let mut row = row.into_iter();
                    Ok(($(column::<$ty>(&mut row, $at)?,)*))
                }
            }
        )*
    };
}

tuples! {
    1: 1 A;
    2: 1 A 2 B;
    3: 1 A 2 B 3 C;
    4: 1 A 2 B 3 C 4 D;
    5: 1 A 2 B 3 C 4 D 5 E;
    6: 1 A 2 B 3 C 4 D 5 E 6 F;
    7: 1 A 2 B 3 C 4 D 5 E 6 F 7 G;
    8: 1 A 2 B 3 C 4 D 5 E 6 F 7 G 8 H;
    9: 1 A 2 B 3 C 4 D 5 E 6 F 7 G 8 H 9 I;
    10: 1 A 2 B 3 C 4 D 5 E 6 F 7 G 8 H 9 I 10 J;
    11: 1 A 2 B 3 C 4 D 5 E 6 F 7 G 8 H 9 I 10 J 11 K;
    12: 1 A 2 B 3 C 4 D 5 E 6 F 7 G 8 H 9 I 10 J 11 K 12 L;
}
