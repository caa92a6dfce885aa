//! Pages of bulletins: the list, the draft with its figures, review, issue, objection, and the paper.

use super::figures::Line;
use super::gather::{Ends, gather};
use super::model::{Command, MOST_PHOTOS, Photo, Stage, object_until};
use super::print::{Shown, causes, compose, correction, cut_off, elevations, rule_text};
use crate::features::targets::pages::gap_lamp;
use super::store::{self, Bulletin, Chosen, Objection};
use crate::features::reports::copies;
use crate::clock;
use crate::db::Conn;
use crate::features::authority::{Verb, missing};
use crate::features::places::model::Kind;
use crate::features::places::tree::Tree;
use crate::features::rule_sets::model::{GapRules, RuleSet, gap_rules};
use crate::features::targets::grades::Marks;
use crate::features::targets::progress::{signed, tenths_text};
use crate::features::{identity, rule_sets};
use crate::refusal::Refusal;
use crate::web::Site;
use crate::web::extract::{Query, Sent};
use crate::web::forms::{Form, Values, error_summary, form_response, refusal, seal};
use crate::web::layout::page;
use crate::web::papers;
use crate::web::problem::Problem;
use crate::web::registers::{Asked, Cell, Register};
use crate::web::visitor::Visitor;
use anyhow::Context;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use guatu_kernel::guarantee::PeriodKind;
use maud::{Markup, html};
use std::collections::HashSet;

/// Photographs offered on the page of a draft.
const OFFERED_SHOWN: usize = 24;

/// Routes of this feature.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/bulletins", get(list).post(draft))
        .route("/bulletins/{id}", get(show).post(edit))
        .route("/bulletins/{id}/photos", post(choose))
        .route("/bulletins/{id}/photos/{report}/{copy}", get(photo).post(allow))
        .route("/bulletins/{id}/review", post(review))
        .route("/bulletins/{id}/issue", post(issue))
        .route("/bulletins/{id}/withdraw", post(withdraw))
        .route("/bulletins/{id}/object", post(object))
        .route("/bulletins/{id}/settle", post(settle))
        .route("/bulletins/{id}/paper/{format}", get(paper))
}

async fn list(State(site): State<Site>, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let last = PeriodKind::Week.around(site.clock.today()).from;
    list_page(&site, &visitor, &asked, &Values::default().with("from", last), None).await
}

/// Whether a person may see all of a bulletin: everybody who reads once it is issued, before that who writes, reviews or issues.
fn may_see(visitor: &Visitor, bulletin: &Bulletin) -> bool {
    bulletin.stage == Stage::Issued || visitor.may(Verb::Govern, "/") || visitor.may(Verb::Approve, "/")
}

/// Whether a person may see a project's line before it is issued: whoever may object to it, and whoever governs there.
fn is_own(visitor: &Visitor, tree: &Tree, line: &Line) -> bool {
    tree.get(&line.project).is_some_and(|place| visitor.may(Verb::Plan, &place.path) || visitor.may(Verb::Govern, &place.path))
}

/// Whether a person is asked whether a photograph may be printed, or sees its project's line.
fn is_own_photo(visitor: &Visitor, tree: &Tree, photo: &Photo) -> bool {
    tree.get(&photo.building).is_some_and(|place| [Verb::Report, Verb::Plan, Verb::Govern].iter().any(|verb| visitor.may(*verb, &place.path)))
}

/// Where a photograph of a bulletin is.
fn address(bulletin: &Bulletin, photo: &Photo) -> String {
    format!("/bulletins/{}/photos/{}/{}", bulletin.id, photo.report, photo.copy)
}

/// Which issue of which year.
fn issue_text(visitor: &Visitor, bulletin: &Bulletin) -> String {
    visitor.tf("bulletin.number", &[("year", bulletin.issue.0.to_string()), ("number", bulletin.issue.1.to_string())])
}

