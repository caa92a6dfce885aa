//! Malformed and hostile plan files: each is refused with one clear sentence that names its place, and gives no plan.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::io::Write;

use guatu_formats::plans::{self, Format, Limits, Reading};
use guatu_formats::{lists, targets, xforms};
use guatu_kernel::diagnose::Severity;
use proptest::prelude::*;

const JSON: &str = r#"{"format":"guatu-plan/1","granularity":"day","start":"2026-06-01","calendar":"site",
 "calendars":[{"id":"site","week":{"mon":true,"tue":["08:00-12:00","13:00-17:00"]},"exceptions":[{"from":"2026-10-01","to":"2026-10-07","working":false}]}],
 "activities":[{"id":"W","kind":"summary"},{"id":"A","parent":"W","duration":"5d","constraint":{"kind":"finish_no_later_than","on":"2026-06-30"}},{"id":"B","duration":"2d4h"}],
 "links":[{"from":"A","to":"B","lag":"-1d"}],"mandated":[{"activity":"B","finish_by":"2026-12-31"}]}"#;

const MSPDI: &str = r#"<?xml version="1.0" encoding="UTF-8"?><Project xmlns="http://schemas.microsoft.com/project"><StartDate>2026-06-01T08:00:00</StartDate><CalendarUID>1</CalendarUID><MinutesPerDay>480</MinutesPerDay>
<Calendars><Calendar><UID>1</UID><Name>Standard</Name><WeekDays><WeekDay><DayType>2</DayType><DayWorking>1</DayWorking><WorkingTimes><WorkingTime><FromTime>08:00:00</FromTime><ToTime>16:00:00</ToTime></WorkingTime></WorkingTimes></WeekDay></WeekDays></Calendar></Calendars>
<Tasks><Task><UID>1</UID><Name>A</Name><Duration>PT8H0M0S</Duration></Task><Task><UID>2</UID><Name>B &amp; C</Name><Duration>PT16H0M0S</Duration><PredecessorLink><PredecessorUID>1</PredecessorUID><Type>1</Type><LinkLag>4800</LinkLag><LagFormat>7</LagFormat></PredecessorLink></Task></Tasks></Project>"#;

const PMXML: &str = r#"<?xml version="1.0" encoding="UTF-8"?><APIBusinessObjects><Calendar><ObjectId>7</ObjectId><StandardWorkWeek><StandardWorkHours><DayOfWeek>Monday</DayOfWeek><WorkTime><Start>08:00:00</Start><Finish>15:59:00</Finish></WorkTime></StandardWorkHours></StandardWorkWeek></Calendar>
<Project><ObjectId>1</ObjectId><Id>P</Id><PlannedStartDate>2026-06-01T08:00:00</PlannedStartDate><WBS><ObjectId>5</ObjectId><Code>P</Code><Name>P</Name></WBS>
<Activity><ObjectId>10</ObjectId><Id>A1</Id><Name>A</Name><WBSObjectId>5</WBSObjectId><CalendarObjectId>7</CalendarObjectId><PlannedDuration>8</PlannedDuration></Activity></Project></APIBusinessObjects>"#;

const XER: &str = "ERMHDR\t8.2\n%T\tPROJECT\n%F\tproj_id\tproj_short_name\tplan_start_date\tclndr_id\n%R\t1\tP\t2026-06-01 08:00\t7\n%T\tCALENDAR\n%F\tclndr_id\tclndr_name\tclndr_data\n%R\t7\tC\t(0||CalendarData()((0||DaysOfWeek()((0||2()((0||0(s|08:00|f|16:00)())))))))\n%T\tTASK\n%F\ttask_id\tproj_id\ttask_code\ttask_name\tclndr_id\ttarget_drtn_hr_cnt\tcstr_type\tcstr_date\n%R\t10\t1\tA1\tNAME\t7\t8\tCS_MSOA\t2026-06-02 00:00\n%R\t11\t1\tA2\tB\t7\t8\n%T\tTASKPRED\n%F\ttask_id\tpred_task_id\tproj_id\tpred_proj_id\tpred_type\tlag_hr_cnt\n%R\t11\t10\t1\t1\tPR_FS\t8\n%E\n";

