//! Listings: from the bytes of MLSD, LIST or NLST to the entries of a directory.
//!
//! LIST has no grammar: every system prints what its people are used to. A dialect is one function that reads one entry
//! (see `Dialect`); the one that reads most of a listing's lines reads the whole listing, so that a line which somebody
//! forged in another dialect is not believed. A line that cannot be read never spoils its neighbours.

mod columns;
mod connect;
mod date;
mod dos;
mod eplf;
mod mlsd;
mod month;
mod mvs;
mod netware;
mod nlst;
mod nonstop;
mod numbers;
mod os2;
mod os400;
mod os9;
mod router;
mod unix;
mod vm;
mod vms;
mod vshell;

use std::cell::RefCell;
use std::sync::Arc;

use encoding_rs::Encoding;
use jiff::civil::DateTime;
use memchr::{memchr, memchr_iter};

use super::charset::{self, Charset};
use super::op::Method;
use crate::model::path::{RemotePath, decode_utf8, is_safe_name};
use crate::model::{Entry, LeftOut, Span};

/// A longer line is refused: no file system has names that long.
pub const MAX_LINE: usize = 16 * 1024;
/// More lines are not read, whatever is in them; the listing then counts as incomplete.
pub const MAX_ENTRIES: usize = 1_000_000;
/// So many refused lines are kept to be shown.
pub const MAX_REFUSED: usize = 1_000;
/// So many bytes of a refused line are kept.
const MAX_REFUSED_LINE: usize = 512;
/// So many lines decide on the dialect, if any dialect reads one of them.
const SAMPLE: usize = 100;
/// So many lines are asked whether any dialect reads them: where there is so much talk, no entry comes any more.
const SEARCHED: usize = 2_000;

/// What a listing says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// In the server's order, without the directory itself and its parent.
    pub entries: Vec<Entry>,
    /// Where each of them stands in the bytes.
    pub spans: Vec<Span>,
    /// What is left out of the entries; of many, the first.
    pub refused: Vec<LeftOut>,
    /// Command and dialect, such as `LIST (Unix)`.
    pub dialect: &'static str,
    /// Whether there are lines, and none of them could be read.
    pub unread: bool,
    /// Whether every line was read. If not, what is absent here may well be on the server.
    pub whole: bool,
    /// A charset that seems to fit, where names are not UTF-8 as they ought to be.
    pub guess: Option<&'static str>,
}

/// What a dialect needs to know besides the line.
struct Context<'a> {
    /// Where the bytes of the listing begin in memory.
    base: usize,
    /// The latest time that a date without a year may mean.
    latest: DateTime,
    charset: Charset,
    /// What stands above the columns.
    heading: Option<Heading>,
    /// The listed directory, where it is known.
    folder: Option<&'a RemotePath>,
    /// The job whose spool files are listed.
    job: Option<String>,
    /// Whether months are written in Croatian, in which some names mean another month than in Polish and Czech.
    croatian: bool,
    /// Whether `04/05/2026` is the fourth of May: another line has a day there that can be no month.
    day_first: bool,
    words: RefCell<Words>,
}

/// Words that were read last. Owners and permissions are few in a folder: those that come again are kept once.
#[derive(Default)]
struct Words {
    last: [Option<Word>; Words::MOST],
    /// Which of them gives way to the next new one.
    oldest: usize,
}

/// A word as it was on the wire, and as it is read.
type Word = (Box<[u8]>, Arc<str>);

impl Words {
    const MOST: usize = 8;

    fn shared(&mut self, bytes: &[u8], read: impl FnOnce(&[u8]) -> String) -> Arc<str> {
        if let Some((_, word)) = self.last.iter().flatten().find(|(wire, _)| **wire == *bytes) {
            return word.clone();
        }
        let word: Arc<str> = read(bytes).into();
        self.last[self.oldest] = Some((bytes.into(), word.clone()));
        self.oldest = (self.oldest + 1) % Self::MOST;
        word
    }
}

