//! The drawings of a plan file, bars and the network on a time scale: from the plan and its schedule, words from the locale
//! files.

use super::{NOT_FOUND, REFUSED, Stopped};
use crate::features::plan::network::untouched;
use crate::features::wall_chart::links::{self, Held, Shown};
use crate::features::wall_chart::model::front_on;
use crate::features::wall_chart::network::MOST_WORKS;
use crate::web::locale::Language;
use clap::ValueEnum;
use guatu_formats::charts::arrows::{self, ArrowChart, Said};
use guatu_formats::charts::bars::{self, BarChart, Flag, Kind, Row, Words};
use guatu_formats::charts::{self, Heading, Ink, Lamp, LampWords, Sheet};
use guatu_formats::pdf::{self, Fonts, PdfError};
use guatu_kernel::drawing::{ArrowKind, arrow_diagram, closed_days, lay_out};
use guatu_kernel::plan::{Activity, ActivityKind, Plan, Span};
use guatu_kernel::{Dates, Driver, Schedule};
use std::borrow::Cow;
use std::collections::HashMap;

/// Width of a chart on a screen in pixels.
const SCREEN_PX: f64 = 1600.0;
/// Working days of float below which work is at risk, as on the pages.
const LITTLE_FLOAT_DAYS: f64 = 10.0;

/// How a chart is drawn.
#[derive(Clone, Debug, clap::Args)]
#[group(skip)]
pub struct Arguments {
    /// Paper of a PDF, in landscape.
    #[arg(long, value_enum, default_value = "a3")]
    paper: Paper,
    /// What is drawn.
    #[arg(long, value_enum, default_value = "bars")]
    drawing: Subject,
    /// In a network, only what stands under this activity of the breakdown.
    #[arg(long, value_name = "ACTIVITY")]
    under: Option<String>,
    /// At which dates a network is drawn.
    #[arg(long, value_enum, default_value = "computed")]
    dates: Drawn,
    /// Links on bars; as many as the rows bear when absent.
    #[arg(long, value_enum)]
    links: Option<Links>,
    /// Draw a chart in black alone.
    #[arg(long)]
    mono: bool,
    /// Language of a chart's words.
    #[arg(long, value_enum, default_value = "zh")]
    language: Tongue,
}

/// Drawings of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Subject {
    /// Bars.
    Bars,
    /// The network on a time scale, activities on arrows.
    Network,
}

/// Dates of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Drawn {
    /// Those of the answer: what is done where it was done, the rest as forecast.
    Computed,
    /// Those of the plan without any progress, with the front line at the data date.
    Plan,
}

/// Links on bars.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Links {
    /// All.
    All,
    /// Those that hold their successors where they are.
    Driving,
    /// None.
    None,
}

/// Paper sizes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Paper {
    A0,
    A1,
    A2,
    A3,
    A4,
}

/// Languages of a chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Tongue {
    Zh,
    En,
}

/// A chart for the screen.
pub fn svg(arguments: &Arguments, plan: &Plan, schedule: &Schedule) -> Result<String, Stopped> {
    Ok(match arguments.drawing {
        Subject::Bars => bars::draw(&chart(arguments, plan, schedule, Sheet::Screen { width_px: SCREEN_PX })),
        Subject::Network => {
            let mut chart = network(arguments, plan, schedule, Sheet::Screen { width_px: SCREEN_PX })?;
            chart.sheet = Sheet::Screen { width_px: arrows::screen_px(&chart.diagram) };
            arrows::draw(&chart)
        }
    })
}

/// A chart on paper: bars on as many pages as their rows need, a network on one.
pub fn pdf(arguments: &Arguments, plan: &Plan, schedule: &Schedule) -> Result<Vec<u8>, Stopped> {
    let sheet = Sheet::series_a(arguments.paper as u8);
    let pages = match arguments.drawing {
        Subject::Bars => bars::pages(&chart(arguments, plan, schedule, sheet)),
        Subject::Network => vec![arrows::draw(&network(arguments, plan, schedule, sheet)?)],
    };
    on_paper(&pages, sheet).map_err(|fault| anyhow::anyhow!(fault).into())
}

