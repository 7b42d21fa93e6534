//! What if: the form of values that can be changed, and what was changed as edits.

mod knobs;
mod policies;

pub use knobs::knobs;

use crate::api::autoscaling::MetricSpec;
use crate::api::quantity::Quantity;

/// Something that is changed before a take is played again.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// An edit as `--set` takes it.
    Edit(String),
    /// How long an application takes to start.
    StartupTime {
        /// Name of its Deployment.
        deployment: String,
        /// As a Scenario says it, such as `20s`.
        time: String,
    },
    /// A factor on all traffic.
    TrafficScale(String),
}

/// A value that can be changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Knob {
    /// What it belongs to, as in `hpa/shop`.
    pub group: String,
    /// Name of the field.
    pub name: String,
    /// The value as it is; empty if it is not said.
    pub was: String,
    /// The value as typed.
    pub now: String,
    /// What holds where nothing is said, or how it is written.
    pub hint: String,
    /// What a change of it becomes.
    pub kind: KnobKind,
}

/// What a change of a knob becomes.
#[derive(Clone, Debug, PartialEq)]
pub enum KnobKind {
    /// An edit of this address.
    Plain(String),
    /// The target of the metric of that place.
    Target(usize),
    /// A list of policies at this address.
    Policies(String),
    /// The start-up time of this Deployment.
    Startup(String),
    /// The traffic.
    Scale,
}

/// The form.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Form {
    /// All that can be changed.
    pub knobs: Vec<Knob>,
    /// The knob that is typed into.
    pub chosen: usize,
    /// What was wrong the last time.
    pub error: Vec<String>,
    /// Address of the HPA.
    pub(super) hpa: String,
    /// Its metrics, as they are.
    pub(super) metrics: Vec<MetricSpec>,
}

impl Form {
    /// What was changed.
    ///
    /// # Errors
    /// When something typed cannot be read: what is wrong.
    ///
    /// # Panics
    /// Never: metrics can be written as JSON.
    pub fn changes(&self) -> Result<Vec<Change>, String> {
        let mut changes = Vec::new();
        let mut metrics = self.metrics.clone();
        for knob in self.knobs.iter().filter(|knob| knob.now.trim() != knob.was) {
            let now = knob.now.trim();
            match &knob.kind {
                KnobKind::Plain(address) => changes.push(Change::Edit(format!("{address}={now}"))),
                KnobKind::Policies(address) => {
                    let list = policies::parse(now)?;
                    changes.push(Change::Edit(format!("{address}={list}")));
                }
                KnobKind::Target(place) => set_target(&mut metrics[*place], now)?,
                KnobKind::Startup(deployment) => changes.push(Change::StartupTime {
                    deployment: deployment.clone(),
                    time: now.to_owned(),
                }),
                KnobKind::Scale => {
                    let factor = now.parse::<f64>().ok().filter(|it| it.is_finite() && *it >= 0.0);
                    factor.ok_or_else(|| format!("`{now}` is no factor: write one such as 1.5"))?;
                    changes.push(Change::TrafficScale(now.to_owned()));
                }
            }
        }
        if metrics != self.metrics {
            let list = serde_json::to_string(&metrics).expect("metrics are plain data");
            // The list has no merge key: a patch has to say all of it.
            changes.push(Change::Edit(format!("{}:spec.metrics={list}", self.hpa)));
        }
        Ok(changes)
    }

    /// The knob that is typed into.
    pub fn knob(&mut self) -> Option<&mut Knob> {
        self.knobs.get_mut(self.chosen)
    }
}

fn set_target(metric: &mut MetricSpec, text: &str) -> Result<(), String> {
    let Some(target) = target_mut(metric) else { return Ok(()) };
    let quantity = || {
        Quantity::parse(text)
            .map_err(|_| format!("`{text}` is no quantity: write one such as 500m"))
    };
    if target.average_utilization.is_some() {
        let percent = text.trim_end_matches('%').trim().parse::<i32>();
        let percent = percent.map_err(|_| format!("`{text}` is no percentage: write 70"))?;
        target.average_utilization = Some(percent);
    } else if target.average_value.is_some() {
        target.average_value = Some(quantity()?);
    } else {
        target.value = Some(quantity()?);
    }
    Ok(())
}

fn target_mut(metric: &mut MetricSpec) -> Option<&mut crate::api::autoscaling::MetricTarget> {
    if let Some(source) = &mut metric.resource {
        return Some(&mut source.target);
    }
    if let Some(source) = &mut metric.container_resource {
        return Some(&mut source.target);
    }
    if let Some(source) = &mut metric.pods {
        return Some(&mut source.target);
    }
    if let Some(source) = &mut metric.object {
        return Some(&mut source.target);
    }
    metric.external.as_mut().map(|source| &mut source.target)
}
