//! The real program as a child process with a cast of people, and clients that send again until they have an answer.

use std::collections::{HashMap, HashSet};
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// Longest wait for anything at all: a machine may be busy, a test that waits longer has failed.
const PATIENCE: Duration = Duration::from_secs(90);

/// Between two attempts of a client.
const PAUSE: Duration = Duration::from_millis(10);

/// Where a ledger lives, and at which address it is served.
#[derive(Clone, Debug)]
pub struct Place {
    /// Data folder.
    pub folder: std::path::PathBuf,
    /// PostgreSQL, where it is not in the folder.
    pub database_url: Option<String>,
    /// Chosen before the server starts, so that clients find it again after it was killed.
    pub address: SocketAddr,
}

impl Place {
    /// A place with a free address.
    pub fn new(folder: &Path, database_url: Option<String>) -> Place {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        Place { folder: folder.to_owned(), database_url, address: free }
    }

    /// The program with this place.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_guatu"));
        self.told(&mut command);
        command
    }

    /// Tells a command where the ledger is.
    pub fn told(&self, command: &mut Command) {
        command.env("GUATU_DATA", &self.folder).env("GUATU_LISTEN", self.address.to_string());
        match &self.database_url {
            Some(url) => command.env("GUATU_DATABASE_URL", url),
            None => command.env_remove("GUATU_DATABASE_URL"),
        };
    }

    /// The program that checks what stands: chain, tree, checkpoints, papers and replay. It is another process, and wants the
    /// checkpoints that somebody outside has kept.
    pub fn is_sound(&self, notes: &[String]) {
        for note in notes {
            let file = self.folder.join("kept-outside.note");
            std::fs::write(&file, note).unwrap();
            let verdict = self.command().args(["verify", "--checkpoint"]).arg(file).output().unwrap();
            assert_eq!(verdict.status.code(), Some(0), "{}", said(&verdict));
        }
        let verdict = self.command().arg("verify").output().unwrap();
        assert_eq!(verdict.status.code(), Some(0), "{}", said(&verdict));
    }

    /// The first column of a query, asked of the database itself.
    pub fn told_by(&self, sql: &str) -> Vec<String> {
        match &self.database_url {
            Some(url) => {
                let told = Command::new("psql").args([url, "-Atqc", sql]).output().unwrap();
                assert!(told.status.success(), "{}", said(&told));
                String::from_utf8(told.stdout).unwrap().lines().map(str::to_owned).collect()
            }
            None => {
                let file = rusqlite::Connection::open(self.folder.join("guatu.sqlite")).unwrap();
                let mut statement = file.prepare(sql).unwrap();
                statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
            }
        }
    }

    /// How many facts each subject has.
    fn facts(&self) -> HashMap<String, usize> {
        let lines = self.told_by("SELECT subject || ' ' || COUNT(*) FROM fact GROUP BY subject");
        let pairs = lines.iter().map(|line| line.rsplit_once(' ').unwrap());
        pairs.map(|(subject, count)| (subject.to_owned(), count.parse().unwrap())).collect()
    }

    /// What a timer does is done once.
    pub fn timers_did_each_once(&self) {
        let done = "SELECT kind || ' ' || subject || ' ' || payload FROM fact WHERE actor = 'system'";
        let all = self.told_by(done);
        assert!(!all.is_empty(), "no timer did anything");
        let different: HashSet<_> = all.iter().collect();
        assert_eq!(different.len(), all.len(), "{all:?}");
    }

    /// Everything that was acknowledged is there, and nothing of it twice.
    pub fn holds_each_once(&self, ids: &[String]) {
        let facts = self.facts();
        let wrong: Vec<_> = ids.iter().filter(|id| facts.get(*id) != Some(&1)).collect();
        assert!(wrong.is_empty(), "{} of {} acknowledged facts are not there once: {wrong:?}", wrong.len(), ids.len());
    }
}

/// What a program said on both streams.
pub fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Whether this is the machine's keeper.
pub fn is_root() -> bool {
    said(&Command::new("id").arg("-u").output().unwrap()).trim() == "0"
}

