//! What is fuzzed: each target takes any bytes, and checks what must hold of all.

use jiff::civil::DateTime;

use super::ftp::charset::Charset;
use super::ftp::command::{Command, Verb};
use super::ftp::endpoint::passive;
use super::ftp::listing::{self, MAX_ENTRIES};
use super::ftp::op::pathname;
use super::ftp::reply::{Decoder, Reply};
use super::ftp::{Features, Method, fact};
use super::model::PathSyntax;
use super::model::path::is_safe_name;
use super::watch;

/// Events of one dialogue.
const EVENTS: usize = 400;

/// Lines of each dialect of LIST that has a target of its own: what is fuzzed follows them, so that a listing of this
/// dialect is read.
pub const DIALECTS: &[(&str, &str)] = &[
    (
        "unix",
        "-rw-r--r-- 1 me us 5 Jan 01 2020 a\ndrwxr-xr-x 2 me us 0 Mar 04 10:20 b\nlrwxrwxrwx 1 0 0 1 May 5 2001 c -> d\n",
    ),
    ("dos", "02-03-04  07:46AM  <DIR>  First\n02-03-2004  17:46  1,234  second.txt\n"),
    ("eplf", "+i1.2,m824255902,/,\tdir\n+i1.3,r,s12,m824255907,\tfile\n"),
    ("netware", "d [R----F--] supervisor 512 Jan 16 18:53 login\n- [R----F--] rhesus 214059 Oct 20 15:27 cx.exe\n"),
    (
        "vms",
        "Directory DISK:[A]\n\nA.DIR;1  1/9  1-JAN-2020 10:00:00 [ME,ME] (RWED,RWED,RE,)\nLONG_NAME.TXT;2\n  8/8  2-FEB-2021 11:00 [1,2] (RWED,,,)\n",
    ),
    (
        "mvs",
        "Volume Unit    Referred Ext Used Recfm Lrecl BlkSz Dsorg Dsname\nWYOSPT 3420   2003/05/21  1  200  FB      80  8053  PS  A.FILE\nMigrated  OLD.SET\n",
    ),
    (
        "mvs-members",
        " Name     VV.MM   Created       Changed      Size  Init   Mod   Id\nMEMBER01  01.01 2004/01/06 2004/01/06 16:32    5     5     0 ME\nMEMBER02\n",
    ),
    ("os400", "QSYS            77824 02/23/00 15:09:55 *DIR       QOpenSys/\nME  12 23.02.00 15:09:55 *STMF  a.txt\n"),
    ("os2", "     0           DIR   05-12-97   16:44  PSFONTS\n 100   A  05-12-97  16:44  a.txt\n"),
    ("vm", "PROFILE  EXEC     V  79  100  2  2004-05-06 11:09:20 DISK1\n"),
    (
        "nonstop",
        "File         Code             EOF  Last Modification    Owner  RWEP\nA  101  16354 18-Mar-09 15:09:12 244, 10 \"nnnn\"\n",
    ),
    ("numeric", "100644   1  500  101   12345    123456789 a b\n"),
    ("connect-enterprise", "-C--E-----FTP A BANK   100 1 Sep 1 2009 09:10 file\n"),
];

/// One target.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    name: &'static str,
    /// What it reads before each input, if it is a dialect.
    headline: &'static str,
    check: fn(&str, &[u8]),
}

impl Target {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        let plain: [(&'static str, fn(&str, &[u8])); 9] = [
            ("reply", reply),
            ("session", session),
            ("passive", endpoint),
            ("feat", feat),
            ("fact", facts),
            ("path", path),
            ("mlsd", mlsd),
            ("nlst", nlst),
            ("list", list),
        ];
        let plain = plain.into_iter().map(|(name, check)| Self { name, headline: "", check });
        plain.chain(DIALECTS.iter().map(|(name, headline)| Self { name, headline, check: list }))
    }

    /// The one called `name`.
    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|target| target.name == name)
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Tries `bytes`. Panics if something does not hold.
    pub fn run(&self, bytes: &[u8]) {
        (self.check)(self.headline, bytes);
    }
}

