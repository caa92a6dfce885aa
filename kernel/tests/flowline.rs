//! Flow of crews over segments: published examples, and the rules against asking every pair of stays.

use guatu_kernel::flowline::{FlowFault, Meeting, Process, Stay, accelerated_flow, collisions, flow, step_days};
use proptest::prelude::*;

/// Processes by their beats.
fn processes(beats: &[&[u32]]) -> Vec<Process> {
    beats.iter().map(|beats| Process::new(*beats)).collect()
}

/// What it is, beats by process, steps, days in all.
type Published<'a> = (&'a str, &'a [&'a [u32]], &'a [i64], i64);

#[test]
fn published_flows() {
    #[rustfmt::skip]
    let cases: [Published; 4] = [
        ("without a rhythm", &[&[3, 5, 2, 4], &[4, 3, 3, 3], &[5, 2, 4, 2]], &[4, 4], 21),
        ("equal beats: (m + n - 1) t", &[&[3; 5], &[3; 5], &[3; 5], &[3; 5]], &[3, 3, 3], 24),
        ("a slow process behind a fast one begins after one beat", &[&[2; 4], &[4; 4]], &[2], 18),
        ("a fast one behind a slow one ends with it", &[&[4; 4], &[2; 4]], &[10], 18),
    ];
    for (name, beats, steps, total) in cases {
        let found = flow(&processes(beats)).expect(name);
        assert_eq!((found.steps_days.as_slice(), found.total_days), (steps, total), "{name}");
        assert_eq!(collisions(&found.stays), [], "{name}");
    }
}

#[test]
fn gaps_lengthen_a_flow_and_overlaps_shorten_it() {
    let mut three = processes(&[&[3, 5, 2, 4], &[4, 3, 3, 3], &[5, 2, 4, 2]]);
    (three[1].gap_days, three[2].overlap_days) = (2, 1);
    let found = flow(&three).expect("a flow");
    assert_eq!((found.steps_days.as_slice(), found.total_days), ([4, 4].as_slice(), 4 + 4 + 13 + 2 - 1));
    // The overlap is one day, where the step was set.
    let met: Vec<(usize, i64)> =
        collisions(&found.stays).iter().map(|c| (found.stays[c.first].segment, c.to_day - c.from_day)).collect();
    assert_eq!(met, [(0, 1)]);
    // The last process may end before the one it follows.
    let mut two = processes(&[&[2, 8], &[1, 1]]);
    two[1].overlap_days = 7;
    assert_eq!(flow(&two).expect("a flow").total_days, 10);
}

#[test]
fn multiplied_crews() {
    // Beats 2, 4, 6 on six segments: K = 2, crews 1 + 2 + 3, T = (6 + 6 - 1) × 2.
    let found = accelerated_flow(&[2, 4, 6], 6).expect("a flow");
    assert_eq!((found.steps_days.as_slice(), found.total_days), ([2; 5].as_slice(), 22));
    let crews_of = |process| found.stays.iter().filter(|s| s.process == process).map(|s| s.crew).max().map(|c| c + 1);
    assert_eq!([0, 1, 2].map(crews_of), [Some(1), Some(2), Some(3)]);
    assert_eq!(collisions(&found.stays), []);
    // Equal beats need one crew each: the formula of equal rhythm.
    assert_eq!(accelerated_flow(&[3; 4], 5).expect("a flow").total_days, 24);
}

#[test]
fn what_is_no_flow_says_why() {
    assert_eq!(flow(&[]), Err(FlowFault::Empty));
    assert_eq!(flow(&processes(&[&[]])), Err(FlowFault::Empty));
    assert_eq!(flow(&processes(&[&[1, 2], &[1, 2], &[1]])), Err(FlowFault::Segments { process: 2 }));
    let late = Process { overlap_days: 3, ..Process::new([1, 1]) };
    assert_eq!(flow(&[Process::new([2, 1]), late]), Err(FlowFault::Overlap { process: 1 }));
    assert_eq!(accelerated_flow(&[2], 0), Err(FlowFault::Empty));
    assert_eq!(accelerated_flow(&[2, 0], 3), Err(FlowFault::Beat { process: 1 }));
    assert_eq!(accelerated_flow(&[1, 4_000_000_000], 3), Err(FlowFault::Beat { process: 1 }));
    assert!(flow(&[Process::new([u32::MAX; 50]), Process::new([u32::MAX; 50])]).is_ok());
}

