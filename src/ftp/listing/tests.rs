//! Listings as a whole, and the dialects that were read first.

use super::*;
use crate::model::path::escape_byte;
use crate::model::{Kind, Precision};

const TODAY: DateTime = jiff::civil::datetime(2026, 3, 1, 12, 0, 0, 0);

pub(super) fn list(text: &str) -> Parsed {
    parse(text.as_bytes(), Method::List, TODAY, None)
}

pub(super) fn one(line: &str) -> Entry {
    let parsed = list(line);
    assert_eq!(parsed.entries.len(), 1, "{line:?}: {:?}", parsed.refused);
    parsed.entries.into_iter().next().unwrap()
}

/// Dialect and entries in short: kind, name, size (`~` if it is rounded), time, owner and group.
pub(super) fn brief(text: &str) -> (&'static str, Vec<String>) {
    let (dialect, entries) = brief_like(text, Hints::default());
    (dialect.trim_start_matches("LIST "), entries)
}

/// The same in a directory of that name, with the whole dialect.
pub(super) fn brief_in(folder: &str, text: &str) -> (&'static str, Vec<String>) {
    let folder = RemotePath::root().join(folder);
    brief_like(text, Hints { folder: Some(&folder), ..Hints::default() })
}

fn brief_like(text: &str, hints: Hints<'_>) -> (&'static str, Vec<String>) {
    let parsed = parse_like(text.as_bytes(), Method::List, TODAY, None, hints);
    let entries = parsed.entries.iter().map(|entry| {
        let kind = match entry.kind {
            Kind::Directory => 'd',
            Kind::File => '-',
            Kind::Link => 'l',
            Kind::Other => '?',
        };
        let size = entry.size.map_or("-".to_owned(), |size| size.to_string());
        let time = entry.modified.map_or("-".to_owned(), |modified| {
            let format = match modified.precision {
                Precision::Day => "%Y-%m-%d",
                Precision::Minute => "%Y-%m-%dT%H:%M",
                Precision::Second | Precision::Millisecond => "%Y-%m-%dT%H:%M:%S",
            };
            format!("{}{}", modified.at.strftime(format), if modified.utc { "Z" } else { "" })
        });
        let (owner, group) = (entry.owner.as_deref().unwrap_or("-"), entry.group.as_deref().unwrap_or("-"));
        format!("{kind} {} {}{size} {time} {owner} {group}", entry.name, if entry.rounded { "~" } else { "" })
    });
    (parsed.dialect, entries.collect())
}

/// Each line alone is one entry of the dialect.
pub(super) fn each(dialect: &str, lines: &[(&str, &str)]) {
    for (line, wanted) in lines {
        assert_eq!(brief(line), (dialect, vec![(*wanted).to_owned()]), "{line:?}");
    }
}

/// No line alone is an entry.
pub(super) fn none(lines: &[&str]) {
    for line in lines {
        let parsed = list(line);
        assert!(parsed.entries.is_empty(), "{line:?}: {:?}", parsed.entries);
    }
}

fn names(parsed: &Parsed) -> Vec<&str> {
    parsed.entries.iter().map(|entry| entry.name.as_str()).collect()
}

#[test]
fn the_dialect_that_fits_reads_the_whole_listing() {
    let unix =
        list("total 3\r\n-rw-r--r-- 1 u g 5 Jan 1 2020 a\r\nwhat is this\r\ndrwxr-xr-x 2 u g 0 Jan 1 2020 b\r\n");
    assert_eq!((unix.dialect, names(&unix)), ("LIST (Unix)", vec!["a", "b"]));
    let dos = list("04-27-00  12:09PM       <DIR>          x\r\n04-27-00  12:09PM       17 y\r\n");
    assert_eq!((dos.dialect, names(&dos)), ("LIST (DOS)", vec!["x", "y"]));
    let grouped = list("13.04.2004  17:46   1.234.567 x\r\n13.04.2004  17:46   1'234 y\r\n");
    let sizes: Vec<_> = grouped.entries.iter().map(|entry| entry.size).collect();
    assert_eq!((sizes, names(&grouped)), (vec![Some(1_234_567), Some(1_234)], vec!["x", "y"]));
    // A forged line of the other dialect is not believed.
    let mixed = list(&format!("-rw-r--r-- 1 u g 5 Jan 1 2020 a\r\n{}\r\n", "04-27-00  12:09PM  17 evil"));
    assert_eq!(names(&mixed), ["a"]);
    let none = list("no such format\r\n");
    assert_eq!((none.dialect, none.entries.len(), none.refused.len()), ("LIST", 0, 1));
    assert_eq!(list("").refused, Vec::new());
}

