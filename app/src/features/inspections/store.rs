//! Plans that are sealed, beside the ledger; inspections that are open, derived from it.

use super::draw::{Candidate, Drawing, Eligible, RULES};
use super::known::{Known, Person, Step, Unopened};
use super::model::{Command, Fact, Stage, State, hour_of};
use super::planning::{Allowed, Counted, Ground};
use super::handing::Handed;
use super::pieces::ended;
use super::sealing::{self, LEAVES, Opening, Stop, Succession, sealed_leaf};
use crate::args;
use crate::clock;
use crate::db::{Conn, Row};
use crate::features::Fact as AnyFact;
use crate::features::authority::{Rights, Verb};
use crate::features::places::model::Kind;
use crate::features::task_force::model::Holder;
use crate::features::{identity, orders, organisations, places, task_force};
use crate::journal::domain::{Actor, Context, Entry};
use anyhow::{Context as _, Result};
use guatu_ledger::hash::{Hash, SALT_LEN, commitment};
use guatu_ledger::tree::{inclusion_proof, root};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use rand::seq::SliceRandom;
use std::collections::{BTreeMap, HashMap};

/// What is planned and not yet written down.
#[derive(Debug)]
pub enum Plan {
    /// Stops of a leader's choice.
    Directed(Vec<Stop>),
    /// Stops of a draw, and the draw with its salt.
    Drawn(Vec<Stop>, Box<Drawing>, [u8; SALT_LEN]),
}

/// A salt.
pub fn new_salt() -> [u8; SALT_LEN] {
    let mut salt = [0; SALT_LEN];
    rand::fill(&mut salt);
    salt
}

/// The commitment to a draw, as its stops name it.
pub fn drawing_commitment(drawing: &Drawing, salt: &[u8; SALT_LEN]) -> Result<String> {
    Ok(commitment(salt, serde_json::to_string(drawing)?.as_bytes()).to_string())
}

/// Writes a plan beside the ledger; the next seal commits to it. The same plan again changes nothing: a form may be sent twice.
pub async fn keep_plan(conn: &mut Conn, plan: &Plan) -> Result<()> {
    // All of a plan or nothing of it.
    conn.begin_write().await?;
    match insert(conn, plan).await {
        Ok(()) => conn.commit().await,
        Err(fault) => Err(conn.undo(fault).await),
    }
}

async fn insert(conn: &mut Conn, plan: &Plan) -> Result<()> {
    let sql = "INSERT INTO sealed_leaf (id, plan, kind, position, content, salt, made_by) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
    let (stops, drawing) = match plan {
        Plan::Directed(stops) => (stops, None),
        Plan::Drawn(stops, drawing, salt) => (stops, Some((drawing, salt))),
    };
    for stop in stops {
        let args = args![&stop.id, &stop.plan, "stop", u64::from(stop.position), serde_json::to_string(stop)?, new_salt().to_vec(), &stop.made_by];
        conn.execute(sql, args).await?;
    }
    if let (Some((drawing, salt)), Some(stop)) = (drawing, stops.first()) {
        let id = format!("{}-draw", stop.plan);
        let args = args![id, &stop.plan, "drawing", 0u64, serde_json::to_string(drawing)?, salt.to_vec(), &stop.made_by];
        conn.execute(sql, args).await?;
    }
    Ok(())
}

/// Whether a plan is written down.
pub async fn is_kept(conn: &mut Conn, plan: &str) -> Result<bool> {
    Ok(conn.row("SELECT 1 FROM sealed_leaf WHERE plan = ? LIMIT 1", args![plan]).await?.is_some())
}

/// The request that seals an hour, the same on every node; `None` when it is sealed. What has been planned and is not in a seal goes among its leaves,
/// the rest are chance. Nothing of the ledger is written here.
pub async fn seal(conn: &mut Conn, now: DateTime) -> Result<Option<(String, Command)>> {
    let hour = hour_of(now);
    if conn.row("SELECT 1 FROM seal WHERE hour = ?", args![&hour]).await?.is_some() {
        return Ok(None);
    }
    conn.begin_write().await?;
    let prepared = match prepare(conn, &hour).await {
        Ok(prepared) => prepared,
        Err(fault) => return Err(conn.undo(fault).await),
    };
    conn.commit().await?;
    Ok(Some((format!("seal-{hour}"), Command::Seal { root: root(&prepared).to_string(), hour })))
}

