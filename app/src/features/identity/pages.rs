//! Pages of identity: logging in and out, one-time links, accounts, posts.

use super::model::{Command, Refused, Role};
use super::session::{self, MAX_PASSWORD_CHARS, MIN_PASSWORD_CHARS, Purpose, Redeemed};
use super::store;
use crate::db::Conn;
use crate::features::authority::Verb;
use crate::features::places::store::Place;
use crate::features::places::tree::Tree;
use crate::features::{organisations, places};
use crate::journal::domain::Permit;
use crate::refusal::{Reason, Refusal};
use crate::web::Site;
use crate::web::extract::{Query, Sent};
use crate::web::forms::{Form, Values, form_response, new_id, refusal, seal};
use crate::web::layout::{own_path, page};
use crate::web::problem::Problem;
use crate::web::registers::{Asked, Cell, Register};
use crate::web::visitor::{SESSION_COOKIE, Visitor};
use axum::Router;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use jiff::civil::Date;
use maud::{Markup, html};
use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;

/// Routes of this feature.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/login", get(login_form).post(login))
        .route("/logout", post(logout))
        .route("/session/alive", post(alive))
        .route("/welcome/{token}", get(welcome_form).post(welcome))
        .route("/accounts", get(accounts).post(create))
        .route("/accounts/{id}/invitation", post(invite))
        .route("/accounts/{id}/reset", post(ask_reset))
        .route("/accounts/{id}/reset/allow", post(allow_reset))
        .route("/accounts/{id}/disable", post(disable))
        .route("/accounts/{id}/enable", post(enable))
        .route("/posts", get(posts).post(grant))
        .route("/posts/{id}/end", post(end_post))
}

fn rule(code: &'static str, field: &'static str) -> Refusal {
    Refusal { code, reason: Reason::Rule, params: Vec::new(), field: Some(field) }
}

async fn login_form(State(site): State<Site>, visitor: Visitor, Query(query): Query<HashMap<String, String>>) -> Response {
    let values = Values::default().with("to", own_path(query.get("to").map(String::as_str)));
    login_page(&site, &visitor, &values, None)
}

fn login_page(site: &Site, visitor: &Visitor, values: &Values, refused: Option<&Refusal>) -> Response {
    let action = format!("/login?to={}", crate::web::problem::form_urlencoded(own_path(values.opt("to").as_deref())));
    let body = html! {
        div.problem {
            h1 { (visitor.t("login.title")) }
            (Form::new(visitor, action, "shell.log_in", values).text("login").password("password").refused(refused).render())
        }
    };
    form_response(refused, page(site, visitor, &visitor.t("login.title"), body))
}

async fn login(
    State(site): State<Site>,
    visitor: Visitor,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    Query(query): Query<HashMap<String, String>>,
    Sent(values): Sent,
) -> Result<Response, Problem> {
    let to = own_path(query.get("to").map(String::as_str)).to_owned();
    let values = values.with("to", &to);
    let name = values.text("login").to_lowercase();
    if !site.throttle.allows(&name, &address.ip().to_string()) {
        let refused = rule("I-120", "login");
        return Ok(login_page(&site, &visitor, &values, Some(&refused)));
    }
    let password: String = values.raw("password").chars().take(MAX_PASSWORD_CHARS).collect();
    match session::check_password(&site.db, &name, password).await? {
        None => Ok(login_page(&site, &visitor, &values, Some(&rule("I-121", "login")))),
        Some(account) => start_session(&site, &account, &to).await,
    }
}

/// A new token at every login: an old or planted one is worth nothing.
pub async fn start_session(site: &Site, account: &str, to: &str) -> Result<Response, Problem> {
    let token = session::open(&site.db, account, site.clock.machine()).await?;
    let secure = if site.is_behind_tls { "; Secure" } else { "" };
    let cookie = format!("{SESSION_COOKIE}={token}; Path=/; HttpOnly; SameSite=Lax{secure}");
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(to)).into_response())
}

