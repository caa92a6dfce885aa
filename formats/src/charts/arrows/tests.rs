//! Structure of arrow diagrams: what stands where, and what never lies on what.

use super::super::frame::Frame;
use super::super::svg::ems;
use super::texts::wrapped;
use super::*;
use guatu_kernel::drawing::{arrow_diagram, lay_out};
use guatu_kernel::plan::{Activity, ActivityKind, Granularity, Link, LinkKind, Moment, Options, Plan, Span as Length};
use guatu_kernel::schedule;
use jiff::civil::date;
use usvg::roxmltree::{Document, Node};

/// Name, days, and what it follows by which link and lag; no days is a milestone.
type Row<'a> = (&'a str, i64, &'a [(&'a str, LinkKind, i64)]);

/// Works of one tower.
const TOWER: [Row<'_>; 12] = [
    ("基坑土方", 45, &[]),
    ("桩基", 40, &[("基坑土方", LinkKind::FS, 0)]),
    ("主体结构", 150, &[("桩基", LinkKind::FS, 3)]),
    ("封顶", 0, &[("主体结构", LinkKind::FS, 0)]),
    ("二次结构", 110, &[("主体结构", LinkKind::SS, 30), ("封顶", LinkKind::FF, 20)]),
    ("机电电梯", 130, &[("二次结构", LinkKind::SS, 30), ("二次结构", LinkKind::FF, 15)]),
    ("外墙门窗", 130, &[("封顶", LinkKind::FS, 0)]),
    ("室内装修", 110, &[("二次结构", LinkKind::FS, 0)]),
    ("室外管网", 30, &[("外墙门窗", LinkKind::FS, 0)]),
    (
        "消防及专项验收",
        15,
        &[("室外管网", LinkKind::FS, 0), ("室内装修", LinkKind::FS, 0), ("机电电梯", LinkKind::FS, 0)],
    ),
    ("竣工验收", 0, &[("消防及专项验收", LinkKind::FS, 0)]),
    ("交付回迁", 30, &[("竣工验收", LinkKind::FS, 0)]),
];

fn plan(towers: usize) -> Plan {
    let mut plan = Plan {
        name: None,
        granularity: Granularity::Day,
        start: Moment::Day(date(2026, 6, 1)),
        data_date: None,
        calendar: None,
        options: Options::default(),
        calendars: Vec::new(),
        activities: Vec::new(),
        links: Vec::new(),
        resources: Vec::new(),
        mandated: Vec::new(),
        stops: Vec::new(),
    };
    for tower in 0..towers {
        let id = |name: &str| format!("{tower}/{name}");
        for (name, days, after) in TOWER {
            let mut activity =
                Activity::task(id(name), Length::days(days + if days > 40 { tower as i64 * 3 } else { 0 }));
            activity.name = name.to_owned();
            if days == 0 {
                activity.kind = ActivityKind::FinishMilestone;
            }
            plan.activities.push(activity);
            plan.links.extend(after.iter().map(|(from, kind, lag)| Link {
                from: id(from),
                to: id(name),
                kind: *kind,
                lag: Length::days(*lag),
                at: None,
            }));
        }
    }
    plan
}

fn chart(towers: usize, sheet: Sheet, ink: Ink) -> ArrowChart {
    let plan = plan(towers);
    let diagram = arrow_diagram(&plan, &schedule(&plan), |_| true).unwrap();
    let layout = lay_out(&diagram, apart_days(&diagram));
    let said = diagram.arrows.iter().map(|arrow| match arrow.kind {
        ArrowKind::Work { activity, .. } => Said {
            name: plan.activities[activity].name.clone(),
            days: format!("{}", arrow.solid_day - arrow.from_day),
            href: Some("/x?a&b".into()),
            front: (activity == 2).then_some(date(2027, 1, 10)),
            ..Said::default()
        },
        ArrowKind::Waiting { .. } => Said { name: "间歇".into(), ..Said::default() },
        ArrowKind::Dummy => Said::default(),
    });
    let milestones = diagram.events.iter().map(|event| {
        let names: Vec<&str> = event.milestones.iter().map(|at| plan.activities[*at].name.as_str()).collect();
        Said { name: names.join("、"), ..Said::default() }
    });
    ArrowChart {
        heading: Heading { title: "图".into(), ..Heading::default() },
        label: "label".into(),
        said: said.collect(),
        milestones: milestones.collect(),
        data_date: Some(date(2027, 2, 1)),
        flags: Vec::new(),
        closed: vec![(date(2027, 2, 1), date(2027, 2, 20))],
        notes: vec!["注".into()],
        sheet,
        ink,
        words: Words::default(),
        diagram,
        layout,
    }
}

fn of_class<'a>(document: &'a Document<'_>, class: &str) -> Vec<Node<'a, 'a>> {
    document
        .descendants()
        .filter(|node| node.attribute("class").is_some_and(|found| found.split(' ').any(|one| one == class)))
        .collect()
}

