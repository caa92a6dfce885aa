//! Hierarchy, links and mandated dates of a plan, turned into edges between the nodes of a network.
//!
//! A link to or from a summary stands for one to or from every leaf below it. Links whose source no longer moves
//! become floors; links into finished work vanish; the progress rule decides about work begun out of sequence.

use std::collections::HashMap;

use crate::compile::Reader;
use crate::diagnose::Diagnostic;
use crate::measure::{self, DayEdge, Original, label};
use crate::network::{Edge, FactFloor, Floor, Goal, Hanger, NO_CAP, NO_FLOOR, Node, Reach, Role, Row, VIRTUAL, traits};
use crate::plan::{ActivityKind, LagCalendar, Link, LinkKind, Place, ProgressRule, Span};
use crate::progress::Standing;
use crate::tie::{Lag, Tie, arrives_finish, leaves_finish};

/// Above this many pairs a link between two summaries goes through a node that stands for all its ends.
const DIRECT_PAIRS: usize = 64;
/// No single link expands to more edges than this.
const MAX_PAIRS: usize = 4_000_000;

impl Reader<'_> {
    /// Indexes ids, reads who is below whom, and marks what has incoming links.
    pub(crate) fn read_hierarchy(&mut self) {
        let plan = self.plan;
        for (at, activity) in plan.activities.iter().enumerate() {
            self.index.entry(&activity.id).or_insert(at as u32);
        }
        for (at, activity) in plan.activities.iter().enumerate() {
            let Some(parent) = &activity.parent else { continue };
            match self.index.get(parent.as_str()) {
                Some(&above) => {
                    self.parents[at] = above;
                    self.children.entry(above).or_default().push(at as u32);
                }
                None => {
                    let message =
                        format!("{}: the parent {parent} does not exist; add it or name another", activity.id);
                    self.report("K-106", at as u32, message, vec![parent.clone()]);
                }
            }
        }
        self.break_parent_cycles();
        self.ends = plan.links.iter().map(|link| (self.find(&link.from), self.find(&link.to))).collect();
        for at in 0..self.ends.len() {
            if let (Some(_), Some(to)) = self.ends[at] {
                self.mark_incoming(to);
            }
        }
    }

    fn find(&self, id: &str) -> Option<u32> {
        self.index.get(id).copied()
    }

    fn mark_incoming(&mut self, to: u32) {
        if !self.children.contains_key(&to) {
            self.facts[to as usize].has_incoming = true;
            return;
        }
        for leaf in self.leaves(to) {
            self.facts[leaf as usize].has_incoming = true;
        }
    }

    /// Whether an activity names a parent that does not exist or stands above itself.
    pub(crate) fn is_orphan(&self, at: u32) -> bool {
        self.plan.activities[at as usize].parent.is_some() && self.parents[at as usize] == u32::MAX
    }

    /// Cuts every chain of parents that comes back to itself; its members have no dates.
    fn break_parent_cycles(&mut self) {
        let count = self.parents.len();
        let mut seen = vec![0u32; count];
        for start in 0..count {
            let (mut at, mark) = (start as u32, start as u32 + 1);
            while at != u32::MAX && seen[at as usize] == 0 {
                seen[at as usize] = mark;
                at = self.parents[at as usize];
            }
            if at == u32::MAX || seen[at as usize] != mark {
                continue;
            }
            let first = at;
            loop {
                let above = std::mem::replace(&mut self.parents[at as usize], u32::MAX);
                let id = self.plan.activities[at as usize].id.clone();
                self.report("K-107", at, format!("{id} stands below itself; correct its parent"), vec![id.clone()]);
                if let Some(children) = self.children.get_mut(&above) {
                    children.retain(|child| *child != at);
                }
                at = above;
                if at == first || at == u32::MAX {
                    break;
                }
            }
        }
        self.children.retain(|_, below| !below.is_empty());
    }

    /// The leaves an id stands for: itself, or everything below a summary.
    pub(crate) fn leaves(&self, at: u32) -> Vec<u32> {
        if !self.children.contains_key(&at) {
            let is_leaf = self.plan.activities[at as usize].kind != ActivityKind::Summary;
            return if is_leaf { vec![at] } else { Vec::new() };
        }
        let (mut leaves, mut open) = (Vec::new(), vec![at]);
        while let Some(at) = open.pop() {
            match self.children.get(&at) {
                Some(below) => open.extend(below.iter().rev()),
                None if self.plan.activities[at as usize].kind != ActivityKind::Summary => leaves.push(at),
                None => {}
            }
        }
        leaves
    }

    pub(crate) fn read_links(&mut self) {
        let plan = self.plan;
        for (at, link) in plan.links.iter().enumerate() {
            match self.ends[at] {
                (Some(from), Some(to)) if from != to && self.is_leaf(from) && self.is_leaf(to) => {
                    self.connect(link, from, to);
                }
                (Some(from), Some(to)) => self.read_link(link, from, to),
                (from, to) => self.report_unknown_end(link, from, to),
            }
        }
    }

    fn is_leaf(&self, at: u32) -> bool {
        !matches!(self.facts[at as usize].role, Role::Summary)
    }

    /// A link that names nothing known leaves its successor without dates: what it should wait for is missing.
    fn report_unknown_end(&mut self, link: &Link, from: Option<u32>, to: Option<u32>) {
        let missing = if from.is_none() { &link.from } else { &link.to };
        let message = format!(
            "the link {} → {} names {missing}, which does not exist; add it or remove the link",
            link.from, link.to
        );
        let params = vec![link.from.clone(), link.to.clone(), missing.clone()];
        let mut diagnostic = Diagnostic::new("K-103", message, params);
        diagnostic.activity = to.or(from).map(|at| self.plan.activities[at as usize].id.clone());
        diagnostic.at = link.at.as_ref().map(Place::to_string);
        self.diagnostics.push(diagnostic);
        if let Some(to) = to {
            self.break_leaves(to);
        }
    }

    fn break_leaves(&mut self, at: u32) {
        for leaf in self.leaves(at) {
            if let Role::Node(node) = self.facts[leaf as usize].role {
                self.is_broken[node as usize] = true;
            }
        }
    }

    fn read_link(&mut self, link: &Link, from: u32, to: u32) {
        let (sources, targets) = (self.leaves(from), self.leaves(to));
        if (sources.len() > 1 || targets.len() > 1 || from != to) && sources.iter().any(|at| targets.contains(at)) {
            let message = format!(
                "the link {} → {} ties a summary to what is below it; link its activities instead",
                link.from, link.to
            );
            self.report("K-108", from, message, vec![link.from.clone(), link.to.clone()]);
            self.break_leaves(to);
            return;
        }
        let pairs = sources.len().saturating_mul(targets.len());
        let needs_both =
            matches!(link.lag, Span::Percent { .. }) && self.plan.options.lag_calendar == LagCalendar::Successor;
        if pairs > DIRECT_PAIRS && sources.len() > 2 && targets.len() > 2 && !needs_both {
            return self.join(link, &sources, &targets);
        }
        if pairs > MAX_PAIRS {
            let message =
                format!("the link {} → {} stands for {pairs} links; link fewer activities", link.from, link.to);
            self.report("K-110", to, message, vec![pairs.to_string()]);
            return self.break_leaves(to);
        }
        for &source in &sources {
            for &target in &targets {
                self.connect(link, source, target);
            }
        }
    }

    /// Whether a milestone stands at the beginning of its day, so that what follows may fall on the same day.
    fn is_start_point(&self, at: u32) -> bool {
        let kind = self.plan.activities[at as usize].kind;
        let is_empty_task = kind == ActivityKind::Task && self.facts[at as usize].original.units == 0;
        matches!(kind, ActivityKind::Milestone | ActivityKind::StartMilestone) || (self.is_day_axis && is_empty_task)
    }

    /// Calendar days between the labels a link ties, before anything rolls: contract rules 3 and 5.
    fn plus(&self, kind: LinkKind, from_is_start_point: bool, to: ActivityKind) -> i8 {
        if !self.is_day_axis {
            return 0;
        }
        let is_next_day = match kind {
            LinkKind::FS => !from_is_start_point && to != ActivityKind::FinishMilestone,
            LinkKind::FF => to == ActivityKind::StartMilestone,
            LinkKind::SS | LinkKind::SF => false,
        };
        i8::from(is_next_day)
    }

    /// The lag of a link between two leaves; reports one that is out of range.
    fn lag(&mut self, link: &Link, from: u32, to: u32) -> Option<Lag> {
        let (source, target) = (self.facts[from as usize], self.facts[to as usize]);
        let calendar = match self.plan.options.lag_calendar {
            LagCalendar::Predecessor => source.lag_calendar,
            LagCalendar::Successor => target.lag_calendar,
            LagCalendar::Project => self.shifts.default.unwrap_or(0),
            LagCalendar::Elapsed => 0,
        };
        let original =
            Original { length: source.original, calendar: &self.shifts.compiled[source.lag_calendar as usize] };
        let lag = measure::lag(link.lag, &self.shifts.compiled, calendar, original);
        if lag.is_none() {
            let message =
                format!("the lag of the link {} → {} is longer than 100,000 days; correct it", link.from, link.to);
            self.report("K-112", to, message, vec![link.from.clone(), link.to.clone()]);
            self.break_leaves(to);
        }
        lag
    }

    /// Ties two leaves, as an edge, a floor, an end of a hammock, or not at all.
    fn connect(&mut self, link: &Link, from: u32, to: u32) {
        let (source, target) = (self.facts[from as usize], self.facts[to as usize]);
        if let Role::Hammock(hammock) = target.role {
            return self.hang(link, hammock, from, to, false);
        }
        if let Role::Hammock(hammock) = source.role {
            return self.hang(link, hammock, to, from, true);
        }
        let Role::Node(target_node) = target.role else { return };
        if source.role == Role::Undated {
            self.is_broken[target_node as usize] = true;
            return;
        }
        if !self.holds(source.standing, target.standing) {
            return;
        }
        let Some(lag) = self.lag(link, from, to) else { return };
        let tie = self.tie(link.kind, lag, from, to);
        let fact = match (source.role, source.standing) {
            (Role::Done { start, finish }, _) => Some(if leaves_finish(link.kind) { finish } else { start }),
            (_, Standing::Started { start, .. }) if !leaves_finish(link.kind) => Some(start),
            _ => None,
        };
        if let Some(label) = fact {
            let position = tie.bound_of_label(&self.shifts.compiled, label);
            let floor = FactFloor { position, arrives_finish: arrives_finish(link.kind), from };
            return self.fact_floors.push((target_node, floor));
        }
        if let Role::Node(node) = source.role {
            let reach = self.reach(tie);
            let row = Row::new(node, leaves_finish(link.kind), arrives_finish(link.kind), reach);
            self.edges.push(Edge { to: target_node, row });
        }
    }

    /// Whether a link binds work at its standing, by the progress rule. Work begun does not wait for what is over.
    fn holds(&self, source: Standing, target: Standing) -> bool {
        if !matches!(target, Standing::Started { .. }) {
            return true;
        }
        match (self.plan.options.progress, source) {
            (_, Standing::Done { .. }) | (ProgressRule::Override, _) => false,
            (ProgressRule::ActualDates, Standing::Unstarted) => false,
            (ProgressRule::RetainedLogic | ProgressRule::ActualDates, _) => true,
        }
    }

    fn position_calendar(&self, at: u32) -> u32 {
        match self.facts[at as usize].role {
            Role::Node(node) => self.nodes[node as usize].calendar,
            Role::Hammock(hammock) => self.hammocks[hammock as usize].calendar,
            _ => self.facts[at as usize].lag_calendar,
        }
    }

    fn tie(&self, kind: LinkKind, lag: Lag, from: u32, to: u32) -> Tie {
        let is_start_point = self.is_start_point(from);
        Tie {
            from_calendar: self.position_calendar(from),
            to_calendar: self.position_calendar(to),
            lag,
            counts_after: leaves_finish(kind),
            reads_finish: leaves_finish(kind) && !is_start_point,
            plus: self.plus(kind, is_start_point, self.plan.activities[to as usize].kind),
        }
    }

    /// One addition where both ends and the lag count in one calendar, a stored tie elsewhere.
    fn reach(&mut self, tie: Tie) -> Reach {
        let plus = i32::from(tie.plus);
        if tie.from_calendar == tie.to_calendar {
            match tie.lag {
                Lag::None => return Reach::Same(plus),
                Lag::Working { calendar, units } if calendar == tie.to_calendar => return Reach::Same(units + plus),
                Lag::Elapsed(units) if tie.to_calendar == 0 => return Reach::Same(units + plus),
                _ => {}
            }
        }
        self.ties.push(tie);
        Reach::Tied(self.ties.len() as u32 - 1)
    }

    /// Hangs an end of a hammock on another activity. A hammock drives nothing.
    fn hang(&mut self, link: &Link, hammock: u32, other: u32, own: u32, leaves_hammock: bool) {
        if matches!(self.facts[other as usize].role, Role::Hammock(_)) {
            let message = format!(
                "the link {} → {} ties two hammocks and is ignored; tie them to activities",
                link.from, link.to
            );
            return self.report("K-212", own, message, vec![link.from.clone(), link.to.clone()]);
        }
        let Some(lag) = self.lag(link, other, own) else { return };
        let tie = self.tie(link.kind, lag, other, own);
        let (at_finish, reads_finish) = match (leaves_hammock, link.kind) {
            (false, kind) => (arrives_finish(kind), leaves_finish(kind)),
            (true, LinkKind::SS) => (false, false),
            (true, LinkKind::FF) => (true, true),
            (true, LinkKind::FS | LinkKind::SF) => {
                let message =
                    format!("the link {} → {} is ignored: a hammock drives nothing; use SS or FF", link.from, link.to);
                return self.report("K-213", own, message, vec![link.from.clone(), link.to.clone()]);
            }
        };
        let tie = if leaves_hammock { Tie { lag: Lag::None, plus: 0, ..tie } } else { tie };
        let hanger = Hanger { activity: other, reads_finish, tie };
        let hammock = &mut self.hammocks[hammock as usize];
        if at_finish { hammock.finishes.push(hanger) } else { hammock.starts.push(hanger) }
    }

    /// A link between two large summaries through nodes that stand for the latest of its sources.
    ///
    /// Exact because every step of a tie is monotone: the latest label gives the latest bound. What depends on the
    /// ends (milestone kinds) splits the node; the lag counts before it, or after it in successors' calendars.
    fn join(&mut self, link: &Link, sources: &[u32], targets: &[u32]) {
        let lag_is_before = self.plan.options.lag_calendar != LagCalendar::Successor;
        if !targets.iter().any(|&at| matches!(self.facts[at as usize].role, Role::Node(_))) {
            return;
        }
        for is_start_point in [false, true] {
            let sources: Vec<u32> =
                sources.iter().copied().filter(|&at| self.is_start_point(at) == is_start_point).collect();
            if sources.is_empty() {
                continue;
            }
            let joint = self.add_joint();
            for &source in &sources {
                let Some(lag) = self.lag(link, source, targets[0]) else { return };
                let lag = if lag_is_before { lag } else { Lag::None };
                self.enter_joint(link.kind, source, joint, lag);
            }
            for &target in targets {
                let Some(lag) = self.lag(link, sources[0], target) else { return };
                let lag = if lag_is_before { Lag::None } else { lag };
                let plus = self.plus(link.kind, is_start_point, self.plan.activities[target as usize].kind);
                self.leave_joint(link.kind, joint, target, lag, plus);
            }
        }
    }

    fn add_joint(&mut self) -> u32 {
        self.nodes.push(Node {
            activity: VIRTUAL,
            calendar: 0,
            own: 0,
            span: 0,
            start_floor: NO_FLOOR,
            finish_floor: NO_FLOOR,
            start_cap: NO_CAP,
            finish_cap: NO_CAP,
            floor: Floor::Start,
            traits: traits::VIRTUAL,
        });
        self.is_broken.push(false);
        self.nodes.len() as u32 - 1
    }

    fn enter_joint(&mut self, kind: LinkKind, source: u32, joint: u32, lag: Lag) {
        let fact = self.facts[source as usize];
        let from_finish = leaves_finish(kind);
        let tie = Tie {
            from_calendar: self.position_calendar(source),
            to_calendar: 0,
            lag,
            counts_after: from_finish,
            reads_finish: from_finish && !self.is_start_point(source),
            plus: 0,
        };
        let label = match (fact.role, fact.standing) {
            (Role::Undated, _) => {
                self.is_broken[joint as usize] = true;
                return;
            }
            (Role::Done { start, finish }, _) => {
                if from_finish {
                    finish
                } else {
                    start
                }
            }
            (Role::Node(_), Standing::Started { start, .. }) if !from_finish => start,
            (Role::Node(node), _) => {
                let reach = self.reach(tie);
                self.edges.push(Edge { to: joint, row: Row::new(node, from_finish, false, reach) });
                return;
            }
            (Role::Summary | Role::Hammock(_), _) => return,
        };
        let position = tie.bound_of_label(&self.shifts.compiled, label);
        self.fact_floors.push((joint, FactFloor { position, arrives_finish: false, from: source }));
    }

    fn leave_joint(&mut self, kind: LinkKind, joint: u32, target: u32, lag: Lag, plus: i8) {
        let Role::Node(node) = self.facts[target as usize].role else { return };
        if !self.holds(Standing::Unstarted, self.facts[target as usize].standing) {
            return;
        }
        let tie = Tie {
            from_calendar: 0,
            to_calendar: self.position_calendar(target),
            lag,
            counts_after: leaves_finish(kind),
            reads_finish: false,
            plus,
        };
        let reach = self.reach(tie);
        self.edges.push(Edge { to: node, row: Row::new(joint, false, arrives_finish(kind), reach) });
    }

    /// Mandated dates: the nodes each binds and by when.
    pub(crate) fn read_mandates(&mut self) -> Vec<Goal> {
        let plan = self.plan;
        let mut goals = Vec::new();
        let mut of_activity: HashMap<_, usize> = HashMap::new();
        for (mandate, written) in plan.mandated.iter().enumerate() {
            let Some(&activity) = self.index.get(written.activity.as_str()) else {
                let message = format!(
                    "a date is mandated for {}, which does not exist; add it or correct the name",
                    written.activity
                );
                let params = vec![written.activity.clone()];
                self.diagnostics.push(Diagnostic::new("K-113", message, params));
                continue;
            };
            let default = self.shifts.default.unwrap_or(0);
            let calendar = &self.shifts.compiled[default as usize];
            let Some(latest) = label(written.finish_by, calendar, Some(self.shifts.written(default)), DayEdge::End)
            else {
                self.report(
                    "K-111",
                    activity,
                    format!("{}: the mandated date lies outside the years 1900 to 2200; correct it", written.activity),
                    Vec::new(),
                );
                continue;
            };
            let mut ends = Vec::new();
            for leaf in self.leaves(activity) {
                let fact = self.facts[leaf as usize];
                let own = &self.shifts.compiled[self.position_calendar(leaf) as usize];
                let own_label =
                    label(written.finish_by, own, Some(self.shifts.written(fact.lag_calendar)), DayEdge::End);
                if let (Role::Node(node), Some(at)) = (fact.role, own_label) {
                    ends.push((node, self.nodes[node as usize].last_finish(&self.shifts.compiled, at)));
                }
            }
            let goal = Goal { mandate: mandate as u32, activity, ends, latest };
            let Some(known) = of_activity.get(&activity).copied() else {
                of_activity.insert(activity, goals.len());
                goals.push(goal);
                continue;
            };
            // Two dates for one thing: whoever keeps the earlier keeps both.
            let message = format!("several dates are mandated for {}; the earliest counts", written.activity);
            self.diagnostics
                .push(Diagnostic::new("K-215", message, vec![written.activity.clone()]).about(&written.activity, None));
            let known: &mut Goal = &mut goals[known];
            if goal.latest < known.latest {
                *known = goal;
            }
        }
        goals
    }
}