/// A wall screen reads and never writes, so it says every now and then that somebody still looks at it.
async fn alive(State(site): State<Site>, visitor: Visitor) -> Result<StatusCode, Problem> {
    let token = visitor.token.as_ref().ok_or(Problem::LoginNeeded)?;
    session::touch(&site.db, token, site.clock.machine()).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn logout(State(site): State<Site>, visitor: Visitor, Sent(values): Sent) -> Result<Response, Problem> {
    values.check()?;
    if let Some(token) = &visitor.token {
        session::close(&site.db, token).await?;
    }
    let cookie = format!("{SESSION_COOKIE}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to("/login")).into_response())
}

async fn welcome_form(State(site): State<Site>, visitor: Visitor, Path(token): Path<String>) -> Result<Response, Problem> {
    let purpose = session::read_link(&mut site.reader().await?, &token, site.clock.machine()).await?;
    let purpose = purpose.ok_or(Refusal { code: "I-122", reason: Reason::Missing, params: Vec::new(), field: None })?;
    Ok(welcome_page(&site, &visitor, &token, &purpose, &Values::default(), None))
}

fn welcome_page(site: &Site, visitor: &Visitor, token: &str, purpose: &Purpose, values: &Values, refused: Option<&Refusal>) -> Response {
    let is_first = *purpose == Purpose::FirstAdministrator;
    let (title, lead) = if is_first { ("welcome.first_title", "welcome.first_lead") } else { ("welcome.title", "welcome.lead") };
    let form = Form::new(visitor, format!("/welcome/{token}"), "welcome.button", values);
    let form = if is_first { form.text("person_name") } else { form };
    let body = html! {
        div.problem {
            h1 { (visitor.t(title)) }
            p.lead { (visitor.t(lead)) }
            (form.text("login").password("new_password").refused(refused).render())
        }
    };
    form_response(refused, page(site, visitor, &visitor.t(title), body))
}

fn check_credential(values: &Values) -> Result<(), Refusal> {
    let login = values.text("login");
    if !(2..=40).contains(&login.chars().count()) || login.chars().any(|character| character.is_whitespace() || character.is_control()) {
        return Err(rule("I-123", "login"));
    }
    let length = values.raw("new_password").chars().count();
    if !(MIN_PASSWORD_CHARS..=MAX_PASSWORD_CHARS).contains(&length) {
        return Err(rule("I-124", "new_password"));
    }
    if values.raw("new_password").to_lowercase().contains(&login.to_lowercase()) {
        return Err(rule("I-125", "new_password"));
    }
    Ok(())
}

async fn welcome(
    State(site): State<Site>,
    visitor: Visitor,
    Path(token): Path<String>,
    Sent(values): Sent,
) -> Result<Response, Problem> {
    let purpose = session::read_link(&mut site.reader().await?, &token, site.clock.machine()).await?;
    let purpose = purpose.ok_or(Refusal { code: "I-122", reason: Reason::Missing, params: Vec::new(), field: None })?;
    let name = person_name(&values);
    let checked = check_credential(&values).and(if purpose == Purpose::FirstAdministrator { name.clone().map(drop) } else { Ok(()) });
    if let Err(refused) = checked {
        return Ok(welcome_page(&site, &visitor, &token, &purpose, &values, Some(&refused)));
    }
    let account = match &purpose {
        Purpose::FirstAdministrator => new_id(),
        Purpose::Invitation { account } | Purpose::Reset { account } => account.clone(),
    };
    let login = values.text("login").to_lowercase();
    let hash = session::hash_password(values.raw("new_password").to_owned()).await?;
    let before = session::credential(&mut site.reader().await?, &account).await?;
    match session::redeem(&site.db, &token, &purpose, &account, &login, &hash, site.clock.machine()).await? {
        Redeemed::Done => {}
        Redeemed::LinkGone => {
            return Err(Refusal { code: "I-122", reason: Reason::Missing, params: Vec::new(), field: None }.into());
        }
        Redeemed::NeedsTwo => return Err(Refusal::from(Refused::HasPost).into()),
        Redeemed::LoginTaken => {
            return Ok(welcome_page(&site, &visitor, &token, &purpose, &values, Some(&rule("I-126", "login"))));
        }
    }
    let is_first = purpose == Purpose::FirstAdministrator;
    if let Err(problem) = enter(&site, &account, if is_first { Some(name?) } else { None }).await {
        session::give_back(&site.db, &token, &account, before.as_ref()).await?;
        return Err(problem);
    }
    start_session(&site, &account, "/").await
}

/// The facts of somebody who comes in; of the first, who is named, that there is an account and what it may do.
async fn enter(site: &Site, account: &str, first: Option<String>) -> Result<(), Problem> {
    if let Some(name) = first {
        appoint_first(site, account).await?;
        keep_name(site, account, &name).await?;
    }
    let enter = Command::Enter { account: account.to_owned() };
    site.submit_as(Permit::system(), new_id(), enter.into(), Vec::new()).await?;
    Ok(())
}

/// The first person becomes the system administrator: by the system, since nobody else is there yet.
async fn appoint_first(site: &Site, account: &str) -> Result<(), Problem> {
    let create = Command::CreateAccount { account: account.to_owned(), organisation: None };
    site.submit_as(Permit::system(), new_id(), create.into(), Vec::new()).await?;
    let grant = Command::Grant {
        post: new_id(),
        account: account.to_owned(),
        role: Role::SystemAdmin,
        place: None,
        from: site.clock.today(),
        to: None,
    };
    site.submit_as(Permit::system(), new_id(), grant.into(), Vec::new()).await?;
    Ok(())
}

fn person_name(values: &Values) -> Result<String, Refusal> {
    let name = values.text("person_name");
    let length = name.chars().count();
    if (1..=50).contains(&length) && !name.chars().any(char::is_control) { Ok(name.to_owned()) } else { Err(rule("I-127", "person_name")) }
}

async fn keep_name(site: &Site, account: &str, name: &str) -> Result<(), Problem> {
    Ok(store::keep_name(&mut site.db.writer().await?, account, name).await?)
}

async fn accounts(State(site): State<Site>, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    accounts_page(&site, &visitor, &asked, &Values::default(), None, None).await
}

async fn accounts_page(
    site: &Site,
    visitor: &Visitor,
    asked: &Asked,
    values: &Values,
    refused: Option<&Refusal>,
    invitation: Option<&str>,
) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Administer)?;
    let mut conn = site.reader().await?;
    let accounts = store::accounts(&mut conn).await?;
    let names = store::names(&mut conn).await?;
    let organisations: Vec<(String, String)> = organisations::all(&mut conn).await?.into_iter().map(|one| (one.id, one.name)).collect();
    let organisation_name = |id: &Option<String>| {
        organisations.iter().find(|(known, _)| Some(known) == id.as_ref()).map_or("—".to_owned(), |(_, name)| name.clone())
    };
    let posts = store::posts(&mut conn).await?;
    let needs_security_admin = !store::has_role(&mut conn, Role::SecurityAdmin).await?;
    let mut register = Register::new(visitor, "/accounts", "accounts.title", asked)
        .class("compact people")
        .column("name", "field.person_name")
        .column("organisation", "field.organisation")
        .column("state", "field.state")
        .acts();
    for account in &accounts {
        let name = names.get(&account.id).map_or("—", String::as_str);
        let is_somebody = account.entered_on.is_some() || posts.iter().any(|post| post.account == account.id);
        register.row(vec![
            (Cell::Text(name.to_owned()), None),
            (Cell::Text(organisation_name(&account.organisation)), None),
            (Cell::Text(visitor.t(if account.is_disabled { "accounts.disabled" } else { "accounts.enabled" })), None),
            (Cell::Empty, Some(account_acts(visitor, account, name, is_somebody))),
        ]);
    }
    register.respond(site, "accounts.none", |table| {
        let body = html! {
            h1 { (visitor.t("accounts.title")) }
            p.lead { (visitor.t("accounts.lead")) }
            @if let Some(link) = invitation {
                div.receipt role="status" { p { (visitor.t("accounts.invitation")) } p { code { (link) } } }
            }
            @if needs_security_admin {
                div.notice { p { (visitor.t("accounts.no_security_admin")) } }
                (grant_form(visitor, site, &accounts, &names, &[], &[Role::SecurityAdmin], values, None))
            }
            (table)
            h2 { (visitor.t("accounts.create")) }
            (Form::new(visitor, "/accounts", "accounts.create", values)
                .text("person_name").choice("organisation", organisations.clone(), false).refused(refused).render())
        };
        form_response(refused, page(site, visitor, &visitor.t("accounts.title"), body))
    })
}

