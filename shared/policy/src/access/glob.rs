//! Names with `*`, each standing for any text, also none.

/// Whether `name` fits `pattern`.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    captures(pattern, name).is_some()
}

/// What each `*` of `pattern` stands for in `name`: as little as possible, the last one the rest. `None` when the name
/// does not fit.
pub(crate) fn captures<'a>(pattern: &str, name: &'a str) -> Option<Vec<&'a str>> {
    let mut literals = pattern.split('*');
    let mut rest = name.strip_prefix(literals.next()?)?;
    let mut found = Vec::new();
    let literals: Vec<&str> = literals.collect();
    let Some((last, between)) = literals.split_last() else {
        return rest.is_empty().then_some(found);
    };
    for literal in between {
        let (captured, after) = rest.split_once(literal)?;
        found.push(captured);
        rest = after;
    }
    found.push(rest.strip_suffix(last)?);
    Some(found)
}
