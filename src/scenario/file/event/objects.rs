//! Changes of any object of the manifests, as written.

use serde_json::json;

use crate::manifest::yaml::{Entry, Node};
use crate::scenario::file::read::{At, Context, Definitions, Field, object};
use crate::scenario::file::scalar::ObjectName;

object! {
    /// One value of one object, put where it belongs before anything is defaulted, as with `--set`;
    /// or a patch.
    EditObject is "`edit`";
    /// Which object: `kind/name` or `kind/namespace/name`.
    "object" => object: At<String>,
    /// Where in it, as in `spec.maxReplicas` or `spec.metrics[0].resource.target`.
    "path" => path: Option<At<String>>,
    /// What is there from then on; `null` takes the field away, which is not the same as `{}`.
    "value" => value: Written,
    /// A strategic-merge patch, as of `kubectl patch -p`, in place of `path` and `value`.
    "patch" => patch: Written,
}

object! {
    /// `kubectl edit hpa`.
    EditHpa is "`editHpa`";
    /// Which HorizontalPodAutoscaler.
    "hpa" => hpa: At<ObjectName>,
    /// Where in it, as in `spec.maxReplicas`.
    "path" => path: Option<At<String>>,
    /// What is there from then on; `null` takes the field away.
    "value" => value: Written,
    /// A patch, as of `kubectl patch -p`, in place of `path` and `value`.
    "patch" => patch: Written,
}

object! {
    /// `kubectl edit pdb`.
    EditPdb is "`editPdb`";
    /// Which PodDisruptionBudget.
    "pdb" => pdb: At<ObjectName>,
    /// Where in it, as in `spec.maxUnavailable`.
    "path" => path: Option<At<String>>,
    /// What is there from then on; `null` takes the field away.
    "value" => value: Written,
    /// A patch, as of `kubectl patch -p`, in place of `path` and `value`.
    "patch" => patch: Written,
}

/// Any value, also `null`; nothing where nothing was written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Written(pub Option<Node>);

impl Field for Written {
    const REQUIRED: bool = false;

    fn read_field(
        _: &Node,
        _: &'static str,
        entry: Option<&Entry>,
        _: &mut Context,
    ) -> Option<Written> {
        Some(Written(entry.map(|entry| entry.value.clone())))
    }

    fn field_schema(_: &mut Definitions) -> serde_json::Value {
        json!({})
    }
}
