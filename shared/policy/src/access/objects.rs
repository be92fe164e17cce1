//! Whether a request may reach the vector stores, MCP servers and tools that it names, and whether its agent may call:
//! everyone behind the key must allow each of them.

use serde_json::{Map, Value};

use crate::entity::ObjectPermission;
use crate::subject::{Kind, Subject};

/// What a request may not reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectDenial {
    /// Whose permission does not hold it.
    pub whose: Kind,
    /// What it is.
    pub object: Object,
    /// Its name.
    pub name: String,
}

/// Kinds of what a request may reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Object {
    /// A vector store.
    VectorStore,
    /// An MCP server.
    McpServer,
    /// A tool, of an MCP server or of the request itself.
    Tool,
    /// The agent that calls.
    Agent,
}

/// Where requests name vector stores: OpenAI's field, and Google's in both spellings.
const STORES: &[&str] =
    &["vector_store_ids", "fileSearchStoreNames", "file_search_store_names", "ragCorpus", "rag_corpus", "datastore"];

/// Fields of a request that may name vector stores, however deep.
const PLACES: &[&str] = &["vector_store_ids", "tools", "tool_resources"];

/// Fields of a request whose objects stand for parts of it, or for another one in its place.
const FURTHER: &[&str] = &["extra_body", "fallbacks", "context_window_fallbacks", "content_policy_fallbacks"];

/// The URL by which requests name MCP servers of the gateway itself.
const OWN_SERVERS: &str = "litellm_proxy";

/// Checks what `body`, a request of any inference route as its caller sent it, names against the permissions of the key,
/// its team, the user (for keys of the user's own), the organization and the project, in this order; likewise the agent
/// that calls, who is known by all of the names `agent`.
///
/// # Errors
/// The first thing that someone does not allow.
pub fn objects(subject: &Subject<'_>, agent: &[&str], body: &Map<String, Value>) -> Result<(), ObjectDenial> {
    let (key, entities) = (subject.key, subject.entities);
    let user = entities.user.as_ref().filter(|_| subject.is_personal());
    let permissions = [
        (Kind::Key, key.object_permission.as_ref()),
        (Kind::Team, entities.team.as_ref().and_then(|it| it.object_permission.as_ref())),
        (Kind::User, user.and_then(|it| it.object_permission.as_ref())),
        (Kind::Organization, entities.organization.as_ref().and_then(|it| it.object_permission.as_ref())),
        (Kind::Project, entities.project.as_ref().and_then(|it| it.object_permission.as_ref())),
    ];
    let mut permissions = permissions.into_iter().filter_map(|(kind, it)| Some((kind, it?))).peekable();
    if permissions.peek().is_none() {
        return Ok(());
    }
    let asked = Asked::of(body, agent);
    for (whose, permission) in permissions {
        if let Some((object, name)) = asked.beyond(permission) {
            return Err(ObjectDenial { whose, object, name });
        }
    }
    Ok(())
}

/// Everything that a request names.
struct Asked<'a> {
    agent: &'a [&'a str],
    stores: Vec<&'a str>,
    servers: Vec<Server<'a>>,
    tools: Vec<&'a str>,
}

/// An MCP server that a request names.
struct Server<'a> {
    /// Its name, or its URL if that is outside of the gateway: a name beside it is the caller's own word.
    name: &'a str,
    /// The tools that the request keeps to; none when it keeps to none.
    tools: Option<Vec<&'a str>>,
}