/// A command that only the machine's keeper may give: to break something one needs that.
pub fn as_root(program: &str) -> Command {
    if is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("sudo");
    command.args(["-n", program]);
    command
}

/// A running server; killed when it is dropped.
pub struct Server {
    child: Child,
    /// Where the first administrator begins, on an empty ledger.
    pub welcome: Option<String>,
}

impl Server {
    /// Starts the program and waits until it listens.
    pub fn start(place: &Place) -> Server {
        Server::from(place.command().arg("serve"))
    }

    /// Starts it by a command of one's own.
    pub fn from(command: &mut Command) -> Server {
        Server::tried(command).unwrap_or_else(|code| panic!("the server ended with {code:?} before it listened"))
    }

    /// The same, where it may end before it listens: with which code.
    pub fn tried(command: &mut Command) -> Result<Server, Option<i32>> {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut welcome = None;
        for line in BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap) {
            if line.contains("Ctrl-C") {
                return Ok(Server { child, welcome });
            }
            let path = line.find("/welcome/").map(|at| line[at..].trim().to_owned());
            welcome = path.or(welcome);
        }
        Err(child.wait().unwrap().code())
    }

    pub fn id(&self) -> String {
        self.child.id().to_string()
    }

    pub fn signal(&self, name: &str) {
        assert!(Command::new("kill").args([name, &self.id()]).status().unwrap().success());
    }

    /// Ends it as a crash would.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end, and waits for it.
    pub fn stop(self) {
        self.signal("-TERM");
        assert_eq!(self.ended(), Some(0));
    }

    /// Waits until it ends by itself. Its exit code.
    pub fn ended(mut self) -> Option<i32> {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(PAUSE);
        }
        panic!("the server does not end");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A whole answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    head: String,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        let of = |line: &'_ str| line.split_once(':').is_some_and(|(found, _)| found.eq_ignore_ascii_case(name));
        self.head.lines().find(|line| of(line)).and_then(|line| Some(line.split_once(':')?.1.trim()))
    }

    fn read(stream: &mut impl BufRead) -> Option<Answer> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if stream.read_line(&mut head).ok()? == 0 {
                return None;
            }
        }
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let answer = Answer { status, head, body: String::new() };
        let length = answer.header("content-length").expect("an answer says how long it is");
        let mut body = vec![0; length.parse().ok()?];
        stream.read_exact(&mut body).ok()?;
        Some(Answer { body: String::from_utf8_lossy(&body).into_owned(), ..answer })
    }
}

/// A line to a server that stays open from one request to the next, as a browser's does.
pub struct Line<'a> {
    pub place: &'a Place,
    stream: Option<BufReader<TcpStream>>,
}

impl<'a> Line<'a> {
    pub fn to(place: &'a Place) -> Line<'a> {
        Line { place, stream: None }
    }

    fn stream(&mut self) -> Option<BufReader<TcpStream>> {
        self.stream.take().or_else(|| {
            let stream = TcpStream::connect(self.place.address).ok()?;
            stream.set_read_timeout(Some(PATIENCE)).ok()?;
            stream.set_nodelay(true).ok()?;
            Some(BufReader::new(stream))
        })
    }

    /// Sends bytes, and reads the answer; `None` when no whole one came: then the next goes over a new line.
    pub fn sent(&mut self, request: &[u8]) -> Option<Answer> {
        let mut stream = self.stream()?;
        stream.get_mut().write_all(request).ok()?;
        let answer = Answer::read(&mut stream)?;
        self.stream = answer.header("connection").is_none().then_some(stream);
        Some(answer)
    }

    /// Sends bytes, and is gone when the answer begins to come.
    pub fn sent_in_vain(&mut self, request: &[u8]) {
        let Some(mut stream) = self.stream() else { return };
        if stream.get_mut().write_all(request).is_ok() {
            // Whether there was one is what nobody learns.
            drop(stream.fill_buf());
        }
    }
}

/// Somebody with a session. The session is in the database, so it stays when the server goes.
#[derive(Clone, Debug)]
pub struct Person {
    session: String,
    token: String,
}

/// Whoever has none yet.
pub fn nobody() -> Person {
    Person { session: String::new(), token: String::new() }
}

impl Person {
    fn request(&self, line: &str, place: &Place, headers: &str, body: &[u8]) -> Vec<u8> {
        let head = format!(
            "{line} HTTP/1.1\r\nhost: {}\r\ncookie: guatu_session={}\r\nsec-fetch-site: same-origin\r\ncontent-length: {}\r\n{headers}\r\n",
            place.address,
            self.session,
            body.len()
        );
        [head.as_bytes(), body].concat()
    }

