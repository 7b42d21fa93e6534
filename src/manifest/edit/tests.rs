use super::*;
use crate::diagnostic::SourceMap;
use crate::manifest::{Options, decode_documents, read};

const SHOP: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  template:
    spec:
      containers:
        - {name: shop, image: 'shop:v1'}
        - {name: log, image: 'log:v1'}
";

fn edited(edit: &str) -> Result<String, Diagnostic> {
    let mut sources = SourceMap::default();
    let id = sources.add("shop.yaml", SHOP);
    let (mut documents, _) = read(&sources, &[id]);
    let edit = Edit::parse(&mut sources, "--set", edit)?;
    match documents.edit([&edit]).pop() {
        Some(finding) => Err(finding),
        None => Ok(documents.objects[0].node.get("spec").expect("it has a spec").to_json()),
    }
}

fn check(edit: &str, expect: &str) {
    let spec = edited(edit).expect("the edit fits");
    assert!(spec.contains(expect), "{spec} has no {expect}");
}

fn check_refused(edit: &str, message: &str, help: &str) {
    let finding = edited(edit).expect_err("the edit does not fit");
    assert_eq!((finding.message.as_str(), finding.help.as_deref()), (message, Some(help)));
}

#[test]
fn edits_reach_fields_that_are_there_and_make_those_that_are_not() {
    check("deploy/shop:spec.replicas=3", r#""replicas":3"#);
    check("deployment/default/shop:spec.strategy={}", r#""strategy":{}"#);
    let path = "deploy/shop:spec.template.spec.containers";
    check(&format!("{path}[name=log].image=log:v2"), r#""image":"log:v2","name":"log""#);
    check(&format!("{path}[2]={{name: new}}"), r#"{"name":"new"}"#);
    check(
        "deploy/shop:spec.template.metadata.annotations.\"a.b/c\"='1'",
        r#""annotations":{"a.b/c":"1"}"#,
    );
}

#[test]
fn edits_that_lead_nowhere_are_refused_with_what_there_is() {
    check_refused(
        "deploy/shp:spec.replicas=3",
        "there is no `deployment/shp`",
        "did you mean `shop`?",
    );
    check_refused(
        "hpa/x:spec.a=1",
        "there is no `horizontalpodautoscaler/x`",
        "the input has no HorizontalPodAutoscaler at all",
    );
    let path = "deploy/shop:spec.template.spec.containers";
    check_refused(
        &format!("{path}[name=shopp].image=x"),
        "`spec.template.spec.containers` has no item with `name` of `shopp`",
        "did you mean `[name=shop]`?",
    );
    check_refused(
        &format!("{path}[5].image=x"),
        "`spec.template.spec.containers` has no item 5",
        "it has 2, from `[0]`; `[2]` adds one",
    );
    assert_eq!(
        edited("deploy/shop:metadata.name.x=1").map_err(|finding| finding.code),
        Err("edit-no-field")
    );
    assert_eq!(edited("replicas").map_err(|finding| finding.code), Err("edit-syntax"));
}

#[test]
fn values_that_do_not_fit_are_found_where_the_edit_was_written() {
    let mut sources = SourceMap::default();
    let id = sources.add("shop.yaml", SHOP);
    let (mut documents, _) = read(&sources, &[id]);
    let edit =
        Edit::parse(&mut sources, "--set", "deploy/shop:spec.replicas=many").expect("it is right");
    assert_eq!(documents.edit([&edit]), []);
    let (_, findings) = decode_documents(documents, &Options::default());
    let place = findings[0].labels[0].span.clone();
    assert_eq!(sources.get(place.source).map(|source| source.name.as_str()), Some("--set"));
    assert_eq!(place.bytes, 26..30);
}

#[test]
fn edits_print_as_they_were_written() {
    let mut sources = SourceMap::default();
    for text in ["a.b[0].c=1", "deployment/x/shop:spec.\"a.b\"=true", "hpa.x[name=y]=\"z\""] {
        let edit = Edit::parse(&mut sources, "--set", text).expect("it is right");
        assert_eq!(edit.to_string(), text);
        assert!(edit.object.is_some() == text.contains(':'));
    }
}
