//! A listing in the log's details: the line that the server printed, and the row that was read from it.

use eframe::egui::{Align, Align2, Rect, Sense, Ui, Vec2, vec2};
use jiff::Timestamp;

use crate::model::{ConnectionId, Direction, Entry, Kind, Line, Listing, Transcript};

use super::mirror::Mirror;
use super::text::{self, Clock};
use super::transcript_details::heading;
use super::{list, theme};

/// Rows that are shown: the rest is in the pane.
const ROWS: usize = 500;
/// Height of one line of a row.
const LINE: f32 = 18.0;
/// Characters of a line that are drawn; all of it is said under the pointer.
const DRAWN: usize = 300;
/// Lines of the log that are searched for the next listing.
const REACH: usize = 4096;

/// The time in which the listing came that one command asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    connection: ConnectionId,
    from: Timestamp,
    /// When the next one was asked for.
    until: Option<Timestamp>,
}

impl Listed {
    /// By `command`, whose number in the transcript is `number`, if it lists.
    pub fn by(transcript: &Transcript, number: u64, command: &Line) -> Option<Self> {
        if !lists(command) {
            return None;
        }
        let index = usize::try_from(number.checked_sub(transcript.dropped())?).ok()?;
        let after = (index + 1..transcript.len()).take(REACH).filter_map(|index| transcript.get(index));
        let next = after.filter(|line| line.connection == command.connection).find(|line| lists(line));
        Some(Self { connection: command.connection, from: command.at, until: next.map(|line| line.at) })
    }

    /// The listing, if its tab still shows it.
    pub fn find<'a>(&self, mirror: &'a Mirror) -> Option<&'a Listing> {
        let tab = mirror.connections.get(&self.connection)?.tab?;
        let listing = mirror.tab(tab)?.remote.as_deref()?;
        let came = listing.at >= self.from && self.until.is_none_or(|until| listing.at < until);
        came.then_some(listing)
    }
}

/// Whether `line` asks for a listing.
pub fn lists(line: &Line) -> bool {
    let verb = line.text.split(' ').next().unwrap_or_default();
    line.direction == Direction::Sent && ["LIST", "MLSD", "NLST"].contains(&verb)
}

/// Draws the rows of `listing` that are in sight.
pub fn listing_ui(ui: &mut Ui, listing: &Listing, clock: &Clock) {
    let palette = theme::of(ui);
    let rows = listing.entries.len().min(ROWS);
    for (index, entry) in listing.entries[..rows].iter().enumerate() {
        let size = vec2(ui.available_width(), 2.0 * LINE + theme::TIGHT);
        let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
        if !ui.is_rect_visible(rect) {
            continue;
        }
        let raw = listing.raw.line(index).unwrap_or_default();
        let raw = text::visible(&raw).into_owned();
        let (above, below) = (Rect::from_min_size(rect.min, Vec2::new(rect.width(), LINE)), rect.bottom());
        let read = Rect::from_min_max(rect.min + vec2(theme::GAP, LINE), Rect::from_min_max(rect.min, rect.max).max);
        // Columns would push the name out of sight.
        let drawn: String = raw.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(DRAWN).collect();
        list::write(ui, above, drawn, theme::mono(), palette.text, Align::Min);
        list::write(ui, read, words(entry, clock), theme::small(), palette.secondary, Align::Min);
        ui.painter().hline(rect.x_range(), below - 0.5, eframe::egui::Stroke::new(1.0, palette.line));
        response.on_hover_text(raw);
    }
    let more = listing.entries.len() - rows;
    if more > 0 {
        let words = format!("and {}", text::count(more as u64, "more row", "more rows"));
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), LINE), Sense::hover());
        ui.painter().text(rect.left_center(), Align2::LEFT_CENTER, words, theme::small(), palette.secondary);
    }
    for (words, is_read) in
        [("Left out: such a name could lead out of its folder", true), ("Left out: nobody can read this", false)]
    {
        let lines = || listing.refused.iter().filter(|out| out.is_read == is_read).map(|out| &out.line);
        if lines().next().is_some() {
            heading(ui, words);
        }
        for line in lines().take(ROWS) {
            let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), LINE), Sense::hover());
            let raw = text::visible(line).into_owned();
            let drawn: String = raw.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(DRAWN).collect();
            list::write(ui, rect, drawn, theme::mono(), palette.text, Align::Min);
            response.on_hover_text(raw);
        }
    }
}

/// `notes.txt · file · 1 234 bytes · 2026-05-02 18:03 · rw-r--r-- · anna users`
fn words(entry: &Entry, clock: &Clock) -> String {
    let kind = match entry.kind {
        Kind::Directory => "folder",
        Kind::File => "file",
        Kind::Link => "link",
        Kind::Other => "of no known kind",
    };
    let size = entry.size.map(|size| {
        let exact = text::exact_size(size);
        if entry.rounded { format!("about {exact}") } else { exact }
    });
    let owners: Vec<&str> = [&entry.owner, &entry.group].into_iter().filter_map(|name| name.as_deref()).collect();
    let target = entry.target.as_deref().map(|target| format!("to {}", text::visible(target)));
    let said = [
        Some(text::visible(&entry.name).into_owned()),
        Some(kind.to_owned()),
        target,
        size,
        entry.modified.map(|modified| clock.exact(&modified)),
        entry.permissions.as_deref().map(|words| text::visible(words).into_owned()),
        (!owners.is_empty()).then(|| text::visible(&owners.join(" ")).into_owned()),
        entry.facts.as_deref().map(|facts| text::visible(facts).into_owned()),
    ];
    said.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_belongs_to_the_command_that_asked_for_it() {
        let mut transcript = Transcript::new(100);
        let at = |second: i64| Timestamp::from_second(second).unwrap();
        for (seq, (connection, text)) in
            (1..).zip([(1, "LIST -a"), (2, "MLSD"), (1, "PWD"), (1, "LIST"), (1, "LISTEN")])
        {
            transcript.push(Line {
                seq,
                at: at(seq.try_into().unwrap()),
                connection: ConnectionId(connection),
                direction: Direction::Sent,
                code: None,
                text: text.to_owned(),
                raw: None,
                transfer: None,
            });
        }
        let by = |number: usize| Listed::by(&transcript, number as u64, transcript.get(number).unwrap());
        let listed = |connection, from, until: Option<i64>| {
            Some(Listed { connection: ConnectionId(connection), from: at(from), until: until.map(at) })
        };
        assert_eq!(by(0), listed(1, 1, Some(4)));
        assert_eq!(by(1), listed(2, 2, None));
        assert_eq!((by(2), by(4)), (None, None));
        assert_eq!(by(3), listed(1, 4, None));
    }

    #[test]
    fn a_row_is_said_in_words() {
        let clock = Clock::at("2026-05-12T12:00:00Z[UTC]".parse().unwrap());
        let mut entry = Entry::new("a", Kind::Link);
        assert_eq!(words(&entry, &clock), "a · link");
        entry.size = Some(1536);
        entry.rounded = true;
        entry.target = Some("/b".into());
        entry.owner = Some("me".into());
        entry.facts = Some("perm=r".into());
        assert_eq!(words(&entry, &clock), "a · link · to /b · about 1\u{2009}536 bytes · me · perm=r");
    }
}
