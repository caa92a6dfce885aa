//! The only place that reads time. Everything else is handed an instant or a date.
//!
//! A rehearsal has a clock of its own that stands still until a person moves it forward.

use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, civil::Date};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

/// China Standard Time: UTC+8 all year since 1991-09-15, so a fixed offset and no time-zone database.
const CHINA: Offset = Offset::constant(8);

/// Where the time comes from.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// A hand-moved clock of a rehearsal.
    Rehearsal(Arc<RwLock<Timestamp>>),
}

impl Clock {
    /// A clock that stands at an instant.
    pub fn rehearsal(at: Timestamp) -> Clock {
        Clock::Rehearsal(Arc::new(RwLock::new(at)))
    }

    /// This instant, to the microsecond (the precision of a record).
    pub fn now(&self) -> Timestamp {
        match self {
            Clock::System => self.machine(),
            Clock::Rehearsal(at) => to_microsecond(*at.read().unwrap_or_else(std::sync::PoisonError::into_inner)),
        }
    }

    /// This instant on the machine, even in a rehearsal: for sessions and links, which end whatever is being rehearsed.
    #[allow(clippy::disallowed_methods, reason = "the one place that reads time")]
    pub fn machine(&self) -> Timestamp {
        to_microsecond(Timestamp::now())
    }

    /// Moves a rehearsal forward. `false` when the clock is the machine's or the instant is not later.
    pub fn advance(&self, to: Timestamp) -> bool {
        let Clock::Rehearsal(at) = self else { return false };
        let mut at = at.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        let is_later = to > *at;
        if is_later {
            *at = to;
        }
        is_later
    }

    /// The civil date in China at this instant.
    pub fn today(&self) -> Date {
        civil_date(self.now())
    }
}

fn to_microsecond(at: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at)
}

/// The civil date in China at an instant.
pub fn civil_date(at: Timestamp) -> Date {
    TimeZone::fixed(CHINA).to_datetime(at).date()
}

/// The civil date and time in China at an instant.
pub fn civil(at: Timestamp) -> jiff::civil::DateTime {
    TimeZone::fixed(CHINA).to_datetime(at)
}

/// A recorded instant as a clock in China shows it.
pub fn civil_time(recorded_at: &str) -> String {
    match recorded_at.parse() {
        Ok(at) => civil(at).strftime("%Y-%m-%d %H:%M:%S").to_string(),
        Err(_) => recorded_at.to_owned(),
    }
}

/// The instant of a civil date and time in China.
pub fn instant(at: jiff::civil::DateTime) -> Option<Timestamp> {
    TimeZone::fixed(CHINA).to_timestamp(at).ok()
}

/// RFC 3339 UTC with six decimals: fixed width, so text order is time order.
pub fn record_text(at: Timestamp) -> String {
    let micros = at.as_microsecond().rem_euclid(1_000_000);
    let seconds = jiff::tz::Offset::UTC.to_datetime(at).strftime("%Y-%m-%dT%H:%M:%S");
    format!("{seconds}.{micros:06}Z")
}

/// Time since this machine was started, sleep included: it never jumps, whatever a person or a time server does to the clock.
pub fn since_boot() -> Duration {
    #[cfg(target_os = "linux")]
    let clock = rustix::time::ClockId::Boottime;
    #[cfg(not(target_os = "linux"))]
    let clock = rustix::time::ClockId::Monotonic;
    let at = rustix::time::clock_gettime(clock);
    Duration::new(u64::try_from(at.tv_sec).unwrap_or(0), u32::try_from(at.tv_nsec).unwrap_or(0))
}

/// The machine's clock may differ so much from the time since its start between two looks. More is a jump.
const MOST_DRIFT: Duration = Duration::from_secs(300);

