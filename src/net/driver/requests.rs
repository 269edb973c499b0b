//! What it is asked for, one after the other.

use tokio::sync::mpsc::Receiver;
use tokio::time::{Instant, sleep_until};

use super::super::connection::{Body, Request};
use super::Driver;
use super::data::next;
use crate::ftp::{self, Input, Operation};

impl Driver {
    /// Serves requests, one after the other, until the connection or the last handle is gone.
    pub(in super::super) async fn serve(mut self, requests: Receiver<Request>) {
        self.requests = Some(requests);
        let mut idle = Instant::now();
        while !self.closed {
            let keep_alive = self.dial.keep_alive.map(|every| idle + every);
            tokio::select! {
                // What the server said before a command was sent is no answer to it: it is read first.
                biased;
                read = self.wire.turn() => {
                    self.take_input(read);
                    self.pump(&|_| {}).await;
                    self.publish();
                }
                // One that was made ahead is open, or will not be used.
                happened = next(&mut self.data) => {
                    self.take_data(happened);
                    self.pump(&|_| {}).await;
                }
                request = next_request(&mut self.next, &mut self.requests) => {
                    let Some(request) = request else { break };
                    self.answer(request).await;
                    idle = Instant::now();
                }
                () = sleep_until(keep_alive.unwrap_or(idle)), if keep_alive.is_some() => {
                    // Why it failed is in the transcript; that the connection is closed then shows by itself.
                    let never = std::future::pending();
                    let _ = self.perform(Operation::NoOperation, Body::None, None, never, &|_| {}).await;
                    idle = Instant::now();
                }
            }
        }
        (self.requests, self.next) = (None, None);
        self.shared.close(self.words.take());
        self.wire.close().await;
    }

    async fn answer(&mut self, request: Request) {
        let Request { operation, body, about, cancel, mut answer } = request;
        if cancel.is_cancelled() || answer.is_closed() {
            let _ = answer.send(Err(ftp::Error::Cancelled.into()));
            self.session.handle(Input::Unwanted);
            self.pump(&|_| {}).await;
            return;
        }
        let stop = async {
            tokio::select! {
                () = cancel.cancelled() => {}
                () = answer.closed() => {}
            }
        };
        let result = self.perform(operation, body, about, stop, &|_| {}).await;
        // Nobody may be left to hear it.
        let _ = answer.send(result);
    }
}

/// What is to be done next: what was taken in already, or what comes.
async fn next_request(next: &mut Option<Request>, requests: &mut Option<Receiver<Request>>) -> Option<Request> {
    match next.take() {
        Some(request) => Some(request),
        None => receive(requests).await,
    }
}

/// Ends when nobody wants any more what is to be done next.
pub(super) async fn withdrawn(next: &mut Option<Request>) {
    match next {
        Some(request) => tokio::select! {
            () = request.cancel.cancelled() => {}
            () = request.answer.closed() => {}
        },
        None => std::future::pending().await,
    }
}

/// The next request, if there will be one.
pub(super) async fn receive(requests: &mut Option<Receiver<Request>>) -> Option<Request> {
    match requests {
        Some(requests) => requests.recv().await,
        None => std::future::pending().await,
    }
}
