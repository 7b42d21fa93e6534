//! `deploy` of a service: how many tasks, how they are replaced and restarted, what they may use.
//! Mirrors `convertUpdateConfig`, `convertRestartPolicy` and `convertResources` of
//! `cli/compose/convert/service.go` of docker/cli.

use super::keys;
use super::reader::{Field, Reader};
use super::units::{parse_bytes, parse_cpus};
use crate::api::core::ResourceRequirements;
use crate::api::quantity::{Format, Quantity};
use crate::api::swarm::{
    FailureAction, RestartCondition, RestartPolicy, ServiceMode, ServiceStrategy, UpdateConfig,
    UpdateOrder,
};
use crate::diagnostic::Diagnostic;
use crate::units::SimDuration;

/// The most replicas that may be written; how many can be simulated is said elsewhere.
const REPLICAS_MAX: i64 = i32::MAX as i64;
/// Restarts without any wait would be without end.
const RESTART_DELAY_MIN: SimDuration = SimDuration::from_millis(100);

impl Reader<'_> {
    /// Mode and number of tasks; none for modes that are not simulated.
    pub(super) fn mode(
        &mut self,
        service: &Field<'_>,
        deploy: Option<&Field<'_>>,
    ) -> Option<(ServiceMode, i32)> {
        let known = [
            ("replicated", Some(ServiceMode::Replicated)),
            ("global", Some(ServiceMode::Global)),
            ("replicated-job", None),
            ("global-job", None),
        ];
        let written = deploy.and_then(|deploy| self.choice(deploy, "mode", &known));
        let mode = match written {
            Some(None) => {
                self.job(service);
                return None;
            }
            Some(Some(mode)) => mode,
            None => ServiceMode::Replicated,
        };
        let own = deploy.and_then(|deploy| self.count(deploy, "replicas", REPLICAS_MAX));
        if let (ServiceMode::Global, Some(field)) =
            (mode, deploy.and_then(|deploy| deploy.get("replicas")))
        {
            let why = "replicas can only be used with replicated mode";
            self.refuse(&field, why, "leave `replicas` out, or write `mode: replicated`");
        }
        // Of files before version 3.
        let replicas = own.or_else(|| self.count(service, "scale", REPLICAS_MAX));
        Some((mode, replicas.unwrap_or(1) as i32))
    }

    fn job(&mut self, service: &Field<'_>) {
        let message = format!("`{}` is a job, which is not simulated", service.path);
        self.report(
            Diagnostic::warning("workload-not-simulated", message)
                .at(service.node.span.clone(), "it is left out"),
        );
    }

    /// How tasks are replaced.
    pub(super) fn strategy(
        &mut self,
        mode: ServiceMode,
        deploy: Option<&Field<'_>>,
    ) -> ServiceStrategy {
        let update = self.update_config(deploy, "update_config");
        let rollback = self.update_config(deploy, "rollback_config");
        ServiceStrategy { mode, update, rollback }
    }

    fn update_config(&mut self, deploy: Option<&Field<'_>>, key: &str) -> UpdateConfig {
        let mut config = UpdateConfig::default();
        let field = deploy.and_then(|deploy| self.part(deploy, key, keys::UPDATE, |_| None));
        let Some(field) = field else { return config };
        if let Some(parallelism) = self.count(&field, "parallelism", i64::from(u32::MAX)) {
            config.parallelism = parallelism as u32;
        }
        config.delay = self.duration(&field, "delay").unwrap_or(config.delay);
        // 0 stands for the engine's own default.
        let monitor = self.duration(&field, "monitor").filter(|monitor| monitor.0 > 0);
        config.monitor = monitor.unwrap_or(config.monitor);
        let actions = [
            ("pause", FailureAction::Pause),
            ("continue", FailureAction::Continue),
            ("rollback", FailureAction::Rollback),
        ];
        let actions = if key == "update_config" { &actions[..] } else { &actions[..2] };
        config.failure_action =
            self.choice(&field, "failure_action", actions).unwrap_or(config.failure_action);
        let orders =
            [("stop-first", UpdateOrder::StopFirst), ("start-first", UpdateOrder::StartFirst)];
        config.order = self.choice(&field, "order", &orders).unwrap_or(config.order);
        config.max_failure_ratio = self.ratio(&field).unwrap_or(config.max_failure_ratio);
        config
    }

    fn ratio(&mut self, field: &Field<'_>) -> Option<f32> {
        let help = "write a share from 0 to 1, such as `0.1`";
        self.value(field, "max_failure_ratio", "a share", help, |text| {
            let ratio: f32 = text.trim().parse().map_err(|_| "not a number".to_owned())?;
            if (0.0..=1.0).contains(&ratio) { Ok(ratio) } else { Err("out of range".to_owned()) }
        })
    }

    /// When tasks that have ended are followed by others.
    pub(super) fn restart_policy(&mut self, deploy: Option<&Field<'_>>) -> RestartPolicy {
        let mut policy = RestartPolicy::default();
        let field =
            deploy.and_then(|deploy| self.part(deploy, "restart_policy", keys::RESTART, |_| None));
        let Some(field) = field else { return policy };
        let conditions = [
            ("none", RestartCondition::None),
            ("on-failure", RestartCondition::OnFailure),
            ("any", RestartCondition::Any),
        ];
        policy.condition = self.choice(&field, "condition", &conditions).unwrap_or_default();
        if let Some(delay) = self.duration(&field, "delay") {
            policy.delay = delay.max(RESTART_DELAY_MIN);
        }
        if let Some(attempts) = self.count(&field, "max_attempts", i64::from(u32::MAX)) {
            policy.max_attempts = attempts as u64;
        }
        policy.window = self.duration(&field, "window").unwrap_or(policy.window);
        policy
    }

    /// What a task may use and what is set aside for it. `deploy.resources` comes before the keys
    /// of files of version 2, which a stack refuses and which mean the same.
    pub(super) fn resources(
        &mut self,
        service: &Field<'_>,
        deploy: Option<&Field<'_>>,
    ) -> ResourceRequirements {
        let mut resources = ResourceRequirements::default();
        let field =
            deploy.and_then(|deploy| self.part(deploy, "resources", keys::RESOURCES, |_| None));
        let sides = [("limits", &mut resources.limits), ("reservations", &mut resources.requests)];
        for (side, list) in sides {
            let part =
                field.as_ref().and_then(|field| self.part(field, side, keys::AMOUNTS, |_| None));
            let mut amount = |name: &str, found: Option<Quantity>| {
                list.extend(found.map(|quantity| (name.to_owned(), quantity)));
            };
            let cpu = part.as_ref().and_then(|part| self.cpus(part, "cpus"));
            let memory = part.as_ref().and_then(|part| self.memory(part, "memory"));
            let (old_cpu, old_memory) = match side {
                "limits" => (Some("cpus"), "mem_limit"),
                _ => (None, "mem_reservation"),
            };
            amount("cpu", cpu.or_else(|| self.cpus(service, old_cpu?)));
            amount("memory", memory.or_else(|| self.memory(service, old_memory)));
        }
        resources
    }

    /// 0 is no limit.
    fn cpus(&mut self, field: &Field<'_>, key: &str) -> Option<Quantity> {
        let help = "write a number of cores, such as `\"0.5\"`";
        let milli = self.value(field, key, "a number of cores", help, parse_cpus)?;
        (milli > 0).then(|| Quantity::from_milli(milli, Format::DecimalSi))
    }

    fn memory(&mut self, field: &Field<'_>, key: &str) -> Option<Quantity> {
        let help = "write bytes with a unit, such as `512M`";
        let bytes = self.value(field, key, "an amount of memory", help, parse_bytes)?;
        (bytes > 0).then(|| Quantity::new(bytes, Format::BinarySi))
    }
}
