//! The comparer of dates, on small files of our own whose saved dates were worked out by hand by the rules of MS Project.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use guatu_formats::conformance::{Agreement, Cause, Compared, Exclusion, Field, FileReport, Progress, compare, report};
use guatu_formats::plans::{self, Format, Limits};
use guatu_kernel::schedule;

/// A week of bands as MSPDI states it, Monday to Friday.
fn calendar(uid: u32, bands: &[(&str, &str)]) -> String {
    let times: String = bands
        .iter()
        .map(|(from, to)| format!("<WorkingTime><FromTime>{from}:00</FromTime><ToTime>{to}:00</ToTime></WorkingTime>"))
        .collect();
    let day = |day: u32| match day {
        1 | 7 => format!("<WeekDay><DayType>{day}</DayType><DayWorking>0</DayWorking></WeekDay>"),
        _ => format!(
            "<WeekDay><DayType>{day}</DayType><DayWorking>1</DayWorking><WorkingTimes>{times}</WorkingTimes></WeekDay>"
        ),
    };
    let days: String = (1..=7).map(day).collect();
    format!(
        "<Calendar><UID>{uid}</UID><Name>C{uid}</Name><IsBaseCalendar>1</IsBaseCalendar><WeekDays>{days}</WeekDays></Calendar>"
    )
}

/// One task: hours, dates as `ES EF LS LF` within June 2026 (`01T08:00`), slack in minutes, and further elements.
fn task(uid: u32, hours: u32, dates: &str, slack: i64, more: &str) -> String {
    let names = ["EarlyStart", "EarlyFinish", "LateStart", "LateFinish"];
    let saved: Vec<&str> = dates.split(' ').collect();
    let elements: String = names
        .iter()
        .zip(&saved)
        .chain([(&"Start", &saved[0]), (&"Finish", &saved[1])])
        .map(|(name, on)| format!("<{name}>2026-06-{on}:00</{name}>"))
        .collect();
    format!(
        "<Task><UID>{uid}</UID><Name>T{uid}</Name><OutlineLevel>1</OutlineLevel><Duration>PT{hours}H0M0S</Duration>{elements}<TotalSlack>{}</TotalSlack>{more}</Task>",
        slack * 10,
    )
}

fn after(uid: u32) -> String {
    format!("<PredecessorLink><PredecessorUID>{uid}</PredecessorUID><Type>1</Type></PredecessorLink>")
}

fn compared(tasks: &[String], more: &str) -> Vec<Compared> {
    let day = calendar(1, &[("08:00", "12:00"), ("13:00", "17:00")]);
    let night = calendar(2, &[("00:00", "08:00")]);
    let file = format!(
        "<Project xmlns=\"http://schemas.microsoft.com/project\"><StartDate>2026-06-01T08:00:00</StartDate><CalendarUID>1</CalendarUID><Calendars>{day}{night}</Calendars><Tasks>{}</Tasks>{more}</Project>",
        tasks.concat(),
    );
    let reading = plans::read(file.as_bytes(), Format::Mspdi, &Limits::default());
    let plan = reading.plan.unwrap_or_else(|| panic!("{:?}", reading.diagnostics));
    compare(&plan, &reading.saved, &schedule(&plan))
}

fn all_agree(compared: &[Compared]) {
    assert!(compared.iter().all(|one| one.differences.is_empty()), "{compared:#?}");
}

fn three_tasks() -> Vec<String> {
    vec![
        task(1, 16, "01T08:00 02T17:00 01T08:00 02T17:00", 0, ""),
        // The evening and the next morning are one instant of work.
        task(2, 8, "02T17:00 03T17:00 03T08:00 04T08:00", 0, &after(1)),
        task(3, 8, "01T08:00 01T17:00 03T08:00 03T17:00", 960, ""),
    ]
}

#[test]
fn saved_dates_that_logic_gives_agree() {
    let compared = compared(&three_tasks(), "");
    all_agree(&compared);
    assert_eq!(Agreement::of(&compared, false), Agreement { counted: 3, early: 3, dates: 3, all: 3 });
    assert_eq!(Agreement::of(&compared, true).counted, 0);
}

#[test]
fn late_dates_older_than_the_last_change_are_told() {
    // Somebody added a task by hand that moves the finish to Friday; the others were not scheduled again.
    let mut tasks = three_tasks();
    tasks.push(task(4, 8, "05T08:00 05T17:00 05T08:00 05T17:00", 0, "<Manual>1</Manual>"));
    let compared = compared(&tasks, "");
    assert_eq!(Agreement::of(&compared, false), Agreement { counted: 3, early: 3, dates: 0, all: 0 });
    assert_eq!(compared[3].exclusion, Some(Exclusion::Manual));
    let causes: Vec<_> = compared.iter().map(|one| one.cause).collect();
    assert_eq!(causes, [Some(Cause::Inherited), Some(Cause::StaleLateDates), Some(Cause::StaleLateDates), None]);
}

