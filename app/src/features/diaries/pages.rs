//! Diaries as papers.

use super::gather::{self, Happening};
use crate::db::Conn;
use crate::features::authority::{Verb, missing};
use crate::features::places::store::Place;
use crate::features::places::tree::Tree;
use crate::features::reports::model::Content;
use crate::features::reports::sheet::on_hand;
use crate::features::reports::store::{self, Judgement, Report};
use crate::features::targets::model::Grade;
use crate::features::targets::pages::delivered;
use crate::features::{identity, plan};
use crate::refusal::{Reason, Refusal};
use crate::web::Site;
use crate::web::extract::Query;
use crate::web::papers;
use crate::web::problem::Problem;
use crate::web::visitor::Visitor;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use guatu_formats::documents::{Block, Form, Paper};
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Routes of this feature.
pub fn routes() -> Router<Site> {
    Router::new().route("/reports/diary/{keeper}/{place}/{format}", get(paper))
}

/// Days of one diary: a month, whatever it is called.
const MOST_DAYS: i32 = 31;
/// Lines of a day: more buildings make a diary of their own.
const MOST_LINES: usize = 100;

/// Names over a diary: more people do not fit in its head.
const KEEPERS_NAMED: usize = 3;

/// Whose diary it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keeper {
    /// The site's.
    Site,
    /// The supervision engineer's.
    Supervision,
}

impl Keeper {
    fn from_name(name: &str) -> Option<Keeper> {
        [Keeper::Site, Keeper::Supervision].into_iter().find(|keeper| keeper.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Keeper::Site => "site",
            Keeper::Supervision => "supervision",
        }
    }
}

/// The days an address asks for; the month up to today when it asks for none.
#[derive(Debug, Default, serde::Deserialize)]
struct Asked {
    from: Option<Date>,
    to: Option<Date>,
}

/// `GET /reports/diary/{keeper}/{place}/{format}?from=&to=`: a diary as `pdf` or `docx`.
async fn paper(
    State(site): State<Site>,
    visitor: Visitor,
    Path((keeper, place, format)): Path<(String, String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let place = visitor.place(&mut conn, &place).await?;
    let keeper = Keeper::from_name(&keeper).ok_or_else(missing)?;
    let today = site.clock.today();
    let to = asked.to.unwrap_or(today).min(today);
    let from = asked.from.unwrap_or(to.first_of_month());
    if from > to || (to - from).get_days() >= MOST_DAYS {
        let earliest = to.saturating_sub(i64::from(MOST_DAYS - 1).days());
        let params = vec![("from", earliest.to_string()), ("to", to.to_string())];
        return Err(Refusal { code: "R-139", reason: Reason::Rule, params, field: Some("from") }.into());
    }
    let tree = site.domain.places.tree(&mut conn).await?;
    let diary = Diary { site: &site, visitor: &visitor, tree: &tree, names: identity::names(&mut conn).await?, place: &place, keeper };
    let paper = diary.compose(&mut conn, from, to).await?;
    drop(conn);
    papers::download(&visitor, paper, &format, &format!("guatu-diary-{}-{from}", keeper.name())).await
}

/// What a site's diary says of a place on a day.
#[derive(Default)]
struct Line {
    work: Vec<String>,
    means: Vec<String>,
    hindered: Vec<String>,
    judged: String,
}

/// Lines by day and place.
type Lines = BTreeMap<(Date, usize), Line>;

/// What a diary is made with.
struct Diary<'a> {
    site: &'a Site,
    visitor: &'a Visitor,
    tree: &'a Tree,
    names: HashMap<String, String>,
    place: &'a Place,
    keeper: Keeper,
}

