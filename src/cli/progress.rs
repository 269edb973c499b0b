//! Progress bars on standard error, where it is a terminal.

use std::collections::HashMap;
use std::io::{self, IsTerminal};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output::visible;
use crate::model::queue::Row;
use crate::model::transfer::Running;
use crate::model::{Course, TransferId};

/// Bars of single files at once; more would scroll a small terminal.
const MOST: usize = 8;

/// A bar for each running transfer, or nothing at all.
pub(super) struct Bars {
    all: Option<MultiProgress>,
    bars: HashMap<TransferId, ProgressBar>,
    style: ProgressStyle,
    unsized_style: ProgressStyle,
}

impl Bars {
    /// Shows bars if `wanted` and somebody can see them.
    pub(super) fn new(wanted: bool) -> Self {
        let shown = wanted && io::stderr().is_terminal();
        let style = |template| ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        Self {
            all: shown.then(|| MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(10))),
            bars: HashMap::new(),
            style: style("{prefix} {wide_bar} {percent:>3} % {decimal_bytes:>9} {msg:>11}"),
            unsized_style: style("{prefix} {spinner} {decimal_bytes:>9} {msg:>11}"),
        }
    }

    /// How far a row is.
    pub(super) fn update(&mut self, row: Row<'_>, running: &Running) {
        let Some(all) = &self.all else { return };
        if !self.bars.contains_key(&row.id) && self.bars.len() >= MOST {
            return;
        }
        let bar = self.bars.entry(row.id).or_insert_with(|| {
            let bar = all.add(ProgressBar::new(row.size.unwrap_or(0)));
            bar.set_style(if row.size.is_some() { self.style.clone() } else { self.unsized_style.clone() });
            bar
        });
        bar.set_prefix(title(row, running));
        if let Some(size) = row.size {
            bar.set_length(size);
        }
        bar.set_position(running.done);
        bar.set_message(if running.step.is_empty() { rate(running.rate) } else { running.step.to_owned() });
    }

    /// A row runs no longer.
    pub(super) fn end(&mut self, id: TransferId) {
        if let (Some(bar), Some(all)) = (self.bars.remove(&id), &self.all) {
            bar.finish_and_clear();
            all.remove(&bar);
        }
    }

    /// Makes room for `write` to write to the terminal.
    pub(super) fn pause<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.all {
            Some(all) => all.suspend(write),
            None => write(),
        }
    }

    /// Removes all bars.
    pub(super) fn clear(&mut self) {
        self.bars.clear();
        if let Some(all) = &self.all {
            // A terminal that cannot be cleared is gone.
            let _ = all.clear();
        }
    }
}

/// `↓ big.iso`, and how many connections fetch it where there are several.
fn title(row: Row<'_>, running: &Running) -> String {
    let sign = if row.course == Course::Download { '↓' } else { '↑' };
    let several = match running.connections {
        0 | 1 => String::new(),
        connections => format!(", {connections} connections"),
    };
    format!("{sign} {}{several}", visible(row.remote_name))
}

fn rate(bytes: u64) -> String {
    format!("{}/s", size(bytes))
}

/// Bytes as a person reads them.
pub(super) fn size(bytes: u64) -> String {
    indicatif::DecimalBytes(bytes).to_string()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::transfer::{Folder, Phase, Priority};
    use crate::model::{Kind, RemotePath, Site, Transfer, TransferType};

    #[test]
    fn a_bar_is_called_as_the_file_and_tells_connections_beyond_the_first() {
        let row = Transfer {
            id: TransferId(1),
            course: Course::Download,
            kind: Kind::File,
            folder: Arc::new(Folder {
                site: Arc::new(Site::default()),
                local: "/l".into(),
                remote: RemotePath::root(),
                below: 0,
            }),
            remote_name: "big\u{202e}.iso".into(),
            local_name: None,
            size: Some(1),
            phase: Phase::Queued,
            attempts: 1,
            if_exists: None,
            priority: Priority::default(),
            transfer_type: TransferType::Binary,
            place: 0,
        };
        let with = |connections| title(row.row(), &Running { connections, ..Running::default() });
        let [none, one, four] = [0, 1, 4].map(with);
        assert!(none == one && one.starts_with("↓ big") && !one.contains('\u{202e}'), "{one}");
        assert_eq!(four, format!("{one}, 4 connections"));
    }
}
