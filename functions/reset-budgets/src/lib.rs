//! Not written yet.

use gateway::{App, JobError, Tick};

/// Does nothing.
///
/// # Errors
/// Never.
pub async fn handle(_: &App, _: Tick) -> Result<(), JobError> {
    std::future::ready(()).await;
    Ok(())
}
