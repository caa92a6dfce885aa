//! A guarded view of an XML document: elements and their text, with limits that hostile files meet early.
//!
//! Plan files use a small part of XML: elements, text, character references. This reader knows exactly that part and
//! borrows everything from the document, because plans of a hundred thousand tasks hold ten million elements and most are
//! passed over. No DTD, no entities beyond the five predefined ones, bounded depth; attributes are counted in the one
//! pass that finds the end of their tag, so an element with 800,000 of them costs no more than its bytes. Elements are
//! told by local name; namespaces and attribute values are ignored.

use std::borrow::Cow;

use guatu_kernel::diagnose::Diagnostic;
use memchr::{memchr, memchr_iter, memchr2};

use super::findings::{fault, shortened};
use super::{Limits, codes};

/// Names of elements beyond this are refused.
const NAME_BYTES: usize = 64 << 10;

/// Reads elements one after another, borrowing names and text from the document.
pub(crate) struct Elements<'a> {
    text: &'a str,
    /// Where the next token begins.
    at: usize,
    /// Names of the open elements, prefixes included.
    open: Vec<&'a str>,
    /// The last start tag closed itself; its end is still to be told.
    is_empty: bool,
    depth: usize,
    attributes: usize,
    /// Line counting resumes here, so that asking for many lines stays linear in the document.
    counted: (usize, usize),
}

