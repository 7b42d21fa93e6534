//! `spec.events`, `spec.metrics` and the small rest of a Scenario as written.

mod around;
mod nodes;
mod objects;
mod services;
mod workload;

use serde_json::json;

use super::read::{At, Context, Definitions, Read, Table, object};
use super::scalar::ObjectName;
use super::traffic::Trace;
use crate::manifest::yaml::{Node, Value};
use crate::units::{SimDuration, SimTime};

pub use around::{MetricsOutage, SlowImagePull, TrafficScale};
pub use nodes::{AddNodes, Drain, FailNode, SomeNodes, TaintNodes};
pub use objects::{EditHpa, EditObject, EditPdb, Written};
pub use services::{SwitchSelector, UpdateService};
pub use workload::{
    Amounts, AnnotatePod, Apply, DeletePod, EnvValue, Rollout, Scale, SetEnv, SetImage,
    SetResources, Undo,
};

object! {
    /// Something that happens: exactly one action at an instant.
    Event is "an event";
    /// When.
    "at" => at: At<SimTime>,
    /// How often it happens again, until the end; once if absent.
    "every" => every: Option<At<SimDuration>>,
    /// A name, for charts.
    "name" => name: Option<At<String>>,
    /// `kubectl scale`.
    "scale" => scale: Option<At<Scale>>,
    /// `kubectl apply`.
    "apply" => apply: Option<At<Apply>>,
    /// `kubectl set image`.
    "setImage" => set_image: Option<At<SetImage>>,
    /// `kubectl set env`.
    "setEnv" => set_env: Option<At<SetEnv>>,
    /// `kubectl set resources`.
    "setResources" => set_resources: Option<At<SetResources>>,
    /// `kubectl drain`.
    "drain" => drain: Option<At<Drain>>,
    /// `kubectl cordon`.
    "cordon" => cordon: Option<At<SomeNodes>>,
    /// `kubectl uncordon`.
    "uncordon" => uncordon: Option<At<SomeNodes>>,
    /// `kubectl taint nodes`.
    "taint" => taint: Option<At<TaintNodes>>,
    /// `kubectl rollout pause`.
    "pause" => pause: Option<At<Rollout>>,
    /// `kubectl rollout resume`.
    "resume" => resume: Option<At<Rollout>>,
    /// `kubectl rollout undo`.
    "undo" => undo: Option<At<Undo>>,
    /// `kubectl rollout restart`.
    "restart" => restart: Option<At<Rollout>>,
    /// `kubectl delete pod`.
    "deletePod" => delete_pod: Option<At<DeletePod>>,
    /// `kubectl annotate pod`.
    "annotatePod" => annotate_pod: Option<At<AnnotatePod>>,
    /// A node that falls silent.
    "failNode" => fail_node: Option<At<FailNode>>,
    /// A node that is back.
    "recoverNode" => recover_node: Option<At<SomeNodes>>,
    /// `kubectl delete node`.
    "deleteNode" => delete_node: Option<At<SomeNodes>>,
    /// Nodes that join.
    "addNodes" => add_nodes: Option<At<AddNodes>>,
    /// Another selector of a Service.
    "switchSelector" => switch_selector: Option<At<SwitchSelector>>,
    /// `docker service update`.
    "updateService" => update_service: Option<At<UpdateService>>,
    /// A change of any object.
    "edit" => edit: Option<At<EditObject>>,
    /// `kubectl edit hpa`.
    "editHpa" => edit_hpa: Option<At<EditHpa>>,
    /// `kubectl edit pdb`.
    "editPdb" => edit_pdb: Option<At<EditPdb>>,
    /// Metrics that HPAs cannot read.
    "metricsOutage" => metrics_outage: Option<At<MetricsOutage>>,
    /// Images that take longer to pull.
    "slowImagePull" => slow_image_pull: Option<At<SlowImagePull>>,
    /// More or less traffic.
    "trafficScale" => traffic_scale: Option<At<TrafficScale>>,
}

