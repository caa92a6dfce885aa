//! Times the readers of MS Project XML and Primavera XER on invented plans and prints what they took as JSON.
//!
//! `cargo run --release -q -p guatu-formats --example readers -- [--tasks 100000]`
//!
//! The plan is buildings of storeys of trades: a breakdown structure of two levels, 1.9 links a task, a crew on every task,
//! two calendars with holidays. XER rows have all columns that P6 writes. MSPDI tasks have the elements that MS Project
//! writes and a reader may want, and as many again that it passes over: with each of its empty costs such a file is
//! larger than any that is read. `…_s` are the seconds of the fastest of several rounds, text to plan; `…_peak_mb` is the
//! most memory that a process which does nothing else ever held, the file's own megabytes among it.

use std::error::Error;
use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};
use std::time::Instant;

use guatu_formats::plans::{Format, Limits, read};
use jiff::ToSpan;
use jiff::civil::{DateTime, date};
use serde_json::{Map, Value};

const ROUNDS: usize = 5;
/// Trades of a storey, storeys of a building.
const TRADES: usize = 10;
const STOREYS: usize = 30;
const CREWS: usize = 40;

const HOLIDAYS: [(i16, i8, i8, i64); 4] = [(2026, 10, 1, 7), (2027, 2, 5, 8), (2027, 10, 1, 7), (2028, 1, 25, 8)];

/// Tasks that a task follows: the trade before it on its storey, and the same trade a storey below.
fn predecessors(task: usize) -> impl Iterator<Item = usize> {
    let before = (!task.is_multiple_of(TRADES)).then(|| task - 1);
    let below = (!(task / TRADES).is_multiple_of(STOREYS)).then(|| task - TRADES);
    before.into_iter().chain(below)
}

fn days(task: usize) -> usize {
    1 + task * 7 % 9
}

/// When a task starts and finishes; the reader compares nothing, so that weekends do not matter.
fn span(task: usize) -> (DateTime, DateTime) {
    let day = |days: usize| date(2026, 3, 2).saturating_add((days as i64).days());
    let from = task / TRADES % STOREYS * 8 + task % TRADES * 5;
    (day(from).at(8, 0, 0, 0), day(from + days(task) - 1).at(17, 0, 0, 0))
}

/// A text under way; writing to it cannot fail.
#[derive(Default)]
struct Text(String);

impl Text {
    fn add(&mut self, piece: std::fmt::Arguments<'_>) {
        let _ = self.0.write_fmt(piece);
    }
}

macro_rules! add {
    ($text:expr, $($piece:tt)*) => { $text.add(format_args!($($piece)*)) };
}

mod project {
    //! MSPDI.

    use super::{CREWS, HOLIDAYS, STOREYS, TRADES, Text, days, predecessors, span};

    pub fn file(tasks: usize) -> String {
        let mut text = Text::default();
        text.0 += "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
            <Project xmlns=\"http://schemas.microsoft.com/project\"><SaveVersion>14</SaveVersion><Name>readers.xml</Name>\
            <ScheduleFromStart>1</ScheduleFromStart><StartDate>2026-03-02T08:00:00</StartDate><CalendarUID>1</CalendarUID>\
            <MinutesPerDay>480</MinutesPerDay><MinutesPerWeek>2400</MinutesPerWeek><DaysPerMonth>20</DaysPerMonth><Calendars>";
        calendar(&mut text, 1, 2..=6);
        calendar(&mut text, 2, 1..=7);
        text.0 += "</Calendars><Tasks>";
        let mut uid = tasks;
        for at in 0..tasks {
            let (building, storey) = (at / TRADES / STOREYS + 1, at / TRADES % STOREYS + 1);
            let mut summary = |number: String, name: String| {
                uid += 1;
                task(&mut text, at, uid, &number, &name, true);
            };
            if at.is_multiple_of(TRADES * STOREYS) {
                summary(building.to_string(), format!("Building {building}"));
            }
            if at.is_multiple_of(TRADES) {
                summary(format!("{building}.{storey}"), format!("Storey {storey}"));
            }
            let trade = at % TRADES + 1;
            let (number, name) =
                (format!("{building}.{storey}.{trade}"), format!("B{building} S{storey} trade {trade}"));
            task(&mut text, at, at + 1, &number, &name, false);
        }
        text.0 += "</Tasks><Resources>";
        for crew in 1..=CREWS {
            add!(
                text,
                "<Resource><UID>{crew}</UID><ID>{crew}</ID><Name>Crew {crew}</Name><Type>1</Type><IsNull>0</IsNull>"
            );
            add!(text, "<MaxUnits>8.00</MaxUnits><PeakUnits>8.00</PeakUnits><CalendarUID>1</CalendarUID></Resource>");
        }
        text.0 += "</Resources><Assignments>";
        (0..tasks).for_each(|at| assignment(&mut text, at));
        text.0 + "</Assignments></Project>\n"
    }