/// What can be done with an account, folded away behind one word.
fn account_acts(visitor: &Visitor, account: &store::Account, name: &str, is_somebody: bool) -> Markup {
    let act = if account.is_disabled { "enable" } else { "disable" };
    html! {
        details.acts { summary { (visitor.t("shell.acts")) span.unseen { " " (name) } }
            @match (is_somebody, &account.reset_reason) {
                (false, _) => form.inline method="post" action={ "/accounts/" (account.id) "/invitation" } {
                    (seal(visitor))
                    button.plain { (visitor.t("accounts.invite")) }
                },
                (true, Some(_)) => span.quiet { (visitor.t("accounts.reset_waits")) },
                (true, None) => form method="post" action={ "/accounts/" (account.id) "/reset" } {
                    (seal(visitor))
                    label { (visitor.t("field.reason")) " " input name="reason" required; }
                    button.second type="submit" { (visitor.t("accounts.ask_reset")) }
                },
            }
            form method="post" action={ "/accounts/" (account.id) "/" (act) } {
                (seal(visitor))
                label { (visitor.t("field.reason")) " " input name="reason" required; }
                button.second type="submit" { (visitor.t(&format!("accounts.{act}"))) }
            }
        }
    }
}

async fn create(State(site): State<Site>, visitor: Visitor, Sent(values): Sent) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Administer)?;
    let account = values.request_id()?;
    let done = async {
        let name = person_name(&values)?;
        let command = Command::CreateAccount { account: account.clone(), organisation: values.opt("organisation") };
        let receipt = site.submit(&visitor, account.clone(), command).await?;
        if !receipt.is_repeat {
            keep_name(&site, &account, &name).await?;
        }
        Ok(receipt)
    };
    match done.await {
        Ok(receipt) if receipt.is_repeat => Ok(Redirect::to("/accounts").into_response()),
        Ok(_) => invitation_page(&site, &visitor, &account).await,
        Err(problem) => accounts_page(&site, &visitor, &Asked::default(), &values, Some(&refusal(problem)?), None).await,
    }
}

