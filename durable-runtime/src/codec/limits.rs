//! The sizes beyond which the runtime refuses a value, with an error instead of a slow database.

/// The largest encoded value, in bytes (2 MiB): one argument list, result or saved local.
///
/// [`crate::codec::encode`] refuses larger ones. Keep big data elsewhere and pass a reference.
pub const PAYLOAD_BYTES_MAX: usize = 2 * 1024 * 1024;

/// The largest encoded frame, in bytes (4 MiB): all saved locals of one await together.
///
/// [`crate::frame::Checkpoint::encode`] refuses larger ones. A frame is written at every await, so a
/// good one is a few hundred bytes.
pub const FRAME_BYTES_MAX: usize = 4 * 1024 * 1024;

/// How deep an encoded value may nest: sequences, maps, `Some` and enum payloads count one each.
///
/// Checked when encoding, so that nothing is stored that could not be read again, and when
/// decoding, so that hostile bytes cannot exhaust the stack.
pub const NESTING_MAX: u16 = 128;

/// How deep functions may await each other inline, and branches stand in branches (100).
///
/// A deeper call blocks the run, with words; nothing is lost. Checked when a stored frame is read,
/// too.
pub const INLINE_DEPTH_MAX: usize = 100;

/// How much distinct text may be kept for the life of the process to decode `&'static str` and
/// `&'static [u8]`, in bytes (16 MiB).
pub const INTERNED_BYTES_MAX: usize = 16 * 1024 * 1024;