#[test]
fn begun_work_goes_on_behind_what_is_done_and_interrupted_work_where_it_resumes() {
    let begun = |more: &str| {
        format!(
            "<ActualStart>2026-06-01T08:00:00</ActualStart><PercentComplete>50</PercentComplete><ActualDuration>PT8H0M0S</ActualDuration><RemainingDuration>PT8H0M0S</RemainingDuration>{more}"
        )
    };
    let compared = compared(
        &[
            task(1, 16, "01T08:00 02T17:00 01T08:00 04T17:00", 960, &begun("")),
            task(2, 16, "01T08:00 04T17:00 01T08:00 04T17:00", 0, &begun("<Resume>2026-06-04T08:00:00</Resume>")),
        ],
        "",
    );
    all_agree(&compared);
    assert_eq!(compared[0].progress, Progress::Begun);
}

#[test]
fn a_constraint_before_the_project_wins_where_nothing_leads_to_the_task() {
    // 28 May 2026 is a Thursday.
    let early = "<ConstraintType>4</ConstraintType><ConstraintDate>2026-05-28T08:00:00</ConstraintDate>";
    let dates = |from: &str, to: &str| {
        format!(
            "<EarlyStart>{from}:00</EarlyStart><EarlyFinish>{to}:00</EarlyFinish><Start>{from}:00</Start><Finish>{to}:00</Finish>"
        )
    };
    let bare = |uid: u32, dates: &str, more: &str| {
        format!(
            "<Task><UID>{uid}</UID><Name>T</Name><OutlineLevel>1</OutlineLevel><Duration>PT8H0M0S</Duration>{dates}{more}</Task>"
        )
    };
    all_agree(&compared(
        &[
            bare(1, &dates("2026-05-28T08:00", "2026-05-28T17:00"), early),
            bare(2, &dates("2026-05-29T08:00", "2026-05-29T17:00"), &after(1)),
            bare(3, &dates("2026-06-01T08:00", "2026-06-01T17:00"), ""),
        ],
        "",
    ));
}

#[test]
fn work_of_two_shifts_is_measured_over_both() {
    let resources = "<Resources><Resource><UID>1</UID><Name>day</Name><Type>1</Type><CalendarUID>1</CalendarUID></Resource><Resource><UID>2</UID><Name>night</Name><Type>1</Type><CalendarUID>2</CalendarUID></Resource></Resources><Assignments><Assignment><TaskUID>1</TaskUID><ResourceUID>1</ResourceUID></Assignment><Assignment><TaskUID>1</TaskUID><ResourceUID>2</ResourceUID></Assignment></Assignments>";
    // Eight hours on Monday, sixteen on Tuesday.
    all_agree(&compared(&[task(1, 24, "01T08:00 02T17:00 01T08:00 02T17:00", 0, "")], resources));
}

#[test]
fn differences_are_told_with_what_explains_them() {
    let compared = compared(
        &[
            // A day longer than its duration.
            task(1, 8, "01T08:00 02T17:00 01T08:00 02T17:00", 0, ""),
            task(2, 8, "03T08:00 03T17:00 03T08:00 03T17:00", 0, &after(1)),
            // Float in other units.
            task(3, 8, "01T08:00 01T17:00 02T08:00 02T17:00", 512, ""),
        ],
        "",
    );
    let causes: Vec<_> = compared.iter().map(|one| one.cause).collect();
    assert_eq!(causes[..2], [Some(Cause::OtherLength), Some(Cause::Inherited)]);
    assert_eq!(compared[0].differences[0].field, Field::EarlyFinish);
    assert_eq!(compared[0].differences[0].minutes, Some(-480));
    assert_eq!(causes[2], Some(Cause::OtherFloat));
    let page = report(&[FileReport { name: "ours/small.xml".to_owned(), activities: compared }]);
    assert!(page.contains("| ours | 3 | 33.33 | 33.33 | 0 | – | – | – | – |  |"), "{page}");
    assert!(page.contains("| ours/small.xml | 1 | EF -480, LF -480 |"), "{page}");
}

