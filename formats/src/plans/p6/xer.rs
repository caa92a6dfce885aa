//! Primavera XER: tab-separated tables `%T`, their columns `%F`, their rows `%R`. Columns are found by name only.
//!
//! XER declares no encoding: a byte order mark decides, else valid UTF-8, else GB18030 where its double bytes form common
//! Han characters, else Windows-1252; what is none of these is refused.

use std::borrow::Cow;

use encoding_rs::{Encoding, GB18030, WINDOWS_1252};
use foldhash::{HashMap, HashMapExt};
use guatu_kernel::diagnose::Diagnostic;
use guatu_kernel::plan::Calendar;
use jiff::civil::DateTime;
use memchr::memchr_iter;

use super::assemble::assemble;
use super::{
    Bound, Demand, Model, Node, P6Resource, Relation, Status, Task, TaskKind, blob, link_kind, minutes_of_hours,
    options,
};
use crate::plans::both::both;
use crate::plans::findings::{Findings, at_line, fault, shortened};
use crate::plans::moment::{self, Refused};
use crate::plans::{Limits, Outcome, codes};

/// Exceptions that calendars take over from their bases, in all.
const MOST_INHERITED: usize = 400_000;

/// One table: where each column stands, and its rows as written.
#[derive(Debug, Default)]
struct Table<'a> {
    columns: Vec<&'a str>,
    rows: Vec<(usize, &'a str)>,
}

impl<'a> Table<'a> {
    /// The named cells of every row with its line; absent columns and cells are empty.
    fn rows<const N: usize>(&self, wanted: [&str; N]) -> impl Iterator<Item = (usize, [&'a str; N])> {
        let positions = wanted.map(|name| self.columns.iter().position(|column| *column == name));
        let needed = positions.iter().flatten().max().map_or(0, |last| last + 1);
        let mut cells: Vec<&'a str> = Vec::with_capacity(needed);
        self.rows.iter().map(move |(line, row)| {
            split(row, needed, &mut cells);
            (*line, positions.map(|at| at.and_then(|at| cells.get(at).copied()).unwrap_or("")))
        })
    }
}

/// The first cells of a row. They are a few letters long, so tabs are found in eight bytes at once: a search that begins anew
/// for every cell takes longer than what it searches.
fn split<'a>(row: &'a str, needed: usize, cells: &mut Vec<&'a str>) {
    const LOW_BITS: u64 = u64::from_ne_bytes([0x7f; 8]);
    cells.clear();
    let (eights, rest) = row.as_bytes().as_chunks::<8>();
    let mut from = 0;
    for (at, eight) in eights.iter().enumerate() {
        // Bytes that are tabs become nought, and of these alone the highest bit is set.
        let others = u64::from_le_bytes(*eight) ^ u64::from_ne_bytes([b'\t'; 8]);
        let mut tabs = !(((others & LOW_BITS) + LOW_BITS) | others | LOW_BITS);
        while tabs != 0 {
            let tab = at * 8 + tabs.trailing_zeros() as usize / 8;
            cells.push(&row[from..tab]);
            from = tab + 1;
            tabs &= tabs - 1;
        }
        if cells.len() >= needed {
            return;
        }
    }
    let last = eights.len() * 8;
    for tab in rest.iter().enumerate().filter(|(_, byte)| **byte == b'\t').map(|(at, _)| last + at).chain([row.len()]) {
        cells.push(&row[from..tab]);
        from = tab + 1;
    }
}

/// Reads an XER file.
pub(crate) fn read(bytes: &[u8], limits: &Limits, findings: &mut Findings) -> Outcome {
    let text = decode(bytes, findings)?;
    let tables = Tables::of(&text)?;
    let table = |name: &str| tables.named(name);
    let project = choose_project(table("PROJECT"), table("TASK"), limits, findings)?;
    let mut model = Model { calendars: calendars(table("CALENDAR"), findings), ..Model::default() };
    read_project(&mut model, project, table("PROJECT"), table("SCHEDOPTIONS"), findings)?;
    for (_, [uid, owner, parent, code, name, sequence]) in
        table("PROJWBS").rows(["wbs_id", "proj_id", "parent_wbs_id", "wbs_short_name", "wbs_name", "seq_num"])
    {
        if owner == project {
            model.nodes.push(Node {
                uid: uid.into(),
                parent: parent.into(),
                code: code.into(),
                name: name.into(),
                sequence: sequence.parse().unwrap_or(0),
            });
        }
    }
    let (tasks, (relations, (resources, demands))) = both(
        || tasks(project, table("TASK")),
        || {
            let needs = resources(project, table("RSRC"), table("RSRCRATE"), table("TASKRSRC"));
            (relations(project, table("TASKPRED")), needs)
        },
    );
    (model.tasks, model.relations, model.resources, model.demands) = (tasks?, relations?, resources, demands);
    // Half a million rows are no longer asked, and the plan needs the room.
    drop(tables);
    assemble(model, findings)
}

