use super::*;
use crate::diagnostic::SourceId;

fn json(text: &str) -> String {
    let (documents, findings) = parse(SourceId(0), text);
    let documents: Vec<String> = documents.iter().map(|document| document.root.to_json()).collect();
    let findings: Vec<String> = findings.iter().map(|finding| finding.message.clone()).collect();
    [documents, findings].concat().join(" | ")
}

fn check(text: &str, expect: &str) {
    assert_eq!(json(text), expect, "of {text:?}");
}

#[test]
fn plain_scalars_resolve_as_kubectl_resolves_them() {
    check("[1, -3, 010, 0x1F, 0o17, 0b11, 1_000, 08]", "[1,-3,8,31,15,3,1000,8]");
    check("[1.5, 1e3, .5, 1., 1e30, 0.1]", "[1.5,1000,0.5,1,1e+30,0.1]");
    check("[true, False, yes, on, 'true']", r#"[true,false,"yes","on","true"]"#);
    check("[~, null, '', \"null\"]", r#"[null,null,"","null"]"#);
    check("[1.2.3, 10m, 0x, 1e, 2026-01-05]", r#"["1.2.3","10m","0x","1e","2026-01-05"]"#);
    check("[!!str 1, !!int '2', .nan]", r#"["1",2,null]"#);
}

#[test]
fn documents_are_told_apart_and_empty_ones_left_out() {
    check("a: 1\n---\nb: 2\n---\n# nothing\n---\n", r#"{"a":1} | {"b":2}"#);
    check("\u{feff}--- {a: 1}\n...\n", r#"{"a":1}"#);
    check("%YAML 1.2\n---\na: |\n  x\n  --- y\n", r#"{"a":"x\n--- y\n"}"#);
    check("a: 1\r\n---\r\nb: 2\r\n", r#"{"a":1} | {"b":2}"#);
    check("a: 1\n...\nb: 2\n", r#"{"a":1} | {"b":2}"#);
    check("", "");
}

#[test]
fn anchors_and_merge_keys_are_resolved() {
    check("a: &x {k: 1}\nb: *x\n", r#"{"a":{"k":1},"b":{"k":1}}"#);
    check("a: &x {k: 1, l: 2}\nb: {<<: *x, k: 3}\n", r#"{"a":{"k":1,"l":2},"b":{"k":3,"l":2}}"#);
    check("b: {<<: [{k: 1}, {k: 2, l: 2}]}\n", r#"{"b":{"k":1,"l":2}}"#);
}

#[test]
fn a_bad_document_does_not_hide_the_others() {
    check(
        "a: 1\n---\nb: [\n---\nc: 3\n",
        r#"{"a":1} | {"c":3} | this is not YAML: unclosed bracket '['"#,
    );
}

#[test]
fn spans_cover_what_they_name() {
    let text = "a: 1\nb:\n  - x: yes\n    y: [1, 2]\nc: 'z'\n";
    let (documents, _) = parse(SourceId(0), text);
    let shown =
        |node: &Node| text[node.span.bytes.start as usize..node.span.bytes.end as usize].to_owned();
    let root = &documents[0].root;
    let b = root.get("b").expect("b is there");
    assert_eq!(shown(b), "- x: yes\n    y: [1, 2]");
    assert_eq!(shown(&b.items()[0]), "x: yes\n    y: [1, 2]");
    assert_eq!(shown(b.items()[0].get("y").expect("y is there")), "[1, 2]");
    assert_eq!(shown(root.get("c").expect("c is there")), "'z'");
    assert_eq!(root.entry("c").expect("c").key_span.bytes, 33..34);
}
