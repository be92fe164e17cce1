//! One method for each call of the protocol: its input's rules and its answer's shape.

use std::collections::HashSet;
use std::time::Duration;

use gateway::Clock;
use serde_json::{Map, Value, json};

use super::{Message, Outgoing, Queues, SqsError, VisibilityChange};
use crate::template::Queue;

const MAX_BYTES: usize = 1024 * 1024;
const MAX_BATCH: usize = 10;
const MAX_DELAY: u64 = 900;
const MAX_VISIBILITY: u64 = 43_200;
const MAX_WAIT: u64 = 20;

/// One call under way.
pub(super) struct Actions<'a> {
    pub(super) queues: &'a Queues,
    pub(super) input: &'a Value,
}

impl Actions<'_> {
    pub(super) fn send_message(&self) -> Result<Value, SqsError> {
        let queue = self.queue()?;
        let message = outgoing(self.input)?;
        let md5 = digest(&message.body);
        let ids = self.queues.send(&queue.name, &[message], now())?;
        Ok(json!({"MessageId": ids.first(), "MD5OfMessageBody": md5}))
    }

    pub(super) fn send_message_batch(&self) -> Result<Value, SqsError> {
        let queue = self.queue()?;
        let entries = self.entries()?;
        let mut bytes = 0;
        let (mut accepted, mut messages, mut failed) = (Vec::new(), Vec::new(), Vec::new());
        for (id, entry) in entries {
            bytes += entry.get("MessageBody").and_then(Value::as_str).map_or(0, str::len);
            match outgoing(entry) {
                Ok(message) => {
                    accepted.push((id, digest(&message.body)));
                    messages.push(message);
                }
                Err(error) => failed.push(failure(id, &error)),
            }
        }
        if bytes > MAX_BYTES {
            return Err(SqsError::BatchRequestTooLong);
        }
        let ids = self.queues.send(&queue.name, &messages, now())?;
        let successful: Vec<Value> = accepted
            .into_iter()
            .zip(ids)
            .map(|((id, md5), message)| json!({"Id": id, "MessageId": message, "MD5OfMessageBody": md5}))
            .collect();
        Ok(batch_answer(successful, failed))
    }

    pub(super) async fn receive_message(&self) -> Result<Value, SqsError> {
        let queue = self.queue()?;
        let most = self.number("MaxNumberOfMessages", 1..=MAX_BATCH as u64)?.unwrap_or(1);
        let visibility =
            self.number("VisibilityTimeout", 0..=MAX_VISIBILITY)?.map_or(queue.visibility, Duration::from_secs);
        let wait = Duration::from_secs(self.number("WaitTimeSeconds", 0..=MAX_WAIT)?.unwrap_or(0));
        let most = usize::try_from(most).unwrap_or(MAX_BATCH);
        let deadline = tokio::time::Instant::now() + wait;
        let messages = loop {
            let changed = self.queues.changed();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let messages = self.queues.receive(queue, most, visibility, now())?;
            if !messages.is_empty() || tokio::time::Instant::now() >= deadline {
                break messages;
            }
            let until = self.queues.next_visible(&queue.name, now())?.map_or(deadline, |it| it.min(deadline));
            // Whichever comes first, the loop looks again.
            drop(tokio::time::timeout_at(until, changed).await);
        };
        if messages.is_empty() {
            return Ok(json!({}));
        }
        let messages: Vec<Value> = messages.iter().map(|it| self.render(it)).collect();
        Ok(json!({"Messages": messages}))
    }

    pub(super) fn delete_message(&self) -> Result<Value, SqsError> {
        let queue = self.queue()?;
        self.queues.delete(&queue.name, &[receipt(self.input)?])?;
        Ok(json!({}))
    }

    pub(super) fn delete_message_batch(&self) -> Result<Value, SqsError> {
        let queue = self.queue()?;
        let (mut successful, mut receipts, mut failed) = (Vec::new(), Vec::new(), Vec::new());
        for (id, entry) in self.entries()? {
            match receipt(entry) {
                Ok(receipt) => {
                    receipts.push(receipt);
                    successful.push(json!({"Id": id}));
                }
                Err(error) => failed.push(failure(id, &error)),
            }
        }
        self.queues.delete(&queue.name, &receipts)?;
        Ok(batch_answer(successful, failed))
    }

    pub(super) fn change_message_visibility(&self) -> Result<Value, SqsError> {
        let queue = self.queue()?;
        let visibility = self
            .number("VisibilityTimeout", 0..=MAX_VISIBILITY)?
            .ok_or(SqsError::MissingParameter("VisibilityTimeout"))?;
        let receipt = receipt(self.input)?;
        match self.queues.change_visibility(&queue.name, receipt, Duration::from_secs(visibility), now())? {
            VisibilityChange::Changed => Ok(json!({})),
            VisibilityChange::NotInFlight => Err(SqsError::MessageNotInflight),
        }
    }

    pub(super) fn queue_url(&self) -> Result<Value, SqsError> {
        let name = text(self.input, "QueueName")?;
        let queue = self.queues.find(name).ok_or(SqsError::QueueDoesNotExist)?;
        Ok(json!({"QueueUrl": self.queues.url(&queue.name)}))
    }

    pub(super) fn queue_attributes(&self) -> Result<Value, SqsError> {
        let queue = self.queue()?;
        let depth = self.queues.depth(&queue.name, now())?;
        let mut attributes = Map::new();
        let all = [
            ("ApproximateNumberOfMessages", depth.visible),
            ("ApproximateNumberOfMessagesNotVisible", depth.in_flight),
            ("ApproximateNumberOfMessagesDelayed", depth.delayed),
            ("VisibilityTimeout", queue.visibility.as_secs()),
            ("MessageRetentionPeriod", queue.retention.as_secs()),
        ];
        for (name, value) in all {
            attributes.insert(name.to_owned(), value.to_string().into());
        }
        attributes.insert("QueueArn".to_owned(), arn(&queue.name).into());
        if let Some(redrive) = &queue.redrive {
            let policy = json!({"deadLetterTargetArn": arn(&redrive.queue), "maxReceiveCount": redrive.max_receives});
            attributes.insert("RedrivePolicy".to_owned(), policy.to_string().into());
        }
        let wanted = names(self.input, "AttributeNames");
        attributes.retain(|name, _| wanted.contains("All") || wanted.contains(name.as_str()));
        Ok(json!({"Attributes": attributes}))
    }

    fn queue(&self) -> Result<&Queue, SqsError> {
        let url = text(self.input, "QueueUrl")?;
        let name = url.rsplit('/').next().unwrap_or(url);
        self.queues.find(name).ok_or(SqsError::QueueDoesNotExist)
    }

    /// The entries of a batch with their ids.
    fn entries(&self) -> Result<Vec<(&str, &Value)>, SqsError> {
        let entries = self.input.get("Entries").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        if entries.is_empty() {
            return Err(SqsError::EmptyBatchRequest);
        }
        if entries.len() > MAX_BATCH {
            return Err(SqsError::TooManyEntriesInBatchRequest);
        }
        let mut seen = HashSet::new();
        entries
            .iter()
            .map(|entry| {
                let id = text(entry, "Id")?;
                let plain = id.chars().all(|it| it.is_ascii_alphanumeric() || it == '-' || it == '_');
                if id.is_empty() || id.len() > 80 || !plain {
                    return Err(SqsError::InvalidBatchEntryId);
                }
                if !seen.insert(id) {
                    return Err(SqsError::BatchEntryIdsNotDistinct);
                }
                Ok((id, entry))
            })
            .collect()
    }

    fn number(&self, name: &'static str, range: std::ops::RangeInclusive<u64>) -> Result<Option<u64>, SqsError> {
        number(self.input, name, range)
    }

    fn render(&self, message: &Message) -> Value {
        let mut answer = json!({
            "MessageId": message.id,
            "ReceiptHandle": message.receipt,
            "MD5OfBody": digest(&message.body),
            "Body": message.body,
        });
        let mut wanted = names(self.input, "AttributeNames");
        wanted.extend(names(self.input, "MessageSystemAttributeNames"));
        let mut attributes = Map::new();
        let all = [
            ("ApproximateReceiveCount", Some(message.receives.to_string())),
            ("SentTimestamp", Some(message.sent.to_string())),
            ("ApproximateFirstReceiveTimestamp", Some(message.first_received.to_string())),
            ("DeadLetterQueueSourceArn", message.origin.as_deref().map(arn)),
        ];
        for (name, value) in all {
            if let Some(value) = value.filter(|_| wanted.contains("All") || wanted.contains(name)) {
                attributes.insert(name.to_owned(), value.into());
            }
        }
        if !attributes.is_empty() {
            answer["Attributes"] = attributes.into();
        }
        let own = message.attributes.as_deref().and_then(|it| serde_json::from_str::<Map<String, Value>>(it).ok());
        let wanted = names(self.input, "MessageAttributeNames");
        let own: Map<String, Value> = own
            .unwrap_or_default()
            .into_iter()
            .filter(|(name, _)| wanted.contains("All") || wanted.contains(".*") || wanted.contains(name.as_str()))
            .collect();
        if !own.is_empty() {
            answer["MessageAttributes"] = own.into();
        }
        answer
    }
}

