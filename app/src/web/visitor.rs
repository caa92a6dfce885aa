//! Who is asking: the person of the session, their rights, and how they like to read.

use super::Site;
use super::layout::language_setting;
use super::locale::Language;
use super::problem::{Problem, wants_json};
use crate::db::Conn;
use crate::features::authority::{self, Rights, Verb};
use crate::features::identity::keys::{self, Purpose};
use crate::features::{Guatu, identity, orders, places};
use crate::journal::domain::Permit;
use crate::serve::setting;
use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use std::borrow::Cow;
use std::convert::Infallible;

/// Name of the session cookie.
pub const SESSION_COOKIE: &str = "guatu_session";
/// Name of the language cookie.
pub const LANGUAGE_COOKIE: &str = "guatu_language";

/// A person or the public.
#[derive(Clone, Debug, Default)]
pub struct Visitor {
    /// Account, once logged in.
    pub account: Option<String>,
    /// The person's name.
    pub name: String,
    /// What the person may do today.
    pub rights: Rights,
    /// Language of the pages.
    pub language: Language,
    /// Orders that wait for the person's unit.
    pub orders_waiting: usize,
    /// Messages that the person has not read.
    pub messages_unread: usize,
    /// Path and query of this request, for links back.
    pub here: String,
    /// The session token, for touching and closing it.
    pub token: Option<String>,
}

impl Visitor {
    /// The sentence of a key in the person's language.
    pub fn t(&self, key: &str) -> String {
        self.language.t(key)
    }

    /// The sentence of a key with its places filled.
    pub fn tf(&self, key: &str, params: &[(&str, String)]) -> String {
        self.language.tf(key, params)
    }

    /// Several things as a list within a sentence.
    pub fn list(&self, items: impl IntoIterator<Item = impl AsRef<str>>) -> String {
        self.language.list(items)
    }

    /// Something under what it is called, as `reason: text`.
    pub fn labelled(&self, label: String, text: &str) -> String {
        self.tf("shell.labelled", &[("label", label), ("text", text.to_owned())])
    }