fn decode<'a>(bytes: &'a [u8], findings: &mut Findings) -> Result<Cow<'a, str>, Diagnostic> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling_and_without_replacement(&bytes[mark..]).ok_or_else(|| {
            fault(codes::ENCODING, "file", format!("the text is not valid {}, as its mark says", encoding.name()))
        });
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(Cow::Borrowed(text));
    }
    let encoding = if looks_like_chinese(bytes) { GB18030 } else { WINDOWS_1252 };
    // Five bytes mean nothing in Windows-1252; a file that holds one is in some other encoding.
    let is_foreign =
        encoding == WINDOWS_1252 && bytes.iter().any(|b| matches!(b, 0x81 | 0x8d | 0x8f | 0x90 | 0x9d) || *b == 0);
    match encoding.decode_without_bom_handling_and_without_replacement(bytes) {
        Some(text) if !is_foreign => {
            let message = format!("the file does not say its encoding; it was read as {}", encoding.name());
            findings.warn_at(codes::ENCODING_GUESSED, "file", message);
            Ok(text)
        }
        _ => {
            let message = "the encoding of this XER cannot be told; save it as UTF-8 or GB18030 and try again";
            Err(fault(codes::ENCODING, "file", message))
        }
    }
}

/// Whether double bytes of the rows and columns of GB 2312's Han characters make up most of what is not ASCII.
fn looks_like_chinese(bytes: &[u8]) -> bool {
    let (mut han, mut other, mut at) = (0_usize, 0_usize, 0);
    while at < bytes.len() {
        match (bytes[at], bytes.get(at + 1)) {
            (0..=0x7f, _) => at += 1,
            (0xb0..=0xf7, Some(0xa1..=0xfe)) => (han, at) = (han + 1, at + 2),
            // Full-width punctuation is written beside Han characters and says nothing alone.
            (0xa1..=0xa9, Some(0xa1..=0xfe)) => at += 2,
            _ => (other, at) = (other + 1, at + 1),
        }
    }
    han > 0 && han >= other * 3
}

/// The tables of a file.
struct Tables<'a> {
    numbers: HashMap<&'a str, usize>,
    /// By number; the first has no name and no rows, and stands for every table that the file lacks.
    list: Vec<Table<'a>>,
}

impl<'a> Tables<'a> {
    fn named(&self, name: &str) -> &Table<'a> {
        &self.list[self.numbers.get(name).copied().unwrap_or(0)]
    }

    fn of(text: &'a str) -> Result<Tables<'a>, Diagnostic> {
        let mut tables = Tables { numbers: HashMap::new(), list: vec![Table::default()] };
        let (mut current, mut has_header) = (0, false);
        let mut from = 0;
        for (index, end) in memchr_iter(b'\n', text.as_bytes()).chain([text.len()]).enumerate() {
            let line = &text[std::mem::replace(&mut from, end + 1)..end];
            let line = line.strip_suffix('\r').unwrap_or(line);
            if let Some(row) = line.strip_prefix("%R\t") {
                let table = &mut tables.list[current];
                if table.columns.is_empty() {
                    let message = "a row comes before its table or its columns";
                    return Err(fault(codes::MALFORMED, at_line(index + 1), message));
                }
                table.rows.push((index + 1, row));
            } else if let Some(name) = line.strip_prefix("%T\t") {
                current = *tables.numbers.entry(name.trim()).or_insert(tables.list.len());
                if current == tables.list.len() {
                    tables.list.push(Table::default());
                }
            } else if let Some(columns) = line.strip_prefix("%F\t") {
                if current > 0 {
                    tables.list[current].columns = columns.split('\t').map(str::trim).collect();
                }
            } else if line.starts_with("ERMHDR") {
                has_header = true;
            } else if line.starts_with("%E") {
                break;
            }
        }
        if !has_header {
            return Err(fault(codes::MALFORMED, "line 1", "the file does not begin with ERMHDR, as every XER does"));
        }
        Ok(tables)
    }
}

