//! Each format, and that masks leave nothing.

use super::*;
use crate::model::foreign::Lines;
use crate::model::log_filter::Filter;

const FILEZILLA: &str = include_str!("../../../tests/data/logs/filezilla.txt");
const LFTP: &str = include_str!("../../../tests/data/logs/lftp.txt");
const ALL: Masks = Masks { host: true, user: true, path: true };

fn log(text: &str) -> Log {
    let lines = Lines::of(text.as_bytes(), TimeZone::UTC, jiff::civil::date(2026, 1, 2)).unwrap().unwrap();
    Log::of(lines.map(Result::unwrap).collect())
}

fn said(log: &Log, filter: &str, format: Format, masks: Masks) -> String {
    export(log, &log.passing(&Filter::parse(filter).unwrap()), format, masks, &TimeZone::UTC)
}

#[test]
fn text_and_json_can_be_read_again() {
    let filezilla = log(FILEZILLA);
    let text = said(&filezilla, "", Format::Text, Masks::default());
    assert!(text.starts_with("2026-11-28 10:19:28.000 1 · Resolving address of ftp.example.org\n"), "{text}");
    assert!(text.contains("\n2026-11-28 10:19:28.000 1 ← 220 Ready.\n"));
    assert_eq!(log(&text).lines(), filezilla.lines());
    assert_eq!(log(&said(&filezilla, "", Format::Json, Masks::default())).lines(), filezilla.lines());
    let lftp = log(LFTP);
    let text = said(&lftp, "", Format::Text, Masks::default());
    assert!(text.contains("\n- 1 → PASS ****\n") && !text.contains("s3cret"), "{text}");
    assert_eq!(log(&text).lines(), lftp.lines());
    assert_eq!(log(&said(&lftp, "", Format::Json, Masks::default())).lines(), lftp.lines());
}

#[test]
fn only_what_passes_the_filter_is_exported() {
    let text = said(&log(FILEZILLA), "code:550", Format::Text, Masks::default());
    assert_eq!(text, "2026-11-28 10:19:56.000 2 ← 550 Can't open report.zip: No such file or directory\n");
}

#[test]
fn a_page_is_html_and_explains() {
    let log =
        log("> RETR <script>alert(\"1\")</script>\n< 550 No such <b>&</b> file\u{1b}[2J\u{202e}\n> QUIT\n< 221 bye\n");
    let page = said(&log, "", Format::Html, Masks::default());
    assert!(page.contains("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;") && !page.contains("<script"), "{page}");
    assert!(page.contains(
        "<b title=\"not there, or not allowed\">550</b><td> No such &lt;b&gt;&amp;&lt;/b&gt; file␛[2J[U+202E]"
    ));
    assert!(page.contains("4 lines, 1 connection, 1 error.") && page.contains("What went wrong"));
    assert!(page.contains("There is nothing of this name.") && !page.contains("http"));
}

#[test]
fn a_table_of_markdown_stays_one() {
    let log = log("> STOR a|b `c` ``d``\n< 553 `\n<  \n> QUIT\n< 221 bye\n");
    let table = said(&log, "", Format::Markdown, Masks::default());
    let rows: Vec<&str> = table.lines().collect();
    assert_eq!(rows[2], "| - | 1 | → | ``` STOR a\\|b `c` ``d`` ``` |");
    assert_eq!(rows[3], "| - | 1 | ← | `` 553 ` `` |");
    assert_eq!(rows.last(), Some(&"| - | 1 | ← | `221 bye` |"));
}

#[test]
fn masks_leave_no_name_of_theirs() {
    let log = log(
        "10:00:00.1 1 · Connected to 203.0.113.9:21 in 3 ms\n10:00:00.2 1 ← 220 ftp.acme.com ready (vsftpd 3.0.3)\n\
         10:00:00.3 1 → USER alice@Acme\n10:00:00.4 1 ← 331 Password for alice, please\n\
         10:00:00.4 1 ← 257 \"/home/alice/secret plans\" is current\n\
         10:00:00.5 1 → PASV\n10:00:00.6 1 ← 227 Entering (192,168,7,4,19,137).\n\
         10:00:00.7 1 → EPRT |1|198.51.100.77|6275|\n10:00:00.8 1 ← 200 fine, 2001:db8:77::5 [fe80::9]:21\n\
         10:00:00.8 1 → STOR /home/alice/secret plans/merger.docx\n\
         10:00:00.9 1 ← 550 /home/alice/secret plans/merger.docx: No such file\n\
         10:00:00.9 1 · Kept as secret plans (2)\n10:00:01.0 1 → MKD file\n10:00:01.1 1 ← 550 merger.docx or file is no file.\n\
         10:00:01.2 1 → STAT .\n10:00:01.3 1 ← 213-Here:\n10:00:01.3 1 ← -rw-r--r-- 1 bob staff 5 May 1 hidden.txt\n\
         10:00:01.3 1 ← 213 End\n",
    );
    for format in Format::ALL {
        let text = said(&log, "", format, ALL);
        for name in [
            "203.0.113.9",
            "acme",
            "Acme",
            "alice",
            "secret",
            "plans",
            "merger",
            "192,168",
            "192.168",
            "198.51.100.77",
            "2001:db8:77",
            "hidden.txt",
            "bob",
        ] {
            assert!(!text.contains(name), "{name} in {text}");
        }
        assert!(text.contains(".docx") && text.contains("3.0.3"), "{text}");
    }
    let text = said(&log, "", Format::Text, ALL);
    assert!(text.contains("→ MKD name") && text.contains(" is no file."), "{text}");
    assert!(text.contains("Entering (10,0,0,") && text.contains(",19,137)."), "{text}");
    let page = said(&log, "", Format::Html, ALL);
    assert!(page.contains("The server says that it waits at 10.0.0."), "the explanations stay true: {page}");
    let users = said(&log, "", Format::Text, Masks { user: true, ..Masks::default() });
    assert!(users.contains("/home/user1/secret plans") && users.contains("203.0.113.9"), "{users}");
}

#[test]
fn masked_json_has_no_bytes_that_tell() {
    let json = "{\"seq\":1,\"at\":\"2026-01-02T03:04:05Z\",\"connection\":1,\"direction\":\"sent\",\"code\":null,\
                \"text\":\"DELE caf\u{fffd}\",\"raw\":\"REVMRSBjYWbp\",\"transfer\":null}\n";
    let log = log(json);
    assert!(said(&log, "", Format::Json, Masks::default()).contains("REVMRSBjYWbp"));
    let masked = said(&log, "", Format::Json, ALL);
    assert!(masked.contains("\"raw\":null") && !masked.contains("caf"), "{masked}");
}
