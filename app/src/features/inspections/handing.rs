//! A sealed plan changes hands: whoever goes hands over to somebody else, and both sign.
//!
//! A fact would tell of the plan, so nothing of this is one before the stop is opened: it stands beside the ledger as the plan
//! does, and the fact that opens the stop carries it. The page is the same for everybody who has nothing in hand, and no message
//! is sent: whoever leaves says so to whoever comes.

use super::model::{Refused, text};
use super::pages::Names;
use super::planning::Ground;
use super::plans::named;
use super::sealing::Stop;
use super::{print, store};
use crate::features::authority::{Verb, missing};
use crate::refusal::Refusal;
use crate::web::Site;
use crate::web::extract::Sent;
use crate::web::forms::{Form, Values, error_summary, form_response, refusal};
use crate::web::layout::{crumbs, page};
use crate::web::papers;
use crate::web::problem::Problem;
use crate::web::visitor::Visitor;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use maud::{Markup, html};

const PATH: &str = "/inspections/hand-over";
/// The buttons of the page.
const OFFER: &str = "handing.offer";
const TAKE: &str = "handing.take";

/// Routes of hand-overs.
pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route(PATH, get(show).post(offer))
        .route("/inspections/hand-over/take", post(take))
        .route("/inspections/hand-over/{format}", get(paper))
}

/// A sealed stop that somebody hands over: signed by whoever leaves, and by whoever comes once it is taken.
#[derive(Clone, Debug)]
pub(super) struct Handed {
    /// The stop, with the people who go now.
    pub(super) stop: Stop,
    pub(super) leaving: String,
    pub(super) coming: String,
    /// When each signed, as records have it.
    pub(super) offered_at: String,
    pub(super) taken_at: Option<String>,
}

/// Whether somebody may go to a stop instead of somebody else.
pub(super) fn may_come(stop: &Stop, coming: &str, ground: &Ground) -> Result<(), Refused> {
    let place = || stop.place.clone();
    let is_among = |people: Option<&Vec<String>>| people.is_some_and(|people| people.iter().any(|one| one == coming));
    if stop.inspectors.iter().any(|one| one == coming) {
        return Err(Refused::GoesAlready { place: place() });
    }
    if !is_among(ground.inspect.get(&stop.place)) {
        return Err(Refused::NotAnInspector { place: place() });
    }
    if is_among(ground.interested.get(&stop.place)) {
        return Err(Refused::HasInterest { place: place() });
    }
    Ok(())
}

/// Sealed stops that a person goes to, and what is or was handed from or to them.
struct Hands {
    names: Names,
    held: Vec<Stop>,
    handed: Vec<Handed>,
}

impl Hands {
    async fn of(site: &Site, account: &str) -> Result<Hands, Problem> {
        let mut conn = site.reader().await?;
        let names = Names::read(&mut conn, site).await?;
        let sealed = store::sealed_stops(&mut conn).await?.into_iter().map(|(stop, _)| stop);
        let held = sealed.filter(|stop| stop.inspectors.iter().any(|one| one == account)).collect();
        let mut handed = store::handed(&mut conn).await?;
        handed.retain(|one| one.leaving == account || one.coming == account);
        Ok(Hands { names, held, handed })
    }

    /// What waits for this person to sign.
    fn offered<'a>(&'a self, account: &'a str) -> impl Iterator<Item = &'a Handed> {
        self.handed.iter().filter(move |one| one.coming == account && one.taken_at.is_none())
    }
}

/// Whoever inspects somewhere. To everybody else there is no such page.
fn inspector(visitor: &Visitor) -> Result<&str, Problem> {
    visitor.need_somewhere(Verb::Inspect)?;
    visitor.account.as_deref().ok_or(Problem::LoginNeeded)
}

async fn show(State(site): State<Site>, visitor: Visitor) -> Result<Response, Problem> {
    show_page(&site, &visitor, &Values::default(), None).await
}

/// The page; where something was refused, with the button that was pressed and what stood in its form.
async fn show_page(site: &Site, visitor: &Visitor, values: &Values, refused: Option<(&str, &Refusal)>) -> Result<Response, Problem> {
    let account = inspector(visitor)?;
    let hands = Hands::of(site, account).await?;
    let mut conn = site.reader().await?;
    let people: Vec<(String, String)> = store::inspecting(&mut conn, site.clock.today())
        .await?
        .into_iter()
        .filter(|one| one != account)
        .map(|one| (one.clone(), hands.names.person(&one).to_owned()))
        .collect();
    drop(conn);
    let refused = refused.map(|(button, refusal)| (button, named(visitor, refusal, &hands.names)));
    let of = |button: &str| refused.as_ref().filter(|(pressed, _)| *pressed == button).map(|(_, refusal)| refusal);
    let offered: Vec<&Handed> = hands.offered(account).collect();
    let body = html! {
        (crumbs(visitor, &[("/inspections".to_owned(), visitor.t("nav.inspections"))]))
        div.bar { h1 { (visitor.t("handing.title")) } span.end {}
            @if !hands.handed.is_empty() { span.no-print { (visitor.t("handing.paper")) @for (format, name) in [("pdf", "PDF"), ("docx", "DOCX")] { " " a href={ (PATH) "/" (format) } { (name) } } } }
        }
        p.lead { (visitor.t("handing.lead")) }
        // A form says itself why it was refused; one that is not there cannot.
        @if (offered.is_empty() && of(TAKE).is_some()) || (hands.held.is_empty() && of(OFFER).is_some()) {
            (error_summary(visitor, refused.as_ref().map(|(_, refusal)| refusal)))
        }
        @if !offered.is_empty() { section.sheet #offered {
            h2 { (visitor.t("handing.offered")) }
            (stops(visitor, &hands.names, offered.iter().map(|one| &one.stop)))
            (Form::new(visitor, format!("{PATH}/take"), TAKE, values).text("own_name").refused(of(TAKE)).render())
        } }
        section.sheet #held {
            h2 { (visitor.t("handing.held")) }
            (stops(visitor, &hands.names, hands.held.iter()))
            @if hands.held.is_empty() { p.empty { (visitor.t("handing.none")) } }
            @else { (Form::new(visitor, PATH, OFFER, values).choice("coming", people, true).text("own_name").refused(of(OFFER)).render()) }
        }
        @if !hands.handed.is_empty() { section.sheet #handed {
            h2 { (visitor.t("handing.handed")) }
            ul.rows { @for one in &hands.handed { li { span { (hands.names.place(&one.stop.place)) } span { (visitor.tf("handing.from_to", &[("leaving", hands.names.person(&one.leaving).to_owned()), ("coming", hands.names.person(&one.coming).to_owned())])) } span.quiet { (visitor.t(if one.taken_at.is_some() { "handing.taken" } else { "handing.waits" })) } } } }
        } }
    };
    Ok(form_response(refused.as_ref().map(|(_, refusal)| refusal), page(site, visitor, &visitor.t("handing.title"), body)))
}

