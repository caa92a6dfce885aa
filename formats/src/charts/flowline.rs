//! Flowlines of a building (line of balance): floors against time, one line a crew; its slope is its rhythm.
//!
//! Thin is the approved plan, thick what was done, dashed what is forecast. Names stand at the ends of the lines, so that no
//! reader looks from a legend to a line and back. Where one crew comes to a floor before another has left it that must go
//! first, a numbered sign stands on the line, and a sentence with that number below.

use jiff::Span;
use jiff::civil::Date;

use super::axis::Axis;
use super::flags::{self, Flag, Room};
use super::frame::Frame;
use super::svg::{Anchor, BLACK, Canvas, GREY, GRID, ems, escape, fitted, number};
use super::{Heading, Ink, Sheet};

/// Least and greatest height of a floor on a screen in pixels, and that of the whole building within those.
const FLOOR_PX: (f64, f64, f64) = (9.0, 40.0, 560.0);
/// Room for numbers of floors in ems.
const AXIS_EMS: f64 = 2.6;
/// Levels on which names stand over and under the floors.
const LEVELS: usize = 5;
/// Height of such a level in ems.
const LEVEL_EMS: f64 = 1.35;
/// Lines of crews: hues that are told apart, dark enough for text.
const HUES: [&str; 8] = ["#1d4e89", "#9a3b00", "#1c7440", "#7a2a78", "#6b5b00", "#00707a", "#a3234f", "#4a4a8f"];

/// Floors done through days, in order.
pub type Line = Vec<(Date, f64)>;

/// A crew's work through the building.
#[derive(Clone, Debug, Default)]
pub struct Crew {
    /// Name of the work.
    pub name: String,
    /// In full, for a pointer.
    pub tip: String,
    /// Where it leads on a screen.
    pub href: Option<String>,
    /// Whether it goes from the highest floor down.
    pub is_down: bool,
    /// Floors in all.
    pub floors: f64,
    /// By the approved plan.
    pub planned: Line,
    /// Done.
    pub actual: Line,
    /// From what is done on.
    pub forecast: Line,
}

/// Where two crews meet.
#[derive(Clone, Debug)]
pub struct Sign {
    /// When.
    pub on: Date,
    /// At how many floors from the ground.
    pub floor: f64,
}

/// Words of the drawing.
#[derive(Clone, Debug, Default)]
pub struct Words {
    /// Head of the floors.
    pub floor: String,
    /// Approved plan.
    pub planned: String,
    /// What is done.
    pub actual: String,
    /// What is forecast.
    pub forecast: String,
    /// A meeting of crews.
    pub meeting: String,
    /// The data date.
    pub data_date: String,
}

/// The flowlines of a building.
#[derive(Clone, Debug)]
pub struct Flowlines {
    /// Title, stamps, what it stands on.
    pub heading: Heading,
    /// What a screen reader says of it on a screen, where the page around it has the title.
    pub label: String,
    /// Floors above ground.
    pub floors: u32,
    /// Crews in the order they pass.
    pub crews: Vec<Crew>,
    /// Where they meet, by the numbers of the sentences, from 1.
    pub signs: Vec<Sign>,
    /// Facts up to the day before are in.
    pub data_date: Option<Date>,
    /// Mandated dates.
    pub flags: Vec<Flag>,
    /// Stretches in which nobody works, first and last day.
    pub closed: Vec<(Date, Date)>,
    /// Sentences under the drawing.
    pub notes: Vec<String>,
    /// What it is drawn on.
    pub sheet: Sheet,
    /// Colours or black alone.
    pub ink: Ink,
    /// Words.
    pub words: Words,
}

/// Where things stand.
struct Measures {
    frame: Frame,
    axis: Axis,
    axis_top: f64,
    /// Over the names of lines that end on high.
    rows_top: f64,
    roof: f64,
    ground: f64,
    /// Under the names of lines that end below.
    end: f64,
}

