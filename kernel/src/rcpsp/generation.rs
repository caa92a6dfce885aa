//! Schedule generation: from an order of activities to starts, forwards and backwards in time.
//!
//! Serial generation (Kelley 1963) places each activity of a list as early as arcs and resources allow; its schedules
//! are active, and some list gives an optimal one. Parallel generation (Brooks & White 1965) walks through time and
//! starts what may start, in order of priority; its schedules are non-delay and good on average. A backward pass is a
//! forward pass of the mirrored project.

use super::population::{Generation, Pass, Scheme};
use super::profile::{Amounts, Profile, packed};
use super::{Arc, Project};

/// Arcs of one direction of time.
#[derive(Clone, Debug)]
struct Side {
    first: Vec<u32>,
    /// Other activity and periods from its start to this one's.
    arcs: Vec<(u32, i32)>,
    /// Longest way from the start of each activity to the end of the project, its own duration included.
    tails: Vec<i32>,
}

impl Side {
    /// What comes before an activity.
    fn before(&self, job: usize) -> &[(u32, i32)] {
        &self.arcs[self.first[job] as usize..self.first[job + 1] as usize]
    }

    /// The first period that arcs allow, once all that comes before is placed.
    fn earliest(&self, job: usize, starts: &[i32]) -> i32 {
        self.before(job).iter().fold(0, |at, (from, gap)| at.max(starts[*from as usize] + gap))
    }

    fn new(project: &Project, is_backward: bool, topological: &[u32]) -> Side {
        let count = project.jobs.len();
        let duration = |job: usize| project.jobs[job].duration as i32;
        // Backwards an arc leads from the finish of the later activity to that of the earlier one.
        let turned = |arc: &Arc| {
            if is_backward {
                (arc.to, arc.from, arc.gap + duration(arc.to) - duration(arc.from))
            } else {
                (arc.from, arc.to, arc.gap)
            }
        };
        let mut first = vec![0u32; count + 1];
        for arc in &project.arcs {
            first[turned(arc).1 + 1] += 1;
        }
        for job in 0..count {
            first[job + 1] += first[job];
        }
        let mut next = first.clone();
        let mut arcs = vec![(0, 0); project.arcs.len()];
        for arc in &project.arcs {
            let (from, to, gap) = turned(arc);
            arcs[next[to] as usize] = (from as u32, gap);
            next[to] += 1;
        }
        let mut side = Side { first, arcs, tails: (0..count).map(duration).collect() };
        let mut lengthen = |job: &u32| {
            let job = *job as usize;
            for at in side.first[job]..side.first[job + 1] {
                let (from, gap) = side.arcs[at as usize];
                side.tails[from as usize] = side.tails[from as usize].max(side.tails[job] + gap);
            }
        };
        if is_backward {
            topological.iter().for_each(&mut lengthen);
        } else {
            topological.iter().rev().for_each(&mut lengthen);
        }
        side
    }
}

/// Working memory of passes over one project with `W` words of resources.
#[derive(Clone, Debug)]
pub(crate) struct Generator<const W: usize> {
    durations: Vec<i32>,
    needs: Vec<Amounts<W>>,
    /// Forwards and backwards.
    sides: [Side; 2],
    profile: Profile<W>,
    /// Whether starts in ascending order are an order in which everything follows what it waits for.
    is_monotone: bool,
    /// An order in which everything follows what it waits for.
    topological: Vec<u32>,
    /// Length of the longest path.
    path: i32,
    /// Backward passes end here: the shortest forward makespan so far.
    end: i32,
}

impl<const W: usize> Generator<W> {
    pub(crate) fn new(project: &Project) -> Generator<W> {
        let topological = project.topological.clone();
        let sides = [Side::new(project, false, &topological), Side::new(project, true, &topological)];
        Generator {
            durations: project.jobs.iter().map(|job| job.duration as i32).collect(),
            needs: project.jobs.iter().map(|job| packed(&job.needs)).collect(),
            is_monotone: sides.iter().all(|side| side.arcs.iter().all(|(_, gap)| *gap >= 0)),
            path: project.critical_path(),
            sides,
            profile: Profile::new(project.capacity_by_period().iter().map(|units| packed(units)).collect()),
            topological,
            end: i32::MAX,
        }
    }

    /// Moves every activity of a list behind what it waits for, and no further.
    fn repair(&self, is_backward: bool, list: &mut Vec<u32>) {
        let side = &self.sides[usize::from(is_backward)];
        let mut is_placed = vec![false; list.len()];
        let mut repaired = Vec::with_capacity(list.len());
        let mut open = Vec::new();
        for &job in list.iter() {
            open.push(job);
            while let Some(&job) = open.last() {
                let waits = side.before(job as usize).iter().find(|arc| !is_placed[arc.0 as usize]);
                match waits {
                    Some((from, _)) if !is_placed[job as usize] => open.push(*from),
                    _ => {
                        open.pop();
                        if !std::mem::replace(&mut is_placed[job as usize], true) {
                            repaired.push(job);
                        }
                    }
                }
            }
        }
        *list = repaired;
    }

    fn serial(&mut self, is_backward: bool, list: &[u32], starts: &mut [i32], limit: i32) -> Pass {
        let side = &self.sides[usize::from(is_backward)];
        let mut value = 0;
        for (placed, &job) in list.iter().enumerate() {
            let job = job as usize;
            let duration = self.durations[job];
            let start = self.profile.first_room(side.earliest(job, starts), duration, &self.needs[job]);
            if start + side.tails[job] > limit {
                return Pass { value: start + side.tails[job], placed: placed + 1 };
            }
            self.profile.take(start, duration, &self.needs[job]);
            starts[job] = start;
            value = value.max(start + duration);
        }
        Pass { value, placed: list.len() }
    }