/// What was done and promised of a plan, what a phone sent, and rows of a sheet: of a list and of a plan at once.
const ACTUALS: &str = r#"{"format":"guatu-actuals/1","facts":[{"activity":"A","on":"2026-06-02","quantity":1.5,"grade":"verified"}],"commitments":[{"activity":"A","period":"week","from":"2026-06-08","to":"2026-06-14","will":2}]}"#;
const MEASURED: &str = r#"{"format":"guatu-plan/1","start":"2026-06-01","activities":[{"id":"A","duration":"5d","quantity":{"total":10,"unit":"floor"}}]}"#;
const FORM: &str = r#"<data id="f" version="1" xmlns:orx="http://openrosa.org/xforms"><points><scheme>10</scheme><other/></points><words> a &lt; b <![CDATA[& c]]></words><orx:meta><orx:instanceID>uuid:1</orx:instanceID></orx:meta></data>"#;
const ROWS: &str = r#"<row r="1"><c r="A1" t="inlineStr"><is><t>code</t></is></c><c r="B1" t="inlineStr"><is><t>duration</t></is></c></row><row r="2"><c r="A2" t="inlineStr"><is><t>A &amp; 1</t></is></c><c r="B2"><v>5</v></c></row><row r="3"><c r="A3" t="inlineStr"><is><t>B</t></is></c><c r="B3" t="inlineStr"><is><t>2d4h</t></is></c></row>"#;

fn read(format: Format, bytes: &[u8]) -> Reading {
    plans::read(bytes, format, &Limits::default())
}

/// Checks that bytes are refused with a code at a place.
fn refused(what: &str, format: Format, bytes: &[u8], code: &str, at: &str) {
    let reading = read(format, bytes);
    assert!(reading.plan.is_none(), "{what}: a plan was given");
    let errors: Vec<_> = reading.diagnostics.iter().filter(|d| d.severity == Severity::Error).collect();
    let found = errors.iter().any(|d| d.code == code && d.at.as_deref().unwrap_or("").contains(at));
    assert!(found, "{what}: expected {code} at {at}, found {errors:#?}");
    for error in errors {
        assert!(!error.message.is_empty() && error.message.chars().count() < 400, "{what}: {}", error.message);
    }
}

#[test]
fn the_small_files_are_good() {
    let plan = read(Format::GuatuJson, MEASURED.as_bytes()).plan.unwrap();
    assert!(targets::read_actuals(ACTUALS.as_bytes(), &plan).is_ok());
    assert!(xforms::filled(FORM.as_bytes()).is_ok());
    let reading = read(Format::Xlsx, &workbook_of_plan(ROWS));
    assert_eq!(reading.plan.map(|plan| plan.activities.len()), Some(2), "{:#?}", reading.diagnostics);
    assert_eq!(lists::read(&workbook_of(&[("list", ROWS)])).rows.len(), 2);
    for (format, text) in
        [(Format::GuatuJson, JSON), (Format::Mspdi, MSPDI), (Format::Pmxml, PMXML), (Format::Xer, XER)]
    {
        assert_eq!(plans::detect(None, text.as_bytes()).unwrap(), format);
        let reading = read(format, text.as_bytes());
        assert!(reading.plan.is_some(), "{format:?}: {:#?}", reading.diagnostics);
    }
}