/// A headline that tells what lines without a shape of their own are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Heading {
    /// Members of a partitioned data set.
    Members,
}

impl Heading {
    fn of(line: &[u8]) -> Option<Self> {
        let (found, end) = words::<2>(line, 0)?;
        let members = found[0].eq_ignore_ascii_case(b"Name")
            && (found[1] == b"VV.MM" || (found[1].eq_ignore_ascii_case(b"Size") && line[end..].starts_with(b"   TTR")));
        members.then_some(Self::Members)
    }
}

/// What a dialect makes of a line.
enum Read {
    /// An entry that takes this many lines.
    Entry(Entry, usize),
    /// Nothing that this dialect is about: a headline, a sum, another dialect.
    Nothing,
    /// It begins like an entry of this dialect, and cannot be one.
    Broken,
}

/// Entries, and where they stand.
type Found = Vec<(Entry, Span)>;

/// One way to print a directory.
struct Dialect {
    name: &'static str,
    /// Reads the entry at the first of the lines. The slice is never empty; most dialects look at its first line only.
    read: fn(&[&[u8]], &Context<'_>) -> Read,
    /// What a line that it reads counts against other dialects: less if it reads almost anything.
    weight: usize,
    /// What only the whole listing tells.
    finish: Option<fn(Found) -> Found>,
}

/// Lines of a certain shape.
const fn strict(name: &'static str, read: fn(&[&[u8]], &Context<'_>) -> Read) -> Dialect {
    Dialect { name, read, weight: 3, finish: None }
}

/// Lines that others might print by chance.
const fn loose(name: &'static str, read: fn(&[&[u8]], &Context<'_>) -> Read) -> Dialect {
    Dialect { weight: 1, ..strict(name, read) }
}

/// What LIST may print; where two read equally many lines, the first is believed.
const LIST: &[Dialect] = &[
    strict("LIST (Unix)", unix::read),
    strict("LIST (DOS)", dos::read),
    strict("LIST (EPLF)", eplf::read),
    strict("LIST (NetWare)", netware::read),
    Dialect { finish: Some(vms::newest), ..strict("LIST (VMS)", vms::read) },
    strict("LIST (MVS)", mvs::data_set),
    strict("LIST (MVS members)", mvs::member),
    strict("LIST (MVS jobs)", mvs::job),
    Dialect { finish: Some(os400::files_once), ..strict("LIST (OS/400)", os400::read) },
    strict("LIST (VxWorks)", router::vxworks),
    strict("LIST (OS/2)", os2::read),
    strict("LIST (VM/CMS)", vm::cms),
    strict("LIST (z/VM BFS)", vm::bfs),
    strict("LIST (NonStop)", nonstop::read),
    strict("LIST (OS-9)", os9::read),
    strict("LIST (Connect:Enterprise)", connect::read),
    strict("LIST (VShell)", vshell::read),
    strict("LIST (Cisco)", router::cisco),
    strict("LIST (wfFtp)", router::wfftp),
    strict("LIST (numeric Unix)", numbers::read),
    strict("LIST (16-bit Windows)", columns::windows),
    loose("LIST (dls)", columns::dls),
];

const MLSD: &[Dialect] = &[strict("MLSD", mlsd::read)];

/// Reads a whole listing.
///
/// `today` is the server's present for dates without a year: they mean the newest time that is at most a day ahead of
/// it. `encoding` is the charset of names; `None` means UTF-8.
pub fn parse(bytes: &[u8], method: Method, today: DateTime, encoding: Option<&'static Encoding>) -> Parsed {
    parse_like(bytes, method, today, encoding, Hints::default())
}

/// What is known of a listing beforehand.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hints<'a> {
    /// The dialect of the server's last listing: where others read as many lines, that one is believed.
    pub dialect: Option<&'a str>,
    /// Whether it is this dialect, whatever the lines look like.
    pub certain: bool,
    /// The listed directory, which some lines repeat.
    pub folder: Option<&'a RemotePath>,
}

