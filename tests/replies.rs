//! Replies that other clients' own tests hold (`tests/data/replies.jsonl`): how each is read here.

#![allow(clippy::unwrap_used)] // a test that cannot go on has failed

use longshore::ftp::charset::Charset;
use longshore::ftp::endpoint;
use longshore::ftp::op::pathname;
use longshore::ftp::reply::{Decoder, Malformed, Reply};
use longshore::ftp::{Features, fact};
use serde_json::Value;

#[test]
fn replies_of_other_clients_tests() {
    let text = include_str!("data/replies.jsonl");
    let mut read = 0;
    for line in text.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        read += usize::from(check(&case));
    }
    assert_eq!(read, 95, "all cases but one");
}

/// `false`: others do not want what we accept.
fn check(case: &Value) -> bool {
    let bytes = case["reply"].as_str().unwrap().as_bytes();
    let fails = case["error"] == true;
    let what = format!("{case}");
    match case["kind"].as_str().unwrap() {
        "227" | "229" => check_passive(case, bytes, &what),
        "257" if bytes.starts_with(b"250") => return false, // "250 "/foo/bar"": read, because servers say it
        "257" => {
            let path =
                one(bytes).filter(|reply| !reply.is_negative()).and_then(|reply| pathname(&reply, Charset::new(None)));
            let expected = case["path"].as_str().filter(|path| !path.is_empty());
            let shown = path.as_deref().filter(|path| !matches!(*path, "" | "/"));
            assert_eq!(shown, expected, "{what}");
        }
        "SIZE" => assert_eq!(fact::size(one(bytes).unwrap().text()), case["size"].as_u64(), "{what}"),
        "MDTM" => {
            let time = fact::time(one(bytes).unwrap().text()).map(|time| time.at.to_string());
            assert_eq!(time.is_none(), fails, "{what}");
            let expected = case["mtime"].as_str().unwrap_or_default().trim_end_matches(['Z', '.']);
            assert!(time.unwrap_or_default().starts_with(expected), "{what}");
        }
        "FEAT" => {
            let lines: Vec<&str> =
                case["features"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
            assert_eq!(Features::read(&one(bytes).unwrap()).lines(), lines, "{what}");
        }
        "MLST" => {
            let facts = fact::Facts::read(&one(bytes).unwrap());
            assert_eq!(facts == fact::Facts::default(), fails, "{what}");
            if !fails {
                assert_eq!((facts.size, facts.directory), (Some(0), Some(true)), "{what}");
                assert_eq!(facts.modified.unwrap().at.to_string(), "2020-12-13T20:24:00");
            }
        }
        "line" => assert_eq!(decode(bytes), Err(Malformed::Limit("reply line")), "{}", &what[..200]),
        "multiline" => return check_lines(case, bytes, &what),
        "connect" => assert_eq!(one(bytes).unwrap().code(), 421),
        "230" => assert_eq!((one(bytes).unwrap().code(), one(bytes).unwrap().lines().len()), (230, 3)),
        "MDTM-set" => assert!(fact::time(one(bytes).unwrap().text()).is_none(), "{what}"),
        other => panic!("no case is of the kind {other}"),
    }
    true
}

fn check_passive(case: &Value, bytes: &[u8], what: &str) {
    let passive = one(bytes).and_then(|reply| endpoint::passive(&reply));
    let note = case["note"].as_str().unwrap_or_default();
    let port = passive.map(|passive| u64::from(passive.port));
    if note.contains("7 numbers") {
        assert_eq!(port, None, "{what}"); // others guess
    } else if note.contains("unsafe port") && case["port"].is_null() {
        assert_eq!(port, Some(317), "{what}"); // connected to, since it is the server's own address, with a note
    } else if case["port"].is_u64() {
        assert_eq!(port, case["port"].as_u64(), "{what}");
    } else {
        assert_eq!(port.is_none(), case["error"] == true, "{what}");
    }
    if let (Some(host), Some(passive)) = (case["host"].as_str().filter(|host| !host.starts_with('<')), passive) {
        assert_eq!(passive.host.unwrap().to_string(), host, "{what}");
    }
}

fn check_lines(case: &Value, bytes: &[u8], what: &str) -> bool {
    if case["note"].as_str().unwrap_or_default().starts_with("CONTESTED") {
        assert_eq!(decode(bytes), Ok(vec![]), "{what}"); // RFC 959 4.2: not ended yet
        return true;
    }
    if case["error"] == true {
        assert!(matches!(decode(bytes), Err(Malformed::NotAReply(_))), "{what}");
        return true;
    }
    let replies = decode(&[bytes, b"\r\n"].concat()).unwrap();
    if let Some(messages) = case["messages"].as_array() {
        let lines: Vec<String> = replies.iter().map(joined).collect();
        assert_eq!(lines, messages.iter().map(|message| message.as_str().unwrap()).collect::<Vec<_>>(), "{what}");
    }
    for (reply, expected) in replies.iter().zip(case["replies"].as_array().unwrap_or(&vec![])) {
        assert_eq!(u64::from(reply.code()), expected["code"], "{what}");
        assert!(expected["lines"].is_null() || reply.lines().len() as u64 == expected["lines"], "{what}");
    }
    let count = case["messages"].as_array().or(case["replies"].as_array()).unwrap().len();
    assert_eq!(replies.len(), count, "{what}");
    true
}

fn joined(reply: &Reply) -> String {
    let lines: Vec<_> = reply.lines().map(|line| String::from_utf8_lossy(line).into_owned()).collect();
    lines.join("\n")
}

fn one(bytes: &[u8]) -> Option<Reply> {
    decode(&[bytes, b"\r\n"].concat()).ok()?.into_iter().next()
}

fn decode(mut bytes: &[u8]) -> Result<Vec<Reply>, Malformed> {
    let (mut decoder, mut replies) = (Decoder::default(), Vec::new());
    while let Some(received) = decoder.next(&mut bytes)? {
        replies.extend(received.reply);
    }
    Ok(replies)
}
