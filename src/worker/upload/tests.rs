//! Whose a target is that was there before.

use super::super::journal::Source;
use super::*;

#[test]
fn what_was_there_before_is_not_taken_for_ours() {
    assert!(is_ours(Before::Absent, 0) && is_ours(Before::Absent, 5) && is_ours(Before::Beginning, 5));
    assert!(!is_ours(Before::Other(Some(5)), 5), "the server may have refused before it cut the file");
    assert!(is_ours(Before::Other(Some(5)), 4) && is_ours(Before::Other(Some(5)), 6));
    assert!(!is_ours(Before::Other(None), 5), "nobody knows");
}

#[test]
fn only_a_beginning_is_taken_for_what_was_left() {
    assert!(is_beginning(0, Some(5), false) && is_beginning(4, Some(5), false));
    assert!(!is_beginning(5, Some(5), false), "somebody may have put the whole file there since");
    assert!(!is_beginning(4, None, false) && !is_beginning(4, Some(5), true), "nobody knows");
}

#[test]
fn what_was_noted_of_a_target_is_read_as_it_was_meant() {
    let noted = |remote: &str, size| Some(Source { remote: remote.into(), size, modified: None });
    assert_eq!(Before::noted(None), Before::Absent);
    assert_eq!(Before::noted(noted("/home/f", Some(5))), Before::Other(Some(5)));
    assert_eq!(Before::noted(noted("", None)), Before::Beginning, "somebody's file, which is not ours to delete");
}

#[test]
fn only_a_server_that_says_no_is_believed_unread() {
    let refused = |verb, code| ftp::Error::Refused { verb, code, reply: format!("{code} no") };
    let broken = |fault, reply: Option<&str>| ftp::Error::Data { fault, reply: reply.map(Into::into) };
    let network = || DataFault::Network("gone".into());
    for (error, follows) in [
        (refused("RETR", 550), Some(true)),
        (refused("RETR", 450), Some(true)),
        (refused("REST", 502), Some(true)),
        (refused("RETR", 425), None),
        (refused("RETR", 426), None),
        (refused("EPSV", 500), None),
        (ftp::Error::Unsupported("REST"), Some(true)),
        (broken(network(), Some("550 not yours")), Some(true)),
        (broken(DataFault::Limit, None), Some(false)),
        (broken(network(), Some("426 gone")), None),
        (broken(DataFault::Silent(10), None), None),
        (ftp::Error::Closed(None), None),
        (ftp::Error::Cancelled, None),
    ] {
        assert_eq!(unread(&net::Error::Ftp(error.clone())), follows, "{error:?}");
    }
    assert_eq!(unread(&net::Error::NeedsTls12), None);
}

#[test]
fn only_regular_files_are_opened() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f");
    std::fs::write(&path, b"four").unwrap();
    assert_eq!(open(&path).unwrap().1.size, Some(4));
    assert!(open(folder.path()).is_err());
    assert!(open(&folder.path().join("missing")).is_err());
}