/// Reads a whole listing of which something is known, as [`parse`] does otherwise.
pub fn parse_like(
    bytes: &[u8],
    method: Method,
    today: DateTime,
    encoding: Option<&'static Encoding>,
    hints: Hints<'_>,
) -> Parsed {
    let base = bytes.as_ptr().addr();
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut context = Context {
        base,
        latest: today.checked_add(jiff::Span::new().days(1)).unwrap_or(DateTime::MAX),
        charset: Charset::new(encoding),
        heading: None,
        folder: hints.folder,
        job: None,
        croatian: false,
        day_first: false,
        words: RefCell::default(),
    };
    let mut parsed = Parsed {
        entries: Vec::new(),
        spans: Vec::new(),
        refused: Vec::new(),
        dialect: "LIST",
        unread: false,
        whole: true,
        guess: None,
    };
    let lines = split(bytes, &mut parsed);
    let sample = &lines[..lines.len().min(SAMPLE)];
    context.heading = sample.iter().find_map(|line| Heading::of(line));
    context.job = mvs::job_of_spool(sample);
    context.croatian = month::speaks_croatian(sample);
    context.day_first = date::has_day_first(sample);
    match method {
        Method::Mlsd => parsed.read_all(&lines, MLSD, Hints::default(), &context),
        Method::List => parsed.read_all(&lines, LIST, hints, &context),
        Method::Nlst => nlst::read_all(&lines, &context, &mut parsed),
    }
    parsed.unread &= !parsed.refused.is_empty();
    if encoding.is_none() {
        parsed.guess = charset::guess(parsed.entries.iter().map(|entry| entry.name.as_str()));
    }
    parsed
}

impl Parsed {
    fn read_all(&mut self, lines: &[&[u8]], dialects: &'static [Dialect], hints: Hints<'_>, context: &Context<'_>) {
        let Some(dialect) = fitting(lines, dialects, hints, context) else {
            // Nobody knows this dialect: a person should at least see what the server printed.
            lines.iter().for_each(|line| self.refuse(line, false));
            self.unread = true;
            return;
        };
        self.dialect = dialect.name;
        self.unread = true;
        self.entries.reserve(lines.len());
        self.spans.reserve(lines.len());
        let mut rest = lines;
        while let Some((line, after)) = rest.split_first() {
            let read = (dialect.read)(rest, context);
            self.unread &= matches!(read, Read::Broken);
            rest = match read {
                Read::Entry(entry, used) => {
                    self.add(entry, line, context);
                    &rest[used.clamp(1, rest.len())..]
                }
                Read::Nothing => after,
                Read::Broken => {
                    self.refuse(line, false);
                    after
                }
            };
        }
        if let Some(finish) = dialect.finish {
            let entries = std::mem::take(&mut self.entries).into_iter().zip(std::mem::take(&mut self.spans)).collect();
            // Without its version a name may be another one: `..;7`.
            let (kept, unsafe_names): (Found, Found) =
                finish(entries).into_iter().partition(|(entry, _)| is_safe_name(&entry.name));
            (self.entries, self.spans) = kept.into_iter().unzip();
            unsafe_names.iter().for_each(|(entry, _)| self.refuse(entry.name.as_bytes(), true));
        }
    }

    /// Keeps `entry`, which `line` told of, if its name may be used.
    fn add(&mut self, mut entry: Entry, line: &[u8], context: &Context<'_>) {
        if let Some(name) = context.without_folder(&entry.name) {
            entry.name = name.to_owned();
        }
        if entry.name == "." || entry.name == ".." {
        } else if !is_safe_name(&entry.name) {
            self.refuse(line, true);
        } else {
            self.entries.push(entry);
            self.spans.push(context.span(line));
        }
    }

    fn refuse(&mut self, line: &[u8], is_read: bool) {
        if self.refused.len() < MAX_REFUSED {
            self.refused.push(LeftOut { line: decode_utf8(&line[..line.len().min(MAX_REFUSED_LINE)]), is_read });
        }
    }
}

