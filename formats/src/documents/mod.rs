//! Official papers: bulletins, minutes, letters in the measures of GB/T 9704-2012, as PDF and as DOCX.
//!
//! A page is 210 × 297 mm with a text block of 156 × 225 mm, 28 mm from the edge it is bound at and 37 mm from the upper one;
//! 22 lines of 28 characters fill the block (the standard's clauses 5 and 6). Papers are printed on both sides and bound at
//! the left, so an odd page is bound at its left edge and an even one at its right. The real fonts of official papers are not free: DOCX names
//! them, since the offices that open it have them; PDF is set in what is installed, on the same grid.

mod columns;
mod docx;
mod lay_out;

pub use docx::write as docx;
pub use lay_out::pages;

/// Width of a page in millimetres.
const PAGE_WIDTH_MM: f64 = 210.0;
/// Height of a page in millimetres.
const PAGE_HEIGHT_MM: f64 = 297.0;
/// Left edge of the text block on odd pages: the margin they are bound in.
pub(crate) const LEFT_MM: f64 = 28.0;
/// Left edge of the text block on even pages: the margin away from the binding.
pub(crate) const OUTER_MM: f64 = PAGE_WIDTH_MM - LEFT_MM - WIDTH_MM;
/// Top edge of the text block.
pub(crate) const TOP_MM: f64 = 37.0;
/// Width of the text block.
pub(crate) const WIDTH_MM: f64 = 156.0;
/// Height of the text block.
pub(crate) const HEIGHT_MM: f64 = 225.0;
/// Width of a picture, two of which stand in a row, in millimetres.
pub const PICTURE_MM: f64 = 75.0;

/// Height of a photograph at most, in millimetres: three quarters of its width, as phones take them.
pub const PHOTO_MM: u32 = 56;
/// Characters in a line.
pub(crate) const CHARS: f64 = 28.0;
/// Lines on a page.
pub(crate) const LINES: f64 = 22.0;

/// What kind of paper it is: what stands at its head, and how dense it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// A bulletin, a brief or minutes: a red masthead, editor and date over a red line.
    #[default]
    Bulletin,
    /// A letter (GB/T 9704-2012, clause 10.1): the issuing body between red double lines, its number flush right, signature
    /// and date under the text, no number on the first page.
    Letter,
    /// A profile on one sheet: its title alone, editor and date under it, tables in 10 pt.
    Sheet,
    /// A sheet that lies across, for tables of many columns: bound at its upper edge, its text block 225 × 156 mm.
    Across,
}

impl Form {
    /// Whether it lies across.
    pub fn is_across(self) -> bool {
        self == Form::Across
    }

    /// Whether it is a sheet: its title alone at its head, tables in 10 pt.
    fn is_sheet(self) -> bool {
        matches!(self, Form::Sheet | Form::Across)
    }

    /// Width and height of its pages in millimetres.
    pub fn page_mm(self) -> (f64, f64) {
        if self.is_across() { (PAGE_HEIGHT_MM, PAGE_WIDTH_MM) } else { (PAGE_WIDTH_MM, PAGE_HEIGHT_MM) }
    }

    /// Width and height of its text block in millimetres.
    fn block_mm(self) -> (f64, f64) {
        if self.is_across() { (HEIGHT_MM, WIDTH_MM) } else { (WIDTH_MM, HEIGHT_MM) }
    }

    /// Left and upper edge of its text block on odd pages: what lies across has its upper edge where others are bound, and at its
    /// left what is below on others.
    fn corner_mm(self) -> (f64, f64) {
        if self.is_across() { (PAGE_HEIGHT_MM - TOP_MM - HEIGHT_MM, LEFT_MM) } else { (LEFT_MM, TOP_MM) }
    }
}

/// A paper to be laid out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Paper {
    /// Its kind.
    pub form: Form,
    /// Large red line at the head: the name of the bulletin; of a letter the issuing body.
    pub masthead: String,
    /// Under it, centred, of a letter flush right: the number of the issue or of the document.
    pub number: String,
    /// Left over the red line who edits; under the text of a letter who signs.
    pub office: String,
    /// Right over the red line, of a letter under who signs: the date.
    pub date: String,
    /// Title.
    pub title: String,
    /// To whom, flush left before the text; empty for none.
    pub recipients: String,
    /// The text.
    pub blocks: Vec<Block>,
    /// Lines over the foot: reported to, sent to.
    pub copies: Vec<String>,
    /// The head of the ledger the figures stand on, in words and as a QR code.
    pub proof: Option<Proof>,
    /// Stamps across the head: invented data, rehearsal, draft.
    pub stamps: Vec<String>,
}

