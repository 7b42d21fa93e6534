//! A finding about the input, as a value: what is wrong, where, and what to write instead.
//!
//! Finding and showing are apart: `manifest`, `scenario` and `lint` make values of this type,
//! all that can be found at once; `render` turns them into text, JSON or SARIF.

use std::ops::Range;

use serde::Serialize;

/// How bad a finding is. The order is from mild to grave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Something worth knowing; never changes the exit code.
    Note,
    /// Probably not what was meant; `check` and `--strict` fail on it.
    Warning,
    /// Cannot be simulated as written.
    Error,
}

/// The number of a source text in a [`SourceMap`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct SourceId(pub u32);

/// A range of bytes in a source text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Span {
    /// Which text.
    pub source: SourceId,
    /// Bytes from the start of that text.
    pub bytes: Range<u32>,
}

/// A place with a few words about what stands there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What this value is; may be empty.
    pub text: String,
    /// Whether this is the place of the fault, or a place that explains it.
    pub primary: bool,
}

/// One finding. Its message is one phrase, in lower case, without a final dot, values in backticks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// Stable name of the kind of finding, as in `hpa-replica-bounds`.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// Places, the primary one first.
    pub labels: Vec<Label>,
    /// What to write instead.
    pub help: Option<String>,
}

/// One text that was read, and what people call it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceText {
    /// A path as the user gave it, `<stdin>`, or the name of a command line option.
    pub name: String,
    /// The text.
    pub text: String,
}

/// All texts that were read, so that a [`Span`] can be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceMap {
    texts: Vec<SourceText>,
}

impl Diagnostic {
    /// A finding without a place.
    pub fn new(code: &'static str, severity: Severity, message: impl Into<String>) -> Diagnostic {
        Diagnostic { code, severity, message: message.into(), labels: Vec::new(), help: None }
    }

    /// An error without a place.
    pub fn error(code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(code, Severity::Error, message)
    }

    /// A warning without a place.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(code, Severity::Warning, message)
    }

    /// A note without a place.
    pub fn note(code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(code, Severity::Note, message)
    }

    /// Adds the place of the fault.
    #[must_use]
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        self.labels.insert(0, Label { span, text: text.into(), primary: true });
        self
    }

    /// Adds a place that explains the fault.
    #[must_use]
    pub fn beside(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        self.labels.push(Label { span, text: text.into(), primary: false });
        self
    }

    /// Says what to write instead.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help = Some(help.into());
        self
    }
}

impl SourceMap {
    /// Takes in a text and gives its number.
    ///
    /// # Panics
    /// When there are 2³² texts.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> SourceId {
        let id = SourceId(u32::try_from(self.texts.len()).expect("fewer than 2^32 source texts"));
        self.texts.push(SourceText { name: name.into(), text: text.into() });
        id
    }

    /// The text of that number, if there is one.
    pub fn get(&self, id: SourceId) -> Option<&SourceText> {
        self.texts.get(id.0 as usize)
    }

    /// All texts in the order in which they were taken in.
    pub fn iter(&self) -> impl Iterator<Item = &SourceText> {
        self.texts.iter()
    }

    /// Line and column (both from 1, columns in characters) of the start of a span.
    pub fn line_column(&self, span: &Span) -> Option<(u32, u32)> {
        let text = &self.get(span.source)?.text;
        let before = text.get(..span.bytes.start as usize)?;
        let line = before.bytes().filter(|&byte| byte == b'\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |tail| tail.chars().count()) + 1;
        Some((line as u32, column as u32))
    }
}

/// Whether any finding is an error.
pub fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
}
