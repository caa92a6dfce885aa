//! Names and days of an arrow diagram, wrapped and placed where they meet neither each other nor a circle nor a line.

use super::super::svg::{Anchor, Canvas, ems};
use super::measures::Measures;
use super::{ArrowChart, SMALL};

/// A rectangle: left, top, right, bottom.
pub(super) type Area = [f64; 4];

/// What is taken already.
#[derive(Default)]
pub(super) struct Taken {
    /// Texts, circles and lines: nothing may lie on them.
    pub(super) hard: Vec<Area>,
    /// The front line and those of mandated dates, which a text may lie on where it has no other place.
    pub(super) soft: Vec<Area>,
}

impl Taken {
    fn is_free(&self, area: Area, minds_soft: bool) -> bool {
        let [left, top, right, bottom] = area;
        let is_apart = |[l, t, r, b]: &Area| right <= *l || left >= *r || bottom <= *t || top >= *b;
        self.hard.iter().all(is_apart) && (!minds_soft || self.soft.iter().all(is_apart))
    }
}

/// Distance of lines of a text in ems.
const LINE_EMS: f64 = 1.14;

/// Room on either side of a text in ems, so that two beside each other are not read as one.
const BETWEEN_EMS: f64 = 0.14;

/// Lines of a name at most.
const MOST_LINES: usize = 4;

/// A text of some lines at its place.
pub(super) struct Text {
    x: f64,
    /// Baseline of the first line.
    y: f64,
    size: f64,
    lines: Vec<String>,
}

/// A text in so many lines of nearly equal width, broken between wide letters and at spaces; `None` where it has too few
/// places to break.
pub(super) fn wrapped(text: &str, count: usize) -> Option<Vec<String>> {
    if count == 1 {
        return Some(vec![text.to_owned()]);
    }
    let whole = ems(text);
    (0..12).map(|step| whole / count as f64 * (1.0 + f64::from(step) * 0.08)).find_map(|width| {
        let mut lines = vec![String::new()];
        let mut word = String::new();
        let mut letters = text.chars().peekable();
        while let Some(letter) = letters.next() {
            word.push(letter);
            let is_wide = |letter: char| letter as u32 >= 0x2e80;
            let closes = |letter: &char| "）)」》、，。%".contains(*letter);
            let opens = "（(「《".contains(letter);
            let may_break = match letters.peek() {
                None => true,
                Some(next) => !closes(next) && !opens && (letter == ' ' || is_wide(letter) || is_wide(*next)),
            };
            if !may_break {
                continue;
            }
            let last = lines.len() - 1;
            if ems(lines[last].trim_end()) + ems(word.trim_end()) > width + 1e-9 && !lines[last].is_empty() {
                lines.push(std::mem::take(&mut word));
            } else {
                lines[last].push_str(&std::mem::take(&mut word));
            }
        }
        let lines: Vec<String> =
            lines.into_iter().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect();
        (lines.len() == count).then_some(lines)
    })
}

fn width_of(lines: &[String]) -> f64 {
    lines.iter().map(|line| ems(line)).fold(0.0, f64::max)
}

impl Text {
    /// A text over a bottom line, in the middle of `x`, and what it takes.
    fn over(x: f64, bottom: f64, size: f64, lines: &[String]) -> (Text, Area) {
        let (tall, half) = (lines.len() as f64 * LINE_EMS * size, width_of(lines) * size / 2.0 + size * BETWEEN_EMS);
        let text = Text { x, y: bottom - tall + size * 0.95, size, lines: lines.to_vec() };
        (text, [x - half, bottom - tall, x + half, bottom])
    }

    pub(super) fn draw(&self, canvas: &mut Canvas, paint: &str) {
        for (line, text) in self.lines.iter().enumerate() {
            canvas.text(self.x, self.y + line as f64 * LINE_EMS * self.size, self.size, Anchor::Middle, text, paint);
        }
    }
}

/// Places from the middle of a stretch to its ends, from which a text of a width can be seen.
fn places((from, to): (f64, f64), half: f64, wanted: f64) -> impl Iterator<Item = f64> {
    let (least, most) = (from + half, to - half);
    let fits = least <= most + 1e-9;
    let steps = (0..=10).map(move |step| least + (most - least) * f64::from(step) / 10.0);
    std::iter::once(wanted.clamp(least.min(most), most.max(least))).chain(steps).filter(move |_| fits)
}

/// Arrows with a level line, the shortest first.
pub(super) fn by_length(chart: &ArrowChart) -> Vec<usize> {
    let arrows = &chart.diagram.arrows;
    let length = |number: &usize| arrows[*number].to_day - arrows[*number].from_day;
    let mut order: Vec<usize> = (0..arrows.len()).filter(|number| chart.layout.is_level[*number]).collect();
    order.sort_by(|one, other| length(one).total_cmp(&length(other)).then(one.cmp(other)));
    order
}