async fn list_page(site: &Site, visitor: &Visitor, asked: &Asked, values: &Values, refused: Option<&Refusal>) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let mut conn = site.reader().await?;
    let tree = site.domain.places.tree(&mut conn).await?;
    let own = |bulletin: &Bulletin| bulletin.figures.lines.iter().any(|line| is_own(visitor, &tree, line));
    let bulletins: Vec<Bulletin> = store::all(&mut conn)
        .await?
        .into_iter()
        .filter(|one| may_see(visitor, one) || (own(one) && one.stage != Stage::Withdrawn))
        .collect();
    let mut register = Register::new(visitor, "/bulletins", "bulletin.title", asked)
        .column("week", "bulletin.week")
        .column("issue", "bulletin.issue_number")
        .column("state", "field.state")
        .number("projects", "bulletin.projects")
        .number("number", "bulletin.stands_on");
    let corrected: HashSet<&str> = bulletins.iter().filter(|one| one.stage == Stage::Issued).filter_map(|one| one.corrects.as_deref()).collect();
    for one in &bulletins {
        let is_corrected = corrected.contains(one.id.as_str());
        let issue = if one.stage == Stage::Issued { Cell::Text(format!("{}〔{}〕", one.issue.0, one.issue.1)) } else { Cell::Empty };
        let state = if is_corrected { visitor.t("bulletin.is_corrected") } else { visitor.t(&format!("bulletin_stage.{}", one.stage.name())) };
        register.row(vec![
            (Cell::Text(format!("{} – {}", one.from, one.to)), Some(html! { a href={ "/bulletins/" (one.id) } { (one.from) " – " (one.to) } })),
            (issue, None),
            (Cell::Text(state.clone()), Some(html! { span.tag { (state) } })),
            (Cell::Number(one.figures.lines.len() as f64), None),
            (Cell::Number(one.frozen_number as f64), Some(html! { "№ " (one.frozen_number) })),
        ]);
    }
    // Bulletins that would like to print photographs of this person's site, and how many.
    let mut asks: Vec<(String, usize)> = Vec::new();
    for (bulletin, building) in store::unanswered(&mut conn).await? {
        if !tree.get(&building).is_some_and(|place| visitor.may(Verb::Report, &place.path)) {
            continue;
        }
        match asks.last_mut() {
            Some((known, count)) if *known == bulletin => *count += 1,
            _ => asks.push((bulletin, 1)),
        }
    }
    drop(conn);
    let issued = bulletins.iter().filter(|one| one.stage == Stage::Issued).map(|one| {
        (one.id.clone(), format!("{} {} – {}", issue_text(visitor, one), one.from, one.to))
    });
    let issued = issued.collect();
    register.respond(site, "bulletin.none", |table| {
        let body = html! {
            h1 { (visitor.t("bulletin.title")) }
            p.lead { (visitor.t("bulletin.lead")) }
            @for (bulletin, count) in &asks { div.notice { p { a href={ "/bulletins/" (bulletin) } { (visitor.tf("bulletin.photos_wait", &[("count", count.to_string())])) } } } }
            (table)
            @if visitor.may(Verb::Govern, "/") {
                h2 { (visitor.t("bulletin.draft")) }
                (Form::new(visitor, "/bulletins", "bulletin.draft", values).date("from", true).lines("opening", false).lines("closing", false).choice("corrects", issued, false).lines("correction", false).refused(refused).render())
            }
        };
        form_response(refused, page(site, visitor, &visitor.t("bulletin.title"), body))
    })
}

async fn draft(State(site): State<Site>, visitor: Visitor, Sent(values): Sent) -> Result<Response, Problem> {
    visitor.need(Verb::Govern, "/")?;
    let done = async {
        let from = values.date("from")?;
        let (figures, frozen_number) = gather(&mut site.reader().await?, &site.domain, from, site.clock.today(), &Ends::look(&site, from).await?).await?;
        let bulletin = values.request_id()?;
        let command = Command::Draft {
            bulletin: bulletin.clone(),
            from,
            figures: serde_json::to_string(&figures).context("figures are JSON")?,
            frozen_number,
            opening: values.text("opening").into(),
            closing: values.text("closing").into(),
            corrects: values.opt("corrects"),
            correction: values.text("correction").into(),
        };
        site.submit(&visitor, bulletin.clone(), command).await?;
        Ok::<String, Problem>(bulletin)
    };
    match done.await {
        Ok(bulletin) => Ok(Redirect::to(&format!("/bulletins/{bulletin}")).into_response()),
        Err(problem) => list_page(&site, &visitor, &Asked::default(), &values, Some(&refusal(problem)?)).await,
    }
}

