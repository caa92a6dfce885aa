//! Rules of messages: which robots a place has, which addresses they may have, when something is sent, and what follows from how
//! sending it went.

use super::rules::{self, Urgency};
use crate::features::authority::{Rights, Verb};
use crate::features::orders::rules::told_at;
use crate::journal::domain::{Context, Draft};
use crate::refusal::text;
use crate::refusals;
use jiff::ToSpan;
use jiff::civil::{DateTime, Time};
use serde::{Deserialize, Serialize};

/// A way out of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// A mail to a person.
    Mail,
    /// A group robot of WeCom.
    Wecom,
    /// A group robot of DingTalk.
    Dingtalk,
    /// A group robot of Feishu.
    Feishu,
    /// Another program.
    Webhook,
}

impl Channel {
    /// Every channel.
    pub const ALL: [Channel; 5] = [Channel::Mail, Channel::Wecom, Channel::Dingtalk, Channel::Feishu, Channel::Webhook];
    /// Those that belong to a place.
    pub const OF_PLACES: [Channel; 4] = [Channel::Wecom, Channel::Dingtalk, Channel::Feishu, Channel::Webhook];

    /// Its name in tables, rules and locale keys.
    pub fn name(self) -> &'static str {
        match self {
            Channel::Mail => "mail",
            Channel::Wecom => "wecom",
            Channel::Dingtalk => "dingtalk",
            Channel::Feishu => "feishu",
            Channel::Webhook => "webhook",
        }
    }

    /// The channel of a name.
    pub fn from_name(name: &str) -> Option<Channel> {
        Channel::ALL.into_iter().find(|channel| channel.name() == name)
    }

    /// Whether it does nothing without a key. DingTalk and Feishu can do without one; then anybody with the address can write.
    pub fn needs_secret(self) -> bool {
        matches!(self, Channel::Dingtalk | Channel::Feishu | Channel::Webhook)
    }
}

/// Whom a notice concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Party {
    /// A person.
    Account(String),
    /// Whoever belongs to a unit: a change of person changes nothing.
    Unit(String),
    /// Whoever may do something at its place.
    Verb(Verb),
}

/// Whoever might be told, as far as messages go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reader {
    /// The account.
    pub account: String,
    /// The unit the person belongs to.
    pub organisation: Option<String>,
    /// What the person may do today.
    pub rights: Rights,
}

/// Whether a notice concerns a reader who may see its place. Asked when the inbox is shown and again when something is sent: a
/// right may be gone. `path` is that of its place; `None` where it belongs to none, and then only a person is told.
pub fn concerns(party: &Party, not_unit: Option<&str>, by: &str, path: Option<&str>, reader: &Reader) -> bool {
    if by == reader.account || (not_unit.is_some() && not_unit == reader.organisation.as_deref()) {
        return false;
    }
    let is_party = match party {
        Party::Account(account) => *account == reader.account,
        Party::Unit(unit) => reader.organisation.as_ref() == Some(unit),
        Party::Verb(verb) => path.is_some_and(|path| reader.rights.may(*verb, path)),
    };
    // What belongs to no place concerns a person, and the people of a unit while they hold a post.
    let without_place = match party {
        Party::Account(_) => true,
        Party::Unit(_) => reader.rights.may_somewhere(Verb::Read),
        Party::Verb(_) => false,
    };
    is_party && path.map_or(without_place, |path| reader.rights.may(Verb::Read, path))
}

/// What can be asked of messages.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Let a robot or another program have the messages of a place. Its address is kept beside the ledger before.
    AddRobot {
        /// Client-made id.
        robot: String,
        /// The place.
        place: String,
        /// Of which service.
        channel: Channel,
        /// What it is called.
        name: String,
        /// Groups of messages that it gets.
        groups: Vec<String>,
    },
    /// Take it away.
    RemoveRobot {
        /// The robot.
        robot: String,
        /// Why.
        reason: String,
    },
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "fields are those of the commands, which are documented")]
pub enum Fact {
    /// A robot or another program gets the messages of a place.
    RobotAdded { channel: Channel, name: String, groups: Vec<String> },
    /// It gets them no longer.
    RobotRemoved { reason: String },
}

