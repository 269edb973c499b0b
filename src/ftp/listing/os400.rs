//! What OS/400 and IBM i print: owner, size, date, time, the object's type, its name.

use std::collections::HashSet;

use super::{Context, Found, Read, date, number, word};
use crate::model::{Entry, Kind, Modified, Precision};

/// Types of objects in which there are others.
const DIRECTORIES: [&[u8]; 5] = [b"*DIR", b"*DDIR", b"*LIB", b"*FLR", b"*DSTDIR"];

/// Reads a line such as `QSYS            77824 02/23/00 15:09:55 *DIR      home/`.
pub(super) fn read(lines: &[&[u8]], context: &Context<'_>) -> Read {
    let line = lines[0];
    let Some((owner_at, owner_end)) = word(line, 0) else { return Read::Nothing };
    let Some((star, type_end)) = object_type(line, owner_end) else { return Read::Nothing };
    let Some(mut entry) = columns(&line[owner_end..star], &line[star..type_end], context) else { return Read::Broken };
    let Some((start, _)) = word(line, type_end) else {
        // A file of a library whose members follow, each on a line of its own.
        return if &line[star..type_end] == b"*FILE" { Read::Nothing } else { Read::Broken };
    };
    let name = line[start..].trim_ascii_end();
    let name = match name.strip_suffix(b"/") {
        Some(directory) => {
            entry.kind = Kind::Directory;
            directory
        }
        None => name,
    };
    let name = match name.iter().rposition(|byte| *byte == b'/') {
        // A member, with the file that it is in.
        Some(slash) if &line[star..type_end] == b"*MEM" => {
            let (file, member) = (&name[..slash], &name[slash + 1..]);
            let file = file.rsplit(|byte| *byte == b'/').next().unwrap_or(file);
            if is_folder(file, context) {
                member
            } else {
                // In the library above it: that is where its members are.
                entry.kind = Kind::Directory;
                (entry.size, entry.modified) = (None, None);
                file
            }
        }
        _ if &line[star..type_end] == b"*FILE" && is_folder(name, context) => return Read::Nothing, // this one itself
        _ => name,
    };
    entry.name = context.text(name);
    entry.owner = context.word(&line[owner_at..owner_end]);
    if &line[star..type_end] == b"*FILE" && !upper_ends(name, b".SAVF") && upper_ends(name, b".FILE") {
        entry.kind = Kind::Directory; // its members are the files
    }
    Read::Entry(entry, 1)
}

/// Whether the directory that is listed is called `name`.
fn is_folder(name: &[u8], context: &Context<'_>) -> bool {
    context.folder.is_some_and(|folder| context.text(name).eq_ignore_ascii_case(folder.name()))
}

/// A file and each of its members name the file: once is enough, and the first tells most.
pub(super) fn files_once(mut entries: Found) -> Found {
    let mut seen = HashSet::new();
    entries.retain(|(entry, _)| entry.kind != Kind::Directory || seen.insert(entry.name.clone()));
    entries
}

/// Where the type stands: `*STMF`.
fn object_type(line: &[u8], from: usize) -> Option<(usize, usize)> {
    let mut at = from;
    // At most size, date and time stand before it.
    for _ in 0..4 {
        let (start, end) = word(line, at)?;
        let text = &line[start..end];
        if text[0] == b'*'
            && text.len() > 1
            && text[1..].iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        {
            return Some((start, end));
        }
        at = end;
    }
    None
}

/// Size, date and time, which members do not have.
fn columns(text: &[u8], object: &[u8], context: &Context<'_>) -> Option<Entry> {
    let kind = match object {
        b"*SYMLNK" => Kind::Link,
        object if DIRECTORIES.contains(&object) => Kind::Directory,
        _ => Kind::File,
    };
    let mut entry = Entry::new("", kind);
    let mut fields = text.split(|byte| super::is_blank(*byte)).filter(|field| !field.is_empty());
    let Some(first) = fields.next() else { return (object == b"*MEM").then_some(entry) };
    entry.size = Some(number(first)?);
    let (day, clock) = (fields.next()?, fields.next()?);
    if fields.next().is_some() || !day[0].is_ascii_digit() {
        return None;
    }
    let time = date::time(&colons(clock))?;
    // A day that cannot be leaves the entry undated.
    entry.modified = self::day(day, context)
        .and_then(|(year, month, day)| date::civil(year, month, day, time))
        .map(|at| Modified { at, precision: Precision::Second, utc: false });
    Some(entry)
}

