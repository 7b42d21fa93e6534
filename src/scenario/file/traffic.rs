//! `spec.traffic` as written: who is asked, and how much.

use serde_json::json;

use super::read::{At, Context, Definitions, Read, object};
use super::scalar::{Amount, ObjectName, Share, TimeOfDay, clip, parse_amount, parse_duration};
use crate::diagnostic::Diagnostic;
use crate::manifest::yaml::{Node, Value};
use crate::units::{SimDuration, SimTime};

object! {
    /// Work that somebody asks of a Service, a Deployment or a queue.
    Traffic is "an entry of `traffic`";
    /// Who is asked.
    "to" => to: At<Target>,
    /// What the users expect; requests beyond it count as late.
    "objective" => objective: Option<Objective>,
    /// What adds up to the rate of requests, in order.
    "layers" => layers: Option<At<Vec<Layer>>>,
    /// Requests made by another workload for each request that it serves.
    "from" => from: Option<At<Causes>>,
    /// Total CPU work instead of requests, where only that is known.
    "demand" => demand: Option<At<Demand>>,
    /// What clients do when a request fails; before `retries` of the profile.
    "retries" => retries: Option<Retries>,
}

object! {
    /// Who is asked: exactly one of `service`, `deployment` and `queue`.
    Target is "`to`";
    /// A Service of the manifests.
    "service" => service: Option<At<ObjectName>>,
    /// A Deployment; a Service for its pods is implied.
    "deployment" => deployment: Option<At<ObjectName>>,
    /// A queue of that name, from which `consumers` take.
    "queue" => queue: Option<At<String>>,
    /// Who takes from the queue.
    "consumers" => consumers: Option<Consumers>,
}

object! {
    /// Who takes from a queue.
    Consumers is "`consumers`";
    /// A Deployment of the manifests.
    "deployment" => deployment: At<ObjectName>,
}

object! {
    /// What the users expect.
    Objective is "`objective`";
    /// Requests that took longer count as late.
    "latency" => latency: At<SimDuration>,
}

object! {
    /// Requests made by another workload.
    Cause is "`from`";
    /// The Deployment that makes them; traffic must go to it.
    "deployment" => deployment: At<ObjectName>,
    /// How many for each request that it serves; 1 if absent.
    "ratio" => ratio: Option<At<f64>>,
}

object! {
    /// Total CPU work over time, shared out evenly over the pods.
    Demand is "`demand`";
    /// What adds up to it, in order; rates are CPU, such as `500m` or `4`.
    "cpu" => cpu: At<Vec<Layer>>,
    /// Whether work beyond the limits is kept for later; else it is lost.
    "backlog" => backlog: Option<At<bool>>,
}

object! {
    /// What clients do when a request fails.
    Retries is "`retries`";
    /// Tries after the first, 0 to 10.
    "attempts" => attempts: At<u8>,
    /// Wait before the first retry, at least 10 ms; it doubles with each. 100 ms if absent.
    "backoff" => backoff: Option<At<SimDuration>>,
}

object! {
    /// One layer of traffic: exactly one kind. Layers act in order: noise and scale multiply what
    /// stands before them, all others add to it.
    Layer is "a layer";
    /// A name, for messages.
    "name" => name: Option<At<String>>,
    /// The same rate always.
    "constant" => constant: Option<At<Amount>>,
    /// From one rate to another, held on both sides.
    "ramp" => ramp: Option<At<Ramp>>,
    /// Nothing before an instant, a rate from then on.
    "step" => step: Option<At<Step>>,
    /// Rates at instants, linear between them and held outside.
    "stages" => stages: Option<At<Stages>>,
    /// A swing around a mean.
    "sine" => sine: Option<At<Sine>>,
    /// The curve of a day, repeated.
    "daily" => daily: Option<At<Daily>>,
    /// Up and back down again.
    "spike" => spike: Option<At<Spike>>,
    /// A random factor of mean 1.
    "noise" => noise: Option<At<Noise>>,
    /// A recording.
    "trace" => trace: Option<At<TraceLayer>>,
    /// A factor, such as `1.5` or `150%`.
    "scale" => scale: Option<At<Share>>,
}

object! {
    /// From one rate to another, held on both sides.
    Ramp is "`ramp`";
    /// Rate before; 0 if absent.
    "from" => from: Option<At<Amount>>,
    /// Rate after.
    "to" => to: At<Amount>,
    /// When it begins; at the start if absent.
    "at" => at: Option<At<SimTime>>,
    /// How long it takes.
    "over" => over: At<SimDuration>,
}

