//! Answers for those who repeat a request: one item a request, claimed by a conditional write before the request is
//! carried out and filled in with the answer afterwards; long answers have pieces beside it.
//!
//! A claim is a lease that its holder renews. When the holder has died the lease lapses, and whoever asks next takes
//! the claim over. Only the holder writes the answer, so that one attempt at most is recorded.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};

use crate::attributes::{Item, PK, TTL, VERSION, key, number, read_count, read_text, text};
use crate::compress::{pack, unpack};
use crate::error::failed;
use crate::expression::Expression;
use crate::{Store, StoreError};

const WHAT: &str = "recorded answer";
const CLAIMING: &str = "claiming an idempotency key";
const RECORDING: &str = "recording an answer";
const READING: &str = "reading a recorded answer";

/// What the request asks for, as a hash.
const FINGERPRINT: &str = "fingerprint";
/// Who holds the claim.
const HOLDER: &str = "holder";
/// When the claim lapses unless it is renewed, in milliseconds since the Unix epoch.
const LEASE: &str = "lease";
/// What precedes the answer's body; there is none before there is an answer.
const HEAD: &str = "head";
/// Compressed bytes.
const DATA: &str = "data";
/// How many pieces precede the last one, which is in the item itself; absent when the answer was too long to keep.
const PIECES: &str = "pieces";

const FORMAT: u32 = 1;

/// Sort key of the item that is claimed.
const CLAIM: &str = "claim";

/// The most that one piece holds before it is compressed, in bytes: it fits an item even if it does not compress.
pub const LARGEST_RECORDED_PIECE: usize = 256 << 10;

/// One attempt to carry out a request that may be repeated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Whose request it is and which, as one text without secrets; two requests that have nothing in common differ here.
    pub request: String,
    /// What it asks for, as a hash.
    pub fingerprint: String,
    /// The attempt's own id.
    pub id: String,
}

/// What became of asking for a request's claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The attempt holds it.
    Won,
    /// Another attempt is under way.
    Busy,
    /// It has been answered.
    Answered(Recorded),
    /// The request was for something else.
    Different,
}

/// An answer as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// What precedes the body, as its writer put it.
    pub head: String,
    /// How many pieces precede `last`; `None` when the answer was too long to keep.
    pub pieces: Option<u64>,
    /// The end of the body.
    pub last: Vec<u8>,
    request: String,
    holder: String,
}

/// What an attempt came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome<'a> {
    /// What precedes the body.
    pub head: &'a str,
    /// How many pieces were saved; `None` when the answer is too long to keep.
    pub pieces: Option<u64>,
    /// The rest of the body, of at most [`LARGEST_RECORDED_PIECE`] bytes.
    pub last: &'a [u8],
}

