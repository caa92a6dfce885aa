//! Links of a bar chart as lines: level in the rows of their ends and between rows, upright elsewhere.
//!
//! A row holds one bar, so a line may run level in the row of a bar outside it, and between any two rows. Upright it goes
//! where no bar of the rows in between stands; only where there is no such place on the drawing does it cross one. Of the
//! ways that are left the one with the fewest crossings, bends and detours is taken. Lines that share an end may run
//! together, as a trunk with branches; others keep apart.

use std::collections::HashMap;

use crate::plan::LinkKind;

/// A bar in its row. Across, lengths are in the unit of whoever draws; downwards, a row is 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RowBar {
    /// Where it begins.
    pub from: f64,
    /// Where it ends.
    pub to: f64,
    /// What no line may cross in its row: itself and what else is drawn there.
    pub reach: (f64, f64),
    /// How far below the top of its row lines leave and arrive at its sides.
    pub middle: f64,
    /// How far below the top of its row lines arrive from above.
    pub top: f64,
}

/// A link between the bars of two rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Join {
    /// Row of the predecessor.
    pub from: usize,
    /// Row of the successor.
    pub to: usize,
    /// Which ends it joins.
    pub kind: LinkKind,
}

/// The room that lines have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ground {
    /// Left edge.
    pub left: f64,
    /// Right edge.
    pub right: f64,
    /// How far a line goes on level from the side of a bar before it turns.
    pub stub: f64,
}

/// Corners of a line from its predecessor to its successor.
pub type Route = Vec<(f64, f64)>;

/// Lines of links, each with corners from its predecessor's end to its successor's; empty where a row has no bar or a link
/// would go from a row to itself.
pub fn route(bars: &[Option<RowBar>], joins: &[Join], ground: Ground) -> Vec<Route> {
    let mut routes = vec![Route::new(); joins.len()];
    let mut drawn = Drawn::new(bars, ground);
    // Short ones first: they have the least choice.
    let mut order: Vec<usize> = (0..joins.len()).collect();
    order.sort_by_key(|at| (joins[*at].from.abs_diff(joins[*at].to), *at));
    for at in order {
        let Some(ends) = Ends::of(bars, joins[at]) else { continue };
        let Some(best) = drawn.ways(&ends).into_iter().min_by(|one, other| one.cost.total_cmp(&other.cost)) else {
            continue;
        };
        drawn.keep(&ends, &best.points);
        routes[at] = best.points;
    }
    routes
}

/// The side of a bar that a line leaves or arrives at.
#[derive(Clone, Copy)]
struct Port {
    row: usize,
    x: f64,
    y: f64,
    /// 1 for its right side, -1 for its left.
    side: f64,
}

impl Port {
    fn new(row: usize, bar: &RowBar, is_finish: bool) -> Port {
        let (x, side) = if is_finish { (bar.to, 1.0) } else { (bar.from, -1.0) };
        Port { row, x, y: row as f64 + bar.middle, side }
    }

    fn id(&self) -> (usize, bool) {
        (self.row, self.side > 0.0)
    }
}

/// The ends of a link.
struct Ends {
    leaves: Port,
    enters: Port,
    target: RowBar,
}

impl Ends {
    fn of(bars: &[Option<RowBar>], join: Join) -> Option<Ends> {
        let bar = |row: usize| bars.get(row).copied().flatten();
        let (source, target) = (bar(join.from)?, bar(join.to)?);
        let leaves = Port::new(join.from, &source, matches!(join.kind, LinkKind::FS | LinkKind::FF));
        let enters = Port::new(join.to, &target, matches!(join.kind, LinkKind::FF | LinkKind::SF));
        (join.from != join.to).then_some(Ends { leaves, enters, target })
    }

    /// Rows that the line must pass.
    fn between(&self) -> std::ops::Range<usize> {
        let (a, b) = (self.leaves.row, self.enters.row);
        a.min(b) + 1..a.max(b)
    }

    /// The gaps beside its ends, on the side towards the other end.
    fn gaps(&self) -> (usize, usize) {
        let (a, b) = (self.leaves.row, self.enters.row);
        if b > a { (a + 1, b) } else { (a, b + 1) }
    }
}

