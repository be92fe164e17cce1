//! Writes spend events exactly once: an event's row and everything that it adds to are one transaction.

use std::collections::{BTreeMap, HashMap, VecDeque};

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use policy::spend::SpendEvent;

use crate::attributes::{Item, PK, hash, key};
use crate::error::{failed, is_overload};
use crate::measures::Measures;
use crate::retry::{TRIES, pause};
use crate::spend_rows::{Keep, expire, part, row};
use crate::spend_sums::{Target, increment, targets};
use crate::{Store, StoreError};

const DOING: &str = "writing spend events";
/// The most actions that DynamoDB takes in a transaction.
const ACTIONS: usize = 100;

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// It is written and counted now.
    New,
    /// It had been before, and has changed nothing.
    Duplicate,
}

/// Work that happens as a whole, once: the guard can be put only where it is not.
struct Unit<'a> {
    event: &'a SpendEvent,
    index: usize,
    guard: Item,
    /// The guard is the row.
    first: bool,
    targets: Vec<Target>,
}

enum Outcome {
    Written,
    /// The guards at these positions are there already; nothing was written.
    Duplicates(Vec<usize>),
    Busy,
    Failed(StoreError),
}

impl Store {
    /// Writes events in as few transactions as possible, and says for each what became of it, in the same order.
    ///
    /// An event that cannot be written takes no other with it.
    pub async fn write_spend(&self, events: &[SpendEvent], keep: Keep) -> Vec<Result<Written, StoreError>> {
        let mut results: Vec<Option<Result<Written, StoreError>>> = events.iter().map(|_| None).collect();
        let mut first = HashMap::new();
        let mut queue = VecDeque::new();
        for (index, event) in events.iter().enumerate() {
            if *first.entry(event.id.as_str()).or_insert(index) != index {
                continue;
            }
            match units(index, event, keep) {
                Ok(units) => queue.extend(units),
                Err(error) => note(&mut results, index, Err(error)),
            }
        }
        let mut groups = group(queue);
        while let Some(units) = groups.pop_front() {
            self.write_group(units, &mut groups, &mut results).await;
        }
        repeat_for_copies(events, &first, &mut results);
        results.into_iter().map(|result| result.unwrap_or_else(|| Err(StoreError::busy(DOING)))).collect()
    }

    /// Writes the units together, without those that had been written; splits the group where one is impossible.
    async fn write_group<'a>(
        &self,
        mut units: Vec<Unit<'a>>,
        groups: &mut VecDeque<Vec<Unit<'a>>>,
        results: &mut [Option<Result<Written, StoreError>>],
    ) {
        for attempt in 0..TRIES {
            match Box::pin(self.try_write(&units)).await {
                Outcome::Written => {
                    for unit in units {
                        note(results, unit.index, Ok(if unit.first { Written::New } else { Written::Duplicate }));
                    }
                    return;
                }
                Outcome::Duplicates(positions) => {
                    let mut position = 0;
                    units.retain(|unit| {
                        let duplicate = positions.contains(&position);
                        position += 1;
                        if duplicate {
                            note(results, unit.index, Ok(Written::Duplicate));
                        }
                        !duplicate
                    });
                    if units.is_empty() {
                        return;
                    }
                }
                Outcome::Busy => pause(attempt).await,
                Outcome::Failed(StoreError::Rejected { .. }) if units.len() > 1 => {
                    let half = units.split_off(units.len() / 2);
                    groups.push_back(units);
                    groups.push_back(half);
                    return;
                }
                Outcome::Failed(error) => {
                    let mut error = Some(error);
                    for unit in units {
                        let error = error.take().unwrap_or_else(|| StoreError::busy(DOING));
                        note(results, unit.index, Err(error));
                    }
                    return;
                }
            }
        }
        for unit in units {
            note(results, unit.index, Err(StoreError::busy(DOING)));
        }
    }

    async fn try_write(&self, units: &[Unit<'_>]) -> Outcome {
        let mut request = self.dynamo.transact_write_items();
        for unit in units {
            let put = Put::builder()
                .table_name(&self.names.spend)
                .set_item(Some(unit.guard.clone()))
                .condition_expression("attribute_not_exists(#pk)")
                .expression_attribute_names("#pk", PK)
                .build();
            match put {
                Ok(put) => request = request.transact_items(TransactWriteItem::builder().put(put).build()),
                Err(error) => return Outcome::Failed(StoreError::malformed("spend row", error)),
            }
        }
        // Any shard will do: the same one for the whole transaction costs one write.
        let shard = units.first().map_or(0, |unit| hash(&unit.event.id));
        for (target, measures) in sums(units) {
            let key = key(target.partition(shard), &target.sk);
            match increment(target, &measures).action(&self.names.spend, key) {
                Ok(update) => request = request.transact_items(TransactWriteItem::builder().update(update).build()),
                Err(error) => return Outcome::Failed(StoreError::malformed("spend total", error)),
            }
        }
        let refusal = match request.send().await {
            Ok(_) => return Outcome::Written,
            Err(SdkError::ServiceError(refusal)) => refusal,
            Err(error) => return Outcome::Failed(failed(DOING)(error)),
        };
        let TransactWriteItemsError::TransactionCanceledException(cancelled) = refusal.err() else {
            return Outcome::Failed(failed(DOING)(SdkError::ServiceError(refusal)));
        };
        let codes: Vec<Option<&str>> = cancelled.cancellation_reasons().iter().map(|reason| reason.code()).collect();
        let duplicates: Vec<usize> = codes
            .iter()
            .take(units.len())
            .enumerate()
            .filter(|(_, code)| **code == Some("ConditionalCheckFailed"))
            .map(|(position, _)| position)
            .collect();
        if !duplicates.is_empty() {
            return Outcome::Duplicates(duplicates);
        }
        if codes.iter().all(|code| *code == Some("None") || is_overload(*code)) {
            return Outcome::Busy;
        }
        Outcome::Failed(StoreError::Rejected { doing: DOING, source: SdkError::ServiceError(refusal).into() })
    }
}

