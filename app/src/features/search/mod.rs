//! One box that finds places, people and organisations, as people type: parts of names, pinyin, initials.
//!
//! # Mechanism
//! Only reads. Places are those a person may read; people are those who hold a post at such a place or above it, so that
//! whoever works on one project does not learn who works on another; organisations are known to everybody who reads.

pub mod pages;
#[cfg(test)]
mod tests;
