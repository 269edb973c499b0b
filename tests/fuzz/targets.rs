//! What is fuzzed: each target takes any bytes, and checks what must hold of all.

use jiff::civil::DateTime;

use super::ftp::charset::Charset;
use super::ftp::command::{Command, Verb};
use super::ftp::endpoint::passive;
use super::ftp::listing::{self, Hints, MAX_ENTRIES};
use super::ftp::op::pathname;
use super::ftp::reply::{Decoder, Reply};
use super::ftp::{Features, Method, fact};
use super::model::PathSyntax;
use super::model::path::is_safe_name;
use super::{logs, watch};

/// Events of one dialogue.
const EVENTS: usize = 400;

/// The dialects of LIST: the target's name, the dialect's, and lines of it, which what is fuzzed follows. It is read as
/// this dialect and no other: which one fits is the business of the target `list`, and takes many times as long.
pub const DIALECTS: &[(&str, &str, &str)] = &[
    (
        "unix",
        "LIST (Unix)",
        "-rw-r--r-- 1 me us 5 Jan 01 2020 a\ndrwxr-xr-x 2 me us 0 Mar 04 10:20 b\nlrwxrwxrwx 1 0 0 1 May 5 2001 c -> d\n",
    ),
    ("dos", "LIST (DOS)", "02-03-04  07:46AM  <DIR>  First\n02-03-2004  17:46  1,234  second.txt\n"),
    ("eplf", "LIST (EPLF)", "+i1.2,m824255902,/,\tdir\n+i1.3,r,s12,m824255907,\tfile\n"),
    (
        "netware",
        "LIST (NetWare)",
        "d [R----F--] supervisor 512 Jan 16 18:53 login\n- [R----F--] rhesus 214059 Oct 20 15:27 cx.exe\n",
    ),
    (
        "vms",
        "LIST (VMS)",
        "A.DIR;1  1/9  1-JAN-2020 10:00:00 [ME,ME] (RWED,RWED,RE,)\nLONG_NAME.TXT;2\n  8/8  2-FEB-2021 11:00 [1,2] (RWED,,,)\n",
    ),
    ("mvs", "LIST (MVS)", "DISK01 3420   2003/05/21  1  200  FB      80  8053  PS  A.FILE\nMigrated       OLD.SET\n"),
    ("mvs-members", "LIST (MVS members)", " MAIN      01.01 2004/06/22 2004/06/22 16:32   128   128    0 BOBY12\n"),
    ("mvs-jobs", "LIST (MVS jobs)", "IBMUSER1  JOB01906  OUTPUT    3 Spool Files\n"),
    ("os400", "LIST (OS/400)", "QSYS            77824 02/23/00 15:09:55 *DIR       QOpenSys/\n"),
    (
        "vxworks",
        "LIST (VxWorks)",
        "    2048    Feb-28-1998  05:23:30   CONFIG            <DIR>\n     512    Feb-28-98    05:23:30   boot rom.bin\n",
    ),
    ("os2", "LIST (OS/2)", "     0           DIR   05-12-97   16:44  PSFONTS\n  1123      A    07-14-99   12:37  b\n"),
    ("vm", "LIST (VM/CMS)", "HELLO    EXEC     V         65        107          2 2005-10-04 15:28:42 OP0191\n"),
    (
        "vm-bfs",
        "LIST (z/VM BFS)",
        "05/20/2000 13:38:19 F 1      65758 'my file.cpy'\n08/21/2000 05:28:40 D -          - ALTERNATE\n",
    ),
    ("nonstop", "LIST (NonStop)", "DATAFILE   101        528  6-Apr-07 14:21:18 255, 0 \"oooo\"\n"),
    ("os9", "LIST (OS-9)", "20.20 07/03/29 1026 d-ewrewr 2650 85920 CMDS\n"),
    (
        "connect-enterprise",
        "LIST (Connect:Enterprise)",
        "-C--E-----FTP B ANNA1         7670  1294495 Jan 13 07:42 INVOICES\n",
    ),
    ("vshell", "LIST (VShell)", "206876  Apr 04, 2000 21:06 notes and more.txt\n0  Dec 12, 2002 02:13 my dir/\n"),
    ("cisco", "LIST (Cisco)", "    4  -rw-     1014196  Apr 23 2003 10:20:03  c2600-i-mz.bin\n"),
    ("wfftp", "LIST (wfFtp)", "config       1014196  06/03/04  Thur.   10:20:03\n"),
    ("numeric", "LIST (numeric Unix)", "0100644   500  101   12345    123456789       a b\n"),
    (
        "windows-16",
        "LIST (16-bit Windows)",
        "TOOLS           <DIR>      Nov 16 1994 17:16\nNOTES.TXT       11264      May 11 1995 14:20   RA\n",
    ),
    (
        "dls",
        "LIST (dls)",
        "NEWS               1763  What has changed\nsrc/                  =  Feb  3 18:21  Sources\n",
    ),
];