impl Store {
    /// Claims a request until `lease` (milliseconds), if it is free at `now`: never claimed, given up, lapsed while it
    /// asked for the same, or forgotten at `expires` (seconds).
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; [`StoreError::Malformed`] for an answer that this version cannot read.
    pub async fn claim(&self, attempt: &Attempt, now: u64, lease: u64, expires: u64) -> Result<Claim, StoreError> {
        let mut item = claim_key(&attempt.request);
        item.insert(FINGERPRINT.to_owned(), text(&attempt.fingerprint));
        item.insert(HOLDER.to_owned(), text(&attempt.id));
        item.insert(LEASE.to_owned(), number(lease));
        item.insert(TTL.to_owned(), number(expires));
        item.insert(VERSION.to_owned(), number(FORMAT));
        let mut it = Expression::default();
        let absent = format!("attribute_not_exists({})", it.name(PK));
        let forgotten = format!("{} <= {}", it.name(TTL), it.value(number(now / 1000)));
        let unanswered = format!("attribute_not_exists({})", it.name(HEAD));
        let lapsed = format!("{} <= {}", it.name(LEASE), it.value(number(now)));
        let same = format!("{} = {}", it.name(FINGERPRINT), it.value(text(&attempt.fingerprint)));
        it.require(format!("{absent} OR {forgotten} OR ({unanswered} AND {lapsed} AND {same})"));
        let put = self
            .dynamo
            .put_item()
            .table_name(&self.names.cache)
            .set_item(Some(item))
            .set_condition_expression(it.condition())
            .set_expression_attribute_names(it.names())
            .set_expression_attribute_values(it.values())
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match put.send().await {
            Ok(_) => Ok(Claim::Won),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(taken)) => {
                    let item = taken.item.as_ref().map_or(Ok(Claim::Busy), |item| read_claim(attempt, item));
                    // The write itself may be repeated when its answer is lost.
                    let is_ours = taken.item.as_ref().and_then(|it| read_text(it, HOLDER)) == Some(&attempt.id);
                    item.map(|claim| if is_ours && claim == Claim::Busy { Claim::Won } else { claim })
                }
                _ => Err(failed(CLAIMING)(error)),
            },
        }
    }

    /// How a request stands that another attempt holds: as [`Store::claim`] without claiming. `None` when it is free.
    ///
    /// # Errors
    /// As [`Store::claim`].
    pub async fn find_claim(&self, attempt: &Attempt, now: u64) -> Result<Option<Claim>, StoreError> {
        let Some(item) = self.recorded_item(claim_key(&attempt.request)).await? else { return Ok(None) };
        let is_forgotten = read_count(&item, TTL).is_none_or(|expires| expires <= now / 1000);
        let claim = read_claim(attempt, &item)?;
        let has_lapsed = claim == Claim::Busy && read_count(&item, LEASE).is_none_or(|lease| lease <= now);
        Ok(Some(claim).filter(|_| !is_forgotten && !has_lapsed))
    }

    /// Keeps a claim until `lease` (milliseconds). False when someone else has taken it over.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn renew_claim(&self, attempt: &Attempt, lease: u64) -> Result<bool, StoreError> {
        let mut it = held(attempt);
        it.assign(LEASE, number(lease));
        let update = self
            .dynamo
            .update_item()
            .table_name(&self.names.cache)
            .set_key(Some(claim_key(&attempt.request)))
            .update_expression(it.update())
            .set_condition_expression(it.condition())
            .set_expression_attribute_names(it.names())
            .set_expression_attribute_values(it.values());
        match update.send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(false),
                _ => Err(failed(CLAIMING)(error)),
            },
        }
    }

    /// Gives a claim up, so that the request may be repeated. Nothing happens when someone else has taken it over.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn give_up_claim(&self, attempt: &Attempt) -> Result<(), StoreError> {
        let it = held(attempt);
        let delete = self
            .dynamo
            .delete_item()
            .table_name(&self.names.cache)
            .set_key(Some(claim_key(&attempt.request)))
            .set_condition_expression(it.condition())
            .set_expression_attribute_names(it.names())
            .set_expression_attribute_values(it.values());
        match delete.send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(DeleteItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(failed(CLAIMING)(error)),
            },
        }
    }

    /// Saves the piece `index` of an answer, of at most [`LARGEST_RECORDED_PIECE`] bytes, until `expires` (seconds). It
    /// is read only once the attempt is recorded.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn save_recorded_piece(
        &self,
        attempt: &Attempt,
        index: u64,
        bytes: &[u8],
        expires: u64,
    ) -> Result<(), StoreError> {
        let mut item = piece_key(&attempt.request, &attempt.id, index);
        item.insert(DATA.to_owned(), AttributeValue::B(Blob::new(pack(WHAT, bytes)?)));
        item.insert(TTL.to_owned(), number(expires));
        item.insert(VERSION.to_owned(), number(FORMAT));
        let put = self.dynamo.put_item().table_name(&self.names.cache).set_item(Some(item));
        put.send().await.map_err(failed(RECORDING))?;
        Ok(())
    }

    /// Records what an attempt came to, until `expires` (seconds). False, and nothing is recorded, when someone else has
    /// taken the claim over.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn record_outcome(
        &self,
        attempt: &Attempt,
        outcome: Outcome<'_>,
        expires: u64,
    ) -> Result<bool, StoreError> {
        let mut item = claim_key(&attempt.request);
        item.insert(FINGERPRINT.to_owned(), text(&attempt.fingerprint));
        item.insert(HOLDER.to_owned(), text(&attempt.id));
        item.insert(HEAD.to_owned(), text(outcome.head));
        item.insert(TTL.to_owned(), number(expires));
        item.insert(VERSION.to_owned(), number(FORMAT));
        if let Some(pieces) = outcome.pieces {
            item.insert(PIECES.to_owned(), number(pieces));
            item.insert(DATA.to_owned(), AttributeValue::B(Blob::new(pack(WHAT, outcome.last)?)));
        }
        let it = held(attempt);
        let put = self
            .dynamo
            .put_item()
            .table_name(&self.names.cache)
            .set_item(Some(item))
            .set_condition_expression(it.condition())
            .set_expression_attribute_names(it.names())
            .set_expression_attribute_values(it.values());
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(false),
                _ => Err(failed(RECORDING)(error)),
            },
        }
    }

    /// The piece `index` of an answer.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; [`StoreError::Malformed`] when it is not there or cannot be read.
    pub async fn find_recorded_piece(&self, recorded: &Recorded, index: u64) -> Result<Vec<u8>, StoreError> {
        let item = self.recorded_item(piece_key(&recorded.request, &recorded.holder, index)).await?;
        let item = item.ok_or_else(|| StoreError::malformed(WHAT, format!("piece {index} is not there")))?;
        read_data(&item)
    }

    async fn recorded_item(&self, key: Item) -> Result<Option<Item>, StoreError> {
        let get = self.dynamo.get_item().table_name(&self.names.cache).set_key(Some(key)).consistent_read(true);
        Ok(get.send().await.map_err(failed(READING))?.item)
    }
}

