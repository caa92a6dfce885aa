//! Links on bars, float paths and wants of resources by their structure: what is drawn where, in which weight.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use guatu_formats::charts::bars::{self, BarChart, Kind, Row, Words};
use guatu_formats::charts::fan::{self, Fan};
use guatu_formats::charts::histogram::{self, Histogram, Panel};
use guatu_formats::charts::links::{self, Link, Weight};
use guatu_formats::charts::paths::{self, Lane, PathChart, Work};
use guatu_formats::charts::{Heading, Ink, Lamp, LampWords, Sheet};
use guatu_kernel::plan::LinkKind;
use jiff::civil::{Date, date};
use usvg::roxmltree::{Document, Node};

const SCREEN: Sheet = Sheet::Screen { width_px: 1200.0 };

fn june(day: i8) -> Date {
    date(2026, 6, day)
}

/// Elements whose classes include all of `classes`.
fn with<'a>(document: &'a Document<'_>, classes: &str) -> Vec<Node<'a, 'a>> {
    let has = |node: &Node<'_, '_>| {
        let found: Vec<&str> = node.attribute("class").unwrap_or_default().split(' ').collect();
        classes.split(' ').all(|class| found.contains(&class))
    };
    document.descendants().filter(has).collect()
}

fn number(node: &Node<'_, '_>, name: &str) -> f64 {
    node.attribute(name).unwrap().parse().unwrap()
}

/// Corners of a path of straight lines.
fn corners(node: &Node<'_, '_>) -> Vec<(f64, f64)> {
    let data = node.attribute("d").unwrap();
    let point = |part: &str| {
        let (x, y) = part.trim_end_matches('Z').split_once(' ').unwrap();
        (x.parse().unwrap(), y.parse().unwrap())
    };
    data.split(['M', 'L']).filter(|part| !part.is_empty()).map(point).collect()
}

fn chart(sheet: Sheet, count: usize, links: Vec<Link>) -> BarChart {
    let row = |at: usize| {
        let from = june(1).saturating_add(jiff::Span::new().days(at as i64 * 10));
        let dates = Some((from, from.saturating_add(jiff::Span::new().days(9))));
        Row {
            label: format!("Work {at}"),
            indent: 0,
            kind: if at == 3 { Kind::Milestone } else { Kind::Task },
            baseline: dates,
            forecast: dates,
            breaks: Vec::new(),
            actual: None,
            percent: 0.0,
            lamp: Lamp::Idle,
            front: None,
            is_critical: false,
            href: None,
        }
    };
    BarChart {
        heading: Heading { title: "Title".into(), ..Heading::default() },
        rows: (0..count).map(row).collect(),
        data_date: None,
        links,
        flags: Vec::new(),
        sheet,
        ink: Ink::Colour,
        words: Words { critical_link: "held and critical".into(), other_link: "other".into(), ..Words::default() },
    }
}

fn link(from: usize, to: usize, weight: Weight) -> Link {
    let label = if to > from + 1 { "FS+10".into() } else { String::new() };
    Link { from, to, kind: LinkKind::FS, weight, label, tip: format!("{from} to {to}") }
}

#[test]
fn links_go_from_bar_to_bar_and_their_weight_is_seen_without_colour() {
    let links = vec![link(0, 1, Weight::Critical), link(0, 2, Weight::Driving), link(1, 3, Weight::Other)];
    for ink in [Ink::Colour, Ink::Mono] {
        let svg = bars::draw(&BarChart { ink, ..chart(SCREEN, 4, links.clone()) });
        let document = Document::parse(&svg).unwrap();
        let width = |class: &str| {
            let drawn = with(&document, &format!("link {class}"));
            assert_eq!(drawn.len(), 1, "{class}");
            let line = drawn[0].children().find(|node| node.attribute("class") == Some("line")).unwrap();
            number(&line, "stroke-width")
        };
        assert!(width("critical") > 1.4 * width("driving") && width("driving") > 1.4 * width("other"));
    }
    let svg = bars::draw(&chart(SCREEN, 4, links));
    let document = Document::parse(&svg).unwrap();
    let bars = with(&document, "bar");
    let line =
        with(&document, "link driving")[0].children().find(|node| node.attribute("class") == Some("line")).unwrap();
    let points = corners(&line);
    let (source, target) = (&bars[0], &bars[2]);
    assert!((points[0].0 - number(source, "x") - number(source, "width")).abs() < 0.1, "{points:?}");
    let last = points.last().unwrap();
    let y = number(target, "y");
    assert!((number(target, "x") - last.0).abs() < 12.0 && last.1 < y + number(target, "height"), "{points:?}");
    assert!(with(&document, "lag").iter().all(|node| node.text() == Some("FS+10")) && svg.contains("FS+10"));
    assert!(svg.contains("<title>0 to 2</title>") && svg.contains("held and critical"));
    let none = bars::draw(&chart(SCREEN, 4, Vec::new()));
    assert!(!none.contains("class=\"links\"") && !none.contains("held and critical"), "no links, no word of them");
}

