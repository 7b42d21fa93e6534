//! Texts made to exhaust a reader: each is refused, or read, within a second and without a panic.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use podtide::render::diagnostic::all_to_text;

use super::Read;

/// Reads a text, shows what was found, and gives the codes.
fn codes_within_a_second(what: &str, text: String) -> Vec<&'static str> {
    let began = Instant::now();
    let read = Read::new("hostile.yaml", text);
    let shown = all_to_text(&read.findings, &read.sources, false);
    let limit = Duration::from_secs(if cfg!(debug_assertions) { 20 } else { 1 });
    assert!(began.elapsed() < limit, "{what} took {:?}", began.elapsed());
    assert!(shown.len() < 100_000, "{what} is shown in {} bytes", shown.len());
    read.codes()
}

fn check(what: &str, text: String, expect: &[&str]) {
    let mut codes = codes_within_a_second(what, text);
    codes.dedup();
    assert_eq!(codes, expect, "of {what}");
}

#[test]
fn alias_bombs_are_refused() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..30 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        writeln!(text, "a{level}: &a{level} [{aliases}]").expect("writing to a String cannot fail");
    }
    check("an alias bomb", text, &["yaml-limit"]);

    let mut text = format!("a: &a \"{}\"\nb:\n", "x".repeat(1 << 20));
    text.push_str(&"  - *a\n".repeat(10_000));
    check("a long text a thousand times", text, &["yaml-limit"]);

    let mut text = "k0: &k0 {a: 1}\n".to_owned();
    for level in 1..40 {
        let inner = level - 1;
        writeln!(text, "k{level}: &k{level} {{<<: [*k{inner}, *k{inner}], x{level}: *k{inner}}}")
            .expect("writing to a String cannot fail");
    }
    check("a bomb of merge keys", text, &["yaml-limit"]);
}

#[test]
fn deep_nesting_is_refused() {
    check("flow lists", "[".repeat(100_000), &["yaml-limit"]);
    check("flow maps", "{a: ".repeat(100_000), &["yaml-limit"]);
    check("block lists", "- ".repeat(100_000), &["yaml-limit"]);
    let steps = (0..1000).map(|depth| " ".repeat(depth) + "a:\n").collect();
    check("block maps", steps, &["yaml-limit"]);
    let json = format!("{}{}", "{\"a\":[".repeat(100_000), "]}".repeat(100_000));
    check("JSON", json, &["yaml-limit"]);
}

#[test]
fn aliases_cannot_nest_deeper_than_text_can() {
    let mut text = "a0: &a0 [x]\n".to_owned();
    for level in 1..300 {
        writeln!(text, "a{level}: &a{level} [*a{}]", level - 1)
            .expect("writing to a String cannot fail");
    }
    check("a chain of aliases", text, &["yaml-limit"]);
}