/// Leaves of an hour: those of the node that was first.
async fn prepare(conn: &mut Conn, hour: &str) -> Result<Vec<Hash>> {
    // Whoever comes second waits here for whoever was first.
    let sql = "INSERT INTO sealed_hour (hour, leaves) VALUES (?, ?) ON CONFLICT DO NOTHING";
    if conn.execute(sql, args![hour, Vec::<u8>::new()]).await? == 0 {
        return leaves(conn, hour).await?.context("a prepared hour has its leaves");
    }
    // Chance that holds no plan is of no use once its hour is over.
    let sql = "DELETE FROM sealed_hour WHERE hour < ? AND hour NOT IN (SELECT hour FROM sealed_leaf WHERE hour IS NOT NULL)";
    conn.execute(sql, args![hour]).await?;
    // A plan whose hour was prepared and never sealed, because the program ended between, goes into this one.
    let sql = "SELECT id, content, salt FROM sealed_leaf WHERE hour IS NULL OR hour NOT IN (SELECT hour FROM seal) ORDER BY plan, kind, position LIMIT ?";
    let rows = conn.rows(sql, args![LEAVES as u64]).await?;
    let mut places: Vec<usize> = (0..LEAVES).collect();
    places.shuffle(&mut rand::rng());
    let mut leaves = vec![Hash::ZERO; LEAVES];
    for leaf in &mut leaves {
        rand::fill(&mut leaf.0);
    }
    for (row, at) in rows.iter().zip(places) {
        leaves[at] = sealed_leaf(&salt(&row.blob(2)?)?, &row.text(1)?);
        conn.execute("UPDATE sealed_leaf SET hour = ?, leaf = ? WHERE id = ?", args![hour, at as u64, row.text(0)?]).await?;
    }
    let bytes: Vec<u8> = leaves.iter().flat_map(|leaf| leaf.0).collect();
    conn.execute("UPDATE sealed_hour SET leaves = ? WHERE hour = ?", args![bytes, hour]).await?;
    Ok(leaves)
}

async fn leaves(conn: &mut Conn, hour: &str) -> Result<Option<Vec<Hash>>> {
    let Some(row) = conn.row("SELECT leaves FROM sealed_hour WHERE hour = ?", args![hour]).await? else { return Ok(None) };
    let leaves: Option<Vec<Hash>> = row.blob(0)?.chunks(32).map(Hash::from_slice).collect();
    Ok(Some(leaves.context("stored leaves have 32 bytes each")?))
}

fn salt(bytes: &[u8]) -> Result<[u8; SALT_LEN]> {
    bytes.try_into().ok().context("a stored salt has 32 bytes")
}

macro_rules! sealed_columns {
    () => {
        "l.content, l.salt, CASE WHEN s.hour IS NULL THEN NULL ELSE l.hour END, l.leaf"
    };
}

/// Something sealed with its proof; `None` before the seal of its hour.
async fn opening<T: serde::de::DeserializeOwned>(conn: &mut Conn, row: &Row) -> Result<(T, Option<Opening<T>>)> {
    let text = row.text(0)?;
    let content = || serde_json::from_str(&text).context("a stored plan can be read");
    let Some(hour) = row.opt_text(2)? else { return Ok((content()?, None)) };
    let leaf = row.count(3)?;
    let leaves = leaves(conn, &hour).await?.context("a sealed hour has its leaves")?;
    let proof = inclusion_proof(&leaves, leaf as usize).context("a sealed plan is among the leaves of its hour")?;
    let opening = Opening {
        content: content()?,
        salt: Hash(salt(&row.blob(1)?)?).to_string(),
        hour,
        leaf: u32::try_from(leaf)?,
        proof: proof.iter().map(ToString::to_string).collect(),
    };
    Ok((content()?, Some(opening)))
}

