//! Scenarios of a day's workbook: fetched, filled in, looked at and filed at once, or named cell by cell.

use super::tests::{active, settled};
use crate::on_both_databases;
use crate::testing::{Page, TestSite};
use calamine::Reader;
use jiff::ToSpan;
use std::io::{Cursor, Read, Write};

/// Cells of a workbook and what they are filled with.
type Edits<'a> = Vec<(&'a str, &'a str)>;

/// A workbook as a person with a spreadsheet has it.
struct Workbook {
    bytes: Vec<u8>,
    parts: Vec<(String, String)>,
}

impl Workbook {
    fn open(bytes: Vec<u8>) -> Workbook {
        let mut archive = zip::ZipArchive::new(Cursor::new(&bytes)).unwrap();
        let parts = (0..archive.len()).map(|at| {
            let mut part = archive.by_index(at).unwrap();
            let mut text = String::new();
            part.read_to_string(&mut text).unwrap();
            (part.name().unwrap().into_owned(), text)
        });
        Workbook { parts: parts.collect(), bytes }
    }

    /// Rows of a sheet as texts.
    fn rows(&self, sheet: &str) -> Vec<Vec<String>> {
        let mut book: calamine::Xlsx<_> = calamine::Xlsx::new(Cursor::new(&self.bytes)).unwrap();
        book.worksheet_range(sheet).unwrap().rows().map(|row| row.iter().map(ToString::to_string).collect()).collect()
    }

    /// The name of a cell: of the row that holds a text, in the column of a key.
    fn at(&self, sheet: &str, text: &str, key: &str) -> String {
        let rows = self.rows(sheet);
        let row = rows.iter().position(|row| row.iter().any(|cell| cell == text)).unwrap_or_else(|| panic!("{text} in {sheet}"));
        let column = rows[0].iter().position(|head| head.ends_with(&format!("\n{key}"))).unwrap_or_else(|| panic!("{key} in {sheet}"));
        let letter = |at: usize| char::from(b'A' + u8::try_from(at).unwrap());
        // Behind Z comes AA.
        let before = (column / 26).checked_sub(1).map(letter).into_iter();
        format!("{sheet}!{}{}", before.chain([letter(column % 26)]).collect::<String>(), row + 1)
    }

    fn part(&mut self, sheet: &str) -> &mut String {
        let name = if sheet == "items" { "xl/worksheets/sheet1.xml" } else { "xl/worksheets/sheet2.xml" };
        &mut self.parts.iter_mut().find(|(known, _)| known == name).unwrap().1
    }

    /// Fills a cell: a number, `=` and a formula, or a text.
    fn put(&mut self, at: &str, value: &str) {
        let (sheet, cell) = at.split_once('!').unwrap();
        let text = self.part(sheet);
        let start = text.find(&format!("<c r=\"{cell}\"")).unwrap_or_else(|| panic!("{at}"));
        let tag = start + text[start..].find('>').unwrap();
        let end = if text[..tag].ends_with('/') { tag + 1 } else { start + text[start..].find("</c>").unwrap() + 4 };
        let style = text[start..tag].split(" s=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or("0").to_owned();
        let (kind, inner) = match value.strip_prefix('=') {
            Some(formula) => ("", format!("<f>{formula}</f><v>2</v>")),
            None if value.parse::<f64>().is_ok() => ("", format!("<v>{value}</v>")),
            None => (" t=\"inlineStr\"", format!("<is><t>{value}</t></is>")),
        };
        text.replace_range(start..end, &format!("<c r=\"{cell}\" s=\"{style}\"{kind}>{inner}</c>"));
    }

    fn save(&self) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, text) in &self.parts {
            writer.start_file(name.as_str(), zip::write::SimpleFileOptions::default()).unwrap();
            writer.write_all(text.as_bytes()).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }
}

async fn fetched(site: &TestSite, who: &str, on: &str) -> Workbook {
    let file = site.get(who, &format!("/reports/sheet?place=ours&on={on}")).await;
    assert_eq!(file.status, 200, "{}", file.body);
    Workbook::open(file.bytes)
}

