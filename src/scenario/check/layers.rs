//! Layers as written -> layers of the load model.

use super::{Checker, unit_of};
use crate::diagnostic::{Diagnostic, Span};
use crate::scenario::file::read::At;
use crate::scenario::file::scalar::{Amount, Share, TimeOfDay};
use crate::scenario::file::traffic::{self as written, Layer as Written};
use crate::units::{SimDuration, SimTime};
use crate::workload::traffic::{DailyCurve, Layer, Rate, RatePoint, WallClock};

/// What a rate is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RateUnit {
    /// Requests/s.
    Requests,
    /// Cores of CPU work.
    Cores,
}

/// A layer, and when it last changes by plan.
#[derive(Clone, Debug)]
pub(super) struct Converted {
    pub(super) layer: Layer,
    pub(super) last_change: SimTime,
    pub(super) span: Span,
}

/// What conversion needs to know.
#[derive(Clone, Copy, Debug)]
pub(super) struct LayerContext {
    pub(super) unit: RateUnit,
    pub(super) clock: WallClock,
}

/// The unit of the first rate of some layers.
pub(super) fn unit_of_layers(layers: &[Written]) -> RateUnit {
    let unit = layers.iter().find_map(first_amount);
    if matches!(unit, Some(Amount::Cores(_))) { RateUnit::Cores } else { RateUnit::Requests }
}

fn first_amount(layer: &Written) -> Option<Amount> {
    let amounts = [
        layer.constant.as_ref().map(|constant| constant.value),
        layer.ramp.as_ref().map(|ramp| ramp.value.to.value),
        layer.step.as_ref().map(|step| step.value.rate.value),
        layer.stages.as_ref().and_then(|stages| Some(stages.value.points.first()?.value.rate)),
        layer.sine.as_ref().map(|sine| sine.value.mean.value),
        layer.daily.as_ref().and_then(|daily| Some(daily.value.high.as_ref()?.value)),
        layer.spike.as_ref().map(|spike| spike.value.height.value),
    ];
    amounts.into_iter().flatten().next()
}

fn time(at: Option<&At<SimTime>>) -> SimTime {
    at.map_or(SimTime::ZERO, |at| at.value)
}

fn span_of(duration: Option<&At<SimDuration>>) -> SimDuration {
    duration.map_or(SimDuration::ZERO, |duration| duration.value)
}

