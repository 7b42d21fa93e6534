//! The HPA's view: what each metric asks for, what windows and policies make of it, and what came
//! of it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::text::{self, instant, piece, plain};
use crate::kube::controllers::podautoscaler::decision::{
    Basis, Decision, Direction, LimitedBy, MetricDecision, Outcome, Path,
};
use crate::kube::objects::hpa::HpaObject;
use crate::render::words;
use crate::report::MetricSeries;
use crate::report::decision::MetricUnit;
use crate::tui::app::App;
use crate::tui::ledger::{self, PolicyRow, Side};

/// Draws the panel.
pub fn draw(app: &App, rect: Rect, buffer: &mut Buffer) {
    let inner = text::head(app, rect, "HPA", buffer);
    text::lines(&lines(app), inner, buffer);
}

/// The HPA of the workload as it stands, and its last sync.
pub fn subject(app: &App) -> Option<(&HpaObject, Option<&Decision>)> {
    let id = app.take().subjects.get(app.workload)?.hpa?;
    let object = app.head().cluster().hpa(id)?;
    Some((object, app.take().last_sync(app.workload, app.now())))
}

/// All of it.
pub fn lines(app: &App) -> Vec<Line<'static>> {
    let theme = app.theme;
    let Some((object, decision)) = subject(app) else {
        let name = app.take().workload(app.workload).map_or("it", |workload| &*workload.name);
        return vec![Line::from(piece(format!(" no HPA scales {name}"), theme.dim()))];
    };
    let mut lines = vec![headline(app, object)];
    let Some(decision) = decision else {
        lines.push(Line::from(piece(" has not synced yet", theme.dim())));
        return lines;
    };
    lines.push(outcome(app, decision));
    lines.extend(metrics(app, decision));
    let [up, down] = sides(app, object);
    lines.extend(windows(app, decision, &up, &down));
    let side =
        if decision.desired < decision.current || wants_less(decision) { &down } else { &up };
    lines.extend(policies(app, side, decision.current));
    lines.push(limit(app, decision));
    lines.extend(conditions(app, object));
    lines
}

/// The same in one line.
pub fn short(app: &App) -> Line<'static> {
    let theme = app.theme;
    let Some((object, decision)) = subject(app) else {
        return Line::from(piece(" no HPA", theme.dim()));
    };
    let name = &object.metadata.name;
    let (least, most) = (object.spec.min_replicas.unwrap_or(1), object.spec.max_replicas);
    let mut line =
        vec![piece(format!(" hpa/{name} "), theme.strong()), plain(format!("{least}..{most}  "))];
    let Some(decision) = decision else { return Line::from(line) };
    let winner = decision.winner.unwrap_or(0) as usize;
    if let (Some(series), Some(metric)) =
        (metric_series(app).get(winner), decision.metrics().get(winner))
    {
        let value = value(series, series.value.at(app.now().0 as f64));
        let target = value_of(series.unit, series.target);
        line.push(plain(format!("{} {value} / {target} → {}", series.name, metric.proposal)));
    }
    line.push(piece(format!("  desired {}", decision.desired), theme.strong()));
    if let Some(word) = limited_by(decision) {
        line.push(piece(format!("  {word}"), theme.bad()));
    } else if held(decision) {
        line.push(piece("  held by the stabilization window", theme.bad()));
    }
    line.push(piece("  (h: more)", theme.dim()));
    Line::from(line)
}

/// Windows and policies of an HPA at its last sync.
pub fn sides(app: &App, object: &HpaObject) -> [Side; 2] {
    let take = app.take();
    let syncs = take.syncs_until(app.workload, app.now());
    // No window and no period is longer than an hour.
    let hour = app.now() - crate::units::SimDuration::from_secs(3600);
    let first = syncs.partition_point(|sync| take.decision(*sync).at < hour);
    let history: Vec<&Decision> = syncs[first..].iter().map(|sync| take.decision(*sync)).collect();
    let flag = take.scenario.cluster.controller_manager.downscale_stabilization;
    ledger::sides(&object.spec, flag, &history)
}

fn metric_series(app: &App) -> &[MetricSeries] {
    app.take().series(app.workload).map_or(&[], |series| &series.metrics)
}

fn headline(app: &App, object: &HpaObject) -> Line<'static> {
    let target = &object.spec.scale_target_ref;
    Line::from(vec![
        piece(format!(" hpa/{}", object.metadata.name), app.theme.strong()),
        plain(format!(
            "  {}/{}   min {}  max {}",
            target.kind,
            target.name,
            object.spec.min_replicas.unwrap_or(1),
            object.spec.max_replicas
        )),
    ])
}

fn outcome(app: &App, decision: &Decision) -> Line<'static> {
    let theme = app.theme;
    let (word, style) = outcome_word(decision.outcome, theme.strong(), theme.bad());
    Line::from(vec![
        plain(format!(" sync {:<7} ", instant(decision.at))),
        piece(
            format!("{} current / {} desired", decision.current, decision.desired),
            theme.strong(),
        ),
        piece(format!("   {word}"), style),
    ])
}

