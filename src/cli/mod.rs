//! The command line: a front without a window, on the same worker.

mod arguments;

pub use arguments::{Arguments, Command, DataMode, Exists, Options, QueueAction, Tls};