#[test]
fn long_texts_are_read() {
    check("many documents", "---\nkind: A\napiVersion: a.b/v1\n".repeat(5000), &[]);
    check("too many documents", "---\na\n".repeat(100_001), &["yaml-limit", "not-an-object"]);
    let object = |index| {
        format!(r#"{{"apiVersion":"v1","kind":"Secret","metadata":{{"name":"a{index}"}}}}"#)
    };
    let list = (0..5000).map(object).collect::<Vec<_>>().join(",");
    let json = format!(r#"{{"apiVersion":"v1","kind":"List","items":[{list}]}}"#);
    check("JSON on one line", json, &[]);
    check("many keys", (0..20_000).map(|n| n.to_string() + ": 1\n").collect(), &["not-an-object"]);
    check("one long line", format!("a: {}\n", "x".repeat(5_000_000)), &["not-an-object"]);
    check("one long quoted key", format!("\"{}\": 1\n", "k".repeat(500_000)), &["yaml-syntax"]);
    let limit = "yaml-limit";
    check("many broken documents", "---\na: [\n".repeat(5000), &["yaml-syntax", limit]);
    check("many unclosed quotes", "---\na: \"\n".repeat(5000), &["yaml-syntax", limit]);
    check("many templates", "---\na: {{ x }}: y\n".repeat(5000), &["helm-template", limit]);
}

#[test]
fn many_objects_are_compared_in_time() {
    let deployment = |name: &str, app: &str| {
        format!(
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\n\
             spec: {{selector: {{matchLabels: {{app: {app}}}}}, template: {{metadata: {{labels: \
             {{app: {app}}}}}, spec: {{containers: [{{name: a, image: a}}]}}}}}}\n"
        )
    };
    let hpa = |name: &str, target: &str| {
        format!(
            "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\n\
             metadata: {{name: {name}}}\nspec: {{maxReplicas: 9, metrics: [{{type: External, \
             external: {{metric: {{name: q}}, target: {{type: Value, value: 1}}}}}}], scaleTargetRef: \
             {{apiVersion: apps/v1, kind: Deployment, name: {target}}}}}\n"
        )
    };
    let many = |text: &dyn Fn(usize) -> String| (0..300).map(text).collect::<String>();
    let name = |index: usize| format!("d{index}");
    let alike = many(&|index| deployment(&name(index), "same") + &hpa(&name(index), &name(index)));
    check("HPAs on the same pods", alike, &["hpa-ambiguous-selector"]);
    let apart =
        many(&|index| deployment(&name(index), &name(index)) + &hpa(&name(index), &name(index)));
    check("HPAs on pods of their own", apart, &[]);
    let dangling = many(&|index| deployment(&name(index), &name(index)) + &hpa(&name(index), "xx"));
    check("HPAs on nobody", dangling, &["hpa-dangling-target", "workload-without-hpa"]);
}

#[test]
fn findings_are_limited() {
    let unknown = |count: usize| (0..count).map(|n| format!("x{n}: 1, ")).collect::<Vec<_>>();
    let spec = unknown(20_000).concat();
    let text = format!("apiVersion: v1\nkind: Service\nmetadata: {{name: a}}\nspec: {{{spec}}}\n");
    assert_eq!(Read::new("unknown.yaml", text).findings.len(), 100);
    let text = "---\napiVersion: v1\nkind: Service\n".repeat(10_000);
    let read = Read::new("nameless.yaml", text);
    assert_eq!(read.findings.last().map(|finding| finding.code), Some("too-many-findings"));
    let text = format!("{{{}}}", "a: 1, ".repeat(20_000));
    check("one key many times", text, &["yaml-duplicate-key", "yaml-limit", "not-an-object"]);
}

#[test]
fn odd_texts_are_survived() {
    let odd = [
        "\u{feff}",
        "---",
        "...",
        "--- ---",
        "%YAML 9.9\n---\na",
        "!!binary x",
        "&a",
        "*a",
        "? a",
        "- - - a: &x *x",
        "<<: 1",
        "<<: [1]",
        "a: <<",
        "{<<: &a {<<: *a}}",
        "\"\\ud800\"",
        "{\"\\ud83d\\ude00\": 1}",
        "a: |\n b\n c: >-\n",
        "{{{{",
        "}}",
        "]",
        "@a",
        "`a",
        "a: b: c",
        "\u{85}",
        "a\u{2028}b: c",
        "kind: 1",
        "kind: {}\napiVersion: []",
        "{? {a: b} : c}",
        "apiVersion: v1\nkind: Service\nmetadata: []\nspec: 1",
        "apiVersion: v1\nkind: List\nitems: [1, [], null, {kind: List, items: {}}]",
        "apiVersion: apps/v1\nkind: DeploymentList\nitems: [{metadata: {name: a}}]",
        "apiVersion: autoscaling/v1\nkind: HorizontalPodAutoscaler\nmetadata: {name: a, \
         annotations: {autoscaling.alpha.kubernetes.io/metrics: '[[[['}}\nspec: {}",
    ];
    for text in odd {
        codes_within_a_second(text, text.to_owned());
        codes_within_a_second(text, format!("{text}\r\n---\r\n{text}"));
    }
}
