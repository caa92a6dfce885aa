//! Every plan file saved by MS Project and P6 in `../shared/data/plans` is read, and what was read is compared with the
//! tables of what those programs held. Where the folder does not exist the tests say so and pass.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use guatu_formats::conformance;
use guatu_formats::plans::{self, Format, Limits, Reading};
use guatu_kernel::plan::{ActivityKind, Plan, Span};

/// Names and bytes of the files below one folder of the corpus.
fn files(folder: &str) -> Vec<(String, Vec<u8>)> {
    let root = root().join(folder);
    let Ok(entries) = std::fs::read_dir(&root) else {
        eprintln!("skipped: {} does not exist", root.display());
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), content(path))).collect()
}

fn root() -> PathBuf {
    // A worktree stands beside the main checkout, so both find the folder next to themselves.
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/plans")
}

fn content(path: &Path) -> Vec<u8> {
    let bytes = std::fs::read(path).unwrap();
    if path.extension().is_some_and(|extension| extension == "gz") {
        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(bytes.as_slice()).read_to_end(&mut unpacked).unwrap();
        return unpacked;
    }
    bytes
}

fn read(name: &str, bytes: &[u8]) -> Reading {
    let format = plans::detect(Some(name), bytes).unwrap_or_else(|fault| panic!("{name}: {}", fault.message));
    plans::read(bytes, format, &Limits::default())
}

fn plan_of(name: &str, reading: &Reading) -> Plan {
    reading.plan.clone().unwrap_or_else(|| panic!("{name}: {:#?}", reading.diagnostics))
}

/// The plan without the places it was read from, which differ between files that say the same.
fn placeless(mut plan: Plan) -> Plan {
    plan.activities.iter_mut().for_each(|activity| activity.at = None);
    plan.links.iter_mut().for_each(|link| link.at = None);
    plan
}

/// Fields of one line of a table, quotes removed.
fn fields(line: &str) -> Vec<String> {
    let (mut fields, mut field, mut quoted) = (Vec::new(), String::new(), false);
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(std::mem::take(&mut field)),
            c => field.push(c),
        }
    }
    fields.push(field);
    fields
}

/// Rows of the truth table of a file by uid, each as column → text.
fn truth(name: &str) -> Option<HashMap<String, HashMap<String, String>>> {
    let name = name.strip_suffix(".gz").unwrap_or(name);
    let text = std::fs::read_to_string(root().join("truth").join(format!("{name}.csv"))).ok()?;
    let mut lines = text.lines();
    let head = fields(lines.next()?);
    let rows = lines.map(|line| head.iter().cloned().zip(fields(line)).collect::<HashMap<_, _>>());
    Some(rows.map(|row| (row["uid"].clone(), row)).collect())
}

/// Differences between a plan and its truth table, at most ten.
fn differences(name: &str, reading: &Reading) -> Vec<String> {
    let plan = plan_of(name, reading);
    let Some(truth) = truth(name) else { return Vec::new() };
    let mut found = Vec::new();
    assert_eq!(plan.activities.len(), reading.saved.activities.len(), "{name}");
    if plan.activities.len() != truth.len() {
        found.push(format!("{name}: {} activities, expected {}", plan.activities.len(), truth.len()));
    }
    for (activity, saved) in plan.activities.iter().zip(&reading.saved.activities) {
        let Some(row) = truth.get(&saved.uid) else {
            found.push(format!("{name}: {} {} is not in the table", saved.uid, activity.name));
            continue;
        };
        let mut differ = |what: &str, ours: String, theirs: &str| {
            if ours != theirs {
                found.push(format!("{name}: {} {what} {ours:?}, expected {theirs:?}", saved.uid));
            }
        };
        let wanted =
            row["name"].split(['\t', '\r', '\n']).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
        differ("name", activity.name.clone(), &wanted);
        differ("summary", (activity.kind == ActivityKind::Summary).to_string(), &row["summary"]);
        let is_point = activity.kind.is_milestone();
        if is_point || row["milestone"] == "true" && row["dur_min"].starts_with("0.") {
            differ("milestone", is_point.to_string(), &row["milestone"]);
        }
        // Of begun work the tables of P6 hold the time spent, which no plan keeps.
        let is_begun = name.contains(".xer") && activity.actual_start.is_some();
        if activity.kind == ActivityKind::Task && !is_begun && !row["dur_min"].is_empty() && row["dur_min"] != "null" {
            let minutes = match activity.duration {
                Span::Working { days_e3: 0, minutes } | Span::Elapsed { minutes } => minutes,
                other => panic!("{name}: {other:?}"),
            };
            let theirs: f64 = row["dur_min"].parse().unwrap();
            // A table in working minutes cannot be compared with elapsed durations.
            if !matches!(activity.duration, Span::Elapsed { .. }) {
                differ("duration", minutes.to_string(), &format!("{:.0}", theirs));
            }
        }
    }
    found.truncate(10);
    found
}

