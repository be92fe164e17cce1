//! How long it takes to compare a secret must not tell how much of it was right.

use super::{files, is_test, none, read};

/// Comparisons that stop at the first difference.
const EARLY: &[&str] = &["==", "!=", ".eq(", ".ne(", "cmp(", "contains(", "ends_with(", "matches!(", "starts_with("];

/// Files that compare what a configuration calls a secret though it is none, or though nobody who calls waits for it.
const EXCUSED: &[(&str, &str)] = &[
    ("infra/local/src/run.rs", "whether the server starts with its public default"),
    ("shared/gateway/src/master_key.rs", "whether the key is a public one, at the start"),
    ("shared/upstream/src/credentials/aws.rs", "the name of a role"),
    ("shared/upstream/src/credentials/azure.rs", "the name of a way to sign in"),
    ("shared/upstream/src/credentials/google.rs", "whether a file or its name was given"),
];

#[test]
fn secrets_are_not_compared_bit_by_bit() {
    let mut complaints = Vec::new();
    let mut excused = Vec::new();
    let sources = ["functions/", "infra/", "shared/"];
    for path in files().iter().filter(|it| sources.iter().any(|folder| it.starts_with(folder)) && it.ends_with(".rs")) {
        if is_test(path) {
            continue;
        }
        for (number, line) in (1..).zip(read(path).lines()) {
            let code = line.split("//").next().unwrap_or_default();
            let compares = |it: &str| EARLY.iter().any(|early| it.contains(early));
            if !code.contains(".expose()") || !compares(code) {
                continue;
            }
            match EXCUSED.iter().find(|(file, _)| file == path) {
                Some((file, _)) => excused.push(*file),
                None => complaints.push(format!("{path}:{number}: compares a secret; compare hashes with ct_eq")),
            }
        }
    }
    let idle = EXCUSED.iter().filter(|(file, _)| !excused.contains(file));
    complaints.extend(idle.map(|(file, why)| format!("{file} needs no excuse ({why})")));
    none(complaints);
}

/// A secret cannot be compared but by taking it out, and the master key is compared in constant time.
#[test]
fn secrets_have_no_equality() {
    let secret = read("shared/policy/src/config/secret.rs");
    let derived =
        secret.lines().rev().skip_while(|it| !it.starts_with("pub struct Secret(")).nth(1).unwrap_or_default();
    assert!(derived.starts_with("#[derive("), "Secret derives nothing: {derived}");
    for word in ["Eq", "Ord", "Hash"] {
        assert!(!derived.contains(word) && !secret.contains(&format!("{word} for Secret")), "Secret is {word}");
    }
    let master = read("shared/gateway/src/master_key.rs");
    assert!(master.contains(".ct_eq("), "the master key is not compared in constant time");
    assert!(!master.contains("==") && !master.contains("PartialEq"), "the master key is compared bit by bit");
}