async fn invitation_page(site: &Site, visitor: &Visitor, account: &str) -> Result<Response, Problem> {
    let token = session::make_link(&site.db, &Purpose::Invitation { account: account.to_owned() }, site.clock.machine()).await?;
    accounts_page(site, visitor, &Asked::default(), &Values::default(), None, Some(&format!("/welcome/{token}"))).await
}

/// Another first link. A repeat shows none.
async fn invite(State(site): State<Site>, visitor: Visitor, Path(id): Path<String>, Sent(values): Sent) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Administer)?;
    let receipt = site.submit(&visitor, values.request_id()?, Command::Invite { account: id.clone() }).await?;
    if receipt.is_repeat {
        return Ok(Redirect::to("/accounts").into_response());
    }
    invitation_page(&site, &visitor, &id).await
}

async fn ask_reset(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<String>,
    Sent(values): Sent,
) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Administer)?;
    let command = Command::AskReset { account: id, reason: values.text("reason").into() };
    site.submit(&visitor, values.request_id()?, command).await?;
    Ok(Redirect::to("/accounts").into_response())
}

/// The second administrator allows a fresh link, and is shown it to hand over. A repeat shows none.
async fn allow_reset(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<String>,
    Sent(values): Sent,
) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Secure)?;
    let receipt = site.submit(&visitor, values.request_id()?, Command::AllowReset { account: id.clone() }).await?;
    if receipt.is_repeat {
        return Ok(Redirect::to("/posts").into_response());
    }
    let token = session::make_link(&site.db, &Purpose::Reset { account: id }, site.clock.machine()).await?;
    let body = html! {
        h1 { (visitor.t("accounts.reset_allowed")) }
        div.receipt role="status" { p { (visitor.t("accounts.invitation")) } p { code { "/welcome/" (token) } } }
        p { a href="/posts" { (visitor.t("posts.title")) } }
    };
    Ok(page(&site, &visitor, &visitor.t("accounts.reset_allowed"), body).into_response())
}

