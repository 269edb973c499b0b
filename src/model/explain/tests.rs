//! The rules, each with a dialogue that was played.

use super::super::exchange::tests::joined;
use super::*;

/// Rule and remedies of what is found in the last exchange of a dialogue.
fn found(dialogue: &str) -> Vec<(&'static str, Vec<Remedy>)> {
    let mut exchanges = joined(dialogue);
    exchanges.close(ConnectionId(1));
    let last = exchanges.numbers().end - 1;
    let found = findings(exchanges.get(last).unwrap(), exchanges.before(last));
    for finding in &found {
        assert!(finding.said.ends_with('.') && !finding.said.contains("  ") && finding.source.contains("RFC"));
    }
    found.into_iter().map(|finding| (finding.rule, finding.remedies)).collect()
}

#[test]
fn an_address_that_cannot_be_reached_is_told() {
    let pasv = |peer: &str, named: &str| {
        found(&format!("N: Connected to {peer}:21 in 1 ms\nS: 220 hi\nC: PASV\nS: 227 Passive ({named},7,1)."))
    };
    let told = [("address", vec![Remedy::TrustServersAddress])];
    assert_eq!(pasv("198.51.100.1", "192,168,1,4"), told);
    assert_eq!(pasv("198.51.100.1", "0,0,0,0"), told);
    for (peer, named) in [("192.168.1.4", "192,168,1,4"), ("198.51.100.1", "198,51,100,2"), ("10.0.0.1", "10,0,0,2")] {
        assert_eq!(pasv(peer, named), [], "{peer} {named}");
    }
}

#[test]
fn a_blocked_data_connection_offers_the_other_ways() {
    let other = |remedies| [("data-blocked", remedies)];
    let asked = "S: 220 hi\nC: EPSV\nS: 229 (|||5000|)\n";
    let blocked = other(vec![Remedy::TryPasv, Remedy::TryActive]);
    assert_eq!(found(&format!("{asked}C: LIST\nS: 425 Can't build data connection")), blocked);
    assert_eq!(found(&format!("{asked}C: PASV\nS: 227 (1,2,3,4,5,6)")), blocked);
    assert_eq!(found(&format!("{asked}N: No data connection: 192.0.2.1:5000: Connection refused")), blocked);
    assert_eq!(found(&format!("{asked}C: LIST\nS: 150 go\nS: 226 done\nC: PASV\nS: 227 (1,2,3,4,5,6)")), []);
    let active = found("S: 220 hi\nC: PORT 1,2,3,4,5,6\nS: 200 ok\nC: LIST\nS: 425 Failed to establish connection.");
    assert_eq!(active, other(vec![Remedy::TryEpsv, Remedy::TryPasv]));
}

#[test]
fn a_way_that_the_server_does_not_know_is_no_trouble() {
    for (command, code) in [("EPSV", 500), ("EPSV", 501), ("EPRT |1|1.2.3.4|5|", 522)] {
        let found = found(&format!("S: 220 hi\nC: {command}\nS: {code} What?"));
        assert_eq!(found, [("unknown-way", vec![])], "{command}");
    }
    assert_eq!(found("S: 220 hi\nC: EPSV\nS: 530 Log in first"), []);
}

#[test]
fn a_session_that_must_be_resumed_is_named() {
    for reply in ["522 SSL connection failed; session reuse required", "425 TLS session not resumed"] {
        assert_eq!(found(&format!("S: 220 hi\nC: LIST\nS: {reply}")), [("resumption", vec![Remedy::Reconnect])]);
    }
    assert_eq!(found("S: 220 hi\nC: RETR x\nS: 450 busy"), []);
}

#[test]
fn a_cap_of_connections_is_read() {
    let lower = |most| [("too-many", vec![Remedy::LowerConnections(most)])];
    assert_eq!(found("S: 421 Too many connections (3) from this IP"), lower(Some(3)));
    let reply = "530 Sorry, the maximum number of clients (5) for this user is reached";
    assert_eq!(found(&format!("S: 220 hi\nC: PASS ****\nS: {reply}")), lower(Some(5)));
    assert_eq!(found("S: 421 There are too many connections from your internet address."), lower(None));
}

