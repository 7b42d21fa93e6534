//! Parser events -> trees. Iterative, so that no nesting can exhaust the stack while reading; the
//! depth of what is built is limited, so that nobody who walks a tree needs to care either.

use std::collections::{BTreeMap, BTreeSet};

use serde_saphyr::granit_parser::{
    self, Event, Parser, ScalarStyle, Span as ParserSpan, StructureStyle, Tag,
};

use super::fault::{bad_merge, scan_error, template, too_deep};
use super::limits::{
    MAX_ALIASED_BYTES, MAX_ALIASED_NODES, MAX_DEPTH, MAX_DOCUMENTS, MAX_FINDINGS, MAX_NODES,
    node_depth, size,
};
use super::scalar::resolve_plain;
use super::split::{refuse, split};
use super::{Entry, Node, Value, span};
use crate::diagnostic::{Diagnostic, SourceId, Span};

/// One document of a stream.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Document {
    /// Its value.
    pub root: Node,
    /// All of the document, from its `---` on.
    pub span: Span,
}

/// Reads all documents of a text. Empty documents are left out. A document that cannot be read
/// gives a finding and does not hide the others.
pub fn parse(source: SourceId, text: &str) -> (Vec<Document>, Vec<Diagnostic>) {
    let mut reader = Reader::new(source, text);
    if let Some(refusal) = refuse(source, text) {
        return (Vec::new(), vec![refusal]);
    }
    for (start, end) in split(text) {
        if reader.read(start, end).is_err() {
            break;
        }
    }
    if reader.findings.len() > MAX_FINDINGS {
        let message = format!("more than {MAX_FINDINGS} findings: the rest was not looked at");
        reader.findings.push(Diagnostic::error("yaml-limit", message));
    }
    (reader.documents, reader.findings)
}

/// Reads a text that holds one value, such as the right side of `--set path=value`.
///
/// # Errors
/// When the text is not one YAML value.
pub fn parse_value(source: SourceId, text: &str) -> Result<Node, Diagnostic> {
    let (mut documents, mut findings) = parse(source, text);
    if let Some(finding) = findings.pop() {
        return Err(finding);
    }
    let whole = span(source, 0, text.len());
    match documents.len() {
        0 => Ok(Node::new(Value::Null, whole)),
        1 => Ok(documents.swap_remove(0).root),
        _ => Err(Diagnostic::error("yaml-syntax", "one value expected, several documents found")
            .at(whole, "")),
    }
}

/// The limits of a text are used up; what was read so far stays.
struct Exhausted;

struct Reader<'t> {
    source: SourceId,
    text: &'t str,
    documents: Vec<Document>,
    findings: Vec<Diagnostic>,
    node_count: usize,
    aliased_nodes: usize,
    aliased_bytes: usize,
}

/// A map or list whose end has not come yet.
struct Open {
    start: usize,
    anchor: usize,
    flow: bool,
    content: Content,
}

enum Content {
    Seq(Vec<Node>),
    Map { entries: Vec<Entry>, key: Option<(String, Span)>, merges: Vec<Node> },
}

/// State within one document.
#[derive(Default)]
struct Building {
    open: Vec<Open>,
    anchors: BTreeMap<usize, Node>,
    root: Option<Node>,
    end: usize,
}

