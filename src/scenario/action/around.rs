//! What happens around the cluster: metrics that cannot be read, slow registries, other loads.

use std::sync::Arc;

use super::nodes::NodeNames;
use crate::kube::controllers::podautoscaler::metrics::MetricsApi;
use crate::units::SimDuration;

/// What happens to the metrics that HPAs read.
#[derive(Clone, Debug, PartialEq)]
pub enum MetricsAction {
    /// They are gone.
    Outage(Arc<Outage>),
    /// An outage ends.
    Back(Arc<Outage>),
}

/// Metrics that are gone.
#[derive(Clone, Debug, PartialEq)]
pub struct Outage {
    /// Of which APIs.
    pub apis: Vec<MetricsApi>,
    /// Hides the pods 0, n, 2n, ... in order of their names, in place of all answers.
    pub hide_every: Option<u32>,
    /// Whether the server comes back without memory; else only nobody reached it.
    pub restarts: bool,
}

/// What happens to the pulling of images.
#[derive(Clone, Debug, PartialEq)]
pub enum ImagesAction {
    /// Pulls become slow.
    Slow(Arc<SlowPulls>),
    /// They are as they were.
    Back(Arc<SlowPulls>),
}

/// Pulls that take longer.
#[derive(Clone, Debug, PartialEq)]
pub struct SlowPulls {
    /// Of which image; of all if absent.
    pub image: Option<Arc<str>>,
    /// On which nodes; on all if absent.
    pub nodes: Option<NodeNames>,
    /// How much longer.
    pub pace: PullPace,
}

/// How long a pull takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PullPace {
    /// So many times as long as otherwise.
    Factor(f64),
    /// So long.
    Takes(SimDuration),
}

/// What happens to the traffic. The loads of the Scenario have it in them.
#[derive(Clone, Debug, PartialEq)]
pub enum TrafficAction {
    /// So many times as much.
    Scale {
        /// The factor.
        factor: f64,
        /// Whose, in words.
        whose: Arc<str>,
    },
    /// As it would be without.
    Back {
        /// Whose, in words.
        whose: Arc<str>,
    },
}

impl MetricsAction {
    /// What happens, in a few words.
    pub(super) fn title(&self) -> String {
        match self {
            MetricsAction::Outage(outage) => match outage.hide_every {
                Some(1) => format!("no pod has {}", outage.named()),
                Some(n) => format!("1 of {n} pods has no {}", outage.named()),
                None => format!("{} are gone", outage.named()),
            },
            MetricsAction::Back(outage) => format!("{} are back", outage.named()),
        }
    }
}

impl Outage {
    /// `resource metrics`, `custom and external metrics`.
    fn named(&self) -> String {
        let word = |api: &MetricsApi| match api {
            MetricsApi::Resource => "resource",
            MetricsApi::Custom => "custom",
            MetricsApi::External => "external",
        };
        let words: Vec<&str> = self.apis.iter().map(word).collect();
        format!("{} metrics", words.join(" and "))
    }
}

impl ImagesAction {
    /// What happens, in a few words.
    pub(super) fn title(&self) -> String {
        let (ImagesAction::Slow(slow) | ImagesAction::Back(slow)) = self;
        let what = slow.image.as_ref().map_or_else(|| "images".to_owned(), ToString::to_string);
        let place = slow
            .nodes
            .as_ref()
            .map_or_else(String::new, |nodes| format!(" on {}", super::nodes::listed(nodes)));
        match (self, slow.pace) {
            (ImagesAction::Back(_), _) => format!("pulls of {what}{place} are as before"),
            (_, PullPace::Factor(factor)) => {
                format!("pulls of {what}{place} take {factor} times as long")
            }
            (_, PullPace::Takes(takes)) => format!("pulls of {what}{place} take {takes}"),
        }
    }
}

impl TrafficAction {
    /// What happens, in a few words.
    pub(super) fn title(&self) -> String {
        match self {
            TrafficAction::Scale { factor, whose } if *factor == 0.0 => format!("{whose} stops"),
            TrafficAction::Scale { factor, whose } => format!("{whose} times {factor}"),
            TrafficAction::Back { whose } => format!("{whose} as before"),
        }
    }
}