    fn parallel(&mut self, is_backward: bool, list: &[u32], starts: &mut [i32], limit: i32) -> Pass {
        let [side, other] = if is_backward { [1, 0] } else { [0, 1] }.map(|side: usize| &self.sides[side]);
        let mut rank = vec![0; list.len()];
        for (at, job) in list.iter().enumerate() {
            rank[*job as usize] = at;
        }
        let mut waiting: Vec<usize> = (0..list.len()).map(|job| side.before(job).len()).collect();
        // Ranks of what waits for nothing but room, ascending, and the first period in which there may be any.
        let free = (0..list.len()).filter(|at| waiting[list[*at] as usize] == 0);
        let mut ready: Vec<(usize, i32)> = free.map(|at| (at, 0)).collect();
        let (mut now, mut value, mut placed) = (0, 0, 0);
        while !ready.is_empty() {
            let (mut at, mut next) = (0, i32::MAX);
            while let Some(&(index, earliest)) = ready.get(at) {
                let job = list[index] as usize;
                let duration = self.durations[job];
                if earliest <= now {
                    let start = self.profile.first_room(now, duration, &self.needs[job]);
                    if start + side.tails[job] > limit {
                        return Pass { value: start + side.tails[job], placed: placed + 1 };
                    }
                    // Room only ever shrinks: what is refused now need not be asked before then.
                    ready[at].1 = start;
                }
                if ready[at].1 > now {
                    next = next.min(ready[at].1);
                    at += 1;
                    continue;
                }
                ready.remove(at);
                self.profile.take(now, duration, &self.needs[job]);
                starts[job] = now;
                value = value.max(now + duration);
                placed += 1;
                for (to, _) in other.before(job) {
                    let to = *to as usize;
                    waiting[to] -= 1;
                    if waiting[to] == 0 {
                        // An arc of no length lets it start in this very period.
                        let entry = (rank[to], side.earliest(to, starts).max(now));
                        let slot = ready.partition_point(|one| *one < entry);
                        ready.insert(slot, entry);
                        if slot < at {
                            at += 1;
                            next = next.min(entry.1);
                        }
                    }
                }
            }
            now = next;
        }
        Pass { value, placed }
    }
}

impl<const W: usize> Scheme for Generator<W> {
    fn count(&self) -> usize {
        self.durations.len()
    }

    fn before(&self, is_backward: bool, job: usize) -> &[(u32, i32)] {
        self.sides[usize::from(is_backward)].before(job)
    }

    fn latest_finish(&self, job: usize) -> i32 {
        self.path - self.sides[0].tails[job] + self.durations[job]
    }

    fn pass(
        &mut self,
        generation: Generation,
        is_backward: bool,
        list: &[u32],
        starts: &mut [i32],
        limit: i32,
    ) -> Pass {
        self.profile.clear(is_backward.then_some(self.end));
        let pass = match generation {
            Generation::Serial => self.serial(is_backward, list, starts, limit),
            Generation::Parallel => self.parallel(is_backward, list, starts, limit),
        };
        if !is_backward && pass.value <= limit {
            self.end = self.end.min(pass.value);
        }
        pass
    }

    fn order(&self, is_backward: bool, starts: &[i32], ties: &[u32], list: &mut Vec<u32>) {
        list.clear();
        list.extend(&self.topological);
        // Mirrored time makes both directions one: the other one begins with what ends last here. Among activities of no
        // length at the same moment only the order of their arcs is right.
        if !is_backward {
            list.reverse();
        }
        let tie = |job: u32| if self.durations[job as usize] > 0 { ties[job as usize] } else { 0 };
        list.sort_by_key(|&job| (-(starts[job as usize] + self.durations[job as usize]), tie(job)));
        if !self.is_monotone {
            self.repair(!is_backward, list);
        }
    }

    fn mirrored(&self, starts: &[i32], value: i32) -> Option<Vec<i32>> {
        // Where capacities change a backward schedule is tied to its end, which is no earlier than the best.
        let turned = |(start, duration): (&i32, &i32)| value - start - duration;
        (!self.profile.is_stepped()).then(|| starts.iter().zip(&self.durations).map(turned).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Arc, Capacity, Job};
    use super::*;

    #[test]
    fn parallel_generation_lets_nothing_wait_that_could_start() {
        let job = |duration, need| Job { duration, needs: vec![need] };
        let jobs = vec![job(1, 1), job(2, 2), job(4, 1)];
        let arcs = vec![Arc { from: 0, to: 1, gap: 1 }];
        let project = Project::new(jobs, arcs, vec![Capacity { units: 2, steps: vec![] }]).expect("a sound project");
        let mut generator = Generator::<1>::new(&project);
        for (generation, expected, value) in [(Generation::Serial, [0, 1, 3], 7), (Generation::Parallel, [0, 4, 0], 6)]
        {
            let mut starts = [0; 3];
            let pass = generator.pass(generation, false, &[0, 1, 2], &mut starts, i32::MAX);
            assert_eq!((starts, pass), (expected, Pass { value, placed: 3 }), "{generation:?}");
        }
    }
}
