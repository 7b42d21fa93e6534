//! The command line: reads files, calls the pure half, writes results. One file for each command.
//!
//! - [`args`]: what can be written, and the help texts.
//! - [`input`]: files and options to checked scenarios; [`files`] and [`kustomize`] read.
//! - [`output`]: results and messages to where they belong.
#![expect(
    clippy::disallowed_methods,
    reason = "files, folders and standard input are read and written here and nowhere else"
)]

pub mod args;
#[cfg(feature = "charts")]
pub mod chart;
pub mod check;
pub mod docs;
pub mod explain;
pub mod files;
pub mod input;
pub mod kustomize;
pub mod output;
pub mod play;
#[cfg(feature = "tui")]
pub mod replay;
pub mod run;

use args::{Cli, Command};

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All is well.
    Fine,
    /// It ran, and something that was expected does not hold.
    ExpectationFailed,
    /// The input, or the world, is wrong.
    WrongInput,
}

impl Outcome {
    /// The exit code.
    pub fn code(self) -> u8 {
        match self {
            Outcome::Fine => 0,
            Outcome::ExpectationFailed => 1,
            Outcome::WrongInput => 2,
        }
    }
}

/// Does what the command line says.
///
/// # Errors
/// When the world fails: a file cannot be written, a thread cannot be started.
pub fn run(cli: &Cli) -> anyhow::Result<Outcome> {
    match &cli.command {
        Command::Run(arguments) => run::run(arguments),
        #[cfg(feature = "charts")]
        Command::Chart(arguments) => chart::run(arguments),
        #[cfg(not(feature = "charts"))]
        Command::Chart(_) => anyhow::bail!("this podtide was built without the feature `charts`"),
        #[cfg(feature = "tui")]
        Command::Replay(arguments) => replay::run(arguments),
        #[cfg(not(feature = "tui"))]
        Command::Replay(_) => anyhow::bail!("this podtide was built without the feature `tui`"),
        Command::Check(arguments) => check::run(arguments),
        Command::Explain(arguments) => explain::run(arguments),
        Command::Schema => docs::schema(),
        Command::Completions { shell } => docs::completions(*shell),
        Command::Man { output } => docs::man(output.as_deref()),
    }
}
