//! Draws invented charts and matrices as PDF into a folder and says how long each took: for the eye, and for the clock.
//!
//! `cargo run -p guatu-formats --example drawings -- FOLDER`

use std::time::Instant;

use guatu_formats::charts::bars::{self, BarChart, Flag, Kind, Row, Words};
use guatu_formats::charts::links::{Link, Weight};
use guatu_formats::charts::matrix::{self, Cell, Group, Matrix};
use guatu_formats::charts::{Heading, Ink, Lamp, LampWords, Sheet};
use guatu_formats::pdf::{self, Fonts};
use guatu_kernel::plan::LinkKind;
use jiff::ToSpan;
use jiff::civil::{Date, date};

const LAMPS: [Lamp; 5] = [Lamp::Done, Lamp::Good, Lamp::Warn, Lamp::Bad, Lamp::Idle];

/// A character of the CJK block, so that drawings hold as many glyphs as real ones without Chinese in code.
fn han(at: usize) -> char {
    char::from_u32(0x4e00 + (at * 37 % 3000) as u32).unwrap_or('x')
}

fn name(at: usize, length: usize) -> String {
    (0..length).map(|letter| han(at * 7 + letter)).collect()
}

fn lamps() -> LampWords {
    LampWords {
        done: "done".into(),
        idle: "not yet".into(),
        good: "on time".into(),
        warn: "at risk".into(),
        bad: "late".into(),
    }
}

fn heading() -> Heading {
    Heading {
        title: format!("{} 2026–2027", name(1, 12)),
        subtitle: name(2, 20),
        as_of: "as of № 1234 · 2026-11-23".into(),
        stamps: vec!["DEMO".into()],
    }
}

fn chart(count: usize, sheet: Sheet, ink: Ink) -> BarChart {
    let data_date = date(2026, 11, 23);
    let day = |days: usize| -> Date { date(2026, 3, 1).saturating_add(i64::try_from(days).unwrap_or(0).days()) };
    let row = |at: usize| {
        let start = at * 400 / count + at % 11;
        let (from, to) = (day(start), day(start + 30 + at % 40));
        let slip = at % 9;
        let forecast = (day(start + slip), day(start + 34 + at % 40 + slip));
        let kind = match at % 20 {
            0 => Kind::Summary,
            19 => Kind::Milestone,
            _ => Kind::Task,
        };
        let actual = (forecast.0 < data_date).then(|| (forecast.0, (forecast.1 < data_date).then_some(forecast.1)));
        let lamp = match actual {
            Some((_, Some(_))) => Lamp::Done,
            Some(_) => [Lamp::Good, Lamp::Warn, Lamp::Bad][at % 3],
            None => {
                if at.is_multiple_of(13) {
                    Lamp::Bad
                } else {
                    Lamp::Idle
                }
            }
        };
        let label = format!("{}# {}", at % 40 + 1, name(at, 4 + at % 5));
        Row {
            label,
            indent: usize::from(kind != Kind::Summary),
            kind,
            baseline: Some((from, to)),
            forecast: Some(forecast),
            breaks: Vec::new(),
            actual,
            percent: (at * 17 % 100) as f64,
            lamp,
            front: (from < data_date && !matches!(actual, Some((_, Some(_))))).then(|| {
                from.saturating_add(i64::try_from((30 + at % 40) * (at * 17 % 100) / 100).unwrap_or(0).days())
            }),
            is_critical: at.is_multiple_of(7),
            href: None,
        }
    };
    let driving = |to: usize| Link {
        from: to - 1,
        to,
        kind: LinkKind::FS,
        weight: Weight::Driving,
        label: String::new(),
        tip: String::new(),
    };
    let flag = |on, lamp| Flag { on, label: format!("{} −{} d", name(5, 5), 40), lamp };
    let words = ["activity", "start", "finish", "baseline", "done", "critical", "front line", "data date", "mandated"]
        .map(str::to_owned);
    let [name, start, finish, baseline, actual, critical, front, data, mandated] = words;
    BarChart {
        heading: heading(),
        rows: (0..count).map(row).collect(),
        data_date: Some(data_date),
        links: (1..count).map(driving).collect(),
        flags: vec![
            flag(date(2026, 12, 31), Lamp::Bad),
            flag(date(2027, 2, 10), Lamp::Good),
            flag(date(2027, 6, 30), Lamp::Good),
        ],
        sheet,
        ink,
        words: Words {
            name,
            start,
            finish,
            baseline,
            actual,
            critical,
            front,
            data_date: data,
            mandated,
            critical_link: "critical link".into(),
            driving_link: "driving link".into(),
            other_link: "other link".into(),
            other_page: "on that page".into(),
            left_out: "{count} links not drawn".into(),
            lamps: lamps(),
        },
    }
}

fn board(sheet: Sheet, ink: Ink) -> Matrix {
    let cell = |at: usize| {
        Some(Cell {
            lamp: LAMPS[at * at % 7 % 5],
            text: format!("{:02}-{:02}", at % 12 + 1, at % 28 + 1),
            note: if at.is_multiple_of(9) { "≤ 11-30".into() } else { String::new() },
            href: None,
        })
    };
    let group = |at: usize| Group {
        name: name(at, 6),
        rows: (0..10)
            .map(|row| matrix::Row {
                label: format!("{} {}#", name(at, 3), row + 1),
                note: name(row, 3),
                cells: (0..18)
                    .map(|stage| if (stage + row) % 11 == 0 { None } else { cell(at * 31 + row * 7 + stage) })
                    .collect(),
            })
            .collect(),
    };
    Matrix {
        heading: heading(),
        name: "place".into(),
        stages: (0..18).map(|at| name(at + 3, 4)).collect(),
        groups: (0..4).map(group).collect(),
        sheet,
        ink,
        lamps: lamps(),
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| ".".into());
    let begun = Instant::now();
    let fonts = Fonts::load()?;
    println!("fonts: {:?}", begun.elapsed());
    for round in ["first", "again"] {
        for (file, count, paper, ink) in [
            ("bars-a0", 220, 0, Ink::Colour),
            ("bars-a0-mono", 220, 0, Ink::Mono),
            ("bars-a3", 60, 3, Ink::Colour),
            ("bars-5000", 5000, 0, Ink::Colour),
        ] {
            let sheet = Sheet::series_a(paper);
            let Sheet::Paper { width_mm, height_mm } = sheet else { continue };
            let begun = Instant::now();
            let pages = bars::pages(&chart(count, sheet, ink));
            let drawn = begun.elapsed();
            let bytes = pdf::from_pages(&pages, width_mm, height_mm, &fonts)?;
            println!(
                "{file} {round}: {} pages, svg {drawn:?}, all {:?}, {} KB",
                pages.len(),
                begun.elapsed(),
                bytes.len() >> 10
            );
            std::fs::write(format!("{folder}/{file}.pdf"), bytes)?;
        }
        for (file, paper, ink) in
            [("matrix-a0", 0, Ink::Colour), ("matrix-a0-mono", 0, Ink::Mono), ("matrix-a3", 3, Ink::Colour)]
        {
            let sheet = Sheet::series_a(paper);
            let Sheet::Paper { width_mm, height_mm } = sheet else { continue };
            let begun = Instant::now();
            let bytes = pdf::from_pages(&matrix::pages(&board(sheet, ink)), width_mm, height_mm, &fonts)?;
            println!("{file} {round}: {:?}, {} KB", begun.elapsed(), bytes.len() >> 10);
            std::fs::write(format!("{folder}/{file}.pdf"), bytes)?;
        }
    }
    Ok(())
}