    fn calendar(text: &mut Text, uid: usize, worked: std::ops::RangeInclusive<usize>) {
        add!(text, "<Calendar><UID>{uid}</UID><Name>Calendar {uid}</Name><IsBaseCalendar>1</IsBaseCalendar><WeekDays>");
        for day in 1..=7 {
            let is_worked = usize::from(worked.contains(&day));
            add!(text, "<WeekDay><DayType>{day}</DayType><DayWorking>{is_worked}</DayWorking>");
            if is_worked == 1 {
                text.0 += "<WorkingTimes><WorkingTime><FromTime>08:00:00</FromTime><ToTime>12:00:00</ToTime></WorkingTime>\
                    <WorkingTime><FromTime>13:00:00</FromTime><ToTime>17:00:00</ToTime></WorkingTime></WorkingTimes>";
            }
            text.0 += "</WeekDay>";
        }
        text.0 += "</WeekDays><Exceptions>";
        for (year, month, day, length) in HOLIDAYS {
            let from = jiff::civil::date(year, month, day);
            let to = from.saturating_add(jiff::Span::new().days(length - 1));
            add!(
                text,
                "<Exception><EnteredByOccurrences>0</EnteredByOccurrences><TimePeriod><FromDate>{from}T00:00:00</FromDate>"
            );
            add!(
                text,
                "<ToDate>{to}T23:59:00</ToDate></TimePeriod><Type>1</Type><DayWorking>0</DayWorking></Exception>"
            );
        }
        text.0 += "</Exceptions></Calendar>";
    }

    fn task(text: &mut Text, at: usize, uid: usize, number: &str, name: &str, is_summary: bool) {
        let ((start, finish), hours) = (span(at), days(at) * 8);
        let (level, is_summary_flag) = (number.split('.').count(), usize::from(is_summary));
        add!(
            text,
            "<Task><UID>{uid}</UID><ID>{uid}</ID><Name>{name}</Name><Active>1</Active><Manual>0</Manual><Type>0</Type>"
        );
        add!(text, "<IsNull>0</IsNull><WBS>{number}</WBS><OutlineNumber>{number}</OutlineNumber>");
        add!(text, "<OutlineLevel>{level}</OutlineLevel><Start>{start}</Start><Finish>{finish}</Finish>");
        add!(text, "<Duration>PT{hours}H0M0S</Duration><DurationFormat>7</DurationFormat><Work>PT{hours}H0M0S</Work>");
        add!(text, "<EffortDriven>0</EffortDriven><Estimated>0</Estimated><Milestone>0</Milestone>");
        add!(text, "<Summary>{is_summary_flag}</Summary><Critical>0</Critical><ExternalTask>0</ExternalTask>");
        add!(text, "<EarlyStart>{start}</EarlyStart><EarlyFinish>{finish}</EarlyFinish>");
        add!(text, "<LateStart>{start}</LateStart><LateFinish>{finish}</LateFinish>");
        add!(text, "<FreeSlack>0</FreeSlack><TotalSlack>4800</TotalSlack>");
        add!(text, "<PercentComplete>0</PercentComplete><PercentWorkComplete>0</PercentWorkComplete>");
        add!(text, "<RemainingDuration>PT{hours}H0M0S</RemainingDuration><ConstraintType>0</ConstraintType>");
        add!(text, "<CalendarUID>-1</CalendarUID><LevelingDelay>0</LevelingDelay>");
        for from in predecessors(at).filter(|_| !is_summary) {
            add!(text, "<PredecessorLink><PredecessorUID>{}</PredecessorUID><Type>1</Type>", from + 1);
            add!(text, "<CrossProject>0</CrossProject><LinkLag>0</LinkLag><LagFormat>7</LagFormat></PredecessorLink>");
        }
        text.0 += "</Task>";
    }

