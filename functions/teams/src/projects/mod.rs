//! Projects of teams.

pub(crate) mod delete;
pub(crate) mod info;
pub(crate) mod list;
pub(crate) mod new;
pub(crate) mod update;

use gateway::{ApiError, App, Caller};
use http::StatusCode;
use policy::answer::Answer;
use policy::entity::{Project, Team};
use policy::team::Reach;
use policy::within::Frame;
use serde_json::{Map, Value};
use store::{StoreError, Stored};

use crate::access::find;
use crate::show::held;

/// The setting by which admins of teams manage the projects of their teams.
const PROJECTS: &str = "projects";

/// The team, whose projects the caller manages.
async fn team(app: &App, caller: &Caller, team_id: &str) -> Result<Team, ApiError> {
    let configured = &app.config.general_settings.team_admin_editable_team_fields;
    let reach = |met: &crate::access::Met| {
        let reach = Reach::of(&caller.manager(), &met.team.value, met.own.as_ref(), configured);
        match reach {
            Some(Reach::Fields(fields)) => fields.iter().any(|it| it == PROJECTS),
            other => other.is_some(),
        }
    };
    match find(app, caller, team_id).await? {
        Some(met) if reach(&met) => Ok(met.team.value),
        None if caller.is_admin() => Err(crate::access::missing(team_id)),
        _ => Err(denied()),
    }
}

/// A project that is not theirs looks to others like one that is not there.
fn denied() -> ApiError {
    let message = "Only admins may manage projects, and admins of teams where the configuration says so.";
    ApiError::new(StatusCode::FORBIDDEN, "permission_error", message).param("team_id")
}

/// Checks a project against its team; what `asked` sets, or everything.
fn check_team(project: &Project, team: &Team, asked: Option<&Map<String, Value>>) -> Result<(), ApiError> {
    let frame = Frame { what: "team", id: &team.team_id, limits: &team.limits, models: &team.models };
    Ok(frame.check(&project.limits, &project.models, asked)?)
}

async fn find_project(app: &App, id: &str) -> Result<Stored<Project>, ApiError> {
    let unknown = || {
        let message = format!("Project not found, project_id={id}");
        ApiError::new(StatusCode::NOT_FOUND, "not_found", message).param("project_id")
    };
    app.store.find(id).await.map_err(failed)?.ok_or_else(unknown)
}

/// A project with what holds for it and what it has spent.
async fn show(app: &App, project: &Project) -> Result<Answer, ApiError> {
    let shown = show_all(app, std::slice::from_ref(project)).await?;
    Ok(shown.into_iter().next().unwrap_or_default())
}

async fn show_all(app: &App, projects: &[Project]) -> Result<Vec<Answer>, ApiError> {
    let accounts = gateway::accounts(app, projects).await?;
    let each = projects.iter().zip(accounts);
    Ok(each.map(|(project, account)| project.answer(&held(project, &account), account.spend)).collect())
}

fn failed(error: StoreError) -> ApiError {
    ApiError::stored(error, "Project", "project_id")
}
