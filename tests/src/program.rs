//! Finding and starting the project's built programs.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::process::Command;

use crate::Result;

/// The release build of a program; its folder is `TESTS_BIN_DIR`, else the workspace's `target/release`.
pub fn release(name: &str) -> Result<PathBuf> {
    let folder = match (std::env::var_os("TESTS_BIN_DIR"), std::env::var_os("CARGO_TARGET_DIR")) {
        (Some(folder), _) => PathBuf::from(folder),
        (None, Some(target)) => Path::new(&target).join("release"),
        (None, None) => Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/release"),
    };
    let path = folder.join(name);
    if path.is_file() {
        return Ok(path);
    }
    Err(format!("{} is missing: run `cargo build --release --workspace --bins`", path.display()).into())
}

/// Sends a signal by its name, such as `INT`.
pub async fn signal(pid: u32, name: &str) -> Result<()> {
    let status = Command::new("kill").arg(format!("-{name}")).arg(pid.to_string()).status().await?;
    if status.success() { Ok(()) } else { Err(format!("cannot send {name} to {pid}").into()) }
}

/// A folder that is removed with its handle.
pub struct Scratch(PathBuf);

impl Scratch {
    /// A new empty folder under the system's temporary one.
    pub fn new() -> Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("tests-{}-{count}", std::process::id()));
        std::fs::create_dir(&path)?;
        Ok(Self(path))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file into it and says where.
    pub fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let path = self.0.join(name);
        std::fs::write(&path, text)?;
        Ok(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}
