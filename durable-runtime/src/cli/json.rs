//! Values that are given on the command line: as JSON, in a file, or on the standard input.

use super::failure::Failure;
use super::terminal::Terminal;
use serde_json::Value;

/// Reads the value of the option `name`: JSON, `@FILE`, or `-` for the standard input.
pub(crate) fn read(text: &str, name: &str, term: &mut Terminal<'_>) -> Result<Value, Failure> {
    let (text, source) = if text == "-" {
        let mut text = String::new();
        term.input.read_to_string(&mut text)?;
        (text, "the standard input")
    } else if let Some(path) = text.strip_prefix('@') {
        let text = std::fs::read_to_string(path)
            .map_err(|e| Failure::usage(format!("cannot read the input file {path}")).because(e))?;
        (text, path)
    } else {
        (text.to_owned(), name)
    };
    serde_json::from_str(&text).map_err(|error| {
        Failure::usage(format!("the input is not JSON ({source})"))
            .because(error)
            .hint(format!(
                "quote text twice for the shell, such as {name} '\"book\"', or use {name} @FILE"
            ))
    })
}
