//! An explanation as text and as JSON.

use crate::explain::{Concept, Explanation, Kind, Step, Taught};
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

/// A lesson: each question with its answer, and how to ask for more.
pub fn lesson(name: &str, lesson: &[Taught], command: &str, style: Style) -> String {
    let columns = style.columns();
    let plural = if lesson.len() == 1 { "" } else { "s" };
    let title = format!("{name}: a lesson of {} step{plural}", lesson.len());
    let mut lines = vec![style.bold(&title)];
    for (place, step) in lesson.iter().enumerate() {
        lines.push(String::new());
        let head = format!("{}. {}  ", place + 1, step.at);
        lines.extend(hang(&head, &step.question, columns));
        for (letter, choice) in ('a'..='z').zip(&step.choices) {
            lines.extend(hang(&format!("   {letter}) "), choice, columns));
        }
        let right = step.right.and_then(|right| ('a'..='z').nth(right as usize));
        let right = right.map_or_else(String::new, |letter| format!("{letter}) "));
        lines.extend(hang("   answer: ", &format!("{right}{}", step.answer), columns));
        if let Some(explanation) = &step.explanation {
            lines.extend(hang("   so it was: ", &explanation.title, columns));
            lines.extend(hang("   more: ", &question(command, step, explanation), columns));
        }
    }
    lines.join("\n") + "\n"
}

/// The command that explains a step.
fn question(command: &str, step: &Taught, explanation: &Explanation) -> String {
    let name = &explanation.name;
    let whom = match explanation.kind {
        Kind::Hpa => format!(" --hpa {name}"),
        Kind::Pod => format!(" --pod {name}"),
        Kind::Deployment => format!(" --deployment {name}"),
        Kind::Concept => String::new(),
    };
    format!("{command} --at {}{whom}", step.at)
}

/// A lesson as JSON, indented, with a line break at the end.
pub fn lesson_json(lesson: &[Taught]) -> String {
    super::json::lesson(lesson)
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
