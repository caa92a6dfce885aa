//! The S-curve (S形曲线): shares of work over time, as planned, as required, as done, and as forecast.
//!
//! Each line is told by its dash and its mark besides its colour, and carries its name at its end. The share is that of all
//! measured work, weighed; a curve never stands on an average of percentages.

use super::frame::Frame;
use super::svg::{Anchor, Canvas, GREY, GRID, ems, number};
use super::{Heading, Ink, Sheet};
use jiff::ToSpan;
use jiff::civil::Date;

/// Height of the drawing on a screen in ems.
const SCREEN_EMS: f64 = 24.0;
/// Room for the shares at the left in ems.
const AXIS_EMS: f64 = 3.4;
/// Months that stand apart at least this many ems are all named.
const MONTH_EMS: f64 = 4.6;

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// By the approved plan: thin.
    Planned,
    /// At the latest, so that no mandated date is lost: dashed.
    Required,
    /// Done: thick.
    Actual,
    /// From today on as it is forecast: dotted.
    Forecast,
}

/// A line of the chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// What it is.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// Days with the share reached at their end, 0 to 1, in order.
    pub points: Vec<(Date, f64)>,
}

/// An S-curve.
#[derive(Clone, Debug)]
pub struct Curve {
    /// Title, stamps, what it stands on.
    pub heading: Heading,
    /// Lines, the most important last.
    pub lines: Vec<Line>,
    /// Today, with its word.
    pub today: (Date, String),
    /// What it is drawn on.
    pub sheet: Sheet,
    /// Colours or black alone.
    pub ink: Ink,
}