fn stops<'a>(visitor: &Visitor, names: &Names, stops: impl Iterator<Item = &'a Stop>) -> Markup {
    html! { ul.rows { @for stop in stops { li {
        span { (names.place(&stop.place)) }
        span { (visitor.list(stop.inspectors.iter().map(|one| names.person(one)))) }
        span.quiet { (visitor.tf("inspections.until", &[("date", stop.until.to_string())])) }
    } } } }
}

/// Both sign by typing their own names: the account stands for it.
fn signed(visitor: &Visitor, values: &Values) -> Result<(), Refusal> {
    values.check()?;
    let name = text(values.text("own_name"), Refused::OtherName)?;
    if name == visitor.name { Ok(()) } else { Err(Refused::OtherName.into()) }
}

/// Hands everything that is sealed and this person's to somebody else, who signs next. Until then nothing changes.
async fn offer(State(site): State<Site>, visitor: Visitor, Sent(values): Sent) -> Result<Response, Problem> {
    let account = inspector(&visitor)?;
    let done = async {
        signed(&visitor, &values)?;
        let coming = values.text("coming");
        let hands = Hands::of(&site, account).await?;
        if hands.held.is_empty() {
            return Err(Refusal::from(Refused::NothingInHand).into());
        }
        check(&site, &hands.held, coming).await?;
        Ok(store::offer(&mut site.db.writer().await?, &hands.held, account, coming, site.clock.now()).await?)
    };
    answer(&site, &visitor, &values, OFFER, done.await).await
}

/// Takes everything that was handed to this person.
async fn take(State(site): State<Site>, visitor: Visitor, Sent(values): Sent) -> Result<Response, Problem> {
    let account = inspector(&visitor)?;
    let done = async {
        signed(&visitor, &values)?;
        let hands = Hands::of(&site, account).await?;
        let offered: Vec<Stop> = hands.offered(account).map(|one| one.stop.clone()).collect();
        if offered.is_empty() {
            return Err(Refusal::from(Refused::NothingInHand).into());
        }
        check(&site, &offered, account).await?;
        Ok(store::take(&mut site.db.writer().await?, &offered, account, site.clock.now()).await?)
    };
    answer(&site, &visitor, &values, TAKE, done.await).await
}

/// Whether somebody may go to all of these: once to each, also where two of its people hand over to one.
async fn check(site: &Site, stops: &[Stop], coming: &str) -> Result<(), Problem> {
    if let Some((_, twice)) = stops.iter().enumerate().find(|(at, stop)| stops[..*at].iter().any(|one| one.id == stop.id)) {
        return Err(Refusal::from(Refused::GoesAlready { place: twice.place.clone() }).into());
    }
    let places: Vec<String> = stops.iter().map(|stop| stop.place.clone()).collect();
    let ground = store::ground(&mut site.reader().await?, &places, "", site.clock.today()).await?;
    Ok(stops.iter().try_for_each(|stop| may_come(stop, coming, &ground)).map_err(Refusal::from)?)
}

async fn answer(site: &Site, visitor: &Visitor, values: &Values, button: &str, done: Result<(), Problem>) -> Result<Response, Problem> {
    match done {
        Ok(()) => Ok(Redirect::to(PATH).into_response()),
        Err(problem) => show_page(site, visitor, values, Some((button, &refusal(problem)?))).await,
    }
}

/// The list as a paper for the two: what, from whom to whom, and when each signed.
async fn paper(State(site): State<Site>, visitor: Visitor, Path(format): Path<String>) -> Result<Response, Problem> {
    let account = inspector(&visitor)?;
    let hands = Hands::of(&site, account).await?;
    if hands.handed.is_empty() {
        return Err(missing().into());
    }
    let today = site.clock.today();
    let paper = print::handed(&site, &visitor, &hands.names, &hands.handed, today);
    papers::download(&visitor, paper, &format, &format!("guatu-sealed-hand-over-{today}")).await
}
