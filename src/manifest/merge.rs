//! Merges of objects as they were written. Mirrors the strategic merge of
//! `apimachinery/pkg/util/strategicpatch` (v1.36): maps are merged key by key, some lists item by
//! item, all else is replaced. Left out: `$setElementOrder` and `$retainKeys`, which change nothing
//! that is modelled.

use super::yaml::{Entry, Node, Value};

/// What comes of applying `new` to `live`, where `last` was applied before: what `new` says wins,
/// what only `last` said goes, and what others said stays.
pub fn three_way(live: &Node, last: &Node, new: &Node) -> Node {
    merge(live, Some(last), new, "")
}

/// What comes of a patch: a `null` takes a field away, `$patch: delete` an item of a list.
pub fn patched(live: &Node, patch: &Node) -> Node {
    patch_under(live, patch, "")
}

fn merge(live: &Node, last: Option<&Node>, new: &Node, key: &str) -> Node {
    match (&live.value, &new.value) {
        (Value::Map(_), Value::Map(_)) if !is_atomic(key) => merge_maps(live, last, new),
        (Value::Seq(_), Value::Seq(_)) => match item_key(key, new).or(item_key(key, live)) {
            Some(item_key) => merge_lists(live, last, new, item_key),
            None => new.clone(),
        },
        _ => new.clone(),
    }
}

fn merge_maps(live: &Node, last: Option<&Node>, new: &Node) -> Node {
    let of_last = |key: &str| last.and_then(|last| last.field(key));
    let mut entries = Vec::new();
    for entry in new.entries() {
        let mut merged = entry.clone();
        if let Some(live) = live.field(&entry.key) {
            merged.value = merge(live, of_last(&entry.key), &entry.value, &entry.key);
        }
        entries.push(merged);
    }
    let stays = |entry: &&Entry| new.get(&entry.key).is_none();
    for entry in live.entries().iter().filter(stays) {
        if let Some(value) = left(&entry.value, of_last(&entry.key), &entry.key) {
            entries.push(Entry { value, ..entry.clone() });
        }
    }
    Node { value: Value::Map(entries), ..new.clone() }
}

/// What stays of a live value that is no longer said: all of it if it never was, and of a map what
/// others put into it.
fn left(live: &Node, last: Option<&Node>, key: &str) -> Option<Node> {
    let Some(last) = last else { return Some(live.clone()) };
    if !live.is_map() || !last.is_map() || is_atomic(key) {
        return None;
    }
    let nothing = Node { value: Value::Map(Vec::new()), ..live.clone() };
    let rest = merge_maps(live, Some(last), &nothing);
    (!rest.entries().is_empty()).then_some(rest)
}

fn merge_lists(live: &Node, last: Option<&Node>, new: &Node, item_key: &str) -> Node {
    let mut items = Vec::new();
    for item in new.items() {
        let same = |list: &Node| find(list, item_key, item).cloned();
        let merged = same(live).map(|live| {
            let last = last.and_then(same);
            merge(&live, last.as_ref(), item, "")
        });
        items.push(merged.unwrap_or_else(|| item.clone()));
    }
    let of_others = |item: &&Node| {
        find(new, item_key, item).is_none()
            && last.is_none_or(|last| find(last, item_key, item).is_none())
    };
    items.extend(live.items().iter().filter(of_others).cloned());
    Node { value: Value::Seq(items), ..new.clone() }
}

fn patch_under(live: &Node, patch: &Node, key: &str) -> Node {
    match (&live.value, &patch.value) {
        (Value::Map(_), Value::Map(_)) if !is_replaced(patch) => patch_map(live, patch),
        (Value::Seq(_), Value::Seq(_)) => match item_key(key, patch) {
            Some(item_key) => patch_list(live, patch, item_key),
            None => patch.clone(),
        },
        // Directives and nulls mean nothing where there was nothing.
        (_, Value::Map(_)) => {
            let nothing = Node { value: Value::Map(Vec::new()), ..patch.clone() };
            patch_map(&nothing, patch)
        }
        _ => patch.clone(),
    }
}

fn patch_map(live: &Node, patch: &Node) -> Node {
    let mut entries: Vec<Entry> = live.entries().to_vec();
    for entry in patch.entries().iter().filter(|entry| !entry.key.starts_with('$')) {
        let known = entries.iter().position(|other| other.key == entry.key);
        match (known, entry.value.is_null()) {
            (Some(known), true) => {
                entries.remove(known);
            }
            (Some(known), false) => {
                let live = &entries[known].value;
                entries[known] =
                    Entry { value: patch_under(live, &entry.value, &entry.key), ..entry.clone() };
            }
            (None, true) => {}
            (None, false) => {
                let value = patch_under(&Node::default(), &entry.value, &entry.key);
                entries.push(Entry { value, ..entry.clone() });
            }
        }
    }
    Node { value: Value::Map(entries), ..live.clone() }
}

