//! A plan from templates: every building of a project by its storeys and basements, ready to be edited and approved.

use guatu_kernel::plan::{
    Activity, ActivityKind, Calendar, Granularity, Link, LinkKind, Moment, Need, Options, Plan, Quantity, Resource, Span,
};
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::LazyLock;

/// A template: the stages of one building.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// Identifier; its name is `template.<id>` in the locale files.
    pub id: String,
    /// Where the durations come from.
    pub source: String,
    /// What a project has of scarce resources.
    #[serde(default)]
    pub resource: Vec<TemplateResource>,
    /// Stages in order.
    pub stage: Vec<TemplateStage>,
}

/// How many units of a resource a project has.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateResource {
    /// Identifier; its name is `resource.<id>` in the locale files.
    pub id: String,
    /// Units for every so many buildings.
    pub units: u32,
    /// How many buildings share them.
    pub buildings: u32,
}

/// What a stage holds of a resource while it is worked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateNeed {
    /// The resource.
    pub resource: String,
    /// Units of it.
    pub units: u32,
}

impl Template {
    /// What a project of so many buildings has of its resources: never fewer units than one stage needs.
    pub fn resources(&self, buildings: usize) -> Vec<Resource> {
        let buildings = u32::try_from(buildings).unwrap_or(u32::MAX);
        let most = |id: &str| {
            let needs = self.stage.iter().flat_map(|stage| &stage.needs).filter(|need| need.resource == id);
            needs.map(|need| need.units).max().unwrap_or(0)
        };
        let resource = |one: &TemplateResource| Resource {
            id: one.id.clone(),
            capacity: one.units.saturating_mul(buildings).div_ceil(one.buildings.max(1)).max(most(&one.id)),
            calendar: None,
            steps: Vec::new(),
            route: Vec::new(),
        };
        self.resource.iter().map(resource).collect()
    }
}

/// A stage of a template.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateStage {
    /// Stage of the wall chart.
    pub id: String,
    /// Days whatever the size; absent: a milestone.
    pub base_days: Option<i64>,
    /// Days for each storey above ground.
    #[serde(default)]
    pub per_floor_days: i64,
    /// Days for each basement level.
    #[serde(default)]
    pub per_basement_days: i64,
    /// `site`, `authority` or `continuous`.
    #[serde(default = "site")]
    pub calendar: String,
    /// Kind of work for stops.
    pub work_kind: Option<String>,
    /// Unit of the quantity that daily reports measure; absent: the stage is not measured.
    pub unit: Option<String>,
    /// Quantity whatever the size.
    #[serde(default)]
    pub base_quantity: u32,
    /// Quantity for each storey above ground.
    #[serde(default)]
    pub per_floor_quantity: u32,
    /// Quantity for each basement level.
    #[serde(default)]
    pub per_basement_quantity: u32,
    /// Whether it may be shortened.
    #[serde(default = "yes")]
    pub is_compressible: bool,
    /// What it holds of scarce resources.
    #[serde(default)]
    pub needs: Vec<TemplateNeed>,
    /// What it follows.
    #[serde(default)]
    pub after: Vec<After>,
}

/// What a stage follows.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct After {
    /// The stage.
    pub stage: String,
    /// FS, SS, FF or SF; FS when absent.
    #[serde(default = "finish_to_start")]
    pub kind: String,
    /// Days between.
    #[serde(default)]
    pub lag_days: i64,
    /// Storeys of the stage it follows that must stand first.
    #[serde(default)]
    pub lag_floors: i64,
}

fn site() -> String {
    "site".into()
}
fn yes() -> bool {
    true
}
fn finish_to_start() -> String {
    "FS".into()
}

#[derive(Deserialize)]
struct TemplateFile {
    template: Vec<Template>,
}

/// All templates, from data with sources.
pub static TEMPLATES: LazyLock<Vec<Template>> = LazyLock::new(|| {
    let file: TemplateFile = toml::from_str(include_str!("../../../../rules/templates.toml"))
        .expect("rules/templates.toml is part of the program and read by a test");
    file.template
});

/// The template of an id.
pub fn template(id: &str) -> Option<&'static Template> {
    TEMPLATES.iter().find(|template| template.id == id)
}

/// A building to be planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Building {
    /// Place id; also the id of its summary.
    pub place: String,
    /// Name for people.
    pub name: String,
    /// Storeys above ground.
    pub floors_above: u16,
    /// Basement levels.
    pub floors_below: u16,
    /// When its first stage may start.
    pub start: Date,
}

