//! What an inspector takes along for a day without a signal: the sites of their own plans, and what is needed there.

use super::draw::RULES;
use super::known::Step;
use super::model::{Fact, Stage};
use super::pages::Names;
use super::pieces::MOST_PART_BYTES;
use super::sealing::Stop;
use super::{acts, checklists, store};
use crate::db::Conn;
use crate::features::authority::Verb;
use crate::features::orders;
use crate::features::reports::photos::MOST_BYTES;
use crate::web::Site;
use crate::web::extract::FILE_COUNT;
use crate::web::problem::Problem;
use crate::web::visitor::Visitor;
use axum::extract::State;
use axum::response::Json;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

/// Sites of a pack.
const MOST_SITES: usize = 40;
/// Places of a site.
pub(super) const MOST_PLACES: usize = 300;
/// Units to choose from at a site.
pub(super) const MOST_UNITS: usize = 60;
/// Open orders of a site.
const MOST_ORDERS: usize = 100;
/// Parts in which a phone begins to send photographs, in bytes: as much as a weak signal carries before it is gone again.
const PART_BYTES: usize = 1 << 18;

/// Something to choose: its id and its name.
#[derive(Debug, Serialize)]
struct Choice {
    id: String,
    name: String,
}

/// An item of a checklist.
#[derive(Debug, Serialize)]
struct ItemOf {
    id: String,
    name: String,
    points: u32,
    is_guarantee: bool,
}

#[derive(Debug, Serialize)]
struct TableOf {
    name: String,
    items: Vec<ItemOf>,
}

#[derive(Debug, Serialize)]
struct ChecklistOf {
    id: String,
    name: String,
    tables: Vec<TableOf>,
}

/// An open order at a site: what was found before, and whether it is put right.
#[derive(Debug, Serialize)]
struct OrderAt {
    title: String,
    place: String,
    lead: String,
    stage: String,
    /// Until when; empty where no clock runs.
    due: String,
}

/// A site of one of the inspector's own plans.
#[derive(Debug, Serialize)]
struct SiteOf {
    inspection: String,
    name: String,
    /// Whether the plan is open already.
    is_open: bool,
    /// Whether this inspector has checked in.
    has_arrived: bool,
    /// Last day of the plan; until then what was captured must have arrived.
    until: Date,
    places: Vec<Choice>,
    orders: Vec<OrderAt>,
    more_orders: usize,
    units: Vec<Choice>,
}

/// What a phone may carry, in numbers.
#[derive(Debug, Serialize)]
struct Limits {
    photos: usize,
    photo_bytes: usize,
    part_bytes: usize,
    most_part_bytes: usize,
    clock_minutes: u32,
}

/// What an inspector takes along. It holds no household and nothing of a plan of others.
#[derive(Debug, Serialize)]
pub(super) struct Pack {
    format: &'static str,
    account: String,
    /// What the phone sends back with every write of this session.
    token: String,
    /// The server's clock.
    now: Timestamp,
    /// The line by which the ledger's signatures are checked.
    verifier: String,
    /// The fact that all of it stands on.
    head: u64,
    /// The newest signed head: a phone that keeps it is a witness.
    note: Option<String>,
    limits: Limits,
    severities: Vec<Choice>,
    checklists: Vec<ChecklistOf>,
    sites: Vec<SiteOf>,
}

fn order_at(visitor: &Visitor, names: &Names, order: &orders::store::Order) -> OrderAt {
    let known = &order.known;
    OrderAt {
        title: order.title.clone(),
        place: names.place(&known.place),
        lead: names.unit(&known.lead).to_owned(),
        stage: visitor.t(&format!("order_stage.{}", known.stage.name())),
        due: known.budget(known.round).and_then(|budget| budget.last_due()).map_or_else(String::new, |due| due.text()),
    }
}

