//! Who pays for a call, as its spend event says it.

use policy::budget::{Rules, scopes};
use policy::spend::SpendEvent;
use policy::subject::{ModelNames, Subject};
use serde_json::Value;

use crate::{App, Caller, timestamp};

/// What budgets depend on, now.
#[must_use]
pub fn budget_rules(app: &App) -> Rules<'_> {
    let settings = &app.config.litellm_settings;
    Rules {
        calendar: &app.calendar,
        now: timestamp(app),
        global: settings.max_budget,
        global_duration: settings.budget_duration,
        users_pay_for_teams: app.config.general_settings.apply_user_budget_to_team_keys,
    }
}

/// Writes into a spend event who called, and the totals that it counts in as far as they follow from that.
pub(crate) fn sign(app: &App, caller: &Caller, event: &mut SpendEvent) {
    let of_key = caller.key().and_then(|key| key.user_id.as_deref());
    event.user = of_key.or(caller.user_id()).map(str::to_owned);
    let subject = caller.subject();
    event.api_key.clone_from(&subject.key.token);
    event.key_alias.clone_from(&subject.key.key_alias);
    event.team_id.clone_from(&subject.key.team_id);
    event.organization_id.clone_from(&subject.key.organization_id);
    event.agent_id.clone_from(&subject.key.agent_id);
    let entities = subject.entities;
    let names = [
        ("user_api_key_team_alias", entities.team.as_ref().and_then(|it| it.team_alias.as_ref())),
        ("user_api_key_user_email", entities.user.as_ref().and_then(|it| it.user_email.as_ref())),
        ("user_api_key_org_alias", entities.organization.as_ref().and_then(|it| it.organization_alias.as_ref())),
        ("user_api_key_project_id", subject.key.project_id.as_ref()),
        ("user_api_key_project_alias", entities.project.as_ref().and_then(|it| it.project_alias.as_ref())),
    ];
    for (name, value) in names {
        if let Some(value) = value {
            event.metadata.insert(name.to_owned(), Value::from(value.as_str()));
        }
    }
    charge(app, &subject, None, event);
}

/// Writes into a spend event every total that it counts in, now that customer, tags and model are known.
pub(crate) fn charge(app: &App, subject: &Subject<'_>, model: Option<&ModelNames<'_>>, event: &mut SpendEvent) {
    event.scopes = scopes(subject, model, &budget_rules(app));
}
