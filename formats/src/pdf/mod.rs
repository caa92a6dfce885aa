//! Drawings as PDF: vector, at an exact page size, with the used glyphs of the fonts embedded as text.
//!
//! Drawings are set in Noto Sans CJK, papers in what GB/T 9704-2012 asks for where it is installed (仿宋 for text, 小标宋 for
//! titles), else in Noto Serif CJK. Fonts are found in the system's folders; they are not part of the program. The same
//! drawing with the same fonts gives the same bytes: no date and no random identifier is written.

mod lettering;

use std::sync::Arc;

use krilla::Document;
use krilla::geom::Size;
use krilla::page::PageSettings;
use krilla_svg::{SurfaceExt as _, SvgSettings};
use lettering::{Faces, Weight};
use usvg::fontdb::{Database, Family, Query};

/// Points of a millimetre.
const POINTS_PER_MM: f64 = 72.0 / 25.4;

/// Largest side of a page in millimetres: 14,400 points, more than which PDF readers refuse.
const LARGEST_SIDE_MM: f64 = 5_080.0;

/// Families that hold Chinese and Latin, in order of preference.
const FAMILIES: [&str; 3] = ["Noto Sans CJK SC", "Source Han Sans SC", "Noto Sans SC"];

/// Families for the text of papers.
const TEXT_FAMILIES: [&str; 6] =
    ["FangSong_GB2312", "FangSong", "STFangsong", "Noto Serif CJK SC", "Source Han Serif SC", "Noto Serif SC"];

/// Families for titles of papers; those that are not drawn for titles are set bold.
const TITLE_FAMILIES: [&str; 5] =
    ["FZXiaoBiaoSong-B05S", "FZXiaoBiaoSong-B05", "Noto Serif CJK SC", "Source Han Serif SC", "Noto Serif SC"];

/// Why there is no PDF.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PdfError {
    /// No font with Chinese is installed.
    NoFont,
    /// The drawing is not SVG, or the page has no size.
    Drawing(String),
    /// The PDF could not be written.
    Writing(String),
}

impl std::fmt::Display for PdfError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            PdfError::NoFont => f.write_str("no font with Chinese is installed; install the Debian package fonts-noto-cjk, or put Noto Sans CJK SC into /usr/local/share/fonts"),
            PdfError::Drawing(fault) => write!(f, "the drawing cannot be printed: {fault}"),
            PdfError::Writing(fault) => write!(f, "the PDF cannot be written: {fault}"),
        }
    }
}

impl std::error::Error for PdfError {}

/// The fonts drawings are set in; loaded once, shared by all drawings.
#[derive(Clone, Debug)]
pub struct Fonts {
    database: Arc<Database>,
    family: &'static str,
    regular: Weight,
    bold: Weight,
    /// Text of papers; that of drawings where none is installed.
    text: Weight,
    /// Titles of papers; bold of drawings where none is installed.
    title: Weight,
}

impl Fonts {
    /// Finds the fonts of the system. Takes a moment: call it once.
    ///
    /// # Errors
    /// [`PdfError::NoFont`] when none of the families is installed.
    pub fn load() -> Result<Fonts, PdfError> {
        let mut database = Database::new();
        database.load_system_fonts();
        let has = |database: &Database, family: &str| {
            database.faces().any(|face| face.families.iter().any(|(name, _)| name == family))
        };
        let family = FAMILIES.into_iter().find(|family| has(&database, family)).ok_or(PdfError::NoFont)?;
        let load = |database: &Database, family: &str, weight| {
            let query = Query { families: &[Family::Name(family)], weight, ..Query::default() };
            let found = database
                .query(&query)
                .and_then(|id| database.with_face_data(id, |data, index| Weight::new(data.to_vec(), index)));
            found.flatten()
        };
        let first = |families: &[&str], weight| {
            let installed = families.iter().find(|family| has(&database, family))?;
            load(&database, installed, weight)
        };
        let text = first(&TEXT_FAMILIES, usvg::fontdb::Weight::NORMAL);
        let title = first(&TITLE_FAMILIES, usvg::fontdb::Weight::BOLD);
        // Only the weights that drawings use: a search for a glyph must not walk through hundreds of faces.
        let others: Vec<_> = database
            .faces()
            .filter(|face| !face.families.iter().any(|(name, _)| name == family) || !matches!(face.weight.0, 400 | 700))
            .map(|face| face.id)
            .collect();
        for id in others {
            database.remove_face(id);
        }
        database.set_sans_serif_family(family);
        let weight = |weight| load(&database, family, weight).ok_or(PdfError::NoFont);
        let (regular, bold) = (weight(usvg::fontdb::Weight::NORMAL)?, weight(usvg::fontdb::Weight::BOLD)?);
        let (text, title) = (text.unwrap_or_else(|| regular.clone()), title.unwrap_or_else(|| bold.clone()));
        Ok(Fonts { database: Arc::new(database), family, regular, bold, text, title })
    }

