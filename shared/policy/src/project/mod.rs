//! Projects: how one is made, changed and shown.

use serde_json::{Map, Value, json};

use crate::answer::Answer;
use crate::entity::{
    Editor, LIMITS, Limits, ObjectPermission, PROJECT_SETTINGS, Project, SETTINGS, UNENFORCED, set_metadata,
};
use crate::form::Form;
use crate::money::Usd;
use crate::request::{self, Refusal, invalid};
use crate::within::check_soft_budget;

const FORM: Form = Form {
    entity: "project",
    fields: &[
        &["blocked", "budget_id", "description", "metadata", "models", "project_alias", "project_id", "team_id"],
        LIMITS,
        SETTINGS,
        ObjectPermission::FIELDS,
        PROJECT_SETTINGS,
    ],
    unenforced: UNENFORCED,
};

/// Makes a project as a `/project/new` request asks; `id` is its id when the request names none.
///
/// # Errors
/// [`Refusal`], naming the field.
pub fn new(body: &Map<String, Value>, id: String, editor: &Editor<'_>) -> Result<Project, Refusal> {
    FORM.check(body)?;
    let named = request::text("project_id", body.get("project_id").unwrap_or(&Value::Null))?;
    let mut project = Project {
        project_id: named.filter(|it| !it.trim().is_empty()).unwrap_or(id),
        created_at: Some(editor.now),
        created_by: editor.by.map(str::to_owned),
        ..Project::default()
    };
    set(&mut project, body, editor)?;
    Ok(project)
}

/// Changes a project as a `/project/update` request asks: fields that are left out stay, null takes a limit away.
///
/// # Errors
/// [`Refusal`], naming the field.
pub fn update(project: &Project, body: &Map<String, Value>, editor: &Editor<'_>) -> Result<Project, Refusal> {
    FORM.check(body)?;
    let mut changed = project.clone();
    set(&mut changed, body, editor)?;
    Ok(changed)
}

fn set(project: &mut Project, body: &Map<String, Value>, editor: &Editor<'_>) -> Result<(), Refusal> {
    set_metadata(&mut project.metadata, body, PROJECT_SETTINGS)?;
    for (field, value) in body {
        match field.as_str() {
            "project_alias" => project.project_alias = request::text(field, value)?,
            "description" => project.description = request::text(field, value)?,
            "team_id" => project.team_id = request::text(field, value)?.or(project.team_id.take()),
            "models" => project.models = request::texts(field, value)?,
            "budget_id" => project.budget_id = request::text(field, value)?.filter(|it| !it.is_empty()),
            "blocked" => project.blocked = request::flag(field, value)?,
            _ => {}
        }
    }
    if project.team_id.as_deref().is_none_or(str::is_empty) {
        return Err(invalid("team_id", "is required"));
    }
    ObjectPermission::set(&mut project.object_permission, ("project", &project.project_id), body)?;
    editor.set_limits(&mut project.limits, body)?;
    check_soft_budget(&project.limits)?;
    project.updated_at = Some(editor.now);
    project.updated_by = editor.by.map(str::to_owned);
    Ok(())
}

impl Project {
    /// Everything that a caller sees of the project. `limits` is what holds for it, `spend` what it has spent in its
    /// budget period.
    #[must_use]
    pub fn answer(&self, limits: &Limits, spend: Usd) -> Answer {
        let setting = |name: &str| self.metadata.get(name).cloned().unwrap_or_default();
        let mut answer = Answer::new()
            .with("project_id", &self.project_id)
            .with("project_alias", &self.project_alias)
            .with("description", &self.description)
            .with("team_id", &self.team_id)
            .with("budget_id", &self.budget_id)
            .with("metadata", &self.metadata)
            .with("models", &self.models)
            .with("spend", &spend)
            .with("model_spend", &json!({}))
            .with("model_rpm_limit", &setting("model_rpm_limit"))
            .with("model_tpm_limit", &setting("model_tpm_limit"))
            .with("model_itpm_limit", &setting("model_itpm_limit"))
            .with("model_otpm_limit", &setting("model_otpm_limit"))
            .with("blocked", &self.blocked)
            .with("litellm_budget_table", &limits.table(self.budget_id.as_deref()))
            .with("created_at", &self.created_at)
            .with("created_by", &self.created_by)
            .with("updated_at", &self.updated_at)
            .with("updated_by", &self.updated_by);
        ObjectPermission::show(self.object_permission.as_ref(), &mut answer);
        answer
    }
}
