//! Parses the arguments, starts the worker, and runs the window or the command line on it.

use clap::Parser;
use longshore::cli::Arguments;

#[cfg(feature = "practice")]
mod practice;

fn main() -> std::process::ExitCode {
    let arguments = Arguments::parse();
    #[cfg(feature = "practice")]
    if arguments.serve_only {
        return practice::serve();
    }
    drop(arguments);
    std::process::ExitCode::SUCCESS
}
