//! The period guarantee said a second time, slowly: day by day, by enumeration, with no majorant.
//!
//! For tests. It asks for the least constant ceiling on utilisation under which greedy full-speed work keeps every
//! boundary, found by trying every boundary; and it walks a programme day by day to see what it keeps.

use super::{Boundary, Capacity, Programme, TOLERANCE};
use jiff::ToSpan;
use jiff::civil::Date;

/// Everything that is wrong with a programme for these boundaries, in words; empty when it is right.
///
/// `last` bounds the walk. Checked: no day above its capacity, nothing negative, every boundary that full speed keeps is
/// kept, every other is named with its shortfall, and no programme has a lower peak.
pub fn faults(
    boundaries: &[Boundary],
    capacity: &Capacity<'_>,
    programme: &Programme,
    first: Date,
    last: Date,
) -> Vec<String> {
    let mut faults = Vec::new();
    let (mut done, mut before, mut peak) = (0.0, 0.0, 0.0f64);
    let mut day = first;
    while day <= last {
        let through = capacity.through(day);
        let (room, target) = (through - before, programme.at(through) - done);
        if target < -TOLERANCE || target > room + TOLERANCE {
            faults.push(format!("{day}: asked for {target} of {room}"));
        }
        if room > TOLERANCE {
            peak = peak.max(target / room);
        }
        done += target;
        before = through;
        for one in boundaries.iter().filter(|one| one.on == day && one.quantity > TOLERANCE) {
            let named = programme
                .broken
                .iter()
                .find(|broken| broken.on == day && (broken.short - (one.quantity - through)).abs() < 1e-4);
            match (one.quantity <= through + TOLERANCE, named) {
                (true, _) if done < one.quantity - 1e-4 => {
                    faults.push(format!("{day}: {} is keepable and {done} is asked for", one.quantity))
                }
                (false, None) => faults.push(format!("{day}: {} cannot be kept and is not named", one.quantity)),
                _ => {}
            }
        }
        day = day.saturating_add(1.days());
    }
    if programme.broken.is_empty() {
        let least = boundaries
            .iter()
            .filter(|one| one.quantity > TOLERANCE)
            .map(|one| one.quantity / capacity.through(one.on))
            .fold(0.0, f64::max);
        if (peak - least).abs() > 1e-4 {
            faults.push(format!("peak {peak}, and {least} is enough"));
        }
    }
    faults
}