    fn assignment(text: &mut Text, at: usize) {
        let ((start, finish), hours, uid, crew) = (span(at), days(at) * 8, at + 1, at % CREWS + 1);
        add!(text, "<Assignment><UID>{uid}</UID><TaskUID>{uid}</TaskUID><ResourceUID>{crew}</ResourceUID>");
        add!(text, "<PercentWorkComplete>0</PercentWorkComplete><Finish>{finish}</Finish><Start>{start}</Start>");
        add!(text, "<Units>1</Units><Work>PT{hours}H0M0S</Work><WorkContour>0</WorkContour></Assignment>");
    }
}

mod primavera {
    //! XER.

    use super::{CREWS, HOLIDAYS, STOREYS, TRADES, Text, days, predecessors, span};

    /// Object ids begin here, each kind a million behind the one before.
    const WBS: usize = 53_000_000;
    const TASK: usize = 258_000_000;

    pub fn file(tasks: usize) -> String {
        let mut text = Text::default();
        text.0 += "ERMHDR\t23.12\t2026-03-02\tProject\tuser\tuser\tdb\tProject Management\tCNY\r\n";
        calendars(&mut text);
        text.0 += "%T\tPROJECT\r\n%F\tproj_id\tproj_short_name\tclndr_id\tlast_recalc_date\tplan_start_date\tcritical_path_type\r\n\
            %R\t1\tREADERS\t1\t2026-03-02 08:00\t2026-03-02 08:00\tCT_TotFloat\r\n";
        structure(&mut text, tasks.div_ceil(TRADES));
        text.0 += "%T\tRSRC\r\n%F\trsrc_id\tclndr_id\trsrc_short_name\trsrc_name\trsrc_type\r\n";
        for crew in 1..=CREWS {
            add!(text, "%R\t{crew}\t1\tC{crew}\tCrew {crew}\tRT_Labor\r\n");
        }
        text.0 += "%T\tTASK\r\n%F\ttask_id\tproj_id\twbs_id\tclndr_id\tphys_complete_pct\trev_fdbk_flag\test_wt\tlock_plan_flag\t\
            auto_compute_act_flag\tcomplete_pct_type\ttask_type\tduration_type\tstatus_code\ttask_code\ttask_name\trsrc_id\t\
            total_float_hr_cnt\tfree_float_hr_cnt\tremain_drtn_hr_cnt\tact_work_qty\tremain_work_qty\ttarget_work_qty\t\
            target_drtn_hr_cnt\ttarget_equip_qty\tact_equip_qty\tremain_equip_qty\tcstr_date\tact_start_date\tact_end_date\t\
            late_start_date\tlate_end_date\texpect_end_date\tearly_start_date\tearly_end_date\trestart_date\treend_date\t\
            target_start_date\ttarget_end_date\trem_late_start_date\trem_late_end_date\tcstr_type\tpriority_type\tsuspend_date\t\
            resume_date\tfloat_path\tfloat_path_order\tguid\ttmpl_guid\tcstr_date2\tcstr_type2\tdriving_path_flag\t\
            act_this_per_work_qty\tact_this_per_equip_qty\texternal_early_start_date\texternal_late_end_date\tcbs_id\t\
            pre_pess_start_date\tpre_pess_finish_date\tpost_pess_start_date\tpost_pess_finish_date\tcreate_date\tupdate_date\t\
            create_user\tupdate_user\tlocation_id\tcontrol_updates_flag\tcrt_path_num\r\n";
        (0..tasks).for_each(|at| task(&mut text, at));
        text.0 += "%T\tTASKPRED\r\n%F\ttask_pred_id\ttask_id\tpred_task_id\tproj_id\tpred_proj_id\tpred_type\tlag_hr_cnt\tcomments\t\
            float_path\taref\tarls\r\n";
        for (number, (from, to)) in (0..tasks).flat_map(|to| predecessors(to).map(move |from| (from, to))).enumerate() {
            let (start, finish) = (minute(span(to).0), minute(span(from).1));
            add!(
                text,
                "%R\t{}\t{}\t{}\t1\t1\tPR_FS\t0\t\t\t{finish}\t{start}\r\n",
                470_000_000 + number,
                TASK + to,
                TASK + from
            );
        }
        text.0 += "%T\tTASKRSRC\r\n%F\ttaskrsrc_id\ttask_id\tproj_id\trsrc_id\tremain_qty\ttarget_qty\ttarget_qty_per_hr\trsrc_type\r\n";
        for at in 0..tasks {
            let (hours, crew) = (days(at) * 8, at % CREWS + 1);
            add!(text, "%R\t{}\t{}\t1\t{crew}\t{hours}\t{hours}\t1\tRT_Labor\r\n", 8_000_000 + at, TASK + at);
        }
        text.0 + "%E\r\n"
    }

