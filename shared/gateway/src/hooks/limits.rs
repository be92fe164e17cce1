//! Budgets, rate limits and parallel requests: what a call may need is reserved before it, all or nothing, and what it
//! came to is settled after it.

use futures_util::FutureExt;

use super::{Admission, Ended, Hook, Work};
use crate::{ApiError, chat, log_chain};

pub(super) struct Limits;

impl Hook for Limits {
    fn admitting<'a>(&'a self, it: &'a mut Admission<'_>) -> Work<'a, Result<(), ApiError>> {
        let admitting = async {
            let admitted = chat::admit(it.app, it.call, it.claim, it.ledger).await;
            it.cap = admitted.map_err(|declined| {
                it.only_model = declined.by_model;
                declined.error
            })?;
            Ok(())
        };
        Some(admitting.boxed())
    }

    fn succeeded<'a>(&'a self, ended: &'a Ended<'_>) -> Work<'a, ()> {
        settle(ended)
    }

    fn failed<'a>(&'a self, ended: &'a Ended<'_>) -> Work<'a, ()> {
        settle(ended)
    }
}

fn settle<'a>(it: &'a Ended<'_>) -> Work<'a, ()> {
    let settling = async {
        if let Err(error) = it.app.store.settle(it.reserved, it.paid).await {
            log_chain("a reservation was not settled; it will be when it expires", &error);
        }
    };
    Some(settling.boxed())
}
