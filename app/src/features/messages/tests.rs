//! Scenarios of messages: who is told what and when, services that enforce their limits, what is cut off, and what a rebuild leaves alone.

use super::channels::{Post, dingtalk, feishu, mail::Mailer, webhook, wecom};
use super::model::{Channel, Command, Known, Outcome, Party, Reach, Reader, Refused, Standing, State, concerns, decide, digest, fit, masked, sent_at, settle};
use super::outbox::{Outward, carry, claim, fill, once};
use super::rules;
use super::store::{self, Wishes};
use crate::args;
use crate::clock::{Clock, civil, civil_date};
use crate::features::authority::{Rights, Verb};
use crate::features::identity::model::{Command as Identity, Role};
use crate::features::orders::tests::{issued, with_firm};
use crate::journal::domain::{Actor, Context};
use crate::journal::replay;
use crate::on_both_databases;
use crate::testing::TestSite;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::routing::post;
use jiff::civil::{DateTime, Time, date};
use jiff::{SignedDuration, Timestamp};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

#[test]
fn rules_of_robots() {
    let now: Timestamp = crate::testing::NOW.parse().unwrap();
    let context = Context { actor: Actor::Account("office".into()), now, today: civil_date(now) };
    let add = |name: &str, channel, groups: &[&str]| Command::AddRobot {
        robot: "r".into(),
        place: "p".into(),
        channel,
        name: name.into(),
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
    };
    let remove = |reason: &str| Command::RemoveRobot { robot: "r".into(), reason: reason.into() };
    let there = || State { is_id_taken: true, robot: Some(Known { place: "p".into(), removed_on: None }) };
    let gone = || State { is_id_taken: true, robot: Some(Known { place: "p".into(), removed_on: Some(date(2026, 11, 20)) }) };
    let cases = [
        ("added", State::default(), add("Team 1", Channel::Wecom, &["orders"]), None),
        ("added twice", there(), add("Team 1", Channel::Wecom, &["orders"]), Some(Refused::IdTaken)),
        ("added without a name", State::default(), add(" ", Channel::Wecom, &["orders"]), Some(Refused::NoName)),
        ("a mailbox of a place", State::default(), add("Team 1", Channel::Mail, &["orders"]), Some(Refused::UnknownChannel)),
        ("added for nothing", State::default(), add("Team 1", Channel::Wecom, &[]), Some(Refused::NoGroup)),
        ("added for what robots do not hear", State::default(), add("Team 1", Channel::Wecom, &["duties"]), Some(Refused::NoGroup)),
        ("added for what is not", State::default(), add("Team 1", Channel::Wecom, &["gossip"]), Some(Refused::NoGroup)),
        ("taken away", there(), remove("the group is closed"), None),
        ("taken away for no reason", there(), remove(""), Some(Refused::NoReason)),
        ("taken away twice", gone(), remove("again"), Some(Refused::AlreadyRemoved { date: "2026-11-20".into() })),
    ];
    for (name, state, command, expected) in cases {
        assert_eq!(decide(&state, &command, &context).err(), expected, "{name}");
    }
}

#[test]
fn addresses_are_those_of_their_services() {
    let reach = Reach { hosts: vec!["hooks.example.org".into()], allows_loopback: false };
    let unfit = |hosts: &str| Some(Refused::AddressUnfit { hosts: hosts.into() });
    let (wecom, dingtalk, feishu, own) = ("qyapi.weixin.qq.com", "oapi.dingtalk.com", "open.feishu.cn", "hooks.example.org");
    for (channel, address, secret, expected) in [
        (Channel::Wecom, "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1", "", None),
        (Channel::Wecom, "http://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1", "", unfit(wecom)),
        (Channel::Wecom, "https://qyapi.weixin.qq.com.example.org/cgi-bin/webhook/send?key=1", "", unfit(wecom)),
        (Channel::Wecom, "https://qyapi.weixin.qq.com@10.0.0.1/cgi-bin/webhook/send", "", unfit(wecom)),
        (Channel::Wecom, "https://qyapi.weixin.qq.com:8443/cgi-bin/webhook/send?key=1", "", unfit(wecom)),
        (Channel::Wecom, "https://qyapi.weixin.qq.com/cgi-bin/other?key=1", "", unfit(wecom)),
        (Channel::Dingtalk, "https://oapi.dingtalk.com/robot/send?access_token=1", "SEC1", None),
        (Channel::Dingtalk, "https://oapi.dingtalk.com/robot/send?access_token=1", " ", Some(Refused::NoSecret)),
        (Channel::Dingtalk, "https://open.feishu.cn/robot/send?access_token=1", "SEC1", unfit(dingtalk)),
        (Channel::Feishu, "https://open.feishu.cn/open-apis/bot/v2/hook/1", "k", None),
        (Channel::Feishu, "https://127.0.0.1/open-apis/bot/v2/hook/1", "k", unfit(feishu)),
        (Channel::Webhook, "https://hooks.example.org:8443/guatu", "k", None),
        (Channel::Webhook, "https://hooks.example.org/guatu", "", Some(Refused::NoSecret)),
        (Channel::Webhook, "https://user:password@hooks.example.org/guatu", "k", unfit(own)),
        (Channel::Webhook, "https://other.example.org/guatu", "k", unfit(own)),
        (Channel::Webhook, "https://169.254.169.254/latest", "k", unfit(own)),
        (Channel::Webhook, "guatu", "k", unfit(own)),
    ] {
        assert_eq!(fit(channel, address, secret, &reach).err(), expected, "{address}");
    }
    let shown = masked("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7xxx");
    assert_eq!(shown, "qyapi.weixin.qq.com …7xxx");
}

#[test]
fn messages_wait_for_daylight_and_robots_for_odd_minutes() {
    let at = |text: &str| text.parse::<DateTime>().unwrap();
    let hours = |from: &str, to: &str| Some((from.parse::<Time>().unwrap(), to.parse::<Time>().unwrap()));
    for (told, is_urgent, channel, quiet, expected) in [
        ("2026-11-24T10:00", false, Channel::Mail, None, "2026-11-24T10:00"),
        ("2026-11-24T23:00", false, Channel::Mail, None, "2026-11-25T08:30"),
        ("2026-11-28T10:00", false, Channel::Mail, None, "2026-11-30T08:30"),
        ("2026-10-01T10:00", false, Channel::Mail, None, "2026-10-08T08:30"),
        // A Sunday that is worked for a holiday.
        ("2026-09-20T10:00", false, Channel::Mail, None, "2026-09-20T10:00"),
        ("2026-11-28T23:00", true, Channel::Mail, None, "2026-11-28T23:00"),
        ("2026-11-24T12:30", false, Channel::Mail, hours("12:00", "14:00"), "2026-11-24T14:00"),
        ("2026-11-24T12:30", true, Channel::Mail, hours("12:00", "14:00"), "2026-11-24T12:30"),
        ("2026-11-27T17:00", false, Channel::Mail, hours("16:00", "09:30"), "2026-11-30T09:30"),
        // Whoever wants no hour of a working day gets it after a week.
        ("2026-11-24T10:00", false, Channel::Mail, hours("08:00", "19:00"), "2026-12-01T08:30"),
        ("2026-11-24T10:00", false, Channel::Feishu, None, "2026-11-24T10:04"),
        ("2026-11-28T10:00", true, Channel::Wecom, None, "2026-11-28T10:04"),
        ("2026-11-24T17:29", false, Channel::Dingtalk, None, "2026-11-24T17:34"),
        ("2026-11-24T10:00", false, Channel::Webhook, None, "2026-11-24T10:00"),
    ] {
        assert_eq!(sent_at(at(told), is_urgent, channel, quiet, 0.0), at(expected), "{told} {channel:?} {quiet:?}");
    }
    let late = sent_at(at("2026-11-24T10:10"), false, Channel::Feishu, None, 1.0);
    assert_eq!(late, at("2026-11-24T10:12"), "chance puts off by two minutes at most");
    let morning = sent_at(at("2026-11-24T03:00"), false, Channel::Feishu, None, 0.5);
    assert_eq!(morning, at("2026-11-24T08:35"), "what waited for the morning does not come all at once");
}

