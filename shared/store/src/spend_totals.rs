//! Answers what someone has spent in all, and who has spent anything.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::KeysAndAttributes;
use policy::spend::Scope;

use crate::attributes::{Item, PK, SK, key, read_text, text};
use crate::error::failed;
use crate::measures::Measures;
use crate::retry::{TRIES, pause};
use crate::spend_rows::{BY_DAY, DAY, STARTED};
use crate::spend_sums::{OF, total_keys, total_listing};
use crate::{Store, StoreError};

pub(crate) const DOING: &str = "reading spend";
/// The most items that DynamoDB gives in one batch.
const BATCH: usize = 100;

/// The total of someone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Who.
    pub id: String,
    /// What, over all time.
    pub measures: Measures,
}

impl Store {
    /// What a scope has spent, in its period or over all time. Strongly consistent.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn find_total(&self, scope: &Scope) -> Result<Measures, StoreError> {
        Ok(self.find_totals(std::slice::from_ref(scope)).await?.into_iter().next().unwrap_or_default())
    }

    /// The totals of several scopes, in their order.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn find_totals(&self, scopes: &[Scope]) -> Result<Vec<Measures>, StoreError> {
        let keys: Vec<Vec<(String, String)>> = scopes.iter().map(total_keys).collect();
        let found = self.find_items(&self.names.spend, keys.concat()).await?;
        let sum = |keys: &Vec<(String, String)>| {
            let mut sum = Measures::default();
            keys.iter().filter_map(|key| found.get(key)).for_each(|item| sum += &Measures::read(item));
            sum
        };
        Ok(keys.iter().map(sum).collect())
    }

    /// Those of a kind (`tag`, `end_user`, `agent`) who have spent anything, by name, with what they have spent over
    /// all time; at most `limit` of them. Who is on the list is eventually consistent.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn list_totals(&self, kind: &str, limit: usize) -> Result<Vec<Named>, StoreError> {
        let keys = self.find_listed(&total_listing(kind), limit).await?;
        let items = self.find_items(&self.names.spend, keys.clone()).await?;
        let named = |item: &Item| {
            let id = read_text(item, OF).unwrap_or_default().to_owned();
            Named { id, measures: Measures::read(item) }
        };
        Ok(keys.iter().filter_map(|key| items.get(key)).map(named).collect())
    }

    /// The primary keys in a partition of the index by day, at most `limit`.
    pub(crate) async fn find_listed(&self, partition: &str, limit: usize) -> Result<Vec<(String, String)>, StoreError> {
        let mut items = self
            .dynamo
            .query()
            .table_name(&self.names.spend)
            .index_name(BY_DAY)
            .key_condition_expression("#day = :day")
            .projection_expression("#pk, #sk, #started")
            .expression_attribute_names("#day", DAY)
            .expression_attribute_names("#started", STARTED)
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#sk", SK)
            .expression_attribute_values(":day", text(partition))
            .into_paginator()
            .items()
            .send();
        let mut found = Vec::new();
        while found.len() < limit {
            let Some(item) = items.next().await else { break };
            let item = item.map_err(failed(DOING))?;
            let (Some(pk), Some(sk)) = (read_text(&item, PK), read_text(&item, SK)) else { continue };
            found.push((pk.to_owned(), sk.to_owned()));
        }
        Ok(found)
    }

    /// Items by primary key, as many as there are.
    pub(crate) async fn find_items(
        &self,
        table: &str,
        mut keys: Vec<(String, String)>,
    ) -> Result<HashMap<(String, String), Item>, StoreError> {
        keys.sort();
        keys.dedup();
        let mut found = HashMap::new();
        for batch in keys.chunks(BATCH) {
            let mut left: Vec<Item> = batch.iter().map(|(pk, sk)| key(pk, sk)).collect();
            let mut attempt = 0;
            while !left.is_empty() {
                if attempt == TRIES {
                    return Err(StoreError::busy(DOING));
                }
                if attempt > 0 {
                    pause(attempt).await;
                }
                attempt += 1;
                let keys = KeysAndAttributes::builder()
                    .set_keys(Some(left))
                    .consistent_read(true)
                    .build()
                    .map_err(|error| StoreError::malformed("batch of keys", error))?;
                // The library's future is large, and many wait for this one.
                let request = Box::pin(self.dynamo.batch_get_item().request_items(table, keys).send());
                let answer = request.await.map_err(failed(DOING))?;
                for item in answer.responses.unwrap_or_default().into_values().flatten() {
                    let (Some(pk), Some(sk)) = (read_text(&item, PK), read_text(&item, SK)) else { continue };
                    found.insert((pk.to_owned(), sk.to_owned()), item);
                }
                left = answer.unprocessed_keys.unwrap_or_default().into_values().flat_map(|keys| keys.keys).collect();
            }
        }
        Ok(found)
    }
}
