//! What one line of the reply log is about: the whole reply, what it answers, what came of the exchange, how long it took.

use eframe::egui::{self, Label, Layout, RichText, ScrollArea, Ui};

use crate::model::code::{self, Explanation};
use crate::model::exchange::is_unmade;
use crate::model::explain::{Finding, findings};
use crate::model::stage::microseconds;
use crate::model::{ConnectionId, Direction, Exchange, Line, Transcript, TransferId};

use super::mirror::Mirror;
use super::remedy::Chosen;
use super::text::{self, Clock};
use super::transcript_explained::{explained_ui, findings_ui};
use super::transcript_index::{self as index, Index};
use super::transcript_line::chip;
use super::transcript_listing::{Listed, listing_ui};
use super::{icons, theme, transcript_bytes, transcript_data, transcript_waterfall};

/// Lines of a reply that are shown; a listing by STAT can have thousands.
const LINES: usize = 500;

/// Everything that is shown of a line, worked out once when it is chosen and when lines were added.
#[derive(Clone, Debug)]
pub struct Details {
    /// The line's number in the transcript.
    pub number: u64,
    line: Line,
    explanation: Option<Explanation>,
    /// The reply's lines, or the replies to a command.
    lines: Vec<(u64, Option<u16>, String)>,
    /// Lines that are not shown.
    more: usize,
    /// The command that is answered, with its number.
    command: Option<(u64, String)>,
    /// The listing that it asked for, or that was answered with it.
    listed: Option<Listed>,
    /// Microseconds from the command to this line, or to the first reply.
    waited: Option<i64>,
    /// What it belongs to.
    exchange: Option<Exchange>,
    findings: Vec<Finding>,
    /// What asked for its data connection.
    way: Option<(u64, Exchange)>,
    /// The folder in which the connection was.
    folder: Option<String>,
    bytes: Vec<u8>,
}

/// What a person wants to see instead.
#[derive(Clone, Debug)]
pub enum Wish {
    /// Nothing: close the details.
    Close,
    /// Another line.
    Line(u64),
    /// A row of the queue.
    Transfer(TransferId),
    /// The lines of one connection only.
    Connection(ConnectionId),
    /// A folder in the pane of the tab that the connection browses for.
    Folder(ConnectionId, String),
    /// That something is done about it.
    Remedy(Box<Chosen>),
}

impl Details {
    /// Of the line called `number`, if it is still there.
    pub fn of(transcript: &Transcript, index: &Index, number: u64) -> Option<Self> {
        let line = index::line(transcript, number)?.clone();
        let numbers = index.dialogue(transcript, number);
        let of = |number: u64| index::line(transcript, number);
        let lines: Vec<_> = numbers
            .iter()
            .take(LINES)
            .filter_map(|number| of(*number).map(|line| (*number, line.code, text::visible(&line.text).into_owned())))
            .collect();
        let command = index.answers(number).and_then(|answers| Some((answers, of(answers)?)));
        let (from, to) = match line.direction {
            Direction::Received => (command.map(|(_, line)| line.at), Some(line.at)),
            Direction::Sent => (Some(line.at), numbers.first().and_then(|first| Some(of(*first)?.at))),
            Direction::Note => (None, None),
        };
        let asked = if line.direction == Direction::Sent { Some((number, &line)) } else { command };
        let listed = asked.and_then(|(number, line)| Listed::by(transcript, number, line));
        let waited = from.zip(to).map(|(from, to)| microseconds(from, to));
        let tells = line.text.starts_with("Data connection") || is_unmade(&line);
        let of_exchange = line.direction != Direction::Note || command.is_some() || tells;
        let number_of = index.exchange_of(number).filter(|_| of_exchange);
        let exchanges = index.exchanges();
        let exchange = number_of.and_then(|number| exchanges.get(number));
        let code = match line.direction {
            Direction::Received => index.code(number),
            Direction::Sent => exchange.and_then(Exchange::code),
            Direction::Note => None,
        };
        let before = number_of.map(|number| exchanges.before(number));
        let went = |earlier: &&Exchange| earlier.verb() == "CWD" && earlier.code().is_some_and(|code| code < 300);
        let asked = exchange.and_then(|exchange| exchange.data.as_ref()?.asked);
        Some(Self {
            number,
            explanation: code.map(code::explain),
            more: numbers.len() - lines.len(),
            lines,
            command: command.map(|(number, line)| (number, text::visible(&line.text).into_owned())),
            listed,
            waited,
            findings: exchange
                .zip(before.clone())
                .map(|(exchange, before)| findings(exchange, before))
                .unwrap_or_default(),
            folder: before.and_then(|mut before| before.find(went)).map(|went| went.argument().to_owned()),
            way: asked.and_then(|number| Some((index.head(number)?, exchanges.get(number)?.clone()))),
            exchange: exchange.cloned(),
            bytes: transcript_bytes::of(&line),
            line,
        })
    }

