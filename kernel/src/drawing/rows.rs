//! Rows for an arrow diagram: every arrow in which time passes is a level line in a row, joined to its events by upright
//! lines at its ends; rows are chosen so that upright lines seldom cross level ones.
//!
//! Arrows are strung into *chains* first, the critical path before all others: neighbours in a chain share a row and need no
//! upright line. Chains are then put into rows one by one, each where it costs least, and taken out and put in again until
//! nothing gets better. The least number of crossings is NP-hard to find (Garey & Johnson 1983); the sweeps are bounded, and
//! the same diagram always gets the same rows.

use std::collections::BTreeSet;

use super::arrows::{Arrow, ArrowDiagram, ArrowKind};

/// Sweeps over all chains at most.
const SWEEPS: usize = 12;
/// Places that are looked at in all, after every chain has found one: a bound on work, which is not measured in time so that
/// the same diagram always gets the same rows.
const MOST_LOOKS: usize = 400_000;
/// Orders in which chains are put into rows at first.
const BEGINNINGS: usize = 4;
/// What an upright line costs that runs through an event or along another upright line: nobody can read it.
const MUDDLED: f64 = 8.0;
/// What a crossing costs.
const CROSSED: f64 = 1.0;
/// What a row costs that holds nothing else: rows make paper.
const NEW_ROW: f64 = 0.45;
/// What a row's height of upright line costs.
const UPRIGHT: f64 = 0.06;

/// Rows and numbers of a diagram. Rows count from 0 at the top.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// Row of each event.
    pub event_rows: Vec<usize>,
    /// Row of the level line of each arrow; of its tail for one that has none.
    pub arrow_rows: Vec<usize>,
    /// Whether each arrow has a level line. A dummy in which less time passes than its events take has none.
    pub is_level: Vec<bool>,
    /// Number of each event: unique, and greater at the head of every arrow.
    pub numbers: Vec<u32>,
    /// How many rows there are.
    pub row_count: usize,
}

/// Level lines that follow each other in one row.
#[derive(Clone, Debug, Default)]
struct Chain {
    arrows: Vec<usize>,
    /// Events that stand in its row.
    events: Vec<usize>,
    from: f64,
    to: f64,
}

/// An upright line at an event: from its row to the rows of the chains it is joined with.
#[derive(Clone, Debug)]
struct Trunk {
    x: f64,
    /// Chains it joins, that of its event among them.
    chains: Vec<usize>,
}

