//! The only place that reads time. Everything else is handed an instant or a date.
//!
//! A rehearsal has a clock of its own that stands still until a person moves it forward.

use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, civil::Date};
use std::sync::{Arc, RwLock};

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
    fn a_rehearsal_only_moves_forward() {
        let clock = Clock::rehearsal("2026-01-01T00:00:00Z".parse().unwrap());
        assert!(!clock.advance("2025-12-31T00:00:00Z".parse().unwrap()));
        assert!(clock.advance("2026-01-02T00:00:00Z".parse().unwrap()));
        assert_eq!(clock.today().to_string(), "2026-01-02");
        assert!(!Clock::System.advance("2999-01-01T00:00:00Z".parse().unwrap()));
    }
}
