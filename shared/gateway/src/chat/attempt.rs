//! One try at one deployment.

use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use provider_transform::{ChatChunk, ChatResponse, Cx, Usage, mock};
use serde_json::Value;
use upstream::Timeouts;

use super::ChatCall;
use super::account::Ledger;
use super::route::{Failure, Target};
use super::stream::{Source, Streaming};
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
    target: Target,
    ledger: &mut Ledger,
) -> Result<Answer, Failure> {
    let response_id = format!("chatcmpl-{}", ledger.event_id());
    let cx = target.cx(app, &response_id);
    if let Some(mocked) = call.extras.mock_response.as_ref().or_else(|| target.params.get("mock_response")) {
        return answer_mock(call, target, &cx, mocked, ledger);
    }
    let request = target.dialect.request(&cx, &call.chat).map_err(|error| target.untranslatable(error))?;
    let secret = target.api_key(app);
    let timeouts = timeouts(app, call, &target);
    ledger.dropped(&request.dropped);
    let sent = app.upstream.send(request, secret.as_deref(), ledger.event_id(), &timeouts).await;
    let mut response = sent.map_err(|error| {
        ledger.reached_provider(&target, error.reached_provider());
        target.unsent(error)
    })?;
    ledger.reached_provider(&target, true);
    ledger.provider_answered(app);
    let provider_headers = response.headers.clone();
    if !response.status.is_success() {
        let body = response.collect(LARGEST_ERROR).await.unwrap_or_else(|_| Bytes::new());
        let error = target.dialect.error(&cx, response.status.as_u16(), &body);
        return Err(target.refused(error, provider_headers));
    }
    if !call.chat.is_stream() {
        let body = response.collect(LARGEST_ANSWER).await.map_err(|error| target.unsent(error))?;
        let (response, usage) =
            target.dialect.response(&cx, &body).map_err(|error| target.refused(error, provider_headers.clone()))?;
        ledger.provider_answered(app);
        return Ok(Answer::Whole(Box::new(Whole { target, provider_headers, response, usage })));
    }
    let mut decoder = target.dialect.stream(&cx);
    let mut body = response;
    let mut pending = Vec::new();
    // Nothing is sent before the first content, so that a failure up to here can be answered by another deployment.
    let source = loop {
        let Some(piece) = body.chunk().await.map_err(|error| target.unsent(error))? else {
            let finished = decoder.finish(&mut pending);
            finished.map_err(|error| target.refused(error, provider_headers.clone()))?;
            break Source::Ended { usage: decoder.usage().cloned() };
        };
        let decoded = decoder.push(&piece, &mut pending);
        let has_content = pending.iter().any(ChatChunk::has_content);
        match decoded {
            Err(error) if !has_content => return Err(target.refused(error, provider_headers)),
            Err(error) => break Source::Broken { usage: decoder.usage().cloned(), error },
            Ok(()) if has_content => break Source::Live { decoder, body },
            Ok(()) => {}
        }
    };
    Ok(Answer::Stream(Box::new(Streaming { target, provider_headers, pending, source })))
}

fn answer_mock(
    call: &ChatCall,
    target: Target,
    cx: &Cx<'_>,
    mocked: &Value,
    ledger: &mut Ledger,
) -> Result<Answer, Failure> {
    ledger.reached_provider(&target, true);
    let provider_headers = HeaderMap::new();
    let usage = mock::usage();
    if call.chat.is_stream() {
        let pending = mock::chunks(cx, mocked).map_err(|error| target.refused(error, HeaderMap::new()))?;
        let source = Source::Ended { usage: Some(usage) };
        return Ok(Answer::Stream(Box::new(Streaming { target, provider_headers, pending, source })));
    }
    let response = mock::response(cx, &call.chat, mocked).map_err(|error| target.refused(error, HeaderMap::new()))?;
    Ok(Answer::Whole(Box::new(Whole { target, provider_headers, response, usage })))
}
