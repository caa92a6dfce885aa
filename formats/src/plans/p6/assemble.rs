//! From a P6 project to a plan: codes as ids, breakdown nodes as summaries, warnings for what has no home.

use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use guatu_kernel::plan::{
    Activity, ActivityKind, Constraint, ConstraintKind, Granularity, Link, Mandate, Moment, Place, Plan, Resource, Span,
};
use std::borrow::Cow;

use super::{Demand, Model, Node, ObjectId, P6Resource, Relation, Status, Task, TaskKind, bound_moment};
use crate::plans::both::both;
use crate::plans::findings::{Findings, at_line, fault, shortened};
use crate::plans::{Outcome, SavedActivity, SavedDates, codes};

/// A breakdown structure deeper than this is taken for a loop.
const DEEPEST: usize = 200;

/// Makes the plan of a project.
pub(crate) fn assemble(model: Model<'_>, findings: &mut Findings) -> Outcome {
    let Model { nodes, tasks, relations, calendars, .. } = model;
    let start = model.start.or(model.data_date).or_else(|| tasks.iter().filter_map(|task| task.early.0).min());
    let Some(start) = start else {
        return Err(fault(codes::MISSING, "project", "the project has no start date"));
    };
    let tree = Tree::of(&nodes, &tasks, findings);
    let mut rows = Rows::new(nodes.len() + tasks.len());
    rows.tasks(&tree.loose_tasks, &tasks, None, findings);
    let mut stack: Vec<(usize, Option<usize>)> = tree.roots.iter().rev().map(|root| (*root, None)).collect();
    while let Some((index, parent)) = stack.pop() {
        let node = &nodes[index];
        let path = match parent {
            Some(parent) => format!("{}.{}", rows.list[parent].id, node.code),
            None => node.code.to_string(),
        };
        let row = rows.add(Source::Node(index), Cow::Owned(path.trim().to_owned()), &node.uid, parent);
        if rows.list[row].level as usize > DEEPEST {
            let message = format!("the breakdown structure is deeper than {DEEPEST} levels");
            return Err(fault(codes::PARENT_LOOP, wbs(node), message));
        }
        rows.tasks(&tree.tasks[index], &tasks, Some(row), findings);
        stack.extend(tree.children[index].iter().rev().map(|child| (*child, Some(row))));
    }
    if rows.list.len() < nodes.len() + tasks.len() {
        return Err(fault(codes::PARENT_LOOP, "WBS", "a node of the breakdown structure is its own ancestor"));
    }
    let known = calendars.iter().map(|calendar| calendar.id.as_str()).collect();
    let stated =
        Stated { nodes: &nodes, tasks: &tasks, calendars: known, uses_expected_finishes: model.uses_expected_finishes };
    let mut of_links = Findings::default();
    let ((activities, resources), (links, saved)) = both(
        || {
            let mut activities: Vec<Activity> =
                rows.list.iter().map(|row| stated.activity(row, &rows, findings)).collect();
            let resources = needs(&model.demands, &model.resources, &stated, &rows, &mut activities);
            (activities, resources)
        },
        || (links(&relations, &rows, &mut of_links), rows.list.iter().map(|row| stated.saved(row)).collect()),
    );
    findings.append(of_links);
    let calendar = calendars.iter().find(|calendar| calendar.id == model.calendar).or(calendars.first());
    let calendar = calendar.map(|calendar| calendar.id.clone());
    // P6 bounds every open end by the must-finish date, as a mandated date of each does.
    let mandated = match model.must_finish_by {
        Some(by) => open_ends(&activities, &links)
            .map(|activity| Mandate { activity, finish_by: Moment::Instant(by), name: None })
            .collect(),
        None => Vec::new(),
    };
    let plan = Plan {
        name: Some(model.name.into_owned()).filter(|name| !name.is_empty()),
        granularity: Granularity::Minute,
        start: bound_moment(start),
        data_date: model.data_date.map(Moment::Instant),
        calendar,
        options: model.options,
        calendars,
        activities,
        links,
        resources,
        mandated,
        stops: Vec::new(),
    };
    Ok((plan, SavedDates { activities: saved }))
}

