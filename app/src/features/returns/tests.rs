//! Scenarios of returns.

use super::figures::{Figure, Form, Measured, Subject, Value, fill};
use super::model::{Adopting, Command, Content, Fact, Refused, Rows, SHIPPED, Sending, State, Template, decide, digest, read, shipped};
use crate::clock::civil_date;
use crate::features::reports::tests::{active, settled};
use crate::features::targets::progress::Weighed;
use crate::journal::domain::{Actor, Context};
use crate::on_both_databases;
use crate::testing::{Page, TestSite};
use crate::web::locale::Language;
use calamine::{Data, Reader, Xlsx};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use std::io::Cursor;

const TODAY: Date = date(2026, 11, 23);

fn context() -> Context {
    let now = crate::testing::NOW.parse().unwrap();
    Context { actor: Actor::Account("wen".into()), now, today: civil_date(now) }
}

fn day_form() -> Form {
    fill(shipped("day_projects").unwrap(), &[Measured { project: "p".into(), ..Measured::default() }])
}

#[test]
fn rules() {
    let sending = |template: &str, from: Date, form: Form, reason: &str| Sending {
        id: "r".into(),
        template: template.into(),
        from,
        unit: "headquarters".into(),
        seen: digest(&form),
        form,
        frozen_number: 9,
        remark: String::new(),
        reason: reason.into(),
        is_early: false,
    };
    let send = |template: &str, from, form, reason: &str| Command::Send(sending(template, from, form, reason));
    let stale = Command::Send(Sending { seen: digest(&Form::default()), ..sending("day_projects", TODAY, day_form(), "") });
    let meant = Command::Send(Sending { is_early: true, ..sending("week_projects", TODAY, day_form(), "") });
    let nobody = Command::Send(Sending { unit: " ".into(), ..sending("day_projects", TODAY, day_form(), "") });
    let of = |template: &str| State { template: shipped(template).cloned(), ..State::default() };
    let (day, week, month) = (of("day_projects"), of("week_projects"), of("month_projects"));
    let sent = State { before: Some(("first".into(), date(2026, 11, 22))), ..day.clone() };
    let ended = State { template: day.template.clone().map(|template| Template { to: Some(date(2026, 11, 22)), ..template }), ..State::default() };
    let cases: Vec<(&str, State, Command, Option<Refused>)> = vec![
        ("today", day.clone(), send("day_projects", TODAY, day_form(), ""), None),
        ("this week, while it runs", week.clone(), send("week_projects", TODAY, day_form(), ""), Some(Refused::StillRuns { date: "2026-11-29".into() })),
        ("this week so far, and that is meant", week.clone(), meant, None),
        ("last month", month.clone(), send("month_projects", date(2026, 10, 1), day_form(), ""), None),
        ("an id twice", State { is_id_taken: true, ..day.clone() }, send("day_projects", TODAY, day_form(), ""), Some(Refused::IdTaken)),
        ("a form nobody knows", State::default(), send("year_dragons", TODAY, day_form(), ""), Some(Refused::UnknownTemplate { template: "year_dragons".into() })),
        ("tomorrow", day.clone(), send("day_projects", date(2026, 11, 24), day_form(), ""), Some(Refused::NotBegun { date: "2026-11-24".into() })),
        ("next month", month, send("month_projects", date(2026, 12, 1), day_form(), ""), Some(Refused::NotBegun { date: "2026-12-01".into() })),
        ("a week from its Tuesday", week, send("week_projects", date(2026, 11, 17), day_form(), ""), Some(Refused::NotAPeriod { date: "2026-11-16".into() })),
        ("before the form was in force", day.clone(), send("day_projects", date(2025, 12, 31), day_form(), ""), Some(Refused::NotInForce { date: "2026-01-01".into() })),
        ("after the form was ended", ended.clone(), send("day_projects", TODAY, day_form(), ""), Some(Refused::NoLongerInForce { date: "2026-11-22".into() })),
        ("its last day", ended, send("day_projects", date(2026, 11, 22), day_form(), ""), None),
        ("of no project", day.clone(), send("day_projects", TODAY, Form::default(), ""), Some(Refused::NothingToReport)),
        ("figures that nobody looked at", day.clone(), stale, Some(Refused::FiguresMoved)),
        ("of no unit", day.clone(), nobody, Some(Refused::NoUnit)),
        ("again without a reason", sent.clone(), send("day_projects", TODAY, day_form(), " "), Some(Refused::AlreadySent { date: "2026-11-22".into() })),
        ("a correction", sent.clone(), send("day_projects", TODAY, day_form(), "one site was counted twice"), None),
    ];
    for (name, state, command, expected) in cases {
        assert_eq!(decide(&state, &command, &context()).err(), expected, "{name}");
    }
    let corrects = |state: &State, reason: &str| match decide(state, &send("day_projects", TODAY, day_form(), reason), &context()).unwrap().remove(0).fact {
        Fact::Sent { corrects, reason, .. } => (corrects, reason),
        other => panic!("{other:?}"),
    };
    assert_eq!(corrects(&sent, " counted twice "), (Some("first".into()), "counted twice".into()), "it names the one before it");
    assert_eq!(corrects(&day, "for nothing"), (None, String::new()), "the first of a period corrects nothing");
}

