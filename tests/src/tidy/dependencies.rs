//! Who may know whom, read from `cargo metadata`.

use std::process::Command;

use serde_json::Value;

use super::{none, root};

/// Which crates of ours each may depend on; `functions` stands for every folder there.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("functions", &["gateway", "policy", "provider-transform", "store", "upstream"]),
    ("gateway", &["policy", "provider-transform", "store", "upstream"]),
    ("local", &["functions", "gateway", "store"]),
    ("policy", &["provider-transform"]),
    ("provider-transform", &[]),
    ("store", &["policy"]),
    ("tests", &["functions", "gateway", "local", "store"]),
    ("upstream", &["policy", "provider-transform"]),
];

/// The pure crates' other dependencies: none of these does IO, reads a clock or makes random numbers.
const PURE: &[(&str, &[&str])] = &[
    ("policy", &["base64", "jiff", "rust_decimal", "serde", "serde-saphyr", "serde_json", "sha2", "thiserror"]),
    (
        "provider-transform",
        &["base64", "bytes", "crc32fast", "http", "memchr", "serde", "serde_json", "sha2", "thiserror"],
    ),
];

/// Whose work a library is: nobody else in what is deployed may depend on it.
const ONLY: &[(&str, &str)] = &[
    ("aws-sdk-dynamodb", "store"),
    ("aws-sdk-secretsmanager", "gateway"),
    ("aws-sdk-sqs", "store"),
    ("aws-sdk-sts", "upstream"),
    ("aws-sigv4", "upstream"),
    ("lambda-extension", "gateway"),
    ("lambda_http", "gateway"),
    ("lambda_runtime", "gateway"),
    ("reqwest", "upstream"),
];

struct Package {
    name: String,
    /// `functions` for a function, else the name.
    kind: String,
    /// What is compiled into it: no development dependencies.
    ours: Vec<String>,
    others: Vec<String>,
}

fn packages() -> Vec<Package> {
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let packages: Vec<Package> = metadata["packages"].as_array().unwrap().iter().map(package).collect();
    assert!(packages.len() > 8, "only {} packages", packages.len());
    packages
}

fn package(it: &Value) -> Package {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let folder = text(&it["manifest_path"]).replace(root().to_str().unwrap(), "");
    let name = text(&it["name"]);
    let linked = it["dependencies"].as_array().unwrap().iter().filter(|it| it["kind"] != "dev");
    let (ours, others): (Vec<&Value>, Vec<&Value>) = linked.partition(|it| it["path"].is_string());
    Package {
        kind: if folder.starts_with("/functions/") { "functions".to_owned() } else { name.clone() },
        name,
        ours: ours.iter().map(|it| text(&it["name"])).collect(),
        others: others.iter().map(|it| text(&it["name"])).collect(),
    }
}

#[test]
fn crates_know_only_whom_they_may() {
    let packages = packages();
    let kind_of = |name: &str| packages.iter().find(|it| it.name == name).unwrap().kind.as_str();
    let mut complaints = Vec::new();
    for package in &packages {
        let Some((_, allowed)) = MAY_KNOW.iter().find(|(kind, _)| *kind == package.kind) else {
            complaints.push(format!("{} has no line in MAY_KNOW", package.name));
            continue;
        };
        let strangers = package.ours.iter().filter(|it| !allowed.contains(&kind_of(it)));
        complaints.extend(strangers.map(|it| format!("{} may not know {it}", package.name)));
    }
    none(complaints);
}

#[test]
fn pure_crates_depend_on_nothing_that_acts() {
    let packages = packages();
    let mut complaints = Vec::new();
    for (name, allowed) in PURE {
        let package = packages.iter().find(|it| it.name == *name).unwrap();
        let strangers = package.others.iter().filter(|it| !allowed.contains(&it.as_str()));
        complaints.extend(strangers.map(|it| format!("{name} is pure; {it} is not on its list")));
    }
    none(complaints);
}

#[test]
fn one_crate_speaks_to_each_system() {
    let deployed = packages().into_iter().filter(|it| !matches!(it.name.as_str(), "local" | "tests"));
    let mut complaints = Vec::new();
    for package in deployed {
        for (library, owner) in ONLY {
            if package.name != *owner && package.others.iter().any(|it| it == library) {
                complaints.push(format!("{} depends on {library}, which is for {owner} alone", package.name));
            }
        }
    }
    none(complaints);
}
