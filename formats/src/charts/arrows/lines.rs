//! Arrows, events and the progress front line of an arrow diagram.

use guatu_kernel::drawing::ArrowKind;
use jiff::civil::Date;

use super::super::svg::{Anchor, BLACK, Canvas, GREY, number};
use super::measures::Measures;
use super::texts::{Taken, Text};
use super::{ArrowChart, SMALL};

/// An upright line of an event, to be told apart from others beside it.
struct Leg {
    x: f64,
    top: f64,
    bottom: f64,
    event: usize,
}

/// Where the upright lines of each arrow stand at its tail and head. Those of different events that would lie on each other
/// stand a little aside, still within the circles.
pub(super) fn lay_legs(chart: &ArrowChart, at: &Measures, taken: &mut Taken) -> Vec<[f64; 2]> {
    let mut legs: Vec<Leg> = Vec::new();
    let size = at.size;
    let mut stand = |event: usize, x: f64, y: f64, to: f64| -> f64 {
        if (y - to).abs() < 1e-9 {
            return x;
        }
        let (top, bottom) = (y.min(to), y.max(to));
        let is_free = |x: f64| {
            legs.iter().all(|leg| {
                leg.event == event
                    || (leg.x - x).abs() > at.radius * 0.25
                    || leg.bottom <= top + 1e-9
                    || leg.top >= bottom - 1e-9
            })
        };
        let found = [0.0, 0.5, -0.5].map(|part| x + part * at.radius).into_iter().find(|x| is_free(*x)).unwrap_or(x);
        legs.push(Leg { x: found, top, bottom, event });
        found
    };
    let line = size * 0.12;
    let (layout, events) = (&chart.layout, &chart.diagram.events);
    let ends = chart.diagram.arrows.iter().enumerate().map(|(number, arrow)| {
        let row = at.y(layout.arrow_rows[number]);
        let (tail, head) = (at.y(layout.event_rows[arrow.tail]), at.y(layout.event_rows[arrow.head]));
        let is_upright = !layout.is_level[number];
        // A dummy is a line of its own: it must not lie on a line that carries work.
        let key = |event: usize| if arrow.kind == ArrowKind::Dummy { events.len() + number } else { event };
        let leaves = if is_upright {
            stand(key(arrow.tail), at.x(arrow.from_day), tail, head)
        } else {
            stand(key(arrow.tail), at.x(arrow.from_day), tail, row)
        };
        let arrives = if is_upright { leaves } else { stand(key(arrow.head), at.x(arrow.to_day), row, head) };
        let far = if is_upright { head } else { row };
        taken.hard.push([leaves - line, tail.min(far), leaves + line, tail.max(far)]);
        taken.hard.push([arrives - line, row.min(head), arrives + line, row.max(head)]);
        if !is_upright {
            taken.hard.push([leaves, row - line, arrives, row + line]);
        }
        [leaves, arrives]
    });
    ends.collect()
}

