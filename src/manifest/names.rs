//! What names, label keys and label values may look like. Mirrors
//! `k8s.io/apimachinery/pkg/api/validate/content` (v1.36). Each function gives what is wrong,
//! in upstream's words; nothing if the text is fine.

const DNS_1123_LABEL_BYTES_MAX: usize = 63;
const DNS_1123_SUBDOMAIN_BYTES_MAX: usize = 253;
const QUALIFIED_NAME_BYTES_MAX: usize = 63;

const DNS_1123_LABEL_FORM: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const DNS_1123_SUBDOMAIN_FORM: &str =
    "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";
const DNS_1035_LABEL_FORM: &str = "[a-z]([-a-z0-9]*[a-z0-9])?";
const QUALIFIED_NAME_FORM: &str = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const LABEL_VALUE_FORM: &str = "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?";

/// `IsDNS1123Label`: names of namespaces and containers.
pub fn dns_1123_label(text: &str) -> Vec<String> {
    let mut wrong = too_long(text, DNS_1123_LABEL_BYTES_MAX);
    if is_dns_1123_label(text) {
        return wrong;
    }
    if text.split('.').all(is_dns_1123_label) {
        wrong.push("must not contain dots".to_owned());
    } else {
        wrong.push(form(
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', \
             and must start and end with an alphanumeric character",
            DNS_1123_LABEL_FORM,
            &["my-name", "123-abc"],
        ));
    }
    wrong
}

/// `IsDNS1123Subdomain`: names of most objects.
pub fn dns_1123_subdomain(text: &str) -> Vec<String> {
    let mut wrong = too_long(text, DNS_1123_SUBDOMAIN_BYTES_MAX);
    if !text.split('.').all(is_dns_1123_label) {
        wrong.push(form(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, \
             '-' or '.', and must start and end with an alphanumeric character",
            DNS_1123_SUBDOMAIN_FORM,
            &["example.com"],
        ));
    }
    wrong
}

/// `IsDNS1035Label`: names of Services.
pub fn dns_1035_label(text: &str) -> Vec<String> {
    let mut wrong = too_long(text, DNS_1123_LABEL_BYTES_MAX);
    if !is_dns_1123_label(text) || !text.starts_with(|first: char| first.is_ascii_lowercase()) {
        wrong.push(form(
            "a DNS-1035 label must consist of lower case alphanumeric characters or '-', \
             start with an alphabetic character, and end with an alphanumeric character",
            DNS_1035_LABEL_FORM,
            &["my-name", "abc-123"],
        ));
    }
    wrong
}

/// `IsQualifiedName`: label keys and resource names, with or without `prefix/`.
pub fn qualified_name(text: &str) -> Vec<String> {
    let parts: Vec<&str> = text.split('/').collect();
    let (mut wrong, name) = match parts.as_slice() {
        [name] => (Vec::new(), *name),
        ["", name] => (vec!["prefix part must be non-empty".to_owned()], *name),
        [prefix, name] => {
            let wrong = dns_1123_subdomain(prefix);
            (wrong.into_iter().map(|text| format!("prefix part {text}")).collect(), *name)
        }
        _ => {
            let text = form(
                "a valid label key must consist of alphanumeric characters, '-', '_' or '.', \
                 and must start and end with an alphanumeric character",
                QUALIFIED_NAME_FORM,
                &["MyName", "my.name", "123-abc"],
            );
            let prefix =
                " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
            return vec![text + prefix];
        }
    };
    if name.is_empty() {
        wrong.push("name part must be non-empty".to_owned());
    } else if name.len() > QUALIFIED_NAME_BYTES_MAX {
        wrong.push(format!("name part must be no more than {QUALIFIED_NAME_BYTES_MAX} bytes"));
    }
    if !is_qualified_name(name) {
        wrong.push(form(
            "name part must consist of alphanumeric characters, '-', '_' or '.', \
             and must start and end with an alphanumeric character",
            QUALIFIED_NAME_FORM,
            &["MyName", "my.name", "123-abc"],
        ));
    }
    wrong
}

