//! Where alerts go, and which of them this process has looked into lately.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method};
use policy::config::{Config, Secret};
use policy::spend::Scope;
use provider_transform::{Auth, ProviderRequest};
use upstream::{Credentials, Timeouts, Upstream};

use crate::Environment;

/// LiteLLM's name of the alerts about budgets.
const BUDGET_ALERTS: &str = "budget_alerts";
/// How often a process looks at one total.
const APART: Duration = Duration::from_secs(10);
/// More than this is not remembered.
const MOST: usize = 10_000;
/// Whoever is told has this long to take it.
const LONGEST: Duration = Duration::from_secs(3);

/// Who is told of budgets.
#[derive(Debug)]
pub(crate) struct Alerts {
    /// Addresses of Slack's incoming webhooks: they are as good as passwords.
    slack: Vec<Secret>,
    webhooks: Vec<Secret>,
    looked: Mutex<HashMap<Scope, Instant>>,
}

impl Alerts {
    pub(crate) fn new(config: &Config, env: &Environment) -> Self {
        let settings = &config.general_settings;
        let wanted = settings.alert_types.as_ref().is_none_or(|it| it.iter().any(|it| it == BUDGET_ALERTS));
        let asks = |way: &str| wanted && settings.alerting.iter().any(|it| it == way);
        let variable = |name: &str| config.variable(name, &|name| env.get(name)).filter(|it| !it.expose().is_empty());
        let addresses = |name: &str| variable(name).into_iter().collect::<Vec<_>>();
        let own = settings.alert_to_webhook_url.get(BUDGET_ALERTS);
        let slack = match own {
            Some(own) => own.0.iter().cloned().map(Secret::new).collect(),
            None => addresses("SLACK_WEBHOOK_URL"),
        };
        for way in settings.alerting.iter().filter(|it| !matches!(it.as_str(), "slack" | "webhook")) {
            tracing::warn!("config.yaml: general_settings.alerting: {way} is not supported; slack and webhook are");
        }
        Self {
            slack: if asks("slack") { slack } else { Vec::new() },
            webhooks: if asks("webhook") { addresses("WEBHOOK_URL") } else { Vec::new() },
            looked: Mutex::default(),
        }
    }

    /// Whether someone is told of budgets that are used up, too.
    pub(crate) fn also_of_hard_budgets(&self) -> bool {
        !self.slack.is_empty() || !self.webhooks.is_empty()
    }

    /// Whether it is time to look at the total again.
    pub(crate) fn is_due(&self, scope: &Scope) -> bool {
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        if looked.get(scope).is_some_and(|at| at.elapsed() < APART) {
            return false;
        }
        if looked.len() >= MOST {
            looked.clear();
        }
        looked.insert(scope.clone(), Instant::now());
        true
    }

    /// Tells everyone; false when somebody could not be told.
    pub(crate) async fn tell(&self, upstream: &Upstream, event: &impl serde::Serialize, text: &str) -> bool {
        let slack = serde_json::to_vec(&serde_json::json!({ "text": text })).unwrap_or_default();
        let event = serde_json::to_vec(event).unwrap_or_default();
        let mut all = true;
        for (addresses, body) in [(&self.slack, slack), (&self.webhooks, event)] {
            let body = Bytes::from(body);
            for address in addresses {
                all &= post(upstream, address, body.clone()).await;
            }
        }
        all
    }
}

async fn post(upstream: &Upstream, address: &Secret, body: Bytes) -> bool {
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
    let url = address.expose().to_owned();
    let request = ProviderRequest { method: Method::POST, url, headers, body, auth: Auth::None, dropped: Vec::new() };
    let timeouts = Timeouts { headers: LONGEST, idle: LONGEST, total: LONGEST };
    let id = crate::new_id().to_string();
    match upstream.send(request, &Credentials::default(), &id, &timeouts).await {
        Ok(answer) if answer.status.is_success() => true,
        Ok(answer) => {
            tracing::warn!(status = answer.status.as_u16(), "an alert was not taken");
            false
        }
        // The error's own text may hold the address.
        Err(error) => {
            tracing::warn!(blame = ?error.blame(), "an alert could not be sent");
            false
        }
    }
}