refusals! {
    /// The id is in use.
    IdTaken = "A-101" Conflict _;
    /// It must be called something.
    NoName = "A-102" Rule name;
    /// People are written to by mail, places by robots.
    UnknownChannel = "A-103" Rule channel;
    /// It gets nothing: no group, or none of which robots hear.
    NoGroup = "A-104" Rule groups;
    /// No address of that service, or no host that the operator allows.
    AddressUnfit { hosts } = "A-105" Rule address;
    /// Without a key anybody could write in our name.
    NoSecret = "A-106" Rule secret;
    /// It has been taken away.
    AlreadyRemoved { date } = "A-107" Conflict _;
    /// Why must be said.
    NoReason = "A-108" Rule reason;
    /// Not an address of one mailbox.
    MailUnfit = "A-109" Rule mail;
    /// Quiet hours have a beginning and an end.
    QuietUnfit = "A-110" Rule quiet_from;
    /// It is not dead.
    NotDead = "A-111" Conflict _;
    /// Not the code that was sent, or tried too often.
    WrongCode = "A-112" Rule code;
    /// A code was sent a moment ago.
    CodeTooSoon = "A-113" Conflict _;
    /// The mail server did not take the mail with the code.
    CodeNotSent { why } = "A-114" Rule mail;
}

/// A robot as the rule sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// The place.
    pub place: String,
    /// When it was taken away.
    pub removed_on: Option<jiff::civil::Date>,
}

/// What the rule sees.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Whether the id is in use.
    pub is_id_taken: bool,
    /// The robot that is there.
    pub robot: Option<Known>,
}

/// Decides a command.
pub fn decide(state: &State, command: &Command, context: &Context) -> Result<Vec<Draft<Fact>>, Refused> {
    let one = |fact, subject: &str, place: &str| {
        Ok(vec![Draft { fact, subject: subject.to_owned(), place: place.to_owned(), occurred_on: context.today }])
    };
    match command {
        Command::AddRobot { robot, place, channel, name, groups } => {
            if state.is_id_taken {
                return Err(Refused::IdTaken);
            }
            if *channel == Channel::Mail {
                return Err(Refused::UnknownChannel);
            }
            let name = text(name, Refused::NoName)?;
            if groups.is_empty() || groups.iter().any(|group| !rules::robot_groups().any(|known| known == group)) {
                return Err(Refused::NoGroup);
            }
            one(Fact::RobotAdded { channel: *channel, name, groups: groups.clone() }, robot, place)
        }
        Command::RemoveRobot { robot, reason } => {
            let known = state.robot.as_ref().ok_or(Refused::AlreadyRemoved { date: String::new() })?;
            if let Some(on) = known.removed_on {
                return Err(Refused::AlreadyRemoved { date: on.to_string() });
            }
            one(Fact::RobotRemoved { reason: text(reason, Refused::NoReason)? }, robot, &known.place)
        }
    }
}

/// What an operator lets this program reach.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Hosts to which webhooks may go.
    pub hosts: Vec<String>,
    /// Plain connections to this machine, for tests alone.
    pub allows_loopback: bool,
}

/// Checks the address and the key of a robot before they are kept. Where a name leads is looked at again each time something is sent.
///
/// # Errors
/// When the address is not one of that service, or a key is missing.
pub fn fit(channel: Channel, address: &str, secret: &str, reach: &Reach) -> Result<(), Refused> {
    let limits = rules::limits(channel);
    let hosts = if channel == Channel::Webhook { &reach.hosts } else { &limits.hosts };
    let unfit = || Refused::AddressUnfit { hosts: hosts.join(", ") };
    let uri: axum::http::Uri = address.parse().map_err(|_| unfit())?;
    let authority = uri.authority().ok_or_else(unfit)?;
    let is_official = uri.scheme_str() == Some("https")
        && hosts.iter().any(|host| host.eq_ignore_ascii_case(authority.host()))
        && (channel == Channel::Webhook || authority.port_u16().is_none_or(|port| port == 443))
        && uri.path().starts_with(&limits.path);
    let is_test = reach.allows_loopback && authority.host() == "127.0.0.1";
    // A name and password in an address would be sent to whoever it leads to.
    if !(is_official || is_test) || authority.as_str().contains('@') || address.contains('#') {
        return Err(unfit());
    }
    if channel.needs_secret() && secret.trim().is_empty() {
        return Err(Refused::NoSecret);
    }
    Ok(())
}

/// What is left of an address when it is shown: where it leads, and the end by which people tell it from another.
pub fn masked(address: &str) -> String {
    let host = address.split("://").nth(1).and_then(|rest| rest.split(['/', '?', ':']).next()).unwrap_or_default();
    let letters: Vec<char> = address.chars().collect();
    let end: String = letters[letters.len().saturating_sub(4)..].iter().collect();
    format!("{host} …{end}")
}

