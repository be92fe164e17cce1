//! What the sources themselves must keep to.

use super::{files, folders, is_test, none, read};

/// Words that would let a pure crate act. Time, ids, randomness and the environment come in as arguments.
const IMPURE: &[&str] = &[
    ".await",
    "Instant::now",
    "SystemTime",
    "Timestamp::now",
    "Zoned::now",
    "async ",
    "eprintln!",
    "getrandom",
    "io::stderr",
    "io::stdin",
    "io::stdout",
    "println!",
    "std::env",
    "std::fs",
    "std::net",
    "std::process",
    "std::thread",
    "tracing::",
];

const LONGEST: usize = 400;
/// Tables of cases are read by the row.
const LONGEST_TESTS: usize = 600;
/// Files that may be longer, each with its reason.
const LONGER: &[(&str, &str)] = &[];

#[test]
fn pure_crates_do_not_act() {
    let mut complaints = Vec::new();
    let pure =
        |path: &String| ["shared/policy/src/", "shared/provider-transform/src/"].iter().any(|it| path.starts_with(it));
    for path in files().iter().filter(|it| pure(it) && it.ends_with(".rs") && !is_test(it)) {
        for (number, line) in (1..).zip(read(path).lines()) {
            let code = line.split("//").next().unwrap_or_default();
            let found = IMPURE.iter().filter(|it| code.contains(**it));
            complaints.extend(found.map(|it| format!("{path}:{number}: {} in a pure crate", it.trim())));
        }
    }
    none(complaints);
}

#[test]
fn files_stay_short() {
    let mut complaints = Vec::new();
    let counted = |path: &&String| {
        let name = path.rsplit('/').next().unwrap_or_default();
        path.ends_with(".rs") || path.ends_with(".py") || (path.starts_with("tests/") && !name.contains('.'))
    };
    for path in files().iter().filter(counted) {
        let lines = read(path).lines().count();
        let longest = if is_test(path) { LONGEST_TESTS } else { LONGEST };
        let excused = LONGER.iter().any(|(longer, _)| longer == path);
        if lines > longest && !excused {
            complaints.push(format!("{path} has {lines} lines, more than {longest}"));
        }
        if lines <= longest && excused {
            complaints.push(format!("{path} has {lines} lines and needs no exception"));
        }
    }
    none(complaints);
}

#[test]
fn a_function_starts_in_a_few_lines() {
    let mut complaints = Vec::new();
    for function in folders("functions") {
        let main = read(&format!("functions/{function}/src/main.rs"));
        if main.lines().count() > 15 || !main.contains("gateway::run") {
            complaints.push(format!("functions/{function}/src/main.rs is more than a call of gateway::run…"));
        }
    }
    none(complaints);
}

#[test]
fn crates_and_their_folders_say_what_they_are() {
    let mut complaints = Vec::new();
    let roots = |path: &&String| {
        path.ends_with("/src/lib.rs") || (path.starts_with("shared/") && path.ends_with("/mod.rs") && !is_test(path))
    };
    for path in files().iter().filter(roots) {
        let text = read(path);
        let first = text.lines().find(|it| !it.starts_with("#!["));
        if !first.is_some_and(|it| it.starts_with("//! ")) {
            complaints.push(format!("{path} does not open with a //! sentence"));
        }
    }
    none(complaints);
}