/// A way that a line could take.
struct Way {
    points: Route,
    cost: f64,
}

/// A stretch that is taken, and by which ends.
#[derive(Clone, Copy)]
struct Taken {
    from: f64,
    to: f64,
    at: f64,
    leaves: (usize, bool),
    enters: (usize, bool),
}

impl Taken {
    fn is_shared(&self, ends: &Ends) -> bool {
        self.leaves == ends.leaves.id() || self.enters == ends.enters.id()
    }

    fn meets(&self, from: f64, to: f64) -> bool {
        self.from < to && from < self.to
    }
}

/// Where level lines run between two rows, in parts of a row, in the order they are tried.
const LANES: [f64; 3] = [0.0, -0.06, 0.06];
/// Places beside each other that are tried for an upright line before it runs on another.
const MOST_SHIFTS: usize = 6;
/// What a crossing costs, in stubs of length.
const CROSSING_COST: f64 = 3.0;
/// What a bend costs.
const BEND_COST: f64 = 2.0;
/// What running on another's line costs.
const OVERLAP_COST: f64 = 12.0;
/// What going through a bar costs: more than any detour.
const BAR_COST: f64 = 1e6;

/// What is drawn already.
struct Drawn<'a> {
    bars: &'a [Option<RowBar>],
    ground: Ground,
    /// Upright lines by the cell across in which they stand.
    uprights: HashMap<i64, Vec<Taken>>,
    /// Level lines by the row at or under whose top they run.
    levels: Vec<Vec<Taken>>,
}

