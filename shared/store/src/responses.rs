//! Answers that callers may ask for again or continue, each compressed and in as many items as it takes.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::try_join_all;
use serde_json::Value;

use crate::attributes::{Item, PK, SK, TTL, VERSION, key, key_part, number, read_count, text};
use crate::compress;
use crate::error::failed;
use crate::{Store, StoreError};

const WHAT: &str = "stored response";
const DOING: &str = "keeping a response";

/// A piece of the compressed answer.
const DATA: &str = "data";
/// How many pieces there are; on the first only.
const PIECES: &str = "pieces";
const FORMAT: u32 = 1;

/// An item may have 400 KB, its keys and names included.
const LARGEST_PIECE: usize = 380 << 10;
/// An answer that unpacks to more than this was not written here, in bytes.
const LARGEST_ANSWER: u64 = 256 << 20;

/// Which answer: ids are unique within the deployment that gave them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResponseKey<'a> {
    /// The deployment's id.
    pub model_id: &'a str,
    /// The answer's id.
    pub response_id: &'a str,
}

impl ResponseKey<'_> {
    fn partition(self) -> String {
        format!("RESPONSE#{}#{}", key_part(self.model_id), key_part(self.response_id))
    }
}

impl Store {
    /// Keeps an answer until `expires`, in seconds since the Unix epoch. One with the same key is replaced.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn save_response(&self, key: ResponseKey<'_>, answer: &Value, expires: u64) -> Result<(), StoreError> {
        let packed = pack(answer)?;
        let pieces: Vec<&[u8]> = packed.chunks(LARGEST_PIECE).collect();
        let partition = key.partition();
        let put = |index: usize, piece: &[u8]| {
            let mut item = piece_key(&partition, index);
            item.insert(DATA.to_owned(), AttributeValue::B(Blob::new(piece)));
            item.insert(TTL.to_owned(), number(expires));
            item.insert(VERSION.to_owned(), number(FORMAT));
            if index == 0 {
                item.insert(PIECES.to_owned(), number(pieces.len()));
            }
            self.put_piece(item)
        };
        // The first piece makes the answer known, so it comes when the others are there.
        try_join_all(pieces.iter().enumerate().skip(1).map(|(index, piece)| put(index, piece))).await?;
        match pieces.first() {
            Some(first) => put(0, first).await,
            None => Ok(()),
        }
    }

    /// An answer that was kept and has not expired at `now`, in seconds since the Unix epoch. Strongly consistent: it
    /// can be continued from the moment its caller has it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; [`StoreError::Malformed`] for one that this version cannot read.
    pub async fn find_response(&self, key: ResponseKey<'_>, now: u64) -> Result<Option<Value>, StoreError> {
        let items = self.pieces(key, None).await?;
        let Some(first) = items.first() else { return Ok(None) };
        let Some(count) = read_count(first, PIECES) else { return Ok(None) };
        if read_count(first, TTL).is_some_and(|expires| expires <= now) {
            return Ok(None);
        }
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let mut packed = Vec::new();
        for item in items.iter().take(count) {
            let piece = item.get(DATA).and_then(|it| it.as_b().ok()).ok_or_else(|| StoreError::missing(WHAT, DATA))?;
            packed.extend_from_slice(piece.as_ref());
        }
        if items.len() < count {
            return Err(StoreError::malformed(WHAT, format!("{} of {count} pieces", items.len())));
        }
        unpack(&packed).map(Some)
    }

    /// Forgets an answer. Whether there was one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn delete_response(&self, key: ResponseKey<'_>) -> Result<bool, StoreError> {
        let items = self.pieces(key, Some([PK, SK].join(","))).await?;
        let delete = |item: &Item| {
            let part = |name: &str| item.get(name).cloned().unwrap_or(AttributeValue::Null(true));
            let request = self.dynamo.delete_item().table_name(&self.names.cache).key(PK, part(PK)).key(SK, part(SK));
            async move { request.send().await.map_err(failed(DOING)) }
        };
        // The first piece makes the answer known, so it goes before the others.
        let mut items = items.iter();
        let Some(first) = items.next() else { return Ok(false) };
        delete(first).await?;
        try_join_all(items.map(delete)).await?;
        Ok(true)
    }

    async fn put_piece(&self, item: Item) -> Result<(), StoreError> {
        let put = self.dynamo.put_item().table_name(&self.names.cache).set_item(Some(item));
        put.send().await.map_err(failed(DOING))?;
        Ok(())
    }

    /// Everything of an answer, in order.
    async fn pieces(&self, key: ResponseKey<'_>, projection: Option<String>) -> Result<Vec<Item>, StoreError> {
        let (mut items, mut start) = (Vec::new(), None);
        loop {
            let page = self
                .dynamo
                .query()
                .table_name(&self.names.cache)
                .consistent_read(true)
                .key_condition_expression("#pk = :pk")
                .expression_attribute_names("#pk", PK)
                .expression_attribute_values(":pk", text(key.partition()))
                .set_projection_expression(projection.clone())
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(failed("reading a response"))?;
            items.extend(page.items.unwrap_or_default());
            start = page.last_evaluated_key;
            if start.is_none() {
                return Ok(items);
            }
        }
    }
}

fn piece_key(partition: &str, index: usize) -> Item {
    key(partition, format!("{index:05}"))
}

fn pack(answer: &Value) -> Result<Vec<u8>, StoreError> {
    let plain = serde_json::to_vec(answer).map_err(|error| StoreError::malformed(WHAT, error))?;
    compress::pack(WHAT, &plain)
}

fn unpack(packed: &[u8]) -> Result<Value, StoreError> {
    let plain = compress::unpack(WHAT, packed, LARGEST_ANSWER)?;
    serde_json::from_slice(&plain).map_err(|error| StoreError::malformed(WHAT, error))
}
