//! Kinds of messages and limits of channels from `rules/messages.toml`.

use jiff::civil::{DateTime, Time};
use jiff::{SignedDuration, ToSpan};
use serde::Deserialize;
use std::sync::LazyLock;

/// What a number stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Mark {
    /// The published rules of a service.
    S,
    /// Chosen by this product.
    #[serde(rename = "setting")]
    Setting,
}

/// How urgent the messages of a kind are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// They wait for the hours of a working day.
    Never,
    /// They go at any hour.
    Always,
    /// As urgent as what they are about.
    Own,
}

/// A kind of message: which fact tells it to whom.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kind {
    /// Identifier; its sentence is `message.<id>` in the locale files.
    pub id: String,
    /// The fact, `feature.past_tense`.
    pub fact: String,
    /// Parties of the fact that are told.
    pub to: Vec<String>,
    /// The group by which people choose.
    pub group: String,
    /// How urgent it is.
    pub urgency: Urgency,
    /// Whether it comes by mail too.
    #[serde(default)]
    pub mail: bool,
    /// Whether robots and webhooks of its place get it.
    #[serde(default)]
    pub robot: bool,
}

/// What the inbox shows.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inbox {
    /// Older messages are no longer unread.
    pub unread_days: i64,
    /// Older ones are not listed.
    pub listed_days: i64,
    #[serde(rename = "mark")]
    _mark: Mark,
}

/// How the outbox tries.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outbox {
    first_seconds: i64,
    most_seconds: i64,
    /// After so many attempts a message is dead.
    pub attempts: u64,
    /// So long one node has a message in hand.
    pub lease_seconds: i64,
    /// Messages that go together at most.
    pub together: u64,
    /// So long what was sent is remembered.
    pub kept_days: i64,
    #[serde(rename = "mark")]
    _mark: Mark,
}

impl Outbox {
    /// How long to wait after so many attempts; `chance` from 0 to 1 adds up to a quarter.
    pub fn wait(&self, attempts: u64, chance: f64) -> SignedDuration {
        let doubled = self.first_seconds.saturating_mul(1 << attempts.saturating_sub(1).min(20));
        let base = doubled.min(self.most_seconds);
        SignedDuration::from_secs(base + (base as f64 / 4.0 * chance.clamp(0.0, 1.0)) as i64)
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RoundTimes {
    minutes: Vec<i8>,
    before: i8,
    after: i8,
    #[serde(rename = "mark")]
    _mark: Mark,
}

/// What a channel bears.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// The channel.
    pub id: String,
    /// Hosts at which its robots live; of webhooks the operator names them.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// What the path of such an address begins with.
    #[serde(default)]
    pub path: String,
    /// Seconds between two messages to one receiver at least.
    pub gap_seconds: i64,
    /// Seconds by which chance puts a message off.
    pub jitter_seconds: i64,
    /// Seconds of silence after the service said that there were too many.
    #[serde(default)]
    pub blocked_seconds: Option<i64>,
    /// Bytes of a text at most.
    pub most_bytes: usize,
    /// Where the numbers come from.
    pub source: String,
    /// What they stand on.
    pub mark: Mark,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    groups: Vec<String>,
    inbox: Inbox,
    outbox: Outbox,
    round_times: RoundTimes,
    channel: Vec<Limits>,
    kind: Vec<Kind>,
}

/// Reads rules, or says what is wrong with them.
fn read(text: &str) -> Result<File, String> {
    let file: File = toml::from_str(text).map_err(|fault| fault.to_string())?;
    for (at, kind) in file.kind.iter().enumerate() {
        if file.kind[..at].iter().any(|other| other.id == kind.id) {
            return Err(format!("`{}` stands twice", kind.id));
        }
        if !file.groups.contains(&kind.group) {
            return Err(format!("`{}` is of no group", kind.id));
        }
    }
    for channel in super::model::Channel::ALL {
        if file.channel.iter().filter(|limits| limits.id == channel.name()).count() != 1 {
            return Err(format!("`{}` has one row of limits", channel.name()));
        }
    }
    Ok(file)
}

static FILE: LazyLock<File> = LazyLock::new(|| {
    read(include_str!("../../../../rules/messages.toml")).expect("rules/messages.toml is part of the program and read by a test")
});

/// Groups of messages, in the order in which they are offered.
pub fn groups() -> &'static [String] {
    &FILE.groups
}