#[test]
fn json() {
    let long = format!("\"id\":\"A\",\"name\":\"{}\"", "n".repeat(10_000));
    for (what, from, to, code, at) in [
        ("duration of a wrong type", "\"5d\"", "5", "F-110", "activities[1].duration"),
        ("duration that is none", "\"5d\"", "\"5 days\"", "F-110", "activities[1].duration"),
        ("absurd duration", "\"5d\"", "\"99999999d\"", "F-115", "activities[1]"),
        ("negative duration", "\"5d\"", "\"-5d\"", "F-110", "activities[1]"),
        ("year 9999", "2026-06-30", "9999-06-30", "F-114", "activities[1].constraint.on"),
        ("thirteenth month", "2026-12-31", "2026-13-31", "F-110", "mandated[0].finish_by"),
        ("unknown word", "finish_no_later_than", "soonish", "F-110", "activities[1].constraint.kind"),
        ("unknown predecessor", "\"from\":\"A\"", "\"from\":\"X\"", "F-113", "links[0]"),
        ("unknown parent", "\"parent\":\"W\"", "\"parent\":\"V\"", "F-113", "activities[1]"),
        ("own parent", "\"id\":\"W\"", "\"id\":\"W\",\"parent\":\"W\"", "F-117", "activities[0]"),
        ("duplicate id", "\"id\":\"B\"", "\"id\":\"A\"", "F-112", "activities[2]"),
        ("unknown calendar", "\"calendar\":\"site\"", "\"calendar\":\"moon\"", "F-113", "calendar"),
        ("name of 10,000 characters", "\"id\":\"A\"", long.as_str(), "F-116", "activities[1]"),
        ("control characters", "\"id\":\"B\"", "\"id\":\"B\",\"name\":\"a\\u0007b\"", "F-116", "activities[2]"),
        ("reversed text", "\"id\":\"B\"", "\"id\":\"B\",\"name\":\"a\\u202eb\"", "F-116", "activities[2]"),
        ("another format", "guatu-plan/1", "guatu-plan/9", "F-101", "format"),
        ("no start", "\"start\":\"2026-06-01\",", "", "F-111", "start"),
        ("not closed", "\"links\":[", "\"links\":[[", "F-103", "line"),
        ("bands that overlap", "13:00-17:00", "11:00-17:00", "F-110", "calendars[0]"),
    ] {
        assert!(JSON.contains(from), "{what}");
        refused(what, Format::GuatuJson, JSON.replacen(from, to, 1).as_bytes(), code, at);
    }
    refused("depth bomb", Format::GuatuJson, "[".repeat(1_000_000).as_bytes(), "F-103", "line 1");
    let unknown = read(Format::GuatuJson, JSON.replace("\"id\":\"B\"", "\"id\":\"B\",\"colour\":\"red\"").as_bytes());
    assert_eq!(unknown.diagnostics[0].code, "F-201");
    assert_eq!(unknown.diagnostics[0].at.as_deref(), Some("activities[2].colour"));
}

