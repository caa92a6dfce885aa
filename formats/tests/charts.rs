//! Drawings by their structure: bars, labels, classes; and PDF by its page and its texts' fonts.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use guatu_formats::charts::bars::{self, BarChart, Flag, Kind, Row, Words};
use guatu_formats::charts::matrix::{self, Cell, Group, Matrix};
use guatu_formats::charts::{Heading, Ink, Lamp, LampWords, Sheet};
use guatu_formats::charts::{curve, elevation};
use guatu_formats::pdf::{self, Fonts, PdfError};
use jiff::civil::{Date, date};
use usvg::roxmltree::{Document, Node};

fn heading() -> Heading {
    Heading {
        title: "Title <1>".into(),
        subtitle: "Subtitle".into(),
        as_of: "as of 12".into(),
        stamps: vec!["DEMO".into()],
    }
}

fn row(label: &str, from: Date, to: Date) -> Row {
    Row {
        label: label.into(),
        indent: 1,
        kind: Kind::Task,
        baseline: Some((from, to)),
        forecast: Some((from, to)),
        breaks: Vec::new(),
        actual: None,
        percent: 0.0,
        lamp: Lamp::Idle,
        front: None,
        is_critical: false,
        href: Some("/wall?a=1&b=2".into()),
    }
}

fn chart(sheet: Sheet) -> BarChart {
    let may = |day| date(2026, 5, day);
    let late = Row {
        actual: Some((may(4), None)),
        percent: 20.0,
        front: Some(may(6)),
        lamp: Lamp::Bad,
        is_critical: true,
        ..row("Late", may(4), may(13))
    };
    let done = Row { actual: Some((may(1), Some(may(8)))), lamp: Lamp::Done, ..row("Done", may(1), may(8)) };
    let point = Row { kind: Kind::Milestone, ..row("Point", may(30), may(30)) };
    let sum = Row { kind: Kind::Summary, indent: 0, ..row("Sum", may(1), may(30)) };
    BarChart {
        heading: heading(),
        rows: vec![sum, done, late, row("Idle", may(20), may(28)), point],
        data_date: Some(may(12)),
        links: Vec::new(),
        flags: vec![Flag { on: may(29), label: "Due, 17 days left".into(), lamp: Lamp::Bad }],
        sheet,
        ink: Ink::Colour,
        words: Words {
            name: "Name".into(),
            front: "Front".into(),
            lamps: LampWords { bad: "Late!".into(), ..LampWords::default() },
            ..Words::default()
        },
    }
}

/// Elements whose classes include all of `classes`.
fn with<'a>(document: &'a Document<'_>, classes: &str) -> Vec<Node<'a, 'a>> {
    let has = |node: &Node<'_, '_>| {
        let found: Vec<&str> = node.attribute("class").unwrap_or_default().split(' ').collect();
        classes.split(' ').all(|class| found.contains(&class))
    };
    document.descendants().filter(has).collect()
}

#[test]
fn a_small_chart_has_its_bars_and_words() {
    let svg = bars::draw(&chart(Sheet::Screen { width_px: 1200.0 }));
    let document = Document::parse(&svg).unwrap();
    let labels: Vec<_> = with(&document, "label").iter().map(|node| node.text().unwrap().to_owned()).collect();
    assert_eq!(labels, ["Sum", "Done", "Late", "Idle", "Point"]);
    for (classes, count) in [
        ("row task", 3),
        ("row summary", 1),
        ("row milestone", 1),
        ("row bad critical", 1),
        ("bar", 4),
        ("bracket", 1),
        ("baseline", 5),
        ("actual", 1),
        ("critical-mark", 1),
        ("front", 1),
        ("data-date", 1),
        ("flag bad", 1),
        ("stamp", 2),
        ("title", 1),
    ] {
        assert_eq!(with(&document, classes).len(), count, "{classes}: {svg}");
    }
    assert!(
        svg.contains("Title &lt;1&gt;")
            && svg.contains("as of 12")
            && svg.contains("Due, 17 days left")
            && svg.contains("Late!")
    );
    assert_eq!(svg.matches("href=\"/wall?a=1&amp;b=2\"").count(), 5);
}

