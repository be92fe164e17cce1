//! What has been told to someone, so that of many processes one tells it, once.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;

use crate::attributes::{Item, PK, TTL, key, key_part, number};
use crate::error::failed;
use crate::expression::Expression;
use crate::{Store, StoreError};

const DOING: &str = "noting what was announced";

impl Store {
    /// Whether nobody has announced `what` yet: from now on until `expires` somebody has. Both times are seconds since
    /// the Unix epoch.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn announce(&self, what: &str, now: u64, expires: u64) -> Result<bool, StoreError> {
        let mut item = announced(what);
        item.insert(TTL.to_owned(), number(expires));
        let mut it = Expression::default();
        let (absent, ttl) = (format!("attribute_not_exists({})", it.name(PK)), it.name(TTL));
        let forgotten = format!("{ttl} <= {}", it.value(number(now)));
        it.require(format!("{absent} OR {forgotten}"));
        let put = self.dynamo.put_item().table_name(&self.names.cache).set_item(Some(item));
        let put = put
            .set_condition_expression(it.condition())
            .set_expression_attribute_names(it.names())
            .set_expression_attribute_values(it.values());
        match put.send().await {
            Ok(_) => Ok(true),
            Err(SdkError::ServiceError(refusal))
                if matches!(refusal.err(), PutItemError::ConditionalCheckFailedException(_)) =>
            {
                Ok(false)
            }
            Err(error) => Err(failed(DOING)(error)),
        }
    }

    /// Takes back that `what` has been announced: it could not be told.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn withdraw(&self, what: &str) -> Result<(), StoreError> {
        let delete = self.dynamo.delete_item().table_name(&self.names.cache).set_key(Some(announced(what)));
        delete.send().await.map_err(failed(DOING))?;
        Ok(())
    }
}

fn announced(what: &str) -> Item {
    key(format!("ANNOUNCED#{}", key_part(what)), "ANNOUNCED")
}