fn outgoing(input: &Value) -> Result<Outgoing, SqsError> {
    let body = text(input, "MessageBody")?;
    if body.is_empty() {
        return Err(SqsError::MissingParameter("MessageBody"));
    }
    if body.len() > MAX_BYTES {
        let text =
            format!("One or more parameters are invalid. Reason: Message must be shorter than {MAX_BYTES} bytes.");
        return Err(SqsError::InvalidParameterValue(text));
    }
    // The character set of XML 1.0, which the protocol still keeps to.
    let refused = |it: char| it < ' ' && !matches!(it, '\t' | '\n' | '\r') || matches!(it, '\u{fffe}' | '\u{ffff}');
    if body.contains(refused) {
        return Err(SqsError::InvalidMessageContents);
    }
    Ok(Outgoing {
        body: body.to_owned(),
        attributes: input.get("MessageAttributes").map(Value::to_string),
        delay: Duration::from_secs(number(input, "DelaySeconds", 0..=MAX_DELAY)?.unwrap_or(0)),
    })
}

/// A handle that this endpoint could have given; an outdated one is accepted and changes nothing.
fn receipt(input: &Value) -> Result<&str, SqsError> {
    let receipt = text(input, "ReceiptHandle")?;
    let shape = |it: u8| it.is_ascii_hexdigit() || it == b'-';
    if receipt.len() != 36 || !receipt.bytes().all(shape) {
        return Err(SqsError::ReceiptHandleIsInvalid);
    }
    Ok(receipt)
}