#[test]
fn xml() {
    let with = |from: &str, to: &str| {
        assert!(MSPDI.contains(from), "{from}");
        MSPDI.replacen(from, to, 1)
    };
    let attributes: String = (0..800_000).map(|n| format!(" a{n}=\"\"")).collect();
    let few: String = (0..300).map(|n| format!(" a{n}=''")).collect();
    for (what, text, code, at) in [
        ("DTD", with("<Project ", "<!DOCTYPE Project [<!ENTITY x \"y\">]><Project "), "F-104", "line 1"),
        ("entity", with("B &amp; C", "B &x; C"), "F-104", "line 3"),
        ("depth bomb", with("<Name>A</Name>", &"<a>".repeat(100_000)), "F-105", "line 3"),
        ("800,000 attributes", with("<Tasks>", &format!("<Tasks{attributes}>")), "F-105", "line 3"),
        ("300 attributes", with("<Tasks>", &format!("<Tasks{few}>")), "F-105", "line 3"),
        ("long element name", with("<Name>A</Name>", &format!("<{}/>", "n".repeat(70_000))), "F-105", "line 3"),
        ("end that does not match", with("<Name>A</Name>", "<Name>A</Nome>"), "F-103", "line 3"),
        ("cut off", MSPDI[..MSPDI.len() - 40].to_owned(), "F-103", "line 3"),
        ("year 9999", with("2026-06-01T08", "9999-06-01T08"), "F-114", "line 1"),
        ("no duration", with("PT16H0M0S", "two days"), "F-110", "line 3"),
        ("absurd duration", with("PT16H0M0S", "PT99999999999H0M0S"), "F-110", "line 3"),
        ("long duration", with("PT16H0M0S", "PT2000000H0M0S"), "F-115", "line 3"),
        ("duplicate UID", with("<UID>2</UID>", "<UID>1</UID>"), "F-112", "line 3"),
        ("unknown predecessor", with("<PredecessorUID>1", "<PredecessorUID>9"), "F-113", "line 3"),
        ("link type 7", with("<Type>1</Type>", "<Type>7</Type>"), "F-110", "line 3"),
        ("long name", with("<Name>A</Name>", &format!("<Name>{}</Name>", "n".repeat(10_000))), "F-116", "line 3"),
        ("null character", with("B &amp; C", "B &#0; C"), "F-103", "line 3"),
        ("escape character", with("B &amp; C", "B &#27; C"), "F-116", "line 3"),
        ("day of 0 minutes", with("<MinutesPerDay>480", "<MinutesPerDay>0"), "F-110", "line 1"),
        ("encoding", with("UTF-8", "EBCDIC-37").replace("&amp;", "\u{e9}"), "F-106", "line 1"),
    ] {
        refused(what, Format::Mspdi, text.as_bytes(), code, at);
    }
    refused("too large", Format::Mspdi, &vec![b' '; (160 << 20) + 1], "F-102", "file");
    refused(
        "latin bytes",
        Format::Mspdi,
        &with("<Name>A", "<Name>\u{1}")
            .replace('\u{1}', "?")
            .into_bytes()
            .iter()
            .map(|b| if *b == b'?' { 0xe9 } else { *b })
            .collect::<Vec<_>>(),
        "F-106",
        "line",
    );
    let unknown = PMXML.replace("<Id>A1</Id>", "<Id>A1</Id><Type>Magic</Type>");
    refused("activity type", Format::Pmxml, unknown.as_bytes(), "F-110", "line 3");
}

#[test]
fn base_calendar_loops_end() {
    let text = MSPDI.replace("<Name>Standard</Name>", "<Name>Standard</Name><BaseCalendarUID>1</BaseCalendarUID>");
    refused("calendar on itself", Format::Mspdi, text.as_bytes(), "F-110", "calendar 1");
}

#[test]
fn xer() {
    for (what, from, to, code, at) in [
        ("no header", "ERMHDR", "HEADER", "F-103", "line 1"),
        ("row before its table", "%T\tPROJECT\n%F\t", "%F\t", "F-103", "line 3"),
        ("no project", "%R\t1\tP", "%X\t1\tP", "F-111", "PROJECT"),
        ("duration", "\t7\t8\tCS_MSOA", "\t7\tlong\tCS_MSOA", "F-110", "line 10, target_drtn_hr_cnt"),
        ("absurd duration", "\t7\t8\tCS_MSOA", "\t7\t1e300\tCS_MSOA", "F-115", "line 10"),
        ("constraint", "CS_MSOA", "CS_SOON", "F-110", "line 10"),
        ("year 9999", "2026-06-02", "9999-06-02", "F-114", "line 10, cstr_date"),
        ("relationship", "PR_FS", "PR_XX", "F-110", "line 14"),
        ("unknown predecessor", "%R\t11\t10\t1\t1", "%R\t11\t99\t1\t1", "F-113", "line 14"),
        ("duplicate object id", "%R\t11\t1\tA2", "%R\t10\t1\tA2", "F-112", "line 11"),
    ] {
        assert!(XER.contains(from), "{what}");
        refused(what, Format::Xer, XER.replacen(from, to, 1).as_bytes(), code, at);
    }
}