/// One target.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    name: &'static str,
    check: Check,
}

type OfBytes = fn(&[u8]);

/// What a target does.
#[derive(Clone, Copy, Debug)]
enum Check {
    Bytes(OfBytes),
    /// With the dialect's name and what it reads before each input.
    Dialect(&'static str, &'static str),
}

impl Target {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        let plain: [(&'static str, OfBytes); 10] = [
            ("reply", reply),
            ("session", session),
            ("passive", endpoint),
            ("feat", feat),
            ("fact", facts),
            ("path", path),
            ("mlsd", mlsd),
            ("nlst", nlst),
            ("list", list),
            ("log", logs::log),
        ];
        let plain = plain.into_iter().map(|(name, check)| Self { name, check: Check::Bytes(check) });
        plain.chain(
            DIALECTS.iter().map(|&(name, dialect, headline)| Self { name, check: Check::Dialect(dialect, headline) }),
        )
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
        match self.check {
            Check::Bytes(check) => check(bytes),
            Check::Dialect(dialect, headline) => {
                let hints = Hints { dialect: Some(dialect), certain: true, ..Hints::default() };
                read(&[headline.as_bytes(), bytes].concat(), Method::List, hints);
            }
        }
    }
}

/// However the bytes are cut, the same replies come out.
fn reply(bytes: &[u8]) {
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

fn session(bytes: &[u8]) {
    watch::dialogue("fuzz", &mut watch::Dice::Bytes(bytes), EVENTS);
}

fn endpoint(bytes: &[u8]) {
    for code in ["227 ", "229 "] {
        for reply in replies(&[code.as_bytes(), bytes, b"\r\n"].concat()) {
            assert!(passive(&reply).is_none_or(|endpoint| endpoint.port > 0));
        }
    }
}

fn feat(bytes: &[u8]) {
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

fn facts(bytes: &[u8]) {
    let _ = (fact::size(bytes), fact::time(bytes));
    for reply in replies(&[b"250-Facts\r\n ", bytes, b"\r\n250 End\r\n"].concat()) {
        let _ = fact::Facts::read(&reply);
    }
}

/// A path that a server says can be said back, means the same then, and has no component that leads elsewhere.
fn path(bytes: &[u8]) {
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

fn mlsd(bytes: &[u8]) {
    read(bytes, Method::Mlsd, Hints::default());
}

fn nlst(bytes: &[u8]) {
    read(bytes, Method::Nlst, Hints::default());
}

fn list(bytes: &[u8]) {
    read(bytes, Method::List, Hints::default());
}

/// Every name may become a component of a path here, and can be sent back.
fn read(bytes: &[u8], method: Method, hints: Hints<'_>) {
    let today = DateTime::constant(2024, 2, 29, 12, 0, 0, 0);
    let encoding = [None, Some(encoding_rs::WINDOWS_1251), Some(encoding_rs::SHIFT_JIS)][bytes.len() % 3];
    let parsed = listing::parse_like(bytes, method, today, encoding, hints);
    assert!(parsed.entries.len() <= MAX_ENTRIES.min(bytes.len()));
    for entry in &parsed.entries {
        assert!(is_safe_name(&entry.name), "{:?}", entry.name);
        let sent = Charset::new(encoding).encode(&entry.name);
        assert!(sent.is_ok_and(|name| Command::with(Verb::Retr, name).is_ok()), "{:?}", entry.name);
    }
}
