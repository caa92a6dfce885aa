//! The command line as scripts see it: exit codes, answers, and hostile files that end in one clear sentence.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const JSON: &str = r#"{"format":"guatu-plan/1","granularity":"day","start":"2026-06-01","calendar":"site",
 "calendars":[{"id":"site","week":{"mon":true,"tue":true,"wed":true,"thu":true,"fri":true}}],
 "activities":[{"id":"W","kind":"summary"},{"id":"A","parent":"W","duration":"5d"},{"id":"B","parent":"W","duration":"2d"},{"id":"Z","kind":"finish_milestone"}],
 "links":[{"from":"A","to":"B"},{"from":"B","to":"Z"}]}"#;

const MSPDI: &str = r#"<?xml version="1.0" encoding="UTF-8"?><Project xmlns="http://schemas.microsoft.com/project"><StartDate>2026-06-01T08:00:00</StartDate><CalendarUID>1</CalendarUID><MinutesPerDay>480</MinutesPerDay>
<Calendars><Calendar><UID>1</UID><Name>Standard</Name><WeekDays><WeekDay><DayType>2</DayType><DayWorking>1</DayWorking><WorkingTimes><WorkingTime><FromTime>08:00:00</FromTime><ToTime>16:00:00</ToTime></WorkingTime></WorkingTimes></WeekDay></WeekDays></Calendar></Calendars>
<Tasks><Task><UID>1</UID><Name>A</Name><Duration>PT8H0M0S</Duration></Task><Task><UID>2</UID><Name>B</Name><Duration>PT16H0M0S</Duration><PredecessorLink><PredecessorUID>1</PredecessorUID><Type>1</Type></PredecessorLink></Task></Tasks></Project>"#;

/// Runs the program with bytes on standard input.
fn guatu(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_guatu"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that refuses its arguments does not read.
    drop(child.stdin.take().unwrap().write_all(input));
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn answer(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|fault| panic!("{fault}: {}", text(&output.stderr)))
}

/// A folder of its own for one test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    drop(std::fs::remove_dir_all(&folder));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn a_plan_is_scheduled_against_a_mandated_date() {
    let output = guatu(&["schedule", "-", "--finish-by", "Z=2026-06-08"], JSON.as_bytes());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let answer = answer(&output);
    assert_eq!(answer["format"], "guatu-schedule/1");
    assert_eq!(answer["activities"]["A"]["early_finish"], "2026-06-05");
    assert_eq!(answer["milestones"]["Z"]["forecast"], "2026-06-09");
    assert_eq!(answer["milestones"]["Z"]["float_days"], -1);
    assert!(output.stderr.is_empty());
}

