//! Cases worked out by hand for what the published ones do not exercise. 2026-06-01 is a Monday.

mod reader;

use guatu_kernel::guarantee::PlanItems;
use guatu_kernel::plan::Quantity;
use jiff::ToSpan;
use jiff::civil::date;
use reader::text::{checked, concessions, outlooks, plan, rows};

#[track_caller]
fn dates(text: &str, expected: &[&str]) {
    let plan = plan(text);
    assert_eq!(rows(&plan, &checked(&plan)), expected, "{text}");
}

#[track_caller]
fn milestones(text: &str, expected: &[&str]) {
    let plan = plan(text);
    assert_eq!(outlooks(&plan, &checked(&plan)), expected, "{text}");
}

#[track_caller]
fn repairs(text: &str, expected: &[&str]) {
    let plan = plan(text);
    assert_eq!(concessions(&plan, &checked(&plan)), expected, "{text}");
}

#[track_caller]
fn codes(text: &str, expected: &[&str]) {
    let plan = plan(text);
    let found: Vec<&str> = checked(&plan).diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
    assert_eq!(found, expected, "{text}");
}

/// JGJ/T 121 textbook network: Tc 14, critical A-B-D-F.
const TEXTBOOK: &str = "
    A 3d cal
    B 4d cal
    C 2d cal
    D 5d cal
    E 3d cal
    F 2d cal
    A -> B
    A -> C
    B -> D
    B -> E
    C -> E
    D -> F
    E -> F
";

fn every_day(text: &str) -> String {
    text.replace(" cal", " calendar=all")
}

#[test]
fn textbook_network() {
    dates(
        &every_day(TEXTBOOK),
        &[
            "A 06-01 06-03 06-01 06-03 0 0 * start",
            "B 06-04 06-07 06-04 06-07 0 0 * A",
            "C 06-04 06-05 06-08 06-09 4 2 A",
            "D 06-08 06-12 06-08 06-12 0 0 * B",
            "E 06-08 06-10 06-10 06-12 2 2 B",
            "F 06-13 06-14 06-13 06-14 0 0 * D",
        ],
    );
}

#[test]
fn textbook_network_two_days_short() {
    dates(
        &format!("{}\nby F 2026-06-12", every_day(TEXTBOOK)),
        &[
            "A 06-01 06-03 05-30 06-01 -2 0 * start",
            "B 06-04 06-07 06-02 06-05 -2 0 * A",
            "C 06-04 06-05 06-06 06-07 2 2 A",
            "D 06-08 06-12 06-06 06-10 -2 0 * B",
            "E 06-08 06-10 06-08 06-10 0 2 * B",
            "F 06-13 06-14 06-11 06-12 -2 0 * D",
        ],
    );
}

#[test]
fn several_mandated_milestones() {
    let text = "
        A 5d
        B 5d
        M finish_milestone
        Z finish_milestone
        A -> M
        A -> B
        B -> Z
        by M 2026-06-04
        by Z 2026-06-17
    ";
    milestones(text, &["M 06-05 -1 A>M", "Z 06-12 3 A>B>Z"]);
    dates(
        text,
        &[
            "A 06-01 06-05 05-29 06-04 -1 0 * start",
            "B 06-08 06-12 06-11 06-17 3 0 A",
            "M 06-05 06-05 06-04 06-04 -1 5 * A",
            "Z 06-12 06-12 06-17 06-17 3 0 B",
        ],
    );
    let plan = plan(text);
    let schedule = checked(&plan);
    let floats: Vec<Vec<(usize, f64)>> = (0..4).map(|at| schedule.float_to(at).collect()).collect();
    assert_eq!(floats, [vec![(0, -1.0), (1, 3.0)], vec![(1, 3.0)], vec![(0, -1.0)], vec![(1, 3.0)]]);
}

#[test]
fn deadlines_bound_late_dates_only() {
    dates(
        "A 5d deadline=2026-06-04\nB 8d",
        &["A 06-01 06-05 05-29 06-04 -1 3 * start", "B 06-01 06-10 06-01 06-10 0 0 * start"],
    );
    dates(
        "A 5d deadline=2026-06-30\nB 8d",
        &["A 06-01 06-05 06-04 06-10 3 3 start", "B 06-01 06-10 06-01 06-10 0 0 * start"],
    );
}