#[test]
fn what_follows_from_an_answer() {
    let again = |after_seconds| Outcome::Again { why: "x".into(), after_seconds };
    let waiting = |seconds| Standing::Waiting { seconds, why: "x".into() };
    let dead = || Standing::Dead { why: "x".into() };
    for (outcome, attempts, expected) in [
        (Outcome::Sent, 1, Standing::Sent),
        (Outcome::Never { why: "x".into() }, 1, dead()),
        (again(None), 1, waiting(60)),
        (again(None), 4, waiting(480)),
        (again(Some(660)), 1, waiting(660)),
        (again(Some(5)), 1, waiting(60)),
        (again(None), 8, dead()),
        (again(Some(660)), 9, dead()),
    ] {
        assert_eq!(settle(outcome.clone(), attempts, 0.0), expected, "{outcome:?} after {attempts}");
    }
}

#[test]
fn digests_fit_and_are_cut_between_characters() {
    let rest = |count: usize| format!("… {count} more");
    let lines: Vec<String> = (0..40).map(|at| format!("督办单第{at}号")).collect();
    for most in [80, 120, 300, 2048] {
        let text = digest("标题", &lines, "https://x/messages", most, rest);
        assert!(text.len() <= most, "{most}: {}", text.len());
        let shown = text.lines().filter(|line| line.starts_with('督')).count();
        assert_eq!(text.contains("more"), shown < lines.len(), "{text}");
        assert!(text.contains(&format!("… {} more", lines.len() - shown)) || shown == lines.len());
        assert!(text.ends_with("https://x/messages"));
    }
    let long = vec!["楼".repeat(3_000)];
    let text = digest("标题", &long, "", 2048, rest);
    assert!((2040..=2048).contains(&text.len()) && text.ends_with('…'), "{}", text.len());
    assert_eq!(digest("a", &["b".into()], "", 2048, rest), "a\nb");
}

#[test]
fn a_notice_concerns_whoever_may_still_see_it() {
    let reader = |account: &str, organisation: &str, role: Option<Role>, root: &str| Reader {
        account: account.into(),
        organisation: Some(organisation.into()),
        rights: Rights { posts: role.map(|role| (role, root.to_owned())).into_iter().collect() },
    };
    let builder = reader("jian", "firm", Some(Role::Contractor), "/d/ours/");
    let office = reader("office", "headquarters", Some(Role::SupervisionOffice), "/");
    let former = reader("jian", "firm", None, "");
    let unit = || Party::Unit("firm".into());
    for (name, party, not_unit, by, path, reader, expected) in [
        ("a unit's", unit(), None, "office", Some("/d/ours/"), &builder, true),
        ("a unit's, elsewhere", unit(), None, "office", Some("/d/theirs/"), &builder, false),
        ("a unit's, of whoever was there", unit(), None, "office", Some("/d/ours/"), &former, false),
        ("one's own doing", unit(), None, "jian", Some("/d/ours/"), &builder, false),
        ("another unit's", unit(), None, "chief", Some("/d/ours/"), &office, false),
        ("whoever governs", Party::Verb(Verb::Govern), None, "jian", Some("/d/ours/"), &office, true),
        ("whoever governs and leads it", Party::Verb(Verb::Govern), Some("headquarters"), "jian", Some("/d/ours/"), &office, false),
        ("whoever governs", Party::Verb(Verb::Govern), None, "x", Some("/d/ours/"), &builder, false),
        ("a person's", Party::Account("jian".into()), None, "office", Some("/d/ours/"), &builder, true),
        ("a person's, who may no longer", Party::Account("jian".into()), None, "office", Some("/d/ours/"), &former, false),
        ("a person's, of no place", Party::Account("jian".into()), None, "office", None, &former, true),
        ("a unit's, of no place", unit(), None, "office", None, &builder, true),
        ("a unit's, of no place, of whoever was there", unit(), None, "office", None, &former, false),
        ("another unit's, of no place", unit(), None, "chief", None, &office, false),
        ("whoever governs, of no place", Party::Verb(Verb::Govern), None, "x", None, &office, false),
    ] {
        assert_eq!(concerns(&party, not_unit, by, path, reader), expected, "{name}");
    }
}

#[test]
fn signatures_are_those_of_the_services() {
    // Computed by another program's HMAC.
    assert_eq!(dingtalk::sign("SECabc", 1_577_262_236_757), "I5TKCOTTj6fad4sJ4q9RsIffw0PAChVQZQGTdtRbNEQ=");
    assert_eq!(feishu::sign("demo", 1_599_360_473), "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8=");
    assert_eq!(webhook::sign("key", "d-1", "1", "{}"), "9706cec580ac791774106aa35ee88ad6c07aa34b9e6d131444da8a228b2b064e");
}

#[test]
fn every_kind_has_a_sentence_and_a_fact() {
    let [zh, en] = [include_str!("../../locale/zh.toml"), include_str!("../../locale/en.toml")].map(|text| text.parse::<toml::Table>().unwrap());
    for kind in rules::kinds() {
        for locale in [&zh, &en] {
            assert!(locale["message"].get(&kind.id).is_some(), "{}", kind.id);
            assert!(locale["message_group"].get(&kind.group).is_some(), "{}", kind.group);
            assert!(locale["fact"].get(kind.fact.replace('.', "_")).is_some(), "{}", kind.fact);
        }
    }
}

/// A service of robots on this machine that keeps its real limits, by the clock of the site.
struct Service {
    channel: Channel,
    secret: &'static str,
    clock: Clock,
    heard: Mutex<Heard>,
}

#[derive(Default)]
struct Heard {
    /// What came through, and when.
    texts: Vec<(Timestamp, String)>,
    /// Ids of deliveries, of webhooks.
    ids: Vec<String>,
    /// Everything that was asked, refused or not.
    asked: usize,
    /// Since when DingTalk is silent.
    blocked_at: Option<Timestamp>,
    /// Statuses to answer with first.
    statuses: VecDeque<u16>,
}

const SECRET: &str = "SECabc";