impl Measures {
    fn new(chart: &Flowlines) -> Measures {
        let signs = chart.flags.len() + usize::from(chart.data_date.is_some());
        let names = |size: f64, is_down: bool| {
            let count = chart.crews.iter().filter(|crew| crew.is_down == is_down).count();
            size * (LEVEL_EMS * count.min(LEVELS) as f64 + 0.8)
        };
        let head = |size: f64| flags::height(size, signs) + size * 3.6;
        let notes = chart.notes.len() as f64 * 1.5 + 0.4;
        let (least, most, whole) = FLOOR_PX;
        let floors = f64::from(chart.floors.max(1));
        let building = (whole / floors).clamp(least, most) * floors;
        let frame = Frame::new(chart.sheet, &chart.heading, |size| {
            head(size) + names(size, false) + building + names(size, true) + size * notes
        });
        let size = frame.size;
        let rows_top = frame.top + head(size);
        let end = frame.bottom - size * notes;
        let (first, last) = extent(chart);
        let left = frame.left + AXIS_EMS * size;
        let axis = Axis::new(first, last, left, frame.right - left);
        Measures {
            axis_top: frame.top + flags::height(size, signs),
            roof: rows_top + names(size, false),
            ground: end - names(size, true),
            frame,
            axis,
            rows_top,
            end,
        }
    }

    /// Where so many floors of a building stand.
    fn y(&self, chart: &Flowlines, floors: f64) -> f64 {
        self.ground - (self.ground - self.roof) * floors / f64::from(chart.floors.max(1))
    }

    fn points(&self, chart: &Flowlines, crew: &Crew, line: &Line) -> Vec<(f64, f64)> {
        let height = |done: f64| if crew.is_down { crew.floors - done } else { done };
        line.iter().map(|(on, done)| (self.axis.end(*on), self.y(chart, height(*done)))).collect()
    }
}

fn extent(chart: &Flowlines) -> (Date, Date) {
    let lines =
        chart.crews.iter().flat_map(|crew| [&crew.planned, &crew.actual, &crew.forecast]).flatten().map(|(on, _)| *on);
    let dates = lines.chain(chart.data_date).chain(chart.flags.iter().map(|flag| flag.on));
    let (first, last) = dates.fold((Date::MAX, Date::MIN), |(first, last), date| (first.min(date), last.max(date)));
    if first > last {
        return (Date::constant(2026, 1, 1), Date::constant(2026, 12, 31));
    }
    let room = Span::new().days(i64::from((last - first).get_days() / 60 + 2));
    (first.saturating_sub(room), last.saturating_add(room))
}