#[test]
fn constraints_on_free_days_move_inwards() {
    dates(
        "A 2d snet=2026-06-06\nB 9d",
        &["A 06-08 06-09 06-10 06-11 2 2 constraint", "B 06-01 06-11 06-01 06-11 0 0 * start"],
    );
    dates(
        "A 2d fnlt=2026-06-07\nB 9d",
        &["A 06-01 06-02 06-04 06-05 3 7 start", "B 06-01 06-11 06-01 06-11 0 0 * start"],
    );
    dates("A 2d snet=2026-06-03 fnlt=2026-06-05", &["A 06-03 06-04 06-03 06-04 0 0 * constraint"]);
}

#[test]
fn soft_late_bounds_show_as_negative_float() {
    dates(
        "A 5d\nB 2d snlt=2026-06-04\nA -> B",
        &["A 06-01 06-05 05-28 06-03 -2 0 * start", "B 06-08 06-09 06-04 06-05 -2 0 * A"],
    );
}

#[test]
fn of_very_many_late_dates_the_latest_are_repaired() {
    // Each a day later than the one before it; written in this order and in the other.
    for is_falling in [false, true] {
        let days = |at: usize| if is_falling { 62 - at } else { at + 1 };
        let mut text = String::new();
        (1..=60).for_each(|at| text += &format!("A{at} {}d\nby A{at} 2026-06-01\n", days(at)));
        let found = checked(&plan(&text));
        assert_eq!(found.diagnostics.iter().map(|one| one.code).collect::<Vec<_>>(), ["K-305"]);
        for outlook in &found.milestones {
            let late = days(outlook.activity + 1) - 1;
            assert_eq!(outlook.concessions.len() > 1, late > 10, "{late} days late, of one to sixty");
        }
    }
}

#[test]
fn hard_dates_win_over_logic() {
    // What cannot be is said, also where no float shows it.
    codes("A 5d !start_on=2026-06-10\nB 2d !start_on=2026-06-03\nA -> B", &["K-223"]);
    codes("A 5d\nB 2d !start_on=2026-06-08\nA -> B", &[]);
    dates(
        "A 5d\nB 2d !start_on=2026-06-04\nA -> B",
        &["A 06-01 06-05 05-28 06-03 -2 0 * start", "B 06-04 06-05 06-04 06-05 0 0 * constraint"],
    );
    dates(
        "A 5d\nB 2d !fnlt=2026-06-05\nA -> B",
        &["A 06-01 06-05 05-28 06-03 -2 0 * start", "B 06-04 06-05 06-04 06-05 0 0 * constraint"],
    );
}

#[test]
fn hammock_spans_what_it_hangs_between() {
    dates(
        "A 2d\nB 3d\nC 10d\nH hammock\nA -> B\nA -> H SS\nB -> H FF",
        &[
            "A 06-01 06-02 06-08 06-09 5 0 start",
            "B 06-03 06-05 06-10 06-12 5 5 A",
            "C 06-01 06-12 06-01 06-12 0 0 * start",
            "H 06-01 06-05 06-08 06-12 5 - -",
        ],
    );
}

#[test]
fn progress_and_remaining() {
    // 40 % of five days leave three from the data date; two remaining days say otherwise.
    dates("data_date 2026-06-08\nA 5d actual_start=2026-06-03 percent=40", &["A 06-03 06-10 06-08 06-10 0 0 * actual"]);
    dates(
        "data_date 2026-06-08\nA 5d actual_start=2026-06-03 percent=40 remaining=2d",
        &["A 06-03 06-09 06-08 06-09 0 0 * actual"],
    );
    dates(
        "data_date 2026-06-06\nA 2d\nB 1d actual_start=2026-06-01 actual_finish=2026-06-06",
        &["A 06-08 06-09 06-08 06-09 0 0 * datadate", "B 06-01 06-06 - - - - actual"],
    );
}

#[test]
fn remaining_work_goes_on_by_option_and_when_resumed() {
    // Two of five days are done: Monday and Tuesday.
    dates(
        "option remaining=after_worked_part\nA 5d actual_start=2026-06-01 percent=40\nB 1d\nA -> B",
        &["A 06-01 06-05 06-01 06-05 0 0 * actual", "B 06-08 06-08 06-08 06-08 0 0 * A"],
    );
    // The late start of begun work is its actual start by this rule, also where it has float.
    dates(
        "option remaining=after_worked_part\nA 5d actual_start=2026-06-01 percent=40\nB 8d",
        &["A 06-01 06-05 06-01 06-10 3 3 actual", "B 06-01 06-10 06-01 06-10 0 0 * start"],
    );
    // Not before the data date, and not before interrupted work is resumed.
    for (option, on, finish) in [
        ("after_worked_part", "data_date 2026-06-04", "06-08"),
        ("after_worked_part", "", "06-05"),
        // Ahead of its dates: the facts, not the share, say from when on the rest is worked.
        ("after_worked_part", "data_date 2026-06-02", "06-04"),
        ("from_data_date", "data_date 2026-06-04", "06-08"),
        ("from_data_date", "", "06-03"),
    ] {
        let text =
            |resume| format!("option remaining={option}\n{on}\nA 5d actual_start=2026-06-01 percent=40 {resume}");
        let finish_of = |text: &str| rows(&plan(text), &checked(&plan(text)))[0][8..13].to_owned();
        assert_eq!(finish_of(&text("")), finish, "{option} {on}");
        assert_eq!(finish_of(&text("resume=2026-06-08")), "06-10", "{option} {on}");
    }
}