/// `IsValidLabelValue`.
pub fn label_value(text: &str) -> Vec<String> {
    let mut wrong = too_long(text, QUALIFIED_NAME_BYTES_MAX);
    if !text.is_empty() && !is_qualified_name(text) {
        wrong.push(form(
            "a valid label must be an empty string or consist of alphanumeric characters, \
             '-', '_' or '.', and must start and end with an alphanumeric character",
            LABEL_VALUE_FORM,
            &["MyValue", "my_value", "12345"],
        ));
    }
    wrong
}

/// `IsValidPercent`.
pub fn percent(text: &str) -> Vec<String> {
    let digits = text.strip_suffix('%').unwrap_or_default();
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Vec::new();
    }
    vec![form(
        "a valid percent string must be a numeric string followed by an ending '%'",
        "[0-9]+%",
        &["1%", "93%"],
    )]
}

/// `IsValidPortNum`.
pub fn port_number(number: i32) -> Option<String> {
    let fits = (1..=65_535).contains(&number);
    (!fits).then(|| "must be between 1 and 65535, inclusive".to_owned())
}

/// `IsValidPortName`.
pub fn port_name(text: &str) -> Vec<String> {
    let mut wrong = too_long(text, 15);
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if text.is_empty() || !text.bytes().all(allowed) {
        wrong.push(
            "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)".to_owned(),
        );
    }
    if !text.bytes().any(|byte| byte.is_ascii_lowercase()) {
        wrong.push("must contain at least one letter (a-z)".to_owned());
    }
    if text.contains("--") {
        wrong.push("must not contain consecutive hyphens".to_owned());
    }
    if text.starts_with('-') || text.ends_with('-') {
        wrong.push("must not begin or end with a hyphen".to_owned());
    }
    wrong
}

/// `IsValidPathSegmentName`: names of kinds and metrics, which become parts of paths.
pub fn path_segment(text: &str) -> Vec<String> {
    if text == "." || text == ".." {
        return vec![format!("may not be '{text}'")];
    }
    let stray = ["/", "%"].into_iter().filter(|part| text.contains(part));
    stray.map(|part| format!("may not contain '{part}'")).collect()
}

fn too_long(text: &str, bytes_max: usize) -> Vec<String> {
    if text.len() <= bytes_max {
        return Vec::new();
    }
    vec![format!("must be no more than {bytes_max} bytes")]
}

/// `RegexError`.
fn form(what: &str, pattern: &str, examples: &[&str]) -> String {
    let examples: Vec<String> = examples.iter().map(|example| format!("'{example}'")).collect();
    let examples = examples.join(",  or ");
    format!("{what} (e.g. {examples}, regex used for validation is '{pattern}')")
}

fn is_dns_1123_label(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.bytes().all(|byte| inner(byte) || byte == b'-')
        && text.bytes().next().is_some_and(inner)
        && text.bytes().last().is_some_and(inner)
}

fn is_qualified_name(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric();
    text.bytes().all(|byte| inner(byte) || matches!(byte, b'-' | b'_' | b'.'))
        && text.bytes().next().is_some_and(inner)
        && text.bytes().last().is_some_and(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_break_no_rule_give_nothing() {
        assert!(dns_1123_subdomain("web.v1-2").is_empty());
        assert!(dns_1123_label("a").is_empty());
        assert!(qualified_name("example.com/My_name.1").is_empty());
        assert!(label_value("").is_empty());
        assert!(path_segment("http_requests:rate5m").is_empty());
    }

    #[test]
    fn names_that_break_a_rule_are_told_which() {
        assert_eq!(path_segment(".."), ["may not be '..'"]);
        assert_eq!(path_segment("/%"), ["may not contain '/'", "may not contain '%'"]);
        assert_eq!(qualified_name("/a"), ["prefix part must be non-empty"]);
        assert_eq!(dns_1123_label("a.b"), ["must not contain dots"]);
        assert!(dns_1123_label("A")[0].starts_with("a lowercase RFC 1123 label must consist"));
        assert!(dns_1035_label("1a")[0].ends_with("'[a-z]([-a-z0-9]*[a-z0-9])?')"));
        assert_eq!(label_value(&"a".repeat(64)), ["must be no more than 63 bytes"]);
    }
}
