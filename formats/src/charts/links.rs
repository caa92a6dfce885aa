//! Links between the bars of a chart: lines with arrowheads, heavy where a link holds its successor, thin and grey elsewhere.

use guatu_kernel::drawing::{Ground, Join, Route, RowBar, route};
use guatu_kernel::plan::LinkKind;

use super::Ink;
use super::svg::{Anchor, BLACK, Canvas, ems, number};

/// How much a link matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// It holds its successor, and both ends are critical.
    Critical,
    /// It holds its successor where it is.
    Driving,
    /// It could give way.
    Other,
}

impl Weight {
    /// Its name in classes.
    pub fn name(self) -> &'static str {
        match self {
            Weight::Critical => "critical",
            Weight::Driving => "driving",
            Weight::Other => "other",
        }
    }

    /// Width of its line in parts of a stub.
    fn width(self) -> f64 {
        match self {
            Weight::Critical => 0.3,
            Weight::Driving => 0.19,
            Weight::Other => 0.09,
        }
    }
}

/// A link between two rows.
#[derive(Clone, Debug)]
pub struct Link {
    /// Row of the predecessor.
    pub from: usize,
    /// Row of the successor.
    pub to: usize,
    /// Which ends it joins.
    pub kind: LinkKind,
    /// How much it matters.
    pub weight: Weight,
    /// Its kind and lag where they are not the usual ones, `SS+30`.
    pub label: String,
    /// What a pointer shows.
    pub tip: String,
}

/// Links that are drawn on a page at most, those that come first: more are a grey surface, and take long to find their ways.
pub const MOST_LINKS: usize = 5_000;

/// An end of links whose other ends stand on other pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stub {
    /// Row of this end on its page.
    pub(super) row: usize,
    /// Whether it is the finish of the row.
    pub(super) is_finish: bool,
    /// Whether the links lead away from here.
    pub(super) leaves: bool,
    /// How much the most important of them matters.
    pub(super) weight: Weight,
    /// Numbers of the pages of the other ends, ascending.
    pub(super) pages: Vec<usize>,
}

/// Ends of links that cross from a page to others: one for each end of a bar and each direction. `page_of` tells the page of a
/// row, from 0 on.
pub(super) fn stubs(links: &[Link], page: usize, first: usize, page_of: impl Fn(usize) -> usize) -> Vec<Stub> {
    let mut stubs: Vec<Stub> = Vec::new();
    for link in links {
        let (from, to) = (page_of(link.from), page_of(link.to));
        if from == to || (from != page && to != page) {
            continue;
        }
        let leaves = from == page;
        let (row, other) = if leaves { (link.from, to) } else { (link.to, from) };
        let is_finish = match link.kind {
            LinkKind::FS => leaves,
            LinkKind::SF => !leaves,
            LinkKind::FF => true,
            LinkKind::SS => false,
        };
        let row = row - first;
        let known = stubs.iter_mut().find(|one| (one.row, one.is_finish, one.leaves) == (row, is_finish, leaves));
        match known {
            Some(stub) => {
                stub.pages.push(other + 1);
                if rank(link.weight) > rank(stub.weight) {
                    stub.weight = link.weight;
                }
            }
            None => stubs.push(Stub { row, is_finish, leaves, weight: link.weight, pages: vec![other + 1] }),
        }
    }
    for stub in &mut stubs {
        stub.pages.sort_unstable();
        stub.pages.dedup();
    }
    stubs
}

fn rank(weight: Weight) -> u8 {
    match weight {
        Weight::Critical => 2,
        Weight::Driving => 1,
        Weight::Other => 0,
    }
}

/// Page numbers in few letters: what follows each other as a range.
fn told(pages: &[usize]) -> String {
    let run = |run: &[usize]| match run {
        [first, .., last] => format!("{first}–{last}"),
        _ => run.iter().map(usize::to_string).collect(),
    };
    pages.chunk_by(|one, next| one + 1 == *next).map(run).collect::<Vec<_>>().join(",")
}

