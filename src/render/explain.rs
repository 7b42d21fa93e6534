//! An explanation as text and as JSON.

use crate::explain::{Concept, Explanation, Kind, Step};
use crate::render::text::{Style, width, wrap};
use crate::render::words;

/// Columns of the names of steps, at least.
const NAME_MIN: usize = 8;

/// An explanation as text, wrapped to the style's width.
pub fn text(explanation: &Explanation, style: Style) -> String {
    let columns = style.columns();
    let mut lines: Vec<String> = Vec::new();
    let title = wrap(&explanation.title, columns);
    lines.extend(title.iter().map(|line| style.bold(line)));
    if let Some(note) = &explanation.note {
        lines.extend(wrap(note, columns));
    }
    lines.push(String::new());
    let table = Table::of(explanation, style);
    for (place, step) in explanation.steps.iter().enumerate() {
        table.step(place, step, &mut lines);
    }
    let mut label = "written";
    for line in &explanation.written {
        table.row("", label, line, &mut lines);
        label = "";
    }
    if let Some(next) = &explanation.next {
        let label = if explanation.kind == Kind::Concept { "" } else { "next: " };
        lines.extend(hang(label, next, columns));
    }
    lines.join("\n") + "\n"
}

/// Explanations as JSON, indented, with a line break at the end.
pub fn json(explanation: &Explanation) -> String {
    super::json::explanation(explanation)
}

/// The lessons that there are, one a line.
pub fn concepts(concepts: &[Concept], style: Style) -> String {
    let widest = concepts.iter().map(|concept| width(concept.name)).max().unwrap_or(0);
    let mut lines = Vec::new();
    for Concept { name, title } in concepts {
        let columns = style.columns().saturating_sub(widest + 2).max(20);
        for (place, part) in wrap(title, columns).into_iter().enumerate() {
            let name = if place == 0 { *name } else { "" };
            lines.push(format!("{name:<widest$}  {part}"));
        }
    }
    lines.join("\n") + "\n"
}

/// The lessons that there are as JSON, indented, with a line break at the end.
pub fn concepts_json(concepts: &[Concept]) -> String {
    super::json::concepts(concepts)
}

/// Numbers, names and texts of steps, in three columns.
struct Table {
    number: usize,
    name: usize,
    style: Style,
    is_numbered: bool,
}

impl Table {
    fn of(explanation: &Explanation, style: Style) -> Table {
        let is_numbered = matches!(explanation.kind, Kind::Hpa | Kind::Deployment);
        let heads: Vec<String> = explanation
            .steps
            .iter()
            .enumerate()
            .map(|(place, step)| head(place, step, is_numbered))
            .collect();
        let number = heads.iter().map(|head| width(head)).max().unwrap_or(1);
        let names = explanation.steps.iter().map(|step| width(&step.name));
        let name = names.max().unwrap_or(0).max(NAME_MIN);
        Table { number, name, style, is_numbered }
    }

    fn step(&self, place: usize, step: &Step, lines: &mut Vec<String>) {
        self.row(&head(place, step, self.is_numbered), &step.name, &step.text, lines);
        for detail in &step.details {
            self.row("", "", detail, lines);
        }
    }

    fn row(&self, number: &str, name: &str, text: &str, lines: &mut Vec<String>) {
        let gap = if self.number == 0 { 0 } else { 2 };
        let indent = self.number + gap + self.name + 2;
        let columns = self.style.columns().saturating_sub(indent).max(20);
        for (place, part) in wrap(text, columns).into_iter().enumerate() {
            let (number, name) = if place == 0 { (number, name) } else { ("", "") };
            let (numbers, names) = (self.number, self.name);
            let line = format!("{number:>numbers$}{:gap$}{name:<names$}  {part}", "");
            lines.push(line.trim_end().to_owned());
        }
    }
}

fn head(place: usize, step: &Step, is_numbered: bool) -> String {
    match step.at_seconds {
        Some(at) => words::instant(at, false),
        None if !is_numbered => String::new(),
        None => (place + 1).to_string(),
    }
}

/// A text behind a label, its further lines below its first.
fn hang(label: &str, text: &str, columns: usize) -> Vec<String> {
    let indent = width(label);
    let lines = wrap(text, columns.saturating_sub(indent)).into_iter().enumerate();
    lines
        .map(|(place, line)| match place {
            0 => format!("{label}{line}"),
            _ => format!("{:indent$}{line}", ""),
        })
        .collect()
}
