//! A ledger record as bytes: ten lines of text that a person can check with `sha256sum`.
//!
//! Text and not CBOR or JSON: there is one way to write it, it is read without a library, and a printed record can be
//! typed back in. Fields hold no line break, so a field cannot forge the next one.

use crate::hash::{Algorithm, Hash};
use thiserror::Error;

/// First line of every record.
pub const FORMAT: &str = "guatu-record/1";

/// Largest record: the entry limit of C2SP tlog-tiles (a 16-bit length).
pub const MAX_RECORD_LEN: usize = 65_535;

/// One record of the ledger; the payload itself is not in it, only the commitment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Position in the ledger, from 1. The leaf index is `number - 1`.
    pub number: u64,
    /// Hash used for `previous`, `commitment` and the tree.
    pub algorithm: Algorithm,
    /// Leaf hash of the record before it; [`Hash::ZERO`] for the first.
    pub previous: Hash,
    /// Fact kind and version, `plan.approved/1`.
    pub kind: String,
    /// Who did it: an account id, or `system`.
    pub actor: String,
    /// The object it is about.
    pub subject: String,
    /// The place it belongs to; `-` when it belongs to none.
    pub place: String,
    /// The day it happened, `YYYY-MM-DD`, as the author says.
    pub occurred_on: String,
    /// The instant it was written, RFC 3339 UTC with microseconds, as the server says.
    pub recorded_at: String,
    /// Salted commitment to the payload.
    pub commitment: Hash,
}

/// Why bytes are not a record.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RecordError {
    /// A line is missing or in the wrong place.
    #[error("line {line}: expected `{expected}`")]
    Line {
        /// Line number from 1.
        line: usize,
        /// What should stand there.
        expected: &'static str,
    },
    /// A field holds a line break or is empty.
    #[error("field `{0}` must be one non-empty line")]
    Field(&'static str),
    /// The record is longer than [`MAX_RECORD_LEN`].
    #[error("a record may have {MAX_RECORD_LEN} bytes, this one has {0}")]
    TooLong(usize),
}

impl Record {
    /// Canonical bytes.
    pub fn to_bytes(&self) -> Result<Vec<u8>, RecordError> {
        for (name, value) in self.text_fields() {
            if value.is_empty() || value.contains(['\n', '\r']) {
                return Err(RecordError::Field(name));
            }
        }
        let text = format!(
            "{FORMAT}\nnumber {}\nalgorithm {}\nprevious {}\nkind {}\nactor {}\nsubject {}\nplace {}\noccurred {}\nrecorded {}\ncommitment {}\n",
            self.number,
            self.algorithm.name(),
            self.previous,
            self.kind,
            self.actor,
            self.subject,
            self.place,
            self.occurred_on,
            self.recorded_at,
            self.commitment
        );
        if text.len() > MAX_RECORD_LEN {
            return Err(RecordError::TooLong(text.len()));
        }
        Ok(text.into_bytes())
    }

    /// Reads canonical bytes; anything that [`Record::to_bytes`] would not write is refused.
    pub fn parse(bytes: &[u8]) -> Result<Record, RecordError> {
        let text = std::str::from_utf8(bytes).map_err(|_| RecordError::Line { line: 1, expected: FORMAT })?;
        let mut lines = Lines { rest: text, line: 0 };
        lines.exact(FORMAT)?;
        let number = lines.field("number ")?;
        let number_line = lines.line;
        let record = Record {
            number: number.parse().map_err(|_| RecordError::Line { line: number_line, expected: "number " })?,
            algorithm: Algorithm::from_name(lines.field("algorithm ")?)
                .ok_or(RecordError::Line { line: 3, expected: "algorithm sha256" })?,
            previous: lines.hash("previous ")?,
            kind: lines.field("kind ")?.to_owned(),
            actor: lines.field("actor ")?.to_owned(),
            subject: lines.field("subject ")?.to_owned(),
            place: lines.field("place ")?.to_owned(),
            occurred_on: lines.field("occurred ")?.to_owned(),
            recorded_at: lines.field("recorded ")?.to_owned(),
            commitment: lines.hash("commitment ")?,
        };
        if !lines.rest.is_empty() || record.to_bytes()?.as_slice() != bytes {
            return Err(RecordError::Line { line: lines.line + 1, expected: "end of record" });
        }
        Ok(record)
    }