/// The bulletin, with the lines this person may see of it.
async fn readable(conn: &mut Conn, site: &Site, visitor: &Visitor, id: &str) -> Result<Bulletin, Problem> {
    visitor.need_somewhere(Verb::Read)?;
    let mut bulletin = store::bulletin(conn, id).await?.ok_or(missing())?;
    if may_see(visitor, &bulletin) {
        return Ok(bulletin);
    }
    let tree = site.domain.places.tree(conn).await?;
    bulletin.figures.lines.retain(|line| is_own(visitor, &tree, line));
    let is_asked = store::photos(conn, id).await?.iter().any(|one| is_own_photo(visitor, &tree, &one.photo));
    if (bulletin.figures.lines.is_empty() && !is_asked) || bulletin.stage == Stage::Withdrawn {
        return Err(missing().into());
    }
    // Before it is issued, a unit sees its own line and nothing that is said of others.
    bulletin.opening.clear();
    bulletin.closing.clear();
    bulletin.correction.clear();
    Ok(bulletin)
}

async fn show(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    let bulletin = readable(&mut site.reader().await?, &site, &visitor, &id).await?;
    let values = Values::default().with("opening", &bulletin.opening).with("closing", &bulletin.closing);
    show_page(&site, &visitor, &bulletin, &values, None).await
}