#[test]
fn late_entries_are_found_behind_much_talk() {
    let talk = "hello\r\n".repeat(SAMPLE * 2);
    assert_eq!(names(&list(&format!("{talk}-rw-r--r-- 1 u g 5 Jan 1 2020 a\r\n"))), ["a"]);
}

#[test]
fn what_cannot_be_read_is_told_from_names_that_must_not_be_used() {
    let tell = |parsed: Parsed| (parsed.refused.iter().map(|out| out.is_read).collect::<Vec<_>>(), parsed.unread);
    let mlsd = |text: &str| parse(text.as_bytes(), Method::Mlsd, TODAY, None);
    assert_eq!(tell(mlsd("type=file; a/b\r\n")), (vec![true], false));
    assert_eq!(tell(mlsd("-rw-r--r-- 1 u g 5 Jan 1 2020 a\r\n")), (vec![false], true), "LIST's lines are not MLSD's");
    assert_eq!(tell(mlsd("type=cdir; .\r\njunk\r\n")), (vec![false], false), "an empty folder, and a forged line");
    assert_eq!(tell(mlsd("")), (vec![], false));
    assert_eq!(tell(list("-rw-r--r-- 1 u g 5 Foo 99 2020 a\r\n")), (vec![false], true));
    assert_eq!(tell(list("-rw-r--r-- 1 u g 5 Jan 1 2020 a/b\r\n")), (vec![true], false));
    assert_eq!(tell(list("no such format\r\n")), (vec![false], true));
}

/// What is kept of a listing without an end is bounded, whatever its lines are.
#[test]
fn no_listing_is_read_without_an_end() {
    const MORE: usize = MAX_ENTRIES + 10;
    let unix = "-rw-r--r-- 1 u g 1 Jan 1 2020 a\r\n";
    for line in ["\n", "a\r\n", "\0\n"] {
        let text = format!("{}{unix}", line.repeat(MORE));
        let mut parsed = list(unix);
        let lines = split(text.as_bytes(), &mut parsed);
        assert!(lines.len() <= MAX_ENTRIES && lines.capacity() <= MAX_ENTRIES + 1, "{line:?}: {}", lines.capacity());
        assert!(!parsed.whole && parsed.refused.len() <= MAX_REFUSED, "{line:?}: {}", parsed.refused.len());
        let parsed = list(&text);
        assert!(!parsed.whole && parsed.entries.is_empty() && parsed.refused.len() <= MAX_REFUSED, "{line:?}");
    }
    let talk = |lines: usize| list(&format!("{}{unix}", "hello\r\n".repeat(lines))).entries.len();
    assert_eq!((talk(SEARCHED - 1), talk(SEARCHED)), (1, 0), "no dialect is looked for in every line");
    let whole = parse("x\n".repeat(MAX_ENTRIES).as_bytes(), Method::Nlst, TODAY, None);
    assert_eq!((whole.entries.len(), whole.whole), (MAX_ENTRIES, true));
}

#[test]
fn names_that_would_leave_the_folder_are_refused() {
    for name in ["../x", "/etc/x", "a/b", "a\\b", "C:\\x", "c:x", "a\0b", "a\rb"] {
        let line = format!("-rw-r--r-- 1 u g 5 Jan 1 2020 {name}\r\n");
        assert_eq!((list(&line).entries.len(), list(&line).refused.len()), (0, 1), "{name:?}");
        let facts = parse(format!("type=file;size=5; {name}\r\n").as_bytes(), Method::Mlsd, TODAY, None);
        assert_eq!((facts.entries.len(), facts.refused.len()), (0, 1), "{name:?}");
    }
    for name in [".", ".."] {
        let line = format!("drwxr-xr-x 1 u g 5 Jan 1 2020 {name}\r\n");
        assert_eq!((list(&line).entries.len(), list(&line).refused.len()), (0, 0), "{name:?}");
    }
}

