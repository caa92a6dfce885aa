//! Texts of our own drawings, set glyph by glyph.
//!
//! A shaping engine prepares its tables anew for every text, which for a Chinese font takes milliseconds; a wall chart has
//! thousands of texts. Labels of Han characters, Latin letters and digits need no shaping: each character is its glyph, side
//! by side. Drawings that ask for more than [`Line`] holds are left to the general way.

use std::sync::Arc;

use krilla::color::rgb;
use krilla::geom::{Point, Transform};
use krilla::num::NormalizedF32;
use krilla::paint::{Fill, FillRule};
use krilla::surface::Surface;
use krilla::text::{Font, GlyphId, KrillaGlyph};
use ttf_parser::Face;
use usvg::roxmltree::{Document, Node};

/// A weight of a family.
#[derive(Clone, Debug)]
pub(super) struct Weight {
    font: Font,
    bytes: Arc<Vec<u8>>,
    index: u32,
}

impl Weight {
    /// A weight from the bytes of a font file.
    pub(super) fn new(bytes: Vec<u8>, index: u32) -> Option<Weight> {
        let bytes = Arc::new(bytes);
        Some(Weight { font: Font::new(bytes.clone().into(), index)?, bytes, index })
    }
}

/// What texts are set in, with characters and their widths.
pub(super) struct Faces<'a> {
    /// Regular and bold of drawings, then text and titles of papers.
    all: [(&'a Weight, Face<'a>); 4],
}

impl<'a> Faces<'a> {
    /// From regular and bold of drawings, text and titles of papers; `None` when one is no font.
    pub(super) fn of(weights: [&'a Weight; 4]) -> Option<Faces<'a>> {
        let parsed = weights.map(|weight| Some((weight, Face::parse(&weight.bytes, weight.index).ok()?)));
        let [regular, bold, text, title] = parsed;
        Some(Faces { all: [regular?, bold?, text?, title?] })
    }

    /// What a character of a line is set in: of a paper in the drawings' face where its own lacks it.
    fn of_letter(&self, line: &Line, letter: char) -> (&'a Weight, &Face<'a>) {
        let (of_drawing, of_paper) =
            if line.is_bold { (&self.all[1], &self.all[3]) } else { (&self.all[0], &self.all[2]) };
        let has_own = line.is_of_paper && of_paper.1.glyph_index(letter).is_some();
        let (weight, face) = if has_own { of_paper } else { of_drawing };
        (*weight, face)
    }
}

/// A text on a straight baseline, in the drawing's own unit.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line {
    x: f32,
    y: f32,
    size: f32,
    /// Part of the text's width that stands left of the point.
    before: f32,
    is_bold: bool,
    /// Whether it is text or a title of a paper.
    is_of_paper: bool,
    colour: [u8; 3],
    text: String,
}

/// All texts of a drawing, and the width of its own unit system; `None` where a text needs the general way.
pub(super) fn lines(drawing: &Document<'_>) -> Option<(Vec<Line>, f32)> {
    let root = drawing.root_element();
    let mut view = root.attribute("viewBox")?.split_whitespace().map(|part| part.parse::<f32>().ok());
    let (Some(Some(left)), Some(Some(top)), Some(Some(width))) = (view.next(), view.next(), view.next()) else {
        return None;
    };
    if width <= 0.0 || root.descendants().any(|node| node.has_attribute("transform")) {
        return None;
    }
    let texts = root.descendants().filter(|node| node.has_tag_name(("http://www.w3.org/2000/svg", "text")));
    let placed = |node| line(node).map(|line| Line { x: line.x - left, y: line.y - top, ..line });
    Some((texts.map(placed).collect::<Option<_>>()?, width))
}

fn line(node: Node<'_, '_>) -> Option<Line> {
    if node.children().any(|child| child.is_element()) || node.has_attribute("style") {
        return None;
    }
    let number = |name: &str| node.attribute(name).and_then(|value| value.parse::<f32>().ok());
    let inherited = |name: &str| node.ancestors().find_map(|above| above.attribute(name));
    Some(Line {
        x: number("x")?,
        y: number("y")?,
        size: number("font-size").filter(|size| *size > 0.0)?,
        before: match inherited("text-anchor") {
            None | Some("start") => 0.0,
            Some("middle") => 0.5,
            Some("end") => 1.0,
            Some(_) => return None,
        },
        is_bold: match inherited("font-weight") {
            None | Some("400" | "normal") => false,
            Some("700" | "bold") => true,
            Some(_) => return None,
        },
        is_of_paper: inherited("font-family") == Some("serif"),
        colour: colour(inherited("fill").unwrap_or("#000000"))?,
        text: node.text().unwrap_or_default().to_owned(),
    })
}

/// `#rrggbb`.
fn colour(text: &str) -> Option<[u8; 3]> {
    let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
    let part = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).ok();
    Some([part(0)?, part(2)?, part(4)?])
}