    /// A form as it goes over the wire.
    pub fn form(&self, place: &Place, path: &str, fields: &[(&str, &str)]) -> Vec<u8> {
        let token = ("form_token", self.token.as_str());
        let pairs = fields.iter().chain([&token]);
        let escaped = |text: &str| -> String {
            let escape = |byte: u8| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => char::from(byte).to_string(),
                other => format!("%{other:02X}"),
            };
            text.bytes().map(escape).collect()
        };
        let body = pairs.map(|(name, value)| format!("{name}={}", escaped(value))).collect::<Vec<_>>().join("&");
        let headers = "content-type: application/x-www-form-urlencoded\r\n";
        self.request(&format!("POST {path}"), place, headers, body.as_bytes())
    }

    /// Bytes as the page on a phone sends them.
    pub fn by_phone(&self, place: &Place, line: &str, body: &[u8]) -> Vec<u8> {
        let headers = format!("accept: application/json\r\nx-form-token: {}\r\n", self.token);
        self.request(line, place, &headers, body)
    }

    /// Asks for a page; `None` when no whole answer came.
    pub fn get(&self, place: &Place, path: &str) -> Option<Answer> {
        sent(place, &self.request(&format!("GET {path}"), place, "", b""))
    }

    /// Sends a form once.
    pub fn post(&self, place: &Place, path: &str, fields: &[(&str, &str)]) -> Option<Answer> {
        sent(place, &self.form(place, path, fields))
    }

    /// Sends a form again and again, the same one, until somebody says yes or no.
    pub fn insist(&self, line: &mut Line<'_>, path: &str, fields: &[(&str, &str)]) -> Answer {
        let form = self.form(line.place, path, fields);
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            match line.sent(&form) {
                Some(answer) if answer.status < 500 => return answer,
                _ => std::thread::sleep(PAUSE),
            }
        }
        panic!("nobody answers {path} {fields:?}");
    }

    /// Registers an organisation, which is one fact, and says that it was acknowledged.
    pub fn register(&self, line: &mut Line<'_>, id: &str) {
        let answer = self.insist(line, "/organisations", &organisation(id));
        assert_eq!(answer.status, 303, "{id}: {}", answer.body);
    }
}