/// Texts of the drawing itself, each with the rectangle that the same measure gives it.
fn texts(document: &Document<'_>) -> Vec<(String, [f64; 4], f64)> {
    let within = |node: &Node<'_, '_>| {
        node.ancestors().any(|above| {
            above.attribute("class").is_some_and(|class| class.starts_with("arrow") || class.starts_with("event"))
        })
    };
    let texts = document.descendants().filter(|node| node.has_tag_name("text") && within(node));
    texts
        .map(|node| {
            let number = |name: &str| node.attribute(name).unwrap().parse::<f64>().unwrap();
            let (x, y, size, text) = (number("x"), number("y"), number("font-size"), node.text().unwrap());
            let half = ems(text) * size / 2.0;
            (text.to_owned(), [x - half, y - size * 0.85, x + half, y + size * 0.1], size)
        })
        .collect()
}

#[test]
fn texts_never_meet_and_can_be_read() {
    let screen = Sheet::Screen { width_px: 1840.0 };
    let cases = [
        ("one tower on A3", 1, Sheet::series_a(3), Ink::Colour),
        ("one tower on A3, black", 1, Sheet::series_a(3), Ink::Mono),
        ("one tower on a screen", 1, screen, Ink::Colour),
        ("five towers on A3", 5, Sheet::series_a(3), Ink::Colour),
        ("five towers on A1", 5, Sheet::series_a(1), Ink::Colour),
        ("five towers on a screen", 5, screen, Ink::Colour),
    ];
    for (name, towers, sheet, ink) in cases {
        let chart = chart(towers, sheet, ink);
        let svg = draw(&chart);
        let document = Document::parse(&svg).unwrap();
        let texts = texts(&document);
        for (at, (text, [left, top, right, bottom], size)) in texts.iter().enumerate() {
            let meets = texts[..at].iter().find(|(_, [l, t, r, b], _)| right > l && left < r && bottom > t && top < b);
            assert!(meets.is_none(), "{name}: {text} lies on {meets:?}");
            let least = Frame::new(sheet, &chart.heading, |_| 0.0).least;
            assert!(*size >= least - 0.01, "{name}: {text} in {size}, least {least}");
        }
        let written = of_class(&document, "name").len();
        assert!(
            written >= chart.said.iter().filter(|said| !said.name.is_empty()).count(),
            "{name}: every work has its name"
        );
        assert_eq!(of_class(&document, "event").len(), chart.diagram.events.len(), "{name}");
        assert_eq!(svg.contains("href"), sheet == screen, "{name}: links only on a screen");
    }
}

#[test]
fn the_structure_of_a_tower() {
    let chart = chart(1, Sheet::series_a(3), Ink::Colour);
    let svg = draw(&chart);
    let document = Document::parse(&svg).unwrap();
    let kinds = |class: &str| of_class(&document, class).len();
    // Structure, masonry and services are drawn in parts: 10 works, 4 cuts.
    assert_eq!(
        (kinds("work"), kinds("waiting"), kinds("critical") > 0, kinds("front"), kinds("closed")),
        (14, 1, true, 1, 1),
        "{svg}"
    );
    let waves = chart.diagram.arrows.iter().filter(|arrow| arrow.wave_days() > 0.0).count();
    assert!(kinds("wave") <= waves && kinds("wave") > 0, "{} {waves}", kinds("wave"));
    assert_eq!(of_class(&document, "number").len(), chart.diagram.events.len());
    let mono = draw(&ArrowChart { ink: Ink::Mono, ..chart.clone() });
    assert!(!mono.contains("#b3161b") && !mono.contains("#0a3d91"), "black alone");
}

#[test]
fn paper_is_as_large_as_its_rows_need() {
    let least = |towers| {
        let chart = chart(towers, Sheet::series_a(3), Ink::Colour);
        least_paper(&chart.diagram, &chart.layout)
    };
    assert_eq!((least(1), least(5)), (Some(3), Some(3)));
    assert!(least(20) < Some(3), "{:?}", least(20));
}

#[test]
fn names_are_broken_where_a_reader_would() {
    let cases: [(&str, usize, Option<&[&str]>); 6] = [
        ("竣工验收", 2, Some(&["竣工", "验收"])),
        ("二次结构 1/3", 2, Some(&["二次结", "构 1/3"])),
        ("Fire and special acceptance", 2, Some(&["Fire and special", "acceptance"])),
        ("Fire", 2, None),
        ("外墙（保温）", 2, Some(&["外墙（保", "温）"])),
        ("桩", 2, None),
    ];
    for (text, count, expected) in cases {
        let found = wrapped(text, count);
        assert_eq!(
            found.as_deref().map(|lines| lines.iter().map(String::as_str).collect::<Vec<_>>()),
            expected.map(<[&str]>::to_vec),
            "{text}"
        );
    }
}
