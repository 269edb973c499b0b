//! What one line of the reply log is about: the whole reply, what its code means, what it answers, how long it took.

use eframe::egui::{self, Label, Layout, RichText, ScrollArea, Ui};

use crate::model::code::{self, Explanation};
use crate::model::{ConnectionId, Direction, Line, Transcript, TransferId};

use super::mirror::Mirror;
use super::text::{self, Clock};
use super::transcript_index::{self as index, Index};
use super::transcript_line::chip;
use super::transcript_listing::{Listed, listing_ui};
use super::{icons, theme};

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
    /// From the command to this line, or to the first reply.
    waited: Option<i128>,
}

/// What a person wants to see instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Nothing: close the details.
    Close,
    /// Another line.
    Line(u64),
    /// A row of the queue.
    Transfer(TransferId),
    /// The lines of one connection only.
    Connection(ConnectionId),
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
        let waited = from.zip(to).map(|(from, to)| to.duration_since(from).as_millis());
        let code = index.code(number).filter(|_| line.direction == Direction::Received);
        Some(Self {
            number,
            explanation: code.map(code::explain),
            more: numbers.len() - lines.len(),
            lines,
            command: command.map(|(number, line)| (number, text::visible(&line.text).into_owned())),
            listed,
            waited,
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
            Direction::Sent => "Command",
            Direction::Note => "Note",
            Direction::Received => self.explanation.as_ref().map_or("Reply", Explanation::name),
        };
        let mut letters = name.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    }
}

/// Draws the details; answers with what a person wants to see instead.
pub fn details_ui(ui: &mut Ui, mirror: &Mirror, details: &Details, clock: &Clock) -> Option<Wish> {
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
    ScrollArea::vertical().id_salt("details").auto_shrink([false, false]).show(ui, |ui| {
        frame.show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = theme::TIGHT;
            reply(ui, details, &mut wish);
            if let Some(explanation) = &details.explanation {
                explain(ui, explanation);
            }
            facts(ui, mirror, details, clock, &mut wish);
            if let Some(listing) = details.listed.and_then(|listed| listed.find(mirror)) {
                let rows = text::count(listing.entries.len() as u64, "entry", "entries");
                heading(ui, &format!("Read as {}: {rows}", listing.dialect));
                listing_ui(ui, listing, clock);
            }
        });
    });
    wish
}

fn heading(ui: &mut Ui, text: &str) {
    ui.add_space(theme::TIGHT);
    let color = theme::of(ui).secondary;
    ui.label(RichText::new(text).font(theme::small()).color(color));
}

fn explain(ui: &mut Ui, explanation: &Explanation) {
    let palette = theme::of(ui);
    if let Some(known) = explanation.known {
        for (title, words) in
            [("What it means", known.meaning), ("Likely cause", known.cause), ("What to do", known.remedy)]
        {
            if !words.is_empty() {
                heading(ui, title);
                paragraph(ui, words);
            }
        }
    }
    heading(ui, "How the digits read");
    let mut digit = |number: u16, words: &str| {
        ui.horizontal_top(|ui| {
            let color = palette.of_code(explanation.code);
            ui.label(RichText::new(number.to_string()).font(theme::mono_strong()).color(color));
            ui.add(Label::new(RichText::new(words).font(theme::small())).wrap());
        });
    };
    digit(explanation.code / 100, explanation.class.map_or("No class that FTP knows.", |class| class.meaning()));
    if let Some(group) = explanation.group {
        digit(explanation.code / 10 % 10, group.meaning());
    }
}

fn paragraph(ui: &mut Ui, text: &str) {
    ui.add(Label::new(text).wrap().selectable(true));
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
    let mut fact = |name: &str, contents: &mut dyn FnMut(&mut Ui)| {
        ui.horizontal_top(|ui| {
            let color = theme::of(ui).secondary;
            let size = egui::vec2(76.0, 18.0);
            ui.allocate_ui_with_layout(size, Layout::left_to_right(egui::Align::Center), |ui| {
                ui.set_min_size(size);
                ui.label(RichText::new(name).font(theme::small()).color(color));
            });
            contents(ui);
        });
    };
    if let Some((number, command)) = &details.command {
        fact("Answers", &mut |ui| {
            let link = egui::Link::new(RichText::new(command).font(theme::mono()));
            if ui.add(link).clicked() {
                *wish = Some(Wish::Line(*number));
            }
        });
    }
    if let Some(waited) = details.waited {
        fact("Waited", &mut |ui| drop(ui.label(milliseconds(waited))));
    }
    let connection = details.line.connection;
    fact("Connection", &mut |ui| {
        let wire = mirror.connections.get(&connection);
        let site = wire.map_or_else(String::new, |wire| {
            let use_of = if wire.tab.is_some() { "browsing" } else { "transfers" };
            let closed = if wire.open { "" } else { ", closed" };
            format!(", {} ({use_of}{closed})", wire.site.title())
        });
        if ui.link(format!("{}{site}", connection.0)).on_hover_text("Show only this connection").clicked() {
            *wish = Some(Wish::Connection(connection));
        }
    });
    fact("Time", &mut |ui| drop(ui.label(clock.moment(details.line.at))));
    if let Some(transfer) = details.line.transfer {
        fact("Transfer", &mut |ui| match mirror.queue.get(transfer) {
            Some(row) => {
                if ui.link(text::visible(row.local_name())).on_hover_text("Show it in the queue").clicked() {
                    *wish = Some(Wish::Transfer(transfer));
                }
            }
            None => drop(ui.label("no longer in the queue")),
        });
    }
}

/// `47 ms`, `1.250 s`.
pub fn milliseconds(milliseconds: i128) -> String {
    if milliseconds < 1000 {
        format!("{milliseconds} ms")
    } else {
        format!("{}.{:03} s", milliseconds / 1000, milliseconds % 1000)
    }
}
