//! Documents name only what exists.

use super::{files, none, read, root};

/// Endings that make a word in backticks a file's name.
const ENDINGS: &[&str] = &[".json", ".md", ".py", ".rs", ".sh", ".toml", ".yaml"];
/// Names of things outside the checkout that documents speak of.
const OUTSIDE: &[&str] = &[".aws-sam/build", "config.yaml"];

/// What a document claims to be a path: words in backticks and the targets of links.
fn claims(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        let quoted = line.split('`').skip(1).step_by(2).map(str::to_owned);
        let linked = line.split("](").skip(1).filter_map(|it| it.split(')').next()).map(str::to_owned);
        found.extend(quoted.filter(|it| is_path(it)));
        found.extend(linked.filter(|it| !it.contains("://") && !it.starts_with('#')));
    }
    found
}

fn is_path(word: &str) -> bool {
    // What a build makes is not there before the first one.
    if word.starts_with("target/") {
        return false;
    }
    let plain = word.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_./".contains(&it));
    let first = word.split('/').next().unwrap_or_default();
    let ours = word.contains('/') && !first.is_empty() && root().join(first).exists();
    plain && (ours || ENDINGS.iter().any(|it| word.ends_with(it)))
}

#[test]
fn a_route_and_a_model_are_no_paths() {
    assert_eq!(claims("`/v1/chat/completions`, `openai/gpt-4o`, `functions/<name>`"), Vec::<String>::new());
    assert_eq!(claims("`tests/run` and [the guide](functions/README.md)"), ["tests/run", "functions/README.md"]);
}

/// Whether a document may mean something by a path: relative to its own folder or one above, or to a crate in its folder.
fn exists(claim: &str, document: &str, files: &[String]) -> bool {
    let at = root().join(document);
    let above = at.ancestors().skip(1).take_while(|it| it.starts_with(root())).any(|it| it.join(claim).exists());
    let folder = document.rsplit_once('/').map_or("", |(folder, _)| folder);
    let below = || files.iter().any(|it| it.starts_with(folder) && it.ends_with(&format!("/{claim}")));
    above || below() || OUTSIDE.contains(&claim)
}

#[test]
fn documents_name_what_exists() {
    let files = files();
    let mut complaints = Vec::new();
    for document in files.iter().filter(|it| it.ends_with(".md")) {
        for claim in claims(&read(document)) {
            let claim = claim.split('#').next().unwrap_or_default();
            if !exists(claim, document, &files) {
                complaints.push(format!("{document} names {claim}, which does not exist"));
            }
        }
    }
    none(complaints);
}