#[test]
fn out_of_sequence_progress_by_option() {
    let text = |rule: &str| {
        format!("option progress={rule}\ndata_date 2026-06-03\nA 5d\nB 4d actual_start=2026-06-01 percent=50\nA -> B")
    };
    dates(&text("retained_logic"), &["A 06-03 06-09 06-03 06-09 0 0 * datadate", "B 06-01 06-11 06-10 06-11 0 0 * A"]);
    dates(&text("override"), &["A 06-03 06-09 06-03 06-09 0 0 * datadate", "B 06-01 06-04 06-08 06-09 3 3 actual"]);
    dates(&text("actual_dates"), &["A 06-03 06-09 06-03 06-09 0 0 * datadate", "B 06-01 06-04 06-08 06-09 3 3 actual"]);
}

#[test]
fn working_exceptions() {
    dates(
        "free 2026-06-02/2026-06-03\nwork 2026-06-03\nwork 2026-06-06\nA 5d",
        &["A 06-01 06-06 06-01 06-06 0 0 * start"],
    );
}

#[test]
fn stops_take_days_with_less_than_half_their_hours() {
    // Until noon leaves half of 08:00-12:00 and 13:00-17:00; until 14:00 does not.
    dates("A 3d stop=2026-06-02T00:00/2026-06-02T12:00", &["A 06-01 06-03 06-01 06-03 0 0 * start"]);
    dates("A 3d stop=2026-06-02T00:00/2026-06-02T14:00", &["A 06-01 06-04 06-01 06-04 0 0 * start"]);
}

#[test]
fn lag_calendars() {
    let text = |calendar: &str| format!("option lag_calendar={calendar}\nA 5d\nB 1d calendar=all\nA -> B FS 2d");
    let finish = |calendar: &str| rows(&plan(&text(calendar)), &checked(&plan(&text(calendar))))[1][2..7].to_owned();
    assert_eq!(["predecessor", "successor", "project", "elapsed"].map(finish), ["06-10", "06-08", "06-10", "06-08"]);
}

#[test]
fn as_late_as_possible_by_option() {
    let text = |rule: &str| format!("option as_late={rule}\nA 1d alap\nB 1d\nC 5d\nA -> B");
    dates(
        &text("free_float"),
        &[
            "A 06-01 06-01 06-04 06-04 3 0 start",
            "B 06-02 06-02 06-05 06-05 3 3 A",
            "C 06-01 06-05 06-01 06-05 0 0 * start",
        ],
    );
    let plan = plan(&text("total_float"));
    assert_eq!(rows(&plan, &reader::text::checked(&plan))[0], "A 06-04 06-04 06-04 06-04 0 0 * constraint");
}

#[test]
fn critical_by_option() {
    let text = |rule: &str| format!("option critical={rule}\nA 2d deadline=2026-06-01\nB 5d");
    let critical = |rule: &str| {
        rows(&plan(&text(rule)), &checked(&plan(&text(rule))))
            .iter()
            .filter(|row| row.contains('*'))
            .map(|row| row[..1].to_owned())
            .collect::<String>()
    };
    assert_eq!(["zero", "minimum", "longest_path"].map(critical), ["AB", "A", "B"]);
}

#[test]
fn start_to_finish_and_percent_lags() {
    dates(
        "A 2d snet=2026-06-08\nB 3d\nA -> B SF 1d",
        &["A 06-08 06-09 06-08 06-09 0 0 * constraint", "B 06-05 06-09 06-05 06-09 0 0 * A"],
    );
    dates("A 4d\nB 1d\nA -> B SS 50%", &["A 06-01 06-04 06-01 06-04 0 0 * start", "B 06-03 06-03 06-04 06-04 1 1 A"]);
}

#[test]
fn move_and_shorten_one_path() {
    repairs(
        "A 10d\nB 10d\nA -> B\nby B 2026-06-24",
        &["move 2/2 to 06-26", "shorten 2 A1 B1 Proved", "work 06-06 06-13 Irreducible"],
    );
}