#[test]
fn a_bar_is_broken_where_nobody_works() {
    let may = |day| date(2026, 5, day);
    let mut chart = chart(Sheet::Screen { width_px: 1200.0 });
    let whole = Row { actual: Some((may(4), None)), percent: 50.0, lamp: Lamp::Good, ..row("Split", may(4), may(23)) };
    // Name, breaks, parts of the bar, parts of what is done by the 12th, lines that hold the parts together.
    let cases = [
        ("none", vec![], 1, 1, 0),
        ("one before the data date", vec![(may(6), may(7))], 2, 2, 1),
        ("one behind it", vec![(may(15), may(16))], 2, 1, 1),
        ("two", vec![(may(6), may(7)), (may(20), may(21))], 3, 2, 2),
        ("one that reaches over the end", vec![(may(22), may(30))], 1, 1, 1),
        ("one that is not on it", vec![(may(25), may(26))], 1, 1, 0),
    ];
    for (name, breaks, parts, done, held) in cases {
        chart.rows = vec![Row { breaks, ..whole.clone() }];
        let svg = bars::draw(&chart);
        let document = Document::parse(&svg).unwrap();
        let counts = ["bar", "actual", "break"].map(|class| with(&document, class).len());
        let lines =
            with(&document, "break").first().map_or(0, |node| node.attribute("d").unwrap().matches('M').count());
        assert_eq!((counts[0], counts[1], lines), (parts, done, held), "{name}: {svg}");
        let widths = with(&document, "bar")
            .iter()
            .map(|node| node.attribute("width").unwrap().parse::<f64>().unwrap())
            .sum::<f64>();
        let gaps: f64 = chart.rows[0]
            .breaks
            .iter()
            .map(|(from, to)| f64::from((*to.min(&may(23)) - *from).get_days() + 1).max(0.0))
            .sum();
        let per_day = with(&document, "baseline")[0].attribute("width").unwrap().parse::<f64>().unwrap() / 20.0;
        assert!((widths - (20.0 - gaps) * per_day).abs() < 0.1, "{name}: days of breaks are not drawn as work");
    }
}

#[test]
fn the_front_line_is_left_of_the_data_date_where_work_is_late() {
    let svg = bars::draw(&chart(Sheet::Screen { width_px: 1200.0 }));
    let document = Document::parse(&svg).unwrap();
    let xs = |class: &str| -> Vec<f64> {
        let data = with(&document, class)[0].attribute("d").unwrap();
        data.split(['M', 'L'])
            .filter(|part| !part.is_empty())
            .map(|part| part.split(' ').next().unwrap().parse().unwrap())
            .collect()
    };
    let (front, today) = (xs("front"), xs("data-date")[0]);
    assert_eq!((front[0], *front.last().unwrap()), (today, today));
    assert_eq!(front.iter().filter(|x| **x < today - 1.0).count(), 1, "{front:?}");
    assert!(front.iter().all(|x| *x <= today), "{front:?}");
    // It stands where the date that was handed in stands on the plan's bar: two days after its start of ten.
    let bar = with(&document, "row bad")
        .into_iter()
        .flat_map(|row| row.children())
        .find(|node| node.attribute("class") == Some("baseline"));
    let number = |name: &str| bar.unwrap().attribute(name).unwrap().parse::<f64>().unwrap();
    let least = front.iter().copied().fold(f64::INFINITY, f64::min);
    assert!((least - number("x") - number("width") * 0.2).abs() < 0.1, "{front:?}");
}

/// Sizes of all texts of a drawing on paper, in points.
fn points(svg: &str) -> Vec<f64> {
    let document = Document::parse(svg).unwrap();
    let texts = document.descendants().filter(|node| node.has_tag_name(("http://www.w3.org/2000/svg", "text")));
    texts.map(|text| text.attribute("font-size").unwrap().parse::<f64>().unwrap() * 72.0 / 25.4).collect()
}

#[test]
fn nothing_on_paper_is_too_small_to_be_read_however_many_rows_there_are() {
    for (number, least) in [(0, 10.0), (1, 9.0), (2, 8.0), (3, 7.0)] {
        for count in [1, 12, 60, 900] {
            let mut chart = chart(Sheet::series_a(number));
            chart.rows = chart.rows.iter().cycle().take(count).cloned().collect();
            chart.rows[0].label =
                "a name that is longer than any column of names can be, as names of works often are".into();
            let mut board = board(Sheet::series_a(number));
            let late = Some(Cell { lamp: Lamp::Bad, text: "27-10-31".into(), note: "by 27-10-31".into(), href: None });
            let row = matrix::Row { cells: vec![late; 20], ..board.groups[0].rows[0].clone() };
            board.stages = (0..20).map(|at| format!("Outdoor pipes {at}")).collect();
            board.groups = vec![Group { name: "Parcel".into(), rows: vec![row; count] }];
            for page in bars::pages(&chart).iter().chain(&matrix::pages(&board)) {
                let smallest = points(page).into_iter().fold(f64::INFINITY, f64::min);
                assert!(smallest > least - 0.05, "A{number}, {count} rows: {smallest} points");
            }
        }
    }
}

