//! Every sentence a person sees, by language and key. Chinese first.

use std::collections::HashMap;
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

    /// The sentence of a key with its `{name}` places filled.
    pub fn tf(self, key: &str, params: &[(&str, String)]) -> String {
        let mut text = self.t(key);
        for (name, value) in params {
            text = text.replace(&format!("{{{name}}}"), value);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(text: &str) -> Vec<&str> {
        let mut found: Vec<&str> =
            text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect();
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
}
