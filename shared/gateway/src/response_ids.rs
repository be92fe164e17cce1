//! Ids of stored answers that only those may use who got them: encrypted, with their owner inside.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use provider_transform::responses::id::{Origin, PREFIX, Seal};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;
use serde::{Deserialize, Serialize};

use crate::{ApiError, Caller};

/// The user that keys belong to which the master key made for nobody.
const NOBODY: &str = "default_user_id";

/// Writes and reads ids of answers.
#[derive(Clone)]
pub struct ResponseIds {
    keys: Option<Arc<Keys>>,
    allows_foreign: bool,
}

struct Keys {
    seal: LessSafeKey,
    nonce: hmac::Key,
}

/// What an id that a caller may use stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KnownId {
    /// An answer that went through this gateway.
    Ours(Origin),
    /// Some other id, to be taken as the provider's own.
    Foreign(String),
}

/// Who may use an id: the user and the team of the key that got it, or the key itself where it has neither.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Owner {
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    team: Option<String>,
    #[serde(rename = "k", default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Content {
    #[serde(rename = "o")]
    origin: String,
    #[serde(flatten)]
    owner: Owner,
}

impl ResponseIds {
    /// Protects ids with keys made from `secret`; leaves them open without one.
    pub(crate) fn new(secret: Option<&str>, allows_foreign: bool) -> Self {
        Self { keys: secret.and_then(Keys::new).map(Arc::new), allows_foreign }
    }

    /// Writes ids for `caller`.
    #[must_use]
    pub fn sealed_for(&self, caller: &Caller) -> Arc<dyn Seal> {
        match &self.keys {
            Some(keys) => Arc::new(OwnedSeal { keys: Arc::clone(keys), owner: Owner::of(caller) }),
            None => Arc::new(provider_transform::responses::id::Plain),
        }
    }

    /// What an id stands for.
    ///
    /// # Errors
    /// 403 when it is another's, or when this gateway did not issue it and ids of others are not allowed.
    pub fn open(&self, caller: &Caller, id: &str) -> Result<KnownId, ApiError> {
        let plain = || match Origin::of_plain_id(id) {
            Some(origin) => KnownId::Ours(origin),
            None => KnownId::Foreign(id.to_owned()),
        };
        let Some(keys) = &self.keys else { return Ok(plain()) };
        match keys.open(id) {
            Some((origin, owner)) if caller.is_admin() || owner == Owner::of(caller) => Ok(KnownId::Ours(origin)),
            None if caller.is_admin() || self.allows_foreign => Ok(plain()),
            Some(_) => Err(refusal("This response belongs to another user, team or key.")),
            None => Err(refusal("This response id was not issued by this gateway.")),
        }
    }
}

impl Keys {
    fn new(secret: &str) -> Option<Self> {
        let root = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let derive = |purpose: &str| hmac::sign(&root, purpose.as_bytes());
        let seal = UnboundKey::new(&CHACHA20_POLY1305, derive("response ids: seal").as_ref()).ok()?;
        let nonce = hmac::Key::new(hmac::HMAC_SHA256, derive("response ids: nonce").as_ref());
        Some(Self { seal: LessSafeKey::new(seal), nonce })
    }

    /// The same content gets the same id: the nonce is made from it.
    fn seal(&self, content: &[u8]) -> Option<String> {
        let mut nonce = [0; NONCE_LEN];
        nonce.copy_from_slice(hmac::sign(&self.nonce, content).as_ref().get(..NONCE_LEN)?);
        let mut sealed = content.to_vec();
        self.seal.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut sealed).ok()?;
        Some(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode([&nonce[..], &sealed].concat())))
    }

    fn open(&self, id: &str) -> Option<(Origin, Owner)> {
        let mut bytes = URL_SAFE_NO_PAD.decode(id.strip_prefix(PREFIX)?).ok()?;
        let (nonce, sealed) = bytes.split_at_mut_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let content = self.seal.open_in_place(nonce, Aad::empty(), sealed).ok()?;
        let content: Content = serde_json::from_slice(content).ok()?;
        Some((Origin::parse(&content.origin)?, content.owner))
    }
}

struct OwnedSeal {
    keys: Arc<Keys>,
    owner: Owner,
}

impl Seal for OwnedSeal {
    fn seal(&self, origin: &Origin) -> String {
        let Owner { user, team, key } = &self.owner;
        let owner = Owner { user: user.clone(), team: team.clone(), key: key.clone() };
        let content = Content { origin: origin.payload(), owner };
        let sealed = serde_json::to_vec(&content).ok().and_then(|it| self.keys.seal(&it));
        // Sealing fails for texts of many gigabytes alone; an id that nobody can use is better than an open one.
        sealed.unwrap_or_else(|| PREFIX.to_owned())
    }
}

impl Owner {
    fn of(caller: &Caller) -> Self {
        let Some(key) = caller.key() else {
            return Self { key: Some("master".to_owned()).filter(|_| caller.is_admin()), ..Self::default() };
        };
        let (user, team) = (key.user_id.clone().filter(|it| it != NOBODY), key.team_id.clone());
        // A token that names nobody has no key of its own; its organization is the next best that it says.
        let own = match key.origin.as_str() {
            "" => format!("token of {}", key.organization_id.as_deref().unwrap_or_default()),
            origin => origin.to_owned(),
        };
        let key = (user.is_none() && team.is_none()).then_some(own);
        Self { user, team, key }
    }
}

fn refusal(message: &str) -> ApiError {
    ApiError::new(StatusCode::FORBIDDEN, "permission_error", message)
}

#[cfg(test)]
mod tests;