async fn show_page(site: &Site, visitor: &Visitor, bulletin: &Bulletin, values: &Values, refused: Option<&Refusal>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let names = identity::names(&mut conn).await?;
    let tree = site.domain.places.tree(&mut conn).await?;
    let is_whole = may_see(visitor, bulletin);
    // An old bulletin keeps its old rule.
    let rule_set = rule_sets::store::find(&mut conn, &bulletin.figures.rule).await?;
    let rules = rule_set.as_ref().and_then(RuleSet::gap).unwrap_or(gap_rules(&[], bulletin.to).1);
    let objections: Vec<Objection> = store::objections(&mut conn, &bulletin.id).await?;
    let photos = Photos::load(&mut conn, visitor, &tree, bulletin).await?;
    let correcting = store::correcting(&mut conn, &bulletin.id).await?;
    let name = |account: &Option<String>| account.as_ref().and_then(|account| names.get(account)).cloned().unwrap_or_else(|| "—".into());
    let is_open = matches!(bulletin.stage, Stage::Draft | Stage::Reviewed);
    let may_govern = visitor.may(Verb::Govern, "/");
    let act = |act: &str, key: &str| {
        html! { form.inline method="post" action={ "/bulletins/" (bulletin.id) "/" (act) } { (seal(visitor)) button type="submit" { (visitor.t(key)) } } }
    };
    // Whoever writes bulletins reads every line, and objects in no unit's name.
    let mine: Vec<&Line> = bulletin
        .figures
        .lines
        .iter()
        .filter(|line| tree.get(&line.project).is_some_and(|place| place.kind == Kind::Project && visitor.may(Verb::Plan, &place.path)))
        .filter(|line| !may_govern && !objections.iter().any(|one| one.project == line.project))
        .collect();
    let body = html! {
        p.crumbs { a href="/bulletins" { (visitor.t("bulletin.title")) } " ›" }
        (error_summary(visitor, refused))
        div.bar { h1 { (bulletin.from) " – " (bulletin.to) @if bulletin.stage == Stage::Issued { " · " (issue_text(visitor, bulletin)) } } span.tag { (visitor.t(&format!("bulletin_stage.{}", bulletin.stage.name()))) } span.end {}
            @if is_whole { a.button.second href={ "/bulletins/" (bulletin.id) "/paper/pdf" } { "PDF" } a.button.second href={ "/bulletins/" (bulletin.id) "/paper/docx" } { "DOCX" } }
        }
        @if let Some(later) = &correcting { div.notice { p { a href={ "/bulletins/" (later.id) } { (visitor.tf("bulletin.corrected_by", &[("issue", issue_text(visitor, later))])) } } } }
        // Who is asked for a photograph alone has no line.
        @if !bulletin.figures.lines.is_empty() {
            @if !is_whole { div.notice { p { (visitor.t("bulletin.own_line")) } } }
            (figures_table(visitor, bulletin, is_whole, &rules))
        }
        @if bulletin.drafted_on <= bulletin.to { div.notice { p { (cut_off(visitor, bulletin)) } } } @else { p.quiet { (cut_off(visitor, bulletin)) } }
        @if bulletin.is_early { div.notice { p { (visitor.t("bulletin.was_early")) } } }
        @if is_open && object_until(bulletin.drafted_at) > site.clock.now() { p.quiet { (visitor.tf("bulletin.object_until", &[("time", clock::civil(object_until(bulletin.drafted_at)).strftime("%m-%d %H:%M").to_string())])) } }
        @if !bulletin.opening.is_empty() { p { (bulletin.opening) } }
        @if !bulletin.closing.is_empty() { p { (visitor.labelled(visitor.t("field.closing"), &bulletin.closing)) } }
        @if let Some(corrected) = correction(visitor, bulletin).filter(|_| is_whole) { div.notice { p { (corrected) } } }
        p.quiet { (visitor.tf("bulletin.frozen", &[("number", bulletin.frozen_number.to_string())])) " · " (rule_text(visitor, &rule_sets::pages::name_of(visitor, &bulletin.figures.rule, rule_set.as_ref()))) }
        @if is_whole { dl.facts {
            dt { (visitor.t("bulletin.drafted_by")) } dd { (name(&Some(bulletin.drafted_by.clone()))) }
            dt { (visitor.t("bulletin.reviewed_by")) } dd { (name(&bulletin.reviewed_by)) }
            dt { (visitor.t("bulletin.issued_by")) } dd { (name(&bulletin.issued_by)) " " @if let Some(on) = bulletin.issued_on { (on) } }
        } }
        @for objection in objections.iter().filter(|one| bulletin.figures.lines.iter().any(|line| line.project == one.project)) {
            div.notice {
                p { strong { (bulletin.figures.lines.iter().find(|line| line.project == objection.project).map_or("", |line| line.name.as_str())) } " " (objection.words) " " span.quiet { (names.get(&objection.raised_by).map_or("", String::as_str)) } }
                @match &objection.settled {
                    Some(settled) => p { (visitor.t("bulletin.settled")) (settled) },
                    None if is_open && may_govern => {
                        form method="post" action={ "/bulletins/" (bulletin.id) "/settle" } {
                            (seal(visitor)) input type="hidden" name="project" value=(objection.project);
                            label { (visitor.t("bulletin.settle_how")) input name="reason" required; }
                            button type="submit" { (visitor.t("bulletin.settle")) }
                        }
                    },
                    None if is_open => p.quiet { (visitor.t("bulletin.printed")) },
                    None => {},
                }
            }
        }
        @if is_open { @for line in &mine {
            details { summary { (visitor.tf("bulletin.object", &[("name", line.name.clone())])) }
                form method="post" action={ "/bulletins/" (bulletin.id) "/object" } {
                    (seal(visitor)) input type="hidden" name="project" value=(line.project);
                    label { (visitor.t("field.reason")) textarea name="reason" rows="3" required {} }
                    button type="submit" { (visitor.t("bulletin.send_objection")) }
                }
            }
        } }
        (photos.show(visitor, &tree, bulletin))
        @if bulletin.stage == Stage::Draft && may_govern {
            h2 { (visitor.t("bulletin.words")) }
            (Form::new(visitor, format!("/bulletins/{}", bulletin.id), "bulletin.save", values).lines("opening", false).lines("closing", false).render())
        }
        p.bar {
            @if bulletin.stage == Stage::Draft && may_govern { (act("review", "bulletin.review")) }
            @if bulletin.stage == Stage::Reviewed && visitor.may(Verb::Approve, "/") {
                form.inline method="post" action={ "/bulletins/" (bulletin.id) "/issue" } { (seal(visitor))
                    @if refused.is_some_and(|refusal| refusal.field == Some("early")) { label.inline { input type="checkbox" id="field-early" name="early" value="yes"; " " (visitor.t("bulletin.early")) } " " }
                    button type="submit" { (visitor.t("bulletin.issue")) }
                }
            }
        }
        @if is_open && may_govern { details { summary { (visitor.t("bulletin.withdraw")) }
            form method="post" action={ "/bulletins/" (bulletin.id) "/withdraw" } { (seal(visitor)) label { (visitor.t("field.reason")) input name="reason" required; } button type="submit" { (visitor.t("bulletin.withdraw")) } }
        } }
    };
    Ok(form_response(refused, page(site, visitor, &visitor.t("bulletin.title"), body)))
}