/// Watches the machine's clock: what follows from the hour alone waits while it cannot be trusted.
///
/// A night, silence or downtime is no jump: both clocks pass them. A jump is forgotten when somebody has said in the ledger,
/// after it, that the clock is right.
#[derive(Debug, Default)]
pub struct Watch(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    last: Option<(Timestamp, Duration)>,
    jump: Option<Jump>,
}

/// The machine's clock jumped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jump {
    /// Where it stood just before, had it gone on.
    pub from: Timestamp,
    /// Where it stood then.
    pub to: Timestamp,
    /// Number of the newest fact then.
    pub head: u64,
}

impl Watch {
    /// A look at both clocks. `head` is the newest fact, `trusted` the newest by which somebody trusts the clock.
    pub fn look(&self, wall: Timestamp, since_boot: Duration, head: u64, trusted: u64) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((last, booted)) = seen.last.replace((wall, since_boot)) {
            let expected = last + since_boot.saturating_sub(booted);
            if wall.duration_since(expected).unsigned_abs() > MOST_DRIFT {
                seen.jump = Some(Jump { from: expected, to: wall, head });
            }
        }
        drop(seen);
        self.trust(trusted);
    }

    /// Forgets a jump that came before a fact by which somebody trusts the clock.
    pub fn trust(&self, trusted: u64) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.jump.take_if(|jump| jump.head < trusted);
    }

    /// The jump that nobody has looked at yet.
    pub fn jump(&self) -> Option<Jump> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).jump.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn record_text_has_a_fixed_width_and_parses_back() {
        for text in ["2026-11-22T01:02:03.000004Z", "2026-11-22T01:02:03.000000Z", "1969-12-31T23:59:59.999999Z"] {
            let at: Timestamp = text.parse().unwrap();
            assert_eq!(record_text(at), text);
        }
    }

    #[test]
    fn the_day_begins_at_midnight_in_china() {
        assert_eq!(civil_date("2026-11-21T16:00:00Z".parse().unwrap()).to_string(), "2026-11-22");
        assert_eq!(civil_date("2026-11-21T15:59:59Z".parse().unwrap()).to_string(), "2026-11-21");
    }

    #[test]
    fn a_clock_that_jumps_is_not_trusted_until_somebody_says_so() {
        let start: Timestamp = "2026-11-23T01:00:00Z".parse().unwrap();
        // Seconds that passed on the clock and since the start, facts then, trust then, and whether it is trusted.
        let looks = [
            (0, 0, 10, 0, true, "the first look"),
            (30, 30, 10, 0, true, "half a minute"),
            (28_800, 28_800, 10, 0, true, "a night of silence"),
            (250, 30, 11, 0, true, "set right by a few minutes"),
            (3_600, 30, 12, 0, false, "an hour ahead"),
            (30, 30, 12, 0, false, "it stays so"),
            (30, 30, 13, 11, false, "trusted before it jumped"),
            (30, 30, 14, 13, true, "looked at"),
            (-3_600, 30, 14, 13, false, "back again"),
            (30, 30, 15, 15, true, "looked at again"),
        ];
        let (watch, mut wall, mut booted) = (Watch::default(), start, 1_000);
        for (passed, ran, head, trusted, is_trusted, name) in looks {
            wall += jiff::SignedDuration::from_secs(passed);
            booted += ran;
            watch.look(wall, Duration::from_secs(booted), head, trusted);
            assert_eq!(watch.jump().is_none(), is_trusted, "{name}");
        }
        assert!(since_boot() > Duration::ZERO);
    }

    #[test]
    fn a_rehearsal_only_moves_forward() {
        let clock = Clock::rehearsal("2026-01-01T00:00:00Z".parse().unwrap());
        assert!(!clock.advance("2025-12-31T00:00:00Z".parse().unwrap()));
        assert!(clock.advance("2026-01-02T00:00:00Z".parse().unwrap()));
        assert_eq!(clock.today().to_string(), "2026-01-02");
        assert!(!Clock::System.advance("2999-01-01T00:00:00Z".parse().unwrap()));
    }
}
