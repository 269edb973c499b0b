//! Log-in and connections: wrong passwords, servers that close, few places.

use std::fs;
use std::sync::Arc;

use longshore::model::{
    Action, Ask, ConnectionState, Course, Event, Kind, Phase, RemotePath, Run, Section, Security, Site,
};
use longshore::worker::CarryOn;

use super::front::{Front, TAB, bytes, folder};
use super::harness::{Kind as ServerKind, PASSWORD, Setup, Tls, USER, free_port};

#[test]
fn a_wrong_password_is_asked_for_again_with_the_servers_words() {
    let Some(server) = Setup::new(ServerKind::Vsftpd).start() else { return };
    let home = tempfile::tempdir().unwrap();
    let mut front = Front::quick(home.path());
    front.password = Some(PASSWORD);
    front.connect_as(&server, Some("wrong"));
    front.listing();
    match front.asked.as_slice() {
        [Ask::Password { host, user, refused: Some(words) }] => {
            assert_eq!((host, user.as_str()), (&format!("127.0.0.1:{}", server.port), USER));
            assert!(words.starts_with("530 "), "{words}");
        }
        other => panic!("{other:?}"),
    }
    assert!(front.lines.iter().all(|line| !line.text.contains(PASSWORD) && !line.text.contains("wrong")));
    front.quit();
}

#[test]
fn with_nobody_there_a_wrong_password_fails_at_once() {
    let Some(server) = Setup::new(ServerKind::Vsftpd).start() else { return };
    let home = tempfile::tempdir().unwrap();
    let run = Run { unattended: true, ..Run::default() };
    let mut front = Front::start(home.path(), run, CarryOn::Ignore, |_| {});
    front.connect_as(&server, Some("wrong"));
    let failure = front.until("a refusal", |event, _| match event {
        Event::Connection { state: ConnectionState::Disconnected(failure), .. } => failure.clone(),
        _ => None,
    });
    assert!(failure.why.starts_with("530 "), "{failure}");
    assert_eq!(front.sent("PASS"), 1, "a server may lock out who tries again");
    for name in ["a", "b", "c"] {
        front.enqueue(Course::Download, Kind::File, &home.path().join(name), &format!("/{name}"), None);
    }
    front.until("all to fail", |_, queue| (queue.section(Section::Failed).len() == 3).then_some(()));
    front.quit();
}

#[test]
fn who_connects_again_is_where_they_were() {
    let Some(mut server) = Setup::new(ServerKind::Vsftpd).start() else { return };
    fs::create_dir(server.root.join("below")).unwrap();
    server.own();
    let home = tempfile::tempdir().unwrap();
    let mut front = Front::quick(home.path());
    front.connect(&server);
    let below = front.listing().path.join("below");
    front.act(Action::List { tab: TAB, path: below.clone() });
    assert_eq!(front.listing().path, below);
    front.act(Action::Disconnect { tab: TAB });
    front.connect(&server);
    assert_eq!(front.listing().path, below);
    // Also when it took several tries, and the first of them while another one was waited for.
    server.kill();
    front.act(Action::List { tab: TAB, path: below.clone() });
    let state = |front: &mut Front, wanted: fn(&ConnectionState) -> bool| {
        let is = |event: &Event| matches!(event, Event::Connection { state, .. } if wanted(state));
        front.until("another state", |event, _| is(event).then_some(()));
    };
    state(&mut front, |state| matches!(state, ConnectionState::Waiting { .. }));
    front.connect(&server);
    state(&mut front, |state| matches!(state, ConnectionState::Disconnected(Some(_))));
    server.restart();
    front.connect(&server);
    assert_eq!(front.listing().path, below);
    front.quit();
}

#[test]
fn a_connection_that_the_server_closed_is_made_again() {
    let Some(server) = Setup::new(ServerKind::Vsftpd).extra("idle_session_timeout=2").start() else { return };
    fs::write(server.root.join("file"), b"content").unwrap();
    server.own();
    let home = tempfile::tempdir().unwrap();
    let mut front = Front::start(home.path(), Run::default(), CarryOn::Run, |settings| settings.keep_alive = 0);
    front.connect(&server);
    front.listing();
    front.until("the server to hang up", |event, _| matches!(event, Event::Closed(_)).then_some(()));
    assert!(front.lines.iter().any(|line| line.code == Some(421)));
    front.act(Action::List { tab: TAB, path: RemotePath::root() });
    assert!(front.listing().entries.iter().any(|entry| entry.name == "file"));
    assert_eq!(front.sent("PASS"), 2);
    assert_eq!(front.sent("MDTM"), 1, "the zone that the first connection has measured is known");
    front.quit();
}

