//! The bytes of a line, in hexadecimal digits beside what they mean as text.

use std::fmt::Write as _;

use eframe::egui::{Label, RichText, Ui};

use crate::model::{Direction, Line};

use super::theme;

/// Bytes in a row, where there is room for so many.
const ROWS: [usize; 3] = [16, 8, 4];
/// Bytes that are shown.
const MOST: usize = 4096;

/// The bytes of `line`, as far as they are shown; what we sent with its end.
pub fn of(line: &Line) -> Vec<u8> {
    let bytes = line.raw.as_deref().unwrap_or(line.text.as_bytes());
    let end: &[u8] = if line.direction == Direction::Sent { b"\r\n" } else { b"" };
    bytes.iter().chain(end).take(MOST).copied().collect()
}

/// Draws them, as many in a row as `room` has place for.
pub fn bytes_ui(ui: &mut Ui, bytes: &[u8], room: f32) {
    let palette = theme::of(ui);
    let letter = ui.fonts_mut(|fonts| fonts.glyph_width(&theme::mono(), '0'));
    let fits = |length: &usize| (row(0, *length, &[]).len() + length) as f32 * letter <= room;
    let length = ROWS.into_iter().find(fits).unwrap_or(ROWS[2]);
    for (number, bytes) in bytes.chunks(length).enumerate() {
        let text = RichText::new(row(number * length, length, bytes)).font(theme::mono()).color(palette.text);
        ui.add(Label::new(text).extend().selectable(true));
    }
}

/// `0010  41 55 54 48 20 54 4c 53  0d 0a                    AUTH TLS␍␊`
fn row(offset: usize, length: usize, bytes: &[u8]) -> String {
    let mut row = format!("{offset:04x} ");
    for at in 0..length {
        let gap = if at % 8 == 0 { " " } else { "" };
        // Writing to a string cannot fail.
        let _ = match bytes.get(at) {
            Some(byte) => write!(row, "{gap}{byte:02x} "),
            None => write!(row, "{gap}   "),
        };
    }
    row.push(' ');
    row.extend(bytes.iter().map(|byte| picture(*byte)));
    row
}

/// What stands for a byte: itself where it is printed, the picture of a control character, a dot for what is beyond ASCII.
fn picture(byte: u8) -> char {
    match byte {
        0x20..=0x7E => char::from(byte),
        0x7F => '\u{2421}',
        0x80.. => '·',
        control => char::from_u32(0x2400 + u32::from(control)).unwrap_or('·'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_shown_as_they_are() {
        let shown = row(0x10, 16, b"ab \xff\r\n\x7f");
        assert_eq!(shown, "0010  61 62 20 ff 0d 0a 7f                              ab ·\u{240d}\u{240a}\u{2421}");
        assert_eq!(row(0, 16, &[b'x'; 16]).len(), row(0, 16, &[b'x'; 3]).len() + 13);
        assert_eq!(row(8, 4, b"ab"), "0008  61 62        ab");
    }
}
