//! The RFC 6962 Merkle tree over leaf hashes: growing it, its root, and the proofs an outsider checks.
//!
//! Source: RFC 6962 §2.1 (tree hash, audit path, consistency proof) and RFC 9162 §2.1.3–2.1.4 (verification).

use crate::hash::{Hash, node_hash, sha256};

/// The right edge of a growing tree: one hash per full subtree, largest first. Enough to append and to give the root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    subtrees: Vec<Hash>,
}

impl Frontier {
    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf: merges as many full subtrees as the trailing ones of the old size.
    pub fn push(&mut self, leaf: Hash) {
        let mut merged = leaf;
        for _ in 0..self.size.trailing_ones() {
            let left = self.subtrees.pop().expect("a set bit of the size has its subtree");
            merged = node_hash(&left, &merged);
        }
        self.subtrees.push(merged);
        self.size += 1;
    }

    /// Root of the tree; SHA-256 of nothing when it is empty.
    pub fn root(&self) -> Hash {
        self.subtrees
            .iter()
            .rev()
            .copied()
            .reduce(|right, left| node_hash(&left, &right))
            .unwrap_or_else(|| sha256(&[]))
    }

    /// Bytes for storage: the size, then the subtree hashes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.size.to_be_bytes().to_vec();
        bytes.extend(self.subtrees.iter().flat_map(|hash| hash.0));
        bytes
    }

    /// Reads [`Frontier::to_bytes`]; `None` when the number of hashes does not fit the size.
    pub fn from_bytes(bytes: &[u8]) -> Option<Frontier> {
        let (size, rest) = bytes.split_first_chunk::<8>()?;
        let size = u64::from_be_bytes(*size);
        let subtrees: Vec<Hash> = rest.chunks(32).map(Hash::from_slice).collect::<Option<_>>()?;
        (subtrees.len() == size.count_ones() as usize).then_some(Frontier { size, subtrees })
    }
}

/// Root over all leaves.
pub fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => sha256(&[]),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node_hash(&root(left), &root(right))
        }
    }
}

/// Audit path of leaf `index`: siblings from the leaf upwards. `None` when there is no such leaf.
pub fn inclusion_proof(leaves: &[Hash], index: usize) -> Option<Vec<Hash>> {
    if index >= leaves.len() {
        return None;
    }
    let mut proof = Vec::new();
    let (mut low, mut high) = (0, leaves.len());
    while high - low > 1 {
        let middle = low + split(high - low);
        if index < middle {
            proof.push(root(&leaves[middle..high]));
            high = middle;
        } else {
            proof.push(root(&leaves[low..middle]));
            low = middle;
        }
    }
    proof.reverse();
    Some(proof)
}

/// Audit paths of many leaves at once, in the order of `indices`: the tree is hashed once for all of them. `None` when there is
/// no such leaf.
pub fn inclusion_proofs(leaves: &[Hash], indices: &[usize]) -> Option<Vec<Vec<Hash>>> {
    if indices.iter().any(|index| *index >= leaves.len()) {
        return None;
    }
    let mut paths: Vec<(usize, Vec<Hash>)> = indices.iter().map(|index| (*index, Vec::new())).collect();
    let mut level = leaves.to_vec();
    while level.len() > 1 {
        for (at, path) in &mut paths {
            // The last of an odd level has no sibling: it goes up as it is.
            path.extend(level.get(*at ^ 1));
            *at /= 2;
        }
        level = level
            .chunks(2)
            .map(|pair| if let [left, right] = pair { node_hash(left, right) } else { pair[0] })
            .collect();
    }
    Some(paths.into_iter().map(|(_, path)| path).collect())
}

/// Proof that the tree of the first `old` leaves is a prefix of the whole. `None` unless `1 ≤ old ≤ leaves`.
pub fn consistency_proof(leaves: &[Hash], old: usize) -> Option<Vec<Hash>> {
    if old == 0 || old > leaves.len() {
        return None;
    }
    fn walk(leaves: &[Hash], old: usize, is_whole: bool, proof: &mut Vec<Hash>) {
        if old == leaves.len() {
            if !is_whole {
                proof.push(root(leaves));
            }
            return;
        }
        let middle = split(leaves.len());
        let (left, right) = leaves.split_at(middle);
        if old <= middle {
            walk(left, old, is_whole, proof);
            proof.push(root(right));
        } else {
            walk(right, old - middle, false, proof);
            proof.push(root(left));
        }
    }
    let mut proof = Vec::new();
    walk(leaves, old, true, &mut proof);
    Some(proof)
}

