//! Workbooks of daily reports: read as they were filled in, and every fault named with its cell.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::io::{Cursor, Read, Write};

use calamine::{Data, Reader, Xlsx};
use guatu_formats::reports::{self, BuildingRow, Form, ItemRow, Reading};
use guatu_kernel::diagnose::Severity;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use rust_xlsxwriter::{Formula, Workbook, Worksheet};

const ON: Date = date(2026, 11, 23);

/// A value to be put into a cell.
#[derive(Clone)]
enum Put {
    Text(&'static str),
    Long(char, usize),
    Number(f64),
    Formula(&'static str),
}

/// A workbook as somebody fills it in: two works of `b1`, one of `b2`, then `edits` over it.
fn book(edits: &[(&str, &str, Put)]) -> Vec<u8> {
    let heads = [
        ("items", &["Day\nday", "Id\nbuilding", "item", "cumulative"][..]),
        (
            "buildings",
            &[
                "day",
                "building",
                "Nothing\nunchanged",
                "Rebar\ntrade.rebar",
                "weather_hours",
                "hindrance",
                "decider",
                "remark",
            ],
        ),
    ];
    let rows = [
        &[["2026-11-23", "b1", "b1/pit"], ["2026-11-23", "b1", "b1/structure"], ["2026-11-23", "b2", "b2/pit"]][..],
        &[["2026-11-23", "b1", ""], ["2026-11-23", "b2", ""]],
    ];
    let mut book = Workbook::new();
    for ((name, heads), rows) in heads.into_iter().zip(rows) {
        let sheet = book.add_worksheet();
        sheet.set_name(name).unwrap();
        for (column, head) in (0..).zip(heads) {
            sheet.write(0, column, *head).unwrap();
        }
        for (row, cells) in (1..).zip(rows) {
            for (column, cell) in (0..).zip(cells).filter(|(_, cell)| !cell.is_empty()) {
                sheet.write(row, column, *cell).unwrap();
            }
        }
        for (_, at, put) in edits.iter().filter(|(on, ..)| *on == name) {
            place(sheet, at, put);
        }
    }
    book.save_to_buffer().unwrap()
}

fn place(sheet: &mut Worksheet, at: &str, put: &Put) {
    let column = u16::from(at.as_bytes()[0] - b'A');
    let row: u32 = at[1..].parse::<u32>().unwrap() - 1;
    match put {
        Put::Text(text) => sheet.write_string(row, column, *text),
        Put::Long(letter, count) => sheet.write_string(row, column, letter.to_string().repeat(*count)),
        Put::Number(number) => sheet.write_number(row, column, *number),
        Put::Formula(formula) => sheet.write_formula(row, column, Formula::new(*formula).set_result("12")),
    }
    .unwrap();
}

/// Cells and what is put into them.
type Edits = Vec<(&'static str, &'static str, Put)>;

/// Errors of a reading as `code at`.
fn errors(reading: &Reading) -> Vec<String> {
    let errors = reading.diagnostics.iter().filter(|one| one.severity == Severity::Error);
    errors
        .map(|one| {
            assert!(!one.message.is_empty() && one.message.chars().count() < 400, "{}", one.message);
            format!("{} {}", one.code, one.at.as_deref().unwrap_or(""))
        })
        .collect()
}

#[test]
fn what_is_filled_in_is_read_with_its_cells() {
    let filled = [
        ("items", "D2", Put::Number(12.5)),
        ("items", "D4", Put::Text("40")),
        ("buildings", "D2", Put::Number(9.0)),
        ("buildings", "F2", Put::Text("funds \u{8d44}\u{91d1}")),
        ("buildings", "H2", Put::Text("unpaid")),
        // As an input method writes figures between two words.
        ("items", "A3", Put::Text("\u{ff12}\u{ff10}\u{ff12}\u{ff16}\u{ff0f}\u{ff11}\u{ff11}\u{ff0f}\u{ff12}\u{ff13}")),
    ];
    let reading = reports::read(&book(&filled));
    assert_eq!((errors(&reading), reading.on), (vec![], Some(ON)));
    let again = reports::unpack(&reports::pack(&reading)).unwrap();
    assert_eq!(
        (&again.buildings, again.on, &again.diagnostics),
        (&reading.buildings, reading.on, &reading.diagnostics)
    );
    let [b1, b2] = &reading.buildings[..] else { panic!("two buildings") };
    assert_eq!(
        b1.items.iter().map(|(item, cell)| format!("{item} {} {}", cell.text, cell.at)).collect::<Vec<_>>(),
        ["b1/pit 12.5 items!D2"]
    );
    assert_eq!(
        b1.counts.iter().map(|(key, cell)| format!("{key} {} {}", cell.text, cell.at)).collect::<Vec<_>>(),
        ["trade.rebar 9 buildings!D2"]
    );
    assert_eq!(
        (b1.hindrance.as_ref().unwrap().at.as_str(), b1.remark.as_ref().unwrap().text.as_str()),
        ("buildings!F2", "unpaid")
    );
    assert_eq!((b2.building.text.as_str(), b2.building.at.as_str(), b2.items.len()), ("b2", "buildings!B3", 1));
    let marked = reports::read(&book(&[
        ("buildings", "C3", Put::Text("yes \u{662f}")),
        ("buildings", "C2", Put::Text("\u{ff10}")),
    ]));
    assert_eq!(
        marked.buildings.iter().map(|one| (one.unchanged.is_some(), one.is_left_out())).collect::<Vec<_>>(),
        [(false, true), (true, false)]
    );
}

#[test]
fn faults_are_named_with_their_cells() {
    use Put::{Formula, Long, Number, Text};
    let cases: Vec<(&str, Edits, &[&str])> = vec![
        ("two days", vec![("items", "A3", Text("2026-11-24"))], &["F-118 items!A3"]),
        ("two years", vec![("items", "A4", Text("2025-11-23"))], &["F-118 items!A4"]),
        (
            "another day in the other sheet",
            vec![("buildings", "A2", Number(46_350.0)), ("buildings", "A3", Text("2026/11/24"))],
            &["F-110 buildings!A2", "F-118 buildings!A3"],
        ),
        ("no day", vec![("buildings", "A2", Text(" "))], &["F-111 buildings!A2"]),
        ("a day that is none", vec![("items", "A2", Text("yesterday"))], &["F-110 items!A2"]),
        ("the year 9999", vec![("items", "A2", Text("9999-11-23"))], &["F-110 items!A2"]),
        ("a formula", vec![("items", "D3", Formula("=1+1"))], &["F-104 items!D3"]),
        ("a formula for a building", vec![("buildings", "B2", Formula("=B3"))], &["F-104 buildings!B2"]),
        ("a call of a program", vec![("buildings", "H2", Formula("=cmd|' /C calc'!A0"))], &["F-104 buildings!H2"]),
        ("10,000 characters", vec![("buildings", "H2", Long('n', 10_000))], &["F-116 buildings!H2"]),
        (
            "a building of 10,000 characters",
            vec![("items", "B2", Long('b', 10_000)), ("items", "D2", Number(1.0))],
            &["F-116 items!B2", "F-111 items!B2"],
        ),
        (
            "a figure without its building",
            vec![("items", "B2", Text(" ")), ("items", "D2", Number(1.0))],
            &["F-111 items!B2"],
        ),
        (
            "a figure without its work",
            vec![("items", "C2", Text(" ")), ("items", "D2", Number(1.0))],
            &["F-111 items!C2"],
        ),
        (
            "a work twice",
            vec![("items", "C3", Text("b1/pit")), ("items", "D2", Number(1.0)), ("items", "D3", Number(2.0))],
            &["F-112 items!D3"],
        ),
        (
            "a building twice",
            vec![("buildings", "B3", Text("b1")), ("buildings", "D2", Number(1.0)), ("buildings", "D3", Number(2.0))],
            &["F-112 buildings!B3"],
        ),
        (
            "unchanged, and yet",
            vec![("buildings", "C2", Text("yes")), ("items", "D2", Number(1.0))],
            &["F-119 buildings!C2"],
        ),
        ("a mark that is none", vec![("buildings", "C2", Text("perhaps"))], &["F-110 buildings!C2"]),
        ("no column for quantities", vec![("items", "D1", Text("quantity"))], &["F-111 items"]),
    ];
    for (name, edits, expected) in cases {
        assert_eq!(errors(&reports::read(&book(&edits))), expected, "{name}");
    }
    // A row of sums without a building, a column of one's own and rows in any order are nobody's fault.
    let own = [("items", "E1", Text("mine")), ("items", "E2", Formula("=D2*2")), ("items", "A7", Text("sum"))];
    let reading = reports::read(&book(&own));
    assert_eq!((errors(&reading), reading.on), (vec![], Some(ON)));
    assert_eq!(reading.diagnostics[0].code, "F-201");
}

fn zipped<'a>(parts: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        writer.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// The workbook with a text in the XML of its first sheet replaced.
fn with_xml(from: &str, to: &str) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(Cursor::new(book(&[("items", "D2", Put::Number(12.0))]))).unwrap();
    let mut parts = Vec::new();
    for at in 0..archive.len() {
        let mut part = archive.by_index(at).unwrap();
        let name = part.name().unwrap().into_owned();
        let mut bytes = Vec::new();
        part.read_to_end(&mut bytes).unwrap();
        if name.ends_with("sheet1.xml") {
            let text = String::from_utf8(bytes).unwrap();
            assert!(text.contains(from), "{text}");
            bytes = text.replacen(from, to, 1).into_bytes();
        }
        parts.push((name, bytes));
    }
    zipped(parts.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())))
}

