//! Pages of leads: writing one, the key it is sealed to, a receipt looked up, and the recipient's envelopes.
//!
//! What is written goes from the request into the envelope and nowhere else: no address names it, no answer leads on to one that
//! does, and only a refused form shows it again to whoever typed it.

use super::envelope::{self, Fault, PublicKey, SIZES};
use super::model::{Command, Refused};
use super::store::{self, Envelope, KeyStep};
use crate::features::authority::{Verb, missing};
use crate::features::identity;
use crate::journal::sha256_hex;
use crate::refusal::{Refusal, text};
use crate::web::Site;
use crate::web::extract::{Sent, SentWithFiles};
use crate::web::forms::{Form, Values, error_summary, form_response, refusal, seal};
use crate::web::layout::{crumbs, page};
use crate::web::papers::saved;
use crate::web::problem::Problem;
use crate::web::visitor::Visitor;
use anyhow::Context;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use image::{ImageFormat, guess_format};
use jiff::ToSpan;
use maud::{Markup, html};

/// Kinds of files that are taken for photographs.
const PICTURES: &str = "image/jpeg,image/png,image/webp";
/// Bytes of envelopes that wait to be fetched, at most: nobody fills the disk with leads.
const MOST_WAITING_BYTES: u64 = 1 << 30;
/// A key that changed within so many days is pointed out.
const FRESH_DAYS: i64 = 30;

/// Routes of this feature.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/leads", get(write).post(hand_over))
        .route("/leads/receipt", post(look_up))
        .route("/leads/envelopes", get(envelopes))
        .route("/leads/envelopes/{number}/fetch", post(fetch))
        .route("/leads/envelopes/{number}/confirm", post(confirm))
        .route("/leads/opened", get(opened).post(remove))
        .route("/leads/key", get(key).post(put_forward))
        .route("/leads/key/adopt", post(adopt))
}

/// What the forms of the page on which leads are written show.
#[derive(Default)]
struct Shown<'a> {
    /// The form that was refused, and why.
    refused: Option<&'a Refusal>,
    /// The hash that was looked up, and its number in the ledger.
    found: Option<(&'a str, u64)>,
    is_receipt: bool,
}

async fn write(State(site): State<Site>, visitor: Visitor) -> Result<Response, Problem> {
    write_page(&site, &visitor, &Values::default(), &Shown::default()).await
}

async fn write_page(site: &Site, visitor: &Visitor, values: &Values, shown: &Shown<'_>) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Refer)?;
    let steps = store::key_steps(&mut site.reader().await?).await?;
    let today = site.clock.today();
    let is_fresh = |step: &KeyStep| step.at.date().saturating_add(FRESH_DAYS.days()) >= today;
    let blank = Values::default();
    let refused_of = |is_receipt: bool| shown.refused.filter(|_| shown.is_receipt == is_receipt);
    let body = html! {
        h1 { (visitor.t("leads.title")) }
        p.lead { (visitor.t("leads.lead")) }
        @match store::in_force(&steps) {
            None => {
                (error_summary(visitor, refused_of(false)))
                p.notice role="note" { (visitor.t("leads.no_key")) }
            }
            Some(step) => {
                p { (visitor.t("leads.sealed_to")) " " code { (fingerprint(&step.key)) } " " a href="/leads/key" { (visitor.t("leads.key_history")) } }
                @if is_fresh(step) { p.notice role="note" { (visitor.tf("leads.key_fresh", &[("date", step.at.date().to_string())])) } }
                (Form::new(visitor, "/leads", "leads.hand_over", if shown.is_receipt { &blank } else { values })
                    .lines("lead_text", true).files("photos", PICTURES).refused(refused_of(false)).render())
            }
        }
        h2 { (visitor.t("leads.receipt")) }
        p.quiet { (visitor.t("leads.receipt_lead")) }
        @if let Some((hash, number)) = shown.found { (receipt(visitor, hash, Some(number))) }
        (Form::new(visitor, "/leads/receipt", "leads.look_up", if shown.is_receipt { values } else { &blank })
            .named("receipt").text("receipt_hash").refused(refused_of(true)).render())
        h2 { (visitor.t("leads.how")) }
        ul { @for key in ["leads.how_sealed", "leads.how_ledger", "leads.how_limits"] { li { (visitor.t(key)) } } }
    };
    Ok(form_response(shown.refused, page(site, visitor, &visitor.t("leads.title"), body)))
}

fn fingerprint(key: &str) -> String {
    PublicKey::read(key).map_or_else(|_| "—".to_owned(), |key| key.fingerprint())
}

fn receipt(visitor: &Visitor, hash: &str, number: Option<u64>) -> Markup {
    html! {
        dl.facts {
            dt { (visitor.t("leads.hash")) } dd { code { (hash) } }
            dt { (visitor.t("leads.number")) } dd { @match number { Some(number) => { "№ " (number) }, None => (visitor.t("leads.number_soon")) } }
        }
    }
}

