//! Official papers and drawings on their way out: DOCX for offices that edit on, PDF for those that file, SVG for screens.

use super::Site;
use super::locale::Language;
use super::problem::{Problem, form_urlencoded};
use super::visitor::Visitor;
use crate::features::authority::missing;
use anyhow::{Context, anyhow};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use guatu_formats::charts::Sheet;
use guatu_formats::documents::{self, Block, Column, PHOTO_MM, Paper, Picture, Table};
use guatu_formats::pdf::{self, Fonts};
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageFormat, ImageReader};
use jiff::civil::Date;
use std::io::Cursor;
use std::sync::OnceLock;

/// Fonts of the system, found once.
static FONTS: OnceLock<Fonts> = OnceLock::new();

/// Media type of Excel workbooks.
pub const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/// Length of a day as pages write it.
const ISO_DAY_LEN: usize = "2026-11-26".len();
const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

/// What is stamped across the head of every paper of this installation.
pub fn stamps(site: &Site, visitor: &Visitor) -> Vec<String> {
    let stamps = [(site.stamps.is_rehearsal, "shell.rehearsal"), (site.stamps.is_demo, "shell.demo")];
    stamps.iter().filter(|(is_stamped, _)| *is_stamped).map(|(_, key)| visitor.t(key)).collect()
}

/// A list as a table of at most so many rows, its caption saying how many are left out; none where there is nothing to list.
/// Without a caption, which a heading over it may make needless, only that is said. A column is the key of its title, its
/// share of the width, and whether it holds numbers.
pub fn list(
    visitor: &Visitor,
    caption: &str,
    columns: &[(&str, u32, bool)],
    mut rows: Vec<Vec<String>>,
    most: usize,
) -> Option<Block> {
    let caption = match (rows.len(), rows.len().saturating_sub(most)) {
        (0, _) => return None,
        (_, 0) if caption.is_empty() => String::new(),
        (_, 0) => visitor.t(caption),
        (_, left_out) if caption.is_empty() => visitor.tf("round.more", &[("count", left_out.to_string())]),
        (_, left_out) => visitor.tf("shell.cut", &[("what", visitor.t(caption)), ("count", left_out.to_string())]),
    };
    rows.truncate(most);
    let columns = columns
        .iter()
        .map(|(key, share, is_number)| Column { title: visitor.t(key), share: *share, is_number: *is_number })
        .collect();
    Some(Block::Table(Table { caption, columns, rows }))
}

/// The parts of a paper under numbered headings, keys of the locale files. What there is nothing of is not mentioned, so that
/// the numbers follow one another.
pub fn parts(visitor: &Visitor, parts: Vec<(&str, Vec<Block>)>) -> Vec<Block> {
    let mut blocks = Vec::new();
    for (at, (key, part)) in parts.into_iter().filter(|(_, part)| !part.is_empty()).enumerate() {
        let title = visitor.t(key);
        blocks.push(Block::Heading(visitor.tf(&format!("shell.heading_{}", at + 1), &[("title", title)])));
        blocks.extend(part);
    }
    blocks
}

/// A picture of a paper; `None` when it is no JPEG, which a copy always is.
pub fn picture(jpeg: Vec<u8>, caption: String) -> Option<Picture> {
    let reader = ImageReader::with_format(Cursor::new(&jpeg), ImageFormat::Jpeg);
    let (width, height) = reader.into_dimensions().ok()?;
    Some(Picture { jpeg, width, height, caption, most_mm: PHOTO_MM })
}

/// Height of a drawing on paper at most, in millimetres.
pub const DRAWING_MM: u32 = 85;
/// Pixels of a drawing on paper: two to a row, each a third of a page wide, at about 300 dots an inch.
const DRAWING_PX: u32 = 960;
/// Quality of a drawing as a JPEG: its letters are small.
const DRAWING_QUALITY: u8 = 92;