#[test]
fn silence_is_measured() {
    let kept = [("silence", vec![Remedy::KeepAlive(150), Remedy::Reconnect])];
    assert_eq!(found("S: 220 hi\nC: NOOP\nS: 200 ok\nwait 300\nS: 421 Timeout."), kept);
    assert_eq!(found("S: 220 hi\nC: NOOP\nS: 200 ok\nwait 300\nC: PWD\nS: 421 Bye"), kept);
    assert_eq!(found("S: 220 hi\nC: NOOP\nS: 421 Shutting down"), []);
}

#[test]
fn a_server_that_wants_encryption_is_understood() {
    let explicit = [("wants-tls", vec![Remedy::SwitchToExplicitTls])];
    assert_eq!(found("S: 220 hi\nC: AUTH TLS\nS: 500 What?\nC: USER me\nS: 530 Please log in"), explicit);
    assert_eq!(found("S: 220 hi\nC: USER me\nS: 530 Non-anonymous sessions must use encryption."), explicit);
    let told = "521 Data connection cannot be opened with this PROT";
    assert_eq!(found(&format!("S: 220 hi\nC: LIST\nS: {told}")), explicit);
    assert_eq!(found(&format!("S: 220 hi\nC: AUTH TLS\nS: 500 What?\nC: LIST\nS: {told}")), explicit);
    for told in ["522 Data connections must be encrypted.", "522 SSL/TLS required on the data channel"] {
        assert_eq!(found(&format!("S: 220 hi\nC: LIST\nS: {told}")), explicit);
        let secured = found(&format!("S: 220 hi\nC: AUTH TLS\nS: 234 ok\nC: LIST\nS: {told}"));
        assert_eq!(secured, [("wants-tls", vec![Remedy::Reconnect])]);
    }
    let kept = found("S: 220 hi\nC: AUTH TLS\nS: 234 ok\nC: PROT C\nS: 536 No");
    assert_eq!(kept, [("wants-tls", vec![Remedy::Reconnect])]);
    assert_eq!(found("S: 220 hi\nC: AUTH TLS\nS: 234 ok\nC: PASS ****\nS: 530 Login incorrect."), []);
}

#[test]
fn what_a_550_means_is_told_apart() {
    let of = |dialogue: &str| match &found(&format!("S: 220 hi\n{dialogue}"))[..] {
        [("file-refused", remedies)] => remedies.clone(),
        other => panic!("{dialogue}: {other:?}"),
    };
    assert_eq!(of("C: RETR x\nS: 550 No such file"), [Remedy::Refresh]);
    assert_eq!(of("C: DELE x\nS: 550 Permission denied"), [Remedy::ShowPermissions]);
    assert_eq!(of("C: MKD x\nS: 550 File exists"), [Remedy::Refresh]);
    assert_eq!(of("C: SIZE x\nS: 213 5\nC: RETR x\nS: 550 Failed to open file."), [Remedy::ShowPermissions]);
    assert_eq!(of("C: DELE x\nS: 250 ok\nC: DELE x\nS: 550 Failed."), [Remedy::Refresh]);
    assert_eq!(of("C: STOR x\nS: 550 Failed."), [Remedy::Refresh, Remedy::ShowPermissions]);
    assert_eq!(found("S: 220 hi\nC: SIZE x\nS: 550 No"), []);
}

#[test]
fn a_full_disk_pauses_the_queue() {
    for code in [452, 552] {
        let found = found(&format!("S: 220 hi\nC: STOR x\nS: 150 go\nS: {code} full"));
        assert_eq!(found, [("no-space", vec![Remedy::PauseQueue])]);
    }
}

