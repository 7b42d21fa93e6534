//! Limits of what is read, and the measures that are held against them.

use super::{Node, Value};

/// Most documents in one text.
pub const MAX_DOCUMENTS: usize = 100_000;
/// Most values in one text.
pub const MAX_NODES: usize = 50_000_000;
/// Deepest nesting of maps and lists.
pub const MAX_DEPTH: usize = 200;
/// Most values that the aliases of one text may stand for.
pub const MAX_ALIASED_NODES: usize = 500_000;
/// Most bytes of text that the aliases of one text may stand for.
pub const MAX_ALIASED_BYTES: usize = 32 << 20;

/// Most findings in one text; what comes behind them is not read.
pub const MAX_FINDINGS: usize = 1000;

/// Values in a tree, and bytes of their texts and keys.
pub(super) fn size(node: &Node) -> (usize, usize) {
    let mut nodes = 0;
    let mut bytes = 0;
    let mut rest = vec![node];
    while let Some(node) = rest.pop() {
        nodes += 1;
        bytes += node.as_str().map_or(0, str::len);
        bytes += node.entries().iter().map(|entry| entry.key.len()).sum::<usize>();
        rest.extend(node.items());
        rest.extend(node.entries().iter().map(|entry| &entry.value));
    }
    (nodes, bytes)
}

/// Maps and lists inside each other.
pub(super) fn node_depth(node: &Node) -> usize {
    let inner = node.items().iter().chain(node.entries().iter().map(|entry| &entry.value));
    match &node.value {
        Value::Seq(_) | Value::Map(_) => 1 + inner.map(node_depth).max().unwrap_or(0),
        _ => 0,
    }
}