    fn calendars(text: &mut Text) {
        text.0 += "%T\tCALENDAR\r\n%F\tclndr_id\tdefault_flag\tclndr_name\tclndr_type\tday_hr_cnt\tclndr_data\r\n";
        for (id, worked) in [(1, 2..=6), (2, 1..=7)] {
            add!(text, "%R\t{id}\tN\tCalendar {id}\tCA_Base\t8\t(0||CalendarData()((0||DaysOfWeek()(");
            for day in 1..=7 {
                let bands =
                    if worked.contains(&day) { "(0||0(s|08:00|f|12:00)())(0||1(s|13:00|f|17:00)())" } else { "" };
                add!(text, "(0||{day}()({bands}))");
            }
            text.0 += "))(0||Exceptions()(";
            let holidays = HOLIDAYS.iter().flat_map(|(year, month, day, length)| {
                let from = jiff::civil::date(*year, *month, *day);
                (0..*length).map(move |later| from.saturating_add(jiff::Span::new().days(later)))
            });
            for (number, day) in holidays.enumerate() {
                // Days since the last but one of 1899.
                let serial = jiff::civil::date(1899, 12, 30).until(day).map_or(0, |span| span.get_days());
                add!(text, "(0||{number}(d|{serial})())");
            }
            text.0 += "))))\r\n";
        }
    }

    /// Buildings below the project, storeys below buildings.
    fn structure(text: &mut Text, storeys: usize) {
        text.0 += "%T\tPROJWBS\r\n%F\twbs_id\tproj_id\tseq_num\tproj_node_flag\tstatus_code\twbs_short_name\twbs_name\tparent_wbs_id\r\n";
        add!(text, "%R\t{WBS}\t1\t0\tY\tWS_Open\tREADERS\tReaders\t1\r\n");
        for storey in 0..storeys {
            let building = WBS + 900_000 + storey / STOREYS;
            if storey.is_multiple_of(STOREYS) {
                let number = storey / STOREYS + 1;
                add!(text, "%R\t{building}\t1\t{number}\tN\tWS_Open\tB{number}\tBuilding {number}\t{WBS}\r\n");
            }
            let number = storey % STOREYS + 1;
            let own = WBS + 1 + storey;
            add!(text, "%R\t{own}\t1\t{number}\tN\tWS_Open\tS{number}\tStorey {number}\t{building}\r\n");
        }
    }

