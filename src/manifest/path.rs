//! Paths to fields, as validation writes them (`spec.ports[0].name`, `limits[cpu]`), and as people
//! write them in edits (`spec.containers[name=shop].image`,
//! `metadata.labels."app.kubernetes.io/x"`).

use std::fmt;

/// One step of a field path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Into a map.
    Key(String),
    /// Into a list.
    Index(usize),
}

/// The steps of a path that validation wrote. What stands in brackets is an index if it is a
/// number, else a key.
pub(super) fn parse_field_path(path: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let end = inner.find(']').unwrap_or(inner.len());
            steps.push(match inner[..end].parse() {
                Ok(index) => Step::Index(index),
                Err(_) => Step::Key(inner[..end].to_owned()),
            });
            rest = inner.get(end + 1..).unwrap_or_default();
        } else {
            let word = rest.strip_prefix('.').unwrap_or(rest);
            let end = word.find(['.', '[']).unwrap_or(word.len());
            if end > 0 {
                steps.push(Step::Key(word[..end].to_owned()));
            }
            rest = &word[end..];
        }
    }
    steps
}

/// Steps as one path.
pub(super) fn print_field_path(steps: &[Step]) -> String {
    let mut path = String::new();
    for step in steps {
        match step {
            Step::Key(key) if key.contains('.') || key.contains('/') => {
                path.extend(["[", key.as_str(), "]"]);
            }
            Step::Key(key) if path.is_empty() => path.push_str(key),
            Step::Key(key) => path.extend([".", key.as_str()]),
            Step::Index(index) => path.extend(["[", index.to_string().as_str(), "]"]),
        }
    }
    path
}

/// One step of the path of an edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditStep {
    /// Into a map: `replicas`.
    Key(String),
    /// Into a list: `[0]`.
    Index(usize),
    /// To the item of a list in which a field has a value: `[name=shop]`.
    Item {
        /// The field.
        key: String,
        /// Its value.
        value: String,
    },
}

impl fmt::Display for EditStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EditStep::Key(key) if needs_quotes(key) => write!(f, "\"{key}\""),
            EditStep::Key(key) => f.write_str(key),
            EditStep::Index(index) => write!(f, "[{index}]"),
            EditStep::Item { key, value } => write!(f, "[{key}={value}]"),
        }
    }
}

fn needs_quotes(key: &str) -> bool {
    key.is_empty() || key.contains(['.', '[', ']', '=', ':', '"'])
}

/// A path as people write it.
///
/// # Errors
/// What is wrong with it, and the byte where.
pub fn parse_edit_path(path: &str) -> Result<Vec<EditStep>, (String, usize)> {
    let mut steps = Vec::new();
    let mut at = 0;
    while at < path.len() {
        let rest = &path[at..];
        let (step, length) = if let Some(inner) = rest.strip_prefix('[') {
            let end = inner.find(']').ok_or(("this `[` is never closed".to_owned(), at))?;
            (bracket(&inner[..end]).map_err(|message| (message, at))?, end + 2)
        } else {
            if at > 0 && !rest.starts_with('.') {
                return Err(("a `.` is missing here".to_owned(), at));
            }
            let dot = usize::from(at > 0);
            let (key, length) = key(&rest[dot..]).map_err(|message| (message, at + dot))?;
            (EditStep::Key(key), length + dot)
        };
        steps.push(step);
        at += length;
    }
    if steps.is_empty() {
        return Err(("the path is empty".to_owned(), 0));
    }
    Ok(steps)
}

/// A key at the start of a text, bare or in quotes, and the bytes that it takes.
fn key(text: &str) -> Result<(String, usize), String> {
    if let Some(inner) = text.strip_prefix('"') {
        let end = inner.find('"').ok_or("this quote is never closed")?;
        return Ok((inner[..end].to_owned(), end + 2));
    }
    let end = text.find(['.', '[']).unwrap_or(text.len());
    if end == 0 {
        return Err("a field name is missing here".to_owned());
    }
    Ok((text[..end].to_owned(), end))
}

fn bracket(inner: &str) -> Result<EditStep, String> {
    if let Some((key, value)) = inner.split_once('=') {
        let bare = |text: &str| text.trim().trim_matches('"').to_owned();
        return Ok(EditStep::Item { key: bare(key), value: bare(value) });
    }
    match inner.trim().parse() {
        Ok(index) => Ok(EditStep::Index(index)),
        Err(_) => Err(format!("`[{inner}]` is neither a number nor `[key=value]`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_validation_are_taken_apart() {
        let key = |text: &str| Step::Key(text.to_owned());
        assert_eq!(
            parse_field_path("spec.containers[1].limits[example.com/gpu]"),
            [key("spec"), key("containers"), Step::Index(1), key("limits"), key("example.com/gpu")]
        );
        assert_eq!(parse_field_path(""), []);
    }

    #[test]
    fn paths_of_edits_print_as_they_were_written() {
        for path in ["a.b[0].c", "spec.containers[name=shop].image", "labels.\"a.b/c\".d"] {
            let steps = parse_edit_path(path).expect("the path is right");
            let printed = steps.iter().fold(String::new(), |text, step| {
                let dot = if text.is_empty()
                    || matches!(step, EditStep::Index(_) | EditStep::Item { .. })
                {
                    ""
                } else {
                    "."
                };
                format!("{text}{dot}{step}")
            });
            assert_eq!(printed, path);
        }
    }

    #[test]
    fn broken_paths_are_refused_with_the_place() {
        for (path, at) in [("", 0), ("a..b", 2), ("a[0", 1), ("a[x]", 1), ("a[0]b", 4)] {
            assert_eq!(parse_edit_path(path).map_err(|(_, at)| at), Err(at), "of {path}");
        }
    }
}