    fn text_fields(&self) -> [(&'static str, &str); 6] {
        [
            ("kind", &self.kind),
            ("actor", &self.actor),
            ("subject", &self.subject),
            ("place", &self.place),
            ("occurred", &self.occurred_on),
            ("recorded", &self.recorded_at),
        ]
    }
}

struct Lines<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Lines<'a> {
    fn next(&mut self, expected: &'static str) -> Result<&'a str, RecordError> {
        self.line += 1;
        let (line, rest) = self.rest.split_once('\n').ok_or(RecordError::Line { line: self.line, expected })?;
        self.rest = rest;
        Ok(line)
    }

    fn exact(&mut self, expected: &'static str) -> Result<(), RecordError> {
        if self.next(expected)? == expected { Ok(()) } else { Err(RecordError::Line { line: self.line, expected }) }
    }

    fn field(&mut self, expected: &'static str) -> Result<&'a str, RecordError> {
        let line = self.next(expected)?;
        line.strip_prefix(expected).ok_or(RecordError::Line { line: self.line, expected })
    }

    fn hash(&mut self, expected: &'static str) -> Result<Hash, RecordError> {
        let text = self.field(expected)?;
        Hash::from_base64(text).ok_or(RecordError::Line { line: self.line, expected })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::{commitment, leaf_hash};

    fn sample() -> Record {
        Record {
            number: 1,
            algorithm: Algorithm::Sha256,
            previous: Hash::ZERO,
            kind: "places.opened/1".into(),
            actor: "system".into(),
            subject: "p1".into(),
            place: "p1".into(),
            occurred_on: "2026-11-22".into(),
            recorded_at: "2026-11-22T01:02:03.000004Z".into(),
            commitment: commitment(&[7; 32], b"{}"),
        }
    }

    #[test]
    fn bytes_are_those_of_the_specification() {
        // Recomputed outside Rust: printf of the lines below | sha256sum, with 0x00 in front for the leaf.
        let bytes = sample().to_bytes().unwrap();
        assert_eq!(
            String::from_utf8(bytes.clone()).unwrap(),
            "guatu-record/1\nnumber 1\nalgorithm sha256\nprevious AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\
             kind places.opened/1\nactor system\nsubject p1\nplace p1\noccurred 2026-11-22\n\
             recorded 2026-11-22T01:02:03.000004Z\ncommitment COMMITMENT\n"
                .replace("COMMITMENT", GOLDEN_COMMITMENT)
        );
        assert_eq!(leaf_hash(&bytes).to_string(), GOLDEN_LEAF);
        assert_eq!(Record::parse(&bytes).unwrap(), sample());
    }

    const GOLDEN_COMMITMENT: &str = "YF3L/Tw4fEW22357H7lhvddddiJgxIebPDtPFe2srUI=";
    const GOLDEN_LEAF: &str = "JqttP2EbawH4MGORyPtTdyfsFn9A6XcPdkQiZUvFqcM=";

    #[test]
    fn a_field_cannot_forge_the_next_line() {
        let forged = Record { subject: "p1\nplace p2".into(), ..sample() };
        assert_eq!(forged.to_bytes(), Err(RecordError::Field("subject")));
    }

    #[test]
    fn every_flipped_byte_is_refused_or_changes_the_hash() {
        let bytes = sample().to_bytes().unwrap();
        for index in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[index] ^= 1;
            assert_ne!(leaf_hash(&changed), leaf_hash(&bytes));
            if let Ok(record) = Record::parse(&changed) {
                assert_ne!(record, sample(), "byte {index}");
            }
        }
    }

    #[test]
    fn other_spellings_of_a_number_are_refused() {
        let text = String::from_utf8(sample().to_bytes().unwrap()).unwrap();
        for spelling in ["number 01", "number +1", "number  1"] {
            assert!(Record::parse(text.replace("number 1", spelling).as_bytes()).is_err(), "{spelling}");
        }
        assert!(Record::parse(format!("{text}\n").as_bytes()).is_err());
    }
}