/// Draws the flowlines of a building.
pub fn draw(chart: &Flowlines) -> String {
    let at = Measures::new(chart);
    let mut canvas = at.frame.begin(&chart.heading, chart.ink, "");
    draw_grid(&mut canvas, chart, &at);
    let room = Room { frame: &at.frame, axis: &at.axis, axis_top: at.axis_top, rows_top: at.rows_top, end: at.end };
    flags::draw(&mut canvas, &room, &chart.flags, chart.data_date.map(|on| (on, chart.words.data_date.as_str())));
    if let Some(data_date) = chart.data_date {
        let (x, paint) = (at.axis.start(data_date), canvas.front());
        let width = number(at.frame.size * 0.1);
        canvas.strokes(
            &[[(x, at.rows_top), (x, at.end)]],
            &format!(r#"class="data-date" stroke="{paint}" stroke-width="{width}" stroke-opacity="0.6""#),
        );
    }
    let ends = ends(chart, &at);
    for (index, crew) in chart.crews.iter().enumerate() {
        draw_crew(&mut canvas, chart, &at, crew, index, &ends[index]);
    }
    draw_signs(&mut canvas, chart, &at);
    draw_foot(&mut canvas, chart, &at);
    let drawing = canvas.finish();
    if !chart.sheet.has_links() {
        return drawing;
    }
    // An image has no parts; a group is read with its links.
    drawing.replacen(r#"role="img""#, &format!(r#"role="group" aria-label="{}""#, escape(&chart.label)), 1)
}

fn draw_grid(canvas: &mut Canvas, chart: &Flowlines, at: &Measures) {
    let (frame, size) = (&at.frame, at.frame.size);
    let left = frame.left + AXIS_EMS * size;
    canvas.open("grid");
    at.axis.draw(canvas, &chart.closed, chart.ink, size, (at.axis_top, at.rows_top, at.end));
    let floor = (at.ground - at.roof) / f64::from(chart.floors.max(1));
    let lines: Vec<_> =
        (1..chart.floors).map(|floors| at.y(chart, f64::from(floors))).map(|y| [(left, y), (frame.right, y)]).collect();
    canvas.strokes(&lines, &format!(r#"stroke="{GRID}" stroke-width="{}""#, number(size * 0.03)));
    // Numbers of all floors where they have room, else of every fifth.
    let step = if floor >= size * 1.1 { 1 } else { 5 };
    for floors in (1..=chart.floors).filter(|floors| *floors == 1 || floors % step == 0) {
        let y = at.y(chart, f64::from(floors) - 0.5) + size * 0.32;
        canvas.text(
            left - size * 0.5,
            y,
            size * 0.9,
            Anchor::End,
            &floors.to_string(),
            &format!(r#"class="floor" fill="{GREY}""#),
        );
    }
    canvas.text(
        left - size * 0.5,
        at.roof - size * 0.5,
        size * 0.9,
        Anchor::End,
        &chart.words.floor,
        &format!(r#"class="head" fill="{GREY}""#),
    );
    let lines = [
        [(frame.left, at.rows_top), (frame.right, at.rows_top)],
        [(left, at.ground), (frame.right, at.ground)],
        [(left, at.roof), (frame.right, at.roof)],
    ];
    canvas.strokes(&lines, &format!(r#"stroke="{BLACK}" stroke-width="{}""#, number(size * 0.07)));
    canvas.close();
}

/// A name beyond the end of its line: where, and on which level.
struct End {
    x: f64,
    line_y: f64,
    y: f64,
    anchor: Anchor,
}

/// A name that stands: the end of its line, the stretch it takes, and on which level.
struct Placed {
    x: f64,
    span: (f64, f64),
    level: usize,
}

/// Where names stand: over the roof for lines that go up, under the ground for lines that go down, each to the right of its
/// end. From right to left, so that a name over which others' ends stand goes to a level farther out, and no leader crosses a
/// name.
fn ends(chart: &Flowlines, at: &Measures) -> Vec<End> {
    let size = at.frame.size;
    let last = |crew: &Crew| {
        let line = [&crew.forecast, &crew.actual, &crew.planned].into_iter().find(|line| !line.is_empty());
        line.and_then(|line| at.points(chart, crew, line).last().copied()).unwrap_or((at.frame.left, at.roof))
    };
    let mut order: Vec<(usize, (f64, f64))> =
        chart.crews.iter().enumerate().map(|(number, crew)| (number, last(crew))).collect();
    order.sort_by(|one, other| other.1.0.total_cmp(&one.1.0).then(one.0.cmp(&other.0)));
    let mut ends: Vec<End> =
        chart.crews.iter().map(|_| End { x: 0.0, line_y: 0.0, y: 0.0, anchor: Anchor::Start }).collect();
    // Names that stand already, on high and below.
    let mut placed: [Vec<Placed>; 2] = Default::default();
    for (number, (x, y)) in order {
        let crew = &chart.crews[number];
        let placed = &mut placed[usize::from(crew.is_down)];
        let width = (ems(&crew.name) * 1.04 + 0.7) * size;
        let is_left = x + width > at.frame.right;
        let span = if is_left { (x - width, x + size * 0.1) } else { (x - size * 0.1, x + width) };
        let is_free = |level: usize| {
            placed.iter().all(|other| {
                let meets = other.level == level && span.1 > other.span.0 && span.0 < other.span.1;
                let is_crossed = other.level > level && (span.0..span.1).contains(&other.x);
                let crosses = other.level < level && (other.span.0..other.span.1).contains(&x);
                !meets && !is_crossed && !crosses
            })
        };
        let level = (0..LEVELS).find(|level| is_free(*level)).unwrap_or(LEVELS - 1);
        placed.push(Placed { x, span, level });
        let off = size * LEVEL_EMS * level as f64;
        let text_y = if crew.is_down { at.ground + size * 1.15 + off } else { at.roof - size * 0.4 - off };
        ends[number] = End {
            x: if is_left { x - size * 0.2 } else { x + size * 0.2 },
            line_y: y,
            y: text_y,
            anchor: if is_left { Anchor::End } else { Anchor::Start },
        };
    }
    ends
}

fn draw_crew(canvas: &mut Canvas, chart: &Flowlines, at: &Measures, crew: &Crew, index: usize, end: &End) {
    let size = at.frame.size;
    let hue = if chart.ink == Ink::Mono { "#000000" } else { HUES[index % HUES.len()] };
    let href = crew.href.as_ref().filter(|_| chart.sheet.has_links());
    if let Some(href) = href {
        canvas.open_link(href);
    }
    canvas.open("crew");
    if chart.sheet.has_links() && !crew.tip.is_empty() {
        canvas.tip(&crew.tip);
    }
    let paint = |class: &str, wide: f64, rest: &str| {
        format!(
            r#"class="{class}" fill="none" stroke="{hue}" stroke-width="{}" stroke-linejoin="round"{rest}"#,
            number(size * wide)
        )
    };
    canvas.lines(&at.points(chart, crew, &crew.planned), false, &paint("planned", 0.075, ""));
    let dash = format!(r#" stroke-dasharray="{} {}""#, number(size * 0.6), number(size * 0.35));
    if crew.forecast.len() > 1 {
        canvas.lines(&at.points(chart, crew, &crew.forecast), false, &paint("forecast", 0.14, &dash));
    }
    if crew.actual.len() > 1 {
        canvas.lines(&at.points(chart, crew, &crew.actual), false, &paint("actual", 0.3, ""));
    }
    let line_x = if end.anchor == Anchor::End { end.x + size * 0.2 } else { end.x - size * 0.2 };
    let near = if crew.is_down { end.y - size * 0.95 } else { end.y + size * 0.25 };
    canvas.strokes(
        &[[(line_x, end.line_y), (line_x, near)]],
        &format!(r#"class="leader" stroke="{hue}" stroke-width="{}""#, number(size * 0.05)),
    );
    canvas.text(end.x, end.y, size, end.anchor, &crew.name, &format!(r#"class="name" font-weight="700" fill="{hue}""#));
    canvas.close();
    if href.is_some() {
        canvas.close_link();
    }
}

/// A disc with a number over where crews meet.
fn draw_signs(canvas: &mut Canvas, chart: &Flowlines, at: &Measures) {
    let (size, alarm) = (at.frame.size, canvas.alarm());
    canvas.open("signs");
    for (sign, shown) in chart.signs.iter().enumerate() {
        let (x, y) = (at.axis.start(shown.on), at.y(chart, shown.floor));
        draw_sign(canvas, (x, y), size, sign + 1, alarm);
    }
    canvas.close();
}

fn draw_sign(canvas: &mut Canvas, (x, y): (f64, f64), size: f64, index: usize, alarm: &str) {
    let r = size * 0.78;
    canvas.open("meeting");
    canvas.circle(x, y, r, &format!(r##"fill="{alarm}" stroke="#fff" stroke-width="{}""##, number(size * 0.12)));
    canvas.text(
        x,
        y + size * 0.34,
        size * 0.95,
        Anchor::Middle,
        &index.to_string(),
        r##"class="number" font-weight="700" fill="#fff""##,
    );
    canvas.close();
}

fn draw_foot(canvas: &mut Canvas, chart: &Flowlines, at: &Measures) {
    let size = at.frame.size;
    canvas.open("notes");
    for (line, note) in chart.notes.iter().enumerate() {
        let y = at.end + size * (1.3 + line as f64 * 1.5);
        let text = fitted(note, (at.frame.right - at.frame.left) / size);
        canvas.text(at.frame.left, y, size, Anchor::Start, &text, &format!(r#"class="note" fill="{GREY}""#));
    }
    canvas.close();
    let (mut x, y) = at.frame.legend();
    let (middle, long, words) = (y - size * 0.35, size * 2.4, &chart.words);
    let alarm = canvas.alarm();
    canvas.open("legend");
    let dash = format!(r#" stroke-dasharray="{} {}""#, number(size * 0.6), number(size * 0.35));
    for (wide, rest, word) in
        [(0.075, "", &words.planned), (0.3, "", &words.actual), (0.14, dash.as_str(), &words.forecast)]
    {
        canvas.strokes(
            &[[(x, middle), (x + long, middle)]],
            &format!(r#"stroke="{BLACK}" stroke-width="{}"{rest}"#, number(size * wide)),
        );
        x += long + size * 0.4;
        canvas.text(x, y, size, Anchor::Start, word, "");
        x += (ems(word) + 1.4) * size;
    }
    if !chart.signs.is_empty() {
        draw_sign(canvas, (x + size, middle), size, 1, alarm);
        canvas.text(x + size * 2.2, y, size, Anchor::Start, &words.meeting, "");
    }
    canvas.close();
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use usvg::roxmltree::Document;

    fn crew(name: &str, from: Date, to: Date) -> Crew {
        let line = vec![(from, 0.0), (to, 12.0)];
        Crew {
            name: name.into(),
            href: Some("/x?a&b".into()),
            floors: 12.0,
            planned: line.clone(),
            forecast: line,
            ..Crew::default()
        }
    }

    fn chart(sheet: Sheet, ink: Ink) -> Flowlines {
        let day = |month, day| date(2026, month, day);
        let mut structure = crew("Structure", day(1, 5), day(4, 1));
        structure.actual = vec![(day(1, 5), 0.0), (day(2, 1), 4.0)];
        let mut scaffold = crew("Scaffold", day(6, 1), day(7, 1));
        scaffold.is_down = true;
        Flowlines {
            heading: Heading { title: "Title".into(), ..Heading::default() },
            label: "Label <1>".into(),
            floors: 12,
            crews: vec![
                structure,
                crew("Masonry", day(2, 1), day(4, 6)),
                crew("Services", day(2, 20), day(4, 12)),
                scaffold,
            ],
            signs: vec![Sign { on: day(3, 1), floor: 5.5 }],
            data_date: Some(day(2, 2)),
            flags: Vec::new(),
            closed: vec![(day(2, 15), day(2, 25))],
            notes: vec!["Note".into()],
            sheet,
            ink,
            words: Words::default(),
        }
    }

    #[test]
    fn lines_signs_and_names() {
        let svg = draw(&chart(Sheet::Screen { width_px: 1200.0 }, Ink::Colour));
        for (part, count) in [
            (r#"class="crew""#, 4),
            (r#"class="planned""#, 4),
            (r#"class="forecast""#, 4),
            (r#"class="actual""#, 1),
            (r#"class="closed""#, 1),
            ("/x?a&amp;b", 4),
            // One on the line, one in the legend.
            (r#"class="meeting""#, 2),
            (r#"role="group" aria-label="Label &lt;1&gt;""#, 1),
        ] {
            assert_eq!(svg.matches(part).count(), count, "{part}: {svg}");
        }
        let paper = draw(&chart(Sheet::series_a(3), Ink::Mono));
        assert!(!paper.contains("href") && HUES.iter().all(|hue| !paper.contains(hue)), "black alone");
    }

    #[test]
    fn names_meet_neither_each_other_nor_a_leader() {
        for sheet in [Sheet::Screen { width_px: 900.0 }, Sheet::series_a(3)] {
            let svg = draw(&chart(sheet, Ink::Colour));
            let document = Document::parse(&svg).unwrap();
            let number = |node: &usvg::roxmltree::Node<'_, '_>, name: &str| {
                node.attribute(name).unwrap().parse::<f64>().unwrap()
            };
            let names: Vec<[f64; 4]> = document
                .descendants()
                .filter(|node| node.attribute("class") == Some("name"))
                .map(|node| {
                    let (x, y, size) = (number(&node, "x"), number(&node, "y"), number(&node, "font-size"));
                    [x, y - size * 0.8, x + ems(node.text().unwrap()) * size, y]
                })
                .collect();
            assert_eq!(names.len(), 4);
            for (at, [left, top, right, bottom]) in names.iter().enumerate() {
                assert!(
                    names[..at].iter().all(|[l, t, r, b]| right <= l || left >= r || bottom <= t || top >= b),
                    "{svg}"
                );
            }
            let leaders = document.descendants().filter(|node| node.attribute("class") == Some("leader"));
            for leader in leaders {
                let points: Vec<f64> = leader
                    .attribute("d")
                    .unwrap()
                    .split(['M', 'L', ' '])
                    .filter_map(|part| part.parse().ok())
                    .collect();
                let (x, top, bottom) = (points[0], points[1].min(points[3]), points[1].max(points[3]));
                assert!(
                    names.iter().all(|[l, t, r, b]| x <= *l || x >= *r || bottom <= *t || top >= *b),
                    "{points:?} {names:?}"
                );
            }
        }
    }
}