impl<'a> Asked<'a> {
    fn of(body: &'a Map<String, Value>, agent: &'a [&'a str]) -> Self {
        let mut bodies = vec![body];
        FURTHER.iter().filter_map(|field| body.get(*field)).for_each(|value| objects_in(value, &mut bodies));
        let list = |field: &str| {
            bodies.iter().filter_map(|it| it.get(field)?.as_array()).flatten().collect::<Vec<&'a Value>>()
        };
        let mut stores = Vec::new();
        for (field, value) in bodies.iter().copied().flatten().filter(|(field, _)| PLACES.contains(&field.as_str())) {
            collect(field, value, &mut stores);
        }
        let is_mcp = |tool: &&'a Value| tool.get("type").is_some_and(|kind| kind == "mcp");
        let servers = list("tools").into_iter().filter(is_mcp).chain(list("mcp_servers")).flat_map(servers).collect();
        let tools = list("tools").into_iter().chain(list("functions")).flat_map(tool_names).collect();
        Self { agent, stores, servers, tools }
    }

    /// The first thing that a permission does not hold.
    fn beyond(&self, permission: &ObjectPermission) -> Option<(Object, String)> {
        let within = |list: &[String], name: &str| list.is_empty() || list.iter().any(|it| it == name);
        if let [agent, ..] = self.agent
            && !self.agent.iter().any(|it| within(&permission.agents, it))
        {
            return Some((Object::Agent, (*agent).to_owned()));
        }
        if let Some(store) = self.stores.iter().find(|it| !within(&permission.vector_stores, it)) {
            return Some((Object::VectorStore, (*store).to_owned()));
        }
        let allowed = permission.servers();
        for server in &self.servers {
            if allowed.as_ref().is_some_and(|list| !list.iter().any(|entry| server.is(entry))) {
                return Some((Object::McpServer, server.name.to_owned()));
            }
            let bound =
                permission.mcp_tool_permissions.iter().find(|(entry, tools)| server.is(entry) && !tools.is_empty());
            let Some((_, tools)) = bound else { continue };
            match &server.tools {
                None => return Some((Object::Tool, server.name.to_owned())),
                Some(asked) => {
                    if let Some(tool) = asked.iter().find(|it| !tools.iter().any(|own| own == *it)) {
                        return Some((Object::Tool, (*tool).to_owned()));
                    }
                }
            }
        }
        let blocked = self.tools.iter().find(|it| permission.blocked_tools.iter().any(|tool| tool == *it));
        blocked.map(|tool| (Object::Tool, (*tool).to_owned()))
    }
}

impl Server<'_> {
    /// Whether an entry of a list means it. A URL means everything below it, too, but not what leads up again.
    fn is(&self, entry: &str) -> bool {
        let rest = |name: &str| name.strip_prefix(entry.trim_end_matches('/')).map(str::to_ascii_lowercase);
        let below = || {
            rest(self.name).is_some_and(|rest| {
                rest.starts_with(['/', '?']) && !["..", "%2e", "\\", "%5c"].iter().any(|it| rest.contains(it))
            })
        };
        self.name == entry || (entry.contains("://") && below())
    }
}

/// Every object in a value, however deep.
fn objects_in<'a>(value: &'a Value, found: &mut Vec<&'a Map<String, Value>>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| objects_in(item, found)),
        Value::Object(map) => {
            found.push(map);
            map.values().for_each(|value| objects_in(value, found));
        }
        _ => {}
    }
}

/// The texts under the names that vector stores have, however deep.
fn collect<'a>(field: &str, value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(field, item, found)),
        Value::Object(map) => map.iter().for_each(|(field, value)| collect(field, value, found)),
        Value::String(text) if STORES.contains(&field) => found.push(text),
        _ => {}
    }
}

/// The servers of a tool of the type `mcp`, or of an entry of Anthropic's `mcp_servers`.
fn servers(tool: &Value) -> Vec<Server<'_>> {
    let text = |name: &str| tool.get(name).and_then(Value::as_str).filter(|it| !it.is_empty());
    let label = text("server_label").or_else(|| text("name")).unwrap_or_default();
    let names = match text("server_url").or_else(|| text("url")) {
        Some(url) => match url.strip_prefix(OWN_SERVERS) {
            None => vec![url],
            Some(path) => {
                let named = path.trim_start_matches('/').trim_start_matches("mcp").trim_matches('/');
                let named: Vec<&str> = named.split(',').map(str::trim).filter(|it| !it.is_empty()).collect();
                if named.is_empty() { vec![label] } else { named }
            }
        },
        None => vec![text("connector_id").unwrap_or(label)],
    };
    let tools = tool.get("allowed_tools").or_else(|| tool.get("tool_configuration")?.get("allowed_tools"));
    let tools = tools.and_then(|it| it.as_array().or_else(|| it.get("tool_names")?.as_array()));
    let tools = tools.map(|list| list.iter().filter_map(Value::as_str).collect::<Vec<_>>());
    names.into_iter().map(|name| Server { name, tools: tools.clone() }).collect()
}

/// What a tool is called: functions by their names, in every format, others by their types.
fn tool_names(tool: &Value) -> Vec<&str> {
    let google =
        ["functionDeclarations", "function_declarations"].into_iter().filter_map(|it| tool.get(it)?.as_array());
    let functions = google.flatten().chain([tool]).chain(tool.get("function"));
    functions.flat_map(|it| [it.get("name"), it.get("type")]).flatten().filter_map(Value::as_str).collect()
}
