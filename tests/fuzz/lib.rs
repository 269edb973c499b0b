//! The rooms without input and output, and the fuzz targets that try them.

#![allow(dead_code, missing_docs)]

#[path = "../../src/ftp/mod.rs"]
pub mod ftp;
#[path = "../../src/model/mod.rs"]
pub mod model;

pub mod logs;
pub mod targets;
pub mod watch;