#[test]
fn two_parallel_paths_two_days_late_need_four() {
    let text = "A 10d\nB 10d\nZ finish_milestone\nA -> Z\nB -> Z\nby Z 2026-06-10";
    repairs(text, &["move 2/2 to 06-12", "shorten 4 A2 B2 Proved", "work 06-06 06-07 Irreducible"]);
    // A common activity does it for both.
    repairs(
        "C 10d\nA 10d\nB 10d\nZ finish_milestone\nC -> A\nC -> B\nA -> Z\nB -> Z\nby Z 2026-06-24",
        &["move 2/2 to 06-26", "shorten 2 C2 Proved", "work 06-06 06-13 Irreducible"],
    );
}

#[test]
fn shortening_respects_limits() {
    repairs(
        "A 10d fixed\nB 10d\nA -> B\nby B 2026-06-24",
        &["move 2/2 to 06-26", "shorten 2 B2 Proved", "work 06-13 06-20 Irreducible"],
    );
    repairs(
        "A 10d min_duration=5d\nB 10d min_duration=10d\nA -> B\nby B 2026-06-22",
        &["move 4/4 to 06-26", "shorten 4 A4 Proved", "work 06-06 06-07 06-13 06-20 Irreducible"],
    );
    repairs("A 10d\nB 10d\nA -> B\nby B 2026-06-18", &["move 6/8 to 06-26", "not curable 2 Proved"]);
}

#[test]
fn shortening_starts_from_what_a_hard_date_breaks() {
    // B starts on its hard latest date although A is not finished, so only B itself can give.
    let text = "A 10d\nB 10d !snlt=2026-06-03\nA -> B\nby B 2026-06-12";
    repairs(text, &["move 2/4 to 06-16", "shorten 2 B2 Found", "work 06-06 06-07 Irreducible"]);
}

#[test]
fn rest_days_are_worked_in_the_order_people_accept_them() {
    let work = |text: &str| {
        let plan = plan(text);
        concessions(&plan, &checked(&plan)).into_iter().find(|one| one.starts_with("work"))
    };
    // Two days late: the Saturday, then the Sunday, then the holiday of Tuesday.
    let one_week = |by: &str| format!("free 2026-06-02\nA 8d min_duration=8d\nby A {by}");
    assert_eq!(work(&one_week("2026-06-10")).as_deref(), Some("work 06-06 Proved"));
    assert_eq!(work(&one_week("2026-06-09")).as_deref(), Some("work 06-06 06-07 Irreducible"));
    assert_eq!(work(&one_week("2026-06-08")).as_deref(), Some("work 06-02 06-06 06-07 Irreducible"));
    assert_eq!(work(&one_week("2026-06-07")), None, "there are only seven days");
    // What may not be shortened, waiting, and a stop of the season are not worked through.
    assert_eq!(work("A 8d fixed\nby A 2026-06-09"), None);
    assert_eq!(work("A e8d\nby A 2026-06-05"), None);
    assert_eq!(work("free 2026-06-03/2026-06-19\nA 8d min_duration=8d\nby A 2026-06-20"), None);
    // Neither are alerts; what is over cannot be worked any more.
    let alert = "stop=2026-06-06T00:00/2026-06-07T00:00";
    assert_eq!(work(&format!("A 8d min_duration=8d {alert}\nby A 2026-06-09")).as_deref(), Some("work 06-07 Proved"));
    let begun = "data_date 2026-06-07\nA 8d actual_start=2026-06-01 remaining=4d\nby A 2026-06-10";
    assert_eq!(work(begun).as_deref(), Some("work 06-07 Proved"));
    // A link from a summary is one from what is below it.
    let below = "S summary\nA 10d parent=S\nZ finish_milestone\nS -> Z\nby Z 2026-06-11";
    assert_eq!(work(below).as_deref(), Some("work 06-06 Proved"));
    // F holds X's finish, so X starts a day later when Saturday is worked, and with it M: not when M is mandated.
    let held =
        "A 10d\nF 10d fixed\nX 8d\nM 1d\nZ finish_milestone\nF -> X FF\nX -> M SS\nX -> Z SS\nA -> Z\nby Z 2026-06-11";
    assert_eq!(work(held).as_deref(), Some("work 06-06 Proved"));
    assert_eq!(work(&format!("{held}\nby M 2026-06-03")), None);
    assert_eq!(work(&format!("{held}\nby F 2026-06-12")).as_deref(), Some("work 06-06 Proved"));
}

