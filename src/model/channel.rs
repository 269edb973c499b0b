//! The two ends by which a front and the worker reach each other, without saying what runs behind them.

use std::fmt;
use std::sync::Arc;

use super::Action;

/// Sends a person's actions to the worker. Never waits: a full channel gives the action back.
#[derive(Clone)]
pub struct Actions(Arc<dyn Fn(Action) -> Result<(), Action> + Send + Sync>);

impl Actions {
    /// Wraps the sending end of a bounded channel.
    pub fn new(send: impl Fn(Action) -> Result<(), Action> + Send + Sync + 'static) -> Self {
        Self(Arc::new(send))
    }

    /// Hands `action` to the worker, or back when the channel is full or the worker has ended.
    pub fn send(&self, action: Action) -> Result<(), Action> {
        (self.0)(action)
    }
}

impl fmt::Debug for Actions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Actions")
    }
}

/// Wakes the front after an event was put into its channel.
#[derive(Clone)]
pub struct Wake(pub Arc<dyn Fn() + Send + Sync>);

impl Wake {
    /// A front that polls needs no waking.
    pub fn nobody() -> Self {
        Self(Arc::new(|| {}))
    }
}

impl fmt::Debug for Wake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wake")
    }
}