/// A drawing as a picture of a paper, which offices that edit on can keep.
///
/// # Errors
/// When no font is installed.
pub fn drawn(svg: &str, caption: String) -> anyhow::Result<Picture> {
    let (width, height, colours) = pdf::to_pixels(svg, DRAWING_PX, fonts()?)?;
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, DRAWING_QUALITY).encode(
        &colours,
        width,
        height,
        ExtendedColorType::Rgb8,
    )?;
    Ok(Picture { jpeg, width, height, caption, most_mm: DRAWING_MM })
}

/// A paper as a file to be saved, its sentences with days as papers write them (GB/T 9704-2012, 7.3.5.2: year, month and day in
/// full). `format` is `pdf` or `docx`; anything else is not there. `name` has no extension.
pub async fn download(visitor: &Visitor, mut paper: Paper, format: &str, name: &str) -> Result<Response, Problem> {
    as_printed(visitor, &mut paper);
    let (bytes, kind) = match format {
        "docx" => (documents::docx(&paper).map_err(|fault| anyhow!(fault))?, DOCX),
        "pdf" => (tokio::task::spawn_blocking(move || draw(&paper)).await.context("drawing")??, "application/pdf"),
        _ => return Err(missing().into()),
    };
    let disposition = format!("attachment; filename=\"{name}.{format}\"");
    Ok(([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, disposition)], bytes).into_response())
}

/// Pages that a paper takes once its days are written in full.
pub fn page_count(visitor: &Visitor, paper: &Paper) -> usize {
    let mut paper = paper.clone();
    as_printed(visitor, &mut paper);
    documents::pages(&paper).len()
}

/// A paper's words as paper has them: days in full in sentences, and in Chinese no gaps.
fn as_printed(visitor: &Visitor, paper: &mut Paper) {
    paper.for_each_sentence(|sentence| *sentence = with_days_in_full(visitor, sentence));
    if visitor.language == Language::Zh {
        paper.for_each_sentence(|sentence| *sentence = close_set(sentence));
        paper.for_each_label(|label| *label = close_set(label));
    }
}

/// A sentence without the gaps that pages leave between Han characters and figures, so that no line ends between a number and
/// what it counts; nor any beside a mark that has its own.
fn close_set(sentence: &str) -> String {
    let is_mark = |letter: char| matches!(letter, '\u{3000}'..='\u{303f}' | '\u{ff00}'..='\u{ff65}');
    let is_han = |letter: char| letter.is_alphabetic() && !letter.is_ascii() && letter > '\u{2e80}';
    let letters: Vec<char> = sentence.chars().collect();
    let is_figure = |at: usize| match letters.get(at) {
        Some('+' | '-') => letters.get(at + 1).is_some_and(char::is_ascii_digit),
        found => found.is_some_and(|letter| letter.is_ascii_alphanumeric() || *letter == '%'),
    };
    let is_gap = |at: usize| match (at.checked_sub(1).map(|before| letters[before]), letters.get(at + 1)) {
        (Some(before), Some(after)) if letters[at] == ' ' => {
            let is_between = (is_han(before) && is_figure(at + 1)) || (is_han(*after) && is_figure(at - 1));
            is_between || is_mark(before) || is_mark(*after)
        }
        _ => false,
    };
    (0..letters.len()).filter(|at| !is_gap(*at)).map(|at| letters[at]).collect()
}

