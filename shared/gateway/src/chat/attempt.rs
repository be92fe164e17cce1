//! One try at one deployment.

use http::{HeaderMap, StatusCode};
use provider_transform::{
    Cx, ErrorClass, Files, Format, Frames, Plan, ProviderError, TransformError, View, Whole, mock,
};
use serde_json::Value;

use super::account::Ledger;
use super::mocked::Mocked;
use super::stream::{Source, Streaming};
use super::target::{Failure, Target};
use super::{ChatCall, limits};
use crate::App;

/// A provider's answer larger than this is refused, in bytes.
pub(super) const LARGEST_ANSWER: usize = 64 << 20;
/// Of a provider's error this much is read, in bytes.
pub(super) const LARGEST_ERROR: usize = 1 << 20;

/// What came of a try that succeeded.
pub(super) enum Answer {
    /// A whole answer.
    Whole(Box<Given>),
    /// A stream with its first content.
    Stream(Box<Streaming>),
}

/// A whole answer.
pub(super) struct Given {
    pub(super) target: Target,
    pub(super) provider_headers: HeaderMap,
    pub(super) whole: Whole,
}

/// Tries `target` once.
pub(super) async fn attempt(
    app: &App,
    call: &ChatCall,
    format: &dyn Format,
    target: Target,
    ledger: &mut Ledger,
) -> Result<Answer, Failure> {
    let response_id = format!("chatcmpl-{}", ledger.event_id());
    let subject = target.clone();
    let view = View {
        model: subject.shown_model(call),
        shows_usage: format.chat().wants_usage() || subject.always_show_usage(app),
        prompt_tokens: ledger.estimated_prompt_tokens(),
        provider: subject.served.provider.slug,
        model_id: Some(&subject.served.deployment.id),
    };
    let mut files = Files::default();
    if let Some(mocked) = call.extras.mock_response.as_ref().or_else(|| subject.served.mock_response()) {
        let cx = subject.cx(app, &response_id, &files);
        return answer_mock(format, &view, target, &cx, mocked, ledger);
    }
    if let Some(failure) = target.misconfigured() {
        return Err(failure);
    }
    let planned = match provider_transform::plan(format, &subject.cx(app, &response_id, &files), &view) {
        Err(TransformError::NeedsFiles { urls }) => {
            files = download(app, &target, &urls).await?;
            provider_transform::plan(format, &subject.cx(app, &response_id, &files), &view)
        }
        planned => planned,
    };
    let Plan { request, reader } = planned.map_err(|error| target.untranslatable(error))?;
    let cx = subject.cx(app, &response_id, &files);
    ledger.dropped(&request.dropped);
    let limits = limits::of_attempt(app, call, &target);
    let caller_set_limit = call.extras.timeout.is_some() || call.extras.stream_timeout.is_some();
    let sent = app.upstream.send(request, &target.served.credentials, ledger.event_id(), &limits).await;
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
        return Err(target.refused(&reader.error(&cx, body.status.as_u16(), &text), &provider_headers));
    }
    let refuse = |error: ProviderError, ledger: &mut Ledger| {
        // An answer that is cut or that nobody can read was work all the same; one that says it failed was not.
        if !matches!(error.class, ErrorClass::Api | ErrorClass::ApiConnection) {
            ledger.refused();
        }
        target.refused(&error, &provider_headers)
    };
    if !format.chat().is_stream() {
        let text = body.collect(LARGEST_ANSWER).await.map_err(|error| target.unsent(error, caller_set_limit))?;
        let whole = reader.whole(&cx, &text).map_err(|error| refuse(error, ledger))?;
        return Ok(Answer::Whole(Box::new(Given { target, provider_headers, whole })));
    }
    let mut stream = reader.stream(&cx);
    let mut frames = Frames::default();
    // Nothing is sent before the first content, so that a failure up to here can be answered by another deployment.
    let source = loop {
        let Some(piece) = body.chunk().await.map_err(|error| target.unsent(error, caller_set_limit))? else {
            stream.finish(&mut frames).map_err(|error| refuse(error, ledger))?;
            break Source::Ended;
        };
        match stream.push(&piece, &mut frames) {
            Err(error) if !frames.has_content => return Err(refuse(error, ledger)),
            Err(error) => break Source::Broken(error),
            Ok(()) if frames.has_content => break Source::Live(body),
            Ok(()) => {}
        }
    };
    Ok(Answer::Stream(Box::new(Streaming { target, provider_headers, frames, stream, source })))
}

fn answer_mock(
    format: &dyn Format,
    view: &View<'_>,
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
    let mut renderer = format.renderer(view);
    if format.chat().is_stream() {
        let chunks = mock::chunks(cx, mocked).map_err(|error| refuse(error, ledger))?;
        let mut frames = Frames::default();
        for chunk in chunks {
            frames.write(renderer.as_mut(), chunk);
        }
        renderer.end(Some(&usage), &mut frames);
        let stream = Box::new(Mocked { renderer, usage });
        let streaming = Streaming { target, provider_headers, frames, stream, source: Source::Ended };
        return Ok(Answer::Stream(Box::new(streaming)));
    }
    let response = mock::response(cx, format.chat(), mocked).map_err(|error| refuse(error, ledger))?;
    let whole = renderer.whole(response, Some(&usage));
    Ok(Answer::Whole(Box::new(Given { target, provider_headers, whole })))
}

/// Downloads what the provider takes as bytes alone; another group may take it by URL.
async fn download(app: &App, target: &Target, urls: &[String]) -> Result<Files, Failure> {
    let downloaded = Box::pin(crate::files::download(app, target.served.provider.slug, urls)).await;
    downloaded.map_err(|error| Failure {
        hopeless: true,
        ..Failure::of_gateway(target.provider_error(&error), StatusCode::BAD_REQUEST)
    })
}
