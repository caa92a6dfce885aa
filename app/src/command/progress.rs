//! How far a long computation is, on standard error: nothing in the first second, then a bar, or a line each five
//! seconds where nobody watches.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// Width of the bar in characters.
const WIDTH: usize = 40;

/// The progress of one verb.
pub struct Progress {
    verb: &'static str,
    begin: Instant,
    /// When to speak next.
    next: Duration,
    is_terminal: bool,
    has_spoken: bool,
}

impl Progress {
    /// Nothing done yet.
    pub fn new(verb: &'static str) -> Progress {
        let is_terminal = std::io::stderr().is_terminal();
        Progress { verb, begin: Instant::now(), next: Duration::from_secs(1), is_terminal, has_spoken: false }
    }

    /// Hears the share done, 0 to 1; may be called very often.
    pub fn tell(&mut self, share: f64) {
        let passed = self.begin.elapsed();
        if passed < self.next {
            return;
        }
        self.next = passed + Duration::from_millis(if self.is_terminal { 200 } else { 5000 });
        self.has_spoken = true;
        let percent = (share * 100.0).clamp(0.0, 100.0);
        let mut stream = std::io::stderr().lock();
        let done = (percent / 100.0 * WIDTH as f64) as usize;
        // Nobody reads standard error: nothing more can be said.
        let _ = if self.is_terminal {
            write!(stream, "\r{} [{}{}] {percent:3.0} %", self.verb, "#".repeat(done), ".".repeat(WIDTH - done))
        } else {
            writeln!(stream, "{}: {percent:.0} %", self.verb)
        };
        let _ = stream.flush();
    }

    /// Clears the bar.
    pub fn end(self) {
        if self.is_terminal && self.has_spoken {
            eprintln!("\r{}", " ".repeat(WIDTH + self.verb.len() + 9));
        }
    }
}