/// Sets texts on a surface whose unit is `scale` points.
pub(super) fn set(surface: &mut Surface<'_>, lines: &[Line], scale: f32, faces: &Faces<'_>) {
    surface.push_transform(&Transform::from_scale(scale, scale));
    for line in lines {
        let letters: Vec<(&Weight, KrillaGlyph)> = line
            .text
            .char_indices()
            .map(|(at, letter)| {
                let (weight, face) = faces.of_letter(line, letter);
                let glyph = face.glyph_index(letter).unwrap_or(ttf_parser::GlyphId(0));
                let advance = f32::from(face.glyph_hor_advance(glyph).unwrap_or(0)) / f32::from(face.units_per_em());
                let id = GlyphId::new(u32::from(glyph.0));
                (weight, KrillaGlyph::new(id, advance, 0.0, 0.0, 0.0, at..at + letter.len_utf8(), None))
            })
            .collect();
        let width =
            |run: &[(&Weight, KrillaGlyph)]| run.iter().map(|(_, glyph)| glyph.x_advance).sum::<f32>() * line.size;
        let [red, green, blue] = line.colour;
        surface.set_stroke(None);
        surface.set_fill(Some(Fill {
            paint: rgb::Color::new(red, green, blue).into(),
            opacity: NormalizedF32::ONE,
            rule: FillRule::NonZero,
        }));
        let mut x = line.x - width(&letters) * line.before;
        for run in letters.chunk_by(|one, next| std::ptr::eq(one.0, next.0)) {
            let glyphs: Vec<KrillaGlyph> = run.iter().map(|(_, glyph)| glyph.clone()).collect();
            surface.draw_glyphs(
                Point::from_xy(x, line.y),
                &glyphs,
                run[0].0.font.clone(),
                &line.text,
                line.size,
                false,
            );
            x += width(run);
        }
    }
    surface.pop();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_of(svg: &str) -> Option<(Vec<Line>, f32)> {
        Document::parse(svg).ok().and_then(|document| lines(&document))
    }

    #[test]
    fn only_plain_texts_are_set_here() {
        let found = |text: &str| {
            let svg = format!(
                r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 50" fill="#102030"><g font-weight="700">{text}</g></svg>"##
            );
            lines_of(&svg)
        };

        let (lines, width) =
            found(r#"<text x="1" y="2" font-size="3" text-anchor="end">a&amp;b</text>"#).expect("a plain text");
        let line = Line {
            x: 1.0,
            y: 2.0,
            size: 3.0,
            before: 1.0,
            is_bold: true,
            is_of_paper: false,
            colour: [0x10, 0x20, 0x30],
            text: "a&b".into(),
        };
        assert_eq!((lines, width), (vec![line], 100.0));
        let moved = r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="2 1 100 50"><text x="5" y="5" font-size="3">a</text></svg>"#;
        let (lines, _) = lines_of(moved).expect("a plain text");
        assert_eq!((lines[0].x, lines[0].y), (3.0, 4.0), "where the view begins elsewhere");
        for other in [
            r#"<text x="1" y="2" font-size="3"><tspan>a</tspan></text>"#,
            r#"<text x="1" y="2" font-size="3" fill="red">a</text>"#,
            r#"<text x="1" y="2" font-size="3" transform="scale(2)">a</text>"#,
            r#"<text x="1" y="2">a</text>"#,
        ] {
            assert_eq!(found(other), None, "{other}");
        }
    }
}