impl Service {
    async fn start(clock: Clock, channel: Channel) -> (Arc<Service>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let service = Arc::new(Service { channel, secret: SECRET, clock, heard: Mutex::default() });
        let router = Router::new().fallback(post(answer)).with_state(service.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let path = match channel {
            Channel::Wecom => "/cgi-bin/webhook/send?key=1",
            Channel::Dingtalk => "/robot/send?access_token=1",
            Channel::Feishu => "/open-apis/bot/v2/hook/1",
            _ => "/guatu",
        };
        (service, format!("{address}{path}"))
    }

    fn texts(&self) -> Vec<String> {
        self.heard.lock().unwrap().texts.iter().map(|(_, text)| text.clone()).collect()
    }

    fn asked(&self) -> usize {
        self.heard.lock().unwrap().asked
    }

    fn fail_with(&self, statuses: &[u16]) {
        self.heard.lock().unwrap().statuses.extend(statuses);
    }
}

async fn answer(Shared(service): Shared<Arc<Service>>, uri: Uri, headers: HeaderMap, body: Bytes) -> (StatusCode, String) {
    let now = service.clock.now();
    let mut heard = service.heard.lock().unwrap();
    heard.asked += 1;
    if let Some(status) = heard.statuses.pop_front() {
        return (StatusCode::from_u16(status).unwrap(), String::new());
    }
    let of_last = |heard: &Heard, seconds: i64| heard.texts.iter().filter(|(at, _)| now.duration_since(*at).as_secs() < seconds).count();
    let said = |field: &str, code: i64| (StatusCode::OK, serde_json::json!({ field: code, "errmsg": "" }).to_string());
    let json: serde_json::Value = serde_json::from_slice(&body).unwrap();
    match service.channel {
        Channel::Wecom => {
            let text = json["text"]["content"].as_str().unwrap_or_default();
            if json["msgtype"] != "text" || text.len() > 2048 {
                return said("errcode", 40058);
            }
            if of_last(&heard, 60) >= 20 {
                return said("errcode", 45009);
            }
            heard.texts.push((now, text.to_owned()));
            said("errcode", 0)
        }
        Channel::Dingtalk => {
            let query: Vec<(String, String)> = serde_urlencoded::from_str(uri.query().unwrap_or_default()).unwrap();
            let of = |name: &str| query.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()).unwrap_or_default();
            let at_ms: i64 = of("timestamp").parse().unwrap_or_default();
            if of("sign") != dingtalk::sign(service.secret, at_ms) || (now.as_millisecond() - at_ms).abs() > 3_600_000 {
                return said("errcode", 310_000);
            }
            if heard.blocked_at.is_some_and(|at| now.duration_since(at).as_secs() < 600) {
                return said("errcode", 130_101);
            }
            if of_last(&heard, 60) >= 20 {
                heard.blocked_at = Some(now);
                return said("errcode", 130_101);
            }
            heard.texts.push((now, json["text"]["content"].as_str().unwrap_or_default().to_owned()));
            said("errcode", 0)
        }
        Channel::Feishu => {
            let at: i64 = json["timestamp"].as_str().unwrap_or_default().parse().unwrap_or_default();
            if json["sign"] != feishu::sign(service.secret, at) {
                return said("code", 19021);
            }
            if civil(now).minute() % 30 == 0 || of_last(&heard, 1) >= 5 || of_last(&heard, 60) >= 100 || body.len() > 20_000 {
                return said("code", 11232);
            }
            heard.texts.push((now, json["content"]["text"].as_str().unwrap_or_default().to_owned()));
            said("code", 0)
        }
        _ => {
            let of = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
            let (id, timestamp) = (of("guatu-delivery"), of("guatu-timestamp"));
            let text = String::from_utf8(body.to_vec()).unwrap();
            let is_ours = of("guatu-signature") == format!("v1={}", webhook::sign(service.secret, &id, &timestamp, &text));
            if !is_ours || timestamp.parse() != Ok(now.as_second()) || json["delivery"] != id.as_str() {
                return (StatusCode::UNAUTHORIZED, String::new());
            }
            heard.texts.push((now, text));
            heard.ids.push(id);
            (StatusCode::OK, String::new())
        }
    }
}

#[tokio::test]
async fn services_say_when_it_is_too_much_too_long_or_not_ours() {
    let clock = Clock::rehearsal("2026-11-23T02:15:00Z".parse().unwrap());
    let reach = Reach { hosts: Vec::new(), allows_loopback: true };
    let again = |code: i64, seconds: i64| Outcome::Again { why: format!("code {code}"), after_seconds: Some(seconds) };
    let never = |code: i64| Outcome::Never { why: format!("code {code}") };
    let long = "楼".repeat(7_000);
    // Messages within a minute that each bears, what it says to the next, to what is too long, and to a wrong key.
    for (channel, bears, limited, too_long, wrong) in [
        (Channel::Wecom, 20, again(45009, 60), never(40058), Outcome::Sent),
        (Channel::Dingtalk, 20, again(130_101, 660), Outcome::Sent, never(310_000)),
        (Channel::Feishu, 5, again(11232, 60), again(11232, 60), never(19021)),
    ] {
        let (service, address) = Service::start(clock.clone(), channel).await;
        let send = async |text: &str, secret: &str| {
            let post = Post { address: &address, secret, text, reach: &reach, now_seconds: clock.now().as_second() };
            match channel {
                Channel::Wecom => wecom::send(post).await,
                Channel::Dingtalk => dingtalk::send(post).await,
                _ => feishu::send(post).await,
            }
        };
        for at in 0..bears {
            assert_eq!(send("a", SECRET).await, Outcome::Sent, "{channel:?} {at}");
        }
        assert_eq!(send("a", SECRET).await, limited, "{channel:?}: one more");
        service.heard.lock().unwrap().texts.clear();
        service.heard.lock().unwrap().blocked_at = None;
        assert_eq!((send(&long, SECRET).await, send("a", "wrong").await), (too_long, wrong), "{channel:?}");
        service.fail_with(&[500, 429, 404, 302]);
        for (status, is_final) in [(500, false), (429, false), (404, true), (302, true)] {
            let said = send("a", SECRET).await;
            assert_eq!(matches!(said, Outcome::Never { .. }), is_final, "{channel:?} {status}: {said:?}");
        }
    }
    let (service, address) = Service::start(clock.clone(), Channel::Feishu).await;
    let called = "<at user_id=\"all\"></at> look";
    let post = Post { address: &address, secret: SECRET, text: called, reach: &reach, now_seconds: clock.now().as_second() };
    assert_eq!(feishu::send(post).await, Outcome::Sent);
    assert!(!service.texts()[0].contains('<'), "a title calls nobody");
    // At a round time Feishu is crowded; nobody at all is there at another address.
    let noon = Clock::rehearsal("2026-11-23T02:30:00Z".parse().unwrap());
    let (_, address) = Service::start(noon.clone(), Channel::Feishu).await;
    let post = Post { address: &address, secret: SECRET, text: "a", reach: &reach, now_seconds: noon.now().as_second() };
    assert_eq!(feishu::send(post).await, again(11232, 60));
    let gone = Post { address: "http://127.0.0.1:9/cgi-bin", ..post };
    assert_eq!(wecom::send(gone).await, Outcome::Again { why: "unreachable".into(), after_seconds: None });
    let not_tls = address.replace("http://", "https://");
    let untrusted = Post { address: &not_tls, ..post };
    assert_eq!(wecom::send(untrusted).await, Outcome::Again { why: "untrusted".into(), after_seconds: None });
}

