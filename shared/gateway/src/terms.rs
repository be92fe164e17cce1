//! What the operator puts on prices, as a warm process last heard of it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use policy::cost::Terms;
use policy::entity::Setting;
use serde_json::{Map, Value};
use store::{RecordId, StoreError};

use crate::{App, log_chain};

/// `litellm_settings.cost_discount_config`.
pub const DISCOUNTS: &str = "cost_discount_config";
/// `litellm_settings.cost_margin_config`.
pub const MARGINS: &str = "cost_margin_config";
/// `litellm_settings.block_requests_for_models_without_pricing`.
pub const BLOCK_UNPRICED: &str = "block_requests_for_models_without_pricing";

/// What was heard last, and when the store was last asked.
#[derive(Debug)]
pub(crate) struct Heard(Mutex<(Arc<Terms>, Option<Instant>)>);

impl Heard {
    pub(crate) fn new(configured: Terms) -> Self {
        Self(Mutex::new((Arc::new(configured), None)))
    }

    fn terms(&self) -> Arc<Terms> {
        Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner).0)
    }

    fn hear(&self, terms: Terms) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0 = Arc::new(terms);
    }

    /// Whether it is time to ask the store; who is told so asks.
    fn is_due(&self, ttl: Duration) -> bool {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let due = heard.1.is_none_or(|asked| asked.elapsed() >= ttl);
        if due {
            heard.1 = Some(Instant::now());
        }
        due
    }
}

impl App {
    /// What the operator puts on prices, as this process last heard.
    #[must_use]
    pub fn terms(&self) -> Arc<Terms> {
        self.heard_terms.terms()
    }

    /// Reads what was changed at run time, over what is configured.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be asked; what was heard before stays.
    pub async fn read_terms(&self) -> Result<Arc<Terms>, StoreError> {
        let names = [DISCOUNTS, MARGINS, BLOCK_UNPRICED];
        let found = self.store.find_records(&names.map(RecordId::of::<Setting>)).await?;
        let mut terms = Terms::from(&self.config.litellm_settings);
        let value = |name| Ok::<_, StoreError>(found.get::<Setting>(name)?.map(|it| it.value.value));
        let map = |value: Value| value.as_object().cloned().unwrap_or_else(Map::new);
        terms.discounts = value(DISCOUNTS)?.map_or(terms.discounts, map);
        terms.margins = value(MARGINS)?.map_or(terms.margins, map);
        terms.block_unpriced = value(BLOCK_UNPRICED)?.map_or(terms.block_unpriced, |it| it == true);
        self.heard_terms.hear(terms);
        Ok(self.terms())
    }

    /// Asks the store beside the call if it is time to: the call itself goes by what was heard before, or by what comes
    /// in before it ends.
    pub(crate) fn renew_terms(&self) {
        let seconds = self.config.general_settings.proxy_config_reload_interval_seconds;
        if self.heard_terms.is_due(Duration::try_from_secs_f64(seconds).unwrap_or_default()) {
            let app = self.clone();
            self.tail().spawn(async move {
                if let Err(error) = app.read_terms().await {
                    log_chain("settings that were changed at run time were not read", &error);
                }
            });
        }
    }
}
