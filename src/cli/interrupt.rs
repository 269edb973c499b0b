//! Ctrl-C, and being told to end.

use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::status::Status;

/// Whether somebody wants this run to end.
#[derive(Clone, Default)]
pub(super) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Listens from now on.
    pub(super) fn listen() -> Self {
        let interrupt = Self::default();
        let flag = interrupt.clone();
        on_interrupt(move || flag.raise());
        interrupt
    }

    /// Whether it was asked for.
    pub(super) fn is_raised(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    /// As if Ctrl-C had been pressed: a terminal that is read without echo gives it to the reader.
    pub(super) fn raise(&self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Does `end` at the first Ctrl-C, or when the process is told to end; the second ends it at once.
pub fn on_interrupt(end: impl FnOnce() + Send + 'static) {
    thread::spawn(move || {
        // Without a runtime Ctrl-C still ends the process, as the system does it.
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(async {
            if signal().await.is_ok() {
                end();
                if signal().await.is_ok() {
                    process::exit(Status::Interrupted.code().into());
                }
            }
        });
    });
}

#[cfg(unix)]
async fn signal() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed,
        _ = terminate.recv() => Ok(()),
        _ = hang_up.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn signal() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}