#[test]
fn shortening_never_delays_another_milestone() {
    // F holds X's finish, so a shorter X starts later, and with it what follows by SS: M. Only A can give.
    let text = "
        A 10d
        F 10d
        X 10d
        Y 1d
        Z finish_milestone
        M finish_milestone
        F -> X FF
        X -> Y SS
        Y -> M
        A -> Z
        X -> Z
        by Z 2026-06-11
        by M 2026-06-01
    ";
    let plan = plan(text);
    let schedule = checked(&plan);
    assert_eq!(outlooks(&plan, &schedule), ["Z 06-12 -1 A>Z", "M 06-01 0 F>X>Y>M"]);
    assert_eq!(concessions(&plan, &schedule), ["move 1/1 to 06-12", "shorten 3 A1 F1 X1 Proved", "work 06-06 Proved"]);
}

#[test]
fn work_lasts_until_its_expected_finish() {
    // A lasts longer, B shorter than its duration; C has no day of its own and follows. Late dates keep these lengths.
    let row = "A 2d expected_finish=2026-06-05\nB 9d expected_finish=2026-06-10\nC 2d\nA -> B\nB -> C";
    dates(
        row,
        &[
            "A 06-01 06-05 06-01 06-05 0 0 * constraint",
            "B 06-08 06-10 06-08 06-10 0 0 * constraint",
            "C 06-11 06-12 06-11 06-12 0 0 * B",
        ],
    );
    // On a day off it ends before; a day that is over says nothing more; a milestone has no length.
    dates("A 2d expected_finish=2026-06-07", &["A 06-01 06-05 06-01 06-05 0 0 * constraint"]);
    dates("A 4d snet=2026-06-03 expected_finish=2026-06-02", &["A 06-03 06-08 06-03 06-08 0 0 * constraint"]);
    dates("Z milestone expected_finish=2026-06-12", &["Z 06-01 06-01 06-01 06-01 0 0 * start"]);
    // Of begun work it says how long the rest takes; what is finished has ended.
    let begun =
        "data_date 2026-06-08\nA 4d actual_start=2026-06-03 percent=90 expected_finish=2026-06-16\nB 1d\nA -> B";
    dates(begun, &["A 06-03 06-16 06-08 06-16 0 0 * constraint", "B 06-17 06-17 06-17 06-17 0 0 * A"]);
    let overdue = "data_date 2026-06-08\nA 4d actual_start=2026-06-03 percent=50 expected_finish=2026-06-05";
    dates(overdue, &["A 06-03 06-09 06-08 06-09 0 0 * actual"]);
    // What a link holds longer lasts longer.
    let held = "A 9d\nB 2d expected_finish=2026-06-03\nA -> B FF";
    dates(held, &["A 06-01 06-11 06-01 06-11 0 0 * start", "B 06-01 06-11 06-01 06-11 0 0 * A"]);
    // Nobody shortens it, and what comes before it does not help.
    let late = "A 9d\nB 5d expected_finish=2026-06-19\nZ finish_milestone\nA -> B\nB -> Z\nby Z 2026-06-17";
    let plan = plan(late);
    assert_eq!(concessions(&plan, &checked(&plan)), ["move 2/2 to 06-19", "not curable 2 Found"]);
}

/// Crews to add, as words.
fn crews(text: &str) -> Vec<String> {
    let plan = plan(text);
    let crews = concessions(&plan, &checked(&plan)).into_iter().filter(|one| one.contains(" crews "));
    crews.collect()
}