#[test]
fn files_of_ms_project_read_as_they_were_saved() {
    let mut wrong = Vec::new();
    for folder in ["mspdi", "mspdi-from-mpp", "mspdi-networks"] {
        for (name, bytes) in files(folder) {
            assert_eq!(plans::detect(None, &bytes).unwrap(), Format::Mspdi, "{name}");
            let reading = read(&name, &bytes);
            if reading.plan.is_none() {
                wrong.push(format!("{name}: {:?}", reading.diagnostics.iter().map(|d| &d.message).collect::<Vec<_>>()));
                continue;
            }
            wrong.extend(differences(&name, &reading));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_of_p6_read_as_they_were_saved() {
    let mut wrong = Vec::new();
    for (folder, format) in [("xer", Format::Xer), ("pmxml", Format::Pmxml)] {
        for (name, bytes) in files(folder) {
            assert_eq!(plans::detect(None, &bytes).unwrap(), format, "{name}");
            let reading = read(&name, &bytes);
            if reading.plan.is_none() {
                wrong.push(format!("{name}: {:?}", reading.diagnostics));
                continue;
            }
            wrong.extend(differences(&name, &reading));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_of_ms_project_survive_our_writer() {
    for folder in ["mspdi", "mspdi-from-mpp", "mspdi-networks"] {
        for (name, bytes) in files(folder) {
            let plan = plan_of(&name, &read(&name, &bytes));
            let (written, said) = plans::mspdi::write(&plan, None);
            assert!(said.is_empty(), "{name}: {said:?}");
            let again = plan_of(&name, &read(&name, written.as_bytes()));
            assert_same(&name, again, plan);
        }
    }
}

#[test]
fn every_plan_survives_guatu_json() {
    for folder in ["mspdi", "mspdi-from-mpp", "mspdi-networks", "xer", "pmxml"] {
        for (name, bytes) in files(folder) {
            let plan = plan_of(&name, &read(&name, &bytes));
            let again = plan_of(&name, &read("plan.json", plans::json::write(&plan).as_bytes()));
            assert_same(&name, again, plan);
        }
    }
}

#[test]
fn every_plan_survives_the_workbook() {
    for folder in ["mspdi", "mspdi-from-mpp", "xer", "pmxml"] {
        for (name, bytes) in files(folder) {
            let plan = plan_of(&name, &read(&name, &bytes));
            let (written, said) = plans::sheet::write(&plan).unwrap();
            assert!(said.is_empty(), "{name}: {said:?}");
            let again = plan_of(&name, &read("plan.xlsx", &written));
            assert_same(&name, again, plan);
        }
    }
}

/// The page in `docs` is what the command of `examples/conformance.rs` says of the same files.
#[test]
fn the_page_of_conformance_is_true() {
    let mut reports = Vec::new();
    for folder in ["mspdi", "mspdi-from-mpp", "mspdi-networks", "pmxml", "xer"] {
        for (name, bytes) in files(folder) {
            let reading = read(&name, &bytes);
            let plan = plan_of(&name, &reading);
            let activities = conformance::compare(&plan, &reading.saved, &guatu_kernel::schedule(&plan));
            if !activities.is_empty() {
                reports.push(conformance::FileReport { name: format!("{folder}/{name}"), activities });
            }
        }
    }
    if !reports.is_empty() {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/conformance.md");
        let stored = std::fs::read_to_string(page).unwrap();
        assert!(stored == conformance::report(&reports), "docs/conformance.md is old; run the command it names");
    }
}

/// Compares two plans part by part, so that a difference is readable.
fn assert_same(name: &str, again: Plan, plan: Plan) {
    let (again, plan) = (placeless(again), placeless(plan));
    for (ours, theirs) in again.calendars.iter().zip(&plan.calendars) {
        assert_eq!(ours, theirs, "{name}: calendar");
    }
    for (ours, theirs) in again.activities.iter().zip(&plan.activities) {
        assert_eq!(ours, theirs, "{name}: activity");
    }
    for (ours, theirs) in again.links.iter().zip(&plan.links) {
        assert_eq!(ours, theirs, "{name}: link");
    }
    assert!(again == plan, "{name}: {again:#?}\n{plan:#?}");
}