/// What a plan from templates needs besides the buildings.
pub struct Setting<'a> {
    /// The template of every building.
    pub template: &'a Template,
    /// Days by stage that replace the template's formula.
    pub days: HashMap<String, i64>,
    /// Calendars `site`, `authority` and `continuous`.
    pub calendars: Vec<Calendar>,
    /// Name of a stage for people.
    pub stage_name: &'a (dyn Fn(&str) -> String + Sync),
    /// Name of the milestone that ends the project.
    pub end_name: String,
}

/// Units that come in wholes only.
const WHOLE_UNITS: [&str; 3] = ["floor", "level", "pile"];

/// Id of the milestone that all buildings lead to; the usual place of a mandated date.
pub const END: &str = "all_handed_over";

/// Composes the plan of a project.
pub fn compose(name: &str, buildings: &[Building], setting: &Setting<'_>) -> Plan {
    let start = buildings.iter().map(|building| building.start).min().unwrap_or(Date::constant(2026, 1, 1));
    let mut plan = Plan {
        name: Some(name.to_owned()),
        granularity: Granularity::Day,
        start: Moment::Day(start),
        data_date: None,
        calendar: Some("site".into()),
        options: Options::default(),
        calendars: setting.calendars.clone(),
        activities: Vec::new(),
        links: Vec::new(),
        resources: setting.template.resources(buildings.len()),
        mandated: Vec::new(),
        stops: Vec::new(),
    };
    for building in buildings {
        add_building(&mut plan, building, setting);
    }
    let mut end = Activity::task(END, Span::ZERO);
    end.name.clone_from(&setting.end_name);
    end.kind = ActivityKind::FinishMilestone;
    plan.activities.push(end);
    for building in buildings {
        if setting.template.stage.iter().any(|stage| stage.id == "handover") {
            plan.links.push(link(format!("{}/handover", building.place), END.into(), LinkKind::FS, Span::ZERO));
        }
    }
    plan
}

fn add_building(plan: &mut Plan, building: &Building, setting: &Setting<'_>) {
    let mut summary = Activity::task(&building.place, Span::ZERO);
    summary.name.clone_from(&building.name);
    summary.kind = ActivityKind::Summary;
    summary.place = Some(building.place.clone());
    plan.activities.push(summary);
    for stage in &setting.template.stage {
        let id = format!("{}/{}", building.place, stage.id);
        let days = stage.base_days.map(|base| {
            let formula = base
                + stage.per_floor_days * i64::from(building.floors_above)
                + stage.per_basement_days * i64::from(building.floors_below);
            setting.days.get(&stage.id).copied().unwrap_or(formula).max(1)
        });
        let mut activity = Activity::task(&id, days.map_or(Span::ZERO, Span::days));
        activity.name = (setting.stage_name)(&stage.id);
        activity.kind = if days.is_some() { ActivityKind::Task } else { ActivityKind::FinishMilestone };
        activity.parent = Some(building.place.clone());
        activity.place = Some(building.place.clone());
        activity.calendar = Some(stage.calendar.clone());
        activity.work_kind.clone_from(&stage.work_kind);
        activity.is_compressible = stage.is_compressible;
        let need = |need: &TemplateNeed| Need { resource: need.resource.clone(), amount: need.units };
        activity.needs = stage.needs.iter().map(need).collect();
        if stage.after.is_empty() {
            activity.start = Some(Moment::Day(building.start));
        }
        if let Some(unit) = &stage.unit {
            let total = stage.base_quantity
                + stage.per_floor_quantity * u32::from(building.floors_above)
                + stage.per_basement_quantity * u32::from(building.floors_below);
            activity.quantity = Some(Box::new(Quantity {
                total: f64::from(total.max(1)),
                unit: unit.clone(),
                is_whole: WHOLE_UNITS.contains(&unit.as_str()),
                per_day: None,
                crews: None,
            }));
        }
        plan.activities.push(activity);
        for after in &stage.after {
            let from = setting.template.stage.iter().find(|other| other.id == after.stage);
            let floors = from.map_or(0, |from| from.per_floor_days) * after.lag_floors;
            let kind = match after.kind.as_str() {
                "SS" => LinkKind::SS,
                "FF" => LinkKind::FF,
                "SF" => LinkKind::SF,
                _ => LinkKind::FS,
            };
            let lag = Span::days(after.lag_days + floors);
            plan.links.push(link(format!("{}/{}", building.place, after.stage), id.clone(), kind, lag));
        }
    }
}

fn link(from: String, to: String, kind: LinkKind, lag: Span) -> Link {
    Link { from, to, kind, lag, at: None }
}