/// Draws such ends: a short line with its arrowhead, and the numbers of the other pages.
pub(super) fn draw_stubs(canvas: &mut Canvas, room: &Room, bars: &[Option<RowBar>], stubs: &[Stub]) {
    if stubs.is_empty() {
        return;
    }
    canvas.open("stubs");
    for stub in stubs {
        let Some(bar) = bars.get(stub.row).and_then(Option::as_ref) else { continue };
        let (x, side) = if stub.is_finish { (bar.to, 1.0) } else { (bar.from, -1.0) };
        // What leaves and what arrives at one end stand over each other.
        let shift = if stub.leaves { 0.1 } else { -0.1 };
        let y = room.top + (stub.row as f64 + bar.middle + shift) * room.row;
        let (length, head, paint) = (room.stub() * 1.6, room.stub() * 0.7, colour(canvas, stub.weight));
        let outer = x + side * length;
        canvas.open(&format!("stub {}", stub.weight.name()));
        let width = number(room.stub() * stub.weight.width());
        canvas.strokes(&[[(x, y), (outer, y)]], &format!(r#"class="line" stroke="{paint}" stroke-width="{width}""#));
        let (tip, base) = if stub.leaves { (outer, outer - side * head) } else { (x, x + side * head) };
        let corners = [(tip, y), (base, y - head * 0.4), (base, y + head * 0.4)];
        canvas.lines(&corners, true, &format!(r#"class="head" fill="{paint}""#));
        let size = (room.row * 0.34).min(room.type_size * 0.8).max(room.least);
        let anchor = if stub.is_finish { Anchor::Start } else { Anchor::End };
        let paint = format!(r#"class="other-page" font-weight="700" fill="{paint}""#);
        canvas.text(outer + side * size * 0.3, y + size * 0.35, size, anchor, &told(&stub.pages), &paint);
        canvas.close();
    }
    canvas.close();
}

/// Where links have room: rows from a height on, between two edges, with type of a size.
pub(super) struct Room {
    pub(super) top: f64,
    pub(super) row: f64,
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) type_size: f64,
    /// Size below which nothing may be written.
    pub(super) least: f64,
}

impl Room {
    /// How far a line goes on level before it turns.
    fn stub(&self) -> f64 {
        (self.type_size * 0.6).min(self.row * 0.4)
    }
}

/// Colour of a link.
fn colour(canvas: &Canvas, weight: Weight) -> &'static str {
    match (weight, canvas.ink()) {
        (Weight::Critical, _) => canvas.alarm(),
        (Weight::Driving, _) => BLACK,
        (Weight::Other, Ink::Colour) => "#7d8993",
        (Weight::Other, Ink::Mono) => "#6f6f6f",
    }
}

/// Draws links between bars, those that matter most last, so that they lie on top.
pub(super) fn draw(canvas: &mut Canvas, room: &Room, bars: &[Option<RowBar>], links: &[Link], has_tips: bool) {
    if links.is_empty() {
        return;
    }
    let joins: Vec<Join> = links.iter().map(|link| Join { from: link.from, to: link.to, kind: link.kind }).collect();
    let routes = route(bars, &joins, Ground { left: room.left, right: room.right, stub: room.stub() });
    canvas.open("links");
    for weight in [Weight::Other, Weight::Driving, Weight::Critical] {
        let drawn = links.iter().zip(&routes).filter(|(link, route)| link.weight == weight && route.len() > 1);
        for (link, route) in drawn {
            draw_link(canvas, room, link, route, has_tips);
        }
    }
    canvas.close();
}

fn draw_link(canvas: &mut Canvas, room: &Room, link: &Link, route: &Route, has_tip: bool) {
    let (stub, paint) = (room.stub(), colour(canvas, link.weight));
    let mut points: Vec<(f64, f64)> = route.iter().map(|(x, y)| (*x, room.top + y * room.row)).collect();
    canvas.open(&format!("link {}", link.weight.name()));
    if has_tip && !link.tip.is_empty() {
        canvas.tip(&link.tip);
    }
    let [.., before, tip] = points[..] else { return canvas.close() };
    if !link.label.is_empty() {
        draw_label(canvas, room, &link.label, (before, tip), paint);
    }
    let length = (tip.0 - before.0).hypot(tip.1 - before.1).max(f64::MIN_POSITIVE);
    let (along, across) = (((tip.0 - before.0) / length, (tip.1 - before.1) / length), stub * 0.32);
    let base = (tip.0 - along.0 * stub * 0.75, tip.1 - along.1 * stub * 0.75);
    // The line ends within the head, or its square end would stand out at the tip.
    if let Some(last) = points.last_mut() {
        *last = (tip.0 - along.0 * stub * 0.4, tip.1 - along.1 * stub * 0.4);
    }
    let width = number(stub * link.weight.width());
    let line = format!(r#"class="line" fill="none" stroke="{paint}" stroke-width="{width}" stroke-linejoin="round""#);
    canvas.lines(&points, false, &line);
    let head = [
        tip,
        (base.0 - along.1 * across, base.1 + along.0 * across),
        (base.0 + along.1 * across, base.1 - along.0 * across),
    ];
    canvas.lines(&head, true, &format!(r#"class="head" fill="{paint}""#));
    canvas.close();
}

/// Kind and lag over the level line that arrives, where there is room for them.
fn draw_label(canvas: &mut Canvas, room: &Room, label: &str, (before, tip): ((f64, f64), (f64, f64)), paint: &str) {
    let size = (room.row * 0.34).min(room.type_size * 0.8);
    let has_room = before.1 == tip.1 && (tip.0 - before.0).abs() > (ems(label) + 1.0) * size;
    if size >= room.least.max(f64::MIN_POSITIVE) && has_room {
        let y = tip.1 - size * 0.25;
        canvas.text(
            (before.0 + tip.0) / 2.0,
            y,
            size,
            Anchor::Middle,
            label,
            &format!(r#"class="lag" fill="{paint}""#),
        );
    }
}

/// A link as legends show it; the width it takes comes back.
pub(super) fn sample(canvas: &mut Canvas, (x, y): (f64, f64), size: f64, weight: Weight) -> f64 {
    let (paint, stub) = (colour(canvas, weight), size * 0.6);
    let line = format!(r#"fill="none" stroke="{paint}" stroke-width="{}""#, number(stub * weight.width()));
    let (low, high) = (y + size * 0.3, y - size * 0.3);
    canvas.lines(&[(x, high), (x + size * 0.8, high), (x + size * 0.8, low), (x + size * 1.5, low)], false, &line);
    let head = [(x + size * 2.0, low), (x + size * 1.5, low - size * 0.2), (x + size * 1.5, low + size * 0.2)];
    canvas.lines(&head, true, &format!(r#"fill="{paint}""#));
    size * 2.4
}

#[cfg(test)]
mod tests {
    use super::told;

    #[test]
    fn pages_that_follow_each_other_are_a_range() {
        for (pages, text) in [(&[2][..], "2"), (&[1, 2], "1–2"), (&[1, 2, 3, 5, 8, 9], "1–3,5,8–9"), (&[], "")] {
            assert_eq!(told(pages), text);
        }
    }
}