#[test]
fn encodings_of_xer() {
    let with_name = |name: &[u8]| {
        let (before, after) = XER.split_once("NAME").unwrap();
        [before.as_bytes(), name, after.as_bytes()].concat()
    };
    let name_of = |bytes: &[u8]| read(Format::Xer, bytes).plan.unwrap().activities[0].name.clone();
    // The same two Han characters in GB18030 and UTF-8, and a Western name in Windows-1252.
    assert_eq!(name_of(&with_name(b"\xbb\xf9\xb4\xa1")), "\u{57fa}\u{7840}");
    assert_eq!(name_of(&with_name("\u{57fa}\u{7840}".as_bytes())), "\u{57fa}\u{7840}");
    assert_eq!(name_of(&with_name(b"Ren\xe9 \xa3")), "Ren\u{e9} \u{a3}");
    let marked = [b"\xff\xfe".as_slice(), &XER.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()].concat();
    assert_eq!(plans::detect(None, &marked).unwrap(), Format::Xer);
    assert_eq!(name_of(&marked), "NAME");
    refused("unknown encoding", Format::Xer, &with_name(b"\x81\x00\xff\x8d"), "F-106", "file");
}

/// A workbook with one sheet `Activities` of the given XML rows.
fn workbook(rows: &str) -> Vec<u8> {
    workbook_of(&[("Activities", rows)])
}

