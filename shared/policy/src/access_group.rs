//! Access groups that are made at run time: how one is made, changed and shown, and what lists mean that name it.

use serde_json::{Map, Value};

use crate::access::Catalog;
use crate::answer::Answer;
use crate::budget_row;
use crate::config::Deployment;
use crate::entity::{AccessGroup, Budget, Editor};
use crate::form::Form;
use crate::money::Usd;
use crate::request::{self, Refusal, invalid};

const FORM: Form =
    Form { entity: "access group", fields: &[&["access_group", "model_ids", "model_names"]], unenforced: &[] };

/// Rates are not limited for a group.
const BUDGET_FORM: Form = Form {
    entity: "access group",
    fields: &[&["budget_duration", "budget_id", "max_budget", "soft_budget"]],
    unenforced: &["max_parallel_requests", "rpm_limit", "tpm_limit"],
};

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

/// What a `PUT /access_group/{name}/budget` request asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum BudgetAsked {
    /// To be linked to this budget.
    Linked(String),
    /// To have this budget: a new one, or the one that it has, changed.
    Own(Box<Budget>),
}

/// Reads a `PUT /access_group/{name}/budget` request. `own` is the budget that the group has, `id` the id of a new one.
///
/// # Errors
/// [`Refusal`], naming the field.
pub fn budget(
    body: &Map<String, Value>,
    own: Option<&Budget>,
    id: &str,
    editor: &Editor<'_>,
) -> Result<BudgetAsked, Refusal> {
    BUDGET_FORM.check(body)?;
    let linked = request::text("budget_id", body.get("budget_id").unwrap_or(&Value::Null))?.filter(|it| !it.is_empty());
    let fields: Map<String, Value> =
        body.iter().filter(|(_, it)| !it.is_null()).map(|(name, it)| (name.clone(), it.clone())).collect();
    match linked {
        Some(_) if fields.len() > 1 => Err(invalid("budget_id", "names a budget that says the rest by itself")),
        Some(id) => Ok(BudgetAsked::Linked(id)),
        None if fields.is_empty() => {
            Err(invalid("max_budget", "or soft_budget, budget_duration or budget_id is required"))
        }
        None => match own {
            Some(own) => budget_row::update(own, &fields, editor),
            None => budget_row::new(&fields, id, editor),
        }
        .map(|budget| BudgetAsked::Own(Box::new(budget))),
    }
}

fn budget_of(budget: &Budget) -> Answer {
    let mut answer = Answer::new().with("budget_id", &budget.budget_id);
    for field in ["max_budget", "soft_budget", "budget_duration", "budget_reset_at"] {
        budget.limits.show(&mut answer, field);
    }
    answer
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

    /// What `/access_group/{name}/info` says of it, with the budget that it is linked to and what has been spent of it.
    #[must_use]
    pub fn answer(&self, deployments: &[Deployment], budget: Option<&Budget>, spend: Usd) -> Answer {
        Answer::new()
            .with("access_group", &self.access_group)
            .with("model_names", &self.models(deployments))
            .with("deployment_count", &self.deployments(deployments).count())
            .with("spend", &budget.map(|_| spend))
            .with("budget", &budget.map(budget_of))
    }

    /// What `/access_group/{name}/budget` says: `spend` is what all calls together have spent in the budget's period.
    #[must_use]
    pub fn budget_answer(&self, budget: Option<&Budget>, spend: Usd) -> Answer {
        let answer = Answer::new().with("access_group", &self.access_group).with("spend", &spend);
        answer.with("budget", &budget.map(budget_of))
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

    pub(crate) fn deployments<'a>(&self, deployments: &'a [Deployment]) -> impl Iterator<Item = &'a Deployment> {
        deployments.iter().filter(|it| self.model_names.contains(&it.model_name) || self.model_ids.contains(&it.id))
    }
}
