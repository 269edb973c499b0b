//! The data connection of an exchange, in the log's details: how it was made, what crossed it, how it ended.

use eframe::egui::{Label, Link, RichText, Ui};

use crate::model::Exchange;
use crate::model::exchange::{Data, DataEnd};

use super::transcript_details::{fact, heading};
use super::{text, theme};

/// Draws it, if there was one; answers with the line that a person wants to see instead.
pub fn data_ui(ui: &mut Ui, exchange: &Exchange, way: Option<&(u64, Exchange)>) -> Option<u64> {
    let data = exchange.data.as_deref()?;
    let mut wanted = None;
    heading(ui, "Data connection");
    if let Some((number, asked)) = way {
        fact(ui, "Asked by", |ui| {
            let command = text::visible(asked.command.as_deref().unwrap_or_default());
            if ui.add(Link::new(RichText::new(command).font(theme::mono()))).clicked() {
                wanted = Some(*number);
            }
        });
        if let Some(reply) = &asked.reply {
            fact(ui, "Given", |ui| mono(ui, &reply.text));
        }
    }
    let by = if data.active { "the server connected" } else { "we connected" };
    if data.with.is_empty() {
        fact(ui, "Used", |ui| words(ui, "It is not known which address"));
    } else {
        fact(ui, "Used", |ui| mono(ui, &format!("{} ({by})", data.with)));
    }
    if let Some(end) = &data.end {
        end_ui(ui, data, end);
    } else {
        fact(ui, "State", |ui| words(ui, if exchange.broken { "The log does not tell its end" } else { "Under way" }));
    }
    wanted
}

fn end_ui(ui: &mut Ui, data: &Data, end: &DataEnd) {
    if let Some(bytes) = data.bytes() {
        let took = text::milliseconds(end.took.into());
        fact(ui, "Bytes", |ui| words(ui, &format!("{} in {took}", text::exact_size(bytes))));
    }
    if let Some(rate) = data.rate().filter(|rate| *rate > 0) {
        fact(ui, "Rate", |ui| words(ui, &text::rate(rate)));
    }
    match &end.tls {
        Some(tls) => {
            let session = if tls.resumed { "session resumed" } else { "session not resumed" };
            let said = [tls.version.as_str(), tls.cipher.as_str(), session].into_iter().filter(|said| !said.is_empty());
            fact(ui, "TLS", |ui| words(ui, &said.collect::<Vec<_>>().join(", ")));
        }
        None if data.bytes().is_some() => fact(ui, "TLS", |ui| words(ui, "None: the bytes went in clear")),
        None => {}
    }
    match &end.fault {
        Some(fault) => fact(ui, "Failed", |ui| words(ui, fault)),
        None if end.clean => fact(ui, "End", |ui| words(ui, "As it should be")),
        None => fact(ui, "End", |ui| words(ui, "Without close_notify: somebody on the way may have cut it short")),
    }
}

fn words(ui: &mut Ui, said: &str) {
    ui.add(Label::new(text::visible(said)).wrap().selectable(true));
}

fn mono(ui: &mut Ui, said: &str) {
    ui.add(Label::new(RichText::new(text::visible(said)).font(theme::mono())).wrap().selectable(true));
}
