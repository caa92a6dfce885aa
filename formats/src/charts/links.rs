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
