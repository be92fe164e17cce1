//! Walks `tests/data/roles.json`: which roles may call each route, of this gateway's and of LiteLLM's that are not built
//! yet. `UPDATE_GOLDEN=1` writes it; read who gained or lost what before you keep it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use local::template::{TEMPLATE, Template};
use policy::access::{Role, RouteCaller, RouteDecision, RouteRules, is_public, route};
use policy::key::Key;

type Rows = BTreeMap<String, Vec<String>>;

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("data/roles.json")
}

/// The rows of the file.
pub(crate) fn rows() -> Rows {
    serde_json::from_str(&std::fs::read_to_string(path()).unwrap()).unwrap()
}

/// `METHOD /path` of every route that the template wires.
pub(crate) fn routes() -> BTreeSet<String> {
    let template = Template::parse(TEMPLATE).unwrap();
    let routes = template.functions.iter().flat_map(|it| &it.routes);
    routes.map(|it| format!("{} {}", it.method, it.path)).collect()
}

/// A path that fits the one of a route.
pub(crate) fn example(path: &str) -> String {
    let segment = |it: &str| match it.strip_prefix('{') {
        None => it.to_owned(),
        Some(rest) => match rest.split_once('}') {
            Some((_, after)) => format!("something{after}"),
            None => it.to_owned(),
        },
    };
    path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

/// Who may call a route: a role by its name, `anyone` without a key, `master_key` where nobody else may.
fn who(row: &str) -> Vec<String> {
    let (method, path) = row.split_once(' ').unwrap();
    let (path, rules) = (example(path), RouteRules::default());
    if is_public(&path, &rules) {
        return vec!["anyone".to_owned()];
    }
    let key = Key::default();
    let may = |role: &Role| route(method, &path, RouteCaller::Key(&key, *role), &rules) == RouteDecision::Allowed;
    let roles: Vec<String> = Role::ALL.into_iter().filter(may).map(|it| it.as_str().to_owned()).collect();
    if roles.is_empty() { vec!["master_key".to_owned()] } else { roles }
}

/// A row, whatever its parameters are called.
fn nameless(row: &str) -> String {
    let segments = row.split('/').map(|it| if it.starts_with('{') { "{}" } else { it });
    segments.collect::<Vec<_>>().join("/")
}

#[test]
fn every_route_and_role() {
    let rows = rows();
    let known: BTreeSet<String> = rows.keys().map(|it| nameless(it)).collect();
    let missing: Vec<String> = routes().into_iter().filter(|it| !known.contains(&nameless(it))).collect();
    let all = rows.keys().chain(&missing).map(|row| (row.clone(), who(row)));
    if std::env::var("UPDATE_GOLDEN").is_ok_and(|it| it == "1") {
        let mut lines: Vec<(String, String)> = all
            .map(|(row, roles)| (row.split_once(' ').unwrap().1.to_owned(), format!("  {row:?}: {roles:?}")))
            .collect();
        lines.sort();
        let lines: Vec<String> = lines.into_iter().map(|(_, line)| line).collect();
        std::fs::write(path(), format!("{{\n{}\n}}\n", lines.join(",\n"))).unwrap();
        return;
    }
    let mut complaints: Vec<String> = missing.iter().map(|it| format!("{it}: no row says who may call it")).collect();
    complaints.extend(
        all.filter(|(row, roles)| rows.get(row).is_some_and(|wanted| wanted != roles))
            .map(|(row, roles)| format!("{row}: {:?} may call it, and {roles:?} can", rows[&row])),
    );
    assert!(complaints.is_empty(), "tests/data/roles.json:\n{}", complaints.join("\n"));
}