fn figures_table(visitor: &Visitor, bulletin: &Bulletin, is_whole: bool, rules: &GapRules) -> Markup {
    let marks = Marks::of_visitor(visitor);
    html! {
        div.scroll tabindex="0" { table {
            thead { tr { th.number { (visitor.t("bulletin.rank")) } th { (visitor.t("place_kind.project")) } th.number { (visitor.t("bulletin.planned")) } th.number { (visitor.t("bulletin.done")) } th { (visitor.t("bulletin.gap")) } th.number { (visitor.t("bulletin.moved")) }
                th.number { (visitor.t("bulletin.reports")) } th.number { (visitor.t("bulletin.confirmed")) } th.number { (visitor.t("bulletin.disputes")) } th.number { (visitor.t("bulletin.broken")) } th { (visitor.t("bulletin.hindered")) } } }
            tbody { @for (at, line) in bulletin.figures.lines.iter().enumerate() { tr {
                td.number { @if is_whole { (at + 1) } @else { "—" } }
                td { a href={ "/targets?place=" (line.project) } { (line.name) } }
                td.number { (tenths_text(line.planned_e1)) } td.number { (tenths_text(line.done_e1)) @if let Some(grade) = line.grade { " " (marks.of(grade)) } }
                td { (gap_lamp(visitor, line.gap_e1, rules, &signed(line.gap_e1))) }
                td.number { @match line.moved_e1() { Some(moved) => (signed(moved)), None => "—" } }
                td.number { (line.reports_came) "/" (line.reports_due) } td.number { (line.confirmed_text()) } td.number { (line.disputes) } td.number { (line.broken) } td { (visitor.list(causes(visitor, line))) }
            } } }
        } }
    }
}

/// Photographs chosen, with what their owners said, and for those who write a draft the ones it may choose from.
struct Photos {
    chosen: Vec<Chosen>,
    offered: Vec<Photo>,
}

impl Photos {
    async fn load(conn: &mut Conn, visitor: &Visitor, tree: &Tree, bulletin: &Bulletin) -> Result<Photos, Problem> {
        let mut chosen = store::photos(conn, &bulletin.id).await?;
        if !may_see(visitor, bulletin) {
            chosen.retain(|one| is_own_photo(visitor, tree, &one.photo));
        } else if bulletin.stage == Stage::Issued {
            chosen.retain(|one| one.is_allowed == Some(true));
        }
        let may_choose = bulletin.stage == Stage::Draft && visitor.may(Verb::Govern, "/");
        let offered = if may_choose { store::offered(conn, bulletin).await? } else { Vec::new() };
        Ok(Photos { chosen, offered })
    }

    fn caption(tree: &Tree, photo: &Photo) -> String {
        let Some(place) = tree.get(&photo.building) else { return photo.on.to_string() };
        let project = tree.lineage(place).find(|one| one.kind == Kind::Project).map_or("", |project| project.attributes.name.as_str());
        format!("{project} {} {}", place.attributes.name, photo.on)
    }

