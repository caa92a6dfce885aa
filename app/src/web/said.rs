//! What readers of files and the scheduler say, in Chinese. Their English sentence is the key, as in gettext, so that a reader
//! knows nothing of languages and a sentence without Chinese is found by a test.

use super::locale::Language;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

/// Sentences within sentences that are looked up; a text of a file can look like any number of them.
const DEEPEST: usize = 3;
/// Characters of a value that are repeated: a circle of links may have thousands of members.
const VALUE_CHARS: usize = 300;

static ZH: LazyLock<Sentences> = LazyLock::new(|| Sentences::read(include_str!("../locale/zh_said.toml")));

/// An English sentence with places, and its Chinese.
struct Pattern {
    /// What stands before, between and behind the places.
    literals: Vec<String>,
    /// Which places stand in backquotes: values of the file, repeated as they are.
    is_quoted: Vec<bool>,
    chinese: String,
}

/// All sentences: those without places by their text, the others with the most specific first.
struct Sentences {
    whole: HashMap<String, String>,
    patterns: Vec<Pattern>,
}

impl Sentences {
    fn read(text: &str) -> Sentences {
        let table: HashMap<String, String> =
            toml::from_str(text).expect("locale files are part of the program and read by a test");
        let (whole, with_places): (HashMap<_, _>, HashMap<_, _>) =
            table.into_iter().partition(|(english, _)| !english.contains("{0}"));
        let mut patterns: Vec<Pattern> =
            with_places.iter().map(|(english, chinese)| Pattern::new(english, chinese)).collect();
        patterns.sort_by_cached_key(|one| (std::cmp::Reverse(one.literals.concat().len()), one.literals.clone()));
        Sentences { whole, patterns }
    }

    fn say(&self, english: &str, depth: usize) -> Option<String> {
        if depth > DEEPEST {
            return None;
        }
        if let Some(chinese) = self.whole.get(english) {
            return Some(chinese.clone());
        }
        self.patterns.iter().find_map(|pattern| self.fill(pattern, &pattern.values(english)?, depth))
    }

    /// The Chinese of a pattern with its values. One that only joins two parts says something if its last part does.
    fn fill(&self, pattern: &Pattern, values: &[&str], depth: usize) -> Option<String> {
        let said: Vec<Option<String>> = values
            .iter()
            .zip(&pattern.is_quoted)
            .map(|(value, is_quoted)| if *is_quoted { None } else { self.say(value, depth + 1) })
            .collect();
        if pattern.is_joint() && said.last().is_none_or(Option::is_none) {
            return None;
        }
        let mut text = String::new();
        let mut rest = pattern.chinese.as_str();
        while let Some((before, (place, after))) =
            rest.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
        {
            let at: usize = place.parse().ok()?;
            text.push_str(before);
            text.push_str(&said.get(at)?.as_deref().map_or_else(|| shortened(values[at]), Cow::Borrowed));
            rest = after;
        }
        text.push_str(rest);
        Some(text)
    }
}

impl Pattern {
    fn new(english: &str, chinese: &str) -> Pattern {
        let mut literals = Vec::new();
        let mut is_quoted = Vec::new();
        let mut marks = 0;
        for part in english.split('{') {
            let literal = part.split_once('}').map_or(part, |(_, literal)| literal);
            marks += literal.matches('`').count();
            literals.push(literal.to_owned());
            is_quoted.push(marks % 2 == 1);
        }
        is_quoted.pop();
        Pattern { literals, is_quoted, chinese: chinese.to_owned() }
    }

    /// What stands in the places of a sentence; `None` when it is another sentence.
    fn values<'m>(&self, english: &'m str) -> Option<Vec<&'m str>> {
        let [first, between @ .., last] = self.literals.as_slice() else { return None };
        let mut rest = english.strip_prefix(first.as_str())?.strip_suffix(last.as_str())?;
        let mut values = Vec::with_capacity(self.is_quoted.len());
        for literal in between {
            let (value, after) = rest.split_once(literal.as_str())?;
            values.push(value);
            rest = after;
        }
        values.push(rest);
        Some(values)
    }

    /// Whether it has no word of its own.
    fn is_joint(&self) -> bool {
        !self.literals.iter().any(|literal| literal.contains(char::is_alphabetic))
    }
}

fn shortened(value: &str) -> Cow<'_, str> {
    match value.char_indices().nth(VALUE_CHARS) {
        Some((end, _)) => Cow::Owned(format!("{}…", &value[..end])),
        None => Cow::Borrowed(value),
    }
}

