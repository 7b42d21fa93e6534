//! Manifests: real ones are read whole, broken ones are told what is wrong with them.

mod corpus;
mod hostile;
mod invalid;

use podtide::diagnostic::{Diagnostic, SourceMap};
use podtide::manifest::{Manifests, Options, load};

/// A text that was read, with everything that was found.
struct Read {
    sources: SourceMap,
    manifests: Manifests,
    findings: Vec<Diagnostic>,
}

impl Read {
    fn new(name: &str, text: impl Into<String>) -> Read {
        let mut sources = SourceMap::default();
        let id = sources.add(name, text);
        let (manifests, findings) = load(&sources, &[id], &Options::default());
        Read { sources, manifests, findings }
    }

    fn codes(&self) -> Vec<&'static str> {
        self.findings.iter().map(|finding| finding.code).collect()
    }
}