/// A workbook of sheets by name and XML rows.
fn workbook_of(sheets: &[(&str, &str)]) -> Vec<u8> {
    let each = |part: &str| -> String {
        let numbered = (1_usize..)
            .zip(sheets)
            .map(|(number, (name, _))| part.replace("NUMBER", &number.to_string()).replace("NAME", name));
        numbered.collect()
    };
    let mut parts = vec![
        ("[Content_Types].xml".to_owned(), r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/></Types>"#.to_owned()),
        ("_rels/.rels".to_owned(), r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#.to_owned()),
        ("xl/workbook.xml".to_owned(), format!(r#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>{}</sheets></workbook>"#, each(r#"<sheet name="NAME" sheetId="NUMBER" r:id="rNUMBER"/>"#))),
        ("xl/_rels/workbook.xml.rels".to_owned(), format!(r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>"#, each(r#"<Relationship Id="rNUMBER" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheetNUMBER.xml"/>"#))),
    ];
    for (number, (_, rows)) in (1_usize..).zip(sheets) {
        parts.push((format!("xl/worksheets/sheet{number}.xml"), format!(r#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>"#)));
    }
    zipped(parts.iter().map(|(name, text)| (name.as_str(), text.as_bytes())))
}

/// A workbook of a plan: the rows of a list under the headings that a plan has.
fn workbook_of_plan(rows: &str) -> Vec<u8> {
    let start = format!("{}{}", row(1, &["Key", "Value"]), row(2, &["start", "2026-06-01"]));
    workbook_of(&[("Plan", &start), ("Activities", &rows.replace("code", "Code").replace("duration", "Duration"))])
}

fn zipped<'a>(parts: impl Iterator<Item = (&'a str, &'a [u8])>) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        writer.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn row(number: u32, cells: &[&str]) -> String {
    let cells = cells
        .iter()
        .zip('A'..)
        .map(|(text, column)| format!(r#"<c r="{column}{number}" t="inlineStr"><is><t>{text}</t></is></c>"#));
    format!(r#"<row r="{number}">{}</row>"#, cells.collect::<String>())
}

#[test]
fn workbooks() {
    let head = row(1, &["Code", "Name", "Duration", "Deadline", "Kind"]);
    let with = |cells: &[&str]| workbook(&format!("{head}{}", row(2, cells)));
    let far = r#"<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>"#;
    let long = "n".repeat(10_000);
    for (what, bytes, code, at) in [
        ("cell at XFD1048576", workbook(&format!("{head}{far}")), "F-105", "Activities!XFD1048576"),
        ("duration", with(&["A", "n", "soon"]), "F-110", "Activities!C2"),
        ("date", with(&["A", "n", "5d", "tomorrow"]), "F-110", "Activities!D2"),
        ("year 9999", with(&["A", "n", "5d", "9999-01-01"]), "F-110", "Activities!D2"),
        ("kind", with(&["A", "n", "5d", "", "magic"]), "F-110", "Activities!E2"),
        ("no duration", with(&["A", "n"]), "F-111", "Activities!C2"),
        ("no code", with(&["", "n", "5d"]), "F-111", "Activities!A2"),
        ("long name", with(&["A", &long, "5d"]), "F-116", "Activities!A2"),
        ("no sheet", zipped([("xl/workbook.xml", b"<workbook/>".as_slice())].into_iter()), "F-1", ""),
        ("not a workbook", zipped([("a.txt", b"x".as_slice())].into_iter()), "F-101", "file"),
        ("macros", zipped([("xl/vbaProject.bin", b"x".as_slice())].into_iter()), "F-104", "file"),
        ("no zip", b"PK\x03\x04 and nothing else".to_vec(), "F-103", "file"),
    ] {
        if code == "F-1" {
            assert!(read(Format::Xlsx, &bytes).plan.is_none(), "{what}");
        } else {
            refused(what, Format::Xlsx, &bytes, code, at);
        }
    }
    let names: Vec<String> = (0..1001).map(|n| format!("p{n}")).collect();
    let many = zipped(names.iter().map(|name| (name.as_str(), b"".as_slice())));
    refused("1,001 parts", Format::Xlsx, &many, "F-105", "file");
    let zeros = vec![0_u8; 220 << 20];
    refused("zip bomb", Format::Xlsx, &zipped([("xl/workbook.xml", zeros.as_slice())].into_iter()), "F-105", "file");
}

#[test]
fn the_template_is_understood_and_formula_prefixes_survive() {
    let empty = read(Format::Xlsx, &plans::sheet::template());
    assert_eq!(empty.diagnostics.len(), 1, "{:?}", empty.diagnostics);
    assert_eq!(empty.diagnostics[0].code, "F-111");
    let mut plan = read(Format::GuatuJson, JSON.as_bytes()).plan.unwrap();
    for name in ["+1", "-1", "-1F (north)", "±0.00", "'quoted", "plain"] {
        plan.activities[1].name = name.to_owned();
        let (bytes, _) = plans::sheet::write(&plan).unwrap();
        let again = read(Format::Xlsx, &bytes).plan.unwrap();
        assert_eq!(again.activities[1].name, name);
    }
}

#[test]
fn a_name_that_begins_a_formula_is_refused_with_its_place() {
    for name in ["=1+1", "@SUM(A1)", " =cmd|' /C calc'!A0", "+cmd|x!A1", "-HYPERLINK(A1)"] {
        let text = JSON.replace(r#""id":"B""#, &format!(r#""id":"B","name":{}"#, serde_json::to_string(name).unwrap()));
        let reading = read(Format::GuatuJson, text.as_bytes());
        let found = &reading.diagnostics[0];
        assert!(reading.plan.is_none() && found.code == "F-116" && found.at.is_some(), "{name}: {found:?}");
    }
}

#[test]
fn day_plans_survive_ms_project_and_the_workbook() {
    let rich = JSON
        .replace("\"id\":\"B\"", r#""id":"B","kind":"task","quantity":{"total":26,"unit":"floor","whole":true},"risk":{"kind":"pert","low":"1d","likely":"2d","high":"4d"},"min_duration":"1d","cost_per_day":1200.5,"value":250000.5,"compressible":false,"percent":40.5,"actual_start":"2026-06-02","place":"3#","breaks":[{"after":"1d","length":"3d"}],"stops":[{"from":"2026-11-24T08:00","level":"orange"}],"needs":[{"resource":"crew","amount":2}]"#)
        .replace("\"links\"", r#""resources":[{"id":"crew","capacity":3,"steps":[{"from":"2026-07-01","capacity":4}]}],"options":{"progress":"override","critical":"longest_path"},"data_date":"2026-06-10","links""#);
    let plan = read(Format::GuatuJson, rich.as_bytes()).plan.expect("the rich plan is good");
    let placeless = |mut plan: guatu_kernel::plan::Plan| {
        plan.activities.iter_mut().for_each(|activity| activity.at = None);
        plan.links.iter_mut().for_each(|link| link.at = None);
        plan
    };
    let json = read(Format::GuatuJson, plans::json::write(&plan).as_bytes()).plan.unwrap();
    assert_eq!(placeless(json), placeless(plan.clone()));
    let (xml, _) = plans::mspdi::write(&plan, None);
    let again = read(Format::Mspdi, xml.as_bytes());
    assert_eq!(placeless(again.plan.expect("our own file is good")), placeless(plan.clone()));
    let (bytes, _) = plans::sheet::write(&plan).unwrap();
    let again = read(Format::Xlsx, &bytes);
    assert_eq!(placeless(again.plan.expect("our own workbook is good")), placeless(plan));
}

/// Small files with a few bytes changed, cut or doubled.
fn mutated(text: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let length = text.len();
    prop::collection::vec((0..length, any::<u8>(), 0..4_u8), 1..6).prop_map(move |edits| {
        let mut bytes = text.as_bytes().to_vec();
        for (at, byte, kind) in edits {
            let at = at.min(bytes.len().saturating_sub(1));
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.truncate(at.max(1)),
                2 => bytes.insert(at, byte),
                _ => {
                    let tail = bytes[at..].to_vec();
                    bytes.extend(tail);
                }
            }
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_a_reader_panic(
        json in mutated(JSON), mspdi in mutated(MSPDI), pmxml in mutated(PMXML), xer in mutated(XER),
    ) {
        let files = [(Format::GuatuJson, json), (Format::Mspdi, mspdi), (Format::Pmxml, pmxml), (Format::Xer, xer)];
        for (format, bytes) in files {
            let _ = plans::detect(Some("file"), &bytes);
            let reading = read(format, &bytes);
            let has_errors = reading.diagnostics.iter().any(|d| d.severity == Severity::Error);
            prop_assert_eq!(reading.plan.is_none(), has_errors);
            if let Some(plan) = reading.plan {
                let again = read(Format::Mspdi, plans::mspdi::write(&plan, None).0.as_bytes());
                prop_assert!(again.plan.is_some(), "{:?}", again.diagnostics);
            }
        }
    }

    #[test]
    fn no_bytes_make_what_is_filled_in_or_measured_panic(actuals in mutated(ACTUALS), form in mutated(FORM)) {
        let plan = read(Format::GuatuJson, MEASURED.as_bytes()).plan.unwrap();
        if let Err(faults) = targets::read_actuals(&actuals, &plan) {
            prop_assert!(faults.iter().all(|fault| fault.severity == Severity::Error) && !faults.is_empty());
        }
        if let Ok(filled) = xforms::filled(&form) {
            prop_assert!(filled.answers.len() <= form.len());
        }
    }

    #[test]
    fn no_rows_of_a_sheet_make_a_reader_panic(rows in mutated(ROWS)) {
        let rows = String::from_utf8_lossy(&rows);
        let reading = read(Format::Xlsx, &workbook_of_plan(&rows));
        let has_errors = reading.diagnostics.iter().any(|d| d.severity == Severity::Error);
        prop_assert_eq!(reading.plan.is_none(), has_errors);
        let list = lists::read(&workbook_of(&[("list", &rows)]));
        prop_assert!(list.rows.iter().all(|row| !row.cells.is_empty()));
        prop_assert!(lists::unpack(&lists::pack(&list)).is_some_and(|again| again.rows == list.rows));
    }

    #[test]
    fn no_workbook_makes_the_reader_panic(at in 0..20_000_usize, byte in any::<u8>()) {
        let mut bytes = plans::sheet::template();
        let at = at % bytes.len();
        bytes[at] = byte;
        let _ = read(Format::Xlsx, &bytes);
    }
}