async fn handed_in(site: &TestSite, who: &str, place: &str, bytes: &[u8]) -> Page {
    let head = b"--x\r\nContent-Disposition: form-data; name=\"reports_file\"; filename=\"C:\\day.xlsx\"\r\n\r\n";
    let body = [&head[..], bytes, b"\r\n--x--\r\n"].concat();
    site.post_bytes(who, &format!("/reports/excel?place={place}"), "multipart/form-data; boundary=x", body).await
}

on_both_databases!(a_day_is_fetched_filled_in_looked_at_and_filed_at_once, |site| async move {
    let site = active(site.with_cast().await).await;
    let page = site.get("builder", "/reports/excel").await;
    assert_eq!(page.attributes("a[download]", "href"), ["/reports/sheet?place=ours&on=2026-11-23"]);
    let file = site.get("builder", "/reports/sheet?place=ours&on=2026-11-23").await;
    assert!(file.headers["content-disposition"].to_str().unwrap().starts_with("attachment; filename=\"ours_name-2026-11-23.xlsx\""));
    for (who, path, status) in [
        ("", "/reports/sheet?place=ours", 303),
        ("stranger", "/reports/sheet?place=ours", 404),
        ("builder", "/reports/sheet?place=nowhere", 404),
        ("wei", "/reports/excel", 404),
        ("wei", "/reports/sheet?place=ours", 404),
        ("stranger", "/reports/excel?place=ours-b1", 404),
        ("builder", "/reports/sheet?place=ours&on=2026-11-24", 422),
        ("builder", "/reports/sheet?place=ours&on=2025-11-23", 422),
        ("builder", "/reports/sheet?place=ours&on=yesterday", 422),
    ] {
        assert_eq!(site.get(who, path).await.status, status, "{path} by {who}");
    }

    let mut book = Workbook::open(file.bytes);
    let rows = book.rows("items");
    assert!(rows.len() > 10 && rows[1][1] == "ours-b1" && rows[1][7] == "0", "{:?}", rows[1]);
    let yes = "yes \u{662f}";
    for (sheet, text, key, value) in [
        ("items", "ours-b1/pit", "cumulative", "1200.5"),
        ("buildings", "ours-b1", "trade.general", "14"),
        ("buildings", "ours-b1", "material.rebar", "0"),
        ("buildings", "ours-b1", "hindrance", "funds x"),
        ("buildings", "ours-b1", "decider", "the bureau"),
        ("buildings", "ours-b1", "remark", "no payment since May"),
        ("buildings", "ours-b2", "unchanged", yes),
    ] {
        book.put(&book.at(sheet, text, key), value);
    }
    let head = site.site.head();
    let shown = handed_in(&site, "builder", "ours", &book.save()).await;
    assert_eq!((shown.status.as_u16(), shown.found()), (200, vec![]), "{}", shown.body);
    assert_eq!(shown.texts("ul.counts b"), ["1", "1", "0"], "changed, unchanged, left out");
    assert!(shown.texts("ul.rows li")[0].contains("0 → 1200.5") && shown.body.contains("day.xlsx") && !shown.body.contains("C:"));
    assert_eq!(site.site.head(), head, "a dry run writes nothing");
    let request_id = shown.attributes("form[action='/reports/excel/file'] input[name=request_id]", "value").remove(0);
    let fields = [("place", "ours"), ("request_id", request_id.as_str())];
    assert_eq!(site.post("stranger", "/reports/excel/file", &fields).await.status, 404);
    assert_eq!(site.post("builder", "/reports/excel/file", &[("place", "ours")]).await.texts(".summary .quiet"), ["X-103"], "nothing was shown under that id");
    let done = site.post("builder", "/reports/excel/file", &fields).await;
    assert_eq!((done.status.as_u16(), site.site.head()), (303, head + 2), "{:?}", done.texts(".summary li"));
    let again = site.post("builder", "/reports/excel/file", &fields).await;
    assert_eq!((again.location(), site.site.head()), (done.location(), head + 2), "a resend is harmless");

    let day = site.get("builder", done.location()).await;
    assert_eq!((day.texts(".receipt").len(), day.texts("ul.counts b")), (1, vec!["2".to_owned(), "2".to_owned(), "0".to_owned(), "14".to_owned()]));
    let address = day.attributes("ul.rows a[href^='/reports/']", "href").remove(0);
    let report = site.get("chief", &address).await;
    assert_eq!(report.texts("tbody td.number"), ["1200.5", "—", "1200.5 / 5500"]);
    assert!(report.texts("dl.facts dd").iter().any(|fact| fact.contains("no payment since May")));
    settled(&site).await;

    // The day is done: what was filed is named, and the next day's workbook begins where this one ended.
    let late = handed_in(&site, "builder", "ours", &book.save()).await;
    assert_eq!((late.status.as_u16(), late.found()), (422, vec!["R-105 buildings!A2".to_owned(), "R-105 buildings!A3".to_owned()]));
    assert_eq!(fetched(&site, "builder", "2026-11-23").await.rows("items").len(), 1);
    assert!(site.site.clock.advance(site.site.clock.now() + 24.hours()));
    let next = fetched(&site, "builder", "2026-11-24").await;
    let row = next.rows("items").into_iter().find(|row| row[3] == "ours-b1/pit").unwrap();
    assert_eq!(row[6..9], ["5500", "1200.5", ""]);
    site
});