/// Names and days of some arrows, each where it has room.
pub(super) fn place_texts(
    chart: &ArrowChart,
    at: &Measures,
    taken: &mut Taken,
    order: &[usize],
    texts: &mut [[Option<Text>; 2]],
) {
    let arrows = &chart.diagram.arrows;
    let (size, r) = (at.size, at.radius);
    let sizes = [size, (size * 0.92).max(at.frame.least)];
    for number in order.iter().copied() {
        let (arrow, said) = (&arrows[number], &chart.said[number]);
        let row = chart.layout.arrow_rows[number];
        let y = at.y(row);
        let (from, to) = (at.x(arrow.from_day), at.x(arrow.to_day));
        let beside = |event: usize| if chart.layout.event_rows[event] == row { r } else { 0.0 };
        let inner = (from + beside(arrow.tail) + size * 0.15, to - beside(arrow.head) - size * 0.15);
        let middle = (from + at.x(arrow.solid_day)) / 2.0;
        let gap = size * 0.22;
        let mut find = |text: &str, sizes: &[f64], is_over: bool, minds_soft: bool| {
            if text.is_empty() {
                return None;
            }
            let wide = (from - size * 2.0, to + size * 2.0);
            // Between the circles close to the line; over the circles as wide as the arrow; at last over its ends.
            let strips = [(inner, gap), ((from + size * 0.15, to - size * 0.15), r + gap * 0.6), (wide, r + gap * 0.6)];
            for size in sizes {
                // Days over the end of their arrow would be read as another's.
                for (strip, off) in strips.into_iter().take(if text == said.days { 2 } else { 3 }) {
                    for count in 1..=MOST_LINES {
                        let Some(lines) = wrapped(text, count) else { break };
                        let tall = lines.len() as f64 * LINE_EMS * size;
                        // A name may reach into the next row where nothing stands there, but not far.
                        let (above, below) = at.room(row);
                        let most = if is_over { above + size * LINE_EMS * 2.5 } else { below + size * LINE_EMS * 1.5 };
                        if count > 1 && tall + off > most {
                            break;
                        }
                        let bottom = if is_over { y - off } else { y + off + tall };
                        let half = width_of(&lines) * size / 2.0 + size * BETWEEN_EMS;
                        let mut found = places(strip, half, middle).map(|x| Text::over(x, bottom, *size, &lines));
                        let is_inside = |area: &Area| {
                            area[1] >= at.rows_top
                                && area[3] <= at.end
                                && area[0] >= at.frame.left
                                && area[2] <= at.frame.right
                        };
                        if let Some((text, area)) =
                            found.find(|(_, area)| is_inside(area) && taken.is_free(*area, minds_soft))
                        {
                            taken.hard.push(area);
                            return Some(text);
                        }
                    }
                }
            }
            None
        };
        let ways = [(true, true), (true, false), (false, false)];
        let name = ways.into_iter().find_map(|(is_over, minds_soft)| find(&said.name, &sizes, is_over, minds_soft));
        // Days whose work has no name beside them would be taken for another's.
        let days =
            if name.is_some() { find(&said.days, &[(size * SMALL).max(at.frame.least)], false, true) } else { None };
        texts[number] = [name, days];
    }
}

/// The name of a milestone over, under or beside its event, wherever there is room.
pub(super) fn beside_event(name: &str, (x, y): (f64, f64), at: &Measures, taken: &mut Taken) -> Option<Text> {
    if name.is_empty() {
        return None;
    }
    let size = at.size;
    let close = at.radius * 1.3 + size * 0.12;
    // Beside the circle, or else a line farther off, past the days of the works on both sides.
    for (off, count) in
        [close, close + size * LINE_EMS].into_iter().flat_map(|off| (1..=3).map(move |count| (off, count)))
    {
        let Some(lines) = wrapped(name, count) else { continue };
        let (half, tall) = (width_of(&lines) * size / 2.0, lines.len() as f64 * LINE_EMS * size);
        let sides = [0.0, half + size * 0.3, -half - size * 0.3];
        let over = sides.map(|side| (x + side, y - off));
        let under = sides.map(|side| (x + side, y + off + tall));
        let level = [(x + off + half, y + tall / 2.0), (x - off - half, y + tall / 2.0)];
        for (x, bottom) in over.into_iter().chain(under).chain(level) {
            let (text, area) = Text::over(x, bottom, size, &lines);
            let is_inside =
                area[0] >= at.frame.left && area[2] <= at.frame.right && area[1] >= at.rows_top && area[3] <= at.end;
            if is_inside && taken.is_free(area, false) {
                taken.hard.push(area);
                return Some(text);
            }
        }
    }
    None
}