#[test]
fn the_fewest_crews_that_keep_a_date_are_named_for_each_activity_alone() {
    // Ten days of one crew, A ends on Friday 12th: two crews need five days, three need four, five need two.
    let by = |on: &str| crews(&format!("A 10d\nA makes 20 2 1\nby A {on}"));
    assert_eq!(by("2026-06-12"), Vec::<String>::new());
    assert_eq!(by("2026-06-11"), ["A 1+1 crews -5d Proved"]);
    assert_eq!(by("2026-06-04"), ["A 1+2 crews -6d Proved"]);
    assert_eq!(by("2026-06-02"), ["A 1+4 crews -8d Proved"]);
    assert_eq!(by("2026-05-29"), Vec::<String>::new(), "no crew does it in no day");
    // Without a rate the planned days say it; two crews are planned, a third saves a third.
    assert_eq!(crews("A 10d\nA makes 20 - 2\nby A 2026-06-11"), ["A 2+1 crews -3d Proved"]);
    // What cannot be done in less than eight days is not, however many stand there; the default of 80 % is no such fact.
    assert_eq!(crews("A 10d min_duration=8d\nA makes 20 2\nby A 2026-06-10"), ["A 1+1 crews -2d Proved"]);
    assert_eq!(crews("A 10d min_duration=8d\nA makes 20 2\nby A 2026-06-09"), Vec::<String>::new());
    // Waiting and what nobody may shorten are left alone, and so is what is not measured.
    for left in ["A e10d\nA makes 20 2", "A 10d fixed\nA makes 20 2", "A 10d"] {
        assert_eq!(crews(&format!("{left}\nby A 2026-06-05")), Vec::<String>::new(), "{left}");
    }
    // Half is done: ten of twenty remain, five days of one crew.
    let begun = "data_date 2026-06-08\nA 10d actual_start=2026-06-01 percent=50\nA makes 20 2\nby A 2026-06-10";
    assert_eq!(crews(begun), ["A 1+1 crews -2d Proved"]);
    // Five days remain by the site's own word, whatever the percentage.
    let said =
        "data_date 2026-06-08\nA 10d actual_start=2026-06-01 percent=90 remaining=5d\nA makes 20 2\nby A 2026-06-10";
    assert_eq!(crews(said), ["A 1+1 crews -2d Proved"]);
    // Either of two in a row does it; two side by side are both late, and one alone is not enough.
    let row = "A 5d\nB 10d\nA -> B\nA makes 5 1\nB makes 30 1 3\nby B 2026-06-18";
    assert_eq!(crews(row), ["A 1+1 crews -2d Proved", "B 3+1 crews -2d Proved"]);
    let beside = "A 5d\nB 5d\nZ finish_milestone\nA -> Z\nB -> Z\nA makes 5 1\nB makes 5 1\nby Z 2026-06-04";
    assert_eq!(crews(beside), Vec::<String>::new());
    // F holds the finish of X: shorter, it starts later, and with it M. Not when M is mandated for the day it has.
    let held = "F 10d fixed\nX 8d\nM 1d\nZ finish_milestone\nF -> X FF\nX -> M SS\nX -> Z FF\nX makes 8 1";
    assert_eq!(crews(&format!("{held}\nby Z 2026-06-11")), Vec::<String>::new(), "F ends on the 12th");
    let pinned = "A 6d\nF 8d fixed\nX 8d\nM 1d\nA -> X SS 1d\nF -> X FF\nX -> M SS\nX makes 8 1\nby X 2026-06-10";
    assert_eq!(crews(pinned), ["X 1+1 crews -4d Proved"]);
    assert_eq!(crews(&format!("{pinned}\nby M 2026-06-05")), Vec::<String>::new());
}

#[test]
fn added_crews_name_those_who_need_the_same_resource_at_the_time() {
    let text = "A 10d\nB 3d\nC 3d snet=2026-06-08\nD 2d\nresource crew 3 -\nresource crane 1 -\nresource mixer 1 -
        A needs crew 1\nA needs crane 1\nB needs crew 1\nC needs crew 1\nD needs crane 1\nB needs mixer 1
        A makes 10 1\nby A 2026-06-08";
    // A ends on Friday 5th then, before C begins.
    assert_eq!(crews(text), ["A 1+1 crews -5d crew with B crane with D Proved"]);
}

#[test]
fn several_calendars_are_found_not_proved() {
    let words = {
        let plan = plan("A 10d\nB 10d calendar=all\nA -> B\nby B 2026-06-20");
        concessions(&plan, &checked(&plan))
    };
    assert_eq!(words, ["move 2/2 to 06-22", "shorten 2 B2 Found", "work 06-06 06-07 Irreducible"]);
}

#[test]
fn days_that_remain_are_days_of_the_milestone_whatever_the_calendars() {
    // Ten days late: A may lose one day of eight hours, B six days of twenty-four, and Z counts days of twenty-four.
    let minutes = r#"{"format":"guatu-plan/1","granularity":"minute","start":"2026-06-01T00:00","calendar":"round",
      "calendars":[{"id":"round","week":{"mon":["00:00-24:00"],"tue":["00:00-24:00"],"wed":["00:00-24:00"],"thu":["00:00-24:00"],"fri":["00:00-24:00"],"sat":["00:00-24:00"],"sun":["00:00-24:00"]},"hours_per_day":24},
        {"id":"eight","week":{"mon":["08:00-16:00"],"tue":["08:00-16:00"],"wed":["08:00-16:00"],"thu":["08:00-16:00"],"fri":["08:00-16:00"],"sat":["08:00-16:00"],"sun":["08:00-16:00"]},"hours_per_day":8}],
      "activities":[{"id":"A","duration":"5d","calendar":"eight"},{"id":"B","duration":"30d"},{"id":"Z","kind":"finish_milestone"}],
      "links":[{"from":"A","to":"B"},{"from":"B","to":"Z"}],
      "mandated":[{"activity":"Z","finish_by":"2026-06-25T16:00"}]}"#;
    let plan = reader::plan(&serde_json::from_str(minutes).unwrap());
    let found = concessions(&plan, &guatu_kernel::schedule(&plan));
    let (late, remains) = (10.0, 3.0);
    let Some(incurable) = found.iter().find_map(|words| words.strip_prefix("not curable ")) else {
        panic!("{found:?}")
    };
    let days: f64 = incurable.split(' ').next().unwrap().parse().unwrap();
    assert!(days < late && (days - remains).abs() < 0.7, "{found:?}");
}