/// When something may be sent first: at once when it is urgent, else in the hours of a working day and outside the receiver's quiet
/// hours. Robots keep away from round times; `chance` from 0 to 1 spreads what happened together.
pub fn sent_at(told: DateTime, is_urgent: bool, channel: Channel, quiet: Option<(Time, Time)>, chance: f64) -> DateTime {
    let mut at = told_at(told, is_urgent);
    if let Some((from, to)) = quiet.filter(|_| !is_urgent) {
        // Quiet hours may leave no hour of a working day; after a week a message goes anyway.
        let latest = at.date().saturating_add(7.days());
        while rules::is_quiet((from, to), at.time()) && at.date() < latest {
            let ends = at.date().to_datetime(to);
            let ends = if ends > at { ends } else { ends.saturating_add(1.day()) };
            at = told_at(ends, false);
        }
    }
    if channel == Channel::Mail {
        return at;
    }
    let jitter = (rules::limits(channel).jitter_seconds as f64 * chance.clamp(0.0, 1.0)) as i64;
    if channel == Channel::Webhook {
        return at.saturating_add(jitter.seconds());
    }
    // Behind a round time chance spreads what waited for it; what that pushes into the next one waits for its end.
    rules::off_round_times(rules::off_round_times(at).saturating_add(jitter.seconds()))
}

/// Whether a message of a kind is urgent, given how urgent what it is about is.
pub fn is_urgent(urgency: Urgency, own: bool) -> bool {
    match urgency {
        Urgency::Never => false,
        Urgency::Always => true,
        Urgency::Own => own,
    }
}

/// How sending went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The other side has it.
    Sent,
    /// Not now. `after_seconds`: what the other side asks for.
    Again {
        /// A short code.
        why: String,
        /// Seconds until it may be tried again at the earliest.
        after_seconds: Option<i64>,
    },
    /// Never.
    Never {
        /// A short code.
        why: String,
    },
}

/// What becomes of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It was sent.
    Sent,
    /// It waits so many seconds.
    Waiting {
        /// Seconds.
        seconds: i64,
        /// Why.
        why: String,
    },
    /// It is dead until somebody sends it again.
    Dead {
        /// Why.
        why: String,
    },
}

/// What follows from an outcome after so many attempts.
pub fn settle(outcome: Outcome, attempts: u64, chance: f64) -> Standing {
    match outcome {
        Outcome::Sent => Standing::Sent,
        Outcome::Never { why } => Standing::Dead { why },
        Outcome::Again { why, .. } if attempts >= rules::outbox().attempts => Standing::Dead { why },
        Outcome::Again { why, after_seconds } => {
            let seconds = rules::outbox().wait(attempts, chance).as_secs().max(after_seconds.unwrap_or(0));
            Standing::Waiting { seconds, why }
        }
    }
}

/// Lines under a head, as many as fit into so many bytes; `rest` says how many are left out. The last line of what fits is the
/// `foot`, an address that must stay whole. Text is cut between characters.
pub fn digest(head: &str, lines: &[String], foot: &str, most_bytes: usize, rest: impl Fn(usize) -> String) -> String {
    let frame = head.len() + foot.len() + 2;
    // What is said of the rest is longest when all but one are left out.
    let reserve = if lines.len() > 1 { rest(lines.len()).len() + 1 } else { 0 };
    let mut text = head.to_owned();
    let mut left = most_bytes.saturating_sub(frame);
    let mut shown = 0;
    for (at, line) in lines.iter().enumerate() {
        let kept = if at + 1 == lines.len() { 0 } else { reserve };
        let room = left.saturating_sub(kept);
        let needed = line.len() + 1;
        if needed > room {
            // One line alone is cut; one of several waits for those who open the list.
            if shown == 0 && room > 8 {
                let cut = cut(line, room - 1 - '…'.len_utf8());
                text.extend(["\n", cut, "…"]);
                shown = 1;
            }
            break;
        }
        text.extend(["\n", line.as_str()]);
        left -= needed;
        shown = at + 1;
    }
    if shown < lines.len() {
        let more = rest(lines.len() - shown);
        text.extend(["\n", more.as_str()]);
    }
    if !foot.is_empty() {
        text.extend(["\n", foot]);
    }
    text
}

/// The beginning of a text, of so many bytes at most.
pub fn cut(text: &str, most_bytes: usize) -> &str {
    let mut end = most_bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
