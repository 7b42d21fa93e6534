//! `podtide chart`.

use anyhow::Context as _;

use super::Outcome;
use super::args::{self, ChartArgs, InputArgs};
use super::input::prepare_to_play;
use super::output;
use super::play::play;
use crate::diagnostic::has_errors;
use crate::render::chart::{ChartOptions, PanelKind, SIZE_LIMITS, Theme, png, svg};
use crate::report::Report;
use crate::scenario::file::scalar::parse_duration;

/// Draws what happened.
///
/// # Errors
/// When an option makes no sense, or the picture cannot be written.
pub fn run(arguments: &ChartArgs) -> anyhow::Result<Outcome> {
    let form = Form::of(arguments)?;
    let options = options(arguments)?;
    let input = arguments.input.with(&arguments.events.at);
    let session = prepare_to_play(&input);
    output::tell_findings(&session.findings, &session.sources);
    if session.is_refused(arguments.input.strict) {
        return Ok(Outcome::WrongInput);
    }
    let [prepared] = session.scenarios.as_slice() else {
        anyhow::bail!("a chart shows one Scenario, {} were given", session.scenarios.len());
    };
    let scenario = prepared.scenario.as_ref().context("nothing can be played")?;
    let report = play(scenario);
    check_workload(arguments, &report)?;
    let options = ChartOptions { made_by: made_by(&prepared.origin, &input), ..options };
    let bytes = match form {
        Form::Svg => svg(&report, &options).into_bytes(),
        Form::Png => png(&report, &options),
    };
    output::write(&bytes, Some(&arguments.output))?;
    Ok(if has_errors(&session.findings) { Outcome::WrongInput } else { Outcome::Fine })
}

enum Form {
    Svg,
    Png,
}

impl Form {
    fn of(arguments: &ChartArgs) -> anyhow::Result<Form> {
        let extension = arguments.output.extension().and_then(|extension| extension.to_str());
        match extension.map(str::to_ascii_lowercase).as_deref() {
            Some("svg") => Ok(Form::Svg),
            Some("png") => Ok(Form::Png),
            _ => anyhow::bail!(
                "`{}` ends neither in .svg nor in .png: the name says what is drawn",
                arguments.output.display()
            ),
        }
    }
}

fn options(arguments: &ChartArgs) -> anyhow::Result<ChartOptions> {
    let (width, height) = size(&arguments.size)?;
    let from_seconds = instant("--from", arguments.from.as_deref())?;
    let to_seconds = instant("--to", arguments.to.as_deref())?;
    if let (Some(from), Some(to)) = (from_seconds, to_seconds)
        && from >= to
    {
        anyhow::bail!("`--from` is not before `--to`");
    }
    let defaults = ChartOptions::default();
    let panels =
        arguments.panels.iter().map(|name| panel(name)).collect::<anyhow::Result<Vec<_>>>()?;
    Ok(ChartOptions {
        width,
        height,
        theme: match arguments.theme {
            args::Theme::Light => Theme::Light,
            args::Theme::Dark => Theme::Dark,
        },
        panels: if panels.is_empty() { defaults.panels.clone() } else { panels },
        from_seconds,
        to_seconds,
        workload: arguments.workload.clone(),
        ..defaults
    })
}

fn panel(name: &str) -> anyhow::Result<PanelKind> {
    let known = PanelKind::ALL.map(PanelKind::name).join(", ");
    PanelKind::parse(name.trim()).with_context(|| format!("no panel is called `{name}`: {known}"))
}

fn size(text: &str) -> anyhow::Result<(u32, u32)> {
    let parsed = text.split_once(['x', 'X', '×']).and_then(|(width, height)| {
        Some((width.trim().parse::<u32>().ok()?, height.trim().parse::<u32>().ok()?))
    });
    let (least, most) = SIZE_LIMITS;
    let fits = |length: u32| (least..=most).contains(&length);
    parsed.filter(|(width, height)| fits(*width) && fits(*height)).with_context(|| {
        format!("`--size {text}` is no size: write `1600x900`, each from {least} to {most}")
    })
}

fn instant(option: &str, text: Option<&str>) -> anyhow::Result<Option<f64>> {
    let Some(text) = text else { return Ok(None) };
    match parse_duration(text) {
        Ok(duration) => Ok(Some(duration.as_secs_f64())),
        Err(why) => anyhow::bail!("`{option} {text}`: {why}; write an instant such as `8m30s`"),
    }
}

fn check_workload(arguments: &ChartArgs, report: &Report) -> anyhow::Result<()> {
    let Some(name) = &arguments.workload else { return Ok(()) };
    let names: Vec<&str> = report.workloads.iter().map(|workload| workload.name.as_str()).collect();
    anyhow::ensure!(
        names.contains(&name.as_str()),
        "no Deployment is called `{name}`: there is {}",
        names.join(", ")
    );
    Ok(())
}

/// What made the chart, so that a reader can make it again.
fn made_by(origin: &str, input: &InputArgs) -> String {
    let mut line = format!("podtide {}   podtide chart {origin}", env!("CARGO_PKG_VERSION"));
    let quoted = |text: &str| {
        if text.contains(char::is_whitespace) { format!("'{text}'") } else { text.to_owned() }
    };
    for traffic in &input.traffic {
        line.extend([" -t ", &quoted(traffic)]);
    }
    for edit in &input.set {
        line.extend([" --set ", &quoted(edit)]);
    }
    for event in input.events.chunks(2) {
        line.push_str(" --at");
        for word in event {
            line.extend([" ", &quoted(word)]);
        }
    }
    line
}