#[test]
fn lines_that_cross_are_found_with_their_days() {
    let stay = |process, segment, start_day, end_day| Stay { process, crew: 0, segment, start_day, end_day };
    // The second process is faster and catches the first on the last segment; the third is on two segments at once.
    let stays = [
        stay(0, 0, 0, 4),
        stay(0, 1, 4, 8),
        stay(0, 2, 8, 12),
        stay(1, 0, 4, 6),
        stay(1, 1, 8, 10),
        stay(1, 2, 10, 12),
        stay(2, 0, 20, 23),
        stay(2, 1, 22, 25),
    ];
    let found: Vec<_> = collisions(&stays).iter().map(|c| (c.first, c.second, c.on, c.from_day, c.to_day)).collect();
    assert_eq!(found, [(2, 5, Meeting::Segment, 10, 12), (6, 7, Meeting::Crew, 22, 23)]);
}

fn beats() -> impl Strategy<Value = Vec<Vec<u32>>> {
    (1usize..6, 1usize..6).prop_flat_map(|(n, m)| prop::collection::vec(prop::collection::vec(0u32..7, m), n))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, rng_seed: proptest::test_runner::RngSeed::Fixed(7), ..ProptestConfig::default() })]

    /// No crew waits, nobody meets, and the whole takes what the textbook says.
    #[test]
    fn a_flow_runs_without_a_break_and_without_meeting(beats in beats(), gaps in prop::collection::vec(0u32..4, 6)) {
        let mut processes: Vec<Process> = beats.iter().map(|beats| Process::new(beats.clone())).collect();
        for (process, gap) in processes.iter_mut().zip(&gaps) {
            process.gap_days = *gap;
        }
        let found = flow(&processes).expect("equal segments");
        prop_assert_eq!(collisions(&found.stays), vec![]);
        let segments = beats[0].len();
        for (process, stays) in found.stays.chunks(segments).enumerate() {
            prop_assert!(stays.windows(2).all(|pair| pair[0].end_day == pair[1].start_day));
            if process > 0 {
                let before = &found.stays[(process - 1) * segments..process * segments];
                let gap = i64::from(gaps[process]);
                prop_assert!(before.iter().zip(stays).all(|(a, b)| a.end_day + gap <= b.start_day));
            }
        }
        let gap: i64 = gaps[1..beats.len()].iter().map(|gap| i64::from(*gap)).sum();
        let last: i64 = beats[beats.len() - 1].iter().map(|beat| i64::from(*beat)).sum();
        prop_assert_eq!(found.total_days, found.steps_days.iter().sum::<i64>() + last + gap);
    }

    /// The step is the least: a day less and two processes that work on every segment meet.
    #[test]
    fn a_step_is_the_least(pairs in prop::collection::vec((1u32..7, 1u32..7), 1..7)) {
        let (before, after): (Vec<u32>, Vec<u32>) = pairs.into_iter().unzip();
        let meets = |step: i64| {
            let mut stays = flow(&[Process::new(before.clone()), Process::new(after.clone())]).expect("a flow").stays;
            let first = stays[before.len()].start_day;
            for stay in &mut stays[before.len()..] {
                (stay.start_day, stay.end_day) = (stay.start_day - first + step, stay.end_day - first + step);
            }
            !collisions(&stays).is_empty()
        };
        let least = (0..).find(|step| !meets(*step)).expect("one that is long enough");
        prop_assert_eq!(step_days(&before, &after), least);
    }

    /// Multiplied crews never meet either, and no flow of one crew each is shorter.
    #[test]
    fn multiplied_crews_never_meet(beats in prop::collection::vec(1u32..7, 1..6), segments in 1usize..8) {
        let found = accelerated_flow(&beats, segments).expect("a flow");
        prop_assert_eq!(collisions(&found.stays), vec![]);
        let last = found.stays.iter().map(|stay| stay.end_day).max();
        prop_assert_eq!(last, Some(found.total_days));
        let single: Vec<Process> = beats.iter().map(|beat| Process::new(vec![*beat; segments])).collect();
        prop_assert!(found.total_days <= flow(&single).expect("a flow").total_days);
    }
}
