//! The values of a workload that can be changed.

use super::{Form, Knob, KnobKind, policies};
use crate::api::autoscaling::{HorizontalPodAutoscaler, HpaScalingRules, MetricSpec, MetricTarget};
use crate::api::core::{Container, Probe};
use crate::api::labels::Selector;
use crate::api::policy::PodDisruptionBudget;
use crate::scenario::{DeploymentPlan, Scenario};
use crate::tui::take::Take;

/// The form for a workload of a take, with its values as they are.
pub fn knobs(take: &Take, workload: usize) -> Form {
    let mut form = Form::default();
    let scenario = &take.scenario;
    let Some(plan) = scenario.deployments.get(workload) else { return form };
    let metadata = &plan.object.metadata;
    let report = take.workload(workload);
    let hpa = report.and_then(|report| report.hpa.as_ref()).and_then(|wanted| {
        let is = |hpa: &&HorizontalPodAutoscaler| {
            hpa.metadata.namespace == metadata.namespace && hpa.metadata.name == wanted.name
        };
        scenario.hpas.iter().map(|hpa| &**hpa).find(is)
    });
    if let Some(hpa) = hpa {
        hpa_knobs(scenario, hpa, &mut form);
    }
    if plan.object.spec.strategy.swarm.is_none() {
        deployment_knobs(plan, &mut form);
    }
    let labels = &plan.object.spec.template.metadata.labels;
    let pdbs = scenario.pdbs.iter().filter(|pdb| {
        let selector = Selector::from_label_selector(pdb.spec.selector.as_ref());
        pdb.metadata.namespace == metadata.namespace && selector.matches(labels)
    });
    for pdb in pdbs {
        pdb_knob(pdb, &mut form);
    }
    let name = metadata.name.clone();
    let group = "application";
    form.add(group, "startup time", "", "as the profile says", KnobKind::Startup(name));
    form.add("traffic", "scale", "1", "a factor on all traffic", KnobKind::Scale);
    form
}

impl Form {
    fn add(&mut self, group: &str, name: &str, was: &str, hint: &str, kind: KnobKind) {
        self.knobs.push(Knob {
            group: group.to_owned(),
            name: name.to_owned(),
            was: was.to_owned(),
            now: was.to_owned(),
            hint: hint.to_owned(),
            kind,
        });
    }

    fn plain<T: ToString>(&mut self, at: (&str, &str), path: &str, was: Option<T>, hint: &str) {
        let (group, address) = at;
        let name = path.trim_start_matches("spec.").trim_start_matches("strategy.rollingUpdate.");
        let name = name.trim_start_matches("behavior.");
        let was = was.map_or_else(String::new, |was| was.to_string());
        let kind = KnobKind::Plain(format!("{address}:{path}"));
        self.add(group, name, &was, hint, kind);
    }
}

fn address(kind: &str, namespace: &str, name: &str) -> String {
    format!("{kind}/{namespace}/{name}")
}

fn hpa_knobs(scenario: &Scenario, hpa: &HorizontalPodAutoscaler, form: &mut Form) {
    let (spec, metadata) = (&hpa.spec, &hpa.metadata);
    let group = format!("hpa/{}", metadata.name);
    form.hpa = address("hpa", &metadata.namespace, &metadata.name);
    form.metrics = spec.metrics.clone().unwrap_or_default();
    let own = form.hpa.clone();
    let at = (group.as_str(), own.as_str());
    form.plain(at, "spec.minReplicas", spec.min_replicas, "1");
    form.plain(at, "spec.maxReplicas", Some(spec.max_replicas), "");
    for (place, metric) in form.metrics.clone().iter().enumerate() {
        let (name, was) = target_text(metric);
        form.add(&group, &name, &was, "", KnobKind::Target(place));
    }
    let flags = &scenario.cluster.controller_manager;
    let behavior = spec.behavior.as_ref();
    let up = behavior.and_then(|behavior| behavior.scale_up.as_ref());
    let down = behavior.and_then(|behavior| behavior.scale_down.as_ref());
    let window = flags.downscale_stabilization.as_millis() / 1000;
    let tolerance = flags.tolerance.to_string();
    let (up_hint, down_hint) = match behavior {
        Some(_) => ("100%/15s, 4/15s", "100%/15s"),
        None => ("none: max(2 x now, 4)", "none"),
    };
    rules(form, at, "spec.behavior.scaleUp", up, ["0", up_hint, &tolerance]);
    let window = window.to_string();
    rules(form, at, "spec.behavior.scaleDown", down, [&window, down_hint, &tolerance]);
}

