//! What concerns whom: facts of other features become notices. Pure but for the derived tables that earlier facts made, so a
//! replay gives the same rows; nothing is sent from here.
//!
//! A fact names its parties by their part in it (`lead`, `drafter`, `owner`); `rules/messages.toml` says which of them is told.
//! Plans of inspections are no facts before they are opened, and no fact of an inspection is told before its conclusion.

use super::model::{Party, is_urgent};
use super::rules;
use super::store::insert_notice;
use crate::db::Conn;
use crate::features::authority::Verb;
use crate::features::bulletin::model::Fact as BulletinFact;
use crate::features::closings::model::Fact as ClosingFact;
use crate::features::contingencies::model::Fact as ContingencyFact;
use crate::features::duties::model::Fact as DutyFact;
use crate::features::gates::model::Fact as GateFact;
use crate::features::hazards::model::{Fact as HazardFact, Grade};
use crate::features::identity::model::Fact as IdentityFact;
use crate::features::instructions::model::Fact as InstructionFact;
use crate::features::inspections::model::Fact as InspectionFact;
use crate::features::orders::model::{Fact as OrderFact, Stage};
use crate::features::plan::model::Fact as PlanFact;
use crate::features::problems::model::Fact as ProblemFact;
use crate::features::reports::model::Fact as ReportFact;
use crate::features::round::model::Fact as RoundFact;
use crate::features::{Fact as AnyFact, bulletin, contingencies, duties, hazards, instructions, orders, plan, problems, reports, round};
use crate::journal::domain::Entry;
use crate::web::problem::form_urlencoded;
use anyhow::Result;
use jiff::civil::Date;

/// Characters of a text that make a title.
const TITLE_CHARS: usize = 60;

/// What a fact tells, before it is known to whom.
struct Heard {
    fact: &'static str,
    /// Parties by their part in the fact.
    parties: Vec<(&'static str, Party)>,
    not_unit: Option<String>,
    place: String,
    title: String,
    word: String,
    due: Option<Date>,
    due_at: Option<String>,
    link: String,
    is_urgent: bool,
}

impl Heard {
    fn new(fact: &'static str, entry: &Entry<AnyFact>, title: &str, link: impl Into<String>) -> Heard {
        let line = title.lines().next().unwrap_or_default();
        Heard {
            fact,
            parties: Vec::new(),
            not_unit: None,
            place: entry.place.clone(),
            title: line.chars().take(TITLE_CHARS).collect(),
            word: String::new(),
            due: None,
            due_at: None,
            link: link.into(),
            is_urgent: false,
        }
    }

    fn to(mut self, part: &'static str, party: Party) -> Heard {
        self.parties.push((part, party));
        self
    }

    fn account(self, part: &'static str, account: Option<&String>) -> Heard {
        match account {
            Some(account) => self.to(part, Party::Account(account.clone())),
            None => self,
        }
    }

    fn at(mut self, place: &str) -> Heard {
        self.place = place.to_owned();
        self
    }