    /// The command, if it is one, and the lines of the reply.
    fn as_text(&self) -> String {
        let own = (self.line.direction != Direction::Received).then(|| text::visible(&self.line.text).into_owned());
        let lines = self.lines.iter().map(|(_, _, text)| text.clone());
        own.into_iter().chain(lines).collect::<Vec<_>>().join("\n")
    }

    fn title(&self) -> String {
        let name = match self.line.direction {
            Direction::Note => "Note",
            Direction::Sent => self.explanation.as_ref().map_or("Command", Explanation::name),
            Direction::Received => self.explanation.as_ref().map_or("Reply", Explanation::name),
        };
        let mut letters = name.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    }
}

/// Draws the details, from the top where they are `new`; answers with what a person wants to see instead.
pub fn details_ui(ui: &mut Ui, mirror: &Mirror, details: &Details, clock: &Clock, new: bool) -> Option<Wish> {
    let mut wish = None;
    let palette = theme::of(ui);
    ui.horizontal(|ui| {
        ui.set_height(theme::BAR);
        ui.add_space(theme::PAD);
        if let Some(explanation) = &details.explanation {
            chip(ui, explanation.code);
        }
        let buttons = 2.0 * (theme::ICON_BUTTON + theme::TIGHT) + theme::GAP;
        let size = egui::vec2((ui.available_width() - buttons).max(0.0), theme::BAR);
        ui.allocate_ui_with_layout(size, Layout::left_to_right(egui::Align::Center), |ui| {
            ui.set_min_size(size);
            ui.add(Label::new(RichText::new(details.title()).font(theme::strong())).truncate());
        });
        ui.spacing_mut().item_spacing.x = theme::TIGHT;
        if icons::button(ui, icons::COPY, "Copy all of it").clicked() {
            ui.ctx().copy_text(details.as_text());
        }
        if icons::button(ui, icons::CLOSE, "Close the details").clicked() {
            wish = Some(Wish::Close);
        }
    });
    let line = egui::Stroke::new(1.0, palette.line);
    ui.painter().hline(ui.max_rect().x_range(), ui.cursor().top() - 0.5, line);
    let frame = egui::Frame::NONE.inner_margin(egui::Margin::symmetric(12, 8));
    let area = ScrollArea::vertical().id_salt("details").auto_shrink([false, false]);
    let area = if new { area.vertical_scroll_offset(0.0) } else { area };
    area.show(ui, |ui| {
        frame.show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = theme::TIGHT;
            reply(ui, details, &mut wish);
            if let Some(exchange) = &details.exchange
                && let Some(remedy) = findings_ui(ui, mirror, exchange, &details.findings)
            {
                let (exchange, folder) = (exchange.clone(), details.folder.clone());
                wish = Some(Wish::Remedy(Box::new(Chosen { remedy, exchange, folder })));
            }
            if let Some(explanation) = &details.explanation {
                explained_ui(ui, explanation);
            }
            facts(ui, mirror, details, clock, &mut wish);
            if let Some(exchange) = &details.exchange {
                transcript_waterfall::legend(ui, exchange);
                if let Some(number) = transcript_data::data_ui(ui, exchange, details.way.as_ref()) {
                    wish = Some(Wish::Line(number));
                }
            }
            if let Some(listing) = details.listed.and_then(|listed| listed.find(mirror)) {
                let rows = text::count(listing.entries.len() as u64, "entry", "entries");
                heading(ui, &format!("Read as {}: {rows}", listing.dialect));
                listing_ui(ui, listing, clock);
            }
            ui.add_space(theme::GAP);
            let bytes = egui::CollapsingHeader::new(RichText::new("Bytes of the line").font(theme::small()));
            bytes.icon(icons::fold).show_unindented(ui, |ui| {
                let room = ui.available_width();
                ScrollArea::horizontal().show(ui, |ui| transcript_bytes::bytes_ui(ui, &details.bytes, room));
            });
        });
    });
    wish
}

/// What a part of the details is about.
pub fn heading(ui: &mut Ui, text: &str) {
    ui.add_space(theme::TIGHT);
    let color = theme::of(ui).secondary;
    ui.label(RichText::new(text).font(theme::small()).color(color));
}