#[test]
fn few_rows_fill_the_sheet() {
    let bottom = |svg: &str, class: &str| {
        let document = Document::parse(svg).unwrap();
        let ys = with(&document, class).into_iter().filter_map(|node| node.attribute("y")?.parse().ok());
        ys.fold(0.0, f64::max)
    };
    let mut chart = chart(Sheet::series_a(3));
    chart.rows = chart.rows.iter().cycle().take(24).cloned().collect();
    assert!(bottom(&bars::draw(&chart), "label") > 297.0 * 0.88);
    let mut board = board(Sheet::series_a(3));
    let row = board.groups[0].rows[0].clone();
    board.groups = vec![Group { name: String::new(), rows: vec![row; 12] }];
    assert!(bottom(&matrix::draw(&board), "label") > 297.0 * 0.88);
}

#[test]
fn words_of_mandated_dates_never_meet() {
    let mut chart = chart(Sheet::series_a(3));
    let on = [20, 21, 22, 23, 24, 25, 29, 30];
    chart.flags = on
        .map(|day| Flag { on: date(2026, 5, day), label: "A mandated date, 17 days left".into(), lamp: Lamp::Good })
        .to_vec();
    chart.words.data_date = "today".into();
    let svg = bars::draw(&chart);
    let document = Document::parse(&svg).unwrap();
    let spans: Vec<(String, f64, f64)> = [with(&document, "flag"), with(&document, "today")]
        .concat()
        .into_iter()
        .filter(|node| node.tag_name().name() == "text")
        .map(|node| {
            let number = |name: &str| node.attribute(name).unwrap().parse::<f64>().unwrap();
            let width = node.text().unwrap().len() as f64 * 0.5 * number("font-size");
            let from = number("x") - if node.attribute("text-anchor") == Some("end") { width } else { 0.0 };
            (node.attribute("y").unwrap().to_owned(), from, from + width)
        })
        .collect();
    assert!(spans.len() > 3, "{spans:?}");
    for (at, (y, from, to)) in spans.iter().enumerate() {
        assert!(*from > 0.0 && *to < 420.0);
        assert!(
            spans[at + 1..].iter().all(|(other, start, finish)| other != y || finish < from || start > to),
            "{spans:?}"
        );
    }
    assert_eq!(with(&document, "flag good").len(), 8, "each has its line, with or without words");
}

#[test]
fn paper_has_no_links_and_rows_that_do_not_fit_go_on() {
    let mut long = chart(Sheet::series_a(3));
    assert!(!bars::draw(&long).contains("href"));
    assert_eq!(bars::pages(&long).len(), 1);
    long.rows = long.rows.iter().cycle().take(500).cloned().collect();
    let pages = bars::pages(&long);
    assert!(pages.len() > 3);
    let rows: usize = pages.iter().map(|page| with(&Document::parse(page).unwrap(), "row").len()).sum();
    assert_eq!(rows, 500);
    assert!(pages[0].contains(&format!("1 / {}", pages.len())));
    // What stands under a heading is not torn from it.
    let first = |page: &String| {
        let document = Document::parse(page).unwrap();
        with(&document, "label")[0].text().unwrap().to_owned()
    };
    assert!(pages.iter().all(|page| first(page) == "Sum"));
}

#[test]
fn a_work_longer_than_a_page_goes_on_all_the_same() {
    let mut long = chart(Sheet::series_a(3));
    let sum = long.rows[0].clone();
    let task = long.rows[3].clone();
    long.rows = std::iter::once(sum).chain(std::iter::repeat_n(task, 299)).collect();
    let counts =
        bars::pages(&long).iter().map(|page| with(&Document::parse(page).unwrap(), "row").len()).collect::<Vec<_>>();
    assert_eq!(counts.iter().sum::<usize>(), 300);
    assert!(counts.iter().all(|count| *count > 30), "{counts:?}");
}

