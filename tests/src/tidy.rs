//! What a compiler cannot check: who depends on whom, sizes, and that the template, the events and the documents name what exists.

mod dependencies;
mod documents;
mod secrets;
mod sources;
mod wiring;

use std::path::{Path, PathBuf};
use std::process::Command;

/// The checkout.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every file that git tracks or would track, relative to the root, so that neither build output nor scratch files count.
fn files() -> Vec<String> {
    let listed = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let listed = String::from_utf8(listed.stdout).unwrap();
    let mut files: Vec<String> = listed.lines().filter(|it| root().join(it).is_file()).map(str::to_owned).collect();
    files.sort();
    assert!(files.len() > 50, "only {} files", files.len());
    files
}

/// Folders directly under one.
fn folders(of: &str) -> Vec<String> {
    let entries = std::fs::read_dir(root().join(of)).unwrap().map(|it| it.unwrap());
    let mut names: Vec<String> = entries
        .filter(|it| it.path().join("Cargo.toml").is_file())
        .map(|it| it.file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert!(!names.is_empty(), "{of} is empty");
    names
}

/// Fails with every complaint at once.
fn none(complaints: Vec<String>) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

/// Test code: files and folders called `tests`.
fn is_test(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.contains("/tests/") || path.starts_with("tests/")
}