async fn hand_over(State(site): State<Site>, visitor: Visitor, sent: SentWithFiles) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Refer)?;
    let values = sent.values;
    let done = async {
        let request_id = values.request_id()?;
        let words = text(values.text("lead_text"), Refused::NothingSaid).map_err(Refusal::from)?;
        let photos = sent.files.taken()?;
        close(&site, &request_id, &words, &photos).await
    };
    let hash = match done.await {
        Ok(hash) => hash,
        Err(problem) => {
            let refused = refusal(problem)?;
            return write_page(&site, &visitor, &values, &Shown { refused: Some(&refused), ..Shown::default() }).await;
        }
    };
    let number = store::number_of(&mut site.reader().await?, &hash).await?;
    let body = html! {
        (crumbs(&visitor, &[("/leads".to_owned(), visitor.t("leads.title"))]))
        h1 { (visitor.t("leads.left")) }
        p.lead { (visitor.t("leads.left_lead")) }
        (receipt(&visitor, &hash, number))
    };
    // Not an address of its own: whoever keeps addresses would keep who closed which envelope.
    Ok(page(&site, &visitor, &visitor.t("leads.left"), body).into_response())
}

/// Closes what was said in an envelope and keeps it; answers with its hash.
async fn close(site: &Site, request_id: &str, words: &str, photos: &[Vec<u8>]) -> Result<String, Problem> {
    let mut conn = site.reader().await?;
    let steps = store::key_steps(&mut conn).await?;
    let waiting = store::unfetched_bytes(&mut conn).await?;
    drop(conn);
    let step = store::in_force(&steps).ok_or_else(|| Refusal::from(Refused::NoKey))?;
    let is_picture = |photo: &Vec<u8>| matches!(guess_format(photo), Ok(ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP));
    if !photos.iter().all(is_picture) {
        return Err(Refusal::from(Refused::NoPicture).into());
    }
    let content = envelope::content(words, photos);
    let id = sha256_hex(&[request_id.as_bytes(), &[0], &content].concat());
    let key = PublicKey::read(&step.key).context("a key that was adopted is one")?;
    let sealed = tokio::task::spawn_blocking(move || envelope::seal(&key, content)).await.context("sealing")?;
    let sealed = match sealed {
        Ok(sealed) => sealed,
        Err(Fault::TooLarge) => {
            return Err(Refusal::from(Refused::TooLarge { limit: (SIZES[SIZES.len() - 1] >> 20).to_string() }).into());
        }
        Err(fault) => return Err(anyhow::Error::from(fault).context("sealing to the key in force").into()),
    };
    if waiting + sealed.len() as u64 > MOST_WAITING_BYTES {
        return Err(Refusal::from(Refused::NoRoom).into());
    }
    site.need_room()?;
    let hash = sha256_hex(&sealed);
    Ok(store::keep(&mut site.db.writer().await?, &id, &hash, sealed).await?)
}

async fn look_up(State(site): State<Site>, visitor: Visitor, Sent(values): Sent) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Refer)?;
    let done = async {
        values.check()?;
        let mut conn = site.reader().await?;
        let hash = values.text("receipt_hash").to_lowercase();
        match store::number_of(&mut conn, &hash).await? {
            Some(number) => Ok::<_, Problem>((hash, number)),
            None => Err(Refusal::from(Refused::UnknownReceipt).into()),
        }
    };
    match done.await {
        Ok((hash, number)) => {
            let shown = Shown { found: Some((&hash, number)), is_receipt: true, ..Shown::default() };
            write_page(&site, &visitor, &values, &shown).await
        }
        Err(problem) => {
            let refused = refusal(problem)?;
            write_page(&site, &visitor, &values, &Shown { refused: Some(&refused), is_receipt: true, ..Shown::default() }).await
        }
    }
}

/// The recipient's post reads nothing else here, so to everybody else the page is not there.
fn need_recipient(visitor: &Visitor) -> Result<(), Problem> {
    visitor.need_somewhere(Verb::Receive)?;
    if visitor.may(Verb::Receive, "/") { Ok(()) } else { Err(missing().into()) }
}

async fn envelopes(State(site): State<Site>, visitor: Visitor) -> Result<Response, Problem> {
    envelopes_page(&site, &visitor, None).await
}

