//! A site for tests, on either database, with one cast of people; and the checks that end every test of pages.

use crate::clock::Clock;
use crate::db::Db;
use crate::features::identity::model::Role;
use crate::features::identity::session;
use crate::features::messages::outbox::Outward;
use crate::features::places::model::{Attributes, Figures, Kind};
use crate::features::reports::copies;
use crate::features::{Command, identity, organisations, places};
use crate::journal::domain::Permit;
use crate::journal::{Document, Receipt, Submission, SubmitError, replay};
use crate::refusal::Refusal;
use crate::serve::{self, Opened};
use crate::web;
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode, header};
use jiff::civil::Date;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tower::ServiceExt;

/// The instant at which tests begin: 09:00 in China on a Monday.
pub const NOW: &str = "2026-11-23T01:00:00Z";

/// Runs a test on SQLite and on PostgreSQL. `make test` always gives it a PostgreSQL.
#[macro_export]
macro_rules! on_both_databases {
    ($name:ident, $body:expr) => {
        mod $name {
            #[allow(unused_imports, reason = "a body may need nothing of its file")]
            use super::*;
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                let site = $crate::testing::TestSite::on_sqlite().await;
                let body: fn($crate::testing::TestSite) -> _ = $body;
                body(site).await.finish().await;
            }
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                let Some(site) = $crate::testing::TestSite::on_postgres().await else { return };
                let body: fn($crate::testing::TestSite) -> _ = $body;
                body(site).await.finish().await;
            }
        }
    };
}

/// A site with a folder of its own.
pub struct TestSite {
    /// The site.
    pub site: web::Site,
    router: Router,
    writer: Option<JoinHandle<()>>,
    db: Db,
    sessions: HashMap<&'static str, String>,
    is_finished: bool,
    _folder: tempfile::TempDir,
}

/// An answer.
pub struct Page {
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Body as text.
    pub body: String,
    /// Body as it came: files.
    pub bytes: Vec<u8>,
}

impl Page {
    /// What it says was found in a file, as `code cell`.
    pub fn found(&self) -> Vec<String> {
        let codes = self.texts("table.findings tbody td:last-child");
        let cells = self.texts("table.findings tbody td:first-child");
        codes.iter().zip(cells).map(|(code, at)| format!("{code} {at}")).collect()
    }

    /// Texts of the elements that a CSS selector finds.
    pub fn texts(&self, selector: &str) -> Vec<String> {
        let selector = scraper::Selector::parse(selector).unwrap();
        let document = scraper::Html::parse_document(&self.body);
        document
            .select(&selector)
            .map(|found| found.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" "))
            .collect()
    }

    /// Values of an attribute of the elements that a CSS selector finds.
    pub fn attributes(&self, selector: &str, name: &str) -> Vec<String> {
        let selector = scraper::Selector::parse(selector).unwrap();
        let document = scraper::Html::parse_document(&self.body);
        document.select(&selector).filter_map(|found| found.value().attr(name).map(str::to_owned)).collect()
    }

    /// What it says as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|_| panic!("{}: {}", self.status, self.body))
    }

    /// Where it redirects to.
    pub fn location(&self) -> &str {
        self.headers.get(header::LOCATION).map_or("", |value| value.to_str().unwrap())
    }
}

impl TestSite {
    /// On a fresh SQLite file.
    pub async fn on_sqlite() -> TestSite {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open_sqlite(&folder.path().join("guatu.sqlite")).await.unwrap();
        TestSite::open(db, folder).await
    }

    /// On a fresh schema of the PostgreSQL that `TEST_PG_URL` names; `None` where there is none.
    pub async fn on_postgres() -> Option<TestSite> {
        let Ok(url) = std::env::var("TEST_PG_URL") else {
            eprintln!("TEST_PG_URL is not set: `make test` sets it");
            return None;
        };
        let schema = format!("test_{}", uuid::Uuid::now_v7().simple());
        let admin = sqlx::postgres::PgPoolOptions::new().max_connections(1).connect(&url).await.unwrap();
        sqlx::query(sqlx::AssertSqlSafe(format!("CREATE SCHEMA {schema}"))).execute(&admin).await.unwrap();
        admin.close().await;
        let mark = if url.contains('?') { '&' } else { '?' };
        let db = Db::open_postgres(&format!("{url}{mark}options=-c%20search_path%3D{schema}")).await.unwrap();
        Some(TestSite::open(db, tempfile::tempdir().unwrap()).await)
    }

