//! A writer of SVG text: numbers with two decimals, escaped text, and the widths that text will take.

use std::fmt::Write as _;

use super::{Ink, Lamp};

/// Families in order of preference; the first are those of the printed drawings.
const FAMILY: &str = "Noto Sans CJK SC, Noto Sans SC, Source Han Sans SC, PingFang SC, Microsoft YaHei, sans-serif";

/// Black of text and outlines.
pub(super) const BLACK: &str = "#16202a";
/// Grey of text that matters less.
pub(super) const GREY: &str = "#5a6672";
/// Lines of the grid.
pub(super) const GRID: &str = "#d4dae0";
/// Every second row.
pub(super) const BAND: &str = "#f3f6f8";

/// A drawing being written. Lengths are in the drawing's own unit: millimetres on paper, pixels on a screen.
#[derive(Debug)]
pub(super) struct Canvas {
    text: String,
    ink: Ink,
}

/// Where a text stands in relation to its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A number with at most two decimals.
pub(crate) fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// Text safe between tags and in attributes. Characters that XML cannot hold become spaces.
pub(crate) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            letter if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => safe.push(' '),
            letter => safe.push(letter),
        }
    }
    safe
}

/// Estimated width of a text in ems: Han and other wide characters 1, the rest by kind.
pub(crate) fn ems(text: &str) -> f64 {
    text.chars()
        .map(|letter| match letter {
            'i' | 'j' | 'l' | '.' | ',' | ':' | '|' | '\'' | ' ' => 0.28,
            'm' | 'w' | 'M' | 'W' | '%' | '@' => 0.9,
            'A'..='Z' => 0.65,
            // Quotation marks, dashes, signs and circled numbers are as wide as Han characters in a Chinese font.
            ..'\u{2014}' => 0.56,
            _ => 1.0,
        })
        .sum()
}

/// The text, cut with an ellipsis to fit a width in ems.
pub(super) fn fitted(text: &str, width: f64) -> String {
    if ems(text) <= width {
        return text.to_owned();
    }
    let mut cut = String::new();
    let mut used = 1.0;
    for letter in text.chars() {
        used += ems(letter.encode_utf8(&mut [0; 4]));
        if used > width {
            break;
        }
        cut.push(letter);
    }
    cut.push('…');
    cut
}

impl Canvas {
    /// Begins a drawing; `unit` is `mm` or `px`.
    pub(super) fn new(width: f64, height: f64, unit: &str, ink: Ink, title: &str) -> Canvas {
        let (w, h) = (number(width), number(height));
        let mut text = format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="{w}{unit}" height="{h}{unit}" viewBox="0 0 {w} {h}" role="img" font-family="{FAMILY}" fill="{BLACK}"><title>{}</title>"#,
            escape(title)
        );
        if ink == Ink::Mono {
            // Lengths of the pattern are in the unit of the drawing; a screen's pixel is about a quarter millimetre.
            let step = if unit == "mm" { 1.2 } else { 4.0 };
            let _ = write!(
                text,
                r##"<defs><pattern id="hatch" width="{s}" height="{s}" patternUnits="userSpaceOnUse"><rect width="{s}" height="{s}" fill="#fff"/><path d="M0 {s}L{s} 0" stroke="#000" stroke-width="{t}"/></pattern></defs>"##,
                s = number(step),
                t = number(step / 4.0)
            );
        }
        let _ = write!(text, r##"<rect class="ground" width="{w}" height="{h}" fill="#fff"/>"##);
        Canvas { text, ink }
    }

    /// Colours or black alone.
    pub(super) fn ink(&self) -> Ink {
        self.ink
    }

    /// Ends the drawing.
    pub(super) fn finish(mut self) -> String {
        self.text.push_str("</svg>");
        self.text
    }

