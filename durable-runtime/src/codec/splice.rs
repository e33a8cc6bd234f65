//! Values made of encoded values, without their types.

use super::{Error, read, tag};

/// An enum variant that holds a value.
pub(crate) fn variant(name: &str, value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len() + name.len() + 2);
    out.push(value.first().copied().unwrap_or(tag::FORMAT));
    out.push(tag::VARIANT);
    tag::put_varint(&mut out, name.len() as u64);
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(value.get(1..).unwrap_or_default());
    out
}

/// What the enum variant called `name` holds.
pub(crate) fn held(name: &str, value: &[u8]) -> Result<Vec<u8>, Error> {
    let (mut reader, _) = read::Reader::open(value)?;
    match reader.head()? {
        read::Head::Variant(found) if found == name => {}
        _ => return Err(Error::custom(format_args!("a value that is not `{name}`"))),
    }
    Ok([&value[..1], reader.rest()].concat())
}

/// A sequence of values.
pub(crate) fn sequence(values: &[Vec<u8>]) -> Vec<u8> {
    let mut out = vec![format(values.iter().map(Vec::as_slice))];
    out.push(tag::SEQ);
    tag::put_varint(&mut out, values.len() as u64);
    for value in values {
        out.extend_from_slice(value.get(1..).unwrap_or_default());
    }
    out
}

/// A struct with these fields.
pub(crate) fn fields(fields: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = vec![format(fields.iter().map(|(_, value)| *value))];
    out.push(tag::MAP);
    tag::put_varint(&mut out, fields.len() as u64);
    for (name, value) in fields {
        tag::put_str(&mut out, name);
        out.extend_from_slice(value.get(1..).unwrap_or_default());
    }
    out
}

/// The first byte of what is made of these: one that was made from JSON makes all of it lenient.
fn format<'a>(mut values: impl Iterator<Item = &'a [u8]>) -> u8 {
    let json = values.find_map(|v| v.first().copied().filter(|first| *first != tag::FORMAT));
    json.unwrap_or(tag::FORMAT)
}