#[test]
fn forms_are_adopted_and_ended() {
    let sound = Adopting {
        template: "t".into(),
        name: " City daily ".into(),
        source: "Notice 7".into(),
        from: TODAY,
        content: Content { period: guatu_kernel::guarantee::PeriodKind::Day, rows: Rows::Projects, due_days: 1, columns: vec![Figure::Red, Figure::Hands], headings: vec![String::new(), "People".into()] },
        reason: "asked for".into(),
    };
    let content = |change: &dyn Fn(&mut Content)| {
        let mut adopting = sound.clone();
        change(&mut adopting.content);
        adopting
    };
    let bad_columns = || Some(Refused::BadColumns { most: "40".into() });
    let free = State::default();
    let cases = [
        ("a sound form", free.clone(), sound.clone(), None),
        ("an id twice", State { is_id_taken: true, ..free.clone() }, sound.clone(), Some(Refused::IdTaken)),
        ("no name", free.clone(), Adopting { name: " ".into(), ..sound.clone() }, Some(Refused::NameLength)),
        ("a name in two lines", free.clone(), Adopting { name: "a\nb".into(), ..sound.clone() }, Some(Refused::NameLength)),
        ("a name twice", State { is_name_taken: true, ..free.clone() }, sound.clone(), Some(Refused::NameTaken { name: "City daily".into() })),
        ("no paper", free.clone(), Adopting { source: " ".into(), ..sound.clone() }, Some(Refused::NoSource)),
        ("no columns", free.clone(), content(&|content| (content.columns, content.headings) = (Vec::new(), Vec::new())), bad_columns()),
        ("a column twice", free.clone(), content(&|content| content.columns[1] = Figure::Red), bad_columns()),
        ("too few headings", free.clone(), content(&|content| content.headings.truncate(1)), bad_columns()),
        ("a heading too long", free.clone(), content(&|content| content.headings[1] = "x".repeat(41)), bad_columns()),
        ("due next year", free.clone(), content(&|content| content.due_days = 91), Some(Refused::DueTooLate { most: "90".into() })),
        ("no reason", free.clone(), Adopting { reason: String::new(), ..sound.clone() }, Some(Refused::NoReason)),
    ];
    for (name, state, adopting, expected) in cases {
        assert_eq!(decide(&state, &Command::Adopt(adopting), &context()).err(), expected, "{name}");
    }
    let held = State { template: shipped("day_projects").cloned(), ..State::default() };
    let ended = held.template.clone().map(|template| Template { to: Some(TODAY), ..template });
    let cases = [
        ("from tomorrow on", held.clone(), "2026-11-23", "new form", None),
        ("nobody knows it", State::default(), "2026-11-23", "x", Some(Refused::UnknownTemplate { template: "t".into() })),
        ("before it began", held.clone(), "2025-12-31", "x", Some(Refused::EndsTooEarly { date: "2026-01-01".into() })),
        ("before what was sent", State { sent_to: Some(TODAY), ..held.clone() }, "2026-11-22", "x", Some(Refused::EndsTooEarly { date: "2026-11-23".into() })),
        ("twice", State { template: ended, ..State::default() }, "2026-11-30", "x", Some(Refused::HasEnded { date: "2026-11-23".into() })),
        ("for no reason", held, "2026-11-23", " ", Some(Refused::NoReason)),
    ];
    for (name, state, to, reason, expected) in cases {
        let command = Command::End { template: "t".into(), to: to.parse().unwrap(), reason: reason.into() };
        assert_eq!(decide(&state, &command, &context()).err(), expected, "{name}");
    }
}

