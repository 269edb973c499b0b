//! Policy: owns sessions, queue, transcript and stores.

pub mod disk;
pub mod journal;
pub mod local;
pub mod store;
pub mod vault;