#[test]
fn a_name_with_a_line_break_forges_nothing() {
    let forged = "-rw-r--r-- 1 0 0 5 Jan 01 2020 evil";
    let honest = "-rw-r--r-- 1 u g 5 Jan 1 2020 a\r\n".repeat(3);
    for name in [format!("x\n{forged}"), format!("\n{forged}"), format!("x\n{forged}\n{forged}")] {
        let parsed = list(&format!("{honest}-rw-r--r-- 1 u g 5 Jan 1 2020 {name}\r\n{honest}"));
        assert_eq!(names(&parsed), ["a"; 6], "{name:?}");
        assert_eq!(parsed.refused.len(), 1, "{name:?}");
    }
    // Where LF ends every line, nothing can be told; a headline with an LF alone harms nobody.
    assert_eq!(names(&list(&honest.replace('\r', ""))), ["a"; 3]);
    assert_eq!(names(&list(&format!("total 3\n{honest}"))), ["a"; 3]);
    // The rest of a name in MLSD has no facts.
    let facts = parse(b"type=file; x\r\ny\r\n; z\r\ntype=file; ok\r\n", Method::Mlsd, TODAY, None);
    assert_eq!((names(&facts), facts.refused.len()), (vec!["x", "ok"], 2));
}

#[test]
fn limits_hold() {
    let long = format!("-rw-r--r-- 1 u g 5 Jan 1 2020 {}\r\n", "x".repeat(MAX_LINE));
    let parsed = list(&format!("{long}-rw-r--r-- 1 u g 5 Jan 1 2020 a\r\n"));
    assert_eq!((names(&parsed), parsed.refused[0].line.len()), (vec!["a"], MAX_REFUSED_LINE));
    assert_eq!(list(&"-rw-r--r-- junk\r\n".repeat(MAX_REFUSED + 5)).refused.len(), MAX_REFUSED);
    let parsed = parse("x\n".repeat(MAX_ENTRIES + 1).as_bytes(), Method::Nlst, TODAY, None);
    assert_eq!((parsed.entries.len(), parsed.whole), (MAX_ENTRIES, false));
}

#[test]
fn names_keep_their_bytes() {
    let line = b"-rw-r--r-- 1 u g 5 Jan 1 2020 caf\xe9\r\n";
    let utf8 = parse(line, Method::List, TODAY, None);
    assert_eq!(crate::model::path::encode_utf8(&utf8.entries[0].name), b"caf\xe9");
    let latin = parse(line, Method::List, TODAY, Some(encoding_rs::WINDOWS_1252));
    assert_eq!(names(&latin), ["café"]);
    let line = b"-rw-r--r-- 1 u g 5 Jan 1 2020 \x93\xfa\x96\x7b\xff\r\n";
    let japanese = parse(line, Method::List, TODAY, Some(encoding_rs::SHIFT_JIS));
    assert_eq!(names(&japanese), [format!("日本{}", escape_byte(0xff))]);
}

#[test]
fn no_charset_hides_a_separator() {
    // GB 18030 for the private character that stands for `/`.
    let (hidden, _, lossy) = encoding_rs::GB18030.encode("..\u{10FE2F}x");
    assert!(!lossy && hidden.len() == 7);
    let line = [b"type=file; ", &hidden[..], b"\r\n"].concat();
    let parsed = parse(&line, Method::Mlsd, TODAY, Some(encoding_rs::GB18030));
    assert!(parsed.entries.iter().all(|entry| !entry.name.contains('\u{10FE2F}')), "{:?}", parsed.entries);
}

#[test]
fn names_alone() {
    let nlst = |text: &str| parse(text.as_bytes(), Method::Nlst, TODAY, None);
    assert_eq!(names(&nlst("a b\r\n lead\r\n.\r\n..\r\n")), ["a b", " lead"]);
    assert_eq!(names(&nlst("dir/a\r\ndir/b\r\n")), ["a", "b"]);
    assert_eq!((names(&nlst("dir/a\r\n../b\r\n")), nlst("dir/a\r\n../b\r\n").refused.len()), (vec![], 2));
    assert_eq!(nlst("dir/..\r\ndir/x\r\n").entries.len(), 1);
    assert_eq!(nlst("a\r\n").entries[0].kind, Kind::Other);
}

