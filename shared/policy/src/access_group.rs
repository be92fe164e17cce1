//! Access groups that are made at run time: how one is made, changed and shown, and what lists mean that name it.

use serde_json::{Map, Value};

use crate::access::Catalog;
use crate::answer::Answer;
use crate::config::Deployment;
use crate::entity::{AccessGroup, Editor};
use crate::form::Form;
use crate::request::{self, Refusal, invalid};

const FORM: Form =
    Form { entity: "access group", fields: &[&["access_group", "model_ids", "model_names"]], unenforced: &[] };

/// Makes an access group as an `/access_group/new` request asks.
///
/// # Errors
/// [`Refusal`], naming the field.
pub fn new(body: &Map<String, Value>, catalog: &Catalog<'_>, editor: &Editor<'_>) -> Result<AccessGroup, Refusal> {
    let name = request::text("access_group", body.get("access_group").unwrap_or(&Value::Null))?;
    let name = name.filter(|it| !it.trim().is_empty()).ok_or_else(|| invalid("access_group", "is required"))?;
    // A list that names a model must go on meaning the model.
    if !is_group(&name, catalog) {
        return Err(invalid("access_group", "is the name of a model, or has a meaning of its own in lists of models"));
    }
    let group = AccessGroup {
        access_group: name,
        created_at: Some(editor.now),
        created_by: editor.by.map(str::to_owned),
        ..AccessGroup::default()
    };
    update(&group, body, catalog, editor)
}

/// Gives an access group other models as an `/access_group/{name}/update` request asks.
///
/// # Errors
/// [`Refusal`], naming the field.
pub fn update(
    group: &AccessGroup,
    body: &Map<String, Value>,
    catalog: &Catalog<'_>,
    editor: &Editor<'_>,
) -> Result<AccessGroup, Refusal> {
    FORM.check(body)?;
    let list = |field: &str| request::texts(field, body.get(field).unwrap_or(&Value::Null));
    let (mut names, ids) = (list("model_names")?, list("model_ids")?);
    if names.is_empty() && ids.is_empty() {
        return Err(invalid("model_names", "or model_ids is required"));
    }
    if !ids.is_empty() {
        names.clear();
    }
    let (deployments, aliases) = (catalog.deployments, catalog.aliases);
    let known = |name: &&String| deployments.iter().any(|it| it.model_name == **name) || aliases.contains_key(*name);
    if let Some(name) = names.iter().find(|name| !known(name)) {
        return Err(invalid("model_names", format!("there is no model {name:?}")));
    }
    if let Some(id) = ids.iter().find(|id| !deployments.iter().any(|it| it.id == **id)) {
        return Err(invalid("model_ids", format!("there is no deployment {id:?}")));
    }
    Ok(AccessGroup {
        model_names: names,
        model_ids: ids,
        updated_at: Some(editor.now),
        updated_by: editor.by.map(str::to_owned),
        ..group.clone()
    })
}

/// Whether an entry of a list of models may be the name of an access group made at run time.
#[must_use]
pub fn is_group(entry: &str, catalog: &Catalog<'_>) -> bool {
    let special = matches!(entry, "all-proxy-models" | "all-team-models" | "no-default-models");
    let is_model = catalog.deployments.iter().any(|it| it.model_name == entry) || catalog.aliases.contains_key(entry);
    !special && !is_model && !entry.contains('*')
}

impl AccessGroup {
    /// The names of its models.
    #[must_use]
    pub fn models(&self, deployments: &[Deployment]) -> Vec<String> {
        let by_id = self.deployments(deployments).map(|it| it.model_name.clone());
        let mut models: Vec<String> = self.model_names.iter().cloned().chain(by_id).collect();
        models.sort();
        models.dedup();
        models
    }

    /// What `/access_group/{name}/info` says of it.
    #[must_use]
    pub fn answer(&self, deployments: &[Deployment]) -> Answer {
        Answer::new()
            .with("access_group", &self.access_group)
            .with("model_names", &self.models(deployments))
            .with("deployment_count", &self.deployments(deployments).count())
            .with("spend", &Value::Null)
            .with("budget", &Value::Null)
    }

    /// The answer of `/access_group/new` and `/access_group/{name}/update`.
    #[must_use]
    pub fn changed(&self, deployments: &[Deployment]) -> Answer {
        let given = |list: &Vec<String>| (!list.is_empty()).then(|| list.clone());
        Answer::new()
            .with("access_group", &self.access_group)
            .with("model_names", &given(&self.model_names))
            .with("model_ids", &given(&self.model_ids))
            .with("models_updated", &self.deployments(deployments).count())
    }

    /// The answer of `/access_group/{name}/delete`.
    #[must_use]
    pub fn deleted(&self, deployments: &[Deployment]) -> Answer {
        let message = format!("Access group '{}' deleted successfully", self.access_group);
        Answer::new()
            .with("access_group", &self.access_group)
            .with("models_updated", &self.deployments(deployments).count())
            .with("message", &message)
    }

    fn deployments<'a>(&self, deployments: &'a [Deployment]) -> impl Iterator<Item = &'a Deployment> {
        deployments.iter().filter(|it| self.model_names.contains(&it.model_name) || self.model_ids.contains(&it.id))
    }
}