#[test]
fn a_server_with_few_places_is_not_overrun() {
    let Some(server) = Setup::new(ServerKind::Vsftpd).extra("max_per_ip=2").start() else { return };
    let home = tempfile::tempdir().unwrap();
    for index in 0..6 {
        fs::write(server.root.join(format!("file {index}")), bytes(300_000)).unwrap();
    }
    server.own();
    let mut front = Front::start(home.path(), Run::default(), CarryOn::Run, |settings| settings.limit_down = 1_000_000);
    front.connect(&server);
    front.listing();
    for index in 0..6 {
        let name = format!("file {index}");
        front.enqueue(Course::Download, Kind::File, &home.path().join(&name), &format!("/{name}"), None);
    }
    front.idle();
    for row in front.rows() {
        assert!(matches!(row.phase, Phase::Done(_)), "{row:#?}");
        assert_eq!(row.attempts, 1, "a full server is no failure of the row");
    }
    front.quit();
    // The next run knows it from the start.
    let mut front = Front::quick(home.path());
    front.connect(&server);
    front.listing();
    for index in 0..6 {
        let name = format!("file {index}");
        front.enqueue(
            Course::Download,
            Kind::File,
            &home.path().join(format!("again {index}")),
            &format!("/{name}"),
            None,
        );
    }
    front.until("the limit", |event, _| matches!(event, Event::Limit { connections: Some(1), .. }).then_some(()));
    front.idle();
    assert!(front.rows().iter().all(|row| matches!(row.phase, Phase::Done(_))));
    assert_eq!(front.lines.iter().filter(|line| line.code == Some(421)).count(), 0, "nothing is refused");
    front.quit();
}

/// ProFTPD's uploads bring no new TLS 1.3 tickets, so that it refuses their data connections after the second. One such
/// refusal is for all connections, also for those that are open.
#[test]
fn a_server_that_needs_tls_1_2_is_known_after_the_first_sign() {
    let Some(server) = Setup::new(ServerKind::Proftpd).tls(Tls::Explicit).start() else { return };
    let home = tempfile::tempdir().unwrap();
    let source = folder(&home, "source");
    for index in 0..60 {
        fs::write(source.join(format!("file {index}")), bytes(20_000)).unwrap();
    }
    let mut front = Front::start(home.path(), Run::default(), CarryOn::Run, |settings| settings.connections = 8);
    front.connect(&server);
    front.listing();
    front.enqueue(Course::Upload, Kind::Directory, &source, "/new", None);
    front.idle();
    for row in front.rows() {
        assert!(matches!(row.phase, Phase::Done(_)), "{row:#?}");
        assert_eq!(row.attempts, 1, "the way TLS is spoken is no failure of the row: {row:#?}");
    }
    let refused = front.lines.iter().filter(|line| line.code == Some(425)).count();
    // Those that are sending at that moment find it out too.
    assert!(refused < 8, "{refused} refusals on eight connections");
    front.quit();
}

#[test]
fn a_site_with_one_place_is_shared_by_browsing_and_transfers() {
    let Some(server) = Setup::new(ServerKind::Vsftpd).extra("max_per_ip=1").start() else { return };
    let home = tempfile::tempdir().unwrap();
    fs::write(server.root.join("file"), bytes(300_000)).unwrap();
    server.own();
    let mut front = Front::quick(home.path());
    front.connect(&server);
    front.listing();
    front.enqueue(Course::Download, Kind::File, &home.path().join("file"), "/file", None);
    front.idle();
    assert_eq!(front.done().bytes, 300_000);
    front.act(Action::List { tab: TAB, path: RemotePath::root() });
    assert_eq!(front.listing().entries.len(), 1);
    front.quit();
}

#[test]
fn nobody_there_and_no_server_end_in_order() {
    let home = tempfile::tempdir().unwrap();
    let mut front = Front::quick(home.path());
    front.enqueue(Course::Download, Kind::File, &home.path().join("file"), "/file", None);
    front.idle();
    front.act(Action::List { tab: TAB, path: RemotePath::root() });
    let failure = front.until("an answer", |event, _| match event {
        Event::Listing { result, .. } => Some(result.clone().unwrap_err()),
        _ => None,
    });
    assert!(!failure.why.is_empty());
    let port = free_port("127.0.0.1");
    let host = "127.0.0.1".to_owned();
    let site = Site { host, port: Some(port), security: Security::Never, ..Site::default() };
    front.act(Action::Connect { tab: TAB, site: Arc::new(site), credentials: None });
    let failure = front.until("a refusal", |event, _| match event {
        Event::Connection { state: ConnectionState::Disconnected(failure), .. } => failure.clone(),
        _ => None,
    });
    assert!(failure.why.to_lowercase().contains("refused"), "{failure}");
    front.quit();
    let Front { actions, events, thread, .. } = Front::quick(home.path());
    drop((actions, events));
    thread.unwrap().join().unwrap();
}
