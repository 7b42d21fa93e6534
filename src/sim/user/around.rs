//! What happens around the cluster.

use std::sync::Arc;

use crate::kube::controllers::podautoscaler::metrics::MetricsApi;
use crate::kube::kubelet::images::{Pace, SlowPull};
use crate::scenario::action::{ImagesAction, MetricsAction, Outage, PullPace, SlowPulls};
use crate::sim::Simulation;
use crate::units::SimTime;

impl Simulation<'_> {
    /// Metrics are gone, or back.
    pub(super) fn act_on_metrics(&mut self, what: &MetricsAction) {
        match what {
            MetricsAction::Outage(outage) => self.outages.begin(Arc::clone(outage)),
            MetricsAction::Back(outage) => {
                self.outages.end(outage);
                self.restart_metrics_server(outage);
            }
        }
    }

    /// A server that was gone has forgotten what it had read.
    fn restart_metrics_server(&mut self, outage: &Outage) {
        if outage.restarts && outage.apis.contains(&MetricsApi::Resource) {
            let runs = self.metrics_server.next_at() < SimTime::MAX;
            if runs {
                // It scrapes at once.
                self.metrics_server.restart(&self.cluster, self.cluster.now);
            }
        }
    }

    /// Pulls become slow, or are as before.
    pub(super) fn act_on_images(&mut self, what: &ImagesAction) {
        let kubelet = &mut self.control_plane.below.kubelet;
        match what {
            ImagesAction::Slow(slow) => kubelet.slow_pulls(slow_pull(slow)),
            ImagesAction::Back(slow) => kubelet.usual_pulls(&slow_pull(slow)),
        }
    }
}

fn slow_pull(slow: &SlowPulls) -> SlowPull {
    SlowPull {
        image: slow.image.clone(),
        nodes: slow.nodes.clone(),
        pace: match slow.pace {
            PullPace::Factor(factor) => Pace::Factor(factor),
            PullPace::Takes(takes) => Pace::Takes(takes),
        },
    }
}