fn on_paper(pages: &[String], sheet: Sheet) -> Result<Vec<u8>, PdfError> {
    let Sheet::Paper { width_mm, height_mm } = sheet else { return Err(PdfError::Drawing("a PDF needs paper".into())) };
    pdf::from_pages(pages, width_mm, height_mm, &Fonts::load()?)
}

fn language(arguments: &Arguments) -> Language {
    match arguments.language {
        Tongue::Zh => Language::Zh,
        Tongue::En => Language::En,
    }
}

/// The network at the dates of the answer: what is done where it was done, the rest as forecast. As planned, with the front line
/// at the data date, it is drawn where that is asked for.
fn network(arguments: &Arguments, plan: &Plan, schedule: &Schedule, sheet: Sheet) -> Result<ArrowChart, Stopped> {
    let index: HashMap<&str, usize> =
        plan.activities.iter().enumerate().map(|(at, one)| (one.id.as_str(), at)).collect();
    if let Some(under) = arguments.under.as_ref().filter(|under| !index.contains_key(under.as_str())) {
        return Err(Stopped::new(NOT_FOUND, format!("--under: the plan has no activity `{under}`")));
    }
    let is_here = |at: usize| {
        let above = std::iter::successors(Some(&plan.activities[at]), |one| {
            Some(&plan.activities[*index.get(one.parent.as_deref()?)?])
        });
        // A hierarchy is never deeper than the limit of its readers.
        arguments.under.as_ref().is_none_or(|under| above.take(64).any(|one| one.id == *under))
    };
    let here: Vec<bool> =
        (0..plan.activities.len()).map(|at| plan.activities[at].kind != ActivityKind::Summary && is_here(at)).collect();
    let count = here.iter().filter(|is_here| **is_here).count();
    if count > MOST_WORKS {
        let sentence = format!(
            "{count} activities are more than a network can show ({MOST_WORKS}); name a part of the plan with --under ACTIVITY"
        );
        return Err(Stopped::new(REFUSED, sentence));
    }
    let is_plan = arguments.dates == Drawn::Plan;
    let (drawn, dates) = if is_plan {
        let untouched = untouched(plan);
        let planned = guatu_kernel::schedule(&untouched);
        (Cow::Owned(untouched), Cow::Owned(planned))
    } else {
        (Cow::Borrowed(plan), Cow::Borrowed(schedule))
    };
    let diagram = arrow_diagram(&drawn, &dates, |activity| here[activity]);
    let diagram = diagram.ok_or_else(|| {
        Stopped::new(REFUSED, "so many links cannot be drawn; name a part of the plan with --under ACTIVITY")
    })?;
    let layout = lay_out(&diagram, arrows::apart_days(&diagram));
    let language = language(arguments);
    let t = |key: &str| language.t(&format!("network.{key}"));
    let data_date = plan.data_date.map(|moment| moment.date());
    let days = |days: f64| format!("{}", (days * 10.0).round() / 10.0);
    let said = diagram.arrows.iter().map(|arrow| match arrow.kind {
        ArrowKind::Dummy => Said::default(),
        ArrowKind::Waiting { .. } => {
            Said { name: t("waiting"), days: days(arrow.solid_day - arrow.from_day), ..Said::default() }
        }
        ArrowKind::Work { activity, part, parts } => {
            let one = &plan.activities[activity];
            let planned =
                dates.activities[activity].as_ref().map(|dates| (dates.early_start.date(), dates.early_finish.date()));
            // Against its own forecast no work is late.
            let front = planned.zip(data_date).filter(|_| is_plan).and_then(|(dates, data_date)| {
                let (start, finish) = (one.actual_start.map(|at| at.date()), one.actual_finish.map(|at| at.date()));
                front_on(dates, start, finish, one.percent_e3.unwrap_or(0), data_date)
            });
            // Of a work in parts, the part on which the front stands.
            let front = front.filter(|front| {
                let day = f64::from((*front - diagram.first).get_days());
                (part == 0 || day >= arrow.from_day) && (part + 1 == parts || day < arrow.solid_day)
            });
            let name = if parts > 1 { format!("{} {}/{parts}", one.name, part + 1) } else { one.name.clone() };
            // What is drawn whole has its duration, a part its calendar days.
            let duration = match one.duration {
                Span::Working { days_e3, minutes: 0 } if parts == 1 => days_e3 as f64 / 1000.0,
                _ => arrow.solid_day - arrow.from_day,
            };
            Said { name, days: days(duration), front, ..Said::default() }
        }
    });
    let milestones = diagram.events.iter().map(|event| {
        let names = event.milestones.iter().map(|at| plan.activities[*at].name.as_str());
        Said { name: language.list(names), ..Said::default() }
    });
    let last = diagram.events.iter().map(|event| event.day).fold(0.0, f64::max);
    let last = diagram.first.saturating_add(jiff::Span::new().days(last.ceil() as i64));
    let untold = diagram.untold.len();
    Ok(ArrowChart {
        heading: Heading {
            title: plan.name.clone().unwrap_or_else(|| t("title")),
            subtitle: language.t(if is_plan { "chart.from_file_plan" } else { "chart.from_file" }),
            as_of: data_date.map(|date| format!("{} {date}", language.t("chart.data_date"))).unwrap_or_default(),
            stamps: Vec::new(),
        },
        label: t("title"),
        said: said.collect(),
        milestones: milestones.collect(),
        data_date,
        flags: Vec::new(),
        closed: closed_days(plan, diagram.first, last),
        notes: (untold > 0)
            .then(|| language.tf("network.untold", &[("count", untold.to_string())]))
            .into_iter()
            .collect(),
        sheet,
        ink: if arguments.mono { Ink::Mono } else { Ink::Colour },
        words: arrows::Words {
            critical: t("critical"),
            work: t("work"),
            float: t("float"),
            dummy: t("dummy"),
            waiting: t("waiting"),
            front: language.t("chart.front"),
            data_date: language.t("chart.data_date"),
            mandated: language.t("chart.mandated"),
            milestone: t("milestone"),
            unnamed: t("unnamed"),
        },
        diagram,
        layout,
    })
}