impl Context<'_> {
    /// Decodes a name without loss, as `model::path` says.
    fn text(&self, bytes: &[u8]) -> String {
        // In every charset that `Charset` allows, ASCII means itself; most names are nothing else.
        match str::from_utf8(bytes) {
            Ok(text) if text.is_ascii() => text.to_owned(),
            _ => self.charset.decode(bytes),
        }
    }

    /// The name alone of an entry that is named with its whole path, which some servers do, and is in this directory.
    fn without_folder<'n>(&self, name: &'n str) -> Option<&'n str> {
        let folder = self.folder.filter(|_| name.starts_with('/'))?.as_str();
        name.strip_prefix(folder.strip_suffix('/').unwrap_or(folder))?.strip_prefix('/')
    }

    fn span(&self, line: &[u8]) -> Span {
        let bounded = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX);
        Span { start: bounded(line.as_ptr().addr().saturating_sub(self.base)), length: bounded(line.len()) }
    }

    /// Decodes what an entry has for itself; what is empty was not said.
    fn detail(&self, bytes: &[u8]) -> Option<Box<str>> {
        (!bytes.is_empty()).then(|| self.text(bytes).into_boxed_str())
    }

    /// Decodes an owner, a group or permissions; what is empty was not said.
    fn word(&self, bytes: &[u8]) -> Option<Arc<str>> {
        (!bytes.is_empty()).then(|| self.words.borrow_mut().shared(bytes, |bytes| self.text(bytes)))
    }
}

/// The dialect that reads most of the first lines, or else the one that reads a line at all. Of equals, the one that this
/// server spoke last.
fn fitting(
    lines: &[&[u8]],
    dialects: &'static [Dialect],
    hints: Hints<'_>,
    context: &Context<'_>,
) -> Option<&'static Dialect> {
    let last = |dialect: &Dialect| hints.dialect == Some(dialect.name);
    if let [only] = dialects {
        return Some(only);
    }
    if hints.certain {
        return dialects.iter().find(|dialect| last(dialect));
    }
    let reads = |dialect: &Dialect, at: usize| matches!((dialect.read)(&lines[at..], context), Read::Entry(..));
    let sample = lines.len().min(SAMPLE);
    let score = |dialect: &Dialect| (0..sample).filter(|at| reads(dialect, *at)).count() * dialect.weight;
    let counted = dialects.iter().map(|dialect| (score(dialect), dialect));
    // `max_by_key` gives the last of equals: reversed, the first.
    let (count, best) = counted.rev().max_by_key(|(count, dialect)| (*count, last(dialect)))?;
    if count > 0 {
        return Some(best);
    }
    (sample..lines.len().min(SEARCHED)).find_map(|at| dialects.iter().find(|dialect| reads(dialect, at)))
}

/// The first [`MAX_ENTRIES`] lines without their ends, and without those that say nothing or are refused for what they are.
///
/// Where most lines end with CR LF, an LF alone belongs to a name: what stands before and after it are the pieces of one
/// line, and a person who can make files on the server has chosen them.
fn split<'a>(bytes: &'a [u8], parsed: &mut Parsed) -> Vec<&'a [u8]> {
    let (mut count, mut alone) = (0, 0);
    for end in memchr_iter(b'\n', bytes).take(MAX_ENTRIES) {
        count += 1;
        alone += usize::from(!bytes[..end].ends_with(b"\r"));
    }
    let network_ends = alone * 2 < count;
    let has_nul = memchr(0, bytes).is_some();
    let mut lines = Vec::with_capacity(count + 1);
    let mut torn: Option<usize> = None;
    let mut start = 0;
    let last = (!bytes.ends_with(b"\n") && !bytes.is_empty()).then_some(bytes.len());
    for (seen, end) in memchr_iter(b'\n', bytes).chain(last).enumerate() {
        if seen == MAX_ENTRIES {
            parsed.whole = false;
            break;
        }
        let line = &bytes[start..end];
        let whole = bytes.len().min(end + 1);
        let text = line.strip_suffix(b"\r").unwrap_or(line);
        let ends_alone = network_ends && end < bytes.len() && !line.ends_with(b"\r");
        if ends_alone && !(torn.is_none() && is_noise(text)) {
            torn.get_or_insert(start);
        } else if let Some(from) = torn.take() {
            parsed.refuse(&bytes[from..whole], false);
        } else if is_noise(text) {
        } else if text.len() > MAX_LINE || (has_nul && text.contains(&0)) {
            parsed.refuse(text, false);
        } else {
            lines.push(text);
        }
        start = whole;
    }
    if let Some(from) = torn {
        parsed.refuse(&bytes[from..], false);
    }
    lines
}

