//! What z/OS and its forebears print: data sets, members of partitioned data sets, and the jobs of JES.

use super::{Context, Heading, Read, date, number, words};
use crate::model::{Entry, Kind, Modified, Precision};

/// Longest name of a member.
const MEMBER: usize = 8;
/// Longest name of a volume.
const VOLUME: usize = 6;
/// A member without statistics is padded at least so far.
const PADDED: usize = 40;

/// Reads a line such as `WYOSPT 3420   2003/05/21  1  200  FB      80  8053  PS  'A.FILE'`.
pub(super) fn data_set(lines: &[&[u8]], context: &Context<'_>) -> Read {
    let line = lines[0];
    let Some((name, columns)) = last_word(line) else { return Read::Nothing };
    let Some(kind) = kind(columns) else { return Read::Nothing };
    let quoted = name.strip_prefix(b"'").and_then(|name| name.strip_suffix(b"'"));
    let name = quoted.unwrap_or(name);
    if !is_data_set(name) {
        return Read::Nothing;
    }
    let mut entry = Entry::new(context.text(name), kind);
    // When it was last referred to: the nearest to a modification that the catalog tells.
    entry.modified = columns.split(|byte| super::is_blank(*byte)).find_map(day);
    Read::Entry(entry, 1)
}

/// `A.B.C`: qualifiers of letters, digits and a few signs. A pseudo directory ends with a dot.
fn is_data_set(name: &[u8]) -> bool {
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"@#$-.".contains(byte) || !byte.is_ascii();
    name.iter().all(allowed) && name.first().is_some_and(|byte| byte.is_ascii_alphanumeric() || b"@#$".contains(byte))
}

/// What the columns before the name tell of.
fn kind(columns: &[u8]) -> Option<Kind> {
    let text = columns.trim_ascii();
    let begins = |words: &str| text.len() >= words.len() && text[..words.len()].eq_ignore_ascii_case(words.as_bytes());
    if begins("Pseudo Directory") {
        return Some(Kind::Directory);
    }
    // What it is only shows when it is recalled.
    if text.eq_ignore_ascii_case(b"Migrated") || begins("ARCIVE ") || begins("ARCHIVE ") {
        return Some(Kind::Other);
    }
    if ["Error determining attributes", "User catalog connector", "Alias", "Not Mounted"]
        .iter()
        .any(|words| begins(words))
    {
        return Some(Kind::Other);
    }
    // A plus behind the volume: the data set goes on on another one.
    let several = text.get(VOLUME) == Some(&b'+');
    let apart = if several { [&text[..VOLUME], b" ", &text[VOLUME + 1..]].concat() } else { text.to_vec() };
    let text = apart.as_slice();
    let (found, after) = words::<2>(text, 0)?;
    let volume = found[0].len() <= VOLUME
        && found[0].iter().all(|byte| byte.is_ascii_alphanumeric() || b"@#$-*+".contains(byte));
    let (unit, rest) = (found[1], text[after..].trim_ascii());
    if !volume {
        return None;
    }
    if unit.eq_ignore_ascii_case(b"Tape")
        || [&b"VSAM"[..], b"GDG", b"PATH"].iter().any(|kind| rest.eq_ignore_ascii_case(kind))
    {
        return Some(Kind::File);
    }
    if rest.eq_ignore_ascii_case(b"Not Mounted") || rest.eq_ignore_ascii_case(b"Error determining attributes") {
        return Some(Kind::Other);
    }
    let is_unit = (3..=8).contains(&unit.len()) && unit.iter().all(u8::is_ascii_alphanumeric);
    let (organisation, columns) = last_word(rest)?;
    let (first, _) = words::<1>(columns, 0)?;
    let dated = day(first[0]).is_some() || first[0] == b"**NONE**";
    if !is_unit || !dated {
        return None;
    }
    match organisation {
        [b'P', b'O', ..] => Some(Kind::Directory),
        [b'P', b'S', ..] | [b'V', b'S', ..] | [b'D', b'A', ..] | [b'I', b'S', ..] => Some(Kind::File),
        b"HFS" | b"ZFS" | b"PATH" | b"U" | b"GDG" | b"?" | b"**NONE**" => Some(Kind::File),
        _ => None,
    }
}

