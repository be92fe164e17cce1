//! Recorded cases of LiteLLM, replayed through the public API: one runner for every fixture of this crate.
//!
//! `CONFORMANCE_DIR=<folder>` replays the `*.jsonl` of that folder instead and prints a line a family; what differs goes
//! to standard error. `CONFORMANCE_ONLY=<text>` keeps the cases whose id, family or provider holds the text.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a test program that reports to its reader"
)]

mod case;
mod chat;
mod compare;
mod messages;
mod operation;
mod responses;
#[path = "../../../policy/tests/row/mod.rs"]
mod row;
mod stream;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use case::Case;

const OWN_DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data");

#[test]
fn conformance() {
    match std::env::var_os("CONFORMANCE_DIR") {
        Some(folder) => report(Path::new(&folder)),
        None => every_own_case_passes_or_is_disputed(),
    }
}

/// Foreign folders may hold what we do not speak yet: everything counts, nothing fails the run.
fn report(folder: &Path) {
    std::panic::set_hook(Box::new(|_| {}));
    let mut families: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let only = std::env::var("CONFORMANCE_ONLY").unwrap_or_default();
    let is_asked = |it: &Case| [it.id(), it.family(), it.text("provider")].iter().any(|it| it.contains(&only));
    for case in read(folder).into_iter().filter(is_asked) {
        let (passed, total) = families.entry(case.family().to_owned()).or_default();
        *total += 1;
        match check_caught(&case) {
            Ok(()) => *passed += 1,
            Err(why) => eprintln!("{} {}", case.id(), first_lines(&why)),
        }
    }
    for (family, (passed, total)) in families {
        println!("{family} {passed}/{total}");
    }
}

fn every_own_case_passes_or_is_disputed() {
    let disputed = disputed();
    let cases = read(Path::new(OWN_DATA));
    let mut wrong = Vec::new();
    for case in &cases {
        match (check_caught(case), disputed.contains_key(case.id())) {
            (Err(why), false) => wrong.push(format!("{}\n{why}", case.id())),
            (Ok(()), true) => wrong.push(format!("{} passes: take it out of disputed", case.id())),
            (Ok(()), false) | (Err(_), true) => {}
        }
    }
    let is_orphan = |id: &&String| !cases.iter().any(|it| it.id() == id.as_str());
    wrong.extend(disputed.keys().filter(is_orphan).map(|id| format!("{id} is disputed, but there is no such case")));
    assert!(cases.len() > 400, "only {} cases", cases.len());
    assert!(wrong.is_empty(), "{} of {} cases:\n\n{}", wrong.len(), cases.len(), wrong.join("\n\n"));
}

/// Reasons by case, one file a protocol.
fn disputed() -> BTreeMap<String, String> {
    let files = std::fs::read_dir(Path::new(OWN_DATA).join("disputed")).unwrap();
    let texts = files.map(|it| std::fs::read_to_string(it.unwrap().path()).unwrap());
    texts.flat_map(|it| serde_json::from_str::<BTreeMap<String, String>>(&it).unwrap()).collect()
}

fn read(folder: &Path) -> Vec<Case> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|it| it.unwrap().path()).collect();
    files.retain(|it| it.extension().is_some_and(|it| it == "jsonl"));
    files.sort();
    let texts: Vec<String> = files.iter().map(|it| std::fs::read_to_string(it).unwrap()).collect();
    let lines = texts.iter().flat_map(|it| it.lines()).filter(|it| !it.trim().is_empty());
    lines.map(|it| Case(serde_json::from_str(it).unwrap())).filter(|it| !it.is_quirk()).collect()
}

fn check_caught(case: &Case) -> Result<(), String> {
    let caught = catch_unwind(AssertUnwindSafe(|| check(case)));
    caught.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
        Err(format!("panicked: {}", text.unwrap_or("with no message")))
    })
}

fn check(case: &Case) -> Result<(), String> {
    match case.family().split_once('.') {
        Some(("cost", _)) => row::check(&case.0),
        Some(("chat" | "compat" | "gateway", _)) if case.is_chat() => chat::check(case),
        Some(("messages" | "gateway", _)) if case.is_messages() => chat::check(case),
        Some(("responses" | "gateway", _)) if case.is_responses() => chat::check(case),
        Some(("embeddings" | "rerank" | "images" | "audio", _)) => operation::check(case),
        Some(("gateway", "embeddings")) => operation::check(case),
        None if case.family() == "completions" => chat::check(case),
        None if case.family() == "moderations" => operation::check(case),
        _ => Err("no such operation yet".into()),
    }
}

fn first_lines(text: &str) -> String {
    let line: String = text.lines().take(3).collect::<Vec<_>>().join(" | ");
    line.chars().take(400).collect()
}