    /// The name of an activity or date: a template's own in the person's language, any other as it stands.
    pub fn shown<'a>(&self, name: &'a str) -> Cow<'a, str> {
        self.language.shown(name)
    }

    /// What the forms on this person's pages carry, so that no other site can make them up.
    pub fn form_token(&self) -> Option<String> {
        self.token.as_deref().map(identity::session::form_token)
    }

    /// The right to knock at the write door.
    pub fn permit(&self) -> Result<Permit, Problem> {
        self.account.clone().map(Permit::account).ok_or(Problem::LoginNeeded)
    }

    /// Whoever owns a key that a program brought: no session, and the rights of today.
    pub async fn by_key(site: &Site, purpose: Purpose, key: &str) -> Result<Option<Visitor>, Problem> {
        let mut conn = site.reader().await?;
        let Some(account) = keys::owner(&mut conn, purpose, key).await? else { return Ok(None) };
        Ok(Some(Visitor::default().known(&mut conn, site, account).await?))
    }

    /// The person of an account. What they chose to read in holds wherever they are, also where they were already.
    async fn known(mut self, conn: &mut Conn, site: &Site, account: String) -> Result<Visitor, Problem> {
        self.rights = authority::rights(conn, &account, site.clock.today()).await?;
        self.name = identity::store::name(conn, &account).await?;
        let chosen = setting(conn, &language_setting(&account)).await?;
        self.language = chosen.as_deref().and_then(Language::from_name).unwrap_or(self.language);
        self.account = Some(account);
        Ok(self)
    }

    /// Whether the person may do something at a path.
    pub fn may(&self, verb: Verb, path: &str) -> bool {
        self.rights.may(verb, path)
    }

    /// Lets only people in who may do something somewhere.
    pub fn need_somewhere(&self, verb: Verb) -> Result<(), Problem> {
        match (&self.account, self.rights.may_somewhere(verb)) {
            (None, _) => Err(Problem::LoginNeeded),
            (Some(_), true) => Ok(()),
            (Some(_), false) => Err(Problem::Refused(authority::missing())),
        }
    }

    /// Lets only people in who may do something at a path they may read.
    pub fn need(&self, verb: Verb, path: &str) -> Result<(), Problem> {
        if self.account.is_none() {
            return Err(Problem::LoginNeeded);
        }
        if self.may(verb, path) { Ok(()) } else { Err(authority::forbidden(verb).into()) }
    }

    /// A place at which this person may do something. One they may read and no more is forbidden, a foreign one missing.
    pub async fn place_for(&self, conn: &mut Conn, id: &str, verb: Verb) -> Result<places::store::Place, Problem> {
        let place = self.place(conn, id).await?;
        self.need(verb, &place.path)?;
        Ok(place)
    }

    /// The place an address asks for, or else the highest this person may read.
    pub async fn place_or_highest(
        &self,
        conn: &mut Conn,
        domain: &Guatu,
        id: Option<&str>,
    ) -> Result<places::store::Place, Problem> {
        self.need_somewhere(Verb::Read)?;
        if let Some(id) = id {
            return self.place(conn, id).await;
        }
        let tree = domain.places.tree(conn).await?;
        let highest = tree.places().iter().find(|place| self.may(Verb::Read, &place.path));
        highest.cloned().ok_or(Problem::Refused(authority::missing()))
    }

    /// A place this person may read; a foreign one looks exactly like a missing one.
    pub async fn place(&self, conn: &mut Conn, id: &str) -> Result<places::store::Place, Problem> {
        if self.account.is_none() {
            return Err(Problem::LoginNeeded);
        }
        let place = places::get(conn, id).await?;
        place.filter(|place| self.may(Verb::Read, &place.path)).ok_or(Problem::Refused(authority::missing()))
    }
}

/// Value of a cookie.
pub fn cookie<'a>(parts: &'a Parts, name: &str) -> Option<&'a str> {
    parts
        .headers
        .get_all("cookie")
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .find_map(|pair| {
            let (found, value) = pair.trim().split_once('=')?;
            (found == name).then_some(value)
        })
}

/// The language a person chose; Chinese until they do. What a browser says is not asked: the screens of an office are
/// often installed in English and read in Chinese.
pub fn language(parts: &Parts) -> Language {
    cookie(parts, LANGUAGE_COOKIE).and_then(Language::from_name).unwrap_or_default()
}

impl FromRequestParts<Site> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Problem> {
        // The outermost layer has asked already.
        if let Some(known) = parts.extensions.get::<Visitor>() {
            return Ok(known.clone());
        }
        let mut visitor = Visitor {
            language: language(parts),
            here: parts.uri.path_and_query().map_or_else(|| "/".into(), ToString::to_string),
            ..Visitor::default()
        };
        let Some(token) = cookie(parts, SESSION_COOKIE) else { return Ok(visitor) };
        let mut conn = site.reader().await?;
        if let Some(account) = identity::session::account_of(&mut conn, token, site.clock.machine()).await? {
            visitor = visitor.known(&mut conn, site, account.clone()).await?;
            // A program shows no page, so nothing is counted for the head of one.
            if !wants_json(&parts.uri, &parts.headers) {
                visitor.orders_waiting = orders::store::waiting_for(&mut conn, &account, &visitor.rights).await?;
                let (head, now) = (site.head(), site.clock.now());
                visitor.messages_unread =
                    site.domain.unread.count(&mut conn, &account, &visitor.rights, head, now).await?;
            }
            visitor.token = Some(token.to_owned());
        }
        Ok(visitor)
    }
}

impl OptionalFromRequestParts<Site> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Option<Self>, Infallible> {
        Ok(<Visitor as FromRequestParts<Site>>::from_request_parts(parts, site).await.ok())
    }
}