/// One piece of the document. Text is raw: references are not yet replaced.
enum Token<'a> {
    Start(&'a str),
    End,
    Text(&'a str),
    Verbatim(&'a str),
    Eof,
}

impl<'a> Elements<'a> {
    /// Opens a document and enters its root element; gives the root's local name.
    pub(crate) fn open(text: &'a str, limits: &Limits) -> Result<(Elements<'a>, &'a str), Diagnostic> {
        let mut elements = Elements {
            text,
            at: 0,
            open: Vec::new(),
            is_empty: false,
            depth: limits.depth,
            attributes: limits.attributes,
            counted: (0, 1),
        };
        loop {
            match elements.token()? {
                Token::Start(name) => return Ok((elements, name)),
                Token::Text(text) if text.chars().all(char::is_whitespace) => {}
                Token::Eof => return Err(elements.fault(codes::MALFORMED, "the XML holds no element")),
                _ => return Err(elements.fault(codes::MALFORMED, "there is text before the first XML element")),
            }
        }
    }

    /// The line of the last thing read, counted from 1.
    pub(crate) fn line(&mut self) -> usize {
        let (from, line) = self.counted;
        let more = memchr_iter(b'\n', &self.text.as_bytes()[from..self.at]).count();
        self.counted = (self.at, line + more);
        line + more
    }

    /// A fault at the current line.
    pub(crate) fn fault(&mut self, code: &'static str, message: impl Into<String>) -> Diagnostic {
        let line = self.line();
        fault(code, format!("line {line}"), message)
    }

    /// Enters the next child of the current element and gives its local name; `None` once the element has ended.
    pub(crate) fn child(&mut self) -> Result<Option<&'a str>, Diagnostic> {
        loop {
            match self.token()? {
                Token::Start(name) => return Ok(Some(name)),
                Token::End => return Ok(None),
                Token::Eof => return Err(self.unfinished()),
                Token::Text(_) | Token::Verbatim(_) => {}
            }
        }
    }

    /// Reads the text of the element just entered, up to its end. Child elements are skipped.
    pub(crate) fn text(&mut self) -> Result<Cow<'a, str>, Diagnostic> {
        if let Some((text, refers)) = self.leaf() {
            return if refers { self.resolve(text).map(Cow::Owned) } else { Ok(Cow::Borrowed(text)) };
        }
        let mut found: Cow<'a, str> = Cow::Borrowed("");
        let inside = self.open.len();
        loop {
            match self.token()? {
                Token::Text(text) if self.open.len() == inside => {
                    let piece = if text.contains('&') { Cow::Owned(self.resolve(text)?) } else { Cow::Borrowed(text) };
                    append(&mut found, piece);
                }
                Token::Verbatim(text) if self.open.len() == inside => append(&mut found, Cow::Borrowed(text)),
                Token::End if self.open.len() < inside => return Ok(found),
                Token::Eof => return Err(self.unfinished()),
                _ => {}
            }
        }
    }

    /// Passes over the element just entered.
    pub(crate) fn skip(&mut self) -> Result<(), Diagnostic> {
        if self.leaf().is_some() {
            return Ok(());
        }
        let inside = self.open.len();
        while self.open.len() >= inside {
            if let Token::Eof = self.token()? {
                return Err(self.unfinished());
            }
        }
        Ok(())
    }

    /// Leaves the element just entered if it holds nothing but text, as nearly all elements of plans do. Gives the text,
    /// and whether there is a reference in it.
    fn leaf(&mut self) -> Option<(&'a str, bool)> {
        let rest = self.text.as_bytes().get(self.at..).filter(|_| !self.is_empty)?;
        let first = memchr2(b'<', b'&', rest)?;
        let refers = rest[first] == b'&';
        let end = if refers { first + memchr(b'<', &rest[first..])? } else { first };
        let name = self.open.last()?.as_bytes();
        let after = rest[end + 1..].strip_prefix(b"/")?.strip_prefix(name)?;
        if after.first() != Some(&b'>') {
            return None;
        }
        let found = &self.text[self.at..self.at + end];
        self.at += end + 2 + name.len() + 1;
        self.open.pop();
        Some((found, refers))
    }

    fn unfinished(&mut self) -> Diagnostic {
        self.fault(codes::MALFORMED, "the XML ends before its elements are closed")
    }

    fn token(&mut self) -> Result<Token<'a>, Diagnostic> {
        if self.is_empty {
            self.is_empty = false;
            self.open.pop();
            return Ok(Token::End);
        }
        loop {
            let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
            let tag = match rest.first() {
                Some(b'<') => &self.text[self.at + 1..],
                Some(_) => {
                    let end = memchr(b'<', rest).unwrap_or(rest.len());
                    let text = &self.text[self.at..self.at + end];
                    self.at += end;
                    return Ok(Token::Text(text));
                }
                None => return Ok(Token::Eof),
            };
            match tag.as_bytes().first() {
                Some(b'/') => return self.end_tag(&tag[1..]),
                Some(b'?') => self.pass(tag, "?>")?,
                Some(b'!') if tag.starts_with("!--") => self.pass(&tag[3..], "-->").map(|()| self.at += 3)?,
                Some(b'!') => {
                    let Some(data) = tag.strip_prefix("![CDATA[") else {
                        return Err(
                            self.fault(codes::FORBIDDEN, "the XML has a DTD (DOCTYPE); such files are not read")
                        );
                    };
                    let Some(end) = data.find("]]>") else { return Err(self.unfinished()) };
                    self.at += "<![CDATA[".len() + end + "]]>".len();
                    return Ok(Token::Verbatim(&data[..end]));
                }
                _ => return self.start_tag(tag),
            }
        }
    }

    /// Moves past the `<` of a comment or instruction and its closing mark.
    fn pass(&mut self, body: &str, close: &str) -> Result<(), Diagnostic> {
        let Some(end) = body.find(close) else { return Err(self.unfinished()) };
        self.at += 1 + end + close.len();
        Ok(())
    }

    fn end_tag(&mut self, body: &'a str) -> Result<Token<'a>, Diagnostic> {
        let Some(end) = body.find('>') else { return Err(self.unfinished()) };
        let name = body[..end].trim_end();
        match self.open.last() {
            Some(open) if *open == name => {
                self.open.pop();
                self.at += 2 + end + 1;
                Ok(Token::End)
            }
            open => {
                let expected = open.map_or("nothing".to_owned(), |open| format!("`{}`", shortened(open)));
                let message = format!("the XML closes `{}` where {expected} is open", shortened(name));
                Err(self.fault(codes::MALFORMED, message))
            }
        }
    }

    fn start_tag(&mut self, body: &'a str) -> Result<Token<'a>, Diagnostic> {
        let (mut length, mut local) = (None, 0);
        for (index, byte) in body.bytes().enumerate() {
            match byte {
                b':' => local = index + 1,
                b'>' | b'/' | b' ' | b'\t' | b'\r' | b'\n' | b'<' | b'=' => {
                    length = Some(index);
                    break;
                }
                _ => {}
            }
        }
        let Some(length) = length else { return Err(self.unfinished()) };
        if length > NAME_BYTES {
            return Err(self.fault(codes::LIMIT, "an XML element has a name longer than 64 KB"));
        }
        let name = &body[..length];
        let begins = |letter: char| letter.is_alphabetic() || matches!(letter, '_' | ':');
        if !name.starts_with(begins) {
            return Err(self.fault(codes::MALFORMED, format!("`<{}` is not an XML element", shortened(name))));
        }
        let close = if body.as_bytes()[length] == b'>' { length } else { self.end_of_tag(body, length)? };
        if self.open.len() == self.depth {
            let message = format!("the XML is nested deeper than {} elements", self.depth);
            return Err(self.fault(codes::LIMIT, message));
        }
        self.is_empty = body.as_bytes()[close - 1] == b'/';
        self.open.push(name);
        self.at += 1 + close + 1;
        Ok(Token::Start(&name[local..]))
    }

    /// Where a tag closes behind its name, its attributes counted.
    fn end_of_tag(&mut self, body: &str, name: usize) -> Result<usize, Diagnostic> {
        let (mut quote, mut count) = (None, 0_usize);
        for (index, byte) in body.bytes().enumerate().skip(name) {
            match (quote, byte) {
                (Some(open), byte) if open == byte => quote = None,
                (Some(_), _) => {}
                (None, b'"' | b'\'') => quote = Some(byte),
                (None, b'=') => {
                    count += 1;
                    if count > self.attributes {
                        let message = format!("an XML element has more than {} attributes", self.attributes);
                        return Err(self.fault(codes::LIMIT, message));
                    }
                }
                (None, b'>') => return Ok(index),
                (None, b'<') => return Err(self.fault(codes::MALFORMED, "an XML tag holds a `<`")),
                _ => {}
            }
        }
        Err(self.unfinished())
    }

    /// Replaces character references and the five predefined entities.
    fn resolve(&mut self, raw: &str) -> Result<String, Diagnostic> {
        let mut found = String::with_capacity(raw.len());
        let mut rest = raw;
        while let Some(at) = rest.find('&') {
            found.push_str(&rest[..at]);
            let Some(end) = rest[at..].find(';') else {
                return Err(self.fault(codes::MALFORMED, "an `&` in the XML begins no reference"));
            };
            found.push(self.character(&rest[at + 1..at + end])?);
            rest = &rest[at + end + 1..];
        }
        found.push_str(rest);
        Ok(found)
    }

    fn character(&mut self, reference: &str) -> Result<char, Diagnostic> {
        let found = match reference {
            "lt" => Some('<'),
            "gt" => Some('>'),
            "amp" => Some('&'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            other => match other.strip_prefix('#') {
                Some(number) => {
                    let code = match number.strip_prefix(['x', 'X']) {
                        Some(hex) => u32::from_str_radix(hex, 16).ok(),
                        None => number.parse().ok(),
                    };
                    code.and_then(char::from_u32).filter(|c| *c != '\0')
                }
                None => {
                    let message = format!("the XML uses the entity `{}`; such files are not read", shortened(other));
                    return Err(self.fault(codes::FORBIDDEN, message));
                }
            },
        };
        found.ok_or_else(|| {
            let message = format!("`&{};` is not a character", shortened(reference));
            self.fault(codes::MALFORMED, message)
        })
    }
}

/// Joins pieces of text, without copying while there is only one.
fn append<'a>(found: &mut Cow<'a, str>, piece: Cow<'a, str>) {
    if found.is_empty() {
        *found = piece;
    } else {
        found.to_mut().push_str(&piece);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_and_their_text() {
        let text = "<?xml version='1.0'?><!-- <a> --><p:r x='>' y=\"/\"><a> 1 &lt;<!-- c -->&#x4e8c;<![CDATA[<&]]></a>\
                    <b/><c><d>2</d>3</c><e >4</e ></p:r>";
        let (mut elements, root) = Elements::open(text, &Limits::default()).unwrap();
        assert_eq!(root, "r");
        assert_eq!(elements.child().unwrap(), Some("a"));
        assert_eq!(elements.text().unwrap(), " 1 <\u{4e8c}<&");
        assert_eq!(elements.child().unwrap(), Some("b"));
        assert_eq!(elements.text().unwrap(), "");
        assert_eq!(elements.child().unwrap(), Some("c"));
        assert_eq!(elements.text().unwrap(), "3");
        assert_eq!(elements.child().unwrap(), Some("e"));
        elements.skip().unwrap();
        assert_eq!(elements.child().unwrap(), None);
    }

    #[test]
    fn what_is_not_well_formed() {
        for text in
            ["", "x", "<", "<a", "<a b", "<a b='", "<>", "<1/>", "<a><b></a>", "<a></b>", "<a><b", "<a>&lt;", "<!x>"]
        {
            let outcome = Elements::open(text, &Limits::default()).and_then(|(mut elements, _)| elements.skip());
            assert!(outcome.is_err(), "{text}");
        }
    }
}
