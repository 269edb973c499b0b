//! Keys in a table: moving, selecting, typing a name's first letters.

use eframe::egui::{Event, Key, Modifiers, Ui};

use super::rows::Pick;
use super::table::TableView;

/// Seconds until typed letters begin a new name.
const TYPING: f64 = 1.0;

/// Keys that move in the rows. What is a command has its keys in `menu`.
pub fn keys(ui: &Ui, table: &mut TableView) {
    if table.rename.is_some() || table.rows.is_empty() {
        return;
    }
    let last = table.rows.len() - 1;
    let (now, events) = ui.input(|input| (input.time, input.events.clone()));
    for event in &events {
        match event {
            Event::Key { key, pressed: true, modifiers, .. } if !modifiers.alt => {
                let cursor = table.rows.cursor();
                let step = |by: isize| cursor.map_or(0, |cursor| cursor.saturating_add_signed(by).min(last));
                let page = isize::try_from(table.page).unwrap_or(1);
                let row = match key {
                    Key::ArrowDown => step(1),
                    Key::ArrowUp => step(-1),
                    Key::PageDown => step(page),
                    Key::PageUp => step(-page),
                    Key::Home => 0,
                    Key::End => last,
                    Key::Space if now - table.typed_at < TYPING => continue,
                    Key::Space | Key::Insert => {
                        toggle(table, *key, last);
                        continue;
                    }
                    Key::Escape => {
                        table.rows.select_none();
                        continue;
                    }
                    _ => continue,
                };
                table.rows.pick(row, pick(*modifiers));
                table.reveal = true;
            }
            Event::Text(letters) if letters != " " || !table.typed.is_empty() => type_ahead(table, letters, now),
            _ => {}
        }
    }
    // A space must not also click the table, which has the keyboard.
    ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Space));
}

fn pick(modifiers: Modifiers) -> Pick {
    match modifiers {
        _ if modifiers.shift => Pick::Range,
        _ if modifiers.command => Pick::Cursor,
        _ => Pick::Only,
    }
}

/// Space selects the row or not; Insert goes on to the next as well, as two-pane programs do.
fn toggle(table: &mut TableView, key: Key, last: usize) {
    let row = table.rows.cursor().unwrap_or(0);
    table.rows.pick(row, Pick::Toggle);
    if key == Key::Insert {
        table.rows.pick((row + 1).min(last), Pick::Cursor);
    }
    table.reveal = true;
}

fn type_ahead(table: &mut TableView, letters: &str, now: f64) {
    if now - table.typed_at > TYPING {
        table.typed.clear();
    }
    table.typed_at = now;
    let more = !table.typed.is_empty();
    table.typed.push_str(letters);
    // The same letter again goes to the next name that begins with it.
    let first = table.typed.chars().next();
    let again = more && table.typed.chars().all(|letter| Some(letter) == first);
    let row = table.rows.starting_with(&table.typed, more);
    let row = row.or_else(|| if again { table.rows.starting_with(letters, false) } else { None });
    if let Some(row) = row {
        table.rows.pick(row, Pick::Only);
        table.reveal = true;
    }
}