impl Event {
    /// The actions that were written, by name.
    pub fn actions(&self) -> Vec<&'static str> {
        let actions = [
            ("scale", self.scale.is_some()),
            ("apply", self.apply.is_some()),
            ("setImage", self.set_image.is_some()),
            ("setEnv", self.set_env.is_some()),
            ("setResources", self.set_resources.is_some()),
            ("drain", self.drain.is_some()),
            ("cordon", self.cordon.is_some()),
            ("uncordon", self.uncordon.is_some()),
            ("taint", self.taint.is_some()),
            ("pause", self.pause.is_some()),
            ("resume", self.resume.is_some()),
            ("undo", self.undo.is_some()),
            ("restart", self.restart.is_some()),
            ("deletePod", self.delete_pod.is_some()),
            ("annotatePod", self.annotate_pod.is_some()),
            ("failNode", self.fail_node.is_some()),
            ("recoverNode", self.recover_node.is_some()),
            ("deleteNode", self.delete_node.is_some()),
            ("addNodes", self.add_nodes.is_some()),
            ("switchSelector", self.switch_selector.is_some()),
            ("updateService", self.update_service.is_some()),
            ("edit", self.edit.is_some()),
            ("editHpa", self.edit_hpa.is_some()),
            ("editPdb", self.edit_pdb.is_some()),
            ("metricsOutage", self.metrics_outage.is_some()),
            ("slowImagePull", self.slow_image_pull.is_some()),
            ("trafficScale", self.traffic_scale.is_some()),
        ];
        actions.into_iter().filter(|action| action.1).map(|action| action.0).collect()
    }

    /// How long it lasts, if it is something that ends.
    pub fn lasts(&self) -> Option<SimDuration> {
        let spans = [
            self.metrics_outage.as_ref().and_then(|outage| outage.value.lasts.as_ref()),
            self.slow_image_pull.as_ref().and_then(|slow| slow.value.lasts.as_ref()),
            self.traffic_scale.as_ref().and_then(|scale| scale.value.lasts.as_ref()),
        ];
        spans.into_iter().flatten().map(|span| span.value).next()
    }
}

object! {
    /// A custom or external metric, made from the load model.
    Metric is "a metric";
    /// `Pods`, `Object` or `External`, as in the HPA.
    "type" => type_: At<String>,
    /// Name of the metric, as in the HPA.
    "name" => name: At<String>,
    /// Labels of the series, for `External`.
    "selector" => selector: Table<At<String>>,
    /// The object that is measured, for `Object`.
    "describedObject" => described_object: Option<DescribedObject>,
    /// Whose traffic is measured, where there are several; the traffic to the HPA's own pods if
    /// absent.
    "of" => of: Option<Source>,
    /// `served`, `offered`, `backlog`, `latency.p95`, or a recording: `{trace: FILE}`.
    "from" => from: At<Measured>,
    /// How often it is measured; the mean over it is answered. 30 s if absent.
    "period" => period: Option<At<SimDuration>>,
    /// How old an answer is at least; 0 if absent.
    "delay" => delay: Option<At<SimDuration>>,
}

object! {
    /// The object that an `Object` metric is about.
    DescribedObject is "`describedObject`";
    /// Its kind; any if absent.
    "kind" => kind: Option<At<String>>,
    /// Its name; any if absent.
    "name" => name: Option<At<String>>,
    /// Its API version, which does not matter.
    "apiVersion" => api_version: Option<At<String>>,
}

object! {
    /// Whose traffic a metric measures: exactly one of these, as in `to` of the traffic.
    Source is "`of`";
    /// A Service with traffic.
    "service" => service: Option<At<ObjectName>>,
    /// A Deployment with traffic.
    "deployment" => deployment: Option<At<ObjectName>>,
    /// A queue with traffic.
    "queue" => queue: Option<At<String>>,
}

/// What a metric measures.
#[derive(Clone, Debug, PartialEq)]
pub enum Measured {
    /// `served`, `offered`, `backlog` or `latency.p95`.
    Model(String),
    /// A recording of the metric itself.
    Trace(Box<MeasuredTrace>),
}

object! {
    /// A recording of the metric itself.
    MeasuredTrace is "`from`";
    /// The recording.
    "trace" => trace: At<super::traffic::Short<Trace>>,
}

impl Read for Measured {
    fn read(node: &Node, context: &mut Context) -> Option<Measured> {
        match &node.value {
            Value::String(text) => Some(Measured::Model(text.clone())),
            _ => MeasuredTrace::read(node, context).map(|map| Measured::Trace(Box::new(map))),
        }
    }

    fn schema(definitions: &mut Definitions) -> serde_json::Value {
        let map = MeasuredTrace::schema(definitions);
        json!({ "anyOf": [{ "enum": ["served", "offered", "backlog", "latency.p95"] }, map] })
    }
}

object! {
    /// What resources cost, in any currency.
    Prices is "`prices`";
    /// One requested core for an hour.
    "cpuHour" => cpu_hour: At<f64>,
    /// One requested GiB of memory for an hour.
    "gibHour" => gib_hour: At<f64>,
}

object! {
    /// What must hold.
    Assertion is "an assertion";
    /// What it says, in words.
    "name" => name: Option<At<String>>,
    /// An expression of the Common Expression Language.
    "expr" => expr: At<String>,
}
