//! Access groups that were made at run time: lists of models that name one hold its models.

use policy::access::Catalog;
use policy::access_group::is_group;
use policy::entity::AccessGroup;
use policy::key::Key;
use policy::subject::Entities;
use store::{RecordId, StoreError};

use crate::App;
use crate::known::fill_alone;

/// Adds to everyone's list the models of the access groups that it names, and gives those groups that have a budget.
/// Nothing is read where no list names any.
///
/// # Errors
/// [`StoreError`] when the store cannot be asked.
pub(crate) async fn expand(app: &App, lists: Vec<&mut Vec<String>>) -> Result<Vec<AccessGroup>, StoreError> {
    let catalog = Catalog::of(&app.config);
    let mut names: Vec<String> =
        lists.iter().flat_map(|it| it.iter()).filter(|it| is_group(it, &catalog)).cloned().collect();
    names.sort();
    names.dedup();
    let ids: Vec<RecordId> = names.iter().map(RecordId::of::<AccessGroup>).collect();
    let found = app.store.find_records(&ids).await?;
    for list in lists {
        let mut more = Vec::new();
        for name in list.iter().filter(|it| names.contains(it)) {
            let group = found.get::<AccessGroup>(name)?;
            more.extend(group.into_iter().flat_map(|it| it.value.models(&app.config.model_list)));
        }
        list.extend(more);
    }
    let mut paying = Vec::new();
    for name in &names {
        let group = found.get::<AccessGroup>(name)?.map(|it| it.value);
        let Some(mut group) = group.filter(|it| it.budget_id.is_some()) else { continue };
        group.model_names = group.models(&app.config.model_list);
        fill_alone(app, &mut group.limits, group.budget_id.as_deref()).await?;
        paying.push(group);
    }
    Ok(paying)
}

/// The lists of everyone behind a key. The key's own holds the groups that it was given by their ids, too; an empty one
/// allows every model without them.
pub(crate) fn lists<'a>(app: &App, key: &'a mut Key, entities: &'a mut Entities) -> Vec<&'a mut Vec<String>> {
    let catalog = Catalog::of(&app.config);
    if !key.models.is_empty() {
        key.models.extend(key.access_group_ids.iter().cloned());
    }
    entities.key_groups = key.access_group_ids.iter().filter(|it| is_group(it, &catalog)).cloned().collect();
    let Entities { user, team, member, organization, project, key_groups, .. } = entities;
    let lists = [
        Some(&mut key.models),
        Some(key_groups),
        user.as_mut().map(|it| &mut it.models),
        team.as_mut().map(|it| &mut it.models),
        member.as_mut().map(|it| &mut it.allowed_models),
        organization.as_mut().map(|it| &mut it.models),
        project.as_mut().map(|it| &mut it.models),
    ];
    lists.into_iter().flatten().collect()
}