async fn disable(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<String>,
    Sent(values): Sent,
) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Administer)?;
    let command = Command::Disable { account: id.clone(), reason: values.text("reason").into() };
    site.submit(&visitor, values.request_id()?, command).await?;
    session::close_all(&site.db, &id).await?;
    Ok(Redirect::to("/accounts").into_response())
}

async fn enable(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<String>,
    Sent(values): Sent,
) -> Result<Response, Problem> {
    let command = Command::Enable { account: id, reason: values.text("reason").into() };
    site.submit(&visitor, values.request_id()?, command).await?;
    Ok(Redirect::to("/accounts").into_response())
}

async fn posts(State(site): State<Site>, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    posts_page(&site, &visitor, &asked, &Values::default().with("from", site.clock.today()), None).await
}

async fn posts_page(site: &Site, visitor: &Visitor, asked: &Asked, values: &Values, refused: Option<&Refusal>) -> Result<Response, Problem> {
    visitor.need_somewhere(Verb::Secure)?;
    let mut conn = site.reader().await?;
    let names = store::names(&mut conn).await?;
    let accounts = store::accounts(&mut conn).await?;
    let posts = store::posts(&mut conn).await?;
    let places = places::all(&mut conn).await?;
    let place_name = |id: &Option<String>| match id {
        None => visitor.t("posts.everywhere"),
        Some(id) => places.iter().find(|place| place.id == *id).map_or("—".into(), |place| place.attributes.name.clone()),
    };
    let choices: Vec<(String, String)> = places
        .iter()
        .map(|place| {
            let depth = place.path.matches('/').count().saturating_sub(2);
            (place.id.clone(), format!("{}{}", "\u{3000}".repeat(depth), place.attributes.name))
        })
        .collect();
    let roles: Vec<Role> = Role::ALL.iter().map(|(role, _)| *role).collect();
    let mut register = Register::new(visitor, "/posts", "posts.title", asked)
        .class("compact")
        .column("name", "field.person_name")
        .column("role", "field.role")
        .column("place", "field.place")
        .column("from", "field.from")
        .column("to", "field.to")
        .acts();
    for post in posts.iter().rev() {
        let end = post.to.is_none().then(|| html! { form method="post" action={ "/posts/" (post.id) "/end" } { (seal(visitor)) button.plain { (visitor.t("posts.end")) } } });
        register.row(vec![
            (names.get(&post.account).map_or(Cell::Empty, |name| Cell::Text(name.clone())), None),
            (Cell::Text(visitor.t(&format!("role.{}", post.role.name()))), None),
            (Cell::Text(place_name(&post.place)), None),
            (Cell::Date(post.from), None),
            (post.to.map_or(Cell::Empty, Cell::Date), None),
            (Cell::Empty, Some(end.unwrap_or_default())),
        ]);
    }
    register.respond(site, "posts.none_held", |table| {
        let body = html! {
            h1 { (visitor.t("posts.title")) }
            p.lead { (visitor.t("posts.lead")) }
            h2 { (visitor.t("posts.grant")) }
            (grant_form(visitor, site, &accounts, &names, &choices, &roles, values, refused))
            @if accounts.iter().any(|account| account.reset_reason.is_some()) {
                h2 { (visitor.t("accounts.resets")) }
                p.lead { (visitor.t("accounts.resets_lead")) }
                ul { @for account in &accounts { @if let Some(reason) = &account.reset_reason { li {
                    (names.get(&account.id).map_or("—", String::as_str)) " · " (reason) " "
                    form.inline method="post" action={ "/accounts/" (account.id) "/reset/allow" } {
                        (seal(visitor))
                        button type="submit" { (visitor.t("accounts.allow_reset")) }
                    }
                } } } }
            }
            h2 { (visitor.t("posts.held")) }
            (table)
        };
        form_response(refused, page(site, visitor, &visitor.t("posts.title"), body))
    })
}

