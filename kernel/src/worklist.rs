//! Nodes still to visit, taken in the order of the network from either end.
//!
//! A set of bits under a set of bits: one bit for each node, and one for each 64 of these. Adding costs two writes and
//! taking the next looks at two words wherever it is near, so that a change in a network of a million nodes costs what
//! it reaches and nothing is allocated. Ranks in topological order make a heap unnecessary.

/// Nodes of one word of the upper set.
const GROUP: usize = 64 * 64;

/// A set of nodes with its first and last at hand.
#[derive(Clone, Debug)]
pub(crate) struct Worklist {
    words: Vec<u64>,
    /// One bit for each word that is not empty.
    groups: Vec<u64>,
    /// No group before it holds anything.
    low: usize,
    /// No group from here on holds anything.
    high: usize,
}

impl Worklist {
    /// An empty set of nodes below `count`.
    pub(crate) fn new(count: usize) -> Worklist {
        let groups = count.div_ceil(GROUP);
        Worklist { words: vec![0; count.div_ceil(64)], groups: vec![0; groups], low: groups, high: 0 }
    }

    #[inline]
    pub(crate) fn insert(&mut self, node: usize) {
        let word = &mut self.words[node / 64];
        if *word == 0 {
            let group = node / GROUP;
            self.groups[group] |= 1 << (node / 64 % 64);
            self.low = self.low.min(group);
            self.high = self.high.max(group + 1);
        }
        *word |= 1 << (node % 64);
    }

    /// Takes the first node.
    #[inline]
    pub(crate) fn pop_first(&mut self) -> Option<usize> {
        while self.low < self.high {
            let group = self.groups[self.low];
            if group != 0 {
                let word = self.low * 64 + group.trailing_zeros() as usize;
                return Some(self.take(word, self.words[word].trailing_zeros() as usize));
            }
            self.low += 1;
        }
        self.close()
    }

    /// Takes the last node.
    #[inline]
    pub(crate) fn pop_last(&mut self) -> Option<usize> {
        while self.low < self.high {
            let group = self.groups[self.high - 1];
            if group != 0 {
                let word = (self.high - 1) * 64 + 63 - group.leading_zeros() as usize;
                return Some(self.take(word, 63 - self.words[word].leading_zeros() as usize));
            }
            self.high -= 1;
        }
        self.close()
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        let words = (self.high * 64).min(self.words.len());
        self.words[(self.low * 64).min(words)..words].fill(0);
        self.groups.fill(0);
        self.close();
    }

    fn take(&mut self, word: usize, bit: usize) -> usize {
        self.words[word] &= !(1 << bit);
        if self.words[word] == 0 {
            self.groups[word / 64] &= !(1 << (word % 64));
        }
        word * 64 + bit
    }

    /// Nothing is left: the bounds are where the next node sets them.
    fn close(&mut self) -> Option<usize> {
        (self.low, self.high) = (self.groups.len(), 0);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_come_in_order_from_either_end() {
        let nodes = [70_000, 3, 4_096, 63, 64, 4_095, 3, 12_345];
        let mut worklist = Worklist::new(70_001);
        for round in 0..2 {
            nodes.iter().for_each(|node| worklist.insert(*node));
            let mut taken: Vec<usize> = Vec::new();
            while let Some(node) = if round == 0 { worklist.pop_first() } else { worklist.pop_last() } {
                taken.push(node);
            }
            if round == 1 {
                taken.reverse();
            }
            assert_eq!(taken, [3, 63, 64, 4_095, 4_096, 12_345, 70_000]);
        }
    }

    #[test]
    fn what_is_added_while_taking_is_taken_in_its_place() {
        let mut worklist = Worklist::new(20_000);
        worklist.insert(5);
        assert_eq!(worklist.pop_first(), Some(5));
        worklist.insert(19_999);
        worklist.insert(6);
        assert_eq!([worklist.pop_first(), worklist.pop_first(), worklist.pop_first()], [Some(6), Some(19_999), None]);
        [7, 19_999].iter().for_each(|node| worklist.insert(*node));
        worklist.clear();
        assert_eq!(worklist.pop_first(), None);
        worklist.insert(8);
        assert_eq!([worklist.pop_last(), worklist.pop_last()], [Some(8), None]);
    }
}