/// A mail server on this machine: what came in, and codes to answer a recipient with first.
#[derive(Default)]
struct MailServer {
    letters: Mutex<Vec<String>>,
    refusals: Mutex<VecDeque<&'static str>>,
}

impl MailServer {
    async fn start() -> (Arc<MailServer>, Mailer) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mailer = Mailer::open(&format!("smtp://{}", listener.local_addr().unwrap()), "Guatu <guatu@example.org>").unwrap();
        let server = Arc::new(MailServer::default());
        let shared = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = shared.clone();
                tokio::spawn(async move { server.talk(stream).await });
            }
        });
        (server, mailer)
    }

    async fn talk(&self, stream: tokio::net::TcpStream) {
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read).lines();
        write.write_all(b"220 fake\r\n").await.unwrap();
        while let Ok(Some(line)) = lines.next_line().await {
            let word = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            let reply = match word.as_str() {
                "EHLO" => "250 fake".to_owned(),
                "RCPT" => self.refusals.lock().unwrap().pop_front().map_or("250 ok".to_owned(), str::to_owned),
                "DATA" => {
                    write.write_all(b"354 go on\r\n").await.unwrap();
                    let mut letter = String::new();
                    while let Ok(Some(line)) = lines.next_line().await {
                        if line == "." {
                            break;
                        }
                        letter.push_str(&line);
                        letter.push('\n');
                    }
                    self.letters.lock().unwrap().push(letter);
                    "250 ok".to_owned()
                }
                "QUIT" => return,
                _ => "250 ok".to_owned(),
            };
            if write.write_all(format!("{reply}\r\n").as_bytes()).await.is_err() {
                return;
            }
        }
    }

    fn letters(&self) -> Vec<String> {
        self.letters.lock().unwrap().clone()
    }
}

/// The text of a letter, decoded.
fn text_of(letter: &str) -> String {
    use base64::Engine;
    let (head, body) = letter.split_once("\n\n").unwrap();
    if head.contains("base64") {
        let body: String = body.split_whitespace().collect();
        return String::from_utf8(base64::engine::general_purpose::STANDARD.decode(body).unwrap()).unwrap();
    }
    body.to_owned()
}

/// The id under which a letter went.
fn id_of(letter: &str) -> String {
    letter.lines().find_map(|line| line.strip_prefix("Message-ID: ")).unwrap().to_owned()
}

/// A site that may reach this machine, and a mail server.
async fn outward(site: &mut TestSite) -> Arc<MailServer> {
    let (server, mailer) = MailServer::start().await;
    let reach = Reach { hosts: Vec::new(), allows_loopback: true };
    let outward = Outward { mailer: Some(mailer), base: Some("https://guatu.example".into()), reach };
    site.look_outward(outward);
    // What was before the outbox is not news.
    fill(&site.site).await.unwrap();
    server
}

async fn give_mail(site: &TestSite, who: &str, quiet: Option<(Time, Time)>) {
    let mut conn = site.site.db.writer().await.unwrap();
    store::keep_wishes(&mut conn, who, &Wishes { quiet, ..Wishes::default() }).await.unwrap();
    store::set_mail(&mut conn, who, Some(&format!("{who}@example.org"))).await.unwrap();
}

async fn add_robot(site: &TestSite, who: &str, place: &str, channel: Channel, address: &str) -> u16 {
    let fields = [("about", place), ("channel", channel.name()), ("name", "Team 1"), ("address", address), ("secret", SECRET), ("told_orders", "1"), ("told_safety", "1")];
    site.post(who, "/messages/robots", &fields).await.status.as_u16()
}

fn wait(site: &TestSite, seconds: i64) {
    assert!(site.site.clock.advance(site.site.clock.now() + SignedDuration::from_secs(seconds)));
}

/// Deliveries by channel, receiver and state, with how many.
async fn deliveries(site: &TestSite) -> Vec<String> {
    let sql = "SELECT channel, receiver, state, COUNT(*) FROM delivery GROUP BY channel, receiver, state ORDER BY channel, receiver, state";
    let rows = site.site.db.reader().await.unwrap().rows(sql, &[]).await.unwrap();
    let receiver = |text: String| if text.len() > 20 { "robot".to_owned() } else { text };
    rows.iter().map(|row| format!("{} {} {} {}", row.text(0).unwrap(), receiver(row.text(1).unwrap()), row.text(2).unwrap(), row.int(3).unwrap())).collect()
}

const URGENT: [(&str, &str); 1] = [("limit", "city/urgent")];
const CALM: [(&str, &str); 1] = [("limit", "city/instruction")];

on_both_databases!(the_inbox_holds_what_concerns_each_and_nothing_else, |site| async move {
    let mut site = with_firm(site.with_cast().await).await;
    let order = issued(&site, "order-0001", &URGENT).await;
    let inbox = async |site: &TestSite, who: &str| site.get(who, "/messages").await.texts("tbody td:first-child");
    assert_eq!(site.get("", "/messages").await.status, 303);
    assert_eq!(site.get("admin", "/messages").await.status, 404);
    assert_eq!(inbox(&site, "chief").await[..1], ["督办单“Power for building 1”待审批"]);
    assert_eq!(inbox(&site, "office").await[..1], ["督办单“Power for building 1”已批准，可以下发"]);
    let issued_to_firm = "督办单“Power for building 1”已下发，2026-11-30 到期，请签收 紧急";
    for who in ["jian", "jia"] {
        assert_eq!(inbox(&site, who).await[..1], [issued_to_firm], "{who}");
    }
    assert!(inbox(&site, "lu").await[0].contains("你单位配合"));
    assert_eq!(inbox(&site, "stranger").await[..1], ["你已任“施工单位”，未办事项见“今天”，交接清单见“督办”"], "a post is all a stranger hears of");
    let page = site.get("jian", "/messages").await;
    assert_eq!(page.attributes("tbody td:first-child a.unread", "href"), [order.as_str(), "/desk"]);
    assert_eq!(page.texts("header nav .fresh"), ["2"], "every page counts what is unread");

    // Read one by one, or all that the page showed; what comes later stays unread. What concerns others is not there.
    let acts = page.attributes("tbody form", "action");
    assert_eq!(site.post("stranger", &acts[0], &[]).await.status, 404);
    assert_eq!(site.post("jian", "/messages/999999-0/read", &[]).await.status, 404);
    assert_eq!(site.post("jian", &acts[0], &[]).await.status, 303);
    assert_eq!(site.get("jian", "/desk").await.texts("header nav .fresh"), ["1"]);
    let shown = site.get("jian", "/messages").await.attributes("form[action='/messages/read'] input[name=number]", "value");
    site.post("office", &format!("{order}/urge"), &[("remark", "today")]).await;
    assert_eq!(site.post("jian", "/messages/read", &[("number", &shown[0])]).await.status, 303);
    assert_eq!(site.get("jian", "/desk").await.texts("header nav .fresh"), ["1"], "what came meanwhile");
    assert_eq!(site.get("jia", "/desk").await.texts("header nav .fresh"), ["3"], "one person's reading is nobody else's");
    let found = site.get("jian", "/messages?find=催办&sort=-when").await;
    assert_eq!(found.texts("tbody td:first-child").len(), 1);
    assert_eq!(site.get("jian", "/messages?form=xlsx").await.status, 200);

    // A right that is gone takes its messages with it; a unit's are whoever's is there.
    let posts = site.site.db.reader().await.unwrap().rows("SELECT id FROM post WHERE account = 'jia'", &[]).await.unwrap();
    site.submit(Identity::EndPost { post: posts[0].text(0).unwrap(), on: date(2026, 11, 23) }).await.unwrap();
    wait(&site, 24 * 3600);
    assert_eq!(site.get("jia", "/messages").await.status, 404);
    site.person_of("new", "firm", Role::Contractor, Some("ours")).await;
    assert_eq!(inbox(&site, "new").await.len(), 1, "what was before them stands on the desk");
    // After two weeks nothing is unread; what is open is somewhere else.
    wait(&site, 15 * 24 * 3600);
    assert_eq!(site.get("jian", "/desk").await.texts("header nav .fresh").len(), 0);
    site
});

