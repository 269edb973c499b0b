//! Longshore: a desktop FTP client that shows and explains every reply.
//!
//! This page is the architecture: where everything lives, who may call whom, and what flows through. `tests/tidy.rs`
//! keeps what it says.
//!
//! Five sentences hold the house:
//! 1. The protocol core is a value, [`ftp::Session`]: bytes and events go in; transcript records, bytes and requests
//!    come out. It has no socket, no clock, no runtime, no file.
//! 2. An operation (log in, list, retrieve…) is one `match` table from *(which verb this reply answers, the reply's
//!    class)* to the next step: in FTP the command that is being answered **is** the state.
//! 3. The session also writes the transcript, so the reply log that a person reads, the wire tests and a bug report are
//!    one text, and their order is the order on the wire by construction.
//! 4. A tokio worker drives sessions from one closed `enum Input` loop and owns the truth; the window draws a mirror that
//!    changes only by `Mirror::apply(Event)`; the command line is a second, smaller front on the same worker.
//! 5. `ui`, `cli` and `worker` never see each other: they stand on [`model`], and `main.rs` wires them.
//!
//! # Rooms
//!
//! A file's first line says what it is about; this is where to look for what.
//!
//! ```text
//! main.rs     parses arguments, makes the channels, starts the worker, runs the window or the command line
//! practice.rs the practice server, with the feature `practice` only
//! model/      nouns that every side speaks; plain data, no input or output, no clock
//!             action event question           what goes to the worker, what comes back, what it must be told
//!             path syntax listing site url    the server's side; transfer queue: rows, and one `apply` for both sides
//!             exists schedule permissions transfer_type   targets that exist, hours of the week, modes, what is text
//!             filter filezilla xml            what is left out of panes and walks; files of FileZilla
//!             log_layout file_columns         how the log and the panes are shown, kept between runs
//!             transcript code verb failure    what crossed the wire, what it means, what a person reads
//!             exchange stage explain log_filter   commands with what came of them, when, what that tells, and finding them
//!             json_line foreign log export    lines as they are kept, logs of other programs, and logs for others
//!             compare copy_as                 two logs side by side; exchanges as commands of other programs
//!             visible                         text of servers made harmless
//! ftp/        RFC 959 and later, sans-IO
//!             reply command charset endpoint feature fact checksum   bytes and words
//!             config session control exchange ahead pipeline   one control connection as a value; its data connections
//!             op/                                             the operations, a table each
//!             listing/                                        which dialect, and one file per dialect
//! net/        tokio: sockets, TLS, data between a connection and a file; no policy
//!             dial proxy stream               from a name to a stream
//!             tls trust identity              and to a secured one
//!             connection driver cancel log outside   the task that drives one session; its lines
//!             zone                            the zone of a server's times, measured
//!             data copy direct belt ascii pace span   bytes of a data connection, and the exact order in which it is closed
//! worker/     policy; owns sessions, queue, transcript, stores
//!             mod dispatch front scribe       the loop, action by action; events and what is written down
//!             tabs browse errand files here   browsing, and single changes of files
//!             queue enqueue left typed steer rows extras ready pool follow   the queue, and what a person does with it
//!             transfer walk download guard upload verify checksum rules retry settle   one row of it
//!             helpers segments plan ranges    a large file over several connections
//!             import after limits             its files, what is done behind its last row, and how fast it may go
//!             connect secret memory questions log-in, certificates, passwords, and what was learned of servers
//!             disk local journal store vault  this machine: downloads, folders, the queue on disk, settings, secrets
//!             logs session_log                logs in files: opened ones, and our own where they are wanted
//! ui/         egui: draws a mirror, collects actions
//!             app window keyboard mirror view the loop, the areas, what it knows
//!             menu* bar perform bookmarks     each command once, and what it does
//!             pane path_bar tree table* rows order list picked drag pointer   the panes
//!             queue_* transcript_* lower      the queue and the reply log
//!             filter_field raw_command remedy trouble   parts of the log: typing, and acting on it
//!             opened_log compared_log         logs from files, and two side by side
//!             sites quickconnect tabs status notices dialog/  the rest
//!             theme icons marks text paint    the look
//! cli/        the command line: a front without a window, on the same worker
//! ```
//!
//! The rooms are [`model`], [`ftp`], [`net`], [`worker`], [`ui`] and [`cli`].
//!
//! # Arrows
//!
//! `model <- ftp <- net <- worker`, `model <- ui`, `model <- cli`; `main` imports `worker`, `ui` and `cli`. Nothing else.
//! `model` and `ftp` name no runtime, no file and no clock; `net`, `worker` and `cli` no egui; `ui` no tokio and no file
//! system. No channel is unbounded, and every file begins with a caption.
//!
//! # What flows
//!
//! - A front sends [`model::Action`]s through a bounded channel and never waits for the worker. The worker sends
//!   [`model::Event`]s back through a bounded channel, wakes the front through [`model::Wake`], and may wait for it.
//!   Data waits for neither.
//! - "Command" means an FTP command and nothing else. A person's wish is an `Action`, a row in a menu an item of
//!   `ui::menu`, a unit of work an [`ftp::Operation`]. Everything else has RFC 959's name.
//! - A session is driven by [`ftp::Input`] and answers with [`ftp::Output`]. What it logs is a [`model::Record`], which has
//!   no time; the driver in `net` makes a [`model::Line`] of it, with the time, the connection and the transfer.
//! - Listings are snapshots (`Arc<Listing>`): 100,000 rows cost nothing to hand over, and another order of rows is a
//!   cached `Vec<u32>`. The queue is deltas: one [`model::Queue::apply`] on both sides. Progress is latest-wins at 10 Hz.
//! - `ui`'s `logic()` drains events, its `ui()` draws; drawing parses, sorts and filters nothing.
//! - Names that are not text stay whole: `model::path` maps each byte that the charset cannot decode to one private
//!   character, and back on the wire.
//! - Bytes of a transfer never pass the session: it says when they may flow, and `net` moves them between the data
//!   connection and a file that `worker::disk` opened.
//!
//! # Invariants of a session
//!
//! 1. After each `handle`, `poll` is drained to `None`.
//! 2. Commands on the wire wait in one queue; each reply that is not preliminary pays the command at its front. None is
//!    ever unaccounted for, and a cancelled operation's replies are still owed and are read off before anything else is
//!    trusted. A reply that nothing owes closes the session.
//!    One that plainly answers another command closes it too, before anything is stored, deleted or renamed by mistake.
//!    In active mode the next file may be asked for before its operation begins, at the end of the data before; another
//!    operation in its place closes the session, since the replies and the server's connection would be taken for its own.
//! 3. An operation hears of a transfer's end once, when reply **and** data are both in, in either order.
//! 4. After `Cancel` the session is usable as soon as nothing is owed.
//! 5. At the change to TLS the decoder is empty; bytes that came early are an attack and close the session.
//! 6. `Display for Command` is the only printer of commands and knows what to hide: never the secret, never its length.
//! 7. Every limit is a named constant.
//! 8. An argument with CR, LF or NUL cannot be built.
//!
//! # Errors
//!
//! [`ftp::Error`] is inside `net::Error` (what was attempted, with whom) and becomes [`model::Failure`] in one place,
//! `worker::retry`. 4yz, I/O and timeouts are transient, 5yz is permanent (RFC 959 4.2). Each error is handled once:
//! passed up or shown. A person sees the server's own words in the transcript, the row that failed with why, a banner
//! where there is no row, a dialog only where there is a question.
//!
//! # TLS
//!
//! One client configuration with its own ticket store per control connection, because some servers accept on a data
//! connection only that session. rustls hands out each TLS 1.3 ticket once: where they run out and the server demands
//! resumption, the worker connects again with TLS 1.2 and remembers it for the server. An upload ends with close_notify,
//! shutdown of the write side, reading to the end within a bound, then close; a download closes at its end, before the
//! final reply is waited for.

pub mod cli;
pub mod ftp;
pub mod model;
pub mod net;
pub mod ui;
pub mod worker;