/// Puts a diagram into rows. Lines in one row keep some days apart, and an event takes half of them on either side.
pub fn lay_out(diagram: &ArrowDiagram, apart_days: f64) -> Layout {
    let chains = chains(diagram, apart_days);
    let trunks = trunks(diagram, &chains);
    // Where a search ends depends on where it begins: the cheapest of some wins.
    let key = |chain: usize, way: usize| match way {
        0 => chain as f64,
        1 => chains[chain].from - chains[chain].to,
        2 => chains[chain].from,
        _ => -chains[chain].to,
    };
    let mut best: Option<(f64, Search<'_>)> = None;
    for way in 0..BEGINNINGS {
        let mut order: Vec<usize> = (0..chains.len()).collect();
        order.sort_by(|one, other| key(*one, way).total_cmp(&key(*other, way)).then(one.cmp(other)));
        let mut search = Search::new(&chains, &trunks, diagram, apart_days);
        order.iter().for_each(|chain| search.put(*chain));
        for _ in 0..SWEEPS {
            let mut is_better = false;
            for chain in &order {
                is_better |= search.may_look() && search.put_again(*chain);
            }
            if !is_better {
                break;
            }
        }
        let total = search.total();
        if best.as_ref().is_none_or(|(least, _)| total < least - 1e-9) {
            best = Some((total, search));
        }
    }
    best.map(|(_, search)| search.layout(diagram)).unwrap_or_default()
}

impl Layout {
    /// How often upright lines cross level ones.
    pub fn crossings(&self, diagram: &ArrowDiagram) -> usize {
        let mut uprights: Vec<(f64, [usize; 2], [usize; 2])> = Vec::new();
        for (event, shown) in diagram.events.iter().enumerate() {
            let joined = diagram.arrows.iter().zip(&self.arrow_rows).zip(&self.is_level);
            let joined =
                joined.filter(|((arrow, _), is_level)| **is_level && (arrow.tail == event || arrow.head == event));
            let rows = joined.map(|((_, row), _)| *row).chain([self.event_rows[event]]);
            let (top, bottom) = rows.fold((usize::MAX, 0), |(top, bottom), row| (top.min(row), bottom.max(row)));
            uprights.push((shown.day, [top, bottom], [event, event]));
        }
        for (arrow, _) in diagram.arrows.iter().zip(&self.is_level).filter(|(_, is_level)| !**is_level) {
            let (tail, head) = (self.event_rows[arrow.tail], self.event_rows[arrow.head]);
            uprights.push((arrow.from_day, [tail.min(head), tail.max(head)], [arrow.tail, arrow.head]));
        }
        let level: Vec<(usize, &Arrow)> = diagram
            .arrows
            .iter()
            .enumerate()
            .filter(|(at, _)| self.is_level[*at])
            .map(|(at, arrow)| (self.arrow_rows[at], arrow))
            .collect();
        let crossed = |(x, [top, bottom], ends): &(f64, [usize; 2], [usize; 2])| {
            let passes = |(row, arrow): &&(usize, &Arrow)| {
                (top..=bottom).contains(&row)
                    && arrow.from_day < *x
                    && *x < arrow.to_day
                    && !ends.contains(&arrow.tail)
                    && !ends.contains(&arrow.head)
            };
            level.iter().filter(passes).count()
        };
        uprights.iter().map(crossed).sum()
    }
}

/// Whether an arrow has a level line.
fn is_level(arrow: &Arrow, apart_days: f64) -> bool {
    let least = if arrow.kind == ArrowKind::Dummy { apart_days / 3.0 } else { 0.0 };
    arrow.to_day - arrow.from_day > least
}

/// Strings arrows into chains: critical ones first, then the longest; waits and dummies last. An arrow too short for the
/// events at both its ends to stand side by side ends its chain: the next event stands in another row.
fn chains(diagram: &ArrowDiagram, apart_days: f64) -> Vec<Chain> {
    let arrows = &diagram.arrows;
    let weight = |at: usize| {
        let arrow = &arrows[at];
        let is_work = matches!(arrow.kind, ArrowKind::Work { .. });
        (arrow.is_critical, is_work, arrow.solid_day - arrow.from_day, -arrow.wave_days())
    };
    let heavier = |one: &usize, other: &usize| {
        let (a, b) = (weight(*one), weight(*other));
        a.0.cmp(&b.0).then(a.1.cmp(&b.1)).then(a.2.total_cmp(&b.2)).then(a.3.total_cmp(&b.3)).then(other.cmp(one))
    };
    let mut open: BTreeSet<usize> = (0..arrows.len()).filter(|at| is_level(&arrows[*at], apart_days)).collect();
    let (mut ins, mut outs) = (vec![Vec::new(); diagram.events.len()], vec![Vec::new(); diagram.events.len()]);
    for at in &open {
        outs[arrows[*at].tail].push(*at);
        ins[arrows[*at].head].push(*at);
    }
    let mut owner: Vec<Option<usize>> = vec![None; diagram.events.len()];
    let mut chains: Vec<Chain> = Vec::new();
    while let Some(first) = open.iter().copied().max_by(heavier) {
        let number = chains.len();
        open.remove(&first);
        let mut strung = std::collections::VecDeque::from([first]);
        let is_short = |at: usize| arrows[at].to_day - arrows[at].from_day < apart_days;
        let mut head = arrows[first].head;
        while owner[head].is_none() && !is_short(strung[strung.len() - 1]) {
            owner[head] = Some(number);
            let Some(next) = outs[head].iter().copied().filter(|at| open.contains(at)).max_by(heavier) else { break };
            open.remove(&next);
            strung.push_back(next);
            head = arrows[next].head;
        }
        let mut tail = arrows[first].tail;
        while owner[tail].is_none() {
            owner[tail] = Some(number);
            let Some(before) =
                ins[tail].iter().copied().filter(|at| open.contains(at) && !is_short(*at)).max_by(heavier)
            else {
                break;
            };
            open.remove(&before);
            strung.push_front(before);
            tail = arrows[before].tail;
        }
        let (from, to) = (diagram.events[tail].day, diagram.events[head].day);
        chains.push(Chain { arrows: strung.into(), events: Vec::new(), from, to });
    }
    for (event, owner) in owner.iter_mut().enumerate() {
        let day = diagram.events[event].day;
        let at = *owner.get_or_insert_with(|| {
            chains.push(Chain { from: day, to: day, ..Chain::default() });
            chains.len() - 1
        });
        chains[at].events.push(event);
    }
    chains
}

fn trunks(diagram: &ArrowDiagram, chains: &[Chain]) -> Vec<Trunk> {
    let (mut of_arrow, mut of_event) = (vec![None; diagram.arrows.len()], vec![0; diagram.events.len()]);
    for (number, chain) in chains.iter().enumerate() {
        chain.arrows.iter().for_each(|arrow| of_arrow[*arrow] = Some(number));
        chain.events.iter().for_each(|event| of_event[*event] = number);
    }
    let mut joined: Vec<BTreeSet<usize>> = of_event.iter().map(|chain| BTreeSet::from([*chain])).collect();
    let mut trunks = Vec::new();
    for (at, arrow) in diagram.arrows.iter().enumerate() {
        match of_arrow[at] {
            Some(chain) => {
                joined[arrow.tail].insert(chain);
                joined[arrow.head].insert(chain);
            }
            None if of_event[arrow.tail] != of_event[arrow.head] => {
                trunks.push(Trunk { x: arrow.from_day, chains: vec![of_event[arrow.tail], of_event[arrow.head]] })
            }
            None => {}
        }
    }
    let of_events = joined.into_iter().enumerate().filter(|(_, chains)| chains.len() > 1);
    trunks.extend(
        of_events.map(|(event, chains)| Trunk { x: diagram.events[event].day, chains: chains.into_iter().collect() }),
    );
    trunks
}

/// Chains on their way into rows.
struct Search<'a> {
    chains: &'a [Chain],
    trunks: &'a [Trunk],
    /// Days of the events in each chain's row, ascending.
    days: Vec<Vec<f64>>,
    /// Trunks that join each chain.
    trunks_of: Vec<Vec<usize>>,
    apart_days: f64,
    /// Row of each chain that is in one.
    row: Vec<Option<usize>>,
    /// Chains by row, from the top.
    rows: Vec<Vec<usize>>,
    /// Places looked at.
    looks: usize,
}