on_both_databases!(a_deadline_in_hours_is_told_with_its_minute, |site| async move {
    let site = with_firm(site.with_cast().await).await;
    let order = issued(&site, "order-0001", &[("limit", "urgent/half_day")]).await;
    let known = crate::features::orders::store::order(&mut site.site.db.reader().await.unwrap(), "order-0001").await.unwrap().unwrap().known;
    let due = known.budget(1).unwrap().due().unwrap().text();
    assert!(due.contains(':'), "{due}");
    let newest = async |who: &str| site.get(who, "/messages").await.texts("tbody td:first-child")[0].clone();
    assert_eq!(newest("jian").await, format!("督办单“Power for building 1”已下发，{due} 到期，请签收 紧急"));
    let said = async || site.get("jian", &order).await.texts("ol.course li p");
    assert!(said().await.iter().any(|line| line.ends_with(&due)), "{:?}", said().await);
    // After a pause another minute is told; what was told before stands as it was.
    assert_eq!(site.post("jian", &format!("{order}/sign"), &[]).await.status, 303);
    assert_eq!(site.post("office", &format!("{order}/pause"), &[("reason", "x")]).await.status, 303);
    wait(&site, 24 * 3600);
    assert_eq!(site.post("office", &format!("{order}/resume"), &[("reason", "x")]).await.status, 303);
    let resumed = newest("jian").await;
    assert!(resumed.contains("2026-11-24 ") && resumed.contains(':'), "{resumed}");
    assert!(said().await.iter().any(|line| line.ends_with(&due)), "{:?}", said().await);
    site
});

on_both_databases!(decisions_dates_and_requests_are_told_to_their_parties, |site| async move {
    let site = crate::features::reports::tests::active(site.with_cast().await).await;
    let newest = async |who: &str| site.get(who, "/messages").await.texts("tbody td:first-child")[0].clone();
    let accepted = async |who: &str, path: &str, fields: &[(&str, &str)]| {
        let page = site.post(who, path, fields).await;
        assert_eq!(page.status, 303, "{path}: {:?}", page.texts(".summary li"));
    };
    let decision = [("request_id", "decision-1"), ("about", "ours"), ("content", "Pay the May instalment"), ("assignee", "builder"), ("due", "2026-11-24")];
    accepted("office", "/round/decisions?place=ours", &decision).await;
    assert_eq!(newest("builder").await, "调度决定由你负责，2026-11-24 前完成：Pay the May instalment");
    accepted("builder", "/round/decisions/decision-1/finish", &[("outcome", "paid")]).await;
    assert_eq!(newest("office").await, "调度决定已办结：Pay the May instalment");
    let date = [("activity", "ours-b1/topping_out"), ("name", "Topped out"), ("finish_by", "2026-12-31"), ("issuer", "headquarters"), ("document", "Notice 7"), ("edition", "1")];
    accepted("chief", "/plans/ours/mandate", &date).await;
    assert_eq!(newest("builder").await, "节点“Topped out”限定 2026-12-31 完成");
    let mut conn = site.site.db.reader().await.unwrap();
    let mandate = crate::features::plan::store::mandates(&mut conn, "ours").await.unwrap().pop().unwrap();
    drop(conn);
    accepted("builder", &format!("/mandates/{}/change", mandate.id), &[("finish_by", "2027-01-31"), ("reason", "rain")]).await;
    assert_eq!(newest("chief").await, "节点“Topped out”申请改为 2027-01-31，请答复");
    assert_eq!(newest("stranger").await, "你已任“施工单位”，未办事项见“今天”，交接清单见“督办”", "another project hears of nothing");
    site
});

on_both_databases!(a_mail_goes_once_at_an_hour_of_work_and_not_to_whom_it_no_longer_concerns, |site| async move {
    let mut site = with_firm(site.with_cast().await).await;
    let server = outward(&mut site).await;
    for who in ["jian", "jia", "stranger"] {
        give_mail(&site, who, None).await;
    }
    // Monday evening: what is calm waits for the morning, what is urgent does not.
    wait(&site, 12 * 3600);
    issued(&site, "order-0001", &CALM).await;
    once(&site.site).await.unwrap();
    assert_eq!((deliveries(&site).await, server.letters().len()), (vec!["mail jia waiting 1".to_owned(), "mail jian waiting 1".into()], 0));
    issued(&site, "order-0002", &URGENT).await;
    once(&site.site).await.unwrap();
    assert_eq!(server.letters().len(), 2, "urgent, to both");
    // What comes at night says why, over it and in its line.
    let text = text_of(&server.letters()[0]);
    assert!(text.starts_with("【紧急】挂图") && text.matches("【紧急】").count() == 2, "{text}");
    // By the morning one of them has lost the post.
    let posts = site.site.db.reader().await.unwrap().rows("SELECT id FROM post WHERE account = 'jia'", &[]).await.unwrap();
    site.submit(Identity::EndPost { post: posts[0].text(0).unwrap(), on: date(2026, 11, 23) }).await.unwrap();
    wait(&site, 12 * 3600);
    for _ in 0..3 {
        once(&site.site).await.unwrap();
    }
    assert_eq!(deliveries(&site).await, ["mail jia dropped 1", "mail jia sent 1", "mail jian sent 2"]);
    let letters = server.letters();
    assert_eq!(letters.len(), 3);
    let last = &letters[2];
    assert!(last.contains("To: jian@example.org") && last.contains("From: Guatu <guatu@example.org>"), "{last}");
    let text = text_of(last);
    assert!(!text.contains("紧急"), "{text}");
    assert!(text.contains("Power for building 1") && text.trim_end().ends_with("https://guatu.example/messages"), "{text}");

    // A rebuild makes the same notices and sends nothing again.
    let before = deliveries(&site).await;
    let mut conn = site.site.db.writer().await.unwrap();
    conn.begin_write().await.unwrap();
    replay::rebuild_beside_readers(&mut conn, &*site.site.domain, |_, _| ()).await.unwrap();
    conn.commit().await.unwrap();
    drop(conn);
    once(&site.site).await.unwrap();
    assert_eq!((deliveries(&site).await, server.letters().len()), (before, 3));

    // A rehearsal sends nothing.
    issued(&site, "order-0003", &URGENT).await;
    site.become_rehearsal();
    once(&site.site).await.unwrap();
    assert_eq!(server.letters().len(), 3);
    site
});

