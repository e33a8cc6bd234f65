//! Did you mean …?

/// The names that come close to `wrong`, best first.
pub(crate) fn similar<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    const CLOSE: f64 = 0.75;
    let mut scored: Vec<_> = known
        .into_iter()
        .map(|name| (strsim::jaro_winkler(wrong, name), name))
        .filter(|(score, _)| *score >= CLOSE)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    scored.into_iter().map(|(_, name)| name).take(3).collect()
}

/// The end of a sentence: `did you mean `x`?`, or the list of all names.
pub(crate) fn hint<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let mut known: Vec<_> = known.into_iter().collect();
    known.sort_unstable();
    let close = similar(wrong, known.iter().copied());
    if close.is_empty() {
        format!("known are: {}", list(&known))
    } else {
        format!("did you mean {}?", close.join(" or "))
    }
}

fn list(names: &[&str]) -> String {
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_finds_the_name_and_nonsense_lists_all() {
        let known = ["process_order", "refund", "subscription"];
        assert_eq!(hint("proces_order", known), "did you mean process_order?");
        assert_eq!(
            hint("xyz", known),
            "known are: process_order, refund, subscription"
        );
        assert_eq!(hint("xyz", []), "known are: none");
    }
}
