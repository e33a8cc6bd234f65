//! Texts for people, no longer than people read.

/// How much of a reason or an error is kept for people, in bytes; an error itself is kept whole,
/// encoded.
pub(crate) const REASON_BYTES_MAX: usize = 4096;

/// A text for people, cut to a length that is no burden.
pub(crate) fn shortened(mut text: String) -> String {
    if text.len() > REASON_BYTES_MAX {
        let cut = (0..=REASON_BYTES_MAX)
            .rev()
            .find(|at| text.is_char_boundary(*at));
        text.truncate(cut.unwrap_or(0));
        text.push('…');
    }
    text
}