    async fn open(db: Db, folder: tempfile::TempDir) -> TestSite {
        let clock = Clock::rehearsal(NOW.parse().unwrap());
        let Opened { site, writer, .. } = serve::open(db.clone(), folder.path(), clock).await.unwrap();
        let router = web::router(site.clone());
        TestSite {
            site,
            router,
            writer: Some(writer),
            db,
            sessions: HashMap::new(),
            is_finished: false,
            _folder: folder,
        }
    }

    /// Does a command as the system.
    pub async fn submit(&self, command: impl Into<Command>) -> Result<Receipt, Refusal> {
        self.submit_as(Permit::system(), command, Vec::new()).await
    }

    /// Does a command as somebody.
    pub async fn submit_as(
        &self,
        permit: Permit,
        command: impl Into<Command>,
        documents: Vec<Document>,
    ) -> Result<Receipt, Refusal> {
        let submission = Submission { permit, request_id: web::forms::new_id(), command: command.into(), documents };
        match self.site.journal.submit(submission).await {
            Ok(receipt) => Ok(receipt),
            Err(SubmitError::Refused(refusal)) => Err(refusal),
            Err(SubmitError::Fault(fault)) => panic!("fault: {fault:#}"),
        }
    }

    /// Adds a person of the cast with a post and a session. The name is also the account id.
    pub async fn person(&mut self, name: &'static str, role: Role, place: Option<&str>) {
        let organisation = matches!(role, Role::Leader | Role::SupervisionOffice).then_some("headquarters");
        self.person_with(name, organisation, role, place).await;
    }

    /// Adds a person of an organisation that is registered.
    pub async fn person_of(&mut self, name: &'static str, organisation: &str, role: Role, place: Option<&str>) {
        self.person_with(name, Some(organisation), role, place).await;
    }

    async fn person_with(&mut self, name: &'static str, organisation: Option<&str>, role: Role, place: Option<&str>) {
        if !self.sessions.contains_key(name) {
            let organisation = organisation.map(str::to_owned);
            self.submit(identity::model::Command::CreateAccount { account: name.into(), organisation }).await.unwrap();
            self.submit(identity::model::Command::Enter { account: name.into() }).await.unwrap();
            identity::store::keep_name(&mut self.db.writer().await.unwrap(), name, name).await.unwrap();
            self.sessions.insert(name, session::open(&self.db, name, self.site.clock.machine()).await.unwrap());
        }
        let grant = identity::model::Command::Grant {
            post: web::forms::new_id(),
            account: name.into(),
            role,
            place: place.map(str::to_owned),
            from: Date::constant(2026, 1, 1),
            to: None,
        };
        self.submit(grant).await.unwrap();
    }

    /// Opens a place as the system, under a parent, with `official` accountable.
    pub async fn place(&self, id: &str, parent: Option<&str>, kind: Kind, official: Option<&str>) {
        let attributes = Attributes {
            name: format!("{id} name"),
            ordinal: 0,
            programme: (kind == Kind::Project).then(|| "resettlement".to_owned()),
            owner: None,
            figures: Figures { floors_above: Some(18), floors_below: Some(1), flats: Some(100), ..Figures::default() },
        };
        let command = places::model::Command::Open(places::model::Opening {
            id: id.into(),
            parent: parent.map(str::to_owned),
            kind,
            attributes,
            official: official.map(str::to_owned),
        });
        self.submit(command).await.unwrap();
    }