impl Language {
    /// A sentence of a reader or of the scheduler in this language; `None` for one that has no words in it.
    pub fn said(self, english: &str) -> Option<String> {
        match self {
            Language::Zh => ZH.say(english, 0),
            Language::En => Some(english.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::{Path, PathBuf};

    #[test]
    fn a_sentence_is_said_in_chinese_with_its_values() {
        let cases = [
            ("`items!I2` holds a formula; type the value itself", "`items!I2` 里是公式，请直接填数值"),
            ("expected yes or no, found `maybe`", "应填“是”或“否”，现为 `maybe`"),
            (
                "Activities!G3: expected a date such as 2026-06-01, found `6月1日`",
                "Activities!G3：应填日期，如 2026-06-01，现为 `6月1日`",
            ),
            ("expected a whole number from 0 to 9, found the text `a`", "应填0 到 9 的整数，现为文字 `a`"),
            ("a min_duration cannot be negative", "最短工期不能是负数"),
            ("there is no calendar `name`", "没有日历 `name`，请添加或改用别的"),
            ("there is no calendar `a`b`", "没有日历 `a`b`，请添加或改用别的"),
            ("A → B → A run in a circle; remove one of these links", "A → B → A 的逻辑关系成环，请删去其中一条"),
            (
                "A: has progress but no actual start and is taken as not started; enter the day it started",
                "A：填了进度而没有实际开始，按未开始处理，请填开始日期",
            ),
        ];
        for (english, chinese) in cases {
            assert_eq!(Language::Zh.said(english).as_deref(), Some(chinese));
            assert_eq!(Language::En.said(english).as_deref(), Some(english));
        }
        for unknown in ["", "something else", "A: something else", "a: b: c: d: e: f: nothing"] {
            assert_eq!(Language::Zh.said(unknown), None, "{unknown}");
        }
        let circle = format!("{} → A run in a circle; remove one of these links", "A → ".repeat(9_000));
        assert!(Language::Zh.said(&circle).is_some_and(|said| said.chars().count() < 2 * VALUE_CHARS));
    }

    #[test]
    fn chinese_fills_the_places_that_its_sentence_has() {
        let table: HashMap<String, String> = toml::from_str(include_str!("../locale/zh_said.toml")).unwrap();
        let mut faults = Vec::new();
        for (english, chinese) in &table {
            let places = english.matches('{').count();
            let used = (0..places).filter(|at| chinese.contains(&format!("{{{at}}}"))).count();
            let is_numbered = (0..places).all(|at| english.contains(&format!("{{{at}}}")));
            if used != places || !is_numbered || chinese.matches('{').count() != places {
                faults.push(english);
            }
        }
        assert_eq!(faults, Vec::<&String>::new());
    }

    /// A sentence that loses its Chinese is found here, not on a page.
    #[test]
    fn everything_that_readers_and_the_scheduler_say_has_chinese() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut files = Vec::new();
        for folder in ["formats/src", "kernel/src"] {
            sources(&root.join(folder), &mut files);
        }
        let mut missing = Vec::new();
        let mut count = 0;
        for file in files {
            let source = std::fs::read_to_string(&file).unwrap();
            for sentence in sentences(&source) {
                count += 1;
                if !ZH.whole.contains_key(&sentence) && !ZH.patterns.iter().any(|one| one.is_of(&sentence)) {
                    missing.push(format!("{}: {sentence}", file.file_name().unwrap().to_string_lossy()));
                }
            }
        }
        assert!(count > 250, "only {count} sentences were found in the sources");
        assert_eq!(missing, Vec::<String>::new());
        let gave_up = crate::limited::UPLOADED.exceeded();
        for said in [crate::web::lists::GAVE_UP, crate::features::reports::sheet::GAVE_UP, &gave_up] {
            assert!(Language::Zh.said(said).is_some(), "{said}");
        }
    }

    impl Pattern {
        fn is_of(&self, sentence: &str) -> bool {
            let english: Vec<&str> =
                sentence.split('{').map(|part| part.split_once('}').map_or(part, |(_, text)| text)).collect();
            self.literals == english
        }
    }

    /// Source files below a folder that say something of a file or a plan: those that draw and print do not.
    fn sources(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                let is_silent = ["charts", "documents", "pdf", "xforms", "drawing"].contains(&name.as_str());
                if !is_silent && name != "check" {
                    sources(&path, files);
                }
            } else if name.ends_with(".rs") && !["check.rs", "conformance.rs"].contains(&name.as_str()) {
                files.push(path);
            }
        }
    }

    /// Texts of a source that are words and not names: at least two small words. What is said to programmers is left out.
    fn sentences(source: &str) -> Vec<String> {
        let source = source.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
        let is_word = |word: &&str| {
            let word = word.trim_matches([',', ';', ':', '.', '(', ')']);
            !word.is_empty() && word.bytes().all(|letter| letter.is_ascii_lowercase())
        };
        let is_sentence = |text: &String| {
            let mut said = text.clone();
            while let Some((before, (_, after))) =
                said.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
            {
                said = format!("{before}0{after}");
            }
            !text.starts_with('<') && said.split(' ').filter(is_word).count() >= 2
        };
        texts(source).into_iter().filter(is_sentence).collect()
    }

    /// The string literals of a source, but those of `expect`, assertions and attributes.
    fn texts(source: &str) -> Vec<String> {
        let (mut found, mut from) = (Vec::new(), 0);
        while let Some(at) = source[from..].find('"').map(|at| from + at) {
            from = at + 1;
            let before = &source[..at];
            let line = before.rsplit('\n').next().unwrap_or_default();
            if line.trim_start().starts_with("//") || line.contains(" // ") || line.ends_with(['\'', '\\']) {
                continue;
            }
            let text = &source[from..][..closing(&source[from..])];
            from += text.len() + 1;
            let before = before.trim_end();
            let statement = before.rsplit([';', '{', '}']).next().unwrap_or_default();
            let is_for_programmers = ["expect(", "reason =", "unreachable!("].iter().any(|word| before.ends_with(word))
                || statement.contains("assert");
            if !is_for_programmers {
                found.push(unescaped(text));
            }
        }
        found
    }

    /// How long a literal is whose opening quote stands before `rest`.
    fn closing(rest: &str) -> usize {
        let mut is_escaped = false;
        let end = rest.find(|letter| {
            let is_end = letter == '"' && !is_escaped;
            is_escaped = letter == '\\' && !is_escaped;
            is_end
        });
        end.unwrap_or(rest.len())
    }

    fn unescaped(literal: &str) -> String {
        let mut lines = literal.split("\\\n");
        let mut text = lines.next().unwrap_or_default().to_owned();
        lines.for_each(|line| text.push_str(line.trim_start()));
        text.replace("\\\"", "\"")
    }
}