/// A stop while it is sealed.
pub async fn unopened(conn: &mut Conn, id: &str) -> Result<Option<Unopened>> {
    if conn.row("SELECT 1 FROM inspection WHERE id = ?", args![id]).await?.is_some() {
        return Ok(None);
    }
    let sql = concat!("SELECT ", sealed_columns!(), " FROM sealed_leaf l LEFT JOIN seal s ON s.hour = l.hour WHERE l.id = ? AND l.kind = 'stop'");
    let Some(row) = conn.row(sql, args![id]).await? else { return Ok(None) };
    let (sealed, own): (Stop, _) = opening(conn, &row).await?;
    let successions = successions(conn, id).await?;
    let stop = Stop { inspectors: sealing::people(&sealed.inspectors, &successions), ..sealed };
    let others = "SELECT COUNT(*) FROM sealed_leaf l LEFT JOIN inspection i ON i.id = l.id WHERE l.plan = ? AND l.kind = 'stop' AND l.id <> ? AND i.id IS NULL";
    let is_last = conn.row(others, args![&stop.plan, id]).await?.map_or(Ok(0), |row| row.count(0))? == 0;
    let sql = concat!("SELECT ", sealed_columns!(), " FROM sealed_leaf l LEFT JOIN seal s ON s.hour = l.hour WHERE l.plan = ? AND l.kind = 'drawing'");
    let drawing = match conn.row(sql, args![&stop.plan]).await? {
        Some(row) if is_last => Some(opening::<Drawing>(conn, &row).await?.1),
        _ => None,
    };
    // A draw that is not sealed yet keeps its last stop closed: opened without its draw, a stop proves half.
    let own = own.filter(|_| !matches!(drawing, Some(None)));
    Ok(Some(Unopened { stop, successions, opening: own, drawing: drawing.flatten() }))
}

/// How a stop changed hands so far, both having signed.
async fn successions(conn: &mut Conn, stop: &str) -> Result<Vec<Succession>> {
    let sql = "SELECT leaving, coming, offered_at, taken_at FROM sealed_successor WHERE stop = ? AND taken_at IS NOT NULL ORDER BY taken_at, leaving";
    let read = |row: &Row| Ok(Succession { leaving: row.text(0)?, coming: row.text(1)?, offered_at: row.text(2)?, taken_at: row.text(3)? });
    conn.rows(sql, args![stop]).await?.iter().map(read).collect()
}

/// Hand-overs of stops that are still sealed, whether or not the second has signed.
pub(super) async fn handed(conn: &mut Conn) -> Result<Vec<Handed>> {
    let sealed: HashMap<String, Stop> = sealed_stops(conn).await?.into_iter().map(|(stop, _)| (stop.id.clone(), stop)).collect();
    let sql = "SELECT stop, leaving, coming, offered_at, taken_at FROM sealed_successor ORDER BY offered_at, stop, leaving";
    let mut found = Vec::new();
    for row in conn.rows(sql, &[]).await? {
        if let Some(stop) = sealed.get(&row.text(0)?) {
            found.push(Handed { stop: stop.clone(), leaving: row.text(1)?, coming: row.text(2)?, offered_at: row.text(3)?, taken_at: row.opt_text(4)? });
        }
    }
    Ok(found)
}

/// Whoever leaves has signed. What waited for somebody else's name waits no more.
pub(super) async fn offer(conn: &mut Conn, stops: &[Stop], leaving: &str, coming: &str, now: Timestamp) -> Result<()> {
    conn.begin_write().await?;
    let done = async {
        for stop in stops {
            let sql = "DELETE FROM sealed_successor WHERE stop = ? AND leaving = ? AND taken_at IS NULL";
            conn.execute(sql, args![&stop.id, leaving]).await?;
            let sql = "INSERT INTO sealed_successor (stop, leaving, coming, offered_at) VALUES (?, ?, ?, ?)";
            conn.execute(sql, args![&stop.id, leaving, coming, clock::record_text(now)]).await?;
        }
        Ok(())
    };
    let done = done.await;
    ended(conn, done).await
}

/// Whoever comes has signed.
pub(super) async fn take(conn: &mut Conn, stops: &[Stop], coming: &str, now: Timestamp) -> Result<()> {
    conn.begin_write().await?;
    let done = async {
        for stop in stops {
            let sql = "UPDATE sealed_successor SET taken_at = ? WHERE stop = ? AND coming = ? AND taken_at IS NULL";
            conn.execute(sql, args![clock::record_text(now), &stop.id, coming]).await?;
        }
        Ok(())
    };
    let done = done.await;
    ended(conn, done).await
}

