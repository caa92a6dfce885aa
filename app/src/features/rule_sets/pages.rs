//! Pages of rule sets: the register, and the form that copies and edits one.

use super::model::{Command, GapRules, LampRules, Measure, RuleSet, SHIPPED, Thresholds, gap_rules, lamp_rules};
use super::store;
use crate::features::authority::{Verb, missing};
use crate::refusal::{Reason, Refusal};
use crate::web::Site;
use crate::web::extract::{Query, Sent};
use crate::web::forms::{Form, Values, form_response, refusal};
use crate::web::layout::page;
use crate::web::problem::{Problem, form_urlencoded};
use crate::web::registers::{Asked, Cell, Register};
use crate::web::visitor::Visitor;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use maud::html;

/// Routes of this feature.
pub fn routes() -> Router<Site> {
    Router::new().route("/rule-sets", get(list)).route("/rule-sets/new", get(form).post(adopt))
}

/// What a rule set is called.
pub fn name(visitor: &Visitor, set: &RuleSet) -> String {
    set.name.clone().unwrap_or_else(|| visitor.t(&format!("rule_name.{}", set.id)))
}

/// The name of the rule set of an id, for what was frozen by it.
pub fn name_of(visitor: &Visitor, id: &str, found: Option<&RuleSet>) -> String {
    found.map_or_else(|| id.to_owned(), |set| name(visitor, set))
}

/// Where a rule set comes from, in the person's language where the program brings it.
pub fn source(visitor: &Visitor, set: &RuleSet) -> String {
    if set.name.is_none() { source_of(visitor, &set.id, &set.source) } else { set.source.clone() }
}

/// Where something the program brings comes from, in the person's language where it has been said in it.
pub fn source_of(visitor: &Visitor, id: &str, source: &str) -> String {
    let key = format!("rule_source.{id}");
    if visitor.language.has(&key) { visitor.t(&key) } else { source.to_owned() }
}

/// The sentence under a board: which rule gave the lamps, by which numbers, and where it comes from.
pub fn told(visitor: &Visitor, set: &RuleSet) -> String {
    let numbers = numbers(visitor, &set.thresholds);
    visitor.tf("wall.rule", &[("rule", name(visitor, set)), ("numbers", numbers), ("source", source(visitor, set))])
}

/// Tenths as people write them in a field.
pub fn points(tenths: i64) -> String {
    if tenths % 10 == 0 { (tenths / 10).to_string() } else { format!("{}.{}", tenths / 10, tenths % 10) }
}

fn numbers(visitor: &Visitor, thresholds: &Thresholds) -> String {
    match *thresholds {
        Thresholds::Gap(GapRules { measure, warn_points_e1, bad_points_e1 }) => {
            let measure = visitor.t(&format!("measure.{}", measure.name()));
            visitor.tf("rule_sets.gap_numbers", &[("measure", measure), ("warn", points(warn_points_e1)), ("bad", points(bad_points_e1))])
        }
        Thresholds::Lamps(LampRules { warn_float_days, look_ahead_days }) => {
            visitor.tf("rule_sets.lamps_numbers", &[("float", warn_float_days.to_string()), ("ahead", look_ahead_days.to_string())])
        }
    }
}

async fn list(State(site): State<Site>, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let adopted = store::adopted(&mut site.reader().await?).await?;
    let today = site.clock.today();
    let in_force = [gap_rules(&adopted, today).0.id.clone(), lamp_rules(&adopted, today).0.id.clone()];
    let may_adopt = visitor.may(Verb::Govern, "/");
    let mut register = Register::new(&visitor, "/rule-sets", "rule_sets.title", &asked)
        .column("kind", "field.kind")
        .column("name", "field.name")
        .column("numbers", "rule_sets.numbers")
        .column("from", "field.from")
        .column("source", "field.source")
        .column("state", "field.state");
    let mut sets: Vec<&RuleSet> = adopted.iter().rev().chain(SHIPPED.iter()).collect();
    sets.sort_by_key(|set| set.thresholds.kind());
    for set in sets {
        let called = name(&visitor, set);
        let shown = may_adopt.then(|| {
            html! { (called) " " a.no-print href={ "/rule-sets/new?copy=" (form_urlencoded(&set.id)) } { (visitor.t("rule_sets.copy")) } }
        });
        let is_in_force = in_force.contains(&set.id);
        let state = visitor.t(if is_in_force { "rule_sets.in_force" } else if set.from > today { "rule_sets.to_come" } else { "rule_sets.not_in_force" });
        let lamp = html! { span.lamp.good[is_in_force].idle[!is_in_force] { (state) } };
        register.row(vec![
            (Cell::Text(visitor.t(&format!("rule_kind.{}", set.thresholds.kind()))), None),
            (Cell::Text(called), shown),
            (Cell::Text(numbers(&visitor, &set.thresholds)), None),
            (Cell::Date(set.from), None),
            (Cell::Text(source(&visitor, set)), None),
            (Cell::Text(state.clone()), Some(lamp)),
        ]);
    }
    register.respond(&site, "rule_sets.none", |table| {
        let body = html! { h1 { (visitor.t("rule_sets.title")) } p.lead { (visitor.t("rule_sets.lead")) } (table) };
        page(&site, &visitor, &visitor.t("rule_sets.title"), body).into_response()
    })
}

