//! Measurements, hidden verbs of the command line that `make bench` runs.

pub mod daily;
pub mod door;
pub mod load;
pub mod supervision;
pub mod sync;

use anyhow::Result;
use std::path::Path;
use std::process::ExitCode;

/// Measures in a folder that goes away, and prints what was found as one object.
async fn in_passing(name: &str, measure: impl AsyncFnOnce(&Path) -> Result<serde_json::Value>) -> Result<ExitCode> {
    let folder = std::env::temp_dir().join(format!("guatu-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let measured = measure(&folder).await;
    std::fs::remove_dir_all(&folder)?;
    println!("{}", measured?);
    Ok(ExitCode::SUCCESS)
}
