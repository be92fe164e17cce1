use bytes::{Bytes, BytesMut};
use gateway::ApiError;
use gateway::chat::ChatFormat;
use provider_transform::chat::chunk::DONE;
use provider_transform::{ChatChunk, ChatResponse};

/// OpenAI's chat format, which is the hub's own.
#[derive(Debug, Default)]
pub(crate) struct OpenAi;

impl ChatFormat for OpenAi {
    fn whole(&self, response: ChatResponse) -> Bytes {
        gateway::json_bytes(&response)
    }

    fn chunk(&mut self, chunk: ChatChunk, out: &mut BytesMut) {
        if chunk.write_sse(out).is_err() {
            tracing::error!("a chunk could not be written");
        }
    }

    fn end(&mut self, out: &mut BytesMut) {
        out.extend_from_slice(DONE);
    }

    fn fail(&mut self, error: &ApiError, out: &mut BytesMut) {
        out.extend_from_slice(b"data: ");
        out.extend_from_slice(error.object().to_string().as_bytes());
        out.extend_from_slice(b"\n\n");
        out.extend_from_slice(DONE);
    }
}
