//! Walks a tree along the path of an edit, and puts its value at the end.

use super::Edit;
use crate::diagnostic::{Diagnostic, Span};
use crate::manifest::path::EditStep;
use crate::manifest::suggest::nearest;
use crate::manifest::yaml::{Entry, Node, Value};

/// See [`Edit::apply`].
pub(super) fn apply(edit: &Edit, root: &mut Node) -> Result<(), Diagnostic> {
    let mut node = root;
    let mut walked = String::new();
    for step in &edit.path {
        // What is absent becomes what the step needs.
        if node.is_null() {
            node.value = match step {
                EditStep::Key(_) => Value::Map(Vec::new()),
                EditStep::Index(_) | EditStep::Item { .. } => Value::Seq(Vec::new()),
            };
        }
        node = enter(node, step, &walked, &edit.span)?;
        if !walked.is_empty() && matches!(step, EditStep::Key(_)) {
            walked.push('.');
        }
        walked.push_str(&step.to_string());
    }
    *node = edit.value.clone();
    Ok(())
}

fn enter<'n>(
    node: &'n mut Node,
    step: &EditStep,
    walked: &str,
    span: &Span,
) -> Result<&'n mut Node, Diagnostic> {
    let description = node.describe();
    let place = node.span.clone();
    match (step, &mut node.value) {
        (EditStep::Key(key), Value::Map(entries)) => Ok(entry(entries, key, span)),
        (EditStep::Index(index), Value::Seq(items)) => item(items, *index, walked, span),
        (EditStep::Item { key, value }, Value::Seq(items)) => {
            item_with(items, key, value, walked, span)
        }
        (step, _) => {
            let what = match step {
                EditStep::Key(key) => format!("the field `{key}`"),
                step => format!("the item `{step}`"),
            };
            let message = format!("`{walked}` is {description} and has not {what}");
            Err(Diagnostic::error("edit-no-field", message)
                .at(span.clone(), "")
                .beside(place, format!("`{walked}` stands here")))
        }
    }
}

fn entry<'n>(entries: &'n mut Vec<Entry>, key: &str, span: &Span) -> &'n mut Node {
    let index = entries.iter().position(|entry| entry.key == key).unwrap_or_else(|| {
        let value = Node::new(Value::Null, span.clone());
        entries.push(Entry { key: key.to_owned(), key_span: span.clone(), value });
        entries.len() - 1
    });
    &mut entries[index].value
}

fn item<'n>(
    items: &'n mut Vec<Node>,
    index: usize,
    walked: &str,
    span: &Span,
) -> Result<&'n mut Node, Diagnostic> {
    let count = items.len();
    if index == count {
        items.push(Node::new(Value::Null, span.clone()));
    }
    items.get_mut(index).ok_or_else(|| {
        let message = format!("`{walked}` has no item {index}");
        let help = match count {
            0 => "the list is empty; write `[0]` to add its first item".to_owned(),
            _ => format!("it has {count}, from `[0]`; `[{count}]` adds one"),
        };
        Diagnostic::error("edit-no-field", message).at(span.clone(), "").help(help)
    })
}

fn item_with<'n>(
    items: &'n mut [Node],
    key: &str,
    value: &str,
    walked: &str,
    span: &Span,
) -> Result<&'n mut Node, Diagnostic> {
    let text = |item: &Node| match item.get(key) {
        Some(node) => node.as_str().map_or_else(|| node.to_json(), str::to_owned),
        None => String::new(),
    };
    let found = items.iter().position(|item| item.get(key).is_some() && text(item) == value);
    let Some(index) = found else {
        let known: Vec<String> =
            items.iter().map(text).filter(|text| !text.is_empty()).take(10).collect();
        let message = format!("`{walked}` has no item with `{key}` of `{value}`");
        let finding = Diagnostic::error("edit-no-field", message).at(span.clone(), "");
        let help = match nearest(value, known.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `[{key}={near}]`?"),
            None if known.is_empty() => format!("no item of it has the field `{key}`"),
            None => format!("there is: {}", known.join(", ")),
        };
        return Err(finding.help(help));
    };
    Ok(&mut items[index])
}
