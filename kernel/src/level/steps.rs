//! Free units of one resource over the whole axis, as steps: few changes in many years of minutes.

/// The beginning of time, before every label.
pub(crate) const EVER: i32 = i32::MIN;

/// Free units from each change on.
#[derive(Clone, Debug)]
pub(crate) struct Steps {
    /// Axis values at which what is free changes, ascending; the first is [`EVER`].
    at: Vec<i32>,
    free: Vec<i64>,
}

impl Steps {
    /// Free units from the beginning, and from each ascending axis value on.
    pub(crate) fn new(units: u32, changes: &[(i32, u32)]) -> Steps {
        let mut steps = Steps { at: vec![EVER], free: vec![i64::from(units)] };
        for (at, units) in changes {
            steps.at.push(*at);
            steps.free.push(i64::from(*units));
        }
        steps
    }

    /// Begins again as another, in the memory at hand.
    pub(crate) fn copy_from(&mut self, other: &Steps) {
        self.at.clone_from(&other.at);
        self.free.clone_from(&other.free);
    }

    /// Unlimited before an axis value.
    pub(crate) fn open_before(&mut self, at: i32) {
        let end = self.split(at);
        self.free[..end].fill(i64::MAX / 2);
    }

    fn place(&self, at: i32) -> usize {
        self.at.partition_point(|change| *change <= at) - 1
    }

    /// Index of the step that begins at an axis value, made if there is none.
    fn split(&mut self, at: i32) -> usize {
        let place = self.place(at);
        if self.at[place] == at {
            return place;
        }
        self.at.insert(place + 1, at);
        self.free.insert(place + 1, self.free[place]);
        place + 1
    }

    /// Takes units for a time, even where fewer are free.
    pub(crate) fn take(&mut self, from: i32, to: i32, units: u32) {
        let (first, last) = (self.split(from), self.split(to));
        for free in &mut self.free[first..last] {
            *free -= i64::from(units);
        }
    }

    /// The first step within a time that has fewer units free, and where it ends; `None` at the end means never.
    pub(crate) fn first_short(&self, from: i32, to: i32, units: u32) -> Option<(i32, Option<i32>)> {
        let found = (self.place(from)..self.at.len())
            .take_while(|step| self.at[*step] < to)
            .find(|step| self.free[*step] < i64::from(units))?;
        // What follows without room belongs to the same wait.
        let end = (found + 1..self.at.len()).find(|step| self.free[*step] >= i64::from(units));
        Some((self.at[found].max(from), end.map(|step| self.at[step])))
    }

    /// Gives units back.
    pub(crate) fn give(&mut self, from: i32, to: i32, units: u32) {
        let (first, last) = (self.split(from), self.split(to));
        for free in &mut self.free[first..last] {
            *free += i64::from(units);
        }
    }

    /// The first time in which more is taken than there is.
    pub(crate) fn overload(&self) -> Option<(i32, Option<i32>)> {
        let from = self.free.iter().position(|free| *free < 0)?;
        let end = (from + 1..self.free.len()).find(|step| self.free[*step] >= 0);
        Some((self.at[from], end.map(|step| self.at[step])))
    }

    /// Units taken of a capacity from each change on.
    pub(crate) fn used_of<'a>(&'a self, capacity: &'a Steps) -> impl Iterator<Item = (i32, u32)> + 'a {
        self.at.iter().zip(&self.free).map(|(at, free)| {
            let used = capacity.free[capacity.place(*at)] - free;
            (*at, u32::try_from(used).unwrap_or(0))
        })
    }

    /// The last step within a time that has fewer units free: where the wait it belongs to begins.
    pub(crate) fn last_short(&self, from: i32, to: i32, units: u32) -> Option<i32> {
        let found =
            (0..=self.place(to - 1)).rev().take_while(|step| *step + 1 == self.at.len() || self.at[*step + 1] > from);
        let found = found.into_iter().find(|step| self.free[*step] < i64::from(units))?;
        let before = (0..found).rev().find(|step| self.free[*step] >= i64::from(units));
        Some(before.map_or(EVER, |step| self.at[step + 1]))
    }
}

#[cfg(test)]
mod tests {
    use super::Steps;

    #[test]
    fn steps_are_taken_and_found() {
        let mut steps = Steps::new(2, &[(10, 3)]);
        steps.take(4, 8, 2);
        steps.take(6, 12, 1);
        // Free: 2 to 4, 0 to 6, −1 to 8, 1 to 10, 2 to 12, 3 ever after.
        let cases =
            [(0, 4, 2, None, None), (0, 5, 1, Some((4, Some(8))), Some(4)), (7, 9, 2, Some((7, Some(10))), Some(4))];
        for (from, to, units, first, last) in cases {
            assert_eq!(steps.first_short(from, to, units), first, "{from} {to} {units}");
            assert_eq!(steps.last_short(from, to, units), last, "{from} {to} {units}");
        }
        assert_eq!(steps.first_short(20, 30, 4), Some((20, None)));
    }
}