on_both_databases!(every_cell_that_stands_against_a_workbook_is_named, |site| async move {
    let site = active(site.with_cast().await).await;
    let before = [("building", "ours-b1"), ("on", "2026-11-22"), ("done.ours-b1/pit", "1000")];
    assert_eq!(site.post("builder", "/reports/new", &before).await.status, 303);
    let blank = fetched(&site, "builder", "2026-11-23").await;
    let at = |sheet: &str, text: &str, key: &str| blank.at(sheet, text, key);
    let pit = at("items", "ours-b1/pit", "cumulative");
    let (pit_day, pit_building, pit_item) = (at("items", "ours-b1/pit", "day"), at("items", "ours-b1/pit", "building"), at("items", "ours-b1/pit", "item"));
    let structure = at("items", "ours-b1/structure", "cumulative");
    let of_b1 = |key: &str| at("buildings", "ours-b1", key);
    let (rebar, hoist, hours) = (of_b1("trade.rebar"), of_b1("machine.hoist"), of_b1("weather_hours"));
    let (hindrance, decider, remark, mark) = (of_b1("hindrance"), of_b1("decider"), of_b1("remark"), of_b1("unchanged"));
    let long = "n".repeat(10_000);
    let line = "n".repeat(201);
    let cases: Vec<(&str, Edits, Vec<String>)> = vec![
        ("another day in one row", vec![(&pit_day, "46350")], vec![format!("F-118 {pit_day}")]),
        ("another year in one row", vec![(&pit_day, "45984")], vec![format!("F-118 {pit_day}")]),
        ("a building that never was", vec![(&pit_building, "nowhere"), (&pit, "1100")], vec![format!("R-134 {pit_building}")]),
        ("a building of somebody else", vec![(&pit_building, "theirs-b1"), (&pit, "1100")], vec![format!("R-134 {pit_building}")]),
        ("a parcel", vec![(&pit_building, "ours-parcel"), (&pit, "1100")], vec![format!("R-102 {pit_building}")]),
        ("work of another building", vec![(&pit_item, "theirs-b1/pit"), (&pit, "1100")], vec![format!("R-107 {pit}")]),
        ("less than yesterday", vec![(&pit, "999.5")], vec![format!("R-108 {pit}")]),
        ("more than there is", vec![(&pit, "99999")], vec![format!("R-109 {pit}")]),
        ("more than any number", vec![(&pit, "1e300")], vec![format!("R-119 {pit}")]),
        ("half a floor", vec![(&structure, "1.5")], vec![format!("R-118 {structure}")]),
        ("complete, and no photograph", vec![(&pit, "5500")], vec![format!("R-110 {pit}")]),
        ("a text for a number", vec![(&pit, "many"), (&rebar, "few")], vec![format!("R-119 {pit}"), format!("G-107 {rebar}")]),
        ("less than nothing", vec![(&pit, "-5"), (&rebar, "-5")], vec![format!("R-119 {pit}"), format!("G-107 {rebar}")]),
        ("a formula", vec![(&pit, "=1+1")], vec![format!("F-104 {pit}")]),
        ("half a person", vec![(&rebar, "1.5")], vec![format!("G-107 {rebar}")]),
        ("an army", vec![(&rebar, "5001"), (&hoist, "5001")], vec![format!("R-115 {rebar}"), format!("R-115 {hoist}")]),
        ("a day of thirty hours", vec![(&hours, "30")], vec![format!("R-115 {hours}")]),
        ("hindered by a dragon", vec![(&hindrance, "dragon"), (&remark, "fire")], vec![format!("R-116 {hindrance}")]),
        ("hindered by nothing in words", vec![(&hindrance, "funds")], vec![format!("R-111 {hindrance}")]),
        ("hindered by nobody in particular", vec![(&hindrance, "funds"), (&remark, "unpaid")], vec![format!("R-141 {hindrance}")]),
        ("words without what hinders", vec![(&remark, "unpaid")], vec![format!("G-108 {remark}")]),
        ("a remark of 10,000 characters", vec![(&hindrance, "funds"), (&remark, &long)], vec![format!("F-116 {remark}"), format!("R-111 {hindrance}")]),
        ("a name of more than a line", vec![(&hindrance, "funds"), (&remark, "unpaid"), (&decider, &line)], vec![format!("R-128 {hindrance}")]),
        ("a remark that is a formula elsewhere", vec![(&hindrance, "funds"), (&remark, "@SUM(A1)")], vec![format!("R-129 {hindrance}")]),
        ("unchanged, and yet", vec![(&mark, "yes"), (&pit, "1100")], vec![format!("F-119 {mark}")]),
        ("nothing at all", vec![], vec!["R-132 —".to_owned()]),
    ];
    let head = site.site.head();
    let mut said = Vec::new();
    for (name, edits, expected) in cases {
        let mut book = Workbook::open(blank.bytes.clone());
        edits.iter().for_each(|(at, value)| book.put(at, value));
        let page = handed_in(&site, "builder", "ours", &book.save()).await;
        assert_eq!((page.status.as_u16(), page.found()), (422, expected), "{name}: {:?}", page.texts("table.findings"));
        assert_eq!((page.texts(".summary .quiet"), page.texts("form[action^='/reports/excel'] input[type=file]").len()), (vec!["R-137".to_owned()], 1), "{name}");
        assert!(page.texts("table.findings td:nth-child(2)").iter().all(|text| !text.is_empty() && text.chars().count() < 500), "{name}");
        said.push(page.texts("table.findings td:nth-child(2)").join(" "));
    }
    assert_eq!(said[2].replace("nowhere", "?"), said[3].replace("theirs-b1", "?"), "nothing tells a foreign building from one that never was");

    // The workbook comes back with the cell marked, to whoever sent it; one in which no cell is wrong does not.
    let mut less = Workbook::open(blank.bytes.clone());
    less.put(&pit, "999.5");
    let page = handed_in(&site, "builder", "ours", &less.save()).await;
    let sentence = page.texts("table.findings td:nth-child(2)").remove(0);
    let address = page.attributes("a[href^='/marked/']", "href").remove(0);
    let mut marked = Workbook::open(site.get("builder", &address).await.bytes);
    assert!(marked.part("items").contains("999.5"), "what was typed is still there");
    let comments = marked.parts.iter().find(|(name, _)| name.contains("comments")).map(|(_, text)| text.clone()).unwrap_or_default();
    let cell = pit.rsplit('!').next().unwrap_or_default();
    assert!(comments.contains(&format!("ref=\"{cell}\"")) && comments.contains(sentence.split(['“', '<', '&']).next().unwrap_or_default()), "{comments}");
    for who in ["office", "stranger"] {
        assert_eq!(site.get(who, &address).await.status, 404, "{who}");
    }
    assert_eq!(handed_in(&site, "builder", "ours", &blank.bytes).await.attributes("a[href^='/marked/']", "href").len(), 0);

    // The whole workbook on a day that has not come, or of last year; words nobody knows; a part of it for one building.
    let all_days = |day: &str| {
        let mut book = Workbook::open(blank.bytes.clone());
        book.put(&rebar, "3");
        for sheet in ["items", "buildings"] {
            *book.part(sheet) = book.part(sheet).replace("<v>46349</v>", &format!("<v>{day}</v>"));
        }
        book.save()
    };
    for (day, code) in [("46350", "R-104"), ("45984", "R-117")] {
        assert_eq!(handed_in(&site, "builder", "ours", &all_days(day)).await.found(), [format!("{code} {}", of_b1("day"))]);
    }
    let mut wizards = Workbook::open(blank.bytes.clone());
    wizards.put(&rebar, "3");
    let strings = wizards.parts.iter_mut().find(|(name, _)| name.ends_with("sharedStrings.xml")).unwrap();
    strings.1 = strings.1.replace("trade.rebar", "trade.wizard");
    assert_eq!(handed_in(&site, "builder", "ours", &wizards.save()).await.found(), [format!("R-148 {rebar}")]);
    let b2 = at("buildings", "ours-b2", "trade.rebar");
    let mut other = Workbook::open(blank.bytes.clone());
    other.put(&b2, "3");
    assert_eq!(handed_in(&site, "builder", "ours-b1", &other.save()).await.found(), [format!("R-134 {}", at("buildings", "ours-b2", "building"))]);
    let mut far = Workbook::open(blank.bytes.clone());
    *far.part("items") = far.part("items").replace("</sheetData>", "<row r=\"1048576\"><c r=\"XFD1048576\"><v>1</v></c></row></sheetData>");
    for (name, bytes, code, expected) in [
        ("a cell at the end of the world", far.save(), "R-137", vec!["F-105 items!XFD1048576"]),
        ("a text", b"building,item".to_vec(), "R-137", vec!["F-101 file"]),
        ("no file", Vec::new(), "R-136", vec![]),
    ] {
        let page = handed_in(&site, "builder", "ours", &bytes).await;
        assert_eq!((page.status.as_u16(), page.texts(".summary .quiet"), page.found()), (422, vec![code.to_owned()], expected.iter().map(|one| (*one).to_owned()).collect()), "{name}");
    }
    assert_eq!(handed_in(&site, "stranger", "ours", &blank.bytes).await.status, 404);
    assert_eq!(site.site.head(), head, "nothing was written");
    site
});

