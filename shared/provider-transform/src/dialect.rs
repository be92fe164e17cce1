//! The verbs that a wire protocol implements for chat, and what they hand on.

use std::borrow::Cow;

use bytes::Bytes;

use crate::error::{ProviderError, TransformError};
use crate::{ChatChunk, ChatRequest, ChatResponse, Cx, Usage};

/// How the sender proves who it is; the secret itself is added by `upstream`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Auth {
    /// No credentials.
    None,
    /// `authorization: Bearer <secret>`.
    Bearer,
    /// The secret alone in this header, for example `x-api-key`.
    Header(&'static str),
    /// AWS Signature Version 4, or a bearer token where the deployment has one (Amazon Bedrock API keys).
    Aws {
        /// The name that the signature is scoped to, for example `bedrock`.
        service: &'static str,
        /// The region that the signature is scoped to.
        region: String,
    },
    /// An OAuth 2.0 access token of Google Cloud as a bearer.
    Google,
    /// The secret in `api-key`, or a token of Microsoft Entra ID as a bearer where the deployment has one.
    Azure,
    /// Either of them as a bearer, as Azure's API in OpenAI's own form takes them.
    AzureBearer,
}

/// A request as it goes to a provider, without its credentials.
#[derive(Clone, Debug)]
pub struct ProviderRequest {
    /// The HTTP method.
    pub method: http::Method,
    /// Absolute URL with its query.
    pub url: String,
    /// Headers except authentication, `host` and `content-length`.
    pub headers: http::HeaderMap,
    /// The body.
    pub body: Bytes,
    /// How to authenticate.
    pub auth: Auth,
    /// Parameters that were left out on the way, by name.
    pub dropped: Vec<String>,
}

/// One wire protocol's chat operation.
pub trait ChatDialect: Sync {
    /// Ours to the provider's. Errors when the request is invalid or cannot be expressed.
    fn request(&self, cx: &Cx<'_>, req: &ChatRequest) -> Result<ProviderRequest, TransformError>;
    /// The name by which the provider calls a tool, where it does not take the client's; in answers the hub puts the
    /// client's back.
    fn tool_name<'a>(&self, cx: &Cx<'_>, name: &'a str) -> Cow<'a, str> {
        let _ = cx;
        Cow::Borrowed(name)
    }
    /// Text of the request that the answer continues and that a whole answer is to begin with.
    fn prefilled<'a>(&self, cx: &Cx<'_>, req: &'a ChatRequest) -> Option<&'a str> {
        let _ = (cx, req);
        None
    }
    /// A whole answer to ours. Errors when the body cannot be read or says that the call failed.
    fn response(&self, cx: &Cx<'_>, body: &[u8]) -> Result<(ChatResponse, Usage), ProviderError>;
    /// A decoder for one streamed answer.
    fn stream(&self, cx: &Cx<'_>) -> Box<dyn ChatStream>;
    /// An answer with an error status as a typed error.
    fn error(&self, cx: &Cx<'_>, status: u16, body: &[u8]) -> ProviderError;
}

/// Decodes one streamed answer; bytes may be cut anywhere.
pub trait ChatStream: Send {
    /// Takes the next bytes and appends what they complete. After an error the decoder must not be used again;
    /// chunks appended before the error are valid.
    fn push(&mut self, bytes: &[u8], out: &mut Vec<ChatChunk>) -> Result<(), ProviderError>;
    /// The provider closed the stream in good order; errors when the answer was not complete.
    fn finish(&mut self, out: &mut Vec<ChatChunk>) -> Result<(), ProviderError>;
    /// Usage as far as the provider has reported it.
    fn usage(&self) -> Option<&Usage>;
}
