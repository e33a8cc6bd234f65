//! The types of generated programs.

use std::fmt;

/// A type that can be saved, printed, cloned, compared and made by `Default`.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Ty {
    Unit,
    Bool,
    U8,
    U32,
    I64,
    F64,
    Char,
    /// `&'static str`.
    Text,
    String,
    Point,
    Shape,
    Option(Box<Ty>),
    /// With the error type of all programs.
    Result(Box<Ty>),
    Vec(Box<Ty>),
    Pair(Box<Ty>, Box<Ty>),
    /// Of three.
    Array(Box<Ty>),
    /// From strings, ordered.
    Tree(Box<Ty>),
    /// From numbers, hashed. Its order is not saved, so it is neither an argument nor printed.
    Hash(Box<Ty>),
}

impl Ty {
    pub(super) fn option(of: Ty) -> Ty {
        Ty::Option(Box::new(of))
    }

    pub(super) fn vec(of: Ty) -> Ty {
        Ty::Vec(Box::new(of))
    }

    pub(super) fn pair(a: Ty, b: Ty) -> Ty {
        Ty::Pair(Box::new(a), Box::new(b))
    }

    pub(super) fn is_copy(&self) -> bool {
        match self {
            Ty::Unit | Ty::Bool | Ty::U8 | Ty::U32 | Ty::I64 | Ty::F64 | Ty::Char | Ty::Text => {
                true
            }
            Ty::Option(of) | Ty::Array(of) => of.is_copy(),
            Ty::Pair(a, b) => a.is_copy() && b.is_copy(),
            _ => false,
        }
    }

    /// Whether all that can be seen of a value is the value.
    pub(super) fn is_shown(&self) -> bool {
        !matches!(self, Ty::Hash(_))
    }

    pub(super) fn has_no_default(&self) -> bool {
        match self {
            Ty::Result(_) => true,
            Ty::Pair(a, b) => a.has_no_default() || b.has_no_default(),
            Ty::Array(of) => of.has_no_default(),
            _ => false,
        }
    }

    /// A type of at most this depth. Never one that is not shown.
    pub(super) fn random(rng: &mut fastrand::Rng, depth: u32) -> Ty {
        let plain = [
            (Ty::U32, 9),
            (Ty::String, 6),
            (Ty::Bool, 3),
            (Ty::U8, 2),
            (Ty::I64, 3),
            (Ty::F64, 2),
            (Ty::Char, 1),
            (Ty::Text, 4),
            (Ty::Point, 3),
            (Ty::Shape, 3),
            (Ty::Unit, 1),
        ];
        if depth == 0 || rng.u32(..100) < 55 {
            let sum: u32 = plain.iter().map(|p| p.1).sum();
            let mut at = rng.u32(..sum);
            for (ty, weight) in plain {
                if at < weight {
                    return ty;
                }
                at -= weight;
            }
        }
        let of = Box::new(Ty::random(rng, depth.saturating_sub(1)));
        match rng.u32(..13) {
            0..=3 => Ty::Option(of),
            4..=6 => Ty::Vec(of),
            7 | 8 => Ty::Pair(of, Box::new(Ty::random(rng, depth.saturating_sub(1)))),
            9 | 10 => Ty::Array(of),
            11 => Ty::Result(of),
            _ => Ty::Tree(of),
        }
    }

    /// A type whose values are copied.
    pub(super) fn random_copy(rng: &mut fastrand::Rng) -> Ty {
        match rng.u32(..8) {
            0 => Ty::Bool,
            1 => Ty::I64,
            2 => Ty::Text,
            3 => Ty::option(Ty::U32),
            4 => Ty::pair(Ty::U32, Ty::Bool),
            5 => Ty::Array(Box::new(Ty::U32)),
            6 => Ty::Char,
            _ => Ty::U32,
        }
    }