/// However the bytes are cut, the same replies come out.
fn reply(_: &str, bytes: &[u8]) {
    let read = |pieces: &mut dyn Iterator<Item = &[u8]>| {
        let mut decoder = Decoder::default();
        let mut received = Vec::new();
        for mut piece in pieces {
            loop {
                match decoder.next(&mut piece) {
                    Ok(Some(line)) => received.push(Ok(line)),
                    Ok(None) => break,
                    Err(malformed) => {
                        received.push(Err(malformed));
                        return received;
                    }
                }
            }
        }
        received
    };
    assert_eq!(read(&mut std::iter::once(bytes)), read(&mut bytes.chunks(1)));
}

/// The replies in `bytes`, as long as they are well-formed.
fn replies(mut bytes: &[u8]) -> Vec<Reply> {
    let mut decoder = Decoder::default();
    let mut replies = Vec::new();
    while let Ok(Some(received)) = decoder.next(&mut bytes) {
        replies.extend(received.reply);
    }
    replies
}

fn session(_: &str, bytes: &[u8]) {
    watch::dialogue("fuzz", &mut watch::Dice::Bytes(bytes), EVENTS);
}

fn endpoint(_: &str, bytes: &[u8]) {
    for code in ["227 ", "229 "] {
        for reply in replies(&[code.as_bytes(), bytes, b"\r\n"].concat()) {
            assert!(passive(&reply).is_none_or(|endpoint| endpoint.port > 0));
        }
    }
}

fn feat(_: &str, bytes: &[u8]) {
    for reply in replies(&[b"211-Features\r\n", bytes, b"\r\n211 End\r\n"].concat()) {
        let features = Features::read(&reply);
        assert!(features.lines().len() <= reply.lines().len());
        for line in features.lines() {
            assert!(line.split_whitespace().next().is_none_or(|name| features.has(name)), "{line:?}");
        }
        if let Some(facts) = features.facts_to_ask_for() {
            assert!(Command::with(Verb::Opts, facts).is_ok(), "what would be asked cannot be sent");
        }
    }
}

fn facts(_: &str, bytes: &[u8]) {
    let _ = (fact::size(bytes), fact::time(bytes));
    for reply in replies(&[b"250-Facts\r\n ", bytes, b"\r\n250 End\r\n"].concat()) {
        let _ = fact::Facts::read(&reply);
    }
}

/// A path that a server says can be said back, means the same then, and has no component that leads elsewhere.
fn path(_: &str, bytes: &[u8]) {
    for reply in replies(&[b"257 ", bytes, b"\r\n"].concat()) {
        let Some(text) = pathname(&reply, Charset::new(None)) else { continue };
        for (syntax, _) in PathSyntax::ALL {
            let Some(path) = syntax.read(&text) else { continue };
            assert!(path.components().all(|component| !matches!(component, "" | "." | "..")), "{path:?}");
            let said = syntax.directory(&path);
            assert!(Command::with(Verb::Cwd, &said).is_ok(), "{said:?}");
            if let Some(again) = syntax.read(&said) {
                assert_eq!(syntax.directory(&again), said, "{syntax:?} {path:?}");
            }
            let _ = (syntax.file(&path), PathSyntax::of(&text, &said));
        }
    }
}

fn mlsd(_: &str, bytes: &[u8]) {
    read(bytes, Method::Mlsd);
}

fn nlst(_: &str, bytes: &[u8]) {
    read(bytes, Method::Nlst);
}

fn list(headline: &str, bytes: &[u8]) {
    read(&[headline.as_bytes(), bytes].concat(), Method::List);
}

/// Every name may become a component of a path here, and can be sent back.
fn read(bytes: &[u8], method: Method) {
    let today = DateTime::constant(2024, 2, 29, 12, 0, 0, 0);
    let encoding = [None, Some(encoding_rs::WINDOWS_1251), Some(encoding_rs::SHIFT_JIS)][bytes.len() % 3];
    let parsed = listing::parse(bytes, method, today, encoding);
    assert!(parsed.entries.len() <= MAX_ENTRIES.min(bytes.len()));
    for entry in &parsed.entries {
        assert!(is_safe_name(&entry.name), "{:?}", entry.name);
        let sent = Charset::new(encoding).encode(&entry.name);
        assert!(sent.is_ok_and(|name| Command::with(Verb::Retr, name).is_ok()), "{:?}", entry.name);
    }
}
