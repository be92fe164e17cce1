//! The embedded DynamoDB emulator with the template's tables.

use std::path::Path;
use std::time::Duration;

use dynoxide::Database;
use serde_json::{Value, json};

use crate::template::Table;

/// How often expired items are removed.
const SWEEP_EVERY: Duration = Duration::from_secs(15 * 60);

/// Why the tables cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum TablesError {
    /// The emulator refused.
    #[error("opening the tables")]
    Emulator(#[from] dynoxide::DynoxideError),
    /// The template's table is not what the emulator understands.
    #[error("reading {table} from template.yaml")]
    Table {
        /// The table's name.
        table: String,
        /// What is wrong.
        #[source]
        source: serde_json::Error,
    },
}

/// Opens the tables in a file, or in memory without one, and adds the tables and indexes that are missing.
///
/// # Errors
/// When the file cannot be opened, or a table or index not be added.
pub fn open(path: Option<&Path>, tables: &[Table]) -> Result<Database, TablesError> {
    let database = match path {
        Some(path) => {
            let database = Database::new(&path.to_string_lossy())?;
            // SQLite's `synchronous = NORMAL`: a killed process loses nothing, only a machine without power may lose its
            // last moments. The emulator has no other name for it; without it every write waits for the disk.
            database.disable_bulk_loading()?;
            database
        }
        None => Database::memory()?,
    };
    for table in tables {
        if database.get_table_metadata(&table.name)?.is_some() {
            add_indexes(&database, table)?;
        } else {
            create(&database, table)?;
        }
    }
    Ok(database)
}

/// Removes expired items now and then, as DynamoDB does within days.
pub(crate) async fn expire(database: Database) {
    let mut ticks = tokio::time::interval(SWEEP_EVERY);
    loop {
        ticks.tick().await;
        let database = database.clone();
        let swept = tokio::task::spawn_blocking(move || database.sweep_ttl()).await;
        if let Ok(Err(error)) = swept {
            tracing::warn!(%error, "expired items were not removed");
        }
    }
}

fn create(database: &Database, table: &Table) -> Result<(), TablesError> {
    database.create_table(request(table, &table.create)?)?;
    if let Some(attribute) = &table.ttl {
        let ttl = json!({
            "TableName": table.name,
            "TimeToLiveSpecification": {"AttributeName": attribute, "Enabled": true},
        });
        database.update_time_to_live(request(table, &ttl)?)?;
    }
    Ok(())
}

/// A file of an earlier version may lack indexes that the template has gained since.
fn add_indexes(database: &Database, table: &Table) -> Result<(), TablesError> {
    let described = database.describe_table(request(table, &json!({"TableName": table.name}))?)?.table;
    let there: Vec<String> =
        described.global_secondary_indexes.into_iter().flatten().map(|index| index.index_name).collect();
    let wanted = table.create.get("GlobalSecondaryIndexes").and_then(Value::as_array);
    for index in wanted.into_iter().flatten() {
        if there.iter().any(|name| index["IndexName"] == name.as_str()) {
            continue;
        }
        let update = json!({
            "TableName": table.name,
            "AttributeDefinitions": table.create["AttributeDefinitions"],
            "GlobalSecondaryIndexUpdates": [{"Create": index}],
        });
        database.update_table(request(table, &update)?)?;
    }
    Ok(())
}

fn request<T: serde::de::DeserializeOwned>(table: &Table, body: &Value) -> Result<T, TablesError> {
    T::deserialize(body).map_err(|source| TablesError::Table { table: table.name.clone(), source })
}

#[cfg(test)]
mod tests;
