//! Edits -> a strategic-merge patch, as `kubectl patch --patch-file` and kustomize take it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Edit, ObjectAddress};
use crate::manifest::path::EditStep;
use crate::manifest::yaml::{Entry, Node, Value, go_quote};

/// Words that YAML takes for something else than a text.
const NO_TEXTS: [&str; 10] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n", "none"];

/// Writes edits as YAML documents, one for each object, in order of kind and name.
///
/// Edits of the Scenario, and those that lead to an item of a list by its number, cannot be said in
/// a patch: they stand in comments, as options `--set`.
pub fn strategic_merge_patch(edits: &[Edit]) -> String {
    let mut objects: BTreeMap<&ObjectAddress, Node> = BTreeMap::new();
    let mut others = Vec::new();
    for edit in edits {
        let by_number = edit.path.iter().any(|step| matches!(step, EditStep::Index(_)));
        match edit.object.as_ref().filter(|_| !by_number) {
            Some(address) => {
                let root = objects.entry(address).or_insert_with(|| head(address));
                put(root, &edit.path, &edit.value);
            }
            None => others.push(format!("# --set '{edit}'\n")),
        }
    }
    let mut texts: Vec<String> = objects.values().map(document).collect();
    if !others.is_empty() {
        let intro = "# Not of a manifest, or no patch can say it:\n";
        texts.push(format!("{intro}{}", others.concat()));
    }
    texts.join("---\n")
}

/// What names the object.
fn head(address: &ObjectAddress) -> Node {
    let api_version = match address.kind.as_str() {
        "Deployment" => "apps/v1",
        "HorizontalPodAutoscaler" => "autoscaling/v2",
        "PodDisruptionBudget" => "policy/v1",
        _ => "v1",
    };
    let mut metadata = vec![entry("name", text(&address.name))];
    metadata.extend(address.namespace.as_ref().map(|it| entry("namespace", text(it))));
    map(vec![
        entry("apiVersion", text(api_version)),
        entry("kind", text(&address.kind)),
        entry("metadata", map(metadata)),
    ])
}

fn map(entries: Vec<Entry>) -> Node {
    Node { value: Value::Map(entries), ..Node::default() }
}

fn text(text: &str) -> Node {
    Node { value: Value::String(text.to_owned()), ..Node::default() }
}

fn entry(key: &str, value: Node) -> Entry {
    Entry { key: key.to_owned(), value, ..Entry::default() }
}

/// Puts a value at the end of a path; whatever is missing on the way is made.
fn put(node: &mut Node, path: &[EditStep], value: &Node) {
    let Some((step, rest)) = path.split_first() else {
        *node = value.clone();
        return;
    };
    match step {
        EditStep::Key(key) => {
            if !matches!(node.value, Value::Map(_)) {
                *node = map(Vec::new());
            }
            let Value::Map(entries) = &mut node.value else { return };
            let known = entries.iter().position(|entry| entry.key == *key);
            let place = known.unwrap_or_else(|| {
                entries.push(entry(key, Node::default()));
                entries.len() - 1
            });
            put(&mut entries[place].value, rest, value);
        }
        EditStep::Item { key, value: name } => {
            if !matches!(node.value, Value::Seq(_)) {
                node.value = Value::Seq(Vec::new());
            }
            let Value::Seq(items) = &mut node.value else { return };
            let is = |item: &Node| item.get(key).and_then(Node::as_str) == Some(name.as_str());
            let place = items.iter().position(is).unwrap_or_else(|| {
                items.push(map(vec![entry(key, text(name))]));
                items.len() - 1
            });
            put(&mut items[place], rest, value);
        }
        EditStep::Index(_) => {}
    }
}

fn document(root: &Node) -> String {
    let mut out = String::new();
    write(root, 0, &mut out);
    out
}

/// Writes a map or list in block style, each line with so many blanks before it.
fn write(node: &Node, indent: usize, out: &mut String) {
    let blanks = " ".repeat(indent);
    match &node.value {
        Value::Map(entries) => {
            for entry in entries {
                line(out, format_args!("{blanks}{}:", scalar_text(&entry.key)));
                write_value(&entry.value, indent + 2, out);
            }
        }
        Value::Seq(items) => {
            for item in items {
                let mut lines = String::new();
                write_item(item, indent + 2, &mut lines);
                line(out, format_args!("{blanks}- {}", lines.trim_start()));
            }
        }
        _ => line(out, format_args!("{blanks}{}\n", scalar(node))),
    }
}

fn line(out: &mut String, what: std::fmt::Arguments<'_>) {
    out.write_fmt(what).expect("writing to a String cannot fail");
}

fn write_item(item: &Node, indent: usize, out: &mut String) {
    match &item.value {
        Value::Map(entries) if !entries.is_empty() => write(item, indent, out),
        Value::Seq(items) if !items.is_empty() => write(item, indent, out),
        _ => line(out, format_args!("{}\n", scalar(item))),
    }
}

/// What stands behind a key.
fn write_value(node: &Node, indent: usize, out: &mut String) {
    let is_block = match &node.value {
        Value::Map(entries) => !entries.is_empty(),
        Value::Seq(items) => !items.is_empty(),
        _ => false,
    };
    if is_block {
        out.push('\n');
        write(node, indent, out);
    } else {
        line(out, format_args!(" {}\n", scalar(node)));
    }
}

fn scalar(node: &Node) -> String {
    match &node.value {
        Value::String(text) => scalar_text(text),
        _ => node.to_json(),
    }
}

/// A text, in quotes where it could be taken for something else.
fn scalar_text(text: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_-./".contains(letter);
    let is_plain = text.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && text.chars().all(plain)
        && !NO_TEXTS.contains(&text.to_ascii_lowercase().as_str());
    if is_plain { text.to_owned() } else { go_quote(text) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::SourceMap;

    #[test]
    fn edits_of_one_object_are_one_document() {
        let mut sources = SourceMap::default();
        let mut edit = |text: &str| Edit::parse(&mut sources, "--set", text).expect("it is one");
        let edits = [
            edit("hpa/shop:spec.maxReplicas=30"),
            edit("deploy/a/shop:spec.template.spec.containers[name=shop].resources.requests.cpu=1"),
            edit("hpa/shop:spec.behavior.scaleUp.policies=[{type: Pods, value: 2}]"),
            edit("deploy/a/shop:spec.strategy.rollingUpdate.maxSurge=25%"),
            edit("deploy/a/shop:spec.strategy.rollingUpdate.maxUnavailable="),
            edit("traffic[0].layers[1]={scale: 2}"),
        ];
        let expected = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop
  namespace: a
spec:
  template:
    spec:
      containers:
        - name: shop
          resources:
            requests:
              cpu: 1
  strategy:
    rollingUpdate:
      maxSurge: \"25%\"
      maxUnavailable: null
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: shop
spec:
  maxReplicas: 30
  behavior:
    scaleUp:
      policies:
        - type: Pods
          value: 2
---
# Not of a manifest, or no patch can say it:
# --set 'traffic[0].layers[1]={\"scale\":2}'
";
        assert_eq!(strategic_merge_patch(&edits), expected);
    }
}
