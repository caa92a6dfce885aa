//! What is free of every resource in every period, several resources in one machine word.
//!
//! Each resource has a lane of 16 bits whose top bit is spare: adding it before a subtraction shows which lanes would
//! have gone below zero, so that one operation compares four resources at once.

/// The spare bit of each lane.
const SPARE: u64 = 0x8000_8000_8000_8000;
/// Resources in a word.
pub(crate) const LANES: usize = 4;
/// Most units of a resource that a lane holds.
pub(crate) const MOST_UNITS: u32 = 0x7FFF;

/// Amounts of all resources, one lane each.
pub(crate) type Amounts<const W: usize> = [u64; W];

/// Puts amounts in lanes; what is above [`MOST_UNITS`] counts as that.
pub(crate) fn packed<const W: usize>(amounts: &[u32]) -> Amounts<W> {
    let mut words = [0; W];
    for (at, amount) in amounts.iter().enumerate() {
        words[at / LANES] |= u64::from((*amount).min(MOST_UNITS)) << (at % LANES * 16);
    }
    words
}

/// Whether every lane of `need` is within `free`.
pub(crate) fn fits<const W: usize>(free: &Amounts<W>, need: &Amounts<W>) -> bool {
    (0..W).all(|word| ((free[word] | SPARE) - need[word]) & SPARE == SPARE)
}

/// Free amounts by period.
#[derive(Clone, Debug)]
pub(crate) struct Profile<const W: usize> {
    free: Vec<Amounts<W>>,
    /// Capacity by period; the last entry holds ever after.
    capacity: Vec<Amounts<W>>,
    /// Periods are counted back from this one.
    backwards_from: Option<usize>,
}

impl<const W: usize> Profile<W> {
    /// A profile of capacities, whose last entry holds ever after.
    pub(crate) fn new(capacity: Vec<Amounts<W>>) -> Profile<W> {
        Profile { free: Vec::new(), capacity, backwards_from: None }
    }

    /// Frees everything. Backwards, period 0 is the last before an end.
    pub(crate) fn clear(&mut self, backwards_from: Option<i32>) {
        self.backwards_from = backwards_from.map(|end| end as usize);
        let length = self.free.len();
        self.free.clear();
        self.extend(length);
    }

    /// Capacity of a period. What lies before the beginning counts as what lies after the last step: nothing is placed
    /// there for good, a backward pass only asks in which order work comes.
    fn capacity_at(&self, period: usize) -> Amounts<W> {
        let last = self.capacity.len() - 1;
        let index = self.backwards_from.map_or(period, |end| end.checked_sub(period + 1).unwrap_or(last));
        self.capacity[index.min(last)]
    }

    /// Makes sure that periods up to an end are there, and some more to come.
    fn reach(&mut self, end: usize) {
        if self.free.len() < end {
            self.extend(end + 64);
        }
    }

    fn extend(&mut self, length: usize) {
        if self.capacity.len() == 1 {
            return self.free.resize(length, self.capacity[0]);
        }
        for period in self.free.len()..length {
            self.free.push(self.capacity_at(period));
        }
    }

    /// First start at or after `earliest` with room for `duration` periods.
    pub(crate) fn first_room(&mut self, earliest: i32, duration: i32, need: &Amounts<W>) -> i32 {
        let duration = duration as usize;
        let (mut start, mut seen) = (earliest as usize, earliest as usize);
        loop {
            let end = start + duration;
            self.reach(end);
            // From the end backwards: a period without room moves the start past itself at once.
            match self.free[seen..end].iter().rposition(|free| !fits(free, need)) {
                None => return start as i32,
                Some(at) => (start, seen) = (seen + at + 1, end),
            }
        }
    }

    /// Takes amounts for some periods.
    pub(crate) fn take(&mut self, start: i32, duration: i32, need: &Amounts<W>) {
        self.reach((start + duration) as usize);
        for free in &mut self.free[start as usize..(start + duration) as usize] {
            for (free, need) in free.iter_mut().zip(need) {
                *free -= need;
            }
        }
    }

    /// Whether capacities change.
    pub(crate) fn is_stepped(&self) -> bool {
        self.capacity.len() > 1
    }
}
