//! Gives a recorded answer again.

use bytes::{Bytes, BytesMut};
use http::StatusCode;
use store::Recorded;
use tokio::sync::mpsc;

use super::KIND;
use super::recording::Head;
use crate::{ApiError, App, Reply, ReplyBody, log_chain};

/// Pieces that may wait for a slow client.
const PIECES_AHEAD: usize = 2;

/// The answer again, marked as such.
///
/// # Errors
/// 409 for an answer that was too long to keep; 503 when the store cannot be asked.
pub(super) async fn reply(app: &App, mut recorded: Recorded) -> Result<Reply, ApiError> {
    let Some(pieces) = recorded.pieces else { return Err(too_long()) };
    let head: Head = serde_json::from_str(&recorded.head).map_err(ApiError::internal)?;
    let last = Bytes::from(std::mem::take(&mut recorded.last));
    let body = if head.is_stream {
        let (out, body) = mpsc::channel(PIECES_AHEAD);
        app.tail().spawn(stream(app.clone(), recorded, pieces, last, out));
        ReplyBody::Stream(body)
    } else {
        let mut whole = BytesMut::new();
        for index in 0..pieces {
            let piece = app.store.find_recorded_piece(&recorded, index).await;
            whole.extend_from_slice(&piece.map_err(ApiError::unavailable)?);
        }
        whole.extend_from_slice(&last);
        ReplyBody::Full(whole.freeze())
    };
    head.reply(body).ok_or_else(|| ApiError::internal("a recorded answer has an impossible head"))
}

async fn stream(app: App, recorded: Recorded, pieces: u64, last: Bytes, out: mpsc::Sender<Bytes>) {
    for index in 0..pieces {
        match app.store.find_recorded_piece(&recorded, index).await {
            // The client sees a stream that lacks its end, and may ask again.
            Err(error) => return log_chain("a recorded stream breaks off", &error),
            Ok(piece) => {
                if out.send(piece.into()).await.is_err() {
                    return;
                }
            }
        }
    }
    // A client who has left needs no end.
    drop(out.send(last).await);
}

fn too_long() -> ApiError {
    let message = "The request with this Idempotency-Key was carried out, and its answer could not be kept to be given \
                   again: it is too long, or the store failed. Use a new key to run the request again.";
    let error = ApiError::new(StatusCode::CONFLICT, KIND, message).param("Idempotency-Key");
    error.header("x-should-retry", "false")
}