/// Stops that are sealed, with the people who go now, each with the hour of its seal; whoever asks shows them to nobody who may not know.
pub async fn sealed_stops(conn: &mut Conn) -> Result<Vec<(Stop, Option<String>)>> {
    let sql = "SELECT l.content, s.hour FROM sealed_leaf l LEFT JOIN seal s ON s.hour = l.hour LEFT JOIN inspection i ON i.id = l.id
               WHERE l.kind = 'stop' AND i.id IS NULL ORDER BY l.plan, l.position";
    let mut found = Vec::new();
    for row in conn.rows(sql, &[]).await? {
        let sealed: Stop = row.json(0)?;
        let inspectors = sealing::people(&sealed.inspectors, &successions(conn, &sealed.id).await?);
        found.push((Stop { inspectors, ..sealed }, row.opt_text(1)?));
    }
    Ok(found)
}

/// What is due: stops whose last day is over.
pub async fn lapsed(conn: &mut Conn, today: Date) -> Result<Vec<String>> {
    let stops = sealed_stops(conn).await?;
    Ok(stops.into_iter().filter(|(stop, hour)| stop.until < today && hour.is_some()).map(|(stop, _)| stop.id).collect())
}

/// A seal as the table holds it: hour, root, number, when it was recorded.
pub async fn seals(conn: &mut Conn, most: u64) -> Result<Vec<(String, String, u64, String)>> {
    let rows = conn.rows("SELECT hour, root, number, sealed_at FROM seal ORDER BY hour DESC LIMIT ?", args![most]).await?;
    rows.iter().map(|row| Ok((row.text(0)?, row.text(1)?, row.count(2)?, row.text(3)?))).collect()
}

/// The root of an hour's seal, its number, and when it was recorded.
pub async fn seal_of(conn: &mut Conn, hour: &str) -> Result<Option<(String, u64, DateTime)>> {
    let row = conn.row("SELECT root, number, sealed_at FROM seal WHERE hour = ?", args![hour]).await?;
    let read = |row: Row| Ok((row.text(0)?, row.count(1)?, clock::civil(row.text(2)?.parse::<Timestamp>()?)));
    row.map(read).transpose()
}

/// The draw of a plan once it is open, and its number.
pub async fn drawing(conn: &mut Conn, plan: &str) -> Result<Option<(Opening<Drawing>, u64)>> {
    let row = conn.row("SELECT opening, number FROM opened_draw WHERE plan = ?", args![plan]).await?;
    row.map(|row| Ok((row.json(0)?, row.count(1)?))).transpose()
}

/// An inspection that is open, and the fact that last changed it.
pub async fn inspection(conn: &mut Conn, id: &str) -> Result<Option<(Known, u64)>> {
    let Some(row) = conn.row("SELECT opening, stage, number FROM inspection WHERE id = ?", args![id]).await? else { return Ok(None) };
    let sql = "SELECT number, recorded_at, by_account, fact, inspection FROM inspection_step WHERE inspection = ? ORDER BY number";
    let steps = conn.rows(sql, args![id]).await?.iter().map(Step::read).collect::<Result<_>>()?;
    let stage = Stage::from_name(&row.text(1)?).context("a stored stage is known")?;
    Ok(Some((Known { opening: row.json(0)?, stage, steps }, row.count(2)?)))
}

/// Every inspection that is open, the newest first, with the day it was opened.
pub async fn inspections(conn: &mut Conn) -> Result<Vec<(Known, Date)>> {
    let mut steps: HashMap<String, Vec<Step>> = HashMap::new();
    for row in conn.rows("SELECT number, recorded_at, by_account, fact, inspection FROM inspection_step ORDER BY number", &[]).await? {
        steps.entry(row.text(4)?).or_default().push(Step::read(&row)?);
    }
    let rows = conn.rows("SELECT opening, stage, opened_on FROM inspection ORDER BY opened_on DESC, number DESC", &[]).await?;
    let read = |row: &Row| {
        let opening: Opening<Stop> = row.json(0)?;
        let stage = Stage::from_name(&row.text(1)?).context("a stored stage is known")?;
        let steps = steps.remove(&opening.content.id).unwrap_or_default();
        Ok((Known { opening, stage, steps }, row.date(2)?))
    };
    let mut read = read;
    rows.iter().map(&mut read).collect()
}

/// The place of an inspection that is open.
pub async fn place_of(conn: &mut Conn, id: &str) -> Result<Option<String>> {
    conn.row("SELECT place FROM inspection WHERE id = ?", args![id]).await?.map(|row| row.text(0)).transpose()
}

