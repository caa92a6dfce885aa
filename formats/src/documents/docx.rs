//! A paper as DOCX: WordprocessingML written plainly, in the measures and with the fonts that official papers name.

use super::columns::{Columns, columns};
use super::{Block, Form, Paper, Picture, Table};
use crate::charts::svg::{ems, escape};
use std::io::{Cursor, Write};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Body: size 3, 16 pt; in half points.
const BODY: u32 = 32;
/// Title: size 2, 22 pt.
const TITLE: u32 = 44;
/// Tables: 12 pt.
const SMALL: u32 = 24;
/// Tables of a form that has to stay on one sheet: 10 pt.
const DENSE: u32 = 20;
/// Width of the text block of a page upright, in twentieths of a point.
const WIDTH: u32 = 8844;
/// Width of that of a page across.
const WIDTH_ACROSS: u32 = 12756;
/// What a cell keeps free at its two sides, where nothing else is said.
const CELL_GAP: f64 = 216.0;
/// Characters of a fact's value beside another: two lines of half the width.
const FACT_CHARS: f64 = 26.0;
/// Fonts by the names that word processors know.
const FANGSONG: &str = "FangSong_GB2312";
const SONG_TITLE: &str = "FZXiaoBiaoSong-B05S";
const HEITI: &str = "SimHei";
/// How a masthead is set.
const RED: &str = r#"<w:b/><w:color w:val="C8102E"/>"#;

/// Writes a paper. The same paper gives the same bytes.
///
/// # Errors
/// Only when memory runs out while packing.
pub fn write(paper: &Paper) -> Result<Vec<u8>, String> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default();
    let mut parts = vec![
        ("[Content_Types].xml", CONTENT_TYPES.to_owned()),
        ("_rels/.rels", RELATIONS.to_owned()),
        ("word/_rels/document.xml.rels", DOCUMENT_RELATIONS.to_owned()),
        ("word/settings.xml", SETTINGS.to_owned()),
        ("word/footer1.xml", footer("right")),
        ("word/footer2.xml", footer("left")),
        ("word/document.xml", document(paper)),
    ];
    if paper.form == Form::Letter {
        parts[0].1 = with_parts(CONTENT_TYPES, "</Types>", &[HEADER_TYPE, FOOTER_TYPE]);
        parts[2].1 = with_parts(DOCUMENT_RELATIONS, "</Relationships>", &[HEADER_RELATION, FOOTER_RELATION]);
        parts.push(("word/header1.xml", letterhead(paper)));
        parts.push(("word/footer3.xml", letter_foot()));
    }
    let pictures: Vec<&Picture> = paper.blocks.iter().flat_map(Block::pictures).collect();
    if !pictures.is_empty() {
        let relations: Vec<String> = (0..pictures.len()).map(picture_relation).collect();
        let relations: Vec<&str> = relations.iter().map(String::as_str).collect();
        parts[0].1 = with_parts(&parts[0].1, "</Types>", &[PICTURE_TYPE]);
        parts[2].1 = with_parts(&parts[2].1, "</Relationships>", &relations);
    }
    let mut files: Vec<(String, Vec<u8>)> =
        parts.into_iter().map(|(name, text)| (name.to_owned(), text.into_bytes())).collect();
    files.extend(pictures.iter().enumerate().map(|(at, one)| (format!("word/media/{at}.jpg"), one.jpeg.clone())));
    for (name, bytes) in files {
        archive.start_file(name, options).map_err(|fault| fault.to_string())?;
        archive.write_all(&bytes).map_err(|fault| fault.to_string())?;
    }
    archive.finish().map(Cursor::into_inner).map_err(|fault| fault.to_string())
}

const HEADER: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#;
const CONTENT_TYPES: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/><Override PartName="/word/settings.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.settings+xml"/><Override PartName="/word/footer1.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"/><Override PartName="/word/footer2.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"/></Types>"#;
const RELATIONS: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>"#;
const DOCUMENT_RELATIONS: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/settings" Target="settings.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/footer" Target="footer1.xml"/><Relationship Id="rId3" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/footer" Target="footer2.xml"/></Relationships>"#;
const SETTINGS: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:settings xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:mirrorMargins/><w:evenAndOddHeaders/></w:settings>"#;

