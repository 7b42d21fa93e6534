//! The scale subresource of a target.
//! Mirrors `scaleForResourceMappings` of `pkg/controller/podautoscaler/horizontal.go`, the REST
//! mapper and `k8s.io/client-go/scale` (v1.36). Left out: kinds that clusters add (there are no
//! CustomResourceDefinitions here), and the scale of anything but Deployments.

use std::sync::Arc;

use super::reason::{ScaleFault, ScaleStep};
use crate::api::autoscaling::CrossVersionObjectReference;
use crate::api::labels::{Selector, SelectorError};
use crate::kube::apiserver::{Api, Applied, Cluster, Refused, Write};
use crate::kube::objects::ids::DeploymentId;
use crate::kube::reason::Reason;

/// The scale subresource as read.
#[derive(Clone, Debug)]
pub(super) struct Scale {
    /// `spec.replicas`.
    pub(super) replicas: i32,
    /// `status.replicas`.
    pub(super) status_replicas: i32,
    /// `status.selector`.
    pub(super) selector: ScaleSelector,
}

/// `status.selector` of a scale: a text, or what it would be read as.
#[derive(Clone, Debug)]
pub(super) enum ScaleSelector {
    /// As a script gives it.
    Text(Arc<str>),
    /// As the target has it.
    Known(Arc<Selector>),
}

/// A target of a kind that exists, with a fault where there is none.
#[derive(Clone, Debug)]
pub(super) struct ScaleTarget {
    namespace: Arc<str>,
    name: Box<str>,
    is_deployment: bool,
    /// What the API server says when there is no such object.
    not_found: Arc<str>,
    /// Found before.
    deployment: Option<DeploymentId>,
}

/// Kinds of Kubernetes v1.36 by group: resource, and whether there is a scale subresource.
const KINDS: [(&str, &str, &str, bool); 16] = [
    ("apps", "Deployment", "deployments.apps", true),
    ("apps", "ReplicaSet", "replicasets.apps", true),
    ("apps", "StatefulSet", "statefulsets.apps", true),
    ("apps", "DaemonSet", "daemonsets.apps", false),
    ("apps", "ControllerRevision", "controllerrevisions.apps", false),
    ("", "ReplicationController", "replicationcontrollers", true),
    ("", "Pod", "pods", false),
    ("", "Service", "services", false),
    ("", "ConfigMap", "configmaps", false),
    ("", "Secret", "secrets", false),
    ("", "Namespace", "namespaces", false),
    ("", "Node", "nodes", false),
    ("batch", "Job", "jobs.batch", false),
    ("batch", "CronJob", "cronjobs.batch", false),
    ("networking.k8s.io", "Ingress", "ingresses.networking.k8s.io", false),
    ("autoscaling", "HorizontalPodAutoscaler", "horizontalpodautoscalers.autoscaling", false),
];

impl ScaleTarget {
    /// Finds the kind of a reference. The version in it plays no part.
    pub(super) fn new(
        namespace: &Arc<str>,
        target: &CrossVersionObjectReference,
    ) -> Result<ScaleTarget, ScaleFault> {
        let group = parse_group_version(&target.api_version)?;
        let kind = &target.kind;
        let known = KINDS.iter().find(|known| known.0 == group && known.1 == kind);
        let Some(&(_, _, resource, has_scale)) = known else {
            let error = format!("no matches for kind {kind:?} in group {group:?}");
            return Err(ScaleFault { step: ScaleStep::Mapping, error: error.into() });
        };
        let not_found = if has_scale {
            format!("{resource} {:?} not found", target.name)
        } else {
            "the server could not find the requested resource".to_owned()
        };
        Ok(ScaleTarget {
            namespace: Arc::clone(namespace),
            name: target.name.as_str().into(),
            is_deployment: resource == "deployments.apps",
            not_found: not_found.into(),
            deployment: None,
        })
    }

    /// GET of the scale.
    pub(super) fn get_scale(&mut self, cluster: &Cluster) -> Result<Scale, ScaleFault> {
        let script = &cluster.script;
        if let Some(error) = &script.scale_error {
            return Err(ScaleFault { step: ScaleStep::Get, error: Arc::clone(error) });
        }
        let deployment = self.find(cluster);
        if let Some(scripted) = &script.scale {
            return Ok(Scale {
                replicas: scripted.spec_replicas,
                status_replicas: scripted.status_replicas,
                selector: ScaleSelector::Text(Arc::clone(&scripted.selector)),
            });
        }
        let deployment = deployment.and_then(|id| cluster.deployment(id));
        let deployment = deployment.ok_or_else(|| self.not_found())?;
        Ok(Scale {
            replicas: deployment.replicas(),
            status_replicas: deployment.status.replicas,
            selector: ScaleSelector::Known(Arc::clone(&deployment.selector)),
        })
    }