    /// The usual cast on two projects of the same shape: `ours` and `theirs`, each with a parcel and two buildings.
    ///
    /// `chief` leads the district, `office` supervises it, both of the headquarters, `builder` works on `ours`, `stranger` on `theirs`, `admin`
    /// administers.
    pub async fn with_cast(mut self) -> TestSite {
        let (id, name) = ("headquarters".to_owned(), "Headquarters".to_owned());
        let kind = organisations::model::Kind::Headquarters;
        self.submit(organisations::model::Command::Register { id, name, kind }).await.unwrap();
        self.person("chief", Role::Leader, None).await;
        self.person("office", Role::SupervisionOffice, None).await;
        self.place("district", None, Kind::District, Some("chief")).await;
        for project in ["ours", "theirs"] {
            self.place(project, Some("district"), Kind::Project, None).await;
            self.place(&format!("{project}-parcel"), Some(project), Kind::Parcel, None).await;
            for building in ["b1", "b2"] {
                self.place(&format!("{project}-{building}"), Some(&format!("{project}-parcel")), Kind::Building, None)
                    .await;
            }
        }
        self.person("builder", Role::Contractor, Some("ours")).await;
        self.person("stranger", Role::Contractor, Some("theirs")).await;
        self.person("admin", Role::SystemAdmin, None).await;
        self
    }

    /// Marks the site as a rehearsal, as `serve --rehearsal` does.
    pub fn become_rehearsal(&mut self) {
        self.site.stamps.is_rehearsal = true;
        self.router = web::router(self.site.clone());
    }

    /// Says what of the world outside may be reached.
    pub fn look_outward(&mut self, outward: Outward) {
        self.site.outward = Arc::new(outward);
        self.router = web::router(self.site.clone());
    }

    /// Listens for photographs whose copies are to be drawn; nobody draws them meanwhile.
    pub fn hear_of_photographs(&mut self) -> mpsc::Receiver<String> {
        let (noting, noted) = copies::notes();
        self.site.uncopied = noting;
        self.router = web::router(self.site.clone());
        noted
    }

    /// Asks for a page with another header.
    pub async fn get_with(&self, who: &str, path: &str, name: &str, value: &str) -> Page {
        self.ask(who, Request::get(path).header(name, value), Body::empty()).await
    }

    /// Asks for a page as a person of the cast, or as the public with `""`.
    pub async fn get(&self, who: &str, path: &str) -> Page {
        self.ask(who, Request::get(path), Body::empty()).await
    }

    /// Sends a form as a person of the cast. A request id is added unless given.
    pub async fn post(&self, who: &str, path: &str, fields: &[(&str, &str)]) -> Page {
        let mut pairs: Vec<(String, String)> =
            fields.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        if !pairs.iter().any(|(name, _)| name == "request_id") {
            pairs.push(("request_id".into(), web::forms::new_id()));
        }
        pairs.push(("form_token".into(), self.form_token(who)));
        let body: Vec<String> =
            pairs.iter().map(|(name, value)| format!("{name}={}", web::problem::form_urlencoded(value))).collect();
        let request = Request::post(path)
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.ask(who, request, Body::from(body.join("&"))).await
    }

    /// What the forms on a person's pages carry.
    pub fn form_token(&self, who: &str) -> String {
        self.sessions.get(who).map(|token| session::form_token(token)).unwrap_or_default()
    }

    /// The cookie by which the server knows a person.
    pub fn cookie(&self, who: &str) -> String {
        format!("{}={}", web::visitor::SESSION_COOKIE, self.sessions[who])
    }

    /// Sends a form as a browser would from a page of another site.
    pub async fn forged(&self, who: &str, path: &str, body: &'static str) -> Page {
        let request = Request::post(path)
            .header("sec-fetch-site", "cross-site")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.ask(who, request, Body::from(body)).await
    }