/// The form of an organisation.
pub fn organisation(id: &str) -> [(&'static str, &str); 3] {
    [("request_id", id), ("name", id), ("kind", "bank")]
}

/// Sends bytes over a line of their own, and reads the answer.
pub fn sent(place: &Place, request: &[u8]) -> Option<Answer> {
    Line::to(place).sent(request)
}

/// The people of a small site: an administrator of posts, the supervision office, its chief, a firm's man, an inspector.
#[derive(Clone, Debug)]
pub struct Cast {
    pub office: Person,
    pub chief: Person,
    pub firm: Person,
    pub inspector: Person,
}

/// Lets the cast of a fresh ledger in, as people would.
pub fn settle(place: &Place, server: &Server) -> Cast {
    let enter = |path: &str, login: &str| {
        let fields = [("person_name", login), ("login", login), ("new_password", "a sentence long enough to keep")];
        let answer = nobody().post(place, path, &fields).unwrap();
        assert_eq!(answer.status, 303, "{login}: {}", answer.body);
        let cookie = answer.header("set-cookie").unwrap();
        let session = cookie.strip_prefix("guatu_session=").unwrap().split(';').next().unwrap().to_owned();
        let person = Person { session, token: String::new() };
        let page = person.get(place, "/messages").unwrap().body;
        let token = page.split("name=\"form_token\" value=\"").nth(1).expect("a page with a form");
        Person { token: token.split('"').next().unwrap().to_owned(), ..person }
    };
    let must = |person: &Person, path: &str, fields: &[(&str, &str)]| {
        let answer = person.post(place, path, fields).unwrap();
        assert!([200, 303].contains(&answer.status), "{path} {fields:?}: {} {}", answer.status, answer.body);
        answer.body
    };
    let admin = enter(server.welcome.as_deref().expect("an empty ledger"), "admin");
    let invite = |id: &str, organisation: &str| {
        let page =
            must(&admin, "/accounts", &[("request_id", id), ("person_name", id), ("organisation", organisation)]);
        let at = page.find("/welcome/").expect("an invitation");
        enter(page[at..].split('<').next().unwrap(), id)
    };
    let grant = |by: &Person, account: &str, role: &str, at: &str| {
        let post = format!("post-of-{account}");
        let fields = [
            ("request_id", post.as_str()),
            ("account", account),
            ("role", role),
            ("place", at),
            ("from", "2026-01-01"),
        ];
        must(by, "/posts", &fields);
    };
    let keeper = invite("keeper-of-posts", "");
    grant(&admin, "keeper-of-posts", "security_admin", "");
    let (office, chief) = (invite("office-1", ""), invite("chief-01", ""));
    grant(&keeper, "office-1", "supervision_office", "");
    grant(&keeper, "chief-01", "leader", "");
    must(&office, "/organisations", &[("request_id", "the-firm"), ("name", "The firm"), ("kind", "contractor")]);
    must(
        &office,
        "/places/new",
        &[("request_id", "district"), ("name", "District"), ("kind", "district"), ("official", "chief-01")],
    );
    let project = [
        ("request_id", "project-1"),
        ("parent", "district"),
        ("name", "Project"),
        ("kind", "project"),
        ("programme", "resettlement"),
    ];
    must(&office, "/places/new", &project);
    let (firm, inspector) = (invite("man-of-the-firm", "the-firm"), invite("inspector-1", ""));
    grant(&keeper, "man-of-the-firm", "contractor", "project-1");
    grant(&keeper, "inspector-1", "inspector", "");
    Cast { office, chief, firm, inspector }
}

/// A folder with the cast, made once and copied for each case.
static SETTLED: LazyLock<(tempfile::TempDir, Cast)> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path(), None);
    let server = Server::start(&place);
    let cast = settle(&place, &server);
    server.stop();
    (folder, cast)
});

/// A copy of a data folder.
pub fn copied(from: &Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(from, folder.path());
    folder
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// A ledger of one's own with the cast on it.
pub fn on_sqlite() -> (tempfile::TempDir, Place, Cast) {
    let folder = copied(SETTLED.0.path());
    let place = Place::new(folder.path(), None);
    (folder, place, SETTLED.1.clone())
}

/// The same in a folder that is there.
pub fn on_sqlite_in(folder: &Path) -> (Place, Cast) {
    copy(SETTLED.0.path(), folder);
    (Place::new(folder, None), SETTLED.1.clone())
}

/// Clients that register as long as the work goes on. Gives what was acknowledged to each, and what the work gives.
pub fn under_load<T>(clients: &[(&Place, &Person)], prefix: &str, work: impl FnOnce() -> T) -> (Vec<String>, T) {
    let is_over = std::sync::atomic::AtomicBool::new(false);
    let is_over = &is_over;
    std::thread::scope(|scope| {
        let client = |at: usize, place: &Place, person: &Person| {
            let (mut line, mut acknowledged) = (Line::to(place), Vec::new());
            while !is_over.load(std::sync::atomic::Ordering::Relaxed) {
                let id = format!("{prefix}-{at}-{:05}", acknowledged.len());
                person.register(&mut line, &id);
                acknowledged.push(id);
            }
            acknowledged
        };
        let running: Vec<_> = clients
            .iter()
            .enumerate()
            .map(|(at, (place, person))| scope.spawn(move || client(at, place, person)))
            .collect();
        // Also when it panics: or the clients would go on for ever.
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
        is_over.store(true, std::sync::atomic::Ordering::Relaxed);
        let acknowledged = running.into_iter().flat_map(|one| one.join().unwrap()).collect();
        (acknowledged, done.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}
