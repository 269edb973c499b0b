//! Samples of each program. `lftp*.txt` (4.9.2), `curl*.txt` (7.88.1), `filezilla-3.63.txt`, `ftp-tnftp.txt` (20210827) and
//! `ftp-inetutils.txt` (2.4) were written by these programs in dialogues with vsftpd 3.0.3; `filezilla.txt`,
//! `filezilla-window.txt`, `winscp.txt` and `ftp.txt` by hand in the forms that theirs document.

use super::*;
use crate::model::exchange::Exchanges;
use crate::model::explain::findings;

const CURL: &str = include_str!("../../../tests/data/logs/curl.txt");
const CURL_TIMES: &str = include_str!("../../../tests/data/logs/curl-times.txt");
const LFTP: &str = include_str!("../../../tests/data/logs/lftp.txt");
const LFTP_TIMES: &str = include_str!("../../../tests/data/logs/lftp-times.txt");
const FILEZILLA: &str = include_str!("../../../tests/data/logs/filezilla.txt");
const FILEZILLA_WINDOW: &str = include_str!("../../../tests/data/logs/filezilla-window.txt");
const FILEZILLA_3_63: &str = include_str!("../../../tests/data/logs/filezilla-3.63.txt");
const WINSCP: &str = include_str!("../../../tests/data/logs/winscp.txt");
const FTP: &str = include_str!("../../../tests/data/logs/ftp.txt");
const TNFTP: &str = include_str!("../../../tests/data/logs/ftp-tnftp.txt");
const INETUTILS: &str = include_str!("../../../tests/data/logs/ftp-inetutils.txt");

struct Log {
    program: Program,
    lines: Vec<Line>,
    unread: u64,
    exchanges: Exchanges,
}

fn read(text: &str) -> Log {
    let day = jiff::civil::date(2026, 11, 28);
    let mut source = Lines::of(text.as_bytes(), TimeZone::UTC, day).unwrap().unwrap();
    let lines: Vec<Line> = source.by_ref().map(Result::unwrap).collect();
    let mut exchanges = Exchanges::new(1000);
    for line in &lines {
        exchanges.push(line);
        assert!(!line.text.contains("s3cret"), "{}", line.text);
    }
    assert!(lines.iter().zip(1..).all(|(line, seq)| line.seq == seq));
    Log { program: source.program(), lines, unread: source.unread(), exchanges }
}

/// Connection, verb, code, milliseconds of all exchanges.
fn told(log: &Log) -> Vec<(u32, &str, Option<u16>, Option<i128>)> {
    log.exchanges.iter().map(|all| (all.connection.0, all.verb(), all.code(), all.took())).collect()
}

fn rules(log: &Log) -> Vec<&'static str> {
    let of = |number| findings(log.exchanges.get(number).unwrap(), log.exchanges.before(number));
    log.exchanges.numbers().flat_map(of).map(|finding| finding.rule).collect()
}

#[test]
fn curl_is_read() {
    let log = read(CURL);
    assert_eq!((log.program, log.unread), (Program::Curl, 0));
    let verbs = ["", "USER", "PASS", "PWD", "CWD", "EPSV", "TYPE", "SIZE"];
    let codes = [220, 331, 230, 257, 250, 229, 200, 550];
    let expected: Vec<_> = verbs.into_iter().zip(codes).map(|(verb, code)| (1, verb, Some(code), None)).collect();
    assert_eq!(told(&log), expected);
    assert_eq!(log.lines.last().unwrap().text, "curl: (78) The file does not exist");

    let log = read(CURL_TIMES);
    assert_eq!(log.program, Program::Curl);
    assert_eq!(told(&log)[1], (1, "AUTH", Some(234), Some(7)));
    assert_eq!(told(&log).last(), Some(&(1, "LIST", Some(226), Some(5))));
    assert_eq!(log.lines[0].at.to_string(), "2026-11-28T09:33:34.064914Z");
}

