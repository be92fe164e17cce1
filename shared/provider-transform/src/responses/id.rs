//! Ids of answers that lead back to the deployment that gave them, as LiteLLM writes them.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// How every id of an answer begins.
pub const PREFIX: &str = "resp_";

/// What an id says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The provider's slug.
    pub provider: String,
    /// The deployment's id.
    pub model_id: Option<String>,
    /// The answer's own id.
    pub response_id: String,
}

impl Origin {
    /// The text that an id is made of.
    #[must_use]
    pub fn payload(&self) -> String {
        let Self { provider, model_id, response_id } = self;
        let model_id = model_id.as_deref().unwrap_or("None");
        format!("litellm:custom_llm_provider:{provider};model_id:{model_id};response_id:{response_id}")
    }

    /// Reads [`Origin::payload`].
    #[must_use]
    pub fn parse(payload: &str) -> Option<Self> {
        let rest = payload.strip_prefix("litellm:custom_llm_provider:")?;
        let (provider, rest) = rest.split_once(";model_id:")?;
        let (model_id, response_id) = rest.split_once(";response_id:")?;
        Some(Self {
            provider: provider.to_owned(),
            model_id: Some(model_id.to_owned()).filter(|it| it != "None"),
            response_id: response_id.to_owned(),
        })
    }

    /// The id without protection.
    #[must_use]
    pub fn plain_id(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(self.payload()))
    }

    /// Reads an id without protection; `None` for ids of another making.
    #[must_use]
    pub fn of_plain_id(id: &str) -> Option<Self> {
        let coded = id.strip_prefix(PREFIX)?.trim_end_matches('=');
        let bytes = STANDARD_NO_PAD.decode(coded).or_else(|_| URL_SAFE_NO_PAD.decode(coded)).ok()?;
        Self::parse(std::str::from_utf8(&bytes).ok()?)
    }
}

/// Writes the id that callers see; what protects it is the gateway's.
pub trait Seal: Send + Sync {
    /// The id of an answer, the same for the same origin within one call.
    fn seal(&self, origin: &Origin) -> String;
}

/// Ids that everybody can read, as LiteLLM's library writes them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Plain;

impl Seal for Plain {
    fn seal(&self, origin: &Origin) -> String {
        origin.plain_id()
    }
}
