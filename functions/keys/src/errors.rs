//! What policy and store refuse, as the caller sees it.

use gateway::ApiError;
use policy::request::Refusal;
use store::StoreError;

pub(crate) fn refusal(refusal: Refusal) -> ApiError {
    refusal.into()
}

pub(crate) fn store(error: StoreError) -> ApiError {
    match error {
        StoreError::Exists => ApiError::invalid("A key with this value exists already.").param("key"),
        StoreError::NameTaken { name: alias, .. } => {
            ApiError::invalid(format!("The key alias {alias:?} belongs to another key.")).param("key_alias")
        }
        error => ApiError::stored(error, "Key", "key"),
    }
}

pub(crate) fn not_found() -> ApiError {
    ApiError::missing("Key", "key")
}
