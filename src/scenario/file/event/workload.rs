//! What events do to Deployments and their pods, as written.

use serde_json::json;

use crate::manifest::yaml::{Node, Value};
use crate::scenario::file::read::{At, Context, Definitions, Read, Table, object};
use crate::scenario::file::scalar::ObjectName;
use crate::units::{Bytes, MilliCpu, SimDuration};

object! {
    /// `kubectl scale deployment`.
    Scale is "`scale`";
    /// Which Deployment.
    "deployment" => deployment: At<ObjectName>,
    /// New `spec.replicas`.
    "replicas" => replicas: At<i32>,
}

object! {
    /// `kubectl apply`: of a Deployment as its manifest has it, or of another manifest.
    Apply is "`apply`";
    /// A Deployment of the manifests, applied again.
    "deployment" => deployment: Option<At<ObjectName>>,
    /// Path of a manifest, from the folder of this Scenario.
    "manifest" => manifest: Option<At<String>>,
}

object! {
    /// `kubectl set image`.
    SetImage is "`setImage`";
    /// Which Deployment.
    "deployment" => deployment: At<ObjectName>,
    /// Which container; the only one if absent.
    "container" => container: Option<At<String>>,
    /// The new image.
    "image" => image: At<String>,
}

object! {
    /// `kubectl set env`: variables are added or changed, others stay.
    SetEnv is "`setEnv`";
    /// Which Deployment.
    "deployment" => deployment: At<ObjectName>,
    /// Which container; all of them if absent.
    "container" => container: Option<At<String>>,
    /// Values by name; `null` takes a variable away.
    "env" => env: Table<EnvValue>,
}

object! {
    /// `kubectl set resources`: amounts are added or changed, others stay.
    SetResources is "`setResources`";
    /// Which Deployment.
    "deployment" => deployment: At<ObjectName>,
    /// Which container; all of them if absent.
    "container" => container: Option<At<String>>,
    /// New requests.
    "requests" => requests: Option<Amounts>,
    /// New limits.
    "limits" => limits: Option<Amounts>,
}

object! {
    /// Amounts of resources; those that are absent stay as they are.
    Amounts is "a map of amounts";
    /// CPU, as in `250m`.
    "cpu" => cpu: Option<At<MilliCpu>>,
    /// Memory, as in `256Mi`.
    "memory" => memory: Option<At<Bytes>>,
}

object! {
    /// `kubectl rollout pause`, `resume` or `restart`.
    Rollout is "this action";
    /// Which Deployment.
    "deployment" => deployment: At<ObjectName>,
}

object! {
    /// `kubectl rollout undo`.
    Undo is "`undo`";
    /// Which Deployment.
    "deployment" => deployment: At<ObjectName>,
    /// `--to-revision`: which rollout, counted from 1; the one before the newest if absent.
    "toRevision" => to_revision: Option<At<u32>>,
}

object! {
    /// `kubectl delete pod`, of the oldest pods of a Deployment.
    DeletePod is "`deletePod`";
    /// Whose pods.
    "deployment" => deployment: At<ObjectName>,
    /// How many; 1 if absent.
    "count" => count: Option<At<i32>>,
    /// `--grace-period`; the pod's own if absent. `0` kills at once.
    "gracePeriod" => grace_period: Option<At<SimDuration>>,
}

object! {
    /// `kubectl annotate pod --overwrite`, of the oldest or newest pods of a Deployment.
    AnnotatePod is "`annotatePod`";
    /// Whose pods.
    "deployment" => deployment: At<ObjectName>,
    /// How many; 1 if absent.
    "count" => count: Option<At<i32>>,
    /// Whether the newest are meant; the oldest if absent.
    "newest" => newest: Option<At<bool>>,
    /// Values by key; `controller.kubernetes.io/pod-deletion-cost` is the one with an effect.
    "annotations" => annotations: Table<At<String>>,
}

/// The value of an environment variable as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnvValue {
    /// A text, or a number or truth value as a text.
    Text(String),
    /// `null`: the variable goes.
    Removed,
}

impl Read for EnvValue {
    fn read(node: &Node, context: &mut Context) -> Option<EnvValue> {
        Some(match &node.value {
            Value::Null => EnvValue::Removed,
            Value::String(text) => EnvValue::Text(text.clone()),
            Value::Int(number) => EnvValue::Text(number.to_string()),
            Value::Float(number) => EnvValue::Text(number.to_string()),
            Value::Bool(value) => EnvValue::Text(value.to_string()),
            _ => {
                context.wrong(node, "a text", "write `NAME: value`, or `NAME: null` to remove it");
                return None;
            }
        })
    }

    fn schema(_: &mut Definitions) -> serde_json::Value {
        json!({ "type": ["string", "number", "boolean", "null"] })
    }
}
