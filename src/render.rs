//! Results and findings -> bytes. Nothing here computes: it shows what it is given.

pub mod diagnostic;
