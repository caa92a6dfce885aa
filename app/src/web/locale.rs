//! Every sentence a person sees, by language and key. Chinese first.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

/// A language of the pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// Chinese, the default.
    #[default]
    Zh,
    /// English.
    En,
}

static ZH: LazyLock<HashMap<String, String>> = LazyLock::new(|| flatten(include_str!("../locale/zh.toml")));
static EN: LazyLock<HashMap<String, String>> = LazyLock::new(|| flatten(include_str!("../locale/en.toml")));

/// Names that plans from a template give by themselves, in every language, with their keys.
static GIVEN: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
    let is_given = |key: &str| key.starts_with("stage.") || key == "plans.end_milestone";
    let all = ZH.iter().chain(EN.iter()).filter(|(key, _)| is_given(key));
    all.map(|(key, name)| (name.as_str(), key.as_str())).collect()
});

fn flatten(text: &str) -> HashMap<String, String> {
    let table: toml::Table = toml::from_str(text).expect("locale files are part of the program and read by a test");
    let mut flat = HashMap::new();
    for (section, entries) in table {
        let toml::Value::Table(entries) = entries else { continue };
        for (key, value) in entries {
            if let toml::Value::String(value) = value {
                flat.insert(format!("{section}.{key}"), value);
            }
        }
    }
    flat
}

impl Language {
    /// Its BCP 47 tag.
    pub fn tag(self) -> &'static str {
        match self {
            Language::Zh => "zh-CN",
            Language::En => "en",
        }
    }

    /// Its short name, in cookies and file names.
    pub fn name(self) -> &'static str {
        match self {
            Language::Zh => "zh",
            Language::En => "en",
        }
    }

    /// The language of a short name.
    pub fn from_name(name: &str) -> Option<Language> {
        [Language::Zh, Language::En].into_iter().find(|language| language.name() == name)
    }

    fn table(self) -> &'static HashMap<String, String> {
        match self {
            Language::Zh => &ZH,
            Language::En => &EN,
        }
    }

    /// Whether a key has a sentence.
    pub fn has(self, key: &str) -> bool {
        self.table().contains_key(key)
    }

    /// The sentence of a key. A missing one shows its key, which the tests do not allow to happen.
    pub fn t(self, key: &str) -> String {
        self.table().get(key).cloned().unwrap_or_else(|| key.to_owned())
    }

    /// Every sentence of a section by what its key ends with: for a page that must speak without asking.
    pub fn section(self, name: &str) -> BTreeMap<&'static str, &'static str> {
        let of = |(key, text): (&'static String, &'static String)| {
            Some((key.strip_prefix(name)?.strip_prefix('.')?, text.as_str()))
        };
        self.table().iter().filter_map(of).collect()
    }

    /// The sentence of a key with its places filled: `{name}` by the value, `{name|one|many}` by the word that the value takes.
    pub fn tf(self, key: &str, params: &[(&str, String)]) -> String {
        let sentence = self.t(key);
        let mut text = String::with_capacity(sentence.len() + 16);
        let mut rest = sentence.as_str();
        while let Some((before, (place, after))) =
            rest.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
        {
            let mut parts = place.split('|');
            let name = parts.next().unwrap_or_default();
            let value = params.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str());
            text.push_str(before);
            match (value, parts.next(), parts.next()) {
                (Some("1"), Some(one), Some(_)) => text.push_str(one),
                (Some(_), Some(_), Some(many)) => text.push_str(many),
                (Some(value), ..) => text.push_str(value),
                (None, ..) => text.extend(["{", place, "}"]),
            }
            rest = after;
        }
        text.push_str(rest);
        text
    }

    /// Several things as a list within a sentence.
    pub fn list(self, items: impl IntoIterator<Item = impl AsRef<str>>) -> String {
        let mark = self.t("shell.list_mark");
        let mut text = String::new();
        for (at, item) in items.into_iter().enumerate() {
            if at > 0 {
                text.push_str(&mark);
            }
            text.push_str(item.as_ref());
        }
        text
    }

    /// The name of an activity or date: what a template gave it is said in this language, what a person called it stands.
    pub fn shown(self, name: &str) -> Cow<'_, str> {
        match GIVEN.get(name).and_then(|key| self.table().get(*key)) {
            Some(own) => Cow::Borrowed(own),
            None => Cow::Borrowed(name),
        }
    }
}

/// The id that a text names: the id itself, alone or before its name, or its name under `section` in any language.
pub fn named<'a>(section: &str, text: &str, ids: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let first = text.split_whitespace().next().unwrap_or_default();
    let is_name = |id: &str| {
        [Language::Zh, Language::En].iter().any(|language| language.t(&format!("{section}.{id}")) == text.trim())
    };
    ids.into_iter().find(|id| *id == first || is_name(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(text: &str) -> Vec<&str> {
        let mut found: Vec<&str> = text
            .split('{')
            .skip(1)
            .filter_map(|rest| rest.split_once('}'))
            .map(|(name, _)| name)
            .filter(|name| !name.contains('|'))
            .collect();
        found.sort_unstable();
        found
    }

    #[test]
    fn both_languages_have_the_same_sentences_with_the_same_places() {
        let mut faults = Vec::new();
        for (key, zh) in ZH.iter() {
            match EN.get(key) {
                None => faults.push(format!("{key} has no English")),
                Some(en) if places(en) != places(zh) => faults.push(format!("{key} fills other places")),
                Some(_) => {}
            }
        }
        faults.extend(EN.keys().filter(|key| !ZH.contains_key(*key)).map(|key| format!("{key} has no Chinese")));
        assert_eq!(faults, Vec::<String>::new());
    }

    #[test]
    fn a_number_takes_its_word_and_a_stage_its_name_in_the_language_of_the_reader() {
        let late = |language: Language, days: &str| language.tf("plans.late_by", &[("days", days.to_owned())]);
        assert_eq!(late(Language::En, "1"), "1 workday late");
        assert_eq!(late(Language::En, "19"), "19 workdays late");
        assert!(late(Language::Zh, "19").contains("19"));
        assert_eq!(
            Language::En.tf("plans.late_by", &[("days", "{date}".to_owned())]),
            "{date} workdays late",
            "a value is never a place"
        );
        assert_eq!(Language::En.list(["a", "b"]), "a, b");
        for (key, name) in EN.iter().filter(|(key, _)| key.starts_with("stage.")) {
            assert_eq!(Language::Zh.shown(name), ZH[key]);
            assert_eq!(Language::En.shown(&ZH[key]), *name);
        }
        assert_eq!(Language::En.shown("Our own works"), "Our own works");
    }
}