/// The job's date format decides on the order, and nobody tells it: year first where that gives a day that is not yet to come.
fn day(text: &[u8], context: &Context<'_>) -> Option<(i16, i8, i8)> {
    use date::Order::*;
    let dotted = text.contains(&b'.');
    let orders =
        if dotted { [DayMonthYear, YearMonthDay, MonthDayYear] } else { [YearMonthDay, MonthDayYear, DayMonthYear] };
    let past = |(year, month, day): &(i16, i8, i8)| {
        date::civil(*year, *month, *day, (0, 0, None)).is_some_and(|at| at <= context.latest)
    };
    let dates = || orders.iter().filter_map(|order| date::numeric_as(text, &[*order]));
    dates().find(past).or_else(|| dates().next())
}

/// `13.18.19` is a time too.
fn colons(clock: &[u8]) -> Vec<u8> {
    clock.iter().map(|byte| if *byte == b'.' { b':' } else { *byte }).collect()
}

fn upper_ends(name: &[u8], end: &[u8]) -> bool {
    name.len() > end.len() && name[name.len() - end.len()..].eq_ignore_ascii_case(end)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{brief_in, each, none};

    #[test]
    fn members_are_in_their_file() {
        let text = "QPGMR          135168 04/03/18 13:18:19 *FILE      SRC.FILE\r\n\
                    QPGMR                                   *MEM       SRC.FILE/ONE.MBR\r\n\
                    QPGMR                                   *MEM       SRC.FILE/TWO.MBR\r\n";
        let members = ["- ONE.MBR - - QPGMR -", "- TWO.MBR - - QPGMR -"];
        let file = ["d SRC.FILE 135168 2004-03-18T13:18:19 QPGMR -"];
        assert_eq!(brief_in("MY.LIB", text), ("LIST (OS/400)", file.map(str::to_owned).to_vec()));
        assert_eq!(brief_in("src.file", text), ("LIST (OS/400)", members.map(str::to_owned).to_vec()));
        // Without the line of the file itself.
        let text = text.split_once('\n').unwrap().1;
        let bare = "d SRC.FILE - - QPGMR -".to_owned();
        assert_eq!(brief_in("MY.LIB", text), ("LIST (OS/400)", vec![bare]));
        assert_eq!(brief_in("SRC.FILE", text), ("LIST (OS/400)", members.map(str::to_owned).to_vec()));
        let named = "QPGMR                                   *MEM       /QSYS.LIB/MY.LIB/SRC.FILE/ONE.MBR\r\n";
        assert_eq!(brief_in("SRC.FILE", named), ("LIST (OS/400)", vec![members[0].to_owned()]));
        // The short form of names, which can be fetched as it is.
        let short = "QPGMR                                   *MEM       MY/SRC.ONE\r\n";
        assert_eq!(brief_in("MY", short), ("LIST (OS/400)", vec!["- SRC.ONE - - QPGMR -".to_owned()]));
        let upwards = "QPGMR                                   *MEM       ../ONE.MBR\r\n";
        assert_eq!(brief_in("MY", upwards).1, Vec::<String>::new());
    }

    #[test]
    fn objects() {
        each(
            "(OS/400)",
            &[
                ("QSYS            77824 02/23/00 15:09:55 *DIR       home/", "d home 77824 2000-02-23T15:09:55 QSYS -"),
                (
                    "QSYS            77824 23/02/00 15:09:55 *STMF      note 1.txt",
                    "- note 1.txt 77824 2000-02-23T15:09:55 QSYS -",
                ),
                ("QSYS            77824 04/03/18 15.09.55 *STMF      a", "- a 77824 2004-03-18T15:09:55 QSYS -"),
                (
                    "QSYS            77824 2004-03-18 15:09:55 *LIB     MYLIB.LIB",
                    "d MYLIB.LIB 77824 2004-03-18T15:09:55 QSYS -",
                ),
                (
                    "QPGMR          135168 29.06.13 13:18:19 *FILE      SRC.FILE",
                    "d SRC.FILE 135168 2013-06-29T13:18:19 QPGMR -",
                ),
                (
                    "QPGMR          135168 29.06.13 13:18:19 *FILE      BACKUP.SAVF",
                    "- BACKUP.SAVF 135168 2013-06-29T13:18:19 QPGMR -",
                ),
                ("QPGMR                                   *MEM       MAIN.MBR", "- MAIN.MBR - - QPGMR -"),
                (
                    "QSECOFR         8192 04/03/18 13:18:19 *PGM       START.PGM",
                    "- START.PGM 8192 2004-03-18T13:18:19 QSECOFR -",
                ),
            ],
        );
        none(&[
            "QPGMR          135168 04/03/18 13:18:19 *FILE",
            "QPGMR          135168 04/03/18 13:18:19 *STMF",
            "QPGMR          135168 *STMF x",
            "QPGMR          many 04/03/18 13:18:19 *STMF x",
            "QPGMR     1 2 3 4 5 *STMF x",
        ]);
    }
}
