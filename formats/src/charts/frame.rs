//! What every drawing has around it: title, stamps, what it stands on, and the room that is left for the drawing.

use super::svg::{Anchor, Canvas, GREY, ems, fitted, number};
use super::{Heading, Ink, Sheet};

/// Type of paper A0 in millimetres; other papers in proportion to their sides.
const A0_TYPE_MM: f64 = 6.0;
/// The geometric mean of A0's sides in millimetres.
const A0_SIDE_MM: f64 = 1000.0;
/// Least type of paper A0 in points; with every halving of the sheet one point less, so 7 on A3.
const A0_LEAST_POINTS: f64 = 10.0;
/// Millimetres of a point.
const MM_PER_POINT: f64 = 25.4 / 72.0;
/// The smallest of a frame's own texts, in parts of usual type.
const SMALLEST_PART: f64 = 0.9;
/// Type of a screen in pixels.
const SCREEN_TYPE_PX: f64 = 13.0;

/// Measures of a drawing in its own unit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) unit: &'static str,
    /// Size of usual type.
    pub(super) size: f64,
    /// Size below which nothing may be written; 0 on a screen, which is nearer than a wall and can be magnified.
    pub(super) least: f64,
    pub(super) left: f64,
    pub(super) right: f64,
    /// First line free for the drawing.
    pub(super) top: f64,
    /// Last line free for the drawing; the legend stands below it.
    pub(super) bottom: f64,
}

impl Frame {
    /// The frame of a sheet; `body` is the height that a screen needs between heading and legend.
    pub(super) fn new(sheet: Sheet, heading: &Heading, body: impl Fn(f64) -> f64) -> Frame {
        let has_title = !heading.title.is_empty();
        match sheet {
            Sheet::Paper { width_mm, height_mm } => {
                let side = (width_mm * height_mm).sqrt() / A0_SIDE_MM;
                // Small sheets are held in the hand, not seen from nearer and nearer: type shrinks more slowly than paper.
                let least = (A0_LEAST_POINTS + 2.0 * side.log2()).max(5.0) * MM_PER_POINT;
                let size = (A0_TYPE_MM * side).max(least / SMALLEST_PART);
                let margin = size * 2.5;
                Frame {
                    width: width_mm,
                    height: height_mm,
                    unit: "mm",
                    size,
                    least,
                    left: margin,
                    right: width_mm - margin,
                    top: margin + if has_title { size * 5.2 } else { 0.0 },
                    bottom: height_mm - margin - size * 2.6,
                }
            }
            Sheet::Screen { width_px } => {
                let size = SCREEN_TYPE_PX;
                let top = if has_title { size * 5.0 } else { size * 0.5 };
                let bottom = top + body(size);
                Frame {
                    width: width_px,
                    height: bottom + size * 3.0,
                    unit: "px",
                    size,
                    least: 0.0,
                    left: size * 0.5,
                    right: width_px - size * 0.5,
                    top,
                    bottom,
                }
            }
        }
    }

    /// Begins the drawing with its heading; `page` is `1 / 3` where there are several.
    pub(super) fn begin(&self, heading: &Heading, ink: Ink, page: &str) -> Canvas {
        let mut canvas = Canvas::new(self.width, self.height, self.unit, ink, &heading.title);
        let size = self.size;
        canvas.open("heading");
        let mut right = self.right;
        if !heading.title.is_empty() {
            let base = self.top - size * 5.2;
            for stamp in &heading.stamps {
                let width = (ems(stamp) + 1.6) * size * 1.5;
                let paint = format!(
                    r#"class="stamp" fill="none" stroke="{}" stroke-width="{}""#,
                    canvas.alarm(),
                    number(size * 0.18)
                );
                canvas.rect(right - width, base + size * 0.1, width, size * 2.3, &paint);
                let paint = format!(r#"class="stamp" font-weight="700" fill="{}""#, canvas.alarm());
                canvas.text(right - width / 2.0, base + size * 1.75, size * 1.5, Anchor::Middle, stamp, &paint);
                right -= width + size;
            }
            let room = (right - self.left) / (size * 2.4);
            let title = fitted(&heading.title, room);
            canvas.text(
                self.left,
                base + size * 2.1,
                size * 2.4,
                Anchor::Start,
                &title,
                r#"class="title" font-weight="700""#,
            );
            let paint = format!(r#"class="subtitle" fill="{GREY}""#);
            canvas.text(self.left, base + size * 4.0, size * 1.15, Anchor::Start, &heading.subtitle, &paint);
        }
        let foot = if page.is_empty() { heading.as_of.clone() } else { format!("{}   {page}", heading.as_of) };
        let paint = format!(r#"class="as-of" fill="{GREY}""#);
        canvas.text(self.right, self.bottom + size * 2.2, size * 0.95, Anchor::End, &foot, &paint);
        canvas.close();
        canvas
    }

    /// Where legends stand: left edge and baseline.
    pub(super) fn legend(&self) -> (f64, f64) {
        (self.left, self.bottom + self.size * 2.2)
    }
}
