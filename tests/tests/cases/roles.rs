//! Walks `tests/data/roles.json`: which roles may call each route, of this gateway's and of LiteLLM's that are not built
//! yet. `UPDATE_GOLDEN=1` writes it; read who gained or lost what before you keep it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use local::router::{Found, Router};
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

/// Other spellings of a path, by which somebody may hope to reach a handler past the table.
fn spellings(path: &str) -> Vec<String> {
    let (first, rest) = path.trim_start_matches('/').split_once('/').unwrap_or((path.trim_start_matches('/'), ""));
    let upper: String = path.to_uppercase();
    vec![
        format!("{path}/"),
        format!("{path}//"),
        format!("/{path}"),
        format!("//{first}/{rest}"),
        format!("/{first}//{rest}"),
        format!("/{first}%2f{rest}"),
        format!("/{first}%2F{rest}"),
        format!("/{first}/./{rest}"),
        format!("/{first};x=y/{rest}"),
        format!("/models/..;{path}"),
        format!("/models/..{path}"),
        format!("/v1/models/..{path}"),
        format!("/v1/models/%2e%2e{path}"),
        format!("/health/liveliness/..{path}"),
        format!("/public/..{path}"),
        format!("/v1{path}"),
        format!("/openai/v1{path}"),
        format!("/engines/x{path}"),
        format!("/openai/deployments/x{path}"),
        format!("/anthropic{path}"),
        format!("{path}."),
        format!("{path}%00"),
        format!("{path}%20"),
        format!("{path};.css"),
        format!("{path}/chat/completions"),
        format!("{path}/../../v1/chat/completions"),
        format!("{path}#/v1/models"),
        format!("{path}\\"),
        upper,
    ]
}

/// However a path is spelt: whoever may not call the route that it leads to is refused, by the path as it was spelt.
#[test]
fn no_spelling_passes_the_table() {
    let template = Template::parse(TEMPLATE).unwrap();
    let mut router = Router::default();
    for function in &template.functions {
        for route in &function.routes {
            router.add(route.method.clone(), &route.path, (route.method.to_string(), route.path.clone()));
        }
    }
    let rules = RouteRules::default();
    let key = Key::default();
    let (mut complaints, mut reached) = (Vec::new(), 0);
    for row in routes() {
        let (method, path) = row.split_once(' ').unwrap();
        for spelt in spellings(&example(path)) {
            let Found::Route((_, leads_to), _) = router.find(&method.parse().unwrap(), &spelt) else { continue };
            reached += 1;
            let wanted = who(&format!("{method} {leads_to}"));
            let open = wanted.iter().any(|it| it == "anyone");
            if is_public(&spelt, &rules) && !open {
                complaints.push(format!("{method} {spelt} leads to {leads_to} and needs no key"));
            }
            for role in Role::ALL {
                let decision = route(method, &spelt, RouteCaller::Key(&key, role), &rules);
                let may = open || wanted.iter().any(|it| it == role.as_str());
                if decision == RouteDecision::Allowed && !may {
                    complaints.push(format!("{method} {spelt} leads to {leads_to} and lets {} in", role.as_str()));
                }
            }
        }
    }
    assert!(reached > 50, "only {reached} spellings lead anywhere");
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
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
