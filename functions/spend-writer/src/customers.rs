//! Customers whom nobody has made: the first call that names one does.

use std::collections::BTreeMap;

use jiff::Timestamp;
use policy::entity::Customer;
use policy::spend::{SpendEvent, Status};
use store::{RecordId, Store, StoreError};

/// Makes the customers of the events that have no record, and says for whom this failed.
pub(crate) async fn make(store: &Store, events: &[SpendEvent]) -> Vec<String> {
    let served = events.iter().filter(|event| event.status == Status::Success || !event.spend.is_zero());
    let mut first: BTreeMap<&str, u64> = BTreeMap::new();
    for event in served {
        if let Some(id) = event.end_user.as_deref().filter(|id| !id.is_empty()) {
            let started = first.entry(id).or_insert(event.started);
            *started = event.started.min(*started);
        }
    }
    let ids: Vec<RecordId> = first.keys().map(|id| RecordId::of::<Customer>(*id)).collect();
    let found = match store.find_records(&ids).await {
        Ok(found) => found,
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "customers could not be looked up");
            return first.into_keys().map(str::to_owned).collect();
        }
    };
    let mut failed = Vec::new();
    for (id, started) in first {
        // A record that this version cannot read is there all the same.
        if !matches!(found.get::<Customer>(id), Ok(None)) {
            continue;
        }
        match store.create(&customer(id, started)).await {
            Ok(_) | Err(StoreError::Exists) => {}
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "a customer was not made");
                failed.push(id.to_owned());
            }
        }
    }
    failed
}

fn customer(id: &str, started: u64) -> Customer {
    let moment = i64::try_from(started).ok().and_then(|it| Timestamp::from_millisecond(it).ok());
    Customer { user_id: id.to_owned(), created_at: moment, ..Customer::default() }
}