#[allow(clippy::too_many_arguments, reason = "one form on two pages; a struct would name the same things twice")]
fn grant_form(
    visitor: &Visitor,
    site: &Site,
    accounts: &[store::Account],
    names: &HashMap<String, String>,
    places: &[(String, String)],
    roles: &[Role],
    values: &Values,
    refused: Option<&Refusal>,
) -> Markup {
    let label = |account: &store::Account| {
        let name = names.get(&account.id)?.clone();
        Some(if account.entered_on.is_some() { name } else { visitor.tf("accounts.not_entered", &[("name", name)]) })
    };
    let people = accounts
        .iter()
        .filter(|account| !account.is_disabled && Some(&account.id) != visitor.account.as_ref())
        .filter_map(|account| Some((account.id.clone(), label(account)?)))
        .collect();
    let roles = roles.iter().map(|role| (role.name().to_owned(), visitor.t(&format!("role.{}", role.name())))).collect();
    let values = if values.text("from").is_empty() { values.clone().with("from", site.clock.today()) } else { values.clone() };
    let form = Form::new(visitor, "/posts", "posts.grant", &values).choice("account", people, true).choice("role", roles, true);
    let form = if places.is_empty() { form } else { form.choice("place", places.to_vec(), false) };
    form.date("from", true).date("to", false).refused(refused).render()
}

async fn grant(State(site): State<Site>, visitor: Visitor, Sent(values): Sent) -> Result<Response, Problem> {
    let done = async {
        let command = Command::Grant {
            post: values.request_id()?,
            account: values.text("account").into(),
            role: values.choice("role", Role::from_name)?,
            place: values.opt("place"),
            from: values.date("from")?,
            to: values.opt_date("to")?,
        };
        site.submit(&visitor, values.request_id()?, command).await
    };
    let may_secure = visitor.rights.may_somewhere(Verb::Secure);
    match done.await {
        Ok(_) => Ok(Redirect::to(if may_secure { "/posts" } else { "/accounts" }).into_response()),
        Err(problem) if may_secure => posts_page(&site, &visitor, &Asked::default(), &values, Some(&refusal(problem)?)).await,
        Err(problem) => accounts_page(&site, &visitor, &Asked::default(), &values, Some(&refusal(problem)?), None).await,
    }
}

async fn end_post(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<String>,
    Sent(values): Sent,
) -> Result<Response, Problem> {
    site.submit(&visitor, values.request_id()?, Command::EndPost { post: id, on: site.clock.today() }).await?;
    Ok(Redirect::to("/posts").into_response())
}

/// Who may own something at a place on a day: everybody with a post over it or under it, by name, administrators aside.
/// Each is an account and what a list shows.
pub async fn owners(conn: &mut Conn, visitor: &Visitor, tree: &Tree, place: &Place, today: Date) -> Result<Vec<(String, String)>, Problem> {
    let names = store::names(conn).await?;
    let mut owners: BTreeMap<(String, String), ()> = BTreeMap::new();
    for post in store::posts(conn).await? {
        let holds = post.from <= today && post.to.is_none_or(|to| to >= today);
        let path = post.place.as_deref().map_or(Some("/"), |id| tree.get(id).map(|at| at.path.as_str()));
        if holds && !post.role.is_administrator() && path.is_some_and(|path| place.path.starts_with(path) || path.starts_with(&place.path)) {
            let name = names.get(&post.account).map_or("—", String::as_str);
            owners.insert((format!("{name} · {}", visitor.t(&format!("role.{}", post.role.name()))), post.account), ());
        }
    }
    Ok(owners.into_keys().map(|(name, account)| (account, name)).collect())
}
