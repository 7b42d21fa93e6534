//! `podtide schema`, `podtide completions` and `podtide man`.

use std::path::Path;

use anyhow::Context as _;
use clap::CommandFactory as _;

use super::Outcome;
use super::args::Cli;
use super::output;
use crate::scenario::file;

/// Prints the JSON Schema of a Scenario.
///
/// # Errors
/// When it cannot be written.
pub fn schema() -> anyhow::Result<Outcome> {
    let text = serde_json::to_string_pretty(&file::schema())? + "\n";
    output::print(text.as_bytes())?;
    Ok(Outcome::Fine)
}

/// Prints a script that completes commands.
///
/// # Errors
/// When it cannot be written.
pub fn completions(shell: clap_complete::Shell) -> anyhow::Result<Outcome> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "podtide", &mut script);
    output::print(&script)?;
    Ok(Outcome::Fine)
}

/// Prints the manual page of all commands, or writes a page for each.
///
/// # Errors
/// When they cannot be written.
pub fn man(folder: Option<&Path>) -> anyhow::Result<Outcome> {
    match folder {
        Some(folder) => {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("cannot make `{}`", folder.display()))?;
            clap_mangen::generate_to(Cli::command(), folder)
                .with_context(|| format!("cannot write to `{}`", folder.display()))?;
        }
        None => output::print(&one_page()?)?,
    }
    Ok(Outcome::Fine)
}

/// The page of the program, followed by those of its commands.
fn one_page() -> anyhow::Result<Vec<u8>> {
    let mut program = Cli::command();
    program.build();
    let mut page = Vec::new();
    clap_mangen::Man::new(program.clone()).render(&mut page)?;
    for command in program.get_subcommands().filter(|command| command.get_name() != "help") {
        clap_mangen::Man::new(command.clone()).render(&mut page)?;
    }
    Ok(page)
}