    fn show(&self, visitor: &Visitor, tree: &Tree, bulletin: &Bulletin) -> Markup {
        let is_open = matches!(bulletin.stage, Stage::Draft | Stage::Reviewed);
        let may_answer = |photo: &Photo| is_open && tree.get(&photo.building).is_some_and(|place| visitor.may(Verb::Report, &place.path));
        let answer = |one: &Chosen, is_allowed: bool, key: &str| {
            html! { @if one.is_allowed != Some(is_allowed) {
                form.inline method="post" action={ (address(bulletin, &one.photo)) } {
                    (seal(visitor)) input type="hidden" name="is_allowed" value=(if is_allowed { "yes" } else { "no" });
                    button.second[!is_allowed] type="submit" { (visitor.t(key)) }
                }
            } }
        };
        html! {
            @if !self.chosen.is_empty() {
                h2 { (visitor.t("bulletin.photos")) }
                div.photos { @for one in &self.chosen { figure {
                    img loading="lazy" src={ (address(bulletin, &one.photo)) } alt=(Self::caption(tree, &one.photo));
                    figcaption { (Self::caption(tree, &one.photo)) " "
                        @if is_open { span.tag { (visitor.t(match one.is_allowed { None => "bulletin.photo_asked", Some(true) => "bulletin.photo_allowed", Some(false) => "bulletin.photo_denied" })) } }
                    }
                    @if may_answer(&one.photo) { p.bar { (answer(one, true, "bulletin.photo_allow")) (answer(one, false, "bulletin.photo_deny")) } }
                } } }
            }
            @if !self.offered.is_empty() {
                details open[self.chosen.is_empty()] { summary { (visitor.t("bulletin.choose_photos")) }
                    p.hint { (visitor.tf("bulletin.choose_hint", &[("most", MOST_PHOTOS.to_string())])) }
                    form method="post" action={ "/bulletins/" (bulletin.id) "/photos" } { (seal(visitor))
                        div.photos { @for photo in self.offered.iter().take(OFFERED_SHOWN) { label.photo {
                            img loading="lazy" src={ "/reports/" (photo.report) "/photos/" (photo.copy) } alt="";
                            span { input type="checkbox" name={ "photo." (photo.report) "/" (photo.copy) } checked[self.chosen.iter().any(|one| one.photo == *photo)]; " " (Self::caption(tree, photo)) }
                        } } }
                        @if self.offered.len() > OFFERED_SHOWN { p.quiet { (visitor.tf("round.more", &[("count", (self.offered.len() - OFFERED_SHOWN).to_string())])) } }
                        button type="submit" { (visitor.t("bulletin.choose")) }
                    }
                }
            }
        }
    }
}

async fn choose(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>, Sent(values): Sent) -> Result<Response, Problem> {
    let photos = values.under("photo.").filter_map(|(name, _)| name.split_once('/')).map(|(report, copy)| (report.to_owned(), copy.to_owned())).collect();
    act(&site, &visitor, &id, &values, Some(Verb::Govern), Command::Choose { bulletin: id.clone(), photos }).await
}

/// Its owner allows a photograph to be printed, or does not.
async fn allow(State(site): State<Site>, visitor: Visitor, Path((id, report, copy)): Path<(String, String, String)>, Sent(values): Sent) -> Result<Response, Problem> {
    let command = Command::Allow { bulletin: id.clone(), report, copy, is_allowed: values.text("is_allowed") == "yes" };
    act(&site, &visitor, &id, &values, None, command).await
}

/// A photograph of a bulletin, for those who see it there.
async fn photo(State(site): State<Site>, visitor: Visitor, Path((id, report, copy)): Path<(String, String, String)>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let bulletin = readable(&mut conn, &site, &visitor, &id).await?;
    let tree = site.domain.places.tree(&mut conn).await?;
    let photos = Photos::load(&mut conn, &visitor, &tree, &bulletin).await?;
    if !photos.chosen.iter().any(|one| one.photo.is_that(&report, &copy)) {
        return Err(missing().into());
    }
    drop(conn);
    copies::answer(&site, &copy).await
}