#[test]
fn unix_lines() {
    let entry = one("-rwsr-xr-T+ 12 john smith   my group 1234 Feb 28 23:59  lead and trail \r\n");
    assert_eq!((entry.name.as_str(), entry.kind, entry.size), (" lead and trail ", Kind::File, Some(1234)));
    assert_eq!(entry.permissions.as_deref(), Some("rwsr-xr-T"));
    assert_eq!((entry.owner.as_deref(), entry.group.as_deref()), (Some("john smith"), Some("my group")));
    let link = one("lrwxrwxrwx 1 0 0 6 Jan  1  2020 a -> b -> /c/d/e");
    assert_eq!((link.name.as_str(), link.target.as_deref()), ("a -> b", Some("/c/d/e")));
    let device = one("brw-rw---- 1 root disk 8, 0 Jan 1 2020 sda");
    assert_eq!((device.kind, device.size, device.group.as_deref()), (Kind::Other, None, Some("disk")));
    assert_eq!(one("-rw-r--r-- 1 u g 18446744073709551616 Jan 1 2020 big").size, None);
    assert_eq!(one("-rw-r--r-- 1 u g 12,345,678 Jan 1 2020 grouped").size, Some(12_345_678));
    let rounded = one("-rw-r--r-- 1 u g 33.5k Jan 1 2020 rounded");
    assert_eq!((rounded.size, rounded.rounded, rounded.exact_size()), (Some(34_304), true, None));
    assert_eq!(one("-rw-r--r-- 1 u g 1 Jan 1 2020 x -> y").name, "x -> y");
}

#[test]
fn unix_dates() {
    let at = |date: &str| {
        let modified = one(&format!("-rw-r--r-- 1 u g 5 {date} name")).modified.unwrap();
        (modified.at.to_string(), modified.precision, modified.utc)
    };
    let minute = |text: &str| (format!("{text}:00"), Precision::Minute, false);
    // A day ahead is a clock or a zone; more is last year.
    assert_eq!(at("Mar  2 11:59"), minute("2026-03-02T11:59"));
    assert_eq!(at("Mar  2 12:01"), minute("2025-03-02T12:01"));
    assert_eq!(at("Feb 29 10:00"), minute("2024-02-29T10:00"));
    assert_eq!(at("Dec 31 24:00"), minute("2026-01-01T00:00"));
    for date in ["19. Sep 13:24", "Sept 19 13:24", "19 wrz 13:24", "сен 19 13:24", "9月 19日 13:24", "SEP 19 13:24"]
    {
        assert_eq!(at(date), minute("2025-09-19T13:24"), "{date}");
    }
    for date in ["7. Mär 2001", "Mrz 7 2001", "mars  7  2001", "3月 7日 2001年", "2001-03-07 "] {
        assert_eq!(at(date), ("2001-03-07T00:00:00".into(), Precision::Day, false), "{date}");
    }
    assert_eq!(at("2001-04-27 07:13"), minute("2001-04-27T07:13"));
    assert_eq!(at("04-27 07:13"), minute("2025-04-27T07:13"));
    let exact = at("2001-04-27 07:13:59.123456789 +0230");
    assert_eq!(exact, ("2001-04-27T04:43:59".into(), Precision::Second, true));
    assert_eq!(at("Apr 27 07:13:59 2001"), ("2001-04-27T07:13:59".into(), Precision::Second, false));
    for date in ["Feb 30 10:00", "Max 1 10:00", "Feb 1 30:00", "Feb 1 201", "2001-04-27 30:00", "2001-13-01 10:00"] {
        assert!(list(&format!("-rw-r--r-- 1 u g 5 {date} name")).entries.is_empty(), "{date}");
    }
}

#[test]
fn padded_years_are_not_blanks_of_the_name() {
    assert_eq!(one("-rw-r--r-- 1 u g 5 Feb 18 2005  x").name, "x");
    assert_eq!(one("-rw-r--r-- 1 u g 5 Feb 18  2005  x").name, " x");
}