    /// UPDATE of the scale.
    pub(super) fn update_scale(
        &self,
        api: &mut Api<'_>,
        replicas: i32,
        reason: Reason,
    ) -> Result<Applied, Refused> {
        let deployment = self.deployment.ok_or(Refused::NotFound(Arc::clone(&self.not_found)))?;
        api.write(Write::UpdateScale { deployment, replicas }, reason)
    }

    fn not_found(&self) -> ScaleFault {
        ScaleFault { step: ScaleStep::Get, error: Arc::clone(&self.not_found) }
    }

    fn find(&mut self, cluster: &Cluster) -> Option<DeploymentId> {
        let known = self.deployment.filter(|&id| cluster.deployment(id).is_some());
        if known.is_none() && self.is_deployment {
            let mut deployments = cluster.deployments();
            let found = deployments.find(|deployment| {
                *deployment.metadata.name == *self.name
                    && *deployment.metadata.namespace == *self.namespace
            });
            self.deployment = found.map(|deployment| deployment.id);
        } else {
            self.deployment = known;
        }
        self.deployment
    }
}

/// `schema.ParseGroupVersion`: the group of `group/version`; a version alone has none.
fn parse_group_version(api_version: &str) -> Result<&str, ScaleFault> {
    match api_version.split('/').collect::<Vec<_>>()[..] {
        [_] | ["", ""] => Ok(""),
        [group, _] => Ok(group),
        _ => {
            let error = format!("unexpected GroupVersion string: {api_version}");
            Err(ScaleFault { step: ScaleStep::ApiVersion, error: error.into() })
        }
    }
}

/// The last selector that was read from a text, so that it is not read at every sync.
#[derive(Clone, Debug, Default)]
pub(super) struct ParsedSelector {
    last: Option<(Arc<str>, Parsed)>,
}

/// What a text was read as.
type Parsed = Result<Arc<Selector>, SelectorError>;

impl ParsedSelector {
    /// `labels.Parse`; `None` of an empty text.
    pub(super) fn parse(&mut self, selector: &ScaleSelector) -> Option<Parsed> {
        let text = match selector {
            ScaleSelector::Known(selector) if selector.requirements.is_empty() => return None,
            ScaleSelector::Known(selector) => return Some(Ok(Arc::clone(selector))),
            ScaleSelector::Text(text) if text.is_empty() => return None,
            ScaleSelector::Text(text) => text,
        };
        if let Some((last, parsed)) = &self.last
            && last == text
        {
            return Some(parsed.clone());
        }
        let parsed = Selector::parse(text).map(Arc::new);
        self.last = Some((Arc::clone(text), parsed.clone()));
        Some(parsed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_and_kinds_are_looked_up_as_a_rest_mapper_does() {
        let check = |api_version: &str, kind: &str, expect: &str| {
            let target = CrossVersionObjectReference {
                api_version: api_version.to_owned(),
                kind: kind.to_owned(),
                name: "web".to_owned(),
            };
            let found = ScaleTarget::new(&Arc::from("default"), &target);
            let ours = match &found {
                Ok(target) => target.not_found.to_string(),
                Err(fault) => fault.error.to_string(),
            };
            assert_eq!(ours, expect);
        };
        check("apps/v1", "Deployment", "deployments.apps \"web\" not found");
        check("apps/v7", "StatefulSet", "statefulsets.apps \"web\" not found");
        check("v1", "ReplicationController", "replicationcontrollers \"web\" not found");
        check("", "Deployment", "no matches for kind \"Deployment\" in group \"\"");
        check(
            "extensions/v1beta1",
            "Deployment",
            "no matches for kind \"Deployment\" in group \"extensions\"",
        );
        check(
            "argoproj.io/v1alpha1",
            "Rollout",
            "no matches for kind \"Rollout\" in group \"argoproj.io\"",
        );
        check("a/b/c", "Deployment", "unexpected GroupVersion string: a/b/c");
        check("apps/v1", "DaemonSet", "the server could not find the requested resource");
    }
}
