//! Diaries as papers, made of the facts of reports: what a site did day by day (施工日志), and how its supervision engineer
//! judged it (监理日志). Nothing is written twice; what a report does not say a diary does not say.

use super::model::Content;
use super::store::{self, Judgement, Report};
use crate::db::Conn;
use crate::features::authority::{Verb, missing};
use crate::features::places::store::Place;
use crate::features::places::tree::Tree;
use crate::features::targets::model::Grade;
use crate::features::targets::pages::delivered;
use crate::features::{identity, plan};
use crate::refusal::Refusal;
use crate::web::Site;
use crate::web::extract::Query;
use crate::web::papers;
use crate::web::problem::Problem;
use crate::web::visitor::Visitor;
use axum::extract::{Path, State};
use axum::response::Response;
use guatu_formats::documents::{Block, Form, Paper};
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet, HashMap};

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
pub(super) struct Asked {
    from: Option<Date>,
    to: Option<Date>,
}

/// `GET /reports/diary/{keeper}/{place}/{format}?from=&to=`: a diary as `pdf` or `docx`.
pub(super) async fn paper(
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
        return Err(Refusal { params: vec![("from", earliest.to_string()), ("to", to.to_string())], ..super::pages::rule("R-139", "from") }.into());
    }
    let tree = site.domain.places.tree(&mut conn).await?;
    let diary = Diary { site: &site, visitor: &visitor, tree: &tree, names: identity::names(&mut conn).await?, place: &place, keeper };
    let paper = diary.compose(&mut conn, from, to).await?;
    drop(conn);
    papers::download(&visitor, paper, &format, &format!("guatu-diary-{}-{from}", keeper.name())).await
}

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
                for report in store::between(conn, from, to).await? {
                    let Some(building) = readable(&report.building) else { continue };
                    days.entry(report.on).or_default().push(self.of_site(conn, building, &report).await?);
                    keepers.insert(self.name(Some(&report.filed_by)));
                }
            }
            Keeper::Supervision => {
                for judgement in store::supervised(conn, from, to).await? {
                    let Some(building) = readable(&judgement.building) else { continue };
                    days.entry(judgement.judged_on).or_default().push(self.of_supervision(building, &judgement));
                    keepers.insert(self.name(Some(&judgement.judged_by)));
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

    async fn of_site(&self, conn: &mut Conn, building: &Place, report: &Report) -> Result<Vec<String>, Problem> {
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
        let said = |lines: Vec<String>| self.visitor.list(lines);
        Ok(vec![building.attributes.name.clone(), said(work), said(self.means(&report.content)), said(self.hindered(&report.content)), judged])
    }

    /// Hands, machines and days of cover.
    fn means(&self, content: &Content) -> Vec<String> {
        let groups = [("trade", &content.hands), ("machine", &content.machines)];
        let mut means: Vec<String> = groups.iter().flat_map(|(prefix, counts)| counts.iter().map(move |(word, count)| format!("{} {count}", self.visitor.t(&format!("{prefix}.{word}"))))).collect();
        means.extend(super::sheet::on_hand(self.visitor, content));
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
