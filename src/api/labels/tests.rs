use super::*;

fn labels(pairs: &[(&str, &str)]) -> StringMap {
    pairs.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect()
}

fn parsed(text: &str) -> Selector {
    Selector::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn selectors_print_as_upstream_prints_them() {
    let check = |text: &str, expect: &str| {
        assert_eq!(parsed(text).to_string(), expect, "{text}");
        assert_eq!(parsed(expect), parsed(text), "{text}");
    };
    check("", "");
    check("app=web", "app=web");
    check(" tier in (b, a) , app == web,!x ", "app==web,tier in (a,b),!x");
    check("x in (foo,,baz),y,z notin ()", "x in (,baz,foo),y,z notin ()");
    check("a>5,b<7,c!=d,e=,f in (in,notin)", "a>5,b<7,c!=d,e=,f in (in,notin)");
    check("in in (in)", "in in (in)");
    check("example.com/a=b", "example.com/a=b");
}

#[test]
fn what_is_no_selector_says_so_in_upstream_s_words() {
    let check = |text: &str, expect: &str| {
        let error = Selector::parse(text).expect_err(text);
        assert_eq!(error.to_string(), expect, "{text}");
    };
    check("=", "found '=', expected: !, identifier, or 'end of string'");
    check("app in web", "unable to parse requirement: found 'web' expected: '('");
    check(
        "app web",
        "unable to parse requirement: found 'web', expected: in, notin, =, ==, !=, gt, lt",
    );
    check("a,", "found '', expected: identifier after ','");
    check("a=b c", "found 'c', expected: ',' or 'end of string'");
    check("!", "unable to parse requirement: found '', expected: identifier");
    check("!a in (b)", "found 'in', expected: ',' or 'end of string'");
    check("a in (b", "unable to parse requirement: found '', expected: ',' or ')'");
    check("a in (=", "unable to parse requirement: found '=', expected: ',', ')' or identifier");
    check("a in (b,=", "unable to parse requirement: found '=', expected: ',', or identifier");
    check("a==(", "unable to parse requirement: found '(', expected: identifier");
    check(
        "a>b",
        "unable to parse requirement: values[0]: Invalid value: \"b\": \
         for 'Gt', 'Lt' operators, the value must be an integer",
    );
    check(
        "-a",
        &format!("unable to parse requirement: <nil>: Invalid value: \"-a\": {}", key_rule()),
    );
}

fn key_rule() -> String {
    let faults = names::label_key_faults("-a");
    assert_eq!(faults.len(), 1);
    assert!(faults[0].starts_with("name part must consist of alphanumeric characters"));
    assert!(faults[0].contains("(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used"));
    faults[0].clone()
}

#[test]
fn demands_match_as_upstream_s() {
    let web = labels(&[("app", "web"), ("size", "7")]);
    let check = |text: &str, expect: bool| {
        assert_eq!(parsed(text).matches(&web), expect, "{text}");
    };
    for text in ["", "app", "app=web", "app in (web,db)", "size>6", "size<8", "!x", "x!=y"] {
        check(text, true);
    }
    for text in ["x", "app=db", "app!=web", "!app", "size>7", "app>1", "x>1", "app notin (web)"] {
        check(text, false);
    }
    check("x notin (y)", true);
    assert!(!Selector::nothing().matches(&web));
    assert!(Selector::everything().matches(&web));
}

#[test]
fn label_selectors_become_selectors() {
    use crate::api::meta::LabelSelectorRequirement;
    let expression = |operator: &str, values: &[&str]| LabelSelector {
        match_labels: labels(&[("app", "web")]),
        match_expressions: vec![LabelSelectorRequirement {
            key: "shard".to_owned(),
            operator: operator.to_owned(),
            values: values.iter().map(|&value| value.to_owned()).collect(),
        }],
    };
    let check = |operator: &str, values: &[&str], expect: &str| {
        let selector = expression(operator, values);
        let ours = match Selector::try_from_label_selector(Some(&selector)) {
            Ok(selector) => selector.to_string(),
            Err(error) => error.to_string(),
        };
        assert_eq!(ours, expect);
    };
    check("In", &["b", "a"], "app=web,shard in (a,b)");
    check("Exists", &[], "app=web,shard");
    check("Near", &[], "\"Near\" is not a valid label selector operator");
    check(
        "Exists",
        &["a"],
        "values: Invalid value: [\"a\"]: values set must be empty for exists and does not exist",
    );
    check(
        "NotIn",
        &[],
        "values: Invalid value: null: for 'in', 'notin' operators, values set can't be empty",
    );
    assert!(Selector::from_label_selector(None).nothing);
    assert!(Selector::from_label_selector(Some(&expression("Near", &[]))).nothing);
    assert_eq!(Selector::from_label_selector(Some(&LabelSelector::default())), Selector::default());
}