/// Which rule set is copied.
#[derive(Debug, Default, serde::Deserialize)]
struct Copied {
    copy: Option<String>,
}

async fn copied(site: &Site, visitor: &Visitor, copied: &Copied) -> Result<RuleSet, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    visitor.need(Verb::Govern, "/")?;
    let id = copied.copy.as_deref().unwrap_or_default();
    Ok(store::find(&mut site.reader().await?, id).await?.ok_or(missing())?)
}

async fn form(State(site): State<Site>, visitor: Visitor, Query(asked): Query<Copied>) -> Result<Response, Problem> {
    let set = copied(&site, &visitor, &asked).await?;
    let (first, second) = match set.thresholds {
        Thresholds::Gap(rules) => (points(rules.warn_points_e1), points(rules.bad_points_e1)),
        Thresholds::Lamps(rules) => (rules.warn_float_days.to_string(), rules.look_ahead_days.to_string()),
    };
    let [warn, bad] = fields(&set.thresholds);
    let mut values = Values::default().with(warn, first).with(bad, second).with("from", site.clock.today());
    if let Some(rules) = set.gap() {
        values = values.with("gap_measure", rules.measure.name());
    }
    form_page(&site, &visitor, &set, &values, None)
}

/// Fields of the two numbers of a kind.
fn fields(thresholds: &Thresholds) -> [&'static str; 2] {
    match thresholds {
        Thresholds::Gap(_) => ["warn_points", "bad_points"],
        Thresholds::Lamps(_) => ["warn_float_days", "look_ahead_days"],
    }
}

fn form_page(site: &Site, visitor: &Visitor, set: &RuleSet, values: &Values, refused: Option<&Refusal>) -> Result<Response, Problem> {
    let [first, second] = fields(&set.thresholds);
    // A refusal of both numbers stands at the first.
    let refused = refused.map(|refusal| Refusal { field: if refusal.field == Some("thresholds") { Some(first) } else { refusal.field }, ..refusal.clone() });
    let measures = || Measure::ALL.iter().map(|measure| (measure.name().to_owned(), visitor.t(&format!("measure.{}", measure.name())))).collect();
    let form = Form::new(visitor, format!("/rule-sets/new?copy={}", form_urlencoded(&set.id)), "rule_sets.adopt", values).text("name");
    let form = if set.gap().is_some() { form.choice("gap_measure", measures(), true) } else { form };
    let body = html! {
        p.crumbs { a href="/rule-sets" { (visitor.t("rule_sets.title")) } " ›" }
        h1 { (visitor.tf("rule_sets.copy_of", &[("name", name(visitor, set))])) }
        p.lead { (visitor.t("rule_sets.copy_lead")) }
        (form.number(first).number(second).date("from", true).text("source").text("reason").refused(refused.as_ref()).render())
    };
    Ok(form_response(refused.as_ref(), page(site, visitor, &visitor.t("rule_sets.adopt"), body)))
}

/// A number of a field: tenths of percentage points, or days.
fn number(values: &Values, field: &'static str, is_tenths: bool) -> Result<i64, Refusal> {
    let text = values.text(field);
    let wrong = || Refusal { code: "G-107", reason: Reason::Rule, params: Vec::new(), field: Some(field) };
    if !is_tenths {
        return text.parse().map_err(|_| wrong());
    }
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let is_tenth = part.len() == 1 && part.bytes().all(|byte| byte.is_ascii_digit());
    let whole: i64 = whole.parse().ok().filter(|whole| (0..=1_000_000).contains(whole)).ok_or_else(wrong)?;
    if is_tenth { Ok(whole * 10 + i64::from(part.as_bytes()[0] - b'0')) } else { Err(wrong()) }
}

async fn adopt(State(site): State<Site>, visitor: Visitor, Query(asked): Query<Copied>, Sent(values): Sent) -> Result<Response, Problem> {
    let set = copied(&site, &visitor, &asked).await?;
    let done = async {
        let [first, second] = fields(&set.thresholds);
        let thresholds = match set.thresholds {
            Thresholds::Gap(_) => Thresholds::Gap(GapRules {
                measure: values.choice("gap_measure", Measure::from_name)?,
                warn_points_e1: number(&values, first, true)?,
                bad_points_e1: number(&values, second, true)?,
            }),
            Thresholds::Lamps(_) => Thresholds::Lamps(LampRules { warn_float_days: number(&values, first, false)?, look_ahead_days: number(&values, second, false)? }),
        };
        let command = Command::Adopt {
            rule_set: values.request_id()?,
            name: values.text("name").into(),
            source: values.text("source").into(),
            from: values.date("from")?,
            thresholds,
            reason: values.text("reason").into(),
        };
        site.submit(&visitor, values.request_id()?, command).await
    };
    match done.await {
        Ok(_) => Ok(Redirect::to("/rule-sets").into_response()),
        Err(problem) => form_page(&site, &visitor, &set, &values, Some(&refusal(problem)?)),
    }
}