#[test]
fn a_chain_of_absurd_leads_to_a_mandated_date_ends_in_findings() {
    for granularity in ["day", "minute"] {
        let activities: Vec<String> = (0..40).map(|at| format!(r#"{{"id":"A{at}","duration":"1d"}}"#)).collect();
        let links: Vec<String> =
            (1..40).map(|at| format!(r#"{{"from":"A{}","to":"A{at}","lag":"-99999d"}}"#, at - 1)).collect();
        let text = format!(
            r#"{{"granularity":"{granularity}","start":"2026-06-01","calendars":[{{"id":"c","hours_per_day":24,
            "week":{{"mon":["00:00-24:00"]}}}}],"activities":[{}],"links":[{}],"mandated":[{{"activity":"A39","finish_by":"2026-06-10"}}]}}"#,
            activities.join(","),
            links.join(","),
        );
        let plan = reader::plan(&serde_json::from_str(&text).expect("JSON"));
        let network = guatu_kernel::Network::compile(&plan);
        let passes = guatu_kernel::backward(&network, guatu_kernel::forward(&network));
        let streamed = passes.float_per_milestone(&network, 1, || 0, |count, floats| *count += floats.iter().count());
        assert_eq!(streamed, [40]);
        assert_eq!(guatu_kernel::schedule(&plan).activities.len(), 40);
    }
}

#[test]
fn flawed_plans() {
    codes("A 3d\nB 2d\nC 1d\nA -> B\nB -> A\nB -> C", &["K-101", "K-301"]);
    codes("A 3d\nA 2d\nB 1d", &["K-102"]);
    codes("A 3d\nX -> A", &["K-103"]);
    codes("A 3d calendar=none", &["K-104"]);
    codes("A 3d parent=none", &["K-106"]);
    codes("A summary parent=B\nB summary parent=A", &["K-107", "K-107", "K-208", "K-208"]);
    codes("S summary\nA 3d parent=S\nA -> S", &["K-108"]);
    codes("A 999999d", &["K-109"]);
    codes("A 3d start=1066-10-14", &["K-111"]);
    codes("A 3d\nB 1d\nA -> B FS 999999d", &["K-112"]);
    codes("A 3d\nby Z 2026-06-30", &["K-113"]);
    codes("A 80000d\nB 1d\nA -> B", &["K-114", "K-114"]);
    codes("A 3d\nB 1d start=2026-06-03\nA -> B", &["K-201"]);
    codes("A 3d percent=20", &["K-202"]);
    codes("H hammock\nA 2d", &["K-214"]);
    codes("A 3d\nby A 2026-06-30\nby A 2026-06-20", &["K-215"]);
}

#[test]
fn cycles_are_named_in_order_and_leave_what_follows_without_dates() {
    let plan = plan("A 1d\nB 1d\nC 1d\nD 1d\nE 1d\nA -> B\nB -> C\nC -> D\nD -> B\nD -> E");
    let schedule = checked(&plan);
    assert_eq!(schedule.diagnostics[0].params, ["B", "C", "D", "B"]);
    let dated: Vec<bool> = schedule.activities.iter().map(Option::is_some).collect();
    assert_eq!(dated, [true, false, false, false, false]);
}

#[test]
fn large_summaries_are_linked_through_one_node() {
    let mut text = "P summary\nQ summary\nP -> Q FS 1d\n".to_owned();
    for at in 0..40 {
        text += &format!("P{at} {}d parent=P\nQ{at} 1d parent=Q calendar={}\n", at % 7 + 1, ["mf", "all"][at % 2]);
    }
    let through = checked(&plan(&text));
    let direct: String = (0..40).flat_map(|a| (0..40).map(move |b| format!("P{a} -> Q{b} FS 1d\n"))).collect();
    let pairwise = checked(&plan(&text.replace("P -> Q FS 1d\n", &direct)));
    let same = |a: &Option<guatu_kernel::Dates>, b: &Option<guatu_kernel::Dates>| match (a, b) {
        (Some(a), Some(b)) => {
            (a.early_start, a.late_finish, a.total_float_days, a.free_float_days)
                == (b.early_start, b.late_finish, b.total_float_days, b.free_float_days)
        }
        _ => false,
    };
    assert!(through.activities.iter().zip(&pairwise.activities).all(|(a, b)| same(a, b)));
}

