//! The chart of a plan file: rows from the plan, dates from its schedule, words from the locale files.

use crate::features::plan::network::untouched;
use crate::features::wall_chart::model::front_on;
use crate::web::locale::Language;
use clap::ValueEnum;
use guatu_formats::charts::bars::{self, BarChart, Flag, Kind, Row, Words};
use guatu_formats::charts::{Heading, Ink, Lamp, LampWords, Sheet};
use guatu_formats::pdf::{self, Fonts, PdfError};
use guatu_kernel::plan::{Activity, ActivityKind, Plan};
use guatu_kernel::{Dates, Schedule};
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
    /// Draw a chart in black alone.
    #[arg(long)]
    mono: bool,
    /// Language of a chart's words.
    #[arg(long, value_enum, default_value = "zh")]
    language: Tongue,
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
pub fn svg(arguments: &Arguments, plan: &Plan, schedule: &Schedule) -> String {
    bars::draw(&chart(arguments, plan, schedule, Sheet::Screen { width_px: SCREEN_PX }))
}

/// A chart on paper, on as many pages as its rows need.
///
/// # Errors
/// A missing font.
pub fn pdf(arguments: &Arguments, plan: &Plan, schedule: &Schedule) -> Result<Vec<u8>, PdfError> {
    let sheet = Sheet::series_a(arguments.paper as u8);
    let Sheet::Paper { width_mm, height_mm } = sheet else { return Err(PdfError::Drawing("a PDF needs paper".into())) };
    pdf::from_pages(&bars::pages(&chart(arguments, plan, schedule, sheet)), width_mm, height_mm, &Fonts::load()?)
}

fn chart(arguments: &Arguments, plan: &Plan, schedule: &Schedule, sheet: Sheet) -> BarChart {
    let language = match arguments.language {
        Tongue::Zh => Language::Zh,
        Tongue::En => Language::En,
    };
    let data_date = plan.data_date.map(|moment| moment.date());
    let depths = depths(plan);
    let baseline = guatu_kernel::schedule(&untouched(plan));
    let dates = schedule.activities.iter().zip(&baseline.activities);
    let rows = plan.activities.iter().zip(dates).zip(depths);
    let rows = rows
        .map(|((activity, (dates, planned)), indent)| row(plan, activity, dates.as_ref(), planned.as_ref(), indent));
    let rows = rows.collect();
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