    fn due(mut self, due: Option<Date>) -> Heard {
        self.due = due;
        self
    }
}

/// Notes whom a fact concerns.
pub async fn hear(conn: &mut Conn, entry: &Entry<AnyFact>) -> Result<()> {
    let heard = match &entry.fact {
        AnyFact::Orders(fact) => order(conn, entry, fact).await?.into_iter().collect(),
        AnyFact::Problems(fact) => problem(conn, entry, fact).await?.into_iter().collect(),
        AnyFact::Reports(ReportFact::Disputed { .. }) => report(conn, entry).await?.into_iter().collect(),
        AnyFact::Rounds(fact) => decision(conn, entry, fact).await?.into_iter().collect(),
        AnyFact::Duties(DutyFact::Raised { due, duties }) => raised(conn, entry, *due, duties).await?,
        AnyFact::Instructions(fact) => instruction(conn, entry, fact).await?.into_iter().collect(),
        AnyFact::Contingencies(ContingencyFact::Fired { .. }) => fired(conn, entry).await?.into_iter().collect(),
        AnyFact::Hazards(fact) => hazard(conn, entry, fact).await?.into_iter().collect(),
        AnyFact::Gates(fact) => gate(entry, fact).into_iter().collect(),
        AnyFact::Plans(fact) => date(conn, entry, fact).await?.into_iter().collect(),
        AnyFact::Closings(fact) => closing(entry, fact).into_iter().collect(),
        AnyFact::Bulletins(fact) => printed(conn, entry, fact).await?,
        AnyFact::Inspections(fact) => inspection(entry, fact).into_iter().collect(),
        AnyFact::Identity(IdentityFact::PostGranted { account, role, place, .. }) => {
            let at = place.as_deref().unwrap_or("-");
            let mut heard = Heard::new("identity.post_granted", entry, "", "/desk").at(at).account("holder", Some(account));
            heard.word = format!("role.{}", role.name());
            vec![heard]
        }
        _ => return Ok(()),
    };
    let mut ordinal = 0;
    for one in heard {
        for kind in rules::kinds().iter().filter(|kind| kind.fact == one.fact) {
            for (_, party) in one.parties.iter().filter(|(part, _)| kind.to.iter().any(|to| to == part)) {
                insert_notice(conn, entry, ordinal, &super::store::NewNotice {
                    kind: &kind.id,
                    party,
                    not_unit: one.not_unit.as_deref(),
                    place: &one.place,
                    title: &one.title,
                    word: &one.word,
                    due_on: one.due,
                    due_at: one.due_at.as_deref(),
                    link: &one.link,
                    is_urgent: is_urgent(kind.urgency, one.is_urgent),
                })
                .await?;
                ordinal += 1;
            }
        }
    }
    Ok(())
}

async fn order(conn: &mut Conn, entry: &Entry<AnyFact>, fact: &OrderFact) -> Result<Option<Heard>> {
    let name = match fact {
        // What an inspection drafts it issues at once.
        OrderFact::Drafted { by: None, .. } => "orders.drafted",
        OrderFact::Approved {} => "orders.approved",
        OrderFact::Issued { .. } => "orders.issued",
        OrderFact::Urged { .. } => "orders.urged",
        OrderFact::ExtensionAsked { .. } => "orders.extension_asked",
        OrderFact::Extended { .. } => "orders.extended",
        OrderFact::ExtensionRefused { .. } => "orders.extension_refused",
        OrderFact::Paused { .. } => "orders.paused",
        OrderFact::Resumed { .. } => "orders.resumed",
        OrderFact::Reported { .. } => "orders.reported",
        OrderFact::Returned { .. } => "orders.returned",
        OrderFact::Closed { .. } => "orders.closed",
        OrderFact::Reopened { .. } => "orders.reopened",
        OrderFact::Withdrawn { .. } => "orders.withdrawn",
        OrderFact::Rung { .. } => "orders.rung",
        OrderFact::Redated { .. } => "orders.redated",
        _ => return Ok(None),
    };
    let Some(order) = orders::store::order(conn, &entry.subject).await? else { return Ok(None) };
    let known = &order.known;
    // Of a draft that is taken back the unit has never heard.
    if known.stage == Stage::Withdrawn && known.terms(1).is_none() {
        return Ok(None);
    }
    let mut heard = Heard::new(name, entry, &order.title, format!("/orders/{}", known.id))
        .to("lead", Party::Unit(known.lead.clone()))
        .to("approvers", Party::Verb(Verb::Approve))
        .to("judges", Party::Verb(Verb::Govern))
        .to("drafter", Party::Account(known.drafted_by().to_owned()))
        .due(known.told());
    heard.parties.extend(known.supporting.iter().map(|unit| ("supporting", Party::Unit(unit.clone()))));
    // The fact tells a day; of a clock that counts hours the minute follows from its ticks.
    heard.due_at = known.budget(known.round).and_then(|budget| budget.due()).filter(|due| !due.is_day && Some(due.on()) == heard.due).map(|due| due.text());
    heard.is_urgent = known.terms(known.round).is_some_and(|terms| terms.is_urgent);
    match fact {
        OrderFact::Rung { round, rung, .. } => {
            heard.word = known.ladder(*round).and_then(|ladder| ladder.rung(rung)).map(|rung| format!("order_act.{}", rung.act.name())).unwrap_or_default();
        }
        OrderFact::ExtensionAsked { until, .. } => {
            (heard.due, heard.due_at) = (Some(*until), None);
            heard.not_unit = Some(known.lead.clone());
        }
        OrderFact::Reported { .. } => heard.not_unit = Some(known.lead.clone()),
        _ => {}
    }
    Ok(Some(heard))
}

async fn problem(conn: &mut Conn, entry: &Entry<AnyFact>, fact: &ProblemFact) -> Result<Option<Heard>> {
    let name = match fact {
        ProblemFact::Opened { .. } => "problems.opened",
        ProblemFact::Handed { .. } => "problems.handed",
        ProblemFact::Answered { .. } => "problems.answered",
        ProblemFact::Closed { .. } => "problems.closed",
        ProblemFact::Settled {} => return Ok(None),
    };
    let Some(problem) = problems::store::problem(conn, &entry.subject).await? else { return Ok(None) };
    let heard = Heard::new(name, entry, &problem.content, format!("/problems/{}", problem.id))
        .account("owner", problem.owner.as_ref())
        .account("raiser", Some(&problem.raised_by))
        .due(problem.answer.as_ref().map(|(.., by)| *by));
    Ok(Some(heard))
}

async fn report(conn: &mut Conn, entry: &Entry<AnyFact>) -> Result<Option<Heard>> {
    let Some(report) = reports::store::report(conn, &entry.subject).await? else { return Ok(None) };
    Ok(Some(Heard::new("reports.disputed", entry, &report.on.to_string(), format!("/reports/{}", report.id)).account("author", Some(&report.filed_by))))
}

async fn decision(conn: &mut Conn, entry: &Entry<AnyFact>, fact: &RoundFact) -> Result<Option<Heard>> {
    let name = match fact {
        RoundFact::Decided { .. } => "round.decided",
        RoundFact::Finished { .. } => "round.finished",
        RoundFact::Seen { .. } | RoundFact::Minuted { .. } => return Ok(None),
    };
    let Some(decision) = round::store::decision(conn, &entry.subject).await? else { return Ok(None) };
    let heard = Heard::new(name, entry, &decision.content, format!("/round?place={}", form_urlencoded(&decision.place)))
        .account("owner", Some(&decision.owner))
        .account("decider", Some(&decision.decided_by))
        .due(Some(decision.due));
    Ok(Some(heard))
}

async fn raised(conn: &mut Conn, entry: &Entry<AnyFact>, due: Date, raised: &[duties::model::Raised]) -> Result<Vec<Heard>> {
    let mut heard = Vec::new();
    // What names no owner is owed by nobody; the page of duties says so.
    for one in raised.iter().filter(|one| one.owner.is_some()) {
        let Some(duty) = duties::store::duty(conn, &one.duty).await? else { continue };
        heard.push(
            Heard::new("duties.raised", entry, &duty.name, format!("/duties/{}", duty.id))
                .at(&one.place)
                .account("owner", one.owner.as_ref())
                .due(Some(due)),
        );
    }
    Ok(heard)
}

/// Units are told whether or not their people see the place that an instruction is about.
async fn instruction(conn: &mut Conn, entry: &Entry<AnyFact>, fact: &InstructionFact) -> Result<Option<Heard>> {
    let (name, units, due) = match fact {
        InstructionFact::Conveyed { units, due } => ("instructions.conveyed", units.clone(), *due),
        InstructionFact::Assigned { unit, due, .. } => ("instructions.assigned", vec![unit.clone()], Some(*due)),
        _ => return Ok(None),
    };
    let Some(whole) = instructions::store::instruction(conn, &entry.subject).await? else { return Ok(None) };
    let title = match fact {
        InstructionFact::Assigned { content, .. } => content,
        _ => &whole.subject,
    };
    let mut heard = Heard::new(name, entry, title, format!("/instructions/{}", whole.id)).at("-").due(due);
    heard.parties.extend(units.into_iter().map(|unit| ("unit", Party::Unit(unit))));
    Ok(Some(heard))
}

async fn fired(conn: &mut Conn, entry: &Entry<AnyFact>) -> Result<Option<Heard>> {
    let Some(plan) = contingencies::store::contingency(conn, &entry.subject).await? else { return Ok(None) };
    let heard = Heard::new("contingencies.fired", entry, &plan.terms.document, format!("/contingencies/{}", plan.id))
        .to("unit", Party::Unit(plan.terms.unit.clone()))
        .to("governors", Party::Verb(Verb::Govern));
    Ok(Some(heard))
}

async fn hazard(conn: &mut Conn, entry: &Entry<AnyFact>, fact: &HazardFact) -> Result<Option<Heard>> {
    let name = match fact {
        HazardFact::Found { .. } => "hazards.found",
        HazardFact::Raised { .. } => "hazards.raised",
        HazardFact::Lowered { .. } => "hazards.lowered",
        HazardFact::WorkStopped { .. } => "hazards.work_stopped",
        HazardFact::WorkResumed {} => "hazards.work_resumed",
        HazardFact::Repaired { .. } => "hazards.repaired",
        HazardFact::Rechecked { is_done: false, .. } => "hazards.rechecked",
        HazardFact::Asked { .. } => "hazards.asked",
        HazardFact::Disregarded { .. } => "hazards.disregarded",
        _ => return Ok(None),
    };
    let Some(hazard) = hazards::store::hazard(conn, &entry.subject).await? else { return Ok(None) };
    let mut heard = Heard::new(name, entry, &hazard.content, format!("/hazards/{}", hazard.id))
        .account("remedier", Some(&hazard.remedy.person))
        .to("site", Party::Verb(Verb::Report))
        .to("engineers", Party::Verb(Verb::Confirm))
        .due(Some(hazard.remedy.due));
    if let HazardFact::Disregarded { building, .. } = fact {
        heard = heard.at(building);
    }
    // An ordinary hazard is a matter between who found it and who puts it right.
    if !matches!(fact, HazardFact::Found { grade: Grade::Ordinary, .. }) {
        heard = heard.to("governors", Party::Verb(Verb::Govern));
    }
    Ok(Some(heard))
}

fn gate(entry: &Entry<AnyFact>, fact: &GateFact) -> Option<Heard> {
    let (name, gate) = match fact {
        GateFact::Filed { gate, .. } => ("gates.filed", gate),
        GateFact::Returned { gate, .. } => ("gates.returned", gate),
        GateFact::Confirmed { .. } | GateFact::Withdrawn { .. } => return None,
    };
    let mut heard = Heard::new(name, entry, "", format!("/gates/{}#{gate}", form_urlencoded(&entry.place)))
        .to("engineers", Party::Verb(Verb::Confirm))
        .to("site", Party::Verb(Verb::Report));
    heard.word = format!("value.gate_{gate}");
    Some(heard)
}

async fn date(conn: &mut Conn, entry: &Entry<AnyFact>, fact: &PlanFact) -> Result<Option<Heard>> {
    let (name, title, due, link) = match fact {
        PlanFact::Drafted { .. } => ("plan.drafted", String::new(), None, format!("/plan-versions/{}", entry.subject)),
        PlanFact::Mandated { name, finish_by, project, .. } => ("plan.mandated", name.clone(), Some(*finish_by), format!("/plans/{}", form_urlencoded(project))),
        PlanFact::ChangeRequested { mandate, finish_by, .. } => {
            let name = plan::store::mandate(conn, mandate).await?.map(|mandate| mandate.name).unwrap_or_default();
            ("plan.change_requested", name, Some(*finish_by), format!("/mandate-requests/{}", entry.subject))
        }
        PlanFact::ChangeAnswered { mandate, .. } => {
            let found = plan::store::mandate(conn, mandate).await?;
            let due = found.as_ref().map(|mandate| mandate.finish_by);
            let name = found.map(|mandate| mandate.name).unwrap_or_default();
            ("plan.change_answered", name, due, format!("/plans/{}", form_urlencoded(&entry.place)))
        }
        _ => return Ok(None),
    };
    let heard = Heard::new(name, entry, &title, link)
        .to("planners", Party::Verb(Verb::Plan))
        .to("approvers", Party::Verb(Verb::Approve))
        .to("commanders", Party::Verb(Verb::Mandate))
        .due(due);
    Ok(Some(heard))
}

fn closing(entry: &Entry<AnyFact>, fact: &ClosingFact) -> Option<Heard> {
    let (name, title, link) = match fact {
        ClosingFact::Given { kind, from, to, .. } => {
            ("closings.given", format!("{from} – {to}"), format!("/closings?kind={kind}"))
        }
        ClosingFact::Returned { .. } => ("closings.returned", String::new(), "/closings".to_owned()),
        ClosingFact::Accepted {} => return None,
    };
    let heard = Heard::new(name, entry, &title, link).to("governors", Party::Verb(Verb::Govern)).to("site", Party::Verb(Verb::Report));
    Some(heard)
}

async fn printed(conn: &mut Conn, entry: &Entry<AnyFact>, fact: &BulletinFact) -> Result<Vec<Heard>> {
    let name = match fact {
        BulletinFact::Reviewed {} => "bulletin.reviewed",
        BulletinFact::Issued { .. } => "bulletin.issued",
        BulletinFact::Chosen { .. } => "bulletin.chosen",
        BulletinFact::Objected { .. } => "bulletin.objected",
        _ => return Ok(Vec::new()),
    };
    let Some(bulletin) = bulletin::store::bulletin(conn, &entry.subject).await? else { return Ok(Vec::new()) };
    let heard = || Heard::new(name, entry, &format!("{} – {}", bulletin.from, bulletin.to), format!("/bulletins/{}", bulletin.id));
    Ok(match fact {
        BulletinFact::Objected { project, .. } => vec![heard().at(project).account("drafter", Some(&bulletin.drafted_by))],
        BulletinFact::Chosen { .. } => {
            // Those who have answered of a photograph are not asked again.
            let asked = bulletin::store::photos(conn, &bulletin.id).await?.into_iter().filter(|one| one.is_allowed.is_none());
            let mut buildings: Vec<String> = asked.map(|one| one.photo.building).collect();
            buildings.sort();
            buildings.dedup();
            buildings.iter().map(|building| heard().at(building).to("photographers", Party::Verb(Verb::Report))).collect()
        }
        _ => bulletin.figures.lines.iter().map(|line| heard().at(&line.project).to("named", Party::Verb(Verb::Plan))).collect(),
    })
}

fn inspection(entry: &Entry<AnyFact>, fact: &InspectionFact) -> Option<Heard> {
    let name = match fact {
        InspectionFact::Concluded { .. } => "inspections.concluded",
        InspectionFact::Objected { .. } => "inspections.objected",
        InspectionFact::Answered { .. } => "inspections.answered",
        _ => return None,
    };
    let heard = Heard::new(name, entry, "", format!("/inspections/{}", entry.subject))
        .to("site", Party::Verb(Verb::Report))
        .to("governors", Party::Verb(Verb::Govern));
    Some(heard)
}