fn outcome_word(outcome: Outcome, good: Style, bad: Style) -> (&'static str, Style) {
    match outcome {
        Outcome::Nothing => ("left alone", Style::new()),
        Outcome::Rescaled => ("SuccessfulRescale", good),
        Outcome::InvalidApiVersion | Outcome::UnknownKind | Outcome::FailedGetScale => {
            ("FailedGetScale", bad)
        }
        Outcome::InvalidSelector => ("InvalidSelector", bad),
        Outcome::AmbiguousSelector => ("AmbiguousSelector", bad),
        Outcome::FailedComputeMetricsReplicas => ("FailedComputeMetricsReplicas", bad),
        Outcome::FailedUpdateScale => ("FailedRescale", bad),
    }
}

/// Two lines for each metric: what it asks for, and which pods it counted.
fn metrics(app: &App, decision: &Decision) -> Vec<Line<'static>> {
    if decision.path != Path::Metrics {
        let why = match decision.path {
            Path::Disabled => "scaling is disabled since the replica count of the target is zero",
            Path::AboveMax => "above max: straight to it, without metrics",
            Path::BelowMin => "below min: straight to it, without metrics",
            Path::NoScale | Path::Metrics => "the scale could not be read",
        };
        return vec![Line::from(plain(format!(" {why}")))];
    }
    let told = decision.metrics().iter().zip(metric_series(app)).enumerate();
    told.flat_map(|(place, (metric, series))| {
        let won = decision.winner == Some(place as u32);
        metric_lines(app, decision, metric, series, won)
    })
    .collect()
}

fn metric_lines(
    app: &App,
    decision: &Decision,
    metric: &MetricDecision,
    series: &MetricSeries,
    won: bool,
) -> Vec<Line<'static>> {
    let theme = app.theme;
    let measured = value(series, series.value.at(decision.at.0 as f64));
    let target = value_of(series.unit, series.target);
    let wins = if won && decision.metrics().len() > 1 { " ◀ highest" } else { "" };
    let asks = if metric.basis.is_valid() {
        format!("→ {}{wins}", metric.proposal)
    } else {
        basis_word(metric.basis).to_owned()
    };
    let style = if metric.basis.is_valid() { theme.strong() } else { theme.bad() };
    let mut lines = vec![Line::from(vec![
        piece(format!(" {} ", series.name), theme.strong()),
        plain(format!("{measured} / {target}  ")),
        plain(ratio(metric)),
        piece(asks, style),
    ])];
    let pods = metric.pods;
    let counted = [
        (pods.ready, "ready"),
        (pods.unready, "unready"),
        (pods.missing, "without metrics"),
        (pods.ignored, "ignored"),
    ];
    let counted = counted.iter().filter(|(count, word)| *count > 0 || *word == "ready");
    let counted: Vec<String> = counted.map(|(count, word)| format!("{count} {word}")).collect();
    let counted = counted.join(", ");
    let (low, high) = (1.0 - series.tolerance_down, 1.0 + series.tolerance_up);
    let (low, high) = (words::amount(low), words::amount(high));
    let counted = format!("   {counted}; tolerance {low}..{high}");
    lines.push(Line::from(piece(counted, theme.dim())));
    if metric.basis.is_valid() {
        lines.push(Line::from(piece(format!("   {}", basis_word(metric.basis)), theme.dim())));
    }
    lines
}

/// `ratio 2.40 (1.97 filled)`
fn ratio(metric: &MetricDecision) -> String {
    if metric.ratio <= 0.0 || !metric.basis.is_valid() {
        return String::new();
    }
    let filled = if metric.filled_ratio == metric.ratio {
        String::new()
    } else {
        format!(" ({:.2} filled)", metric.filled_ratio)
    };
    format!("ratio {:.2}{filled}  ", metric.ratio)
}

fn basis_word(basis: Basis) -> &'static str {
    match basis {
        Basis::None => "nothing was computed",
        Basis::WithinTolerance => "within tolerance",
        Basis::Ratio => "ratio x ready pods, rounded up",
        Basis::FilledRatio => "missing and unready pods filled in",
        Basis::FilledWithinTolerance => "within tolerance with missing pods filled in",
        Basis::DirectionChanged => "missing pods filled in turn it around: stays",
        Basis::CountChangedDirection => "the count would turn it around: stays",
        Basis::PerPod => "total / target, rounded up",
        Basis::FromZero => "from 0 pods: the ratio, rounded up",
        Basis::FetchFailed => "unable to get metrics",
        Basis::InvalidSelector => "InvalidMetricSourceType",
        Basis::NoPods => "no pods match the selector",
        Basis::NoSamples => "did not receive metrics for any ready pods",
        Basis::MissingRequest => "missing request",
        Basis::NoRequests => "no requests",
        Basis::InvalidSpec => "invalid metric source",
    }
}

fn value(series: &MetricSeries, value: f64) -> String {
    if value.is_nan() { "<unknown>".to_owned() } else { value_of(series.unit, value) }
}