impl<'a> Search<'a> {
    fn new(chains: &'a [Chain], trunks: &'a [Trunk], diagram: &ArrowDiagram, apart_days: f64) -> Search<'a> {
        let mut trunks_of = vec![Vec::new(); chains.len()];
        for (at, trunk) in trunks.iter().enumerate() {
            trunk.chains.iter().for_each(|chain| trunks_of[*chain].push(at));
        }
        let days = chains.iter().map(|chain| {
            let mut days: Vec<f64> =
                chain.events.iter().map(|event| diagram.events[*event].day).chain([chain.from, chain.to]).collect();
            days.sort_by(f64::total_cmp);
            days
        });
        Search {
            days: days.collect(),
            chains,
            trunks,
            trunks_of,
            apart_days,
            row: vec![None; chains.len()],
            rows: Vec::new(),
            looks: 0,
        }
    }

    /// Whether a row has room for a chain.
    fn has_room(&self, row: usize, chain: usize) -> bool {
        let one = &self.chains[chain];
        self.rows[row].iter().all(|other| {
            let other = &self.chains[*other];
            one.from >= other.to + self.apart_days || one.to <= other.from - self.apart_days
        })
    }

    /// The rows that a trunk spans, twice counted so that a place between two rows is a number too.
    fn span(&self, trunk: &Trunk, chain: usize, at: usize) -> Option<(usize, usize)> {
        let places = trunk
            .chains
            .iter()
            .filter_map(|other| if *other == chain { Some(at) } else { self.row[*other].map(|row| row * 2 + 1) });
        places.fold(None, |span, place| {
            Some(span.map_or((place, place), |(top, bottom): (usize, usize)| (top.min(place), bottom.max(place))))
        })
    }

    /// What it costs that a trunk passes the row of a chain which it does not join.
    fn passing(&self, trunk: &Trunk, chain: usize) -> f64 {
        let (one, near) = (&self.chains[chain], self.apart_days / 2.0);
        if trunk.x <= one.from - near || trunk.x >= one.to + near {
            return 0.0;
        }
        let days = &self.days[chain];
        let from = days.partition_point(|day| *day <= trunk.x - near);
        if days.get(from).is_some_and(|day| *day < trunk.x + near) { MUDDLED } else { CROSSED }
    }

    /// What a chain costs at a place: rows are at odd places, those between them at even ones.
    fn cost(&self, chain: usize, place: usize) -> f64 {
        let mut cost = 0.0;
        for at in &self.trunks_of[chain] {
            let trunk = &self.trunks[*at];
            let Some((top, bottom)) = self.span(trunk, chain, place) else { continue };
            cost += (bottom - top) as f64 / 2.0 * UPRIGHT;
            for row in top / 2..bottom.div_ceil(2).min(self.rows.len()) {
                if !(top..=bottom).contains(&(row * 2 + 1)) {
                    continue;
                }
                for other in self.rows[row].iter().filter(|other| !trunk.chains.contains(other)) {
                    cost += self.passing(trunk, *other);
                }
            }
            for (number, other) in self.trunks.iter().enumerate() {
                if number == *at || (other.x - trunk.x).abs() >= self.apart_days / 4.0 {
                    continue;
                }
                if let Some((from, to)) = self.span(other, chain, place)
                    && from.max(top) < to.min(bottom)
                {
                    cost += MUDDLED / 2.0;
                }
            }
        }
        let joins = &self.trunks_of[chain];
        for (number, trunk) in self.trunks.iter().enumerate() {
            if joins.contains(&number) {
                continue;
            }
            if let Some((top, bottom)) = self.span(trunk, chain, place)
                && (top..=bottom).contains(&place)
            {
                cost += self.passing(trunk, chain);
            }
        }
        cost
    }

    /// What all rows cost together.
    fn total(&self) -> f64 {
        let spans: Vec<_> = self.trunks.iter().map(|trunk| self.span(trunk, usize::MAX, 0)).collect();
        let mut total = self.rows.len() as f64 * NEW_ROW;
        for (number, (trunk, span)) in self.trunks.iter().zip(&spans).enumerate() {
            let Some((top, bottom)) = *span else { continue };
            total += (bottom - top) as f64 / 2.0 * UPRIGHT;
            let passed = self.rows[top / 2..=bottom / 2].iter().flatten().filter(|chain| !trunk.chains.contains(chain));
            total += passed.map(|chain| self.passing(trunk, *chain)).sum::<f64>();
            let others = self.trunks[..number]
                .iter()
                .zip(&spans)
                .filter(|(other, _)| (other.x - trunk.x).abs() < self.apart_days / 4.0);
            let lies_along =
                others.filter_map(|(_, other)| *other).filter(|(from, to)| *from.max(&top) < *to.min(&bottom));
            total += lies_along.count() as f64 * MUDDLED / 2.0;
        }
        total
    }

    fn may_look(&self) -> bool {
        self.looks < MOST_LOOKS / BEGINNINGS
    }

    /// The cheapest place for a chain, and what it costs.
    fn best(&mut self, chain: usize) -> (usize, f64) {
        let mut best: Option<(usize, f64)> = None;
        for place in 0..=self.rows.len() * 2 {
            let is_row = place % 2 == 1;
            if is_row && !self.has_room(place / 2, chain) {
                continue;
            }
            self.looks += 1;
            let cost = self.cost(chain, place) + if is_row { 0.0 } else { NEW_ROW };
            if best.is_none_or(|(_, least)| cost < least - 1e-9) {
                best = Some((place, cost));
            }
        }
        best.unwrap_or((0, 0.0))
    }

    fn put_at(&mut self, chain: usize, place: usize) {
        if place.is_multiple_of(2) {
            self.rows.insert(place / 2, Vec::new());
            for row in self.row.iter_mut().flatten().filter(|row| **row >= place / 2) {
                *row += 1;
            }
        }
        self.rows[place / 2].push(chain);
        self.row[chain] = Some(place / 2);
    }

    fn put(&mut self, chain: usize) {
        let (place, _) = self.best(chain);
        self.put_at(chain, place);
    }

    /// Takes a chain out and puts it where it costs least; whether that is less than before.
    fn put_again(&mut self, chain: usize) -> bool {
        let Some(row) = self.row[chain] else { return false };
        self.rows[row].retain(|other| *other != chain);
        self.row[chain] = None;
        let was_alone = self.rows[row].is_empty();
        if was_alone {
            self.rows.remove(row);
            for other in self.row.iter_mut().flatten().filter(|other| **other > row) {
                *other -= 1;
            }
        }
        let before = if was_alone { row * 2 } else { row * 2 + 1 };
        let was = self.cost(chain, before) + if was_alone { NEW_ROW } else { 0.0 };
        let (place, cost) = self.best(chain);
        let is_better = cost < was - 1e-9;
        self.put_at(chain, if is_better { place } else { before });
        is_better
    }

    fn layout(&self, diagram: &ArrowDiagram) -> Layout {
        let mut layout = Layout {
            event_rows: vec![0; diagram.events.len()],
            arrow_rows: vec![0; diagram.arrows.len()],
            is_level: diagram.arrows.iter().map(|arrow| is_level(arrow, self.apart_days)).collect(),
            numbers: vec![0; diagram.events.len()],
            row_count: self.rows.len(),
        };
        for (chain, row) in self.chains.iter().zip(&self.row) {
            let row = row.unwrap_or(0);
            chain.events.iter().for_each(|event| layout.event_rows[*event] = row);
            chain.arrows.iter().for_each(|arrow| layout.arrow_rows[*arrow] = row);
        }
        for (at, arrow) in diagram.arrows.iter().enumerate() {
            if !layout.is_level[at] {
                layout.arrow_rows[at] = layout.event_rows[arrow.tail];
            }
        }
        number(diagram, &mut layout);
        layout
    }
}

/// Numbers events from left to right and from top to bottom, smaller before greater along every arrow.
fn number(diagram: &ArrowDiagram, layout: &mut Layout) {
    let mut waits = vec![0usize; diagram.events.len()];
    diagram.arrows.iter().for_each(|arrow| waits[arrow.head] += 1);
    // Days are finite and not negative here, so their bits sort as they do.
    let key = |event: usize, layout: &Layout| (diagram.events[event].day.to_bits(), layout.event_rows[event], event);
    let mut open: BTreeSet<(u64, usize, usize)> =
        (0..waits.len()).filter(|event| waits[*event] == 0).map(|event| key(event, layout)).collect();
    let mut next = 1;
    while let Some((_, _, event)) = open.pop_first() {
        layout.numbers[event] = next;
        next += 1;
        for arrow in diagram.arrows.iter().filter(|arrow| arrow.tail == event) {
            waits[arrow.head] -= 1;
            if waits[arrow.head] == 0 {
                open.insert(key(arrow.head, layout));
            }
        }
    }
}