/// Draws an S-curve; without points, an empty frame.
pub fn draw(curve: &Curve) -> String {
    let frame = Frame::new(curve.sheet, &curve.heading, |size| SCREEN_EMS * size);
    let mut canvas = frame.begin(&curve.heading, curve.ink, "");
    let size = frame.size;
    let days = || curve.lines.iter().flat_map(|line| line.points.iter().map(|(day, _)| *day)).chain([curve.today.0]);
    let (Some(first), Some(last)) = (days().min(), days().max()) else { return canvas.finish() };
    let span = f64::from((last - first).get_days().max(1));
    let (left, right) = (frame.left + AXIS_EMS * size, frame.right - size);
    let (top, bottom) = (frame.top + size, frame.bottom - size * 2.0);
    let x = |day: Date| left + (right - left) * f64::from((day - first).get_days()) / span;
    let y = |share: f64| bottom - (bottom - top) * share.clamp(0.0, 1.0);
    draw_grid(&mut canvas, size, (left, right), &y);
    draw_months(&mut canvas, size, (first, last), (left, right), (top, bottom), &x);
    for line in &curve.lines {
        draw_line(&mut canvas, line, curve.ink, size, &x, &y);
    }
    let paint = format!(r#"class="today" stroke="{}" stroke-width="{}""#, canvas.front(), number(size * 0.12));
    canvas.strokes(&[[(x(curve.today.0), top), (x(curve.today.0), bottom)]], &paint);
    let paint = format!(r#"fill="{}" font-weight="700""#, canvas.front());
    canvas.text(x(curve.today.0) + size * 0.4, top + size * 0.4, size * 0.95, Anchor::Start, &curve.today.1, &paint);
    draw_legend(&mut canvas, curve, &frame);
    canvas.finish()
}

fn draw_grid(canvas: &mut Canvas, size: f64, (left, right): (f64, f64), y: &impl Fn(f64) -> f64) {
    canvas.open("shares");
    for quarter in 0..=4 {
        let share = f64::from(quarter) / 4.0;
        let paint = format!(r#"stroke="{GRID}" stroke-width="{}""#, number(size * 0.07));
        canvas.strokes(&[[(left, y(share)), (right, y(share))]], &paint);
        canvas.text(
            left - size * 0.5,
            y(share) + size * 0.35,
            size * 0.92,
            Anchor::End,
            &format!("{} %", quarter * 25),
            &format!(r#"fill="{GREY}""#),
        );
    }
    canvas.close();
}

/// Firsts of months; every so many of them are named that names stand apart.
fn draw_months(
    canvas: &mut Canvas,
    size: f64,
    (first, last): (Date, Date),
    (left, right): (f64, f64),
    (top, bottom): (f64, f64),
    x: &impl Fn(Date) -> f64,
) {
    let months = f64::from((last - first).get_days().max(1)) / 30.4;
    let most = ((right - left) / (size * MONTH_EMS)).max(1.0);
    let step = [1, 2, 3, 6, 12, 24, 60].into_iter().find(|step| months / f64::from(*step) <= most).unwrap_or(120);
    canvas.open("months");
    let mut month = first.first_of_month();
    while month <= last {
        let index = i32::from(month.year()) * 12 + i32::from(month.month()) - 1;
        if month >= first && index % step == 0 {
            let paint = format!(r#"stroke="{GRID}" stroke-width="{}""#, number(size * 0.07));
            canvas.strokes(&[[(x(month), top), (x(month), bottom)]], &paint);
            canvas.text(
                x(month),
                bottom + size * 1.3,
                size * 0.92,
                Anchor::Middle,
                &month.strftime("%Y-%m").to_string(),
                &format!(r#"fill="{GREY}""#),
            );
        }
        let Ok(next) = month.checked_add(1.month()) else { break };
        month = next;
    }
    canvas.close();
}

/// Colour, width in ems and dash in ems of a kind of line.
fn pen(kind: Kind, ink: Ink) -> (&'static str, f64, &'static [f64]) {
    let (colour, width, dash): (&str, f64, &[f64]) = match kind {
        Kind::Planned => ("#6b7884", 0.14, &[]),
        Kind::Required => ("#b3161b", 0.14, &[0.7, 0.4]),
        Kind::Actual => ("#1f5a86", 0.32, &[]),
        Kind::Forecast => ("#1f5a86", 0.2, &[0.2, 0.35]),
    };
    (if ink == Ink::Mono { "#000000" } else { colour }, width, dash)
}

fn paint(kind: Kind, ink: Ink, size: f64) -> String {
    let (colour, width, dash) = pen(kind, ink);
    let dash: Vec<String> = dash.iter().map(|length| number(length * size)).collect();
    let dash = if dash.is_empty() { String::new() } else { format!(r#" stroke-dasharray="{}""#, dash.join(" ")) };
    let class = match kind {
        Kind::Planned => "planned",
        Kind::Required => "required",
        Kind::Actual => "actual",
        Kind::Forecast => "forecast",
    };
    format!(
        r#"class="{class}" fill="none" stroke="{colour}" stroke-width="{}" stroke-linejoin="round"{dash}"#,
        number(width * size)
    )
}

fn draw_line(canvas: &mut Canvas, line: &Line, ink: Ink, size: f64, x: &impl Fn(Date) -> f64, y: &impl Fn(f64) -> f64) {
    if line.points.len() < 2 {
        return;
    }
    canvas.open("line");
    canvas.tip(&line.name);
    let points: Vec<(f64, f64)> = line.points.iter().map(|(day, share)| (x(*day), y(*share))).collect();
    canvas.lines(&points, false, &paint(line.kind, ink, size));
    canvas.close();
}

fn draw_legend(canvas: &mut Canvas, curve: &Curve, frame: &Frame) {
    let (mut x, y) = frame.legend();
    let size = frame.size;
    canvas.open("legend");
    for line in &curve.lines {
        let middle = y - size * 0.35;
        canvas.lines(&[(x, middle), (x + size * 2.4, middle)], false, &paint(line.kind, curve.ink, size));
        canvas.text(x + size * 2.8, y, size * 0.95, Anchor::Start, &line.name, "");
        x += size * (ems(&line.name) * 0.95 + 4.4);
    }
    canvas.close();
}