/// An event as one unit, or as several when it has more targets than a transaction takes.
fn units(index: usize, event: &SpendEvent, keep: Keep) -> Result<Vec<Unit<'_>>, StoreError> {
    let json = serde_json::to_string(event).map_err(|error| StoreError::malformed("spend event", error))?;
    let end = keep.end(event);
    let targets = targets(event);
    let units = targets.chunks(ACTIONS - 1).enumerate().map(|(number, targets)| {
        let first = number == 0;
        let guard = if first { row(event, json.clone(), keep) } else { part(&event.id, number) };
        let guard = if let Some(end) = end { expire(guard, end) } else { guard };
        Unit { event, index, guard, first, targets: targets.to_vec() }
    });
    Ok(units.collect())
}

/// Fills transactions one after the other.
fn group(mut units: VecDeque<Unit<'_>>) -> VecDeque<Vec<Unit<'_>>> {
    let mut groups = VecDeque::new();
    let mut open: Vec<Unit<'_>> = Vec::new();
    let mut counted = std::collections::HashSet::new();
    while let Some(unit) = units.pop_front() {
        let keys = unit.targets.iter().map(|target| (target.pk.clone(), target.sk.clone()));
        let new: Vec<_> = keys.filter(|key| !counted.contains(key)).collect();
        if !open.is_empty() && open.len() + 1 + counted.len() + new.len() > ACTIONS {
            groups.push_back(std::mem::take(&mut open));
            counted.clear();
            units.push_front(unit);
            continue;
        }
        counted.extend(new);
        open.push(unit);
    }
    if !open.is_empty() {
        groups.push_back(open);
    }
    groups
}

/// What the units add together to each target.
fn sums<'a>(units: &'a [Unit<'_>]) -> Vec<(&'a Target, Measures)> {
    let mut sums: BTreeMap<(&str, &str), (&Target, Measures)> = BTreeMap::new();
    for unit in units {
        let measures = Measures::of(unit.event);
        for target in &unit.targets {
            let (_, sum) = sums.entry((&target.pk, &target.sk)).or_insert_with(|| (target, Measures::default()));
            *sum += &measures;
        }
    }
    sums.into_values().collect()
}

/// Notes what became of one unit of an event: an error stays, and the row's news count most.
fn note(results: &mut [Option<Result<Written, StoreError>>], index: usize, result: Result<Written, StoreError>) {
    let Some(slot) = results.get_mut(index) else { return };
    match (&slot, &result) {
        (Some(Err(_)), _) | (Some(Ok(Written::New)), Ok(_)) => {}
        _ => *slot = Some(result),
    }
}

fn repeat_for_copies(
    events: &[SpendEvent],
    first: &HashMap<&str, usize>,
    results: &mut [Option<Result<Written, StoreError>>],
) {
    for (index, event) in events.iter().enumerate() {
        let original = first.get(event.id.as_str()).copied().unwrap_or(index);
        if original != index && matches!(results.get(original), Some(Some(Ok(_)))) {
            note(results, index, Ok(Written::Duplicate));
        }
    }
}
