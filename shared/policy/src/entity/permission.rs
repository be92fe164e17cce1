//! What a holder may reach beside models: vector stores, MCP servers, agents, tools.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::answer::Answer;
use crate::config::hex;
use crate::request::{self, Refusal, invalid, is_blank};

const FIELD: &str = "object_permission";
const ID: &str = "object_permission_id";

/// LiteLLM's lists of what nothing here reaches.
const UNENFORCED: &[&str] = &[
    "agent_access_groups",
    "mcp_toolsets",
    "mcp_tool_search_enabled",
    "mcp_tool_search_top_k",
    "models",
    "search_tools",
];

/// What a holder may reach. An empty list restricts nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ObjectPermission {
    /// Its id, which follows from its holder's.
    pub object_permission_id: String,
    /// Ids of vector stores.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub vector_stores: Vec<String>,
    /// MCP servers: names, or URLs with everything below them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mcp_servers: Vec<String>,
    /// Groups of MCP servers, by the names that requests have for them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mcp_access_groups: Vec<String>,
    /// The tools that may be used of an MCP server.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub mcp_tool_permissions: BTreeMap<String, Vec<String>>,
    /// Agents that may call.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub agents: Vec<String>,
    /// Names of tools that no request may have.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub blocked_tools: Vec<String>,
}

impl ObjectPermission {
    /// The fields of requests that [`ObjectPermission::set`] reads.
    pub(crate) const FIELDS: &'static [&'static str] = &[FIELD, ID];

    /// Changes the permission of the `kind` of holder with this id as `body` asks: lists that it leaves out stay, null
    /// empties one.
    ///
    /// # Errors
    /// [`Refusal`], naming the field.
    pub(crate) fn set(
        own: &mut Option<Self>,
        (kind, holder): (&str, &str),
        body: &Map<String, Value>,
    ) -> Result<(), Refusal> {
        let id = request::text(ID, body.get(ID).unwrap_or(&Value::Null))?.filter(|it| !it.is_empty());
        if id.is_some() && id.as_ref() != own.as_ref().map(|it| &it.object_permission_id) {
            return Err(invalid(ID, "belongs to one holder; give this one its own with object_permission"));
        }
        let Some(asked) = body.get(FIELD).filter(|it| !it.is_null()) else { return Ok(()) };
        let asked = request::object(FIELD, asked)?;
        if own.is_none() && asked.values().all(is_blank) {
            return Ok(());
        }
        let mut changed =
            own.take().unwrap_or_else(|| Self { object_permission_id: id_of(kind, holder), ..Self::default() });
        let read = asked.iter().try_for_each(|(field, value)| changed.set_list(field, value));
        *own = Some(changed);
        read
    }

    /// Gives a holder what another one has.
    pub(crate) fn inherit(own: &mut Option<Self>, (kind, holder): (&str, &str), base: Option<&Self>) {
        *own = base.map(|base| Self { object_permission_id: id_of(kind, holder), ..base.clone() });
    }

    fn set_list(&mut self, field: &str, value: &Value) -> Result<(), Refusal> {
        let at = format!("{FIELD}.{field}");
        match field {
            "vector_stores" => self.vector_stores = request::texts(&at, value)?,
            "mcp_servers" => self.mcp_servers = request::texts(&at, value)?,
            "mcp_access_groups" => self.mcp_access_groups = request::texts(&at, value)?,
            "mcp_tool_permissions" => {
                let one = |(server, tools): (String, Value)| {
                    let tools = request::texts(&format!("{at}.{server}"), &tools)?;
                    Ok((server, tools))
                };
                self.mcp_tool_permissions =
                    request::object(&at, value)?.into_iter().map(one).collect::<Result<_, Refusal>>()?;
            }
            "agents" => self.agents = request::texts(&at, value)?,
            "blocked_tools" => self.blocked_tools = request::texts(&at, value)?,
            ID => {}
            _ if is_blank(value) => {}
            _ if UNENFORCED.contains(&field) => return Err(invalid(&at, "this gateway does not enforce it")),
            _ => return Err(invalid(&at, "a permission has no such list")),
        }
        Ok(())
    }

    /// Shows it among a holder's fields.
    pub(crate) fn show(own: Option<&Self>, answer: &mut Answer) {
        answer.set(ID, &own.map(|it| &it.object_permission_id));
        answer.set(FIELD, &own.map(Self::answer));
    }

    fn answer(&self) -> Answer {
        let none: [&str; 0] = [];
        Answer::new()
            .with(ID, &self.object_permission_id)
            .with("mcp_servers", &self.mcp_servers)
            .with("mcp_access_groups", &self.mcp_access_groups)
            .with("mcp_tool_permissions", &self.mcp_tool_permissions)
            .with("vector_stores", &self.vector_stores)
            .with("agents", &self.agents)
            .with("agent_access_groups", &none)
            .with("models", &none)
            .with("mcp_toolsets", &Value::Null)
            .with("blocked_tools", &self.blocked_tools)
            .with("search_tools", &none)
    }

    /// The MCP servers that it allows, however it names them. None where it restricts none.
    pub(crate) fn servers(&self) -> Option<Vec<&str>> {
        let lists = self.mcp_servers.iter().chain(&self.mcp_access_groups).chain(self.mcp_tool_permissions.keys());
        Some(lists.map(String::as_str).collect::<Vec<_>>()).filter(|it| !it.is_empty())
    }

    /// Whether `new` allows anything that `base` does not.
    pub(crate) fn is_looser(new: Option<&Self>, base: Option<&Self>) -> bool {
        let nothing = Self::default();
        let (new, base) = (new.unwrap_or(&nothing), base.unwrap_or(&nothing));
        let more = |new: &[&str], base: &[&str]| {
            !base.is_empty() && (new.is_empty() || new.iter().any(|entry| !base.contains(entry)))
        };
        let servers = more(&new.servers().unwrap_or_default(), &base.servers().unwrap_or_default());
        let tools = base.mcp_tool_permissions.iter().filter(|(_, tools)| !tools.is_empty()).any(|(server, tools)| {
            new.mcp_tool_permissions.get(server).map_or_else(
                || new.servers().is_none_or(|it| it.contains(&server.as_str())),
                |own| more(&texts(own), &texts(tools)),
            )
        });
        let lists = [(&new.vector_stores, &base.vector_stores), (&new.agents, &base.agents)];
        let unblocked = base.blocked_tools.iter().any(|tool| !new.blocked_tools.contains(tool));
        servers || tools || unblocked || lists.iter().any(|(new, base)| more(&texts(new), &texts(base)))
    }
}

fn texts(list: &[String]) -> Vec<&str> {
    list.iter().map(String::as_str).collect()
}

/// An id in the form of a UUID, the same whenever the holder is asked for.
fn id_of(kind: &str, holder: &str) -> String {
    let digest = hex(Sha256::digest(format!("{FIELD}#{kind}#{holder}").as_bytes()).as_slice());
    let part = |from: usize, to: usize| digest.get(from..to).unwrap_or_default();
    format!("{}-{}-8{}-8{}-{}", part(0, 8), part(8, 12), part(12, 15), part(15, 18), part(18, 30))
}