/// Does something with a bulletin and shows it again.
async fn act(site: &Site, visitor: &Visitor, id: &str, values: &Values, verb: Option<Verb>, command: Command) -> Result<Response, Problem> {
    let bulletin = readable(&mut site.reader().await?, site, visitor, id).await?;
    if let Some(verb) = verb {
        visitor.need(verb, "/")?;
    }
    let done = async { site.submit(visitor, values.request_id()?, command).await };
    match done.await {
        Ok(_) => Ok(Redirect::to(&format!("/bulletins/{id}")).into_response()),
        Err(problem) => show_page(site, visitor, &bulletin, values, Some(&refusal(problem)?)).await,
    }
}

async fn edit(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>, Sent(values): Sent) -> Result<Response, Problem> {
    let command = Command::Edit { bulletin: id.clone(), opening: values.text("opening").into(), closing: values.text("closing").into() };
    act(&site, &visitor, &id, &values, Some(Verb::Govern), command).await
}

async fn review(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>, Sent(values): Sent) -> Result<Response, Problem> {
    act(&site, &visitor, &id, &values, Some(Verb::Govern), Command::Review { bulletin: id.clone() }).await
}

async fn issue(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>, Sent(values): Sent) -> Result<Response, Problem> {
    // What is printed proves the figures only with a signed head that holds them.
    site.signer.sign_head(&site.db).await?;
    act(&site, &visitor, &id, &values, Some(Verb::Approve), Command::Issue { bulletin: id.clone(), is_early: values.text("early") == "yes" }).await
}

async fn withdraw(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>, Sent(values): Sent) -> Result<Response, Problem> {
    let command = Command::Withdraw { bulletin: id.clone(), reason: values.text("reason").into() };
    act(&site, &visitor, &id, &values, Some(Verb::Govern), command).await
}

async fn object(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>, Sent(values): Sent) -> Result<Response, Problem> {
    visitor.place_for(&mut site.reader().await?, values.text("project"), Verb::Plan).await?;
    let command = Command::Object { bulletin: id.clone(), project: values.text("project").into(), reason: values.text("reason").into() };
    act(&site, &visitor, &id, &values, None, command).await
}

async fn settle(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>, Sent(values): Sent) -> Result<Response, Problem> {
    let command = Command::Settle { bulletin: id.clone(), project: values.text("project").into(), reason: values.text("reason").into() };
    act(&site, &visitor, &id, &values, Some(Verb::Govern), command).await
}

async fn paper(State(site): State<Site>, visitor: Visitor, Path((id, format)): Path<(String, String)>) -> Result<Response, Problem> {
    let mut conn = site.reader().await?;
    let bulletin = readable(&mut conn, &site, &visitor, &id).await?;
    if !may_see(&visitor, &bulletin) {
        return Err(missing().into());
    }
    let objections = store::objections(&mut conn, &id).await?;
    let rule_set = rule_sets::store::find(&mut conn, &bulletin.figures.rule).await?;
    let tree = site.domain.places.tree(&mut conn).await?;
    let mut pictures = Vec::new();
    for one in store::photos(&mut conn, &id).await?.into_iter().filter(|one| one.is_allowed == Some(true)) {
        let Some(jpeg) = copies::copy(&site, &one.photo.copy).await? else { continue };
        pictures.extend(papers::picture(jpeg, Photos::caption(&tree, &one.photo)));
    }
    drop(conn);
    let rule = rule_sets::pages::name_of(&visitor, &bulletin.figures.rule, rule_set.as_ref());
    let elevations = elevations(&visitor, &bulletin)?;
    let paper = compose(&site, &visitor, &bulletin, &objections, Shown { photos: pictures, elevations }, &rule);
    papers::download(&visitor, paper, &format, &format!("guatu-bulletin-{}", bulletin.from)).await
}
