//! How large an event may become through what clients choose.

use serde_json::Value;

use super::SpendEvent;

/// Longest text that a client may put into an event, in characters; the rest is cut off.
const LONGEST_TEXT: usize = 256;
/// Most tags of an event.
const MOST_TAGS: usize = 50;
/// Most bytes of an event's metadata.
const MOST_METADATA: usize = 8192;

impl SpendEvent {
    /// Shortens what a client chose, so that no text of its can make the event too large to be queued or stored.
    pub fn clip(&mut self) {
        let texts = [
            &mut self.endpoint,
            &mut self.request_id,
            &mut self.call_id,
            &mut self.model,
            &mut self.model_group,
            &mut self.model_id,
            &mut self.api_base,
        ];
        let optional = [&mut self.session_id, &mut self.key_alias, &mut self.user, &mut self.end_user]
            .into_iter()
            .chain([&mut self.agent_id, &mut self.user_agent, &mut self.requester_ip]);
        self.tags.truncate(MOST_TAGS);
        texts.into_iter().chain(optional.flatten()).chain(&mut self.tags).for_each(clip);
        if let Some(error) = &mut self.error {
            clip(&mut error.message);
        }
        let size: usize = self.metadata.iter().map(|(name, value)| name.len() + value.to_string().len()).sum();
        if size > MOST_METADATA {
            self.metadata.clear();
            self.metadata.insert("omitted".to_owned(), Value::from("too large"));
        }
    }
}

/// Shortens one text that a client chose.
pub fn clip(text: &mut String) {
    if let Some((end, _)) = text.char_indices().nth(LONGEST_TEXT) {
        text.truncate(end);
    }
}
