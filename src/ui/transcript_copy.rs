//! Copying an exchange of the reply log as something else than its lines.

use eframe::egui::Ui;

use crate::model::copy_as::{Server, Tool, command_line};
use crate::model::export::export;
use crate::model::{ConnectionId, Format, Line, Log, Masks};

use super::icons;
use super::menu::{self, Item};
use super::mirror::Mirror;
use super::text::Clock;
use super::transcript_index::{self as index, Index};
use super::transcript_lines::{copied, copied_numbers};
use super::transcript_panel::TranscriptView;

/// What a person chose to copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Copy {
    /// The selected lines as text.
    Text,
    /// The selected lines as a table.
    Markdown,
    /// A command line.
    Command(String),
}

/// What the menu of a row is about, in either view.
pub(super) struct RowMenu<'a> {
    /// The row's connection.
    pub(super) of: ConnectionId,
    /// The exchange that it belongs to.
    pub(super) exchange: Option<u64>,
    /// The only connection that is shown, if one is.
    pub(super) shown: &'a mut Option<ConnectionId>,
    /// Whether the log is to be cleared.
    pub(super) clear: &'a mut bool,
}

/// The menu of a row. Answers with what is to be copied.
pub(super) fn row_menu(ui: &mut Ui, mirror: &Mirror, index: &Index, row: RowMenu<'_>) -> Option<Copy> {
    let copying = copy_menu(ui, mirror, index, row.exchange);
    ui.separator();
    let only = format!("Show only connection {}", row.of.0);
    if menu::entry(ui, Some(icons::FILTER), &only, "", true).clicked() {
        *row.shown = Some(row.of);
        ui.close();
    }
    if row.shown.is_some() && menu::entry(ui, None, "Show all connections", "", true).clicked() {
        *row.shown = None;
        ui.close();
    }
    ui.separator();
    *row.clear |= menu::row(ui, Item::ClearLog, mirror.settings.keys, true);
    copying
}

/// The rows of a menu that copy the selected lines, or the exchange called `exchange`.
fn copy_menu(ui: &mut Ui, mirror: &Mirror, index: &Index, exchange: Option<u64>) -> Option<Copy> {
    let mut chosen = menu::row(ui, Item::CopyLines, mirror.settings.keys, true).then_some(Copy::Text);
    if menu::entry(ui, None, "Copy as Markdown", "", true).clicked() {
        chosen = Some(Copy::Markdown);
    }
    for (tool, name) in [(Tool::Curl, "Copy as curl command"), (Tool::Lftp, "Copy as lftp command")] {
        let command = exchange.and_then(|number| command(mirror, index, number, tool));
        let response = menu::entry(ui, None, name, "", command.is_some());
        if response.clicked() {
            chosen = command.map(Copy::Command);
        }
    }
    if chosen.is_some() {
        ui.close();
    }
    chosen
}

/// Copies what was chosen.
pub(super) fn copy(ui: &Ui, mirror: &Mirror, view: &TranscriptView, clock: &Clock, chosen: Copy) {
    let text = match chosen {
        Copy::Text => copied(mirror, view, clock),
        Copy::Command(command) => command,
        Copy::Markdown => {
            let numbers = copied_numbers(mirror, view).into_iter();
            let lines: Vec<Line> =
                numbers.filter_map(|number| index::line(&mirror.transcript, number).cloned()).collect();
            let rows: Vec<usize> = (0..lines.len()).collect();
            export(&Log::of(lines), &rows, Format::Markdown, Masks::default(), &clock.zone())
        }
    };
    ui.ctx().copy_text(text);
}

fn command(mirror: &Mirror, index: &Index, number: u64, tool: Tool) -> Option<String> {
    let exchange = index.exchanges().get(number)?;
    let before = index.exchanges().before(number);
    let site = mirror.connections.get(&exchange.connection).map(|wire| &*wire.site);
    let server = Server::of(site, exchange, before.clone())?;
    command_line(tool, exchange, &server, before)
}