#[test]
fn chains_of_absurd_durations_end_in_findings() {
    let mut text = String::new();
    for at in 0..70_000 {
        text += &format!("A{at} 36500d\n");
    }
    for at in 1..70_000 {
        text += &format!("A{} -> A{at} FS 36500d\n", at - 1);
    }
    text += "by A69999 2026-12-31\n";
    let schedule = guatu_kernel::schedule(&plan(&text));
    assert!(schedule.diagnostics.iter().any(|found| found.code == "K-114"), "dates beyond 2200 are named");
}

#[test]
fn breaks_move_with_the_work() {
    // Three days of work, two of rest, two of work; the weekend is no part of the break. B begins with A's second half.
    dates(
        "A 5d break=3d+2d\nB 2d\nC 1d\nA -> C\nA -> B SS 5d",
        &[
            "A 06-01 06-09 06-01 06-09 0 0 * start",
            "B 06-08 06-09 06-09 06-10 1 1 A",
            "C 06-10 06-10 06-10 06-10 0 0 * A",
        ],
    );
    dates("A 5d break=3d+2d snet=2026-06-04", &["A 06-04 06-12 06-04 06-12 0 0 * constraint"]);
    // Two breaks; a lag in per cent is a share of the work.
    dates(
        "A 4d break=1d+1d break=2d+2d\nB 1d\nA -> B SS 50%",
        &["A 06-01 06-09 06-01 06-09 0 0 * start", "B 06-03 06-03 06-09 06-09 4 4 A"],
    );
}

#[test]
fn nobody_is_asked_for_work_in_a_break_of_it() {
    let mut plan = plan("A 4d break=2d+3d\nB 4d");
    for activity in &mut plan.activities {
        let quantity = Quantity { unit: "m".into(), total: 40.0, per_day: None, crews: None, is_whole: false };
        activity.quantity = Some(Box::new(quantity));
    }
    let (first, last) = (date(2026, 6, 1), date(2026, 6, 9));
    let items = PlanItems::read(&plan, &checked(&plan), first, last);
    let shown: Vec<(f64, String, usize)> = items
        .iter()
        .map(|(_, item)| {
            let is_worked = |day| if item.work.share(day) > 0.0 { 'x' } else { '.' };
            let days = first.series(1.day()).take_while(|day| *day <= last).map(is_worked).collect();
            (item.rate, days, item.work.free_days(first, last).count())
        })
        .collect();
    // The weekend alone could be worked.
    assert_eq!(shown, [(10.0, "xx.....xx".to_owned(), 2), (10.0, "xxxxx..xx".to_owned(), 2)]);
}

#[test]
fn breaks_that_work_has_come_to_are_over() {
    // Two of five days are done; what is left goes on from the data date, with the second break in it.
    let plan = |data_date: &str, rest: &str| format!("{data_date}\nA 5d actual_start=2026-06-01 remaining=3d {rest}");
    dates(&plan("data_date 2026-06-10", "break=1d+2d break=4d+1d"), &["A 06-01 06-15 06-10 06-15 0 0 * actual"]);
    // Without a data date it goes on behind the work and the break before it.
    let after = "option remaining=after_worked_part";
    dates(&plan(after, "break=1d+2d break=4d+1d"), &["A 06-01 06-10 06-01 06-10 0 0 * actual"]);
    dates(&plan(after, "break=2d+2d"), &["A 06-01 06-09 06-01 06-09 0 0 * actual"]);
}

#[test]
fn breaks_that_cannot_be_meant() {
    for broken in
        ["break=3d+2d break=2d+1d", "break=-1d+2d", "break=0d+2d", "break=2d+0d", "break=2d+-1d", "break=e2d+1d"]
    {
        codes(&format!("A 5d {broken}"), &["K-116"]);
    }
    codes("A 5d break=2d+99999d", &["K-116"]);
    codes("A 5d break=5d+2d", &["K-216"]);
    dates("A 5d break=2d+1d break=6d+2d", &["A 06-01 06-08 06-01 06-08 0 0 * start"]);
}

#[test]
fn breaks_keep_their_length_when_work_is_shortened() {
    // Five days of work may become four: the break of three days stays. On the Saturday behind it one may work.
    repairs(
        "A 5d break=2d+3d min_duration=4d\nby A 2026-06-09",
        &["move 1/1 to 06-10", "shorten 1 A1 Found", "work 06-06 Proved"],
    );
}
