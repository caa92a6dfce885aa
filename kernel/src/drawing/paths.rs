//! Float paths: the arrows of a diagram strung into ways to its last event, those with the least float first.
//!
//! The first path is the critical one. Each further path is the way of least float among arrows that are in none yet, from
//! where it begins to where it joins an earlier path. Every arrow is in one path; floats never fall from a path to the next.
//! Primavera P6 numbers float paths in the same way; here floats are days of the drawing to its own last event.

use super::arrows::ArrowDiagram;

/// A way through a diagram.
#[derive(Clone, Debug, PartialEq)]
pub struct FloatPath {
    /// Its arrows, from the first to the one that joins an earlier path or the last event.
    pub arrows: Vec<usize>,
    /// By how many days all of it can slip without moving the last event.
    pub float_days: f64,
}

impl ArrowDiagram {
    /// By how many days each arrow can slip without moving the last event.
    pub fn total_floats(&self) -> Vec<f64> {
        // Events stand in an order along all arrows, so one pass from the last sees what follows before what leads to it.
        let mut by_tail: Vec<usize> = (0..self.arrows.len()).collect();
        by_tail.sort_by_key(|at| std::cmp::Reverse(self.arrows[*at].tail));
        let last = self.events.iter().map(|event| event.day).fold(0.0, f64::max);
        let mut late = vec![last; self.events.len()];
        let mut floats = vec![0.0; self.arrows.len()];
        for at in by_tail {
            let arrow = &self.arrows[at];
            floats[at] = late[arrow.head] - arrow.solid_day;
            late[arrow.tail] = late[arrow.tail].min(late[arrow.head] - (arrow.solid_day - arrow.from_day));
        }
        floats
    }

    /// At most so many float paths, the least float first.
    pub fn float_paths(&self, most: usize) -> Vec<FloatPath> {
        let floats = self.total_floats();
        let mut is_joined = vec![true; self.events.len()];
        self.arrows.iter().for_each(|arrow| is_joined[arrow.tail] = false);
        let mut open: Vec<usize> = (0..self.arrows.len()).collect();
        // Of equal floats the arrow that ends last, then the first.
        let less = |one: &usize, other: &usize| {
            let end = |at: &usize| self.arrows[*at].to_day;
            floats[*one].total_cmp(&floats[*other]).then(end(other).total_cmp(&end(one))).then(one.cmp(other))
        };
        let mut paths = Vec::new();
        while paths.len() < most {
            let joins = open.iter().copied().filter(|at| is_joined[self.arrows[*at].head]);
            let Some(mut at) = joins.min_by(less) else { break };
            let float_days = floats[at];
            let mut arrows = Vec::new();
            loop {
                open.retain(|other| *other != at);
                arrows.push(at);
                let tail = self.arrows[at].tail;
                if is_joined[tail] {
                    break;
                }
                is_joined[tail] = true;
                let Some(before) = open.iter().copied().filter(|other| self.arrows[*other].head == tail).min_by(less)
                else {
                    break;
                };
                at = before;
            }
            arrows.reverse();
            paths.push(FloatPath { arrows, float_days });
        }
        paths
    }
}