    fn task(text: &mut Text, at: usize) {
        let ((start, finish), hours) = (span(at), days(at) * 8);
        let (start, finish) = (minute(start), minute(finish));
        let (building, storey, trade) = (at / TRADES / STOREYS + 1, at / TRADES % STOREYS + 1, at % TRADES + 1);
        add!(
            text,
            "%R\t{}\t1\t{}\t1\t0\tN\t1\tN\tN\tCP_Drtn\tTT_Task\tDT_FixedDrtn\tTK_NotStart\t",
            TASK + at,
            WBS + 1 + at / TRADES
        );
        add!(
            text,
            "B{building}-{storey}-{trade}0\tB{building} S{storey} trade {trade}\t{}\t40\t0\t{hours}\t0\t{hours}\t",
            at % CREWS + 1
        );
        add!(
            text,
            "{hours}\t{hours}\t0\t0\t0\t\t\t\t{start}\t{finish}\t\t{start}\t{finish}\t{start}\t{finish}\t{start}\t"
        );
        add!(
            text,
            "{finish}\t{start}\t{finish}\t\tPT_Normal\t\t\t\t\tHCXxGcLinkO8yg{at:08}\tiJD8JH72g02sCJ{at:08}\t\t\t"
        );
        add!(text, "N\t0\t0\t\t\t\t\t\t\t\t2026-02-20 13:33\t2026-02-20 13:33\tuser\tuser\t\tN\t\r\n");
    }

    fn minute(at: jiff::civil::DateTime) -> String {
        format!("{} {:02}:{:02}", at.date(), at.hour(), at.minute())
    }
}

/// Reads the text on standard input some times and tells what it took.
fn measure(format: Format, bytes: usize) -> Result<(), Box<dyn Error>> {
    let mut text = Vec::with_capacity(bytes + 1);
    std::io::stdin().read_to_end(&mut text)?;
    let (mut least, mut tasks, mut links) = (f64::INFINITY, 0, 0);
    for _ in 0..ROUNDS {
        let begin = Instant::now();
        let reading = read(&text, format, &Limits::default());
        least = least.min(begin.elapsed().as_secs_f64());
        let plan = reading.plan.ok_or_else(|| format!("{:?}", reading.diagnostics))?;
        (tasks, links) = (plan.activities.len(), plan.links.len());
    }
    let status = std::fs::read_to_string("/proc/self/status")?;
    let kilobytes =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
    let peak: f64 = kilobytes.ok_or("this system does not tell the most memory held")?;
    println!("{least} {} {} {tasks} {links}", peak / 1024.0, bytes as f64 / 1024.0 / 1024.0);
    Ok(())
}

/// Has a process of its own read a text, so that neither making it nor other readers count.
fn measured(name: &str, text: &str, told: &mut Map<String, Value>) -> Result<(), Box<dyn Error>> {
    let mut child = Command::new(std::env::current_exe()?)
        .args(["--read", name, &text.len().to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    child.stdin.take().ok_or("no way to the reader")?.write_all(text.as_bytes())?;
    let answer = String::from_utf8(child.wait_with_output()?.stdout)?;
    let numbers: Vec<f64> = answer.split_whitespace().filter_map(|number| number.parse().ok()).collect();
    let [seconds, peak, size, tasks, links] = numbers[..] else { return Err(format!("{name} was not read").into()) };
    eprintln!("{name}: {tasks} activities and summaries, {links} links, {size:.0} MB");
    told.insert(format!("{name}_s"), seconds.into());
    told.insert(format!("{name}_peak_mb"), peak.into());
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let tasks = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--read", "xer", bytes] => return measure(Format::Xer, bytes.parse()?),
        ["--read", _, bytes] => return measure(Format::Mspdi, bytes.parse()?),
        ["--tasks", tasks] => tasks.parse()?,
        _ => 100_000,
    };
    let mut told = Map::new();
    measured("mspdi", &project::file(tasks), &mut told)?;
    measured("xer", &primavera::file(tasks), &mut told)?;
    println!("{}", Value::Object(told));
    Ok(())
}