#[test]
fn dos_lines() {
    let junction = one("10-23-00  01:27PM       <JUNCTION>     b => foo");
    assert_eq!((junction.name.as_str(), junction.target.as_deref()), ("b", Some("foo")));
    let link = one("10-23-2000  13:27       <SYMLINKD>     My Docs [C:\\Users\\x]");
    assert_eq!((link.name.as_str(), link.target.as_deref()), ("My Docs", Some("C:\\Users\\x")));
    assert_eq!((link.kind, link.is_directory()), (Kind::Link, true));
    let file = one("12-31-69  12:00AM            1,234 trailing ");
    assert_eq!((file.name.as_str(), file.size), ("trailing ", Some(1234)));
    assert_eq!(file.modified.unwrap().at.to_string(), "2069-12-31T00:00:00");
    assert_eq!(one("2002-09-02  18:48       17  lead").name, " lead");
    assert_eq!(one("27.04.2000  12:09  17 x").modified.unwrap().at.to_string(), "2000-04-27T12:09:00");
    for line in ["13-32-00  12:09PM  17 x", "04-27-00  13:09PM  17 x", "04-27-00  12:09PM  17", "04-27-00 12:09 x y"] {
        assert!(list(line).entries.is_empty(), "{line}");
    }
}

#[test]
fn eplf_lines() {
    let entry = one("+i8388621.48594,m825718503,r,s280,up644,\t djb, x.html");
    assert_eq!((entry.name.as_str(), entry.kind, entry.size), (" djb, x.html", Kind::File, Some(280)));
    assert_eq!(entry.permissions.as_deref(), Some("644"));
    let modified = entry.modified.unwrap();
    assert_eq!((modified.at.to_string().as_str(), modified.utc), ("1996-03-01T22:15:03", true));
    assert_eq!(one("+/,m99999999999999999,\tx").modified, None);
    assert!(list("+i1,\tneither\r\n").entries.is_empty());
    assert_eq!(list("+/,\t../x\r\n+r,\t\r\n+r,\ta/b\r\n").refused.len(), 3);
}

#[test]
fn a_whole_path_is_a_name_where_it_leads_into_the_directory() {
    let folder = RemotePath::new("/data/pub");
    let names = |text: &str, method| {
        let hints = Hints { folder: Some(&folder), ..Hints::default() };
        let parsed = parse_like(text.as_bytes(), method, TODAY, None, hints);
        (parsed.entries.into_iter().map(|entry| entry.name).collect::<Vec<_>>(), parsed.refused.len())
    };
    let line = |name: &str| format!("-rw-r--r-- 1 u g 5 Jan 1 2020 {name}\r\n");
    let text = ["/data/pub/a b", "/data/pub/.", "/data/pub/../x", "/data/public", "/etc/x", "/data/pub/"].map(line);
    assert_eq!(names(&text.concat(), Method::List), (vec!["a b".to_owned()], 4));
    assert_eq!(names("type=file; /data/pub/a\r\ntype=dir; /data\r\n", Method::Mlsd), (vec!["a".to_owned()], 1));
}

#[test]
fn a_name_is_judged_without_its_version() {
    let vms =
        list("A.TXT;2 1 19-NOV-2001 21:41 [X]\r\n..;7 1 19-NOV-2001 21:41 [X]\r\n.;1 1 19-NOV-2001 21:41 [X]\r\n");
    let left_out = ["..", "."].map(|name| LeftOut { line: name.to_owned(), is_read: true });
    assert_eq!((names(&vms), vms.refused.clone()), (vec!["A.TXT"], left_out.to_vec()));
}

#[test]
fn netware_lines() {
    let aligned = list("d [R----F--] supervisor            512       Jan 16 18:53    login\r\n");
    assert_eq!(names(&aligned), ["login"]);
    let entry = one("- [R----F--] rwinston                        19968 Feb 12 15:20  Document.doc");
    assert_eq!((entry.name.as_str(), entry.kind, entry.size), (" Document.doc", Kind::File, Some(19968)));
    assert_eq!((entry.owner.as_deref(), entry.permissions.as_deref()), (Some("rwinston"), Some("R----F--")));
    let entry = one("d[RWCEMFA]  1 cyp           512 Jul 01  2001 htdocs");
    assert_eq!((entry.kind, entry.owner.as_deref(), entry.group), (Kind::Directory, Some("cyp"), None));
    for line in ["d [RWX] a 1 Jul 01  2001 x", "d [", "d [RWCEAFMS", "d []", "-[R] a b c"] {
        assert!(list(line).entries.is_empty(), "{line}");
    }
}