#[test]
fn links_on_paper_stay_on_their_page() {
    let links = (0..299).map(|at| link(at, at + 1, Weight::Driving)).collect();
    let pages = bars::pages(&chart(Sheet::series_a(3), 300, links));
    let drawn = |page: &String| with(&Document::parse(page).unwrap(), "link").len();
    let rows = |page: &String| with(&Document::parse(page).unwrap(), "row").len();
    assert!(pages.len() > 1);
    for page in &pages {
        assert_eq!(drawn(page), rows(page) - 1, "all but the one to the next page");
    }
}

fn work(name: &str, from: i8, to: i8) -> Work {
    Work {
        name: name.into(),
        dates: (june(from), june(to)),
        is_milestone: false,
        is_begun: false,
        tip: name.into(),
        href: Some("/x".into()),
    }
}

fn paths_of(sheet: Sheet, lanes: Vec<Lane>) -> PathChart {
    PathChart {
        heading: Heading { title: "Title".into(), ..Heading::default() },
        label: "Paths".into(),
        lanes,
        data_date: Some(june(3)),
        flags: Vec::new(),
        closed: Vec::new(),
        sheet,
        ink: Ink::Mono,
        words: paths::Words {
            more: "{count} more".into(),
            lamps: LampWords { bad: "late".into(), ..LampWords::default() },
            ..paths::Words::default()
        },
    }
}

fn lanes() -> Vec<Lane> {
    let end = Work { is_milestone: true, ..work("Done", 28, 28) };
    let first = Lane {
        float: "2 days late".into(),
        lamp: Lamp::Bad,
        works: vec![Work { is_begun: true, ..work("Pit", 1, 8) }, work("Frame", 9, 20), end],
        joins: None,
    };
    let second = Lane {
        float: "float 6".into(),
        lamp: Lamp::Warn,
        works: vec![work("Pipes", 4, 12), work("Tests", 10, 16)],
        joins: Some((0, 2)),
    };
    let third =
        Lane { float: "float 30".into(), lamp: Lamp::Good, works: vec![work("Papers", 1, 3)], joins: Some((1, 1)) };
    vec![first, second, third]
}