#[test]
fn work_split_by_hand_is_told_and_explains_dates_that_the_file_does_not() {
    let resource = "<Resources><Resource><UID>1</UID><Name>R</Name><Type>1</Type></Resource></Resources>";
    let causes = |shape: &str| {
        let assignment = format!(
            "<Assignments><Assignment><TaskUID>1</TaskUID><ResourceUID>1</ResourceUID>{shape}</Assignment></Assignments>"
        );
        let tasks = [task(1, 8, "01T08:00 02T17:00 01T08:00 02T17:00", 0, "")];
        compared(&tasks, &format!("{resource}{assignment}")).into_iter().map(|one| one.cause).collect::<Vec<_>>()
    };
    let said = "<TimephasedData><Type>1</Type><UID>1</UID></TimephasedData>";
    assert_eq!(causes("<WorkContour>8</WorkContour>"), [Some(Cause::LostContour)]);
    assert_eq!(causes(&format!("<WorkContour>8</WorkContour>{said}")), [Some(Cause::OtherLength)]);
    assert_eq!(causes("<WorkContour>0</WorkContour>"), [Some(Cause::OtherLength)]);
}

/// Two activities of P6 in a row, the first of which is expected to finish on Friday 12 June, and the project's options.
fn expected(option: &str) -> String {
    let day = |number: u8| format!("(0||{number}()((0||0(s|08:00|f|16:00)())))");
    let days: String = (2..7).map(day).collect();
    let week = format!("(0||CalendarData()((0||DaysOfWeek()((0||1()()){days}(0||7()())))))");
    [
        "ERMHDR\t8.2.0",
        "%T\tCALENDAR",
        "%F\tclndr_id\tclndr_name\tday_hr_cnt\tclndr_data",
        &format!("%R\t1\tsite\t8\t{week}"),
        "%T\tPROJECT",
        "%F\tproj_id\tproj_short_name\tplan_start_date\tclndr_id",
        "%R\t1\tP\t2026-06-01 08:00\t1",
        "%T\tSCHEDOPTIONS",
        "%F\tproj_id\tsched_use_expect_end_flag",
        &format!("%R\t1\t{option}"),
        "%T\tTASK",
        "%F\ttask_id\tproj_id\tclndr_id\ttask_code\ttask_type\tstatus_code\ttarget_drtn_hr_cnt\tremain_drtn_hr_cnt\texpect_end_date",
        "%R\t1\t1\t1\tA\tTT_Task\tTK_NotStart\t16\t16\t2026-06-12 16:00",
        "%R\t2\t1\t1\tB\tTT_Task\tTK_NotStart\t8\t8\t",
        "%T\tTASKPRED",
        "%F\ttask_id\tpred_task_id\tproj_id\tpred_proj_id\tpred_type\tlag_hr_cnt",
        "%R\t2\t1\t1\t1\tPR_FS\t0",
        "%E",
    ]
    .join("\n")
}

#[test]
fn p6_lets_work_last_until_its_expected_finish_where_the_option_says_so() {
    for (option, finish) in [("Y", "2026-06-15T16:00:00"), ("N", "2026-06-03T16:00:00")] {
        let reading = plans::read(expected(option).as_bytes(), Format::Xer, &Limits::default());
        let plan = reading.plan.unwrap_or_else(|| panic!("{:?}", reading.diagnostics));
        let dates = schedule(&plan);
        let last = plan.activities.iter().position(|one| one.id == "B").unwrap();
        let guatu_kernel::plan::Moment::Instant(at) = dates.activities[last].as_ref().unwrap().early_finish else {
            panic!("{dates:?}")
        };
        assert_eq!(at.to_string(), finish, "{option}");
    }
}

#[test]
fn a_calendar_that_all_its_assignments_contradict_follows_its_base() {
    let day = calendar(1, &[("08:00", "12:00"), ("13:00", "17:00")]);
    let night = calendar(2, &[("00:00", "08:00")]);
    // Derived from the night shift, with days that whoever converted the file put in place of lost ones.
    let own = calendar(3, &[("08:00", "12:00"), ("13:00", "17:00")]).replace(
        "<IsBaseCalendar>1</IsBaseCalendar>",
        "<IsBaseCalendar>0</IsBaseCalendar><BaseCalendarUID>2</BaseCalendarUID>",
    );
    let resource = "<Resources><Resource><UID>1</UID><Name>R</Name><Type>1</Type><CalendarUID>3</CalendarUID></Resource></Resources>";
    let told = |start: &str, finish: &str, dates: &str| {
        let assignment = format!(
            "<Assignments><Assignment><TaskUID>1</TaskUID><ResourceUID>1</ResourceUID><Start>2026-06-{start}:00</Start><Finish>2026-06-{finish}:00</Finish></Assignment></Assignments>"
        );
        let more = format!("<Calendars>{day}{night}{own}</Calendars>{resource}{assignment}");
        compared(&[task(1, 16, dates, 0, "")], &more)
    };
    all_agree(&told("02T00:00", "03T08:00", "02T00:00 03T08:00 02T00:00 03T08:00"));
    // One end that fits is no proof: the stated days count.
    all_agree(&told("02T00:00", "02T17:00", "01T08:00 02T17:00 01T08:00 02T17:00"));
}
