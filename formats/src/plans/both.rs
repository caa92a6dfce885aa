//! Two halves of a large file are read at the same time.

use std::panic::resume_unwind;
use std::thread::{Builder, scope};

/// What two calls give, the first on a thread of its own. Where none is to be had, as in a process that may hold no more
/// memory, they follow each other.
pub(crate) fn both<A: Send, B>(first: impl FnOnce() -> A + Send, second: impl FnOnce() -> B) -> (A, B) {
    let mut waiting = Some(first);
    let (done, other) = scope(|scope| {
        let running = Builder::new().spawn_scoped(scope, || waiting.take().map(|first| first()));
        let other = second();
        (running.ok().and_then(|running| running.join().unwrap_or_else(|panic| resume_unwind(panic))), other)
    });
    match (done, waiting) {
        (Some(done), _) => (done, other),
        (None, Some(first)) => (first(), other),
        (None, None) => unreachable!("a call that was taken was made"),
    }
}
