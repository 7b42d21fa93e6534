//! The words of a command line: what stands alone, and flags.

use super::Piece;
use crate::diagnostic::Diagnostic;
use crate::manifest::suggest::nearest;
use crate::scenario::file::scalar::clip;

/// Flags that a command knows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    /// Those with a value.
    pub(super) valued: &'static [&'static str],
    /// Those without one.
    pub(super) plain: &'static [&'static str],
}

/// Flags of every command, with a value: how often it happens again, and in which namespace.
const EVERYWHERE: [&str; 2] = ["--every", "--namespace"];

/// Short forms of flags.
const SHORT: [(&str, &str); 6] = [
    ("-n", "--namespace"),
    ("-f", "--filename"),
    ("-p", "--patch"),
    ("-c", "--containers"),
    ("-e", "--env"),
    ("-l", "--selector"),
];

/// A command line.
pub(super) struct Words<'t> {
    /// What stands alone, in order.
    pub(super) alone: Vec<Piece<'t>>,
    /// Flags by long name, with their values.
    flags: Vec<(&'static str, Piece<'t>, Option<Piece<'t>>)>,
}

impl<'t> Words<'t> {
    /// Tells flags from the rest.
    pub(super) fn sort(
        words: Vec<Piece<'t>>,
        known: Known,
        findings: &mut Vec<Diagnostic>,
    ) -> Words<'t> {
        let mut sorted = Words { alone: Vec::new(), flags: Vec::new() };
        let mut words = words.into_iter().peekable();
        while let Some(word) = words.next() {
            if !word.text.starts_with('-') || word.text.len() < 2 {
                sorted.alone.push(word);
                continue;
            }
            let (name, value) = match word.split_once("=") {
                Some((name, value)) => (name, Some(unquoted(value))),
                None => (word, None),
            };
            let long = SHORT.iter().find(|(short, _)| *short == name.text);
            let long = long.map_or(name.text, |(_, long)| long);
            let valued = known.valued.iter().chain(&EVERYWHERE).find(|flag| **flag == long);
            let plain = known.plain.iter().find(|flag| **flag == long);
            match (valued, plain, value) {
                (Some(flag), _, Some(value)) => sorted.flags.push((flag, name, Some(value))),
                (Some(flag), _, None) => match words.next() {
                    Some(value) => sorted.flags.push((flag, name, Some(value))),
                    None => findings.push(
                        Diagnostic::error("command-line", format!("`{flag}` has no value"))
                            .at(name.span(), "")
                            .help(format!("write `{flag}=VALUE`")),
                    ),
                },
                (None, Some(flag), value) => {
                    if value.is_none_or(|value| value.text != "false") {
                        sorted.flags.push((flag, name, None));
                    }
                }
                (None, None, _) => findings.push(unknown_flag(name, known)),
            }
        }
        sorted
    }

    /// The value of a flag.
    pub(super) fn value(&self, flag: &str) -> Option<Piece<'t>> {
        self.flags.iter().rev().find(|(name, ..)| *name == flag).and_then(|(.., value)| *value)
    }

    /// Whether a flag without a value is there.
    pub(super) fn has(&self, flag: &str) -> bool {
        self.flags.iter().any(|(name, ..)| *name == flag)
    }
}

fn unknown_flag(flag: Piece<'_>, known: Known) -> Diagnostic {
    let all = || known.valued.iter().chain(known.plain).chain(&EVERYWHERE).copied();
    let help = match nearest(flag.text, all()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("flags here are {}", all().collect::<Vec<_>>().join(", ")),
    };
    let message = format!("this command has no flag `{}`", clip(flag.text));
    Diagnostic::error("command-line", message).at(flag.span(), "unknown").help(help)
}

/// The words of a line. Quotes and braces hold a word together.
pub(super) fn split(line: Piece<'_>) -> Vec<Piece<'_>> {
    let mut words = Vec::new();
    let (mut begin, mut quote, mut depth) = (None, None, 0_i32);
    for (at, letter) in line.text.char_indices() {
        let blank = letter.is_whitespace() && quote.is_none() && depth <= 0;
        match (blank, begin) {
            (true, Some(from)) => {
                words.push(unquoted(line.part(from, at)));
                begin = None;
                depth = 0;
            }
            (true, None) => {}
            (false, _) => {
                begin.get_or_insert(at);
                match (letter, quote) {
                    (_, Some(open)) if letter == open => quote = None,
                    (_, Some(_)) => {}
                    ('\'' | '"', None) => quote = Some(letter),
                    ('{' | '[', None) => depth += 1,
                    ('}' | ']', None) => depth -= 1,
                    _ => {}
                }
            }
        }
    }
    if let Some(from) = begin {
        words.push(unquoted(line.part(from, line.text.len())));
    }
    words
}

/// A word without the quotes around it.
fn unquoted(word: Piece<'_>) -> Piece<'_> {
    let text = word.text;
    let inside = ['\'', '"']
        .into_iter()
        .any(|quote| text.len() >= 2 && text.starts_with(quote) && text.ends_with(quote));
    if inside { word.part(1, text.len() - 1) } else { word }
}