#[test]
fn a_transfer_without_proof_is_not_believed() {
    let again = [("unproved", vec![Remedy::Verify, Remedy::FetchAgain])];
    assert_eq!(found("S: 220 hi\nC: RETR x\nS: 150 go"), again);
    let fetch = |bytes: u64, rest: &str| {
        found(&format!(
            "S: 220 hi\nC: SIZE x\nS: 213 10\n{rest}C: RETR x\nS: 150 go\nN: Data connection: {bytes} bytes in 1 ms\n\
             S: 226 done"
        ))
    };
    assert_eq!(fetch(7, ""), again);
    assert_eq!(fetch(10, ""), []);
    assert_eq!(fetch(7, "C: REST 3\nS: 350 ok\n"), []);
    assert_eq!(fetch(6, "C: REST 3\nS: 350 ok\n"), again);
    assert_eq!(fetch(7, "C: TYPE A\nS: 200 ok\n"), []);
    let ends = |transfer: &str, asked: &str| {
        found(&format!(
            "S: 220 hi\n{transfer}\nS: 150 go\nN: Data connection: 7 bytes in 1 ms\nS: 226 done\nC: EPSV\n\
             S: 229 (|||5000|)\n{asked}"
        ))
    };
    for (transfer, asked) in [
        ("C: RETR x", "C: SIZE x\nS: 213 10"),
        ("C: STOR x", "C: SIZE x\nS: 213 0"),
        ("C: RETR x", "C: MLST x\nS: 250-Listing\n+  type=file;Size=10;modify=20260101000000; x\n+ 250 End"),
        ("C: REST 4\nS: 350 ok\nC: STOR x", "C: SIZE x\nS: 213 7"),
    ] {
        assert_eq!(ends(transfer, asked), again, "{transfer} {asked}");
    }
    for (transfer, asked) in [
        ("C: RETR x", "C: SIZE x\nS: 213 7"),
        ("C: RETR x", "C: SIZE y\nS: 213 10"),
        ("C: RETR x", "C: SIZE x\nS: 550 no"),
        ("C: RETR x", "C: MLST x\nS: 250-Listing\n+  type=file;size=7; x\n+ 250 End"),
        ("C: APPE x", "C: SIZE x\nS: 213 10"),
        ("C: TYPE A\nS: 200 ok\nC: STOR x", "C: SIZE x\nS: 213 9"),
        ("C: REST 3\nS: 350 ok\nC: STOR x", "C: SIZE x\nS: 213 10"),
        ("C: STOR x", "C: DELE x\nS: 250 ok\nC: SIZE x\nS: 213 10"),
        ("C: STOR x", "C: CWD /other\nS: 250 ok\nC: SIZE x\nS: 213 10"),
        ("C: RETR x", "C: LIST\nS: 150 go\nS: 226 done\nC: SIZE x\nS: 213 10"),
        ("C: RETR x", "C: SIZE x\nS: 213 0"),
    ] {
        assert_eq!(ends(transfer, asked), [], "{transfer} {asked}");
    }
}

#[test]
fn text_has_another_size_however_long_ago_that_was_agreed_on() {
    let long = "C: NOOP\nS: 200 ok\n".repeat(250);
    let text = |kind: &str| {
        found(&format!(
            "S: 220 hi\nC: TYPE {kind}\nS: 200 ok\n{long}C: SIZE x\nS: 213 10\nC: RETR x\nS: 150 go\n\
             N: Data connection: 11 bytes in 1 ms\nS: 226 done"
        ))
    };
    assert_eq!((text("A").len(), text("I").len()), (0, 1));
}

#[test]
fn replies_out_of_step_are_seen() {
    let reconnect = [("out-of-step", vec![Remedy::Reconnect])];
    assert_eq!(found("S: 220 hi\nC: NOOP\nS: 200 ok\nS: 226 done"), reconnect);
    assert_eq!(found("S: 220 hi\nC: DELE x\nS: 229 (|||5000|)"), reconnect);
    assert_eq!(found("S: 220 hi\nC: PWD\nS: 257 \"/\""), []);
    assert_eq!(found("S: 220 hi"), []);
}

#[test]
fn an_exchange_is_a_sentence() {
    let exchanges = joined("S: 220 hi\nC: DELE x\nS: 550 no\nC: QUIT");
    let said: Vec<String> = exchanges.iter().map(sentence).collect();
    assert_eq!(said[0], "Server said 220, ready, on connection 1");
    assert_eq!(said[1], "Server answered 550, not there, or not allowed, to DELE x, after 10 ms, on connection 1");
    assert_eq!(said[2], "Server has not answered QUIT, on connection 1");
}
