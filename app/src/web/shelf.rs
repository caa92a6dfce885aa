//! What was shown by a dry run and may be done next: exactly what was seen, and only by who saw it.
//!
//! It is kept in memory. What is lost by a restart or pushed out by later ones is chosen and shown again.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// Something that was shown.
#[derive(Debug)]
pub struct Shown<T> {
    /// The request id of doing it.
    pub request_id: String,
    /// The account it was shown to.
    pub account: String,
    /// The place it is for.
    pub place: String,
    /// Name of the file it came from.
    pub file: String,
    /// How much there is of it, in parts that take memory.
    pub size: usize,
    /// What was shown.
    pub content: Arc<T>,
}

impl<T> Clone for Shown<T> {
    fn clone(&self) -> Self {
        Shown {
            request_id: self.request_id.clone(),
            account: self.account.clone(),
            place: self.place.clone(),
            file: self.file.clone(),
            size: self.size,
            content: self.content.clone(),
        }
    }
}

/// A shelf for what was shown of one kind.
#[derive(Debug)]
pub struct Shelf<T> {
    most: usize,
    most_size: usize,
    kept: Mutex<VecDeque<Shown<T>>>,
}

impl<T> Shelf<T> {
    /// A shelf for so many things, and for so many parts of all of them, so that large ones do not take the memory of the pages.
    pub const fn new(most: usize, most_size: usize) -> Shelf<T> {
        Shelf { most, most_size, kept: Mutex::new(VecDeque::new()) }
    }

    /// Keeps something; the oldest go when there is too much.
    pub fn put(&self, shown: Shown<T>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_back(shown);
        let size = |kept: &VecDeque<Shown<T>>| kept.iter().map(|one| one.size).sum::<usize>();
        while kept.len() > 1 && (kept.len() > self.most || size(&kept) > self.most_size) {
            kept.pop_front();
        }
    }

    /// What was shown to an account of a place under a request id. It stays, so that a resend finds it.
    pub fn find(&self, account: &str, place: &str, request_id: &str) -> Option<Shown<T>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|one| one.request_id == request_id && one.account == account && one.place == place).cloned()
    }
}