const HEADER_TYPE: &str = r#"<Override PartName="/word/header1.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.header+xml"/>"#;
const FOOTER_TYPE: &str = r#"<Override PartName="/word/footer3.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"/>"#;
const HEADER_RELATION: &str = r#"<Relationship Id="rId4" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/header" Target="header1.xml"/>"#;
const FOOTER_RELATION: &str = r#"<Relationship Id="rId5" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/footer" Target="footer3.xml"/>"#;

const PICTURE_TYPE: &str = r#"<Default Extension="jpg" ContentType="image/jpeg"/>"#;

/// The relation of a picture by its place among all of a paper.
fn picture_relation(at: usize) -> String {
    format!(
        r#"<Relationship Id="picture{at}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image" Target="media/{at}.jpg"/>"#
    )
}

/// A list of parts with more of them before its end.
fn with_parts(list: &str, end: &str, parts: &[&str]) -> String {
    list.replace(end, &(parts.concat() + end))
}

/// A paragraph's double line in red, 170 mm long about a block of 156: 8 mm further to the left and 6 to the right.
fn double_line(side: &str, kind: &str, gap_points: u32) -> String {
    format!(r#"<w:pBdr><w:{side} w:val="{kind}" w:sz="24" w:space="{gap_points}" w:color="C8102E"/></w:pBdr>"#)
}
const LETTER_INDENT: &str = r#"<w:ind w:left="-454" w:right="-340"/>"#;

/// The head of a letter's first page: it stands 30 mm from the page's edge, the double line 4 mm under it.
fn letterhead(paper: &Paper) -> String {
    let line = double_line("bottom", "thickThinSmallGap", 11);
    let name = run(&paper.masthead, SONG_TITLE, 72, RED);
    format!(
        r#"{HEADER}<w:hdr xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:p><w:pPr>{line}<w:spacing w:before="0" w:after="0" w:line="800" w:lineRule="exact"/>{LETTER_INDENT}<w:jc w:val="center"/></w:pPr>{name}</w:p></w:hdr>"#
    )
}

/// The foot of a letter's first page: the second double line, and no number.
fn letter_foot() -> String {
    let line = double_line("bottom", "thinThickSmallGap", 0);
    format!(
        r#"{HEADER}<w:ftr xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:p><w:pPr>{line}<w:spacing w:before="0" w:after="0" w:line="240" w:lineRule="exact"/>{LETTER_INDENT}</w:pPr></w:p></w:ftr>"#
    )
}

/// A run of text in a font and size, with what else is said of it.
fn run(text: &str, font: &str, half_points: u32, extra: &str) -> String {
    format!(
        r#"<w:r><w:rPr><w:rFonts w:ascii="{font}" w:hAnsi="{font}" w:eastAsia="{font}"/>{extra}<w:sz w:val="{half_points}"/><w:szCs w:val="{half_points}"/></w:rPr><w:t xml:space="preserve">{}</w:t></w:r>"#,
        escape(text)
    )
}

/// A paragraph: 29 pt exactly from line to line, the pitch of 22 lines on 225 mm.
fn paragraph(properties: &str, runs: &str) -> String {
    format!(r#"<w:p><w:pPr><w:spacing w:line="580" w:lineRule="exact"/>{properties}</w:pPr>{runs}</w:p>"#)
}

/// In what tables are set: letters in half points, and the width of the block in twentieths of a point.
#[derive(Clone, Copy)]
struct Setting {
    size: u32,
    width: u32,
}

impl Setting {
    fn of(form: Form) -> Setting {
        Setting {
            size: if form.is_sheet() { DENSE } else { SMALL },
            width: if form.is_across() { WIDTH_ACROSS } else { WIDTH },
        }
    }
}

fn document(paper: &Paper) -> String {
    let mut body = String::new();
    if !paper.stamps.is_empty() {
        body += &paragraph("", &run(&paper.stamps.join("  "), HEITI, SMALL, RED));
    }
    let setting = Setting::of(paper.form);
    match paper.form {
        Form::Bulletin => body += &masthead(paper),
        Form::Letter => body += &letter_start(paper),
        Form::Sheet | Form::Across => body += &sheet_head(paper),
    }
    if !paper.recipients.is_empty() {
        body += &paragraph("", &run(&paper.recipients, FANGSONG, BODY, ""));
    }
    let indent = r#"<w:ind w:firstLineChars="200" w:firstLine="640"/>"#;
    let mut drawn = 0;
    for block in &paper.blocks {
        match block {
            Block::Heading(text) => body += &paragraph(indent, &run(text, HEITI, BODY, "")),
            Block::Paragraph(text) => {
                for line in text.lines() {
                    body += &paragraph(indent, &run(line, FANGSONG, BODY, ""));
                }
            }
            Block::Table(table) => body += &table_xml(table, setting),
            Block::Facts(facts) => body += &facts_xml(facts, setting),
            Block::Pictures(pictures) => {
                body += &pictures_xml(pictures, setting, drawn);
                drawn += pictures.len();
            }
        }
    }
    if paper.form == Form::Letter {
        body += &signature(paper);
    }
    if let Some(proof) = &paper.proof {
        for line in &proof.lines {
            body += &paragraph("", &run(line, FANGSONG, SMALL, r#"<w:color w:val="555555"/>"#));
        }
    }
    for line in &paper.copies {
        body += &paragraph("", &run(line, FANGSONG, 28, ""));
    }
    // Twentieths of a point: 37, 26, 35 and 28 mm, of which the last is at the left of odd pages and at the right of even ones;
    // 22 lines of 28 characters.
    // A letter's head stands 30 mm from the page's edge and its second double line 20 mm from the other.
    let (first, edges, title_page) = match paper.form {
        Form::Letter => (
            r#"<w:headerReference w:type="first" r:id="rId4"/><w:footerReference w:type="first" r:id="rId5"/>"#,
            r#"w:header="1701" w:footer="1134""#,
            "<w:titlePg/>",
        ),
        Form::Bulletin | Form::Sheet | Form::Across => ("", r#"w:header="851" w:footer="1400""#, ""),
    };
    // A page across is bound at its upper edge: 28, 37, 26 and 35 mm.
    let (page, margins, grid) = match paper.form {
        Form::Across => (
            r#"w:w="16838" w:h="11906" w:orient="landscape""#,
            r#"w:top="1588" w:right="2098" w:bottom="1474" w:left="1985""#,
            "",
        ),
        Form::Bulletin | Form::Letter | Form::Sheet => (
            r#"w:w="11906" w:h="16838""#,
            r#"w:top="2098" w:right="1474" w:bottom="1985" w:left="1588""#,
            r#"<w:docGrid w:type="linesAndChars" w:linePitch="580" w:charSpace="-849"/>"#,
        ),
    };
    let section = format!(
        r#"<w:sectPr>{first}<w:footerReference w:type="default" r:id="rId2"/><w:footerReference w:type="even" r:id="rId3"/><w:pgSz {page}/><w:pgMar {margins} {edges} w:gutter="0"/>{title_page}{grid}</w:sectPr>"#
    );
    format!(
        r#"{HEADER}<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><w:body>{body}{section}</w:body></w:document>"#
    )
}

fn title(text: &str) -> String {
    let properties = r#"<w:pPr><w:spacing w:line="700" w:lineRule="exact"/><w:jc w:val="center"/></w:pPr>"#;
    format!("<w:p>{properties}{}</w:p>", run(text, SONG_TITLE, TITLE, ""))
}

/// Editor and date at the two ends of a line; what a paragraph's properties say before its tabs.
fn office_and_date(paper: &Paper, half_points: u32, before: &str) -> String {
    let ends = run(&paper.office, FANGSONG, half_points, "")
        + "<w:r><w:tab/></w:r>"
        + &run(&paper.date, FANGSONG, half_points, "");
    // Borders and tabs stand before the spacing in the schema's order.
    format!(
        r#"<w:p><w:pPr>{before}<w:tabs><w:tab w:val="right" w:pos="{width}"/></w:tabs><w:spacing w:line="580" w:lineRule="exact"/></w:pPr>{ends}</w:p>"#,
        width = Setting::of(paper.form).width
    )
}

fn masthead(paper: &Paper) -> String {
    let properties = r#"<w:pPr><w:spacing w:line="1000" w:lineRule="exact"/><w:jc w:val="center"/></w:pPr>"#;
    let mut head = format!("<w:p>{properties}{}</w:p>", run(&paper.masthead, SONG_TITLE, 72, RED));
    if !paper.number.is_empty() {
        head += &paragraph(r#"<w:jc w:val="center"/>"#, &run(&paper.number, FANGSONG, BODY, ""));
    }
    let line = r#"<w:pBdr><w:bottom w:val="single" w:sz="16" w:space="4" w:color="C8102E"/></w:pBdr>"#;
    head + &office_and_date(paper, BODY, line) + &paragraph("", "") + &title(&paper.title) + &paragraph("", "")
}

/// What follows a letter's head: its number flush right, the title two lines under it.
fn letter_start(paper: &Paper) -> String {
    let number = run(&paper.number, FANGSONG, BODY, "");
    paragraph(r#"<w:jc w:val="right"/>"#, &number)
        + &paragraph("", "")
        + &paragraph("", "")
        + &title(&paper.title)
        + &paragraph("", "")
}

/// Who signs over the date, which stands four characters from the right edge for the seal.
fn signature(paper: &Paper) -> String {
    let seal = r#"<w:ind w:rightChars="400" w:right="1280"/><w:jc w:val="right"/>"#;
    let line = |text: &str| paragraph(seal, &run(text, FANGSONG, BODY, ""));
    paragraph("", "") + &line(&paper.office) + &line(&paper.date)
}

fn sheet_head(paper: &Paper) -> String {
    title(&paper.title) + &office_and_date(paper, DENSE, "")
}

/// A cell of a table; lines as far apart as their letters need.
fn cell(text: &str, width: u32, side: &str, font: &str, half_points: u32, shade: &str) -> String {
    let line = half_points * 15;
    format!(
        r#"<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{shade}</w:tcPr><w:p><w:pPr><w:spacing w:line="{line}" w:lineRule="exact"/><w:jc w:val="{side}"/></w:pPr>{}</w:p></w:tc>"#,
        run(text, font, half_points, "")
    )
}

/// The beginning of a table with columns of these widths.
fn table_start(Setting { width, .. }: Setting, widths: &[u32]) -> String {
    let borders: String = ["top", "left", "bottom", "right", "insideH", "insideV"]
        .iter()
        .map(|side| format!(r#"<w:{side} w:val="single" w:sz="4" w:space="0" w:color="000000"/>"#))
        .collect();
    let mut text = format!(
        r#"<w:tbl><w:tblPr><w:tblW w:w="{width}" w:type="dxa"/><w:tblBorders>{borders}</w:tblBorders></w:tblPr><w:tblGrid>"#
    );
    text.extend(widths.iter().map(|width| format!(r#"<w:gridCol w:w="{width}"/>"#)));
    text + "</w:tblGrid>"
}

fn table_xml(table: &Table, setting: Setting) -> String {
    let size = setting.size;
    // Sizes are half points, widths twentieths.
    let Columns { widths, size: cell_size, title_size } =
        columns(table, f64::from(setting.width), f64::from(size) * 10.0, CELL_GAP);
    let widths: Vec<u32> = widths.into_iter().map(|width| width as u32).collect();
    let [cell_size, title_size] = [cell_size, title_size].map(|of| (f64::from(size) * of) as u32);
    let mut text = String::new();
    if !table.caption.is_empty() {
        text += &paragraph(r#"<w:jc w:val="center"/>"#, &run(&table.caption, HEITI, size + 4, ""));
    }
    text += &table_start(setting, &widths);
    text += r#"<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>"#;
    text.extend(
        table
            .columns
            .iter()
            .zip(&widths)
            .map(|(column, width)| cell(&column.title, *width, "center", HEITI, title_size, "")),
    );
    text += "</w:tr>";
    for row in &table.rows {
        text += r#"<w:tr><w:trPr><w:cantSplit/></w:trPr>"#;
        let cells = row.iter().zip(&table.columns).zip(&widths);
        text.extend(cells.map(|((value, column), width)| {
            cell(value, *width, if column.is_number { "right" } else { "left" }, FANGSONG, cell_size, "")
        }));
        text += "</w:tr>";
    }
    text + "</w:tbl>" + &paragraph("", "")
}

fn facts_xml(facts: &[(String, String)], setting: Setting) -> String {
    let Setting { size, width: whole } = setting;
    let (name_width, value_width) = (whole * 3 / 16, whole * 5 / 16);
    let shade = r#"<w:shd w:val="clear" w:color="auto" w:fill="F0EDE6"/>"#;
    let mut text = table_start(setting, &[name_width, value_width, name_width, value_width]);
    let mut rest = facts;
    while let [first, after @ ..] = rest {
        let is_long = |(_, value): &(String, String)| ems(value) > FACT_CHARS;
        let pair = match after {
            [second, ..] if !is_long(first) && !is_long(second) => &rest[..2],
            _ => &rest[..1],
        };
        rest = &rest[pair.len()..];
        text += r#"<w:tr><w:trPr><w:cantSplit/></w:trPr>"#;
        for (name, value) in pair {
            // A long value takes the line, and so does the last fact of an odd number.
            let (width, span) = match pair.len() {
                1 => (whole - name_width, r#"<w:gridSpan w:val="3"/>"#),
                _ => (value_width, ""),
            };
            text += &cell(name, name_width, "left", HEITI, size, shade);
            text += &cell(value, width, "left", FANGSONG, size, span);
        }
        text += "</w:tr>";
    }
    text + "</w:tbl>" + &paragraph("", "")
}

/// Pictures in a table without lines, two in a row; `first` is how many the paper has shown before.
fn pictures_xml(pictures: &[Picture], Setting { size, width: whole }: Setting, first: usize) -> String {
    let width = whole / 2;
    let mut text = format!(
        r#"<w:tbl><w:tblPr><w:tblW w:w="{whole}" w:type="dxa"/></w:tblPr><w:tblGrid><w:gridCol w:w="{width}"/><w:gridCol w:w="{width}"/></w:tblGrid>"#
    );
    for (row_at, row) in pictures.chunks(2).enumerate() {
        // A picture alone in its row stands in the middle of the block.
        let (width, span) = if row.len() == 1 { (whole, r#"<w:gridSpan w:val="2"/>"#) } else { (width, "") };
        text += r#"<w:tr><w:trPr><w:cantSplit/></w:trPr>"#;
        for (at, picture) in row.iter().enumerate() {
            let drawing = drawing(picture, first + row_at * 2 + at);
            text += &format!(
                r#"<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{span}<w:vAlign w:val="bottom"/></w:tcPr><w:p><w:pPr><w:jc w:val="center"/></w:pPr><w:r>{drawing}</w:r></w:p><w:p><w:pPr><w:jc w:val="center"/></w:pPr>{}</w:p></w:tc>"#,
                run(&picture.caption, FANGSONG, size, "")
            );
        }
        text += "</w:tr>";
    }
    text + "</w:tbl>" + &paragraph("", "")
}

/// A picture in the line, by its place among all of a paper.
fn drawing(picture: &Picture, at: usize) -> String {
    /// English metric units in a millimetre (ECMA-376, part 1, 20.1.2.1).
    const EMU: f64 = 36_000.0;
    let (width, height) = picture.size_mm();
    let (width, height) = ((width * EMU) as u64, (height * EMU) as u64);
    let (id, caption) = (at + 1, escape(&picture.caption));
    format!(
        r#"<w:drawing><wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" distT="0" distB="0" distL="0" distR="0"><wp:extent cx="{width}" cy="{height}"/><wp:docPr id="{id}" name="{id}" descr="{caption}"/><a:graphic xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:nvPicPr><pic:cNvPr id="{id}" name="{id}"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip r:embed="picture{at}"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="{width}" cy="{height}"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing>"#
    )
}

fn footer(side: &str) -> String {
    let font = r#"<w:rPr><w:rFonts w:ascii="SimSun" w:hAnsi="SimSun" w:eastAsia="SimSun"/><w:sz w:val="28"/></w:rPr>"#;
    let indent = if side == "right" { r#"<w:ind w:rightChars="100"/>"# } else { r#"<w:ind w:leftChars="100"/>"# };
    let field = |kind: &str| format!(r#"<w:r>{font}<w:fldChar w:fldCharType="{kind}"/></w:r>"#);
    let dash = format!(r#"<w:r>{font}<w:t xml:space="preserve">{{}}</w:t></w:r>"#);
    format!(
        r#"{HEADER}<w:ftr xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:p><w:pPr>{indent}<w:jc w:val="{side}"/></w:pPr>{}{}<w:r>{font}<w:instrText xml:space="preserve">PAGE</w:instrText></w:r>{}{}</w:p></w:ftr>"#,
        dash.replace("{}", "\u{2014} "),
        field("begin"),
        field("end"),
        dash.replace("{}", " \u{2014}")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::{Column, PHOTO_MM};
    use std::io::Read;

    #[test]
    fn the_archive_holds_well_formed_parts_in_the_measures_of_the_standard() {
        let table = Table {
            caption: "排名 <1>".into(),
            columns: vec![
                Column { title: "项目".into(), share: 2, is_number: false },
                Column { title: "%".into(), share: 1, is_number: true },
            ],
            rows: vec![vec!["=一号 & 二号".into(), "3.5".into()]],
        };
        let paper = Paper {
            masthead: "周通报".into(),
            title: "题".into(),
            blocks: vec![
                Block::Heading("一、".into()),
                Block::Table(table),
                Block::Facts(vec![("名".into(), "值".into())]),
                Block::Pictures(vec![
                    Picture {
                        jpeg: vec![1], width: 40, height: 30, caption: "\"甲\" & 乙".into(), most_mm: PHOTO_MM
                    },
                    Picture { jpeg: vec![2], width: 30, height: 40, caption: "丙".into(), most_mm: PHOTO_MM },
                    Picture { jpeg: vec![3], width: 1, height: 0, caption: String::new(), most_mm: PHOTO_MM },
                ]),
            ],
            ..Paper::default()
        };
        for form in [Form::Bulletin, Form::Letter, Form::Sheet, Form::Across] {
            well_formed(&Paper { form, ..paper.clone() });
        }
    }

    fn well_formed(paper: &Paper) {
        let bytes = write(paper).unwrap();
        assert_eq!(bytes, write(paper).unwrap(), "the same paper, the same bytes");
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        let mut names = Vec::new();
        for at in 0..archive.len() {
            let mut text = String::new();
            let name: String = {
                let mut part = archive.by_index(at).unwrap();
                part.read_to_string(&mut text).unwrap();
                part.name().expect("a name in UTF-8").into_owned()
            };
            if name.starts_with("word/media/") {
                names.push(name);
                continue;
            }
            let parsed = usvg::roxmltree::Document::parse(&text);
            assert!(parsed.is_ok(), "{name}: {parsed:?}");
            names.push(name.clone());
            if name == "word/settings.xml" {
                assert!(text.contains("<w:mirrorMargins/><w:evenAndOddHeaders/>"), "in the schema's order");
            }
            if name == "word/document.xml" {
                let (page, margins) = match paper.form {
                    Form::Across => (
                        r#"<w:pgSz w:w="16838" w:h="11906" w:orient="landscape"/>"#,
                        r#"w:top="1588" w:right="2098" w:bottom="1474" w:left="1985""#,
                    ),
                    _ => (
                        r#"<w:pgSz w:w="11906" w:h="16838"/>"#,
                        r#"w:top="2098" w:right="1474" w:bottom="1985" w:left="1588""#,
                    ),
                };
                assert!(text.contains(page) && text.contains(margins));
                assert!(text.contains("=一号 &amp; 二号") && text.contains("<w:tblHeader/>"));
                assert!(text.contains(r#"cx="2688000" cy="2016000""#), "four by three fills its box");
                assert!(text.contains(r#"cx="1512000" cy="2016000""#), "three by four keeps its shape");
                assert_eq!(
                    text.contains("<w:titlePg/>"),
                    paper.form == Form::Letter,
                    "only a letter has another first page"
                );
            }
        }
        assert_eq!(names.iter().filter(|name| name.starts_with("word/media/")).count(), 3);
        assert_eq!(names.iter().any(|name| name == "word/header1.xml"), paper.form == Form::Letter);
    }
}