/// The project asked for, else the one with the most activities.
fn choose_project<'a>(
    projects: &Table<'a>,
    tasks: &Table<'a>,
    limits: &Limits,
    findings: &mut Findings,
) -> Result<&'a str, Diagnostic> {
    let all: Vec<[&'a str; 2]> = projects.rows(["proj_id", "proj_short_name"]).map(|(_, row)| row).collect();
    if let Some(wanted) = &limits.project {
        let found = all.iter().find(|[uid, code]| wanted == uid || wanted == code);
        return found.map(|[uid, _]| *uid).ok_or_else(|| {
            fault(codes::UNKNOWN_ID, "PROJECT", format!("there is no project `{}` in the file", shortened(wanted)))
        });
    }
    let mut counts: HashMap<&str, usize> = HashMap::new();
    if all.len() > 1 {
        tasks.rows(["proj_id"]).for_each(|(_, [project])| *counts.entry(project).or_default() += 1);
    }
    // The first of equals, so that the choice does not hang on the order of a hash.
    let mut chosen: Option<&[&'a str; 2]> = None;
    for candidate in &all {
        let count = |row: &[&str; 2]| counts.get(row[0]).copied().unwrap_or(0);
        if chosen.is_none_or(|best| count(candidate) > count(best)) {
            chosen = Some(candidate);
        }
    }
    let Some([uid, code]) = chosen else {
        return Err(fault(codes::MISSING, "PROJECT", "the file holds no project"));
    };
    if all.len() > 1 {
        let message = format!("the file holds {} projects; `{}` was read, the largest", all.len(), shortened(code));
        findings.warn_at(codes::SEVERAL_PROJECTS, "PROJECT", message);
    }
    Ok(uid)
}

fn read_project<'a>(
    model: &mut Model<'a>,
    project: &str,
    projects: &Table<'a>,
    schedule: &Table<'a>,
    findings: &mut Findings,
) -> Result<(), Diagnostic> {
    let wanted = [
        "proj_id",
        "proj_short_name",
        "plan_start_date",
        "last_recalc_date",
        "plan_end_date",
        "clndr_id",
        "critical_path_type",
        "critical_drtn_hr_cnt",
    ];
    let mut critical = "";
    for (line, [uid, code, start, data_date, must_finish, calendar, path, threshold]) in projects.rows(wanted) {
        if uid != project {
            continue;
        }
        model.name = code.into();
        model.start = date(start, "plan_start_date", line)?;
        model.data_date = date(data_date, "last_recalc_date", line)?;
        model.must_finish_by = date(must_finish, "plan_end_date", line)?;
        model.calendar = calendar.into();
        critical = path;
        if minutes_of_hours(threshold).is_some_and(|minutes| minutes != 0) && path != "CT_DrivPath" {
            let message = format!(
                "activities with up to {threshold} hours of float were called critical; here only those without"
            );
            findings.warn_at(codes::NO_HOME, "critical_drtn_hr_cnt", message);
        }
    }
    model.options = options("", true, false, critical);
    let wanted = [
        "proj_id",
        "sched_calendar_on_relationship_lag",
        "sched_retained_logic",
        "sched_progress_override",
        "sched_use_expect_end_flag",
    ];
    for (_, [owner, lag, retained, overrides, expected]) in schedule.rows(wanted) {
        if owner == project {
            model.uses_expected_finishes = expected == "Y";
            model.options = options(lag, retained != "N", overrides == "Y", critical);
        }
    }
    Ok(())
}