/// A node as a place.
fn wbs(node: &Node<'_>) -> String {
    format!("WBS {}", shortened(&node.uid.to_string()))
}

/// Which node holds which nodes and tasks.
struct Tree {
    roots: Vec<usize>,
    /// Of every node.
    children: Vec<Vec<usize>>,
    /// Of every node.
    tasks: Vec<Vec<usize>>,
    loose_tasks: Vec<usize>,
}

impl Tree {
    fn of(nodes: &[Node<'_>], tasks: &[Task<'_>], findings: &mut Findings) -> Tree {
        let none = vec![Vec::new(); nodes.len()];
        let mut tree = Tree { roots: Vec::new(), children: none.clone(), tasks: none, loose_tasks: Vec::new() };
        let mut known: HashMap<&ObjectId, usize> = HashMap::with_capacity(nodes.len());
        for (index, node) in nodes.iter().enumerate() {
            if known.insert(&node.uid, index).is_some() {
                let message = "two nodes of the breakdown structure carry this object id";
                findings.error(codes::DUPLICATE_ID, wbs(node), message);
            }
        }
        let mut order: Vec<usize> = (0..nodes.len()).collect();
        order.sort_by_key(|index| nodes[*index].sequence);
        for index in order {
            match known.get(&nodes[index].parent) {
                Some(parent) => tree.children[*parent].push(index),
                None => tree.roots.push(index),
            }
        }
        for (index, task) in tasks.iter().enumerate() {
            known.get(&task.node).map_or(&mut tree.loose_tasks, |node| &mut tree.tasks[*node]).push(index);
        }
        tree
    }
}

/// What an activity of the plan stands for: a node or a task, by index.
#[derive(Clone, Copy)]
enum Source {
    Node(usize),
    Task(usize),
}

/// An activity of the plan before it is made.
struct Row<'m> {
    source: Source,
    id: Cow<'m, str>,
    level: u32,
    /// The row above.
    parent: Option<usize>,
}

/// Rows in the order of the plan, and that of every object id.
struct Rows<'m> {
    list: Vec<Row<'m>>,
    taken: HashSet<Cow<'m, str>>,
    by_uid: HashMap<ObjectId, usize>,
}

impl<'m> Rows<'m> {
    fn new(count: usize) -> Rows<'m> {
        Rows {
            list: Vec::with_capacity(count),
            taken: HashSet::with_capacity(count),
            by_uid: HashMap::with_capacity(count),
        }
    }

    /// Adds a row. Its id is the code, or has the object id behind it where the code is empty or taken.
    fn add(&mut self, source: Source, code: Cow<'m, str>, uid: &ObjectId, parent: Option<usize>) -> usize {
        let id = if !code.is_empty() && self.taken.insert(code.clone()) {
            code
        } else {
            let id: Cow<'m, str> = Cow::Owned(format!("{code}#{uid}"));
            self.taken.insert(id.clone());
            id
        };
        let level = parent.map_or(1, |parent| self.list[parent].level + 1);
        self.list.push(Row { source, id, level, parent });
        self.list.len() - 1
    }

    fn tasks(&mut self, indices: &[usize], tasks: &'m [Task<'m>], parent: Option<usize>, findings: &mut Findings) {
        for &index in indices {
            let task = &tasks[index];
            let row = self.add(Source::Task(index), Cow::Borrowed(task.code.trim()), &task.uid, parent);
            if self.by_uid.insert(task.uid.clone(), row).is_some() {
                let message = format!("two activities carry the object id {}", shortened(&task.uid.to_string()));
                findings.error(codes::DUPLICATE_ID, at_line(task.line), message);
            }
        }
    }

    /// The id of what an object id names, if it is there.
    fn id_of(&self, uid: &ObjectId) -> Option<&str> {
        self.by_uid.get(uid).map(|row| self.list[*row].id.as_ref())
    }
}

/// What the file says of rows.
struct Stated<'m> {
    nodes: &'m [Node<'m>],
    tasks: &'m [Task<'m>],
    calendars: HashSet<&'m str>,
    uses_expected_finishes: bool,
}

