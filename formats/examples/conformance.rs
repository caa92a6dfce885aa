//! Schedules the plan files of other programs from nothing and prints how far the dates agree with the saved ones.
//!
//! `cargo run --release -q -p guatu-formats --example conformance -- FOLDER > docs/conformance.md`
//!
//! FOLDER holds folders of files (MSPDI, XER, PMXML; packed ones end in `.gz`); files that are no plans are named on
//! standard error and left out.

use std::path::{Path, PathBuf};

use guatu_formats::conformance::{FileReport, compare, report};
use guatu_formats::plans::{self, Limits};
use guatu_kernel::schedule;

fn main() -> std::process::ExitCode {
    let Some(root) = std::env::args().nth(1) else {
        eprintln!("name the folder that holds folders of plan files");
        return std::process::ExitCode::from(2);
    };
    let mut files = Vec::new();
    for folder in sorted(Path::new(&root)).into_iter().filter(|path| path.is_dir()) {
        files.extend(sorted(&folder).iter().filter_map(|path| compared(path)));
    }
    print!("{}", report(&files));
    std::process::ExitCode::SUCCESS
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

fn compared(path: &Path) -> Option<FileReport> {
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let file = format!("{}/{}", name(path.parent()?), name(path));
    let mut bytes = std::fs::read(path).ok()?;
    if path.extension().is_some_and(|extension| extension == "gz") {
        let mut unpacked = Vec::new();
        std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(bytes.as_slice()), &mut unpacked).ok()?;
        bytes = unpacked;
    }
    let reading = plans::detect(Some(&file), &bytes).ok().map(|format| plans::read(&bytes, format, &Limits::default()));
    let Some((plan, saved)) = reading.and_then(|reading| Some((reading.plan?, reading.saved))) else {
        eprintln!("{file}: not a plan that can be read");
        return None;
    };
    let activities = compare(&plan, &saved, &schedule(&plan));
    (!activities.is_empty()).then_some(FileReport { name: file, activities })
}
