//! `podtide replay`.

use std::io::{self, IsTerminal as _};

use anstream::{AutoStream, ColorChoice};
use anyhow::Context as _;

mod director;

use super::Outcome;
use super::args::ReplayArgs;
use super::input::{Prepared, prepare_to_play};
use super::output;
use crate::diagnostic::has_errors;
use crate::scenario::file::scalar::parse_duration;
use crate::tui::app::App;
use crate::tui::take::Take;
use crate::tui::theme::Theme;
use crate::tui::update::begin_lesson;
use crate::tui::view::SIZE_MIN;
use crate::tui::view::text::exact;
use crate::tui::{session, snapshot};
use crate::units::SimTime;
use director::Director;

/// The largest screen of a snapshot \[columns and rows\].
const SIZE_MAX: u16 = 1000;

/// Plays what the arguments name, in the terminal or as one screen of text.
///
/// # Errors
/// When an option makes no sense, or the terminal cannot be used.
pub fn run(arguments: &ReplayArgs) -> anyhow::Result<Outcome> {
    let (width, height) = size(&arguments.size)?;
    let snapshot = instant("--snapshot", arguments.snapshot.as_deref())?;
    let at = instant("--at", arguments.at.as_deref())?;
    let session = prepare_to_play(&arguments.input.with(&arguments.events));
    output::tell_findings(&session.findings, &session.sources);
    if session.is_refused(arguments.input.strict) {
        return Ok(Outcome::WrongInput);
    }
    let given = session.scenarios.len();
    anyhow::ensure!(
        given <= 2,
        "the player plays one Scenario, or compares two; {given} were given"
    );
    let mut takes: Vec<Take> = session.scenarios.iter().filter_map(take).collect();
    if let [one, other] = &mut takes[..]
        && one.label == other.label
    {
        one.label.clone_from(&session.scenarios[0].origin);
        other.label.clone_from(&session.scenarios[1].origin);
    }
    let theme = if snapshot.is_some() { Theme::Plain } else { theme() };
    let mut app = App::new(takes, theme);
    choose(&mut app, arguments.workload.as_deref())?;
    for (option, at) in [("--snapshot", snapshot), ("--at", at)] {
        within(option, at, app.end())?;
    }
    if let Some(at) = snapshot {
        app.size = (width, height);
        app.seek(at);
        output::print(snapshot::text(&mut app).as_bytes())?;
    } else {
        // Keys come from the terminal even where standard input is a manifest.
        let terminal = io::stdout().is_terminal();
        anyhow::ensure!(
            terminal,
            "the player needs a terminal; `--snapshot TIME` prints one screen without"
        );
        if let Some(at) = at {
            app.seek(at);
        }
        let taught = !arguments.lesson || begin_lesson(&mut app);
        anyhow::ensure!(taught, "this Scenario has no lesson: `spec.lesson` holds its questions");
        let mut director = Director { input: arguments.input.clone() };
        session::run(&mut app, &mut director)?;
    }
    Ok(if has_errors(&session.findings) { Outcome::WrongInput } else { Outcome::Fine })
}

/// Plays what was prepared.
fn take(prepared: &Prepared) -> Option<Take> {
    let scenario = prepared.scenario.as_ref()?;
    Some(Take::play(scenario.name.clone(), scenario.clone()))
}

fn choose(app: &mut App, workload: Option<&str>) -> anyhow::Result<()> {
    let Some(name) = workload else { return Ok(()) };
    let all = &app.take().report.workloads;
    let found = all.iter().position(|workload| workload.name == name);
    let names = || all.iter().map(|it| it.name.as_str()).collect::<Vec<_>>().join(", ");
    app.workload =
        found.with_context(|| format!("no Deployment is called `{name}`: there is {}", names()))?;
    app.refresh();
    Ok(())
}

fn instant(option: &str, text: Option<&str>) -> anyhow::Result<Option<SimTime>> {
    let Some(text) = text else { return Ok(None) };
    match parse_duration(text) {
        Ok(duration) => Ok(Some(SimTime(duration.as_millis()))),
        Err(why) => anyhow::bail!("`{option} {text}`: {why}; write an instant such as `8m30s`"),
    }
}

/// Refuses an instant behind the end.
fn within(option: &str, at: Option<SimTime>, end: SimTime) -> anyhow::Result<()> {
    let late = at.filter(|at| *at > end).map(exact);
    let Some(late) = late else { return Ok(()) };
    anyhow::bail!("`{option} {late}`: the simulation ends at {}", exact(end))
}

fn size(text: &str) -> anyhow::Result<(u16, u16)> {
    let parsed = text.split_once(['x', 'X', '×']).and_then(|(width, height)| {
        Some((width.trim().parse::<u16>().ok()?, height.trim().parse::<u16>().ok()?))
    });
    let fits = |(width, height): &(u16, u16)| {
        (SIZE_MIN.0..=SIZE_MAX).contains(width) && (SIZE_MIN.1..=SIZE_MAX).contains(height)
    };
    parsed.filter(fits).with_context(|| {
        let (width, height) = SIZE_MIN;
        format!(
            "`--size {text}` is no size: write `120x40`, \
             from {width}x{height} to {SIZE_MAX}x{SIZE_MAX}"
        )
    })
}

/// What the terminal can show, as far as it says so.
fn theme() -> Theme {
    if AutoStream::choice(&io::stdout()) == ColorChoice::Never {
        return Theme::Plain;
    }
    let all = std::env::var("COLORTERM").is_ok_and(|it| it == "truecolor" || it == "24bit");
    if all { Theme::True } else { Theme::Sixteen }
}