/// Holds while the attempt has the claim and has not been answered.
fn held(attempt: &Attempt) -> Expression {
    let mut it = Expression::default();
    let holder = format!("{} = {}", it.name(HOLDER), it.value(text(&attempt.id)));
    it.require(holder);
    let unanswered = format!("attribute_not_exists({})", it.name(HEAD));
    it.require(unanswered);
    it
}

/// A claim that is not free.
fn read_claim(attempt: &Attempt, item: &Item) -> Result<Claim, StoreError> {
    if read_text(item, FINGERPRINT) != Some(&attempt.fingerprint) {
        return Ok(Claim::Different);
    }
    let Some(head) = read_text(item, HEAD) else { return Ok(Claim::Busy) };
    let pieces = read_count(item, PIECES);
    Ok(Claim::Answered(Recorded {
        head: head.to_owned(),
        pieces,
        last: if pieces.is_some() { read_data(item)? } else { Vec::new() },
        request: attempt.request.clone(),
        holder: read_text(item, HOLDER).unwrap_or_default().to_owned(),
    }))
}

fn read_data(item: &HashMap<String, AttributeValue>) -> Result<Vec<u8>, StoreError> {
    let packed = item.get(DATA).and_then(|it| it.as_b().ok()).ok_or_else(|| StoreError::missing(WHAT, DATA))?;
    unpack(WHAT, packed.as_ref(), LARGEST_RECORDED_PIECE as u64)
}

fn claim_key(request: &str) -> Item {
    key(format!("ONCE#{request}"), CLAIM)
}

/// An attempt has pieces of its own: one that died half-way leaves nothing that another would read.
fn piece_key(request: &str, attempt: &str, index: u64) -> Item {
    key(format!("ONCE#{request}"), format!("piece#{attempt}#{index:05}"))
}
