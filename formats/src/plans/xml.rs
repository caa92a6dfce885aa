//! A guarded view of an XML document: elements and their text, with limits that hostile files meet early.
//!
//! No DTD, no entities beyond the five predefined ones and character references, bounded depth and attributes.
//! Attributes are counted in one pass over their bytes before anything looks at them, so that an element with 800,000
//! attributes costs as much as reading it. Elements are told by local name; namespaces are ignored.

use std::borrow::Cow;

use guatu_kernel::diagnose::Diagnostic;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::findings::{fault, shortened};
use super::{Limits, codes};

/// Names of elements beyond this are refused.
const NAME_BYTES: usize = 64 << 10;

/// Reads elements one after another, borrowing names and text from the document.
pub(crate) struct Elements<'a> {
    reader: Reader<&'a [u8]>,
    text: &'a str,
    depth: usize,
    limits: Limits,
    /// Where the last event began.
    begin: usize,
    /// Line counting resumes here, so that asking for many lines stays linear in the document.
    counted: (usize, usize),
}

impl<'a> Elements<'a> {
    /// Opens a document and enters its root element; gives the root's local name.
    pub(crate) fn open(text: &'a str, limits: &Limits) -> Result<(Elements<'a>, &'a str), Diagnostic> {
        let mut reader = Reader::from_str(text);
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        config.check_end_names = true;
        let mut elements = Elements { reader, text, depth: 0, limits: limits.clone(), begin: 0, counted: (0, 1) };
        loop {
            match elements.event()? {
                Event::Start(start) => {
                    let name = elements.enter(&start)?;
                    return Ok((elements, name));
                }
                Event::Text(text) if text.chars().all(char::is_whitespace) => {}
                Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
                Event::Eof => return Err(elements.fault(codes::MALFORMED, "the XML holds no element")),
                _ => return Err(elements.fault(codes::MALFORMED, "there is text before the first XML element")),
            }
        }
    }

    /// The line of the last thing read, counted from 1.
    pub(crate) fn line(&mut self) -> usize {
        let position = (self.reader.buffer_position() as usize).min(self.text.len());
        let (from, line) = self.counted;
        if position >= from {
            let more = self.text.as_bytes()[from..position].iter().filter(|b| **b == b'\n').count();
            self.counted = (position, line + more);
        }
        self.counted.1
    }

    /// A fault at the current line.
    pub(crate) fn fault(&mut self, code: &'static str, message: impl Into<String>) -> Diagnostic {
        let line = self.line();
        fault(code, format!("line {line}"), message)
    }

    /// Enters the next child of the current element and gives its local name; `None` once the element has ended.
    pub(crate) fn child(&mut self) -> Result<Option<&'a str>, Diagnostic> {
        loop {
            match self.event()? {
                Event::Start(start) => return self.enter(&start).map(Some),
                Event::End(_) => {
                    self.depth -= 1;
                    return Ok(None);
                }
                Event::Eof => return Err(self.fault(codes::MALFORMED, "the XML ends before its elements are closed")),
                _ => {}
            }
        }
    }

    /// Reads the text of the element just entered, up to its end. Child elements are skipped.
    pub(crate) fn text(&mut self) -> Result<Cow<'a, str>, Diagnostic> {
        let mut found: Cow<'a, str> = Cow::Borrowed("");
        let inside = self.depth;
        loop {
            match self.event()? {
                Event::Text(text) if self.depth == inside => append(&mut found, text.into_inner()),
                Event::CData(data) if self.depth == inside => append(&mut found, data.into_inner()),
                Event::GeneralRef(reference) => {
                    let character = self.character(&reference)?;
                    if self.depth == inside {
                        found.to_mut().push(character);
                    }
                }
                Event::Start(start) => {
                    self.enter(&start)?;
                }
                Event::End(_) => {
                    self.depth -= 1;
                    if self.depth < inside {
                        return Ok(found);
                    }
                }
                Event::Eof => return Err(self.fault(codes::MALFORMED, "the XML ends before its elements are closed")),
                _ => {}
            }
        }
    }

    /// Passes over the element just entered.
    pub(crate) fn skip(&mut self) -> Result<(), Diagnostic> {
        let inside = self.depth;
        while self.depth >= inside {
            match self.event()? {
                Event::Start(start) => {
                    self.enter(&start)?;
                }
                Event::End(_) => self.depth -= 1,
                Event::GeneralRef(reference) => {
                    self.character(&reference)?;
                }
                Event::Eof => return Err(self.fault(codes::MALFORMED, "the XML ends before its elements are closed")),
                _ => {}
            }
        }
        Ok(())
    }

    fn enter(&mut self, start: &BytesStart<'a>) -> Result<&'a str, Diagnostic> {
        self.depth += 1;
        if self.depth > self.limits.depth {
            let message = format!("the XML is nested deeper than {} elements", self.limits.depth);
            return Err(self.fault(codes::LIMIT, message));
        }
        let raw = start.attributes_raw();
        // Every attribute has exactly one pair of quotes of its kind; counting `=` bounds them from above in one pass.
        if raw.len() > 2 * self.limits.attributes
            && raw.bytes().filter(|b| *b == b'=').take(self.limits.attributes + 1).count() > self.limits.attributes
            && count_attributes(raw, self.limits.attributes) > self.limits.attributes
        {
            let message = format!("an XML element has more than {} attributes", self.limits.attributes);
            return Err(self.fault(codes::LIMIT, message));
        }
        // An element's event begins at its `<`, so its name can be borrowed from the document for as long as that lives.
        let start_of_name = self.begin + 1;
        let length = start.name().as_ref().len();
        if length > NAME_BYTES {
            return Err(self.fault(codes::LIMIT, "an XML element has a name longer than 64 KB"));
        }
        let name = self.text.get(start_of_name..start_of_name + length).unwrap_or("");
        Ok(name.rsplit_once(':').map_or(name, |(_, local)| local))
    }

    fn event(&mut self) -> Result<Event<'a>, Diagnostic> {
        self.begin = self.reader.buffer_position() as usize;
        match self.reader.read_event() {
            Ok(Event::DocType(_)) => {
                Err(self.fault(codes::FORBIDDEN, "the XML has a DTD (DOCTYPE); such files are not read"))
            }
            Ok(event) => Ok(event),
            Err(error) => {
                let message = format!("this is not well-formed XML: {}", shortened(&error.to_string()));
                Err(self.fault(codes::MALFORMED, message))
            }
        }
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

/// Counts `=` outside quotes, stopping one past `most`.
fn count_attributes(raw: &str, most: usize) -> usize {
    let (mut quote, mut count) = (None, 0);
    for byte in raw.bytes() {
        match (quote, byte) {
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            (None, b'=') => count += 1,
            _ => {}
        }
        if count > most {
            break;
        }
    }
    count
}

/// Joins pieces of text, without copying while there is only one.
fn append<'a>(found: &mut Cow<'a, str>, piece: Cow<'a, str>) {
    if found.is_empty() {
        *found = piece;
    } else {
        found.to_mut().push_str(&piece);
    }
}
