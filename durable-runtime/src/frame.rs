//! The record that a workflow leaves at an await: everything another process needs to go on.
//!
//! A frame is self-describing and works by name: the workflow, the suspend point's label, each
//! saved local under its own name and encoded on its own, the operation that is awaited, and the
//! frames of branches that run inside. Bytes in, bytes out; nothing here knows user types.

use crate::codec;
use crate::codec::limits::FRAME_BYTES_MAX;
use crate::operation::{Request, Resolution};
use serde::{Deserialize, Serialize};

/// The first bytes of every stored frame: a magic word and the version of its layout.
const MAGIC: [u8; 4] = *b"DFR\x01";

/// A frame could not be encoded or decoded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The bytes do not begin as a frame does.
    #[error("these bytes are not a frame")]
    NotAFrame,
    /// The frame was written by a newer version of this library.
    #[error("the frame has layout {0}, this binary knows layout {ours}", ours = MAGIC[3])]
    Layout(u8),
    /// The frame is larger than [`FRAME_BYTES_MAX`].
    #[error("the frame has {0} bytes, and at most {FRAME_BYTES_MAX} are allowed")]
    TooLarge(usize),
    /// The contents do not encode or decode.
    #[error("the frame: {0}")]
    Codec(#[from] codec::Error),
}

/// One saved local: its name in the function and its encoded value ([`crate::codec`]).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedLocal {
    /// The local's stable name (`order`, `x#2`, `item.at`, `charge.arg0`).
    pub name: String,
    /// Its value, encoded by [`crate::codec::encode`].
    #[serde(with = "crate::codec::bytes")]
    pub value: Vec<u8>,
}

/// A workflow stopped at one suspend point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// The workflow's persistent name.
    pub workflow: String,
    /// The label of the suspend point at which it stopped.
    pub label: String,
    /// Digest of the label, the names and the shapes of the saved locals, by the binary that
    /// wrote it. It informs; whether the locals decode decides.
    pub fingerprint: u64,
    /// The locals that are needed after this await.
    pub locals: Vec<SavedLocal>,
    /// What is awaited; `None` for a frame that only joins its children.
    pub request: Option<Request>,
    /// The answer, if it is known already: the code could not go on with it (a panic, a type that
    /// does not fit), and it is kept so that the operation is not carried out again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Resolution>,
    /// Whether the code was told of a cancellation at an earlier await.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cancelled: bool,
    /// Frames of the branches that run inside this await, in source order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<Frame>,
}

impl Frame {
    /// The encoded value of the local called `name`.
    #[must_use]
    pub fn local(&self, name: &str) -> Option<&[u8]> {
        self.locals
            .iter()
            .find(|l| l.name == name)
            .map(|l| l.value.as_slice())
    }

    /// The bytes that are stored.
    ///
    /// # Errors
    /// [`FrameError::TooLarge`], or [`FrameError::Codec`] when branches nest too deep.
    pub fn encode(&self) -> Result<Vec<u8>, FrameError> {
        let mut bytes = MAGIC.to_vec();
        codec::encode_into(&mut bytes, self)?;
        if bytes.len() > FRAME_BYTES_MAX {
            return Err(FrameError::TooLarge(bytes.len()));
        }
        Ok(bytes)
    }

    /// Reads stored bytes back. The locals stay encoded.
    ///
    /// # Errors
    /// [`FrameError::NotAFrame`] and [`FrameError::Layout`] by the first bytes, or
    /// [`FrameError::Codec`] when the contents are damaged.
    pub fn decode(bytes: &[u8]) -> Result<Self, FrameError> {
        let (magic, contents) = bytes.split_first_chunk().ok_or(FrameError::NotAFrame)?;
        if magic[..3] != MAGIC[..3] {
            return Err(FrameError::NotAFrame);
        }
        if *magic != MAGIC {
            return Err(FrameError::Layout(magic[3]));
        }
        Ok(codec::decode(contents)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::{ActivityOptions, ActivityRequest};

    fn frame() -> Frame {
        let local = |name: &str, value: u64| SavedLocal {
            name: name.into(),
            value: codec::encode(&value).unwrap(),
        };
        let child = Frame {
            workflow: "process_order".into(),
            label: "join.0.sleep".into(),
            fingerprint: u64::MAX,
            locals: vec![local("left", 3)],
            request: Some(Request::Timer {
                due: crate::id::Timestamp(1_700_000_000_000),
            }),
            answer: Some(Resolution::Returned(vec![1, 2])),
            cancelled: true,
            children: Vec::new(),
        };
        Frame {
            workflow: "process_order".into(),
            label: "charge".into(),
            fingerprint: 0x0123_4567_89ab_cdef,
            locals: vec![local("order", 42), local("x#2", 7)],
            request: Some(Request::Activity(ActivityRequest {
                name: "charge".into(),
                args: codec::ArgsBuilder::new()
                    .arg("order", "o-1")
                    .finish()
                    .unwrap(),
                options: ActivityOptions::default(),
                begun: crate::id::Timestamp(-1),
            })),
            answer: None,
            cancelled: false,
            children: vec![child],
        }
    }

    #[test]
    fn a_frame_comes_back_as_it_was() {
        let frame = frame();
        assert_eq!(Frame::decode(&frame.encode().unwrap()), Ok(frame));
    }

    #[test]
    fn other_bytes_are_refused_by_their_beginning() {
        let good = frame().encode().unwrap();
        assert_eq!(Frame::decode(b""), Err(FrameError::NotAFrame));
        assert_eq!(
            Frame::decode(b"{\"workflow\":1}"),
            Err(FrameError::NotAFrame)
        );
        let newer = [b"DFR\x02", &good[4..]].concat();
        assert_eq!(Frame::decode(&newer), Err(FrameError::Layout(2)));
    }

    #[test]
    fn a_truncated_frame_is_an_error_at_every_length() {
        let good = frame().encode().unwrap();
        for len in 0..good.len() {
            assert!(Frame::decode(&good[..len]).is_err(), "{len} bytes");
        }
    }

    #[test]
    fn a_large_frame_is_refused() {
        let mut frame = frame();
        for local in &mut frame.locals {
            local.value = vec![0; crate::codec::limits::PAYLOAD_BYTES_MAX];
        }
        assert!(matches!(frame.encode(), Err(FrameError::TooLarge(n)) if n > FRAME_BYTES_MAX));
    }
}
