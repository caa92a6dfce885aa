//! The one binary: the verbs of the command line.
fn main() {}