    /// A constant expression of this type.
    pub(super) fn literal(&self, rng: &mut fastrand::Rng) -> String {
        match self {
            Ty::Unit => "()".to_owned(),
            Ty::Bool => rng.bool().to_string(),
            Ty::U8 => format!("{}_u8", rng.u8(..9)),
            Ty::U32 => format!("{}_u32", rng.u32(..12)),
            Ty::I64 => format!("{}_i64", rng.i64(0..50)),
            Ty::F64 => [
                "0.1_f64",
                "2.5_f64",
                "1e300_f64",
                "0.3_f64",
                "7.0_f64",
                "f64::INFINITY",
            ][rng.usize(..6)]
            .to_owned(),
            Ty::Char => ["'a'", "'z'", "'\\u{e9}'"][rng.usize(..3)].to_owned(),
            Ty::Text => ["\"\"", "\"abc\"", "\"x{y}\"", "\"7\""][rng.usize(..4)].to_owned(),
            Ty::String => ["String::new()", "\"ab\".to_owned()", "String::from(\"12\")"]
                [rng.usize(..3)]
            .to_owned(),
            Ty::Point => format!(
                "Point {{ x: {}, y: {}, name: {} }}",
                Ty::I64.literal(rng),
                Ty::U32.literal(rng),
                Ty::String.literal(rng)
            ),
            Ty::Shape => match rng.u32(..4) {
                0 => "Shape::Dot".to_owned(),
                1 => format!("Shape::Circle({})", Ty::U32.literal(rng)),
                2 => "Shape::Rect { w: 2, h: 3 }".to_owned(),
                _ => "Shape::Named(\"n\".to_owned(), vec![4, 5])".to_owned(),
            },
            Ty::Option(of) if rng.u32(..3) == 0 => format!("None::<{of}>"),
            Ty::Option(of) => format!("Some({})", of.literal(rng)),
            Ty::Result(of) if rng.u32(..3) == 0 => {
                format!("Err::<{of}, Fault>(Fault::Number(3))")
            }
            Ty::Result(of) => format!("Ok::<{of}, Fault>({})", of.literal(rng)),
            Ty::Vec(of) => match rng.usize(..4) {
                0 => format!("Vec::<{of}>::new()"),
                n => format!("vec![{}]", list(rng, of, n)),
            },
            Ty::Pair(a, b) => format!("({}, {})", a.literal(rng), b.literal(rng)),
            Ty::Array(of) => format!("[{}]", list(rng, of, 3)),
            Ty::Tree(of) => format!(
                "BTreeMap::from([(\"k\".to_owned(), {}), (\"a\".to_owned(), {})])",
                of.literal(rng),
                of.literal(rng)
            ),
            Ty::Hash(of) => format!(
                "Hash::from_iter([(3_u32, {}), (1, {}), (8, {})])",
                of.literal(rng),
                of.literal(rng),
                of.literal(rng)
            ),
        }
    }
}

fn list(rng: &mut fastrand::Rng, of: &Ty, len: usize) -> String {
    let items: Vec<_> = (0..len).map(|_| of.literal(rng)).collect();
    items.join(", ")
}

impl fmt::Display for Ty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ty::Unit => f.write_str("()"),
            Ty::Bool => f.write_str("bool"),
            Ty::U8 => f.write_str("u8"),
            Ty::U32 => f.write_str("u32"),
            Ty::I64 => f.write_str("i64"),
            Ty::F64 => f.write_str("f64"),
            Ty::Char => f.write_str("char"),
            Ty::Text => f.write_str("&'static str"),
            Ty::String => f.write_str("String"),
            Ty::Point => f.write_str("Point"),
            Ty::Shape => f.write_str("Shape"),
            Ty::Option(of) => write!(f, "Option<{of}>"),
            Ty::Result(of) => write!(f, "Result<{of}, Fault>"),
            Ty::Vec(of) => write!(f, "Vec<{of}>"),
            Ty::Pair(a, b) => write!(f, "({a}, {b})"),
            Ty::Array(of) => write!(f, "[{of}; 3]"),
            Ty::Tree(of) => write!(f, "BTreeMap<String, {of}>"),
            Ty::Hash(of) => write!(f, "Hash<u32, {of}>"),
        }
    }
}
