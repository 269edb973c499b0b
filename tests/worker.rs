//! The worker against real servers.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::cast_possible_truncation)]

#[path = "worker/connections.rs"]
mod connections;
#[path = "harness/distance.rs"]
mod distance;
#[path = "worker/exists.rs"]
mod exists;
#[path = "worker/far.rs"]
mod far;
#[path = "worker/files.rs"]
mod files;
#[path = "harness/front.rs"]
mod front;
mod harness;
mod peer;
#[path = "worker/refused.rs"]
mod refused;
#[path = "worker/resume.rs"]
mod resume;
#[path = "worker/segments.rs"]
mod segments;
#[path = "worker/text.rs"]
mod text;
#[path = "worker/trees.rs"]
mod trees;