fn checklist_of(visitor: &Visitor, list: &checklists::Checklist) -> ChecklistOf {
    let item = |item: &checklists::Item| ItemOf {
        id: item.id.clone(),
        name: visitor.t(&format!("checklist_item.{}", item.id)),
        points: item.points,
        is_guarantee: item.is_guarantee,
    };
    let table = |table: &checklists::Table| TableOf { name: visitor.t(&format!("checklist_table.{}", table.id)), items: table.items.iter().map(item).collect() };
    ChecklistOf { id: list.id.clone(), name: visitor.t(&format!("checklist.{}", list.id)), tables: list.tables.iter().map(table).collect() }
}

/// Stops of a person's own plans: those that are sealed, and those being visited with whether this person is there.
async fn own_stops(conn: &mut Conn, account: &str) -> anyhow::Result<Vec<(Stop, Option<bool>)>> {
    let is_there = |step: &Step| step.by == account && matches!(step.fact, Fact::Opened { .. } | Fact::Arrived { .. });
    let sealed = store::sealed_stops(conn).await?.into_iter().map(|(stop, _)| (stop, None));
    let inspections = store::inspections(conn).await?.into_iter().map(|(known, _)| known).filter(|known| known.stage == Stage::Visiting);
    let open = inspections.map(|known| {
        let (inspectors, has_arrived) = (known.people(), known.steps.iter().any(is_there));
        (Stop { inspectors, ..known.opening.content }, Some(has_arrived))
    });
    Ok(sealed.chain(open).filter(|(stop, _)| stop.inspectors.iter().any(|one| one == account)).collect())
}

/// `GET /phone/pack`.
pub(super) async fn pack(State(site): State<Site>, visitor: Visitor) -> Result<Json<Pack>, Problem> {
    visitor.need_somewhere(Verb::Inspect)?;
    let account = visitor.account.clone().ok_or(Problem::LoginNeeded)?;
    let mut conn = site.reader().await?;
    let names = Names::read(&mut conn, &site).await?;
    let today = site.clock.today();
    let mut open = orders::store::orders(&mut conn, orders::store::Which::Open).await?;
    open.retain(|order| visitor.may(Verb::Read, names.path(&order.known.place)));
    let mut sites = Vec::new();
    for (stop, arrived) in own_stops(&mut conn, &account).await? {
        let Some(place) = names.tree.get(&stop.place).filter(|place| visitor.may(Verb::Inspect, &place.path)) else { continue };
        if sites.len() == MOST_SITES {
            break;
        }
        let below = names.tree.under(place).iter().filter(|below| below.id != place.id).take(MOST_PLACES);
        let mut orders: Vec<OrderAt> =
            open.iter().filter(|order| names.path(&order.known.place).starts_with(&place.path)).map(|order| order_at(&visitor, &names, order)).collect();
        let more_orders = orders.len().saturating_sub(MOST_ORDERS);
        orders.truncate(MOST_ORDERS);
        sites.push(SiteOf {
            inspection: stop.id,
            name: names.place(&stop.place),
            is_open: arrived.is_some(),
            has_arrived: arrived == Some(true),
            until: stop.until,
            places: below.map(|below| Choice { id: below.id.clone(), name: below.attributes.name.clone() }).collect(),
            orders,
            more_orders,
            units: acts::units(&mut conn, place).await?.into_iter().take(MOST_UNITS).map(|(id, name)| Choice { id, name }).collect(),
        });
    }
    let note = conn.row("SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1", &[]).await?.map(|row| row.text(0)).transpose()?;
    let severity = |id: &String| Choice { id: id.clone(), name: visitor.t(&format!("finding_severity.{id}")) };
    Ok(Json(Pack {
        format: "guatu-pack/1",
        token: visitor.form_token().unwrap_or_default(),
        account,
        now: site.clock.now(),
        head: site.head(),
        verifier: site.signer.verifier_line(),
        note,
        limits: Limits { photos: FILE_COUNT, photo_bytes: MOST_BYTES, part_bytes: PART_BYTES, most_part_bytes: MOST_PART_BYTES, clock_minutes: RULES.phone_clock.value },
        severities: RULES.severity.iter().map(|one| severity(&one.id)).collect(),
        checklists: checklists::checklists().iter().filter(|list| list.holds(today)).map(|list| checklist_of(&visitor, list)).collect(),
        sites,
    }))
}
