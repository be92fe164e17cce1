//! One try at one deployment.

use http::HeaderMap;
use policy::config::Secret;
use provider_transform::{ChatChunk, ChatRequest, ChatResponse, Cx, ErrorClass, Files, ProviderError, Usage, mock};
use serde_json::Value;

use super::account::Ledger;
use super::stream::{Source, Streaming};
use super::target::{Failure, Target};
use super::{ChatCall, limits};
use crate::App;

/// A provider's answer larger than this is refused, in bytes.
const LARGEST_ANSWER: usize = 64 << 20;
/// Of a provider's error this much is read, in bytes.
const LARGEST_ERROR: usize = 1 << 20;

/// What came of a try that succeeded.
pub(super) enum Answer {
    /// A whole answer.
    Whole(Box<Whole>),
    /// A stream with its first content.
    Stream(Box<Streaming>),
}

/// A whole answer.
pub(super) struct Whole {
    pub(super) target: Target,
    pub(super) provider_headers: HeaderMap,
    pub(super) response: ChatResponse,
    pub(super) usage: Usage,
}

/// Tries `target` once.
pub(super) async fn attempt(
    app: &App,
    call: &ChatCall,
    chat: &ChatRequest,
    target: Target,
    ledger: &mut Ledger,
) -> Result<Answer, Failure> {
    let dialect = target.served.chat;
    let response_id = format!("chatcmpl-{}", ledger.event_id());
    let files = Files::default();
    let subject = target.clone();
    let cx = subject.cx(app, &response_id, &files);
    if let Some(mocked) = call.extras.mock_response.as_ref().or_else(|| target.served.params.get("mock_response")) {
        let mocked = mocked.clone();
        return answer_mock(chat, target, &cx, &mocked, ledger);
    }
    if let Some(failure) = target.misconfigured() {
        return Err(failure);
    }
    let request = dialect.request(&cx, chat).map_err(|error| target.untranslatable(error))?;
    ledger.dropped(&request.dropped);
    let limits = limits::of_attempt(app, call, &target);
    let caller_set_limit = call.extras.timeout.is_some() || call.extras.stream_timeout.is_some();
    let secret = target.served.api_key.as_ref().map(Secret::expose);
    let sent = app.upstream.send(request, secret, ledger.event_id(), &limits).await;
    let mut body = match sent {
        Ok(response) => response,
        Err(error) => {
            if error.reached_provider() {
                ledger.reached();
            }
            return Err(target.unsent(error, caller_set_limit));
        }
    };
    ledger.reached();
    let provider_headers = body.headers.clone();
    if !body.status.is_success() {
        let text = body.collect(LARGEST_ERROR).await.unwrap_or_default();
        ledger.refused();
        return Err(target.refused(&dialect.error(&cx, body.status.as_u16(), &text), &provider_headers));
    }
    let refuse = |error: ProviderError, ledger: &mut Ledger| {
        // An answer that is cut or that nobody can read was work all the same; one that says it failed was not.
        if !matches!(error.class, ErrorClass::Api | ErrorClass::ApiConnection) {
            ledger.refused();
        }
        target.refused(&error, &provider_headers)
    };
    if !chat.is_stream() {
        let text = body.collect(LARGEST_ANSWER).await.map_err(|error| target.unsent(error, caller_set_limit))?;
        let (response, usage) = dialect.response(&cx, &text).map_err(|error| refuse(error, ledger))?;
        return Ok(Answer::Whole(Box::new(Whole { target, provider_headers, response, usage })));
    }
    let mut decoder = dialect.stream(&cx);
    let mut pending = Vec::new();
    // Nothing is sent before the first content, so that a failure up to here can be answered by another deployment.
    let source = loop {
        let Some(piece) = body.chunk().await.map_err(|error| target.unsent(error, caller_set_limit))? else {
            decoder.finish(&mut pending).map_err(|error| refuse(error, ledger))?;
            break Source::Ended { usage: decoder.usage().cloned() };
        };
        let decoded = decoder.push(&piece, &mut pending);
        let has_content = pending.iter().any(ChatChunk::has_content);
        match decoded {
            Err(error) if !has_content => return Err(refuse(error, ledger)),
            Err(error) => break Source::Broken { usage: decoder.usage().cloned(), error },
            Ok(()) if has_content => break Source::Live { decoder, body },
            Ok(()) => {}
        }
    };
    Ok(Answer::Stream(Box::new(Streaming { target, provider_headers, pending, source })))
}

fn answer_mock(
    chat: &ChatRequest,
    target: Target,
    cx: &Cx<'_>,
    mocked: &Value,
    ledger: &mut Ledger,
) -> Result<Answer, Failure> {
    ledger.reached();
    let provider_headers = HeaderMap::new();
    let usage = mock::usage();
    let refuse = |error: ProviderError, ledger: &mut Ledger| {
        ledger.refused();
        target.refused(&error, &HeaderMap::new())
    };
    if chat.is_stream() {
        let pending = mock::chunks(cx, mocked).map_err(|error| refuse(error, ledger))?;
        let source = Source::Ended { usage: Some(usage) };
        return Ok(Answer::Stream(Box::new(Streaming { target, provider_headers, pending, source })));
    }
    let response = mock::response(cx, chat, mocked).map_err(|error| refuse(error, ledger))?;
    Ok(Answer::Whole(Box::new(Whole { target, provider_headers, response, usage })))
}