#[test]
fn a_lane_for_each_path_and_an_arrow_to_where_it_joins() {
    let svg = paths::draw(&paths_of(SCREEN, lanes()));
    let document = Document::parse(&svg).unwrap();
    for (classes, count) in [
        ("lane", 3),
        ("lane first bad", 1),
        ("work", 6),
        ("work milestone", 1),
        ("join", 2),
        ("step", 3),
        ("actual", 1),
        ("name", 6),
    ] {
        assert_eq!(with(&document, classes).len(), count, "{classes}");
    }
    let texts =
        |class: &str| with(&document, class).iter().map(|node| node.text().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(
        (texts("number"), texts("float")),
        (vec!["1".into(), "2".into(), "3".into()], vec!["2 days late".into(), "float 6".into(), "float 30".into()])
    );
    // Arrows end under the bar they lead to.
    let bars = with(&document, "bar");
    let lane_of = |node: &Node<'_, '_>| number(node, "y") + number(node, "height");
    for (arrow, bar) in with(&document, "join").iter().zip([None, Some(&bars[4])]) {
        let to = arrow.children().find(|node| node.attribute("class") == Some("to")).unwrap();
        let end = *corners(&to).last().unwrap();
        if let Some(bar) = bar {
            assert!(
                (end.1 - lane_of(bar)).abs() < 0.1
                    && end.0 > number(bar, "x")
                    && end.0 < number(bar, "x") + number(bar, "width")
            );
        }
    }
    // The first lane is heavy, whatever the colours.
    let width = |at: usize| number(&bars[at], "stroke-width");
    assert!(width(0) > 1.5 * width(3));
    assert_eq!(svg.matches("href=\"/x\"").count(), 6);
}

#[test]
fn overlapping_works_stand_on_levels_and_paper_says_what_has_no_room() {
    let svg = paths::draw(&paths_of(SCREEN, lanes()));
    let document = Document::parse(&svg).unwrap();
    let bars = with(&document, "bar");
    let overlap = |a: &Node<'_, '_>, b: &Node<'_, '_>| {
        let (x, y, w, h) = ("x", "y", "width", "height");
        number(a, x) < number(b, x) + number(b, w)
            && number(b, x) < number(a, x) + number(a, w)
            && number(a, y) < number(b, y) + number(b, h)
            && number(b, y) < number(a, y) + number(a, h)
    };
    let rects: Vec<_> = bars.iter().filter(|bar| bar.has_attribute("x")).collect();
    for (at, one) in rects.iter().enumerate() {
        assert!(rects[at + 1..].iter().all(|other| !overlap(one, other)));
    }
    let many: Vec<Lane> = lanes().into_iter().cycle().take(90).map(|lane| Lane { joins: None, ..lane }).collect();
    let page = paths::draw(&paths_of(Sheet::series_a(3), many));
    let document = Document::parse(&page).unwrap();
    let shown = with(&document, "lane").len();
    assert!(shown > 5 && page.contains(&format!(">{} more<", 90 - shown)), "{shown}");
    let texts = document.descendants().filter(|node| node.has_tag_name(("http://www.w3.org/2000/svg", "text")));
    let smallest = texts.map(|text| number(&text, "font-size") * 72.0 / 25.4).fold(f64::INFINITY, f64::min);
    assert!(smallest > 6.9, "{smallest} points");
}

fn wants(sheet: Sheet, count: usize) -> Histogram {
    let panel = Panel {
        name: "cranes".into(),
        peak: "5 wanted, 3 there".into(),
        wanted: vec![(june(1), 2), (june(5), 5), (june(9), 0)],
        capacity: vec![(june(1), 3), (june(7), 4)],
    };
    Histogram {
        heading: Heading { title: "Title".into(), ..Heading::default() },
        label: "Wants".into(),
        panels: vec![panel; count],
        data_date: Some(june(3)),
        flags: Vec::new(),
        sheet,
        ink: Ink::Mono,
        words: histogram::Words::default(),
    }
}

#[test]
fn what_is_too_much_stands_over_what_there_is() {
    let svg = histogram::draw(&wants(SCREEN, 1));
    let document = Document::parse(&svg).unwrap();
    let (wanted, over) = (with(&document, "wanted"), with(&document, "over"));
    assert_eq!((wanted.len(), over.len()), (3, 2), "two wanted; five of three; five of four");
    let heights: Vec<f64> = over.iter().map(|node| number(node, "height")).collect();
    assert!((heights[0] - 2.0 * heights[1]).abs() < 0.1, "two too many, then one: {heights:?}");
    let base = |node: &Node<'_, '_>| number(node, "y") + number(node, "height");
    assert!(over.iter().zip(&wanted[1..]).all(|(over, wanted)| (base(over) - number(wanted, "y")).abs() < 0.1));
    let fills: Vec<_> = [&wanted[0], &over[0]].map(|node| node.attribute("fill").unwrap()).to_vec();
    assert_eq!(fills, ["#d6d6d6", "#000000"], "light and solid in black alone");
    let capacity = corners(&with(&document, "capacity")[0]);
    assert_eq!(capacity.len(), 4, "one step: {capacity:?}");
    let units: Vec<_> = with(&document, "units").iter().map(|node| node.text().unwrap().to_owned()).collect();
    assert_eq!(units, ["0", "4", "5"]);
    assert!(histogram::pages(&wants(Sheet::series_a(3), 40)).len() > 1);
    assert_eq!(histogram::pages(&wants(Sheet::series_a(3), 4)).len(), 1);
}

fn fan(sheet: Sheet, lanes: usize) -> Fan {
    let lane = fan::Lane {
        name: "All home".into(),
        chance: "62 %".into(),
        probability: 0.62,
        lamp: Lamp::Warn,
        notes: ["by 06-20".into(), "P50 06-15".into()],
        finish_by: june(20),
        forecast: Some(june(9)),
        // One hundredth finished at the end of 1 June, three more each day.
        curve: (0..100).map(|at| june(1 + at / 4)).collect(),
        href: Some("/wall/bar?a=1".into()),
    };
    Fan {
        heading: Heading::default(),
        label: "Chances".into(),
        lanes: vec![lane; lanes],
        data_date: june(1),
        sheet,
        ink: Ink::Mono,
        words: fan::Words::default(),
    }
}

#[test]
fn a_fan_opens_from_p10_to_p90_and_tells_what_is_too_late() {
    let svg = fan::draw(&fan(SCREEN, 1));
    let document = Document::parse(&svg).unwrap();
    let [band, late] = ["band", "late"].map(|class| with(&document, class)[0]);
    let (width, other) = (number(&band, "width"), number(&late, "width"));
    // P10 is 3 June, P90 23 June: eighteen days to the mandated one, three after it.
    assert!((width / 18.0 - other / 3.0).abs() < 0.1, "{width} {other}");
    assert!((number(&band, "x") + width - number(&late, "x")).abs() < 0.1);
    assert_eq!(late.attribute("fill"), Some("url(#hatch)"), "told in black alone");
    let curve = corners(&with(&document, "curve")[0]);
    assert_eq!(curve.len(), 101);
    assert!(curve.windows(2).all(|pair| pair[0].0 <= pair[1].0 && pair[0].1 >= pair[1].1), "it only rises");
    let (meeting, median) = (with(&document, "meeting")[0], corners(&with(&document, "median")[0]));
    assert!((number(&meeting, "cx") - number(&late, "x")).abs() < 0.1, "where the band becomes too late");
    let (foot, top) = (curve[0].1, curve[100].1);
    assert!((number(&meeting, "cy") - (foot - 0.62 * (foot - top))).abs() < 0.1);
    assert!((median[0].0 - curve[50].0).abs() < 0.1);
    assert_eq!(document.descendants().filter(|node| node.has_tag_name("a")).count(), 1);
    for (sheet, lanes, sheets) in [(Sheet::series_a(3), 3, 1), (Sheet::series_a(3), 40, 10), (SCREEN, 40, 1)] {
        let drawn = fan::pages(&fan(sheet, lanes));
        assert!(drawn.len() <= sheets && (drawn.len() > 1) == (sheets > 1), "{lanes}: {}", drawn.len());
        assert!(sheet == SCREEN || !drawn[0].contains("<a "), "paper has no links");
    }
    let nothing = Fan { lanes: Vec::new(), ..fan(SCREEN, 0) };
    assert!(Document::parse(&fan::draw(&nothing)).is_ok());
}

#[test]
fn a_link_between_two_pages_names_the_other_page_at_both_ends() {
    let rows = 200;
    let links = vec![
        link(0, 1, Weight::Driving),
        link(0, rows - 1, Weight::Critical),
        link(0, rows - 2, Weight::Other),
        Link { kind: LinkKind::SS, ..link(1, rows - 1, Weight::Other) },
    ];
    let words = Words { other_page: "to that page".into(), left_out: "{count} not drawn".into(), ..Words::default() };
    let pages = bars::pages(&BarChart { words: words.clone(), ..chart(Sheet::series_a(3), rows, links) });
    assert!(pages.len() > 1);
    let ends = |page: &str| {
        let document = Document::parse(page).unwrap();
        let drawn = with(&document, "stub");
        let of = |node: &Node<'_, '_>| {
            let text = node.children().find(|child| child.attribute("class") == Some("other-page")).unwrap();
            format!("{} {}", node.attribute("class").unwrap(), text.text().unwrap())
        };
        (drawn.iter().map(of).collect::<Vec<_>>(), with(&document, "link").len())
    };
    let last = pages.len();
    let first = (vec![format!("stub critical {last}"), format!("stub other {last}")], 1);
    assert_eq!(ends(&pages[0]), first, "one end for the finish of the first row, one for the start of the second");
    let arriving = ["stub critical 1", "stub other 1"].map(str::to_owned).to_vec();
    // Two arrive at the start of the last row, as one; one at the row before it.
    assert_eq!(ends(&pages[last - 1]), (arriving, 0));
    assert!(pages[0].contains("to that page") && !pages[0].contains("not drawn"));
    let many = (0..links::MOST_LINKS + 7).map(|at| link(at % 3, 3, Weight::Other)).collect();
    let svg = bars::draw(&BarChart { words, ..chart(SCREEN, 4, many) });
    assert!(svg.contains("7 not drawn") && !svg.contains("to that page"));
}
