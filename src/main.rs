//! The command line of Podtide.

fn main() {}
