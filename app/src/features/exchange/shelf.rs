//! Plans that were shown by a dry run and may be imported next: exactly what was seen, and only by who saw it.
//!
//! They are kept in memory. What is lost by a restart or pushed out by later ones is chosen and shown again.

use guatu_kernel::plan::Plan;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// Plans kept at most.
const MOST_PLANS: usize = 32;
/// Activities of all plans kept, so that large plans do not take the memory of the pages.
const MOST_ACTIVITIES: usize = 300_000;

/// A plan that was shown.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The request id of its import.
    pub request_id: String,
    /// The account it was shown to.
    pub account: String,
    /// The project it is for.
    pub project: String,
    /// Name of the file.
    pub file: String,
    /// The plan.
    pub plan: Arc<Plan>,
}

static SHELF: Mutex<VecDeque<Shown>> = Mutex::new(VecDeque::new());

/// Keeps a plan; the oldest go when there are too many.
pub fn put(shown: Shown) {
    let mut shelf = SHELF.lock().unwrap_or_else(PoisonError::into_inner);
    shelf.push_back(shown);
    let total = |shelf: &VecDeque<Shown>| shelf.iter().map(|one| one.plan.activities.len()).sum::<usize>();
    while shelf.len() > 1 && (shelf.len() > MOST_PLANS || total(&shelf) > MOST_ACTIVITIES) {
        shelf.pop_front();
    }
}

/// The plan shown to an account under a request id. It stays, so that a resend finds it.
pub fn find(account: &str, project: &str, request_id: &str) -> Option<Shown> {
    let shelf = SHELF.lock().unwrap_or_else(PoisonError::into_inner);
    shelf.iter().find(|one| one.request_id == request_id && one.account == account && one.project == project).cloned()
}
