//! Finding the first broken record: the walk that an auditor's machine makes over stored rows.

use crate::hash::{Hash, SALT_LEN, commitment, leaf_hash};
use crate::record::Record;
use crate::tree::Frontier;
use thiserror::Error;

/// A stored row as the database gives it; nothing in it is trusted.
#[derive(Clone, Debug)]
pub struct StoredRow<'a> {
    /// Number by which the row was found.
    pub number: u64,
    /// Canonical record bytes.
    pub record: &'a [u8],
    /// Leaf hash as stored.
    pub hash: &'a [u8],
    /// Salt of the commitment.
    pub salt: &'a [u8],
    /// Payload bytes.
    pub payload: &'a [u8],
    /// Columns repeated from the record for queries: kind, actor, subject, place, occurred on, recorded at.
    pub columns: [&'a str; 6],
}

/// What is wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Break {
    /// A number is missing before this row, or appears twice.
    #[error("expected number {expected}")]
    Gap {
        /// The number that should have come.
        expected: u64,
    },
    /// The bytes are not a record, or name another number.
    #[error("the record bytes are damaged")]
    Record,
    /// The stored hash is not the hash of the record.
    #[error("the stored hash does not belong to the record")]
    Hash,
    /// The record does not name the hash of the one before it.
    #[error("the record does not follow the one before it")]
    Previous,
    /// The payload or its salt is not what the record committed to.
    #[error("the payload is not what was committed to")]
    Payload,
    /// A column repeated for queries differs from the record.
    #[error("column `{0}` differs from the record")]
    Column(&'static str),
    /// The server's time runs backwards.
    #[error("recorded earlier than the one before it")]
    Time,
}

/// A walk over rows in order; remembers the chain and the tree.
#[derive(Clone, Debug)]
pub struct Walk {
    previous: Hash,
    recorded_at: String,
    frontier: Frontier,
}

impl Default for Walk {
    fn default() -> Self {
        Walk { previous: Hash::ZERO, recorded_at: String::new(), frontier: Frontier::default() }
    }
}

impl Walk {
    /// Checks one more row and returns its record.
    pub fn step(&mut self, row: &StoredRow<'_>) -> Result<Record, Break> {
        let expected = self.frontier.size() + 1;
        if row.number != expected {
            return Err(Break::Gap { expected });
        }
        let record = Record::parse(row.record).ok().filter(|record| record.number == expected).ok_or(Break::Record)?;
        let hash = leaf_hash(row.record);
        if row.hash != hash.0 {
            return Err(Break::Hash);
        }
        if record.previous != self.previous {
            return Err(Break::Previous);
        }
        let salt: &[u8; SALT_LEN] = row.salt.try_into().map_err(|_| Break::Payload)?;
        if commitment(salt, row.payload) != record.commitment {
            return Err(Break::Payload);
        }
        let own =
            [&record.kind, &record.actor, &record.subject, &record.place, &record.occurred_on, &record.recorded_at];
        let names = ["kind", "actor", "subject", "place", "occurred_on", "recorded_at"];
        for ((name, own), stored) in names.into_iter().zip(own).zip(row.columns) {
            if own != stored {
                return Err(Break::Column(name));
            }
        }
        if record.recorded_at < self.recorded_at {
            return Err(Break::Time);
        }
        self.previous = hash;
        self.recorded_at.clone_from(&record.recorded_at);
        self.frontier.push(hash);
        Ok(record)
    }

    /// The tree over the rows walked so far.
    pub fn frontier(&self) -> &Frontier {
        &self.frontier
    }

    /// Leaf hash of the last row walked.
    pub fn head(&self) -> Hash {
        self.previous
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::Algorithm;

    type Row = (u64, Vec<u8>, Vec<u8>, Vec<u8>, Vec<u8>, [String; 6]);

    fn rows(count: u64) -> Vec<Row> {
        let mut previous = Hash::ZERO;
        (1..=count)
            .map(|number| {
                let payload = format!("{{\"n\":{number}}}").into_bytes();
                let record = Record {
                    number,
                    algorithm: Algorithm::Sha256,
                    previous,
                    kind: "k.happened/1".into(),
                    actor: "a".into(),
                    subject: "s".into(),
                    place: "p".into(),
                    occurred_on: "2026-01-01".into(),
                    recorded_at: format!("2026-01-01T00:00:{number:02}.000000Z"),
                    commitment: commitment(&[9; 32], &payload),
                };
                let bytes = record.to_bytes().unwrap();
                previous = leaf_hash(&bytes);
                let columns = [
                    &record.kind,
                    &record.actor,
                    &record.subject,
                    &record.place,
                    &record.occurred_on,
                    &record.recorded_at,
                ];
                (number, bytes, previous.0.to_vec(), vec![9; 32], payload, columns.map(String::clone))
            })
            .collect()
    }

    fn first_break(rows: &[Row]) -> Option<(u64, Break)> {
        let mut walk = Walk::default();
        for (number, record, hash, salt, payload, columns) in rows {
            let row = StoredRow {
                number: *number,
                record,
                hash,
                salt,
                payload,
                columns: columns.each_ref().map(String::as_str),
            };
            if let Err(fault) = walk.step(&row) {
                return Some((*number, fault));
            }
        }
        None
    }

    #[test]
    fn a_sound_ledger_has_no_break() {
        assert_eq!(first_break(&rows(12)), None);
    }

    #[test]
    fn every_kind_of_tampering_names_its_row() {
        type Tamper = fn(&mut Vec<Row>);
        let cases: [(&str, Tamper, u64, Break); 9] = [
            ("flip a byte of a record", |rows| rows[4].1[60] ^= 1, 5, Break::Hash),
            ("flip a byte of a hash", |rows| rows[4].2[0] ^= 1, 5, Break::Hash),
            ("flip a byte of a payload", |rows| rows[4].4[2] ^= 1, 5, Break::Payload),
            ("flip a byte of a salt", |rows| rows[4].3[2] ^= 1, 5, Break::Payload),
            ("shorten a salt", |rows| rows[4].3.truncate(31), 5, Break::Payload),
            ("edit a query column", |rows| rows[4].5[3] = "q".into(), 5, Break::Column("place")),
            ("delete a row", |rows| drop(rows.remove(4)), 6, Break::Gap { expected: 5 }),
            ("swap two rows", |rows| rows.swap(4, 5), 6, Break::Gap { expected: 5 }),
            (
                "rewrite a row with its hash",
                |rows| {
                    let forged = Record { actor: "b".into(), ..Record::parse(&rows[4].1).unwrap() };
                    rows[4].1 = forged.to_bytes().unwrap();
                    rows[4].2 = leaf_hash(&rows[4].1).0.to_vec();
                    rows[4].5[1] = "b".into();
                },
                6,
                Break::Previous,
            ),
        ];
        for (name, tamper, number, expected) in cases {
            let mut rows = rows(8);
            tamper(&mut rows);
            assert_eq!(first_break(&rows), Some((number, expected)), "{name}");
        }
    }
}