/// Window, policies and tolerance of one direction, with what holds if they are absent.
fn rules(
    form: &mut Form,
    at: (&str, &str),
    path: &str,
    rules: Option<&HpaScalingRules>,
    [window, policy, tolerance]: [&str; 3],
) {
    let own = rules.and_then(|rules| rules.stabilization_window_seconds);
    form.plain(at, &format!("{path}.stabilizationWindowSeconds"), own, window);
    let own = rules.and_then(|rules| rules.policies.as_deref()).map(policies::text);
    let name = format!("{}.policies", path.trim_start_matches("spec.behavior."));
    let kind = KnobKind::Policies(format!("{}:{path}.policies", at.1));
    form.add(at.0, &name, &own.unwrap_or_default(), policy, kind);
    let own = rules.and_then(|rules| rules.tolerance.as_ref());
    form.plain(at, &format!("{path}.tolerance"), own, tolerance);
}

/// `cpu averageUtilization` and its value.
fn target_text(metric: &MetricSpec) -> (String, String) {
    let resource = metric.resource.as_ref().map(|it| (it.name.as_str(), &it.target));
    let container = metric.container_resource.as_ref().map(|it| (it.name.as_str(), &it.target));
    let pods = metric.pods.as_ref().map(|it| (it.metric.name.as_str(), &it.target));
    let object = metric.object.as_ref().map(|it| (it.metric.name.as_str(), &it.target));
    let external = metric.external.as_ref().map(|it| (it.metric.name.as_str(), &it.target));
    let Some((name, target)) = resource.or(container).or(pods).or(object).or(external) else {
        return ("metric".to_owned(), String::new());
    };
    let (field, value) = value_text(target);
    (format!("{name} {field}"), value)
}

fn value_text(target: &MetricTarget) -> (&'static str, String) {
    match (&target.average_utilization, &target.average_value, &target.value) {
        (Some(percent), _, _) => ("averageUtilization", percent.to_string()),
        (_, Some(value), _) => ("averageValue", value.to_string()),
        (_, _, Some(value)) => ("value", value.to_string()),
        (None, None, None) => ("target", String::new()),
    }
}

fn deployment_knobs(plan: &DeploymentPlan, form: &mut Form) {
    let (spec, metadata) = (&plan.object.spec, &plan.object.metadata);
    let group = format!("deployment/{}", metadata.name);
    let own = address("deployment", &metadata.namespace, &metadata.name);
    let at = (group.as_str(), own.as_str());
    if let Some(rolling) = &spec.strategy.rolling_update {
        let (surge, unavailable) = (&rolling.max_surge, &rolling.max_unavailable);
        form.plain(at, "spec.strategy.rollingUpdate.maxSurge", surge.as_ref(), "25%");
        let path = "spec.strategy.rollingUpdate.maxUnavailable";
        form.plain(at, path, unavailable.as_ref(), "25%");
    }
    form.plain(at, "spec.minReadySeconds", Some(spec.min_ready_seconds), "0");
    let Some(container) = spec.template.spec.containers.first() else { return };
    container_knobs(form, at, container);
}

fn container_knobs(form: &mut Form, (group, own): (&str, &str), container: &Container) {
    let path = format!("{own}:spec.template.spec.containers[name={}]", container.name);
    let mut add = |name: &str, field: &str, was: String| {
        form.add(group, name, &was, "", KnobKind::Plain(format!("{path}.{field}")));
    };
    let request = container.resources.requests.get("cpu").map(ToString::to_string);
    add("requests.cpu", "resources.requests.cpu", request.unwrap_or_default());
    let probes: [(&str, Option<&Probe>); 2] = [
        ("readinessProbe", container.readiness_probe.as_ref()),
        ("startupProbe", container.startup_probe.as_ref()),
    ];
    for (name, probe) in probes {
        let Some(probe) = probe else { continue };
        for (field, was) in [
            ("initialDelaySeconds", probe.initial_delay_seconds),
            ("periodSeconds", probe.period_seconds),
            ("failureThreshold", probe.failure_threshold),
        ] {
            let field = format!("{name}.{field}");
            add(&field, &field, was.to_string());
        }
    }
}

fn pdb_knob(pdb: &PodDisruptionBudget, form: &mut Form) {
    let (spec, metadata) = (&pdb.spec, &pdb.metadata);
    let group = format!("pdb/{}", metadata.name);
    let own = address("pdb", &metadata.namespace, &metadata.name);
    let at = (group.as_str(), own.as_str());
    if let Some(most) = &spec.max_unavailable {
        form.plain(at, "spec.maxUnavailable", Some(most), "");
    } else {
        form.plain(at, "spec.minAvailable", spec.min_available.as_ref(), "");
    }
}
