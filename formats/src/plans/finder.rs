//! Finds things of a plan by id, with the last one at hand: files tell what belongs together in a row (the children of a
//! summary, the links that lead to one activity), and a look into a table of a hundred thousand ids is a walk through memory.

use foldhash::HashMap;

/// Finds indices by id.
pub(crate) struct Finder<'t, 'i> {
    table: &'t HashMap<&'i str, usize>,
    last: Option<(&'i str, Option<usize>)>,
}

impl<'t, 'i> Finder<'t, 'i> {
    pub(crate) fn new(table: &'t HashMap<&'i str, usize>) -> Finder<'t, 'i> {
        Finder { table, last: None }
    }

    /// The index of an id, if it has one.
    pub(crate) fn find(&mut self, id: &'i str) -> Option<usize> {
        match self.last {
            Some((last, found)) if last == id => found,
            _ => {
                let found = self.table.get(id).copied();
                self.last = Some((id, found));
                found
            }
        }
    }
}