fn chart(arguments: &Arguments, plan: &Plan, schedule: &Schedule, sheet: Sheet) -> BarChart {
    let language = language(arguments);
    let data_date = plan.data_date.map(|moment| moment.date());
    let depths = depths(plan);
    let baseline = guatu_kernel::schedule(&untouched(plan));
    let dates = schedule.activities.iter().zip(&baseline.activities);
    let rows = plan.activities.iter().zip(dates).zip(depths).enumerate();
    let rows = rows.map(|(at, ((activity, (dates, planned)), indent))| Row {
        breaks: schedule.breaks_of(at).map(|one| (one.from.date(), one.to.date())).collect(),
        ..row(plan, activity, dates.as_ref(), planned.as_ref(), indent)
    });
    let rows: Vec<Row> = rows.collect();
    let flags = schedule.milestones.iter().map(|outlook| {
        let mandate = &plan.mandated[outlook.mandate];
        let on = mandate.finish_by.date();
        let name = mandate.name.clone().unwrap_or_else(|| plan.activities[outlook.activity].name.clone());
        let label = language.tf("chart.due", &[("name", name), ("date", on.to_string())]);
        Flag { on, label, lamp: if outlook.float_days.is_some_and(|days| days < 0.0) { Lamp::Bad } else { Lamp::Good } }
    });
    let t = |key: &str| language.t(&format!("chart.{key}"));
    let lamp = |key: &str| language.t(&format!("lamp.{key}"));
    BarChart {
        heading: Heading {
            title: plan.name.clone().unwrap_or_default(),
            subtitle: t("from_file"),
            as_of: data_date.map(|date| format!("{} {date}", t("data_date"))).unwrap_or_default(),
            stamps: Vec::new(),
        },
        links: drawn_links(arguments, plan, schedule),
        rows,
        data_date,
        flags: flags.collect(),
        sheet,
        ink: if arguments.mono { Ink::Mono } else { Ink::Colour },
        words: Words {
            name: t("name"),
            start: t("start"),
            finish: t("finish"),
            baseline: t("baseline"),
            actual: t("actual"),
            critical: t("critical"),
            front: t("front"),
            data_date: t("data_date"),
            mandated: t("mandated"),
            critical_link: language.t("links.critical_link"),
            driving_link: language.t("links.driving_link"),
            other_link: language.t("links.other_link"),
            other_page: language.t("links.other_page"),
            left_out: language.t("links.left_out"),
            lamps: LampWords {
                done: lamp("done"),
                idle: lamp("idle"),
                good: lamp("good"),
                warn: lamp("warn"),
                bad: lamp("bad"),
            },
        },
    }
}