#[test]
fn hostile_workbooks_end_in_one_sentence() {
    let far = "<row r=\"1048576\"><c r=\"XFD1048576\"><v>1</v></c></row></sheetData>";
    let far_formula = "<row r=\"1048576\"><c r=\"XFD1048576\"><f>1+1</f></c></row></sheetData>";
    let zeros = vec![0_u8; 120 << 20];
    let plan = guatu_formats::plans::sheet::template();
    let cases: Vec<(&str, Vec<u8>, &[&str])> = vec![
        ("a text", b"building,item\nb1,pit".to_vec(), &["F-101 file"]),
        ("nothing", Vec::new(), &["F-101 file"]),
        ("a workbook of 1997", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec(), &["F-101 file"]),
        ("no ZIP behind its mark", b"PK\x03\x04 and nothing else".to_vec(), &["F-103 file"]),
        ("a ZIP of something else", zipped([("a.txt", &b"x"[..])]), &["F-101 file"]),
        ("macros", zipped([("xl/vbaProject.bin", &b"x"[..])]), &["F-104 file"]),
        ("a zip bomb", zipped([("xl/workbook.xml", zeros.as_slice())]), &["F-105 file"]),
        (
            "a plan",
            plan,
            &[
                "F-111 items",
                "F-111 items",
                "F-111 items",
                "F-111 items",
                "F-111 buildings",
                "F-111 buildings",
                "F-111 buildings",
            ],
        ),
        ("a cell at XFD1048576", with_xml("</sheetData>", far), &["F-105 items!XFD1048576"]),
        ("a formula at XFD1048576", with_xml("</sheetData>", far_formula), &["F-105 items!XFD1048576"]),
        ("XML that ends early", with_xml("</sheetData>", ""), &["F-103 items"]),
    ];
    for (name, bytes, expected) in cases {
        let reading = reports::read(&bytes);
        assert_eq!(errors(&reading), expected, "{name}: {:?}", reading.diagnostics);
        assert!(reading.on.is_none() && reading.buildings.is_empty(), "{name}");
    }
    // A count beyond any number stays a text for the rules to refuse.
    let huge = reports::read(&with_xml("<v>12</v>", "<v>1e300</v>"));
    assert_eq!((errors(&huge).len(), huge.buildings[0].items[0].1.text.len()), (0, 301));
}