impl Paper {
    /// What is written in sentences, each to be rewritten: headings, paragraphs and facts. Tables, numbers, the proof
    /// and what stands under pictures are none.
    pub fn for_each_sentence(&mut self, mut rewrite: impl FnMut(&mut String)) {
        rewrite(&mut self.title);
        rewrite(&mut self.date);
        for block in &mut self.blocks {
            match block {
                Block::Heading(text) | Block::Paragraph(text) => rewrite(text),
                Block::Facts(facts) => facts.iter_mut().for_each(|(_, value)| rewrite(value)),
                Block::Pictures(_) => {}
                Block::Table(table) => rewrite(&mut table.caption),
            }
        }
    }

    /// What stands in words and is no sentence: cells, what stands under pictures, recipients, copies and the proof.
    pub fn for_each_label(&mut self, mut rewrite: impl FnMut(&mut String)) {
        rewrite(&mut self.recipients);
        self.copies.iter_mut().for_each(&mut rewrite);
        self.proof.iter_mut().flat_map(|proof| &mut proof.lines).for_each(&mut rewrite);
        for block in &mut self.blocks {
            match block {
                Block::Table(table) => table.rows.iter_mut().flatten().for_each(&mut rewrite),
                Block::Pictures(pictures) => pictures.iter_mut().for_each(|picture| rewrite(&mut picture.caption)),
                Block::Heading(_) | Block::Paragraph(_) | Block::Facts(_) => {}
            }
        }
    }
}

/// A part of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// A heading of the first level.
    Heading(String),
    /// A paragraph, indented by two characters.
    Paragraph(String),
    /// A table with a head that repeats on every page.
    Table(Table),
    /// What is known of one thing: names and values, two to a line.
    Facts(Vec<(String, String)>),
    /// Pictures, two in a row.
    Pictures(Vec<Picture>),
}

impl Block {
    /// The pictures in it.
    fn pictures(&self) -> &[Picture] {
        match self {
            Block::Pictures(pictures) => pictures,
            _ => &[],
        }
    }
}

/// A picture with what stands under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// The file, a JPEG.
    pub jpeg: Vec<u8>,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// What it shows, where and when.
    pub caption: String,
    /// How high it may stand, in millimetres: [`PHOTO_MM`] for what is taken, more for what is drawn and read.
    pub most_mm: u32,
}

impl Picture {
    /// Width and height in millimetres within half the block's width and its own height, keeping the shape.
    fn size_mm(&self) -> (f64, f64) {
        let (width, height) = (f64::from(self.width.max(1)), f64::from(self.height.max(1)));
        let scale = (PICTURE_MM / width).min(f64::from(self.most_mm) / height);
        (width * scale, height * scale)
    }
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// What it shows, above it.
    pub caption: String,
    /// Columns: title, share of the width, whether it holds numbers.
    pub columns: Vec<Column>,
    /// Rows of as many cells.
    pub rows: Vec<Vec<String>>,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Title.
    pub title: String,
    /// Share of the width.
    pub share: u32,
    /// Whether it holds numbers, set flush right.
    pub is_number: bool,
}

/// What proves a paper: anybody with the ledger's key can check it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// In words.
    pub lines: Vec<String>,
    /// Cells of the QR code, row by row, dark ones true; a square.
    pub cells: Vec<Vec<bool>>,
}

/// The QR code of a text; `None` when it is too long for one.
pub fn qr(text: &str) -> Option<Vec<Vec<bool>>> {
    let code = qrcode::QrCode::with_error_correction_level(text, qrcode::EcLevel::M).ok()?;
    let colours = code.to_colors();
    Some(
        colours
            .chunks(code.width())
            .map(|row| row.iter().map(|colour| *colour == qrcode::Color::Dark).collect())
            .collect(),
    )
}
