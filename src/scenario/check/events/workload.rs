//! Events of Deployments and their pods.

use std::sync::Arc;

use crate::api::core::{Container, EnvVar, ResourceList, ResourceRequirements};
use crate::api::quantity::{Format, Quantity};
use crate::diagnostic::{Diagnostic, Span};
use crate::kube::kubectl::set::beyond_limit;
use crate::kube::objects::pod::POD_DELETION_COST;
use crate::scenario::Action;
use crate::scenario::action::{DeploymentAction, DeploymentEdit, PodAction, Pods};
use crate::scenario::check::{Checker, MAX_PODS, clip};
use crate::scenario::file::event::{
    Amounts, AnnotatePod, DeletePod, EnvValue, Event, Scale, SetEnv, SetImage, SetResources, Undo,
};
use crate::scenario::file::read::{At, Named};

impl Checker<'_> {
    /// What an event does to Deployments and pods, if it does.
    pub(super) fn workload_actions(&mut self, written: &Event) -> Vec<Action> {
        if let Some(annotate) = &written.annotate_pod {
            return self.annotate_pod(annotate);
        }
        let action = if let Some(scale) = &written.scale {
            self.scale(&scale.value)
        } else if let Some(set_image) = &written.set_image {
            self.set_image(&set_image.value)
        } else if let Some(set_env) = &written.set_env {
            self.set_env(set_env)
        } else if let Some(set_resources) = &written.set_resources {
            self.set_resources(set_resources)
        } else if let Some(undo) = &written.undo {
            self.undo(undo)
        } else if let Some(delete_pod) = &written.delete_pod {
            self.delete_pod(&delete_pod.value)
        } else {
            self.rollout(written)
        };
        action.into_iter().collect()
    }

    /// `pause`, `resume` or `restart`.
    fn rollout(&mut self, written: &Event) -> Option<Action> {
        let kinds = [
            ("pause", &written.pause, DeploymentAction::Pause),
            ("resume", &written.resume, DeploymentAction::Resume),
            ("restart", &written.restart, DeploymentAction::Restart),
        ];
        let found =
            kinds.into_iter().find_map(|(name, event, what)| Some((name, event.as_ref()?, what)));
        let (name, event, what) = found?;
        let deployment = self.deployment(&event.value.deployment)?;
        if !matches!(what, DeploymentAction::Restart) {
            self.is_of_kubernetes(deployment, name, &event.span)?;
        }
        Some(Action::Deployment { deployment, what })
    }

    fn undo(&mut self, undo: &At<Undo>) -> Option<Action> {
        let deployment = self.deployment(&undo.value.deployment)?;
        self.is_of_kubernetes(deployment, "undo", &undo.span)?;
        let to_revision =
            undo.value.to_revision.as_ref().map_or(0, |revision| revision.value.into());
        Some(Action::Deployment { deployment, what: DeploymentAction::Undo { to_revision } })
    }

    /// Reports what Docker Swarm does not know.
    fn is_of_kubernetes(&mut self, deployment: u32, action: &str, span: &Span) -> Option<()> {
        let object = &self.input.objects.deployments[deployment as usize].object;
        if object.spec.strategy.swarm.is_none() {
            return Some(());
        }
        let name = &object.metadata.name;
        let message = format!("`{name}` is a service of Docker Swarm, which has no `{action}`");
        self.report(
            Diagnostic::error("scenario-event", message)
                .at(span.clone(), "")
                .help("`setImage`, `setEnv`, `scale` and `restart` change such a service"),
        );
        None
    }

    /// The container of that name, or the only one; `asked` says what for.
    fn container(
        &mut self,
        deployment: u32,
        name: Option<&At<String>>,
        (span, asked): (&Span, &str),
    ) -> Option<Arc<str>> {
        if let Some(name) = name {
            return self.known_container(deployment, name);
        }
        let pod = &self.input.objects.deployments[deployment as usize].object.spec.template.spec;
        if let [only] = pod.containers.as_slice() {
            return Some(Arc::from(only.name.as_str()));
        }
        let names: Vec<&str> = pod.containers.iter().map(|one| one.name.as_str()).collect();
        let help = format!("add `container: NAME`, one of {}", names.join(", "));
        self.report(
            Diagnostic::error("scenario-event", format!("it is not clear whose {asked} this is"))
                .at(span.clone(), "")
                .help(help),
        );
        None
    }

    fn known_container(&mut self, deployment: u32, name: &At<String>) -> Option<Arc<str>> {
        let pod = &self.input.objects.deployments[deployment as usize].object.spec.template.spec;
        let mut all = pod.init_containers.iter().chain(&pod.containers);
        if !all.any(|one| one.name == name.value) {
            self.unknown_container(name, pod);
            return None;
        }
        Some(Arc::from(name.value.as_str()))
    }

    fn set_image(&mut self, written: &SetImage) -> Option<Action> {
        let deployment = self.deployment(&written.deployment)?;
        let asked = (&written.image.span, "image");
        let container = self.container(deployment, written.container.as_ref(), asked)?;
        if written.image.value.trim().is_empty() {
            self.report(
                Diagnostic::error("scenario-event", "an image has a name")
                    .at(written.image.span.clone(), "this one is empty"),
            );
            return None;
        }
        let image = Arc::from(written.image.value.as_str());
        Some(edit(deployment, DeploymentEdit::Image { container, image }))
    }

    fn set_env(&mut self, written: &At<SetEnv>) -> Option<Action> {
        let SetEnv { deployment, container, env, .. } = &written.value;
        let deployment = self.deployment(deployment)?;
        let container = match container {
            Some(name) => Some(self.known_container(deployment, name)?),
            None => None,
        };
        if env.0.is_empty() {
            let finding = Diagnostic::error("scenario-event", "`setEnv` changes nothing")
                .at(written.span.clone(), "")
                .help("name variables: `env: {NAME: value}`");
            self.report_absence(finding);
            return None;
        }
        for Named { name, .. } in &env.0 {
            if name.value.is_empty() || name.value.contains('=') {
                self.report(
                    Diagnostic::error("scenario-event", "this is no name of a variable")
                        .at(name.span.clone(), "")
                        .help("write letters, digits and `_`"),
                );
                return None;
            }
        }
        let (mut variables, mut removed) = (Vec::new(), Vec::new());
        for Named { name, value } in &env.0 {
            let name = name.value.clone();
            match value {
                EnvValue::Text(value) => variables.push(EnvVar { name, value: value.clone() }),
                EnvValue::Removed => removed.push(name),
            }
        }
        Some(edit(deployment, DeploymentEdit::Env { container, variables, removed }))
    }

    fn set_resources(&mut self, written: &At<SetResources>) -> Option<Action> {
        let SetResources { deployment, container, requests, limits, .. } = &written.value;
        let deployment = self.deployment(deployment)?;
        let container = match container {
            Some(name) => Some(self.known_container(deployment, name)?),
            None => None,
        };
        let amounts = ResourceRequirements {
            requests: requests.as_ref().map(resource_list).unwrap_or_default(),
            limits: limits.as_ref().map(resource_list).unwrap_or_default(),
        };
        if amounts.requests.is_empty() && amounts.limits.is_empty() {
            let finding = Diagnostic::error("scenario-event", "`setResources` changes nothing")
                .at(written.span.clone(), "")
                .help("name amounts: `requests: {cpu: 500m}`, `limits: {memory: 1Gi}`");
            self.report_absence(finding);
            return None;
        }
        let pod = &self.input.objects.deployments[deployment as usize].object.spec.template.spec;
        let all = pod.init_containers.iter().chain(&pod.containers);
        let is_asked = |one: &&Container| container.as_deref().is_none_or(|name| one.name == name);
        // What other events change is not known here; a run tells what is refused then.
        let events = self.input.file.spec.events.iter();
        let changes = |event: &&Event| event.set_resources.is_some() || event.apply.is_some();
        let is_only = events.filter(changes).count() == 1;
        if is_only
            && let Some(why) = all.filter(is_asked).find_map(|one| beyond_limit(one, &amounts))
        {
            self.report(
                Diagnostic::error("scenario-event", why)
                    .at(written.span.clone(), "the API server refuses this")
                    .help("raise the limit too: `limits: {...}`"),
            );
            return None;
        }
        let amounts = Box::new(amounts);
        Some(edit(deployment, DeploymentEdit::Resources { container, amounts }))
    }

    fn scale(&mut self, scale: &Scale) -> Option<Action> {
        let deployment = self.deployment(&scale.deployment);
        let replicas = self.count("replicas", &scale.replicas, 0)?;
        let what = DeploymentAction::Scale(replicas);
        Some(Action::Deployment { deployment: deployment?, what })
    }

    fn delete_pod(&mut self, written: &DeletePod) -> Option<Action> {
        let deployment = self.deployment(&written.deployment);
        let count = match &written.count {
            Some(count) => self.count("count", count, 1)? as u32,
            None => 1,
        };
        // Whole seconds, as kubectl takes them.
        let seconds = |span: i64| span.div_euclid(1000) + i64::from(span.rem_euclid(1000) > 0);
        let grace_period_seconds = written.grace_period.as_ref().map(|span| seconds(span.value.0));
        Some(Action::Pod {
            which: Pods::OldestOf { deployment: deployment?, count },
            what: PodAction::Delete { grace_period_seconds },
        })
    }

    fn annotate_pod(&mut self, written: &At<AnnotatePod>) -> Vec<Action> {
        let AnnotatePod { deployment, count, newest, annotations, .. } = &written.value;
        let deployment = self.deployment(deployment);
        let count = match count {
            Some(count) => self.count("count", count, 1),
            None => Some(1),
        };
        let (Some(deployment), Some(count)) = (deployment, count) else { return Vec::new() };
        let count = count as u32;
        let is_newest = newest.as_ref().is_some_and(|newest| newest.value);
        let which = if is_newest {
            Pods::NewestOf { deployment, count }
        } else {
            Pods::OldestOf { deployment, count }
        };
        if annotations.0.is_empty() {
            let finding = Diagnostic::error("scenario-event", "`annotatePod` changes nothing")
                .at(written.span.clone(), "")
                .help(format!("write `annotations: {{{POD_DELETION_COST}: \"-10\"}}`"));
            self.report_absence(finding);
        }
        let mut actions = Vec::new();
        for Named { name, value } in &annotations.0 {
            if name.value != POD_DELETION_COST {
                let message = format!("the annotation `{}` has no effect here", clip(&name.value));
                self.report(
                    Diagnostic::warning("annotation-without-effect", message)
                        .at(name.span.clone(), "")
                        .help(format!("`{POD_DELETION_COST}` has one")),
                );
            } else if value.value.parse::<i32>().is_err() {
                self.report(
                    Diagnostic::error("scenario-value", "a deletion cost is a whole number")
                        .at(value.span.clone(), "the API server refuses this")
                        .help("write one from -2147483648 to 2147483647, in quotes"),
                );
            } else {
                let (name, value) = (name.value.as_str().into(), value.value.as_str().into());
                actions.push(Action::Pod { which, what: PodAction::Annotation { name, value } });
            }
        }
        actions
    }

    /// A number of pods that is not too large.
    fn count(&mut self, field: &str, written: &At<i32>, least: i64) -> Option<i32> {
        if !(least..=MAX_PODS).contains(&i64::from(written.value)) {
            self.report(
                Diagnostic::error("scenario-value", format!("`{field}` is out of range"))
                    .at(written.span.clone(), "")
                    .help(format!("write {least} to {MAX_PODS}")),
            );
            return None;
        }
        Some(written.value)
    }
}

fn edit(deployment: u32, edit: DeploymentEdit) -> Action {
    Action::Deployment { deployment, what: DeploymentAction::Edit(edit) }
}

fn resource_list(amounts: &Amounts) -> ResourceList {
    let cpu = amounts.cpu.as_ref().map(|cpu| Quantity::from_milli(cpu.value.0, Format::DecimalSi));
    let bytes = |bytes: i64| Quantity::from_milli(bytes.saturating_mul(1000), Format::BinarySi);
    let memory = amounts.memory.as_ref().map(|memory| bytes(memory.value.0));
    let named = |name: &str, amount: Option<Quantity>| amount.map(|it| (name.to_owned(), it));
    named("cpu", cpu).into_iter().chain(named("memory", memory)).collect()
}
