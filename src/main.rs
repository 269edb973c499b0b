//! Longshore.

fn main() {}