fn patch_list(live: &Node, patch: &Node, item_key: &str) -> Node {
    let mut items: Vec<Node> = live.items().to_vec();
    for item in patch.items() {
        let known = items.iter().position(|other| same(other.get(item_key), item.get(item_key)));
        match (known, directive(item) == Some("delete")) {
            (Some(known), true) => {
                items.remove(known);
            }
            (Some(known), false) => items[known] = patch_under(&items[known], item, ""),
            (None, true) => {}
            (None, false) => items.push(patch_under(&Node::default(), item, "")),
        }
    }
    Node { value: Value::Seq(items), ..live.clone() }
}

fn directive(patch: &Node) -> Option<&str> {
    patch.get("$patch").and_then(Node::as_str)
}

fn is_replaced(patch: &Node) -> bool {
    directive(patch) == Some("replace")
}

fn find<'n>(list: &'n Node, key: &str, item: &Node) -> Option<&'n Node> {
    list.items().iter().find(|other| same(other.get(key), item.get(key)))
}

/// Whether two values say the same, wherever they stand.
fn same(one: Option<&Node>, other: Option<&Node>) -> bool {
    matches!((one, other), (Some(one), Some(other)) if one.to_json() == other.to_json())
}

/// The field that tells items of a list apart (`patchMergeKey`); none where the list is replaced as
/// a whole.
fn item_key(list: &str, items: &Node) -> Option<&'static str> {
    match list {
        "containers" | "initContainers" | "env" | "volumes" | "imagePullSecrets" => Some("name"),
        "volumeMounts" => Some("mountPath"),
        "topologySpreadConstraints" => Some("topologyKey"),
        "ports" if items.items().iter().any(|item| item.get("containerPort").is_some()) => {
            Some("containerPort")
        }
        "ports" => Some("port"),
        _ => None,
    }
}

/// Maps that are replaced as a whole (`x-kubernetes-map-type: atomic`).
fn is_atomic(key: &str) -> bool {
    matches!(key, "selector" | "labelSelector" | "nodeSelector" | "scaleTargetRef")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::SourceId;
    use crate::manifest::yaml::parse;

    fn node(text: &str) -> Node {
        parse(SourceId(0), text).0.remove(0).root
    }

    fn check_apply(live: &str, last: &str, new: &str, expect: &str) {
        let merged = three_way(&node(live), &node(last), &node(new));
        assert_eq!(merged.to_json(), node(expect).to_json(), "{live} | {last} | {new}");
    }

    fn check_patch(live: &str, patch: &str, expect: &str) {
        let merged = patched(&node(live), &node(patch));
        assert_eq!(merged.to_json(), node(expect).to_json(), "{live} | {patch}");
    }

    #[test]
    fn what_others_said_stays_and_what_is_no_longer_said_goes() {
        check_apply(
            "{own: 1, old: 2, other: 3}",
            "{own: 1, old: 2}",
            "{own: 4}",
            "{own: 4, other: 3}",
        );
        check_apply("{a: {own: 1, other: 2}}", "{a: {own: 1}}", "{}", "{a: {other: 2}}");
        check_apply("{a: {own: 1}}", "{a: {own: 1}}", "{}", "{}");
        check_apply("{a: 7}", "{}", "{a: 3}", "{a: 3}");
    }

    #[test]
    fn variables_that_were_set_stay() {
        let live = "{env: [{name: MODE, value: fast}, {name: LEVEL, value: debug}]}";
        let new = "{env: [{name: MODE, value: slow}]}";
        let merged = "{env: [{name: MODE, value: slow}, {name: LEVEL, value: debug}]}";
        check_apply(live, new, new, merged);
        check_apply(live, live, new, new);
        check_apply("{metrics: [1, 2]}", "{metrics: [1]}", "{metrics: [3]}", "{metrics: [3]}");
    }

    #[test]
    fn a_patch_changes_what_it_names() {
        check_patch("{a: 1, b: {c: 2, d: 3}}", "{b: {c: null, e: 4}}", "{a: 1, b: {d: 3, e: 4}}");
        check_patch("{a: 1}", "{b: {c: null}}", "{a: 1, b: {}}");
        check_patch("{b: {c: 1}}", "{b: {$patch: replace, d: 2}}", "{b: {d: 2}}");
        check_patch(
            "{containers: [{name: a, image: x}, {name: b}]}",
            "{containers: [{name: a, image: y}, {name: b, $patch: delete}, {name: c}]}",
            "{containers: [{name: a, image: y}, {name: c}]}",
        );
    }
}
