//! Parses the arguments, calls the command line's half of the library, and ends with its exit code.

use std::process::ExitCode;

use clap::Parser as _;
use podtide::cli::{self, Outcome, args::Cli, output};

fn main() -> ExitCode {
    let outcome = cli::run(&Cli::parse()).unwrap_or_else(|error| {
        output::tell(&format!("error: {error:#}"));
        Outcome::WrongInput
    });
    ExitCode::from(outcome.code())
}
