use std::sync::Arc;

use policy::access::{Manager, Role};
use policy::key::Key;
use policy::money::Usd;
use policy::subject::Subject;

use crate::known::{Known, known_or_nobody};

/// The user that the master key acts as.
pub const ADMIN_USER: &str = "default_user_id";

/// Who is calling.
#[derive(Debug, Clone)]
pub struct Caller {
    /// What the caller proved to be.
    pub identity: Identity,
    /// What the caller may do.
    pub role: Role,
    /// Ids of the organizations that the caller administers: read for routes that manage something.
    pub organizations: Vec<String>,
    /// The end user that the caller's token names, whatever the request says.
    pub end_user: Option<String>,
}

/// What a caller proved to be.
#[derive(Debug, Clone)]
pub enum Identity {
    /// The holder of the master key.
    Master,
    /// The holder of a virtual key.
    Key(Arc<Known>),
    /// The holder of a token of an identity provider, with the key that it stands for: one without a secret.
    Token(Arc<Known>),
    /// Anyone, where the configuration permits to run without a master key or the route is public.
    Anonymous,
}

impl Caller {
    pub(crate) fn new(identity: Identity, role: Role) -> Self {
        Self { identity, role, organizations: Vec::new(), end_user: None }
    }

    /// The virtual key, if that is what the caller holds, or the one that its token stands for.
    #[must_use]
    pub fn key(&self) -> Option<&Key> {
        self.known().map(|known| &known.key)
    }

    /// The key with the entities behind it.
    #[must_use]
    pub fn known(&self) -> Option<&Arc<Known>> {
        match &self.identity {
            Identity::Key(known) | Identity::Token(known) => Some(known),
            Identity::Master | Identity::Anonymous => None,
        }
    }

    /// Everyone whose rules hold for the caller, whatever it calls for.
    #[must_use]
    pub fn subject(&self) -> Subject<'_> {
        known_or_nobody(self).subject(None, &[])
    }

    /// What the key had spent when the process last looked, in USD.
    #[must_use]
    pub fn known_spend(&self) -> Option<Usd> {
        self.known().map(|known| known.spend())
    }

    /// Whether the caller may do everything.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        self.role == Role::ProxyAdmin
    }

    /// The caller, as far as it manages teams and organizations.
    #[must_use]
    pub fn manager(&self) -> Manager<'_> {
        Manager { role: self.role, user_id: self.user_id(), organizations: &self.organizations }
    }

    /// The user that the caller acts as. A key that the master key made for nobody bears the admin's name and is
    /// nobody's: else it would be an admin of every team that the master key made.
    #[must_use]
    pub fn user_id(&self) -> Option<&str> {
        match &self.identity {
            Identity::Master => Some(ADMIN_USER),
            Identity::Key(known) | Identity::Token(known) => {
                known.key.user_id.as_deref().filter(|it| *it != ADMIN_USER)
            }
            Identity::Anonymous => None,
        }
    }
}
