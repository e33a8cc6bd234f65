//! The chain: order, what is not coded, and what cannot be decoded.

use super::super::context::{Column, Context, Place};
use super::super::{CodecFailure, Coded, PayloadCodec, text};
use super::Codecs;

/// Adds its own name, and demands that it stands there.
#[derive(Debug)]
struct Stamp(&'static str);

impl PayloadCodec for Stamp {
    fn name(&self) -> &'static str {
        self.0
    }

    fn encode(&self, _: &Context<'_>, plain: &[u8]) -> Result<Option<Coded>, CodecFailure> {
        assert!(!plain.starts_with(b"panic"), "oh");
        if plain.starts_with(b"small") {
            return Ok(None);
        }
        Ok(Some(Coded {
            key: "k".to_owned(),
            bytes: [plain, self.0.as_bytes()].concat(),
        }))
    }

    fn decode(&self, _: &Context<'_>, key: &str, coded: &[u8]) -> Result<Vec<u8>, CodecFailure> {
        assert_eq!(key, "k");
        let plain = coded.strip_suffix(self.0.as_bytes());
        plain
            .map(<[u8]>::to_vec)
            .ok_or_else(|| CodecFailure::new("and its stamp is missing"))
    }
}

/// Remembers nothing and binds everything: the bytes are the context.
#[derive(Debug)]
struct Bound;

impl PayloadCodec for Bound {
    fn name(&self) -> &'static str {
        "bound"
    }

    fn encode(&self, context: &Context<'_>, plain: &[u8]) -> Result<Option<Coded>, CodecFailure> {
        let bytes = [&context.associated_data(), plain].concat();
        Ok(Some(Coded {
            key: String::new(),
            bytes,
        }))
    }

    fn decode(
        &self,
        context: &Context<'_>,
        _: &str,
        coded: &[u8],
    ) -> Result<Vec<u8>, CodecFailure> {
        let plain = coded.strip_prefix(context.associated_data().as_slice());
        plain
            .map(<[u8]>::to_vec)
            .ok_or_else(|| CodecFailure::new("and stood elsewhere"))
    }
}

fn place(column: Column) -> Place<'static> {
    Place::new("w", None, column)
}

fn input() -> Place<'static> {
    place(Column::Input)
}

fn ab() -> Codecs {
    Codecs::new().with(Stamp("a")).with(Stamp("b"))
}

#[test]
fn codecs_are_applied_in_their_order_and_taken_off_the_other_way_round() {
    let coded = ab().encode(&input(), b"plain").unwrap();
    assert!(coded.ends_with(b"plainab"), "{coded:?}");
    assert_eq!(ab().decode(&input(), &coded), Ok(Some(b"plain".to_vec())));
    // The value says how it was coded, so the order here does not matter for it.
    let reordered = Codecs::new()
        .retired(Stamp("b"))
        .with(Stamp("c"))
        .retired(Stamp("a"));
    assert_eq!(
        reordered.decode(&input(), &coded),
        Ok(Some(b"plain".to_vec()))
    );
}

#[test]
fn what_a_codec_leaves_alone_is_marked_all_the_same() {
    let coded = ab().encode(&input(), b"small").unwrap();
    assert_eq!(ab().decode(&input(), &coded), Ok(Some(b"small".to_vec())));
    // Else a value that begins as a coded one does would be taken for one.
    assert_eq!(coded[0], 0xd3);
}

#[test]
fn values_from_before_are_read_as_they_are() {
    assert_eq!(ab().decode(&input(), &[0xd1, 1]), Ok(None));
    assert_eq!(ab().decode(&input(), b""), Ok(None));
}

#[test]
fn an_unknown_codec_is_named() {
    let coded = ab().encode(&input(), b"plain").unwrap();
    let error = Codecs::new()
        .with(Stamp("a"))
        .decode(&input(), &coded)
        .unwrap_err();
    let expected = "encoded by `b` with key `k`, which is not among the codecs here (a)";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_codec_that_panics_has_failed() {
    let error = ab().encode(&input(), b"panic").unwrap_err();
    assert_eq!(error.to_string(), "the codec `a` panicked: oh");
}

#[test]
fn what_could_not_be_decoded_is_not_encoded_again() {
    let coded = ab().encode(&input(), b"plain").unwrap();
    let error = ab().encode(&input(), &coded).unwrap_err();
    let expected =
        "a value that could not be decoded is not stored again: encoded by `b` with key `k`";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn every_part_of_a_place_binds() {
    let codecs = Codecs::new().with(Stamp("a")).with(Bound);
    let one = input().item("1");
    let coded = codecs.encode(&one, b"plain").unwrap();
    assert_eq!(codecs.decode(&one, &coded), Ok(Some(b"plain".to_vec())));
    let run = Some(crate::id::RunId(1));
    for other in [
        Place::new("v", None, Column::Input).item("1"),
        Place::new("w", run, Column::Input).item("1"),
        place(Column::Output).item("1"),
        input().item("2"),
        input(),
    ] {
        let error = codecs.decode(&other, &coded).unwrap_err();
        assert_eq!(
            error.to_string(),
            "encoded by `bound`, and stood elsewhere",
            "{other:?}"
        );
    }
    // And so does what was done before.
    let mut changed = coded.clone();
    let at = changed.iter().position(|byte| *byte == b'k').unwrap();
    changed[at] = b'l';
    assert!(codecs.decode(&one, &changed).is_err());
}

#[test]
fn texts_are_coded_too() {
    let error = place(Column::Error);
    let mut coded = text::encode(&ab(), &error, "no stock").unwrap();
    assert!(!coded.contains("no stock"));
    assert_eq!(
        text::shown(coded.clone()),
        "(cannot be shown: encoded by `b` with key `k`)"
    );
    text::decode(&ab(), &error, &mut coded);
    assert_eq!(coded, "no stock");
    let mut plain = "from before".to_owned();
    text::decode(&ab(), &error, &mut plain);
    assert_eq!(text::shown(plain), "from before");
}
