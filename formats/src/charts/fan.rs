//! Chances of mandated dates: a lane for each, with the fan of the dates that may come, the curve of their probability, and the
//! line of the date that is commanded.
//!
//! The height of a lane is the share of the iterations that are finished by then, 0 at its foot. The band goes from P10 to P90;
//! what of it lies past the mandated date is told by its own fill. Where the curve meets the line stands the probability.

use jiff::Span;
use jiff::civil::Date;

use super::axis::Axis;
use super::frame::Frame;
use super::svg::{Anchor, BLACK, Canvas, GREY, GRID, ems, escape, fitted, number};
use super::{Heading, Ink, Lamp, Sheet};

/// Room of names in ems, and of it that of the shares beside the lane.
const HEAD_EMS: f64 = 19.0;
const SHARES_EMS: f64 = 3.8;
/// Height of a lane in ems: on a screen, and on paper at least and at most.
const SCREEN_LANE_EMS: f64 = 9.5;
const LANE_EMS: (f64, f64) = (7.5, 18.0);
/// Height of the axis in ems.
const AXIS_EMS: f64 = 3.6;
/// Part of a lane that stays free above the whole.
const FREE_PART: f64 = 0.2;

/// A mandated date.
#[derive(Clone, Debug)]
pub struct Lane {
    /// Its name.
    pub name: String,
    /// Its probability, as it should read.
    pub chance: String,
    /// The same as a share.
    pub probability: f64,
    /// What the probability means.
    pub lamp: Lamp,
    /// The date that is commanded and percentiles in words, a line each.
    pub notes: [String; 2],
    /// The date that is commanded.
    pub finish_by: Date,
    /// The date that is forecast, as if nothing were uncertain.
    pub forecast: Option<Date>,
    /// Of every hundredth of the iterations, from the first on, the day by whose end it is finished; ascending.
    pub curve: Vec<Date>,
    /// Where it leads on a screen.
    pub href: Option<String>,
}

impl Lane {
    /// The day by whose end so many hundredths are finished.
    fn at(&self, percent: usize) -> Option<Date> {
        self.curve.get((self.curve.len() * percent).div_ceil(100).max(1) - 1).copied()
    }
}

/// Words of the drawing.
#[derive(Clone, Debug, Default)]
pub struct Words {
    /// The band.
    pub band: String,
    /// What of it is too late.
    pub late: String,
    /// The curve.
    pub curve: String,
    /// The line in the middle.
    pub median: String,
    /// The mandated date.
    pub mandated: String,
    /// The forecast.
    pub forecast: String,
    /// The data date.
    pub data_date: String,
}

/// Chances of mandated dates.
#[derive(Clone, Debug)]
pub struct Fan {
    /// Title, stamps, what it stands on.
    pub heading: Heading,
    /// What a screen reader says of it on a screen, where the page around it has the title.
    pub label: String,
    /// Mandated dates in order.
    pub lanes: Vec<Lane>,
    /// Facts up to the day before are in; drawn where the dates begin soon after.
    pub data_date: Date,
    /// What it is drawn on.
    pub sheet: Sheet,
    /// Colours or black alone.
    pub ink: Ink,
    /// Words.
    pub words: Words,
}

/// Draws all lanes on one sheet.
pub fn draw(fan: &Fan) -> String {
    page(fan, &fan.lanes, fan.lanes.len(), "")
}

/// Draws them on as many sheets as they need.
pub fn pages(fan: &Fan) -> Vec<String> {
    let frame = Frame::new(fan.sheet, &fan.heading, |_| 0.0);
    let room = frame.bottom - frame.top - AXIS_EMS * frame.size;
    let most = match fan.sheet {
        Sheet::Paper { .. } => ((room / (frame.size * LANE_EMS.0)).floor() as usize).max(1),
        Sheet::Screen { .. } => fan.lanes.len().max(1),
    };
    let count = fan.lanes.len().div_ceil(most).max(1);
    if count == 1 {
        return vec![draw(fan)];
    }
    let length = fan.lanes.len().div_ceil(count);
    let parts = fan.lanes.chunks(length).enumerate();
    parts.map(|(at, lanes)| page(fan, lanes, length, &format!("{} / {count}", at + 1))).collect()
}

