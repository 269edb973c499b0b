//! Policy: owns sessions, queue, transcript and stores.

pub mod disk;