#[test]
fn what_would_keep_a_date_is_named_with_its_crews_and_its_price() {
    let measured = r#""duration":"5d","min_duration":"1d","cost_per_day":1200.5,"quantity":{"total":10,"unit":"floor","per_day":2},"needs":[{"resource":"crew","amount":1}]"#;
    let other = r#"{"id":"C","duration":"9d","needs":[{"resource":"crew","amount":1}]}"#;
    let plan = JSON
        .replacen(r#""parent":"W","duration":"5d"}"#, &format!(r#""parent":"W",{measured}}},{other}"#), 1)
        .replacen(r#""links""#, r#""resources":[{"id":"crew","capacity":2}],"links""#, 1);
    let output = guatu(&["schedule", "-", "--finish-by", "Z=2026-06-05"], plan.as_bytes());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let answer = answer(&output);
    let found = answer["milestones"]["Z"]["concessions"].as_array().unwrap();
    let kind = |kind: &str| found.iter().find(|one| one["kind"] == kind).unwrap_or_else(|| panic!("{found:?}"));
    assert_eq!(
        *kind("add_crews"),
        serde_json::json!({"kind": "add_crews", "crews": 1, "days": 2, "strength": "proved",
            "on": [{"activity": "A", "crews_now": 1, "crews": 1, "days": 2}],
            "shared": [{"resource": "crew", "with": ["C"]}]})
    );
    assert_eq!((&kind("shorten")["days"], &kind("shorten")["cost"]), (&Value::from(2), &Value::from(2401)));
}

#[test]
fn the_data_date_of_the_command_line_wins() {
    let output = guatu(&["schedule", "-", "--data-date", "2026-06-10"], JSON.as_bytes());
    assert_eq!(answer(&output)["activities"]["A"]["early_start"], "2026-06-10");
}

#[test]
fn csv_xlsx_and_mspdi_are_read_again() {
    let folder = folder("written");
    let csv = guatu(&["schedule", "-", "--format", "csv"], JSON.as_bytes());
    assert!(text(&csv.stdout).starts_with("uid,name,early_start,"));
    for (format, file) in [("mspdi", "plan.xml"), ("xlsx", "plan.xlsx")] {
        let file = folder.join(file);
        let file = file.to_str().unwrap();
        let written = guatu(&["schedule", "-", "--format", format, "-o", file], JSON.as_bytes());
        assert_eq!(written.status.code(), Some(0), "{format}: {}", text(&written.stderr));
        let again = guatu(&["schedule", file], b"");
        assert_eq!(again.status.code(), Some(0), "{format}: {}", text(&again.stdout));
        assert_eq!(answer(&again)["finish"], "2026-06-09", "{format}");
    }
}

#[test]
fn a_plan_is_drawn_as_bars_and_as_a_network() {
    let draw = |more: &[&str], plan: &str| {
        guatu(&[&["schedule", "-", "--format", "svg", "--language", "en"], more].concat(), plan.as_bytes())
    };
    let bars = text(&draw(&[], JSON).stdout);
    assert!(bars.contains(r#"class="row task"#) && !bars.contains(r#"class="event"#));
    let network = text(&draw(&["--drawing", "network"], JSON).stdout);
    // Two works between three events, the last of them the milestone.
    assert_eq!(
        (network.matches("arrow work critical").count(), network.matches(r#"<g class="event"#).count()),
        (2, 3),
        "{network}"
    );
    // Of a plan with progress the network has the dates of the answer, unless those of the plan are asked for.
    let begun = r#"{"format":"guatu-plan/1","granularity":"day","start":"2026-01-05","data_date":"2026-06-01","calendar":"s",
        "calendars":[{"id":"s","week":{"mon":true,"tue":true,"wed":true,"thu":true,"fri":true}}],
        "activities":[{"id":"A","duration":"10d","actual_start":"2026-03-02","actual_finish":"2026-04-24"},{"id":"B","duration":"20d"}],
        "links":[{"from":"A","to":"B"}]}"#;
    for (dates, is_plan) in [("computed", false), ("plan", true)] {
        let drawn = text(&draw(&["--drawing", "network", "--dates", dates], begun).stdout);
        let has = |month: &str| drawn.contains(&format!(">{month}<"));
        assert_eq!(
            (has("2026-01"), has("2026-06"), drawn.contains("without its progress")),
            (is_plan, !is_plan, is_plan),
            "{dates}: {drawn}"
        );
        assert!(drawn.contains(">10<") && drawn.contains(">20<"), "durations, not calendar days");
    }
    let part = text(&draw(&["--drawing", "network", "--under", "W"], JSON).stdout);
    assert!(part.contains("1 thing of the plan is not drawn") && !part.contains("event milestone"), "{part}");
    let missing = draw(&["--drawing", "network", "--under", "V"], JSON);
    assert_eq!((missing.status.code(), text(&missing.stderr).contains("`V`")), (Some(4), true));
    let many: String = (0..301).map(|at| format!(r#"{{"id":"N{at}","duration":"1d"}},"#)).collect();
    let large =
        draw(&["--drawing", "network"], &JSON.replace(r#""activities":["#, &format!(r#""activities":[{many}"#)));
    assert_eq!((large.status.code(), text(&large.stderr).contains("--under")), (Some(5), true));
}

#[test]
fn formula_prefixes_are_refused_or_stay_text() {
    let named = |name: &str| JSON.replace(r#""id":"A","#, &format!(r#""id":"A","name":"{name}","#));
    let refused = guatu(&["schedule", "-", "--format", "csv"], named("=cmd|' /C calc'!A0").as_bytes());
    assert_eq!(refused.status.code(), Some(2), "{}", text(&refused.stderr));
    let csv = text(&guatu(&["schedule", "-", "--format", "csv"], named("-1F, slab").as_bytes()).stdout);
    assert!(csv.contains("\"'-1F"), "{csv}");
}

#[test]
fn wrong_usage_ends_in_one_sentence() {
    let cycle = JSON.replace(r#""links":["#, r#""links":[{"from":"B","to":"A"},"#);
    for (what, arguments, input, code) in [
        ("no such file", &["schedule", "no-such-file.json"][..], JSON, 4),
        ("unknown activity", &["schedule", "-", "--finish-by", "Q=2026-06-08"], JSON, 2),
        ("no date", &["schedule", "-", "--finish-by", "Z"], JSON, 2),
        ("not a date", &["schedule", "-", "--finish-by", "Z=soon"], JSON, 2),
        ("year 9999", &["schedule", "-", "--data-date", "9999-01-01"], JSON, 2),
        ("an hour in a day plan", &["schedule", "-", "--data-date", "2026-06-10T08:00"], JSON, 2),
        ("no data folder", &["export", "--version", "v", "--data", "/no/such/folder"], "", 4),
    ] {
        let output = guatu(arguments, input.as_bytes());
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{what}: {said}");
        assert_eq!(said.lines().count(), 1, "{what}: {said}");
    }
    let said = text(&guatu(&["schedule", "-", "--format", "csv"], cycle.as_bytes()).stderr);
    assert_eq!(said.lines().filter(|line| line.starts_with("error")).count(), 1, "{said}");
    assert!(said.starts_with("error K-101 A: A → B → A run in a circle"), "{said}");
    let output = guatu(&["schedule", "-"], cycle.as_bytes());
    assert_eq!(output.status.code(), Some(2));
    let answer = answer(&output);
    assert_eq!(answer["diagnostics"][0]["code"], "K-101");
    assert!(answer["activities"].get("A").is_none());
}

/// Parts of a ZIP archive.
fn zipped(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A workbook with one sheet `Activities`.
fn workbook(rows: &str) -> Vec<u8> {
    let relationships = "http://schemas.openxmlformats.org/package/2006/relationships";
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let root = format!(
        r#"<Relationships xmlns="{relationships}"><Relationship Id="r1" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>"#
    );
    let book = format!(
        r#"<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="Activities" sheetId="1" r:id="r1"/></sheets></workbook>"#
    );
    let sheets = format!(
        r#"<Relationships xmlns="{relationships}"><Relationship Id="r1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#
    );
    let head = r#"<row r="1"><c r="A1" t="inlineStr"><is><t>Code</t></is></c><c r="B1" t="inlineStr"><is><t>Duration</t></is></c></row>"#;
    let sheet = format!(r#"<worksheet xmlns="{main}"><sheetData>{head}{rows}</sheetData></worksheet>"#);
    let types = r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>"#;
    zipped(&[
        ("[Content_Types].xml", types.as_bytes()),
        ("_rels/.rels", root.as_bytes()),
        ("xl/workbook.xml", book.as_bytes()),
        ("xl/_rels/workbook.xml.rels", sheets.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ])
}

#[test]
fn hostile_files_end_in_one_clear_sentence() {
    let json = |from: &str, to: &str| {
        assert!(JSON.contains(from), "{from}");
        JSON.replacen(from, to, 1).into_bytes()
    };
    let xml = |from: &str, to: &str| {
        assert!(MSPDI.contains(from), "{from}");
        MSPDI.replacen(from, to, 1).into_bytes()
    };
    let attributes: String = (0..800_000).map(|n| format!(" a{n}=\"\"")).collect();
    let long = format!(r#""id":"A","name":"{}""#, "n".repeat(10_000));
    let far = r#"<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>"#;
    let zeros = vec![0_u8; 220 << 20];
    let deep = format!("{{\"a\":{}", "[".repeat(1_000_000));
    for (what, bytes, code, at) in [
        ("DTD", xml("<Project ", "<!DOCTYPE Project [<!ENTITY x \"y\">]><Project "), "F-104", "line 1"),
        ("800,000 attributes", xml("<Tasks>", &format!("<Tasks{attributes}>")), "F-105", "line 3"),
        ("depth bomb of XML", xml("<Name>A</Name>", &"<a>".repeat(100_000)), "F-105", "line 3"),
        ("depth bomb of JSON", deep.into_bytes(), "F-103", "line 1"),
        ("unknown encoding", xml("UTF-8", "EBCDIC-37"), "F-106", "line 1"),
        ("cell at XFD1048576", workbook(far), "F-105", "Activities!XFD1048576"),
        ("zip bomb", zipped(&[("xl/workbook.xml", &zeros)]), "F-105", "file"),
        ("unknown id", json(r#""from":"A""#, r#""from":"X""#), "F-113", "links[0]"),
        (
            "duplicate id",
            json(r#""activities":["#, r#""activities":[{"id":"A","duration":"1d"},"#),
            "F-112",
            "activities[2]",
        ),
        ("year 9999", xml("2026-06-01", "9999-06-01"), "F-114", "line 1"),
        ("absurd duration", json(r#""5d""#, r#""99999999d""#), "F-115", "activities[1]"),
        ("absurd duration of XML", xml("PT16H0M0S", "PT99999999999H0M0S"), "F-110", "line 3"),
        ("name of 10,000 characters", json(r#""id":"A""#, &long), "F-116", "activities[1]"),
        ("too large", vec![b' '; 22 << 20], "F-10", "file"),
        ("nothing", Vec::new(), "F-101", "file"),
        ("a picture", b"\x89PNG\r\n\x1a\n".to_vec(), "F-101", "file"),
    ] {
        let output = guatu(&["schedule", "-", "--format", "csv"], &bytes);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{what}: {said}");
        assert!(output.stdout.is_empty(), "{what}");
        assert_eq!(said.lines().count(), 1, "{what}: {said}");
        let is_clear = said.starts_with(&format!("error {code}")) && said.contains(at) && said.len() < 500;
        assert!(is_clear, "{what}: {said}");
    }
}

#[test]
fn a_file_that_exhausts_its_reader_ends_in_one_sentence() {
    // Within every limit of size, but its values take more memory than the reader may have.
    let plan = format!(r#"{{"format":"guatu-plan/1","activities":[{}[]]}}"#, "[[0]],".repeat((19 << 20) / 6));
    let output = guatu(&["schedule", "-", "--format", "csv"], plan.as_bytes());
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.starts_with("error F-107 file:") && said.lines().count() == 1, "{said}");
    let refused = answer(&guatu(&["schedule", "-"], plan.as_bytes()));
    assert_eq!(refused["diagnostics"][0]["code"], "F-107");
}

#[test]
fn a_plan_file_named_here_may_be_larger_than_one_that_is_uploaded() {
    let folder = folder("large");
    let file = |name: &str, bytes: u64| {
        let path = folder.join(name);
        std::fs::write(&path, JSON).unwrap();
        // What is added takes no room on the disk.
        let end = std::fs::File::options().write(true).open(&path).unwrap();
        end.set_len(bytes).unwrap();
        path
    };
    // Zeros follow the plan: it is read to its end, and refused as no JSON and not for its size.
    for (name, bytes, code, says) in [
        ("a.json", 170 << 20, "F-103", "JSON"),
        (
            "b.json",
            (640 << 20) + 1,
            "F-102",
            "the file has 641 MB, and at most 640 MB are read; export fewer fields or split it",
        ),
    ] {
        let output = guatu(&["schedule", file(name, bytes).to_str().unwrap(), "--format", "csv"], b"");
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.starts_with(&format!("error {code}")) && said.contains(says), "{said}");
    }
    let mut large = JSON.as_bytes().to_vec();
    large.resize((160 << 20) + 1, b' ');
    let uploaded = guatu(&["parse-plan"], &large);
    assert!(text(&uploaded.stdout).contains("the file has more than 160 MB"), "{}", text(&uploaded.stdout));
}

#[test]
fn workbooks_of_reports_are_read_in_a_child() {
    // Within every limit of size: a workbook of nothing but texts that no cell names.
    let strings = format!("<sst>{}</sst>", "<si><t>x</t></si>".repeat((60 << 20) / 17));
    let bomb = zipped(&[("xl/workbook.xml", b"<workbook/>"), ("xl/sharedStrings.xml", strings.as_bytes())]);
    for (what, bytes, code) in [
        ("a text", b"day,building".to_vec(), "F-101"),
        ("a plan", workbook(""), "F-111"),
        ("millions of texts", bomb, "F-1"),
    ] {
        let output = guatu(&["parse-reports"], &bytes);
        assert_eq!(output.status.code(), Some(0), "{what}: {}", text(&output.stderr));
        let answer = answer(&output);
        assert!(answer["diagnostics"][0][0].as_str().unwrap().starts_with(code), "{what}: {answer}");
        assert!(answer["buildings"].as_array().unwrap().is_empty(), "{what}");
    }
}

#[test]
fn saved_networks_of_the_shared_folder_have_their_dates() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/plans/mspdi-networks");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        eprintln!("skipped: {} does not exist", folder.display());
        return;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "xml") {
            continue;
        }
        let output = guatu(&["schedule", path.to_str().unwrap()], b"");
        assert_eq!(output.status.code(), Some(0), "{}: {}", path.display(), text(&output.stdout));
        assert!(answer(&output)["finish"].is_string(), "{}", path.display());
    }
}

#[test]
fn the_template_is_written_and_the_doctor_says_how_to_mend() {
    let folder = folder("doctor");
    let template = folder.join("template.xlsx");
    let written = guatu(&["export", "--template", "-o", template.to_str().unwrap()], b"");
    assert_eq!(written.status.code(), Some(0));
    assert!(std::fs::read(&template).unwrap().starts_with(b"PK"));
    let missing = folder.join("nothing");
    let doctor = guatu(&["doctor", "--data", missing.to_str().unwrap()], b"");
    assert_eq!(doctor.status.code(), Some(1));
    assert!(text(&doctor.stdout).contains("guatu serve"));
}

#[test]
fn targets_guarantee_each_other_from_files() {
    let folder = folder("targets");
    let plan = r#"{"format":"guatu-plan/1","start":"2026-06-01","calendar":"all",
 "calendars":[{"id":"all","week":{"mon":true,"tue":true,"wed":true,"thu":true,"fri":true}}],
 "activities":[{"id":"A","duration":"20d","quantity":{"total":40,"unit":"floor","whole":true}},{"id":"Z","kind":"finish_milestone"}],
 "links":[{"from":"A","to":"Z"}],"mandated":[{"activity":"Z","finish_by":"2026-06-26"}]}"#;
    let actuals = r#"{"format":"guatu-actuals/1","facts":[{"activity":"A","on":"2026-06-01","quantity":2.0,"grade":"reported"},
 {"activity":"A","on":"2026-06-01","quantity":1.0,"grade":"verified"}],
 "commitments":[{"activity":"A","period":"week","from":"2026-06-01","to":"2026-06-07","will":9}]}"#;
    std::fs::write(folder.join("plan.json"), plan).unwrap();
    std::fs::write(folder.join("actuals.json"), actuals).unwrap();
    let path = |name: &str| folder.join(name).display().to_string();
    let (plan_file, actuals_file) = (path("plan.json"), path("actuals.json"));
    let output = guatu(&["targets", &plan_file, "--actuals", &actuals_file, "--data-date", "2026-06-02"], b"");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let item = &answer(&output)["items"]["A"];
    assert_eq!((&item["done"], &item["today"]), (&Value::from(1), &Value::from(2)), "two floors a day is all there is");
    let week = &item["periods"][1];
    assert_eq!(
        (&week["should"], &week["can"], &week["will"], &week["done"]),
        (&10.into(), &10.into(), &9.into(), &1.into())
    );
    // One floor was lost on the first day: the month's date is a floor short from the first day on.
    let first = &item["first_impossible"];
    assert_eq!((&first["on"], &first["short"], &first["levels"][0]), (&"2026-06-02".into(), &1.into(), &"site".into()));
    assert_eq!(first["restore"].as_array().unwrap().len(), 2, "no free day before it, but a shift or a crew");

    // A day that has not come is not counted, and that is said.
    std::fs::write(folder.join("odd.json"), actuals.replace("06-01\",\"quantity\":2.0", "06-03\",\"quantity\":2.0"))
        .unwrap();
    let odd = guatu(&["targets", &plan_file, "--actuals", &path("odd.json"), "--data-date", "2026-06-02"], b"");
    assert_eq!(odd.status.code(), Some(0), "{}", text(&odd.stderr));
    assert!(text(&odd.stdout).contains("F-217"), "{}", text(&odd.stdout));

    // What no page takes, no file says: nothing is computed then.
    let done = |on: &str, quantity: i32| format!(r#"{{"activity":"A","on":"{on}","quantity":{quantity}}}"#);
    let will = |day: &str, will: f64| {
        format!(r#"{{"activity":"A","period":"day","from":"{day}","to":"{day}","will":{will}}}"#)
    };
    let (first, second) = ("2026-06-02", "2026-06-03");
    for (facts, commitments, wrong) in [
        (vec![done(first, 5), done(second, 200)], vec![], Some("F-120 facts[1]")),
        (vec![done(first, -2)], vec![], Some("F-120 facts[0]")),
        (vec![done(first, 5), done(second, -2)], vec![], None),
        (vec![done(first, 5)], vec![will(second, 500.0)], Some("F-121 commitments[0]")),
        (vec![done(first, 5)], vec![will(second, 35.0), will(first, 40.0)], None),
        (vec![], vec![will(first, 2.0), will(second, 2.0), will(first, 3.0)], Some("F-122 commitments[2]")),
        (vec![], vec![will(first, 2.0), will(first, 2.0)], None),
        (vec![], vec![will(first, 1.5)], Some("F-123 commitments[0]")),
    ] {
        let (facts, commitments) = (facts.join(","), commitments.join(","));
        let file = format!(r#"{{"format":"guatu-actuals/1","facts":[{facts}],"commitments":[{commitments}]}}"#);
        std::fs::write(folder.join("sound.json"), &file).unwrap();
        let output = guatu(&["targets", &plan_file, "--actuals", &path("sound.json"), "--data-date", second], b"");
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(if wrong.is_some() { 2 } else { 0 }), "{file}: {said}");
        assert!(wrong.is_none_or(|wrong| said.contains(&format!("error {wrong}: "))), "{file}: {said}");
        assert_eq!(output.stdout.is_empty(), wrong.is_some(), "{file}");
    }

    std::fs::write(
        folder.join("bad.json"),
        actuals.replace("2026-06-07", "2026-06-08").replace("\"A\",\"on", "\"B\",\"on"),
    )
    .unwrap();
    let refused = guatu(&["targets", &plan_file, "--actuals", &path("bad.json"), "--data-date", "2026-06-02"], b"");
    assert_eq!(refused.status.code(), Some(2));
    let said = text(&refused.stderr);
    assert!(said.contains("facts[0]") && said.contains("commitments[0]"), "{said}");
    assert!(refused.stdout.is_empty());
}

#[test]
fn a_server_that_is_not_there_is_not_healthy() {
    let output = guatu(&["healthcheck", "--listen", "127.0.0.1:1"], b"");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stderr).lines().count(), 1);
}

/// Two works that need the only crane, one of them of uncertain length, before a mandated date.
const SCARCE: &str = r#"{"format":"guatu-plan/1","granularity":"day","start":"2026-06-01","calendar":"site",
"calendars":[{"id":"site","week":{"mon":true,"tue":true,"wed":true,"thu":true,"fri":true,"sat":true,"sun":true}}],
"activities":[{"id":"A","duration":"5d","needs":[{"resource":"crane","amount":1}]},
{"id":"B","duration":"5d","needs":[{"resource":"crane","amount":1}],"risk":{"kind":"discrete","probability":0.25,"impact":"3d"}}],
"links":[],"resources":[{"id":"crane","capacity":1}],"mandated":[{"activity":"B","finish_by":"2026-06-05","name":"Lifted"}]}"#;

/// Two crews on three floors.
const FLOORS: &str = r#"{"format":"guatu-plan/1","granularity":"day","start":"2026-06-01","calendar":"site",
"calendars":[{"id":"site","week":{"mon":true,"tue":true,"wed":true,"thu":true,"fri":true,"sat":true,"sun":true}}],
"activities":[{"id":"S1","duration":"4d"},{"id":"S2","duration":"4d"},{"id":"S3","duration":"4d"},
{"id":"M1","duration":"2d"},{"id":"M2","duration":"2d"},{"id":"M3","duration":"2d"}],
"links":[{"from":"S1","to":"M1"},{"from":"S2","to":"M2"},{"from":"S3","to":"M3"}],
"resources":[{"id":"slab","capacity":1,"route":["S1","S2","S3"]},{"id":"masonry","capacity":1,"route":["M1","M2","M3"]}]}"#;

#[test]
fn crews_go_from_floor_to_floor() {
    let output = guatu(&["level", "-"], FLOORS.as_bytes());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let levelled = answer(&output);
    let starts = ["S1", "S2", "S3", "M1", "M2", "M3"].map(|id| levelled["activities"][id]["start"].clone());
    assert_eq!(starts, ["2026-06-01", "2026-06-05", "2026-06-09", "2026-06-09", "2026-06-11", "2026-06-13"]);
    let held = serde_json::json!({ "kind": "continuity", "resource": "masonry", "next": "M2" });
    assert_eq!(levelled["activities"]["M1"]["held_by"], held, "sooner it would wait for the last floor");
    let stay = |id: &str, days: u32| serde_json::json!({ "activity": id, "beat_days": days });
    let expected = serde_json::json!([
        { "resource": "slab", "step_days": null, "stays": [stay("S1", 4), stay("S2", 4), stay("S3", 4)] },
        { "resource": "masonry", "step_days": 8, "stays": [stay("M1", 2), stay("M2", 2), stay("M3", 2)] },
    ]);
    assert_eq!(levelled["routes"], expected);
    let wrong = FLOORS.replace(r#""M2","M3"]}"#, r#""M2","M9"]}"#);
    let refused = guatu(&["level", "-"], wrong.as_bytes());
    assert_eq!((refused.status.code(), &answer(&refused)["diagnostics"][0]["code"]), (Some(2), &"K-127".into()));
    let typed = FLOORS.replace(r#"["M1","M2","M3"]"#, r#"["M1",2]"#);
    assert_eq!(guatu(&["level", "-"], typed.as_bytes()).status.code(), Some(2));
}

#[test]
fn a_correlation_that_binds_nothing_is_said() {
    for (by, expected) in [("place", Some("K-306")), ("resource", None)] {
        let said = answer(&guatu(&["risk", "-", "--iterations", "100", "--correlate", by], SCARCE.as_bytes()));
        let codes: Vec<&str> =
            said["diagnostics"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect();
        assert_eq!(codes, expected.into_iter().collect::<Vec<&str>>(), "{by}: {said}");
    }
}

#[test]
fn what_cannot_be_meant_is_refused_with_what_to_do() {
    let risk = |risk: &str| SCARCE.replace(r#"{"kind":"discrete","probability":0.25,"impact":"3d"}"#, risk);
    let cases = [
        (risk(r#"{"kind":"triangular","low":"4d","likely":"5d","high":"9d"}"#), None),
        (risk(r#"{"kind":"triangular","low":"9d","likely":"5d","high":"4d"}"#), Some("activities[1].risk.likely")),
        (risk(r#"{"kind":"pert","low":"2d","likely":"9d","high":"4d"}"#), Some("activities[1].risk.likely")),
        (
            SCARCE.replace(r#""id":"A","#, r#""id":"A","quantity":{"total":5,"unit":"floor","per_day":0},"#),
            Some("activities[0].quantity.per_day"),
        ),
        (risk(r#"{"kind":"lognormal","p50":"9d","p90":"5d"}"#), Some("activities[1].risk.p90")),
        (
            SCARCE.replace(
                r#""links":[]"#,
                r#""links":[],"stops":[{"from":"2026-06-24T08:00","to":"2026-06-20T08:00"}]"#,
            ),
            Some("stops"),
        ),
    ];
    for (plan, wrong) in cases {
        let output = guatu(&["risk", "-", "--iterations", "100"], plan.as_bytes());
        let said = answer(&output);
        let told = said["diagnostics"]
            .as_array()
            .unwrap()
            .first()
            .map(|one| (one["code"].as_str().unwrap(), one["at"].as_str().unwrap()));
        assert_eq!(
            (output.status.code(), told),
            (Some(if wrong.is_some() { 2 } else { 0 }), wrong.map(|at| ("F-110", at))),
            "{plan}"
        );
    }
}

#[test]
fn scarce_resources_keep_work_waiting_and_say_for_whom() {
    let output = guatu(&["level", "-", "--seed", "7", "--schedules", "50"], SCARCE.as_bytes());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let levelled = answer(&output);
    assert_eq!(levelled["format"], "guatu-level/1");
    assert_eq!(levelled["activities"]["B"]["finish"], "2026-06-05", "the mandated date comes first");
    assert_eq!(levelled["activities"]["A"]["start"], "2026-06-06");
    let held = serde_json::json!({ "kind": "capacity", "resource": "crane", "by": ["B"] });
    assert_eq!(levelled["activities"]["A"]["held_by"], held);
    assert_eq!(levelled["milestones"]["B"]["float_days"], 0);
    let again = guatu(&["level", "-", "--seed", "7", "--schedules", "50"], SCARCE.as_bytes());
    assert_eq!(output.stdout, again.stdout);
    let broken = SCARCE.replace(
        r#""id":"A","duration":"5d","#,
        r#""id":"A","duration":"5d","breaks":[{"after":"3d","length":"2d"}],"#,
    );
    let told = answer(&guatu(&["level", "-"], broken.as_bytes()));
    let in_break = serde_json::json!([{ "from": "2026-06-09", "to": "2026-06-10" }]);
    assert_eq!(
        (&told["activities"]["A"]["breaks"], &told["activities"]["A"]["finish"]),
        (&in_break, &"2026-06-12".into())
    );
    assert_eq!(told["activities"]["B"].get("breaks"), None, "work without breaks says nothing of them");
    let two_at_once = SCARCE.replace(r#""amount":1"#, r#""amount":2"#);
    let output = guatu(&["level", "-"], two_at_once.as_bytes());
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(answer(&output)["diagnostics"][0]["code"], "K-122");
}

#[test]
fn risk_says_how_likely_a_date_is_kept_and_what_moves_it() {
    let output = guatu(&["risk", "-", "--iterations", "20000", "--seed", "7"], SCARCE.as_bytes());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let report = answer(&output);
    assert_eq!(report["format"], "guatu-risk/1");
    let lifted = &report["milestones"]["B"];
    assert!((lifted["probability"].as_f64().unwrap() - 0.75).abs() < 0.02, "{lifted}");
    assert_eq!((&lifted["p50"], &lifted["p80"]), (&"2026-06-05".into(), &"2026-06-08".into()));
    assert_eq!(lifted["tornado"][0]["activity"], "B");
    for wrong in [["--correlate", "place", "--correlation", "2"], ["--iterations", "0", "--seed", "1"]] {
        let output = guatu(&[&["risk", "-"][..], &wrong].concat(), SCARCE.as_bytes());
        assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_key_for_leads_is_made_once_and_read_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let file = folder("lead-key").join("lead.key");
    let path = file.to_str().unwrap();
    let made = guatu(&["lead-key", "new", "-o", path], b"");
    assert_eq!((made.status.code(), text(&made.stdout).trim().len()), (Some(0), 44), "{}", text(&made.stderr));
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let kept = std::fs::read(&file).unwrap();
    assert_eq!(guatu(&["lead-key", "new", "-o", path], b"").status.code(), Some(6), "no key is overwritten");
    assert_eq!(std::fs::read(&file).unwrap(), kept);
    for (key, envelope, code) in
        [(path, &b"something else"[..], 2), (path, b"", 2), ("no-such-file", b"", 4), ("Cargo.toml", b"", 2)]
    {
        assert_eq!(guatu(&["leads", "open", "--key", key], envelope).status.code(), Some(code), "{key}");
    }
}
