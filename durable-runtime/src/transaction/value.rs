//! Values of columns and parameters.

/// A value in a row, or a parameter of a statement.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `NULL`.
    Null,
    /// A whole number, or a bool as 0 or 1.
    Integer(i64),
    /// A floating-point number.
    Real(f64),
    /// Text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

impl Value {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Null => "NULL",
            Self::Integer(_) => "an integer",
            Self::Real(_) => "a floating-point number",
            Self::Text(_) => "a text",
            Self::Blob(_) => "a blob",
        }
    }
}

macro_rules! from {
    ($($ty:ty => |$own:ident| $value:expr;)*) => {
        $(impl From<$ty> for Value {
            fn from($own: $ty) -> Self {
                $value
            }
        })*
    };
}

from! {
    i64 => |own| Self::Integer(own);
    i32 => |own| Self::Integer(own.into());
    i16 => |own| Self::Integer(own.into());
    i8 => |own| Self::Integer(own.into());
    u32 => |own| Self::Integer(own.into());
    u16 => |own| Self::Integer(own.into());
    u8 => |own| Self::Integer(own.into());
    bool => |own| Self::Integer(own.into());
    f64 => |own| Self::Real(own);
    f32 => |own| Self::Real(own.into());
    String => |own| Self::Text(own);
    &String => |own| Self::Text(own.clone());
    &str => |own| Self::Text(own.to_owned());
    Vec<u8> => |own| Self::Blob(own);
    &[u8] => |own| Self::Blob(own.to_vec());
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(own: Option<T>) -> Self {
        own.map_or(Self::Null, Into::into)
    }
}

/// What a column can be read as.
pub trait FromValue: Sized {
    /// What it is called in an error.
    const NAME: &'static str;

    /// Takes the value, or gives it back if it is of another type.
    ///
    /// # Errors
    /// With the value.
    fn from_value(value: Value) -> Result<Self, Value>;
}

macro_rules! integers {
    ($($ty:ty)*) => {
        $(impl FromValue for $ty {
            const NAME: &'static str = stringify!($ty);

            fn from_value(value: Value) -> Result<Self, Value> {
                match value {
                    Value::Integer(own) => own.try_into().map_err(|_| value),
                    other => Err(other),
                }
            }
        })*
    };
}

integers! { i64 i32 i16 i8 u64 u32 u16 u8 usize }

macro_rules! others {
    ($($ty:ty, $name:literal: $pattern:pat => $own:expr;)*) => {
        $(impl FromValue for $ty {
            const NAME: &'static str = $name;

            fn from_value(value: Value) -> Result<Self, Value> {
                match value {
                    $pattern => Ok($own),
                    other => Err(other),
                }
            }
        })*
    };
}

others! {
    bool, "bool": Value::Integer(own @ (0 | 1)) => own == 1;
    f64, "f64": Value::Real(own) => own;
    String, "String": Value::Text(own) => own;
    Vec<u8>, "Vec<u8>": Value::Blob(own) => own;
}

impl FromValue for Value {
    const NAME: &'static str = "value";

    fn from_value(value: Value) -> Result<Self, Value> {
        Ok(value)
    }
}

impl<T: FromValue> FromValue for Option<T> {
    const NAME: &'static str = T::NAME;

    fn from_value(value: Value) -> Result<Self, Value> {
        match value {
            Value::Null => Ok(None),
            other => T::from_value(other).map(Some),
        }
    }
}
