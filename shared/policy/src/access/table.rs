//! The routes by group, and the groups by role: the one place that says who may call what.
//!
//! In a pattern `{name}` is one segment, `{path}` one or more, and a trailing `/**` any more segments or none.

use super::Role;

/// A named set of routes; the names are the ones that `allowed_routes` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) name: &'static str,
    pub(super) patterns: &'static [&'static str],
}

/// Inference in OpenAI's format. Also with `/v1`, `/openai/v1`, `/engines/{model}` and `/openai/deployments/{model}`.
const OPENAI: Group = Group {
    name: "openai_routes",
    patterns: &[
        "/assistants/**",
        "/audio/{name}",
        "/batches/**",
        "/chat/completions",
        "/completions",
        "/containers/**",
        "/cursor/{path}",
        "/decisions",
        "/embeddings",
        "/evals/**",
        "/files/**",
        "/fine_tuning/jobs/**",
        "/images/{name}",
        "/memory/**",
        "/models/**",
        "/moderations",
        "/ocr",
        "/rag/{name}",
        "/realtime/**",
        "/rerank",
        "/responses/**",
        "/search/**",
        "/threads/**",
        "/utils/{name}",
        "/v2/rerank",
        "/vector_stores/**",
        "/videos/**",
        "/{provider}/v1/batches/**",
        "/{provider}/v1/files/**",
    ],
};

const ANTHROPIC: Group =
    Group { name: "anthropic_routes", patterns: &["/messages", "/messages/count_tokens", "/skills/**"] };

const GOOGLE: Group = Group { name: "google_routes", patterns: &["/v1beta/models/**", "/v1beta/interactions/**"] };

const MCP: Group = Group { name: "mcp_routes", patterns: &["/mcp/**", "/mcp-rest/**"] };

const AGENT: Group = Group { name: "agent_routes", patterns: &["/a2a/**", "/agents/**"] };

/// Requests that go to a provider as they are.
const PASS_THROUGH: Group = Group {
    name: "mapped_pass_through_routes",
    patterns: &[
        "/anthropic/{path}",
        "/assemblyai/{path}",
        "/azure/{path}",
        "/azure_ai/{path}",
        "/bedrock/{path}",
        "/cohere/{path}",
        "/deepgram/{path}",
        "/eu.assemblyai/{path}",
        "/fal_ai/{path}",
        "/gemini/{path}",
        "/gigachat/{path}",
        "/langfuse/{path}",
        "/milvus/{path}",
        "/mistral/{path}",
        "/nvidia_nim/{path}",
        "/openai/{path}",
        "/openai_passthrough/{path}",
        "/openrouter/{path}",
        "/vertex-ai/{path}",
        "/vertex_ai/{path}",
        "/vllm/{path}",
        "/watsonx/{path}",
    ],
};

/// Reading about oneself and the models.
const INFO: Group = Group {
    name: "info_routes",
    patterns: &[
        "/health",
        "/health/services",
        "/key/health",
        "/key/info",
        "/key/list",
        "/model/info",
        "/model_group/info",
        "/models/**",
        "/organization/list",
        "/team/available",
        "/team/info",
        "/team/list",
        "/user/info",
        "/v1/model/info",
        "/v1/models/**",
        "/v2/key/info",
        "/v2/model/info",
        "/v2/team/list",
        "/v2/user/info",
    ],
};

/// What any key may read, whoever owns it.
const SELF: Group = Group {
    name: "self_routes",
    patterns: &[
        "/key/health",
        "/key/info",
        "/model/info",
        "/model_group/info",
        "/models/**",
        "/team/info",
        "/user/info",
        "/v1/model/info",
        "/v1/models/**",
        "/v2/key/info",
        "/v2/model/info",
        "/v2/user/info",
    ],
};

pub(super) const MANAGEMENT: Group = Group {
    name: "management_routes",
    patterns: &[
        "/access_group/**",
        "/audit/**",
        "/budget/**",
        "/cache/**",
        "/config/**",
        "/credentials/**",
        "/customer/**",
        "/end_user/**",
        "/fallback/**",
        "/jwt/key/mapping/**",
        "/key/**",
        "/model/**",
        "/organization/**",
        "/project/**",
        "/provider/budgets",
        "/router/**",
        "/tag/**",
        "/team/**",
        "/user/**",
        "/v1/access_group/**",
        "/v2/key/info",
        "/v2/model/info",
        "/v2/organization/**",
        "/v2/team/list",
        "/v2/user/info",
    ],
};

/// Keys, of which the handlers let each caller manage its own.
const OWN_KEYS: Group = Group {
    name: "key_management_routes",
    patterns: &[
        "/key/aliases",
        "/key/block",
        "/key/bulk_update",
        "/key/delete",
        "/key/generate",
        "/key/info",
        "/key/list",
        "/key/regenerate",
        "/key/service-account/generate",
        "/key/unblock",
        "/key/update",
        "/key/{key}/regenerate",
        "/key/{key}/reset_spend",
        "/team/key/bulk_update",
    ],
};

const SPEND: Group = Group {
    name: "spend_tracking_routes",
    patterns: &[
        "/cost/estimate",
        "/key/spend/report",
        "/organization/spend/report",
        "/spend/calculate",
        "/spend/keys",
        "/spend/logs",
        "/spend/logs/session/ui",
        "/spend/logs/ui",
        "/spend/logs/v2",
        "/spend/tags",
        "/spend/users",
        "/team/spend/report",
        "/user/spend/report",
    ],
};

