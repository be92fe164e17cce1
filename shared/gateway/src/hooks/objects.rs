//! Holds calls to the vector stores, MCP servers, tools and agents that their keys, teams and others may reach.

use http::StatusCode;
use policy::access::{Object, ObjectDenial, objects};
use policy::subject::Kind;

use super::{Asking, Hook, Work, at_once};
use crate::ApiError;

pub(super) struct Objects;

impl Hook for Objects {
    fn asked<'a>(&'a self, asking: &'a mut Asking<'_>) -> Work<'a, Result<(), ApiError>> {
        let known = asking.agent.and_then(|named| asking.app.config.agent(named));
        let names: Vec<&str> = asking.agent.into_iter().chain(known.map(|it| it.agent_id.as_str())).collect();
        let denial = objects(&asking.caller.subject(), &names, asking.body).err()?;
        at_once(Err(refused(&denial)))
    }
}

fn refused(denial: &ObjectDenial) -> ApiError {
    let ObjectDenial { whose, object, name } = denial;
    let of = |key, team, user, organization, project| match whose {
        Kind::Team | Kind::TeamMember => team,
        Kind::User => user,
        Kind::Organization | Kind::OrganizationMember => organization,
        Kind::Project => project,
        Kind::Key | Kind::EndUser | Kind::Tag | Kind::AccessGroup => key,
    };
    let (kind, param, what) = match object {
        Object::VectorStore => (
            of(
                "key_vector_store_access_denied",
                "team_vector_store_access_denied",
                "user_vector_store_access_denied",
                "org_vector_store_access_denied",
                "project_vector_store_access_denied",
            ),
            "vector_store",
            "vector store",
        ),
        Object::McpServer => (
            of(
                "key_mcp_server_access_denied",
                "team_mcp_server_access_denied",
                "user_mcp_server_access_denied",
                "org_mcp_server_access_denied",
                "project_mcp_server_access_denied",
            ),
            "tools",
            "MCP server",
        ),
        Object::Tool => ("tool_access_denied", "tools", "tool"),
        Object::Agent => (
            of(
                "key_agent_access_denied",
                "team_agent_access_denied",
                "user_agent_access_denied",
                "org_agent_access_denied",
                "project_agent_access_denied",
            ),
            "agent_id",
            "agent",
        ),
    };
    let message = format!("User not allowed to access {what}. Tried to access {name}");
    ApiError::new(StatusCode::FORBIDDEN, kind, message).param(param)
}