impl Drawn<'_> {
    fn new(bars: &[Option<RowBar>], ground: Ground) -> Drawn<'_> {
        Drawn { bars, ground, uprights: HashMap::new(), levels: vec![Vec::new(); bars.len() + 1] }
    }

    /// Half a stub: upright lines nearer to each other than that look like one.
    fn cell(&self) -> f64 {
        self.ground.stub / 2.0
    }

    fn blocked(&self, rows: std::ops::Range<usize>, x: f64) -> usize {
        let margin = self.ground.stub * 0.3;
        let stands = |bar: &RowBar| bar.reach.0 - margin < x && x < bar.reach.1 + margin;
        rows.filter(|row| self.bars[*row].as_ref().is_some_and(stands)).count()
    }

    /// The place nearest to a wanted one, between two bounds, where no bar of these rows stands.
    fn free(&self, rows: std::ops::Range<usize>, (low, high): (f64, f64), wanted: f64) -> Option<f64> {
        let (low, high) = (low.max(self.ground.left), high.min(self.ground.right));
        if low > high {
            return None;
        }
        let margin = self.ground.stub * 0.3;
        let bars = rows.filter_map(|row| self.bars[row]).map(|bar| (bar.reach.0 - margin, bar.reach.1 + margin));
        let mut bars: Vec<(f64, f64)> = bars.filter(|(from, to)| *from < high && *to > low).collect();
        bars.sort_by(|one, other| one.0.total_cmp(&other.0));
        let mut open = low;
        let mut found: Option<f64> = None;
        let mut take = |from: f64, to: f64| {
            let x = wanted.clamp(from, to);
            if found.is_none_or(|known| (x - wanted).abs() < (known - wanted).abs()) {
                found = Some(x);
            }
        };
        for (from, to) in bars {
            if from >= open {
                take(open, from);
            }
            open = open.max(to);
        }
        if open <= high {
            take(open, high);
        }
        found
    }

    /// Whether an upright line would run on one of another link.
    fn is_taken(&self, ends: &Ends, x: f64, (from, to): (f64, f64)) -> bool {
        let near = self.uprights.get(&((x / self.cell()).round() as i64));
        near.into_iter().flatten().any(|taken| taken.meets(from, to) && !taken.is_shared(ends))
    }

    /// The first place from `x` on where an upright line runs on no other and no bar stands; `x` where there is none near.
    fn apart(&self, ends: &Ends, x: f64, step: f64, rows: std::ops::Range<usize>, span: (f64, f64)) -> f64 {
        let places = (0..MOST_SHIFTS).map(|shift| x + step * self.cell() * shift as f64);
        let is_free = |x: &f64| {
            (self.ground.left..=self.ground.right).contains(x)
                && !self.is_taken(ends, *x, span)
                && self.blocked(rows.clone(), *x) == 0
        };
        places.into_iter().find(is_free).unwrap_or(x)
    }

    /// All ways a link could take.
    fn ways(&self, ends: &Ends) -> Vec<Way> {
        let mut ways = self.straight(ends);
        ways.extend(self.down_upon(ends));
        let is_tight = ways.is_empty();
        ways.extend([true, false].into_iter().filter_map(|is_first| self.round(ends, is_first)));
        if is_tight && ways.is_empty() {
            ways.extend(self.through(ends));
        }
        ways
    }

    /// Ways with one upright line that lies before both sides: near the predecessor, or near the successor.
    fn straight(&self, ends: &Ends) -> Vec<Way> {
        let (leaves, enters, stub) = (&ends.leaves, &ends.enters, self.ground.stub);
        let apart = (enters.x - leaves.x).abs();
        // Ends that look at each other from near share what room there is.
        let stub = if leaves.side == enters.side { stub } else { stub.min(apart / 2.0) };
        let bounds = |port: &Port| if port.side > 0.0 { (port.x + stub, f64::MAX) } else { (f64::MIN, port.x - stub) };
        let (one, other) = (bounds(leaves), bounds(enters));
        let (low, high) = (one.0.max(other.0), one.1.min(other.1));
        if low > high || stub < self.ground.stub * 0.4 {
            return Vec::new();
        }
        let span = (leaves.y.min(enters.y), leaves.y.max(enters.y));
        let mut found: Vec<Way> = Vec::new();
        for port in [leaves, enters] {
            let wanted = port.x + port.side * stub;
            let Some(x) = self.free(ends.between(), (low, high), wanted) else { continue };
            let moved = self.apart(ends, x, port.side, ends.between(), span);
            let x = if (low..=high).contains(&moved) { moved } else { x };
            found.push(self.way(ends, vec![(leaves.x, leaves.y), (x, leaves.y), (x, enters.y), (enters.x, enters.y)]));
        }
        found
    }

    /// A way down upon the successor just after its start, as after a finish on the day before.
    fn down_upon(&self, ends: &Ends) -> Option<Way> {
        let (leaves, enters, stub) = (&ends.leaves, &ends.enters, self.ground.stub);
        let is_down = leaves.side > 0.0 && enters.side < 0.0 && leaves.row < enters.row;
        let bar = &ends.target;
        let is_wide = bar.to - bar.from > stub * 3.0;
        let centre = (bar.from + bar.to) / 2.0;
        let (wanted, last) = if is_wide { (leaves.x + stub, bar.from + stub * 2.0) } else { (centre, centre) };
        // A milestone at the end of a work stands under its edge, give or take what rounding makes of one place.
        let wanted = if (wanted - leaves.x).abs() < stub * 0.01 { leaves.x } else { wanted };
        if !is_down || wanted < bar.from + stub * 0.3 || wanted < leaves.x {
            return None;
        }
        if wanted > last + stub * 0.01 || self.blocked(ends.between(), wanted) > 0 {
            return None;
        }
        let y = enters.row as f64 + bar.top;
        Some(self.way(ends, vec![(leaves.x, leaves.y), (wanted, leaves.y), (wanted, y)]))
    }

    /// A way round: out of the one side, level between two rows, in at the other side. The level part lies beside the
    /// predecessor or beside the successor.
    fn round(&self, ends: &Ends, is_beside_first: bool) -> Option<Way> {
        let (leaves, enters, stub) = (&ends.leaves, &ends.enters, self.ground.stub);
        let gap = if is_beside_first { ends.gaps().0 } else { ends.gaps().1 };
        let (near, far) = if is_beside_first { (leaves, enters) } else { (enters, leaves) };
        let wanted = far.x + far.side * stub;
        let bounds = if far.side > 0.0 { (wanted, f64::MAX) } else { (f64::MIN, wanted) };
        let far_x = self.free(ends.between(), bounds, wanted)?;
        let span = |port: &Port| (port.y.min(gap as f64), port.y.max(gap as f64));
        let far_x = self.apart(ends, far_x, far.side, ends.between(), span(far));
        let near_x = self.apart(ends, near.x + near.side * stub, near.side, 0..0, span(near));
        Some(self.bent(ends, gap, if is_beside_first { (near_x, far_x) } else { (far_x, near_x) }))
    }

    /// The way round where every place is taken by a bar.
    fn through(&self, ends: &Ends) -> Option<Way> {
        let x = |port: &Port| (port.x + port.side * self.ground.stub).clamp(self.ground.left, self.ground.right);
        Some(self.bent(ends, ends.gaps().0, (x(&ends.leaves), x(&ends.enters))))
    }

    fn bent(&self, ends: &Ends, gap: usize, (first, second): (f64, f64)) -> Way {
        let (leaves, enters) = (&ends.leaves, &ends.enters);
        let (from, to) = (first.min(second), first.max(second));
        let is_free = |lane: &&f64| {
            let y = gap as f64 + **lane;
            let near = self.levels[gap].iter().filter(|taken| (taken.at - y).abs() < 0.03);
            !near.into_iter().any(|taken| taken.meets(from, to) && !taken.is_shared(ends))
        };
        let y = gap as f64 + LANES.iter().find(is_free).unwrap_or(&LANES[0]);
        let (start, end) = ((leaves.x, leaves.y), (enters.x, enters.y));
        self.way(ends, vec![start, (first, start.1), (first, y), (second, y), (second, end.1), end])
    }

    /// A way with what it costs.
    fn way(&self, ends: &Ends, mut points: Route) -> Way {
        points.dedup();
        let mut cost = points.len() as f64 * BEND_COST * self.ground.stub;
        for pair in points.windows(2) {
            let ((x, y), (next_x, next_y)) = (pair[0], pair[1]);
            cost += (next_x - x).abs();
            if x == next_x {
                cost += self.ground.stub * self.upright_cost(ends, x, (y.min(next_y), y.max(next_y)));
                cost += BAR_COST * self.blocked(inside(y, next_y), x) as f64;
            }
        }
        Way { points, cost }
    }

    /// Crossings with level lines, and running on others.
    fn upright_cost(&self, ends: &Ends, x: f64, (from, to): (f64, f64)) -> f64 {
        let rows = from.floor() as usize..=(to.ceil() as usize).min(self.bars.len());
        let levels = rows.flat_map(|row| &self.levels[row]);
        let crosses = |taken: &&Taken| taken.meets(x, x) && from < taken.at && taken.at < to && !taken.is_shared(ends);
        let crossings = levels.filter(crosses).count() as f64;
        crossings * CROSSING_COST + if self.is_taken(ends, x, (from, to)) { OVERLAP_COST } else { 0.0 }
    }

    fn keep(&mut self, ends: &Ends, points: &[(f64, f64)]) {
        let (leaves, enters) = (ends.leaves.id(), ends.enters.id());
        for pair in points.windows(2) {
            let ((x, y), (next_x, next_y)) = (pair[0], pair[1]);
            if x == next_x {
                let taken = Taken { from: y.min(next_y), to: y.max(next_y), at: x, leaves, enters };
                self.uprights.entry((x / self.cell()).round() as i64).or_default().push(taken);
            } else {
                let taken = Taken { from: x.min(next_x), to: x.max(next_x), at: y, leaves, enters };
                self.levels[(y.round() as usize).min(self.bars.len())].push(taken);
            }
        }
    }
}

/// Rows through which an upright line goes from top to bottom.
fn inside(y: f64, other: f64) -> std::ops::Range<usize> {
    let (from, to) = (y.min(other), y.max(other));
    let first = (from - 0.1).ceil().max(0.0) as usize;
    first..((to + 0.1).floor() as usize).max(first)
}