impl Checker<'_> {
    /// Converts layers; reports those that are wrong and leaves them out.
    pub(super) fn layers(&mut self, layers: &[Written], context: LayerContext) -> Vec<Converted> {
        layers.iter().filter_map(|layer| self.layer(layer, context)).collect()
    }

    fn layer(&mut self, written: &Written, context: LayerContext) -> Option<Converted> {
        if let Some(finding) = written.check_kind() {
            self.report_unless_absent(finding, written.kinds().is_empty());
            return None;
        }
        let (layer, last_change) = self.layer_kind(written, context)?;
        Some(Converted { layer, last_change, span: written.span.clone() })
    }

    fn layer_kind(&mut self, written: &Written, context: LayerContext) -> Option<(Layer, SimTime)> {
        let unit = context.unit;
        if let Some(constant) = &written.constant {
            let rate = self.rate(constant, unit)?;
            return Some((Layer::Constant { rate }, SimTime::ZERO));
        }
        if let Some(ramp) = &written.ramp {
            return self.ramp(&ramp.value, unit);
        }
        if let Some(step) = &written.step {
            let (at, rate) = (step.value.at.value, self.signed_rate(&step.value.rate, unit)?);
            return Some((Layer::Step { at, rate }, at));
        }
        if let Some(stages) = &written.stages {
            return self.stages(stages, unit);
        }
        if let Some(sine) = &written.sine {
            return self.sine(&sine.value, unit);
        }
        if let Some(daily) = &written.daily {
            let curve = self.daily(daily, unit)?;
            return Some((Layer::Daily(curve), SimTime::ZERO));
        }
        if let Some(spike) = &written.spike {
            return self.spike(&spike.value, unit);
        }
        if let Some(noise) = &written.noise {
            return self.noise(&noise.value);
        }
        if let Some(trace) = &written.trace {
            let laid = self.trace(trace, context.clock)?;
            let layer = Layer::Trace { trace: laid.trace, start: laid.start, hold: laid.hold };
            return Some((layer, laid.end));
        }
        let scale = written.scale.as_ref()?;
        let factor = self.share("scale", scale, 1e6)?;
        Some((Layer::Scale { factor }, SimTime::ZERO))
    }

    fn ramp(&mut self, ramp: &written::Ramp, unit: RateUnit) -> Option<(Layer, SimTime)> {
        let from = match &ramp.from {
            Some(from) => self.rate(from, unit),
            None => Some(Rate(0.0)),
        };
        let to = self.rate(&ramp.to, unit);
        let (at, over) = (time(ramp.at.as_ref()), ramp.over.value);
        Some((Layer::Ramp { from: from?, to: to?, at, over }, at + over))
    }

    fn stages(&mut self, stages: &At<written::Stages>, unit: RateUnit) -> Option<(Layer, SimTime)> {
        let points = &stages.value.points;
        let Some(last) = points.last() else {
            self.report(
                Diagnostic::error("scenario-layer", "`stages` has no points")
                    .at(stages.span.clone(), "")
                    .help("write at least one, such as `stages: [100/s@0, 600/s@5m]`"),
            );
            return None;
        };
        if let Some(pair) = points.windows(2).find(|pair| pair[1].value.at < pair[0].value.at) {
            self.report(
                Diagnostic::error("scenario-layer", "points of `stages` are not in order of time")
                    .at(pair[1].span.clone(), "this one is earlier")
                    .beside(pair[0].span.clone(), "than the one before it")
                    .help("sort the points by time"),
            );
            return None;
        }
        let read = |point: &At<written::StagePoint>, checker: &mut Self| {
            let rate = At { value: point.value.rate, span: point.span.clone() };
            Some(RatePoint { at: point.value.at, rate: checker.rate(&rate, unit)? })
        };
        let read: Vec<Option<RatePoint>> = points.iter().map(|point| read(point, self)).collect();
        let points = read.into_iter().collect::<Option<Vec<RatePoint>>>()?;
        Some((Layer::Stages { points, hold: stages.value.hold }, last.value.at))
    }

    fn sine(&mut self, sine: &written::Sine, unit: RateUnit) -> Option<(Layer, SimTime)> {
        let (mean, amplitude) = (self.rate(&sine.mean, unit), self.rate(&sine.amplitude, unit));
        if sine.period.value.0 < 1000 {
            self.report(
                Diagnostic::error("scenario-layer", "`period` is shorter than a second")
                    .at(sine.period.span.clone(), "")
                    .help("write a longer one, such as `1h`"),
            );
            return None;
        }
        let (period, phase) = (sine.period.value, span_of(sine.phase.as_ref()));
        let layer = Layer::Sine { mean: mean?, amplitude: amplitude?, period, phase };
        Some((layer, SimTime::ZERO))
    }

    fn daily(&mut self, daily: &At<written::Daily>, unit: RateUnit) -> Option<DailyCurve> {
        let written = &daily.value;
        match (&written.low, &written.high, &written.points) {
            (Some(low), Some(high), None) => {
                let (low, high) = (self.rate(low, unit), self.rate(high, unit));
                let two_in_the_afternoon = TimeOfDay(SimDuration::from_secs(14 * 3600));
                let peak = written.peak.as_ref().map_or(two_in_the_afternoon, |peak| peak.value).0;
                Some(DailyCurve::Cosine { low: low?, high: high?, peak })
            }
            (None, None, Some(points)) if !points.value.is_empty() && written.peak.is_none() => {
                let mut curve = Vec::with_capacity(points.value.len());
                for point in &points.value {
                    curve.push((point.at.value.0, self.rate(&point.rate, unit)?));
                }
                curve.sort_by_key(|(at, _)| *at);
                Some(DailyCurve::Points(curve))
            }
            _ => {
                self.report_absence(
                    Diagnostic::error("scenario-layer", "`daily` takes either a cosine or points")
                        .at(daily.span.clone(), "")
                        .help("write `{low: 50/s, high: 400/s, peak: 14:00}`, or only `points`"),
                );
                None
            }
        }
    }

    fn spike(&mut self, spike: &written::Spike, unit: RateUnit) -> Option<(Layer, SimTime)> {
        let height = self.rate(&spike.height, unit)?;
        let (rise, hold, fall) = (
            span_of(spike.rise.as_ref()),
            span_of(spike.hold.as_ref()),
            span_of(spike.fall.as_ref()),
        );
        let at = spike.at.value;
        if rise.0 + hold.0 + fall.0 == 0 {
            self.report_absence(
                Diagnostic::error("scenario-layer", "this spike has no length")
                    .at(spike.span.clone(), "")
                    .help("add `rise`, `hold` or `fall`, such as `hold: 5m`"),
            );
            return None;
        }
        Some((Layer::Spike { at, height, rise, hold, fall }, at + rise + hold + fall))
    }

    fn noise(&mut self, noise: &written::Noise) -> Option<(Layer, SimTime)> {
        let stddev = self.share("stddev", &noise.stddev, 10.0)?;
        let correlation = noise.correlation.as_ref().map(|correlation| correlation.value);
        let correlation = correlation.unwrap_or(SimDuration::from_secs(60));
        Some((Layer::Noise { stddev, correlation }, SimTime::ZERO))
    }

    /// A share from 0 to a limit.
    pub(super) fn share(&mut self, key: &str, share: &At<Share>, limit: f64) -> Option<f64> {
        if (0.0..=limit).contains(&share.value.0) {
            return Some(share.value.0);
        }
        self.report(
            Diagnostic::error("scenario-value", format!("`{key}` is out of range"))
                .at(share.span.clone(), "")
                .help(format!("write a share from 0% to {}%", limit * 100.0)),
        );
        None
    }

    pub(super) fn rate(&mut self, amount: &At<Amount>, unit: RateUnit) -> Option<Rate> {
        let rate = self.signed_rate(amount, unit)?;
        if rate.0 >= 0.0 {
            return Some(rate);
        }
        self.report(
            Diagnostic::error("scenario-value", "a rate below 0")
                .at(amount.span.clone(), "")
                .help("write 0 or more; `step` alone may take away"),
        );
        None
    }

    fn signed_rate(&mut self, amount: &At<Amount>, unit: RateUnit) -> Option<Rate> {
        let (wants, help) = match (unit, amount.value) {
            (RateUnit::Requests, Amount::Requests(rate)) => return Some(Rate(rate)),
            (RateUnit::Cores, Amount::Cores(cores)) => return Some(Rate(cores)),
            (RateUnit::Requests, Amount::Cores(number)) => {
                ("a rate of requests has a unit", format!("write `{number}/s` or `{number}/min`"))
            }
            (RateUnit::Cores, Amount::Requests(_)) => (
                "this is a rate of requests, but `demand` is CPU",
                "write CPU, such as `500m`".into(),
            ),
        };
        let label = format!("read as {}", unit_of(amount.value));
        self.report(
            Diagnostic::error("scenario-unit", wants).at(amount.span.clone(), label).help(help),
        );
        None
    }
}
