//! What reviewers would otherwise have to look for: the map is true, names and layers agree, one write door.

#![allow(clippy::unwrap_used, reason = "a test that cannot read the repository has failed")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn files(folder: &str, extension: &str) -> Vec<(String, String)> {
    fn walk(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
        let mut entries: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                if !path.ends_with("target") && !path.ends_with("node_modules") {
                    walk(&path, extension, found);
                }
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&root().join(folder), extension, &mut found);
    let name = |path: &Path| path.strip_prefix(root()).unwrap().display().to_string();
    found.iter().map(|path| (name(path), fs::read_to_string(path).unwrap())).collect()
}

fn sources() -> Vec<(String, String)> {
    ["kernel", "ledger", "formats", "app", "xtask"].iter().flat_map(|folder| files(folder, "rs")).collect()
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

fn none(faults: Vec<String>) {
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn every_folder_is_on_the_map_and_every_line_of_the_map_is_a_folder() {
    let map = read("ARCHITECTURE.md");
    let mapped: BTreeSet<String> = map
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("/`").map(|(folder, _)| folder.to_owned()))
        .collect();
    let mut real: BTreeSet<String> = BTreeSet::new();
    for (above, prefix) in [("", ""), ("app/src", "app/src/"), ("app/src/features", "app/src/features/")] {
        for entry in fs::read_dir(root().join(above)).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            let is_ours = !name.starts_with('.') && !["target", "data", "node_modules"].contains(&name.as_str());
            if entry.path().is_dir() && is_ours {
                real.insert(format!("{prefix}{name}"));
            }
        }
    }
    let faults =
        mapped.symmetric_difference(&real).map(|folder| format!("{folder}: on the map or on disk, not both")).collect();
    none(faults);
}

#[test]
fn every_file_says_what_it_is_for() {
    let faults = sources()
        .into_iter()
        .filter(|(_, text)| !text.starts_with("//!"))
        .map(|(name, _)| format!("{name} does not begin with //!"));
    none(faults.collect());
}

#[test]
fn no_junk_drawers() {
    let words = ["util", "utils", "helper", "helpers", "common", "misc", "manager"];
    let faults = sources()
        .into_iter()
        .filter(|(name, _)| {
            Path::new(name)
                .components()
                .any(|part| words.contains(&part.as_os_str().to_str().unwrap().trim_end_matches(".rs")))
        })
        .map(|(name, _)| format!("{name} is named like a junk drawer"));
    none(faults.collect());
}

#[test]
fn chinese_stands_only_in_locale_rules_glossary_and_tests() {
    let is_test = |name: &str| name.contains("/tests") || name.ends_with("tests.rs") || name.contains("/examples/");
    let mut faults = Vec::new();
    for (name, text) in sources().into_iter().filter(|(name, _)| !is_test(name)) {
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (at, line) in code.lines().enumerate() {
            let is_comment = line.trim_start().starts_with("//");
            if !is_comment
                && line.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
                && !line.contains("Guatu 挂图")
            {
                faults.push(format!("{name}:{}: {}", at + 1, line.trim()));
            }
        }
    }
    none(faults);
}

#[test]
fn rules_have_no_clock_no_database_and_no_async() {
    let mut faults = Vec::new();
    for (name, text) in sources() {
        let is_rule = name.ends_with("/model.rs")
            || ["kernel/src", "ledger/src", "formats/src"].iter().any(|folder| name.starts_with(folder));
        if !is_rule {
            continue;
        }
        for word in [
            "async fn",
            "crate::db",
            "clock::",
            "std::fs",
            "std::net",
            "Timestamp::now",
            "SystemTime",
            "rand::rng",
            "rand::fill",
        ] {
            if text.contains(word) {
                faults.push(format!("{name} uses `{word}`"));
            }
        }
    }
    none(faults);
}

#[test]
fn permits_are_made_in_few_places() {
    let allowed = [
        "app/src/bench/door.rs",
        "app/src/timers.rs",
        "app/src/web/visitor.rs",
        "app/src/features/identity/pages.rs",
        "app/src/journal/domain.rs",
        "app/src/testing.rs",
    ];
    let faults = sources()
        .into_iter()
        .filter(|(name, _)| {
            !allowed.contains(&name.as_str())
                && !name.starts_with("app/src/demo/")
                && !name.starts_with("app/src/command/")
        })
        .filter(|(name, _)| {
            !name.starts_with("xtask/") && !name.ends_with("tests.rs") && !name.ends_with("app/src/serve.rs")
        })
        .filter(|(_, text)| text.contains("Permit::account(") || text.contains("Permit::system("))
        .map(|(name, _)| format!("{name} makes a permit"));
    none(faults.collect());
}

#[test]
fn every_refusal_has_a_sentence_in_both_languages() {
    let (zh, en) = (read("app/src/locale/zh.toml"), read("app/src/locale/en.toml"));
    let mut faults = Vec::new();
    for (name, text) in sources().into_iter().filter(|(name, _)| name.ends_with("/model.rs")) {
        for line in text.lines().filter(|line| line.contains(" = \"") && line.trim_end().ends_with(';')) {
            let Some(code) = line.split('"').nth(1).filter(|code| code.len() == 5 && code.as_bytes()[1] == b'-') else {
                continue;
            };
            for (language, sentences) in [("zh", &zh), ("en", &en)] {
                if !sentences.contains(&format!("\"{code}\" = ")) {
                    faults.push(format!("{name}: {code} has no sentence in {language}"));
                }
            }
        }
    }
    none(faults);
}

