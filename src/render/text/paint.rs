//! Characters with colours, wrapped and joined into text.

use crate::render::palette::Thing;

/// How text looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Columns of the terminal; at least 40 are used.
    pub width: u16,
    /// Only ASCII characters.
    pub ascii: bool,
    /// With ANSI colours (24 bits are not needed; the 256-colour palette is used).
    pub color: bool,
}

impl Default for Style {
    /// 80 columns, block characters, no colour.
    fn default() -> Style {
        Style { width: 80, ascii: false, color: false }
    }
}

impl Style {
    /// Columns that may be used.
    pub fn columns(&self) -> usize {
        usize::from(self.width.max(40))
    }

    /// A text in the colour of a thing.
    pub fn colored(&self, text: &str, thing: Option<Thing>) -> String {
        match thing.filter(|_| self.color) {
            Some(thing) => format!("\u{1b}[38;5;{}m{text}\u{1b}[0m", ansi(thing)),
            None => text.to_owned(),
        }
    }

    /// A heading.
    pub fn bold(&self, text: &str) -> String {
        if self.color { format!("\u{1b}[1m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// Something of less weight.
    pub fn dim(&self, text: &str) -> String {
        if self.color { format!("\u{1b}[2m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// The nearest colour of the 256-colour palette; readable on light and on dark grounds.
fn ansi(thing: Thing) -> u8 {
    match thing {
        Thing::Offered => 32,
        Thing::Capacity | Thing::Ready => 36,
        Thing::Failed => 166,
        Thing::Desired => 178,
        Thing::Current => 74,
        Thing::Metric => 175,
        Thing::Target | Thing::Bound => 245,
    }
}

/// Words in lines of at most so many columns; a word longer than that has its own line. A number
/// and its unit are one word.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words(text) {
        match lines.last_mut() {
            Some(line) if width(line) + 1 + width(&word) <= columns => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let unit = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '%');
        match words.last_mut() {
            Some(number)
                if number.ends_with(|c: char| c.is_ascii_digit())
                    && ["%", "d", "h", "min", "s", "ms", "pod", "pods"].contains(&unit) =>
            {
                number.push(' ');
                number.push_str(word);
            }
            _ => words.push(word.to_owned()),
        }
    }
    words
}

/// Items side by side with four blanks between them, in as few lines as fit.
pub(super) fn flow(items: &[String], columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for item in items {
        match lines.last_mut() {
            Some(line) if width(line) + 4 + width(item) <= columns => {
                line.push_str("    ");
                line.push_str(item);
            }
            _ => lines.push(item.clone()),
        }
    }
    lines
}

/// A text cut to so many columns, with `…` (or `~`) where something is missing.
pub(super) fn cut(text: &str, columns: usize, ascii: bool) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let kept: String = text.chars().take(columns.saturating_sub(1)).collect();
    kept.trim_end().to_owned() + if ascii { "~" } else { "…" }
}

/// Columns that a text takes: one for each character, which holds for all that is written here.
pub fn width(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_no_longer_than_asked() {
        assert_eq!(wrap("one two  three four", 9), ["one two", "three", "four"]);
        assert_eq!(wrap("averyverylongword x", 5), ["averyverylongword", "x"]);
        assert_eq!(wrap("after 2 min 15 s, it", 8), ["after", "2 min", "15 s, it"]);
        let items = ["a 1".to_owned(), "b 2".to_owned(), "c 3".to_owned()];
        assert_eq!(flow(&items, 10), ["a 1    b 2", "c 3"]);
        assert_eq!(cut("abcdef", 4, false), "abc…");
        assert_eq!(cut("abc", 3, true), "abc");
    }

    #[test]
    fn colour_is_only_there_when_asked_for() {
        let style = Style { color: true, ..Style::default() };
        assert_eq!(style.colored("x", Some(Thing::Offered)), "\u{1b}[38;5;32mx\u{1b}[0m");
        assert_eq!(Style::default().colored("x", Some(Thing::Offered)), "x");
    }
}