impl<'t> Reader<'t> {
    fn new(source: SourceId, text: &'t str) -> Reader<'t> {
        Reader {
            source,
            text,
            documents: Vec::new(),
            findings: Vec::new(),
            node_count: 0,
            aliased_nodes: 0,
            aliased_bytes: 0,
        }
    }

    /// Reads one piece of the stream; several documents may stand in it, ended by `...`.
    fn read(&mut self, start: usize, end: usize) -> Result<(), Exhausted> {
        let options = granit_parser::options! {
            flow_nesting_limit: MAX_DEPTH,
            block_nesting_limit: MAX_DEPTH,
        };
        let text: &'t str = &self.text[start..end];
        let mut building = Building { end: start, ..Building::default() };
        for event in Parser::new_from_str_with_options(text, options) {
            let finding = match event {
                Ok((event, at)) => self.take(&mut building, event, start, at).err(),
                Err(error) => Some(scan_error(self.source, self.text, (start, end), &error)),
            };
            if let Some(finding) = finding {
                let exhausted = finding.code == "yaml-limit" && self.node_count > MAX_NODES;
                self.findings.push(finding);
                let exhausted = exhausted || self.findings.len() > MAX_FINDINGS;
                return if exhausted { Err(Exhausted) } else { Ok(()) };
            }
            if self.documents.len() > MAX_DOCUMENTS {
                self.documents.pop();
                self.findings.push(Diagnostic::error(
                    "yaml-limit",
                    format!("more than {MAX_DOCUMENTS} documents in one text"),
                ));
                return Err(Exhausted);
            }
        }
        Ok(())
    }

    fn take(
        &mut self,
        building: &mut Building,
        event: Event<'t>,
        base: usize,
        at: ParserSpan,
    ) -> Result<(), Diagnostic> {
        let bytes =
            at.byte_range().map_or(base..base, |range| base + range.start..base + range.end);
        let here = span(self.source, bytes.start, bytes.end);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let node = scalar(&text, style, tag.as_deref(), here);
                self.place(building, node, anchor)
            }
            Event::Alias(id) => {
                let node = self.resolve_alias(building, id, &here)?;
                self.place(building, node, 0)
            }
            Event::SequenceStart(style, anchor, _) => {
                let content = Content::Seq(Vec::new());
                self.open(building, content, anchor, style, &here)
            }
            Event::MappingStart(style, anchor, _) => {
                let content = Content::Map { entries: Vec::new(), key: None, merges: Vec::new() };
                self.open(building, content, anchor, style, &here)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(building, bytes.end),
            Event::DocumentStart(..) => {
                *building = Building { end: bytes.start, ..Building::default() };
                Ok(())
            }
            Event::DocumentEnd => {
                self.finish(building, bytes.end);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn finish(&mut self, building: &mut Building, end: usize) {
        if let Some(root) = building.root.take()
            && !(root.is_null() && root.span.bytes.is_empty())
        {
            let start = (root.span.bytes.start as usize).min(end);
            self.documents.push(Document { root, span: span(self.source, start, end) });
        }
    }

    fn open(
        &mut self,
        building: &mut Building,
        content: Content,
        anchor: usize,
        style: StructureStyle,
        at: &Span,
    ) -> Result<(), Diagnostic> {
        if let Some(Open { content: Content::Map { key: None, .. }, .. }) = building.open.last() {
            return Err(self.collection_as_key(at));
        }
        if building.open.len() >= MAX_DEPTH {
            return Err(too_deep(at.clone()));
        }
        let flow = style == StructureStyle::Flow;
        building.open.push(Open { start: at.bytes.start as usize, anchor, flow, content });
        Ok(())
    }

    fn close(&mut self, building: &mut Building, end: usize) -> Result<(), Diagnostic> {
        let open = building.open.pop().expect("the parser ends only what it began");
        // The end event of a block collection stands where the next thing begins.
        let end = if open.flow { end } else { building.end };
        let at = span(self.source, open.start, end.max(open.start));
        let value = match open.content {
            Content::Seq(items) => Value::Seq(items),
            Content::Map { entries, merges, .. } => Value::Map(self.merge(entries, merges)?),
        };
        self.place(building, Node::new(value, at), open.anchor)
    }

    /// Puts a finished value where it belongs: a key, a value, an item or the whole document.
    fn place(
        &mut self,
        building: &mut Building,
        node: Node,
        anchor: usize,
    ) -> Result<(), Diagnostic> {
        self.node_count += 1;
        if self.node_count > MAX_NODES {
            return Err(Diagnostic::error(
                "yaml-limit",
                format!("more than {MAX_NODES} values in one text"),
            ));
        }
        building.end = building.end.max(node.span.bytes.end as usize);
        if anchor != 0 {
            self.charge(&node)?;
            building.anchors.insert(anchor, node.clone());
        }
        match building.open.last_mut().map(|open| &mut open.content) {
            None => building.root = Some(node),
            Some(Content::Seq(items)) => items.push(node),
            Some(Content::Map { entries, key, merges }) => match key.take() {
                None => *key = Some(self.key(node)?),
                Some((text, _)) if text == MERGE => merges.push(node),
                Some((text, key_span)) => entries.push(Entry { key: text, key_span, value: node }),
            },
        }
        Ok(())
    }

    fn key(&self, node: Node) -> Result<(String, Span), Diagnostic> {
        let written = &self.text[node.span.bytes.start as usize..node.span.bytes.end as usize];
        let text = match node.value {
            Value::String(text) if text == "<<" && !node.quoted => MERGE.to_owned(),
            Value::String(text) => text,
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => written.to_owned(),
            Value::Seq(_) | Value::Map(_) => return Err(self.collection_as_key(&node.span)),
        };
        Ok((text, node.span))
    }

    fn collection_as_key(&self, at: &Span) -> Diagnostic {
        let start = at.bytes.start as usize;
        // `{{ x }}` is a map whose key is a map.
        if start > 0 && self.text.as_bytes()[start - 1..].starts_with(b"{{") {
            return template(span(self.source, start - 1, start + 1));
        }
        Diagnostic::error("yaml-syntax", "a map or list stands where a key is expected")
            .at(at.clone(), "")
            .help("keys of Kubernetes objects are plain words; check the brackets and braces")
    }

    fn resolve_alias(
        &mut self,
        building: &Building,
        id: usize,
        at: &Span,
    ) -> Result<Node, Diagnostic> {
        let Some(node) = building.anchors.get(&id) else {
            return Err(Diagnostic::error(
                "yaml-syntax",
                "this alias stands inside its own anchor",
            )
            .at(at.clone(), ""));
        };
        if node_depth(node) + building.open.len() > MAX_DEPTH {
            return Err(too_deep(at.clone()));
        }
        let node = node.clone();
        self.charge(&node).map_err(|finding| finding.at(at.clone(), "this alias"))?;
        Ok(node)
    }

    /// Counts what is copied for anchors and aliases, so that a few lines cannot fill the memory.
    fn charge(&mut self, node: &Node) -> Result<(), Diagnostic> {
        let (nodes, bytes) = size(node);
        self.aliased_nodes += nodes;
        self.aliased_bytes += bytes;
        if self.aliased_nodes > MAX_ALIASED_NODES || self.aliased_bytes > MAX_ALIASED_BYTES {
            return Err(Diagnostic::error(
                "yaml-limit",
                format!(
                    "aliases stand for more than {MAX_ALIASED_NODES} values or {} MiB of text",
                    MAX_ALIASED_BYTES >> 20
                ),
            )
            .help("write the values out; so many copies are taken for an attack"));
        }
        Ok(())
    }

    /// Adds merged maps behind the written keys, which win; reports keys written twice.
    fn merge(&mut self, entries: Vec<Entry>, merges: Vec<Node>) -> Result<Vec<Entry>, Diagnostic> {
        let mut entries = self.refuse_duplicates(entries);
        for node in merges {
            let maps = match node.value {
                Value::Map(_) => vec![node],
                Value::Seq(items) => items,
                _ => return Err(bad_merge(node.span)),
            };
            for map in maps {
                let Value::Map(merged) = map.value else { return Err(bad_merge(map.span)) };
                let known: BTreeSet<String> =
                    entries.iter().map(|entry| entry.key.clone()).collect();
                entries.extend(merged.into_iter().filter(|entry| !known.contains(&entry.key)));
            }
        }
        Ok(entries)
    }

    /// Keeps the last of several equal keys, as kubectl does, and reports the others.
    fn refuse_duplicates(&mut self, entries: Vec<Entry>) -> Vec<Entry> {
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        let mut dropped = BTreeSet::new();
        for (index, entry) in entries.iter().enumerate() {
            if let Some(first) = seen.insert(&entry.key, index) {
                dropped.insert(first);
                if self.findings.len() > MAX_FINDINGS {
                    continue;
                }
                self.findings.push(
                    Diagnostic::error(
                        "yaml-duplicate-key",
                        format!("key `{}` is written twice in one map", entry.key),
                    )
                    .at(entry.key_span.clone(), "again here")
                    .beside(entries[first].key_span.clone(), "first here")
                    .help("keep one of them; kubectl would take the last in silence"),
                );
            }
        }
        if dropped.is_empty() {
            return entries;
        }
        let keep = |(index, entry)| (!dropped.contains(&index)).then_some(entry);
        entries.into_iter().enumerate().filter_map(keep).collect()
    }
}

/// Stands for the key `<<`; no written key can be this text.
const MERGE: &str = "\0<<";

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>, at: Span) -> Node {
    let core = tag.and_then(Tag::core_suffix);
    let plain = match core {
        Some("str" | "binary") => false,
        Some("int" | "float" | "bool" | "null") => true,
        _ => style == ScalarStyle::Plain,
    };
    let value = if plain { resolve_plain(text) } else { Value::String(text.to_owned()) };
    Node { value, span: at, quoted: !plain }
}