#[test]
fn every_fact_has_a_name_in_both_languages() {
    let locales = ["zh", "en"].map(|language| read(&format!("app/src/locale/{language}.toml")));
    let (mut faults, mut seen) = (Vec::new(), 0);
    for (name, text) in files("app/src/features", "rs").iter().filter(|(name, _)| name.ends_with("/model.rs")) {
        let feature = name.trim_end_matches("/model.rs").rsplit('/').next().unwrap();
        let Some((_, facts)) = text.split_once("pub enum Fact {\n") else { continue };
        let variants = facts.lines().take_while(|line| *line != "}").filter_map(|line| {
            let variant = line.strip_prefix("    ")?;
            variant
                .starts_with(|first: char| first.is_ascii_uppercase())
                .then(|| variant.split([' ', ',']).next().unwrap())
        });
        for variant in variants {
            seen += 1;
            let snake = variant.chars().flat_map(|letter| {
                letter
                    .is_ascii_uppercase()
                    .then_some('_')
                    .into_iter()
                    .chain(std::iter::once(letter.to_ascii_lowercase()))
            });
            let key = format!("{feature}{} = ", snake.collect::<String>());
            if !locales.iter().all(|locale| locale.lines().any(|line| line.starts_with(&key))) {
                faults.push(format!("{name}: {variant} needs `{key}` under [fact] in both languages"));
            }
        }
    }
    assert!(seen > 40, "{seen} facts were found");
    none(faults);
}

#[test]
fn features_read_downward() {
    let table = read("app/src/features/mod.rs");
    let mut levels: Vec<(String, u8)> = Vec::new();
    for line in table.lines() {
        let words: Vec<&str> = line.trim().trim_end_matches(';').split(' ').collect();
        if let (Some(Ok(level)), Some(name)) = (words.first().map(|word| word.parse::<u8>()), words.last())
            && words.len() <= 3
        {
            levels.push(((*name).to_owned(), level));
        }
    }
    assert!(levels.len() >= 8, "the table of features was not read: {levels:?}");
    let level_of = |name: &str| levels.iter().find(|(known, _)| known == name).map(|(_, level)| *level);
    let mut faults = Vec::new();
    for (name, text) in files("app/src/features", "rs") {
        let Some(feature) =
            name.strip_prefix("app/src/features/").and_then(|rest| rest.split_once('/')).map(|(feature, _)| feature)
        else {
            continue;
        };
        if name.ends_with("tests.rs") {
            continue;
        }
        // A store hears facts of every feature, and their types are how it knows them; so does the part of a store that hears, where
        // that is a file of its own.
        let heard = name.ends_with("/store.rs") || name.ends_with("/heard.rs");
        let own = level_of(feature).unwrap_or_else(|| panic!("{feature} is not in the table"));
        for (other, level) in &levels {
            let reads = text.matches(&format!("features::{other}::")).count();
            let hears = text.matches(&format!("features::{other}::model::")).count();
            let is_read = reads > if heard { hears } else { 0 }
                || text.contains(&format!("super::{other};"))
                || text.contains(&format!("super::super::{other}"));
            if other != feature && is_read && *level >= own {
                faults.push(format!("{name} (level {own}) reads {other} (level {level})"));
            }
        }
    }
    none(faults);
}

#[test]
fn no_test_is_ignored_and_no_warning_hidden_without_a_reason() {
    let mut faults = Vec::new();
    for (name, text) in sources().into_iter().filter(|(name, _)| !name.starts_with("xtask/")) {
        for (at, line) in text.lines().enumerate() {
            if line.trim_start().starts_with("#[ignore") || (line.contains("#[allow(") && !line.contains("reason =")) {
                faults.push(format!("{name}:{}: {}", at + 1, line.trim()));
            }
        }
    }
    none(faults);
}

#[test]
fn every_finding_has_a_meaning_in_chinese() {
    let locale = read("app/src/locale/zh.toml");
    let mut sources = files("kernel/src", "rs");
    sources.extend(files("formats/src", "rs"));
    let mut codes = BTreeSet::new();
    for (_, text) in &sources {
        // A code stands between quotes: `K-` or `F-` and three digits.
        let quoted =
            text.split('"').filter(|word| word.len() == 5 && (word.starts_with("K-") || word.starts_with("F-")));
        codes.extend(quoted.filter(|word| word[2..].bytes().all(|byte| byte.is_ascii_digit())));
    }
    assert!(codes.len() > 50, "the codes were not read: {codes:?}");
    let missing = codes.into_iter().filter(|code| !locale.contains(&format!("\"{code}\" = ")));
    none(missing.map(|code| format!("{code} needs a meaning under [diagnostic] in zh.toml")).collect());
}

#[test]
fn every_fault_is_provoked_by_a_test_that_is_there() {
    let page = read("docs/faults.md");
    let named: Vec<(&str, &str)> = page.split('`').skip(1).step_by(2).filter_map(|word| word.split_once('#')).collect();
    let rows = page.lines().filter(|line| line.starts_with("| F") && !line.starts_with("| Fault |"));
    let mut faults: Vec<String> =
        rows.filter(|row| !row.contains('#')).map(|row| format!("no test is named: {row}")).collect();
    for (file, test) in named {
        let text = fs::read_to_string(root().join(file)).unwrap_or_default();
        let is_there = [format!("fn {test}("), format!("on_both_databases!({test},"), format!("test(\"{test}\"")]
            .iter()
            .any(|form| text.contains(form));
        if !is_there {
            faults.push(format!("docs/faults.md names {test}, which is not in {file}"));
        }
    }
    none(faults);
}