fn calendars(table: &Table<'_>, findings: &mut Findings) -> Vec<Calendar> {
    let wanted = ["clndr_id", "clndr_name", "base_clndr_id", "day_hr_cnt", "clndr_data"];
    let mut bases: HashMap<&str, &str> = HashMap::new();
    let mut calendars: Vec<Calendar> = Vec::new();
    for (line, [uid, name, base, day, data]) in table.rows(wanted) {
        let (week, exceptions) = blob::parse(data).unwrap_or_else(|reason| {
            let message = format!("{reason}; the calendar `{}` counts as Monday to Friday", shortened(name));
            findings.warn_at(codes::CALENDAR_APPROXIMATED, format!("line {line}"), message);
            usual_week()
        });
        // The stated day length is often wrong, but only the letter `d` in later edits depends on it.
        let minutes_per_day = minutes_of_hours(day).filter(|m| (60..=1440).contains(m)).map_or(480, |m| m as u32);
        bases.insert(uid, base);
        let name = Some(name.to_owned()).filter(|name| !name.is_empty());
        calendars.push(Calendar { id: uid.to_owned(), name, week, minutes_per_day, exceptions });
    }
    let own: HashMap<String, _> = calendars.iter().map(|c| (c.id.clone(), c.exceptions.clone())).collect();
    let mut inherited_in_all = 0;
    for calendar in &mut calendars {
        // A resource or project calendar adds its exceptions to those of its base; its own come later and win.
        let mut base = bases.get(calendar.id.as_str()).copied().unwrap_or("");
        for _ in 0..8 {
            let Some(inherited) = own.get(base) else { break };
            inherited_in_all += inherited.len();
            if inherited_in_all > MOST_INHERITED {
                let message = format!("the calendars have more than {MOST_INHERITED} exceptions in all");
                findings.error(codes::LIMIT, "CALENDAR", message);
                return Vec::new();
            }
            calendar.exceptions.splice(0..0, inherited.iter().cloned());
            base = bases.get(base).copied().unwrap_or("");
        }
    }
    calendars
}

/// Monday to Friday, 08:00–16:00, without exceptions: the stand-in for a calendar that cannot be read.
fn usual_week() -> blob::Content {
    use guatu_kernel::plan::{Band, DayWork};
    let work = || DayWork::Bands(vec![Band { from_minute: 480, to_minute: 960 }]);
    let free = || DayWork::Free;
    ([work(), work(), work(), work(), work(), free(), free()], Vec::new())
}

fn tasks<'a>(project: &str, table: &Table<'a>) -> Result<Vec<Task<'a>>, Diagnostic> {
    let wanted = [
        "task_id",
        "proj_id",
        "wbs_id",
        "clndr_id",
        "task_code",
        "task_name",
        "task_type",
        "status_code",
        "target_drtn_hr_cnt",
        "remain_drtn_hr_cnt",
        "complete_pct_type",
        "phys_complete_pct",
        "act_start_date",
        "act_end_date",
        "cstr_type",
        "cstr_date",
        "cstr_type2",
        "cstr_date2",
        "early_start_date",
        "early_end_date",
        "late_start_date",
        "late_end_date",
        "total_float_hr_cnt",
        "free_float_hr_cnt",
        "suspend_date",
        "resume_date",
        "expect_end_date",
    ];
    let mut tasks = Vec::with_capacity(table.rows.len());
    for (line, cells) in table.rows(wanted) {
        let [uid, owner, node, calendar, code, name, kind, status, planned, remaining, measure, physical, ..] = cells;
        let [
            ..,
            actual_start,
            actual_finish,
            first,
            first_on,
            second,
            second_on,
            es,
            ef,
            ls,
            lf,
            total,
            free,
            suspended,
            resumed,
            expected,
        ] = cells;
        if owner != project {
            continue;
        }
        let unknown = |what: &str, word: &str| {
            let message = format!("the {what} `{}` is not known", shortened(word));
            fault(codes::BAD_VALUE, format!("line {line}"), message)
        };
        let bound = |word: &str, on: &str, column: &str| -> Result<_, Diagnostic> {
            let bound = Bound::of(word).ok_or_else(|| unknown("constraint", word))?;
            match bound {
                Some(bound) => Ok(Some((bound, date(on, column, line)?))),
                None => Ok(None),
            }
        };
        let planned_minutes = hours(planned, "target_drtn_hr_cnt", line)?.unwrap_or(0);
        let remaining_minutes = hours(remaining, "remain_drtn_hr_cnt", line)?;
        let lenient = |text: &str| moment::parse_instant(text).ok();
        let float = |text: &str| text.parse::<f64>().ok().filter(|hours| hours.is_finite()).map(|hours| hours * 60.0);
        tasks.push(Task {
            line,
            uid: uid.into(),
            code: code.into(),
            name: name.into(),
            node: node.into(),
            calendar: calendar.into(),
            kind: TaskKind::of(kind).ok_or_else(|| unknown("activity type", kind))?,
            status: Status::of(status).ok_or_else(|| unknown("status", status))?,
            planned_minutes,
            remaining_minutes,
            percent_e3: match (measure, remaining_minutes) {
                ("CP_Drtn", Some(left)) if planned_minutes > 0 => {
                    ((planned_minutes - left).clamp(0, planned_minutes) * 100_000 / planned_minutes) as u32
                }
                _ => (physical.parse::<f64>().unwrap_or(0.0).clamp(0.0, 100.0) * 1000.0).round() as u32,
            },
            actual_start: date(actual_start, "act_start_date", line)?,
            actual_finish: date(actual_finish, "act_end_date", line)?,
            constraints: [bound(first, first_on, "cstr_date")?, bound(second, second_on, "cstr_date2")?],
            early: (lenient(es), lenient(ef)),
            late: (lenient(ls), lenient(lf)),
            total_float_minutes: float(total),
            free_float_minutes: float(free),
            is_suspended: !suspended.is_empty(),
            resume: date(resumed, "resume_date", line)?,
            expected_finish: date(expected, "expect_end_date", line)?,
        });
    }
    Ok(tasks)
}

