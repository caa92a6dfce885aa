//! What people type: names by a part, by pinyin, by initials, or by a mixture, with every reading of a character;
//! and whether words name a person where a post is asked for.

use guatu_formats::wide::narrow;
use pinyin::{ToPinyin, ToPinyinMulti};

/// A query made ready: lower case, without spaces.
#[derive(Clone, Debug)]
pub struct Query(Vec<char>);

impl Query {
    /// From what somebody typed; `None` when nothing was.
    pub fn new(text: &str) -> Option<Query> {
        let letters: Vec<char> =
            narrow(text).to_lowercase().chars().filter(|letter| !letter.is_whitespace()).map(latin).collect();
        (!letters.is_empty()).then_some(Query(letters))
    }

    /// Whether a name holds what is looked for: `gyxy`, `guyuan`, `古y` and `古塬` all find 古塬新苑.
    pub fn is_in(&self, name: &str) -> bool {
        let letters: Vec<char> =
            name.to_lowercase().chars().filter(|letter| !letter.is_whitespace()).map(latin).collect();
        (0..letters.len()).any(|from| goes_on(&letters[from..], &self.0))
    }
}

/// Pinyin writes ü as v on keyboards.
fn latin(letter: char) -> char {
    if letter == 'ü' { 'v' } else { letter }
}

/// Whether the query is used up along the name: a character stands for itself, its syllable, or its initial; a syllable may
/// end with the query.
fn goes_on(name: &[char], query: &[char]) -> bool {
    let Some((wanted, after)) = query.split_first() else { return true };
    let Some((letter, rest)) = name.split_first() else { return false };
    if letter == wanted && goes_on(rest, after) {
        return true;
    }
    let Some(readings) = letter.to_pinyin_multi() else { return false };
    readings.into_iter().any(|reading| {
        let syllable: Vec<char> = reading.plain().chars().map(latin).collect();
        let common = syllable.iter().zip(query).take_while(|(one, other)| one == other).count();
        (common == syllable.len() && goes_on(rest, &query[common..]))
            || (common > 0 && common == query.len())
            || (common > 0 && goes_on(rest, after))
    })
}

/// By what a name is sorted: the syllables of its characters, then the name itself. Numbers sort by value.
pub fn sort_key(name: &str) -> (String, String) {
    let (mut key, mut digits) = (String::new(), String::new());
    let flush = |key: &mut String, digits: &mut String| {
        if !digits.is_empty() {
            // As many digits as any number in a name has: 2 comes before 10.
            key.push_str(&format!("{digits:0>12}"));
            digits.clear();
        }
    };
    for letter in name.to_lowercase().chars() {
        if letter.is_ascii_digit() {
            digits.push(letter);
            continue;
        }
        flush(&mut key, &mut digits);
        match letter.to_pinyin() {
            Some(reading) => {
                key.extend(reading.plain().chars().map(latin));
                key.push(' ');
            }
            None => key.push(letter),
        }
    }
    flush(&mut key, &mut digits);
    (key, name.to_owned())
}

/// Whether words name a person. Han characters stand without spaces, so a name may stand anywhere among them; other letters only
/// as words of their own. A name of one character names nobody: it would stand in every other word.
pub fn names_person(words: &str, name: &str) -> bool {
    let name = name.trim();
    if name.chars().count() < 2 {
        return false;
    }
    if !name.is_ascii() {
        return words.contains(name);
    }
    let is_letter = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
    words.match_indices(name).any(|(at, found)| {
        !is_letter(words[..at].chars().next_back()) && !is_letter(words[at + found.len()..].chars().next())
    })
}

#[cfg(test)]
mod tests {
    use super::{Query, names_person, sort_key};

    #[test]
    fn a_name_is_found_as_people_type_it() {
        let cases = [
            ("古塬新苑安置区", "gyxy", true),
            ("古塬新苑安置区", "guyuan", true),
            ("古塬新苑安置区", "guyx", true),
            ("古塬新苑安置区", "古y", true),
            ("古塬新苑安置区", "xinyuan", true),
            ("古塬新苑安置区", "gyz", false),
            ("古塬新苑安置区", "塬新", true),
            ("重庆路", "cq", true),
            ("重庆路", "chongqing", true),
            ("曾国", "zeng", true),
            ("曾国", "ceng", true),
            ("绿地", "lvdi", true),
            ("3号楼", "3hl", true),
            ("13号楼", "3h", true),
            ("West Block 12", "block 1", true),
            ("West Block 12", "wb", false),
            ("", "a", false),
        ];
        for (name, typed, expected) in cases {
            assert_eq!(Query::new(typed).unwrap().is_in(name), expected, "{typed} in {name}");
        }
        assert!(Query::new("  ").is_none());
    }

    #[test]
    fn names_sort_by_pinyin_and_numbers_by_value() {
        let mut names = ["10号楼", "2号楼", "张店", "安定", "北渠", "Alpha"];
        names.sort_by_key(|name| sort_key(name));
        assert_eq!(names, ["2号楼", "10号楼", "Alpha", "安定", "北渠", "张店"]);
    }

    #[test]
    fn words_name_a_person_wherever_the_name_stands() {
        for (words, name, expected) in [
            ("区长云知远批示", "云知远", true),
            ("云知办公室", "云知远", false),
            ("secretary Ren Zhao", "Ren Zhao", true),
            ("Ren Zhaoling street", "Ren Zhao", false),
            ("the Renewal office", "Ren", false),
            ("Ren, secretary", "Ren", true),
            ("任何岗位", "任", false),
            ("anybody", "", false),
        ] {
            assert_eq!(names_person(words, name), expected, "{name} in {words}");
        }
    }
}