/// The inspection of a finding, and the order it became.
pub async fn finding(conn: &mut Conn, id: &str) -> Result<Option<(String, String)>> {
    let row = conn.row("SELECT inspection, order_id FROM inspection_finding WHERE id = ?", args![id]).await?;
    row.map(|row| Ok((row.text(0)?, row.text(1)?))).transpose()
}

/// The order that a finding becomes.
pub fn order_of(finding: &str) -> String {
    format!("{finding}-order")
}

/// When places were visited last, by place.
pub async fn visits(conn: &mut Conn) -> Result<BTreeMap<String, Date>> {
    let rows = conn.rows("SELECT place, MAX(opened_on) FROM inspection WHERE stage <> 'lapsed' GROUP BY place", &[]).await?;
    rows.iter().map(|row| Ok((row.text(0)?, row.date(1)?))).collect()
}

/// People who inspect somewhere on a day: account and the path of each subtree.
async fn inspectors(conn: &mut Conn, on: Date) -> Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    for account in identity::accounts(conn).await? {
        let rights = Rights { posts: identity::posts_held(conn, &account.id, on).await? };
        let inspecting = rights.posts.into_iter().filter(|(role, _)| role.verbs().contains(&Verb::Inspect));
        found.extend(inspecting.map(|(_, path)| (account.id.clone(), path)));
    }
    Ok(found)
}

/// Accounts that inspect somewhere on a day.
pub(super) async fn inspecting(conn: &mut Conn, on: Date) -> Result<Vec<String>> {
    let mut accounts: Vec<String> = inspectors(conn, on).await?.into_iter().map(|(account, _)| account).collect();
    accounts.sort();
    accounts.dedup();
    Ok(accounts)
}

/// Accounts that have an interest in what stands at a path: they, or the organisation they belong to, sit in a task force
/// above it, or they declared one.
pub async fn interested(conn: &mut Conn, path: &str, on: Date) -> Result<Vec<String>> {
    let mut people = seated(conn, path, on).await?;
    for above in path.trim_matches('/').split('/') {
        for row in conn.rows("SELECT account FROM inspection_interest WHERE project = ?", args![above]).await? {
            people.push(row.text(0)?);
        }
    }
    people.sort();
    people.dedup();
    Ok(people)
}

/// Accounts that, or whose organisation, sit in a task force above a path on a day.
async fn seated(conn: &mut Conn, path: &str, on: Date) -> Result<Vec<String>> {
    let (mut people, mut units) = (Vec::new(), Vec::new());
    for above in path.trim_matches('/').split('/') {
        for member in task_force::store::members(conn, above).await? {
            if member.from > on || member.to.is_some_and(|to| to < on) {
                continue;
            }
            match member.holder {
                Holder::Account(account) => people.push(account),
                Holder::Organisation(unit) => units.push(unit),
            }
        }
    }
    for account in identity::accounts(conn).await? {
        if account.organisation.is_some_and(|unit| units.contains(&unit)) {
            people.push(account.id);
        }
    }
    Ok(people)
}

/// What a year allows, and the fact by which that was decided.
pub async fn allowed(conn: &mut Conn, year: i16) -> Result<(Allowed, Option<u64>)> {
    let Some(row) = conn.row("SELECT visits, days, number FROM inspection_year WHERE year = ?", args![i64::from(year)]).await? else {
        return Ok((Allowed::default(), None));
    };
    Ok((Allowed { visits: u32::try_from(row.count(0)?)?, days: u32::try_from(row.count(1)?)? }, Some(row.count(2)?)))
}

/// Places of plans that a person made and that are sealed, one for each stop.
async fn own_sealed(conn: &mut Conn, planner: &str) -> Result<Vec<String>> {
    let own = sealed_stops(conn).await?.into_iter().map(|(stop, _)| stop).filter(|stop| stop.made_by == planner);
    Ok(own.map(|stop| stop.place).collect())
}

/// Places that were or will be inspected in a year, one for each time: what is open, and what this person has planned.
async fn planned_in(conn: &mut Conn, year: i16, own: &[String]) -> Result<Vec<String>> {
    let sql = "SELECT place FROM inspection WHERE stage <> 'lapsed' AND opened_on BETWEEN ? AND ?";
    let rows = conn.rows(sql, args![format!("{year}-01-01"), format!("{year}-12-31")]).await?;
    let mut places: Vec<String> = rows.iter().map(|row| row.text(0)).collect::<Result<_>>()?;
    places.extend(own.iter().cloned());
    Ok(places)
}