fn form() -> Form {
    let item = |id: &str, is_whole, before_e3| ItemRow {
        building: 0,
        id: id.into(),
        name: "=1+1".into(),
        unit: "m\u{b3}".into(),
        total_e3: 30_000,
        before_e3,
        is_whole,
    };
    Form {
        title: "Ours & theirs".into(),
        note: "No. 12".into(),
        lines: vec!["How".into()],
        on: ON,
        buildings: vec![BuildingRow { id: "b1".into(), name: "1".into() }],
        items: vec![item("b1/pit", false, 12_500), item("b1/structure", true, 5_000), item("b1/roof", false, 0)],
        counts: vec!["trade.rebar".into(), "machine.hoist".into(), "material.pipes".into()],
        hindrances: vec!["funds".into(), "land".into()],
        most: 5_000,
        most_stock: 100_000,
    }
}

#[test]
fn a_written_workbook_is_read_as_left_out_and_carries_its_rules() {
    let word = |key: &str| format!("[{key}]");
    let bytes = reports::write(&form(), &word).unwrap();
    assert_eq!(bytes, reports::write(&form(), &word).unwrap(), "the same content gives the same bytes");
    let reading = reports::read(&bytes);
    assert_eq!((errors(&reading), reading.on, reading.diagnostics.len()), (vec![], Some(ON), 0));
    assert!(reading.buildings.len() == 1 && reading.buildings[0].is_left_out());
    let mut book = Xlsx::new(Cursor::new(&bytes)).unwrap();
    assert_eq!(book.sheet_names(), ["items", "buildings", "about"]);
    let items = book.worksheet_range("items").unwrap();
    let at = |row, column| items.get_value((row, column)).cloned().unwrap_or(Data::Empty);
    assert_eq!(
        (at(0, 8), at(1, 4), at(1, 6), at(1, 7)),
        (
            Data::String("[cumulative]\ncumulative".into()),
            Data::String("=1+1".into()),
            Data::Float(30.0),
            Data::Float(12.5)
        )
    );
    let mut archive = zip::ZipArchive::new(Cursor::new(&bytes)).unwrap();
    let mut xml = |name: &str| {
        let mut text = String::new();
        archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
        text
    };
    let items = xml("xl/worksheets/sheet1.xml");
    for part in [
        "type=\"decimal\"",
        "type=\"whole\"",
        "sqref=\"I2\"",
        "sqref=\"I3\"",
        "<formula1>$H3</formula1><formula2>$G3</formula2>",
        "ySplit=\"1\"",
        "paperSize=\"9\"",
        "Ours &amp;&amp; theirs",
    ] {
        assert!(items.contains(part), "{part}: {items}");
    }
    let buildings = xml("xl/worksheets/sheet2.xml");
    for part in [
        "<formula1>about!$B$1:$B$2</formula1>",
        "<formula2>5000</formula2>",
        "<formula2>24</formula2>",
        "paperSize=\"8\"",
    ] {
        assert!(buildings.contains(part), "{part}: {buildings}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn no_workbook_makes_the_reader_panic(at in 0..20_000_usize, byte in any::<u8>()) {
        let mut bytes = reports::write(&form(), &str::to_owned).unwrap();
        let at = at % bytes.len();
        bytes[at] = byte;
        let _ = reports::read(&bytes);
    }
}
