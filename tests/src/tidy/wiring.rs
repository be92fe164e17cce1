//! The template, the functions and the sample events name each other and nothing else.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{files, folders, none, read};

/// A function of the template.
#[derive(Default)]
struct Wired {
    binary: String,
    code: String,
    /// `METHOD path` of each route.
    routes: Vec<String>,
    logs: bool,
}

/// Resources of type `AWS::Serverless::Function`, read by the template's own layout: resources are indented by two.
fn functions() -> BTreeMap<String, Wired> {
    let mut found: BTreeMap<String, Wired> = BTreeMap::new();
    let mut resource = String::new();
    let mut path = None;
    for line in read("template.yaml").lines() {
        let name =
            line.strip_prefix("  ").and_then(|it| it.strip_suffix(':')).filter(|it| !it.starts_with([' ', '#', '-']));
        if let Some(name) = name {
            name.clone_into(&mut resource);
        }
        if line == "    Type: AWS::Serverless::Function" {
            found.insert(resource.clone(), Wired::default());
        }
        let Some(function) = found.get_mut(&resource) else { continue };
        if let Some(binary) = field(line, "Binary:") {
            function.binary = binary;
        }
        if let Some(code) = field(line, "CodeUri:") {
            function.code = code;
        }
        function.logs |= line.contains("LogGroup:");
        path = field(line, "Path:").or(path);
        if let (Some(method), Some(path)) = (field(line, "Method:"), path.as_ref()) {
            function.routes.push(format!("{method} {path}"));
        }
    }
    assert!(!found.is_empty(), "no function in the template");
    found
}

/// The plain value after a key, in block or flow style.
fn field(line: &str, key: &str) -> Option<String> {
    let (before, rest) = line.split_once(key)?;
    if before.ends_with(|it: char| !it.is_whitespace() && it != '{') {
        return None;
    }
    let rest = rest.trim_start();
    let value = match rest.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next()?,
        None => rest.split([',', ' ']).next()?.trim_end_matches('}'),
    };
    let closed = value.matches('{').count() - value.matches('}').count();
    Some(format!("{value}{}", "}".repeat(closed)))
}

fn pascal(kebab: &str) -> String {
    let capitalised = |word: &str| {
        let mut letters = word.chars();
        letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect::<String>()
    };
    kebab.split('-').map(capitalised).collect()
}

#[test]
fn a_quoted_and_a_plain_path_are_read_alike() {
    let flow =
        r#"        One: {Type: Api, Properties: {RestApiId: !Ref Api, Path: "/key/{key}/regenerate", Method: POST}}"#;
    assert_eq!(field(flow, "Path:").as_deref(), Some("/key/{key}/regenerate"));
    assert_eq!(field(flow, "Method:").as_deref(), Some("POST"));
    assert_eq!(field("            Path: /engines/{model}/chat", "Path:").as_deref(), Some("/engines/{model}/chat"));
    assert_eq!(field("            CONFIG_FILE_PATH: /opt", "PATH:"), None);
}

#[test]
fn every_function_is_wired_and_every_wire_has_a_function() {
    let wired = functions();
    let folders = folders("functions");
    let mut complaints = Vec::new();
    for folder in &folders {
        let resource = format!("{}Function", pascal(folder));
        match wired.get(&resource) {
            None => complaints.push(format!("functions/{folder} has no {resource} in template.yaml")),
            Some(it) => {
                if it.binary != *folder || it.code != format!("functions/{folder}") {
                    complaints.push(format!("{resource} builds {} from {}", it.binary, it.code));
                }
                if !it.logs {
                    complaints.push(format!("{resource} has no log group with a retention"));
                }
            }
        }
    }
    let known: Vec<String> = folders.iter().map(|it| format!("{}Function", pascal(it))).collect();
    complaints
        .extend(wired.keys().filter(|it| !known.contains(it)).map(|it| format!("{it} has no folder under functions/")));
    none(complaints);
}

#[test]
fn no_route_is_wired_twice() {
    let mut routes: Vec<String> = functions().into_values().flat_map(|it| it.routes).collect();
    routes.sort();
    assert!(routes.len() > 10, "only {} routes", routes.len());
    let twice = routes.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0].clone());
    none(twice.collect());
}

/// `events/<function>.json` and `events/<function>.<case>.json` are what AWS would send that function.
#[test]
fn every_function_has_an_event_and_every_event_a_function() {
    let wired = functions();
    let folders = folders("functions");
    let files = files();
    let events: Vec<&str> = files.iter().filter_map(|it| it.strip_prefix("events/")?.strip_suffix(".json")).collect();
    let function_of = |event: &str| event.split('.').next().unwrap_or_default().to_owned();
    let mut complaints = Vec::new();
    for folder in &folders {
        if !events.iter().any(|it| function_of(it) == *folder) {
            complaints.push(format!("functions/{folder} has no sample in events/"));
        }
    }
    for event in events {
        let function = function_of(event);
        if !folders.contains(&function) {
            complaints.push(format!("events/{event}.json is for no function"));
            continue;
        }
        let sample: Value = serde_json::from_str(&read(&format!("events/{event}.json"))).unwrap();
        if let (Some(method), Some(resource)) = (sample["httpMethod"].as_str(), sample["resource"].as_str()) {
            let route = format!("{method} {resource}");
            if !wired[&format!("{}Function", pascal(&function))].routes.contains(&route) {
                complaints.push(format!("events/{event}.json asks for {route}, which {function} does not serve"));
            }
        }
    }
    none(complaints);
}
