//! The tree as static files: C2SP tlog-tiles (`checkpoint`, `tile/<L>/<N>[.p/<W>]`, `tile/entries/<N>`).
//!
//! Source: <https://c2sp.org/tlog-tiles>. A full tile holds 256 hashes; an entry bundle holds 256 records, each behind
//! its 16-bit length.

use crate::hash::Hash;
use crate::tree::root;

/// Hashes in a full tile.
pub const TILE_WIDTH: u64 = 256;

/// Which tile a path asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TilePath {
    /// Hashes at a level: level 0 holds leaf hashes, level 1 the roots of full level-0 tiles, and so on.
    Hashes {
        /// Level, 0 to 5.
        level: u8,
        /// Tile index at that level.
        index: u64,
        /// Hashes wanted, 1 to 256.
        width: u64,
    },
    /// Records.
    Entries {
        /// Bundle index.
        index: u64,
        /// Records wanted, 1 to 256.
        width: u64,
    },
}

/// Reads the part of a URL after `tile/`, e.g. `0/x001/234.p/7` or `entries/000`.
pub fn parse_path(path: &str) -> Option<TilePath> {
    let (head, rest) = path.split_once('/')?;
    let (number, width) = match rest.split_once(".p/") {
        Some((number, width)) => (number, width.parse().ok().filter(|width| (1..TILE_WIDTH).contains(width))?),
        None => (rest, TILE_WIDTH),
    };
    let index = parse_index(number)?;
    if head == "entries" {
        return Some(TilePath::Entries { index, width });
    }
    let level: u8 = head.parse().ok().filter(|level| *level <= 5)?;
    Some(TilePath::Hashes { level, index, width })
}

/// Three digits a group, all but the last prefixed with `x`: 1234067 is `x001/x234/067`.
fn parse_index(text: &str) -> Option<u64> {
    let groups: Vec<&str> = text.split('/').collect();
    let (last, front) = groups.split_last()?;
    let digits = |group: &str| {
        (group.len() == 3 && group.bytes().all(|byte| byte.is_ascii_digit())).then(|| group.parse::<u64>().ok())?
    };
    let mut index = 0u64;
    for group in front {
        index = index.checked_mul(1000)?.checked_add(digits(group.strip_prefix('x')?)?)?;
    }
    index = index.checked_mul(1000)?.checked_add(digits(last)?)?;
    (format_index(index) == text).then_some(index)
}

/// The canonical spelling of a tile index.
pub fn format_index(index: u64) -> String {
    let mut text = format!("{:03}", index % 1000);
    let mut rest = index / 1000;
    while rest > 0 {
        text = format!("x{:03}/{text}", rest % 1000);
        rest /= 1000;
    }
    text
}

/// Leaves that a tile at a level covers per hash: 256^level.
pub fn leaves_per_hash(level: u8) -> u64 {
    TILE_WIDTH.pow(u32::from(level))
}

/// Bytes of a hash tile from the leaf hashes it covers (`width × 256^level` of them). `None` when there are too few.
pub fn hash_tile(leaves: &[Hash], level: u8, width: u64) -> Option<Vec<u8>> {
    let span = usize::try_from(leaves_per_hash(level)).ok()?;
    let width = usize::try_from(width).ok()?;
    let covered = leaves.get(..span.checked_mul(width)?)?;
    Some(covered.chunks(span).flat_map(|chunk| root(chunk).0).collect())
}

/// Bytes of an entry bundle.
pub fn entry_bundle<'a>(records: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut bundle = Vec::new();
    for record in records {
        let length = u16::try_from(record.len()).expect("a record is at most 65 535 bytes, checked when it is made");
        bundle.extend(length.to_be_bytes());
        bundle.extend(record);
    }
    bundle
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::leaf_hash;

    #[test]
    fn paths() {
        let cases = [
            ("0/000", Some(TilePath::Hashes { level: 0, index: 0, width: 256 })),
            ("1/x001/x234/067", Some(TilePath::Hashes { level: 1, index: 1_234_067, width: 256 })),
            ("0/x001/234.p/7", Some(TilePath::Hashes { level: 0, index: 1234, width: 7 })),
            ("entries/005", Some(TilePath::Entries { index: 5, width: 256 })),
            ("entries/005.p/255", Some(TilePath::Entries { index: 5, width: 255 })),
            ("0/000.p/0", None),
            ("0/000.p/256", None),
            ("0/x000/005", None),
            ("6/000", None),
            ("0/5", None),
            ("0/../000", None),
        ];
        for (path, expected) in cases {
            assert_eq!(parse_path(path), expected, "{path}");
        }
    }

    #[test]
    fn a_level_one_hash_is_the_root_of_256_leaves() {
        let leaves: Vec<Hash> = (0..600u32).map(|index| leaf_hash(&index.to_be_bytes())).collect();
        assert_eq!(hash_tile(&leaves, 0, 256).unwrap().len(), 8192);
        assert_eq!(hash_tile(&leaves, 1, 2).unwrap()[32..], root(&leaves[256..512]).0);
        assert_eq!(hash_tile(&leaves, 1, 3), None);
    }

    #[test]
    fn bundles_carry_lengths() {
        assert_eq!(entry_bundle([b"ab".as_slice(), b""]), [0, 2, b'a', b'b', 0, 0]);
    }
}