#[test]
fn lftp_is_read() {
    let log = read(LFTP);
    assert_eq!((log.program, log.unread), (Program::Lftp, 0));
    let told = told(&log);
    assert_eq!(told[1], (1, "FEAT", Some(211), None));
    assert_eq!(log.lines[5].code, Some(211));
    assert!(log.lines[6..16].iter().all(|line| line.code.is_none()), "the lines of one reply");
    assert!(told.contains(&(1, "RETR", Some(550), None)) && told.contains(&(1, "MKD", Some(257), None)));
    assert_eq!(told.last(), Some(&(1, "QUIT", Some(221), None)));
    assert!(rules(&log).contains(&"file-refused"));

    let log = read(LFTP_TIMES);
    assert_eq!((log.program, log.unread), (Program::Lftp, 7), "what GnuTLS says stands between");
    assert_eq!(log.lines[0].connection, ConnectionId(1));
    assert!(log.lines.iter().all(|line| line.at.to_string().starts_with("2026-11-29T09:")));
}

#[test]
fn filezilla_is_read_engine_by_engine() {
    let log = read(FILEZILLA);
    assert_eq!((log.program, log.unread), (Program::FileZilla, 0));
    let expected = [
        (1, "", Some(220), None),
        (1, "AUTH", Some(234), Some(1000)),
        (1, "USER", Some(331), Some(0)),
        (1, "PASS", Some(230), Some(1000)),
        (1, "FEAT", Some(211), Some(0)),
        (1, "PWD", Some(257), Some(0)),
        (1, "PASV", Some(227), Some(0)),
        (1, "MLSD", None, None),
        (2, "", Some(220), None),
        (3, "", Some(220), None),
        (2, "USER", Some(331), Some(0)),
        (3, "USER", Some(530), Some(0)),
        (2, "PASS", Some(230), Some(1000)),
        (2, "RETR", Some(550), Some(0)),
    ];
    assert_eq!(told(&log), expected);
    assert_eq!(rules(&log), ["address", "too-many", "file-refused"]);
    let errors = log.lines.iter().filter(|line| line.text.starts_with("Error: "));
    assert!(errors.clone().count() == 4 && errors.clone().all(|line| line.direction == Direction::Note));
}

#[test]
fn lines_copied_from_filezilla_s_window_are_read_in_its_languages() {
    let log = read(FILEZILLA_WINDOW);
    assert_eq!((log.program, log.unread), (Program::FileZilla, 0));
    assert_eq!(told(&log).last(), Some(&(1, "CWD", Some(550), None)));
    let log = read("10:19:28\tCommande :\tPWD\r\n10:19:30\tRéponse :\t257 \"/\"\r\n");
    assert_eq!(told(&log), [(1, "PWD", Some(257), Some(2000))]);
}

#[test]
fn winscp_is_read() {
    let log = read(WINSCP);
    assert_eq!((log.program, log.unread), (Program::WinScp, 2), "two lines of dashes");
    assert_eq!(told(&log).last(), Some(&(1, "STOR", Some(425), Some(21040))));
    assert_eq!(rules(&log), ["data-blocked"]);
}

#[test]
fn ftp_is_read() {
    let log = read(FTP);
    assert_eq!((log.program, log.unread), (Program::Ftp, 1));
    let told = told(&log);
    assert_eq!(told[5], (1, "RETR", Some(550), None));
    assert_eq!(told.last(), Some(&(1, "QUIT", Some(221), None)));
    assert_eq!((log.lines[15].text.as_str(), log.lines[15].code), (" SIZE", None));
}

/// Verbs and codes in their order.
fn codes(log: &Log) -> String {
    let said = log.exchanges.iter().map(|all| format!("{} {}", all.verb(), all.code().unwrap_or_default()));
    said.collect::<Vec<_>>().join(", ").trim_start().to_owned()
}