fn text<'a>(input: &'a Value, name: &'static str) -> Result<&'a str, SqsError> {
    input.get(name).and_then(Value::as_str).ok_or(SqsError::MissingParameter(name))
}

fn number(input: &Value, name: &'static str, range: std::ops::RangeInclusive<u64>) -> Result<Option<u64>, SqsError> {
    let Some(value) = input.get(name).filter(|it| !it.is_null()) else { return Ok(None) };
    let number = value.as_u64().filter(|it| range.contains(it));
    number.map(Some).ok_or_else(|| {
        let (low, high) = (range.start(), range.end());
        SqsError::InvalidParameterValue(format!(
            "Value {value} for parameter {name} is invalid. Reason: Must be between {low} and {high}, if provided."
        ))
    })
}

fn names<'a>(input: &'a Value, list: &str) -> HashSet<&'a str> {
    input.get(list).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

fn failure(id: &str, error: &SqsError) -> Value {
    json!({"Id": id, "Code": error.names().0, "Message": error.to_string(), "SenderFault": true})
}

fn batch_answer(successful: Vec<Value>, failed: Vec<Value>) -> Value {
    let mut answer = json!({"Successful": successful});
    if !failed.is_empty() {
        answer["Failed"] = failed.into();
    }
    answer
}

fn arn(queue: &str) -> String {
    format!("arn:aws:sqs:us-east-1:000000000000:{queue}")
}

fn digest(body: &str) -> String {
    format!("{:x}", md5::compute(body))
}

fn now() -> i64 {
    i64::try_from(Clock.now_ms()).unwrap_or(i64::MAX)
}