/// Groups of which robots hear something.
pub fn robot_groups() -> impl Iterator<Item = &'static String> {
    FILE.groups.iter().filter(|group| FILE.kind.iter().any(|kind| kind.robot && kind.group == **group))
}

/// Every kind.
pub fn kinds() -> &'static [Kind] {
    &FILE.kind
}

/// The kind of an id.
pub fn kind(id: &str) -> Option<&'static Kind> {
    FILE.kind.iter().find(|kind| kind.id == id)
}

/// What the inbox shows.
pub fn inbox() -> &'static Inbox {
    &FILE.inbox
}

/// How the outbox tries.
pub fn outbox() -> &'static Outbox {
    &FILE.outbox
}

/// What a channel bears.
pub fn limits(channel: super::model::Channel) -> &'static Limits {
    FILE.channel.iter().find(|limits| limits.id == channel.name()).expect("every channel has a row, which reading the file has checked")
}

/// The first moment, at or after one, that is not near a round time.
pub fn off_round_times(at: DateTime) -> DateTime {
    let round = &FILE.round_times;
    let is_near = |at: DateTime| {
        round.minutes.iter().any(|minute| {
            let past = (at.minute() - minute).rem_euclid(60);
            past <= round.after || past >= 60 - round.before
        })
    };
    let mut free = at;
    while is_near(free) {
        let next = free.with().second(0).subsec_nanosecond(0).build().unwrap_or(free);
        free = next.saturating_add(1.minute());
    }
    free
}

/// Whether a time of day lies in quiet hours, which may go over midnight.
pub fn is_quiet((from, to): (Time, Time), at: Time) -> bool {
    if from <= to { (from..to).contains(&at) } else { at >= from || at < to }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_file_is_read_and_faults_are_named() {
        let text = include_str!("../../../../rules/messages.toml");
        assert!(read(text).is_ok());
        for (from, to, fault) in [
            ("id = \"order_issued\"", "id = \"order_drafted\"", "stands twice"),
            ("group = \"posts\"", "group = \"poets\"", "of no group"),
            ("id = \"feishu\"", "id = \"wecom\"", "one row of limits"),
        ] {
            let said = read(&text.replacen(from, to, 1)).err().unwrap_or_default();
            assert!(said.contains(fault), "{fault}: {said}");
        }
    }

    #[test]
    fn robots_keep_away_from_round_times() {
        let day = date(2026, 11, 23);
        for (at, free) in [
            ((9, 59, 10), (10, 4, 0)),
            ((10, 0, 0), (10, 4, 0)),
            ((10, 3, 59), (10, 4, 0)),
            ((10, 4, 0), (10, 4, 0)),
            ((17, 29, 0), (17, 34, 0)),
            ((17, 30, 30), (17, 34, 0)),
            ((12, 15, 7), (12, 15, 7)),
            ((23, 59, 0), (24, 4, 0)),
        ] {
            let found = off_round_times(day.at(at.0, at.1, at.2, 0));
            let expected = if free.0 == 24 { date(2026, 11, 24).at(0, free.1, free.2, 0) } else { day.at(free.0, free.1, free.2, 0) };
            assert_eq!(found, expected, "{at:?}");
        }
    }

    #[test]
    fn waits_double_and_end() {
        let waits: Vec<i64> = (1..=8).map(|attempts| outbox().wait(attempts, 0.0).as_secs()).collect();
        assert_eq!(waits, [60, 120, 240, 480, 960, 1920, 3600, 3600]);
        assert_eq!(outbox().wait(1, 1.0).as_secs(), 75);
    }

    #[test]
    fn quiet_hours_may_go_over_midnight() {
        let time = |text: &str| text.parse::<Time>().unwrap();
        for (from, to, at, is) in [
            ("12:00", "14:00", "12:00", true),
            ("12:00", "14:00", "14:00", false),
            ("21:00", "07:30", "23:10", true),
            ("21:00", "07:30", "07:29", true),
            ("21:00", "07:30", "12:00", false),
            ("09:00", "09:00", "09:00", false),
        ] {
            assert_eq!(is_quiet((time(from), time(to)), time(at)), is, "{from}-{to} {at}");
        }
    }
}