/// The last word, and what stands before it.
fn last_word(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let line = line.trim_ascii_end();
    let start = line.iter().rposition(|byte| super::is_blank(*byte))? + 1;
    Some((&line[start..], &line[..start]))
}

fn day(text: &[u8]) -> Option<Modified> {
    let order = [date::Order::YearMonthDay];
    let (year, month, day) = date::numeric_as(text, &order).filter(|_| text.len() == "2004/06/23".len())?;
    Some(Modified { at: date::civil(year, month, day, (0, 0, None))?, precision: Precision::Day, utc: false })
}

/// Reads a member of a partitioned data set, with or without statistics, or a load module:
/// `SAVE03    01.03 2002/09/12 2002/10/11 09:37    11    11     0 KIL001`.
pub(super) fn member(lines: &[&[u8]], context: &Context<'_>) -> Read {
    let line = lines[0];
    if Heading::of(line).is_some() {
        return Read::Nothing;
    }
    let Some(([name], end)) = words::<1>(line, 0) else { return Read::Nothing };
    let mut entry = Entry::new(context.text(name), Kind::File);
    if line[end..].trim_ascii().is_empty() {
        if !is_member(name) {
            return Read::Nothing;
        }
        let alone = line.len() >= PADDED || context.heading == Some(Heading::Members);
        return if alone { Read::Entry(entry, 1) } else { Read::Nothing };
    }
    if let Some(modified) = statistics(line, end) {
        entry.modified = modified;
        return Read::Entry(entry, 1);
    }
    match load_module(line, end, context) {
        Some(size) => {
            entry.size = Some(size);
            Read::Entry(entry, 1)
        }
        None if context.heading == Some(Heading::Members) => Read::Broken,
        None => Read::Nothing,
    }
}

fn is_member(name: &[u8]) -> bool {
    let allowed = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"@#$".contains(byte);
    name.len() <= MEMBER && name.iter().all(allowed) && !name[0].is_ascii_digit()
}

/// Version, day of creation, time of the last change, and counts of records, which say nothing about bytes.
#[allow(clippy::option_option, reason = "whether they are statistics, and the time if there is such a one")]
fn statistics(line: &[u8], from: usize) -> Option<Option<Modified>> {
    let ([version, created, changed, clock, size], _) = words::<5>(line, from)?;
    let numbered =
        version.len() == 5 && version[2] == b'.' && number(&version[..2]).is_some() && number(&version[3..]).is_some();
    let days =
        [created, changed].iter().all(|text| text.iter().all(|byte| byte.is_ascii_digit() || b"/-".contains(byte)));
    if !numbered || !days || number(size).is_none() {
        return None;
    }
    let (year, month, day) = date::numeric_as(changed, &[date::Order::YearMonthDay]).unwrap_or_default();
    let time = date::time(clock)?;
    let precision = date::precision(time);
    Some(date::civil(year, month, day, time).map(|at| Modified { at, precision, utc: false }))
}

/// `BRKT 00FB70 00001D ... 00 FO RN RU 31 ANY`: the size in hexadecimal digits, the track, attributes.
fn load_module(line: &[u8], from: usize, context: &Context<'_>) -> Option<u64> {
    let ([size, track], end) = words::<2>(line, from)?;
    let hexadecimal = |text: &[u8]| text.len() == 6 && text.iter().all(u8::is_ascii_hexdigit);
    let ends_like_one = [&b"ANY"[..], b"24", b"31", b"64"].iter().any(|mode| line.trim_ascii_end().ends_with(mode));
    if !hexadecimal(size) || !hexadecimal(track) || !(ends_like_one || context.heading.is_some()) || end == line.len() {
        return None;
    }
    u64::from_str_radix(std::str::from_utf8(size).ok()?, 16).ok()
}