on_both_databases!(what_is_cut_off_is_sent_again_under_the_same_id_and_never_by_two, |site| async move {
    let mut site = with_firm(site.with_cast().await).await;
    let server = outward(&mut site).await;
    give_mail(&site, "jian", None).await;
    issued(&site, "order-0001", &URGENT).await;
    fill(&site.site).await.unwrap();
    fill(&site.site).await.unwrap();
    assert_eq!(deliveries(&site).await, ["mail jian waiting 1"], "one delivery, however often it is filled");
    // Two nodes at the same moment: one has it.
    let (one, other) = tokio::join!(claim(&site.site, Channel::Mail, "jian"), claim(&site.site, Channel::Mail, "jian"));
    let mut claimed: Vec<_> = [one.unwrap(), other.unwrap()].into_iter().flatten().collect();
    assert_eq!(claimed.len(), 1);
    let batch = claimed.pop().unwrap();
    // Sent, and cut off before it was marked: the lease holds others off, then it goes again under its id.
    let unmarked = "UPDATE delivery SET state = 'waiting', leased_until = ? WHERE channel = 'mail'";
    carry(&site.site, batch.clone()).await.unwrap();
    let until = crate::clock::record_text(site.site.clock.now() + SignedDuration::from_secs(300));
    site.site.db.writer().await.unwrap().execute(unmarked, args![until]).await.unwrap();
    once(&site.site).await.unwrap();
    assert_eq!(server.letters().len(), 1);
    issued(&site, "order-0002", &URGENT).await;
    wait(&site, 301);
    for _ in 0..3 {
        once(&site.site).await.unwrap();
        wait(&site, 5);
    }
    let letters = server.letters();
    assert_eq!((letters.len(), id_of(&letters[0]) == id_of(&letters[1]), text_of(&letters[0]) == text_of(&letters[1])), (3, true, true));
    assert_ne!(id_of(&letters[1]), id_of(&letters[2]), "what came later goes by itself");
    assert_eq!(deliveries(&site).await, ["mail jian sent 2"]);
    site
});

on_both_databases!(what_cannot_be_sent_comes_back_later_and_is_seen_when_it_is_dead, |site| async move {
    let mut site = with_firm(site.with_cast().await).await;
    let server = outward(&mut site).await;
    give_mail(&site, "jian", None).await;
    server.refusals.lock().unwrap().extend(["451 try later"; 20]);
    issued(&site, "order-0001", &URGENT).await;
    let mut waits = Vec::new();
    for _ in 0..8 {
        once(&site.site).await.unwrap();
        let sql = "SELECT next_at, attempts FROM delivery WHERE state = 'waiting'";
        let Some(row) = site.site.db.reader().await.unwrap().row(sql, &[]).await.unwrap() else { break };
        let next: Timestamp = row.str(0).unwrap().parse().unwrap();
        waits.push(next.duration_since(site.site.clock.now()).as_secs());
        site.site.clock.advance(next);
    }
    for (waited, least) in waits.iter().zip([60, 120, 240, 480, 960, 1920, 3600]) {
        assert!((least..=least + least / 4).contains(waited), "{waits:?}");
    }
    assert_eq!((waits.len(), deliveries(&site).await), (7, vec!["mail jian dead 1".to_owned()]));
    let dead = async |site: &TestSite, who: &str| site.get(who, "/messages/dead").await.texts("tbody td:nth-child(6)");
    for (who, expected) in [("jian", vec!["对方拒收（SMTP 451）。"]), ("office", vec!["对方拒收（SMTP 451）。"]), ("lu", vec![]), ("stranger", vec![])] {
        let found: Vec<String> = dead(&site, who).await.into_iter().filter(|text| !text.is_empty()).collect();
        assert_eq!(found, expected, "{who}");
    }
    assert!(!site.get("office", "/messages/dead").await.body.contains("example.org"), "an address is nobody else's business");
    let page = site.get("jian", "/messages/dead").await;
    let fields: Vec<(String, String)> = ["notice", "channel", "receiver"].iter().map(|name| ((*name).to_owned(), page.attributes(&format!("tbody input[name={name}]"), "value")[0].clone())).collect();
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(site.post("stranger", "/messages/dead/retry", &fields).await.status, 404);
    server.refusals.lock().unwrap().clear();
    assert_eq!(site.post("jian", "/messages/dead/retry", &fields).await.status, 303);
    assert_eq!(site.post("jian", "/messages/dead/retry", &fields).await.status, 404, "it is dead no longer");
    once(&site.site).await.unwrap();
    assert_eq!((deliveries(&site).await, server.letters().len()), (vec!["mail jian sent 1".to_owned()], 1));
    // What is refused for good is dead at once.
    server.refusals.lock().unwrap().push_back("550 no such mailbox");
    issued(&site, "order-0002", &URGENT).await;
    once(&site.site).await.unwrap();
    assert_eq!(deliveries(&site).await, ["mail jian dead 1", "mail jian sent 1"]);
    site
});

on_both_databases!(robots_keep_the_limits_of_their_services, |site| async move {
    let mut site = with_firm(site.with_cast().await).await;
    outward(&mut site).await;
    let mut services = Vec::new();
    for channel in [Channel::Wecom, Channel::Dingtalk, Channel::Feishu] {
        let (service, address) = Service::start(site.site.clock.clone(), channel).await;
        assert_eq!(add_robot(&site, "office", "district", channel, &address).await, 303);
        services.push(service);
    }
    // Sixty orders within an hour from nine, among them round times: every service hears of each, none says that it is too much.
    for at in 0..60 {
        issued(&site, &format!("order-{at:04}"), &CALM).await;
        for _ in 0..3 {
            wait(&site, 20);
            once(&site.site).await.unwrap();
        }
    }
    for _ in 0..30 {
        wait(&site, 20);
        once(&site.site).await.unwrap();
    }
    for service in &services {
        let texts = service.texts();
        assert_eq!(service.asked(), texts.len(), "{:?} refused something", service.channel);
        assert!(texts.len() > 5, "{:?}: {}", service.channel, texts.len());
        let lines: usize = texts.iter().map(|text| text.lines().filter(|line| line.contains("Power for building 1")).count()).sum();
        let rest: usize = texts.iter().filter_map(|text| text.split("另有 ").nth(1)?.split(' ').next()?.parse::<usize>().ok()).sum();
        assert_eq!(lines + rest, 60, "{:?}", service.channel);
        assert!(texts.iter().all(|text| text.ends_with("https://guatu.example/messages")));
    }
    assert_eq!(deliveries(&site).await, ["dingtalk robot sent 60", "feishu robot sent 60", "wecom robot sent 60"]);
    // A service that says it is too much is left alone as long as it asks; one that refuses our key is dead at once.
    services[1].heard.lock().unwrap().blocked_at = Some(site.site.clock.now());
    issued(&site, "order-1000", &CALM).await;
    let asked = services[1].asked();
    for _ in 0..30 {
        wait(&site, 20);
        once(&site.site).await.unwrap();
    }
    let blocked = services[1].asked() - asked;
    for _ in 0..20 {
        wait(&site, 20);
        once(&site.site).await.unwrap();
    }
    assert_eq!((blocked, services[1].asked() - asked), (1, 2), "asked once, and again after the silence");
    assert!(deliveries(&site).await.contains(&"dingtalk robot sent 61".to_owned()));
    let sql = "UPDATE message_secret SET secret = 'wrong' WHERE robot = (SELECT id FROM robot WHERE channel = 'feishu')";
    site.site.db.writer().await.unwrap().execute(sql, &[]).await.unwrap();
    issued(&site, "order-1001", &CALM).await;
    for _ in 0..40 {
        wait(&site, 20);
        once(&site.site).await.unwrap();
    }
    assert!(deliveries(&site).await.contains(&"feishu robot dead 1".to_owned()), "{:?}", deliveries(&site).await);
    site
});