#[test]
fn black_alone_has_no_colour() {
    for svg in [
        bars::draw(&BarChart { ink: Ink::Mono, ..chart(Sheet::series_a(3)) }),
        matrix::draw(&Matrix { ink: Ink::Mono, ..board(Sheet::series_a(3)) }),
    ] {
        for colour in svg
            .split('#')
            .skip(1)
            .filter_map(|rest| rest.get(..6))
            .filter(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
        {
            let part = |at: usize| i32::from_str_radix(&colour[at..at + 2], 16).unwrap();
            assert!((part(0) - part(4)).abs() <= 25, "#{colour} is a colour");
        }
    }
}

#[test]
fn an_empty_chart_is_still_a_drawing() {
    let empty = BarChart { rows: Vec::new(), flags: Vec::new(), data_date: None, ..chart(Sheet::series_a(4)) };
    assert!(Document::parse(&bars::draw(&empty)).is_ok());
    assert_eq!(bars::pages(&empty).len(), 1);
}

fn board(sheet: Sheet) -> Matrix {
    let cell = |lamp| Some(Cell { lamp, text: "10-31".into(), note: String::new(), href: Some("/x".into()) });
    let lamps = [Lamp::Done, Lamp::Good, Lamp::Warn, Lamp::Bad, Lamp::Idle];
    let row = |at: usize| matrix::Row {
        label: format!("B{at}"),
        note: "Li".into(),
        cells: lamps.into_iter().map(cell).chain([None]).collect(),
    };
    Matrix {
        heading: heading(),
        name: "Place".into(),
        stages: (1..=6).map(|at| format!("S{at}")).collect(),
        groups: vec![Group { name: "Parcel".into(), rows: (1..=3).map(row).collect() }],
        sheet,
        ink: Ink::Colour,
        lamps: LampWords::default(),
    }
}

#[test]
fn the_matrix_has_a_lamp_of_its_own_shape_in_every_cell() {
    let svg = matrix::draw(&board(Sheet::Screen { width_px: 900.0 }));
    let document = Document::parse(&svg).unwrap();
    assert_eq!(
        (with(&document, "row").len(), with(&document, "stage").len(), with(&document, "cell").len()),
        (3, 7, 15)
    );
    for (lamp, shape) in [("done", "circle"), ("idle", "circle"), ("good", "circle"), ("warn", "path"), ("bad", "rect")]
    {
        let found = with(&document, &format!("lamp {lamp}"));
        assert_eq!(found.len(), 4, "{lamp}: three rows and the legend");
        assert!(found.iter().all(|node| node.tag_name().name() == shape), "{lamp}");
    }
    assert_eq!(svg.matches("<a ").count(), 15);
}

#[test]
fn a_matrix_of_many_places_goes_on_with_all_of_them() {
    let mut long = board(Sheet::series_a(0));
    let row = long.groups[0].rows[0].clone();
    long.groups = (0..10).map(|at| Group { name: format!("G{at}"), rows: vec![row.clone(); 25] }).collect();
    let pages = matrix::pages(&long);
    assert!(pages.len() > 1);
    let rows: usize = pages.iter().map(|page| with(&Document::parse(page).unwrap(), "row").len()).sum();
    assert_eq!(rows, 250);
}

/// Keeps what libraries complain of while drawings are printed.
struct Complaints(std::sync::Mutex<Vec<String>>);

static COMPLAINTS: Complaints = Complaints(std::sync::Mutex::new(Vec::new()));

impl log::Log for Complaints {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        self.0.lock().unwrap().push(record.args().to_string());
    }

    fn flush(&self) {}
}

fn complaints() -> Vec<String> {
    COMPLAINTS.0.lock().unwrap().clone()
}

#[test]
fn pdf_has_the_exact_page_and_embedded_fonts() {
    let fonts = match Fonts::load() {
        Ok(fonts) => fonts,
        Err(fault) => {
            assert_eq!(fault, PdfError::NoFont);
            assert!(fault.to_string().contains("fonts-noto-cjk"));
            return;
        }
    };
    log::set_logger(&COMPLAINTS).unwrap();
    log::set_max_level(log::LevelFilter::Warn);
    let pages = bars::pages(&chart(Sheet::series_a(0)));
    let bytes = pdf::from_pages(&pages, 1189.0, 841.0, &fonts).unwrap();
    assert_eq!(bytes, pdf::from_pages(&pages, 1189.0, 841.0, &fonts).unwrap(), "the same drawing gives the same bytes");
    let text = String::from_utf8_lossy(&bytes);
    // 1189 mm and 841 mm at 72 points an inch.
    assert!(text.contains("/MediaBox[0 0 3370.3938 2383.937]"), "page size");
    assert!(text.contains("NotoSans") || text.contains("SourceHanSans"), "embedded font");
    assert_eq!(complaints(), Vec::<String>::new());
    let turned = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 50"><text x="9" y="20" font-size="8" transform="rotate(5)">turned</text></svg>"##;
    assert!(pdf::from_svg(turned, 100.0, 50.0, &fonts).is_ok());
    assert!(matches!(pdf::from_svg("no drawing", 100.0, 50.0, &fonts), Err(PdfError::Drawing(_))));
    assert!(matches!(pdf::from_svg(turned, 0.0, 50.0, &fonts), Err(PdfError::Drawing(_))));
}