/// Reads a job: `IBMUSER2 JOB01906 IBMUSER  OUTPUT A        RC=0000 3 spool files`. Its number is what can be fetched.
pub(super) fn job(lines: &[&[u8]], context: &Context<'_>) -> Read {
    const STATES: [&[u8]; 5] = [b"INPUT", b"HELD", b"ACTIVE", b"OUTPUT", b"-HELD-"];
    if let Some(spool) = context.job.as_ref().and_then(|job| spool_file(lines[0], job)) {
        return Read::Entry(spool, 1);
    }
    let Some(([name, id, third], end)) = words::<3>(lines[0], 0) else { return Read::Nothing };
    let fourth = words::<1>(lines[0], end).map(|(found, _)| found[0]).unwrap_or_default();
    let (owner, state) = if STATES.contains(&third) { (None, third) } else { (Some(third), fourth) };
    if name.len() > MEMBER || !is_job(id) || !STATES.contains(&state) {
        return Read::Nothing;
    }
    let mut entry = Entry::new(context.text(id), Kind::File);
    entry.owner = owner.and_then(|owner| context.word(owner));
    Read::Entry(entry, 1)
}

/// The job whose spool files are listed below it, under a headline of their own.
pub(super) fn job_of_spool(lines: &[&[u8]]) -> Option<String> {
    let heading = lines.iter().position(|line| is_spool_heading(line))?;
    lines[..heading].iter().rev().find_map(|line| {
        let (found, _) = words::<2>(line, 0)?;
        is_job(found[1]).then(|| String::from_utf8_lossy(found[1]).into_owned())
    })
}

fn is_spool_heading(line: &[u8]) -> bool {
    words::<2>(line, 0).is_some_and(|(found, _)| found == [&b"ID"[..], b"STEPNAME"])
}

/// `         003 JES2              A JESYSMSG      1500`, which is fetched as `JOB01906.3`. Its size may change with the
/// charset, or counts records.
fn spool_file(line: &[u8], job: &str) -> Option<Entry> {
    let fields: Vec<&[u8]> = line.split(|byte| super::is_blank(*byte)).filter(|field| !field.is_empty()).collect();
    let [id, _, .., class, name, count] = fields[..] else { return None };
    let number = number(id).filter(|_| id.len() <= 5)?;
    let fits = fields.len() <= 6 && class.len() == 1 && name.len() <= MEMBER && self::number(count).is_some();
    fits.then(|| Entry::new(format!("{job}.{number}"), Kind::File))
}