impl Stated<'_> {
    fn activity(&self, row: &Row<'_>, rows: &Rows<'_>, findings: &mut Findings) -> Activity {
        let id = row.id.to_string();
        let mut activity = match row.source {
            Source::Node(index) => summary(&self.nodes[index], id),
            Source::Task(index) => {
                let task = &self.tasks[index];
                let mut activity = activity(task, id, &self.calendars, findings);
                if self.uses_expected_finishes && task.status != Status::Completed && !activity.kind.is_milestone() {
                    activity.expected_finish = task.expected_finish.map(Moment::Instant);
                }
                activity
            }
        };
        activity.parent = row.parent.map(|parent| rows.list[parent].id.to_string());
        activity
    }

    fn saved(&self, row: &Row<'_>) -> SavedActivity {
        match row.source {
            Source::Node(index) => SavedActivity {
                uid: self.nodes[index].uid.to_string(),
                outline_level: row.level,
                is_active: true,
                ..SavedActivity::default()
            },
            Source::Task(index) => saved(&self.tasks[index], row.level),
        }
    }
}

fn summary(node: &Node<'_>, id: String) -> Activity {
    let mut activity = Activity::named(id, node.name.to_string(), Span::ZERO);
    activity.kind = ActivityKind::Summary;
    activity.at = Some(Place::Named(wbs(node)));
    activity
}

fn activity(task: &Task<'_>, id: String, calendars: &HashSet<&str>, findings: &mut Findings) -> Activity {
    let mut activity = Activity::named(id, task.name.to_string(), Span::ZERO);
    activity.kind = task.kind.activity_kind();
    activity.at = Some(Place::Line(task.line));
    let name = || shortened(&task.name);
    if !task.calendar.is_empty() {
        if calendars.contains(task.calendar.as_ref()) {
            activity.calendar = Some(task.calendar.to_string());
        } else {
            let message = format!(
                "`{}` names the calendar {}, which is not in the file; the project's counts",
                name(),
                shortened(&task.calendar)
            );
            findings.warn(codes::DEFAULTED, &activity.id, message);
        }
    }
    let remaining = task.remaining_minutes;
    if !activity.kind.is_milestone() {
        // P6 schedules the remaining duration, which people may change before the work starts.
        let unstarted = remaining.filter(|_| task.status == Status::NotStarted);
        activity.duration = Span::minutes(unstarted.unwrap_or(task.planned_minutes));
    }
    match task.status {
        Status::NotStarted => {}
        Status::Started => {
            activity.actual_start = task.actual_start.map(Moment::Instant);
            activity.percent_e3 = Some(task.percent_e3.min(100_000));
            if !activity.kind.is_milestone() {
                activity.remaining = remaining.map(Span::minutes);
                activity.resume = task.resume.map(Moment::Instant);
            }
        }
        Status::Completed => {
            activity.actual_start = task.actual_start.map(Moment::Instant);
            activity.actual_finish = task.actual_finish.or(task.actual_start).map(Moment::Instant);
            activity.percent_e3 = Some(100_000);
        }
    }
    for (bound, on) in task.constraints.iter().flatten() {
        let on = on.map(bound_moment);
        if on.is_some() || bound.kind == ConstraintKind::AsLateAsPossible {
            let on = on.filter(|_| bound.kind != ConstraintKind::AsLateAsPossible);
            activity.constraints.push(Constraint { kind: bound.kind, on, is_hard: bound.is_hard });
        } else {
            findings.warn(
                codes::NO_HOME,
                &activity.id,
                format!("a constraint of `{}` has no date and was left out", name()),
            );
        }
    }
    if task.kind == TaskKind::WbsSummary && task.status == Status::NotStarted {
        if let Some(start) = task.early.0 {
            let on = Some(Moment::Instant(start));
            activity.constraints = vec![Constraint { kind: ConstraintKind::StartOn, on, is_hard: true }];
        }
        let message = format!("`{}` sums up a part of the breakdown structure and was kept at its dates", name());
        findings.warn(codes::KEPT_AT_DATES, &activity.id, message);
    }
    // Without a day on which it goes on, suspended work goes on at once.
    if task.is_suspended && task.resume.is_none() && task.status == Status::Started {
        findings.warn(
            codes::NO_HOME,
            &activity.id,
            format!("`{}` is suspended until an unknown day; it goes on at the data date here", name()),
        );
    }
    activity
}

