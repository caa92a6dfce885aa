//! Drawings as SVG: bars against a time axis with their links, arrow diagrams, float paths, flowlines, wants of resources and chances
//! on it, the matrix of places by stages, a building as it stands, and the S-curve.
//! Pure: values in, text out.
//!
//! Every text is passed in. Shapes and patterns carry the meaning, colour repeats it, so that a drawing printed in black
//! and white says the same. Presentation attributes are written on the elements: a drawing stands alone in a page, in a
//! file and in a PDF.

pub mod arrows;
mod axis;
pub mod bars;
pub mod curve;
pub mod elevation;
pub mod fan;
mod flags;
pub mod flowline;
mod frame;
pub mod histogram;
pub mod links;
pub mod matrix;
pub mod paths;
pub(crate) mod svg;

/// The state of a bar or cell, from best to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lamp {
    /// Finished: a ring.
    Done,
    /// Not begun and not due: a dashed ring.
    Idle,
    /// On time: a disc.
    Good,
    /// At risk: a triangle.
    Warn,
    /// Late: a square.
    Bad,
}

impl Lamp {
    /// Its name in classes and locale keys.
    pub fn name(self) -> &'static str {
        match self {
            Lamp::Done => "done",
            Lamp::Idle => "idle",
            Lamp::Good => "good",
            Lamp::Warn => "warn",
            Lamp::Bad => "bad",
        }
    }
}

/// Colours or black alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// Colours.
    Colour,
    /// Black, greys and patterns.
    Mono,
}

/// What is drawn on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sheet {
    /// Paper of a fixed size in millimetres; type fills it, links are left out.
    Paper {
        /// Width.
        width_mm: f64,
        /// Height.
        height_mm: f64,
    },
    /// A screen of a width in pixels; the height follows from the rows, bars are links.
    Screen {
        /// Width.
        width_px: f64,
    },
}

impl Sheet {
    /// Paper of the series A in landscape: 0 for A0 to 4 for A4.
    pub fn series_a(number: u8) -> Sheet {
        let (width_mm, height_mm) = match number {
            0 => (1189.0, 841.0),
            1 => (841.0, 594.0),
            2 => (594.0, 420.0),
            3 => (420.0, 297.0),
            _ => (297.0, 210.0),
        };
        Sheet::Paper { width_mm, height_mm }
    }

    /// Whether bars may be links.
    fn has_links(self) -> bool {
        matches!(self, Sheet::Screen { .. })
    }
}

/// What stands around every drawing.
#[derive(Clone, Debug, Default)]
pub struct Heading {
    /// The title.
    pub title: String,
    /// Under the title.
    pub subtitle: String,
    /// What the drawing stands on, `as of № 1234`.
    pub as_of: String,
    /// Stamps in the upper corner: demo, rehearsal.
    pub stamps: Vec<String>,
}

/// Names of the lamps, for the legend.
#[derive(Clone, Debug, Default)]
pub struct LampWords {
    /// Finished.
    pub done: String,
    /// Not begun.
    pub idle: String,
    /// On time.
    pub good: String,
    /// At risk.
    pub warn: String,
    /// Late.
    pub bad: String,
}

impl LampWords {
    /// Lamps with their names, worst first.
    fn entries(&self) -> [(Lamp, &str); 5] {
        [
            (Lamp::Bad, &self.bad),
            (Lamp::Warn, &self.warn),
            (Lamp::Good, &self.good),
            (Lamp::Done, &self.done),
            (Lamp::Idle, &self.idle),
        ]
    }
}