pub(super) fn draw_arrow(
    canvas: &mut Canvas,
    chart: &ArrowChart,
    at: &Measures,
    index: usize,
    legs: &[f64; 2],
    texts: &[Option<Text>; 2],
) {
    let (arrow, said, size, r) = (&chart.diagram.arrows[index], &chart.said[index], at.size, at.radius);
    let class = match arrow.kind {
        ArrowKind::Work { .. } => "work",
        ArrowKind::Waiting { .. } => "waiting",
        ArrowKind::Dummy => "dummy",
    };
    let href = said.href.as_ref().filter(|_| chart.sheet.has_links());
    if let Some(href) = href {
        canvas.open_link(href);
    }
    canvas.open(&format!("arrow {class}{}", if arrow.is_critical { " critical" } else { "" }));
    if chart.sheet.has_links() && !said.tip.is_empty() {
        canvas.tip(&said.tip);
    }
    let colour = if arrow.is_critical { canvas.alarm() } else { BLACK };
    let wide = match (arrow.kind, arrow.is_critical) {
        (ArrowKind::Work { .. }, true) => 0.24,
        (ArrowKind::Work { .. }, false) => 0.1,
        (_, true) => 0.16,
        (_, false) => 0.075,
    } * size;
    let width = number(wide);
    let solid = format!(r#"class="line" stroke="{colour}" stroke-width="{width}" stroke-linejoin="round""#);
    let dash = number(size * 0.36);
    let dashed = format!(r#"{solid} stroke-dasharray="{dash} {}""#, number(size * 0.26));
    let upright = if arrow.kind == ArrowKind::Dummy { &dashed } else { &solid };
    let layout = &chart.layout;
    let y = at.y(layout.arrow_rows[index]);
    let (tail, head) = (at.y(layout.event_rows[arrow.tail]), at.y(layout.event_rows[arrow.head]));
    let [leaves, arrives] = *legs;
    let rim = |x: f64, event_x: f64| (r * r - (x - event_x).powi(2)).max(0.0).sqrt();
    let point = size * 0.5;
    let (tail_x, head_x) = (at.x(arrow.from_day), at.x(arrow.to_day));
    if !layout.is_level[index] {
        let side = (head - tail).signum();
        let (from, to) = (tail + side * rim(leaves, tail_x), head - side * rim(leaves, head_x));
        canvas.strokes(&[[(leaves, from), (leaves, to - side * point * 0.6)]], upright);
        arrowhead(canvas, (leaves, to), (0.0, side), point, colour);
        canvas.close();
        if href.is_some() {
            canvas.close_link();
        }
        return;
    }
    let is_level = |other: f64| (other - y).abs() < 1e-9;
    if !is_level(tail) {
        let side = (y - tail).signum();
        canvas.strokes(&[[(leaves, tail + side * rim(leaves, tail_x)), (leaves, y)]], upright);
    }
    let begin = if is_level(tail) { tail_x + r } else { leaves };
    let end = if is_level(head) { head_x - r } else { arrives };
    let tip = if is_level(head) { end - point * 0.6 } else { end };
    let turn = if arrow.kind == ArrowKind::Dummy { begin } else { at.x(arrow.solid_day).min(end).max(begin) };
    let waves = arrow.wave_days() > 0.0 && end - turn > size * 0.5;
    if turn > begin || !waves {
        canvas.strokes(&[[(begin, y), (if waves { turn } else { tip.max(begin) }, y)]], &solid);
    }
    if waves {
        canvas.wave(
            (turn, tip.max(turn + size * 0.4)),
            y,
            size * 0.22,
            &format!(r#"class="wave" stroke="{colour}" stroke-width="{}""#, number(size * 0.085)),
        );
    }
    if is_level(head) {
        arrowhead(canvas, (end, y), (1.0, 0.0), point, colour);
    } else {
        let side = (head - y).signum();
        let to = head - side * rim(arrives, head_x);
        canvas.strokes(&[[(arrives, y), (arrives, to - side * point * 0.6)]], upright);
        arrowhead(canvas, (arrives, to), (0.0, side), point, colour);
    }
    let quiet =
        if arrow.kind == ArrowKind::Dummy || matches!(arrow.kind, ArrowKind::Waiting { .. }) { GREY } else { BLACK };
    let weight = if arrow.is_critical { r#" font-weight="700""# } else { "" };
    if let [Some(name), _] = texts {
        name.draw(canvas, &format!(r#"class="name" fill="{quiet}"{weight}"#));
    }
    if let [_, Some(days)] = texts {
        days.draw(canvas, &format!(r#"class="days" fill="{GREY}""#));
    }
    canvas.close();
    if href.is_some() {
        canvas.close_link();
    }
}

/// The point of an arrow at a place, in a direction.
fn arrowhead(canvas: &mut Canvas, (x, y): (f64, f64), (dx, dy): (f64, f64), long: f64, colour: &str) {
    let half = long * 0.32;
    let (bx, by) = (x - dx * long, y - dy * long);
    canvas.lines(
        &[(x, y), (bx - dy * half, by + dx * half), (bx + dy * half, by - dx * half)],
        true,
        &format!(r#"fill="{colour}""#),
    );
}

pub(super) fn draw_events(canvas: &mut Canvas, chart: &ArrowChart, at: &Measures, names: &[Option<Text>]) {
    let (size, r) = (at.size, at.radius);
    let mut critical = vec![false; chart.diagram.events.len()];
    for arrow in chart.diagram.arrows.iter().filter(|arrow| arrow.is_critical) {
        (critical[arrow.tail], critical[arrow.head]) = (true, true);
    }
    for (event, shown) in chart.diagram.events.iter().enumerate() {
        let (x, y) = (at.x(shown.day), at.y(chart.layout.event_rows[event]));
        let is_milestone = !shown.milestones.is_empty();
        let said = chart.milestones.get(event).filter(|_| chart.sheet.has_links());
        let href = said.and_then(|said| said.href.as_ref());
        if let Some(href) = href {
            canvas.open_link(href);
        }
        canvas.open(&format!(
            "event{}{}",
            if is_milestone { " milestone" } else { "" },
            if critical[event] { " critical" } else { "" }
        ));
        if let Some(tip) = said.map(|said| &said.tip).filter(|tip| !tip.is_empty()) {
            canvas.tip(tip);
        }
        let colour = if critical[event] { canvas.alarm() } else { BLACK };
        let wide = if critical[event] { 0.16 } else { 0.1 };
        canvas.circle(x, y, r, &format!(r##"fill="#fff" stroke="{colour}" stroke-width="{}""##, number(size * wide)));
        if is_milestone {
            canvas.circle(
                x,
                y,
                r * 1.28,
                &format!(r#"fill="none" stroke="{colour}" stroke-width="{}""#, number(size * 0.07)),
            );
        }
        let type_size = (size * SMALL).max(at.frame.least);
        canvas.text(
            x,
            y + type_size * 0.36,
            type_size,
            Anchor::Middle,
            &chart.layout.numbers[event].to_string(),
            r#"class="number""#,
        );
        if let Some(text) = &names[event] {
            text.draw(canvas, &format!(r#"class="milestone" font-weight="700" fill="{colour}""#));
        }
        canvas.close();
        if href.is_some() {
            canvas.close_link();
        }
    }
}

/// Where the front line goes: from the data date over the axis through every row in which work is due or under way, to the
/// data date below. Of several works in a row the first that is late speaks, or else the one furthest ahead: they follow
/// each other.
pub(super) fn front_points(chart: &ArrowChart, at: &Measures, data_date: Date) -> Vec<(f64, f64)> {
    let today = at.axis.start(data_date);
    let mut fronts: Vec<Option<Date>> = vec![None; chart.layout.row_count];
    for (number, (said, arrow)) in chart.said.iter().zip(&chart.diagram.arrows).enumerate() {
        let is_due = matches!(arrow.kind, ArrowKind::Work { .. })
            && at.x(arrow.from_day) < today
            && today < at.x(arrow.solid_day);
        let Some(front) = said.front.or(is_due.then_some(data_date)) else { continue };
        let slot = &mut fronts[chart.layout.arrow_rows[number]];
        *slot = Some(match *slot {
            None => front,
            Some(other) if front < data_date || other < data_date => front.min(other),
            Some(other) => front.max(other),
        });
    }
    let mut points = vec![(today, at.rows_top - at.frame.size * 0.1)];
    points.extend(
        fronts.iter().enumerate().filter_map(|(row, front)| front.map(|front| (at.axis.start(front), at.y(row)))),
    );
    points.push((today, at.end));
    points
}

pub(super) fn draw_front(canvas: &mut Canvas, chart: &ArrowChart, at: &Measures, data_date: Date) {
    let (size, paint) = (at.frame.size, canvas.front());
    let points = front_points(chart, at, data_date);
    let (today, head) = points[0];
    canvas.strokes(
        &[[(today, head), (today, at.end)]],
        &format!(r#"class="data-date" stroke="{paint}" stroke-width="{}" stroke-opacity="0.5""#, number(size * 0.08)),
    );
    let wide = size * 0.18;
    let dash = [6.0, 2.0, 1.2, 2.0].map(|part| number(part * wide)).join(" ");
    canvas.lines(
        &points,
        false,
        &format!(r#"class="front" fill="none" stroke="{paint}" stroke-width="{}" stroke-linejoin="round" stroke-dasharray="{dash}""#, number(wide)),
    );
}