    /// Opens a group with a class.
    pub(super) fn open(&mut self, class: &str) {
        let _ = write!(self.text, r#"<g class="{class}">"#);
    }

    /// Closes the innermost group.
    pub(super) fn close(&mut self) {
        self.text.push_str("</g>");
    }

    /// Opens a link.
    pub(super) fn open_link(&mut self, href: &str) {
        let _ = write!(self.text, r#"<a href="{}">"#, escape(href));
    }

    /// Closes a link.
    pub(super) fn close_link(&mut self) {
        self.text.push_str("</a>");
    }

    /// What a pointer shows, of the group just opened.
    pub(super) fn tip(&mut self, text: &str) {
        let _ = write!(self.text, "<title>{}</title>", escape(text));
    }

    /// A rectangle; `paint` holds its presentation attributes.
    pub(super) fn rect(&mut self, x: f64, y: f64, width: f64, height: f64, paint: &str) {
        let (x, y, w, h) = (number(x), number(y), number(width.max(0.0)), number(height.max(0.0)));
        let _ = write!(self.text, r#"<rect x="{x}" y="{y}" width="{w}" height="{h}" {paint}/>"#);
    }

    /// A path of straight lines; closed or open.
    pub(super) fn lines(&mut self, points: &[(f64, f64)], is_closed: bool, paint: &str) {
        let mut data = String::new();
        for (at, (x, y)) in points.iter().enumerate() {
            let _ = write!(data, "{}{} {}", if at == 0 { 'M' } else { 'L' }, number(*x), number(*y));
        }
        if is_closed {
            data.push('Z');
        }
        let _ = write!(self.text, r#"<path d="{data}" {paint}/>"#);
    }

    /// A level wave from one place to another, in whole swings.
    pub(super) fn wave(&mut self, (from, to): (f64, f64), y: f64, tall: f64, paint: &str) {
        let swings = ((to - from) / (tall * 3.2)).round().max(1.0);
        let half = (to - from) / swings / 2.0;
        let mut data = format!("M{} {}", number(from), number(y));
        for swing in 0..swings as usize * 2 {
            let side = if swing % 2 == 0 { -tall } else { tall };
            // The top of such a curve is half as high as the point that bends it.
            let _ = write!(data, "q{} {} {} 0", number(half / 2.0), number(side * 1.6), number(half));
        }
        let _ = write!(self.text, r#"<path d="{data}" fill="none" {paint}/>"#);
    }

    /// Many separate lines as one path.
    pub(super) fn strokes(&mut self, lines: &[[(f64, f64); 2]], paint: &str) {
        let mut data = String::new();
        for [(ax, ay), (bx, by)] in lines {
            let _ = write!(data, "M{} {}L{} {}", number(*ax), number(*ay), number(*bx), number(*by));
        }
        let _ = write!(self.text, r#"<path d="{data}" fill="none" {paint}/>"#);
    }

    /// A circle.
    pub(super) fn circle(&mut self, x: f64, y: f64, radius: f64, paint: &str) {
        let _ = write!(self.text, r#"<circle cx="{}" cy="{}" r="{}" {paint}/>"#, number(x), number(y), number(radius));
    }

    /// A line of text on a baseline.
    pub(super) fn text(&mut self, x: f64, y: f64, size: f64, anchor: Anchor, text: &str, paint: &str) {
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => r#" text-anchor="middle""#,
            Anchor::End => r#" text-anchor="end""#,
        };
        let gap = if paint.is_empty() { "" } else { " " };
        let (x, y, size) = (number(x), number(y), number(size));
        let _ = write!(
            self.text,
            r#"<text x="{x}" y="{y}" font-size="{size}"{anchor}{gap}{paint}>{}</text>"#,
            escape(text)
        );
    }

    /// The fill of a lamp.
    pub(super) fn fill(&self, lamp: Lamp) -> &'static str {
        match (self.ink, lamp) {
            (Ink::Colour, Lamp::Done) => "#8a97a3",
            (Ink::Colour, Lamp::Idle) => "#ffffff",
            (Ink::Colour, Lamp::Good) => "#2e9e5b",
            (Ink::Colour, Lamp::Warn) => "#f2a93b",
            (Ink::Colour, Lamp::Bad) => "#c62f2f",
            (Ink::Mono, Lamp::Done) => "#b8b8b8",
            (Ink::Mono, Lamp::Idle | Lamp::Good) => "#ffffff",
            (Ink::Mono, Lamp::Warn) => "url(#hatch)",
            (Ink::Mono, Lamp::Bad) => "#000000",
        }
    }

    /// The outline of a lamp: always darker than its fill.
    pub(super) fn edge(&self, lamp: Lamp) -> &'static str {
        match (self.ink, lamp) {
            (Ink::Mono, _) => "#000000",
            (Ink::Colour, Lamp::Done) => "#5f6c78",
            (Ink::Colour, Lamp::Idle) => "#6b7884",
            (Ink::Colour, Lamp::Good) => "#1c7440",
            (Ink::Colour, Lamp::Warn) => "#a86a08",
            (Ink::Colour, Lamp::Bad) => "#8e1c1c",
        }
    }

    /// The colour of the data date and the front line: that of no lamp.
    pub(super) fn front(&self) -> &'static str {
        if self.ink == Ink::Mono { "#000000" } else { "#0a3d91" }
    }

    /// The colour that calls: critical work, mandated dates.
    pub(super) fn alarm(&self) -> &'static str {
        if self.ink == Ink::Mono { "#000000" } else { "#b3161b" }
    }

    /// A lamp as a shape: disc, triangle, square, ring, dashed ring.
    pub(super) fn lamp(&mut self, x: f64, y: f64, radius: f64, lamp: Lamp) {
        let class = lamp.name();
        let (fill, edge, width) = (self.fill(lamp), self.edge(lamp), number(radius * 0.22));
        let paint = format!(r#"class="lamp {class}" fill="{fill}" stroke="{edge}" stroke-width="{width}""#);
        match lamp {
            Lamp::Good if self.ink == Ink::Mono => {
                self.circle(x, y, radius, &format!(r#"class="lamp {class}" fill="{BLACK}""#));
            }
            Lamp::Good => self.circle(x, y, radius, &paint),
            Lamp::Warn => {
                let points = [
                    (x, y - radius * 1.05),
                    (x + radius * 1.1, y + radius * 0.85),
                    (x - radius * 1.1, y + radius * 0.85),
                ];
                self.lines(&points, true, &paint);
            }
            Lamp::Bad => self.rect(x - radius * 0.95, y - radius * 0.95, radius * 1.9, radius * 1.9, &paint),
            Lamp::Done | Lamp::Idle => {
                let dash = if lamp == Lamp::Idle {
                    format!(r#" stroke-dasharray="{0} {0}""#, number(radius * 0.5))
                } else {
                    String::new()
                };
                let width = number(radius * 0.35);
                let paint =
                    format!(r##"class="lamp {class}" fill="#fff" stroke="{edge}" stroke-width="{width}"{dash}"##);
                self.circle(x, y, radius * 0.85, &paint);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_outside_stays_text() {
        assert_eq!(escape("<a href=\"x\">&\u{7}"), "&lt;a href=&quot;x&quot;&gt;&amp; ");
        assert_eq!(number(-0.001), "0");
        assert_eq!(number(12.50), "12.5");
        assert_eq!(fitted("abcdefghijkl", 4.0), "abcde…");
        assert_eq!(fitted("ab", 4.0), "ab");
    }
}