fn part(done: f64, planned: f64) -> elevation::Part {
    elevation::Part { name: "Pit".into(), amount: "m³".into(), done, planned }
}

fn building(sheet: Sheet, ink: Ink) -> elevation::Elevation {
    let column = |done, planned, direction| elevation::Column {
        name: "Structure".into(),
        amount: String::new(),
        due: "due".into(),
        total: 6.0,
        done,
        planned,
        direction,
    };
    elevation::Elevation {
        heading: heading(),
        storeys: 6,
        columns: vec![column(2.5, 4.0, elevation::Direction::Up), column(1.0, 1.0, elevation::Direction::Down)],
        below: vec![part(1.0, 1.0)],
        whole: vec![part(0.25, 0.5)],
        words: elevation::Words::default(),
        sheet,
        ink,
    }
}

#[test]
fn a_building_is_as_high_as_it_stands() {
    for (sheet, ink) in [(Sheet::Screen { width_px: 800.0 }, Ink::Colour), (Sheet::series_a(4), Ink::Mono)] {
        let svg = elevation::draw(&building(sheet, ink));
        let read = Document::parse(&svg).unwrap();
        let columns: Vec<Node<'_, '_>> =
            read.descendants().filter(|node| node.attribute("class") == Some("column")).collect();
        let of = |column: Node<'_, '_>, class: &str| -> Vec<(f64, f64)> {
            let number = |node: Node<'_, '_>, name: &str| node.attribute(name).unwrap().parse::<f64>().unwrap();
            let found = column.descendants().filter(|node| node.attribute("class") == Some(class));
            found.map(|node| (number(node, "y"), number(node, "width"))).collect()
        };
        let (up, down) = (columns[0], columns[1]);
        assert_eq!(of(up, "storey").len(), 6);
        let (done, missing, storeys) = (of(up, "done"), of(up, "missing"), of(up, "storey"));
        assert_eq!((done.len(), missing.len()), (3, 2), "two and a half stand, one and a half are due");
        assert!(done[0].0 > done[1].0 && done[1].0 > done[2].0, "from the ground up");
        let half = done[2].1 / storeys[0].1;
        assert!((half - 0.5).abs() < 0.01, "half a storey is half filled: {half}");
        let roof = of(down, "storey").iter().map(|(y, _)| *y).fold(f64::INFINITY, f64::min);
        let taken = of(down, "done");
        assert!(taken.len() == 1 && (taken[0].0 - roof).abs() < 8.0, "from the roof down");
        assert_eq!(read.descendants().filter(|node| node.attribute("class") == Some("planned")).count(), 2);
    }
}

#[test]
fn a_curve_has_a_line_for_every_kind_and_stays_on_its_sheet() {
    let day = |day| date(2026, 5, day);
    let line = |kind, points: &[(i8, f64)]| curve::Line {
        kind,
        name: format!("{kind:?}"),
        points: points.iter().map(|(at, share)| (day(*at), *share)).collect(),
    };
    let mut chart = curve::Curve {
        heading: heading(),
        lines: vec![
            line(curve::Kind::Planned, &[(1, 0.0), (30, 1.0)]),
            line(curve::Kind::Required, &[(1, 0.0), (30, 0.4)]),
            line(curve::Kind::Forecast, &[(12, 0.2), (30, 7.0)]),
            line(curve::Kind::Actual, &[(1, 0.0), (12, 0.2)]),
        ],
        today: (day(12), "today".into()),
        sheet: Sheet::series_a(3),
        ink: Ink::Colour,
    };
    let svg = curve::draw(&chart);
    let read = Document::parse(&svg).unwrap();
    for class in ["planned", "required", "forecast", "actual"] {
        let lines = read.descendants().filter(|node| node.attribute("class") == Some(class));
        assert_eq!(lines.count(), 2, "{class}: the line and its key");
    }
    let dashed = read.descendants().filter(|node| node.attribute("stroke-dasharray").is_some()).count();
    assert_eq!(dashed, 4, "two kinds are told by their dash alone");
    let outside = read.descendants().filter_map(|node| node.attribute("d")).any(|data| data.contains('-'));
    assert!(!outside, "a share beyond the whole stays inside the frame");
    chart.lines.clear();
    assert!(Document::parse(&curve::draw(&chart)).is_ok(), "nothing is measured");
}