on_both_databases!(a_webhook_is_signed_and_speaks_for_who_added_it, |site| async move {
    let mut site = with_firm(site.with_cast().await).await;
    outward(&mut site).await;
    let (service, address) = Service::start(site.site.clock.clone(), Channel::Webhook).await;
    // Only who governs a place adds one; a foreign place is not there; what was typed of a key is not shown again.
    assert_eq!(add_robot(&site, "jian", "ours", Channel::Webhook, &address).await, 403);
    assert_eq!(add_robot(&site, "stranger", "ours", Channel::Webhook, &address).await, 404);
    let bad = site.post("office", "/messages/robots", &[("about", "ours"), ("channel", "webhook"), ("name", "City"), ("address", "https://10.0.0.1/key-1"), ("secret", SECRET), ("told_orders", "1")]).await;
    assert_eq!((bad.status.as_u16(), bad.texts(".summary .quiet"), bad.attributes("#field-robot-name", "value")), (422, vec!["A-105".to_owned()], vec!["City".to_owned()]));
    assert!(!bad.body.contains("key-1") && !bad.body.contains(SECRET));
    site.person("second", Role::SupervisionOffice, None).await;
    // Refused and sent again with another address under its id: the other one counts. Of one that is there it stays.
    let typed = |address: &'static str, told: &'static str| vec![("about", "theirs"), ("channel", "wecom"), ("name", "City"), ("address", address), (told, "1"), ("request_id", "robot-0001")];
    let (first, last) = ("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1111", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=2222");
    assert_eq!(site.post("chief", "/messages/robots", &typed(first, "told_none")).await.texts(".summary .quiet"), ["A-104"]);
    assert_eq!(site.post("chief", "/messages/robots", &typed(last, "told_orders")).await.status, 303);
    site.post("office", "/messages/robots", &typed(first, "told_orders")).await;
    let kept = store::secret(&mut site.site.db.reader().await.unwrap(), "robot-0001").await.unwrap();
    assert_eq!(kept.map(|(address, _)| address).as_deref(), Some(last));
    assert_eq!(site.post("chief", "/messages/robots/robot-0001/remove", &[("reason", "moved")]).await.status, 303);
    assert_eq!(add_robot(&site, "second", "ours", Channel::Webhook, &address).await, 303);
    let page = site.get("office", "/messages/settings").await;
    assert_eq!(page.texts("#robots tbody td")[..3], ["Team 1", "Webhook（对接其他系统）", "ours name"]);
    assert!(!page.body.contains(&address), "an address is shown masked");
    assert_eq!(site.get("jian", "/messages/settings").await.texts("#robots tbody td").len(), 0);

    issued(&site, "order-0001", &CALM).await;
    issued(&site, "order-0002", &[("about", "theirs"), ("limit", "city/instruction")]).await;
    service.fail_with(&[503, 302]);
    once(&site.site).await.unwrap();
    assert_eq!(deliveries(&site).await, ["webhook robot waiting 1"], "busy: later; and only of its place");
    wait(&site, 80);
    once(&site.site).await.unwrap();
    assert_eq!(deliveries(&site).await, ["webhook robot dead 1"], "a redirect is followed nowhere");
    // Sent, and cut off before it was marked: the same id.
    issued(&site, "order-0003", &CALM).await;
    wait(&site, 10);
    once(&site.site).await.unwrap();
    site.site.db.writer().await.unwrap().execute("UPDATE delivery SET state = 'waiting' WHERE state = 'sent'", &[]).await.unwrap();
    wait(&site, 10);
    once(&site.site).await.unwrap();
    let ids = service.heard.lock().unwrap().ids.clone();
    assert!(ids.len() == 2 && ids[0] == ids[1], "{ids:?}");
    let told: serde_json::Value = serde_json::from_str(&service.texts()[0]).unwrap();
    assert_eq!((&told["notices"][0]["kind"], &told["notices"][0]["link"]), (&"order_issued".into(), &"/orders/order-0003".into()));

    // Whoever added it governs the place no longer: nothing more is told.
    let posts = site.site.db.reader().await.unwrap().rows("SELECT id FROM post WHERE account = 'second'", &[]).await.unwrap();
    site.submit(Identity::EndPost { post: posts[0].text(0).unwrap(), on: date(2026, 11, 23) }).await.unwrap();
    wait(&site, 24 * 3600);
    issued(&site, "order-0004", &CALM).await;
    wait(&site, 10);
    once(&site.site).await.unwrap();
    assert_eq!((deliveries(&site).await, service.texts().len()), (vec!["webhook robot dead 1".to_owned(), "webhook robot dropped 1".into(), "webhook robot sent 1".into()], 2));
    // Taken away with a reason, and its address with it.
    let remove = site.get("office", "/messages/settings").await.attributes("#robots tbody a", "href")[0].clone();
    assert_eq!(site.get("jian", &remove).await.status, 403);
    assert_eq!(site.get("stranger", &remove).await.status, 404);
    assert_eq!(site.post("office", &remove, &[("reason", "")]).await.texts(".summary .quiet"), ["A-108"]);
    assert_eq!(site.post("office", &remove, &[("reason", "moved")]).await.status, 303);
    assert_eq!(site.post("office", &remove, &[("reason", "moved")]).await.texts(".summary .quiet"), ["A-107"]);
    let left = site.site.db.reader().await.unwrap().row("SELECT COUNT(*) FROM message_secret", &[]).await.unwrap().unwrap();
    assert_eq!(left.int(0).unwrap(), 0);
    site
});

on_both_databases!(a_calendar_is_opened_by_its_token_and_shows_what_its_person_may_see, |site| async move {
    let mut site = with_firm(crate::features::reports::tests::active(site.with_cast().await).await).await;
    outward(&mut site).await;
    let mandate = [("activity", "ours-b1/topping_out"), ("name", "Topped out"), ("finish_by", "2026-12-31"), ("issuer", "headquarters"), ("document", "Notice 7"), ("edition", "1")];
    assert_eq!(site.post("chief", "/plans/ours/mandate", &mandate).await.status, 303);
    issued(&site, "order-0001", &[("limit", "petitions/settle")]).await;
    assert_eq!(site.post("", "/messages/calendar", &[]).await.status, 303);
    let made = site.post("jian", "/messages/calendar", &[]).await;
    let address = made.texts("code.address")[0].clone();
    let path = address.strip_prefix("https://guatu.example").unwrap().to_owned();
    let feed = site.get("", &path).await;
    assert_eq!((feed.status.as_u16(), feed.headers["content-type"].to_str().unwrap()), (200, "text/calendar; charset=utf-8"));
    assert!(feed.headers.get("content-disposition").is_none());
    let summaries = |body: &str| body.replace("\r\n ", "").lines().filter_map(|line| line.strip_prefix("SUMMARY:").map(str::to_owned)).collect::<Vec<_>>();
    assert_eq!(summaries(&feed.body), ["限定节点：ours name Topped out", "督办单到期：Power for building 1（暂定）"]);
    assert!(feed.body.contains("UID:order-order-0001@guatu.invalid-"));
    // Nothing has changed: nothing is sent again. A change has the same UID and a later SEQUENCE.
    let tag = feed.headers["etag"].to_str().unwrap().to_owned();
    assert_eq!(site.get_with("", &path, "if-none-match", &tag).await.status, 304);
    let sequence = |body: &str| body.lines().filter_map(|line| line.strip_prefix("SEQUENCE:")?.parse::<u64>().ok()).max().unwrap();
    assert_eq!(site.post("jian", "/orders/order-0001/sign", &[]).await.status, 303);
    let changed = site.get_with("", &path, "if-none-match", &tag).await;
    assert!(changed.status == 200 && sequence(&changed.body) > sequence(&feed.body));
    // Another address ends the one before; a wrong one, and one that was ended, are not there.
    let again = site.post("jian", "/messages/calendar", &[]).await.texts("code.address")[0].replace("https://guatu.example", "");
    for (asked, status) in [(path.as_str(), 404), ("/calendar/abc.ics", 404), ("/calendar/abc", 404), (again.as_str(), 200)] {
        assert_eq!(site.get("", asked).await.status, status, "{asked}");
    }
    // Rights are asked at each fetch.
    let posts = site.site.db.reader().await.unwrap().rows("SELECT id FROM post WHERE account = 'jian'", &[]).await.unwrap();
    site.submit(Identity::EndPost { post: posts[0].text(0).unwrap(), on: date(2026, 11, 23) }).await.unwrap();
    wait(&site, 24 * 3600);
    assert_eq!(site.get("", &again).await.status, 404);
    site
});

on_both_databases!(how_one_is_told_is_ones_own_choice, |site| async move {
    let mut site = with_firm(site.with_cast().await).await;
    let wish = |mail: &'static str, from: &'static str, to: &'static str| vec![("mail", mail), ("quiet_from", from), ("quiet_to", to), ("mailed_safety", "1")];
    for (fields, code) in [
        (wish("jian", "", ""), "A-109"),
        (wish("jian@example.org\r\nBcc: all@example.org", "", ""), "A-109"),
        (wish("jian@example.org", "12:00", ""), "A-110"),
        (wish("jian@example.org", "12:00", "12:00"), "A-110"),
        (wish("jian@example.org", "25:00", "12:00"), "A-110"),
    ] {
        let page = site.post("jian", "/messages/settings", &fields).await;
        assert_eq!((page.status.as_u16(), page.texts(".summary .quiet")), (422, vec![code.to_owned()]), "{fields:?}");
        assert_eq!(page.attributes("input[type=checkbox][checked]", "name"), ["mailed_safety"], "what was ticked stays");
    }
    assert!(site.get("jian", "/messages/settings").await.body.contains("没有配置邮件服务器"));
    let server = outward(&mut site).await;
    assert_eq!(site.post("jian", "/messages/settings", &wish("jian@example.org", "12:00", "14:00")).await.status, 303);
    // An address is one's own when the code that was sent there is typed; until then nobody is written to.
    let code = |letter: &str| text_of(letter).split_whitespace().find(|word| word.len() == 8 && word.bytes().all(|byte| byte.is_ascii_digit())).unwrap().to_owned();
    let mail_of = async || store::mail_of(&mut site.site.db.reader().await.unwrap(), "jian").await.unwrap();
    let letters = server.letters();
    assert!(letters.len() == 1 && letters[0].contains("To: jian@example.org"), "{letters:?}");
    assert_eq!(mail_of().await, None);
    assert_eq!(site.post("jian", "/messages/mail/code", &[]).await.texts(".summary .quiet"), ["A-113"], "not twice a minute");
    for _ in 0..5 {
        assert_eq!(site.post("jian", "/messages/mail/confirm", &[("code", "0")]).await.texts(".summary .quiet"), ["A-112"]);
    }
    assert_eq!(site.post("jian", "/messages/mail/confirm", &[("code", &code(&letters[0]))]).await.texts(".summary .quiet"), ["A-112"], "tried too often");
    wait(&site, 61);
    assert_eq!(site.post("stranger", "/messages/mail/code", &[]).await.status, 404);
    assert_eq!(site.post("jian", "/messages/mail/code", &[]).await.status, 303);
    let second = code(&server.letters()[1]);
    assert_eq!(site.post("stranger", "/messages/mail/confirm", &[("code", &second)]).await.texts(".summary .quiet"), ["A-112"]);
    assert_eq!(site.post("jian", "/messages/mail/confirm", &[("code", &second)]).await.status, 303);
    assert_eq!(mail_of().await.as_deref(), Some("jian@example.org"));
    // Another one that the server refuses leaves the first where it is.
    server.refusals.lock().unwrap().push_back("550 no such mailbox");
    wait(&site, 61);
    let refused = site.post("jian", "/messages/settings", &wish("nobody@example.org", "12:00", "14:00")).await;
    assert_eq!((refused.texts(".summary .quiet"), mail_of().await.as_deref()), (vec!["A-114".to_owned()], Some("jian@example.org")));
    assert_eq!(site.post("jian", "/messages/settings", &wish("jian@example.org", "12:00", "14:00")).await.status, 303);
    let page = site.get("jian", "/messages/settings").await;
    assert_eq!(page.attributes("#field-mail", "value"), ["jian@example.org"]);
    assert_eq!(page.attributes("input[type=checkbox][checked]", "name"), ["mailed_safety"]);
    // No orders by mail was the wish.
    issued(&site, "order-0001", &URGENT).await;
    once(&site.site).await.unwrap();
    assert_eq!((deliveries(&site).await.len(), server.letters().len()), (0, 2));
    // A form of another session changes nothing.
    assert_eq!(site.forged("jian", "/messages/settings", "mail=x%40example.org").await.status, 403);
    // Nothing of it is a fact.
    let row = site.site.db.reader().await.unwrap().row("SELECT COUNT(*) FROM fact WHERE payload LIKE '%example.org%'", &[]).await.unwrap().unwrap();
    assert_eq!(row.int(0).unwrap(), 0);
    site
});