/// Whether `proof` shows `leaf` at `index` of the tree of `size` leaves with this root (RFC 9162 §2.1.3.2).
pub fn verify_inclusion(leaf: Hash, index: u64, size: u64, proof: &[Hash], root: Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut node, mut last, mut computed) = (index, size - 1, leaf);
    for sibling in proof {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            computed = node_hash(sibling, &computed);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            computed = node_hash(&computed, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    last == 0 && computed == root
}

/// Whether `proof` shows that the tree of `old` leaves is a prefix of the tree of `new` leaves (RFC 9162 §2.1.4.2).
pub fn verify_consistency(old: u64, new: u64, old_root: Hash, new_root: Hash, proof: &[Hash]) -> bool {
    if old == 0 || old > new {
        return false;
    }
    if old == new {
        return proof.is_empty() && old_root == new_root;
    }
    let mut path = proof.iter();
    let seed = if old.is_power_of_two() { Some(&old_root) } else { path.next() };
    let Some(&seed) = seed else { return false };
    let (mut node, mut last) = (old - 1, new - 1);
    while node & 1 == 1 {
        node >>= 1;
        last >>= 1;
    }
    let (mut from_old, mut from_new) = (seed, seed);
    for sibling in path {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            from_old = node_hash(sibling, &from_old);
            from_new = node_hash(sibling, &from_new);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            from_new = node_hash(&from_new, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    last == 0 && from_old == old_root && from_new == new_root
}

/// The largest power of two smaller than `len` (RFC 6962's k).
fn split(len: usize) -> usize {
    1 << (usize::BITS - 1 - (len - 1).leading_zeros())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::leaf_hash;

    fn leaves(count: usize) -> Vec<Hash> {
        (0..count).map(|index| leaf_hash(&index.to_be_bytes())).collect()
    }

    #[test]
    fn roots_are_those_of_rfc_6962_test_vectors() {
        let data: [&[u8]; 3] = [&[], &[0x00], &[0x10]];
        let hex = |hash: Hash| hash.0.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let hashes: Vec<Hash> = data.iter().map(|bytes| leaf_hash(bytes)).collect();
        assert_eq!(hex(root(&hashes[..0])), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(hex(root(&hashes[..1])), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
        assert_eq!(hex(root(&hashes[..2])), "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125");
        assert_eq!(hex(root(&hashes)), "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77");
    }

    #[test]
    fn frontier_proofs_and_plain_recursion_agree_on_every_size() {
        for size in 0..70 {
            let all = leaves(size);
            let mut frontier = Frontier::default();
            all.iter().for_each(|leaf| frontier.push(*leaf));
            let head = root(&all);
            assert_eq!(frontier.root(), head, "size {size}");
            assert_eq!(Frontier::from_bytes(&frontier.to_bytes()), Some(frontier));
            for index in 0..size {
                let proof = inclusion_proof(&all, index).unwrap();
                assert!(verify_inclusion(all[index], index as u64, size as u64, &proof, head));
                assert!(!verify_inclusion(Hash::ZERO, index as u64, size as u64, &proof, head));
                assert!(!verify_inclusion(all[index], (index as u64) ^ 1, size as u64, &proof, head));
            }
            let indices: Vec<usize> = (0..size).collect();
            let paths = inclusion_proofs(&all, &indices).unwrap();
            assert!(indices.iter().all(|index| inclusion_proof(&all, *index).as_ref() == paths.get(*index)));
            assert_eq!(inclusion_proofs(&all, &[size]), None);
            for old in 1..=size {
                let proof = consistency_proof(&all, old).unwrap();
                let old_root = root(&all[..old]);
                assert!(verify_consistency(old as u64, size as u64, old_root, head, &proof), "{old} of {size}");
                assert!(!verify_consistency(old as u64, size as u64, Hash::ZERO, head, &proof));
            }
        }
    }
}