/// Text that goes over several lines and can be copied.
pub fn paragraph(ui: &mut Ui, text: &str) {
    ui.add(Label::new(text).wrap().selectable(true));
}

/// A name, and what `contents` draws beside it.
pub fn fact(ui: &mut Ui, name: &str, contents: impl FnOnce(&mut Ui)) {
    ui.horizontal_top(|ui| {
        let color = theme::of(ui).secondary;
        let size = egui::vec2(76.0, 16.0);
        ui.allocate_ui_with_layout(size, Layout::left_to_right(egui::Align::Center), |ui| {
            ui.set_min_size(size);
            ui.label(RichText::new(name).font(theme::small()).color(color));
        });
        // A long name must not lie outside.
        ui.style_mut().wrap_mode = Some(egui::TextWrapMode::Wrap);
        contents(ui);
    });
}

fn reply(ui: &mut Ui, details: &Details, wish: &mut Option<Wish>) {
    let palette = theme::of(ui);
    let sent = details.line.direction == Direction::Sent;
    if sent || details.line.direction == Direction::Note {
        paragraph_mono(ui, &text::visible(&details.line.text));
    }
    if sent {
        heading(ui, if details.lines.is_empty() { "No reply yet" } else { "Answered by" });
    } else if !details.lines.is_empty() {
        heading(ui, "Whole reply");
    }
    for (number, code, text) in &details.lines {
        let color = code.map_or(palette.text, |code| palette.of_code(code));
        let label = Label::new(RichText::new(text).font(theme::mono()).color(if sent { color } else { palette.text }));
        if sent {
            if ui.add(label.wrap().sense(egui::Sense::click())).clicked() {
                *wish = Some(Wish::Line(*number));
            }
        } else {
            ui.add(label.wrap().selectable(true));
        }
    }
    if details.more > 0 {
        heading(ui, &format!("and {}", text::count(details.more as u64, "more line", "more lines")));
    }
}

fn paragraph_mono(ui: &mut Ui, text: &str) {
    ui.add(Label::new(RichText::new(text).font(theme::mono())).wrap().selectable(true));
}

fn facts(ui: &mut Ui, mirror: &Mirror, details: &Details, clock: &Clock, wish: &mut Option<Wish>) {
    ui.add_space(theme::GAP);
    if let Some((number, command)) = &details.command {
        fact(ui, "Answers", |ui| {
            let link = egui::Link::new(RichText::new(command).font(theme::mono()));
            if ui.add(link).clicked() {
                *wish = Some(Wish::Line(*number));
            }
        });
    }
    if let Some(waited) = details.waited {
        fact(ui, "Waited", |ui| drop(ui.label(transcript_waterfall::duration(waited))));
    }
    let lasted = details.exchange.as_ref().and_then(Exchange::lasted);
    let took = lasted.and_then(|lasted| i64::try_from(lasted.as_micros()).ok());
    if let Some(took) = took.filter(|took| details.waited != Some(*took)) {
        fact(ui, "Took", |ui| drop(ui.label(transcript_waterfall::duration(took))));
    }
    let connection = details.line.connection;
    let wire = mirror.connections.get(&connection);
    fact(ui, "Connection", |ui| {
        let site = wire.map_or_else(String::new, |wire| {
            let use_of = if wire.tab.is_some() { "browsing" } else { "transfers" };
            let closed = if wire.open { "" } else { ", closed" };
            format!(", {} ({use_of}{closed})", wire.site.title())
        });
        if ui.link(format!("{}{site}", connection.0)).on_hover_text("Show only this connection").clicked() {
            *wish = Some(Wish::Connection(connection));
        }
    });
    let browses = wire.is_some_and(|wire| wire.tab.is_some());
    if let Some(folder) = details.folder.as_ref().filter(|_| browses) {
        fact(ui, "Folder", |ui| {
            if ui.link(text::visible(folder)).on_hover_text("Show it in the pane").clicked() {
                *wish = Some(Wish::Folder(connection, folder.clone()));
            }
        });
    }
    fact(ui, "Time", |ui| drop(ui.label(clock.moment(details.line.at))));
    // The numbers of a log that was opened are none of this run.
    let is_known = |id: &TransferId| wire.is_some() || mirror.queue.get(*id).is_some();
    if let Some(transfer) = details.line.transfer.filter(is_known) {
        fact(ui, "Transfer", |ui| match mirror.queue.get(transfer) {
            Some(row) => {
                if ui.link(text::visible(row.local_name())).on_hover_text("Show it in the queue").clicked() {
                    *wish = Some(Wish::Transfer(transfer));
                }
            }
            None => drop(ui.label("no longer in the queue")),
        });
    }
}