#[test]
fn templates_are_read_or_say_what_is_wrong() {
    let written = |columns: &str, rest: &str| {
        format!("[[template]]\nid = \"a\"\nsource = \"x\"\nfrom = \"2026-01-01\"\nperiod = \"day\"\nrows = \"projects\"\ndue_days = 0\ncolumns = {columns}\n{rest}")
    };
    let sound = written(r#"["buildings"]"#, "");
    let cases = [
        (sound.clone(), ""),
        (written(r#"["buildings", "dragons"]"#, ""), "dragons"),
        (written(r#"["buildings"]"#, "colour = \"red\""), "colour"),
        (sound.replace("\"day\"", "\"fortnight\""), "fortnight"),
        (sound.replace("\"projects\"", "\"people\""), "people"),
        (written("[]", ""), "no columns"),
        (written(r#"["red", "red"]"#, ""), "`red` twice"),
        (written(r#"["red"]"#, "to = \"2025-01-01\""), "ends before"),
        (written(r#"["red"]"#, "headings = [\"a\", \"b\"]"), "2 headings"),
        (format!("{sound}\n{sound}"), "stands twice"),
        (sound.replace("due_days = 0", ""), "due_days"),
    ];
    for (text, wrong) in cases {
        match read(&text) {
            Ok(_) => assert_eq!(wrong, "", "{text}"),
            Err(said) => assert!(!wrong.is_empty() && said.contains(wrong), "{said}\n{text}"),
        }
    }
}

#[test]
fn everything_a_form_shows_has_a_name_in_both_languages_and_every_figure_is_asked_for() {
    for language in [Language::Zh, Language::En] {
        for figure in Figure::ALL {
            for key in ["return_figure", "return_source"] {
                assert!(language.has(&format!("{key}.{}", figure.name())), "{key}.{} in {}", figure.name(), language.name());
            }
        }
        for template in SHIPPED.iter() {
            assert!(language.has(&format!("return_template.{}", template.id)), "{}", template.id);
            assert!(language.has(&format!("rule_source.{}", template.id)), "the source of {}", template.id);
        }
    }
    let unasked = Figure::ALL.iter().filter(|figure| !SHIPPED.iter().any(|template| template.content.columns.contains(figure)));
    assert_eq!(unasked.collect::<Vec<_>>(), Vec::<&Figure>::new());
}

#[test]
fn a_return_is_due_some_days_after_its_period() {
    // Name of the form, today, the period that is due, and when.
    let cases = [
        ("day_projects", "2026-11-23", "2026-11-23", "2026-11-23"),
        ("week_projects", "2026-11-23", "2026-11-16", "2026-11-23"),
        ("week_projects", "2026-11-24", "2026-11-23", "2026-11-30"),
        ("month_projects", "2026-12-03", "2026-11-01", "2026-12-03"),
        ("month_projects", "2026-12-04", "2026-12-01", "2027-01-03"),
    ];
    for (name, today, from, due_on) in cases {
        let template = shipped(name).unwrap();
        let period = template.due(today.parse().unwrap());
        assert_eq!((period.from.to_string(), template.due_on(period).to_string()), (from.to_owned(), due_on.to_owned()), "{name} on {today}");
    }
}

#[test]
fn rows_are_joined_by_weights_and_what_is_unknown_stays_unknown() {
    let project = |id: &str, programme: Option<&str>, (weight, planned, done), values: Vec<(Figure, Value)>| {
        let mut weighed = Weighed::default();
        weighed.add(weight, planned, done);
        Measured { project: id.into(), name: id.into(), programme: programme.map(str::to_owned), weighed, values: values.into_iter().collect() }
    };
    let on = |day| Value::On(date(2027, 5, day));
    let measured = [
        project("large", Some("resettlement"), (300.0, 0.5, 0.4), vec![(Figure::Flats, Value::Count(900)), (Figure::MandatedOn, on(14)), (Figure::State, Value::State("stopped".into()))]),
        project("stray", None, (0.0, 0.0, 0.0), vec![]),
        project("small", Some("resettlement"), (100.0, 1.0, 1.0), vec![(Figure::Flats, Value::Count(100)), (Figure::MandatedOn, on(2))]),
    ];
    let columns = vec![Figure::Planned, Figure::Done, Figure::Gap, Figure::Flats, Figure::MandatedOn, Figure::State];
    let mut by_programme = shipped("month_programmes").unwrap().clone();
    by_programme.content.columns = columns;
    let form = fill(&by_programme, &measured);
    let subjects: Vec<&Subject> = form.rows.iter().map(|row| &row.subject).collect();
    assert_eq!(subjects, [&Subject::Programme { programme: Some("resettlement".into()) }, &Subject::Programme { programme: None }, &Subject::Total]);
    // 300 × 0.5 + 100 × 1 of 400: an average of percentages would say 75.0.
    let joined = vec![Some(Value::ShareE1(625)), Some(Value::ShareE1(550)), Some(Value::PointsE1(-75)), Some(Value::Count(1000)), Some(on(2)), None];
    assert_eq!(form.rows[0].cells, joined);
    assert_eq!(form.rows[1].cells, [None, None, None, None, None, None], "nothing is known, and nothing is zero");
    assert_eq!(form.rows[2].cells, joined, "the total adds what is known");
    assert_eq!(form.rows[2].projects, ["large", "stray", "small"]);
    assert_eq!(form.parts[0].rows.iter().map(|row| row.projects[0].as_str()).collect::<Vec<_>>(), ["large", "small"]);
    assert_eq!(form.parts[0].rows[0].cells[5], Some(Value::State("stopped".into())));
    assert_eq!(fill(&by_programme, &[]), Form { columns: by_programme.content.columns.clone(), ..Form::default() }, "no project, no total");
    let json = serde_json::to_string(&form).unwrap();
    assert_eq!(serde_json::from_str::<Form>(&json).unwrap(), form);
}

/// Cells of a form on a page, row by row with its name.
fn rows(page: &Page) -> Vec<String> {
    let all = page.texts("table.return tbody tr > *");
    let width = page.texts("table.return thead th").len();
    all.chunks(width).map(|row| row.join(" ")).collect()
}

/// Sends what a page shows.
async fn send_as_seen(site: &TestSite, page: &Page, more: &[(&str, &str)]) -> Page {
    let [period, seen, unit] = ["period", "seen", "reporting_unit"].map(|name| page.attributes(&format!("form.fields input[name={name}]"), "value").remove(0));
    let action = page.attributes("form.fields", "action").remove(0);
    let fields = [("period", period.as_str()), ("seen", seen.as_str()), ("reporting_unit", unit.as_str())];
    let fields: Vec<(&str, &str)> = fields.into_iter().filter(|(name, _)| more.iter().all(|(other, _)| other != name)).chain(more.iter().copied()).collect();
    site.post("office", &action, &fields).await
}

on_both_databases!(a_return_is_filled_sent_corrected_and_never_changes, |site| async move {
    let site = active(site.with_cast().await).await;
    settled(&site).await;
    let preview = site.get("office", "/returns/day_projects").await;
    let red = preview.texts("table.return tbody tr:first-child td")[5].clone();
    assert_eq!(rows(&preview), [format!("ours name 2 2 0 — 0 {red}"), format!("合计 2 2 0 — 0 {red}")], "hands that nobody counted are not none");
    let links = preview.attributes("table.return tbody tr:first-child a", "href");
    let expected = ["/places/ours", "/reports?place=ours&on=2026-11-23", "/reports?place=ours&on=2026-11-23", "/round?place=ours#hindered", "/round?place=ours#red"];
    assert_eq!(links, expected, "every figure opens where its figure comes from");
    for link in links {
        assert_eq!(site.get("office", link.split('#').next().unwrap()).await.status, 200, "{link}");
    }
    assert_eq!(site.get("office", "/returns").await.texts("tbody tr:first-child td")[1], "未上报");

    // What is sent is what was looked at.
    let day = [("building", "ours-b1"), ("on", "2026-11-23"), ("done.ours-b1/pit", "900"), ("trade.general", "14")];
    assert_eq!(site.post("builder", "/reports/new", &day).await.status, 303);
    settled(&site).await;
    let moved = send_as_seen(&site, &preview, &[("remark", "One site is closed.")]).await;
    assert_eq!((moved.status.as_u16(), moved.texts(".summary .quiet")), (409, vec!["N-108".to_owned()]));
    assert_eq!(rows(&moved)[0], format!("ours name 2 2 1 14 0 {red}"), "the form shows what the figures are now");
    assert_eq!(moved.texts("#field-remark"), ["One site is closed."], "and what was typed is still there");
    let first = send_as_seen(&site, &moved, &[("request_id", "return-0001"), ("remark", "One site is closed.")]).await;
    assert_eq!((first.status.as_u16(), first.location()), (303, "/returns/sent/return-0001"), "{:?}", first.texts(".summary li"));
    let frozen = site.get("chief", "/returns/sent/return-0001").await;
    assert_eq!(rows(&frozen), rows(&moved));
    assert!(frozen.body.contains("One site is closed."));
    let number = frozen.texts("dl.facts dd")[2].chars().filter(char::is_ascii_digit).collect::<String>();
    let then = frozen.attributes("table.return tbody tr:first-child a", "href").remove(1);
    assert_eq!(then, format!("/reports?place=ours&on=2026-11-23&as_of={number}"), "a frozen cell opens the page as the ledger stood");

    // Later reports move the form and not what was sent.
    assert_eq!(site.post("builder", "/reports/unchanged", &[("building", "ours-b2"), ("on", "2026-11-23")]).await.status, 303);
    assert_eq!(rows(&site.get("chief", "/returns/sent/return-0001").await), rows(&frozen));
    assert_eq!(site.get("chief", &then).await.texts("ul.counts b"), ["2", "1", "1", "14"], "as of its number one site had not reported");
    let now = site.get("office", "/returns/day_projects?period=2026-11-23").await;
    assert_eq!(rows(&now)[0], format!("ours name 2 2 2 14 0 {red}"));

    // Another one is a correction.
    let bare = send_as_seen(&site, &now, &[("remark", "Both now.")]).await;
    assert_eq!((bare.status.as_u16(), bare.texts(".summary .quiet")), (422, vec!["N-107".to_owned()]));
    assert_eq!(bare.texts("#field-remark"), ["Both now."]);
    let corrected = send_as_seen(&site, &now, &[("request_id", "return-0002"), ("reason", "one site reported late")]).await;
    assert_eq!(corrected.status, 303, "{:?}", corrected.texts(".summary li"));
    let second = site.get("office", "/returns/sent/return-0002").await;
    assert_eq!((rows(&second), second.texts(".bar .tag")), (rows(&now), vec!["更正".to_owned()]));
    assert!(second.body.contains("one site reported late"));
    assert!(second.attributes("dl.facts a", "href").contains(&"/returns/sent/return-0001".to_owned()), "it names the earlier one");
    let earlier = site.get("office", "/returns/sent/return-0001").await;
    assert_eq!((rows(&earlier), earlier.attributes(".notice a", "href")), (rows(&frozen), vec!["/returns/sent/return-0002".to_owned()]));
    let list = site.get("office", "/returns").await;
    assert!(list.texts("tbody tr:first-child td")[1].contains("2026-11-23"), "it was sent today");

    // The workbook and the paper hold what was frozen.
    let book = site.get("office", "/returns/sent/return-0002/xlsx").await;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(book.bytes)).unwrap();
    let (form, sources) = (book.worksheet_range("报表").unwrap(), book.worksheet_range("数字来源").unwrap());
    let at = |row, column| form.get_value((row, column)).cloned().unwrap_or(Data::Empty);
    assert_eq!(at(0, 0), Data::String("项目日报表 2026-11-23".into()));
    assert!(at(1, 0).to_string().contains("one site reported late"));
    assert_eq!([at(2, 1), at(2, 4)], ["楼栋（栋）", "在场人数（人）"].map(|text| Data::String(text.into())));
    assert_eq!([at(3, 3), at(3, 4), at(4, 4)], [2.0, 14.0, 14.0].map(Data::Float), "numbers, row by row and in total");
    let of = |row: u32| (0..6).map(|column| sources.get_value((row, column)).map_or_else(String::new, ToString::to_string)).collect::<Vec<_>>();
    let source = of(3 + 3);
    assert_eq!((source[1].as_str(), source[2].as_str(), source[4].as_str()), ("在场人数（人）", "14", "2026-11-23"));
    assert!(source[5].starts_with("/reports?place=ours&on=2026-11-23&as_of="), "{source:?}");
    let pdf = site.get("office", "/returns/sent/return-0002/pdf").await;
    assert!(pdf.body.starts_with("%PDF-") && pdf.bytes.len() > 5_000, "{} bytes", pdf.bytes.len());
    assert_eq!(site.get("office", "/returns/sent/return-0002/docx").await.status, 200);
    assert_eq!(site.get("office", "/returns/sent/return-0002/exe").await.status, 404);
    site
});

on_both_databases!(a_reader_sees_the_rows_of_their_projects_and_nobody_else_sends, |site| async move {
    let site = active(site.with_cast().await).await;
    let preview = site.get("office", "/returns/day_projects").await;
    assert_eq!(send_as_seen(&site, &preview, &[("request_id", "return-0001"), ("remark", "For the city alone.")]).await.status, 303);
    let own = site.get("builder", "/returns/sent/return-0001").await;
    assert_eq!(own.texts("table.return tbody th"), ["ours name"], "no total of others");
    assert!(!own.body.contains("For the city alone."));
    assert_eq!(site.get("builder", "/returns/sent/return-0001/xlsx").await.status, 404);
    let previewed = site.get("builder", "/returns/day_projects").await;
    assert_eq!((previewed.texts("table.return tbody th"), previewed.texts("form.fields").len()), (vec!["ours name".to_owned()], 0));
    assert_eq!(site.post("builder", "/returns/day_projects", &[("period", "2026-11-23"), ("seen", "x")]).await.status, 403);

    let foreign = [site.get("stranger", "/returns/sent/return-0001").await, site.get("stranger", "/returns/sent/return-9999").await];
    assert_eq!(foreign.map(|page| page.status.as_u16()), [404, 404], "a foreign one answers as a missing one");
    for format in ["xlsx", "pdf", "docx"] {
        assert_eq!(site.get("stranger", &format!("/returns/sent/return-0001/{format}")).await.status, 404, "{format}");
    }
    for path in ["/returns", "/returns/day_projects", "/returns/month_programmes"] {
        let page = site.get("stranger", path).await;
        assert_eq!((page.status.as_u16(), page.body.contains("ours")), (200, false), "{path}");
    }
    assert_eq!(site.get("admin", "/returns").await.status, 404, "no business data");
    assert_eq!(site.get("", "/returns/day_projects").await.status, 303);
    assert_eq!(site.get("office", "/returns/year_dragons").await.status, 404);
    for (query, code) in [("period=2026-11-24", "N-103"), ("period=2025-12-31", "N-105"), ("period=soon", "G-112")] {
        let page = site.get("office", &format!("/returns/day_projects?{query}")).await;
        assert_eq!(page.status, 422, "{query}");
        assert!(page.body.contains(code), "{query}");
    }
    site
});

on_both_databases!(weeks_and_months_say_what_other_pages_say, |site| async move {
    let site = active(site.with_cast().await).await;
    let date = [("activity", "ours-b1/topping_out"), ("name", "Topped out"), ("finish_by", "2026-12-31"), ("issuer", "headquarters"), ("document", "Notice 7"), ("edition", "1")];
    assert_eq!(site.post("chief", "/plans/ours/mandate", &date).await.status, 303);
    assert_eq!(site.post("builder", "/targets/ours-b1/promise", &[("period", "week 2026-11-23"), ("will.ours-b1/pit", "500"), ("far", "yes")]).await.status, 303);
    let day = [("building", "ours-b1"), ("on", "2026-11-23"), ("done.ours-b1/pit", "900"), ("request_id", "report-0001")];
    assert_eq!(site.post("builder", "/reports/new", &day).await.status, 303);
    settled(&site).await;
    let dispute = [("done.ours-b1/pit", "400"), ("reason", "measured by cross section")];
    let week = async || site.get("office", "/returns/week_projects?period=2026-11-26").await;
    let kept = week().await.texts("table.return tbody tr:first-child td");
    assert_eq!(kept[3..], ["1", "0", "1", "1", "0"], "one item measured and not confirmed, one promise, kept, nothing disputed");
    assert_eq!(site.post("wei", "/reports/report-0001/dispute", &dispute).await.status, 303);
    settled(&site).await;
    let page = week().await;
    let cells = page.texts("table.return tbody tr:first-child td");
    assert_eq!(cells[3..], ["1", "0", "1", "0", "1"], "not kept once measured, and disputed");
    let targets = site.get("office", &page.attributes("table.return tbody a", "href")[0]).await;
    let shown = targets.texts("ul.counts b");
    assert_eq!([format!("{}%", cells[0]), format!("{}%", cells[1])], [shown[0].clone(), shown[1].clone()]);
    let disputed = page.attributes("table.return tbody tr:first-child a", "href")[7].clone();
    assert_eq!(disputed, "/reports?place=ours&from=2026-11-23&on=2026-11-23#disputed");
    assert_eq!(site.get("office", disputed.trim_end_matches("#disputed")).await.texts("#disputed + ul a").len(), 1);

    // A week that is over is shown as of its last day.
    let before = site.get("office", "/returns/week_projects?period=2026-11-16").await;
    assert_eq!(before.texts("table.return tbody tr:first-child td")[3..], ["0", "0", "0", "0", "0"], "nothing was measured by then");
    let link = before.attributes("table.return tbody a", "href").remove(0);
    assert_eq!(link, "/targets?place=ours&on=2026-11-22");
    let then = site.get("office", &link).await;
    assert!(then.texts(".bar .quiet").contains(&"2026-11-22".to_owned()));
    assert_eq!(then.texts("div.notice").len(), 1, "the ledger began later, and the page says so");
    assert_eq!(then.texts("ul.counts b")[0], format!("{}%", before.texts("table.return tbody tr:first-child td")[0]));

    let month = site.get("office", "/returns/month_projects").await;
    let cells = month.texts("table.return tbody tr:first-child td");
    assert_eq!([&cells[0], &cells[1], &cells[3]], ["200", "—", "—"], "flats of two buildings; households and a state are not recorded");
    assert_eq!((cells[10].as_str(), cells[11].as_str()), ("2026-12-31", "38"));
    assert!(cells[12].starts_with('-'), "the mandated date cannot be kept: {cells:?}");
    let programmes = site.get("office", "/returns/month_programmes").await;
    assert_eq!(programmes.texts("table.return tbody th"), ["安置房", "合计", "安置房", "ours name"]);
    assert_eq!(programmes.attributes("table.return tbody tr:first-child a", "href")[0], "#of-resettlement");
    assert_eq!(programmes.texts("#of-resettlement").len(), 1, "what a row is made of stands under it");
    let asked = send_as_seen(&site, &month, &[("request_id", "return-0003"), ("remark", "So far.")]).await;
    assert_eq!((asked.status.as_u16(), asked.texts(".summary .quiet"), asked.texts("#field-remark")), (422, vec!["N-109".to_owned()], vec!["So far.".to_owned()]));
    assert_eq!(asked.attributes("#field-early", "value"), ["yes"]);
    let sent = send_as_seen(&site, &asked, &[("request_id", "return-0003"), ("early", "yes")]).await;
    assert_eq!(sent.status, 303, "{:?}", sent.texts(".summary li"));
    let pdf = site.get("office", "/returns/sent/return-0003/pdf").await;
    assert!(pdf.body.starts_with("%PDF-"));
    // Flats, the mandated date and its float of a month are those of its last day, when it is sent as well.
    assert!(site.site.clock.advance(site.site.clock.now() + 216.hours()));
    let flats = async || {
        let page = site.get("office", "/returns/month_projects?period=2026-11-01").await;
        let source = page.attributes("table.return tbody tr:first-child a", "href").remove(0);
        let cells = page.texts("table.return tbody tr:first-child td");
        (cells[0].clone(), cells[12] != "—", source)
    };
    let november = flats().await;
    assert_eq!(november, ("200".to_owned(), true, "/places/ours?as_of=2026-11-30".to_owned()));
    let form = site.get("office", "/places/ours-b1/amend").await;
    let mut fields: Vec<(String, String)> = form.attributes("form[action='/places/ours-b1/amend'] input[name]", "name").into_iter()
        .zip(form.attributes("form[action='/places/ours-b1/amend'] input[name]", "value")).collect();
    for (name, value) in &mut fields {
        match name.as_str() {
            "flats" => *value = "120".into(),
            "reason" => *value = "counted anew".into(),
            _ => {}
        }
    }
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let amended = site.post("office", "/places/ours-b1/amend", &fields).await;
    assert_eq!(amended.status, 303, "{:?}", amended.texts(".summary li"));
    assert_eq!(flats().await, november);
    site
});

on_both_databases!(a_period_that_is_over_has_the_figures_of_its_end, |site| async move {
    let site = active(site.with_cast().await).await;
    let first = [("building", "ours-b1"), ("on", "2026-11-23"), ("done.ours-b1/pit", "900"), ("request_id", "report-0001")];
    assert_eq!(site.post("builder", "/reports/new", &first).await.status, 303);
    assert_eq!(site.post("wei", "/reports/report-0001/confirm", &[]).await.status, 303);
    assert!(site.site.clock.advance(site.site.clock.now() + 168.hours()));
    let second = [("building", "ours-b2"), ("on", "2026-11-30"), ("done.ours-b2/pit", "900"), ("request_id", "report-0002")];
    assert_eq!(site.post("builder", "/reports/new", &second).await.status, 303);
    settled(&site).await;
    let counts = async |week: &str| {
        let page = site.get("office", &format!("/returns/week_projects?period={week}")).await;
        let source = page.attributes("table.return tbody tr:first-child a", "href").remove(3);
        let shown = site.get("office", &source).await.texts("ul.counts b").pop();
        (page.texts("table.return tbody tr:first-child td")[3..5].join(" "), source, shown.unwrap_or_default())
    };
    let expected = |cells: &str, source: &str, shown: &str| (cells.to_owned(), source.to_owned(), shown.to_owned());
    let first_week = expected("1 1", "/targets?place=ours&on=2026-11-29", "1 / 1");
    assert_eq!(counts("2026-11-23").await, first_week, "measured, and confirmed of them, when the week was over; and there it is found");
    assert_eq!(counts("2026-11-30").await, expected("2 1", "/targets?place=ours&on=2026-11-30", "1 / 2"));
    // Who reports on the same work again takes nothing off what was confirmed of the days before.
    let again = [("building", "ours-b1"), ("on", "2026-11-30"), ("done.ours-b1/pit", "1000"), ("request_id", "report-0003")];
    assert_eq!(site.post("builder", "/reports/new", &again).await.status, 303);
    settled(&site).await;
    assert_eq!(counts("2026-11-23").await, first_week);
    assert_eq!(counts("2026-11-30").await.0, "2 0");

    // A plan that came later is no measure of the days before it.
    let shares = async || {
        let weeks = ["2026-11-16", "2026-11-23", "2026-11-30"].map(|week| format!("/returns/week_projects?period={week}"));
        let mut planned = Vec::new();
        for week in &weeks {
            planned.push(site.get("office", week).await.texts("table.return tbody tr:first-child td")[..2].join(" of which "));
        }
        planned
    };
    let before = shares().await;
    let drafted = site.post("office", "/plans/ours/template", &[("template", "resettlement_tower"), ("start", "2026-11-02")]).await;
    let approved = site.post("chief", drafted.location(), &[("reason", "begins anew")]).await;
    assert_eq!(approved.location(), "/plans/ours", "{:?}", approved.texts(".summary li"));
    settled(&site).await;
    let after = shares().await;
    assert_eq!(after[..2], before[..2], "weeks before it are held to the plan of then");
    assert_ne!(after[2], before[2], "and this one to the new plan");
    // Nor is one that plans twice as much of everything.
    let exported = site.get("office", &format!("{}/export/json", drafted.location())).await.body;
    let mut plan: serde_json::Value = serde_json::from_str(&exported).unwrap();
    for activity in plan["activities"].as_array_mut().unwrap() {
        if let Some(total) = activity["quantity"]["total"].as_f64() {
            activity["quantity"]["total"] = (total * 2.0).into();
        }
    }
    let body = format!("--x\r\nContent-Disposition: form-data; name=\"plan_file\"; filename=\"plan.json\"\r\n\r\n{plan}\r\n--x--\r\n");
    let shown = site.post_bytes("office", "/import?project=ours", "multipart/form-data; boundary=x", body.into_bytes()).await;
    let request_id = shown.attributes("form[action='/import/shown'] input[name=request_id]", "value").remove(0);
    let doubled = site.post("office", "/import/shown", &[("project", "ours"), ("request_id", &request_id)]).await;
    let approved = site.post("chief", doubled.location(), &[("reason", "twice as much")]).await;
    assert_eq!(approved.location(), "/plans/ours", "{:?}", approved.texts(".summary li"));
    settled(&site).await;
    let doubled = shares().await;
    assert_eq!(doubled[..2], before[..2], "what was done of the plan of then stays done of it");
    assert_ne!(doubled[2], after[2]);
    let day = site.get("office", "/returns/day_projects?period=2026-11-23").await;
    assert_ne!(day.texts("table.return tbody tr:first-child td")[5], "—", "red work is of that day");
    site
});

on_both_databases!(a_district_adopts_the_form_its_city_asks_for, |site| async move {
    let site = active(site.with_cast().await).await;
    settled(&site).await;
    // Who governs sees what can be asked for; who does not reads the list.
    assert_eq!(site.get("builder", "/returns/forms/new").await.status, 403);
    assert_eq!(site.get("builder", "/returns/forms").await.texts("tbody tr").len(), 4);
    assert_eq!(site.get("admin", "/returns/forms").await.status, 404);
    let fields = [
        ("name", "City weekly"), ("return_period", "week"), ("return_rows", "projects"), ("due_days", "2"), ("from", "2026-11-01"),
        ("source", "City notice 12"), ("reason", "asked for since November"), ("request_id", "city-weekly"),
        ("at.red", "2"), ("at.buildings", "1"), ("heading.buildings", "Blocks"), ("heading.flats", "not asked for"),
    ];
    let with = |name: &'static str, value: &'static str| -> Vec<(&str, &str)> { fields.iter().map(|field| if field.0 == name { (name, value) } else { *field }).collect() };
    let refused = [("at.red", "1", "N-120"), ("at.red", "0", "G-107"), ("at.red", "soon", "G-107"), ("due_days", "many", "G-107"), ("due_days", "91", "N-116"), ("from", "2026-02-30", "G-106"), ("name", "", "N-112"), ("source", "", "N-114"), ("return_period", "fortnight", "G-108")];
    for (name, value, code) in refused {
        let page = site.post("office", "/returns/forms/new", &with(name, value)).await;
        assert_eq!((page.status.as_u16(), page.texts(".summary .quiet")), (422, vec![code.to_owned()]), "{name} = {value}");
        assert_eq!(page.attributes("input[name='heading.buildings']", "value"), ["Blocks"], "and the form is still filled");
    }
    assert_eq!(site.post("builder", "/returns/forms/new", &fields).await.status, 403);
    let adopted = site.post("office", "/returns/forms/new", &fields).await;
    assert_eq!((adopted.status.as_u16(), adopted.location()), (303, "/returns/city-weekly"), "{:?}", adopted.texts(".summary li"));
    let preview = site.get("office", "/returns/city-weekly").await;
    assert_eq!(preview.texts("table.return thead th"), ["项目", "Blocks", "红灯（处）"], "in its order, and by its own words");
    assert!(preview.texts("h1")[0].starts_with("City weekly"));
    assert!(preview.body.contains("City notice 12"));
    assert!(site.get("office", "/returns").await.body.contains("City weekly"));
    // The unit is the district at first, and then the one that reported last.
    assert_eq!(preview.attributes("input[name=reporting_unit]", "value"), ["district name"]);
    let nobody = send_as_seen(&site, &preview, &[("reporting_unit", " "), ("early", "yes")]).await;
    assert_eq!((nobody.status.as_u16(), nobody.texts(".summary .quiet")), (422, vec!["N-111".to_owned()]));
    let sent = send_as_seen(&site, &preview, &[("request_id", "return-0001"), ("reporting_unit", "Headquarters"), ("early", "yes")]).await;
    assert_eq!(sent.status, 303, "{:?}", sent.texts(".summary li"));
    assert_eq!(site.get("office", "/returns/day_projects").await.attributes("input[name=reporting_unit]", "value"), ["Headquarters"]);
    let book = site.get("office", "/returns/sent/return-0001/xlsx").await;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(book.bytes)).unwrap();
    let form = book.worksheet_range("报表").unwrap();
    let at = |row, column| form.get_value((row, column)).map_or_else(String::new, ToString::to_string);
    assert_eq!((at(0, 0), at(2, 1)), ("City weekly 2026-11-16 – 2026-11-22".to_owned(), "Blocks".to_owned()));
    assert!(at(1, 0).contains("填报单位：Headquarters") && at(1, 0).contains("填表人："), "{}", at(1, 0));
    assert!(site.get("office", "/returns/sent/return-0001/pdf").await.body.starts_with("%PDF-"));

    // A copy begins filled; a form that is no longer asked for ends, and what was sent by it stays.
    let copy = site.get("office", "/returns/forms/new?copy=city-weekly").await;
    assert_eq!([copy.attributes("input[name='at.red']", "value"), copy.attributes("input[name='heading.buildings']", "value")], [["2"], ["Blocks"]]);
    let again: Vec<(&str, &str)> = fields.iter().map(|field| if field.0 == "request_id" { ("request_id", "city-again") } else { *field }).collect();
    assert_eq!(site.post("office", "/returns/forms/new", &again).await.texts(".summary .quiet"), ["N-113"]);
    let early = site.post("office", "/returns/forms/city-weekly/end", &[("to", "2026-11-21"), ("reason", "x")]).await;
    assert_eq!(early.texts(".summary .quiet"), ["N-118"]);
    assert_eq!(site.post("builder", "/returns/forms/city-weekly/end", &[("to", "2026-11-29"), ("reason", "x")]).await.status, 403);
    assert_eq!(site.post("office", "/returns/forms/city-weekly/end", &[("to", "2026-11-29"), ("reason", "replaced")]).await.status, 303);
    assert!(site.site.clock.advance(site.site.clock.now() + 240.hours()));
    let after = site.get("office", "/returns/city-weekly?period=2026-12-01").await;
    assert_eq!(after.status, 422);
    assert!(after.body.contains("N-110"));
    assert_eq!(site.get("office", "/returns/sent/return-0001").await.texts("h1")[0], "City weekly · 2026-11-16 – 2026-11-22");
    assert_eq!(site.post("office", "/returns/forms/day_projects/end", &[("to", "2026-11-30"), ("reason", "the city has its own")]).await.status, 303, "one of the program's as well");
    assert_eq!(site.get("office", "/returns/forms/nothing/end").await.status, 404);
    site
});