fn relations(project: &str, table: &Table<'_>) -> Result<Vec<Relation>, Diagnostic> {
    let mut relations = Vec::with_capacity(table.rows.len());
    let wanted = ["task_id", "pred_task_id", "proj_id", "pred_proj_id", "pred_type", "lag_hr_cnt"];
    for (line, [to, from, owner, from_owner, kind, lag]) in table.rows(wanted) {
        // Rows of older files leave the predecessor's project out.
        let from_owner = if from_owner.is_empty() { owner } else { from_owner };
        if owner != project && from_owner != project {
            continue;
        }
        let Some(kind) = link_kind(kind) else {
            let message = format!("the relationship type `{}` is not known", shortened(kind));
            return Err(fault(codes::BAD_VALUE, at_line(line), message));
        };
        relations.push(Relation {
            from: from.into(),
            to: to.into(),
            kind,
            lag_minutes: hours(lag, "lag_hr_cnt", line)?.unwrap_or(0),
            is_external: owner != from_owner,
            line,
        });
    }
    Ok(relations)
}

/// Resources of the file, and what tasks of the project need of them.
fn resources<'a>(
    project: &str,
    resources: &Table<'a>,
    rates: &Table<'a>,
    demands: &Table<'a>,
) -> (Vec<P6Resource<'a>>, Vec<Demand>) {
    let mut units: HashMap<&str, f64> = HashMap::new();
    for (_, [uid, most]) in rates.rows(["rsrc_id", "max_qty_per_hr"]) {
        if let Ok(most) = most.parse::<f64>() {
            units.insert(uid, most);
        }
    }
    let mut stated = Vec::new();
    for (_, [uid, code, kind, calendar]) in resources.rows(["rsrc_id", "rsrc_short_name", "rsrc_type", "clndr_id"]) {
        if kind != "RT_Mat" {
            let units = units.get(uid).copied().unwrap_or(1.0);
            stated.push(P6Resource { uid: uid.into(), code: code.into(), units, calendar: calendar.into() });
        }
    }
    let rows = demands.rows(["task_id", "proj_id", "rsrc_id", "target_qty_per_hr"]);
    let own = rows.filter(|(_, [_, owner, ..])| *owner == project);
    let needed = own.map(|(_, [task, _, resource, units])| Demand {
        task: task.into(),
        resource: resource.into(),
        units: units.parse().unwrap_or(1.0),
    });
    (stated, needed.collect())
}

fn date(text: &str, column: &str, line: usize) -> Result<Option<DateTime>, Diagnostic> {
    if text.is_empty() {
        return Ok(None);
    }
    let at = || format!("line {line}, {column}");
    match moment::parse_instant(text) {
        Ok(instant) => Ok(Some(instant)),
        // P6 writes its day zero for a date that was never set.
        Err(Refused::Year) if text.starts_with("1899-12-30") => Ok(None),
        Err(Refused::Year) => {
            let message = format!("`{}` is outside the years 1900 to 2200", shortened(text));
            Err(fault(codes::DATE_RANGE, at(), message))
        }
        Err(Refused::Shape) => {
            Err(fault(codes::BAD_VALUE, at(), format!("`{}` is not a date such as 2026-06-01 08:00", shortened(text))))
        }
    }
}

fn hours(text: &str, column: &str, line: usize) -> Result<Option<i64>, Diagnostic> {
    if text.is_empty() {
        return Ok(None);
    }
    minutes_of_hours(text).map(Some).ok_or_else(|| {
        let message = format!("`{}` is not a number of hours", shortened(text));
        fault(codes::BAD_VALUE, format!("line {line}, {column}"), message)
    })
}