#[test]
fn facts() {
    let mlsd = |text: &str| parse(text.as_bytes(), Method::Mlsd, TODAY, None);
    let facts = |text: &str| mlsd(text).entries.into_iter().next().unwrap();
    let entry = facts(
        "SIZE=17;Type=File;MODIFY=20260101120000.25;unix.MODE=0640;x.y=z;unix.ownername=me;UNIX.owner=7;  a;b= c ",
    );
    assert_eq!((entry.name.as_str(), entry.kind, entry.size), (" a;b= c ", Kind::File, Some(17)));
    assert_eq!((entry.permissions.as_deref(), entry.owner.as_deref()), (Some("0640"), Some("me")));
    let modified = entry.modified.unwrap();
    assert_eq!((modified.precision, modified.utc), (Precision::Millisecond, true));
    assert_eq!(modified.at.to_string(), "2026-01-01T12:00:00.25");
    assert_eq!(entry.facts.as_deref(), Some("x.y=z"));
    let others = facts("Type=file;Perm=adfr;UNIQUE=1U7;create=20250101000000;charset=UTF-8;lang=en; n").facts;
    assert_eq!(others.as_deref(), Some("Perm=adfr;UNIQUE=1U7;create=20250101000000;charset=UTF-8;lang=en"));
    assert_eq!(facts(&format!("type=file;x={}; n", "y".repeat(1000))).facts.unwrap().len(), 256);
    assert_eq!(facts("type=dir;sizd=4096; d").size, Some(4096));
    assert_eq!(facts("type=OS.unix=slink:/a b;size=3; n").target.as_deref(), Some("/a b"));
    assert_eq!(facts("type=OS.UNIX=symlink; n").kind, Kind::Link);
    assert_eq!(facts("type=OS.unix=chr-1/2; n").kind, Kind::Other);
    assert_eq!(facts("type=file;size=3 ncftpd").name, "ncftpd");
    for size in ["18446744073709551616", "-1", "0x10", "1e9", ""] {
        assert_eq!(facts(&format!("type=file;size={size}; n")).size, None, "{size}");
    }
    assert_eq!(facts("type=file;size=012; n").size, Some(12));
    for time in ["20261332256199", "00000101000000", "2026", "20260101000060", "20260101000000.x", "999990101000000"] {
        assert_eq!(facts(&format!("type=file;modify={time}; n")).modified, None, "{time}");
    }
    assert!(mlsd("type=cdir; /pub\r\ntype=PDIR; ..\r\ntype=dir; .\r\n").refused.is_empty());
    assert_eq!(mlsd("type=dir; /\r\ntype=dir; /languages\r\n").refused.len(), 2);
    assert_eq!(mlsd("modify;type=file; n\r\n n\r\nn\r\ntype=file; \r\n").refused.len(), 4);
}

#[test]
fn nothing_panics() {
    let seeds: [&[u8]; 6] = [
        b"drwxr-xr-x+111 0 1 2 Feb 29 24:00 a -> b\r\n",
        b"04-27-00  12:09PM <DIR> x [y]\r\n",
        b"type=OS.unix=slink:;size=;modify=2026.; \r\n",
        b"-rw-r--r-- 1 u g 5 2001-04-27 07:13:59.1 +0200 x\n",
        "9月 19日 13:24 сен".as_bytes(),
        b"\xff\xfe\x00\n\n\r\r\n",
    ];
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap()
    };
    for _ in 0..20_000 {
        let mut bytes = seeds[random(seeds.len())].to_vec();
        for _ in 0..random(8) {
            let at = random(bytes.len());
            match random(4) {
                0 => bytes.truncate(at.max(1)),
                1 => bytes[at] = b" -:.;=0123456789/<>\r\n\0\xff"[random(23)],
                2 => bytes.insert(at, b" dlr7J"[random(6)]),
                _ => bytes.extend_from_slice(seeds[random(seeds.len())]),
            }
        }
        for method in [Method::List, Method::Mlsd, Method::Nlst] {
            for encoding in [None, Some(encoding_rs::GB18030), Some(encoding_rs::ISO_2022_JP)] {
                let parsed = parse(&bytes, method, TODAY, encoding);
                assert!(parsed.entries.iter().all(|entry| is_safe_name(&entry.name)));
            }
        }
    }
}