object! {
    /// Nothing before an instant, a rate from then on.
    Step is "`step`";
    /// When.
    "at" => at: At<SimTime>,
    /// What is added from then on; may be negative.
    "rate" => rate: At<Amount>,
}

object! {
    /// A swing around a mean.
    Sine is "`sine`";
    /// The middle.
    "mean" => mean: At<Amount>,
    /// From the middle to the top.
    "amplitude" => amplitude: At<Amount>,
    /// Length of one swing.
    "period" => period: At<SimDuration>,
    /// An instant at which the rate goes up through the middle; the start if absent.
    "phase" => phase: Option<At<SimDuration>>,
}

object! {
    /// The curve of a day by the wall clock: a cosine from `low` to `high`, or `points`.
    Daily is "`daily`";
    /// At the quietest, 12 hours away from `peak`.
    "low" => low: Option<At<Amount>>,
    /// At the busiest.
    "high" => high: Option<At<Amount>>,
    /// Time of day of the busiest moment; 14:00 if absent.
    "peak" => peak: Option<At<TimeOfDay>>,
    /// Rates at times of day, linear between them and over midnight.
    "points" => points: Option<At<Vec<DailyPoint>>>,
}

object! {
    /// A rate at a time of day.
    DailyPoint is "a point of `daily`";
    /// Time of day.
    "at" => at: At<TimeOfDay>,
    /// The rate then.
    "rate" => rate: At<Amount>,
}

object! {
    /// Up and back down again.
    Spike is "`spike`";
    /// When it begins to rise.
    "at" => at: At<SimTime>,
    /// What is added at the top.
    "height" => height: At<Amount>,
    /// Time to the top; 0 if absent.
    "rise" => rise: Option<At<SimDuration>>,
    /// Time at the top; 0 if absent.
    "hold" => hold: Option<At<SimDuration>>,
    /// Time back down; 0 if absent.
    "fall" => fall: Option<At<SimDuration>>,
}

object! {
    /// A random factor of mean 1 that never falls below 0.
    Noise is "`noise`";
    /// Standard deviation of the factor, such as `5%`.
    "stddev" => stddev: At<Share>,
    /// Time over which it forgets; 60 s if absent.
    "correlation" => correlation: Option<At<SimDuration>>,
}

object! {
    /// A recording of load. What is absent is found from the file.
    Trace is "`trace`";
    /// Path of the file, from the folder of this Scenario.
    "file" => file: At<String>,
    /// `csv` or `prometheus`; by the file's name and text if absent.
    "format" => format: Option<At<String>>,
    /// Name, or number from 1, of the column with the time.
    "time" => time: Option<At<String>>,
    /// Name, or number from 1, of the column with the value.
    "value" => value: Option<At<String>>,
    /// How the time is written: `unix`, `unixMillis`, `unixMicros`, `unixNanos`, `rfc3339`,
    /// `datetime`, `seconds`, `millis` or `timeOfDay`.
    "timeFormat" => time_format: Option<At<String>>,
    /// What a value is: `/s`, `/min` or `count` (requests since this row's time).
    "unit" => unit: Option<At<String>>,
    /// Whether a Prometheus series is a counter, whose rate is taken.
    "counter" => counter: Option<At<bool>>,
    /// Where its first point lies: an instant such as `5m`, or `clock` to lay its stamps on the
    /// Scenario's clock.
    "start" => start: Option<At<String>>,
    /// Hold each value until the next point instead of drawing a line.
    "hold" => hold: Option<At<bool>>,
}

/// A layer that is a recording: its file, or all about it.
pub type TraceLayer = Short<Trace>;

/// A map, or a text in its place.
#[derive(Clone, Debug, PartialEq)]
pub enum Short<T> {
    /// The text alone.
    Text(String),
    /// All of it.
    Full(Box<T>),
}

impl<T: Read> Read for Short<T> {
    fn read(node: &Node, context: &mut Context) -> Option<Short<T>> {
        match &node.value {
            Value::String(text) => Some(Short::Text(text.clone())),
            _ => T::read(node, context).map(|full| Short::Full(Box::new(full))),
        }
    }

    fn schema(definitions: &mut Definitions) -> serde_json::Value {
        json!({ "anyOf": [{ "type": "string" }, T::schema(definitions)] })
    }
}

/// One workload that causes requests, or several.
#[derive(Clone, Debug, PartialEq)]
pub struct Causes(pub Vec<Cause>);

