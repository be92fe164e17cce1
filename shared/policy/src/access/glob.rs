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

/// Whether `name` fits a pattern in which `*` stands for any text and `?` for any character.
pub(crate) fn fits(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    // Which lengths of the name are covered by the pattern so far.
    let mut covered = vec![false; name.len() + 1];
    if let Some(none) = covered.first_mut() {
        *none = true;
    }
    for part in pattern {
        let before = covered.clone();
        let mut any = false;
        for (length, now) in covered.iter_mut().enumerate() {
            let shorter = length.checked_sub(1);
            any |= before.get(length).copied().unwrap_or_default();
            *now = match part {
                '*' => any,
                part => shorter.is_some_and(|it| {
                    before.get(it).copied().unwrap_or_default()
                        && (part == '?' || name.get(it).is_some_and(|character| *character == part))
                }),
            };
        }
    }
    covered.last().copied().unwrap_or_default()
}
