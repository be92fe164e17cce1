//! The embedded DynamoDB emulator with the template's tables.

use std::path::Path;

use dynoxide::Database;
use serde_json::{Value, json};

use crate::template::Table;

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

/// Opens the tables in a file, or in memory without one, and creates those that are missing.
///
/// # Errors
/// When the file cannot be opened or a table not be created.
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
            continue;
        }
        database.create_table(request(table, &table.create)?)?;
        if let Some(attribute) = &table.ttl {
            let ttl = json!({
                "TableName": table.name,
                "TimeToLiveSpecification": {"AttributeName": attribute, "Enabled": true},
            });
            database.update_time_to_live(request(table, &ttl)?)?;
        }
    }
    Ok(database)
}

fn request<T: serde::de::DeserializeOwned>(table: &Table, body: &Value) -> Result<T, TablesError> {
    T::deserialize(body).map_err(|source| TablesError::Table { table: table.name.clone(), source })
}