/// Links between the rows of a plan file: each activity is a row.
fn drawn_links(arguments: &Arguments, plan: &Plan, schedule: &Schedule) -> Vec<charts::links::Link> {
    let shown = match arguments.links {
        Some(Links::All) => Shown::All,
        Some(Links::Driving) => Shown::Driving,
        Some(Links::None) => Shown::None,
        None => Shown::of(None, plan.activities.len()),
    };
    let rows: Vec<Option<usize>> = (0..plan.activities.len()).map(Some).collect();
    links::between(plan, &rows, shown, |at| {
        let dates = schedule.activities[at].as_ref()?;
        let driver = match dates.driver {
            Some(Driver::Link { from }) if plan.activities[at].actual_start.is_none() => Some(from),
            _ => None,
        };
        let ends = (dates.early_start.date(), dates.early_finish.date());
        Some(Held { dates: ends, driver, is_critical: dates.is_critical })
    })
}

/// Depth of each activity; parents may stand after their children.
fn depths(plan: &Plan) -> Vec<usize> {
    let index: HashMap<&str, &Activity> = plan.activities.iter().map(|one| (one.id.as_str(), one)).collect();
    let depth = |activity: &Activity| {
        let above =
            std::iter::successors(activity.parent.as_deref(), |id| index.get(id).and_then(|one| one.parent.as_deref()));
        // A hierarchy is never deeper than the limit of its readers.
        above.take(64).count()
    };
    plan.activities.iter().map(depth).collect()
}

fn row(plan: &Plan, activity: &Activity, dates: Option<&Dates>, planned: Option<&Dates>, indent: usize) -> Row {
    let kind = match activity.kind {
        ActivityKind::Summary => Kind::Summary,
        ActivityKind::Task | ActivityKind::Hammock => Kind::Task,
        _ => Kind::Milestone,
    };
    let finish = activity.actual_finish.map(|moment| moment.date());
    let planned = planned.map(|dates| (dates.early_start.date(), dates.early_finish.date()));
    let float = dates.and_then(|dates| dates.total_float_days);
    let lamp = match (finish, activity.actual_start, float) {
        (Some(_), _, _) => Lamp::Done,
        (None, _, Some(days)) if days < 0.0 => Lamp::Bad,
        (None, Some(_), Some(days)) if days < LITTLE_FLOAT_DAYS && !plan.mandated.is_empty() => Lamp::Warn,
        (None, Some(_), _) => Lamp::Good,
        (None, None, _) => Lamp::Idle,
    };
    Row {
        label: activity.name.clone(),
        indent,
        kind,
        baseline: planned,
        forecast: dates.map(|dates| (dates.early_start.date(), dates.early_finish.date())),
        breaks: Vec::new(),
        actual: activity.actual_start.map(|start| (start.date(), finish)),
        percent: activity.percent_e3.map_or(0.0, |percent| f64::from(percent) / 1000.0),
        lamp,
        front: planned.zip(plan.data_date).filter(|_| kind == Kind::Task).and_then(|(planned, data_date)| {
            let percent_e3 = activity.percent_e3.unwrap_or(0);
            front_on(planned, activity.actual_start.map(|start| start.date()), finish, percent_e3, data_date.date())
        }),
        is_critical: dates.is_some_and(|dates| dates.is_critical),
        href: None,
    }
}