/// The project in a path; the place itself where it is in none.
async fn project_of(conn: &mut Conn, path: &str, place: &str) -> Result<places::store::Place> {
    for above in path.trim_matches('/').split('/') {
        if let Some(above) = places::get(conn, above).await?.filter(|above| above.kind == Kind::Project) {
            return Ok(above);
        }
    }
    places::get(conn, place).await?.context("a place that has a path is there")
}

/// What a plan of somebody needs to know of places.
pub async fn ground(conn: &mut Conn, places: &[String], planner: &str, today: Date) -> Result<Ground> {
    let (allowed, _) = allowed(conn, today.year()).await?;
    let own = own_sealed(conn, planner).await?;
    let visited_on = visits(conn).await?;
    let mut ground = Ground { today, visited_on, allowed, planned: own.iter().cloned().collect(), ..Ground::default() };
    let inspectors = inspectors(conn, today).await?;
    let mut planned = Vec::new();
    for place in planned_in(conn, today.year(), &own).await? {
        planned.extend(places::path(conn, &place).await?);
    }
    for place in places {
        let Some(path) = places::path(conn, place).await? else { continue };
        let here = inspectors.iter().filter(|(_, root)| path.starts_with(root.as_str())).map(|(account, _)| account.clone()).collect();
        ground.inspect.insert(place.clone(), here);
        let project = project_of(conn, &path, place).await?;
        let visits = planned.iter().filter(|path| path.starts_with(&project.path)).count() as u32;
        ground.counted.insert(place.clone(), Counted { project: project.id, visits });
        ground.interested.insert(place.clone(), interested(conn, &path, today).await?);
    }
    Ok(ground)
}

/// People who could be drawn for places, each with those at which they have no interest.
pub fn eligible(ground: &Ground) -> Vec<Eligible> {
    let mut people: BTreeMap<&String, Vec<String>> = BTreeMap::new();
    for (place, accounts) in &ground.inspect {
        let interested = ground.interested.get(place);
        for account in accounts.iter().filter(|account| !interested.is_some_and(|people| people.contains(account))) {
            let places = people.entry(account).or_default();
            if !places.contains(place) {
                places.push(place.clone());
            }
        }
    }
    people.into_iter().map(|(account, places)| Eligible { account: account.clone(), places }).collect()
}

/// Candidates with their weights on a day, in the order of their places; one whose year is full weighs nothing.
pub fn weighed(candidates: Vec<Candidate>, ground: &Ground) -> Vec<Candidate> {
    let weigh = |candidate: Candidate| {
        let visited_on = ground.visited_on.get(&candidate.place).copied();
        let is_full = ground.is_full(&candidate.place);
        let candidate = Candidate { visited_on, ..candidate }.weighed(&RULES.draw, ground.today);
        if is_full { candidate.weightless() } else { candidate }
    };
    candidates.into_iter().map(weigh).collect()
}

/// A person as far as an inspection of a place goes.
pub async fn person(conn: &mut Conn, account: &str, rights: &Rights, path: &str, today: Date) -> Result<Person> {
    // Inspectors and whoever governs may be of a unit with a seat: they do not become the inspected party by that.
    let works_there = [Verb::Report, Verb::Plan, Verb::Confirm].iter().any(|verb| rights.may(*verb, path))
        && !rights.may(Verb::Inspect, path)
        && !rights.may(Verb::Govern, path);
    Ok(Person {
        account: account.to_owned(),
        may_inspect: rights.may(Verb::Inspect, path),
        may_govern: rights.may(Verb::Govern, path),
        is_chief: rights.may(Verb::Approve, "/"),
        may_report: rights.may(Verb::Report, path),
        is_interested: interested(conn, path, today).await?.iter().any(|one| one == account),
        is_target: works_there && seated(conn, path, today).await?.iter().any(|one| one == account),
    })
}