/// What `ls` calls the sum of blocks in the languages of servers.
const TOTALS: &str = "total insgesamt gesamt summe totale totaal totalt samtals razem łącznie celkem celkom összesen yhteensä \
                      kokku kopā viso skupno ukupno toplam jumlah guztira σύνολο итого всего разом общо укупно \
                      总用量 总计 總計 合計 합계";

/// Blank lines and the `total 12` of `ls`.
fn is_noise(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    let Some(blank) = line.iter().position(|byte| *byte == b' ') else { return line.is_empty() };
    // Most lines begin with a mode, a number or the like.
    let is_total = |word: &[u8]| word.len() > 3 && TOTALS.split_whitespace().any(|total| total.as_bytes() == word);
    let is_count =
        |byte: &u8| matches!(byte, b'0'..=b'9' | b'.' | b',' | b'k' | b'K' | b'M' | b'G' | b'T' | b'B' | b' ');
    line[blank..].iter().rev().all(is_count) && is_total(&line[..blank])
}

/// A number of decimal digits and nothing else; `None` too for one that does not fit.
fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |sum, digit| {
        let digit = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
        sum.checked_mul(10)?.checked_add(digit)
    })
}

/// What parts the thousands of a number: the last ones are blanks that end no word, in UTF-8 and in old code pages.
const THOUSANDS: [&[u8]; 7] = [b",", b".", b"'", "\u{a0}".as_bytes(), "\u{202f}".as_bytes(), b"\xa0", b"\xff"];

/// A number of decimal digits that may be grouped: `34,359,738`, `34.359.738`.
fn grouped_number(digits: &[u8]) -> Option<u64> {
    let Some(at) = digits.iter().position(|byte| !byte.is_ascii_digit()) else { return number(digits) };
    let (first, mut rest) = digits.split_at(at);
    let mark = THOUSANDS.iter().find(|mark| rest.starts_with(mark))?;
    let mut joined = first.to_vec();
    while !rest.is_empty() {
        let group = rest.strip_prefix(*mark)?;
        joined.extend_from_slice(group.get(..3)?);
        rest = &group[3..];
    }
    (1..=3).contains(&first.len()).then(|| number(&joined))?
}

/// The next word of `line` from `from` on: where it begins and ends.
fn word(line: &[u8], from: usize) -> Option<(usize, usize)> {
    let start = from + line.get(from..)?.iter().position(|byte| !is_blank(*byte))?;
    let end = line[start..].iter().position(|byte| is_blank(*byte)).map_or(line.len(), |length| start + length);
    Some((start, end))
}

/// The first `N` words of `line` from `from` on, and where the last one ends.
fn words<const N: usize>(line: &[u8], from: usize) -> Option<([&[u8]; N], usize)> {
    let (mut found, mut at) = ([&b""[..]; N], from);
    for slot in &mut found {
        let (start, end) = word(line, at)?;
        *slot = &line[start..end];
        at = end;
    }
    Some((found, at))
}

/// A name in a column: the blanks at `from` are not its own.
fn aligned(line: &[u8], from: usize) -> Option<&[u8]> {
    let (start, _) = word(line, from).filter(|(start, _)| *start > from)?;
    Some(&line[start..])
}

fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

#[cfg(test)]
mod tests;