/// Spend of everyone.
const GLOBAL_SPEND: Group =
    Group { name: "global_spend_tracking_routes", patterns: &["/global/spend/**", "/{entity}/spend/report"] };

const USAGE: Group = Group {
    name: "usage_routes",
    patterns: &[
        "/global/activity/**",
        "/global/spend/end_users",
        "/global/spend/keys",
        "/global/spend/logs",
        "/global/spend/models",
        "/global/spend/provider",
        "/global/spend/tags",
        "/tag/daily/activity/**",
        "/tag/list",
        "/user/daily/activity/**",
    ],
};

const LISTS: Group = Group {
    name: "list_routes",
    patterns: &["/guardrails/list", "/project/info", "/project/list", "/v2/guardrails/list"],
};

/// What admins of a team do: the handlers know who is one (see `Manager`).
const SELF_MANAGED: Group = Group {
    name: "self_managed_routes",
    patterns: &[
        "/model/delete",
        "/model/new",
        "/model/update",
        "/model/{model}/update",
        "/project/info",
        "/project/list",
        "/project/new",
        "/project/update",
        "/team/bulk_member_add",
        "/team/daily/activity/**",
        "/team/member_add",
        "/team/member_delete",
        "/team/member_update",
        "/team/permissions_list",
        "/team/permissions_update",
        "/team/spend/by_user",
        "/team/update",
        "/team/{team}/callback/**",
        "/team/{team}/disable_logging",
        "/team/{team}/member/{user}/reset_budget",
        "/team/{team}/member/{user}/reset_spend",
        "/team/{team}/members/me",
        "/user/available_roles",
        "/user/list",
    ],
};

/// What admins of an organization do within it. Budgets, customers and tags belong to no organization.
const IN_ORGANIZATION: Group = Group {
    name: "organization_routes",
    patterns: &[
        "/key/**",
        "/organization/daily/activity/**",
        "/organization/delete",
        "/organization/info",
        "/organization/list",
        "/organization/member_add",
        "/organization/member_delete",
        "/organization/member_update",
        "/organization/spend/report",
        "/project/**",
        "/team/**",
        "/user/**",
    ],
};

/// Reading in disguise.
const READS_BY_POST: Group = Group {
    name: "reads_by_post",
    patterns: &[
        "/budget/info",
        "/cost/estimate",
        "/organization/info",
        "/spend/calculate",
        "/tag/info",
        "/v2/key/info",
    ],
};

/// The own account.
const ACCOUNT: Group = Group { name: "account_routes", patterns: &["/session/logout", "/user/password/change"] };

/// The own account with its address, of which a viewer may change nothing else.
const OWN_ADDRESS: Group = Group { name: "own_address_routes", patterns: &["/user/update"] };

/// Inference, in every format.
pub(super) const LLM_API: &[Group] = &[OPENAI, ANTHROPIC, GOOGLE, PASS_THROUGH, MCP, AGENT];

/// Groups that `allowed_routes` may name, beside `llm_api_routes`.
pub(super) const NAMED: &[Group] = &[
    OPENAI,
    ANTHROPIC,
    GOOGLE,
    PASS_THROUGH,
    MCP,
    AGENT,
    INFO,
    MANAGEMENT,
    OWN_KEYS,
    SPEND,
    GLOBAL_SPEND,
    SELF_MANAGED,
];

/// Routes that need no key.
pub(super) const PUBLIC: &[&str] = &[
    "/",
    "/.well-known/litellm-ui-config",
    "/health/liveliness",
    "/health/liveness",
    "/health/readiness",
    "/public/{path}",
    "/routes",
    "/test",
];

/// Routes that the master key alone may call.
pub(super) const MASTER_ONLY: &[&str] =
    &["/global/spend/reset", "/memory-usage-in-mem-cache", "/memory-usage-in-mem-cache-items"];

/// What a role may call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grant {
    pub(super) role: Role,
    pub(super) inference: bool,
    /// Every route that is not inference, by GET, HEAD and OPTIONS.
    pub(super) reads: bool,
    /// By every method.
    pub(super) groups: &'static [Group],
}

/// Who may call what. The admin, who may do everything, is not in it. Whether a route is about the caller's own
/// things is decided where they are known.
pub(super) const GRANTS: &[Grant] = &[
    Grant {
        role: Role::ProxyAdminViewer,
        inference: false,
        reads: true,
        groups: &[READS_BY_POST, ACCOUNT, OWN_ADDRESS],
    },
    Grant {
        role: Role::OrgAdmin,
        inference: true,
        reads: false,
        groups: &[IN_ORGANIZATION, SELF_MANAGED, OWN_KEYS, SPEND, USAGE, LISTS, INFO, ACCOUNT],
    },
    Grant {
        role: Role::InternalUser,
        inference: true,
        reads: false,
        groups: &[INFO, OWN_KEYS, SPEND, USAGE, LISTS, SELF_MANAGED, ACCOUNT],
    },
    Grant {
        role: Role::InternalUserViewer,
        inference: true,
        reads: false,
        groups: &[INFO, SPEND, USAGE, LISTS, ACCOUNT],
    },
    Grant { role: Role::Team, inference: true, reads: false, groups: &[SELF] },
    Grant { role: Role::Customer, inference: true, reads: false, groups: &[SELF] },
    Grant { role: Role::Unknown, inference: true, reads: false, groups: &[SELF] },
];

/// What the key permission `get_spend_routes` adds.
pub(super) const SPEND_PERMISSION: &[Group] = &[SPEND, GLOBAL_SPEND];
