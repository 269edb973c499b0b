//! Parses the arguments.

use clap::Parser;
use longshore::cli::Arguments;

fn main() {
    Arguments::parse();
}
