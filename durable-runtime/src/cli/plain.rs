//! Text that came from data, as a terminal may see it: nothing in it moves the cursor, speaks to the
//! terminal, or changes the direction in which the rest is read.

use super::style::PALETTE;
use std::borrow::Cow;
use std::fmt::Write as _;

/// C0 (line breaks and ESC included), DEL, C1, what separates lines and paragraphs, and what
/// overrides the direction of text.
fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text with all of that as it is written in source code: `\n`, `\x1b`, `\u{202e}`.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    if !text.contains(is_harmful) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\t' | '\n' | '\r' => shown.extend(c.escape_default()),
            c if c.is_ascii_control() => {
                let _ = write!(shown, "\\x{:02x}", u32::from(c));
            }
            c if is_harmful(c) => shown.extend(c.escape_unicode()),
            c => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// The same for JSON, which stays what it was: only in texts of it can there be such characters.
pub(crate) fn plain_json(json: &str) -> String {
    let mut shown = String::with_capacity(json.len());
    for c in json.chars() {
        if is_harmful(c) && c != '\n' {
            let _ = write!(shown, "\\u{:04x}", u32::from(c));
        } else {
            shown.push(c);
        }
    }
    shown
}

/// The same for a line that has our own colours in it, which stay.
pub(crate) fn painted(line: &str) -> Cow<'_, str> {
    if !line.contains('\u{1b}') {
        return plain(line);
    }
    let mut shown = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find('\u{1b}') {
        shown += &plain(&rest[..at]);
        rest = &rest[at..];
        let own = PALETTE.iter().find(|code| rest.starts_with(**code));
        let code = own.map_or("\u{1b}", |code| *code);
        if own.is_some() {
            shown += code;
        } else {
            shown += &plain(code);
        }
        rest = &rest[code.len()..];
    }
    shown += &plain(rest);
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::style::{self, paint};
    use anstyle::Style;

    #[test]
    fn what_a_terminal_would_obey_is_shown() {
        for (text, shown) in [
            (
                "jane's order, déjà vu — 書 🎉",
                "jane's order, déjà vu — 書 🎉",
            ),
            ("a\nb\r\n\tc", "a\\nb\\r\\n\\tc"),
            ("\u{1b}]0;owned\u{7}", "\\x1b]0;owned\\x07"),
            ("\u{1b}[31mred\u{1b}[0m", "\\x1b[31mred\\x1b[0m"),
            ("\u{9b}2J\u{7f}\0", "\\u{9b}2J\\x7f\\x00"),
            ("user\u{202e}nimda\u{2066}", "user\\u{202e}nimda\\u{2066}"),
            ("a\u{2028}b", "a\\u{2028}b"),
        ] {
            assert_eq!(plain(text), shown);
            assert!(!plain(text).contains(is_harmful));
        }
    }

    #[test]
    fn json_stays_what_it_was() {
        let value = serde_json::json!({"a\u{9b}": ["\u{202e}x", "\n\u{1b}", "\u{7f}"], "b": 1});
        let shown = plain_json(&format!("{value:#}"));
        assert!(!shown.replace('\n', "").contains(is_harmful));
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&shown).unwrap(),
            value
        );
    }

    #[test]
    fn our_own_colours_stay_and_no_others() {
        let all = [
            style::BOLD,
            style::DIM,
            style::ERROR,
            style::HINT,
            style::GOOD,
            style::BAD,
            style::WARN,
            style::BUSY,
            style::CALM,
        ];
        for style in all {
            let line = format!("a {} b", paint(style, "x"));
            assert_eq!(painted(&line), line);
            // What is painted is data.
            let inside = paint(style, "\u{1b}[2J");
            let expected = format!("{style}\\x1b[2J{style:#}");
            assert_eq!(inside, expected);
        }
        assert_eq!(
            painted("\u{1b}[2Jx\u{1b}]0;y\u{7}"),
            "\\x1b[2Jx\\x1b]0;y\\x07"
        );
        let blink = Style::new().blink().invert();
        let line = format!("{blink}x{blink:#}\u{1b}");
        assert_eq!(painted(&line), "\\x1b[5m\\x1b[7mx\u{1b}[0m\\x1b");
    }
}