async fn envelopes_page(site: &Site, visitor: &Visitor, refused: Option<&Refusal>) -> Result<Response, Problem> {
    need_recipient(visitor)?;
    let all = store::envelopes(&mut site.reader().await?).await?;
    let act = |number: u64, act: &str, key: &str| html! {
        form.inline method="post" action={ "/leads/envelopes/" (number) "/" (act) } { (seal(visitor)) button type="submit" { (visitor.t(key)) } }
    };
    let body = html! {
        (error_summary(visitor, refused))
        h1 { (visitor.t("leads.envelopes")) }
        p.lead { (visitor.t("leads.envelopes_lead")) }
        p { a href="/leads/key" { (visitor.t("leads.key")) } }
        @if all.is_empty() { p.quiet { (visitor.t("leads.no_envelopes")) } }
        @else {
            div.scroll tabindex="0" { table {
                thead { tr { th.number { "№" } th.number { (visitor.t("leads.size")) } th.number { (visitor.t("leads.fetched")) } th {} } }
                tbody { @for one in &all { tr {
                    td.number data-title="№" { (one.number) }
                    td.number data-title=(visitor.t("leads.size")) { (size_text(one.bytes)) }
                    td.number data-title=(visitor.t("leads.fetched")) { (one.fetched) }
                    td {
                        @if one.is_removed { (visitor.t("leads.removed")) }
                        @else {
                            (act(one.number, "fetch", "leads.fetch"))
                            @if one.is_confirmed { " " (visitor.t("leads.confirmed")) }
                            @else if one.fetched > 0 { " " (act(one.number, "confirm", "leads.confirm")) }
                        }
                    }
                } } }
            } }
        }
    };
    Ok(form_response(refused, page(site, visitor, &visitor.t("leads.envelopes"), body)))
}

/// The recipient could open it: from then on it may be removed here.
async fn confirm(State(site): State<Site>, visitor: Visitor, Path(number): Path<String>, Sent(values): Sent) -> Result<Response, Problem> {
    need_recipient(&visitor)?;
    let found = of_number(&site, &number).await?;
    let done = async { site.submit(&visitor, values.request_id()?, Command::Confirm { envelope: found.sha256 }).await };
    match done.await {
        Ok(_) => Ok(Redirect::to("/leads/envelopes").into_response()),
        Err(problem) => envelopes_page(&site, &visitor, Some(&refusal(problem)?)).await,
    }
}

async fn of_number(site: &Site, number: &str) -> Result<Envelope, Problem> {
    let number: u64 = number.parse().map_err(|_| missing())?;
    Ok(store::envelope(&mut site.reader().await?, number).await?.ok_or_else(missing)?)
}

/// What the recipient could open, for the administrator who has it removed: numbers and sizes, as in the ledger.
async fn opened(State(site): State<Site>, visitor: Visitor) -> Result<Response, Problem> {
    opened_page(&site, &visitor, None).await
}

async fn opened_page(site: &Site, visitor: &Visitor, refused: Option<&Refusal>) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Administer)?;
    let mut all = store::envelopes(&mut site.reader().await?).await?;
    all.retain(|one| one.is_confirmed && !one.is_removed);
    let body = html! {
        (crumbs(visitor, &[("/leads/key".to_owned(), visitor.t("leads.key"))]))
        (error_summary(visitor, refused))
        h1 { (visitor.t("leads.opened")) }
        p.lead { (visitor.t("leads.opened_lead")) }
        @if all.is_empty() { p.empty { (visitor.t("leads.none_opened")) } }
        ul.rows { @for one in &all { li {
            span { "№ " (one.number) } span { (size_text(one.bytes)) }
            form.inline method="post" action="/leads/opened" { (seal(visitor)) input type="hidden" name="number" value=(one.number); button type="submit" { (visitor.t("leads.remove")) } }
        } } }
    };
    Ok(form_response(refused, page(site, visitor, &visitor.t("leads.opened"), body)))
}

async fn remove(State(site): State<Site>, visitor: Visitor, Sent(values): Sent) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Administer)?;
    let found = of_number(&site, values.text("number")).await?;
    // What the recipient has not opened is not there for an administrator.
    if !found.is_confirmed {
        return Err(missing().into());
    }
    let done = async {
        site.submit(&visitor, values.request_id()?, Command::Remove { envelope: found.sha256 }).await?;
        Ok(store::sweep(&mut site.db.writer().await?).await?)
    };
    match done.await {
        Ok(()) => Ok(Redirect::to("/leads/opened").into_response()),
        Err(problem) => opened_page(&site, &visitor, Some(&refusal(problem)?)).await,
    }
}

/// A size of an envelope, which is always whole.
fn size_text(bytes: u64) -> String {
    if bytes >= 1 << 20 { format!("{} MB", bytes >> 20) } else { format!("{} KB", bytes >> 10) }
}

