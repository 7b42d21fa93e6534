//! Metadata and selectors.

use super::decode;
use crate::api::meta::{LabelSelector, LabelSelectorRequirement, ObjectMeta};

decode!(ObjectMeta {
    name: "name",
    namespace: "namespace",
    labels: "labels",
    annotations: "annotations",
});

decode!(LabelSelector { match_labels: "matchLabels", match_expressions: "matchExpressions" });

decode!(LabelSelectorRequirement { key: "key", operator: "operator", values: "values" });