/// `JOB01906`, `TSU01830`, `STC00042`, `J0123456`.
fn is_job(id: &[u8]) -> bool {
    let letters = id.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    let known: [&[u8]; 6] = [b"JOB", b"TSU", b"STC", b"J", b"T", b"S"];
    known.contains(&&id[..letters])
        && (letters + 4..=MEMBER).contains(&id.len())
        && id[letters..].iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{brief, each, none};

    #[test]
    fn data_sets() {
        each(
            "(MVS)",
            &[
                ("DISK01 3420   2003/05/21  1  200  FB      80  8053  PS  'ACME.FILE'", "- ACME.FILE - 2003-05-21 - -"),
                ("DISK01 3390   2004/03/04  1    3  FB      80  3125  PO  LOAD.LIB", "d LOAD.LIB - 2004-03-04 - -"),
                ("DISK01 3390   2004/03/04  1    3  FB      80  3125  PS  4TH.FILE", "- 4TH.FILE - 2004-03-04 - -"),
                ("DISK01 3390   **NONE**    1   15  NONE     0     0  PO  NEVER.USED", "d NEVER.USED - - - -"),
                ("DISK01 3390   2005/06/06 213000 U 0 27998 PO-E JOINED", "d JOINED - 2005-06-06 - -"),
                ("DISK01 3390   VSAM HIS.KSDS", "- HIS.KSDS - - - -"),
                (
                    "V05487 Tape                                                   WEEK.B1.G0001V00",
                    "- WEEK.B1.G0001V00 - - - -",
                ),
                ("Migrated                                                WEEK.C1", "? WEEK.C1 - - - -"),
                ("ARCIVE Not Direct Access Device                         WEEK.C2", "? WEEK.C2 - - - -"),
                ("Pseudo Directory                                        WEEK", "d WEEK - - - -"),
                ("Error determining attributes                            WEEK.C3", "? WEEK.C3 - - - -"),
            ],
        );
        let list = "Volume Unit    Referred Ext Used Recfm Lrecl BlkSz Dsorg Dsname\r\n\
                    DISK01 3390   2004/03/04  1    3  FB      80  3125  PO  A.B\r\nMigrated   A.C\r\n";
        assert_eq!(brief(list), ("(MVS)", vec!["d A.B - 2004-03-04 - -".to_owned(), "? A.C - - - -".to_owned()]));
        none(&[
            "DISK01 3390 2004/03/04 PO",
            "Migrated",
            "Volume Unit    Referred Ext Used Recfm Lrecl BlkSz Dsorg Dsname",
        ]);
    }

    #[test]
    fn members() {
        each(
            "(MVS members)",
            &[
                (
                    "A-LONGER-NAME 01.01 2004/06/22 2004/06/22 16:32   128   128    0 BOBY12",
                    "- A-LONGER-NAME - 2004-06-22T16:32 - -",
                ),
                (
                    " MAIN      01.01 2004/06/22 2004/06/22 16:32   128   128    0 BOBY12",
                    "- MAIN - 2004-06-22T16:32 - -",
                ),
                (
                    "MAIN      01.01 04/06/22 04/06/22 16:32:10   128   128    0 BOBY12",
                    "- MAIN - 2004-06-22T16:32:10 - -",
                ),
                ("BRKT      00FB70   00001D             00 FO             31    ANY", "- BRKT 64368 - - -"),
            ],
        );
        let list = " Name     VV.MM   Created       Changed      Size  Init   Mod   Id\r\n\
                    ONE       01.01 2004/06/22 2004/06/22 16:32   128   128    0 BOBY12\r\nTWO\r\n@THREE\r\n";
        let wanted = ["- ONE - 2004-06-22T16:32 - -", "- TWO - - - -", "- @THREE - - - -"].map(str::to_owned).to_vec();
        assert_eq!(brief(list), ("(MVS members)", wanted));
        none(&["TWO", "Name     VV.MM   Created       Changed      Size  Init   Mod   Id", "lower     01.01 x"]);
    }

    #[test]
    fn spool_files_of_a_job() {
        let list = "JOBNAME  JOBID    OWNER    STATUS CLASS\r\n\
                    ANNA     JOB00076 ANNA     OUTPUT A        RC=000\r\n--------\r\n\
                    \x20        ID  STEPNAME PROCSTEP C DDNAME   BYTE-COUNT\r\n\
                    \x20        001 JESE              H JESMSGLG      1200\r\n\
                    \x20        002 JESE              H JESJCL         526\r\n\
                    \x20        104 STEP1    PROC     H SYSPRINT       209\r\n3 spool files\r\n";
        let wanted =
            ["- JOB00076 - - ANNA -", "- JOB00076.1 - - - -", "- JOB00076.2 - - - -", "- JOB00076.104 - - - -"];
        assert_eq!(brief(list), ("(MVS jobs)", wanted.map(str::to_owned).to_vec()));
        none(&[
            "         001 JESE              H JESMSGLG      1200",
            "         ID  STEPNAME PROCSTEP C DDNAME   BYTE-COUNT",
        ]);
    }

    #[test]
    fn jobs() {
        each(
            "(MVS jobs)",
            &[
                ("ANNA     JOB00042 ANNA     ACTIVE A", "- JOB00042 - - ANNA -"),
                ("ANNAX    STC00043 ANNA     OUTPUT STC      (JCL error) 4 spool files", "- STC00043 - - ANNA -"),
                ("ANNAX  JOB00044  INPUT", "- JOB00044 - - - -"),
                ("ANNAX  J0123456  ANNA HELD A", "- J0123456 - - ANNA -"),
            ],
        );
        none(&["JOBNAME  JOBID    OWNER    STATUS CLASS", "ANNA JOB ANNA ACTIVE", "ANNA JOB00042 ANNA SLEEPING"]);
    }
}