async fn fetch(State(site): State<Site>, visitor: Visitor, Path(number): Path<String>, Sent(values): Sent) -> Result<Response, Problem> {
    need_recipient(&visitor)?;
    let found = of_number(&site, &number).await?;
    if found.is_removed {
        return envelopes_page(&site, &visitor, Some(&Refused::HasGone.into())).await;
    }
    let bytes = store::content(&mut site.reader().await?, &found.sha256).await?.context("an envelope that left is in the store")?;
    if sha256_hex(&bytes) != found.sha256 {
        return Err(anyhow::anyhow!("envelope {number} is not what the ledger says").into());
    }
    site.submit(&visitor, values.request_id()?, Command::Fetch { envelope: found.sha256 }).await?;
    Ok(saved(bytes, "application/octet-stream", &format!("lead-{number}.sealed")))
}

async fn key(State(site): State<Site>, visitor: Visitor) -> Result<Response, Problem> {
    key_page(&site, &visitor, &Values::default(), None).await
}

async fn key_page(site: &Site, visitor: &Visitor, values: &Values, refused: Option<&Refusal>) -> Result<Response, Problem> {
    let may = |verb| visitor.rights.may_somewhere(verb);
    if ![Verb::Administer, Verb::Secure, Verb::Receive].into_iter().any(may) {
        visitor.need_somewhere(Verb::Refer)?;
    }
    let mut conn = site.reader().await?;
    let steps = store::key_steps(&mut conn).await?;
    let names = identity::names(&mut conn).await?;
    drop(conn);
    let body = html! {
        h1 { (visitor.t("leads.key")) }
        p.lead { (visitor.t("leads.key_lead")) }
        @match store::in_force(&steps) {
            None => p.notice role="note" { (visitor.t("leads.no_key")) },
            Some(step) => (key_facts(visitor, "leads.in_force", &step.key)),
        }
        @if let Some(step) = store::put_forward(&steps) {
            (key_facts(visitor, "leads.put_forward", &step.key))
            @if may(Verb::Secure) {
                form.fields method="post" action="/leads/key/adopt" {
                    (seal(visitor)) input type="hidden" name="lead_key" value=(step.key);
                    p { (visitor.t("leads.adopt_lead")) }
                    div.actions { button type="submit" { (visitor.t("leads.adopt")) } }
                }
            }
        }
        @if may(Verb::Administer) {
            p { a href="/leads/opened" { (visitor.t("leads.opened")) } }
            h2 { (visitor.t("leads.put_key_forward")) }
            (Form::new(visitor, "/leads/key", "leads.put_key_forward", values).text("lead_key").refused(refused).render())
        }
        @else { (error_summary(visitor, refused)) }
        @if !steps.is_empty() {
            h2 { (visitor.t("leads.key_history")) }
            div.scroll tabindex="0" { table {
                thead { tr { th.number { "№" } th { (visitor.t("ledger.recorded")) } th { (visitor.t("ledger.what")) } th { (visitor.t("leads.fingerprint")) } th { (visitor.t("ledger.actor")) } } }
                tbody { @for step in &steps { tr {
                    td.number { (step.number) }
                    td { (step.at.strftime("%Y-%m-%d %H:%M")) }
                    td { (visitor.t(if step.is_adopted { "fact.leads_key_adopted" } else { "fact.leads_key_put_forward" })) }
                    td { code { (fingerprint(&step.key)) } }
                    td { (names.get(&step.by).map_or("—", String::as_str)) }
                } } }
            } }
        }
    };
    Ok(form_response(refused, page(site, visitor, &visitor.t("leads.key"), body)))
}

fn key_facts(visitor: &Visitor, title: &str, key: &str) -> Markup {
    html! {
        h2 { (visitor.t(title)) }
        dl.facts {
            dt { (visitor.t("leads.fingerprint")) } dd { code { (fingerprint(key)) } }
            dt { (visitor.t("leads.key")) } dd { code { (key) } }
        }
    }
}

async fn put_forward(State(site): State<Site>, visitor: Visitor, Sent(values): Sent) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Administer)?;
    let done = async {
        let request_id = values.request_id()?;
        let key = values.text("lead_key").to_owned();
        // A key to which nothing can be sealed is none, whatever its shape.
        let read = PublicKey::read(&key).and_then(|key| envelope::seal(&key, Vec::new()));
        read.map_err(|_| Refusal::from(Refused::BadKey))?;
        site.submit(&visitor, request_id, Command::PutKeyForward { key }).await
    };
    answered(&site, &visitor, &values, done.await.map(drop)).await
}

async fn adopt(State(site): State<Site>, visitor: Visitor, Sent(values): Sent) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Secure)?;
    let command = Command::AdoptKey { key: values.text("lead_key").to_owned() };
    let done = async { site.submit(&visitor, values.request_id()?, command).await };
    answered(&site, &visitor, &values, done.await.map(drop)).await
}

async fn answered(site: &Site, visitor: &Visitor, values: &Values, done: Result<(), Problem>) -> Result<Response, Problem> {
    match done {
        Ok(()) => Ok(Redirect::to("/leads/key").into_response()),
        Err(problem) => key_page(site, visitor, values, Some(&refusal(problem)?)).await,
    }
}
