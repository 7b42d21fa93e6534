//! Flags of kube-controller-manager that are about nodes.

use super::Checker;
use crate::diagnostic::Diagnostic;
use crate::kube::controllers::node_lifecycle::config::NodeLifecycleConfiguration;
use crate::scenario::file::cluster::ControllerManager;
use crate::scenario::file::read::At;
use crate::units::SimDuration;

/// Highest rate that a flag may ask for [1/s].
const RATE_MAX: f64 = 1000.0;

impl Checker<'_> {
    pub(super) fn node_flags(
        &mut self,
        written: Option<&ControllerManager>,
        duration: SimDuration,
    ) -> NodeLifecycleConfiguration {
        let mut flags = NodeLifecycleConfiguration::default();
        let Some(written) = written else { return flags };
        let second = SimDuration::from_secs(1);
        if let Some(period) = &written.node_monitor_period {
            self.period("node-monitor-period", period, second, duration);
            flags.node_monitor_period = period.value.max(second);
        }
        if let Some(grace) = &written.node_monitor_grace_period {
            let longest = duration.max(grace.value);
            self.period("node-monitor-grace-period", grace, second, longest);
            flags.node_monitor_grace_period = grace.value;
        }
        let (rate, share) = ((RATE_MAX, "0.1"), (1.0, "0.55"));
        let slow = written.secondary_node_eviction_rate.as_ref();
        let threshold = written.unhealthy_zone_threshold.as_ref();
        self.number(written.node_eviction_rate.as_ref(), rate, &mut flags.node_eviction_rate);
        self.number(slow, rate, &mut flags.secondary_node_eviction_rate);
        self.number(threshold, share, &mut flags.unhealthy_zone_threshold);
        if let Some(large) = &written.large_cluster_size_threshold {
            flags.large_cluster_size_threshold = large.value.max(0);
        }
        flags
    }

    /// A number from 0 up to a bound.
    fn number(&mut self, flag: Option<&At<f64>>, (most, such_as): (f64, &str), value: &mut f32) {
        let Some(flag) = flag else { return };
        if !(0.0..=most).contains(&flag.value) {
            self.report(
                Diagnostic::error("scenario-value", "this flag is out of range")
                    .at(flag.span.clone(), format!("not within 0 and {most}"))
                    .help(format!("write a number such as `{such_as}`")),
            );
            return;
        }
        *value = flag.value as f32;
    }
}