/// As kubectl prints it.
fn value_of(unit: MetricUnit, value: f64) -> String {
    match unit {
        MetricUnit::Percent => format!("{value:.0}%"),
        MetricUnit::Cores => words::cores(value),
        MetricUnit::Bytes => words::bytes(value),
        MetricUnit::AveragePerPod => format!("{} (avg)", words::short(value)),
        MetricUnit::Total => words::short(value),
    }
}

/// Whether the proposal is below the count.
fn wants_less(decision: &Decision) -> bool {
    decision.proposal.is_some_and(|proposal| proposal < decision.current)
}

/// Whether a window kept the count where it is.
fn held(decision: &Decision) -> bool {
    decision.stabilization.is_some_and(|held| Some(held.value) != decision.proposal)
}

fn windows(app: &App, decision: &Decision, up: &Side, down: &Side) -> Vec<Line<'static>> {
    let theme = app.theme;
    let one = |side: &Side, name: &str, word: &str| {
        let window = words::span(side.window.as_secs_f64());
        match side.recommendation.filter(|_| side.window.0 > 0) {
            Some((value, until)) => {
                format!("{name} {window}: {word} {value} until {}", instant(until))
            }
            None => format!("{name} {window}"),
        }
    };
    let text = format!("{}   {}", one(up, "up", "lowest"), one(down, "down", "highest"));
    let mut lines = vec![Line::from(vec![piece(" window  ", theme.dim()), plain(text)])];
    if let Some(held) = decision.stabilization.filter(|_| held(decision)) {
        let since = held.winner.map_or_else(String::new, |(value, at)| {
            format!(" (recommended {value} at {})", instant(at))
        });
        let stay = if held.value == 1 { "stays" } else { "stay" };
        let pods = words::things(f64::from(held.value), "pod");
        let text = format!("         {pods} {stay}{since}");
        lines.push(Line::from(piece(text, theme.bad())));
    }
    lines
}

fn policies(app: &App, side: &Side, current: i32) -> Vec<Line<'static>> {
    let theme = app.theme;
    let name = match side.direction {
        Direction::Up => "scaleUp",
        Direction::Down => "scaleDown",
    };
    if side.select == "Disabled" {
        return vec![Line::from(vec![piece(format!(" {name}  "), theme.dim()), plain("Disabled")])];
    }
    if side.policies.is_empty() {
        let bound = match side.direction {
            Direction::Up => {
                let most = current.saturating_mul(2).max(4);
                format!("no behavior: max(2 x {current}, 4) = {most}")
            }
            Direction::Down => "no behavior: at once".to_owned(),
        };
        return vec![Line::from(vec![piece(format!(" {name}  "), theme.dim()), plain(bound)])];
    }
    let row = |(place, row): (usize, &PolicyRow)| {
        let head = if place == 0 { format!(" {name} ({})", side.select) } else { String::new() };
        let wins = if row.wins { " ◀" } else { "" };
        let more = row.more_at.map_or_else(String::new, |at| format!("  more {}", instant(at)));
        Line::from(vec![
            piece(format!("{head:<17}"), theme.dim()),
            piece(
                format!(
                    "{} {} in {}: {} → {}{wins}",
                    row.type_,
                    row.value,
                    words::span(row.period.as_secs_f64()),
                    row.start,
                    row.allowed
                ),
                if row.wins { theme.strong() } else { Style::new() },
            ),
            piece(more, theme.dim()),
        ])
    };
    side.policies.iter().enumerate().map(row).collect()
}

/// Upstream's word for what limited a decision.
pub fn limited_by(decision: &Decision) -> Option<&'static str> {
    match decision.limit?.by {
        LimitedBy::Nothing => None,
        LimitedBy::MinReplicas => Some("TooFewReplicas"),
        LimitedBy::MaxReplicas => Some("TooManyReplicas"),
        LimitedBy::ScaleUpRate => Some("ScaleUpLimit"),
        LimitedBy::ScaleDownRate => Some("ScaleDownLimit"),
    }
}

fn limit(app: &App, decision: &Decision) -> Line<'static> {
    let theme = app.theme;
    let range = format!("{}..{}", decision.min_replicas, decision.max_replicas);
    let mut line: Vec<Span<'static>> =
        vec![piece(" limit   ", theme.dim()), plain(format!("{range}  "))];
    match limited_by(decision) {
        Some(word) => {
            let wanted = decision.stabilization.map(|held| held.value).or(decision.proposal);
            let wanted = wanted.map_or_else(String::new, |wanted| format!("{wanted} → "));
            line.push(piece(format!("{word}: {wanted}{}", decision.desired), theme.bad()));
        }
        None => line.push(plain(format!("DesiredWithinRange: {}", decision.desired))),
    }
    Line::from(line)
}

fn conditions(app: &App, object: &HpaObject) -> Vec<Line<'static>> {
    let told = object.status.conditions.iter().map(|condition| {
        let (type_, status) = (condition.type_.to_string(), condition.status.to_string());
        let reason = condition.reason.word();
        Line::from(vec![
            piece(format!(" {type_:<15} {status:<7} "), app.theme.dim()),
            plain(reason),
        ])
    });
    told.collect()
}
