//! Measurements, hidden verbs of the command line that `make bench` runs.

pub mod daily;
pub mod door;
pub mod load;