    /// Sends a body of any type as a person of the cast: files.
    pub async fn post_bytes(&self, who: &str, path: &str, media_type: &str, bytes: Vec<u8>) -> Page {
        let request = Request::post(path)
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_LENGTH, bytes.len())
            .header(header::CONTENT_TYPE, media_type);
        self.ask(who, request, Body::from(bytes)).await
    }

    /// Hands in a filled list: headings by their keys, and rows of as many cells.
    pub async fn hand_in(&self, who: &str, path: &str, keys: &[&str], rows: &[&[&str]]) -> Page {
        let mut book = rust_xlsxwriter::Workbook::new();
        let sheet = book.add_worksheet().set_name("list").unwrap();
        for (row, cells) in (0..).zip(std::iter::once(&keys).chain(rows)) {
            for (column, text) in (0..).zip(*cells).filter(|(_, text)| !text.is_empty()) {
                sheet.write_string(row, column, *text).unwrap();
            }
        }
        self.hand_in_bytes(who, path, &book.save_to_buffer().unwrap()).await
    }

    /// Hands in bytes as a list.
    pub async fn hand_in_bytes(&self, who: &str, path: &str, bytes: &[u8]) -> Page {
        let head = b"--x\r\nContent-Disposition: form-data; name=\"list_file\"; filename=\"list.xlsx\"\r\n\r\n";
        let body = [&head[..], bytes, b"\r\n--x--\r\n"].concat();
        self.post_bytes(who, path, "multipart/form-data; boundary=x", body).await
    }

    /// Sends bytes as the page on a phone does: with the token of its session in a header, and asking for JSON.
    pub async fn by_phone(&self, who: &str, method: &str, path: &str, bytes: Vec<u8>) -> Page {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("sec-fetch-site", "same-origin")
            .header(header::ACCEPT, "application/json")
            .header("x-form-token", self.form_token(who));
        self.ask(who, request, Body::from(bytes)).await
    }

    /// As [`TestSite::by_phone`], a form of a kind.
    pub async fn by_phone_as(&self, who: &str, kind: &str, path: &str, bytes: Vec<u8>) -> Page {
        let request = Request::post(path)
            .header("sec-fetch-site", "same-origin")
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, kind)
            .header("x-form-token", self.form_token(who));
        self.ask(who, request, Body::from(bytes)).await
    }

    /// Sends what a program sends that has no session: headers and bytes.
    pub async fn by_program(&self, method: &str, path: &str, headers: &[(&str, &str)], bytes: Vec<u8>) -> Page {
        let request = Request::builder().method(method).uri(path);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        self.ask("", request, Body::from(bytes)).await
    }

    async fn ask(&self, who: &str, request: axum::http::request::Builder, body: Body) -> Page {
        let request = match self.sessions.get(who) {
            Some(token) => request.header(header::COOKIE, format!("{}={token}", web::visitor::SESSION_COOKIE)),
            None => request,
        };
        let mut request = request.body(body).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 1))));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 64 << 20).await.unwrap();
        let body = String::from_utf8_lossy(&bytes).into_owned();
        Page { status: parts.status, headers: parts.headers, body, bytes: bytes.to_vec() }
    }

    /// Ends a test: the chain verifies, and a replay gives exactly the tables that are there.
    pub async fn finish(mut self) {
        self.is_finished = true;
        let writer = self.writer.take().unwrap();
        let (db, domain, signer) = (self.db.clone(), self.site.domain.clone(), self.site.signer.clone());
        drop(self);
        writer.await.unwrap();
        signer.sign_head(&db).await.unwrap();
        let mut conn = db.writer().await.unwrap();
        let verdict = replay::verify_chain(&mut conn, Some(&signer.verifying_key()), None, |_, _| ()).await.unwrap();
        assert_eq!(verdict.broken, None);
        assert_eq!(replay::verify_documents(&mut conn, &*domain, |_, _| ()).await.unwrap(), None);
        assert_eq!(replay::verify_replay(&mut conn, &*domain, |_, _| ()).await.unwrap(), None);
        drop(conn);
        db.close().await;
    }
}

impl Drop for TestSite {
    fn drop(&mut self) {
        assert!(self.is_finished || std::thread::panicking(), "a test of pages ends with finish()");
    }
}