    /// The family that was found.
    pub fn family(&self) -> &'static str {
        self.family
    }
}

/// A drawing as a PDF of one page.
///
/// # Errors
/// A drawing that is no SVG, or a page without a usable size.
pub fn from_svg(svg: &str, width_mm: f64, height_mm: f64, fonts: &Fonts) -> Result<Vec<u8>, PdfError> {
    from_pages(&[svg.to_owned()], width_mm, height_mm, fonts)
}

/// A drawing in pixels, for what takes no drawings: width, height, and red, green and blue of each pixel, on white.
///
/// # Errors
/// As [`from_svg`].
pub fn to_pixels(svg: &str, width_px: u32, fonts: &Fonts) -> Result<(u32, u32, Vec<u8>), PdfError> {
    let tree = usvg::Tree::from_str(svg, &options(fonts)).map_err(|fault| PdfError::Drawing(fault.to_string()))?;
    let scale = width_px as f32 / tree.size().width();
    let height_px = (tree.size().height() * scale).ceil() as u32;
    let mut pixels = resvg::tiny_skia::Pixmap::new(width_px, height_px)
        .ok_or_else(|| PdfError::Drawing(format!("a picture of {width_px} × {height_px} pixels cannot be made")))?;
    pixels.fill(resvg::tiny_skia::Color::WHITE);
    resvg::render(&tree, resvg::tiny_skia::Transform::from_scale(scale, scale), &mut pixels.as_mut());
    // On white nothing shines through, so that colours are what is stored.
    let colours = pixels.data().chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
    Ok((width_px, height_px, colours))
}

/// Drawings as pages of one PDF, all of one size.
///
/// # Errors
/// As [`from_svg`].
pub fn from_pages(drawings: &[String], width_mm: f64, height_mm: f64, fonts: &Fonts) -> Result<Vec<u8>, PdfError> {
    let is_usable = |side: f64| side.is_finite() && side > 1.0 && side <= LARGEST_SIDE_MM;
    if !is_usable(width_mm) || !is_usable(height_mm) {
        return Err(PdfError::Drawing(format!("a page of {width_mm} × {height_mm} mm cannot be made")));
    }
    let size = Size::from_wh((width_mm * POINTS_PER_MM) as f32, (height_mm * POINTS_PER_MM) as f32)
        .ok_or_else(|| PdfError::Drawing("the page has no size".into()))?;
    let faces = Faces::of([&fonts.regular, &fonts.bold, &fonts.text, &fonts.title]).ok_or(PdfError::NoFont)?;
    let mut document = Document::new();
    for drawing in drawings {
        let wrong = |fault: usvg::roxmltree::Error| PdfError::Drawing(fault.to_string());
        let parsed = usvg::roxmltree::Document::parse(drawing).map_err(wrong)?;
        let lines = lettering::lines(&parsed);
        let mut options = options(fonts);
        if lines.is_some() {
            // Texts are set here afterwards. A resolver that knows no font passes them over; an empty database would
            // do the same and complain of every text.
            options.font_resolver.select_font = Box::new(|_, _| None);
        }
        let tree = usvg::Tree::from_xmltree(&parsed, &options).map_err(|fault| PdfError::Drawing(fault.to_string()))?;
        let mut page = document.start_page_with(PageSettings::new(size));
        let mut surface = page.surface();
        surface
            .draw_svg(&tree, size, SvgSettings::default())
            .ok_or_else(|| PdfError::Drawing("it holds something that has no place in a PDF".into()))?;
        if let Some((lines, width)) = lines {
            lettering::set(&mut surface, &lines, size.width() / width, &faces);
        }
        surface.finish();
        page.finish();
    }
    document.finish().map_err(|fault| PdfError::Writing(format!("{fault:?}")))
}

/// A drawing refers to nothing outside itself, whatever it says; a picture within it is a JPEG.
fn options(fonts: &Fonts) -> usvg::Options<'static> {
    usvg::Options {
        fontdb: fonts.database.clone(),
        font_family: fonts.family.to_owned(),
        resources_dir: None,
        image_href_resolver: usvg::ImageHrefResolver {
            resolve_data: Box::new(|media_type, data, _| {
                (media_type == "image/jpeg").then_some(usvg::ImageKind::JPEG(data))
            }),
            resolve_string: Box::new(|_, _| None),
        },
        ..usvg::Options::default()
    }
}