/// A sentence with its days in full: `2026-11-26` stands in it as pages write days, and is part of no longer number.
fn with_days_in_full(visitor: &Visitor, sentence: &str) -> String {
    let (mut written, mut rest) = (String::with_capacity(sentence.len() + 16), sentence);
    while let Some(dash) = rest.find('-') {
        let from = dash.saturating_sub(4);
        let day = rest.get(from..from + ISO_DAY_LEN).and_then(|text| text.parse::<Date>().ok());
        let is_joined = |letter: Option<char>| {
            letter.is_some_and(|letter| letter.is_ascii_alphanumeric() || letter == '-' || letter == '/')
        };
        let before = rest.get(..from).and_then(|before| before.chars().next_back());
        let after = rest.get(from + ISO_DAY_LEN..).and_then(|after| after.chars().next());
        match day.filter(|_| !is_joined(before) && !is_joined(after)) {
            Some(day) => {
                let (long, before) = (long_day(visitor, day), &rest[..from]);
                rest = &rest[from + ISO_DAY_LEN..];
                // A day in full ends in a Han character itself.
                let is_han = |letter: Option<char>| {
                    !long.is_ascii() && letter.is_some_and(|letter| letter.is_alphabetic() && !letter.is_ascii())
                };
                written.push_str(
                    before.strip_suffix(' ').filter(|before| is_han(before.chars().next_back())).unwrap_or(before),
                );
                written.push_str(&long);
                rest = rest.strip_prefix(' ').filter(|after| is_han(after.chars().next())).unwrap_or(rest);
            }
            None => {
                let (past, next) = rest.split_at(dash + 1);
                written.push_str(past);
                rest = next;
            }
        }
    }
    written + rest
}

/// A day with year, month and day in full.
pub fn long_day(visitor: &Visitor, day: Date) -> String {
    let month = visitor.t(&format!("month.m{}", day.month()));
    visitor.tf("shell.long_day", &[("year", day.year().to_string()), ("month", month), ("day", day.day().to_string())])
}

/// A drawing of one page: `svg` for the screen, `pdf` of the page's size for paper; anything else is not there.
pub async fn drawing(svg: String, format: &str, sheet: Sheet, name: &str) -> Result<Response, Problem> {
    let (bytes, kind) = match (format, sheet) {
        ("svg", _) => (svg.into_bytes(), "image/svg+xml"),
        ("pdf", Sheet::Paper { width_mm, height_mm }) => {
            let drawn =
                tokio::task::spawn_blocking(move || anyhow::Ok(pdf::from_svg(&svg, width_mm, height_mm, fonts()?)?));
            (drawn.await.context("drawing")??, "application/pdf")
        }
        _ => return Err(missing().into()),
    };
    let disposition = format!("inline; filename=\"{name}.{format}\"");
    Ok(([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, disposition)], bytes).into_response())
}

/// Fonts of the system.
pub fn fonts() -> anyhow::Result<&'static Fonts> {
    Ok(match FONTS.get() {
        Some(fonts) => fonts,
        None => {
            let loaded = Fonts::load()?;
            FONTS.get_or_init(|| loaded)
        }
    })
}

fn draw(paper: &Paper) -> anyhow::Result<Vec<u8>> {
    let pages = documents::pages(paper);
    let (width_mm, height_mm) = paper.form.page_mm();
    Ok(pdf::from_pages(&pages, width_mm, height_mm, fonts()?)?)
}

/// A file to be saved, never shown: a name that holds anything but letters travels percent-encoded (RFC 6266).
pub fn saved(bytes: Vec<u8>, media_type: &'static str, name: &str) -> Response {
    let plain: String = name
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() || ".-_".contains(letter) { letter } else { '_' })
        .collect();
    let encoded = form_urlencoded(name).replace('/', "%2F");
    let disposition = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}");
    let disposition = HeaderValue::from_str(&disposition).unwrap_or_else(|_| HeaderValue::from_static("attachment"));
    ([(header::CONTENT_TYPE, HeaderValue::from_static(media_type)), (header::CONTENT_DISPOSITION, disposition)], bytes)
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::close_set;

    #[test]
    fn figures_stand_close_to_what_they_count() {
        for (page, paper) in [
            ("已报 0 栋，其中新增 3 个。 待办 2 项", "已报0栋，其中新增3个。待办2项"),
            ("完成 45.5% 以上", "完成45.5%以上"),
            ("无标记 自报  ◆ 监理有异议", "无标记 自报  ◆ 监理有异议"),
            ("See the PDF of 3 works", "See the PDF of 3 works"),
            ("差 -15.0 个，A - B", "差-15.0个，A - B"),
            (" 12 ", " 12 "),
        ] {
            assert_eq!(close_set(page), paper);
        }
    }
}
