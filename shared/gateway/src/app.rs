use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use policy::config::Config;
use policy::cost::Terms;
use policy::duration::Calendar;
use policy::entity::{Budget, Customer, Tag};
use policy::key::OldSecret;
use policy::routing::Rules;
use store::Store;
use upstream::Upstream;

use crate::alerts::Alerts;
use crate::auth::Callers;
use crate::cooldowns::Cooldowns;
use crate::key_secrets::KeySecrets;
use crate::known::Known;
use crate::master_key::MasterKey;
use crate::memory::Memory;
use crate::rates::Rates;
use crate::served::Served;
use crate::terms::Heard;
use crate::{ApiError, Clock, Environment, Reply, ResponseIds, Tail};

/// Calls under way, with those that only have to be accounted for, beyond which a reply waits for its account.
const MOST_OPEN: usize = 512;

/// What every handler works with; cheap to clone.
#[derive(Clone)]
pub struct App {
    inner: Arc<Parts>,
}

/// The parts of an application. All are safe to use from many requests at once.
pub struct Parts {
    /// The configuration as read at start.
    pub config: Config,
    /// The deployments of the configuration, in its order.
    pub models: Vec<Arc<Served>>,
    /// The routing rules of the configuration.
    pub(crate) rules: Rules,
    /// Where budget periods begin.
    pub calendar: Calendar,
    /// How rate limits are counted.
    pub(crate) rates: Rates,
    /// State.
    pub store: Store,
    /// The way to providers.
    pub upstream: Upstream,
    /// The environment it was started with.
    pub env: Environment,
    /// Ids of stored answers.
    pub response_ids: ResponseIds,
    pub(crate) keys: Memory<Known>,
    pub(crate) budgets: Memory<Option<Budget>>,
    pub(crate) customers: Memory<Option<Customer>>,
    pub(crate) tags: Memory<Option<Tag>>,
    pub(crate) alerts: Alerts,
    pub(crate) callers: Callers,
    pub(crate) key_secrets: KeySecrets,
    pub(crate) old_secrets: Memory<OldSecret>,
    pub(crate) cooldowns: Cooldowns,
    pub(crate) heard_terms: Heard,
    pub(crate) master_key: Option<MasterKey>,
    pub(crate) buffered: bool,
    tail: Tail,
    after_reply: AtomicBool,
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.inner
    }
}

impl App {
    pub(crate) fn new(parts: Pieces) -> Self {
        let Pieces { callers, key_secrets, config, models, store, upstream, env, master_key, response_ids, buffered } =
            parts;
        let settings = &config.litellm_settings;
        let calendar = Calendar { zone: settings.timezone.clone(), reset_time: settings.budget_reset_time };
        let ttl = config.general_settings.user_api_key_cache_ttl;
        let inner = Parts {
            rules: Rules::of(&config),
            rates: Rates::new(&config, &env),
            alerts: Alerts::new(&config, &env),
            heard_terms: Heard::new(Terms::from(&config.litellm_settings)),
            config,
            models,
            calendar,
            store,
            upstream,
            env,
            response_ids,
            keys: Memory::new(ttl),
            budgets: Memory::new(ttl),
            customers: Memory::new(ttl),
            tags: Memory::new(ttl),
            callers,
            key_secrets,
            old_secrets: Memory::new(ttl),
            cooldowns: Cooldowns::default(),
            master_key,
            buffered,
            tail: Tail::default(),
            after_reply: AtomicBool::new(false),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Forgets a key that was changed or deleted, so that this process sees it at once.
    pub fn forget_key(&self, token: &str) {
        self.keys.forget(token);
        self.old_secrets.forget_all();
    }

    /// Forgets everything that was read of entities, after a change to one that many keys may stand on.
    pub fn forget_entities(&self) {
        self.callers.forget();
        self.keys.forget_all();
        self.budgets.forget_all();
        self.customers.forget_all();
        self.tags.forget_all();
    }

    /// Turns what a handler gave into an answer: the one place where refusals and faults are rendered and logged.
    pub async fn answer(&self, handling: impl Future<Output = Result<Reply, ApiError>>) -> Reply {
        let reply = match handling.await {
            Ok(reply) => reply,
            Err(error) => {
                error.log();
                error.reply()
            }
        };
        reply.secured()
    }
}

impl Parts {
    /// Wall-clock time.
    #[must_use]
    pub fn clock(&self) -> Clock {
        Clock
    }

    /// Work that follows replies.
    #[must_use]
    pub fn tail(&self) -> &Tail {
        &self.tail
    }

    /// Says that something keeps the process awake after a reply until [`Tail::drained`], so that accounting need not
    /// precede the end of a reply.
    pub fn account_after_reply(&self) {
        self.after_reply.store(true, Ordering::Release);
    }

    /// Whether accounting may follow the end of a reply: something waits for it, and not too much of it is open. Beyond
    /// that callers wait, so that a slow queue cannot fill the memory.
    #[must_use]
    pub fn accounts_after_reply(&self) -> bool {
        self.after_reply.load(Ordering::Acquire) && self.tail.active() < MOST_OPEN
    }
}

/// What an application is made of.
pub(crate) struct Pieces {
    pub(crate) key_secrets: KeySecrets,
    pub(crate) callers: Callers,
    pub(crate) config: Config,
    pub(crate) models: Vec<Arc<Served>>,
    pub(crate) store: Store,
    pub(crate) upstream: Upstream,
    pub(crate) env: Environment,
    pub(crate) master_key: Option<MasterKey>,
    pub(crate) response_ids: ResponseIds,
    pub(crate) buffered: bool,
}