fn saved(task: &Task<'_>, level: u32) -> SavedActivity {
    SavedActivity {
        uid: task.uid.to_string(),
        outline_level: level,
        early_start: task.early.0,
        early_finish: task.early.1,
        late_start: task.late.0,
        late_finish: task.late.1,
        start: task.actual_start.or(task.early.0),
        finish: task.actual_finish.or(task.early.1),
        total_float_minutes: task.total_float_minutes,
        free_float_minutes: task.free_float_minutes,
        is_critical: None,
        is_manual: false,
        is_active: true,
        is_external: false,
        is_milestone: task.kind.activity_kind().is_milestone(),
        levelling_delay_minutes: 0.0,
        has_lost_contour: false,
    }
}

fn links(relations: &[Relation], rows: &Rows<'_>, findings: &mut Findings) -> Vec<Link> {
    let named = |found: Option<&str>, uid: &ObjectId| found.map_or_else(|| uid.to_string(), str::to_owned);
    let mut links = Vec::with_capacity(relations.len());
    // Files tell the links that lead to one activity in a row.
    for leading in relations.chunk_by(|one, next| one.to == next.to) {
        let to = rows.id_of(&leading[0].to);
        for relation in leading {
            let from = rows.id_of(&relation.from);
            if relation.is_external {
                let message = "a relationship to an activity of another project was left out";
                findings.warn(codes::LINK_LEFT_OUT, to.or(from).unwrap_or(""), message);
                continue;
            }
            links.push(Link {
                from: named(from, &relation.from),
                to: named(to, &relation.to),
                kind: relation.kind,
                lag: Span::minutes(relation.lag_minutes),
                at: Some(Place::Line(relation.line)),
            });
        }
    }
    links
}

/// Resources that are asked for, and the needs of activities. Part units are rounded up: half a crane is a crane.
fn needs(
    demands: &[Demand],
    stated: &[P6Resource<'_>],
    file: &Stated<'_>,
    rows: &Rows<'_>,
    activities: &mut [Activity],
) -> Vec<Resource> {
    let whole = |units: f64| if units.is_finite() { units.ceil().clamp(1.0, 1e6) as u32 } else { 1 };
    let stated: HashMap<&ObjectId, _> = stated.iter().map(|resource| (&resource.uid, resource)).collect();
    let mut resources: Vec<Resource> = Vec::new();
    let mut known: HashMap<&ObjectId, usize> = HashMap::new();
    let mut taken: HashSet<String> = HashSet::new();
    for demand in demands {
        let Some(index) = rows.by_uid.get(&demand.task).copied() else { continue };
        let Some(stated) = stated.get(&demand.resource).copied() else { continue };
        let slot = *known.entry(&stated.uid).or_insert_with(|| {
            let is_free = !stated.code.trim().is_empty() && taken.insert(stated.code.to_string());
            let id = if is_free { stated.code.to_string() } else { format!("{}#{}", stated.code, stated.uid) };
            let calendar = file.calendars.get(stated.calendar.as_ref()).map(|id| (*id).to_owned());
            resources.push(Resource {
                id,
                capacity: whole(stated.units),
                calendar,
                steps: Vec::new(),
                route: Vec::new(),
            });
            resources.len() - 1
        });
        activities[index].add_need(&resources[slot].id, whole(demand.units));
    }
    resources
}

/// Activities that nothing follows.
fn open_ends<'l>(activities: &'l [Activity], links: &'l [Link]) -> impl Iterator<Item = String> + 'l {
    let led: HashSet<&str> = links.iter().map(|link| link.from.as_str()).collect();
    activities
        .iter()
        .filter(move |activity| {
            activity.kind != ActivityKind::Summary
                && activity.actual_finish.is_none()
                && !led.contains(activity.id.as_str())
        })
        .map(|activity| activity.id.clone())
}