pub(super) async fn load(conn: &mut Conn, command: &Command, context: &Context) -> Result<State> {
    let mut state = State { now: clock::civil(context.now), ..State::default() };
    match command {
        Command::Seal { hour, .. } => state.is_hour_sealed = seal_of(conn, hour).await?.is_some(),
        Command::Declare { project } => {
            let Actor::Account(account) = &context.actor else { return Ok(state) };
            let sql = "SELECT 1 FROM inspection_interest WHERE account = ? AND project = ?";
            state.is_declared = conn.row(sql, args![account, project]).await?.is_some();
        }
        _ => {}
    }
    let Some(id) = command.inspection() else { return Ok(state) };
    if matches!(command, Command::CheckIn { .. } | Command::Lapse { .. }) {
        state.unopened = unopened(conn, id).await?;
    }
    state.known = inspection(conn, id).await?.map(|(known, _)| known);
    match command {
        Command::Find { finding: id, lead, .. } => {
            state.is_id_taken = finding(conn, id).await?.is_some();
            state.is_lead_known = organisations::get(conn, lead).await?.is_some();
        }
        Command::Reinspect { finding: id, .. } => {
            if let Some((_, order)) = finding(conn, id).await? {
                state.order = orders::store::order(conn, &order).await?.map(|found| (order, found.known.stage));
            }
        }
        _ => {}
    }
    Ok(state)
}

/// Where an inspection stands after a fact; `None` where that does not change.
fn stage_after(fact: &Fact) -> Option<Stage> {
    Some(match fact {
        Fact::Concluded { .. } => Stage::Concluded,
        Fact::Received { .. } => Stage::Delivered,
        Fact::Objected { .. } => Stage::Objected,
        Fact::Answered { .. } => Stage::Answered,
        _ => return None,
    })
}

/// What one fact does to the tables.
pub async fn apply(conn: &mut Conn, entry: &Entry<AnyFact>, fact: &Fact) -> Result<()> {
    let (id, number) = (&entry.subject, entry.number);
    match fact {
        Fact::Sealed { hour, root } => {
            let sql = "INSERT INTO seal (hour, root, number, sealed_at) VALUES (?, ?, ?, ?)";
            return conn.execute(sql, args![hour, root, number, &entry.recorded_at]).await.map(drop);
        }
        Fact::Declared { project } => {
            let sql = "INSERT INTO inspection_interest (account, project, number) VALUES (?, ?, ?)";
            return conn.execute(sql, args![&entry.actor, project, number]).await.map(drop);
        }
        Fact::YearPlanned { year, visits, days, .. } => {
            let sql = "INSERT INTO inspection_year (year, visits, days, number) VALUES (?, ?, ?, ?)
                       ON CONFLICT (year) DO UPDATE SET visits = excluded.visits, days = excluded.days, number = excluded.number";
            return conn.execute(sql, args![i64::from(*year), u64::from(*visits), u64::from(*days), number]).await.map(drop);
        }
        Fact::Drawn { opening } => {
            let sql = "INSERT INTO opened_draw (plan, opening, number) VALUES (?, ?, ?)";
            return conn.execute(sql, args![id, serde_json::to_string(opening)?, number]).await.map(drop);
        }
        Fact::Opened { opening, .. } | Fact::Lapsed { opening, .. } => {
            let stage = if matches!(fact, Fact::Lapsed { .. }) { Stage::Lapsed } else { Stage::Visiting };
            let sql = "INSERT INTO inspection (id, plan, place, stage, opened_on, opening, number) VALUES (?, ?, ?, ?, ?, ?, ?)";
            let args = args![id, &opening.content.plan, &entry.place, stage.name(), entry.occurred_on, serde_json::to_string(opening)?, number];
            conn.execute(sql, args).await?;
        }
        Fact::Found { finding, .. } => {
            let sql = "INSERT INTO inspection_finding (id, inspection, order_id, number) VALUES (?, ?, ?, ?)";
            conn.execute(sql, args![finding, id, order_of(finding), number]).await?;
        }
        _ => {}
    }
    if let Some(stage) = stage_after(fact) {
        conn.execute("UPDATE inspection SET stage = ? WHERE id = ?", args![stage.name(), id]).await?;
    }
    let changed = conn.execute("UPDATE inspection SET number = ? WHERE id = ?", args![number, id]).await?;
    anyhow::ensure!(changed == 1, "inspection {id} is not there");
    let sql = "INSERT INTO inspection_step (number, inspection, recorded_at, by_account, fact) VALUES (?, ?, ?, ?, ?)";
    conn.execute(sql, args![number, id, &entry.recorded_at, &entry.actor, serde_json::to_string(fact)?]).await.map(drop)
}