impl Read for Causes {
    fn read(node: &Node, context: &mut Context) -> Option<Causes> {
        match node.value {
            Value::Seq(_) => Vec::read(node, context).map(Causes),
            _ => Cause::read(node, context).map(|cause| Causes(vec![cause])),
        }
    }

    fn schema(definitions: &mut Definitions) -> serde_json::Value {
        let one = Cause::schema(definitions);
        json!({ "anyOf": [one, { "type": "array", "items": one }] })
    }
}

/// Rates at instants.
#[derive(Clone, Debug, PartialEq)]
pub struct Stages {
    /// The corners, as written.
    pub points: Vec<At<StagePoint>>,
    /// Hold each rate until the next point instead of drawing a line.
    pub hold: bool,
}

/// A rate at an instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StagePoint {
    /// When.
    pub at: SimTime,
    /// The rate there.
    pub rate: Amount,
}

object! {
    /// Rates at instants, with how to go from one to the next.
    StagesMap is "`stages`";
    /// The corners.
    "points" => points: At<Vec<At<StagePoint>>>,
    /// Hold each rate until the next point instead of drawing a line.
    "hold" => hold: Option<At<bool>>,
}

object! {
    /// A rate at an instant.
    StagePointMap is "a point of `stages`";
    /// When.
    "at" => at: At<SimTime>,
    /// The rate there.
    "rate" => rate: At<Amount>,
}

impl Read for Stages {
    fn read(node: &Node, context: &mut Context) -> Option<Stages> {
        if let Value::Seq(_) = node.value {
            return Some(Stages { points: Vec::read(node, context)?, hold: false });
        }
        let map = StagesMap::read(node, context)?;
        Some(Stages { points: map.points.value, hold: map.hold.is_some_and(|hold| hold.value) })
    }

    fn schema(definitions: &mut Definitions) -> serde_json::Value {
        let list = json!({ "type": "array", "items": StagePoint::schema(definitions) });
        json!({ "anyOf": [list, StagesMap::schema(definitions)] })
    }
}

impl Read for StagePoint {
    fn read(node: &Node, context: &mut Context) -> Option<StagePoint> {
        let Value::String(text) = &node.value else {
            let map = StagePointMap::read(node, context)?;
            return Some(StagePoint { at: map.at.value, rate: map.rate.value });
        };
        let read = parse_stage_point(text);
        read.map_err(|why| context.refuse(&node.span, why, STAGE_POINT_HELP)).ok()
    }

    fn schema(definitions: &mut Definitions) -> serde_json::Value {
        let map = StagePointMap::schema(definitions);
        json!({ "anyOf": [{ "type": "string", "pattern": "@" }, map] })
    }
}

const STAGE_POINT_HELP: &str = "write `RATE@TIME`, such as `600/s@5m`, or `{at: 5m, rate: 600/s}`";

/// `RATE@TIME`, as in `600/s@5m`.
///
/// # Errors
/// What is wrong, in a phrase.
pub fn parse_stage_point(text: &str) -> Result<StagePoint, String> {
    let Some((rate, at)) = text.split_once('@') else {
        return Err(format!("`{}` has no `@TIME`", clip(text)));
    };
    let at = parse_duration(at).map_err(|why| format!("`{}` is {why}", clip(at)))?;
    Ok(StagePoint { at: SimTime(at.0), rate: parse_amount(rate)? })
}

impl Layer {
    /// The names of the kinds that were written.
    pub fn kinds(&self) -> Vec<&'static str> {
        let kinds = [
            ("constant", self.constant.is_some()),
            ("ramp", self.ramp.is_some()),
            ("step", self.step.is_some()),
            ("stages", self.stages.is_some()),
            ("sine", self.sine.is_some()),
            ("daily", self.daily.is_some()),
            ("spike", self.spike.is_some()),
            ("noise", self.noise.is_some()),
            ("trace", self.trace.is_some()),
            ("scale", self.scale.is_some()),
        ];
        kinds.into_iter().filter(|(_, written)| *written).map(|(name, _)| name).collect()
    }

    /// The finding when not exactly one kind was written.
    pub fn check_kind(&self) -> Option<Diagnostic> {
        const ALL: &str =
            "constant, ramp, step, stages, sine, daily, spike, noise, trace and scale";
        let kinds = self.kinds();
        let message = match kinds.len() {
            0 => "a layer has no kind".to_owned(),
            1 => return None,
            _ => format!("a layer has several kinds: {}", kinds.join(", ")),
        };
        Some(
            Diagnostic::error("scenario-layer", message)
                .at(self.span.clone(), "")
                .help(format!("give each layer exactly one of {ALL}")),
        )
    }
}
