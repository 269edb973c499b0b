//! Quickconnect: a line to type an address into.

/// What is typed.
#[derive(Clone, Debug, Default)]
pub struct QuickView {
    /// URL or host.
    pub address: String,
}