/// First and last day of the axis: all that may come, with a little room.
fn extent(fan: &Fan) -> (Date, Date) {
    let of = |lane: &Lane| [lane.at(1), lane.at(100), Some(lane.finish_by), lane.forecast];
    let dates = fan.lanes.iter().flat_map(of).flatten();
    let (first, last) = dates.fold((Date::MAX, Date::MIN), |(first, last), date| (first.min(date), last.max(date)));
    if first > last {
        return (fan.data_date, fan.data_date.saturating_add(Span::new().days(365)));
    }
    let room = Span::new().days(i64::from((last - first).get_days() / 20 + 7));
    (first.saturating_sub(room), last.saturating_add(room))
}

/// One page of lanes, each as high as if there were so many.
fn page(fan: &Fan, lanes: &[Lane], count: usize, page: &str) -> String {
    let count = count.max(1) as f64;
    let frame = Frame::new(fan.sheet, &fan.heading, |size| size * (AXIS_EMS + SCREEN_LANE_EMS * count));
    let size = frame.size;
    let rows_top = frame.top + size * AXIS_EMS;
    let height = match fan.sheet {
        Sheet::Paper { .. } => ((frame.bottom - rows_top) / count).min(size * LANE_EMS.1),
        Sheet::Screen { .. } => size * SCREEN_LANE_EMS,
    };
    let (first, last) = extent(fan);
    let left = frame.left + HEAD_EMS * size;
    let axis = Axis::new(first, last, left, frame.right - left);
    let end = rows_top + height * lanes.len() as f64;
    let mut canvas = frame.begin(&fan.heading, fan.ink, page);
    canvas.open("grid");
    axis.draw(&mut canvas, &[], fan.ink, size, (frame.top, rows_top, end));
    let line = [[(frame.left, rows_top), (frame.right, rows_top)]];
    canvas.strokes(&line, &format!(r#"stroke="{BLACK}" stroke-width="{}""#, number(size * 0.07)));
    canvas.close();
    for (at, lane) in lanes.iter().enumerate() {
        let top = rows_top + height * at as f64;
        LaneRoom { frame: &frame, axis: &axis, top, bottom: top + height }.draw(
            &mut canvas,
            lane,
            fan.sheet.has_links(),
        );
    }
    if (first..=last).contains(&fan.data_date) {
        let (x, colour) = (axis.start(fan.data_date), canvas.front());
        let paint = format!(r#"class="data-date" stroke="{colour}" stroke-width="{}""#, number(size * 0.1));
        canvas.strokes(&[[(x, rows_top), (x, end)]], &paint);
        let paint = format!(r#"class="today" font-weight="700" fill="{colour}""#);
        canvas.text(x + size * 0.4, end - size * 0.4, size * 0.9, Anchor::Start, &fan.words.data_date, &paint);
    }
    draw_legend(&mut canvas, fan, &frame);
    let drawing = canvas.finish();
    if !fan.sheet.has_links() {
        return drawing;
    }
    // The page around it has its words; each lane leads to its date.
    drawing.replacen(r#"role="img""#, &format!(r#"role="group" aria-label="{}""#, escape(&fan.label)), 1)
}

/// Where a lane is drawn.
struct LaneRoom<'a> {
    frame: &'a Frame,
    axis: &'a Axis,
    top: f64,
    bottom: f64,
}

impl LaneRoom<'_> {
    /// Where a share stands.
    fn y(&self, share: f64) -> f64 {
        let ground = self.bottom - self.frame.size * 0.6;
        ground - (ground - self.top) * (1.0 - FREE_PART) * share.clamp(0.0, 1.0)
    }

    fn draw(&self, canvas: &mut Canvas, lane: &Lane, has_links: bool) {
        let size = self.frame.size;
        canvas.open(&format!("lane {}", lane.lamp.name()));
        match lane.href.as_ref().filter(|_| has_links) {
            Some(href) => {
                canvas.open_link(href);
                self.draw_head(canvas, lane);
                canvas.close_link();
            }
            None => self.draw_head(canvas, lane),
        }
        self.draw_shares(canvas);
        self.draw_band(canvas, lane);
        let mut points: Vec<(f64, f64)> = Vec::with_capacity(lane.curve.len() + 1);
        points.extend(lane.curve.first().map(|day| (self.axis.start(*day), self.y(0.0))));
        let whole = lane.curve.len() as f64;
        let reached = |(at, day): (usize, &Date)| (self.axis.end(*day), self.y((at + 1) as f64 / whole));
        points.extend(lane.curve.iter().enumerate().map(reached));
        let paint = format!(r#"class="curve" fill="none" stroke-linejoin="round" {}"#, pen(canvas.front(), size, 0.22));
        canvas.lines(&points, false, &paint);
        if let Some(forecast) = lane.forecast {
            let (x, y, half) = (self.axis.end(forecast), self.y(0.0), size * 0.5);
            let corners = [(x, y - half), (x + half, y), (x, y + half), (x - half, y)];
            canvas.lines(&corners, true, &format!(r#"class="forecast" fill="{BLACK}""#));
        }
        self.draw_mandate(canvas, lane);
        let line = [[(self.frame.left, self.bottom), (self.frame.right, self.bottom)]];
        canvas.strokes(&line, &format!(r#"class="foot" stroke="{GRID}" stroke-width="{}""#, number(size * 0.07)));
        canvas.close();
    }

    fn draw_head(&self, canvas: &mut Canvas, lane: &Lane) {
        let (size, left) = (self.frame.size, self.frame.left);
        let room = HEAD_EMS - SHARES_EMS;
        let bold = r#"class="label" font-weight="700""#;
        canvas.text(left, self.top + size * 1.6, size, Anchor::Start, &fitted(&lane.name, room), bold);
        canvas.lamp(left + size * 0.7, self.top + size * 3.25, size * 0.55, lane.lamp);
        let chance = fitted(&lane.chance, (room - 1.8) / 1.2);
        let paint = r#"class="chance" font-weight="700""#;
        canvas.text(left + size * 1.8, self.top + size * 3.65, size * 1.2, Anchor::Start, &chance, paint);
        let grey = format!(r#"class="note" fill="{GREY}""#);
        for (note, line) in lane.notes.iter().zip([5.3, 6.6]) {
            let note = fitted(note, room / 0.92);
            canvas.text(left, self.top + size * line, size * 0.92, Anchor::Start, &note, &grey);
        }
    }

    /// None, half and all, with their lines.
    fn draw_shares(&self, canvas: &mut Canvas) {
        let (size, left) = (self.frame.size, self.axis.start_of_all());
        for (share, word) in [(0.0, "0 %"), (0.5, "50 %"), (1.0, "100 %")] {
            let y = self.y(share);
            let (colour, width) = if share == 0.0 { (BLACK, 0.05) } else { (GRID, 0.05) };
            canvas.strokes(&[[(left, y), (self.frame.right, y)]], &pen(colour, size, width));
            let paint = format!(r#"class="share" fill="{GREY}""#);
            canvas.text(left - size * 0.4, y + size * 0.32, size * 0.9, Anchor::End, word, &paint);
        }
    }

    /// From P10 to P90, with what is too late told apart, and P50 as a line.
    fn draw_band(&self, canvas: &mut Canvas, lane: &Lane) {
        let (Some(p10), Some(p50), Some(p90)) = (lane.at(10), lane.at(50), lane.at(90)) else { return };
        let size = self.frame.size;
        let (top, height) = (self.y(1.0), self.y(0.0) - self.y(1.0));
        let (from, to) = (self.axis.start(p10), self.axis.end(p90));
        let edge = self.axis.end(lane.finish_by).clamp(from, to);
        let (band, late) = fills(canvas);
        if edge > from {
            canvas.rect(from, top, edge - from, height, &format!(r#"class="band" fill="{band}""#));
        }
        if to > edge {
            canvas.rect(edge, top, to - edge, height, &format!(r#"class="late" fill="{late}""#));
        }
        let middle = self.axis.end(p50);
        canvas.strokes(
            &[[(middle, top), (middle, top + height)]],
            &format!(r#"class="median" {}"#, pen(BLACK, size, 0.1)),
        );
    }

    /// The mandated date with its flag, and the probability where the curve meets it.
    fn draw_mandate(&self, canvas: &mut Canvas, lane: &Lane) {
        let size = self.frame.size;
        let (x, top) = (self.axis.end(lane.finish_by), self.top + size * 0.4);
        let colour = canvas.alarm();
        let dash = number(size * 0.35);
        let paint = format!(r#"class="mandate" stroke-dasharray="{dash} {dash}" {}"#, pen(colour, size, 0.12));
        canvas.strokes(&[[(x, top), (x, self.y(0.0))]], &paint);
        let flag = [(x, top), (x + size * 0.9, top + size * 0.45), (x, top + size * 0.9)];
        canvas.lines(&flag, true, &format!(r#"fill="{colour}""#));
        let y = self.y(lane.probability);
        let paint = format!(r##"class="meeting" fill="{colour}" stroke="#fff" stroke-width="{}""##, number(size * 0.1));
        canvas.circle(x, y, size * 0.38, &paint);
    }
}

fn pen(colour: &str, size: f64, width_ems: f64) -> String {
    format!(r#"stroke="{colour}" stroke-width="{}""#, number(size * width_ems))
}

/// Fills of the band: in time, and too late.
fn fills(canvas: &Canvas) -> (&'static str, &'static str) {
    if canvas.ink() == Ink::Mono { ("#e2e2e2", "url(#hatch)") } else { ("#c9dbe8", "#f0c4c4") }
}

fn draw_legend(canvas: &mut Canvas, fan: &Fan, frame: &Frame) {
    let (mut x, y) = frame.legend();
    let (size, words) = (frame.size, &fan.words);
    let middle = y - size * 0.35;
    let (band, late) = fills(canvas);
    let (curve, mandated) = (pen(canvas.front(), size, 0.22), canvas.alarm());
    let dash = number(size * 0.35);
    canvas.open("legend");
    for (at, word) in [&words.band, &words.late, &words.curve, &words.median, &words.mandated, &words.forecast]
        .into_iter()
        .enumerate()
    {
        let sign = [[(x, middle), (x + size * 2.0, middle)]];
        match at {
            0 | 1 => {
                let fill = if at == 0 { band } else { late };
                let edge = format!(r#"fill="{fill}" stroke="{BLACK}" stroke-width="{}""#, number(size * 0.04));
                canvas.rect(x, middle - size * 0.4, size * 2.0, size * 0.8, &edge);
            }
            2 => canvas.strokes(&sign, &curve),
            3 => canvas
                .strokes(&[[(x + size, middle - size * 0.6), (x + size, middle + size * 0.6)]], &pen(BLACK, size, 0.1)),
            4 => canvas.strokes(&sign, &format!(r#"stroke-dasharray="{dash} {dash}" {}"#, pen(mandated, size, 0.12))),
            _ => {
                let (centre, half) = (x + size, size * 0.5);
                let corners = [
                    (centre, middle - half),
                    (centre + half, middle),
                    (centre, middle + half),
                    (centre - half, middle),
                ];
                canvas.lines(&corners, true, &format!(r#"fill="{BLACK}""#));
            }
        }
        canvas.text(x + size * 2.4, y, size, Anchor::Start, word, "");
        x += (ems(word) + 4.0) * size;
    }
    canvas.close();
}