#[test]
fn words_that_come_again_are_kept_once_and_never_mixed_up() {
    let owners: Vec<String> = (0..30).map(|n| format!("u{}", n % 10)).chain((0..4).map(|_| "u9".to_owned())).collect();
    let text: String =
        owners.iter().map(|owner| format!("-rw-r--r-- 1 {owner} users 5 Mar  1  2024 {owner}\r\n")).collect();
    let entries = list(&text).entries;
    assert_eq!(entries.len(), owners.len());
    assert!(entries.iter().all(|entry| entry.owner.as_deref() == Some(&*entry.name)));
    let [.., first, second] = &entries[..] else { panic!("too few") };
    assert!(first.owner.as_ref().zip(second.owner.as_ref()).is_some_and(|(a, b)| Arc::ptr_eq(a, b)));
}

#[test]
fn each_entry_knows_its_line() {
    let text = "\u{feff}total 3\r\n-rw-r--r-- 1 u g 5 Jan 1 2020 a\r\n\r\n-rw-r--r-- 1 u g 5 Jan 1 2020 ..\r\n-rw-r--r-- 1 u g 5 Jan 1 2020 bé\r\n";
    let vms = "B.C;1 1 19-NOV-2001 21:41 [X]\r\nB.C;2 1 19-NOV-2001 21:41 [X]\r\n";
    for (text, wanted) in [
        (text, &["-rw-r--r-- 1 u g 5 Jan 1 2020 a", "-rw-r--r-- 1 u g 5 Jan 1 2020 bé"][..]),
        (vms, &["B.C;2 1 19-NOV-2001 21:41 [X]"]),
    ] {
        let parsed = list(text);
        let raw = crate::model::RawListing::new(text.as_bytes().to_vec(), parsed.spans);
        let lines: Vec<String> = (0..parsed.entries.len()).filter_map(|index| raw.line(index)).collect();
        assert_eq!(lines, wanted);
        assert_eq!(raw.line(wanted.len()), None);
    }
}

#[test]
fn the_last_dialect_of_a_server_breaks_ties_only() {
    let both = "-rw-r--r-- 1 u g 5 Jan 1 2020 a\r\n04-27-00  12:09PM  17 b\r\n";
    let like = |text: &str, dialect| {
        let hints = Hints { dialect, ..Hints::default() };
        parse_like(text.as_bytes(), Method::List, TODAY, None, hints).dialect
    };
    assert_eq!(like(both, None), "LIST (Unix)");
    assert_eq!(like(both, Some("LIST (DOS)")), "LIST (DOS)");
    assert_eq!(like(&format!("{both}-rw-r--r-- 1 u g 5 Jan 1 2020 c\r\n"), Some("LIST (DOS)")), "LIST (Unix)");
    assert_eq!(like(both, Some("no such dialect")), "LIST (Unix)");
}

#[test]
fn a_charset_is_guessed_where_names_are_not_utf8() {
    let guess = |charset: &'static Encoding, names: &[&str], encoding| {
        let line = |name: &&str| format!("-rw-r--r-- 1 u g 5 Jan 1 2020 {name}\r\n");
        let text: String = names.iter().map(line).collect();
        let (bytes, ..) = charset.encode(&text);
        parse(&bytes, Method::List, TODAY, encoding).guess
    };
    let russian = ["Привет мир.txt", "Отчёт за январь.doc", "Фотографии с моря", "Музыка"];
    assert_eq!(guess(encoding_rs::WINDOWS_1251, &russian, None), Some("windows-1251"));
    assert_eq!(guess(encoding_rs::KOI8_R, &russian, None), Some("KOI8-U"));
    assert_eq!(guess(encoding_rs::SHIFT_JIS, &["日本語のファイル.txt", "写真とメモ"], None), Some("Shift_JIS"));
    assert_eq!(guess(encoding_rs::WINDOWS_1252, &["café.txt", "Übergrößen für alle.doc"], None), Some("windows-1252"));
    assert_eq!(guess(encoding_rs::UTF_8, &russian, None), None);
    assert_eq!(guess(encoding_rs::WINDOWS_1251, &russian, Some(encoding_rs::WINDOWS_1251)), None);
    assert_eq!(guess(encoding_rs::WINDOWS_1251, &["plain.txt"], None), None);
}
