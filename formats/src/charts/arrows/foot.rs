//! Sentences and the legend under an arrow diagram.

use guatu_kernel::drawing::ArrowKind;

use super::super::svg::{Anchor, BLACK, Canvas, GREY, ems, fitted, number};
use super::ArrowChart;
use super::measures::Measures;

/// Sentences and the legend under the rows.
pub(super) fn draw_foot(canvas: &mut Canvas, chart: &ArrowChart, at: &Measures, unnamed: usize) {
    let size = at.frame.size;
    canvas.open("notes");
    for (line, note) in chart.notes.iter().enumerate() {
        let y = at.end + size * (1.3 + line as f64 * 1.5);
        let text = fitted(note, (at.frame.right - at.frame.left) / size);
        canvas.text(at.frame.left, y, size, Anchor::Start, &text, &format!(r#"class="note" fill="{GREY}""#));
    }
    canvas.close();
    let (mut x, y) = at.frame.legend();
    let (middle, long, words) = (y - size * 0.35, size * 2.4, &chart.words);
    let (alarm, front) = (canvas.alarm(), canvas.front());
    canvas.open("legend");
    let line = |canvas: &mut Canvas, x: f64, colour: &str, wide: f64, dash: &str| {
        let paint = format!(r#"stroke="{colour}" stroke-width="{}"{dash}"#, number(wide * size));
        canvas.strokes(&[[(x, middle), (x + long, middle)]], &paint);
    };
    let say = |canvas: &mut Canvas, x: &mut f64, text: &str| {
        *x += long + size * 0.4;
        canvas.text(*x, y, size, Anchor::Start, text, "");
        *x += (ems(text) + 1.4) * size;
    };
    let has = |kind: fn(&ArrowKind) -> bool| chart.diagram.arrows.iter().any(|arrow| kind(&arrow.kind));
    line(canvas, x, alarm, 0.24, "");
    say(canvas, &mut x, &words.critical);
    line(canvas, x, BLACK, 0.1, "");
    say(canvas, &mut x, &words.work);
    canvas.wave(
        (x, x + long),
        middle,
        size * 0.22,
        &format!(r#"stroke="{BLACK}" stroke-width="{}""#, number(size * 0.085)),
    );
    say(canvas, &mut x, &words.float);
    if has(|kind| *kind == ArrowKind::Dummy) {
        line(
            canvas,
            x,
            BLACK,
            0.075,
            &format!(r#" stroke-dasharray="{} {}""#, number(size * 0.36), number(size * 0.26)),
        );
        say(canvas, &mut x, &words.dummy);
    }
    if has(|kind| matches!(kind, ArrowKind::Waiting { .. })) {
        line(canvas, x, BLACK, 0.075, "");
        say(canvas, &mut x, &words.waiting);
    }
    if chart.diagram.events.iter().any(|event| !event.milestones.is_empty()) {
        for part in [0.5, 0.7] {
            canvas.circle(
                x + long / 2.0,
                middle,
                size * part,
                &format!(r#"fill="none" stroke="{BLACK}" stroke-width="{}""#, number(size * 0.07)),
            );
        }
        say(canvas, &mut x, &words.milestone);
    }
    if chart.data_date.is_some() {
        let dash = [6.0, 2.0, 1.2, 2.0].map(|part| number(part * size * 0.1)).join(" ");
        line(canvas, x, front, 0.16, &format!(r#" stroke-dasharray="{dash}""#));
        say(canvas, &mut x, &words.front);
    }
    if !chart.flags.is_empty() {
        canvas.lines(
            &[
                (x + long * 0.4, middle - size * 0.5),
                (x + long * 0.4 + size * 0.9, middle - size * 0.1),
                (x + long * 0.4, middle + size * 0.3),
            ],
            true,
            &format!(r#"fill="{alarm}""#),
        );
        say(canvas, &mut x, &words.mandated);
    }
    if unnamed > 0 {
        let text = chart.words.unnamed.replace("{count}", &unnamed.to_string());
        canvas.text(x + long, y, size, Anchor::Start, &text, &format!(r#"class="unnamed" fill="{GREY}""#));
    }
    canvas.close();
}
