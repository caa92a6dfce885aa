//! Chores of the repository: tidy checks, handbook, release.
fn main() {}
