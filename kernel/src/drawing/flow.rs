//! Crews on their way through the floors of a building, and where one would be on a floor before another has left it.

/// A crew's way through the floors, from the lowest up or from the highest down.
#[derive(Clone, Debug, PartialEq)]
pub struct Climb {
    /// When how many floors are done: days ascending, floors never fewer.
    pub points: Vec<(f64, f64)>,
    /// Floors in all.
    pub floors: u32,
    /// Whether it goes from the highest floor down.
    pub is_down: bool,
}

/// Floors on which a crew is before another one, which goes first, has left them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Meeting {
    /// Index of the crew that goes first.
    pub first: usize,
    /// Index of the crew that comes too early.
    pub second: usize,
    /// Lowest floor of it, from 1.
    pub low_floor: u32,
    /// Highest floor of it.
    pub high_floor: u32,
    /// When the second comes to the first of these floors.
    pub from_day: f64,
    /// When the first leaves the last of them.
    pub to_day: f64,
}

impl Climb {
    /// When so many floors are done; `None` where its points end before.
    fn day_of(&self, done: f64) -> Option<f64> {
        let at = self.points.iter().position(|(_, floors)| *floors >= done - 1e-9)?;
        let (day, floors) = self.points[at];
        let Some((day_before, floors_before)) = at.checked_sub(1).map(|at| self.points[at]) else { return Some(day) };
        if floors <= floors_before {
            return Some(day);
        }
        Some(day_before + (day - day_before) * ((done - floors_before) / (floors - floors_before)).clamp(0.0, 1.0))
    }

    /// When it comes to a floor, from 1, and when it leaves it. It comes when it leaves the floor before: where work rests
    /// between two floors it has not begun the next.
    fn stay(&self, floor: u32) -> Option<(f64, f64)> {
        let turn = if self.is_down { self.floors.checked_sub(floor)? } else { floor.checked_sub(1)? };
        let leaves = self.day_of(f64::from(turn) + 1.0)?;
        // The last day on which no more than that was done.
        let rested =
            self.points.iter().rev().find(|(_, floors)| *floors <= f64::from(turn) + 1e-9).map(|(day, _)| *day);
        let done = self.day_of(f64::from(turn))?;
        Some((rested.map_or(done, |rested| rested.max(done)), leaves))
    }
}

/// Floors on which crews meet though one is to go before the other: pairs of indices of who goes first and who follows.
/// Neighbouring floors are one meeting.
pub fn meetings(climbs: &[Climb], order: &[(usize, usize)]) -> Vec<Meeting> {
    let mut found = Vec::new();
    for &(first, second) in order {
        let (Some(a), Some(b)) = (climbs.get(first), climbs.get(second)) else { continue };
        let mut last: Option<Meeting> = None;
        for floor in 1..=a.floors.min(b.floors) {
            let Some(((_, leaves), (comes, _))) = a.stay(floor).zip(b.stay(floor)) else { continue };
            if comes >= leaves - 1e-6 {
                found.extend(last.take());
                continue;
            }
            last = Some(match last {
                Some(one) => Meeting {
                    high_floor: floor,
                    from_day: one.from_day.min(comes),
                    to_day: one.to_day.max(leaves),
                    ..one
                },
                None => Meeting { first, second, low_floor: floor, high_floor: floor, from_day: comes, to_day: leaves },
            });
        }
        found.extend(last);
    }
    found
}