#[test]
fn what_two_ftp_programs_wrote_is_read() {
    let log = read(TNFTP);
    assert_eq!(log.program, Program::Ftp);
    assert_eq!(
        codes(&log),
        "220, USER 331, PASS 230, SYST 215, FEAT 211, TYPE 200, TYPE 200, EPSV 229, LIST 226, TYPE 200, SIZE 213, EPSV 229, \
         RETR 226, MDTM 213, SIZE 550, EPSV 229, RETR 550, MKD 257, RMD 250, QUIT 221",
        "each 229 is printed twice, and was sent once"
    );
    let notes: Vec<&str> =
        log.lines.iter().filter(|line| line.direction == Direction::Note).map(|line| line.text.as_str()).collect();
    assert_eq!(notes.len(), 4);
    assert_eq!(notes[1], "local: /home/me/x.bin remote: data.bin");
    let log = read(INETUTILS);
    assert_eq!(log.program, Program::Ftp);
    assert_eq!(
        codes(&log),
        "220, SYST 530, USER 331, PASS 230, TYPE 200, TYPE 200, PASV 227, LIST 226, TYPE 200, PASV 227, RETR 226, PASV 227, \
         RETR 550, MKD 257, RMD 250, QUIT 221"
    );
}

#[test]
fn what_filezilla_wrote_is_read() {
    let log = read(FILEZILLA_3_63);
    assert_eq!((log.program, log.unread), (Program::FileZilla, 0));
    let second = log.exchanges.iter().filter(|all| all.connection.0 == 2);
    let second: Vec<_> = second.map(|all| (all.verb(), all.code())).collect();
    assert_eq!(second[1], ("AUTH", Some(530)));
    assert_eq!(second[second.len() - 1], ("RETR", Some(550)));
    assert_eq!(second[second.len() - 3], ("RETR", Some(226)));
}

#[test]
fn our_own_lines_are_read_as_json_and_as_text() {
    let log = read("2026-11-28 09:33:34.100 2 → RETR x\n2026-11-28 09:33:34.350 2 ← 550 no\n");
    assert_eq!((log.program, told(&log)), (Program::LongshoreText, vec![(1, "RETR", Some(550), Some(250))]));
    let json: String =
        log.lines.iter().map(|line| String::from_utf8(crate::model::json_line::encode(line)).unwrap()).collect();
    let again = read(&format!("\u{feff}{json}"));
    assert_eq!((again.program, again.lines), (Program::Longshore, log.lines));
    let copied = read("23:59:59.000 1 → NOOP\n00:00:01.500 1 ← 200 ok\n00:00:02.000 1 · Closed\n");
    assert_eq!(told(&copied), [(1, "NOOP", Some(200), Some(2500))]);
}

#[test]
fn what_is_no_log_is_not_taken_for_one() {
    for text in [
        "no log",
        "\0\u{1}binary",
        "> quoted mail\n* a list\n",
        "[package]\nname = \"x\"\n",
        "// x\n---- y\n",
        "200 lines\n 300 more\n",
    ] {
        assert!(Lines::of(text.as_bytes(), TimeZone::UTC, Date::ZERO).unwrap().is_none(), "{text}");
    }
    assert_eq!(read("").lines.len(), 0);
}

#[test]
fn a_second_greeting_is_a_second_connection() {
    let log = read("< 220 a\n> USER x\n< 331 y\n> REIN\n< 220 again\n> QUIT\n< 221 bye\n< 220 b\n> QUIT\n");
    let connections: Vec<u32> = log.lines.iter().map(|line| line.connection.0).collect();
    assert_eq!(connections, [1, 1, 1, 1, 1, 1, 1, 2, 2]);
}

#[test]
fn everything_is_bounded() {
    let long = format!("< 200 {}\n", "x".repeat(3_000_000));
    let log = read(&format!("> NOOP\n{long}> NOOP\n< 200 ok\n"));
    assert_eq!((log.lines.len(), log.lines[1].text.len()), (4, LONGEST - 2));
    let lanes: String = (0..20_000).map(|lane| format!("[{lane}] ---> NOOP\n")).collect();
    let mut reader = Reader::new(Program::Lftp, TimeZone::UTC, Date::ZERO);
    lanes.lines().for_each(|line| drop(reader.read(line)));
    assert_eq!((reader.connections, reader.lanes.len()), (20_000, MOST_CONNECTIONS));
}