impl Diary<'_> {
    async fn compose(&self, conn: &mut Conn, from: Date, to: Date) -> Result<Paper, Problem> {
        let mut days: BTreeMap<Date, Vec<Vec<String>>> = BTreeMap::new();
        // Whose words it holds stand over it, not who fetches it.
        let mut keepers: BTreeSet<String> = BTreeSet::new();
        let readable = |id: &str| {
            let building = self.tree.get(id).filter(|one| one.path.starts_with(&self.place.path))?;
            self.visitor.may(Verb::Read, &building.path).then_some(building)
        };
        match self.keeper {
            Keeper::Site => {
                let mut lines = Lines::new();
                for report in store::between(conn, from, to).await? {
                    let Some(building) = readable(&report.building) else { continue };
                    let line = self.of_site(conn, &report).await?;
                    lines.insert((report.on, self.position(building)), line);
                    keepers.insert(self.name(Some(&report.filed_by)));
                }
                self.stops(conn, &mut lines, (from, to)).await?;
                for one in gather::of_site(conn, &self.place.path, from, to).await? {
                    let Some(place) = readable(&one.place) else { continue };
                    lines.entry((one.on, self.position(place))).or_default().hindered.push(self.happened(&one));
                }
                for ((day, at), line) in lines {
                    let name = self.tree.places().get(at).map(|place| place.attributes.name.clone()).unwrap_or_default();
                    let said = |lines: Vec<String>| self.visitor.list(lines);
                    days.entry(day).or_default().push(vec![name, said(line.work), said(line.means), said(line.hindered), line.judged]);
                }
            }
            Keeper::Supervision => {
                for judgement in store::supervised(conn, from, to).await? {
                    let Some(building) = readable(&judgement.building) else { continue };
                    days.entry(judgement.judged_on).or_default().push(self.of_supervision(building, &judgement));
                    keepers.insert(self.name(Some(&judgement.judged_by)));
                }
                for one in gather::of_supervision(conn, &self.place.path, from, to).await? {
                    let Some(place) = readable(&one.place) else { continue };
                    let by = self.name(Some(&one.by));
                    keepers.insert(by.clone());
                    days.entry(one.on).or_default().push(vec![place.attributes.name.clone(), String::new(), self.visitor.t(&one.fact), self.content(&one), by]);
                }
            }
        }
        let t = |key: &str| self.visitor.t(key);
        let columns: &[(&str, u32, bool)] = match self.keeper {
            Keeper::Site => &[("place_kind.building", 4, false), ("diary.work", 9, false), ("diary.means", 8, false), ("diary.hindered", 6, false), ("diary.judged", 5, false)],
            Keeper::Supervision => &[("place_kind.building", 5, false), ("diary.report_of", 5, false), ("diary.judgement", 4, false), ("diary.reason", 10, false), ("diary.by", 4, false)],
        };
        let mut blocks = Vec::new();
        for (day, lines) in days {
            blocks.push(Block::Heading(day.to_string()));
            blocks.extend(papers::list(self.visitor, "", columns, lines, MOST_LINES));
        }
        if blocks.is_empty() {
            blocks.push(Block::Paragraph(t("diary.none")));
        }
        let key = self.keeper.name();
        let params = [("place", self.place.attributes.name.clone()), ("from", from.to_string()), ("to", to.to_string())];
        Ok(Paper {
            form: Form::Bulletin,
            masthead: t(&format!("diary.{key}")),
            office: self.visitor.list(keepers.into_iter().take(KEEPERS_NAMED)),
            date: self.site.clock.today().to_string(),
            title: self.visitor.tf(&format!("diary.{key}_title"), &params),
            blocks,
            copies: vec![self.visitor.tf("shell.as_of", &[("number", self.site.head().to_string())])],
            stamps: papers::stamps(self.site, self.visitor),
            ..Paper::default()
        })
    }

    fn name(&self, account: Option<&String>) -> String {
        account.and_then(|account| self.names.get(account)).cloned().unwrap_or_else(|| "—".to_owned())
    }

    fn judgement(&self, grade: Grade) -> String {
        self.visitor.t(&format!("grade.{}", grade.name()))
    }

    fn position(&self, place: &Place) -> usize {
        self.tree.position(&place.id).unwrap_or(usize::MAX)
    }

    /// What happened, by its name and what it was about.
    fn happened(&self, one: &Happening) -> String {
        let (fact, content) = (self.visitor.t(&one.fact), self.content(one));
        if content.is_empty() { fact } else { self.visitor.labelled(fact, &content) }
    }

    fn content(&self, one: &Happening) -> String {
        match &one.word {
            Some(word) => self.visitor.t(word),
            None => one.content.clone(),
        }
    }

    /// Work that stood by a major hazard, and alerts in force, on each of the days: at the stopped place, and beside what was
    /// reported there all the same.
    async fn stops(&self, conn: &mut Conn, lines: &mut Lines, (from, to): (Date, Date)) -> Result<(), Problem> {
        for stop in gather::stops(conn, self.tree, self.place, (from, to)).await? {
            let Some(at) = self.tree.get(&stop.place) else { continue };
            // Of a stop above the place the diary of the place speaks on its own line.
            let shown = if at.path.starts_with(&self.place.path) { at } else { self.place };
            if !self.visitor.may(Verb::Read, &shown.path) {
                continue;
            }
            let said = match stop.since {
                Some(since) => self.visitor.tf("diary.stopped", &[("date", since.to_string()), ("hazard", stop.what.clone())]),
                None => self.visitor.tf("diary.alert", &[("level", self.visitor.t(&stop.what)), ("notice", stop.notice.clone())]),
            };
            lines.entry((stop.on, self.position(shown))).or_default();
            let here = lines.range_mut((stop.on, 0)..=(stop.on, usize::MAX));
            for ((_, place), line) in here {
                let is_there = *place == self.position(shown) || (stop.since.is_some() && self.tree.places().get(*place).is_some_and(|place| place.path.starts_with(&at.path)));
                if is_there {
                    line.hindered.insert(0, said.clone());
                }
            }
        }
        Ok(())
    }

    async fn of_site(&self, conn: &mut Conn, report: &Report) -> Result<Line, Problem> {
        let mut work = Vec::new();
        for day in store::days_of_report(conn, &report.id).await? {
            let bar = plan::store::bar(conn, &day.project, &day.activity).await?;
            let name = bar.as_ref().map_or_else(|| day.activity.clone(), |bar| self.visitor.shown(&bar.name).into_owned());
            let unit = bar.and_then(|bar| bar.unit).unwrap_or_default();
            let amount_e3 = day.verified_e3.or(day.confirmed_e3).unwrap_or(day.reported_e3);
            work.push(format!("{name} {}", delivered(self.visitor, amount_e3, &unit)));
        }
        if report.is_unchanged {
            work.push(self.visitor.t("reports.unchanged"));
        }
        let judged = match report.grade {
            Grade::Reported => String::new(),
            _ => format!("{} {}", self.judgement(report.grade), self.name(report.judged_by.as_ref())),
        };
        Ok(Line { work, means: self.means(&report.content), hindered: self.hindered(&report.content), judged })
    }

    /// Hands, machines and days of cover.
    fn means(&self, content: &Content) -> Vec<String> {
        let groups = [("trade", &content.hands), ("machine", &content.machines)];
        let mut means: Vec<String> = groups.iter().flat_map(|(prefix, counts)| counts.iter().map(move |(word, count)| format!("{} {count}", self.visitor.t(&format!("{prefix}.{word}"))))).collect();
        means.extend(on_hand(self.visitor, content));
        means
    }

    /// Weather and whatever else stood in the way.
    fn hindered(&self, content: &Content) -> Vec<String> {
        let hours = content.weather_hours.map(|hours| format!("{} {hours}", self.visitor.t("field.weather_hours")));
        let hindrance = content.hindrance.as_ref().map(|one| format!("{} {}", self.visitor.t(&format!("hindrance.{}", one.kind)), one.remark));
        hours.into_iter().chain(hindrance).collect()
    }

    fn of_supervision(&self, building: &Place, judgement: &Judgement) -> Vec<String> {
        let reason = judgement.reason.clone().unwrap_or_default();
        vec![building.attributes.name.clone(), judgement.on.to_string(), self.judgement(judgement.grade), reason, self.name(Some(&judgement.judged_by))]
    }
}