on_both_databases!(nothing_of_a_workbook_is_filed_when_one_building_was_faster, |site| async move {
    let site = active(site.with_cast().await).await;
    let mut book = fetched(&site, "builder", "2026-11-23").await;
    for building in ["ours-b1", "ours-b2"] {
        book.put(&book.at("buildings", building, "trade.rebar"), "7");
    }
    let shown = handed_in(&site, "builder", "ours", &book.save()).await;
    let request_id = shown.attributes("form[action='/reports/excel/file'] input[name=request_id]", "value").remove(0);
    assert_eq!(site.post("builder", "/reports/unchanged", &[("building", "ours-b2"), ("on", "2026-11-23")]).await.status, 303);
    let head = site.site.head();
    let refused = site.post("builder", "/reports/excel/file", &[("place", "ours"), ("request_id", &request_id)]).await;
    assert_eq!((refused.status.as_u16(), refused.texts(".summary .quiet")), (409, vec!["R-105".to_owned()]));
    assert!(refused.texts(".summary li")[0].starts_with("ours-b2 name"), "which building");
    assert_eq!(refused.found(), ["R-105 buildings!A3"], "and which cell");
    assert_eq!(site.site.head(), head, "the other building is not filed by itself");
    // Without that row the rest is filed.
    book.put("buildings!B3", " ");
    for column in 'A'..='Z' {
        if book.part("buildings").contains(&format!("<c r=\"{column}3\"")) {
            book.put(&format!("buildings!{column}3"), " ");
        }
    }
    let shown = handed_in(&site, "builder", "ours", &book.save()).await;
    let request_id = shown.attributes("form[action='/reports/excel/file'] input[name=request_id]", "value").remove(0);
    assert_eq!(site.post("builder", "/reports/excel/file", &[("place", "ours"), ("request_id", &request_id)]).await.status, 303);
    assert_eq!(site.site.head(), head + 1);
    site
});
